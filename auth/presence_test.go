// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

// Where people come from is written once a day for each address, and forgotten when it is old.
func TestPresence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, dbtest.Open(t))
		ctx := t.Context()
		come := func(address string) {
			t.Helper()
			if err := h.Present(ctx, h.anna, address); err != nil {
				t.Fatal(err)
			}
		}
		days := func() int {
			return must[int](t)(db.One(ctx, h.d, db.Scalar[int], "SELECT COUNT(*) FROM active_days WHERE account = $1", h.anna))
		}
		came := func() []Came {
			return must[map[actors.ID][]Came](t)(Addresses(ctx, h.d, []actors.ID{h.anna, h.bas}))[h.anna]
		}
		come("192.0.2.1:1")
		first := came()[0].Used
		time.Sleep(time.Second)
		come("192.0.2.1:2")
		come("[2001:db8::1]:3")
		if list := came(); len(list) != 2 || list[0].Address != "2001:db8::1" || !list[1].Used.Equal(first) || days() != 1 {
			t.Errorf("%+v on %d days", list, days())
		}
		time.Sleep(25 * time.Hour)
		come("192.0.2.1:1")
		if list := came(); len(list) != 2 || list[0].Address != "192.0.2.1" || days() != 2 {
			t.Errorf("a day later: %+v on %d days", list, days())
		}
		time.Sleep(91 * 24 * time.Hour)
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if len(came()) != 0 || days() != 2 {
			t.Errorf("after 91 days: %+v, %d days", came(), days())
		}
		time.Sleep(10 * 24 * time.Hour)
		if err := h.Sweep(ctx); err != nil || days() != 0 {
			t.Errorf("after 101 days: %d days, %v", days(), err)
		}
	})
}

// Five accounts in half an hour from one network, and not six.
func TestSignUpsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, dbtest.Open(t))
		for n := range 6 {
			err := h.CountSignUp("192.0.2.1:1")
			if (err != nil) != (n == 5) {
				t.Errorf("try %d: %v", n+1, err)
			}
			if err != nil {
				mustBe(t, err, fault.TooMany)
			}
		}
		if err := h.CountSignUp("192.0.2.2:1"); err != nil {
			t.Errorf("another network: %v", err)
		}
		time.Sleep(time.Hour + time.Minute)
		if err := h.CountSignUp("192.0.2.1:1"); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}
