// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/timeline"
)

// MaxPins is how many posts stand at the head of a page at once.
const MaxPins = 5

// Like says that one of ours likes an item. A second time changes nothing.
func (o *Outbox) Like(ctx context.Context, who *actors.Actor, id content.ID) (*content.Item, error) {
	return o.onItem(ctx, who, id, func(tx *db.Tx, i *content.Item, author *actors.Actor) error {
		iri := o.Dir.URL(fmt.Sprintf("/activities/%d", o.DB.NewID()))
		added, err := o.Library.Vote(ctx, tx, i, who.ID, content.Like, "", iri)
		if err != nil || !added {
			return err
		}
		if err := o.Timelines.Notify(ctx, tx, author.ID, timeline.Favourite, who.ID, i.ID); err != nil {
			return err
		}
		_, err = o.tell(ctx, tx, who, i, sending{activity: &vocab.Activity{ID: iri, Type: "Like", To: []string{author.IRI}, Object: vocab.Ref{ID: i.IRI}}})
		return err
	})
}

// Unlike takes a like back.
func (o *Outbox) Unlike(ctx context.Context, who *actors.Actor, id content.ID) (*content.Item, error) {
	return o.onItem(ctx, who, id, func(tx *db.Tx, i *content.Item, author *actors.Actor) error {
		iri, err := o.Library.Unvote(ctx, tx, i, who.ID, content.Like, "")
		if err != nil || iri == "" {
			return err
		}
		if err := o.Timelines.Forget(ctx, tx, author.ID, timeline.Favourite, who.ID, i.ID); err != nil {
			return err
		}
		_, err = o.tell(ctx, tx, who, i, sending{activity: undo(who, []string{author.IRI}, vocab.Activity{ID: iri, Type: "Like", Actor: who.IRI, Object: vocab.Ref{ID: i.IRI}})})
		return err
	})
}

func undo(who *actors.Actor, to []string, a vocab.Activity) *vocab.Activity {
	a.Actor = who.IRI
	return &vocab.Activity{Type: "Undo", To: to, Object: vocab.Ref{ID: a.ID, Type: a.Type, Document: vocab.Document{Activity: &a}}}
}

// Boost shows an item to one's own followers, and returns the boost. A second time returns the first.
// What not everybody may see is not boosted, but by its author for the author's own followers.
func (o *Outbox) Boost(ctx context.Context, who *actors.Actor, id content.ID, audience actors.Audience) (*content.Item, error) {
	var wrapper *content.Item
	_, err := o.onItem(ctx, who, id, func(tx *db.Tx, i *content.Item, author *actors.Actor) error {
		own := i.Audience == actors.Followers && i.Author == who.ID
		switch {
		case i.Audience > actors.Unlisted && !own:
			return fault.Say(fault.Forbidden, "This post is not for everybody: it cannot be boosted.")
		case own:
			audience = actors.Followers
		case audience > actors.Followers:
			audience = actors.Followers
		}
		boost, err := content.Boost(ctx, tx, i.ID, who.ID)
		if err == nil {
			wrapper = boost
			return nil
		}
		if !errors.Is(err, fault.NotFound) {
			return err
		}
		if err := o.boost(ctx, tx, who, i, audience); err != nil {
			return err
		}
		wrapper, err = content.Boost(ctx, tx, i.ID, who.ID)
		return err
	})
	return wrapper, err
}

