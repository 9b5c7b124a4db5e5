// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package api is the Mastodon client API: a thin layer that gives clients the shapes they know, over the packages that decide.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/inbox"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// API serves clients. All fields but the last group are needed.
type API struct {
	DB         *db.DB
	Dir        *actors.Directory
	Timelines  *timeline.Timelines
	Outbox     *outbox.Outbox
	Inbox      *inbox.Inbox
	Auth       *auth.Auth
	Media      *media.Store
	Moderation *moderation.Moderation

	Version  string       // of this program: "0.1.0"
	Name     string       // of the node
	Email    string       // where to write to
	Requests int          // per address (RemoteAddr) and five minutes; 0: no limit
	Log      *slog.Logger // nil: slog.Default()

	buckets buckets
	live    live
	push    pushKey
}

// call is one request of a client.
type call struct {
	*params // what was sent
	api     *API
	r       *http.Request
	header  http.Header
	bearer  string
	access  auth.Access // of the token; zero without one
	unknown error       // why the token gives nothing
	viewer  actors.Viewer
}

// handler answers a call with what is written as JSON, or with an error. It may be called many times at once.
type handler func(ctx context.Context, c *call) (any, error)

// with is an answer that is not simply 200.
type with struct {
	status int
	body   any
}

// file is an answer that is not JSON.
type file struct {
	mime string
	body []byte
}

const streamingPath = "/api/v1/streaming"

// maxBody is what a request with files may hold: an avatar and a header. Of each file media has the last word.
const maxBody = 2 * media.MaxBytes

// Routes adds the whole API to a router. A slash at the end changes nothing: Mastodon.py asks for /api/v1/instance/. In our own
// API it does (/core/no-trailing-slash).
func (a *API) Routes(r *mux.Router) {
	methods := map[string][]string{}
	for _, route := range a.routes() {
		if isOwn(route.path) {
			allowed := []string{route.method}
			if route.method == http.MethodGet {
				allowed = append(allowed, http.MethodHead)
			}
			r.Handle(route.path, a.serve(route)).Methods(allowed...)
			methods[route.path] = append(methods[route.path], allowed...)
			continue
		}
		r.Handle(route.path, a.serve(route)).Methods(route.method)
		r.Handle(route.path+"/", a.serve(route)).Methods(route.method)
	}
	for path, allowed := range methods {
		r.Handle(path, a.notAllowed(allowed))
	}
	for _, path := range []string{"/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/.well-known/oauth-authorization-server"} {
		r.HandleFunc(path, preflight).Methods(http.MethodOptions)
	}
	r.PathPrefix("/api/").HandlerFunc(preflight).Methods(http.MethodOptions)
	r.PathPrefix("/api/").HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.begin(w, r)
		a.fail(w, r, fault.Say(fault.NotFound, "This server does not know %s %s.", r.Method, r.URL.Path))
	})
}

// begin sets what every answer carries, finds out who asks, and refuses who asks too often. A token that is not good is no
// reason yet: see admit.
func (a *API) begin(w http.ResponseWriter, r *http.Request) (*call, error) {
	cors(w.Header())
	if w.Header().Get("X-Request-Id") == "" {
		w.Header().Set("X-Request-Id", digits(a.DB.NewID()))
	}
	w.Header().Set("Cache-Control", "private, no-store")
	if isOwn(r.URL.Path) {
		a.beginOwn(w.Header())
	}
	c := &call{api: a, r: r, header: w.Header()}
	if c.bearer = bearerOf(r); c.bearer != "" {
		c.access, c.unknown = a.Auth.Token(r.Context(), c.bearer)
	}
	var all []bucket
	if a.Requests > 0 {
		all = bucketsOf(c.access, r, a.Requests)
	}
	return c, a.buckets.limit(w.Header(), all)
}

// bearerOf is the token that a request carries, or "".
func bearerOf(r *http.Request) string {
	bearer, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if given {
		return bearer
	}
	if !strings.HasPrefix(r.URL.Path, streamingPath) {
		return ""
	}
	if bearer = r.URL.Query().Get("access_token"); bearer != "" { // browsers cannot send that header with a WebSocket
		return bearer
	}
	if protocols := websocketProtocols(r); len(protocols) > 0 {
		return protocols[0]
	}
	return ""
}

func (a *API) serve(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := a.begin(w, r)
		if err == nil { // before anything is received of who may not send it
			err = a.admit(c, route.scope)
		}
		limit := int64(maxBody)
		if err == nil && strings.Contains(route.path, "/media") && r.Method != http.MethodGet {
			limit = media.MaxVideoBytes + media.MaxBytes
			err = timeToUpload(w)
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
		p, done, err := readParams(w, r, limit)
		defer done()
		c.params = p
		var answer any
		if err == nil {
			answer, err = route.handler(r.Context(), c)
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
		a.write(w, r, answer)
	})
}

