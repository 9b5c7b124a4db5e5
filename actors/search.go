// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pleio-node/pleio-node/db"
)

// Search is what somebody looks for among the known people, groups and organisations.
type Search struct {
	Text          string // the beginnings of words of a name or title, or a handle
	Following     bool   // only whom the viewer follows
	Limit, Offset int
}

// candidates is how many of those whose words begin so are ranked: whoever types one letter more finds the others.
const candidates = 200

type candidate struct {
	id              ID
	exact, followed bool
	followers       int64
}

// Find searches: who has exactly this name first, then those whom the viewer follows, then those with the most followers.
//
// Nothing about people is findable without their own choice (design rule 10): people of this node who did not choose so are
// found by their whole name, and by those who follow them.
func Find(ctx context.Context, q db.Q, v Viewer, s Search) ([]*Actor, error) {
	text := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(s.Text), "@"))
	if text == "" || s.Limit <= 0 {
		return nil, nil
	}
	found, err := named(ctx, q, v, text, max(candidates, 2*(s.Offset+s.Limit)))
	if err != nil {
		return nil, fmt.Errorf("search actors: %w", err)
	}
	if s.Following {
		found = slices.DeleteFunc(found, func(c candidate) bool { return !c.followed })
	}
	if found, err = ranked(ctx, q, found); err != nil {
		return nil, fmt.Errorf("rank actors: %w", err)
	}
	found = found[min(s.Offset, len(found)):]
	found = found[:min(s.Limit, len(found))]
	ids := make([]ID, len(found))
	for n, c := range found {
		ids[n] = c.id
	}
	known, err := Many(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	all := make([]*Actor, 0, len(ids))
	for _, id := range ids {
		if a := known[id]; a != nil {
			all = append(all, a)
		}
	}
	return all, nil
}

// named lists who could be meant.
func named(ctx context.Context, q db.Q, v Viewer, text string, most int) ([]candidate, error) {
	const followed = "EXISTS (SELECT 1 FROM relations r WHERE r.subject = $1 AND r.object = a.id AND r.state = 'active')"
	if name, domain, isHandle := strings.Cut(text, "@"); isHandle {
		return collect(ctx, q, "SELECT a.id, TRUE, "+followed+" FROM actors a WHERE LOWER(a.name) = $2 AND SUBSTR(a.domain, 1, LENGTH($3)) = $3", v.ID, name, domain)
	}
	args := []any{v.ID, text, most}
	sql := "SELECT a.id, TRUE, " + followed + " FROM actors a WHERE LOWER(a.name) = $2"
	terms := db.Terms(text)
	if len(terms) == 0 {
		return collect(ctx, q, sql+" LIMIT $3", args...)
	}
	slices.SortStableFunc(terms, func(a, b string) int { return len(b) - len(a) }) // the longest leaves the fewest
	var lead, rest string
	for n, t := range terms[:min(len(terms), 8)] {
		args = append(args, t, db.Beyond(t))
		begins := fmt.Sprintf("%%s.word >= $%d AND %%[1]s.word < $%d", len(args)-1, len(args))
		if n == 0 {
			lead = fmt.Sprintf(begins, "w")
		} else {
			rest += " AND EXISTS (SELECT 1 FROM words x WHERE x.actor = w.actor AND " + fmt.Sprintf(begins, "x") + ")"
		}
	}
	const following = "EXISTS (SELECT 1 FROM relations r WHERE r.subject = $1 AND r.object = w.actor AND r.state = 'active')"
	sql += " UNION ALL SELECT w.actor, FALSE, " + following + " FROM (SELECT w.actor FROM words w WHERE w.open = TRUE AND " + lead + rest + " ORDER BY w.word, w.actor LIMIT $3) w"
	if v.Local() {
		sql += " UNION ALL SELECT w.actor, FALSE, TRUE FROM words w WHERE w.open = FALSE AND " + lead + rest + " AND " + following
	}
	all, err := collect(ctx, q, sql, args...)
	if err != nil || len(all) < most || !v.Local() {
		return all, err
	}
	// More begin so than are ranked: those whom the viewer follows are looked for among these.
	more, err := collect(ctx, q, "SELECT w.actor, FALSE, TRUE FROM relations r CROSS JOIN words w WHERE w.actor = r.object AND r.subject = $1 AND r.state = 'active' AND "+
		lead+rest+" AND $2 <> '' LIMIT $3", args...)
	return unite(append(all, more...)), err
}

