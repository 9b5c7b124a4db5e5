// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// How long a session lasts without use and at most (ASVS 3.3).
const (
	sessionIdle = 12 * time.Hour
	sessionLife = 30 * 24 * time.Hour
	sessionSeen = 5 * time.Minute // how precisely its last use is written down
)

// StartSession begins a session in a browser and returns the value of its cookie. Each login gets a new one.
func (a *Auth) StartSession(ctx context.Context, account actors.ID, agent string) (cookie string, err error) {
	cookie, hash := newSecret()
	now := db.Millis(time.Now())
	_, err = a.d.Exec(ctx, "INSERT INTO sessions (hash, account, agent, created, seen) VALUES ($1, $2, $3, $4, $4)",
		hash, account, plain(agent, 300), now)
	if err != nil {
		return "", fmt.Errorf("start session of %d: %w", account, err)
	}
	return cookie, nil
}

// Session returns whose session a cookie is, or fault.Unauthorized.
func (a *Auth) Session(ctx context.Context, cookie string) (Account, error) {
	ended := fault.Say(fault.Unauthorized, "You are not logged in, or your session has ended. Log in and try again.")
	if cookie == "" {
		return Account{}, ended
	}
	hash, now := hashOf(cookie), time.Now()
	var seen int64
	c, err := db.One(ctx, a.d, func(row db.Scanner) (Account, error) {
		var c Account
		var created, disabled, pending int64
		err := row.Scan(append(c.fields(&created, &disabled, &pending), &seen)...)
		c.Created = db.FromMillis(created)
		return c, err
	}, "SELECT "+accountColumns+", s.seen"+accountFrom+"JOIN sessions s ON s.account = c.actor WHERE s.hash = $1 AND s.seen >= $2 AND s.created >= $3 AND "+activeAccount,
		hash, db.Millis(now.Add(-sessionIdle)), db.Millis(now.Add(-sessionLife)))
	if errors.Is(err, fault.NotFound) {
		return Account{}, ended
	}
	if err != nil {
		return Account{}, fmt.Errorf("load session: %w", err)
	}
	if now.Sub(db.FromMillis(seen)) > sessionSeen {
		_, err = a.d.Exec(ctx, "UPDATE sessions SET seen = $1 WHERE hash = $2", db.Millis(now), hash)
		if err != nil {
			return Account{}, fmt.Errorf("note use of session: %w", err)
		}
	}
	return c, nil
}

// EndSession logs out; a session that is gone already is no error.
func (a *Auth) EndSession(ctx context.Context, cookie string) error {
	if _, err := a.d.Exec(ctx, "DELETE FROM sessions WHERE hash = $1", hashOf(cookie)); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// SessionID is the Session.ID of the session with this cookie.
func SessionID(cookie string) string { return hashOf(cookie) }

// EndSessionOf ends one session of a person, by its id; one that is gone already, or is somebody else's, is no error.
func (a *Auth) EndSessionOf(ctx context.Context, account actors.ID, id string) error {
	if _, err := a.d.Exec(ctx, "DELETE FROM sessions WHERE account = $1 AND hash = $2", account, id); err != nil {
		return fmt.Errorf("end a session of %d: %w", account, err)
	}
	return nil
}

// EndSessionsOf logs a person out of every browser.
func (a *Auth) EndSessionsOf(ctx context.Context, account actors.ID) error {
	if _, err := a.d.Exec(ctx, "DELETE FROM sessions WHERE account = $1", account); err != nil {
		return fmt.Errorf("end sessions of %d: %w", account, err)
	}
	return nil
}

// A Session is one browser that a person is logged in with.
type Session struct {
	ID            string // names it to its owner; it is of no use for logging in
	Agent         string // User-Agent, as it was sent
	Created, Seen time.Time
}

// Sessions returns where a person is logged in, the last used one first.
func (a *Auth) Sessions(ctx context.Context, account actors.ID) ([]Session, error) {
	now := time.Now()
	list, err := db.All(ctx, a.d, func(row db.Scanner) (Session, error) {
		var s Session
		var created, seen int64
		err := row.Scan(&s.ID, &s.Agent, &created, &seen)
		s.Created, s.Seen = db.FromMillis(created), db.FromMillis(seen)
		return s, err
	}, "SELECT hash, agent, created, seen FROM sessions WHERE account = $1 AND seen >= $2 AND created >= $3 ORDER BY seen DESC, hash",
		account, db.Millis(now.Add(-sessionIdle)), db.Millis(now.Add(-sessionLife)))
	if err != nil {
		return nil, fmt.Errorf("list sessions of %d: %w", account, err)
	}
	return list, nil
}

// plain keeps a stranger's text printable and short.
func plain(text string, runes int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.TrimSpace(cut(text, runes))
}
