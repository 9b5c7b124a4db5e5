// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"bytes"
	"image/gif"
	"image/png"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

func TestEmojis(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		add := func(e Emoji, b []byte) error { return h.AddEmoji(t.Context(), h.anna, e, bytes.NewReader(b)) }
		for _, err := range []error{add(Emoji{Name: "gouda", Category: "Gemeenten", Visible: true}, asJPEG(t, quarters(600, 300))), add(Emoji{Name: "feest"}, asGIF(t, 3, 20, 20))} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for name, err := range map[string]error{
			"already":     add(Emoji{Name: "gouda"}, asPNG(t, quarters(8, 8))),
			"2 to 64":     add(Emoji{Name: "a-b"}, asPNG(t, quarters(8, 8))),
			"at most 256": add(Emoji{Name: "groot"}, asGIF(t, 2, 300, 300)),
			"category":    add(Emoji{Name: "kop", Category: strings.Repeat("x", 60)}, asPNG(t, quarters(8, 8))),
			"picture":     add(Emoji{Name: "tekst"}, []byte("hello")),
		} {
			if fault.Status(err) != 422 || !strings.Contains(fault.Sentence(err), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
		all := must[[]Emoji](t)(Emojis(t.Context(), h.d))
		if len(all) != 2 || all[0].Name != "feest" || all[0].Visible || all[1].Category != "Gemeenten" || !all[1].Visible {
			t.Fatalf("%+v", all)
		}
		if g := must[*gif.GIF](t)(gif.DecodeAll(bytes.NewReader(h.stored(t, all[0].Path)))); len(g.Image) != 3 || all[0].Static == all[0].Path {
			t.Errorf("%d frames", len(g.Image))
		}
		m, err := png.Decode(bytes.NewReader(h.stored(t, all[1].Path)))
		if err != nil || m.Bounds().Dx() != 128 || m.Bounds().Dy() != 64 || all[1].Static != all[1].Path {
			t.Errorf("%v %v", m, err)
		}
		for _, e := range all {
			address, static := h.EmojiURLs(e)
			if h.status(t, address) != 200 || h.status(t, static) != 200 {
				t.Errorf("%s is not served", e.Name)
			}
		}
		run(t, h.d, "UPDATE files SET created = 1")
		if err := h.d.Tx(t.Context(), func(tx *db.Tx) error { return RemoveEmoji(t.Context(), tx, "gouda") }); err != nil {
			t.Fatal(err)
		}
		mustBe(t, h.d.Tx(t.Context(), func(tx *db.Tx) error { return RemoveEmoji(t.Context(), tx, "gouda") }), fault.NotFound)
		if err := h.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if address, _ := h.EmojiURLs(all[1]); h.status(t, address) != 200 || len(must[[]Emoji](t)(Emojis(t.Context(), h.d, "gouda", "feest"))) != 1 {
			t.Error("what was written with it lost its picture, or it is still there")
		}
	})
}
