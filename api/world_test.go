// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/inbox"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// world is a node with people, a group and posts, asked over HTTP.
//
// anna is a member of the group wonen, of which bas is the owner; cas is neither, and approves his followers; anna follows bas and is
// followed by dora, who lives on another node. Each of them has a token; "app" is that of an application.
type world struct {
	testing.TB
	api    *API
	router *mux.Router
	tokens map[string]string
	own    *contract         // of our own API
	names  map[string]string // what {name} stands for: ids of people and posts
}

const everything = "read write follow push profile"

var testKeys = sync.OnceValues(actors.GenerateRSA)

// newAPI is the API of one process of the node.
func newAPI(t testing.TB, d *db.DB) *API {
	base := &url.URL{Scheme: "https", Host: "gouda.example"}
	secret := []byte("0123456789abcdef0123456789abcdef")
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	client := federation.NewClient(federation.ClientOptions{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	dir := &actors.Directory{DB: d, Client: client, Base: base, Domain: base.Host, Secret: secret, NewRSA: func() (*rsa.PrivateKey, error) { return testKeys() }}
	store := media.New(d, t.TempDir(), base, secret, func(context.Context, string, int64) (io.ReadCloser, string, error) {
		return nil, "", fault.Unavailable
	})
	library := &content.Library{DB: d, Dir: dir, Media: store}
	queue := jobs.New(d, log)
	store.Prepare(queue, media.FindTools())
	lines := &timeline.Timelines{DB: d, Library: library, Jobs: queue}
	out := &outbox.Outbox{DB: d, Dir: dir, Library: library, Timelines: lines, Jobs: queue}
	out.Prepare()
	moderators := &moderation.Moderation{DB: d, Dir: dir, Timelines: lines, Outbox: out, Auth: auth.New(d, secret), Jobs: queue, Media: store, Registrations: moderation.Approval,
		Name: "Gemeente Gouda", Email: "beheer@gouda.example"}
	moderators.Prepare()
	a := &API{DB: d, Dir: dir, Timelines: lines, Outbox: out, Auth: moderators.Auth, Media: store, Moderation: moderators, Version: "0.1.0", Name: "Gemeente Gouda",
		Email: "beheer@gouda.example", Log: log,
		Inbox: &inbox.Inbox{DB: d, Dir: dir, Library: library, Timelines: lines, Outbox: out, Moderation: moderators, Jobs: queue, Log: log}}
	return a
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	a := newAPI(t, d)
	w := &world{TB: t, api: a, router: mux.NewRouter(), tokens: map[string]string{}, names: map[string]string{"nobody": "1"}}
	w.router.Use(collect)
	a.Routes(w.router)
	w.check(a.Dir.Bootstrap(t.Context(), "Gemeente Gouda"))
	for _, name := range []string{"anna", "bas", "cas"} {
		w.person(name)
	}
	w.populate()
	waitUntilHeard(t, d)
	return w
}

// waitUntilHeard: a node listens from its start, and hears nothing on PostgreSQL before it does.
func waitUntilHeard(t testing.TB, d *db.DB) {
	if d.Postgres() {
		listens := make(chan bool, 1)
		d.Listen(t.Context(), "first", func(string) { listens <- true })
		<-listens
	}
}

func (w *world) check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) person(name string) {
	w.Helper()
	ctx := w.Context()
	var a *actors.Actor
	w.check(w.api.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		if a, err = w.api.Dir.AddPerson(ctx, tx, name, strings.ToUpper(name[:1])+name[1:]); err != nil {
			return err
		}
		return w.api.Auth.AddAccount(ctx, tx, a.ID, name+"@gouda.example", auth.Hashed{}, false)
	}))
	token, err := w.api.Auth.IssueToken(ctx, a.ID, everything)
	w.check(err)
	w.tokens[name], w.names[name] = token, digits(a.ID)
}

func (w *world) actor(name string) *actors.Actor {
	w.Helper()
	var id actors.ID
	w.check(json.Unmarshal([]byte(w.names[name]), &id))
	a, err := actors.Get(w.Context(), w.api.DB, id)
	w.check(err)
	return a
}

