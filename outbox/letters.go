// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"container/list"
	"context"
	"fmt"
	"sync"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

// letter is what all deliveries of one activity share: the bytes, exactly as stored, and who signs.
type letter struct {
	actor actors.ID
	iri   string
	body  []byte
}

// letters shares the bytes of activities between the hosts that they go to: an activity for 500 hosts is read once and
// is in memory once. What is kept beyond its use is bounded in bytes.
type letters struct {
	q    db.Q
	most int

	mu    sync.Mutex
	bytes int
	known map[int64]*list.Element // of *slot
	order list.List               // last used first
}

type slot struct {
	id      int64
	loaded  chan struct{}
	letter  letter
	err     error
	counted bool // in bytes
}

// get returns the letter of an activity; who asks while it is being read waits for that. fault.NotFound: it is gone.
func (l *letters) get(ctx context.Context, activity int64) (letter, error) {
	l.mu.Lock()
	if e, ok := l.known[activity]; ok {
		l.order.MoveToFront(e)
		l.mu.Unlock()
		s := e.Value.(*slot)
		<-s.loaded
		return s.letter, s.err
	}
	if l.known == nil {
		l.known = map[int64]*list.Element{}
	}
	s := &slot{id: activity, loaded: make(chan struct{})}
	e := l.order.PushFront(s)
	l.known[activity] = e
	l.mu.Unlock()

	s.letter, s.err = db.One(ctx, l.q, func(row db.Scanner) (letter, error) {
		var x letter
		err := row.Scan(&x.actor, &x.iri, &x.body)
		return x, err
	}, "SELECT actor, iri, body FROM activities WHERE id = $1", activity)
	if s.err != nil {
		s.err = fmt.Errorf("load activity %d: %w", activity, s.err)
	}
	close(s.loaded)

	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known[activity] != e { // emptied meanwhile
		return s.letter, s.err
	}
	if s.err != nil {
		l.forget(e)
		return s.letter, s.err
	}
	s.counted = true
	l.bytes += len(s.letter.body)
	for last := l.order.Back(); l.bytes > l.most && last != nil; {
		previous := last.Prev()
		if old := last.Value.(*slot); old.counted { // the others are still being read
			l.bytes -= len(old.letter.body)
			l.forget(last)
		}
		last = previous
	}
	return s.letter, nil
}

func (l *letters) forget(e *list.Element) {
	l.order.Remove(e)
	delete(l.known, e.Value.(*slot).id)
}

// empty gives all memory back.
func (l *letters) empty() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known, l.bytes = nil, 0
	l.order.Init()
}
