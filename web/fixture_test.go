// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
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
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/timeline"
)

const (
	password = "een lange zin die niemand raadt"
	nodeName = "Gemeente Gouda"
)

// A house is a node that has pages only, with people, a group and posts of several servers.
type house struct {
	*Web
	t                             testing.TB
	server                        *httptest.Server
	library                       *content.Library
	anna, bas, group, remote, org *actors.Actor
	posts                         map[string]*content.Item
	clock                         time.Time
}

// newHouse opens a node. Its address is that of a loopback server or, where https is set, one that is never really dialled.
func newHouse(t testing.TB, https bool) *house {
	t.Helper()
	return newHouseOn(t, dbtest.Open(t), https)
}

func newHouseOn(t testing.TB, d *db.DB, https bool) *house {
	t.Helper()
	h := &house{t: t, posts: map[string]*content.Item{}, clock: time.Now().Add(-30 * time.Hour)}
	router := mux.NewRouter()
	h.server = httptest.NewServer(router)
	t.Cleanup(h.server.Close)
	base, err := url.Parse(h.server.URL)
	h.check(err)
	if https {
		base.Scheme, base.Host = "https", "samen.gouda.example"
	}
	secret := bytes.Repeat([]byte{7}, 32)
	client := federation.NewClient(federation.ClientOptions{AllowHTTP: true})
	t.Cleanup(client.Close)
	store := media.New(d, t.TempDir(), base, secret, client.File)
	dir := &actors.Directory{DB: d, Client: client, Base: base, Domain: base.Host, Secret: secret, NewRSA: smallKey}
	h.library = &content.Library{DB: d, Dir: dir, Media: store}
	h.Web = &Web{DB: d, Dir: dir, Timelines: &timeline.Timelines{DB: d, Library: h.library, Jobs: jobs.New(d, slog.New(slog.DiscardHandler))}, Media: store, Auth: auth.New(d, secret), Base: base,
		NodeName: nodeName, Version: "0.1", Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	h.Routes(router)
	router.PathPrefix("/media/").Handler(store)
	router.NotFoundHandler, router.MethodNotAllowedHandler = h.NotFound(), h.NotAllowed()
	h.furnish()
	return h
}

// hashedOnce: hashing is slow on purpose.
var hashedOnce = sync.OnceValues(func() (auth.Hashed, error) {
	return auth.New(nil, bytes.Repeat([]byte{7}, 32)).HashPassword(context.Background(), password)
})

// smallKey makes keys that sign nothing here.
func smallKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 1024) }

func (h *house) check(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) tx(f func(context.Context, *db.Tx) error) {
	h.t.Helper()
	h.check(h.DB.Tx(h.t.Context(), func(tx *db.Tx) error { return f(h.t.Context(), tx) }))
}

func (h *house) person(name, title, email string) *actors.Actor {
	h.t.Helper()
	hashed, err := hashedOnce()
	h.check(err)
	var a *actors.Actor
	h.tx(func(ctx context.Context, tx *db.Tx) error {
		if a, err = h.Dir.AddPerson(ctx, tx, name, title); err != nil {
			return err
		}
		return h.Auth.AddAccount(ctx, tx, a.ID, email, hashed, false)
	})
	return a
}

