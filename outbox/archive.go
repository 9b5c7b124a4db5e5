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
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/jobs"
)

// What becomes of the log, the posts and the people of a group whose archive is brought in: see package archive.

// Former is where a group stood when its archive was made.
type Former struct {
	IRI   string
	State vocab.GroupState
}

// Begin makes the first entry of the log of a group that was brought in, in an epoch of its own: it names the group of the archive and
// where that stood (groups-1 §12.1). Nodes that have a copy of the list of members read it anew.
func (o *Outbox) Begin(ctx context.Context, tx *db.Tx, group *actors.Actor, from Former) error {
	document, err := o.described(ctx, tx, group)
	if err != nil {
		return err
	}
	origin := vocab.Ref{ID: from.IRI, Type: actors.Group, Document: vocab.Document{Actor: &vocab.Actor{ID: from.IRI, Type: actors.Group, GroupState: &from.State}}}
	err = o.enter(ctx, tx, group, sending{hosts: replicas, activity: &vocab.Activity{Type: "Create", To: []string{group.Followers}, Object: document, Origin: origin}})
	if err != nil {
		return fmt.Errorf("begin the log of %s: %w", group.IRI, err)
	}
	return nil
}

// Reenter puts an entry of the log of an archive back in its place, unchanged. The chain must have been checked. Of an erased entry the
// body is its Tombstone.
func (o *Outbox) Reenter(ctx context.Context, tx *db.Tx, group *actors.Actor, e Entry) error {
	id := o.DB.NewID()
	if e.gone {
		e.Item = content.ID(id) // that of no post: it stays erased
	}
	fail := func(err error) error { return fmt.Errorf("put entry %d of %s back: %w", e.Seq, group.IRI, err) }
	if _, err := tx.Exec(ctx, "INSERT INTO activities (id, iri, actor, kind, item, public, body) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		id, e.IRI, group.ID, e.Kind, e.Item, e.Public, e.Body); err != nil {
		return fail(err)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO log (grp, seq, activity, hash) VALUES ($1, $2, $3, $4)", group.ID, e.Seq, id, e.Hash); err != nil {
		return fail(err)
	}
	return nil
}

// ErasedEntry is an entry of which only its place, its hash and what it was are left.
func ErasedEntry(t *vocab.Object, body []byte) Entry {
	return Entry{Seq: t.Seq, Hash: t.EntryHash, IRI: t.ID, Kind: t.FormerType, Body: body, gone: true}
}

// Resume lets the log of a group go on after the last entry that was put back.
func (o *Outbox) Resume(ctx context.Context, tx *db.Tx, group *actors.Actor, state vocab.GroupState) error {
	if group.Epoch <= state.Epoch {
		return fault.Say(fault.Invalid, "The log of %s was at an epoch (%s) that comes after now: is the clock of this machine right?", group.Handle(), state.Epoch)
	}
	if _, err := tx.Exec(ctx, "UPDATE actors SET seq = $1, head = $2 WHERE id = $3", state.Seq, state.Head, group.ID); err != nil {
		return fmt.Errorf("resume the log of %s: %w", group.IRI, err)
	}
	return nil
}

// Redecide keeps a decision that stood in an archive, at its own time.
func (o *Outbox) Redecide(ctx context.Context, tx *db.Tx, group *actors.Actor, d Decision, when time.Time) error {
	d.ID = o.DB.IDAt(when)
	return o.decide(ctx, tx, group, d)
}

// Reannounce keeps that a group of ours announced a post at a time, so that the post stands where it stood in the timelines here.
func (o *Outbox) Reannounce(ctx context.Context, tx *db.Tx, group *actors.Actor, i *content.Item, when time.Time) error {
	id := o.DB.IDAt(when)
	iri := o.Dir.URL(fmt.Sprintf("/activities/%d", id))
	audience := i.Audience
	if audience != actors.Members {
		audience = actors.Public
	}
	_, err := o.Library.Save(ctx, tx, &content.Made{Item: &content.Item{ID: content.ID(id), IRI: iri, URL: iri, Kind: content.Announce, Local: true, Author: group.ID, Group: group.ID,
		Audience: audience, BoostOf: i.ID, Published: when, Created: when}})
	return err
}

// ---- people ---------------------------------------------------------------------------------------------

