// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/timeline"
)

// Follow asks to follow a person, or to be a member of a group. The choices, where given, are kept with it.
func (o *Outbox) Follow(ctx context.Context, who, target *actors.Actor, boosts, notify *bool) error {
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		r, err := o.follow(ctx, tx, who, target)
		if err != nil || boosts == nil && notify == nil {
			return err
		}
		show, tell := r.Boosts, r.Notify
		if boosts != nil {
			show = *boosts
		}
		if notify != nil {
			tell = *notify
		}
		return actors.Choose(ctx, tx, r, show, tell)
	})
	if err != nil {
		return fmt.Errorf("%s follows %s: %w", who.IRI, target.IRI, err)
	}
	return nil
}

func (o *Outbox) follow(ctx context.Context, tx *db.Tx, who, target *actors.Actor) (*actors.Relation, error) {
	return o.ask(ctx, tx, who, target, "")
}

// ask is follow with a message for who decides about it.
func (o *Outbox) ask(ctx context.Context, tx *db.Tx, who, target *actors.Actor, message string) (*actors.Relation, error) {
	before, err := actors.RelationOf(ctx, tx, who.ID, target.ID)
	if err != nil || before.State == actors.Active || before.State == actors.Requested {
		return before, err
	}
	if before.State == actors.Invited { // whoever asks has answered
		if err := o.Timelines.Forget(ctx, tx, who.ID, timeline.FollowRequest, target.ID, 0); err != nil {
			return nil, err
		}
	}
	request := actors.Request{ID: o.Dir.URL(fmt.Sprintf("/activities/%d", o.DB.NewID())), As: "Follow", Message: message}
	if target.IsGroup() && target.Groups1 {
		request.As = "Join"
	}
	if target.Local {
		r, err := o.Dir.Ask(ctx, tx, who, target, request)
		if err != nil {
			return nil, err
		}
		return r, o.NotifyAsked(ctx, tx, who, target, r)
	}
	if target.IsGroup() && target.Visibility == actors.VisibilityHidden && !before.Invites() {
		return nil, fault.Say(fault.NotFound, "You are not invited to this group (any more).") // its home would not answer
	}
	r, err := o.Dir.Requesting(ctx, tx, who, target, request)
	if err != nil {
		return nil, err
	}
	question := &vocab.Activity{ID: request.ID, Type: request.As, To: []string{target.IRI}, Object: vocab.Ref{ID: target.IRI}, Content: message}
	if before.Invites() {
		question.Instrument = vocab.Ref{ID: before.Invitation}
	}
	_, _, err = o.send(ctx, tx, who, sending{personal: true, activity: question})
	return r, err
}

// NotifyAsked tells the person that somebody follows or asks to; a group's owners and moderators hear of requests.
func (o *Outbox) NotifyAsked(ctx context.Context, tx *db.Tx, who, target *actors.Actor, r *actors.Relation) error {
	kind := timeline.Follow
	if r.State == actors.Requested {
		kind = timeline.FollowRequest
	}
	if !target.IsGroup() {
		return o.Timelines.Notify(ctx, tx, target.ID, kind, who.ID, 0)
	}
	if r.State != actors.Requested {
		return nil
	}
	staff, err := deciders(ctx, tx, target)
	if err != nil {
		return err
	}
	for _, s := range staff {
		if err := o.Timelines.Notify(ctx, tx, s, kind, who.ID, 0); err != nil {
			return err
		}
	}
	return nil
}

// ChooseLanguages keeps in which languages one of ours wants to see the posts of somebody followed; none: all.
func (o *Outbox) ChooseLanguages(ctx context.Context, who, target *actors.Actor, languages []string) error {
	return o.DB.Tx(ctx, func(tx *db.Tx) error {
		r, err := actors.RelationOf(ctx, tx, who.ID, target.ID)
		if err != nil {
			return err
		}
		return actors.ChooseLanguages(ctx, tx, r, languages)
	})
}

// Unfollow ends a following or a request, and leaves a group.
func (o *Outbox) Unfollow(ctx context.Context, who, target *actors.Actor) error {
	err := o.DB.Tx(ctx, func(tx *db.Tx) error { return o.unfollow(ctx, tx, who, target) })
	if err != nil {
		return fmt.Errorf("%s unfollows %s: %w", who.IRI, target.IRI, err)
	}
	return nil
}

