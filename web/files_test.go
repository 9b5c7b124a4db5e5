// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/media"
)

// A document is a link with its name, kind and size; a recording of another node plays on our page, and comes through us.
func TestFilesInAPost(t *testing.T) {
	h := newHouse(t, false)
	f, err := h.Media.Upload(t.Context(), int64(h.anna.ID), "Besluit & bijlage.pdf", strings.NewReader("%PDF-1.7\n"+strings.Repeat("x", 2000)), "", [2]float64{})
	h.check(err)
	h.Media.Stream = func(context.Context, string, string) (*federation.Part, error) { return nil, http.ErrNotSupported }
	h.say("bijlage", h.anna, content.Item{Content: "<p>Zie de bijlage.</p>"}, content.Made{Files: []media.ID{f.ID}})
	h.say("film", h.remote, content.Item{IRI: "https://samen.provincie.example/1", Content: "<p>Een film.</p>"}, content.Made{Remote: []media.File{
		{Kind: "video", MIME: "video/mp4", Remote: "https://samen.provincie.example/film.mp4"}, {Kind: "unknown", MIME: "application/pdf", Remote: "https://samen.provincie.example/nota.pdf"}}})
	h.browser().get(h.path("bijlage")).has(t, ">Besluit &amp; bijlage.pdf</a>", "(PDF, 2 kB)", `<a class="file" href="/media/`)
	h.browser().get(h.path("film")).has(t, `<video src="/media/stream/`, `<a class="file" href="https://samen.provincie.example/nota.pdf" rel="nofollow noreferrer">`, "!<video src=\"https:")
}
