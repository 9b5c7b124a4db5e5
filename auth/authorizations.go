// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

// Authorized is an app that a person gave access, with all that its tokens allow together.
type Authorized struct {
	App    App
	Scopes Scopes
	Since  time.Time // of its first token
	Used   time.Time // to the day; zero: never
}

// Authorizations returns the apps that have tokens of a person, the newest first.
func (a *Auth) Authorizations(ctx context.Context, account actors.ID) ([]Authorized, error) {
	type row struct {
		app           App
		scopes        Scopes
		created, used int64
	}
	rows, err := db.All(ctx, a.d, func(s db.Scanner) (row, error) {
		var r row
		var scopes string
		into, done := r.app.row()
		err := s.Scan(append([]any{&scopes, &r.created, &r.used}, into...)...)
		done()
		r.scopes = strings.Fields(scopes)
		return r, err
	}, "SELECT t.scopes, t.created, t.used, "+appColumns+" FROM tokens t JOIN apps p ON p.id = t.app WHERE t.account = $1 ORDER BY p.id DESC, t.id", account)
	if err != nil {
		return nil, fmt.Errorf("list apps of %d: %w", account, err)
	}
	var all []Authorized
	for _, r := range rows {
		if n := len(all); n == 0 || all[n-1].App.ID != r.app.ID {
			all = append(all, Authorized{App: r.app, Since: db.FromMillis(r.created)})
		}
		one := &all[len(all)-1]
		if used := db.FromMillis(r.used); used.After(one.Used) {
			one.Used = used
		}
		for _, scope := range r.scopes {
			if !slices.Contains(one.Scopes, scope) {
				one.Scopes = append(one.Scopes, scope)
			}
		}
	}
	return all, nil
}

// EndAuthorization takes back what a person allowed an app: its tokens, and codes that it has not used yet.
func (a *Auth) EndAuthorization(ctx context.Context, account actors.ID, app int64) error {
	err := a.d.Tx(ctx, func(tx *db.Tx) error {
		for _, table := range []string{"grants", "tokens"} {
			if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE account = $1 AND app = $2", account, app); err != nil {
				return err
			}
		}
		a.revoked(tx)
		return nil
	})
	if err != nil {
		return fmt.Errorf("end access of app %d to %d: %w", app, account, err)
	}
	return nil
}

// EndOtherSessions logs a person out of every browser but the one with this cookie.
func (a *Auth) EndOtherSessions(ctx context.Context, account actors.ID, cookie string) error {
	if _, err := a.d.Exec(ctx, "DELETE FROM sessions WHERE account = $1 AND hash <> $2", account, hashOf(cookie)); err != nil {
		return fmt.Errorf("end other sessions of %d: %w", account, err)
	}
	return nil
}
