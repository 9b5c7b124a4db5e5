// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package moderation

import (
	"context"
	"fmt"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

// AccountFilter narrows the list of accounts; what is not set does not count.
type AccountFilter struct {
	Local, Remote                                              bool
	Active, Pending, Disabled, Silenced, Suspended, Sensitized bool
	Staff                                                      bool
	Name, Title, Domain, Email, Address                        string // Name and Title: the beginning; Address: of the network, or a range as 10.1.0.0/16
}

// FindAccounts lists accounts, here and elsewhere, the newest first.
func FindAccounts(ctx context.Context, q db.Q, f AccountFilter, p actors.Page) ([]*actors.Actor, error) {
	where, args := []string{"a.deleted = 0 AND a.kind IN ('Person', 'Group', 'Organization', 'Service')"}, []any(nil)
	for condition, wanted := range map[string]bool{
		"a.local": f.Local, "NOT a.local": f.Remote,
		"a.suspended = 0 AND a.silenced = 0 AND COALESCE(c.disabled, 0) = 0": f.Active,
		"c.pending > 0": f.Pending, "c.disabled > 0": f.Disabled, "a.silenced > 0": f.Silenced,
		"a.suspended > 0 AND COALESCE(c.pending, 0) = 0": f.Suspended, "a.sensitized > 0": f.Sensitized, "c.admin": f.Staff,
	} {
		if wanted {
			where = append(where, condition)
		}
	}
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if f.Name != "" {
		add(`LOWER(a.name) LIKE $%d ESCAPE '\'`, like(f.Name)+"%")
	}
	if f.Title != "" {
		add(`LOWER(a.title) LIKE $%d ESCAPE '\'`, like(f.Title)+"%")
	}
	if f.Domain != "" {
		add("a.domain = $%d AND NOT a.local", strings.ToLower(f.Domain))
	}
	if f.Email != "" {
		add(`c.email LIKE $%d ESCAPE '\'`, like(f.Email)+"%")
	}
	if f.Address != "" {
		addresses, err := within(ctx, q, f.Address)
		if err != nil {
			return nil, err
		}
		var marks string
		marks, args = db.In(args, addresses)
		where = append(where, "a.id IN (SELECT d.account FROM addresses d WHERE d.address IN ("+marks+"))")
	}
	ids, err := db.All(ctx, q, db.Scalar[actors.ID], "SELECT a.id FROM actors a LEFT JOIN accounts c ON c.actor = a.id WHERE "+strings.Join(where, " AND ")+p.SQL("a.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("find accounts: %w", err)
	}
	p.Arrange(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	known, err := actors.Many(ctx, q, ids)
	list := make([]*actors.Actor, 0, len(ids))
	for _, id := range ids {
		if a := known[id]; a != nil {
			list = append(list, a)
		}
	}
	return list, err
}

func like(s string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(s))
}

// within are the known addresses in a range, at most a thousand.
func within(ctx context.Context, q db.Q, text string) ([]string, error) {
	prefix, err := parsePrefix(text)
	if err != nil {
		return nil, err
	}
	if prefix.IsSingleIP() {
		return []string{prefix.Addr().String()}, nil
	}
	all, err := db.All(ctx, q, db.Scalar[string], "SELECT DISTINCT address FROM addresses")
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	var found []string
	for _, one := range all {
		if contains(prefix, one) && len(found) < 1000 {
			found = append(found, one)
		}
	}
	return found, nil
}
