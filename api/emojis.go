// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/media"
)

// customEmojis are those of this node, for the pickers of clients.
func (a *API) customEmojis(ctx context.Context, _ *call) (any, error) {
	found, err := media.Emojis(ctx, a.DB)
	if err != nil {
		return nil, err
	}
	all := make([]emoji, len(found))
	for i, e := range found {
		all[i] = emoji{Shortcode: e.Name, Visible: e.Visible, Category: textOrNull(e.Category)}
		all[i].URL, all[i].StaticURL = a.Media.EmojiURLs(e)
	}
	return all, nil
}
