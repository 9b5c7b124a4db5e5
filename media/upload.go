// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mr-tron/base58"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Upload receives a file. A picture is made fit to show: turned upright, at most MaxSide long, without metadata. A document is kept as it
// is, under its name. A recording is Waiting, and a job makes it fit to show: see Wait. The file is loose, for a day, until Attach
// gives it to an item.
func (s *Store) Upload(ctx context.Context, owner int64, name string, r io.Reader, description string, focus [2]float64) (*File, error) {
	if err := checkDescription(description); err != nil {
		return nil, err
	}
	focus, err := checkFocus(focus)
	if err != nil {
		return nil, err
	}
	if err := s.checkLoose(ctx, owner); err != nil {
		return nil, err
	}
	tmp, err := s.spool(name, r, MaxVideoBytes)
	if err != nil {
		return nil, err
	}
	defer discard(tmp)
	head, size, err := look(tmp)
	if err != nil {
		return nil, err
	}
	f := &File{ID: ID(s.d.NewID()), Owner: owner, Description: strings.TrimSpace(description), FocusX: focus[0], FocusY: focus[1]}
	mime := sniff(head)
	switch {
	case demuxer(mime) != "":
		return f, s.addRecording(ctx, f, name, mime, tmp, size)
	case size > MaxBytes:
		return nil, tooLarge(name, MaxBytes)
	case strings.HasPrefix(mime, "image/"):
		b, err := io.ReadAll(tmp)
		if err != nil {
			return nil, fmt.Errorf("read a received file: %w", err)
		}
		return f, s.addPicture(ctx, f, name, b)
	}
	return f, s.addDocument(ctx, f, name, tmp, size, head)
}

// look reads the beginning of a file, and leaves it where it stands.
func look(tmp *os.File) (head []byte, size int64, err error) {
	info, err := tmp.Stat()
	if err != nil {
		return nil, 0, fmt.Errorf("look at a file: %w", err)
	}
	head = make([]byte, min(sniffed, info.Size()))
	if _, err := tmp.ReadAt(head, 0); err != nil {
		return nil, 0, fmt.Errorf("look at a file: %w", err)
	}
	return head, info.Size(), nil
}

func sniffFile(f *os.File) (string, error) {
	head, _, err := look(f)
	return sniff(head), err
}

// checkLoose refuses what one person sends without ever using it: such files fill the disk until they are swept away.
func (s *Store) checkLoose(ctx context.Context, owner int64) error {
	var count, bytes int64
	_, err := db.One(ctx, s.d, func(r db.Scanner) (x struct{}, err error) { return x, r.Scan(&count, &bytes) },
		"SELECT COUNT(*), CAST(COALESCE(SUM(f.size), 0) AS BIGINT) FROM files f WHERE f.owner = $1 AND f.item = 0", owner)
	if err != nil {
		return fmt.Errorf("count files of %d that are not used: %w", owner, err)
	}
	if count >= maxLoose || bytes >= maxLooseBytes {
		return fault.Say(fault.Invalid, "You have sent %d files that are in no post, and that is enough. Use or delete some of them, or wait a day: then they are removed.", count)
	}
	return nil
}

// addPicture makes a picture fit to show, and keeps it with a small version.
func (s *Store) addPicture(ctx context.Context, f *File, name string, b []byte) error {
	p, release, err := s.decode(ctx, name, b)
	if err != nil {
		return err
	}
	defer release()
	bytes, mime := p.animated, p.mime
	if p.animated == nil {
		if bytes, mime, err = encode(p.Image, p.mime); err != nil {
			return err
		}
	}
	if err := f.shows(p.Image, bytes, mime); err != nil {
		return err
	}
	if err := s.keep(f.Path, bytes); err != nil {
		return err
	}
	f.Preview = f.Path
	if small := shrink(p.Image, MaxSide, previewPixels); small != p.Image || p.animated != nil {
		b, mime, err := encode(small, p.mime)
		if err == nil {
			f.Preview = newName(f.ID, extension(mime))
			err = s.keep(f.Preview, b)
		}
		if err != nil {
			s.drop([]string{f.Path})
			return err
		}
	}
	return s.insert(ctx, f)
}

