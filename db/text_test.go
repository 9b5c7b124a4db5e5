// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
)

func TestTerms(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"Één woonvisie, voor #Gouda!":      "een woonvisie voor gouda",
		"e-mail @anna@gouda.example 2026":  "e mail anna gouda example 2026",
		"ﬁets ＦＵＬＬ x²":                     "fiets full x2",
		"東京の水 water":                       "東 京 の 水 water",
		"' OR 1=1 -- \" * ( ) : & | ! <->": "or 1 1",
		strings.Repeat("a", 300):           strings.Repeat("a", 100),
	} {
		if got := strings.Join(db.Terms(text), " "); got != want {
			t.Errorf("%q gives %q instead of %q", text, got, want)
		}
	}
}

func phrase(text string) db.Phrase {
	return db.Phrase{Terms: db.Terms(text), Prefix: strings.HasSuffix(text, "*")}
}

func TestMatchingIsTheSameOnBothEngines(t *testing.T) {
	const schema = `-- migration 1: x
CREATE TABLE t (n BIGINT PRIMARY KEY, text TEXT NOT NULL);
-- only sqlite
CREATE VIRTUAL TABLE t_words USING fts5 (text, content = 't', content_rowid = 'n', tokenize = "unicode61 remove_diacritics 2");
CREATE TRIGGER t_added AFTER INSERT ON t BEGIN INSERT INTO t_words (rowid, text) VALUES (new.n, new.text); END;
-- only postgres
ALTER TABLE t ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED;
`
	texts := []string{1: "De woonvisie van Gouda", 2: "Gouda heeft een visie op wonen", 3: "Waterschap én Gouda", 4: "visie gouda", 5: "東京の水", 6: "3.14 en 2026"}
	all := func(some ...string) (groups [][]db.Phrase) {
		for _, one := range some {
			var g []db.Phrase
			for _, p := range strings.Split(one, "|") {
				g = append(g, phrase(p))
			}
			groups = append(groups, g)
		}
		return groups
	}
	dbtest.Sources(t, func(t *testing.T, source string) {
		d := dbtest.OpenSource(t, source, db.Options{Migrations: schema})
		for n := 1; n < len(texts); n++ {
			if _, err := d.Exec(t.Context(), "INSERT INTO t (n, text) VALUES ($1, $2)", n, strings.Join(db.Terms(texts[n]), " ")); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			m    db.Match
			want string
		}{
			{db.Match{All: all("gouda")}, "[4 3 2 1]"},
			{db.Match{All: all("GOUDA", "visie")}, "[4 2]"},
			{db.Match{All: all("visie gouda")}, "[4]"},
			{db.Match{All: all("gouda visie")}, "[]"},
			{db.Match{All: all("woon*|wonen")}, "[2 1]"},
			{db.Match{All: all("gouda"), Not: []db.Phrase{phrase("visie"), phrase("en")}}, "[1]"},
			{db.Match{All: all("gouda", "de|en")}, "[3 1]"},
			{db.Match{All: all("東京")}, "[5]"},
			{db.Match{All: all("京東")}, "[]"},
			{db.Match{All: all("3.14")}, "[6]"},
			{db.Match{All: all("and|or|not|near")}, "[]"},
			{db.Match{All: all("nergens")}, "[]"},
		} {
			from, id, condition, args := db.Matching(d, "t", "n", c.m, []any{0})
			got, err := db.All(t.Context(), d, db.Scalar[int], "SELECT "+id+" FROM "+from+" WHERE "+id+" > $1 AND "+condition+" ORDER BY "+id+" DESC", args...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, fmt.Sprint(got)); diff != "" {
				t.Errorf("%+v: %s", c.m, diff)
			}
		}
	})
}
