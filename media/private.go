// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Files of posts that are not for everybody. Apps load pictures without saying who asks, so that their addresses say it: such an
// address is made for one person who may see the post, is signed, and ends, also before its time when that person may see it no more. The address in the document of the post has no signature: who
// asks there signs the request, as for the document itself (groups-1 §9). Files of other nodes are fetched by this node, once,
// and served in the same way: no reader tells another node who reads.

const (
	leastLife = 24 * time.Hour // of a signed address
	lifeSteps = 6 * time.Hour  // in which it stays the same, so that apps need not load a file again
	keptWord  = "kept/"        // begins the names of files of other nodes that are not for everybody
)

// forFew tells whether a file is not for everybody: that of a post for some, or one that is in no post yet.
func (f File) forFew() bool { return f.Private || f.Item == 0 && f.Path != "" }

// Address is where other nodes get a file: as URL, without a signature. They sign what they ask.
func (s *Store) Address(f File) string {
	if f.State == Ready && f.Path != "" {
		return s.prefix() + f.Path
	}
	return f.Remote
}

// signed is an address of a file for a person, that ends between leastLife and that with one of lifeSteps from now.
func (s *Store) signed(name string, viewer int64) string {
	who := strconv.FormatInt(viewer, 10)
	until := strconv.FormatInt(time.Now().Truncate(lifeSteps).Add(lifeSteps+leastLife).Unix(), 10)
	return s.prefix() + name + "?for=" + who + "&until=" + until + "&mac=" + s.mac(signedFiles, name+"\n"+who+"\n"+until)
}

// signedFiles is what the secret seals names of files together with.
const signedFiles = "media file\n"

// holds tells for whom an address was signed, and for how long that is good; 0: it is not.
func (s *Store) holds(name string, query url.Values) (viewer int64, left time.Duration) {
	who, until := query.Get("for"), query.Get("until")
	viewer, err := strconv.ParseInt(who, 10, 64)
	at, err2 := strconv.ParseInt(until, 10, 64)
	if err != nil || err2 != nil || subtle.ConstantTimeCompare([]byte(query.Get("mac")), []byte(s.mac(signedFiles, name+"\n"+who+"\n"+until))) != 1 {
		return 0, 0
	}
	return viewer, max(0, time.Until(time.Unix(at, 0)))
}

// admit lets who asks have a file that is not for everybody: with an address signed for somebody who may see the post still, or as a
// node that may see it. A file in no post yet (item 0) is its owner's.
func (s *Store) admit(w http.ResponseWriter, r *http.Request, name string, item int64) error {
	w.Header().Set("Vary", "Signature, Signature-Input")
	w.Header().Set("Cache-Control", "private, no-store")
	viewer, left := s.holds(name, r.URL.Query())
	var err error
	switch {
	case left > 0 && item == 0:
	case item == 0 || s.MaySee == nil:
		return errMissing
	default:
		err = s.MaySee(r, viewer, item)
	}
	if err == nil && left > 0 {
		w.Header().Set("Cache-Control", "private, max-age="+strconv.FormatInt(int64(left.Seconds()), 10))
	}
	if err != nil && fault.Status(err) < http.StatusInternalServerError { // also without a signature, where one is asked for: or it would tell that there is a file
		return errMissing
	}
	return err
}

var errMissing = fault.Say(fault.NotFound, "There is no such file.")

// serveKept answers with a file of another node that is not for everybody.
func (s *Store) serveKept(w http.ResponseWriter, r *http.Request, name string) error {
	if _, left := s.holds(name, r.URL.Query()); left == 0 {
		return errMissing
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(name, keptWord), 10, 64)
	if err != nil {
		return errMissing
	}
	f, err := db.One(r.Context(), s.d, scan, "SELECT "+columns+" FROM files f JOIN actors a ON a.id = f.owner AND a.suspended = 0 WHERE f.id = $1 AND f.remote <> ''", id)
	if errors.Is(err, fault.NotFound) {
		return errMissing
	}
	if err != nil {
		return fmt.Errorf("load file %d: %w", id, err)
	}
	if err := s.admit(w, r, name, max(f.Item, -f.Item)); err != nil {
		return err
	}
	b, err := s.kept.open(r.Context(), f.wanted())
	if err != nil {
		return err
	}
	defer b.Close()
	kind, err := sniffFile(b)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(kind, "image/") && !slices.Contains(streamed, kind) { // it is for the disk of who asks, under its name
		kind = "application/octet-stream"
		called := f.Name
		if u, err := url.Parse(f.Remote); err == nil && called == "" {
			called = path.Base(u.Path)
			if end := path.Ext(called); f.Description != "" && path.Ext(f.Description) == end {
				called = f.Description
			}
		}
		download(w.Header(), called)
	}
	return deliver(w, r, b, kind)
}

// wanted is a file of another node that is not for everybody. It is kept by its digest and its host: another server cannot have
// its file taken for this one by naming the digest.
func (f *File) wanted() wanted {
	at, sum := f.Remote, sha256Digest(f.Digest)
	if u, err := url.Parse(f.Remote); err == nil && sum != "" {
		at = sum + "\n" + u.Host
	}
	w := wanted{key: at, remote: f.Remote, most: MaxBytes, digest: sum, time: keptTime, missing: fault.Say(fault.NotFound, "This file of another node cannot be had at the moment.")}
	if f.Kind == "video" || f.Kind == "gifv" || f.Kind == "audio" {
		w.most = MaxVideoBytes
	}
	return w
}

const keptTime = time.Minute // for a file of another node to come in

// sha256Digest is a digestMultibase of a SHA-256, the only one that can be checked here; "" for another.
func sha256Digest(digest string) string {
	if strings.HasPrefix(digest, "zQm") {
		return digest
	}
	return ""
}

// errOther is what readers are told of a file that is not the one in its post.
var errOther = fault.Say(fault.NotFound, "This file is not the one that its author sent: what the author's node gave has another digest than the post says. It was refused.")

// checkDigest is the error when the bytes that were hashed are not those with a digest.
func checkDigest(h hash.Hash, digest string) error {
	if digest == "" || multibase(h.Sum(nil)) == digest {
		return nil
	}
	return errOther
}

// discardKept deletes our copies of files of other nodes, but for those that other posts have too.
func (s *Store) discardKept(ctx context.Context, tx *db.Tx, files []File) error {
	for _, f := range files {
		w := f.wanted()
		others, err := db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM files WHERE remote <> '' AND digest = $1 AND digest <> ''", w.digest)
		if err != nil {
			return fmt.Errorf("look who else has file %d: %w", f.ID, err)
		}
		if others == 0 {
			tx.After(func() { os.Remove(s.kept.file(w.key)) })
		}
	}
	return nil
}

// read writes a body to a file, hashed, and at most so many bytes of it.
func read(into io.Writer, body io.Reader, w wanted) (int64, error) {
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(into, h), io.LimitReader(body, w.most+1))
	switch {
	case err != nil:
		return n, err
	case n > w.most:
		return n, errors.New("it is too large")
	}
	return n, checkDigest(h, w.digest)
}
