// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

// RFC 7636 appendix B.
const (
	verifierB  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challengeB = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

const tusky = "oauth2redirect://com.keylesspalace.tusky/"

// client registers an app and returns what it asks and how it redeems a code.
func client(t testing.TB, h *house) (AuthorizeRequest, TokenRequest) {
	t.Helper()
	app, secret, err := h.RegisterApp(t.Context(), "Tusky", []string{tusky + "\n" + OutOfBand}, "read write follow push", "https://tusky.app")
	if err != nil {
		t.Fatal(err)
	}
	return AuthorizeRequest{ResponseType: "code", ClientID: app.ClientID, RedirectURI: tusky, Scope: "read write:statuses", State: "a b"},
		TokenRequest{GrantType: "authorization_code", ClientID: app.ClientID, ClientSecret: secret, RedirectURI: tusky}
}

func refused(t testing.TB, err error, code string, status int) {
	t.Helper()
	var e *OAuthError
	if !errors.As(err, &e) || e.Code != code || e.Status != status || e.Description == "" {
		t.Fatalf("answered %v, want %s", err, code)
	}
	if fault.Status(err) != status || fault.Sentence(err) != e.Description {
		t.Fatalf("as a fault: %d %s", fault.Status(err), fault.Sentence(err))
	}
}

func TestRegisterApp(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		good := [][]string{{OutOfBand}, {"icecubesapp://"}, {tusky}, {"https://elk.zone/api/oauth?x=1"}, {"http://127.0.0.1:9999/"}, {"https://a.example/\nhttps://b.example/", "https://a.example/"}, {"app:callback"}}
		for _, uris := range good {
			if _, _, err := h.RegisterApp(ctx, "x", uris, "", ""); err != nil {
				t.Errorf("%q: %v", uris, err)
			}
		}
		for _, uri := range []string{"", " ", "javascript:alert(1)", "JavaScript://x/%0Aalert(1)", "data:text/html,x", "/relative", "example.org/cb", "https://", "https://a.example/#f", "https:opaque",
			"file:///etc/passwd", "urn:other", "https://a.example/" + strings.Repeat("x", 2000), "https://a.example/%zz", "blob:https://a.example/x", "\x00://x"} {
			_, _, err := h.RegisterApp(ctx, "x", []string{uri}, "", "")
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", uri, err)
			}
		}
		_, _, err := h.RegisterApp(ctx, " \x00 ", []string{OutOfBand}, "", "")
		mustBe(t, err, fault.Invalid)
		_, _, err = h.RegisterApp(ctx, "x", []string{OutOfBand}, "read everything", "")
		mustBe(t, err, fault.Invalid)
		_, _, err = h.RegisterApp(ctx, "x", []string{OutOfBand}, "read", "javascript:alert(1)")
		mustBe(t, err, fault.Invalid)
		_, _, err = h.RegisterApp(ctx, "x", strings.Fields("a:1 a:2 a:3 a:4 a:5 a:6 a:7 a:8 a:9 a:10 a:11"), "read", "")
		mustBe(t, err, fault.Invalid)
	})
}

func TestAuthorize(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ask, _ := client(t, h)
		got := must[Consent](t)(h.Authorize(ctx, ask))
		if got.App.Name != "Tusky" || got.App.Website != "https://tusky.app" || len(got.App.RedirectURIs) != 2 || got.Scopes.String() != "read write:statuses" {
			t.Errorf("consent %+v", got)
		}
		for name, change := range map[string]func(*AuthorizeRequest){
			"unknown client": func(r *AuthorizeRequest) { r.ClientID = "x" },
			"other redirect": func(r *AuthorizeRequest) { r.RedirectURI = tusky + "x" },
			"no redirect":    func(r *AuthorizeRequest) { r.RedirectURI = "" },
		} {
			req := ask
			change(&req)
			_, err := h.Authorize(ctx, req)
			var e *OAuthError
			if !errors.Is(err, fault.Invalid) || errors.As(err, &e) {
				t.Errorf("%s: %v must be shown, not sent on", name, err)
			}
		}
		for _, c := range []struct {
			code   string
			change func(*AuthorizeRequest)
		}{
			{"unsupported_response_type", func(r *AuthorizeRequest) { r.ResponseType = "token" }},
			{"invalid_scope", func(r *AuthorizeRequest) { r.Scope = "read admin:read" }},
			{"invalid_scope", func(r *AuthorizeRequest) { r.Scope = "everything" }},
			{"invalid_request", func(r *AuthorizeRequest) { r.CodeChallenge, r.CodeChallengeMethod = challengeB, "plain" }},
			{"invalid_request", func(r *AuthorizeRequest) { r.CodeChallenge = challengeB }},
			{"invalid_request", func(r *AuthorizeRequest) { r.CodeChallengeMethod = "S256" }},
			{"invalid_request", func(r *AuthorizeRequest) { r.CodeChallenge, r.CodeChallengeMethod = "short", "S256" }},
		} {
			req := ask
			c.change(&req)
			_, err := h.Authorize(ctx, req)
			refused(t, err, c.code, 400)
			_, err = h.Grant(ctx, h.anna, req)
			refused(t, err, c.code, 400)
		}
	})
}

