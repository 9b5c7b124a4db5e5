// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/jobs"
)

// People are invited by a list of handles, as somebody pastes it: one or many on a line, or the rows of a table. What becomes of each
// line is kept, so that a long list can go on while nobody waits for it.

const (
	jobInvite   = "invite" // go on with a list
	mostLines   = 5000
	listTurn    = 3 * time.Minute // that a list is worked on before the lease of its job runs out
	handleTime  = 10 * time.Second
	listLater   = time.Minute         // when the job takes over from who began, should that process end
	keptLists   = 30 * 24 * time.Hour // what became of the lines is remembered
	maxLine     = 200                 // characters of a line that are kept
	linesAtOnce = 50
)

// InvitationList is what becomes of a list of people who are invited.
type InvitationList struct {
	ID                  int64
	Owner, Group        actors.ID
	Total, Done, Errors int64
	Lines               []InvitationLine
}

// InvitationLine is one of them. Outcome is "" until it is done.
type InvitationLine struct {
	Line                  int64 // its place in the list, from 1
	Text, Outcome, Detail string
}

// Handles finds the handles in a text: each line has one or many, or is a row of a table with the handle in one of its cells. What
// holds none stays as it is, to be refused. The head of a table is left out, and so is what stands there twice.
func Handles(text string) []string {
	var all []string
	seen := map[string]bool{}
	add := func(s string) {
		if s = actors.CleanText(s, maxLine); s != "" && !seen[strings.ToLower(s)] {
			seen[strings.ToLower(s)] = true
			all = append(all, s)
		}
	}
	for n, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r,;", r) })
		if len(words) > 1 && !slices.ContainsFunc(words, func(w string) bool { return !strings.HasPrefix(w, "@") }) {
			for _, w := range words {
				add(w)
			}
			continue
		}
		cells := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("\t\r,;", r) })
		handle := ""
		for _, cell := range cells {
			cell = strings.Trim(strings.TrimSpace(cell), `"`)
			if strings.HasPrefix(cell, "@") || handle == "" && strings.Contains(cell, "@") && !strings.ContainsAny(cell, " ") {
				handle = cell
			}
			if strings.HasPrefix(cell, "@") {
				break // sooner than the mail address beside it
			}
		}
		switch {
		case handle != "":
			add(handle)
		case n == 0 && len(cells) > 1: // the head of a table
		default:
			add(line)
		}
	}
	return all
}

// InviteHandle invites somebody by the handle, whom other servers are asked for when not known here, and tells what has come of it: the
// reason too, when nothing has. An error is a failure of this node.
func (o *Outbox) InviteHandle(ctx context.Context, by, group *actors.Actor, handle string, in actors.Invitation) (InvitationLine, error) {
	line := InvitationLine{Text: handle}
	err := o.inviteLine(ctx, by, group, in, &line, func(*db.Tx, string) error { return nil })
	return line, err
}

// inviteLine is InviteHandle; keep is called in the transaction that invites.
func (o *Outbox) inviteLine(ctx context.Context, by, group *actors.Actor, in actors.Invitation, line *InvitationLine, keep func(tx *db.Tx, ask string) error) error {
	who, err := o.invitee(ctx, line.Text)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		err = o.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			var ask string
			if line.Outcome, ask, err = o.InviteIn(ctx, tx, by, who, group, in); err != nil {
				return err
			}
			return keep(tx, ask)
		})
		line.Outcome, line.Detail = refusedAs(InviteRefused, line.Outcome, err)
	} else {
		line.Outcome, line.Detail = refusedAs(InviteeUnknown, "", err)
	}
	if line.Outcome == "" {
		return err
	}
	if err == nil {
		return nil
	}
	return o.DB.Tx(ctx, func(tx *db.Tx) error { return keep(tx, "") })
}

// refusedAs is the outcome of an error that says something about the person; "" when it is ours.
func refusedAs(word, outcome string, err error) (string, string) {
	switch {
	case err == nil:
		return outcome, ""
	case fault.Status(err) < 500, word == InviteeUnknown && errors.Is(err, fault.Unavailable):
		return word, fault.Sentence(err)
	}
	return "", ""
}

func (o *Outbox) invitee(ctx context.Context, handle string) (*actors.Actor, error) {
	name, domain, err := federation.ParseHandle(handle)
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, handleTime)
	defer cancel()
	who, err := o.Dir.ResolveHandle(asking, name, domain)
	if err != nil && asking.Err() != nil && ctx.Err() == nil {
		return nil, fault.Say(fault.Unavailable, "%s does not answer.", domain)
	}
	return who, err
}

