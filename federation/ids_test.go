// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/fault"
)

func validJSON(b []byte) bool { return json.Valid(b) }

func TestCheckID(t *testing.T) {
	for _, id := range []string{
		"https://gouda.example/users/fenna", "https://gouda.example", "https://gouda.example/", "http://gouda.example/x?page=1&min=0",
		"https://gouda.example:8443/x", "http://127.0.0.1:4001/users/a", "https://[2001:db8::1]/x", "https://[2001:db8::1]:8443/x",
		"https://xn--mller-kva.example/x", "https://gouda.example/users/aïsha", "https://a_b.example/x", "https://gouda.example/%C3%AF",
		"https://gouda.example/?q=/../x", "https://gouda.example/.well-known/x", "https://gouda.example/a..b",
		"https://gouda.example/" + strings.Repeat("a", 2026),
	} {
		if err := CheckID(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, id := range []string{
		"", "gouda.example", "/users/a", "acct:a@gouda.example", "ftp://gouda.example/", "HTTPS://gouda.example/", "https:///x", "https://?x",
		"https://Gouda.example/x", "https://müller.example/x", "https://xn--zzzzzzzz999.example/", "https://gouda.example./x", "https://gouda..example/x", "https://-x.example/",
		"https://gouda.example:443/x", "http://gouda.example:80/x", "https://gouda.example:0/x", "https://gouda.example:099/x", "https://gouda.example:/x", "https://gouda.example:x/", "https://gouda.example:70000/",
		"https://u@gouda.example/x", "https://u:p@gouda.example/x", "https://gouda.example\\@evil.example/x",
		"https://gouda.example/x#y", "https://gouda.example#", "https://gouda.example/a b", "https://gouda.example/a\r\nX: y", "https://gouda.example/\x7f", "https://gouda.example/\u0085",
		"https://gouda.example/\u202etxt", "https://gouda.example/\u00a0", "https://gouda.example/\xff", "https://gouda.example/%zz", "https://gouda.example/%a",
		"https://gouda.example/a/../b", "https://gouda.example/.", "https://gouda.example/a/./b", "https://gouda.example/..?x",
		"https://[::1/x", "https://[2001:DB8::1]/x", "https://[1.2.3.4]/", "https://" + strings.Repeat("a", 64) + ".example/",
		"https://gouda.example/" + strings.Repeat("a", 2027),
	} {
		if err := CheckID(id); !errors.Is(err, fault.Malformed) {
			t.Errorf("%q is accepted (%v)", id, err)
		}
	}
}

func TestOrigin(t *testing.T) {
	for iri, want := range map[string]string{
		"https://gouda.example/users/a#main-key": "https://gouda.example",
		"HTTPS://Gouda.Example:443/x":            "https://gouda.example",
		"https://gouda.example.:443":             "https://gouda.example",
		"http://gouda.example:80?x":              "http://gouda.example",
		"http://gouda.example:443":               "http://gouda.example:443",
		"https://MÜLLER.example/":                "https://xn--mller-kva.example",
		"https://xn--MLLER-kva.example/":         "https://xn--mller-kva.example",
		"https://faß.example/":                   "https://xn--fa-hia.example",
		"https://[2001:DB8:0::1]:8443/":          "https://[2001:db8::1]:8443",
		"https://u@gouda.example/":               "",
		"https://gouda.example\\@evil.example/":  "",
		"ftp://gouda.example/":                   "",
		"data:text/plain,x":                      "",
		"gouda.example":                          "",
		"https://":                               "",
		"https://./":                             "",
		"https://a b/":                           "",
	} {
		if got := Origin(iri); got != want {
			t.Errorf("Origin(%q) = %q, not %q", iri, got, want)
		}
		if got := Host(iri); got != strings.TrimPrefix(strings.TrimPrefix(want, "https://"), "http://") {
			t.Errorf("Host(%q) = %q", iri, got)
		}
	}
	if !SameOrigin("https://a.example/1", "https://A.example:443/2#x") {
		t.Error("the same origin in two spellings is not the same")
	}
	for _, pair := range [][2]string{{"https://a.example", "http://a.example"}, {"https://a.example", "https://a.example:8443"}, {"https://a.example", "https://b.a.example"}, {"x", "x"}, {"", ""}} {
		if SameOrigin(pair[0], pair[1]) {
			t.Errorf("%q and %q count as one origin", pair[0], pair[1])
		}
	}
}

func TestParseHandle(t *testing.T) {
	for in, want := range map[string][2]string{
		"@fenna@gouda.example":           {"fenna", "gouda.example"},
		"fenna@GOUDA.example":            {"fenna", "gouda.example"},
		"acct:Fenna@gouda.example":       {"Fenna", "gouda.example"},
		" @fenna ":                       {"fenna", ""},
		"fenna":                          {"fenna", ""},
		"a.b_c-d@127.0.0.1:4001":         {"a.b_c-d", "127.0.0.1:4001"},
		"fenna@localhost:4001":           {"fenna", "localhost:4001"},
		"fenna@gouda.example:443":        {"fenna", "gouda.example"},
		"fenna@müller.example":           {"fenna", "xn--mller-kva.example"},
		"fenna@XN--MLLER-KVA.example.":   {"fenna", "xn--mller-kva.example"},
		"water@[2001:db8::1]:8443":       {"water", "[2001:db8::1]:8443"},
		strings.Repeat("a", 64) + "@b.c": {strings.Repeat("a", 64), "b.c"},
	} {
		name, domain, err := ParseHandle(in)
		if err != nil || name != want[0] || domain != want[1] {
			t.Errorf("ParseHandle(%q) = %q, %q, %v", in, name, domain, err)
		}
	}
	for _, in := range []string{"", "@", "@@gouda.example", "fen na@gouda.example", "fenna@", "fenna@gouda.example/x", "fenna@a@b", "fenna@gouda.example:x",
		"fénna@gouda.example", strings.Repeat("a", 65), "https://gouda.example/users/a", "fenna@gouda.example?x=1", "fenna@ex\x00ample", "fenna@-"} {
		if name, domain, err := ParseHandle(in); !errors.Is(err, fault.Invalid) {
			t.Errorf("ParseHandle(%q) = %q, %q, %v", in, name, domain, err)
		}
	}
}

func FuzzParseHandle(f *testing.F) {
	for _, s := range []string{"@fenna@gouda.example", "acct:a@b:1", "a@müller.example", "a@[::1]:80", "@", "a@xn--mller-kva.example."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, domain, err := ParseHandle(s)
		if err != nil {
			return
		}
		handle := name
		if domain != "" {
			handle += "@" + domain
			if Host("https://"+domain) != domain {
				t.Fatalf("%q gives the domain %q, which is not canonical", s, domain)
			}
			if err := CheckID("https://" + domain + "/users/" + name); err != nil && name != "." && name != ".." {
				t.Fatalf("%q: %v", s, err)
			}
		}
		again, domainAgain, err := ParseHandle(handle)
		if err != nil || again != name || domainAgain != domain {
			t.Fatalf("%q gives %q, and that %q, %q, %v", s, handle, again, domainAgain, err)
		}
	})
}
