// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

func TestFind(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		dir := actorstest.Directory(t, d)
		change := func(a *actors.Actor, f func(*actors.Actor)) {
			f(a)
			actorstest.Tx(t, d, func(tx *db.Tx) error { return dir.Save(ctx, tx, a) })
		}
		exec := func(sql string, args ...any) {
			if _, err := d.Exec(ctx, sql, args...); err != nil {
				t.Fatal(err)
			}
		}
		anna, bas := actorstest.Person(t, dir, "anna"), actorstest.Person(t, dir, "bas")
		open := func(name, title string) *actors.Actor {
			a := actorstest.Person(t, dir, name)
			change(a, func(a *actors.Actor) { a.Title, a.Discoverable = title, true })
			return a
		}
		jan, janneke := open("jan", "Jan de Vries"), open("jvv", "Janneke van der Véér")
		quiet := actorstest.Person(t, dir, "janus")
		change(quiet, func(a *actors.Actor) { a.Title = "Janus Stil" })
		far := actorstest.Learn(t, dir, &vocab.Actor{ID: "https://delft.example/users/j", Type: "Person", PreferredUsername: "jan", Name: "Jan uit Delft", Inbox: "https://delft.example/users/j/inbox"})
		actorstest.Learn(t, dir, &vocab.Actor{ID: "https://delft.example/app", Type: "Application", PreferredUsername: "janapp", Name: "Jan app", Inbox: "https://delft.example/app/inbox"})
		group := actorstest.Group(t, dir, "jansen", bas)
		exec("UPDATE actors SET followers_count = 5 WHERE id = $1", janneke.ID)
		actorstest.Tx(t, d, func(tx *db.Tx) error { _, err := dir.Admit(ctx, tx, anna, quiet); return err })

		find := func(v actors.Viewer, s actors.Search) string {
			t.Helper()
			if s.Limit == 0 {
				s.Limit = 40
			}
			all, err := actors.Find(ctx, d, v, s)
			if err != nil {
				t.Fatal(err)
			}
			names := make([]string, len(all))
			for n, a := range all {
				names[n] = a.Acct()
			}
			return strings.Join(names, " ")
		}
		me := actors.Viewer{ID: anna.ID}
		for _, c := range []struct {
			v    actors.Viewer
			s    actors.Search
			want string
		}{
			{me, actors.Search{Text: "jan"}, "jan jan@delft.example janus jvv jansen"},
			{actors.Anybody, actors.Search{Text: "@JAN"}, "jan jan@delft.example jvv jansen"},
			{me, actors.Search{Text: "jan", Limit: 2, Offset: 1}, "jan@delft.example janus"},
			{me, actors.Search{Text: "jan", Offset: 10}, ""},
			{me, actors.Search{Text: "jan", Following: true}, "janus"},
			{actors.Viewer{ID: bas.ID}, actors.Search{Text: "janu"}, ""},
			{actors.Viewer{ID: bas.ID}, actors.Search{Text: "janus"}, "janus"},
			{me, actors.Search{Text: "veer janne"}, "jvv"},
			{me, actors.Search{Text: "vries anna"}, ""},
			{me, actors.Search{Text: "jan@delft.example"}, "jan@delft.example"},
			{me, actors.Search{Text: "jan@del"}, "jan@delft.example"},
			{me, actors.Search{Text: "jan@"}, "jan jan@delft.example"},
			{me, actors.Search{Text: "ja@delft.example"}, ""},
			{me, actors.Search{Text: "%"}, ""},
			{me, actors.Search{Text: "  "}, ""},
			{me, actors.Search{Text: "janapp"}, ""},
		} {
			if got := find(c.v, c.s); got != c.want {
				t.Errorf("%+v finds %q instead of %q", c.s, got, c.want)
			}
		}
		exec("UPDATE actors SET silenced = 1 WHERE id = $1", janneke.ID)
		exec("UPDATE actors SET suspended = 1 WHERE id = $1", far.ID)
		exec("UPDATE actors SET visibility = 'hidden' WHERE id = $1", group.ID)
		change(jan, func(a *actors.Actor) { a.Discoverable = false })
		if got := find(me, actors.Search{Text: "jan"}); got != "jan janus" {
			t.Errorf("after they were limited, suspended, hidden and shy: %q", got)
		}
		if got := find(actors.Viewer{ID: bas.ID}, actors.Search{Text: "jansen"}); got != "jansen" {
			t.Errorf("a member of a hidden group finds %q", got)
		}
		if got := find(me, actors.Search{Text: "jansen"}); got != "" {
			t.Errorf("somebody else finds %q", got)
		}
		actorstest.Tx(t, d, func(tx *db.Tx) error { return dir.Delete(ctx, tx, jan) })
		if got := find(me, actors.Search{Text: "jan"}); got != "janus" {
			t.Errorf("after one was deleted: %q", got)
		}
	})
}

// However many begin so, the one that was typed wholly is first, and those whom one follows are there.
func TestFindAmongVeryMany(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		dir := actorstest.Directory(t, d)
		anna := actorstest.Person(t, dir, "anna")
		var last *actors.Actor
		for n := range 450 {
			last = actorstest.Remote(t, dir, "delft.example", fmt.Sprintf("p%03d", n))
		}
		actorstest.Tx(t, d, func(tx *db.Tx) error { _, err := dir.Admit(ctx, tx, anna, last); return err })
		for text, want := range map[string]string{"p": last.Name, "p377": "p377", "p4": last.Name} {
			all, err := actors.Find(ctx, d, actors.Viewer{ID: anna.ID}, actors.Search{Text: text, Limit: 5})
			if err != nil || len(all) == 0 || all[0].Name != want {
				t.Errorf("%s: %v %v", text, all, err)
			}
		}
	})
}
