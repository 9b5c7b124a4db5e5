// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/locale"
	"github.com/pleio-node/pleio-node/timeline"
)

// What has come of an invitation.
const (
	Invited        = "invited"
	InviteAsked    = "asked"   // the group is elsewhere: its home decides
	AlreadyInvited = "already" // nothing has changed
	AlreadyMember  = "member"
	InviteRefused  = "refused"
	InviteeUnknown = "unknown" // nobody has this handle, or the server could not be asked
)

// Invite invites somebody to a group, for one of ours who is a member there, and returns what has come of it.
func (o *Outbox) Invite(ctx context.Context, by, who, group *actors.Actor, in actors.Invitation) (outcome string, err error) {
	err = o.DB.Tx(ctx, func(tx *db.Tx) error {
		outcome, _, err = o.InviteIn(ctx, tx, by, who, group, in)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("invite %s to %s: %w", who.IRI, group.IRI, err)
	}
	return outcome, nil
}

// InviteIn is Invite as part of a transaction, also for members elsewhere. Of a group elsewhere it returns the id of the activity that
// asks its home.
func (o *Outbox) InviteIn(ctx context.Context, tx *db.Tx, by, who, group *actors.Actor, in actors.Invitation) (outcome, ask string, err error) {
	if !group.Local {
		return o.askInvite(ctx, tx, by, who, group, in)
	}
	if err := o.pardon(ctx, tx, by, who, group, &in); err != nil {
		return "", "", err
	}
	plain := !who.Local && !who.Groups1
	id := o.DB.NewID()
	in.ID = o.Dir.URL(fmt.Sprintf("/activities/%d", id))
	if plain {
		in.ID = o.postIRI(id)
	}
	r, changed, err := o.Dir.Invite(ctx, tx, by, who, group, in)
	switch {
	case err != nil:
		return "", "", err
	case r.State == actors.Active:
		return AlreadyMember, "", nil
	case !changed:
		return AlreadyInvited, "", nil
	}
	if err := o.awaitLapse(ctx, tx, r, r.Expires); err != nil {
		return "", "", err
	}
	switch {
	case who.Local:
		err = o.notifyInvited(ctx, tx, by, who, group)
	case plain:
		err = o.inviteByNote(ctx, tx, by, who, group, r, id)
	default:
		err = o.sendInvite(ctx, tx, by, who, group, r)
	}
	return Invited, "", err
}

// pardon lifts the ban of who is invited: an owner or moderator who invites somebody wants that.
func (o *Outbox) pardon(ctx context.Context, tx *db.Tx, by, who, group *actors.Actor, in *actors.Invitation) error {
	r, err := actors.RelationOf(ctx, tx, who.ID, group.ID)
	if err != nil || r.State != actors.Banned {
		return err
	}
	if err := o.Dir.MayInvite(ctx, tx, by, who, group, in); err != nil {
		return err
	}
	return o.Take(ctx, tx, by, who, group, Decision{Kind: DecidedUnban}, nil)
}

// notifyInvited tells one of ours that a group invites, as clients show who asks to follow: with a yes and a no. An invitation by
// somebody whom that person blocks is not told.
func (o *Outbox) notifyInvited(ctx context.Context, tx *db.Tx, by, who, group *actors.Actor) error {
	if by != nil {
		if blocked, err := actors.Blocked(ctx, tx, who.ID, by.ID); err != nil || blocked {
			return err
		}
	}
	return o.Timelines.Notify(ctx, tx, who.ID, timeline.FollowRequest, group.ID, 0)
}

// sendInvite tells the node of who is invited, in the personal inbox: with what may be shown of the group before its document is read,
// and with the record that acceptance makes active (groups-1 §6).
func (o *Outbox) sendInvite(ctx context.Context, tx *db.Tx, by, who, group *actors.Actor, r *actors.Relation) error {
	document, err := o.Dir.Document(ctx, tx, group)
	if err != nil {
		return err
	}
	preview := &vocab.Actor{ID: group.IRI, Type: group.Kind, PreferredUsername: group.Name, Name: group.DisplayName(), Icon: document.Icon, AccessType: document.AccessType, Inbox: group.Inbox}
	_, _, err = o.send(ctx, tx, group, sending{personal: true, activity: &vocab.Activity{ID: r.Invitation, Type: "Invite", AttributedTo: by.IRI, To: []string{who.IRI},
		Object: vocab.Ref{ID: group.IRI, Type: group.Kind, Document: vocab.Document{Actor: preview}}, Target: vocab.Ref{ID: who.IRI},
		Content: r.Request.Message, EndTime: r.Expires, Result: embedRecord(record(group, who, r, by))}})
	return err
}

// inviteByNote invites somebody whose server knows no invitations: by a direct message of the group. To follow the group is to accept.
func (o *Outbox) inviteByNote(ctx context.Context, tx *db.Tx, by, who, group *actors.Actor, r *actors.Relation, id int64) error {
	l := locale.Match("")
	text := l.T("invitation.note", "who", bare(who), "by", by.DisplayName(), "handle", bare(by), "title", group.DisplayName(), "group", bare(group), "url", group.URL, "until", l.Day(r.Expires))
	if r.Request.Message != "" {
		text += "\n\n" + r.Request.Message
	}
	i := o.notice(id, group, text, l.Code, who, group) // who invites is no link
	return o.publish(ctx, tx, group, &written{Made: &content.Made{Item: i, Recipients: []content.Recipient{{Actor: who.ID, Mention: true}}}})
}

// bare is a handle without the @ before it.
func bare(a *actors.Actor) string { return strings.TrimPrefix(a.Handle(), "@") }

// askInvite asks the home of a group elsewhere to invite somebody: it checks the role of who asks, and invites in its own name.
func (o *Outbox) askInvite(ctx context.Context, tx *db.Tx, by, who, group *actors.Actor, in actors.Invitation) (outcome, ask string, err error) {
	if !group.Groups1 {
		return "", "", fault.Say(fault.Invalid, "The server of %s knows no invitations.", group.Handle())
	}
	if err := o.Dir.MayInvite(ctx, tx, by, who, group, &in); err != nil {
		return "", "", err
	}
	r, err := actors.RelationOf(ctx, tx, who.ID, group.ID)
	if err != nil {
		return "", "", err
	}
	if r.State == actors.Active {
		return AlreadyMember, "", nil
	}
	wanted := record(group, who, &actors.Relation{State: actors.Invited, Role: in.Role, Until: in.Until}, by)
	wanted.ID = "" // the home gives it one
	sent, _, err := o.send(ctx, tx, by, sending{personal: true, activity: &vocab.Activity{Type: "Invite", To: []string{group.IRI}, Object: vocab.Ref{ID: group.IRI},
		Target: vocab.Ref{ID: who.IRI}, Content: in.Message, Result: embedRecord(wanted)}})
	if err != nil {
		return "", "", err
	}
	return InviteAsked, sent.ID, nil
}

// TakeInvitation notes and tells that a group elsewhere invites one of ours; by may be nil.
func (o *Outbox) TakeInvitation(ctx context.Context, tx *db.Tx, by, who, group *actors.Actor, in actors.Invitation) error {
	var inviter actors.ID
	if by != nil {
		inviter = by.ID
	}
	changed, err := o.Dir.TakeInvitation(ctx, tx, inviter, who, group, in)
	if err != nil || !changed {
		return err
	}
	if err := o.awaitLapse(ctx, tx, &actors.Relation{Subject: who.ID, Object: group.ID}, in.Expires); err != nil {
		return err
	}
	return o.notifyInvited(ctx, tx, by, who, group)
}

// Uninvite takes an invitation back: one's own, as owner or moderator any. The group may be elsewhere: its home decides.
func (o *Outbox) Uninvite(ctx context.Context, by, who, group *actors.Actor) error {
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		if group.Local {
			return o.UninviteIn(ctx, tx, by, who, group)
		}
		if _, err := mayUninvite(ctx, tx, by, group); err != nil {
			return err
		}
		invite := vocab.Activity{ID: o.Dir.URL(fmt.Sprintf("/activities/%d", o.DB.NewID())), Type: "Invite", Object: vocab.Ref{ID: group.IRI}, Target: vocab.Ref{ID: who.IRI}}
		_, _, err := o.send(ctx, tx, by, sending{personal: true, activity: undo(by, []string{group.IRI}, invite)})
		return err
	})
	if err != nil {
		return fmt.Errorf("take the invitation of %s to %s back: %w", who.IRI, group.IRI, err)
	}
	return nil
}

