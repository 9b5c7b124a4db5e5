// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"fmt"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// Sever ends what somebody elsewhere has with one of ours, by decision of an administrator, and tells whether it was active.
// With tell the other node hears that it has ended.
func (o *Outbox) Sever(ctx context.Context, tx *db.Tx, subject, object *actors.Actor, tell bool) (bool, error) {
	r, err := actors.RelationOf(ctx, tx, subject.ID, object.ID)
	if err != nil {
		return false, err
	}
	if r.State == actors.Invited {
		return false, o.severInvitation(ctx, tx, subject, object, r, tell)
	}
	ended, err := o.Dir.End(ctx, tx, subject, object, actors.Removed)
	if err != nil || !ended {
		return false, err
	}
	switch {
	case !tell:
	case object.Local:
		err = o.Reply(ctx, tx, "Reject", object, subject, r.Request)
	case subject.Local:
		err = o.TellLeft(ctx, tx, subject, object, r.Request)
	}
	return r.State == actors.Active, err
}

func (o *Outbox) severInvitation(ctx context.Context, tx *db.Tx, who, group *actors.Actor, r *actors.Relation, tell bool) error {
	switch {
	case !tell:
		return o.InvitationEnded(ctx, tx, who, group)
	case group.Local:
		return o.withdrawInvite(ctx, tx, who, group, r)
	}
	return o.decline(ctx, tx, who, group, r)
}

// Report passes a report on to the node of the reported account (Flag), in the name of this node: who reported stays here.
func (o *Outbox) Report(ctx context.Context, tx *db.Tx, target *actors.Actor, posts []string, comment string) error {
	a := &vocab.Activity{Type: "Flag", To: []string{target.IRI}, Content: comment, Object: vocab.Ref{ID: target.IRI}}
	for _, iri := range posts {
		a.MoreObjects = append(a.MoreObjects, vocab.Ref{ID: iri})
	}
	if _, _, err := o.send(ctx, tx, o.Dir.App(), sending{personal: true, activity: a}); err != nil {
		return fmt.Errorf("pass on a report about %s: %w", target.IRI, err)
	}
	return nil
}
