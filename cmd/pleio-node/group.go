// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/locale"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

type group struct {
	Add         groupAdd         `cmd:"" help:"Make a group."`
	Set         groupSet         `cmd:"" help:"Change the settings of a group."`
	Archive     groupArchive     `cmd:"" help:"Make a group read only."`
	Unarchive   groupUnarchive   `cmd:"" help:"Take a group out of the archive."`
	Delete      groupDelete      `cmd:"" help:"Delete a group after 14 days."`
	Restore     groupRestore     `cmd:"" help:"Restore a group that would be deleted."`
	List        groupList        `cmd:"" help:"List the groups of this node, with their settings."`
	Members     groupMembers     `cmd:"" help:"List the members of a group."`
	Invite      groupInvite      `cmd:"" help:"Invite people to a group."`
	Invitations groupInvitations `cmd:"" help:"List who is invited to a group and has not answered."`
	Reports     groupReports     `cmd:"" help:"List what was reported in a group and waits for an answer."`
	Resolve     groupResolve     `cmd:"" help:"Resolve a report in a group."`
	Nodes       groupNodes       `cmd:"" help:"Show how far the nodes of a group's members are."`
	Export      groupExport      `cmd:"" help:"Write a group to a file, with all that belongs to it."`
	Verify      groupVerify      `cmd:"" help:"Check the file that a group was written to."`
	Import      groupImport      `cmd:"" help:"Bring the group of such a file into this node."`
	Renew       groupRenew       `cmd:"" help:"Begin the log of a group anew, after an older copy of the database was put back."`
}

type groupAdd struct {
	folder
	Name        string `arg:"" help:"The short name: small letters, digits, dots, hyphens and underscores. It cannot be changed later."`
	Title       string `help:"The name as it is shown." required:"" placeholder:"T"`
	Owner       string `help:"The person of this node who owns the group." required:"" placeholder:"NAME"`
	Preset      string `help:"What kind of group: open-community is for everybody; announcements is too, and moderators start the conversations; closed-team is known to everybody and read by its members, who ask to join; dossier is secret, for those invited." enum:",open-community,announcements,closed-team,dossier" default:"" placeholder:"open-community"`
	Access      string `help:"Shorter: open, closed or secret, for the presets open-community, closed-team and dossier." enum:",open,closed,secret" default:"" placeholder:"A"`
	Posting     string `help:"Who may start a conversation: members or moderators; by default as the preset has it." enum:",members,moderators" default:"" placeholder:"P"`
	Description string `help:"What the group is for." placeholder:"D"`
}

func (groupAdd) Help() string {
	return `Examples:

    pleio-node group add wijk-noord --title "Wijk Noord" --owner anna
    pleio-node group add nieuws --title "Nieuws" --owner anna --preset announcements \
        --description "Wat er speelt, voor iedereen"`
}

// Run makes a group.
func (c *groupAdd) Run(ctx context.Context, p *program) error {
	if c.Preset != "" && c.Access != "" {
		return wrongly("Give --preset or --access, not both.")
	}
	return c.change(ctx, p, func(n *node.Node) error {
		owner, err := person{Name: c.Owner}.of(ctx, n)
		if err != nil {
			return err
		}
		if err := n.Dir.MakeKey(); err != nil {
			return err
		}
		preset := cmp.Or(c.Preset, map[string]string{"closed": "closed-team", "secret": "dossier"}[c.Access], "open-community")
		var g *actors.Actor
		err = n.DB.Tx(ctx, func(tx *db.Tx) error {
			g, err = n.Dir.AddGroup(ctx, tx, owner, actors.NewGroup{Name: c.Name, Title: c.Title, Summary: c.Description, Preset: preset, Posting: c.Posting})
			return err
		})
		if err != nil {
			return err
		}
		p.say("%s was made. It is at %s\n%s", g.Handle(), g.URL, locale.Get("en").T("preset."+preset+".means"))
		return nil
	})
}

// groupDecision is a command that changes a group.
type groupDecision struct {
	oneGroup
	Reason string `help:"Why, for the log of the group." placeholder:"R"`
}

// decide lets do change the group, in the name of the organisation.
func (c groupDecision) decide(ctx context.Context, p *program, do func(n *node.Node, by, g *actors.Actor) error) error {
	return c.change(ctx, p, func(n *node.Node) error {
		g, err := c.of(ctx, n)
		if err != nil {
			return err
		}
		by, err := n.Dir.Organisation(ctx, n.DB)
		if err != nil {
			return err
		}
		return do(n, by, g)
	})
}

type groupSet struct {
	groupDecision
	Settings []string `arg:"" help:"What changes, each as name=value."`
}

