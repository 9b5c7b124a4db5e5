// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// everyStream is what a socket can subscribe to, besides user:notification.
var everyStream = []string{`"user"`, `"public"`, `"public:local"`, `"public:remote"`, `"public:media"`, `"public:local:media"`, `"public:remote:media"`,
	`"hashtag","tag":"Bouwen"`, `"hashtag:local","tag":"bouwen"`, `"list","list":"{wonen}"`, `"direct"`}

// marker ends what a client hears of one step: hints are told in their order.
func (w *world) marker(of ...string) {
	w.Helper()
	w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
		for _, who := range of {
			w.api.Timelines.Tell(tx, w.actor(who).ID, timeline.Filters)
		}
		return nil
	}))
}

// heard are the streams and events up to the marker, notifications left out: "public update".
func (c *client) heard() []string {
	c.Helper()
	all := []string{}
	for {
		f, _ := c.hear()
		switch f.Event {
		case timeline.Filters:
			slices.Sort(all)
			return all
		case timeline.Notified:
			continue
		}
		c.conforms(f)
		all = append(all, strings.Join(f.Stream, " ")+" "+f.Event)
	}
}

// elsewhere publishes something by dora.
func (w *world) elsewhere(name string, change func(*content.Made)) {
	w.Helper()
	dora := w.actor("dora")
	w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
		iri := "https://elders.example/notes/" + name
		m := &content.Made{Doc: []byte("{}"), Item: &content.Item{IRI: iri, URL: iri, Kind: content.Note, Author: dora.ID, Content: "<p>" + name + "</p>", Published: time.Now()}}
		change(m)
		_, err := w.api.Timelines.Publish(w.Context(), tx, m)
		w.names[name] = digits(m.Item.ID)
		return err
	}))
}

// step is something that happens, and what each of three people hears who look at every stream.
type step struct {
	name           string
	do             func(w *world)
	anna, bas, cas []string
}

func events(event string, streams ...string) (all []string) {
	for _, s := range streams {
		all = append(all, s+" "+event)
	}
	return all
}

var picture = []media.File{{Kind: "image", MIME: "image/png", Remote: "https://elders.example/2.png", Width: 40, Height: 30}}

var steps = []step{
	{"a post for everybody", func(w *world) { w.post("bas", "one", outbox.Draft{Text: "Voor #Bouwen"}) },
		events("update", "hashtag Bouwen", "hashtag:local bouwen", "public", "public:local", "user"),
		events("update", "hashtag Bouwen", "hashtag:local bouwen", "public", "public:local", "user"),
		events("update", "hashtag Bouwen", "hashtag:local bouwen", "public", "public:local")},
	{"it is edited", func(w *world) {
		_, err := w.api.Outbox.Edit(w.Context(), w.actor("bas"), w.item("one"), outbox.Draft{Text: "Beter #Bouwen"})
		w.check(err)
	},
		events("status.update", "hashtag Bouwen", "hashtag:local bouwen", "public", "public:local", "user"),
		events("status.update", "hashtag Bouwen", "hashtag:local bouwen", "public", "public:local", "user"),
		events("status.update", "hashtag Bouwen", "hashtag:local bouwen", "public", "public:local")},
	{"it is boosted by somebody whom anna follows", func(w *world) {
		_, err := w.api.Outbox.Boost(w.Context(), w.actor("bas"), w.item("one"), actors.Public)
		w.check(err)
	}, events("update", "user"), events("update", "user"), events("update")},
	{"it is deleted, and its boost", func(w *world) { w.check(w.api.Outbox.Delete(w.Context(), w.actor("bas"), w.item("one"))) },
		events("delete", "hashtag Bouwen", "hashtag:local bouwen", "public", "public:local", "user", "user"),
		events("delete", "hashtag Bouwen", "hashtag:local bouwen", "public", "public:local", "user", "user"),
		events("delete", "hashtag Bouwen", "hashtag:local bouwen", "public", "public:local")},
	{"an unlisted post", func(w *world) { w.post("anna", "two", outbox.Draft{Text: "SECRETunlisted", Audience: actors.Unlisted}) },
		events("update", "user"), events("update"), events("update")},
	{"a post for followers", func(w *world) { w.post("bas", "three", outbox.Draft{Text: "Voor volgers", Audience: actors.Followers}) },
		events("update", "user"), events("update", "user"), events("update")},
	{"a reply to somebody whom nobody follows", func(w *world) {
		w.elsewhere("reply to dora", func(m *content.Made) {})
		w.post("bas", "four", outbox.Draft{Text: "Antwoord", ReplyTo: w.item("reply to dora")})
	}, events("update", "public", "public:remote"), events("update", "public", "public:remote", "user"), events("update", "public", "public:remote")},
	{"a picture from elsewhere", func(w *world) {
		w.elsewhere("picture", func(m *content.Made) { m.Remote, m.Tags = picture, []string{"bouwen"} })
	},
		events("update", "hashtag Bouwen", "public", "public:media", "public:remote", "public:remote:media"),
		events("update", "hashtag Bouwen", "public", "public:media", "public:remote", "public:remote:media"),
		events("update", "hashtag Bouwen", "public", "public:media", "public:remote", "public:remote:media")},
	{"a post in the group", func(w *world) { w.post("bas", "five", outbox.Draft{Text: "Voor de groep @wonen"}) },
		// the group's boost is what its members read; the post stands in the public timeline too
		events("update", "list {wonen}", "public", "public:local", "user"),
		events("update", "list {wonen}", "public", "public:local", "user"),
		events("update", "public", "public:local")},
	{"a post in the group is edited", func(w *world) {
		_, err := w.api.Outbox.Edit(w.Context(), w.actor("bas"), w.item("five"), outbox.Draft{Text: "Beter voor de groep @wonen"})
		w.check(err)
	},
		events("status.update", "list {wonen}", "public", "public:local", "user"),
		events("status.update", "list {wonen}", "public", "public:local", "user"),
		events("status.update", "public", "public:local")},
	{"a post by somebody who is blocked by the viewer", func(w *world) {
		w.check(w.api.Outbox.Block(w.Context(), w.actor("cas"), w.actor("bas")))
		w.post("bas", "six", outbox.Draft{Text: "Hoor je mij", Audience: actors.Followers})
	}, events("update", "user"), events("update", "user"), events("update")},
}

