// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
)

// Events of the live stream, as clients name them.
const (
	Update   = "update"        // an item is new
	Changed  = "status.update" // an item was edited
	Deleted  = "delete"
	Notified = "notification"

	Filters              = "filters_changed"      // the owner's
	Merged               = "notifications_merged" // requests that the owner accepted are among the notifications now
	Talked               = "conversation"         // something is new in a conversation of the owner
	Announced            = "announcement"
	AnnouncementReaction = "announcement.reaction"
	AnnouncementDeleted  = "announcement.delete"
	Lost                 = "" // hints may have been lost: read what is new
)

// Hint says that something may be worth a look: the watcher looks for itself, through the gate.
type Hint struct {
	Event        string     `json:"e"`
	Item         content.ID `json:"i,omitempty"`
	Notification int64      `json:"n,omitempty"`
	Conversation int64      `json:"c,omitempty"`
	Owner        actors.ID  `json:"o,omitempty"` // whom alone it is for
	About        int64      `json:"a,omitempty"` // the announcement
	Name         string     `json:"m,omitempty"` // of the reaction
	Gone         *Gone      `json:"g,omitempty"` // of Deleted: nobody can look any more
}

// Gone is what decides who could see an item that is no more.
type Gone struct {
	Author      actors.ID       `json:"a"`
	Group       actors.ID       `json:"g,omitempty"`
	Audience    actors.Audience `json:"t,omitempty"`
	Kind        string          `json:"k"`
	Local       bool            `json:"l,omitempty"`
	ReplyAuthor actors.ID       `json:"p,omitempty"`
	Reply       bool            `json:"r,omitempty"`
	BoostOf     content.ID      `json:"b,omitempty"`
	Hidden      int             `json:"h,omitempty"`
	Language    string          `json:"s,omitempty"`
	Media       bool            `json:"m,omitempty"`
	Tags        []string        `json:"w,omitempty"`
	Recipients  []actors.ID     `json:"to,omitempty"` // of this node
}

// A note of PostgreSQL holds less than 8,000 bytes: more is not told.
const (
	mostGoneTags       = 30
	longestGoneTag     = 100
	mostGoneRecipients = 100
)

const hintChannel = "stream"

// Watch calls f for every hint, from this and every other process on the same database, until the context ends. f must be
// quick. A hint Lost says that others may have been missed.
func (t *Timelines) Watch(ctx context.Context, f func(Hint)) {
	t.DB.Listen(ctx, hintChannel, func(payload string) {
		var h Hint
		if payload != "" && json.Unmarshal([]byte(payload), &h) != nil {
			h = Hint{Event: Lost} // by a process of another version
		}
		f(h)
	})
}

func (t *Timelines) wake(tx *db.Tx, h Hint) {
	text, err := json.Marshal(h)
	if err != nil {
		panic(err) // numbers and words always marshal
	}
	t.DB.Notify(tx, hintChannel, string(text))
}

// Tell wakes the streams of one of ours: Filters or Merged.
func (t *Timelines) Tell(tx *db.Tx, owner actors.ID, event string) {
	t.wake(tx, Hint{Event: event, Owner: owner})
}

// facts are what Gone needs of an item besides its row.
type facts struct {
	tags       []string
	media      bool
	recipients []actors.ID
}

// remove takes an item away with all that was made of it, and remembers who could see it.
func (t *Timelines) remove(ctx context.Context, tx *db.Tx, i *content.Item) (gone []*content.Item, f facts, err error) {
	tags, err := content.Tags(ctx, tx, []content.ID{i.ID})
	if err != nil {
		return nil, f, err
	}
	for _, name := range tags[i.ID] {
		if len(name) <= longestGoneTag && len(f.tags) < mostGoneTags {
			f.tags = append(f.tags, name)
		}
	}
	files, err := db.One(ctx, tx, db.Scalar[int64], "SELECT COUNT(*) FROM files WHERE item = $1 AND item > 0", i.ID)
	if err != nil {
		return nil, f, fmt.Errorf("count files of %s: %w", i.IRI, err)
	}
	f.media = files > 0
	f.recipients, err = db.All(ctx, tx, db.Scalar[actors.ID], fmt.Sprintf(`SELECT r.actor FROM recipients r JOIN actors a ON a.id = r.actor AND a.local
		WHERE r.item = $1 ORDER BY r.actor LIMIT %d`, mostGoneRecipients), i.ID)
	if err != nil {
		return nil, f, fmt.Errorf("recipients of %s: %w", i.IRI, err)
	}
	gone, err = t.Library.Remove(ctx, tx, i)
	return gone, f, err
}

// goneOf describes what is gone; itself says that the facts are about it, and not about what it boosted.
func goneOf(i *content.Item, itself bool, f facts) *Gone {
	g := &Gone{Author: i.Author, Group: i.Group, Audience: i.Audience, Kind: i.Kind, Local: i.Local, ReplyAuthor: i.ReplyAuthor, Reply: i.ReplyIRI != "",
		BoostOf: i.BoostOf, Hidden: i.Hidden, Language: i.Language}
	if itself {
		g.Tags, g.Media, g.Recipients = f.tags, f.media, f.recipients
	}
	return g
}
