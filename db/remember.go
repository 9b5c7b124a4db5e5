// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"sync"

	"modernc.org/sqlite"
)

// remembered are the tables of which rows can be remembered, and by what: the number of the column with the key, or
// rowid for the primary key.
var remembered = map[string]int{"actors": rowid, "items": rowid, "recipients": 0, "tags": 1, "files": 2}

const (
	rowid          = -1
	mostRemembered = 4096 // keys of one table: some megabytes when all are in use
)

// Remember returns what load finds under the keys of a table named in remembered. What was found before, and was not
// changed since, is not asked for again; a key that load leaves out is asked for each time. The values are shared with
// every other caller: copy one before changing it.
//
// Access is never remembered, only what rows say: ask the gate first, then for the rows. In a transaction and on
// PostgreSQL, where other processes write too, everything is loaded.
func Remember[K ~int64, V any](ctx context.Context, q Q, table string, keys []K, load func(context.Context, Q, []K) (map[K]V, error)) (map[K]V, error) {
	if !Remembers(q) {
		return load(ctx, q, keys)
	}
	shelf := q.(*DB).memory[table]
	found := make(map[K]V, len(keys))
	var missing []K
	shelf.mu.Lock()
	for _, key := range keys {
		if value, ok := shelf.rows[int64(key)]; ok {
			found[key] = value.(V)
		} else {
			missing = append(missing, key)
		}
	}
	changes := shelf.changes
	shelf.mu.Unlock()
	if len(missing) == 0 {
		return found, nil
	}
	loaded, err := load(ctx, q, missing)
	if err != nil {
		return nil, err
	}
	shelf.mu.Lock()
	defer shelf.mu.Unlock()
	for key, value := range loaded {
		found[key] = value
		if shelf.changes == changes { // else it may have been read before the change
			shelf.keep(int64(key), value)
		}
	}
	return found, nil
}

// Remembers tells whether Remember remembers: to read ids first and then rows is for nothing when it does not.
func Remembers(q Q) bool {
	d, ok := q.(*DB)
	return ok && !d.postgres
}

// shelf holds what is remembered of one table.
type shelf struct {
	mu      sync.Mutex
	rows    map[int64]any
	changes int64 // how often something changed
}

func (s *shelf) keep(key int64, value any) {
	if s.rows == nil {
		s.rows = map[int64]any{}
	}
	for other := range s.rows { // any one: what is asked for often soon comes back
		if len(s.rows) < mostRemembered {
			break
		}
		delete(s.rows, other)
	}
	s.rows[key] = value
}

func (s *shelf) forget(keys map[int64]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	for key := range keys {
		delete(s.rows, key)
	}
}

// Forget drops all that is remembered: another process has written to the database.
func (d *DB) Forget() {
	for _, s := range d.memory {
		s.mu.Lock()
		s.changes++
		s.rows = nil
		s.mu.Unlock()
	}
}

func newMemory() map[string]*shelf {
	m := make(map[string]*shelf, len(remembered))
	for table := range remembered {
		m[table] = &shelf{}
	}
	return m
}

// changed collects the keys of rows that the open transaction changes; it belongs to whoever has the turn. What is rolled
// back is in it too, which does no harm.
type changed map[string]map[int64]bool

// note is called by SQLite before it changes a row, on behalf of a foreign key too.
func (c changed) note(p sqlite.SQLitePreUpdateData) {
	column, ok := remembered[p.TableName]
	if !ok {
		return
	}
	if column == rowid {
		c.add(p.TableName, p.OldRowID)
		c.add(p.TableName, p.NewRowID)
		return
	}
	for _, row := range []func(...any) error{p.Old, p.New} {
		values := make([]any, column+1)
		if row(values...) == nil { // there is no old row before an INSERT, and no new one after a DELETE
			if key, ok := values[column].(int64); ok {
				c.add(p.TableName, key)
			}
		}
	}
}

func (c changed) add(table string, key int64) {
	if c[table] == nil {
		c[table] = map[int64]bool{}
	}
	c[table][key] = true
}

// forget is called when the change can be read by others, before anybody is told of it.
func (w *writer) forget() {
	for table, keys := range w.changed {
		w.memory[table].forget(keys)
		delete(w.changed, table)
	}
}

// watch has SQLite tell of every row that it is about to change.
func (w *writer) watch() error {
	return w.conn.Raw(func(conn any) error {
		conn.(sqlite.HookRegisterer).RegisterPreUpdateHook(w.changed.note)
		return nil
	})
}
