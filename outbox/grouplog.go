// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// Kinds of decisions.
const (
	DecidedSettings  = "settings"
	DecidedRole      = "role"
	DecidedRemoval   = "removal"
	DecidedBan       = "ban"
	DecidedUnban     = "unban"
	DecidedAdmission = "admission"
	DecidedRejection = "rejection"
	DecidedDeletion  = "deletion"
	DecidedLock      = "lock"
	DecidedUnlock    = "unlock"
	DecidedPin       = "pin"
	DecidedUnpin     = "unpin"

	DecidedResolution = "resolution" // of a report: whose and about what is not told

	DecidedArchive       = "archive"
	DecidedUnarchive     = "unarchive"
	DecidedGroupDeletion = "group-deletion" // it will be deleted
	DecidedRestoration   = "restoration"    // it will not
)

// Decision is what an owner or moderator of a group decided, or the group itself when a ban had lasted long enough or nobody was
// left to own it. The nodes of its members all have the same ones.
type Decision struct {
	ID      int64 // its time is the time of the decision
	By      actors.ID
	Kind    string
	Subject actors.ID   // about whom
	Item    content.ID  // about which post, which may be gone since
	Role    actors.Role // that the subject got
	Reason  string      // plain text
	Until   time.Time   // end of a ban
	act     string      // id of the activity that tells it; '' when we tell it
}

const maxReason = 500

// decide keeps a decision about a group, once: what others tell may come twice, and when the log is read again.
func (o *Outbox) decide(ctx context.Context, tx *db.Tx, group *actors.Actor, d Decision) error {
	if d.ID == 0 {
		d.ID = o.DB.NewID()
	}
	_, err := tx.Exec(ctx, `INSERT INTO decisions (id, grp, actor, kind, subject, item, role, reason, until, act) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (grp, act) WHERE act <> '' DO NOTHING`,
		d.ID, group.ID, d.By, d.Kind, d.Subject, d.Item, d.Role, actors.CleanText(d.Reason, maxReason), db.Millis(d.Until), d.act)
	if err != nil {
		return fmt.Errorf("keep %s in %s: %w", d.Kind, group.IRI, err)
	}
	return nil
}

// Reason is why somebody did something in a group, as pleio-nodes and as Lemmy write it.
func Reason(a *vocab.Activity) string {
	if a.Content != "" {
		return a.Content
	}
	return a.Summary
}

