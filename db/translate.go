// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"regexp"
	"strings"
)

// Migrations are written for PostgreSQL; SQLite reads this translation. A table becomes STRICT, so that SQLite checks
// types too, and its primary key becomes the row's own number: BIGINT PRIMARY KEY would be a second tree.
var words = regexp.MustCompile(`(?i)\b(BIGINT|BYTEA|BOOLEAN|DOUBLE\s+PRECISION)\b`)

var createTable = regexp.MustCompile(`(?i)^\s*CREATE\s+TABLE\b`)

// translate makes SQLite's text of a migration. Literals, quoted names and comments stay as they are.
func translate(text string) string {
	var out, statement strings.Builder
	depth, closed := 0, 0 // closed: where the statement's outermost parenthesis closed last
	for _, p := range pieces(text) {
		if p.literal {
			statement.WriteString(p.text)
			continue
		}
		code := words.ReplaceAllStringFunc(p.text, func(word string) string {
			switch strings.ToUpper(word)[:2] {
			case "BY":
				return "BLOB"
			case "DO":
				return "REAL"
			}
			return "INTEGER"
		})
		for _, c := range []byte(code) {
			statement.WriteByte(c)
			switch c {
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					closed = statement.Len()
				}
			case ';':
				s := statement.String()
				if createTable.MatchString(comments.ReplaceAllString(s, "")) {
					s = s[:closed] + " STRICT" + s[closed:]
				}
				out.WriteString(s)
				statement.Reset()
				depth, closed = 0, 0
			}
		}
	}
	return out.String() + statement.String()
}

var comments = regexp.MustCompile(`(?m)--.*$`)

type piece struct {
	text    string
	literal bool // a string, a quoted name or a comment
}

var literals = regexp.MustCompile(`'[^']*'|"[^"]*"|(?m:--.*$)`)

func pieces(text string) []piece {
	var list []piece
	at := 0
	for _, m := range literals.FindAllStringIndex(text, -1) {
		list = append(list, piece{text[at:m[0]], false}, piece{text[m[0]:m[1]], true})
		at = m[1]
	}
	return append(list, piece{text[at:], false})
}

// onlyFor leaves out what a migration has for the other engine: the lines after “-- only sqlite” or “-- only postgres”
// until “-- both”.
func onlyFor(engine, text string) string {
	var kept strings.Builder
	wanted := true
	for line := range strings.Lines(text) {
		switch mark := strings.TrimSpace(line); {
		case strings.HasPrefix(mark, "-- only "):
			wanted = strings.TrimPrefix(mark, "-- only ") == engine
		case mark == "-- both":
			wanted = true
		case wanted:
			kept.WriteString(line)
		}
	}
	return kept.String()
}
