// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package locale

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLanguagesHaveTheSameKeysAndPlaceholders(t *testing.T) {
	placeholder := regexp.MustCompile(`\{[a-z]+\}`)
	for _, code := range Codes[1:] {
		first, other := Get(Codes[0]).texts, Get(code).texts
		for key, text := range first {
			a, b := placeholder.FindAllString(text, -1), placeholder.FindAllString(other[key], -1)
			slices.Sort(a)
			slices.Sort(b)
			if diff := cmp.Diff(a, b); diff != "" {
				t.Errorf("%s: placeholders of %s and %s: %s", key, Codes[0], code, diff)
			}
		}
		for key := range other {
			if _, found := first[key]; !found {
				t.Errorf("%s is only in %s", key, code)
			}
		}
	}
}

func TestTextsAreClean(t *testing.T) {
	for _, code := range Codes {
		for key, text := range Get(code).texts {
			if strings.TrimSpace(text) != text || text == "" || strings.ContainsAny(text, "<>") {
				t.Errorf("%s in %s: %q", key, code, text)
			}
			if base, plural := strings.CutSuffix(key, ".one"); plural && Get(code).texts[base+".other"] == "" {
				t.Errorf("%s in %s has no .other", base, code)
			}
		}
	}
}

func TestMatch(t *testing.T) {
	for accept, want := range map[string]string{"": "nl", "en-GB,en;q=0.9": "en", "nl-BE": "nl", "fr, de;q=0.5": "nl", "fr, en;q=0.1": "en", "*": "nl", "x-!": "nl", "en;q=0, nl": "nl"} {
		if got := Match(accept).Code; got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
	if Get("fy") != nil {
		t.Error("a language that is not there")
	}
}

func TestWords(t *testing.T) {
	when := time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC)
	nl, en := Get("nl"), Get("en")
	for got, want := range map[string]string{
		nl.Date(when):                          "25 november 2026 om 00:30",
		en.Day(when):                           "25 November 2026",
		en.Date(when.AddDate(0, -5, 0)):        "25 June 2026 at 01:30",
		nl.Number(12345):                       "12.345",
		en.Number(int64(12345)):                "12,345",
		nl.N("group.members", 1):               "1 lid",
		nl.N("group.members", int64(1000)):     "1.000 leden",
		en.N("group.members", 0):               "0 members",
		en.T("post.title", "name", "{n} Anna"): "Post by {n} Anna",
		en.T("no.such.key"):                    "no.such.key",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