func (o *Outbox) unfollow(ctx context.Context, tx *db.Tx, who, target *actors.Actor) error {
	r, err := actors.RelationOf(ctx, tx, who.ID, target.ID)
	if err != nil {
		return err
	}
	if r.State == actors.Invited {
		return o.decline(ctx, tx, who, target, r)
	}
	ended, err := o.Dir.End(ctx, tx, who, target, actors.Left)
	if err != nil || !ended {
		return err
	}
	if target.Local {
		return o.Withdrawn(ctx, tx, who, target)
	}
	return o.TellLeft(ctx, tx, who, target, r.Request)
}

// TellLeft undoes a Follow or Join: one of ours has left, or never followed whom that believes so (FEP-8fcf).
func (o *Outbox) TellLeft(ctx context.Context, tx *db.Tx, who, target *actors.Actor, request actors.Request) error {
	if request.ID == "" {
		request.ID = o.Dir.URL(fmt.Sprintf("/activities/%d", o.DB.NewID()))
	}
	if request.As == "" {
		request.As = "Follow"
	}
	_, _, err := o.send(ctx, tx, who, sending{personal: true, activity: undo(who, []string{target.IRI}, vocab.Activity{ID: request.ID, Type: request.As, Object: vocab.Ref{ID: target.IRI}})})
	return err
}

// TellPurged tells the home of a group that this node has deleted its copy of what was said there: see inbox/purge.go.
func (o *Outbox) TellPurged(ctx context.Context, tx *db.Tx, group *actors.Actor) error {
	app := o.Dir.App()
	_, _, err := o.send(ctx, tx, app, sending{personal: true, activity: &vocab.Activity{Type: "Remove", To: []string{group.IRI}, Object: vocab.Ref{ID: group.Log}, Origin: vocab.Ref{ID: app.IRI}}})
	return err
}

// FollowMove lets those of ours who followed an account follow the one that it has moved to. What the old one was a member of here
// it leaves: who is behind the new one asks to join again.
func (o *Outbox) FollowMove(ctx context.Context, tx *db.Tx, from, to *actors.Actor) error {
	if _, err := tx.Exec(ctx, "UPDATE actors SET moved_to = $1 WHERE id = $2", to.IRI, from.ID); err != nil {
		return fmt.Errorf("move %s: %w", from.IRI, err)
	}
	if err := o.Dir.Vacate(ctx, tx, from); err != nil {
		return err
	}
	followers, err := db.All(ctx, tx, db.Scalar[actors.ID], "SELECT r.subject FROM relations r JOIN actors a ON a.id = r.subject AND a.local WHERE r.object = $1 AND r.state = 'active'", from.ID)
	if err != nil {
		return err
	}
	for _, id := range followers {
		who, err := actors.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if who.ID != to.ID {
			if _, err := o.follow(ctx, tx, who, to); err != nil && !errors.Is(err, fault.Forbidden) {
				return err
			}
		}
		if err := o.unfollow(ctx, tx, who, from); err != nil {
			return err
		}
	}
	return nil
}

// AcceptedInvite is what a member asked with who accepted an invitation without a Join.
const AcceptedInvite = "Accept"

// Reply answers a Follow or Join from elsewhere with Accept or Reject, or with TentativeAccept while it waits. It quotes the question
// whole, with the type that was used,
// and goes to the asker's own inbox: GoToSocial looks for it there.
func (o *Outbox) Reply(ctx context.Context, tx *db.Tx, kind string, who, asker *actors.Actor, request actors.Request) error {
	return o.reply(ctx, tx, kind, who, asker, request, "")
}

// Refuse is Reply with a Reject that says why, to whatever somebody asked.
func (o *Outbox) Refuse(ctx context.Context, tx *db.Tx, who, asker *actors.Actor, request actors.Request, reason string) error {
	return o.reply(ctx, tx, "Reject", who, asker, request, reason)
}

func (o *Outbox) reply(ctx context.Context, tx *db.Tx, kind string, who, asker *actors.Actor, request actors.Request, reason string) error {
	if asker.Local {
		return nil
	}
	a := &vocab.Activity{Type: kind, To: []string{asker.IRI}, Content: reason, Object: quote(asker, who, request)}
	if kind == "Accept" && who.IsGroup() && asker.Groups1 { // the record, proven by the group (groups-1 §6), and where its log stands
		r, err := actors.RelationOf(ctx, tx, asker.ID, who.ID)
		if err != nil {
			return err
		}
		record, err := Record(ctx, tx, who, asker, r)
		if err != nil {
			return err
		}
		a.Result = embedRecord(record)
		if a.GroupState, err = o.State(ctx, tx, who); err != nil {
			return err
		}
	}
	_, _, err := o.send(ctx, tx, who, sending{personal: true, activity: a})
	return err
}

