// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"fmt"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

// BlockDomain keeps everything of another server away from one of ours, and ends all that they have with people there.
func (o *Outbox) BlockDomain(ctx context.Context, who *actors.Actor, domain string) error {
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		domain, relations, err := o.Dir.BlockDomain(ctx, tx, who.ID, domain)
		if err != nil {
			return err
		}
		ids := make([]actors.ID, len(relations))
		for i, r := range relations {
			if ids[i] = r.Object; r.Object == who.ID {
				ids[i] = r.Subject
			}
		}
		known, err := actors.Many(ctx, tx, ids)
		if err != nil {
			return err
		}
		for i, r := range relations {
			other := known[ids[i]]
			switch {
			case other == nil:
			case r.Object == who.ID:
				err = o.removeFollower(ctx, tx, who, other)
			default:
				err = o.unfollow(ctx, tx, who, other)
			}
			if err != nil {
				return err
			}
		}
		return o.Timelines.ForgetDomain(ctx, tx, who.ID, domain)
	})
	if err != nil {
		return fmt.Errorf("%s blocks %s: %w", who.IRI, domain, err)
	}
	return nil
}
