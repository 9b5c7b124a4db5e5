// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package locale is what this node says to people, in each of their languages.
package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a bare container has no time zones

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Locale is one language. Its texts have keys, and placeholders in braces.
type Locale struct {
	Code    string // BCP 47
	texts   map[string]string
	printer *message.Printer
	zone    *time.Location
}

// Codes are the languages there are; the first is spoken to whoever asks for none of them.
var Codes = []string{"nl", "en"}

//go:embed nl.json en.json
var files embed.FS

// zone is where the readers live: public organisations of the Netherlands.
const zone = "Europe/Amsterdam"

var loaded = sync.OnceValue(func() map[string]*Locale {
	all := map[string]*Locale{}
	place, err := time.LoadLocation(zone)
	if err != nil {
		panic(err) // it is built in
	}
	for _, code := range Codes {
		text, err := files.ReadFile(code + ".json")
		if err != nil {
			panic(err)
		}
		l := &Locale{Code: code, printer: message.NewPrinter(language.MustParse(code)), zone: place}
		if err := json.Unmarshal(text, &l.texts); err != nil {
			panic(fmt.Errorf("read locale/%s.json: %w", code, err))
		}
		all[code] = l
	}
	return all
})

// Get returns a language by its code, nil when there is none.
func Get(code string) *Locale { return loaded()[code] }

// Wish returns the language of a tag such as nl-NL or en_GB, nil when there is none.
func Wish(tag string) *Locale {
	base, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return Get(strings.ToLower(base))
}

var matcher = language.NewMatcher([]language.Tag{language.Dutch, language.English})

// Match chooses by the header Accept-Language (RFC 9110 §12.5.4).
func Match(accept string) *Locale {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return Get(Codes[0])
	}
	_, index, confidence := matcher.Match(tags...)
	if confidence == language.No {
		index = 0
	}
	return Get(Codes[index])
}

// Keys are the keys of all texts.
func Keys() []string { return slices.Sorted(maps.Keys(Get(Codes[0]).texts)) }

// T is the text of a key; the pairs fill its placeholders: T("hello", "name", "Anna") for "Hello {name}".
func (l *Locale) T(key string, pairs ...any) string {
	text, found := l.texts[key]
	if !found {
		return key
	}
	var values []string
	for i := 0; i+1 < len(pairs); i += 2 {
		values = append(values, "{"+fmt.Sprint(pairs[i])+"}", fmt.Sprint(pairs[i+1]))
	}
	return strings.NewReplacer(values...).Replace(text)
}

// N is the text for a number of things: key.one or key.other, whose placeholder {n} is the number.
func (l *Locale) N(key string, n any, pairs ...any) string {
	form := ".other"
	if fmt.Sprint(n) == "1" {
		form = ".one"
	}
	return l.T(key+form, append([]any{"n", l.Number(n)}, pairs...)...)
}

// Number writes a whole number as readers of the language do.
func (l *Locale) Number(n any) string { return l.printer.Sprintf("%d", n) }

// Date is a day and a time in words.
func (l *Locale) Date(t time.Time) string {
	t = t.In(l.zone)
	return l.T("date.time", "day", l.Day(t), "time", l.Time(t))
}

// Time is a time of the day.
func (l *Locale) Time(t time.Time) string { return t.In(l.zone).Format("15:04") }

// Day is a day in words.
func (l *Locale) Day(t time.Time) string {
	t = t.In(l.zone)
	return l.T("date.day", "day", t.Day(), "month", l.T("month."+strconv.Itoa(int(t.Month()))), "year", t.Year())
}
