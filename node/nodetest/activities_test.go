// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

// TestSameActivityTwice: also ten times at the same moment, an activity takes effect once.
func TestSameActivityTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		post := w.As("anna@gouda").Post("", "Van Anna")
		_, note := f.Note("eve", "1", "Van Eve", Public(f.Who("eve")+"/followers"), "")
		for _, body := range [][]byte{
			f.Write("eve", `{"type":"Create","object":%s}`, note),
			f.Write("eve", `{"type":"Like","object":%q}`, post),
			f.Write("eve", `{"type":"Announce","to":["https://www.w3.org/ns/activitystreams#Public"],"object":%q}`, post),
		} {
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() {
					if status := f.deliver("gouda", body, Forgery{Signer: f.Signer("eve")}); status != http.StatusAccepted {
						t.Errorf("answered %d", status)
					}
				})
			}
			all.Wait()
			w.Settle()
		}
		w.Sees("anna@gouda", "Van Eve")
		i := w.As("anna@gouda").item(post)
		if i.LikesCount != 1 || i.BoostsCount != 1 {
			t.Errorf("%d likes, %d boosts", i.LikesCount, i.BoostsCount)
		}
		if got := w.As("anna@gouda").Notified(); !slices.Equal(got, []string{"favourite by eve@elsewhere", "reblog by eve@elsewhere"}) {
			t.Errorf("anna was told %q", got)
		}
	})
}

// TestDeleteBeforeCreate, and an Update before its Create: the order in which they come does not matter.
func TestDeleteBeforeCreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		to := Public(f.Who("eve") + "/followers")
		iri, note := f.Note("eve", "1", "Te laat", to, "")
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Delete","object":{"id":%q,"type":"Tombstone"}}`, iri))
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Create","object":%s}`, note))
		w.SeesNot("anna@gouda", "Te laat")
		_, first := f.Note("eve", "2", "Eerste versie", to, "")
		second := strings.Replace(first, "Eerste versie", "Tweede versie", 1)
		second = strings.Replace(second, `"type":"Note"`, `"type":"Note","updated":"`+time.Now().Add(time.Second).UTC().Format(time.RFC3339)+`"`, 1)
		w.Pass(2 * time.Second)
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Update","object":%s}`, second))
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Create","object":%s}`, first))
		w.Sees("anna@gouda", "Tweede versie")
		f.Send("eve", "gouda", `{"type":"Update","object":%s}`, strings.Replace(first, `"type":"Note"`, `"type":"Note","updated":"1999-01-01T00:00:00Z"`, 1)) // an old one does not win
		w.SeesNot("anna@gouda", "Eerste versie")
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Delete","object":%q}`, f.Who("eve")))
		w.Pass(time.Minute)
		w.SeesNot("anna@gouda", "versie")
	})
}

// TestPollVotes: each choice counts once, several in one Create as GoToSocial sends them too, and only while the poll is open.
func TestPollVotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, GoToSocial)
		f.Person("mona")
		anna := w.As("anna@gouda")
		iri, err := anna.draft(outbox.Draft{Text: "Wanneer?", Poll: &content.Poll{Multiple: true, Ends: time.Now().Add(time.Hour), Options: []content.Option{{Name: "Ma"}, {Name: "Di"}, {Name: "Wo"}}}})
		anna.must(err, "asks")
		vote := func(by, name string, n int) string {
			return fmt.Sprintf(`{"id":"%s/votes/%s-%d","type":"Note","attributedTo":%q,"name":%q,"inReplyTo":%q,"to":[%q]}`, f.Base(), by, n, f.Who(by), name, iri, anna.Actor().IRI)
		}
		counts := func(want ...int) {
			t.Helper()
			p := anna.item(iri).Poll
			got := []int{p.Voters}
			for _, o := range p.Options {
				got = append(got, o.Votes)
			}
			if !slices.Equal(got, want) {
				t.Errorf("voters and votes are %d, not %d", got, want)
			}
		}
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Create","object":[%s,%s]}`, vote("eve", "Ma", 1), vote("eve", "Wo", 2)))
		counts(1, 1, 0, 1)
		f.Twice("mona", "gouda", f.Write("mona", `{"type":"Create","object":%s}`, vote("mona", "Wo", 1)))
		f.Send("mona", "gouda", `{"type":"Create","object":%s}`, vote("mona", "Wo", 2))
		f.Send("mona", "gouda", `{"type":"Create","object":%s}`, vote("mona", "Zo", 3))
		f.Send("mona", "gouda", `{"type":"Create","object":%s}`, vote("eve", "Di", 4)) // in another's name
		counts(2, 1, 0, 2)
		if len(f.Got("Update")) == 0 {
			t.Error("the voters do not hear the counts")
		}
		w.Pass(2 * time.Hour)
		f.Send("mona", "gouda", `{"type":"Create","object":%s}`, vote("mona", "Ma", 5))
		counts(2, 1, 0, 2)
		w.SeesNot("anna@gouda", "Zo")
	})
}

