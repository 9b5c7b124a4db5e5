// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

const (
	failureWindow    = 5 * time.Minute
	failuresOfSource = 25 // wrong passwords from one address in the window; then it must wait
	failuresOfTarget = 10 // wrong passwords for one account; then each further try takes longer
	longestDelay     = 5 * time.Second
)

// ErrPending is for who signed up and waits for an administrator.
var ErrPending = fault.Say(fault.Forbidden, "Your login is currently pending approval")

// Login checks a name or e-mail address with a password. Whoever is unknown gets the same answer, after the same time,
// as whoever mistypes.
//
// Guessing is slowed down in two ways. An address with many failures is refused for some minutes (fault.TooMany).
// An account with many failures is never refused, for then anybody could lock anybody out: tries from addresses where
// this person has not logged in before only take longer.
func (a *Auth) Login(ctx context.Context, nameOrEmail, password, remoteAddr string) (Account, error) {
	who := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(nameOrEmail), "@"))
	source, target := "from "+network(remoteAddr), "to "+hashOf(who)
	pair := source + " " + target
	if a.failures.add(source) > failuresOfSource {
		return Account{}, fault.Say(fault.TooMany, "There were too many attempts to log in from this network. Wait ten minutes and try again.")
	}
	if over := a.failures.add(target) - failuresOfTarget; over > 0 && a.known.count(pair) == 0 {
		if err := sleep(ctx, min(time.Duration(over)*time.Second, longestDelay)); err != nil {
			return Account{}, err
		}
	}
	var stored string
	c, err := db.One(ctx, a.d, func(row db.Scanner) (Account, error) {
		var c Account
		var created, disabled, pending int64
		err := row.Scan(append(c.fields(&created, &disabled, &pending), &stored)...)
		c.Created, c.Disabled, c.Pending = db.FromMillis(created), db.FromMillis(disabled), db.FromMillis(pending)
		return c, err
	}, "SELECT "+accountColumns+", c.password"+accountFrom+"WHERE (c.email = $1 OR LOWER(a.name) = $1) AND (a.suspended = 0 OR c.pending > 0) AND a.deleted = 0", who)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return Account{}, fmt.Errorf("log in: %w", err)
	}
	ok, err := a.matches(ctx, stored, password)
	if err != nil {
		return Account{}, fmt.Errorf("log in: %w", err)
	}
	if !ok {
		return Account{}, fault.Say(fault.Unauthorized, "The name and the password do not belong together.")
	}
	a.failures.take(source)
	a.failures.take(target)
	if !c.Pending.IsZero() {
		return Account{}, ErrPending
	}
	if !c.Disabled.IsZero() {
		return Account{}, fault.Say(fault.Forbidden, "This account is disabled. Ask the administrator of this node.")
	}
	a.known.add(pair)
	return c, nil
}

// network is whom an address belongs to: itself, or with IPv6 its /64, which one customer has.
func network(remoteAddr string) string {
	host, _, err := net.SplitHostPort(remoteAddr)
	if err != nil {
		host = remoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		prefix, _ := ip.Prefix(64) // cannot fail: 64 fits
		return prefix.String()
	}
	return ip.String()
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A tally counts by word, forgets after one or two windows, and never holds more than twice its size.
type tally struct {
	mu       sync.Mutex
	window   time.Duration
	size     int
	since    time.Time
	now, old map[string]int
}

func newTally(window time.Duration, size int) *tally {
	return &tally{window: window, size: size, since: time.Now(), now: make(map[string]int)}
}

func (t *tally) turn() {
	if age := time.Since(t.since); age >= t.window || len(t.now) >= t.size {
		t.old, t.now, t.since = t.now, make(map[string]int), time.Now()
		if age >= 2*t.window {
			t.old = nil
		}
	}
}

// add counts one and returns the sum.
func (t *tally) add(word string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn()
	t.now[word]++
	return t.now[word] + t.old[word]
}

// take undoes one add.
func (t *tally) take(word string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range []map[string]int{t.now, t.old} {
		switch n := m[word]; {
		case n == 1:
			delete(m, word)
			return
		case n > 1:
			m[word] = n - 1
			return
		}
	}
}

func (t *tally) count(word string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn()
	return t.now[word] + t.old[word]
}
