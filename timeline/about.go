// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"fmt"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

// Kinds of notifications that are about a decision: what it is, the column about tells.
const (
	AdminReport = "admin.report"          // to administrators; about a report. By a group to who decides there, of a report in it
	AdminSignUp = "admin.sign_up"         // to administrators
	Severed     = "severed_relationships" // about a severance
	Warned      = "moderation_warning"    // about a warning
)

// NotifyAbout tells one of ours of a decision. Who may be the owner: nobody else did it.
func (t *Timelines) NotifyAbout(ctx context.Context, tx *db.Tx, owner actors.ID, kind string, who actors.ID, about int64) error {
	id := t.DB.NewID()
	res, err := tx.Exec(ctx, `INSERT INTO notifications (id, owner, kind, actor, about) SELECT $1, a.id, $3, $4, $5 FROM actors a
		WHERE a.id = $2 AND a.local AND a.deleted = 0 ON CONFLICT DO NOTHING`, id, owner, kind, who, about)
	if err != nil {
		return fmt.Errorf("notify actor %d of %s: %w", owner, kind, err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return nil
	}
	t.wake(tx, Hint{Event: Notified, Notification: id, Owner: owner})
	return t.push(ctx, tx, id, owner, kind, who)
}

// Announce gives a hint about an announcement to everybody who is watching.
func (t *Timelines) Announce(tx *db.Tx, event string, announcement int64, reaction string) {
	t.wake(tx, Hint{Event: event, About: announcement, Name: reaction})
}
