// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// claim takes leases on due jobs, at most some.
func (l *lane) claim(ctx context.Context, most int) ([]*job, error) {
	var claimed []*job
	err := l.q.d.Claim(ctx, func(tx *db.Tx) (err error) {
		claimed, err = l.claimIn(ctx, tx, most)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim jobs: %w", err)
	}
	return claimed, nil
}

// claimIn also removes failed jobs whose time has come.
func (l *lane) claimIn(ctx context.Context, tx *db.Tx, most int) ([]*job, error) {
	now := time.Now()
	marks, args := db.In([]any{db.Millis(now), most}, l.kinds)
	due, err := db.All(ctx, tx, func(s db.Scanner) (*job, error) {
		j := &job{}
		return j, s.Scan(&j.id, &j.kind, &j.key, &j.payload, &j.tries, &j.failed)
	}, "SELECT id, kind, unique_key, payload, tries, failed FROM jobs WHERE run_at <= $1 AND kind IN ("+marks+")"+
		" ORDER BY run_at, id LIMIT $2 "+tx.SkipLocked(), args...)
	if err != nil {
		return nil, err
	}
	var claimed []*job
	var wanted, old []int64
	until := db.Millis(now.Add(lease))
	for _, j := range due {
		if j.failed {
			old = append(old, j.id)
			continue
		}
		j.tries++
		j.leased.Store(until)
		wanted = append(wanted, j.id)
		claimed = append(claimed, j)
	}
	if len(old) > 0 {
		marks, args := db.In(nil, old)
		if _, err := tx.Exec(ctx, "DELETE FROM jobs WHERE id IN ("+marks+")", args...); err != nil {
			return nil, err
		}
	}
	if len(wanted) > 0 {
		marks, args := db.In([]any{until}, wanted)
		if _, err := tx.Exec(ctx, "UPDATE jobs SET run_at = $1, tries = tries + 1, unique_key = NULL WHERE id IN ("+marks+")", args...); err != nil {
			return nil, err
		}
	}
	return claimed, nil
}

// settle writes down how a job ended and, in the same transaction, claims the next one that is due. When that fails the
// job's lease ends it: it will run again.
func (l *lane) settle(ctx, working context.Context, j *job, result error) *job {
	o := judge(result, j.tries, j.ending.Load(), time.Now())
	switch {
	case o.failed:
		l.q.log.Error("a job failed for good", "kind", j.kind, "id", j.id, "tries", j.tries, "error", result)
	case o.error != "":
		l.q.log.Warn("a job failed and will be tried again", "kind", j.kind, "id", j.id, "tries", j.tries, "at", o.at, "error", result)
	}
	var next *job
	write := func(tx *db.Tx) error {
		next = nil
		if err := l.write(working, tx, j, o); err != nil {
			return err
		}
		if ctx.Err() != nil { // no more work
			return nil
		}
		jobs, err := l.claimIn(context.WithoutCancel(working), tx, 1)
		if len(jobs) == 1 {
			next = jobs[0]
		}
		return err
	}
	err := l.q.d.Claim(context.WithoutCancel(working), write)
	if db.IsUnique(err) { // the same key was added at the same moment, on PostgreSQL: now it is seen
		err = l.q.d.Claim(context.WithoutCancel(working), write)
	}
	if err != nil {
		l.q.log.Error("writing down how a job ended failed; it will run again", "kind", j.kind, "id", j.id, "error", err)
		return nil
	}
	return next
}

// write gives a job its outcome, unless it is somebody else's by now.
func (l *lane) write(working context.Context, tx *db.Tx, j *job, o outcome) error {
	if j.lost.Load() {
		return nil
	}
	ctx := context.WithoutCancel(working)
	mine := []any{j.id, j.leased.Load()}
	if !o.gone && !o.failed && j.key.Valid {
		// Asked for again while it ran: that one will do.
		_, err := db.One(ctx, tx, db.Scalar[int64], "SELECT id FROM jobs WHERE kind = $1 AND unique_key = $2", j.kind, j.key.String)
		if err == nil {
			o.gone = true
		} else if !errors.Is(err, fault.NotFound) {
			return err
		}
	}
	if o.gone {
		_, err := tx.Exec(ctx, "DELETE FROM jobs WHERE id = $1 AND run_at = $2", mine...)
		return err
	}
	key := j.key
	if o.failed {
		key = sql.NullString{}
	}
	_, err := tx.Exec(ctx, `UPDATE jobs SET run_at = $3, tries = $4, error = $5, failed = $6, unique_key = $7
		WHERE id = $1 AND run_at = $2`, append(mine, db.Millis(o.at), o.tries, o.error, o.failed, key)...)
	return err
}
