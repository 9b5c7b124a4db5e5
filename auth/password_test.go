// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

func TestPasswordRules(t *testing.T) {
	for password, good := range map[string]bool{
		secretWords:                          true,
		"elf tekens!":                        false, // 11
		"twaalf teken":                       true,
		"ééééééééééé":                        false, // 11 characters, though 22 bytes
		"Wachtwoord2026!":                    false,
		"!!password!!":                       false,
		"123456789012":                       false,
		"aaaaaaaaaaaaaaaa":                   false,
		"ababababababab":                     false,
		"anna@gouda.example":                 false,
		"Anna@Gouda.Example":                 false,
		"anna.de.vries.1":                    false,
		"anna.de.vries houdt van kaas":       true,
		strings.Repeat("lang en goed. ", 19): false,
		"valid then not \xff\xfe":            false,
		"correct horse battery staple":       false,
		"correct paard batterij nietje":      true,
		"ｗａｃｈｔｗｏｏｒｄ2026":                     false, // the same word in full-width letters
	} {
		err := checkPassword(password, "anna@gouda.example", "anna.de.vries")
		if good != (err == nil) {
			t.Errorf("%q: %v", password, err)
		}
		if err != nil && (fault.Status(err) != 422 || strings.Contains(fault.Sentence(err), password)) {
			t.Errorf("%q: answered %d %q", password, fault.Status(err), fault.Sentence(err))
		}
	}
}

func TestPasswordIsSalted(t *testing.T) {
	a := New(dbtest.Open(t), []byte("secret of a node"))
	one, two := must[Hashed](t)(a.HashPassword(t.Context(), secretWords)), must[Hashed](t)(a.HashPassword(t.Context(), secretWords))
	if one == two || !strings.HasPrefix(one.phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%v, %v", one, two)
	}
	for password, want := range map[string]bool{secretWords: true, secretWords + "!": false, "": false} {
		if got := must[bool](t)(a.matches(t.Context(), one.phc, password)); got != want {
			t.Errorf("%q matches: %v", password, got)
		}
	}
	if must[bool](t)(a.matches(t.Context(), "", "")) {
		t.Error("without a password nobody logs in")
	}
	for _, broken := range []string{"x", "$argon2id$v=19$m=99999999,t=2,p=1$AAAA$AAAA", "$argon2id$v=19$m=19456,t=0,p=1$AAAA$AAAA", "$argon2id$v=19$nothing$AAAA$AAAA", "$argon2id$v=19$m=19456,t=2,p=1$*$*"} {
		if _, err := a.matches(t.Context(), broken, secretWords); err == nil {
			t.Errorf("%q is read", broken)
		}
	}
}

// Typed on another system the same letters may be other code points.
func TestPasswordNormalForm(t *testing.T) {
	a := New(dbtest.Open(t), []byte("secret of a node"))
	h := must[Hashed](t)(a.HashPassword(t.Context(), "cafe\u0301 om de hoek"))
	if !must[bool](t)(a.matches(t.Context(), h.phc, "caf\u00e9 om de hoek")) {
		t.Error("é composed and decomposed differ")
	}
}

func TestHashersWait(t *testing.T) {
	a := New(dbtest.Open(t), []byte("secret of a node"))
	a.hashers <- struct{}{}
	a.hashers <- struct{}{} // two are busy
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := a.HashPassword(ctx, secretWords)
	mustBe(t, err, context.DeadlineExceeded)
	<-a.hashers
	must[Hashed](t)(a.HashPassword(t.Context(), secretWords))
}

func TestLogin(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		for _, who := range []string{"anna", "ANNA", "@anna", " anna@gouda.example ", "Anna@GOUDA.example"} {
			if c := must[Account](t)(h.Login(ctx, who, secretWords, at("192.0.2.1:4000"))); c.ID != h.anna {
				t.Errorf("%s is %+v", who, c)
			}
		}
		_, wrong := h.Login(ctx, "anna", "something else", at("192.0.2.1:4000"))
		_, unknown := h.Login(ctx, "nobody", "something else", at("192.0.2.1:4000"))
		_, noAccount := h.Login(ctx, "bas", "something else", at("192.0.2.1:4000"))
		mustBe(t, wrong, fault.Unauthorized)
		if wrong.Error() != unknown.Error() || wrong.Error() != noAccount.Error() {
			t.Errorf("the answers differ: %v, %v, %v", wrong, unknown, noAccount)
		}
		if err := h.d.Tx(ctx, func(tx *db.Tx) error { return h.Disable(ctx, tx, h.anna) }); err != nil {
			t.Fatal(err)
		}
		_, err := h.Login(ctx, "anna", secretWords, at("192.0.2.1:4000"))
		mustBe(t, err, fault.Forbidden)
		_, err = h.Login(ctx, "anna", "something else", at("192.0.2.1:4000"))
		mustBe(t, err, fault.Unauthorized)
	})
}

func TestSetPasswordEndsEverything(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		cookie := must[string](t)(h.StartSession(ctx, h.anna, "lynx"))
		token := must[string](t)(h.IssueToken(ctx, h.anna, "read"))
		must[Access](t)(h.Token(ctx, token))
		next := must[Hashed](t)(h.HashPassword(ctx, "een heel nieuw wachtwoord"))
		if err := h.d.Tx(ctx, func(tx *db.Tx) error { return h.SetPassword(ctx, tx, h.anna, next) }); err != nil {
			t.Fatal(err)
		}
		_, err := h.Session(ctx, cookie)
		mustBe(t, err, fault.Unauthorized)
		_, err = h.Token(ctx, token)
		mustBe(t, err, fault.Unauthorized)
		_, err = h.Login(ctx, "anna", secretWords, at("192.0.2.1:1"))
		mustBe(t, err, fault.Unauthorized)
		must[Account](t)(h.Login(ctx, "anna", "een heel nieuw wachtwoord", at("192.0.2.1:1")))
	})
}

func TestTally(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTally(time.Minute, 100)
		for i := range 10_000 {
			c.add(string(rune(i)))
		}
		if n := len(c.now) + len(c.old); n > 200 {
			t.Errorf("%d words are held", n)
		}
		c.add("x")
		c.add("x")
		time.Sleep(61 * time.Second)
		if n := c.add("x"); n != 3 {
			t.Errorf("after one window: %d", n)
		}
		time.Sleep(3 * time.Minute)
		if n := c.count("x"); n != 0 {
			t.Errorf("later: %d", n)
		}
	})
}

func TestNetwork(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1:80": "192.0.2.1", "192.0.2.1": "192.0.2.1", "[::ffff:192.0.2.1]:80": "192.0.2.1",
		"[2001:db8:1:2:3::4]:80": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "": "unknown", "@": "unknown",
	} {
		if got := Network(in); got != want {
			t.Errorf("Network(%q) = %q, want %q", in, got, want)
		}
	}
}
