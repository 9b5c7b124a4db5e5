// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Command bench measures a node as others meet it, over HTTP, beside what this machine can do at best in the same run.
//
//	go run ./bench                       all rows, the median of three runs
//	go run ./bench -only posts,fan-out   those whose names begin so
//	go run ./bench -quick                a tenth of the work, once: to see that it runs, not to quote
//
// The load comes from this process and shares the processor with the node: so the CPU time of the node for one operation
// is printed beside every rate. Everything is also written as JSON to bench/results.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	var o options
	flag.StringVar(&o.only, "only", "", "rows to run: the beginnings of their names, separated by commas")
	flag.IntVar(&o.runs, "runs", 3, "runs of each row, of which the median is shown")
	flag.BoolVar(&o.quick, "quick", false, "a tenth of the work, one run")
	flag.StringVar(&o.dir, "dir", os.TempDir(), "where the node's data is kept while it runs: the disk that is measured")
	flag.Parse()
	if o.quick {
		o.runs = 1
	}
	if flag.NArg() > 0 || o.runs < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := bench(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	only  string
	runs  int
	quick bool
	dir   string
}

func (o options) wants(name string) bool {
	for _, beginning := range strings.Split(o.only, ",") {
		if strings.HasPrefix(name, strings.TrimSpace(beginning)) {
			return true
		}
	}
	return false
}

// of is how much of something to do: a tenth when it must be quick.
func (o options) of(n int) int {
	if o.quick {
		return max(n/10, 1)
	}
	return n
}

// row is one line of what is promised: what is measured, and how.
type row struct {
	name, title string
	once        bool // cannot be repeated
	run         func(*world) []figure
}

func rows() []row {
	return []row{
		{"start", "start to first answer", false, measureStart},
		{"idle", "idle", false, measureIdle},
		{"known", "signed activities in, known senders, 16 at a time", false, measureKnown},
		{"new", "signed activities in, new senders", false, measureNew},
		{"posts-1", "posts by the client API, 1 client", false, func(w *world) []figure { return measurePosts(w, 1) }},
		{"posts-16", "posts by the client API, 16 clients", false, func(w *world) []figure { return measurePosts(w, 16) }},
		readRow("home-1", "home timelines, 1 client"),
		readRow("home-8", "home timelines"),
		readRow("home-32", "home timelines"),
		readRow("account", "account timelines"),
		readRow("public", "public timeline"),
		readRow("group", "group timelines"),
		readRow("tag", "tag timelines"),
		readRow("status", "one status"),
		readRow("thread", "a thread of 200 replies"),
		readRow("notifications", "notifications"),
		readRow("search-accounts", "search for accounts"),
		readRow("search-statuses", "search for statuses without a hit"),
		{"streaming", "streaming, 200 sockets", false, measureStreaming},
		{"sockets", "500 sockets open", false, measureSockets},
		{"fan-out-100", "posts to 100 hosts", false, func(w *world) []figure { return measureFanOut(w, fewHosts) }},
		{"fan-out-500", "posts to 500 hosts", false, func(w *world) []figure { return measureFanOut(w, allHosts) }},
		{"hanging", "posts to 500 hosts of which 50 hang", false, measureHanging},
		{"memory", "memory at the end of all of it", true, measureMemory},
	}
}

func bench(o options) (err error) {
	s := &stage{parent: o.dir}
	defer func() {
		if left := s.end(recover()); err == nil {
			err = left
		}
	}()
	r := newReport(o)
	r.Limits = measureLimits(s, o)
	r.Limits.print()
	w := newWorld(s, o, r.Limits)
	for _, row := range rows() {
		if !o.wants(row.name) {
			continue
		}
		runs := o.runs
		if row.once {
			runs = 1
		}
		var figures [][]figure
		for range runs {
			w.run++
			figures = append(figures, row.run(w))
		}
		r.add(row, figures)
	}
	return r.save()
}
