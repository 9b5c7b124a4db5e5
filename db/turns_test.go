// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
	"pgregory.net/rapid"
)

var quiet = slog.New(slog.DiscardHandler)

const insert = "INSERT INTO others (a, b) VALUES ($1, $2)"

func sum(t interface {
	Helper()
	Fatal(...any)
}, d *db.DB) int64 {
	t.Helper()
	n, err := db.One(context.Background(), d, db.Scalar[int64], "SELECT CAST(COALESCE(SUM(b), 0) AS BIGINT) FROM others")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A caller of Tx in the property test below, with what it does in its turn.
type caller struct {
	amount int64
	end    string
}

var refused = errors.New("refused")

// call runs one caller and reports how it ended.
func call(d *db.DB, c caller, after *atomic.Int64) (panicked any, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if c.end == "cancelled" {
		go cancel()
	}
	defer func() { panicked = recover() }()
	err = d.Tx(ctx, func(tx *db.Tx) error {
		tx.After(func() { after.Add(1) })
		if _, err := tx.Exec(ctx, insert, "x", c.amount); err != nil {
			return err
		}
		switch c.end {
		case "fails":
			return refused
		case "panics":
			panic("oops")
		case "goexit":
			runtime.Goexit()
		case "violates":
			_, err := tx.Exec(ctx, insert, "x", c.amount)
			return err
		case "violates and goes on":
			_, _ = tx.Exec(ctx, "INSERT INTO others (a, b) VALUES ($1, $2) ON CONFLICT DO NOTHING", "X", c.amount)
		case "slow":
			time.Sleep(6 * time.Millisecond)
		}
		return nil
	})
	return nil, err
}

// Whatever callers do in their turns, each one alone decides about its own change: it is there exactly when its Tx
// returned nil, and its After ran exactly then.
func TestGroupCommitKeepsCallersApart(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		rapid.Check(t, func(rt *rapid.T) {
			if _, err := d.Exec(context.Background(), "DELETE FROM others"); err != nil {
				rt.Fatal(err)
			}
			ends := rapid.SampledFrom([]string{"", "", "", "fails", "panics", "goexit", "violates", "violates and goes on", "cancelled", "slow"})
			n := rapid.IntRange(1, 40).Draw(rt, "callers")
			callers := make([]caller, n)
			for i := range callers {
				callers[i] = caller{1 << i, ends.Draw(rt, "end")}
			}
			var want, done, after atomic.Int64
			var all sync.WaitGroup
			for _, c := range callers {
				all.Go(func() {
					panicked, err := call(d, c, &after)
					switch {
					case panicked != nil:
						if c.end != "panics" || panicked != "oops" {
							rt.Errorf("%v panicked with %v", c, panicked)
						}
					case err == nil:
						want.Add(c.amount)
						done.Add(1)
					case errors.Is(err, refused) && c.end == "fails", db.IsUnique(err) && c.end == "violates":
					case errors.Is(err, context.Canceled) && c.end == "cancelled":
					default:
						rt.Errorf("%v ended with %v", c, err)
					}
				})
			}
			all.Wait()
			if got := sum(rt, d); got != want.Load() {
				rt.Errorf("the sum is %d instead of %d", got, want.Load())
			}
			if after.Load() != done.Load() {
				rt.Errorf("After ran %d times for %d commits", after.Load(), done.Load())
			}
		})
	})
}

// What Tx reported as done is on disk: another connection to the file, opened afresh, finds it.
func TestWhatTxReportsIsVisibleToAnotherConnection(t *testing.T) {
	file := filepath.Join(t.TempDir(), "node.db")
	d := dbtest.OpenSource(t, file, db.Options{Migrations: schema})
	other := dbtest.OpenSource(t, file, db.Options{Migrations: schema})
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for j := range 10 {
				n := int64(i*10 + j)
				if _, err := d.Exec(t.Context(), insert, "x", n); err != nil {
					t.Error(err)
				}
				if found, err := db.One(t.Context(), other, db.Scalar[int64], "SELECT b FROM others WHERE b = $1", n); found != n {
					t.Errorf("%d is not there: %v", n, err)
				}
			}
		})
	}
	all.Wait()
}

// The disk being full, or SQLite rolling back by itself for another reason, fails everybody in the batch and nobody after it.
func TestABatchThatSQLiteRollsBackFailsForAllInIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := dbtest.OpenSource(t, filepath.Join(t.TempDir(), "node.db"), db.Options{Migrations: schema, Log: quiet})
		ctx := t.Context()
		release := make(chan struct{})
		results := make(chan error, 2)
		var after atomic.Int64
		go func() { // holds the turn until the other one waits
			results <- d.Tx(ctx, func(tx *db.Tx) error {
				tx.After(func() { after.Add(1) })
				<-release
				_, err := tx.Exec(ctx, insert, "x", 1)
				return err
			})
		}()
		synctest.Wait()
		go func() {
			results <- d.Tx(ctx, func(tx *db.Tx) error {
				tx.After(func() { after.Add(1) })
				_, err := tx.Exec(ctx, "ROLLBACK") // as SQLite does when the disk is full
				return err
			})
		}()
		synctest.Wait()
		close(release)
		for range 2 {
			if err := <-results; err == nil {
				t.Error("a transaction of the batch succeeded")
			}
		}
		if after.Load() != 0 || sum(t, d) != 0 {
			t.Errorf("After ran %d times, the sum is %d", after.Load(), sum(t, d))
		}
		if _, err := d.Exec(ctx, insert, "x", 4); err != nil || sum(t, d) != 4 {
			t.Errorf("afterwards: %v, sum %d", err, sum(t, d))
		}
	})
}

