// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pleio-node/pleio-node/fault"
)

// Archive is an archive that is whole: every byte is the one that was written, and what it says fits together.
type Archive struct {
	Manifest Manifest

	name  string
	f     *os.File
	parts map[string]*zip.File
	kinds map[string]int // how many parts of lines there are of each kind
}

// Open reads an archive and checks all of it, before anything is believed: the checksums of the parts and the seal over every byte, the
// chain of the log up to its head, the digest of the members, and that what names something finds it. The error says what is wrong.
func Open(ctx context.Context, name string) (*Archive, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fault.Say(fault.Invalid, "%s cannot be read: %s", name, err)
	}
	a := &Archive{name: name, f: f, parts: map[string]*zip.File{}, kinds: map[string]int{}}
	if err := a.check(ctx); err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

// Close lets go of the file.
func (a *Archive) Close() error { return a.f.Close() }

// wrong is the error that something is wrong with the archive.
func (a *Archive) wrong(format string, args ...any) error {
	return fault.Say(fault.Invalid, "%s %s", a.name, fmt.Sprintf(format, args...))
}

func (a *Archive) check(ctx context.Context) error {
	info, err := a.f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return a.wrong("is not a file.")
	}
	has, holds, err := sealed(a.f, info.Size())
	if err != nil {
		return fmt.Errorf("read %s: %w", a.name, err)
	}
	// Where the seal does not hold the parts tell what has happened.
	if err := a.directory(info.Size(), has); err != nil {
		return err
	}
	if err := a.sums(ctx); err != nil {
		return err
	}
	if !has || !holds {
		return a.wrong("has been changed since it was written: its parts are whole, but the seal at its end is not that of these bytes.")
	}
	return a.understand(ctx)
}

// directory reads which parts there are, and refuses what no archive has before any of it is read.
func (a *Archive) directory(size int64, sealed bool) error {
	head := make([]byte, 4)
	if n, err := a.f.ReadAt(head, 0); err != nil && n < len(head) || string(head) != "PK\x03\x04" {
		return a.wrong("is no archive of a group.")
	}
	z, err := zip.NewReader(a.f, size)
	switch {
	case err != nil && !sealed:
		return a.wrong("is not whole: its end is missing. Copy it once more from where it was made.")
	case err != nil:
		return a.wrong("is damaged: the list of its parts cannot be read. Copy it once more from where it was made.")
	case len(z.File) > maxParts:
		return a.wrong("has %d parts, which is more than any archive of a group has.", len(z.File))
	}
	unpacked := uint64(0)
	for _, part := range z.File {
		limit := uint64(maxPart)
		switch {
		case part.Name == sumsPart:
			limit = maxSums
		case strings.HasPrefix(part.Name, filesFolder):
			limit = maxFile
		default:
			unpacked += part.UncompressedSize64
		}
		switch {
		case !partName.MatchString(part.Name):
			return a.wrong("has a part with the name %q, which no archive of a group has. Nothing of it was used.", part.Name)
		case a.parts[part.Name] != nil:
			return a.wrong("has the part %s twice. Nothing of it was used.", part.Name)
		case part.UncompressedSize64 > limit:
			return a.wrong("has the part %s, which would be %d bytes: %d is the limit. Nothing of it was used.", part.Name, part.UncompressedSize64, limit)
		case part.Flags&1 != 0, !part.Mode().IsRegular(), part.Method != zip.Store && (part.Method != zip.Deflate || strings.HasPrefix(part.Name, filesFolder)),
			part.Method == zip.Store && part.CompressedSize64 != part.UncompressedSize64:
			return a.wrong("has the part %s, which is not packed as parts of archives are. Nothing of it was used.", part.Name)
		}
		a.parts[part.Name] = part
		if kind, _, lined := strings.Cut(part.Name, "/"); lined && kind+"/" != filesFolder {
			a.kinds[kind]++
		}
	}
	if unpacked > uint64(size)*maxUnpacked+spare {
		return a.wrong("would be %d bytes unpacked, which is far more than an archive of %d bytes holds. Nothing of it was used.", unpacked, size)
	}
	return nil
}

// read reads a part to its end, at most as much as it says that it is.
func (a *Archive) read(ctx context.Context, part *zip.File, into io.Writer) error {
	r, err := part.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	n, err := io.Copy(into, io.LimitReader(reader{ctx, r}, int64(part.UncompressedSize64)+1))
	if err == nil && n != int64(part.UncompressedSize64) {
		err = zip.ErrChecksum
	}
	return err
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	io.Reader
}

