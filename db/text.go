// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// mostTerm bounds a word: what is longer is no word, and PostgreSQL does not index it.
const mostTerm = 100

// Terms are the words of a text as the indexes of both engines know them: small letters and digits without accents. Of
// scripts that put no blanks between words each character is one.
func Terms(text string) []string {
	var all []string
	var b strings.Builder
	n := 0
	end := func() {
		if n > 0 {
			all = append(all, b.String())
			b.Reset()
			n = 0
		}
	}
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
			end()
			all = append(all, string(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if n < mostTerm {
				b.WriteRune(unicode.ToLower(r))
			}
			n++
		default:
			end()
		}
	}
	end()
	return all
}

// Beyond sorts after everything that begins with the prefix, in the order of bytes.
func Beyond(prefix string) string { return prefix + "\U0010FFFF" }

// Phrase is words that stand beside each other, as Terms gives them.
type Phrase struct {
	Terms  []string
	Prefix bool // the last one may be only the beginning of a word
}

// Match says what a text must contain: one of each group of alternatives, and nothing of Not. There is at least one group.
type Match struct {
	All [][]Phrase
	Not []Phrase
}

// Matching is the one place that knows how either engine looks for words: the FROM part that lists, with the alias f, the
// rows of an index that match, the name of the number of the row, and the condition that belongs to it, with the arguments
// continued. The index of a table t with a column text is t_words (see searchable in migrations.sql).
//
// SQLite hands out the rows in the order of their numbers while it reads, so that a page of the newest ends early;
// PostgreSQL finds all of them first.
func Matching(q Q, table, key string, m Match, args []any) (from, id, condition string, all []any) {
	n := "$" + strconv.Itoa(len(args)+1)
	if q.Postgres() {
		return "(SELECT w." + key + " FROM " + table + " w WHERE w.words @@ to_tsquery('simple', " + n + ") OFFSET 0) f", "f." + key, "TRUE",
			append(args, m.text("&", "|", "&!", postgresPhrase))
	}
	return table + "_words f", "f.rowid", "f." + table + "_words MATCH " + n, append(args, m.text("AND", "OR", "NOT", sqlitePhrase))
}

func (m Match) text(and, or, not string, phrase func(Phrase) string) string {
	either := func(some []Phrase) string {
		texts := make([]string, len(some))
		for i, p := range some {
			texts[i] = phrase(p)
		}
		return "(" + strings.Join(texts, " "+or+" ") + ")"
	}
	groups := make([]string, len(m.All))
	for i, g := range m.All {
		groups[i] = either(g)
	}
	text := strings.Join(groups, " "+and+" ")
	if len(m.Not) > 0 {
		text = "(" + text + ") " + not + " " + either(m.Not)
	}
	return text
}

// Terms hold letters and digits only, so that nothing in them has a meaning for the engines.

func sqlitePhrase(p Phrase) string {
	text := `"` + strings.Join(p.Terms, " ") + `"`
	if p.Prefix {
		text += " *"
	}
	return text
}

func postgresPhrase(p Phrase) string {
	text := "'" + strings.Join(p.Terms, "' <-> '") + "'"
	if p.Prefix {
		text += ":*"
	}
	return "(" + text + ")"
}
