// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/outbox"
)

func TestAnAdministratorHoldsRetriesAndDrops(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		w.says("one", "a.example", "b.example")
		pass(time.Second)
		w.tx(func(tx *db.Tx) error { return outbox.Hold(ctx, tx, "a.example") })
		w.says("two", "a.example")
		w.tx(func(tx *db.Tx) error { return outbox.Awake(ctx, tx, "a.example") })
		pass(30 * 24 * time.Hour)
		if s := w.status("a.example"); s.State != "held" || s.Waiting != 1 || !s.NextTry.IsZero() {
			t.Errorf("held: %+v", s)
		}
		w.sees("a.example", "one")
		w.tx(func(tx *db.Tx) error { return outbox.Retry(ctx, tx, "a.example") })
		pass(time.Second)
		w.sees("a.example", "one", "two")

		w.answer("b.example", down)
		w.says("three", "b.example")
		w.says("four", "b.example")
		pass(3 * time.Hour)
		before := len(w.requests("b.example"))
		w.tx(func(tx *db.Tx) error { return outbox.Retry(ctx, tx, "b.example") })
		pass(time.Second)
		if n := len(w.requests("b.example")) - before; n != 1 {
			t.Errorf("a retry made %d requests", n)
		}
		w.tx(func(tx *db.Tx) error {
			n, err := outbox.Drop(ctx, tx, "b.example")
			if n != 2 {
				t.Errorf("%d dropped", n)
			}
			return err
		})
		w.answer("b.example", nil)
		pass(48 * time.Hour)
		w.says("five", "b.example")
		pass(time.Second)
		w.sees("b.example", "one", "five")

		for name, f := range map[string]func(*db.Tx) error{
			"retry": func(tx *db.Tx) error { return outbox.Retry(ctx, tx, "nobody.example") },
			"hold":  func(tx *db.Tx) error { return outbox.Hold(ctx, tx, "nobody.example") },
			"drop":  func(tx *db.Tx) error { _, err := outbox.Drop(ctx, tx, "nobody.example"); return err },
		} {
			if err := w.db.Tx(ctx, f); !errors.Is(err, fault.NotFound) || !strings.Contains(fault.Sentence(err), "nobody.example") {
				t.Errorf("%s of a host that is not known: %v", name, err)
			}
		}
	})
}

func TestAHoldInTheMiddleOfATurn(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answer("a.example", func(request) (int, error) { time.Sleep(10 * time.Millisecond); return 202, nil })
		for i := range 300 {
			w.says(fmt.Sprint(i), "a.example")
		}
		pass(100 * time.Millisecond)
		w.tx(func(tx *db.Tx) error { return outbox.Hold(context.Background(), tx, "a.example") })
		pass(time.Hour)
		if s := w.status("a.example"); s.State != "held" || s.Waiting < 200 || !s.NextTry.IsZero() {
			t.Errorf("held: %+v", s)
		}
		w.tx(func(tx *db.Tx) error { return outbox.Retry(context.Background(), tx, "a.example") })
		pass(time.Minute)
		if got := w.received("a.example"); len(got) != 300 {
			t.Errorf("%d arrived", len(got))
		}
	})
}

// FEP-8fcf: the header goes with activities for the followers, and only with those.
func TestFollowersSynchronisationGoesWithTheirActivitiesOnly(t *testing.T) {
	const followers = "https://here.example/anna/followers"
	var mu sync.Mutex
	asked, with := 0, map[string]string{}
	w := newWorld(t, dbtest.Open(t))
	w.deliver.Sync = func(_ context.Context, actor actors.ID, host string) (*federation.Synchronization, error) {
		mu.Lock()
		defer mu.Unlock()
		asked++
		if host == "b.example" {
			return nil, nil
		}
		return &federation.Synchronization{CollectionID: followers, URL: followers + "/sync", Digest: "00"}, nil
	}
	var done sync.WaitGroup
	w.deliver.Post = func(_ context.Context, inbox string, body []byte, _ federation.Signer, s *federation.Synchronization) (*federation.Posted, error) {
		defer done.Done()
		mu.Lock()
		defer mu.Unlock()
		with[inbox+" "+string(body)] = "none"
		if s != nil {
			with[inbox+" "+string(body)] = s.CollectionID
		}
		return &federation.Posted{Status: 202}, nil
	}
	done.Add(4)
	w.says(`{"cc":"`+followers+`"}`, "a.example", "b.example")
	w.says(`{"to":"https://a.example/bas"}`, "a.example", "b.example")
	stop := w.starts()
	done.Wait()
	stop()
	for key, want := range map[string]string{
		`https://a.example/inbox {"cc":"` + followers + `"}`:     followers,
		`https://a.example/inbox {"to":"https://a.example/bas"}`: "none",
		`https://b.example/inbox {"cc":"` + followers + `"}`:     "none",
	} {
		if with[key] != want {
			t.Errorf("%s: %q, want %q", key, with[key], want)
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times for two hosts", asked)
	}
}

func TestEveryAttemptIsSignedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var keys []string
		w.answer("a.example", func(r request) (int, error) {
			keys = append(keys, r.signature)
			if r.try < 3 {
				return 503, nil
			}
			return 202, nil
		})
		w.says("one", "a.example")
		pass(time.Hour)
		if slices.Sort(keys); len(slices.Compact(keys)) != 3 {
			t.Errorf("signed with %q", keys)
		}
	})
}

