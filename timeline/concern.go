// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
)

// Place is a timeline that an item can appear in.
type Place int

// The places. What is in InTag still needs a hashtag that somebody looks at.
const (
	InHome Place = iota
	InPublic
	InTag
	InList
	InDirect // conversations: hints about these name their owner
)

// ListID names a list: a list of the viewer's own, or a group that the viewer is a member of.
type ListID int64

// Watchers are those of our people who look at something now.
type Watchers struct {
	Home, Public, Tags []actors.ID
	Lists              []ListWatcher
}

// ListWatcher is one who looks at a list.
type ListWatcher struct {
	Viewer actors.ID
	List   ListID
}

// Concern is an item that belongs in a place of a viewer, who may see it.
type Concern struct {
	Item   content.ID
	Viewer actors.ID
	Place  Place
	List   ListID // of InList
}

// The rules of the timelines, for a viewer (and a list) that is a column: the very text that the timelines are read by.

func homeOf(viewer string) string {
	return strings.ReplaceAll("("+home+" OR "+taggedHome+")", "$1", viewer)
}

func listOf(viewer, list string) string {
	return "(" + inOwnList(viewer, list) + " OR " + inGroup(list) + " AND EXISTS (SELECT 1 FROM relations f WHERE f.subject = " + viewer + " AND f.object = " + list + " AND f.state = 'active'))"
}

// original is the gate for what a boost is of.
func original(viewer string) string {
	return "(i.boost_of = 0 OR EXISTS (SELECT 1 FROM items o WHERE o.id = i.boost_of AND " + actors.SeesAs(viewer, "o") + "))"
}

// Concerns finds which items concern whom of those who look: the answer of each timeline, asked for all viewers at once.
func (t *Timelines) Concerns(ctx context.Context, ids []content.ID, w Watchers) ([]Concern, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, args := db.In(nil, ids)
	return t.concerns(ctx, "", "i.id IN ("+list+")", original("w.id"), args, w)
}

// ConcernedByEdit is Concerns for items that were edited: they also concern those who have them as the boost of their group.
func (t *Timelines) ConcernedByEdit(ctx context.Context, ids []content.ID, w Watchers) ([]Concern, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, args := db.In(nil, ids)
	of := map[content.ID]content.ID{}
	_, err := db.All(ctx, t.DB, func(r db.Scanner) (x struct{}, err error) {
		var boost, item content.ID
		err = r.Scan(&boost, &item)
		of[boost] = item
		return x, err
	}, "SELECT i.id, i.boost_of FROM items i WHERE i.boost_of IN ("+list+") AND i.boost_of > 0 AND i.author = i.grp", args...)
	if err != nil {
		return nil, fmt.Errorf("boosts of what was edited: %w", err)
	}
	all := slices.AppendSeq(slices.Clone(ids), maps.Keys(of))
	found, err := t.Concerns(ctx, all, w)
	seen := map[Concern]bool{}
	var kept []Concern
	for _, c := range found {
		if item := of[c.Item]; item != 0 {
			c.Item = item
		}
		if !seen[c] {
			seen[c] = true
			kept = append(kept, c)
		}
	}
	return kept, err
}

// ConcernedByLoss is Concerns for items that are no more: their rows are put into the place of the tables.
func (t *Timelines) ConcernedByLoss(ctx context.Context, hints []Hint, w Watchers) ([]Concern, error) {
	if len(hints) == 0 {
		return nil, nil
	}
	var rows, to, tags []string
	var args []any
	hold := func(kind string, v any) string {
		args = append(args, v)
		return fmt.Sprintf("CAST($%d AS %s)", len(args), kind)
	}
	for _, h := range hints {
		g, id := h.Gone, hold("BIGINT", h.Item)
		reply := ""
		if g.Reply {
			reply = "gone"
		}
		rows = append(rows, "SELECT "+strings.Join([]string{id + " AS id", hold("TEXT", g.Kind) + " AS kind", hold("BOOLEAN", g.Local) + " AS local",
			hold("BIGINT", g.Author) + " AS author", hold("BIGINT", g.Group) + " AS grp", hold("BIGINT", g.Audience) + " AS audience",
			hold("BIGINT", g.ReplyAuthor) + " AS reply_author", hold("TEXT", reply) + " AS reply_iri", hold("BIGINT", g.BoostOf) + " AS boost_of",
			hold("BIGINT", g.Hidden) + " AS hidden", hold("TEXT", g.Language) + " AS language"}, ", "))
		for _, name := range g.Tags {
			tags = append(tags, "("+id+", "+hold("TEXT", name)+")")
		}
		for _, who := range g.Recipients {
			to = append(to, "("+id+", "+hold("BIGINT", who)+")")
		}
	}
	if len(to) == 0 {
		to = []string{"(CAST(0 AS BIGINT), CAST(0 AS BIGINT))"}
	}
	if len(tags) == 0 {
		tags = []string{"(CAST(0 AS BIGINT), CAST('' AS TEXT))"}
	}
	// SQLite joins at most 500 SELECTs, and any number of VALUES.
	with := "WITH tags (item, name) AS (VALUES " + strings.Join(tags, ", ") + "), items AS (" + strings.Join(rows, " UNION ALL ") +
		"), recipients (item, actor) AS (VALUES " + strings.Join(to, ", ") + ") "
	return t.concerns(ctx, with, "TRUE", "TRUE", args, w)
}

