// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package clients_test is the node as real clients use it: toot, Mastodon.py and masto.
package clients_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/test/harness"
)

// A day's work with each client, on a node whose group and other people are at another one; README.md tells the steps.
func TestClients(t *testing.T) {
	folder := os.Getenv("PLEIO_TEST_CLIENTS")
	if folder == "" {
		t.Skip("PLEIO_TEST_CLIENTS is not set: scripts/setup installs the clients, and make check runs these tests")
	}
	python := "/usr/bin/python3" // Debian's, which has Debian's packages
	for _, c := range []struct {
		name, user string
		command    []string
	}{
		{"toot", "anna", []string{python, "toot.py"}},
		{"Mastodon.py", "ans", []string{python, "mastodonpy.py"}},
		{"masto", "arie", []string{filepath.Join("..", "peers", "node"), "masto.mjs"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDay(t, c.user)
			d.work(folder, c.command)
			want := []string{"login", "whoami", "posted", "home", "uploaded", "searched", "followed", "joined", "read", "streamed", "kept", "replied", "context",
				"grouped", "notified", "done"}
			if c.name != "masto" { // the only one of them that streams
				want = slices.DeleteFunc(want, func(step string) bool { return step == "streamed" })
			}
			if c.name == "Mastodon.py" { // its person has a second factor
				want = slices.Insert(want, 0, "secured")
			}
			if !slices.Equal(d.done, want) {
				t.Errorf("%s did %v, want %v", c.name, d.done, want)
			}
		})
	}
}

// day is what the client's work is about: the account, and the person and the group at the other node.
type day struct {
	t              *testing.T
	here, there    *harness.Node
	user           string
	bas            string // the token of the person
	group          string // its handle
	expect, notice string
	done           []string
}

func newDay(t *testing.T, user string) *day {
	t.Helper()
	d := &day{t: t, user: user, here: harness.Start(t, harness.Options{Name: "Gouda"}), there: harness.Start(t, harness.Options{Name: "Waterschap"})}
	d.here.AddUser(user)
	d.bas = d.there.AddUser("bas")
	d.group = d.there.AddGroup("wonen", "bas")
	d.expect, d.notice = "Welkom in de groep", "Kun jij dit lezen"
	return d
}

type step struct{ Step, Acct, ID, URI, Text string }

// work runs a client to its end, and does the others' part of the day when it has come to that.
func (d *day) work(folder string, command []string) {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), command[0], command[1:]...)
	if strings.Contains(command[0], "..") {
		cmd = exec.CommandContext(d.t.Context(), filepath.Join(folder, command[0]), command[1:]...)
	}
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "BASE="+d.here.URL, "EMAIL="+d.user+"@node.example", "PASSWORD="+harness.Password, "PERSON=bas@"+d.there.Host,
		"GROUP="+d.group, "EXPECT="+d.expect, "NOTICE="+d.notice, "PYTHONDONTWRITEBYTECODE=1")
	var errs strings.Builder // read only after Wait
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var s step
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			d.t.Errorf("the client wrote %q: %v", lines.Text(), err)
			continue
		}
		d.done = append(d.done, s.Step)
		d.after(s)
	}
	if err := cmd.Wait(); err != nil {
		d.t.Fatalf("the client ended with %v: %s", err, errs.String())
	}
}

func (d *day) after(s step) {
	d.t.Helper()
	switch s.Step {
	case "whoami":
		if s.Acct != d.user {
			d.t.Errorf("the client is logged in as %q, want %s", s.Acct, d.user)
		}
	case "joined":
		d.post("@wonen " + d.expect)
	case "replied", "grouped":
		took := d.seen(s.Text)
		d.t.Logf("%s: seen on the other node after %v", s.Step, took.Round(time.Millisecond))
		if s.Step == "grouped" {
			d.post(fmt.Sprintf("@%s@%s %s", d.user, d.here.Host, d.notice))
		}
	}
}

func (d *day) post(text string) {
	d.t.Helper()
	d.there.Must(d.bas, "POST", "/api/v1/statuses", map[string]any{"status": text}, nil)
}

// seen waits until the group on the other node has a post with a text.
func (d *day) seen(text string) time.Duration {
	d.t.Helper()
	const promised = 2 * time.Second
	id := d.there.Find(d.bas, d.group).ID
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		var page []harness.Status
		d.there.Must(d.bas, "GET", "/api/v1/timelines/list/"+id, nil, &page)
		took := time.Since(began)
		for _, s := range page {
			if strings.Contains(s.Content, text) || s.Reblog != nil && strings.Contains(s.Reblog.Content, text) {
				return took
			}
		}
		if took > promised {
			d.t.Errorf("%q is not in the group on the other node within %v", text, promised)
			return took
		}
	}
}
