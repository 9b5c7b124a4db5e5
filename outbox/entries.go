// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"fmt"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// Entry is one entry of the log of a group of ours.
type Entry struct {
	Seq       int64
	Hash      string     // in the chain
	IRI, Kind string     // of the activity
	Item      content.ID // the post that it is about; 0: none
	Public    bool       // may be read without asking about the post
	Body      []byte     // as it was sent
	id        int64      // of the activity
	gone      bool       // the post is not there any more
}

// Entries are those of a group's log after a number, in their order.
func Entries(ctx context.Context, q db.Q, group *actors.Actor, after int64, limit int) ([]Entry, error) {
	entries, err := db.All(ctx, q, func(r db.Scanner) (e Entry, err error) {
		return e, r.Scan(&e.Seq, &e.Hash, &e.id, &e.IRI, &e.Kind, &e.Item, &e.Public, &e.Body, &e.gone)
	}, `SELECT l.seq, l.hash, a.id, a.iri, a.kind, a.item, a.public, a.body, a.item > 0 AND i.id IS NULL FROM log l JOIN activities a ON a.id = l.activity
		LEFT JOIN items i ON i.id = a.item WHERE l.grp = $1 AND l.seq > $2 ORDER BY l.seq LIMIT $3`, group.ID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", group.IRI, err)
	}
	return entries, nil
}

// Erased tells whether an entry says what a post said that is gone, so that nobody may read it any more: its Tombstone takes its place.
func (e Entry) Erased() (bool, error) {
	if !e.gone {
		return false, nil
	}
	return saysItself(e.Body)
}

// Tombstone is what is left of an entry that is not shown: its place and its hash (groups-1 §10.1).
func (e Entry) Tombstone() *vocab.Object {
	return &vocab.Object{ID: e.IRI, Type: "Tombstone", FormerType: e.Kind, Seq: e.Seq, EntryHash: e.Hash}
}

// saysItself tells whether an activity says what a post says, so that it must not be read once that is gone; a deletion and a
// closing only name it.
func saysItself(body []byte) (bool, error) {
	doc, err := vocab.Decode(body)
	if err != nil {
		return false, fmt.Errorf("read an activity: %w", err)
	}
	said := doc.Activity
	if said != nil && said.Object.Activity != nil {
		said = said.Object.Activity
	}
	return said == nil || said.Type == "Create" || said.Type == "Update" || said.Type == "Announce", nil
}
