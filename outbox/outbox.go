// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/timeline"
)

// Outbox does what our people and groups do: here, and towards others.
type Outbox struct {
	DB        *db.DB
	Dir       *actors.Directory
	Library   *content.Library
	Timelines *timeline.Timelines
	Jobs      *jobs.Queue

	// MayPost tells whether somebody's account has not been taken away since a post was scheduled; nil: everybody may.
	MayPost func(context.Context, actors.ID) (bool, error)
	// LanguageOf is the language that one of ours reads the pages in, as far as that is known; nil: of nobody.
	LanguageOf func(context.Context, db.Q, actors.ID) (string, error)
	// Administrators are the accounts that administer this node, the oldest first; nil: there are none.
	Administrators func(context.Context, db.Q) ([]actors.ID, error)
}

// Prepare registers the outbox's durable work; before the queue runs.
func (o *Outbox) Prepare() {
	o.Dir.Changed = o.membershipChanged
	o.Jobs.Handle(jobDraft, o.publishDraft)
	o.Jobs.Handle(jobPoll, o.endPoll)
	o.Jobs.Handle(jobEndGroup, o.endGroup)
	o.Jobs.HandleSlow(jobLinks, o.lookAtLinks)
	o.Jobs.Handle(jobLapse, o.lapse)
	o.Jobs.HandleSlow(jobInvite, o.inviteFromList)
	o.Jobs.HandleSlow(jobReinvite, o.tellReinvited)
}

// sending is an activity on its way out.
type sending struct {
	activity *vocab.Activity
	signer   federation.Signer // zero: the actor's own; set when an old key must vouch for a new one
	item     content.ID        // what it is about: decides who may read it later
	public   bool              // may be read by anybody
	extra    []*actors.Actor   // who gets it besides those it is addressed to
	personal bool              // into personal inboxes: answers, requests, what concerns one person
	while    time.Duration     // that it may wait, so that more goes with it
	hosts    hosts             // which of the actor's followers' or members' hosts
	carried  bool              // to nobody by itself: a group's Announce carries it
	// chain hears the bytes that an entry of a group's log will have but for the head of the log, which it puts in its place.
	chain func(entry []byte) error
}

// hosts are some of those that an actor's followers or a group's members are on.
type hosts int

const (
	allHosts     hosts = iota
	replicas           // of a group: those that keep a copy of its list of members (groups-1)
	plainServers       // the others
)

// send gives the activity an id, writes it once with the actor's proof (FEP-8b32), keeps the bytes, and addresses them.
// Everything happens in the caller's transaction: what was promised is delivered, or nothing happened.
func (o *Outbox) send(ctx context.Context, tx *db.Tx, actor *actors.Actor, s sending) (*vocab.Activity, []byte, error) {
	_, body, err := o.sendAs(ctx, tx, actor, s)
	return s.activity, body, err
}

// sendAs is send; it returns the number of the activity.
func (o *Outbox) sendAs(ctx context.Context, tx *db.Tx, actor *actors.Actor, s sending) (int64, []byte, error) {
	a := s.activity
	fail := func(err error) (int64, []byte, error) {
		return 0, nil, fmt.Errorf("send %s of %s: %w", a.Type, actor.IRI, err)
	}
	id := o.DB.NewID()
	if a.ID == "" {
		a.ID = o.Dir.URL(fmt.Sprintf("/activities/%d", id))
	}
	a.Actor, a.Published, a.Provable = actor.IRI, time.Now(), true
	body, err := a.Encode()
	if err == nil && s.chain != nil {
		if err = s.chain(body); err == nil {
			body, err = a.Encode()
		}
	}
	if err != nil {
		return fail(err)
	}
	signer := s.signer
	if signer.Ed25519 == nil {
		if signer, err = o.Dir.SignerIn(ctx, tx, actor.ID); err != nil {
			return fail(err)
		}
	}
	if body, err = federation.AddProof(body, signer.Ed25519, signer.Ed25519ID, a.Published); err != nil {
		return fail(err)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO activities (id, iri, actor, kind, item, public, body) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		id, a.ID, actor.ID, a.Type, s.item, s.public, body); err != nil {
		return fail(err)
	}
	if s.carried {
		return id, body, nil
	}
	targets, err := o.targets(ctx, tx, actor, s)
	if err != nil {
		return fail(err)
	}
	if err := enqueue(ctx, tx, id, targets, s.while); err != nil {
		return fail(err)
	}
	return id, body, nil
}

