// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/fault"
)

const gouda = "http://gouda.example"

func TestDocumentIsFetchedSigned(t *testing.T) {
	n := newNetwork(t)
	p := peer{base: &url.URL{Scheme: "http", Host: "gouda.example"}, takes: onlyCavage, refuse: 401}
	n.serve("gouda.example:80", p.handle(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != AcceptTypes || r.Header.Get("User-Agent") != "pleio-node test" {
			t.Errorf("%v", r.Header)
		}
		w.Header().Set("Content-Type", LDType+"; charset=utf-8")
		io.WriteString(w, note(gouda+"/1"))
	}))
	signer := fennaSigner()
	got, err := n.client().Document(t.Context(), gouda+"/1#fragment", &signer)
	if err != nil || got.URL != gouda+"/1" || string(got.Body) != note(gouda+"/1") {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := n.client().Document(t.Context(), gouda+"/1", nil); !errors.Is(err, fault.Unauthorized) {
		t.Error("unsigned:", err)
	}
}

func TestDocumentStatuses(t *testing.T) {
	n := newNetwork(t)
	status := 0
	n.serve("gouda.example:80", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", ActivityType)
		w.WriteHeader(status)
		io.WriteString(w, note(gouda+"/1"))
	})
	for code, want := range map[int]error{
		400: fault.Unavailable, 401: fault.Unauthorized, 403: fault.Forbidden, 404: fault.NotFound, 410: fault.Gone, 418: fault.Unavailable,
		429: fault.Unavailable, 500: fault.Unavailable, 503: fault.Unavailable, 204: fault.Unavailable, 304: fault.Unavailable,
	} {
		status = code
		c := n.client()
		got, err := c.Document(t.Context(), gouda+"/1", nil)
		if !errors.Is(err, want) || fault.Sentence(err) == want.Error() {
			t.Errorf("%d: %v", code, err)
		}
		if code != 410 {
			continue
		}
		if got == nil || string(got.Body) != note(gouda+"/1") {
			t.Errorf("the Tombstone is lost: %+v", got)
		}
		if again, err := c.Document(t.Context(), gouda+"/1", nil); !errors.Is(err, fault.Gone) || again == nil {
			t.Errorf("again: %+v, %v", again, err)
		}
	}
	for _, address := range []string{"https://", "ftp://gouda.example/", "acct:a@b", "http://gouda.example:80/", "http://gouda.example/a\r\nb"} {
		if _, err := n.client().Document(t.Context(), address, nil); !errors.Is(err, fault.Malformed) {
			t.Errorf("%q: %v", address, err)
		}
	}
	strict := NewClient(ClientOptions{Dial: n.dial})
	defer strict.Close()
	if _, err := strict.Document(t.Context(), gouda+"/1", nil); !errors.Is(err, fault.Malformed) {
		t.Error("plain http without the setting:", err)
	}
	if _, err := strict.Post(t.Context(), gouda+"/1", nil, fennaSigner(), nil); !errors.Is(err, fault.Malformed) {
		t.Error("plain http without the setting:", err)
	}
}

