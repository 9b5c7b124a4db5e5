// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
)

// item is what the path names, as far as who asks may see it.
func (c *call) item(ctx context.Context) (*content.Item, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return content.Get(ctx, c.api.DB, c.viewer, content.ID(id))
}

// original is item, or what it boosts: what is done to a boost is done to what it shows.
func (c *call) original(ctx context.Context) (*content.Item, error) {
	i, err := c.item(ctx)
	if err != nil || i.BoostOf == 0 {
		return i, err
	}
	return content.Get(ctx, c.api.DB, c.viewer, i.BoostOf)
}

func (a *API) oneStatus(ctx context.Context, c *call) (any, error) {
	i, err := c.item(ctx)
	if err != nil {
		return nil, err
	}
	return a.status(ctx, c.viewer, i)
}

func (a *API) manyStatuses(ctx context.Context, c *call) (any, error) {
	asked := ids[content.ID](c.params, "id", mostIDs)
	known, err := content.Many(ctx, a.DB, c.viewer, asked)
	if err != nil {
		return nil, err
	}
	var items []*content.Item
	for _, id := range asked {
		if known[id] != nil {
			items = append(items, known[id])
		}
	}
	return a.statuses(ctx, c.viewer, items)
}

// What somebody without an account gets of a conversation, as in Mastodon.
const (
	publicAncestors   = 40
	publicDescendants = 60
	publicDepth       = 20
)

func (a *API) context(ctx context.Context, c *call) (any, error) {
	of, err := c.original(ctx)
	if err != nil {
		return nil, err
	}
	above, below, err := a.Timelines.Thread(ctx, c.viewer, of)
	if err != nil {
		return nil, err
	}
	if !c.viewer.Local() {
		below = shallow(of.ID, below)
		above, below = above[max(0, len(above)-publicAncestors):], below[:min(len(below), publicDescendants)]
	}
	if err := a.announceRefresh(ctx, c, of); err != nil {
		return nil, err
	}
	all, err := a.load(ctx, c.viewer, append(append([]*content.Item{}, above...), below...))
	if err != nil {
		return nil, err
	}
	return statusContext{a.showAll(all, above), a.showAll(all, below)}, nil
}

// shallow leaves out answers to answers that are too deep; each comes after what it answers.
func shallow(root content.ID, below []*content.Item) []*content.Item {
	depth := map[content.ID]int{root: 0}
	var kept []*content.Item
	for _, i := range below {
		if up, known := depth[i.ReplyTo]; known && up < publicDepth {
			depth[i.ID] = up + 1
			kept = append(kept, i)
		}
	}
	return kept
}

func (a *API) source(ctx context.Context, c *call) (any, error) {
	i, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	return statusSource{digits(i.ID), i.Source, i.Summary}, nil
}

// history is what an item said before, the first version first and with its files as they were, and what it says now.
func (a *API) history(ctx context.Context, c *call) (any, error) {
	i, err := c.original(ctx)
	if err != nil {
		return nil, err
	}
	versions, err := content.Versions(ctx, a.DB, i)
	if err != nil {
		return nil, err
	}
	now, err := a.status(ctx, c.viewer, i)
	if err != nil {
		return nil, err
	}
	edits := make([]statusEdit, 0, len(versions)+1)
	for _, v := range versions {
		before := *i
		before.Title, before.Content = v.Title, v.Content
		e := statusEdit{Content: body(&before), SpoilerText: v.Summary, Sensitive: v.Sensitive, CreatedAt: stamp(v.Written), Account: now.Account,
			Poll: titles(v.Poll), MediaAttachments: a.attachments(v.Files, c.viewer.ID), Emojis: a.emojis(v.Emojis), Quote: now.Quote}
		edits = append(edits, e)
	}
	written := i.Edited
	if written.IsZero() {
		written = i.Published
	}
	return append(edits, statusEdit{Content: now.Content, SpoilerText: now.SpoilerText, Sensitive: now.Sensitive, CreatedAt: stamp(written), Account: now.Account,
		Poll: titles(i.Poll), MediaAttachments: now.MediaAttachments, Emojis: now.Emojis, Quote: now.Quote}), nil
}

func titles(p *content.Poll) *editedPoll {
	if p == nil {
		return nil
	}
	x := &editedPoll{Options: []pollTitle{}}
	for _, o := range p.Options {
		x.Options = append(x.Options, pollTitle{o.Name})
	}
	return x
}

