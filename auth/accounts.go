// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Account is a person of this node who can log in.
type Account struct {
	ID       actors.ID // the person's actor
	Name     string    // of the actor
	Email    string    // lower case
	Admin    bool
	Created  time.Time
	Disabled time.Time // zero: not
	Pending  time.Time // waits for an administrator, since; zero: not
	Reason   string    // why the person wanted to join
	MadeBy   int64     // the app that it was made with; 0: none
	Preferences
}

// Preferences are what clients start with when the person writes something.
type Preferences struct {
	Locale      string // of the pages; "" unknown
	Privacy     string // public, unlisted, private or direct
	Sensitive   bool
	Language    string // of posts; "" unknown
	QuotePolicy string // who may quote: public, followers or nobody
}

const accountColumns = `c.actor, a.name, c.email, c.admin, c.created, c.disabled, c.locale, c.privacy, c.sensitive, c.language, c.quote_policy, c.pending, c.reason, c.made_by`

const (
	accountFrom = ` FROM accounts c JOIN actors a ON a.id = c.actor `
	// activeAccount is the condition for acting at all.
	activeAccount = `c.disabled = 0 AND c.pending = 0 AND a.suspended = 0 AND a.deleted = 0`
)

func (c *Account) fields(created, disabled, pending *int64) []any {
	return []any{&c.ID, &c.Name, &c.Email, &c.Admin, created, disabled, &c.Locale, &c.Privacy, &c.Sensitive, &c.Language, &c.QuotePolicy, pending, &c.Reason, &c.MadeBy}
}

func scanAccount(row db.Scanner) (Account, error) {
	var c Account
	var created, disabled, pending int64
	err := row.Scan(c.fields(&created, &disabled, &pending)...)
	c.Created, c.Disabled, c.Pending = db.FromMillis(created), db.FromMillis(disabled), db.FromMillis(pending)
	return c, err
}

// AddAccount lets a person of this node log in. With the zero Hashed that is only possible with a token.
func (a *Auth) AddAccount(ctx context.Context, tx *db.Tx, actor actors.ID, email string, password Hashed, admin bool) error {
	who, err := actors.Get(ctx, tx, actor)
	if err != nil {
		return fmt.Errorf("add account: %w", err)
	}
	if !who.Local || who.Kind != actors.Person {
		return fault.Say(fault.Invalid, "Only people of this node can have an account, and %s is not one.", who.Handle())
	}
	email, err = checkEmail(email)
	if err != nil {
		return err
	}
	if _, err := a.Account(ctx, tx, actor); !errors.Is(err, fault.NotFound) {
		return orTaken(err, "There is already an account for this person.")
	}
	if _, err := a.ByEmail(ctx, tx, email); !errors.Is(err, fault.NotFound) {
		return orTaken(err, "This e-mail address belongs to another account.")
	}
	if _, err := tx.Exec(ctx, "INSERT INTO accounts (actor, email, password, admin, created) VALUES ($1, $2, $3, $4, $5)",
		actor, email, password.phc, admin, db.Millis(time.Now())); err != nil {
		if db.IsUnique(err) { // somebody was faster
			return fault.Say(fault.Invalid, "This e-mail address belongs to another account.")
		}
		return fmt.Errorf("add account of %s: %w", who.Name, err)
	}
	return nil
}

func orTaken(err error, sentence string) error {
	if err != nil {
		return err
	}
	return fault.Say(fault.Invalid, "%s", sentence)
}

// CheckEmail tells what is wrong with an e-mail address.
func CheckEmail(email string) error {
	_, err := checkEmail(email)
	return err
}

// checkEmail accepts only what every mail server reads alike: an address without comments, quotes or a display name.
func checkEmail(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > 254 || strings.ContainsAny(email, "\"() <>,;:\\[]") {
		return "", fault.Say(fault.Invalid, "The e-mail address cannot be read: write it as name@example.org.")
	}
	return email, nil
}

// SetPassword changes a password and ends everything that was begun with the old one: sessions, codes and tokens.
func (a *Auth) SetPassword(ctx context.Context, tx *db.Tx, actor actors.ID, password Hashed) error {
	c, err := a.Account(ctx, tx, actor)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE accounts SET password = $1 WHERE actor = $2", password.phc, actor); err != nil {
		return fmt.Errorf("set password of %s: %w", c.Name, err)
	}
	return a.EndAll(ctx, tx, actor)
}

