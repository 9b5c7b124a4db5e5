// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package crash kills running nodes with SIGKILL at random moments and looks afterwards whether what they promised was kept:
// what was answered 202 or 200 is there, everywhere, once.
package crash

import (
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/test/harness"
)

const (
	killsInIngest = 20 // of the node that takes in
	killsInFanOut = 10 // of the node that sends out
	killsOfPeer   = 2  // of a node that it sends to; few, because each makes what waits for it wait a minute
)

// world is three nodes, of which a is the home of a group with members on all, and another server made by the test.
type world struct {
	t       *testing.T
	random  *rand.Rand // of the killer
	a, b, c *harness.Node
	server  *harness.Server
	group   string // its handle
	groupID string // its ActivityPub id
	anna    string // her ActivityPub id
	tokens  map[string]string

	stop atomic.Bool // the load ends after what it is at
	load sync.WaitGroup
	mu   sync.Mutex
	kept map[string]int // author → how many of the author's posts were answered; they are numbered from 1
}

// The authors. Those at the other server are told apart by what they post to.
var (
	members   = []string{"sem", "sara", "siem"} // at the other server, members of the group
	strangers = []string{"steef"}               // at the other server, mentions anna
	clients   = []string{"anna", "arie"}        // at node a
	elsewhere = []string{"bas"}                 // at node b
)

func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for a minute")
	}
	w := newWorld(t)

	for _, name := range members {
		w.load.Go(func() { w.ingest(name, w.groupID) })
	}
	for _, name := range strangers {
		w.load.Go(func() { w.ingest(name, w.anna) })
	}
	for range killsInIngest {
		w.kill(w.a)
	}
	w.finish()

	w.stop.Store(false)
	for _, name := range clients {
		w.load.Go(func() { w.write(w.a, name) })
	}
	for _, name := range elsewhere {
		w.load.Go(func() { w.write(w.b, name) })
	}
	for k := range killsInFanOut {
		w.kill(w.a)
		if k*killsOfPeer%killsInFanOut < killsOfPeer {
			w.kill(w.b)
		}
	}
	w.finish()

	w.settle()
	w.checkPages()
	for _, n := range []*harness.Node{w.a, w.b, w.c} {
		n.Stop()
	}
	w.checkDatabases()
	t.Logf("kept: %v", w.kept)
}

func newWorld(t *testing.T) *world {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("PLEIO_CRASH_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("PLEIO_CRASH_SEED: %v", err)
		}
	}
	t.Logf("the moments of the kills come from PLEIO_CRASH_SEED=%d", seed)
	w := &world{t: t, random: rand.New(rand.NewPCG(seed, 0)), kept: map[string]int{}, tokens: map[string]string{}}
	w.a = harness.Start(t, harness.Options{Name: "Gouda"})
	w.b = harness.Start(t, harness.Options{Name: "Zuid-Holland"})
	w.c = harness.Start(t, harness.Options{Name: "Rijnland"})
	w.server = harness.Serve(t, harness.Keys(t, 2))

	for _, name := range clients {
		w.tokens[name] = w.a.AddUser(name)
	}
	for _, name := range elsewhere {
		w.tokens[name] = w.b.AddUser(name)
	}
	w.tokens["cato"] = w.c.AddUser("cato")
	w.group = w.a.AddGroup("wonen", "anna")
	w.groupID = w.a.Find(w.tokens["anna"], w.group).URI
	w.anna = w.a.URL + "/users/anna"
	w.a.Follow(w.tokens["arie"], w.group)
	w.b.Follow(w.tokens["bas"], w.group)
	w.c.Follow(w.tokens["cato"], w.group)
	for _, name := range members {
		w.join(name)
	}
	for _, name := range strangers {
		w.a.Follow(w.tokens["anna"], w.server.Actor(name).ID)
	}
	return w
}

// kill ends a node at a random moment and starts it again.
func (w *world) kill(n *harness.Node) {
	w.t.Helper()
	time.Sleep(time.Duration(w.random.Int64N(int64(400 * time.Millisecond))))
	n.Kill()
	n.Restart()
}

// finish lets the load end what it is at: all that was begun is answered.
func (w *world) finish() {
	w.t.Helper()
	w.stop.Store(true)
	w.load.Wait()
	if w.t.Failed() {
		w.t.FailNow()
	}
}
