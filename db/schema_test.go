// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
)

var update = flag.Bool("update", false, "write schema.golden anew")

func TestTheSchemaIsTheGoldenOneOnBothEngines(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		got, err := d.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if *update && !d.Postgres() {
			if err := os.WriteFile("schema.golden", []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile("schema.golden")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("schema.golden differs; go test ./db -update writes it:\n%s", diff)
		}
	})
}

func TestSchemaDescribesBothEnginesAlike(t *testing.T) {
	const more = schema + `
-- migration 3: harder
CREATE TABLE children (
	id BIGINT PRIMARY KEY,
	a TEXT NOT NULL,
	b BIGINT NOT NULL DEFAULT 7,
	yes BOOLEAN NOT NULL DEFAULT TRUE,
	less BIGINT NOT NULL DEFAULT -1,
	thing BIGINT NOT NULL REFERENCES things (id) ON DELETE CASCADE,
	UNIQUE (thing, b),
	FOREIGN KEY (a, b) REFERENCES others (a, b) ON DELETE CASCADE
);
CREATE INDEX children_lower ON children (lower(a), id DESC);
CREATE INDEX children_some ON children (thing) WHERE yes AND b > 3;
ALTER TABLE children ADD COLUMN added TEXT NOT NULL DEFAULT 'it''s';
-- only sqlite
CREATE VIRTUAL TABLE found USING fts5 (words);
-- only postgres
ALTER TABLE children ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', a)) STORED;
CREATE INDEX children_words ON children USING gin (words);
`
	const want = `TABLE children
	PRIMARY KEY (id)
	a REFERENCES others (a) ON DELETE CASCADE
	a TEXT NOT NULL
	added TEXT NOT NULL DEFAULT 'it''s'
	b INTEGER NOT NULL DEFAULT 7
	b REFERENCES others (b) ON DELETE CASCADE
	id INTEGER NOT NULL
	less INTEGER NOT NULL DEFAULT -1
	thing INTEGER NOT NULL
	thing REFERENCES things (id) ON DELETE CASCADE
	yes INTEGER NOT NULL DEFAULT TRUE
TABLE migrations
	PRIMARY KEY (n)
	applied INTEGER NOT NULL
	n INTEGER NOT NULL
	name TEXT NOT NULL
TABLE others
	PRIMARY KEY (a, b)
	a TEXT NOT NULL
	b INTEGER NOT NULL
TABLE things
	PRIMARY KEY (id)
	bytes BLOB
	id INTEGER NOT NULL
	name TEXT NOT NULL DEFAULT 'BIGINT; (x'
	parent INTEGER
	parent REFERENCES things (id)
	share REAL
	yes INTEGER NOT NULL DEFAULT FALSE
INDEX children_lower ON children (expression, id DESC)
INDEX children_some ON children (thing) partial
INDEX others_b ON others (b)
UNIQUE INDEX  ON children (thing, b)
UNIQUE INDEX things_name ON things (name) partial
`
	dbtest.Sources(t, func(t *testing.T, source string) {
		d := dbtest.OpenSource(t, source, db.Options{Migrations: more})
		got, err := d.Schema(t.Context())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}
