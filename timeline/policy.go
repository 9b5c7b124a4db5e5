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

// Strictness is what happens with notifications of a class of accounts.
type Strictness int

// Accept them, keep them apart as a request, or drop them.
const (
	Accept Strictness = iota
	Apart
	Drop
)

// Policy is what one of ours does with notifications of those whom one does not know
// (https://docs.joinmastodon.org/entities/NotificationPolicy/). Without a choice only those of limited accounts are kept
// apart: a colleague of another organisation who writes for the first time is heard.
type Policy struct {
	NotFollowing Strictness // accounts that the owner does not follow
	NotFollowers Strictness // accounts that do not follow the owner, or not for three days yet
	NewAccounts  Strictness // accounts that are younger than thirty days
	Private      Strictness // direct posts of those whom the owner neither follows nor wrote to in that conversation
	Limited      Strictness // accounts that an administrator has limited
}

const (
	newFollower = 3 * 24 * time.Hour
	newAccount  = 30 * 24 * time.Hour
)

// strictSQL is what the policy p of the owner o ($2) says of a notification of kind $3 by w ($4) about the item $5: the
// strictest of its classes. It holds for what somebody does to the owner, not for what was waited for: the end of a poll,
// an edit. Whom the owner follows is not limited.
var strictSQL = `CASE WHEN $3 NOT IN ('mention', 'status', 'reblog', 'follow', 'follow_request', 'favourite', 'quote') THEN 0
	WHEN EXISTS (SELECT 1 FROM heard h WHERE h.owner = o.id AND h.actor = w.id) THEN 0
	WHEN ` + strictAt(Drop) + ` THEN 2 WHEN ` + strictAt(Apart) + ` THEN 1 ELSE 0 END`

func strictAt(s Strictness) string {
	return fmt.Sprintf(`p.not_following = %[1]d AND NOT %[2]s
		OR p.not_followers = %[1]d AND NOT EXISTS (SELECT 1 FROM relations r WHERE r.subject = w.id AND r.object = o.id AND r.state = 'active' AND r.since <= $6)
		OR p.new_accounts = %[1]d AND w.published > $7
		OR p.private = %[1]d AND EXISTS (SELECT 1 FROM items i WHERE i.id = $5 AND i.audience = %[3]d) AND NOT %[2]s
			AND NOT EXISTS (SELECT 1 FROM items i JOIN items e ON e.thread = i.thread AND e.author = o.id JOIN recipients r ON r.item = e.id AND r.actor = w.id WHERE i.id = $5)
		OR COALESCE(p.limited, %[4]d) = %[1]d AND w.silenced > 0 AND NOT %[2]s`,
		s, "EXISTS (SELECT 1 FROM relations r WHERE r.subject = o.id AND r.object = w.id AND r.state = 'active')", actors.Direct, Apart)
}

// Policy is the viewer's.
func (t *Timelines) Policy(ctx context.Context, v actors.Viewer) (Policy, error) {
	return policy(ctx, t.DB, v)
}

func policy(ctx context.Context, q db.Q, v actors.Viewer) (Policy, error) {
	p, err := db.One(ctx, q, func(r db.Scanner) (p Policy, err error) {
		return p, r.Scan(&p.NotFollowing, &p.NotFollowers, &p.NewAccounts, &p.Private, &p.Limited)
	}, "SELECT not_following, not_followers, new_accounts, private, limited FROM policies WHERE owner = $1", v.ID)
	if errors.Is(err, fault.NotFound) {
		return Policy{Limited: Apart}, nil
	}
	return p, err
}

// ChangePolicy changes the viewer's: it counts for what comes from now on.
func (t *Timelines) ChangePolicy(ctx context.Context, v actors.Viewer, change func(*Policy)) (p Policy, err error) {
	err = t.DB.Tx(ctx, func(tx *db.Tx) error {
		if p, err = policy(ctx, tx, v); err != nil {
			return err
		}
		change(&p)
		_, err = tx.Exec(ctx, `INSERT INTO policies (owner, not_following, not_followers, new_accounts, private, limited) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (owner) DO UPDATE SET not_following = excluded.not_following, not_followers = excluded.not_followers, new_accounts = excluded.new_accounts,
				private = excluded.private, limited = excluded.limited`, v.ID, p.NotFollowing, p.NotFollowers, p.NewAccounts, p.Private, p.Limited)
		return err
	})
	return p, err
}

// Request is what is kept apart of one account.
type Request struct {
	ID            int64
	Actor         actors.ID
	Notifications int
	First, Latest int64      // notifications
	Last          content.ID // the newest of these posts that the account wrote; 0: none
}