// An upload of a stranger on the victim's own server must not pass for an actor (GHSA-jhrq-qvrm-qr36).
func TestUploadedFileServedAsAnActor(t *testing.T) {
	n := newNetwork(t)
	contentType := ""
	n.serve("gouda.example:80", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, note(gouda+"/1"))
	})
	for value, good := range map[string]bool{
		ActivityType: true, "application/activity+json; charset=utf-8": true, "Application/Activity+JSON": true, LDType: true,
		`application/ld+json; profile="https://x.example https://www.w3.org/ns/activitystreams"`: true,
		"application/ld+json": false, `application/ld+json; profile="https://x.example"`: false, "application/json": false,
		"text/plain": false, "image/png": false, "text/html": false, "": false, "application/activity+json/x": false, "application/octet-stream": false,
	} {
		contentType = value
		if _, err := n.client().Document(t.Context(), gouda+"/1", nil); (err == nil) != good {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestDocumentIsBelievedOnlyAtItsID(t *testing.T) {
	n := newNetwork(t)
	n.serve("gouda.example:80", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/@fenna": // the page's address
			respond(w, note(gouda+"/users/fenna"))
		case "/users/fenna":
			respond(w, note(gouda+"/users/fenna"))
		case "/key": // its id has a fragment
			respond(w, note(gouda+"/key#main"))
		case "/stolen":
			respond(w, note("http://victim.example/users/v"))
		case "/liar", "/liar2":
			respond(w, note(gouda+"/liar"+strings.TrimPrefix(r.URL.Path, "/liar")+"3"))
		case "/liar3", "/liar23":
			respond(w, note(gouda+"/liar4"))
		case "/ring1":
			respond(w, note(gouda+"/ring2"))
		case "/ring2":
			http.Redirect(w, r, "/ring1", http.StatusFound)
		case "/anonymous":
			respond(w, `{"type":"Note"}`)
		case "/inside":
			respond(w, note("https://x@gouda.example/y"))
		case "/double":
			respond(w, `{"id":"`+gouda+`/double","type":"Note","type":"Person"}`)
		}
	})
	n.serve("victim.example:80", func(w http.ResponseWriter, r *http.Request) {
		respond(w, `{"id":"http://victim.example/users/v","type":"Person","name":"the real one"}`)
	})
	for path, want := range map[string]string{"/@fenna": gouda + "/users/fenna", "/key": gouda + "/key", "/stolen": "http://victim.example/users/v"} {
		got, err := n.client().Document(t.Context(), gouda+path, nil)
		if err != nil || got.URL != want {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
		if path == "/stolen" && !strings.Contains(string(got.Body), "the real one") {
			t.Errorf("the copy is believed: %s", got.Body)
		}
	}
	for _, path := range []string{"/liar", "/liar2", "/ring1", "/anonymous", "/inside", "/double"} {
		if got, err := n.client().Document(t.Context(), gouda+path, nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
}

func TestRedirects(t *testing.T) {
	n := newNetwork(t)
	n.serve("gouda.example:80", func(w http.ResponseWriter, r *http.Request) {
		var left int
		if _, err := fmt.Sscanf(r.URL.Path, "/hop/%d", &left); err == nil && left > 0 {
			http.Redirect(w, r, fmt.Sprintf("/hop/%d", left-1), http.StatusFound)
			return
		}
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
		switch r.URL.Path {
		case "/loop/a":
			http.Redirect(w, r, "/loop/b", http.StatusFound)
			return
		case "/loop/b":
			http.Redirect(w, r, "/loop/a", http.StatusFound)
			return
		case "/self":
			http.Redirect(w, r, "/self#again", http.StatusFound)
			return
		case "/nowhere":
			w.WriteHeader(http.StatusFound)
			return
		}
		respond(w, note(gouda+r.URL.Path))
	})
	n.serve("other.example:80", func(w http.ResponseWriter, r *http.Request) {
		t.Error("another server is asked")
	})
	if got, err := n.client().Document(t.Context(), gouda+"/hop/3", nil); err != nil || got.URL != gouda+"/hop/0" {
		t.Errorf("three redirects: %+v, %v", got, err)
	}
	for name, path := range map[string]string{
		"four redirects":     "/hop/4",
		"a loop":             "/loop/a",
		"itself":             "/self",
		"another server":     "/x?to=" + url.QueryEscape("http://other.example/x"),
		"another port":       "/x?to=" + url.QueryEscape("http://gouda.example:8080/x"),
		"another scheme":     "/x?to=" + url.QueryEscape("https://gouda.example/x"),
		"a file":             "/x?to=" + url.QueryEscape("file:///etc/passwd"),
		"an internal IP":     "/x?to=" + url.QueryEscape("http://169.254.169.254/latest/meta-data"),
		"with a credential":  "/x?to=" + url.QueryEscape("http://a@gouda.example/x"),
		"nowhere":            "/nowhere",
		"what is no address": "/x?to=" + url.QueryEscape("http://[::1"),
	} {
		if got, err := n.client().Document(t.Context(), gouda+path, nil); !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestSizes(t *testing.T) {
	n := newNetwork(t)
	padded := func(size int) string {
		doc := note(gouda + "/1")
		return doc + strings.Repeat(" ", size-len(doc))
	}
	size, compressed := maxDocument, false
	n.serve("gouda.example:80", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", ActivityType)
		if !compressed {
			io.WriteString(w, padded(size))
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, padded(size))
		z.Close()
	})
	for _, compressed = range []bool{false, true} {
		size = maxDocument
		if _, err := n.client().Document(t.Context(), gouda+"/1", nil); err != nil {
			t.Errorf("1 MiB, compressed %v: %v", compressed, err)
		}
		size++
		if _, err := n.client().Document(t.Context(), gouda+"/1", nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("1 MiB and a byte, compressed %v: %v", compressed, err)
		}
	}
}

// hang answers nothing until the client gives up; the server only notices that once it has read the body.
func hang(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func TestSlowServers(t *testing.T) {
	for name, test := range map[string]struct {
		h     http.HandlerFunc
		takes time.Duration
	}{
		"never answers": {hang, 10 * time.Second},
		"one byte each two seconds": {func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", ActivityType)
			for r.Context().Err() == nil {
				io.WriteString(w, " ")
				http.NewResponseController(w).Flush()
				time.Sleep(2 * time.Second)
			}
		}, 10 * time.Second},
		"does not accept the connection": {nil, 5 * time.Second},
		"redirects slowly": {func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(4 * time.Second)
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t)
				if test.h != nil {
					n.serve("gouda.example:80", test.h)
				} else {
					n.hosts["gouda.example:80"] = &listener{conns: nil}
				}
				c := n.client()
				start := time.Now()
				_, err := c.Document(t.Context(), gouda+"/1", nil)
				if !errors.Is(err, fault.Unavailable) || time.Since(start) != test.takes {
					t.Errorf("%v after %v", err, time.Since(start))
				}
				defer time.Sleep(time.Minute) // until the handlers have noticed
				if name != "never answers" {
					return
				}
				start = time.Now()
				if _, err := c.Post(t.Context(), gouda+"/inbox", []byte("{}"), fennaSigner(), nil); !errors.Is(err, fault.Unavailable) || time.Since(start) != test.takes {
					t.Errorf("post: %v after %v", err, time.Since(start))
				}
			})
		})
	}
}

