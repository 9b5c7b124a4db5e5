// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
)

// Quotes lists the items that quote another, those that the viewer may see, newest first.
func (t *Timelines) Quotes(ctx context.Context, v actors.Viewer, of content.ID, p actors.Page) ([]*content.Item, error) {
	return t.list(ctx, v, "i.quote_of = $1 AND i.quote_of > 0 AND i.quote_state = 'accepted'", []any{of}, p)
}

// SetQuote changes how the quote of an item stands, and tells who is watching; the author of what is quoted hears of it when
// it becomes accepted, and no more when it is so no longer.
func (t *Timelines) SetQuote(ctx context.Context, tx *db.Tx, i *content.Item, to content.Quote) error {
	if err := t.Library.SetQuote(ctx, tx, i, to); err != nil {
		return err
	}
	t.wake(tx, Hint{Event: Changed, Item: i.ID})
	if to.Of == 0 {
		return nil
	}
	if to.State == content.QuoteAccepted {
		return t.notifyQuote(ctx, tx, i)
	}
	_, err := tx.Exec(ctx, "DELETE FROM notifications WHERE item = $1 AND item > 0 AND kind = $2", i.ID, Quote)
	return err
}

func (t *Timelines) notifyQuote(ctx context.Context, tx *db.Tx, i *content.Item) error {
	if i.Quote.State != content.QuoteAccepted || i.Quote.Of == 0 {
		return nil
	}
	of, err := content.StoredByID(ctx, tx, i.Quote.Of)
	if err != nil {
		return err
	}
	return t.Notify(ctx, tx, of.Author, Quote, i.Author, i.ID)
}

// notifyQuoting tells those of ours who quote an item that it says something else now. What they are shown is their own post.
func (t *Timelines) notifyQuoting(ctx context.Context, tx *db.Tx, of *content.Item) error {
	quoting, err := content.Quoting(ctx, tx, of.ID)
	if err != nil {
		return err
	}
	for _, i := range quoting {
		if i.Local {
			if err := t.Notify(ctx, tx, i.Author, QuotedUpdate, of.Author, i.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
