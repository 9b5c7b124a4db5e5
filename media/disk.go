// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/pleio-node/pleio-node/fault"
)

// rawExtension ends the names of files as they were sent, which wait to be made fit to show. They are never served.
const rawExtension = ".raw"

// namePattern is every name that newName makes: 256 folders, then what cannot be guessed, then the id of its row.
var namePattern = regexp.MustCompile(`^([0-9a-f]{2})/[0-9a-f]{32}-([0-9]{1,19})(\.[a-z0-9]{2,4})$`)

func newName(id ID, extension string) string {
	var b [16]byte
	rand.Read(b[:])
	random := hex.EncodeToString(b[:])
	return random[:2] + "/" + random + "-" + strconv.FormatInt(int64(id), 10) + extension
}

// idOf reads the id in a name; 0: no name of ours.
func idOf(name string) ID {
	parts := namePattern.FindStringSubmatch(name)
	if parts == nil {
		return 0
	}
	n, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return 0
	}
	return ID(n)
}

func (s *Store) file(name string) string {
	return filepath.Join(s.dir, "files", filepath.FromSlash(name))
}

// temp makes a file in the tmp folder.
func (s *Store) temp() (*os.File, error) {
	dir := filepath.Join(s.dir, "tmp")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return os.CreateTemp(dir, "part-*")
}

// keep writes a file so that it survives a power cut once keep returns: its row is committed only after that.
func (s *Store) keep(name string, b []byte) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("keep %s: %w", name, err)
		}
	}()
	tmp, err := s.temp()
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	defer tmp.Close()
	if _, err := tmp.Write(b); err != nil {
		return err
	}
	return s.place(tmp, name)
}

// place gives a temporary file its name in the store, with the promise of keep. It closes the file.
func (s *Store) place(tmp *os.File, name string) error {
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	target := s.file(name)
	folder := filepath.Dir(target)
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o700); err == nil {
		if err := syncFolder(filepath.Dir(folder)); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := os.Rename(tmp.Name(), target); err != nil {
		return err
	}
	return syncFolder(folder)
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// drop removes the bytes of files. What cannot be removed now is an orphan, and Sweep finds it.
func (s *Store) drop(names []string) {
	for _, name := range names {
		if idOf(name) != 0 {
			os.Remove(s.file(name))
		}
	}
}

// spool receives an upload of at most max bytes into a temporary file and returns it whole: a slow sender takes disk, not memory.
func (s *Store) spool(name string, r io.Reader, max int64) (*os.File, error) {
	tmp, err := s.temp()
	if err != nil {
		return nil, fmt.Errorf("receive a file: %w", err)
	}
	n, err := io.Copy(tmp, io.LimitReader(r, max+1))
	switch {
	case err != nil:
		err = fmt.Errorf("receive a file: %w", err)
	case n > max:
		err = tooLarge(name, max)
	case n == 0:
		err = fault.Say(fault.Invalid, "%s is empty.", said(name))
	default:
		_, err = tmp.Seek(0, io.SeekStart)
	}
	if err != nil {
		discard(tmp)
		return nil, err
	}
	return tmp, nil
}

func tooLarge(name string, max int64) error {
	return fault.Say(fault.Invalid, "%s is too large: at most %d MB can be sent.", said(name), max>>20)
}

func discard(tmp *os.File) {
	tmp.Close()
	os.Remove(tmp.Name())
}
