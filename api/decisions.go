// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// What people are told of decisions: of their reports, of warnings, and of what they lost.

type report struct {
	ID          string   `json:"id"`
	Taken       bool     `json:"action_taken"`
	TakenAt     *string  `json:"action_taken_at"`
	Category    string   `json:"category"`
	Comment     string   `json:"comment"`
	Forwarded   bool     `json:"forwarded"`
	CreatedAt   string   `json:"created_at"`
	Statuses    []string `json:"status_ids"`
	Collections []empty  `json:"collection_ids"`
	Rules       []string `json:"rule_ids"`
	Target      *account `json:"target_account"`
}

type accountWarning struct {
	ID        string   `json:"id"`
	Action    string   `json:"action"`
	Text      string   `json:"text"`
	Statuses  []string `json:"status_ids"`
	Target    *account `json:"target_account"`
	Appeal    *empty   `json:"appeal"`
	CreatedAt string   `json:"created_at"`
}

type severance struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Purged    bool   `json:"purged"`
	Target    string `json:"target_name"`
	Followers int64  `json:"followers_count"`
	Following int64  `json:"following_count"`
	CreatedAt string `json:"created_at"`
}

func numbers[T ~int64](ids []T) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = digits(id)
	}
	return all
}

func (a *API) report(r moderation.Report, target *account) *report {
	return &report{ID: digits(r.ID), Taken: !r.Resolved.IsZero(), TakenAt: stampOrNull(r.Resolved), Category: r.Category, Comment: r.Comment, Forwarded: r.Forwarded,
		CreatedAt: stamp(r.Created()), Statuses: numbers(r.Items), Collections: []empty{}, Rules: numbers(r.Rules), Target: target}
}

// decided is what notifications are about that are not about an item, by the number in their column about.
type decided struct {
	reports    map[int64]*report
	warnings   map[int64]*accountWarning
	severances map[int64]*severance
}

// decisions loads what notifications are about, in at most six queries.
func (a *API) decisions(ctx context.Context, v actors.Viewer, list []timeline.Notification) (decided, error) {
	d := decided{map[int64]*report{}, map[int64]*accountWarning{}, map[int64]*severance{}}
	var reports, warnings, severances []int64
	for _, n := range list {
		switch n.Kind {
		case timeline.AdminReport:
			reports = append(reports, n.About)
		case timeline.Warned:
			warnings = append(warnings, n.About)
		case timeline.Severed:
			severances = append(severances, n.About)
		}
	}
	if len(reports)+len(warnings)+len(severances) == 0 {
		return d, nil
	}
	filed, err := moderation.ReportsByID(ctx, a.DB, reports)
	if err != nil {
		return d, err
	}
	warned, err := moderation.Warnings(ctx, a.DB, warnings)
	if err != nil {
		return d, err
	}
	severed, err := moderation.Severances(ctx, a.DB, severances)
	if err != nil {
		return d, err
	}
	inGroups, err := outbox.GroupReportsByID(ctx, a.DB, v, reports)
	if err != nil {
		return d, err
	}
	posts, err := outbox.ReportedPosts(ctx, a.DB, v, inGroups)
	if err != nil {
		return d, err
	}
	for _, r := range inGroups { // to clients a report like any other
		filed = append(filed, moderation.Report{ID: r.ID, Target: r.Target, Category: moderation.Other, Comment: r.Comment, Items: itemsOf(r, posts), Resolved: r.Resolved})
	}
	var people []actors.ID
	for _, r := range filed {
		people = append(people, r.Target)
	}
	for _, w := range warned {
		people = append(people, w.Target)
	}
	known, err := actors.Many(ctx, a.DB, people)
	if err != nil {
		return d, err
	}
	for _, r := range filed {
		if target := known[r.Target]; target != nil {
			d.reports[r.ID] = a.report(r, a.account(target))
		}
	}
	for _, w := range warned {
		if target := known[w.Target]; target != nil {
			d.warnings[w.ID] = &accountWarning{ID: digits(w.ID), Action: w.Action, Text: w.Text, Statuses: []string{}, Target: a.account(target), CreatedAt: stampOf(w.ID)}
		}
	}
	for _, s := range severed {
		d.severances[s.ID] = &severance{ID: digits(s.ID), Type: s.Kind, Target: s.Target, Followers: s.Followers, Following: s.Following, CreatedAt: stampOf(s.ID)}
	}
	return d, nil
}

// fileReport is POST /api/v1/reports.
func (a *API) fileReport(ctx context.Context, c *call) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	of, err := c.Number("account_id")
	if err != nil || of <= 0 {
		return nil, fault.Say(fault.NotFound, "Record not found")
	}
	target, err := actors.Meet(ctx, a.DB, c.viewer, actors.ID(of))
	if err != nil {
		return nil, err
	}
	const most = 100
	r, err := a.Moderation.File(ctx, me, target, moderation.Report{Category: c.Text("category"), Comment: c.Text("comment"), Items: ids[content.ID](c.params, "status_ids", most),
		Rules: ids[int64](c.params, "rule_ids", most)}, c.Bool("forward", false))
	if err != nil {
		return nil, err
	}
	return a.report(r, a.account(target)), nil
}