func mayUninvite(ctx context.Context, q db.Q, by, group *actors.Actor) (actors.Role, error) {
	role, err := actors.RoleOf(ctx, q, by.ID, group.ID)
	if err == nil && role == "" {
		err = fault.Say(fault.Forbidden, "Only members of %s take invitations back.", group.Handle())
	}
	return role, err
}

// UninviteIn is Uninvite for a group of ours, also by members elsewhere.
func (o *Outbox) UninviteIn(ctx context.Context, tx *db.Tx, by, who, group *actors.Actor) error {
	role, err := mayUninvite(ctx, tx, by, group)
	if err != nil {
		return err
	}
	r, err := actors.InvitationOf(ctx, tx, who.ID, group.ID)
	if err == nil && !role.Staff() && r.InvitedBy != by.ID {
		err = fault.Say(fault.NotFound, "This invitation does not exist (any more), or it is not yours.")
	}
	if err != nil {
		return err
	}
	return o.withdrawInvite(ctx, tx, who, group, r)
}

// withdrawInvite ends an invitation to a group of ours, and tells who was invited.
func (o *Outbox) withdrawInvite(ctx context.Context, tx *db.Tx, who, group *actors.Actor, r *actors.Relation) error {
	if err := o.InvitationEnded(ctx, tx, who, group); err != nil || who.Local {
		return err
	}
	if !who.Groups1 {
		note, err := content.Stored(ctx, tx, r.Invitation)
		if errors.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return o.deleteIn(ctx, tx, group, note, false)
	}
	invite := vocab.Activity{ID: r.Invitation, Type: "Invite", Object: vocab.Ref{ID: group.IRI}, Target: vocab.Ref{ID: who.IRI}}
	_, _, err := o.send(ctx, tx, group, sending{personal: true, activity: undo(group, []string{who.IRI}, invite)})
	return err
}

