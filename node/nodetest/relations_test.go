// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/node"
)

// TestManagersAnswerInAClient: who asks from another node to join a group is answered by its owner or a moderator, in an app on the
// node of the group.
func TestManagersAnswerInAClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "provincie", "waterschap")
		anna, bas, chris, dirk := w.Person("anna@gouda"), w.Person("bas@waterschap"), w.Person("chris@provincie"), w.Person("dirk@provincie")
		w.Group("wonen@provincie", "chris@provincie")
		dirk.Follow("wonen@provincie")
		w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			group := w.actor("provincie", "wonen@provincie")
			if err := n.Dir.SetRole(ctx, tx, dirk.Actor(), group, actors.RoleModerator); err != nil {
				return err
			}
			group.JoinPolicy = "request"
			return n.Dir.Save(ctx, tx, group)
		})
		f := w.Foreign("elsewhere", Mastodon)
		eve := f.Person("eve")
		anna.Asks("POST", "/api/v1/accounts/{wonen@provincie}/follow", "", `"requested":true`, `"following":false`)
		bas.Asks("POST", "/api/v1/accounts/{wonen@provincie}/follow", "", `"requested":true`)
		f.Send("eve", "provincie", `{"type":"Follow","object":%q}`, w.actor("provincie", "wonen@provincie").IRI)
		w.Settle()
		for _, manager := range []*Person{chris, dirk} {
			manager.Asks("GET", "/api/v1/follow_requests", "", `"acct":"anna@gouda.example"`, `"acct":"bas@waterschap.example"`, `"acct":"eve@elsewhere.example"`)
			if got := manager.Notified(); !slices.Contains(got, "follow_request by anna@gouda") || !slices.Contains(got, "follow_request by eve@elsewhere") {
				t.Errorf("%s was told %q", manager, got)
			}
		}
		if status, _ := bas.Ask("POST", "/api/v1/follow_requests/{anna@gouda}/authorize", ""); status != http.StatusNotFound {
			t.Errorf("somebody who asks answers another: %d", status)
		}
		dirk.Asks("POST", "/api/v1/follow_requests/{anna@gouda}/authorize", "")
		chris.Asks("POST", "/api/v1/follow_requests/{bas@waterschap}/reject", "")
		chris.Asks("POST", "/api/v1/follow_requests/{eve@elsewhere}/authorize", "")
		w.Settle()
		anna.Asks("GET", "/api/v1/accounts/relationships?id[]={wonen@provincie}", "", `"following":true`, `"requested":false`)
		bas.Asks("GET", "/api/v1/accounts/relationships?id[]={wonen@provincie}", "", `"following":false`, `"requested":false`)
		if got := f.Got("Accept"); len(got) != 1 || got[0].Actor != w.actor("provincie", "wonen@provincie").IRI || got[0].Inbox != path(eve)+"/inbox" {
			t.Errorf("eve got %+v", got)
		}
		if got := w.Members("provincie", "wonen@provincie"); len(got) != 4 {
			t.Errorf("members: %q", got)
		}
		for _, manager := range []*Person{chris, dirk} {
			manager.Asks("GET", "/api/v1/follow_requests", "", "[]")
			if got := manager.Notified(); slices.Contains(got, "follow_request by anna@gouda") || slices.Contains(got, "follow_request by bas@waterschap") {
				t.Errorf("%s is still told %q", manager, got)
			}
		}
		chris.Post("wonen@provincie", "Welkom in de groep")
		w.Settle()
		w.Sees("anna@gouda", "Welkom in de groep")
		w.SeesNot("bas@waterschap", "Welkom in de groep")
	})
}

// TestARemovedFollowerHearsOfIt: a Reject ends what was accepted, on the follower's node too.
func TestARemovedFollowerHearsOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "waterschap")
		anna, bas := w.Person("anna@gouda"), w.Person("bas@waterschap")
		f := w.Foreign("elsewhere", Mastodon)
		f.Person("eve")
		bas.Follow("anna@gouda")
		f.Send("eve", "gouda", `{"type":"Follow","object":%q}`, anna.Actor().IRI)
		w.Settle()
		anna.Asks("POST", "/api/v1/accounts/{bas@waterschap}/remove_from_followers", "", `"followed_by":false`)
		anna.Asks("POST", "/api/v1/accounts/{eve@elsewhere}/remove_from_followers", "", `"followed_by":false`)
		w.Settle()
		bas.Asks("GET", "/api/v1/accounts/relationships?id[]={anna@gouda}", "", `"following":false`, `"requested":false`)
		if got := f.Got("Reject"); len(got) != 1 || got[0].Actor != anna.Actor().IRI {
			t.Errorf("eve got %+v", got)
		}
		anna.Tell(actors.Followers, "Alleen voor volgers")
		w.Settle()
		w.SeesNot("bas@waterschap", "Alleen voor volgers")
	})
}

// TestAMuteIsNotTold: nothing leaves the node, and what the muted writes is kept from one person only.
func TestAMuteIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "waterschap")
		anna, bert, bas := w.Person("anna@gouda"), w.Person("bert@gouda"), w.Person("bas@waterschap")
		anna.Follow("bas@waterschap")
		bert.Follow("bas@waterschap")
		w.Settle()
		sent := w.Number("gouda", "SELECT COUNT(*) FROM activities")
		anna.Asks("POST", "/api/v1/accounts/{bas@waterschap}/mute", "duration=3600", `"muting":true`)
		anna.Asks("POST", "/api/v1/accounts/{bas@waterschap}/note", "comment=druk", `"note":"druk"`)
		anna.Asks("POST", "/api/v1/accounts/{bas@waterschap}/endorse", "", `"endorsed":true`)
		bas.Post("", "@anna@gouda.example hoor je mij?")
		w.Settle()
		w.SeesNot("anna@gouda", "hoor je mij?")
		w.Sees("bert@gouda", "hoor je mij?")
		if got := anna.Notified(); len(got) != 0 {
			t.Errorf("anna was told %q", got)
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM activities"); n != sent {
			t.Errorf("%d activities were sent", n-sent)
		}
		w.Pass(2 * time.Hour)
		w.Sees("anna@gouda", "hoor je mij?")
	})
}

