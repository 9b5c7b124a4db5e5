// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/pleio-node/pleio-node/fault"
)

type loginBody struct {
	Email  string
	Return string
	App    bool // it is for an app
	Error  string
}

const sessionSeconds = 30 * 24 * 60 * 60 // the longest that auth lets a session live

// back is where to go after logging in: an address of this node, and nothing that a browser could take for another host.
func back(wish string) string {
	u, err := url.Parse(wish)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.ContainsAny(wish, "\\\t\r\n") {
		return "/"
	}
	return u.RequestURI()
}

func (w *Web) loginForm(rw http.ResponseWriter, q *request) error {
	to := back(q.URL.Query().Get("return"))
	if q.account != nil && q.URL.Query().Get("again") == "" {
		http.Redirect(rw, q.Request, to, http.StatusSeeOther)
		return nil
	}
	return w.showLogin(rw, q, 0, loginBody{Return: to})
}

func (w *Web) showLogin(rw http.ResponseWriter, q *request, status int, body loginBody) error {
	body.App = strings.HasPrefix(body.Return, "/oauth/")
	return w.show(rw, q, "login", page{Title: q.loc.T("login.title", "name", w.NodeName), Kind: "website", NoIndex: true, Bare: true, Status: status, Body: body})
}

// login starts a session. The address in r.RemoteAddr is the person's own: whoever runs behind a proxy has put it there.
func (w *Web) login(rw http.ResponseWriter, q *request) error {
	if err := w.checkForm(q); err != nil {
		return err
	}
	body := loginBody{Email: q.PostForm.Get("email"), Return: back(q.PostForm.Get("return"))}
	account, err := w.Auth.Login(q.Context(), body.Email, q.PostForm.Get("password"), q.RemoteAddr)
	switch {
	case errors.Is(err, fault.Unauthorized):
		body.Error = q.loc.T("login.wrong")
	case errors.Is(err, fault.Forbidden):
		body.Error = q.loc.T("login.disabled", "name", w.NodeName)
	case errors.Is(err, fault.TooMany):
		body.Error = q.loc.T("login.wait")
	case err != nil:
		return err
	}
	if body.Error != "" {
		return w.showLogin(rw, q, fault.Status(err), body)
	}
	cookie, err := w.Auth.StartSession(q.Context(), account.ID, q.UserAgent())
	if err != nil {
		return err
	}
	if old := w.cookie(q.Request, sessionWord); old != "" { // ASVS 3.2: what the browser had before ends
		if err := w.Auth.EndSession(q.Context(), old); err != nil {
			return err
		}
	}
	w.setCookie(rw, sessionWord, cookie, sessionSeconds)
	w.setCookie(rw, formWord, "", -1)
	http.Redirect(rw, q.Request, body.Return, http.StatusSeeOther)
	return nil
}

func (w *Web) logout(rw http.ResponseWriter, q *request) error {
	if q.account != nil {
		if err := w.checkForm(q); err != nil {
			return err
		}
		if err := w.Auth.EndSession(q.Context(), w.cookie(q.Request, sessionWord)); err != nil {
			return err
		}
		w.setCookie(rw, sessionWord, "", -1)
	}
	http.Redirect(rw, q.Request, "/", http.StatusSeeOther)
	return nil
}
