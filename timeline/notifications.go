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
	Poll          = "poll"   // one's own, or one that one voted in, has ended
	Edited        = "update" // what one boosted was edited
	Quote         = "quote"
	QuotedUpdate  = "quoted_update" // what one quoted was edited
)

// Notification tells one of ours that somebody did something.
type Notification struct {
	ID       int64 // sorted by time
	Owner    actors.ID
	Kind     string
	Actor    actors.ID
	Item     content.ID // 0: about no item
	About    int64      // a report, a severance or a warning, by the kind; 0: none
	Filtered bool       // kept apart until its owner has decided: see Policy
}

// Time is when it happened.
func (n Notification) Time() time.Time { return db.TimeOf(n.ID) }

// Notify tells the owner, when it is one of ours and somebody else (or its own poll has ended), wants to hear of who did it (neither
// blocked, nor muted with notifications, nor of a blocked domain), has not muted the conversation, was not told already, and has a policy that lets it through: dropped, it is not kept at all; kept apart,
// nobody is woken.
func (t *Timelines) Notify(ctx context.Context, tx *db.Tx, owner actors.ID, kind string, who actors.ID, item content.ID) error {
	if owner == who && kind != Poll {
		return nil
	}
	if kind == Edited || kind == QuotedUpdate { // each edit is told: the newest takes the place of the one before
		if err := t.Forget(ctx, tx, owner, kind, who, item); err != nil {
			return err
		}
	}
	id, now := t.DB.NewID(), time.Now()
	apart, err := db.One(ctx, tx, db.Scalar[bool], notifySQL, id, owner, kind, who, item, db.Millis(now.Add(-newFollower)), db.Millis(now.Add(-newAccount)), db.Millis(now))
	switch {
	case errors.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return fmt.Errorf("notify actor %d of %s: %w", owner, kind, err)
	case apart:
		return t.request(ctx, tx, owner, who)
	}
	t.wake(tx, Hint{Event: Notified, Notification: id, Owner: owner})
	return t.push(ctx, tx, id, owner, kind, who)
}

var notifySQL = `INSERT INTO notifications (id, owner, kind, actor, item, filtered)
	SELECT $1, s.owner, $3, $4, $5, s.strict = 1 FROM (
		SELECT o.id AS owner, ` + strictSQL + ` AS strict FROM actors o JOIN actors w ON w.id = $4 LEFT JOIN policies p ON p.owner = o.id
		WHERE o.id = $2 AND o.local AND o.kind = 'Person' AND o.deleted = 0
			AND NOT ` + unheard("$2", "$4", "$8") + `
			AND NOT EXISTS (SELECT 1 FROM muted_threads m JOIN items i ON i.thread = m.thread WHERE m.owner = $2 AND i.id = $5)) s
	WHERE s.strict < 2
	ON CONFLICT (owner, kind, actor, item, about) DO NOTHING RETURNING filtered`

// Forget takes notifications back: what they told is no longer so.
func (t *Timelines) Forget(ctx context.Context, tx *db.Tx, owner actors.ID, kind string, who actors.ID, item content.ID) error {
	_, err := tx.Exec(ctx, "DELETE FROM notifications WHERE owner = $1 AND kind = $2 AND actor = $3 AND item = $4", owner, kind, who, item)
	return err
}

// NotificationFilter narrows a list of notifications.
type NotificationFilter struct {
	Kinds, Not []string
	Actor      actors.ID
	Apart      bool     // with those that are kept apart
	Grouped    []string // kinds to be told in groups; nil: all that can
}

const (
	notificationColumns = "n.id, n.owner, n.kind, n.actor, n.item, n.about, n.filtered"
	notificationsTable  = "notifications n LEFT JOIN items i ON i.id = n.item"
)

// Notifications lists what one of ours was told and may still see, newest first.
func (t *Timelines) Notifications(ctx context.Context, v actors.Viewer, f NotificationFilter, p actors.Page) ([]Notification, error) {
	where, args := notificationsSQL(v, f)
	return t.notifications(ctx, where, args, p)
}

func (t *Timelines) notifications(ctx context.Context, where string, args []any, p actors.Page) ([]Notification, error) {
	list, err := db.All(ctx, t.DB, scanNotification, "SELECT "+notificationColumns+" FROM "+notificationsTable+" WHERE "+where+p.SQL("n.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list notifications: %w", err)
	}
	p.Arrange(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	return list, nil
}

// NotificationCount counts notifications newer than a number, at most limit.
func (t *Timelines) NotificationCount(ctx context.Context, v actors.Viewer, f NotificationFilter, since int64, limit int) (int, error) {
	where, args := notificationsSQL(v, f)
	return t.countNotifications(ctx, where, args, since, limit)
}

func (t *Timelines) countNotifications(ctx context.Context, where string, args []any, since int64, limit int) (int, error) {
	args = append(args, since, limit)
	return db.One(ctx, t.DB, db.Scalar[int],
		fmt.Sprintf("SELECT COUNT(*) FROM (SELECT 1 FROM %s WHERE %s AND n.id > $%d LIMIT $%d) c", notificationsTable, where, len(args)-1, len(args)), args...)
}

func notificationsSQL(v actors.Viewer, f NotificationFilter) (string, []any) {
	sees, args := actors.Sees(v, "i", []any{v.ID})
	where := "n.owner = $1 AND " + toldSQL("n", f.Apart) + " AND (n.item = 0 OR (i.id IS NOT NULL AND " + sees + "))"
	if len(f.Kinds) > 0 { // as an expression: SQLite would sort all of these kinds instead of reading the newest first
		var list string
		list, args = db.In(args, f.Kinds)
		where += " AND (n.kind || '') IN (" + list + ")"
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

// toldSQL is the condition under which a notification of the given alias is told: not when who did it is suspended (but that
// somebody has signed up is), and what is kept apart only with the rest of it.
func toldSQL(alias string, apart bool) string {
	where := fmt.Sprintf("NOT EXISTS (SELECT 1 FROM actors na WHERE na.id = %[1]s.actor AND na.suspended > 0 AND %[1]s.kind <> 'admin.sign_up')", alias)
	if !apart {
		where += " AND NOT " + alias + ".filtered"
	}
	return where
}

// Notification returns one notification of the viewer.
func (t *Timelines) Notification(ctx context.Context, v actors.Viewer, id int64) (Notification, error) {
	where, args := notificationsSQL(v, NotificationFilter{Apart: true})
	args = append(args, id)
	n, err := db.One(ctx, t.DB, scanNotification, fmt.Sprintf("SELECT %s FROM %s WHERE %s AND n.id = $%d", notificationColumns, notificationsTable, where, len(args)), args...)
	if errors.Is(err, fault.NotFound) {
		err = fault.Say(fault.NotFound, "This notification does not exist any more.")
	}
	return n, err
}

// Dismiss removes a notification of the viewer.
func (t *Timelines) Dismiss(ctx context.Context, v actors.Viewer, id int64) error {
	_, err := t.DB.Exec(ctx, "DELETE FROM notifications WHERE owner = $1 AND id = $2", v.ID, id)
	return err
}

// DismissAll removes every notification of the viewer.
func (t *Timelines) DismissAll(ctx context.Context, v actors.Viewer) error {
	_, err := t.DB.Exec(ctx, "DELETE FROM notifications WHERE owner = $1", v.ID)
	return err
}

func scanNotification(r db.Scanner) (n Notification, err error) {
	return n, r.Scan(&n.ID, &n.Owner, &n.Kind, &n.Actor, &n.Item, &n.About, &n.Filtered)
}
