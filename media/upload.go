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
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mr-tron/base58"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Upload receives a picture and makes it fit to show: turned upright, at most MaxSide long, without metadata. Its
// name is only used in answers. The file is loose, for a day, until Attach gives it to an item.
func (s *Store) Upload(ctx context.Context, owner int64, name string, r io.Reader, description string, focus [2]float64) (*File, error) {
	if err := checkDescription(description); err != nil {
		return nil, err
	}
	focus, err := checkFocus(focus)
	if err != nil {
		return nil, err
	}
	p, release, err := s.receive(ctx, name, r)
	if err != nil {
		return nil, err
	}
	defer release()
	bytes, mime := p.animated, p.mime
	if p.animated == nil {
		if bytes, mime, err = encode(p.Image, p.mime); err != nil {
			return nil, err
		}
	}
	f, err := s.newFile(owner, 0, p.Image, bytes, mime)
	if err != nil {
		return nil, err
	}
	f.Description, f.FocusX, f.FocusY = strings.TrimSpace(description), focus[0], focus[1]
	if err := s.keep(f.Path, bytes); err != nil {
		return nil, err
	}
	f.Preview = f.Path
	if small := shrink(p.Image, MaxSide, previewPixels); small != p.Image || p.animated != nil {
		b, mime, err := encode(small, p.mime)
		if err == nil {
			f.Preview = newName(f.ID, mime)
			err = s.keep(f.Preview, b)
		}
		if err != nil {
			s.drop([]string{f.Path})
			return nil, err
		}
	}
	return f, s.insert(ctx, f)
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
	f, err := s.newFile(owner, Profile, m, bytes, mime)
	if err != nil {
		return "", err
	}
	if err := s.keep(f.Path, bytes); err != nil {
		return "", err
	}
	return s.URL(*f), s.insert(ctx, f)
}

func (s *Store) receive(ctx context.Context, name string, r io.Reader) (*picture, func(), error) {
	tmp, err := s.spool(name, r)
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

func (s *Store) newFile(owner int64, item int64, m image.Image, b []byte, mime string) (*File, error) {
	hash, err := blur(m)
	if err != nil {
		return nil, err
	}
	id := ID(s.d.NewID())
	return &File{ID: id, Owner: owner, Item: item, Kind: "image", MIME: mime, Path: newName(id, mime), Size: int64(len(b)),
		Width: m.Bounds().Dx(), Height: m.Bounds().Dy(), Blurhash: hash, Digest: digest(b), Created: time.Now()}, nil
}

// digest is a digestMultibase: base58btc of the multihash of SHA-256 (Controlled Identifiers §2.4, §2.5).
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "z" + base58.Encode(append([]byte{0x12, 0x20}, sum[:]...))
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
