// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/fault"
)

const (
	limitWindow = 5 * time.Minute
	shownLimit  = 300    // what the headers say when there is no limit: clients compute with them
	mostBuckets = 25_000 // between this and twice as many are remembered
)

// bucket is how often something may be done: so many times at once, and so many in each window.
type bucket struct {
	key    string
	most   int
	window time.Duration
}

// bucketsOf are the buckets that a request takes from, the most specific last. They are those of Mastodon, in proportion to
// what one address may do. Logins and sign-ups are counted by auth, which knows which of them failed.
func bucketsOf(access auth.Access, r *http.Request, requests int) []bucket {
	var all []bucket
	who := "address " + auth.Network(r.RemoteAddr)
	switch {
	case access.Account != nil:
		who = "user " + digits(access.Account.ID)
		all = append(all, bucket{who, 5 * requests, limitWindow}, bucket{"token " + digits(access.TokenID), requests, limitWindow})
	default: // an app's own token too: anybody can make any number of those
		all = append(all, bucket{who, requests, limitWindow})
	}
	path := strings.TrimSuffix(r.URL.Path, "/")
	switch {
	case r.Method == http.MethodPost && (path == "/api/v1/media" || path == "/api/v2/media"):
		all = append(all, bucket{"media " + who, max(requests/10, 1), 30 * time.Minute})
	case strings.HasPrefix(path, "/api/v1/statuses/") && (r.Method == http.MethodDelete || r.Method == http.MethodPost && strings.HasSuffix(path, "/unreblog")):
		all = append(all, bucket{"delete " + who, max(requests/10, 1), 30 * time.Minute})
	case r.Method == http.MethodGet && pages(r):
		all = append(all, bucket{"paging " + who, requests, 15 * time.Minute})
	}
	return all
}

// pages tells whether a request is for more than the first page.
func pages(r *http.Request) bool {
	if r.URL.RawQuery == "" {
		return false
	}
	q := r.URL.Query()
	return q.Has("max_id") || q.Has("min_id") || q.Has("since_id") || q.Has("offset")
}

// buckets are remembered in memory: whoever restarts the node starts everybody again. The oldest are forgotten first, so that
// strangers with many addresses cannot make it forget those who are here.
type buckets struct {
	mu       sync.Mutex
	now, old map[string]*rate.Limiter
}

// limit takes one request from each bucket and tells in the headers, of the most specific one or of the first that is empty,
// how many are left and when all are back.
func (b *buckets) limit(h http.Header, all []bucket) error {
	for i, one := range all {
		l := b.of(one)
		empty := !l.Allow()
		if !empty && i < len(all)-1 {
			continue
		}
		left := max(l.Tokens(), 0)
		if empty { // until the next one
			tell(h, one.most, 0, time.Duration(float64(time.Second)/float64(l.Limit())))
			return fault.Say(fault.TooMany, "Too many requests")
		}
		tell(h, one.most, int(left), time.Duration((float64(one.most)-left)/float64(l.Limit())*float64(time.Second)))
	}
	if len(all) == 0 {
		tell(h, shownLimit, shownLimit, limitWindow)
	}
	return nil
}

// tell writes the headers. The time is a date: Mastodon.py sleeps until then.
func tell(h http.Header, most, left int, reset time.Duration) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(most))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(left))
	h.Set("X-RateLimit-Reset", time.Now().Add(reset).UTC().Format("2006-01-02T15:04:05.000000Z"))
}

func (b *buckets) of(one bucket) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.now[one.key]; l != nil {
		return l
	}
	if b.now == nil || len(b.now) >= mostBuckets {
		b.old, b.now = b.now, map[string]*rate.Limiter{}
	}
	l := b.old[one.key]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(float64(one.most)/one.window.Seconds()), one.most)
	}
	b.now[one.key] = l
	return l
}
