// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

// What each class of the policy does with what each kind of account does, when it is dropped and when it is kept apart.
func TestPolicies(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		me, friend, fan, fresh, newcomer, limited := actorstest.Person(t, b.dir, "ik"), actorstest.Person(t, b.dir, "vriend"), actorstest.Person(t, b.dir, "fan"),
			actorstest.Person(t, b.dir, "vers"), actorstest.Person(t, b.dir, "nieuw"), actorstest.Person(t, b.dir, "beperkt")
		b.follow(me, friend)
		b.follow(fan, me)
		b.follow(fresh, me)
		long := db.Millis(time.Now().Add(-100 * 24 * time.Hour))
		for _, change := range []string{
			fmt.Sprintf("UPDATE actors SET published = %d WHERE id <> %d", long, newcomer.ID),
			fmt.Sprintf("UPDATE relations SET since = %d WHERE subject = %d", long, fan.ID),
			fmt.Sprintf("UPDATE actors SET silenced = %d WHERE id = %d", long, limited.ID),
		} {
			if _, err := d.Exec(ctx, change); err != nil {
				t.Fatal(err)
			}
		}
		v := actors.Viewer{ID: me.ID}
		everybody := map[string]*actors.Actor{"vriend": friend, "fan": fan, "vers": fresh, "nieuw": newcomer, "beperkt": limited}
		mine := b.post(me, "van mij", nil)
		for _, c := range []struct {
			name   string
			set    func(*timeline.Policy, timeline.Strictness)
			kind   string
			direct bool
			caught []string
		}{
			{"not following", func(p *timeline.Policy, s timeline.Strictness) { p.NotFollowing = s }, timeline.Favourite, false, []string{"fan", "vers", "nieuw", "beperkt"}},
			{"not followers", func(p *timeline.Policy, s timeline.Strictness) { p.NotFollowers = s }, timeline.Favourite, false, []string{"vriend", "vers", "nieuw", "beperkt"}},
			{"new accounts", func(p *timeline.Policy, s timeline.Strictness) { p.NewAccounts = s }, timeline.Reblog, false, []string{"nieuw"}},
			{"private mentions", func(p *timeline.Policy, s timeline.Strictness) { p.Private = s }, timeline.Mention, true, []string{"fan", "vers", "nieuw", "beperkt"}},
			{"public mentions", func(p *timeline.Policy, s timeline.Strictness) { p.Private = s }, timeline.Mention, false, nil},
			{"limited", func(p *timeline.Policy, s timeline.Strictness) { p.Limited = s }, timeline.Favourite, false, []string{"beperkt"}},
			{"the end of a poll", func(p *timeline.Policy, s timeline.Strictness) { p.NotFollowing, p.Limited = s, s }, timeline.Poll, false, nil},
			{"an edit", func(p *timeline.Policy, s timeline.Strictness) { p.NotFollowers, p.Limited = s, s }, timeline.Edited, false, nil},
		} {
			for _, strictness := range []timeline.Strictness{timeline.Apart, timeline.Drop} {
				if _, err := b.ChangePolicy(ctx, v, func(p *timeline.Policy) { *p = timeline.Policy{}; c.set(p, strictness) }); err != nil {
					t.Fatal(err)
				}
				if err := b.DismissAll(ctx, v); err != nil {
					t.Fatal(err)
				}
				for name, who := range everybody {
					about := mine.ID
					if c.kind == timeline.Mention {
						about = b.post(who, "aan jou", func(m *content.Made) {
							m.Recipients = []content.Recipient{{Actor: me.ID}}
							if c.direct {
								m.Item.Audience = actors.Direct
							}
						}).ID
					}
					actorstest.Tx(t, d, func(tx *db.Tx) error { return b.Notify(ctx, tx, me.ID, c.kind, who.ID, about) })
					caught := false
					for _, one := range c.caught {
						caught = caught || one == name
					}
					open, err := b.Notifications(ctx, v, timeline.NotificationFilter{Actor: who.ID}, actors.Page{Limit: 40})
					all, err2 := b.Notifications(ctx, v, timeline.NotificationFilter{Actor: who.ID, Apart: true}, actors.Page{Limit: 40})
					if err != nil || err2 != nil {
						t.Fatal(err, err2)
					}
					wantOpen, wantAll := 1, 1
					if caught {
						wantOpen = 0
						if strictness == timeline.Drop {
							wantAll = 0
						}
					}
					if len(open) != wantOpen || len(all) != wantAll {
						t.Errorf("%s, strictness %d: of %s %d are in the list and %d in all", c.name, strictness, name, len(open), len(all))
					}
				}
			}
		}
	})
}

