// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/timeline"
)

// timelinePage answers with a page of items. The cursors are those of the items, shown or not.
func (a *API) timelinePage(ctx context.Context, c *call, items []*content.Item, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	linkRows(c, items, func(i *content.Item) int64 { return int64(i.ID) })
	return a.statuses(ctx, c.viewer, items)
}

func (a *API) home(ctx context.Context, c *call) (any, error) {
	p, err := c.page(statusesPage)
	if err != nil {
		return nil, err
	}
	items, err := a.Timelines.Home(ctx, c.viewer, p)
	return a.timelinePage(ctx, c, items, err)
}

func (c *call) filter() timeline.PublicFilter {
	return timeline.PublicFilter{Local: c.Bool("local", false), Remote: c.Bool("remote", false), Media: c.Bool("only_media", false)}
}

func (a *API) public(ctx context.Context, c *call) (any, error) {
	p, err := c.page(statusesPage)
	if err != nil {
		return nil, err
	}
	items, err := a.Timelines.Public(ctx, c.viewer, c.filter(), p)
	return a.timelinePage(ctx, c, items, err)
}

func (a *API) bookmarks(ctx context.Context, c *call) (any, error) {
	return a.voted(ctx, c, content.Bookmark)
}

func (a *API) favourites(ctx context.Context, c *call) (any, error) {
	return a.voted(ctx, c, content.Like)
}

// voted is what one liked or bookmarked; its cursors number the votes.
func (a *API) voted(ctx context.Context, c *call, kind string) (any, error) {
	p, err := c.page(statusesPage)
	if err != nil {
		return nil, err
	}
	items, cursors, err := a.Timelines.Voted(ctx, c.viewer, kind, p)
	if err != nil {
		return nil, err
	}
	linkCursors(c, cursors)
	return a.statuses(ctx, c.viewer, items)
}