func TestEveryStream(t *testing.T) {
	each(t, func(w *world) {
		server := httptest.NewServer(w.router)
		defer server.Close()
		people := []string{"anna", "bas", "cas"}
		clients := map[string]*client{}
		for _, who := range people {
			c := w.dial(server, "", &websocket.DialOptions{Subprotocols: []string{w.tokens[who]}})
			for _, s := range everyStream {
				c.say(w.expand(`{"type":"subscribe","stream":` + s + `}`))
			}
			c.ready()
			clients[who] = c
		}
		for _, s := range steps {
			s.do(w)
			w.marker(people...)
			for who, want := range map[string][]string{"anna": s.anna, "bas": s.bas, "cas": s.cas} {
				wanted := []string{}
				for _, one := range want {
					wanted = append(wanted, w.expand(one))
				}
				slices.Sort(wanted)
				if diff := cmp.Diff(wanted, clients[who].heard()); diff != "" {
					t.Errorf("%s: %s hears other things than wanted (-):\n%s", s.name, who, diff)
				}
			}
		}
	})
}

// What one did with a status oneself is in one's own event, and in nobody else's.
func TestMarksAreOfTheViewer(t *testing.T) {
	each(t, func(w *world) {
		server := httptest.NewServer(w.router)
		defer server.Close()
		anna, bas := w.dial(server, "?stream=public&access_token="+w.tokens["anna"], nil), w.dial(server, "?stream=public&access_token="+w.tokens["bas"], nil)
		anna.ready()
		bas.ready()
		_, err := w.api.Outbox.Edit(w.Context(), w.actor("anna"), w.item("public"), outbox.Draft{Text: "Beter"})
		w.check(err)
		anna.expect("public", "status.update", `"favourited":false`, `"reblogged":false`)
		bas.expect("public", "status.update", `"favourited":true`, `"reblogged":true`)
		w.post("bas", "vote", outbox.Draft{Text: "Wat?", Poll: &content.Poll{Ends: time.Now().Add(time.Hour), Options: []content.Option{{Name: "a"}, {Name: "b"}}}})
		anna.expect("public", "update", `"voted":false`)
		bas.expect("public", "update", `"voted":true`)
	})
}

