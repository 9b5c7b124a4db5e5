// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

func TestSession(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		cookie := must[string](t)(h.StartSession(ctx, h.anna, "Lynx\r\n\x00"+strings.Repeat("x", 1000)))
		other := must[string](t)(h.StartSession(ctx, h.anna, "Firefox"))
		if cookie == other || len(cookie) < 43 {
			t.Errorf("cookies %q and %q", cookie, other)
		}
		if c := must[Account](t)(h.Session(ctx, cookie)); c.ID != h.anna || c.Name != "anna" {
			t.Errorf("session of %+v", c)
		}
		list := must[[]Session](t)(h.Sessions(ctx, h.anna))
		if len(list) != 2 {
			t.Fatalf("sessions %+v", list)
		}
		for _, s := range list {
			if len(s.Agent) > 310 || strings.ContainsAny(s.Agent, "\r\n\x00") {
				t.Errorf("agent %q", s.Agent)
			}
		}
		for range 2 {
			if err := h.EndSession(ctx, cookie); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []string{cookie, "", "nonsense", hashOf(other)} {
			_, err := h.Session(ctx, c)
			mustBe(t, err, fault.Unauthorized)
		}
		must[Account](t)(h.Session(ctx, other))
		if err := h.d.Tx(ctx, func(tx *db.Tx) error { return h.Disable(ctx, tx, h.anna) }); err != nil {
			t.Fatal(err)
		}
		_, err := h.Session(ctx, other)
		mustBe(t, err, fault.Unauthorized)
	})
}

func TestSuspendedPeopleHaveNoSession(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		cookie := must[string](t)(h.StartSession(t.Context(), h.anna, ""))
		token := must[string](t)(h.IssueToken(t.Context(), h.anna, ""))
		if _, err := h.d.Exec(t.Context(), "UPDATE actors SET suspended = 1 WHERE id = $1", h.anna); err != nil {
			t.Fatal(err)
		}
		_, err := h.Session(t.Context(), cookie)
		mustBe(t, err, fault.Unauthorized)
		_, err = h.Token(t.Context(), token)
		mustBe(t, err, fault.Unauthorized)
		_, err = h.Login(t.Context(), "anna", secretWords, at(""))
		mustBe(t, err, fault.Unauthorized)
	})
}

func TestSessionsRunOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, dbtest.Open(t))
		ctx := t.Context()
		idle := must[string](t)(h.StartSession(ctx, h.anna, "idle"))
		busy := must[string](t)(h.StartSession(ctx, h.anna, "busy"))
		for age := time.Duration(0); age < sessionLife-11*time.Hour; age += 11 * time.Hour {
			time.Sleep(11 * time.Hour)
			must[Account](t)(h.Session(ctx, busy))
		}
		_, err := h.Session(ctx, idle)
		mustBe(t, err, fault.Unauthorized)
		if list := must[[]Session](t)(h.Sessions(ctx, h.anna)); len(list) != 1 || list[0].Agent != "busy" {
			t.Errorf("sessions %+v", list)
		}
		time.Sleep(11 * time.Hour)
		_, err = h.Session(ctx, busy)
		mustBe(t, err, fault.Unauthorized)
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if n := must[int64](t)(db.One(ctx, h.d, db.Scalar[int64], "SELECT COUNT(*) FROM sessions")); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	})
}
