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
	"github.com/pleio-node/pleio-node/outbox"
)

type ownReport struct {
	ID       string     `json:"id" format:"id"`
	Person   *ownPerson `json:"person" about:"Who is reported; null: somebody who is not here any more."`
	Statuses []string   `json:"statuses" about:"The numbers of the posts that are reported, of those that are still there."`
	Comment  string     `json:"comment" about:"What is said about it, plain text; may be empty. Who says it is not told."`
	Since    string     `json:"since" format:"date-time" about:"When it was reported."`
}

type reportsQuery struct{ ownPage }

// listReports is what waits for those who decide in the group.
func (a *API) listReports(ctx context.Context, c *call, _ reportsQuery) ([]ownReport, error) {
	group, err := c.staff(ctx)
	if err != nil {
		return nil, err
	}
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, err
	}
	list, err := outbox.OpenReports(ctx, a.DB, me, group, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(r outbox.GroupReport) int64 { return r.ID })
	posts, err := outbox.ReportedPosts(ctx, a.DB, c.viewer, list)
	if err != nil {
		return nil, err
	}
	var ids []actors.ID
	for _, r := range list {
		ids = append(ids, r.Target)
	}
	known, err := actors.Many(ctx, a.DB, ids)
	if err != nil {
		return nil, err
	}
	var of []*actors.Actor
	for _, one := range known {
		of = append(of, one)
	}
	names, err := actors.OrganisationsOf(ctx, a.DB, of)
	all := make([]ownReport, 0, len(list))
	for _, r := range list {
		all = append(all, ownReport{digits(r.ID), personOrNull(known[r.Target], names), numbers(itemsOf(r, posts)), r.Comment, stamp(r.Since)})
	}
	return all, err
}

func itemsOf(r outbox.GroupReport, posts map[string]content.ID) (ids []content.ID) {
	for _, iri := range r.Posts {
		if id, found := posts[iri]; found {
			ids = append(ids, id)
		}
	}
	return ids
}

type accusation struct {
	Account  string    `json:"account" about:"The number of the person: a member, or who wrote the posts."`
	Statuses *[]string `json:"statuses" about:"The numbers of posts of the person in the group, at most 100; those that are none are left out."`
	Comment  *string   `json:"comment" max:"1000" about:"What is wrong. Those who decide in the group read it, and are not told who says it."`
}

// reportInGroup is for members; others report posts of public groups by the Mastodon API.
func (a *API) reportInGroup(ctx context.Context, c *call, in accusation) (nought, error) {
	group, me, role, err := c.mine(ctx)
	if err == nil && role == "" {
		err = fault.Say(fault.Forbidden, "Only members of %s report something there.", group.Handle())
	}
	if err != nil {
		return nought{}, err
	}
	id, err := strconv.ParseInt(in.Account, 10, 64)
	if err != nil {
		return nought{}, fault.Say(fault.Malformed, "account must be the number of a person.")
	}
	target, err := actors.Meet(ctx, a.DB, c.viewer, actors.ID(id))
	if err != nil {
		return nought{}, err
	}
	var ids []content.ID
	for _, text := range given(in.Statuses) {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nought{}, fault.Say(fault.Malformed, "statuses must be the numbers of posts.")
		}
		ids = append(ids, content.ID(id))
	}
	posts, err := content.Many(ctx, a.DB, c.viewer, ids[:min(len(ids), 100)])
	if err != nil {
		return nought{}, err
	}
	named := []string{target.IRI}
	for _, i := range posts {
		named = append(named, i.IRI)
	}
	return nought{}, a.DB.Tx(ctx, func(tx *db.Tx) error { return a.Outbox.ReportInGroup(ctx, tx, me, group, named, given(in.Comment)) })
}

type resolution struct {
	Note         *string `json:"note" max:"500" about:"For the log of the group, which all members read."`
	DeletePosts  *bool   `json:"deletePosts" about:"true: the reported posts are deleted."`
	RemovePerson *bool   `json:"removePerson" about:"true: the person is removed from the group; your role must be the higher one."`
}

func (a *API) resolveReport(ctx context.Context, c *call, in resolution) (nought, error) {
	group, me, role, err := c.mine(ctx)
	if err == nil {
		err = onlyStaff(group, role)
	}
	if err != nil {
		return nought{}, err
	}
	id, err := c.id("report")
	if err != nil {
		return nought{}, err
	}
	return nought{}, a.Outbox.ResolveReport(ctx, me, group, id, outbox.Resolution{Note: given(in.Note), DeletePosts: given(in.DeletePosts), RemovePerson: given(in.RemovePerson)})
}
