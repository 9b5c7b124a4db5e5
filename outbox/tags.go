// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"encoding/json"
	"net/url"

	"github.com/pleio-node/pleio-node/federation/vocab"
)

// featuredTags are the hashtags on an actor's profile, as Mastodon has them: a collection of Hashtag.
func (d *Documents) featuredTags(q question) (*answer, error) {
	a, err := d.owner(q)
	if err != nil {
		return nil, err
	}
	tags, err := d.Timelines.FeaturedTags(q.Context(), a.ID)
	if err != nil {
		return nil, err
	}
	refs := make([]vocab.Ref, len(tags))
	for n, t := range tags {
		raw, err := json.Marshal(map[string]string{"type": "Hashtag", "name": "#" + t.Name, "href": d.Dir.URL("/tags/" + url.PathEscape(t.Name))})
		if err != nil {
			return nil, err
		}
		refs[n] = vocab.Ref{Type: "Hashtag", Raw: raw}
	}
	return d.whole(q, len(refs), refs, true)
}
