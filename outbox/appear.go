// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/locale"
	"github.com/pleio-node/pleio-node/media"
)

// draftTime is how long a draft is tried whose time has come.
const draftTime = 24 * time.Hour

// errDropped is for a draft that is not there any more: published, or taken away.
var errDropped = fault.Say(fault.NotFound, "There is no such scheduled post of yours.")

// dropDraft takes a draft out of the list: whoever does publishes it, or does not.
func dropDraft(ctx context.Context, tx *db.Tx, id int64) error {
	if err := media.Release(ctx, tx, id); err != nil {
		return err
	}
	res, err := tx.Exec(ctx, "DELETE FROM drafts WHERE id = $1", id)
	if err != nil {
		return fmt.Errorf("drop draft %d: %w", id, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errDropped)
	}
	return nil
}

// publishDraft publishes a draft whose time has come: taking it away, the item and all its deliveries are one transaction, so that it
// appears once whatever is killed. When it cannot appear any more, its author is told.
func (o *Outbox) publishDraft(ctx context.Context, payload []byte) error {
	var id int64
	if err := json.Unmarshal(payload, &id); err != nil {
		return jobs.Never(err)
	}
	s, err := db.One(ctx, o.DB, scanDraft, "SELECT "+draftColumns+" FROM drafts d WHERE d.id = $1", id)
	switch {
	case errors.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return err
	case time.Now().Before(s.Due):
		return jobs.Retry(s.Due)
	}
	author, may, err := o.poster(ctx, s.Owner)
	switch {
	case err != nil:
		return err
	case may:
		err = o.publishNow(ctx, author, s)
	default:
		err = o.DB.Tx(ctx, func(tx *db.Tx) error { return dropDraft(ctx, tx, id) }) // nobody to publish it, nor to be told
	}
	switch {
	case err == nil, errors.Is(err, errDropped):
		return nil
	case ctx.Err() != nil, fault.Status(err) >= 500 && time.Since(s.Due) < draftTime:
		return err
	}
	err = o.DB.Tx(ctx, func(tx *db.Tx) error { return o.tellFailed(ctx, tx, author, s, err) })
	if errors.Is(err, errDropped) {
		return nil
	}
	return err
}

// poster is one of ours, and whether it may post still.
func (o *Outbox) poster(ctx context.Context, id actors.ID) (*actors.Actor, bool, error) {
	author, err := actors.Get(ctx, o.DB, id)
	if errors.Is(err, fault.Gone) || errors.Is(err, fault.NotFound) {
		return nil, false, nil
	}
	if err != nil || !author.Active() || o.MayPost == nil {
		return author, err == nil && author.Active(), err
	}
	may, err := o.MayPost(ctx, id)
	return author, may, err
}

func (o *Outbox) publishNow(ctx context.Context, author *actors.Actor, s *Scheduled) error {
	d := s.Draft
	if err := d.check(time.Now()); err != nil {
		return err
	}
	m, err := o.compile(ctx, author, d)
	if err != nil {
		return err
	}
	if m.Item.Group != s.Draft.Group { // it would reach others than its writer meant
		return fault.Say(fault.Forbidden, "You cannot post in that group any more.")
	}
	return o.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := dropDraft(ctx, tx, s.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE idempotency SET item = $1 WHERE owner = $2 AND word = $3 AND item = $4", m.Item.ID, author.ID, d.Once, s.ID); err != nil {
			return err
		}
		return o.publish(ctx, tx, author, m)
	})
}

// tellFailed takes a draft away that cannot appear, and tells its author in a direct message of the organisation, which every client
// shows: why, and what it said, so that nothing is lost.
func (o *Outbox) tellFailed(ctx context.Context, tx *db.Tx, author *actors.Actor, s *Scheduled, reason error) error {
	if err := dropDraft(ctx, tx, s.ID); err != nil {
		return err
	}
	if err := forgetKey(ctx, tx, author.ID, s.ID); err != nil {
		return err
	}
	organisation, err := o.Dir.Organisation(ctx, tx)
	if err != nil {
		return err
	}
	l := locale.Match(s.Draft.Language)
	text := l.T("scheduled.failed", "when", l.Date(s.Due), "reason", fault.Sentence(reason)) + "\n\n" + l.T("scheduled.text") + "\n\n" + s.Draft.Text
	if len(s.Draft.Files) > 0 {
		text += "\n\n" + l.T("scheduled.files")
	}
	return o.tellPerson(ctx, tx, organisation, author, text, l.Code)
}