// InviteList begins to invite the people of a list, goes on for as long as somebody waits for the answer, and leaves the rest to a job.
func (o *Outbox) InviteList(ctx context.Context, by, group *actors.Actor, text string, in actors.Invitation, wait time.Duration) (*InvitationList, error) {
	handles := Handles(text)
	switch {
	case len(handles) == 0:
		return nil, fault.Say(fault.Invalid, "Whom? Give handles such as @anna@gouda.example, one on a line.")
	case len(handles) > mostLines:
		return nil, fault.Say(fault.Invalid, "The list has %d people, and %d is the limit: invite them in parts.", len(handles), mostLines)
	}
	if err := o.Dir.MayInvite(ctx, o.DB, by, nil, group, &in); err != nil {
		return nil, err
	}
	id := o.DB.NewID()
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO invitation_lists (id, owner, grp, role, until, message) VALUES ($1, $2, $3, $4, $5, $6)",
			id, by.ID, group.ID, in.Role, db.Millis(in.Until), actors.CleanText(in.Message, maxReason)); err != nil {
			return err
		}
		for at := 0; at < len(handles); at += linesAtOnce {
			var marks []string
			args := []any{id}
			for n := at; n < min(at+linesAtOnce, len(handles)); n++ {
				marks = append(marks, fmt.Sprintf("($1, $%d, $%d)", len(args)+1, len(args)+2))
				args = append(args, n+1, handles[n])
			}
			if _, err := tx.Exec(ctx, "INSERT INTO invitation_lines (list, line, text) VALUES "+strings.Join(marks, ", "), args...); err != nil {
				return err
			}
		}
		return o.Jobs.Add(ctx, tx, jobInvite, fmt.Sprint(id), id, time.Now().Add(listLater))
	})
	if err != nil {
		return nil, fmt.Errorf("keep a list of invitations to %s: %w", group.IRI, err)
	}
	more, err := o.workList(ctx, id, time.Now().Add(min(wait, listLater/2)))
	if err == nil && more {
		err = o.DB.Tx(ctx, func(tx *db.Tx) error { return o.Jobs.Add(ctx, tx, jobInvite, fmt.Sprint(id), id, time.Time{}) })
	}
	if err != nil {
		return nil, err
	}
	return ListOfInvitations(ctx, o.DB, by.ID, group.ID, id)
}

// inviteFromList goes on with a list.
func (o *Outbox) inviteFromList(ctx context.Context, payload []byte) error {
	var id int64
	if err := json.Unmarshal(payload, &id); err != nil {
		return jobs.Never(err)
	}
	more, err := o.workList(ctx, id, time.Now().Add(listTurn))
	if err == nil && more {
		err = jobs.Retry(time.Now())
	}
	return err
}

// workList invites the people of a list until a time, and tells whether there are more.
func (o *Outbox) workList(ctx context.Context, id int64, until time.Time) (more bool, err error) {
	type list struct {
		owner, group actors.ID
		in           actors.Invitation
	}
	of, err := db.One(ctx, o.DB, func(r db.Scanner) (l list, err error) {
		var until int64
		err = r.Scan(&l.owner, &l.group, &l.in.Role, &until, &l.in.Message)
		l.in.Until = db.FromMillis(until)
		return l, err
	}, "SELECT owner, grp, role, until, message FROM invitation_lists WHERE id = $1", id)
	if errors.Is(err, fault.NotFound) {
		return false, nil // forgotten, with who made it or with the group
	}
	if err != nil {
		return false, fmt.Errorf("read list %d of invitations: %w", id, err)
	}
	known, err := actors.Many(ctx, o.DB, []actors.ID{of.owner, of.group})
	if err != nil {
		return false, err
	}
	by, group := known[of.owner], known[of.group]
	if by == nil || group == nil {
		return false, nil
	}
	for {
		lines, err := db.All(ctx, o.DB, scanInvitationLine, fmt.Sprintf("SELECT line, text, outcome, detail FROM invitation_lines WHERE list = $1 AND outcome = '' ORDER BY line LIMIT %d", linesAtOnce), id)
		if err != nil || len(lines) == 0 {
			return false, err
		}
		for _, line := range lines {
			if !time.Now().Before(until) {
				return true, nil
			}
			err := o.inviteLine(ctx, by, group, of.in, &line, func(tx *db.Tx, ask string) error {
				_, err := tx.Exec(ctx, "UPDATE invitation_lines SET outcome = $1, detail = $2, invite = $3 WHERE list = $4 AND line = $5", line.Outcome, line.Detail, ask, id, line.Line)
				return err
			})
			if err != nil {
				return false, fmt.Errorf("invite %s: %w", line.Text, err)
			}
		}
	}
}

func scanInvitationLine(r db.Scanner) (l InvitationLine, err error) {
	return l, r.Scan(&l.Line, &l.Text, &l.Outcome, &l.Detail)
}

// ListOfInvitations is what has become of a list until now, for who made it.
func ListOfInvitations(ctx context.Context, q db.Q, owner, group actors.ID, id int64) (*InvitationList, error) {
	l := &InvitationList{ID: id, Owner: owner, Group: group}
	var err error
	l.Lines, err = db.All(ctx, q, scanInvitationLine, `SELECT n.line, n.text, n.outcome, n.detail FROM invitation_lines n
		JOIN invitation_lists l ON l.id = n.list AND l.owner = $2 AND l.grp = $3 WHERE n.list = $1 ORDER BY n.line`, id, owner, group)
	if err != nil {
		return nil, fmt.Errorf("read list %d of invitations: %w", id, err)
	}
	if len(l.Lines) == 0 {
		return nil, fault.Say(fault.NotFound, "This list does not exist (any more), or it is not yours.")
	}
	l.Total = int64(len(l.Lines))
	for _, line := range l.Lines {
		if line.Outcome != "" {
			l.Done++
		}
		if line.Outcome == InviteRefused || line.Outcome == InviteeUnknown {
			l.Errors++
		}
	}
	return l, nil
}

// InviteDenied notes that the home of a group elsewhere does not invite whom one of ours wanted to.
func InviteDenied(ctx context.Context, tx *db.Tx, group actors.ID, invite, reason string) error {
	_, err := tx.Exec(ctx, `UPDATE invitation_lines SET outcome = $1, detail = $2 WHERE invite = $3 AND invite <> '' AND list IN (SELECT l.id FROM invitation_lists l WHERE l.grp = $4)`,
		InviteRefused, actors.CleanText(reason, maxReason), invite, group)
	if err != nil {
		return fmt.Errorf("note that %s was refused: %w", invite, err)
	}
	return nil
}
