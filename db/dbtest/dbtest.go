// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package dbtest gives a test a database of its own, on each engine there is.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver “pgx”
	"github.com/pleio-node/pleio-node/db"
)

// Open opens a new SQLite database in the test's folder and closes it after the test.
func Open(t testing.TB) *db.DB {
	t.Helper()
	return OpenSource(t, filepath.Join(t.TempDir(), "node.db"), db.Options{})
}

// OpenSource opens any database and closes it after the test. What it logs goes to the test's log.
func OpenSource(t testing.TB, source string, o db.Options) *db.DB {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	d, err := db.Open(t.Context(), source, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close %s: %v", source, err)
		}
	})
	return d
}

// Each runs a test on a new SQLite database and, when PLEIO_TEST_POSTGRES is the address of a PostgreSQL server
// (postgres://…), on a new schema there, which is dropped afterwards.
func Each(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	Sources(t, func(t *testing.T, source string) {
		test(t, OpenSource(t, source, db.Options{}))
	})
}

// Sources runs a test with a place for a new database on each engine, for tests that open it themselves.
func Sources(t *testing.T, test func(t *testing.T, source string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "node.db")) })
	if server := os.Getenv("PLEIO_TEST_POSTGRES"); server != "" {
		t.Run("postgres", func(t *testing.T) { test(t, schema(t, server)) })
	}
}

// schema makes a schema with an unused name and returns the address of a database in it.
func schema(t *testing.T, server string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("PLEIO_TEST_POSTGRES: %v", err)
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d_%s", os.Getpid(), strings.ToLower(rand.Text()))
	if _, err := admin.ExecContext(t.Context(), "CREATE SCHEMA "+name); err != nil {
		t.Fatalf("make a schema for the test: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), "DROP SCHEMA "+name+" CASCADE"); err != nil {
			t.Errorf("drop the schema of the test: %v", err)
		}
		admin.Close()
	})
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}
