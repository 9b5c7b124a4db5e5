// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"crypto/rsa"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// library is a node with people and what they made, as others read it.
type library struct {
	t      testing.TB
	db     *db.DB
	dir    *actors.Directory
	out    *outbox.Outbox
	docs   *outbox.Documents
	router *mux.Router
	key    *rsa.PrivateKey // everybody's
	anna   *actors.Actor
}

func newLibrary(t testing.TB, d *db.DB) *library {
	t.Helper()
	base, err := url.Parse("https://gouda.example")
	if err != nil {
		t.Fatal(err)
	}
	key, err := actors.GenerateRSA()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	client := federation.NewClient(federation.ClientOptions{})
	t.Cleanup(client.Close)
	dir := &actors.Directory{DB: d, Client: client, Base: base, Domain: base.Host, Secret: make([]byte, 32), NewRSA: func() (*rsa.PrivateKey, error) { return key, nil }}
	store := media.New(d, t.TempDir(), base, make([]byte, 32), client.File)
	lib := &content.Library{DB: d, Dir: dir, Media: store}
	timelines := &timeline.Timelines{DB: d, Library: lib, Jobs: jobs.New(d, log)}
	timelines.Prepare()
	l := &library{t: t, db: d, dir: dir, key: key, router: mux.NewRouter(),
		out:  &outbox.Outbox{DB: d, Dir: dir, Library: lib, Timelines: timelines, Jobs: timelines.Jobs},
		docs: &outbox.Documents{DB: d, Dir: dir, Timelines: timelines, NodeName: "Gemeente Gouda", Version: "1.2.3", Log: log}}
	if err := dir.Bootstrap(t.Context(), "Gemeente Gouda"); err != nil {
		t.Fatal(err)
	}
	l.docs.Routes(l.router)
	l.tx(func(tx *db.Tx) error {
		l.anna, err = dir.AddPerson(t.Context(), tx, "anna", "Anna de Vries")
		return err
	})
	return l
}

func (l *library) tx(f func(tx *db.Tx) error) {
	l.t.Helper()
	if err := l.db.Tx(l.t.Context(), f); err != nil {
		l.t.Fatal(err)
	}
}

// stranger makes a person of another node known, with the key that everybody has here.
func (l *library) stranger(name, host string) *actors.Actor {
	l.t.Helper()
	id := "https://" + host + "/users/" + name
	var a *actors.Actor
	l.tx(func(tx *db.Tx) (err error) {
		a, err = l.dir.Learn(l.t.Context(), tx, &vocab.Actor{ID: id, Type: "Person", PreferredUsername: name, Inbox: id + "/inbox", SharedInbox: "https://" + host + "/inbox",
			Followers: id + "/followers", Keys: []vocab.Key{{ID: id + "#main-key", Owner: id, PEM: federation.EncodePEM(&l.key.PublicKey)}}})
		return err
	})
	return a
}

func (l *library) admit(subject, object *actors.Actor) {
	l.t.Helper()
	l.tx(func(tx *db.Tx) error {
		_, err := l.dir.Admit(l.t.Context(), tx, subject, object)
		return err
	})
}

func (l *library) post(d outbox.Draft) *content.Item {
	l.t.Helper()
	i, err := l.out.Post(l.t.Context(), l.anna, d)
	if err != nil {
		l.t.Fatal(err)
	}
	return i
}

// group makes an open group of anna's.
func (l *library) group(name string) *actors.Actor {
	l.t.Helper()
	var g *actors.Actor
	l.tx(func(tx *db.Tx) (err error) {
		g, err = l.dir.AddGroup(l.t.Context(), tx, l.anna, actors.NewGroup{Name: name, Title: "Wonen"})
		return err
	})
	return g
}

// get asks for a path or an id as nobody (nil), or with the signature of an actor.
func (l *library) get(as *actors.Actor, path string) *httptest.ResponseRecorder {
	l.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "https://gouda.example"+strings.TrimPrefix(path, "https://gouda.example"), nil)
	r.Header.Set("Accept", federation.ActivityType)
	if as != nil {
		if err := federation.Sign(r, nil, federation.Signer{KeyID: as.IRI + "#main-key", RSA: l.key}, federation.RFC9421); err != nil {
			l.t.Fatal(err)
		}
	}
	return l.ask(r)
}

func (l *library) ask(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	l.router.ServeHTTP(w, r)
	return w
}

