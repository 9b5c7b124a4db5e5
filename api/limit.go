// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/pleio-node/pleio-node/fault"
)

const (
	limitWindow = 5 * time.Minute
	shownLimit  = 300 // what the headers say when there is no limit: clients compute with them
	mostBuckets = 20_000
)

// buckets count the requests of each address. A full bucket need not be remembered.
type buckets struct {
	mu  sync.Mutex
	all map[string]*rate.Limiter
}

// take takes one request from an address's bucket and tells in the headers how many are left and when all are back.
func (b *buckets) take(h http.Header, address string, limit int) error {
	shown, left, reset := limit, float64(shownLimit), limitWindow
	var err error
	if limit > 0 {
		l := b.of(address, limit)
		if !l.Allow() {
			err = fault.Say(fault.TooMany, "Too many requests")
		}
		left = max(l.Tokens(), 0)
		reset = time.Duration((float64(limit) - left) / float64(l.Limit()) * float64(time.Second))
		if err != nil {
			reset = time.Duration(float64(time.Second) / float64(l.Limit())) // the next one
		}
	} else {
		shown = shownLimit
	}
	h.Set("X-RateLimit-Limit", strconv.Itoa(shown))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(int(left)))
	h.Set("X-RateLimit-Reset", time.Now().Add(reset).UTC().Format("2006-01-02T15:04:05.000000Z"))
	return err
}

func (b *buckets) of(address string, limit int) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.all[address]; l != nil {
		return l
	}
	if len(b.all) >= mostBuckets {
		for k, l := range b.all {
			if l.Tokens() >= float64(limit) {
				delete(b.all, k)
			}
		}
		if len(b.all) >= mostBuckets { // so many at once is an attack, and everybody starts again
			clear(b.all)
		}
	}
	if b.all == nil {
		b.all = map[string]*rate.Limiter{}
	}
	l := rate.NewLimiter(rate.Limit(float64(limit)/limitWindow.Seconds()), limit)
	b.all[address] = l
	return l
}

// network is whom an address belongs to: itself, or with IPv6 its /64, which one customer has.
func network(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		if prefix, err := ip.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return ip.String()
}
