// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Access is what a token gives.
type Access struct {
	TokenID int64
	App     App
	Account *Account // nil: the token of an app itself. Shared: do not write to it.
	Scopes  Scopes
}

const (
	cacheLife = 5 * time.Second // how long another process may not notice a revocation
	cacheSize = 10_000
	tokenUsed = 24 * time.Hour // how precisely the last use is written down
)

// Token returns what a bearer token gives, or fault.Unauthorized.
func (a *Auth) Token(ctx context.Context, bearer string) (Access, error) {
	if bearer == "" {
		return Access{}, fault.Say(fault.Unauthorized, "An access token is needed.")
	}
	hash, now := sha256.Sum256([]byte(bearer)), time.Now()
	access, found, round := a.tokens.get(hash, now)
	if found {
		return access, nil
	}
	access, used, err := a.loadToken(ctx, hex.EncodeToString(hash[:]))
	if errors.Is(err, fault.NotFound) {
		return Access{}, fault.Say(fault.Unauthorized, "The access token is invalid: it was revoked, or never given.")
	}
	if errors.Is(err, ErrPending) {
		return Access{}, ErrPending
	}
	if err != nil {
		return Access{}, fmt.Errorf("load token: %w", err)
	}
	if now.Sub(used) > tokenUsed {
		if _, err := a.d.Exec(ctx, "UPDATE tokens SET used = $1 WHERE id = $2", db.Millis(now), access.TokenID); err != nil {
			return Access{}, fmt.Errorf("note use of token: %w", err)
		}
	}
	a.tokens.put(hash, access, now, round)
	return access, nil
}

func (a *Auth) loadToken(ctx context.Context, hash string) (Access, time.Time, error) {
	var used int64
	var account *int64
	access, err := db.One(ctx, a.d, func(row db.Scanner) (Access, error) {
		var got Access
		var scopes string
		into, done := got.App.row()
		err := row.Scan(append([]any{&got.TokenID, &account, &scopes, &used}, into...)...)
		done()
		got.Scopes = strings.Fields(scopes)
		return got, err
	}, "SELECT t.id, t.account, t.scopes, t.used, "+appColumns+" FROM tokens t JOIN apps p ON p.id = t.app WHERE t.hash = $1", hash)
	if err == nil && account != nil {
		var c Account
		c, err = db.One(ctx, a.d, scanAccount, "SELECT "+accountColumns+accountFrom+"WHERE c.actor = $1 AND ("+activeAccount+" OR c.pending > 0)", *account)
		if err == nil && !c.Pending.IsZero() {
			err = ErrPending
		}
		access.Account = &c
	}
	return access, db.FromMillis(used), err
}

// IssueToken gives a person's token without a browser: for the command line.
func (a *Auth) IssueToken(ctx context.Context, account actors.ID, scopes string) (string, error) {
	may, err := ParseScopes(scopes)
	if err != nil {
		return "", err
	}
	var t Token
	err = a.d.Tx(ctx, func(tx *db.Tx) error {
		c, err := a.Account(ctx, tx, account)
		if err != nil {
			return err
		}
		if !c.Disabled.IsZero() {
			return fault.Say(fault.Invalid, "The account of %s is disabled.", c.Name)
		}
		// No secret has the hash '', so this client cannot authenticate.
		p := App{ID: a.d.NewID(), ClientID: "command-line", Name: "Command line", Scopes: Supported(), Created: time.Now()}
		if err := insertApp(ctx, tx, p, ""); err != nil {
			return err
		}
		id, err := db.One(ctx, tx, db.Scalar[int64], "SELECT id FROM apps WHERE client_id = $1", p.ClientID)
		if err != nil {
			return err
		}
		t, err = insertToken(ctx, tx, id, account, may, "")
		return err
	})
	if err != nil {
		return "", fmt.Errorf("issue token for %d: %w", account, err)
	}
	return t.AccessToken, nil
}

// insertToken makes a token; account 0 is the app itself.
func insertToken(ctx context.Context, tx *db.Tx, app int64, account actors.ID, scopes Scopes, grantHash string) (Token, error) {
	secret, hash := newSecret()
	t := Token{AccessToken: secret, Scopes: scopes, Created: time.Now()}
	var owner any
	if account != 0 {
		owner = int64(account)
	}
	_, err := tx.Exec(ctx, "INSERT INTO tokens (id, hash, app, account, scopes, grant_hash, created) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		tx.DB().NewID(), hash, app, owner, scopes.String(), grantHash, db.Millis(t.Created))
	return t, err
}

// A tokenCache remembers tokens for some seconds. Any revocation in this process empties it: that is rare, and
// leaves nothing to get wrong.
type tokenCache struct {
	mu      sync.Mutex
	round   int // counts revocations
	entries map[[sha256.Size]byte]cached
}

type cached struct {
	access Access
	until  time.Time
}

func newTokenCache() *tokenCache {
	return &tokenCache{entries: make(map[[sha256.Size]byte]cached)}
}

func (t *tokenCache) get(hash [sha256.Size]byte, now time.Time) (access Access, found bool, round int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, found := t.entries[hash]
	return e.access, found && now.Before(e.until), t.round
}

// put keeps what was loaded in a round, unless something was revoked since: then it may be outdated.
func (t *tokenCache) put(hash [sha256.Size]byte, access Access, now time.Time, round int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if round != t.round {
		return
	}
	if len(t.entries) >= cacheSize {
		clear(t.entries)
	}
	t.entries[hash] = cached{access, now.Add(cacheLife)}
}

func (t *tokenCache) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.round++
	clear(t.entries)
}
