// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// sent uploads some pictures for Anna.
func (h *house) sent(t testing.TB, n int) (ids []ID) {
	t.Helper()
	for range n {
		ids = append(ids, must[*File](t)(h.upload(t, asPNG(t, quarters(8, 8)))).ID)
	}
	return ids
}

func (h *house) of(t testing.TB, items ...int64) map[int64][]ID {
	t.Helper()
	got := make(map[int64][]ID)
	for item, files := range must[map[int64][]File](t)(Of(t.Context(), h.d, items)) {
		for _, f := range files {
			got[item] = append(got[item], f.ID)
		}
	}
	return got
}

func TestAttach(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		one, two := addItem(t, h.d, h.anna), addItem(t, h.d, h.anna)
		f := h.sent(t, 6)
		if err := h.attach(t, one, h.anna, f[2], f[0]); err != nil {
			t.Fatal(err)
		}
		if err := h.attach(t, two, h.anna, f[1]); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			item int64
			ids  []ID
		}{
			"used":     {two, []ID{f[1], f[0]}},
			"unknown":  {two, []ID{12345}},
			"twice":    {two, []ID{f[3], f[3]}},
			"too many": {two, []ID{f[1], f[3], f[4], f[5], 1}},
		} {
			if err := h.attach(t, c.item, h.anna, c.ids...); !errors.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := h.attach(t, addItem(t, h.d, h.bas), h.bas, f[3]); !errors.Is(err, fault.Invalid) {
			t.Errorf("of somebody else: %v", err)
		}
		want := map[int64][]ID{one: {f[2], f[0]}, two: {f[1]}}
		if diff := cmp.Diff(want, h.of(t, one, two, 99)); diff != "" {
			t.Error(diff)
		}
		// An edit changes order, takes one away and adds one.
		if err := h.attach(t, one, h.anna, f[4], f[2]); err != nil {
			t.Fatal(err)
		}
		if err := h.attach(t, two, h.anna, f[0]); !errors.Is(err, fault.Invalid) { // the history of the other shows it
			t.Errorf("a file of the history of another item: %v", err)
		}
		if err := h.attach(t, one, h.anna, f[4], f[0], f[2]); err != nil { // and it can come back
			t.Fatal(err)
		}
		if err := h.attach(t, one, h.anna, f[4], f[2]); err != nil {
			t.Fatal(err)
		}
		if err := h.attach(t, two, h.anna); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[int64][]ID{one: {f[4], f[2]}}, h.of(t, one, two)); diff != "" {
			t.Error(diff)
		}
		if got := h.of(t); len(got) != 0 {
			t.Errorf("files of nothing: %v", got)
		}
	})
}

func TestDescribe(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.sent(t, 1)[0]
		text, point := " Een brug ", [2]float64{-0.5, 2}
		describe := func(owner any, text *string, point *[2]float64) (f *File, err error) {
			who := h.anna
			if owner == "bas" {
				who = h.bas
			}
			err = h.d.Tx(t.Context(), func(tx *db.Tx) error {
				f, err = h.Describe(t.Context(), tx, who, id, text, point)
				return err
			})
			return f, err
		}
		must[*File](t)(describe("anna", &text, nil))
		must[*File](t)(describe("anna", nil, &point))
		if f := must[*File](t)(h.Get(t.Context(), h.d, h.anna, id)); f.Description != "Een brug" || f.FocusX != -0.5 || f.FocusY != 1 {
			t.Errorf("%+v", f)
		}
		_, err := describe("bas", &text, nil)
		mustBe(t, err, fault.NotFound)
		long := strings.Repeat("x", MaxDescription+1)
		_, err = describe("anna", &long, nil)
		mustBe(t, err, fault.Invalid)
		_, err = describe("anna", nil, &[2]float64{0, math.NaN()})
		mustBe(t, err, fault.Invalid)
	})
}

func TestRemote(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		item := addItem(t, h.d, h.bas)
		add := func(files ...File) {
			t.Helper()
			if err := h.d.Tx(t.Context(), func(tx *db.Tx) error { return AddRemote(t.Context(), tx, item, h.bas, files) }); err != nil {
				t.Fatal(err)
			}
		}
		add(File{Remote: "https://far.example/1.jpg", MIME: "image/jpeg", Description: "a\x00b\xff", Blurhash: strings.Repeat("x", 1000), FocusX: math.NaN(), Width: 3},
			File{Remote: "javascript:alert(1)"}, File{Remote: "/relative"}, File{Remote: ""}, File{Remote: "https:///x"},
			File{Remote: "https://far.example/2.mp4", MIME: "video/mp4", Duration: 1.5, Path: "aa/stolen.jpg"},
			File{Remote: "https://far.example/3", MIME: "application/pdf"})
		got := must[map[int64][]File](t)(Of(t.Context(), h.d, []int64{item}))[item]
		if len(got) != 3 {
			t.Fatalf("%+v", got)
		}
		if f := got[0]; f.Kind != "image" || f.Description != "ab" || f.Blurhash != "" || f.FocusX != 0 || f.Width != 3 || f.Owner != h.bas {
			t.Errorf("%+v", f)
		}
		if got[1].Kind != "video" || got[1].Path != "" || got[1].Duration != 1.5 || got[2].Kind != "unknown" {
			t.Errorf("%+v", got[1:])
		}
		if u := h.URL(got[0]); !strings.HasPrefix(u, "https://gouda.example/media/proxy/") || h.PreviewURL(got[0]) != u {
			t.Errorf("address %s", u)
		}
		if h.URL(got[1]) != "https://far.example/2.mp4" || h.PreviewURL(got[1]) != "" {
			t.Errorf("address of a video %s, %s", h.URL(got[1]), h.PreviewURL(got[1]))
		}
		many := make([]File, 100)
		for i := range many {
			many[i].Remote = "https://far.example/x"
		}
		add(many...) // an Update replaces what was there
		if n := len(h.of(t, item)[item]); n != MaxRemote {
			t.Errorf("%d files", n)
		}
	})
}

