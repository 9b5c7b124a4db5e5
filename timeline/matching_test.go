// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/media"
)

// Words are found as people read them, whole ones only where no letter goes on.
func TestWordsInTexts(t *testing.T) {
	for _, c := range []struct {
		word  string
		whole bool
		text  string
		want  bool
	}{
		{"zon", true, "De ZON schijnt", true},
		{"zon", true, "de zonsondergang", false},
		{"zon", false, "de zonsondergang", true},
		{"zon", true, "avondzon", false},
		{"zon", true, "avondzon en zon", true},
		{"zon", true, "zon", true},
		{"zon", true, "#zon!", true},
		{"zon", true, "zon's", true},
		{"zon", true, "zon_2", false},
		{"zon", true, "zon2", false},
		{"été", true, "un bel été", true},
		{"été", true, "un bel e\u0301te\u0301", true}, // not composed
		{"ete", true, "un bel été", false},
		{"e", true, "e\u0301", false},
		{"straße", true, "de Straße is lang", true},
		{"маск", true, "маска", false},
		{"маска", true, "в маске, МАСКА", true},
		{"日本", false, "新日本語", true},
		{"日本", true, "新日本語", false},
		{"c++", true, "ik leer C++, en meer", true},
		{"c++", true, "ik leer C++x", true}, // nothing ends where punctuation stands
		{"#bouwen", true, "over #bouwen", true},
		{"#bouwen", true, "over #bouwenen", false},
		{"twee woorden", true, "met Twee woorden erin", true},
		{"aa", true, "aaa aa", true},
		{"\uff21\uff22", false, "AB", true}, // full width
		{"zon", true, "", false},
	} {
		if got := needleOf(c.word, c.whole).in(fold(c.text)); got != c.want {
			t.Errorf("%q (whole %v) in %q: %v", c.word, c.whole, c.text, got)
		}
	}
}

// A word that is found whole is found inside too, and each text holds itself.
func TestWholeWordsAreAlsoParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-zéß#+ ]{1,4}`).Draw(t, "word")
		text := fold(rapid.StringMatching(`[a-zéß#+ .]{0,20}`).Draw(t, "text"))
		if needleOf(word, true).in(text) && !needleOf(word, false).in(text) {
			t.Fatalf("%q is in %q only as a whole word", word, text)
		}
		if !needleOf(word, true).in(fold(word)) || !needleOf(word, false).in(text+fold(word)) {
			t.Fatalf("%q does not hold itself", word)
		}
	})
}

func TestAllThatPeopleReadIsSearched(t *testing.T) {
	i := &content.Item{Title: "Titel", Summary: "Waarschuwing", Content: "<p>Eerste<br>tweede <a href=\"https://weg.example\">#<span>Tag</span></a></p><p>&lt;Derde&gt;</p>",
		Poll: &content.Poll{Options: []content.Option{{Name: "Keuze"}}}}
	text := fold(searchable(i, []string{"ander"}, []media.File{{Description: "Beschrijving"}}))
	for _, word := range []string{"titel", "waarschuwing", "eerste", "tweede", "#tag", "<derde>", "keuze", "#ander", "beschrijving"} {
		if !needleOf(word, true).in(text) {
			t.Errorf("%q is not found in %q", word, text)
		}
	}
	for _, word := range []string{"weg.example", "span", "eerstetweede"} {
		if needleOf(word, false).in(text) {
			t.Errorf("%q is found in %q", word, text)
		}
	}
}