func TestDoubleKnock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		for host, p := range map[string]*peer{
			"cavage.example":  {takes: onlyCavage, refuse: 401},
			"rfc9421.example": {takes: onlyRFC9421, refuse: 401},
			"says.example":    {takes: onlyRFC9421, refuse: 400, message: "Missing HTTP Signature-Input"},
			"ed.example": {takes: func(r *http.Request) bool {
				return strings.Contains(r.Header.Get("Signature-Input"), fennaEd)
			}, refuse: 401},
			"never.example":  {takes: func(*http.Request) bool { return false }, refuse: 401},
			"closed.example": {takes: func(*http.Request) bool { return false }, refuse: 403, message: "You are blocked here"},
		} {
			p.base = &url.URL{Scheme: "http", Host: host}
			n.serve(host+":80", p.handle(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(202) }))
		}
		c := n.client()
		post := func(host string, status, knocks int) {
			t.Helper()
			posted, err := c.Post(t.Context(), "http://"+host+"/inbox", []byte(create), fennaSigner(), nil)
			if err != nil || posted.Status != status || posted.Knocks != knocks {
				t.Errorf("%s: %+v, %v", host, posted, err)
			}
		}
		post("cavage.example", 202, 1)
		post("cavage.example", 202, 1)
		post("rfc9421.example", 202, 2) // unknown: draft-cavage first
		post("rfc9421.example", 202, 1) // remembered
		post("says.example", 202, 2)
		post("never.example", 401, 2)
		post("never.example", 401, 2)
		post("closed.example", 403, 1) // no word of a signature: no second knock
		time.Sleep(6 * 24 * time.Hour)
		post("rfc9421.example", 202, 1)
		time.Sleep(6 * 24 * time.Hour) // the success has refreshed it
		post("rfc9421.example", 202, 1)
		time.Sleep(8 * 24 * time.Hour)
		post("rfc9421.example", 202, 2)

		c.Learn("http://ed.example", RFC9421Ed25519)
		post("ed.example", 202, 1)
		c.Learn("http://cavage.example/users/x", RFC9421) // it says so, and does not take it
		post("cavage.example", 202, 2)
		c.Learn("http://cavage.example", RFC9421) // experience outweighs it
		post("cavage.example", 202, 1)
		c.Learn("http://rfc9421.example", RFC9421)
		post("rfc9421.example", 202, 1)
		c.Learn("no origin", RFC9421)
	})
}

