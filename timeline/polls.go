// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/jobs"
)

const (
	jobPollEnded = "poll ended"
	longEnded    = 24 * time.Hour // nobody is told of what ended before
	toldAtOnce   = 200            // voters, so that others can write in between
)

// PollChanged sees to it that the end of an item's poll is told: when it is new, and when its end may have changed.
func (t *Timelines) PollChanged(ctx context.Context, tx *db.Tx, i *content.Item) error {
	if i.Poll == nil || i.Poll.Ends.IsZero() && i.Poll.Closed.IsZero() {
		return nil
	}
	at := i.Poll.Ends
	if i.Poll.Over(time.Now()) {
		at = time.Now()
	}
	return t.Jobs.Add(ctx, tx, jobPollEnded, fmt.Sprint(i.ID), i.ID, at)
}

// pollEnded tells the author of a poll, and who of ours voted in it, that it has ended.
func (t *Timelines) pollEnded(ctx context.Context, payload []byte) error {
	var id content.ID
	if err := json.Unmarshal(payload, &id); err != nil {
		return jobs.Never(err)
	}
	i, err := content.StoredByID(ctx, t.DB, id)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := time.Now()
	switch {
	case i.Poll == nil:
		return nil
	case !i.Poll.Over(now):
		if i.Poll.Ends.IsZero() {
			return nil
		}
		return jobs.Retry(i.Poll.Ends)
	case i.Poll.Closed.IsZero() && now.Sub(i.Poll.Ends) > longEnded, !i.Poll.Closed.IsZero() && now.Sub(i.Poll.Closed) > longEnded:
		return nil
	}
	who, err := db.All(ctx, t.DB, db.Scalar[actors.ID], `SELECT v.actor FROM votes v JOIN actors a ON a.id = v.actor AND a.local WHERE v.item = $1 AND v.kind = 'choice'
		UNION SELECT a.id FROM actors a WHERE a.id = $2 AND a.local`, id, i.Author)
	if err != nil {
		return fmt.Errorf("who voted in item %d: %w", id, err)
	}
	for len(who) > 0 {
		some := who[:min(len(who), toldAtOnce)]
		who = who[len(some):]
		if err := t.DB.Tx(ctx, func(tx *db.Tx) error {
			for _, one := range some {
				if err := t.Notify(ctx, tx, one, Poll, i.Author, id); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
