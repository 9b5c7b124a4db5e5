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
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
)

// How far ahead one may schedule, and how much, as in Mastodon.
const (
	soonest      = 5 * time.Minute
	latest       = 5 * 365 * 24 * time.Hour
	mostDrafts   = 300
	mostOfADay   = 25
	onceFor      = time.Hour // how long an idempotency key is remembered
	jobDraft     = "draft"
	draftColumns = "d.id, d.owner, d.due, d.draft"
)

// Scheduled is a draft that waits for its time.
type Scheduled struct {
	ID    int64
	Owner actors.ID
	Due   time.Time
	Draft Draft
}

func scanDraft(r db.Scanner) (*Scheduled, error) {
	var s Scheduled
	var due int64
	var text string
	if err := r.Scan(&s.ID, &s.Owner, &due, &text); err != nil {
		return nil, err
	}
	s.Due = db.FromMillis(due)
	if err := json.Unmarshal([]byte(text), &s.Draft); err != nil {
		return nil, fmt.Errorf("read draft %d: %w", s.ID, err)
	}
	return &s, nil
}

// Submit publishes a draft, or keeps it to appear when it is due: one of the two is returned. The same idempotency key gives within an
// hour what it gave first, also when both come at the same time.
func (o *Outbox) Submit(ctx context.Context, author *actors.Actor, d Draft, due time.Time) (*content.Item, *Scheduled, error) {
	appears := due
	if due.IsZero() {
		appears = time.Now()
	} else if err := checkDue(due); err != nil {
		return nil, nil, err
	}
	if err := d.check(appears); err != nil {
		return nil, nil, err
	}
	if d.Once != "" {
		if i, s, err := said(ctx, o.DB, author, d.Once); err == nil {
			return i, s, nil
		}
	}
	m, err := o.compile(ctx, author, d)
	if err != nil {
		return nil, nil, err
	}
	s := &Scheduled{ID: int64(m.Item.ID), Owner: author.ID, Due: due, Draft: d}
	s.Draft.Group = m.Item.Group // where it is to be then, or nowhere
	err = o.DB.Tx(ctx, func(tx *db.Tx) error {
		if d.Once != "" {
			if err := o.remember(ctx, tx, author, d.Once, m.Item.ID); err != nil {
				return err
			}
		}
		if due.IsZero() {
			return o.publish(ctx, tx, author, m)
		}
		return o.keepDraft(ctx, tx, s)
	})
	switch {
	case errors.Is(err, errSaid):
		return o.saidNow(ctx, author, d.Once)
	case err != nil:
		return nil, nil, fmt.Errorf("post of %s: %w", author.IRI, err)
	case due.IsZero():
		return m.Item, nil, nil
	}
	return nil, s, nil
}

func checkDue(due time.Time) error {
	switch wait := time.Until(due); {
	case wait < soonest:
		return fault.Say(fault.Invalid, "Validation failed: scheduled_at must be 5 minutes or more from now.")
	case wait > latest:
		return fault.Say(fault.Invalid, "Validation failed: scheduled_at is more than 5 years from now.")
	}
	return nil
}

// errSaid is for a key that somebody else was just faster with.
var errSaid = errors.New("said already")

// said is what an idempotency key gave before, fault.NotFound when it is new.
func said(ctx context.Context, q db.Q, author *actors.Actor, once string) (*content.Item, *Scheduled, error) {
	id, err := db.One(ctx, q, db.Scalar[int64], "SELECT item FROM idempotency WHERE owner = $1 AND word = $2 AND created > $3",
		author.ID, once, db.Millis(time.Now().Add(-onceFor)))
	if err != nil {
		return nil, nil, err
	}
	if s, err := scheduledByID(ctx, q, author.ID, id); err == nil || !errors.Is(err, fault.NotFound) {
		return nil, s, err
	}
	i, err := content.Get(ctx, q, viewer(author), content.ID(id))
	return i, nil, err
}

// saidNow is said behind whoever was just faster: its transaction may share its commit with ours, which nobody else sees before.
func (o *Outbox) saidNow(ctx context.Context, author *actors.Actor, once string) (i *content.Item, s *Scheduled, err error) {
	err = o.DB.Tx(ctx, func(tx *db.Tx) error {
		i, s, err = said(ctx, tx, author, once)
		return err
	})
	return i, s, err
}

func (o *Outbox) remember(ctx context.Context, tx *db.Tx, author *actors.Actor, once string, id content.ID) error {
	now := time.Now()
	res, err := tx.Exec(ctx, `INSERT INTO idempotency (owner, word, item, created) VALUES ($1, $2, $3, $4)
		ON CONFLICT (owner, word) DO UPDATE SET item = excluded.item, created = excluded.created WHERE idempotency.created <= $5`,
		author.ID, once, id, db.Millis(now), db.Millis(now.Add(-onceFor)))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errSaid, err)
	}
	return nil
}

