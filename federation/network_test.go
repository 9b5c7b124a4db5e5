// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
)

// network is servers with real net/http over pipes, so that a test can run in a synctest bubble.
type network struct {
	t     *testing.T
	mu    sync.Mutex
	hosts map[string]*listener
	open  map[string]int // connections by address
	dials int
}

type listener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return &net.TCPAddr{} }

func newNetwork(t *testing.T) *network {
	return &network{t: t, hosts: map[string]*listener{}, open: map[string]int{}}
}

// serve answers at address ("gouda.example:80") until the test ends.
func (n *network) serve(address string, h http.HandlerFunc) {
	l := &listener{conns: make(chan net.Conn), closed: make(chan struct{})}
	n.hosts[address] = l
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	go server.Serve(l)
	n.t.Cleanup(func() { server.Close() })
}

type countedConn struct {
	net.Conn
	close func()
}

func (c countedConn) Close() error {
	c.close()
	return c.Conn.Close()
}

func (n *network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	n.dials++
	l := n.hosts[address]
	n.mu.Unlock()
	if l == nil {
		return nil, errors.New("connection refused")
	}
	near, far := net.Pipe()
	select {
	case l.conns <- far:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	n.count(address, 1)
	return countedConn{near, sync.OnceFunc(func() { n.count(address, -1) })}, nil
}

func (n *network) count(address string, by int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open[address] += by
}

func (n *network) connections(address string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.open[address]
}

// client is one for this network, over plain http; it is closed when the test ends.
func (n *network) client() *Client {
	c := NewClient(ClientOptions{AllowHTTP: true, Dial: n.dial, UserAgent: "pleio-node test"})
	n.t.Cleanup(c.Close)
	return c
}

// respond answers with an ActivityStreams document.
func respond(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", ActivityType)
	io.WriteString(w, body)
}

func note(id string) string { return fmt.Sprintf(`{"id":%q,"type":"Note"}`, id) }

// peer is a server that accepts only some signature schemes, and counts the knocks.
type peer struct {
	base    *url.URL
	takes   func(r *http.Request) bool
	mu      sync.Mutex
	knocks  int
	refuse  int    // status of a refusal
	message string // its body
}

func (p *peer) handle(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.knocks++
		p.mu.Unlock()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		_, err = Verify(r, body, p.base, fennaKeys())
		if err != nil || !p.takes(r) {
			w.WriteHeader(p.refuse)
			io.WriteString(w, p.message)
			return
		}
		answer(w, r)
	}
}

func (p *peer) since() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.knocks
	p.knocks = 0
	return n
}

func onlyCavage(r *http.Request) bool  { return r.Header.Get("Signature-Input") == "" }
func onlyRFC9421(r *http.Request) bool { return r.Header.Get("Signature-Input") != "" }