// reads gets a document that must be there.
func (l *library) reads(as *actors.Actor, path string) vocab.Document {
	l.t.Helper()
	w := l.get(as, path)
	if w.Code != http.StatusOK {
		l.t.Fatalf("%s answers %d: %s", path, w.Code, w.Body)
	}
	doc, err := vocab.Decode(w.Body.Bytes())
	if err != nil {
		l.t.Fatalf("%s cannot be read: %v\n%s", path, err, w.Body)
	}
	return doc
}

// items reads all pages of a collection: ids, or the ids of embedded documents.
func (l *library) items(as *actors.Actor, path string) (all []string) {
	l.t.Helper()
	head := l.reads(as, path).Collection
	for _, i := range head.Items {
		all = append(all, i.ID)
	}
	for next := head.First; next != ""; {
		page := l.reads(as, next).Collection
		for _, i := range page.Items {
			all = append(all, i.ID)
		}
		next = page.Next
	}
	return all
}

// said is the id of the activity of a kind about an item.
func (l *library) said(kind string, about content.ID) string {
	l.t.Helper()
	iri, err := db.One(l.t.Context(), l.db, db.Scalar[string], "SELECT iri FROM activities WHERE kind = $1 AND item = $2 ORDER BY id DESC LIMIT 1", kind, about)
	if err != nil {
		l.t.Fatal(err)
	}
	return iri
}

// Design rule 1: every route × every audience × every requester.
func TestWhoReadsWhat(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLibrary(t, d)
		requesters := map[string]*actors.Actor{"anonymous": nil, "other": l.stranger("otto", "other.example"), "member": l.stranger("mia", "member.example"),
			"addressed": l.stranger("dora", "addressed.example"), "blocked": l.stranger("bob", "blocked.example")}
		l.admit(requesters["member"], l.anna)
		l.tx(func(tx *db.Tx) error {
			_, err := l.dir.Decide(t.Context(), tx, actors.Peer{Host: "blocked.example", Policy: actors.PeerBlocked})
			return err
		})
		all := []string{"anonymous", "other", "member", "addressed"}
		for _, c := range []struct {
			name     string
			audience actors.Audience
			text     string
			sees     []string
			listed   bool
		}{
			{"public", actors.Public, "allen", all, true},
			{"unlisted", actors.Unlisted, "wie het weet", all, true},
			{"followers", actors.Followers, "volgers", []string{"member"}, true},
			{"direct", actors.Direct, "@dora@addressed.example jij", []string{"addressed"}, false},
		} {
			i := l.post(outbox.Draft{Text: c.text, Audience: c.audience})
			reply := l.post(outbox.Draft{Text: c.text + " antwoord", Audience: c.audience, ReplyTo: i.ID})
			thread := fmt.Sprintf("/threads/%d", i.ID)
			for who, as := range requesters {
				sees := strings.Contains(" "+strings.Join(c.sees, " ")+" ", " "+who+" ")
				want := http.StatusNotFound
				switch {
				case who == "blocked":
					want = http.StatusForbidden
				case sees:
					want = http.StatusOK
				}
				for _, path := range []string{i.IRI, l.said("Create", i.ID), i.IRI + "/replies", i.IRI + "/replies?page=true", i.IRI + "/likes", i.IRI + "/shares", thread, thread + "?page=true"} {
					w := l.get(as, path)
					if w.Code != want {
						t.Errorf("%s post, %s at %s: %d, want %d", c.name, who, path, w.Code, want)
					}
					if vary := w.Header().Get("Vary"); vary != "Accept, Signature, Signature-Input" {
						t.Errorf("%s varies by %q", path, vary)
					}
					if cached := w.Header().Get("Cache-Control"); (want != http.StatusOK || c.audience > actors.Unlisted) && cached != "private, no-store" {
						t.Errorf("%s post, %s at %s: Cache-Control %q", c.name, who, path, cached)
					}
					if w.Code != http.StatusOK && strings.Contains(w.Body.String(), c.text) {
						t.Errorf("%s: the refusal of %s says what is in it: %s", c.name, path, w.Body)
					}
				}
				if who == "blocked" {
					continue
				}
				if got := strings.Contains(l.get(as, l.anna.IRI+"/outbox?page=true").Body.String(), i.IRI+`"`); got != (sees && c.listed) {
					t.Errorf("%s post in the outbox for %s: %v", c.name, who, got)
				}
				if !sees {
					continue
				}
				if got := l.items(as, thread); len(got) != 2 || got[0] != i.IRI || got[1] != reply.IRI {
					t.Errorf("%s: the conversation for %s is %q", c.name, who, got)
				}
				if got := l.items(as, i.IRI+"/replies"); len(got) != 1 || got[0] != reply.IRI {
					t.Errorf("%s: the replies for %s are %q", c.name, who, got)
				}
			}
		}
		if w := l.get(requesters["blocked"], "/actor"); w.Code != http.StatusOK {
			t.Errorf("the instance actor for a blocked node: %d", w.Code)
		}
	})
}

