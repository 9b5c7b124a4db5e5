// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
)

// Beside its words an item is indexed under signs: words that say for whom it may be and what it has. They lead a search
// straight to what the searcher may find, however much else has the same words. They decide nothing: the gate and the rules
// of the search look at the items themselves, so a sign too many, or one that somebody typed, finds nothing more.
const (
	SignOpen = "qqopen" // for everybody, of an author who agreed to be found (FEP-5feb)
	SignLink = "qqlink" // with a link to elsewhere
)

// SignOf is the sign of what an actor wrote.
func SignOf(author actors.ID) string { return "qqa" + strconv.FormatInt(int64(author), 10) }

// SignFor is the sign of what is an actor's to find again: it mentions the actor, who liked, boosted, kept or voted in it.
func SignFor(who actors.ID) string { return "qqv" + strconv.FormatInt(int64(who), 10) }

// SignIn is the sign of what stands in a group.
func SignIn(group actors.ID) string { return "qqg" + strconv.FormatInt(int64(group), 10) }

const mostTerms = 10_000 // of one item

// indexed is all that the index takes of an item.
type indexed struct {
	item       *Item
	indexable  bool // the author is
	recipients []Recipient
	files      []media.File
	voters     []actors.ID // people of this node who voted on it or boosted it
}

func (x indexed) text() string {
	i := x.item
	words := []string{i.Title, i.Summary, plain(i.Content)}
	if i.Poll != nil {
		for _, o := range i.Poll.Options {
			words = append(words, o.Name)
		}
	}
	for _, f := range x.files {
		words = append(words, f.Description)
	}
	terms := db.Terms(strings.Join(words, "\n"))
	terms = append(terms[:min(len(terms), mostTerms)], SignOf(i.Author))
	if x.indexable && i.Audience == actors.Public {
		terms = append(terms, SignOpen)
	}
	if i.Group != 0 {
		terms = append(terms, SignIn(i.Group))
	}
	for _, r := range x.recipients {
		terms = append(terms, SignFor(r.Actor))
	}
	for _, v := range x.voters {
		terms = append(terms, SignFor(v))
	}
	if FirstLink(i.Content, func(string) bool { return false }) != "" {
		terms = append(terms, SignLink)
	}
	return strings.Join(terms, " ")
}

// index makes a new item findable; of a boost, what it boosts, by who boosted it. What nobody here could find is left out until
// somebody has to do with it: that is most of what comes from elsewhere.
func index(ctx context.Context, tx *db.Tx, m *Made) error {
	i := m.Item
	if i.Kind == Announce {
		if !i.Local || i.Author == i.Group {
			return nil
		}
		return sign(ctx, tx, i.BoostOf, SignFor(i.Author))
	}
	x := indexed{item: i, recipients: m.Recipients, files: m.Remote}
	var ours bool
	err := tx.Row(ctx, `SELECT a.indexable, EXISTS (SELECT 1 FROM recipients r JOIN actors o ON o.id = r.actor WHERE r.item = $2 AND o.local) FROM actors a WHERE a.id = $1`,
		i.Author, i.ID).Scan(&x.indexable, &ours)
	if err != nil {
		return fmt.Errorf("index %s: %w", i.IRI, err)
	}
	if !i.Local && i.Group == 0 && !ours && !(x.indexable && i.Audience == actors.Public) {
		return nil
	}
	if len(m.Files) > 0 {
		files, err := media.Of(ctx, tx, []int64{int64(i.ID)})
		if err != nil {
			return fmt.Errorf("index %s: %w", i.IRI, err)
		}
		x.files = files[int64(i.ID)]
	}
	return x.keep(ctx, tx)
}

func (x indexed) keep(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, "INSERT INTO searchable (item, text) VALUES ($1, $2) ON CONFLICT (item) DO UPDATE SET text = excluded.text", x.item.ID, x.text())
	if err != nil {
		return fmt.Errorf("index %s: %w", x.item.IRI, err)
	}
	return nil
}