// concerns asks about the items that a condition chooses.
func (t *Timelines) concerns(ctx context.Context, with, items, also string, args []any, w Watchers) ([]Concern, error) {
	var parts []string
	args = append(args, db.Millis(time.Now()))
	now := fmt.Sprintf("CAST($%d AS BIGINT)", len(args))
	mine := func(viewer string) string {
		return actors.SeesAs(viewer, "i") + " AND " + actors.WantsAs(viewer, now, "i")
	}
	people := func(place Place, who []actors.ID, condition string) {
		if len(who) == 0 {
			return
		}
		var list string
		list, args = db.In(args, who)
		parts = append(parts, fmt.Sprintf("SELECT i.id, w.id, %d, 0 FROM items i CROSS JOIN actors w WHERE %s AND w.id IN (%s) AND %s AND %s AND %s",
			place, items, list, condition, mine("w.id"), also))
	}
	people(InHome, w.Home, homeOf("w.id"))
	people(InPublic, w.Public, public)
	people(InTag, w.Tags, open)
	if len(w.Lists) > 0 {
		var pairs []string
		for _, l := range w.Lists {
			args = append(args, l.Viewer, l.List)
			pairs = append(pairs, fmt.Sprintf("(CAST($%d AS BIGINT), CAST($%d AS BIGINT))", len(args)-1, len(args)))
		}
		parts = append(parts, fmt.Sprintf("SELECT i.id, w.column1, %d, w.column2 FROM items i CROSS JOIN (VALUES %s) w WHERE %s AND %s AND %s AND %s", InList,
			strings.Join(pairs, ", "), items, listOf("w.column1", "w.column2"), mine("w.column1"), strings.ReplaceAll(also, "w.id", "w.column1")))
	}
	if len(parts) == 0 {
		return nil, nil
	}
	found, err := db.All(ctx, t.DB, func(r db.Scanner) (c Concern, err error) { return c, r.Scan(&c.Item, &c.Viewer, &c.Place, &c.List) },
		with+strings.Join(parts, " UNION ALL "), args...)
	if err != nil {
		return nil, fmt.Errorf("find whom items concern: %w", err)
	}
	return found, nil
}

// Since returns the newest items and notifications of some people that were made after a number, at most limit of each: what
// lost hints may have been about.
func (t *Timelines) Since(ctx context.Context, after int64, owners []actors.ID, limit int) ([]Hint, error) {
	items, err := db.All(ctx, t.DB, func(r db.Scanner) (h Hint, err error) { h.Event = Update; return h, r.Scan(&h.Item) },
		"SELECT id FROM items WHERE id > $1 ORDER BY id DESC LIMIT $2", after, limit)
	if err != nil {
		return nil, fmt.Errorf("list items since %d: %w", after, err)
	}
	list, args := db.In([]any{after, limit}, owners)
	told, err := db.All(ctx, t.DB, func(r db.Scanner) (h Hint, err error) {
		h.Event = Notified
		return h, r.Scan(&h.Notification, &h.Owner)
	},
		"SELECT id, owner FROM notifications WHERE id > $1 AND owner IN ("+list+") ORDER BY id DESC LIMIT $2", args...)
	if err != nil {
		return nil, fmt.Errorf("list notifications since %d: %w", after, err)
	}
	hints := make([]Hint, 0, len(items)+len(told))
	for _, some := range [][]Hint{items, told} {
		for n := len(some) - 1; n >= 0; n-- {
			hints = append(hints, some[n])
		}
	}
	return hints, nil
}
