// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"slices"
	"time"
)

// figure is one number of a row, with what is asked of it.
type figure struct {
	Name, Unit string
	Value      float64
	Want       want
	Other      string  // GoToSocial 0.20 on a machine with 2 cores shared with the load, SQLite
	Limit      float64 `json:",omitempty"` // what this machine can do at best, in the same unit; 0: nothing to compare with
	LimitOf    string  `json:",omitempty"`
}

// want is the least or the most that a figure should be.
type want struct {
	Sign  string `json:",omitempty"` // ≥, ≤, or nothing
	Value float64
}

func atLeast(v float64) want { return want{"≥", v} }
func atMost(v float64) want  { return want{"≤", v} }

func (w want) met(v float64) bool {
	switch w.Sign {
	case "≥":
		return v >= w.Value
	case "≤":
		return v <= w.Value
	}
	return true
}

// median of the runs of one row, figure by figure. Every run of a row returns the same figures.
func median(runs [][]figure) []figure {
	middle := slices.Clone(runs[0])
	for i := range middle {
		var values []float64
		for _, run := range runs {
			values = append(values, run[i].Value)
		}
		slices.Sort(values)
		n := len(values)
		middle[i].Value = (values[(n-1)/2] + values[n/2]) / 2
	}
	return middle
}

// times are how long single operations took.
type times []time.Duration

// at is a percentile in milliseconds.
func (t times) at(percent int) float64 {
	if len(t) == 0 {
		return 0
	}
	sorted := slices.Clone(t)
	slices.Sort(sorted)
	return milliseconds(sorted[min(len(sorted)*percent/100, len(sorted)-1)])
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// perSecond is a rate.
func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }
