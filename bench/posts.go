// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"net/http"
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
