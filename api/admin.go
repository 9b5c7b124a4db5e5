// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/moderation"
)

// The part of the API that administrators have: accounts. Scopes of routes see to it that nobody else comes here.

type adminAccount struct {
	ID            string    `json:"id"`
	Username      string    `json:"username"`
	Domain        *string   `json:"domain"`
	CreatedAt     string    `json:"created_at"`
	Email         string    `json:"email"`
	IP            *string   `json:"ip"`
	IPs           []came    `json:"ips"`
	Locale        string    `json:"locale"`
	InviteRequest *string   `json:"invite_request"`
	Role          *roleOfMe `json:"role"`
	Confirmed     bool      `json:"confirmed"`
	Approved      bool      `json:"approved"`
	Disabled      bool      `json:"disabled"`
	Sensitized    bool      `json:"sensitized"`
	Silenced      bool      `json:"silenced"`
	Suspended     bool      `json:"suspended"`
	Account       *account  `json:"account"`
	MadeBy        string    `json:"created_by_application_id,omitempty"`
}

type came struct {
	IP     string `json:"ip"`
	UsedAt string `json:"used_at"`
}

var adminPage = limits{100, 200}

// by is who decides, for the audit log.
func (c *call) by() moderation.By {
	return moderation.By{Account: c.viewer.ID, Name: c.access.Account.Name, Address: auth.Address(c.r.RemoteAddr)}
}

// adminAccounts shows actors with all that administrators know of them, in three queries.
func (a *API) adminAccounts(ctx context.Context, list []*actors.Actor) ([]*adminAccount, error) {
	ids := make([]actors.ID, len(list))
	for i, one := range list {
		ids[i] = one.ID
	}
	accounts, err := a.Auth.Many(ctx, a.DB, ids)
	if err != nil {
		return nil, err
	}
	addresses, err := auth.Addresses(ctx, a.DB, ids)
	if err != nil {
		return nil, err
	}
	all := make([]*adminAccount, len(list))
	for i, one := range list {
		of, known := accounts[one.ID]
		x := &adminAccount{ID: digits(one.ID), Username: one.Name, CreatedAt: stamp(one.Published), IPs: []came{}, Role: roleFor(of.Admin), Confirmed: true, Approved: true,
			Sensitized: !one.Sensitized.IsZero(), Silenced: !one.Silenced.IsZero(), Suspended: !one.Suspended.IsZero() && of.Pending.IsZero(), Account: a.account(one)}
		if !one.Local {
			x.Domain = &one.Domain
		}
		if known {
			x.Email, x.Locale, x.InviteRequest, x.Approved, x.Disabled = of.Email, of.Locale, textOrNull(of.Reason), of.Pending.IsZero(), !of.Disabled.IsZero()
			if of.MadeBy != 0 {
				x.MadeBy = digits(of.MadeBy)
			}
		}
		for _, c := range addresses[one.ID] {
			x.IPs = append(x.IPs, came{c.Address, stamp(c.Used)})
		}
		if len(x.IPs) > 0 {
			x.IP = &x.IPs[0].IP
		}
		all[i] = x
	}
	return all, nil
}