func (groupSet) Help() string {
	return `The settings, each with its values:

    preset=             open-community, announcements, closed-team or dossier
    title=, summary=    plain text
    visibility=         public, listed or hidden
    join=               open, request, invite or automatic
    posting=            members or moderators
    plain-members=      yes or no: may people on servers such as Mastodon be members
    introduction=       yes or no: must who asks to join say a few words
    guests-start=       yes or no: may guests start conversations
    automatic-hosts=    nodes whose people join at once, with join=automatic
    allowed-hosts=      nodes whose people may be members; empty is all
    welcome-nl=, -en=   what new members are sent
    history=            all or joining: what a node with its first member is given

Members who cannot be members any more are removed. What everybody could read stays public;
what was said in confidence does not become public.

Examples:

    pleio-node group set wijk-noord preset=closed-team --reason "Er staan namen in"
    pleio-node group set wijk-noord join=automatic automatic-hosts=samen.gouda.example,samen.waterschap.example
    pleio-node group set wijk-noord "welcome-nl=Welkom! Lees eerst de afspraken."`
}

// settings are the names of what can be set, with how a value is taken.
var settings = map[string]func(c *actors.GroupChange, value string) error{
	"preset":          texts(func(c *actors.GroupChange) **string { return &c.Preset }),
	"title":           texts(func(c *actors.GroupChange) **string { return &c.Title }),
	"summary":         texts(func(c *actors.GroupChange) **string { return &c.Summary }),
	"visibility":      texts(func(c *actors.GroupChange) **string { return &c.Visibility }),
	"join":            texts(func(c *actors.GroupChange) **string { return &c.Join }),
	"posting":         texts(func(c *actors.GroupChange) **string { return &c.Posting }),
	"plain-members":   choices("yes", "no", func(c *actors.GroupChange) **bool { return &c.PlainMembers }),
	"introduction":    choices("yes", "no", func(c *actors.GroupChange) **bool { return &c.Introduction }),
	"guests-start":    choices("yes", "no", func(c *actors.GroupChange) **bool { return &c.GuestsStart }),
	"history":         choices("joining", "all", func(c *actors.GroupChange) **bool { return &c.SinceJoining }),
	"automatic-hosts": hosts(func(c *actors.GroupChange) **[]string { return &c.Automatic }),
	"allowed-hosts":   hosts(func(c *actors.GroupChange) **[]string { return &c.Allowed }),
	"welcome-nl":      welcome("nl"),
	"welcome-en":      welcome("en"),
}

func texts(of func(*actors.GroupChange) **string) func(*actors.GroupChange, string) error {
	return func(c *actors.GroupChange, value string) error {
		*of(c) = &value
		return nil
	}
}

func choices(yes, no string, of func(*actors.GroupChange) **bool) func(*actors.GroupChange, string) error {
	return func(c *actors.GroupChange, value string) error {
		chosen := value == yes
		if !chosen && value != no {
			return wrongly("It must be %s or %s, not %q.", yes, no, value)
		}
		*of(c) = &chosen
		return nil
	}
}

func hosts(of func(*actors.GroupChange) **[]string) func(*actors.GroupChange, string) error {
	return func(c *actors.GroupChange, value string) error {
		list := strings.Split(value, ",")
		*of(c) = &list
		return nil
	}
}

func welcome(code string) func(*actors.GroupChange, string) error {
	return func(c *actors.GroupChange, value string) error {
		if c.Welcome == nil {
			c.Welcome = map[string]string{}
		}
		c.Welcome[code] = value
		return nil
	}
}

// Run changes the settings of a group.
func (c *groupSet) Run(ctx context.Context, p *program) error {
	var change actors.GroupChange
	for _, setting := range c.Settings {
		name, value, _ := strings.Cut(setting, "=")
		set := settings[name]
		if set == nil || !strings.Contains(setting, "=") {
			return wrongly("%q is no setting of a group.", setting)
		}
		if err := set(&change, value); err != nil {
			return err
		}
	}
	return c.decide(ctx, p, func(n *node.Node, by, g *actors.Actor) error {
		changed, err := n.Outbox.Settings(ctx, by, g, change, c.Reason)
		if err != nil {
			return err
		}
		p.say("The settings of %s were changed.", g.Handle())
		for _, notice := range changed.Notices(locale.Get("en")) {
			p.say("%s", notice)
		}
		return nil
	})
}

type groupArchive struct{ groupDecision }

func (groupArchive) Help() string {
	return `Nothing is posted and nobody joins any more; everything can still be read.

Examples:

    pleio-node group archive wijk-noord --reason "Het project is klaar"`
}

