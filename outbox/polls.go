// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/jobs"
)

const jobPoll = "poll" // the end of a poll of ours

// awaitPoll has the last counts of a poll of ours sent when it ends. Whom it concerns here is told by timeline.
func (o *Outbox) awaitPoll(ctx context.Context, tx *db.Tx, i *content.Item) error {
	if !i.Local || i.Poll == nil || i.Poll.Ends.IsZero() || !i.Poll.Closed.IsZero() {
		return nil
	}
	return o.Jobs.Add(ctx, tx, jobPoll, fmt.Sprint(i.ID), i.ID, i.Poll.Ends)
}

// endPoll closes a poll of ours and sends the last counts to whom it was sent.
func (o *Outbox) endPoll(ctx context.Context, payload []byte) error {
	var id content.ID
	if err := json.Unmarshal(payload, &id); err != nil {
		return jobs.Never(err)
	}
	return o.DB.Tx(ctx, func(tx *db.Tx) error {
		i, err := content.StoredByID(ctx, tx, id)
		switch {
		case errors.Is(err, fault.NotFound), err == nil && (i.Poll == nil || !i.Poll.Closed.IsZero()):
			return nil
		case err != nil:
			return err
		case !i.Poll.Over(time.Now()): // it was given a later end
			return jobs.Retry(i.Poll.Ends)
		}
		i.Poll.Closed = i.Poll.Ends
		if err := content.SetPoll(ctx, tx, id, i.Poll); err != nil {
			return err
		}
		return o.TellAgain(ctx, tx, i)
	})
}

// TellPoll sends the new counts of a poll of ours to whom it was sent.
func (o *Outbox) TellPoll(ctx context.Context, tx *db.Tx, id content.ID) error {
	i, err := content.StoredByID(ctx, tx, id)
	if err != nil {
		return err
	}
	return o.TellAgain(ctx, tx, i)
}
