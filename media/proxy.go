// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/pleio-node/pleio-node/fault"
)

const (
	cacheBytes   = 1 << 30          // on disk; the oldest go first
	failureLife  = 10 * time.Minute // how long a picture that could not be had is not asked for again
	fetchTime    = 20 * time.Second
	fetchesAtOne = 8
	mostFailures = 10_000
)

// A proxy fetches files of other nodes, once, and keeps them in a folder that may be emptied at any time.
type proxy struct {
	dir     string
	fetch   Fetch
	max     int64
	flights singleflight.Group
	slots   chan struct{}

	mu     sync.Mutex
	failed map[string]failure
	size   int64 // bytes on disk; -1: not counted yet
}

func newProxy(dir string, fetch Fetch) *proxy {
	return &proxy{dir: dir, fetch: fetch, max: cacheBytes, slots: make(chan struct{}, fetchesAtOne), failed: make(map[string]failure), size: -1}
}

// failure is why a file could not be had, and until when it is not asked for again.
type failure struct {
	why   error
	until time.Time
}

// wanted is a file of another node.
type wanted struct {
	key, remote string // by what it is kept, and where it is
	most        int64  // bytes
	picture     bool   // anything else is refused
	digest      string // that it must have; "" any
	time        time.Duration
	missing     error // what readers are told when it cannot be had
}

func pictureAt(remote string) wanted {
	return wanted{key: remote, remote: remote, most: MaxBytes, picture: true, time: fetchTime, missing: errNoPicture}
}

var errNoPicture = fault.Say(fault.NotFound, "This picture of another node cannot be had at the moment.")

// open returns a file, from the folder or from its node.
func (p *proxy) open(ctx context.Context, w wanted) (*os.File, error) {
	file := p.file(w.key)
	name := w.key + "\n" + w.remote
	if f, err := os.Open(file); err == nil {
		return f, nil
	}
	if why := p.failing(name); why != nil {
		return nil, why
	}
	// Everybody who wants the picture waits for one fetch, which goes on when the first of them gives up.
	done := p.flights.DoChan(name, func() (any, error) {
		ctx := context.WithoutCancel(ctx)
		if err := p.enter(ctx); err != nil {
			return nil, err // its own node is not to blame
		}
		defer func() { <-p.slots }()
		err := p.get(ctx, w, file)
		switch {
		case errors.Is(err, errOther):
			p.fail(name, errOther)
		case err != nil:
			p.fail(name, w.missing)
		}
		return nil, err
	})
	select {
	case result := <-done:
		if errors.Is(result.Err, errOther) {
			return nil, result.Err
		}
		if result.Err != nil {
			return nil, fmt.Errorf("%w (fetch %s: %w)", w.missing, w.remote, result.Err)
		}
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for %s: %w", w.remote, ctx.Err())
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open fetched file: %w", err)
	}
	return f, nil
}

// enter waits until few enough fetches are under way.
func (p *proxy) enter(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for other fetches: %w", ctx.Err())
	}
}

func (p *proxy) get(ctx context.Context, w wanted, file string) error {
	ctx, cancel := context.WithTimeout(ctx, w.time)
	defer cancel()
	body, _, err := p.fetch(ctx, w.remote, w.most)
	if err != nil {
		return err
	}
	defer body.Close()
	r := bufio.NewReader(body)
	if head, _ := r.Peek(sniffed); w.picture && !strings.HasPrefix(sniff(head), "image/") {
		return errors.New("it is not a picture")
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".part-*")
	if err != nil {
		return err
	}
	defer discard(tmp)
	n, err := read(tmp, r, w)
	if err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), file); err != nil {
		return err
	}
	return p.grow(n)
}

// Discard deletes our copy of a picture of another node; it can be read again.
func (s *Store) Discard(remote string) error {
	if err := os.Remove(s.proxied.file(remote)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete the copy of %s: %w", remote, err)
	}
	return nil
}

// file is where the copy of a file is.
func (p *proxy) file(key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:])
	return filepath.Join(p.dir, name[:2], name)
}

// failing is why a file is not asked for at the moment; nil: it may be.
func (p *proxy) failing(name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	f, found := p.failed[name]
	if found && time.Now().After(f.until) {
		delete(p.failed, name)
		return nil
	}
	return f.why
}

func (p *proxy) fail(name string, why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.failed) >= mostFailures {
		clear(p.failed)
	}
	p.failed[name] = failure{why, time.Now().Add(failureLife)}
}

// grow counts a new file, and makes room when there are too many.
func (p *proxy) grow(n int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.size >= 0 {
		if p.size += n; p.size <= p.max {
			return nil
		}
	}
	return p.trim()
}

// trim counts the folder, and removes the oldest files until a tenth of it is free.
func (p *proxy) trim() error {
	type entry struct {
		file string
		size int64
		when time.Time
	}
	var all []entry
	p.size = 0
	err := filepath.WalkDir(p.dir, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return ignoreMissing(err)
		}
		info, err := e.Info()
		if err != nil {
			return ignoreMissing(err)
		}
		p.size += info.Size()
		all = append(all, entry{file, info.Size(), info.ModTime()})
		return nil
	})
	if err != nil {
		return fmt.Errorf("count the cache: %w", err)
	}
	if p.size <= p.max {
		return nil
	}
	slices.SortFunc(all, func(a, b entry) int { return a.when.Compare(b.when) })
	for _, e := range all {
		if p.size <= p.max/10*9 {
			break
		}
		if err := os.Remove(e.file); err == nil {
			p.size -= e.size
		}
	}
	return nil
}
