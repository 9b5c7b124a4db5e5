// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Kinds of notifications, as clients name them.
const (
	Mention       = "mention"
	Status        = "status"
	Reblog        = "reblog"
	Follow        = "follow"
	FollowRequest = "follow_request"
	Favourite     = "favourite"
	Poll          = "poll"
	Edited        = "update"
	Quote         = "quote"
	QuotedUpdate  = "quoted_update"
)

// Notification tells one of ours that somebody did something.
type Notification struct {
	ID    int64 // sorted by time
	Owner actors.ID
	Kind  string
	Actor actors.ID
	Item  content.ID // 0: about no item
	About int64      // a report, a severance or a warning, by the kind; 0: none
}

// Time is when it happened.
func (n Notification) Time() time.Time { return db.TimeOf(n.ID) }

// Notify tells the owner, when it is one of ours and somebody else (or its own poll has ended), wants to hear of who did it (neither blocked, nor muted with
// notifications, nor of a blocked domain), and was not told already.
func (t *Timelines) Notify(ctx context.Context, tx *db.Tx, owner actors.ID, kind string, who actors.ID, item content.ID) error {
	if owner == who && kind != Poll {
		return nil
	}
	id := t.DB.NewID()
	res, err := tx.Exec(ctx, `INSERT INTO notifications (id, owner, kind, actor, item)
		SELECT $1, a.id, $3, $4, $5 FROM actors a WHERE a.id = $2 AND a.local AND a.kind = 'Person' AND a.deleted = 0 AND NOT `+unheard("$2", "$4", "$6")+`
		ON CONFLICT DO NOTHING`, id, owner, kind, who, item, db.Millis(time.Now()))
	if err != nil {
		return fmt.Errorf("notify actor %d of %s: %w", owner, kind, err)
	}
	if n, _ := res.RowsAffected(); n > 0 {
		t.wake(tx, Hint{Event: Notified, Notification: id, Recipients: []actors.ID{owner}})
	}
	return nil
}

// Forget takes notifications back: what they told is no longer so.
func (t *Timelines) Forget(ctx context.Context, tx *db.Tx, owner actors.ID, kind string, who actors.ID, item content.ID) error {
	_, err := tx.Exec(ctx, "DELETE FROM notifications WHERE owner = $1 AND kind = $2 AND actor = $3 AND item = $4", owner, kind, who, item)
	return err
}

// NotificationFilter narrows a list of notifications.
type NotificationFilter struct {
	Kinds, Not []string
	Actor      actors.ID
}

// Notifications lists what one of ours was told and may still see, newest first.
func (t *Timelines) Notifications(ctx context.Context, v actors.Viewer, f NotificationFilter, p actors.Page) ([]Notification, error) {
	where, args := notificationsSQL(v, f)
	list, err := db.All(ctx, t.DB, scanNotification, "SELECT n.id, n.owner, n.kind, n.actor, n.item, n.about FROM notifications n LEFT JOIN items i ON i.id = n.item WHERE "+where+p.SQL("n.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list notifications: %w", err)
	}
	p.Arrange(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	return list, nil
}

// NotificationCount counts notifications newer than a number, at most limit.
func (t *Timelines) NotificationCount(ctx context.Context, v actors.Viewer, f NotificationFilter, since int64, limit int) (int, error) {
	where, args := notificationsSQL(v, f)
	args = append(args, since, limit)
	return db.One(ctx, t.DB, func(r db.Scanner) (n int, err error) { return n, r.Scan(&n) },
		fmt.Sprintf("SELECT COUNT(*) FROM (SELECT 1 FROM notifications n LEFT JOIN items i ON i.id = n.item WHERE %s AND n.id > $%d LIMIT $%d) c", where, len(args)-1, len(args)), args...)
}

func notificationsSQL(v actors.Viewer, f NotificationFilter) (string, []any) {
	sees, args := actors.Sees(v, "i", []any{v.ID})
	where := "n.owner = $1 AND NOT EXISTS (SELECT 1 FROM actors na WHERE na.id = n.actor AND na.suspended > 0 AND n.kind <> 'admin.sign_up') AND (n.item = 0 OR (i.id IS NOT NULL AND " + sees + "))"
	if len(f.Kinds) > 0 {
		var list string
		list, args = db.In(args, f.Kinds)
		where += " AND n.kind IN (" + list + ")"
	}
	if len(f.Not) > 0 {
		var list string
		list, args = db.In(args, f.Not)
		where += " AND n.kind NOT IN (" + list + ")"
	}
	if f.Actor != 0 {
		args = append(args, f.Actor)
		where += fmt.Sprintf(" AND n.actor = $%d", len(args))
	}
	return where, args
}

// Notification returns one notification of the viewer.
func (t *Timelines) Notification(ctx context.Context, v actors.Viewer, id int64) (Notification, error) {
	where, args := notificationsSQL(v, NotificationFilter{})
	args = append(args, id)
	n, err := db.One(ctx, t.DB, scanNotification, fmt.Sprintf("SELECT n.id, n.owner, n.kind, n.actor, n.item, n.about FROM notifications n LEFT JOIN items i ON i.id = n.item WHERE %s AND n.id = $%d", where, len(args)), args...)
	if errors.Is(err, fault.NotFound) {
		err = fault.Say(fault.NotFound, "This notification does not exist any more.")
	}
	return n, err
}

// Dismiss removes these notifications of the viewer; DismissAll every one.
func (t *Timelines) Dismiss(ctx context.Context, v actors.Viewer, ids ...int64) error {
	return t.DB.Tx(ctx, func(tx *db.Tx) error {
		list, args := db.In([]any{v.ID}, ids)
		_, err := tx.Exec(ctx, "DELETE FROM notifications WHERE owner = $1 AND id IN ("+list+")", args...)
		return err
	})
}

// DismissAll removes every notification of the viewer.
func (t *Timelines) DismissAll(ctx context.Context, v actors.Viewer) error {
	return t.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM notifications WHERE owner = $1", v.ID)
		return err
	})
}

func scanNotification(r db.Scanner) (n Notification, err error) {
	return n, r.Scan(&n.ID, &n.Owner, &n.Kind, &n.Actor, &n.Item, &n.About)
}

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

// SetMark notes how far the viewer has read a timeline: home or notifications.
func (t *Timelines) SetMark(ctx context.Context, v actors.Viewer, name string, lastRead int64) (m Mark, err error) {
	if name != "home" && name != "notifications" {
		return m, fault.Say(fault.Invalid, "Only the timelines home and notifications have a marker, not %q.", name)
	}
	err = t.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err = db.One(ctx, tx, scanMark, `INSERT INTO marks (owner, timeline, last_read, version, updated) VALUES ($1, $2, $3, 1, $4)
			ON CONFLICT (owner, timeline) DO UPDATE SET last_read = excluded.last_read, version = marks.version + 1, updated = excluded.updated
			RETURNING timeline, last_read, version, updated`, v.ID, name, lastRead, db.Millis(time.Now()))
		return err
	})
	return m, err
}

func scanMark(r db.Scanner) (m Mark, err error) {
	var updated int64
	err = r.Scan(&m.Timeline, &m.LastRead, &m.Version, &updated)
	m.Updated = db.FromMillis(updated)
	return m, err
}