func TestRedirects(t *testing.T) {
	for uri, want := range map[string]string{
		tusky:                    tusky + "?code=c&state=a+b",
		"https://x.example/?q=1": "https://x.example/?q=1&code=c&state=a+b",
		"app:callback":           "app:callback?code=c&state=a+b",
		OutOfBand:                "",
	} {
		if got := (AuthorizeRequest{RedirectURI: uri, State: "a b"}).Code("c").URL; got != want {
			t.Errorf("%s: %s", uri, got)
		}
	}
	u, err := url.Parse(AuthorizeRequest{RedirectURI: tusky}.Refusal("access_denied", "Nee & nee").URL)
	if err != nil || u.Query().Get("error") != "access_denied" || u.Query().Get("error_description") != "Nee & nee" || u.Query().Has("state") {
		t.Errorf("%v, %v", u, err)
	}
}

func TestCodeFlow(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ask, redeem := client(t, h)
		for _, pkce := range []bool{false, true} {
			if pkce {
				ask.CodeChallenge, ask.CodeChallengeMethod = challengeB, "S256"
				redeem.CodeVerifier = verifierB
			}
			redeem.Code = must[string](t)(h.Grant(ctx, h.anna, ask))
			for name, change := range map[string]func(*TokenRequest){
				"other redirect": func(r *TokenRequest) { r.RedirectURI = OutOfBand },
				"wrong verifier": func(r *TokenRequest) { r.CodeVerifier = strings.Repeat("x", 43) },
				"other code":     func(r *TokenRequest) { r.Code += "x" },
				"no code":        func(r *TokenRequest) { r.Code = "" },
			} {
				bad := redeem
				change(&bad)
				_, err := h.Exchange(ctx, bad)
				if err == nil {
					t.Fatalf("%s is accepted", name)
				}
				refused(t, err, "invalid_grant", 400)
			}
			if pkce {
				bad := redeem
				bad.CodeVerifier = ""
				_, err := h.Exchange(ctx, bad)
				refused(t, err, "invalid_grant", 400)
			}
			bad := redeem
			bad.ClientSecret = "x"
			_, err := h.Exchange(ctx, bad)
			refused(t, err, "invalid_client", 401)
			_, other := client(t, h) // another app with a stolen code
			other.Code, other.CodeVerifier = redeem.Code, redeem.CodeVerifier
			_, err = h.Exchange(ctx, other)
			refused(t, err, "invalid_grant", 400)

			token := must[Token](t)(h.Exchange(ctx, redeem))
			access := must[Access](t)(h.Token(ctx, token.AccessToken))
			if access.Account.ID != h.anna || access.App.Name != "Tusky" || access.Scopes.String() != "read write:statuses" || token.Scopes.String() != "read write:statuses" {
				t.Errorf("access %+v", access)
			}
			_, err = h.Exchange(ctx, redeem)
			refused(t, err, "invalid_grant", 400)
			_, err = h.Token(ctx, token.AccessToken)
			mustBe(t, err, fault.Unauthorized) // RFC 6749 §4.1.2: a code used twice revokes what it gave
		}
	})
}

func TestOneCodeManyTakers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ask, redeem := client(t, h)
		redeem.Code = must[string](t)(h.Grant(t.Context(), h.anna, ask))
		var wg sync.WaitGroup
		var mu sync.Mutex
		given := 0
		for range 8 {
			wg.Go(func() {
				_, err := h.Exchange(t.Context(), redeem)
				mu.Lock()
				defer mu.Unlock()
				var e *OAuthError
				if err == nil {
					given++
				} else if !errors.As(err, &e) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if given != 1 {
			t.Errorf("%d tokens for one code", given)
		}
		if n := must[int64](t)(db.One(t.Context(), h.d, db.Scalar[int64], "SELECT COUNT(*) FROM tokens")); n != 0 {
			t.Errorf("%d tokens are left after the second use", n)
		}
	})
}