// populate makes the group, dora, the relations and the posts that the scenarios speak of.
func (w *world) populate() {
	w.Helper()
	ctx, a := w.Context(), w.api
	p, secret, err := a.Auth.RegisterApp(ctx, "Tusky", []string{"tusky://login"}, everything, "")
	w.check(err)
	t, err := a.Auth.Exchange(ctx, auth.TokenRequest{GrantType: "client_credentials", ClientID: p.ClientID, ClientSecret: secret, Scope: "read write"})
	w.check(err)
	w.tokens["app"], w.names["client"], w.names["secret"] = t.AccessToken, p.ClientID, secret
	w.tokens["narrow"], err = a.Auth.IssueToken(ctx, w.actor("anna").ID, "read:accounts")
	w.check(err)

	w.check(a.DB.Tx(ctx, func(tx *db.Tx) error {
		group, err := a.Dir.AddGroup(ctx, tx, w.actor("bas"), actors.NewGroup{Name: "wonen", Title: "Wonen", Summary: "Over wonen"})
		if err != nil {
			return err
		}
		w.names["wonen"] = digits(group.ID)
		dora, err := a.Dir.Learn(ctx, tx, &vocab.Actor{ID: "https://elders.example/users/dora", Type: "Person", PreferredUsername: "dora", Name: "Dora",
			Inbox: "https://elders.example/users/dora/inbox", URL: "https://elders.example/@dora", Summary: "<p>van elders</p>"})
		if err != nil {
			return err
		}
		w.names["dora"] = digits(dora.ID)
		cas := w.actor("cas")
		cas.Locked = true
		if err := a.Dir.Save(ctx, tx, cas); err != nil {
			return err
		}
		_, err = a.Dir.Ask(ctx, tx, dora, w.actor("anna"), actors.Request{ID: "https://elders.example/follow/1", As: "Follow"})
		return err
	}))
	for _, f := range [][2]string{{"anna", "bas"}, {"anna", "wonen"}, {"bas", "cas"}} {
		w.check(a.Outbox.Follow(ctx, w.actor(f[0]), w.actor(f[1]), nil, nil))
	}
	w.post("anna", "public", outbox.Draft{Text: "Openbaar SECRETpublic #Bouwen @bas", Language: "nl"})
	w.post("anna", "unlisted", outbox.Draft{Text: "SECRETunlisted", Audience: actors.Unlisted})
	w.post("anna", "private", outbox.Draft{Text: "SECRETprivate", Audience: actors.Followers})
	w.post("anna", "direct", outbox.Draft{Text: "SECRETdirect @bas", Audience: actors.Direct})
	w.post("anna", "grouppost", outbox.Draft{Text: "SECRETgroup @wonen"})
	w.post("bas", "reply", outbox.Draft{Text: "Antwoord @anna", ReplyTo: w.item("public")})
	w.post("bas", "poll", outbox.Draft{Text: "Wat kiezen we?", Poll: &content.Poll{Ends: time.Now().Add(time.Hour), Options: []content.Option{{Name: "ja"}, {Name: "nee"}}}})
	w.check(a.DB.Tx(ctx, func(tx *db.Tx) error { // by dora, with a file, for everybody
		dora := w.actor("dora")
		i := &content.Item{IRI: "https://elders.example/notes/1", URL: "https://elders.example/@dora/1", Kind: content.Note, Author: dora.ID, Content: "<p>Van elders</p>", Published: time.Now()}
		_, err := a.Timelines.Publish(ctx, tx, &content.Made{Item: i, Doc: []byte("{}"), Remote: []media.File{{Kind: "image", MIME: "image/png", Remote: "https://elders.example/1.png", Width: 40, Height: 30}}})
		w.names["remote"] = digits(i.ID)
		return err
	}))
	_, err = a.Outbox.Like(ctx, w.actor("bas"), w.item("public"))
	w.check(err)
	_, err = a.Outbox.Boost(ctx, w.actor("bas"), w.item("public"), actors.Public)
	w.check(err)
}

func (w *world) post(who, name string, d outbox.Draft) {
	w.Helper()
	i, err := w.api.Outbox.Post(w.Context(), w.actor(who), d)
	w.check(err)
	w.names[name] = digits(i.ID)
}

func (w *world) item(name string) content.ID {
	var id content.ID
	w.check(json.Unmarshal([]byte(w.names[name]), &id))
	return id
}

// expand puts ids in the place of {names}.
func (w *world) expand(text string) string {
	for name, value := range w.names {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// ask sends one request. A body that begins with { is JSON, any other a form. Who is "" for nobody.
func (w *world) ask(method, path, who, body string, headers ...string) *httptest.ResponseRecorder {
	w.Helper()
	r := httptest.NewRequestWithContext(w.Context(), method, w.expand(path), strings.NewReader(w.expand(body)))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if body[0] == '{' {
			r.Header.Set("Content-Type", "application/json")
		}
	}
	if who != "" {
		if w.tokens[who] == "" {
			w.Fatalf("%s has no token", who)
		}
		r.Header.Set("Authorization", "Bearer "+w.tokens[who])
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	w.router.ServeHTTP(answer, r)
	w.validate(r, answer)
	return answer
}

// get asks and decodes.
func (w *world) get(into any, method, path, who, body string) {
	w.Helper()
	answer := w.ask(method, path, who, body)
	if answer.Code != http.StatusOK {
		w.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
	w.check(json.Unmarshal(answer.Body.Bytes(), into))
}

func each(t *testing.T, test func(*world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { test(newWorld(t, d)) })
}
