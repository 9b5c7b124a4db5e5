// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Conversation is the direct posts of one thread between the same people, as one of them has them before oneself.
type Conversation struct {
	ID     int64
	People []actors.ID // the others
	Last   content.ID  // the newest; when all are gone, the one that was
	Unread bool
}

// converse puts a direct post in the conversations of our people whom it concerns, and tells them. What is put there already
// stays where it is: an edit may only add people.
func (t *Timelines) converse(ctx context.Context, tx *db.Tx, i *content.Item) error {
	if i.Audience != actors.Direct || i.BoostOf != 0 {
		return nil
	}
	to, err := content.Recipients(ctx, tx, []content.ID{i.ID})
	if err != nil {
		return err
	}
	parties := []actors.ID{i.Author}
	for _, r := range to[i.ID] {
		parties = append(parties, r.Actor)
	}
	slices.Sort(parties)
	parties = slices.Compact(parties)
	list, args := db.In([]any{i.Author, i.ID}, parties)
	owners, err := db.All(ctx, tx, db.Scalar[actors.ID], `SELECT a.id FROM actors a WHERE a.id IN (`+list+`) AND a.local AND a.kind = 'Person' AND a.deleted = 0
		AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.subject = a.id AND b.object = $1)
		AND NOT EXISTS (SELECT 1 FROM directs d WHERE d.owner = a.id AND d.item = $2) ORDER BY a.id`, args...)
	if err != nil {
		return fmt.Errorf("whom %s concerns: %w", i.IRI, err)
	}
	for _, owner := range owners {
		var others []string
		for _, id := range parties {
			if id != owner {
				others = append(others, strconv.FormatInt(int64(id), 10))
			}
		}
		id, err := db.One(ctx, tx, db.Scalar[int64], `INSERT INTO conversations (id, owner, thread, people, last, unread) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (owner, thread, people) DO UPDATE SET last = CASE WHEN excluded.last > conversations.last THEN excluded.last ELSE conversations.last END,
				unread = excluded.unread RETURNING id`, t.DB.NewID(), owner, i.Thread, strings.Join(others, " "), i.ID, owner != i.Author)
		if err != nil {
			return fmt.Errorf("keep a conversation of actor %d: %w", owner, err)
		}
		if _, err := tx.Exec(ctx, "INSERT INTO directs (owner, item, conversation) VALUES ($1, $2, $3)", owner, i.ID, id); err != nil {
			return fmt.Errorf("keep %s in a conversation of actor %d: %w", i.IRI, owner, err)
		}
		t.wake(tx, Hint{Event: Talked, Conversation: id, Owner: owner})
	}
	return nil
}

// rethread follows answers that came before what they answer into its thread: what is remembered by thread goes along.
func (t *Timelines) rethread(ctx context.Context, tx *db.Tx, before []content.ID, thread content.ID) error {
	fail := func(err error) error { return fmt.Errorf("move to thread %d: %w", thread, err) }
	list, args := db.In([]any{thread}, before)
	for _, text := range []string{
		"INSERT INTO muted_threads (owner, thread) SELECT DISTINCT m.owner, CAST($1 AS BIGINT) FROM muted_threads m WHERE m.thread IN (" + list + ") ON CONFLICT (owner, thread) DO NOTHING",
		"DELETE FROM muted_threads WHERE thread <> $1 AND thread IN (" + list + ")",
	} {
		if _, err := tx.Exec(ctx, text, args...); err != nil {
			return fail(err)
		}
	}
	moving, err := db.All(ctx, tx, db.Scalar[int64], "SELECT c.id FROM conversations c WHERE c.thread <> $1 AND c.thread IN ("+list+") ORDER BY c.id", args...)
	if err != nil {
		return fail(err)
	}
	for _, id := range moving {
		into, err := db.One(ctx, tx, db.Scalar[int64], `SELECT o.id FROM conversations o JOIN conversations c ON c.owner = o.owner AND c.people = o.people WHERE c.id = $1 AND o.thread = $2`, id, thread)
		switch {
		case errors.Is(err, fault.NotFound):
			_, err = tx.Exec(ctx, "UPDATE conversations SET thread = $1 WHERE id = $2", thread, id)
		case err == nil:
			err = merge(ctx, tx, id, into)
		}
		if err != nil {
			return fail(err)
		}
	}
	return nil
}

// merge moves all of one conversation into another of the same owner.
func merge(ctx context.Context, tx *db.Tx, from, into int64) error {
	for _, text := range []string{
		"UPDATE directs SET conversation = $2 WHERE conversation = $1",
		`UPDATE conversations SET unread = unread OR (SELECT f.unread FROM conversations f WHERE f.id = $1),
			last = (SELECT MAX(f.last) FROM conversations f WHERE f.id IN ($1, $2)) WHERE id = $2`,
		"DELETE FROM conversations WHERE id = $1 AND id <> $2",
	} {
		if _, err := tx.Exec(ctx, text, from, into); err != nil {
			return err
		}
	}
	return nil
}

// conversationsOf are those in which an item is the newest. Call it before the item goes, and leaveConversations after.
func conversationsOf(ctx context.Context, tx *db.Tx, item content.ID) ([]int64, error) {
	return db.All(ctx, tx, db.Scalar[int64], "SELECT c.id FROM directs d JOIN conversations c ON c.id = d.conversation AND c.last = d.item WHERE d.item = $1", item)
}