func cors(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, Idempotency-Key, Mastodon-Async-Refresh, API-Version, Location")
}

// preflight answers a browser that asks what it may ask.
func preflight(w http.ResponseWriter, r *http.Request) {
	cors(w.Header())
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS")
	wanted := r.Header.Get("Access-Control-Request-Headers")
	if wanted == "" {
		wanted = "Authorization, Content-Type, Idempotency-Key"
	}
	w.Header().Set("Access-Control-Allow-Headers", wanted)
	w.Header().Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

// admit finds out who asks and whether the token reaches this far. Scopes of routes:
//
//	public          anybody; a token tells who
//	read:x?         anybody; a token must have the scope
//	app             any token
//	read:x write:y  a person's token with these scopes
//	user            a person's token
//	admin:x         an administrator's token with the scope
func (a *API) admit(c *call, scope string) error {
	optional := scope == "public" || strings.HasSuffix(scope, "?")
	switch {
	case c.unknown != nil:
		return c.unknown
	case c.bearer == "" && optional && !strings.HasPrefix(c.r.Header.Get("Authorization"), "Bearer"):
		return nil
	case c.bearer == "":
		return fault.Say(fault.Unauthorized, "An access token is needed.")
	}
	access := c.access
	if access.Account != nil {
		c.viewer = actors.Viewer{ID: access.Account.ID}
	}
	if access.Account != nil {
		if err := a.Auth.Present(c.r.Context(), access.Account.ID, c.r.RemoteAddr); err != nil { // no reason to refuse
			a.logger().Warn("client API", "error", err)
		}
	}
	if scope == "public" || scope == "app" {
		return nil
	}
	for _, one := range strings.Fields(strings.TrimSuffix(scope, "?")) {
		if one != "user" && !access.Scopes.Allows(one) {
			return fault.Say(fault.Forbidden, "This action is outside the authorized scopes: it needs %s.", one)
		}
		if strings.HasPrefix(one, "admin:") && (access.Account == nil || !access.Account.Admin) {
			return fault.Say(fault.Forbidden, "This action is not allowed")
		}
	}
	if access.Account == nil && !optional {
		return fault.Say(fault.Invalid, "This method requires an authenticated user")
	}
	return nil
}

// me is who asks, with a person's token.
func (c *call) me(ctx context.Context) (*actors.Actor, error) {
	return actors.Get(ctx, c.api.DB, c.viewer.ID)
}

// id is a number in the path: what cannot be one does not exist.
func (c *call) id(name string) (int64, error) {
	n, err := strconv.ParseInt(mux.Vars(c.r)[name], 10, 64)
	if err != nil || n <= 0 {
		return 0, fault.Say(fault.NotFound, "Record not found")
	}
	return n, nil
}

// ids are numbers in a parameter; others are left out, as are those beyond most.
func ids[T ~int64](p *params, key string, most int) []T {
	var all []T
	for _, text := range p.List(key) {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 && len(all) < most {
			all = append(all, T(n))
		}
	}
	return all
}

func (a *API) write(w http.ResponseWriter, r *http.Request, answer any) {
	status := http.StatusOK
	switch v := answer.(type) {
	case with:
		status, answer = v.status, v.body
	case stream:
		v(w, r)
		return
	case file:
		w.Header().Set("Content-Type", v.mime)
		w.Header().Set("Cache-Control", "public, max-age=86400")
		w.Write(v.body)
		return
	}
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	text, err := encode(answer)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	kind := "application/json; charset=utf-8"
	if _, refused := answer.(problem); refused {
		kind = "application/problem+json"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	w.Write(text)
}

// encode is JSON as clients get it: HTML inside stays readable.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func (a *API) logger() *slog.Logger {
	if a.Log != nil {
		return a.Log
	}
	return slog.Default()
}

// failure is every refusal, in the words of Mastodon and, with a description, of RFC 6749 §5.2.
type failure struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`

	Details map[string][]moderation.Problem `json:"details,omitempty"` // what is wrong with which field
}

// fail answers with an error: the asker reads its sentence, the log its chain.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, body := fault.Status(err), failure{Error: fault.Sentence(err)}
	if refused := (*auth.OAuthError)(nil); errors.As(err, &refused) {
		body = failure{Error: refused.Code, Description: refused.Description}
	}
	if wrong := (*moderation.Wrong)(nil); errors.As(err, &wrong) {
		body = failure{Error: wrong.Error(), Details: wrong.Details}
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="Mastodon API"`)
	}
	if status >= 500 && r.Context().Err() == nil {
		a.logger().Error("client API", "method", r.Method, "path", r.URL.Path, "status", status, "error", err)
	}
	if isOwn(r.URL.Path) {
		p := problemOf(err)
		a.write(w, r, with{int(p.Status), p})
		return
	}
	a.write(w, r, with{status, body})
}
