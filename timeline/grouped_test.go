// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/timeline"
)

// Whatever was told, and however long the pages are: all groups together are all notifications, each once, no group twice, the
// newest first, forth and back.
func TestGroupsOnPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		me := actorstest.Person(t, b.dir, "ik")
		v := actors.Viewer{ID: me.ID}
		var fans []*actors.Actor
		for n := range 12 {
			fans = append(fans, actorstest.Person(t, b.dir, fmt.Sprint("fan", n)))
		}
		if _, err := d.Exec(ctx, "UPDATE actors SET suspended = 1 WHERE id = $1", fans[11].ID); err != nil { // of whom nothing is told, but who has signed up
			t.Fatal(err)
		}
		items := []content.ID{0}
		for n := range 3 {
			items = append(items, b.post(me, fmt.Sprint("stuk ", n), nil).ID)
		}
		kinds := []string{timeline.Favourite, timeline.Reblog, timeline.Follow, timeline.Mention, timeline.Poll, timeline.AdminSignUp}
		start := time.Now().Add(-40 * time.Hour)
		rapid.Check(t, func(t *rapid.T) {
			must := func(err error) {
				if err != nil {
					t.Fatal(err)
				}
			}
			var drawn, all []timeline.Notification
			for range rapid.IntRange(0, 60).Draw(t, "notifications") {
				drawn = append(drawn, timeline.Notification{ID: d.IDAt(start.Add(time.Duration(rapid.IntRange(0, 30*60).Draw(t, "minute")) * time.Minute)),
					Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Actor: fans[rapid.IntRange(0, len(fans)-1).Draw(t, "fan")].ID,
					Item: rapid.SampledFrom(items).Draw(t, "item"), Filtered: rapid.IntRange(0, 9).Draw(t, "apart") == 0})
			}
			must(d.Tx(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(ctx, "DELETE FROM notifications"); err != nil {
					return err
				}
				all = nil
				for _, n := range drawn {
					res, err := tx.Exec(ctx, "INSERT INTO notifications (id, owner, kind, actor, item, filtered) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (owner, kind, actor, item, about) DO NOTHING",
						n.ID, me.ID, n.Kind, n.Actor, n.Item, n.Filtered)
					if err != nil {
						return err
					}
					if added, _ := res.RowsAffected(); added == 1 {
						all = append(all, n)
					}
				}
				return nil
			}))
			f := timeline.NotificationFilter{Apart: rapid.Bool().Draw(t, "with what is apart")}
			switch rapid.IntRange(0, 3).Draw(t, "only some kinds") {
			case 0:
				f.Grouped = []string{timeline.Favourite, timeline.Mention}
			case 1:
				f.Grouped = []string{timeline.Mention}
			}
			if rapid.Bool().Draw(t, "of one") {
				f.Actor = fans[0].ID
			}
			all = slices.DeleteFunc(all, func(n timeline.Notification) bool {
				return n.Filtered && !f.Apart || f.Actor != 0 && n.Actor != f.Actor || n.Actor == fans[11].ID && n.Kind != timeline.AdminSignUp
			})
			limit := rapid.IntRange(1, 7).Draw(t, "limit")
			var forth, back []timeline.NotificationGroup
			for page := (actors.Page{Limit: limit}); ; {
				groups, err := b.NotificationGroups(ctx, v, f, page)
				must(err)
				if len(groups) == 0 {
					break
				}
				forth = append(forth, groups...)
				page.Max = groups[len(groups)-1].Newest[0].ID
			}
			for page := (actors.Page{Limit: limit, Min: 1}); ; {
				groups, err := b.NotificationGroups(ctx, v, f, page)
				must(err)
				if len(groups) == 0 {
					break
				}
				back = append(slices.Clone(groups), back...)
				page.Min = groups[0].Newest[0].ID
			}
			seen, count := map[string]bool{}, 0
			for n, g := range forth {
				if seen[g.Key] || n > 0 && g.Newest[0].ID >= forth[n-1].Newest[0].ID {
					t.Fatalf("%s comes twice, or too late", g.Key)
				}
				seen[g.Key] = true
				count += g.Count
				if f.Grouped != nil {
					if g.Count > 1 && (g.Newest[0].Kind != timeline.Favourite || !slices.Contains(f.Grouped, timeline.Favourite)) {
						t.Fatalf("%s is a group of %d, which nobody asked for", g.Key, g.Count)
					}
					continue
				}
				members := slices.DeleteFunc(slices.Clone(all), func(n timeline.Notification) bool { return n.GroupKey() != g.Key })
				slices.SortFunc(members, func(a, b timeline.Notification) int { return cmp.Compare(b.ID, a.ID) })
				if len(members) != g.Count || members[len(members)-1].ID != g.Oldest || len(g.Newest) != min(g.Count, timeline.MostSampled) || g.Newest[0].ID != members[0].ID {
					t.Fatalf("%s: %d, oldest %d, instead of %+v", g.Key, g.Count, g.Oldest, members)
				}
				if !f.Apart && f.Actor == 0 { // as it is for everybody
					one, err := b.NotificationGroup(ctx, v, g.Key)
					must(err)
					told, err := b.GroupMembers(ctx, v, g.Key, actors.Page{Limit: 80})
					must(err)
					if one.Count != g.Count || one.Oldest != g.Oldest || one.Key != g.Key || len(told) != g.Count {
						t.Fatalf("%s by its key: %+v and %d members, instead of %+v", g.Key, one, len(told), g)
					}
				}
			}
			if count != len(all) {
				t.Fatalf("%d in groups of %d", count, len(all))
			}
			if !slices.EqualFunc(forth, back, func(a, b timeline.NotificationGroup) bool { return a.Key == b.Key && a.Count == b.Count }) {
				t.Fatalf("back: %+v\nforth: %+v", back, forth)
			}
			n, err := b.GroupCount(ctx, v, f, 0, 1000)
			must(err)
			if n != len(forth) {
				t.Fatalf("%d groups are counted of %d", n, len(forth))
			}
		})
	})
}