// leaveConversations lets the item before the one that went be the newest; a conversation of which nothing is left keeps its place.
func leaveConversations(ctx context.Context, tx *db.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	list, args := db.In(nil, ids)
	_, err := tx.Exec(ctx, `UPDATE conversations SET last = COALESCE((SELECT MAX(d.item) FROM directs d WHERE d.conversation = conversations.id), last),
		unread = unread AND EXISTS (SELECT 1 FROM directs d WHERE d.conversation = conversations.id) WHERE id IN (`+list+")", args...)
	return err
}

// Conversations lists the viewer's, the one with the newest post first; the pages go by that post.
func (t *Timelines) Conversations(ctx context.Context, v actors.Viewer, p actors.Page) ([]Conversation, error) {
	args := []any{v.ID}
	list, err := db.All(ctx, t.DB, scanConversation, "SELECT c.id, c.people, c.last, c.unread FROM conversations c WHERE c.owner = $1"+p.SQL("c.last", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list conversations: %w", err)
	}
	p.Arrange(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	return list, nil
}

// Conversation is one of the viewer's.
func (t *Timelines) Conversation(ctx context.Context, v actors.Viewer, id int64) (Conversation, error) {
	c, err := db.One(ctx, t.DB, scanConversation, "SELECT c.id, c.people, c.last, c.unread FROM conversations c WHERE c.owner = $1 AND c.id = $2", v.ID, id)
	return c, gone(err)
}

// ReadConversation notes that the viewer has read all of it.
func (t *Timelines) ReadConversation(ctx context.Context, v actors.Viewer, id int64) (Conversation, error) {
	var c Conversation
	err := t.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		c, err = db.One(ctx, tx, scanConversation, "UPDATE conversations SET unread = FALSE WHERE owner = $1 AND id = $2 RETURNING id, people, last, unread", v.ID, id)
		return err
	})
	return c, gone(err)
}

// DeleteConversation takes a conversation out of the viewer's list. Its posts stay; the next one begins a new conversation.
func (t *Timelines) DeleteConversation(ctx context.Context, v actors.Viewer, id int64) error {
	return t.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := db.One(ctx, tx, db.Scalar[int64], "DELETE FROM conversations WHERE owner = $1 AND id = $2 RETURNING id", v.ID, id); err != nil {
			return gone(err)
		}
		_, err := tx.Exec(ctx, "UPDATE directs SET conversation = 0 WHERE conversation = $1", id)
		return err
	})
}

// LeaveConversations takes all conversations with somebody out of the owner's list.
func (t *Timelines) LeaveConversations(ctx context.Context, tx *db.Tx, owner, with actors.ID) error {
	left, err := db.All(ctx, tx, db.Scalar[int64], "DELETE FROM conversations WHERE owner = $1 AND ' ' || people || ' ' LIKE $2 RETURNING id", owner, fmt.Sprintf("%% %d %%", with))
	if err == nil && len(left) > 0 {
		list, args := db.In(nil, left)
		_, err = tx.Exec(ctx, "UPDATE directs SET conversation = 0 WHERE conversation IN ("+list+")", args...)
	}
	if err != nil {
		return fmt.Errorf("leave conversations of actor %d with %d: %w", owner, with, err)
	}
	return nil
}

func scanConversation(r db.Scanner) (c Conversation, err error) {
	var people string
	if err := r.Scan(&c.ID, &people, &c.Last, &c.Unread); err != nil {
		return c, err
	}
	for _, one := range strings.Fields(people) {
		id, err := strconv.ParseInt(one, 10, 64)
		if err != nil {
			return c, fmt.Errorf("people of conversation %d: %w", c.ID, err)
		}
		c.People = append(c.People, actors.ID(id))
	}
	return c, nil
}

// Direct is all that was written to the viewer or by the viewer in direct posts.
func (t *Timelines) Direct(ctx context.Context, v actors.Viewer, p actors.Page) ([]*content.Item, error) {
	return t.list(ctx, v, "i.id IN (SELECT d.item FROM directs d WHERE d.owner = $1)", []any{v.ID}, p)
}

// MuteThread stops the viewer's notifications about a whole conversation, or lets them through again.
func (t *Timelines) MuteThread(ctx context.Context, v actors.Viewer, thread content.ID, on bool) error {
	text := "INSERT INTO muted_threads (owner, thread) VALUES ($1, $2) ON CONFLICT (owner, thread) DO NOTHING"
	if !on {
		text = "DELETE FROM muted_threads WHERE owner = $1 AND thread = $2"
	}
	if _, err := t.DB.Exec(ctx, text, v.ID, thread); err != nil {
		return fmt.Errorf("mute thread %d for actor %d: %w", thread, v.ID, err)
	}
	return nil
}

// MutedThreads tells which of these threads the viewer has muted, in one query.
func (t *Timelines) MutedThreads(ctx context.Context, v actors.Viewer, threads []content.ID) (map[content.ID]bool, error) {
	muted := map[content.ID]bool{}
	if v.ID == 0 || len(threads) == 0 {
		return muted, nil
	}
	list, args := db.In([]any{v.ID}, threads)
	all, err := db.All(ctx, t.DB, db.Scalar[content.ID], "SELECT m.thread FROM muted_threads m WHERE m.owner = $1 AND m.thread IN ("+list+")", args...)
	for _, thread := range all {
		muted[thread] = true
	}
	return muted, err
}
