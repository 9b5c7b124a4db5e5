// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package archive

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// writer writes the parts of an archive, one after the other, and keeps their checksums.
type writer struct {
	zip   *zip.Writer
	seal  *sealer
	sums  bytes.Buffer
	files map[string]bool // digests of those that were written
	when  time.Time
	lines map[string]*lines
}

func newWriter(to io.Writer, when time.Time) (*writer, error) {
	w := &writer{seal: newSealer(to), files: map[string]bool{}, when: when.UTC(), lines: map[string]*lines{}}
	w.zip = zip.NewWriter(w.seal)
	return w, w.zip.SetComment(openSeal)
}

// part writes one part. Files are stored as they are: most are packed already.
func (w *writer) part(name string, method uint16, r io.Reader) (sum string, size int64, err error) {
	to, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: w.when})
	if err != nil {
		return "", 0, fmt.Errorf("write %s: %w", name, err)
	}
	h := sha256.New()
	if size, err = io.Copy(io.MultiWriter(to, h), r); err != nil {
		return "", 0, fmt.Errorf("write %s: %w", name, err)
	}
	sum = hex.EncodeToString(h.Sum(nil))
	fmt.Fprintf(&w.sums, "%s  %s\n", sum, name)
	return sum, size, nil
}

// document writes a part that is one document.
func (w *writer) document(name string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, _, err = w.part(name, zip.Deflate, bytes.NewReader(append(text, '\n')))
	return err
}

// close ends the last parts and writes the checksums and the seal.
func (w *writer) close() error {
	if _, _, err := w.part(sumsPart, zip.Deflate, bytes.NewReader(w.sums.Bytes())); err != nil {
		return err
	}
	if err := w.zip.Close(); err != nil {
		return fmt.Errorf("end the archive: %w", err)
	}
	return w.seal.close()
}

// lines gathers lines of one kind until a part is full.
type lines struct {
	w     *writer
	kind  string
	parts int
	count int64
	text  bytes.Buffer
}

func (w *writer) of(kind string) *lines {
	if w.lines[kind] == nil {
		w.lines[kind] = &lines{w: w, kind: kind}
	}
	return w.lines[kind]
}

// add adds a line: a value, with bytes spliced in under a name as they are. Those that are of more than one line themselves stand in
// base64 under the name bytes.
func (l *lines) add(value any, name string, raw []byte) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return fmt.Errorf("write a line of %s: %w", l.kind, err)
	}
	text := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if name != "" {
		if bytes.ContainsAny(raw, "\n\r") {
			packed, err := json.Marshal(raw)
			if err != nil {
				return err
			}
			name, raw = "bytes", packed
		}
		text = append(bytes.TrimSuffix(text, []byte("}")), fmt.Sprintf(",%q:%s}", name, raw)...)
	}
	if len(text) > maxLine {
		return fmt.Errorf("a line of %s has %d bytes, and %d is the limit", l.kind, len(text), maxLine)
	}
	if l.text.Len() > 0 && l.text.Len()+len(text) > fullPart {
		if err := l.flush(); err != nil {
			return err
		}
	}
	l.text.Write(text)
	l.text.WriteByte('\n')
	l.count++
	return nil
}

func (l *lines) flush() error {
	if l.text.Len() == 0 {
		return nil
	}
	l.parts++
	_, _, err := l.w.part(numbered(l.kind, l.parts), zip.Deflate, &l.text)
	l.text.Reset()
	return err
}

func numbered(kind string, n int) string { return fmt.Sprintf("%s/%06d.jsonl", kind, n) }
