// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

import (
	"context"
	"errors"
	"slices"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/outbox"
)

// arrival is an authentic activity on its way in.
type arrival struct {
	*vocab.Activity
	actor *actors.Actor
	raw   []byte
	via   *actors.Actor // the group elsewhere that announced it to its members; nil when it came straight

	item  *content.Item // what allow found out for apply
	group *actors.Actor // the group that it is about
	other *actors.Actor // the other actor that it is about
	inner *arrival      // what was announced or is undone
	vote  bool
	// the group of ours of which a node has deleted its copy
	purged actors.ID

	toInvite   bool             // it answers an Invite
	invitation *actors.Relation // that it answers or takes back; nil when that was a wish to invite

	report *outbox.GroupReport // in a group of ours: that came, or is resolved by its staff

	decision *outbox.Decision // about a membership of a group of ours, by its staff; without a kind it stands already

	quoting *content.Item   // the item that quotes, or asks to
	granted bool            // it may
	stamped []*content.Item // the items that show a stamp which is taken back
}

// handler gives one type of activity its effect. allow decides, without effects, whether it may have one: nil is yes, a
// *needs says what must be read elsewhere first, anything else is the reason of a refusal. apply is the effect.
type handler struct {
	allow func(context.Context, *Inbox, db.Q, *arrival) error
	apply func(context.Context, *Inbox, *db.Tx, *arrival) error
}

// handlerOf is the protocol. What is not here is accepted and dropped.
func handlerOf(kind string) (handler, bool) {
	switch kind {
	case "Create":
		return handler{allowCreate, applyCreate}, true
	case "Update":
		return handler{allowUpdate, applyUpdate}, true
	case "Delete":
		return handler{allowDelete, applyDelete}, true
	case "Undo":
		return handler{allowUndo, applyUndo}, true
	case "Follow", "Join":
		return handler{allowFollow, applyFollow}, true
	case "Invite":
		return handler{allowInvite, applyInvite}, true
	case "Leave":
		return handler{allowFollow, applyLeave}, true
	case "Accept":
		return handler{allowAnswer, applyAccept}, true
	case "TentativeAccept":
		return handler{allowAnswer, applyTentative}, true
	case "Offer":
		return handler{allowOffer, applyOffer}, true
	case "Reject":
		return handler{allowAnswer, applyReject}, true
	case "Add", "Remove":
		return handler{allowCollect, applyCollect}, true
	case "Announce":
		return handler{allowAnnounce, applyAnnounce}, true
	case "Like", "EmojiReact", "Dislike":
		return handler{allowReaction, applyReaction}, true
	case "Block":
		return handler{allowBlock, applyBlock}, true
	case "Flag":
		return handler{allowFlag, applyFlag}, true
	case "Lock":
		return handler{allowLock, applyLock}, true
	case "Move":
		return handler{allowMove, applyMove}, true
	case "QuoteRequest":
		return handler{allowQuoteRequest, applyQuoteRequest}, true
	}
	return handler{}, false
}

// ---- posts: Create, Update, Delete -------------------------------------------------------------------

func allowCreate(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	if a.Object.Object == nil {
		if federation.SameOrigin(a.Object.ID, a.Actor) {
			return x.unlessKnown(ctx, q, a)
		}
		return fault.Say(fault.Invalid, "The Create holds no object.")
	}
	o := a.Object.Object
	if err := ownObject(o, a.Actor); err != nil {
		return err
	}
	if gone, err := content.Buried(ctx, q, o.ID); err != nil || gone {
		return errors.Join(err, fault.Say(fault.Gone, "%s was deleted before it came.", o.ID))
	}
	if isVote(o) {
		return allowVote(ctx, q, a, o)
	}
	return x.allowPost(ctx, q, a, o)
}

// unlessKnown asks for an object that was only named to be fetched, if it can concern anybody here; then there is nothing left to do.
func (x *Inbox) unlessKnown(ctx context.Context, q db.Q, a *arrival) error {
	concerned, err := x.concerns(ctx, q, a.actor, slices.Concat(a.To, a.CC), "")
	if err != nil || !concerned {
		return errors.Join(err, fault.Say(fault.Forbidden, "Nobody on this node is concerned by %s.", a.Object.ID))
	}
	if _, err := content.Stored(ctx, q, a.Object.ID); errors.Is(err, fault.NotFound) {
		return &needs{iri: a.Object.ID}
	}
	return nil
}

