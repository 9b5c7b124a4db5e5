// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

const columns = `f.id, f.owner, f.item, f.kind, f.mime, f.path, f.preview, f.remote, f.size, f.width, f.height, f.duration,
	f.blurhash, f.description, f.focus_x, f.focus_y, f.digest, f.created, f.state, f.error, f.name,
	f.item NOT IN (0, -1, -2) AND COALESCE((SELECT i.audience FROM items i WHERE i.id = ABS(f.item)), 3) > 1`

func scan(row db.Scanner) (*File, error) {
	var f File
	var created int64
	err := row.Scan(&f.ID, &f.Owner, &f.Item, &f.Kind, &f.MIME, &f.Path, &f.Preview, &f.Remote, &f.Size, &f.Width, &f.Height, &f.Duration,
		&f.Blurhash, &f.Description, &f.FocusX, &f.FocusY, &f.Digest, &created, &f.State, &f.Error, &f.Name, &f.Private)
	f.Created = db.FromMillis(created)
	return &f, err
}

func insertFile(ctx context.Context, tx *db.Tx, f *File, position int) error {
	_, err := tx.Exec(ctx, `INSERT INTO files (id, owner, item, position, kind, mime, path, preview, remote, size, width, height, duration,
		blurhash, description, focus_x, focus_y, digest, created, state, error, name)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
		f.ID, f.Owner, f.Item, position, f.Kind, f.MIME, f.Path, f.Preview, f.Remote, f.Size, f.Width, f.Height, f.Duration,
		f.Blurhash, f.Description, f.FocusX, f.FocusY, f.Digest, db.Millis(f.Created), f.State, f.Error, f.Name)
	return err
}

// Get returns somebody's own file. Those of others do not exist.
func (s *Store) Get(ctx context.Context, q db.Q, owner int64, id ID) (*File, error) {
	f, err := db.One(ctx, q, scan, "SELECT "+columns+" FROM files f WHERE f.id = $1 AND f.owner = $2 AND f.path <> '' AND f.item >= 0", id, owner)
	if errors.Is(err, fault.NotFound) {
		return nil, fault.Say(fault.NotFound, "There is no such file of yours.")
	}
	if err != nil {
		return nil, fmt.Errorf("load file %d: %w", id, err)
	}
	return f, nil
}

// Describe changes the alternative text or the focal point of somebody's own file; nil leaves either as it is.
func (s *Store) Describe(ctx context.Context, tx *db.Tx, owner int64, id ID, description *string, focus *[2]float64) (*File, error) {
	f, err := s.Get(ctx, tx, owner, id)
	if err != nil {
		return nil, err
	}
	if description != nil {
		if err := checkDescription(*description); err != nil {
			return nil, err
		}
		f.Description = strings.TrimSpace(*description)
	}
	if focus != nil {
		point, err := checkFocus(*focus)
		if err != nil {
			return nil, err
		}
		f.FocusX, f.FocusY = point[0], point[1]
	}
	if _, err := tx.Exec(ctx, "UPDATE files SET description = $1, focus_x = $2, focus_y = $3 WHERE id = $4", f.Description, f.FocusX, f.FocusY, id); err != nil {
		return nil, fmt.Errorf("describe file %d: %w", id, err)
	}
	return f, nil
}

// Delete removes somebody's own file that is in no post.
func (s *Store) Delete(ctx context.Context, owner int64, id ID) error {
	err := s.d.Tx(ctx, func(tx *db.Tx) error {
		f, err := s.Get(ctx, tx, owner, id)
		if err != nil {
			return err
		}
		if f.Item != 0 {
			return fault.Say(fault.Invalid, "The file is used in a post: delete the post, or take the file out of it, first.")
		}
		waits, err := db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM draft_files WHERE file = $1", id)
		if err != nil {
			return err
		}
		if waits > 0 {
			return fault.Say(fault.Invalid, "The file waits for a scheduled post: delete that first.")
		}
		tx.After(func() { s.drop([]string{f.Path, f.Preview}) })
		_, err = tx.Exec(ctx, "DELETE FROM files WHERE id = $1", id)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete file %d: %w", id, err)
	}
	return nil
}

// Thumbnail receives another small version of somebody's own file: the picture that stands for it until it plays, or is opened.
func (s *Store) Thumbnail(ctx context.Context, owner int64, id ID, name string, r io.Reader) error {
	if _, err := s.Get(ctx, s.d, owner, id); err != nil {
		return err
	}
	p, release, err := s.receive(ctx, name, r)
	if err != nil {
		return err
	}
	defer release()
	small, hash, err := s.preview(id, p)
	if err != nil {
		return err
	}
	err = s.d.Tx(ctx, func(tx *db.Tx) error {
		f, err := s.Get(ctx, tx, owner, id)
		if err != nil {
			return err
		}
		if f.Preview != f.Path {
			tx.After(func() { s.drop([]string{f.Preview}) })
		}
		_, err = tx.Exec(ctx, "UPDATE files SET preview = $1, blurhash = $2 WHERE id = $3", small, hash, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the thumbnail of file %d: %w", id, err)
	}
	return nil
}

// Change is what somebody says anew about a file; nil leaves it as it is.
type Change struct {
	ID          ID
	Description *string
	Focus       *[2]float64
}

// Attach makes these the files of an item, in this order: the owner's own, loose, already there, or there before an edit. Those that
// were there and are not named stay for its history.
func Attach(ctx context.Context, tx *db.Tx, item int64, owner int64, ids []ID) error {
	if len(ids) > MaxFiles {
		return fault.Say(fault.Invalid, "A post can have at most %d files, and this one would have %d.", MaxFiles, len(ids))
	}
	if _, err := tx.Exec(ctx, "UPDATE files SET item = -item, position = 0 WHERE item = $1 AND item > 0 AND owner = $2 AND remote = ''", item, owner); err != nil {
		return fmt.Errorf("detach files of item %d: %w", item, err)
	}
	if len(ids) == 0 {
		return nil
	}
	marks, args := db.In([]any{owner}, ids)
	found, err := db.All(ctx, tx, scan, "SELECT "+columns+" FROM files f WHERE f.owner = $1 AND f.path <> '' AND f.id IN ("+marks+")", args...)
	if err != nil {
		return fmt.Errorf("load files of item %d: %w", item, err)
	}
	byID := make(map[ID]*File, len(found))
	for _, f := range found {
		byID[f.ID] = f
	}
	marks, args = db.In(nil, ids)
	waiting, err := db.All(ctx, tx, db.Scalar[ID], "SELECT file FROM draft_files WHERE file IN ("+marks+")", args...)
	if err != nil {
		return fmt.Errorf("load files that wait: %w", err)
	}
	for position, id := range ids {
		if slices.Contains(waiting, id) {
			return fault.Say(fault.Invalid, "The file %d waits for a scheduled post. Send it once more to use it now.", id)
		}
		switch f := byID[id]; {
		case f == nil || f.Item == Profile || f.Item == Symbol:
			return fault.Say(fault.Invalid, "The file %d does not exist, or is not yours. Files that are not used within a day are removed: send it again.", id)
		case f.State == Waiting:
			return fault.Say(fault.Invalid, "The file %d has not finished processing. Try again in a moment.", id)
		case f.State == Failed:
			return fault.Say(fault.Invalid, "The file %d cannot be used: %s", id, f.Error)
		case f.Item != 0 && f.Item != -item:
			return fault.Say(fault.Invalid, "The file %d is used already. Send it once more to use it again.", id)
		default:
			f.Item = item // so that naming it twice is noticed
		}
		if _, err := tx.Exec(ctx, "UPDATE files SET item = $1, position = $2 WHERE id = $3", item, position, id); err != nil {
			return fmt.Errorf("attach file %d to item %d: %w", id, item, err)
		}
	}
	return nil
}

// AddRemote makes these the files of another node's item, in this order, in the place of those it had. Of each file only what
// describes it and Remote are used; what has no address for the web is left out, and so is what is over MaxRemote.
func AddRemote(ctx context.Context, tx *db.Tx, item int64, owner int64, files []File) error {
	if _, err := tx.Exec(ctx, "DELETE FROM files WHERE item = $1 AND item > 0 AND remote <> ''", item); err != nil {
		return fmt.Errorf("replace files of item %d: %w", item, err)
	}
	position := 0
	for _, f := range files {
		u, err := url.Parse(f.Remote)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || len(f.Remote) > 2048 || position == MaxRemote {
			continue
		}
		f.ID, f.Owner, f.Item, f.Path, f.Preview, f.Created = ID(tx.DB().NewID()), owner, item, "", "", time.Now()
		f.tidy()
		if err := insertFile(ctx, tx, &f, position); err != nil {
			return fmt.Errorf("add file of item %d: %w", item, err)
		}
		position++
	}
	return nil
}

// tidy leaves of what others say about a file what can be kept.
func (f *File) tidy() {
	f.MIME, f.Blurhash, f.Digest = short(f.MIME, 100), short(f.Blurhash, 100), short(f.Digest, 200)
	if f.Kind == "" {
		f.Kind = kindOf(f.MIME)
	}
	f.Description = strings.ToValidUTF8(strings.ReplaceAll(f.Description, "\x00", ""), "")
	if r := []rune(f.Description); len(r) > 4*MaxDescription {
		f.Description = string(r[:4*MaxDescription]) + "…"
	}
	if focus, err := checkFocus([2]float64{f.FocusX, f.FocusY}); err == nil {
		f.FocusX, f.FocusY = focus[0], focus[1]
	} else {
		f.FocusX, f.FocusY = 0, 0
	}
}

// short leaves out what is longer than any such value can be.
func short(text string, bytes int) string {
	if len(text) > bytes || strings.ToValidUTF8(text, "") != text || strings.ContainsRune(text, 0) {
		return ""
	}
	return text
}

func kindOf(mime string) string {
	kind, _, _ := strings.Cut(mime, "/")
	if slices.Contains([]string{"image", "video", "audio"}, kind) {
		return kind
	}
	return "unknown"
}

// Of returns the files of items, in order, in one query.
func Of(ctx context.Context, q db.Q, items []int64) (map[int64][]File, error) {
	return db.Remember(ctx, q, "files", items, func(ctx context.Context, q db.Q, items []int64) (map[int64][]File, error) {
		marks, args := db.In(nil, items)
		all, err := db.All(ctx, q, scan,
			"SELECT "+columns+" FROM files f WHERE f.item > 0 AND f.item IN ("+marks+") ORDER BY f.item, f.position", args...)
		if err != nil {
			return nil, fmt.Errorf("load files: %w", err)
		}
		files := make(map[int64][]File, len(items))
		for _, item := range items {
			files[item] = nil // to remember that there is none
		}
		for _, f := range all {
			files[f.Item] = append(files[f.Item], *f)
		}
		return files, nil
	})
}

// RemoveOf removes the files of an item, also those it had before an edit: the rows with the transaction, the bytes after it.
func (s *Store) RemoveOf(ctx context.Context, tx *db.Tx, item int64) error {
	kept, err := db.All(ctx, tx, scan, "SELECT "+columns+" FROM files f WHERE f.item = $1 AND f.item > 0 AND f.remote <> ''", item)
	if err != nil {
		return fmt.Errorf("remove files of item %d: %w", item, err)
	}
	for where, id := range map[string]int64{"item > 0 AND item = $1": item, "item < -1 AND item = $1": -item} {
		names, err := namesOf(ctx, tx, "WHERE "+where, id)
		if err == nil {
			_, err = tx.Exec(ctx, "DELETE FROM files WHERE "+where, id)
		}
		if err != nil {
			return fmt.Errorf("remove files of item %d: %w", item, err)
		}
		tx.After(func() { s.drop(names) })
	}
	var private []File
	for _, f := range kept {
		if f.Private {
			private = append(private, *f)
		}
	}
	return s.discardKept(ctx, tx, private)
}

// Detach makes the files of an item that goes away loose again, so that they can be used once more: for as long as a new one.
func Detach(ctx context.Context, tx *db.Tx, item, owner int64) error {
	_, err := tx.Exec(ctx, "UPDATE files SET item = 0, position = 0, created = $1 WHERE item = $2 AND item > 0 AND owner = $3 AND remote = ''",
		db.Millis(time.Now()), item, owner)
	if err != nil {
		return fmt.Errorf("detach files of item %d: %w", item, err)
	}
	return nil
}

// Keep keeps loose files of somebody for a draft, until it is deleted.
func Keep(ctx context.Context, tx *db.Tx, draft, owner int64, ids []ID) error {
	if len(ids) > MaxFiles {
		return fault.Say(fault.Invalid, "A post can have at most %d files, and this one would have %d.", MaxFiles, len(ids))
	}
	for _, id := range ids {
		res, err := tx.Exec(ctx, `INSERT INTO draft_files (file, draft) SELECT f.id, CAST($1 AS BIGINT) FROM files f WHERE f.id = $2 AND f.owner = $3 AND f.item = 0
			ON CONFLICT (file) DO NOTHING`, draft, id, owner)
		if err != nil {
			return fmt.Errorf("keep file %d: %w", id, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fault.Say(fault.Invalid, "The file %d does not exist, is not yours, or is used already. Send it once more to use it.", id))
		}
	}
	return nil
}

// Release makes the files that a draft keeps loose again, for as long as new ones.
func Release(ctx context.Context, tx *db.Tx, draft int64) error {
	_, err := tx.Exec(ctx, "UPDATE files SET created = $1 WHERE item = 0 AND id IN (SELECT file FROM draft_files WHERE draft = $2)", db.Millis(time.Now()), draft)
	if err != nil {
		return fmt.Errorf("release files of draft %d: %w", draft, err)
	}
	return nil
}

// OfDrafts returns the files that drafts keep, in one query.
func OfDrafts(ctx context.Context, q db.Q, drafts []int64) (map[int64][]File, error) {
	files := make(map[int64][]File)
	marks, args := db.In(nil, drafts)
	_, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var draft int64
		f, err := scan(after{r, &draft})
		if err == nil {
			files[draft] = append(files[draft], *f)
		}
		return x, err
	}, "SELECT d.draft, "+columns+" FROM draft_files d JOIN files f ON f.id = d.file WHERE d.draft IN ("+marks+") ORDER BY f.id", args...)
	if err != nil {
		return nil, fmt.Errorf("load files of drafts: %w", err)
	}
	return files, nil
}

// after scans a row whose first column is not of the file.
type after struct {
	db.Scanner
	first *int64
}

func (a after) Scan(into ...any) error { return a.Scanner.Scan(append([]any{a.first}, into...)...) }

// namesOf returns the names in the store of some rows.
func namesOf(ctx context.Context, q db.Q, where string, args ...any) ([]string, error) {
	files, err := db.All(ctx, q, scan, "SELECT "+columns+" FROM files f "+where, args...)
	var names []string
	for _, f := range files {
		names = append(names, f.Path, f.Preview)
	}
	return names, err
}
