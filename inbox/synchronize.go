// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/jobs"
)

// A list of more people than this on one node is not compared.
const (
	maxListed      = 20_000
	maxListedPages = 500
)

const synchronizeEvery = 10 * time.Minute // of one actor, whatever its server says

// compareFollowers looks at the digest that a sender gives of its followers on this node (FEP-8fcf). The header is a hint,
// not always signed: all it can cause is one look at the list, with our own signature.
func (x *Inbox) compareFollowers(ctx context.Context, header, sender, signer string) {
	if header == "" || sender != signer {
		return
	}
	theirs, err := federation.ParseSynchronization(header)
	if err != nil {
		return
	}
	actor, err := actors.ByIRI(ctx, x.DB, sender)
	if err != nil || theirs.CollectionID != actor.Followers || !federation.SameOrigin(theirs.URL, sender) {
		return
	}
	ours, err := x.followersHere(ctx, actor.ID)
	if err != nil {
		return
	}
	var digest federation.FollowersDigest
	for _, a := range ours {
		digest.Toggle(a)
	}
	if digest.String() == theirs.Digest {
		return
	}
	err = x.DB.Tx(ctx, func(tx *db.Tx) error {
		return x.Jobs.Add(ctx, tx, jobFollowers, sender, theirs.URL+" "+sender, time.Now().Add(synchronizeEvery/10))
	})
	if err != nil {
		x.Log.Error("cannot note a difference of followers", "actor", sender, "error", err)
	}
}

func (x *Inbox) followersHere(ctx context.Context, actor actors.ID) ([]string, error) {
	return db.All(ctx, x.DB, db.Scalar[string], "SELECT s.iri FROM relations r JOIN actors s ON s.id = r.subject AND s.local WHERE r.object = $1 AND r.state = 'active'", actor)
}

// synchronize reads the list and repairs both sides: a following that the other side does not know ends here, a request that
// it has accepted is active, and of one that we do not know it is told.
func (x *Inbox) synchronize(ctx context.Context, payload []byte) error {
	var text, url, sender string
	if err := json.Unmarshal(payload, &text); err != nil {
		return jobs.Never(err)
	}
	if _, err := fmt.Sscan(text, &url, &sender); err != nil {
		return jobs.Never(err)
	}
	actor, err := actors.ByIRI(ctx, x.DB, sender)
	if err != nil {
		return jobs.Never(err)
	}
	listed, err := x.Collect(ctx, url, maxListedPages, maxListed)
	if err != nil {
		return err
	}
	if len(listed) >= maxListed {
		return nil // not the whole list: who is missing may stand behind its end
	}
	ours, err := x.followersHere(ctx, actor.ID)
	if err != nil {
		return err
	}
	for _, iri := range ours {
		if !slices.Contains(listed, iri) {
			if err := x.repair(ctx, iri, actor, actors.Removed); err != nil {
				return err
			}
		}
	}
	for _, iri := range listed {
		if x.Dir.Ours(iri) && !slices.Contains(ours, iri) {
			if err := x.repair(ctx, iri, actor, actors.Active); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *Inbox) repair(ctx context.Context, iri string, actor *actors.Actor, to actors.State) error {
	who, err := actors.ByIRI(ctx, x.DB, iri)
	if err != nil {
		return nil
	}
	return x.DB.Tx(ctx, func(tx *db.Tx) error {
		r, err := actors.RelationOf(ctx, tx, who.ID, actor.ID)
		switch {
		case err != nil:
			return err
		case to == actors.Removed:
			_, err = x.Dir.End(ctx, tx, who, actor, actors.Removed)
			return err
		case r.State == actors.Requested:
			_, err = x.Dir.Admit(ctx, tx, who, actor)
			return err
		}
		return x.Outbox.TellLeft(ctx, tx, who, actor, r.Request)
	})
}
