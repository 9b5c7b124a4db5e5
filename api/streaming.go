// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/pleio-node/pleio-node/fault"
)

// stream is an answer that goes on.
type stream func(w http.ResponseWriter, r *http.Request)

const (
	writeTime        = 10 * time.Second
	maxFrame         = 4096 // bytes of what a client asks
	maxSubscriptions = 100  // of one connection
)

func streamingHealth(context.Context, *call) (any, error) {
	return file{"text/plain; charset=utf-8", []byte("OK")}, nil
}

func unknownStream(context.Context, *call) (any, error) { return nil, errChannel }

// events is a stream of server-sent events.
func (a *API) events(name string) handler {
	return func(_ context.Context, c *call) (any, error) {
		s, err := subscriptionTo(name, c.Text)
		if err != nil {
			return nil, err
		}
		l := newListener(c)
		l.subscribe(s)
		return stream(func(w http.ResponseWriter, r *http.Request) { a.serveEvents(w, r, l) }), nil
	}
}

func (a *API) serveEvents(w http.ResponseWriter, r *http.Request, l *listener) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep events until there are many
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // the server's own would end the request
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	l.event = (*message).event
	l.write = func(text []byte) error {
		_ = out.SetWriteDeadline(time.Now().Add(writeTime)) // not every writer has one
		if _, err := w.Write(text); err != nil {
			return err
		}
		return out.Flush()
	}
	l.ping = func() { l.send([]byte(":thump\n")) }
	l.cut = cancel
	a.join(l)
	defer a.leave(l)
	l.send([]byte(":)\n"))
	<-ctx.Done()
	l.end()
	l.settle(func() { _ = out.SetWriteDeadline(time.Now()) }) // after the handler nobody may write
	_ = out.SetWriteDeadline(time.Now().Add(writeTime))       // for the end of the answer
}

// socket is GET /api/v1/streaming: many streams over one WebSocket.
func (a *API) socket(_ context.Context, c *call) (any, error) {
	if !strings.EqualFold(c.r.Header.Get("Upgrade"), "websocket") {
		return nil, fault.Say(fault.Malformed, "This address takes WebSockets only; events are at /api/v1/streaming/user.")
	}
	l := newListener(c)
	var first []byte
	if name := c.Text("stream"); name != "" {
		first = jsonText(command{Type: "subscribe", Stream: name, Tag: c.Text("tag"), List: c.Text("list"), OnlyMedia: c.Text("only_media")})
	}
	return stream(func(w http.ResponseWriter, r *http.Request) { a.serveSocket(w, r, l, first) }), nil
}

func (a *API) serveSocket(w http.ResponseWriter, r *http.Request, l *listener, first []byte) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:       websocketProtocols(r), // browsers put the token there and want it back
		InsecureSkipVerify: true,                  // the token says who asks, wherever the page is from
	})
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxFrame)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	l.event = (*message).frame
	l.write = func(text []byte) error { // one that hangs ends when a ping does, or when the queue is full: see cut
		return conn.Write(context.Background(), websocket.MessageText, text)
	}
	l.ping = func() {
		go func() { // the answer comes to the reader below
			ctx, cancel := context.WithTimeout(ctx, writeTime)
			defer cancel()
			if conn.Ping(ctx) != nil {
				l.end()
			}
		}()
	}
	l.cut = cancel
	a.join(l)
	defer a.leave(l)
	defer l.end()
	if first != nil {
		l.obey(first)
	}
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		l.obey(text)
	}
}

func websocketProtocols(r *http.Request) []string {
	var all []string
	for _, p := range strings.Split(r.Header.Get("Sec-WebSocket-Protocol"), ",") {
		if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// command is what a client sends over a WebSocket. Numbers and booleans come as such, or as texts.
type command struct {
	Type      string `json:"type"`
	Stream    string `json:"stream"`
	Tag       any    `json:"tag,omitempty"`
	List      any    `json:"list,omitempty"`
	OnlyMedia any    `json:"only_media,omitempty"`
}

func (c command) parameter(name string) string {
	v := map[string]any{"tag": c.Tag, "list": c.List, "only_media": c.OnlyMedia}[name]
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// refusal is the answer to a command that cannot be followed; the socket stays open.
type refusal struct {
	Error  string `json:"error"`
	Status int    `json:"status"`
}

// obey does what a client asks.
func (l *listener) obey(text []byte) {
	refuse := func(status int, sentence string) { l.send(jsonText(refusal{sentence, status})) }
	var c command
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if d.Decode(&c) != nil {
		refuse(http.StatusBadRequest, "The frame is not JSON")
		return
	}
	if c.Type != "subscribe" && c.Type != "unsubscribe" {
		refuse(http.StatusBadRequest, "Unknown type of frame")
		return
	}
	s, err := subscriptionTo(c.Stream, c.parameter)
	switch {
	case err != nil:
		refuse(http.StatusBadRequest, fault.Sentence(err))
	case c.Type == "unsubscribe":
		l.unsubscribe(s)
	case !s.allowed(l.scopes):
		refuse(http.StatusUnauthorized, "Access token does not have the required scopes")
	case len(l.subscriptions()) >= maxSubscriptions:
		refuse(http.StatusTooManyRequests, "Too many subscriptions on this connection")
	default:
		l.subscribe(s)
	}
}
