// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"os"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
)

// A database of version 0.1, with two nodes blocked in the same millisecond: the decisions get numbers, and hide what they hid.
func TestBlocksOfTheFirstVersionGoOn(t *testing.T) {
	text, err := os.ReadFile("migrations.sql")
	if err != nil {
		t.Fatal(err)
	}
	first, _, found := strings.Cut(string(text), "-- migration 2:")
	if !found {
		t.Fatal("there is no second migration")
	}
	dbtest.Sources(t, func(t *testing.T, source string) {
		d, err := open(t, source, first)
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{
			"INSERT INTO peers (host, policy, created) VALUES ('a.example', 'blocked', 1790000000000), ('b.example', 'blocked', 1790000000000), ('c.example', '', 1790000000000)",
			`INSERT INTO actors (id, iri, kind, local, name, domain, host, published, updated) VALUES (1, 'https://a.example/u', 'Person', FALSE, 'u', 'a.example', 'a.example', 1, 1),
				(2, 'https://c.example/u', 'Person', FALSE, 'u', 'c.example', 'c.example', 1, 1)`,
			`INSERT INTO items (id, iri, kind, local, author, audience, thread, published, created, doc) VALUES (3, 'https://a.example/1', 'Note', FALSE, 1, 0, 3, 1, 1, $1),
				(4, 'https://c.example/1', 'Note', FALSE, 2, 0, 4, 1, 1, $1)`,
		} {
			var args []any
			if strings.Contains(sql, "$1") {
				args = []any{[]byte("{}")}
			}
			if _, err := d.Exec(t.Context(), sql, args...); err != nil {
				t.Fatal(err)
			}
		}
		d.Close()
		if d, err = open(t, source, ""); err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for sql, want := range map[string]int64{
			"SELECT COUNT(DISTINCT id) FROM peers WHERE id > 0 AND decided = created":        2,
			"SELECT suspended FROM actors WHERE id = 1":                                      1790000000000,
			"SELECT suspended FROM actors WHERE id = 2":                                      0,
			"SELECT hidden FROM items WHERE id = 3":                                          2,
			"SELECT hidden FROM items WHERE id = 4":                                          0,
			"SELECT COUNT(*) FROM peers WHERE host = 'c.example' AND id = 0 AND decided = 0": 1,
		} {
			if got, err := db.One(t.Context(), d, db.Scalar[int64], sql); err != nil || got != want {
				t.Errorf("%s: %d, %v", sql, got, err)
			}
		}
	})
}
