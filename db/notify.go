// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"sync"
)

// note is a hint that a transaction will give when it is committed.
type note struct{ channel, payload string }

// hints passes notes on to who listens in this process.
type hints struct {
	mu        sync.Mutex
	listeners map[string]map[int]func(string)
	next      int
	stop      context.CancelFunc // PostgreSQL: ends the listening connection
	stopped   chan struct{}
}

// Notify tells every listener of the channel, in every process on the same database, after the commit. It is a hint and
// no more: whoever must not miss anything reads the tables. On PostgreSQL a payload is shorter than 7,900 bytes.
func (d *DB) Notify(tx *Tx, channel, payload string) {
	tx.notes = append(tx.notes, note{channel, payload})
}

// Listen calls f for every note on the channel until the context ends or the database is closed; it does not wait for that. f is
// called one note at a time per committing goroutine and must be quick. After PostgreSQL was out of reach f is called
// once with an empty payload, since notes may have been lost.
func (d *DB) Listen(ctx context.Context, channel string, f func(payload string)) {
	forget := d.hints.add(channel, f)
	context.AfterFunc(ctx, forget)
	if d.postgres {
		d.listenPostgres()
	}
}

func (h *hints) add(channel string, f func(string)) (forget func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listeners == nil {
		h.listeners = map[string]map[int]func(string){}
	}
	if h.listeners[channel] == nil {
		h.listeners[channel] = map[int]func(string){}
	}
	h.next++
	key := h.next
	h.listeners[channel][key] = f
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.listeners[channel], key)
	}
}

// tell calls the listeners of a channel.
func (h *hints) tell(channel, payload string) {
	h.mu.Lock()
	list := make([]func(string), 0, len(h.listeners[channel]))
	for _, f := range h.listeners[channel] {
		list = append(list, f)
	}
	h.mu.Unlock()
	for _, f := range list {
		f(payload)
	}
}

// tellAll calls every listener with an empty payload.
func (h *hints) tellAll() {
	h.mu.Lock()
	channels := make([]string, 0, len(h.listeners))
	for channel := range h.listeners {
		channels = append(channels, channel)
	}
	h.mu.Unlock()
	for _, channel := range channels {
		h.tell(channel, "")
	}
}

func (h *hints) close() {
	h.mu.Lock()
	h.listeners = nil
	stop, stopped := h.stop, h.stopped
	h.mu.Unlock()
	if stop != nil {
		stop()
		<-stopped
	}
}