// The address of a file that is not for everybody is made for each who hears of it.
func TestAddressesOfFilesAreOfTheViewer(t *testing.T) {
	each(t, func(w *world) {
		server := httptest.NewServer(w.router)
		defer server.Close()
		w.ask("POST", w.expand("/api/v1/accounts/{anna}/follow"), "cas", "")
		w.ask("POST", w.expand("/api/v1/accounts/{anna}/follow"), "bas", "")
		bas, cas := w.dial(server, "?stream=user&access_token="+w.tokens["bas"], nil), w.dial(server, "?stream=user&access_token="+w.tokens["cas"], nil)
		bas.ready()
		cas.ready()
		f, err := w.api.Media.Upload(w.Context(), int64(w.actor("anna").ID), "cijfers.csv", strings.NewReader("a;b\n1;2\n"), "", [2]float64{})
		w.check(err)
		w.post("anna", "withfile", outbox.Draft{Text: "Zie", Audience: actors.Followers, Files: []media.ID{f.ID}})
		bas.expect("user", "update", "?for={bas}&")
		cas.expect("user", "update", "?for={cas}&")
	})
}

func TestSubscriptions(t *testing.T) {
	each(t, func(w *world) {
		server := httptest.NewServer(w.router)
		defer server.Close()
		c := w.dial(server, "?access_token="+w.tokens["anna"], nil)
		for said, want := range map[string]string{
			`{`:                                    "The frame is not JSON",
			`{"type":"dance","stream":"user"}`:     "Unknown type of frame",
			`{"type":"subscribe","stream":"moon"}`: "Unknown channel requested",
			`{"type":"subscribe","stream":"user:media"}`:             "Unknown channel requested",
			`{"type":"subscribe","stream":"hashtag"}`:                "Missing tag name parameter",
			`{"type":"subscribe","stream":"list","list":"anna"}`:     "Missing list name parameter",
			`{"type":"unsubscribe","stream":"hashtag:local:media"}`:  "Unknown channel requested",
			`{"type":"subscribe","stream":"hashtag:local","tag":""}`: "Missing tag name parameter",
		} {
			c.say(said)
			if _, refused := c.hear(); refused.Error != want || refused.Status != http.StatusBadRequest {
				t.Errorf("%s: %+v", said, refused)
			}
		}
		// A list that is a number, a stream with only_media, and the same one twice.
		c.say(w.expand(`{"type":"subscribe","stream":"list","list":{wonen}}`))
		c.say(`{"type":"subscribe","stream":"public","only_media":true}`)
		c.say(`{"type":"subscribe","stream":"public:media"}`)
		c.ready()
		w.elsewhere("no picture", func(*content.Made) {})
		w.elsewhere("picture", func(m *content.Made) { m.Remote = picture })
		c.expect("public:media", "update", "picture")
		w.post("bas", "five", outbox.Draft{Text: "Voor de groep @wonen"})
		c.expect("list {wonen}", "update", "Voor de groep")
		narrow := w.dial(server, "?access_token="+w.tokens["narrow"], nil)
		for _, s := range append([]string{`"user:notification"`}, everyStream...) {
			narrow.say(w.expand(`{"type":"subscribe","stream":` + s + `}`))
			if _, refused := narrow.hear(); refused.Status != http.StatusUnauthorized {
				t.Errorf("%s without its scope: %+v", s, refused)
			}
		}
		for n := range maxSubscriptions {
			c.say(fmt.Sprintf(`{"type":"subscribe","stream":"hashtag","tag":"x%d"}`, n))
		}
		if _, refused := c.hear(); refused.Status != http.StatusTooManyRequests {
			t.Errorf("subscriptions without end: %+v", refused)
		}
	})
}

func TestARevokedTokenEndsItsStreams(t *testing.T) {
	each(t, func(w *world) {
		server := httptest.NewServer(w.router)
		defer server.Close()
		// One that belongs to an app, which can revoke it.
		p, secret, err := w.api.Auth.RegisterApp(w.Context(), "Elk", []string{"https://elk.zone/"}, "read", "")
		w.check(err)
		token, err := w.api.Auth.IssueToken(w.Context(), w.actor("anna").ID, "read")
		w.check(err)
		_, err = w.api.DB.Exec(w.Context(), "UPDATE tokens SET app = $1 WHERE id = (SELECT MAX(id) FROM tokens)", p.ID)
		w.check(err)
		gone, stays := w.dial(server, "?stream=user&access_token="+token, nil), w.dial(server, "?stream=user&access_token="+w.tokens["anna"], nil)
		gone.ready()
		stays.ready()
		answer, err := server.Client().Get(server.URL + streamingPath + "/user?access_token=" + token)
		w.check(err)
		defer answer.Body.Close()
		w.check(w.api.Auth.Revoke(w.Context(), p.ClientID, secret, token))
		ctx, cancel := context.WithTimeout(w.Context(), 5*time.Second)
		defer cancel()
		if _, _, err := gone.conn.Read(ctx); err == nil || ctx.Err() != nil {
			t.Errorf("the socket goes on: %v", err)
		}
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); { // ends, or the test does
		}
		w.post("bas", "live", outbox.Draft{Text: "Nu"})
		stays.expect("user", "update", "Nu")
	})
}

