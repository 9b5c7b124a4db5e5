// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/moderation"
)

type adminReport struct {
	ID        string        `json:"id"`
	Taken     bool          `json:"action_taken"`
	TakenAt   *string       `json:"action_taken_at"`
	Category  string        `json:"category"`
	Comment   string        `json:"comment"`
	Forwarded bool          `json:"forwarded"`
	CreatedAt string        `json:"created_at"`
	UpdatedAt string        `json:"updated_at"`
	Account   *adminAccount `json:"account"`
	Target    *adminAccount `json:"target_account"`
	Assigned  *adminAccount `json:"assigned_account"`
	TakenBy   *adminAccount `json:"action_taken_by_account"`
	Statuses  []*status     `json:"statuses"`
	Rules     []rule        `json:"rules"`
}

// adminReports shows reports, loaded in a fixed number of queries. A report about an account that is gone is left out.
func (a *API) adminReports(ctx context.Context, list []moderation.Report) ([]adminReport, error) {
	var people []actors.ID
	var posts []content.ID
	var rules []int64
	for _, r := range list {
		people = append(people, r.Reporter, r.Target, r.Assigned, r.Resolver)
		posts, rules = append(posts, r.Items...), append(rules, r.Rules...)
	}
	known, err := actors.Many(ctx, a.DB, people)
	if err != nil {
		return nil, err
	}
	found := make([]*actors.Actor, 0, len(known))
	for _, one := range known {
		found = append(found, one)
	}
	shown, err := a.adminAccounts(ctx, found)
	if err != nil {
		return nil, err
	}
	accounts := map[actors.ID]*adminAccount{}
	for i, one := range found {
		accounts[one.ID] = shown[i]
	}
	named, err := moderation.RulesByID(ctx, a.DB, rules)
	if err != nil {
		return nil, err
	}
	items, err := content.Reported(ctx, a.DB, posts)
	if err != nil {
		return nil, err
	}
	s, err := a.load(ctx, actors.Anybody, items)
	if err != nil {
		return nil, err
	}
	s.whole = true
	reported := map[content.ID]*content.Item{}
	for _, i := range items {
		reported[i.ID] = i
	}
	broken := map[int64]moderation.Rule{}
	for _, r := range named {
		broken[r.ID] = r
	}
	all := make([]adminReport, 0, len(list))
	for _, r := range list {
		if accounts[r.Reporter] == nil || accounts[r.Target] == nil {
			continue
		}
		x := adminReport{ID: digits(r.ID), Taken: !r.Resolved.IsZero(), TakenAt: stampOrNull(r.Resolved), Category: r.Category, Comment: r.Comment, Forwarded: r.Forwarded,
			CreatedAt: stamp(r.Created()), UpdatedAt: stamp(r.Updated), Account: accounts[r.Reporter], Target: accounts[r.Target], Assigned: accounts[r.Assigned],
			TakenBy: accounts[r.Resolver], Statuses: []*status{}, Rules: []rule{}}
		for _, id := range r.Items {
			if i := reported[id]; i != nil {
				if one := a.show(s, i); one != nil {
					x.Statuses = append(x.Statuses, one)
				}
			}
		}
		for _, id := range r.Rules {
			if one, ok := broken[id]; ok {
				x.Rules = append(x.Rules, shownRules([]moderation.Rule{one})...)
			}
		}
		all = append(all, x)
	}
	return all, nil
}

func (a *API) adminListReports(ctx context.Context, c *call) (any, error) {
	p, err := c.page(adminPage)
	if err != nil {
		return nil, err
	}
	f := moderation.ReportFilter{Resolved: c.Bool("resolved", false)}
	for key, into := range map[string]*actors.ID{"account_id": &f.Reporter, "target_account_id": &f.Target} {
		n, err := c.Number(key)
		if err != nil {
			return nil, err
		}
		*into = actors.ID(n)
	}
	list, err := moderation.Reports(ctx, a.DB, f, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(r moderation.Report) int64 { return r.ID })
	return a.adminReports(ctx, list)
}

func (a *API) reportNamed(ctx context.Context, c *call) (moderation.Report, error) {
	id, err := c.id("id")
	if err != nil {
		return moderation.Report{}, err
	}
	list, err := moderation.ReportsByID(ctx, a.DB, []int64{id})
	if err == nil && len(list) == 0 {
		err = fault.Say(fault.NotFound, "Record not found")
	}
	if err != nil {
		return moderation.Report{}, err
	}
	return list[0], nil
}

// adminReport does something with a report, nothing when do is nil, and shows what came of it.
func (a *API) adminReport(do func(ctx context.Context, c *call, r moderation.Report) error) handler {
	return func(ctx context.Context, c *call) (any, error) {
		r, err := a.reportNamed(ctx, c)
		if err == nil && do != nil {
			if err = do(ctx, c, r); err == nil {
				r, err = a.reportNamed(ctx, c)
			}
		}
		if err != nil {
			return nil, err
		}
		list, err := a.adminReports(ctx, []moderation.Report{r})
		if err == nil && len(list) == 0 {
			err = fault.Say(fault.NotFound, "Record not found")
		}
		if err != nil {
			return nil, err
		}
		return list[0], nil
	}
}

func (a *API) adminResolve(resolved bool) handler {
	return a.adminReport(func(ctx context.Context, c *call, r moderation.Report) error {
		return a.Moderation.Resolve(ctx, c.by(), r.ID, resolved)
	})
}

func (a *API) adminAssign(mine bool) handler {
	return a.adminReport(func(ctx context.Context, c *call, r moderation.Report) error {
		to := actors.ID(0)
		if mine {
			to = c.viewer.ID
		}
		return a.Moderation.Assign(ctx, c.by(), r.ID, to)
	})
}

func (a *API) adminCategorise() handler {
	return a.adminReport(func(ctx context.Context, c *call, r moderation.Report) error {
		if c.Has("category") {
			r.Category = c.Text("category")
		}
		if c.Has("rule_ids") {
			r.Rules = ids[int64](c.params, "rule_ids", 100)
		}
		return a.Moderation.Categorise(ctx, c.by(), r)
	})
}
