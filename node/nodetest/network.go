// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// network is the internet of a test: hosts by name, connections in memory.
type network struct {
	mu    sync.Mutex
	hosts map[string]*host
}

// host is one node's place in the network, with what is wrong with it at the moment.
type host struct {
	mu       sync.Mutex
	incoming chan net.Conn
	closed   chan struct{}
	down     bool          // connections fail
	refusing int           // requests are answered with this status
	slow     time.Duration // requests wait
	losing   int           // so many requests take effect and their answers are lost
	requests int           // POSTs to an inbox that came through
	conns    map[net.Conn]bool
}

func (n *network) host(name string) *host {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.hosts[name]
}

var errDown = errors.New("connection refused")

// dial connects to a host by its name, whatever the port.
func (n *network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	h := n.host(name)
	if h == nil {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	h.mu.Lock()
	down, incoming, closed := h.down, h.incoming, h.closed
	h.mu.Unlock()
	if down {
		return nil, errDown
	}
	ours, theirs := net.Pipe()
	select {
	case incoming <- theirs:
	case <-closed:
		return nil, errDown
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	h.mu.Lock()
	h.conns[theirs] = true
	h.mu.Unlock()
	return ours, nil
}

// cut breaks every connection to the host.
func (h *host) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		c.Close()
	}
	h.conns = map[net.Conn]bool{}
}

func (h *host) set(f func(*host)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f(h)
}

// Accept, Close and Addr make the host a net.Listener.
func (h *host) Accept() (net.Conn, error) {
	h.mu.Lock()
	incoming, closed := h.incoming, h.closed
	h.mu.Unlock()
	select {
	case c := <-incoming:
		return c, nil
	case <-closed:
		return nil, net.ErrClosed
	}
}

func (h *host) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.closed:
	default:
		close(h.closed)
	}
	return nil
}

func (h *host) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }

// faulty puts what is wrong with a host in front of its node.
func (h *host) faulty(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		slow, refusing, lose := h.slow, h.refusing, false
		if r.Method == http.MethodPost {
			h.requests++
			if lose = h.losing > 0; lose {
				h.losing--
			}
		}
		h.mu.Unlock()
		time.Sleep(slow)
		if refusing != 0 {
			w.WriteHeader(refusing)
			return
		}
		if !lose {
			next.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(&lost{header: http.Header{}}, r)
		panic(http.ErrAbortHandler) // the connection ends without an answer
	})
}

// lost is where an answer goes that nobody gets.
type lost struct{ header http.Header }

func (l *lost) Header() http.Header         { return l.header }
func (l *lost) Write(b []byte) (int, error) { return len(b), nil }
func (l *lost) WriteHeader(int)             {}
