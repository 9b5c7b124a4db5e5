// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/jobs"

	"github.com/pleio-node/pleio-node/actors"
)

// workers give received activities their effect: those of one actor in the order in which they came, those of different
// actors beside each other. There is a goroutine only while there is work.
type workers struct {
	mu       sync.Mutex
	ctx      context.Context  // ends with the node; nil before Run
	starting bool             // Run still reads what waited: what comes meanwhile goes behind it
	early    []waits          // what came meanwhile
	lanes    map[string]*lane // of actors with work
	ready    []*lane          // lanes that wait for a worker
	working  int
	fetching int
	running  sync.WaitGroup
}

// waits is an activity that has no effect yet.
type waits struct {
	id    int64
	actor string
}

// lane is what waits of one actor. While its first activity asks other servers, the others behind it wait.
type lane struct {
	actor string
	queue []int64
}

const (
	maxWorking  = 8  // lanes that are worked on at once
	maxFetching = 64 // lanes that ask other servers at once
)

func (w *workers) push(x *Inbox, id int64, actor string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx == nil || w.ctx.Err() != nil {
		return // it waits in the database for the next Run
	}
	if w.starting {
		w.early = append(w.early, waits{id, actor})
		return
	}
	w.put(x, waits{id, actor})
}

// start begins with what waited in the database. What came while that was read may be among it: the second time it has
// its effect already.
func (w *workers) start(x *Inbox, waited []waits) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range append(waited, w.early...) {
		w.put(x, a)
	}
	w.starting, w.early = false, nil
}

// put adds to the lane of the actor. The lock is held.
func (w *workers) put(x *Inbox, a waits) {
	if l := w.lanes[a.actor]; l != nil {
		l.queue = append(l.queue, a.id)
		return
	}
	l := &lane{actor: a.actor, queue: []int64{a.id}}
	w.lanes[a.actor] = l
	w.offer(x, l)
}

// offer puts a lane where the next free worker finds it. The lock is held.
func (w *workers) offer(x *Inbox, l *lane) {
	w.ready = append(w.ready, l)
	if w.working < maxWorking {
		w.working++
		w.running.Go(func() { w.work(x) })
	}
}

func (w *workers) work(x *Inbox) {
	for {
		w.mu.Lock()
		if len(w.ready) == 0 || w.ctx.Err() != nil {
			w.working--
			w.mu.Unlock()
			return
		}
		l := w.ready[0]
		w.ready = w.ready[1:]
		w.mu.Unlock()
		for {
			id, more := w.first(l)
			if !more {
				break
			}
			err := x.try(context.WithoutCancel(w.ctx), id)
			var n *needs
			if errors.As(err, &n) && w.fetch(x, l, id) {
				break // the lane comes back when that is there
			}
			if err != nil {
				x.later(context.WithoutCancel(w.ctx), id, err)
			}
		}
	}
}

// first takes the next activity of a lane; a lane without any goes away.
func (w *workers) first(l *lane) (id int64, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(l.queue) == 0 || w.ctx.Err() != nil {
		delete(w.lanes, l.actor)
		return 0, false
	}
	id, l.queue = l.queue[0], l.queue[1:]
	return id, true
}

