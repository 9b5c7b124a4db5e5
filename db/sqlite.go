// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/pleio-node/pleio-node/fault"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Page caches are small: the operating system caches the file too, and hundreds of nodes may share one machine.
var (
	writing = url.Values{
		"_txlock":       {"immediate"},
		"_busy_timeout": {"10000"}, // another process: a command that works on the data of a running node
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"}, // with WAL: sync at every commit
		"_foreign_keys": {"1"},
		"_dqs":          {"0"},
		"_pragma":       {"temp_store(MEMORY)", "cache_size(-2000)", "journal_size_limit(16777216)"},
	}
	reading = url.Values{
		"mode":          {"ro"},
		"_query_only":   {"1"},
		"_busy_timeout": {"10000"},
		"_dqs":          {"0"},
		"_pragma":       {"temp_store(MEMORY)", "cache_size(-2000)"},
	}
)

func sqliteSource(file string, o url.Values) (string, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return "", fmt.Errorf("find the folder of %s: %w", file, err)
	}
	return (&url.URL{Scheme: "file", Path: file, RawQuery: o.Encode()}).String(), nil
}

func (d *DB) openSQLite(ctx context.Context, list []migration, o Options) (err error) {
	// fdatasync is as durable as fsync for a log that only grows and costs half; for the whole process, so no harm in repeating.
	if _, err := sqlite.Fdatasync(true); err != nil && !errors.Is(err, sqlite.ErrFdatasyncUnavailable) {
		return fmt.Errorf("choose fdatasync: %w", err)
	}
	if err := private(d.source); err != nil {
		return err
	}
	d.ids.process = rand.Int64N(1 << processBits) // a command beside the running node seldom has its number
	d.memory = newMemory()
	w := &writer{log: d.log, wait: o.Wait, memory: d.memory, changed: changed{}}
	if w.pool, err = openPool(d.source, writing, 1); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			w.pool.Close()
		}
	}()
	if w.conn, err = firstConn(ctx, w.pool); err != nil {
		return err
	}
	w.cached = &statements{prepare: w.conn.PrepareContext, exclusive: true}
	if err := migrateSQLite(ctx, w.conn, d.source, list); err != nil {
		return errors.Join(err, w.conn.Close())
	}
	if err := w.watch(); err != nil {
		return fmt.Errorf("watch for changes: %w", errors.Join(err, w.conn.Close()))
	}
	d.writer = w
	if d.read, err = openPool(d.source, reading, max(4, 2*runtime.GOMAXPROCS(0))); err != nil {
		return errors.Join(err, w.conn.Close())
	}
	d.read.SetConnMaxIdleTime(time.Minute)
	d.cached = &statements{prepare: d.read.PrepareContext}
	return nil
}

// firstConn opens the writer's connection. Of two processes that make the same new database, one finds it locked while the other turns
// the write-ahead log on: SQLite does not wait then, as it does for other locks (https://www.sqlite.org/wal.html#busy).
func firstConn(ctx context.Context, pool *sql.DB) (conn *sql.Conn, err error) {
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		conn, err = pool.Conn(ctx)
		var e *sqlite.Error
		if !errors.As(err, &e) || e.Code() != sqlite3.SQLITE_BUSY || time.Since(began) > 10*time.Second {
			return conn, err
		}
	}
}

// private makes a file that only its owner reads, when it is not there; SQLite gives the files beside it the same rights.
func private(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// openPool opens connections when they are needed.
func openPool(file string, o url.Values, most int) (*sql.DB, error) {
	source, err := sqliteSource(file, o)
	if err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(most)
	pool.SetMaxIdleConns(most)
	return pool, nil
}

// closeSQLite closes the readers first: the last connection to go, the writer, tidies up the write-ahead log.
func (d *DB) closeSQLite() error {
	d.cached.close()
	return errors.Join(d.read.Close(), d.writer.close())
}

// Backup writes a consistent copy of a SQLite database to a new file while the node runs.
func (d *DB) Backup(ctx context.Context, file string) error {
	if d.postgres {
		return fault.Say(fault.Invalid, "a PostgreSQL database is backed up with pg_dump or by its server, not by the node")
	}
	return copySQLite(ctx, d.source, file)
}

// copySQLite makes the copy under another name first, so that a file with the right name is always whole.
func copySQLite(ctx context.Context, from, to string) (err error) {
	if _, err := os.Stat(to); err == nil {
		return fault.Say(fault.Invalid, "the file %s exists already; choose another name", to)
	}
	half := to + ".half"
	if err := os.Remove(half); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("copy the database: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(half)
		}
	}()
	pool, err := openPool(from, url.Values{"mode": {"ro"}, "_busy_timeout": {"10000"}}, 1)
	if err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	defer pool.Close()
	if err := private(half); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	if _, err := pool.ExecContext(ctx, "VACUUM INTO $1", half); err != nil {
		return fmt.Errorf("copy the database to %s: %w", half, err)
	}
	if err := syncFile(half); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	if err := os.Rename(half, to); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return syncFile(filepath.Dir(to))
}

func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// sqliteUnique recognises SQLite's answer to a second row with the same key.
func sqliteUnique(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY ||
		e.Code() == sqlite3.SQLITE_CONSTRAINT_ROWID)
}
