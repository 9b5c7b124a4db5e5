// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// mostTries bounds how often a transaction is run again after a conflict.
const mostTries = 10

// name is the source as it may be shown: without the password.
func (d *DB) name() string {
	if !d.postgres {
		return d.source
	}
	u, err := url.Parse(d.source)
	if err != nil {
		return "postgres://…"
	}
	return u.Redacted()
}

func (d *DB) openPostgres(ctx context.Context, list []migration) error {
	config, err := pgx.ParseConfig(d.source)
	if err != nil {
		return errors.New("the address cannot be read; it looks like postgres://user:password@host:5432/name?sslmode=require")
	}
	d.read = stdlib.OpenDB(*config)
	d.read.SetMaxOpenConns(16)
	d.read.SetMaxIdleConns(16)
	d.read.SetConnMaxIdleTime(time.Minute)
	if err := d.migratePostgres(ctx, list); err != nil {
		return errors.Join(err, d.read.Close())
	}
	if err := d.read.QueryRowContext(ctx, "SELECT nextval('process_numbers') % 64").Scan(&d.ids.process); err != nil {
		return errors.Join(fmt.Errorf("take a process number: %w", err), d.read.Close())
	}
	return nil
}

// migratePostgres applies what is pending, under an advisory lock of the schema, each migration in its own transaction.
func (d *DB) migratePostgres(ctx context.Context, list []migration) error {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var schema sql.NullString
	if err := conn.QueryRowContext(ctx, "SELECT current_schema()").Scan(&schema); err != nil {
		return err
	}
	if !schema.Valid {
		return errors.New("the schema that search_path names does not exist")
	}
	lock := number("pleio-node migrations of " + schema.String)
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", lock); err != nil {
		return fmt.Errorf("take the lock of migrations: %w", err)
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", lock)
	for _, text := range []string{migrationsTable, "CREATE SEQUENCE IF NOT EXISTS process_numbers"} {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("make the table of migrations: %w", err)
		}
	}
	todo, err := pending(ctx, conn, list)
	if err != nil {
		return err
	}
	for _, m := range todo {
		if err := migrateOnePostgres(ctx, conn, m); err != nil {
			return err
		}
	}
	return nil
}

func migrateOnePostgres(ctx context.Context, conn *sql.Conn, m migration) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin a migration: %w", err)
	}
	defer tx.Rollback()
	// The simple protocol allows many statements in one text.
	if _, err := tx.ExecContext(ctx, onlyFor("postgres", m.text), pgx.QueryExecModeSimpleProtocol); err != nil {
		return fmt.Errorf("migration %d (%s): %w", m.n, m.name, err)
	}
	if err := record(ctx, tx, m); err != nil {
		return fmt.Errorf("record migration %d (%s): %w", m.n, m.name, err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit migration %d (%s): %w", m.n, m.name, err)
	}
	return nil
}

// number is a key for an advisory lock.
func number(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return int64(h.Sum64())
}

func (d *DB) txPostgres(ctx context.Context, level sql.IsolationLevel, f func(*Tx) error) error {
	for try := 1; ; try++ {
		tx, err := d.tryPostgres(ctx, level, f)
		if err == nil {
			tx.finish()
			return nil
		}
		if cancelled := ctx.Err(); cancelled != nil { // which may look like a lost connection
			return errors.Join(cancelled, err)
		}
		if !conflict(err) || try == mostTries {
			return err
		}
		// A pause that grows, and differs between those who met.
		pause := time.NewTimer(rand.N(time.Duration(try*try) * 2 * time.Millisecond))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		}
	}
}

func (d *DB) tryPostgres(ctx context.Context, level sql.IsolationLevel, f func(*Tx) error) (*Tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// The context ends statements, but not the commit: nobody would know whether it happened.
	pg, err := d.read.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{Isolation: level})
	if err != nil {
		return nil, fmt.Errorf("begin a transaction: %w", err)
	}
	tx := &Tx{d: d, pg: pg}
	defer func() {
		tx.over.Store(true)
		_ = pg.Rollback() // after a commit it does nothing
	}()
	if err := f(tx); err != nil {
		return nil, err
	}
	for _, n := range tx.notes {
		if _, err := pg.ExecContext(ctx, "SELECT pg_notify('pleio_' || current_schema(), $1)", n.channel+" "+n.payload); err != nil {
			return nil, fmt.Errorf("notify %s: %w", n.channel, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := pg.Commit(); err != nil {
		return nil, fmt.Errorf("commit a transaction: %w", err)
	}
	return tx, nil
}

// conflict recognises what PostgreSQL answers when two transactions cannot both be: serialization failure and deadlock
// (https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html).
func conflict(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01")
}

// IsUnique recognises the refusal of a second row with the same key, on both engines.
func IsUnique(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code == "23505"
	}
	return sqliteUnique(err)
}

// listenPostgres starts the one connection that hears notes, when it is not there yet.
func (d *DB) listenPostgres() {
	d.hints.mu.Lock()
	defer d.hints.mu.Unlock()
	if d.hints.stop != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.hints.stop = cancel
	stopped := make(chan struct{})
	d.hints.stopped = stopped
	go func() {
		defer close(stopped)
		d.hear(ctx)
	}()
}

// hear keeps a connection that listens, and comes back with growing pauses when the server is away.
func (d *DB) hear(ctx context.Context) {
	pause := 100 * time.Millisecond
	for {
		began := time.Now()
		err := d.hearOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			pause = 100 * time.Millisecond
		}
		d.log.Warn("the connection that listens to PostgreSQL is lost; trying again", "after", pause, "error", err)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		pause = min(2*pause, 30*time.Second)
	}
}

func (d *DB) hearOnce(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, d.source)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	var schema string
	if err := conn.QueryRow(ctx, "SELECT current_schema()").Scan(&schema); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{"pleio_" + schema}.Sanitize()); err != nil {
		return err
	}
	d.hints.tellAll()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		channel, payload, _ := strings.Cut(n.Payload, " ")
		d.hints.tell(channel, payload)
	}
}
