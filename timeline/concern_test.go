// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/timeline"
)

const probeTag = "bouwen"

// society is people, groups and random relations, for the tests of what concerns whom.
type society struct {
	*bench
	people, groups, all []*actors.Actor
	items               []*content.Item
}

func newSociety(t *testing.T, d *db.DB) *society {
	s := &society{bench: setUp(t, d)}
	for _, name := range []string{"anna", "bas", "cor", "dirk"} {
		s.people = append(s.people, actorstest.Person(t, s.dir, name))
	}
	owner := actorstest.Person(t, s.dir, "eva")
	s.groups = []*actors.Actor{actorstest.Group(t, s.dir, "wonen", owner), actorstest.Group(t, s.dir, "werken", owner)}
	s.all = append(append([]*actors.Actor{actorstest.Remote(t, s.dir, "delft.example", "far")}, s.people...), s.groups...)
	return s
}

func (s *society) relate(r *rapid.T) {
	ctx := context.Background()
	who := rapid.SampledFrom(s.people).Draw(r, "who")
	whom := rapid.SampledFrom(s.all).Draw(r, "whom")
	if who.ID == whom.ID {
		return
	}
	var err error
	switch rapid.IntRange(0, 5).Draw(r, "relation") {
	case 0:
		err = s.DB.Tx(ctx, func(tx *db.Tx) error { return s.dir.Block(ctx, tx, who, whom, fmt.Sprint(s.n, who.ID, whom.ID)) })
	case 1: // a follower without boosts
		s.follow(who, whom)
		_, err = s.DB.Exec(ctx, "UPDATE relations SET boosts = FALSE WHERE subject = $1 AND object = $2", who.ID, whom.ID)
	case 2:
		err = s.Mute(ctx, who.ID, whom.ID, true, time.Time{})
	default:
		s.follow(who, whom)
	}
	if err != nil {
		r.Fatal(err)
	}
}

// write makes a random post, reply, post in a group or boost.
func (s *society) write(r *rapid.T) *content.Item {
	by := rapid.SampledFrom(s.all).Draw(r, "by")
	i := s.post(by, "x", func(m *content.Made) {
		i := m.Item
		i.Audience = rapid.SampledFrom([]actors.Audience{actors.Public, actors.Unlisted, actors.Followers, actors.Direct, actors.Members}).Draw(r, "audience")
		if rapid.Bool().Draw(r, "tagged") {
			m.Tags = []string{probeTag}
		}
		if rapid.Bool().Draw(r, "addressed") {
			to := rapid.SampledFrom(s.people).Draw(r, "to")
			m.Recipients = []content.Recipient{{Actor: to.ID, Mention: rapid.Bool().Draw(r, "mention")}}
		}
		if i.Audience == actors.Members || rapid.IntRange(0, 3).Draw(r, "in a group") == 0 {
			i.Group = rapid.SampledFrom(s.groups).Draw(r, "group").ID
		}
		if len(s.items) == 0 {
			return
		}
		of := rapid.SampledFrom(s.items).Draw(r, "of")
		switch rapid.IntRange(0, 3).Draw(r, "about") {
		case 0:
			i.ReplyTo, i.ReplyAuthor, i.ReplyIRI, i.Thread = of.ID, of.Author, of.IRI, of.Thread
		case 1:
			if of.BoostOf == 0 {
				i.Kind, i.Content, i.BoostOf, i.Group, m.Tags = content.Announce, "", of.ID, 0, nil
				if by.IsGroup() {
					i.Group = by.ID
				}
			}
		}
	})
	s.items = append(s.items, i)
	return i
}

// watchers is everybody looking at everything.
func (s *society) watchers() (w timeline.Watchers) {
	for _, p := range s.people {
		w.Home, w.Public, w.Tags = append(w.Home, p.ID), append(w.Public, p.ID), append(w.Tags, p.ID)
		for _, g := range s.groups {
			w.Lists = append(w.Lists, timeline.ListWatcher{Viewer: p.ID, List: timeline.ListID(g.ID)})
		}
	}
	return w
}

// places is where an item is found by reading each timeline of each person.
func (s *society) places(r *rapid.T, i *content.Item) (all []timeline.Concern) {
	ctx := context.Background()
	only := actors.Page{Max: int64(i.ID) + 1, Since: int64(i.ID) - 1, Limit: 1}
	for _, p := range s.people {
		v := actors.Viewer{ID: p.ID}
		note := func(place timeline.Place, list timeline.ListID, items []*content.Item, err error) {
			if err != nil {
				r.Fatal(err)
			}
			if len(items) == 0 {
				return
			}
			if i.BoostOf != 0 { // what is boosted must be there as well, or the boost is not shown
				if known, err := content.Many(ctx, s.DB, v, []content.ID{i.BoostOf}); err != nil || len(known) == 0 {
					return
				}
			}
			all = append(all, timeline.Concern{Item: i.ID, Viewer: p.ID, Place: place, List: list})
		}
		items, err := s.Home(ctx, v, only)
		note(timeline.InHome, 0, items, err)
		items, err = s.Public(ctx, v, timeline.PublicFilter{}, only)
		note(timeline.InPublic, 0, items, err)
		items, err = s.Tag(ctx, v, probeTag, timeline.TagFilter{}, only)
		note(timeline.InTag, 0, items, err)
		for _, g := range s.groups {
			role, err := actors.RoleOf(ctx, s.DB, p.ID, g.ID)
			if err != nil || role == "" {
				continue
			}
			items, err = s.Group(ctx, v, g.ID, false, only)
			note(timeline.InList, timeline.ListID(g.ID), items, err)
		}
	}
	return all
}

