// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/locale"
)

const strictPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func TestHeadersOfEveryPage(t *testing.T) {
	h := newHouse(t, false)
	for _, path := range []string{"/", "/@anna", "/groups/wonen", "/org", h.path("vraag"), "/tags/flexwonen", "/login", "/nergens", "/oauth/authorize", "/settings/sessions"} {
		page := h.browser().get(path)
		for name, want := range map[string]string{"Content-Security-Policy": strictPolicy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Referrer-Policy": "no-referrer", "Strict-Transport-Security": ""} {
			if got := page.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if page.StatusCode == http.StatusOK && page.Header.Get("Vary") != "Accept, Accept-Language, Cookie" {
			t.Errorf("%s: Vary is %q", path, page.Header.Get("Vary"))
		}
		if !strings.Contains(page.Header.Get("Permissions-Policy"), "camera=()") {
			t.Errorf("%s: Permissions-Policy is %q", path, page.Header.Get("Permissions-Policy"))
		}
	}
}

func TestCookiesAndTransportOnHTTPS(t *testing.T) {
	h := newHouse(t, true)
	page := h.browser().get("/login?lang=en")
	if got := page.Header.Get("Strict-Transport-Security"); !strings.HasPrefix(got, "max-age=63072000") {
		t.Errorf("HSTS is %q", got)
	}
	// The browser of this test speaks http, and sends no secure cookies: they are carried by hand.
	var cookies []string
	for _, c := range page.Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %v", c)
		}
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	form := page.form()
	form.Set("email", "anna@gouda.example")
	form.Set("password", password)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.server.URL+"/login", strings.NewReader(form.Encode()))
	h.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", strings.Join(cookies, "; "))
	in := h.browser().do(r)
	in.leads(t, http.StatusSeeOther, "/")
	if c := in.Header.Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-session=") || !strings.Contains(c, "HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("the session's cookie is %q", c)
	}
}

func TestLogin(t *testing.T) {
	h := newHouse(t, false)
	b := h.browser()
	form := b.get("/login?return=" + url.QueryEscape(h.path("besloten"))).form()
	form.Set("email", "bas@gouda.example")
	form.Set("password", "niet dit")
	wrong := b.post("/login", form)
	wrong.is(t, http.StatusUnauthorized)
	wrong.has(t, "horen niet bij elkaar", `value="bas@gouda.example"`, "!niet dit")
	form.Set("password", password)
	b.post("/login", form).leads(t, http.StatusSeeOther, h.path("besloten"))
	b.get(h.path("besloten")).has(t, "Alleen voor Bas", "Ingelogd als bas")
	b.get("/login?return=/org").leads(t, http.StatusSeeOther, "/org")
	// Logging out ends the session on the server, not only in this browser.
	var session *http.Cookie
	at, _ := url.Parse(h.server.URL)
	for _, c := range b.http.Jar.Cookies(at) {
		if c.Name == sessionWord {
			session = c
		}
	}
	out := b.get("/").form()
	b.post("/logout", out).leads(t, http.StatusSeeOther, "/")
	stolen := h.browser()
	stolen.http.Jar.SetCookies(at, []*http.Cookie{session})
	for _, who := range []*browser{b, stolen} {
		who.get(h.path("besloten")).is(t, http.StatusNotFound)
	}
}

func TestFormsOfOthersAreRefused(t *testing.T) {
	h := newHouse(t, false)
	b := h.browser()
	form := b.get("/login").form()
	form.Set("email", "anna@gouda.example")
	form.Set("password", password)
	h.browser().post("/login", form).is(t, http.StatusForbidden) // another browser: login CSRF
	b.post("/login", form).leads(t, http.StatusSeeOther, "/")
	foreign := h.browser()
	foreign.login("bas@gouda.example")
	theirs := foreign.get("/").form()
	for _, path := range []string{"/logout", "/settings/sessions/end", "/settings/apps/1/end", "/oauth/authorize"} {
		for _, form := range []url.Values{{}, {csrfField: {"x"}}, theirs, form} {
			b.post(path, form).is(t, http.StatusForbidden)
		}
	}
	b.get("/").has(t, "Ingelogd als anna")
	big := url.Values{"email": {strings.Repeat("a", maxForm)}}
	b.post("/login", big).is(t, http.StatusBadRequest)
}

