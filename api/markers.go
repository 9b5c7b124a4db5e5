// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"slices"

	"github.com/pleio-node/pleio-node/timeline"
)

// The timelines that one's place in is remembered of.
func markable() []string { return []string{"home", "notifications"} }

func markerOf(m timeline.Mark) marker { return marker{digits(m.LastRead), m.Version, stamp(m.Updated)} }

func (a *API) markers(ctx context.Context, c *call) (any, error) {
	marks, err := a.Timelines.Marks(ctx, c.viewer)
	asked := c.List("timeline")
	all := map[string]marker{}
	for _, m := range marks {
		if slices.Contains(asked, m.Timeline) {
			all[m.Timeline] = markerOf(m)
		}
	}
	return all, err
}

func (a *API) setMarkers(ctx context.Context, c *call) (any, error) {
	wanted := map[string]int64{}
	for _, name := range markable() {
		if !c.Has(name) {
			continue
		}
		last, err := c.Get(name).Number("last_read_id")
		if err != nil {
			return nil, err
		}
		wanted[name] = last
	}
	marks, err := a.Timelines.SetMarks(ctx, c.viewer, wanted)
	all := map[string]marker{}
	for _, m := range marks {
		all[m.Timeline] = markerOf(m)
	}
	return all, err
}
