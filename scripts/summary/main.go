// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Command summary reads the events of `go test -json`, shows each package and the whole output of what failed, and ends with
// one line that counts all tests and subtests. It exits with 1 when a test failed, when none ran, or, with CI=true, when one was skipped.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

// event is what cmd/test2json documents, with the build events of Go 1.24.
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

type key struct{ pkg, test string }

type summary struct {
	passed, failed, skipped int
	output                  map[key][]string // of what has not ended yet
	failedTests             map[string]bool  // packages in which a test has failed
	names                   []string         // of failures and skips, for the end
}

func main() {
	s := summary{output: map[key][]string{}, failedTests: map[string]bool{}}
	if err := s.read(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "summary: read the events of go test -json:", err)
		os.Exit(1)
	}
	sort.Strings(s.names)
	for _, name := range s.names {
		fmt.Println(name)
	}
	bad := s.failed > 0 || s.passed == 0
	if s.skipped > 0 && os.Getenv("CI") == "true" {
		fmt.Println("A test was skipped: in CI every test must run.")
		bad = true
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
	if bad {
		os.Exit(1)
	}
}

// read consumes all events. Lines that are no events (a compiler's own words) are shown as they are.
func (s *summary) read(r io.Reader, w io.Writer) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
				fmt.Fprint(w, line)
			} else {
				s.take(e, w)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) take(e event, w io.Writer) {
	k := key{e.Package, e.Test}
	switch e.Action {
	case "output":
		s.output[k] = append(s.output[k], e.Output)
		return
	case "build-output":
		fmt.Fprint(w, e.Output)
		return
	case "pass", "fail", "skip":
	default:
		return
	}
	if e.Test == "" {
		s.endPackage(e, w)
	} else {
		s.endTest(e, w)
	}
	delete(s.output, k)
}

func (s *summary) endTest(e event, w io.Writer) {
	name := fmt.Sprintf("%s %s", e.Package, e.Test)
	switch e.Action {
	case "pass":
		s.passed++
	case "skip":
		s.skipped++
		s.names = append(s.names, "SKIP "+name+": "+reason(s.output[key{e.Package, e.Test}]))
	case "fail":
		s.failed++
		s.failedTests[e.Package] = true
		s.names = append(s.names, "FAIL "+name)
		fmt.Fprint(w, strings.Join(s.output[key{e.Package, e.Test}], ""))
	}
}

// endPackage shows a package's line. A package that fails without a failed test (no build, panic, time-out) counts as one failure.
func (s *summary) endPackage(e event, w io.Writer) {
	if e.Action == "skip" {
		return // no test files
	}
	if e.Action == "fail" {
		if !s.failedTests[e.Package] {
			s.failed++
			s.names = append(s.names, "FAIL "+e.Package)
			for k, lines := range s.output { // of the tests that a panic or a time-out cut short
				if k.pkg == e.Package {
					fmt.Fprint(w, strings.Join(lines, ""))
				}
			}
		}
		delete(s.failedTests, e.Package) // the next run of the same package counts for itself
	}
	fmt.Fprintf(w, "%-4s %s %.1fs\n", e.Action, e.Package, e.Elapsed)
	for k := range s.output {
		if k.pkg == e.Package {
			delete(s.output, k)
		}
	}
}

// reason is the line that t.Skip wrote.
func reason(lines []string) string {
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			return line
		}
	}
	return "no reason given"
}
