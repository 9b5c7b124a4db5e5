// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Files that go into the archive of a group, and come out of one. What an archive brings of people elsewhere has both a Remote, where its
// author's node has it, and a Path: our copy, which is shown, and which is no cache.

// brought are types of files that are never made here, but come in archives: what their names end in. What none of our types
// is gets anyFile, and is for the disk of who asks.
var brought = map[string]string{".webp": "image/webp", ".avif": "image/avif", ".webm": "video/webm", ".mov": "video/quicktime", ".flac": "audio/flac",
	".wav": "audio/wav", ".aac": "audio/aac", anyFile: anyType}

const (
	anyFile = ".bin"
	anyType = "application/octet-stream"
)

// Bytes opens the bytes of a file: ours, or our copy of one of another node, which is fetched when it is not here.
func (s *Store) Bytes(ctx context.Context, f File) (*os.File, error) {
	switch {
	case idOf(f.Path) != 0:
		b, err := os.Open(s.file(f.Path))
		if errors.Is(err, os.ErrNotExist) {
			return nil, errMissing
		}
		return b, err
	case f.Remote == "":
		return nil, errMissing
	case f.Kind == "image" && !f.Private:
		return s.proxied.open(ctx, pictureAt(f.Remote))
	}
	return s.kept.open(ctx, f.wanted())
}

// PreviewBytes opens the small version of one of our files; nil when there is none of its own.
func (s *Store) PreviewBytes(f File) (*os.File, error) {
	if f.Preview == "" || f.Preview == f.Path || idOf(f.Preview) == 0 {
		return nil, nil
	}
	b, err := os.Open(s.file(f.Preview))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// PictureOf is the picture of a profile that one of ours shows at an address; nil when it is none of our files.
func (s *Store) PictureOf(ctx context.Context, q db.Q, owner int64, address string) (*File, error) {
	name, ours := strings.CutPrefix(address, s.prefix())
	if !ours || idOf(name) == 0 {
		return nil, nil
	}
	f, err := db.One(ctx, q, scan, "SELECT "+columns+" FROM files f WHERE f.id = $1 AND f.owner = $2 AND f.path = $3", idOf(name), owner, name)
	if errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	return f, err
}

// SHA256 is the SHA-256 in a digestMultibase as hexadecimal text; "" when it is another digest.
func SHA256(digest string) string {
	sum := sumOf(digest)
	if sum == nil {
		return ""
	}
	return hex.EncodeToString(sum)
}

// Named is the address that a name in the store has, and the number in it; 0 when it is no such name.
func Named(name string) ID { return idOf(name) }

// Shelve keeps bytes that an archive holds, as a file without a row yet: Put makes the row, Unshelve throws the bytes away again, and so
// does Sweep after a day. What f says of itself stays; what its bytes tell is set from them. The name of before is taken again when f has
// one, it belongs to the number of f, and nothing else has it.
func (s *Store) Shelve(f *File, r io.Reader) error {
	tmp, err := s.temp()
	if err != nil {
		return fmt.Errorf("keep a file of an archive: %w", err)
	}
	defer discard(tmp)
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(tmp, sum), r)
	if err != nil {
		return fmt.Errorf("keep a file of an archive: %w", err)
	}
	end, mime, err := ending(tmp, size, f.MIME)
	if err != nil {
		return err
	}
	name := newName(f.ID, end)
	if idOf(f.Path) == f.ID && strings.HasSuffix(f.Path, end) && !s.has(f.Path) {
		name = f.Path
	}
	if err := s.place(tmp, name); err != nil {
		return fmt.Errorf("keep a file of an archive: %w", err)
	}
	f.Path, f.MIME, f.Size, f.Digest = name, mime, size, multibase(sum.Sum(nil))
	if kind, _, _ := strings.Cut(mime, "/"); f.Kind != "gifv" || kind != "video" {
		f.Kind = kindOf(mime)
	}
	return nil
}

func (s *Store) has(name string) bool {
	_, err := os.Stat(s.file(name))
	return err == nil
}

// ShelvePreview keeps the small version of a picture or recording that was shelved.
func (s *Store) ShelvePreview(f *File, r io.Reader) error {
	small := File{ID: f.ID}
	if err := s.Shelve(&small, r); err != nil {
		return err
	}
	if small.Kind == "image" {
		f.Preview = small.Path
		return nil
	}
	s.drop([]string{small.Path})
	return nil
}

// ending tells how the name of a file ends, and its type: by its bytes, and of what these do not tell by what is said of it.
func ending(tmp *os.File, size int64, said string) (end, mime string, err error) {
	if size == 0 {
		return anyFile, anyType, nil
	}
	head, _, err := look(tmp)
	if err != nil {
		return "", "", err
	}
	mime = sniff(head)
	if mime == "" && slices.Contains(documents, said) {
		mime = said
	}
	if end = extension(mime); end != "" {
		return end, mime, nil
	}
	for end, each := range brought {
		if each == mime {
			return end, mime, nil
		}
	}
	return anyFile, anyType, nil
}

// Unshelve throws away the bytes of files that got no row.
func (s *Store) Unshelve(files ...*File) {
	for _, f := range files {
		if f.Preview != f.Path {
			s.drop([]string{f.Preview})
		}
		s.drop([]string{f.Path})
	}
}

// Put makes the row of a file that was shelved, or of one that is only elsewhere: of an item (of a former version of it: less than 0),
// or of a profile.
func Put(ctx context.Context, tx *db.Tx, f *File, position int) error {
	f.Created, f.Name = time.Now(), cleanName(f.Name)
	f.tidy()
	f.Width, f.Height, f.Size = max(f.Width, 0), max(f.Height, 0), max(f.Size, 0)
	if f.Duration = max(f.Duration, 0); math.IsInf(f.Duration, 0) || math.IsNaN(f.Duration) {
		f.Duration = 0
	}
	if err := insertFile(ctx, tx, f, position); err != nil {
		return fmt.Errorf("add file of item %d: %w", f.Item, err)
	}
	return nil
}

// Replace puts a file that was shelved in the place of the row of the same file of another node.
func Replace(ctx context.Context, tx *db.Tx, old File, f *File, position int) error {
	if _, err := tx.Exec(ctx, "DELETE FROM files WHERE id = $1 AND remote <> ''", old.ID); err != nil {
		return fmt.Errorf("replace file %d: %w", old.ID, err)
	}
	f.Owner, f.Item = old.Owner, old.Item
	return Put(ctx, tx, f, position)
}

// Taken tells whether there is a file with a number.
func Taken(ctx context.Context, q db.Q, id ID) (bool, error) {
	n, err := db.One(ctx, q, db.Scalar[int], "SELECT COUNT(*) FROM files WHERE id = $1", id)
	return n > 0, err
}
