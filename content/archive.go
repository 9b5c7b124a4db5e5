// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"context"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

// What stands in a group, whoever may see it: for its archive, which its administrator makes. See package archive.

// Standing is a post in a group, with what is kept beside it.
type Standing struct {
	*Item
	Doc                 []byte    // the object as it was signed
	Featured, Announced time.Time // pinned in the group; announced by it
	Versions            []Version // what it said before, the first version first
	Mentions            []actors.ID
	Reactions           []Reaction
}

// Reaction is what somebody says about a post without words, for everybody to see.
type Reaction struct {
	By          actors.ID
	Kind, Value string // like, dislike or emoji; the emoji
	IRI         string // of the activity
}

// StandingIn lists the posts in a group after a number, the oldest first. Those of suspended people are not among them.
func StandingIn(ctx context.Context, q db.Q, group actors.ID, after ID, limit int) ([]*Standing, error) {
	fail := func(err error) ([]*Standing, error) { return nil, fmt.Errorf("posts of group %d: %w", group, err) }
	items, err := db.All(ctx, q, scan, "SELECT "+columns+" FROM items i WHERE i.grp = $1 AND i.grp > 0 AND i.id > $2 AND i.kind <> 'Announce' AND i.hidden < 2 ORDER BY i.id LIMIT $3", group, after, limit)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	all, ids, at := make([]*Standing, len(items)), make([]ID, len(items)), make(map[ID]*Standing, len(items))
	for n, i := range items {
		all[n] = &Standing{Item: i}
		ids[n], at[i.ID] = i.ID, all[n]
	}
	list, args := db.In(nil, ids)
	each := func(text string, scan func(db.Scanner) error) error {
		_, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) { return x, scan(r) }, text, args...)
		return err
	}
	var id ID
	if err := each("SELECT item, body FROM docs WHERE item IN ("+list+")", func(r db.Scanner) error {
		var body []byte
		err := r.Scan(&id, &body)
		at[id].Doc = body
		return err
	}); err != nil {
		return fail(err)
	}
	if err := each("SELECT id, featured FROM items WHERE featured > 0 AND id IN ("+list+")", func(r db.Scanner) error {
		var when int64
		err := r.Scan(&id, &when)
		at[id].Featured = db.FromMillis(when)
		return err
	}); err != nil {
		return fail(err)
	}
	if err := each("SELECT boost_of, MIN(published) FROM items WHERE boost_of > 0 AND author = grp AND boost_of IN ("+list+") GROUP BY boost_of", func(r db.Scanner) error {
		var when int64
		err := r.Scan(&id, &when)
		at[id].Announced = db.FromMillis(when)
		return err
	}); err != nil {
		return fail(err)
	}
	if err := each("SELECT item, "+versionColumns+" FROM versions WHERE item IN ("+list+") ORDER BY id", func(r db.Scanner) error {
		v, err := scanVersion(after1{r, &id})
		if err == nil {
			v.show(at[id].Audience)
			at[id].Versions = append(at[id].Versions, v)
		}
		return err
	}); err != nil {
		return fail(err)
	}
	if err := each("SELECT item, actor FROM recipients WHERE item IN ("+list+") ORDER BY item, actor", func(r db.Scanner) error {
		var who actors.ID
		err := r.Scan(&id, &who)
		at[id].Mentions = append(at[id].Mentions, who)
		return err
	}); err != nil {
		return fail(err)
	}
	if err := each("SELECT item, actor, kind, value, iri FROM votes WHERE kind IN ('like', 'dislike', 'emoji') AND item IN ("+list+") ORDER BY id", func(r db.Scanner) error {
		var v Reaction
		err := r.Scan(&id, &v.By, &v.Kind, &v.Value, &v.IRI)
		at[id].Reactions = append(at[id].Reactions, v)
		return err
	}); err != nil {
		return fail(err)
	}
	return all, nil
}

// after1 scans a row whose first column is the number of an item.
type after1 struct {
	db.Scanner
	id *ID
}

