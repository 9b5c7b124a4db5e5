// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"time"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/node"
)

type audit struct {
	List   auditList   `cmd:"" help:"Who decided what about whom, when and why: the last first."`
	Verify auditVerify `cmd:"" help:"Check that no entry of the audit log was changed or taken out."`
}

type auditList struct {
	folder
	listing
	Limit int `help:"How many entries at most." default:"200" placeholder:"N"`
}

func (auditList) Help() string {
	return `Examples:

    pleio-node audit list
    pleio-node audit list --limit 100000 --json > audit.json`
}

// Run lists the audit log.
func (c *auditList) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		entries, err := moderation.Audit(ctx, n.DB, c.Limit)
		if err != nil {
			return err
		}
		return show(p, c.listing, entries, []string{"WHEN", "WHO", "FROM", "ACTION", "OBJECT", "WHY"}, func(e moderation.Entry) []string {
			return []string{moment(e.When), e.Who, e.Address, e.Action, e.Object, e.Reason}
		})
	})
}

type auditVerify struct{ folder }

func (auditVerify) Help() string {
	return `Each entry has a hash over the one before. Keep the last hash elsewhere (audit list --limit 1 --json) to notice
also when the last entries are taken out.

Examples:

    pleio-node audit verify`
}

// Run checks the audit log.
func (c *auditVerify) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		good, broken, err := moderation.VerifyAudit(ctx, n.DB)
		if err != nil {
			return err
		}
		if broken != nil {
			return fault.Say(fault.Invalid, "The entry of %s by %s (%s %s) is not as it was written, or one before it is missing; the %d before it are good.",
				broken.When.Format(time.RFC3339), broken.Who, broken.Action, broken.Object, good)
		}
		p.say("%d entries, all as they were written.", good)
		return nil
	})
}
