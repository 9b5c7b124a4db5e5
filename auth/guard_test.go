// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

func at(address string) From { return From{Address: address} }

// waits returns how long a login must wait, 0 when it was tried.
func waits(t *testing.T, err error) time.Duration {
	t.Helper()
	var wait *Wait
	if !errors.As(err, &wait) {
		return 0
	}
	if fault.Status(err) != 429 || !strings.Contains(fault.Sentence(err), wait.Seconds().String()) || wait.For <= 0 {
		t.Errorf("answered %d %q for %v", fault.Status(err), fault.Sentence(err), wait.For)
	}
	return wait.For
}

// quick is a house on a fake clock, where no time passes by computing.
func quick(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, open(t, dbtest.Open(t))) })
}

// One network that guesses the password of one person waits longer and longer, under each of the person's names.
func TestGuessingOneAccount(t *testing.T) {
	quick(t, func(t *testing.T, h *house) {
		names := []string{"anna", "anna@gouda.example", "@ANNA"}
		for n := range 5 {
			_, err := h.Login(t.Context(), names[n%3], "guess", at("198.51.100.7:1"))
			mustBe(t, err, fault.Unauthorized)
		}
		for _, want := range []time.Duration{5, 10, 20, 40, 80, 160, 320, 640, 900, 900} {
			_, err := h.Login(t.Context(), "anna", secretWords, at("198.51.100.7:2"))
			if got := waits(t, err); got != want*time.Second {
				t.Fatalf("it waits %v, want %v", got, want*time.Second)
			}
			time.Sleep(want * time.Second)
			_, err = h.Login(t.Context(), "anna", "guess", at("198.51.100.7:3"))
			mustBe(t, err, fault.Unauthorized)
		}
		// Others there, and Anna elsewhere, are not concerned.
		_, err := h.Login(t.Context(), "bas", "mistake", at("198.51.100.7:4"))
		mustBe(t, err, fault.Unauthorized)
		must[Account](t)(h.Login(t.Context(), "anna", secretWords, at("203.0.113.5:1")))
		time.Sleep(61 * time.Minute)
		must[Account](t)(h.Login(t.Context(), "anna", secretWords, at("198.51.100.7:5")))
	})
}

// A network that tries many names waits for all of them; a browser that was there before does not.
func TestGuessingManyAccounts(t *testing.T) {
	quick(t, func(t *testing.T, h *house) {
		must[Account](t)(h.Login(t.Context(), "anna", secretWords, at("198.51.100.7:1")))
		desk := From{Address: "198.51.100.7:9", Device: h.Device("", h.anna)}
		for n := range 25 {
			_, err := h.Login(t.Context(), fmt.Sprint("name", n), "guess", at("198.51.100.7:1"))
			mustBe(t, err, fault.Unauthorized)
		}
		_, err := h.Login(t.Context(), "anna", secretWords, at("198.51.100.7:2"))
		if got := waits(t, err); got != 30*time.Second {
			t.Errorf("it waits %v", got)
		}
		must[Account](t)(h.Login(t.Context(), "anna", secretWords, desk))
		time.Sleep(30 * time.Second)
		must[Account](t)(h.Login(t.Context(), "anna", secretWords, at("198.51.100.7:2")))
		_, err = h.Login(t.Context(), "name25", "guess", at("198.51.100.7:1"))
		mustBe(t, err, fault.Unauthorized)
		_, err = h.Login(t.Context(), "name26", "guess", at("198.51.100.7:1"))
		if got := waits(t, err); got != time.Minute {
			t.Errorf("then it waits %v", got)
		}
	})
}

