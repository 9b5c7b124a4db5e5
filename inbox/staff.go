// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// ---- what staff elsewhere wants of our groups ----------------------------------------------------------

// allowDecision is for a decision about a membership of a group of ours by somebody elsewhere: our own list says whether it may
// be taken (groups-1 §5). One that stands already is allowed and changes nothing.
func (x *Inbox) allowDecision(ctx context.Context, q db.Q, a *arrival, member string, d outbox.Decision) error {
	other, err := actors.ByIRI(ctx, q, member)
	if err != nil {
		return err
	}
	d.Reason = outbox.Reason(a.Activity)
	a.other, a.decision = other, &d
	role, err := actors.RoleOf(ctx, q, a.actor.ID, a.group.ID)
	if err != nil {
		return err
	}
	if stands, err := outbox.Stands(ctx, q, other, a.group, d); err != nil || stands && role.Staff() {
		a.decision.Kind = ""
		return err
	}
	if err := outbox.MayDecide(ctx, q, a.actor, other, a.group, d); err != nil {
		return refuse(a.group, err)
	}
	return nil
}

// allowResolution: an owner or moderator elsewhere resolves a report in a group of ours; or a group elsewhere says in its log that one
// is, of which note is taken there.
func (x *Inbox) allowResolution(ctx context.Context, q db.Q, a *arrival) error {
	if entryOf(a) > 0 {
		return nil
	}
	group, err := actors.ByIRI(ctx, q, a.Object.Activity.Actor)
	if err != nil {
		return err
	}
	if !group.IsGroup() || !group.Local || a.via != nil {
		return fault.Say(fault.Invalid, "%s is no report in a group of this node.", a.Object.ID)
	}
	a.group = group
	a.report, err = outbox.MayResolve(ctx, q, a.actor, group, a.Object.ID)
	return refuse(group, err)
}

// refuse has the sender told of a refusal, and of no other failure.
func refuse(by *actors.Actor, err error) error {
	if err == nil || fault.Status(err) >= 500 {
		return err
	}
	return &refusal{by, err}
}

func applyDecision(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	if a.decision.Kind == "" {
		return nil
	}
	asked := *a.Activity
	asked.Raw = a.raw
	return refuse(a.group, x.Outbox.Take(ctx, tx, a.actor, a.other, a.group, *a.decision, &asked))
}

// askedOfGroup finds who asks to join which group of ours, when an Accept or Reject is about that: it names the Offer with which
// the group told of it, or the Follow or Join itself. It is nil when it is about something else.
func (x *Inbox) askedOfGroup(ctx context.Context, q db.Q, a *arrival) (group *actors.Actor, asker string, err error) {
	asked := a.Object.Activity
	if a.Type == "TentativeAccept" {
		return nil, "", nil
	}
	if asked == nil {
		asked, err = storedQuestion(ctx, q, a)
	}
	if asked != nil && asked.Type == "Offer" {
		asked = asked.Object.Activity
	}
	if err != nil || asked == nil || !joins(asked) || !x.Dir.Ours(asked.Object.ID) {
		return nil, "", err
	}
	group, err = actors.ByIRI(ctx, q, asked.Object.ID)
	if err != nil || !group.IsGroup() {
		return nil, "", err
	}
	return group, asked.Actor, nil
}

func joins(a *vocab.Activity) bool { return a.Type == "Follow" || a.Type == "Join" }

// storedQuestion finds what an id stands for: an Offer that we made, or what somebody asked of a group that the actor decides in.
func storedQuestion(ctx context.Context, q db.Q, a *arrival) (*vocab.Activity, error) {
	body, err := db.One(ctx, q, db.Scalar[[]byte], "SELECT body FROM activities WHERE iri = $1 AND kind = 'Offer'", a.Object.ID)
	if err == nil {
		return vocab.DecodeActivity(body)
	}
	if !errors.Is(err, fault.NotFound) {
		return nil, err
	}
	found, err := db.One(ctx, q, func(r db.Scanner) (*vocab.Activity, error) {
		f := &vocab.Activity{Type: "Join"}
		return f, r.Scan(&f.Actor, &f.Object.ID)
	}, `SELECT s.iri, g.iri FROM relations m JOIN actors g ON g.id = m.object AND g.local JOIN relations r ON r.object = g.id AND r.request = $2 JOIN actors s ON s.id = r.subject
		WHERE m.subject = $1 AND m.state = 'active' AND m.role IN ('owner', 'moderator')`, a.actor.ID, a.Object.ID)
	if errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	return found, err
}

