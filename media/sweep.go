// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pleio-node/pleio-node/db"
)

// looseLife is how long a file may wait to be used, and how old bytes are before they can be orphans.
const looseLife = 24 * time.Hour

// batch is how many rows or names one step of a sweep looks at: a transaction stays short.
const batch = 500

// Sweep removes what nobody can see any more: uploads that were not used within a day, files of items that are gone,
// pictures that profiles no longer show, and bytes without a row (of a crash between the two). It is run daily.
func (s *Store) Sweep(ctx context.Context) error {
	before := db.Millis(time.Now().Add(-looseLife))
	for _, part := range []struct {
		what, where string
		args        []any
	}{
		{"unused uploads", "f.item = 0 AND f.created < $1 AND NOT EXISTS (SELECT 1 FROM draft_files d WHERE d.file = f.id)", []any{before}},
		{"files of the history of deleted items", "f.item < -1 AND f.item <> -2 AND f.created < $1 AND NOT EXISTS (SELECT 1 FROM items i WHERE i.id = -f.item)", []any{before}},
		{"files of deleted items", "f.item > 0 AND f.created < $1 AND NOT EXISTS (SELECT 1 FROM items i WHERE i.id = f.item)", []any{before}},
		{"former profile pictures", `f.item = -1 AND f.created < $1 AND NOT EXISTS (SELECT 1 FROM actors a WHERE a.id = f.owner AND a.deleted = 0
			AND (a.icon = CAST($2 AS TEXT) || f.path OR a.image = CAST($2 AS TEXT) || f.path))`, []any{before, s.prefix()}},
	} {
		if err := s.sweepRows(ctx, part.where, part.args); err != nil {
			return fmt.Errorf("sweep %s: %w", part.what, err)
		}
	}
	if err := s.sweepBytes(ctx); err != nil {
		return fmt.Errorf("sweep bytes without a row: %w", err)
	}
	return nil
}

func (s *Store) sweepRows(ctx context.Context, where string, args []any) error {
	for {
		ids, err := db.All(ctx, s.d, db.Scalar[int64], fmt.Sprintf("SELECT f.id FROM files f WHERE %s LIMIT %d", where, batch), args...)
		if err != nil || len(ids) == 0 {
			return err
		}
		err = s.d.Tx(ctx, func(tx *db.Tx) error {
			// The condition is asked again: a file may have been used since.
			marks, all := db.In(args, ids)
			both := where + " AND f.id IN (" + marks + ")"
			names, err := namesOf(ctx, tx, "WHERE "+both, all...)
			if err != nil {
				return err
			}
			tx.After(func() { s.drop(names) })
			_, err = tx.Exec(ctx, "DELETE FROM files AS f WHERE "+both, all...)
			return err
		})
		if err != nil || len(ids) < batch {
			return err
		}
	}
}

func (s *Store) sweepBytes(ctx context.Context) error {
	old := time.Now().Add(-looseLife)
	if err := removeOlder(filepath.Join(s.dir, "tmp"), old); err != nil {
		return err
	}
	root := filepath.Join(s.dir, "files")
	var names []string
	err := filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return ignoreMissing(err)
		}
		info, err := e.Info()
		if err != nil || info.ModTime().After(old) {
			return ignoreMissing(err)
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		if names = append(names, filepath.ToSlash(name)); len(names) < batch {
			return nil
		}
		err = s.dropOrphans(ctx, names)
		names = names[:0]
		return err
	})
	if err != nil {
		return err
	}
	return s.dropOrphans(ctx, names)
}

// dropOrphans removes those files whose row, by the id in their name, is not there. Names that are not ours stay.
func (s *Store) dropOrphans(ctx context.Context, names []string) error {
	var ids []ID
	for _, name := range names {
		if id := idOf(name); id != 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	marks, args := db.In(nil, ids)
	found, err := db.All(ctx, s.d, db.Scalar[int64], "SELECT id FROM files WHERE id IN ("+marks+")", args...)
	if err != nil {
		return err
	}
	kept := make(map[ID]bool, len(found))
	for _, id := range found {
		kept[ID(id)] = true
	}
	for _, name := range names {
		if id := idOf(name); id != 0 && !kept[id] {
			s.drop([]string{name})
		}
	}
	return nil
}

func removeOlder(dir string, old time.Time) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return ignoreMissing(err)
	}
	for _, e := range list {
		if info, err := e.Info(); err == nil && info.ModTime().Before(old) {
			os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