// ownObject checks that an object belongs to the actor (FEP-fe34): attributed to it, and of its server.
func ownObject(o *vocab.Object, actor string) error {
	switch {
	case federation.CheckID(o.ID) != nil || !federation.SameOrigin(o.ID, actor):
		return fault.Say(fault.Invalid, "The object %s is not of the server of %s.", o.ID, actor)
	case o.AttributedTo != actor:
		return fault.Say(fault.Invalid, "The object %s is attributed to %s, not to %s.", o.ID, o.AttributedTo, actor)
	}
	return nil
}

// allowPost finds the group that a post is for and whether it may be there, and whether anybody here is concerned.
func (x *Inbox) allowPost(ctx context.Context, q db.Q, a *arrival, o *vocab.Object) error {
	group, err := x.groupFor(ctx, q, a, o)
	if err != nil {
		return err
	}
	a.group = group
	if group != nil && group.Local || a.via != nil {
		return nil
	}
	concerned, err := x.concerns(ctx, q, a.actor, slices.Concat(o.To, o.CC, a.To, a.CC), o.InReplyTo)
	if err == nil && !concerned {
		err = fault.Say(fault.Forbidden, "Nobody on this node is concerned by %s.", o.ID)
	}
	return err
}

// groupFor is the group that a post goes to, nil when to none. A claim in a document counts only for our own groups, where
// the list of members decides; for groups elsewhere the group itself must have announced the post.
func (x *Inbox) groupFor(ctx context.Context, q db.Q, a *arrival, o *vocab.Object) (*actors.Actor, error) {
	if a.via != nil {
		return x.groupVia(ctx, q, a, o)
	}
	named := slices.Concat(o.Audience, o.To, o.CC, a.To, a.CC, a.Audience)
	candidates, err := actors.ByIRIs(ctx, q, slices.DeleteFunc(slices.Clone(named), func(iri string) bool { return !x.Dir.Ours(iri) }))
	if err != nil {
		return nil, err
	}
	var parent *content.Item
	if o.InReplyTo != "" {
		parent, _ = content.Stored(ctx, q, o.InReplyTo)
	}
	for _, group := range candidates {
		if !group.IsGroup() || parent != nil && parent.Group != group.ID || parent == nil && o.InReplyTo != "" && !slices.Contains(o.Audience, group.IRI) {
			continue
		}
		audience := content.Audience(a.actor, group, o.To, o.CC)
		if group.Shows() == actors.Public && audience == actors.Members && slices.Contains(o.Audience, group.IRI) { // as it was closed a moment ago
			return nil, &refusal{group, fault.Say(fault.Forbidden, "%s is open: what is posted there is for everybody.", group.Handle())}
		}
		if group.Shows() == actors.Public && audience > actors.Unlisted {
			continue // an open group shows everybody what it is given: nothing narrower is taken in
		}
		role, err := actors.RoleOf(ctx, q, a.actor.ID, group.ID)
		switch {
		case err != nil:
			return nil, err
		case role == "" && group.Visibility == actors.VisibilityHidden:
			continue // it does not exist
		case role != "" && group.Shows() == actors.Members && audience != actors.Members:
			return nil, &refusal{group, fault.Say(fault.Forbidden, "%s is closed: address what you post there to the group only.", group.Handle())}
		case role == "" && slices.Contains(o.Audience, group.IRI):
			return nil, &refusal{group, fault.Say(fault.Forbidden, "Only members post in %s.", group.Handle())}
		case role == "":
			continue
		case parent != nil && !parent.Closed.IsZero() && !role.Staff():
			return nil, &refusal{group, fault.Say(fault.Forbidden, "This conversation in %s has been closed.", group.Handle())}
		}
		if err := group.Takes(role, parent != nil); err != nil {
			return nil, &refusal{group, err}
		}
		return group, nil
	}
	return nil, nil
}

// groupVia is the group that announced a post, when the post was meant for it; nil when it only shows what everybody may see.
func (x *Inbox) groupVia(ctx context.Context, q db.Q, a *arrival, o *vocab.Object) (*actors.Actor, error) {
	if addressed(o, a.via) {
		return a.via, nil
	}
	if parent, err := content.Stored(ctx, q, o.InReplyTo); err == nil && parent.Group == a.via.ID {
		return a.via, nil
	}
	if content.Audience(a.actor, nil, o.To, o.CC) > actors.Unlisted {
		return nil, fault.Say(fault.Forbidden, "%s is not for %s.", o.ID, a.via.IRI)
	}
	return nil, nil
}

