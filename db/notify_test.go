// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
)

func notify(t *testing.T, d *db.DB, channel, payload string, err error) {
	t.Helper()
	got := d.Tx(t.Context(), func(tx *db.Tx) error {
		d.Notify(tx, channel, payload)
		return err
	})
	if !errors.Is(got, err) {
		t.Fatal(got)
	}
}

func hear(t *testing.T, heard chan string) string {
	t.Helper()
	select {
	case s := <-heard:
		return s
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was heard")
		return ""
	}
}

func TestNotesReachListenersAfterTheCommit(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		heard := make(chan string, 10)
		ctx, cancel := context.WithCancel(t.Context())
		d.Listen(ctx, "ch", func(s string) { heard <- s })
		d.Listen(t.Context(), "other", func(s string) {
			if s != "" {
				t.Errorf("another channel heard %q", s)
			}
		})
		if d.Postgres() {
			if s := hear(t, heard); s != "" { // connected
				t.Errorf("heard %q first", s)
			}
		}
		notify(t, d, "ch", "rolled back", errors.New("no"))
		notify(t, d, "ch", "één two", nil)
		if s := hear(t, heard); s != "één two" {
			t.Errorf("heard %q", s)
		}
		cancel()
		time.Sleep(10 * time.Millisecond)
		notify(t, d, "ch", "too late", nil)
		time.Sleep(20 * time.Millisecond)
		if len(heard) > 0 {
			t.Errorf("heard %q after the end", <-heard)
		}
	})
}

func TestNotesReachOtherProcessesAndALostConnectionComesBack(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		if !isPostgres(source) {
			return // SQLite's notes stay in the process; see the test above
		}
		a := dbtest.OpenSource(t, source, db.Options{Migrations: schema})
		b := dbtest.OpenSource(t, source, db.Options{Migrations: schema, Log: quiet})
		heard := make(chan string, 10)
		b.Listen(t.Context(), "ch", func(s string) { heard <- s })
		hear(t, heard)
		notify(t, a, "ch", "1", nil)
		if s := hear(t, heard); s != "1" {
			t.Errorf("heard %q", s)
		}
		pids, err := db.All(t.Context(), a, db.Scalar[bool], `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE query LIKE 'LISTEN%' || current_schema() || '%' AND pid <> pg_backend_pid()`)
		if err != nil || !slices.Equal(pids, []bool{true}) {
			t.Fatalf("ended %v, %v", pids, err)
		}
		if s := hear(t, heard); s != "" {
			t.Errorf("heard %q after the connection came back", s)
		}
		notify(t, a, "ch", "2", nil)
		if s := hear(t, heard); s != "2" {
			t.Errorf("heard %q", s)
		}
	})
}

func isPostgres(source string) bool { return len(source) > 11 && source[:11] == "postgres://" }

func TestProcessesHaveDifferentNumbersInTheirIds(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		var numbers []int64
		for range 10 {
			d := dbtest.OpenSource(t, source, db.Options{Migrations: schema})
			numbers = append(numbers, d.NewID()>>10&63)
		}
		if isPostgres(source) {
			if want := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}; !slices.Equal(numbers, want) {
				t.Errorf("the numbers are %v", numbers)
			}
			return
		}
		slices.Sort(numbers) // chance gives them: ten times the same does not happen
		if len(slices.Compact(numbers)) < 2 {
			t.Errorf("all the numbers are %d", numbers[0])
		}
	})
}
