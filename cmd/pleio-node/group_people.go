// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

// oneGroup is a command about a group of this node.
type oneGroup struct {
	folder
	Name string `arg:"" help:"The short name of the group."`
}

func (c oneGroup) of(ctx context.Context, n *node.Node) (*actors.Actor, error) {
	g, err := actors.LocalByName(ctx, n.DB, c.Name)
	if err == nil && !g.IsGroup() || errors.Is(err, fault.NotFound) || errors.Is(err, fault.Gone) {
		err = fault.Say(fault.NotFound, "There is no group called %q: \"pleio-node group list\" shows those that there are.", c.Name)
	}
	return g, err
}

type groupMembers struct {
	oneGroup
	listing
}

func (groupMembers) Help() string {
	return `Examples:

    pleio-node group members wijk-noord
    pleio-node group members wijk-noord --json`
}

type memberRow struct {
	Handle string     `json:"handle"`
	Name   string     `json:"name"`
	Role   string     `json:"role"`
	Since  time.Time  `json:"since"`
	Until  *time.Time `json:"until"`
}

// Run lists the members.
func (c *groupMembers) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		g, err := c.of(ctx, n)
		if err != nil {
			return err
		}
		members, err := everybody(func(page actors.Page) ([]actors.Related, error) { return actors.MembersOf(ctx, n.DB, g.ID, "", page) })
		if err != nil {
			return err
		}
		var rows []memberRow
		for _, m := range members {
			rows = append(rows, memberRow{m.Actor.Handle(), m.Actor.DisplayName(), string(m.Role), m.Since, momentOrNull(m.Until)})
		}
		return show(p, c.listing, rows, []string{"HANDLE", "NAME", "ROLE", "SINCE", "UNTIL"}, func(r memberRow) []string {
			return []string{r.Handle, r.Name, r.Role, moment(r.Since), momentOf(r.Until)}
		})
	})
}

type groupInvitations struct {
	oneGroup
	listing
}

func (groupInvitations) Help() string {
	return `Examples:

    pleio-node group invitations wijk-noord
    pleio-node group invitations wijk-noord --json`
}

type invitationRow struct {
	Handle    string     `json:"handle"`
	Role      string     `json:"role"`
	InvitedBy string     `json:"invitedBy"`
	Since     time.Time  `json:"since"`
	Expires   time.Time  `json:"expires"`
	Until     *time.Time `json:"until"`
}

// Run lists who is invited.
func (c *groupInvitations) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		g, err := c.of(ctx, n)
		if err != nil {
			return err
		}
		invited, err := everybody(func(page actors.Page) ([]actors.Related, error) { return actors.InvitedTo(ctx, n.DB, g.ID, 0, page) })
		if err != nil {
			return err
		}
		var ids []actors.ID
		for _, i := range invited {
			ids = append(ids, i.InvitedBy)
		}
		by, err := actors.Many(ctx, n.DB, ids)
		if err != nil {
			return err
		}
		var rows []invitationRow
		for _, i := range invited {
			r := invitationRow{Handle: i.Actor.Handle(), Role: string(i.Role), Since: i.Since, Expires: i.Expires, Until: momentOrNull(i.Until)}
			if who := by[i.InvitedBy]; who != nil {
				r.InvitedBy = who.Handle()
			}
			rows = append(rows, r)
		}
		return show(p, c.listing, rows, []string{"HANDLE", "ROLE", "INVITED BY", "SINCE", "EXPIRES", "GUEST UNTIL"}, func(r invitationRow) []string {
			return []string{r.Handle, r.Role, r.InvitedBy, moment(r.Since), moment(r.Expires), momentOf(r.Until)}
		})
	})
}

// everybody reads a list of any length, the newest first.
func everybody(list func(actors.Page) ([]actors.Related, error)) (all []actors.Related, err error) {
	const some = 500
	page := actors.Page{Limit: some}
	for {
		part, err := list(page)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
		if len(part) == 0 {
			return all, nil
		}
		page.Max = part[len(part)-1].Relation.ID
	}
}

func momentOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func momentOf(t *time.Time) string {
	if t == nil {
		return moment(time.Time{})
	}
	return moment(*t)
}

type groupInvite struct {
	oneGroup
	Handles    []string  `arg:"" optional:"" help:"Whom: handles such as @anna@samen.gouda.example; people of this node by name."`
	File       string    `help:"A file with more of them, - is what is piped in: one or many on a line, or the rows of a table (CSV) with the handle in one of the cells." placeholder:"FILE"`
	By         string    `help:"In whose name: a member of this node who may invite. By default the first owner of this node." placeholder:"NAME"`
	Message    string    `help:"What is said with the invitation." placeholder:"TEXT"`
	GuestUntil time.Time `help:"Invite them as guests, who stay until the end of this day." format:"2006-01-02" placeholder:"DATE"`
}

func (groupInvite) Help() string {
	return `An invitation stands for 30 days. What has become of each is printed, and the exit status is 1 when somebody could not be invited.

Examples:

    pleio-node group invite wijk-noord anna @bas@samen.delft.example
    pleio-node group invite wijk-noord --file leden.csv --message "Doe mee"
    pleio-node group invite wijk-noord @adviseur@bureau.example --guest-until 2027-03-31`
}

// Run invites.
func (c *groupInvite) Run(ctx context.Context, p *program) error {
	text := strings.Join(c.Handles, "\n")
	if c.File != "" {
		more, err := p.content(c.File)
		if err != nil {
			return err
		}
		text = more + "\n" + text
	}
	handles := outbox.Handles(text)
	if len(handles) == 0 {
		return wrongly("Whom? Give handles, or --file.")
	}
	in := actors.Invitation{Message: c.Message}
	if !c.GuestUntil.IsZero() {
		in.Role, in.Until = actors.RoleGuest, c.GuestUntil.AddDate(0, 0, 1)
	}
	failed := 0
	err := c.change(ctx, p, func(n *node.Node) error {
		g, err := c.of(ctx, n)
		if err != nil {
			return err
		}
		by, err := c.inviter(ctx, n, g)
		if err != nil {
			return err
		}
		for _, handle := range handles {
			line, err := n.Outbox.InviteHandle(ctx, by, g, handle, in)
			if err != nil {
				return err
			}
			said := map[string]string{outbox.Invited: "was invited.", outbox.AlreadyInvited: "was invited before, and has not answered.", outbox.AlreadyMember: "is a member."}[line.Outcome]
			if said == "" {
				failed++
				said = "was not invited: " + line.Detail
			}
			p.say("%s %s", line.Text, said)
		}
		return nil
	})
	if err == nil && failed > 0 {
		err = fault.Say(fault.Invalid, "%d of %d could not be invited.", failed, len(handles))
	}
	return err
}

// inviter is who invites: who is named, or the first owner who is of this node.
func (c *groupInvite) inviter(ctx context.Context, n *node.Node, g *actors.Actor) (*actors.Actor, error) {
	if c.By != "" {
		return person{Name: c.By}.of(ctx, n)
	}
	owners, err := actors.MembersOf(ctx, n.DB, g.ID, actors.RoleOwner, actors.Page{Min: 1, Limit: 100})
	if err != nil {
		return nil, err
	}
	for i := len(owners) - 1; i >= 0; i-- {
		if owners[i].Actor.Local {
			return owners[i].Actor, nil
		}
	}
	return nil, fault.Say(fault.Invalid, "%s has no owner on this node: say with --by in whose name you invite.", g.Handle())
}

// content reads a file, or what is piped in.
func (p *program) content(file string) (string, error) {
	var in io.Reader = p.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", fault.Say(fault.Invalid, "%s cannot be read: %s", file, err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", file, err)
	}
	return string(text), nil
}
