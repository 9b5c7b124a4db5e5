// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"strconv"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

type queue struct {
	List  queueList  `cmd:"" help:"List what waits for which node, and why."`
	Retry queueRetry `cmd:"" help:"Try a node again now, and end a hold."`
	Hold  queueHold  `cmd:"" help:"Keep everything for a node until it is retried."`
	Drop  queueDrop  `cmd:"" help:"Throw away everything that waits for a node. It cannot be undone."`
}

type queueList struct {
	folder
	listing
}

func (queueList) Help() string {
	return `A state is ok, failing (it is tried again, less and less often), parked (it could not be reached for a week, and is
asked once a day) or held (by you).

Examples:

    pleio-node queue list
    pleio-node queue list --json | jq '.[] | select(.waiting > 0)'`
}

type queueRow struct {
	Host          string    `json:"host"`
	State         string    `json:"state"`
	Waiting       int64     `json:"waiting"`
	OldestWaiting time.Time `json:"oldest_waiting,omitzero"`
	Failures      int64     `json:"failures"`
	FailingSince  time.Time `json:"failing_since,omitzero"`
	LastSuccess   time.Time `json:"last_success,omitzero"`
	NextTry       time.Time `json:"next_try,omitzero"`
	Error         string    `json:"error"`
}

// Run lists hosts.
func (c *queueList) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		hosts, err := outbox.Hosts(ctx, n.DB)
		if err != nil {
			return err
		}
		var rows []queueRow
		for _, h := range hosts {
			rows = append(rows, queueRow(h))
		}
		return show(p, c.listing, rows, []string{"HOST", "STATE", "WAITING", "OLDEST", "LAST SUCCESS", "NEXT TRY", "ANSWER"}, func(r queueRow) []string {
			return []string{r.Host, r.State, strconv.FormatInt(r.Waiting, 10), moment(r.OldestWaiting), moment(r.LastSuccess), moment(r.NextTry), r.Error}
		})
	})
}

// waiting is a command about what waits for one node.
type waiting struct {
	folder
	Host string `arg:"" help:"The host, as in \"pleio-node queue list\"."`
}

func (w waiting) with(ctx context.Context, p *program, do func(*db.Tx) error) error {
	return w.change(ctx, p, func(n *node.Node) error { return n.DB.Tx(ctx, do) })
}

type queueRetry struct{ waiting }

func (queueRetry) Help() string {
	return `Examples:

    pleio-node queue retry samen.waterschap.example`
}

// Run retries.
func (c *queueRetry) Run(ctx context.Context, p *program) error {
	err := c.with(ctx, p, func(tx *db.Tx) error { return outbox.Retry(ctx, tx, c.Host) })
	if err == nil {
		p.say("%s is tried as soon as the node runs.", c.Host)
	}
	return err
}

type queueHold struct{ waiting }

func (queueHold) Help() string {
	return `Examples:

    pleio-node queue hold samen.waterschap.example`
}

// Run holds.
func (c *queueHold) Run(ctx context.Context, p *program) error {
	err := c.with(ctx, p, func(tx *db.Tx) error { return outbox.Hold(ctx, tx, c.Host) })
	if err == nil {
		p.say("Nothing is sent to %s until \"pleio-node queue retry %s\".", c.Host, c.Host)
	}
	return err
}

type queueDrop struct {
	waiting
	Yes bool `help:"Do not ask."`
}

func (queueDrop) Help() string {
	return `Examples:

    pleio-node queue drop gone.example --yes`
}

// Run drops.
func (c *queueDrop) Run(ctx context.Context, p *program) error {
	if err := p.sure(ctx, c.Yes, "Throw away everything that waits for "+c.Host+"? It cannot be undone."); err != nil {
		return err
	}
	var count int64
	err := c.with(ctx, p, func(tx *db.Tx) (err error) {
		count, err = outbox.Drop(ctx, tx, c.Host)
		return err
	})
	if err == nil {
		p.say("%d that waited for %s were thrown away.", count, c.Host)
	}
	return err
}
