// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Invitation is what somebody is offered in a group.
type Invitation struct {
	ID      string    // of the activity that tells it
	Role    Role      // member or guest; "" is member
	Until   time.Time // end of a guest's stay
	Message string    // plain text
	Expires time.Time // until then it can be accepted; Invite sets it
}

const (
	invitationLasts = 30 * 24 * time.Hour // groups-1 §5
	mostInvited     = 100                 // invitations of one member in one group that wait at the same time; staff has no limit
)

// Invites tells whether the relation is an invitation that can still be accepted.
func (r *Relation) Invites() bool { return r.State == Invited && time.Now().Before(r.Expires) }

// Invite lets somebody into a group of ours who then only has to accept: it stands for 30 days. Any member invites, in hidden groups
// owners and moderators only, and guests nobody. Guests are invited by owners and moderators; who is banned by nobody, before the ban
// is lifted. Who is a member or invited already stays as it is: nothing has changed then.
func (d *Directory) Invite(ctx context.Context, tx *db.Tx, by, who, group *Actor, in Invitation) (r *Relation, changed bool, err error) {
	role, err := d.mayInvite(ctx, tx, by, who, group, &in)
	if err != nil {
		return nil, false, err
	}
	r, err = RelationOf(ctx, tx, who.ID, group.ID)
	switch {
	case err != nil:
		return nil, false, err
	case r.State == Active, r.Invites():
		return r, false, nil
	case r.State == Requested:
		return nil, false, fault.Say(fault.Forbidden, "%s has asked to join %s already: its owners and moderators answer that.", who.Handle(), group.Handle())
	case r.State == Banned:
		return nil, false, fault.Say(fault.Forbidden, "%s may not join %s.", who.Handle(), group.Handle())
	}
	if !role.Staff() {
		waiting, err := db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM relations WHERE object = $1 AND state = 'invited' AND invited_by = $2 AND expires > $3",
			group.ID, by.ID, db.Millis(time.Now()))
		if err != nil {
			return nil, false, err
		}
		if waiting >= mostInvited {
			return nil, false, fault.Say(fault.Forbidden, "%d people whom %s has invited to %s have not answered yet: wait for them, or ask an owner or moderator to invite.", waiting, by.Handle(), group.Handle())
		}
	}
	in.Expires = time.Now().Add(invitationLasts)
	r, err = d.invited(ctx, tx, by.ID, who, group, in)
	return r, err == nil, err
}

// MayInvite tells whether somebody may invite another to a group, as what; without another, whether anybody. It fills in the role.
func (d *Directory) MayInvite(ctx context.Context, q db.Q, by, who, group *Actor, in *Invitation) error {
	_, err := d.mayInvite(ctx, q, by, who, group, in)
	return err
}

// mayInvite is MayInvite; it returns the role of who invites.
func (d *Directory) mayInvite(ctx context.Context, q db.Q, by, who, group *Actor, in *Invitation) (Role, error) {
	if in.Role == "" {
		in.Role = RoleMember
	}
	role, err := RoleOf(ctx, q, by.ID, group.ID)
	if err == nil {
		err = invites(by, group, role, in)
	}
	if err == nil && who != nil {
		err = invitable(who, group)
	}
	return role, err
}

// invites tells whether somebody with a role in a group may invite to it.
func invites(by, group *Actor, role Role, in *Invitation) error {
	switch {
	case role == "" && group.Visibility == VisibilityHidden:
		return fault.Say(fault.NotFound, "There is no such group.")
	case role == "" || role == RoleGuest:
		return fault.Say(fault.Forbidden, "Only members of %s invite others.", group.Handle())
	case group.Visibility == VisibilityHidden && !role.Staff():
		return fault.Say(fault.Forbidden, "Only owners and moderators invite to %s: ask one of them.", group.Handle())
	case in.Role != RoleMember && in.Role != RoleGuest:
		return fault.Say(fault.Invalid, "People are invited as a member or as a guest, not as %s.", in.Role)
	case in.Role == RoleGuest && !role.Staff():
		return fault.Say(fault.Forbidden, "Only owners and moderators of %s invite guests.", group.Handle())
	case in.Role == RoleGuest && !in.Until.After(time.Now()):
		return fault.Say(fault.Invalid, "A guest stays until a date in the future: say until when.")
	case in.Role == RoleMember && !in.Until.IsZero():
		return fault.Say(fault.Invalid, "Only guests stay until a date.")
	case !by.Active() || !group.Active():
		return fault.Say(fault.Forbidden, "%s does not invite to %s.", by.Handle(), group.Handle())
	}
	return nil
}

