// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"strconv"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/node"
)

type peer struct {
	List   peerList   `cmd:"" help:"List the nodes that this one has heard of, or that you decided about."`
	Add    peerAdd    `cmd:"" help:"Name a node that you work with. It also ends a block."`
	Limit  peerLimit  `cmd:"" help:"Keep what a node's people write out of public lists; who follows them still sees it."`
	Block  peerBlock  `cmd:"" help:"Have no contact with a node: nothing is taken from it, and nothing is sent to it."`
	Forget peerForget `cmd:"" help:"Take a decision about a node back. What it cut stays cut."`
}

type peerList struct {
	folder
	listing
}

func (peerList) Help() string {
	return `Examples:

    pleio-node peer list
    pleio-node peer list --json | jq -r '.[] | select(.policy == "blocked") | .host'`
}

// Run lists peers.
func (c *peerList) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		peers, err := actors.Peers(ctx, n.DB)
		if err != nil {
			return err
		}
		return show(p, c.listing, peers, []string{"HOST", "POLICY", "PEOPLE", "LAST SEEN", "NOTE"}, func(r actors.Peer) []string {
			policy := r.Policy
			if policy == actors.PeerOpen {
				policy = "-"
			}
			return []string{r.Host, policy, strconv.Itoa(r.People), moment(r.Seen), r.Note}
		})
	})
}

// host is a decision about a node.
type host struct {
	folder
	Host string `arg:"" help:"The host of the node, such as samen.waterschap.example."`
	Note string `help:"Why, for your colleagues." placeholder:"TEXT"`
}

func (h host) set(ctx context.Context, p *program, policy string) error {
	return h.change(ctx, p, func(n *node.Node) error {
		_, err := n.Moderation.DecideHost(ctx, moderation.CommandLine, actors.Peer{Host: h.Host, Policy: policy, Note: h.Note})
		if err == nil {
			p.say("%s is now %s.", h.Host, policy)
		}
		return err
	})
}

type peerAdd struct{ host }

func (peerAdd) Help() string {
	return `Examples:

    pleio-node peer add samen.waterschap.example --note "Waterschap, contact: Joris"`
}

// Run allows a peer.
func (c *peerAdd) Run(ctx context.Context, p *program) error {
	return c.set(ctx, p, actors.PeerAllowed)
}

type peerLimit struct{ host }

func (peerLimit) Help() string {
	return `Examples:

    pleio-node peer limit luid.example --note "Veel reclame"`
}

// Run limits a peer.
func (c *peerLimit) Run(ctx context.Context, p *program) error {
	return c.set(ctx, p, actors.PeerLimited)
}

type peerForget struct {
	folder
	Host string `arg:"" help:"The host of the node, as the list shows it."`
}

func (peerForget) Help() string {
	return `Examples:

    pleio-node peer forget spam.example`
}

// Run takes a decision about a peer back.
func (c *peerForget) Run(ctx context.Context, p *program) error {
	return c.change(ctx, p, func(n *node.Node) error {
		err := n.Moderation.ForgetHost(ctx, moderation.CommandLine, c.Host)
		if err == nil {
			p.say("Nothing is decided about %s any more.", c.Host)
		}
		return err
	})
}

type peerBlock struct{ host }

func (peerBlock) Help() string {
	return `What its people had with yours (following, membership) ends.

Examples:

    pleio-node peer block spam.example --note "Reclame, 3 meldingen"`
}

// Run blocks a peer.
func (c *peerBlock) Run(ctx context.Context, p *program) error {
	return c.set(ctx, p, actors.PeerBlocked)
}
