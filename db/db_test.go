// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

// schema is for the tests of this package; the program's own is tested by schema.golden.
const schema = `
-- migration 1: things of every type

CREATE TABLE things ( -- with a comment; and ) a parenthesis
	id BIGINT PRIMARY KEY,
	name TEXT NOT NULL DEFAULT 'BIGINT; (x',
	bytes BYTEA,
	yes BOOLEAN NOT NULL DEFAULT FALSE,
	share DOUBLE PRECISION,
	parent BIGINT REFERENCES things (id)
);
CREATE UNIQUE INDEX things_name ON things (name) WHERE name <> '';

-- migration 2: more

CREATE TABLE others (
	a TEXT NOT NULL,
	b BIGINT NOT NULL,
	PRIMARY KEY (a, b)
);
-- only sqlite
CREATE TRIGGER others_loud AFTER INSERT ON others BEGIN UPDATE others SET a = upper(a) WHERE a = new.a; END;
-- only postgres
CREATE FUNCTION loud() RETURNS trigger AS $$ BEGIN new.a := upper(new.a); RETURN new; END $$ LANGUAGE plpgsql;
CREATE TRIGGER others_loud BEFORE INSERT ON others FOR EACH ROW EXECUTE FUNCTION loud();
-- both
CREATE INDEX others_b ON others (b);
`

func each(t *testing.T, test func(t *testing.T, d *db.DB)) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		test(t, dbtest.OpenSource(t, source, db.Options{Migrations: schema}))
	})
}

type thing struct {
	ID    int64
	Name  string
	Bytes []byte
	Yes   bool
	Share *float64
}

func scanThing(s db.Scanner) (t thing, err error) {
	err = s.Scan(&t.ID, &t.Name, &t.Bytes, &t.Yes, &t.Share)
	return t, err
}

const selectThings = "SELECT id, name, bytes, yes, share FROM things"

func TestEveryTypeComesBackOnBothEngines(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		half := 0.5
		type kind string // named types pass too
		want := []thing{
			{1, "één", []byte{0, 1, 255}, true, &half},
			{2, "twee", nil, false, nil},
			{3, "", []byte{}, false, nil},
		}
		err := d.Tx(ctx, func(tx *db.Tx) error {
			for _, v := range want {
				if _, err := tx.Exec(ctx, "INSERT INTO things (id, name, bytes, yes, share) VALUES ($1, $2, $3, $4, $5)",
					v.ID, kind(v.Name), v.Bytes, v.Yes, v.Share); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := db.All(ctx, d, scanThing, selectThings+" ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		// SQLite's driver reads an empty value as nil; stored it is not NULL.
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		if n, err := db.One(ctx, d, db.Scalar[int], "SELECT COUNT(*) FROM things WHERE bytes IS NULL"); n != 1 || err != nil {
			t.Errorf("%d values are NULL instead of 1, %v", n, err)
		}
		yes, err := db.All(ctx, d, db.Scalar[string], "SELECT name FROM things WHERE yes = $1 AND yes = TRUE AND yes", true)
		if err != nil || len(yes) != 1 || yes[0] != "één" {
			t.Errorf("with a bool argument: %q, %v", yes, err)
		}
		mixed, err := db.One(ctx, d, db.Scalar[int64], "SELECT id FROM things WHERE name = $2 AND id = $1 OR id = $1 AND name = $2", 2, "twee")
		if err != nil || mixed != 2 {
			t.Errorf("numbered placeholders out of order: %d, %v", mixed, err)
		}
	})
}

func TestWrongTypesAreRefused(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		if _, err := d.Exec(t.Context(), "INSERT INTO things (id, name, share) VALUES (1, 'x', $1)", "no number"); err == nil {
			t.Error("a text went into a column of numbers")
		}
		if _, err := d.Exec(t.Context(), "INSERT INTO things (id, name, parent) VALUES (1, 'x', 99)"); err == nil {
			t.Error("a row refers to nothing")
		}
	})
}

func TestOneAndAllReportWhatIsMissingAndWrong(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if _, err := db.One(ctx, d, scanThing, selectThings+" WHERE id = $1", 7); !errors.Is(err, fault.NotFound) {
			t.Errorf("One without a row: %v", err)
		}
		if all, err := db.All(ctx, d, scanThing, selectThings); all != nil || err != nil {
			t.Errorf("All without rows: %v, %v", all, err)
		}
		if _, err := db.All(ctx, d, scanThing, "SELECT nonsense\n FROM   things"); err == nil || !strings.Contains(err.Error(), "“SELECT nonsense FROM things”") {
			t.Errorf("the error does not name the query: %v", err)
		}
		if err := d.Row(ctx, "SELECT nonsense FROM things").Scan(new(int)); err == nil {
			t.Error("Row of nonsense succeeds")
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := db.All(ended, d, scanThing, selectThings); !errors.Is(err, context.Canceled) {
			t.Errorf("All in a cancelled context: %v", err)
		}
		if err := d.Row(ended, "SELECT 1").Scan(new(int)); !errors.Is(err, context.Canceled) {
			t.Errorf("Row in a cancelled context: %v", err)
		}
	})
}

