// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

import (
	"context"
	"errors"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/outbox"
)

// Invitations to groups (groups-1 §5, §6): a group elsewhere invites one of ours, a member elsewhere asks a group of ours to invite
// somebody, and who was invited answers.

// allowInvite: a group speaks for itself only, and a group of ours listens to its members only. What the Invite shows of the group is
// not looked at: that the group's key is known means that its document has been read.
func allowInvite(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	if x.Dir.Ours(a.Object.ID) {
		return x.allowInviteByMember(ctx, q, a)
	}
	if a.Object.ID != a.Actor || !a.actor.IsGroup() {
		return fault.Say(fault.Forbidden, "%s does not invite to %s.", a.Actor, a.Object.ID)
	}
	who, err := actors.ByIRI(ctx, q, a.Target.ID)
	if err != nil {
		return err
	}
	if !who.Local || who.Kind != actors.Person || !who.Active() {
		return fault.Say(fault.NotFound, "%s is nobody of this node.", a.Target.ID)
	}
	if !time.Now().Before(a.EndTime) {
		return fault.Say(fault.Forbidden, "The invitation %s has expired.", a.ID)
	}
	a.group, a.other = a.actor, who
	_, err = invitationOf(a)
	return err
}

// invitationOf reads what is offered from the record that an Invite holds; without one it is to be a member.
func invitationOf(a *arrival) (actors.Invitation, error) {
	in := actors.Invitation{ID: a.ID, Role: actors.RoleMember, Message: a.Content, Expires: a.EndTime}
	if o := a.Result.Object; o != nil {
		m := o.Membership
		if m == nil || m.Subject != a.Target.ID || m.Object != a.Object.ID {
			return in, fault.Say(fault.Invalid, "The invitation %s holds something else than the record of who is invited.", a.ID)
		}
		in.Role, in.Until = actors.Role(m.Role), o.EndTime
	}
	if in.Role != actors.RoleMember && in.Role != actors.RoleGuest {
		return in, fault.Say(fault.Invalid, "People are invited as a member or as a guest, not as %s.", actors.CleanText(string(in.Role), 30))
	}
	return in, nil
}

func (x *Inbox) allowInviteByMember(ctx context.Context, q db.Q, a *arrival) error {
	group, err := actors.ByIRI(ctx, q, a.Object.ID)
	if err != nil {
		return err
	}
	role, err := actors.RoleOf(ctx, q, a.actor.ID, group.ID)
	if err != nil {
		return err
	}
	if !group.IsGroup() || role == "" { // strangers make us read nothing elsewhere
		return fault.Say(fault.Forbidden, "%s does not invite to %s.", a.Actor, a.Object.ID)
	}
	if _, err := invitationOf(a); err != nil {
		return err
	}
	who, err := actors.ByIRI(ctx, q, a.Target.ID)
	switch {
	case errors.Is(err, fault.NotFound) && !x.Dir.Ours(a.Target.ID):
		return &needs{iri: a.Target.ID}
	case err != nil:
		return err
	case !who.Local && who.Fetched.IsZero():
		return &needs{iri: a.Target.ID, now: true} // known by name only: see Directory.Note
	}
	a.group, a.other = group, who
	return nil
}

func applyInvite(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	in, err := invitationOf(a)
	if err != nil {
		return err
	}
	if a.group.Local {
		_, _, err := x.Outbox.InviteIn(ctx, tx, a.actor, a.other, a.group, in)
		if err != nil && fault.Status(err) < 500 {
			return x.Outbox.Refuse(ctx, tx, a.group, a.actor, actors.Request{ID: a.ID, As: a.Type}, fault.Sentence(err))
		}
		return err
	}
	var by *actors.Actor // who invites, as the group says; nil when it does not
	if federation.CheckID(a.AttributedTo) == nil {
		if by, err = x.person(ctx, tx, a.AttributedTo); err != nil {
			return err
		}
	}
	return x.Outbox.TakeInvitation(ctx, tx, by, a.other, a.group, in)
}

