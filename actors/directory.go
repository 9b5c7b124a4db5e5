// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
)

// Directory knows the actors of this node and learns those of others.
type Directory struct {
	DB     *db.DB
	Client *federation.Client
	Base   *url.URL // public address of the node, without a path
	Domain string   // of the handles of our people; the host of Base unless split
	Secret []byte   // 32 bytes, kept outside the database: seals private keys
	NewRSA func() (*rsa.PrivateKey, error)
	// Limited: no contact with other nodes than those that an administrator allowed.
	Limited bool
	// Changed hears of everybody whose membership of a group of ours changes, its state or its role; nil: nobody does.
	Changed func(context.Context, *db.Tx, Membership) error
	// Deserted hears of groups elsewhere whose last member of this node is gone; nil: nobody does.
	Deserted func(context.Context, *db.Tx, *Actor) error
	// Reindex hears of who changed whether posts may be found; nil: nobody does.
	Reindex func(context.Context, *db.Tx, ID) error

	mu      sync.Mutex
	signers map[ID]signers // at most maxSigners
	spare   []*rsa.PrivateKey
	app     *Actor // the instance actor, once it exists
	rosters rosters
}

const maxSigners = 2000

// GenerateRSA makes a key as others expect it: 2048 bits (federation practice; Mastodon accepts no less).
func GenerateRSA() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }

// URL is the absolute address of a path on this node.
func (d *Directory) URL(path string) string { return d.Base.String() + path }

// Host is the host of this node's ids.
func (d *Directory) Host() string { return d.Base.Host }

// Ours tells whether an id is of this node.
func (d *Directory) Ours(iri string) bool { return federation.Host(iri) == d.Host() }

// Names of the two actors that every node has. Nobody else can take them.
const (
	appName = "actor"
	orgName = "org"
)

var reserved = map[string]bool{appName: true, orgName: true, "admin": true, "administrator": true, "root": true, "system": true,
	"support": true, "help": true, "security": true, "abuse": true, "postmaster": true, "hostmaster": true, "webmaster": true, "everyone": true, "all": true, "here": true}

// Reserved tells whether a name is for the node itself.
func Reserved(name string) bool { return reserved[name] }

// CheckName tells what is wrong with a name that a person or a group would have.
func CheckName(name string) error {
	ok := len(name) >= 1 && len(name) <= 30
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		ok = ok && (letter || (r == '_' || r == '-' || r == '.') && i > 0 && i < len(name)-1)
	}
	switch {
	case !ok:
		return fault.Say(fault.Invalid, "The name %q cannot be used: take 1 to 30 small letters, digits, dots, hyphens or underscores, beginning and ending with a letter or digit.", name)
	case reserved[name]:
		return fault.Say(fault.Invalid, "The name %q is reserved for the node itself: choose another.", name)
	}
	return nil
}

