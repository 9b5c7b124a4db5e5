// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"fmt"
	"slices"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
)

// Publish keeps a new item, tells whom it concerns and wakes who is watching: the one way for an item into the node, from
// our own people and from others alike. It reports false when the item was there already.
func (t *Timelines) Publish(ctx context.Context, tx *db.Tx, m *content.Made) (bool, error) {
	added, err := t.Library.Save(ctx, tx, m)
	if err != nil || !added {
		return added, err
	}
	i := m.Item
	if len(m.Adopted) > 0 {
		if err := t.rethread(ctx, tx, m.Adopted, i.Thread); err != nil {
			return true, err
		}
	}
	if err := t.converse(ctx, tx, i); err != nil {
		return true, err
	}
	if err := t.PollChanged(ctx, tx, i); err != nil {
		return true, err
	}
	for _, r := range m.Recipients {
		if r.Mention {
			if err := t.Notify(ctx, tx, r.Actor, Mention, i.Author, i.ID); err != nil {
				return true, err
			}
		}
	}
	if i.BoostOf != 0 {
		if err := t.notifyBoost(ctx, tx, i); err != nil {
			return true, err
		}
	}
	if err := t.notifyQuote(ctx, tx, i); err != nil {
		return true, err
	}
	if i.BoostOf == 0 && i.Audience != actors.Direct {
		watchers, err := db.All(ctx, tx, func(r db.Scanner) (id actors.ID, err error) { return id, r.Scan(&id) },
			`SELECT r.subject FROM relations r JOIN actors a ON a.id = r.subject AND a.local WHERE r.object = $1 AND r.state = 'active' AND r.notify`, i.Author)
		if err != nil {
			return true, fmt.Errorf("who watches %d: %w", i.Author, err)
		}
		for _, w := range watchers {
			if err := t.Notify(ctx, tx, w, Status, i.Author, i.ID); err != nil {
				return true, err
			}
		}
	}
	if err := t.wantCard(ctx, tx, i); err != nil {
		return true, err
	}
	t.wake(tx, Hint{Event: Update, Item: i.ID})
	return true, nil
}

// A group boosts every post of its members: that is its task and nobody needs to be told.
func (t *Timelines) notifyBoost(ctx context.Context, tx *db.Tx, boost *content.Item) error {
	by, err := actors.Get(ctx, tx, boost.Author)
	if err != nil || by.IsGroup() {
		return err
	}
	of, err := content.StoredByID(ctx, tx, boost.BoostOf)
	if err != nil {
		return err
	}
	return t.Notify(ctx, tx, of.Author, Reblog, boost.Author, of.ID)
}

// Republish keeps a new version of an item and tells who is watching, those who boosted or quoted it, and whom it mentions only now.
func (t *Timelines) Republish(ctx context.Context, tx *db.Tx, before *content.Item, m *content.Made) error {
	had, err := content.Recipients(ctx, tx, []content.ID{before.ID})
	if err != nil {
		return err
	}
	if err := t.Library.Edit(ctx, tx, before, m); err != nil {
		return err
	}
	if err := t.converse(ctx, tx, m.Item); err != nil {
		return err
	}
	if err := t.PollChanged(ctx, tx, m.Item); err != nil {
		return err
	}
	boosters, err := db.All(ctx, tx, func(r db.Scanner) (id actors.ID, err error) { return id, r.Scan(&id) },
		"SELECT i.author FROM items i JOIN actors a ON a.id = i.author AND a.local AND a.kind <> 'Group' WHERE i.boost_of = $1 AND i.boost_of > 0", before.ID)
	if err != nil {
		return fmt.Errorf("who boosted %s: %w", before.IRI, err)
	}
	for _, b := range boosters {
		if err := t.Notify(ctx, tx, b, Edited, before.Author, before.ID); err != nil {
			return err
		}
	}
	if err := t.notifyQuoting(ctx, tx, before); err != nil {
		return err
	}
	for _, r := range m.Recipients {
		if r.Mention && !slices.ContainsFunc(had[before.ID], func(old content.Recipient) bool { return old.Actor == r.Actor && old.Mention }) {
			if err := t.Notify(ctx, tx, r.Actor, Mention, before.Author, before.ID); err != nil {
				return err
			}
		}
	}
	if err := t.wantCard(ctx, tx, m.Item); err != nil {
		return err
	}
	t.wake(tx, Hint{Event: Changed, Item: before.ID})
	return nil
}

// Unpublish takes an item away everywhere.
func (t *Timelines) Unpublish(ctx context.Context, tx *db.Tx, i *content.Item) error {
	touched, err := conversationsOf(ctx, tx, i.ID)
	if err != nil {
		return fmt.Errorf("conversations with %s: %w", i.IRI, err)
	}
	gone, facts, err := t.remove(ctx, tx, i)
	if err != nil {
		return err
	}
	if err := leaveConversations(ctx, tx, touched); err != nil {
		return fmt.Errorf("conversations with %s: %w", i.IRI, err)
	}
	ids := make([]content.ID, len(gone))
	for n, x := range gone {
		ids[n] = x.ID
	}
	list, args := db.In(nil, ids)
	if _, err := tx.Exec(ctx, "DELETE FROM notifications WHERE item > 0 AND item IN ("+list+")", args...); err != nil {
		return fmt.Errorf("notifications about %s: %w", i.IRI, err)
	}
	for _, x := range gone {
		t.wake(tx, Hint{Event: Deleted, Item: x.ID, Gone: goneOf(x, x.ID == i.ID, facts)})
	}
	return nil
}
