// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

// client is a program that works with the JSON API of one node for one person.
type client struct {
	*Person
	token string
}

func (p *Person) client() *client {
	p.w.t.Helper()
	id := p.Actor().ID
	p.w.tx(p.where, func(ctx context.Context, n *node.Node, tx *db.Tx) error {
		return n.Auth.AddAccount(ctx, tx, id, p.name+"@"+domain(p.where), auth.Hashed{}, false)
	})
	token, err := p.node().Auth.IssueToken(context.Background(), id, "read write")
	p.must(err, "gets a token")
	return &client{p, token}
}

// call asks, expects a status, and decodes the answer.
func (c *client) call(method, path, body string, status int, into any) {
	c.w.t.Helper()
	r := httptest.NewRequest(method, "/api/pleio/v1"+path, strings.NewReader(body))
	r.Host = domain(c.where)
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	c.node().ServeHTTP(answer, r)
	if answer.Code != status {
		c.w.t.Fatalf("%s: %s %s: %d instead of %d: %s", c, method, path, answer.Code, status, answer.Body)
	}
	if into == nil {
		return
	}
	if err := json.NewDecoder(bytes.NewReader(answer.Body.Bytes())).Decode(into); err != nil {
		c.w.t.Fatalf("%s: %s %s: %v in %s", c, method, path, err, answer.Body)
	}
}

// number is how the client's node numbers somebody or a group.
func (c *client) number(who string) string {
	c.w.t.Helper()
	return fmt.Sprint(c.w.actor(c.where, who).ID)
}

type membership struct{ State, Role string }

type someone struct {
	Handle, Role, Introduction string
	Organisation               struct{ Host, Name string }
}

// The life of a group whose members live on two nodes, through the JSON API alone.
func TestTheLifeOfAGroupThroughTheJSONAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "provincie")
		anna, chris := w.Person("anna@gouda").client(), w.Person("chris@provincie").client()

		var group struct {
			ID, Handle, JoinPolicy string
			Members                int
			Membership             membership
		}
		chris.call("POST", "/groups", `{"name":"wonen","title":"Wonen","joinPolicy":"request"}`, http.StatusCreated, &group)
		if group.Handle != "@wonen@provincie.example" || group.Members != 1 || group.Membership.Role != "owner" {
			t.Fatalf("made: %+v", group)
		}
		there := "/groups/" + group.ID
		here := "/groups/" + anna.number("wonen@provincie")

		// anna asks from her own node, and says why
		var m membership
		anna.call("POST", here+"/membership", `{"introduction":"Ik werk aan de woonvisie"}`, http.StatusCreated, &m)
		if m.State != "requested" {
			t.Errorf("anna's membership: %+v", m)
		}
		w.Settle()
		var requests []someone
		chris.call("GET", there+"/requests", "", http.StatusOK, &requests)
		if len(requests) != 1 || requests[0].Handle != "@anna@gouda.example" || requests[0].Introduction != "Ik werk aan de woonvisie" {
			t.Fatalf("requests: %+v", requests)
		}
		if got := chris.Notified(); len(got) != 1 || !strings.HasPrefix(got[0], "follow_request by anna@gouda") {
			t.Errorf("chris was told %q", got)
		}
		chris.call("POST", there+"/requests/"+chris.number("anna@gouda"), `{"decision":"accept"}`, http.StatusOK, &m)
		w.Settle()
		anna.call("GET", here+"/membership", "", http.StatusOK, &m)
		if m.State != "active" || m.Role != "member" {
			t.Errorf("anna's membership: %+v", m)
		}

		// the members, with their organisations
		var members []someone
		chris.call("GET", there+"/members", "", http.StatusOK, &members)
		if len(members) != 2 || members[0].Handle != "@anna@gouda.example" || members[0].Organisation.Host != "gouda.example" || members[0].Organisation.Name != "Gouda" ||
			members[1].Organisation.Name != "Provincie" {
			t.Errorf("members: %+v", members)
		}

		// anna becomes a moderator, which her node hears; she pins, and closes a conversation, from there
		chris.call("PATCH", there+"/members/"+chris.number("anna@gouda"), `{"role":"moderator"}`, http.StatusOK, nil)
		post := anna.Post("wonen@provincie", "Wie heeft er een woonvisie?")
		w.Settle()
		anna.call("GET", here+"/membership", "", http.StatusOK, &m)
		if m.Role != "moderator" {
			t.Errorf("anna's membership: %+v", m)
		}
		anna.call("PUT", fmt.Sprintf("%s/pins/%d", here, anna.item(post).ID), "", http.StatusNoContent, nil)
		anna.call("PUT", fmt.Sprintf("%s/locks/%d", here, anna.item(post).ID), `{"reason":"Besloten"}`, http.StatusNoContent, nil)
		w.Settle()
		var pins []struct{ Status string }
		chris.call("GET", there+"/pins", "", http.StatusOK, &pins)
		if len(pins) != 1 || pins[0].Status != fmt.Sprint(chris.item(post).ID) {
			t.Errorf("pins: %+v", pins)
		}
		if chris.item(post).Closed.IsZero() {
			t.Error("the conversation is not closed at the group's home")
		}
		anna.call("GET", here+"/log", "", http.StatusOK, &[]struct{}{}) // its home keeps the log

		// the settings change, and the other node hears it
		chris.call("PATCH", there, `{"title":"Wonen en werken","joinPolicy":"open"}`, http.StatusOK, nil)
		w.Settle()
		if got := w.actor("gouda", "wonen@provincie"); got.Title != "Wonen en werken" || got.JoinPolicy != actors.JoinOpen {
			t.Errorf("gouda knows %q, %s", got.Title, got.JoinPolicy)
		}

		// and she is removed
		chris.call("DELETE", there+"/members/"+chris.number("anna@gouda"), `{"reason":"Andere baan"}`, http.StatusNoContent, nil)
		w.Settle()
		anna.call("GET", here+"/membership", "", http.StatusOK, &m)
		if m.State != "removed" {
			t.Errorf("anna's membership: %+v", m)
		}
		anna.call("PUT", fmt.Sprintf("%s/pins/%d", here, anna.item(post).ID), "", http.StatusForbidden, nil)

		var log []struct {
			Kind, Role, Reason string
			By, Person         *someone
		}
		chris.call("GET", there+"/log", "", http.StatusOK, &log)
		var got []string
		for _, e := range log {
			got = append(got, e.Kind+" by "+e.By.Handle)
		}
		want := "removal by @chris@provincie.example, settings by @chris@provincie.example, lock by @anna@gouda.example, pin by @anna@gouda.example, " +
			"role by @chris@provincie.example, admission by @chris@provincie.example"
		if strings.Join(got, ", ") != want || log[0].Reason != "Andere baan" || log[2].Reason != "Besloten" || log[4].Role != "moderator" || log[4].Person.Handle != "@anna@gouda.example" {
			t.Errorf("log: %+v", log)
		}

		var nodes []struct {
			Host, Name     string
			People, Groups int
		}
		chris.call("GET", "/organisations", "", http.StatusOK, &nodes)
		if len(nodes) != 2 || nodes[0].Host != "gouda.example" || nodes[0].People != 1 || nodes[1].Groups != 1 {
			t.Errorf("organisations: %+v", nodes)
		}
	})
}

