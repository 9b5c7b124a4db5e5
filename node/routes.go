// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package node

import (
	"crypto/rand"
	"net/http"
	"runtime/debug"

	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/outbox"
)

func (n *Node) routes() http.Handler {
	r := mux.NewRouter()
	for _, path := range []string{"/inbox", "/users/{name}/inbox", "/groups/{name}/inbox", "/org/inbox", "/actor/inbox"} {
		r.Handle(path, n.Inbox).Methods(http.MethodPost)
	}
	documents := &outbox.Documents{DB: n.DB, Dir: n.Dir, Library: n.Library, NodeName: n.Config.Node.Name, Version: Version, Secure: n.Config.Network.Secure, Log: n.Log}
	documents.Routes(r)
	r.PathPrefix("/media/").Handler(n.Media)
	return n.guard(r)
}

// guard gives every request a number for the log, and turns a panic into a 500.
func (n *Node) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()[:12]
		w.Header().Set("X-Request-Id", id)
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			n.Log.Error("panic", "request", id, "method", r.Method, "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			http.Error(w, `{"error":"something went wrong on this server"}`, http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}
