// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/jobs"
)

var quiet = slog.New(slog.DiscardHandler)

func add(t *testing.T, d *db.DB, q *jobs.Queue, kind, key string, payload any, at time.Time) {
	t.Helper()
	if err := d.Tx(t.Context(), func(tx *db.Tx) error { return q.Add(t.Context(), tx, kind, key, payload, at) }); err != nil {
		t.Fatal(err)
	}
}

// run runs a queue until the returned function is called.
func run(t *testing.T, q *jobs.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := q.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	return func() { cancel(); <-done }
}

func count(t *testing.T, d *db.DB, where string) int {
	t.Helper()
	n, err := db.One(t.Context(), d, db.Scalar[int], "SELECT COUNT(*) FROM jobs WHERE "+where)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// open opens the same database again and again: a node that is restarted.
func open(t *testing.T, file string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), file, db.Options{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEveryJobRunsOnBothEngines(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		const processes, all = 2, 120
		var mu sync.Mutex
		ran := map[int]int{}
		done := make(chan struct{}, all)
		var queues []*jobs.Queue
		var first *db.DB
		for range processes {
			if first != nil && !first.Postgres() {
				break // SQLite belongs to one process
			}
			d := dbtest.OpenSource(t, source, db.Options{})
			q := jobs.New(d, quiet)
			do := func(_ context.Context, payload []byte) error {
				var p struct{ N int }
				if err := json.Unmarshal(payload, &p); err != nil {
					return err
				}
				mu.Lock()
				ran[p.N]++
				mu.Unlock()
				done <- struct{}{}
				return nil
			}
			q.Handle("quick", do)
			q.HandleSlow("slow", do)
			defer run(t, q)()
			queues = append(queues, q)
			if first == nil {
				first = d
			}
		}
		for n := range all {
			add(t, first, queues[0], []string{"quick", "slow"}[n%2], "", struct{ N int }{n}, time.Time{})
		}
		for range all {
			select {
			case <-done:
			case <-time.After(30 * time.Second):
				t.Fatalf("only %d of %d jobs ran", len(ran), all)
			}
		}
		for deadline := time.Now().Add(10 * time.Second); count(t, first, "TRUE") > 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d jobs remain", count(t, first, "TRUE"))
			}
		}
		for n, times := range ran {
			if times != 1 {
				t.Errorf("job %d ran %d times", n, times)
			}
		}
	})
}

func TestAnotherProcessIsWokenOnPostgres(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		d := dbtest.OpenSource(t, source, db.Options{})
		q := jobs.New(d, quiet)
		ran := make(chan struct{})
		q.Handle("x", func(context.Context, []byte) error { close(ran); return nil })
		defer run(t, q)()
		other := d
		if d.Postgres() {
			other = dbtest.OpenSource(t, source, db.Options{})
		}
		time.Sleep(50 * time.Millisecond) // let Run go to sleep first
		add(t, other, jobs.New(other, quiet), "x", "", nil, time.Time{})
		select {
		case <-ran:
		case <-time.After(10 * time.Second):
			t.Error("nobody was woken")
		}
	})
}

func TestAKeyedJobThatWaitsIsMerged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := jobs.New(d, quiet)
		soon, late := time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
		add(t, d, q, "k", "a", "first", late)
		add(t, d, q, "k", "a", "second", soon)
		add(t, d, q, "k", "a", []byte(`"third"`), late)
		add(t, d, q, "k", "b", "other key", late)
		add(t, d, q, "l", "a", "other kind", late)
		add(t, d, q, "k", "", "no key", late)
		add(t, d, q, "k", "", "no key", late)
		if n := count(t, d, "TRUE"); n != 5 {
			t.Errorf("%d jobs instead of 5", n)
		}
		var payload []byte
		var at int64
		if err := d.Row(t.Context(), "SELECT payload, run_at FROM jobs WHERE kind = 'k' AND unique_key = 'a'").Scan(&payload, &at); err != nil {
			t.Fatal(err)
		}
		if string(payload) != `"third"` || at != db.Millis(soon) {
			t.Errorf("merged into %s at %v", payload, db.FromMillis(at))
		}
	})
}

