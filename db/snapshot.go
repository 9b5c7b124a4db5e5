// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Snapshot lets f read the database as it is at one moment, however long that takes and whatever is written meanwhile. Nobody
// waits for it; but while it lasts SQLite cannot shorten its write-ahead log, and PostgreSQL keeps old rows.
func (d *DB) Snapshot(ctx context.Context, f func(Q) error) error {
	isolation := sql.LevelDefault // in the write-ahead log of SQLite a transaction sees what was there at its first read
	if d.postgres {
		isolation = sql.LevelRepeatableRead
	}
	// The context ends statements, but not the transaction: a connection that was interrupted is of no use to others.
	tx, err := d.read.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{Isolation: isolation, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer tx.Rollback() // nothing was written
	s := &snapshot{d: d, tx: tx}
	if _, err := One(ctx, s, Scalar[int], "SELECT COUNT(*) FROM settings"); err != nil { // the moment is now
		return fmt.Errorf("begin to read: %w", err)
	}
	return f(s)
}

// snapshot is the Q of Snapshot.
type snapshot struct {
	d  *DB
	tx *sql.Tx
}

var errSnapshot = errors.New("what was read at one moment cannot be changed")

func (s *snapshot) context(ctx context.Context) (context.Context, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.d.postgres {
		return ctx, nil
	}
	return context.WithoutCancel(ctx), nil
}

// Query reads rows. The caller closes them; All is shorter.
func (s *snapshot) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	ctx, err := s.context(ctx)
	if err != nil {
		return nil, err
	}
	return s.tx.QueryContext(ctx, text, args...)
}

func (s *snapshot) query(ctx context.Context, text string, args []any) (*sql.Rows, func(), error) {
	rows, err := s.Query(ctx, text, args...)
	return rows, nothing, err
}

// Row reads at most one row.
func (s *snapshot) Row(ctx context.Context, text string, args ...any) *sql.Row {
	if still, err := s.context(ctx); err == nil {
		ctx = still
	}
	return s.tx.QueryRowContext(ctx, text, args...)
}

// Exec fails: a snapshot is read.
func (s *snapshot) Exec(context.Context, string, ...any) (sql.Result, error) {
	return nil, errSnapshot
}

// Postgres is true when the engine is PostgreSQL.
func (s *snapshot) Postgres() bool { return s.d.postgres }
