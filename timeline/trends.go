// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
)

// What is talked about now. Only public posts count, of authors who chose to be discoverable (design rule 10), and only
// people: whoever repeats something counts once. It is computed when somebody asks, and remembered for some minutes.
const (
	trendDays   = 3
	mostTrends  = 200
	trendPeople = 2 // as many must have used or applauded it
)

// trendFrom narrows items of the alias i, authors of the alias a, to what counts; $1 is the number after which.
const trendFrom = `i.id >= $1 AND a.id = i.author AND ` + open + ` AND i.kind <> 'Announce' AND a.discoverable AND a.silenced = 0 AND a.suspended = 0 AND a.deleted = 0`

type trends struct {
	tags  remembered[[]string]
	items remembered[[]content.ID]
	links remembered[[]int64]
}

func part[T any](all []T, limit, offset int) []T {
	all = all[min(offset, len(all)):]
	return all[:min(limit, len(all))]
}

// TrendingTags are the hashtags that most people used in the last days.
func (t *Timelines) TrendingTags(ctx context.Context, limit, offset int) ([]string, error) {
	all, err := t.trends.tags.get(func() ([]string, error) {
		return db.All(ctx, t.DB, db.Scalar[string], `SELECT g.name FROM items i CROSS JOIN actors a JOIN tags g ON g.item = i.id WHERE `+trendFrom+`
			GROUP BY g.name HAVING COUNT(DISTINCT i.author) >= $2 ORDER BY COUNT(DISTINCT i.author) DESC, COUNT(*) DESC, g.name LIMIT $3`, lastDays(trendDays), trendPeople, mostTrends)
	})
	if err != nil {
		return nil, fmt.Errorf("trending hashtags: %w", err)
	}
	return part(all, limit, offset), nil
}

// TrendingLinks are the previews (items.card) of the pages that most people linked to in the last days.
func (t *Timelines) TrendingLinks(ctx context.Context, limit, offset int) ([]int64, error) {
	all, err := t.trends.links.get(func() ([]int64, error) {
		return db.All(ctx, t.DB, db.Scalar[int64], `SELECT i.card FROM items i CROSS JOIN actors a JOIN cards c ON c.id = i.card AND c.kind <> '' WHERE i.card > 0 AND `+trendFrom+`
			GROUP BY i.card HAVING COUNT(DISTINCT i.author) >= $2 ORDER BY COUNT(DISTINCT i.author) DESC, COUNT(*) DESC, i.card DESC LIMIT $3`, lastDays(trendDays), trendPeople, mostTrends)
	})
	if err != nil {
		return nil, fmt.Errorf("trending links: %w", err)
	}
	return part(all, limit, offset), nil
}

// LinkUses tells of the last seven days, today first, how public posts linked to the pages of previews.
func (t *Timelines) LinkUses(ctx context.Context, cards []int64) (map[int64][]Use, error) {
	list, args := db.In([]any{lastDays(useDays)}, cards)
	return uses(ctx, t.DB, `SELECT i.card, i.published / 86400000 AS d, COUNT(*), COUNT(DISTINCT i.author) FROM items i WHERE i.card IN (`+list+`) AND i.card > 0
		AND i.id >= $1 AND `+open+` AND i.kind <> 'Announce' GROUP BY i.card, d`, args, cards)
}

// TrendingItems are the posts of the last days that most people liked and boosted, the newer the better, at most one of an
// author. The gate and the viewer's blocks decide what of them is shown.
func (t *Timelines) TrendingItems(ctx context.Context, v actors.Viewer, limit, offset int) ([]*content.Item, error) {
	all, err := t.trends.items.get(func() ([]content.ID, error) { return t.applauded(ctx) })
	if err != nil {
		return nil, fmt.Errorf("trending posts: %w", err)
	}
	known, err := content.Many(ctx, t.DB, v, all)
	if err != nil {
		return nil, err
	}
	var authors []actors.ID
	for _, i := range known {
		authors = append(authors, i.Author)
	}
	unwanted, err := actors.Unwanted(ctx, t.DB, v, authors)
	if err != nil {
		return nil, fmt.Errorf("trending posts: %w", err)
	}
	var items []*content.Item
	for _, id := range all {
		if i := known[id]; i != nil && i.Audience == actors.Public && i.Hidden == 0 && !unwanted[i.Author] {
			items = append(items, i)
		}
	}
	return part(items, limit, offset), nil
}

func (t *Timelines) applauded(ctx context.Context) ([]content.ID, error) {
	type post struct {
		id     content.ID
		author actors.ID
		people int
		score  float64
	}
	loud, err := db.All(ctx, t.DB, func(r db.Scanner) (p post, err error) { return p, r.Scan(&p.id, &p.author) },
		`SELECT i.id, i.author FROM items i CROSS JOIN actors a WHERE `+trendFrom+` AND i.reply_iri = '' AND NOT i.sensitive
			AND i.likes_count + i.boosts_count >= $2 ORDER BY i.likes_count + i.boosts_count DESC, i.id DESC LIMIT $3`, lastDays(trendDays), trendPeople, 2*mostTrends)
	if err != nil {
		return nil, err
	}
	ids := make([]content.ID, len(loud))
	for n, p := range loud {
		ids[n] = p.id
	}
	list, args := db.In(nil, ids)
	people := map[content.ID]int{}
	_, err = db.All(ctx, t.DB, func(r db.Scanner) (x struct{}, err error) {
		var id content.ID
		var n int
		err = r.Scan(&id, &n)
		people[id] = n
		return x, err
	}, `SELECT x.item, COUNT(DISTINCT x.actor) FROM (
			SELECT v.item, v.actor FROM votes v WHERE v.item IN (`+list+`) AND v.kind IN ('like', 'emoji')
			UNION ALL SELECT b.boost_of, b.author FROM items b WHERE b.boost_of IN (`+list+`) AND b.boost_of > 0 AND b.author <> b.grp) x
		JOIN items i ON i.id = x.item AND i.author <> x.actor GROUP BY x.item`, args...)
	if err != nil {
		return nil, err
	}
	for n := range loud {
		p := &loud[n]
		p.people = people[p.id]
		age := max(time.Since(db.TimeOf(int64(p.id))).Hours(), 0)
		p.score = float64(p.people) * math.Exp2(-age/24) // a day counts half
	}
	slices.SortStableFunc(loud, func(a, b post) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.id, a.id)) })
	seen := map[actors.ID]bool{}
	var best []content.ID
	for _, p := range loud {
		if p.people >= trendPeople && !seen[p.author] && len(best) < mostTrends {
			seen[p.author] = true
			best = append(best, p.id)
		}
	}
	return best, nil
}
