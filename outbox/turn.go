// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
)

// What one turn may do before it is another host's.
const (
	batch    = 50                     // deliveries read at once, and at most sent again after a crash
	unsaved  = 100 * time.Millisecond // and the longest that an answer stays in memory alone
	mostSent = 1000
	mostTime = 30 * time.Second
	mostOdd  = 10 // set aside before the host as a whole is taken to be in trouble
)

// delivery is one activity on its way to one inbox.
type delivery struct {
	id, activity int64
	inbox        string
	tries        int64 // answers that concerned it alone
	status       int   // the last of them
	due          time.Time
	apart        bool   // set aside before this turn: others have overtaken it
	iri, answer  string // of the activity; of the host
}

// count counts one more answer of the same kind; a refusal says nothing about choking, nor the other way round.
func (x *delivery) count(status int) {
	if choking := http.StatusInternalServerError; (x.status == choking) != (status == choking) {
		x.tries = 0
	}
	x.status = status
	x.tries++
}

// turn is one host's turn: its deliveries in the order in which they were made, until none waits or the host fails.
//
// No delivery overtakes an earlier one to the same host, with one exception: one that the host refuses (401, 403) or
// chokes on (500, three times) is set aside, because it would keep the later ones waiting for days.
type turn struct {
	*running
	host
	syncs   map[actors.ID]*federation.Synchronization
	done    []int64     // answered or dropped, and not saved yet
	since   time.Time   // when the first of done was answered
	odd     []*delivery // refused or choked on in this turn
	good    bool        // the host accepted something in this turn
	heard   bool        // the host answered something other than that it is in trouble
	problem string      // the last one, for the administrator
}

// take is a whole turn.
func (r *running) take(h host) {
	t := &turn{running: r, host: h}
	o := t.deliver()
	if err := r.saver.save(o); err != nil {
		// What was sent is sent again when the lease has run out, and not before: the database needs its rest.
		r.Log.Error("what was delivered could not be saved", "host", h.name, "error", err)
		return
	}
	if o.lost > 0 {
		r.Log.Warn("deliveries end: the host was away for too long", "host", h.name, "deliveries", o.lost, "days", keeping/daily)
	}
}

// deliver sends what waits and returns how the turn ends.
func (t *turn) deliver() *outcome {
	began := time.Now()
	for sent := 0; ; {
		rows, err := t.waiting()
		if err != nil {
			return t.trouble(err)
		}
		spare, err := t.spared(rows)
		if err != nil {
			return t.trouble(err)
		}
		for i := range rows {
			if t.stop.Err() != nil {
				return t.released()
			}
			if spare[rows[i].id] {
				t.done = append(t.done, rows[i].id)
				continue
			}
			if end := t.send(&rows[i]); end != nil {
				return end
			}
			sent++
			if len(t.odd) >= mostOdd && !t.good {
				return t.failed(0)
			}
			if len(t.done) > 0 && time.Since(t.since) > unsaved && i < len(rows)-1 {
				if err := t.flush(); err != nil {
					return t.trouble(err)
				}
			}
		}
		if len(rows) < batch || sent >= mostSent || time.Since(began) > mostTime {
			return t.finished()
		}
		if err := t.flush(); err != nil {
			return t.trouble(err)
		}
	}
}

// waiting reads the next deliveries, without what was set aside in this turn and unless an administrator holds the host.
func (t *turn) waiting() ([]delivery, error) {
	text := `SELECT d.id, d.activity, d.inbox, d.tries, d.status, d.due FROM deliveries d JOIN hosts h ON h.host = d.host
		WHERE d.host = $1 AND d.due <= $2 AND h.state <> 'held'`
	args := []any{t.name, time.Now().UnixMilli()}
	if len(t.odd) > 0 {
		ids := make([]int64, len(t.odd))
		for i, x := range t.odd {
			ids[i] = x.id
		}
		var marks string
		marks, args = db.In(args, ids)
		text += " AND d.id NOT IN (" + marks + ")"
	}
	rows, err := db.All(t.work, t.DB, scanDelivery, text+fmt.Sprintf(" ORDER BY d.id LIMIT %d", batch), args...)
	if err != nil {
		return nil, fmt.Errorf("read what waits for %s: %w", t.name, err)
	}
	return rows, nil
}

const readsLog = 8 // entries of one group's log: a host that is behind by more reads them itself, 200 at a time

// spared are those of the deliveries that need not be made: entries of the log of a group of which the host keeps a copy, with
// later ones right behind them. The last one shows the host how far it is behind.
func (t *turn) spared(rows []delivery) (map[int64]bool, error) {
	if len(rows) <= readsLog {
		return nil, nil
	}
	ids := make([]int64, len(rows))
	for n, x := range rows {
		ids[n] = x.id
	}
	marks, args := db.In(nil, ids)
	groups := map[int64]actors.ID{}
	last, count := map[actors.ID]int64{}, map[actors.ID]int{}
	_, err := db.All(t.work, t.DB, func(r db.Scanner) (x struct{}, err error) {
		var id int64
		var group actors.ID
		err = r.Scan(&id, &group)
		groups[id], last[group] = group, max(last[group], id)
		count[group]++
		return x, err
	}, `SELECT d.id, l.grp FROM deliveries d JOIN log l ON l.activity = d.activity JOIN reach h ON h.object = l.grp AND h.host = d.host AND h.groups_1
		WHERE d.id IN (`+marks+")", args...)
	if err != nil {
		return nil, fmt.Errorf("what waits for %s of logs: %w", t.name, err)
	}
	spare := map[int64]bool{}
	for id, group := range groups {
		spare[id] = count[group] > readsLog && id < last[group]
	}
	return spare, nil
}

