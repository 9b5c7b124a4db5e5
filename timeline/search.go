// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"fmt"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation"
)

// Searched is what somebody looks for among the posts.
type Searched struct {
	Text      string    // words and operators: docs/search.md
	Author    actors.ID // 0: everybody
	Following bool      // only of whom the viewer follows
	Page      actors.Page
	Offset    int
}

// Posts finds what one of our people may find, the newest first: their own posts, those that mention them or that they liked,
// boosted, kept or voted in, those in their groups, and public ones of authors who agreed to be found (FEP-5feb). The gate
// decides about each of them. Nobody else searches posts.
func (t *Timelines) Posts(ctx context.Context, v actors.Viewer, s Searched) ([]*content.Item, error) {
	q := parse(s.Text)
	if !v.Local() || q.empty() && s.Author == 0 {
		return nil, nil
	}
	x := &finding{viewer: v, args: []any{v.ID}, library: true, public: true, match: db.Match{Not: q.not}}
	if s.Author != 0 {
		x.from(s.Author, false)
	}
	if s.Following {
		x.where("EXISTS (SELECT 1 FROM relations f WHERE f.subject = $1 AND f.object = i.author AND f.state = 'active')")
	}
	for _, w := range q.words {
		x.match.All = append(x.match.All, []db.Phrase{w})
	}
	for _, o := range q.operators {
		if possible, err := t.restrict(ctx, x, o); err != nil || !possible {
			return nil, err
		}
	}
	if !x.library && !x.public {
		return nil, nil
	}
	if err := t.signs(ctx, x); err != nil {
		return nil, err
	}
	from, id, matches, args := db.Matching(t.DB, "searchable", "item", x.match, x.args)
	sees, args := actors.Sees(v, "i", args)
	wants, args := actors.Wants(v, "i", args)
	sql := "SELECT i.id FROM " + from + " CROSS JOIN items i WHERE i.id = " + id + " AND " + matches + " AND " + strings.Join(append(x.conditions, x.mine(), sees, wants), " AND ") +
		strings.ReplaceAll(x.bounds, "{id}", id) + s.Page.SQL(id, &args)
	if s.Offset > 0 {
		sql += fmt.Sprintf(" OFFSET %d", s.Offset)
	}
	ids, err := db.All(ctx, t.DB, db.Scalar[content.ID], sql, args...)
	if err != nil {
		return nil, fmt.Errorf("search posts: %w", err)
	}
	s.Page.Arrange(len(ids), func(a, b int) { ids[a], ids[b] = ids[b], ids[a] })
	return content.Rows(ctx, t.DB, ids)
}

// finding is a search as it is asked of the database. The first argument is the viewer.
type finding struct {
	viewer          actors.Viewer
	library, public bool // where to look: what is the viewer's to find again, and what is everybody's
	match           db.Match
	conditions      []string // on items of the alias i
	bounds          string   // on {id}, the number of the item, as the index has it
	args            []any
}

func (x *finding) where(condition string, args ...any) {
	for _, a := range args {
		x.args = append(x.args, a)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(x.args)), 1)
	}
	x.conditions = append(x.conditions, condition)
}

func (x *finding) whether(not bool, condition string, args ...any) {
	if not {
		condition = "NOT (" + condition + ")"
	}
	x.where(condition, args...)
}

// must has the index look for a sign, which is quicker than looking at each item.
func (x *finding) must(sign string, not bool) {
	p := db.Phrase{Terms: []string{sign}}
	if not {
		x.match.Not = append(x.match.Not, p)
		return
	}
	x.match.All = append(x.match.All, []db.Phrase{p})
}

func (x *finding) from(author actors.ID, not bool) {
	x.must(content.SignOf(author), not)
	x.whether(not, "i.author = ?", author)
}

// restrict applies an operator. It reports false when nothing can be found any more: nobody has the handle.
func (t *Timelines) restrict(ctx context.Context, x *finding, o operator) (bool, error) {
	switch o.name {
	case "has":
		switch o.value {
		case "link":
			x.must(content.SignLink, o.not)
		case "media":
			x.whether(o.not, "EXISTS (SELECT 1 FROM files m WHERE m.item = i.id AND m.item > 0)")
		case "image", "audio":
			x.whether(o.not, "EXISTS (SELECT 1 FROM files m WHERE m.item = i.id AND m.item > 0 AND m.kind = ?)", o.value)
		case "video":
			x.whether(o.not, "EXISTS (SELECT 1 FROM files m WHERE m.item = i.id AND m.item > 0 AND m.kind IN ('video', 'gifv'))")
		case "poll":
			x.whether(o.not, "i.poll <> ''")
		case "embed":
			x.whether(o.not, "i.card > 0 AND EXISTS (SELECT 1 FROM cards m WHERE m.id = i.card AND m.kind <> '')")
		case "quote":
			x.whether(o.not, "i.quote_iri <> ''")
		}
	case "is":
		x.whether(o.not, map[string]string{"reply": "i.reply_iri <> ''", "sensitive": "i.sensitive"}[o.value])
	case "language":
		language := strings.ToLower(o.value)
		x.whether(o.not, "(LOWER(i.language) = ? OR LOWER(i.language) LIKE ?)", language, language+"-%")
	case "before", "after", "during":
		x.when(o)
	case "from":
		if strings.EqualFold(o.value, "me") {
			x.from(x.viewer.ID, o.not)
			return true, nil
		}
		who, err := t.byHandle(ctx, o.value)
		if err != nil {
			return o.not, nil
		}
		x.from(who.ID, o.not)
	case "in":
		return t.within(ctx, x, o)
	}
	return true, nil
}