// TestUndo takes back by what was done, whatever id it is said to have had, and by the id alone.
func TestUndo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		anna := w.As("anna@gouda")
		post := anna.Post("", "Van Anna")
		likes := func(want int64) {
			t.Helper()
			if n := w.Likes("gouda", post); n != want {
				t.Errorf("%d likes, not %d", n, want)
			}
		}
		f.Send("eve", "gouda", `{"id":"%s/l/1","type":"Like","object":%q}`, f.Base(), post)
		likes(1)
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Undo","object":{"id":"%s/l/never","type":"Like","actor":%q,"object":%q}}`, f.Base(), f.Who("eve"), post))
		likes(0)
		f.Send("eve", "gouda", `{"id":"%s/l/2","type":"Like","object":%q}`, f.Base(), post)
		f.Send("eve", "gouda", `{"id":"%s/b/1","type":"Announce","to":["https://www.w3.org/ns/activitystreams#Public"],"object":%q}`, f.Base(), post)
		f.Send("eve", "gouda", `{"id":"%s/f/1","type":"Follow","object":%q}`, f.Base(), anna.Actor().IRI)
		f.Send("eve", "gouda", `{"id":"%s/e/1","type":"EmojiReact","content":"👍","object":%q}`, f.Base(), post)
		likes(2)
		for _, id := range []string{"l/2", "b/1", "f/1", "e/1", "unknown/1"} {
			f.Twice("eve", "gouda", f.Write("eve", `{"type":"Undo","object":"%s/%s"}`, f.Base(), id))
		}
		likes(0)
		if i := anna.item(post); i.BoostsCount != 0 || anna.Actor().FollowersCount != 0 {
			t.Errorf("%d boosts, %d followers", i.BoostsCount, anna.Actor().FollowersCount)
		}
		if got := anna.Notified(); len(got) != 0 {
			t.Errorf("anna still reads %q", got)
		}
		f.Send("eve", "gouda", `{"id":"%s/k/1","type":"Block","object":%q}`, f.Base(), anna.Actor().IRI)
		if n := w.Number("gouda", "SELECT COUNT(*) FROM relations WHERE state = 'active'"); n != 0 {
			t.Error("a block leaves the following")
		}
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Undo","object":{"id":"%s/k/1","type":"Block","object":%q}}`, f.Base(), anna.Actor().IRI))
		if n := w.Number("gouda", "SELECT COUNT(*) FROM blocks"); n != 0 {
			t.Error("the block stays")
		}
	})
}

// TestMove: followers go along to an account that names the old one, also when it was known long before; and to no other.
func TestMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		n := w.Foreign("new", Mastodon)
		n.Person("eve")
		w.actor("gouda", "eve@new")
		w.Pass(time.Hour)
		f.Send("eve", "gouda", `{"type":"Move","object":%q,"target":%q}`, f.Who("eve"), n.Who("eve"))
		if len(n.Got("Follow")) != 0 || len(f.Got("Undo")) != 0 {
			t.Fatal("a Move that the new account does not confirm was followed")
		}
		n.Redescribe("eve", n.Who("eve"), map[string]any{"alsoKnownAs": []string{f.Who("eve")}})
		w.Pass(time.Hour)
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Move","object":%q,"target":%q}`, f.Who("eve"), n.Who("eve")))
		w.Settle()
		if len(n.Got("Follow")) != 1 || len(f.Got("Undo")) != 1 {
			t.Errorf("%d follow the new account, %d left the old one", len(n.Got("Follow")), len(f.Got("Undo")))
		}
	})
}

