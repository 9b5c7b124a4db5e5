// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"errors"
	"fmt"

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

	DecidedArchive       = "archive"
	DecidedUnarchive     = "unarchive"
	DecidedGroupDeletion = "group-deletion" // it will be deleted
	DecidedRestoration   = "restoration"    // it will not
)

// Decision is what an owner or moderator of a group of ours decided: here, or from another node.
type Decision struct {
	ID      int64 // its time is the time of the decision
	By      actors.ID
	Kind    string
	Subject actors.ID   // about whom
	Item    content.ID  // about which post, which may be gone since
	Role    actors.Role // that the subject got
	Reason  string      // plain text
}

const maxReason = 500

// decide keeps a decision about a group of ours.
func (o *Outbox) decide(ctx context.Context, tx *db.Tx, group *actors.Actor, d Decision) error {
	_, err := tx.Exec(ctx, "INSERT INTO decisions (id, grp, actor, kind, subject, item, role, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		o.DB.NewID(), group.ID, d.By, d.Kind, d.Subject, d.Item, d.Role, actors.CleanText(d.Reason, maxReason))
	if err != nil {
		return fmt.Errorf("keep %s in %s: %w", d.Kind, group.IRI, err)
	}
	return nil
}

// Decisions lists what was decided in a group, the last one first.
func Decisions(ctx context.Context, q db.Q, group actors.ID, p actors.Page) ([]Decision, error) {
	args := []any{group}
	all, err := db.All(ctx, q, func(r db.Scanner) (d Decision, err error) {
		return d, r.Scan(&d.ID, &d.By, &d.Kind, &d.Subject, &d.Item, &d.Role, &d.Reason)
	}, "SELECT id, actor, kind, subject, item, role, reason FROM decisions WHERE grp = $1"+p.SQL("id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list decisions of group %d: %w", group, err)
	}
	p.Arrange(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, nil
}

// keepRelayed keeps the decision that an activity is which a group passes on; most are none.
func (o *Outbox) keepRelayed(ctx context.Context, tx *db.Tx, group *actors.Actor, raw []byte, kind string, item *content.Item) error {
	switch kind {
	case "Delete", "Lock", "Block", "Add", "Remove", "Undo":
	default:
		return nil
	}
	a, err := vocab.DecodeActivity(raw)
	if err != nil {
		return err
	}
	by, err := actors.ByIRI(ctx, tx, a.Actor)
	if err != nil {
		return err
	}
	d := Decision{By: by.ID, Reason: a.Content}
	if d.Reason == "" {
		d.Reason = a.Summary
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
