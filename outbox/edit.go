// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/media"
)

// Edit replaces what one of ours wrote. Whom it reaches stays as it was; a draft without a poll leaves the poll as it is. What was said
// before stays as a version, unless nothing changes.
func (o *Outbox) Edit(ctx context.Context, author *actors.Actor, id content.ID, d Draft) (*content.Item, error) {
	before, err := o.own(ctx, o.DB, author, id)
	if err != nil {
		return nil, err
	}
	group, err := o.groupOf(ctx, o.DB, before)
	if err == nil && group != nil {
		err = group.Ended()
	}
	if err != nil {
		return nil, err
	}
	if err := d.checkEdit(before); err != nil {
		return nil, err
	}
	d.Audience, d.App = before.Audience, before.App
	m, err := o.compose(ctx, author, d, nil, nil, o.resolve(ctx, author, d.Text))
	if err != nil {
		return nil, err
	}
	if d.QuotePolicy == "" {
		d.QuotePolicy = before.QuotePolicy
	}
	m.Item.QuotePolicy = quotePolicy(d.QuotePolicy, before.Audience)
	if err := o.quoteAgain(ctx, before, m); err != nil {
		return nil, err
	}
	m.Item.URL, m.Item.Context, m.Item.Edited = before.URL, before.Context, time.Now()
	had, err := media.Of(ctx, o.DB, []int64{int64(id)})
	if err != nil {
		return nil, err
	}
	if !edited(before, had[int64(id)], m, d) {
		return before, nil
	}
	err = o.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := o.Timelines.Republish(ctx, tx, before, m); err != nil {
			return err
		}
		if err := media.Attach(ctx, tx, int64(id), int64(author.ID), d.Files); err != nil {
			return err
		}
		for _, c := range d.Describe {
			if !slices.Contains(d.Files, c.ID) {
				return fault.Say(fault.Invalid, "Validation failed: media_attributes must name files of this post.")
			}
			if _, err := o.Library.Media.Describe(ctx, tx, int64(author.ID), c.ID, c.Description, c.Focus); err != nil {
				return err
			}
		}
		if err := content.Index(ctx, tx, []content.ID{id}); err != nil { // by the descriptions of its files too
			return err
		}
		if err := o.awaitPoll(ctx, tx, m.Item); err != nil {
			return err
		}
		return o.tellUpdate(ctx, tx, author, m.Item)
	})
	if err != nil {
		return nil, fmt.Errorf("edit of %s: %w", before.IRI, err)
	}
	return content.Get(ctx, o.DB, viewer(author), id)
}

// checkEdit is check for an edit: a poll that asks the same keeps its votes.
func (d *Draft) checkEdit(before *content.Item) error {
	now, asked := time.Now(), d.Poll
	if asked == nil && before.Poll != nil && !d.NoPoll {
		kept := *before.Poll
		d.Poll = &kept
	}
	if asked != nil || d.Poll == nil {
		if err := d.check(now); err != nil {
			return err
		}
	} else if err := (&Draft{Text: d.Text + " ?", Summary: d.Summary, Files: d.Files, QuotePolicy: d.QuotePolicy}).check(now); err != nil { // the poll says enough
		return err
	} else if len(d.Files) > 0 {
		return fault.Say(fault.Invalid, "A post has either a poll or files, not both.")
	}
	if asked != nil && asked.Same(before.Poll) {
		asked.Options, asked.Voters = before.Poll.Options, before.Poll.Voters
	}
	return nil
}

// edited tells whether an edit changes anything.
func edited(before *content.Item, had []media.File, m *content.Made, d Draft) bool {
	i := m.Item
	if before.Source != i.Source || before.Content != i.Content || before.Summary != i.Summary || before.Sensitive != i.Sensitive || before.Language != i.Language ||
		before.QuotePolicy != i.QuotePolicy {
		return true
	}
	if !before.Poll.Same(i.Poll) || i.Poll != nil && (i.Poll.Hidden != before.Poll.Hidden || !i.Poll.Ends.Equal(before.Poll.Ends)) {
		return true
	}
	if !slices.EqualFunc(had, d.Files, func(f media.File, id media.ID) bool { return f.ID == id }) {
		return true
	}
	for _, c := range d.Describe {
		n := slices.IndexFunc(had, func(f media.File) bool { return f.ID == c.ID })
		if n < 0 || c.Description != nil && *c.Description != had[n].Description || c.Focus != nil && *c.Focus != [2]float64{had[n].FocusX, had[n].FocusY} {
			return true
		}
	}
	return false
}

// Delete takes an item away for good: one's own, or as a moderator one in the group.
func (o *Outbox) Delete(ctx context.Context, who *actors.Actor, id content.ID) error {
	return o.delete(ctx, who, id, false)
}

// Redraft is Delete, and leaves the files to be used once more: for a day, as new ones.
func (o *Outbox) Redraft(ctx context.Context, who *actors.Actor, id content.ID) error {
	return o.delete(ctx, who, id, true)
}

func (o *Outbox) delete(ctx context.Context, who *actors.Actor, id content.ID, keep bool) error {
	i, err := content.Get(ctx, o.DB, viewer(who), id)
	if err != nil {
		return err
	}
	if i.Author != who.ID {
		role, err := actors.RoleOf(ctx, o.DB, who.ID, i.Group)
		if err != nil || !role.Staff() {
			return fault.Say(fault.NotFound, "This post does not exist, or it is not yours.")
		}
	}
	err = o.DB.Tx(ctx, func(tx *db.Tx) error { return o.deleteIn(ctx, tx, who, i, keep) })
	if err != nil {
		return fmt.Errorf("delete %s: %w", i.IRI, err)
	}
	return nil
}

func (o *Outbox) deleteIn(ctx context.Context, tx *db.Tx, who *actors.Actor, i *content.Item, keep bool) error {
	object, err := o.Library.Object(ctx, tx, i)
	if err != nil {
		return err
	}
	touched, err := o.touched(ctx, tx, i)
	if err != nil {
		return err
	}
	if err := o.Withdraw(ctx, tx, i); err != nil {
		return err
	}
	if _, err := o.tell(ctx, tx, who, i, sending{extra: touched, activity: &vocab.Activity{Type: "Delete", To: object.To, CC: object.CC,
		Object: vocab.Ref{ID: i.IRI, Type: "Tombstone", Document: vocab.Document{Object: &vocab.Object{ID: i.IRI, Type: "Tombstone", FormerType: i.Kind, Deleted: time.Now()}}}}}); err != nil {
		return err
	}
	if keep && i.Author == who.ID {
		if err := media.Detach(ctx, tx, int64(i.ID), int64(who.ID)); err != nil {
			return err
		}
	}
	quoting, err := content.Quoting(ctx, tx, i.ID)
	if err != nil {
		return err
	}
	if err := o.Timelines.Unpublish(ctx, tx, i); err != nil {
		return err
	}
	return o.tellBereft(ctx, tx, quoting)
}
