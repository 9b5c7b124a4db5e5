// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package peers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/test/harness"
)

// person is somebody on a node of ours, as a client sees them.
type person struct {
	t     *testing.T
	node  *harness.Node
	token string
	iri   string
}

func newPerson(t *testing.T, n *harness.Node, name string) person {
	t.Helper()
	return person{t: t, node: n, token: n.AddUser(name), iri: n.URL + "/users/" + name}
}

func (p person) must(method, path string, body, out any) {
	p.t.Helper()
	p.node.Must(p.token, method, path, body, out)
}

// status is what these tests look at in a post.
type status struct {
	ID, URI, Content, Visibility string
	InReplyToID                  string `json:"in_reply_to_id"`
	EditedAt                     string `json:"edited_at"`
	Favourites                   int    `json:"favourites_count"`
	Reblogs                      int    `json:"reblogs_count"`
	Account                      harness.Account
	Reblog                       *status
}

func (p person) post(fields args) status {
	p.t.Helper()
	var s status
	p.must("POST", "/api/v1/statuses", fields, &s)
	return s
}

func (p person) status(id string) status {
	p.t.Helper()
	var s status
	p.must("GET", "/api/v1/statuses/"+id, nil, &s)
	return s
}

// reads waits for a post with a text in a timeline and returns it: the post itself when it is shown as a boost.
func (p person) reads(timeline, text string) status {
	p.t.Helper()
	var found status
	p.until("a post with "+text+" in "+timeline, func() bool {
		var page []status
		p.must("GET", timeline, nil, &page)
		i := slices.IndexFunc(page, func(s status) bool {
			return strings.Contains(s.Content, text) || s.Reblog != nil && strings.Contains(s.Reblog.Content, text)
		})
		if i < 0 {
			return false
		}
		if found = page[i]; found.Reblog != nil {
			found = *found.Reblog
		}
		return true
	})
	return found
}

const home = "/api/v1/timelines/home"

// notified waits for a notification of a type, from somebody, about a post with a text.
func (p person) notified(kind, from, text string) {
	p.t.Helper()
	p.until("a notification "+kind+" from "+from, func() bool {
		var all []struct {
			Type    string
			Account harness.Account
			Status  *status
		}
		p.must("GET", "/api/v1/notifications", nil, &all)
		for _, n := range all {
			if n.Type == kind && n.Account.URI == from && (text == "" || n.Status != nil && strings.Contains(n.Status.Content, text)) {
				return true
			}
		}
		return false
	})
}

// gone waits until a post cannot be seen any more.
func (p person) gone(id string) {
	p.t.Helper()
	p.until("the end of post "+id, func() bool {
		return p.node.API(p.token, "GET", "/api/v1/statuses/"+id, nil, nil) == http.StatusNotFound
	})
}

func (p person) until(what string, seen func() bool) {
	p.t.Helper()
	const patience = 10 * time.Second
	for began := time.Now(); !seen(); time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > patience {
			p.t.Fatalf("%s on %s did not come in %v", what, p.node.URL, patience)
		}
	}
}

// relation is what the node says of a person and another account.
type relation struct {
	Following, Requested bool
	FollowedBy           bool `json:"followed_by"`
}

func (p person) relation(accountID string) relation {
	p.t.Helper()
	var all []relation
	p.must("GET", "/api/v1/accounts/relationships?id[]="+accountID, nil, &all)
	if len(all) != 1 {
		p.t.Fatalf("%d relationships, want 1", len(all))
	}
	return all[0]
}