func TestLoginLeadsNowhereElse(t *testing.T) {
	for wish, want := range map[string]string{"": "/", "/@anna": "/@anna", "/oauth/authorize?a=b&c=%2F": "/oauth/authorize?a=b&c=%2F", "https://evil.example/": "/",
		"//evil.example/": "/", `/\evil.example`: "/", `\\evil.example`: "/", "javascript:alert(1)": "/", "/%09/evil.example": "/%09/evil.example", "/\t/evil.example": "/",
		"evil": "/", "///evil.example": "/", "/x#y": "/x"} {
		if got := back(wish); got != want {
			t.Errorf("back(%q) = %q, want %q", wish, got, want)
		}
	}
}

func TestLanguage(t *testing.T) {
	h := newHouse(t, false)
	b := h.browser()
	b.get("/login").has(t, `<html lang="nl">`, "Wachtwoord")
	b.get("/login", "Accept-Language", "fr-BE, en;q=0.5").has(t, `<html lang="en">`, "Password")
	b.get("/login", "Accept-Language", "fr").has(t, `<html lang="nl">`)
	b.get("/login?lang=en&return=%2Forg").has(t, `<html lang="en">`, `href="/login?lang=nl&amp;return=%2Forg"`)
	english := b.get("/groups/wonen", "Accept-Language", "nl")
	english.has(t, `<html lang="en">`, "3 members", "2 organisations") // the choice is remembered
	if got := english.Header.Get("Content-Language"); got != "en" {
		t.Errorf("Content-Language is %q", got)
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	h := newHouse(t, false)
	here, there := h.browser(), h.browser()
	here.get("/settings/sessions").leads(t, http.StatusSeeOther, "/login?return=%2Fsettings%2Fsessions")
	here.login("anna@gouda.example")
	there.login("anna@gouda.example")
	a := h.app("Tusky")
	token := h.token(here, a)
	list := here.get("/settings/sessions")
	list.has(t, "Go-http-client", "<strong>Tusky</strong>", "alles lezen wat jij kunt lezen")
	form := list.form()
	here.post("/settings/apps/999/end", form).leads(t, http.StatusSeeOther, "/settings/sessions")
	if _, err := h.Auth.Token(t.Context(), token); err != nil {
		t.Fatalf("the app's token before: %v", err)
	}
	_, rest, _ := strings.Cut(list.text, `action="/settings/apps/`)
	id, _, _ := strings.Cut(rest, "/")
	bas := h.browser()
	bas.login("bas@gouda.example")
	bas.post("/settings/apps/"+id+"/end", bas.get("/settings/sessions").form()).leads(t, http.StatusSeeOther, "/settings/sessions")
	if _, err := h.Auth.Token(t.Context(), token); err != nil {
		t.Fatalf("somebody else ended Anna's app: %v", err)
	}
	here.post("/settings/apps/"+id+"/end", form).leads(t, http.StatusSeeOther, "/settings/sessions")
	if _, err := h.Auth.Token(t.Context(), token); err == nil {
		t.Error("the app's token still works")
	}
	here.get("/settings/sessions").has(t, "!Tusky", "Geen enkele app")
	here.post("/settings/sessions/end", form).leads(t, http.StatusSeeOther, "/settings/sessions")
	there.get("/").has(t, "!Ingelogd als")
	here.get("/").has(t, "Ingelogd als anna")
	bas.get("/").has(t, "Ingelogd als bas")
}

func TestBrowsersAreRecognised(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0":                   "Edge op Windows",
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0":                                                                  "Firefox op Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": "Safari op iPhone",
		"":                             "onbekende browser",
		"Lynx/2.8.9":                   "Lynx/2.8.9",
		"é" + strings.Repeat("x", 300): "é" + strings.Repeat("x", 59) + "…",
	} {
		if got := agentWords(locale.Get("nl"), agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

func (h *house) app(name string, redirects ...string) registered {
	h.t.Helper()
	if redirects == nil {
		redirects = []string{"https://app.example/back?x=1", auth.OutOfBand, "tusky://oauth"}
	}
	p, secret, err := h.Auth.RegisterApp(h.t.Context(), name, redirects, "read write follow push", "https://app.example")
	h.check(err)
	return registered{p, secret}
}

type registered struct {
	auth.App
	secret string
}
