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

// remembered is what was computed, until it is too old. Who asks meanwhile waits for the one who computes.
type remembered[T any] struct {
	mu    sync.Mutex
	until time.Time
	last  T
}

const rememberedFor = 5 * time.Minute

func (r *remembered[T]) get(compute func() (T, error)) (T, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Now().Before(r.until) {
		return r.last, nil
	}
	fresh, err := compute()
	if err == nil {
		r.last, r.until = fresh, time.Now().Add(rememberedFor)
	}
	return fresh, err
}

// Usage counts, at most once in five minutes.
func (t *Timelines) Usage(ctx context.Context) (Usage, error) {
	return t.usage.get(func() (Usage, error) { return t.count(ctx, time.Now()) })
}

func (t *Timelines) count(ctx context.Context, now time.Time) (Usage, error) {
	u, err := db.One(ctx, t.DB, func(r db.Scanner) (u Usage, err error) {
		return u, r.Scan(&u.Users, &u.ActiveMonth, &u.ActiveHalfyear, &u.Statuses, &u.Comments, &u.Domains)
	}, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN a.last_item > $1 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN a.last_item > $2 THEN 1 ELSE 0 END), 0),
		(SELECT COUNT(*) FROM items WHERE local AND kind <> 'Announce' AND audience <= 1),
		(SELECT COUNT(*) FROM items WHERE local AND kind <> 'Announce' AND audience <= 1 AND reply_iri <> ''), (SELECT COUNT(*) FROM peers) FROM actors a WHERE a.local AND a.kind = 'Person' AND a.deleted = 0 AND a.suspended = 0`,
		db.Millis(now.Add(-30*day)), db.Millis(now.Add(-180*day)))
	if err != nil {
		return u, fmt.Errorf("count the node's use: %w", err)
	}
	return u, nil
}
