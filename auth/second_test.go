// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

// RFC 6238 appendix B: the last six of its eight digits.
func TestCodesOfTheRFC(t *testing.T) {
	secret := []byte("12345678901234567890")
	for seconds, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		now := time.Unix(seconds, 0)
		if got := code(secret, stepAt(now)); got != want {
			t.Errorf("at %d: %s, want %s", seconds, got, want)
		}
		for seconds, good := range map[time.Duration]bool{-30: true, 0: true, 30: true, -95: false, 95: false} {
			if step := stepOf(secret, want, now.Add(seconds*time.Second)); (step == stepAt(now)) != good {
				t.Errorf("%v seconds later the code is of step %d", int(seconds), step)
			}
		}
	}
	if stepOf(secret, "", time.Now()) != 0 || stepOf(nil, "287082", time.Unix(59, 0)) != 0 {
		t.Error("nothing is a code")
	}
}

// second gives Anna a second factor.
func (h *house) second(t *testing.T) (secret []byte, recovery []string) {
	t.Helper()
	if err := h.StartSecondFactor(t.Context(), h.anna); err != nil {
		t.Fatal(err)
	}
	secret = must[SecondFactor](t)(h.SecondFactor(t.Context(), h.anna)).Secret
	return secret, must[[]string](t)(h.FinishSecondFactor(t.Context(), h.anna, code(secret, stepAt(time.Now())-1), "", at("192.0.2.1:1")))
}

func TestSecondFactor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, here := t.Context(), at("192.0.2.1:1")
		has := func() bool { return must[bool](t)(h.HasSecondFactor(ctx, h.anna)) }
		_, err := h.SecondFactor(ctx, h.anna)
		mustBe(t, err, fault.NotFound)
		_, err = h.NewRecoveryCodes(ctx, h.anna)
		mustBe(t, err, fault.Invalid)
		keep, other := must[string](t)(h.StartSession(ctx, h.anna, "keep")), must[string](t)(h.StartSession(ctx, h.anna, "other"))
		for range 2 { // beginning again gives another secret
			if err := h.StartSecondFactor(ctx, h.anna); err != nil {
				t.Fatal(err)
			}
		}
		f := must[SecondFactor](t)(h.SecondFactor(ctx, h.anna))
		if has() || len(f.Secret) != 20 {
			t.Errorf("while it is set up: %+v", f)
		}
		stored := must[[]byte](t)(db.One(ctx, h.d, db.Scalar[[]byte], "SELECT secret FROM second_factors"))
		if bytes.Contains(stored, f.Secret) {
			t.Error("the secret is stored as it is")
		}
		_, err = h.FinishSecondFactor(ctx, h.anna, "000000x", keep, here)
		mustBe(t, err, ErrWrongCode)
		now := stepAt(time.Now())
		first := code(f.Secret, now)
		recovery := must[[]string](t)(h.FinishSecondFactor(ctx, h.anna, first[:3]+" "+first[3:], keep, here))
		if f = must[SecondFactor](t)(h.SecondFactor(ctx, h.anna)); !has() || len(recovery) != recoveryCodes || f.Left != recoveryCodes {
			t.Fatalf("%+v with %v", f, recovery)
		}
		must[Account](t)(h.Session(ctx, keep))
		_, err = h.Session(ctx, other)
		mustBe(t, err, fault.Unauthorized)
		_, err = h.FinishSecondFactor(ctx, h.anna, first, keep, here)
		mustBe(t, err, fault.Invalid)
		if err := h.StartSecondFactor(ctx, h.anna); err != nil { // changes nothing any more
			t.Fatal(err)
		}

		mustBe(t, h.CheckCode(ctx, h.anna, first, here), ErrWrongCode)                 // it was used
		mustBe(t, h.CheckCode(ctx, h.anna, code(f.Secret, now-1), here), ErrWrongCode) // older than one that was used
		next := code(f.Secret, now+1)
		if err := h.CheckCode(ctx, h.anna, next, here); err != nil {
			t.Fatal(err)
		}
		mustBe(t, h.CheckCode(ctx, h.anna, next, here), ErrWrongCode)

		if err := h.CheckCode(ctx, h.anna, " "+recovery[3]+" ", here); err != nil {
			t.Fatal(err)
		}
		mustBe(t, h.CheckCode(ctx, h.anna, recovery[3], here), ErrWrongCode)
		fresh := must[[]string](t)(h.NewRecoveryCodes(ctx, h.anna))
		mustBe(t, h.CheckCode(ctx, h.anna, recovery[4], here), ErrWrongCode)
		if err := h.CheckCode(ctx, h.anna, fresh[4], here); err != nil {
			t.Fatal(err)
		}
		if left := must[SecondFactor](t)(h.SecondFactor(ctx, h.anna)).Left; left != recoveryCodes-1 {
			t.Errorf("%d codes are left", left)
		}
		hashes := must[[]string](t)(db.All(ctx, h.d, db.Scalar[string], "SELECT hash FROM recovery_codes"))
		for _, hash := range hashes {
			if len(hash) != 64 || hash == hashOf(tidy(fresh[5])) {
				t.Errorf("a recovery code is stored as %s", hash)
			}
		}
		if err := h.d.Tx(ctx, func(tx *db.Tx) error { return h.EndSecondFactor(ctx, tx, h.anna) }); err != nil {
			t.Fatal(err)
		}
		if n := must[int64](t)(db.One(ctx, h.d, db.Scalar[int64], "SELECT COUNT(*) FROM recovery_codes")); has() || n != 0 {
			t.Errorf("after its end: %v, %d codes", has(), n)
		}
	})
}

// Whoever knows the password has few tries at the code; the person's own browser goes on.
func TestGuessingCodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, dbtest.Open(t))
		secret, _ := h.second(t)
		for n := range 5 {
			mustBe(t, h.CheckCode(t.Context(), h.anna, "x", From{Address: string(rune('a' + n))}), ErrWrongCode)
		}
		right := code(secret, stepAt(time.Now()))
		if got := waits(t, h.CheckCode(t.Context(), h.anna, right, at("203.0.113.1:1"))); got != 10*time.Second {
			t.Errorf("it waits %v", got)
		}
		if err := h.CheckCode(t.Context(), h.anna, right, From{"203.0.113.1:1", h.Device("", h.anna)}); err != nil {
			t.Error(err)
		}
		tried := 0
		for begun := time.Now(); time.Since(begun) < 24*time.Hour; {
			if wait := waits(t, h.CheckCode(t.Context(), h.anna, "x", at("203.0.113.1:1"))); wait > 0 {
				time.Sleep(wait)
			} else {
				tried++
			}
		}
		if tried > 110 { // three codes of a million are right: one day gives a chance of 1 in 3,000
			t.Errorf("%d codes were tried in a day", tried)
		}
	})
}
