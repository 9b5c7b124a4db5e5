// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Who may know of whom. Everybody may know of people and of groups, but for hidden groups: those exist for their members and
// for who is invited, and for the nodes of these. Who is in a group that is not public, its members may know.

// knownTo is the SQL condition under which the viewer may know of the actor of the given alias. It continues the arguments.
func knownTo(v Viewer, alias string, args []any) (string, []any) {
	open := fmt.Sprintf("(%[1]s.kind <> 'Group' OR %[1]s.visibility <> 'hidden'", alias)
	n, now := len(args)+1, db.Millis(time.Now())
	switch {
	case v.Local():
		return open + fmt.Sprintf(" OR EXISTS (SELECT 1 FROM relations k WHERE k.object = %s.id AND k.subject = $%d AND (k.state = 'active' OR k.state = 'invited' AND k.expires > $%d)))", alias, n, n+1), append(args, v.ID, now)
	case v.Host != "":
		return open + fmt.Sprintf(` OR EXISTS (SELECT 1 FROM reach k WHERE k.object = %[1]s.id AND k.host = $%[2]d)
			OR EXISTS (SELECT 1 FROM relations k JOIN actors ks ON ks.id = k.subject AND ks.host = $%[2]d WHERE k.object = %[1]s.id AND k.state = 'invited' AND k.expires > $%[3]d))`, alias, n, n+1), append(args, v.Host, now)
	}
	return open + ")", args
}

// showsMembers is the SQL condition under which one of ours, whose number is an SQL expression, may know who is in the group of
// the given alias; of what is no group everybody may.
func showsMembers(alias, viewer string) string {
	return fmt.Sprintf(`(%[1]s.kind <> 'Group' OR %[1]s.visibility = 'public'
		OR EXISTS (SELECT 1 FROM relations k WHERE k.object = %[1]s.id AND k.subject = %[2]s AND k.state = 'active'))`, alias, viewer)
}

// Known leaves of a list those whom the viewer may know of.
func Known(ctx context.Context, q db.Q, v Viewer, list []*Actor) ([]*Actor, error) {
	var hidden []ID
	for _, a := range list {
		if a.IsGroup() && a.Visibility == VisibilityHidden {
			hidden = append(hidden, a.ID)
		}
	}
	if len(hidden) == 0 {
		return list, nil
	}
	marks, args := db.In(nil, hidden)
	condition, args := knownTo(v, "a", args)
	ids, err := db.All(ctx, q, db.Scalar[ID], "SELECT a.id FROM actors a WHERE a.id IN ("+marks+") AND "+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("which groups may be known: %w", err)
	}
	may := map[ID]bool{}
	for _, id := range ids {
		may[id] = true
	}
	all := make([]*Actor, 0, len(list))
	for _, a := range list {
		if !a.IsGroup() || a.Visibility != VisibilityHidden || may[a.ID] {
			all = append(all, a)
		}
	}
	return all, nil
}

// Knows tells whether a viewer may know that an actor exists.
func Knows(ctx context.Context, q db.Q, v Viewer, a *Actor) (bool, error) {
	known, err := Known(ctx, q, v, []*Actor{a})
	return len(known) == 1, err
}

// CheckKnown is the error for who asks for an actor that must not be known: the same as for one that does not exist.
func CheckKnown(ctx context.Context, q db.Q, v Viewer, a *Actor) error {
	known, err := Knows(ctx, q, v, a)
	if err == nil && !known {
		err = errUnknown
	}
	return err
}

var errUnknown = fault.Say(fault.NotFound, "This account is not known here.")

// Meet returns the actor with a number, as far as the viewer may know of it.
func Meet(ctx context.Context, q db.Q, v Viewer, id ID) (*Actor, error) {
	a, err := Get(ctx, q, id)
	if err == nil {
		err = CheckKnown(ctx, q, v, a)
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// MembersShown tells whether a viewer may know who is in a group, and how many they are.
func MembersShown(ctx context.Context, q db.Q, v Viewer, group *Actor) (bool, error) {
	switch {
	case !group.IsGroup() || group.Shows() == Public:
		return true, nil
	case v.Local():
		role, err := RoleOf(ctx, q, v.ID, group.ID)
		return role != "", err
	case v.Host != "":
		member, _, err := OnHost(ctx, q, group.ID, v.Host)
		return member, err
	}
	return false, nil
}
