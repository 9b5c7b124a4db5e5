// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/federation"
)

// Recordings of other nodes come through us, in the parts that a player asks for; nobody else is told who watches.
func TestStream(t *testing.T) {
	h := open(t, dbtest.Open(t), noFetch)
	remote := File{Kind: "video", Remote: "https://far.example/film.mp4"}
	if h.URL(remote) != remote.Remote {
		t.Error("it is passed on by nobody")
	}
	there := federation.Part{Type: "video/mp4; codecs=x", Length: 4}
	var asked []string
	h.Stream = func(_ context.Context, url, part string) (*federation.Part, error) {
		asked = append(asked, url+" "+part)
		p := there
		p.ReadCloser = io.NopCloser(strings.NewReader("film"))
		return &p, nil
	}
	address := h.URL(remote)
	got := h.get(t, address)
	if b := must[[]byte](t)(io.ReadAll(got.Body)); got.StatusCode != 200 || string(b) != "film" || got.Header.Get("Content-Type") != "video/mp4" || got.Header.Get("Content-Length") != "4" ||
		got.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(address, "https://gouda.example/media/stream/") {
		t.Errorf("%s %s %v", address, got.Status, got.Header)
	}
	there.Range = "bytes 2-5/10"
	if got := h.get(t, address, "Range", "bytes=2-5"); got.StatusCode != http.StatusPartialContent || got.Header.Get("Content-Range") != "bytes 2-5/10" {
		t.Errorf("a part is %s %v", got.Status, got.Header)
	}
	h.get(t, address, "Range", "bytes=0-1,5-6")
	if want := "https://far.example/film.mp4 |https://far.example/film.mp4 bytes=2-5|https://far.example/film.mp4 "; strings.Join(asked, "|") != want {
		t.Errorf("asked %q", asked)
	}
	there.Range = "bytes evil\n"
	if got := h.get(t, address, "Range", "bytes=2-5"); got.StatusCode != 404 {
		t.Errorf("a strange part: %s", got.Status)
	}
	there.Range = ""
	for _, kind := range []string{"text/html", "application/activity+json", "image/svg+xml", "", "video/evil"} {
		there.Type = kind
		if got := h.get(t, address); got.StatusCode != 404 || bytes.Contains(must[[]byte](t)(io.ReadAll(got.Body)), []byte("film")) {
			t.Errorf("%s: %s", kind, got.Status)
		}
	}
	there.Type, there.Length = "audio/mpeg", 5
	func() { // it breaks off: so does our answer
		defer func() {
			if recover() != http.ErrAbortHandler {
				t.Error("half a film looks like a whole one")
			}
		}()
		h.get(t, address)
	}()
	for _, forged := range []string{address + "x", strings.Replace(address, "/stream/", "/proxy/", 1), strings.Replace(h.ProxyURL(remote.Remote), "/proxy/", "/stream/", 1)} {
		if got := h.status(t, forged); got != 404 {
			t.Errorf("%s: %d", forged, got)
		}
	}
	for range streamsAtOnce {
		h.streams <- struct{}{}
	}
	if got := h.get(t, address); got.StatusCode != 503 || got.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %s", got.Status)
	}
	<-h.streams
	h.Stream = func(context.Context, string, string) (*federation.Part, error) { return nil, errors.New("away") }
	if got := h.status(t, address); got != 404 || len(h.streams) != streamsAtOnce-1 {
		t.Errorf("away: %d, %d under way", got, len(h.streams))
	}
}