// Avatar receives the picture of a profile, "icon" (400 × 400) or "image" (1500 × 500), and returns its address, to be written into
// the actor's column of that name. The one before it is swept away a day after.
func (s *Store) Avatar(ctx context.Context, owner int64, r io.Reader, kind string) (string, error) {
	width, height := 400, 400
	if kind == "image" {
		width, height = 1500, 500
	}
	p, release, err := s.receive(ctx, "", r)
	if err != nil {
		return "", err
	}
	defer release()
	m := cover(p.Image, width, height)
	bytes, mime, err := encode(m, p.mime)
	if err != nil {
		return "", err
	}
	f := &File{ID: ID(s.d.NewID()), Owner: owner, Item: Profile}
	if err := f.shows(m, bytes, mime); err != nil {
		return "", err
	}
	if err := s.keep(f.Path, bytes); err != nil {
		return "", err
	}
	return s.URL(*f, owner), s.insert(ctx, f)
}

func (s *Store) receive(ctx context.Context, name string, r io.Reader) (*picture, func(), error) {
	tmp, err := s.spool(name, r, MaxBytes)
	if err != nil {
		return nil, nil, err
	}
	defer discard(tmp)
	b, err := io.ReadAll(tmp)
	if err != nil {
		return nil, nil, fmt.Errorf("read a received file: %w", err)
	}
	return s.decode(ctx, name, b)
}

// shows makes the file one of a picture and of its bytes.
func (f *File) shows(m image.Image, b []byte, mime string) error {
	hash, err := blur(m)
	if err != nil {
		return err
	}
	f.Kind, f.MIME, f.Path, f.Size, f.Blurhash, f.Digest, f.Created = "image", mime, newName(f.ID, extension(mime)), int64(len(b)), hash, digest(b), time.Now()
	f.Width, f.Height = m.Bounds().Dx(), m.Bounds().Dy()
	return nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return multibase(sum[:])
}

// multibase makes a digestMultibase of a SHA-256: base58btc of its multihash (Controlled Identifiers §2.4, §2.5).
func multibase(sum []byte) string { return "z" + base58.Encode(append([]byte{0x12, 0x20}, sum...)) }

// sumOf is the SHA-256 in a digestMultibase; nil when it is another digest.
func sumOf(digest string) []byte {
	text, multi := strings.CutPrefix(digest, "z")
	b, err := base58.Decode(text)
	if !multi || err != nil || len(b) != 2+sha256.Size || b[0] != 0x12 || b[1] != 0x20 {
		return nil
	}
	return b[2:]
}

// insert leaves the bytes alone when it fails, for a commit may have happened although it seems to have failed: if it did
// not, Sweep finds them.
func (s *Store) insert(ctx context.Context, f *File) error {
	err := s.d.Tx(ctx, func(tx *db.Tx) error { return insertFile(ctx, tx, f, 0) })
	if err != nil {
		return fmt.Errorf("add file of %d: %w", f.Owner, err)
	}
	return nil
}

func checkDescription(text string) error {
	if n := utf8.RuneCountInString(text); n > MaxDescription {
		return fault.Say(fault.Invalid, "The description is too long: %d characters of at most %d.", n, MaxDescription)
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return fault.Say(fault.Invalid, "The description contains characters that cannot be read.")
	}
	return nil
}

// checkFocus: the point that must stay in sight, from (-1,-1) at the lower left to (1,1).
func checkFocus(focus [2]float64) ([2]float64, error) {
	for i, v := range focus {
		if math.IsNaN(v) {
			return focus, fault.Say(fault.Invalid, "The focal point must be two numbers between -1 and 1.")
		}
		focus[i] = min(1, max(-1, v))
	}
	return focus, nil
}
