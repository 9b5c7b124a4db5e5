// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"slices"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
)

func finder(handle string) *actors.Actor {
	if handle == "anna" || handle == "anna@gouda.example" || handle == "bas@127.0.0.1:4002" {
		name, _, _ := strings.Cut(handle, "@")
		return &actors.Actor{ID: actors.ID(len(name)), Name: name, URL: "https://gouda.example/@" + name}
	}
	return nil
}

func tagURL(tag string) string { return "https://gouda.example/tags/" + tag }

func TestCompose(t *testing.T) {
	mention := `<span class="h-card"><a href="https://gouda.example/@anna" class="u-url mention">@<span>anna</span></a></span>`
	for text, want := range map[string]string{
		"":                                 "",
		"Hallo":                            "<p>Hallo</p>",
		"een\ntwee\n\ndrie":                "<p>een<br>twee</p><p>drie</p>",
		"<script>x</script>":               "<p>&lt;script&gt;x&lt;/script&gt;</p>",
		"Dag @anna!":                       "<p>Dag " + mention + "!</p>",
		"(@anna@gouda.example)":            "<p>(" + mention + ")</p>",
		"@bas@127.0.0.1:4002 hoi":          `<p><span class="h-card"><a href="https://gouda.example/@bas" class="u-url mention">@<span>bas</span></a></span> hoi</p>`,
		"@niemand@x.example":               "<p>@niemand@x.example</p>",
		"mail a@b.example":                 "<p>mail a@b.example</p>",
		"#Water en #1":                     `<p><a href="https://gouda.example/tags/water" class="mention hashtag" rel="tag">#<span>Water</span></a> en #1</p>`,
		"zie https://a.example/b?c=1&d=2.": `<p>zie <a href="https://a.example/b?c=1&amp;d=2" rel="nofollow noopener noreferrer">a.example/b?c=1&amp;d=2</a>.</p>`,
		"(https://a.example)":              `<p>(<a href="https://a.example" rel="nofollow noopener noreferrer">a.example</a>)</p>`,
	} {
		if got := Compose(text, finder, tagURL).HTML; got != want {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
	}
	c := Compose("@anna @anna@gouda.example #Water #water #lucht", finder, tagURL)
	if len(c.Mentions) != 1 || !slices.Equal(c.Tags, []string{"water", "lucht"}) {
		t.Errorf("%d mentions, tags %q", len(c.Mentions), c.Tags)
	}
}

// What is composed passes the sanitiser that others have too: nothing active comes of what somebody types.
func FuzzCompose(f *testing.F) {
	for _, s := range []string{"Hallo @anna https://x.example/\"><script>", "#a<b @anna\n\n\"'", "https://x.example/')\"", "@\x00 #\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Compose(text, finder, tagURL).HTML
		inert(t, got)
	})
}

func inert(t *testing.T, html string) {
	t.Helper()
	lower := strings.ToLower(html)
	for _, bad := range []string{"<script", "<img", "<iframe", "<style", "<svg", "<object", "<form", `href="javascript:`, `href="data:`, ` onerror=` + "\"", "<!--"} {
		if strings.Contains(lower, bad) {
			t.Errorf("%q stands in %q", bad, html)
		}
	}
}

func FuzzSanitizeHTML(f *testing.F) {
	for _, s := range []string{`<p onclick="x">a<script>alert(1)</script></p>`, `<a href="java&#115;cript:x">b</a>`, `<a href="https://x.example" style="x" target=_blank>c`,
		`<svg><p><style><!--</style><img src=x onerror=alert(1)>`, `<span class="h-card evil">d</span>`, "<math><mi//xlink:href=\"data:x,<script>\">"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, html string) {
		once := actors.SanitizeHTML(html)
		inert(t, once)
		if twice := actors.SanitizeHTML(once); len(html) < 50_000 && actors.SanitizeHTML(twice) != twice {
			t.Errorf("not stable: %q then %q", once, twice)
		}
	})
}

func TestSanitizeHTML(t *testing.T) {
	for html, want := range map[string]string{
		`<p class="mention evil" onclick="x">a</p>`:                             `<p>a</p>`,
		`<a href="javascript:alert(1)">b</a>`:                                   `b`,
		`<a href="/local">b</a>`:                                                `b`,
		`<a href="https://x.example" class="u-url mention">@<span>b</span></a>`: `<a href="https://x.example" class="u-url mention" rel="nofollow noreferrer">@<span>b</span></a>`,
		`<ol start="3"><li value="7">x</li></ol>`:                               `<ol start="3"><li value="7">x</li></ol>`,
		`<img src="https://t.example/pixel">tekst`:                              `tekst`,
		`<h1>kop</h1><h2>kop</h2>`:                                              `kop<h2>kop</h2>`,
	} {
		if got := actors.SanitizeHTML(html); got != want {
			t.Errorf("%s\n got %s\nwant %s", html, got, want)
		}
	}
}
