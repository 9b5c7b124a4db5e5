// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package web is the pages for people: server-rendered, without need of JavaScript, in Dutch and English.
package web

import (
	"log/slog"
	"net/http"
	"net/url"

	"github.com/gorilla/mux"
	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/timeline"
)

// Web makes the pages of one node.
type Web struct {
	DB        *db.DB
	Dir       *actors.Directory
	Timelines *timeline.Timelines
	Media     *media.Store
	Auth      *auth.Auth
	Base      *url.URL // public address of the node, without a path
	NodeName  string   // the organisation's name
	Version   string
	Log       *slog.Logger
}

// Routes adds the pages. Addresses that are ActivityPub ids as well (/users/…, /groups/…, /org, /actor, /posts/…) are
// matched here only by requests that reach this router: whoever wants JSON-LD must have been sent elsewhere before.
func (w *Web) Routes(r *mux.Router) {
	page := func(path string, h handler, methods ...string) {
		if len(methods) == 0 {
			methods = []string{http.MethodGet}
		}
		if methods[0] == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		r.Handle(path, w.handle(h)).Methods(methods...)
	}
	page("/", w.front)
	page("/@{name}", w.profile)
	page("/groups/{name}", w.profile)
	page("/org", w.organisation)
	page("/users/{name}", w.profile)
	page("/actor", w.toFront)
	page("/posts/{id:[0-9]+}", w.post)
	page("/tags/{name}", w.tag)
	page("/login", w.loginForm)
	page("/login", w.login, http.MethodPost)
	page("/login/code", w.codePage)
	page("/login/code", w.checkCode, http.MethodPost)
	page("/logout", w.logout, http.MethodPost)
	for _, path := range []string{"/oauth/authorize", "/oauth/authorize/"} {
		page(path, w.authorize)
		page(path, w.approve, http.MethodPost)
	}
	page("/settings", w.settings)
	page("/settings/password", w.passwordForm)
	page("/settings/password", w.changePassword, http.MethodPost)
	page("/settings/second-factor", w.secondFactor)
	page("/settings/second-factor/{step:start|finish|codes|end}", w.changeSecondFactor, http.MethodPost)
	page("/settings/sessions", w.sessions)
	page("/settings/sessions/{id:[0-9a-f]+}/end", w.endOneSession, http.MethodPost)
	page("/settings/sessions/end", w.endSessions, http.MethodPost)
	page("/settings/apps/{id:[0-9]+}/end", w.endApp, http.MethodPost)
	r.HandleFunc("/static/{name}", serveStatic).Methods(http.MethodGet, http.MethodHead)
}
