// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"strings"
	"testing"
	"time"
)

// String is a query in one line: words, then what must not be, then operators.
func (q query) String() string {
	var all []string
	for _, p := range q.words {
		all = append(all, strings.Join(p.Terms, "_")+map[bool]string{true: "*"}[p.Prefix])
	}
	for _, p := range q.not {
		all = append(all, "-"+strings.Join(p.Terms, "_")+map[bool]string{true: "*"}[p.Prefix])
	}
	for _, o := range q.operators {
		all = append(all, map[bool]string{true: "!", false: "?"}[o.not]+o.name+"="+o.value)
	}
	return strings.Join(all, " ")
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"  twee   woorden ":                "twee woorden",
		`"een zin" los`:                    "een_zin los",
		`"een zin zonder einde`:            "een_zin_zonder_einde",
		`-"niet dit" wel -dat +ook`:        "wel ook -niet_dit -dat",
		"woon*":                            "woon*",
		"wo* a-bcd*":                       "wo a_bcd*",
		"-woon* e-mail":                    "e_mail -woon*",
		"from:me FROM:@bas@gouda.example":  "?from=me ?from=@bas@gouda.example",
		"from: from:a/b":                   "from from_a_b",
		"has:image -has:poll has:nonsense": "has_nonsense ?has=image !has=poll",
		"is:reply is:":                     "is ?is=reply",
		"in:library in:@wonen in:wonen":    "in_wonen ?in=library ?in=@wonen",
		"language:nl language:x":           "language_x ?language=nl",
		"before:2026-01-31 after:2026 during:2026-02 before:gisteren during:2026-02-30": "before_gisteren during_2026_02_30 ?before=2026-01-31 ?after=2026 ?during=2026-02",
		`"from:me"`:                     "from_me",
		"https://gouda.example/x 12:30": "https_gouda_example_x 12_30",
		"- + \" : *":                    "",
		strings.Repeat("x ", 100):       strings.TrimSpace(strings.Repeat("x ", mostParts)),
	} {
		if got := parse(text).String(); got != want {
			t.Errorf("%q is read as %q instead of %q", text, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{`-"a b" from:me`, `+`, `"`, "before:2026", "in:@", "\x00:\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q := parse(text)
		if n := len(q.words) + len(q.not) + len(q.operators); n > mostParts {
			t.Errorf("%q has %d parts", text, n)
		}
		for _, p := range append(q.words, q.not...) {
			if len(p.Terms) == 0 || strings.ContainsAny(strings.Join(p.Terms, ""), " \t\n'\"()*&|!<>:") {
				t.Errorf("%q gives the phrase %q", text, p.Terms)
			}
		}
	})
}

func TestDays(t *testing.T) {
	for text, want := range map[string]string{"2026-11-24": "2026-11-24 2026-11-25", "2026-12": "2026-12-01 2027-01-01", "2026": "2026-01-01 2027-01-01"} {
		start, end, ok := days(text)
		if got := start.Format(time.DateOnly) + " " + end.Format(time.DateOnly); !ok || got != want {
			t.Errorf("%s: %s %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "1969", "26", "2026-13", "x", "2026-1-1"} {
		if _, _, ok := days(text); ok {
			t.Errorf("%q is a day", text)
		}
	}
}
