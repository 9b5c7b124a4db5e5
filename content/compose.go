// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"html"
	"regexp"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
)

var (
	paragraphs = regexp.MustCompile(`\n{2,}`)
	tagName    = regexp.MustCompile(`^[\p{L}\p{M}\p{N}_·-]{1,100}$`)
	// word finds what a writer means as a link, a mention or a hashtag. RE2 knows no look-behind: the first group is what stands before.
	word = regexp.MustCompile(`(^|[\s(\[{"'“„‘>])(https?://[^\s<>"]+|@[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?(?:@[\p{L}\p{N}.-]+[\p{L}\p{N}](?::[0-9]+)?)?|#[\p{L}\p{M}\p{N}_]*[\p{L}_][\p{L}\p{M}\p{N}_]*)`)
)

// Composed is what a writer's plain text becomes.
type Composed struct {
	HTML     string
	Mentions []*actors.Actor
	Tags     []string // lower case, without #
}

// Handles lists the handles that a text mentions, as written, without the first @.
func Handles(text string) []string {
	var all []string
	for _, m := range word.FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(m[2], "@") && len(all) < maxMentions {
			all = append(all, m[2][1:])
		}
	}
	return all
}

// Compose makes HTML of plain text: paragraphs, links, hashtags, and mentions of the actors that find knows by handle.
func Compose(text string, find func(handle string) *actors.Actor, tagURL func(tag string) string) Composed {
	var c Composed
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if text == "" {
		return c
	}
	var b strings.Builder
	for n, paragraph := range paragraphs.Split(text, -1) {
		if n >= 2000 {
			break
		}
		b.WriteString("<p>")
		c.paragraph(&b, paragraph, find, tagURL)
		b.WriteString("</p>")
	}
	c.HTML = b.String()
	return c
}

func (c *Composed) paragraph(b *strings.Builder, text string, find func(string) *actors.Actor, tagURL func(string) string) {
	plain := func(s string) { b.WriteString(strings.ReplaceAll(html.EscapeString(s), "\n", "<br>")) }
	for {
		at := word.FindStringSubmatchIndex(text)
		if at == nil {
			plain(text)
			return
		}
		plain(text[:at[4]])
		found := text[at[4]:at[5]]
		text = text[at[5]:]
		switch found[0] {
		case '@':
			if a := find(found[1:]); a != nil {
				c.mention(b, a)
			} else {
				plain(found)
			}
		case '#':
			name := found[1:]
			c.tag(name)
			b.WriteString(`<a href="` + html.EscapeString(tagURL(strings.ToLower(name))) + `" class="mention hashtag" rel="tag">#<span>` + html.EscapeString(name) + `</span></a>`)
		default:
			link := trimLink(found)
			shown := strings.TrimPrefix(strings.TrimPrefix(link, "https://"), "http://")
			b.WriteString(`<a href="` + html.EscapeString(link) + `" rel="nofollow noopener noreferrer">` + html.EscapeString(shown) + `</a>`)
			plain(found[len(link):])
		}
	}
}

func (c *Composed) mention(b *strings.Builder, a *actors.Actor) {
	b.WriteString(`<span class="h-card"><a href="` + html.EscapeString(a.URL) + `" class="u-url mention">@<span>` + html.EscapeString(a.Name) + `</span></a></span>`)
	for _, m := range c.Mentions {
		if m.ID == a.ID {
			return
		}
	}
	c.Mentions = append(c.Mentions, a)
}

func (c *Composed) tag(name string) {
	name = strings.ToLower(name)
	for _, t := range c.Tags {
		if t == name {
			return
		}
	}
	c.Tags = append(c.Tags, name)
}

var onlyDigits = regexp.MustCompile(`^\p{N}+$`)

// TagName reads a hashtag as it is kept, without # and in small letters, and tells whether it is one.
func TagName(text string) (string, bool) {
	name := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(text), "#"))
	return name, tagName.MatchString(name) && !onlyDigits.MatchString(name)
}
