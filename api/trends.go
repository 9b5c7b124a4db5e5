// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import "context"

var (
	trendsPage        = limits{10, 20}
	trendingPostsPage = limits{20, 40}
)

// slice reads limit and offset of a list that is not paged by id.
func (c *call) slice(l limits) (limit, offset int, err error) {
	if limit, err = c.limit(l); err != nil {
		return 0, 0, err
	}
	offset, err = c.offset()
	return limit, offset, err
}

func (a *API) trendingTags(ctx context.Context, c *call) (any, error) {
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
