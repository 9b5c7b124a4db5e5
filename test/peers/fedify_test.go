// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package peers_test is the node among other organisations that run other software: Fedify, steered over JSON lines.
package peers_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fedify is one running fedify.mjs; its head describes what it can do.
type fedify struct {
	Origin, Actor, Handle string

	t     *testing.T
	in    io.Writer
	lines *bufio.Scanner
	n     int
}

// answer is what a command gave; only the fields that belong to the command are there.
type answer struct {
	N                    int
	OK                   bool
	Error                string
	Ready                bool
	Origin, Actor        string
	Handle               string
	ID                   string
	Type, Name, Proof    string
	JSON                 json.RawMessage
	JRD                  json.RawMessage
	Activity             json.RawMessage // of wait: an activity; of post, update and delete: its id
	Activities           []activity
	Followers, Following []string
	Requests, Sent       []knock
}

type activity struct {
	Type, ID, Actor, Scheme, Proof, Inner, Sync string
	Status                                      int
	JSON                                        json.RawMessage
}

// knock is one request to an inbox and how it was answered: Type and ID are those of an activity received, URL is where one was sent.
type knock struct {
	Type, ID, URL, Scheme string
	Status                int
}

// startFedify runs another organisation until the test ends. flags are those of fedify.mjs.
func startFedify(t *testing.T, flags ...string) *fedify {
	t.Helper()
	folder := os.Getenv("PLEIO_TEST_PEERS")
	if folder == "" {
		t.Skip("PLEIO_TEST_PEERS is not set: scripts/setup installs the peers, and make check runs these tests")
	}
	cmd := exec.Command(filepath.Join(folder, "node"), append([]string{filepath.Join(folder, "fedify.mjs"), fmt.Sprint(freePort(t))}, flags...)...)
	var log strings.Builder // read only after Wait
	cmd.Stderr = &log
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start fedify.mjs: %v", err)
	}
	t.Cleanup(func() {
		in.Close() // the end of its input is the end of it
		kill := time.AfterFunc(5*time.Second, func() { cmd.Process.Kill() })
		defer kill.Stop()
		cmd.Wait()
		if t.Failed() {
			t.Logf("the log of fedify.mjs:\n%s", log.String())
		}
	})
	f := &fedify{t: t, in: in, lines: bufio.NewScanner(out)}
	f.lines.Buffer(nil, 16<<20)
	ready := f.read()
	f.Origin, f.Actor, f.Handle = ready.Origin, ready.Actor, ready.Handle
	return f
}

func (f *fedify) read() answer {
	f.t.Helper()
	if !f.lines.Scan() {
		f.t.Fatalf("fedify.mjs ended: %v", f.lines.Err())
	}
	var a answer
	if err := json.Unmarshal(f.lines.Bytes(), &a); err != nil {
		f.t.Fatalf("fedify.mjs wrote %q: %v", f.lines.Text(), err)
	}
	return a
}

// try runs a command and gives its answer, which may be an error.
func (f *fedify) try(name string, fields map[string]any) answer {
	f.t.Helper()
	f.n++
	command := map[string]any{"n": f.n, "do": name}
	for k, v := range fields {
		command[k] = v
	}
	line, err := json.Marshal(command)
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.in.Write(append(line, '\n')); err != nil {
		f.t.Fatalf("write to fedify.mjs: %v", err)
	}
	a := f.read()
	if a.N != f.n {
		f.t.Fatalf("fedify.mjs answered %d to command %d", a.N, f.n)
	}
	return a
}

// do runs a command that must succeed.
func (f *fedify) do(name string, fields map[string]any) answer {
	f.t.Helper()
	a := f.try(name, fields)
	if a.Error != "" {
		f.t.Fatalf("%s %v: %s", name, fields, a.Error)
	}
	return a
}

// wait is the first activity of a type that Fedify received and accepted, and whose JSON contains a text.
func (f *fedify) wait(kind, contains string) activity {
	f.t.Helper()
	var got activity
	if err := json.Unmarshal(f.do("wait", map[string]any{"type": kind, "contains": contains}).Activity, &got); err != nil {
		f.t.Fatal(err)
	}
	return got
}

// freePort is a loopback port that nothing uses now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
