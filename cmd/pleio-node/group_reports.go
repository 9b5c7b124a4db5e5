// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"strconv"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

type groupReports struct {
	oneGroup
	listing
}

func (groupReports) Help() string {
	return `Owners and moderators see these in their apps, but for what is reported about themselves. Who reported is not kept.

Examples:

    pleio-node group reports wijk-noord
    pleio-node group reports wijk-noord --json`
}

type reportRow struct {
	Report  string    `json:"report"`
	Person  string    `json:"person"`
	Posts   []string  `json:"posts"`
	Comment string    `json:"comment"`
	Since   time.Time `json:"since"`
}

// Run lists the reports that wait.
func (c *groupReports) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		g, err := c.of(ctx, n)
		if err != nil {
			return err
		}
		by, err := n.Dir.Organisation(ctx, n.DB)
		if err != nil {
			return err
		}
		const all = 1000 // no group has more
		list, err := outbox.OpenReports(ctx, n.DB, by, g, actors.Page{Limit: all})
		if err != nil {
			return err
		}
		var ids []actors.ID
		for _, r := range list {
			ids = append(ids, r.Target)
		}
		known, err := actors.Many(ctx, n.DB, ids)
		if err != nil {
			return err
		}
		var rows []reportRow
		for _, r := range list {
			row := reportRow{Report: strconv.FormatInt(r.ID, 10), Posts: append([]string{}, r.Posts...), Comment: r.Comment, Since: r.Since}
			if who := known[r.Target]; who != nil {
				row.Person = who.Handle()
			}
			rows = append(rows, row)
		}
		return show(p, c.listing, rows, []string{"REPORT", "PERSON", "POSTS", "SINCE", "COMMENT"}, func(r reportRow) []string {
			return []string{r.Report, r.Person, strconv.Itoa(len(r.Posts)), moment(r.Since), actors.CleanText(r.Comment, 80)}
		})
	})
}

type groupResolve struct {
	groupDecision
	Report int64 `arg:"" help:"The number of the report, as \"pleio-node group reports\" shows it."`
	Delete bool  `help:"Delete the posts that were reported."`
	Remove bool  `help:"Remove the person who was reported from the group."`
}

func (groupResolve) Help() string {
	return `It is resolved for all owners and moderators. The log of the group says that a report was resolved, and why; neither what was
reported, nor by whom.

Examples:

    pleio-node group resolve wijk-noord 116789012345678 --reason "Met de schrijver besproken"
    pleio-node group resolve wijk-noord 116789012345678 --delete --remove`
}

// Run resolves a report.
func (c *groupResolve) Run(ctx context.Context, p *program) error {
	return c.decide(ctx, p, func(n *node.Node, by, g *actors.Actor) error {
		if err := n.Outbox.ResolveReport(ctx, by, g, c.Report, outbox.Resolution{DeletePosts: c.Delete, RemovePerson: c.Remove, Note: c.Reason}); err != nil {
			return err
		}
		p.say("The report %d in %s was resolved.", c.Report, g.Handle())
		return nil
	})
}