// From very many networks, nobody gets more than some tries a minute at one person, who goes on as before where she was known.
func TestGuessingFromEverywhere(t *testing.T) {
	quick(t, func(t *testing.T, h *house) {
		office := at("192.0.2.1:4000")
		must[Account](t)(h.Login(t.Context(), "anna", secretWords, office))
		phone := From{Address: "203.0.113.99:1", Device: h.Device("", h.anna)}
		tried, begun := 0, time.Now()
		for n := 0; time.Since(begun) < 10*time.Minute; n++ {
			_, err := h.Login(t.Context(), "anna", "guess", at(fmt.Sprintf("[2001:db8:%x:%x::1]:1", n>>16, n&0xffff)))
			if wait := waits(t, err); wait == 0 {
				tried++
			} else if wait > 30*time.Second {
				t.Fatalf("strangers wait %v", wait)
			} else {
				time.Sleep(wait)
			}
			if n%10 == 0 {
				must[Account](t)(h.Login(t.Context(), "anna", secretWords, office))
				must[Account](t)(h.Login(t.Context(), "anna", secretWords, phone))
			}
		}
		if tried > 80 {
			t.Errorf("%d guesses in ten minutes", tried)
		}
	})
}

// A stolen browser is judged by its own failures, and is not good for others.
func TestDevices(t *testing.T) {
	quick(t, func(t *testing.T, h *house) {
		device := h.Device("", h.anna)
		both := h.Device(device, h.bas)
		for name, c := range map[string]struct {
			value string
			anna  bool
			bas   bool
		}{"one": {device, true, false}, "both": {both, true, true}, "none": {"", false, false}, "forged": {device[:27] + "AAAAAAAAAAAAAAAAAAAAAA", false, false},
			"again": {h.Device(both, h.anna), true, true}, "nonsense": {h.Device("x.y.z", h.bas), false, true}} {
			if h.device(c.value, h.anna) != "" != c.anna || h.device(c.value, h.bas) != "" != c.bas {
				t.Errorf("%s: %s", name, c.value)
			}
		}
		many := device
		for n := range 50 {
			many = h.Device(many, actors.ID(1000+n))
		}
		if n := strings.Count(many, "."); n > mostPeople {
			t.Errorf("%d people are remembered", n)
		}
		for range 10 {
			_, err := h.Login(t.Context(), "anna", "guess", From{"192.0.2.1:1", device})
			mustBe(t, err, fault.Unauthorized)
		}
		_, err := h.Login(t.Context(), "anna", secretWords, From{"192.0.2.1:1", device})
		if waits(t, err) == 0 {
			t.Error("a known browser may guess for ever")
		}
		must[Account](t)(h.Login(t.Context(), "anna", secretWords, at("192.0.2.1:1")))
	})
}

// A whole town hall behind one address can log in, as long as the passwords are right.
func TestGoodLoginsAreNotCounted(t *testing.T) {
	quick(t, func(t *testing.T, h *house) {
		for range 60 {
			must[Account](t)(h.Login(t.Context(), "anna", secretWords, at("192.0.2.1:4000")))
		}
	})
}

func TestConfirm(t *testing.T) {
	quick(t, func(t *testing.T, h *house) {
		if err := h.Confirm(t.Context(), h.anna, secretWords, at("192.0.2.1:1")); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			mustBe(t, h.Confirm(t.Context(), h.anna, "guess", at("192.0.2.1:1")), ErrWrongPassword)
		}
		if waits(t, h.Confirm(t.Context(), h.anna, secretWords, at("192.0.2.1:1"))) == 0 {
			t.Error("whoever holds a session may guess the password")
		}
	})
}

func TestBrakeHoldsSoMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := brake{free: 1, first: time.Second, most: time.Minute, memory: time.Hour, size: 100}
		for n := range 10_000 {
			b.try(fmt.Sprint(n))
		}
		if n := len(b.now) + len(b.old); n > 200 || n < 100 {
			t.Errorf("%d words are held", n)
		}
		if b.try("9999") == 0 || b.try("9850") == 0 {
			t.Error("the newest words were forgotten")
		}
	})
}

