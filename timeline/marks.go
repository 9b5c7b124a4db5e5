// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Mark is how far one of ours has read a timeline.
type Mark struct {
	Timeline string
	LastRead int64
	Version  int64
	Updated  time.Time
}

// Marks returns how far the viewer has read.
func (t *Timelines) Marks(ctx context.Context, v actors.Viewer) ([]Mark, error) {
	return db.All(ctx, t.DB, scanMark, "SELECT timeline, last_read, version, updated FROM marks WHERE owner = $1", v.ID)
}

// SetMarks notes how far the viewer has read these timelines: home and notifications. Each counts its versions up in one
// statement, so that no two writers meet: there is never the conflict that Mastodon answers with 409.
func (t *Timelines) SetMarks(ctx context.Context, v actors.Viewer, lastRead map[string]int64) (all []Mark, err error) {
	for name, id := range lastRead {
		if name != "home" && name != "notifications" {
			return nil, fault.Say(fault.Invalid, "Only the timelines home and notifications have a marker, not %q.", name)
		}
		if id <= 0 {
			return nil, fault.Say(fault.Invalid, "Validation failed: last_read_id must be an id.")
		}
	}
	err = t.DB.Tx(ctx, func(tx *db.Tx) error {
		all = nil
		for name, id := range lastRead {
			m, err := db.One(ctx, tx, scanMark, `INSERT INTO marks (owner, timeline, last_read, version, updated) VALUES ($1, $2, $3, 1, $4)
				ON CONFLICT (owner, timeline) DO UPDATE SET last_read = excluded.last_read, version = marks.version + 1, updated = excluded.updated
				RETURNING timeline, last_read, version, updated`, v.ID, name, id, db.Millis(time.Now()))
			if err != nil {
				return err
			}
			all = append(all, m)
		}
		return nil
	})
	return all, err
}

func scanMark(r db.Scanner) (m Mark, err error) {
	var updated int64
	err = r.Scan(&m.Timeline, &m.LastRead, &m.Version, &updated)
	m.Updated = db.FromMillis(updated)
	return m, err
}
