// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"strings"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// ServeHTTP answers GET /media/…: our own files, and pictures of other nodes through the proxy. Names cannot be guessed and never
// stand for other bytes, so answers may be kept for ever. Nothing but pictures is served, and none of it can run: the type is
// ours, and it is not guessed again.
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
	f, err := s.open(r)
	if err != nil {
		h.Set("Cache-Control", "no-store")
		http.Error(w, fault.Sentence(err), fault.Status(err))
		return
	}
	defer f.Close()
	info, err := f.Stat()
	var head [16]byte
	n, _ := io.ReadFull(f, head[:])
	mime := sniff(head[:n])
	if _, seek := f.Seek(0, io.SeekStart); err != nil || seek != nil || mime == "" {
		h.Set("Cache-Control", "no-store")
		http.Error(w, "this file cannot be read at the moment", http.StatusServiceUnavailable)
		return
	}
	h.Set("Content-Type", mime)
	h.Set("Content-Disposition", "inline")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", info.ModTime(), f)
}

func (s *Store) open(r *http.Request) (*os.File, error) {
	missing := fault.Say(fault.NotFound, "There is no such file.")
	name, found := strings.CutPrefix(r.URL.Path, path.Join("/", s.base.Path, "media")+"/")
	if !found {
		return nil, missing
	}
	if rest, proxied := strings.CutPrefix(name, "proxy/"); proxied {
		mac, encoded, _ := strings.Cut(rest, "/")
		remote, err := base64.RawURLEncoding.DecodeString(encoded)
		if err != nil || subtle.ConstantTimeCompare([]byte(mac), []byte(s.mac(string(remote)))) != 1 {
			return nil, missing
		}
		return s.proxied.open(r.Context(), string(remote))
	}
	if idOf(name) == 0 { // with that, no name leads out of the folder
		return nil, missing
	}
	// Whose owner is suspended is not served, though its name may be known.
	suspended, err := db.One(r.Context(), s.d, db.Scalar[int], "SELECT COUNT(*) FROM files f JOIN actors a ON a.id = f.owner WHERE f.id = $1 AND a.suspended > 0", idOf(name))
	if err != nil {
		return nil, fmt.Errorf("look whose file %s is: %w", name, err)
	}
	if suspended > 0 {
		return nil, missing
	}
	f, err := os.Open(s.file(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, missing
	}
	return f, err
}
