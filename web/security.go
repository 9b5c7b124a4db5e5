// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"crypto/rand"
	"net/http"

	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/fault"
)

// policy is the Content-Security-Policy of every page; only the consent page names more than 'self' as where a form may
// lead to (see consentFormTo).
func policy(formAction string) string {
	return "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; script-src 'self'; form-action " + formAction +
		"; base-uri 'none'; frame-ancestors 'none'"
}

// secure sets the headers that internet.nl and the ASVS ask for (ASVS 14.4).
func (w *Web) secure(rw http.ResponseWriter) {
	h := rw.Header()
	h.Set("Content-Security-Policy", policy("'self'"))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if w.https() {
		h.Set("Strict-Transport-Security", "max-age=63072000")
	}
}

func (w *Web) https() bool { return w.Base.Scheme == "https" }

const (
	sessionWord  = "session"
	formWord     = "form" // makes the tokens of forms before there is a session
	languageWord = "lang"
	ticketWord   = "ticket" // between the password and the second factor
	deviceWord   = "device" // who logged in with this browser before
	csrfField    = "csrf"
)

// cookieName: the prefix makes browsers refuse a cookie of another host or of plain http (RFC 6265bis §4.1.3).
// Without https there is no such protection, and only loopback development is without https.
func (w *Web) cookieName(word string) string {
	if w.https() {
		return "__Host-" + word
	}
	return word
}

func (w *Web) cookie(r *http.Request, word string) string {
	c, err := r.Cookie(w.cookieName(word))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie keeps a value in the browser, for so many seconds, or with 0 until it is closed, or with -1 not any more.
func (w *Web) setCookie(rw http.ResponseWriter, word, value string, seconds int) {
	http.SetCookie(rw, &http.Cookie{Name: w.cookieName(word), Value: value, Path: "/", MaxAge: seconds,
		Secure: w.https(), HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (w *Web) session(r *http.Request) (*auth.Account, error) {
	account, err := w.Auth.Session(r.Context(), w.cookie(r, sessionWord))
	if err == nil {
		if err := w.Auth.Present(r.Context(), account.ID, r.RemoteAddr); err != nil { // no reason to refuse
			w.Log.Warn("pages", "error", err)
		}
	}
	return &account, err
}

// formToken is what a form of this browser must send back. It belongs to the session or, before there is one, to a
// random cookie, so that nobody can log another person in under a wrong name.
func (w *Web) formToken(rw http.ResponseWriter, q *request) string {
	if q.account != nil {
		return w.Auth.CSRF(w.cookie(q.Request, sessionWord))
	}
	secret := w.cookie(q.Request, formWord)
	if secret == "" {
		secret = rand.Text()
		w.setCookie(rw, formWord, secret, 0)
	}
	return w.Auth.CSRF(secret)
}

// checkForm refuses a form that was not made for this browser.
func (w *Web) checkForm(q *request) error {
	word := formWord
	if q.account != nil {
		word = sessionWord
	}
	if !w.Auth.CheckCSRF(w.cookie(q.Request, word), q.PostForm.Get(csrfField)) {
		return fault.Say(fault.Forbidden, "The form has expired: go back, reload the page and try again.")
	}
	return nil
}