func TestThirdKnockWithoutTheQuery(t *testing.T) {
	n := newNetwork(t)
	p := peer{base: &url.URL{Scheme: "http", Host: "gouda.example"}, refuse: 401, takes: func(r *http.Request) bool {
		verified := *r
		verified.RequestURI = strings.ReplaceAll(r.RequestURI, "?", "?x") // only what leaves the query out still verifies
		_, err := Verify(&verified, nil, &url.URL{Scheme: "http", Host: "gouda.example"}, fennaKeys())
		return err == nil
	}}
	n.serve("gouda.example:80", p.handle(func(w http.ResponseWriter, r *http.Request) { respond(w, note(gouda+r.RequestURI)) }))
	c, signer := n.client(), fennaSigner()
	for i, want := range []int{3, 1, 1} {
		if _, err := c.Document(t.Context(), fmt.Sprintf("%s/outbox?page=%d", gouda, i), &signer); err != nil {
			t.Error(err)
		}
		if got := p.since(); got != want {
			t.Errorf("fetch %d: %d knocks instead of %d", i, got, want)
		}
	}
}

func TestKnocksOfAFetch(t *testing.T) {
	n := newNetwork(t)
	peers := map[string]*peer{
		"cavage.example":  {takes: onlyCavage, refuse: 403, message: "Invalid Signature"},
		"rfc9421.example": {takes: onlyRFC9421, refuse: 401},
		"closed.example":  {takes: func(*http.Request) bool { return false }, refuse: 403, message: "You are blocked here"},
		"never.example":   {takes: func(*http.Request) bool { return false }, refuse: 401},
	}
	for host, p := range peers {
		p.base = &url.URL{Scheme: "http", Host: host}
		n.serve(host+":80", p.handle(func(w http.ResponseWriter, r *http.Request) { respond(w, note("http://"+host+r.RequestURI)) }))
	}
	c, signer := n.client(), fennaSigner()
	c.Learn("http://cavage.example", RFC9421Ed25519) // it says so, and does not take it
	fetch := func(host, path string, want error, knocks int) {
		t.Helper()
		if _, err := c.Document(t.Context(), "http://"+host+path, &signer); !errors.Is(err, want) || peers[host].since() != knocks {
			t.Errorf("%s%s: %v", host, path, err)
		}
	}
	fetch("cavage.example", "/1?page=1", nil, 2)
	fetch("cavage.example", "/2?page=1", nil, 1)
	fetch("rfc9421.example", "/1", nil, 2)
	fetch("rfc9421.example", "/2?page=1", nil, 1)
	fetch("closed.example", "/1", fault.Forbidden, 1)
	fetch("never.example", "/1", fault.Unauthorized, 2)
	fetch("never.example", "/1?page=1", fault.Unauthorized, 3)
	c.Learn("http://never.example", RFC9421)
	fetch("never.example", "/2?page=1", fault.Unauthorized, 3)
	c.Learn("http://rsa.example", RFC9421Ed25519)
	rsaOnly := signer
	rsaOnly.Ed25519 = nil
	if got := c.schemes.attempts("http://rsa.example", &rsaOnly, false); got[0].scheme != RFC9421 {
		t.Errorf("without an Ed25519 key: %v", got)
	}
	if _, err := c.Document(t.Context(), "http://cavage.example/3", &Signer{}); err == nil {
		t.Error("fetched signed without a key")
	}
}

