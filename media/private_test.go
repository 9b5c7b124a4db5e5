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
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

// addPrivate makes an item that is for followers.
func addPrivate(t testing.TB, h *house) int64 {
	t.Helper()
	item := addItem(t, h.d, h.anna)
	run(t, h.d, "UPDATE items SET audience = 2 WHERE id = $1", item)
	return item
}

func TestAFileOfAPostForSomeNeedsASignedAddress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := must[*File](t)(h.upload(t, asPNG(t, quarters(1200, 900))))
		if h.status(t, h.URL(*f)) != 200 || h.status(t, h.Address(*f)) != 404 {
			t.Error("a file in no post is served to who knows its name, or not to who sent it")
		}
		item := addPrivate(t, h)
		if err := h.attach(t, item, h.anna, f.ID); err != nil {
			t.Fatal(err)
		}
		f = must[*File](t)(h.Get(t.Context(), h.d, h.anna, f.ID))
		for _, address := range []string{h.URL(*f), h.PreviewURL(*f)} {
			got := h.get(t, address)
			if cached := got.Header.Get("Cache-Control"); got.StatusCode != 200 || !strings.HasPrefix(cached, "private, max-age=") {
				t.Errorf("%s: %d, Cache-Control %q", address, got.StatusCode, cached)
			}
			bare, query, _ := strings.Cut(address, "?")
			until := strings.TrimPrefix(strings.Split(query, "&")[1], "until=")
			other := strings.Replace(h.Store.URL(*f, h.bas), "for="+fmt.Sprint(h.bas), "for="+fmt.Sprint(h.anna), 1)
			for _, forged := range []string{bare, bare + "?until=" + until, other, h.Store.URL(*f, h.bas), strings.Replace(address, until, "9"+until, 1), strings.Replace(address, "mac=", "mac=x", 1), bare + "?" + strings.Split(h.URL(File{ID: 1, Kind: "image", Remote: "https://far.example/x", Private: true, State: Ready}), "?")[1]} {
				got := h.get(t, forged)
				if got.StatusCode != 404 || got.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s: %d %v", forged, got.StatusCode, got.Header)
				}
			}
		}
		if h.Address(*f) != h.local(f.Path) {
			t.Errorf("the address for other nodes is %s", h.Address(*f))
		}
		run(t, h.d, "UPDATE items SET audience = 0 WHERE id = $1", item)
		if got := h.get(t, h.Address(*f)); got.StatusCode != 200 || !strings.HasPrefix(got.Header.Get("Cache-Control"), "public") {
			t.Errorf("a file for everybody: %d", got.StatusCode)
		}
	})
}

// It is good for a day at least, and stays the same for some hours, so that apps need not load the file again.
func TestASignedAddressEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{Store: New(nil, t.TempDir(), &url.URL{Scheme: "https", Host: "gouda.example"}, []byte("secret of the node"), noFetch)}
		query := func() map[string][]string {
			r, err := http.NewRequest("GET", h.signed("x", 7), nil)
			if err != nil {
				t.Fatal(err)
			}
			return r.URL.Query()
		}
		first := query()
		time.Sleep(lifeSteps - time.Second)
		if second := query(); second["mac"][0] != first["mac"][0] {
			t.Error("it changed within the step")
		}
		time.Sleep(leastLife)
		holds := func(name string) bool {
			who, left := h.holds(name, first)
			return who == 7 && left > 0
		}
		if !holds("x") || holds("y") {
			t.Error("it ended early, or is good for another file")
		}
		time.Sleep(time.Second)
		if holds("x") {
			t.Error("it does not end")
		}
	})
}

