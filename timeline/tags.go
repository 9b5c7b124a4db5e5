// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
)

// TagFilter narrows the timeline of a hashtag.
type TagFilter struct {
	PublicFilter
	Any, All, None []string // further hashtags: also those, only with all of these, without any of those
}

// mostTags bounds how many hashtags one question names.
const mostTags = 16

func tagNames(names []string) []string {
	var all []string
	for _, name := range names[:min(len(names), mostTags)] {
		if name = strings.ToLower(strings.TrimPrefix(name, "#")); name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// Tag is what was written under a hashtag for everybody.
func (t *Timelines) Tag(ctx context.Context, v actors.Viewer, name string, f TagFilter, p actors.Page) ([]*content.Item, error) {
	names := tagNames(append([]string{name}, f.Any...))
	list, args := db.In(nil, names)
	condition := open + f.sql()
	for _, one := range tagNames(f.All) {
		args = append(args, one)
		condition += fmt.Sprintf(" AND EXISTS (SELECT 1 FROM tags m WHERE m.item = i.id AND m.name = $%d)", len(args))
	}
	if none := tagNames(f.None); len(none) > 0 {
		var without string
		without, args = db.In(args, none)
		condition += " AND NOT EXISTS (SELECT 1 FROM tags m WHERE m.item = i.id AND m.name IN (" + without + "))"
	}
	if len(names) > 1 {
		return t.wanted(ctx, v, "i.id IN (SELECT g.item FROM tags g WHERE g.name IN ("+list+")) AND "+condition, args, p)
	}
	// Of one hashtag its items are read in their order, until the page is full.
	sees, args := actors.Sees(v, "i", args)
	wants, args := actors.Wants(v, "i", args)
	ids, err := db.All(ctx, t.DB, db.Scalar[content.ID],
		"SELECT g.item FROM tags g CROSS JOIN items i WHERE i.id = g.item AND g.name = $1 AND "+condition+" AND "+sees+" AND "+wants+p.SQL("g.item", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list #%s: %w", name, err)
	}
	p.Arrange(len(ids), func(a, b int) { ids[a], ids[b] = ids[b], ids[a] })
	return content.Rows(ctx, t.DB, ids)
}

// Use is how often a hashtag or a link was used on a day (UTC), and by how many people.
type Use struct {
	Day          time.Time
	Uses, People int
}

// useDays is for how many days uses are told.
const useDays = 7

const day = 24 * time.Hour

// Uses tells of the last seven days, today first, how public posts used hashtags.
func (t *Timelines) Uses(ctx context.Context, names []string) (map[string][]Use, error) {
	list, args := db.In([]any{lastDays(useDays)}, names)
	return uses(ctx, t.DB, `SELECT g.name, i.published / 86400000 AS d, COUNT(*), COUNT(DISTINCT i.author) FROM tags g CROSS JOIN items i WHERE i.id = g.item
		AND g.name IN (`+list+") AND g.item >= $1 AND "+open+" GROUP BY g.name, d", args, names)
}

// lastDays is smaller than the numbers of all that was made today and in the days before it.
func lastDays(n int) int64 {
	return db.FirstID(time.Now().UTC().Truncate(day).Add(-time.Duration(n-1) * day))
}

// uses reads rows of a key, a day, and what is counted on it. Days without a row are there too.
func uses[K comparable](ctx context.Context, q db.Q, sql string, args []any, names []K) (map[K][]Use, error) {
	today := time.Now().UTC().Truncate(day)
	found := make(map[K][]Use, len(names))
	for _, name := range names {
		found[name] = make([]Use, useDays)
		for n := range found[name] {
			found[name][n].Day = today.Add(-time.Duration(n) * day)
		}
	}
	if len(names) == 0 {
		return found, nil
	}
	_, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var name K
		var days int64
		var u Use
		err = r.Scan(&name, &days, &u.Uses, &u.People)
		u.Day = time.Unix(days*86400, 0).UTC()
		if n := int(today.Sub(u.Day) / day); n >= 0 && n < useDays && found[name] != nil {
			found[name][n] = u
		}
		return x, err
	}, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("count uses: %w", err)
	}
	return found, nil
}

// Tags finds hashtags of public posts by how they begin, in the order of the alphabet: the one that was asked for comes first.
func (t *Timelines) Tags(ctx context.Context, text string, limit, offset int) ([]string, error) {
	begin := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(text), "#"))
	if begin == "" {
		return nil, nil
	}
	names, err := t.tagsBetween(ctx, begin, db.Beyond(begin), limit, offset)
	if err != nil {
		return nil, fmt.Errorf("search hashtags: %w", err)
	}
	return names, nil
}