func TestPostAnswers(t *testing.T) {
	n := newNetwork(t)
	sync := &Synchronization{gouda + "/f", gouda + "/f?x", strings.Repeat("0", 64)}
	n.serve("gouda.example:80", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != create || r.Header.Get("Content-Type") != ActivityType {
			t.Errorf("%v %v", r.Header, err)
		}
		if r.Header.Get("Collection-Synchronization") != sync.String() || !strings.Contains(r.Header.Get("Signature"), "collection-synchronization") {
			t.Error("the header is not sent or not covered")
		}
		switch r.URL.Path {
		case "/seconds":
			w.Header().Set("Retry-After", "120")
		case "/date":
			w.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		case "/year":
			w.Header().Set("Retry-After", "31536000")
		case "/past":
			w.Header().Set("Retry-After", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		case "/rubbish":
			w.Header().Set("Retry-After", "-5")
		case "/redirect":
			http.Redirect(w, r, "/seconds", http.StatusTemporaryRedirect)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		w.Write(bytes.Repeat([]byte("é"), 5000))
	})
	c := n.client()
	for path, want := range map[string]time.Duration{"/seconds": 2 * time.Minute, "/date": time.Hour, "/year": 24 * time.Hour, "/past": 0, "/rubbish": 0, "/none": 0} {
		posted, err := c.Post(t.Context(), gouda+path, []byte(create), fennaSigner(), sync)
		if err != nil || posted.Status != 503 || len(posted.Body) != 2048 || (posted.RetryAfter-want).Abs() > 5*time.Second {
			t.Errorf("%s: %d, %d bytes, %v, %v", path, posted.Status, len(posted.Body), posted.RetryAfter, err)
		}
	}
	if posted, err := c.Post(t.Context(), gouda+"/redirect", []byte(create), fennaSigner(), sync); err != nil || posted.Status != 307 {
		t.Errorf("a redirect is followed: %+v, %v", posted, err)
	}
	if got := n.connections("gouda.example:80"); got != 1 {
		t.Errorf("%d connections for requests one after the other", got)
	}
	if _, err := c.Post(t.Context(), "http://nobody.example/inbox", []byte(create), fennaSigner(), nil); !errors.Is(err, fault.Unavailable) {
		t.Error(err)
	}
	if _, err := c.Post(t.Context(), gouda+"/inbox", []byte(create), Signer{}, nil); err == nil {
		t.Error("posted without a key")
	}
}

func TestFailuresAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		status, asked := 500, 0
		n.serve("gouda.example:80", func(w http.ResponseWriter, r *http.Request) {
			asked++
			if status != 200 {
				w.WriteHeader(status)
				return
			}
			respond(w, note(gouda+r.URL.Path))
		})
		c := n.client()
		fetch := func(want error, asks int) {
			t.Helper()
			asked = 0
			if _, err := c.Document(t.Context(), gouda+"/1", nil); !errors.Is(err, want) || asked != asks {
				t.Errorf("%v, %d requests", err, asked)
			}
		}
		for _, wait := range []time.Duration{10 * time.Minute, 20 * time.Minute, 40 * time.Minute} {
			fetch(fault.Unavailable, 1)
			time.Sleep(wait - time.Second)
			fetch(fault.Unavailable, 0)
			time.Sleep(time.Second)
		}
		for range 10 {
			fetch(fault.Unavailable, 1)
			time.Sleep(time.Hour) // never more than an hour
		}
		status = 200
		fetch(nil, 1)
		status = 404
		fetch(fault.NotFound, 1)
		time.Sleep(5*time.Minute - time.Second)
		fetch(fault.NotFound, 0)
		time.Sleep(time.Second)
		status = 500
		fetch(fault.Unavailable, 1)
		status = 200
		fetch(fault.Unavailable, 0)
		c.Heard(gouda + "/users/x")
		fetch(nil, 1)

		status = 500
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Document(ctx, gouda+"/2", nil); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		status = 200
		if _, err := c.Document(t.Context(), gouda+"/2", nil); err != nil {
			t.Error("whoever gives up leaves a failure behind:", err)
		}
	})
}

func TestMemoriesAreBounded(t *testing.T) {
	var f failures
	var s schemes
	for i := range 10_000 {
		f.remember(fmt.Sprint(i), "x", io.EOF, true)
		s.learn(fmt.Sprintf("https://h%d.example", i), RFC9421)
	}
	if len(f.byID) > maxFailures || len(s.origin) > maxPeers {
		t.Error(len(f.byID), len(s.origin))
	}
	if f.recall("9999") == nil {
		t.Error("the newest is forgotten")
	}
}

func TestConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		n.serve("gouda.example:80", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			w.WriteHeader(202)
		})
		c := n.client()
		start := time.Now()
		var calls sync.WaitGroup
		for range 12 {
			calls.Go(func() {
				if _, err := c.Post(t.Context(), gouda+"/inbox", []byte("{}"), fennaSigner(), nil); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		if n.dials != 4 || time.Since(start) != 3*time.Second {
			t.Errorf("%d connections were made in %v", n.dials, time.Since(start))
		}
		time.Sleep(89 * time.Second)
		synctest.Wait()
		if got := n.connections("gouda.example:80"); got != 4 {
			t.Errorf("%d are kept", got)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := n.connections("gouda.example:80"); got != 0 {
			t.Errorf("%d are kept after 90 seconds", got)
		}
	})
}

// The bubble fails the test when a goroutine is left.
func TestCloseLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		n.serve("gouda.example:80", hang)
		c := n.client()
		var calls sync.WaitGroup
		start := time.Now()
		for _, call := range []func() error{
			func() error { _, err := c.Document(t.Context(), gouda+"/1", nil); return err },
			func() error {
				_, err := c.Post(t.Context(), gouda+"/1", []byte("{}"), fennaSigner(), nil)
				return err
			},
			func() error { _, _, err := c.File(t.Context(), gouda+"/1", 10); return err },
			func() error { _, err := c.WebFinger(t.Context(), "a", "gouda.example"); return err },
		} {
			calls.Go(func() {
				if err := call(); !errors.Is(err, fault.Unavailable) {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		c.Close()
		c.Close()
		calls.Wait()
		if time.Since(start) != 0 {
			t.Error("closing took", time.Since(start))
		}
		if _, err := c.Document(t.Context(), gouda+"/2", nil); !errors.Is(err, fault.Unavailable) {
			t.Error("after Close:", err)
		}
		synctest.Wait()
		if got := n.connections("gouda.example:80"); got != 0 {
			t.Errorf("%d connections are left", got)
		}
	})
}

func TestFile(t *testing.T) {
	n := newNetwork(t)
	content := strings.Repeat("x", 1000)
	n.serve("gouda.example:80", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		switch r.URL.Path {
		case "/elsewhere":
			http.Redirect(w, r, "http://files.example/file", http.StatusFound)
		case "/chunked":
			io.WriteString(w, content[:500])
			http.NewResponseController(w).Flush()
			io.WriteString(w, content[500:])
		case "/missing":
			http.NotFound(w, r)
		default:
			io.WriteString(w, content)
		}
	})
	n.serve("files.example:80", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		io.WriteString(w, content)
	})
	c := n.client()
	read := func(path string, max int64) (string, error) {
		body, contentType, err := c.File(t.Context(), gouda+path, max)
		if err != nil {
			return "", err
		}
		defer body.Close()
		if contentType != "image/png" {
			t.Error(contentType)
		}
		got, err := io.ReadAll(body)
		return string(got), err
	}
	for _, path := range []string{"/file", "/chunked", "/elsewhere"} {
		if got, err := read(path, 1000); err != nil || got != content {
			t.Errorf("%s: %d bytes, %v", path, len(got), err)
		}
		if got, err := read(path, 999); !errors.Is(err, fault.Unavailable) || len(got) > 999 {
			t.Errorf("%s, limited: %d bytes, %v", path, len(got), err)
		}
	}
	if _, err := read("/missing", 1000); !errors.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

// What is passed on comes in parts, with the limits of every file.
func TestPart(t *testing.T) {
	n := newNetwork(t)
	content := strings.Repeat("x", 900) + "0123456789"
	n.serve("gouda.example:80", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/mp4")
		switch r.URL.Path {
		case "/elsewhere":
			http.Redirect(w, r, "/film", http.StatusFound)
		case "/missing":
			http.NotFound(w, r)
		default:
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
		}
	})
	c := n.client()
	for _, path := range []string{"/film", "/elsewhere"} {
		for asked, want := range map[string]struct{ text, part string }{"": {content, ""}, "bytes=900-903": {"0123", "bytes 900-903/910"}, "bytes=-2": {"89", "bytes 908-909/910"}} {
			p, err := c.Part(t.Context(), gouda+path, asked, 1000)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(p)
			if err != nil || string(got) != want.text || p.Range != want.part || p.Type != "video/mp4" || p.Length != int64(len(want.text)) {
				t.Errorf("%s %q: %d bytes, %+v %v", path, asked, len(got), p, err)
			}
			p.Close()
		}
	}
	for path, want := range map[string]error{"/missing": fault.NotFound, "/film": fault.Unavailable} {
		if _, err := c.Part(t.Context(), gouda+path, "", 909); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := c.Part(t.Context(), gouda+"/film", "bytes=2000-", 1000); !errors.Is(err, fault.Unavailable) {
		t.Errorf("after the end: %v", err)
	}
}
