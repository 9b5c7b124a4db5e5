// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Kinds of votes.
const (
	Like     = "like"
	Dislike  = "dislike"
	Emoji    = "emoji"    // FEP-c0e0; the value is the emoji
	Choice   = "choice"   // in a poll; the value is the number of the option
	Bookmark = "bookmark" // private
)

// Vote keeps what an actor says about an item without words. It reports false when it was said before.
func (l *Library) Vote(ctx context.Context, tx *db.Tx, i *Item, who actors.ID, kind, value, iri string) (bool, error) {
	res, err := tx.Exec(ctx, "INSERT INTO votes (id, item, actor, kind, value, iri) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (item, actor, kind, value) DO NOTHING",
		l.DB.NewID(), i.ID, who, kind, value, iri)
	if err != nil {
		return false, fmt.Errorf("%s of %s: %w", kind, i.IRI, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	if kind == Like || kind == Emoji {
		if _, err = tx.Exec(ctx, "UPDATE items SET likes_count = likes_count + 1 WHERE id = $1", i.ID); err != nil {
			return true, err
		}
	}
	return true, signVote(ctx, tx, i.ID, who)
}

// Unvote takes a vote back; with an empty value all of that kind. It returns the id of the activity that had said it, "" when there was none.
func (l *Library) Unvote(ctx context.Context, tx *db.Tx, i *Item, who actors.ID, kind, value string) (string, error) {
	said, err := db.All(ctx, tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) },
		"DELETE FROM votes WHERE item = $1 AND actor = $2 AND kind = $3 AND ($4 = '' OR value = $4) RETURNING iri", i.ID, who, kind, value)
	if err != nil {
		return "", fmt.Errorf("take back %s of %s: %w", kind, i.IRI, err)
	}
	if len(said) == 0 {
		return "", nil
	}
	if kind == Like || kind == Emoji {
		_, err = tx.Exec(ctx, "UPDATE items SET likes_count = likes_count - $1 WHERE id = $2", len(said), i.ID)
	}
	return said[0], err
}

// VoteByIRI finds a vote by the id of its activity.
func VoteByIRI(ctx context.Context, q db.Q, iri string) (item ID, kind, value string, err error) {
	_, err = db.One(ctx, q, func(r db.Scanner) (x struct{}, err error) { return x, r.Scan(&item, &kind, &value) },
		"SELECT item, kind, value FROM votes WHERE iri = $1 AND iri <> ''", iri)
	return item, kind, value, err
}

// Choose is a vote in a poll of ours, by the name of the option (FEP-9967). The rules are those of the poll: open, once, one choice unless multiple.
func (l *Library) Choose(ctx context.Context, tx *db.Tx, i *Item, who actors.ID, name, iri string) (bool, error) {
	stored, err := StoredByID(ctx, tx, i.ID) // i may have been read before the transaction, and others vote meanwhile
	if err != nil {
		return false, err
	}
	if i.Poll = stored.Poll; i.Poll == nil {
		return false, fault.Say(fault.Invalid, "This is not a poll.")
	}
	option := -1
	for n, o := range i.Poll.Options {
		if o.Name == name {
			option = n
		}
	}
	switch {
	case option < 0:
		return false, fault.Say(fault.Invalid, "The poll has no answer %q.", name)
	case i.Poll.Over(time.Now()):
		return false, fault.Say(fault.Invalid, "The poll is over.")
	case who == i.Author:
		return false, fault.Say(fault.Invalid, "You cannot vote in your own poll.")
	}
	before, err := Choices(ctx, tx, []ID{i.ID}, who)
	if err != nil {
		return false, err
	}
	if len(before[i.ID]) > 0 && !i.Poll.Multiple {
		return false, fault.Say(fault.Invalid, "You have already voted in this poll.")
	}
	added, err := l.Vote(ctx, tx, i, who, Choice, strconv.Itoa(option), iri)
	if err != nil || !added {
		return added, err
	}
	if len(before[i.ID]) == 0 {
		i.Poll.Voters = max(i.Poll.Voters, 0) + 1
	}
	i.Poll.Options[option].Votes++
	return true, SetPoll(ctx, tx, i.ID, i.Poll)
}

