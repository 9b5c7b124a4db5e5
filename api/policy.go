// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"strconv"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

type policy struct {
	NotFollowing string        `json:"for_not_following"`
	NotFollowers string        `json:"for_not_followers"`
	NewAccounts  string        `json:"for_new_accounts"`
	Private      string        `json:"for_private_mentions"`
	Limited      string        `json:"for_limited_accounts"`
	Summary      policySummary `json:"summary"`
}

type policySummary struct {
	Requests      int `json:"pending_requests_count"`
	Notifications int `json:"pending_notifications_count"`
}

type notificationRequest struct {
	ID         string   `json:"id"`
	CreatedAt  string   `json:"created_at"`
	UpdatedAt  string   `json:"updated_at"`
	Account    *account `json:"account"`
	Count      string   `json:"notifications_count"` // a text, as in Mastodon
	LastStatus *status  `json:"last_status,omitempty"`
}

var strictness = [...]string{timeline.Accept: "accept", timeline.Apart: "filter", timeline.Drop: "drop"}

func (a *API) policy(ctx context.Context, c *call) (any, error) {
	p, err := a.Timelines.Policy(ctx, c.viewer)
	if err != nil {
		return nil, err
	}
	return a.policyOf(ctx, c, p)
}

func (a *API) policyOf(ctx context.Context, c *call, p timeline.Policy) (any, error) {
	requests, notifications, err := a.Timelines.Pending(ctx, c.viewer)
	return policy{strictness[p.NotFollowing], strictness[p.NotFollowers], strictness[p.NewAccounts], strictness[p.Private], strictness[p.Limited],
		policySummary{requests, notifications}}, err
}

func (a *API) changePolicy(ctx context.Context, c *call) (any, error) {
	wanted := map[string]timeline.Strictness{}
	for _, name := range []string{"for_not_following", "for_not_followers", "for_new_accounts", "for_private_mentions", "for_limited_accounts"} {
		word := c.Text(name)
		if word == "" {
			continue
		}
		known := false
		for s, each := range strictness {
			if each == word {
				wanted[name], known = timeline.Strictness(s), true
			}
		}
		if !known {
			return nil, fault.Say(fault.Invalid, "Validation failed: %s must be accept, filter or drop.", name)
		}
	}
	p, err := a.Timelines.ChangePolicy(ctx, c.viewer, func(p *timeline.Policy) {
		for name, into := range map[string]*timeline.Strictness{"for_not_following": &p.NotFollowing, "for_not_followers": &p.NotFollowers,
			"for_new_accounts": &p.NewAccounts, "for_private_mentions": &p.Private, "for_limited_accounts": &p.Limited} {
			if s, ok := wanted[name]; ok {
				*into = s
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return a.policyOf(ctx, c, p)
}

// requestsOf shows requests; one whose account is gone is left out.
func (a *API) requestsOf(ctx context.Context, v actors.Viewer, list []timeline.Request) ([]notificationRequest, error) {
	people, last := make([]actors.ID, len(list)), []content.ID{}
	for n, r := range list {
		people[n] = r.Actor
		if r.Last != 0 {
			last = append(last, r.Last)
		}
	}
	known, err := actors.Many(ctx, a.DB, people)
	if err != nil {
		return nil, err
	}
	statuses, err := a.statusesByID(ctx, v, last)
	all := []notificationRequest{}
	for _, r := range list {
		if who := known[r.Actor]; who != nil {
			all = append(all, notificationRequest{digits(r.ID), stamp(db.TimeOf(r.First)), stamp(db.TimeOf(r.Latest)), a.account(who), strconv.Itoa(r.Notifications), statuses[r.Last]})
		}
	}
	return all, err
}

func (a *API) requests(ctx context.Context, c *call) (any, error) {
	p, err := c.page(notificationsPage)
	if err != nil {
		return nil, err
	}
	list, err := a.Timelines.Requests(ctx, c.viewer, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(r timeline.Request) int64 { return r.ID })
	return a.requestsOf(ctx, c.viewer, list)
}

func (a *API) oneRequest(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	r, err := a.Timelines.Request(ctx, c.viewer, id)
	if err != nil {
		return nil, err
	}
	all, err := a.requestsOf(ctx, c.viewer, []timeline.Request{r})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.Say(fault.NotFound, "Record not found")
	}
	return all[0], nil
}

func (a *API) acceptRequest(ctx context.Context, c *call) (any, error) {
	return a.answerRequest(ctx, c, true)
}

func (a *API) dismissRequest(ctx context.Context, c *call) (any, error) {
	return a.answerRequest(ctx, c, false)
}

func (a *API) answerRequest(ctx context.Context, c *call, accept bool) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return empty{}, a.Timelines.AnswerRequests(ctx, c.viewer, []int64{id}, accept, false)
}

func (a *API) acceptRequests(ctx context.Context, c *call) (any, error) {
	return a.answerRequests(ctx, c, true)
}

func (a *API) dismissRequests(ctx context.Context, c *call) (any, error) {
	return a.answerRequests(ctx, c, false)
}

const mostRequests = 200 // answered at once

// answerRequests leaves out what does not exist.
func (a *API) answerRequests(ctx context.Context, c *call, accept bool) (any, error) {
	asked := ids[int64](c.params, "id", mostRequests)
	if len(asked) == 0 {
		return nil, fault.Say(fault.Invalid, "Validation failed: id must be a list of ids of requests.")
	}
	return empty{}, a.Timelines.AnswerRequests(ctx, c.viewer, asked, accept, true)
}

// merged says that what was accepted is in the list: here it is so as soon as the request is answered.
func merged(context.Context, *call) (any, error) {
	return struct {
		Merged bool `json:"merged"`
	}{true}, nil
}
