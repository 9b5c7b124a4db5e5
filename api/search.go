// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/timeline"
)

// resolveTime is how long a search waits for another server.
const resolveTime = 10 * time.Second

var searchLimit = limits{20, 40}

// found is what a search answers with: always all three lists.
type found[T any] struct {
	Accounts []*account `json:"accounts"`
	Statuses []*status  `json:"statuses"`
	Hashtags []T        `json:"hashtags"`
}

// search2 finds people, hashtags and posts.
func (a *API) search2(ctx context.Context, c *call) (any, error) {
	x, names, err := a.search(ctx, c)
	if err != nil {
		return nil, err
	}
	tags, err := a.tags(ctx, c.viewer, names)
	return found[tag]{x.Accounts, x.Statuses, tags}, err
}

// search1 is search2 as it was before: hashtags are only names.
func (a *API) search1(ctx context.Context, c *call) (any, error) {
	x, names, err := a.search(ctx, c)
	if err != nil {
		return nil, err
	}
	x.Hashtags = append(x.Hashtags, names...)
	return x, nil
}

// search finds people, hashtags and posts. The address of a profile or post finds exactly that one: clients open links so.
func (a *API) search(ctx context.Context, c *call) (x found[string], names []string, err error) {
	x = found[string]{Accounts: []*account{}, Statuses: []*status{}, Hashtags: []string{}}
	q, kind := strings.TrimSpace(c.Text("q")), c.Text("type")
	if q == "" {
		return x, nil, fault.Say(fault.Malformed, "Validation failed: q, the words to search for, is missing.")
	}
	page, err := c.page(searchLimit)
	if err != nil {
		return x, nil, err
	}
	offset, err := c.offset()
	if err != nil {
		return x, nil, err
	}
	resolve := c.Bool("resolve", false)
	if !c.viewer.Local() && (resolve || offset > 0) {
		return x, nil, fault.Say(fault.Unauthorized, "Search queries that resolve or page need an access token.")
	}
	if kind == "" { // of three lists at once no page is the second
		offset = 0
	}
	if isAddress(q) {
		x, err = a.open(ctx, c, x, q, kind, resolve)
		return x, nil, err
	}
	wanted := func(one string) bool { return kind == "" || kind == one }
	if wanted("accounts") && q[0] != '#' {
		people, err := a.people(ctx, c, actors.Search{Text: q, Following: c.Bool("following", false), Limit: page.Limit, Offset: offset}, resolve)
		if err != nil {
			return x, nil, err
		}
		x.Accounts = a.accounts(people)
	}
	if wanted("hashtags") && q[0] != '@' {
		if names, err = a.Timelines.Tags(ctx, q, page.Limit, offset); err != nil {
			return x, nil, err
		}
	}
	if wanted("statuses") {
		s := timeline.Searched{Text: q, Following: c.Bool("following", false), Page: page, Offset: offset}
		if c.Has("account_id") {
			one := ids[actors.ID](c.params, "account_id", 1)
			if len(one) == 0 {
				return x, names, nil
			}
			s.Author = one[0]
		}
		items, err := a.Timelines.Posts(ctx, c.viewer, s)
		if err != nil {
			return x, nil, err
		}
		if x.Statuses, err = a.statuses(ctx, c.viewer, items); err != nil {
			return x, nil, err
		}
	}
	return x, names, nil
}

func isAddress(q string) bool {
	return (strings.HasPrefix(q, "https://") || strings.HasPrefix(q, "http://")) && !strings.ContainsAny(q, " \t\n")
}

// open finds what has an address. What cannot be had is nothing found, and no error: the address came from a person.
func (a *API) open(ctx context.Context, c *call, x found[string], address, kind string, resolve bool) (found[string], error) {
	who, item, err := a.atAddress(ctx, c.viewer, address, resolve)
	switch {
	case err != nil && fault.Status(err) >= 500:
		a.logger().Warn("client API: resolve", "address", address, "error", err)
	case err != nil:
	case who != nil && (kind == "" || kind == "accounts"):
		x.Accounts = append(x.Accounts, a.account(who))
	case item != nil && (kind == "" || kind == "statuses"):
		x.Statuses, err = a.statuses(ctx, c.viewer, []*content.Item{item})
		return x, err
	}
	return x, nil
}

// atAddress looks here and, when asked to, at the server of the address. The gate has the last word on what was found.
func (a *API) atAddress(ctx context.Context, v actors.Viewer, address string, resolve bool) (*actors.Actor, *content.Item, error) {
	if !resolve {
		if who, err := actors.ByIRI(ctx, a.DB, address); err == nil {
			return who, nil, actors.CheckKnown(ctx, a.DB, v, who)
		}
		i, err := content.ByIRI(ctx, a.DB, v, address)
		return nil, i, err
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	who, item, err := a.Inbox.Resolve(ctx, address)
	switch {
	case err == nil && item != nil:
		item, err = content.Get(ctx, a.DB, v, item.ID)
	case err == nil && who != nil:
		err = actors.CheckKnown(ctx, a.DB, v, who)
	}
	return who, item, err
}

// people finds known ones, and with resolve whoever has exactly this handle on another server.
func (a *API) people(ctx context.Context, c *call, s actors.Search, resolve bool) ([]*actors.Actor, error) {
	people, err := actors.Find(ctx, a.DB, c.viewer, s)
	if err != nil {
		return nil, err
	}
	name, domain, err := federation.ParseHandle(s.Text)
	if err != nil || domain == "" || !resolve || s.Offset > 0 || s.Following {
		return people, nil
	}
	for _, p := range people {
		if strings.EqualFold(p.Name, name) && (p.Domain == domain || p.Local && a.ours(domain)) {
			return people, nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	who, err := a.Dir.ResolveHandle(ctx, name, domain)
	if err == nil {
		err = actors.CheckKnown(ctx, a.DB, c.viewer, who)
	}
	if err != nil {
		a.logger().Info("client API: resolve", "handle", s.Text, "error", err)
		return people, nil
	}
	return append([]*actors.Actor{who}, people[:min(len(people), s.Limit-1)]...), nil
}

func (a *API) searchAccounts(ctx context.Context, c *call) (any, error) {
	q := strings.TrimSpace(c.Text("q"))
	limit, offset, err := c.slice(accountsPage)
	if err != nil {
		return nil, err
	}
	people, err := a.people(ctx, c, actors.Search{Text: q, Following: c.Bool("following", false), Limit: limit, Offset: offset}, c.Bool("resolve", false))
	if err != nil {
		return nil, err
	}
	return a.accounts(people), nil
}
