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
	type row struct {
		block int64
		who   ID
	}
	args := []any{by}
	rows, err := db.All(ctx, q, func(r db.Scanner) (x row, err error) { return x, r.Scan(&x.block, &x.who) },
		"SELECT b.id, b.object FROM blocks b WHERE b.subject = $1"+p.SQL("b.id", &args), args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list blocks of actor %d: %w", by, err)
	}
	p.Arrange(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	ids := make([]ID, len(rows))
	for i, r := range rows {
		ids[i] = r.who
	}
	known, err := Many(ctx, q, ids)
	for _, r := range rows {
		cursors = append(cursors, r.block)
		if a := known[r.who]; a != nil {
			list = append(list, a)
		}
	}
	return list, cursors, err
}
