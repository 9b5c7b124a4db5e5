// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/db/dbtest"
)

func (h *house) get(t testing.TB, address string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(strings.TrimPrefix(address, "https://gouda.example"), "?")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func (h *house) status(t testing.TB, address string) int {
	t.Helper()
	return h.get(t, address).StatusCode
}

func TestServe(t *testing.T) {
	h := open(t, dbtest.Open(t), noFetch)
	f := must[*File](t)(h.upload(t, asPNG(t, quarters(800, 600))))
	if err := h.attach(t, addItem(t, h.d, h.anna), h.anna, f.ID); err != nil {
		t.Fatal(err)
	}
	f = must[*File](t)(h.Get(t.Context(), h.d, h.anna, f.ID))
	want := h.stored(t, f.Path)
	got := h.get(t, h.URL(*f))
	body := must[[]byte](t)(io.ReadAll(got.Body))
	if got.StatusCode != 200 || !bytes.Equal(body, want) {
		t.Errorf("answered %s with %d bytes", got.Status, len(body))
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=31536000, immutable",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Access-Control-Allow-Origin": "*", "Accept-Ranges": "bytes",
	} {
		if v := got.Header.Get(name); v != want {
			t.Errorf("%s: %s", name, v)
		}
	}
	if h.status(t, h.PreviewURL(*f)) != 200 {
		t.Error("no preview")
	}
	part := h.get(t, h.URL(*f), "Range", "bytes=1-3")
	if b := must[[]byte](t)(io.ReadAll(part.Body)); part.StatusCode != 206 || string(b) != "PNG" {
		t.Errorf("a part is %s %q", part.Status, b)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", h.URL(*f), nil))
	if w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestServeNothingElse(t *testing.T) {
	h := open(t, dbtest.Open(t), noFetch)
	f := must[*File](t)(h.upload(t, asPNG(t, quarters(8, 8))))
	if err := os.WriteFile(filepath.Join(h.dir, "secret.png"), asPNG(t, quarters(8, 8)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.dir, "files", "secret.png"), asPNG(t, quarters(8, 8)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"/media/", "/media", "/", "", "/other/" + f.Path, "/media/../secret.png", "/media/secret.png", "/media/" + f.Path[:2] + "/", "/media/" + f.Path[:2] + "/../secret.png",
		"/media/" + f.Path + "/", "/media/" + f.Path + "\x00", "/media/x/../" + f.Path, "/media//" + f.Path, "/media/" + newName(1, ".png"), "/media/" + strings.ToUpper(f.Path),
		"/media/proxy/", "/media/proxy/x", "/media/proxy/x/y", "/media/proxy//"} {
		if got := h.status(t, p); got != 404 {
			t.Errorf("%q: %d", p, got)
		}
	}
	if err := os.WriteFile(h.file(f.Path), []byte("<script>"), 0o600); err != nil { // the disk is damaged
		t.Fatal(err)
	}
	if got := h.status(t, h.URL(*f)); got != 503 {
		t.Errorf("damaged: %d", got)
	}
}

// far is a node elsewhere.
type far struct {
	asked atomic.Int64
	b     []byte
	err   error
	delay time.Duration
}

func (f *far) fetch(_ context.Context, _ string, _ int64) (io.ReadCloser, string, error) {
	f.asked.Add(1)
	time.Sleep(f.delay)
	return io.NopCloser(bytes.NewReader(f.b)), "text/html", f.err
}

func TestProxy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		there := &far{b: asPNG(t, quarters(8, 8)), delay: time.Second}
		h := open(t, dbtest.Open(t), there.fetch)
		address := h.ProxyURL("https://far.example/anna.png?size=1&x=é")
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				got := h.get(t, address)
				if b := must[[]byte](t)(io.ReadAll(got.Body)); got.StatusCode != 200 || !bytes.Equal(b, there.b) || got.Header.Get("Content-Type") != "image/png" {
					t.Errorf("%s %s", got.Status, b)
				}
			})
		}
		wg.Wait()
		if h.status(t, address) != 200 || there.asked.Load() != 1 {
			t.Errorf("asked %d times", there.asked.Load())
		}
		if h.ProxyURL("") != "" || h.ProxyURL(address) != address {
			t.Error("our own addresses must stay")
		}
		stranger := New(h.d, t.TempDir(), h.base, []byte("another secret"), there.fetch)
		for _, forged := range []string{stranger.ProxyURL("https://far.example/x"), address + "x", address[:len(address)-2], strings.Replace(address, "/proxy/", "/proxy/x", 1)} {
			if got := h.status(t, forged); got != 404 {
				t.Errorf("%s: %d", forged, got)
			}
		}
		if there.asked.Load() != 1 {
			t.Errorf("strangers made us ask %d times", there.asked.Load()-1)
		}
	})
}

