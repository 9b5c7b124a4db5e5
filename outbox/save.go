// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/db"
)

// ending is how a turn stands when its outcome is saved.
type ending int

const (
	more     ending = iota // it goes on
	released               // it ends, and what waits is due at once
	well                   // it ends: the host takes what we bring
	failing                // it ends: the host is to be left alone until due
)

// outcome is what a turn has to save.
type outcome struct {
	host  string
	end   ending
	done  []int64     // deliveries that are over
	aside []*delivery // deliveries with a changed number of tries
	lease time.Time   // more: when not zero, the new one

	good      bool      // the host accepted something
	heard     bool      // the host answered, so that it is not failing
	succeeded time.Time // the last time it accepted something, in whichever turn
	problem   string
	due       time.Time // failing: when to try next; released: the same, or zero for at once
	state     string    // failing
	failures  int64     // failing
	since     time.Time // failing
	old       int64     // failing: deliveries with smaller ids are given up
	lost      int64     // after saving: how many that were
}

// saver writes the outcomes of many turns in one transaction: while one is being written the next ones gather. It has a
// goroutine only while there is something to write.
type saver struct {
	db *db.DB

	mu     sync.Mutex
	queue  []*saving
	active bool
}

type saving struct {
	*outcome
	saved chan error
}

// save returns when the outcome is on disk.
func (s *saver) save(o *outcome) error {
	x := &saving{o, make(chan error, 1)}
	s.mu.Lock()
	s.queue = append(s.queue, x)
	start := !s.active
	s.active = true
	s.mu.Unlock()
	if start {
		go s.run()
	}
	return <-x.saved
}

func (s *saver) run() {
	for {
		s.mu.Lock()
		n := min(len(s.queue), 256)
		if n == 0 {
			s.queue, s.active = nil, false
			s.mu.Unlock()
			return
		}
		turns := slices.Clone(s.queue[:n])
		s.queue = s.queue[n:]
		s.mu.Unlock()

		// What was sent must be saved even when the node is ending: no context of the caller's here.
		err := s.db.Claim(context.Background(), func(tx *db.Tx) error { return write(tx, turns) })
		if err != nil {
			err = fmt.Errorf("save deliveries: %w", err)
		}
		for _, x := range turns {
			x.saved <- err
		}
	}
}

// A held host stays as its administrator wants it. Any other is due when the first of its deliveries is, and never when
// nothing waits. $1 is now.
const (
	recovered = "lease = 0, failures = 0, failing = 0, state = CASE WHEN state = 'held' THEN state ELSE '' END"
	whenDue   = `due = CASE WHEN state = 'held' THEN due ELSE COALESCE((SELECT MIN(CASE WHEN d.due > $1 THEN d.due ELSE $1 END)
		FROM deliveries d WHERE d.host = hosts.host), 0) END`
)

func write(tx *db.Tx, turns []*saving) error {
	ctx := context.Background()
	now := time.Now().UnixMilli()
	var done []int64
	var hosts, healthy []string
	for _, x := range turns {
		done = append(done, x.done...)
		hosts = append(hosts, x.host)
		if x.plain() {
			healthy = append(healthy, x.host)
		}
	}
	if tx.Postgres() { // Enqueue locks these rows too: once we have them, what it added is seen, and what it adds later sees us
		marks, args := db.In(nil, hosts)
		if _, err := tx.Exec(ctx, "SELECT 1 FROM hosts WHERE host IN ("+marks+") ORDER BY host FOR UPDATE", args...); err != nil {
			return err
		}
	}
	for ids := range slices.Chunk(done, 512) {
		marks, args := db.In(nil, ids)
		if _, err := tx.Exec(ctx, "DELETE FROM deliveries WHERE id IN ("+marks+")", args...); err != nil {
			return err
		}
	}
	if len(healthy) > 0 {
		marks, args := db.In([]any{now}, healthy)
		if _, err := tx.Exec(ctx, "UPDATE hosts SET "+recovered+", succeeded = $1, error = '', "+whenDue+" WHERE host IN ("+marks+")", args...); err != nil {
			return err
		}
	}
	for _, x := range turns {
		for _, a := range x.aside {
			if _, err := tx.Exec(ctx, "UPDATE deliveries SET tries = $1, status = $2, due = $3 WHERE id = $4",
				a.tries, a.status, db.Millis(a.due), a.id); err != nil {
				return err
			}
		}
		if err := x.writeHost(ctx, tx, now); err != nil {
			return err
		}
	}
	return nil
}

// plain is how nearly all turns end: these are written in one statement.
func (o *outcome) plain() bool { return o.end == well && o.good && o.problem == "" }

// writeHost writes what was not written for many at once.
func (o *outcome) writeHost(ctx context.Context, tx *db.Tx, now int64) (err error) {
	switch {
	case o.plain():
	case o.end == more:
		if !o.lease.IsZero() {
			_, err = tx.Exec(ctx, "UPDATE hosts SET lease = $1 WHERE host = $2", o.lease.UnixMilli(), o.host)
		}
	case o.end == released && o.due.IsZero():
		_, err = tx.Exec(ctx, "UPDATE hosts SET lease = 0, succeeded = $1 WHERE host = $2", db.Millis(o.succeeded), o.host)
	case o.end == released:
		_, err = tx.Exec(ctx, "UPDATE hosts SET lease = 0, succeeded = $1, due = CASE WHEN due > 0 THEN $2 ELSE due END WHERE host = $3",
			db.Millis(o.succeeded), o.due.UnixMilli(), o.host)
	case o.end == well && !o.good && !o.heard: // nothing was sent: nothing is known
		_, err = tx.Exec(ctx, "UPDATE hosts SET lease = 0, "+whenDue+" WHERE host = $2", now, o.host)
	case o.end == well:
		_, err = tx.Exec(ctx, "UPDATE hosts SET "+recovered+", succeeded = $2, error = $3, "+whenDue+" WHERE host = $4",
			now, db.Millis(o.succeeded), o.problem, o.host)
	case o.end == failing:
		if err := o.forget(ctx, tx); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE hosts SET lease = 0, failures = $1, failing = $2, tried = $3, error = $4, succeeded = $5,
			due = CASE WHEN state = 'held' THEN due ELSE $6 END,
			state = CASE WHEN state = 'held' THEN state ELSE $7 END WHERE host = $8`,
			o.failures, db.Millis(o.since), now, o.problem, db.Millis(o.succeeded), o.due.UnixMilli(), o.state, o.host)
	}
	return err
}

// forget ends the oldest deliveries to a host that has been away for very long.
func (o *outcome) forget(ctx context.Context, tx *db.Tx) error {
	if o.old == 0 {
		return nil
	}
	result, err := tx.Exec(ctx, "DELETE FROM deliveries WHERE host = $1 AND id < $2", o.host, o.old)
	if err != nil {
		return err
	}
	o.lost, err = result.RowsAffected()
	return err
}
