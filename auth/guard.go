// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/fault"
)

// From is where somebody tries to log in.
type From struct {
	Address string // RemoteAddr
	Device  string // what Device gave this browser when somebody logged in with it before; "": nothing
}

// Wait refuses who failed too often (fault.TooMany) and tells how long.
type Wait struct{ For time.Duration }

// Unwrap makes fault.Status and fault.Sentence tell it.
func (e *Wait) Unwrap() error {
	return fault.Say(fault.TooMany, "There were too many failed attempts. Wait %v and try again.", e.Seconds())
}

func (e *Wait) Error() string { return "wait " + e.Seconds().String() }

// Seconds is the wait in whole seconds, rounded up.
func (e *Wait) Seconds() time.Duration { return (e.For + time.Second - 1).Truncate(time.Second) }

// guards slow down guessing in four ways, after the OWASP's "device cookies":
//
//   - a network that fails for one account waits for that account;
//   - a network that fails for many waits for all;
//   - an account that fails from everywhere makes strangers wait, half a minute at most;
//   - a browser that the person has logged in with before is judged by its own failures only. So nobody can lock anybody
//     out of the own desk, neither from elsewhere nor from the same network.
type guards struct {
	pairs, sources, targets, devices brake
	codes                            brake // second factors of an account: whoever gets that far has the password
}

func newGuards() *guards {
	const size = 20_000
	return &guards{
		pairs:   brake{free: 5, first: 5 * time.Second, most: 15 * time.Minute, memory: time.Hour, forgives: true, size: size},
		sources: brake{free: 25, first: 30 * time.Second, most: 15 * time.Minute, memory: 30 * time.Minute, size: size},
		targets: brake{free: 50, first: time.Second, most: 30 * time.Second, memory: 15 * time.Minute, size: size},
		devices: brake{free: 10, first: 5 * time.Second, most: 15 * time.Minute, memory: time.Hour, forgives: true, size: size},
		codes:   brake{free: 5, first: 10 * time.Second, most: 15 * time.Minute, memory: 24 * time.Hour, forgives: true, size: size},
	}
}

// attempt is one try, counted as a failure until it turns out to be none.
type attempt []struct {
	brake *brake
	word  string
}

func (t *attempt) add(b *brake, word string) error {
	if wait := b.try(word); wait > 0 {
		for _, one := range *t {
			one.brake.spare(one.word)
		}
		return &Wait{wait}
	}
	*t = append(*t, struct {
		brake *brake
		word  string
	}{b, word})
	return nil
}

// succeeded takes it back.
func (t *attempt) succeeded() {
	for _, one := range *t {
		one.brake.succeed(one.word)
	}
}

// attempt begins a try to prove to be somebody: an account's id or, where there is none, what was given for it.
func (a *Auth) attempt(from From, account actors.ID, target string) (t attempt, err error) {
	if device := a.device(from.Device, account); device != "" {
		return t, t.add(&a.guards.devices, device+" "+target)
	}
	source := Network(from.Address)
	pair := source + " " + target
	if err = t.add(&a.guards.sources, source); err != nil {
		return nil, err
	}
	if err = t.add(&a.guards.pairs, pair); err != nil {
		return nil, err
	}
	if a.known.count(pair) == 0 {
		err = t.add(&a.guards.targets, target)
	}
	return t, err
}

// target is the word of an account.
func target(account actors.ID) string { return fmt.Sprint("account ", account) }

const mostPeople = 6 // that one browser is remembered for

// Device returns what a browser is given when somebody logged in with it: a random number, and a proof for each person
// that did. What it had before is extended.
func (a *Auth) Device(before string, account actors.ID) string {
	number, rest, _ := strings.Cut(before, ".")
	var proofs []string
	if len(number) == 26 {
		proofs = strings.Split(rest, ".")
	} else {
		number = rand.Text()
	}
	proof := a.deviceProof(number, account)
	kept := []string{number, proof}
	for _, p := range proofs {
		if p != "" && p != proof && len(p) == len(proof) && len(kept) <= mostPeople {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ".")
}

// device is the number of a browser that an account logged in with before, or "".
func (a *Auth) device(value string, account actors.ID) string {
	number, rest, _ := strings.Cut(value, ".")
	if account == 0 || len(number) != 26 {
		return ""
	}
	want := a.deviceProof(number, account)
	for p := range strings.SplitSeq(rest, ".") {
		if subtle.ConstantTimeCompare([]byte(p), []byte(want)) == 1 {
			return number
		}
	}
	return ""
}

func (a *Auth) deviceProof(number string, account actors.ID) string {
	return base64.RawURLEncoding.EncodeToString(mac(a.deviceKey, fmt.Sprint(number, " ", account))[:16])
}
