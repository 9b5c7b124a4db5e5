// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/federation"
)

// TestMissingRepliesAreFetched: an answer that comes before what it answers finds its place, upwards by the parents and
// sideways by the conversation's collection, within bounds.
func TestMissingRepliesAreFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		f.Person("otto")
		to := Public(f.Who("eve") + "/followers")
		context := fmt.Sprintf(`"context":"%s/contexts/1"`, f.Base())
		root, _ := f.Note("otto", "root", "Het begin", to, context)
		middle, _ := f.Note("otto", "middle", "Het midden", to, fmt.Sprintf(`%s,"inReplyTo":%q`, context, root))
		aside, _ := f.Note("otto", "aside", "Terzijde", to, fmt.Sprintf(`%s,"inReplyTo":%q`, context, root))
		f.Serve("/contexts/1", fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s/contexts/1","type":"Collection","first":{"id":"%[1]s/contexts/1?page=1","type":"CollectionPage","partOf":"%[1]s/contexts/1","items":[%[2]q,%[3]q,%[4]q]}}`, f.Base(), root, middle, aside))
		leaf, note := f.Note("eve", "leaf", "Het einde", to, fmt.Sprintf(`%s,"inReplyTo":%q`, context, middle))
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Create","object":%s}`, note))
		w.Pass(time.Minute)
		for _, iri := range []string{root, middle, aside, leaf} {
			if n := w.Number("gouda", "SELECT COUNT(*) FROM items WHERE iri = $1 AND thread = (SELECT id FROM items WHERE iri = $2)", iri, root); n != 1 {
				t.Errorf("%s is not in the conversation", iri)
			}
		}
		if n := w.Number("gouda", "SELECT replies_count FROM items WHERE iri = $1", root); n != 2 {
			t.Errorf("the beginning has %d answers, not 2", n)
		}
		// A deleted parent does not come back; its answers stay.
		f.Send("otto", "gouda", `{"type":"Delete","object":%q}`, middle)
		f.Send("eve", "gouda", `{"type":"Undo","object":{"type":"Announce","actor":%q,"object":%q}}`, f.Who("eve"), leaf)
		w.Pass(time.Minute)
		if !w.Knows("gouda", leaf) || w.Knows("gouda", middle) {
			t.Error("a deleted parent takes its answer along, or comes back")
		}
	})
}

// An endless conversation, up or along, is read to a bound and left.
func TestEndlessConversationsAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		to := Public(f.Who("eve") + "/followers")
		for n := range 100 {
			f.Note("eve", fmt.Sprint("up", n), "Omhoog", to, fmt.Sprintf(`"context":"%[1]s/contexts/loop","inReplyTo":"%[1]s/posts/up%[2]d"`, f.Base(), n+1))
		}
		f.Note("eve", "up100", "Boven", to, fmt.Sprintf(`"context":"%s/contexts/loop"`, f.Base()))
		for n := range 200 { // each page leads to the next, and the last back to the first
			f.Serve(fmt.Sprintf("/contexts/loop?page=%d", n), fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s/contexts/loop?page=%[2]d","type":"CollectionPage","items":["%[1]s/posts/side%[2]d"],"next":"%[1]s/contexts/loop?page=%[3]d"}`, f.Base(), n, (n+1)%200))
		}
		f.Serve("/contexts/loop", fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s/contexts/loop","type":"Collection","first":"%[1]s/contexts/loop?page=0"}`, f.Base()))
		// Two that answer each other.
		f.Note("eve", "a", "A", to, fmt.Sprintf(`"inReplyTo":"%s/posts/b"`, f.Base()))
		_, b := f.Note("eve", "b", "B", to, fmt.Sprintf(`"inReplyTo":"%s/posts/a"`, f.Base()))
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, b)
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, f.doc("/posts/up0").body)
		w.Pass(time.Hour)
		var asked int
		for n := range 101 {
			asked += f.Asked(fmt.Sprint("/posts/up", n))
		}
		var pages int
		for n := range 200 {
			pages += f.Asked(fmt.Sprintf("/contexts/loop?page=%d", n))
		}
		if asked == 0 || asked > 100 || pages > 20 {
			t.Errorf("%d parents and %d pages were read", asked, pages)
		}
	})
}

// TestFollowersSynchronisation: a difference in who follows whom is found by its digest and mended on both sides (FEP-8fcf).
func TestFollowersSynchronisation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		w.Person("bert@gouda")
		anna, bert := w.As("anna@gouda"), w.As("bert@gouda")
		eve := f.Who("eve")
		var digest federation.FollowersDigest
		digest.Toggle(bert.Actor().IRI) // eve's server believes that bert follows her, and knows nothing of anna
		f.Serve("/users/eve/followers_synchronization", fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%s/followers_synchronization","type":"OrderedCollection","orderedItems":[%q]}`, eve, bert.Actor().IRI))
		header := federation.Synchronization{CollectionID: eve + "/followers", URL: eve + "/followers_synchronization", Digest: digest.String()}
		send := func(h federation.Synchronization) {
			t.Helper()
			_, note := f.Note("eve", "1", "Bericht", Public(eve+"/followers"), "")
			status := f.Forge("gouda", f.Write("eve", `{"type":"Create","object":%s}`, note), Forgery{Signer: f.Signer("eve"), Signed: func(r *http.Request) { r.Header.Set("Collection-Synchronization", h.String()) }})
			if status != http.StatusAccepted {
				t.Errorf("answered %d", status)
			}
			w.Pass(12 * time.Minute)
		}
		send(federation.Synchronization{CollectionID: "http://other.example/followers", URL: "http://other.example/sync", Digest: digest.String()})
		if anna.Actor().FollowingCount != 1 {
			t.Fatal("a list of another server counted")
		}
		send(header)
		if n := anna.Actor().FollowingCount; n != 0 {
			t.Errorf("anna follows %d, whom she is said not to follow", n)
		}
		undone := f.Got("Undo")
		if len(undone) != 1 || undone[0].Actor != bert.Actor().IRI {
			t.Errorf("eve's server was told %+v", undone)
		}
		before := f.Asked("/users/eve/followers_synchronization")
		digest.Toggle(bert.Actor().IRI)
		header.Digest = digest.String() // now both say that nobody follows
		send(header)
		if n := f.Asked("/users/eve/followers_synchronization"); n != before {
			t.Error("the list was read although the digests are equal")
		}
	})
}

// A server that speaks but cannot be reached for days loses nothing of what it said.
func TestAPeerThatSpeaksAndCannotBeReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		w.Down("gouda")
		els := w.Person("els@waterschap")
		els.Follow("wonen@provincie")
		w.Settle()
		els.Post("wonen@provincie", "Kan iemand mij horen?")
		w.Settle()
		w.Down("waterschap") // its own deliveries go out; nobody gets in to read who els is
		w.Up("gouda")
		w.As("chris@provincie").Post("wonen@provincie", "Welkom, els")
		w.Pass(5 * 24 * time.Hour)
		w.Sees("anna@gouda", "Welkom, els")
		w.SeesNot("anna@gouda", "horen")
		w.Up("waterschap")
		els.Post("wonen@provincie", "Daar zijn we weer") // a failure is remembered until its server is heard again
		w.Pass(2 * time.Hour)
		w.Sees("anna@gouda", "Kan iemand mij horen?", "Daar zijn we weer")
	})
}
