// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"fmt"
	"html/template"
	"strconv"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
)

// quote is what a post shows of another that it quotes.
type quote struct {
	*content.Item
	By   *profileLink
	Path string
	Lang string
	HTML template.HTML
}

// quoted loads what the items quote and may show, as far as the viewer may see it.
func (w *Web) quoted(ctx context.Context, v actors.Viewer, items []*content.Item) (map[content.ID]*content.Item, error) {
	var ids []content.ID
	for _, i := range items {
		if i.Quote.Of != 0 && i.Quote.State == content.QuoteAccepted {
			ids = append(ids, i.Quote.Of)
		}
	}
	found, err := content.Many(ctx, w.DB, v, ids)
	if err != nil {
		return nil, fmt.Errorf("load what is quoted: %w", err)
	}
	return found, nil
}

// quote puts what a post quotes below its text, in the place of the link that stands for it elsewhere. What is not shown stays a link.
func (w *Web) quote(p *post, of *content.Item, author *actors.Actor) {
	if p.Quote.State != content.QuoteAccepted || of == nil || author == nil || !author.Active() {
		return
	}
	p.HTML = template.HTML(actors.SanitizeHTML(content.WithoutQuoteLink(p.Content)))
	p.Quoted = &quote{Item: of, By: w.link(author), Path: "/posts/" + strconv.FormatInt(int64(of.ID), 10), Lang: langAttribute(of.Language),
		HTML: template.HTML(actors.SanitizeHTML(of.Content))}
}

// Unquoted is the key of why a quote is not shown, "" when it is or there is none.
func (p *post) Unquoted() string {
	switch {
	case p.Quote.IRI == "" || p.Quoted != nil:
		return ""
	case p.Quote.State == content.QuotePending:
		return "post.quote.pending"
	case p.Quote.State == content.QuoteDeleted:
		return "post.quote.deleted"
	}
	return "post.quote.hidden"
}

// Warned tells whether the quoted text is behind a warning.
func (q *quote) Warned() bool { return q.Summary != "" }