// boost keeps and sends the Announce of an item's id by one of ours, a person or a group.
func (o *Outbox) boost(ctx context.Context, tx *db.Tx, who *actors.Actor, i *content.Item, audience actors.Audience) error {
	author, err := actors.Get(ctx, tx, i.Author)
	if err != nil {
		return err
	}
	id := o.DB.NewID()
	iri := o.Dir.URL(fmt.Sprintf("/activities/%d", id))
	now := time.Now()
	b := &content.Item{ID: content.ID(id), IRI: iri, URL: iri, Kind: content.Announce, Local: true, Author: who.ID, Audience: audience, BoostOf: i.ID, Published: now, Created: now}
	if who.IsGroup() {
		b.Group = who.ID
	}
	if _, err := o.Timelines.Publish(ctx, tx, &content.Made{Item: b}); err != nil {
		return err
	}
	if audience == actors.Members { // the members have the post from the log
		return nil
	}
	a := &vocab.Activity{ID: iri, Type: "Announce", Object: vocab.Ref{ID: i.IRI}}
	a.To, a.CC = []string{vocab.Public}, []string{who.Followers, author.IRI}
	switch audience {
	case actors.Unlisted:
		a.To, a.CC = []string{who.Followers}, []string{vocab.Public, author.IRI}
	case actors.Followers:
		a.To, a.CC = []string{who.Followers}, []string{author.IRI}
	}
	s := sending{activity: a, item: b.ID, public: audience <= actors.Unlisted}
	s.onlyPlain(who, author)
	_, _, err = o.send(ctx, tx, who, s)
	return err
}

// onlyPlain spares those a group's boost who have the post from its log.
func (s *sending) onlyPlain(who, author *actors.Actor) {
	if !who.IsGroup() {
		return
	}
	s.hosts = plainServers
	if author.Groups1 {
		s.activity.CC = slices.DeleteFunc(s.activity.CC, func(iri string) bool { return iri == author.IRI })
	}
}

// Unboost takes a boost back and returns the original.
func (o *Outbox) Unboost(ctx context.Context, who *actors.Actor, id content.ID) (*content.Item, error) {
	return o.onItem(ctx, who, id, func(tx *db.Tx, i *content.Item, _ *actors.Actor) error {
		boost, err := content.Boost(ctx, tx, i.ID, who.ID)
		if errors.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return o.undoBoost(ctx, tx, who, boost, i)
	})
}

func (o *Outbox) undoBoost(ctx context.Context, tx *db.Tx, who *actors.Actor, boost, of *content.Item) error {
	author, err := actors.Get(ctx, tx, of.Author)
	if err != nil {
		return err
	}
	a := undo(who, []string{who.Followers}, vocab.Activity{ID: boost.IRI, Type: "Announce", Object: vocab.Ref{ID: of.IRI}})
	a.CC = []string{author.IRI}
	if boost.Audience <= actors.Unlisted {
		a.CC = append(a.CC, vocab.Public)
	}
	s := sending{activity: a, public: boost.Audience <= actors.Unlisted}
	s.onlyPlain(who, author)
	if _, _, err := o.send(ctx, tx, who, s); err != nil {
		return err
	}
	if err := o.Timelines.Forget(ctx, tx, of.Author, timeline.Reblog, who.ID, of.ID); err != nil {
		return err
	}
	return o.Timelines.Unpublish(ctx, tx, boost)
}

// Bookmark keeps an item for oneself, or does so no longer. Nobody is told.
func (o *Outbox) Bookmark(ctx context.Context, who *actors.Actor, id content.ID, on bool) (*content.Item, error) {
	return o.onItem(ctx, who, id, func(tx *db.Tx, i *content.Item, _ *actors.Actor) error {
		if !on {
			_, err := o.Library.Unvote(ctx, tx, i, who.ID, content.Bookmark, "")
			return err
		}
		_, err := o.Library.Vote(ctx, tx, i, who.ID, content.Bookmark, "", "")
		return err
	})
}

