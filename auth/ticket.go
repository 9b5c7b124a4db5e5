// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

const ticketLife = 10 * time.Minute

// Ticket is what a browser carries from the password to the second factor: who it is, good for ten minutes, and as
// long as the password stays.
func (a *Auth) Ticket(ctx context.Context, account actors.ID) (string, error) {
	stored, err := a.stored(ctx, account)
	if err != nil {
		return "", err
	}
	words := fmt.Sprint(account, ".", time.Now().Add(ticketLife).Unix())
	return words + "." + a.ticketProof(words, stored), nil
}

func (a *Auth) ticketProof(words, stored string) string {
	return base64.RawURLEncoding.EncodeToString(mac(a.ticketKey, words+"\n"+stored))
}

// Ticketed returns whose ticket it is, or fault.Unauthorized.
func (a *Auth) Ticketed(ctx context.Context, ticket string) (Account, error) {
	over := fault.Say(fault.Unauthorized, "It took too long to log in. Begin again.")
	at := strings.LastIndexByte(ticket, '.')
	id, until, found := strings.Cut(ticket[:max(at, 0)], ".")
	account, err := strconv.ParseInt(id, 10, 64)
	expires, err2 := strconv.ParseInt(until, 10, 64)
	if !found || err != nil || err2 != nil || time.Now().Unix() > expires {
		return Account{}, over
	}
	c, err := db.One(ctx, a.d, scanAccount, "SELECT "+accountColumns+accountFrom+"WHERE c.actor = $1 AND "+activeAccount, account)
	if errors.Is(err, fault.NotFound) {
		return Account{}, over
	}
	if err != nil {
		return Account{}, fmt.Errorf("read ticket of %d: %w", account, err)
	}
	stored, err := a.stored(ctx, c.ID)
	if err != nil {
		return Account{}, err
	}
	if subtle.ConstantTimeCompare([]byte(a.ticketProof(ticket[:at], stored)), []byte(ticket[at+1:])) != 1 {
		return Account{}, over
	}
	return c, nil
}
