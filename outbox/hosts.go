// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// The states of a host that are stored.
const (
	stateParked = "parked" // it could not be reached for a week: one probe a day
	stateHeld   = "held"   // an administrator wants nothing to be sent
)

// Target is where an activity goes: an inbox, and the host that it is counted under.
type Target struct{ Host, Inbox string }

// Enqueue makes an activity wait for its targets, each once, and wakes the deliverers after the commit. Hosts that are
// failing or held keep their own time; all others are due at once.
func Enqueue(ctx context.Context, tx *db.Tx, activity int64, targets []Target) error {
	return enqueue(ctx, tx, activity, targets, 0)
}

// enqueue is Enqueue for what need not go before a while: when more comes meanwhile, it goes together.
func enqueue(ctx context.Context, tx *db.Tx, activity int64, targets []Target, while time.Duration) error {
	if len(targets) == 0 {
		return nil
	}
	// Sorted by host, so that concurrent transactions meet in one order and duplicates are neighbours.
	targets = slices.Clone(targets)
	slices.SortFunc(targets, func(a, b Target) int {
		return cmp.Or(strings.Compare(a.Host, b.Host), strings.Compare(a.Inbox, b.Inbox))
	})
	targets = slices.Compact(targets)
	hosts := make([]string, len(targets))
	for i, t := range targets {
		hosts[i] = t.Host
	}
	hosts = slices.Compact(hosts)

	due := time.Now().Add(while).UnixMilli()
	err := insert(ctx, tx, "INSERT INTO hosts (host, due) VALUES ", hosts, func(host string) []any { return []any{host, due} },
		` ON CONFLICT (host) DO UPDATE SET due = EXCLUDED.due
		WHERE hosts.state <> 'held' AND (hosts.due = 0 OR hosts.failures = 0 AND hosts.due > EXCLUDED.due)`)
	if err == nil {
		err = insert(ctx, tx, "INSERT INTO deliveries (id, host, inbox, activity) VALUES ", targets, func(t Target) []any {
			return []any{tx.DB().NewID(), t.Host, t.Inbox, activity}
		}, "")
	}
	if err != nil {
		return fmt.Errorf("enqueue activity %d for %d hosts: %w", activity, len(hosts), err)
	}
	tx.DB().Notify(tx, wake, "")
	return nil
}

// insert makes rows with few statements, whose numbers of rows are powers of two, so that there are few different texts.
func insert[T any](ctx context.Context, tx *db.Tx, head string, rows []T, values func(T) []any, tail string) error {
	for n := 256; len(rows) > 0; n /= 2 {
		for len(rows) >= n {
			var text strings.Builder
			text.WriteString(head)
			var args []any
			for i, row := range rows[:n] {
				comma := "("
				if i > 0 {
					comma = "), ("
				}
				for _, v := range values(row) {
					args = append(args, v)
					fmt.Fprintf(&text, "%s$%d", comma, len(args))
					comma = ", "
				}
			}
			text.WriteString(")" + tail)
			if _, err := tx.Exec(ctx, text.String(), args...); err != nil {
				return err
			}
			rows = rows[n:]
		}
	}
	return nil
}

// Awake is called when a host has proved that it is there, by a valid signed request: what waits for it is tried at once,
// at most once a minute. For a healthy host it only reads one row.
func Awake(ctx context.Context, tx *db.Tx, host string) error {
	const where = " WHERE host = $1 AND failures > 0 AND due > $2 AND tried <= $3"
	now := time.Now()
	args := []any{host, now.UnixMilli(), now.Add(-shortest).UnixMilli()}
	n, err := db.One(ctx, tx, db.Scalar[int64], "SELECT COUNT(*) FROM hosts"+where, args...)
	if err == nil && n > 0 {
		if _, err = tx.Exec(ctx, "UPDATE hosts SET due = $2"+where, args...); err == nil {
			tx.DB().Notify(tx, wake, "")
		}
	}
	if err != nil {
		return fmt.Errorf("wake the deliveries to %s: %w", host, err)
	}
	return nil
}