// Stored bytes are served (design rule 3), with what makes them cheap to ask for again.
func TestServedObjects(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLibrary(t, d)
		i := l.post(outbox.Draft{Text: "Hallo <b>daar</b>"})
		doc, err := content.Doc(t.Context(), d, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		w := l.get(nil, i.IRI)
		if w.Body.String() != string(doc) {
			t.Errorf("served %s\nstored %s", w.Body, doc)
		}
		if got := w.Header().Get("Content-Type"); got != "application/activity+json; charset=utf-8" {
			t.Errorf("Content-Type %q", got)
		}
		if got := w.Header().Get("Cache-Control"); got != "public, max-age=180" {
			t.Errorf("Cache-Control %q", got)
		}
		again := httptest.NewRequest(http.MethodGet, i.IRI, nil)
		again.Header.Set("Accept", federation.ActivityType)
		again.Header.Set("If-None-Match", w.Header().Get("ETag"))
		if w := l.ask(again); w.Code != http.StatusNotModified {
			t.Errorf("the second time %d", w.Code)
		}
		create := l.said("Create", i.ID)
		body, err := db.One(t.Context(), d, db.Scalar[string], "SELECT body FROM activities WHERE iri = $1", create)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.get(nil, create).Body.String(); got != body {
			t.Errorf("served %s\nstored %s", got, body)
		}
		if got := l.get(nil, l.anna.Outbox+"?page=true").Body.String(); !strings.Contains(got, body) {
			t.Errorf("the outbox does not hold the stored bytes: %s", got)
		}
	})
}

func TestWhatIsGone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLibrary(t, d)
		g := l.group("wonen")
		i := l.post(outbox.Draft{Text: "geheim verslag", Group: g.ID})
		boost, err := l.out.Boost(t.Context(), l.anna, i.ID, actors.Public)
		if err != nil {
			t.Fatal(err)
		}
		create, entry := l.said("Create", i.ID), outbox.EntryIRI(g, g.Epoch, 1)
		for _, path := range []string{i.IRI, create, boost.IRI, entry} {
			l.reads(nil, path)
		}
		if err := l.out.Delete(t.Context(), l.anna, i.ID); err != nil {
			t.Fatal(err)
		}
		for path, former := range map[string]string{i.IRI: "Note", create: "Create", boost.IRI: "Announce", entry: "Announce"} {
			w := l.get(nil, path)
			doc, err := vocab.Decode(w.Body.Bytes())
			if w.Code != http.StatusGone || err != nil || doc.Object == nil || doc.Object.Type != "Tombstone" || doc.Object.FormerType != former || doc.Object.ID != path {
				t.Errorf("%s: %d %s, want the tombstone of a %s", path, w.Code, w.Body, former)
			}
			if strings.Contains(w.Body.String(), "verslag") {
				t.Errorf("%s still says what was deleted", path)
			}
		}
		hash, err := db.One(t.Context(), d, db.Scalar[string], "SELECT hash FROM log WHERE grp = $1 AND seq = 1", g.ID)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := vocab.Decode(l.get(nil, entry).Body.Bytes())
		if err != nil || doc.Object.Seq != 1 || doc.Object.EntryHash != hash {
			t.Errorf("the erased entry of the log is %+v (%v)", doc.Object, err)
		}
		if said := l.reads(nil, l.said("Delete", i.ID)).Activity; said.Type != "Delete" || said.Object.ID != i.IRI {
			t.Errorf("the Delete reads as %+v", said)
		}
		if got := l.items(nil, l.anna.Outbox); len(got) != 0 {
			t.Errorf("the outbox still has %q", got)
		}
		for _, path := range []string{"/posts/1", "/posts/x", "/activities/1", "/users/nobody", "/users/nobody/outbox", "/users/nobody/followers", "/groups/anna", "/groups/none/moderators", "/threads/1", "/threads/x", g.Log + "/" + g.Epoch + "/99", i.IRI + "/replies"} {
			if w := l.get(nil, path); w.Code != http.StatusNotFound || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
			}
		}
		l.tx(func(tx *db.Tx) error { return l.dir.Delete(t.Context(), tx, l.anna) })
		w := l.get(nil, l.anna.IRI)
		if gone, err := vocab.Decode(w.Body.Bytes()); w.Code != http.StatusGone || err != nil || gone.Object == nil || gone.Object.FormerType != "Person" {
			t.Errorf("a deleted person: %d %s", w.Code, w.Body)
		}
		if w := l.get(nil, l.anna.Outbox); w.Code != http.StatusGone {
			t.Errorf("the outbox of a deleted person: %d", w.Code)
		}
	})
}

