// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/db"
)

// Usage is how much the node is used, as instance documents and NodeInfo tell it.
type Usage struct {
	Users, ActiveMonth, ActiveHalfyear int64 // people of this node; active: wrote something
	Statuses, Comments                 int64 // written here for everybody; comments: those that answer something
	Domains                            int64 // known
}

type usage struct {
	mu    sync.Mutex
	until time.Time
	last  Usage
}

const usageLife = 5 * time.Minute

// Usage counts, at most once in five minutes.
func (t *Timelines) Usage(ctx context.Context) (Usage, error) {
	t.usage.mu.Lock()
	defer t.usage.mu.Unlock()
	now := time.Now()
	if now.Before(t.usage.until) {
		return t.usage.last, nil
	}
	day := 24 * time.Hour
	u, err := db.One(ctx, t.DB, func(r db.Scanner) (u Usage, err error) {
		return u, r.Scan(&u.Users, &u.ActiveMonth, &u.ActiveHalfyear, &u.Statuses, &u.Comments, &u.Domains)
	}, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN a.last_item > $1 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN a.last_item > $2 THEN 1 ELSE 0 END), 0),
		(SELECT COUNT(*) FROM items WHERE local AND kind <> 'Announce' AND audience <= 1),
		(SELECT COUNT(*) FROM items WHERE local AND kind <> 'Announce' AND audience <= 1 AND reply_iri <> ''), (SELECT COUNT(*) FROM peers) FROM actors a WHERE a.local AND a.kind = 'Person' AND a.deleted = 0 AND a.suspended = 0`,
		db.Millis(now.Add(-30*day)), db.Millis(now.Add(-180*day)))
	if err != nil {
		return u, fmt.Errorf("count the node's use: %w", err)
	}
	t.usage.last, t.usage.until = u, now.Add(usageLife)
	return u, nil
}
