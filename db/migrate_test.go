// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

const (
	version1 = "-- migration 1: one\nCREATE TABLE a (id BIGINT PRIMARY KEY, b BIGINT REFERENCES a (id));\n"
	version2 = version1 + "-- migration 2: two\nALTER TABLE a ADD COLUMN c TEXT NOT NULL DEFAULT '';\nINSERT INTO a (id) VALUES (2);\n"
)

func open(t *testing.T, source, migrations string) (*db.DB, error) {
	t.Helper()
	return db.Open(t.Context(), source, db.Options{Migrations: migrations, Log: quiet})
}

func applied(t *testing.T, d *db.DB) string {
	t.Helper()
	names, err := db.All(t.Context(), d, db.Scalar[string], "SELECT name FROM migrations WHERE applied > 0 ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

func TestMigrationsGoForward(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		d, err := open(t, source, version1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Exec(t.Context(), "INSERT INTO a (id) VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		sqlite := !d.Postgres()
		d.Close()
		if d, err = open(t, source, version2); err != nil {
			t.Fatal(err)
		}
		ids, err := db.All(t.Context(), d, db.Scalar[int64], "SELECT id FROM a WHERE c = ''")
		if len(ids) != 2 || err != nil || applied(t, d) != "one two" {
			t.Errorf("rows %v, migrations %s, %v", ids, applied(t, d), err)
		}
		d.Close()
		if d, err = open(t, source, version2); err != nil {
			t.Fatalf("a second time: %v", err)
		}
		d.Close()

		_, err = open(t, source, version1)
		if !errors.Is(err, fault.Unavailable) || !strings.Contains(fault.Sentence(err), "start that version or a later one") {
			t.Errorf("a newer database: %v", err)
		}

		_, err = os.Stat(source + ".before-2")
		if sqlite != (err == nil) {
			t.Errorf("the copy: %v", err)
		}
		if sqlite {
			before, err := open(t, source+".before-2", version1)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := db.One(t.Context(), before, db.Scalar[int64], "SELECT COUNT(*) FROM a"); n != 1 || err != nil {
				t.Errorf("the copy has %d rows, %v", n, err)
			}
			before.Close()
			if _, err := os.Stat(source + ".before-1"); err == nil {
				t.Error("an empty database was copied")
			}
		}
	})
}

func TestAMigrationThatFailsLeavesNothing(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		for _, bad := range []string{
			"-- migration 2: bad\nCREATE TABLE b (id BIGINT PRIMARY KEY);\nINSERT INTO b (id) VALUES (1), (1);\n",
			"-- migration 2: dangling\nCREATE TABLE b (id BIGINT PRIMARY KEY);\nINSERT INTO a (id, b) VALUES (1, 99);\n",
		} {
			if _, err := open(t, source, version1+bad); err == nil || !strings.Contains(err.Error(), "migration 2") {
				t.Errorf("the error is %v", err)
			}
		}
		d, err := open(t, source, version2)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if _, err := db.All(t.Context(), d, db.Scalar[int64], "SELECT id FROM b"); err == nil {
			t.Error("half a migration remains")
		}
		if _, err := d.Exec(t.Context(), "INSERT INTO a (id, b) VALUES (5, 99)"); err == nil {
			t.Error("foreign keys are not checked after migrating")
		}
	})
}

func TestProcessesThatStartTogetherMigrateOnce(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				d, err := open(t, source, version2)
				if err != nil {
					t.Error(err)
					return
				}
				if got := applied(t, d); got != "one two" {
					t.Errorf("migrations: %s", got)
				}
				d.Close()
			})
		}
		all.Wait()
	})
}

func TestWhatIsNoDatabaseIsRefused(t *testing.T) {
	file := t.TempDir() + "/node.db"
	if err := os.WriteFile(file, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{file, t.TempDir() + "/missing/folder/node.db", "postgres://%zz"} {
		if d, err := open(t, source, version1); err == nil {
			d.Close()
			t.Errorf("%s was opened", source)
		}
	}
	_, err := open(t, "postgres://me:secret@127.0.0.1:1/x?connect_timeout=1", version1)
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error is %v", err)
	}
}
