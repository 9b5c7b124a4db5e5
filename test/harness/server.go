// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package harness

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/federation"
)

// Server is the test as another server of the fediverse. Every name is a person there, who has a document and a key (one
// of a few, because keys cost time) and who accepts everybody that follows.
type Server struct {
	URL string
	// Posted, when set, is told of each body that comes to an inbox and chooses the status of the answer.
	Posted func(body []byte) int

	keys []*rsa.PrivateKey
	mu   sync.Mutex
	made map[string][]byte // what its people made, by id: who gets it from somebody else reads it here
}

// Keys makes the keys that the people of Servers share.
func Keys(t T, count int) []*rsa.PrivateKey {
	t.Helper()
	keys := make([]*rsa.PrivateKey, count)
	for i := range keys {
		var err error
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			t.Fatalf("make a key: %v", err)
		}
	}
	return keys
}

// NewServer is a Server with an address, that somebody else lets answer there.
func NewServer(address string, keys []*rsa.PrivateKey) *Server {
	return &Server{URL: address, keys: keys, made: map[string][]byte{}}
}

// Serve starts a Server on a free port of 127.0.0.1, over plain http.
func Serve(t T, keys []*rsa.PrivateKey) *Server {
	t.Helper()
	host := fmt.Sprintf("127.0.0.1:%d", FreePort(t))
	l, err := net.Listen("tcp", host)
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	s := NewServer("http://"+host, keys)
	server := &http.Server{Handler: s}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.Serve(l)
	}()
	t.Cleanup(func() {
		server.Close()
		<-ended
	})
	return s
}

// Actor is a person of a Server.
type Actor struct {
	ID, Name string
	server   *Server
	signer   federation.Signer
}

// Actor is the person with a name.
func (s *Server) Actor(name string) Actor {
	h := fnv.New32a()
	h.Write([]byte(name))
	id := s.URL + "/users/" + name
	return Actor{ID: id, Name: name, server: s, signer: federation.Signer{KeyID: id + "#main-key", RSA: s.keys[int(h.Sum32())%len(s.keys)]}}
}

// Document is the actor's document.
func (a Actor) Document() []byte {
	return encode(map[string]any{
		"@context":          []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":                a.ID,
		"type":              "Person",
		"preferredUsername": a.Name,
		"name":              a.Name,
		"inbox":             a.ID + "/inbox",
		"outbox":            a.ID + "/outbox",
		"followers":         a.ID + "/followers",
		"publicKey":         map[string]string{"id": a.signer.KeyID, "owner": a.ID, "publicKeyPem": federation.EncodePEM(&a.signer.RSA.PublicKey)},
	})
}

// Activity is one of the actor's activities as bytes. id is unique on the actor's server.
func (a Actor) Activity(kind, id string, object any, to ...string) []byte {
	iri := a.ID + "/activities/" + id
	return a.server.keep(iri, map[string]any{"@context": vocabulary, "id": iri, "type": kind, "actor": a.ID, "to": to, "object": object})
}

// keep remembers a document for those who come to read it.
func (s *Server) keep(iri string, document map[string]any) []byte {
	text := encode(document)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made[iri] = text
	return text
}

func encode(document map[string]any) []byte {
	text, err := json.Marshal(document)
	if err != nil {
		panic(err) // texts, lists and maps of them always marshal
	}
	return text
}

const vocabulary = "https://www.w3.org/ns/activitystreams"

const everybody = "https://www.w3.org/ns/activitystreams#Public"

// Create is the activity of a public note, which mentions the actors in mention (ids).
func (a Actor) Create(id, text string, published time.Time, mention ...string) []byte {
	tags := []map[string]string{}
	for _, m := range mention {
		tags = append(tags, map[string]string{"type": "Mention", "href": m})
	}
	to := append([]string{everybody}, mention...)
	iri := a.ID + "/notes/" + id
	note := map[string]any{"@context": vocabulary, "id": iri, "type": "Note", "attributedTo": a.ID, "content": "<p>" + text + "</p>",
		"published": published.UTC().Format(time.RFC3339Nano), "to": to, "cc": []string{a.ID + "/followers"}, "tag": tags}
	return a.Activity("Create", id, json.RawMessage(a.server.keep(iri, note)), to...)
}

// Request is a signed POST to an inbox.
func (a Actor) Request(inbox string, body []byte) (*http.Request, error) {
	r, err := http.NewRequest(http.MethodPost, inbox, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", federation.ActivityType)
	return r, federation.Sign(r, body, a.signer, federation.Cavage)
}

// Send posts an activity to an inbox and returns the status of the answer, with its text when it is not a success.
func (a Actor) Send(ctx context.Context, inbox string, body []byte) (int, string, error) {
	r, err := a.Request(inbox, body)
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(r.WithContext(ctx))
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// Get reads an address as servers do, signed. It returns the status, 0 when there is no answer, and the text.
func (a Actor) Get(ctx context.Context, address string) (int, string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err.Error()
	}
	r.Header.Set("Accept", federation.ActivityType)
	if err := federation.Sign(r, nil, a.signer, federation.Cavage); err != nil {
		return 0, err.Error()
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(text)
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/users/"), "/")
	switch {
	case r.URL.Path == "/.well-known/webfinger":
		s.webFinger(w, r)
	case !strings.HasPrefix(r.URL.Path, "/users/"):
		http.NotFound(w, r)
	case r.Method == http.MethodGet && rest == "":
		w.Header().Set("Content-Type", federation.ActivityType)
		w.Write(s.Actor(name).Document())
	case r.Method == http.MethodPost && rest == "inbox":
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(s.Deliver(s.Actor(name), body))
	case r.Method == http.MethodGet:
		s.mu.Lock()
		document, ok := s.made[s.URL+r.URL.Path]
		s.mu.Unlock()
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", federation.ActivityType)
		w.Write(document)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) webFinger(w http.ResponseWriter, r *http.Request) {
	name, host, err := federation.ParseHandle(strings.TrimPrefix(r.URL.Query().Get("resource"), "acct:"))
	if err != nil || "http://"+host != s.URL && "https://"+host != s.URL {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/jrd+json")
	json.NewEncoder(w).Encode(map[string]any{"subject": "acct:" + name + "@" + host,
		"links": []map[string]string{{"rel": "self", "type": federation.ActivityType, "href": s.Actor(name).ID}}})
}

// Deliver takes in what was posted to the inbox of an actor. A Follow is accepted, in the background.
func (s *Server) Deliver(to Actor, body []byte) int {
	var activity struct{ Type, ID, Actor string }
	if err := json.Unmarshal(body, &activity); err != nil {
		return http.StatusBadRequest
	}
	if activity.Type == "Follow" {
		go func() {
			at, err := url.Parse(activity.Actor)
			if err != nil {
				return
			}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			id := fmt.Sprintf("accept-%d", time.Now().UnixNano())
			// Who waits for the answer notices when it does not come.
			to.Send(ctx, at.Scheme+"://"+at.Host+"/inbox", to.Activity("Accept", id, json.RawMessage(body), activity.Actor))
		}()
	}
	if s.Posted != nil {
		return s.Posted(body)
	}
	return http.StatusAccepted
}