func (r reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}

// damaged tells whether a part cannot be read, whatever the reason: its bytes, the place where they should be, or the disk.
func damaged(err error) bool {
	return err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// sums compares each part with SHA256SUMS.
func (a *Archive) sums(ctx context.Context) error {
	part := a.parts[sumsPart]
	if part == nil {
		return a.wrong("lacks the part %s, which says what its parts must be.", sumsPart)
	}
	var text bytes.Buffer
	if err := a.read(ctx, part, &text); damaged(err) {
		return a.wrong("is damaged: the part %s cannot be read. Copy it once more from where it was made.", sumsPart)
	} else if err != nil {
		return fmt.Errorf("read %s: %w", a.name, err)
	}
	listed := make(map[string]bool, len(a.parts))
	for line := range strings.Lines(text.String()) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || len(sum) != 2*sha256.Size || listed[name] {
			return a.wrong("is damaged: a line of %s cannot be read. Copy it once more from where it was made.", sumsPart)
		}
		listed[name] = true
		part := a.parts[name]
		if part == nil {
			return a.wrong("lacks the part %s, which %s names.", clipped(name), sumsPart)
		}
		h := sha256.New()
		err := a.read(ctx, part, h)
		switch got := hex.EncodeToString(h.Sum(nil)); {
		case damaged(err), err == nil && got != sum:
			return a.wrong("has been changed or damaged: the part %s is not the one that was written. Copy it once more from where it was made.", name)
		case err != nil:
			return fmt.Errorf("read %s: %w", a.name, err)
		case strings.HasPrefix(name, filesFolder) && name != filesFolder+got:
			return a.wrong("has a file that is not the one with its digest: %s.", name)
		}
	}
	for name := range a.parts {
		if !listed[name] && name != sumsPart {
			return a.wrong("has the part %s, of which %s says nothing.", name, sumsPart)
		}
	}
	return nil
}

// clipped is a text of an archive that may be of any length, to be shown.
func clipped(text string) string {
	if r := []rune(text); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return text
}

// document reads a part that is one document.
func (a *Archive) document(ctx context.Context, name string, into any) error {
	part := a.parts[name]
	if part == nil {
		return a.wrong("lacks the part %s.", name)
	}
	var text bytes.Buffer
	if err := a.read(ctx, part, &text); err != nil {
		return fmt.Errorf("read %s of %s: %w", name, a.name, err)
	}
	if err := json.Unmarshal(text.Bytes(), into); err != nil {
		return a.wrong("has a part %s that cannot be read: %s.", name, err)
	}
	return nil
}

// each reads the lines of a kind, in their order.
func each[T any](ctx context.Context, a *Archive, kind string, do func(T) error) error {
	for n := 1; n <= a.kinds[kind]; n++ {
		name := numbered(kind, n)
		part := a.parts[name]
		if part == nil {
			return a.wrong("lacks the part %s: there are later ones.", name)
		}
		if err := eachOf(ctx, a, part, do); err != nil {
			return err
		}
	}
	return nil
}

func eachOf[T any](ctx context.Context, a *Archive, part *zip.File, do func(T) error) error {
	r, err := part.Open()
	if err != nil {
		return fmt.Errorf("read %s of %s: %w", part.Name, a.name, err)
	}
	defer r.Close()
	lines := bufio.NewScanner(reader{ctx, r})
	lines.Buffer(make([]byte, 0, 64<<10), maxLine+1)
	for number := 1; lines.Scan(); number++ {
		var value T
		if err := json.Unmarshal(lines.Bytes(), &value); err != nil {
			return a.wrong("has a line that cannot be read: %s, line %d: %s.", part.Name, number, err)
		}
		if err := do(value); err != nil {
			return err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return a.wrong("has a line that is too long, in %s.", part.Name)
	} else if err != nil {
		return fmt.Errorf("read %s of %s: %w", part.Name, a.name, err)
	}
	return nil
}

// open opens the bytes of a file.
func (a *Archive) open(sum string) (io.ReadCloser, error) {
	part := a.parts[filesFolder+sum]
	if part == nil {
		return nil, a.wrong("lacks the part %s.", filesFolder+sum)
	}
	return part.Open()
}

// Dump writes every part, unpacked, one after the other: for who looks for something.
func (a *Archive) Dump(ctx context.Context, into io.Writer) error {
	for name, part := range a.parts {
		if err := a.read(ctx, part, into); err != nil {
			return fmt.Errorf("read %s of %s: %w", name, a.name, err)
		}
	}
	return nil
}