// fetch lets a lane ask other servers on a goroutine of its own, so that a slow one keeps nobody else waiting.
func (w *workers) fetch(x *Inbox, l *lane, id int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fetching >= maxFetching {
		return false
	}
	w.fetching++
	w.running.Go(func() {
		ctx, cancel := context.WithTimeout(w.ctx, maxFetchTime)
		defer cancel()
		if err := x.again(ctx, id); err != nil {
			x.later(context.WithoutCancel(w.ctx), id, err)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.fetching--
		w.offer(x, l)
	})
	return true
}

const maxFetchTime = 30 * time.Second // for all that one activity needs

const jobReceived = "received" // an activity that needs something from elsewhere, or another try

// Prepare registers the inbox's durable work; before the queue runs.
func (x *Inbox) Prepare() {
	x.Dir.Deserted = x.deserted
	x.Jobs.HandleSlow(jobPurge, x.purge)
	x.Jobs.HandleSlow(jobReceived, func(ctx context.Context, payload []byte) error {
		var id int64
		if err := json.Unmarshal(payload, &id); err != nil {
			return jobs.Never(err)
		}
		err := x.again(ctx, id)
		if err == nil || ctx.Err() != nil {
			return err
		}
		return x.patience(ctx, id, err)
	})
	x.Jobs.HandleSlow(jobGroup, x.readGroup)
	x.Jobs.HandleSlow(jobGroupCheck, x.checkGroup)
	x.Jobs.HandleSlow(jobProfile, x.readProfile)
	x.Jobs.HandleSlow(jobParents, func(ctx context.Context, payload []byte) error { return x.fetchParents(ctx, payload) })
	x.Jobs.HandleSlow(jobReplies, func(ctx context.Context, payload []byte) error { return x.fetchReplies(ctx, payload) })
	x.Jobs.HandleSlow(jobQuote, func(ctx context.Context, payload []byte) error { return x.checkQuote(ctx, payload) })
	x.Jobs.HandleSlow(jobVanished, func(ctx context.Context, payload []byte) error { return x.lookFor(ctx, payload) })
	x.Jobs.HandleSlow(jobFollowers, func(ctx context.Context, payload []byte) error { return x.synchronize(ctx, payload) })
}

// Run works until the context ends, beginning with what waited when the node stopped.
func (x *Inbox) Run(ctx context.Context) error {
	x.workers.mu.Lock()
	x.workers.ctx, x.workers.lanes, x.workers.starting = ctx, map[string]*lane{}, true
	x.workers.mu.Unlock()
	waited, err := db.All(ctx, x.DB, func(r db.Scanner) (a waits, err error) { return a, r.Scan(&a.id, &a.actor) },
		"SELECT id, actor FROM received WHERE state = 'waiting' ORDER BY id")
	if err != nil {
		return fmt.Errorf("find what waits: %w", err)
	}
	x.workers.start(x, waited)
	<-ctx.Done()
	x.workers.running.Wait()
	return nil
}

// needs says that an activity has no meaning before something else has been read from its origin.
type needs struct {
	iri string
	now bool // what is known of it is not enough
}

func (n *needs) Error() string { return "first needs " + n.iri }

// later has an activity tried again, with patience.
func (x *Inbox) later(ctx context.Context, id int64, reason error) {
	x.Log.Warn("inbox will try again", "received", id, "error", reason)
	err := x.DB.Tx(ctx, func(tx *db.Tx) error {
		return x.Jobs.Add(ctx, tx, jobReceived, fmt.Sprint(id), id, time.Now().Add(time.Minute))
	})
	if err != nil {
		x.Log.Error("inbox cannot note what to try again", "received", id, "error", err)
	}
}

const (
	maxPatience = 7 * 24 * time.Hour // as long as others try to reach us
	maxPause    = time.Hour          // a server that is back is not kept waiting
)

// patience says when what could not be read elsewhere is tried again. The activity was answered with 202: it is not given up
// because its server can speak and not be reached for a day.
func (x *Inbox) patience(ctx context.Context, id int64, reason error) error {
	age := time.Since(db.TimeOf(id))
	if age > maxPatience {
		return x.finish(ctx, x.DB, id, refused, "It could not be understood in a week: "+fault.Sentence(reason))
	}
	return jobs.Retry(time.Now().Add(min(max(age, time.Minute), maxPause)))
}

const maxNeeds = 4 // things that one activity may have read elsewhere before it is understood

// again is try where there is time to ask other servers.
func (x *Inbox) again(ctx context.Context, id int64) error {
	for range maxNeeds {
		err := x.try(ctx, id)
		var n *needs
		if !errors.As(err, &n) {
			return err
		}
		if err := x.have(ctx, n); err != nil {
			if fault.Status(err) >= 500 || errors.Is(err, fault.Unauthorized) { // it may not be able to read our key at the moment
				return fmt.Errorf("fetch %s: %w", n.iri, err)
			}
			return x.finish(ctx, x.DB, id, refused, fmt.Sprintf("%s could not be read: %s", n.iri, fault.Sentence(err)))
		}
	}
	return x.finish(ctx, x.DB, id, refused, "it needs too much from elsewhere")
}

func (x *Inbox) have(ctx context.Context, n *needs) error {
	if n.now {
		_, err := x.Dir.Fetch(ctx, n.iri)
		return err
	}
	_, _, err := x.Resolve(ctx, n.iri)
	return err
}

// try gives an activity its effect in one transaction with the note that it is done. Refusals are final and kept with
// their reason; other errors are returned.
func (x *Inbox) try(ctx context.Context, id int64) error {
	type row struct {
		iri, actor, signer, state string
		body                      []byte
	}
	got, err := db.One(ctx, x.DB, func(r db.Scanner) (g row, err error) {
		return g, r.Scan(&g.iri, &g.actor, &g.signer, &g.state, &g.body)
	},
		"SELECT iri, actor, signer, state, body FROM received WHERE id = $1", id)
	if errors.Is(err, fault.NotFound) {
		return nil // it was read from the log of its group meanwhile, behind what comes before it
	}
	if err != nil || got.state != waiting {
		return err
	}
	a, err := x.open(ctx, got.iri, got.actor, got.signer, got.body)
	if err == nil {
		var due bool
		if due, err = x.keepUp(ctx, a, id); err == nil && !due {
			return nil
		}
	}
	if err == nil {
		err = x.waitsBehind(ctx, a, id)
	}
	if err == nil {
		err = x.allowAndApply(ctx, a, id)
	}
	var n *needs
	var r *refusal
	switch status := fault.Status(err); {
	case err == nil:
		return nil
	case errors.As(err, &n), status >= 500:
		return err
	case errors.As(err, &r):
		return x.tellRefused(ctx, a, id, r)
	default:
		x.Log.Info("activity refused", "id", got.iri, "actor", got.actor, "reason", err)
		return x.finish(ctx, x.DB, id, refused, fault.Sentence(err))
	}
}

// errNotYet is for an activity whose time has not come: something before it is still on its way. It is tried again.
var errNotYet = fault.Say(fault.Unavailable, "What this is about has not come yet.")

// waitsBehind keeps the order of what one actor says about one thing: while something earlier waits for another server, what
// comes after it waits too, or a like would stay that was taken back.
func (x *Inbox) waitsBehind(ctx context.Context, a *arrival, id int64) error {
	earlier, err := db.All(ctx, x.DB, db.Scalar[[]byte], "SELECT body FROM received WHERE state = 'waiting' AND actor = $1 AND id < $2 LIMIT 1000", a.Actor, id)
	if err != nil || len(earlier) == 0 {
		return err
	}
	about := a.Activity
	for about.Object.Activity != nil {
		about = about.Object.Activity
	}
	for _, body := range earlier {
		if about.Object.ID != "" && bytes.Contains(body, []byte(strconv.Quote(about.Object.ID))) {
			return errNotYet
		}
	}
	return nil
}

// open reads an activity: the bytes that came when their actor vouches for them, those of its origin when somebody passed it on.
func (x *Inbox) open(ctx context.Context, iri, actor, signer string, body []byte) (*arrival, error) {
	if signer != actor {
		app, err := x.Dir.Signer(ctx, x.Dir.App().ID)
		if err != nil {
			return nil, err
		}
		fetched, err := x.Dir.Client.Document(ctx, iri, &app)
		if err != nil {
			return nil, fault.Say(fault.Invalid, "It was passed on by %s without a proof, and its origin does not show it.", signer)
		}
		body = fetched.Body
	}
	activity, err := vocab.DecodeActivity(body)
	if err != nil {
		return nil, err
	}
	if activity.ID != iri || activity.Actor != actor {
		return nil, fault.Say(fault.Invalid, "The activity at %s is another one.", iri)
	}
	if err := x.originals(ctx, activity); err != nil {
		return nil, err
	}
	who, err := actors.ByIRI(ctx, x.DB, actor)
	if errors.Is(err, fault.NotFound) {
		return nil, &needs{iri: actor}
	}
	if err != nil && !errors.Is(err, fault.Gone) {
		return nil, err
	}
	if err == nil && !who.Active() {
		return nil, fault.Say(fault.Forbidden, "%s has been suspended on this node.", who.Handle())
	}
	if err != nil {
		return nil, err
	}
	return &arrival{Activity: activity, actor: who, raw: body}, nil
}

// originals puts the ids of posts in the place of those of the copies of them that our groups made for servers without groups-1.
func (x *Inbox) originals(ctx context.Context, a *vocab.Activity) error {
	for a != nil {
		ids := []*string{&a.Object.ID}
		if o := a.Object.Object; o != nil {
			ids = []*string{&o.InReplyTo}
		}
		for _, id := range ids {
			original, err := x.Outbox.Original(ctx, x.DB, *id)
			if err != nil {
				return err
			}
			*id = original
		}
		a = a.Object.Activity
	}
	return nil
}

func (x *Inbox) allowAndApply(ctx context.Context, a *arrival, id int64) error {
	h, known := handlerOf(a.Type)
	if !known {
		return x.finish(ctx, x.DB, id, done, "nothing is done with a "+a.Type)
	}
	if err := h.allow(ctx, x, x.DB, a); err != nil {
		return err
	}
	return x.DB.Tx(ctx, func(tx *db.Tx) error {
		// Taken first: on PostgreSQL two processes cannot both give it its effect.
		res, err := tx.Exec(ctx, "UPDATE received SET state = $1 WHERE id = $2 AND state = $3", done, id, waiting)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return h.apply(ctx, x, tx, a)
	})
}

func (x *Inbox) finish(ctx context.Context, d *db.DB, id int64, state, reason string) error {
	return d.Tx(ctx, func(tx *db.Tx) error { return x.end(ctx, tx, id, state, reason) })
}

func (x *Inbox) end(ctx context.Context, tx *db.Tx, id int64, state, reason string) error {
	_, err := tx.Exec(ctx, "UPDATE received SET state = $1, error = $2 WHERE id = $3", state, reason, id)
	return err
}

// Forget removes what was received long ago and is done: the memory against repetition need not be longer than others try.
func (x *Inbox) Forget(ctx context.Context) error {
	const remember = 30 * 24 * time.Hour
	return x.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM received WHERE state <> 'waiting' AND id < $1", db.FirstID(time.Now().Add(-remember)))
		return err
	})
}
