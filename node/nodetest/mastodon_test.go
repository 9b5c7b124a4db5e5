// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/pleio-node/pleio-node/actors"
)

// town is one node with anna, and eve on a server of other software whom anna follows.
func town(t *testing.T, software Software) (*World, *Foreign) {
	w := New(t, "gouda")
	w.Person("anna@gouda")
	f := w.Foreign("elsewhere", software)
	f.Person("eve")
	w.As("anna@gouda").Follow("eve@elsewhere")
	w.Settle()
	follow := f.Got("Follow")
	if len(follow) != 1 || follow[0].Inbox != path(f.Who("eve"))+"/inbox" {
		t.Fatalf("eve got %+v", follow)
	}
	f.Send("eve", "gouda", `{"type":"Accept","object":%s}`, follow[0].Raw)
	return w, f
}

func TestPeopleOfOtherSoftware(t *testing.T) {
	for name, software := range map[string]Software{"Mastodon": Mastodon, "GoToSocial": GoToSocial, "Proving": Proving} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, f := town(t, software)
				anna := w.As("anna@gouda")
				_, note := f.Note("eve", "1", "Hallo allemaal", Public(f.Who("eve")+"/followers"), "")
				if status := f.Send("eve", "gouda", `{"type":"Create","object":%s}`, note); status != http.StatusAccepted {
					t.Errorf("a post was answered %d", status)
				}
				w.Sees("anna@gouda", "Hallo allemaal")
				iri, note := f.Note("eve", "2", "Dag @anna", Public(anna.Actor().IRI), `"tag":[{"type":"Mention","href":"`+anna.Actor().IRI+`","name":"@anna@gouda.example"}]`)
				f.Send("eve", "gouda", `{"type":"Create","object":%s}`, note)
				if got := anna.Notified(); !slices.Equal(got, []string{"mention by eve@elsewhere"}) {
					t.Errorf("anna was told %q", got)
				}
				anna.Like(iri)
				anna.Reply(iri, "@eve@elsewhere.example dag Eve")
				w.Settle()
				if got := f.Got("Like"); len(got) != 1 || got[0].ObjectID() != iri || !got[0].Proven {
					t.Errorf("eve got %+v", got)
				}
				if got := f.Got("Create"); len(got) != 1 || !got[0].Proven {
					t.Errorf("eve got %+v", got)
				}
			})
		})
	}
}

// Followers-only and direct posts go to whom they are for, and to the inboxes of those only.
func TestPrivatePostsReachOnlyWhomTheyMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		other := w.Foreign("other", Mastodon)
		other.Person("otto")
		other.Person("olga")
		anna := w.As("anna@gouda")
		anna.Actor()
		f.Send("eve", "gouda", `{"type":"Follow","object":%q}`, anna.Actor().IRI)
		anna.Tell(actors.Followers, "Voor volgers")
		direct := anna.Tell(actors.Direct, "@otto@other.example alleen voor jou")
		w.Settle()
		if got := f.Got("Create"); len(got) != 1 {
			t.Errorf("the follower's server got %d posts", len(got))
		}
		if got := other.Got("Create"); len(got) != 1 || got[0].Inbox != "/users/otto/inbox" || got[0].ObjectID() != direct || len(got[0].CC) != 0 {
			t.Errorf("otto's server got %+v", got)
		}
		anna.Edit(direct, "@otto@other.example echt alleen voor jou")
		anna.Delete(direct)
		w.Settle()
		for _, kind := range []string{"Update", "Delete"} {
			if n := len(f.Got(kind)); n != 0 {
				t.Errorf("the follower's server got %d %ss of a direct post", n, kind)
			}
			if n := len(other.Got(kind)); n != 1 {
				t.Errorf("otto's server got %d %ss", n, kind)
			}
		}
		// The other way: nobody but the addressed sees it here.
		w.Person("bert@gouda")
		w.As("bert@gouda").Follow("eve@elsewhere")
		w.Settle()
		follows := f.Got("Follow")
		f.Send("eve", "gouda", `{"type":"Accept","object":%s}`, follows[len(follows)-1].Raw)
		iri, note := f.Note("eve", "1", "Alleen voor Anna", `"to":["`+anna.Actor().IRI+`"]`, `"tag":[{"type":"Mention","href":"`+anna.Actor().IRI+`"}]`)
		f.Send("eve", "gouda", `{"type":"Create","to":[%q],"object":%s}`, anna.Actor().IRI, note)
		w.Sees("anna@gouda", "Alleen voor Anna")
		w.SeesNot("bert@gouda", "Alleen voor Anna")
		// A second activity does not widen it.
		_, wider := f.Note("eve", "1", "Alleen voor Anna", Public(), "")
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, wider)
		f.Send("eve", "gouda", `{"type":"Update","object":%s}`, wider)
		f.Send("eve", "gouda", `{"type":"Announce","to":["https://www.w3.org/ns/activitystreams#Public"],"object":%q}`, iri)
		w.SeesNot("bert@gouda", "Alleen voor Anna")
	})
}

// A server without a shared inbox gets a post in the inbox of each whom it concerns, follower or not.
func TestMentionBesideAFollowerWithoutSharedInbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, GoToSocial)
		f.Person("mona")
		anna := w.As("anna@gouda")
		f.Send("eve", "gouda", `{"type":"Follow","object":%q}`, anna.Actor().IRI)
		anna.Post("", "@mona@elsewhere.example kijk eens")
		w.Settle()
		var inboxes []string
		for _, d := range f.Got("Create") {
			inboxes = append(inboxes, d.Inbox)
		}
		slices.Sort(inboxes)
		if want := []string{"/users/eve/inbox", "/users/mona/inbox"}; !slices.Equal(inboxes, want) {
			t.Errorf("it came into %q, not %q", inboxes, want)
		}
	})
}
