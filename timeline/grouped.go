// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

const (
	// spanBits of a notification's number are the time within a group: a number holds milliseconds above its lowest 16 bits, so
	// that a group spans 2²⁵ ms, a little over nine hours.
	spanBits = 41
	span     = int64(1) << spanBits
	// MostSampled is how many notifications of a group are told one by one: the newest.
	MostSampled = 8
)

// Groupable are the kinds of notifications that are told in groups.
func Groupable() []string { return []string{Favourite, Follow, Reblog, AdminSignUp} }

// NotificationGroup is notifications that are told as one: of the same kind, about the same, in the same span of time. It is whole,
// whatever page it stands on: pages go by the newest of each group.
type NotificationGroup struct {
	Key    string
	Newest []Notification // at most MostSampled
	Count  int
	Oldest int64 // its number
}

// GroupKey says which group a notification belongs to.
func (n Notification) GroupKey() string { return n.key(Groupable()) }

func (n Notification) key(grouped []string) string {
	if slices.Contains(grouped, n.Kind) {
		return fmt.Sprintf("%s-%d-%d", n.Kind, n.Item, n.ID/span)
	}
	return fmt.Sprintf("ungrouped-%d", n.ID)
}

func (f NotificationFilter) grouped() []string {
	if f.Grouped == nil {
		return Groupable()
	}
	return slices.DeleteFunc(slices.Clone(f.Grouped), func(kind string) bool { return !slices.Contains(Groupable(), kind) })
}

// headsSQL narrows notificationsSQL to the newest notification of each group.
func headsSQL(v actors.Viewer, f NotificationFilter) (string, []any) {
	where, args := notificationsSQL(v, f)
	grouped := f.grouped()
	if len(grouped) == 0 {
		return where, args
	}
	kinds, args := db.In(args, grouped)
	newer := fmt.Sprintf("m.owner = n.owner AND m.kind = n.kind AND m.item = n.item AND m.id > n.id AND m.id < (n.id / %[1]d + 1) * %[1]d AND ", span) + toldSQL("m", f.Apart)
	if f.Actor != 0 {
		newer += " AND m.actor = n.actor"
	}
	return where + " AND NOT (n.kind IN (" + kinds + ") AND EXISTS (SELECT 1 FROM notifications m WHERE " + newer + "))", args
}

// NotificationGroups lists what the viewer was told, in groups, by the newest of each: in two queries.
func (t *Timelines) NotificationGroups(ctx context.Context, v actors.Viewer, f NotificationFilter, p actors.Page) ([]NotificationGroup, error) {
	where, args := headsSQL(v, f)
	heads, err := t.notifications(ctx, where, args, p)
	if err != nil {
		return nil, err
	}
	grouped := f.grouped()
	all, at := make([]NotificationGroup, len(heads)), map[string]int{}
	from, until := int64(0), int64(0)
	var kinds []string
	var items []content.ID
	for n, head := range heads {
		all[n] = NotificationGroup{Key: head.key(grouped), Newest: []Notification{head}, Count: 1, Oldest: head.ID}
		if !slices.Contains(grouped, head.Kind) {
			continue
		}
		if at[all[n].Key] = n; until == 0 {
			until = head.ID
		}
		from, kinds, items = head.ID/span*span, append(kinds, head.Kind), append(items, head.Item)
	}
	if until == 0 {
		return all, nil
	}
	var which, about string
	args = []any{v.ID, from, until}
	which, args = db.In(args, slices.Compact(slices.Sorted(slices.Values(kinds))))
	about, args = db.In(args, items)
	where = "n.owner = $1 AND n.id >= $2 AND n.id <= $3 AND n.kind IN (" + which + ") AND n.item IN (" + about + ") AND " + toldSQL("n", f.Apart)
	if f.Actor != 0 {
		args = append(args, f.Actor)
		where += fmt.Sprintf(" AND n.actor = $%d", len(args))
	}
	members, err := t.members(ctx, where, args)
	for _, m := range members {
		if n, wanted := at[m.Newest[0].key(grouped)]; wanted {
			m.Key = all[n].Key
			all[n] = m
		}
	}
	return all, err
}

