// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/jobs"
)

// Bounds of what one arrival may make us read elsewhere (security: a budget, or an endless conversation is an attack).
const (
	maxParents = 20
	maxThread  = 60
	maxPages   = 3
)

const (
	jobParents   = "parents"
	jobReplies   = "replies"
	jobFollowers = "followers"
)

// Resolve returns what an address stands for: known, or read at its server. Exactly one of the two is set.
// It is for addresses that people paste and for ids that activities name.
func (x *Inbox) Resolve(ctx context.Context, address string) (*actors.Actor, *content.Item, error) {
	return x.resolve(ctx, address, everything)
}

// along is what is wanted besides a post. What is read on behalf of another post asks for no more of the same kind: or each step of an endless
// conversation, or of an endless chain of quotes, would ask for the next.
type along int

const (
	nothingElse along = iota
	quotes            // what it quotes
	everything        // and what it answers
)

// resolve is Resolve with as much besides as is wanted.
func (x *Inbox) resolve(ctx context.Context, address string, besides along) (*actors.Actor, *content.Item, error) {
	if err := federation.CheckID(address); err != nil {
		return nil, nil, err
	}
	if a, i, err := x.known(ctx, address); a != nil || i != nil || err != nil {
		return a, i, err
	}
	if x.Dir.Ours(address) {
		return nil, nil, fault.Say(fault.NotFound, "%s does not exist on this node.", address)
	}
	doc, err := x.read(ctx, address)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case doc.Actor != nil:
		a, err := x.Dir.Resolve(ctx, doc.Actor.ID)
		return a, nil, err
	case doc.Object != nil:
		i, err := x.learn(ctx, doc.Object, besides)
		return nil, i, err
	}
	return nil, nil, fault.Say(fault.Invalid, "%s is neither an account nor a post.", address)
}

// known looks an id or a page's address up here.
func (x *Inbox) known(ctx context.Context, address string) (*actors.Actor, *content.Item, error) {
	a, err := db.One(ctx, x.DB, db.Scalar[actors.ID], "SELECT id FROM actors WHERE (iri = $1 OR url = $1 AND host = $2) AND deleted = 0 ORDER BY CASE WHEN iri = $1 THEN 0 ELSE 1 END LIMIT 1",
		address, federation.Host(address)) // an actor may say of its own server's pages only that they are its own
	if err == nil {
		found, err := actors.Get(ctx, x.DB, a)
		return found, nil, err
	}
	i, err := db.One(ctx, x.DB, db.Scalar[content.ID], "SELECT id FROM items WHERE iri = $1", address)
	if err == nil {
		found, err := content.StoredByID(ctx, x.DB, i)
		return nil, found, err
	}
	if gone, err := content.Buried(ctx, x.DB, address); err != nil || gone {
		return nil, nil, errors.Join(err, fault.Say(fault.Gone, "%s has been deleted.", address))
	}
	return nil, nil, nil
}

func (x *Inbox) read(ctx context.Context, address string) (vocab.Document, error) {
	if err := x.Dir.Welcome(ctx, x.DB, federation.Host(address)); err != nil {
		return vocab.Document{}, err
	}
	app, err := x.Dir.Signer(ctx, x.Dir.App().ID)
	if err != nil {
		return vocab.Document{}, err
	}
	fetched, err := x.Dir.Client.Document(ctx, address, &app)
	if err != nil {
		return vocab.Document{}, fmt.Errorf("read %s: %w", address, err)
	}
	doc, err := vocab.Decode(fetched.Body)
	if err == nil && doc.Activity != nil && doc.Activity.Object.Object != nil && doc.Activity.Type == "Create" {
		doc = doc.Activity.Object.Document // an activity was pasted: what it made is meant
	}
	return doc, err
}

// learn keeps an object that was read at its own id.
func (x *Inbox) learn(ctx context.Context, o *vocab.Object, besides along) (*content.Item, error) {
	if o.Type == "Tombstone" {
		return nil, fault.Say(fault.Gone, "%s has been deleted.", o.ID)
	}
	if i, err := content.Stored(ctx, x.DB, o.ID); err == nil {
		return i, nil
	}
	if err := ownObject(o, o.AttributedTo); err != nil {
		return nil, err
	}
	author, err := x.Dir.Resolve(ctx, o.AttributedTo)
	if err != nil {
		return nil, err
	}
	err = x.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := x.Library.FromWire(ctx, tx, o, author, nil)
		if err != nil {
			return err
		}
		if m.Item.Audience > actors.Unlisted {
			return fault.Say(fault.Forbidden, "%s is not for everybody.", o.ID)
		}
		if _, err := x.Timelines.Publish(ctx, tx, m); err != nil {
			return err
		}
		if besides == everything && m.Item.ReplyIRI != "" && m.Item.ReplyTo == 0 {
			if err := x.wantParents(ctx, tx, m.Item.ReplyIRI); err != nil {
				return err
			}
		}
		if besides == nothingElse {
			return nil
		}
		return x.wantQuote(ctx, tx, m.Item)
	})
	if err != nil {
		return nil, fmt.Errorf("keep %s: %w", o.ID, err)
	}
	return content.Stored(ctx, x.DB, o.ID)
}

