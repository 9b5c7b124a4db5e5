// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/auth"
)

// authenticator is an app on a telephone: what RFC 6238 §4 says, from the key that a page shows.
func authenticator(t testing.TB, key string, steps int64) string {
	t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(key, " ", ""))
	if err != nil || len(secret) < 16 {
		t.Fatalf("the key %q: %v", key, err)
	}
	h := hmac.New(sha1.New, secret)
	binary.Write(h, binary.BigEndian, time.Now().Unix()/30+steps)
	sum := h.Sum(nil)
	at := sum[19] & 15
	return fmt.Sprintf("%06d", (int(sum[at]&127)<<24|int(sum[at+1])<<16|int(sum[at+2])<<8|int(sum[at+3]))%1000000)
}

func (a answer) find(t testing.TB, pattern string) []string {
	t.Helper()
	var all []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(a.text, -1) {
		all = append(all, m[1])
	}
	if all == nil {
		t.Fatalf("nothing like %s in\n%s", pattern, a.text)
	}
	return all
}

// second sets up a second factor, in the browser, and returns its key, the code that was used and the recovery codes.
func (b *browser) second(t *testing.T) (key, used string, recovery []string) {
	t.Helper()
	const path = "/settings/second-factor"
	b.send(path, path+"/start", "password", password).leads(t, http.StatusSeeOther, path)
	setup := b.get(path)
	setup.has(t, `role="img"`, "authenticator-app")
	key = setup.find(t, `<code data-handle>([^<]+)<`)[0]
	used = authenticator(t, key, -1)
	told := b.send(path, path+"/finish", "code", used)
	told.is(t, http.StatusOK)
	return key, used, told.find(t, `<li><code>([a-z2-7-]+)</code>`)
}

// send fills in a form of a page.
func (b *browser) send(page, to string, fields ...string) answer {
	b.h.t.Helper()
	form := b.get(page).form()
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.post(to, form)
}

