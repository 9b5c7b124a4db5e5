// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

// Mute hides somebody from one of ours, until a time or (zero) for good. With notifications, what this person was told of them
// goes too.
func (t *Timelines) Mute(ctx context.Context, by, who actors.ID, notifications bool, until time.Time) error {
	return t.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := t.Library.Dir.Mute(ctx, tx, by, who, notifications, until); err != nil || !notifications {
			return err
		}
		return t.ForgetFrom(ctx, tx, by, who)
	})
}

// unheard is the condition that somebody does not want to be told of what an actor does: it is blocked, muted with notifications, or of
// a blocked domain. Both numbers, and the time in milliseconds, are SQL expressions.
func unheard(owner, who, now string) string {
	return strings.NewReplacer("$owner", owner, "$who", who, "$now", now).Replace(`(EXISTS (SELECT 1 FROM blocks b WHERE b.subject = $owner AND b.object = $who)
			OR EXISTS (SELECT 1 FROM mutes m WHERE m.subject = $owner AND m.object = $who AND m.notifications AND (m.until = 0 OR m.until > $now))
			OR EXISTS (SELECT 1 FROM blocked_domains d CROSS JOIN actors x WHERE d.subject = $owner AND x.id = $who AND d.domain IN (x.domain, x.host)))`)
}

// ForgetFrom takes back all that one of ours was told of somebody, but questions: those wait for an answer.
func (t *Timelines) ForgetFrom(ctx context.Context, tx *db.Tx, owner, who actors.ID) error {
	if _, err := tx.Exec(ctx, "DELETE FROM notifications WHERE owner = $1 AND actor = $2 AND kind <> $3", owner, who, FollowRequest); err != nil {
		return fmt.Errorf("forget what actor %d was told of %d: %w", owner, who, err)
	}
	return nil
}

// ForgetDomain is ForgetFrom for everybody of a domain.
func (t *Timelines) ForgetDomain(ctx context.Context, tx *db.Tx, owner actors.ID, domain string) error {
	if _, err := tx.Exec(ctx, "DELETE FROM notifications WHERE owner = $1 AND actor IN (SELECT id FROM actors WHERE domain = $2 OR host = $2)", owner, domain); err != nil {
		return fmt.Errorf("forget what actor %d was told of %s: %w", owner, domain, err)
	}
	return nil
}

// Answered takes back that the owners were told of a request by the asker, where none of the asker's waits any more that they
// decide about.
func (t *Timelines) Answered(ctx context.Context, tx *db.Tx, asker actors.ID, owners ...actors.ID) error {
	marks, args := db.In([]any{FollowRequest, asker}, owners)
	if _, err := tx.Exec(ctx, `DELETE FROM notifications WHERE kind = $1 AND actor = $2 AND item = 0 AND owner IN (`+marks+`)
		AND NOT EXISTS (SELECT 1 FROM relations r WHERE r.subject = $2 AND r.state = 'requested' AND `+actors.Decides("notifications.owner")+`)`, args...); err != nil {
		return fmt.Errorf("forget requests of actor %d: %w", asker, err)
	}
	return nil
}