// What an owner at home and a moderator elsewhere do in a group is so on every node with a member.
func TestWhatModeratorsDoReachesEveryMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		ctx := context.Background()
		anna, bas, chris := w.As("anna@gouda"), w.As("bas@waterschap"), w.As("chris@provincie")
		group := func(p *Person) *actors.Actor { return w.actor(p.where, "wonen@provincie") }
		post := anna.Post("wonen@provincie", "Wie komt er?")
		w.Settle()
		closed := func(want bool) {
			t.Helper()
			w.Settle()
			for _, p := range []*Person{anna, bas, chris} {
				if got := !p.item(post).Closed.IsZero(); got != want {
					t.Errorf("on %s the conversation is closed: %t", p.where, got)
				}
			}
		}
		pinned := func(want int) {
			t.Helper()
			w.Settle()
			for _, p := range []*Person{anna, bas, chris} {
				pins, _, err := outbox.Pins(ctx, p.node().DB, p.Viewer(), group(p).ID)
				p.must(err, "reads the pins")
				if len(pins) != want || want == 1 && pins[0] != p.item(post).ID {
					t.Errorf("on %s %v is pinned", p.where, pins)
				}
				if !p.item(post).Pinned.IsZero() {
					t.Errorf("on %s it is pinned on its author's page", p.where)
				}
			}
		}
		chris.must(chris.node().Outbox.LockPost(ctx, chris.Actor(), group(chris), chris.item(post).ID, true, "Genoeg"), "locks")
		closed(true)
		if _, err := bas.draft(outbox.Draft{Text: "Nog iets", ReplyTo: bas.item(post).ID}); err == nil {
			t.Error("who is no moderator answers in a closed conversation")
		}
		if err := bas.node().Outbox.LockPost(ctx, bas.Actor(), group(bas), bas.item(post).ID, false, ""); err == nil {
			t.Error("who is no moderator opens a conversation")
		}
		chris.must(chris.node().Outbox.SetRole(ctx, chris.Actor(), w.actor("provincie", "bas@waterschap"), group(chris), actors.RoleModerator), "promotes")
		w.Settle()
		bas.must(bas.node().Outbox.LockPost(ctx, bas.Actor(), group(bas), bas.item(post).ID, false, ""), "unlocks")
		closed(false)
		bas.must(bas.node().Outbox.PinPost(ctx, bas.Actor(), group(bas), bas.item(post).ID, true), "pins")
		pinned(1)
		answer := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "http://provincie.example/groups/wonen/featured", nil)
		r.Header.Set("Accept", "application/activity+json")
		w.Node("provincie").ServeHTTP(answer, r)
		if !strings.Contains(answer.Body.String(), post) {
			t.Errorf("featured: %d %s", answer.Code, answer.Body)
		}
		chris.must(chris.node().Outbox.PinPost(ctx, chris.Actor(), group(chris), chris.item(post).ID, false), "unpins")
		pinned(0)
		chris.must(chris.node().Outbox.SetRole(ctx, chris.Actor(), w.actor("provincie", "bas@waterschap"), group(chris), actors.RoleMember), "demotes")
		w.Settle()
		if err := bas.node().Outbox.PinPost(ctx, bas.Actor(), group(bas), bas.item(post).ID, true); err == nil {
			t.Error("who is moderator no more pins")
		}
	})
}