// targets finds the inboxes that an activity goes to: those of the actors it names and, when it names them, of the actor's
// own followers or members, one shared inbox a host where there is one; never ourselves, nor blocked hosts. The members of
// a group get what its people say from the group.
func (o *Outbox) targets(ctx context.Context, q db.Q, actor *actors.Actor, s sending) ([]Target, error) {
	named := slices.Concat(s.activity.To, s.activity.CC, s.activity.Audience)
	var targets []Target
	sent := map[string]bool{} // inboxes
	if slices.Contains(named, actor.Followers) {
		followers, err := o.followers(ctx, q, actor, s.hosts)
		if err != nil {
			return nil, err
		}
		for _, t := range followers {
			sent[t.Inbox] = true
			targets = append(targets, t)
		}
	}
	people, err := actors.ByIRIs(ctx, q, slices.DeleteFunc(slices.Clone(named), func(iri string) bool { return iri == vocab.Public || o.Dir.Ours(iri) }))
	if err != nil {
		return nil, err
	}
	for _, a := range append(people, s.extra...) {
		inbox := a.DeliveryInbox()
		if s.personal || !s.public && !sent[inbox] {
			inbox = a.Inbox
		}
		if a.Local || !a.Active() || a.MovedTo != "" && s.activity.Type == "Create" || sent[inbox] || inbox == "" {
			continue
		}
		sent[inbox] = true
		targets = append(targets, Target{Host: a.Host, Inbox: inbox})
	}
	return o.unblocked(ctx, q, targets)
}

// followers are the hosts of the actor's followers or members.
func (o *Outbox) followers(ctx context.Context, q db.Q, actor *actors.Actor, which hosts) ([]Target, error) {
	scan := func(r db.Scanner) (t Target, err error) { return t, r.Scan(&t.Host, &t.Inbox) }
	some := map[hosts]string{replicas: " AND h.groups_1", plainServers: " AND NOT h.groups_1"}[which]
	targets, err := db.All(ctx, q, scan, "SELECT h.host, h.inbox FROM reach h WHERE h.object = $1"+some+" ORDER BY h.host", actor.ID)
	if err != nil {
		return nil, fmt.Errorf("hosts of %s: %w", actor.Followers, err)
	}
	if !slices.ContainsFunc(targets, func(t Target) bool { return t.Inbox == "" }) {
		return targets, nil
	}
	// Where somebody has no shared inbox each gets it in person.
	targets = slices.DeleteFunc(targets, func(t Target) bool { return t.Inbox == "" })
	each, err := db.All(ctx, q, scan, `SELECT DISTINCT a.host, CASE WHEN a.shared_inbox <> '' THEN a.shared_inbox ELSE a.inbox END
		FROM relations r JOIN actors a ON a.id = r.subject JOIN reach h ON h.object = r.object AND h.host = a.host AND h.inbox = ''
		WHERE r.object = $1 AND r.state = 'active'`+some, actor.ID)
	if err != nil {
		return nil, fmt.Errorf("inboxes of the followers of %s: %w", actor.IRI, err)
	}
	return append(targets, each...), nil
}

func (o *Outbox) unblocked(ctx context.Context, q db.Q, targets []Target) ([]Target, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	hosts := make([]string, len(targets))
	for n, t := range targets {
		hosts[n] = t.Host
	}
	refused, err := o.Dir.Refused(ctx, q, hosts)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(targets, func(t Target) bool { return refused[t.Host] }), nil
}

// viewer is how one of ours sees.
func viewer(who *actors.Actor) actors.Viewer { return actors.Viewer{ID: who.ID} }
