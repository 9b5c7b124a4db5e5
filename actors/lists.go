// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// ListID is the number of a list.
type ListID int64

// List is some of those whom a person follows, to be read apart. Nobody else knows of it.
type List struct {
	ID        ListID
	Owner     ID
	Title     string
	Replies   string // whose answers to others are shown: to those whom the owner follows, to members of the list, to nobody
	Exclusive bool   // its members are not in the owner's home
}

// The policies for replies.
const (
	RepliesFollowed = "followed"
	RepliesList     = "list"
	RepliesNone     = "none"
)

// Bounds of lists.
const (
	MaxLists       = 100
	MaxListTitle   = 255
	MaxListMembers = 2000
)

const listColumns = "l.id, l.owner, l.title, l.replies, l.exclusive"

func scanList(r db.Scanner) (l List, err error) {
	return l, r.Scan(&l.ID, &l.Owner, &l.Title, &l.Replies, &l.Exclusive)
}

func (l *List) check() error {
	l.Title = strings.TrimSpace(l.Title)
	switch {
	case l.Title == "":
		return fault.Say(fault.Invalid, "Validation failed: Title can't be blank")
	case utf8.RuneCountInString(l.Title) > MaxListTitle:
		return fault.Say(fault.Invalid, "Validation failed: Title is too long (maximum is %d characters)", MaxListTitle)
	case !slices.Contains([]string{RepliesFollowed, RepliesList, RepliesNone}, l.Replies):
		return fault.Say(fault.Invalid, "Validation failed: replies_policy must be followed, list or none.")
	}
	l.Title = CleanText(l.Title, MaxListTitle)
	return nil
}

// MakeList keeps a new list and gives it its number.
func (d *Directory) MakeList(ctx context.Context, tx *db.Tx, l *List) error {
	if err := l.check(); err != nil {
		return err
	}
	n, err := db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM lists WHERE owner = $1", l.Owner)
	if err != nil {
		return err
	}
	if n >= MaxLists {
		return fault.Say(fault.Invalid, "Validation failed: you have %d lists already: remove one first.", n)
	}
	l.ID = ListID(d.DB.NewID())
	if _, err := tx.Exec(ctx, "INSERT INTO lists (id, owner, title, replies, exclusive) VALUES ($1, $2, $3, $4, $5)", l.ID, l.Owner, l.Title, l.Replies, l.Exclusive); err != nil {
		return fmt.Errorf("make a list of actor %d: %w", l.Owner, err)
	}
	return nil
}

// ChangeList keeps a list as it is now.
func ChangeList(ctx context.Context, tx *db.Tx, l *List) error {
	if err := l.check(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE lists SET title = $1, replies = $2, exclusive = $3 WHERE id = $4", l.Title, l.Replies, l.Exclusive, l.ID)
	return err
}

// RemoveList forgets a list; its members are followed as before.
func RemoveList(ctx context.Context, tx *db.Tx, id ListID) error {
	if _, err := tx.Exec(ctx, "DELETE FROM lists WHERE id = $1", id); err != nil {
		return fmt.Errorf("remove list %d: %w", id, err)
	}
	return nil
}

// ListsOf returns the lists of a person, the first made first.
func ListsOf(ctx context.Context, q db.Q, owner ID) ([]List, error) {
	return db.All(ctx, q, scanList, "SELECT "+listColumns+" FROM lists l WHERE l.owner = $1 ORDER BY l.id", owner)
}

// ListsWith returns those of a person's lists that somebody is on.
func ListsWith(ctx context.Context, q db.Q, owner, member ID) ([]List, error) {
	return db.All(ctx, q, scanList, "SELECT "+listColumns+` FROM lists l WHERE l.owner = $1
		AND EXISTS (SELECT 1 FROM list_members m WHERE m.list = l.id AND m.member = $2) ORDER BY l.id`, owner, member)
}

// ListByID returns a list of its owner; for anybody else it does not exist.
func ListByID(ctx context.Context, q db.Q, owner ID, id ListID) (List, error) {
	l, err := db.One(ctx, q, scanList, "SELECT "+listColumns+" FROM lists l WHERE l.id = $1 AND l.owner = $2", id, owner)
	if errors.Is(err, fault.NotFound) {
		err = fault.Say(fault.NotFound, "This list does not exist.")
	}
	return l, err
}

// AddToList puts people on a list: all of them, or with an error none. The owner follows each of them, or is it.
func (d *Directory) AddToList(ctx context.Context, tx *db.Tx, l List, who []ID) error {
	who = slices.Compact(slices.Sorted(slices.Values(who)))
	known, err := Many(ctx, tx, who)
	if err != nil {
		return err
	}
	marks, args := db.In([]any{l.Owner}, who)
	followed, err := db.All(ctx, tx, db.Scalar[ID], "SELECT object FROM relations WHERE subject = $1 AND object IN ("+marks+") AND state IN ('active', 'requested')", args...)
	if err != nil {
		return fmt.Errorf("whom the owner of list %d follows: %w", l.ID, err)
	}
	marks, args = db.In([]any{l.ID}, who)
	there, err := db.All(ctx, tx, db.Scalar[ID], "SELECT member FROM list_members WHERE list = $1 AND member IN ("+marks+")", args...)
	if err != nil {
		return fmt.Errorf("members of list %d: %w", l.ID, err)
	}
	count, err := db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM list_members WHERE list = $1", l.ID)
	if err != nil {
		return err
	}
	var rows []string
	args = []any{l.ID}
	for _, id := range who {
		switch {
		case known[id] == nil:
			return fault.Say(fault.NotFound, "Record not found")
		case id != l.Owner && !slices.Contains(followed, id):
			return fault.Say(fault.Invalid, "Validation failed: You must be following %s to add this account to a list.", known[id].Handle())
		case slices.Contains(there, id):
			return fault.Say(fault.Invalid, "Validation failed: Account has already been taken")
		}
		args = append(args, d.DB.NewID(), id)
		rows = append(rows, "($"+strconv.Itoa(len(args)-1)+", $1, $"+strconv.Itoa(len(args))+")")
	}
	switch {
	case len(rows) == 0:
		return nil
	case count+len(rows) > MaxListMembers:
		return fault.Say(fault.Invalid, "Validation failed: a list has at most %d members.", MaxListMembers)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO list_members (id, list, member) VALUES "+strings.Join(rows, ", "), args...); err != nil {
		return fmt.Errorf("add to list %d: %w", l.ID, err)
	}
	return nil
}

// TakeFromList takes people off a list; who is not on it is none of its concern.
func TakeFromList(ctx context.Context, tx *db.Tx, l List, who []ID) error {
	marks, args := db.In([]any{l.ID}, who)
	_, err := tx.Exec(ctx, "DELETE FROM list_members WHERE list = $1 AND member IN ("+marks+")", args...)
	return err
}

// ListMembers lists who is on a list, the last one first; the cursors number the memberships.
func ListMembers(ctx context.Context, q db.Q, id ListID, p Page) (list []*Actor, cursors []int64, err error) {
	return paged(ctx, q, "SELECT m.id, m.member FROM list_members m WHERE m.list = $1", "m.id", p, id)
}
