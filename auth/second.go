// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

const recoveryCodes = 10

// SecondFactor is what a person shows besides the password: codes of an app, and as a last resort one of some printed codes.
type SecondFactor struct {
	Secret []byte    // what the app computes with
	Since  time.Time // zero: it is being set up
	Left   int       // recovery codes
	step   int64     // of the last code that was accepted: none counts twice (RFC 6238 §5.2)
}

// ErrWrongCode is for a code that is wrong, old, or used before.
var ErrWrongCode = fault.Say(fault.Forbidden, "That code is not right, or it was used before.")

// SecondFactor returns what a person has set up or is setting up, or fault.NotFound.
func (a *Auth) SecondFactor(ctx context.Context, account actors.ID) (SecondFactor, error) {
	f, err := db.One(ctx, a.d, func(row db.Scanner) (SecondFactor, error) {
		var f SecondFactor
		var since int64
		err := row.Scan(&f.Secret, &since, &f.step, &f.Left)
		f.Since = db.FromMillis(since)
		return f, err
	}, "SELECT f.secret, f.since, f.step, (SELECT COUNT(*) FROM recovery_codes r WHERE r.account = f.account) FROM second_factors f WHERE f.account = $1", account)
	if err == nil {
		f.Secret, err = actors.Unseal(a.factorKey, f.Secret, sealedFor(account))
	}
	if err != nil {
		return SecondFactor{}, fmt.Errorf("second factor of %d: %w", account, err)
	}
	return f, nil
}

func sealedFor(account actors.ID) string { return fmt.Sprint("second factor ", account) }

// HasSecondFactor tells whether a person needs one to log in.
func (a *Auth) HasSecondFactor(ctx context.Context, account actors.ID) (bool, error) {
	n, err := db.One(ctx, a.d, db.Scalar[int64], "SELECT COUNT(*) FROM second_factors WHERE account = $1 AND since > 0", account)
	if err != nil {
		return false, fmt.Errorf("second factor of %d: %w", account, err)
	}
	return n > 0, nil
}

// StartSecondFactor makes a secret for an app. It counts only when a first code was shown: see FinishSecondFactor.
func (a *Auth) StartSecondFactor(ctx context.Context, account actors.ID) error {
	secret := make([]byte, 20) // RFC 4226 §4
	rand.Read(secret)
	sealed, err := actors.Seal(a.factorKey, secret, sealedFor(account))
	if err == nil {
		_, err = a.d.Exec(ctx, `INSERT INTO second_factors (account, secret) VALUES ($1, $2)
			ON CONFLICT (account) DO UPDATE SET secret = excluded.secret WHERE second_factors.since = 0`, account, sealed)
	}
	if err != nil {
		return fmt.Errorf("start second factor of %d: %w", account, err)
	}
	return nil
}

// FinishSecondFactor makes the factor count, after a first code of the app, and returns recovery codes: they are told only now.
// Whoever is logged in elsewhere, with the password alone, is logged out; keep is the cookie of this session.
func (a *Auth) FinishSecondFactor(ctx context.Context, account actors.ID, digits, keep string, from From) ([]string, error) {
	f, err := a.SecondFactor(ctx, account)
	if err != nil {
		return nil, err
	}
	if !f.Since.IsZero() {
		return nil, fault.Say(fault.Invalid, "The second factor is set up already.")
	}
	try, err := a.codeAttempt(from, account)
	if err != nil {
		return nil, err
	}
	step := stepOf(f.Secret, tidy(digits), time.Now())
	if step == 0 {
		return nil, ErrWrongCode
	}
	try.succeeded()
	var told []string
	err = a.d.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE second_factors SET since = $1, step = $2 WHERE account = $3", db.Millis(time.Now()), step, account); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM sessions WHERE account = $1 AND hash <> $2", account, hashOf(keep)); err != nil {
			return err
		}
		told, err = a.renew(ctx, tx, account)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("finish second factor of %d: %w", account, err)
	}
	return told, nil
}

// NewRecoveryCodes replaces those that a person has.
func (a *Auth) NewRecoveryCodes(ctx context.Context, account actors.ID) ([]string, error) {
	has, err := a.HasSecondFactor(ctx, account)
	if err != nil {
		return nil, err
	}
	if !has {
		return nil, fault.Say(fault.Invalid, "There is no second factor to recover.")
	}
	var told []string
	err = a.d.Tx(ctx, func(tx *db.Tx) (err error) {
		told, err = a.renew(ctx, tx, account)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("renew recovery codes of %d: %w", account, err)
	}
	return told, nil
}

func (a *Auth) renew(ctx context.Context, tx *db.Tx, account actors.ID) ([]string, error) {
	if _, err := tx.Exec(ctx, "DELETE FROM recovery_codes WHERE account = $1", account); err != nil {
		return nil, err
	}
	var told []string
	for range recoveryCodes {
		text := strings.ToLower(rand.Text()[:16]) // 80 bits
		if _, err := tx.Exec(ctx, "INSERT INTO recovery_codes (account, hash) VALUES ($1, $2)", account, a.recoveryHash(text)); err != nil {
			return nil, err
		}
		told = append(told, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
	}
	return told, nil
}

// recoveryHash needs the node's secret as well: a stolen database alone gives nothing to try codes against.
func (a *Auth) recoveryHash(text string) string {
	return hex.EncodeToString(mac(a.factorKey, "recovery "+text))
}

// EndSecondFactor removes it: from now on the password is enough.
func (a *Auth) EndSecondFactor(ctx context.Context, tx *db.Tx, account actors.ID) error {
	for _, table := range []string{"recovery_codes", "second_factors"} {
		if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE account = $1", account); err != nil {
			return fmt.Errorf("end second factor of %d: %w", account, err)
		}
	}
	return nil
}

// CheckCode checks the second factor: a code of the app, or a recovery code. Each counts once.
func (a *Auth) CheckCode(ctx context.Context, account actors.ID, text string, from From) error {
	try, err := a.codeAttempt(from, account)
	if err != nil {
		return err
	}
	f, err := a.SecondFactor(ctx, account)
	if err != nil {
		return err
	}
	used, err := a.use(ctx, f, account, tidy(text))
	if err != nil {
		return fmt.Errorf("check code of %d: %w", account, err)
	}
	if !used {
		return ErrWrongCode
	}
	try.succeeded()
	return nil
}

func (a *Auth) use(ctx context.Context, f SecondFactor, account actors.ID, text string) (bool, error) {
	step := stepOf(f.Secret, text, time.Now())
	query, args := "UPDATE second_factors SET step = $1 WHERE account = $2 AND step < $1 AND since > 0", []any{step, account}
	if len(text) != 6 {
		query, args = "DELETE FROM recovery_codes WHERE account = $1 AND hash = $2", []any{account, a.recoveryHash(text)}
	} else if step == 0 {
		return false, nil
	}
	result, err := a.d.Exec(ctx, query, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// codeAttempt begins a try with a code: a browser that the person has used is judged alone.
func (a *Auth) codeAttempt(from From, account actors.ID) (try attempt, err error) {
	if device := a.device(from.Device, account); device != "" {
		return try, try.add(&a.guards.devices, "code "+device+" "+target(account))
	}
	return try, try.add(&a.guards.codes, target(account))
}

// tidy takes away what people add to codes to read them.
func tidy(text string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.ToLower(strings.TrimSpace(text)))
}
