// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestIdsForNowGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock stands still: all ids in one millisecond
		d := &DB{ids: ids{process: 63}}
		var last int64
		for range 2000 {
			id := d.NewID()
			if id <= last {
				t.Fatalf("%d after %d", id, last)
			}
			last = id
		}
		if ahead := last>>16 - time.Now().UnixMilli(); ahead != 3 {
			t.Errorf("2000 ids are %d ms ahead", ahead)
		}
		time.Sleep(time.Second)
		if id := d.NewID(); id>>16 != time.Now().UnixMilli() || id>>10&63 != 63 {
			t.Errorf("the id is %x", id)
		}
	})
}

func TestIdsForATimeDoNotRepeatAndSortWithIt(t *testing.T) {
	var d DB
	at := time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC)
	var all []int64
	for range 1200 {
		all = append(all, d.IDAt(at))
	}
	for range 100 {
		all = append(all, d.IDAt(at.Add(time.Millisecond)), d.ids.now(at))
	}
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != 1400 {
		t.Errorf("only %d of 1400 ids differ", n)
	}
	if first, last := all[0]>>16-at.UnixMilli(), all[len(all)-1]>>16-at.UnixMilli(); first != 0 || last != 2 {
		t.Errorf("they lie from %d to %d ms", first, last)
	}
	for _, strange := range []time.Time{{}, time.Date(-5000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(99999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if d.IDAt(strange) <= 0 {
			t.Errorf("the id of %v is not positive", strange)
		}
	}
	if d.IDAt(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)) <= d.NewID() {
		t.Error("the far future sorts before now")
	}
}

func TestTranslate(t *testing.T) {
	const from = `CREATE TABLE a ( -- BIGINT ( );
	id BIGINT PRIMARY KEY, b bytea NOT NULL, c BOOLEAN DEFAULT FALSE, d Double  Precision,
	"BIGINT" TEXT DEFAULT 'BIGINT );', PRIMARY KEY (b, c)
);
CREATE INDEX i ON a (b);
-- it's a comment
CREATE TABLE IF NOT EXISTS b (id BIGINT);
CREATE VIRTUAL TABLE v USING fts5 (x);`
	const want = `CREATE TABLE a ( -- BIGINT ( );
	id INTEGER PRIMARY KEY, b BLOB NOT NULL, c INTEGER DEFAULT FALSE, d REAL,
	"BIGINT" TEXT DEFAULT 'BIGINT );', PRIMARY KEY (b, c)
) STRICT;
CREATE INDEX i ON a (b);
-- it's a comment
CREATE TABLE IF NOT EXISTS b (id INTEGER) STRICT;
CREATE VIRTUAL TABLE v USING fts5 (x);`
	if diff := cmp.Diff(want, translate(from)); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefusesWhatIsOutOfOrder(t *testing.T) {
	for _, text := range []string{"", "CREATE TABLE x (a TEXT);", "-- migration 2: x\n", "-- migration 1: x\n-- migration 1: y\n", "-- migration 1: x\n-- migration 3: y\n"} {
		if list, err := parse(text); err == nil {
			t.Errorf("%q gives %v", text, list)
		}
	}
}
