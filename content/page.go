// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
)

// What is read of a page, and of what it offers as oEmbed.
const (
	maxPage  = 1 << 20
	maxEmbed = 128 << 10
)

// readCard reads a page and what it says about itself: Open Graph (ogp.me), its title and description, and oEmbed (oembed.com §4) where it
// offers that. Its HTML for embedding is never used.
func (l *Library) readCard(ctx context.Context, link string) (*Card, error) {
	if decided, err := actors.DecisionOn(ctx, l.DB, federation.Host(link)); err != nil || decided.Policy == actors.PeerBlocked {
		return nil, errors.Join(err, fault.Say(fault.Forbidden, "This node has no contact with %s.", federation.Host(link)))
	}
	const pages = "text/html, application/xhtml+xml;q=0.9"
	page, kind, err := l.Dir.Client.Page(ctx, link, pages, maxPage)
	if safe, plain := strings.CutPrefix(link, "http://"); plain && errors.Is(err, fault.Malformed) { // this node reads nothing unencrypted
		page, kind, err = l.Dir.Client.Page(ctx, "https://"+safe, pages, maxPage)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", link, err)
	}
	if media, _, _ := mime.ParseMediaType(kind); media != "text/html" && media != "application/xhtml+xml" {
		return nil, fault.Say(fault.Invalid, "%s is no page.", link)
	}
	about := readPage(page.Body, kind)
	base, err := url.Parse(page.URL)
	if err != nil {
		return nil, fault.Say(fault.Invalid, "%s cannot be read.", page.URL)
	}
	c := about.card(base)
	if about.oembed != "" {
		if offered := pageAddress(base, about.oembed); offered != "" {
			if embed, _, err := l.Dir.Client.Page(ctx, offered, "application/json", maxEmbed); err == nil {
				c.embed(embed.Body, base)
			}
		}
	}
	if c.Title == "" {
		return nil, fault.Say(fault.Invalid, "%s says nothing about itself.", link)
	}
	return c, l.attribute(ctx, c, about.first("fediverse:creator"), base.Hostname())
}

// attribute finds who wrote a page, as its fediverse:creator says. That counts when this actor lets the domain say so.
func (l *Library) attribute(ctx context.Context, c *Card, handle, host string) error {
	name, domain, err := federation.ParseHandle(strings.TrimPrefix(strings.TrimSpace(handle), "@"))
	if err != nil {
		return nil
	}
	a, err := l.Dir.ResolveHandle(ctx, name, domain)
	if err != nil {
		return nil
	}
	if !slices.ContainsFunc(a.Attribution, func(allowed string) bool {
		allowed = strings.ToLower(allowed)
		return allowed != "" && (host == allowed || strings.HasSuffix(host, "."+allowed))
	}) {
		return nil
	}
	if c.Author = a.ID; c.AuthorName == "" {
		c.AuthorName, c.AuthorURL = a.DisplayName(), a.URL
	}
	return nil
}

// about is what stands in the head of a page.
type about struct {
	meta             map[string][]string // by name or property, lower case
	title, canonical string
	oembed, language string
}

func (p *about) first(names ...string) string {
	for _, name := range names {
		for _, value := range p.meta[name] {
			if value = strings.TrimSpace(value); value != "" {
				return value
			}
		}
	}
	return ""
}

func readPage(body []byte, contentType string) *about {
	p := &about{meta: map[string][]string{}}
	text, err := charset.NewReader(bytes.NewReader(body), contentType)
	if err != nil {
		return p
	}
	z := html.NewTokenizer(text)
	inTitle := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return p
		case html.TextToken:
			if inTitle {
				p.title += string(z.Text())
			}
		case html.EndTagToken:
			inTitle = false
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			inTitle = t.Data == "title" && p.title == ""
			p.element(t)
		}
	}
}

