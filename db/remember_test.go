// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
)

func addActor(t *testing.T, d *db.DB, id int64) {
	t.Helper()
	if _, err := d.Exec(t.Context(), `INSERT INTO actors (id, iri, kind, local, name, domain, host, published, updated)
		VALUES ($1, $2, 'Person', TRUE, $3, 'x', 'x', 1, 1)`, id, fmt.Sprint("https://x/", id), fmt.Sprint("n", id)); err != nil {
		t.Fatal(err)
	}
}

// counts reads a count through the memory, and says how many rows were loaded for it.
func counts(ctx context.Context, q db.Q, ids ...int64) (found map[int64]int64, loaded int, err error) {
	found, err = db.Remember(ctx, q, "actors", ids, func(ctx context.Context, q db.Q, ids []int64) (map[int64]int64, error) {
		rows := map[int64]int64{}
		list, args := db.In(nil, ids)
		_, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
			var id, n int64
			err = r.Scan(&id, &n)
			rows[id] = n
			return x, err
		}, "SELECT id, followers_count FROM actors WHERE id IN ("+list+")", args...)
		loaded += len(rows)
		return rows, err
	})
	return found, loaded, err
}

func TestWhatIsRememberedIsNeverOld(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		addActor(t, d, 1)
		addActor(t, d, 2)
		expect := func(want1, want2 int64, most int) {
			t.Helper()
			found, loaded, err := counts(ctx, d, 1, 2, 3)
			if err != nil || found[1] != want1 || found[2] != want2 || len(found) != 2 {
				t.Errorf("found %v, %v, instead of %d and %d", found, err, want1, want2)
			}
			if !d.Postgres() && loaded != most {
				t.Errorf("%d rows were loaded instead of %d", loaded, most)
			}
		}
		expect(0, 0, 2)
		expect(0, 0, 0)
		set := func(tx *db.Tx, id, n int64) error {
			_, err := tx.Exec(ctx, "UPDATE actors SET followers_count = $1 WHERE id = $2", n, id)
			return err
		}
		change := errors.New("never mind")
		if err := d.Tx(ctx, func(tx *db.Tx) error {
			if err := set(tx, 1, 5); err != nil {
				return err
			}
			if found, _, err := counts(ctx, tx, 1); err != nil || found[1] != 5 {
				t.Errorf("a transaction sees %v, %v of its own change", found, err)
			}
			return change
		}); !errors.Is(err, change) {
			t.Fatal(err)
		}
		expect(0, 0, 0)
		if err := d.Tx(ctx, func(tx *db.Tx) error { return set(tx, 1, 6) }); err != nil {
			t.Fatal(err)
		}
		expect(6, 0, 1)
		if _, err := d.Exec(ctx, "DELETE FROM actors WHERE id = 2"); err != nil {
			t.Fatal(err)
		}
		if found, _, err := counts(ctx, d, 2); err != nil || len(found) != 0 {
			t.Errorf("a deleted row is remembered: %v, %v", found, err)
		}
	})
}

// The rows of other tables that go with an item are forgotten too: SQLite tells of what a foreign key deletes.
func TestACascadeIsNoticed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		addActor(t, d, 1)
		for _, text := range []string{
			`INSERT INTO items (id, iri, kind, local, author, audience, thread, published, created) VALUES (7, 'https://x/7', 'Note', TRUE, 1, 0, 7, 1, 1)`,
			`INSERT INTO tags (name, item) VALUES ('a', 7)`,
		} {
			if _, err := d.Exec(ctx, text); err != nil {
				t.Fatal(err)
			}
		}
		tags := func() int {
			found, err := db.Remember(ctx, d, "tags", []int64{7}, func(ctx context.Context, q db.Q, _ []int64) (map[int64]int, error) {
				n, err := db.One(ctx, q, db.Scalar[int], "SELECT COUNT(*) FROM tags WHERE item = 7")
				return map[int64]int{7: n}, err
			})
			if err != nil {
				t.Fatal(err)
			}
			return found[7]
		}
		if n := tags(); n != 1 {
			t.Fatalf("%d tags", n)
		}
		if _, err := d.Exec(ctx, "INSERT INTO tags (name, item) VALUES ('b', 7)"); err != nil {
			t.Fatal(err)
		}
		if n := tags(); n != 2 {
			t.Errorf("%d tags after a second one", n)
		}
		if _, err := d.Exec(ctx, "DELETE FROM items WHERE id = 7"); err != nil {
			t.Fatal(err)
		}
		if n := tags(); n != 0 {
			t.Errorf("%d tags of an item that is gone", n)
		}
	})
}

// Whoever reads after a change was acknowledged sees it, however many others read and write.
func TestReadersSeeWhatWasAcknowledged(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	addActor(t, d, 1)
	var acknowledged atomic.Int64
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				least := acknowledged.Load()
				if found, _, err := counts(ctx, d, 1); err != nil || found[1] < least {
					t.Errorf("read %v, %v after %d was acknowledged", found, err, least)
					return
				}
			}
		})
	}
	for n := int64(1); n <= 300; n++ {
		if _, err := d.Exec(ctx, "UPDATE actors SET followers_count = $1 WHERE id = 1", n); err != nil {
			t.Fatal(err)
		}
		acknowledged.Store(n)
	}
	close(done)
	readers.Wait()
}

// Another process has written: the node is told and forgets.
func TestForget(t *testing.T) {
	d := dbtest.Open(t)
	addActor(t, d, 1)
	if _, loaded, err := counts(t.Context(), d, 1); err != nil || loaded != 1 {
		t.Fatal(loaded, err)
	}
	d.Forget()
	if _, loaded, err := counts(t.Context(), d, 1); err != nil || loaded != 1 {
		t.Error(loaded, err)
	}
}
