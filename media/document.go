// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/fault"
)

// The types of office documents, as their standards name them (ECMA-376, ISO 26300).
const (
	docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	odt  = "application/vnd.oasis.opendocument.text"
	ods  = "application/vnd.oasis.opendocument.spreadsheet"
	odp  = "application/vnd.oasis.opendocument.presentation"
)

// documents are the types that are kept as they were sent, to be downloaded: nothing here opens them.
var documents = []string{"application/pdf", docx, xlsx, pptx, odt, ods, odp, "text/plain", "text/markdown", "text/csv", "text/calendar"}

const (
	maxParts    = 10_000  // of a document that is a ZIP
	maxPartRead = 1 << 20 // bytes of what is looked at in it
)

// recogniseDocument tells the type of a document by what is in it, and refuses what is not what its name says, and what can run.
func recogniseDocument(name string, f io.ReaderAt, size int64, head []byte) (mime string, err error) {
	end := strings.ToLower(path.Ext(name))
	switch {
	case bytes.HasPrefix(head, []byte("%PDF-")):
		mime = "application/pdf"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		mime, err = recogniseZip(name, f, size)
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		err = fault.Say(fault.Invalid, "%s is a document of old Office software, which can hold macros. Save it as docx, xlsx, pptx or PDF, and send that.", said(name))
	default:
		mime, err = recogniseText(name, end, f, size)
	}
	if err != nil {
		return "", err
	}
	if served[end] != mime {
		return "", fault.Say(fault.Invalid, "%s is not what its name says: its content is that of a %s file.", said(name), extension(mime))
	}
	return mime, nil
}

func recogniseZip(name string, f io.ReaderAt, size int64) (mime string, err error) {
	unreadable := fault.Say(fault.Invalid, "%s is no document that this server knows: it accepts PDF, docx, xlsx, pptx, odt, ods, odp, txt, md, csv and ics.", said(name))
	z, err := zip.NewReader(f, size)
	if err != nil || len(z.File) > maxParts {
		return "", unreadable
	}
	for _, part := range z.File {
		if runs(strings.ToLower(part.Name)) {
			return "", fault.Say(fault.Invalid, "%s holds macros, which can harm who opens it. Save it without macros, and send that.", said(name))
		}
	}
	// OpenDocument 1.3 part 2 §3.3: the first part is the type.
	if first := z.File; len(first) > 0 && first[0].Name == "mimetype" {
		text := readPart(first[0])
		if mime = string(text); slices.Contains([]string{odt, ods, odp}, mime) {
			return mime, nil
		}
		return "", unreadable
	}
	for _, part := range z.File {
		if part.Name != "[Content_Types].xml" { // ECMA-376 part 2 §7.2.3.2
			continue
		}
		types := string(readPart(part))
		if strings.Contains(strings.ToLower(types), "macroenabled") {
			return "", fault.Say(fault.Invalid, "%s can hold macros, which can harm who opens it. Save it as a document without macros, and send that.", said(name))
		}
		for _, mime := range []string{docx, xlsx, pptx} {
			if strings.Contains(types, mime+".main+xml") {
				return mime, nil
			}
		}
	}
	return "", unreadable
}

// runs tells whether a part of a document is a program: a macro of Office or of OpenDocument, or an ActiveX control.
func runs(part string) bool {
	return strings.HasSuffix(part, "vbaproject.bin") || strings.Contains(part, "macrosheets/") || strings.Contains(part, "activex/") ||
		strings.HasPrefix(part, "basic/") || strings.HasPrefix(part, "scripts/")
}

func readPart(part *zip.File) []byte {
	r, err := part.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxPartRead))
	if err != nil {
		return nil
	}
	return text
}

// recogniseText tells texts apart by their names, for nothing else does, and makes sure that they are texts.
func recogniseText(name, end string, f io.ReaderAt, size int64) (string, error) {
	mime := served[end]
	if !strings.HasPrefix(mime, "text/") {
		return "", fault.Say(fault.Invalid, "%s is not a file that this server accepts: it accepts pictures (JPEG, PNG, GIF or WebP), and PDF, docx, xlsx, pptx, odt, ods, odp, txt, md, csv and ics.", said(name))
	}
	text := make([]byte, size)
	if _, err := f.ReadAt(text, 0); err != nil && err != io.EOF {
		return "", fmt.Errorf("read a received text: %w", err)
	}
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return "", fault.Say(fault.Invalid, "%s is not a text in UTF-8. Save it as UTF-8, and send it again.", said(name))
	}
	if mime == "text/calendar" && !bytes.HasPrefix(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("BEGIN:VCALENDAR")) { // RFC 5545 §3.4
		return "", fault.Say(fault.Invalid, "%s is not a calendar: it must begin with BEGIN:VCALENDAR.", said(name))
	}
	return mime, nil
}

// addDocument keeps a document as it was sent.
func (s *Store) addDocument(ctx context.Context, f *File, name string, tmp *os.File, size int64, head []byte) error {
	mime, err := recogniseDocument(name, tmp, size, head)
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(tmp, 0, size)); err != nil {
		return fmt.Errorf("read a received document: %w", err)
	}
	f.Kind, f.MIME, f.Name, f.Size, f.Digest, f.Created = "unknown", mime, cleanName(name), size, multibase(sum.Sum(nil)), time.Now()
	f.Path = newName(f.ID, extension(mime))
	if err := s.place(tmp, f.Path); err != nil {
		return fmt.Errorf("keep a document: %w", err)
	}
	return s.insert(ctx, f)
}

// cleanName is the name of a file as others may see it: no folders, nothing that cannot be seen, at most 100 characters.
func cleanName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' || strings.ContainsRune("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if r := []rune(name); len(r) > 100 {
		end := []rune(path.Ext(name))
		name = string(r[:100-min(len(end), 10)]) + string(end[:min(len(end), 10)])
	}
	return name
}
