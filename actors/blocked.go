// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"fmt"

	"github.com/pleio-node/pleio-node/db"
)

// BlockedBy lists whom an actor blocks, the last one first; the cursors number the blocks.
func BlockedBy(ctx context.Context, q db.Q, by ID, p Page) (list []*Actor, cursors []int64, err error) {
	return paged(ctx, q, "SELECT b.id, b.object FROM blocks b WHERE b.subject = $1", "b.id", p, by)
}

// paged lists the actors that a query finds by rows of a number, which the column has and pages are made by, and an actor. The
// cursors are those of all rows, also where the actor does not exist any more.
func paged(ctx context.Context, q db.Q, sql, column string, p Page, args ...any) (list []*Actor, cursors []int64, err error) {
	type row struct {
		cursor int64
		who    ID
	}
	rows, err := db.All(ctx, q, func(r db.Scanner) (x row, err error) { return x, r.Scan(&x.cursor, &x.who) }, sql+p.SQL(column, &args), args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list actors by %s: %w", column, err)
	}
	p.Arrange(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	ids := make([]ID, len(rows))
	for i, r := range rows {
		ids[i] = r.who
	}
	known, err := Many(ctx, q, ids)
	for _, r := range rows {
		cursors = append(cursors, r.cursor)
		if a := known[r.who]; a != nil {
			list = append(list, a)
		}
	}
	return list, cursors, err
}