// allowInviteAnswer finds the invitation that an Accept or Reject answers; known is false when it answers something else. A group
// elsewhere rejects what a member here asked it to send.
func (x *Inbox) allowInviteAnswer(ctx context.Context, q db.Q, a *arrival) (known bool, err error) {
	inner := a.Object.Activity
	if inner != nil && inner.Type != "Invite" {
		return false, nil
	}
	r, err := actors.InvitationByID(ctx, q, a.Object.ID)
	if errors.Is(err, fault.NotFound) {
		if inner == nil {
			return false, nil
		}
		if a.Type == "Reject" && a.actor.IsGroup() && inner.Object.ID == a.Actor && x.Dir.Ours(inner.ID) {
			a.group, a.toInvite = a.actor, true
			return true, nil
		}
		return true, err
	}
	if err != nil {
		return true, err
	}
	group, err := actors.Get(ctx, q, r.Object)
	if err != nil {
		return true, err
	}
	if r.Subject != a.actor.ID || !group.Local || !r.Invites() && r.State != actors.Active {
		return true, fault.Say(fault.Forbidden, "%s answers an invitation that is not there (any more).", a.Actor)
	}
	a.invitation, a.group, a.toInvite = r, group, true
	return true, nil
}

// applyInviteAnswer: to accept is to join, and is answered as that.
func (x *Inbox) applyInviteAnswer(ctx context.Context, tx *db.Tx, a *arrival) error {
	switch {
	case a.invitation == nil:
		return outbox.InviteDenied(ctx, tx, a.group.ID, a.Object.ID, a.Content)
	case a.Type == "Reject":
		if a.invitation.State == actors.Active {
			return nil // it is too late for that: members leave
		}
		return x.Outbox.InvitationEnded(ctx, tx, a.actor, a.group)
	}
	request := actors.Request{ID: a.ID, As: outbox.AcceptedInvite}
	if _, err := x.Dir.Ask(ctx, tx, a.actor, a.group, request); err != nil {
		return err
	}
	return x.Outbox.Reply(ctx, tx, "Accept", a.group, a.actor, request)
}

// allowUndoInvite: a member elsewhere takes an invitation back, or a group elsewhere does that to one of ours.
func (x *Inbox) allowUndoInvite(ctx context.Context, q db.Q, a *arrival) error {
	invite := a.inner.Activity
	who, err := actors.ByIRI(ctx, q, invite.Target.ID)
	if err != nil {
		return err
	}
	a.other = who
	if x.Dir.Ours(invite.Object.ID) {
		a.group, err = actors.ByIRI(ctx, q, invite.Object.ID)
		return err
	}
	r, err := actors.RelationOf(ctx, q, who.ID, a.actor.ID)
	if err != nil {
		return err
	}
	if invite.Object.ID != a.Actor || !who.Local || r.Invitation == "" || r.Invitation != invite.ID {
		return fault.Say(fault.NotFound, "%s takes back an invitation that is not known here.", a.Actor)
	}
	a.group, a.invitation = a.actor, r
	return nil
}

func (x *Inbox) applyUndoInvite(ctx context.Context, tx *db.Tx, a *arrival) error {
	switch {
	case a.group.Local:
		return x.Outbox.UninviteIn(ctx, tx, a.actor, a.other, a.group)
	case a.invitation.State == actors.Invited, a.invitation.State == actors.Requested && a.group.Visibility == actors.VisibilityHidden:
		return x.Outbox.InvitationEnded(ctx, tx, a.other, a.group)
	}
	return nil // who has accepted meanwhile hears from the group what comes of that
}

// takenBack is the Invite that an id stands for, which a group elsewhere takes back.
func takenBack(ctx context.Context, q db.Q, a *arrival) (*vocab.Activity, error) {
	r, err := actors.InvitationByID(ctx, q, a.Object.ID)
	if err != nil || r.Object != a.actor.ID {
		return nil, err
	}
	who, err := actors.Get(ctx, q, r.Subject)
	if err != nil {
		return nil, err
	}
	return &vocab.Activity{ID: a.Object.ID, Type: "Invite", Actor: a.Actor, Object: vocab.Ref{ID: a.Actor}, Target: vocab.Ref{ID: who.IRI}}, nil
}
