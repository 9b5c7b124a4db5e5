// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"sync"
	"time"

	"github.com/gorilla/mux"
)

//go:embed static
var staticFiles embed.FS

// asset is one file that belongs to the pages.
type asset struct {
	body   []byte
	mime   string
	tag    string // of its content
	hashed bool   // the name has the tag: what it names never changes
}

// assets are found by two names: style.css, and style.TAG.css, which may be kept for ever.
var assets = sync.OnceValue(func() map[string]asset {
	all := map[string]asset{}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic(err) // it is built in
	}
	for _, e := range entries {
		body, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(body)
		a := asset{body: body, mime: mimeType(e.Name()), tag: hex.EncodeToString(sum[:6])}
		all[e.Name()] = a
		a.hashed = true
		all[hashedName(e.Name(), a.tag)] = a
	}
	return all
})

func hashedName(name, tag string) string {
	ext := path.Ext(name)
	return name[:len(name)-len(ext)] + "." + tag + ext
}

// mimeType does not ask the system, which knows other types on each machine.
func mimeType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	default:
		return mime.TypeByExtension(ext) // .png and .svg are built into Go
	}
}

// staticPath is the address of a file of the pages, under the name that may be kept for ever.
func staticPath(name string) string { return "/static/" + hashedName(name, assets()[name].tag) }

func serveStatic(rw http.ResponseWriter, r *http.Request) {
	name := mux.Vars(r)["name"]
	a, found := assets()[name]
	if !found {
		http.NotFound(rw, r)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", a.mime)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // apps show the default pictures
	h.Set("Etag", `"`+a.tag+`"`)
	h.Set("Cache-Control", "public, max-age=3600")
	if a.hashed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(rw, r, name, time.Time{}, bytes.NewReader(a.body))
}