// A node that may see the post has the file of it by signing; what it may not see is as if it was not there.
func TestANodeThatMaySeeThePostHasItsFile(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := must[*File](t)(h.upload(t, asPNG(t, quarters(80, 60))))
		item := addPrivate(t, h)
		if err := h.attach(t, item, h.anna, f.ID); err != nil {
			t.Fatal(err)
		}
		h.MaySee = func(r *http.Request, viewer, of int64) error {
			if viewer == 0 && r.Header.Get("Signature") == "of a member" && of == item {
				return nil
			}
			return fault.Say(fault.Unauthorized, "Sign.")
		}
		if got := h.get(t, h.local(f.Path), "Signature", "of a member"); got.StatusCode != 200 || got.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("a member's node: %d %v", got.StatusCode, got.Header)
		}
		if got := h.get(t, h.local(f.Path), "Signature", "of another"); got.StatusCode != 404 {
			t.Errorf("another node: %d", got.StatusCode)
		}
	})
}

// Files of other nodes that are not for everybody are fetched once, with a signature, and only when the bytes are those of the post.
func TestPrivateFilesOfOtherNodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, noFetch)
		b := []byte("a;b\n1;2\n")
		var asked atomic.Int32
		h.Signed = func(_ context.Context, address string, _ int64) (io.ReadCloser, string, error) {
			asked.Add(1)
			if strings.HasSuffix(address, "gone.csv") {
				return nil, "", errors.New("not here")
			}
			return io.NopCloser(bytes.NewReader(b)), "text/html", nil
		}
		add := func(item int64, remote, digest string) File {
			t.Helper()
			err := d.Tx(t.Context(), func(tx *db.Tx) error {
				return AddRemote(t.Context(), tx, item, h.bas, []File{{Remote: remote, MIME: "text/csv", Description: "Cijfers.csv", Digest: digest}})
			})
			if err != nil {
				t.Fatal(err)
			}
			return must[map[int64][]File](t)(Of(t.Context(), d, []int64{item}))[item][0]
		}
		item, second := addPrivate(t, h), addPrivate(t, h)
		f := add(item, "https://far.example/a.csv", digest(b))
		if address := h.URL(f); strings.Contains(address, "far.example") {
			t.Errorf("readers are sent to %s", address)
		}
		for range 2 {
			got := h.get(t, h.URL(f))
			if text := must[[]byte](t)(io.ReadAll(got.Body)); got.StatusCode != 200 || string(text) != string(b) || got.Header.Get("Content-Type") != "application/octet-stream" ||
				got.Header.Get("Content-Disposition") != "attachment; filename=Cijfers.csv" || !strings.HasPrefix(got.Header.Get("Cache-Control"), "private") {
				t.Errorf("answered %d %v %q", got.StatusCode, got.Header, text)
			}
		}
		if got := h.get(t, h.URL(f), "Range", "bytes=2-2"); got.StatusCode != 206 {
			t.Errorf("a part: %d", got.StatusCode)
		}
		again := add(second, "https://far.example/elsewhere.csv", digest(b))
		if h.status(t, h.URL(again)) != 200 || asked.Load() != 1 {
			t.Errorf("the same bytes of the same node were fetched %d times", asked.Load())
		}
		if bare, _, _ := strings.Cut(h.URL(f), "?"); h.status(t, bare) != 404 {
			t.Error("the copy is served without a signature")
		}
		for _, remote := range []string{"https://far.example/other.csv", "https://far.example/gone.csv"} {
			bad := add(addPrivate(t, h), remote, digest([]byte("what the post says")))
			for range 2 {
				got := h.get(t, h.URL(bad))
				text := string(must[[]byte](t)(io.ReadAll(got.Body)))
				if refused := strings.Contains(text, "It was refused"); got.StatusCode != 404 || refused == strings.HasSuffix(remote, "gone.csv") {
					t.Errorf("%s: %d %q", remote, got.StatusCode, text)
				}
			}
		}
		if asked.Load() != 3 {
			t.Errorf("asked %d times, also for what failed a moment ago", asked.Load())
		}
		copyAt := h.kept.file(f.wanted().key)
		for n, of := range []int64{item, second} {
			if err := d.Tx(t.Context(), func(tx *db.Tx) error { return h.RemoveOf(t.Context(), tx, of) }); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(copyAt); (err == nil) != (n == 0) {
				t.Errorf("after %d posts were removed the copy: %v", n+1, err)
			}
		}
		if h.status(t, h.URL(f)) != 404 {
			t.Error("the file of a post that is gone is served")
		}
	})
}
