// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package media is the bytes of files: upload, re-encode, thumbnails, and where they are kept.
//
// The folder of a Store has four parts: files (ours, named in the table), proxy (a cache of pictures of other nodes), kept (a cache of
// their files that are not for everybody) and tmp. The caches may be thrown away at any time.
package media

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/jobs"
)

// ID is the number of a file.
type ID int64

// File is a picture, or another file, of an item or a profile: ours when it has a Path, somebody else's when it has
// a Remote.
type File struct {
	ID             ID
	Owner          int64
	Item           int64  // what it is attached to; 0 nothing yet, Profile an actor's profile
	Kind           string // image, gifv, video, audio, unknown
	MIME           string
	Path, Preview  string // names in the store, of ours
	Remote         string // address, of theirs
	Size           int64  // bytes
	Width, Height  int    // pixels
	Duration       float64
	Blurhash       string
	Description    string // alternative text
	FocusX, FocusY float64
	Digest         string // digestMultibase
	Created        time.Time
	State, Error   string // see Ready; why it failed
	Name           string // of a document, as its sender called it
	Private        bool   `json:"-"` // it is of an item that is not for everybody
}

// Title is what describes the file in words: of a document without a description, its name.
func (f File) Title() string {
	if f.Description == "" {
		return f.Name
	}
	return f.Description
}

// What stands in File.Item besides an item: the picture of a profile, or of an emoji.
const (
	Profile = -1
	Symbol  = -2
)

// Limits. Clients read them from the instance document.
const (
	MaxBytes       = 16 << 20   // of a picture or a document
	MaxVideoBytes  = 99 << 20   // of a recording
	MaxPixels      = 33_177_600 // 7680 × 4320
	MaxSide        = 3840       // larger pictures are scaled down to it
	MaxFiles       = 4          // of an item, as in Mastodon
	MaxRemote      = 16         // of an item of another node
	MaxDescription = 1500       // characters
	previewPixels  = 640 * 360
	maxLoose       = 200 // of one person, not used yet
	maxLooseBytes  = 1 << 30
	pictureTime    = 20 * time.Second // for a program to read a picture
)

// Fetch reads a file of another node, at most max bytes of it, and says its media type.
type Fetch func(ctx context.Context, url string, max int64) (io.ReadCloser, string, error)

// Stream asks another node for a recording, or for the part of it that byteRange (a Range header; "" all) names: see federation.Client.Part.
type Stream func(ctx context.Context, url, byteRange string) (*federation.Part, error)

// Store keeps the files of one node in a folder.
type Store struct {
	Stream Stream // nil: readers get recordings from other nodes themselves
	// Signed is Fetch with a signature of this node, for files that are not for everybody; nil: those of other nodes are not shown.
	Signed Fetch
	// MaySee is nil when the person with the number viewer may see the item with this number, or for 0 the node that signed the request;
	// nil: nobody may.
	MaySee func(r *http.Request, viewer, item int64) error

	d       *db.DB
	dir     string
	base    *url.URL
	key     []byte
	pixels  *semaphore.Weighted // bytes of decoded pictures at once
	proxied *proxy
	kept    *proxy // files of other nodes that are not for everybody
	jobs    *jobs.Queue
	tools   *Tools        // nil: video and sound are refused
	busy    sync.Mutex    // a recording is being processed
	streams chan struct{} // of other nodes, under way
}

// New returns the store in a folder, which is made when needed. Base is the node's own address; the secret keeps strangers
// from using the proxy.
func New(d *db.DB, dir string, base *url.URL, secret []byte, fetch Fetch) *Store {
	s := &Store{
		d: d, dir: dir, base: base, key: secret,
		pixels:  semaphore.NewWeighted(pixelBudget),
		proxied: newProxy(path.Join(dir, "proxy"), fetch), streams: make(chan struct{}, streamsAtOnce),
	}
	s.kept = newProxy(path.Join(dir, "kept"), func(ctx context.Context, address string, most int64) (io.ReadCloser, string, error) {
		if s.Signed == nil {
			return nil, "", errMissing
		}
		return s.Signed(ctx, address, most)
	})
	return s
}

// URL is where readers get a file, "" while it is not fit to show. Pictures of other nodes come from a copy of ours, and their recordings
// through us, so that readers never tell those nodes who they are. Documents for everybody have their own address: they are asked for, not
// loaded. What is not for everybody has a signed address, for the viewer alone.
func (s *Store) URL(f File, viewer int64) string {
	switch {
	case f.State != Ready:
		return ""
	case f.Path != "" && f.forFew():
		return s.signed(f.Path, viewer)
	case f.Path != "":
		return s.local(f.Path)
	case f.forFew():
		return s.signed(keptWord+strconv.FormatInt(int64(f.ID), 10), viewer)
	case f.Kind == "image":
		return s.ProxyURL(f.Remote)
	case s.Stream != nil && (f.Kind == "video" || f.Kind == "gifv" || f.Kind == "audio"):
		return s.prefix() + "stream/" + s.seal(recordingsOf, f.Remote)
	}
	return f.Remote
}

// PreviewURL is a small version of a file, or "" when there is none.
func (s *Store) PreviewURL(f File, viewer int64) string {
	switch {
	case f.State != Ready:
		return ""
	case f.Preview != "" && f.forFew():
		return s.signed(f.Preview, viewer)
	case f.Preview != "":
		return s.local(f.Preview)
	case f.Kind == "image":
		return s.URL(f, viewer)
	}
	return ""
}

// prefix is how every address of ours begins.
func (s *Store) prefix() string { return s.base.JoinPath("media").String() + "/" }

func (s *Store) local(name string) string { return s.prefix() + name }

// ProxyURL is where readers get a picture of another node: an avatar, a header, an emoji. Our own addresses stay as they are.
func (s *Store) ProxyURL(remote string) string {
	if remote == "" || strings.HasPrefix(remote, s.prefix()) {
		return remote
	}
	return s.prefix() + "proxy/" + s.seal(picturesOf, remote)
}

// What an address of another node may be used for: the secret seals it together with that.
const (
	picturesOf   = "media proxy\n"
	recordingsOf = "media stream\n"
)

// seal writes an address of another node so that only we can have written it.
func (s *Store) seal(purpose, remote string) string {
	return s.mac(purpose, remote) + "/" + base64.RawURLEncoding.EncodeToString([]byte(remote))
}

func (s *Store) mac(purpose, remote string) string {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(purpose + remote))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}