// wanted is the payload of the job that reads what is missing of a conversation.
type wanted struct {
	Parent string `json:"parent,omitempty"` // read upwards from here
	Again  string `json:"again,omitempty"`  // read this anew: it has changed
}

func (x *Inbox) wantParents(ctx context.Context, tx *db.Tx, iri string) error {
	return x.Jobs.Add(ctx, tx, jobParents, "up "+iri, wanted{Parent: iri}, time.Now())
}

func (x *Inbox) wantAgain(ctx context.Context, tx *db.Tx, iri string) error {
	return x.Jobs.Add(ctx, tx, jobParents, "again "+iri, wanted{Again: iri}, time.Now())
}

func (x *Inbox) fetchParents(ctx context.Context, payload []byte) error {
	var w wanted
	if err := json.Unmarshal(payload, &w); err != nil {
		return jobs.Never(err)
	}
	if w.Again != "" {
		return x.refresh(ctx, w.Again)
	}
	context := ""
	for range maxParents {
		if i, err := content.Stored(ctx, x.DB, w.Parent); err == nil {
			context = i.Context
			break
		}
		_, i, err := x.resolve(ctx, w.Parent, quotes)
		if err != nil {
			if fault.Status(err) >= 500 {
				return err
			}
			return nil // gone, hidden or broken: the conversation begins below it
		}
		if i == nil {
			return nil
		}
		context = i.Context
		if i.ReplyIRI == "" {
			break
		}
		w.Parent = i.ReplyIRI
	}
	return x.fetchThread(ctx, context)
}

// fetchThread reads what else is said in a conversation, where its owner offers the list (FEP-7888, FEP-f228).
func (x *Inbox) fetchThread(ctx context.Context, address string) error {
	if address == "" || x.Dir.Ours(address) {
		return nil
	}
	items, err := x.Collect(ctx, address, maxPages, maxThread)
	if err != nil {
		return nil // an offer, and no duty
	}
	for _, iri := range items {
		if _, _, err := x.resolve(ctx, iri, quotes); err != nil && fault.Status(err) >= 500 {
			return nil
		}
	}
	return nil
}

// Collect reads the ids in a collection elsewhere: at most so many pages and items, of one origin, none twice.
func (x *Inbox) Collect(ctx context.Context, address string, pages, most int) ([]string, error) {
	var ids []string
	seen := map[string]bool{}
	for next := address; next != "" && pages >= 0 && !seen[next]; pages-- {
		seen[next] = true
		doc, err := x.read(ctx, next)
		if err != nil {
			return ids, err
		}
		c := doc.Collection
		if c == nil {
			return ids, fault.Say(fault.Invalid, "%s is not a collection.", next)
		}
		for page := c; page != nil; page = page.FirstPage {
			for _, ref := range page.Items {
				if len(ids) < most && ref.ID != "" && !seen[ref.ID] {
					seen[ref.ID] = true
					ids = append(ids, ref.ID)
				}
			}
			if next = page.Next; next == "" && page == c && page.FirstPage == nil {
				next = page.First
			}
		}
		if len(ids) >= most || next != "" && !federation.SameOrigin(next, address) {
			return ids, nil
		}
	}
	return ids, nil
}

// refresh reads an item anew at its origin: it has changed, or it is gone.
func (x *Inbox) refresh(ctx context.Context, iri string) error {
	before, err := content.Stored(ctx, x.DB, iri)
	if err != nil {
		return nil
	}
	doc, err := x.read(ctx, iri)
	if errors.Is(err, fault.Gone) || err == nil && doc.Object != nil && doc.Object.Type == "Tombstone" {
		return x.DB.Tx(ctx, func(tx *db.Tx) error { return x.Timelines.Unpublish(ctx, tx, before) })
	}
	if err != nil {
		if fault.Status(err) >= 500 {
			return err
		}
		return nil
	}
	author, err := actors.Get(ctx, x.DB, before.Author)
	if err != nil || doc.Object == nil || ownObject(doc.Object, author.IRI) != nil || doc.Object.ID != iri {
		return nil
	}
	return x.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := x.Library.FromWire(ctx, tx, doc.Object, author, nil)
		if err != nil {
			return err
		}
		if _, err := x.requote(ctx, tx, before, m.Item.Quote, m.Item.QuotePolicy); err != nil {
			return err
		}
		if onlyCounts(before, m.Item) {
			return x.recount(ctx, tx, before, m.Item.Poll)
		}
		return x.Timelines.Republish(ctx, tx, before, m)
	})
}