// Sweep forgets idempotency keys that do not count any more, and what became of old lists of invitations.
func (o *Outbox) Sweep(ctx context.Context) error {
	return o.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM idempotency WHERE created <= $1", db.Millis(time.Now().Add(-onceFor))); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "DELETE FROM invitation_lists WHERE id < $1", db.FirstID(time.Now().Add(-keptLists)))
		return err
	})
}

func (o *Outbox) keepDraft(ctx context.Context, tx *db.Tx, s *Scheduled) error {
	if err := room(ctx, tx, s.Owner, s.Due, 0); err != nil {
		return err
	}
	text, err := json.Marshal(s.Draft)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO drafts (id, owner, due, draft) VALUES ($1, $2, $3, $4)", s.ID, s.Owner, db.Millis(s.Due), string(text)); err != nil {
		return fmt.Errorf("keep draft: %w", err)
	}
	if err := media.Keep(ctx, tx, s.ID, int64(s.Owner), s.Draft.Files); err != nil {
		return err
	}
	return o.Jobs.Add(ctx, tx, jobDraft, fmt.Sprint(s.ID), s.ID, s.Due)
}

// room refuses more drafts than one person may have, in all and on the day (UTC) for which one more is due.
func room(ctx context.Context, q db.Q, owner actors.ID, due time.Time, besides int64) error {
	day := due.UTC().Truncate(24 * time.Hour)
	for _, limit := range []struct {
		most  int
		until time.Time
		since time.Time
		say   string
	}{{mostDrafts, due.Add(latest), time.Time{}, "Validation failed: %d scheduled posts are the limit. Publish or delete some first."},
		{mostOfADay, day.Add(24 * time.Hour), day, "Validation failed: %d scheduled posts on one day are the limit. Choose another day."}} {
		n, err := db.One(ctx, q, db.Scalar[int], "SELECT COUNT(*) FROM drafts WHERE owner = $1 AND due >= $2 AND due < $3 AND id <> $4",
			owner, db.Millis(limit.since), db.Millis(limit.until), besides)
		if err != nil {
			return fmt.Errorf("count drafts: %w", err)
		}
		if n >= limit.most {
			return fault.Say(fault.Invalid, limit.say, limit.most)
		}
	}
	return nil
}

// ScheduledOf lists what somebody has waiting, the last one made first.
func (o *Outbox) ScheduledOf(ctx context.Context, owner actors.ID, p actors.Page) ([]*Scheduled, error) {
	args := []any{owner}
	list, err := db.All(ctx, o.DB, scanDraft, "SELECT "+draftColumns+" FROM drafts d WHERE d.owner = $1"+p.SQL("d.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	p.Arrange(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	return list, nil
}

// ScheduledByID is one of somebody's own; those of others do not exist.
func (o *Outbox) ScheduledByID(ctx context.Context, owner actors.ID, id int64) (*Scheduled, error) {
	return scheduledByID(ctx, o.DB, owner, id)
}

func scheduledByID(ctx context.Context, q db.Q, owner actors.ID, id int64) (*Scheduled, error) {
	s, err := db.One(ctx, q, scanDraft, "SELECT "+draftColumns+" FROM drafts d WHERE d.id = $1 AND d.owner = $2", id, owner)
	if errors.Is(err, fault.NotFound) {
		err = fault.Say(fault.NotFound, "There is no such scheduled post of yours.")
	}
	return s, err
}

// Reschedule changes when a draft appears.
func (o *Outbox) Reschedule(ctx context.Context, owner actors.ID, id int64, due time.Time) (*Scheduled, error) {
	if _, err := o.ScheduledByID(ctx, owner, id); err != nil {
		return nil, err
	}
	if err := checkDue(due); err != nil {
		return nil, err
	}
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := room(ctx, tx, owner, due, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE drafts SET due = $1 WHERE id = $2 AND owner = $3", db.Millis(due), id, owner); err != nil {
			return err
		}
		return o.Jobs.Add(ctx, tx, jobDraft, fmt.Sprint(id), id, due) // a job that stands earlier looks, and waits for longer
	})
	if err != nil {
		return nil, fmt.Errorf("reschedule draft %d: %w", id, err)
	}
	return o.ScheduledByID(ctx, owner, id)
}

// Unschedule takes a draft away. Its files can be used again for as long as new ones.
func (o *Outbox) Unschedule(ctx context.Context, owner actors.ID, id int64) error {
	if _, err := o.ScheduledByID(ctx, owner, id); err != nil {
		return err
	}
	return o.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := dropDraft(ctx, tx, id); err != nil {
			return err
		}
		return forgetKey(ctx, tx, owner, id)
	})
}

// forgetKey lets the idempotency key of a draft that never appears be used again.
func forgetKey(ctx context.Context, tx *db.Tx, owner actors.ID, id int64) error {
	_, err := tx.Exec(ctx, "DELETE FROM idempotency WHERE owner = $1 AND item = $2", owner, id)
	return err
}
