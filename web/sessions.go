// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/mux"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/fault"
)

type sessionsBody struct {
	Sessions []sessionRow
	Apps     []appRow
}

type sessionRow struct {
	auth.Session
	Name string
	Here bool // this is the one that asks
}

type appRow struct {
	auth.Authorized
	May string
}

// sessions lists where a person is logged in: browsers and apps.
func (w *Web) sessions(rw http.ResponseWriter, q *request) error {
	if q.account == nil {
		return w.askLogin(rw, q)
	}
	list, err := w.Auth.Sessions(q.Context(), q.account.ID)
	if err != nil {
		return err
	}
	apps, err := w.Auth.Authorizations(q.Context(), q.account.ID)
	if err != nil {
		return err
	}
	var body sessionsBody
	here := auth.SessionID(w.cookie(q.Request, sessionWord))
	for _, s := range list {
		body.Sessions = append(body.Sessions, sessionRow{s, agentWords(q.loc, s.Agent), s.ID == here})
	}
	for _, a := range apps {
		body.Apps = append(body.Apps, appRow{a, strings.Join(mayWords(q.loc, a.Scopes), "; ")})
	}
	return w.show(rw, q, "sessions", page{Title: q.loc.T("sessions.title"), Kind: "website", NoIndex: true, Body: body})
}

// endOneSession logs a person out of one browser.
func (w *Web) endOneSession(rw http.ResponseWriter, q *request) error {
	return w.change(rw, q, func() error { return w.Auth.EndSessionOf(q.Context(), q.account.ID, mux.Vars(q.Request)["id"]) })
}

// endSessions logs a person out of every other browser.
func (w *Web) endSessions(rw http.ResponseWriter, q *request) error {
	return w.change(rw, q, func() error {
		return w.Auth.EndOtherSessions(q.Context(), q.account.ID, w.cookie(q.Request, sessionWord))
	})
}

// endApp takes back what an app was allowed.
func (w *Web) endApp(rw http.ResponseWriter, q *request) error {
	id, err := strconv.ParseInt(mux.Vars(q.Request)["id"], 10, 64)
	if err != nil {
		return fault.Say(fault.NotFound, "There is no such app.")
	}
	return w.change(rw, q, func() error { return w.Auth.EndAuthorization(q.Context(), q.account.ID, id) })
}

// change does what a form of a logged-in person asks, and shows the list again.
func (w *Web) change(rw http.ResponseWriter, q *request, do func() error) error {
	if err := w.checkOwnForm(q); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	http.Redirect(rw, q.Request, "/settings/sessions", http.StatusSeeOther)
	return nil
}
