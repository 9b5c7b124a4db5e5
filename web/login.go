// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/fault"
)

type loginBody struct {
	Email  string
	Return string
	App    string // that the person wants to give access
	Error  string
}

type codeForm struct {
	Return string
	Error  string
}

const (
	sessionSeconds = 30 * 24 * 60 * 60 // the longest that auth lets a session live
	ticketSeconds  = 10 * 60           // as long as auth.Ticket is good
)

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
	if u, err := url.Parse(body.Return); err == nil && strings.TrimSuffix(u.Path, "/") == "/oauth/authorize" {
		if consent, err := w.Auth.Authorize(q.Context(), authorizeRequest(u.Query())); err == nil {
			body.App = consent.App.Name
		}
	}
	return w.show(rw, q, "login", page{Title: q.loc.T("login.title", "name", w.NodeName), Kind: "website", NoIndex: true, Bare: true, Status: status, Body: body})
}

// from is where a request comes from. The address in r.RemoteAddr is the person's own: whoever runs behind a proxy has put it there.
func (w *Web) from(q *request) auth.From {
	return auth.From{Address: q.RemoteAddr, Device: w.cookie(q.Request, deviceWord)}
}

// login checks the password, and leads to the second factor or starts a session.
func (w *Web) login(rw http.ResponseWriter, q *request) error {
	if err := w.checkForm(q); err != nil {
		return err
	}
	body := loginBody{Email: q.PostForm.Get("email"), Return: back(q.PostForm.Get("return"))}
	account, err := w.Auth.Login(q.Context(), body.Email, q.PostForm.Get("password"), w.from(q))
	switch {
	case errors.Is(err, fault.Unauthorized):
		body.Error = q.loc.T("login.wrong")
	case errors.Is(err, auth.ErrPending):
		body.Error = q.loc.T("login.pending", "name", w.NodeName)
	case errors.Is(err, fault.Forbidden):
		body.Error = q.loc.T("login.disabled", "name", w.NodeName)
	case errors.Is(err, fault.TooMany):
		body.Error = w.waitWords(rw, q, err)
	case err != nil:
		return err
	}
	if body.Error != "" {
		return w.showLogin(rw, q, fault.Status(err), body)
	}
	more, err := w.Auth.HasSecondFactor(q.Context(), account.ID)
	if err != nil {
		return err
	}
	if !more {
		return w.enter(rw, q, account, body.Return)
	}
	ticket, err := w.Auth.Ticket(q.Context(), account.ID)
	if err != nil {
		return err
	}
	w.setCookie(rw, ticketWord, ticket, ticketSeconds)
	http.Redirect(rw, q.Request, "/login/code?return="+url.QueryEscape(body.Return), http.StatusSeeOther)
	return nil
}

// codePage asks for the second factor of whoever gave the right password just now.
func (w *Web) codePage(rw http.ResponseWriter, q *request) error {
	to := back(q.URL.Query().Get("return"))
	if _, err := w.Auth.Ticketed(q.Context(), w.cookie(q.Request, ticketWord)); errors.Is(err, fault.Unauthorized) {
		http.Redirect(rw, q.Request, "/login?return="+url.QueryEscape(to), http.StatusSeeOther)
		return nil
	} else if err != nil {
		return err
	}
	return w.showCode(rw, q, 0, codeForm{Return: to})
}

func (w *Web) showCode(rw http.ResponseWriter, q *request, status int, body codeForm) error {
	return w.show(rw, q, "secondstep", page{Title: q.loc.T("code.title"), Kind: "website", NoIndex: true, Bare: true, Status: status, Body: body})
}

// checkCode starts the session of whoever shows both factors.
func (w *Web) checkCode(rw http.ResponseWriter, q *request) error {
	if err := w.checkForm(q); err != nil {
		return err
	}
	body := codeForm{Return: back(q.PostForm.Get("return"))}
	account, err := w.Auth.Ticketed(q.Context(), w.cookie(q.Request, ticketWord))
	if errors.Is(err, fault.Unauthorized) {
		return w.showLogin(rw, q, http.StatusUnauthorized, loginBody{Return: body.Return, Error: q.loc.T("code.late")})
	}
	if err != nil {
		return err
	}
	err = w.Auth.CheckCode(q.Context(), account.ID, q.PostForm.Get("code"), w.from(q))
	switch {
	case errors.Is(err, auth.ErrWrongCode):
		body.Error = q.loc.T("code.wrong")
	case errors.Is(err, fault.TooMany):
		body.Error = w.waitWords(rw, q, err)
	case err != nil:
		return err
	}
	if body.Error != "" {
		return w.showCode(rw, q, fault.Status(err), body)
	}
	return w.enter(rw, q, account, body.Return)
}

// enter starts a session. What the browser had before ends (ASVS 3.2), and it is known from now on.
func (w *Web) enter(rw http.ResponseWriter, q *request, account auth.Account, to string) error {
	cookie, err := w.Auth.StartSession(q.Context(), account.ID, q.UserAgent())
	if err != nil {
		return err
	}
	if old := w.cookie(q.Request, sessionWord); old != "" {
		if err := w.Auth.EndSession(q.Context(), old); err != nil {
			return err
		}
	}
	w.setCookie(rw, sessionWord, cookie, sessionSeconds)
	w.setCookie(rw, deviceWord, w.Auth.Device(w.cookie(q.Request, deviceWord), account.ID), yearSeconds)
	w.setCookie(rw, formWord, "", -1)
	w.setCookie(rw, ticketWord, "", -1)
	http.Redirect(rw, q.Request, to, http.StatusSeeOther)
	return nil
}

// waitWords tells whoever failed too often how long to wait.
func (w *Web) waitWords(rw http.ResponseWriter, q *request, err error) string {
	var wait *auth.Wait
	if !errors.As(err, &wait) {
		return q.loc.T("error.429.text")
	}
	seconds := int(wait.Seconds() / time.Second)
	rw.Header().Set("Retry-After", strconv.Itoa(seconds))
	if seconds < 100 {
		return q.loc.T("login.wait", "time", q.loc.N("time.seconds", seconds))
	}
	return q.loc.T("login.wait", "time", q.loc.N("time.minutes", (seconds+59)/60))
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
