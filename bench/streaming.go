// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/node"
)

const (
	sockets     = 200
	manySockets = 500
	pace        = 100 * time.Millisecond // between posts: what is measured is the way to the sockets, not a queue
)

// socket is a WebSocket client that costs little: it counts what it hears.
type socket struct{ *client }

// subscribe opens a socket on the own timeline of a token's person.
func (w *world) subscribe(token string) socket {
	c, err := dial(w.node.Host)
	if err != nil {
		w.Fatalf("connect to the node: %v", err)
	}
	request := fmt.Appendf(nil, "GET /api/v1/streaming?stream=user HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", c.host, token)
	if _, err = c.conn.Write(request); err == nil {
		var answer *http.Response
		if answer, err = http.ReadResponse(c.in, nil); err == nil && answer.StatusCode != http.StatusSwitchingProtocols {
			err = errors.New(answer.Status)
		}
	}
	if err != nil {
		w.Fatalf("open a WebSocket: %v", err)
	}
	return socket{c}
}

// next reads a frame (RFC 6455 §5.2), of a server: not masked. Pings are answered.
func (s socket) next() (payload []byte, err error) {
	for {
		var head [2]byte
		if _, err := io.ReadFull(s.in, head[:]); err != nil {
			return nil, err
		}
		n := int(head[1] & 0x7f)
		switch n {
		case 126:
			var long [2]byte
			if _, err := io.ReadFull(s.in, long[:]); err != nil {
				return nil, err
			}
			n = int(binary.BigEndian.Uint16(long[:]))
		case 127:
			var long [8]byte
			if _, err := io.ReadFull(s.in, long[:]); err != nil {
				return nil, err
			}
			n = int(binary.BigEndian.Uint64(long[:]))
		}
		payload = make([]byte, n)
		if _, err := io.ReadFull(s.in, payload); err != nil {
			return nil, err
		}
		switch head[0] & 0x0f {
		case 1:
			return payload, nil
		case 9: // ping: a pong of the same bytes, masked with nothing
			if _, err := s.conn.Write(append([]byte{0x8a, 0x80 | byte(n), 0, 0, 0, 0}, payload...)); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("a frame of kind %d", head[0]&0x0f)
		}
	}
}

// listeners are tokens of people who do nothing but listen, made once, past the network, while the node is down.
func (w *world) listeners(count int) []string {
	if len(w.listening) < count {
		w.node.Stop()
		if err := w.makeListeners(count - len(w.listening)); err != nil {
			w.Fatalf("make people: %v", err)
		}
		w.node.Restart()
	}
	return w.listening[:count]
}

func (w *world) makeListeners(count int) error {
	ctx := context.Background()
	config, err := node.LoadConfig(w.node.Data, os.Environ())
	if err != nil {
		return err
	}
	n, err := node.Open(ctx, node.Options{Data: w.node.Data, Config: config})
	if err != nil {
		return err
	}
	defer n.Close()
	for range count {
		name := fmt.Sprintf("luisteraar%d", len(w.listening))
		var who *actors.Actor
		err := n.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			if who, err = n.Dir.AddPerson(ctx, tx, name, ""); err != nil {
				return err
			}
			return n.Auth.AddAccount(ctx, tx, who.ID, name+"@node.example", auth.Hashed{}, false)
		})
		if err != nil {
			return err
		}
		token, err := n.Auth.IssueToken(ctx, who.ID, "read write")
		if err != nil {
			return err
		}
		w.listening = append(w.listening, token)
	}
	return nil
}

// audience makes an author whom people follow, each of them with a socket.
func (w *world) audience(name string, count int) (author string, all []socket) {
	tokens := w.listeners(count)
	author = w.person(name)
	var me struct {
		ID string `json:"id"`
	}
	w.node.Must(author, "GET", "/api/v1/accounts/verify_credentials", nil, &me)
	for _, token := range tokens {
		w.node.Must(token, "POST", "/api/v1/accounts/"+me.ID+"/follow", nil, nil)
		all = append(all, w.subscribe(token))
	}
	return author, all
}

// listening runs a reader for each socket, which notes when each post came, until the sockets are closed.
type listening struct {
	mu    sync.Mutex
	sent  map[string]time.Time // by the text of the post
	took  times
	heard chan bool
	done  sync.WaitGroup
}

