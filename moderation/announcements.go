// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package moderation

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/timeline"
)

// Announcement is what the administrators tell everybody on the node.
type Announcement struct {
	ID           int64
	Content      string // as it was typed
	Starts, Ends time.Time
	AllDay       bool
	Published    time.Time
	Updated      time.Time
	Read         bool // by who asks
	Reactions    []Reaction
}

// Reaction is how many people said the same with an emoji, and whether who asks did.
type Reaction struct {
	Name  string
	Count int
	Me    bool
}

const (
	jobAnnounce  = "announce"
	maxReactions = 8 // different ones on one announcement
	maxAnnounced = 100
)

// Prepare registers the durable work; before the queue runs.
func (m *Moderation) Prepare() {
	m.Jobs.HandleSlow(jobPurge, m.purged)
	m.Jobs.Handle(jobAnnounce, func(ctx context.Context, payload []byte) error {
		var told struct {
			ID    int64
			Event string
		}
		if err := json.Unmarshal(payload, &told); err != nil {
			return jobs.Never(err)
		}
		return m.DB.Tx(ctx, func(tx *db.Tx) error {
			m.Timelines.Announce(tx, told.Event, told.ID, "")
			return nil
		})
	})
}

// tell gives the hint from the running node, also when a command makes the announcement, at the time when it is published.
func (m *Moderation) tell(ctx context.Context, tx *db.Tx, event string, id int64, at time.Time) error {
	return m.Jobs.Add(ctx, tx, jobAnnounce, fmt.Sprint(event, id), map[string]any{"ID": id, "Event": event}, at)
}

// AddAnnouncement tells everybody something, from its time of publishing on (zero: now).
func (m *Moderation) AddAnnouncement(ctx context.Context, by By, a Announcement) (int64, error) {
	a.Content = strings.TrimSpace(strings.ToValidUTF8(a.Content, ""))
	switch {
	case a.Content == "" || len(a.Content) > 20_000:
		return 0, fault.Say(fault.Invalid, "An announcement has 1 to 20000 bytes.")
	case !a.Ends.IsZero() && a.Starts.IsZero(), a.Ends.Before(a.Starts) && !a.Ends.IsZero():
		return 0, fault.Say(fault.Invalid, "What ends must have begun before.")
	}
	now := time.Now()
	if a.Published.IsZero() {
		a.Published = now
	}
	a.ID = m.DB.NewID()
	err := m.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO announcements (id, content, starts, ends, all_day, published, updated) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			a.ID, a.Content, db.Millis(a.Starts), db.Millis(a.Ends), a.AllDay, db.Millis(a.Published), db.Millis(now)); err != nil {
			return fmt.Errorf("add announcement: %w", err)
		}
		if err := m.tell(ctx, tx, timeline.Announced, a.ID, a.Published); err != nil {
			return err
		}
		return m.note(ctx, tx, by, "announcement.add", fmt.Sprint(a.ID), actors.CleanText(a.Content, 200))
	})
	return a.ID, err
}

// RemoveAnnouncement takes an announcement away.
func (m *Moderation) RemoveAnnouncement(ctx context.Context, by By, id int64) error {
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		res, err := tx.Exec(ctx, "DELETE FROM announcements WHERE id = $1", id)
		if err != nil {
			return fmt.Errorf("remove announcement %d: %w", id, err)
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return fault.Say(fault.NotFound, "There is no announcement %d.", id)
		}
		if err := m.tell(ctx, tx, timeline.AnnouncementDeleted, id, time.Now()); err != nil {
			return err
		}
		return m.note(ctx, tx, by, "announcement.remove", fmt.Sprint(id), "")
	})
}