// invitable tells whether somebody can be invited to a group at all.
func invitable(who, group *Actor) error {
	switch {
	case who.Kind != Person:
		return fault.Say(fault.Invalid, "%s is not a person: only people are invited.", who.Handle())
	case !who.Active():
		return fault.Say(fault.NotFound, "%s is not there.", who.Handle())
	case who.MovedTo != "":
		return fault.Say(fault.Invalid, "%s has moved to %s: invite the new account.", who.Handle(), who.MovedTo)
	case group.MovedTo != "":
		return fault.Say(fault.Forbidden, "%s has moved to %s.", group.Handle(), group.MovedTo)
	}
	return group.admits(who)
}

// TakeInvitation notes that a group elsewhere invites one of ours. By is who invites, 0 when not known here. Nothing has changed when
// that person is a member, has asked to be one, or was invited with the same activity before.
func (d *Directory) TakeInvitation(ctx context.Context, tx *db.Tx, by ID, who, group *Actor, in Invitation) (changed bool, err error) {
	r, err := RelationOf(ctx, tx, who.ID, group.ID)
	if err != nil || r.State == Active || r.State == Requested || r.Invitation == in.ID {
		return false, err
	}
	for _, of := range []ID{group.ID, by} {
		if blocked, err := Blocked(ctx, tx, who.ID, of); err != nil || blocked {
			return false, err
		}
	}
	if blocked, err := blocksDomainOf(ctx, tx, who.ID, group); err != nil || blocked {
		return false, err
	}
	if most := time.Now().Add(2 * invitationLasts); in.Expires.After(most) {
		in.Expires = most
	}
	_, err = d.invited(ctx, tx, by, who, group, in)
	return err == nil, err
}

func (d *Directory) invited(ctx context.Context, tx *db.Tx, by ID, who, group *Actor, in Invitation) (*Relation, error) {
	r, err := d.set(ctx, tx, who, group, Invited, in.Role, Request{Message: in.Message}, Why{})
	if err != nil {
		return nil, err
	}
	r, err = db.One(ctx, tx, scanRelation, "UPDATE relations SET invited_by = $1, until = $2, invitation = $3, expires = $4, since = $5 WHERE id = $6 RETURNING "+bareColumns,
		by, db.Millis(in.Until), in.ID, db.Millis(in.Expires), db.Millis(time.Now()), r.ID)
	if err != nil {
		return nil, fmt.Errorf("invite %s to %s: %w", who.IRI, group.IRI, err)
	}
	return r, nil
}

// InvitationOf is the invitation of somebody to a group; it is fault.NotFound when none stands.
func InvitationOf(ctx context.Context, q db.Q, who, group ID) (*Relation, error) {
	r, err := RelationOf(ctx, q, who, group)
	if err == nil && !r.Invites() {
		err = fault.Say(fault.NotFound, "This invitation does not exist (any more).")
	}
	return r, err
}

// InvitationByID is the relation between a person and a group that was last invited with this activity, whatever has come of it.
func InvitationByID(ctx context.Context, q db.Q, id string) (*Relation, error) {
	r, err := db.One(ctx, q, scanRelation, "SELECT "+relationColumns+" FROM relations r WHERE r.invitation = $1 AND r.invitation <> ''", id)
	if errors.Is(err, fault.NotFound) {
		err = fault.Say(fault.NotFound, "The invitation %s is not known here.", id)
	}
	return r, err
}

// InvitedTo lists who is invited to a group, the last one first; of one member's invitations only when by is not 0.
func InvitedTo(ctx context.Context, q db.Q, group, by ID, p Page) ([]Related, error) {
	condition, args := "r.object = $1 AND r.state = 'invited' AND r.expires > $2", []any{group, db.Millis(time.Now())}
	if by != 0 {
		args = append(args, by)
		condition += " AND r.invited_by = $3"
	}
	return listRelated(ctx, q, condition, args, p, func(r *Relation) ID { return r.Subject })
}

// Invitations lists the groups that somebody is invited to, the last one first.
func Invitations(ctx context.Context, q db.Q, who ID, p Page) ([]Related, error) {
	return listRelated(ctx, q, "r.subject = $1 AND r.state = 'invited' AND r.expires > $2", []any{who, db.Millis(time.Now())}, p, func(r *Relation) ID { return r.Object })
}

// listRelated lists relations under a condition with the actors at one end.
func listRelated(ctx context.Context, q db.Q, condition string, args []any, p Page, end func(*Relation) ID) ([]Related, error) {
	relations, err := db.All(ctx, q, scanRelation, "SELECT "+relationColumns+" FROM relations r WHERE "+condition+p.SQL("r.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list relations: %w", err)
	}
	p.Arrange(len(relations), func(i, j int) { relations[i], relations[j] = relations[j], relations[i] })
	return withActors(ctx, q, relations, end)
}
