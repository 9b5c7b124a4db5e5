// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/locale"
)

// handler answers a request, or returns why it cannot: the answer is then made in one place.
type handler func(http.ResponseWriter, *request) error

// request is one question with who asks it and in which language.
type request struct {
	*http.Request
	loc     *locale.Locale
	account *auth.Account // nil: nobody is logged in
	viewer  actors.Viewer
}

const maxForm = 64 << 10 // bytes

func (w *Web) handle(h handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.secure(rw)
		q, err := w.recognise(rw, r)
		if err == nil {
			err = h(rw, q)
		}
		if err != nil {
			w.fail(rw, q, err)
		}
	})
}

// recognise finds out the language and who asks, and reads the form.
func (w *Web) recognise(rw http.ResponseWriter, r *http.Request) (*request, error) {
	q := &request{Request: r, loc: w.language(rw, r)}
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(rw, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			return q, fault.Say(fault.Malformed, "The form cannot be read: %v.", err)
		}
	}
	account, err := w.session(r)
	switch {
	case errors.Is(err, fault.Unauthorized):
		return q, nil
	case err != nil:
		return q, err
	}
	q.account, q.viewer = account, actors.Viewer{ID: account.ID}
	if wish := locale.Get(account.Locale); wish != nil && r.URL.Query().Get(languageWord) == "" && w.cookie(r, languageWord) == "" {
		q.loc = wish
	}
	return q, nil
}

// page is what every page says about itself; Body is what its template shows.
type page struct {
	Title       string
	Description string
	Canonical   string // address that stands for this page; "" this one
	Alternate   string // ActivityPub id of what the page is about
	OEmbed      string // where others get what they show of it
	Image       string // absolute address
	Kind        string // og:type
	Lang        string // of what the page is about
	NoIndex     bool
	Bare        bool   // without anything that could be taken for the page's one form
	FormTo      string // besides ourselves, the scheme that a form may lead to
	Status      int    // 0: 200
	Body        any
}

// view is a page with what is around it, as the templates see it.
type view struct {
	page
	Site      *Web
	Path      string
	Languages []languageLink
	LoginPath string
	CSRF      string
	Me        string // name of who is logged in
}

// show sends a page.
func (w *Web) show(rw http.ResponseWriter, q *request, template string, p page) error {
	v := view{page: p, Site: w, Path: q.URL.Path, Languages: languageLinks(q), LoginPath: loginPath(q)}
	if q.account != nil {
		v.Me = q.account.Name
	}
	if q.account != nil || p.Bare {
		v.CSRF = w.formToken(rw, q)
	}
	if v.Canonical == "" {
		v.Canonical = w.Base.String() + q.URL.Path
	}
	var b bytes.Buffer
	if err := pages()[q.loc.Code][template].ExecuteTemplate(&b, "layout", v); err != nil {
		return fmt.Errorf("show %s: %w", template, err)
	}
	h := rw.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", q.loc.Code)
	h.Add("Vary", "Accept, Accept-Language, Cookie")
	h.Set("Cache-Control", "no-cache")
	if q.account != nil || p.Bare {
		h.Set("Cache-Control", "no-store") // ASVS 8.1: nothing private stays behind
	}
	if p.NoIndex {
		h.Set("X-Robots-Tag", "noindex")
	}
	if p.FormTo != "" {
		h.Set("Content-Security-Policy", policy("'self' "+p.FormTo))
	}
	if p.Status != 0 {
		rw.WriteHeader(p.Status)
	}
	if _, err := b.WriteTo(rw); err != nil {
		w.Log.Debug("a page was not read to its end", "path", q.URL.Path, "error", err)
	}
	return nil
}

// errorTexts are the errors that have words of their own; others are shown as the first of their hundred.
var errorTexts = map[int][2]string{
	400: {"error.400.title", "error.400.text"},
	401: {"error.401.title", "error.401.text"},
	403: {"error.403.title", "error.403.text"},
	404: {"error.404.title", "error.404.text"},
	405: {"error.405.title", "error.405.text"},
	410: {"error.410.title", "error.410.text"},
	429: {"error.429.title", "error.429.text"},
	500: {"error.500.title", "error.500.text"},
	503: {"error.503.title", "error.503.text"},
}

// fail answers with the page of an error: the only mapping from errors to pages.
func (w *Web) fail(rw http.ResponseWriter, q *request, err error) {
	status := fault.Status(err)
	w.failAs(rw, q, status)
	if status >= 500 {
		w.Log.Error("a page failed", "path", q.URL.Path, "error", err)
	}
}

func (w *Web) failAs(rw http.ResponseWriter, q *request, status int) {
	texts, found := errorTexts[status]
	if !found {
		texts = errorTexts[status/100*100]
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		rw.Header().Set("Retry-After", "60")
	}
	err := w.show(rw, q, "error", page{Title: q.loc.T(texts[0]), Status: status, NoIndex: true, Body: q.loc.T(texts[1])})
	if err != nil {
		w.Log.Error("the page of an error failed", "status", status, "error", err)
		http.Error(rw, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// Fail shows the page of an error to a browser, for parts of the node that are not pages.
func (w *Web) Fail(rw http.ResponseWriter, r *http.Request, err error) {
	w.handle(func(http.ResponseWriter, *request) error { return err }).ServeHTTP(rw, r)
}

// NotFound and NotAllowed are for the router: pages that are not there, and methods that a page does not have.
func (w *Web) NotFound() http.Handler {
	return w.handle(func(http.ResponseWriter, *request) error { return fault.NotFound })
}

func (w *Web) NotAllowed() http.Handler {
	return w.handle(func(rw http.ResponseWriter, q *request) error {
		w.failAs(rw, q, http.StatusMethodNotAllowed)
		return nil
	})
}

// local makes addresses of this node relative, so that pages work under whatever name they were reached.
func (w *Web) local(address string) string {
	if rest, ours := strings.CutPrefix(address, w.Base.String()); ours && strings.HasPrefix(rest, "/") {
		return rest
	}
	return address
}

// loginPath leads to the login page and back to where the request came for.
func loginPath(q *request) string {
	if q.Method != http.MethodGet || q.URL.Path == "/login" {
		return "/login"
	}
	return "/login?return=" + url.QueryEscape(q.URL.RequestURI())
}

func (w *Web) toFront(rw http.ResponseWriter, q *request) error {
	http.Redirect(rw, q.Request, "/", http.StatusFound)
	return nil
}