func TestSecondFactor(t *testing.T) {
	h := newHouse(t, false)
	const path = "/settings/second-factor"
	here, there := h.browser(), h.browser()
	here.get(path).leads(t, http.StatusSeeOther, "/login?return=%2Fsettings%2Fsecond-factor")
	here.login("anna@gouda.example")
	there.login("anna@gouda.example")
	wrong := here.send(path, path+"/start", "password", "mis")
	wrong.is(t, http.StatusForbidden)
	wrong.has(t, "Dat is niet je wachtwoord", "!<svg")
	here.send(path, path+"/start", "password", password)
	here.send(path, path+"/finish", "code", "000000 ").has(t, "Die code klopt niet", "<svg")
	here.send(path, path+"/end").leads(t, http.StatusSeeOther, path) // not set up after all
	here.get(path).has(t, "!<svg", "Met een tweede stap vul je")
	key, used, recovery := here.second(t)
	if len(recovery) != 10 {
		t.Fatalf("recovery codes %v", recovery)
	}
	_, err := h.DB.Exec(t.Context(), "UPDATE accounts SET admin = TRUE")
	h.check(err)
	bas := h.browser()
	bas.login("bas")
	bas.get("/settings").has(t, "Jij beheert deze node")
	here.get("/settings?done=second").has(t, "!Jij beheert deze node", "De tweede stap staat aan", "Aan, sinds")
	there.get("/").has(t, "!Ingelogd als") // that browser showed the password alone

	// The password is not enough any more.
	ask := h.app("Tusky").ask(auth.OutOfBand)
	away := there.get(ask).Header.Get("Location")
	form := there.get(away)
	form.has(t, "Je logt in om Tusky toegang te geven")
	in := there.send(away, "/login", "email", "anna", "password", password)
	in.is(t, http.StatusSeeOther)
	to := in.Header.Get("Location")
	there.get("/").has(t, "!Ingelogd als")
	page := there.get(to)
	page.has(t, "Tweede stap", `autocomplete="one-time-code"`)
	if got := controls(t, page); fmt.Sprint(got) != "[input text button submit]" {
		t.Errorf("the page has %v", got)
	}
	bad := there.send(to, "/login/code", "code", "12345")
	bad.is(t, http.StatusForbidden)
	bad.has(t, "Die code klopt niet")
	there.send(to, "/login/code", "code", used).is(t, http.StatusForbidden)
	code := authenticator(t, key, 0)
	done := there.send(to, "/login/code", "code", code)
	done.is(t, http.StatusSeeOther)
	there.get(done.Header.Get("Location")).has(t, "Tusky toegang geven?", "Anna de Vries")

	third := h.browser()
	third.get("/login/code?return=%2Forg").leads(t, http.StatusSeeOther, "/login?return=%2Forg")
	third.login("anna@gouda.example").leads(t, http.StatusSeeOther, "/login/code?return=%2F")
	third.send("/login/code", "/login/code", "code", code).is(t, http.StatusForbidden) // somebody else's, seen over the shoulder
	third.send("/login/code", "/login/code", "code", strings.ToUpper(recovery[0])).leads(t, http.StatusSeeOther, "/")
	third.get("/").has(t, "Ingelogd als anna")
	third.get(path).has(t, "9 herstelcodes")

	// Without a ticket a code is worth nothing.
	fourth := h.browser()
	fourth.send("/login", "/login/code", "code", recovery[1]).has(t, "Het duurde te lang")

	here.send(path, path+"/codes", "password", "mis").is(t, http.StatusForbidden)
	fresh := here.send(path, path+"/codes", "password", password).find(t, `<li><code>([a-z2-7-]+)</code>`)
	fourth.login("anna@gouda.example")
	fourth.send("/login/code", "/login/code", "code", recovery[1]).is(t, http.StatusForbidden)
	fourth.send("/login/code", "/login/code", "code", fresh[1]).leads(t, http.StatusSeeOther, "/")

	here.send(path, path+"/end", "password", "mis").is(t, http.StatusForbidden)
	here.get(path).has(t, "staat aan")
	here.send(path, path+"/end", "password", password).leads(t, http.StatusSeeOther, "/settings?done=no-second")
	h.browser().login("anna@gouda.example").leads(t, http.StatusSeeOther, "/")
}

func TestQRCode(t *testing.T) {
	h := newHouse(t, false)
	uri := h.otpauth("anna", "GEZDGNBVGY3TQOJQ")
	if want := "otpauth://totp/Gemeente%20Gouda:anna@" + h.Dir.Domain + "?issuer=Gemeente%20Gouda&secret=GEZDGNBVGY3TQOJQ"; uri != want {
		t.Errorf("%s, want %s", uri, want)
	}
	c, err := drawQR(uri)
	h.check(err)
	// The first row is the edge of two of the three squares that readers look for (ISO/IEC 18004 §6.3.3), inside the margin.
	if !strings.HasPrefix(c.Path, "M4 4h7v1h-7z") || c.Size < 21+8 || strings.Contains(c.Path, "M0") {
		t.Errorf("%d dots wide: %.40s", c.Size, c.Path)
	}
}

