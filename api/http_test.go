// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/auth"
)

// A client logs in with PKCE, does something, and logs out.
func TestTheWholeLogin(t *testing.T) {
	each(t, func(w *world) {
		verifier := strings.Repeat("v", 43)
		challenge := sha256.Sum256([]byte(verifier))
		request := auth.AuthorizeRequest{ResponseType: "code", ClientID: w.names["client"], RedirectURI: "tusky://login", Scope: "read write",
			CodeChallenge: base64.RawURLEncoding.EncodeToString(challenge[:]), CodeChallengeMethod: "S256"}
		code, err := w.api.Auth.Grant(w.Context(), w.actor("anna").ID, request)
		w.check(err)
		body := "grant_type=authorization_code&redirect_uri=tusky://login&code=" + code + "&code_verifier="
		basic := "Basic " + basicAuth(w.names["client"], w.names["secret"])
		if answer := w.ask("POST", "/oauth/token", "", body+"wrong", "Authorization", basic); answer.Code != http.StatusBadRequest {
			t.Errorf("a wrong verifier: %d", answer.Code)
		}
		answer := w.ask("POST", "/oauth/token", "", body+verifier, "Authorization", basic)
		var got token
		w.check(json.Unmarshal(answer.Body.Bytes(), &got))
		if answer.Code != http.StatusOK || got.Scope != "read write" || time.Since(time.Unix(got.CreatedAt, 0)).Abs() > time.Minute || answer.Header().Get("Cache-Control") != "private, no-store" {
			t.Fatalf("%d %s %s", answer.Code, answer.Body, answer.Header())
		}
		w.tokens["client"] = got.AccessToken
		if answer := w.ask("GET", "/api/v1/accounts/verify_credentials", "client", ""); !strings.Contains(answer.Body.String(), `"username":"anna"`) {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
		w.ask("POST", "/oauth/revoke", "", "client_id={client}&client_secret={secret}&token="+got.AccessToken)
		if answer := w.ask("GET", "/api/v1/accounts/verify_credentials", "client", ""); answer.Code != http.StatusUnauthorized || answer.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("after the logout: %d %s", answer.Code, answer.Header())
		}
	})
}

func basicAuth(user, password string) string {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(url.QueryEscape(user), url.QueryEscape(password))
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Basic ")
}

func TestBrowsersMayAsk(t *testing.T) {
	each(t, func(w *world) {
		for _, path := range []string{"/api/v1/statuses", "/api/v1/unknown", "/oauth/token", "/oauth/revoke", "/.well-known/oauth-authorization-server"} {
			answer := w.ask("OPTIONS", path, "", "", "Access-Control-Request-Headers", "authorization,idempotency-key")
			h := answer.Header()
			if answer.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Headers") != "authorization,idempotency-key" ||
				!strings.Contains(h.Get("Access-Control-Allow-Methods"), "PATCH") {
				t.Errorf("%s: %d %v", path, answer.Code, h)
			}
		}
		h := w.ask("GET", "/api/v1/timelines/public", "", "").Header()
		for _, name := range []string{"Link", "X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
			if h.Get(name) == "" || !strings.Contains(h.Get("Access-Control-Expose-Headers"), name) {
				t.Errorf("%s: %q, exposed are %q", name, h.Get(name), h.Get("Access-Control-Expose-Headers"))
			}
		}
	})
}

func TestTheLimitIsPartOfEveryAnswer(t *testing.T) {
	each(t, func(w *world) {
		w.api.Requests = 2
		for n, want := range []int{200, 404, 429} {
			path := "/api/v1/instance"
			if n == 1 {
				path = "/api/v1/unknown"
			}
			if answer := w.ask("GET", path, "", ""); answer.Code != want {
				t.Errorf("request %d: %d %s", n, answer.Code, answer.Body)
			}
		}
	})
}

