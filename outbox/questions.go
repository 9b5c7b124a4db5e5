// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"fmt"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/timeline"
)

// Answer decides a question that somebody put to one of ours, or to a group of which who is owner or moderator, whose home may be
// elsewhere and then has the last word: the one about the given object, or (0) the oldest that who decides about (see
// actors.QuestionOf). A group that asks invites.
func (o *Outbox) Answer(ctx context.Context, who *actors.Actor, asker, about actors.ID, accept bool) error {
	if about == 0 || about == asker {
		invited, err := actors.RelationOf(ctx, o.DB, who.ID, asker)
		if err != nil {
			return err
		}
		if invited.Invites() {
			group, err := actors.Get(ctx, o.DB, asker)
			if err != nil {
				return err
			}
			return o.AnswerInvitation(ctx, who, group, accept)
		}
	}
	return o.Decide(ctx, who, asker, about, accept, "")
}

// Decide is Answer with a reason, which the log of a group keeps.
func (o *Outbox) Decide(ctx context.Context, who *actors.Actor, asker, about actors.ID, accept bool, reason string) error {
	from, err := actors.Get(ctx, o.DB, asker)
	if err != nil {
		return err
	}
	err = o.DB.Tx(ctx, func(tx *db.Tx) error {
		r, err := actors.QuestionOf(ctx, tx, who.ID, asker, about)
		if err != nil {
			return err
		}
		of, err := actors.Get(ctx, tx, r.Object)
		if err != nil {
			return err
		}
		if of.IsGroup() {
			d := Decision{Kind: DecidedRejection, Reason: reason}
			if accept {
				d.Kind = DecidedAdmission
			}
			return o.manage(ctx, tx, who, from, of, d)
		}
		kind := "Reject"
		if accept {
			kind = "Accept"
			_, err = o.Dir.Admit(ctx, tx, from, of)
		} else {
			_, err = o.Dir.End(ctx, tx, from, of, actors.Removed)
		}
		if err != nil {
			return err
		}
		if err := o.answered(ctx, tx, from, of); err != nil {
			return err
		}
		if accept {
			if err := o.Timelines.Notify(ctx, tx, of.ID, timeline.Follow, asker, 0); err != nil {
				return err
			}
		}
		return o.Reply(ctx, tx, kind, of, from, r.Request)
	})
	if err != nil {
		return fmt.Errorf("answer %s: %w", from.IRI, err)
	}
	return nil
}

// deciders are those who answer requests to an actor: itself, or the staff of a group.
func deciders(ctx context.Context, q db.Q, of *actors.Actor) ([]actors.ID, error) {
	if !of.IsGroup() {
		return []actors.ID{of.ID}, nil
	}
	staff, err := actors.Moderators(ctx, q, of.ID)
	ids := make([]actors.ID, len(staff))
	for i, s := range staff {
		ids[i] = s.ID
	}
	return ids, err
}

// Withdrawn takes back what was told of somebody's following of one of ours, of the membership of a group, or of the wish to.
func (o *Outbox) Withdrawn(ctx context.Context, tx *db.Tx, who, target *actors.Actor) error {
	if err := o.Timelines.Forget(ctx, tx, target.ID, timeline.Follow, who.ID, 0); err != nil {
		return err
	}
	return o.answered(ctx, tx, who, target)
}

// answered takes back that those who decide were told of a question.
func (o *Outbox) answered(ctx context.Context, tx *db.Tx, asker, of *actors.Actor) error {
	owners, err := deciders(ctx, tx, of)
	if err != nil {
		return err
	}
	return o.Timelines.Answered(ctx, tx, asker.ID, owners...)
}