func TestAFailingJobIsTriedForADayThenKeptForAMonth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, t.TempDir()+"/node.db")
		defer d.Close()
		q := jobs.New(d, quiet)
		var at []time.Time
		q.Handle("broken", func(context.Context, []byte) error {
			at = append(at, time.Now())
			return errors.New("out of paper")
		})
		defer run(t, q)()
		add(t, d, q, "broken", "key", nil, time.Time{})
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		if len(at) != 12 {
			t.Fatalf("%d tries", len(at))
		}
		least := time.Minute
		for i := 1; i < len(at); i++ {
			if gap := at[i].Sub(at[i-1]); gap < least || gap > least*6/5+time.Second {
				t.Errorf("pause %d is %v, not about %v", i, gap, least)
			}
			least = min(2*least, 12*time.Hour)
		}
		if count(t, d, "failed AND error = 'out of paper' AND tries = 12") != 1 {
			t.Error("the failed job is not kept with its error")
		}
		add(t, d, q, "broken", "key", nil, time.Now().Add(1000*time.Hour)) // a failed job is not merged with
		time.Sleep(31 * 24 * time.Hour)
		synctest.Wait()
		if len(at) != 12 || count(t, d, "failed") != 0 || count(t, d, "TRUE") != 1 {
			t.Errorf("after a month: %d tries, %d failed jobs, %d jobs", len(at), count(t, d, "failed"), count(t, d, "TRUE"))
		}
	})
}

func TestRetryAndNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, t.TempDir()+"/node.db")
		defer d.Close()
		q := jobs.New(d, quiet)
		began := time.Now()
		var runs, never, panics atomic.Int64
		q.Handle("patient", func(context.Context, []byte) error {
			if runs.Add(1) < 30 { // more often than failures are allowed
				return fmt.Errorf("not yet: %w", jobs.Retry(time.Now().Add(24*time.Hour)))
			}
			return nil
		})
		q.Handle("never", func(context.Context, []byte) error {
			never.Add(1)
			return fmt.Errorf("the post: %w", jobs.Never(errors.New("is gone")))
		})
		q.Handle("panics", func(context.Context, []byte) error {
			if panics.Add(1) == 1 {
				panic("oops")
			}
			return nil
		})
		defer run(t, q)()
		for _, kind := range []string{"patient", "never", "panics"} {
			add(t, d, q, kind, "", nil, began.Add(time.Hour))
		}
		time.Sleep(time.Hour - time.Second)
		synctest.Wait()
		if runs.Load()+never.Load()+panics.Load() > 0 {
			t.Error("a job ran before its time")
		}
		time.Sleep(29*24*time.Hour + 2*time.Second)
		synctest.Wait()
		if runs.Load() != 30 || never.Load() != 1 || panics.Load() != 2 {
			t.Errorf("patient ran %d times, never %d, panics %d", runs.Load(), never.Load(), panics.Load())
		}
		if count(t, d, "failed AND error = 'the post: is gone'") != 1 || count(t, d, "TRUE") != 1 {
			t.Errorf("%d jobs remain", count(t, d, "TRUE"))
		}
	})
}

func TestALongJobKeepsItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, t.TempDir()+"/node.db")
		defer d.Close()
		q := jobs.New(d, quiet)
		runs := 0
		q.Handle("export", func(context.Context, []byte) error {
			runs++
			time.Sleep(3 * time.Hour)
			return nil
		})
		stop := run(t, q)
		add(t, d, q, "export", "", nil, time.Time{})
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		if runs != 1 || count(t, d, "TRUE") != 0 {
			t.Errorf("%d runs", runs)
		}
		stop()
	})
}

func TestAJobThatLosesItsLeaseIsStoppedAndTheOtherOneCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, t.TempDir()+"/node.db")
		defer d.Close()
		q := jobs.New(d, quiet)
		var stopped atomic.Bool
		q.Handle("x", func(ctx context.Context, _ []byte) error {
			<-ctx.Done()
			stopped.Store(true)
			return nil
		})
		defer run(t, q)()
		add(t, d, q, "x", "", nil, time.Time{})
		synctest.Wait()
		theirs := db.Millis(time.Now().Add(1000 * time.Hour))
		if _, err := d.Exec(t.Context(), "UPDATE jobs SET run_at = $1", theirs); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if !stopped.Load() {
			t.Error("it runs on")
		}
		if count(t, d, "run_at > 0") != 1 {
			t.Error("it removed a job that is somebody else's")
		}
	})
}

func TestAKeyedJobAddedWhileItRunsRunsAgain(t *testing.T) {
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprintf("fails=%v", fails), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := open(t, t.TempDir()+"/node.db")
				defer d.Close()
				q := jobs.New(d, quiet)
				var seen []string
				q.Handle("x", func(_ context.Context, payload []byte) error {
					seen = append(seen, string(payload))
					time.Sleep(time.Minute)
					if fails && string(payload) == "1" {
						return errors.New("failed")
					}
					return nil
				})
				defer run(t, q)()
				add(t, d, q, "x", "key", 1, time.Time{})
				synctest.Wait()
				add(t, d, q, "x", "key", 2, time.Now().Add(90*time.Second))
				time.Sleep(time.Hour)
				synctest.Wait()
				if len(seen) != 2 || seen[0] != "1" || seen[1] != "2" || count(t, d, "TRUE") != 0 {
					t.Errorf("ran with %q, %d jobs remain", seen, count(t, d, "TRUE"))
				}
			})
		})
	}
}