func TestChangePassword(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		anna := must[Account](t)(h.Account(ctx, h.d, h.anna))
		cookie := must[string](t)(h.StartSession(ctx, h.anna, "lynx"))
		token := must[string](t)(h.IssueToken(ctx, h.anna, "read"))
		ask, redeem := client(t, h)
		redeem.Code = must[string](t)(h.Grant(ctx, h.anna, ask))
		const next, after = "een heel nieuw wachtwoord", "nog een nieuwer wachtwoord"
		mustBe(t, h.ChangePassword(ctx, anna, "guess", next, false, at("192.0.2.1:1")), ErrWrongPassword)
		mustBe(t, h.ChangePassword(ctx, anna, secretWords, "anna", false, at("192.0.2.1:1")), fault.Invalid)
		must[Account](t)(h.Session(ctx, cookie))
		if err := h.ChangePassword(ctx, anna, secretWords, next, false, at("192.0.2.1:1")); err != nil {
			t.Fatal(err)
		}
		_, err := h.Session(ctx, cookie)
		mustBe(t, err, fault.Unauthorized)
		_, err = h.Exchange(ctx, redeem)
		refused(t, err, "invalid_grant", 400)
		must[Access](t)(h.Token(ctx, token))
		if err := h.ChangePassword(ctx, anna, next, after, true, at("192.0.2.1:1")); err != nil {
			t.Fatal(err)
		}
		_, err = h.Token(ctx, token)
		mustBe(t, err, fault.Unauthorized)
		must[Account](t)(h.Login(ctx, "anna", after, at("192.0.2.1:1")))
	})
}

func TestEndSessionOf(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		if err := h.add(t, h.bas, "bas@gouda.example", secretWords, false); err != nil {
			t.Fatal(err)
		}
		one, two := must[string](t)(h.StartSession(ctx, h.anna, "one")), must[string](t)(h.StartSession(ctx, h.anna, "two"))
		list := must[[]Session](t)(h.Sessions(ctx, h.anna))
		for _, s := range list {
			if _, err := h.Session(ctx, s.ID); !errors.Is(err, fault.Unauthorized) {
				t.Errorf("the id of a session logs in: %v", err)
			}
			if err := h.EndSessionOf(ctx, h.bas, s.ID); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.EndSessionOf(ctx, h.anna, SessionID(one)); err != nil {
			t.Fatal(err)
		}
		_, err := h.Session(ctx, one)
		mustBe(t, err, fault.Unauthorized)
		must[Account](t)(h.Session(ctx, two))
		if err := h.EndSessionsOf(ctx, h.anna); err != nil {
			t.Fatal(err)
		}
		_, err = h.Session(ctx, two)
		mustBe(t, err, fault.Unauthorized)
	})
}

// A ticket is good for one person, for ten minutes, as long as the password stays.
func TestTicket(t *testing.T) {
	quick(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ticket := must[string](t)(h.Ticket(ctx, h.anna))
		if c := must[Account](t)(h.Ticketed(ctx, ticket)); c.ID != h.anna {
			t.Errorf("the ticket is of %+v", c)
		}
		_, rest, _ := strings.Cut(ticket, ".")
		for _, bad := range []string{"", "x", ".", "..", "1.2.3", fmt.Sprint(h.bas, ".", rest), ticket + "x", strings.Replace(ticket, ".", ".9", 1)} {
			_, err := h.Ticketed(ctx, bad)
			mustBe(t, err, fault.Unauthorized)
		}
		time.Sleep(ticketLife + time.Second)
		_, err := h.Ticketed(ctx, ticket)
		mustBe(t, err, fault.Unauthorized)
		ticket = must[string](t)(h.Ticket(ctx, h.anna))
		next := must[Hashed](t)(h.HashPassword(ctx, "een heel nieuw wachtwoord"))
		if err := h.d.Tx(ctx, func(tx *db.Tx) error { return h.SetPassword(ctx, tx, h.anna, next) }); err != nil {
			t.Fatal(err)
		}
		_, err = h.Ticketed(ctx, ticket)
		mustBe(t, err, fault.Unauthorized)
	})
}
