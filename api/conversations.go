// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/timeline"
)

type conversation struct {
	ID         string     `json:"id"`
	Unread     bool       `json:"unread"`
	Accounts   []*account `json:"accounts"` // without who asks
	LastStatus *status    `json:"last_status"`
}

// conversationsOf shows conversations, with the newest post of each as far as it is still there.
func (a *API) conversationsOf(ctx context.Context, v actors.Viewer, list []timeline.Conversation) ([]conversation, error) {
	var people []actors.ID
	var last []content.ID
	for _, c := range list {
		people, last = append(people, c.People...), append(last, c.Last)
	}
	known, err := actors.Many(ctx, a.DB, people)
	if err != nil {
		return nil, err
	}
	statuses, err := a.statusesByID(ctx, v, last)
	all := make([]conversation, len(list))
	for n, c := range list {
		all[n] = conversation{ID: digits(c.ID), Unread: c.Unread, Accounts: []*account{}, LastStatus: statuses[c.Last]}
		for _, id := range c.People {
			if who := known[id]; who != nil {
				all[n].Accounts = append(all[n].Accounts, a.account(who))
			}
		}
	}
	return all, err
}

// conversation shows one conversation of the viewer.
func (a *API) conversation(ctx context.Context, v actors.Viewer, one timeline.Conversation) (conversation, error) {
	all, err := a.conversationsOf(ctx, v, []timeline.Conversation{one})
	if err != nil {
		return conversation{}, err
	}
	return all[0], nil
}

func (a *API) conversations(ctx context.Context, c *call) (any, error) {
	p, err := c.page(statusesPage)
	if err != nil {
		return nil, err
	}
	list, err := a.Timelines.Conversations(ctx, c.viewer, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(one timeline.Conversation) int64 { return int64(one.Last) })
	return a.conversationsOf(ctx, c.viewer, list)
}

func (a *API) readConversation(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	one, err := a.Timelines.ReadConversation(ctx, c.viewer, id)
	if err != nil {
		return nil, err
	}
	return a.conversation(ctx, c.viewer, one)
}

func (a *API) deleteConversation(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return empty{}, a.Timelines.DeleteConversation(ctx, c.viewer, id)
}

func (a *API) directTimeline(ctx context.Context, c *call) (any, error) {
	p, err := c.page(statusesPage)
	if err != nil {
		return nil, err
	}
	items, err := a.Timelines.Direct(ctx, c.viewer, p)
	return a.timelinePage(ctx, c, items, err)
}

func (a *API) muteThread(ctx context.Context, c *call) (any, error) {
	return a.setThreadMute(ctx, c, true)
}

func (a *API) unmuteThread(ctx context.Context, c *call) (any, error) {
	return a.setThreadMute(ctx, c, false)
}

func (a *API) setThreadMute(ctx context.Context, c *call, on bool) (any, error) {
	return a.on(ctx, c, func(*actors.Actor, content.ID) (*content.Item, error) {
		i, err := c.original(ctx)
		if err != nil {
			return nil, err
		}
		return i, a.Timelines.MuteThread(ctx, c.viewer, i.Thread, on)
	})
}
