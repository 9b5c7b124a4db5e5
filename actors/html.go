// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

const maxHTML = 100_000 // bytes of HTML that are read from one field

var htmlPolicy = newHTMLPolicy()

// newHTMLPolicy allows what the fediverse writes in notes and profiles, and nothing that acts, styles or loads.
func newHTMLPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "span", "del", "pre", "code", "em", "strong", "b", "i", "u", "ul", "ol", "li", "blockquote",
		"h2", "h3", "h4", "h5", "h6", "ruby", "rt", "rp")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(?:(?:h|p|u|dt|e)-[a-z0-9-]+|mention|hashtag|ellipsis|invisible|quote-inline)(?: (?:(?:h|p|u|dt|e)-[a-z0-9-]+|mention|hashtag|ellipsis|invisible|quote-inline))*$`)).OnElements("span", "a", "p")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("reversed").Matching(regexp.MustCompile(`^(?:reversed)?$`)).OnElements("ol")
	p.AllowAttrs("value").Matching(bluemonday.Integer).OnElements("li")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(false)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	return p
}

var fieldPolicy = newHTMLPolicy().AllowAttrs("rel").Matching(regexp.MustCompile(`^me nofollow noopener noreferrer$`)).OnElements("a")

// SanitizeField is SanitizeHTML for a line of the profile of one of ours: a link may say that it is about the same person, which
// the page that it leads to may rely on. Nothing else on a profile may say so.
func SanitizeField(s string) string { return fieldPolicy.Sanitize(s) }

// SanitizeHTML keeps the harmless part of somebody's HTML.
func SanitizeHTML(s string) string {
	if len(s) > maxHTML {
		s = s[:maxHTML]
	}
	return htmlPolicy.Sanitize(s)
}
