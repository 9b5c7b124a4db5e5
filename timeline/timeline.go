// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package timeline is what people read: home, groups, threads, notifications, search, and the live stream of it.
package timeline

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/jobs"
)

// Timelines gives people what they may read, and tells them when there is more.
type Timelines struct {
	DB      *db.DB
	Library *content.Library
	Jobs    *jobs.Queue
	usage   usage
	trends  trends
}

// list runs a timeline: a condition on items of the alias i, behind the gate, as a page.
func (t *Timelines) list(ctx context.Context, v actors.Viewer, condition string, args []any, p actors.Page) ([]*content.Item, error) {
	sees, args := actors.Sees(v, "i", args)
	items, err := content.Listed(ctx, t.DB, condition+" AND "+sees+p.SQL("i.id", &args), args)
	if err != nil {
		return nil, err
	}
	p.Arrange(len(items), func(a, b int) { items[a], items[b] = items[b], items[a] })
	return items, nil
}

// wanted is list without what the viewer does not want to see.
func (t *Timelines) wanted(ctx context.Context, v actors.Viewer, condition string, args []any, p actors.Page) ([]*content.Item, error) {
	wants, args := actors.Wants(v, "i", args)
	return t.list(ctx, v, condition+" AND "+wants, args, p)
}

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

// homeWindow is how many of the newest items are looked through first, in an index that has all that home asks of them.
const homeWindow = 300

