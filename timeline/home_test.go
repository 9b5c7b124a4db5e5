// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
)

// Whoever is followed, however many, whoever wrote last and whatever goes: the pages of a home, forth and back, are together each item that is
// in it when it is asked for alone, in order and once.
func TestHomeIsReadInPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSociety(t, d)
		pages := func(r *rapid.T) {
			for range rapid.IntRange(0, 4).Draw(r, "relations") {
				s.relate(r)
			}
			for range rapid.IntRange(1, 6).Draw(r, "items") {
				s.write(r)
			}
			if last := s.items[len(s.items)-1]; len(s.items) > 1 && rapid.Bool().Draw(r, "the last one goes") {
				if err := d.Tx(context.Background(), func(tx *db.Tx) error { return s.Unpublish(context.Background(), tx, last) }); err != nil {
					r.Fatal(err)
				}
				s.items = slices.DeleteFunc(s.items, func(x *content.Item) bool { return x.ID == last.ID || x.BoostOf == last.ID })
			}
			v := actors.Viewer{ID: rapid.SampledFrom(s.people).Draw(r, "viewer").ID}
			if _, err := d.Exec(context.Background(), "UPDATE actors SET following_count = $1 WHERE id = $2", rapid.SampledFrom([]int{3, 3000}).Draw(r, "follows"), v.ID); err != nil {
				r.Fatal(err)
			}
			latest := s.items[max(0, len(s.items)-30):]
			floor := int64(latest[0].ID) - 1
			var want []content.ID
			for _, i := range slices.Backward(latest) {
				want = append(want, s.home(r, v, actors.Page{Max: int64(i.ID) + 1, Since: int64(i.ID) - 1, Limit: 1})...)
			}
			limit := rapid.IntRange(1, 7).Draw(r, "limit")
			forth, back := []content.ID{}, []content.ID{}
			for p := (actors.Page{Since: floor, Limit: limit}); ; p.Max = int64(forth[len(forth)-1]) {
				page := s.home(r, v, p)
				if forth = append(forth, page...); len(page) == 0 || len(forth) > len(latest) {
					break
				}
			}
			for p := (actors.Page{Min: floor, Limit: limit}); ; p.Min = int64(back[0]) {
				page := s.home(r, v, p)
				if back = append(page, back...); len(page) == 0 || len(back) > len(latest) {
					break
				}
			}
			if diff := cmp.Diff(want, forth, emptyIsNil); diff != "" {
				r.Fatalf("alone (-) and in pages of %d (+):\n%s", limit, diff)
			}
			if diff := cmp.Diff(want, back, emptyIsNil); diff != "" {
				r.Fatalf("alone (-) and in pages of %d back (+):\n%s", limit, diff)
			}
			if all := s.home(r, v, actors.Page{Limit: 40}); !slices.Equal(all[:min(len(all), len(want))], want[:min(len(all), len(want))]) || len(all) < len(want) {
				r.Fatalf("the first page is %v, and not first of all %v", all, want)
			}
		}
		rapid.Check(t, pages)
		stranger := actorstest.Remote(t, s.dir, "utrecht.example", "stranger")
		for range 350 { // more than are looked through for those who follow many
			s.post(stranger, "x", nil)
		}
		rapid.Check(t, pages)
	})
}

var emptyIsNil = cmp.Transformer("emptyIsNil", func(all []content.ID) []content.ID { return append([]content.ID{}, all...) })

func (s *society) home(r *rapid.T, v actors.Viewer, p actors.Page) []content.ID {
	items, err := s.Home(context.Background(), v, p)
	if err != nil {
		r.Fatal(err)
	}
	return ids(items)
}
