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
	usage   remembered[Usage]
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

// open is what lists and searches lead everybody to: what is for all, by nobody who is limited.
const open = "i.audience = 0 AND i.hidden = 0"

// AuthorFilter narrows what an actor wrote.
type AuthorFilter struct {
	Media, NoReplies, NoBoosts, Pinned bool
	Tag                                string
}

// Author is what one actor wrote; for a group, what was posted in it, as its boosts.
func (t *Timelines) Author(ctx context.Context, v actors.Viewer, author actors.ID, f AuthorFilter, p actors.Page) ([]*content.Item, error) {
	condition, args := "i.author = $1", []any{author}
	if f.Pinned { // in a group by those who moderate it
		condition = "(i.author = $1 AND i.pinned > 0 OR i.grp = $1 AND i.featured > 0)"
	}
	if f.Media {
		condition += hasMedia
	}
	if f.NoReplies {
		condition += " AND (i.reply_iri = '' OR i.reply_author = i.author)"
	}
	if f.NoBoosts {
		condition += " AND i.boost_of = 0"
	}
	if f.Tag != "" {
		args = append(args, strings.ToLower(f.Tag))
		condition += fmt.Sprintf(" AND i.id IN (SELECT g.item FROM tags g WHERE g.name = $%d)", len(args))
	}
	if f.Pinned { // in the order in which they were pinned, the last one first
		sees, args := actors.Sees(v, "i", args)
		page := "i.id IN (SELECT i.id FROM items i WHERE " + condition + " AND " + sees + p.SQL("i.id", &args) + ")"
		return content.Listed(ctx, t.DB, page+" ORDER BY CASE WHEN i.grp = $1 THEN i.featured ELSE i.pinned END DESC, i.id DESC", args)
	}
	return t.list(ctx, v, condition, args, p)
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
