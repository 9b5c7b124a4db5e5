// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/timeline"
)

// posted is what the test knows of an item, to say who may find it.
type posted struct {
	item      *content.Item
	word      string
	mentioned []actors.ID
	touched   map[actors.ID]bool // who liked, kept, boosted or voted
	gone      bool
}

// work runs what waits in the queue until nothing does.
func (b *bench) work() {
	b.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- b.Jobs.Run(ctx) }()
	for {
		n, err := db.One(ctx, b.DB, db.Scalar[int], "SELECT COUNT(*) FROM jobs")
		if err != nil {
			b.t.Fatal(err)
		}
		if n == 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) setIndexable(a *actors.Actor, may bool) {
	b.t.Helper()
	actorstest.Tx(b.t, b.DB, func(tx *db.Tx) error {
		a, err := actors.Get(context.Background(), tx, a.ID)
		if err != nil {
			return err
		}
		a.Indexable = may
		return b.dir.Save(context.Background(), tx, a)
	})
}

// Whatever is written, changed, liked, boosted and taken away, by and for whomever: a search finds exactly what the rule says,
// and never what the gate refuses.
func TestSearchFindsWhatTheRuleSaysAndNothingElse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		r := rand.New(rand.NewPCG(seed, 1))
		b := setUp(t, d)
		b.Prepare()
		ctx := t.Context()
		var people []*actors.Actor
		for _, name := range []string{"anna", "bas", "cor", "dirk"} {
			people = append(people, actorstest.Person(t, b.dir, name))
		}
		far := actorstest.Remote(t, b.dir, "delft.example", "far")
		willing := actorstest.Learn(t, b.dir, &vocab.Actor{ID: "https://delft.example/users/willing", Type: "Person", PreferredUsername: "willing", Indexable: true,
			Inbox: "https://delft.example/users/willing/inbox"})
		authors := append(slices.Clone(people), far, willing)
		group := actorstest.Group(t, b.dir, "wonen", people[1])
		b.follow(people[0], group)
		b.follow(people[0], people[3])
		b.follow(people[2], people[0])
		actorstest.Tx(t, d, func(tx *db.Tx) error { return b.dir.Block(ctx, tx, people[3], people[2], "x") })
		indexable := map[actors.ID]bool{people[0].ID: true, people[3].ID: true, willing.ID: true}
		b.setIndexable(people[0], true)
		b.setIndexable(people[3], true)

		words := []string{"water", "wonen", "één"}
		var all []*posted
		act := func() {
			if len(all) > 10 && r.IntN(3) > 0 {
				p := all[r.IntN(len(all))]
				who := people[r.IntN(len(people))]
				if _, err := content.Get(ctx, d, actors.Viewer{ID: who.ID}, p.item.ID); err != nil {
					return // nobody acts on what is hidden from them
				}
				switch r.IntN(5) {
				case 0:
					p.touched[who.ID] = true
					actorstest.Tx(t, d, func(tx *db.Tx) error {
						_, err := b.Library.Vote(ctx, tx, p.item, who.ID, []string{content.Like, content.Bookmark, content.Choice}[r.IntN(3)], fmt.Sprint(r.IntN(2)), "")
						return err
					})
				case 1:
					if p.item.Audience > actors.Unlisted || p.touched[who.ID] {
						return
					}
					p.touched[who.ID] = true
					b.post(who, "", func(m *content.Made) { m.Item.Kind, m.Item.BoostOf, m.Item.Content = content.Announce, p.item.ID, "" })
				case 2:
					p.word = words[r.IntN(len(words))]
					m := &content.Made{Doc: []byte("{}"), Item: &content.Item{Kind: content.Note, URL: p.item.URL, Content: "<p>Over " + p.word + " en meer</p>", Edited: time.Now()}}
					actorstest.Tx(t, d, func(tx *db.Tx) error {
						before, err := content.StoredByID(ctx, tx, p.item.ID)
						if err != nil {
							return err
						}
						return b.Republish(ctx, tx, before, m)
					})
				case 3:
					if r.IntN(3) == 0 {
						p.gone = true
						actorstest.Tx(t, d, func(tx *db.Tx) error { return b.Unpublish(ctx, tx, p.item) })
					}
				case 4:
					if p.item.Group == 0 && p.item.Audience == actors.Public {
						p.item.Group = group.ID
						actorstest.Tx(t, d, func(tx *db.Tx) error { return content.SetGroup(ctx, tx, p.item.ID, group.ID) })
					}
				}
				return
			}
			p := &posted{word: words[r.IntN(len(words))], touched: map[actors.ID]bool{}}
			p.item = b.post(authors[r.IntN(len(authors))], "Over "+p.word+" en meer", func(m *content.Made) {
				m.Item.Audience = actors.Audience(r.IntN(5))
				if m.Item.Audience == actors.Members || m.Item.Audience == actors.Public && r.IntN(3) == 0 {
					m.Item.Group = group.ID
				}
				if r.IntN(3) == 0 {
					who := people[r.IntN(len(people))].ID
					p.mentioned = append(p.mentioned, who)
					m.Recipients = []content.Recipient{{Actor: who, Mention: true}}
				}
			})
			all = append(all, p)
		}
		check := func() {
			t.Helper()
			for _, who := range append(slices.Clone(people), nil) {
				v := actors.Anybody
				if who != nil {
					v = actors.Viewer{ID: who.ID}
				}
				member := who != nil && (who.ID == people[0].ID || who.ID == people[1].ID)
				for _, word := range words {
					var want []content.ID
					for _, p := range all {
						if p.gone || p.word != word || who == nil || who == people[3] && p.item.Author == people[2].ID { // whom one blocks one does not find
							continue
						}
						i, err := content.Get(ctx, d, v, p.item.ID)
						if err != nil {
							continue
						}
						if p.item.Author == who.ID || slices.Contains(p.mentioned, who.ID) || p.touched[who.ID] || member && i.Group == group.ID ||
							i.Audience == actors.Public && indexable[i.Author] {
							want = append(want, i.ID)
						}
					}
					slices.SortFunc(want, func(a, b content.ID) int { return int(b - a) })
					found, err := b.Posts(ctx, v, timeline.Searched{Text: word, Page: actors.Page{Limit: 1000}})
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(want, ids(found)); diff != "" {
						t.Fatalf("%v looks for %s: %s", v, word, diff)
					}
				}
			}
		}
		for range 4 {
			for range 60 {
				act()
			}
			all = slices.DeleteFunc(all, func(p *posted) bool { return p.gone })
			check()
			who := people[r.IntN(len(people))]
			indexable[who.ID] = !indexable[who.ID]
			b.setIndexable(who, indexable[who.ID])
			b.work()
			check()
		}
	})
}

