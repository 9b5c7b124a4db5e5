// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/jobs"
)

const (
	jobVanished   = "vanished"
	vanishedLooks = 3 // an actor that was not there so often, days apart, is gone
	vanishedPause = 2 * 24 * time.Hour
)

type vanished struct {
	Inbox string `json:"inbox"`
	Looks int    `json:"looks"`
}

// Vanished is told of an inbox that nobody has (404 or 410): whether its actor still exists is looked up in the background.
func (x *Inbox) Vanished(ctx context.Context, host, inbox string, _ int64, status int) {
	if status != http.StatusGone && status != http.StatusNotFound {
		return
	}
	err := x.DB.Tx(ctx, func(tx *db.Tx) error {
		return x.Jobs.Add(ctx, tx, jobVanished, inbox, vanished{Inbox: inbox}, time.Now())
	})
	if err != nil {
		x.Log.Error("cannot note a vanished inbox", "host", host, "inbox", inbox, "error", err)
	}
}

// lookFor asks whether the owner of a personal inbox still exists. Its server says that it is gone (410): it is forgotten.
// Its server does not know it (404): a mistake is possible, so it loses its relations with ours only when that lasts.
func (x *Inbox) lookFor(ctx context.Context, payload []byte) error {
	var v vanished
	if err := json.Unmarshal(payload, &v); err != nil {
		return jobs.Never(err)
	}
	iri, err := db.One(ctx, x.DB, db.Scalar[string], "SELECT iri FROM actors WHERE inbox = $1 AND NOT local AND deleted = 0", v.Inbox)
	if err != nil {
		return nil // a shared inbox, or gone already
	}
	_, err = x.Dir.Fetch(ctx, iri)
	switch {
	case errors.Is(err, fault.Gone):
		return x.forget(ctx, iri)
	case !errors.Is(err, fault.NotFound):
		return nil
	}
	if v.Looks++; v.Looks >= vanishedLooks {
		return x.forget(ctx, iri)
	}
	return x.DB.Tx(ctx, func(tx *db.Tx) error {
		return x.Jobs.Add(ctx, tx, jobVanished, v.Inbox, v, time.Now().Add(vanishedPause))
	})
}

func (x *Inbox) forget(ctx context.Context, iri string) error {
	a, err := actors.ByIRI(ctx, x.DB, iri)
	if err != nil {
		return nil
	}
	if err := x.DB.Tx(ctx, func(tx *db.Tx) error { return x.Timelines.ForgetActor(ctx, tx, a) }); err != nil {
		return fmt.Errorf("forget %s: %w", iri, err)
	}
	return nil
}
