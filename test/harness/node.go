// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package harness

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Options of a node.
type Options struct {
	Name string   // of the organisation; "Test" when empty
	Env  []string // for every command of this node, over the environment of the test
}

// Node is a node of its own process, with its own data folder, on a port of 127.0.0.1.
type Node struct {
	URL  string // http://127.0.0.1:PORT
	Host string // 127.0.0.1:PORT, the domain of its handles
	Data string
	Cmd  *exec.Cmd // the running process; nil while it is down

	t      T
	binary string
	env    []string
	log    *os.File
	ended  chan error // what the process ended with
}

// The first administrator of every node, who can log in in a browser.
const (
	Admin    = "beheer"
	Password = "Zeer geheim 1234"
)

const patience = 20 * time.Second // until a node has started or stopped

// Start makes a node and starts it. It stops with the test; its log is shown when the test has failed.
func Start(t T, o Options) *Node {
	t.Helper()
	if o.Name == "" {
		o.Name = "Test"
	}
	host := fmt.Sprintf("127.0.0.1:%d", FreePort(t))
	folder := t.TempDir()
	n := &Node{URL: "http://" + host, Host: host, Data: filepath.Join(folder, "data"), t: t, binary: Build(t)}
	n.env = append(os.Environ(), "PLEIO_NODE_LISTEN="+host, "PLEIO_LIMITS_REQUESTS=0")
	n.env = append(n.env, o.Env...)
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatalf("make the log of %s: %v", o.Name, err)
	}
	n.log = log
	t.Cleanup(func() {
		if n.Cmd != nil {
			n.Stop()
		}
		if t.Failed() {
			t.Logf("the log of %s ends with:\n%s", o.Name, n.logEnd())
		}
		log.Close()
	})
	n.Run("quickstart", "--url", n.URL, "--name", o.Name, "--admin", Admin, "--email", Admin+"@node.example", "--password", Password)
	n.Restart()
	return n
}

// Restart starts a node that is down, on the same data, and waits for its first answer. It returns how long that took.
func (n *Node) Restart() time.Duration {
	n.t.Helper()
	if n.Cmd != nil {
		n.t.Fatalf("start %s: it runs", n.URL)
	}
	cmd := exec.Command(n.binary, "serve", "--data", n.Data)
	cmd.Env, cmd.Stdout, cmd.Stderr = n.env, n.log, n.log
	cmd.SysProcAttr = dieWithUs()
	began := time.Now()
	if err := cmd.Start(); err != nil {
		n.t.Fatalf("start %s: %v", n.URL, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	n.Cmd, n.ended = cmd, ended
	for time.Since(began) < patience {
		select {
		case err := <-ended:
			n.Cmd = nil
			n.t.Fatalf("%s ended while starting: %v\n%s", n.URL, err, n.logEnd())
		default:
		}
		if n.answers() {
			return time.Since(began)
		}
		time.Sleep(2 * time.Millisecond)
	}
	n.t.Fatalf("%s does not answer within %v\n%s", n.URL, patience, n.logEnd())
	return 0
}

func (n *Node) answers() bool {
	c, err := net.DialTimeout("tcp", n.Host, time.Second)
	if err != nil {
		return false
	}
	c.Close()
	r, err := http.Get(n.URL + "/.well-known/nodeinfo")
	if err != nil {
		return false
	}
	r.Body.Close()
	return r.StatusCode == http.StatusOK
}

// Kill ends the node at once, with SIGKILL.
func (n *Node) Kill() {
	n.t.Helper()
	if err := n.Cmd.Process.Kill(); err != nil {
		n.t.Fatalf("kill %s: %v", n.URL, err)
	}
	<-n.ended
	n.Cmd = nil
}

// Stop asks the node to end, with SIGTERM, and waits until it has: with status 0, or the test fails.
func (n *Node) Stop() {
	n.t.Helper()
	if err := n.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		n.t.Fatalf("stop %s: %v", n.URL, err)
	}
	var err error
	select {
	case err = <-n.ended:
	case <-time.After(patience):
		n.Cmd.Process.Kill()
		err = errors.Join(fmt.Errorf("killed after %v", patience), <-n.ended)
	}
	n.Cmd = nil
	if err != nil {
		n.t.Fatalf("stop %s: %v\n%s", n.URL, err, n.logEnd())
	}
}

// Run runs a command of the program on the node's data and returns what it printed; whether the node runs or not.
func (n *Node) Run(args ...string) string {
	n.t.Helper()
	cmd := exec.Command(n.binary, append(args, "--data", n.Data)...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = n.env, &out, &errs
	if err := cmd.Run(); err != nil {
		n.t.Fatalf("pleio-node %s: %v\n%s%s", strings.Join(args, " "), err, out.Bytes(), errs.Bytes())
	}
	return strings.TrimSpace(out.String())
}

// AddUser makes a person with the password Password, and returns a token for a client that may do everything.
func (n *Node) AddUser(name string) (token string) {
	n.t.Helper()
	n.Run("user", "add", name, "--email", name+"@node.example", "--password", Password)
	return n.Token(name)
}

// Token makes a token for a person of the node.
func (n *Node) Token(name string) string {
	n.t.Helper()
	return n.Run("user", "token", name, "--scopes", "read write follow push")
}

// AddGroup makes an open group owned by a person of the node, and returns its handle, name@host.
func (n *Node) AddGroup(name, owner string) (handle string) {
	n.t.Helper()
	n.Run("group", "add", name, "--title", strings.ToUpper(name[:1])+name[1:], "--access", "open", "--owner", owner)
	return name + "@" + n.Host
}

// logEnd is the last part of what the node logged.
func (n *Node) logEnd() []byte {
	text, err := os.ReadFile(n.log.Name())
	if err != nil {
		return []byte(err.Error())
	}
	return text[max(0, len(text)-8<<10):]
}
