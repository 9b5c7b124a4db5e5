// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"fmt"

	"github.com/pleio-node/pleio-node/archive"
	"github.com/pleio-node/pleio-node/locale"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/node"
)

// A group as a file: see package archive.

type groupExport struct {
	oneGroup
	To string `help:"The file, which must not exist yet." required:"" placeholder:"FILE.zip"`
}

func (groupExport) Help() string {
	return `The file is a ZIP with the group as it is at this moment: its settings, its members, its log, all posts with
their earlier versions, and the files of its posts, also those of people of other nodes. It has no passwords
and no private keys; but it has all that was said in confidence: keep it as safe as the node itself. What is
in it, and how it can be read without this program, is in docs/group-archive.md.

Examples:

    pleio-node group export wijk-noord --to wijk-noord.zip`
}

// Run writes a group to a file.
func (c *groupExport) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		g, err := c.of(ctx, n)
		if err != nil {
			return err
		}
		m, err := p.archives(n).Export(ctx, g, c.To)
		if err != nil {
			return err
		}
		if err := n.Moderation.Note(ctx, moderation.CommandLine, "group.export", g.Handle(), c.To); err != nil {
			return err
		}
		p.say("%s was written to %s: %s.", g.Handle(), c.To, m.Counts)
		if m.Counts.Missing > 0 {
			p.say("%d files could not be had: the archive names them as missing.", m.Counts.Missing)
		}
		if m.Counts.Withheld > 0 {
			p.say("%d posts of suspended people are not in it.", m.Counts.Withheld)
		}
		return nil
	})
}

// archives are those of a node; how far it is, is told on standard error.
func (p *program) archives(n *node.Node) *archive.Archives {
	return &archive.Archives{DB: n.DB, Dir: n.Dir, Library: n.Library, Media: n.Media, Outbox: n.Outbox, Name: n.Config.Node.Name, Software: "pleio-node/" + node.Version,
		Progress: func(format string, args ...any) { fmt.Fprintf(p.err, format+"\n", args...) }}
}

type groupVerify struct {
	File string `arg:"" help:"The file."`
}

func (groupVerify) Help() string {
	return `Checks that every byte of the file is as it was written, that the log has no gap up to its head, and that the
list of members is the one that the group had. It needs no node and changes nothing.

Examples:

    pleio-node group verify wijk-noord.zip`
}

// Run checks a file.
func (c *groupVerify) Run(ctx context.Context, p *program) error {
	a, err := archive.Open(ctx, c.File)
	if err != nil {
		return err
	}
	m := a.Manifest
	p.say("%s is whole: %s as it was on %s, with %s.", c.File, m.Handle, locale.Get("en").Day(m.Exported), m.Counts)
	return a.Close()
}

type groupImport struct {
	folder
	File     string `arg:"" help:"The file."`
	As       string `help:"Another short name for the group than it had." placeholder:"NAME"`
	Owner    string `help:"The person of this node who owns the group. Needed unless the group is one that this node had, under the name that it had." placeholder:"NAME"`
	TakeOver bool   `help:"Posts that this node has already, as a copy of the group elsewhere, stand in this group from then on."`
}

func (groupImport) Help() string {
	return `The file is checked before anything is changed; when something is wrong, nothing is.

A group of another node becomes a group of this one, with all that was said in it, by whom and when. Those who
were members are invited, with the role that they had: nobody becomes a member without a word. The group on
the other node stays as it is.

A group that this node had, and has lost, comes back as it was when the file is from this node and the name is
the same: its members, its log and its addresses. Its people of this node must exist: make them first.

On SQLite nobody else can write while it happens; ten thousand posts take some seconds.

Examples:

    pleio-node group import wijk-noord.zip --owner anna
    pleio-node group import wijk-noord.zip --owner anna --as wijk-noord-2026`
}

// Run brings a group into the node.
func (c *groupImport) Run(ctx context.Context, p *program) error {
	from, err := archive.Open(ctx, c.File)
	if err != nil {
		return err
	}
	defer from.Close()
	return c.change(ctx, p, func(n *node.Node) error {
		plan := archive.Plan{As: c.As, TakeOver: c.TakeOver}
		if c.Owner != "" {
			if plan.Owner, err = (person{Name: c.Owner}).of(ctx, n); err != nil {
				return err
			}
		}
		b, err := p.archives(n).Import(ctx, from, plan)
		if err != nil {
			return err
		}
		if err := n.Moderation.Note(ctx, moderation.CommandLine, "group.import", b.Group.Handle(), c.File); err != nil {
			return err
		}
		c.tell(p, b)
		return nil
	})
}

func (c *groupImport) tell(p *program, b *archive.Brought) {
	if b.Restored {
		p.say("%s is back, with %d members and %d posts. It is at %s", b.Group.Handle(), b.Members, b.Posts, b.Group.URL)
	} else {
		invited := fmt.Sprintf("%d people are", b.Invited)
		if b.Invited == 1 {
			invited = "1 person is"
		}
		p.say("%s was made, with %d posts; %s invited. It is at %s", b.Group.Handle(), b.Posts+b.Taken, invited, b.Group.URL)
	}
	for _, x := range []struct {
		n    int
		said string
	}{
		{b.Taken, "%d posts were on this node already, and stand in the group now."},
		{b.Gone, "%d posts were deleted on this node, and stay away."},
		{b.Foreign, "%d posts are said to be by people of this node, which does not know them: they stay away."},
		{b.Requests, "%d people had asked to join: they ask again."},
		{b.Barred, "%d people stay banned."},
	} {
		if x.n > 0 {
			p.say(x.said, x.n)
		}
	}
	if b.Different {
		p.say("Not everybody who was a member could be one again: somebody has been deleted since.")
	}
	if !b.Restored && !b.Group.Settings.Archived.IsZero() {
		p.say("The group is archived: nobody is invited.")
	}
}