// TestMoveTakesFollowersOfTheSameNodeAlong: whoever follows somebody who goes on elsewhere follows the new account, from whichever node.
func TestMoveTakesFollowersOfTheSameNodeAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "provincie")
		anna, bert, bas := w.Person("anna@gouda"), w.Person("bert@gouda"), w.Person("bas@provincie")
		ans := w.Person("ans@provincie")
		bert.Follow("anna@gouda")
		bas.Follow("anna@gouda")
		w.Settle()
		w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			a := ans.Actor()
			a.AlsoKnownAs = []string{anna.Actor().IRI}
			return n.Dir.Save(ctx, tx, a)
		})
		anna.must(anna.node().Outbox.Move(t.Context(), anna.Actor(), w.actor("gouda", "ans@provincie")), "moves")
		w.Settle()
		const follow = "SELECT COUNT(*) FROM relations r JOIN actors a ON a.id = r.subject JOIN actors b ON b.id = r.object WHERE a.iri = $1 AND b.iri = $2 AND r.state = 'active'"
		for _, who := range []*Person{bert, bas} {
			for to, want := range map[string]int{ans.Actor().IRI: 1, anna.Actor().IRI: 0} {
				if n := w.Number("provincie", follow, who.Actor().IRI, to); n != want {
					t.Errorf("%s follows %s %d times, want %d", who.Actor().IRI, to, n, want)
				}
			}
		}
	})
}

// TestFollowHandshake: a locked person decides; a repeated question gets the answer again; a later Reject ends it.
func TestFollowHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		anna := w.As("anna@gouda")
		w.tx("gouda", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			a := anna.Actor()
			a.Locked = true
			return n.Dir.Save(ctx, tx, a)
		})
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Follow","object":%q}`, anna.Actor().IRI))
		if got := anna.Notified(); !slices.Equal(got, []string{"follow_request by eve@elsewhere"}) || len(f.Got("Accept")) != 0 {
			t.Errorf("anna was told %q", got)
		}
		eve := w.actor("gouda", "eve@elsewhere")
		anna.must(w.Node("gouda").Outbox.Answer(t.Context(), anna.Actor(), eve.ID, 0, true), "accepts")
		w.Settle()
		f.Send("eve", "gouda", `{"type":"Follow","object":%q}`, anna.Actor().IRI) // the answer was lost
		if n := len(f.Got("Accept")); n != 2 {
			t.Errorf("%d Accepts", n)
		}
		if n := anna.Actor().FollowersCount; n != 1 {
			t.Errorf("%d followers", n)
		}
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Reject","object":%s}`, f.Got("Follow")[0].Raw))
		_, note := f.Note("eve", "1", "Na de afwijzing", Public(f.Who("eve")+"/followers"), "")
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, note)
		w.SeesNot("anna@gouda", "Na de afwijzing")
		f.Send("eve", "gouda", `{"type":"Accept","object":%s}`, f.Got("Follow")[0].Raw) // nobody asks any more
		if n := anna.Actor().FollowingCount; n != 0 {
			t.Errorf("anna follows %d", n)
		}
	})
}

// TestUnknownActivities are accepted and dropped; so are those that make no sense.
func TestUnknownActivities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		before := w.Number("gouda", "SELECT COUNT(*) FROM items") + w.Number("gouda", "SELECT COUNT(*) FROM relations")
		var to []string
		for n := range 4000 {
			to = append(to, fmt.Sprintf(`"http://gouda.example/users/nobody%d"`, n))
		}
		for _, text := range []string{`{"type":"Listen","object":"http://gouda.example/x"}`, `{"type":"Create"}`, `{"type":"Undo"}`, `{"type":"Create","object":{"type":"Note"}}`,
			`{"type":"Announce","object":{}}`, `{"type":"Accept","object":[]}`, `{"type":"Like","object":""}`, `{"type":"Add","object":"x","target":[]}`, `{"type":"Move","target":{}}`,
			`{"type":"Flag","object":[]}`, `{"type":"Block","object":"http://gouda.example/users/nobody","target":"http://gouda.example/users/anna"}`,
			`{"type":"Like","object":"http://gouda.example/posts/1","to":[` + strings.Join(to, ",") + `]}`,
			`{"type":"Undo","object":{"type":"Undo","object":{"type":"Undo"}}}`, `{"type":"Delete","object":{}}`, `{"type":"Update","object":{"type":"Person"}}`} {
			body := f.Write("eve", "%s", text)
			for range 2 {
				if status := f.Post("eve", "gouda", body); status != http.StatusAccepted && status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
					t.Errorf("%.200s: answered %d", body, status)
				}
			}
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM received WHERE state = 'waiting'"); n != 0 {
			t.Errorf("%d are still tried", n)
		}
		if after := w.Number("gouda", "SELECT COUNT(*) FROM items") + w.Number("gouda", "SELECT COUNT(*) FROM relations"); after != before {
			t.Error("something was half applied")
		}
	})
}