// RemoveFollower ends somebody's following of one of ours, or a membership of a group of ours. GoToSocial does not act on a
// Reject of what was accepted, so that Block and Undo follow where it might be one: after those the person may ask again.
func (o *Outbox) RemoveFollower(ctx context.Context, who, follower *actors.Actor) error {
	err := o.DB.Tx(ctx, func(tx *db.Tx) error { return o.removeFollower(ctx, tx, who, follower) })
	if err != nil {
		return fmt.Errorf("remove follower %s: %w", follower.IRI, err)
	}
	return nil
}

func (o *Outbox) removeFollower(ctx context.Context, tx *db.Tx, who, follower *actors.Actor, why ...actors.Why) error {
	r, err := actors.RelationOf(ctx, tx, follower.ID, who.ID)
	if err != nil {
		return err
	}
	ended, err := o.Dir.End(ctx, tx, follower, who, actors.Removed, why...)
	if err != nil || !ended {
		return err
	}
	if err := o.Withdrawn(ctx, tx, follower, who); err != nil || follower.Local {
		return err
	}
	reason := ""
	if len(why) > 0 {
		reason = why[0].Reason
	}
	if err := o.Refuse(ctx, tx, who, follower, r.Request, reason); err != nil || follower.Groups1 {
		return err
	}
	block := vocab.Activity{Type: "Block", To: []string{follower.IRI}, Object: vocab.Ref{ID: follower.IRI}}
	sent, _, err := o.send(ctx, tx, who, sending{personal: true, activity: &block})
	if err != nil {
		return err
	}
	_, _, err = o.send(ctx, tx, who, sending{personal: true, activity: undo(who, []string{follower.IRI}, vocab.Activity{ID: sent.ID, Type: "Block", Object: vocab.Ref{ID: follower.IRI}})})
	return err
}

// Block ends every relation between two people and keeps them apart.
func (o *Outbox) Block(ctx context.Context, who, target *actors.Actor) error {
	if who.ID == target.ID {
		return fault.Say(fault.Invalid, "You cannot block yourself.")
	}
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		a := &vocab.Activity{ID: o.Dir.URL(fmt.Sprintf("/activities/%d", o.DB.NewID())), Type: "Block", To: []string{target.IRI}, Object: vocab.Ref{ID: target.IRI}}
		if err := o.unfollow(ctx, tx, who, target); err != nil {
			return err
		}
		if err := o.Dir.Block(ctx, tx, who, target, a.ID); err != nil {
			return err
		}
		if err := o.Timelines.ForgetFrom(ctx, tx, who.ID, target.ID); err != nil {
			return err
		}
		if err := o.Timelines.LeaveConversations(ctx, tx, who.ID, target.ID); err != nil {
			return err
		}
		if err := o.Withdrawn(ctx, tx, target, who); err != nil || target.Local {
			return err
		}
		_, _, err := o.send(ctx, tx, who, sending{personal: true, activity: a})
		return err
	})
	if err != nil {
		return fmt.Errorf("block %s: %w", target.IRI, err)
	}
	return nil
}

// Unblock takes a block back.
func (o *Outbox) Unblock(ctx context.Context, who, target *actors.Actor) error {
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		iri, err := db.One(ctx, tx, db.Scalar[string], "SELECT iri FROM blocks WHERE subject = $1 AND object = $2", who.ID, target.ID)
		if err != nil {
			return nil // nothing to take back
		}
		if err := o.Dir.Unblock(ctx, tx, who, target); err != nil || target.Local {
			return err
		}
		_, _, err = o.send(ctx, tx, who, sending{personal: true, activity: undo(who, []string{target.IRI}, vocab.Activity{ID: iri, Type: "Block", Object: vocab.Ref{ID: target.IRI}})})
		return err
	})
	if err != nil {
		return fmt.Errorf("unblock %s: %w", target.IRI, err)
	}
	return nil
}

// UpdateProfile keeps a changed profile and tells it to everybody who follows it.
func (o *Outbox) UpdateProfile(ctx context.Context, a *actors.Actor) error {
	err := o.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		if a.Emojis, err = o.Library.ProfileEmojis(ctx, tx, a); err != nil {
			return err
		}
		if err := o.Dir.Save(ctx, tx, a); err != nil {
			return err
		}
		if err := o.planLinks(ctx, tx, a); err != nil {
			return err
		}
		return o.tellProfile(ctx, tx, a, federation.Signer{})
	})
	if err != nil {
		return fmt.Errorf("update profile of %s: %w", a.IRI, err)
	}
	return nil
}

