// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// allowAnnounce: a boost of an item by its id, or an activity that a group passes on to its members (FEP-1b12).
func allowAnnounce(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	if a.Object.Activity != nil {
		return x.allowRelayed(ctx, q, a)
	}
	item, err := content.Stored(ctx, q, a.Object.ID)
	if errors.Is(err, fault.NotFound) {
		concerned, err := x.concerns(ctx, q, a.actor, []string{a.Object.ID}, "")
		if err != nil || !concerned {
			return errors.Join(err, fault.Say(fault.Forbidden, "Nobody on this node follows %s.", a.Actor))
		}
		if gone, err := content.Buried(ctx, q, a.Object.ID); err != nil || gone {
			return errors.Join(err, fault.Say(fault.Gone, "%s has been deleted.", a.Object.ID))
		}
		return &needs{iri: a.Object.ID}
	}
	if err != nil {
		return err
	}
	own := item.Audience == actors.Followers && item.Author == a.actor.ID
	if item.Audience > actors.Unlisted && !own || item.Kind == content.Announce {
		return fault.Say(fault.Forbidden, "%s is not for everybody: it cannot be boosted.", a.Object.ID)
	}
	concerned, err := x.concerns(ctx, q, a.actor, []string{item.IRI}, "")
	if err == nil && !concerned {
		err = fault.Say(fault.Forbidden, "Nobody on this node follows %s.", a.Actor)
	}
	a.item = item
	return err
}

// allowRelayed opens what a group announces. The group vouches for having accepted it, never for who wrote it: that is
// checked as if it had come straight (groups-1 §8).
func (x *Inbox) allowRelayed(ctx context.Context, q db.Q, a *arrival) error {
	inner := a.Object.Activity
	if !a.actor.IsGroup() {
		return fault.Say(fault.Forbidden, "%s is not a group: it does not speak for others.", a.Actor)
	}
	members, err := db.One(ctx, q, db.Scalar[int], "SELECT COUNT(*) FROM relations r JOIN actors s ON s.id = r.subject AND s.local WHERE r.object = $1 AND r.state = 'active'", a.actor.ID)
	if err != nil || members == 0 {
		return errors.Join(err, fault.Say(fault.Forbidden, "Nobody on this node is a member of %s.", a.Actor))
	}
	if !passedOn(inner, a.Actor) {
		return fault.Say(fault.Invalid, "A group does not pass on such a %s.", inner.Type)
	}
	h, _ := handlerOf(inner.Type)
	if x.Dir.Ours(inner.Actor) {
		return x.ourOwn(ctx, q, a)
	}
	author, err := actors.ByIRI(ctx, q, inner.Actor)
	if errors.Is(err, fault.NotFound) {
		return &needs{iri: inner.Actor}
	}
	if err != nil {
		return err
	}
	trusted, err := x.authentic(ctx, a)
	if err != nil {
		return err
	}
	if !trusted {
		return x.atOrigin(ctx, q, a)
	}
	a.inner = &arrival{Activity: inner, actor: author, raw: a.Object.Raw, via: a.actor}
	return h.allow(ctx, x, q, a.inner)
}

// passedOn tells whether an activity is of those that a group tells its members of (FEP-1b12): what concerns its posts and its
// members. What two people settle between them does not become true again because a group repeats it.
func passedOn(inner *vocab.Activity, group string) bool {
	switch inner.Type {
	case "Create", "Update", "Delete", "Like", "EmojiReact", "Dislike", "Lock", "Add", "Remove":
		return true
	case "Block":
		return inner.Target.ID == group
	case "Undo":
		undone := inner.Object.Activity
		return undone != nil && undone.Type != "Undo" && undone.Type != "Create" && passedOn(undone, group)
	}
	return false
}

// authentic tells whether the inner activity is proven to be its actor's: of the group's own server, or with a proof.
func (x *Inbox) authentic(ctx context.Context, a *arrival) (bool, error) {
	inner := a.Object.Activity
	if federation.CheckID(inner.ID) != nil || !federation.SameOrigin(inner.ID, inner.Actor) {
		return false, fault.Say(fault.Invalid, "The announced activity %s is not of the server of %s.", inner.ID, inner.Actor)
	}
	if federation.SameOrigin(inner.Actor, a.Actor) {
		return true, nil
	}
	key, err := federation.VerifyProof(ctx, a.Object.Raw, x.Dir.FindKey)
	return err == nil && key.Owner == inner.Actor, nil
}

// atOrigin is for what servers without proofs wrote (Mastodon, Lemmy): the object is read at its origin, in its present
// state. What has no object to read, such as a like, counts when it is about something in the group, and for nothing else.
func (x *Inbox) atOrigin(ctx context.Context, q db.Q, a *arrival) error {
	inner := a.Object.Activity
	switch inner.Type {
	case "Create", "Update":
		item, err := content.Stored(ctx, q, inner.Object.ID)
		if errors.Is(err, fault.NotFound) {
			return &needs{iri: inner.Object.ID}
		}
		if err != nil {
			return err
		}
		if inner.Type == "Update" {
			author, err := actors.Get(ctx, q, item.Author)
			if err != nil || author.IRI != inner.Actor {
				return errors.Join(err, fault.Say(fault.Forbidden, "%s did not write %s.", inner.Actor, item.IRI))
			}
			a.inner = &arrival{Activity: &vocab.Activity{Type: "Refresh", Object: inner.Object}, actor: a.actor}
		}
		a.item = item
		return nil
	}
	object := inner.Object.ID
	if inner.Type == "Undo" && inner.Object.Activity != nil {
		object = inner.Object.Activity.Object.ID
	}
	item, err := content.Stored(ctx, q, object)
	if err != nil {
		return err
	}
	if item.Group != a.actor.ID {
		return fault.Say(fault.Forbidden, "%s speaks about something outside itself.", a.Actor)
	}
	author, err := actors.ByIRI(ctx, q, inner.Actor)
	if err != nil {
		return err
	}
	h, _ := handlerOf(inner.Type)
	a.inner = &arrival{Activity: inner, actor: author, raw: a.Object.Raw, via: a.actor}
	return h.allow(ctx, x, q, a.inner)
}

