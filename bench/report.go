// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/test/harness"
)

// report is everything that was measured.
type report struct {
	Began         time.Time
	System        string
	Cores         int
	Runs          int
	Quick         bool
	Limits        limits
	Rows          []reported
	headed, short bool
}

// reported is a row: the median of its runs, and the runs.
type reported struct {
	Name, Title string
	Median      []figure
	Values      map[string][]float64 // of every run, by the name of the figure
}

func newReport(o options) *report {
	return &report{Began: time.Now(), System: runtime.GOOS + "/" + runtime.GOARCH + " " + runtime.Version(), Cores: runtime.NumCPU(), Runs: o.runs, Quick: o.quick}
}

// add takes in a row and prints it.
func (r *report) add(row row, runs [][]figure) {
	line := reported{row.name, row.title, median(runs), map[string][]float64{}}
	for _, run := range runs {
		for _, f := range run {
			line.Values[f.Name] = append(line.Values[f.Name], f.Value)
		}
	}
	r.Rows = append(r.Rows, line)
	if !r.headed {
		r.headed = true
		printCells("", "here", "wanted", "", "of the limit", "GoToSocial 0.20")
	}
	fmt.Printf("%s (%s)\n", line.Title, line.Name)
	for _, f := range line.Median {
		wanted, verdict, share := "", "", ""
		if f.Want.Sign != "" {
			wanted, verdict = f.Want.Sign+" "+number(f.Want.Value)+f.Unit, "ok"
			if !f.Want.met(f.Value) {
				verdict, r.short = "short", true
			}
		}
		if f.Limit > 0 {
			share = fmt.Sprintf("%.0f %% of %s", 100*f.Value/f.Limit, f.LimitOf)
		}
		printCells("  "+f.Name, number(f.Value)+f.Unit, wanted, verdict, share, f.Other)
	}
}

func printCells(cells ...string) {
	widths := []int{38, 14, 14, 7, 28, 0}
	for i, cell := range cells {
		fmt.Print(cell)
		for n := utf8.RuneCountInString(cell); n < widths[i]; n++ {
			fmt.Print(" ")
		}
	}
	fmt.Println()
}

// number has about three digits that say something.
func number(v float64) string {
	switch {
	case v >= 100 || v == float64(int64(v)):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// save writes everything as JSON.
func (r *report) save() error {
	root, err := harness.Root()
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	file := filepath.Join(root, "bench", "results", r.Began.UTC().Format("2006-01-02T150405Z")+".json")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return err
	}
	verdict := "Everything is as wanted."
	if r.short {
		verdict = "Some figures fall short of what is wanted."
	}
	if r.Quick {
		verdict = "This was a quick run: its figures say little."
	}
	fmt.Printf("\n%s All of them are in %s\n", verdict, file)
	return nil
}
