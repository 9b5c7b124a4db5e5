// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/fault"
)

// How much shares one commit. A batch is closed by whichever comes first, or by nobody waiting.
const (
	mostTurns   = 64
	mostWaiting = 5 * time.Millisecond
	slowTurn    = time.Second
)

// writer is SQLite's one writing connection. Its callers take turns, each in a savepoint; a caller who finds another one
// waiting leaves the transaction open and hands it over, so that both are made durable by one sync of the disk.
// Everybody in a batch learns the fate of its commit: none is told of success before it.
type writer struct {
	pool   *sql.DB
	conn   *sql.Conn
	cached *statements
	log    *slog.Logger
	wait   time.Duration

	batch   *batch  // the open transaction; belongs to whoever has the turn
	changed changed // by the batch
	memory  map[string]*shelf

	mu      sync.Mutex
	taken   bool
	waiting []*waiter
	closed  bool
}

type batch struct {
	began time.Time
	turns int
	done  chan struct{} // closed after the commit
	err   error         // the commit's, to be read after done
}

// waiter is a caller who wants a turn; given is closed when it has it.
type waiter struct{ given chan struct{} }

func (w *writer) tx(ctx context.Context, d *DB, f func(*Tx) error) error {
	if err := w.take(ctx); err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	tx := &Tx{d: d}
	b, err := w.turn(ctx, tx, f)
	if err != nil {
		return err
	}
	<-b.done // short, and its outcome must be known: a cancelled context does not end this wait
	if b.err != nil {
		return fmt.Errorf("commit a transaction: %w", b.err)
	}
	tx.finish()
	return nil
}

// take waits for the turn. First come, first served.
func (w *writer) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errClosed
	}
	if !w.taken {
		w.taken = true
		w.mu.Unlock()
		return nil
	}
	me := &waiter{given: make(chan struct{})}
	w.waiting = append(w.waiting, me)
	w.mu.Unlock()

	limit := time.NewTimer(w.wait)
	defer limit.Stop()
	var err error
	select {
	case <-me.given:
		return w.open()
	case <-ctx.Done():
		err = ctx.Err()
	case <-limit.C:
		err = fault.Say(fault.Unavailable, "the database has been busy for %v; try again later", w.wait)
	}
	if w.leave(me) {
		return err
	}
	// The turn came at the same moment, perhaps with an open batch that others wait for: pass it on.
	<-me.given
	if closed := w.open(); closed != nil {
		return closed
	}
	w.pass()
	return err
}

func (w *writer) open() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return errClosed
	}
	return nil
}

// leave takes a waiter out of the queue; false when it has already been given the turn.
func (w *writer) leave(me *waiter) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, other := range w.waiting {
		if other == me {
			w.waiting = append(w.waiting[:i], w.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// turn runs f as one part of a batch and passes the turn on, also when f panics or ends its goroutine.
func (w *writer) turn(ctx context.Context, tx *Tx, f func(*Tx) error) (*batch, error) {
	defer w.pass()
	b := w.batch
	began := time.Now()
	if b == nil {
		if _, err := w.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
			return nil, fmt.Errorf("begin a transaction: %w", err)
		}
		b = &batch{began: began, done: make(chan struct{})}
		w.batch = b
	} else if _, err := w.exec(ctx, "SAVEPOINT turn"); err != nil {
		w.fail(err)
		return nil, fmt.Errorf("begin a transaction: %w", err)
	}
	kept := false
	defer func() {
		tx.over.Store(true)
		if !kept {
			w.undo()
		}
		if took := time.Since(began); took > slowTurn {
			w.log.Warn("a transaction kept all other writers waiting", "took", took)
		}
	}()
	if err := f(tx); err != nil {
		return nil, err
	}
	tx.over.Store(true)
	if b.turns > 0 {
		if _, err := w.exec(ctx, "RELEASE turn"); err != nil {
			w.fail(err)
			return nil, fmt.Errorf("end a transaction: %w", err)
		}
	}
	kept = true
	b.turns++
	for _, n := range tx.notes {
		tx.After(func() { tx.d.hints.tell(n.channel, n.payload) })
	}
	return b, nil
}

// undo takes back the turn that failed and nothing else.
func (w *writer) undo() {
	b := w.batch
	if b == nil { // failed already
		return
	}
	ctx := context.Background()
	if b.turns == 0 { // nobody else is in it
		w.rollback()
		w.batch = nil
		return
	}
	_, err := w.exec(ctx, "ROLLBACK TO turn")
	if err == nil {
		_, err = w.exec(ctx, "RELEASE turn")
	}
	if err != nil { // after a full disk and the like SQLite has rolled back everything by itself
		w.fail(err)
	}
}

// pass gives the turn to the next caller, with the batch when there is one and it may still grow.
func (w *writer) pass() {
	if b := w.batch; b != nil {
		if b.turns < mostTurns && time.Since(b.began) < mostWaiting && w.giveNext(false) {
			return
		}
		if _, err := w.exec(context.Background(), "COMMIT"); err != nil {
			// Not tried again: after a failed sync nobody knows what is on the disk.
			w.fail(err)
		} else {
			w.batch = nil
			w.forget()
			close(b.done)
		}
	}
	w.giveNext(true)
}

// giveNext gives the turn to the first who waits. When nobody does the turn becomes free, if free says so.
func (w *writer) giveNext(free bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) == 0 {
		if free {
			w.taken = false
		}
		return false
	}
	next := w.waiting[0]
	w.waiting = w.waiting[1:]
	close(next.given)
	return true
}

// fail ends the batch for everybody in it.
func (w *writer) fail(err error) {
	w.rollback()
	b := w.batch
	w.batch = nil
	b.err = err
	w.forget() // nobody knows what is on the disk
	w.log.Error("a commit failed", "transactions", b.turns, "error", err)
	close(b.done)
}

// rollback ends the open transaction. There is nothing to do about an error: it means that SQLite was faster,
// and if not, the next BEGIN says so.
func (w *writer) rollback() {
	_, _ = w.exec(context.Background(), "ROLLBACK")
}

func (w *writer) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	ctx = context.WithoutCancel(ctx)
	s := w.cached.take(ctx, text)
	if s == nil {
		return w.conn.ExecContext(ctx, text, args...)
	}
	defer w.cached.give(s)
	return s.ExecContext(ctx, args...)
}

// close takes the last turn, which is never passed on, and closes the connection.
func (w *writer) close() error {
	if err := w.take(context.Background()); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	var err error
	if b := w.batch; b != nil {
		if _, err = w.exec(context.Background(), "COMMIT"); err != nil {
			w.fail(err)
		} else {
			close(b.done)
		}
	}
	w.mu.Lock()
	w.closed = true
	for _, other := range w.waiting {
		close(other.given)
	}
	w.waiting = nil
	w.mu.Unlock()
	w.cached.close()
	return errors.Join(err, w.conn.Close(), w.pool.Close())
}