// request notes that something of who is kept apart.
func (t *Timelines) request(ctx context.Context, tx *db.Tx, owner, who actors.ID) error {
	_, err := tx.Exec(ctx, "INSERT INTO requests (id, owner, actor) VALUES ($1, $2, $3) ON CONFLICT (owner, actor) DO NOTHING", t.DB.NewID(), owner, who)
	if err != nil {
		return fmt.Errorf("keep a request of actor %d to %d: %w", who, owner, err)
	}
	return nil
}

// requestsSQL is the requests of the viewer with what of them may still be seen; grouped by account.
func requestsSQL(v actors.Viewer) (string, []any) {
	sees, args := actors.Sees(v, "i", []any{v.ID})
	return ` FROM requests q JOIN notifications n ON n.owner = q.owner AND n.actor = q.actor AND n.filtered LEFT JOIN items i ON i.id = n.item
		WHERE q.owner = $1 AND ` + toldSQL("n", true) + ` AND (n.item = 0 OR (i.id IS NOT NULL AND ` + sees + "))", args
}

func scanRequest(r db.Scanner) (x Request, err error) {
	return x, r.Scan(&x.ID, &x.Actor, &x.Notifications, &x.First, &x.Latest, &x.Last)
}

const requestColumns = "SELECT q.id AS id, q.actor, COUNT(*) AS notifications, MIN(n.id) AS first, MAX(n.id) AS latest, MAX(CASE WHEN i.author = n.actor THEN i.id ELSE 0 END) AS last"

// Requests lists the viewer's, the one that came last first.
func (t *Timelines) Requests(ctx context.Context, v actors.Viewer, p actors.Page) ([]Request, error) {
	from, args := requestsSQL(v)
	list, err := db.All(ctx, t.DB, scanRequest, "SELECT * FROM ("+requestColumns+from+" GROUP BY q.id, q.actor) g WHERE g.id > 0"+p.SQL("g.id", &args), args...)
	p.Arrange(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	return list, err
}

// Request is one of the viewer's.
func (t *Timelines) Request(ctx context.Context, v actors.Viewer, id int64) (Request, error) {
	from, args := requestsSQL(v)
	args = append(args, id)
	r, err := db.One(ctx, t.DB, scanRequest, fmt.Sprintf("%s%s AND q.id = $%d GROUP BY q.id, q.actor", requestColumns, from, len(args)), args...)
	return r, gone(err)
}

// Pending counts the viewer's requests and the notifications in them.
func (t *Timelines) Pending(ctx context.Context, v actors.Viewer) (requests, notifications int, err error) {
	from, args := requestsSQL(v)
	_, err = db.One(ctx, t.DB, func(r db.Scanner) (x struct{}, err error) { return x, r.Scan(&requests, &notifications) },
		"SELECT COUNT(DISTINCT q.id), COUNT(*)"+from, args...)
	return requests, notifications, err
}

// AnswerRequests accepts requests of the viewer, which brings their notifications into the list and lets those that follow
// through, or dismisses them with their notifications. Without all, one that does not exist is an error.
func (t *Timelines) AnswerRequests(ctx context.Context, v actors.Viewer, ids []int64, accept, all bool) error {
	err := t.DB.Tx(ctx, func(tx *db.Tx) error {
		list, args := db.In([]any{v.ID}, ids)
		who, err := db.All(ctx, tx, db.Scalar[actors.ID], "DELETE FROM requests WHERE owner = $1 AND id IN ("+list+") RETURNING actor", args...)
		switch {
		case err != nil:
			return err
		case len(who) == 0 && all:
			return nil
		case len(who) == 0:
			return gone(fault.NotFound)
		}
		list, args = db.In([]any{v.ID}, who)
		if !accept {
			_, err = tx.Exec(ctx, "DELETE FROM notifications WHERE owner = $1 AND filtered AND actor IN ("+list+")", args...)
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO heard (owner, actor) SELECT $1, a.id FROM actors a WHERE a.id IN ("+list+") ON CONFLICT (owner, actor) DO NOTHING", args...); err != nil {
			return err
		}
		t.wake(tx, Hint{Event: Merged, Owner: v.ID})
		_, err = tx.Exec(ctx, "UPDATE notifications SET filtered = FALSE WHERE owner = $1 AND filtered AND actor IN ("+list+")", args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("answer requests to actor %d: %w", v.ID, err)
	}
	return nil
}