func TestChangePassword(t *testing.T) {
	h := newHouse(t, false)
	const next = "een heel andere lange zin"
	here, there, bas := h.browser(), h.browser(), h.browser()
	for _, b := range []*browser{here, there} {
		b.login("anna@gouda.example")
	}
	bas.login("bas@gouda.example")
	token := h.token(here, h.app("Tusky"))
	change := func(old, one, two string, more ...string) answer {
		return here.send("/settings/password", "/settings/password", append([]string{"password", old, "new", one, "again", two}, more...)...)
	}
	for _, c := range []struct{ old, one, two, says string }{
		{"mis", next, next, "Dat is niet je wachtwoord"}, {password, next, next + "!", "niet gelijk"}, {password, "kort", "kort", "te kort"},
		{password, "wachtwoord2026", "wachtwoord2026", "als eerste proberen"}, {password, "anna@gouda.example", "anna@gouda.example", "geen goed wachtwoord"},
		{password, strings.Repeat("lang en goed. ", 20), strings.Repeat("lang en goed. ", 20), "te lang"},
	} {
		page := change(c.old, c.one, c.two)
		if page.StatusCode < 400 {
			t.Errorf("%q: %s", c.one, page.Status)
		}
		page.has(t, c.says, "Er is niets gewijzigd", "!"+next)
	}
	there.get("/").has(t, "Ingelogd als anna")
	change(password, next, next).leads(t, http.StatusSeeOther, "/settings?done=password")
	here.get("/settings?done=password").has(t, "Je wachtwoord is gewijzigd", "Anna de Vries", "1 browser en 1 app")
	there.get("/").has(t, "!Ingelogd als")
	bas.get("/").has(t, "Ingelogd als bas")
	if _, err := h.Auth.Token(t.Context(), token); err != nil {
		t.Errorf("the app's token: %v", err)
	}
	change(next, next+"!", next+"!", "apps", "1").leads(t, http.StatusSeeOther, "/settings?done=password")
	if _, err := h.Auth.Token(t.Context(), token); err == nil {
		t.Error("the app's token still works")
	}
}

func TestOneSessionIsEnded(t *testing.T) {
	h := newHouse(t, false)
	here, there, bas := h.browser(), h.browser(), h.browser()
	here.login("anna@gouda.example")
	there.login("anna@gouda.example")
	bas.login("bas@gouda.example")
	list := here.get("/settings/sessions")
	if n := strings.Count(list.text, "deze browser"); n != 1 {
		t.Errorf("%d are this browser", n)
	}
	ids := list.find(t, `action="/settings/sessions/([0-9a-f]+)/end"`)
	if len(ids) != 1 {
		t.Fatalf("sessions %v", ids)
	}
	bas.send("/settings/sessions", "/settings/sessions/"+ids[0]+"/end")
	there.get("/").has(t, "Ingelogd als anna")
	here.send("/settings/sessions", "/settings/sessions/"+ids[0]+"/end").leads(t, http.StatusSeeOther, "/settings/sessions")
	there.get("/").has(t, "!Ingelogd als")
	here.get("/").has(t, "Ingelogd als anna")
}

// Whoever mistypes too often is told how long to wait, in words; the browser that was there before does not wait.
func TestGuessersWait(t *testing.T) {
	h := newHouse(t, false)
	known := h.browser()
	known.login("anna@gouda.example")
	b := h.browser()
	for range 5 {
		b.send("/login", "/login", "email", "anna", "password", "mis").is(t, http.StatusUnauthorized)
	}
	page := b.send("/login", "/login", "email", "anna@gouda.example", "password", password)
	page.is(t, http.StatusTooManyRequests)
	page.has(t, "al eerder was ingelogd")
	if want := page.find(t, "Wacht ([1-5]) seconden?")[0]; page.Header.Get("Retry-After") != want {
		t.Errorf("Retry-After is %q, the page says %s", page.Header.Get("Retry-After"), want)
	}
	known.post("/logout", known.get("/").form())
	known.login("anna@gouda.example").leads(t, http.StatusSeeOther, "/")
}

