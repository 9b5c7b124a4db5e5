// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pleio-node/pleio-node/db"
)

// lane is a number of kinds that share a number of workers. Workers are goroutines that end when nothing is due.
type lane struct {
	q      *Queue
	atOnce int
	kinds  []string
	funcs  map[string]Func
	poked  chan struct{}

	running atomic.Int64
}

// job is one that this process has a lease on.
type job struct {
	id, tries    int64
	kind         string
	key          sql.NullString
	payload      []byte
	failed       bool
	leased       atomic.Int64 // the row's run_at: when it differs, the job is somebody else's
	lost, ending atomic.Bool
}

func (l *lane) handle(kind string, f Func) {
	if l.funcs == nil {
		l.funcs = map[string]Func{}
	}
	l.funcs[kind] = f
	l.kinds = append(l.kinds, kind)
}

// poke makes the lane look for due jobs; an empty kind is any.
func (l *lane) poke(kind string) {
	if _, mine := l.funcs[kind]; !mine && kind != "" {
		return
	}
	select {
	case l.poked <- struct{}{}:
	default:
	}
}

// run starts workers as jobs become due until ctx ends, and waits for the workers. They work with another context,
// which stop ends when they take too long.
func (l *lane) run(ctx, working context.Context, stop func()) {
	if len(l.kinds) == 0 {
		<-ctx.Done()
		return
	}
	var workers sync.WaitGroup
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		wait, err := l.start(ctx, working, &workers)
		if err != nil && ctx.Err() == nil {
			l.q.log.Error("looking for due jobs failed; trying again soon", "error", err)
			wait = 5 * time.Second
		}
		timer.Stop()
		if wait >= 0 {
			timer.Reset(wait)
		}
		select {
		case <-timer.C:
		case <-l.poked:
		case <-ctx.Done():
		}
	}
	defer time.AfterFunc(grace, stop).Stop()
	workers.Wait()
}

// start starts workers for what is due and returns how long nothing will be; negative: until poked.
func (l *lane) start(ctx, working context.Context, workers *sync.WaitGroup) (time.Duration, error) {
	for {
		free := l.atOnce - int(l.running.Load())
		if free <= 0 {
			return -1, nil // a worker that ends pokes
		}
		next, err := l.next(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return -1, nil
		}
		if err != nil {
			return 0, err
		}
		if wait := time.Until(next); wait > 0 {
			return wait, nil
		}
		jobs, err := l.claim(ctx, free)
		if err != nil {
			return 0, err
		}
		for _, j := range jobs {
			l.running.Add(1)
			workers.Go(func() {
				defer l.poke("")
				defer l.running.Add(-1)
				l.work(ctx, working, j)
			})
		}
	}
}

// next is when the earliest job is due.
func (l *lane) next(ctx context.Context) (time.Time, error) {
	marks, args := db.In(nil, l.kinds)
	var at int64
	err := l.q.d.Row(ctx, "SELECT run_at FROM jobs WHERE kind IN ("+marks+") ORDER BY run_at LIMIT 1", args...).Scan(&at)
	return db.FromMillis(at), err
}

// work does a job and those that are due after it.
func (l *lane) work(ctx, working context.Context, j *job) {
	for j != nil {
		err := l.do(working, j)
		j = l.settle(ctx, working, j, err)
	}
}

// do runs the function of a job and keeps its lease meanwhile.
func (l *lane) do(working context.Context, j *job) (err error) {
	if j.tries > mostTries { // the claim counted a try that can only follow a try without an end
		return Never(errors.New("the process ended each time while this job ran"))
	}
	ctx, cancel := context.WithCancel(working)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		l.keep(ctx, cancel, j)
	}()
	defer func() {
		j.ending.Store(working.Err() != nil)
		cancel()
		<-kept
	}()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			l.q.log.Error("a job panicked", "kind", j.kind, "id", j.id, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	return l.funcs[j.kind](ctx, j.payload)
}

// keep renews the lease of a job until its context ends, and ends the context when the lease is lost.
func (l *lane) keep(ctx context.Context, cancel func(), j *job) {
	timer := time.NewTimer(lease / 3)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		until := db.Millis(time.Now().Add(lease))
		result, err := l.q.d.Exec(context.WithoutCancel(ctx), "UPDATE jobs SET run_at = $1 WHERE id = $2 AND run_at = $3", until, j.id, j.leased.Load())
		if err != nil {
			l.q.log.Warn("renewing the lease of a job failed", "kind", j.kind, "id", j.id, "error", err)
			timer.Reset(lease / 10)
			continue
		}
		if n, err := result.RowsAffected(); err == nil && n == 0 {
			l.q.log.Warn("the lease of a job was lost", "kind", j.kind, "id", j.id)
			j.lost.Store(true)
			cancel()
			return
		}
		j.leased.Store(until)
		timer.Reset(lease / 3)
	}
}
