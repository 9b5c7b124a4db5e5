// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
)

// resolveTime is how long a search waits for another server.
const resolveTime = 10 * time.Second

var searchLimit = limits{20, 40}

// search finds people, hashtags and posts. The address of a profile or post finds exactly that one: clients open links so.
func (a *API) search(ctx context.Context, c *call) (any, error) {
	q, kind := strings.TrimSpace(c.Text("q")), c.Text("type")
	if q == "" {
		return nil, fault.Say(fault.Malformed, "Validation failed: q, the words to search for, is missing.")
	}
	limit, err := c.limit(searchLimit)
	if err != nil {
		return nil, err
	}
	offset, err := c.offset()
	if err != nil {
		return nil, err
	}
	resolve := c.Bool("resolve", false)
	if !c.viewer.Local() && (resolve || offset > 0) {
		return nil, fault.Say(fault.Unauthorized, "Search queries that resolve or page need an access token.")
	}
	x := found{Accounts: []*account{}, Statuses: []*status{}, Hashtags: []tag{}}
	if isAddress(q) {
		return a.open(ctx, c, x, q, kind, resolve)
	}
	if kind == "" || kind == "accounts" {
		people, err := a.people(ctx, c, q, limit, offset, resolve)
		if err != nil {
			return nil, err
		}
		x.Accounts = a.accounts(people)
	}
	if kind == "accounts" {
		return x, nil
	}
	rest := kind
	if rest == "" {
		rest = "hashtags"
	}
	f, err := a.Timelines.Search(ctx, c.viewer, q, rest, limit, offset)
	if err != nil {
		return nil, err
	}
	for _, name := range f.Tags {
		x.Hashtags = append(x.Hashtags, a.tagOf(name))
	}
	x.Statuses, err = a.statuses(ctx, c.viewer, f.Items)
	return x, err
}

func isAddress(q string) bool {
	return (strings.HasPrefix(q, "https://") || strings.HasPrefix(q, "http://")) && !strings.ContainsAny(q, " \t\n")
}

// open finds what has an address. What cannot be had is nothing found, and no error: the address came from a person.
func (a *API) open(ctx context.Context, c *call, x found, address, kind string, resolve bool) (any, error) {
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
			return who, nil, nil
		}
		i, err := content.ByIRI(ctx, a.DB, v, address)
		return nil, i, err
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	who, item, err := a.Inbox.Resolve(ctx, address)
	if err == nil && item != nil {
		item, err = content.Get(ctx, a.DB, v, item.ID)
	}
	return who, item, err
}

// people finds known ones, and with resolve whoever has exactly this handle on another server.
func (a *API) people(ctx context.Context, c *call, q string, limit, offset int, resolve bool) ([]*actors.Actor, error) {
	f, err := a.Timelines.Search(ctx, c.viewer, q, "accounts", limit, offset)
	if err != nil {
		return nil, err
	}
	people := f.Actors
	name, domain, err := federation.ParseHandle(q)
	if err != nil || domain == "" || !resolve || offset > 0 {
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
	if err != nil {
		a.logger().Info("client API: resolve", "handle", q, "error", err)
		return people, nil
	}
	return append([]*actors.Actor{who}, people[:min(len(people), limit-1)]...), nil
}

func (a *API) searchAccounts(ctx context.Context, c *call) (any, error) {
	q := strings.TrimSpace(c.Text("q"))
	limit, err := c.limit(accountsPage)
	if err != nil {
		return nil, err
	}
	offset, err := c.offset()
	if err != nil {
		return nil, err
	}
	people, err := a.people(ctx, c, q, limit, offset, c.Bool("resolve", false))
	if err != nil {
		return nil, err
	}
	if c.Bool("following", false) {
		if people, err = a.followed(ctx, c.viewer.ID, people); err != nil {
			return nil, fmt.Errorf("search among the followed: %w", err)
		}
	}
	return a.accounts(people), nil
}

func (a *API) followed(ctx context.Context, me actors.ID, people []*actors.Actor) ([]*actors.Actor, error) {
	asked := make([]actors.ID, len(people))
	for i, p := range people {
		asked[i] = p.ID
	}
	standings, err := actors.Standings(ctx, a.DB, me, asked)
	var some []*actors.Actor
	for _, p := range people {
		if err == nil && standings[p.ID].Outgoing.State == actors.Active {
			some = append(some, p)
		}
	}
	return some, err
}
