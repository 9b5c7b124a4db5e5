// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// LockPost closes a post in a group for answers, or opens it again (FEP-1b12 Lock). The group may be elsewhere: its home decides.
func (o *Outbox) LockPost(ctx context.Context, who, group *actors.Actor, id content.ID, on bool, reason string) error {
	return o.moderate(ctx, who, group, id, "lock", func(tx *db.Tx, i *content.Item) (*vocab.Activity, error) {
		if on != i.Closed.IsZero() {
			return nil, nil
		}
		when := time.Time{}
		lock := vocab.Activity{Type: "Lock", To: []string{vocab.Public}, Object: vocab.Ref{ID: i.IRI}, Content: reason}
		say := &lock
		if on {
			when = time.Now()
		} else {
			lock.ID = o.Dir.URL(fmt.Sprintf("/activities/%d", o.DB.NewID()))
			say = undo(who, lock.To, lock)
		}
		return say, content.Close(ctx, tx, i.ID, when)
	})
}

// PinPost puts a post at the head of its group, or takes it away (FEP-1b12: Add to and Remove from the group's featured
// collection). The group may be elsewhere: its home decides.
func (o *Outbox) PinPost(ctx context.Context, who, group *actors.Actor, id content.ID, on bool) error {
	return o.moderate(ctx, who, group, id, "pin", func(tx *db.Tx, i *content.Item) (*vocab.Activity, error) {
		pins, err := db.All(ctx, tx, db.Scalar[content.ID], "SELECT id FROM items WHERE grp = $1 AND featured > 0", group.ID)
		if err != nil {
			return nil, err
		}
		pinned := false
		for _, p := range pins {
			pinned = pinned || p == i.ID
		}
		switch {
		case on == pinned || group.Featured == "":
			return nil, nil
		case on && len(pins) >= MaxPins:
			return nil, fault.Say(fault.Invalid, "%d posts are pinned in %s already, which is the limit.", MaxPins, group.Handle())
		}
		kind, when := "Remove", time.Time{}
		if on {
			kind, when = "Add", time.Now()
		}
		return &vocab.Activity{Type: kind, To: []string{vocab.Public}, Object: vocab.Ref{ID: i.IRI}, Target: vocab.Ref{ID: group.Featured}}, content.PinInGroup(ctx, tx, i.ID, when)
	})
}

// moderate does something to a post in a group and tells it through the group; nothing is told of what is so already.
func (o *Outbox) moderate(ctx context.Context, who, group *actors.Actor, id content.ID, what string, do func(*db.Tx, *content.Item) (*vocab.Activity, error)) error {
	i, err := content.Get(ctx, o.DB, viewer(who), id)
	if err == nil && (i.Group != group.ID || i.BoostOf != 0) {
		err = fault.Say(fault.NotFound, "This post does not stand in %s.", group.Handle())
	}
	if err != nil {
		return err
	}
	role, err := actors.RoleOf(ctx, o.DB, who.ID, group.ID)
	if err == nil && !role.Staff() {
		err = fault.Say(fault.Forbidden, "Only an owner or moderator of %s may do that.", group.Handle())
	}
	if err != nil {
		return err
	}
	err = o.DB.Tx(ctx, func(tx *db.Tx) error {
		say, err := do(tx, i)
		if err != nil || say == nil {
			return err
		}
		_, err = o.tell(ctx, tx, who, i, sending{activity: say})
		return err
	})
	if err != nil {
		return fmt.Errorf("%s %s in %s: %w", what, i.IRI, group.IRI, err)
	}
	return nil
}

// Pins are the numbers of the posts that are pinned in a group, of those that the viewer sees, with the time since when.
func Pins(ctx context.Context, q db.Q, v actors.Viewer, group actors.ID) (ids []content.ID, since []time.Time, err error) {
	sees, args := actors.Sees(v, "i", []any{group})
	_, err = db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var id content.ID
		var when int64
		err = r.Scan(&id, &when)
		ids, since = append(ids, id), append(since, db.FromMillis(when))
		return x, err
	}, "SELECT i.id, i.featured FROM items i WHERE i.grp = $1 AND i.featured > 0 AND "+sees+" ORDER BY i.featured DESC, i.id DESC", args...)
	if err != nil {
		return nil, nil, fmt.Errorf("pins of group %d: %w", group, err)
	}
	return ids, since, nil
}

// Join asks to be a member of a group, with a few words of introduction for those who decide.
func (o *Outbox) Join(ctx context.Context, who, group *actors.Actor, introduction string) error {
	if !group.IsGroup() {
		return fault.Say(fault.NotFound, "There is no such group.")
	}
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := o.ask(ctx, tx, who, group, introduction)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s joins %s: %w", who.IRI, group.IRI, err)
	}
	return nil
}
