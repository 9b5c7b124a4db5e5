// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"errors"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Lists are the one kind of further timeline that every client has. People make their own; and each group that one is a member
// of is a list too, with the group's number, whose timeline is what was posted in the group. Those cannot be changed: joining
// and leaving the group does.

const mostGroups = 1000

func listOfGroup(group *actors.Actor) list {
	return list{ID: digits(group.ID), Title: group.DisplayName(), RepliesPolicy: actors.RepliesList}
}

func listOf(l actors.List) list {
	return list{ID: digits(l.ID), Title: l.Title, RepliesPolicy: l.Replies, Exclusive: l.Exclusive}
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
	own, err := actors.ListsOf(ctx, a.DB, c.viewer.ID)
	if err != nil {
		return nil, err
	}
	groups, err := a.groups(ctx, c.viewer.ID)
	all := []list{}
	for _, l := range own {
		all = append(all, listOf(l))
	}
	for _, g := range groups {
		all = append(all, listOfGroup(g))
	}
	return all, err
}

// list is what the path names: a list of who asks, or else (group) a group that who asks is a member of.
func (c *call) list(ctx context.Context) (l actors.List, group *actors.Actor, err error) {
	id, err := c.id("id")
	if err != nil {
		return l, nil, err
	}
	if l, err = actors.ListByID(ctx, c.api.DB, c.viewer.ID, actors.ListID(id)); errors.Is(err, fault.NotFound) {
		group, err = c.group(ctx)
	}
	return l, group, err
}

// ownList is a list that can be changed.
func (c *call) ownList(ctx context.Context) (actors.List, error) {
	l, group, err := c.list(ctx)
	if err == nil && group != nil {
		err = fault.Say(fault.Invalid, "This list is the group %s: join or leave the group to change it.", group.Handle())
	}
	return l, err
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
	l, group, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	if group != nil {
		return listOfGroup(group), nil
	}
	return listOf(l), nil
}

// describeList puts what was sent into a list; what was not stays.
func (c *call) describeList(l *actors.List) {
	if c.Has("title") {
		l.Title = c.Text("title")
	}
	if policy := c.Text("replies_policy"); policy != "" {
		l.Replies = policy
	}
	l.Exclusive = c.Bool("exclusive", l.Exclusive)
}

func (a *API) makeList(ctx context.Context, c *call) (any, error) {
	l := actors.List{Owner: c.viewer.ID, Replies: actors.RepliesList}
	c.describeList(&l)
	err := a.DB.Tx(ctx, func(tx *db.Tx) error { return a.Dir.MakeList(ctx, tx, &l) })
	return listOf(l), err
}

func (a *API) changeList(ctx context.Context, c *call) (any, error) {
	l, err := c.ownList(ctx)
	if err != nil {
		return nil, err
	}
	c.describeList(&l)
	err = a.DB.Tx(ctx, func(tx *db.Tx) error { return actors.ChangeList(ctx, tx, &l) })
	return listOf(l), err
}

func (a *API) removeList(ctx context.Context, c *call) (any, error) {
	l, err := c.ownList(ctx)
	if err != nil {
		return nil, err
	}
	return empty{}, a.DB.Tx(ctx, func(tx *db.Tx) error { return actors.RemoveList(ctx, tx, l.ID) })
}

func (a *API) listTimeline(ctx context.Context, c *call) (any, error) {
	l, group, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	p, err := c.page(statusesPage)
	if err != nil {
		return nil, err
	}
	var items []*content.Item
	if group != nil {
		items, err = a.Timelines.Group(ctx, c.viewer, group.ID, false, p)
	} else {
		items, err = a.Timelines.List(ctx, l, p)
	}
	return a.timelinePage(ctx, c, items, err)
}

// listAccounts are the members. limit=0 asks for all of them: of one's own list one gets them, of a group as many as there are on
// the largest page.
func (a *API) listAccounts(ctx context.Context, c *call) (any, error) {
	l, group, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, err
	}
	all := c.Text("limit") == "0"
	if group != nil {
		if all {
			p.Limit = accountsPage.most
		}
		members, err := actors.FollowersOf(ctx, a.DB, group.ID, actors.Active, p)
		return a.related(c, members, err)
	}
	if all {
		p.Limit = actors.MaxListMembers
	}
	members, cursors, err := actors.ListMembers(ctx, a.DB, l.ID, p)
	if err != nil {
		return nil, err
	}
	if !all {
		linkCursors(c, cursors)
	}
	return a.accounts(members), nil
}

func (a *API) addToList(ctx context.Context, c *call) (any, error) {
	return a.changeMembers(ctx, c, a.Dir.AddToList)
}

func (a *API) takeFromList(ctx context.Context, c *call) (any, error) {
	return a.changeMembers(ctx, c, actors.TakeFromList)
}

func (a *API) changeMembers(ctx context.Context, c *call, change func(context.Context, *db.Tx, actors.List, []actors.ID) error) (any, error) {
	l, err := c.ownList(ctx)
	if err != nil {
		return nil, err
	}
	sent := c.List("account_ids")
	who := ids[actors.ID](c.params, "account_ids", actors.MaxListMembers)
	switch {
	case len(sent) == 0:
		return nil, fault.Say(fault.Invalid, "Validation failed: account_ids, the accounts to add or to remove, is missing.")
	case len(who) < len(sent):
		return nil, fault.Say(fault.NotFound, "Record not found")
	}
	return empty{}, a.DB.Tx(ctx, func(tx *db.Tx) error { return change(ctx, tx, l, who) })
}

// accountLists are one's own lists that somebody is on, and the groups that one shares with somebody.
func (a *API) accountLists(ctx context.Context, c *call) (any, error) {
	other, err := c.target(ctx)
	if err != nil {
		return nil, err
	}
	own, err := actors.ListsWith(ctx, a.DB, c.viewer.ID, other.ID)
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
	for _, l := range own {
		all = append(all, listOf(l))
	}
	for _, g := range mine {
		if shared[g.ID] {
			all = append(all, listOfGroup(g))
		}
	}
	return all, nil
}
