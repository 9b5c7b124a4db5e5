// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"strconv"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/node"
)

type group struct {
	Add         groupAdd         `cmd:"" help:"Make a group."`
	List        groupList        `cmd:"" help:"List the groups of this node."`
	Members     groupMembers     `cmd:"" help:"List the members of a group."`
	Invite      groupInvite      `cmd:"" help:"Invite people to a group."`
	Invitations groupInvitations `cmd:"" help:"List who is invited to a group and has not answered."`
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
