// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// Owners and moderators decide about the memberships of a group from their own nodes, wherever those are (groups-1 §5). The
// home of the group checks each decision against its own list, and takes it: one function for its own people and for others.

// rank orders the roles of a group.
func rank(r actors.Role) int {
	switch r {
	case actors.RoleOwner:
		return 4
	case actors.RoleModerator:
		return 3
	case actors.RoleMember:
		return 2
	case actors.RoleGuest:
		return 1
	}
	return 0
}

// roleIn is the role of somebody in a group. The organisation, which is the administrator at the command line, is like an owner in
// the groups of its own node.
func roleIn(ctx context.Context, q db.Q, who, group *actors.Actor) (actors.Role, error) {
	if who.Local && who.Kind == actors.Organization && group.Local {
		return actors.RoleOwner, nil
	}
	return actors.RoleOf(ctx, q, who.ID, group.ID)
}

// atLeast is the refusal of who has a lower role in a group than something asks for.
func atLeast(role, least actors.Role, group *actors.Actor) error {
	if rank(role) >= rank(least) {
		return nil
	}
	return fault.Say(fault.Forbidden, "Only an owner%s of %s may do that.", map[actors.Role]string{actors.RoleModerator: " or moderator"}[least], group.Handle())
}

// SetRole changes what a member of a group may do: owners decide. A group elsewhere is asked to.
func (o *Outbox) SetRole(ctx context.Context, who, member, group *actors.Actor, role actors.Role) error {
	return o.Manage(ctx, who, member, group, Decision{Kind: DecidedRole, Role: role})
}

// Expel removes a member from a group, who may ask to join again. A group elsewhere is asked to.
func (o *Outbox) Expel(ctx context.Context, who, member, group *actors.Actor, reason string) error {
	return o.Manage(ctx, who, member, group, Decision{Kind: DecidedRemoval, Reason: reason})
}

// Manage is a decision of who about the membership of somebody. One about a group elsewhere is sent to its home, which takes or
// refuses it; what is so here is changed by what the home then tells.
func (o *Outbox) Manage(ctx context.Context, who, member, group *actors.Actor, d Decision) error {
	err := o.DB.Tx(ctx, func(tx *db.Tx) error { return o.manage(ctx, tx, who, member, group, d) })
	if err != nil {
		return fmt.Errorf("%s of %s in %s: %w", d.Kind, member.IRI, group.IRI, err)
	}
	return nil
}

func (o *Outbox) manage(ctx context.Context, tx *db.Tx, who, member, group *actors.Actor, d Decision) error {
	if group.Local {
		return o.Take(ctx, tx, who, member, group, d, nil)
	}
	if !group.Groups1 {
		return fault.Say(fault.Forbidden, "%s is managed on %s, its own node.", group.Handle(), group.Host)
	}
	if err := MayDecide(ctx, tx, who, member, group, d); err != nil {
		return err
	}
	said, err := o.statement(ctx, tx, who, member, group, d)
	if err != nil {
		return err
	}
	_, _, err = o.send(ctx, tx, who, sending{personal: true, activity: said})
	return err
}

// MayDecide tells whether somebody may take a decision about a membership, as the list of members here has it: moderators
// decide about members and guests, owners about moderators too, and nobody about equals, but for owners who step down.
func MayDecide(ctx context.Context, q db.Q, who, member, group *actors.Actor, d Decision) error {
	mine, err := roleIn(ctx, q, who, group)
	if err != nil {
		return err
	}
	least := actors.RoleModerator
	if d.Kind == DecidedRole {
		least = actors.RoleOwner
	}
	if err := atLeast(mine, least, group); err != nil {
		return err
	}
	r, err := actors.RelationOf(ctx, q, member.ID, group.ID)
	if err != nil {
		return err
	}
	above := rank(mine) > rank(r.Role)
	switch d.Kind {
	case DecidedAdmission, DecidedRejection:
		if r.State != actors.Requested {
			return fault.Say(fault.NotFound, "%s does not ask to join %s (any more).", member.Handle(), group.Handle())
		}
		return nil
	case DecidedRole, DecidedRemoval:
		if r.State != actors.Active {
			return fault.Say(fault.NotFound, "%s is not a member of %s.", member.Handle(), group.Handle())
		}
		if d.Kind == DecidedRole {
			above = above || who.ID == member.ID
			if !d.Role.InGroup() {
				return fault.Say(fault.Invalid, "%q is no role in a group.", d.Role)
			}
			if err := actors.CanBe(member, group, r, d.Role); err != nil {
				return err
			}
		}
	case DecidedBan:
		above = above || r.State != actors.Active && r.State != actors.Banned // what somebody was before does not protect
		if !d.Until.IsZero() && !d.Until.After(time.Now()) {
			return fault.Say(fault.Invalid, "The end of a ban must be in the future.")
		}
	case DecidedUnban:
		if r.State != actors.Banned {
			return fault.Say(fault.NotFound, "%s is not banned from %s.", member.Handle(), group.Handle())
		}
	default:
		return fault.Say(fault.Invalid, "%q is nothing that is decided about a membership.", d.Kind)
	}
	if !above {
		return fault.Say(fault.Forbidden, "%s is %s of %s: only somebody with a higher role decides about them.", member.Handle(), r.Role, group.Handle())
	}
	return nil
}