func (t *Timelines) amongNewest(ctx context.Context, v actors.Viewer, p actors.Page) ([]*content.Item, error) {
	if p.Min != 0 {
		return nil, nil
	}
	args, older := []any{v.ID}, ""
	if p.Max != 0 {
		args, older = append(args, p.Max), " WHERE n.id < $2"
	}
	sees, args := actors.Sees(v, "i", args)
	wants, args := actors.Wants(v, "i", args)
	ids, err := db.All(ctx, t.DB, db.Scalar[content.ID], fmt.Sprintf(`SELECT i.id FROM items i INDEXED BY items_newest
		WHERE i.id >= COALESCE((SELECT n.id FROM items n INDEXED BY items_newest%s ORDER BY n.id DESC LIMIT 1 OFFSET %d), 0) AND %s AND %s AND %s`,
		older, homeWindow, home, sees, wants)+p.SQL("i.id", &args), args...)
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

// PublicFilter narrows the public timeline.
type PublicFilter struct{ Local, Remote, Media bool }

// Public is what everybody wrote for everybody, without replies and boosts.
func (t *Timelines) Public(ctx context.Context, v actors.Viewer, f PublicFilter, p actors.Page) ([]*content.Item, error) {
	return t.wanted(ctx, v, public+f.sql(), nil, p)
}

const public = "i.audience = 0 AND i.kind <> 'Announce' AND i.reply_iri = '' AND i.hidden = 0"

// sql continues a condition on items of the alias i.
func (f PublicFilter) sql() (condition string) {
	if f.Local {
		condition += " AND i.local"
	}
	if f.Remote {
		condition += " AND NOT i.local"
	}
	if f.Media {
		condition += hasMedia
	}
	return condition
}

const hasMedia = " AND EXISTS (SELECT 1 FROM files m WHERE m.item = i.id AND m.item > 0)"

// taggable is what a hashtag leads to.
const taggable = "i.audience = 0 AND i.hidden = 0"

// AuthorFilter narrows what an actor wrote.
type AuthorFilter struct {
	Media, NoReplies, NoBoosts, Pinned bool
	Tag                                string
}

// Author is what one actor wrote; for a group, what was posted in it, as its boosts.
func (t *Timelines) Author(ctx context.Context, v actors.Viewer, author actors.ID, f AuthorFilter, p actors.Page) ([]*content.Item, error) {
	condition, args := "i.author = $1", []any{author}
	if f.Media {
		condition += hasMedia
	}
	if f.NoReplies {
		condition += " AND (i.reply_iri = '' OR i.reply_author = i.author)"
	}
	if f.NoBoosts {
		condition += " AND i.boost_of = 0"
	}
	if f.Pinned {
		condition += " AND i.pinned > 0"
	}
	if f.Tag != "" {
		args = append(args, strings.ToLower(f.Tag))
		condition += fmt.Sprintf(" AND i.id IN (SELECT g.item FROM tags g WHERE g.name = $%d)", len(args))
	}
	items, err := t.list(ctx, v, condition, args, p)
	if f.Pinned { // few, and in the order in which they were pinned
		slices.SortFunc(items, func(a, b *content.Item) int { return b.Pinned.Compare(a.Pinned) })
	}
	return items, err
}

// Group is what was posted in a group: every root and every reply, without the wrapping boosts.
func (t *Timelines) Group(ctx context.Context, v actors.Viewer, group actors.ID, roots bool, p actors.Page) ([]*content.Item, error) {
	condition := inGroup("$1")
	if roots {
		condition += " AND i.reply_iri = ''"
	}
	return t.wanted(ctx, v, condition, []any{group}, p)
}

func inGroup(group string) string { return "i.grp = " + group + " AND i.grp > 0 AND i.boost_of = 0" }

// Voted is what the viewer liked or bookmarked, newest vote first; the cursors are those of the votes.
func (t *Timelines) Voted(ctx context.Context, v actors.Viewer, kind string, p actors.Page) (items []*content.Item, cursors []int64, err error) {
	sees, args := actors.Sees(v, "i", []any{v.ID, kind})
	type row struct {
		vote int64
		item content.ID
	}
	rows, err := db.All(ctx, t.DB, func(r db.Scanner) (x row, err error) { return x, r.Scan(&x.vote, &x.item) },
		"SELECT v.id, v.item FROM votes v JOIN items i ON i.id = v.item WHERE v.actor = $1 AND v.kind = $2 AND "+sees+p.SQL("v.id", &args), args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list %s: %w", kind, err)
	}
	p.Arrange(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
	ids := make([]content.ID, len(rows))
	for n, r := range rows {
		ids[n] = r.item
	}
	known, err := content.Many(ctx, t.DB, v, ids)
	for _, r := range rows {
		if i := known[r.item]; i != nil {
			items, cursors = append(items, i), append(cursors, r.vote)
		}
	}
	return items, cursors, err
}

// Boosts are the boosts of an item that the viewer may see.
func (t *Timelines) Boosts(ctx context.Context, v actors.Viewer, of content.ID, p actors.Page) ([]*content.Item, error) {
	return t.list(ctx, v, "i.boost_of = $1 AND i.boost_of > 0", []any{of}, p)
}

// Thread is the conversation around an item as far as the viewer may see it: what it answers, oldest first, and what
// answers it, in the order of reading (each answer before its siblings).
func (t *Timelines) Thread(ctx context.Context, v actors.Viewer, of *content.Item) (ancestors, descendants []*content.Item, err error) {
	const most = 4096 // of one conversation; Mastodon's own bound
	sees, args := actors.Sees(v, "i", []any{of.Thread})
	all, err := content.Listed(ctx, t.DB, fmt.Sprintf("i.thread = $1 AND i.boost_of = 0 AND %s ORDER BY i.id LIMIT %d", sees, most), args)
	if err != nil {
		return nil, nil, err
	}
	byID := make(map[content.ID]*content.Item, len(all))
	answers := map[content.ID][]*content.Item{}
	for _, i := range all {
		byID[i.ID] = i
		answers[i.ReplyTo] = append(answers[i.ReplyTo], i)
	}
	for up := byID[of.ReplyTo]; up != nil && len(ancestors) < len(all); up = byID[up.ReplyTo] {
		ancestors = append(ancestors, up)
	}
	for i, j := 0, len(ancestors)-1; i < j; i, j = i+1, j-1 {
		ancestors[i], ancestors[j] = ancestors[j], ancestors[i]
	}
	seen := map[content.ID]bool{of.ID: true}
	var walk func(content.ID)
	walk = func(id content.ID) {
		below := answers[id]
		sort.Slice(below, func(a, b int) bool { return below[a].ID < below[b].ID })
		for _, i := range below {
			if !seen[i.ID] {
				seen[i.ID] = true
				descendants = append(descendants, i)
				walk(i.ID)
			}
		}
	}
	walk(of.ID)
	writers := make([]actors.ID, len(all))
	for n, i := range all {
		writers[n] = i.Author
	}
	slices.Sort(writers)
	unwanted, err := actors.Unwanted(ctx, t.DB, v, slices.Compact(writers))
	if err != nil || len(unwanted) == 0 {
		return ancestors, descendants, err
	}
	by := func(i *content.Item) bool { return unwanted[i.Author] } // answers to these stay
	return slices.DeleteFunc(ancestors, by), slices.DeleteFunc(descendants, by), nil
}
