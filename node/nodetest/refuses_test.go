// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/node"
)

// TestInboxRefusesBadRequests: each with the status that says what is wrong.
func TestInboxRefusesBadRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, f := town(t, Mastodon)
		like := f.Write("eve", `{"type":"Like","object":"http://gouda.example/posts/1"}`)
		for _, c := range []struct {
			name string
			body []byte
			kind string
			want int
		}{
			{"another media type", like, "application/json", http.StatusUnsupportedMediaType},
			{"JSON-LD of another profile", like, `application/ld+json; profile="http://example.org/"`, http.StatusUnsupportedMediaType},
			{"JSON-LD of ActivityStreams", like, `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`, http.StatusAccepted},
			{"larger than 1 MiB", fmt.Appendf(nil, `{"id":"%s/big","x":%q}`, f.Base(), strings.Repeat("x", 1<<20)), "", http.StatusRequestEntityTooLarge},
			{"no JSON", []byte("Like"), "", http.StatusBadRequest},
			{"a key twice", []byte(strings.Replace(string(like), `"type"`, `"actor":"http://elsewhere.example/users/otto","type"`, 1)), "", http.StatusBadRequest},
			{"an id of another server", []byte(strings.Replace(string(like), f.Base()+"/activities", "http://other.example/activities", 1)), "", http.StatusBadRequest},
			{"an id of this node", []byte(strings.Replace(string(like), f.Base()+"/activities", "http://gouda.example/activities", 1)), "", http.StatusBadRequest},
		} {
			forgery := Forgery{Signer: f.Signer("eve")}
			if c.kind != "" {
				forgery.Headers = map[string]string{"Content-Type": c.kind}
			}
			if got := f.Forge("gouda", c.body, forgery); got != c.want {
				t.Errorf("%s: answered %d, not %d", c.name, got, c.want)
			}
		}
	})
}

// TestPostingRestrictedToModerators: members answer, moderators begin.
func TestPostingRestrictedToModerators(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m, group, post := house(t)
		w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			group.Posting = actors.PostingMods
			return n.Dir.Save(ctx, tx, group)
		})
		for n, c := range []struct {
			by, more string
			want     bool
		}{
			{"mia", fmt.Sprintf(`"audience":%q`, group.IRI), false},
			{"mia", fmt.Sprintf(`"audience":%q,"inReplyTo":%q`, group.IRI, post), true},
			{"mo", fmt.Sprintf(`"audience":%q`, group.IRI), true},
		} {
			iri, note := m.Note(c.by, fmt.Sprint(n), "Een bericht", Public(group.IRI), c.more)
			m.Send(c.by, "provincie", `{"type":"Create","object":%s}`, note)
			w.Settle()
			if got := w.Knows("waterschap", iri); got != c.want {
				t.Errorf("%s of %s reached the members: %v", c.more, c.by, got)
			}
		}
	})
}