// refusal is a refusal that the sender is told: Reject by the group (groups-1 §6).
type refusal struct {
	by *actors.Actor
	error
}

func (r *refusal) Unwrap() error { return r.error }

// concerns tells whether a post has anything to do with this node: it names one of ours, answers something known, or is by
// somebody whom one of ours follows. Others are dropped, or a stranger could fill the disk.
func (x *Inbox) concerns(ctx context.Context, q db.Q, author *actors.Actor, named []string, inReplyTo string) (bool, error) {
	if slices.ContainsFunc(named, x.Dir.Ours) {
		return true, nil
	}
	n, err := db.One(ctx, q, db.Scalar[int], `SELECT CASE WHEN EXISTS (SELECT 1 FROM relations r JOIN actors s ON s.id = r.subject AND s.local WHERE r.object = $1 AND r.state = 'active')
		OR EXISTS (SELECT 1 FROM items i WHERE i.iri = $2) THEN 1 ELSE 0 END`, author.ID, inReplyTo)
	return n == 1, err
}

func applyCreate(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	switch {
	case a.Object.Object == nil:
		return nil
	case a.vote:
		return applyVote(ctx, x, tx, a)
	}
	m, err := x.Library.FromWire(ctx, tx, a.Object.Object, a.actor, a.group)
	if err != nil {
		return err
	}
	added, err := x.Timelines.Publish(ctx, tx, m)
	if err != nil {
		return err
	}
	if !added {
		return x.joinGroup(ctx, tx, a, m.Item.IRI)
	}
	if err := x.boostByGroup(ctx, tx, a, m.Item); err != nil {
		return err
	}
	if m.Item.ReplyIRI != "" && m.Item.ReplyTo == 0 {
		if err := x.wantParents(ctx, tx, m.Item.ReplyIRI); err != nil {
			return err
		}
	}
	if err := x.wantQuote(ctx, tx, m.Item); err != nil {
		return err
	}
	if a.group == nil || !a.group.Local || a.via != nil {
		return nil
	}
	return x.Outbox.Relay(ctx, tx, a.group, a.raw, "Create", m.Item) // also when an Update overtook its Create
}

// relay passes on what came straight to a group of ours.
func (x *Inbox) relay(ctx context.Context, tx *db.Tx, a *arrival, item *content.Item) error {
	if a.group == nil || !a.group.Local || a.via != nil {
		return nil
	}
	return x.Outbox.Relay(ctx, tx, a.group, a.raw, a.Type, item)
}

func allowUpdate(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	if a.Object.Actor != nil {
		if a.Object.ID != a.Actor {
			return fault.Say(fault.Forbidden, "%s may not change %s.", a.Actor, a.Object.ID)
		}
		return nil
	}
	if isRecord(a.Activity) {
		return x.allowMembership(ctx, q, a)
	}
	o := a.Object.Object
	if o == nil {
		return fault.Say(fault.Invalid, "The Update holds no object.")
	}
	if err := ownObject(o, a.Actor); err != nil {
		return err
	}
	item, err := content.Stored(ctx, q, o.ID)
	if errors.Is(err, fault.NotFound) {
		return allowCreate(ctx, x, q, a) // it overtook its Create, or this node joined later
	}
	if err != nil {
		return err
	}
	if item.Author != a.actor.ID {
		return fault.Say(fault.Forbidden, "%s may not change what somebody else wrote.", a.Actor)
	}
	a.item = item
	if err := x.groupOfItem(ctx, q, a); err != nil || a.group == nil || !a.group.Local {
		return err
	}
	if err := a.group.Ended(); err != nil {
		return &refusal{a.group, err}
	}
	return nil
}

// groupOfItem finds the group that an item stands in, so that what is said about it can be passed on.
func (x *Inbox) groupOfItem(ctx context.Context, q db.Q, a *arrival) error {
	if a.item.Group == 0 {
		return nil
	}
	group, err := actors.Get(ctx, q, a.item.Group)
	if err != nil {
		return err
	}
	a.group = group
	return nil
}

// recount keeps the new counts of a poll elsewhere, and has its end told when that may have changed.
func (x *Inbox) recount(ctx context.Context, tx *db.Tx, i *content.Item, now *content.Poll) error {
	if err := content.SetPoll(ctx, tx, i.ID, now); err != nil {
		return err
	}
	i.Poll = now
	return x.Timelines.PollChanged(ctx, tx, i)
}

