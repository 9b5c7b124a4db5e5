// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"errors"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

const secretWords = "vier losse woorden samen"

// a house is a node with Anna, who has an account, and Bas, who has none yet.
type house struct {
	*Auth
	d         *db.DB
	anna, bas actors.ID
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { test(t, open(t, d)) })
}

func open(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{Auth: New(d, []byte("0123456789abcdef")), d: d}
	h.anna, h.bas = addActor(t, d, "anna"), addActor(t, d, "Bas")
	if err := h.add(t, h.anna, "Anna@Gouda.example", secretWords, true); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) add(t testing.TB, who actors.ID, email, password string, admin bool) error {
	t.Helper()
	hashed, err := h.HashPassword(t.Context(), password)
	if err != nil {
		return err
	}
	return h.d.Tx(t.Context(), func(tx *db.Tx) error { return h.AddAccount(t.Context(), tx, who, email, hashed, admin) })
}

func addActor(t testing.TB, d *db.DB, name string) actors.ID {
	t.Helper()
	id := d.NewID()
	_, err := d.Exec(t.Context(), `INSERT INTO actors (id, iri, kind, local, name, domain, host, published, updated)
		VALUES ($1, $2, 'Person', TRUE, $3, 'gouda.example', 'gouda.example', 1, 1)`, id, "https://gouda.example/users/"+name, name)
	if err != nil {
		t.Fatal(err)
	}
	return actors.ID(id)
}

func mustBe(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestAccounts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		c := must[Account](t)(h.ByEmail(ctx, h.d, " ANNA@gouda.example"))
		if c.ID != h.anna || c.Name != "anna" || !c.Admin || c.Email != "anna@gouda.example" || c.Privacy != "public" || c.Created.IsZero() || !c.Disabled.IsZero() {
			t.Errorf("account %+v", c)
		}
		mustBe(t, h.add(t, h.anna, "anna2@gouda.example", secretWords, false), fault.Invalid)
		mustBe(t, h.add(t, h.bas, "anna@gouda.example", secretWords, false), fault.Invalid)
		for _, email := range []string{"", "bas", "bas@", "Bas <bas@x.nl>", `"b a s"@x.nl`, "bas(x)@x.nl", "bas@x.nl, c@x.nl", "bas@[127.0.0.1]"} {
			mustBe(t, h.add(t, h.bas, email, secretWords, false), fault.Invalid)
		}
		mustBe(t, h.add(t, 12345, "who@gouda.example", secretWords, false), fault.NotFound)
		if _, err := h.d.Exec(ctx, "UPDATE actors SET kind = 'Group' WHERE id = $1", h.bas); err != nil {
			t.Fatal(err)
		}
		mustBe(t, h.add(t, h.bas, "bas@gouda.example", secretWords, false), fault.Invalid)
		if _, err := h.d.Exec(ctx, "UPDATE actors SET kind = 'Person' WHERE id = $1", h.bas); err != nil {
			t.Fatal(err)
		}
		if err := h.add(t, h.bas, "bas@gouda.example", secretWords, false); err != nil {
			t.Fatal(err)
		}
		list := must[[]Account](t)(h.Accounts(ctx, h.d))
		if len(list) != 2 || list[0].Name != "anna" || list[1].Name != "Bas" {
			t.Errorf("list %+v", list)
		}
		_, err := h.Account(ctx, h.d, 12345)
		mustBe(t, err, fault.NotFound)
	})
}

func TestPreferences(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		token := must[string](t)(h.IssueToken(ctx, h.anna, "read"))
		must[Access](t)(h.Token(ctx, token))
		want := Preferences{Locale: "nl", Privacy: "unlisted", Sensitive: true, Language: "fy", QuotePolicy: "followers"}
		set := func(p Preferences) error {
			return h.d.Tx(ctx, func(tx *db.Tx) error { return h.SetPreferences(ctx, tx, h.anna, p) })
		}
		if err := set(want); err != nil {
			t.Fatal(err)
		}
		if got := must[Access](t)(h.Token(ctx, token)).Account.Preferences; got != want {
			t.Errorf("after a change the token gives %+v", got)
		}
		mustBe(t, set(Preferences{Privacy: "group", QuotePolicy: "public"}), fault.Invalid)
		mustBe(t, set(Preferences{Privacy: "public", QuotePolicy: "friends"}), fault.Invalid)
	})
}

func TestCSRF(t *testing.T) {
	d := dbtest.Open(t)
	a, other := New(d, []byte("one secret of a node")), New(d, []byte("another secret, of b"))
	token := a.CSRF("cookie")
	if !a.CheckCSRF("cookie", token) {
		t.Error("the right token is refused")
	}
	if a.CheckCSRF("cookie2", token) || a.CheckCSRF("cookie", "") || a.CheckCSRF("", a.CSRF("")) || other.CheckCSRF("cookie", token) {
		t.Error("a wrong token is accepted")
	}
}

// Nothing that is handed out can be found in the database (threat: theft of a backup).
func TestSecretsAreNotStored(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		app, secret, err := h.RegisterApp(ctx, "toot", []string{OutOfBand}, "read", "")
		if err != nil {
			t.Fatal(err)
		}
		req := AuthorizeRequest{ResponseType: "code", ClientID: app.ClientID, RedirectURI: OutOfBand}
		secrets := []string{secret, secretWords,
			must[string](t)(h.StartSession(ctx, h.anna, "lynx")),
			must[string](t)(h.Grant(ctx, h.anna, req)),
			must[string](t)(h.IssueToken(ctx, h.anna, "read")),
		}
		texts := must[[]string](t)(db.All(ctx, h.d, db.Scalar[string], `SELECT hash FROM sessions UNION ALL SELECT hash FROM grants UNION ALL SELECT hash FROM tokens
			UNION ALL SELECT secret_hash FROM apps UNION ALL SELECT password FROM accounts`))
		if len(texts) != 6 {
			t.Fatalf("%d rows", len(texts))
		}
		for _, text := range texts {
			for _, s := range secrets {
				if text == s {
					t.Errorf("%s is stored as it is", s)
				}
			}
		}
	})
}