func TestSlowJobsDoNotHoldUpQuickOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, t.TempDir()+"/node.db")
		defer d.Close()
		q := jobs.New(d, quiet)
		var slow, most, quick atomic.Int64
		q.HandleSlow("fetch", func(context.Context, []byte) error {
			now := slow.Add(1)
			for before := most.Load(); now > before && !most.CompareAndSwap(before, now); before = most.Load() {
			}
			defer slow.Add(-1)
			time.Sleep(time.Minute)
			return nil
		})
		q.Handle("inbox", func(context.Context, []byte) error { quick.Add(1); return nil })
		defer run(t, q)()
		for range 50 {
			add(t, d, q, "fetch", "", nil, time.Time{})
		}
		add(t, d, q, "inbox", "", nil, time.Time{})
		synctest.Wait()
		if quick.Load() != 1 {
			t.Error("the quick job waits")
		}
		time.Sleep(4*time.Minute + time.Second)
		synctest.Wait()
		if most.Load() != 16 || count(t, d, "TRUE") != 0 {
			t.Errorf("%d at once, %d remain", most.Load(), count(t, d, "TRUE"))
		}
	})
}

func TestStoppingFinishesWhatRunsAndRestartingDoesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := t.TempDir() + "/node.db"
		d := open(t, file)
		q := jobs.New(d, quiet)
		var finished, cut int
		q.Handle("short", func(context.Context, []byte) error { time.Sleep(10 * time.Second); finished++; return nil })
		q.Handle("long", func(ctx context.Context, _ []byte) error {
			select {
			case <-ctx.Done():
				cut++
				return ctx.Err()
			case <-time.After(time.Hour):
				return nil
			}
		})
		stop := run(t, q)
		add(t, d, q, "short", "", nil, time.Time{})
		add(t, d, q, "long", "", nil, time.Time{})
		add(t, d, q, "short", "", nil, time.Now().Add(5*time.Second))
		synctest.Wait()
		began := time.Now()
		stop()
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("stopping took %v", took)
		}
		if finished != 1 || cut != 1 || count(t, d, "tries = 0") != 2 {
			t.Errorf("%d finished, %d cut off, %d wait untried", finished, cut, count(t, d, "tries = 0"))
		}
		d.Close()

		d = open(t, file)
		defer d.Close()
		q = jobs.New(d, quiet)
		var again atomic.Int64
		for _, kind := range []string{"short", "long"} {
			q.Handle(kind, func(context.Context, []byte) error { again.Add(1); return nil })
		}
		defer run(t, q)()
		synctest.Wait()
		if again.Load() != 2 || count(t, d, "TRUE") != 0 {
			t.Errorf("%d ran after the restart", again.Load())
		}
	})
}

func TestAJobWhoseProcessDiedRunsAfterItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, t.TempDir()+"/node.db")
		defer d.Close()
		q := jobs.New(d, quiet)
		add(t, d, q, "x", "", nil, time.Time{})
		add(t, d, q, "x", "", "poison", time.Time{})
		// What a process leaves behind that was killed while both ran, one of them for the twelfth time.
		if _, err := d.Exec(t.Context(), "UPDATE jobs SET run_at = $1, tries = CASE WHEN payload = $2 THEN 12 ELSE 1 END",
			db.Millis(time.Now().Add(5*time.Minute)), []byte(`"poison"`)); err != nil {
			t.Fatal(err)
		}
		var ran time.Time
		began := time.Now()
		q.Handle("x", func(_ context.Context, payload []byte) error {
			if string(payload) == `"poison"` {
				t.Error("poison ran a thirteenth time")
			}
			ran = time.Now()
			return nil
		})
		defer run(t, q)()
		time.Sleep(time.Hour)
		synctest.Wait()
		if ran.Sub(began) != 5*time.Minute {
			t.Errorf("it ran after %v", ran.Sub(began))
		}
		if count(t, d, "failed AND error LIKE '%process ended%'") != 1 || count(t, d, "TRUE") != 1 {
			t.Error("the poisonous job is not kept as failed")
		}
	})
}

func TestARolledBackJobIsNone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := jobs.New(d, quiet)
		refused := errors.New("refused")
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			if err := q.Add(t.Context(), tx, "x", "", nil, time.Time{}); err != nil {
				return err
			}
			return refused
		})
		if !errors.Is(err, refused) || count(t, d, "TRUE") != 0 {
			t.Errorf("%v, %d jobs", err, count(t, d, "TRUE"))
		}
	})
}
