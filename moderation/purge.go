// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package moderation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/jobs"
)

const (
	jobPurge  = "purge"
	purgeOnce = 1000 // addresses in one job
)

// purge has the copies of pictures deleted that actors elsewhere (a condition on the alias a) showed: soon, in the
// background. Where they are is kept, so that they can be read again when the decision is taken back.
func (m *Moderation) purge(ctx context.Context, tx *db.Tx, condition string, args ...any) error {
	addresses, err := db.All(ctx, tx, db.Scalar[string], `SELECT f.remote FROM actors a JOIN files f ON f.owner = a.id WHERE f.remote <> '' AND `+condition+`
		UNION SELECT a.icon FROM actors a WHERE a.icon <> '' AND `+condition+" UNION SELECT a.image FROM actors a WHERE a.image <> '' AND "+condition, args...)
	if err != nil {
		return fmt.Errorf("find pictures to delete: %w", err)
	}
	for some := range slices.Chunk(addresses, purgeOnce) {
		if err := m.Jobs.Add(ctx, tx, jobPurge, fmt.Sprint(m.DB.NewID()), some, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

func (m *Moderation) purged(_ context.Context, payload []byte) error {
	var addresses []string
	if err := json.Unmarshal(payload, &addresses); err != nil {
		return jobs.Never(err)
	}
	for _, address := range addresses {
		if err := m.Media.Discard(address); err != nil {
			return err
		}
	}
	return nil
}
