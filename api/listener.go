// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"slices"
	"sync"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
)

// maxQueue is how many messages wait for a slow connection before it is cut: the client comes back and reads what it missed.
const maxQueue = 100

// listener is one open connection: a WebSocket or server-sent events. Nothing of it runs while there is nothing to write.
type listener struct {
	viewer actors.ID
	token  int64
	scopes auth.Scopes
	slot   int // of the round of pings

	write func(text []byte) error // one message; never two at once
	ping  func()                  // keeps it open, or finds that it is not; does not wait
	cut   func()                  // ends the connection
	event func(m *message, s *subscription) []byte

	mu      sync.Mutex
	streams []*subscription
	queue   [][]byte
	writing bool // somebody empties the queue
	over    bool
	idle    sync.Cond // writing has become false
}

func newListener(c *call) *listener {
	l := &listener{viewer: c.viewer.ID, token: c.access.TokenID, scopes: c.access.Scopes}
	l.idle.L = &l.mu
	return l
}

// send puts a message in the queue and never waits. Too many cut the connection.
func (l *listener) send(text []byte) {
	l.mu.Lock()
	if l.over {
		l.mu.Unlock()
		return
	}
	if len(l.queue) == maxQueue {
		l.mu.Unlock()
		l.end()
		return
	}
	l.queue = append(l.queue, text)
	begin := !l.writing
	l.writing = true
	l.mu.Unlock()
	if begin {
		go l.empty()
	}
}

// empty writes until there is nothing left.
func (l *listener) empty() {
	for {
		l.mu.Lock()
		if l.over || len(l.queue) == 0 {
			l.queue, l.writing = nil, false
			l.idle.Broadcast()
			l.mu.Unlock()
			return
		}
		next := l.queue[0]
		l.queue = l.queue[1:]
		l.mu.Unlock()
		if l.write(next) != nil {
			l.end()
		}
	}
}

// end cuts the connection, once.
func (l *listener) end() {
	l.mu.Lock()
	over := l.over
	l.over = true
	l.mu.Unlock()
	if !over {
		l.cut()
	}
}

// settle waits until nobody writes any more; hurry makes a write that hangs fail. end was called before.
func (l *listener) settle(hurry func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.writing {
		hurry()
	}
	for l.writing {
		l.idle.Wait()
	}
}

func (l *listener) subscribe(s *subscription) {
	l.unsubscribe(s)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.streams = append(slices.Clip(l.streams), s)
}

func (l *listener) unsubscribe(s *subscription) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var rest []*subscription
	for _, one := range l.streams {
		if !one.is(s) {
			rest = append(rest, one)
		}
	}
	l.streams = rest
}

// subscriptions must not be changed.
func (l *listener) subscriptions() []*subscription {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.streams
}
