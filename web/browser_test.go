// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The pages in Chromium: nothing for axe to find, the keyboard reaches everything, no sideways scrolling at 320 px, apps are
// given access without JavaScript. PLEIO_TEST_PAGES is the folder test/pages with its packages installed;
// PLEIO_TEST_SHOTS a folder for pictures of all pages, to look at.
func TestPagesInBrowser(t *testing.T) {
	folder := os.Getenv("PLEIO_TEST_PAGES")
	if folder == "" {
		t.Skip("PLEIO_TEST_PAGES is not set; make check sets it")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("Debian's package chromium is not installed: %v", err)
	}
	// The app: its address leads on to another host, as that of a login broker does.
	var arrival string
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/back" {
			http.Redirect(rw, r, arrival+"?"+r.URL.RawQuery, http.StatusFound)
			return
		}
		if r.URL.Path == "/form" {
			http.Redirect(rw, r, arrival+"?how="+r.Method+"&code="+url.QueryEscape(r.PostFormValue("code"))+"&state="+url.QueryEscape(r.PostFormValue("state")), http.StatusSeeOther)
			return
		}
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		rw.Write([]byte(`<!DOCTYPE html><link rel="icon" href="data:,"><title>Arrived</title>`))
	}))
	t.Cleanup(app.Close)
	arrival = strings.Replace(app.URL, "127.0.0.1", "localhost", 1) + "/arrived"

	h := newHouse(t, false)
	a := h.app("Tusky", app.URL+"/back", app.URL+"/form", "pleiotest://back", "urn:ietf:wg:oauth:2.0:oob")
	h.token(h.loggedIn("anna@gouda.example"), h.app("Phanpy"))
	todo, err := json.Marshal(map[string]any{
		"chromium": chromium, "base": h.server.URL, "email": "anna@gouda.example", "password": password, "shots": os.Getenv("PLEIO_TEST_SHOTS"),
		"pages": map[string]string{"front": "/", "person": "/@anna", "other": "/@bas", "group": "/groups/wonen", "empty": "/groups/klimaat", "org": "/org",
			"question": h.path("vraag"), "answer": h.path("vraag/1/1"), "photo": h.path("foto"), "warning": h.path("waarschuwing"), "poll": h.path("peiling"),
			"tag": "/tags/flexwonen", "login": "/login?return=%2Foauth%2Fauthorize", "error": "/nergens", "badapp": "/oauth/authorize", "z-english": h.path("vraag") + "?lang=en"},
		"member": map[string]string{"consent": a.ask(app.URL + "/back"), "sessions": "/settings/sessions", "private": h.path("besloten"),
			"settings": "/settings", "password": "/settings/password", "second": "/settings/second-factor", "settings-english": "/settings?lang=en",
			"consent-much": h.app("Beheer", app.URL+"/back").ask(app.URL+"/back", "scope", "read write follow push"), "consent-code": a.ask("urn:ietf:wg:oauth:2.0:oob", "scope", "read:statuses write:media")},
		"other": "bas", // who gets a second factor
		"ask":   a.ask(app.URL + "/back"), "askForm": a.ask(app.URL+"/form", "response_mode", "form_post"), "state": "s & t", "arrival": arrival, "askScheme": a.ask("pleiotest://back"),
		"copy": map[string]string{"path": "/@anna", "text": h.anna.Handle()},
	})
	h.check(err)
	run := exec.CommandContext(t.Context(), "node", filepath.Join(folder, "pages.mjs"))
	run.Stdin = bytes.NewReader(todo)
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func (h *house) loggedIn(email string) *browser {
	b := h.browser()
	b.login(email)
	return b
}