func TestWhatWasDeletedHereIsNotSent(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answer("a.example", func(r request) (int, error) {
			if r.try == 1 { // while the first one is under way
				w.exec("DELETE FROM activities WHERE body = $1", []byte("two"))
				return 503, nil
			}
			return 202, nil
		})
		w.says("one", "a.example")
		w.says("two", "a.example")
		w.says("three", "a.example")
		pass(time.Hour)
		w.sees("a.example", "one", "three")
	})
}

func TestAnActorWithoutKeysDoesNotBlockOthers(t *testing.T) {
	d := dbtest.Open(t)
	w := newWorld(t, d)
	n := 0
	w.deliver.Signer = func(context.Context, actors.ID, time.Time) (federation.Signer, error) {
		if n++; n == 1 {
			return federation.Signer{}, fault.Say(fault.Gone, "This account has been deleted.")
		}
		return federation.Signer{}, nil
	}
	got := make(chan string, 2)
	w.deliver.Post = func(_ context.Context, _ string, body []byte, _ federation.Signer, _ *federation.Synchronization) (*federation.Posted, error) {
		got <- string(body)
		return &federation.Posted{Status: 202}, nil
	}
	w.says("one", "a.example")
	w.says("two", "a.example")
	defer w.starts()()
	if word := <-got; word != "two" {
		t.Errorf("%s was sent", word)
	}
}

// Several processes may share a PostgreSQL server: each delivery goes once, in order.
func TestTwoProcessesShareTheWork(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		defer w.starts()()
		if d.Postgres() { // a SQLite file has one process
			defer w.starts()()
		}
		var hosts, want []string
		for i := range 40 {
			hosts = append(hosts, fmt.Sprintf("h%d.example", i))
		}
		for i := range 25 {
			want = append(want, fmt.Sprint(i))
			w.says(want[i], hosts...)
		}
		for began := time.Now(); w.waiting() > 0 && time.Since(began) < time.Minute; {
			time.Sleep(20 * time.Millisecond)
		}
		for _, host := range hosts {
			w.sees(host, want...)
		}
	})
}

// What is enqueued while the turn of its host is being saved is neither seen by that turn nor forgotten.
func TestEnqueuedAtTheEndOfATurn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		asked, answer := make(chan bool), make(chan bool)
		let := sync.OnceFunc(func() { close(answer) })
		w.answer("a.example", func(r request) (int, error) {
			if r.try == 1 {
				close(asked)
				<-answer
			}
			return 202, nil
		})
		w.says("one", "a.example")
		defer w.starts()()
		<-asked
		w.meanwhile("two", func() {
			let()
			time.Sleep(300 * time.Millisecond) // on PostgreSQL the turn's end waits for the row of the host
		}, "a.example")
		for began := time.Now(); w.waiting() > 0 && time.Since(began) < 20*time.Second; {
			time.Sleep(5 * time.Millisecond)
		}
		w.sees("a.example", "one", "two")
	})
}

func TestEnqueueForFiveHundredInboxes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var hosts []string
		for i := range 500 {
			hosts = append(hosts, fmt.Sprintf("h%d.example", i%464))
		}
		w.says("one", hosts...)
		w.says("two", hosts...)
		if n := w.waiting(); n != 2*464 {
			t.Errorf("%d deliveries, want %d", n, 2*464)
		}
		all, err := outbox.Hosts(t.Context(), d)
		if err != nil || len(all) != 464 || all[0].Waiting != 2 || all[0].State != "ok" || all[0].NextTry.IsZero() {
			t.Errorf("%d hosts, first %+v, %v", len(all), all[0], err)
		}
	})
}
