// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package moderation

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

// SignUp is what somebody says who wants an account.
type SignUp struct {
	Name, Email, Password string
	Agreement             bool // to the rules and the terms
	Locale, Reason        string
	App                   auth.App
	Address               string // RemoteAddr
}

// Wrong is a refusal that says what is wrong with which field. It is fault.Invalid.
type Wrong struct {
	Details map[string][]Problem
}

// Problem is one thing that is wrong with a field: a code, as Mastodon has them, and a sentence.
type Problem struct {
	Code     string `json:"error"`
	Sentence string `json:"description"`
}

func (w *Wrong) Error() string {
	var all []string
	for _, field := range []string{"username", "email", "password", "agreement", "reason"} {
		for _, p := range w.Details[field] {
			all = append(all, strings.ToUpper(field[:1])+field[1:]+" "+p.Sentence)
		}
	}
	return "Validation failed: " + strings.Join(all, ", ")
}

// Unwrap makes it fault.Invalid.
func (w *Wrong) Unwrap() error { return fault.Say(fault.Invalid, "%s", w.Error()) }

func (w *Wrong) add(field, code, sentence string) {
	if w.Details == nil {
		w.Details = map[string][]Problem{}
	}
	w.Details[field] = append(w.Details[field], Problem{code, sentence})
}

const maxReason = 500

// Register makes an account for who asks, where the node lets people in; with approval the account is not there for anybody
// until an administrator has let it in.
func (m *Moderation) Register(ctx context.Context, s SignUp) (auth.Token, error) {
	if m.Registrations != Open && m.Registrations != Approval {
		return auth.Token{}, fault.Say(fault.Forbidden, "This action is not allowed: accounts are made by the administrators of this server.")
	}
	if err := m.Auth.CountSignUp(s.Address); err != nil {
		return auth.Token{}, err
	}
	network, err := m.networkSays(ctx, s.Address)
	if err != nil {
		return auth.Token{}, err
	}
	if network == SignUpBlock || network == NoAccess {
		return auth.Token{}, fault.Say(fault.Forbidden, "This action is not allowed")
	}
	approval := m.Registrations == Approval || network == SignUpApproval
	s.Name, s.Email = strings.ToLower(strings.TrimSpace(s.Name)), strings.ToLower(strings.TrimSpace(s.Email))
	w := &Wrong{}
	if err := m.check(ctx, s, approval, w); err != nil {
		return auth.Token{}, err
	}
	hashed, err := m.Auth.HashPassword(ctx, s.Password, s.Name, s.Email)
	if errors.Is(err, fault.Invalid) {
		w.add("password", "ERR_INVALID", "is not strong enough. "+fault.Sentence(err))
	} else if err != nil {
		return auth.Token{}, err
	}
	if len(w.Details) > 0 {
		return auth.Token{}, w
	}
	if err := m.Dir.MakeKey(); err != nil {
		return auth.Token{}, err
	}
	var token auth.Token
	err = m.DB.Tx(ctx, func(tx *db.Tx) error {
		token, err = m.add(ctx, tx, s, hashed, approval)
		return err
	})
	if errors.Is(err, fault.Invalid) { // somebody was faster, or the name is one that cannot be used
		w.add("username", "ERR_TAKEN", fault.Sentence(err))
		return auth.Token{}, w
	}
	return token, err
}

func (m *Moderation) add(ctx context.Context, tx *db.Tx, s SignUp, hashed auth.Hashed, approval bool) (auth.Token, error) {
	a, err := m.Dir.AddPerson(ctx, tx, s.Name, "")
	if err != nil {
		return auth.Token{}, err
	}
	if err := m.Auth.AddAccount(ctx, tx, a.ID, s.Email, hashed, false); err != nil {
		return auth.Token{}, err
	}
	var pending time.Time
	if approval {
		pending = time.Now()
		// Who waits is there for nobody, which is what a suspended account is.
		if _, err := tx.Exec(ctx, "UPDATE actors SET suspended = $1 WHERE id = $2", db.Millis(pending), a.ID); err != nil {
			return auth.Token{}, err
		}
	}
	token, err := m.Auth.SignedUp(ctx, tx, a.ID, s.App, s.Locale, s.Reason, pending)
	if err != nil {
		return auth.Token{}, err
	}
	return token, m.tellAdmins(ctx, tx, timeline.AdminSignUp, a.ID, 0)
}

