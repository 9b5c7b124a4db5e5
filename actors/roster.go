// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
)

// Why is who decided about a membership, and the reason in plain text. The zero value: the member itself, without a word.
type Why struct {
	By     *Actor
	Reason string
	Act    string    // id of the activity that asked for it, when that came from another node
	Until  time.Time // end of a ban; zero: it has none
}

func because(why []Why) Why {
	if len(why) == 0 {
		return Why{}
	}
	return why[0]
}

// Membership is a change in the list of the members of a group.
type Membership struct {
	Group, Member *Actor
	Relation      *Relation // as it is now
	Was           Role      // before; "" was no member
	Before        State     // before
	Why           Why
}

// Is is the role that the member has now; "" when it is none any more.
func (m *Membership) Is() Role {
	if m.Relation.State != Active {
		return ""
	}
	return m.Relation.Role
}

// membershipChanged counts the digest of the members anew and tells who keeps the group's log.
func (d *Directory) membershipChanged(ctx context.Context, tx *db.Tx, m Membership) error {
	if m.Member.Local && !m.Group.Local && m.Was != "" && m.Is() == "" {
		if here, err := MembersHere(ctx, tx, m.Group.ID); err != nil {
			return err
		} else if here == 0 {
			return d.Forget(ctx, tx, m.Group)
		}
	}
	if m.Was != m.Is() {
		if m.Group.Local {
			if err := departs(ctx, tx, m); err != nil {
				return err
			}
		}
		if _, err := d.roster(ctx, tx, m.Group.ID, &m); err != nil {
			return err
		}
	}
	if m.Member.Local && !m.Group.Local && m.Was.Staff() && !m.Is().Staff() {
		if err := forgetQuestions(ctx, tx, m.Group); err != nil {
			return err
		}
	}
	if !m.Group.Local || d.Changed == nil {
		return nil
	}
	return d.Changed(ctx, tx, m)
}

// Forget forgets the list of the members of a group elsewhere, in which nobody of this node is any more.
func (d *Directory) Forget(ctx context.Context, tx *db.Tx, group *Actor) error {
	for _, sql := range []string{"DELETE FROM relations WHERE object = $1 AND subject NOT IN (SELECT a.id FROM actors a WHERE a.local)", "DELETE FROM decisions WHERE grp = $1", "DELETE FROM group_reports WHERE grp = $1",
		"DELETE FROM reach WHERE object = $1", "UPDATE relations SET seq = 0 WHERE object = $1",
		"UPDATE actors SET epoch = '', seq = 0, head = '', member_digest = '', told = 0, heard = 0, listed = 0 WHERE id = $1"} {
		if _, err := tx.Exec(ctx, sql, group.ID); err != nil {
			return fmt.Errorf("forget the members of %s: %w", group.IRI, err)
		}
	}
	if d.Deserted == nil {
		return nil
	}
	return d.Deserted(ctx, tx, group)
}

// A roster is the list of the active members of a group as its digest is made of: sorted lines "id SP role LF" (groups-1
// §10.3). Those of large groups are remembered, each with its digest, which tells whether the database has gone on without it.
type roster struct {
	digest string
	lines  []string
}

type rosters struct {
	mu    sync.Mutex
	known map[ID]roster
}

const (
	maxRosters  = 16
	largeRoster = 500 // members: a smaller list is read as fast as it is remembered
)

// Digest is the digest of the active members of a group.
func (d *Directory) Digest(ctx context.Context, tx *db.Tx, group ID) (string, error) {
	return d.roster(ctx, tx, group, nil)
}

// Recount has the digest of the members of a group counted anew when it is next asked for. Until then changes in the list of a
// group elsewhere cost no counting, which is for when there are many.
func (d *Directory) Recount(ctx context.Context, tx *db.Tx, group ID) error {
	if _, err := tx.Exec(ctx, "UPDATE actors SET member_digest = '' WHERE id = $1", group); err != nil {
		return fmt.Errorf("count the members of group %d anew: %w", group, err)
	}
	return nil
}

// roster returns the digest of the members, after a change when one is given, which the relations show already.
func (d *Directory) roster(ctx context.Context, tx *db.Tx, group ID, m *Membership) (string, error) {
	fail := func(err error) (string, error) {
		return "", fmt.Errorf("count the members of group %d: %w", group, err)
	}
	// The row is held until the end: two changes are counted one after the other.
	before, err := db.One(ctx, tx, db.Scalar[string], "UPDATE actors SET seq = seq WHERE id = $1 RETURNING member_digest", group)
	if err != nil {
		return fail(err)
	}
	if before != "" && m == nil || before == "" && m != nil && !m.Group.Local {
		return before, nil
	}
	now := roster{}
	if known, ok := d.rosters.get(group); ok && before != "" && known.digest == before && m != nil {
		now.lines = known.changed(m)
	} else {
		now.lines, err = db.All(ctx, tx, func(r db.Scanner) (string, error) {
			var iri string
			var role Role
			err := r.Scan(&iri, &role)
			return line(iri, role), err
		}, "SELECT s.iri, r.role FROM relations r JOIN actors s ON s.id = r.subject WHERE r.object = $1 AND r.state = 'active'", group)
		if err != nil {
			return fail(err)
		}
		slices.Sort(now.lines)
	}
	now.digest = digestOf(now.lines)
	d.rosters.put(group, now)
	if _, err := tx.Exec(ctx, "UPDATE actors SET member_digest = $1 WHERE id = $2", now.digest, group); err != nil {
		return fail(err)
	}
	return now.digest, nil
}