// Pin puts one's own item at the head of one's page, or takes it away, and says so (Add and Remove with target featured).
func (o *Outbox) Pin(ctx context.Context, who *actors.Actor, id content.ID, on bool) (*content.Item, error) {
	return o.onItem(ctx, who, id, func(tx *db.Tx, i *content.Item, _ *actors.Actor) error {
		switch {
		case i.Author != who.ID:
			return fault.Say(fault.Invalid, "Validation failed: only your own posts can be pinned.")
		case i.Audience == actors.Direct:
			return fault.Say(fault.Invalid, "Validation failed: a direct message cannot be pinned.")
		case on == !i.Pinned.IsZero():
			return nil
		}
		kind, when := "Remove", time.Time{}
		if on {
			pinned, err := db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM items WHERE author = $1 AND pinned > 0", who.ID)
			if err != nil {
				return err
			}
			if pinned >= MaxPins {
				return fault.Say(fault.Invalid, "Validation failed: %d posts are pinned already, which is the limit.", MaxPins)
			}
			kind, when = "Add", time.Now()
		}
		if err := content.Pin(ctx, tx, i.ID, when); err != nil {
			return err
		}
		_, _, err := o.send(ctx, tx, who, sending{item: i.ID, public: i.Audience <= actors.Unlisted, activity: &vocab.Activity{Type: kind,
			To: []string{who.Followers}, Object: vocab.Ref{ID: i.IRI}, Target: vocab.Ref{ID: who.Featured}}})
		return err
	})
}

// Vote chooses answers in a poll, by their numbers. For a poll elsewhere each choice goes to its author (FEP-9967).
func (o *Outbox) Vote(ctx context.Context, who *actors.Actor, id content.ID, choices []int) (*content.Item, error) {
	return o.onItem(ctx, who, id, func(tx *db.Tx, i *content.Item, author *actors.Actor) error {
		if i.Poll == nil {
			return fault.Say(fault.NotFound, "This post has no poll.")
		}
		if len(choices) == 0 || len(choices) > 1 && !i.Poll.Multiple {
			return fault.Say(fault.Invalid, "Choose one answer.")
		}
		before, err := content.Choices(ctx, tx, []content.ID{i.ID}, who.ID)
		if err != nil {
			return err
		}
		if len(before[i.ID]) > 0 {
			return fault.Say(fault.Invalid, "Validation failed: You have already voted on this poll")
		}
		for _, n := range choices {
			if n < 0 || n >= len(i.Poll.Options) {
				return fault.Say(fault.Invalid, "The poll has no answer number %d.", n)
			}
			name := i.Poll.Options[n].Name
			iri := o.Dir.URL(fmt.Sprintf("/posts/%d", o.DB.NewID()))
			if _, err := o.Library.Choose(ctx, tx, i, who.ID, name, iri); err != nil {
				return err
			}
			if author.Local {
				continue
			}
			note := &vocab.Object{ID: iri, Type: "Note", AttributedTo: who.IRI, Name: name, InReplyTo: i.IRI, To: []string{author.IRI}}
			if _, _, err := o.send(ctx, tx, who, sending{personal: true, activity: &vocab.Activity{Type: "Create", To: []string{author.IRI},
				Object: vocab.Ref{ID: iri, Type: "Note", Document: vocab.Document{Object: note}}}}); err != nil {
				return err
			}
		}
		if !author.Local {
			return nil
		}
		return o.tellUpdate(ctx, tx, author, i)
	})
}

// onItem runs what one of ours does with an item that it may see, in one transaction, and returns the item as it is then.
// A boost stands for what it boosts.
func (o *Outbox) onItem(ctx context.Context, who *actors.Actor, id content.ID, do func(*db.Tx, *content.Item, *actors.Actor) error) (*content.Item, error) {
	i, err := content.Get(ctx, o.DB, viewer(who), id)
	if err == nil && i.BoostOf != 0 {
		i, err = content.Get(ctx, o.DB, viewer(who), i.BoostOf)
	}
	if err != nil {
		return nil, err
	}
	author, err := actors.Get(ctx, o.DB, i.Author)
	if err != nil {
		return nil, err
	}
	err = o.DB.Tx(ctx, func(tx *db.Tx) error { return do(tx, i, author) })
	if err != nil {
		return nil, fmt.Errorf("%s with %s: %w", who.IRI, i.IRI, err)
	}
	return content.Get(ctx, o.DB, viewer(who), i.ID)
}