// Decisions lists what was decided in a group, the last one first.
func Decisions(ctx context.Context, q db.Q, group actors.ID, p actors.Page) ([]Decision, error) {
	args := []any{group}
	all, err := db.All(ctx, q, func(r db.Scanner) (d Decision, err error) {
		var until int64
		err = r.Scan(&d.ID, &d.By, &d.Kind, &d.Subject, &d.Item, &d.Role, &d.Reason, &until)
		d.Until = db.FromMillis(until)
		return d, err
	}, "SELECT id, actor, kind, subject, item, role, reason, until FROM decisions WHERE grp = $1"+p.SQL("id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list decisions of group %d: %w", group, err)
	}
	p.Arrange(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, nil
}

// KeepEntry keeps the decision that an entry of the log of a group elsewhere tells, most of which tell none: who decided is in
// attributedTo. What is decided about posts is in what the group passes on: see KeepRelayed.
func (o *Outbox) KeepEntry(ctx context.Context, tx *db.Tx, group *actors.Actor, entry *vocab.Activity) error {
	if entry.AttributedTo == "" {
		return nil
	}
	d := Decision{ID: o.DB.IDAt(entry.Published), Reason: entry.Content, act: entry.ID}
	var about, name string
	record := entry.Object.Object
	switch {
	case entry.Type == "Update" && entry.Object.ID == group.IRI:
		kind, err := settled(ctx, tx, group, entry.Object.Actor)
		if err != nil {
			return err
		}
		d.Kind = kind
	case entry.Type == "Accept" && IsReport(entry.Object.Activity) && entry.Object.Activity.Actor == group.IRI:
		d.Kind = DecidedResolution
	case entry.Type == "Reject" && entry.Object.Activity != nil:
		d.Kind, about = DecidedRejection, entry.Object.Activity.Actor
	case record != nil && record.Membership != nil:
		m := record.Membership
		about, name, d.Role = m.Subject, record.Name, actors.Role(m.Role)
		switch kind := entry.Type + " " + m.State; kind {
		case "Add active":
			d.Kind = DecidedAdmission
		case "Update active":
			d.Kind = DecidedRole
		case "Remove removed":
			d.Kind, d.Role = DecidedRemoval, ""
		case "Remove banned":
			d.Kind, d.Role, d.Until = DecidedBan, "", record.EndTime
		case "Update left":
			d.Kind, d.Role = DecidedUnban, ""
		}
	}
	if d.Kind == "" {
		return nil
	}
	by, err := o.Dir.Named(ctx, tx, entry.AttributedTo, "")
	if by == nil || err != nil {
		return err
	}
	d.By = by.ID
	if d.Kind == DecidedResolution {
		if err := o.closeReport(ctx, tx, group, by, entry.Object.ID, entry.Published); err != nil {
			return err
		}
	}
	if about != "" {
		subject, err := o.Dir.Named(ctx, tx, about, name)
		if subject == nil || err != nil {
			return err
		}
		d.Subject = subject.ID
	}
	return o.decide(ctx, tx, group, d)
}

// settled is what was decided about the settings of a group elsewhere that its document tells, as they differ from what was
// decided before: the entries of a log come in their order.
func settled(ctx context.Context, tx *db.Tx, group *actors.Actor, now *vocab.Actor) (string, error) {
	if now == nil {
		return DecidedSettings, nil
	}
	before, err := db.All(ctx, tx, db.Scalar[string], `SELECT d.kind FROM decisions d WHERE d.id IN (SELECT MAX(l.id) FROM decisions l
		WHERE l.grp = $1 AND l.kind IN ('archive', 'unarchive', 'group-deletion', 'restoration') GROUP BY l.kind IN ('archive', 'unarchive'))`, group.ID)
	if err != nil {
		return "", fmt.Errorf("what was decided about %s: %w", group.IRI, err)
	}
	archived, ends := slices.Contains(before, DecidedArchive), slices.Contains(before, DecidedGroupDeletion)
	switch {
	case archived && now.Archived.IsZero():
		return DecidedUnarchive, nil
	case !archived && !now.Archived.IsZero():
		return DecidedArchive, nil
	case ends && now.Deletes.IsZero():
		return DecidedRestoration, nil
	case !ends && !now.Deletes.IsZero():
		return DecidedGroupDeletion, nil
	}
	return DecidedSettings, nil
}

// keepRelayed keeps the decision that an activity is which a group passes on; most are none.
func (o *Outbox) keepRelayed(ctx context.Context, tx *db.Tx, group *actors.Actor, raw []byte, kind string, item *content.Item) error {
	if !decides(kind) {
		return nil
	}
	a, err := vocab.DecodeActivity(raw)
	if err != nil {
		return err
	}
	return o.KeepRelayed(ctx, tx, group, a, item)
}

func decides(kind string) bool {
	switch kind {
	case "Delete", "Lock", "Block", "Add", "Remove", "Undo":
		return true
	}
	return false
}

// KeepRelayed keeps the decision that an activity is which a group passes on, about one of its posts; most are none. What a group
// that keeps a log decides about its members is in that: see KeepEntry.
func (o *Outbox) KeepRelayed(ctx context.Context, tx *db.Tx, group *actors.Actor, a *vocab.Activity, item *content.Item) error {
	kind := a.Type
	if !decides(kind) || item == nil && (group.Local || group.Groups1) {
		return nil
	}
	by, err := actors.ByIRI(ctx, tx, a.Actor)
	if err != nil {
		return err
	}
	d := Decision{By: by.ID, Reason: Reason(a), act: a.ID}
	if !by.Local && !group.Local && !a.Published.IsZero() {
		d.ID = o.DB.IDAt(a.Published)
	}
	if item != nil {
		d.Item = item.ID
	}
	about := a.Object.ID
	switch {
	case kind == "Delete" && item != nil && item.Author != by.ID:
		d.Kind, about = DecidedDeletion, ""
		d.Subject = item.Author
	case kind == "Lock":
		d.Kind, about = DecidedLock, ""
	case kind == "Block":
		d.Kind = DecidedBan
	case kind == "Undo" && a.Object.Activity != nil && a.Object.Activity.Type == "Lock":
		d.Kind, about = DecidedUnlock, ""
	case kind == "Undo" && a.Object.Activity != nil && a.Object.Activity.Type == "Block":
		d.Kind, about = DecidedUnban, a.Object.Activity.Object.ID
	case kind == "Add" && item != nil:
		d.Kind, about = DecidedPin, ""
	case kind == "Remove" && item != nil:
		d.Kind, about = DecidedUnpin, ""
	case kind == "Add":
		d.Kind, d.Role = DecidedRole, actors.RoleModerator
	case kind == "Remove":
		d.Kind, d.Role = DecidedRole, actors.RoleMember
	default:
		return nil // people take back and delete their own
	}
	if about != "" {
		subject, err := actors.ByIRI(ctx, tx, about)
		if errors.Is(err, fault.NotFound) || errors.Is(err, fault.Gone) {
			return nil
		}
		if err != nil {
			return err
		}
		d.Subject = subject.ID
		if d.Kind == DecidedRole { // an owner who is named moderator stays an owner
			if d.Role, err = actors.RoleOf(ctx, tx, subject.ID, group.ID); err != nil {
				return err
			}
		}
	}
	return o.decide(ctx, tx, group, d)
}