func TestActorDocuments(t *testing.T) {
	l := newLibrary(t, dbtest.Open(t))
	l.group("wonen")
	for path, kind := range map[string]string{"/users/anna": "Person", "/groups/wonen": "Group", "/org": "Organization", "/actor": "Application"} {
		a := l.reads(nil, path).Actor
		if a == nil || a.Type != kind || a.ID != "https://gouda.example"+path || len(a.Keys) != 2 ||
			a.Generator != "https://gouda.example/actor" || len(a.Capabilities) != 3 || a.Capabilities[0].Href != federation.CapRFC9421 {
			t.Errorf("%s: %+v", path, a)
			continue
		}
		for _, collection := range []string{a.Outbox, a.Followers, a.Following, a.Featured, a.Moderators} {
			if collection != "" && l.reads(nil, collection).Collection == nil {
				t.Errorf("%s is not a collection", collection)
			}
		}
	}
	page := httptest.NewRequest(http.MethodGet, "https://gouda.example/users/anna", nil)
	page.Header.Set("Accept", "text/html,*/*;q=0.8")
	if w := l.ask(page); w.Code != http.StatusNotFound || w.Header().Get("Vary") != "" {
		t.Errorf("a browser's request is not left to the pages: %d", w.Code)
	}
	l.tx(func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE actors SET suspended = 1 WHERE id = $1", l.anna.ID)
		return err
	})
	if w := l.get(nil, l.anna.IRI); w.Code != http.StatusForbidden {
		t.Errorf("a suspended person: %d", w.Code)
	}
}

func TestSignaturesOfReaders(t *testing.T) {
	l := newLibrary(t, dbtest.Open(t))
	i := l.post(outbox.Draft{Text: "allen"})
	otto := l.stranger("otto", "other.example")
	forged := httptest.NewRequest(http.MethodGet, i.IRI, nil)
	forged.Header.Set("Accept", federation.ActivityType)
	other, err := actors.GenerateRSA()
	if err != nil {
		t.Fatal(err)
	}
	if err := federation.Sign(forged, nil, federation.Signer{KeyID: otto.IRI + "#main-key", RSA: other}, federation.Cavage); err != nil {
		t.Fatal(err)
	}
	garbled := httptest.NewRequest(http.MethodGet, i.IRI, nil)
	garbled.Header.Set("Accept", federation.ActivityType)
	garbled.Header.Set("Authorization", "Signature keyId=x")
	for name, r := range map[string]*http.Request{"forged": forged, "in the wrong header": garbled} {
		if w := l.ask(r); w.Code != http.StatusUnauthorized || w.Header().Get("Accept-Signature") != federation.AcceptSignature() {
			t.Errorf("a signature that is %s: %d %v", name, w.Code, w.Header())
		}
	}
}

func TestSecureMode(t *testing.T) {
	l := newLibrary(t, dbtest.Open(t))
	i := l.post(outbox.Draft{Text: "allen"})
	otto := l.stranger("otto", "other.example")
	l.docs.Secure = true
	for path, want := range map[string]int{i.IRI: 401, "/users/anna": 401, "/org": 401, "/users/anna/outbox": 401, i.IRI + "/replies": 401, "/actor": 200, "/nodeinfo/2.1": 200,
		"/.well-known/nodeinfo": 200, "/.well-known/host-meta": 200, "/.well-known/webfinger?resource=acct:anna@gouda.example": 200} {
		if w := l.get(nil, path); w.Code != want {
			t.Errorf("secure and unsigned, %s: %d, want %d", path, w.Code, want)
		}
		if w := l.get(otto, path); w.Code != http.StatusOK {
			t.Errorf("secure and signed, %s: %d", path, w.Code)
		}
	}
	if got := l.get(otto, i.IRI).Header().Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("what only signed requests get may be kept: %q", got)
	}
}