// Run archives a group.
func (c *groupArchive) Run(ctx context.Context, p *program) error {
	return c.decide(ctx, p, func(n *node.Node, by, g *actors.Actor) error {
		err := n.Outbox.Archive(ctx, by, g, true, c.Reason)
		if err == nil {
			p.say("%s can only be read now.", g.Handle())
		}
		return err
	})
}

type groupUnarchive struct{ groupDecision }

func (groupUnarchive) Help() string {
	return `Examples:

    pleio-node group unarchive wijk-noord`
}

// Run takes a group out of the archive.
func (c *groupUnarchive) Run(ctx context.Context, p *program) error {
	return c.decide(ctx, p, func(n *node.Node, by, g *actors.Actor) error {
		err := n.Outbox.Archive(ctx, by, g, false, c.Reason)
		if err == nil {
			p.say("%s is not archived any more.", g.Handle())
		}
		return err
	})
}

type groupDelete struct{ groupDecision }

func (groupDelete) Help() string {
	return `The members are told. For 14 days the group can be read and restored; then it is deleted everywhere, with what was
posted in it and all files.

Examples:

    pleio-node group delete wijk-noord --reason "Dubbel met wijk-oost"`
}

// Run has a group deleted.
func (c *groupDelete) Run(ctx context.Context, p *program) error {
	return c.decide(ctx, p, func(n *node.Node, by, g *actors.Actor) error {
		if err := n.Outbox.PlanDeletion(ctx, by, g, c.Reason); err != nil {
			return err
		}
		now, err := actors.Get(ctx, n.DB, g.ID)
		if err == nil {
			p.say("%s will be deleted at %s. Until then \"pleio-node group restore %s\" takes that back.", g.Handle(), moment(now.Settings.Deletes), g.Name)
		}
		return err
	})
}

type groupRestore struct{ groupDecision }

func (groupRestore) Help() string {
	return `Examples:

    pleio-node group restore wijk-noord`
}

// Run restores a group.
func (c *groupRestore) Run(ctx context.Context, p *program) error {
	return c.decide(ctx, p, func(n *node.Node, by, g *actors.Actor) error {
		err := n.Outbox.Restore(ctx, by, g, c.Reason)
		if err == nil {
			p.say("%s will not be deleted.", g.Handle())
		}
		return err
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
	Name           string            `json:"name"`
	Handle         string            `json:"handle"`
	Title          string            `json:"title"`
	Preset         string            `json:"preset,omitempty"` // none when the settings are of no preset
	Visibility     string            `json:"visibility"`
	Access         string            `json:"access"` // how one joins
	Posting        string            `json:"posting"`
	PlainMembers   bool              `json:"plain_members"`
	Introduction   bool              `json:"introduction"`
	GuestsStart    bool              `json:"guests_start"`
	AutomaticHosts []string          `json:"automatic_hosts,omitempty"`
	AllowedHosts   []string          `json:"allowed_hosts,omitempty"`
	Welcome        map[string]string `json:"welcome,omitempty"`
	SinceJoining   bool              `json:"history_since_joining"`
	Archived       time.Time         `json:"archived,omitzero"`
	Deletes        time.Time         `json:"deletes,omitzero"`
	Members        int64             `json:"members"`
	URL            string            `json:"url"`
	Created        time.Time         `json:"created"`
}

// state is what else a list tells of a group.
func (r groupRow) state() string {
	switch {
	case !r.Deletes.IsZero():
		return "is deleted at " + moment(r.Deletes)
	case !r.Archived.IsZero():
		return "archived"
	}
	return ""
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
			s := g.Settings
			rows = append(rows, groupRow{g.Name, g.Handle(), g.Title, g.Preset(), g.Visibility, g.JoinPolicy, g.Posting, g.PlainMembers, s.Introduction, s.GuestsStart,
				s.Automatic, s.Allowed, s.Welcome, s.SinceJoining, s.Archived, s.Deletes, g.FollowersCount, g.URL, g.Published})
		}
		return show(p, c.listing, rows, []string{"NAME", "TITLE", "PRESET", "VISIBILITY", "JOIN", "POSTING", "MEMBERS", "SINCE", "STATE"}, func(r groupRow) []string {
			return []string{r.Name, r.Title, cmp.Or(r.Preset, "-"), r.Visibility, r.Access, r.Posting, strconv.FormatInt(r.Members, 10), moment(r.Created), r.state()}
		})
	})
}

type groupNodes struct {
	oneGroup
	listing
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
		g, err := c.of(ctx, n)
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
			g, err = oneGroup{Name: c.Name}.of(ctx, n)
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