// Reinstate puts somebody back where an archive of this node has it, in whatever state: what ends at a time ends then, and who is invited
// or decides about a request hears of it. By is who invited; nil when that is not known.
func (o *Outbox) Reinstate(ctx context.Context, tx *db.Tx, by, who, group *actors.Actor, r *actors.Relation) error {
	if err := o.Dir.Reinstate(ctx, tx, who, group, r); err != nil {
		return err
	}
	ends := r.Until
	switch {
	case r.State == actors.Invited:
		ends = r.Expires
		if who.Local {
			if err := o.notifyInvited(ctx, tx, by, who, group); err != nil {
				return err
			}
		}
	case r.State == actors.Requested:
		return o.NotifyAsked(ctx, tx, who, group, r)
	case r.State != actors.Banned && (r.State != actors.Active || r.Role != actors.RoleGuest):
		return nil
	}
	if ends.IsZero() {
		return nil
	}
	return o.awaitLapse(ctx, tx, &actors.Relation{Subject: who.ID, Object: group.ID}, ends)
}

const jobReinvite = "reinvite" // tell somebody elsewhere of the invitation to a group that was brought in

type reinviting struct {
	Group actors.ID `json:"group"`
	Who   actors.ID `json:"who"`
}

// Reinvite invites somebody to a group that was brought in, who was a member of it elsewhere: with the role of then. By is an owner. Who
// is on another node is told when that can be reached.
func (o *Outbox) Reinvite(ctx context.Context, tx *db.Tx, by, who, group *actors.Actor, in actors.Invitation) error {
	r, err := o.Dir.Reinvite(ctx, tx, by, who, group, in)
	if err == nil {
		err = o.awaitLapse(ctx, tx, r, r.Expires)
	}
	if err != nil {
		return err
	}
	if who.Local {
		return o.notifyInvited(ctx, tx, by, who, group)
	}
	return o.Jobs.Add(ctx, tx, jobReinvite, fmt.Sprint(group.ID, " ", who.ID), reinviting{group.ID, who.ID}, time.Time{})
}

// tellReinvited is the work of jobReinvite: it reads who that is, and sends the invitation. Whose server keeps no secrets is not invited to
// a closed group.
func (o *Outbox) tellReinvited(ctx context.Context, payload []byte) error {
	var x reinviting
	if err := json.Unmarshal(payload, &x); err != nil {
		return jobs.Never(err)
	}
	r, who, by, group, err := o.reinvited(ctx, o.DB, x)
	if err != nil || r == nil {
		return err
	}
	if who.Fetched.IsZero() {
		if who, err = o.Dir.Fetch(ctx, who.IRI); err != nil {
			if fault.Status(err) < 500 {
				return jobs.Never(err)
			}
			return err
		}
	}
	return o.DB.Tx(ctx, func(tx *db.Tx) error {
		r, _, _, _, err := o.reinvited(ctx, tx, x)
		if err != nil || r == nil {
			return err
		}
		if actors.Admissible(who, group) != nil {
			return o.InvitationEnded(ctx, tx, who, group)
		}
		id := o.DB.NewID()
		in := actors.Invitation{ID: o.Dir.URL(fmt.Sprintf("/activities/%d", id)), Role: r.Role, Until: r.Until, Message: r.Request.Message}
		if !who.Groups1 {
			in.ID = o.postIRI(id)
		}
		if r, err = o.Dir.Reinvite(ctx, tx, by, who, group, in); err != nil {
			return err
		}
		if !who.Groups1 {
			return o.inviteByNote(ctx, tx, by, who, group, r, id)
		}
		told := *r
		if told.Role.Staff() { // nobody is invited as more than a member: the group makes that person so again who accepts
			told.Role = actors.RoleMember
		}
		return o.sendInvite(ctx, tx, by, who, group, &told)
	})
}

// reinvited reads an invitation that has not been told yet, and whom it is about; nil when it does not stand any more.
func (o *Outbox) reinvited(ctx context.Context, q db.Q, x reinviting) (r *actors.Relation, who, by, group *actors.Actor, err error) {
	r, err = actors.InvitationOf(ctx, q, x.Who, x.Group)
	if errors.Is(err, fault.NotFound) || err == nil && r.Invitation != "" {
		return nil, nil, nil, nil, nil
	}
	if err != nil {
		return nil, nil, nil, nil, err
	}
	known, err := actors.Many(ctx, q, []actors.ID{x.Who, x.Group, r.InvitedBy})
	if err != nil {
		return nil, nil, nil, nil, err
	}
	who, by, group = known[x.Who], known[r.InvitedBy], known[x.Group]
	if who == nil || by == nil || group == nil {
		return nil, nil, nil, nil, nil // deleted
	}
	return r, who, by, group, nil
}