// InvitationEnded ends an invitation on this node, which nobody else has to be told.
func (o *Outbox) InvitationEnded(ctx context.Context, tx *db.Tx, who, group *actors.Actor) error {
	if _, err := o.Dir.End(ctx, tx, who, group, actors.Left); err != nil {
		return err
	}
	return o.Timelines.Forget(ctx, tx, who.ID, timeline.FollowRequest, group.ID, 0)
}

// AnswerInvitation accepts or declines the invitation of one of ours to a group.
func (o *Outbox) AnswerInvitation(ctx context.Context, who, group *actors.Actor, accept bool) error {
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		r, err := actors.InvitationOf(ctx, tx, who.ID, group.ID)
		if err != nil {
			return err
		}
		if !accept {
			return o.decline(ctx, tx, who, group, r)
		}
		_, err = o.ask(ctx, tx, who, group, "")
		return err
	})
	if err != nil {
		return fmt.Errorf("answer the invitation of %s to %s: %w", who.IRI, group.IRI, err)
	}
	return nil
}

// decline ends an invitation by who was invited; the home of the group is told.
func (o *Outbox) decline(ctx context.Context, tx *db.Tx, who, group *actors.Actor, r *actors.Relation) error {
	if err := o.InvitationEnded(ctx, tx, who, group); err != nil || group.Local {
		return err
	}
	_, _, err := o.send(ctx, tx, who, sending{personal: true, activity: &vocab.Activity{Type: "Reject", To: []string{group.IRI},
		Object: vocab.Ref{ID: r.Invitation, Type: "Invite", Document: vocab.Document{Activity: &vocab.Activity{ID: r.Invitation, Type: "Invite", Actor: group.IRI,
			Object: vocab.Ref{ID: group.IRI}, Target: vocab.Ref{ID: who.IRI}}}}}})
	return err
}

// ---- what ends at a time ---------------------------------------------------------------------------------

// jobLapse ends how somebody stands to a group until a time: an invitation, the stay of a guest, a ban.
const jobLapse = "lapse"

type lapsing struct {
	Subject actors.ID `json:"subject"`
	Object  actors.ID `json:"object"`
}

func (o *Outbox) awaitLapse(ctx context.Context, tx *db.Tx, r *actors.Relation, at time.Time) error {
	return o.Jobs.Add(ctx, tx, jobLapse, fmt.Sprint(r.Subject, " ", r.Object), lapsing{r.Subject, r.Object}, at)
}

// lapse ends what is over by now, and comes back for what is not.
func (o *Outbox) lapse(ctx context.Context, payload []byte) error {
	var x lapsing
	if err := json.Unmarshal(payload, &x); err != nil {
		return jobs.Never(err)
	}
	known, err := actors.Many(ctx, o.DB, []actors.ID{x.Subject, x.Object})
	if err != nil {
		return err
	}
	who, group := known[x.Subject], known[x.Object]
	if who == nil || group == nil {
		return nil // deleted
	}
	return o.DB.Tx(ctx, func(tx *db.Tx) error {
		r, err := actors.RelationOf(ctx, tx, who.ID, group.ID)
		if err != nil {
			return err
		}
		var until time.Time
		var end func() error
		// A secret group does not answer who comes too late.
		unanswered := r.State == actors.Requested && !group.Local && group.Visibility == actors.VisibilityHidden
		switch {
		case r.State == actors.Invited, unanswered:
			until, end = r.Expires, func() error { return o.InvitationEnded(ctx, tx, who, group) }
		case !group.Local: // its home ends the rest
		case r.State == actors.Active && r.Role == actors.RoleGuest:
			until, end = r.Until, func() error {
				return o.removeFollower(ctx, tx, group, who, actors.Why{Reason: locale.Match("").T("guest.over")})
			}
		case r.State == actors.Banned:
			until, end = r.Until, func() error { return o.endBan(ctx, tx, who, group) }
		}
		switch {
		case until.IsZero():
			return nil
		case time.Now().Before(until):
			return jobs.Retry(until)
		}
		return end()
	})
}
