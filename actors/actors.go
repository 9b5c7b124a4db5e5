// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package actors is who exists: people, groups and organisations, their keys, their relations, and who may see what.
package actors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// ID is the local number of an actor; 0 is nobody.
type ID int64

// Kinds of actors (ActivityStreams vocabulary §3.2).
const (
	Person       = "Person"
	Group        = "Group"
	Organization = "Organization"
	Application  = "Application"
	Service      = "Service"
)

// Actor is a person, group, organisation or application, here or on another node.
type Actor struct {
	ID                              ID
	IRI, Kind                       string
	Local                           bool
	Name                            string // preferredUsername
	Domain                          string // of the handle
	Host                            string // of the id: the node that speaks for this actor
	Title                           string // plain text, for people
	Summary                         string // sanitised HTML
	Source                          string // what was typed, when local
	URL, Icon, Image                string
	Fields                          []Field
	Emojis                          []Emoji
	Inbox, SharedInbox, Outbox      string
	Followers, Following            string
	Featured, Moderators            string
	AlsoKnownAs                     []string
	MovedTo                         string
	Locked, Discoverable            bool
	Indexable, Bot                  bool
	Visibility, JoinPolicy, Posting string // groups
	Settings                        Settings
	PlainMembers, Groups1           bool   // groups; any
	Members, Log                    string // groups: ids of the list of members and of the log (groups-1)
	Epoch                           string // groups: of the log; of one elsewhere: as far as our copy goes
	Seq                             int64
	Head                            string
	Digest                          string // groups: of the active members; "" not counted yet
	Told                            int64  // groups elsewhere: the last number of the log that the home told of
	Listed                          int64  // groups elsewhere: the number as of which the whole list of members was read
	FollowersCount, FollowingCount  int64
	ItemsCount                      int64
	LastItem                        time.Time
	Published, Updated, Fetched     time.Time
	Suspended, Deleted              time.Time
	Silenced, Sensitized            time.Time // limited by an administrator, since
	HideCollections                 bool      // who follows whom is not shown
	IconDescription                 string    // alternative text
	ImageDescription                string
	Attribution                     []string // domains whose pages may name this actor as their author
	ShowMedia, ShowMediaReplies     bool     // tabs of the profile
	ShowFeatured                    bool
}

// Field is a line of a profile; Value is sanitised HTML.
type Field struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Verified int64  `json:"verified,omitempty"` // when the page that it links to was seen to link back, in ms; 0: never
}

// Emoji is a picture that a :name: in a text stands for (FEP-9098).
type Emoji struct {
	Name string `json:"name"` // without colons
	URL  string `json:"url"`
	// Static is a version that does not move; "" when there is none but URL.
	Static string `json:"static,omitempty"`
}

// Acct is how clients name the actor: name when local, name@domain when not.
func (a *Actor) Acct() string {
	if a.Local {
		return a.Name
	}
	return a.Name + "@" + a.Domain
}

// Handle is how people name the actor anywhere: @name@domain.
func (a *Actor) Handle() string { return "@" + a.Name + "@" + a.Domain }

// DisplayName is the title, or the name where there is none.
func (a *Actor) DisplayName() string {
	if a.Title != "" {
		return a.Title
	}
	return a.Name
}

// IsGroup tells whether following the actor is membership.
func (a *Actor) IsGroup() bool { return a.Kind == Group }

// Active tells whether the actor may act: neither deleted nor suspended.
func (a *Actor) Active() bool { return a.Deleted.IsZero() && a.Suspended.IsZero() }

// DeliveryInbox is where to post for this actor when others on the same server may hear it too.
func (a *Actor) DeliveryInbox() string {
	if a.SharedInbox != "" {
		return a.SharedInbox
	}
	return a.Inbox
}

const columns = `a.id, a.iri, a.kind, a.local, a.name, a.domain, a.host, a.title, a.summary, a.source, a.url, a.icon, a.image,
	a.fields, a.emojis, a.inbox, a.shared_inbox, a.outbox, a.followers, a.following, a.featured, a.moderators, a.also_known_as, a.moved_to,
	a.locked, a.discoverable, a.indexable, a.bot, a.visibility, a.join_policy, a.posting, a.plain_members, a.groups_1, a.members, a.log, a.epoch, a.seq, a.head, a.member_digest, a.told, a.listed,
	a.followers_count, a.following_count, a.items_count, a.last_item, a.published, a.updated, a.fetched, a.suspended, a.deleted,
	a.silenced, a.sensitized, a.hide_collections, a.icon_description, a.image_description, a.attribution,
	a.show_media, a.show_media_replies, a.show_featured, a.settings`

