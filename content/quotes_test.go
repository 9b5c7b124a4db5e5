// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

func TestQuoteLink(t *testing.T) {
	of := &Item{IRI: "https://h.example/notes/1", URL: "https://h.example/@an/1?a=1&b=2"}
	want := `<p class="quote-inline">RE: <a href="https://h.example/@an/1?a=1&amp;b=2" rel="nofollow noopener noreferrer">h.example/@an/1?a=1&amp;b=2</a></p>`
	if got := QuoteLink("<p>Kijk</p>", of); got != want {
		t.Errorf("%s", got)
	}
	for _, text := range []string{`<p><a href="https://h.example/@an/1?a=1&amp;b=2">x</a></p>`, `<a href="https://h.example/notes/1">x</a>`} {
		if got := QuoteLink(text, of); got != "" {
			t.Errorf("%s has its link, and gets %s", text, got)
		}
	}
	if kept := actors.SanitizeHTML(want); !strings.Contains(kept, `class="quote-inline"`) || WithoutQuoteLink(kept) != "" {
		t.Errorf("readers keep %s", kept)
	}
}

func TestWithoutQuoteLink(t *testing.T) {
	for text, want := range map[string]string{
		"":            "",
		"<p>Kijk</p>": "<p>Kijk</p>",
		`<p class="quote-inline">RE: <a href="https://h.example/1">1</a></p><p>Kijk</p>`:                                                      "<p>Kijk</p>",
		`<p>Kijk<span class="quote-inline"><br><br>RE: <a href="https://h.example/1"><span class="invisible">https://</span>1</a></span></p>`: "<p>Kijk</p>",
		`<p>a</p><p class="h-x quote-inline u-y">RE: <span>x</span></p><p>b</p><p class="quote-inline">c</p>`:                                 "<p>a</p><p>b</p>",
		`<p class="quote-inline">never closed <span>x</span>`:                                                                                 "",
		`<p>a</p><span class="quote-inline"><span>x</span>`:                                                                                   "<p>a</p>",
		`<p class="not-quote-inline-at-all">a</p><pre>b</pre>`:                                                                                `<p class="not-quote-inline-at-all">a</p><pre>b</pre>`,
	} {
		if got := WithoutQuoteLink(text); got != want {
			t.Errorf("%s\nbecomes %s", text, got)
		}
	}
	begin := time.Now()
	WithoutQuoteLink(strings.Repeat(`<span class="quote-inline">`, 4000) + strings.Repeat("</span>", 4000) + strings.Repeat(`<p class="quote-inline">x</p>`, 4000))
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("a long text takes %s", took)
	}
}

func TestWhoMayQuote(t *testing.T) {
	const author, other = actors.ID(1), actors.ID(2)
	remote := &actors.Actor{IRI: "https://h.example/an", Followers: "https://h.example/an/followers", Following: "https://h.example/an/following"}
	says := func(automatic, manual []string) string {
		return ruleFromWire(&vocab.InteractionPolicy{CanQuote: &vocab.Rule{Automatic: automatic, Manual: manual}}, remote)
	}
	for name, c := range map[string]struct {
		item              Item
		who               actors.ID
		follows, followed bool
		want              string
	}{
		"everybody":                  {Item{Local: true}, other, false, false, QuoteAutomatic},
		"nobody in particular":       {Item{Local: true}, 0, false, false, QuoteDenied},
		"unlisted":                   {Item{Local: true, Audience: actors.Unlisted, QuotePolicy: PolicyPublic}, other, false, false, QuoteAutomatic},
		"a stranger":                 {Item{Local: true, QuotePolicy: PolicyFollowers}, other, false, true, QuoteDenied},
		"a follower":                 {Item{Local: true, QuotePolicy: PolicyFollowers}, other, true, false, QuoteAutomatic},
		"nobody":                     {Item{Local: true, QuotePolicy: PolicyNobody}, other, true, true, QuoteDenied},
		"oneself":                    {Item{Local: true, QuotePolicy: PolicyNobody}, author, false, false, QuoteAutomatic},
		"one's own for followers":    {Item{Local: true, Audience: actors.Followers}, author, false, false, QuoteAutomatic},
		"another's for followers":    {Item{Local: true, Audience: actors.Followers, QuotePolicy: PolicyPublic}, other, true, true, QuoteDenied},
		"another's for members":      {Item{Local: true, Audience: actors.Members}, other, true, true, QuoteDenied},
		"one's own message":          {Item{Local: true, Audience: actors.Direct}, author, false, false, QuoteDenied},
		"a boost":                    {Item{Local: true, BoostOf: 5}, other, true, true, QuoteDenied},
		"elsewhere, nothing said":    {Item{}, other, true, true, QuoteDenied},
		"elsewhere, no rule":         {Item{QuotePolicy: ruleFromWire(&vocab.InteractionPolicy{}, remote)}, other, true, true, QuoteDenied},
		"elsewhere, everybody":       {Item{QuotePolicy: says([]string{vocab.Public}, nil)}, other, false, false, QuoteAutomatic},
		"elsewhere, only the author": {Item{QuotePolicy: says([]string{remote.IRI}, nil)}, other, true, true, QuoteDenied},
		"elsewhere, followers":       {Item{QuotePolicy: says([]string{remote.Followers}, []string{vocab.Public})}, other, true, false, QuoteAutomatic},
		"elsewhere, others ask":      {Item{QuotePolicy: says([]string{remote.Followers}, []string{vocab.Public})}, other, false, false, QuoteManual},
		"elsewhere, followed":        {Item{QuotePolicy: says(nil, []string{remote.Following})}, other, false, true, QuoteManual},
		"elsewhere, somebody":        {Item{QuotePolicy: says([]string{"https://h.example/bo"}, nil)}, other, true, true, QuoteUnknown},
		"elsewhere, private":         {Item{Audience: actors.Followers, QuotePolicy: says([]string{vocab.Public}, nil)}, other, true, true, QuoteDenied},
	} {
		c.item.Author = author
		if got := c.item.MayQuote(c.who, c.follows, c.followed); got != c.want {
			t.Errorf("%s: %s, and not %s", name, got, c.want)
		}
	}
	if diff := cmp.Diff(`{"automatic":["public","unsupported_policy"],"manual":[]}`, says([]string{vocab.Public, "https://a.example/1", "https://a.example/2", remote.IRI}, nil)); diff != "" {
		t.Error(diff)
	}
	local := &actors.Actor{IRI: "https://gouda.example/users/anna", Followers: "https://gouda.example/users/anna/followers"}
	for policy, want := range map[string]string{"": vocab.Public, PolicyPublic: vocab.Public, PolicyFollowers: local.Followers, PolicyNobody: local.IRI} {
		if got := ruleToWire(&Item{Local: true, QuotePolicy: policy}, local).CanQuote.Automatic; len(got) != 1 || got[0] != want {
			t.Errorf("%q is written as %v", policy, got)
		}
	}
}
