// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pleio-node/pleio-node/test/harness"
)

const (
	allHosts = 500
	fewHosts = 100
	hang     = 30 * time.Second
)

// sinks are other servers, each on its own loopback address, behind TLS. They check nothing: what they cost is taken from the node.
type sinks struct {
	list    []*sink
	arrived atomic.Int64 // of the round
	round   atomic.Pointer[round]
}

// round is some posts that are awaited. What comes of an earlier one is not counted.
type round struct {
	mark  []byte
	posts int
}

// sink is one of them.
type sink struct {
	all     *sinks
	server  *harness.Server
	config  *tls.Config
	hanging atomic.Bool
	closed  chan struct{}

	mu        sync.Mutex
	times     []time.Time // when each post of the round came; zero: not yet
	last      int
	overtaken int
	twice     int
}

// newSinks lets 500 servers listen.
func newSinks(w *world, ca *authority) *sinks {
	all := &sinks{}
	port := harness.FreePort(w)
	closed := make(chan struct{})
	w.Cleanup(func() { close(closed) })
	for i := range allHosts {
		address := fmt.Sprintf("127.20.%d.%d", i/200, i%200+1)
		l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", address, port))
		if err != nil {
			w.Fatalf("listen as another server (only Linux has all of 127.0.0.0/8 for that): %v", err)
		}
		w.Cleanup(func() { l.Close() })
		k := &sink{all: all, server: harness.NewServer(fmt.Sprintf("https://%s:%d", address, port), w.keys), closed: closed,
			config: &tls.Config{Certificates: []tls.Certificate{ca.leaf(w, net.ParseIP(address))}, MinVersion: tls.VersionTLS12}}
		all.list = append(all.list, k)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go k.serve(tls.Server(c, k.config))
			}
		}()
	}
	return all
}

// serve answers one connection, with as little work as it can.
func (k *sink) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			return
		}
		if r.Method == http.MethodPost {
			k.take(body)
			_, err = io.WriteString(c, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
		} else {
			a := answer{header: http.Header{}, status: http.StatusOK}
			k.server.ServeHTTP(&a, r)
			_, err = fmt.Fprintf(c, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
				a.status, http.StatusText(a.status), a.header.Get("Content-Type"), a.Len(), a.Bytes())
		}
		if err != nil {
			return
		}
	}
}

// answer is a http.ResponseWriter into memory.
type answer struct {
	bytes.Buffer
	header http.Header
	status int
}

func (a *answer) Header() http.Header    { return a.header }
func (a *answer) WriteHeader(status int) { a.status = status }

// take notes what was delivered.
func (k *sink) take(body []byte) {
	if k.hanging.Load() {
		select {
		case <-time.After(hang):
		case <-k.closed:
		}
		return
	}
	round := k.all.round.Load()
	if round == nil {
		return
	}
	at := bytes.Index(body, round.mark)
	if at < 0 {
		return
	}
	number := 0
	for _, digit := range body[at+len(round.mark):] {
		if digit < '0' || digit > '9' {
			break
		}
		number = number*10 + int(digit-'0')
	}
	if number >= round.posts {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if number < k.last {
		k.overtaken++
	}
	k.last = max(k.last, number)
	if !k.times[number].IsZero() {
		k.twice++
		return
	}
	k.times[number] = time.Now()
	k.all.arrived.Add(1)
}

// await begins a round.
func (s *sinks) await(mark string, posts int) {
	for _, k := range s.list {
		k.mu.Lock()
		k.times, k.last, k.overtaken, k.twice = make([]time.Time, posts), 0, 0, 0
		k.mu.Unlock()
	}
	s.arrived.Store(0)
	s.round.Store(&round{[]byte(mark), posts})
}

// came tells when each post came to one of the sinks, and how many were overtaken or came twice.
func (k *sink) came() (at []time.Time, overtaken, twice int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.times, k.overtaken, k.twice
}
