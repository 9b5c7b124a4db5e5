// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"html"
	"regexp"
	"strings"
)

// QuoteLink is the paragraph that stands for a quote where quotes are not known, as Mastodon writes it; "" when the text names the address itself.
func QuoteLink(text string, of *Item) string {
	address := of.URL
	if address == "" {
		address = of.IRI
	}
	escaped := html.EscapeString(address)
	if strings.Contains(text, `href="`+escaped+`"`) || strings.Contains(text, `href="`+html.EscapeString(of.IRI)+`"`) {
		return ""
	}
	shown := strings.TrimPrefix(strings.TrimPrefix(escaped, "https://"), "http://")
	return `<p class="quote-inline">RE: <a href="` + escaped + `" rel="nofollow noopener noreferrer">` + shown + `</a></p>`
}

var (
	quoteInline = regexp.MustCompile(`<(p|span) class="(?:[^"]* )?quote-inline(?: [^"]*)?">`)
	tagOf       = map[string]*regexp.Regexp{"p": regexp.MustCompile(`</?p[ >]`), "span": regexp.MustCompile(`</?span[ >]`)}
)

// WithoutQuoteLink is sanitised HTML without what stands for a quote where quotes are not known: for where the quote itself is shown, and for whoever
// looks for the links that a writer chose.
func WithoutQuoteLink(text string) string {
	var kept strings.Builder
	for {
		at := quoteInline.FindStringSubmatchIndex(text)
		if at == nil {
			kept.WriteString(text)
			return kept.String()
		}
		kept.WriteString(text[:at[0]])
		text = afterElement(text[at[1]:], tagOf[text[at[2]:at[3]]])
	}
}

// afterElement is what follows the element whose beginning has been read; others of the same kind may stand in it.
func afterElement(text string, tag *regexp.Regexp) string {
	for depth := 1; depth > 0; {
		at := tag.FindStringIndex(text)
		if at == nil {
			return ""
		}
		if text[at[0]+1] == '/' {
			depth--
		} else {
			depth++
		}
		text = text[at[1]:]
	}
	return text
}
