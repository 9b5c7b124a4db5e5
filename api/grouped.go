// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/timeline"
)

type groupedNotifications struct {
	Accounts []*account          `json:"accounts"`
	Partial  *[]partialAccount   `json:"partial_accounts,omitempty"`
	Statuses []*status           `json:"statuses"`
	Groups   []notificationGroup `json:"notification_groups"`
}

// partialAccount is what an avatar needs.
type partialAccount struct {
	ID           string `json:"id"`
	Acct         string `json:"acct"`
	URL          string `json:"url"`
	Avatar       string `json:"avatar"`
	AvatarStatic string `json:"avatar_static"`
	Locked       bool   `json:"locked"`
	Bot          bool   `json:"bot"`
}

// notificationGroup is a whole group, also on a page: PageMin and PageMax are its first and its last notification.
type notificationGroup struct {
	GroupKey   string   `json:"group_key"`
	Count      int      `json:"notifications_count"`
	Type       string   `json:"type"`
	MostRecent int64    `json:"most_recent_notification_id"` // Mastodon sends a number, and clients decode one
	PageMin    string   `json:"page_min_id"`
	PageMax    string   `json:"page_max_id"`
	Latest     string   `json:"latest_page_notification_at"`
	Accounts   []string `json:"sample_account_ids"`
	StatusID   string   `json:"status_id,omitempty"`

	Report  *report         `json:"report,omitempty"`
	Event   *severance      `json:"event,omitempty"`
	Warning *accountWarning `json:"moderation_warning,omitempty"`
}

func (a *API) grouped(ctx context.Context, c *call) (any, error) {
	f, p, err := c.notificationPage()
	if err != nil {
		return nil, err
	}
	all, err := a.Timelines.NotificationGroups(ctx, c.viewer, f, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, all, func(g timeline.NotificationGroup) int64 { return g.Newest[0].ID })
	return a.results(ctx, c, all)
}

// results shows groups, with the accounts and statuses that they name.
func (a *API) results(ctx context.Context, c *call, all []timeline.NotificationGroup) (groupedNotifications, error) {
	x := groupedNotifications{Accounts: []*account{}, Statuses: []*status{}, Groups: []notificationGroup{}}
	var sampled []timeline.Notification
	for _, b := range all {
		sampled = append(sampled, b.Newest...)
	}
	t, err := a.told(ctx, c.viewer, sampled)
	if err != nil {
		return x, err
	}
	people, about := map[actors.ID]bool{}, map[content.ID]bool{}
	for _, b := range all {
		newest := b.Newest[0]
		g := notificationGroup{GroupKey: b.Key, Count: b.Count, Type: newest.Kind, MostRecent: newest.ID, PageMin: digits(b.Oldest), PageMax: digits(newest.ID),
			Latest: stamp(newest.Time()), Accounts: []string{}}
		for _, n := range b.Newest {
			if !t.shows(n) {
				continue
			}
			g.Accounts = append(g.Accounts, digits(n.Actor))
			if !people[n.Actor] {
				people[n.Actor], x.Accounts = true, append(x.Accounts, t.accounts[n.Actor])
			}
		}
		if len(g.Accounts) == 0 {
			continue
		}
		if item := newest.Item; item != 0 {
			if g.StatusID = digits(item); !about[item] {
				about[item], x.Statuses = true, append(x.Statuses, t.statuses[item])
			}
		}
		g.Report, g.Event, g.Warning = t.decided.reports[newest.About], t.decided.severances[newest.About], t.decided.warnings[newest.About]
		x.Groups = append(x.Groups, g)
	}
	if c.Text("expand_accounts") == "partial_avatars" {
		x.partial()
	}
	return x, nil
}

// partial leaves one full account for each group: the others need only their pictures.
func (x *groupedNotifications) partial() {
	full := map[string]bool{}
	for _, g := range x.Groups {
		full[g.Accounts[0]] = true
	}
	some, rest := []*account{}, []partialAccount{}
	for _, one := range x.Accounts {
		if full[one.ID] {
			some = append(some, one)
		} else {
			rest = append(rest, partialAccount{one.ID, one.Acct, one.URL, one.Avatar, one.AvatarStatic, one.Locked, one.Bot})
		}
	}
	x.Accounts, x.Partial = some, &rest
}

func (a *API) unreadGroups(ctx context.Context, c *call) (any, error) {
	f, since, limit, err := a.unreadSince(ctx, c)
	if err != nil {
		return nil, err
	}
	n, err := a.Timelines.GroupCount(ctx, c.viewer, f, since, limit)
	return count{n}, err
}

func (a *API) oneGroup(ctx context.Context, c *call) (any, error) {
	g, err := a.Timelines.NotificationGroup(ctx, c.viewer, mux.Vars(c.r)["key"])
	if err != nil {
		return nil, err
	}
	return a.results(ctx, c, []timeline.NotificationGroup{g})
}

// membersPage is as long as it can be: Mastodon does not page here, and clients do not expect it.
var membersPage = limits{80, 80}

func (a *API) groupAccounts(ctx context.Context, c *call) (any, error) {
	p, err := c.page(membersPage)
	if err != nil {
		return nil, err
	}
	list, err := a.Timelines.GroupMembers(ctx, c.viewer, mux.Vars(c.r)["key"], p)
	if err != nil {
		return nil, err
	}
	who, cursors := make([]actors.ID, len(list)), make([]int64, len(list))
	for n, one := range list {
		who[n], cursors[n] = one.Actor, one.ID
	}
	return a.accountPage(ctx, c, who, cursors)
}

func (a *API) dismissGroup(ctx context.Context, c *call) (any, error) {
	return empty{}, a.Timelines.DismissGroup(ctx, c.viewer, mux.Vars(c.r)["key"])
}
