// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"cmp"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// ServeHTTP answers GET /media/…: our own files, and pictures and recordings of other nodes. Names cannot be guessed and never stand for
// other bytes, so answers may be kept for ever, but for files that are not for everybody: see admit. None of it can run: the type is one of ours, it is not guessed again, documents are
// only downloaded, and what is opened by itself is in a sandbox.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "files can only be read", http.StatusMethodNotAllowed)
		return
	}
	if err := s.serve(w, r); err != nil {
		h.Del("Content-Disposition")
		h.Del("Vary")
		h.Set("Cache-Control", "no-store")
		http.Error(w, fault.Sentence(err), fault.Status(err))
	}
}

// serve answers, or returns why it did not.
func (s *Store) serve(w http.ResponseWriter, r *http.Request) error {
	missing := errMissing
	name, found := strings.CutPrefix(r.URL.Path, path.Join("/", s.base.Path, "media")+"/")
	if !found {
		return missing
	}
	if rest, proxied := strings.CutPrefix(name, "proxy/"); proxied {
		remote, err := s.unseal(picturesOf, rest)
		if err != nil {
			return err
		}
		f, err := s.proxied.open(r.Context(), pictureAt(remote))
		if err != nil {
			return err
		}
		defer f.Close()
		kind, err := sniffFile(f)
		if err != nil {
			return err
		}
		return deliver(w, r, f, kind)
	}
	if rest, streamed := strings.CutPrefix(name, "stream/"); streamed {
		remote, err := s.unseal(recordingsOf, rest)
		if err != nil {
			return err
		}
		return s.stream(w, r, remote)
	}
	if strings.HasPrefix(name, keptWord) {
		return s.serveKept(w, r, name)
	}
	kind := cmp.Or(served[path.Ext(name)], brought[path.Ext(name)])
	if idOf(name) == 0 || kind == "" { // with that, no name leads out of the folder
		return missing
	}
	// Whose owner is suspended is not served, though its name may be known.
	of, err := db.One(r.Context(), s.d, scan, "SELECT "+columns+" FROM files f JOIN actors a ON a.id = f.owner AND a.suspended = 0 WHERE f.id = $1", idOf(name))
	if errors.Is(err, fault.NotFound) {
		return missing
	}
	if err != nil {
		return fmt.Errorf("look whose file %s is: %w", name, err)
	}
	if of.forFew() {
		if err := s.admit(w, r, name, max(of.Item, -of.Item)); err != nil {
			return err
		}
	}
	f, err := os.Open(s.file(name))
	if errors.Is(err, os.ErrNotExist) {
		return missing
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if !slices.Contains(documents, kind) && kind != anyType {
		if found, err := sniffFile(f); err != nil || found != kind { // the disk is damaged
			kind = ""
		}
	} else {
		download(w.Header(), of.Name)
	}
	return deliver(w, r, f, kind)
}

// deliver writes a file, or the part of it that was asked for.
func deliver(w http.ResponseWriter, r *http.Request, f *os.File, kind string) error {
	info, err := f.Stat()
	if err != nil || kind == "" {
		return fault.Say(fault.Unavailable, "This file cannot be read at the moment.")
	}
	h := w.Header()
	if strings.HasPrefix(kind, "text/") {
		kind += "; charset=utf-8"
	}
	h.Set("Content-Type", kind)
	if h.Get("Content-Disposition") == "" {
		h.Set("Content-Disposition", "inline")
	}
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", info.ModTime(), f)
	return nil
}

// download says that a file is for the disk of who asks, and under which name (RFC 6266).
func download(h http.Header, name string) {
	if h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name})); h.Get("Content-Disposition") == "" {
		h.Set("Content-Disposition", "attachment")
	}
}

// unseal returns the address in a path of ours, if it was us who wrote it there.
func (s *Store) unseal(purpose, sealed string) (string, error) {
	mac, encoded, _ := strings.Cut(sealed, "/")
	remote, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || subtle.ConstantTimeCompare([]byte(mac), []byte(s.mac(purpose, string(remote)))) != 1 {
		return "", fault.Say(fault.NotFound, "There is no such file.")
	}
	return string(remote), nil
}
