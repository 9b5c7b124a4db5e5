// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

const actorFresh = 24 * time.Hour // how old a known document may be before Resolve reads it again

// Resolve returns an actor by id: known, or fetched from its server and kept.
func (d *Directory) Resolve(ctx context.Context, iri string) (*Actor, error) {
	a, err := ByIRI(ctx, d.DB, iri)
	if err == nil && (a.Local || time.Since(a.Fetched) < actorFresh) || errors.Is(err, fault.Gone) {
		return a, err
	}
	fetched, err := d.Fetch(ctx, iri)
	if err != nil && a != nil {
		return a, nil // known is better than nothing
	}
	return fetched, err
}

// Fetch reads the actor's document from its server, keeps it and returns the actor. The instance actor signs the request,
// whose own document everybody may read: otherwise two careful nodes wait for each other.
// An address that leads to a bare key leads on to the key's owner.
func (d *Directory) Fetch(ctx context.Context, iri string) (*Actor, error) {
	if d.Ours(iri) {
		return ByIRI(ctx, d.DB, iri)
	}
	if err := d.Welcome(ctx, d.DB, federation.Host(iri)); err != nil {
		return nil, err
	}
	w, err := d.document(ctx, iri)
	if err != nil {
		return nil, err
	}
	var a *Actor
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		a, err = d.Learn(ctx, tx, w)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("learn %s: %w", iri, err)
	}
	if w.WebFinger != "" {
		a, err = d.confirmHandle(ctx, a, w.WebFinger)
	}
	return a, err
}

func (d *Directory) document(ctx context.Context, iri string) (*vocab.Actor, error) {
	signer, err := d.Signer(ctx, d.App().ID)
	if err != nil {
		return nil, err
	}
	for range 2 {
		doc, err := d.Client.Document(ctx, iri, &signer)
		if err != nil {
			return nil, fmt.Errorf("fetch %s: %w", iri, err)
		}
		decoded, err := vocab.Decode(doc.Body)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", iri, err)
		}
		if decoded.Actor != nil {
			return decoded.Actor, nil
		}
		if decoded.Object == nil || decoded.Object.AttributedTo == "" || !federation.SameOrigin(decoded.Object.AttributedTo, iri) {
			break
		}
		iri = decoded.Object.AttributedTo // a bare key names its owner, who must list it in turn
	}
	return nil, fault.Say(fault.Invalid, "%s is not an account.", iri)
}

// ResolveHandle returns the actor behind name@domain, asking its server by WebFinger when it is not known.
func (d *Directory) ResolveHandle(ctx context.Context, name, domain string) (*Actor, error) {
	if domain == "" || domain == d.Domain || domain == d.Host() {
		return LocalByName(ctx, d.DB, name)
	}
	known, err := ByHandle(ctx, d.DB, name, domain)
	if err == nil && (time.Since(known.Fetched) < actorFresh || known.IsGroup() && known.Visibility == VisibilityHidden) { // whose home tells nobody of it by its name
		return known, nil
	}
	if err := d.Welcome(ctx, d.DB, domain); err != nil {
		return nil, err
	}
	a, err := d.discover(ctx, name, domain)
	if known != nil && errors.Is(err, fault.Unavailable) {
		return known, nil // its server is away: people go on writing to each other
	}
	return a, err
}

// discover asks a domain for an actor by WebFinger.
func (d *Directory) discover(ctx context.Context, name, domain string) (*Actor, error) {
	jrd, err := d.Client.WebFinger(ctx, name, domain)
	if err != nil {
		return nil, fmt.Errorf("look up @%s@%s: %w", name, domain, err)
	}
	self := jrd.Self()
	if self == "" {
		return nil, fault.Say(fault.NotFound, "%s knows @%s@%s, but not as an account of the fediverse.", domain, name, domain)
	}
	a, err := d.Fetch(ctx, self)
	if err != nil {
		return nil, err
	}
	if a.Domain != domain {
		return d.confirmHandle(ctx, a, name+"@"+domain)
	}
	return a, nil
}

// confirmHandle gives an actor a handle on another domain than that of its id, when that domain says so too (FEP-2c59).
func (d *Directory) confirmHandle(ctx context.Context, a *Actor, handle string) (*Actor, error) {
	name, domain, err := federation.ParseHandle(handle)
	if err != nil || domain == a.Domain || domain == "" || !strings.EqualFold(name, a.Name) {
		return a, nil
	}
	jrd, err := d.Client.WebFinger(ctx, name, domain)
	if err != nil || jrd.Self() != a.IRI {
		return a, nil // not confirmed: it keeps the handle of its id
	}
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE actors SET domain = $1 WHERE id = $2", domain, a.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("keep handle of %s: %w", a.IRI, err)
	}
	a.Domain = domain
	return a, nil
}

// Delete forgets a person or group: what it said of itself is blanked, its relations end, and its id stays a tombstone.
func (d *Directory) Delete(ctx context.Context, tx *db.Tx, a *Actor) error {
	_, err := tx.Exec(ctx, `UPDATE actors SET deleted = $1, title = '', summary = '', source = '', icon = '', image = '', fields = '[]', emojis = '[]',
		icon_description = '', image_description = '', attribution = '[]' WHERE id = $2`,
		db.Millis(time.Now()), a.ID)
	if err != nil {
		return fmt.Errorf("delete %s: %w", a.IRI, err)
	}
	if a.IsGroup() { // its members are not told of each other: the group itself says that it is gone
		if err := disband(ctx, tx, a.ID); err != nil {
			return err
		}
	}
	relations, err := db.All(ctx, tx, scanRelation, "SELECT "+relationColumns+" FROM relations r WHERE (r.subject = $1 OR r.object = $1) AND r.state IN ('active', 'requested', 'invited')", a.ID)
	if err != nil {
		return fmt.Errorf("relations of %s: %w", a.IRI, err)
	}
	for _, r := range relations {
		other := r.Subject
		if other == a.ID {
			other = r.Object
		}
		o, err := Get(ctx, tx, other)
		if err != nil {
			continue
		}
		subject, object := a, o
		if r.Object == a.ID {
			subject, object = o, a
		}
		if _, err := d.End(ctx, tx, subject, object, Removed); err != nil {
			return err
		}
	}
	return forgetKept(ctx, tx, a.ID)
}

// disband ends all memberships of a group at once; who was in it is not kept.
func disband(ctx context.Context, tx *db.Tx, group ID) error {
	for _, sql := range []string{"DELETE FROM relations WHERE object = $1", "DELETE FROM reach WHERE object = $1", "DELETE FROM decisions WHERE grp = $1", "DELETE FROM group_reports WHERE grp = $1",
		"UPDATE actors SET followers_count = 0, member_digest = '' WHERE id = $1"} {
		if _, err := tx.Exec(ctx, sql, group); err != nil {
			return fmt.Errorf("disband group %d: %w", group, err)
		}
	}
	return nil
}