// The first who asks leaves; the second gets the picture of the same fetch.
func TestProxyFirstLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		there := &far{b: asPNG(t, quarters(8, 8)), delay: 5 * time.Second}
		h := open(t, dbtest.Open(t), there.fetch)
		address := strings.TrimPrefix(h.ProxyURL("https://far.example/x"), "https://gouda.example")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", address, nil))
		if w.Code != 503 {
			t.Errorf("answered %d", w.Code)
		}
		if h.status(t, address) != 200 || there.asked.Load() != 1 {
			t.Errorf("asked %d times", there.asked.Load())
		}
	})
}

func TestProxyRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, there := range map[string]*far{
			"error":      {err: errors.New("refused")},
			"html":       {b: []byte("<html><script>alert(1)</script>")},
			"svg":        {b: []byte("<svg/>")},
			"empty":      {},
			"too large":  {b: append(asPNG(t, quarters(8, 8)), make([]byte, MaxBytes)...)},
			"only PNG's": {b: []byte("\x89PNG")},
		} {
			h := open(t, dbtest.Open(t), there.fetch)
			address := h.ProxyURL("https://far.example/x.png")
			for range 3 {
				if got := h.get(t, address); got.StatusCode != 404 || got.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s: %s", name, got.Status)
				}
			}
			if n := there.asked.Load(); n != 1 {
				t.Errorf("%s: asked %d times", name, n)
			}
			if n := h.onDisk(t); n != 0 {
				t.Errorf("%s: %d files are left", name, n)
			}
			there.b, there.err = asPNG(t, quarters(8, 8)), nil
			time.Sleep(failureLife + time.Second)
			if got := h.status(t, address); got != 200 {
				t.Errorf("%s: later %d", name, got)
			}
		}
	})
}

func TestProxyIsBounded(t *testing.T) {
	there := &far{b: asPNG(t, noise(50, 50))}
	h := open(t, dbtest.Open(t), there.fetch)
	size := int64(len(there.b))
	h.proxied.max = 10 * size
	for i := range 25 {
		address := h.ProxyURL(fmt.Sprintf("https://far.example/%d", i))
		if got := h.status(t, address); got != 200 {
			t.Fatalf("%d: %d", i, got)
		}
		if n := h.onDisk(t); n > 10 {
			t.Fatalf("%d pictures are kept", n)
		}
	}
	again := New(h.d, h.dir, h.base, h.key, there.fetch) // after a restart the folder is counted anew
	again.proxied.max = 3 * size
	h.Store = again
	if h.status(t, h.ProxyURL("https://far.example/new")) != 200 || h.onDisk(t) > 3 {
		t.Errorf("%d pictures are kept", h.onDisk(t))
	}
	for i := range mostFailures + 10 {
		h.proxied.fail(fmt.Sprint(i), errNoPicture)
	}
	if n := len(h.proxied.failed); n > mostFailures {
		t.Errorf("%d failures are remembered", n)
	}
}

// What somebody suspended has uploaded is not served; it is again when that is taken back.
func TestFilesOfTheSuspendedAreNotServed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := must[*File](t)(h.upload(t, asPNG(t, quarters(8, 6))))
		for _, step := range []struct{ suspended, status int }{{0, 200}, {1, 404}, {0, 200}} {
			if _, err := h.d.Exec(t.Context(), "UPDATE actors SET suspended = $1 WHERE id = $2", step.suspended, h.anna); err != nil {
				t.Fatal(err)
			}
			if got := h.status(t, h.URL(*f)); got != step.status {
				t.Errorf("suspended %d: %d", step.suspended, got)
			}
		}
	})
}