// members loads whole groups of the notifications of a condition.
func (t *Timelines) members(ctx context.Context, where string, args []any) ([]NotificationGroup, error) {
	var all []NotificationGroup
	_, err := db.All(ctx, t.DB, func(r db.Scanner) (x struct{}, err error) {
		var g NotificationGroup
		var n Notification
		var place int
		if err := r.Scan(&n.ID, &n.Owner, &n.Kind, &n.Actor, &n.Item, &n.About, &n.Filtered, &g.Count, &g.Oldest, &place); err != nil {
			return x, err
		}
		if place == 1 {
			all = append(all, g)
		}
		last := &all[len(all)-1]
		last.Newest = append(last.Newest, n)
		return x, nil
	}, fmt.Sprintf(`SELECT * FROM (SELECT %s, COUNT(*) OVER same AS total, MIN(n.id) OVER same AS oldest,
			ROW_NUMBER() OVER (PARTITION BY n.kind, n.item, n.id / %[2]d ORDER BY n.id DESC) AS place
		FROM notifications n WHERE %[3]s WINDOW same AS (PARTITION BY n.kind, n.item, n.id / %[2]d)) g
		WHERE g.place <= %[4]d ORDER BY g.kind, g.item, g.id DESC`, notificationColumns, span, where, MostSampled), args...)
	if err != nil {
		return nil, fmt.Errorf("load groups of notifications: %w", err)
	}
	return all, nil
}

// GroupCount counts groups whose newest notification is newer than a number, at most limit.
func (t *Timelines) GroupCount(ctx context.Context, v actors.Viewer, f NotificationFilter, since int64, limit int) (int, error) {
	where, args := headsSQL(v, f)
	return t.countNotifications(ctx, where, args, since, limit)
}

// keySQL is the condition of the viewer's notifications in a group; fault.NotFound when the key is none.
func keySQL(v actors.Viewer, key string) (string, []any, error) {
	where, args := notificationsSQL(v, NotificationFilter{Apart: true})
	parts := strings.Split(key, "-")
	numbers := make([]int64, len(parts))
	var err error
	for n := 1; n < len(parts) && err == nil; n++ {
		numbers[n], err = strconv.ParseInt(parts[n], 10, 64)
	}
	switch last := numbers[len(numbers)-1]; {
	case err == nil && len(parts) == 2 && parts[0] == "ungrouped":
		args = append(args, last)
		return fmt.Sprintf("%s AND n.id = $%d", where, len(args)), args, nil
	case err == nil && len(parts) == 3 && slices.Contains(Groupable(), parts[0]) && last >= 0 && last < 1<<(63-spanBits)-1:
		args = append(args, parts[0], numbers[1], last*span, (last+1)*span)
		n := len(args)
		return fmt.Sprintf("%s AND NOT n.filtered AND n.kind = $%d AND n.item = $%d AND n.id >= $%d AND n.id < $%d", where, n-3, n-2, n-1, n), args, nil
	}
	return "", nil, gone(fault.NotFound)
}

// NotificationGroup is one of the viewer's, by its key.
func (t *Timelines) NotificationGroup(ctx context.Context, v actors.Viewer, key string) (NotificationGroup, error) {
	where, args, err := keySQL(v, key)
	if err != nil {
		return NotificationGroup{}, err
	}
	all, err := t.members(ctx, "n.id IN (SELECT n.id FROM "+notificationsTable+" WHERE "+where+")", args)
	if err == nil && len(all) == 0 {
		err = gone(fault.NotFound)
	}
	if err != nil {
		return NotificationGroup{}, err
	}
	all[0].Key = key
	return all[0], nil
}

// GroupMembers are the notifications in one group of the viewer's, as a page.
func (t *Timelines) GroupMembers(ctx context.Context, v actors.Viewer, key string, p actors.Page) ([]Notification, error) {
	where, args, err := keySQL(v, key)
	if err != nil {
		return nil, err
	}
	return t.notifications(ctx, where, args, p)
}

// DismissGroup removes a group of the viewer's.
func (t *Timelines) DismissGroup(ctx context.Context, v actors.Viewer, key string) error {
	where, args, err := keySQL(v, key)
	if err != nil {
		return err
	}
	res, err := t.DB.Exec(ctx, "DELETE FROM notifications WHERE id IN (SELECT n.id FROM "+notificationsTable+" WHERE "+where+")", args...)
	if err != nil {
		return fmt.Errorf("dismiss a group of notifications: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return gone(fault.NotFound)
	}
	return nil
}
