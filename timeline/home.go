// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

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
	// SQLite: the page is among the newest items of all, or among those as new as the newest of the authors that wrote last,
	// or else found in the newest items of each author.
	items, err := t.amongNewest(ctx, v, p)
	if err != nil || len(items) >= p.Limit {
		return items, err
	}
	condition, recent, err := t.amongLastAuthors(ctx, v, p)
	if err != nil {
		return nil, err
	}
	if condition != "" {
		items, err = t.wanted(ctx, v, condition+" AND "+home, recent, p)
		if err != nil || len(items) >= p.Limit {
			return items, err
		}
	}
	sees, args := actors.Sees(v, "i", args)
	wants, args := actors.Wants(v, "i", args)
	each := "SELECT i.id FROM items i WHERE i.author = f.author AND " + home + " AND " + sees + " AND " + wants + p.SQL("i.id", &args)
	return t.list(ctx, v, "i.id IN (SELECT x.id FROM ("+authors+") f CROSS JOIN items x WHERE x.id IN ("+each+"))", args, p)
}

const (
	homeWindow  = 1000 // newest items that are looked through first, in an index that has all that home asks of them
	olderWindow = 300  // the same on the pages after the first
	followsMany = 40   // who follows fewer people finds little among the newest items of all
	floorFor    = 10 * time.Second
)

// floor remembers for a while where the newest items begin. It bounds what is looked through and nothing else.
type floor struct {
	mu sync.Mutex
	id content.ID
	at time.Time
}

func (t *Timelines) newestBegin(ctx context.Context) (content.ID, error) {
	t.floor.mu.Lock()
	defer t.floor.mu.Unlock()
	if time.Since(t.floor.at) < floorFor {
		return t.floor.id, nil
	}
	id, err := db.One(ctx, t.DB, db.Scalar[content.ID], "SELECT id FROM items INDEXED BY items_newest ORDER BY id DESC LIMIT 1 OFFSET $1", homeWindow)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return 0, fmt.Errorf("look where the newest items begin: %w", err)
	}
	t.floor.id, t.floor.at = id, time.Now()
	return id, nil
}

func (t *Timelines) amongNewest(ctx context.Context, v actors.Viewer, p actors.Page) ([]*content.Item, error) {
	if p.Min != 0 {
		return nil, nil
	}
	me, err := actors.Get(ctx, t.DB, v.ID)
	if err != nil || me.FollowingCount < followsMany {
		return nil, err
	}
	from, bound := "$2", any(p.Max)
	if p.Max != 0 {
		from = fmt.Sprintf("COALESCE((SELECT n.id FROM items n INDEXED BY items_newest WHERE n.id < $2 ORDER BY n.id DESC LIMIT 1 OFFSET %d), 0)", olderWindow)
	} else if bound, err = t.newestBegin(ctx); err != nil {
		return nil, err
	}
	args := []any{v.ID, bound}
	sees, args := actors.Sees(v, "i", args)
	wants, args := actors.Wants(v, "i", args)
	ids, err := db.All(ctx, t.DB, db.Scalar[content.ID], fmt.Sprintf(`SELECT i.id FROM items i INDEXED BY items_newest
		WHERE i.id >= %s AND %s AND %s AND %s`, from, home, sees, wants)+p.SQL("i.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("look through the newest items: %w", err)
	}
	return content.Rows(ctx, t.DB, ids)
}

// authors are those whom the viewer follows, and the viewer.
const authors = "SELECT object AS author FROM relations WHERE subject = $1 AND state = 'active' UNION ALL SELECT $1"

// amongLastAuthors takes the authors who wrote last, twice as many as the page has items: each has one item at least that is
// as new as the last of theirs, so that the page, even when half of it is not shown, holds nothing older and nobody else.
func (t *Timelines) amongLastAuthors(ctx context.Context, v actors.Viewer, p actors.Page) (string, []any, error) {
	if p.Min != 0 {
		return "", nil, nil
	}
	type last struct {
		item   content.ID
		author actors.ID
	}
	args, older := []any{v.ID, 2 * p.Limit}, ""
	if p.Max != 0 {
		args, older = append(args, p.Max), " AND i.id < $3"
	}
	newest, err := db.All(ctx, t.DB, func(r db.Scanner) (l last, err error) { return l, r.Scan(&l.item, &l.author) },
		"SELECT COALESCE((SELECT MAX(i.id) FROM items i WHERE i.author = f.author"+older+"), 0) AS newest, f.author FROM ("+authors+") f ORDER BY newest DESC LIMIT $2", args...)
	if err != nil || len(newest) < 2*p.Limit || newest[len(newest)-1].item == 0 {
		return "", nil, err
	}
	who := make([]actors.ID, len(newest))
	for n, l := range newest {
		who[n] = l.author
	}
	list, args := db.In([]any{v.ID, newest[len(newest)-1].item}, who)
	return "i.id >= $2 AND i.author IN (" + list + ")", args, nil
}

const home = `(i.author = $1 OR EXISTS (SELECT 1 FROM relations f WHERE f.subject = $1 AND f.object = i.author AND f.state = 'active' AND (f.boosts OR i.boost_of = 0)
		AND (f.languages = '' OR i.language = '' OR f.languages LIKE '% ' || i.language || ' %')))
	AND (i.reply_author = 0 OR i.reply_author = i.author OR i.reply_author = $1 OR i.author = $1
		OR EXISTS (SELECT 1 FROM relations f WHERE f.subject = $1 AND f.object = i.reply_author AND f.state = 'active'))
	AND (i.grp = 0 OR i.boost_of > 0
		OR i.author = $1 AND NOT EXISTS (SELECT 1 FROM items b WHERE b.boost_of = i.id AND b.boost_of > 0 AND b.author = i.grp)
		OR NOT EXISTS (SELECT 1 FROM relations f WHERE f.subject = $1 AND f.object = i.grp AND f.state = 'active'))
	AND i.author NOT IN (SELECT m.member FROM lists l JOIN list_members m ON m.list = l.id WHERE l.owner = $1 AND l.exclusive)`
