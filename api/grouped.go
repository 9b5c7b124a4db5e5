// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

const (
	// groupBits of a notification's number are the time within a group: a number holds milliseconds above its lowest 16 bits, so
	// that a group spans 2²⁵ ms, a little over nine hours.
	groupBits    = 41
	perGroup     = 4 // how many notifications are read for each group that is asked for
	mostInGroup  = 80
	mostSampled  = 8
	groupedKinds = timeline.Favourite + " " + timeline.Follow + " " + timeline.Reblog
)

// groupKey says which notifications are told as one: the same, about the same, at about the same time.
func groupKey(n timeline.Notification) string {
	if strings.Contains(groupedKinds, n.Kind) {
		return fmt.Sprintf("%s-%d-%d", n.Kind, n.Item, n.ID>>groupBits)
	}
	return "ungrouped-" + digits(n.ID)
}

// bunch is one group: its notifications, newest first.
type bunch []timeline.Notification

// bunches groups notifications in the order of their newest, at most limit groups. It returns how many notifications it took: those after
// the first that would begin one group too many belong to the next page.
func bunches(list []timeline.Notification, limit int) (all []bunch, taken int) {
	at := map[string]int{}
	for _, n := range list {
		key := groupKey(n)
		i, known := at[key]
		if !known && len(all) == limit {
			break
		}
		if !known {
			i, at[key] = len(all), len(all)
			all = append(all, nil)
		}
		all[i] = append(all[i], n)
		taken++
	}
	return all, taken
}

func (a *API) grouped(ctx context.Context, c *call) (any, error) {
	list, p, err := c.notificationPage(ctx, perGroup)
	if err != nil {
		return nil, err
	}
	if p.Min != 0 && len(list) > p.Limit { // the page right after a cursor: its oldest, not its newest
		list = list[len(list)-p.Limit:]
	}
	all, taken := bunches(list, p.Limit)
	linkRows(c, list[:taken], func(n timeline.Notification) int64 { return n.ID })
	return a.results(ctx, c, all)
}

// results shows groups, with the accounts and statuses that they name.
func (a *API) results(ctx context.Context, c *call, all []bunch) (groupedNotifications, error) {
	x := groupedNotifications{Accounts: []*account{}, Statuses: []*status{}, Groups: []notificationGroup{}}
	var sampled []timeline.Notification
	for _, b := range all {
		sampled = append(sampled, b[:min(len(b), mostSampled)]...)
	}
	t, err := a.told(ctx, c.viewer, sampled)
	if err != nil {
		return x, err
	}
	people, about := map[actors.ID]bool{}, map[content.ID]bool{}
	for _, b := range all {
		g := notificationGroup{GroupKey: groupKey(b[0]), Count: len(b), Type: b[0].Kind, MostRecent: b[0].ID, PageMin: digits(b[len(b)-1].ID), PageMax: digits(b[0].ID),
			Latest: stamp(b[0].Time()), Accounts: []string{}}
		for _, n := range b[:min(len(b), mostSampled)] {
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
		if item := b[0].Item; item != 0 {
			if g.StatusID = digits(item); !about[item] {
				about[item], x.Statuses = true, append(x.Statuses, t.statuses[item])
			}
		}
		g.Report, g.Event, g.Warning = t.decided.reports[b[0].About], t.decided.severances[b[0].About], t.decided.warnings[b[0].About]
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
	list, err := a.Timelines.Notifications(ctx, c.viewer, f, actors.Page{Since: since, Limit: limit})
	all, _ := bunches(list, limit)
	return count{len(all)}, err
}

// bunch is the group whose key is in the path.
func (c *call) bunch(ctx context.Context) (bunch, error) {
	missing := fault.Say(fault.NotFound, "Record not found")
	key := mux.Vars(c.r)["key"]
	if number, single := strings.CutPrefix(key, "ungrouped-"); single {
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, missing
		}
		n, err := c.api.Timelines.Notification(ctx, c.viewer, id)
		return bunch{n}, err
	}
	parts := strings.Split(key, "-")
	if len(parts) != 3 {
		return nil, missing
	}
	span, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || span < 0 || span >= 1<<(63-groupBits)-1 {
		return nil, missing
	}
	list, err := c.api.Timelines.Notifications(ctx, c.viewer, timeline.NotificationFilter{Kinds: parts[:1]},
		actors.Page{Since: span<<groupBits - 1, Max: (span + 1) << groupBits, Limit: perGroup * mostInGroup})
	if err != nil {
		return nil, err
	}
	var b bunch
	for _, n := range list {
		if groupKey(n) == key && len(b) < mostInGroup {
			b = append(b, n)
		}
	}
	if len(b) == 0 {
		return nil, missing
	}
	return b, nil
}

func (a *API) oneGroup(ctx context.Context, c *call) (any, error) {
	b, err := c.bunch(ctx)
	if err != nil {
		return nil, err
	}
	return a.results(ctx, c, []bunch{b})
}

func (a *API) groupAccounts(ctx context.Context, c *call) (any, error) {
	b, err := c.bunch(ctx)
	if err != nil {
		return nil, err
	}
	asked := make([]actors.ID, len(b))
	for i, n := range b {
		asked[i] = n.Actor
	}
	return a.accountPage(ctx, c, asked, nil)
}

func (a *API) dismissGroup(ctx context.Context, c *call) (any, error) {
	b, err := c.bunch(ctx)
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, len(b))
	for i, n := range b {
		numbers[i] = n.ID
	}
	return empty{}, a.Timelines.Dismiss(ctx, c.viewer, numbers...)
}
