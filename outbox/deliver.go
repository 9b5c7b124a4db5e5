// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package outbox is what this node tells others: it addresses, signs and delivers, host by host, until each has it.
package outbox

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation"
)

// wake is the channel on which every process hears that something may be due.
const wake = "deliveries"

const (
	lease = 2 * time.Minute // how long a host stays with a process that has died
	grace = 4 * time.Second // for what is under way when Run must end
	shelf = 8 << 20         // bytes of activities kept for the next host
)

// Deliverer brings what waits in the table deliveries to other hosts: one host at a time has one turn, in which its
// deliveries go out one after the other; many hosts have their turn at once.
//
// Each delivery is sent until the host has answered, and at least once: a process that dies, or cannot write, sends
// again what it sent in the last moment (at most one batch for each host). Receivers know an activity by its id.
//
// The fields are set before Run and not changed afterwards.
type Deliverer struct {
	DB *db.DB
	// Post sends the bytes to an inbox, signed for this attempt. It limits its own time.
	Post func(ctx context.Context, inbox string, body []byte, s federation.Signer, sync *federation.Synchronization) (*federation.Posted, error)
	// Signer finds the keys with which one of our actors signs what it made then. fault.NotFound or fault.Gone: there is no such actor any more, and
	// nothing is sent in its name.
	Signer func(ctx context.Context, actor actors.ID, made time.Time) (federation.Signer, error)
	// Sync describes the followers that the actor has on the host (FEP-8fcf), nil when there are none; may be nil.
	Sync func(ctx context.Context, actor actors.ID, host string) (*federation.Synchronization, error)
	// Gone is told of an inbox that nobody has (404, 410), once for each delivery that ended there; may be nil.
	Gone func(ctx context.Context, host, inbox string, activity int64, status int)
	Log  *slog.Logger
	// Hosts is how many hosts have a turn at once; 0: 256. A quarter of them is for hosts that failed the last time,
	// so that those never keep healthy ones waiting.
	Hosts int
}

// running is one Run of a Deliverer.
type running struct {
	*Deliverer
	stop    context.Context // ends when no new request may begin
	work    context.Context // ends when requests under way are broken off
	bell    chan struct{}
	letters letters
	saver   saver

	mu      sync.Mutex
	busy    map[string]*seat // by host
	probing int
	turns   sync.WaitGroup
}

// Run delivers until the context ends, and then ends what is under way, in a few seconds at most. A node for which
// nothing is due sleeps: there is one timer, for the first host that is due, and none when nothing waits.
func (d *Deliverer) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	r := &running{Deliverer: d, stop: ctx, work: work, bell: make(chan struct{}, 1), busy: map[string]*seat{}}
	r.letters.q, r.letters.most = d.DB, shelf
	r.saver.db = d.DB
	d.DB.Listen(ctx, wake, func(string) { r.ring() })
	if !d.DB.Postgres() { // every lease is of a process that is no more, perhaps of this node before it was killed
		if _, err := d.DB.Exec(ctx, "UPDATE hosts SET lease = 0 WHERE lease > 0"); err != nil && ctx.Err() == nil {
			return fmt.Errorf("begin to deliver: %w", err)
		}
	}
	for ctx.Err() == nil {
		wait, err := r.round()
		if err != nil {
			if ctx.Err() != nil {
				break
			}
			d.Log.Error("nothing can be delivered at the moment", "error", err)
			wait = 10 * time.Second
		}
		r.sleep(wait)
	}
	broken := time.AfterFunc(grace, cancel)
	defer broken.Stop()
	r.turns.Wait()
	return nil
}

func (r *running) ring() {
	select {
	case r.bell <- struct{}{}:
	default:
	}
}

// sleep waits for the bell or so long; less than 0: only for the bell.
func (r *running) sleep(wait time.Duration) {
	var timer <-chan time.Time
	if wait >= 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-r.bell:
	case <-timer:
	case <-r.stop.Done():
	}
}