func (p *about) element(t html.Token) {
	attributes := map[string]string{}
	for _, a := range t.Attr {
		attributes[a.Key] = a.Val
	}
	switch t.Data {
	case "html":
		p.language = attributes["lang"]
	case "meta":
		name := strings.ToLower(attributes["property"])
		if name == "" {
			name = strings.ToLower(attributes["name"])
		}
		if name != "" && len(p.meta[name]) < 4 && len(p.meta) < 200 {
			p.meta[name] = append(p.meta[name], attributes["content"])
		}
	case "link":
		switch rel := strings.Fields(strings.ToLower(attributes["rel"])); {
		case slices.Contains(rel, "canonical") && p.canonical == "":
			p.canonical = attributes["href"]
		case slices.Contains(rel, "alternate") && p.oembed == "" && strings.EqualFold(attributes["type"], "application/json+oembed"):
			p.oembed = attributes["href"]
		}
	}
}

// card is what a page says; only texts and addresses.
func (p *about) card(base *url.URL) *Card {
	c := &Card{URL: base.String(), Kind: "link", Title: actors.CleanText(p.first("og:title", "twitter:title"), 200),
		Description: actors.CleanText(p.first("og:description", "twitter:description", "description"), 500), AuthorName: actors.CleanText(p.first("author"), 100),
		ProviderName: actors.CleanText(p.first("og:site_name"), 100), Image: pageAddress(base, p.first("og:image:secure_url", "og:image", "og:image:url", "twitter:image")),
		ImageDescription: actors.CleanText(p.first("og:image:alt", "twitter:image:alt"), 500)}
	if c.Title == "" {
		c.Title = actors.CleanText(p.title, 200)
	}
	if own := pageAddress(base, p.canonical); own != "" && federation.SameOrigin(own, c.URL) {
		c.URL = own
	}
	if strings.HasPrefix(p.first("og:type"), "video") {
		c.Kind = "video"
	}
	if c.Language = strings.ReplaceAll(p.language, "_", "-"); !IsLanguage(c.Language) {
		c.Language = ""
	}
	if c.Image != "" {
		c.Width, c.Height = pixels(p.first("og:image:width")), pixels(p.first("og:image:height"))
	}
	if at, err := time.Parse(time.RFC3339, p.first("article:published_time")); err == nil && at.Year() > 1990 && at.Before(time.Now()) {
		c.Published = at
	}
	return c
}

// embed adds what a page offers as oEmbed.
func (c *Card) embed(body []byte, base *url.URL) {
	var e struct {
		Type         string `json:"type"`
		Title        string `json:"title"`
		AuthorName   string `json:"author_name"`
		AuthorURL    string `json:"author_url"`
		ProviderName string `json:"provider_name"`
		ProviderURL  string `json:"provider_url"`
		Thumbnail    string `json:"thumbnail_url"`
		URL          string `json:"url"`
		Width        any    `json:"width"`
		Height       any    `json:"height"`
	}
	if json.Unmarshal(body, &e) != nil {
		return
	}
	fill := func(into *string, value string) {
		if *into == "" {
			*into = value
		}
	}
	fill(&c.Title, actors.CleanText(e.Title, 200))
	fill(&c.AuthorName, actors.CleanText(e.AuthorName, 100))
	fill(&c.AuthorURL, pageAddress(base, e.AuthorURL))
	fill(&c.ProviderName, actors.CleanText(e.ProviderName, 100))
	fill(&c.ProviderURL, pageAddress(base, e.ProviderURL))
	switch e.Type {
	case "photo":
		if picture := pageAddress(base, e.URL); picture != "" {
			c.Kind, c.Image, c.Width, c.Height = "photo", picture, pixels(fmt.Sprint(e.Width)), pixels(fmt.Sprint(e.Height))
		}
	case "video":
		c.Kind = "video"
	}
	if c.Image == "" {
		c.Image = pageAddress(base, e.Thumbnail)
	}
}

func pixels(text string) int {
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(text), "px"))
	if err != nil || n < 0 || n > 20_000 {
		return 0
	}
	return n
}
