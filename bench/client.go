// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// client is one kept connection that costs little: what the load uses of the processor the node cannot use.
type client struct {
	host string
	conn net.Conn
	in   *bufio.Reader
}

func dial(host string) (*client, error) {
	conn, err := net.DialTimeout("tcp", host, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return &client{host, conn, bufio.NewReaderSize(conn, 64<<10)}, nil
}

// do sends a request and reads the whole answer, which is thrown away unless it is not the one wanted.
func (c *client) do(request []byte, status int) error {
	if err := c.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return err
	}
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	r, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	defer r.Body.Close()
	if r.StatusCode != status {
		text, _ := io.ReadAll(io.LimitReader(r.Body, 2<<10))
		return fmt.Errorf("the answer is %s: %s", r.Status, text)
	}
	_, err = io.Copy(io.Discard, r.Body)
	return err
}

// get is the bytes of a GET with a token.
func (c *client) get(path, token string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", path, c.host, token)
}

// post is the bytes of a POST of JSON with a token.
func (c *client) post(path, token, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, c.host, token, len(body), body)
}

// bytesOf is a request as it goes over the wire.
func bytesOf(r *http.Request) ([]byte, error) {
	var b bytes.Buffer
	err := r.Write(&b)
	return b.Bytes(), err
}

// load has clients do something again and again, each over its own connection, until each has done its count. next gives the
// request of a client's turn; nil: it stops before.
func (w *world) load(clients, each, status int, next func(c *client, number, turn int) []byte) (elapsed time.Duration, answers times) {
	conns := make([]*client, clients)
	for i := range conns {
		c, err := dial(w.node.Host)
		if err != nil {
			w.Fatalf("connect to the node: %v", err)
		}
		defer c.conn.Close()
		conns[i] = c
	}
	took := make([]times, clients)
	errs := make([]error, clients)
	var all sync.WaitGroup
	began := time.Now()
	for number, c := range conns {
		all.Go(func() {
			for turn := range each {
				request := next(c, number, turn)
				if request == nil {
					return
				}
				sent := time.Now()
				if errs[number] = c.do(request, status); errs[number] != nil {
					return
				}
				took[number] = append(took[number], time.Since(sent))
			}
		})
	}
	all.Wait()
	elapsed = time.Since(began)
	for i, err := range errs {
		if err != nil {
			w.Fatalf("client %d: %v", i, err)
		}
		answers = append(answers, took[i]...)
	}
	return elapsed, answers
}