func (a after1) Scan(into ...any) error { return a.Scanner.Scan(append([]any{a.id}, into...)...) }

// Withheld are the posts in a group by suspended people.
func Withheld(ctx context.Context, q db.Q, group actors.ID) (map[ID]bool, error) {
	ids, err := db.All(ctx, q, db.Scalar[ID], "SELECT id FROM items WHERE grp = $1 AND grp > 0 AND kind <> 'Announce' AND hidden >= 2", group)
	if err != nil {
		return nil, fmt.Errorf("posts of suspended people in group %d: %w", group, err)
	}
	withheld := make(map[ID]bool, len(ids))
	for _, id := range ids {
		withheld[id] = true
	}
	return withheld, nil
}

// BuriedAt is when an id was buried; the zero time: it was not.
func BuriedAt(ctx context.Context, q db.Q, iri string) (time.Time, error) {
	ms, err := db.One(ctx, q, db.Scalar[int64], "SELECT COALESCE(MAX(deleted), 0) FROM tombstones WHERE iri = $1", iri)
	return db.FromMillis(ms), err
}

// Restore keeps a post that an archive holds: nobody is told of it. It reports false when the post is here already. The number that it has is
// taken unless another item has it.
func (l *Library) Restore(ctx context.Context, tx *db.Tx, m *Made) (bool, error) {
	n, err := db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM items WHERE id = $1", m.Item.ID)
	if err != nil {
		return false, fmt.Errorf("restore %s: %w", m.Item.IRI, err)
	}
	if n > 0 {
		m.Item.ID = 0
	}
	return l.Save(ctx, tx, m)
}

// Stand marks since when a post is pinned in its group, and closed for answers; a zero time: it is not.
func Stand(ctx context.Context, tx *db.Tx, id ID, pinned, closed time.Time) error {
	if err := PinInGroup(ctx, tx, id, pinned); err != nil {
		return err
	}
	return Close(ctx, tx, id, closed)
}

// Take lets a post stand in another group than in the one, maybe none, that it stood in: what that announced is gone.
func Take(ctx context.Context, tx *db.Tx, i *Item, group actors.ID) error {
	if i.Group != 0 {
		if _, err := tx.Exec(ctx, "DELETE FROM items WHERE boost_of = $1 AND boost_of > 0 AND author = $2", i.ID, i.Group); err != nil {
			return fmt.Errorf("take %s: %w", i.IRI, err)
		}
	}
	i.Group = group
	return SetGroup(ctx, tx, i.ID, group)
}

// RestoreVersion keeps what a post said before an edit, as an archive tells it.
func (l *Library) RestoreVersion(ctx context.Context, tx *db.Tx, item ID, v Version) error {
	v.Title, v.Content, v.Summary = actors.CleanText(v.Title, 500), actors.SanitizeHTML(v.Content), actors.CleanText(v.Summary, 500)
	v.Emojis = actors.Emojis(actors.EmojiTags(v.Emojis))
	if v.Poll != nil {
		for n := range v.Poll.Options {
			v.Poll.Options[n].Name = actors.CleanText(v.Poll.Options[n].Name, 200)
		}
	}
	if err := l.addVersion(ctx, tx, item, v); err != nil {
		return fmt.Errorf("restore a version of item %d: %w", item, err)
	}
	return nil
}

// IDs are the ActivityPub ids of items by their numbers; those that are gone are left out.
func IDs(ctx context.Context, q db.Q, ids []ID) (map[ID]string, error) {
	found := map[ID]string{}
	if len(ids) == 0 {
		return found, nil
	}
	list, args := db.In(nil, ids)
	_, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var id ID
		var iri string
		err = r.Scan(&id, &iri)
		found[id] = iri
		return x, err
	}, "SELECT id, iri FROM items WHERE id IN ("+list+")", args...)
	if err != nil {
		return nil, fmt.Errorf("ids of items: %w", err)
	}
	return found, nil
}
