// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"net/http"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/db"
)

// finished ends a turn in which nothing more waits, or in which it was long enough.
func (t *turn) finished() *outcome {
	// What was set aside in an earlier turn says nothing new about the host.
	fresh := slices.DeleteFunc(suspects(t.odd), func(x *delivery) bool { return x.apart })
	switch {
	case t.good:
		t.convict()
	case len(fresh) > 1, len(fresh) == 1 && !t.onlyOne(fresh[0]):
		return t.failed(0)
	case len(t.odd) > 0:
		t.heard = true
	}
	return t.outcome(well)
}

// convict ends what the host choked on three times, now that it accepted another one.
func (t *turn) convict() {
	t.odd = slices.DeleteFunc(t.odd, func(x *delivery) bool {
		poison := x.status == http.StatusInternalServerError && x.tries >= chokes
		if poison {
			t.drop(x)
		}
		return poison
	})
}

// onlyOne tells whether this is one single activity that the host chokes on while nothing else waits. That one waits
// by itself, so that the next activity goes out at once and shows which of the two is broken. With a second such one
// the host is taken to be.
func (t *turn) onlyOne(x *delivery) bool {
	others, err := db.One(t.work, t.DB, db.Scalar[int64], "SELECT COUNT(*) FROM deliveries WHERE host = $1 AND status = $2 AND due > 0 AND id <> $3",
		t.name, x.status, x.id)
	return err == nil && others == 0
}

// failed ends a turn in which the host could not take more: it is left alone for longer each time, and parked when that
// lasts for a week. Nothing that waits is lost until 60 days after.
func (t *turn) failed(asked time.Duration) *outcome {
	now := time.Now()
	if t.good {
		t.failures, t.failing, t.state = 0, time.Time{}, ""
	}
	if t.failures++; t.failing.IsZero() {
		t.failing = now
	}
	t.inPlace()
	o := t.outcome(failing)
	o.failures, o.since = t.failures, t.failing
	parked := now.Sub(t.failing) >= parking
	o.due = now.Add(pause(t.failures, parked, asked))
	if parked {
		o.state = stateParked
		o.old = db.FirstID(now.Add(-keeping))
	}
	switch {
	case parked && t.state != stateParked:
		t.Log.Warn("a host is parked: it could not be reached for a week", "host", t.name, "since", t.failing, "error", t.problem)
	case t.failures == 1:
		t.Log.Info("a host is failing", "host", t.name, "next", o.due, "error", t.problem)
	}
	return o
}

// trouble ends a turn that cannot go on by our own fault, which says nothing about the host.
func (t *turn) trouble(err error) *outcome {
	if t.work.Err() != nil {
		return t.released()
	}
	t.Log.Error("a host cannot be delivered to at the moment", "host", t.name, "error", err)
	o := t.released()
	o.due = time.Now().Add(shortest)
	return o
}

// released ends a turn early, with what waits in its place.
func (t *turn) released() *outcome {
	t.inPlace()
	return t.outcome(released)
}

// inPlace keeps the order: what the host choked on, and what was not overtaken yet, is the first again next time.
func (t *turn) inPlace() {
	for _, x := range suspects(t.odd) {
		if !x.apart {
			x.due = time.Time{}
		}
	}
}

func (t *turn) outcome(end ending) *outcome {
	return &outcome{host: t.name, end: end, done: t.done, aside: t.odd,
		good: t.good, heard: t.heard, succeeded: t.succeeded, problem: t.problem}
}
