// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/outbox"
)

// quotation is the part of a status that has to do with quotes.
type quotation struct {
	Quote    any           `json:"quote"` // a quote, in a status that is quoted itself a shallowQuote, or null
	Approval quoteApproval `json:"quote_approval"`
}

type quote struct {
	State  string  `json:"state"`
	Quoted *status `json:"quoted_status"`
}

// shallowQuote stands for the quote in a status that is quoted itself.
type shallowQuote struct {
	State  string  `json:"state"`
	Quoted *string `json:"quoted_status_id"`
}

type quoteApproval struct {
	Automatic   []string `json:"automatic"`
	Manual      []string `json:"manual"`
	CurrentUser string   `json:"current_user"`
}

// quotes is what a list of statuses shows of what they quote.
type quotes struct {
	items  map[content.ID]*content.Item   // what is quoted, and what is quoted in that: as far as the viewer may see it
	stands map[actors.ID]*actors.Standing // how the viewer stands to the authors
}

// loadQuotes loads what the items quote, and what that quotes: two levels, as they are shown.
func (a *API) loadQuotes(ctx context.Context, v actors.Viewer, items []*content.Item) (quoted []*content.Item, q quotes, err error) {
	q = quotes{items: map[content.ID]*content.Item{}}
	level := items
	for depth := range 2 {
		var ids []content.ID
		for _, i := range level {
			if i.Quote.Of != 0 {
				ids = append(ids, i.Quote.Of)
			}
		}
		found, err := content.Many(ctx, a.DB, v, ids)
		if err != nil {
			return nil, q, err
		}
		level = nil
		for id, i := range found {
			q.items[id] = i
			level = append(level, i)
		}
		if depth == 0 {
			quoted = level
		}
	}
	return quoted, q, nil
}

// loadStandings finds how the viewer stands to the authors of what may be quoted, where that matters.
func (a *API) loadStandings(ctx context.Context, v actors.Viewer, s *shown, items []*content.Item) (err error) {
	if !v.Local() {
		return nil
	}
	seen := map[actors.ID]bool{v.ID: true}
	var authors []actors.ID
	add := func(id actors.ID) {
		if !seen[id] {
			seen[id] = true
			authors = append(authors, id)
		}
	}
	for _, i := range items {
		if i.QuoteRule().Personal() {
			add(i.Author)
		}
	}
	for _, i := range s.quotes.items {
		add(i.Author)
	}
	s.quotes.stands, err = actors.Standings(ctx, a.DB, v.ID, authors)
	return err
}

// quoteOf is the quote in a status: null when it quotes nothing. What the viewer may not see is unauthorized, whatever else it is.
func (a *API) quoteOf(s *shown, i *content.Item, nested bool) any {
	if i.Quote.IRI == "" {
		return nil
	}
	state, of := i.Quote.State, s.quotes.items[i.Quote.Of]
	if state == content.QuoteAccepted {
		switch stands := s.quotes.stands[authorOrNobody(of)]; {
		case of == nil:
			state = content.QuoteUnauthorized
		case stands != nil && stands.Blocking:
			state = "blocked_account"
		case stands != nil && stands.DomainBlocking:
			state = "blocked_domain"
		case stands != nil && stands.Muting:
			state = "muted_account"
		}
	} else {
		of = nil
	}
	if nested {
		x := shallowQuote{State: state}
		if of != nil {
			x.Quoted = digitsOrNull(of.ID)
		}
		return x
	}
	x := quote{State: state}
	if of != nil {
		if x.Quoted = a.showQuoted(s, of); x.Quoted == nil {
			x.State = content.QuoteUnauthorized
		}
	}
	return x
}

func authorOrNobody(i *content.Item) actors.ID {
	if i == nil {
		return 0
	}
	return i.Author
}

// showQuoted shows an item inside of one that quotes it.
func (a *API) showQuoted(s *shown, i *content.Item) *status {
	x := a.showBare(s, i)
	if x != nil {
		x.Quote = a.quoteOf(s, i, true)
	}
	return x
}

// approvalOf says who may quote an item, and whether the viewer may.
func approvalOf(s *shown, i *content.Item) quoteApproval {
	r, follows, followed := i.QuoteRule(), false, false
	if stands := s.quotes.stands[i.Author]; stands != nil {
		follows, followed = stands.Outgoing.State == actors.Active, stands.Incoming.State == actors.Active
	}
	who := s.viewer.ID
	if !s.viewer.Local() {
		who = 0
	}
	return quoteApproval{Automatic: append([]string{}, r.Automatic...), Manual: append([]string{}, r.Manual...), CurrentUser: r.MayQuote(i, who, follows, followed)}
}

// quotesOf lists the statuses that quote one: those that who asks may see.
func (a *API) quotesOf(ctx context.Context, c *call) (any, error) {
	i, err := c.original(ctx)
	if err != nil {
		return nil, err
	}
	page, err := c.page(statusesPage)
	if err != nil {
		return nil, err
	}
	items, err := a.Timelines.Quotes(ctx, c.viewer, i.ID, page)
	return a.timelinePage(ctx, c, items, err)
}

func (a *API) revokeQuote(ctx context.Context, c *call) (any, error) {
	return a.on(ctx, c, func(me *actors.Actor, id content.ID) (*content.Item, error) {
		quoting, err := c.id("quoting")
		if err != nil {
			return nil, err
		}
		return a.Outbox.RevokeQuote(ctx, me, id, content.ID(quoting))
	})
}

func (a *API) interactionPolicy(ctx context.Context, c *call) (any, error) {
	return a.on(ctx, c, func(me *actors.Actor, id content.ID) (*content.Item, error) {
		return a.Outbox.SetQuotePolicy(ctx, me, id, c.Text("quote_approval_policy"))
	})
}

// quoting reads quoted_status_id and quote_approval_policy of a new status.
func (c *call) quoting(d *outbox.Draft) error {
	quoted, err := c.Number("quoted_status_id")
	if err != nil || quoted < 0 {
		return fault.Say(fault.Invalid, "Validation failed: quoted_status_id must be the id of a status.")
	}
	d.Quote, d.QuotePolicy = content.ID(quoted), c.Text("quote_approval_policy")
	if d.QuotePolicy == "" {
		d.QuotePolicy = c.access.Account.QuotePolicy
	}
	return nil
}
