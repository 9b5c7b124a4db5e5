// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// What the archive of a group reads of its people, and what becomes of them where it is brought in: see package archive.

// RelationsTo lists those who have, had or want something to do with a group, in whatever state, after a number, the oldest first; last is
// the number of the last one that was looked at, 0 when there was none.
func RelationsTo(ctx context.Context, q db.Q, group ID, after int64, limit int) (all []Related, last int64, err error) {
	relations, err := db.All(ctx, q, scanRelation, "SELECT "+relationColumns+" FROM relations r WHERE r.object = $1 AND r.id > $2 ORDER BY r.id LIMIT $3", group, after, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("relations to group %d: %w", group, err)
	}
	for _, r := range relations {
		last = r.ID
	}
	all, err = withActors(ctx, q, relations, func(r *Relation) ID { return r.Subject })
	return all, last, err
}

// Rebuild makes a group of this node of what an archive says about it: a has its name, title, settings and pictures. It has no members yet.
func (d *Directory) Rebuild(ctx context.Context, tx *db.Tx, a *Actor) error {
	if err := CheckName(a.Name); err != nil {
		return err
	}
	if _, err := db.One(ctx, tx, db.Scalar[int], "SELECT 1 FROM actors WHERE LOWER(name) = $1 AND local AND deleted > 0", a.Name); err == nil {
		return fault.Say(fault.Invalid, "The name %q was that of somebody or something that has been deleted on this node, and is not given again: choose another with --as.", a.Name)
	}
	since := a.Published
	a.Kind, a.IRI, a.Epoch = Group, d.URL("/groups/"+a.Name), d.NewEpoch()
	if err := a.settle(); err != nil {
		return err
	}
	if err := d.create(ctx, tx, a); err != nil {
		return err
	}
	if since.IsZero() || since.After(a.Published) {
		return nil
	}
	a.Published = since
	if _, err := tx.Exec(ctx, "UPDATE actors SET published = $1 WHERE id = $2", db.Millis(since), a.ID); err != nil {
		return fmt.Errorf("make group %s: %w", a.Name, err)
	}
	return nil
}

// DeletedAt is when an actor was deleted, as far as that is known here; the zero time: it was not.
func DeletedAt(ctx context.Context, q db.Q, iri string) (time.Time, error) {
	ms, err := db.One(ctx, q, db.Scalar[int64], "SELECT COALESCE(MAX(deleted), 0) FROM actors WHERE iri = $1", iri)
	return db.FromMillis(ms), err
}

// Recall returns somebody whom an archive names: known here, or from now on by what the archive says, until the profile has been read.
// Of an archive that this node did not make only the id and how others call that person is believed. It is nil for one of ours who does
// not exist, and for who was deleted.
func (d *Directory) Recall(ctx context.Context, tx *db.Tx, w *vocab.Actor, believed bool) (*Actor, error) {
	who, err := ByIRI(ctx, tx, w.ID)
	switch {
	case err == nil:
		return who, nil
	case errors.Is(err, fault.Gone), errors.Is(err, fault.NotFound) && d.Ours(w.ID):
		return nil, nil
	case !errors.Is(err, fault.NotFound):
		return nil, err
	}
	if err := federation.CheckID(w.ID); err != nil {
		return nil, err
	}
	a := d.placeholder(w.ID, w.PreferredUsername, w.Name)
	if slices.Contains([]string{Group, Organization, Application, Service}, w.Type) {
		a.Kind = w.Type
	}
	if a.IsGroup() {
		a.Visibility, a.JoinPolicy, a.Posting = VisibilityHidden, JoinInvite, PostingMembers // until it says itself who may know of it
	}
	if believed {
		a.Inbox, a.SharedInbox = sameOrigin(w.Inbox, w.ID), sameOrigin(w.SharedInbox, w.ID)
		a.Groups1 = slices.ContainsFunc(w.Capabilities, func(c vocab.Capability) bool { return c.Href == federation.CapGroups })
		if _, domain, ok := strings.Cut(w.WebFinger, "@"); ok && Domain(domain) != "" {
			a.Domain = Domain(domain)
		}
	}
	decision, err := DecisionOn(ctx, tx, a.Host)
	if err != nil {
		return nil, err
	}
	if a, err = d.keepPlaceholder(ctx, tx, a); err != nil {
		return nil, err
	}
	column := map[string]string{PeerBlocked: "suspended", PeerLimited: "silenced"}[decision.Policy]
	if column == "" {
		return a, nil
	}
	if _, err := tx.Exec(ctx, "UPDATE actors SET "+column+" = $1 WHERE id = $2", db.Millis(decision.Decided), a.ID); err != nil { // as everybody of that host
		return nil, fmt.Errorf("note %s: %w", a.IRI, err)
	}
	return ByIRI(ctx, tx, a.IRI)
}

// Reinstate writes how somebody stands to a group of ours as it was, with the number of its entry in the log: nobody is told, for it is
// no change. The digest of the members is counted when it is next asked for.
func (d *Directory) Reinstate(ctx context.Context, tx *db.Tx, member, group *Actor, r *Relation) error {
	fail := func(err error) error { return fmt.Errorf("reinstate %s in %s: %w", member.IRI, group.IRI, err) }
	_, err := tx.Exec(ctx, `INSERT INTO relations (id, subject, object, state, role, since, updated, until, record, seq, invited_by, invitation, expires, request, request_as, message)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		d.DB.IDAt(r.Since), member.ID, group.ID, r.State, r.Role, db.Millis(r.Since), db.Millis(r.Updated), db.Millis(r.Until), r.Record, r.Seq, r.InvitedBy, r.Invitation,
		db.Millis(r.Expires), r.Request.ID, r.Request.As, CleanText(r.Request.Message, 500))
	if err != nil || r.State != Active {
		if err != nil {
			return fail(err)
		}
		return nil
	}
	if _, err := tx.Exec(ctx, "UPDATE actors SET followers_count = followers_count + 1, member_digest = '' WHERE id = $1", group.ID); err != nil {
		return fail(err)
	}
	if member.Local {
		return nil
	}
	return reach(ctx, tx, member, group, 1)
}

// Reinvite invites somebody to a group of ours who was a member of the one that an archive is of, with the role of then, whoever that is:
// whether this person can be a member at all is decided when the invitation is accepted.
func (d *Directory) Reinvite(ctx context.Context, tx *db.Tx, by, who, group *Actor, in Invitation) (*Relation, error) {
	in.Expires = time.Now().Add(invitationLasts)
	return d.invited(ctx, tx, by.ID, who, group, in)
}

// Admissible tells why somebody cannot be a member of a group; nil: it is possible.
func Admissible(who, group *Actor) error { return invitable(who, group) }
