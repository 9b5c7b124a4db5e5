// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package node

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/api"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/web"
)

// routes is every address of the node. Where an ActivityPub id is a page as well, documents take the requests that want JSON.
func (n *Node) routes(proxies []netip.Prefix) http.Handler {
	r := mux.NewRouter()
	for _, path := range []string{"/inbox", "/users/{name}/inbox", "/groups/{name}/inbox", "/org/inbox", "/actor/inbox"} {
		r.Handle(path, n.Inbox).Methods(http.MethodPost)
	}
	documents := &outbox.Documents{DB: n.DB, Dir: n.Dir, Timelines: n.Timelines, NodeName: n.Config.Node.Name, Version: Version, Secure: n.Config.Network.Secure, Log: n.Log}
	documents.Routes(r)
	n.Media.MaySee = documents.MaySee
	n.clients = &api.API{DB: n.DB, Dir: n.Dir, Timelines: n.Timelines, Outbox: n.Outbox, Inbox: n.Inbox, Auth: n.Auth, Media: n.Media, Moderation: n.Moderation,
		Version: Version, Name: n.Config.Node.Name, Email: n.Config.Node.Email, Requests: n.Config.Limits.Requests, Log: n.Log}
	n.clients.Prepare()
	n.clients.Routes(r)
	r.PathPrefix("/media/").Handler(n.Media)
	pages := &web.Web{DB: n.DB, Dir: n.Dir, Timelines: n.Timelines, Media: n.Media, Auth: n.Auth, Base: n.Base, NodeName: n.Config.Node.Name, Version: Version, Log: n.Log}
	pages.Routes(r)
	r.NotFoundHandler, r.MethodNotAllowedHandler = pages.NotFound(), pages.NotAllowed()
	n.router = r
	return n.guard(proxies, r)
}

// Routes lists every address that the node answers at, "GET /posts/{id}", once each: a test that must leave none out goes by it.
func (n *Node) Routes() []string {
	var all []string
	err := n.router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := route.GetPathTemplate()
		if err != nil {
			return err
		}
		methods, err := route.GetMethods()
		if err != nil {
			methods = []string{http.MethodGet} // whatever the method
		}
		for _, method := range methods {
			all = append(all, method+" "+path)
		}
		return nil
	})
	if err != nil {
		panic(err) // all routes of a node have a path
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// guard gives every request a number for the log and the address of who really asks, and turns a panic into a 500.
func (n *Node) guard(proxies []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()[:12]
		w.Header().Set("X-Request-Id", id)
		r.RemoteAddr = asker(r, proxies)
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
		if !n.Moderation.MayCome(r.Context(), r.RemoteAddr) {
			http.Error(w, `{"error":"This network has no access to this server."}`, http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// asker is the address of the person behind a request: the last one in X-Forwarded-For that is not a proxy of ours.
// Anybody can send that header: it counts only from a proxy that is trusted.
func asker(r *http.Request, proxies []netip.Prefix) string {
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	at := r.RemoteAddr
	for n := len(hops) - 1; n >= 0 && trusted(at, proxies); n-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[n]))
		if err != nil {
			break
		}
		at = net.JoinHostPort(hop.String(), "0")
	}
	return at
}

func trusted(address string, proxies []netip.Prefix) bool {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return false
	}
	for _, p := range proxies {
		if p.Contains(a.Addr().Unmap()) {
			return true
		}
	}
	return false
}
