// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// texts reads a property that a language map may stand beside or in place of: content and contentMap.
// The language is that of the entry that equals the text, else of the first (GoToSocial and Mastodon).
func (o object) texts(name string) (s, language string) {
	v := o.get(name)
	if v.first() == '[' {
		for _, one := range v.list() {
			if v = one; v.first() == '"' {
				break
			}
		}
	}
	s = text(v)
	m := o.get(name + "Map").fields()
	if v.first() == '{' && m == nil {
		m = v.fields()
	}
	for i, f := range m {
		t := text(f.value)
		if i == 0 || t == s {
			language = tag(f.name)
		}
		if s == "" {
			s = t
		}
		if t == s {
			break
		}
	}
	return s, language
}

// text reads a property of which the language does not matter.
func (o object) text(name string) string {
	s, _ := o.texts(name)
	return s
}

// tag returns a language tag that looks like one (BCP 47), else "".
func tag(s string) string {
	s = strings.ReplaceAll(s, "_", "-")
	if len(s) < 2 || len(s) > 35 || s == "und" {
		return ""
	}
	for _, c := range []byte(s) {
		if c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return ""
		}
	}
	return s
}

// id returns what a value refers to: itself, the id of an embedded document or the target of a Link. Of an array the first that refers.
func (v value) id() string {
	switch v.first() {
	case '"':
		return text(v)
	case '{':
		o := v.fields()
		if id := text(o.get("id")); id != "" {
			return id
		}
		return text(o.get("href"))
	case '[':
		for _, one := range v.list() {
			if one.first() != '[' {
				if id := one.id(); id != "" {
					return id
				}
			}
		}
	}
	return ""
}

func (o object) id(name string) string { return o.get(name).id() }

// ids returns all that a property refers to, with the one name of the public (ActivityPub §5.6).
func (o object) ids(name string) []string {
	var ids []string
	for _, v := range o.get(name).list() {
		switch id := v.id(); id {
		case "":
		case "as:Public", "Public":
			ids = append(ids, Public)
		default:
			ids = append(ids, id)
		}
	}
	return ids
}

// author returns the first actor that is named; of embedded ones the first person (PeerTube names the account and the channel).
func (o object) author(name string) string {
	list := o.get(name).list()
	for _, v := range list {
		if v.first() == '{' {
			if f := v.fields(); typeOf(f) == "Person" {
				return text(f.get("id"))
			}
		}
	}
	return o.id(name)
}

func (o object) flag(name string) bool { return o.get(name).first() == 't' }

// number reads a number, or a text that is one; !ok is anything else.
func (v value) number() (f float64, ok bool) {
	s := string(v)
	if v.first() == '"' {
		s = text(v)
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// count reads a number of things: what is negative or absurd is 0.
func (o object) count(name string) int64 {
	f, ok := o.get(name).number()
	if !ok || f < 0 || f > 1<<53 {
		return 0
	}
	return int64(f)
}

// layouts of times as they are met: without seconds (allowed by ActivityStreams §2.3), without offset, with a blank.
var layouts = []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02"}

// moment reads a time, in UTC and whole milliseconds; zero when it cannot be read.
func (o object) moment(name string) time.Time {
	s := text(o.get(name))
	if s == "" {
		return time.Time{}
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			if t = t.UTC().Truncate(time.Millisecond); t.Year() < 1 || t.Year() > 9999 {
				return time.Time{}
			}
			return t
		}
	}
	return time.Time{}
}

// seconds reads a duration: a number of seconds, or xsd:duration without years and months, whose length nobody knows.
func seconds(v value) float64 {
	if f, ok := v.number(); ok {
		return math.Max(f, 0)
	}
	s, found := strings.CutPrefix(text(v), "P")
	if !found {
		return 0
	}
	date, clock, _ := strings.Cut(s, "T")
	total := 0.0
	for _, part := range []struct {
		text  string
		units map[byte]float64
	}{{date, map[byte]float64{'W': 7 * 86400, 'D': 86400}}, {clock, map[byte]float64{'H': 3600, 'M': 60, 'S': 1}}} {
		for rest := part.text; rest != ""; {
			i := strings.IndexAny(rest, "WDHMS")
			if i < 0 || part.units[rest[i]] == 0 {
				return 0
			}
			f, err := strconv.ParseFloat(rest[:i], 64)
			if err != nil || f < 0 || f > 1<<31 {
				return 0
			}
			total += f * part.units[rest[i]]
			rest = rest[i+1:]
		}
	}
	return total
}

// web returns s when it is an address that may become a link on a page; javascript:, data: and magnet: are not.
func web(s string) string {
	if strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
		return s
	}
	return ""
}
