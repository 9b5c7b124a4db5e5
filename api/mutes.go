// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// What people keep to themselves about others: mutes, blocked domains, notes.

// mutedAccount is an account in the list of mutes.
type mutedAccount struct {
	*account
	ExpiresAt *string `json:"mute_expires_at"`
}

func (a *API) mutes(ctx context.Context, c *call) (any, error) {
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, err
	}
	list, err := actors.MutedBy(ctx, a.DB, c.viewer.ID, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(m actors.Muted) int64 { return m.Cursor })
	all := []mutedAccount{}
	for _, m := range list {
		all = append(all, mutedAccount{a.account(m.Actor), stampOrNull(m.Until)})
	}
	return all, nil
}

const longestMute = 100 * 365 * 24 * 3600 // seconds: what is longer cannot be meant

func (a *API) mute(ctx context.Context, c *call) (any, error) {
	seconds, err := c.Number("duration")
	if err != nil || seconds < 0 || seconds > longestMute {
		return nil, fault.Say(fault.Invalid, "Validation failed: duration must be a number of seconds, or 0 for a mute without end.")
	}
	var until time.Time
	if seconds > 0 {
		until = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	return a.between(ctx, c, func(me, target *actors.Actor) error {
		return a.Timelines.Mute(ctx, me.ID, target.ID, c.Bool("notifications", true), until)
	})
}

func (a *API) unmute(ctx context.Context, c *call) (any, error) {
	return a.kept(ctx, c, func(tx *db.Tx, me, target actors.ID) error { return actors.Unmute(ctx, tx, me, target) })
}

// kept is between for what only this node knows.
func (a *API) kept(ctx context.Context, c *call, do func(tx *db.Tx, me, target actors.ID) error) (any, error) {
	return a.between(ctx, c, func(me, target *actors.Actor) error {
		return a.DB.Tx(ctx, func(tx *db.Tx) error { return do(tx, me.ID, target.ID) })
	})
}

func (a *API) setNote(ctx context.Context, c *call) (any, error) {
	return a.kept(ctx, c, func(tx *db.Tx, me, target actors.ID) error {
		return actors.SetNote(ctx, tx, me, target, c.Text("comment"))
	})
}

func (a *API) endorse(ctx context.Context, c *call) (any, error) {
	return a.kept(ctx, c, func(tx *db.Tx, me, target actors.ID) error { return a.Dir.Endorse(ctx, tx, me, target) })
}

func (a *API) unendorse(ctx context.Context, c *call) (any, error) {
	return a.kept(ctx, c, func(tx *db.Tx, me, target actors.ID) error { return actors.Unendorse(ctx, tx, me, target) })
}

// endorsements are those whom one recommends oneself, endorsementsOf those whom another does.
func (a *API) endorsements(ctx context.Context, c *call) (any, error) {
	return a.endorsedBy(ctx, c, c.viewer.ID)
}

func (a *API) endorsementsOf(ctx context.Context, c *call) (any, error) {
	of, err := c.target(ctx)
	if err != nil {
		return nil, err
	}
	return a.endorsedBy(ctx, c, of.ID)
}

func (a *API) endorsedBy(ctx context.Context, c *call, by actors.ID) (any, error) {
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, err
	}
	list, cursors, err := actors.Endorsed(ctx, a.DB, c.viewer, by, p)
	if err != nil {
		return nil, err
	}
	linkCursors(c, cursors)
	return a.accounts(list), nil
}

var domainsPage = limits{100, 200}

func (a *API) blockedDomains(ctx context.Context, c *call) (any, error) {
	p, err := c.page(domainsPage)
	if err != nil {
		return nil, err
	}
	list, err := actors.BlockedDomains(ctx, a.DB, c.viewer.ID, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(b actors.BlockedDomain) int64 { return b.Cursor })
	all := []string{}
	for _, b := range list {
		all = append(all, b.Domain)
	}
	return all, nil
}

func (c *call) domain() (string, error) {
	if domain := c.Text("domain"); domain != "" {
		return domain, nil
	}
	return "", fault.Say(fault.Invalid, "Validation failed: Domain can't be blank")
}

func (a *API) blockDomain(ctx context.Context, c *call) (any, error) {
	domain, err := c.domain()
	if err != nil {
		return nil, err
	}
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	return empty{}, a.Outbox.BlockDomain(ctx, me, domain)
}

func (a *API) unblockDomain(ctx context.Context, c *call) (any, error) {
	domain, err := c.domain()
	if err != nil {
		return nil, err
	}
	return empty{}, a.DB.Tx(ctx, func(tx *db.Tx) error { return a.Dir.UnblockDomain(ctx, tx, c.viewer.ID, domain) })
}