// ChangePassword changes the password of a person who knows the old one. All sessions end, this one too: start another.
// Apps keep their access, unless they are to lose it as well.
func (a *Auth) ChangePassword(ctx context.Context, c Account, old, next string, apps bool, from From) error {
	if err := a.Confirm(ctx, c.ID, old, from); err != nil {
		return err
	}
	hashed, err := a.HashPassword(ctx, next, c.Name, c.Email)
	if err != nil {
		return err
	}
	err = a.d.Tx(ctx, func(tx *db.Tx) error {
		if apps {
			return a.SetPassword(ctx, tx, c.ID, hashed)
		}
		for _, statement := range []string{"DELETE FROM sessions WHERE account = $1", "DELETE FROM grants WHERE account = $1 AND used = 0"} {
			if _, err := tx.Exec(ctx, statement, c.ID); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "UPDATE accounts SET password = $1 WHERE actor = $2", hashed.phc, c.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("change password of %s: %w", c.Name, err)
	}
	return nil
}

// SetPreferences keeps what clients start with.
func (a *Auth) SetPreferences(ctx context.Context, tx *db.Tx, actor actors.ID, p Preferences) error {
	switch p.Privacy {
	case "public", "unlisted", "private", "direct":
	default:
		return fault.Say(fault.Invalid, "The default visibility must be public, unlisted, private or direct, and not %q.", cut(p.Privacy, 40))
	}
	switch p.QuotePolicy {
	case "public", "followers", "nobody":
	default:
		return fault.Say(fault.Invalid, "Who may quote your posts must be public, followers or nobody, and not %q.", cut(p.QuotePolicy, 40))
	}
	if len(p.Locale) > 35 || len(p.Language) > 35 {
		return fault.Say(fault.Invalid, "A language is written as a short code such as nl or en.")
	}
	if _, err := tx.Exec(ctx, "UPDATE accounts SET locale = $1, privacy = $2, sensitive = $3, language = $4, quote_policy = $5 WHERE actor = $6",
		p.Locale, p.Privacy, p.Sensitive, p.Language, p.QuotePolicy, actor); err != nil {
		return fmt.Errorf("set preferences of %d: %w", actor, err)
	}
	tx.After(a.tokens.forget)
	return nil
}

// Disable stops a person from logging in; sessions, codes and tokens are gone at once.
func (a *Auth) Disable(ctx context.Context, tx *db.Tx, actor actors.ID) error {
	c, err := a.Account(ctx, tx, actor)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE accounts SET disabled = $1 WHERE actor = $2 AND disabled = 0", db.Millis(time.Now()), actor); err != nil {
		return fmt.Errorf("disable %s: %w", c.Name, err)
	}
	return a.EndAll(ctx, tx, actor)
}

// EndAll ends everything that a person began: sessions, codes and tokens.
func (a *Auth) EndAll(ctx context.Context, tx *db.Tx, actor actors.ID) error {
	for _, table := range []string{"sessions", "grants", "tokens"} {
		if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE account = $1", actor); err != nil {
			return fmt.Errorf("end %s of account %d: %w", table, actor, err)
		}
	}
	a.revoked(tx)
	return nil
}

// Account returns a person's account, disabled or not, or fault.NotFound.
func (a *Auth) Account(ctx context.Context, q db.Q, actor actors.ID) (Account, error) {
	return known(db.One(ctx, q, scanAccount, "SELECT "+accountColumns+accountFrom+"WHERE c.actor = $1", actor))
}

// ByEmail returns the account with an e-mail address, in any case, or fault.NotFound.
func (a *Auth) ByEmail(ctx context.Context, q db.Q, email string) (Account, error) {
	return known(db.One(ctx, q, scanAccount, "SELECT "+accountColumns+accountFrom+"WHERE c.email = $1", strings.ToLower(strings.TrimSpace(email))))
}

// Many returns the accounts of those of the actors that have one, by actor.
func (a *Auth) Many(ctx context.Context, q db.Q, ids []actors.ID) (map[actors.ID]Account, error) {
	marks, args := db.In(nil, ids)
	list, err := db.All(ctx, q, scanAccount, "SELECT "+accountColumns+accountFrom+"WHERE c.actor IN ("+marks+")", args...)
	if err != nil {
		return nil, fmt.Errorf("load accounts: %w", err)
	}
	found := make(map[actors.ID]Account, len(list))
	for _, c := range list {
		found[c.ID] = c
	}
	return found, nil
}

// Accounts returns all accounts, disabled or not, by name.
func (a *Auth) Accounts(ctx context.Context, q db.Q) ([]Account, error) {
	list, err := db.All(ctx, q, scanAccount, "SELECT "+accountColumns+accountFrom+"ORDER BY LOWER(a.name)")
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return list, nil
}

func known(c Account, err error) (Account, error) {
	switch {
	case errors.Is(err, fault.NotFound):
		return Account{}, fault.Say(fault.NotFound, "There is no such account here.")
	case err != nil:
		return Account{}, fmt.Errorf("load account: %w", err)
	}
	return c, nil
}
