// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/timeline"
)

// under makes a post of an earlier time, with hashtags.
func under(ago time.Duration, tags ...string) func(*content.Made) {
	return func(m *content.Made) {
		m.Item.Published, m.Tags = time.Now().Add(-ago), tags
	}
}

// The hashtags that one follows stand in home among the rest, once each, on whichever page.
func TestFollowedTagsInHome(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := t.Context()
		me, friend, other, enemy := actorstest.Person(t, b.dir, "anna"), actorstest.Person(t, b.dir, "bas"), actorstest.Person(t, b.dir, "cor"), actorstest.Person(t, b.dir, "dirk")
		group := actorstest.Group(t, b.dir, "wonen", friend)
		b.follow(me, friend)
		b.follow(me, group)
		if _, err := b.FollowTag(ctx, me.ID, "#Water"); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Exec(ctx, "INSERT INTO blocks (id, subject, object, iri) VALUES (1, $1, $2, '')", me.ID, enemy.ID); err != nil {
			t.Fatal(err)
		}
		var want []content.ID
		for n := range 30 {
			ago := time.Duration(100-n) * time.Minute
			var i *content.Item
			switch n % 5 {
			case 0:
				i = b.post(friend, "van een vriend", under(ago))
			case 1:
				i = b.post(friend, "van een vriend met tag", under(ago, "water"))
			default:
				i = b.post(other, "van een ander", under(ago, "water", "wonen"))
			}
			want = append([]content.ID{i.ID}, want...)
		}
		hide := func(change func(*content.Made)) func(*content.Made) {
			return func(m *content.Made) { under(0, "water")(m); change(m) }
		}
		b.post(enemy, "van een vijand", under(0, "water"))
		b.post(other, "van een ander, zonder", under(0, "wonen"))
		b.post(other, "niet openbaar", hide(func(m *content.Made) { m.Item.Audience = actors.Unlisted }))
		inGroup := b.post(other, "in mijn groep", hide(func(m *content.Made) { m.Item.Group = group.ID }))
		v := actors.Viewer{ID: me.ID}
		for _, limit := range []int{1, 7, 40} {
			var down, up []content.ID
			for p := (actors.Page{Limit: limit}); ; {
				items, err := b.Home(ctx, v, p)
				if err != nil {
					t.Fatal(err)
				}
				if len(items) == 0 {
					break
				}
				down = append(down, ids(items)...)
				p.Max = int64(items[len(items)-1].ID)
			}
			if diff := cmp.Diff(want, down); diff != "" {
				t.Errorf("down, %d a page: %s", limit, diff)
			}
			for p := (actors.Page{Limit: limit, Min: 1}); ; {
				items, err := b.Home(ctx, v, p)
				if err != nil {
					t.Fatal(err)
				}
				if len(items) == 0 {
					break
				}
				up = append(ids(items), up...)
				p.Min = int64(items[0].ID)
			}
			if diff := cmp.Diff(want, up); diff != "" {
				t.Errorf("up, %d a page: %s", limit, diff)
			}
		}
		boost := b.post(group, "", func(m *content.Made) {
			m.Item.Kind, m.Item.BoostOf, m.Item.Group, m.Item.Content = content.Announce, inGroup.ID, group.ID, ""
		})
		items, err := b.Home(ctx, v, actors.Page{Limit: 5})
		if err != nil || len(items) < 2 || items[0].ID != boost.ID || slices.Contains(ids(items), inGroup.ID) {
			t.Errorf("a tagged post of a group of mine: %v %v", ids(items), err)
		}
	})
}

func TestBoundsOfTags(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		me := actorstest.Person(t, b.dir, "anna")
		for n := range timeline.MostFeatured {
			if _, err := b.FeatureTag(t.Context(), me.ID, fmt.Sprint("tag", n)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.FeatureTag(t.Context(), me.ID, "tag0"); err != nil {
			t.Error("what is there already is refused:", err)
		}
		if _, err := b.FeatureTag(t.Context(), me.ID, "nogeen"); err == nil {
			t.Error("there is no limit")
		}
	})
}

func TestUses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		anna, bas := actorstest.Person(t, b.dir, "anna"), actorstest.Person(t, b.dir, "bas")
		const day = 24 * time.Hour
		for _, by := range []*actors.Actor{anna, anna, bas} {
			b.post(by, "gisteren", under(day, "water"))
			b.post(by, "vorige week", under(8*day, "water"))
		}
		b.post(anna, "een ander", under(0, "wonen"))
		b.post(anna, "niet openbaar", func(m *content.Made) { under(0, "water")(m); m.Item.Audience = actors.Unlisted })
		all, err := b.Uses(t.Context(), []string{"water", "leeg"})
		if err != nil {
			t.Fatal(err)
		}
		today := time.Now().UTC().Truncate(day)
		for name, people := range map[string]int{"water": 2, "leeg": 0} {
			if len(all[name]) != 7 {
				t.Fatalf("%d days of %s", len(all[name]), name)
			}
			for n, u := range all[name] {
				want := timeline.Use{Day: today.Add(-time.Duration(n) * day)}
				if n == 1 && people > 0 {
					want.Uses, want.People = 3, people
				}
				if u != want {
					t.Errorf("day %d of %s: %v instead of %v", n, name, u, want)
				}
			}
		}
	})
}