func applyUpdate(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	if w := a.Object.Actor; w != nil {
		if !w.Updated.IsZero() && w.Updated.Before(a.actor.Updated) {
			return nil // older than what is known: an earlier Update that comes late, or again
		}
		_, err := x.Dir.Learn(ctx, tx, w)
		return err
	}
	switch {
	case a.decision != nil:
		return applyDecision(ctx, x, tx, a)
	case isRecord(a.Activity):
		return nil
	case a.item == nil:
		return applyCreate(ctx, x, tx, a)
	}
	o := a.Object.Object
	if !o.Updated.IsZero() && !a.item.Edited.IsZero() && o.Updated.Before(a.item.Edited) {
		return nil // older than what is here
	}
	m, err := x.Library.FromWire(ctx, tx, o, a.actor, a.group)
	if err != nil {
		return err
	}
	requoted, err := x.requote(ctx, tx, a.item, m.Item.Quote, m.Item.QuotePolicy)
	if err != nil {
		return err
	}
	if onlyCounts(a.item, m.Item) {
		if err := x.recount(ctx, tx, a.item, m.Item.Poll); err != nil {
			return err
		}
		return x.relay(ctx, tx, a, a.item)
	}
	if o.Updated.IsZero() && m.Item.Content == a.item.Content && m.Item.Poll == nil {
		if requoted || a.item.Quote.IRI != "" { // whether it may quote is told to all who have it
			return x.relay(ctx, tx, a, a.item)
		}
		return nil // nothing new
	}
	if m.Item.Edited.IsZero() {
		m.Item.Edited = a.Published
	}
	if err := x.Timelines.Republish(ctx, tx, a.item, m); err != nil {
		return err
	}
	return x.relay(ctx, tx, a, a.item)
}

// onlyCounts tells whether nothing of a poll has changed but how often each answer was chosen.
func onlyCounts(before, now *content.Item) bool {
	return now.Poll != nil && now.Poll.Same(before.Poll) && now.Content == before.Content && now.Edited.Equal(before.Edited)
}

func allowDelete(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	if a.Object.ID == a.Actor {
		return nil
	}
	item, err := content.Stored(ctx, q, a.Object.ID)
	if errors.Is(err, fault.NotFound) {
		// Only now: anybody can show the address of another's post as a permission, which keeps nobody from deleting that.
		if known, err := allowRevocation(ctx, q, a); known || err != nil {
			return err
		}
		if federation.SameOrigin(a.Object.ID, a.Actor) {
			return nil // only noted, so that its late Create is ignored
		}
		return fault.Say(fault.NotFound, "%s is not known here.", a.Object.ID)
	}
	if err != nil {
		return err
	}
	a.item = item
	if err := x.groupOfItem(ctx, q, a); err != nil || item.Author == a.actor.ID {
		return err
	}
	return x.mayModerate(ctx, q, a)
}

// mayModerate tells whether the actor may decide about an item that it did not write: as staff of the item's group, which
// is ours, or which announced the decision itself.
func (x *Inbox) mayModerate(ctx context.Context, q db.Q, a *arrival) error {
	denied := fault.Say(fault.Forbidden, "%s may not decide about %s.", a.Actor, a.Object.ID)
	switch {
	case a.group == nil:
		return denied
	case a.via != nil:
		if a.via.ID == a.group.ID {
			return nil // its home has checked
		}
		return denied
	case !a.group.Local:
		return denied
	}
	role, err := actors.RoleOf(ctx, q, a.actor.ID, a.group.ID)
	if err == nil && !role.Staff() {
		err = refuse(a.group, denied)
	}
	return err
}

func applyDelete(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	if a.Object.ID == a.Actor {
		return x.Timelines.ForgetActor(ctx, tx, a.actor)
	}
	if len(a.stamped) > 0 {
		return applyRevocation(ctx, x, tx, a)
	}
	if a.item == nil {
		return content.Bury(ctx, tx, a.Object.ID, "")
	}
	if err := x.relay(ctx, tx, a, a.item); err != nil {
		return err
	}
	if a.group != nil && a.group.Local {
		if err := x.Outbox.Withdraw(ctx, tx, a.item); err != nil {
			return err
		}
	}
	quoting, err := content.Quoting(ctx, tx, a.item.ID)
	if err != nil {
		return err
	}
	if err := x.Timelines.Unpublish(ctx, tx, a.item); err != nil || len(quoting) == 0 {
		return err
	}
	for _, i := range quoting {
		i.Quote = i.Quote.Bereft()
	}
	return x.passOn(ctx, tx, a, quoting)
}
