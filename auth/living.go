// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"fmt"

	"github.com/pleio-node/pleio-node/db"
)

// Revoked is the channel (see db.DB.Listen) on which every process on the database hears that tokens are gone: what lives
// longer than a request asks Living again.
const Revoked = "tokens"

// revoked tells that tokens are gone, when the transaction is committed.
func (a *Auth) revoked(tx *db.Tx) {
	tx.After(a.tokens.forget)
	a.d.Notify(tx, Revoked, "")
}

// Living returns those of the tokens that still give access to a person's account, in one query.
func (a *Auth) Living(ctx context.Context, tokens []int64) (map[int64]bool, error) {
	list, args := db.In(nil, tokens)
	all, err := db.All(ctx, a.d, db.Scalar[int64], "SELECT t.id FROM tokens t JOIN accounts c ON c.actor = t.account JOIN actors a ON a.id = c.actor WHERE t.id IN ("+list+") AND "+activeAccount, args...)
	if err != nil {
		return nil, fmt.Errorf("look which tokens are good: %w", err)
	}
	living := make(map[int64]bool, len(all))
	for _, id := range all {
		living[id] = true
	}
	return living, nil
}
