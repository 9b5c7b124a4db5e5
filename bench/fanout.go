// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/test/harness"
)

const (
	arriving   = 2 * time.Minute // at most, until everything has come
	deliveries = 10_000          // of one run
	steady     = 6               // posts, one a second, while hosts hang
)

// broadcaster makes somebody whom one person on each of so many hosts follows, and returns a token.
func (w *world) broadcaster(hosts int) string {
	token := w.person("omroep")
	var me struct {
		harness.Account
		Followers int `json:"followers_count"`
	}
	self := func() { w.node.Must(token, "GET", "/api/v1/accounts/verify_credentials", nil, &me) }
	self()
	id := w.node.Find(token, me.Acct+"@"+w.node.Host).URI
	const atOnce = 16
	var all sync.WaitGroup
	errs := make([]error, atOnce)
	for k := range atOnce {
		all.Go(func() {
			for i := k; i < hosts && errs[k] == nil; i += atOnce {
				fan := w.sinks.list[i].server.Actor("fan")
				status, text, err := fan.Send(context.Background(), w.node.URL+"/inbox", fan.Activity("Follow", fmt.Sprintf("follow-%d", w.run), id, id))
				if err == nil && status != http.StatusAccepted {
					err = fmt.Errorf("the answer is %d: %s", status, text)
				}
				errs[k] = err
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			w.Fatalf("follow: %v", err)
		}
	}
	w.until(fmt.Sprintf("%s has %d followers", id, hosts), func() bool {
		self()
		return me.Followers == hosts
	})
	w.spread(token, hosts, 1, 0) // the first post makes the connections
	return token
}

func (w *world) until(what string, is func() bool) {
	for began := time.Now(); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > arriving {
			w.Fatalf("after %v it is not so that %s", arriving, what)
		}
	}
}

// spread posts and waits until every host, or so many of them, has every post. It returns when each post was begun.
func (w *world) spread(token string, hosts, posts int, pause time.Duration) []time.Time {
	w.rounds++
	mark := fmt.Sprintf("ronde-%d-bericht-", w.rounds)
	w.sinks.await(mark, posts)
	var began []time.Time
	w.load(1, posts, http.StatusOK, func(c *client, _, turn int) []byte {
		if turn > 0 {
			time.Sleep(pause)
		}
		began = append(began, time.Now())
		return c.post("/api/v1/statuses", token, fmt.Sprintf(`{"status":"%s%d. Vanavond is het plein vrij.","visibility":"public"}`, mark, turn))
	})
	w.until(fmt.Sprintf("%d hosts have %d posts", hosts, posts), func() bool { return w.sinks.arrived.Load() >= int64(hosts*posts) })
	return began
}

// measureFanOut posts as fast as the node takes it, and waits until all hosts have everything.
func measureFanOut(w *world, hosts int) []figure {
	token := w.broadcaster(hosts)
	posts := w.of(deliveries / hosts)
	// Measured again before and after, because what a shared machine can do changes from minute to minute.
	limit := func() float64 {
		return signatures(w.keys[0], time.Second, func(err error) {
			if err != nil {
				w.Fatalf("sign: %v", err)
			}
		})
	}
	best := limit()
	watch := w.watchMemory()
	before := w.cpu()
	began := w.spread(token, hosts, posts, 0)
	used := w.cpu() - before
	most := watch()
	best = (best + limit()) / 2
	var last time.Time
	var overtaken, twice int
	for _, k := range w.sinks.list[:hosts] {
		at, o, t := k.came()
		overtaken, twice = overtaken+o, twice+t
		for _, t := range at {
			if t.After(last) {
				last = t
			}
		}
	}
	n := hosts * posts
	rate := perSecond(n, last.Sub(began[0]))
	return []figure{
		{Name: "rate", Unit: "/s", Value: rate, Other: "490/s"},
		{Name: "of the signatures that fit", Unit: " %", Value: 100 * rate / best, Want: atLeast(85)},
		{Name: "CPU each", Unit: " ms", Value: cpuEach(used, n), Other: "2.2 ms"},
		{Name: "memory at most", Unit: " MB", Value: most},
		{Name: "overtaken", Value: float64(overtaken), Want: atMost(0)},
		{Name: "came twice", Value: float64(twice), Want: atMost(0)},
	}
}

// measureHanging posts once a second, first while all hosts are well, then while a tenth of them takes the request and does
// not answer: how long do the well ones wait?
func measureHanging(w *world) []figure {
	token := w.broadcaster(allHosts)
	hung := func(i int) bool { return i%10 == 0 }
	posts := w.of(steady)
	wait := func(hosts int) (all times) {
		began := w.spread(token, hosts, posts, time.Second)
		for i, k := range w.sinks.list {
			if hung(i) {
				continue
			}
			at, _, _ := k.came()
			for n, t := range at {
				all = append(all, t.Sub(began[n]))
			}
		}
		return all
	}
	without := wait(allHosts)
	for i, k := range w.sinks.list {
		k.hanging.Store(hung(i))
	}
	with := wait(allHosts - allHosts/10)
	w.recover()
	return []figure{
		{Name: "healthy hosts wait p50, none hangs", Unit: " ms", Value: without.at(50)},
		{Name: "healthy hosts wait p50", Unit: " ms", Value: with.at(50), Want: atMost(1.2 * without.at(50)), Other: "30 s"},
		{Name: "healthy hosts wait p99, none hangs", Unit: " ms", Value: without.at(99)},
		{Name: "healthy hosts wait p99", Unit: " ms", Value: with.at(99), Want: atMost(1.2 * without.at(99))},
	}
}

// recover lets the hosts that hung answer again, and waits until they have everything: the next run finds all well.
func (w *world) recover() {
	for _, k := range w.sinks.list {
		if k.hanging.Swap(false) {
			w.node.Run("queue", "retry", federation.Host(k.server.URL+"/"))
		}
	}
	w.until("nothing waits for any host", func() bool {
		var hosts []struct{ Waiting int }
		if err := json.Unmarshal([]byte(w.node.Run("queue", "list", "--json")), &hosts); err != nil {
			w.Fatalf("queue list: %v", err)
		}
		for _, h := range hosts {
			if h.Waiting > 0 {
				return false
			}
		}
		return true
	})
}

// watchMemory notes the node's memory until it is asked for the most that it was.
func (w *world) watchMemory() (most func() float64) {
	stop, result, pid := make(chan struct{}), make(chan float64), w.node.Cmd.Process.Pid
	go func() {
		var most float64
		for {
			if now, err := memoryOf(pid, "VmRSS"); err == nil {
				most = max(most, now)
			}
			select {
			case <-stop:
				result <- most
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	return func() float64 {
		close(stop)
		return <-result
	}
}
