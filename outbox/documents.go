// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/timeline"
)

// Documents answers what others GET from us: actors, objects, activities, collections, and the small documents by which a
// node is found. Objects and activities are the bytes that were signed. The fields are set before use.
type Documents struct {
	DB                *db.DB
	Dir               *actors.Directory
	Timelines         *timeline.Timelines
	NodeName, Version string
	Secure            bool // nothing unsigned but what must be: the instance actor, WebFinger, NodeInfo and host-meta
	Log               *slog.Logger
}

const (
	documentType = federation.ActivityType + "; charset=utf-8"
	problemType  = "application/problem+json" // RFC 9457
	publicCache  = "public, max-age=180"
	privateCache = "private, no-store"
)

// Routes adds the addresses of all documents. Where people have a page at the same address, only requests that want JSON
// are taken: the page's route comes after.
func (d *Documents) Routes(r *mux.Router) {
	get := func(path string, h http.Handler) *mux.Route {
		return r.Handle(path, h).Methods(http.MethodGet, http.MethodHead)
	}
	wanted := func(r *http.Request, _ *mux.RouteMatch) bool { return federation.Wants(r) }

	get("/actor", d.unsigned(d.actor))
	for _, path := range []string{"/users/{name}", "/groups/{name}", "/org"} {
		get(path, d.signed(d.actor)).MatcherFunc(wanted)
	}
	get("/posts/{id}", d.signed(d.object)).MatcherFunc(wanted)
	get("/activities/{id}", d.signed(d.activity))
	get("/groups/{name}/log", d.signed(d.log))
	get("/groups/{name}/log/{epoch}/{seq}", d.signed(d.logEntry))
	get("/groups/{name}/members", d.signed(d.members))
	get("/groups/{name}/copies/{id}", d.signed(d.groupCopy))
	get("/stamps/{id}", d.signed(d.stamp))

	for _, owner := range []string{"/users/{name}", "/groups/{name}", "/org", "/actor"} {
		get(owner+"/outbox", d.signed(d.outbox))
		get(owner+"/followers", d.signed(d.followers))
		get(owner+"/following", d.signed(d.following))
		get(owner+"/featured", d.signed(d.featured))
		get(owner+"/tags", d.signed(d.featuredTags))
		get(owner+"/followers_synchronization", d.signed(d.followersOnNode))
	}
	get("/groups/{name}/moderators", d.signed(d.moderators))
	get("/posts/{id}/replies", d.signed(d.replies))
	get("/posts/{id}/likes", d.signed(d.likes))
	get("/posts/{id}/shares", d.signed(d.shares))
	get("/threads/{id}", d.signed(d.thread))
	get("/groups/{name}/threads/{id}", d.signed(d.thread))

	d.discoveryRoutes(get)
}

// question is a GET and who asks it.
type question struct {
	*http.Request
	viewer actors.Viewer
}

// answer is a document. What is not public is for this asker only.
type answer struct {
	body   []byte
	kind   string // media type; "": documentType
	status int    // 0: 200
	public bool
}

type answerer func(q question) (*answer, error)

// signed is for documents that depend on who asks.
func (d *Documents) signed(f answerer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept, Signature, Signature-Input")
		viewer, err := d.viewer(r)
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		a, err := f(question{r, viewer})
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		a.public = a.public && !d.Secure
		a.write(w, r)
	})
}

// unsigned is for what everybody may read, so that two nodes that check signatures can read each other's keys. A signature
// is not looked at.
func (d *Documents) unsigned(f answerer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept")
		a, err := f(question{r, actors.Anybody})
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		a.write(w, r)
	})
}

// viewer finds out who asks: anybody, or the node of the actor that signed, which sees what one of its people may see.
func (d *Documents) viewer(r *http.Request) (actors.Viewer, error) {
	h := r.Header
	if h.Get("Signature") == "" && h.Get("Signature-Input") == "" && !strings.HasPrefix(strings.ToLower(h.Get("Authorization")), "signature ") {
		if d.Secure {
			return actors.Anybody, fault.Say(fault.Unauthorized, "This node answers signed requests only: sign with the key of an actor.")
		}
		return actors.Anybody, nil
	}
	key, err := federation.Verify(r, nil, d.Dir.Base, d.welcomeKey)
	switch {
	case errors.Is(err, fault.Forbidden):
		return actors.Anybody, fault.Say(fault.Forbidden, "This node has no contact with yours.")
	case errors.Is(err, fault.Unavailable): // not a bad signature: one that cannot be checked at the moment
		return actors.Anybody, fmt.Errorf("%w (%v)", fault.Say(fault.Unavailable, "The key of this signature could not be fetched: try again later."), err)
	case err != nil:
		return actors.Anybody, fmt.Errorf("%w (%v)", fault.Say(fault.Unauthorized, "The signature could not be verified: %s", fault.Sentence(err)), err)
	}
	v := actors.Viewer{Host: federation.Host(key.Owner)}
	if who, err := actors.ByIRI(r.Context(), d.DB, key.Owner); err == nil {
		v.ID = who.ID
	}
	return v, nil
}

