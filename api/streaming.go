// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

// stream is an answer that goes on.
type stream func(w http.ResponseWriter, r *http.Request)

// The streams there are. What clients subscribe to besides is refused in a frame, and they poll.
const (
	userStream         = "user"
	notificationStream = "user:notification"
)

const (
	thumpEvery   = 15 * time.Second // comments that keep a connection of events open
	pingEvery    = 30 * time.Second
	writeTime    = 10 * time.Second
	maxFrame     = 4096 // bytes of what a client asks
	rememberSent = 500
)

func streamingHealth(context.Context, *call) (any, error) {
	return file{"text/plain; charset=utf-8", []byte("OK")}, nil
}

// streams are those that are open: a node that stops ends them.
type streams struct {
	mu     sync.Mutex
	closed bool
	next   int
	ends   map[int]context.CancelFunc
}

// begin is a context that ends with the given one, with end, or when the streams are closed.
func (s *streams) begin(ctx context.Context) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		cancel()
	}
	if s.ends == nil {
		s.ends = map[int]context.CancelFunc{}
	}
	s.next++
	id := s.next
	s.ends[id] = cancel
	return ctx, func() {
		cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.ends, id)
	}
}

// Close ends every stream, and those that begin afterwards. It belongs to http.Server.RegisterOnShutdown: a server
// neither ends nor waits for its WebSockets.
func (a *API) Close() {
	a.streams.mu.Lock()
	defer a.streams.mu.Unlock()
	a.streams.closed = true
	for _, end := range a.streams.ends {
		end()
	}
}

// feed makes events for one person of hints that go to everybody: it looks for itself, through the gate.
type feed struct {
	api    *API
	bearer string
	viewer actors.Viewer
	sent   []content.ID // the last statuses that went out: their deletion is told
}

type event struct{ name, payload string }

// event is what a hint means to the person: nothing (false), in most cases.
func (f *feed) event(ctx context.Context, h timeline.Hint, notificationsOnly bool) (event, bool, error) {
	switch {
	case h.Event == timeline.Notified && slices.Contains(h.Recipients, f.viewer.ID):
		n, err := f.api.notificationOf(ctx, f.viewer, h.Notification)
		return f.encoded(h.Event, n, err)
	case notificationsOnly:
		return event{}, false, nil
	case h.Event == timeline.Update, h.Event == timeline.Changed:
		if mine, err := f.api.Timelines.InHome(ctx, f.viewer, h.Item); err != nil || !mine {
			return event{}, false, err
		}
		i, err := content.Get(ctx, f.api.DB, f.viewer, h.Item)
		if err != nil {
			return event{}, false, ignoreMissing(err)
		}
		s, err := f.api.status(ctx, f.viewer, i)
		if err == nil {
			f.remember(h.Item)
		}
		return f.encoded(h.Event, s, err)
	case h.Event == timeline.AnnouncementDeleted:
		return event{h.Event, digits(h.About)}, true, nil
	case h.Event == timeline.Announced, h.Event == timeline.AnnouncementReaction:
		x, err := f.api.announced(ctx, h)
		return f.encoded(h.Event, x, err)
	case h.Event == timeline.Deleted:
		knows, err := f.knew(ctx, h)
		return event{timeline.Deleted, digits(h.Item)}, knows, err
	}
	return event{}, false, nil
}

func (f *feed) encoded(name string, v any, err error) (event, bool, error) {
	if err != nil {
		return event{}, false, ignoreMissing(err)
	}
	text, err := encode(v)
	return event{name, string(text)}, err == nil, err
}

// ignoreMissing: between a hint and a look things go away.
func ignoreMissing(err error) error {
	if status := fault.Status(err); status == http.StatusNotFound || status == http.StatusGone {
		return nil
	}
	return err
}

func (f *feed) remember(id content.ID) {
	if len(f.sent) == rememberSent {
		f.sent = slices.Delete(f.sent, 0, rememberSent/2)
	}
	f.sent = append(f.sent, id)
}

// knew tells whether the person can have seen what is deleted: it went out here, or its author is followed. Others learn
// nothing, not even a number.
func (f *feed) knew(ctx context.Context, h timeline.Hint) (bool, error) {
	if h.Author == f.viewer.ID || slices.Contains(f.sent, h.Item) {
		return true, nil
	}
	role, err := actors.RoleOf(ctx, f.api.DB, f.viewer.ID, h.Author)
	return role != "", err
}

// valid tells whether the token is still good.
func (f *feed) valid(ctx context.Context) bool {
	access, err := f.api.Auth.Token(ctx, f.bearer)
	return err == nil && access.Account != nil
}

func (c *call) feed() *feed { return &feed{api: c.api, bearer: c.bearer, viewer: c.viewer} }