// Stands tells whether what a decision wants is so already: it has come twice, or two people decided the same.
func Stands(ctx context.Context, q db.Q, member, group *actors.Actor, d Decision) (bool, error) {
	r, err := actors.RelationOf(ctx, q, member.ID, group.ID)
	switch d.Kind {
	case DecidedAdmission:
		return r.State == actors.Active, err
	case DecidedRejection, DecidedRemoval:
		return r.State == actors.Removed, err
	case DecidedRole:
		return r.State == actors.Active && r.Role == d.Role, err
	case DecidedBan:
		return r.State == actors.Banned && db.Millis(r.Until) == db.Millis(d.Until), err
	case DecidedUnban:
		return r.State == actors.Left, err
	}
	return false, err
}

// Take gives a decision about a membership of a group of ours its effect. asked is the activity with which somebody elsewhere
// wants it, nil for our own people.
func (o *Outbox) Take(ctx context.Context, tx *db.Tx, who, member, group *actors.Actor, d Decision, asked *vocab.Activity) error {
	if err := MayDecide(ctx, tx, who, member, group, d); err != nil {
		return err
	}
	d.By, d.Subject, d.Reason = who.ID, member.ID, actors.CleanText(d.Reason, maxReason)
	why := actors.Why{By: who, Reason: d.Reason, Until: d.Until}
	if asked != nil {
		why.Act = asked.ID
	}
	r, err := actors.RelationOf(ctx, tx, member.ID, group.ID)
	if err != nil {
		return err
	}
	switch d.Kind {
	case DecidedAdmission:
		err = o.accept(ctx, tx, member, group, r, why)
		d.Role = actors.RoleMember
	case DecidedRejection:
		err = o.reject(ctx, tx, member, group, r, why)
	case DecidedRole:
		if r.Role == d.Role {
			return nil
		}
		err = o.setRole(ctx, tx, member, group, r, d, why, asked)
	case DecidedRemoval:
		err = o.removeFollower(ctx, tx, group, member, why)
	case DecidedBan:
		err = o.ban(ctx, tx, member, group, r, d, why, asked)
	case DecidedUnban:
		if err = o.Dir.Unban(ctx, tx, member, group, why); err == nil {
			err = o.proclaim(ctx, tx, who, member, group, d, asked)
		}
	}
	if err != nil {
		return err
	}
	return o.decide(ctx, tx, group, d)
}

func (o *Outbox) accept(ctx context.Context, tx *db.Tx, member, group *actors.Actor, r *actors.Relation, why actors.Why) error {
	if _, err := o.Dir.Admit(ctx, tx, member, group, why); err != nil {
		return err
	}
	if err := o.answered(ctx, tx, member, group); err != nil {
		return err
	}
	return o.Reply(ctx, tx, "Accept", group, member, r.Request)
}

// reject ends a question with no. It changes no list, but who said no, to whom and why is in the log as everything that
// moderators do.
func (o *Outbox) reject(ctx context.Context, tx *db.Tx, member, group *actors.Actor, r *actors.Relation, why actors.Why) error {
	if _, err := o.Dir.End(ctx, tx, member, group, actors.Removed, why); err != nil {
		return err
	}
	if err := o.answered(ctx, tx, member, group); err != nil {
		return err
	}
	entry := &vocab.Activity{Type: "Reject", To: []string{group.Followers}, AttributedTo: why.By.IRI, Content: why.Reason, Object: wish(member, group, r.Request)}
	if why.Act != "" {
		entry.Instrument = vocab.Ref{ID: why.Act}
	}
	if err := o.enter(ctx, tx, group, sending{activity: entry, hosts: replicas}); err != nil {
		return err
	}
	return o.Refuse(ctx, tx, group, member, r.Request, why.Reason)
}

