// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"errors"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/node"
)

type userSessions struct {
	person
	End bool `help:"Log the person out of every browser. Apps keep their access." xor:"what"`
	listing
}

func (userSessions) Help() string {
	return `Examples:

    pleio-node user sessions anna
    pleio-node user sessions anna --end`
}

type sessionRow struct {
	Agent   string    `json:"agent"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"`
}

// Run lists or ends sessions.
func (c *userSessions) Run(ctx context.Context, p *program) error {
	if c.End {
		return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
			if err := n.Auth.EndSessionsOf(ctx, a.ID); err != nil {
				return err
			}
			p.say("%s is logged out of every browser.", a.Handle())
			return nil
		})
	}
	return c.read(ctx, p, func(n *node.Node) error {
		a, err := c.of(ctx, n)
		if err != nil {
			return err
		}
		list, err := n.Auth.Sessions(ctx, a.ID)
		if err != nil {
			return err
		}
		var rows []sessionRow
		for _, s := range list {
			rows = append(rows, sessionRow{s.Agent, s.Created, s.Seen})
		}
		return show(p, c.listing, rows, []string{"BROWSER", "SINCE", "LAST USED"}, func(r sessionRow) []string {
			return []string{r.Agent, moment(r.Created), moment(r.Seen)}
		})
	})
}

type userSecondFactor struct {
	person
	Off bool `help:"Remove it, for who lost telephone and recovery codes. Make sure that you know who asks: from then on the password is enough."`
}

func (userSecondFactor) Help() string {
	return `Examples:

    pleio-node user second-factor anna
    pleio-node user second-factor anna --off`
}

// Run shows or removes a second factor.
func (c *userSecondFactor) Run(ctx context.Context, p *program) error {
	if c.Off {
		return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
			if err := n.DB.Tx(ctx, func(tx *db.Tx) error { return n.Auth.EndSecondFactor(ctx, tx, a.ID) }); err != nil {
				return err
			}
			p.say("%s logs in with the password alone.", a.Handle())
			return nil
		})
	}
	return c.read(ctx, p, func(n *node.Node) error {
		a, err := c.of(ctx, n)
		if err != nil {
			return err
		}
		f, err := n.Auth.SecondFactor(ctx, a.ID)
		switch {
		case errors.Is(err, fault.NotFound) || err == nil && f.Since.IsZero():
			p.say("%s has no second factor.", a.Handle())
		case err != nil:
			return err
		default:
			p.say("%s has a second factor since %s, with %d recovery codes.", a.Handle(), moment(f.Since), f.Left)
		}
		return nil
	})
}
