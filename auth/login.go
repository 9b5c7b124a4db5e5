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

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// ErrPending is for who signed up and waits for an administrator.
var ErrPending = fault.Say(fault.Forbidden, "Your login is currently pending approval")

// Login checks a name or e-mail address with a password. Whoever is unknown gets the same answer, after the same time,
// as whoever mistypes. Whoever fails too often is refused with a *Wait: see guards.
//
// A person with a second factor is not logged in yet: see HasSecondFactor and Ticket.
func (a *Auth) Login(ctx context.Context, nameOrEmail, password string, from From) (Account, error) {
	who := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(nameOrEmail), "@"))
	var stored string
	c, err := db.One(ctx, a.d, func(row db.Scanner) (Account, error) {
		var c Account
		var created, disabled, pending int64
		err := row.Scan(append(c.fields(&created, &disabled, &pending), &stored)...)
		c.Created, c.Disabled, c.Pending = db.FromMillis(created), db.FromMillis(disabled), db.FromMillis(pending)
		return c, err
	}, "SELECT "+accountColumns+", c.password"+accountFrom+"WHERE (c.email = $1 OR LOWER(a.name) = $1) AND (a.suspended = 0 OR c.pending > 0) AND a.deleted = 0", who)
	word := target(c.ID)
	if errors.Is(err, fault.NotFound) {
		word = "nobody " + hashOf(who)
	} else if err != nil {
		return Account{}, fmt.Errorf("log in: %w", err)
	}
	try, err := a.attempt(from, c.ID, word)
	if err != nil {
		return Account{}, err
	}
	ok, err := a.matches(ctx, stored, password)
	if err != nil {
		return Account{}, fmt.Errorf("log in: %w", err)
	}
	if !ok {
		return Account{}, fault.Say(fault.Unauthorized, "The name and the password do not belong together.")
	}
	try.succeeded()
	if !c.Pending.IsZero() {
		return Account{}, ErrPending
	}
	if !c.Disabled.IsZero() {
		return Account{}, fault.Say(fault.Forbidden, "This account is disabled. Ask the administrator of this node.")
	}
	a.known.add(Network(from.Address) + " " + word)
	return c, nil
}

// Confirm checks the password of somebody who is logged in, before something that matters.
func (a *Auth) Confirm(ctx context.Context, account actors.ID, password string, from From) error {
	stored, err := a.stored(ctx, account)
	if err != nil {
		return err
	}
	try, err := a.attempt(from, account, target(account))
	if err != nil {
		return err
	}
	ok, err := a.matches(ctx, stored, password)
	if err != nil {
		return fmt.Errorf("confirm password of %d: %w", account, err)
	}
	if !ok {
		return ErrWrongPassword
	}
	try.succeeded()
	return nil
}

// stored is the hash of a password.
func (a *Auth) stored(ctx context.Context, account actors.ID) (string, error) {
	hash, err := db.One(ctx, a.d, db.Scalar[string], "SELECT password FROM accounts WHERE actor = $1", account)
	if err != nil {
		return "", fmt.Errorf("load password of %d: %w", account, err)
	}
	return hash, nil
}

// ErrWrongPassword is for who is logged in and does not confirm it.
var ErrWrongPassword = fault.Say(fault.Forbidden, "That is not your password.")

// Network is whom an address belongs to: itself, or with IPv6 its /64, which one customer has.
func Network(remoteAddr string) string {
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

func (t *tally) count(word string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn()
	return t.now[word] + t.old[word]
}