// Bootstrap makes the actors that every node has, the instance actor and the organisation, when they are not there yet.
func (d *Directory) Bootstrap(ctx context.Context, organisation string) error {
	err := d.DB.Tx(ctx, func(tx *db.Tx) error {
		for _, a := range []*Actor{
			{Kind: Application, Name: appName, IRI: d.URL("/actor"), Title: organisation, Locked: true, Bot: true},
			{Kind: Organization, Name: orgName, IRI: d.URL("/org"), Title: organisation, Discoverable: true},
		} {
			if _, err := ByIRI(ctx, tx, a.IRI); err == nil {
				continue
			}
			if err := d.create(ctx, tx, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("make the node's own actors: %w", err)
	}
	app, err := ByIRI(ctx, d.DB, d.URL("/actor"))
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.app = app
	d.mu.Unlock()
	return nil
}

// App is the instance actor: it signs what nobody in particular asks.
func (d *Directory) App() *Actor {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.app
}

// Organisation is the actor that speaks for the node itself, and for its administrator at the command line.
func (d *Directory) Organisation(ctx context.Context, q db.Q) (*Actor, error) {
	return ByIRI(ctx, q, d.URL("/org"))
}

// AddPerson makes a person of this node. Nothing about people is findable without their own choice (design rule 10).
func (d *Directory) AddPerson(ctx context.Context, tx *db.Tx, name, title string) (*Actor, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if err := CheckName(name); err != nil {
		return nil, err
	}
	a := &Actor{Kind: Person, Name: name, Title: CleanText(title, 100), IRI: d.URL("/users/" + name)}
	return a, d.create(ctx, tx, a)
}

// AddGroup makes a group on this node, owned by one of our people.
func (d *Directory) AddGroup(ctx context.Context, tx *db.Tx, owner *Actor, g NewGroup) (*Actor, error) {
	name := strings.ToLower(strings.TrimSpace(g.Name))
	if err := CheckName(name); err != nil {
		return nil, err
	}
	if !owner.Local || owner.Kind != Person {
		return nil, fault.Say(fault.Invalid, "A group needs an owner who is a person of this node.")
	}
	preset, err := presetFor(g.Preset, g.Visibility)
	if err != nil {
		return nil, err
	}
	a := &Actor{Kind: Group, Name: name, Title: CleanText(g.Title, 100), Source: g.Summary, Summary: PlainHTML(g.Summary), IRI: d.URL("/groups/" + name),
		Visibility: cmp.Or(g.Visibility, preset.Visibility), JoinPolicy: cmp.Or(g.Join, preset.Join), Posting: cmp.Or(g.Posting, preset.Posting),
		PlainMembers: preset.PlainMembers, Discoverable: true, Epoch: d.NewEpoch()}
	if g.PlainMembers != nil {
		a.PlainMembers = *g.PlainMembers
	}
	if err := g.More.Apply(a); err != nil {
		return nil, err
	}
	if err := a.settle(); err != nil {
		return nil, err
	}
	if err := d.create(ctx, tx, a); err != nil {
		return nil, err
	}
	_, err = d.admit(ctx, tx, owner, a, RoleOwner, Request{}, Why{})
	return a, err
}

// NewEpoch is later than every epoch before it: a group's log goes by it from its beginning, or from when a copy of its
// database was put back.
func (d *Directory) NewEpoch() string { return fmt.Sprintf("%015x", d.DB.NewID()) }

func (d *Directory) create(ctx context.Context, tx *db.Tx, a *Actor) error {
	if _, err := db.One(ctx, tx, func(r db.Scanner) (n int, err error) { return n, r.Scan(&n) },
		"SELECT 1 FROM actors WHERE LOWER(name) = $1 AND local", strings.ToLower(a.Name)); err == nil {
		return fault.Say(fault.Invalid, "The name %q is taken on this node: choose another.", a.Name)
	}
	now := time.Now()
	a.ID, a.Local, a.Domain, a.Host = ID(d.DB.NewID()), true, d.Domain, d.Host()
	a.Published, a.Updated, a.Groups1 = now, now, true
	a.ShowMedia, a.ShowMediaReplies, a.ShowFeatured = true, true, true
	a.Inbox, a.Outbox, a.Followers, a.Following, a.Featured = a.IRI+"/inbox", a.IRI+"/outbox", a.IRI+"/followers", a.IRI+"/following", a.IRI+"/featured"
	a.SharedInbox, a.URL = d.URL("/inbox"), a.IRI
	switch a.Kind {
	case Group:
		a.Moderators, a.Members, a.Log = a.IRI+"/moderators", a.IRI+"/members", a.IRI+"/log"
	case Person:
		a.URL = d.URL("/@" + a.Name)
	}
	if err := d.save(ctx, tx, a, nil); err != nil {
		return fmt.Errorf("make %s %s: %w", strings.ToLower(a.Kind), a.Name, err)
	}
	return d.newKeys(ctx, tx, a, "")
}

const upsert = `INSERT INTO actors (id, iri, kind, local, name, domain, host, title, summary, source, url, icon, image, fields, emojis, inbox, shared_inbox,
	outbox, followers, following, featured, moderators, also_known_as, moved_to, locked, discoverable, indexable, bot, visibility, join_policy, posting,
	plain_members, groups_1, epoch, published, updated, fetched, suspended, deleted, hide_collections, icon_description, image_description, attribution,
	show_media, show_media_replies, show_featured, members, log, settings)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28,
	$29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49)
	ON CONFLICT (iri) DO UPDATE SET kind = excluded.kind, name = excluded.name, domain = excluded.domain, title = excluded.title, summary = excluded.summary,
	source = excluded.source, url = excluded.url, icon = excluded.icon, image = excluded.image, fields = excluded.fields, emojis = excluded.emojis,
	inbox = excluded.inbox, shared_inbox = excluded.shared_inbox, outbox = excluded.outbox, followers = excluded.followers, following = excluded.following,
	featured = excluded.featured, moderators = excluded.moderators, also_known_as = excluded.also_known_as, moved_to = excluded.moved_to,
	locked = excluded.locked, discoverable = excluded.discoverable, indexable = excluded.indexable, bot = excluded.bot, visibility = excluded.visibility,
	join_policy = excluded.join_policy, posting = excluded.posting, plain_members = excluded.plain_members, groups_1 = excluded.groups_1,
	updated = excluded.updated, fetched = excluded.fetched, deleted = excluded.deleted,
	hide_collections = excluded.hide_collections, icon_description = excluded.icon_description, image_description = excluded.image_description,
	attribution = excluded.attribution, show_media = excluded.show_media, show_media_replies = excluded.show_media_replies, show_featured = excluded.show_featured,
	members = excluded.members, log = excluded.log, settings = excluded.settings
	RETURNING id`

// save writes all that an actor says of itself, and by which words it is found; counts and the log's position are kept where
// they change. Before is the row as it was, nil when there was none.
func (d *Directory) save(ctx context.Context, tx *db.Tx, a, before *Actor) error {
	err := tx.Row(ctx, upsert, a.ID, a.IRI, a.Kind, a.Local, a.Name, a.Domain, a.Host, a.Title, a.Summary, a.Source, a.URL, a.Icon, a.Image,
		list(a.Fields), list(a.Emojis), a.Inbox, a.SharedInbox, a.Outbox, a.Followers, a.Following, a.Featured, a.Moderators, list(a.AlsoKnownAs), a.MovedTo,
		a.Locked, a.Discoverable, a.Indexable, a.Bot, a.Visibility, a.JoinPolicy, a.Posting, a.PlainMembers, a.Groups1, a.Epoch,
		db.Millis(a.Published), db.Millis(a.Updated), db.Millis(a.Fetched), db.Millis(a.Suspended), db.Millis(a.Deleted),
		a.HideCollections, a.IconDescription, a.ImageDescription, list(a.Attribution), a.ShowMedia, a.ShowMediaReplies, a.ShowFeatured, a.Members, a.Log, text(a.Settings)).Scan(&a.ID)
	if err != nil {
		return err
	}
	if before == nil || before.Name != a.Name || before.Title != a.Title || before.Discoverable != a.Discoverable {
		if err := indexWords(ctx, tx, a); err != nil {
			return err
		}
	}
	if before != nil && before.Indexable != a.Indexable && d.Reindex != nil {
		return d.Reindex(ctx, tx, a.ID)
	}
	return nil
}

// stored is the row of an actor, deleted or not; nil when there is none.
func stored(ctx context.Context, tx *db.Tx, iri string) (*Actor, error) {
	a, err := db.One(ctx, tx, scan, "SELECT "+columns+" FROM actors a WHERE a.iri = $1", iri)
	if errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	return a, err
}

// Save writes a changed profile of one of our own.
func (d *Directory) Save(ctx context.Context, tx *db.Tx, a *Actor) error {
	if !a.Local {
		return fmt.Errorf("save %s: not ours", a.IRI)
	}
	before, err := stored(ctx, tx, a.IRI)
	if err == nil && a.IsGroup() {
		err = a.settle()
	}
	if err == nil {
		a.Updated = time.Now()
		err = d.save(ctx, tx, a, before)
	}
	if err != nil {
		return fmt.Errorf("save %s: %w", a.IRI, err)
	}
	if app := d.App(); app != nil && app.ID == a.ID {
		d.mu.Lock()
		d.app = a
		d.mu.Unlock()
	}
	return nil
}

// Verify notes that the pages which these lines of a profile link to were seen to link back; lines that have changed meanwhile are
// left alone.
func Verify(ctx context.Context, tx *db.Tx, id ID, values []string, at time.Time) error {
	a, err := Get(ctx, tx, id)
	if err != nil {
		return err
	}
	for i, f := range a.Fields {
		if slices.Contains(values, f.Value) && f.Verified == 0 {
			a.Fields[i].Verified = db.Millis(at)
		}
	}
	_, err = tx.Exec(ctx, "UPDATE actors SET fields = $1 WHERE id = $2", list(a.Fields), id)
	return err
}

func list[T any](values []T) string {
	if len(values) == 0 {
		return "[]"
	}
	return text(values)
}

func text(value any) string {
	written, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings, times and structs of them always marshal
	}
	return string(written)
}
