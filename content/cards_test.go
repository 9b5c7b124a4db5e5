// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func ours(iri string) bool { return strings.Contains(iri, "//gouda.example/") }

func TestFirstLink(t *testing.T) {
	long := "https://a.example/" + strings.Repeat("a", maxLink)
	for text, want := range map[string]string{
		`<p>geen</p>`: "",
		`<p><a href="https://b.example/@b" class="u-url mention">@b</a> <a href="https://b.example/tags/c" class="mention hashtag" rel="tag">#c</a> <a href="https://A.example/x#y" rel="nofollow">x</a></p>`: "https://a.example/x",
		`<a href="https://a.example/?q=1&amp;r=2">`:                                                                    "https://a.example/?q=1&r=2",
		`<a href="https://gouda.example/posts/1">ons</a><a href="https://a.example/">b</a>`:                            "https://a.example/",
		`<a href="javascript:alert(1)">a</a><a href="/b">b</a><a>c</a><a href="https://">d</a>`:                        "",
		`<a href="https://wie:geheim@a.example/">a</a>`:                                                                "",
		`<p class="quote-inline">RE: <a href="https://b.example/1">b</a></p><p><a href="https://a.example/">a</a></p>`: "https://a.example/",
		`<a href="` + long + `">a</a>`:                                                                                 "",
	} {
		if got := FirstLink(text, ours); got != want {
			t.Errorf("%s: %q, not %q", text, got, want)
		}
	}
}

func TestLength(t *testing.T) {
	for text, want := range map[string]int{"": 0, "één": 3, "zie https://a.example/" + strings.Repeat("x", 500) + ".": 4 + 23 + 1, "http://a.nl": 23,
		"@bas@provincie.example hoi": 8, "@bas hoi": 8, "#water": 6, "(https://a.example/b)": 25, "a@b.example": 11} {
		if got := Length(text); got != want {
			t.Errorf("%q counts for %d, not %d", text, got, want)
		}
	}
}

func TestWhatAPageSays(t *testing.T) {
	base := &url.URL{Scheme: "https", Host: "a.example", Path: "/map/stuk"}
	for name, c := range map[string]struct {
		kind, page, embed string
		want              Card
	}{
		"a title only":       {"text/html", "<title> Een\n titel </title><title>nog een</title>", "", Card{Title: "Een titel"}},
		"of old":             {"text/html; charset=iso-8859-1", "<title>Caf\xe9</title>", "", Card{Title: "Café"}},
		"its charset inside": {"text/html", "<meta charset=windows-1252><title>\x93Ja\x94</title>", "", Card{Title: "“Ja”"}},
		"Open Graph first": {"text/html", `<html lang=en_GB><title>b</title><meta property="og:title" content="a"><meta name="description" content="d"><meta property="og:description" content="&lt;b&gt;c">
			<meta property="og:image" content="../plaat.jpg"><meta property="og:image:alt" content="een plaat"><meta property="og:image:width" content="12px"><meta property="og:image:height" content="x">`, "",
			Card{Title: "a", Description: "<b>c", Language: "en-GB", Image: "https://a.example/plaat.jpg", ImageDescription: "een plaat", Width: 12}},
		"another's address": {"text/html", `<title>a</title><link rel=canonical href="https://bank.example/"><meta property="og:image" content="javascript:x">`, "", Card{Title: "a"}},
		"its own address":   {"text/html", `<title>a</title><link rel="canonical" href="/map/stuk?p=1">`, "", Card{Title: "a", URL: "https://a.example/map/stuk?p=1"}},
		"a photo": {"text/html", `<title>a</title>`, `{"type":"photo","url":"https://b.example/p.png","width":100,"height":"50","author_name":"B","author_url":"https://b.example/b","title":"c"}`,
			Card{Kind: "photo", Title: "a", Image: "https://b.example/p.png", Width: 100, Height: 50, AuthorName: "B", AuthorURL: "https://b.example/b"}},
		"rich":    {"text/html", "", `{"type":"rich","title":"c","thumbnail_url":"https://b.example/t.png","html":"<script>x</script>","provider_name":"P"}`, Card{Title: "c", Image: "https://b.example/t.png", ProviderName: "P"}},
		"no JSON": {"text/html", "<title>a</title>", `<oembed>`, Card{Title: "a"}},
	} {
		got := readPage([]byte(c.page), c.kind).card(base)
		if c.embed != "" {
			got.embed([]byte(c.embed), base)
		}
		if c.want.Kind == "" {
			c.want.Kind = "link"
		}
		if c.want.URL == "" {
			c.want.URL = base.String()
		}
		if diff := cmp.Diff(c.want, *got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(`<html lang=x><meta property="og:title" content="a"><meta property=og:image content="//x/y"><link rel=canonical href=?><title>x`), "text/html; charset=utf-7", []byte(`{"type":"photo","url":"x","width":{}}`))
	f.Add([]byte("\xff\xfe<"), "text/html;charset", []byte(`{"type":`))
	base := &url.URL{Scheme: "https", Host: "a.example"}
	f.Fuzz(func(t *testing.T, page []byte, kind string, embed []byte) {
		c := readPage(page, kind).card(base)
		c.embed(embed, base)
		for _, text := range []string{c.Title, c.Description, c.AuthorName, c.ProviderName, c.ImageDescription} {
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\n") || utf8.RuneCountInString(text) > 501 {
				t.Errorf("%q", text)
			}
		}
		for _, address := range []string{c.URL, c.Image, c.AuthorURL, c.ProviderURL} {
			if address != "" && !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") || len(address) > maxLink {
				t.Errorf("%q", address)
			}
		}
	})
}
