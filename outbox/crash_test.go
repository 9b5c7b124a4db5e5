// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
)

// A copy of the database at any moment is what a killed process leaves on disk, its leases included.
func TestAKilledNodeGoesOnWhereItWas(t *testing.T) {
	for kill := range 12 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, dbtest.Open(t))
			hosts := []string{"a.example", "b.example", "c.example"}
			for _, host := range hosts {
				w.answer(host, func(request) (int, error) { time.Sleep(7 * time.Millisecond); return 202, nil })
			}
			var want []string
			for i := range 300 {
				want = append(want, fmt.Sprint(i))
				w.says(want[i], hosts...)
			}
			stop := w.starts()
			defer stop()
			pass(time.Duration(kill) * 211 * time.Millisecond)
			left := filepath.Join(t.TempDir(), "left.db")
			if err := w.db.Backup(t.Context(), left); err != nil {
				t.Fatal(err)
			}
			sent := map[string][]string{}
			for _, host := range hosts {
				sent[host] = w.received(host)
			}

			again := newWorld(t, dbtest.OpenSource(t, left, db.Options{}))
			defer again.starts()()
			pass(10 * time.Second)
			if n := again.waiting(); n != 0 {
				t.Errorf("killed at %d: %d wait", kill, n)
			}
			for _, host := range hosts {
				rest := again.received(host)
				twice := len(sent[host]) + len(rest) - len(want)
				if twice < 0 || twice > 50 {
					t.Fatalf("killed at %d: %s got %d and then %d of %d", kill, host, len(sent[host]), len(rest), len(want))
				}
				if all := append(sent[host][:len(sent[host])-twice:len(sent[host])-twice], rest...); !slices.Equal(all, want) {
					t.Errorf("killed at %d: %s got %q", kill, host, all)
				}
			}
		})
	}
}

func TestAStopEndsWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, dbtest.Open(t))
		w.answer("slow.example", func(request) (int, error) { time.Sleep(3 * time.Second); return 202, nil })
		w.answer("hangs.example", func(r request) (int, error) { <-r.ctx.Done(); return 0, r.ctx.Err() })
		w.says("one", "slow.example", "hangs.example")
		w.says("two", "slow.example", "hangs.example")
		stop := w.starts()
		pass(time.Second)
		began := time.Now()
		stop()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v to stop", took)
		}
		w.sees("slow.example", "one")
		if s := w.status("hangs.example"); s.State != "ok" || s.Waiting != 2 || s.NextTry.After(time.Now()) {
			t.Errorf("what was broken off by us: %+v", s)
		}
		w.answer("hangs.example", nil)
		defer w.starts()()
		pass(time.Minute)
		w.sees("slow.example", "one", "two")
		w.sees("hangs.example", "one", "two")
	})
}

// When nothing can be written, what was sent is sent again, and nothing is lost or sent in a hot loop.
func TestAFullDisk(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.exec("CREATE TRIGGER full BEFORE DELETE ON deliveries BEGIN SELECT RAISE(ABORT, 'disk full'); END")
		w.says("one", "a.example")
		w.says("two", "a.example")
		pass(10 * time.Minute)
		if n := len(w.requests("a.example")); n < 4 || n > 24 {
			t.Errorf("%d requests in ten minutes", n)
		}
		w.exec("DROP TRIGGER full")
		pass(3 * time.Minute)
		if w.waiting() != 0 {
			t.Errorf("%d wait", w.waiting())
		}
	})
}
