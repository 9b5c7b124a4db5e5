// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
)

// A list short or long is read page by page, newest first, forth and back, without who is followed no more or muted.
func TestListsAreReadInPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, members := range []int{3, 60} {
			b := setUp(t, d)
			ctx := t.Context()
			owner := actorstest.Person(t, b.dir, fmt.Sprint("owner", members))
			list := actors.List{Owner: owner.ID, Title: "x", Replies: actors.RepliesNone}
			actorstest.Tx(t, d, func(tx *db.Tx) error { return b.dir.MakeList(ctx, tx, &list) })
			var who []*actors.Actor
			for n := range members {
				a := actorstest.Remote(t, b.dir, fmt.Sprintf("h%d.example", members), fmt.Sprint("p", n))
				b.follow(owner, a)
				actorstest.Tx(t, d, func(tx *db.Tx) error { return b.dir.AddToList(ctx, tx, list, []actors.ID{a.ID}) })
				who = append(who, a)
			}
			stranger := actorstest.Remote(t, b.dir, fmt.Sprintf("h%d.example", members), "stranger")
			var want []content.ID
			for n := range 12 {
				i := b.post(who[n%len(who)], "op de lijst", nil)
				b.post(stranger, "niet op de lijst", nil)
				if n%len(who) != 1 {
					want = append([]content.ID{i.ID}, want...)
				}
			}
			actorstest.Tx(t, d, func(tx *db.Tx) error {
				_, err := b.dir.End(ctx, tx, owner, who[1], actors.Left)
				return err
			})
			var forth []content.ID
			for p := (actors.Page{Limit: 3}); ; p.Max = int64(forth[len(forth)-1]) {
				page, err := b.List(ctx, list, p)
				if err != nil {
					t.Fatal(err)
				}
				if len(page) == 0 {
					break
				}
				forth = append(forth, ids(page)...)
			}
			if !slices.Equal(forth, want) {
				t.Errorf("%d members: %v instead of %v", members, forth, want)
			}
			back, err := b.List(ctx, list, actors.Page{Min: int64(want[4]), Limit: 2})
			if err != nil || !slices.Equal(ids(back), want[2:4]) {
				t.Errorf("%d members: before the fifth are %v, not %v: %v", members, ids(back), want[2:4], err)
			}
			actorstest.Tx(t, d, func(tx *db.Tx) error { return b.dir.Mute(ctx, tx, owner.ID, who[0].ID, false, time.Time{}) })
			page, err := b.List(ctx, list, actors.Page{Limit: 40})
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range page {
				if i.Author == who[0].ID {
					t.Errorf("%d members: the muted is there", members)
				}
			}
		}
	})
}
