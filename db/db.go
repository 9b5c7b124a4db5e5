// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package db is the node's memory: one SQL text for two databases.
//
// SQL is written once, in the part of PostgreSQL's dialect that SQLite speaks too, with the placeholders $1, $2, ….
// Times are int64 milliseconds (Millis), ids are time-sorted int64 (NewID), and a value that is a time.Time never
// reaches the database.
package db

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/fault"
)

//go:embed migrations.sql
var migrations string

// Q is what SQL can be asked of: a *DB for reading outside of a transaction, a *Tx inside of one.
//
// Scan a Row at once: on SQLite a second call with the same text before the Scan would reuse its statement.
type Q interface {
	Query(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	Row(ctx context.Context, text string, args ...any) *sql.Row
	Exec(ctx context.Context, text string, args ...any) (sql.Result, error)
	// Postgres tells the engines apart, for the rare query that must differ.
	Postgres() bool

	// query is Query with a cached statement, and what must be called once the rows are closed.
	query(ctx context.Context, text string, args []any) (*sql.Rows, func(), error)
}

// Options change how a database is opened. The zero value is right for a node.
type Options struct {
	Log *slog.Logger // nil: slog.Default()
	// Migrations replaces the schema of the program; for tests.
	Migrations string
	// Wait is how long a Tx on SQLite waits for its turn before it fails with fault.Unavailable; 0: 30 seconds.
	Wait time.Duration
	// Trace, when set, hears the text of every read outside of transactions: for tests that count them.
	Trace func(text string)
}

// DB is one database, of either engine.
type DB struct {
	source   string
	log      *slog.Logger
	trace    func(string) // nil: nobody listens
	postgres bool
	read     *sql.DB           // SQLite: read-only connections; PostgreSQL: all connections
	cached   *statements       // SQLite only: prepared statements of read
	writer   *writer           // SQLite only
	memory   map[string]*shelf // SQLite only: rows that were read, by table
	ids      ids
	hints    hints
	closing  sync.Once
	closed   error
}

// Open opens the database at source and brings its schema up to date. A source that begins with postgres:// or
// postgresql:// is a PostgreSQL server; anything else is the file of a SQLite database, made when it is not there.
func Open(ctx context.Context, source string, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Migrations == "" {
		o.Migrations = migrations
	}
	if o.Wait == 0 {
		o.Wait = 30 * time.Second
	}
	list, err := parse(o.Migrations)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	d := &DB{source: source, log: o.Log, trace: o.Trace, postgres: isPostgres(source)}
	if d.postgres {
		err = d.openPostgres(ctx, list)
	} else {
		err = d.openSQLite(ctx, list, o)
	}
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", d.name(), err)
	}
	if err := d.resume(ctx, o.Migrations); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func isPostgres(source string) bool {
	return strings.HasPrefix(source, "postgres://") || strings.HasPrefix(source, "postgresql://")
}

// Close waits for the transactions that have begun, ends listening and closes every connection.
func (d *DB) Close() error {
	d.closing.Do(func() {
		d.hints.close()
		if d.postgres {
			d.closed = d.read.Close()
			return
		}
		d.closed = d.closeSQLite()
	})
	return d.closed
}

// Ping asks the database for an answer.
func (d *DB) Ping(ctx context.Context) error {
	var one int64
	if err := d.Row(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("ping the database: %w", err)
	}
	return nil
}

// Postgres is true when the engine is PostgreSQL.
func (d *DB) Postgres() bool { return d.postgres }

// Query reads rows. The caller closes them; All is shorter and faster.
func (d *DB) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	rows, release, err := d.query(ctx, text, args)
	release() // a statement in use by rows is closed only after them
	return rows, err
}

func (d *DB) query(ctx context.Context, text string, args []any) (*sql.Rows, func(), error) {
	if d.trace != nil {
		d.trace(text)
	}
	if d.postgres {
		rows, err := d.read.QueryContext(ctx, text, args...)
		return rows, nothing, err
	}
	if err := ctx.Err(); err != nil {
		return nil, nothing, err
	}
	ctx = context.WithoutCancel(ctx)
	s := d.cached.take(ctx, text)
	if s == nil {
		rows, err := d.read.QueryContext(ctx, text, args...)
		return rows, nothing, err
	}
	rows, err := s.QueryContext(ctx, args...)
	return rows, func() { d.cached.give(s) }, err
}

// Row reads at most one row.
func (d *DB) Row(ctx context.Context, text string, args ...any) *sql.Row {
	if d.trace != nil {
		d.trace(text)
	}
	if d.postgres || ctx.Err() != nil {
		return d.read.QueryRowContext(ctx, text, args...)
	}
	ctx = context.WithoutCancel(ctx)
	s := d.cached.take(ctx, text)
	if s == nil {
		return d.read.QueryRowContext(ctx, text, args...)
	}
	defer d.cached.give(s)
	return s.QueryRowContext(ctx, args...)
}

// Exec is a Tx of one statement.
func (d *DB) Exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	var result sql.Result
	err := d.Tx(ctx, func(tx *Tx) (err error) {
		result, err = tx.Exec(ctx, text, args...)
		return err
	})
	return result, err
}

// Scanner is the part of sql.Row and sql.Rows that fills variables.
type Scanner interface {
	Scan(dest ...any) error
}

// All reads every row of a query with scan. It closes the rows. No rows is a nil slice and no error.
// On SQLite scan should not query through the same *DB: it holds one of few connections.
func All[T any](ctx context.Context, q Q, scan func(Scanner) (T, error), text string, args ...any) ([]T, error) {
	rows, release, err := q.query(ctx, text, args)
	defer release()
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", brief(text), err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read a row of %s: %w", brief(text), err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the rows of %s: %w", brief(text), err)
	}
	return all, nil
}

// One reads the first row of a query with scan. No row is fault.NotFound.
func One[T any](ctx context.Context, q Q, scan func(Scanner) (T, error), text string, args ...any) (T, error) {
	var none T
	rows, release, err := q.query(ctx, text, args)
	defer release()
	if err != nil {
		return none, fmt.Errorf("query %s: %w", brief(text), err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return none, fmt.Errorf("read the rows of %s: %w", brief(text), err)
		}
		return none, fault.NotFound
	}
	one, err := scan(rows)
	if err != nil {
		return none, fmt.Errorf("read a row of %s: %w", brief(text), err)
	}
	return one, nil
}

// Scalar is the scan function of a query with one column.
func Scalar[T any](s Scanner) (T, error) {
	var v T
	err := s.Scan(&v)
	return v, err
}

// brief is a query as it appears in an error.
func brief(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 80 {
		text = text[:80] + "…"
	}
	return "“" + text + "”"
}

func nothing() {}

var errClosed = errors.New("the database is closed")