func scan(row db.Scanner) (*Actor, error) {
	var a Actor
	var fields, emojis, also, attribution, settings string
	var last, published, updated, fetched, suspended, deleted, silenced, sensitized int64
	err := row.Scan(&a.ID, &a.IRI, &a.Kind, &a.Local, &a.Name, &a.Domain, &a.Host, &a.Title, &a.Summary, &a.Source, &a.URL, &a.Icon, &a.Image,
		&fields, &emojis, &a.Inbox, &a.SharedInbox, &a.Outbox, &a.Followers, &a.Following, &a.Featured, &a.Moderators, &also, &a.MovedTo,
		&a.Locked, &a.Discoverable, &a.Indexable, &a.Bot, &a.Visibility, &a.JoinPolicy, &a.Posting, &a.PlainMembers, &a.Groups1, &a.Members, &a.Log, &a.Epoch, &a.Seq, &a.Head, &a.Digest, &a.Told, &a.Listed,
		&a.FollowersCount, &a.FollowingCount, &a.ItemsCount, &last, &published, &updated, &fetched, &suspended, &deleted,
		&silenced, &sensitized, &a.HideCollections, &a.IconDescription, &a.ImageDescription, &attribution,
		&a.ShowMedia, &a.ShowMediaReplies, &a.ShowFeatured, &settings)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		text string
		into any
	}{{fields, &a.Fields}, {emojis, &a.Emojis}, {also, &a.AlsoKnownAs}, {attribution, &a.Attribution}, {settings, &a.Settings}} {
		if part.text == "[]" || part.text == "{}" {
			continue
		}
		if err := json.Unmarshal([]byte(part.text), part.into); err != nil {
			return nil, fmt.Errorf("read actor %s: %w", a.IRI, err)
		}
	}
	a.LastItem, a.Published, a.Updated = db.FromMillis(last), db.FromMillis(published), db.FromMillis(updated)
	a.Fetched, a.Suspended, a.Deleted = db.FromMillis(fetched), db.FromMillis(suspended), db.FromMillis(deleted)
	a.Silenced, a.Sensitized = db.FromMillis(silenced), db.FromMillis(sensitized)
	return &a, nil
}

// Get returns an actor by number. Deleted ones are fault.Gone.
func Get(ctx context.Context, q db.Q, id ID) (*Actor, error) {
	found, err := many(ctx, q, []ID{id})
	if err == nil && found[id] == nil {
		err = fault.NotFound
	}
	return present(found[id], err)
}

// ByIRI returns an actor by its ActivityPub id, known or fault.NotFound; it asks nobody. Deleted ones are fault.Gone.
func ByIRI(ctx context.Context, q db.Q, iri string) (*Actor, error) {
	return present(db.One(ctx, q, scan, "SELECT "+columns+" FROM actors a WHERE a.iri = $1", iri))
}

// ByHandle returns a known actor by name and domain, in any case; it asks nobody.
func ByHandle(ctx context.Context, q db.Q, name, domain string) (*Actor, error) {
	return present(db.One(ctx, q, scan, "SELECT "+columns+" FROM actors a WHERE LOWER(a.name) = $1 AND a.domain = $2 ORDER BY a.fetched DESC LIMIT 1",
		strings.ToLower(name), domain))
}

// LocalByName returns one of our own by name, in any case.
func LocalByName(ctx context.Context, q db.Q, name string) (*Actor, error) {
	return present(db.One(ctx, q, scan, "SELECT "+columns+" FROM actors a WHERE LOWER(a.name) = $1 AND a.local", strings.ToLower(name)))
}

// LocalGroups returns the groups of this node, by name.
func LocalGroups(ctx context.Context, q db.Q) ([]*Actor, error) {
	return db.All(ctx, q, scan, "SELECT "+columns+" FROM actors a WHERE a.kind = $1 AND a.local AND a.deleted = 0 ORDER BY a.name", Group)
}

// Many returns the actors with these numbers in one query, by number; unknown and deleted ones are left out.
func Many(ctx context.Context, q db.Q, ids []ID) (map[ID]*Actor, error) {
	found, err := many(ctx, q, ids)
	for id, a := range found {
		if !a.Deleted.IsZero() {
			delete(found, id)
		}
	}
	return found, err
}

// many is Many with the deleted ones. What it returns are copies, the caller's own.
func many(ctx context.Context, q db.Q, ids []ID) (map[ID]*Actor, error) {
	if len(ids) == 0 {
		return map[ID]*Actor{}, nil
	}
	found, err := db.Remember(ctx, q, "actors", ids, func(ctx context.Context, q db.Q, ids []ID) (map[ID]*Actor, error) {
		list, args := db.In(nil, ids)
		all, err := db.All(ctx, q, scan, "SELECT "+columns+" FROM actors a WHERE a.id IN ("+list+")", args...)
		rows := make(map[ID]*Actor, len(all))
		for _, a := range all {
			rows[a.ID] = a
		}
		return rows, err
	})
	for id, a := range found {
		own := *a
		found[id] = &own
	}
	return found, err
}

// ByIRIs returns the known actors among these ids in one query.
func ByIRIs(ctx context.Context, q db.Q, iris []string) ([]*Actor, error) {
	if len(iris) == 0 {
		return nil, nil
	}
	list, args := db.In(nil, iris)
	return db.All(ctx, q, scan, "SELECT "+columns+" FROM actors a WHERE a.iri IN ("+list+") AND a.deleted = 0", args...)
}

func present(a *Actor, err error) (*Actor, error) {
	switch {
	case errors.Is(err, fault.NotFound):
		return nil, errUnknown
	case err != nil:
		return nil, fmt.Errorf("load actor: %w", err)
	case !a.Deleted.IsZero() && a.IsGroup() && a.Visibility == VisibilityHidden:
		return nil, errUnknown // that it was there is not told either
	case !a.Deleted.IsZero():
		return nil, fault.Say(fault.Gone, "This account has been deleted.")
	}
	return a, nil
}