// sign adds a sign to what is indexed, and indexes what is not.
func sign(ctx context.Context, tx *db.Tx, id ID, sign string) error {
	fail := func(err error) error { return fmt.Errorf("index item %d for %s: %w", id, sign, err) }
	text, err := db.One(ctx, tx, db.Scalar[string], "SELECT text FROM searchable WHERE item = $1", id)
	switch {
	case errors.Is(err, fault.NotFound):
		return Index(ctx, tx, []ID{id})
	case err != nil:
		return fail(err)
	case strings.Contains(text+" ", " "+sign+" "):
		return nil
	}
	if _, err := tx.Exec(ctx, "UPDATE searchable SET text = $1 WHERE item = $2", text+" "+sign, id); err != nil {
		return fail(err)
	}
	return nil
}

// signVote makes an item findable by one of ours who voted on it.
func signVote(ctx context.Context, tx *db.Tx, id ID, who actors.ID) error {
	local, err := db.One(ctx, tx, db.Scalar[bool], "SELECT local FROM actors WHERE id = $1", who)
	if err != nil || !local {
		return err
	}
	return sign(ctx, tx, id, SignFor(who))
}

// Index reads items again, all that the index takes of them, and indexes them anew.
func Index(ctx context.Context, tx *db.Tx, ids []ID) error {
	if len(ids) == 0 {
		return nil
	}
	list, args := db.In(nil, ids)
	fail := func(err error) error { return fmt.Errorf("index %d items: %w", len(ids), err) }
	items, err := Listed(ctx, tx, "i.id IN ("+list+") AND i.kind <> 'Announce'", args)
	if err != nil {
		return fail(err)
	}
	recipients, err := Recipients(ctx, tx, ids)
	if err != nil {
		return fail(err)
	}
	numbers := make([]int64, len(ids))
	for n, id := range ids {
		numbers[n] = int64(id)
	}
	files, err := media.Of(ctx, tx, numbers)
	if err != nil {
		return fail(err)
	}
	indexable := map[ID]bool{}
	_, err = db.All(ctx, tx, func(r db.Scanner) (x struct{}, err error) {
		var id ID
		err = r.Scan(&id)
		indexable[id] = true
		return x, err
	}, "SELECT i.id FROM items i JOIN actors a ON a.id = i.author WHERE i.id IN ("+list+") AND a.indexable", args...)
	if err != nil {
		return fail(err)
	}
	voters := map[ID][]actors.ID{}
	_, err = db.All(ctx, tx, func(r db.Scanner) (x struct{}, err error) {
		var id ID
		var who actors.ID
		err = r.Scan(&id, &who)
		voters[id] = append(voters[id], who)
		return x, err
	}, "SELECT v.item, v.actor FROM votes v JOIN actors a ON a.id = v.actor WHERE v.item IN ("+list+`) AND a.local
		UNION SELECT b.boost_of, b.author FROM items b JOIN actors a ON a.id = b.author WHERE b.boost_of IN (`+list+") AND b.boost_of > 0 AND a.local AND a.kind <> 'Group'", args...)
	if err != nil {
		return fail(err)
	}
	for _, i := range items {
		x := indexed{item: i, indexable: indexable[i.ID], recipients: recipients[i.ID], files: files[int64(i.ID)], voters: voters[i.ID]}
		if err := x.keep(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// Unindexed lists items that are not in the index, before a number, the newest first.
func Unindexed(ctx context.Context, q db.Q, before ID, most int) ([]ID, error) {
	return db.All(ctx, q, db.Scalar[ID], `SELECT i.id FROM items i WHERE i.id < $1 AND i.kind <> 'Announce'
		AND NOT EXISTS (SELECT 1 FROM searchable s WHERE s.item = i.id) ORDER BY i.id DESC LIMIT $2`, before, most)
}

// OpenBy lists what an actor wrote for everybody, before a number, the newest first.
func OpenBy(ctx context.Context, q db.Q, author actors.ID, before ID, most int) ([]ID, error) {
	return db.All(ctx, q, db.Scalar[ID], `SELECT i.id FROM items i WHERE i.author = $1 AND i.id < $2 AND i.audience = 0 AND i.kind <> 'Announce'
		ORDER BY i.id DESC LIMIT $3`, author, before, most)
}
