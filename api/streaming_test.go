// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/outbox"
)

// frame is what a client hears.
type frame struct {
	Stream  []string `json:"stream"`
	Event   string   `json:"event"`
	Payload string   `json:"payload"` // JSON in a text, as in Mastodon
}

// client is one WebSocket of a test.
type client struct {
	*world
	conn *websocket.Conn
}

func (w *world) dial(server *httptest.Server, query string, o *websocket.DialOptions) *client {
	w.Helper()
	conn, _, err := websocket.Dial(w.Context(), server.URL+streamingPath+query, o)
	w.check(err)
	w.Cleanup(func() { conn.CloseNow() })
	return &client{w, conn}
}

func (c *client) say(text string) {
	c.Helper()
	c.check(c.conn.Write(c.Context(), websocket.MessageText, []byte(text)))
}

// hear waits for a frame.
func (c *client) hear() (f frame, refused refusal) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), 10*time.Second)
	defer cancel()
	_, text, err := c.conn.Read(ctx)
	c.check(err)
	c.check(json.Unmarshal(text, &f))
	c.check(json.Unmarshal(text, &refused))
	return f, refused
}

// ready makes sure that what was said before was understood: the refusal of nonsense comes after it.
func (c *client) ready() {
	c.Helper()
	c.say(`{"type":"subscribe","stream":"nonsense"}`)
	if _, refused := c.hear(); refused.Error != "Unknown channel requested" || refused.Status != 400 {
		c.Fatalf("%+v", refused)
	}
}

// expect hears a frame of a stream: its name, and what it needs besides after a blank.
func (c *client) expect(stream, event string, payload ...string) {
	c.Helper()
	f, _ := c.hear()
	ok := strings.Join(f.Stream, " ") == c.expand(stream) && f.Event == event
	for _, want := range payload {
		ok = ok && strings.Contains(f.Payload, c.expand(want))
	}
	if !ok {
		c.Errorf("%+v instead of %s on %s with %q", f, event, stream, payload)
		return
	}
	c.conforms(f)
}

// conforms checks the payload of a frame by the schemas of all answers.
func (c *client) conforms(f frame) {
	c.Helper()
	kind := map[string]string{"update": "Status", "status.update": "Status", "notification": "Notification", "conversation": "Conversation",
		"announcement": "Announcement", "announcement.reaction": "ReactionEvent"}[f.Event]
	if kind == "" {
		return
	}
	d := json.NewDecoder(strings.NewReader(f.Payload))
	d.UseNumber()
	var v any
	c.check(d.Decode(&v))
	for _, problem := range conform(kind, kind, v) {
		c.Error(problem)
	}
}

func TestSockets(t *testing.T) {
	each(t, func(w *world) {
		server := httptest.NewServer(w.router)
		defer server.Close()
		anna := w.dial(server, "", &websocket.DialOptions{Subprotocols: []string{w.tokens["anna"]}}) // as browsers do
		if anna.conn.Subprotocol() != w.tokens["anna"] {
			t.Error("a browser closes a socket that does not give its protocol back")
		}
		anna.say(`{"type":"subscribe","stream":"user"}`)
		anna.ready()
		cas := w.dial(server, "?stream=user&access_token="+w.tokens["cas"], nil)
		cas.ready()
		bell := w.dial(server, "/", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + w.tokens["bas"]}}})
		bell.say(`{"type":"subscribe","stream":"user:notification"}`)
		bell.ready()

		w.post("bas", "live", outbox.Draft{Text: "Nu @anna"})
		for range 2 { // in either order: the post, and that one is mentioned
			f, _ := anna.hear()
			if f.Event != "update" && f.Event != "notification" || !strings.Contains(f.Payload, "Nu ") || f.Stream[0] != "user" {
				t.Errorf("%+v", f)
			}
		}
		_, err := w.api.Outbox.Edit(w.Context(), w.actor("bas"), w.item("live"), outbox.Draft{Text: "Beter @anna"})
		w.check(err)
		anna.expect("user", "status.update", "Beter", `"id":"{live}"`)
		_, err = w.api.Outbox.Like(w.Context(), w.actor("anna"), w.item("live"))
		w.check(err)
		bell.expect("user:notification", "notification", `"type":"favourite"`, `"id":"{live}"`)
		w.check(w.api.Outbox.Delete(w.Context(), w.actor("bas"), w.item("live")))
		anna.expect("user", "delete", "{live}")

		// What is not for one does not come: cas follows nobody here, and hears of his own post first.
		w.post("cas", "own", outbox.Draft{Text: "Van mij", Audience: actors.Direct})
		cas.expect("user", "update", "Van mij")

		anna.say(`{"type":"unsubscribe","stream":"user"}`)
		anna.ready()
		w.post("bas", "unheard", outbox.Draft{Text: "Ongehoord"})
		anna.ready()
		for said, want := range map[string]string{`{`: "The frame is not JSON", `{"type":"dance","stream":"user"}`: "Unknown type of frame"} {
			anna.say(said)
			if _, refused := anna.hear(); refused.Error != want {
				t.Errorf("%s: %+v", said, refused)
			}
		}
		narrow := w.dial(server, "?access_token="+w.tokens["narrow"], nil)
		narrow.say(`{"type":"subscribe","stream":"user"}`)
		if _, refused := narrow.hear(); refused.Status != http.StatusUnauthorized {
			t.Errorf("without the scopes: %+v", refused)
		}
		if _, answer, err := websocket.Dial(w.Context(), server.URL+streamingPath, nil); err == nil || answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("without a token: %v", err)
		}
	})
}

func TestAStoppingNodeEndsItsStreams(t *testing.T) {
	each(t, func(w *world) {
		server := httptest.NewServer(w.router)
		defer server.Close()
		c := w.dial(server, "?stream=user&access_token="+w.tokens["anna"], nil)
		c.ready()
		events := func() *http.Response {
			answer, err := server.Client().Get(server.URL + streamingPath + "/user?access_token=" + w.tokens["anna"])
			w.check(err)
			return answer
		}
		open := events()
		defer open.Body.Close()
		w.api.Close()
		if _, _, err := c.conn.Read(w.Context()); err == nil {
			t.Error("the socket goes on")
		}
		for _, one := range []*http.Response{open, events()} {
			if _, err := io.Copy(io.Discard, one.Body); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestServerSentEvents(t *testing.T) {
	each(t, func(w *world) {
		server := httptest.NewServer(w.router)
		defer server.Close()
		ctx, cancel := context.WithTimeout(w.Context(), 10*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, "GET", server.URL+streamingPath+"/user?access_token="+w.tokens["anna"], nil)
		w.check(err)
		answer, err := server.Client().Do(r)
		w.check(err)
		defer answer.Body.Close()
		if answer.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" || answer.Header.Get("X-Accel-Buffering") != "no" {
			t.Errorf("%v", answer.Header)
		}
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 1<<20)
		line := func() string {
			if !lines.Scan() {
				t.Fatalf("the stream ended: %v", lines.Err())
			}
			return lines.Text()
		}
		if first := line(); first != ":)" {
			t.Errorf("it begins with %q", first)
		}
		w.post("bas", "live", outbox.Draft{Text: "Nu"})
		if event, data := line(), line(); event != "event: update" || !strings.HasPrefix(data, `data: {"id":"`+w.names["live"]+`"`) || line() != "" {
			t.Errorf("%s\n%s", event, data)
		}
	})
}
