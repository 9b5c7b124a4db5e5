// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The tests run the program as a user would: it is built once.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "pleio-node-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary := filepath.Join(dir, "pleio-node")
		if text, err := exec.Command("go", "build", "-buildvcs=false", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, text)
			return 1
		}
		os.Setenv("PLEIO_TEST_BINARY", binary)
		return m.Run()
	}())
}

// environment is that of the test, without settings of a node.
func environment(more ...string) []string {
	var all []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "PLEIO_") {
			all = append(all, pair)
		}
	}
	return append(all, more...)
}

// result is how a command ended.
type result struct {
	status   int
	out, err string
}

// run runs a command in a folder, with nobody at the terminal.
func run(t *testing.T, dir string, args ...string) result {
	t.Helper()
	return runWith(t, dir, nil, args...)
}

func runWith(t *testing.T, dir string, env []string, args ...string) result {
	t.Helper()
	c := exec.Command(os.Getenv("PLEIO_TEST_BINARY"), args...)
	c.Dir, c.Env = dir, environment(env...)
	var out, err bytes.Buffer
	c.Stdout, c.Stderr = &out, &err
	if e := c.Run(); e != nil && c.ProcessState == nil {
		t.Fatalf("%q: %v", args, e)
	}
	return result{c.ProcessState.ExitCode(), out.String(), err.String()}
}

// ok runs a command that must succeed, and returns what it printed.
func ok(t *testing.T, dir string, args ...string) string {
	t.Helper()
	r := run(t, dir, args...)
	if r.status != 0 {
		t.Fatalf("%q ends with %d: %s", args, r.status, r.err)
	}
	return r.out
}

// refuses checks that a command fails with a status and a sentence.
func refuses(t *testing.T, dir string, status int, sentence string, args ...string) {
	t.Helper()
	r := run(t, dir, args...)
	if r.status != status || !strings.Contains(r.err, sentence) || r.out != "" {
		t.Errorf("%q ends with %d, prints %q and says %q; want %d and %q", args, r.status, r.out, r.err, status, sentence)
	}
	if strings.Contains(r.err, "panic") || strings.Contains(r.err, "goroutine") {
		t.Errorf("%q panics: %s", args, r.err)
	}
}

// list runs a command with --json and reads its list.
func list(t *testing.T, dir string, args ...string) []map[string]any {
	t.Helper()
	var rows []map[string]any
	text := ok(t, dir, append(args, "--json")...)
	if err := json.Unmarshal([]byte(text), &rows); err != nil || rows == nil {
		t.Fatalf("%q prints %q, which is not a list: %v", args, text, err)
	}
	return rows
}

// process is a command that goes on.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string // of what it prints; closed at its end
	text  []string    // those that were read
}

// begin starts a command whose standard error (or output) is read line by line.
func begin(t *testing.T, dir string, fromStderr bool, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Getenv("PLEIO_TEST_BINARY"), args...), lines: make(chan string, 1000)}
	p.cmd.Dir, p.cmd.Env = dir, environment()
	pipe, err := p.cmd.StdoutPipe()
	if fromStderr {
		pipe, err = p.cmd.StderrPipe()
	} else {
		p.cmd.Stderr = os.Stderr
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(pipe); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			p.cmd.Process.Kill()
			p.cmd.Wait()
		}
	})
	return p
}

// until reads until a line has a text, and returns that line.
func (p *process) until(text string) string {
	p.t.Helper()
	late := time.After(90 * time.Second)
	for {
		select {
		case line, open := <-p.lines:
			if !open {
				p.t.Fatalf("it ended without %q:\n%s", text, strings.Join(p.text, "\n"))
			}
			p.text = append(p.text, line)
			if strings.Contains(line, text) {
				return line
			}
		case <-late:
			p.t.Fatalf("no %q after a long time:\n%s", text, strings.Join(p.text, "\n"))
		}
	}
}

// end sends a signal and checks that the program ends well, and soon.
func (p *process) end(signal syscall.Signal) {
	p.t.Helper()
	began := time.Now()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	for line := range p.lines {
		p.text = append(p.text, line)
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Fatalf("after %v it ends with %v:\n%s", signal, err, strings.Join(p.text, "\n"))
	}
	if took := time.Since(began); took > 5*time.Second {
		p.t.Errorf("it took %v to end", took)
	}
}

// freePort is a port on which nothing listens.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