// when bounds the time: ids are made of it.
func (x *finding) when(o operator) {
	start, end, _ := days(o.value)
	first, beyond := db.FirstID(start), db.FirstID(end)
	switch {
	case o.name == "before" && !o.not, o.name == "after" && o.not:
		edge := first
		if o.name == "after" {
			edge = beyond
		}
		x.bounds += fmt.Sprintf(" AND {id} < %d", edge)
	case o.name == "after", o.name == "before":
		edge := beyond
		if o.name == "before" {
			edge = first
		}
		x.bounds += fmt.Sprintf(" AND {id} >= %d", edge)
	case o.not:
		x.bounds += fmt.Sprintf(" AND ({id} < %d OR {id} >= %d)", first, beyond)
	default:
		x.bounds += fmt.Sprintf(" AND {id} >= %d AND {id} < %d", first, beyond)
	}
}

func (t *Timelines) within(ctx context.Context, x *finding, o operator) (bool, error) {
	switch {
	case o.value == "all":
	case o.value == "library" && !o.not, o.value == "public" && o.not:
		x.public = false
	case o.value == "public", o.value == "library":
		x.library = false
	default:
		group, err := t.byHandle(ctx, o.value)
		if err != nil {
			return o.not, nil
		}
		x.must(content.SignIn(group.ID), o.not)
		x.whether(o.not, "i.grp = ?", group.ID)
	}
	return true, nil
}

// byHandle is who has a handle, known here.
func (t *Timelines) byHandle(ctx context.Context, text string) (*actors.Actor, error) {
	name, domain, err := federation.ParseHandle(text)
	if err != nil {
		return nil, err
	}
	if dir := t.Library.Dir; domain == "" || domain == dir.Domain || domain == dir.Host() {
		return actors.LocalByName(ctx, t.DB, name)
	}
	return actors.ByHandle(ctx, t.DB, name, domain)
}

// signs has the index look only among what can be the viewer's to find.
func (t *Timelines) signs(ctx context.Context, x *finding) error {
	var any []db.Phrase
	add := func(sign string) { any = append(any, db.Phrase{Terms: []string{sign}}) }
	if x.public {
		add(content.SignOpen)
	}
	if x.library {
		add(content.SignOf(x.viewer.ID))
		add(content.SignFor(x.viewer.ID))
		groups, err := db.All(ctx, t.DB, db.Scalar[actors.ID],
			"SELECT r.object FROM relations r JOIN actors a ON a.id = r.object WHERE r.subject = $1 AND r.state = 'active' AND a.kind = 'Group'", x.viewer.ID)
		if err != nil {
			return fmt.Errorf("groups of the searcher: %w", err)
		}
		for _, g := range groups {
			add(content.SignIn(g))
		}
	}
	x.match.All = append(x.match.All, any)
	return nil
}

// mine is the rule of what may be found, on the items themselves.
func (x *finding) mine() string {
	const (
		library = `i.author = $1 OR EXISTS (SELECT 1 FROM recipients m WHERE m.item = i.id AND m.actor = $1) OR EXISTS (SELECT 1 FROM votes m WHERE m.item = i.id AND m.actor = $1)
			OR EXISTS (SELECT 1 FROM items m WHERE m.boost_of = i.id AND m.boost_of > 0 AND m.author = $1)
			OR (i.grp > 0 AND EXISTS (SELECT 1 FROM relations m WHERE m.subject = $1 AND m.object = i.grp AND m.state = 'active'))`
		public = "(" + open + " AND EXISTS (SELECT 1 FROM actors m WHERE m.id = i.author AND m.indexable))"
	)
	switch {
	case !x.public:
		return "(" + library + ")"
	case !x.library:
		return "(CAST($1 AS BIGINT) IS NOT NULL AND " + public + ")" // PostgreSQL asks for the type of every argument
	}
	return "(" + public + " OR " + library + ")"
}
