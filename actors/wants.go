// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/db"
)

// Wants is the SQL condition under which one of ours wants to see the item of the given alias in a list that is made for
// them: its author, and that of what it boosts, is neither muted nor blocked and of no blocked domain. It continues the given
// arguments. It stands beside the gate and never instead of it: what is unwanted exists, and is found by its address.
//
// For those who muted and blocked nobody, it costs one look for all rows together.
func Wants(v Viewer, alias string, args []any) (string, []any) {
	if !v.Local() {
		return "1 = 1", args
	}
	n := len(args) + 1
	return WantsAs(fmt.Sprintf("$%d", n), fmt.Sprintf("$%d", n+1), alias), append(args, v.ID, db.Millis(time.Now()))
}

// WantsAs is Wants for one of our own people whose number is an SQL expression, at a time in milliseconds that is one too.
func WantsAs(viewer, now, alias string) string {
	return fmt.Sprintf("(NOT %[1]s OR (NOT %[2]s AND (%[3]s.boost_of = 0 OR NOT EXISTS (SELECT 1 FROM items wo WHERE wo.id = %[3]s.boost_of AND %[4]s))))",
		unwantsAny(viewer), unwanted(viewer, now, alias+".author"), alias, unwanted(viewer, now, "wo.author"))
}

// WantsActor is Wants for the actor whose number the column holds.
func WantsActor(v Viewer, column string, args []any) (string, []any) {
	if !v.Local() {
		return "1 = 1", args
	}
	n := len(args) + 1
	viewer, now := fmt.Sprintf("$%d", n), fmt.Sprintf("$%d", n+1)
	return fmt.Sprintf("(NOT %s OR NOT %s)", unwantsAny(viewer), unwanted(viewer, now, column)), append(args, v.ID, db.Millis(time.Now()))
}

func unwantsAny(viewer string) string {
	return fmt.Sprintf(`EXISTS (SELECT 1 FROM mutes wm WHERE wm.subject = %[1]s UNION ALL SELECT 1 FROM blocks wb WHERE wb.subject = %[1]s
		UNION ALL SELECT 1 FROM blocked_domains wd WHERE wd.subject = %[1]s)`, viewer)
}

// CROSS JOIN keeps the order on SQLite: the few domains first.
func unwanted(viewer, now, column string) string {
	return fmt.Sprintf(`(%[1]s IN (SELECT wm.object FROM mutes wm WHERE wm.subject = %[2]s AND (wm.until = 0 OR wm.until > %[3]s)
		UNION ALL SELECT wb.object FROM blocks wb WHERE wb.subject = %[2]s)
		OR EXISTS (SELECT 1 FROM blocked_domains wd CROSS JOIN actors wa WHERE wd.subject = %[2]s AND wa.id = %[1]s AND wd.domain IN (wa.domain, wa.host)))`, column, viewer, now)
}

// Unwanted returns which of the actors the viewer does not want to see, in one query.
func Unwanted(ctx context.Context, q db.Q, v Viewer, ids []ID) (map[ID]bool, error) {
	found := map[ID]bool{}
	if !v.Local() || len(ids) == 0 {
		return found, nil
	}
	list, args := db.In(nil, ids)
	wants, args := WantsActor(v, "a.id", args)
	all, err := db.All(ctx, q, db.Scalar[ID], "SELECT a.id FROM actors a WHERE a.id IN ("+list+") AND NOT "+wants, args...)
	if err != nil {
		return nil, fmt.Errorf("whom actor %d does not want to see: %w", v.ID, err)
	}
	for _, id := range all {
		found[id] = true
	}
	return found, nil
}
