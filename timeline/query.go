// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
)

// query is what somebody types who searches posts, as docs/search.md explains it.
type query struct {
	words, not []db.Phrase
	operators  []operator
}

// operator is one condition: has:image, -is:reply.
type operator struct {
	name, value string
	not         bool
}

// mostParts bounds what one query asks of the database; what comes after them is left.
const mostParts = 32

// leastPrefix is how many letters of a word are asked for before its end is left open: too many words begin with fewer.
const leastPrefix = 3

// parse reads a query. What it does not understand, a misspelt operator for one, is a word.
func parse(text string) query {
	var q query
	for parts := 0; parts < mostParts; parts++ {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		if text == "" {
			break
		}
		part := text
		not := part[0] == '-'
		if part[0] == '-' || part[0] == '+' {
			part = part[1:]
		}
		quoted := strings.HasPrefix(part, `"`)
		if quoted {
			part, text, _ = strings.Cut(part[1:], `"`)
		} else if end := strings.IndexFunc(part, unicode.IsSpace); end >= 0 {
			part, text = part[:end], part[end:]
		} else {
			text = ""
		}
		name, value, _ := strings.Cut(part, ":")
		if o := (operator{strings.ToLower(name), strings.Trim(value, `"`), not}); !quoted && o.known() {
			q.operators = append(q.operators, o)
			continue
		}
		p := db.Phrase{Terms: db.Terms(part)}
		p.Prefix = !quoted && strings.HasSuffix(part, "*") && len(p.Terms) > 0 && len(p.Terms[len(p.Terms)-1]) >= leastPrefix
		switch {
		case len(p.Terms) == 0:
		case not:
			q.not = append(q.not, p)
		default:
			q.words = append(q.words, p)
		}
	}
	return q
}

// empty tells whether nothing was asked for.
func (q query) empty() bool { return len(q.words)+len(q.not)+len(q.operators) == 0 }

var (
	hasValues = []string{"media", "image", "video", "audio", "poll", "link", "embed", "quote"}
	isValues  = []string{"reply", "sensitive"}
	inValues  = []string{"all", "library", "public"}
	handle    = regexp.MustCompile(`^@?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?(?:@[\p{L}\p{N}.-]+(?::[0-9]+)?)?$`)
)

func (o operator) known() bool {
	switch o.name {
	case "has":
		return slices.Contains(hasValues, o.value)
	case "is":
		return slices.Contains(isValues, o.value)
	case "in":
		return slices.Contains(inValues, o.value) || strings.HasPrefix(o.value, "@") && handle.MatchString(o.value)
	case "from":
		return handle.MatchString(o.value)
	case "language":
		return content.IsLanguage(o.value)
	case "before", "after", "during":
		_, _, ok := days(o.value)
		return ok
	}
	return false
}

// days reads 2026-11-24, 2026-11 or 2026: when it begins, and when it is over, in UTC.
func days(text string) (start, end time.Time, ok bool) {
	for _, layout := range []struct {
		text    string
		y, m, d int
	}{{time.DateOnly, 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}} {
		if t, err := time.Parse(layout.text, text); err == nil && t.Year() >= 1970 {
			return t, t.AddDate(layout.y, layout.m, layout.d), true
		}
	}
	return start, end, false
}