// TestABlockedDomain: what somebody had with people there ends, on both sides, and cannot begin again.
func TestABlockedDomain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		anna := w.As("anna@gouda")
		f.Send("eve", "gouda", `{"type":"Follow","object":%q}`, anna.Actor().IRI)
		w.Settle()
		anna.Asks("POST", "/api/v1/domain_blocks", "domain=elsewhere.example", "{}")
		w.Settle()
		if len(f.Got("Undo")) == 0 || len(f.Got("Reject")) != 1 {
			t.Errorf("eve got %d Undos and %d Rejects", len(f.Got("Undo")), len(f.Got("Reject")))
		}
		f.Send("eve", "gouda", `{"type":"Follow","id":"%s/again","object":%q}`, f.Base(), anna.Actor().IRI)
		w.Settle()
		if len(f.Got("Reject")) != 2 || anna.Actor().FollowersCount != 0 || anna.Actor().FollowingCount != 0 {
			t.Errorf("eve follows again: %d Rejects, %d followers, %d followed", len(f.Got("Reject")), anna.Actor().FollowersCount, anna.Actor().FollowingCount)
		}
		_, note := f.Note("eve", "1", "Dag @anna", Public(anna.Actor().IRI), `"tag":[{"type":"Mention","href":"`+anna.Actor().IRI+`","name":"@anna@gouda.example"}]`)
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, note)
		if got := anna.Notified(); len(got) != 0 {
			t.Errorf("anna was told %q", got)
		}
	})
}

// TestProfilesTellMore: that somebody is a robot, what a picture shows, and who may name the person as an author.
func TestProfilesTellMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "waterschap")
		anna, bas := w.Person("anna@gouda"), w.Person("bas@waterschap")
		bas.Follow("anna@gouda")
		w.Settle()
		w.tx("gouda", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			a := anna.Actor()
			a.Icon = "http://gouda.example/media/a.png"
			return n.Dir.Save(ctx, tx, a)
		})
		anna.Asks("PATCH", "/api/v1/profile", "bot=true&avatar_description=Een+toren&attribution_domains[]=pers.example", `"bot":true`, `"avatar_description":"Een toren"`)
		w.Settle()
		there := w.actor("waterschap", "anna@gouda")
		if !there.Bot || there.IconDescription != "Een toren" || !slices.Equal(there.Attribution, []string{"pers.example"}) {
			t.Errorf("waterschap knows %v, %q, %q", there.Bot, there.IconDescription, there.Attribution)
		}
	})
}

// TestLinksOfAProfileAreVerified: a page that links back with rel="me" is one's own.
func TestLinksOfAProfileAreVerified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda")
		anna := w.Person("anna@gouda")
		f := w.Foreign("site", Mastodon)
		f.ServeAs("/anna", 200, "text/html; charset=utf-8", `<html><head><title>Anna</title></head><body><p><a class="x" rel="Me nofollow" href="http://gouda.example/@anna/">hier</a>`)
		f.ServeAs("/other", 200, "text/html", `<a rel="me" href="http://gouda.example/@bert">bert</a> <a href="http://gouda.example/@anna">anna</a> <!-- <a rel="me" href="http://gouda.example/@anna"> -->`)
		f.ServeAs("/text", 200, "text/plain", `<a rel="me" href="http://gouda.example/@anna">anna</a>`)
		f.ServeAs("/later", 503, "text/html", "")
		fields := "fields_attributes[0][name]=Web&fields_attributes[0][value]=http://site.example/anna&fields_attributes[1][name]=Ander&fields_attributes[1][value]=http://site.example/other" +
			"&fields_attributes[2][name]=Tekst&fields_attributes[2][value]=http://site.example/text&fields_attributes[3][name]=Later&fields_attributes[3][value]=http://site.example/later"
		anna.Asks("PATCH", "/api/v1/accounts/update_credentials", fields)
		w.Settle()
		verified := func(want ...string) {
			t.Helper()
			var got []string
			for _, field := range anna.Actor().Fields {
				if field.Verified != 0 {
					got = append(got, field.Name)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("verified are %q, not %q", got, want)
			}
		}
		verified("Web")
		anna.Asks("GET", "/api/v1/accounts/verify_credentials", "", `"verified_at":"2`)
		f.ServeAs("/later", 200, "text/html", `<link rel="me" href="http://gouda.example/users/anna">`)
		w.Pass(3 * time.Minute)
		verified("Web", "Later")
		asked := f.Asked("/anna")
		anna.Asks("PATCH", "/api/v1/profile", strings.Replace(fields, "site.example/other", "site.example/text?x", 1), `"verified_at":"2`)
		w.Settle()
		verified("Web", "Later")
		if f.Asked("/anna") != asked {
			t.Error("what is verified is read again")
		}
		anna.Asks("PATCH", "/api/v1/profile", "fields_attributes[0][name]=Web&fields_attributes[0][value]=http://site.example/other")
		w.Settle()
		verified()
	})
}
