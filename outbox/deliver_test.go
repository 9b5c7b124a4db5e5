// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/db/dbtest"
)

// bubble runs a test with a clock of its own and a database.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, dbtest.Open(t))
		stop := w.starts()
		defer stop()
		synctest.Wait()
		f(t, w)
	})
}

func TestOneActivityGoesToEveryHost(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.says("hallo", "a.example", "b.example", "b.example")
		w.says("weer", "a.example")
		pass(time.Second)
		w.sees("a.example", "hallo", "weer")
		w.sees("b.example", "hallo")
		if n := w.waiting(); n != 0 {
			t.Errorf("%d deliveries wait", n)
		}
		if s := w.status("a.example"); s.State != "ok" || s.LastSuccess.IsZero() || !s.NextTry.IsZero() || s.Error != "" {
			t.Errorf("status %+v", s)
		}
	})
}

// A turn that has saved its end and one that begins for what came meanwhile meet: the host must not keep a lease that nobody uses.
func TestAPostAtTheEndOfATurnIsNotForgotten(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var writers sync.WaitGroup
		for range 4 {
			writers.Go(func() {
				for range 150 {
					w.says("word", "a.example", "b.example", "c.example")
				}
			})
		}
		writers.Wait()
		pass(time.Second)
		if n := w.waiting(); n != 0 {
			t.Errorf("%d deliveries were left behind", n)
		}
	})
}