func collect(ctx context.Context, q db.Q, sql string, args ...any) ([]candidate, error) {
	rows, err := db.All(ctx, q, func(r db.Scanner) (c candidate, err error) { return c, r.Scan(&c.id, &c.exact, &c.followed) }, sql, args...)
	return unite(rows), err
}

// unite makes one candidate of several reasons for the same actor.
func unite(rows []candidate) []candidate {
	at := make(map[ID]int, len(rows))
	var all []candidate
	for _, c := range rows {
		n, known := at[c.id]
		if !known {
			n = len(all)
			at[c.id] = n
			all = append(all, candidate{id: c.id})
		}
		all[n].exact, all[n].followed = all[n].exact || c.exact, all[n].followed || c.followed
	}
	return all
}

// ranked leaves out who is not to be found and sorts the others.
func ranked(ctx context.Context, q db.Q, found []candidate) ([]candidate, error) {
	ids, at := make([]ID, len(found)), make(map[ID]candidate, len(found))
	for n, c := range found {
		ids[n], at[c.id] = c.id, c
	}
	if len(ids) == 0 {
		return nil, nil
	}
	list, args := db.In(nil, ids)
	all, err := db.All(ctx, q, func(r db.Scanner) (c candidate, err error) {
		var id ID
		var followers int64
		var quiet, hidden bool
		err = r.Scan(&id, &followers, &quiet, &hidden)
		if c = at[id]; hidden && !c.followed || quiet && !c.followed && !c.exact {
			c = candidate{}
		}
		c.followers = followers
		return c, err
	}, `SELECT a.id, a.followers_count, a.silenced > 0 OR a.moved_to <> '', a.kind = 'Group' AND a.visibility = 'hidden' FROM actors a WHERE a.id IN (`+list+`)
		AND a.deleted = 0 AND a.suspended = 0 AND a.kind IN ('Person', 'Group', 'Organization', 'Service')`, args...)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(c candidate) bool { return c.id == 0 })
	first := func(a, b bool) int {
		switch {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(first(a.exact, b.exact), first(a.followed, b.followed), cmp.Compare(b.followers, a.followers), cmp.Compare(a.id, b.id))
	})
	return all, nil
}

// indexWords keeps the words by which an actor is found.
func indexWords(ctx context.Context, tx *db.Tx, a *Actor) error {
	if _, err := tx.Exec(ctx, "DELETE FROM words WHERE actor = $1", a.ID); err != nil {
		return fmt.Errorf("index %s: %w", a.IRI, err)
	}
	open := a.Discoverable || !a.Local
	words := append(db.Terms(a.Name+" "+a.Title), strings.ToLower(a.Name))
	slices.Sort(words)
	words = slices.Compact(words)
	for _, w := range words[:min(len(words), 40)] {
		if _, err := tx.Exec(ctx, "INSERT INTO words (actor, word, open) VALUES ($1, $2, $3)", a.ID, w, open); err != nil {
			return fmt.Errorf("index %s: %w", a.IRI, err)
		}
	}
	return nil
}

// IndexSome keeps the words of at most some actors that have none, beyond a number, and returns the last number: 0 when there are
// no more.
func IndexSome(ctx context.Context, tx *db.Tx, after ID, most int) (last ID, err error) {
	all, err := db.All(ctx, tx, scan, "SELECT "+columns+` FROM actors a WHERE a.id > $1 AND a.deleted = 0
		AND NOT EXISTS (SELECT 1 FROM words w WHERE w.actor = a.id) ORDER BY a.id LIMIT $2`, after, most)
	for _, a := range all {
		if err := indexWords(ctx, tx, a); err != nil {
			return 0, err
		}
		last = a.ID
	}
	return last, err
}