// In a bubble the clock stands still, so time does not close batches: only turns and commits do, and if anybody
// were left waiting in an open batch the bubble would report a deadlock.
func TestNobodyWaitsForeverAndNothingIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "node.db"), db.Options{Migrations: schema, Log: quiet})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%3)*time.Millisecond)
				defer cancel()
				for j := range 5 {
					c := caller{int64(i*5 + j), []string{"", "fails", "slow"}[(i+j)%3]}
					_ = d.Tx(ctx, func(tx *db.Tx) error {
						_, err := tx.Exec(ctx, insert, "x", c.amount)
						if c.end == "slow" {
							time.Sleep(time.Millisecond)
						}
						return err
					})
				}
			})
		}
		all.Wait()
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestClosingFinishesWhatBeganAndRefusesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "node.db")
		d, err := db.Open(t.Context(), file, db.Options{Migrations: schema, Log: quiet})
		if err != nil {
			t.Fatal(err)
		}
		var committed atomic.Int64
		for i := range 30 {
			go func() {
				err := d.Tx(t.Context(), func(tx *db.Tx) error {
					time.Sleep(time.Millisecond)
					_, err := tx.Exec(t.Context(), insert, "x", i)
					return err
				})
				if err == nil {
					committed.Add(1)
				}
			}()
		}
		time.Sleep(3*time.Millisecond + 1)
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		d = dbtest.OpenSource(t, file, db.Options{Migrations: schema})
		n, err := db.One(t.Context(), d, db.Scalar[int64], "SELECT COUNT(*) FROM others")
		if err != nil || n != committed.Load() || n == 0 {
			t.Errorf("%d rows for %d commits, %v", n, committed.Load(), err)
		}
		d.Close()
	})
}

func TestATransactionInATransactionEndsWithAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "node.db"), db.Options{Migrations: schema, Log: quiet})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		err = d.Tx(t.Context(), func(*db.Tx) error {
			_, err := d.Exec(t.Context(), insert, "x", 1)
			return err
		})
		if !errors.Is(err, fault.Unavailable) {
			t.Errorf("it ended with %v", err)
		}
		if _, err := d.Exec(t.Context(), insert, "x", 1); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestATransactionThatIsOverCannotBeUsed(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		var kept *db.Tx
		if err := d.Tx(ctx, func(tx *db.Tx) error { kept = tx; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := kept.Exec(ctx, insert, "x", 1); err == nil {
			t.Error("Exec works")
		}
		if _, err := kept.Query(ctx, "SELECT 1"); err == nil {
			t.Error("Query works")
		}
		if err := kept.Row(ctx, "SELECT 1").Scan(new(int)); err == nil {
			t.Error("Row works")
		}
		if _, err := db.All(ctx, kept, db.Scalar[int], "SELECT 1"); err == nil {
			t.Error("All works")
		}
	})
}

// Both read the same number and write one more: the second must not overwrite the first.
func TestReadThenWriteLosesNoUpdate(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if _, err := d.Exec(ctx, "INSERT INTO things (id, name, share) VALUES (1, 'counter', 0)"); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		var after atomic.Int64
		for range 8 {
			all.Go(func() {
				for range 5 {
					err := d.Tx(ctx, func(tx *db.Tx) error {
						n, err := db.One(ctx, tx, db.Scalar[float64], "SELECT share FROM things WHERE id = 1")
						if err != nil {
							return err
						}
						tx.After(func() { after.Add(1) })
						_, err = tx.Exec(ctx, "UPDATE things SET share = $1 WHERE id = 1", n+1)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		n, err := db.One(ctx, d, db.Scalar[float64], "SELECT share FROM things WHERE id = 1")
		if err != nil || n != 40 || after.Load() != 40 {
			t.Errorf("the counter is %v, After ran %d times, %v", n, after.Load(), err)
		}
	})
}

func TestSkipLockedClaimsOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		for i := range 20 {
			if _, err := d.Exec(ctx, insert, fmt.Sprint(i), 0); err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		var claimed atomic.Int64
		for range 4 {
			all.Go(func() {
				for range 5 {
					err := d.Claim(ctx, func(tx *db.Tx) error {
						a, err := db.One(ctx, tx, db.Scalar[string], "SELECT a FROM others WHERE b = 0 ORDER BY a LIMIT 1 "+tx.SkipLocked())
						if errors.Is(err, fault.NotFound) {
							return nil
						}
						if err != nil {
							return err
						}
						tx.After(func() { claimed.Add(1) })
						_, err = tx.Exec(ctx, "UPDATE others SET b = b + 1 WHERE a = $1", a)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if sum(t, d) != claimed.Load() {
			t.Errorf("%d claims, the sum is %d", claimed.Load(), sum(t, d))
		}
	})
}
