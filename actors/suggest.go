// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"fmt"

	"github.com/pleio-node/pleio-node/db"
)

// findable is the condition that an actor a may be shown to people who did not ask for it by name: its own choice (design rule
// 10), and no administrator's against it.
const findable = `a.discoverable AND a.deleted = 0 AND a.suspended = 0 AND a.silenced = 0 AND a.moved_to = ''
	AND a.kind IN ('Person', 'Group', 'Organization', 'Service') AND (a.kind <> 'Group' OR a.visibility = 'public')`

// Suggestion is somebody whom a person may want to follow, and why.
type Suggestion struct {
	*Actor
	Why string // FriendsOfFriends or MostFollowed
}

// Reasons for a suggestion, as clients know them.
const (
	FriendsOfFriends = "friends_of_friends"
	MostFollowed     = "most_followed"
)

// Suggestions are people and groups that those whom the viewer follows follow too, then the most followed of this node:
// whoever chose to be findable, and is neither followed, asked, muted, blocked nor dismissed.
func Suggestions(ctx context.Context, q db.Q, v Viewer, limit int) ([]Suggestion, error) {
	wants, args := WantsActor(v, "a.id", []any{v.ID, limit})
	open := findable + ` AND a.id <> $1 AND NOT EXISTS (SELECT 1 FROM relations r WHERE r.subject = $1 AND r.object = a.id AND r.state IN ('active', 'requested', 'banned'))
		AND NOT EXISTS (SELECT 1 FROM dismissals x WHERE x.subject = $1 AND x.object = a.id) AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.subject = a.id AND b.object = $1) AND ` + wants
	var all []Suggestion
	seen := map[ID]bool{}
	for _, from := range []struct{ why, sql string }{
		// Of those whom the viewer followed last, so that it costs the same for who follows thousands.
		{FriendsOfFriends, "SELECT " + columns + ` FROM (SELECT f.object AS id, COUNT(*) AS friends FROM
			(SELECT r.object AS friend FROM relations r JOIN actors h ON h.id = r.object AND NOT h.hide_collections AND h.kind <> 'Group'
				WHERE r.subject = $1 AND r.state = 'active' ORDER BY r.id DESC LIMIT 200) m
			JOIN relations f ON f.subject = m.friend AND f.state = 'active' GROUP BY f.object) k JOIN actors a ON a.id = k.id
			WHERE ` + open + " ORDER BY k.friends DESC, a.followers_count DESC, a.id LIMIT $2"},
		{MostFollowed, "SELECT " + columns + " FROM actors a WHERE a.local AND " + open + " ORDER BY a.followers_count DESC, a.id LIMIT $2"},
	} {
		found, err := db.All(ctx, q, scan, from.sql, args...)
		if err != nil {
			return nil, fmt.Errorf("suggestions by %s: %w", from.why, err)
		}
		for _, a := range found {
			if !seen[a.ID] && len(all) < limit {
				seen[a.ID], all = true, append(all, Suggestion{a, from.why})
			}
		}
	}
	return all, nil
}

// Listed is what a directory shows.
type Listed struct {
	New           bool // who came last first; else who wrote last
	Local         bool
	Limit, Offset int
}

// Findable lists the people and groups that chose to be found.
func Findable(ctx context.Context, q db.Q, v Viewer, l Listed) ([]*Actor, error) {
	wants, args := WantsActor(v, "a.id", []any{l.Limit, l.Offset})
	condition, order := findable+" AND "+wants, "a.last_item DESC, a.id DESC"
	if l.New {
		order = "a.id DESC"
	}
	if l.Local {
		condition += " AND a.local"
	}
	all, err := db.All(ctx, q, scan, "SELECT "+columns+" FROM actors a WHERE "+condition+" ORDER BY "+order+" LIMIT $1 OFFSET $2", args...)
	if err != nil {
		return nil, fmt.Errorf("list who is findable: %w", err)
	}
	return all, nil
}

const maxFamiliar = 40 // for each

// Familiar returns, of each of the others, those of its followers that one of ours follows too; nobody of whom either hides
// these things.
func Familiar(ctx context.Context, q db.Q, me ID, others []ID) (map[ID][]*Actor, error) {
	list, args := db.In([]any{me, maxFamiliar}, others)
	type row struct{ of, who ID }
	rows, err := db.All(ctx, q, func(r db.Scanner) (x row, err error) { return x, r.Scan(&x.of, &x.who) },
		`SELECT k.object, k.subject FROM (SELECT r.object, r.subject, ROW_NUMBER() OVER (PARTITION BY r.object ORDER BY r.id DESC) AS n
			FROM relations m JOIN relations r ON r.subject = m.object AND r.state = 'active'
			JOIN actors s ON s.id = r.subject AND NOT s.hide_collections AND s.kind <> 'Group' JOIN actors o ON o.id = r.object AND NOT o.hide_collections AND `+showsMembers("o", "$1")+`
			WHERE m.subject = $1 AND m.state = 'active' AND r.object IN (`+list+`)) k WHERE k.n <= $2 ORDER BY k.object, k.n`, args...)
	if err != nil {
		return nil, fmt.Errorf("familiar followers for actor %d: %w", me, err)
	}
	ids := make([]ID, len(rows))
	for i, r := range rows {
		ids[i] = r.who
	}
	known, err := Many(ctx, q, ids)
	all := map[ID][]*Actor{}
	for _, r := range rows {
		if a := known[r.who]; a != nil {
			all[r.of] = append(all[r.of], a)
		}
	}
	return all, err
}
