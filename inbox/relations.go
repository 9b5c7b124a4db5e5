// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

import (
	"context"
	"errors"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/outbox"
)

// allowFollow: anybody may ask; the answer depends on who is asked.
func allowFollow(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	target, err := actors.ByIRI(ctx, q, a.Object.ID)
	if err != nil {
		return err
	}
	if !target.Local || target.Kind == actors.Application || a.Type == "Join" && !target.IsGroup() {
		return fault.Say(fault.Invalid, "%s cannot be followed or joined here.", a.Object.ID)
	}
	a.other = target
	return nil
}

func applyFollow(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	request := actors.Request{ID: a.ID, As: a.Type, Message: a.Content}
	before, err := actors.RelationOf(ctx, tx, a.actor.ID, a.other.ID)
	if err != nil {
		return err
	}
	// A secret group answers nobody who is not invited: that would tell that there is one (groups-1 §5).
	silent := a.other.IsGroup() && a.other.Visibility == actors.VisibilityHidden && !before.Invites()
	r, err := x.Dir.Ask(ctx, tx, a.actor, a.other, request)
	if errors.Is(err, fault.Forbidden) && !silent {
		if !a.other.IsGroup() { // people need not say why
			return x.Outbox.Reply(ctx, tx, "Reject", a.other, a.actor, request)
		}
		return x.Outbox.Refuse(ctx, tx, a.other, a.actor, request, fault.Sentence(err))
	}
	if err != nil {
		return err
	}
	if before.State != r.State {
		if err := x.Outbox.NotifyAsked(ctx, tx, a.actor, a.other, r); err != nil {
			return err
		}
	}
	switch {
	case r.State == actors.Active:
		return x.Outbox.Reply(ctx, tx, "Accept", a.other, a.actor, request)
	case a.other.IsGroup() && a.actor.Groups1 && !silent: // it has come, and waits (groups-1 §5)
		return x.Outbox.Reply(ctx, tx, "TentativeAccept", a.other, a.actor, request)
	}
	return nil
}

func applyLeave(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	if _, err := x.Dir.End(ctx, tx, a.actor, a.other, actors.Left); err != nil {
		return refuse(a.other, err) // the last owner stays
	}
	return x.Outbox.Withdrawn(ctx, tx, a.actor, a.other)
}

// allowAnswer finds the question of ours that an Accept or Reject answers: never without one (a follow that was not
// answered by whom it asked is no follow).
func allowAnswer(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	quoting, err := quoteRequest(ctx, q, a)
	if err != nil {
		return err
	}
	if quoting != nil {
		return allowQuoteAnswer(ctx, q, a, quoting)
	}
	if a.Type == "Accept" && outbox.IsReport(a.Object.Activity) {
		return x.allowResolution(ctx, q, a)
	}
	if known, err := x.allowInviteAnswer(ctx, q, a); known || err != nil {
		return err
	}
	group, member, err := x.askedOfGroup(ctx, q, a)
	if err != nil {
		return err
	}
	if group != nil {
		a.group = group
		d := outbox.Decision{Kind: outbox.DecidedRejection}
		if a.Type == "Accept" {
			d.Kind = outbox.DecidedAdmission
		}
		return x.allowDecision(ctx, q, a, member, d)
	}
	if entryOf(a) > 0 && a.Type == "Reject" {
		return nil // what the group answered somebody, in its log
	}
	if ours, err := ourRequest(ctx, q, a); ours || err != nil {
		return err
	}
	var who actors.ID
	if a.Object.Activity != nil && a.Object.Activity.Actor != "" {
		asker, err := actors.ByIRI(ctx, q, a.Object.Activity.Actor)
		if err != nil {
			return err
		}
		if a.Object.Activity.Object.ID != a.Actor {
			return fault.Say(fault.Forbidden, "%s answers a question that was put to somebody else.", a.Actor)
		}
		who = asker.ID
	} else {
		who, err = db.One(ctx, q, db.Scalar[actors.ID], "SELECT subject FROM relations WHERE object = $1 AND request = $2", a.actor.ID, a.Object.ID)
		if err != nil {
			return fault.Say(fault.NotFound, "%s answers a question that nobody here asked.", a.Actor)
		}
	}
	asker, err := actors.Get(ctx, q, who)
	if err != nil {
		return err
	}
	r, err := actors.RelationOf(ctx, q, who, a.actor.ID)
	if err != nil {
		return err
	}
	if !asker.Local || r.State != actors.Requested && r.State != actors.Active {
		return fault.Say(fault.NotFound, "%s answers a question that nobody here asked.", a.Actor)
	}
	a.other = asker
	return nil
}