// ourOwn: what one of ours said comes back from the group, which is how we hear that it was accepted.
func (x *Inbox) ourOwn(ctx context.Context, q db.Q, a *arrival) error {
	inner := a.Object.Activity
	if inner.Type != "Create" {
		return nil
	}
	item, err := content.Stored(ctx, q, inner.Object.ID)
	if errors.Is(err, fault.NotFound) {
		return nil // deleted meanwhile
	}
	a.item = item
	return err
}

func applyAnnounce(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	if a.inner != nil && a.inner.actor.ID != a.actor.ID { // before it has its effect: a post may be gone after that
		if err := x.Outbox.KeepRelayed(ctx, tx, a.actor, a.inner.Activity, a.inner.item); err != nil {
			return err
		}
	}
	switch {
	case a.Object.Activity == nil:
		return x.applyBoost(ctx, tx, a)
	case a.inner != nil && a.inner.Type == "Refresh":
		return x.wantAgain(ctx, tx, a.inner.Object.ID)
	case a.inner != nil:
		h, _ := handlerOf(a.inner.Type)
		return h.apply(ctx, x, tx, a.inner)
	case a.item != nil:
		return x.intoGroup(ctx, tx, a.actor, a.item, a.ID)
	}
	return nil
}

func (x *Inbox) applyBoost(ctx context.Context, tx *db.Tx, a *arrival) error {
	if a.actor.IsGroup() {
		return x.intoGroup(ctx, tx, a.actor, a.item, a.ID)
	}
	audience := max(content.Audience(a.actor, nil, a.To, a.CC), a.item.Audience) // a boost reaches nobody whom the item may not reach
	return x.boost(ctx, tx, a.actor, a.item, a.ID, audience, a.Published)
}

func (x *Inbox) boost(ctx context.Context, tx *db.Tx, by *actors.Actor, of *content.Item, iri string, audience actors.Audience, when time.Time) error {
	if _, err := content.Boost(ctx, tx, of.ID, by.ID); err == nil {
		return nil // once is enough
	}
	now := time.Now()
	if when.IsZero() || when.After(now) {
		when = now
	}
	b := &content.Item{IRI: iri, URL: iri, Kind: content.Announce, Author: by.ID, Audience: audience, BoostOf: of.ID, Published: when, Created: now}
	if by.IsGroup() {
		b.Group = by.ID
	}
	_, err := x.Timelines.Publish(ctx, tx, &content.Made{Item: b})
	return err
}

// belongs tells whether an item's author addressed it to the group, or answered something that stands in it. A group that
// merely announces something shows it, as anybody may, and has no say over it.
func belongs(ctx context.Context, q db.Q, group *actors.Actor, item *content.Item) (bool, error) {
	if item.ReplyTo != 0 {
		parent, err := content.StoredByID(ctx, q, item.ReplyTo)
		if err != nil || parent.Group == group.ID {
			return err == nil, err
		}
	}
	raw, err := content.Doc(ctx, q, item.ID)
	if err != nil {
		return false, err
	}
	doc, err := vocab.Decode(raw)
	return err == nil && doc.Object != nil && addressed(doc.Object, group), nil
}

func addressed(o *vocab.Object, group *actors.Actor) bool {
	return slices.Contains(slices.Concat(o.Audience, o.To, o.CC), group.IRI)
}

// intoGroup puts an item that a group elsewhere announced into that group: a root stands in timelines as the group's boost.
func (x *Inbox) intoGroup(ctx context.Context, tx *db.Tx, group *actors.Actor, item *content.Item, iri string) error {
	if ours, err := belongs(ctx, tx, group, item); err != nil || item.Group == 0 && !ours && item.ReplyIRI != "" {
		return err
	} else if item.Group == 0 && ours {
		if err := content.SetGroup(ctx, tx, item.ID, group.ID); err != nil {
			return err
		}
		item.Group = group.ID
	}
	if item.ReplyIRI != "" && item.Group == group.ID {
		return nil
	}
	return x.boost(ctx, tx, group, item, iri, max(group.Shows(), item.Audience), time.Time{})
}

// boostByGroup is intoGroup for an item that arrived inside the group's Announce.
func (x *Inbox) boostByGroup(ctx context.Context, tx *db.Tx, a *arrival, item *content.Item) error {
	if a.via == nil || item.ReplyIRI != "" {
		return nil
	}
	return x.boost(ctx, tx, a.via, item, a.via.IRI+"#boost-"+item.IRI, max(a.via.Shows(), item.Audience), time.Time{})
}

// joinGroup is for an item that was here already when its group announced it: it had come straight to somebody it mentions.
func (x *Inbox) joinGroup(ctx context.Context, tx *db.Tx, a *arrival, iri string) error {
	if a.group == nil {
		return nil
	}
	item, err := content.Stored(ctx, tx, iri)
	if err != nil {
		return err
	}
	if a.via == nil { // read as the parent of an answer before it came itself
		if !a.group.Local || item.Group != 0 || item.Author != a.actor.ID {
			return nil
		}
		if err := content.SetGroup(ctx, tx, item.ID, a.group.ID); err != nil {
			return err
		}
		item.Group = a.group.ID
		return x.Outbox.Relay(ctx, tx, a.group, a.raw, "Create", item)
	}
	return x.intoGroup(ctx, tx, a.via, item, a.via.IRI+"#boost-"+item.IRI)
}
