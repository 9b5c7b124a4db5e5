// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

func TestIssueToken(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		one, two := must[string](t)(h.IssueToken(ctx, h.anna, "read write follow push")), must[string](t)(h.IssueToken(ctx, h.anna, ""))
		access := must[Access](t)(h.Token(ctx, one))
		if access.Account.ID != h.anna || access.App.Name != "Command line" || !access.Scopes.Allows("write:statuses") || access.TokenID == 0 {
			t.Errorf("access %+v", access)
		}
		if again := must[Access](t)(h.Token(ctx, two)); again.App.ID != access.App.ID || again.Scopes.String() != "read" {
			t.Errorf("second token %+v", again)
		}
		for _, secret := range []string{"", "x"} {
			_, err := h.Exchange(ctx, TokenRequest{GrantType: "client_credentials", ClientID: access.App.ClientID, ClientSecret: secret})
			refused(t, err, "invalid_client", 401)
		}
		_, err := h.IssueToken(ctx, h.anna, "everything")
		mustBe(t, err, fault.Invalid)
		_, err = h.IssueToken(ctx, h.bas, "read")
		mustBe(t, err, fault.NotFound)
		for _, bad := range []string{"", "x", hashOf(one)} {
			_, err = h.Token(ctx, bad)
			mustBe(t, err, fault.Unauthorized)
		}
	})
}

func TestDisableEndsTokensAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		token := must[string](t)(h.IssueToken(ctx, h.anna, "read"))
		ask, redeem := client(t, h)
		redeem.Code = must[string](t)(h.Grant(ctx, h.anna, ask))
		must[Access](t)(h.Token(ctx, token))
		if err := h.d.Tx(ctx, func(tx *db.Tx) error { return h.Disable(ctx, tx, h.anna) }); err != nil {
			t.Fatal(err)
		}
		_, err := h.Token(ctx, token)
		mustBe(t, err, fault.Unauthorized)
		_, err = h.Exchange(ctx, redeem)
		refused(t, err, "invalid_grant", 400)
		_, err = h.IssueToken(ctx, h.anna, "read")
		mustBe(t, err, fault.Invalid)
		if c := must[Account](t)(h.Account(ctx, h.d, h.anna)); c.Disabled.IsZero() {
			t.Error("the account is not disabled")
		}
	})
}

// Another process on the same database notices within seconds.
func TestOtherProcessNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, dbtest.Open(t))
		there := New(h.d, []byte("0123456789abcdef"))
		token := must[string](t)(h.IssueToken(t.Context(), h.anna, "read"))
		must[Access](t)(there.Token(t.Context(), token))
		if err := h.d.Tx(t.Context(), func(tx *db.Tx) error { return h.Disable(t.Context(), tx, h.anna) }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(cacheLife)
		_, err := there.Token(t.Context(), token)
		mustBe(t, err, fault.Unauthorized)
	})
}

// What was read before a revocation is not remembered after it.
func TestCacheRace(t *testing.T) {
	c := newTokenCache()
	now := time.Now()
	_, _, round := c.get([32]byte{1}, now)
	c.forget()
	c.put([32]byte{1}, Access{}, now, round)
	if _, found, _ := c.get([32]byte{1}, now); found {
		t.Error("an outdated token is remembered")
	}
	_, _, round = c.get([32]byte{}, now)
	for i := range 3 * cacheSize {
		c.put([32]byte{byte(i), byte(i >> 8), byte(i >> 16)}, Access{}, now, round)
	}
	if len(c.entries) > cacheSize {
		t.Errorf("%d entries", len(c.entries))
	}
}

func TestLastUseIsNoted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := must[string](t)(h.IssueToken(t.Context(), h.anna, "read"))
		id := must[Access](t)(h.Token(t.Context(), token)).TokenID
		if used := must[int64](t)(db.One(t.Context(), h.d, db.Scalar[int64], "SELECT used FROM tokens WHERE id = $1", id)); used == 0 {
			t.Error("the token was never used")
		}
	})
}

func BenchmarkToken(b *testing.B) {
	h := open(b, dbtest.Open(b))
	token, err := h.IssueToken(b.Context(), h.anna, "read")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := h.Token(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}