func scanDelivery(row db.Scanner) (delivery, error) {
	var x delivery
	var due int64
	err := row.Scan(&x.id, &x.activity, &x.inbox, &x.tries, &x.status, &due)
	x.due, x.apart = db.FromMillis(due), due > 0
	return x, err
}

// send makes one delivery. It returns how the turn ends when it must end here.
func (t *turn) send(x *delivery) *outcome {
	letter, err := t.letters.get(t.work, x.activity)
	if err != nil {
		return t.without(x, err)
	}
	signer, err := t.Signer(t.work, letter.actor, db.TimeOf(x.activity))
	if err != nil {
		return t.without(x, fmt.Errorf("sign %s: %w", letter.iri, err))
	}
	sync, err := t.sync(letter)
	if err != nil {
		return t.without(x, err)
	}
	posted, err := t.Post(t.work, x.inbox, letter.body, signer, sync)
	if err != nil && t.work.Err() != nil { // we broke it off
		return t.released()
	}
	x.iri, x.answer = letter.iri, told(x.inbox, posted, err)
	switch v := judge(posted, err); v {
	case accepted:
		t.good, t.succeeded = true, time.Now()
		t.settle(x)
	case vanished, unwanted:
		t.heard = true
		t.drop(x)
		if v == vanished && t.Gone != nil {
			t.Gone(t.work, t.name, x.inbox, x.activity, posted.Status)
		}
	case refused:
		t.heard = true
		x.count(posted.Status)
		if x.tries > refusals {
			t.drop(x)
			break
		}
		t.aside(x, time.Now().Add(refusal))
	case choked:
		return t.choke(x, posted)
	case away:
		t.problem = x.answer
		var asked time.Duration
		if posted != nil {
			asked = posted.RetryAfter
		}
		return t.failed(asked)
	}
	return nil
}

// choke is for the answer 500: the host is broken, or it breaks on this activity. Three times the host as a whole gets
// time to recover. Then the later ones are tried too: when it accepts one of them, the activity is the poison, and ends.
func (t *turn) choke(x *delivery, posted *federation.Posted) *outcome {
	now := time.Now()
	// Tries of one that was set aside are counted from then on, so that its due tells when that was.
	began := now
	if x.apart && x.status == posted.Status {
		began = x.due.Add(-step(x.tries))
	}
	x.count(posted.Status)
	if began.Before(now) && x.tries >= chokes && !t.succeeded.Before(began) || // it accepted others since
		now.Sub(db.TimeOf(x.id)) > keeping {
		t.drop(x)
		return nil
	}
	first := x.tries < chokes && !x.apart && len(suspects(t.odd)) == 0
	due := began.Add(step(x.tries))
	if !due.After(now) {
		due = now.Add(step(x.tries))
	}
	t.aside(x, due)
	if first {
		return t.failed(posted.RetryAfter)
	}
	return nil
}

// suspects are the deliveries that the host choked on, and did not refuse.
func suspects(odd []*delivery) (all []*delivery) {
	for _, x := range odd {
		if x.status == http.StatusInternalServerError {
			all = append(all, x)
		}
	}
	return all
}

// aside puts a delivery next to the queue until later; the end of the turn decides what becomes of it.
func (t *turn) aside(x *delivery, due time.Time) {
	x.due = due
	t.odd = append(t.odd, x)
	t.problem = x.answer
}

// without is for a delivery that could not be sent by our own fault.
func (t *turn) without(x *delivery, err error) *outcome {
	if errors.Is(err, fault.NotFound) || errors.Is(err, fault.Gone) { // the activity or its actor was deleted here
		t.Log.Info("a delivery is not wanted any more", "host", t.name, "activity", x.activity, "error", err)
		t.settle(x)
		return nil
	}
	return t.trouble(err)
}

// sync is what to say about the followers of the sender on this host, for an activity that goes to them (FEP-8fcf).
func (t *turn) sync(l letter) (*federation.Synchronization, error) {
	if t.Sync == nil {
		return nil, nil
	}
	s, ok := t.syncs[l.actor]
	if !ok {
		var err error
		if s, err = t.Sync(t.work, l.actor, t.name); err != nil {
			return nil, fmt.Errorf("describe the followers of the sender of %s on %s: %w", l.iri, t.name, err)
		}
		if t.syncs == nil {
			t.syncs = map[actors.ID]*federation.Synchronization{}
		}
		t.syncs[l.actor] = s
	}
	if s == nil || !bytes.Contains(l.body, []byte(`"`+s.CollectionID+`"`)) {
		return nil, nil
	}
	return s, nil
}

func (t *turn) settle(x *delivery) {
	if len(t.done) == 0 {
		t.since = time.Now()
	}
	t.done = append(t.done, x.id)
}

func (t *turn) drop(x *delivery) {
	t.problem = x.answer
	t.Log.Warn("a delivery ends: the host does not take it", "host", t.name, "activity", x.iri, "error", x.answer)
	t.settle(x)
}

// flush saves what was done until now, and keeps the lease.
func (t *turn) flush() error {
	if t.good {
		t.convict()
	}
	o := &outcome{host: t.name, end: more, done: t.done}
	if t.good {
		o.aside = t.odd
	}
	if now := time.Now(); t.lease.Sub(now) < lease/2 {
		t.lease = now.Add(lease)
		o.lease = t.lease
	}
	if err := t.saver.save(o); err != nil {
		return err
	}
	t.done, t.syncs = nil, nil // followers change
	if t.good {
		t.odd = nil
	}
	return nil
}