func TestWhoAnswersIsNotUnasked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		me, other := actorstest.Person(t, b.dir, "ik"), actorstest.Person(t, b.dir, "ander")
		v := actors.Viewer{ID: me.ID}
		if p, err := b.Policy(ctx, v); err != nil || p != (timeline.Policy{Limited: timeline.Apart}) {
			t.Errorf("without a choice: %+v %v", p, err)
		}
		if _, err := b.ChangePolicy(ctx, v, func(p *timeline.Policy) { p.Private = timeline.Drop }); err != nil {
			t.Fatal(err)
		}
		private := func(to *actors.Actor, thread content.ID) func(*content.Made) {
			return func(m *content.Made) {
				m.Item.Audience, m.Item.Thread = actors.Direct, thread
				m.Recipients = []content.Recipient{{Actor: to.ID, Mention: true}}
			}
		}
		asked := b.post(me, "hoe is het?", private(other, 0))
		b.post(other, "goed", private(me, asked.Thread))
		b.post(other, "iets anders", private(me, 0))
		list, err := b.Notifications(ctx, v, timeline.NotificationFilter{Apart: true}, actors.Page{Limit: 40})
		if err != nil || len(list) != 1 || list[0].Item < asked.ID {
			t.Errorf("told: %+v %v", list, err)
		}
	})
}

func TestRequests(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		me := actorstest.Person(t, b.dir, "ik")
		v := actors.Viewer{ID: me.ID}
		if _, err := b.ChangePolicy(ctx, v, func(p *timeline.Policy) { p.NotFollowing = timeline.Apart }); err != nil {
			t.Fatal(err)
		}
		hints := b.hints()
		mention := func(m *content.Made) { m.Recipients = []content.Recipient{{Actor: me.ID, Mention: true}} }
		var strangers []*actors.Actor
		var last []content.ID
		for n := range 5 {
			who := actorstest.Person(t, b.dir, fmt.Sprint("vreemd", n))
			strangers = append(strangers, who)
			b.post(who, "eerst", mention)
			last = append(last, b.post(who, "dan", mention).ID)
			actorstest.Tx(t, d, func(tx *db.Tx) error { return b.Notify(ctx, tx, me.ID, timeline.Follow, who.ID, 0) })
		}
		var all []timeline.Request
		for page := (actors.Page{Limit: 2}); ; page.Max = all[len(all)-1].ID {
			some, err := b.Requests(ctx, v, page)
			if err != nil {
				t.Fatal(err)
			}
			if all = append(all, some...); len(some) == 0 {
				break
			}
		}
		if len(all) != 5 || all[0].Actor != strangers[4].ID || all[4].Actor != strangers[0].ID {
			t.Fatalf("requests: %+v", all)
		}
		for n, r := range all {
			if r.Notifications != 3 || r.Last != last[4-n] || r.First >= r.Latest {
				t.Errorf("request: %+v", r)
			}
		}
		if requests, notifications, err := b.Pending(ctx, v); requests != 5 || notifications != 15 || err != nil {
			t.Errorf("%d requests with %d notifications, %v", requests, notifications, err)
		}
		for len(hints) > 0 {
			if h := <-hints; h.Event == timeline.Notified {
				t.Errorf("somebody is woken for what is kept apart: %+v", h)
			}
		}
		if n, err := b.NotificationCount(ctx, v, timeline.NotificationFilter{}, 0, 100); n != 0 || err != nil {
			t.Errorf("%d are counted", n)
		}
		answer := func(accept bool, ids ...int64) {
			t.Helper()
			if err := b.AnswerRequests(ctx, v, ids, accept, false); err != nil {
				t.Fatal(err)
			}
		}
		answer(true, all[0].ID, all[1].ID)
		if h := <-hints; h.Event != timeline.Merged || h.Owner != me.ID {
			t.Errorf("hint of merging: %+v", h)
		}
		answer(false, all[2].ID)
		for n, want := range map[int]int{0: 3, 1: 3, 2: 0, 3: 0} {
			list, err := b.Notifications(ctx, v, timeline.NotificationFilter{Actor: all[n].Actor}, actors.Page{Limit: 40})
			if err != nil || len(list) != want {
				t.Errorf("request %d: %d in the list, %v", n, len(list), err)
			}
		}
		for _, id := range []int64{all[0].ID, all[2].ID, 1} {
			if err := b.AnswerRequests(ctx, v, []int64{id}, true, false); !errors.Is(err, fault.NotFound) {
				t.Errorf("answered again: %v", err)
			}
			if _, err := b.Request(ctx, v, id); !errors.Is(err, fault.NotFound) {
				t.Errorf("still there: %v", err)
			}
		}
		if err := b.AnswerRequests(ctx, v, []int64{1}, true, true); err != nil {
			t.Errorf("several of which none is there: %v", err)
		}
		b.post(strangers[4], "nu gehoord", mention)
		b.post(strangers[2], "weer apart", mention)
		if list, err := b.Notifications(ctx, v, timeline.NotificationFilter{Actor: strangers[4].ID}, actors.Page{Limit: 40}); err != nil || len(list) != 4 {
			t.Errorf("of who was accepted: %d, %v", len(list), err)
		}
		if requests, notifications, err := b.Pending(ctx, v); requests != 3 || notifications != 7 || err != nil {
			t.Errorf("at the end %d requests with %d notifications, %v", requests, notifications, err)
		}
		// A request of which nothing may be seen any more is not shown.
		if _, err := d.Exec(ctx, "DELETE FROM notifications WHERE actor = $1", strangers[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Request(ctx, v, all[4].ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("an empty request: %v", err)
		}
		if _, err := b.Request(ctx, actors.Viewer{ID: strangers[0].ID}, all[3].ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("somebody else's request: %v", err)
		}
	})
}