// What was there before the index is found once the work of the migration is done.
func TestWhatIsNotIndexedYetIsIndexedLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		b.Prepare()
		anna := actorstest.Person(t, b.dir, "anna")
		v := actors.Viewer{ID: anna.ID}
		var want []content.ID
		for range 250 {
			want = append(want, b.post(anna, "oud werk", nil).ID)
		}
		slices.SortFunc(want, func(a, b content.ID) int { return int(b - a) })
		actorstest.Tx(t, d, func(tx *db.Tx) error {
			for _, sql := range []string{"DELETE FROM searchable", "DELETE FROM words"} {
				if _, err := tx.Exec(t.Context(), sql); err != nil {
					return err
				}
			}
			return b.Jobs.Add(t.Context(), tx, "index", "all", 0, time.Time{})
		})
		look := func() ([]content.ID, int) {
			items, err := b.Posts(t.Context(), v, timeline.Searched{Text: "werk", Page: actors.Page{Limit: 1000}})
			if err != nil {
				t.Fatal(err)
			}
			words, err := db.One(t.Context(), d, db.Scalar[int], "SELECT COUNT(*) FROM words WHERE actor = $1", anna.ID)
			if err != nil {
				t.Fatal(err)
			}
			return ids(items), words
		}
		if items, words := look(); len(items) > 0 || words > 0 {
			t.Fatal("nothing was taken out of the index", items, words)
		}
		b.work()
		items, words := look()
		if diff := cmp.Diff(want, items); diff != "" || words == 0 {
			t.Error(diff, words)
		}
	})
}

// A node of before the index, with people and posts: the upgrade puts them into it.
func TestTheUpgradeFillsTheIndex(t *testing.T) {
	text, err := os.ReadFile("../db/migrations.sql")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n-- migration 2:")
	dbtest.Sources(t, func(t *testing.T, source string) {
		old := dbtest.OpenSource(t, source, db.Options{Migrations: first})
		for _, sql := range []string{
			`INSERT INTO actors (id, iri, kind, local, name, domain, host, title, published, updated) VALUES
				(7, 'https://gouda.example/users/anna', 'Person', TRUE, 'anna', 'gouda.example', 'gouda.example', 'Anna de Vries', 1, 1)`,
			`INSERT INTO items (id, iri, kind, local, author, audience, thread, content, published, created, doc) VALUES
				(8, 'https://gouda.example/posts/8', 'Note', TRUE, 7, 0, 8, '<p>Iets ouds</p>', 1, 1, CAST('x' AS ` + map[bool]string{true: "BYTEA", false: "BLOB"}[old.Postgres()] + `))`,
		} {
			if _, err := old.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		d := dbtest.OpenSource(t, source, db.Options{})
		b := setUp(t, d)
		b.Prepare()
		b.work()
		items, err := b.Posts(t.Context(), actors.Viewer{ID: 7}, timeline.Searched{Text: "ouds", Page: actors.Page{Limit: 5}})
		if err != nil || len(items) != 1 {
			t.Error("the post:", items, err)
		}
		people, err := actors.Find(t.Context(), d, actors.Anybody, actors.Search{Text: "anna", Limit: 5})
		words, countErr := db.One(t.Context(), d, db.Scalar[int], "SELECT COUNT(*) FROM words WHERE actor = 7")
		if err != nil || countErr != nil || len(people) != 1 || words != 3 {
			t.Error("the person:", people, words, err, countErr)
		}
	})
}
