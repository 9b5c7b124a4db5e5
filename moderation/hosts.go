// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package moderation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// DecideHost keeps a decision about another node, in the place of an earlier one, and carries it out: what its people made
// is hidden as far as they are, what they had with ours ends when there is no contact any more, and its files go when that
// was decided.
func (m *Moderation) DecideHost(ctx context.Context, by By, p actors.Peer) (actors.Peer, error) {
	host, err := m.Dir.CheckHost(p.Host)
	if err != nil {
		return p, err
	}
	p.Host = host
	err = m.DB.Tx(ctx, func(tx *db.Tx) error {
		of, args := actors.OfHost("a", host, nil)
		if p.RejectMedia || p.Policy == actors.PeerBlocked {
			if err := m.purge(ctx, tx, of, args...); err != nil {
				return err
			}
		}
		if p.RejectMedia {
			if _, err := tx.Exec(ctx, "DELETE FROM files WHERE remote <> '' AND owner IN (SELECT a.id FROM actors a WHERE "+of+")", args...); err != nil {
				return err
			}
		}
		if p.Policy == actors.PeerBlocked {
			if err := m.sever(ctx, tx, "domain_block", host, of, args...); err != nil {
				return err
			}
			waiting, err := db.All(ctx, tx, db.Scalar[string], "SELECT host FROM hosts WHERE host = $1 OR host LIKE $2", args...)
			if err != nil {
				return err
			}
			for _, one := range waiting {
				if _, err := outbox.Drop(ctx, tx, one); err != nil {
					return err
				}
			}
		}
		if p, err = m.Dir.Decide(ctx, tx, p); err != nil {
			return err
		}
		if err := content.HideAsHost(ctx, tx, host); err != nil {
			return err
		}
		return m.note(ctx, tx, by, "domain."+named(p.Policy), host, p.Note)
	})
	if err != nil {
		return p, fmt.Errorf("decide about %s: %w", host, err)
	}
	return p, nil
}

func named(policy string) string {
	if policy == actors.PeerOpen {
		return "open"
	}
	return policy
}

// ForgetHost takes a decision about another node back, with what it did to its people. What was cut stays cut.
func (m *Moderation) ForgetHost(ctx context.Context, by By, host string) error {
	err := m.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := actors.ForgetDecision(ctx, tx, host); err != nil {
			return err
		}
		if err := content.HideAsHost(ctx, tx, host); err != nil {
			return err
		}
		return m.note(ctx, tx, by, "domain.forget", host, "")
	})
	if err != nil {
		return fmt.Errorf("forget decision about %s: %w", host, err)
	}
	return nil
}

// sever ends what actors elsewhere (a condition on the alias a) had with ours, and tells those of ours what they lost. The
// others hear of it unless there is no contact with them.
func (m *Moderation) sever(ctx context.Context, tx *db.Tx, kind, name, condition string, args ...any) error {
	type relation struct{ subject, object actors.ID }
	found, err := db.All(ctx, tx, func(r db.Scanner) (x relation, err error) { return x, r.Scan(&x.subject, &x.object) },
		`SELECT r.subject, r.object FROM actors a JOIN relations r ON r.subject = a.id OR r.object = a.id
		WHERE r.state IN ('active', 'requested', 'invited') AND `+condition, args...)
	if err != nil {
		return fmt.Errorf("find relations with %s: %w", name, err)
	}
	lost := map[actors.ID]*Severance{}
	for chunk := range slices.Chunk(found, 256) {
		var ids []actors.ID
		for _, r := range chunk {
			ids = append(ids, r.subject, r.object)
		}
		known, err := actors.Many(ctx, tx, ids)
		if err != nil {
			return err
		}
		for _, r := range chunk {
			subject, object := known[r.subject], known[r.object]
			if subject == nil || object == nil {
				continue
			}
			ended, err := m.Outbox.Sever(ctx, tx, subject, object, kind != "domain_block")
			if err != nil {
				return err
			}
			count(lost, subject, object, ended)
		}
	}
	for _, owner := range slices.Sorted(maps.Keys(lost)) {
		s := lost[owner]
		id := m.DB.NewID()
		if _, err := tx.Exec(ctx, "INSERT INTO severances (id, owner, kind, target, followers, following) VALUES ($1, $2, $3, $4, $5, $6)",
			id, owner, kind, name, s.Followers, s.Following); err != nil {
			return fmt.Errorf("keep what actor %d lost: %w", owner, err)
		}
		if err := m.Timelines.NotifyAbout(ctx, tx, owner, timeline.Severed, owner, id); err != nil {
			return err
		}
	}
	return nil
}

func count(lost map[actors.ID]*Severance, subject, object *actors.Actor, active bool) {
	for _, one := range []*actors.Actor{subject, object} {
		if !one.Local || one.Kind != actors.Person || !active {
			continue
		}
		if lost[one.ID] == nil {
			lost[one.ID] = &Severance{}
		}
		if one == subject {
			lost[one.ID].Following++
		} else {
			lost[one.ID].Followers++
		}
	}
}

// Severance is what one of ours lost by a decision about others.
type Severance struct {
	ID                   int64
	Kind, Target         string // domain_block or account_suspension; the host or the handle
	Followers, Following int64
}

// Severances are those with the numbers.
func Severances(ctx context.Context, q db.Q, ids []int64) ([]Severance, error) {
	marks, args := db.In(nil, ids)
	list, err := db.All(ctx, q, func(r db.Scanner) (s Severance, err error) {
		return s, r.Scan(&s.ID, &s.Kind, &s.Target, &s.Followers, &s.Following)
	}, "SELECT id, kind, target, followers, following FROM severances WHERE id IN ("+marks+")", args...)
	if err != nil {
		return nil, fmt.Errorf("load severances: %w", err)
	}
	return list, nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