func (o *Outbox) tellProfile(ctx context.Context, tx *db.Tx, a *actors.Actor, signer federation.Signer) error {
	if a.IsGroup() {
		return o.tellGroup(ctx, tx, a, signer, actors.Why{})
	}
	document, err := o.described(ctx, tx, a)
	if err != nil {
		return err
	}
	acquainted, err := o.acquainted(ctx, tx, a)
	if err != nil {
		return err
	}
	_, _, err = o.send(ctx, tx, a, sending{public: true, signer: signer, extra: acquainted, activity: &vocab.Activity{Type: "Update", To: []string{vocab.Public}, CC: []string{a.Followers}, Object: document}})
	return err
}

// described is what an actor of ours says of itself, as the object of an Update.
func (o *Outbox) described(ctx context.Context, q db.Q, a *actors.Actor) (vocab.Ref, error) {
	document, err := o.Dir.Document(ctx, q, a)
	return vocab.Ref{ID: a.IRI, Type: a.Kind, Document: vocab.Document{Actor: document}}, err
}

// acquainted are those elsewhere whom an actor of ours follows: they know it, and must hear of its changes.
func (o *Outbox) acquainted(ctx context.Context, q db.Q, a *actors.Actor) ([]*actors.Actor, error) {
	following, err := actors.FollowingOf(ctx, q, a.ID, actors.Active, actors.Page{Limit: 5000})
	if err != nil {
		return nil, err
	}
	var all []*actors.Actor
	for _, f := range following {
		if !f.Actor.Local {
			all = append(all, f.Actor)
		}
	}
	return all, nil
}

// Rotate gives an actor of ours new keys; the Update that says so is proven with the old one.
func (o *Outbox) Rotate(ctx context.Context, a *actors.Actor) error {
	if err := o.Dir.MakeKey(); err != nil {
		return err
	}
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		old, err := o.Dir.Rotate(ctx, tx, a)
		if err != nil {
			return err
		}
		if err := o.tellProfile(ctx, tx, a, old); err != nil {
			return err
		}
		return actors.TakeOver(ctx, tx, a.ID)
	})
	if err != nil {
		return fmt.Errorf("rotate keys of %s: %w", a.IRI, err)
	}
	return nil
}

// Move tells the followers of one of ours that it goes on elsewhere (FEP-7628). The new account must name the old one first.
func (o *Outbox) Move(ctx context.Context, a, target *actors.Actor) error {
	names := false
	for _, other := range target.AlsoKnownAs {
		names = names || other == a.IRI
	}
	switch {
	case !names:
		return fault.Say(fault.Invalid, "%s does not name %s as an earlier account: add it there first.", target.Handle(), a.Handle())
	case a.MovedTo != "":
		return fault.Say(fault.Invalid, "%s has moved to %s already.", a.Handle(), a.MovedTo)
	}
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		a.MovedTo = target.IRI
		if err := o.Dir.Save(ctx, tx, a); err != nil {
			return err
		}
		acquainted, err := o.acquainted(ctx, tx, a) // groups are left by that
		if err != nil {
			return err
		}
		_, _, err = o.send(ctx, tx, a, sending{public: true, extra: acquainted, activity: &vocab.Activity{Type: "Move", To: []string{a.Followers}, Object: vocab.Ref{ID: a.IRI}, Target: vocab.Ref{ID: target.IRI}}})
		if err != nil {
			return err
		}
		return o.FollowMove(ctx, tx, a, target) // those of ours; the others are moved by their own nodes
	})
	if err != nil {
		return fmt.Errorf("move %s: %w", a.IRI, err)
	}
	return nil
}

// DeleteActor forgets one of ours and asks everybody who knew it to do the same. The keys stay until that is delivered.
func (o *Outbox) DeleteActor(ctx context.Context, a *actors.Actor) error {
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		acquainted, err := o.acquainted(ctx, tx, a)
		if err != nil {
			return err
		}
		s := sending{public: true, extra: acquainted, activity: &vocab.Activity{Type: "Delete", To: []string{vocab.Public}, CC: []string{a.Followers}, Object: vocab.Ref{ID: a.IRI}}}
		if a.IsGroup() {
			// What its log says is not sent to anybody any more.
			if _, err := tx.Exec(ctx, "DELETE FROM activities WHERE id IN (SELECT l.activity FROM log l WHERE l.grp = $1)", a.ID); err != nil {
				return err
			}
			if a.Visibility != actors.VisibilityPublic {
				s.public, s.activity.To, s.activity.CC = false, []string{a.Followers}, nil
			}
		}
		if _, _, err := o.send(ctx, tx, a, s); err != nil {
			return err
		}
		return o.Timelines.ForgetActor(ctx, tx, a)
	})
	if err != nil {
		return fmt.Errorf("delete %s: %w", a.IRI, err)
	}
	return nil
}
