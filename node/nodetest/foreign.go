// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/federation"
)

// Software is a manner of speaking ActivityPub that a foreign server may have.
type Software int

// The manners: where actors live, which keys and inboxes they have, whether activities carry proofs.
const (
	Mastodon   Software = iota // shared inbox, one RSA key, no proofs
	GoToSocial                 // no shared inbox, the key at an address of its own
	Lemmy                      // people at /u, communities at /c with a moderators collection
	Proving                    // as Mastodon, with Ed25519 keys and integrity proofs
)

// Foreign is a server in the world that is not a pleio-node. It does what a test tells it to, lies included.
type Foreign struct {
	w        *World
	name     string // "mastodon" is mastodon.example
	software Software
	first    int // number of its first key: other servers have others
	place    *host
	server   *http.Server
	ended    chan struct{}
	client   *http.Client

	mu      sync.Mutex
	ids     map[string]string            // of actors, by name
	keys    map[string]federation.Signer // of actors, by name
	docs    map[string]served            // by path and query
	asked   map[string]int               // GETs by path and query
	got     []Delivery
	numbers int
}

type served struct {
	status int
	kind   string
	body   []byte
}

// Delivery is an activity that came into an inbox of a foreign server, whose signature fitted.
type Delivery struct {
	Inbox, Signer string // path; actor
	Proven        bool   // its actor's own proof fits too
	ID, Type      string
	Actor         string
	To, CC        []string
	Object        json.RawMessage
	Raw           []byte
}

// ObjectID is the id of the object, embedded or not.
func (d Delivery) ObjectID() string {
	var id string
	var o struct{ ID string }
	if json.Unmarshal(d.Object, &id) == nil {
		return id
	}
	if json.Unmarshal(d.Object, &o) != nil {
		return ""
	}
	return o.ID
}

// Foreign puts a server of other software into the world.
func (w *World) Foreign(name string, software Software) *Foreign {
	w.t.Helper()
	f := &Foreign{w: w, name: name, software: software, first: len(w.foreign), ended: make(chan struct{}), ids: map[string]string{},
		keys: map[string]federation.Signer{}, docs: map[string]served{}, asked: map[string]int{}}
	f.place = &host{incoming: make(chan net.Conn), closed: make(chan struct{}), conns: map[net.Conn]bool{}}
	w.net.mu.Lock()
	w.net.hosts[domain(name)] = f.place
	w.net.mu.Unlock()
	f.client = &http.Client{Transport: &http.Transport{DialContext: w.net.dial}, Timeout: 20 * time.Second}
	f.server = &http.Server{Handler: f.place.faulty(f)}
	w.foreign[name] = f
	go func() {
		if err := f.server.Serve(f.place); !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
			w.t.Errorf("%s stopped serving: %v", name, err)
		}
		close(f.ended)
	}()
	return f
}

func (f *Foreign) close() {
	f.client.CloseIdleConnections()
	f.server.Close()
	f.place.cut()
	<-f.ended
}

// Base is the server's address, without a path.
func (f *Foreign) Base() string { return "http://" + domain(f.name) }

// Person makes a person and returns the id. The changes are to the actor's document.
func (f *Foreign) Person(name string, changes ...map[string]any) string {
	at := "/users/"
	if f.software == Lemmy {
		at = "/u/"
	}
	return f.actor("Person", f.Base()+at+name, name, changes)
}

// Group makes a group and returns the id.
func (f *Foreign) Group(name string, changes ...map[string]any) string {
	at := "/users/"
	if f.software == Lemmy {
		at = "/c/"
	}
	id := f.Base() + at + name
	return f.actor("Group", id, name, append([]map[string]any{{"attributedTo": id + "/moderators", "featured": id + "/featured"}}, changes...))
}

func (f *Foreign) actor(kind, id, name string, changes []map[string]any) string {
	f.w.t.Helper()
	f.mu.Lock()
	number := len(f.ids) + f.first
	f.ids[name] = id
	f.mu.Unlock()
	f.Keys(name, number)
	doc := map[string]any{
		"@context": []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"}, "id": id, "type": kind,
		"preferredUsername": name, "name": strings.ToUpper(name[:1]) + name[1:], "inbox": id + "/inbox", "outbox": id + "/outbox",
		"followers": id + "/followers", "following": id + "/following", "published": "2020-01-01T00:00:00Z",
	}
	if f.software != GoToSocial {
		doc["endpoints"] = map[string]any{"sharedInbox": f.Base() + "/inbox"}
	}
	for _, c := range changes {
		maps.Copy(doc, c)
	}
	f.describe(name, id, doc)
	acct := "acct:" + name + "@" + domain(f.name)
	f.ServeAs("/.well-known/webfinger?resource="+url.QueryEscape(acct), http.StatusOK, "application/jrd+json",
		fmt.Sprintf(`{"subject":%q,"links":[{"rel":"self","type":"application/activity+json","href":%q}]}`, acct, id))
	return id
}

// describe serves an actor's document with the keys that the actor has now.
func (f *Foreign) describe(name, id string, doc map[string]any) {
	s := f.Signer(name)
	if doc["publicKey"] == nil {
		doc["publicKey"] = map[string]any{"id": s.KeyID, "owner": id, "publicKeyPem": federation.EncodePEM(&s.RSA.PublicKey)}
	}
	if f.software == Proving {
		doc["assertionMethod"] = []any{map[string]any{"id": s.Ed25519ID, "type": "Multikey", "controller": id, "publicKeyMultibase": federation.EncodeMultibase(s.Ed25519.Public())}}
	}
	f.Serve(id, doc)
	if f.software == GoToSocial {
		f.Serve(s.KeyID, map[string]any{"@context": doc["@context"], "id": id, "type": doc["type"], "preferredUsername": name, "publicKey": doc["publicKey"]})
	}
}

