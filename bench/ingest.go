// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/test/harness"
)

const (
	senders   = 16 // at a time
	seeing    = time.Minute
	looking   = 20 * time.Millisecond
	knownEach = 200 // activities of each known sender
	newOnes   = 2000
)

// measureKnown has people at another server, whom somebody here follows, send posts: each a signed request, answered when it
// is on disk, and counted when it is in the home timeline.
func measureKnown(w *world) []figure {
	reader := w.person("lezer")
	people := make([]harness.Actor, senders)
	query := url.Values{}
	for i := range people {
		people[i] = w.server.Actor(fmt.Sprintf("bekend%d-%d", i, w.run))
		query.Add("id[]", w.node.Follow(reader, people[i].ID).ID)
	}
	each := w.of(knownEach)
	all := w.signed(senders, each, func(number, turn int) (harness.Actor, []byte) {
		who := people[number]
		return who, who.Create(fmt.Sprint(turn), fmt.Sprintf("Bericht %d van %s", turn, who.Name), time.Now())
	})
	visible := func() (n int) {
		var accounts []harness.Account
		w.node.Must(reader, "GET", "/api/v1/accounts?"+query.Encode(), nil, &accounts)
		for _, a := range accounts {
			n += a.StatusesCount
		}
		return n
	}
	figures := w.takeIn(all, visible)
	if n := len(w.node.All(reader, "/api/v1/timelines/home", 40)); n != senders*each {
		w.Fatalf("%d activities were answered 202, and %d are in the home timeline", senders*each, n)
	}
	figures[0].Want, figures[0].Other, figures[0].Limit, figures[0].LimitOf = atLeast(700), "115/s", w.limits.Verifications, "verifications"
	figures[1].Want, figures[1].Other = atMost(2.5), "16.4 ms"
	figures[4].Want = atMost(100)
	return figures
}

// measureNew has people whom nobody knows each send one post that mentions somebody here, who is notified of it. Their
// documents, with their keys, are fetched first, from this process.
func measureNew(w *world) []figure {
	reader := w.person("genoemd")
	var me harness.Account
	w.node.Must(reader, "GET", "/api/v1/accounts/verify_credentials", nil, &me)
	mentioned := w.node.Find(reader, me.Acct+"@"+w.node.Host).URI
	each := w.of(newOnes) / senders
	all := w.signed(senders, each, func(number, turn int) (harness.Actor, []byte) {
		who := w.server.Actor(fmt.Sprintf("nieuw%d-%d-%d", number, turn, w.run))
		return who, who.Create("1", fmt.Sprintf("Bericht van %s", who.Name), time.Now(), mentioned)
	})
	figures := w.takeIn(all, func() int { return len(w.node.All(reader, "/api/v1/notifications", 80)) })
	figures[0].Want, figures[0].Other = atLeast(150), "33/s"
	figures[1].Want, figures[1].Other = atMost(8), "47 ms"
	return figures
}

// signed makes the requests before anything is measured: signing costs more than taking in.
func (w *world) signed(senders, each int, compose func(number, turn int) (harness.Actor, []byte)) [][][]byte {
	all := make([][][]byte, senders)
	errs := make([]error, senders)
	slots := make(chan struct{}, runtime.NumCPU())
	var making sync.WaitGroup
	for number := range all {
		making.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			for turn := range each {
				who, body := compose(number, turn)
				r, err := who.Request(w.node.URL+"/inbox", body)
				if err == nil {
					var wire []byte
					wire, err = bytesOf(r)
					all[number] = append(all[number], wire)
				}
				if err != nil {
					errs[number] = err
					return
				}
			}
		})
	}
	making.Wait()
	for _, err := range errs {
		if err != nil {
			w.Fatalf("sign: %v", err)
		}
	}
	return all
}

// takeIn sends the requests, each sender over its own connection, and waits until all can be seen.
func (w *world) takeIn(all [][][]byte, visible func() int) []figure {
	n := len(all) * len(all[0])
	before := w.cpu()
	began := time.Now()
	elapsed, answers := w.load(len(all), len(all[0]), http.StatusAccepted, func(_ *client, number, turn int) []byte { return all[number][turn] })
	for seen := visible(); seen != n; seen = visible() {
		if time.Since(began) > elapsed+seeing {
			w.Fatalf("%d activities were answered 202, and after %v %d can be seen", n, seeing, seen)
		}
		time.Sleep(looking)
	}
	until := time.Since(began)
	used := w.cpu() - before
	return []figure{
		{Name: "visible", Unit: "/s", Value: perSecond(n, until)},
		{Name: "CPU each", Unit: " ms", Value: cpuEach(used, n)},
		{Name: "accepted", Unit: "/s", Value: perSecond(n, elapsed), Limit: w.limits.Commits16, LimitOf: "commits by 16"},
		{Name: "answer p50", Unit: " ms", Value: answers.at(50)},
		{Name: "answer p99", Unit: " ms", Value: answers.at(99)},
	}
}