func line(iri string, role Role) string { return iri + " " + string(role) + "\n" }

// digestOf is the digest of sorted lines (groups-1 §10.3).
func digestOf(lines []string) string {
	h := sha256.New()
	for _, l := range lines {
		h.Write([]byte(l))
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// MemberDigest is the digest of a list of members, role by id: what a group says in memberDigest (groups-1 §10.3).
func MemberDigest(members map[string]Role) string {
	lines := make([]string, 0, len(members))
	for iri, role := range members {
		lines = append(lines, line(iri, role))
	}
	slices.Sort(lines)
	return digestOf(lines)
}

// changed is the list after a change; the list itself stays as it was, for transactions that fail.
func (r roster) changed(m *Membership) []string {
	lines := slices.Clone(r.lines)
	prefix := m.Member.IRI + " "
	at, _ := slices.BinarySearch(lines, prefix)
	if at < len(lines) && strings.HasPrefix(lines[at], prefix) {
		lines = slices.Delete(lines, at, at+1)
	}
	if is := m.Is(); is != "" {
		l := line(m.Member.IRI, is)
		at, _ := slices.BinarySearch(lines, l)
		lines = slices.Insert(lines, at, l)
	}
	return lines
}

func (r *rosters) get(group ID) (roster, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok := r.known[group]
	return known, ok
}

func (r *rosters) put(group ID, now roster) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(now.lines) < largeRoster {
		delete(r.known, group)
		return
	}
	if r.known == nil || len(r.known) >= maxRosters && r.known[group].lines == nil {
		r.known = map[ID]roster{}
	}
	r.known[group] = now
}

// Replicate keeps what the home of a group elsewhere says about one of its members, with the number of the entry that says so; r is
// the relation as it is here.
func (d *Directory) Replicate(ctx context.Context, tx *db.Tx, member, group *Actor, r *Relation, state State, role Role, seq int64, until time.Time, record string) error {
	stands := r.State == Invited && state != Active // that a former member has gone says nothing about the invitation that came after
	if !stands && (r.State != state || r.Role != role) {
		if r.State != Active && state != Active && r.ID == 0 {
			return nil // somebody came and went, of whom nothing is known here
		}
		if _, err := d.set(ctx, tx, member, group, state, role, r.Request, Why{}); err != nil {
			return err
		}
	}
	if stands {
		until = r.Until
	}
	_, err := tx.Exec(ctx, "UPDATE relations SET seq = $1, until = $2, record = $3 WHERE subject = $4 AND object = $5", seq, db.Millis(until), record, member.ID, group.ID)
	return err
}

// Unlisted ends the memberships of those who are not in the list of a group elsewhere that was just read, as of the number seq
// of its log. Those of ours who still ask go on asking.
func (d *Directory) Unlisted(ctx context.Context, tx *db.Tx, group *Actor, seq int64, listed map[ID]bool) error {
	relations, err := db.All(ctx, tx, scanRelation, "SELECT "+relationColumns+" FROM relations r WHERE r.object = $1 AND r.state = 'active'", group.ID)
	if err != nil {
		return fmt.Errorf("members of %s: %w", group.IRI, err)
	}
	for _, r := range relations {
		if listed[r.Subject] {
			continue
		}
		who, err := Get(ctx, tx, r.Subject)
		if err != nil {
			return err
		}
		if err := d.Replicate(ctx, tx, who, group, r, Removed, r.Role, seq, time.Time{}, r.Record); err != nil {
			return err
		}
	}
	return nil
}

// Named returns the actor of an id that the home of a group elsewhere tells of: known, or a name that stands for it until its
// profile has been read. It is nil for one of ours that does not exist, and for who was deleted.
func (d *Directory) Named(ctx context.Context, tx *db.Tx, iri, title string) (*Actor, error) {
	who, err := ByIRI(ctx, tx, iri)
	switch {
	case err == nil:
		return who, nil
	case errors.Is(err, fault.Gone), errors.Is(err, fault.NotFound) && d.Ours(iri):
		return nil, nil
	case !errors.Is(err, fault.NotFound):
		return nil, err
	}
	return d.Note(ctx, tx, iri, title)
}

// Note keeps the id of a person of another node of whom nothing else is known yet but how others call it, so that a list can name it. Everything that
// it says of itself is read from its server later.
func (d *Directory) Note(ctx context.Context, tx *db.Tx, iri, title string) (*Actor, error) {
	return d.keepPlaceholder(ctx, tx, d.placeholder(iri, iri[strings.LastIndexByte(iri, '/')+1:], title))
}

// placeholder stands for somebody of another node whose profile has not been read.
func (d *Directory) placeholder(iri, name, title string) *Actor {
	if _, _, err := federation.ParseHandle(name); err != nil {
		name = "onbekend"
	}
	host := federation.Host(iri)
	return &Actor{ID: ID(d.DB.NewID()), IRI: iri, Kind: Person, Name: strings.TrimPrefix(name, "@"), Title: CleanText(title, 200), Domain: host, Host: host, URL: iri, Published: time.Now()}
}

func (d *Directory) keepPlaceholder(ctx context.Context, tx *db.Tx, a *Actor) (*Actor, error) {
	if err := d.save(ctx, tx, a, nil); err != nil {
		return nil, fmt.Errorf("note %s: %w", a.IRI, err)
	}
	return ByIRI(ctx, tx, a.IRI)
}