// setRole also tells other software who moderates (FEP-1b12: Add to and Remove from the collection of the moderators, which
// owners are in too).
func (o *Outbox) setRole(ctx context.Context, tx *db.Tx, member, group *actors.Actor, r *actors.Relation, d Decision, why actors.Why, asked *vocab.Activity) error {
	if r.Role == actors.RoleOwner {
		owners, err := actors.OwnersOf(ctx, tx, group.ID)
		if err != nil {
			return err
		}
		if owners <= 1 {
			return fault.Say(fault.Forbidden, "%s has no other owner: make somebody else owner first.", group.Handle())
		}
	}
	if err := o.Dir.SetRole(ctx, tx, member, group, d.Role, why); err != nil {
		return err
	}
	if r.Role.Staff() == d.Role.Staff() {
		return nil
	}
	if asked != nil && (asked.Type == "Add" || asked.Type == "Remove") {
		return o.Relay(ctx, tx, group, asked.Raw, asked.Type, nil)
	}
	said := &vocab.Activity{Type: "Remove", To: []string{group.Followers}, Audience: []string{group.IRI}, Object: vocab.Ref{ID: member.IRI}, Target: vocab.Ref{ID: group.Moderators}}
	if group.Shows() == actors.Public {
		said.To = []string{vocab.Public}
	}
	if d.Role.Staff() {
		said.Type = "Add"
	}
	return o.speak(ctx, tx, speaker(why.By, group), group, said)
}

// ban keeps somebody out, whether or not a member. Other software than ours hears of the end of a membership by a Reject.
func (o *Outbox) ban(ctx context.Context, tx *db.Tx, member, group *actors.Actor, r *actors.Relation, d Decision, why actors.Why, asked *vocab.Activity) error {
	if r.State == actors.Invited {
		if err := o.withdrawInvite(ctx, tx, member, group, r); err != nil {
			return err
		}
	}
	if err := o.Dir.Ban(ctx, tx, member, group, why); err != nil {
		return err
	}
	if err := o.answered(ctx, tx, member, group); err != nil {
		return err
	}
	if r.State == actors.Active || r.State == actors.Requested {
		if err := o.Refuse(ctx, tx, group, member, r.Request, why.Reason); err != nil {
			return err
		}
	}
	return o.proclaim(ctx, tx, why.By, member, group, d, asked)
}

// proclaim passes a Block or its Undo on as the staff member said it, or says it for one of ours (FEP-1b12).
func (o *Outbox) proclaim(ctx context.Context, tx *db.Tx, who, member, group *actors.Actor, d Decision, asked *vocab.Activity) error {
	if asked != nil {
		return o.Relay(ctx, tx, group, asked.Raw, asked.Type, nil)
	}
	who = speaker(who, group)
	said, err := o.statement(ctx, tx, who, member, group, d)
	if err != nil {
		return err
	}
	return o.speak(ctx, tx, who, group, said)
}

// speaker is who says what somebody decided in a group of ours: the group itself, when that is somebody elsewhere or the administrator.
func speaker(who, group *actors.Actor) *actors.Actor {
	if !who.Local || who.Kind == actors.Organization {
		return group
	}
	return who
}

// speak sends what a speaker says in a group of ours through the group.
func (o *Outbox) speak(ctx context.Context, tx *db.Tx, who, group *actors.Actor, said *vocab.Activity) error {
	_, body, err := o.send(ctx, tx, who, sending{public: group.Shows() == actors.Public, carried: who.ID == group.ID, activity: said})
	if err != nil {
		return err
	}
	return o.Relay(ctx, tx, group, body, said.Type, nil)
}

// statement is a decision as its author says it to the group.
func (o *Outbox) statement(ctx context.Context, q db.Q, who, member, group *actors.Actor, d Decision) (*vocab.Activity, error) {
	r, err := actors.RelationOf(ctx, q, member.ID, group.ID)
	if err != nil {
		return nil, err
	}
	to := []string{group.IRI}
	a := &vocab.Activity{To: to, Content: d.Reason}
	switch d.Kind {
	case DecidedAdmission:
		a.Type, a.Object = "Accept", wish(member, group, r.Request)
	case DecidedRejection:
		a.Type, a.Object = "Reject", wish(member, group, r.Request)
	case DecidedRole:
		wanted := *r
		wanted.Role = d.Role
		record, err := Record(ctx, q, group, member, &wanted)
		if err != nil {
			return nil, err
		}
		a.Type, a.Object = "Update", embedRecord(record)
	case DecidedRemoval:
		a.Type, a.Object, a.Target = "Remove", vocab.Ref{ID: member.IRI}, vocab.Ref{ID: group.Members}
	case DecidedBan, DecidedUnban:
		a.Type, a.Object, a.Target, a.EndTime = "Block", vocab.Ref{ID: member.IRI}, vocab.Ref{ID: group.IRI}, d.Until
		if d.Kind == DecidedUnban {
			a.ID = o.Dir.URL(fmt.Sprintf("/activities/%d", o.DB.NewID()))
			a = undo(who, to, *a)
			a.Content = d.Reason
		}
	}
	return a, nil
}

