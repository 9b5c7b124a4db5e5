// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
)

var (
	trendsPage        = limits{10, 20}
	trendingPostsPage = limits{20, 40}
)

func (a *API) trendingTags(ctx context.Context, c *call) (any, error) { return a.trending(ctx, c) }

func (a *API) trending(ctx context.Context, c *call) ([]tag, error) {
	limit, offset, err := c.slice(trendsPage)
	if err != nil {
		return nil, err
	}
	names, err := a.Timelines.TrendingTags(ctx, limit, offset)
	if err != nil {
		return nil, err
	}
	return a.tags(ctx, c.viewer, names)
}

// adminTag is a hashtag as administrators see it: each may trend and be used, for none is reviewed here.
type adminTag struct {
	tag
	Trendable bool `json:"trendable"`
	Usable    bool `json:"usable"`
	Review    bool `json:"requires_review"`
}

func (a *API) adminTrendingTags(ctx context.Context, c *call) (any, error) {
	tags, err := a.trending(ctx, c)
	all := make([]adminTag, len(tags))
	for i, t := range tags {
		all[i] = adminTag{tag: t, Trendable: true, Usable: true}
	}
	return all, err
}

func (a *API) trendingStatuses(ctx context.Context, c *call) (any, error) {
	limit, offset, err := c.slice(trendingPostsPage)
	if err != nil {
		return nil, err
	}
	items, err := a.Timelines.TrendingItems(ctx, c.viewer, limit, offset)
	if err != nil {
		return nil, err
	}
	return a.statuses(ctx, c.viewer, items)
}

// trendingLink is the preview of a page, with how often it was linked to.
type trendingLink struct {
	*card
	History []use `json:"history"`
}

func (a *API) trendingLinks(ctx context.Context, c *call) (any, error) {
	limit, offset, err := c.slice(trendsPage)
	if err != nil {
		return nil, err
	}
	numbers, err := a.Timelines.TrendingLinks(ctx, limit, offset)
	if err != nil {
		return nil, err
	}
	cards, err := content.Cards(ctx, a.DB, numbers)
	if err != nil {
		return nil, err
	}
	history, err := a.Timelines.LinkUses(ctx, numbers)
	if err != nil {
		return nil, err
	}
	var writers []actors.ID
	for _, n := range numbers {
		if of := cards[n]; of != nil && of.Author != 0 {
			writers = append(writers, of.Author)
		}
	}
	people, err := actors.Many(ctx, a.DB, writers)
	if err != nil {
		return nil, err
	}
	all := []trendingLink{}
	for _, n := range numbers {
		of := cards[n]
		if of == nil {
			continue
		}
		var writer *account
		if who := people[of.Author]; who != nil {
			writer = a.account(who)
		}
		all = append(all, trendingLink{a.card(of, writer), uses(history[n])})
	}
	return all, nil
}
