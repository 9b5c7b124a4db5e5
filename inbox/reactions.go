// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/outbox"
)

// ---- votes in polls ----------------------------------------------------------------------------------

// isVote tells a vote from a post: a Note with a name, without content, that answers something (FEP-9967).
func isVote(o *vocab.Object) bool {
	return o.Type == "Note" && o.Name != "" && o.Content == "" && o.InReplyTo != ""
}

func allowVote(ctx context.Context, q db.Q, a *arrival, o *vocab.Object) error {
	item, err := content.ByIRI(ctx, q, actors.Viewer{Host: a.actor.Host}, o.InReplyTo)
	if err != nil {
		return err
	}
	if item.Poll == nil || !item.Local {
		return fault.Say(fault.Invalid, "%s is not a poll of this node.", o.InReplyTo)
	}
	a.item, a.vote = item, true
	return mayReact(ctx, q, a)
}

func applyVote(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	votes := []*vocab.Object{a.Object.Object}
	for _, more := range a.MoreObjects { // GoToSocial sends the choices of one person together
		if more.Object != nil && isVote(more.Object) && ownObject(more.Object, a.Actor) == nil && more.Object.InReplyTo == a.item.IRI {
			votes = append(votes, more.Object)
		}
	}
	counted := false
	for _, v := range votes {
		added, err := x.Library.Choose(ctx, tx, a.item, a.actor.ID, v.Name, v.ID)
		if err != nil {
			return err
		}
		counted = counted || added
	}
	if !counted {
		return nil
	}
	return x.Outbox.TellPoll(ctx, tx, a.item.ID)
}

// ---- reactions ---------------------------------------------------------------------------------------

func allowReaction(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	item, err := content.ByIRI(ctx, q, actors.Viewer{Host: a.actor.Host}, a.Object.ID)
	if errors.Is(err, fault.NotFound) && a.via != nil {
		if gone, err := content.Buried(ctx, q, a.Object.ID); err == nil && !gone {
			return &needs{iri: a.Object.ID} // something in a group of ours that has not come yet
		}
	}
	if errors.Is(err, fault.NotFound) || err == nil && item.Group == 0 {
		if early, err := x.early(ctx, q, a, a.Object.ID); err != nil || early {
			return errors.Join(err, errNotYet)
		}
	}
	if err != nil {
		return err
	}
	a.item = item
	if err := x.groupOfItem(ctx, q, a); err != nil {
		return err
	}
	return mayReact(ctx, q, a)
}

// early tells whether somebody who is or was a member of a group of ours says something about a post in it that has not come to the group yet: its
// author's node may be slower than this one, which said so in the activity's audience.
func (x *Inbox) early(ctx context.Context, q db.Q, a *arrival, object string) (bool, error) {
	if a.via != nil {
		return false, nil
	}
	for _, iri := range a.Audience {
		if !x.Dir.Ours(iri) {
			continue
		}
		group, err := actors.ByIRI(ctx, q, iri)
		if err != nil || !group.IsGroup() {
			continue
		}
		r, err := actors.RelationOf(ctx, q, a.actor.ID, group.ID)
		if err != nil || r.State == actors.None || r.State == actors.Banned {
			return false, err
		}
		gone, err := content.Buried(ctx, q, object)
		return !gone, err
	}
	return false, nil
}

// mayReact tells whether an actor may say something about an item at all: not when its author has blocked it, nor when it is
// banned from the item's group.
func mayReact(ctx context.Context, q db.Q, a *arrival) error {
	denied, err := actors.Blocked(ctx, q, a.item.Author, a.actor.ID)
	if err == nil && !denied && a.item.Group != 0 {
		var r *actors.Relation
		if r, err = actors.RelationOf(ctx, q, a.actor.ID, a.item.Group); err == nil {
			denied = r.State == actors.Banned
		}
	}
	if err == nil && denied {
		err = fault.Say(fault.Forbidden, "%s may say nothing about %s.", a.Actor, a.item.IRI)
	}
	return err
}

func applyReaction(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	kind, value := reaction(a.Activity)
	added, err := x.Library.Vote(ctx, tx, a.item, a.actor.ID, kind, value, a.ID)
	if err != nil || !added {
		return err
	}
	if kind != content.Dislike {
		if err := x.Timelines.Notify(ctx, tx, a.item.Author, "favourite", a.actor.ID, a.item.ID); err != nil {
			return err
		}
	}
	return x.relay(ctx, tx, a, a.item)
}

// reaction reads what is said: a Like with a text is an emoji (FEP-c0e0).
func reaction(a *vocab.Activity) (kind, value string) {
	value = actors.CleanText(a.Content, 64)
	switch {
	case a.Type == "Dislike":
		return content.Dislike, ""
	case value != "" && value != "❤️" && value != "❤":
		return content.Emoji, value
	}
	return content.Like, ""
}

// ---- reports -----------------------------------------------------------------------------------------

// allowFlag: a report that names a group of ours among those it is sent to is for those who decide there, any other for the administrators.
func allowFlag(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	group, err := x.reportedIn(ctx, q, a)
	if err != nil {
		return err
	}
	if group != nil {
		a.report, err = outbox.Accuse(ctx, q, actors.Viewer{Host: a.actor.Host}, group, reported(a), outbox.Reason(a.Activity))
		if err == nil {
			a.group = group
			return nil
		}
		if fault.Status(err) >= 500 || !x.alsoTo(a, group) {
			return err // not told to the sender: that would tell what there is
		}
		a.report = nil
	}
	if slices.ContainsFunc(reported(a), x.Dir.Ours) {
		return nil
	}
	return fault.Say(fault.Invalid, "The report is about nothing of this node.")
}

// reported are the people and posts that a report names.
func reported(a *arrival) []string {
	about := []string{a.Object.ID}
	for _, ref := range a.MoreObjects[:min(len(a.MoreObjects), 100)] {
		about = append(about, ref.ID)
	}
	return about
}

// reportedIn is the group of ours that a report is sent to; nil when to none, or when it is about the group itself.
func (x *Inbox) reportedIn(ctx context.Context, q db.Q, a *arrival) (*actors.Actor, error) {
	named := slices.DeleteFunc(slices.Concat(a.To, a.CC, a.Audience), func(iri string) bool { return !x.Dir.Ours(iri) })
	candidates, err := actors.ByIRIs(ctx, q, named)
	if err != nil {
		return nil, err
	}
	for _, group := range candidates {
		if group.IsGroup() && !slices.Contains(reported(a), group.IRI) {
			return group, nil
		}
	}
	return nil, nil
}

// alsoTo tells whether something is sent to others of this node than a group.
func (x *Inbox) alsoTo(a *arrival, group *actors.Actor) bool {
	return slices.ContainsFunc(a.To, func(iri string) bool { return x.Dir.Ours(iri) && iri != group.IRI })
}

func applyFlag(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	if a.report != nil {
		peer, err := actors.DecisionOn(ctx, tx, a.actor.Host)
		if err != nil || peer.RejectReports {
			return err
		}
		if err := x.Outbox.KeepReport(ctx, tx, a.group, *a.report); err != nil || !x.alsoTo(a, a.group) {
			return err
		}
	}
	about := reported(a)
	if err := x.Moderation.Receive(ctx, tx, a.ID, a.actor, about, outbox.Reason(a.Activity)); err != nil { // Lemmy writes it in summary
		return fmt.Errorf("keep report: %w", err)
	}
	tx.After(func() { x.Log.Warn("a report has come in", "from", a.actor.Host, "about", about) })
	return nil
}
