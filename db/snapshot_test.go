// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
)

func TestASnapshotIsOfOneMoment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		count := func(q db.Q) int {
			t.Helper()
			n, err := db.One(t.Context(), q, db.Scalar[int], "SELECT COUNT(*) FROM settings")
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		add := func(name string) {
			t.Helper()
			if _, err := d.Exec(t.Context(), "INSERT INTO settings (name, value) VALUES ($1, '')", name); err != nil {
				t.Fatal(err)
			}
		}
		add("one")
		before := count(d)
		err := d.Snapshot(t.Context(), func(q db.Q) error {
			add("two") // written before anything is read
			if n := count(q); n != before {
				t.Errorf("the snapshot has %d rows, and %d were there when it began", n, before)
			}
			add("three")
			if n := count(q); n != before {
				t.Errorf("the snapshot has %d rows after a change, and %d were there when it began", n, before)
			}
			if q.Postgres() != d.Postgres() {
				t.Error("the snapshot does not know its engine")
			}
			var n int
			if err := q.Row(t.Context(), "SELECT COUNT(*) FROM settings").Scan(&n); err != nil || n != before {
				t.Errorf("one row: %d, %v", n, err)
			}
			if _, err := q.Exec(t.Context(), "DELETE FROM settings"); err == nil {
				t.Error("a snapshot was changed")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(d); n != before+2 {
			t.Errorf("%d rows after it, want %d", n, before+2)
		}

		ended, cancel := context.WithCancel(t.Context())
		failure := errors.New("enough")
		err = d.Snapshot(ended, func(q db.Q) error {
			cancel()
			if _, err := db.All(ended, q, db.Scalar[int], "SELECT 1"); !errors.Is(err, context.Canceled) {
				t.Errorf("reading goes on after the end: %v", err)
			}
			return failure
		})
		if !errors.Is(err, failure) {
			t.Errorf("the error of the reader is %v", err)
		}
		for range 40 { // more than there are connections: each is given back
			if err := d.Snapshot(t.Context(), func(db.Q) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
	})
}
