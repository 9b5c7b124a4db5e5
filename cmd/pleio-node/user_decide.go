// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/node"
)

// What is decided about people. All of it is in the audit log.

type userEnable struct{ person }

func (userEnable) Help() string {
	return `Examples:

    pleio-node user enable anna`
}

// Run enables an account.
func (c *userEnable) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
		err := n.Moderation.Undo(ctx, moderation.CommandLine, a, moderation.Disable)
		if err == nil {
			p.say("%s can log in again.", a.Handle())
		}
		return err
	})
}

// somebody is a person of this node or of another.
type somebody struct {
	folder
	Name string `arg:"" help:"The short name of a person of this node, or name@host."`
}

// with does something with that person, who must be known here.
func (c somebody) with(ctx context.Context, p *program, do func(*node.Node, *actors.Actor) error) error {
	return c.change(ctx, p, func(n *node.Node) error {
		name, domain, err := federation.ParseHandle(c.Name)
		if err != nil {
			return err
		}
		if domain == "" || domain == n.Dir.Domain || domain == n.Dir.Host() {
			a, err := person{Name: name}.of(ctx, n)
			if err != nil {
				return err
			}
			return do(n, a)
		}
		a, err := actors.ByHandle(ctx, n.DB, name, domain)
		if err != nil {
			return err
		}
		return do(n, a)
	})
}

type userSuspend struct {
	somebody
	Note string `help:"Why: for the person and for the audit log." placeholder:"TEXT"`
}

func (userSuspend) Help() string {
	return `What they wrote is kept, and seen by nobody. Their sessions and apps are logged out.
What people of this node had with somebody of another (following, membership) ends.

Examples:

    pleio-node user suspend anna --note "Uit dienst"
    pleio-node user suspend jan@spam.example`
}

// Run suspends somebody.
func (c *userSuspend) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
		err := n.Moderation.Act(ctx, moderation.CommandLine, a, moderation.Decision{Action: moderation.Suspend, Text: c.Note})
		if err == nil {
			p.say("Nothing is seen of %s any more.", a.Handle())
		}
		return err
	})
}

type userRestore struct{ somebody }

func (userRestore) Help() string {
	return `Examples:

    pleio-node user restore anna`
}

// Run ends a suspension.
func (c *userRestore) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
		err := n.Moderation.Undo(ctx, moderation.CommandLine, a, moderation.Suspend)
		if err == nil {
			p.say("All of %s is seen again.", a.Handle())
		}
		return err
	})
}

type userApprove struct{ person }

func (userApprove) Help() string {
	return `Examples:

    pleio-node user approve piet`
}

// Run lets somebody in.
func (c *userApprove) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
		err := n.Moderation.Approve(ctx, moderation.CommandLine, a)
		if err == nil {
			p.say("%s has an account now.", a.Handle())
		}
		return err
	})
}

type userReject struct{ person }

func (userReject) Help() string {
	return `Examples:

    pleio-node user reject piet`
}

// Run refuses somebody.
func (c *userReject) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
		err := n.Moderation.Reject(ctx, moderation.CommandLine, a)
		if err == nil {
			p.say("%s has no account.", a.Handle())
		}
		return err
	})
}
