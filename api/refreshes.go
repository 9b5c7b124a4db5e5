// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"fmt"

	"github.com/pleio-node/pleio-node/content"
)

type asyncRefreshAnswer struct {
	Refresh asyncRefresh `json:"async_refresh"`
}

type asyncRefresh struct {
	ID          string `json:"id"`
	Status      string `json:"status"` // running, finished
	ResultCount *int   `json:"result_count"`
}

// refreshRetry is after how many seconds a client may look again.
const refreshRetry = 5

// announceRefresh has the answers to a post elsewhere read, and says so in a header while that goes on.
func (a *API) announceRefresh(ctx context.Context, c *call, of *content.Item) error {
	if !c.viewer.Local() {
		return nil
	}
	f, err := a.Inbox.Answers(ctx, of)
	if err == nil && f != nil && f.Running {
		c.header.Set("Mastodon-Async-Refresh", fmt.Sprintf(`id="%d", retry=%d, result_count=%d`, f.ID, refreshRetry, f.Found))
	}
	return err
}

func (a *API) asyncRefresh(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	f, err := a.Inbox.RefreshByID(ctx, c.viewer, id)
	if err != nil {
		return nil, err
	}
	x := asyncRefresh{ID: digits(f.ID), Status: "finished", ResultCount: &f.Found}
	if f.Running {
		x.Status = "running"
	}
	return asyncRefreshAnswer{x}, nil
}