// What is old, hidden, limited or by one person only does not trend, and what counts is remembered for some minutes.
func TestTrending(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := t.Context()
		var people []*actors.Actor
		for _, name := range []string{"anna", "bas", "cor", "dirk"} {
			a := actorstest.Person(t, b.dir, name)
			a.Discoverable = true
			actorstest.Tx(t, d, func(tx *db.Tx) error { return b.dir.Save(ctx, tx, a) })
			people = append(people, a)
		}
		const day = 24 * time.Hour
		applaud := func(i *content.Item, by ...*actors.Actor) {
			actorstest.Tx(t, d, func(tx *db.Tx) error {
				for _, who := range by {
					if _, err := b.Library.Vote(ctx, tx, i, who.ID, content.Like, "", ""); err != nil {
						return err
					}
				}
				return nil
			})
		}
		for n, kind := range map[int]string{11: "link", 12: "link", 13: "video", 14: "link", 15: ""} {
			if _, err := d.Exec(ctx, "INSERT INTO cards (id, link, kind, created) VALUES ($1, $2, $3, 1)", n, fmt.Sprint("https://pagina.example/", n), kind); err != nil {
				t.Fatal(err)
			}
		}
		linking := func(ago time.Duration, card int64, by *actors.Actor, tags ...string) *content.Item {
			i := b.post(by, "tekst", under(ago, tags...))
			if _, err := d.Exec(ctx, "UPDATE items SET card = $1 WHERE id = $2", card, i.ID); err != nil {
				t.Fatal(err)
			}
			return i
		}
		fresh := linking(time.Hour, 11, people[0], "nieuw", "samen")
		older := linking(2*day-time.Hour, 11, people[1], "samen")
		linking(time.Hour, 12, people[0], "nieuw")
		linking(time.Hour, 13, people[2], "samen")
		linking(time.Hour, 13, people[3], "ander")
		linking(time.Hour, 13, people[1], "ander")
		linking(time.Hour, 15, people[0]) // a page that has nothing to show
		linking(time.Hour, 15, people[1])
		ancient := linking(9*day, 14, people[2], "oud")
		linking(9*day, 14, people[1], "oud")
		applaud(fresh, people[1], people[2])
		applaud(older, people[0], people[2])
		applaud(ancient, people[0], people[1], people[3])
		own := b.post(people[2], "van mijzelf", under(0))
		applaud(own, people[2], people[3])
		sensitive := b.post(people[3], "gevoelig", func(m *content.Made) { m.Item.Sensitive = true })
		applaud(sensitive, people[0], people[1])

		tags, err := b.TrendingTags(ctx, 10, 0)
		if diff := cmp.Diff([]string{"samen", "ander"}, tags); err != nil || diff != "" {
			t.Error(err, diff)
		}
		links, err := b.TrendingLinks(ctx, 10, 0)
		if diff := cmp.Diff([]int64{13, 11}, links); err != nil || diff != "" {
			t.Error(err, diff)
		}
		uses, err := b.LinkUses(ctx, links)
		if err != nil || uses[13][0].People+uses[13][1].People != 3 || len(uses[11]) != 7 {
			t.Error(uses, err)
		}
		v := actors.Viewer{ID: people[3].ID}
		items, err := b.TrendingItems(ctx, v, 10, 0)
		if diff := cmp.Diff([]content.ID{fresh.ID, older.ID}, ids(items)); err != nil || diff != "" {
			t.Error(err, diff)
		}
		if items, err = b.TrendingItems(ctx, v, 10, 1); err != nil || len(items) != 1 || items[0].ID != older.ID {
			t.Error("the second:", ids(items), err)
		}
		// Remembered, but not what may be seen of it.
		later := b.post(people[3], "later", under(0))
		applaud(later, people[0], people[1], people[2])
		actorstest.Tx(t, d, func(tx *db.Tx) error { return b.dir.Block(ctx, tx, people[3], people[0], "x") })
		if _, err := d.Exec(ctx, "UPDATE items SET hidden = 1 WHERE id = $1", older.ID); err != nil {
			t.Fatal(err)
		}
		if items, err = b.TrendingItems(ctx, v, 10, 0); err != nil || len(items) != 0 {
			t.Error("blocked and limited:", ids(items), err)
		}
	})
}