// events is a stream of server-sent events: GET /api/v1/streaming/user and user/notification.
func (a *API) events(_ context.Context, c *call) (any, error) {
	channel := strings.ReplaceAll(mux.Vars(c.r)["channel"], "/", ":")
	if channel != userStream && channel != notificationStream {
		return nil, fault.Say(fault.Malformed, "Unknown channel requested")
	}
	f := c.feed()
	return stream(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		w.Header().Set("X-Accel-Buffering", "no")
		w.WriteHeader(http.StatusOK)
		out := http.NewResponseController(w)
		_ = out.SetReadDeadline(time.Time{}) // the server's own would end the request
		send := func(text string) error {
			_ = out.SetWriteDeadline(time.Now().Add(writeTime)) // not every writer has one
			if _, err := w.Write([]byte(text)); err != nil {
				return err
			}
			return out.Flush()
		}
		ctx, end := a.streams.begin(r.Context())
		defer end()
		hints := a.Timelines.Watch(ctx)
		if send(":)\n") != nil {
			return
		}
		tick := time.NewTicker(thumpEvery)
		defer tick.Stop()
		for {
			var err error
			select {
			case h, open := <-hints:
				if !open {
					return
				}
				e, ok, failed := f.event(ctx, h, channel == notificationStream)
				a.note(ctx, failed)
				if ok {
					err = send("event: " + e.name + "\ndata: " + e.payload + "\n\n")
				}
			case <-tick.C:
				if !f.valid(ctx) {
					return
				}
				err = send(":thump\n")
			}
			if err != nil {
				return
			}
		}
	}), nil
}

// note logs what went wrong for a stream that goes on.
func (a *API) note(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		a.logger().Error("client API: streaming", "error", err)
	}
}

// socket is GET /api/v1/streaming: many streams over one WebSocket.
func (a *API) socket(_ context.Context, c *call) (any, error) {
	if !strings.EqualFold(c.r.Header.Get("Upgrade"), "websocket") {
		return nil, fault.Say(fault.Malformed, "This address takes WebSockets only; events are at /api/v1/streaming/user.")
	}
	f, first := c.feed(), c.Text("stream")
	scopes := c.access.Scopes
	return stream(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
			Subprotocols:       websocketProtocols(r), // browsers put the token there and want it back
			InsecureSkipVerify: true,                  // the token says who asks, wherever the page is from
		})
		if err != nil {
			return // Accept has answered
		}
		defer conn.CloseNow()
		conn.SetReadLimit(maxFrame)
		ctx, end := a.streams.begin(r.Context())
		defer end()
		s := &socket{conn: conn, may: scopes.Allows("read:statuses") && scopes.Allows("read:notifications")}
		if first != "" {
			if err := s.change(ctx, command{Type: "subscribe", Stream: first}); err != nil {
				return
			}
		}
		hints := a.Timelines.Watch(ctx)
		go func() {
			defer end()
			s.read(ctx)
		}()
		a.pump(ctx, s, f, hints)
	}), nil
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

func (a *API) pump(ctx context.Context, s *socket, f *feed, hints <-chan timeline.Hint) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case h, open := <-hints:
			if !open {
				return
			}
			streams := s.streams()
			if len(streams) == 0 {
				continue
			}
			e, ok, err := f.event(ctx, h, !slices.Contains(streams, userStream))
			a.note(ctx, err)
			if !ok {
				continue
			}
			for _, name := range streams {
				if name == notificationStream && e.name != timeline.Notified {
					continue
				}
				if s.send(ctx, frame{[]string{name}, e.name, e.payload}) != nil {
					return
				}
			}
		case <-tick.C:
			if !f.valid(ctx) {
				s.conn.Close(websocket.StatusPolicyViolation, "the access token was revoked")
				return
			}
			pong, cancel := context.WithTimeout(ctx, writeTime)
			err := s.conn.Ping(pong)
			cancel()
			if err != nil {
				return
			}
		}
	}
}

// socket is one WebSocket and what its client subscribed to.
type socket struct {
	conn *websocket.Conn
	may  bool // the token has the scopes of the streams there are

	mu         sync.Mutex
	subscribed []string
}

type frame struct {
	Stream  []string `json:"stream"`
	Event   string   `json:"event"`
	Payload string   `json:"payload"` // JSON in a text, as in Mastodon
}

type command struct {
	Type   string `json:"type"`
	Stream string `json:"stream"`
}

// refusal is the answer to a command that cannot be followed; the socket stays open.
type refusal struct {
	Error  string `json:"error"`
	Status int    `json:"status"`
}

func (s *socket) streams() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.subscribed)
}

func (s *socket) send(ctx context.Context, v any) error {
	text, err := encode(v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, text); err != nil {
		return fmt.Errorf("write to a socket: %w", err)
	}
	return nil
}

func (s *socket) read(ctx context.Context) {
	for {
		_, text, err := s.conn.Read(ctx)
		if err != nil {
			return
		}
		var c command
		if json.Unmarshal(text, &c) != nil {
			err = s.send(ctx, refusal{"The frame is not JSON", http.StatusBadRequest})
		} else {
			err = s.change(ctx, c)
		}
		if err != nil {
			return
		}
	}
}

func (s *socket) change(ctx context.Context, c command) error {
	known := c.Stream == userStream || c.Stream == notificationStream
	switch {
	case c.Type != "subscribe" && c.Type != "unsubscribe":
		return s.send(ctx, refusal{"Unknown type of frame", http.StatusBadRequest})
	case !known:
		return s.send(ctx, refusal{"Unknown channel requested", http.StatusBadRequest})
	case !s.may:
		return s.send(ctx, refusal{"Access token does not have the required scopes", http.StatusUnauthorized})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscribed = slices.DeleteFunc(s.subscribed, func(name string) bool { return name == c.Stream })
	if c.Type == "subscribe" {
		s.subscribed = append(s.subscribed, c.Stream)
	}
	return nil
}
