// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
)

// Tx is one transaction: all of it happens, or nothing.
type Tx struct {
	d     *DB
	pg    *sql.Tx // PostgreSQL
	after []func()
	notes []note
	over  atomic.Bool
}

// Tx runs f in a transaction and commits when f returns nil. When Tx returns nil the change is on disk.
//
// On SQLite callers take turns on one connection, and those who wait share one commit: so f must be short, must not
// wait for anything but the database, and must not call Tx or Exec of the same DB (that ends after Options.Wait with
// fault.Unavailable). Reading with the DB inside of f works, but does not see the transaction's own changes.
//
// On PostgreSQL transactions are serializable, and f is run again after a conflict with another one: so f has no effect
// outside of the database except through After and Notify.
func (d *DB) Tx(ctx context.Context, f func(*Tx) error) error {
	if d.postgres {
		return d.txPostgres(ctx, sql.LevelSerializable, f)
	}
	return d.writer.tx(ctx, d, f)
}

// Claim is Tx for taking and giving back work with SkipLocked. On PostgreSQL each of its statements sees what was committed
// before it (READ COMMITTED), so that many claims at once do not make each other start again; on SQLite it is Tx.
func (d *DB) Claim(ctx context.Context, f func(*Tx) error) error {
	if d.postgres {
		return d.txPostgres(ctx, sql.LevelReadCommitted, f)
	}
	return d.writer.tx(ctx, d, f)
}

// After runs f when the change is durable, in the goroutine that called DB.Tx, and not at all when the transaction fails.
func (tx *Tx) After(f func()) { tx.after = append(tx.after, f) }

// SkipLocked ends a SELECT that claims rows in a Claim, so that processes sharing a PostgreSQL server do not claim the same ones.
func (tx *Tx) SkipLocked() string {
	if tx.d.postgres {
		return "FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// Postgres is true when the engine is PostgreSQL.
func (tx *Tx) Postgres() bool { return tx.d.postgres }

// DB is the database of the transaction, for its ids.
func (tx *Tx) DB() *DB { return tx.d }

// Query reads rows. The caller closes them; All is shorter and faster.
func (tx *Tx) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if err := tx.usable(ctx); err != nil {
		return nil, err
	}
	if tx.d.postgres {
		return tx.pg.QueryContext(ctx, text, args...)
	}
	// Without a cached statement: nobody tells when the rows are closed and it may be used again.
	return tx.d.writer.conn.QueryContext(context.WithoutCancel(ctx), text, args...)
}

func (tx *Tx) query(ctx context.Context, text string, args []any) (*sql.Rows, func(), error) {
	if err := tx.usable(ctx); err != nil {
		return nil, nothing, err
	}
	if tx.d.postgres {
		rows, err := tx.pg.QueryContext(ctx, text, args...)
		return rows, nothing, err
	}
	ctx = context.WithoutCancel(ctx)
	w := tx.d.writer
	s := w.cached.take(ctx, text)
	if s == nil {
		rows, err := w.conn.QueryContext(ctx, text, args...)
		return rows, nothing, err
	}
	rows, err := s.QueryContext(ctx, args...)
	return rows, func() {
		if rows != nil {
			rows.Close()
		}
		w.cached.give(s)
	}, err
}

// Row reads at most one row.
func (tx *Tx) Row(ctx context.Context, text string, args ...any) *sql.Row {
	if err := tx.usable(ctx); err != nil {
		over, cancel := context.WithCancelCause(ctx)
		cancel(err)
		return tx.d.read.QueryRowContext(over, text, args...) // the only way to make a Row with an error
	}
	if tx.d.postgres {
		return tx.pg.QueryRowContext(ctx, text, args...)
	}
	ctx = context.WithoutCancel(ctx)
	w := tx.d.writer
	s := w.cached.take(ctx, text)
	if s == nil {
		return w.conn.QueryRowContext(ctx, text, args...)
	}
	defer w.cached.give(s)
	return s.QueryRowContext(ctx, args...)
}

// Exec changes rows.
func (tx *Tx) Exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	if err := tx.usable(ctx); err != nil {
		return nil, err
	}
	if tx.d.postgres {
		return tx.pg.ExecContext(ctx, text, args...)
	}
	return tx.d.writer.exec(ctx, text, args...)
}

// usable refuses a transaction that is over: on SQLite its statements would fall into somebody else's. It also looks at
// the context, since statements on SQLite's writing connection are never interrupted: that could end the whole batch.
func (tx *Tx) usable(ctx context.Context) error {
	if tx.over.Load() {
		return fmt.Errorf("use a transaction: %w", sql.ErrTxDone)
	}
	return ctx.Err()
}

// finish runs what waited for the commit.
func (tx *Tx) finish() {
	for _, f := range tx.after {
		f()
	}
}