// A client that does not read is cut off, and nobody else waits for it.
func TestASlowReaderIsCutOff(t *testing.T) {
	each(t, func(w *world) {
		server := httptest.NewServer(w.router)
		defer server.Close()
		quick := w.dial(server, "?stream=user&access_token="+w.tokens["anna"], nil)
		quick.ready()
		ctx, cancel := context.WithCancel(w.Context())
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, "GET", server.URL+streamingPath+"/user?access_token="+w.tokens["anna"], nil)
		w.check(err)
		slow, err := server.Client().Do(r)
		w.check(err)
		defer slow.Body.Close()
		if n := len(w.api.live.listeners()); n != 2 {
			t.Fatalf("%d connections", n)
		}
		long := strings.Repeat("lang ", 900)
		began := time.Now()
		for n := 0; len(w.api.live.listeners()) == 2; n++ {
			if time.Since(began) > time.Minute {
				t.Fatalf("after %d events the slow one is still there", n)
			}
			w.post("bas", "live", outbox.Draft{Text: fmt.Sprint(n, " ", long)})
			sent := time.Now()
			quick.expect("user", "update", `"id":"{live}"`)
			if took := time.Since(sent); took > 5*time.Second {
				t.Fatalf("the quick one waited %s", took)
			}
		}
	})
}

// Three hundred people on three hundred sockets hear one post, each exactly once.
func TestThreeHundredSockets(t *testing.T) {
	each(t, func(w *world) {
		server := httptest.NewServer(w.router)
		defer server.Close()
		var clients []*client
		for n := range 300 {
			c := w.dial(server, "?stream=user&access_token="+w.tokens[[]string{"anna", "bas"}[n%2]], nil)
			c.ready()
			clients = append(clients, c)
		}
		w.post("bas", "live", outbox.Draft{Text: "Voor iedereen"})
		w.marker("anna", "bas")
		for n, c := range clients {
			if heard := c.heard(); !slices.Equal(heard, []string{"user update"}) {
				t.Fatalf("client %d hears %q", n, heard)
			}
		}
		for _, c := range clients {
			c.conn.CloseNow()
		}
		for began := time.Now(); len(w.api.live.listeners()) > 0; time.Sleep(10 * time.Millisecond) {
			if time.Since(began) > 10*time.Second {
				t.Fatalf("%d are still there", len(w.api.live.listeners()))
			}
		}
		if w.api.live.stop != nil {
			t.Error("without sockets something still runs")
		}
	})
}

// What was told while hints could not be heard is read from the tables.
func TestLostHintsAreReadAgain(t *testing.T) {
	each(t, func(w *world) {
		server := httptest.NewServer(w.router)
		defer server.Close()
		c := w.dial(server, "?stream=user&access_token="+w.tokens["anna"], nil)
		c.ready()
		time.Sleep(2 * time.Millisecond) // the cursor counts in milliseconds
		w.api.live.mu.Lock()
		v := &w.api.live
		full := make([]timeline.Hint, maxPending) // so that the next one is lost
		for n := range full {
			full[n] = timeline.Hint{Event: timeline.Filters, Owner: 1}
		}
		v.pending = full
		v.mu.Unlock()
		w.post("bas", "live", outbox.Draft{Text: "Nu @anna"})
		kinds := map[string]bool{}
		for range 2 {
			f, _ := c.hear()
			kinds[f.Event] = strings.Contains(f.Payload, w.names["live"])
		}
		if !kinds["update"] || !kinds["notification"] {
			t.Errorf("%v", kinds)
		}
	})
}

