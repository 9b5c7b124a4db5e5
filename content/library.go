// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/media"
)

// Library keeps the items: those made here and those that others sent us.
type Library struct {
	DB    *db.DB
	Dir   *actors.Directory
	Media *media.Store
}

// Made is an item with all that is kept beside it.
type Made struct {
	Item       *Item
	Recipients []Recipient
	Tags       []string     // hashtags without #, lower case
	Files      []media.ID   // uploads of the author, when local
	Remote     []media.File // attachments elsewhere
	Doc        []byte       // the object as it was signed; nil for a boost, and for what is ours until SetDoc
	Adopted    []ID         // set by Save: threads of answers that came before it, and are in its thread now
}

// Save keeps a new item and counts it where it counts. It reports false when the item is already there.
func (l *Library) Save(ctx context.Context, tx *db.Tx, m *Made) (bool, error) {
	i := m.Item
	fail := func(err error) (bool, error) { return false, fmt.Errorf("save %s: %w", i.IRI, err) }
	if i.Created.IsZero() {
		i.Created = time.Now()
	}
	if i.ID == 0 {
		i.ID = ID(l.DB.IDAt(i.Published))
	}
	if i.Thread == 0 {
		i.Thread = i.ID
	}
	res, err := tx.Exec(ctx, `INSERT INTO items (id, iri, kind, local, author, grp, audience, reply_to, reply_author, reply_iri, thread, boost_of, title, content,
		source, summary, language, url, context, sensitive, poll, emojis, published, edited, created, app,
		quote_of, quote_iri, quote_state, quote_stamp, quote_policy, hidden)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, COALESCE(`+hiddenBy("$5")+`, 0))
		ON CONFLICT (iri) DO NOTHING`,
		i.ID, i.IRI, i.Kind, i.Local, i.Author, i.Group, i.Audience, i.ReplyTo, i.ReplyAuthor, i.ReplyIRI, i.Thread, i.BoostOf, i.Title, i.Content,
		i.Source, i.Summary, i.Language, i.URL, i.Context, i.Sensitive, pollText(i.Poll), emojiText(i.Emojis), db.Millis(i.Published), db.Millis(i.Edited),
		db.Millis(i.Created), i.App, i.Quote.Of, i.Quote.IRI, i.Quote.State, i.Quote.Stamp, i.QuotePolicy)
	if err != nil {
		return fail(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	if len(m.Doc) > 0 {
		if err := SetDoc(ctx, tx, i.ID, m.Doc); err != nil {
			return fail(err)
		}
	}
	for _, r := range m.Recipients {
		if _, err := tx.Exec(ctx, "INSERT INTO recipients (item, actor, mention) VALUES ($1, $2, $3) ON CONFLICT (item, actor) DO NOTHING", i.ID, r.Actor, r.Mention); err != nil {
			return fail(err)
		}
	}
	if err := l.setTags(ctx, tx, i.ID, m.Tags); err != nil {
		return fail(err)
	}
	if len(m.Files) > 0 {
		if err := media.Attach(ctx, tx, int64(i.ID), int64(i.Author), m.Files); err != nil {
			return false, err
		}
	}
	if len(m.Remote) > 0 {
		if err := media.AddRemote(ctx, tx, int64(i.ID), int64(i.Author), m.Remote); err != nil {
			return fail(err)
		}
	}
	if err := l.count(ctx, tx, i, 1); err != nil {
		return fail(err)
	}
	if err := index(ctx, tx, m); err != nil {
		return false, err
	}
	if i.Kind == Announce {
		return true, nil
	}
	if err := adoptQuotes(ctx, tx, i); err != nil {
		return fail(err)
	}
	m.Adopted, err = l.adopt(ctx, tx, i)
	if err != nil {
		return fail(err)
	}
	return true, nil
}

// count adds (or, with -1, takes) the item where it is counted: at its author, its parent, what it boosts, what it quotes.
func (l *Library) count(ctx context.Context, tx *db.Tx, i *Item, step int) error {
	if i.Audience != actors.Members { // how much somebody writes in closed groups, and when, is not for others
		if _, err := tx.Exec(ctx, `UPDATE actors SET items_count = items_count + $1, last_item = CASE WHEN $1 > 0 AND last_item < $2 THEN $2 ELSE last_item END
			WHERE id = $3`, step, db.Millis(i.Published), i.Author); err != nil {
			return err
		}
	}
	if i.ReplyTo != 0 {
		if _, err := tx.Exec(ctx, "UPDATE items SET replies_count = replies_count + $1 WHERE id = $2", step, i.ReplyTo); err != nil {
			return err
		}
	}
	if i.BoostOf != 0 && i.Group != i.Author { // a group's boost is how its members see a post, and no applause
		if _, err := tx.Exec(ctx, "UPDATE items SET boosts_count = boosts_count + $1 WHERE id = $2", step, i.BoostOf); err != nil {
			return err
		}
	}
	return countQuote(ctx, tx, i.Quote, step)
}

// adopt gives replies that came before their parent their place in its conversation, and returns the threads they began. The condition that says nothing new is
// for SQLite, which takes a partial index only for a query that repeats what it leaves out.
func (l *Library) adopt(ctx context.Context, tx *db.Tx, parent *Item) ([]ID, error) {
	orphans, err := db.All(ctx, tx, func(r db.Scanner) (t ID, err error) { return t, r.Scan(&t) },
		"SELECT thread FROM items WHERE reply_iri = $1 AND reply_to = 0 AND reply_iri <> ''", parent.IRI)
	if err != nil || len(orphans) == 0 {
		return nil, err
	}
	if _, err := tx.Exec(ctx, "UPDATE items SET reply_to = $1, reply_author = $2 WHERE reply_iri = $3 AND reply_to = 0 AND reply_iri <> ''", parent.ID, parent.Author, parent.IRI); err != nil {
		return nil, err
	}
	list, args := db.In([]any{parent.Thread}, orphans)
	if _, err := tx.Exec(ctx, "UPDATE items SET thread = $1 WHERE thread IN ("+list+")", args...); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, "UPDATE items SET replies_count = replies_count + $1 WHERE id = $2", len(orphans), parent.ID)
	return orphans, err
}

func (l *Library) setTags(ctx context.Context, tx *db.Tx, id ID, tags []string) error {
	for _, name := range tags {
		if _, err := tx.Exec(ctx, "INSERT INTO tags (name, item) VALUES ($1, $2) ON CONFLICT (name, item) DO NOTHING", name, id); err != nil {
			return err
		}
	}
	return nil
}

// Edit replaces what an item says, and keeps what it said before as a version. What it quotes stays: see SetQuote.
func (l *Library) Edit(ctx context.Context, tx *db.Tx, before *Item, m *Made) error {
	i := m.Item
	fail := func(err error) error { return fmt.Errorf("edit %s: %w", before.IRI, err) }
	files, err := media.Of(ctx, tx, []int64{int64(before.ID)})
	if err != nil {
		return fail(err)
	}
	if had := files[int64(before.ID)]; before.Local || changed(before, had, m) {
		if err := l.keepVersion(ctx, tx, before, had); err != nil {
			return fail(err)
		}
	}
	if !before.Poll.Same(i.Poll) { // another question: what was chosen answers it no longer
		if _, err := tx.Exec(ctx, "DELETE FROM votes WHERE item = $1 AND kind = 'choice'", before.ID); err != nil {
			return fail(err)
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE items SET kind = $1, title = $2, content = $3, source = $4, summary = $5, language = $6, url = $7, sensitive = $8, poll = $9,
		emojis = $10, edited = $11, quote_policy = $12 WHERE id = $13`, i.Kind, i.Title, i.Content, i.Source, i.Summary, i.Language, i.URL, i.Sensitive, pollText(i.Poll),
		emojiText(i.Emojis), db.Millis(i.Edited), i.QuotePolicy, before.ID); err != nil {
		return fail(err)
	}
	if len(m.Doc) > 0 {
		if err := SetDoc(ctx, tx, before.ID, m.Doc); err != nil {
			return fail(err)
		}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM tags WHERE item = $1", before.ID); err != nil {
		return fail(err)
	}
	if err := l.setTags(ctx, tx, before.ID, m.Tags); err != nil {
		return fail(err)
	}
	if before.Local { // who is named no longer has had it, and may see it still
		if _, err := tx.Exec(ctx, "UPDATE recipients SET mention = FALSE WHERE item = $1", before.ID); err != nil {
			return fail(err)
		}
	}
	for _, r := range m.Recipients {
		if _, err := tx.Exec(ctx, "INSERT INTO recipients (item, actor, mention) VALUES ($1, $2, $3) ON CONFLICT (item, actor) DO UPDATE SET mention = excluded.mention",
			before.ID, r.Actor, r.Mention); err != nil {
			return fail(err)
		}
	}
	if !before.Local {
		if err := media.AddRemote(ctx, tx, int64(before.ID), int64(before.Author), m.Remote); err != nil {
			return fail(err)
		}
	}
	i.ID, i.IRI, i.Local, i.Author, i.Group, i.Audience, i.Published, i.Created = before.ID, before.IRI, before.Local, before.Author, before.Group, before.Audience, before.Published, before.Created
	i.ReplyTo, i.ReplyAuthor, i.ReplyIRI, i.Thread, i.Card = before.ReplyTo, before.ReplyAuthor, before.ReplyIRI, before.Thread, before.Card
	i.Quote, i.QuotesCount = before.Quote, before.QuotesCount
	return Index(ctx, tx, []ID{before.ID})
}

// Remove takes an item and the boosts of it away for good, and keeps a tombstone, so that a late Create does not bring it back.
// It returns all that went.
func (l *Library) Remove(ctx context.Context, tx *db.Tx, i *Item) ([]*Item, error) {
	fail := func(err error) ([]*Item, error) { return nil, fmt.Errorf("remove %s: %w", i.IRI, err) }
	boosts, err := Listed(ctx, tx, "i.boost_of = $1 AND i.boost_of > 0", []any{i.ID})
	if err != nil {
		return fail(err)
	}
	gone := append(boosts, i)
	for _, x := range gone {
		if err := l.count(ctx, tx, x, -1); err != nil {
			return fail(err)
		}
		if x.Kind != Announce {
			if err := l.Media.RemoveOf(ctx, tx, int64(x.ID)); err != nil {
				return fail(err)
			}
		}
		if _, err := tx.Exec(ctx, "UPDATE items SET reply_to = 0 WHERE reply_to = $1 AND reply_to > 0", x.ID); err != nil {
			return fail(err)
		}
		if err := bereaveQuotes(ctx, tx, x.ID); err != nil {
			return fail(err)
		}
		if _, err := tx.Exec(ctx, "DELETE FROM items WHERE id = $1", x.ID); err != nil {
			return fail(err)
		}
	}
	return gone, bury(ctx, tx, i.IRI, i.Kind, i.Audience == actors.Members)
}

// Bury notes that an id is gone for good, known here or not.
func Bury(ctx context.Context, tx *db.Tx, iri, formerType string) error {
	return bury(ctx, tx, iri, formerType, false)
}

// bury is Bury; of what stood in a closed group nobody is told that it was ever there.
func bury(ctx context.Context, tx *db.Tx, iri, formerType string, secret bool) error {
	_, err := tx.Exec(ctx, "INSERT INTO tombstones (iri, former_type, deleted, secret) VALUES ($1, $2, $3, $4) ON CONFLICT (iri) DO NOTHING", iri, formerType, db.Millis(time.Now()), secret)
	return err
}

// Unbury forgets that an id is gone, so that it may come again.
func Unbury(ctx context.Context, tx *db.Tx, iri string) error {
	_, err := tx.Exec(ctx, "DELETE FROM tombstones WHERE iri = $1", iri)
	return err
}

// Tombstone tells everybody what an id was and when it went; fault.NotFound when it did not, or when that is not for everybody.
func Tombstone(ctx context.Context, q db.Q, iri string) (formerType string, deleted time.Time, err error) {
	_, err = db.One(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var ms int64
		err = r.Scan(&formerType, &ms)
		deleted = db.FromMillis(ms)
		return x, err
	}, "SELECT former_type, deleted FROM tombstones WHERE iri = $1 AND NOT secret", iri)
	return formerType, deleted, err
}

// Buried tells whether an id is gone for good.
func Buried(ctx context.Context, q db.Q, iri string) (bool, error) {
	n, err := db.One(ctx, q, func(r db.Scanner) (n int, err error) { return n, r.Scan(&n) }, "SELECT COUNT(*) FROM tombstones WHERE iri = $1", iri)
	return n > 0, err
}

// Pin puts an item at the head of its author's page; the zero time takes it away.
func Pin(ctx context.Context, tx *db.Tx, id ID, when time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE items SET pinned = $1 WHERE id = $2", db.Millis(when), id)
	return err
}

// PinInGroup puts an item at the head of its group's page; the zero time takes it away.
func PinInGroup(ctx context.Context, tx *db.Tx, id ID, when time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE items SET featured = $1 WHERE id = $2", db.Millis(when), id)
	return err
}

// Close stops the replies to an item (FEP-1b12 Lock); the zero time opens it again.
func Close(ctx context.Context, tx *db.Tx, id ID, when time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE items SET closed = $1 WHERE id = $2", db.Millis(when), id)
	return err
}

func pollText(p *Poll) string {
	if p == nil {
		return ""
	}
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings, numbers and times always marshal
	}
	return string(text)
}

func emojiText(e []actors.Emoji) string {
	if len(e) == 0 {
		return "[]"
	}
	text, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// SetGroup notes that an item stands in a group: the group has said so.
func SetGroup(ctx context.Context, tx *db.Tx, id ID, group actors.ID) error {
	if _, err := tx.Exec(ctx, "UPDATE items SET grp = $1 WHERE id = $2", group, id); err != nil {
		return err
	}
	return sign(ctx, tx, id, SignIn(group))
}