// sorted is never nil.
func sorted(all []timeline.Concern) []timeline.Concern {
	slices.SortFunc(all, func(a, b timeline.Concern) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return append([]timeline.Concern{}, all...)
}

// Whatever people follow, block and write: an item is streamed exactly where and to whom reading the timelines finds it.
func TestStreamsAndTimelinesDecideAlike(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s := newSociety(t, d)
		rapid.Check(t, func(r *rapid.T) {
			for range rapid.IntRange(0, 3).Draw(r, "relations") {
				s.relate(r)
			}
			i := s.write(r)
			got, err := s.Concerns(ctx, []content.ID{i.ID}, s.watchers())
			if err != nil {
				r.Fatal(err)
			}
			// Only a hashtag that the item has puts it in a stream.
			tags, err := content.Tags(ctx, d, []content.ID{i.ID})
			if err != nil {
				r.Fatal(err)
			}
			got = slices.DeleteFunc(got, func(c timeline.Concern) bool { return c.Place == timeline.InTag && len(tags[i.ID]) == 0 })
			want := s.places(r, i)
			if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
				r.Fatalf("%+v: read (-) and streamed (+):\n%s", i, diff)
			}
		})
	})
}

// A deletion is told to those who could read the post, and to nobody else.
func TestADeletionIsToldToThoseWhoCouldRead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s := newSociety(t, d)
		heard := s.hints()
		rapid.Check(t, func(r *rapid.T) {
			for range rapid.IntRange(0, 3).Draw(r, "relations") {
				s.relate(r)
			}
			i := s.write(r)
			if i.BoostOf != 0 {
				return
			}
			want := s.places(r, i)
			if err := d.Tx(ctx, func(tx *db.Tx) error { return s.Unpublish(ctx, tx, i) }); err != nil {
				r.Fatal(err)
			}
			s.items = slices.DeleteFunc(s.items, func(x *content.Item) bool { return x.ID == i.ID || x.BoostOf == i.ID })
			var h timeline.Hint
			for h.Event != timeline.Deleted {
				h = <-heard
			}
			got, err := s.ConcernedByLoss(ctx, []timeline.Hint{h}, s.watchers())
			if err != nil {
				r.Fatal(err)
			}
			got = slices.DeleteFunc(got, func(c timeline.Concern) bool { return c.Place == timeline.InTag && len(h.Gone.Tags) == 0 })
			if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
				r.Fatalf("%+v: read (-) and told (+):\n%s", i, diff)
			}
		})
	})
}

// Much that goes at once, with as many hashtags and readers as are told, is still one question that the database answers.
func TestManyDeletionsAtOnceAreTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSociety(t, d)
		far, anna := s.all[0], s.people[0]
		g := &timeline.Gone{Author: far.ID, Audience: actors.Public, Kind: content.Note}
		for n := range 100 {
			g.Recipients = append(g.Recipients, anna.ID)
			if n < 30 {
				g.Tags = append(g.Tags, fmt.Sprint("x", n))
			}
		}
		var hints []timeline.Hint
		for n := range 64 {
			hints = append(hints, timeline.Hint{Event: timeline.Deleted, Item: content.ID(n + 1), Gone: g})
		}
		got, err := s.ConcernedByLoss(context.Background(), hints, timeline.Watchers{Public: []actors.ID{anna.ID}})
		if err != nil || len(got) != len(hints) {
			t.Errorf("%d of %d deletions are told: %v", len(got), len(hints), err)
		}
	})
}

func TestAnEditConcernsThoseWhoHaveItFromTheGroup(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSociety(t, d)
		anna, cor, wonen := s.people[0], s.people[2], s.groups[0]
		s.follow(cor, wonen)
		i := s.post(anna, "in de groep", func(m *content.Made) { m.Item.Group, m.Item.Audience = wonen.ID, actors.Members })
		s.post(wonen, "", func(m *content.Made) {
			m.Item.Kind, m.Item.Content, m.Item.BoostOf, m.Item.Group, m.Item.Audience = content.Announce, "", i.ID, wonen.ID, actors.Members
		})
		got, err := s.ConcernedByEdit(context.Background(), []content.ID{i.ID}, timeline.Watchers{Home: []actors.ID{anna.ID, cor.ID, s.people[3].ID}})
		want := []timeline.Concern{{Item: i.ID, Viewer: anna.ID}, {Item: i.ID, Viewer: cor.ID}}
		if diff := cmp.Diff(want, sorted(got)); err != nil || diff != "" {
			t.Errorf("%v: %s", err, diff)
		}
	})
}
