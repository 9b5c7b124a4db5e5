// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"html"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
)

// card is a PreviewCard. It never has HTML of the page.
type card struct {
	URL              string       `json:"url"`
	Title            string       `json:"title"`
	Description      string       `json:"description"`
	Language         *string      `json:"language"`
	Type             string       `json:"type"`
	Authors          []cardAuthor `json:"authors"`
	AuthorName       string       `json:"author_name"`
	AuthorURL        string       `json:"author_url"`
	ProviderName     string       `json:"provider_name"`
	ProviderURL      string       `json:"provider_url"`
	HTML             string       `json:"html"`
	Width            int          `json:"width"`
	Height           int          `json:"height"`
	Image            *string      `json:"image"`
	ImageDescription string       `json:"image_description"`
	EmbedURL         string       `json:"embed_url"`
	Blurhash         *string      `json:"blurhash"`
	PublishedAt      *string      `json:"published_at"`
}

type cardAuthor struct {
	Name    string   `json:"name"`
	URL     string   `json:"url"`
	Account *account `json:"account"`
}

// card shows a preview; its writer is an account when the page's domain may name it.
func (a *API) card(of *content.Card, writer *account) *card {
	x := &card{URL: of.URL, Title: of.Title, Description: of.Description, Language: textOrNull(of.Language), Type: of.Kind, Authors: []cardAuthor{}, AuthorName: of.AuthorName,
		AuthorURL: of.AuthorURL, ProviderName: of.ProviderName, ProviderURL: of.ProviderURL, Width: of.Width, Height: of.Height,
		Image: textOrNull(a.Media.ProxyURL(of.Image)), ImageDescription: of.ImageDescription, PublishedAt: stampOrNull(of.Published)}
	if of.Kind == "photo" {
		x.EmbedURL = a.Media.ProxyURL(of.Image)
	}
	if of.AuthorName != "" || writer != nil {
		x.Authors = append(x.Authors, cardAuthor{of.AuthorName, of.AuthorURL, writer})
	}
	return x
}

func (a *API) oneCard(ctx context.Context, c *call) (any, error) {
	i, err := c.original(ctx)
	if err != nil {
		return nil, err
	}
	s, err := a.status(ctx, c.viewer, i)
	if err == nil && s.Card == nil {
		err = fault.Say(fault.NotFound, "This post has no preview of a link.")
	}
	if err != nil {
		return nil, err
	}
	return s.Card, nil
}

// linkTimeline is what was written for everybody about a page.
func (a *API) linkTimeline(ctx context.Context, c *call) (any, error) {
	p, err := c.page(statusesPage)
	if err != nil {
		return nil, err
	}
	items, err := a.Timelines.Link(ctx, c.viewer, c.Text("url"), p)
	return a.timelinePage(ctx, c, items, err)
}

// oembed is what others show of a post when somebody links to it (oembed.com §2.3.4).
type oembed struct {
	Type         string `json:"type"`
	Version      string `json:"version"`
	Title        string `json:"title"`
	AuthorName   string `json:"author_name"`
	AuthorURL    string `json:"author_url"`
	ProviderName string `json:"provider_name"`
	ProviderURL  string `json:"provider_url"`
	CacheAge     int    `json:"cache_age"` // seconds
	HTML         string `json:"html"`
	Width        int    `json:"width"`
	Height       *int   `json:"height"` // as high as the text is
}

const (
	embedWidth = 400
	embedCache = 86_400
)

// oembed answers for posts of ours that everybody may read. The HTML is a quotation without scripts.
func (a *API) oembed(ctx context.Context, c *call) (any, error) {
	if format := c.Text("format"); format != "" && format != "json" {
		return nil, fault.Say(fault.Invalid, "This server answers in the format json only.")
	}
	width, err := c.Number("maxwidth")
	if err != nil {
		return nil, err
	}
	if width <= 0 || width > embedWidth {
		width = embedWidth
	}
	gone := fault.Say(fault.NotFound, "There is no public post of this server at that address.")
	address := c.Text("url")
	if federation.CheckID(address) != nil || !a.Dir.Ours(address) {
		return nil, gone
	}
	i, err := content.ByIRI(ctx, a.DB, actors.Anybody, address)
	if err != nil || !i.Local || i.BoostOf != 0 {
		return nil, gone
	}
	author, err := actors.Get(ctx, a.DB, i.Author)
	if err != nil {
		return nil, gone
	}
	text := body(i)
	if i.Summary != "" {
		text = "<p>" + html.EscapeString(i.Summary) + "</p>"
	}
	by, at := html.EscapeString(author.DisplayName()+" ("+author.Handle()+")"), html.EscapeString(i.URL)
	return oembed{Type: "rich", Version: "1.0", Title: author.DisplayName(), AuthorName: author.DisplayName(), AuthorURL: author.URL, ProviderName: a.Name,
		ProviderURL: a.Dir.URL("/"), CacheAge: embedCache, Width: int(width), HTML: `<blockquote cite="` + at + `">` + text + `<footer><a href="` + at + `">` + by + `</a></footer></blockquote>`}, nil
}
