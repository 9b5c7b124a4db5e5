// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/db"
)

// Departure is a node whose last member has left a closed or secret group of ours. It deletes what others wrote there, and says so.
type Departure struct {
	Host      string
	Since     time.Time // when its last member was gone
	Purged    time.Time // when it had deleted its copy, as it says; zero: it has not said so
	Confirmed time.Time // when it said so
}

// departs keeps which nodes have left a group of ours, and forgets those that are back.
func departs(ctx context.Context, tx *db.Tx, m Membership) error {
	if m.Group.Shows() != Members || m.Member.Local {
		return nil
	}
	sql, args := "DELETE FROM departures WHERE grp = $1 AND host = $2", []any{m.Group.ID, m.Member.Host}
	if m.Is() == "" {
		still, _, err := OnHost(ctx, tx, m.Group.ID, m.Member.Host)
		if err != nil || still || !m.Member.Groups1 {
			return err
		}
		sql = `INSERT INTO departures (grp, host, since) VALUES ($1, $2, $3) ON CONFLICT (grp, host) DO UPDATE SET since = excluded.since, purged = 0, confirmed = 0`
		args = append(args, db.Millis(time.Now()))
	}
	if _, err := tx.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("note that %s has left %s: %w", m.Member.Host, m.Group.IRI, err)
	}
	return nil
}

// Departures lists the nodes that have left a group of ours, the last one first.
func Departures(ctx context.Context, q db.Q, group ID) ([]Departure, error) {
	all, err := db.All(ctx, q, func(r db.Scanner) (d Departure, err error) {
		var since, purged, confirmed int64
		err = r.Scan(&d.Host, &since, &purged, &confirmed)
		d.Since, d.Purged, d.Confirmed = db.FromMillis(since), db.FromMillis(purged), db.FromMillis(confirmed)
		return d, err
	}, "SELECT host, since, purged, confirmed FROM departures WHERE grp = $1 ORDER BY since DESC, host", group)
	if err != nil {
		return nil, fmt.Errorf("nodes that have left group %d: %w", group, err)
	}
	return all, nil
}

// HasDeparted tells whether a node has left a group of ours.
func HasDeparted(ctx context.Context, q db.Q, group ID, host string) (bool, error) {
	n, err := db.One(ctx, q, db.Scalar[int], "SELECT COUNT(*) FROM departures WHERE grp = $1 AND host = $2", group, host)
	return n > 0, err
}

// Purged notes that a node which has left a group of ours says that it has deleted its copy. The first time counts.
func Purged(ctx context.Context, tx *db.Tx, group ID, host string, when time.Time) error {
	now := time.Now()
	if when.IsZero() || when.After(now) {
		when = now
	}
	if _, err := tx.Exec(ctx, "UPDATE departures SET purged = $1, confirmed = $2 WHERE grp = $3 AND host = $4 AND confirmed = 0", db.Millis(when), db.Millis(now), group, host); err != nil {
		return fmt.Errorf("note that %s has deleted its copy of group %d: %w", host, group, err)
	}
	return nil
}
