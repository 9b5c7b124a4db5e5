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

// Questions are the requests that somebody decides about: to follow this person, and to join the groups that this person is
// owner or moderator of, those elsewhere too when their homes tell us who asks (groups-1 §5). A group that invites this person
// is among those who ask. Whoever asks several of these stands in the list once, and the questions are answered one at a time,
// the oldest first: nobody joins a group unseen because a follower was meant.

// Decides is the condition that somebody decides about the request r.
func Decides(who string) string {
	return `(r.object = ` + who + ` OR EXISTS (SELECT 1 FROM relations rm JOIN actors rg ON rg.id = rm.object AND ` + groupAsks + `
		WHERE rm.subject = ` + who + ` AND rm.object = r.object AND rm.state = 'active' AND rm.role IN ('owner', 'moderator')))`
}

// groupAsks is the condition that requests to join the group rg are decided by its owners and moderators on their own nodes.
const groupAsks = "(rg.local OR rg.groups_1) AND rg.kind = 'Group'"

// askedOf is what somebody may decide about: seen from the few groups, so that it costs as much as there are questions.
const askedOf = `r.state = 'requested' AND r.object IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT rm.object FROM relations rm JOIN actors rg ON rg.id = rm.object AND ` + groupAsks + `
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

// Offered notes that somebody asks to join a group elsewhere, as its home tells those here who decide about that, and reports
// whether the question stands. What one of ours asks is known already, or was taken back.
func (d *Directory) Offered(ctx context.Context, tx *db.Tx, subject, group *Actor, request Request) (bool, error) {
	r, err := RelationOf(ctx, tx, subject.ID, group.ID)
	if err != nil || subject.Local || r.State == Active || r.State == Requested {
		return r.State == Requested, err
	}
	_, err = d.set(ctx, tx, subject, group, Requested, "", request, Why{})
	return err == nil, err
}

// forgetQuestions forgets who asks to join a group elsewhere and what was reported in it, when nobody of this node decides about that any more.
func forgetQuestions(ctx context.Context, tx *db.Tx, group *Actor) error {
	const undecided = ` AND NOT EXISTS (SELECT 1 FROM relations m JOIN actors s ON s.id = m.subject AND s.local WHERE m.object = $1 AND m.state = 'active' AND m.role IN ('owner', 'moderator'))`
	for _, sql := range []string{"DELETE FROM relations WHERE object = $1 AND state = 'requested' AND subject NOT IN (SELECT a.id FROM actors a WHERE a.local)", "DELETE FROM group_reports WHERE grp = $1"} {
		if _, err := tx.Exec(ctx, sql+undecided, group.ID); err != nil {
			return fmt.Errorf("forget what is asked of the staff of %s: %w", group.IRI, err)
		}
	}
	return nil
}
