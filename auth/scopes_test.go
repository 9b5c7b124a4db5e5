// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pleio-node/pleio-node/fault"
)

func TestScopesAllow(t *testing.T) {
	for _, c := range []struct {
		has, want string
		ok        bool
	}{
		{"read", "read", true}, {"read", "read:statuses", true}, {"read", "write", false}, {"read", "write:statuses", false},
		{"read:statuses", "read", false}, {"read:statuses", "read:statuses", true}, {"read:statuses", "read:accounts", false},
		{"follow", "write:follows", true}, {"follow", "read:blocks", true}, {"follow", "write:mutes", true}, {"follow", "write:statuses", false}, {"follow", "read", false},
		{"write", "write:follows", true}, {"write", "follow", false},
		{"push", "push", true}, {"read write follow", "push", false},
		{"profile", "profile", true}, {"profile", "read:accounts", false}, {"read", "profile", true}, {"read:accounts", "profile", true}, {"write", "profile", false},
		{"read write", "admin:read", false}, {"read write", "admin:read:accounts", false}, {"admin:read", "admin:read:accounts", true}, {"admin:read", "admin:write:accounts", false},
		{"admin:read", "read", false}, {"rea", "read", false}, {"", "read", false},
	} {
		if got := Scopes(strings.Fields(c.has)).Allows(c.want); got != c.ok {
			t.Errorf("%q allows %q: %v", c.has, c.want, got)
		}
	}
}

func TestParseScopes(t *testing.T) {
	for in, want := range map[string]string{
		"": "read", "read": "read", "read write follow push": "read write follow push", " read  read\n": "read", "read+write": "read write", "admin:read": "admin:read",
	} {
		if got := must[Scopes](t)(ParseScopes(in)); got.String() != want {
			t.Errorf("%q is read as %q", in, got)
		}
	}
	for _, in := range []string{"all", "READ", "read:everything", "read,write", "read ::", strings.Repeat("x", 10_000)} {
		_, err := ParseScopes(in)
		mustBe(t, err, fault.Invalid)
		if len(err.Error()) > 300 {
			t.Errorf("%d characters of error", len(err.Error()))
		}
	}
}

// Whatever is granted is covered by itself, and what it covers is never wider than what grants it.
func TestScopesAreOrdered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := rapid.SliceOfNDistinct(rapid.SampledFrom(Supported()), 1, 5, rapid.ID)
		a, b, c := Scopes(pick.Draw(t, "a")), Scopes(pick.Draw(t, "b")), Scopes(pick.Draw(t, "c"))
		if !a.covers(a) {
			t.Fatalf("%v does not cover itself", a)
		}
		if a.covers(b) && b.covers(c) && !a.covers(c) {
			t.Fatalf("%v covers %v covers %v", a, b, c)
		}
		if got, err := ParseScopes(a.String()); err != nil || got.String() != a.String() {
			t.Fatalf("%v is read as %v, %v", a, got, err)
		}
	})
}
