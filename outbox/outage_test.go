// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/outbox"
)

func TestAPeerDownForTwentyHours(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answer("down.example", down)
		var want []string
		for i := range 100 {
			word := fmt.Sprint("post ", i)
			want = append(want, word)
			w.says(word, "down.example", "up.example")
			pass(12 * time.Minute)
		}
		w.sees("up.example", want...)
		// At once, after 1, 5 and 15 minutes, 1, 2, 4 and 8 hours: that is 15 h 21 min ± 20 %, and a ninth not always.
		if n := len(w.requests("down.example")); n < 8 || n > 9 {
			t.Errorf("%d probes in 20 hours, want 8 or 9", n)
		}
		s := w.status("down.example")
		if s.State != "failing" || s.Waiting != 100 || s.FailingSince.IsZero() || time.Since(s.OldestWaiting).Round(time.Minute) != 20*time.Hour || !strings.Contains(s.Error, "connection refused") {
			t.Errorf("status %+v", s)
		}
		w.answer("down.example", nil)
		pass(15 * time.Hour)
		w.sees("down.example", want...)
		if s := w.status("down.example"); s.State != "ok" || s.Waiting != 0 || s.Error != "" || !s.FailingSince.IsZero() {
			t.Errorf("status after it %+v", s)
		}
	})
}

func TestAPeerDownForEightDaysIsParkedAndLosesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answer("down.example", down)
		var want []string
		for day := range 8 {
			want = append(want, fmt.Sprint("day ", day))
			w.says(want[day], "down.example")
			pass(24 * time.Hour)
		}
		if s := w.status("down.example"); s.State != "parked" || s.Waiting != 8 {
			t.Errorf("status %+v", s)
		}
		before := len(w.requests("down.example"))
		if before < 7+9 || before > 7+17+2 {
			t.Errorf("%d probes in 8 days", before)
		}
		pass(10 * 24 * time.Hour)
		if n := len(w.requests("down.example")) - before; n < 8 || n > 13 {
			t.Errorf("%d probes in 10 days of parking, want one a day", n)
		}
		w.answer("down.example", nil)
		w.tx(func(tx *db.Tx) error { return outbox.Awake(context.Background(), tx, "down.example") })
		pass(time.Second)
		w.sees("down.example", want...)
		if s := w.status("down.example"); s.State != "ok" || s.Failures != 0 {
			t.Errorf("status after it %+v", s)
		}
	})
}

func TestAHostThatNeverReturnsIsForgottenAfterSixtyDays(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answer("down.example", down)
		w.says("old", "down.example")
		pass(50 * 24 * time.Hour)
		w.says("new", "down.example")
		if n := w.waiting(); n != 2 {
			t.Fatalf("%d wait after 50 days, want both", n)
		}
		pass(12 * 24 * time.Hour)
		if n := w.waiting(); n != 1 {
			t.Errorf("%d wait after 62 days, want the new one only", n)
		}
		if !strings.Contains(w.log.String(), "away for too long") {
			t.Error("the log does not tell")
		}
	})
}

func TestAwakeIsForThoseThatFailAndOnceAMinute(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		awake := func() {
			w.tx(func(tx *db.Tx) error { return outbox.Awake(context.Background(), tx, "a.example") })
			synctest.Wait()
		}
		awake() // nothing is known of it
		w.answer("a.example", down)
		w.says("one", "a.example")
		pass(3 * time.Hour)
		before := len(w.requests("a.example"))
		for range 130 { // a host that talks all the time and cannot listen
			awake()
			pass(time.Second)
		}
		if n := len(w.requests("a.example")) - before; n < 2 || n > 4 {
			t.Errorf("%d probes in 130 seconds, want about one a minute", n)
		}
	})
}

func TestHangingHostsDoNotDelayOthers(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var hosts []string
		for i := range 500 {
			host := fmt.Sprintf("h%d.example", i)
			hosts = append(hosts, host)
			if i%10 == 0 {
				w.answer(host, hangs)
			} else {
				w.answer(host, func(request) (int, error) { time.Sleep(100 * time.Millisecond); return 202, nil })
			}
		}
		for post := range 5 {
			began := time.Now()
			w.says(fmt.Sprint("post ", post), hosts...)
			// 450 answers of 0.1 s with room for 206 or more at once take 0.3 s.
			pass(500 * time.Millisecond)
			for i, host := range hosts {
				if i%10 != 0 && len(w.received(host)) != post+1 {
					t.Fatalf("post %d is not at %s after %v", post, host, time.Since(began))
				}
			}
			pass(29 * time.Second)
		}
		if n := len(w.requests("h0.example")); n > 2 {
			t.Errorf("a hanging host was tried %d times in 2.5 minutes", n)
		}
	})
}

func TestManyFailingHostsLeaveRoom(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var bad []string
		for i := range 400 {
			bad = append(bad, fmt.Sprintf("bad%d.example", i))
			w.answer(bad[i], down)
		}
		w.says("one", append(bad, "good.example")...)
		pass(time.Second)
		for _, host := range bad {
			w.answer(host, hangs)
		}
		pass(59 * time.Second) // now they are probed
		for i := range 20 {
			w.says(fmt.Sprint(i), "good.example")
			pass(100 * time.Millisecond)
			if n := len(w.received("good.example")); n != i+2 {
				t.Fatalf("good.example has %d of %d", n, i+2)
			}
			pass(3 * time.Second)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct{ asked, min, max time.Duration }{
		{time.Second, time.Minute, time.Minute},
		{10 * time.Minute, 10 * time.Minute, 10 * time.Minute},
		{90 * time.Hour, 12 * time.Hour, 12 * time.Hour},
		{0, 48 * time.Second, 72 * time.Second},
	} {
		t.Run(c.asked.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.answer("a.example", func(r request) (int, error) {
					if r.try == 1 {
						*r.retry = c.asked
						return 429, nil
					}
					return 202, nil
				})
				w.says("one", "a.example")
				pass(24 * time.Hour)
				at := w.requests("a.example")
				if len(at) != 2 {
					t.Fatalf("%d requests", len(at))
				}
				if d := at[1].Sub(at[0]).Truncate(time.Second); d < c.min.Truncate(time.Second) || d > c.max {
					t.Errorf("tried again after %v, want %v to %v", d, c.min, c.max)
				}
				w.sees("a.example", "one")
			})
		})
	}
}

// A node with nothing due does nothing at all: here it would notice that its database is closed.
func TestIdleCostsNothing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.says("one", "a.example", "b.example")
		pass(time.Second)
		w.sees("a.example", "one")
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
		w.log.Reset()
		pass(24 * time.Hour)
		if w.log.Len() > 0 {
			t.Errorf("it woke up: %s", &w.log)
		}
	})
}