func (h *house) furnish() {
	h.check(h.Dir.Bootstrap(h.t.Context(), nodeName))
	var err error
	h.org, err = actors.LocalByName(h.t.Context(), h.DB, "org")
	h.check(err)
	h.anna = h.person("anna", "Anna de Vries", "anna@gouda.example")
	h.bas = h.person("bas", "Bas Jansen", "bas@gouda.example")
	h.tx(func(ctx context.Context, tx *db.Tx) error {
		h.anna.Summary, h.anna.Indexable = "<p>Beleidsadviseur wonen. Denkt mee over de <em>woonvisie</em>.</p>", true
		h.anna.Fields = []actors.Field{{Name: "Werkt aan", Value: "Woonvisie 2030"}, {Name: "Website", Value: `<a href="https://gouda.example/wonen" rel="me nofollow noopener noreferrer">gouda.example/wonen</a>`}}
		if err := h.Dir.Save(ctx, tx, h.anna); err != nil {
			return err
		}
		if h.group, err = h.Dir.AddGroup(ctx, tx, h.anna, actors.NewGroup{Name: "wonen", Title: "Wonen in Midden-Holland", Summary: "Gemeenten, provincie en waterschap samen aan de woonopgave."}); err != nil {
			return err
		}
		if _, err := h.Dir.AddGroup(ctx, tx, h.bas, actors.NewGroup{Name: "klimaat", Title: "Klimaatadaptatie", Summary: "Wateroverlast, hitte en droogte: wat doen we samen?", Posting: actors.PostingMods}); err != nil {
			return err
		}
		if h.remote, err = h.Dir.Learn(ctx, tx, &vocab.Actor{ID: "https://samen.provincie.example/users/femke", Type: actors.Person, PreferredUsername: "femke", Name: "Femke Bakker",
			Inbox: "https://samen.provincie.example/users/femke/inbox", SharedInbox: "https://samen.provincie.example/inbox", URL: "https://samen.provincie.example/@femke"}); err != nil {
			return err
		}
		for _, who := range []*actors.Actor{h.bas, h.remote} {
			if _, err := h.Dir.Ask(ctx, tx, who, h.group, actors.Request{ID: who.IRI + "#join", As: "Join"}); err != nil {
				return err
			}
		}
		return nil
	})
	h.converse()
}

// say publishes an item of somebody and remembers it under a name.
func (h *house) say(name string, author *actors.Actor, i content.Item, more content.Made) *content.Item {
	h.t.Helper()
	h.clock = h.clock.Add(41 * time.Minute)
	i.Author, i.Local, i.Published = author.ID, author.Local, h.clock
	if i.Kind == "" {
		i.Kind = content.Note
	}
	i.ID = content.ID(h.DB.IDAt(h.clock))
	i.IRI = fmt.Sprintf("https://%s/posts/%d", author.Host, i.ID)
	if author.Local {
		i.IRI = h.Dir.URL(fmt.Sprintf("/posts/%d", i.ID))
	}
	i.URL = i.IRI
	if parent := h.posts[name[:max(strings.LastIndex(name, "/"), 0)]]; parent != nil {
		i.ReplyTo, i.ReplyIRI, i.ReplyAuthor, i.Thread, i.Group = parent.ID, parent.IRI, parent.Author, parent.Thread, parent.Group
	}
	more.Item, more.Doc = &i, []byte("{}")
	h.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := h.Timelines.Publish(ctx, tx, &more)
		return err
	})
	h.posts[name] = &i
	return &i
}

