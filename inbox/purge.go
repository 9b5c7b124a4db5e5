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
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/jobs"
)

// When the last member of this node is gone from a closed or secret group elsewhere, what others wrote there is deleted here:
// their posts, files and what was told of them, and the activities that brought them. What our own people wrote stays theirs.
//
// The home of the group is told with a Remove, by the instance actor: what is removed is the group's log, of which this node had a copy, from
// this node. Only a node that has left the group is believed.
//
//	{"type": "Remove", "actor": "https://gouda.example/actor", "object": "https://provincie.example/groups/tuin/log",
//	 "origin": "https://gouda.example/actor", "to": ["https://provincie.example/groups/tuin"], "published": "…", "proof": {…}}

const (
	jobPurge   = "purge group"
	purgeAfter = time.Hour // somebody may be on the way from one role to another, or have left by mistake; at most 24 hours
)

// deserted plans the purge of a group elsewhere in which nobody of this node is any more.
func (x *Inbox) deserted(ctx context.Context, tx *db.Tx, group *actors.Actor) error {
	if group.Shows() != actors.Members {
		return nil
	}
	return x.Jobs.Add(ctx, tx, jobPurge, fmt.Sprint(group.ID), group.ID, time.Now().Add(purgeAfter))
}

func (x *Inbox) purge(ctx context.Context, payload []byte) error {
	var id actors.ID
	if err := json.Unmarshal(payload, &id); err != nil {
		return jobs.Never(err)
	}
	if here, err := actors.MembersHere(ctx, x.DB, id); err != nil || here > 0 {
		return err // somebody has come back
	}
	if err := x.Timelines.ForgetGroup(ctx, id); err != nil {
		return err
	}
	return x.DB.Tx(ctx, func(tx *db.Tx) error {
		// The bytes say what was deleted; and who comes back must read it all again.
		if _, err := tx.Exec(ctx, "DELETE FROM received WHERE actor = (SELECT a.iri FROM actors a WHERE a.id = $1)", id); err != nil {
			return fmt.Errorf("forget what came from group %d: %w", id, err)
		}
		group, err := actors.Get(ctx, tx, id)
		if errors.Is(err, fault.NotFound) || errors.Is(err, fault.Gone) {
			return nil // nobody is left to be told
		}
		if err != nil || group.Log == "" {
			return err
		}
		return x.Outbox.TellPurged(ctx, tx, group)
	})
}

// allowPurged: a node that has left a group of ours says that it has deleted its copy. It reports whether that is what is said.
func (x *Inbox) allowPurged(ctx context.Context, q db.Q, a *arrival) (bool, error) {
	if a.Type != "Remove" || a.Origin.ID != a.Actor || a.actor.Kind != actors.Application {
		return false, nil
	}
	unknown := fault.Say(fault.NotFound, "%s is not a log of which %s had a copy.", a.Object.ID, a.actor.Host)
	id, err := db.One(ctx, q, db.Scalar[actors.ID], "SELECT id FROM actors WHERE local AND kind = 'Group' AND log = $1 AND deleted = 0", a.Object.ID)
	if errors.Is(err, fault.NotFound) {
		return true, unknown
	}
	if err != nil {
		return true, err
	}
	gone, err := actors.HasDeparted(ctx, q, id, a.actor.Host)
	if err == nil && !gone {
		err = unknown
	}
	a.purged = id
	return true, err
}