// Redescribe changes an actor's document: fields, and the keys when Keys was called before.
func (f *Foreign) Redescribe(name, id string, changes map[string]any) map[string]any {
	f.w.t.Helper()
	doc := map[string]any{}
	if err := json.Unmarshal(f.doc(id).body, &doc); err != nil {
		f.w.t.Fatalf("%s: %v", id, err)
	}
	delete(doc, "publicKey")
	maps.Copy(doc, changes)
	f.describe(name, id, doc)
	return doc
}

// Keys gives an actor the keys of that number; the ids stay.
func (f *Foreign) Keys(name string, number int) {
	f.w.t.Helper()
	keys, err := rsaKeys()
	if err != nil {
		f.w.t.Fatal(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	id := f.ids[name]
	seed := sha256.Sum256(fmt.Appendf(nil, "%s %d", id, number))
	s := federation.Signer{KeyID: id + "#main-key", RSA: keys[number%len(keys)], Ed25519: ed25519.NewKeyFromSeed(seed[:]), Ed25519ID: id + "#ed25519-key"}
	if f.software == GoToSocial {
		s.KeyID = id + "/main-key"
	}
	f.keys[name] = s
}

// Who is the id of a person or group that was made before.
func (f *Foreign) Who(name string) string {
	f.w.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ids[name] == "" {
		f.w.t.Fatalf("there is no %s on %s", name, f.name)
	}
	return f.ids[name]
}

// Signer is what an actor signs with.
func (f *Foreign) Signer(name string) federation.Signer {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.keys[name]
}

func path(address string) string {
	if at := strings.Index(address, "://"); at >= 0 {
		_, after, _ := strings.Cut(address[at+3:], "/")
		return "/" + after
	}
	return address
}

// Serve answers GETs of an address with a document: text of JSON, or what becomes JSON.
func (f *Foreign) Serve(address string, doc any) {
	body, ok := doc.(string)
	if !ok {
		b, err := json.Marshal(doc)
		if err != nil {
			f.w.t.Fatal(err)
		}
		body = string(b)
	}
	f.ServeAs(address, http.StatusOK, "application/activity+json", body)
}

// ServeAs is Serve with a status and a media type.
func (f *Foreign) ServeAs(address string, status int, kind, body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.docs[path(address)] = served{status, kind, []byte(body)}
}

func (f *Foreign) doc(address string) served {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.docs[path(address)]
}

// Asked is how often an address was read.
func (f *Foreign) Asked(address string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[path(address)]
}

// Got lists what came in of a type, "" for all, in order.
func (f *Foreign) Got(kind string) []Delivery {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []Delivery
	for _, d := range f.got {
		if kind == "" || d.Type == kind {
			all = append(all, d)
		}
	}
	return all
}

// ServeHTTP is the server: documents, WebFinger, inboxes.
func (f *Foreign) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		f.take(w, r)
		return
	}
	f.mu.Lock()
	at := r.URL.Path
	if r.URL.RawQuery != "" {
		at += "?" + r.URL.Query().Encode()
	}
	f.asked[at]++
	doc, ok := f.docs[at]
	f.mu.Unlock()
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", doc.kind)
	w.WriteHeader(doc.status)
	w.Write(doc.body)
}

// take receives as a careful server does: 401 unless signature, digest and key fit, and the signer is the actor.
func (f *Foreign) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	base, _ := url.Parse(f.Base())
	key, err := federation.Verify(r, body, base, f.find)
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintln(w, err)
		return
	}
	d := Delivery{Inbox: r.URL.Path, Signer: key.Owner, Raw: body}
	if err := json.Unmarshal(body, &d); err != nil || d.Actor != key.Owner {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	proven, err := federation.VerifyProof(r.Context(), body, f.find)
	d.Proven = err == nil && proven.Owner == d.Actor
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, before := range f.got {
		if before.ID == d.ID && before.Inbox == d.Inbox {
			w.WriteHeader(http.StatusAccepted)
			return
		}
	}
	f.got = append(f.got, d)
	w.WriteHeader(http.StatusAccepted)
}

// find reads the document of a key's owner.
func (f *Foreign) find(ctx context.Context, keyID string, _ bool) (federation.Key, error) {
	address, _, _ := strings.Cut(keyID, "#")
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return federation.Key{}, err
	}
	r.Header.Set("Accept", "application/activity+json")
	answer, err := f.client.Do(r)
	if err != nil {
		return federation.Key{}, err
	}
	defer answer.Body.Close()
	var doc struct {
		ID        string
		PublicKey struct {
			ID, Owner    string
			PublicKeyPem string
		}
		AssertionMethod []struct{ ID, Controller, PublicKeyMultibase string }
	}
	if err := json.NewDecoder(answer.Body).Decode(&doc); err != nil {
		return federation.Key{}, fmt.Errorf("key %s: %w", keyID, err)
	}
	if doc.PublicKey.ID == keyID && doc.PublicKey.Owner == doc.ID {
		public, err := federation.ParsePEM(doc.PublicKey.PublicKeyPem)
		return federation.Key{ID: keyID, Owner: doc.ID, Public: public}, err
	}
	for _, k := range doc.AssertionMethod {
		if k.ID == keyID && k.Controller == doc.ID {
			public, err := federation.ParseMultibase(k.PublicKeyMultibase)
			return federation.Key{ID: keyID, Owner: doc.ID, Public: public}, err
		}
	}
	return federation.Key{}, fmt.Errorf("%s does not list %s", doc.ID, keyID)
}