func TestEveryPathOfServerSentEvents(t *testing.T) {
	each(t, func(w *world) {
		server := httptest.NewServer(w.router)
		defer server.Close()
		fence := w.dial(server, "?stream=user&access_token="+w.tokens["cas"], nil)
		fence.ready()
		for path, wanted := range map[string]bool{"user": true, "user/notification": true, "public": true, "public/local": true, "public/remote": false, "hashtag?tag=bouwen": true,
			"hashtag/local?tag=bouwen": true, "list?list={wonen}": false, "public?only_media=true": false, "direct": false} {
			ctx, cancel := context.WithTimeout(w.Context(), 20*time.Second)
			r, err := http.NewRequestWithContext(ctx, "GET", server.URL+streamingPath+"/"+w.expand(path), nil)
			w.check(err)
			r.Header.Set("Authorization", "Bearer "+w.tokens["anna"])
			answer, err := server.Client().Do(r)
			w.check(err)
			lines := bufio.NewReader(answer.Body)
			line := func() string {
				text, err := lines.ReadString('\n')
				w.check(err)
				return strings.TrimSuffix(text, "\n")
			}
			if first := line(); first != ":)" {
				t.Errorf("%s begins with %q", path, first)
			}
			w.post("bas", "live", outbox.Draft{Text: "Nu @anna #bouwen"})
			if !wanted { // something for everybody that comes after it
				w.elsewhere("tail of "+path, func(m *content.Made) { m.Remote = picture })
				w.post("bas", "tail", outbox.Draft{Text: "@wonen staart"})
				w.post("bas", "aside", outbox.Draft{Text: "Onder ons @anna", Audience: actors.Direct})
			}
			event, data := line(), line()
			var v struct{ ID, Type string }
			text, isData := strings.CutPrefix(data, "data: ")
			if err := json.Unmarshal([]byte(text), &v); err != nil || !isData || line() != "" || !strings.HasPrefix(event, "event: ") {
				t.Errorf("%s: %s\n%s\n%v", path, event, data, err)
			}
			if mine := v.ID == w.names["live"] || v.Type == "mention"; mine != wanted {
				t.Errorf("%s: %s %s", path, event, data)
			}
			cancel()
			answer.Body.Close()
			w.marker("cas")
			fence.heard() // so that the next stream hears nothing of this
		}
		for path, want := range map[string]int{"moon": 400, "hashtag": 400, "list": 400, "public/moon": 400} {
			if answer := w.ask("GET", streamingPath+"/"+path, "anna", ""); answer.Code != want {
				t.Errorf("%s: %d", path, answer.Code)
			}
		}
	})
}

// What one process of a node does is heard at the sockets of another one, and a token that one revokes ends the streams of both.
func TestAnotherProcessHears(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		d := dbtest.OpenSource(t, source, db.Options{})
		if !d.Postgres() {
			return // on SQLite a node is one process
		}
		w := newWorld(t, d)
		second := dbtest.OpenSource(t, source, db.Options{})
		waitUntilHeard(t, second)
		other, routes := newAPI(t, second), mux.NewRouter()
		other.Routes(routes)
		server := httptest.NewServer(routes)
		defer server.Close()
		c := w.dial(server, "?stream=user&access_token="+w.tokens["anna"], nil)
		c.ready()
		w.post("bas", "live", outbox.Draft{Text: "Nu @anna"})
		c.expect("user", "notification", `"type":"mention"`, `"id":"{live}"`)
		c.expect("user", "update", `"id":"{live}"`)
		w.check(w.api.Outbox.Delete(w.Context(), w.actor("bas"), w.item("live")))
		c.expect("user", "delete", "{live}")
		w.check(w.api.Auth.EndAuthorization(w.Context(), w.actor("anna").ID, w.appOf("anna")))
		ctx, cancel := context.WithTimeout(w.Context(), 5*time.Second)
		defer cancel()
		if _, _, err := c.conn.Read(ctx); err == nil || ctx.Err() != nil {
			t.Errorf("the socket goes on: %v", err)
		}
	})
}

// Lists that one person looks at, or pretends to, on many connections are arguments of the query for everybody.
func TestOnePersonLooksAtSoManyLists(t *testing.T) {
	v := &live{open: map[*listener]bool{}}
	for n := range 3 {
		l := &listener{viewer: 1}
		for m := range maxSubscriptions {
			l.streams = append(l.streams, &subscription{place: timeline.InList, list: timeline.ListID(1000*n + m + 1)})
		}
		v.open[l] = true
	}
	if got := len(v.looking().Lists); got != maxSubscriptions {
		t.Errorf("one person has %d lists looked at", got)
	}
}

// A connection costs memory for as long as it lasts: one person has not more than so many.
func TestOnePersonHasSoManyConnections(t *testing.T) {
	each(t, func(w *world) {
		cut := 0
		for n := range mostOpen + 2 {
			l := &listener{viewer: 1, cut: func() { cut++ }}
			if n == mostOpen+1 {
				l.viewer = 2
			}
			w.api.join(l)
			defer w.api.leave(l)
		}
		if cut != 1 {
			t.Errorf("%d connections were cut, and not the one that is too many", cut)
		}
	})
}
