// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package jobs is work that must happen, later and at least once: kept in the database, repeated until it succeeds.
//
// A job that runs has a lease, which is nothing but a later run_at: when its process dies it is simply due again. So a
// job may run twice, and its function must bear that. Nothing polls: one timer stands at the earliest run_at, and a
// commit that adds an earlier job wakes it.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/pleio-node/pleio-node/db"
)

const (
	mostTries   = 12
	firstPause  = time.Minute
	longest     = 12 * time.Hour
	lease       = 5 * time.Minute
	keepFailed  = 30 * 24 * time.Hour
	grace       = 30 * time.Second // for what runs when Run must end
	quickAtOnce = 4
	slowAtOnce  = 16
	channel     = "jobs"
)

// Queue runs the jobs of one database. Several processes may run one each on the same PostgreSQL database.
type Queue struct {
	d     *db.DB
	log   *slog.Logger
	quick lane
	slow  lane
}

// New returns a queue without kinds of work; see Handle.
func New(d *db.DB, log *slog.Logger) *Queue {
	q := &Queue{d: d, log: log}
	q.quick = lane{q: q, atOnce: quickAtOnce, poked: make(chan struct{}, 1)}
	q.slow = lane{q: q, atOnce: slowAtOnce, poked: make(chan struct{}, 1)}
	return q
}

// Func does a job with the payload that Add was given, as JSON unless that was bytes. An error means that it is tried
// again later, with growing pauses, up to 12 times in all; see Retry and Never for other outcomes.
type Func func(ctx context.Context, payload []byte) error

// Handle says what does the jobs of a kind that keep this machine busy: at most four run at once. Call it before Run.
func (q *Queue) Handle(kind string, f Func) { q.quick.handle(kind, f) }

// HandleSlow is Handle for work that waits for others, such as fetching: it never holds up the quick kinds.
func (q *Queue) HandleSlow(kind string, f Func) { q.slow.handle(kind, f) }

// Add puts a job in the queue as part of a transaction. A zero time means now. With a key that is not empty, a job of the
// same kind and key that still waits takes over the payload, and the earlier of both times; one that runs already does not.
// A payload that is not bytes is written as JSON.
func (q *Queue) Add(ctx context.Context, tx *db.Tx, kind, key string, payload any, at time.Time) error {
	data, ok := payload.([]byte)
	if !ok {
		var err error
		if data, err = json.Marshal(payload); err != nil {
			return fmt.Errorf("add a job %s: %w", kind, err)
		}
	}
	if data == nil {
		data = []byte{}
	}
	now := time.Now()
	if at.IsZero() {
		at = now
	}
	_, err := tx.Exec(ctx, `INSERT INTO jobs (id, kind, unique_key, payload, run_at, created) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (kind, unique_key) DO UPDATE SET payload = excluded.payload,
			run_at = CASE WHEN excluded.run_at < jobs.run_at THEN excluded.run_at ELSE jobs.run_at END`,
		q.d.NewID(), kind, orNull(key), data, db.Millis(at), db.Millis(now))
	if err != nil {
		return fmt.Errorf("add a job %s: %w", kind, err)
	}
	q.d.Notify(tx, channel, kind)
	return nil
}

func orNull(key string) *string {
	if key == "" {
		return nil
	}
	return &key
}

// Run does jobs until the context ends, and then waits for those that run: they get 30 seconds before their context
// ends too.
func (q *Queue) Run(ctx context.Context) error {
	q.d.Listen(ctx, channel, func(kind string) {
		q.quick.poke(kind)
		q.slow.poke(kind)
	})
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	quickDone := make(chan struct{})
	go func() {
		defer close(quickDone)
		q.quick.run(ctx, working, stop)
	}()
	q.slow.run(ctx, working, stop)
	<-quickDone
	return nil
}

// later is the error of Retry.
type later struct{ at time.Time }

func (l later) Error() string { return "to be run again at " + l.at.UTC().Format(time.RFC3339) }

// Retry is the error of a job that wants to run again at a given time. It does not count as a failure, so it
// may be repeated without end.
func Retry(at time.Time) error { return later{at} }

// never is the error of Never.
type never struct{ error }

func (n never) Unwrap() error { return n.error }

// Never marks an error that no repetition will mend: the job counts as failed at once.
func Never(err error) error { return never{err} }

// outcome is what becomes of a job whose run gave err: deleted (gone), or kept to run or to be removed at a time.
type outcome struct {
	gone   bool
	at     time.Time
	tries  int64
	error  string
	failed bool
}

func judge(err error, tries int64, stopping bool, now time.Time) outcome {
	var l later
	var n never
	switch {
	case err == nil:
		return outcome{gone: true}
	case errors.As(err, &l):
		return outcome{at: l.at, tries: tries - 1}
	case stopping && errors.Is(err, context.Canceled): // our doing, not the job's
		return outcome{at: now, tries: tries - 1}
	case errors.As(err, &n) || tries >= mostTries:
		return outcome{at: now.Add(keepFailed), tries: tries, error: err.Error(), failed: true}
	}
	return outcome{at: now.Add(pause(tries)), tries: tries, error: err.Error()}
}

// pause is the time before another try: a minute, doubled each time up to twelve hours, and up to a fifth more so that
// what failed together does not come back together.
func pause(tries int64) time.Duration {
	p := min(firstPause<<min(tries-1, 20), longest)
	return p + rand.N(p/5)
}
