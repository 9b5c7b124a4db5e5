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
	"github.com/pleio-node/pleio-node/jobs"
)

const jobForget = "forget"

// ForgetActor takes an actor away: who it was at once, what it made in the background.
func (t *Timelines) ForgetActor(ctx context.Context, tx *db.Tx, a *actors.Actor) error {
	if err := t.Library.Dir.Delete(ctx, tx, a); err != nil {
		return fmt.Errorf("forget %s: %w", a.IRI, err)
	}
	for _, what := range []string{"notifications WHERE actor = $1 OR owner = $1", "requests WHERE actor = $1 OR owner = $1", "heard WHERE actor = $1 OR owner = $1",
		"policies WHERE owner = $1", "filters WHERE owner = $1", "muted_threads WHERE owner = $1", "conversations WHERE owner = $1", "directs WHERE owner = $1",
		"decisions WHERE grp = $1 OR subject = $1"} {
		if _, err := tx.Exec(ctx, "DELETE FROM "+what, a.ID); err != nil {
			return fmt.Errorf("forget what was kept for %s: %w", a.IRI, err)
		}
	}
	return t.Jobs.Add(ctx, tx, jobForget, fmt.Sprint(a.ID), a.ID, time.Now())
}

// Prepare registers the timelines' durable work; before the queue runs.
func (t *Timelines) Prepare() {
	t.Jobs.Handle(jobPollEnded, t.pollEnded)
	t.prepareIndex()
	t.Jobs.Handle(jobForget, func(ctx context.Context, payload []byte) error {
		var id actors.ID
		if err := json.Unmarshal(payload, &id); err != nil {
			return jobs.Never(err)
		}
		return t.forgetItems(ctx, id)
	})
	t.Jobs.HandleSlow(jobCard, func(ctx context.Context, payload []byte) error {
		var id int64
		if err := json.Unmarshal(payload, &id); err != nil {
			return jobs.Never(err)
		}
		return t.Library.FetchCard(ctx, id)
	})
}

// forgetItems removes what a deleted actor made, and what was posted in a deleted group.
func (t *Timelines) forgetItems(ctx context.Context, id actors.ID) error {
	return errors.Join(t.forgetWhere(ctx, "i.author = $1", id, t.Unpublish), t.forgetWhere(ctx, "i.grp = $1 AND i.grp > 0", id, t.Unpublish))
}

// ForgetGroup removes what others wrote in a closed group elsewhere, as if it had never come: it may come once more.
func (t *Timelines) ForgetGroup(ctx context.Context, id actors.ID) error {
	return t.forgetWhere(ctx, fmt.Sprintf("i.grp = $1 AND NOT i.local AND i.audience = %d", actors.Members), id, func(ctx context.Context, tx *db.Tx, i *content.Item) error {
		if err := t.Unpublish(ctx, tx, i); err != nil {
			return err
		}
		return content.Unbury(ctx, tx, i.IRI)
	})
}

// forgetWhere removes items of or in an actor, a few at a time, so that others can write in between.
func (t *Timelines) forgetWhere(ctx context.Context, condition string, id actors.ID, remove func(context.Context, *db.Tx, *content.Item) error) error {
	for {
		items, err := content.Listed(ctx, t.DB, condition+" ORDER BY i.id LIMIT 50", []any{id})
		if err != nil || len(items) == 0 {
			return err
		}
		err = t.DB.Tx(ctx, func(tx *db.Tx) error {
			for _, i := range items {
				if err := remove(ctx, tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("forget what there is of actor %d: %w", id, err)
		}
	}
}
