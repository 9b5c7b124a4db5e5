// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/fault"
)

// Lists are the one kind of further timeline that every client has: each group that one is a member of is a list, with
// the group's number, and its timeline is what was posted in the group.

const mostGroups = 1000

func listOf(group *actors.Actor) list {
	return list{ID: digits(group.ID), Title: group.DisplayName(), RepliesPolicy: "list"}
}

// groups are those that somebody is a member of.
func (a *API) groups(ctx context.Context, of actors.ID) ([]*actors.Actor, error) {
	relations, err := actors.FollowingOf(ctx, a.DB, of, actors.Active, actors.Page{Limit: mostGroups})
	var all []*actors.Actor
	for _, r := range relations {
		if r.Actor.IsGroup() {
			all = append(all, r.Actor)
		}
	}
	return all, err
}

func (a *API) lists(ctx context.Context, c *call) (any, error) {
	groups, err := a.groups(ctx, c.viewer.ID)
	all := []list{}
	for _, g := range groups {
		all = append(all, listOf(g))
	}
	return all, err
}

// group is the group that the path names, when who asks is a member of it.
func (c *call) group(ctx context.Context) (*actors.Actor, error) {
	group, err := c.target(ctx)
	if err != nil {
		return nil, err
	}
	role, err := actors.RoleOf(ctx, c.api.DB, c.viewer.ID, group.ID)
	if err != nil {
		return nil, err
	}
	if role == "" || !group.IsGroup() {
		return nil, fault.Say(fault.NotFound, "Record not found")
	}
	return group, nil
}

func (a *API) oneList(ctx context.Context, c *call) (any, error) {
	group, err := c.group(ctx)
	if err != nil {
		return nil, err
	}
	return listOf(group), nil
}

func (a *API) listTimeline(ctx context.Context, c *call) (any, error) {
	group, err := c.group(ctx)
	if err != nil {
		return nil, err
	}
	p, err := c.page(statusesPage)
	if err != nil {
		return nil, err
	}
	items, err := a.Timelines.Group(ctx, c.viewer, group.ID, false, p)
	return a.timelinePage(ctx, c, items, err)
}

// listAccounts are the members. limit=0 asks for all of them, and gets as many as there are on the largest page.
func (a *API) listAccounts(ctx context.Context, c *call) (any, error) {
	group, err := c.group(ctx)
	if err != nil {
		return nil, err
	}
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, err
	}
	if c.Text("limit") == "0" {
		p.Limit = accountsPage.most
	}
	members, err := actors.FollowersOf(ctx, a.DB, group.ID, actors.Active, p)
	return a.related(c, members, err)
}

// accountLists are the groups that one shares with somebody.
func (a *API) accountLists(ctx context.Context, c *call) (any, error) {
	other, err := c.target(ctx)
	if err != nil {
		return nil, err
	}
	mine, err := a.groups(ctx, c.viewer.ID)
	if err != nil {
		return nil, err
	}
	theirs, err := a.groups(ctx, other.ID)
	if err != nil {
		return nil, err
	}
	shared := map[actors.ID]bool{}
	for _, g := range theirs {
		shared[g.ID] = true
	}
	all := []list{}
	for _, g := range mine {
		if shared[g.ID] {
			all = append(all, listOf(g))
		}
	}
	return all, nil
}
