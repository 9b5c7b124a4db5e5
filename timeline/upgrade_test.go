// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/timeline"
)

// A node that is upgraded finds its direct posts in conversations, grouped as they would have been, and the ends of its polls waiting.
func TestUpgradeKeepsDirectPostsAndPolls(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		ctx := context.Background()
		text, err := os.ReadFile("../db/migrations.sql")
		if err != nil {
			t.Fatal(err)
		}
		before, _, found := strings.Cut(string(text), "-- migration 2:")
		if !found {
			t.Fatal("there is no second migration")
		}
		d := dbtest.OpenSource(t, source, db.Options{Migrations: before})
		exec := func(text string, args ...any) {
			t.Helper()
			if _, err := d.Exec(ctx, text, args...); err != nil {
				t.Fatal(err)
			}
		}
		// 9, 10 and 11 live here, 20 elsewhere.
		for id, local := range map[int]bool{9: true, 10: true, 11: true, 20: false} {
			exec("INSERT INTO actors (id, iri, kind, local, name, domain, host, published, updated) VALUES ($1, $2, 'Person', $3, $2, 'x', 'x', 1, 1)", id, fmt.Sprint("a", id), local)
		}
		item := func(id, author, audience, thread int, kind, poll string, to ...int) {
			exec("INSERT INTO items (id, iri, kind, local, author, audience, thread, poll, published, created, doc) VALUES ($1, $2, $3, TRUE, $4, $5, $6, $7, 1, 1, $8)",
				id, fmt.Sprint("i", id), kind, author, audience, thread, poll, []byte("{}"))
			for _, one := range to {
				exec("INSERT INTO recipients (item, actor, mention) VALUES ($1, $2, TRUE)", id, one)
			}
		}
		item(101, 9, 3, 101, "Note", "", 10)
		item(102, 10, 3, 101, "Note", "", 9)
		item(103, 9, 3, 101, "Note", "", 10, 11, 20) // others: another conversation
		item(104, 20, 3, 104, "Note", "", 9)
		item(105, 9, 3, 105, "Note", "") // to oneself
		item(106, 9, 0, 106, "Note", "", 10)
		item(107, 9, 0, 107, "Question", `{"ends":"2099-01-01T00:00:00Z","options":[]}`)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}

		d = dbtest.OpenSource(t, source, db.Options{})
		lines := &timeline.Timelines{DB: d}
		want := map[actors.ID][]string{
			9:  {"105  to []", "104  to [20]", "103  to [10 11 20]", "102  to [10]"},
			10: {"103  to [9 11 20]", "102  to [9]"},
			11: {"103  to [9 10 20]"},
			20: nil,
		}
		for who, all := range want {
			list, err := lines.Conversations(ctx, actors.Viewer{ID: who}, actors.Page{Limit: 40})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range list {
				got = append(got, fmt.Sprintf("%d  to %v", c.Last, c.People))
				if c.Unread || c.ID == 0 {
					t.Errorf("%d has %+v", who, c)
				}
			}
			if !slices.Equal(got, all) {
				t.Errorf("%d has %q, not %q", who, got, all)
			}
		}
		direct, err := lines.Direct(ctx, actors.Viewer{ID: 10}, actors.Page{Limit: 40})
		if err != nil || !slices.Equal(ids(direct), []content.ID{103, 102, 101}) {
			t.Errorf("direct posts of 10: %v %v", ids(direct), err)
		}
		polls, err := db.All(ctx, d, db.Scalar[string], "SELECT unique_key FROM jobs WHERE kind = 'poll ended'")
		if err != nil || !slices.Equal(polls, []string{"107"}) {
			t.Errorf("polls that wait for their end: %v %v", polls, err)
		}
	})
}