func TestUniqueViolationsAreRecognised(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		insert := "INSERT INTO things (id, name) VALUES ($1, $2)"
		if _, err := d.Exec(ctx, insert, 1, "same"); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Exec(ctx, insert, 2, "same"); !db.IsUnique(err) {
			t.Errorf("same name: %v", err)
		}
		if _, err := d.Exec(ctx, insert, 1, "other"); !db.IsUnique(err) {
			t.Errorf("same id: %v", err)
		}
		if _, err := d.Exec(ctx, "INSERT INTO things (id, name) VALUES (3, NULL)"); err == nil || db.IsUnique(err) {
			t.Errorf("missing name: %v", err)
		}
	})
}

func TestReadingDoesNotWriteOnSQLite(t *testing.T) {
	d := dbtest.OpenSource(t, t.TempDir()+"/a b?#%.db", db.Options{Migrations: schema})
	if _, err := db.All(t.Context(), d, db.Scalar[int64], "INSERT INTO things (id, name) VALUES (1, 'x') RETURNING id"); err == nil {
		t.Error("a reading connection wrote")
	}
}

func TestQueryAndNestedReads(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		err := d.Tx(ctx, func(tx *db.Tx) error {
			for i := range 3 {
				if _, err := tx.Exec(ctx, "INSERT INTO things (id, name) VALUES ($1, '')", i+1); err != nil {
					return err
				}
			}
			if tx.Postgres() { // one connection, one query at a time
				return nil
			}
			// The same text while its rows are open.
			const above = "SELECT id FROM things WHERE id > $1 ORDER BY id"
			var seen []int64
			_, err := db.All(ctx, tx, func(s db.Scanner) (int64, error) {
				var id int64
				if err := s.Scan(&id); err != nil {
					return 0, err
				}
				inner, err := db.All(ctx, tx, db.Scalar[int64], above, id)
				seen = append(append(seen, id), inner...)
				return id, err
			}, above, 0)
			if diff := cmp.Diff([]int64{1, 2, 3, 2, 3, 3}, seen); diff != "" {
				t.Error(diff)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := d.Query(ctx, "SELECT id FROM things")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for rows.Next() {
			n++
		}
		if n != 3 || rows.Close() != nil {
			t.Errorf("%d rows", n)
		}
	})
}

func TestMoreTextsThanTheCacheHolds(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		for range 2 {
			for i := range 300 {
				text := "SELECT " + strings.Repeat("1+", i) + "0"
				if n, err := db.One(ctx, d, db.Scalar[int], text); err != nil || n != i {
					t.Fatalf("%d: %d, %v", i, n, err)
				}
				err := d.Tx(ctx, func(tx *db.Tx) error {
					if n, err := db.One(ctx, tx, db.Scalar[int], text); err != nil || n != i {
						t.Fatalf("in a transaction, %d: %d, %v", i, n, err)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestIn(t *testing.T) {
	for _, c := range []struct {
		values []string
		marks  string
		all    []any
	}{
		{nil, "NULL", []any{7}},
		{[]string{"a"}, "$2", []any{7, "a"}},
		{[]string{"a", "b", "c"}, "$2, $3, $4, $5", []any{7, "a", "b", "c", "c"}},
	} {
		args := make([]any, 1, 10)
		args[0] = 7
		marks, all := db.In(args, c.values)
		if diff := cmp.Diff(c.all, all); marks != c.marks || diff != "" {
			t.Errorf("In(%q): %s %s", c.values, marks, diff)
		}
	}
	each(t, func(t *testing.T, d *db.DB) {
		for _, name := range []string{"a", "b", "c"} {
			if _, err := d.Exec(t.Context(), "INSERT INTO things (id, name) VALUES ($1, $2)", d.NewID(), name); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range [][]string{nil, {"a"}, {"a", "b", "c"}} {
			marks, args := db.In([]any{true}, want)
			got, err := db.All(t.Context(), d, db.Scalar[string],
				"SELECT name FROM things WHERE yes <> $1 AND name IN ("+marks+") ORDER BY name", args...)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v: %v %s", want, err, diff)
			}
		}
	})
}

func TestMillis(t *testing.T) {
	now := time.Now()
	if got := db.FromMillis(db.Millis(now)); !got.Equal(now.Truncate(time.Millisecond)) || got.Location() != time.UTC {
		t.Errorf("%v became %v", now, got)
	}
	if db.Millis(time.Time{}) != 0 || !db.FromMillis(0).IsZero() {
		t.Error("the zero time is not 0")
	}
}

func TestBackup(t *testing.T) {
	d := dbtest.OpenSource(t, t.TempDir()+"/node.db", db.Options{Migrations: schema})
	if _, err := d.Exec(t.Context(), "INSERT INTO things (id, name) VALUES (1, 'kept')"); err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/backup.db"
	if err := d.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	if err := d.Backup(t.Context(), file); !errors.Is(err, fault.Invalid) {
		t.Errorf("a backup over a file: %v", err)
	}
	copied := dbtest.OpenSource(t, file, db.Options{Migrations: schema})
	if name, err := db.One(t.Context(), copied, db.Scalar[string], "SELECT name FROM things"); err != nil || name != "kept" {
		t.Errorf("in the backup: %q, %v", name, err)
	}
}

func TestAfterCloseNothingWorksAndNothingHangs(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		if err := d.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := d.Ping(t.Context()); err == nil {
			t.Error("a closed database answers")
		}
		if _, err := d.Exec(t.Context(), "DELETE FROM things"); err == nil {
			t.Error("a closed database writes")
		}
	})
}
