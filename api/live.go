// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/timeline"
)

const (
	pingEvery  = 30 * time.Second
	pingSlots  = 10   // the connections are asked in turns, so that they are not all woken at once
	maxPending = 2000 // hints that wait for the dispatcher
	maxBatch   = 64   // hints that are looked at together
	mostOpen   = 200  // connections of one person
	mostMissed = 200  // items that are told at once after hints were lost
)

// live is every open connection of this process. While there is one, a single dispatcher turns hints into events for all of
// them; without any nothing runs.
type live struct {
	mu      sync.Mutex
	closed  bool
	open    map[*listener]bool
	stop    context.CancelFunc // of the dispatcher; nil: it does not run
	next    int                // slot
	pending []timeline.Hint
	lost    bool
	revoked bool
	wake    chan struct{}
}

// join begins to send events to a listener, or ends it when its owner has too many; leave must be called.
func (a *API) join(l *listener) {
	v := &a.live
	v.mu.Lock()
	defer v.mu.Unlock()
	mine := 0
	for other := range v.open {
		if other.viewer == l.viewer {
			mine++
		}
	}
	if v.closed || mine >= mostOpen {
		defer l.end()
	}
	if v.stop == nil {
		ctx, cancel := context.WithCancel(context.Background())
		v.open, v.wake, v.stop = map[*listener]bool{}, make(chan struct{}, 1), cancel
		v.pending, v.lost, v.revoked = nil, false, false
		a.Timelines.Watch(ctx, func(h timeline.Hint) { v.note(ctx, func() { v.hint(h) }) })
		a.DB.Listen(ctx, auth.Revoked, func(string) { v.note(ctx, func() { v.revoked = true }) })
		go a.dispatch(ctx, v.wake)
	}
	v.next++
	l.slot = v.next % pingSlots
	v.open[l] = true
}

func (a *API) leave(l *listener) {
	v := &a.live
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.open, l)
	if len(v.open) == 0 && v.stop != nil {
		v.stop()
		v.stop = nil
	}
}

// Close ends every stream, and those that begin afterwards. It belongs to http.Server.RegisterOnShutdown: a server
// neither ends nor waits for its WebSockets.
func (a *API) Close() {
	v := &a.live
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	for _, l := range v.listeners() {
		l.end()
	}
}

func (v *live) listeners() []*listener {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := make([]*listener, 0, len(v.open))
	for l := range v.open {
		all = append(all, l)
	}
	return all
}

// note changes what the dispatcher finds and wakes it, unless it has ended.
func (v *live) note(ctx context.Context, change func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	change()
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

func (v *live) hint(h timeline.Hint) {
	if h.Event == timeline.Lost || len(v.pending) == maxPending {
		v.lost = true
		return
	}
	v.pending = append(v.pending, h)
}

// take returns what there is to look at.
func (v *live) take() (batch []timeline.Hint, lost, revoked bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := min(len(v.pending), maxBatch)
	batch, v.pending = v.pending[:n], v.pending[n:]
	lost, v.lost, revoked, v.revoked = v.lost, false, v.revoked, false
	return batch, lost, revoked
}

// dispatch sends events until the context ends: of hints as they come, and of everything new when hints were lost.
func (a *API) dispatch(ctx context.Context, wake <-chan struct{}) {
	tick := time.NewTicker(pingEvery / pingSlots)
	defer tick.Stop()
	cursor := db.FirstID(time.Now()) // everything older has been told
	for turn := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			turn++
			a.keepAlive(ctx, turn)
		case <-wake:
		}
		for ctx.Err() == nil {
			batch, lost, revoked := a.live.take()
			now := db.FirstID(time.Now())
			if revoked {
				a.endRevoked(ctx, a.live.listeners())
			}
			if lost {
				batch = append(a.missed(ctx, cursor), batch...)
			}
			if len(batch) == 0 {
				break
			}
			a.note(ctx, a.tell(ctx, batch))
			cursor = now
		}
	}
}

// missed is what came after the cursor.
func (a *API) missed(ctx context.Context, cursor int64) []timeline.Hint {
	owners := map[actors.ID]bool{}
	var list []actors.ID
	for _, l := range a.live.listeners() {
		if !owners[l.viewer] {
			owners[l.viewer] = true
			list = append(list, l.viewer)
		}
	}
	hints, err := a.Timelines.Since(ctx, cursor, list, mostMissed)
	a.note(ctx, err)
	return hints
}

// keepAlive pings the connections whose turn it is, each in every round, and cuts those whose token is no longer good.
func (a *API) keepAlive(ctx context.Context, turn int) {
	var due []*listener
	for _, l := range a.live.listeners() {
		if l.slot == turn%pingSlots {
			due = append(due, l)
		}
	}
	for _, l := range a.endRevoked(ctx, due) {
		l.ping()
	}
}

// endRevoked cuts the connections whose token is no longer good and returns the others.
func (a *API) endRevoked(ctx context.Context, all []*listener) (rest []*listener) {
	if len(all) == 0 {
		return nil
	}
	tokens := make([]int64, len(all))
	for n, l := range all {
		tokens[n] = l.token
	}
	living, err := a.Auth.Living(ctx, tokens)
	if err != nil { // the database is away: nobody is to blame
		a.note(ctx, err)
		return all
	}
	for _, l := range all {
		if living[l.token] {
			rest = append(rest, l)
		} else {
			l.end()
		}
	}
	return rest
}

// note logs what went wrong for streams that go on.
func (a *API) note(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		a.logger().Error("client API: streaming", "error", err)
	}
}
