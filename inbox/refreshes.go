// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

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
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/jobs"
)

const (
	pollAge    = time.Minute      // the counts of a poll elsewhere are not read again for so long
	refreshAge = 15 * time.Minute // nor the answers to a post
	youngPost  = 5 * time.Minute  // whose answers still come by themselves
	longFetch  = time.Hour        // what runs for longer has died
)

// FreshenPoll has the counts of a poll elsewhere read again in the background when somebody looks at it, until those after its end
// are here.
func (x *Inbox) FreshenPoll(ctx context.Context, i *content.Item) error {
	final := i.Poll == nil || i.Poll.Over(i.Poll.Read)
	if i.Local || i.Audience > actors.Unlisted || final || time.Since(i.Poll.Read) < pollAge {
		return nil
	}
	return x.DB.Tx(ctx, func(tx *db.Tx) error { return x.wantAgain(ctx, tx, i.IRI) })
}

// Refresh is the reading of the answers to a post on other servers, which goes on in the background.
type Refresh struct {
	ID      int64
	Running bool
	Found   int // answers that were not here before
}

func scanRefresh(r db.Scanner) (f Refresh, err error) {
	var started, finished int64
	err = r.Scan(&f.ID, &started, &finished, &f.Found)
	f.Running = finished == 0 && time.Since(db.FromMillis(started)) < longFetch
	return f, err
}

// Answers has the answers to a post of another server read, when that was not done lately, and tells how that stands: nil when there
// is nothing to read.
func (x *Inbox) Answers(ctx context.Context, i *content.Item) (*Refresh, error) {
	if i.Local || i.Audience > actors.Unlisted || i.BoostOf != 0 || time.Since(i.Published) < youngPost {
		return nil, nil
	}
	lately := db.Millis(time.Now().Add(-refreshAge))
	const one = "SELECT id, started, finished, found FROM refreshes WHERE item = $1 AND started > $2"
	f, err := db.One(ctx, x.DB, scanRefresh, one, i.ID, lately)
	if err == nil || !errors.Is(err, fault.NotFound) {
		return &f, err
	}
	err = x.DB.Tx(ctx, func(tx *db.Tx) error {
		res, err := tx.Exec(ctx, `INSERT INTO refreshes (id, item, started) VALUES ($1, $2, $3) ON CONFLICT (item) DO UPDATE
			SET id = excluded.id, started = excluded.started, finished = 0, found = 0 WHERE refreshes.started <= $4`, x.DB.NewID(), i.ID, db.Millis(time.Now()), lately)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err // somebody else has just begun
		}
		return x.Jobs.Add(ctx, tx, jobReplies, fmt.Sprint(i.ID), i.ID, time.Now())
	})
	if err == nil {
		f, err = db.One(ctx, x.DB, scanRefresh, one, i.ID, lately)
	}
	if err != nil {
		return nil, fmt.Errorf("want the answers to %s: %w", i.IRI, err)
	}
	return &f, nil
}

// RefreshByID tells how the reading of answers stands, to whoever may see the post.
func (x *Inbox) RefreshByID(ctx context.Context, v actors.Viewer, id int64) (Refresh, error) {
	sees, args := actors.Sees(v, "i", []any{id})
	f, err := db.One(ctx, x.DB, scanRefresh, "SELECT r.id, r.started, r.finished, r.found FROM refreshes r JOIN items i ON i.id = r.item WHERE r.id = $1 AND "+sees, args...)
	if errors.Is(err, fault.NotFound) {
		err = fault.Say(fault.NotFound, "Record not found")
	}
	return f, err
}

// fetchReplies reads what answers a post: its replies, and the rest of its conversation. What cannot be read is left.
func (x *Inbox) fetchReplies(ctx context.Context, payload []byte) error {
	var id content.ID
	if err := json.Unmarshal(payload, &id); err != nil {
		return jobs.Never(err)
	}
	i, err := content.StoredByID(ctx, x.DB, id)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	count := func() (n int, err error) {
		return db.One(ctx, x.DB, db.Scalar[int], "SELECT COUNT(*) FROM items WHERE thread = $1 AND boost_of = 0", i.Thread)
	}
	before, err := count()
	if err != nil {
		return err
	}
	if doc, err := content.Doc(ctx, x.DB, id); err == nil {
		if read, err := vocab.Decode(doc); err == nil && read.Object != nil && federation.SameOrigin(read.Object.Replies, i.IRI) {
			x.fetchThread(ctx, read.Object.Replies)
		}
	}
	x.fetchThread(ctx, i.Context)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	after, err := count()
	if err != nil {
		return err
	}
	return x.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE refreshes SET finished = $1, found = $2 WHERE item = $3", db.Millis(time.Now()), max(after-before, 0), id)
		return err
	})
}
