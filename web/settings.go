// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/fault"
)

type settingsBody struct {
	Who            *profileLink
	Email          string
	Second         time.Time // since; zero: there is none
	Browsers, Apps int
	Admin          bool
	Done           string // what was changed just now
}

// doneTexts are what was changed just now, by the word that the address has.
var doneTexts = map[string]string{"password": "settings.done.password", "second": "settings.done.second", "no-second": "settings.done.nosecond"}

// settings leads to what a person can arrange of the own account.
func (w *Web) settings(rw http.ResponseWriter, q *request) error {
	if q.account == nil {
		return w.askLogin(rw, q)
	}
	who, err := actors.Get(q.Context(), w.DB, q.account.ID)
	if err != nil {
		return err
	}
	f, err := w.Auth.SecondFactor(q.Context(), q.account.ID)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return err
	}
	browsers, err := w.Auth.Sessions(q.Context(), q.account.ID)
	if err != nil {
		return err
	}
	apps, err := w.Auth.Authorizations(q.Context(), q.account.ID)
	if err != nil {
		return err
	}
	body := settingsBody{Who: w.link(who), Email: q.account.Email, Second: f.Since, Browsers: len(browsers), Apps: len(apps), Admin: q.account.Admin}
	if text, found := doneTexts[q.URL.Query().Get("done")]; found {
		body.Done = q.loc.T(text)
	}
	return w.show(rw, q, "settings", page{Title: q.loc.T("settings.title"), Kind: "website", NoIndex: true, Body: body})
}

// askLogin sends whoever is not logged in to do so, and then back here.
func (w *Web) askLogin(rw http.ResponseWriter, q *request) error {
	http.Redirect(rw, q.Request, loginPath(q), http.StatusSeeOther)
	return nil
}

// checkOwnForm refuses a form that is not of a logged-in person's browser.
func (w *Web) checkOwnForm(q *request) error {
	if q.account == nil {
		return fault.Say(fault.Unauthorized, "Log in first.")
	}
	return w.checkForm(q)
}

type passwordBody struct {
	Email string
	Error string
	Apps  bool
}

func (w *Web) passwordForm(rw http.ResponseWriter, q *request) error {
	if q.account == nil {
		return w.askLogin(rw, q)
	}
	return w.showPassword(rw, q, 0, passwordBody{})
}

func (w *Web) showPassword(rw http.ResponseWriter, q *request, status int, body passwordBody) error {
	body.Email = q.account.Email
	return w.show(rw, q, "password", page{Title: q.loc.T("password.title"), Kind: "website", NoIndex: true, Status: status, Body: body})
}

// changePassword ends every session, and goes on in a new one.
func (w *Web) changePassword(rw http.ResponseWriter, q *request) error {
	if err := w.checkOwnForm(q); err != nil {
		return err
	}
	body := passwordBody{Apps: q.PostForm.Get("apps") != ""}
	next := q.PostForm.Get("new")
	if next != q.PostForm.Get("again") {
		body.Error = q.loc.T("password.differs")
		return w.showPassword(rw, q, http.StatusUnprocessableEntity, body)
	}
	err := w.Auth.ChangePassword(q.Context(), *q.account, q.PostForm.Get("password"), next, body.Apps, w.from(q))
	if err != nil {
		if body.Error = w.refusal(rw, q, err); body.Error == "" {
			return err
		}
		return w.showPassword(rw, q, fault.Status(err), body)
	}
	return w.enter(rw, q, *q.account, "/settings?done=password")
}

// refusals are what auth says to a person who is logged in, by the error.
var refusals = map[error]string{
	auth.ErrWrongPassword: "password.wrong", auth.ErrWrongCode: "code.wrong", auth.ErrUnreadablePassword: "password.unreadable", auth.ErrShortPassword: "password.short",
	auth.ErrLongPassword: "password.long", auth.ErrCommonPassword: "password.common", auth.ErrNameAsPassword: "password.name",
}

// refusal is an error in the person's words, "" when it is none that a person can do something about.
func (w *Web) refusal(rw http.ResponseWriter, q *request, err error) string {
	if errors.Is(err, fault.TooMany) {
		return w.waitWords(rw, q, err)
	}
	for refused, text := range refusals {
		if errors.Is(err, refused) {
			return q.loc.T(text)
		}
	}
	return ""
}