// wish is a Follow or Join as an answer quotes it.
func wish(asker, of *actors.Actor, request actors.Request) vocab.Ref {
	if request.As == "" {
		request.As = "Follow"
	}
	asked := &vocab.Activity{ID: request.ID, Type: request.As, Actor: asker.IRI, Object: vocab.Ref{ID: of.IRI}}
	return vocab.Ref{ID: request.ID, Type: request.As, Document: vocab.Document{Activity: asked}}
}

// quote is what was asked as an answer quotes it: whole where it was about the one who answers, else by its id, which says enough.
func quote(asker, of *actors.Actor, request actors.Request) vocab.Ref {
	switch request.As {
	case "", "Follow", "Join", "Invite":
		return wish(asker, of, request)
	}
	return vocab.Ref{ID: request.ID}
}

// ---- what waits, told to staff elsewhere ---------------------------------------------------------------

// maxOffered is how many requests that wait already are told at once to who becomes a moderator.
const maxOffered = 100

// offer tells owners and moderators of a group of ours on other nodes who asks to join (groups-1 §5).
func (o *Outbox) offer(ctx context.Context, tx *db.Tx, group *actors.Actor, to []*actors.Actor, asking []actors.Related) error {
	if len(to) == 0 || len(asking) == 0 {
		return nil
	}
	a := &vocab.Activity{Type: "Offer", To: iris(to)}
	for n, r := range asking {
		asked := wish(r.Actor, group, r.Request)
		asked.Activity.Content = r.Request.Message
		if n == 0 {
			a.Object = asked
		} else {
			a.MoreObjects = append(a.MoreObjects, asked)
		}
	}
	_, _, err := o.send(ctx, tx, group, sending{personal: true, activity: a})
	return err
}

// withdrawOffer takes that back: the question was answered with no, or is asked no more. A yes is in the log.
func (o *Outbox) withdrawOffer(ctx context.Context, tx *db.Tx, group, asker *actors.Actor, request actors.Request) error {
	to, err := o.staffElsewhere(ctx, tx, group)
	if err != nil || len(to) == 0 {
		return err
	}
	offer := vocab.Activity{ID: o.Dir.URL(fmt.Sprintf("/activities/%d", o.DB.NewID())), Type: "Offer", Object: wish(asker, group, request)}
	_, _, err = o.send(ctx, tx, group, sending{personal: true, activity: undo(group, iris(to), offer)})
	return err
}

func iris(of []*actors.Actor) []string {
	all := make([]string, len(of))
	for n, a := range of {
		all[n] = a.IRI
	}
	return all
}

// staffElsewhere are the owners and moderators of a group on other nodes that can decide from there.
func (o *Outbox) staffElsewhere(ctx context.Context, q db.Q, group *actors.Actor) (all []*actors.Actor, err error) {
	staff, err := actors.Moderators(ctx, q, group.ID)
	for _, s := range staff {
		if !s.Local && s.Groups1 {
			all = append(all, s)
		}
	}
	return all, err
}

// ---- what happens by itself ------------------------------------------------------------------------------

// endBan ends a ban that has lasted long enough.
func (o *Outbox) endBan(ctx context.Context, tx *db.Tx, member, group *actors.Actor) error {
	if err := o.Dir.Unban(ctx, tx, member, group, actors.Why{By: group}); err != nil {
		return err
	}
	return o.decide(ctx, tx, group, Decision{By: group.ID, Kind: DecidedUnban, Subject: member.ID})
}

// succeed gives a group of ours whose last owner is gone another: the moderator who is a member for longest, or else an administrator of
// the node (groups-1 §4).
func (o *Outbox) succeed(ctx context.Context, tx *db.Tx, group, gone *actors.Actor) error {
	owners, err := actors.OwnersOf(ctx, tx, group.ID)
	if err != nil || owners > 0 {
		return err
	}
	ids, err := db.All(ctx, tx, db.Scalar[actors.ID], `SELECT r.subject FROM relations r JOIN actors s ON s.id = r.subject AND s.deleted = 0 AND s.suspended = 0 AND s.moved_to = ''
		WHERE r.object = $1 AND r.state = 'active' AND r.role = 'moderator' ORDER BY r.since, r.id LIMIT 1`, group.ID)
	if err != nil {
		return fmt.Errorf("moderators of %s: %w", group.IRI, err)
	}
	if len(ids) == 0 && o.Administrators != nil {
		if ids, err = o.Administrators(ctx, tx); err != nil {
			return err
		}
	}
	for _, id := range ids {
		heir, err := actors.Get(ctx, tx, id)
		if err != nil || heir.ID == gone.ID {
			continue
		}
		if err := o.Dir.Appoint(ctx, tx, heir, group, actors.RoleOwner, actors.Why{By: group}); err != nil {
			return err
		}
		return o.decide(ctx, tx, group, Decision{By: group.ID, Kind: DecidedRole, Subject: heir.ID, Role: actors.RoleOwner})
	}
	return nil
}