// AllTags are the names of all hashtags of public posts: an id is made of a name, so that anybody can ask for any.
func (t *Timelines) AllTags(ctx context.Context) ([]string, error) {
	names, err := t.tagsBetween(ctx, "", db.Beyond(""), math.MaxInt32, 0)
	if err != nil {
		return nil, fmt.Errorf("list hashtags: %w", err)
	}
	return names, nil
}

// tagsBetween goes from name to name, however many items have each.
func (t *Timelines) tagsBetween(ctx context.Context, from, beyond string, limit, offset int) ([]string, error) {
	return db.All(ctx, t.DB, db.Scalar[string], `WITH RECURSIVE f (name) AS (
			SELECT MIN(g.name) FROM tags g WHERE g.name >= $1 AND g.name < $2
			UNION ALL SELECT (SELECT MIN(g.name) FROM tags g WHERE g.name > f.name AND g.name < $2) FROM f WHERE f.name IS NOT NULL)
		SELECT f.name FROM f WHERE f.name IS NOT NULL
			AND EXISTS (SELECT 1 FROM tags g JOIN items i ON i.id = g.item WHERE g.name = f.name AND `+open+`) LIMIT $3 OFFSET $4`, from, beyond, limit, offset)
}

// Home is what the people and groups that the viewer follows wrote, and what the viewer wrote, with what anybody wrote for
// everybody under the hashtags that the viewer follows.
func (t *Timelines) Home(ctx context.Context, v actors.Viewer, p actors.Page) ([]*content.Item, error) {
	items, err := t.following(ctx, v, p)
	if err != nil {
		return nil, err
	}
	tagged, err := t.followedTags(ctx, v, p)
	if err != nil || len(tagged) == 0 {
		return items, err
	}
	return merged(items, tagged, p), nil
}

// taggedHome is the condition under which an item stands in somebody's home for its hashtags; $1 is whose home it is. A post in
// a group of theirs comes as the group's boost instead.
const taggedHome = `i.id IN (SELECT g.item FROM followed_tags f CROSS JOIN tags g WHERE f.actor = $1 AND g.name = f.name)
	AND ` + open + ` AND i.boost_of = 0
	AND (i.grp = 0 OR NOT EXISTS (SELECT 1 FROM relations f WHERE f.subject = $1 AND f.object = i.grp AND f.state = 'active'))`

// followedTags is a page of what stands in the viewer's home for its hashtags.
func (t *Timelines) followedTags(ctx context.Context, v actors.Viewer, p actors.Page) ([]*content.Item, error) {
	follows, err := db.One(ctx, t.DB, db.Scalar[bool], "SELECT EXISTS (SELECT 1 FROM followed_tags WHERE actor = $1)", v.ID)
	if err != nil || !follows {
		return nil, err
	}
	return t.wanted(ctx, v, taggedHome, []any{v.ID}, p)
}

// merged makes one page of two pages with the same bounds.
func merged(a, b []*content.Item, p actors.Page) []*content.Item {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y *content.Item) int { return cmp.Compare(y.ID, x.ID) })
	all = slices.CompactFunc(all, func(x, y *content.Item) bool { return x.ID == y.ID })
	if p.Min != 0 {
		return all[max(0, len(all)-p.Limit):]
	}
	return all[:min(len(all), p.Limit)]
}
