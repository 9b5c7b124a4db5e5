// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"context"
	"fmt"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

// How far an item is hidden: as far as its author is.
const (
	Shown   = 0
	Limited = 1 // in no public list: only to those who follow, or have the address
	Hidden  = 2 // nowhere
)

// hiddenBy is the SQL for what the state of an author means for an item.
func hiddenBy(author string) string {
	return fmt.Sprintf("(SELECT CASE WHEN h.suspended > 0 THEN %d WHEN h.silenced > 0 THEN %d ELSE %d END FROM actors h WHERE h.id = %s)", Hidden, Limited, Shown, author)
}

// HideAsAuthor gives all that an actor made the place that the actor now has.
func HideAsAuthor(ctx context.Context, tx *db.Tx, author actors.ID) error {
	if _, err := tx.Exec(ctx, "UPDATE items SET hidden = "+hiddenBy("items.author")+" WHERE author = $1", author); err != nil {
		return fmt.Errorf("hide or show what actor %d made: %w", author, err)
	}
	return nil
}

// HideAsHost is HideAsAuthor for all actors of a host and of the hosts below it.
func HideAsHost(ctx context.Context, tx *db.Tx, host string) error {
	of, args := actors.OfHost("a", host, nil)
	if _, err := tx.Exec(ctx, "UPDATE items SET hidden = "+hiddenBy("items.author")+" WHERE author IN (SELECT a.id FROM actors a WHERE "+of+")", args...); err != nil {
		return fmt.Errorf("hide or show what %s made: %w", host, err)
	}
	return nil
}
