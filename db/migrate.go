// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/fault"
)

// migration is one numbered step forward. There are none back: a copy is.
type migration struct {
	n          int64
	name, text string
}

var heading = regexp.MustCompile(`(?m)^-- migration ([0-9]+): (.+)$`)

// parse reads the sections that begin with a line “-- migration 3: what it does”.
func parse(text string) ([]migration, error) {
	var list []migration
	marks := heading.FindAllStringSubmatchIndex(text, -1)
	for i, m := range marks {
		n, err := strconv.ParseInt(text[m[2]:m[3]], 10, 32)
		if err != nil || n != int64(i+1) {
			return nil, fmt.Errorf("migration %s stands where number %d belongs", text[m[2]:m[3]], i+1)
		}
		end := len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		list = append(list, migration{n, strings.TrimSpace(text[m[4]:m[5]]), text[m[1]:end]})
	}
	if len(list) == 0 {
		return nil, errors.New("there is none")
	}
	return list, nil
}

const migrationsTable = `CREATE TABLE IF NOT EXISTS migrations (n BIGINT PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL);`

// runner is what both engines offer for a migration.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// pending is the part of the list that the database has not had.
func pending(ctx context.Context, r runner, list []migration) ([]migration, error) {
	var done int64
	if err := r.QueryRowContext(ctx, "SELECT COALESCE(MAX(n), 0) FROM migrations").Scan(&done); err != nil {
		return nil, fmt.Errorf("look which migrations were applied: %w", err)
	}
	if done > int64(len(list)) {
		return nil, fault.Say(fault.Unavailable, "the database has been used by a newer pleio-node (its schema is number %d, this "+
			"program knows %d): start that version or a later one, or restore a backup made before the upgrade", done, len(list))
	}
	return list[done:], nil
}

func record(ctx context.Context, r runner, m migration) error {
	_, err := r.ExecContext(ctx, "INSERT INTO migrations (n, name, applied) VALUES ($1, $2, $3)", m.n, m.name, Millis(time.Now()))
	return err
}

// migrateSQLite applies what is pending, each migration in its own immediate transaction: that is also the lock against
// another process. Foreign keys are off meanwhile, as SQLite asks when tables are rebuilt
// (https://www.sqlite.org/lang_altertable.html#otheralter), and checked before each commit.
func migrateSQLite(ctx context.Context, conn *sql.Conn, file string, list []migration) error {
	if _, err := conn.ExecContext(ctx, translate(migrationsTable)); err != nil {
		return fmt.Errorf("make the table of migrations: %w", err)
	}
	todo, err := pending(ctx, conn, list)
	if err != nil || len(todo) == 0 {
		return err
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA foreign_keys = OFF"); err != nil {
		return err
	}
	for range todo {
		if err := migrateOneSQLite(ctx, conn, file, list, todo[0].n); err != nil {
			return err
		}
	}
	_, err = conn.ExecContext(ctx, "PRAGMA foreign_keys = ON")
	return err
}

// migrateOneSQLite applies the next migration, if another process did not do so since. Before the first one it keeps a copy of the
// database, under the lock of the migration: two processes do not write the same file.
func migrateOneSQLite(ctx context.Context, conn *sql.Conn, file string, list []migration, first int64) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin a migration: %w", err)
	}
	defer tx.Rollback()
	todo, err := pending(ctx, tx, list)
	if err != nil || len(todo) == 0 {
		return err
	}
	m := todo[0]
	if m.n == first && m.n > list[0].n {
		copied := fmt.Sprintf("%s.before-%d", file, m.n)
		if err := os.Remove(copied); err != nil && !errors.Is(err, os.ErrNotExist) { // of a migration that failed
			return fmt.Errorf("replace an earlier copy: %w", err)
		}
		if err := copySQLite(ctx, file, copied); err != nil {
			return fmt.Errorf("keep a copy before migrating: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, translate(onlyFor("sqlite", m.text))); err != nil {
		return fmt.Errorf("migration %d (%s): %w", m.n, m.name, err)
	}
	var table string
	switch err := tx.QueryRowContext(ctx, "PRAGMA foreign_key_check").Scan(&table, new(any), new(any), new(any)); {
	case err == nil:
		return fmt.Errorf("migration %d (%s) leaves rows in %s that refer to nothing", m.n, m.name, table)
	case !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("check after migration %d (%s): %w", m.n, m.name, err)
	}
	if err := record(ctx, tx, m); err != nil {
		return fmt.Errorf("record migration %d (%s): %w", m.n, m.name, err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit migration %d (%s): %w", m.n, m.name, err)
	}
	return nil
}
