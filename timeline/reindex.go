// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/jobs"
)

const (
	jobIndex   = "index" // the payload is the actor whose posts are indexed anew; 0: all that is not in the index (see migrations.sql)
	indexBatch = 100     // at once, so that others can write in between
)

// prepareIndex registers the work of the index, and hears of authors who change whether they may be found.
func (t *Timelines) prepareIndex() {
	t.Jobs.Handle(jobIndex, func(ctx context.Context, payload []byte) error {
		var author actors.ID
		if err := json.Unmarshal(payload, &author); err != nil {
			return jobs.Never(err)
		}
		if author != 0 {
			return t.indexItems(ctx, func(before content.ID) ([]content.ID, error) {
				return content.OpenBy(ctx, t.DB, author, before, indexBatch)
			})
		}
		if err := t.indexActors(ctx); err != nil {
			return err
		}
		return t.indexItems(ctx, func(before content.ID) ([]content.ID, error) { return content.Unindexed(ctx, t.DB, before, indexBatch) })
	})
	t.Library.Dir.Reindex = func(ctx context.Context, tx *db.Tx, author actors.ID) error {
		return t.Jobs.Add(ctx, tx, jobIndex, fmt.Sprint(author), author, time.Now())
	}
}

func (t *Timelines) indexActors(ctx context.Context) error {
	for after := actors.ID(0); ; {
		var last actors.ID
		err := t.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			last, err = actors.IndexSome(ctx, tx, after, indexBatch)
			return err
		})
		if err != nil || last == 0 {
			return err
		}
		after = last
	}
}

// indexItems goes from the newest to the oldest: those are looked for first. When it is broken off it finds by itself what is left.
func (t *Timelines) indexItems(ctx context.Context, next func(before content.ID) ([]content.ID, error)) error {
	for before := content.ID(math.MaxInt64); ; {
		ids, err := next(before)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := t.DB.Tx(ctx, func(tx *db.Tx) error { return content.Index(ctx, tx, ids) }); err != nil {
			return err
		}
		before = ids[len(ids)-1]
	}
}
