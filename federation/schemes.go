// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"sync"
	"time"
)

const (
	schemeMemory = 7 * 24 * time.Hour
	maxPeers     = 8192
)

// schemes remembers which signatures each origin takes.
type schemes struct {
	mu     sync.Mutex
	origin map[string]peerScheme
}

type peerScheme struct {
	scheme Scheme
	// refused: the other kind was tried and did not work, so that a claim in a document does not bring it back.
	refused bool
	// bare: draft-cavage is verified there without the query.
	bare  bool
	until time.Time
}

// attempt is one way to sign one request.
type attempt struct {
	scheme Scheme
	bare   bool
}

// attempts are the knocks at an origin, in order: what worked before, the other kind, and for draft-cavage with a query
// also without it. An unknown origin gets draft-cavage first, which everybody takes.
func (m *schemes) attempts(origin string, s *Signer, query bool) []attempt {
	m.mu.Lock()
	known := m.origin[origin]
	m.mu.Unlock()
	if time.Now().After(known.until) {
		known = peerScheme{}
	}
	if known.scheme == RFC9421Ed25519 && s.Ed25519 == nil {
		known.scheme = RFC9421
	}
	if known.scheme != Cavage {
		return cavageLast(known.scheme, query)
	}
	if known.bare && query {
		return []attempt{{Cavage, true}, {Cavage, false}, {RFC9421, false}}
	}
	list := []attempt{{Cavage, false}, {RFC9421, false}}
	if query {
		list = append(list, attempt{Cavage, true})
	}
	return list
}

func cavageLast(first Scheme, query bool) []attempt {
	list := []attempt{{first, false}, {Cavage, false}}
	if query {
		list = append(list, attempt{Cavage, true})
	}
	return list
}

// worked remembers an attempt that was accepted; tried is how many came before it.
func (m *schemes) worked(origin string, a attempt, tried int) {
	m.set(origin, func(known *peerScheme) {
		known.refused = tried > 0 || (known.refused && (known.scheme == Cavage) == (a.scheme == Cavage))
		known.bare = a.bare || (known.bare && a.scheme == Cavage)
		known.scheme = a.scheme
	})
}

// learn notes what a peer says of itself; experience outweighs it.
func (m *schemes) learn(origin string, scheme Scheme) {
	m.set(origin, func(known *peerScheme) {
		if !known.refused {
			known.scheme = scheme
		}
	})
}

func (m *schemes) set(origin string, change func(*peerScheme)) {
	if origin == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.origin[origin]
	now := time.Now()
	if now.After(known.until) {
		known = peerScheme{}
	}
	change(&known)
	known.until = now.Add(schemeMemory)
	if m.origin == nil {
		m.origin = map[string]peerScheme{}
	}
	if _, there := m.origin[origin]; !there && len(m.origin) >= maxPeers {
		for other := range m.origin { // any one: forgetting costs one request more
			delete(m.origin, other)
			break
		}
	}
	m.origin[origin] = known
}

const (
	firstFailure = 10 * time.Minute
	lastFailure  = time.Hour
	absence      = 5 * time.Minute // of what answered 404 or 410
	maxFailures  = 4096
)

// failures remembers fetches that failed, so that one broken address that many activities name is not asked again for each.
type failures struct {
	mu   sync.Mutex
	byID map[string]failure
}

type failure struct {
	err    error
	origin string
	wait   time.Duration
	until  time.Time
}

// recall returns the error of a fetch that should not be repeated yet.
func (f *failures) recall(key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known := f.byID[key]; time.Now().Before(known.until) {
		return known.err
	}
	return nil
}

// remember notes a failure; one that lasts doubles its wait from ten minutes to a day.
func (f *failures) remember(key, origin string, err error, lasting bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	wait := absence
	if lasting {
		wait = min(max(2*f.byID[key].wait, firstFailure), lastFailure)
	}
	if f.byID == nil {
		f.byID = map[string]failure{}
	}
	if _, there := f.byID[key]; !there && len(f.byID) >= maxFailures {
		f.makeRoom()
	}
	f.byID[key] = failure{err, origin, wait, time.Now().Add(wait)}
}

func (f *failures) makeRoom() {
	now := time.Now()
	for key, known := range f.byID {
		if now.After(known.until.Add(known.wait)) {
			delete(f.byID, key)
		}
	}
	for key := range f.byID {
		if len(f.byID) < maxFailures {
			return
		}
		delete(f.byID, key)
	}
}

func (f *failures) forget(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.byID, key)
}

func (f *failures) forgetOrigin(origin string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, known := range f.byID {
		if known.origin == origin {
			delete(f.byID, key)
		}
	}
}
