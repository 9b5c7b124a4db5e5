// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/locale"
)

// Position is how far the copy of a group of ours is that the node of some of its members keeps.
type Position struct {
	Host    string
	Title   string // of the organisation; "": it has not told
	People  int64  // members there
	Seq     int64  // the last entry of the log that it has
	Behind  int64  // entries that it does not have yet
	Since   time.Time
	Contact time.Time // when it last took or asked something; zero: never
}

// Positions are those of all nodes that keep a copy of a group, the one furthest behind first. A node has what was delivered to it,
// and what it read from the log itself.
func Positions(ctx context.Context, q db.Q, group *actors.Actor) ([]Position, error) {
	all, err := db.All(ctx, q, func(r db.Scanner) (p Position, err error) {
		var first, oldest, succeeded, read int64
		if err = r.Scan(&p.Host, &p.People, &p.Behind, &first, &oldest, &succeeded, &read); err != nil {
			return p, err
		}
		p.Seq, p.Contact = group.Seq, db.FromMillis(max(succeeded, read))
		if p.Behind > 0 {
			p.Seq, p.Since = first-1, db.TimeOf(oldest)
		}
		return p, nil
	}, `SELECT r.host, r.people, COALESCE(w.n, 0), COALESCE(w.seq, 0), COALESCE(w.activity, 0), COALESCE(h.succeeded, 0), COALESCE(p.at, 0)
		FROM reach r LEFT JOIN hosts h ON h.host = r.host LEFT JOIN positions p ON p.grp = r.object AND p.host = r.host
		LEFT JOIN (SELECT d.host, COUNT(DISTINCT l.seq) AS n, MIN(l.seq) AS seq, MIN(l.activity) AS activity FROM deliveries d JOIN log l ON l.activity = d.activity
			LEFT JOIN positions s ON s.grp = l.grp AND s.host = d.host WHERE l.grp = $1 AND l.seq > COALESCE(s.seq, 0) GROUP BY d.host) w ON w.host = r.host
		WHERE r.object = $1 AND r.groups_1 ORDER BY 3 DESC, r.host`, group.ID)
	if err != nil {
		return nil, fmt.Errorf("positions in the log of %s: %w", group.IRI, err)
	}
	hosts := make([]string, len(all))
	for i := range all {
		hosts[i] = all[i].Host
	}
	titles, err := actors.TitlesOf(ctx, q, hosts)
	for i := range all {
		all[i].Title = titles[all[i].Host]
	}
	return all, err
}

// hasRead keeps that a node has read the log of a group of ours up to an entry.
func hasRead(ctx context.Context, d *db.DB, group actors.ID, host string, seq int64) error {
	return d.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO positions (grp, host, seq, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (grp, host) DO UPDATE SET seq = excluded.seq, at = excluded.at`, group, host, seq, db.Millis(time.Now()))
		return err
	})
}

const mostNamed = 3 // nodes in one sentence

// Delivered says in one sentence which nodes have everything, and how far the others are behind.
func Delivered(words *locale.Locale, all []Position) string {
	done, late := 0, []string{}
	for _, p := range all {
		if p.Behind == 0 {
			done++
			continue
		}
		if len(late) == mostNamed {
			continue
		}
		name := p.Title
		if name == "" {
			name = p.Host
		}
		since := words.Time(p.Since)
		if time.Since(p.Since) > 20*time.Hour { // the time alone would be taken for one of today
			since = words.Date(p.Since)
		}
		late = append(late, words.T("group.behind", "name", name, "n", words.Number(p.Behind), "since", since))
	}
	if more := len(all) - done - len(late); more > 0 {
		late = append(late, words.N("group.behind.more", more))
	}
	return strings.Join(append([]string{words.N("group.delivered", len(all), "done", words.Number(done))}, late...), "; ")
}
