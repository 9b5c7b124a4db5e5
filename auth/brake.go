// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"sync"
	"time"
)

// A brake slows guessing down, word by word: some failures are free, and each further one makes the word wait twice as long.
// It forgets the oldest words when there are too many, for strangers choose them. It lives in memory: a restart is rare and
// not theirs to cause, and a table that strangers fill would be the greater risk.
type brake struct {
	free        int           // failures before the first wait
	first, most time.Duration // the shortest and the longest wait
	memory      time.Duration // how long after its last failure a word is forgotten
	forgives    bool          // one success wipes out what was before
	size        int           // between this and twice as many words are held

	mu       sync.Mutex
	now, old map[string]strain
}

type strain struct {
	failures    int
	last, until time.Time
}

// try counts a failure in advance, so that many tries at once gain nothing. When the word must wait it returns how long,
// and counts nothing.
func (b *brake) try(word string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, now := b.of(word), time.Now()
	if now.Sub(s.last) > b.memory {
		s = strain{}
	}
	if wait := s.until.Sub(now); wait > 0 {
		return wait
	}
	s.failures++
	s.last = now
	if over := s.failures - b.free; over >= 0 {
		s.until = now.Add(min(b.first<<min(over, 20), b.most))
	}
	b.keep(word, s)
	return 0
}

// succeed takes one try back: it was no failure.
func (b *brake) succeed(word string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.of(word)
	s.failures, s.until = max(s.failures-1, 0), time.Time{}
	if b.forgives {
		s.failures = 0
	}
	b.keep(word, s)
}

// spare takes back a try that was not made after all.
func (b *brake) spare(word string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.of(word)
	s.failures, s.until = max(s.failures-1, 0), time.Time{}
	b.keep(word, s)
}

func (b *brake) of(word string) strain {
	if s, found := b.now[word]; found {
		return s
	}
	return b.old[word]
}

func (b *brake) keep(word string, s strain) {
	if b.now == nil || len(b.now) >= b.size {
		b.old, b.now = b.now, map[string]strain{}
	}
	if s.failures == 0 {
		delete(b.now, word)
		delete(b.old, word)
		return
	}
	b.now[word] = s
}
