// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Questions are the requests that somebody decides about: to follow this person, and to join the groups of this node that
// this person is owner or moderator of. A group that invites this person is among those who ask. Whoever asks several of these
// stands in the list once, and the questions are answered one at a time, the oldest first: nobody joins a group unseen because a
// follower was meant.

// Decides is the condition that somebody decides about the request r.
func Decides(who string) string {
	return `(r.object = ` + who + ` OR EXISTS (SELECT 1 FROM relations rm JOIN actors rg ON rg.id = rm.object AND rg.local AND rg.kind = 'Group'
		WHERE rm.subject = ` + who + ` AND rm.object = r.object AND rm.state = 'active' AND rm.role IN ('owner', 'moderator')))`
}

// askedOf is what somebody may decide about: seen from the few groups, so that it costs as much as there are questions.
const askedOf = `r.state = 'requested' AND r.object IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT rm.object FROM relations rm JOIN actors rg ON rg.id = rm.object AND rg.local AND rg.kind = 'Group'
	WHERE rm.subject = $1 AND rm.state = 'active' AND rm.role IN ('owner', 'moderator'))`

// invitesOf is that somebody is invited; $2 is now.
const invitesOf = "r.subject = $1 AND r.state = 'invited' AND r.expires > $2"

// Askers lists who asks something that an actor decides about, the newest first, each once: with the oldest question.
func Askers(ctx context.Context, q db.Q, id ID, p Page) ([]Related, error) {
	all, err := listRelated(ctx, q, "(r.id IN (SELECT MIN(r.id) FROM relations r WHERE "+askedOf+" GROUP BY r.subject) OR "+invitesOf+")", []any{id, db.Millis(time.Now())}, p,
		func(r *Relation) ID {
			if r.State == Invited {
				return r.Object
			}
			return r.Subject
		})
	if err != nil {
		return nil, fmt.Errorf("list questions to actor %d: %w", id, err)
	}
	return all, nil
}

// AskerCount is how many there are.
func AskerCount(ctx context.Context, q db.Q, id ID) (int, error) {
	return db.One(ctx, q, db.Scalar[int], "SELECT (SELECT COUNT(DISTINCT r.subject) FROM relations r WHERE "+askedOf+") + (SELECT COUNT(*) FROM relations r WHERE "+invitesOf+")", id, db.Millis(time.Now()))
}

// QuestionOf is the oldest question of the asker that an actor decides about, or the one about the given object when that is
// not 0. Without any it is fault.NotFound.
func QuestionOf(ctx context.Context, q db.Q, id, asker, about ID) (*Relation, error) {
	r, err := db.One(ctx, q, scanRelation, "SELECT "+relationColumns+" FROM relations r WHERE r.subject = $2 AND "+askedOf+" AND (r.object = $3 OR $3 = 0) ORDER BY r.id LIMIT 1", id, asker, about)
	if errors.Is(err, fault.NotFound) {
		return nil, fault.Say(fault.NotFound, "This account does not ask anything of you (any more).")
	}
	return r, err
}
