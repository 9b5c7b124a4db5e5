// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
)

func benchmark(b *testing.B) *db.DB {
	return dbtest.OpenSource(b, filepath.Join(b.TempDir(), "node.db"), db.Options{Migrations: schema})
}

const insertThing = "INSERT INTO things (id, name) VALUES ($1, '')"

// BenchmarkCommits is the number of one-row durable commits per second: bare, as one by one as the machine can, and
// through Tx, alone and by 16 at once.
func BenchmarkCommits(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		file := filepath.Join(b.TempDir(), "node.db")
		d := dbtest.OpenSource(b, file, db.Options{Migrations: schema})
		d.Close() // it has made the tables
		bare, err := sql.Open("sqlite", "file:"+file+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate")
		if err != nil {
			b.Fatal(err)
		}
		defer bare.Close()
		bare.SetMaxOpenConns(1)
		prepared, err := bare.Prepare(insertThing)
		if err != nil {
			b.Fatal(err)
		}
		for n := range b.N {
			if _, err := prepared.Exec(n); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	})
	for _, callers := range []int{1, 16} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			d := benchmark(b)
			var next atomic.Int64
			b.ResetTimer()
			done := make(chan error, callers)
			for range callers {
				go func() {
					for {
						n := next.Add(1)
						if n > int64(b.N) {
							done <- nil
							return
						}
						if _, err := d.Exec(b.Context(), insertThing, n); err != nil {
							done <- err
							return
						}
					}
				}()
			}
			for range callers {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}

// BenchmarkReads is one small read, with its statement prepared before and parsed each time.
func BenchmarkReads(b *testing.B) {
	d := benchmark(b)
	for i := range 1000 {
		if _, err := d.Exec(b.Context(), "INSERT INTO things (id, name) VALUES ($1, $2)", i, fmt.Sprint("n", i)); err != nil {
			b.Fatal(err)
		}
	}
	const text = "SELECT t.name, p.name FROM things t LEFT JOIN things p ON p.id = t.parent WHERE t.id = $1 AND t.name <> ''"
	scan := func(s db.Scanner) (name string, err error) {
		var parent sql.NullString
		err = s.Scan(&name, &parent)
		return name, err
	}
	b.Run("prepared", func(b *testing.B) {
		for i := range b.N {
			if _, err := db.One(b.Context(), d, scan, text, i%1000); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parsed", func(b *testing.B) {
		for i := range b.N {
			if _, err := db.One(b.Context(), d, scan, fmt.Sprintf("%s -- %d", text, i), i%1000); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("in a transaction", func(b *testing.B) {
		err := d.Tx(b.Context(), func(tx *db.Tx) error {
			for i := range b.N {
				if _, err := db.One(b.Context(), tx, scan, text, i%1000); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkOpen is a new database with its schema, and its end: what a test of 400 nodes does 400 times.
func BenchmarkOpen(b *testing.B) {
	for range b.N {
		d, err := db.Open(b.Context(), filepath.Join(b.TempDir(), "node.db"), db.Options{})
		if err != nil {
			b.Fatal(err)
		}
		d.Close()
	}
}
