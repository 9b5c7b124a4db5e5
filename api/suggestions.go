// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// suggestion is an account with the reason, in the words of 4.3 and in those of before.
type suggestion struct {
	Source  string   `json:"source"`
	Sources []string `json:"sources"`
	Account *account `json:"account"`
}

func (a *API) suggested(ctx context.Context, c *call) ([]actors.Suggestion, error) {
	limit, err := c.limit(accountsPage)
	if err != nil {
		return nil, err
	}
	return actors.Suggestions(ctx, a.DB, c.viewer, limit)
}

func (a *API) suggestions(ctx context.Context, c *call) (any, error) {
	list, err := a.suggested(ctx, c)
	all := []suggestion{}
	for _, s := range list {
		source := "global"
		if s.Why == actors.FriendsOfFriends {
			source = "past_interactions"
		}
		all = append(all, suggestion{source, []string{s.Why}, a.account(s.Actor)})
	}
	return all, err
}

func (a *API) suggestions1(ctx context.Context, c *call) (any, error) {
	list, err := a.suggested(ctx, c)
	all := []*account{}
	for _, s := range list {
		all = append(all, a.account(s.Actor))
	}
	return all, err
}

func (a *API) dismissSuggestion(ctx context.Context, c *call) (any, error) {
	of, err := c.target(ctx)
	if err != nil {
		return nil, err
	}
	return empty{}, a.DB.Tx(ctx, func(tx *db.Tx) error { return actors.Dismiss(ctx, tx, c.viewer.ID, of.ID) })
}

func (a *API) directory(ctx context.Context, c *call) (any, error) {
	l := actors.Listed{Local: c.Bool("local", false)}
	switch c.Text("order") {
	case "", "active":
	case "new":
		l.New = true
	default:
		return nil, fault.Say(fault.Invalid, "Validation failed: order must be active or new.")
	}
	var err error
	if l.Limit, l.Offset, err = c.slice(accountsPage); err != nil {
		return nil, err
	}
	list, err := actors.Findable(ctx, a.DB, c.viewer, l)
	return a.accounts(list), err
}

type familiar struct {
	ID       string     `json:"id"`
	Accounts []*account `json:"accounts"`
}

// familiarFollowers are, of each of the accounts asked for, those followers whom one follows oneself.
func (a *API) familiarFollowers(ctx context.Context, c *call) (any, error) {
	asked := ids[actors.ID](c.params, "id", mostIDs)
	known, err := actors.Familiar(ctx, a.DB, c.viewer.ID, asked)
	if err != nil {
		return nil, err
	}
	all := []familiar{}
	for _, id := range asked {
		all = append(all, familiar{digits(id), a.accounts(known[id])})
	}
	return all, nil
}