// translate is refused for what exists, as by a server whose administrator has switched it off.
func (a *API) translate(ctx context.Context, c *call) (any, error) {
	if _, err := c.item(ctx); err != nil {
		return nil, err
	}
	return nil, fault.Say(fault.Forbidden, "This server does not translate.")
}

// favouritedBy, like rebloggedBy, is told to people with an account, as followers are.
func (a *API) favouritedBy(ctx context.Context, c *call) (any, error) {
	i, p, err := c.audienceOf(ctx)
	if err != nil || !c.viewer.Local() {
		return []empty{}, err
	}
	who, cursors, err := content.Voters(ctx, a.DB, i.ID, content.Like, p)
	if err != nil {
		return nil, err
	}
	return a.accountPage(ctx, c, who, cursors)
}

func (a *API) rebloggedBy(ctx context.Context, c *call) (any, error) {
	i, p, err := c.audienceOf(ctx)
	if err != nil || !c.viewer.Local() {
		return []empty{}, err
	}
	boosts, err := a.Timelines.Boosts(ctx, c.viewer, i.ID, p)
	if err != nil {
		return nil, err
	}
	var who []actors.ID
	var cursors []int64
	for _, b := range boosts {
		who, cursors = append(who, b.Author), append(cursors, int64(b.ID))
	}
	return a.accountPage(ctx, c, who, cursors)
}

func (c *call) audienceOf(ctx context.Context) (*content.Item, actors.Page, error) {
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, p, err
	}
	i, err := c.original(ctx)
	return i, p, err
}

// accountPage is a page of accounts, with cursors of what brought each of them there.
func (a *API) accountPage(ctx context.Context, c *call, who []actors.ID, cursors []int64) (any, error) {
	linkCursors(c, cursors)
	known, err := a.manyKnown(ctx, c.viewer, who)
	all := []*account{}
	for _, id := range who {
		if known[id] != nil {
			all = append(all, a.account(known[id]))
		}
	}
	return all, err
}

// on does something with the item that the path names, which do finds for itself, and answers with how the item then is.
func (a *API) on(ctx context.Context, c *call, do func(me *actors.Actor, id content.ID) (*content.Item, error)) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	i, err := do(me, content.ID(id))
	if err != nil {
		return nil, err
	}
	return a.status(ctx, c.viewer, i)
}

func (a *API) favourite(ctx context.Context, c *call) (any, error) {
	return a.on(ctx, c, func(me *actors.Actor, id content.ID) (*content.Item, error) { return a.Outbox.Like(ctx, me, id) })
}

func (a *API) unfavourite(ctx context.Context, c *call) (any, error) {
	return a.on(ctx, c, func(me *actors.Actor, id content.ID) (*content.Item, error) { return a.Outbox.Unlike(ctx, me, id) })
}

func (a *API) reblog(ctx context.Context, c *call) (any, error) {
	to, err := c.boostAudience()
	if err != nil {
		return nil, err
	}
	return a.on(ctx, c, func(me *actors.Actor, id content.ID) (*content.Item, error) { return a.Outbox.Boost(ctx, me, id, to) })
}

func (a *API) unreblog(ctx context.Context, c *call) (any, error) {
	return a.on(ctx, c, func(me *actors.Actor, id content.ID) (*content.Item, error) { return a.Outbox.Unboost(ctx, me, id) })
}

func (a *API) bookmark(ctx context.Context, c *call) (any, error) { return a.setBookmark(ctx, c, true) }

func (a *API) unbookmark(ctx context.Context, c *call) (any, error) {
	return a.setBookmark(ctx, c, false)
}

func (a *API) setBookmark(ctx context.Context, c *call, on bool) (any, error) {
	return a.on(ctx, c, func(me *actors.Actor, id content.ID) (*content.Item, error) {
		return a.Outbox.Bookmark(ctx, me, id, on)
	})
}

func (a *API) pin(ctx context.Context, c *call) (any, error) { return a.setPin(ctx, c, true) }

func (a *API) unpin(ctx context.Context, c *call) (any, error) { return a.setPin(ctx, c, false) }

func (a *API) setPin(ctx context.Context, c *call, on bool) (any, error) {
	return a.on(ctx, c, func(me *actors.Actor, id content.ID) (*content.Item, error) { return a.Outbox.Pin(ctx, me, id, on) })
}