// round gives a turn to every host that is due, as far as there is room, and tells how long to sleep.
func (r *running) round() (time.Duration, error) {
	for {
		room, well := r.room()
		if room == 0 {
			return -1, nil // the end of a turn rings
		}
		next, err := r.next(well)
		if err != nil || next.IsZero() {
			return -1, err
		}
		if wait := time.Until(next); wait > 0 {
			return wait, nil
		}
		hosts, err := r.claim(room, well)
		if err != nil {
			return -1, err
		}
		if len(hosts) == 0 { // another process was faster, or is at it
			return 100 * time.Millisecond, nil
		}
		for _, h := range hosts {
			r.begin(h)
		}
	}
}

// room is for how many hosts there is room, and whether for healthy ones only.
func (r *running) room() (room int, well bool) {
	all := r.Hosts
	if all == 0 {
		all = 256
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if probes := max(all/4, 1) - r.probing; probes > 0 {
		return min(max(all-len(r.busy), 0), probes), false
	}
	return max(all-len(r.busy), 0), true
}

// next is when the first host is due that nobody has; zero: never.
func (r *running) next(well bool) (time.Time, error) {
	text := "SELECT MIN(CASE WHEN lease > due THEN lease ELSE due END) FROM hosts WHERE due > 0"
	if well {
		text += " AND failures = 0"
	}
	ms, err := db.One(r.stop, r.DB, db.Scalar[sql.NullInt64], text)
	if err != nil {
		return time.Time{}, fmt.Errorf("find the next host to deliver to: %w", err)
	}
	return db.FromMillis(ms.Int64), nil
}

// claim takes the lease of hosts that are due: healthy ones first, and of those who waits longest.
func (r *running) claim(room int, well bool) ([]host, error) {
	text := "SELECT host, state, failures, failing, succeeded, lease FROM hosts WHERE due > 0 AND due <= $1 AND lease <= $1"
	if well {
		text += " AND failures = 0"
	}
	text += " ORDER BY CASE WHEN failures = 0 THEN 0 ELSE 1 END, due LIMIT $2 "
	var hosts []host
	err := r.DB.Claim(r.stop, func(tx *db.Tx) (err error) {
		now := time.Now()
		if hosts, err = db.All(r.stop, tx, scanHost, text+tx.SkipLocked(), now.UnixMilli(), room); err != nil || len(hosts) == 0 {
			return err
		}
		names := make([]string, len(hosts))
		for i := range hosts {
			hosts[i].lease = now.Add(lease)
			names[i] = hosts[i].name
		}
		marks, args := db.In([]any{now.Add(lease).UnixMilli()}, names)
		_, err = tx.Exec(r.stop, "UPDATE hosts SET lease = $1 WHERE host IN ("+marks+")", args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim hosts to deliver to: %w", err)
	}
	return hosts, nil
}

// host is a host when its turn begins.
type host struct {
	name, state        string
	failures           int64
	failing, succeeded time.Time
	lease              time.Time
}

func scanHost(row db.Scanner) (host, error) {
	var h host
	var failing, succeeded, until int64
	err := row.Scan(&h.name, &h.state, &h.failures, &failing, &succeeded, &until)
	h.failing, h.succeeded, h.lease = db.FromMillis(failing), db.FromMillis(succeeded), db.FromMillis(until)
	return h, err
}

// seat is what a host has during its turn.
type seat struct {
	probe bool  // the turn is to see whether the host is back
	again *host // claimed meanwhile: the next turn begins when this one ends
}

// begin gives a host its turn.
func (r *running) begin(h host) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.busy[h.name]; s != nil {
		// Its turn has been saved, and more waits, or the lease ran out: the lease is ours again, and must be used.
		s.again = &h
		return
	}
	s := &seat{probe: h.failures > 0}
	r.busy[h.name] = s
	if s.probe {
		r.probing++
	}
	r.turns.Go(func() {
		for next := &h; next != nil; next = r.end(next.name) {
			r.take(*next)
		}
	})
}

// end makes room, or returns the host for its next turn. The bell is for whoever waits for room, and for the next timer.
func (r *running) end(name string) *host {
	r.mu.Lock()
	s := r.busy[name]
	if next := s.again; next != nil {
		s.again = nil
		r.mu.Unlock()
		return next
	}
	if s.probe {
		r.probing--
	}
	delete(r.busy, name)
	idle := len(r.busy) == 0
	r.mu.Unlock()
	if idle {
		r.letters.empty()
	}
	r.ring()
	return nil
}