// HostStatus is how delivery to one host stands.
type HostStatus struct {
	Host          string
	State         string // ok, failing, parked (down for a week), held (by an administrator)
	Waiting       int64  // deliveries
	OldestWaiting time.Time
	Failures      int64 // in a row
	FailingSince  time.Time
	LastSuccess   time.Time
	NextTry       time.Time // zero: nothing waits, or it is held
	Error         string    // the last answer that was not a success
}

// Hosts lists every host that something was sent to, by name.
func Hosts(ctx context.Context, q db.Q) ([]HostStatus, error) {
	all, err := db.All(ctx, q, func(row db.Scanner) (HostStatus, error) {
		var s HostStatus
		var oldest, failing, succeeded, due int64
		err := row.Scan(&s.Host, &s.State, &s.Failures, &failing, &succeeded, &due, &s.Error, &s.Waiting, &oldest)
		s.FailingSince, s.LastSuccess, s.NextTry = db.FromMillis(failing), db.FromMillis(succeeded), db.FromMillis(due)
		if oldest > 0 {
			s.OldestWaiting = db.TimeOf(oldest)
		}
		if s.State == "" {
			s.State = "ok"
			if s.Failures > 0 {
				s.State = "failing"
			}
		}
		return s, err
	}, `SELECT h.host, h.state, h.failures, h.failing, h.succeeded, h.due, h.error, COALESCE(w.waiting, 0), COALESCE(w.oldest, 0)
		FROM hosts h LEFT JOIN (SELECT host, COUNT(*) AS waiting, MIN(id) AS oldest FROM deliveries GROUP BY host) w ON w.host = h.host
		ORDER BY h.host`)
	if err != nil {
		return nil, fmt.Errorf("list the hosts that are delivered to: %w", err)
	}
	return all, nil
}

// Retry makes everything that waits for a host due now, also what was set aside, and ends a Hold.
func Retry(ctx context.Context, tx *db.Tx, host string) error {
	now := time.Now().UnixMilli()
	if err := change(ctx, tx, host, `UPDATE hosts SET state = CASE WHEN state = 'held' THEN '' ELSE state END,
		due = CASE WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.host = hosts.host) THEN $2 ELSE due END WHERE host = $1`, host, now); err != nil {
		return fmt.Errorf("retry %s: %w", host, err)
	}
	if _, err := tx.Exec(ctx, "UPDATE deliveries SET due = 0 WHERE host = $1 AND due > 0", host); err != nil {
		return fmt.Errorf("retry %s: %w", host, err)
	}
	tx.DB().Notify(tx, wake, "")
	return nil
}

// Hold keeps everything for a host until Retry. What is just being sent to it (one batch at most) still goes.
func Hold(ctx context.Context, tx *db.Tx, host string) error {
	if err := change(ctx, tx, host, "UPDATE hosts SET state = $2, due = 0 WHERE host = $1", host, stateHeld); err != nil {
		return fmt.Errorf("hold %s: %w", host, err)
	}
	return nil
}

// Drop deletes everything that waits for a host, and tells how much that was.
func Drop(ctx context.Context, tx *db.Tx, host string) (int64, error) {
	if err := change(ctx, tx, host, "UPDATE hosts SET due = 0 WHERE host = $1", host); err != nil {
		return 0, fmt.Errorf("drop what waits for %s: %w", host, err)
	}
	result, err := tx.Exec(ctx, "DELETE FROM deliveries WHERE host = $1", host)
	if err != nil {
		return 0, fmt.Errorf("drop what waits for %s: %w", host, err)
	}
	return result.RowsAffected()
}

// change updates the row of one host, which must be there.
func change(ctx context.Context, tx *db.Tx, host, text string, args ...any) error {
	result, err := tx.Exec(ctx, text, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return fault.Say(fault.NotFound, "Nothing was ever sent to %s. The list of hosts has the names that can be used.", host)
}