func (a *API) adminAccountOf(ctx context.Context, id actors.ID) (*adminAccount, error) {
	one, err := actors.Get(ctx, a.DB, id)
	if err != nil {
		return nil, err
	}
	list, err := a.adminAccounts(ctx, []*actors.Actor{one})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// accountFilter reads what both versions of the list have in common.
func (c *call) accountFilter() moderation.AccountFilter {
	return moderation.AccountFilter{Name: strings.TrimPrefix(c.Text("username"), "@"), Title: c.Text("display_name"), Domain: c.Text("by_domain"), Email: c.Text("email"), Address: c.Text("ip")}
}

func (a *API) adminListAccounts(ctx context.Context, c *call) (any, error) {
	f := c.accountFilter()
	for key, into := range map[string]*bool{"local": &f.Local, "remote": &f.Remote, "active": &f.Active, "pending": &f.Pending, "disabled": &f.Disabled,
		"silenced": &f.Silenced, "suspended": &f.Suspended, "sensitized": &f.Sensitized, "staff": &f.Staff} {
		*into = c.Bool(key, false)
	}
	return a.adminFound(ctx, c, f)
}

func (a *API) adminListAccounts2(ctx context.Context, c *call) (any, error) {
	f := c.accountFilter()
	f.Local, f.Remote = c.Text("origin") == "local", c.Text("origin") == "remote"
	switch status := c.Text("status"); status {
	case "":
	case "active":
		f.Active = true
	case "pending":
		f.Pending = true
	case "disabled":
		f.Disabled = true
	case "silenced":
		f.Silenced = true
	case "suspended":
		f.Suspended = true
	default:
		return nil, fault.Say(fault.Invalid, "Validation failed: status must be active, pending, disabled, silenced or suspended")
	}
	f.Staff = c.Text("permissions") == "staff"
	for _, id := range c.List("role_ids") {
		f.Staff = f.Staff || id == roleFor(true).ID
	}
	if c.Text("invited_by") != "" { // invitations leave no trace in accounts
		return []empty{}, nil
	}
	return a.adminFound(ctx, c, f)
}

func (a *API) adminFound(ctx context.Context, c *call, f moderation.AccountFilter) (any, error) {
	p, err := c.page(adminPage)
	if err != nil {
		return nil, err
	}
	list, err := moderation.FindAccounts(ctx, a.DB, f, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(x *actors.Actor) int64 { return int64(x.ID) })
	return a.adminAccounts(ctx, list)
}

func (a *API) adminAccount(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return a.adminAccountOf(ctx, actors.ID(id))
}

func (a *API) adminAct(ctx context.Context, c *call) (any, error) {
	of, err := c.target(ctx)
	if err != nil {
		return nil, err
	}
	report, err := c.Number("report_id")
	if err != nil {
		return nil, err
	}
	if c.Text("type") == "" {
		return nil, fault.Say(fault.Invalid, "Validation failed: Type can't be blank")
	}
	return empty{}, a.Moderation.Act(ctx, c.by(), of, moderation.Decision{Action: c.Text("type"), Text: actors.CleanText(c.Text("text"), 2000), Report: report})
}

// adminChange does something with an account and shows what came of it.
func (a *API) adminChange(do func(ctx context.Context, m *moderation.Moderation, by moderation.By, of *actors.Actor) error) handler {
	return func(ctx context.Context, c *call) (any, error) {
		of, err := c.target(ctx)
		if err != nil {
			return nil, err
		}
		if err := do(ctx, a.Moderation, c.by(), of); err != nil {
			return nil, err
		}
		return a.adminAccountOf(ctx, of.ID)
	}
}

func (a *API) adminUndo(action string) handler {
	return a.adminChange(func(ctx context.Context, m *moderation.Moderation, by moderation.By, of *actors.Actor) error {
		return m.Undo(ctx, by, of, action)
	})
}

func (a *API) adminApprove() handler {
	return a.adminChange(func(ctx context.Context, m *moderation.Moderation, by moderation.By, of *actors.Actor) error {
		return m.Approve(ctx, by, of)
	})
}

// adminLast shows an account as it was before it went.
func (a *API) adminLast(do func(ctx context.Context, m *moderation.Moderation, by moderation.By, of *actors.Actor) error) handler {
	return func(ctx context.Context, c *call) (any, error) {
		of, err := c.target(ctx)
		if err != nil {
			return nil, err
		}
		shown, err := a.adminAccountOf(ctx, of.ID)
		if err != nil {
			return nil, err
		}
		return shown, do(ctx, a.Moderation, c.by(), of)
	}
}

func (a *API) adminReject() handler {
	return a.adminLast(func(ctx context.Context, m *moderation.Moderation, by moderation.By, of *actors.Actor) error {
		return m.Reject(ctx, by, of)
	})
}

func (a *API) adminDelete() handler {
	return a.adminLast(func(ctx context.Context, m *moderation.Moderation, by moderation.By, of *actors.Actor) error {
		return m.Delete(ctx, by, of)
	})
}
