// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package moderation

import (
	"context"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

// What is decided about an account, in the words of the Mastodon client API.
const (
	None      = "none"      // only a warning
	Disable   = "disable"   // cannot log in
	Sensitive = "sensitive" // its files are shown as sensitive
	Silence   = "silence"   // in no public list
	Suspend   = "suspend"   // nowhere
)

// state is the column that an action sets.
var state = map[string]string{Sensitive: "sensitized", Silence: "silenced", Suspend: "suspended"}

// Decision is an action about an account with its reason.
type Decision struct {
	Action string
	Text   string // for the person and for the audit log
	Report int64  // that it answers; 0: none
}

// Act carries out a decision about an account, warns its owner when it is one of ours, and resolves the report.
func (m *Moderation) Act(ctx context.Context, by By, target *actors.Actor, d Decision) error {
	err := m.DB.Tx(ctx, func(tx *db.Tx) error {
		if by.Account == target.ID && d.Action != None {
			return fault.Say(fault.Forbidden, "Ask another administrator to decide about your own account.")
		}
		if err := m.notOurOwn(target); err != nil {
			return err
		}
		if err := m.apply(ctx, tx, target, d.Action); err != nil {
			return err
		}
		if target.Local && target.Kind == actors.Person {
			id := m.DB.NewID()
			if _, err := tx.Exec(ctx, "INSERT INTO warnings (id, target, action, text, report) VALUES ($1, $2, $3, $4, $5)", id, target.ID, d.Action, d.Text, d.Report); err != nil {
				return err
			}
			if err := m.Timelines.NotifyAbout(ctx, tx, target.ID, timeline.Warned, target.ID, id); err != nil {
				return err
			}
		}
		if d.Report != 0 {
			if err := m.resolve(ctx, tx, by, d.Report, true); err != nil {
				return err
			}
		}
		return m.note(ctx, tx, by, "account."+d.Action, target.Handle(), d.Text)
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", d.Action, target.IRI, err)
	}
	return nil
}

func (m *Moderation) notOurOwn(target *actors.Actor) error {
	if target.Local && target.Kind != actors.Person && target.Kind != actors.Group {
		return fault.Say(fault.Forbidden, "%s is the node itself.", target.Handle())
	}
	return nil
}

func (m *Moderation) apply(ctx context.Context, tx *db.Tx, target *actors.Actor, action string) error {
	switch action {
	case None:
		return nil
	case Disable:
		if !target.Local {
			return fault.Say(fault.Invalid, "Only accounts of this node can be disabled: suspend or silence %s.", target.Handle())
		}
		return m.Auth.Disable(ctx, tx, target.ID)
	case Sensitive, Silence, Suspend:
	default:
		return fault.Say(fault.Invalid, "Validation failed: type must be none, disable, sensitive, silence or suspend, and not %q.", action)
	}
	if action == Suspend && !target.Local { // first, for nothing is sent to who is suspended
		if err := m.purge(ctx, tx, "a.id = $1", target.ID); err != nil {
			return err
		}
		if err := m.sever(ctx, tx, "account_suspension", target.Acct(), "a.id = $1", target.ID); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, "UPDATE actors SET "+state[action]+" = $1 WHERE id = $2 AND "+state[action]+" = 0", db.Millis(time.Now()), target.ID); err != nil {
		return err
	}
	if action == Sensitive {
		return nil // decided when its posts are shown
	}
	if err := content.HideAsAuthor(ctx, tx, target.ID); err != nil || action != Suspend || !target.Local {
		return err
	}
	return m.Auth.EndAll(ctx, tx, target.ID)
}

// Undo takes an action about an account back, with all that it did here. What was cut with people elsewhere stays cut.
func (m *Moderation) Undo(ctx context.Context, by By, target *actors.Actor, action string) error {
	err := m.DB.Tx(ctx, func(tx *db.Tx) error {
		switch action {
		case Disable:
			if err := m.Auth.Enable(ctx, tx, target.ID); err != nil {
				return err
			}
		case Sensitive, Silence, Suspend:
			if err := m.notPending(ctx, tx, target); err != nil {
				return err
			}
			if !target.Local && action == Suspend {
				if err := m.Dir.Welcome(ctx, tx, target.Host); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, "UPDATE actors SET "+state[action]+" = 0 WHERE id = $1", target.ID); err != nil {
				return err
			}
			if err := content.HideAsAuthor(ctx, tx, target.ID); err != nil {
				return err
			}
		}
		return m.note(ctx, tx, by, "account.un"+action, target.Handle(), "")
	})
	if err != nil {
		return fmt.Errorf("undo %s of %s: %w", action, target.IRI, err)
	}
	return nil
}

func (m *Moderation) notPending(ctx context.Context, q db.Q, target *actors.Actor) error {
	if !target.Local || target.Kind != actors.Person {
		return nil
	}
	c, err := m.Auth.Account(ctx, q, target.ID)
	if err == nil && !c.Pending.IsZero() {
		return fault.Say(fault.Forbidden, "%s waits to be let in: approve or reject the account.", target.Handle())
	}
	return ignoreMissing(err)
}

// Delete removes a suspended account and all that it made for good, here and, when it is one of ours, at other nodes.
func (m *Moderation) Delete(ctx context.Context, by By, target *actors.Actor) error {
	if err := m.notOurOwn(target); err != nil {
		return err
	}
	if target.Active() {
		return fault.Say(fault.Forbidden, "%s is not suspended: only accounts that are can be deleted.", target.Handle())
	}
	return m.Erase(ctx, by, target)
}

// Erase is Delete for who has asked already whether that is meant.
func (m *Moderation) Erase(ctx context.Context, by By, target *actors.Actor) error {
	if target.Local {
		if err := m.Outbox.DeleteActor(ctx, target); err != nil {
			return err
		}
	}
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		if !target.Local {
			if err := m.Timelines.ForgetActor(ctx, tx, target); err != nil {
				return err
			}
		} else if err := m.Auth.Remove(ctx, tx, target.ID); err != nil {
			return err
		}
		return m.note(ctx, tx, by, "account.delete", target.Handle(), "")
	})
}

// Warning is what one of ours was told of a decision.
type Warning struct {
	ID     int64
	Target actors.ID
	Action string
	Text   string
}

// Warnings are those with the numbers.
func Warnings(ctx context.Context, q db.Q, ids []int64) ([]Warning, error) {
	marks, args := db.In(nil, ids)
	list, err := db.All(ctx, q, func(r db.Scanner) (w Warning, err error) { return w, r.Scan(&w.ID, &w.Target, &w.Action, &w.Text) },
		"SELECT id, target, action, text FROM warnings WHERE id IN ("+marks+")", args...)
	if err != nil {
		return nil, fmt.Errorf("load warnings: %w", err)
	}
	return list, nil
}