// MaySee is nil when somebody may see an item, or for 0 the node that signed the request: for what belongs to the item and is served
// elsewhere.
func (d *Documents) MaySee(r *http.Request, who, item int64) (err error) {
	viewer := actors.Viewer{ID: actors.ID(who)}
	if who == 0 {
		if viewer, err = d.viewer(r); err != nil {
			return err
		}
	}
	_, err = content.Get(r.Context(), d.DB, viewer, content.ID(item))
	return err
}

// welcomeKey finds a key, unless its host is blocked.
func (d *Documents) welcomeKey(ctx context.Context, keyID string, refresh bool) (federation.Key, error) {
	if err := d.Dir.Welcome(ctx, d.DB, federation.Host(keyID)); err != nil {
		return federation.Key{}, err
	}
	return d.Dir.FindKey(ctx, keyID, refresh)
}

func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if a.kind == "" {
		a.kind = documentType
	}
	h.Set("Content-Type", a.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", privateCache)
	if a.public {
		h.Set("Cache-Control", publicCache)
	}
	if a.status != 0 {
		w.WriteHeader(a.status)
		w.Write(a.body) // who does not read it has gone away
		return
	}
	sum := sha256.Sum256(a.body)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.body))
}

// refuse answers with what is wrong. Nothing of it may be kept: what does not exist for one asker, or not yet, may for another.
func (d *Documents) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := fault.Status(err)
	if status == http.StatusUnauthorized {
		w.Header().Set("Accept-Signature", federation.AcceptSignature())
	}
	if status == http.StatusInternalServerError {
		d.Log.Error("a document cannot be served", "path", r.URL.Path, "error", err)
	}
	body, jsonErr := json.Marshal(map[string]any{"title": http.StatusText(status), "status": status, "detail": fault.Sentence(err)})
	if jsonErr != nil {
		panic(jsonErr) // two strings and a number always marshal
	}
	(&answer{body: body, kind: problemType, status: status}).write(w, r)
}

// encode makes an answer of a document that is written now.
func encode(doc vocab.Document, public bool) (*answer, error) {
	body, err := vocab.Encode(doc)
	if err != nil {
		return nil, fmt.Errorf("write document: %w", err)
	}
	return &answer{body: body, public: public}, nil
}

// tombstone says that there was something (ActivityPub §6.4, ActivityStreams vocabulary §3.3).
func tombstone(o *vocab.Object) (*answer, error) {
	o.Type = "Tombstone"
	a, err := encode(vocab.Document{Object: o}, true)
	if err == nil {
		a.status = http.StatusGone
	}
	return a, err
}

// iri is the id that was asked for.
func (d *Documents) iri(q question) string { return d.Dir.URL(q.URL.Path) }

// local returns one of our actors by id.
func (d *Documents) local(ctx context.Context, iri string) (*actors.Actor, error) {
	a, err := actors.ByIRI(ctx, d.DB, iri)
	switch {
	case err != nil:
		return nil, err
	case !a.Local:
		return nil, fault.Say(fault.NotFound, "This account is not of this node.")
	case !a.Active() && a.IsGroup() && a.Visibility == actors.VisibilityHidden:
		return nil, fault.Say(fault.NotFound, "This account is not known here.")
	case !a.Active():
		return nil, fault.Say(fault.Forbidden, "This account is suspended.")
	}
	return a, nil
}

// known is local for who asks: a group that must not be known is there for those only who may know of it.
func (d *Documents) known(q question, iri string) (*actors.Actor, error) {
	a, err := d.local(q.Context(), iri)
	if err != nil {
		return nil, err
	}
	return a, actors.CheckKnown(q.Context(), d.DB, q.viewer, a)
}

func (d *Documents) actor(q question) (*answer, error) {
	ctx, iri := q.Context(), d.iri(q)
	a, err := d.known(q, iri)
	if errors.Is(err, fault.Gone) {
		return d.formerActor(ctx, iri)
	}
	if err != nil {
		return nil, err
	}
	doc, err := d.Dir.Document(ctx, d.DB, a)
	if err != nil {
		return nil, err
	}
	if !a.IsGroup() {
		return encode(vocab.Document{Actor: doc}, true)
	}
	if _, err := d.replicated(q, iri); err == nil { // how many members there are, and since when, is for their nodes
		doc.GroupState = stateOf(a)
		return encode(vocab.Document{Actor: doc}, false)
	}
	return encode(vocab.Document{Actor: doc}, a.Visibility != actors.VisibilityHidden)
}