func (w *world) upload(method, path, who string, fields map[string]string, name string) *httptest.ResponseRecorder {
	w.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for key, value := range fields {
		w.check(m.WriteField(key, value))
	}
	part, err := m.CreateFormFile(name, "plaatje.png")
	w.check(err)
	w.check(png.Encode(part, image.NewGray(image.Rect(0, 0, 40, 30))))
	m.Close()
	return w.ask(method, path, who, b.String(), "Content-Type", m.FormDataContentType())
}

func TestFiles(t *testing.T) {
	each(t, func(w *world) {
		answer := w.upload("POST", "/api/v2/media", "anna", map[string]string{"description": "Een plaatje", "focus": "0.5,-0.25"}, "file")
		var f struct {
			identified
			URL, Description, Blurhash string
			Meta                       meta
		}
		w.check(json.Unmarshal(answer.Body.Bytes(), &f))
		if answer.Code != http.StatusOK || f.Description != "Een plaatje" || f.Meta.Focus.X != 0.5 || f.Meta.Original.Width != 40 || f.Blurhash == "" || !strings.HasPrefix(f.URL, "https://gouda.example/media/") {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
		w.names["file"] = f.ID
		if answer := w.ask("GET", "/api/v1/media/{file}", "bas", ""); answer.Code != http.StatusNotFound {
			t.Errorf("somebody else's file: %d", answer.Code)
		}
		if answer := w.ask("PUT", "/api/v1/media/{file}", "anna", "description=Anders"); !strings.Contains(answer.Body.String(), `"description":"Anders"`) {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
		w.ask("GET", "/api/v1/media/{file}", "anna", "")
		if answer := w.ask("PUT", "/api/v1/media/{file}", "anna", "focus=x"); answer.Code != http.StatusUnprocessableEntity {
			t.Errorf("a wrong focus: %d", answer.Code)
		}
		if answer := w.ask("POST", "/api/v1/media", "anna", "description=x"); answer.Code != http.StatusUnprocessableEntity {
			t.Errorf("no file: %d", answer.Code)
		}
		answer = w.ask("POST", "/api/v1/statuses", "anna", `{"status":"","media_ids":["{file}"]}`)
		var s identified
		w.check(json.Unmarshal(answer.Body.Bytes(), &s))
		if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), `"description":"Anders"`) {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
		answer = w.ask("PUT", "/api/v1/statuses/"+s.ID, "anna", `{"status":"Met tekst","media_ids":["{file}"],"media_attributes":[{"id":"{file}","description":"Weer anders"}]}`)
		if !strings.Contains(answer.Body.String(), `"description":"Weer anders"`) || !strings.Contains(answer.Body.String(), "Met tekst") {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
		answer = w.upload("PATCH", "/api/v1/accounts/update_credentials", "anna", map[string]string{"display_name": "Met foto"}, "avatar")
		if text := answer.Body.String(); answer.Code != http.StatusOK || strings.Contains(text, avatarPath) || !strings.Contains(text, `"avatar":"https://gouda.example/media/`) {
			t.Errorf("%d %s", answer.Code, text)
		}
		if answer := w.ask("PATCH", "/api/v1/accounts/update_credentials", "anna", "avatar="); !strings.Contains(answer.Body.String(), avatarPath) {
			t.Errorf("without a picture again: %s", answer.Body)
		}
		for _, path := range []string{avatarPath, headerPath} {
			answer := w.ask("GET", path, "", "")
			if _, err := png.Decode(answer.Body); err != nil || answer.Header().Get("Content-Type") != "image/png" {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
}

func TestWhatGoesWrongInsideIsNotTold(t *testing.T) {
	each(t, func(w *world) {
		w.check(w.api.DB.Close())
		answer := w.ask("GET", "/api/v1/timelines/public", "", "")
		if answer.Code != http.StatusInternalServerError || answer.Body.String() != `{"error":"something went wrong on this server"}` {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
	})
}