// Announcements are those that are published and not over, for one of ours, in the order in which they begin; with id only
// that one. Who is 0: all of them, as an administrator sees them.
func Announcements(ctx context.Context, q db.Q, who actors.ID, id int64) ([]Announcement, error) {
	now := db.Millis(time.Now())
	where, args := "a.published <= $2 AND (a.ends = 0 OR a.ends > $2)", []any{who, now}
	if who == 0 {
		where = "(a.published <= $2 OR a.published > $2)"
	}
	if id != 0 {
		args = append(args, id)
		where += " AND a.id = $3"
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (a Announcement, err error) {
		var starts, ends, published, updated int64
		err = r.Scan(&a.ID, &a.Content, &starts, &ends, &a.AllDay, &published, &updated, &a.Read)
		a.Starts, a.Ends, a.Published, a.Updated = db.FromMillis(starts), db.FromMillis(ends), db.FromMillis(published), db.FromMillis(updated)
		return a, err
	}, fmt.Sprintf(`SELECT a.id, a.content, a.starts, a.ends, a.all_day, a.published, a.updated,
		EXISTS (SELECT 1 FROM announcement_reads x WHERE x.announcement = a.id AND x.account = $1)
		FROM announcements a WHERE %s ORDER BY CASE WHEN a.starts > 0 THEN a.starts ELSE a.published END, a.id LIMIT %d`, where, maxAnnounced), args...)
	if err != nil {
		return nil, fmt.Errorf("list announcements: %w", err)
	}
	ids := make([]int64, len(list))
	for n, a := range list {
		ids[n] = a.ID
	}
	reactions, err := reactionsTo(ctx, q, who, ids)
	for n, a := range list {
		list[n].Reactions = reactions[a.ID]
	}
	return list, err
}

func reactionsTo(ctx context.Context, q db.Q, who actors.ID, ids []int64) (map[int64][]Reaction, error) {
	found := map[int64][]Reaction{}
	marks, args := db.In([]any{who}, ids)
	_, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var id int64
		var one Reaction
		var mine int
		err = r.Scan(&id, &one.Name, &one.Count, &mine)
		one.Me = mine > 0
		found[id] = append(found[id], one)
		return x, err
	}, `SELECT announcement, name, COUNT(*), CAST(SUM(CASE WHEN account = $1 THEN 1 ELSE 0 END) AS BIGINT) FROM announcement_reactions
		WHERE announcement IN (`+marks+`) GROUP BY announcement, name ORDER BY announcement, MIN(created), name`, args...)
	if err != nil {
		return nil, fmt.Errorf("list reactions: %w", err)
	}
	return found, nil
}

// shownTo returns the announcement, when it is there for somebody.
func shownTo(ctx context.Context, q db.Q, who actors.ID, id int64) (Announcement, error) {
	list, err := Announcements(ctx, q, who, id)
	if err == nil && len(list) == 0 {
		err = fault.Say(fault.NotFound, "Record not found")
	}
	if err != nil {
		return Announcement{}, err
	}
	return list[0], nil
}

// DismissAnnouncement notes that somebody has read it.
func (m *Moderation) DismissAnnouncement(ctx context.Context, who actors.ID, id int64) error {
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := shownTo(ctx, tx, who, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "INSERT INTO announcement_reads (announcement, account) VALUES ($1, $2) ON CONFLICT (announcement, account) DO NOTHING", id, who)
		return err
	})
}

// React says something about an announcement with an emoji, or takes it back.
func (m *Moderation) React(ctx context.Context, who actors.ID, id int64, name string, on bool) error {
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		a, err := shownTo(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if !on {
			_, err = tx.Exec(ctx, "DELETE FROM announcement_reactions WHERE announcement = $1 AND account = $2 AND name = $3", id, who, name)
		} else {
			known := false
			for _, r := range a.Reactions {
				known = known || r.Name == name
			}
			if !known && len(a.Reactions) >= maxReactions {
				return fault.Say(fault.Invalid, "Validation failed: Limit of different reactions reached")
			}
			_, err = tx.Exec(ctx, `INSERT INTO announcement_reactions (announcement, account, name, created) VALUES ($1, $2, $3, $4)
				ON CONFLICT (announcement, account, name) DO NOTHING`, id, who, name, db.Millis(time.Now()))
		}
		if err != nil {
			return fmt.Errorf("react to announcement %d: %w", id, err)
		}
		m.Timelines.Announce(tx, timeline.AnnouncementReaction, id, name)
		return nil
	})
}

// ReactionCount is how many people said the same about an announcement.
func ReactionCount(ctx context.Context, q db.Q, id int64, name string) (int, error) {
	return db.One(ctx, q, db.Scalar[int], "SELECT COUNT(*) FROM announcement_reactions WHERE announcement = $1 AND name = $2", id, name)
}