// check finds what is wrong with what was said, all of it at once.
func (m *Moderation) check(ctx context.Context, s SignUp, approval bool, w *Wrong) error {
	if !s.Agreement {
		w.add("agreement", "ERR_ACCEPTED", "must be accepted")
	}
	switch {
	case s.Name == "":
		w.add("username", "ERR_BLANK", "can't be blank")
	default:
		switch err := actors.CheckName(s.Name); {
		case err != nil && actors.Reserved(s.Name):
			w.add("username", "ERR_RESERVED", "is reserved")
		case err != nil:
			w.add("username", "ERR_INVALID", fault.Sentence(err))
		default:
			if _, err := actors.LocalByName(ctx, m.DB, s.Name); !errors.Is(err, fault.NotFound) {
				w.add("username", "ERR_TAKEN", "has already been taken")
			}
		}
	}
	switch n := len([]rune(s.Reason)); {
	case approval && strings.TrimSpace(s.Reason) == "":
		w.add("reason", "ERR_BLANK", "can't be blank")
	case n > maxReason:
		w.add("reason", "ERR_TOO_LONG", fmt.Sprintf("is too long (maximum is %d characters)", maxReason))
	}
	if s.Email == "" {
		w.add("email", "ERR_BLANK", "can't be blank")
		return nil
	}
	if err := auth.CheckEmail(s.Email); err != nil {
		w.add("email", "ERR_INVALID", fault.Sentence(err))
		return nil
	}
	if _, err := m.Auth.ByEmail(ctx, m.DB, s.Email); !errors.Is(err, fault.NotFound) {
		w.add("email", "ERR_TAKEN", "has already been taken")
	}
	refused, err := m.emailRefused(ctx, s.Email, s.Address)
	if refused {
		w.add("email", "ERR_BLOCKED", "uses a disallowed e-mail provider")
	}
	return err
}

// emailRefused tells whether an address cannot be used, and counts the try.
func (m *Moderation) emailRefused(ctx context.Context, email, remoteAddr string) (bool, error) {
	blocked, err := EmailBlocks(ctx, m.DB, 0, EmailHash(email), actors.Page{Limit: 1})
	if err != nil || len(blocked) > 0 {
		return len(blocked) > 0, err
	}
	_, domain, _ := strings.Cut(email, "@")
	names := []string{domain}
	for strings.Contains(domain, ".") {
		_, domain, _ = strings.Cut(domain, ".")
		names = append(names, domain)
	}
	marks, args := db.In(nil, names)
	blocks, err := db.All(ctx, m.DB, db.Scalar[int64], "SELECT id FROM email_domain_blocks WHERE domain IN ("+marks+") LIMIT 1", args...)
	if err != nil || len(blocks) == 0 {
		return false, err
	}
	day := auth.Day(time.Now())
	return true, m.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM email_domain_tries WHERE day < $1", db.Millis(day.AddDate(0, 0, -triesDays))); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO email_domain_tries (block, day, source, uses) VALUES ($1, $2, $3, 1)
			ON CONFLICT (block, day, source) DO UPDATE SET uses = email_domain_tries.uses + 1`, blocks[0], db.Millis(day), EmailHash(auth.Address(remoteAddr)))
		return err
	})
}

// networkSays is the strictest thing that was decided about the network of an address; "" nothing.
func (m *Moderation) networkSays(ctx context.Context, remoteAddr string) (string, error) {
	address, err := netip.ParseAddr(auth.Address(remoteAddr))
	if err != nil {
		return "", nil
	}
	list, err := db.All(ctx, m.DB, scanIP, "SELECT id, prefix, severity, comment, created, expires FROM ip_blocks WHERE expires = 0 OR expires > $1", db.Millis(time.Now()))
	if err != nil {
		return "", fmt.Errorf("look what was decided about %s: %w", address, err)
	}
	said := ""
	for _, b := range list {
		if p, err := netip.ParsePrefix(b.Prefix); err == nil && p.Contains(address) && (said == "" || b.Severity != SignUpApproval) {
			said = b.Severity
		}
	}
	return said, nil
}

// waiting returns the account of somebody who waits to be let in.
func (m *Moderation) waiting(ctx context.Context, q db.Q, target *actors.Actor) error {
	c, err := m.Auth.Account(ctx, q, target.ID)
	if err = ignoreMissing(err); err == nil && c.Pending.IsZero() {
		err = fault.Say(fault.Forbidden, "%s does not wait to be let in.", target.Handle())
	}
	return err
}

// Approve lets somebody in.
func (m *Moderation) Approve(ctx context.Context, by By, target *actors.Actor) error {
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := m.waiting(ctx, tx, target); err != nil {
			return err
		}
		if err := m.Auth.Approve(ctx, tx, target.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE actors SET suspended = 0 WHERE id = $1", target.ID); err != nil {
			return fmt.Errorf("let %s in: %w", target.IRI, err)
		}
		if err := content.HideAsAuthor(ctx, tx, target.ID); err != nil {
			return err
		}
		return m.note(ctx, tx, by, "account.approve", target.Handle(), "")
	})
}

// Reject removes somebody who waited: nobody has ever seen the account, and the name is free again.
func (m *Moderation) Reject(ctx context.Context, by By, target *actors.Actor) error {
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := m.waiting(ctx, tx, target); err != nil {
			return err
		}
		if err := m.Auth.Remove(ctx, tx, target.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM actors WHERE id = $1", target.ID); err != nil {
			return fmt.Errorf("reject %s: %w", target.IRI, err)
		}
		return m.note(ctx, tx, by, "account.reject", target.Handle(), "")
	})
}
