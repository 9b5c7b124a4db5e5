// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"net/http"
	"time"
)

const (
	fewClients  = 8
	manyClients = 32
	reading     = 15 * time.Second // at most, in one run of a row
)

// read is what many clients ask for again and again: the path of a turn, by whom.
type read struct {
	clients int
	path    func(w *world, reader, turn int) string
	rate    float64 // wanted, per second
	other   string  // what GoToSocial 0.20 does
	median  float64 // wanted, in milliseconds; 0: not asked
	cpu     float64 // wanted, in milliseconds each; 0: not asked
}

func always(path string) func(*world, int, int) string {
	return func(*world, int, int) string { return path }
}

func reads() map[string]read {
	home := always("/api/v1/timelines/home?limit=20")
	return map[string]read{
		"home-1":  {1, home, 900, "297/s", 1.1, 0.6},
		"home-8":  {fewClients, home, 2000, "444/s", 4, 0.6},
		"home-32": {manyClients, home, 2000, "565/s", 16, 0.6},
		"account": {fewClients, func(w *world, reader, turn int) string {
			return "/api/v1/accounts/" + w.full[(reader*13+turn)%len(w.full)] + "/statuses?limit=20"
		}, 2000, "487/s", 0, 0.6},
		"public": {fewClients, always("/api/v1/timelines/public?limit=20"), 2000, "487/s", 0, 0.6},
		"group": {fewClients, func(w *world, reader, turn int) string {
			mine := len(w.groups) / readers
			return "/api/v1/timelines/list/" + w.groups[reader%readers+readers*(turn%mine)] + "?limit=20"
		}, 2000, "487/s", 0, 0.6},
		"tag": {fewClients, func(_ *world, reader, turn int) string {
			return fmt.Sprintf("/api/v1/timelines/tag/wijk%d?limit=20", (reader+turn)*3%40)
		}, 2000, "487/s", 0, 0.6},
		"status":        {fewClients, func(w *world, _, _ int) string { return "/api/v1/statuses/" + w.thread }, 6000, "3065/s", 0, 0},
		"thread":        {fewClients, func(w *world, _, _ int) string { return "/api/v1/statuses/" + w.thread + "/context" }, 300, "74/s", 0, 0},
		"notifications": {fewClients, always("/api/v1/notifications?limit=20"), 1500, "321/s", 0, 0},
		"search-accounts": {fewClients, func(_ *world, reader, turn int) string {
			return fmt.Sprintf("/api/v2/search?type=accounts&q=schrijver%d", (reader*31+turn)%authors)
		}, 2000, "275/s", 0, 0},
		"search-statuses": {fewClients, func(_ *world, reader, turn int) string {
			return fmt.Sprintf("/api/v2/search?type=statuses&q=nergensgenoemd%d", reader+turn)
		}, 1000, "13/s", 0, 0},
	}
}

func readRow(name, title string) row {
	r := reads()[name]
	if r.clients != 1 {
		title = fmt.Sprintf("%s, %d clients", title, r.clients)
	}
	return row{name, title, false, func(w *world) []figure { return w.measureRead(r) }}
}

func (w *world) measureRead(r read) []figure {
	before, began := w.cpu(), time.Now()
	elapsed, answers := w.load(r.clients, w.of(16000)/r.clients, http.StatusOK, func(c *client, number, turn int) []byte {
		if time.Since(began) > reading {
			return nil
		}
		return c.get(r.path(w, number, turn), w.readers[number%len(w.readers)])
	})
	used := w.cpu() - before
	f := []figure{
		{Name: "rate", Unit: "/s", Value: perSecond(len(answers), elapsed), Want: atLeast(r.rate), Other: r.other},
		{Name: "CPU each", Unit: " ms", Value: cpuEach(used, len(answers))},
		{Name: "answer p50", Unit: " ms", Value: answers.at(50)},
		{Name: "answer p99", Unit: " ms", Value: answers.at(99)},
	}
	if r.cpu > 0 {
		f[1].Want = atMost(r.cpu)
	}
	if r.median > 0 {
		f[2].Want = atMost(r.median)
	}
	return f
}
