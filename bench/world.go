// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"crypto/rsa"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/test/harness"
)

// world is the node that is measured, and what stands around it.
type world struct {
	*stage
	options
	limits limits
	rounds int // of posts to the sinks
	run    int // counts all runs of all rows: names made in a run are of that run alone

	node    *harness.Node
	keys    []*rsa.PrivateKey
	server  *harness.Server // whose people send to the node
	sinks   *sinks          // the hosts that the node delivers to; nil until a row needs them
	readers []string        // tokens of people whose home timelines are full
	full    []string        // account ids with many posts
	groups  []string        // account ids of groups; reader n is a member of each whose number has n as its rest
	thread  string          // id of a post with many replies

	listening []string // tokens of people who only listen; see listeners
}

// newWorld makes a node with 100,000 statuses (a tenth when it must be quick) and starts it.
func newWorld(s *stage, o options, l limits) *world {
	w := &world{stage: s, options: o, limits: l, keys: harness.Keys(s, 8)}
	w.server = harness.Serve(s, w.keys)
	ca := newAuthority(w)
	w.node = harness.Start(s, harness.Options{Name: "Gemeente Gouda", Env: []string{"SSL_CERT_FILE=" + ca.file}})
	w.sinks = newSinks(w, ca)
	began := time.Now()
	w.seed(o.of(100_000))
	w.Logf("The node has %d statuses, made in %.1f s.", o.of(100_000), time.Since(began).Seconds())
	return w
}

// person makes somebody on the node, of this run alone, and returns a token.
func (w *world) person(name string) string {
	return w.node.AddUser(fmt.Sprintf("%s-%d", name, w.run))
}