func (l *listening) listen(s socket) {
	for {
		frame, err := s.next()
		if err != nil {
			return
		}
		now := time.Now()
		begin := bytes.Index(frame, []byte("Bericht "))
		if begin < 0 {
			continue
		}
		text, _, _ := bytes.Cut(frame[begin:], []byte("."))
		l.mu.Lock()
		if at, ours := l.sent[string(text)]; ours {
			l.took = append(l.took, now.Sub(at))
			l.mu.Unlock()
			l.heard <- true
			continue
		}
		l.mu.Unlock()
	}
}

// measureStreaming has somebody post whom 200 people follow, each with an open socket.
func measureStreaming(w *world) []figure {
	author, all := w.audience("omroeper", sockets)
	l := &listening{sent: map[string]time.Time{}, heard: make(chan bool, sockets*10)}
	for _, s := range all {
		if err := s.conn.SetDeadline(time.Time{}); err != nil {
			w.Fatalf("%v", err)
		}
		l.done.Go(func() { l.listen(s) })
	}
	defer func() {
		for _, s := range all {
			s.conn.Close()
		}
		l.done.Wait()
	}()
	poster, err := dial(w.node.Host)
	if err != nil {
		w.Fatalf("connect to the node: %v", err)
	}
	defer poster.conn.Close()
	n := w.of(100)
	// What posting itself costs is known from the same posts without anybody who listens.
	quiet := w.person("stille")
	post := func(token, text string) {
		if err := poster.do(poster.post("/api/v1/statuses", token, fmt.Sprintf(`{"status":"%s. Vanavond is het plein vrij."}`, text)), http.StatusOK); err != nil {
			w.Fatalf("post: %v", err)
		}
	}
	before := w.cpu()
	for i := range n {
		post(quiet, fmt.Sprintf("Stil %d", i))
		time.Sleep(pace)
	}
	alone := w.cpu() - before
	before = w.cpu()
	for i := range n {
		text := fmt.Sprintf("Bericht %d van %d", i, w.run)
		l.mu.Lock()
		l.sent[text] = time.Now()
		l.mu.Unlock()
		began := time.Now()
		post(author, text)
		for range sockets {
			select {
			case <-l.heard:
			case <-time.After(10 * time.Second):
				w.Fatalf("a socket hears nothing of post %d", i)
			}
		}
		time.Sleep(pace - min(pace, time.Since(began)))
	}
	used := w.cpu() - before
	return []figure{
		{Name: "post to event p50", Unit: " ms", Value: l.took.at(50), Want: atMost(5), Other: "18 ms"},
		{Name: "post to event p99", Unit: " ms", Value: l.took.at(99), Want: atMost(15), Other: "39 ms"},
		{Name: "CPU per event", Unit: " ms", Value: cpuEach(max(used-alone, 0), n*sockets), Want: atMost(0.03), Other: "0.13 ms"},
		{Name: "CPU per event, with the post itself", Unit: " ms", Value: cpuEach(used, n*sockets)},
	}
}

// measureSockets has 500 sockets open, of as many people, after each has heard something.
func measureSockets(w *world) []figure {
	w.listeners(w.of(manySockets))
	w.node.Stop()
	w.node.Restart()
	author, all := w.audience("zender", w.of(manySockets))
	defer func() {
		for _, s := range all {
			s.conn.Close()
		}
	}()
	w.node.Must(author, "POST", "/api/v1/statuses", map[string]any{"status": "Voor allen."}, nil)
	for _, s := range all {
		if err := s.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
			w.Fatalf("%v", err)
		}
		if _, err := s.next(); err != nil {
			w.Fatalf("a socket hears nothing: %v", err)
		}
	}
	settle, watch := 5*time.Second, 30*time.Second
	if w.quick {
		settle, watch = time.Second, 3*time.Second
	}
	var readers sync.WaitGroup
	for _, s := range all { // they answer pings
		s.conn.SetDeadline(time.Now().Add(settle + watch))
		readers.Go(func() {
			for {
				if _, err := s.next(); err != nil {
					if timeout := (net.Error)(nil); !errors.As(err, &timeout) {
						w.Logf("a socket ended: %v", err)
					}
					return
				}
			}
		})
	}
	time.Sleep(settle)
	before := w.cpu()
	memory := w.memory("VmRSS")
	time.Sleep(watch - time.Second)
	used := w.cpu() - before
	readers.Wait()
	return []figure{
		{Name: "memory", Unit: " MB", Value: memory, Want: atMost(100)},
		{Name: "CPU while nothing happens", Unit: " %", Value: 100 * float64(used) / float64(watch-time.Second)},
	}
}
