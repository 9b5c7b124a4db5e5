// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

const (
	signUpWindow = 30 * time.Minute
	signUps      = 5 // of one network in the window; as in Mastodon
)

// CountSignUp counts a try to make an account, and refuses the sixth of a network in half an hour.
func (a *Auth) CountSignUp(remoteAddr string) error {
	if a.signUps.add(Network(remoteAddr)) > signUps {
		return fault.Say(fault.TooMany, "Too many requests")
	}
	return nil
}

// SignedUp keeps how an account was made: by which app, why, and whether it waits for an administrator.
func (a *Auth) SignedUp(ctx context.Context, tx *db.Tx, actor actors.ID, app App, locale, reason string, pending time.Time) (Token, error) {
	if _, err := tx.Exec(ctx, "UPDATE accounts SET pending = $1, reason = $2, made_by = $3, locale = $4 WHERE actor = $5",
		db.Millis(pending), reason, app.ID, locale, actor); err != nil {
		return Token{}, fmt.Errorf("keep sign-up of %d: %w", actor, err)
	}
	return insertToken(ctx, tx, app.ID, actor, app.Scopes, "")
}

// Approve lets somebody in who waited.
func (a *Auth) Approve(ctx context.Context, tx *db.Tx, actor actors.ID) error {
	if _, err := tx.Exec(ctx, "UPDATE accounts SET pending = 0 WHERE actor = $1", actor); err != nil {
		return fmt.Errorf("approve %d: %w", actor, err)
	}
	tx.After(a.tokens.forget)
	return nil
}

// Enable lets a person log in again.
func (a *Auth) Enable(ctx context.Context, tx *db.Tx, actor actors.ID) error {
	if _, err := tx.Exec(ctx, "UPDATE accounts SET disabled = 0 WHERE actor = $1", actor); err != nil {
		return fmt.Errorf("enable %d: %w", actor, err)
	}
	return nil
}

// Remove forgets an account: address, password, and all that was begun with it.
func (a *Auth) Remove(ctx context.Context, tx *db.Tx, actor actors.ID) error {
	if _, err := tx.Exec(ctx, "DELETE FROM accounts WHERE actor = $1", actor); err != nil {
		return fmt.Errorf("remove account of %d: %w", actor, err)
	}
	a.revoked(tx)
	return nil
}

// Admins are the people who administer the node and can act, the first one first.
func Admins(ctx context.Context, q db.Q) ([]actors.ID, error) {
	ids, err := db.All(ctx, q, db.Scalar[actors.ID], "SELECT c.actor"+accountFrom+"WHERE c.admin AND "+activeAccount+" ORDER BY c.created, c.actor")
	if err != nil {
		return nil, fmt.Errorf("list administrators: %w", err)
	}
	return ids, nil
}
