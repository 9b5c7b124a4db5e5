// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// The seal of an archive is the comment of its ZIP, and so its last bytes: sealWord and the SHA-256 of all that comes before the
// digest itself. A ZIP has bytes that no checksum is over; with the seal none of them can change unseen.

const (
	sealWord   = "sha256:"
	sealDigest = 2 * sha256.Size
)

// openSeal is the comment that is written first; sealer puts the digest in its place.
var openSeal = sealWord + string(bytes.Repeat([]byte{'0'}, sealDigest))

// sealer passes everything on but the last sealDigest bytes, in the place of which close writes the digest of all others.
type sealer struct {
	to   io.Writer
	sum  hash.Hash
	held []byte
}

func newSealer(to io.Writer) *sealer { return &sealer{to: to, sum: sha256.New()} }

func (s *sealer) Write(b []byte) (int, error) {
	s.held = append(s.held, b...)
	if n := len(s.held) - sealDigest; n > 0 {
		if _, err := io.MultiWriter(s.sum, s.to).Write(s.held[:n]); err != nil {
			return 0, err
		}
		s.held = append(s.held[:0], s.held[n:]...)
	}
	return len(b), nil
}

func (s *sealer) close() error {
	_, err := io.WriteString(s.to, hex.EncodeToString(s.sum.Sum(nil)))
	return err
}

// sealed tells whether a file ends with a seal at all, and whether that is over these bytes.
func sealed(f io.ReaderAt, size int64) (has, holds bool, err error) {
	length := int64(len(openSeal))
	if size <= length {
		return false, false, nil
	}
	seal := make([]byte, length)
	if _, err := f.ReadAt(seal, size-length); err != nil {
		return false, false, err
	}
	digest, has := bytes.CutPrefix(seal, []byte(sealWord))
	if !has {
		return false, false, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, size-sealDigest)); err != nil {
		return true, false, err
	}
	return true, hex.EncodeToString(sum.Sum(nil)) == string(digest), nil
}
