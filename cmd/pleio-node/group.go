// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/locale"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

type group struct {
	Add   groupAdd   `cmd:"" help:"Make a group."`
	List  groupList  `cmd:"" help:"List the groups of this node."`
	Nodes groupNodes `cmd:"" help:"Show how far the nodes of a group's members are."`
	Renew groupRenew `cmd:"" help:"Begin the log of a group anew, after an older copy of the database was put back."`
}

type groupAdd struct {
	folder
	Name        string `arg:"" help:"The short name: small letters, digits, dots, hyphens and underscores. It cannot be changed later."`
	Title       string `help:"The name as it is shown." required:"" placeholder:"T"`
	Owner       string `help:"The person of this node who owns the group." required:"" placeholder:"NAME"`
	Access      string `help:"Who may know and read it: open is everybody; closed is known to everybody and read by its members, who ask to join; secret is for those invited." enum:"open,closed,secret" default:"open" placeholder:"open"`
	Posting     string `help:"Who may start a conversation: members or moderators." enum:"members,moderators" default:"members" placeholder:"members"`
	Description string `help:"What the group is for." placeholder:"D"`
}

func (groupAdd) Help() string {
	return `Examples:

    pleio-node group add wijk-noord --title "Wijk Noord" --access open --owner anna
    pleio-node group add nieuws --title "Nieuws" --owner anna --posting moderators \
        --description "Wat er speelt, voor iedereen"`
}

// Run makes a group.
func (c *groupAdd) Run(ctx context.Context, p *program) error {
	return c.change(ctx, p, func(n *node.Node) error {
		owner, err := person{Name: c.Owner}.of(ctx, n)
		if err != nil {
			return err
		}
		if err := n.Dir.MakeKey(); err != nil {
			return err
		}
		var g *actors.Actor
		err = n.DB.Tx(ctx, func(tx *db.Tx) error {
			g, err = n.Dir.AddGroup(ctx, tx, owner, actors.NewGroup{Name: c.Name, Title: c.Title, Summary: c.Description, Posting: c.Posting,
				Visibility: map[string]string{"closed": actors.VisibilityListed, "secret": actors.VisibilityHidden}[c.Access]})
			return err
		})
		if err != nil {
			return err
		}
		p.say("%s was made. It is at %s", g.Handle(), g.URL)
		return nil
	})
}

type groupList struct {
	folder
	listing
}

func (groupList) Help() string {
	return `Examples:

    pleio-node group list
    pleio-node group list --json`
}

type groupRow struct {
	Name    string    `json:"name"`
	Handle  string    `json:"handle"`
	Title   string    `json:"title"`
	Access  string    `json:"access"`
	Posting string    `json:"posting"`
	Members int64     `json:"members"`
	URL     string    `json:"url"`
	Created time.Time `json:"created"`
}

// Run lists the groups.
func (c *groupList) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		groups, err := actors.LocalGroups(ctx, n.DB)
		if err != nil {
			return err
		}
		var rows []groupRow
		for _, g := range groups {
			rows = append(rows, groupRow{g.Name, g.Handle(), g.Title, g.JoinPolicy, g.Posting, g.FollowersCount, g.URL, g.Published})
		}
		return show(p, c.listing, rows, []string{"NAME", "TITLE", "ACCESS", "POSTING", "MEMBERS", "SINCE"}, func(r groupRow) []string {
			return []string{r.Name, r.Title, r.Access, r.Posting, strconv.FormatInt(r.Members, 10), moment(r.Created)}
		})
	})
}

// named is a group of this node by its name.
func named(ctx context.Context, n *node.Node, name string) (*actors.Actor, error) {
	g, err := actors.LocalByName(ctx, n.DB, name)
	if err == nil && !g.IsGroup() || errors.Is(err, fault.NotFound) {
		err = fault.Say(fault.NotFound, "There is no group %q on this node.", name)
	}
	return g, err
}

type groupNodes struct {
	folder
	listing
	Name string `arg:"" help:"The short name of the group."`
}

func (groupNodes) Help() string {
	return `Examples:

    pleio-node group nodes wijk-noord
    pleio-node group nodes wijk-noord --json | jq -r '.[] | select(.behind > 0) | .host'`
}

type nodeRow struct {
	Host         string    `json:"host"`
	Organisation string    `json:"organisation"`
	People       int64     `json:"people"`
	Sequence     int64     `json:"sequence"`
	Behind       int64     `json:"behind"`
	Since        time.Time `json:"since,omitzero"`
	Contact      time.Time `json:"contact,omitzero"`
}

// Run lists the nodes of the members, and says in a sentence how they are.
func (c *groupNodes) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		g, err := named(ctx, n, c.Name)
		if err != nil {
			return err
		}
		all, err := outbox.Positions(ctx, n.DB, g)
		if err != nil {
			return err
		}
		var rows []nodeRow
		for _, x := range all {
			rows = append(rows, nodeRow{x.Host, x.Title, x.People, x.Seq, x.Behind, x.Since, x.Contact})
		}
		if !c.JSON {
			p.say("%s", outbox.Delivered(locale.Get("en"), all))
		}
		return show(p, c.listing, rows, []string{"HOST", "ORGANISATION", "PEOPLE", "HAS", "BEHIND", "SINCE", "LAST CONTACT"}, func(r nodeRow) []string {
			return []string{r.Host, r.Organisation, strconv.FormatInt(r.People, 10), strconv.FormatInt(r.Sequence, 10), strconv.FormatInt(r.Behind, 10), moment(r.Since), moment(r.Contact)}
		})
	})
}

type groupRenew struct {
	folder
	Name string `arg:"" optional:"" help:"The short name of the group; without it: all groups of this node."`
}

func (groupRenew) Help() string {
	return `After an older copy of the database was put back, the nodes of the members have
heard of things in their groups that this node knows nothing of. This tells them
to take the list of members and the log as they are here now.

Examples:

    pleio-node group renew wijk-noord
    pleio-node group renew`
}

// Run begins the log of one group anew, or of all.
func (c *groupRenew) Run(ctx context.Context, p *program) error {
	return c.change(ctx, p, func(n *node.Node) error {
		groups, err := actors.LocalGroups(ctx, n.DB)
		if c.Name != "" {
			var g *actors.Actor
			g, err = named(ctx, n, c.Name)
			groups = []*actors.Actor{g}
		}
		if err != nil {
			return err
		}
		for _, g := range groups {
			if err := n.Outbox.Renew(ctx, g); err != nil {
				return err
			}
			p.say("The log of %s begins anew: the nodes of its members read it again.", g.Handle())
		}
		return nil
	})
}
