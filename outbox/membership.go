// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// membershipChanged tells the nodes of a group's members that the list has changed, or that of the banned: an entry of the log
// (groups-1 §6). Owners and moderators elsewhere hear who asks to join, and that somebody does no more, and what was reported.
func (o *Outbox) membershipChanged(ctx context.Context, tx *db.Tx, m actors.Membership) error {
	asks := m.Relation.State == actors.Requested
	switch {
	case asks && m.Before != actors.Requested:
		staff, err := o.staffElsewhere(ctx, tx, m.Group)
		if err != nil {
			return err
		}
		return o.offer(ctx, tx, m.Group, staff, []actors.Related{{Actor: m.Member, Relation: m.Relation}})
	case m.Before == actors.Requested && m.Is() == "":
		if err := o.withdrawOffer(ctx, tx, m.Group, m.Member, m.Relation.Request); err != nil {
			return err
		}
	}
	barred := m.Relation.State == actors.Banned
	if m.Was == m.Is() && !barred && m.Before != actors.Banned {
		return nil
	}
	if err := o.enterMembership(ctx, tx, m, barred); err != nil {
		return err
	}
	if m.Is().Staff() && !m.Was.Staff() && !m.Member.Local && m.Member.Groups1 {
		waiting, err := actors.FollowersOf(ctx, tx, m.Group.ID, actors.Requested, actors.Page{Limit: maxOffered})
		if err != nil {
			return err
		}
		if err := o.offer(ctx, tx, m.Group, []*actors.Actor{m.Member}, waiting); err != nil {
			return err
		}
		if err := o.offerOpenReports(ctx, tx, m.Group, m.Member); err != nil {
			return err
		}
	}
	if m.Was == actors.RoleOwner && m.Is() != actors.RoleOwner {
		return o.succeed(ctx, tx, m.Group, m.Member)
	}
	return nil
}

func (o *Outbox) enterMembership(ctx context.Context, tx *db.Tx, m actors.Membership, barred bool) error {
	entry := &vocab.Activity{To: []string{m.Group.Followers}, Content: m.Why.Reason}
	if m.Why.By != nil {
		entry.AttributedTo = m.Why.By.IRI
	}
	if m.Why.Act != "" {
		entry.Instrument = vocab.Ref{ID: m.Why.Act}
	}
	list := vocab.Ref{ID: m.Group.Members}
	switch is := m.Is(); {
	case m.Was == "" && is != "":
		entry.Type, entry.Target = "Add", list
	case barred, m.Was != "" && is == "":
		entry.Type, entry.Origin = "Remove", list
	default:
		entry.Type = "Update"
	}
	seq, err := db.One(ctx, tx, db.Scalar[int64], "UPDATE relations SET seq = (SELECT a.seq FROM actors a WHERE a.id = $2) + 1 WHERE id = $1 RETURNING seq", m.Relation.ID, m.Group.ID)
	if err != nil {
		return fmt.Errorf("number the membership of %s in %s: %w", m.Member.IRI, m.Group.IRI, err)
	}
	m.Relation.Seq = seq
	record, err := Record(ctx, tx, m.Group, m.Member, m.Relation)
	if err != nil {
		return err
	}
	entry.Object = embedRecord(record)
	if (barred || m.Is() == actors.RoleGuest) && !m.Relation.Until.IsZero() {
		if err := o.awaitLapse(ctx, tx, m.Relation, m.Relation.Until); err != nil {
			return err
		}
	}
	s := sending{activity: entry, hosts: replicas, while: gathering}
	if m.Is() == "" {
		s.while = 0 // who is out is out at once, everywhere
		// Its node may have nobody else in the group; who was never in a hidden group does not hear that there is one.
		if !m.Member.Local && m.Member.Groups1 && (m.Was != "" || m.Group.Visibility != actors.VisibilityHidden) {
			s.extra = []*actors.Actor{m.Member}
		}
	}
	if err := o.enter(ctx, tx, m.Group, s); err != nil || entry.Type != "Add" || m.Relation.Role == actors.RoleOwner {
		return err
	}
	return o.welcome(ctx, tx, m.Group, m.Member)
}

// gathering is how long the nodes wait to hear who has joined: when many join at once, each node hears of all of them together.
const gathering = 2 * time.Second

// Renew begins a new epoch of the log of a group of ours (groups-1 §10.1), for when an older copy of its database was put back: what
// the nodes of the members had heard since is not so any more, and the numbers of those entries are given out again. They read
// the list of members and the log anew.
func (o *Outbox) Renew(ctx context.Context, group *actors.Actor) error {
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE actors SET epoch = $1, member_digest = '' WHERE id = $2 AND local", o.Dir.NewEpoch(), group.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM positions WHERE grp = $1", group.ID); err != nil {
			return err
		}
		document, err := o.described(ctx, tx, group)
		if err != nil {
			return err
		}
		return o.enter(ctx, tx, group, sending{hosts: replicas, activity: &vocab.Activity{Type: "Update", To: []string{group.Followers}, Object: document}})
	})
	if err != nil {
		return fmt.Errorf("begin the log of %s anew: %w", group.IRI, err)
	}
	return nil
}

// Record is what a group says about one of its members (groups-1 §3.2).
func Record(ctx context.Context, q db.Q, group, member *actors.Actor, r *actors.Relation) (*vocab.Object, error) {
	if r.InvitedBy == 0 {
		return record(group, member, r, nil), nil
	}
	known, err := actors.Many(ctx, q, []actors.ID{r.InvitedBy})
	return record(group, member, r, known[r.InvitedBy]), err
}

// record is Record with who invited the member; nil when nobody did, or somebody who is not known any more.
func record(group, member *actors.Actor, r *actors.Relation, by *actors.Actor) *vocab.Object {
	w := &vocab.Object{ID: group.Members + "/" + r.Record, Type: "Relationship", Name: member.DisplayName(), StartTime: r.Since, EndTime: r.Until, Updated: r.Updated, Seq: r.Seq,
		Membership: &vocab.Membership{Subject: member.IRI, Relationship: memberOf, Object: group.IRI, Role: string(r.Role), State: string(r.State)}}
	if by != nil {
		w.Membership.InvitedBy = by.IRI
	}
	return w
}

func embedRecord(record *vocab.Object) vocab.Ref {
	return vocab.Ref{ID: record.ID, Type: record.Type, Document: vocab.Document{Object: record}}
}

const memberOf = federation.PN + "#memberOf"
