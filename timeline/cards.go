// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
)

const (
	jobCard = "card"
	// spread is over how long the nodes that get a post at the same moment read the page that it links to.
	spread = time.Minute
)

// wantCard has the page read that an item links to, once for all that link to it. What others wrote not for everybody stays between
// them and their readers.
func (t *Timelines) wantCard(ctx context.Context, tx *db.Tx, i *content.Item) error {
	if i.BoostOf != 0 || !i.Local && i.Audience > actors.Unlisted {
		return nil
	}
	stale, err := t.Library.SetCard(ctx, tx, i)
	if err != nil || !stale {
		return err
	}
	at := time.Now()
	if !i.Local {
		at = at.Add(rand.N(spread))
	}
	return t.Jobs.Add(ctx, tx, jobCard, fmt.Sprint(i.Card), i.Card, at)
}

// Link is what was written for everybody about a page; fault.NotFound when nothing was.
func (t *Timelines) Link(ctx context.Context, v actors.Viewer, address string, p actors.Page) ([]*content.Item, error) {
	card, err := content.CardOf(ctx, t.DB, address)
	if err != nil {
		return nil, err
	}
	return t.list(ctx, v, "i.card = $1 AND i.card > 0 AND "+open, []any{card.ID}, p)
}
