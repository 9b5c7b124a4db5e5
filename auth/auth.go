// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package auth is who is asking: passwords, sessions, and OAuth 2 for clients.
//
// It knows nothing of HTTP: the answers are made by api and web. Every secret it hands out (cookie, code, token,
// client secret) is 32 random bytes in base64url, and only its SHA-256 is stored.
package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/db"
)

// Auth holds what must be remembered between questions: who failed to log in lately, and tokens seen lately.
type Auth struct {
	d    *db.DB
	csrf []byte
	// keys for what browsers carry and for what is sealed in the database
	deviceKey, ticketKey, factorKey []byte
	hashers                         chan struct{} // at most two passwords at once: each takes 19 MiB
	guards                          *guards
	known                           *tally // network and account that logged in before
	tokens                          *tokenCache
	apps                            appCache
	present                         *tally // who was here today
	signUps                         *tally // by network
}

// New returns the gatekeeper of one node. The secret is the node's own, at least 16 bytes, and the same in each of its
// processes; other secrets are derived from it.
func New(d *db.DB, secret []byte) *Auth {
	return &Auth{
		d:         d,
		csrf:      mac(secret, "csrf"),
		deviceKey: mac(secret, "device"),
		ticketKey: mac(secret, "ticket"),
		factorKey: mac(secret, "second factor"),
		hashers:   make(chan struct{}, 2),
		guards:    newGuards(),
		known:     newTally(sessionLife, 20_000),
		tokens:    newTokenCache(),
		present:   newTally(24*time.Hour, 50_000),
		signUps:   newTally(signUpWindow, 20_000),
	}
}

// CSRF returns the token that a form of the session with this cookie carries.
func (a *Auth) CSRF(cookie string) string {
	return base64.RawURLEncoding.EncodeToString(mac(a.csrf, cookie))
}

// CheckCSRF tells whether the token was made for the session with this cookie.
func (a *Auth) CheckCSRF(cookie, token string) bool {
	return cookie != "" && subtle.ConstantTimeCompare([]byte(a.CSRF(cookie)), []byte(token)) == 1
}

// Sweep removes what has run out: sessions, codes, and apps that nobody logged in with for thirty days.
// Anybody can register an app, so that table must not only grow.
func (a *Auth) Sweep(ctx context.Context) error {
	now := time.Now()
	err := a.d.Tx(ctx, func(tx *db.Tx) error {
		if err := forgetPresence(ctx, tx, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM sessions WHERE seen < $1 OR created < $2",
			db.Millis(now.Add(-sessionIdle)), db.Millis(now.Add(-sessionLife))); err != nil {
			return err
		}
		// A used code is kept for a day so that a second use is noticed.
		if _, err := tx.Exec(ctx, "DELETE FROM grants WHERE expires < $1", db.Millis(now.Add(-24*time.Hour))); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM apps WHERE created < $1
			AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.app = apps.id) AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.app = apps.id)`,
			db.Millis(now.Add(-30*24*time.Hour)))
		return err
	})
	if err != nil {
		return fmt.Errorf("sweep sessions, codes and apps: %w", err)
	}
	return nil
}

// newSecret makes a secret and what is stored of it.
func newSecret() (secret, hash string) {
	var b [32]byte
	rand.Read(b[:]) // never fails (Go 1.24)
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, hashOf(secret)
}

// hashOf needs neither salt nor work: what it hashes has 256 random bits.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