func (d *Documents) formerActor(ctx context.Context, iri string) (*answer, error) {
	o, err := db.One(ctx, d.DB, func(r db.Scanner) (*vocab.Object, error) {
		o := &vocab.Object{ID: iri}
		var deleted int64
		err := r.Scan(&o.FormerType, &deleted)
		o.Deleted = db.FromMillis(deleted)
		return o, err
	}, "SELECT kind, deleted FROM actors WHERE iri = $1", iri)
	if err != nil {
		return nil, fmt.Errorf("what %s was: %w", iri, err)
	}
	return tombstone(o)
}

// item returns one of our items, as far as the asker may see it.
func (d *Documents) item(q question, iri string) (*content.Item, error) {
	i, err := content.ByIRI(q.Context(), d.DB, q.viewer, iri)
	if err == nil && (!i.Local || i.Kind == content.Announce) {
		err = fault.Say(fault.NotFound, "This post does not exist, or you may not see it.")
	}
	return i, err
}

func (d *Documents) object(q question) (*answer, error) {
	ctx, iri := q.Context(), d.iri(q)
	i, err := d.item(q, iri)
	if errors.Is(err, fault.NotFound) {
		return d.buried(ctx, iri, err)
	}
	if err != nil {
		return nil, err
	}
	doc, err := content.Doc(ctx, d.DB, i.ID)
	return &answer{body: doc, public: i.Audience <= actors.Unlisted}, err
}

// buried answers for an id that is gone for good; for any other with the error.
func (d *Documents) buried(ctx context.Context, iri string, unknown error) (*answer, error) {
	former, deleted, err := content.Tombstone(ctx, d.DB, iri)
	switch {
	case errors.Is(err, fault.NotFound):
		return nil, unknown
	case err != nil:
		return nil, fmt.Errorf("look for the tombstone of %s: %w", iri, err)
	}
	return tombstone(&vocab.Object{ID: iri, FormerType: former, Deleted: deleted})
}

// stamp is a permission to quote, for those who may see what is quoted and, as far as that is known here, what quotes it; 410 once it was taken back.
func (d *Documents) stamp(q question) (*answer, error) {
	ctx, iri := q.Context(), d.iri(q)
	o, err := content.Stamp(ctx, d.DB, q.viewer, iri)
	if errors.Is(err, fault.NotFound) {
		return d.buried(ctx, iri, err)
	}
	if err != nil {
		return nil, err
	}
	return encode(vocab.Document{Object: o}, false)
}

// kept is an activity as it stands in the table.
type kept struct {
	id     int64
	kind   string
	item   content.ID
	public bool
	body   []byte
}

// activity serves one activity: who may see the item that it is about may read it. The boost of an item has an id among them.
func (d *Documents) activity(q question) (*answer, error) {
	ctx, iri := q.Context(), d.iri(q)
	a, err := db.One(ctx, d.DB, func(r db.Scanner) (k kept, err error) {
		return k, r.Scan(&k.id, &k.kind, &k.item, &k.public, &k.body)
	}, "SELECT id, kind, item, public, body FROM activities WHERE iri = $1", iri)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return nil, fmt.Errorf("load %s: %w", iri, err)
	}
	unknown := fault.Say(fault.NotFound, "This activity does not exist, or you may not see it.")
	if err != nil || a.item == 0 && !a.public {
		return d.buried(ctx, iri, unknown)
	}
	if a.item == 0 {
		return &answer{body: a.body, public: true}, nil
	}
	i, err := content.Get(ctx, d.DB, q.viewer, a.item)
	if err == nil {
		return &answer{body: a.body, public: i.Audience <= actors.Unlisted}, nil
	}
	if !errors.Is(err, fault.NotFound) {
		return nil, err
	}
	if _, err := content.StoredByID(ctx, d.DB, a.item); !errors.Is(err, fault.NotFound) {
		return nil, errors.Join(unknown, err)
	}
	if !a.public {
		return d.buried(ctx, iri, unknown)
	}
	return d.bereft(ctx, iri, a)
}

// bereft serves a public activity about an item that was deleted: without what the item said, which is not to be read any more,
// nor a boost that was taken back.
// An entry of a group's log leaves its number and its hash, so that the chain can still be checked (groups-1 §10.1).
func (d *Documents) bereft(ctx context.Context, iri string, a kept) (*answer, error) {
	if said, err := saysItself(a.body); err != nil {
		return nil, err
	} else if !said {
		return &answer{body: a.body, public: true}, nil
	}
	o := &vocab.Object{ID: iri, FormerType: a.kind}
	_, err := db.One(ctx, d.DB, func(r db.Scanner) (x struct{}, err error) { return x, r.Scan(&o.Seq, &o.EntryHash) },
		"SELECT seq, hash FROM log WHERE activity = $1", a.id)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return nil, fmt.Errorf("place of %s in the log: %w", iri, err)
	}
	return tombstone(o)
}