func (h *house) converse() {
	in := func(text string) content.Item {
		return content.Item{Content: "<p>" + text + "</p>", Language: "nl", Group: h.group.ID}
	}
	h.say("oud", h.anna, content.Item{Content: "<p>Goedemorgen! Vanaf vandaag zijn we hier te vinden.</p>", Language: "nl"}, content.Made{})
	h.say("vraag", h.anna, in(`Welke gemeente heeft ervaring met flexwonen op eigen grond? Wij zoeken een voorbeeld van <a href="https://gouda.example/tags/flexwonen" class="mention hashtag" rel="tag">#<span>flexwonen</span></a> met meer dan 50 woningen.`),
		content.Made{Tags: []string{"flexwonen"}})
	h.say("vraag/1", h.remote, in("In Alphen staan er 120. Ik breng je in contact met de projectleider daar."), content.Made{})
	h.say("vraag/1/1", h.anna, in("Heel graag, dank je wel!"), content.Made{})
	h.say("vraag/1/1/1", h.bas, in("Ik sluit ook aan: wij hebben in maart een besluit nodig."), content.Made{})
	h.say("vraag/1/1/1/1", h.remote, in("Dan plan ik het deze maand. Wie neemt de vergunningen mee?"), content.Made{})
	h.say("vraag/2", h.bas, in("Let op de termijn: na vijftien jaar moet de grond weer vrij zijn."), content.Made{})
	h.say("foto", h.bas, content.Item{Content: "<p>De nieuwe wijk vanaf het water gezien.</p>", Language: "nl"}, content.Made{Files: []media.ID{h.picture("Rij huizen aan een gracht bij zonsondergang")}})
	h.say("waarschuwing", h.bas, content.Item{Content: "<p>De dijk bij Reeuwijk verzakt; er is geen gevaar.</p>", Summary: "Dijkverzakking", Language: "nl", Sensitive: true}, content.Made{})
	h.say("peiling", h.anna, content.Item{Kind: content.Question, Content: "<p>Wanneer houden we de volgende bijeenkomst?</p>", Language: "nl", Group: h.group.ID,
		Poll: &content.Poll{Ends: time.Now().Add(48 * time.Hour), Voters: 19, Options: []content.Option{{Name: "Dinsdag 1 december", Votes: 4}, {Name: "Donderdag 3 december", Votes: 12}, {Name: "Geen van beide", Votes: 3}}}}, content.Made{})
	h.say("engels", h.anna, content.Item{Content: "<p>Our colleagues in Ghent share their housing model with us today.</p>", Language: "en"}, content.Made{})
	h.say("volgers", h.anna, content.Item{Content: "<p>Alleen voor volgers.</p>", Audience: actors.Followers}, content.Made{})
	h.say("besloten", h.anna, content.Item{Content: "<p>Alleen voor Bas.</p>", Audience: actors.Direct}, content.Made{Recipients: []content.Recipient{{Actor: h.bas.ID, Mention: true}}})
	h.say("gedeeld", h.bas, content.Item{Kind: content.Announce, BoostOf: h.posts["engels"].ID}, content.Made{})
	h.say("org", h.org, content.Item{Content: "<p>De raad vergadert vanavond over de woonvisie. Kijk mee via de website.</p>", Language: "nl"}, content.Made{})
	h.tx(func(ctx context.Context, tx *db.Tx) error { return content.Pin(ctx, tx, h.posts["oud"].ID, time.Now()) })
}

// picture uploads a drawing of Anna's friend Bas.
func (h *house) picture(description string) media.ID {
	m := image.NewRGBA(image.Rect(0, 0, 640, 400))
	for y := range 400 {
		for x := range 640 {
			c := color.RGBA{uint8(230 - y/4), uint8(180 - y/6), uint8(120 + y/4), 255}
			if roof := 180 + (x%80-40)*(x%80-40)/40; y > roof && y < 320 {
				c = color.RGBA{uint8(90 + x/80*12), 60, 50, 255}
			}
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	h.check(png.Encode(&b, m))
	f, err := h.Media.Upload(h.t.Context(), int64(h.bas.ID), "wijk.png", &b, description, [2]float64{})
	h.check(err)
	return f.ID
}

func (h *house) path(name string) string { return fmt.Sprintf("/posts/%d", h.posts[name].ID) }

// A browser keeps cookies and follows no redirects.
type browser struct {
	h    *house
	http *http.Client
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	h.check(err)
	return &browser{h, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type answer struct {
	*http.Response
	text string
}

func (b *browser) do(r *http.Request) answer {
	b.h.t.Helper()
	res, err := b.http.Do(r)
	b.h.check(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	b.h.check(err)
	return answer{res, string(text)}
}

func (b *browser) get(path string, headers ...string) answer {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodGet, b.h.server.URL+path, nil)
	b.h.check(err)
	r.Header.Set("Accept", "text/html")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.do(r)
}

func (b *browser) post(path string, form url.Values) answer {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodPost, b.h.server.URL+path, strings.NewReader(form.Encode()))
	b.h.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// login logs in as a person would: the form is asked for first.
func (b *browser) login(email string) answer {
	b.h.t.Helper()
	form := b.get("/login").form()
	form.Set("email", email)
	form.Set("password", password)
	return b.post("/login", form)
}

// form returns the hidden fields of a page's first form.
func (a answer) form() url.Values {
	form := url.Values{}
	for _, part := range strings.Split(a.text, `<input type="hidden" name="`)[1:] {
		name, rest, _ := strings.Cut(part, `" value="`)
		value, _, _ := strings.Cut(rest, `"`)
		form.Set(name, strings.NewReplacer("&amp;", "&", "&#43;", "+", "&#34;", `"`, "&lt;", "<", "&gt;", ">").Replace(value))
	}
	return form
}
