// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestStaticFiles(t *testing.T) {
	h := newHouse(t, false)
	for name, mime := range map[string]string{"style.css": "text/css; charset=utf-8", "script.js": "text/javascript; charset=utf-8", "favicon.svg": "image/svg+xml", "avatar.png": "image/png", "header.png": "image/png"} {
		plain, hashed := h.browser().get("/static/"+name), h.browser().get(staticPath(name))
		for _, got := range []answer{plain, hashed} {
			if got.StatusCode != http.StatusOK || got.Header.Get("Content-Type") != mime || got.Header.Get("Cross-Origin-Resource-Policy") != "cross-origin" || got.text == "" {
				t.Errorf("%s: %s, %v", got.Request.URL.Path, got.Status, got.Header)
			}
		}
		if got := plain.Header.Get("Cache-Control"); got != "public, max-age=3600" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		if got := hashed.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s with its tag: Cache-Control %q", name, got)
		}
		if got := h.browser().get("/static/"+name, "If-None-Match", plain.Header.Get("Etag")); got.StatusCode != http.StatusNotModified {
			t.Errorf("%s asked again: %s", name, got.Status)
		}
	}
	h.browser().get("/static/nothing.css").is(t, http.StatusNotFound)
	front := h.browser().get("/")
	if size := len(front.text) + len(assets()["style.css"].body) + len(assets()["script.js"].body); size > 60_000 {
		t.Errorf("the front page is %d bytes with its style and script", size)
	}
	if !strings.Contains(front.text, staticPath("style.css")) {
		t.Error("pages do not use the name that may be kept for ever")
	}
}