func TestClientCredentials(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		_, req := client(t, h)
		req.GrantType, req.Scope = "client_credentials", "read"
		token := must[Token](t)(h.Exchange(ctx, req))
		access := must[Access](t)(h.Token(ctx, token.AccessToken))
		if access.Account != nil || access.App.ClientID != req.ClientID {
			t.Errorf("access %+v", access)
		}
		req.Scope = "admin:write"
		_, err := h.Exchange(ctx, req)
		refused(t, err, "invalid_scope", 400)
		req.GrantType = "password"
		_, err = h.Exchange(ctx, req)
		refused(t, err, "unsupported_grant_type", 400)
		req.GrantType = ""
		_, err = h.Exchange(ctx, req)
		refused(t, err, "invalid_request", 400)
		_, err = h.Exchange(ctx, TokenRequest{GrantType: "client_credentials"})
		refused(t, err, "invalid_client", 401)
	})
}

func TestCodesRunOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, dbtest.Open(t))
		ask, redeem := client(t, h)
		redeem.Code = must[string](t)(h.Grant(t.Context(), h.anna, ask))
		time.Sleep(codeLife + time.Second)
		_, err := h.Exchange(t.Context(), redeem)
		refused(t, err, "invalid_grant", 400)
		unused := ask.ClientID
		_, used := client(t, h)
		used.GrantType = "client_credentials"
		must[Token](t)(h.Exchange(t.Context(), used))
		time.Sleep(31 * 24 * time.Hour)
		if err := h.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		left := must[[]string](t)(db.All(t.Context(), h.d, db.Scalar[string], "SELECT client_id FROM apps UNION ALL SELECT hash FROM grants"))
		if len(left) != 1 || left[0] != used.ClientID || left[0] == unused {
			t.Errorf("left are %v", left)
		}
	})
}

func TestRevoke(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ask, redeem := client(t, h)
		redeem.Code = must[string](t)(h.Grant(ctx, h.anna, ask))
		token := must[Token](t)(h.Exchange(ctx, redeem)).AccessToken
		must[Access](t)(h.Token(ctx, token))
		_, other := client(t, h)
		refused(t, h.Revoke(ctx, other.ClientID, other.ClientSecret, token), "unauthorized_client", 403)
		refused(t, h.Revoke(ctx, redeem.ClientID, "x", token), "invalid_client", 401)
		must[Access](t)(h.Token(ctx, token))
		for range 2 {
			if err := h.Revoke(ctx, redeem.ClientID, redeem.ClientSecret, token); err != nil {
				t.Fatal(err)
			}
		}
		_, err := h.Token(ctx, token)
		mustBe(t, err, fault.Unauthorized)
	})
}

func TestResponseModes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const site = "https://elk.example/back?x=1"
		p, _, err := h.RegisterApp(t.Context(), "Elk", []string{site, tusky, OutOfBand}, "read", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ uri, mode, want, refusal string }{
			{site, "", "https://elk.example/back?x=1&code=c&state=s", ""},
			{site, "query", "https://elk.example/back?x=1&code=c&state=s", ""},
			{site, "fragment", "https://elk.example/back?x=1#code=c&state=s", ""},
			{site, "form_post", site, ""},
			{tusky, "fragment", tusky + "#code=c&state=s", ""},
			{OutOfBand, "form_post", "", ""},
			{tusky, "form_post", tusky + "?code=c&state=s", "invalid_request"}, // no form leads there
			{site, "jwt", "https://elk.example/back?x=1&code=c&state=s", "invalid_request"},
		} {
			ask := AuthorizeRequest{ResponseType: "code", ClientID: p.ClientID, RedirectURI: c.uri, State: "s", ResponseMode: c.mode}
			if got := ask.Code("c"); got.URL != c.want || (got.Fields != nil) != (c.uri == site && c.mode == "form_post") {
				t.Errorf("%s to %s: %+v", c.mode, c.uri, got)
			}
			_, err := h.Authorize(t.Context(), ask)
			if c.refusal != "" {
				refused(t, err, c.refusal, 400)
			} else if err != nil {
				t.Errorf("%s to %s: %v", c.mode, c.uri, err)
			}
		}
		form := AuthorizeRequest{RedirectURI: site, State: "s", ResponseMode: "form_post"}.Refusal("access_denied", "No.").Fields
		if form.Encode() != "error=access_denied&error_description=No.&state=s" {
			t.Errorf("the form has %v", form)
		}
	})
}
