// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/fault"
)

// A page is read to a bound of bytes and of time, unsigned, and from where it leads to.
func TestPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		var signed, agent, accept string
		n.serve("gouda.example:80", func(w http.ResponseWriter, r *http.Request) {
			signed, agent, accept = r.Header.Get("Signature"), r.Header.Get("User-Agent"), r.Header.Get("Accept")
			w.Header().Set("Content-Type", "text/html")
			switch r.URL.Path {
			case "/elsewhere":
				http.Redirect(w, r, "http://krant.example/stuk", http.StatusFound)
			case "/loop":
				http.Redirect(w, r, "/loop", http.StatusFound)
			case "/missing":
				http.NotFound(w, r)
			case "/endless":
				for {
					if _, err := io.WriteString(w, "x"); err != nil {
						return
					}
					http.NewResponseController(w).Flush()
					select {
					case <-r.Context().Done():
						return
					case <-time.After(time.Second):
					}
				}
			default:
				io.WriteString(w, strings.Repeat("x", 1000))
			}
		})
		n.serve("krant.example:80", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<title>Stuk</title>") })
		c := n.client()
		page, kind, err := c.Page(t.Context(), gouda+"/stuk", "text/html", 100)
		if err != nil || kind != "text/html" || len(page.Body) != 100 || page.URL != gouda+"/stuk" || signed != "" || agent == "" || accept != "text/html" {
			t.Errorf("%+v, %q, %v; signed %q by %q, accepting %q", page, kind, err, signed, agent, accept)
		}
		if page, _, err := c.Page(t.Context(), gouda+"/elsewhere", "*/*", 100); err != nil || page.URL != "http://krant.example/stuk" || string(page.Body) != "<title>Stuk</title>" {
			t.Errorf("%+v, %v", page, err)
		}
		began := time.Now()
		for path, want := range map[string]error{"/missing": fault.NotFound, "/loop": fault.Invalid, "/endless": fault.Unavailable} {
			if _, _, err := c.Page(t.Context(), gouda+path, "*/*", 1000); !errors.Is(err, want) {
				t.Errorf("%s: %v", path, err)
			}
		}
		if took := time.Since(began); took > totalTime+time.Second {
			t.Errorf("it took %v", took)
		}
		if _, _, err := c.Page(t.Context(), "ftp://gouda.example/", "*/*", 1000); !errors.Is(err, fault.Malformed) {
			t.Error(err)
		}
	})
}
