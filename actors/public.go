// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"fmt"

	"github.com/pleio-node/pleio-node/db"
)

// PublicGroups lists the groups of this node that everybody may know of, the largest first.
func PublicGroups(ctx context.Context, q db.Q, limit int) ([]*Actor, error) {
	all, err := db.All(ctx, q, scan, "SELECT "+columns+` FROM actors a WHERE a.local AND a.kind = 'Group' AND a.visibility = 'public' AND a.discoverable
		AND a.deleted = 0 AND a.suspended = 0 AND a.silenced = 0 ORDER BY a.followers_count DESC, a.id LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list public groups: %w", err)
	}
	return all, nil
}

// HostCounts tells on how many nodes each of our actors has followers or members, this one included.
func HostCounts(ctx context.Context, q db.Q, ids []ID) (map[ID]int64, error) {
	counts := make(map[ID]int64, len(ids))
	for _, id := range ids {
		counts[id] = 1
	}
	marks, args := db.In(nil, ids)
	_, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var id ID
		var n int64
		err = r.Scan(&id, &n)
		counts[id] += n
		return x, err
	}, "SELECT object, COUNT(*) FROM reach WHERE object IN ("+marks+") GROUP BY object", args...)
	if err != nil {
		return nil, fmt.Errorf("count hosts: %w", err)
	}
	return counts, nil
}
