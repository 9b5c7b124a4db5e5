// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/db/dbtest"
	"pgregory.net/rapid"
)

// trouble is what one host does before it becomes well: an answer for each request that reaches it.
type trouble []int

const (
	refusesConnection = 0
	hangsUp           = -1
)

func drawTrouble(t *rapid.T, label string) (all trouble) {
	for range rapid.IntRange(0, 4).Draw(t, label) {
		answer := rapid.SampledFrom([]int{refusesConnection, hangsUp, 202, 202, 400, 403, 404, 429, 500, 500, 503}).Draw(t, "answer")
		for range rapid.IntRange(1, 6).Draw(t, "times") {
			all = append(all, answer)
		}
	}
	return all
}

// Whatever hosts answer and however often the node is stopped: every delivery arrives exactly once or ends by a rule,
// and none overtakes an earlier one that was not set aside.
func TestEveryDeliveryArrivesOnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plans := map[string]trouble{}
		var hosts []string
		for i := range rapid.IntRange(1, 3).Draw(rt, "hosts") {
			host := fmt.Sprintf("h%d.example", i)
			hosts = append(hosts, host)
			plans[host] = drawTrouble(rt, host)
		}
		pauses := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{0, 0, time.Second, time.Minute, time.Hour, 9 * time.Hour}), 1, 25).Draw(rt, "pauses")
		stops := rapid.SliceOfN(rapid.Bool(), len(pauses), len(pauses)).Draw(rt, "stops")
		var wrong string
		synctest.Test(t, func(t *testing.T) { wrong = simulate(t, hosts, plans, pauses, stops) })
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

func simulate(t *testing.T, hosts []string, plans map[string]trouble, pauses []time.Duration, stops []bool) string {
	w := newWorld(t, dbtest.Open(t))
	type fate struct{ refused, choked, ended int }
	fates, busy, wrong := map[string]*fate{}, map[string]bool{}, ""
	for _, host := range hosts {
		plan := plans[host]
		w.answer(host, func(r request) (int, error) {
			w.mu.Lock()
			if busy[host] {
				wrong = host + " got two requests at once"
			}
			busy[host] = true
			key := host + " " + r.word
			f := fates[key]
			if f == nil {
				f = &fate{}
				fates[key] = f
			}
			status := 202
			if r.try <= len(plan) {
				status = plan[r.try-1]
			}
			switch status {
			case 400, 404:
				f.ended++
			case 403:
				f.refused++
			case 500:
				f.choked++
			}
			w.mu.Unlock()
			defer func() {
				w.mu.Lock()
				busy[host] = false
				w.mu.Unlock()
			}()
			time.Sleep(time.Millisecond)
			switch status {
			case refusesConnection:
				return 0, errDown
			case hangsUp:
				return hangs(r)
			}
			return status, nil
		})
	}
	stop := w.starts()
	for i, wait := range pauses {
		w.says(fmt.Sprint(i), hosts...)
		if stops[i] {
			stop()
			stop = w.starts()
		}
		pass(wait)
	}
	pass(15 * 24 * time.Hour) // 24 failures take a week, and three days of parking
	w.says("last", hosts...)  // shows what is poison
	pass(15 * 24 * time.Hour)
	stop()

	var waiting int64
	if err := w.db.Row(context.Background(), "SELECT COUNT(*) FROM deliveries").Scan(&waiting); err != nil {
		return err.Error()
	}
	if waiting > 0 {
		return fmt.Sprintf("%d deliveries wait", waiting)
	}
	for _, host := range hosts {
		times, last := map[string]int{}, -1
		for _, word := range w.received(host) {
			times[word]++
			f := fates[host+" "+word]
			n := -1
			if fmt.Sscan(word, &n); n < 0 || f.refused+f.choked > 0 {
				continue
			}
			if n < last {
				return fmt.Sprintf("%s got %d after %d: %q", host, n, last, w.received(host))
			}
			last = n
		}
		words := []string{"last"}
		for i := range pauses {
			words = append(words, fmt.Sprint(i))
		}
		for _, word := range words {
			f := fates[host+" "+word]
			byRule := f != nil && (f.ended == 1 || f.refused >= 4 || f.choked >= 3)
			switch n := times[word]; {
			case n > 1:
				return fmt.Sprintf("%s got %q %d times", host, word, n)
			case n == 1 && f.ended > 0:
				return fmt.Sprintf("%s got %q after it ended", host, word)
			case n == 0 && !byRule:
				return fmt.Sprintf("%s never got %q: %+v", host, word, f)
			}
		}
	}
	return wrong
}
