// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// following is what the people and groups that the viewer follows wrote, and what the viewer wrote: newest first. A reply is
// there when the viewer follows both; a post in a group that the viewer is a member of comes as the group's own boost, and
// one's own is there until the group has passed it on: for good when it is a reply.
func (t *Timelines) following(ctx context.Context, v actors.Viewer, p actors.Page) ([]*content.Item, error) {
	args := []any{v.ID}
	if t.DB.Postgres() {
		return t.wanted(ctx, v, home, args, p)
	}
	me, err := actors.Get(ctx, t.DB, v.ID)
	if err != nil {
		return nil, err
	}
	if me.FollowingCount >= followsMany {
		if items, whole, err := t.amongNewest(ctx, v, home, args, p); err != nil || whole {
			return items, err
		}
	}
	return t.by(ctx, v, followed, home, args, p)
}

const (
	followed    = "SELECT f.object FROM relations f INDEXED BY relations_active WHERE f.subject = $1 AND f.state = 'active' AND f.object <> $1 UNION ALL SELECT $1"
	followsMany = 400 // who follows so many soon finds a page among the newest items of all, which costs less than a look at each author
	newest      = 300 // items
)

// by is a page of what some authors wrote, given as a query of their numbers, on SQLite: it goes from item to item, always to the
// newest that is left of any of them, until the page is full. So it costs a look at each author and one at each item that is
// passed, whether they write much or were silent for long, and however much others wrote. Of the items the condition may ask what
// is in the index items_newest.
//
// In the queue stands the next item of each author, at first as the table latest has it, which may be gone. A recursive query takes
// rows from it in the order of its ORDER BY, and what reads it takes no more than its LIMIT (SQLite, "The WITH Clause", §3.4).
func (t *Timelines) by(ctx context.Context, v actors.Viewer, authors, condition string, args []any, p actors.Page) ([]*content.Item, error) {
	within, written := "", ""
	if p.Max != 0 {
		args = append(args, p.Max)
		within += fmt.Sprintf(" AND i.id < $%d", len(args))
	}
	if after := max(p.Since, p.Min); after != 0 {
		args = append(args, after)
		within += fmt.Sprintf(" AND i.id > $%d", len(args))
		written = fmt.Sprintf(" AND l.item > $%d", len(args))
	}
	order, first, next := "DESC", "l.item", "(SELECT MAX(i.id) FROM items i WHERE i.author = q.author AND i.id < q.id"+within+")"
	switch {
	case p.Min != 0:
		order, first, next = "ASC", "(SELECT MIN(i.id) FROM items i WHERE i.author = l.author"+within+")", "(SELECT MIN(i.id) FROM items i WHERE i.author = q.author AND i.id > q.id"+within+")"
	case p.Max != 0:
		first = "(SELECT MAX(i.id) FROM items i WHERE i.author = l.author" + within + ")"
	}
	wants, args := actors.Wants(v, "i", args)
	sees, args := actors.Sees(v, "i", args)
	return t.rows(ctx, fmt.Sprintf(`WITH RECURSIVE authors (author) AS (%s), q (id, author) AS (
		SELECT %s, l.author FROM authors f CROSS JOIN latest l WHERE l.author = f.author%s
		UNION ALL SELECT %s, q.author FROM q WHERE q.id > 0 ORDER BY 1 %s)
		SELECT i.id FROM q CROSS JOIN items i INDEXED BY items_newest WHERE i.id = q.id AND %s AND %s AND %s LIMIT %d`,
		authors, first, written, next, order, condition, sees, wants, max(p.Limit, 1)), args, p)
}

// amongNewest looks for a page among the newest items of all, or for a later page among those just before it, in an index that
// has all that home asks of them. It tells whether the page is whole: full, or bounded within what was looked through.
func (t *Timelines) amongNewest(ctx context.Context, v actors.Viewer, condition string, args []any, p actors.Page) (items []*content.Item, whole bool, err error) {
	before := actors.Page{Max: p.Max, Limit: 1}
	var bound []any
	from, err := db.One(ctx, t.DB, db.Scalar[int64], fmt.Sprintf("SELECT i.id FROM items i INDEXED BY items_newest WHERE i.id > 0%s OFFSET %d", before.SQL("i.id", &bound), newest), bound...)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return nil, false, fmt.Errorf("look where the newest items begin: %w", err)
	}
	bounded := max(p.Since, p.Min) >= from
	if p.Min != 0 && !bounded {
		return nil, false, nil
	}
	args = append(args, from)
	condition = fmt.Sprintf("i.id >= $%d AND ", len(args)) + condition
	wants, args := actors.Wants(v, "i", args)
	sees, args := actors.Sees(v, "i", args)
	query := "SELECT i.id FROM items i INDEXED BY items_newest WHERE " + condition + " AND " + sees + " AND " + wants + p.SQL("i.id", &args)
	items, err = t.rows(ctx, query, args, p)
	return items, bounded || len(items) >= p.Limit, err
}

// rows are the items of a page whose numbers a query gives, behind the gate.
func (t *Timelines) rows(ctx context.Context, query string, args []any, p actors.Page) ([]*content.Item, error) {
	ids, err := db.All(ctx, t.DB, db.Scalar[content.ID], query, args...)
	if err != nil {
		return nil, fmt.Errorf("read a timeline: %w", err)
	}
	items, err := content.Rows(ctx, t.DB, ids)
	p.Arrange(len(items), func(a, b int) { items[a], items[b] = items[b], items[a] })
	return items, err
}

const home = `(i.author = $1 OR EXISTS (SELECT 1 FROM relations f WHERE f.subject = $1 AND f.object = i.author AND f.state = 'active' AND (f.boosts OR i.boost_of = 0)
		AND (f.languages = '' OR i.language = '' OR f.languages LIKE '% ' || i.language || ' %')))
	AND (i.reply_author = 0 OR i.reply_author = i.author OR i.reply_author = $1 OR i.author = $1
		OR EXISTS (SELECT 1 FROM relations f WHERE f.subject = $1 AND f.object = i.reply_author AND f.state = 'active'))
	AND (i.grp = 0 OR i.boost_of > 0
		OR i.author = $1 AND NOT EXISTS (SELECT 1 FROM items b WHERE b.boost_of = i.id AND b.boost_of > 0 AND b.author = i.grp)
		OR NOT EXISTS (SELECT 1 FROM relations f WHERE f.subject = $1 AND f.object = i.grp AND f.state = 'active'))
	AND i.author NOT IN (SELECT m.member FROM lists l JOIN list_members m ON m.list = l.id WHERE l.owner = $1 AND l.exclusive)`