// SetPoll keeps new counts of a poll.
func SetPoll(ctx context.Context, tx *db.Tx, id ID, p *Poll) error {
	_, err := tx.Exec(ctx, "UPDATE items SET poll = $1 WHERE id = $2", pollText(p), id)
	return err
}

// Voters returns who voted so on an item, the last one first; the cursors number the votes. Whoever may see the item may see them.
func Voters(ctx context.Context, q db.Q, id ID, kind string, p actors.Page) (who []actors.ID, cursors []int64, err error) {
	args := []any{id, kind}
	_, err = db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var vote int64
		var one actors.ID
		err = r.Scan(&vote, &one)
		who, cursors = append(who, one), append(cursors, vote)
		return x, err
	}, "SELECT v.id, v.actor FROM votes v WHERE v.item = $1 AND v.kind = $2"+p.SQL("v.id", &args), args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list who voted %s on item %d: %w", kind, id, err)
	}
	p.Arrange(len(who), func(a, b int) {
		who[a], who[b], cursors[a], cursors[b] = who[b], who[a], cursors[b], cursors[a]
	})
	return who, cursors, nil
}

// Choices returns what an actor chose in these polls, in one query.
func Choices(ctx context.Context, q db.Q, ids []ID, who actors.ID) (map[ID][]int, error) {
	list, args := db.In([]any{who}, ids)
	found := map[ID][]int{}
	_, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var item ID
		var value string
		if err = r.Scan(&item, &value); err != nil {
			return x, err
		}
		n, err := strconv.Atoi(value)
		found[item] = append(found[item], n)
		return x, err
	}, "SELECT item, value FROM votes WHERE actor = $1 AND kind = 'choice' AND item IN ("+list+") ORDER BY item, value", args...)
	return found, err
}

// Marks is what one of ours did with an item.
type Marks struct{ Liked, Boosted, Bookmarked bool }

// MarksOf returns what one of ours did with these items, in one query.
func MarksOf(ctx context.Context, q db.Q, who actors.ID, ids []ID) (map[ID]Marks, error) {
	found := map[ID]Marks{}
	if who == 0 || len(ids) == 0 {
		return found, nil
	}
	list, args := db.In([]any{who}, ids)
	_, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var item ID
		var kind string
		err = r.Scan(&item, &kind)
		m := found[item]
		m.Liked, m.Bookmarked, m.Boosted = m.Liked || kind == Like, m.Bookmarked || kind == Bookmark, m.Boosted || kind == Announce
		found[item] = m
		return x, err
	}, "SELECT item, kind FROM votes WHERE actor = $1 AND kind IN ('like', 'bookmark') AND item IN ("+list+`)
		UNION ALL SELECT boost_of, kind FROM items WHERE author = $1 AND boost_of > 0 AND boost_of IN (`+list+")", args...)
	if err != nil {
		return nil, fmt.Errorf("load marks: %w", err)
	}
	return found, nil
}

// Touched tells who of these people has done something with one of these items that MarksOf or Choices would show.
func Touched(ctx context.Context, q db.Q, who []actors.ID, ids []ID) (map[actors.ID]bool, error) {
	people, args := db.In(nil, who)
	items, args := db.In(args, ids)
	all, err := db.All(ctx, q, db.Scalar[actors.ID], "SELECT actor FROM votes WHERE actor IN ("+people+") AND item IN ("+items+`)
		UNION SELECT author FROM items WHERE author IN (`+people+") AND boost_of > 0 AND boost_of IN ("+items+")", args...)
	if err != nil {
		return nil, fmt.Errorf("who touched items: %w", err)
	}
	found := make(map[actors.ID]bool, len(all))
	for _, id := range all {
		found[id] = true
	}
	return found, nil
}

// Boost returns the boost of an item by an actor, fault.NotFound when there is none.
func Boost(ctx context.Context, q db.Q, of ID, by actors.ID) (*Item, error) {
	return db.One(ctx, q, scan, "SELECT "+columns+" FROM items i WHERE i.boost_of = $1 AND i.author = $2 AND i.boost_of > 0", of, by)
}
