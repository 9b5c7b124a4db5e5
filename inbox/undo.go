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
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/timeline"
)

// allowUndo finds out what is taken back. The embedded activity says so; its id alone is looked up. Mastodon may name an id
// that was never sent: what counts is type, actor and object.
func allowUndo(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	inner := a.Object.Activity
	if inner == nil {
		found, err := x.undone(ctx, q, a)
		if err != nil {
			return err
		}
		inner = found
	}
	if inner.Actor != "" && inner.Actor != a.Actor {
		return fault.Say(fault.Forbidden, "%s takes back what somebody else did.", a.Actor)
	}
	a.inner = &arrival{Activity: inner, actor: a.actor, via: a.via}
	switch inner.Type {
	case "Follow", "Join":
		return allowFollow(ctx, x, q, a.inner)
	case "Like", "EmojiReact", "Dislike", "Lock", "Announce":
		return x.allowUndoOfItem(ctx, q, a)
	case "Block":
		return x.allowUndoBlock(ctx, q, a)
	case "Invite":
		return x.allowUndoInvite(ctx, q, a)
	}
	return nil // nothing that had an effect here
}

func (x *Inbox) allowUndoOfItem(ctx context.Context, q db.Q, a *arrival) error {
	item, err := content.Stored(ctx, q, a.inner.Object.ID)
	if err != nil {
		return err
	}
	a.item, a.inner.item = item, item
	if err := x.groupOfItem(ctx, q, a); err != nil || a.inner.Type != "Lock" {
		return err
	}
	return x.mayModerate(ctx, q, a)
}

func (x *Inbox) allowUndoBlock(ctx context.Context, q db.Q, a *arrival) error {
	other, err := actors.ByIRI(ctx, q, a.inner.Object.ID)
	if err != nil {
		return err
	}
	a.other = other
	if a.inner.Target.ID == "" || a.inner.Target.ID == a.Actor {
		return nil
	}
	if a.group, err = actors.ByIRI(ctx, q, a.inner.Target.ID); err != nil {
		return err
	}
	return x.mayModerate(ctx, q, a)
}

// undone finds what an id stood for: a reaction, a boost, a following.
func (x *Inbox) undone(ctx context.Context, q db.Q, a *arrival) (*vocab.Activity, error) {
	found := func(kind, object string) (*vocab.Activity, error) {
		return &vocab.Activity{ID: a.Object.ID, Type: kind, Actor: a.Actor, Object: vocab.Ref{ID: object}}, nil
	}
	if item, kind, value, err := content.VoteByIRI(ctx, q, a.Object.ID); err == nil {
		i, err := content.StoredByID(ctx, q, item)
		if err != nil {
			return nil, err
		}
		act, _ := found(map[string]string{content.Like: "Like", content.Emoji: "EmojiReact", content.Dislike: "Dislike"}[kind], i.IRI)
		act.Content = value
		return act, nil
	}
	if i, err := content.Stored(ctx, q, a.Object.ID); err == nil && i.Kind == content.Announce && i.Author == a.actor.ID {
		of, err := content.StoredByID(ctx, q, i.BoostOf)
		if err != nil {
			return nil, err
		}
		return found("Announce", of.IRI)
	}
	if object, err := db.One(ctx, q, db.Scalar[string], "SELECT o.iri FROM relations r JOIN actors o ON o.id = r.object WHERE r.subject = $1 AND r.request = $2", a.actor.ID, a.Object.ID); err == nil {
		return found("Follow", object)
	}
	if invite, err := takenBack(ctx, q, a); err == nil && invite != nil {
		return invite, nil
	}
	return nil, fault.Say(fault.NotFound, "%s takes back something that is not known here.", a.Actor)
}

func applyUndo(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	switch a.inner.Type {
	case "Follow", "Join":
		return applyLeave(ctx, x, tx, a.inner)
	case "Like", "EmojiReact", "Dislike":
		kind, value := reaction(a.inner.Activity)
		said, err := x.Library.Unvote(ctx, tx, a.item, a.actor.ID, kind, value)
		if err != nil || said == "" {
			return err
		}
		if err := x.Timelines.Forget(ctx, tx, a.item.Author, timeline.Favourite, a.actor.ID, a.item.ID); err != nil {
			return err
		}
		return x.relay(ctx, tx, a, a.item)
	case "Lock":
		if err := content.Close(ctx, tx, a.item.ID, time.Time{}); err != nil {
			return err
		}
		return x.relay(ctx, tx, a, a.item)
	case "Announce":
		boost, err := content.Boost(ctx, tx, a.item.ID, a.actor.ID)
		if errors.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := x.Timelines.Forget(ctx, tx, a.item.Author, timeline.Reblog, a.actor.ID, a.item.ID); err != nil {
			return err
		}
		return x.Timelines.Unpublish(ctx, tx, boost)
	case "Block":
		if a.group == nil {
			return x.Dir.Unblock(ctx, tx, a.actor, a.other)
		}
		if replicates(a.group) {
			return nil // its record tells
		}
		if err := x.Dir.Unban(ctx, tx, a.other, a.group); err != nil {
			return err
		}
		return x.relay(ctx, tx, a, nil)
	case "Invite":
		return x.applyUndoInvite(ctx, tx, a)
	}
	return nil
}
