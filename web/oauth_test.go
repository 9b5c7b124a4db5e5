// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/locale"
)

func (a registered) ask(redirect string, more ...string) string {
	v := url.Values{"response_type": {"code"}, "client_id": {a.ClientID}, "redirect_uri": {redirect}, "scope": {"read write"}, "state": {"s & t"}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return "/oauth/authorize?" + v.Encode()
}

// token goes the whole way of an app: consent, approval, code, token.
func (h *house) token(b *browser, a registered) string {
	h.t.Helper()
	sent := b.post("/oauth/authorize", b.get(a.ask("tusky://oauth")).form())
	code := codeOf(h.t, sent)
	token, err := h.Auth.Exchange(h.t.Context(), auth.TokenRequest{GrantType: "authorization_code", ClientID: a.ClientID, ClientSecret: a.secret, Code: code, RedirectURI: "tusky://oauth"})
	h.check(err)
	return token.AccessToken
}

func codeOf(t testing.TB, a answer) string {
	t.Helper()
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil || a.StatusCode != http.StatusFound || u.Query().Get("code") == "" {
		t.Fatalf("no code: %s to %q\n%s", a.Status, a.Header.Get("Location"), a.text)
	}
	return u.Query().Get("code")
}

func TestAnAppIsGivenAccess(t *testing.T) {
	h := newHouse(t, false)
	a, b := h.app("Tusky"), h.browser()
	ask := a.ask("https://app.example/back?x=1")
	away := b.get(ask)
	away.is(t, http.StatusFound)
	form := b.get(away.Header.Get("Location")).form()
	form.Set("email", "anna@gouda.example")
	form.Set("password", password)
	home := b.post("/login", form)
	home.is(t, http.StatusSeeOther)
	consent := b.get(home.Header.Get("Location"))
	consent.is(t, http.StatusOK)
	consent.has(t, "Tusky toegang geven?", "Anna de Vries", "alles lezen wat jij kunt lezen", "namens jou berichten plaatsen", "!volgen, blokkeren", "<strong>app.example</strong>", "De toegang gaat naar haar website app.example", "!Niemand heeft gecontroleerd",
		`href="https://app.example/back?x=1&amp;error=access_denied&amp;error_description=The&#43;request&#43;was&#43;refused.&amp;state=s&#43;%26&#43;t"`)
	for _, path := range []string{"/oauth/authorize", "/oauth/authorize/"} {
		sent := b.post(path, consent.form())
		code := codeOf(t, sent)
		if want := "https://app.example/back?x=1&code=" + code + "&state=s+%26+t"; sent.Header.Get("Location") != want {
			t.Errorf("sent to %q, want %q", sent.Header.Get("Location"), want)
		}
		if sent.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("the code may be cached: %q", sent.Header.Get("Cache-Control"))
		}
		if _, err := h.Auth.Exchange(t.Context(), auth.TokenRequest{GrantType: "authorization_code", ClientID: a.ClientID, ClientSecret: a.secret, Code: code, RedirectURI: "https://app.example/back?x=1"}); err != nil {
			t.Errorf("the code gives no token: %v", err)
		}
	}
	b.get(strings.Replace(ask, "authorize?", "authorize/?", 1)).is(t, http.StatusOK)
}

// Browsers hold form-action against the redirect after the form: the consent page allows the app's scheme, and no other page does.
func TestConsentFormMayLeadToTheApp(t *testing.T) {
	h := newHouse(t, false)
	a, b := h.app("Tusky"), h.browser()
	b.login("anna@gouda.example")
	for redirect, want := range map[string]string{"https://app.example/back?x=1": "form-action 'self' https:;", "tusky://oauth": "form-action 'self' tusky:;", auth.OutOfBand: "form-action 'self';"} {
		got := b.get(a.ask(redirect)).Header.Get("Content-Security-Policy")
		if got != strings.Replace(strictPolicy, "form-action 'self';", want, 1) {
			t.Errorf("%s: %s", redirect, got)
		}
	}
}

