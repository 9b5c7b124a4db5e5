// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package nodetest is a federation inside a test: real nodes with a database each, over a network in memory, in one
// synctest bubble, so that a week passes in a moment.
package nodetest

import (
	"context"
	"crypto/rsa"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/node"
)

// World is several organisations, each with its node. Names are short in a test: "anna@gouda" is @anna@gouda.example.
type World struct {
	t       testing.TB
	net     *network
	nodes   map[string]*running
	foreign map[string]*Foreign
	order   []string
	dir     string
}

type running struct {
	*node.Node
	place   *host
	options node.Options
	stop    context.CancelFunc
	ended   chan struct{}
}

// New starts a node for each name. It must be called inside synctest.Test.
func New(t testing.TB, names ...string) *World {
	t.Helper()
	w := &World{t: t, net: &network{hosts: map[string]*host{}}, nodes: map[string]*running{}, foreign: map[string]*Foreign{}, dir: t.TempDir()}
	for _, name := range names {
		w.Add(name)
	}
	t.Cleanup(w.close)
	return w
}

// Add starts one more node.
func (w *World) Add(name string) {
	w.t.Helper()
	place := &host{incoming: make(chan net.Conn), closed: make(chan struct{}), conns: map[net.Conn]bool{}}
	w.net.mu.Lock()
	w.net.hosts[domain(name)] = place
	w.net.mu.Unlock()
	config := node.DefaultConfig()
	config.Node.URL, config.Node.Name = "http://"+domain(name), strings.ToUpper(name[:1])+name[1:]
	config.Limits.Requests = 0 // a test asks more than a person
	o := node.Options{Data: filepath.Join(w.dir, name), Config: config, Log: quiet(), Dial: w.net.dial, NewRSA: testRSA}
	w.nodes[name] = &running{place: place, options: o}
	w.prepare(o.Data)
	w.order = append(w.order, name)
	w.start(name)
}

// prepare gives a node the database that it would make for itself: making it takes most of the time of a start.
func (w *World) prepare(data string) {
	w.t.Helper()
	empty, err := emptyDatabase()
	if err == nil {
		err = os.MkdirAll(data, 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(data, "node.db"), empty, 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

var emptyDatabase = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "nodetest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "empty.db")
	d, err := db.Open(context.Background(), file, db.Options{Log: quiet()})
	if err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

func domain(name string) string { return name + ".example" }

func quiet() *slog.Logger {
	if os.Getenv("PLEIO_TEST_LOG") != "" {
		return slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return slog.New(slog.DiscardHandler)
}

// testRSA hands out a few keys again and again: making them would take most of a test's time.
func testRSA() (*rsa.PrivateKey, error) {
	keys, err := rsaKeys()
	if err != nil {
		return nil, err
	}
	return keys[int(time.Now().UnixNano()/1000)%len(keys)], nil
}

var rsaKeys = sync.OnceValues(func() (keys []*rsa.PrivateKey, err error) {
	for range 4 {
		k, err := actors.GenerateRSA()
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
})

func (w *World) start(name string) {
	w.t.Helper()
	r := w.nodes[name]
	n, err := node.Open(context.Background(), r.options)
	if err != nil {
		w.t.Fatalf("start %s: %v", name, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.Node, r.stop, r.ended = n, cancel, make(chan struct{})
	r.place.set(func(h *host) { h.closed, h.incoming = make(chan struct{}), make(chan net.Conn) })
	server := &http.Server{Handler: r.place.faulty(n), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	served := make(chan struct{})
	go func() {
		if err := server.Serve(r.place); !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
			w.t.Errorf("%s stopped serving: %v", name, err)
		}
		close(served)
	}()
	go func() {
		if err := n.Run(ctx); err != nil {
			w.t.Errorf("%s: %v", name, err)
		}
		server.Close()
		<-served
		r.place.cut()
		if err := n.Close(); err != nil {
			w.t.Errorf("close %s: %v", name, err)
		}
		close(r.ended)
	}()
}

func (w *World) halt(name string) {
	r := w.nodes[name]
	r.stop()
	<-r.ended
}

func (w *World) close() {
	for _, name := range w.order {
		w.halt(name)
	}
	for _, f := range w.foreign {
		f.close()
	}
	time.Sleep(time.Minute) // requests that were held up end now
}

// Node is the running node of that name.
func (w *World) Node(name string) *node.Node { return w.nodes[name].Node }

// Restart stops a node in the middle of everything and starts it again from its disk.
func (w *World) Restart(name string) {
	w.t.Helper()
	w.halt(name)
	w.start(name)
}

// Down takes a node off the network; its people go on working. Up brings it back.
func (w *World) Down(name string) {
	w.nodes[name].place.set(func(h *host) { h.down = true })
	w.nodes[name].place.cut()
}

// Up brings a node back, and ends whatever was wrong with it.
func (w *World) Up(name string) {
	w.nodes[name].place.set(func(h *host) { h.down, h.refusing, h.slow, h.losing = false, 0, 0, 0 })
}

// Slow lets every request to a node wait; Refuse answers with a status; Lose drops the answers of so many requests that took effect.
func (w *World) Slow(name string, d time.Duration) {
	w.nodes[name].place.set(func(h *host) { h.slow = d })
}

// Refuse answers every request to a node with a status.
func (w *World) Refuse(name string, status int) {
	w.nodes[name].place.set(func(h *host) { h.refusing = status })
}

// Lose drops the answers to the next so many POSTs to a node; they take effect all the same.
func (w *World) Lose(name string, count int) {
	w.nodes[name].place.set(func(h *host) { h.losing = count })
}

// Posts is how many POSTs a node has been sent.
func (w *World) Posts(name string) int {
	h := w.nodes[name].place
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.requests
}

// Pass lets time go by, and everything happen that happens in it.
func (w *World) Pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// Settle lets everything happen that is about to.
func (w *World) Settle() { w.Pass(5 * time.Second) }

// tx runs f in a transaction of a node.
func (w *World) tx(name string, f func(context.Context, *node.Node, *db.Tx) error) {
	w.t.Helper()
	n := w.Node(name)
	if err := n.DB.Tx(context.Background(), func(tx *db.Tx) error { return f(context.Background(), n, tx) }); err != nil {
		w.t.Fatalf("on %s: %v", name, err)
	}
}

// split reads "anna@gouda".
func (w *World) split(who string) (name, where string) {
	w.t.Helper()
	name, where, ok := strings.Cut(who, "@")
	if !ok || w.nodes[where] == nil && w.foreign[where] == nil {
		w.t.Fatalf("%q is nobody of this world", who)
	}
	return name, where
}

// actor finds an actor by its name in the test, as the node `on` knows it (asking, when it does not yet).
func (w *World) actor(on, who string) *actors.Actor {
	w.t.Helper()
	name, where := w.split(who)
	n := w.Node(on)
	host := ""
	if where != on {
		host = domain(where)
	}
	a, err := n.Dir.ResolveHandle(context.Background(), name, host)
	if err != nil {
		w.t.Fatalf("%s looks up %s: %v", on, who, fault.Sentence(err))
	}
	return a
}