// ourRequest tells whether a group elsewhere refuses something that one of ours wanted it to do: it comes to nothing, and what is so
// here has not been changed.
func ourRequest(ctx context.Context, q db.Q, a *arrival) (bool, error) {
	if a.Type != "Reject" || a.Object.Activity != nil || !a.actor.IsGroup() {
		return false, nil
	}
	n, err := db.One(ctx, q, db.Scalar[int], "SELECT COUNT(*) FROM activities WHERE iri = $1 AND kind IN ('Accept', 'Reject', 'Update', 'Remove', 'Block', 'Undo', 'Create')", a.Object.ID)
	return n > 0, err
}

// applyTentative: the question has come, and waits for an answer as it did before.
func applyTentative(context.Context, *Inbox, *db.Tx, *arrival) error { return nil }

func applyAccept(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	switch {
	case a.quoting != nil:
		return applyQuoteAnswer(ctx, x, tx, a)
	case a.decision != nil:
		return applyDecision(ctx, x, tx, a)
	case a.toInvite:
		return x.applyInviteAnswer(ctx, tx, a)
	case a.report != nil:
		return x.Outbox.TakeResolution(ctx, tx, a.actor, a.group, a.report, outbox.Reason(a.Activity), a.ID)
	case a.other == nil:
		return nil
	}
	if _, err := x.Dir.Admit(ctx, tx, a.other, a.actor); err != nil {
		return err
	}
	if a.actor.IsGroup() {
		if err := x.Outbox.Withdrawn(ctx, tx, a.other, a.actor); err != nil { // others here may have been asked to decide
			return err
		}
	}
	if !replicates(a.actor) {
		return nil
	}
	if w := a.Result.Object; w != nil && w.Membership != nil && w.Membership.Subject == a.other.IRI && w.Membership.State == string(actors.Active) {
		if err := isMembership(w, a.actor); err != nil {
			return err
		}
		if _, err := x.record(ctx, tx, a.actor, a.other, w, w.Seq); err != nil {
			return err
		}
	}
	return x.joined(ctx, tx, a.actor)
}

func applyReject(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	switch {
	case a.quoting != nil:
		return applyQuoteAnswer(ctx, x, tx, a)
	case a.decision != nil:
		return applyDecision(ctx, x, tx, a)
	case a.toInvite:
		return x.applyInviteAnswer(ctx, tx, a)
	case a.other == nil:
		return nil
	}
	if _, err := x.Dir.End(ctx, tx, a.other, a.actor, actors.Removed); err != nil || !a.actor.IsGroup() {
		return err
	}
	return x.Outbox.Withdrawn(ctx, tx, a.other, a.actor)
}

// ---- Block and Lock ----------------------------------------------------------------------------------

// allowBlock: of one of ours by somebody elsewhere; or of a member by the staff of a group (FEP-1b12), which is ours, or
// which announced it.
func allowBlock(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	other, err := actors.ByIRI(ctx, q, a.Object.ID)
	if err != nil {
		return err
	}
	a.other = other
	if a.Target.ID == "" || a.Target.ID == a.Actor {
		if !other.Local {
			return fault.Say(fault.Invalid, "The block concerns nobody of this node.")
		}
		return nil
	}
	group, err := actors.ByIRI(ctx, q, a.Target.ID)
	if err != nil {
		return err
	}
	if !group.IsGroup() {
		return fault.Say(fault.Invalid, "%s is not a group.", a.Target.ID)
	}
	a.group = group
	if group.Local && a.via == nil {
		return x.allowDecision(ctx, q, a, other.IRI, outbox.Decision{Kind: outbox.DecidedBan, Until: a.EndTime})
	}
	if err := x.mayModerate(ctx, q, a); err != nil || replicates(group) {
		return err // its log says who is banned
	}
	role, err := actors.RoleOf(ctx, q, other.ID, group.ID)
	if err == nil && role.Staff() {
		err = fault.Say(fault.Forbidden, "Owners and moderators of a group cannot be banned from it.")
	}
	return err
}

func applyBlock(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	switch {
	case a.group == nil:
		return x.Dir.Block(ctx, tx, a.actor, a.other, a.ID)
	case a.decision != nil:
		return applyDecision(ctx, x, tx, a)
	case replicates(a.group):
		return nil // its record tells
	}
	return x.Dir.Ban(ctx, tx, a.other, a.group, actors.Why{Until: a.EndTime})
}

func allowLock(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	item, err := content.Stored(ctx, q, a.Object.ID)
	if err != nil {
		return err
	}
	a.item = item
	if err := x.groupOfItem(ctx, q, a); err != nil {
		return err
	}
	return x.mayModerate(ctx, q, a)
}

func applyLock(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	if err := content.Close(ctx, tx, a.item.ID, time.Now()); err != nil {
		return err
	}
	return x.relay(ctx, tx, a, a.item)
}

// ---- Add and Remove ----------------------------------------------------------------------------------