// tellRefused ends an activity that had no effect, and tells its sender why, when a group refused it that the sender may know of.
func (x *Inbox) tellRefused(ctx context.Context, a *arrival, id int64, r *refusal) error {
	knows, err := actors.Knows(ctx, x.DB, actors.Viewer{Host: a.actor.Host}, r.by)
	if err != nil || !knows || a.via != nil {
		return errors.Join(err, x.finish(ctx, x.DB, id, refused, fault.Sentence(r.error)))
	}
	return x.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := x.Outbox.Refuse(ctx, tx, r.by, a.actor, actors.Request{ID: a.ID, As: a.Type}, fault.Sentence(r.error)); err != nil {
			return err
		}
		return x.end(ctx, tx, id, refused, fault.Sentence(r.error))
	})
}

// ---- what groups elsewhere tell our staff ---------------------------------------------------------------

// allowOffer: the home of a group tells those who decide there who asks to join (groups-1 §5), and what was reported.
func allowOffer(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	if !replicates(a.actor) {
		return fault.Say(fault.Forbidden, "%s is no group that others decide in.", a.Actor)
	}
	here, err := actors.MembersHere(ctx, q, a.actor.ID)
	if err == nil && here == 0 {
		err = fault.Say(fault.Forbidden, "Nobody on this node is a member of %s.", a.Actor)
	}
	if err != nil {
		return err
	}
	for _, asked := range offered(a.Activity) {
		if outbox.IsReport(asked) && asked.Actor == a.Actor && federation.CheckID(asked.Object.ID) == nil {
			continue
		}
		if asked == nil || !joins(asked) || asked.Object.ID != a.Actor || federation.CheckID(asked.Actor) != nil {
			return fault.Say(fault.Invalid, "%s offers what is neither a wish to join it nor a report in it.", a.Actor)
		}
	}
	return nil
}

func offered(a *vocab.Activity) []*vocab.Activity {
	all := []*vocab.Activity{a.Object.Activity}
	for _, more := range a.MoreObjects {
		all = append(all, more.Activity)
	}
	return all
}

func applyOffer(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	staff, err := actors.ByIRIs(ctx, tx, slices.DeleteFunc(slices.Clone(a.To), func(iri string) bool { return !x.Dir.Ours(iri) }))
	if err != nil {
		return err
	}
	// Who was told of it is a member; that it decides there, an entry of the log says that may be on its way.
	var told []actors.ID
	for _, s := range staff {
		role, err := actors.RoleOf(ctx, tx, s.ID, a.actor.ID)
		if err != nil {
			return err
		}
		if role != "" {
			told = append(told, s.ID)
		}
	}
	for _, asked := range offered(a.Activity) {
		if err := x.offer(ctx, tx, a.actor, asked, told); err != nil {
			return err
		}
	}
	return nil
}

func (x *Inbox) offer(ctx context.Context, tx *db.Tx, group *actors.Actor, asked *vocab.Activity, told []actors.ID) error {
	if asked.Type == "Flag" {
		target, err := x.person(ctx, tx, asked.Object.ID)
		if target == nil || err != nil || len(told) == 0 {
			return err
		}
		return x.Outbox.KeepOffered(ctx, tx, group, target, asked, told)
	}
	who, err := x.person(ctx, tx, asked.Actor) // those who decide must see who asks
	if who == nil || err != nil {
		return err
	}
	stands, err := x.Dir.Offered(ctx, tx, who, group, actors.Request{ID: asked.ID, As: asked.Type, Message: asked.Content})
	if err != nil || !stands {
		return err
	}
	for _, owner := range told {
		if err := x.Timelines.Notify(ctx, tx, owner, timeline.FollowRequest, who.ID, 0); err != nil {
			return fmt.Errorf("tell who asks to join %s: %w", group.IRI, err)
		}
	}
	return nil
}

// allowUndoOffer: the question was answered, or is asked no more.
func (x *Inbox) allowUndoOffer(ctx context.Context, q db.Q, a *arrival) error {
	asked := a.inner.Object.Activity
	if !replicates(a.actor) || asked == nil || asked.Object.ID != a.Actor {
		return fault.Say(fault.Invalid, "%s takes back an offer that is none of its own.", a.Actor)
	}
	other, err := actors.ByIRI(ctx, q, asked.Actor)
	a.other = other
	return err
}

func (x *Inbox) applyUndoOffer(ctx context.Context, tx *db.Tx, a *arrival) error {
	r, err := actors.RelationOf(ctx, tx, a.other.ID, a.actor.ID)
	if err != nil || r.State != actors.Requested || a.other.Local { // what one of ours asks is answered to that one
		return err
	}
	if _, err := x.Dir.End(ctx, tx, a.other, a.actor, actors.Left); err != nil {
		return err
	}
	return x.Outbox.Withdrawn(ctx, tx, a.other, a.actor)
}