func TestCodeIsShownOutOfBand(t *testing.T) {
	h := newHouse(t, false)
	a, b := h.app("toot"), h.browser()
	b.login("anna@gouda.example")
	page := b.post("/oauth/authorize", b.get(a.ask(auth.OutOfBand)).form())
	page.is(t, http.StatusOK)
	_, rest, _ := strings.Cut(page.text, `class="oauth-code">`)
	code, _, _ := strings.Cut(rest, "<")
	if _, err := h.Auth.Exchange(t.Context(), auth.TokenRequest{GrantType: "authorization_code", ClientID: a.ClientID, ClientSecret: a.secret, Code: code, RedirectURI: auth.OutOfBand}); err != nil {
		t.Errorf("the code %q gives no token: %v", code, err)
	}
}

func TestBadQuestionsOfApps(t *testing.T) {
	h := newHouse(t, false)
	a := h.app("Tusky")
	for _, b := range []*browser{h.browser(), h.browser()} {
		for _, path := range []string{a.ask("https://evil.example/"), a.ask("https://app.example/back"), a.ask("tusky://oauth", "client_id", "unknown"), "/oauth/authorize"} {
			page := b.get(path)
			page.is(t, http.StatusBadRequest)
			page.has(t, "Deze app kan hier niet inloggen", "Ga terug naar de app", "!evil.example/\"")
		}
		// Whose question it is, is certain: the app is told (RFC 6749 §4.1.2.1).
		b.get(a.ask("tusky://oauth", "scope", "everything")).is(t, http.StatusFound)
		if to := b.get(a.ask("tusky://oauth", "response_type", "token")).Header.Get("Location"); !strings.HasPrefix(to, "tusky://oauth?error=unsupported_response_type") {
			t.Errorf("sent to %q", to)
		}
		b.get(a.ask(auth.OutOfBand, "scope", "everything")).has(t, "De app vroeg iets wat niet kan")
		b.login("anna@gouda.example")
	}
}

func TestForcedLoginAndExpiredSession(t *testing.T) {
	h := newHouse(t, false)
	a, b := h.app("Tusky"), h.browser()
	b.login("anna@gouda.example")
	away := b.get(a.ask("tusky://oauth", "force_login", "true"))
	away.is(t, http.StatusFound)
	form := b.get(away.Header.Get("Location"))
	form.is(t, http.StatusOK)
	if got := form.form().Get("return"); !strings.HasPrefix(got, "/oauth/authorize?") || strings.Contains(got, "force_login") {
		t.Errorf("after the login: %q", got)
	}
	consent := b.get(a.ask("tusky://oauth")).form()
	b.post("/logout", b.get("/").form())
	back := b.post("/oauth/authorize", consent).Header.Get("Location")
	if u, err := url.Parse(back); err != nil || u.Path != "/login" || !strings.Contains(u.Query().Get("return"), "client_id="+a.ClientID) {
		t.Errorf("an approval without a session leads to %q", back)
	}
}

// Drivers, embedded web views and password managers find fields by their type.
func TestLoginAndConsentHaveTheOneFormThatDriversExpect(t *testing.T) {
	h := newHouse(t, false)
	a, b := h.app("Tusky"), h.browser()
	login := controls(t, b.get("/login"))
	if !slices.Equal(login, []string{"input email", "input password", "button submit"}) {
		t.Errorf("the login page has %v", login)
	}
	b.login("anna@gouda.example")
	if consent := controls(t, b.get(a.ask("tusky://oauth"))); !slices.Equal(consent, []string{"button submit"}) {
		t.Errorf("the consent page has %v", consent)
	}
}

func controls(t *testing.T, a answer) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(a.text))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for n := range doc.Descendants() {
		if n.Data != "input" && n.Data != "button" {
			continue
		}
		for _, attr := range n.Attr {
			if attr.Key == "type" && attr.Val != "hidden" {
				all = append(all, n.Data+" "+attr.Val)
			}
		}
	}
	return all
}

// Every scope that an app can ask for is told in words, in each language.
func TestEveryScopeHasWords(t *testing.T) {
	for _, code := range locale.Codes {
		for _, scope := range auth.Supported() {
			words := mayWords(locale.Get(code), auth.Scopes{scope})
			if len(words) != 1 || words[0] == "" || strings.Contains(words[0], "scope.") || strings.Contains(words[0], "{") {
				t.Errorf("%s in %s: %q", scope, code, words)
			}
		}
	}
}