// allowCollect: an actor pins or unpins its own in its own collection; a group's staff also names moderators (FEP-1b12).
func allowCollect(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	if isRecord(a.Activity) {
		return allowRecord(a)
	}
	if purged, err := x.allowPurged(ctx, q, a); purged || err != nil {
		return err
	}
	target := a.Target.ID
	if target == "" {
		target = a.Origin.ID
	}
	if target == "" {
		return fault.Say(fault.Invalid, "The %s names no collection.", a.Type)
	}
	owner := a.actor
	if target != a.actor.Featured {
		group, err := db.One(ctx, q, db.Scalar[actors.ID], "SELECT id FROM actors WHERE kind = 'Group' AND (featured = $1 OR moderators = $1 OR members = $1 AND local) AND deleted = 0", target)
		if err != nil {
			return fault.Say(fault.NotFound, "The collection %s is not known here.", target)
		}
		if owner, err = actors.Get(ctx, q, group); err != nil {
			return err
		}
		a.group = owner
		if target == owner.Members {
			if a.Type != "Remove" || a.via != nil {
				return fault.Say(fault.Invalid, "Nobody is made a member of %s: people ask, or are invited.", owner.IRI)
			}
			return x.allowDecision(ctx, q, a, a.Object.ID, outbox.Decision{Kind: outbox.DecidedRemoval})
		}
		if a.actor.ID != owner.ID {
			if err := x.mayModerate(ctx, q, a); err != nil {
				return err
			}
		}
		if target == owner.Moderators {
			return x.allowRole(ctx, q, a)
		}
	}
	item, err := content.Stored(ctx, q, a.Object.ID)
	if errors.Is(err, fault.NotFound) && federation.SameOrigin(a.Object.ID, owner.IRI) {
		return &needs{iri: a.Object.ID}
	}
	if err != nil {
		return err
	}
	if item.Author != owner.ID && item.Group != owner.ID {
		return fault.Say(fault.Forbidden, "%s pins what is not its own.", a.Actor)
	}
	a.item = item
	return nil
}

func (x *Inbox) allowRole(ctx context.Context, q db.Q, a *arrival) error {
	other, err := actors.ByIRI(ctx, q, a.Object.ID)
	if err != nil {
		return err
	}
	a.other = other
	d := outbox.Decision{Kind: outbox.DecidedRole, Role: actors.RoleMember}
	if a.Type == "Add" {
		d.Role = actors.RoleModerator
	}
	now, err := actors.RoleOf(ctx, q, other.ID, a.group.ID)
	if err != nil || now == actors.RoleOwner || now == "" && !a.group.Local || replicates(a.group) {
		a.decision = &outbox.Decision{} // an owner is in the list of moderators; and of a group that keeps a log that tells the roles
		return err
	}
	if !a.group.Local {
		return nil
	}
	return x.allowDecision(ctx, q, a, other.IRI, d)
}

func applyCollect(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	if isRecord(a.Activity) {
		return nil
	}
	switch {
	case a.purged != 0:
		return actors.Purged(ctx, tx, a.purged, a.actor.Host, a.Published)
	case a.decision != nil:
		return applyDecision(ctx, x, tx, a)
	case a.other != nil: // of a group of other software
		role := actors.RoleMember
		if a.Type == "Add" {
			role = actors.RoleModerator
		}
		return x.Dir.SetRole(ctx, tx, a.other, a.group, role)
	}
	when := time.Time{}
	if a.Type == "Add" {
		when = time.Now()
	}
	pin := content.Pin
	if a.group != nil || a.actor.IsGroup() {
		pin = content.PinInGroup
	}
	if err := pin(ctx, tx, a.item.ID, when); err != nil {
		return err
	}
	return x.relay(ctx, tx, a, a.item)
}

// ---- Move --------------------------------------------------------------------------------------------

// allowMove: the old account says that it goes on at a new one, which names the old one too (FEP-7628).
func allowMove(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	if a.Object.ID != a.Actor || a.Target.ID == "" || a.Target.ID == a.Actor {
		return fault.Say(fault.Invalid, "A Move is by the account that moves, to another one.")
	}
	target, err := actors.ByIRI(ctx, q, a.Target.ID)
	if errors.Is(err, fault.NotFound) {
		return &needs{iri: a.Target.ID}
	}
	if err != nil {
		return err
	}
	if !target.Local && time.Since(target.Fetched) > time.Minute {
		return &needs{iri: a.Target.ID, now: true} // what it says of the old one may be newer than what we know
	}
	for _, other := range target.AlsoKnownAs {
		if other == a.Actor && target.MovedTo == "" {
			a.other = target
			return nil
		}
	}
	return fault.Say(fault.Forbidden, "%s does not name %s as an earlier account.", a.Target.ID, a.Actor)
}

func applyMove(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	return x.Outbox.FollowMove(ctx, tx, a.actor, a.other)
}
