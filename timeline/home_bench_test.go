// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/timeline"
)

// BenchmarkHome is what finding one page of twenty in a home costs, for people whose follows differ, when what was written
// last is by those whom they follow (quiet) and when the newest thousands are by others (busy).
func BenchmarkHome(b *testing.B) {
	d := dbtest.Open(b)
	t := &timeline.Timelines{DB: d, Library: &content.Library{DB: d, Dir: actorstest.Directory(b, d)}}
	h := &crowd{b: b, d: d, random: rand.New(rand.NewPCG(1, 2))}
	people := h.people()
	for _, last := range []struct {
		name string
		fill func()
	}{{"quiet", h.everybody}, {"busy", h.others}} {
		last.fill()
		for _, who := range people {
			first, err := t.Home(b.Context(), who.Viewer, actors.Page{Limit: 20})
			if err != nil {
				b.Fatal(err)
			}
			pages := map[string]actors.Page{"first": {Limit: 20}}
			if len(first) > 0 {
				pages["second"] = actors.Page{Max: int64(first[len(first)-1].ID), Limit: 20}
				pages["since"] = actors.Page{Since: int64(first[0].ID), Limit: 20}
			}
			for name, page := range pages {
				b.Run(fmt.Sprintf("%s/%s/%s", last.name, who.name, name), func(b *testing.B) {
					for b.Loop() {
						if _, err := t.Home(b.Context(), who.Viewer, page); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}

const (
	crowdAuthors = 5000 // the first ones write most
	crowdGroups  = 200
	crowdOthers  = 100 // whom nobody follows
	crowdItems   = 60_000
)

// crowd fills a database as the bench of a whole node does, with less beside each item.
type crowd struct {
	b      *testing.B
	d      *db.DB
	random *rand.Rand
}

type homeOwner struct {
	name string
	actors.Viewer
}

func (h *crowd) tx(f func(exec func(text string, args ...any))) {
	actorstest.Tx(h.b, h.d, func(tx *db.Tx) (err error) {
		f(func(text string, args ...any) {
			if _, failed := tx.Exec(context.Background(), text, args...); failed != nil {
				err = failed
			}
		})
		return err
	})
}

// author is the number of one, the first ones much more often.
func (h *crowd) author() int {
	r := h.random.Float64()
	return 1 + int(r*r*r*crowdAuthors)
}

// people are authors 1 to 5,000, groups after them, others after these, and those whose homes are read.
func (h *crowd) people() (all []homeOwner) {
	follows := map[string][]int{"nobody": {}, "usual": h.some(150, 6), "few": h.some(15, 1), "many": h.some(1800, 0), "groups": h.some(0, crowdGroups)}
	for n := range 150 {
		follows["silent"] = append(follows["silent"], crowdAuthors-n)
	}
	h.tx(func(exec func(string, ...any)) {
		actor := func(id int, kind string, follows int) {
			exec("INSERT INTO actors (id, iri, kind, local, name, domain, host, published, updated, following_count) VALUES ($1, $2, $3, $4, $2, 'x', 'x', 1, 1, $5)",
				id, fmt.Sprint("a", id), kind, id > crowdAuthors, follows)
		}
		last := crowdAuthors + crowdGroups + crowdOthers
		for id := 1; id <= last; id++ {
			kind := "Person"
			if id > crowdAuthors && id <= crowdAuthors+crowdGroups {
				kind = "Group"
			}
			actor(id, kind, 0)
		}
		relation := 0
		for _, name := range []string{"nobody", "usual", "few", "many", "groups", "silent"} {
			last++
			actor(last, "Person", len(follows[name]))
			for _, whom := range follows[name] {
				relation++
				exec("INSERT INTO relations (id, subject, object, state, role, since, updated) VALUES ($1, $2, $3, 'active', 'follower', 1, 1)", relation, last, whom)
			}
			all = append(all, homeOwner{name, actors.Viewer{ID: actors.ID(last)}})
		}
	})
	return all
}

// some are numbers of authors, most of them such as write much, and of groups.
func (h *crowd) some(authors, groups int) (all []int) {
	chosen := map[int]bool{}
	for len(chosen) < authors {
		if a := h.author(); !chosen[a] {
			chosen[a] = true
			all = append(all, a)
		}
	}
	for n := range groups {
		all = append(all, crowdAuthors+1+n)
	}
	return all
}

func (h *crowd) write(count int, fill func(item func(author, group, boostOf, replyTo, replyAuthor int) int)) {
	for range count / 500 {
		h.tx(func(exec func(string, ...any)) {
			for range 500 {
				fill(func(author, group, boostOf, replyTo, replyAuthor int) int {
					id := int(h.d.NewID())
					exec(`INSERT INTO items (id, iri, kind, local, author, grp, audience, thread, boost_of, reply_to, reply_author, language, content, published, created)
						VALUES ($1, $2, 'Note', FALSE, $3, $4, 0, $1, $5, $6, $7, 'nl', 'Vanavond praten wij in het wijkcentrum over de plannen voor het plein.', 1, 1)`,
						id, fmt.Sprint("i", id), author, group, boostOf, replyTo, replyAuthor)
					return id
				})
			}
		})
	}
}

// everybody writes: posts, replies to and boosts of recent ones, and posts in groups that these boost. Of those who write least
// the last item is older than most.
func (h *crowd) everybody() {
	type post struct{ id, author int }
	var recent []post
	n := 0
	h.write(crowdItems, func(item func(author, group, boostOf, replyTo, replyAuthor int) int) {
		n++
		author := h.author()
		if n > crowdItems/2 && author > crowdAuthors-150 {
			author = 1
		}
		about := post{}
		if len(recent) > 0 {
			about = recent[h.random.IntN(len(recent))]
		}
		switch {
		case n%13 == 0:
			group := crowdAuthors + 1 + h.random.IntN(crowdGroups)
			id := item(author, group, 0, 0, 0)
			item(group, group, id, 0, 0)
		case n%7 == 0:
			item(author, 0, 0, about.id, about.author)
		case n%11 == 0:
			item(author, 0, about.id, 0, 0)
		default:
			if recent = append(recent, post{item(author, 0, 0, 0, 0), author}); len(recent) > 2000 {
				recent = recent[1:]
			}
		}
	})
}

// others write.
func (h *crowd) others() {
	h.write(5000, func(item func(author, group, boostOf, replyTo, replyAuthor int) int) {
		item(crowdAuthors+crowdGroups+1+h.random.IntN(crowdOthers), 0, 0, 0, 0)
	})
}