func TestAnswersByFormAndFragment(t *testing.T) {
	h := newHouse(t, false)
	a, b := h.app("Tusky"), h.browser()
	b.login("anna")
	const to = "https://app.example/back?x=1"
	sent := b.post("/oauth/authorize", b.get(a.ask(to, "response_mode", "fragment")).form())
	if got := sent.Header.Get("Location"); !strings.HasPrefix(got, to+"#code=") || !strings.HasSuffix(got, "&state=s+%26+t") {
		t.Errorf("sent to %q", got)
	}
	ask := a.ask(to, "response_mode", "form_post")
	consent := b.get(ask)
	form := b.post("/oauth/authorize", consent.form())
	form.is(t, http.StatusOK)
	form.has(t, `action="https://app.example/back?x=1"`, "Verder naar Tusky")
	if got := form.Header.Get("Content-Security-Policy"); !strings.Contains(got, "form-action 'self' https:;") {
		t.Errorf("the policy is %s", got)
	}
	fields := form.form()
	if fields.Get("state") != "s & t" {
		t.Errorf("the form has %v", fields)
	}
	_, err := h.Auth.Exchange(t.Context(), auth.TokenRequest{GrantType: "authorization_code", ClientID: a.ClientID, ClientSecret: a.secret, Code: fields.Get("code"), RedirectURI: to})
	h.check(err)
	deny := strings.ReplaceAll(consent.find(t, `class="button second" href="([^"]+)"`)[0], "&amp;", "&")
	b.get(strings.ReplaceAll(deny, "&#43;", "+")).has(t, `name="error" value="access_denied"`, `name="state"`)
	b.get(a.ask(to, "response_mode", "form_post", "scope", "everything")).has(t, `name="error" value="invalid_scope"`)
	if got := b.get(a.ask(to, "response_mode", "jwt")).Header.Get("Location"); !strings.HasPrefix(got, to+"&error=invalid_request") {
		t.Errorf("an unknown mode leads to %q", got)
	}
}

func TestConsentSaysWhoAndWhat(t *testing.T) {
	h := newHouse(t, false)
	b := h.browser()
	b.login("anna")
	p, _, err := h.Auth.RegisterApp(t.Context(), "Mastodon Official", []string{"tusky://oauth"}, "profile write:media admin:read push", "https://app.example")
	h.check(err)
	ask := func(scope string) answer {
		return b.get(registered{App: p}.ask("tusky://oauth", "scope", scope))
	}
	ask("profile").has(t, "zien wie je bent", "berichten lezen die alleen voor jou zijn", "berichten plaatsen of verwijderen", "deze node beheren", "Niemand heeft gecontroleerd of dat klopt", "<strong>tusky://</strong>")
	page := ask("write:media admin:read push")
	page.has(t, "dit namens jou wijzigen: afbeeldingen en bestanden", "alle beheergegevens lezen", "Jij bent geen beheerder", "je meldingen sturen", "berichten plaatsen of verwijderen", "!je profiel, instellingen of wie je volgt wijzigen", "!<li>deze node beheren")
	// The language that an app wishes, in its own spelling.
	b.get(registered{App: p}.ask("tusky://oauth", "scope", "profile", "lang", "en-GB")).has(t, `<html lang="en">`, "What the app may not do")
	nobody := h.browser()
	away := nobody.get(registered{App: p}.ask("tusky://oauth", "scope", "profile", "lang", "en_US"))
	nobody.get(away.Header.Get("Location")).has(t, `<html lang="en">`, "You are logging in to give Mastodon Official access")
}

func TestSettingsBelongToWhoIsLoggedIn(t *testing.T) {
	h := newHouse(t, false)
	for _, path := range []string{"/settings", "/settings/password", "/settings/second-factor", "/settings/sessions"} {
		h.browser().get(path).leads(t, http.StatusSeeOther, "/login?return="+url.QueryEscape(path))
	}
	b := h.browser()
	b.login("anna")
	for _, path := range []string{"/settings/password", "/settings/second-factor/start", "/settings/second-factor/finish", "/settings/second-factor/codes", "/settings/second-factor/end", "/settings/sessions/ab/end"} {
		b.post(path, url.Values{"password": {password}}).is(t, http.StatusForbidden)
		nobody := h.browser()
		nobody.get("/login")
		nobody.post(path, nobody.get("/login").form()).is(t, http.StatusUnauthorized)
	}
	if has, err := h.Auth.HasSecondFactor(t.Context(), h.anna.ID); has || err != nil {
		t.Errorf("a second factor: %v, %v", has, err)
	}
}