func TestRemoveOf(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		item := addItem(t, h.d, h.anna)
		f := must[*File](t)(h.upload(t, asPNG(t, quarters(800, 600))))
		keep := h.sent(t, 1)
		if err := h.attach(t, item, h.anna, f.ID); err != nil {
			t.Fatal(err)
		}
		refuse := errors.New("changed my mind")
		remove := func(then error) error {
			return h.d.Tx(t.Context(), func(tx *db.Tx) error { return errors.Join(h.RemoveOf(t.Context(), tx, item), then) })
		}
		mustBe(t, remove(refuse), refuse)
		if n := h.onDisk(t); n != 3 {
			t.Errorf("%d files on disk, though it was not committed", n)
		}
		if err := remove(nil); err != nil {
			t.Fatal(err)
		}
		if n := h.onDisk(t); n != 1 || len(h.of(t, item)) != 0 {
			t.Errorf("%d files on disk", n)
		}
		must[*File](t)(h.Get(t.Context(), h.d, h.anna, keep[0]))
	})
}

func TestSweep(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		kept, gone := addItem(t, h.d, h.anna), addItem(t, h.d, h.anna)
		f := h.sent(t, 4)
		if err := errors.Join(h.attach(t, kept, h.anna, f[0]), h.attach(t, gone, h.anna, f[1])); err != nil {
			t.Fatal(err)
		}
		avatar := func() string {
			return must[string](t)(h.Avatar(t.Context(), h.anna, strings.NewReader(string(asPNG(t, quarters(9, 9)))), "icon"))
		}
		former, shown := avatar(), avatar()
		run(t, h.d, "UPDATE actors SET icon = $1 WHERE id = $2", shown, h.anna)
		run(t, h.d, "DELETE FROM items WHERE id = $1", gone)
		// f[2] is loose, and f[3] is loose but fresh; besides there are bytes without a row, new ones, and a stranger's file.
		orphan, fresh, stranger := newName(ID(h.d.NewID()), ".png"), newName(ID(h.d.NewID()), ".png"), "aa/README"
		for _, name := range []string{orphan, fresh, stranger} {
			if err := h.keep(name, []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		part := must[*os.File](t)(h.temp())
		part.Close()
		if err := h.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := h.onDisk(t); n != 10 {
			t.Fatalf("%d files on disk: on the first day nothing is swept", n)
		}
		yesterday := time.Now().Add(-25 * time.Hour)
		run(t, h.d, "UPDATE files SET created = $1 WHERE id <> $2", db.Millis(yesterday), f[3])
		err := filepath.Walk(h.dir, func(file string, info os.FileInfo, err error) error {
			if err != nil || info.IsDir() || strings.HasSuffix(file, fresh) {
				return err
			}
			return os.Chtimes(file, yesterday, yesterday)
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := h.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		left := must[[]int64](t)(db.All(t.Context(), h.d, db.Scalar[int64], "SELECT id FROM files ORDER BY id"))
		if diff := cmp.Diff([]int64{int64(f[0]), int64(f[3]), int64(idOf(strings.TrimPrefix(shown, h.prefix())))}, left); diff != "" {
			t.Errorf("rows: %s (the former avatar was %s)", diff, former)
		}
		if n := h.onDisk(t); n != 5 { // those, fresh, and the stranger's
			t.Errorf("%d files on disk", n)
		}
	})
}

// More than one batch, so that none is forgotten between two.
func TestSweepMany(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const n = 2*batch + 3
		yesterday := time.Now().Add(-25 * time.Hour)
		err := h.d.Tx(t.Context(), func(tx *db.Tx) error {
			for range n {
				f := &File{ID: ID(h.d.NewID()), Owner: h.anna, Kind: "image", MIME: "image/png", Created: yesterday}
				f.Path = newName(f.ID, extension(f.MIME))
				if err := insertFile(t.Context(), tx, f, 0); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for range n {
			name := newName(ID(h.d.NewID()), ".png")
			if err := os.MkdirAll(filepath.Dir(h.file(name)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(h.file(name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(h.file(name), yesterday, yesterday); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows := must[int64](t)(db.One(t.Context(), h.d, db.Scalar[int64], "SELECT COUNT(*) FROM files"))
		if rows != 0 || h.onDisk(t) != 0 {
			t.Errorf("%d rows and %d files are left", rows, h.onDisk(t))
		}
	})
}
