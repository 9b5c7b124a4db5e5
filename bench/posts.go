// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// measurePosts has clients post for everybody, as fast as they are answered. Each 200 means that the post is on disk.
func measurePosts(w *world, clients int) []figure {
	tokens := make([]string, clients)
	for i := range tokens {
		tokens[i] = w.person(fmt.Sprintf("poster%d", i))
	}
	n := w.of(4800) / clients
	before := w.cpu()
	elapsed, answers := w.load(clients, n, http.StatusOK, func(c *client, number, turn int) []byte {
		return c.post("/api/v1/statuses", tokens[number], fmt.Sprintf(`{"status":"Bericht %d van %d: vanavond is het plein vrij.","visibility":"public"}`, turn, number))
	})
	used := w.cpu() - before
	var counted int
	for _, token := range tokens {
		var me struct {
			Count int `json:"statuses_count"`
		}
		w.node.Must(token, "GET", "/api/v1/accounts/verify_credentials", nil, &me)
		counted += me.Count
	}
	if counted != len(answers) {
		w.Fatalf("%d posts were answered 200, and %d are there", len(answers), counted)
	}
	f := []figure{
		{Name: "rate", Unit: "/s", Value: perSecond(len(answers), elapsed), Want: atLeast(500), Other: "99/s", Limit: w.limits.Commits, LimitOf: "commits alone"},
		{Name: "CPU each", Unit: " ms", Value: cpuEach(used, len(answers)), Want: atMost(1.5), Other: "18 ms"},
		{Name: "answer p50", Unit: " ms", Value: answers.at(50)},
		{Name: "answer p99", Unit: " ms", Value: answers.at(99)},
	}
	if clients > 1 {
		f[0].Want, f[0].Other, f[0].Limit, f[0].LimitOf = atLeast(1200), "201/s", w.limits.Commits16, "commits by 16"
		f[1].Other = "9 ms"
	}
	return f
}

func measureHome(w *world) []figure {
	return w.measurePages("444/s", func(c *client, number, _ int) []byte {
		return c.get("/api/v1/timelines/home?limit=20", w.readers[number%len(w.readers)])
	})
}

func measureAccounts(w *world) []figure {
	var next atomic.Int64
	return w.measurePages("487/s", func(c *client, number, _ int) []byte {
		account := w.full[int(next.Add(1))%len(w.full)]
		return c.get("/api/v1/accounts/"+account+"/statuses?limit=20", w.readers[number%len(w.readers)])
	})
}

// measurePages has 8 clients read pages of 20 statuses, for 15 seconds at most.
func (w *world) measurePages(other string, next func(c *client, number, turn int) []byte) []figure {
	const clients = 8
	before, began := w.cpu(), time.Now()
	elapsed, answers := w.load(clients, w.of(8000)/clients, http.StatusOK, func(c *client, number, turn int) []byte {
		if time.Since(began) > 15*time.Second {
			return nil
		}
		return next(c, number, turn)
	})
	used := w.cpu() - before
	return []figure{
		{Name: "rate", Unit: "/s", Value: perSecond(len(answers), elapsed), Want: atLeast(2000), Other: other},
		{Name: "CPU each", Unit: " ms", Value: cpuEach(used, len(answers)), Want: atMost(0.6), Other: "3.3 ms"},
		{Name: "answer p50", Unit: " ms", Value: answers.at(50)},
		{Name: "answer p99", Unit: " ms", Value: answers.at(99)},
	}
}
