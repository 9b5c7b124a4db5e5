// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// what people keep to themselves about others
var keptScenarios = []scenario{
	{"no mutes", "anna", "GET", "/api/v1/mutes", "", 200, has("[]"), nil},
	{"mute", "anna", "POST", "/api/v1/accounts/{bas}/mute", "", 200, has(`"muting":true`, `"muting_notifications":true`, `"muting_expires_at":null`, `"following":true`), nil},
	{"mute for a time, and not the notifications", "anna", "POST", "/api/v1/accounts/{bas}/mute", `{"notifications":false,"duration":3600}`, 200, has(`"muting":true`, `"muting_notifications":false`, `"muting_expires_at":"2`), nil},
	{"mute for a wrong time", "anna", "POST", "/api/v1/accounts/{bas}/mute", "duration=soon", 422, has("duration"), nil},
	{"mute for less than no time", "anna", "POST", "/api/v1/accounts/{bas}/mute", "duration=-1", 422, has("duration"), nil},
	{"mute oneself", "anna", "POST", "/api/v1/accounts/{anna}/mute", "", 422, has("yourself"), nil},
	{"mute nobody", "anna", "POST", "/api/v1/accounts/{nobody}/mute", "", 404, has("error"), nil},
	{"mutes", "anna", "GET", "/api/v1/mutes", "", 200, has(`"acct":"bas"`, `"mute_expires_at":"2`), nil},
	{"the muted does not learn of it", "bas", "GET", "/api/v1/accounts/relationships?id[]={anna}", "", 200, has(`"muting":false`, `"blocked_by":false`), nil},
	{"unmute", "anna", "POST", "/api/v1/accounts/{bas}/unmute", "", 200, has(`"muting":false`, `"muting_notifications":false`), nil},
	{"unmute again", "anna", "POST", "/api/v1/accounts/{bas}/unmute", "", 200, has(`"muting":false`), nil},
	{"mute without a token", "", "POST", "/api/v1/accounts/{bas}/mute", "", 401, has("error"), nil},

	{"a note", "anna", "POST", "/api/v1/accounts/{dora}/note", `{"comment":"van de <bijeenkomst>"}`, 200, has(`"note":"van de <bijeenkomst>"`), nil},
	{"it is one's own", "bas", "GET", "/api/v1/accounts/relationships?id[]={dora}", "", 200, has(`"note":""`), nil},
	{"it stays", "anna", "GET", "/api/v1/accounts/relationships?id[]={dora}", "", 200, has(`"note":"van de <bijeenkomst>"`), nil},
	{"a note too long", "anna", "POST", "/api/v1/accounts/{dora}/note", "comment=" + strings.Repeat("x", actors.MaxNote+1), 422, has("too long"), nil},
	{"no note any more", "anna", "POST", "/api/v1/accounts/{dora}/note", "comment=", 200, has(`"note":""`), nil},

	{"endorse", "anna", "POST", "/api/v1/accounts/{bas}/pin", "", 200, has(`"endorsed":true`), nil},
	{"endorse again", "anna", "POST", "/api/v1/accounts/{bas}/endorse", "", 200, has(`"endorsed":true`), nil},
	{"endorse whom one does not follow", "anna", "POST", "/api/v1/accounts/{cas}/endorse", "", 422, has("following"), nil},
	{"endorsements", "anna", "GET", "/api/v1/endorsements", "", 200, has(`"acct":"bas"`), nil},
	{"endorsements of another", "cas", "GET", "/api/v1/accounts/{anna}/endorsements", "", 200, has(`"acct":"bas"`), nil},
	{"who did not choose to be found is not told to everybody", "", "GET", "/api/v1/accounts/{anna}/endorsements", "", 200, has("[]"), nil},
	{"unendorse", "anna", "POST", "/api/v1/accounts/{bas}/unpin", "", 200, has(`"endorsed":false`), nil},
	{"unendorse what is none", "anna", "POST", "/api/v1/accounts/{bas}/unendorse", "", 200, has(`"endorsed":false`), nil},
	{"endorse once more", "anna", "POST", "/api/v1/accounts/{bas}/endorse", "", 200, has(`"endorsed":true`), nil},
	{"no endorsement without following", "anna", "POST", "/api/v1/accounts/{bas}/unfollow", "", 200, has(`"endorsed":false`), nil},
	{"following again", "anna", "POST", "/api/v1/accounts/{bas}/follow", `{"languages":["nl","en"]}`, 200, has(`"languages":["nl","en"]`, `"endorsed":false`), nil},
	{"the languages stay", "anna", "POST", "/api/v1/accounts/{bas}/follow", "reblogs=true", 200, has(`"languages":["nl","en"]`), nil},
	{"all languages", "anna", "POST", "/api/v1/accounts/{bas}/follow", "languages[]=", 200, has(`"languages":null`), nil},
	{"no language", "anna", "POST", "/api/v1/accounts/{bas}/follow", "languages[]=%25", 422, has("languages"), nil},

	{"no blocked domains", "anna", "GET", "/api/v1/domain_blocks", "", 200, has("[]"), nil},
	{"block a domain", "anna", "POST", "/api/v1/domain_blocks", `{"domain":"Elders.example"}`, 200, has("{}"), nil},
	{"the follower is gone", "anna", "GET", "/api/v1/accounts/relationships?id[]={dora}", "", 200, has(`"domain_blocking":true`, `"followed_by":false`), nil},
	{"blocked domains", "anna", "GET", "/api/v1/domain_blocks", "", 200, has(`["elders.example"]`), nil},
	{"whom one blocks one does not follow", "anna", "POST", "/api/v1/accounts/{dora}/follow", "", 403, has("You block elders.example"), nil},
	{"one's own domain", "anna", "POST", "/api/v1/domain_blocks", "domain=gouda.example", 422, has("your own server"), nil},
	{"no domain", "anna", "POST", "/api/v1/domain_blocks", "", 422, has("blank"), nil},
	{"what is no domain", "anna", "POST", "/api/v1/domain_blocks", "domain=https://x.example/y", 422, has("not a domain"), nil},
	{"unblock in a form", "anna", "DELETE", "/api/v1/domain_blocks", "domain=elders.example", 200, has("{}"), nil},
	{"it is gone", "anna", "GET", "/api/v1/domain_blocks", "", 200, has("[]"), nil},
	{"block in a form", "anna", "POST", "/api/v1/domain_blocks", "domain=ver.example", 200, has("{}"), nil},
	{"unblock in the address", "anna", "DELETE", "/api/v1/domain_blocks?domain=ver.example", "", 200, has("{}"), nil},
	{"block in the address", "anna", "POST", "/api/v1/domain_blocks?domain=verder.example", "", 200, has("{}"), nil},
	{"unblock in JSON", "anna", "DELETE", "/api/v1/domain_blocks", `{"domain":"verder.example"}`, 200, has("{}"), nil},
	{"unblock nothing", "anna", "DELETE", "/api/v1/domain_blocks", "", 422, has("blank"), nil},
	{"nothing is left", "anna", "GET", "/api/v1/domain_blocks", "", 200, has("[]"), nil},

	{"mute a group", "anna", "POST", "/api/v1/accounts/{wonen}/mute", "", 200, has(`"muting":true`, `"following":true`), nil},
	{"its posts are not in home", "anna", "GET", "/api/v1/timelines/home", "", 200, has("Wat kiezen we?"), has(`"acct":"wonen"`)},
	{"they are in the group", "anna", "GET", "/api/v1/timelines/list/{wonen}", "", 200, has("SECRETgroup"), nil},
	{"the group again", "anna", "POST", "/api/v1/accounts/{wonen}/unmute", "", 200, has(`"muting":false`), nil},
}

func TestWhatPeopleKeepAboutOthers(t *testing.T) {
	each(t, func(w *world) { w.run(keptScenarios) })
}

var listScenarios = []scenario{
	{"make a list", "anna", "POST", "/api/v1/lists", `{"title":" Collega's "}`, 200, has(`"title":"Collega's"`, `"replies_policy":"list"`, `"exclusive":false`), nil},
	{"a list without a title", "anna", "POST", "/api/v1/lists", "title=+", 422, has("Title can't be blank"), nil},
	{"a title too long", "anna", "POST", "/api/v1/lists", "title=" + strings.Repeat("x", actors.MaxListTitle+1), 422, has("too long"), nil},
	{"a wrong policy", "anna", "POST", "/api/v1/lists", "title=x&replies_policy=some", 422, has("replies_policy"), nil},
	{"one list", "anna", "GET", "/api/v1/lists/{mine}", "", 200, has(`"title":"Mijn lijst"`), nil},
	{"own lists, then groups", "anna", "GET", "/api/v1/lists", "", 200, has(`"id":"{mine}"`, `"id":"{wonen}"`), nil},
	{"somebody else's list does not exist", "bas", "GET", "/api/v1/lists/{mine}", "", 404, has("error"), nil},
	{"nor can it be read", "bas", "GET", "/api/v1/timelines/list/{mine}", "", 404, has("error"), nil},
	{"nor changed", "bas", "PUT", "/api/v1/lists/{mine}", "title=x", 404, has("error"), nil},
	{"nor removed", "bas", "DELETE", "/api/v1/lists/{mine}", "", 404, has("error"), nil},
	{"nor its members seen", "bas", "GET", "/api/v1/lists/{mine}/accounts", "", 404, has("error"), nil},
	{"nor changed", "bas", "POST", "/api/v1/lists/{mine}/accounts", "account_ids[]={bas}", 404, has("error"), nil},
	{"change it", "anna", "PUT", "/api/v1/lists/{mine}", "title=Onze+lijst&replies_policy=followed&exclusive=true", 200, has(`"title":"Onze lijst"`, `"replies_policy":"followed"`, `"exclusive":true`), nil},
	{"change one thing", "anna", "PUT", "/api/v1/lists/{mine}", `{"exclusive":false}`, 200, has(`"title":"Onze lijst"`, `"replies_policy":"followed"`, `"exclusive":false`), nil},
	{"take the title away", "anna", "PUT", "/api/v1/lists/{mine}", "title=", 422, has("blank"), nil},
	{"no members", "anna", "GET", "/api/v1/lists/{mine}/accounts", "", 200, has("[]"), nil},
	{"add a member", "anna", "POST", "/api/v1/lists/{mine}/accounts", `{"account_ids":["{bas}"]}`, 200, has("{}"), nil},
	{"add a member twice", "anna", "POST", "/api/v1/lists/{mine}/accounts", "account_ids[]={bas}", 422, has("taken"), nil},
	{"add whom one does not follow", "anna", "POST", "/api/v1/lists/{mine}/accounts", "account_ids[]={cas}", 422, has("following"), nil},
	{"add nobody", "anna", "POST", "/api/v1/lists/{mine}/accounts", "account_ids[]={nobody}", 404, has("error"), nil},
	{"add what is no id", "anna", "POST", "/api/v1/lists/{mine}/accounts", "account_ids[]=x", 404, has("error"), nil},
	{"add without saying whom", "anna", "POST", "/api/v1/lists/{mine}/accounts", "", 422, has("account_ids"), nil},
	{"one wrong is none added", "anna", "POST", "/api/v1/lists/{mine}/accounts", "account_ids[]={anna}&account_ids[]={cas}", 422, has("error"), nil},
	{"members", "anna", "GET", "/api/v1/lists/{mine}/accounts", "", 200, has(`"acct":"bas"`), has(`"acct":"anna"`)},
	{"all of them", "anna", "GET", "/api/v1/lists/{mine}/accounts?limit=0", "", 200, has(`"acct":"bas"`), nil},
	{"its timeline", "anna", "GET", "/api/v1/timelines/list/{mine}", "", 200, has("Wat kiezen we?", "SECRETpublic"), has("SECRETgroup", "Van elders")},
	{"lists with somebody", "anna", "GET", "/api/v1/accounts/{bas}/lists", "", 200, has(`"id":"{mine}"`, `"id":"{wonen}"`), nil},
	{"lists with somebody else", "anna", "GET", "/api/v1/accounts/{dora}/lists", "", 200, has("[]"), nil},
	{"take a member off in a form", "anna", "DELETE", "/api/v1/lists/{mine}/accounts", "account_ids[]={bas}", 200, has("{}"), nil},
	{"add again", "anna", "POST", "/api/v1/lists/{mine}/accounts", "account_ids={bas}", 200, has("{}"), nil},
	{"take a member off in the address", "anna", "DELETE", "/api/v1/lists/{mine}/accounts?account_ids[]={bas}", "", 200, has("{}"), nil},
	{"and again", "anna", "POST", "/api/v1/lists/{mine}/accounts", "account_ids[0]={bas}", 200, has("{}"), nil},
	{"take a member off in JSON", "anna", "DELETE", "/api/v1/lists/{mine}/accounts", `{"account_ids":["{bas}"]}`, 200, has("{}"), nil},
	{"nobody is left", "anna", "GET", "/api/v1/lists/{mine}/accounts", "", 200, has("[]"), nil},
	{"who is followed no more is on no list", "anna", "POST", "/api/v1/lists/{mine}/accounts", "account_ids[]={bas}", 200, has("{}"), nil},
	{"unfollow", "anna", "POST", "/api/v1/accounts/{bas}/unfollow", "", 200, has(`"following":false`), nil},
	{"off the list", "anna", "GET", "/api/v1/lists/{mine}/accounts", "", 200, has("[]"), nil},
	{"a group is no list to change", "anna", "PUT", "/api/v1/lists/{wonen}", "title=x", 422, has("@wonen@gouda.example", "join or leave"), nil},
	{"nor to remove", "anna", "DELETE", "/api/v1/lists/{wonen}", "", 422, has("join or leave"), nil},
	{"nor to add to", "anna", "POST", "/api/v1/lists/{wonen}/accounts", "account_ids[]={bas}", 422, has("join or leave"), nil},
	{"remove it", "anna", "DELETE", "/api/v1/lists/{mine}", "", 200, has("{}"), nil},
	{"it is gone", "anna", "GET", "/api/v1/lists/{mine}", "", 404, has("error"), nil},
	{"a narrow token", "narrow", "POST", "/api/v1/lists", "title=x", 403, has("write:lists"), nil},
}

// makeList makes a list of anna's under a name.
func (w *world) makeList(name, body string) {
	w.Helper()
	var l identified
	w.get(&l, "POST", "/api/v1/lists", "anna", body)
	w.names[name] = l.ID
}

func TestLists(t *testing.T) {
	each(t, func(w *world) {
		w.makeList("mine", "title=Mijn+lijst")
		w.run(listScenarios)
	})
}

// What is shown of the answers of members depends on whom they answer; what an exclusive list holds is not in home.
func TestListsShowRepliesByTheirPolicy(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		w.person("eva")
		w.person("fred")
		for _, f := range []string{"eva", "fred"} {
			w.check(w.api.Outbox.Follow(ctx, w.actor("anna"), w.actor(f), nil, nil))
		}
		w.post("eva", "e1", outbox.Draft{Text: "Eva begint"})
		w.post("fred", "f1", outbox.Draft{Text: "Fred begint"})
		w.post("cas", "c1", outbox.Draft{Text: "Cas begint"})
		for name, to := range map[string]string{"eva": "e1", "bas": "poll", "fred": "f1", "cas": "c1", "anna": "public"} {
			w.post("eva", "to"+name, outbox.Draft{Text: "Eva aan " + name, ReplyTo: w.item(to)})
		}
		_, err := w.api.Outbox.Boost(ctx, w.actor("eva"), w.item("remote"), actors.Public)
		w.check(err)
		for policy, want := range map[string][]string{"followed": {"eva", "bas", "fred", "anna"}, "list": {"eva", "bas", "anna"}, "none": {"eva", "anna"}} {
			w.makeList(policy, "title=x&replies_policy="+policy)
			w.run([]scenario{{policy, "anna", "POST", "/api/v1/lists/{" + policy + "}/accounts", "account_ids[]={eva}&account_ids[]={bas}", 200, has("{}"), nil}})
			text := w.ask("GET", "/api/v1/timelines/list/{"+policy+"}?limit=40", "anna", "").Body.String()
			for _, to := range []string{"eva", "bas", "fred", "cas", "anna"} {
				if shown := strings.Contains(text, "Eva aan "+to); shown != slices.Contains(want, to) {
					t.Errorf("%s: what Eva answers %s is there: %v", policy, to, shown)
				}
			}
			for _, must := range []string{"Eva begint", "Wat kiezen we?", "Van elders"} {
				if !strings.Contains(text, must) {
					t.Errorf("%s: %q is missing", policy, must)
				}
			}
			if strings.Contains(text, "Fred begint") {
				t.Errorf("%s: Fred is not on the list", policy)
			}
		}
		w.run([]scenario{
			{"home before", "anna", "GET", "/api/v1/timelines/home?limit=40", "", 200, has("Eva begint", "Fred begint"), nil},
			{"exclusive", "anna", "PUT", "/api/v1/lists/{none}", "exclusive=true", 200, has(`"exclusive":true`), nil},
			{"not in home", "anna", "GET", "/api/v1/timelines/home?limit=40", "", 200, has("Fred begint"), has("Eva begint", "Wat kiezen we?")},
			{"in the list", "anna", "GET", "/api/v1/timelines/list/{none}", "", 200, has("Eva begint"), nil},
			{"no boosts of eva", "anna", "POST", "/api/v1/accounts/{eva}/follow", "reblogs=false", 200, has(`"showing_reblogs":false`), nil},
			{"also not in the list", "anna", "GET", "/api/v1/timelines/list/{none}", "", 200, has("Eva begint"), has("Van elders")},
			{"remove it", "anna", "DELETE", "/api/v1/lists/{none}", "", 200, nil, nil},
			{"back in home", "anna", "GET", "/api/v1/timelines/home?limit=40", "", 200, has("Eva begint"), nil},
		})
		list, err := actors.ListByID(ctx, w.api.DB, w.actor("anna").ID, actors.ListID(w.item("list")))
		w.check(err)
		in, err := w.api.Timelines.List(ctx, list, actors.Page{Limit: 40})
		w.check(err)
		for name, want := range map[string]bool{"e1": true, "f1": false, "tobas": true, "tofred": false} {
			if slices.ContainsFunc(in, func(i *content.Item) bool { return i.ID == w.item(name) }) != want {
				t.Errorf("%s is in the list: %v", name, !want)
			}
		}
	})
}

// Whoever is muted, blocked or of a blocked domain is in none of the lists that are made for one, not in a boost by others either,
// and still where one looks for them. Followed by the end of a mute without anybody doing anything.
func TestTheUnwantedAreNotShown(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		w.person("eva")
		for _, f := range [][2]string{{"anna", "eva"}, {"anna", "dora"}} {
			w.check(w.api.Outbox.Follow(ctx, w.actor(f[0]), w.actor(f[1]), nil, nil))
		}
		w.check(w.api.DB.Tx(ctx, func(tx *db.Tx) error {
			_, err := w.api.Dir.Admit(ctx, tx, w.actor("anna"), w.actor("dora"))
			return err
		}))
		w.post("cas", "c1", outbox.Draft{Text: "Vraag van Cas #vraag"})
		w.post("eva", "e1", outbox.Draft{Text: "Eva over de #vraag", ReplyTo: w.item("c1")})
		w.post("bas", "b1", outbox.Draft{Text: "Bas daarop", ReplyTo: w.item("e1")})
		w.post("eva", "e2", outbox.Draft{Text: "Eva schrijft #vraag"})
		w.post("eva", "e3", outbox.Draft{Text: "Eva in de groep @wonen"})
		for _, name := range []string{"e2", "remote"} {
			_, err := w.api.Outbox.Boost(ctx, w.actor("bas"), w.item(name), actors.Public)
			w.check(err)
		}
		w.makeList("mine", "title=x")
		reads := []string{"/api/v1/timelines/home?limit=40", "/api/v1/timelines/public?limit=40", "/api/v1/timelines/tag/vraag", "/api/v1/timelines/list/{mine}", "/api/v1/statuses/{c1}/context"}
		w.run([]scenario{{"on the list", "anna", "POST", "/api/v1/lists/{mine}/accounts", "account_ids[]={eva}&account_ids[]={bas}&account_ids[]={dora}", 200, nil, nil}})
		sees := func(when string, words map[string]bool) {
			t.Helper()
			all := map[string]bool{}
			for _, path := range reads {
				text := w.ask("GET", path, "anna", "").Body.String()
				for word := range words {
					all[word] = all[word] || strings.Contains(text, word)
				}
			}
			for word, want := range words {
				if all[word] != want {
					t.Errorf("%s: %q is shown: %v", when, word, all[word])
				}
			}
		}
		sees("before", map[string]bool{"Eva schrijft": true, "Eva over": true, "Van elders": true, "Bas daarop": true})
		for _, one := range []struct{ hide, show, text string }{
			{"POST /api/v1/accounts/{eva}/mute", "POST /api/v1/accounts/{eva}/unmute", "Eva"},
			{"POST /api/v1/accounts/{eva}/block", "POST /api/v1/accounts/{eva}/unblock", "Eva"},
			{"POST /api/v1/domain_blocks?domain=elders.example", "DELETE /api/v1/domain_blocks?domain=elders.example", "Van elders"},
		} {
			method, path, _ := strings.Cut(one.hide, " ")
			w.run([]scenario{{"hide", "anna", method, path, "", 200, nil, nil}})
			sees(one.hide, map[string]bool{one.text + " schrijft": false, one.text: false, "Bas daarop": true})
			w.run([]scenario{{"the posts of who is looked for", "anna", "GET", "/api/v1/accounts/{eva}/statuses", "", 200, has("Eva schrijft"), nil},
				{"what is looked for", "anna", "GET", "/api/v1/statuses/{remote}", "", 200, has("Van elders"), nil},
				{"others see all", "bas", "GET", "/api/v1/timelines/public", "", 200, has("Eva schrijft", "Van elders"), nil}})
			method, path, _ = strings.Cut(one.show, " ")
			w.run([]scenario{{"show", "anna", method, path, "", 200, nil, nil}})
			sees(one.show, map[string]bool{one.text: true})
		}
		if mine, err := w.api.Timelines.Concerns(ctx, []content.ID{w.item("e3")}, timeline.Watchers{Home: []actors.ID{w.actor("anna").ID}}); err != nil || len(mine) > 0 {
			t.Errorf("after the block anna does not follow eva any more: %v %v", mine, err)
		}

		// A mute ends by itself.
		w.check(w.api.Timelines.Mute(ctx, w.actor("anna").ID, w.actor("eva").ID, true, time.Now().Add(time.Hour)))
		sees("muted for an hour", map[string]bool{"Eva": false})
		w.check(w.api.DB.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE mutes SET until = $1", db.Millis(time.Now().Add(-time.Second)))
			return err
		}))
		sees("an hour later", map[string]bool{"Eva": true})
		w.run([]scenario{{"no mutes", "anna", "GET", "/api/v1/mutes", "", 200, has("[]"), nil},
			{"not muting", "anna", "GET", "/api/v1/accounts/relationships?id[]={eva}", "", 200, has(`"muting":false`, `"muting_expires_at":null`), nil},
			{"another mute", "anna", "POST", "/api/v1/accounts/{bas}/mute", "", 200, nil, nil}})
		if n, err := db.One(ctx, w.api.DB, db.Scalar[int], "SELECT COUNT(*) FROM mutes"); err != nil || n != 1 {
			t.Errorf("%d mutes are kept, %v", n, err)
		}
	})
}

// Notifications of whom one does not want to hear of are neither kept nor made.
func TestTheUnwantedDoNotNotify(t *testing.T) {
	each(t, func(w *world) {
		told := func(when string, want bool, word string) {
			t.Helper()
			if got := strings.Contains(w.ask("GET", "/api/v1/notifications", "anna", "").Body.String(), word); got != want {
				t.Errorf("%s: a notification with %s: %v", when, word, got)
			}
		}
		mention := func(who string) {
			w.post(who, "m", outbox.Draft{Text: "Dag @anna"})
		}
		told("before", true, `"acct":"bas"`)
		w.run([]scenario{{"mute without notifications", "anna", "POST", "/api/v1/accounts/{bas}/mute", "notifications=false", 200, nil, nil}})
		told("still told", true, `"acct":"bas"`)
		mention("bas")
		told("a new one", true, "Dag")
		w.run([]scenario{{"mute with notifications", "anna", "POST", "/api/v1/accounts/{bas}/mute", "", 200, nil, nil}})
		told("what was told", false, `"acct":"bas"`)
		mention("bas")
		told("what is new", false, `"acct":"bas"`)
		w.run([]scenario{{"unmute", "anna", "POST", "/api/v1/accounts/{bas}/unmute", "", 200, nil, nil}})
		mention("bas")
		told("after all", true, "Dag")
		w.run([]scenario{{"block", "anna", "POST", "/api/v1/accounts/{bas}/block", "", 200, nil, nil}})
		told("blocked", false, `"acct":"bas"`)

		fromDora := func(n int) {
			w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
				i := &content.Item{IRI: fmt.Sprintf("https://elders.example/notes/m%d", n), URL: "https://elders.example/m", Kind: content.Note, Author: w.actor("dora").ID, Content: "<p>Dag Anna</p>", Published: time.Now()}
				_, err := w.api.Timelines.Publish(w.Context(), tx, &content.Made{Item: i, Doc: []byte("{}"), Recipients: []content.Recipient{{Actor: w.actor("anna").ID, Mention: true}}})
				return err
			}))
		}
		fromDora(1)
		told("from elsewhere", true, `"acct":"dora@elders.example"`)
		w.run([]scenario{{"block the domain", "anna", "POST", "/api/v1/domain_blocks", "domain=elders.example", 200, nil, nil}})
		fromDora(2)
		told("from a blocked domain", false, `"acct":"dora@elders.example"`)
	})
}

// What was kept about somebody goes with that person, and what that person kept.
func TestNothingIsKeptOfTheDeleted(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		w.makeList("mine", "title=x")
		w.run([]scenario{
			{"list", "anna", "POST", "/api/v1/lists/{mine}/accounts", "account_ids[]={bas}", 200, nil, nil},
			{"note", "anna", "POST", "/api/v1/accounts/{bas}/note", "comment=x", 200, nil, nil},
			{"mute", "anna", "POST", "/api/v1/accounts/{bas}/mute", "", 200, nil, nil},
			{"endorse", "anna", "POST", "/api/v1/accounts/{bas}/endorse", "", 200, nil, nil},
			{"dismiss", "anna", "DELETE", "/api/v1/suggestions/{bas}", "", 200, nil, nil},
			{"list of bas", "bas", "POST", "/api/v1/lists", "title=x", 200, nil, nil},
			{"domain of bas", "bas", "POST", "/api/v1/domain_blocks", "domain=ver.example", 200, nil, nil},
			{"note of bas", "bas", "POST", "/api/v1/accounts/{dora}/note", "comment=x", 200, nil, nil},
		})
		rows := func() (n int) {
			for _, table := range []string{"mutes", "notes", "endorsements", "dismissals", "blocked_domains", "list_members", "lists"} {
				k, err := db.One(ctx, w.api.DB, db.Scalar[int], "SELECT COUNT(*) FROM "+table)
				w.check(err)
				n += k
			}
			return n
		}
		if n := rows(); n != 9 {
			t.Errorf("%d rows before", n)
		}
		w.check(w.api.DB.Tx(ctx, func(tx *db.Tx) error { return w.api.Dir.Delete(ctx, tx, w.actor("bas")) }))
		if n := rows(); n != 1 { // the empty list of anna
			t.Errorf("%d rows are left", n)
		}
	})
}

// Languages that one chose of whom one follows.
func TestFollowedInSomeLanguages(t *testing.T) {
	each(t, func(w *world) {
		for _, code := range []string{"nl", "en", ""} {
			w.post("bas", "l"+code, outbox.Draft{Text: "In taal " + code + ".", Language: code})
		}
		w.run([]scenario{
			{"only Dutch", "anna", "POST", "/api/v1/accounts/{bas}/follow", "languages[]=nl", 200, has(`"languages":["nl"]`), nil},
			{"home", "anna", "GET", "/api/v1/timelines/home", "", 200, has("In taal nl.", "In taal ."), has("In taal en.")},
			{"all", "anna", "POST", "/api/v1/accounts/{bas}/follow", `{"languages":[]}`, 200, has(`"languages":null`), nil},
			{"home again", "anna", "GET", "/api/v1/timelines/home", "", 200, has("In taal nl.", "In taal en."), nil},
		})
	})
}

// No query for each row, with pages that are full.
func TestListsOfPeopleCostTheSameAtAnyLength(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		var queries atomic.Int64
		w := newWorld(t, dbtest.OpenSource(t, source, db.Options{Trace: func(string) { queries.Add(1) }}))
		ctx, anna := w.Context(), w.actor("anna")
		w.makeList("mine", "title=x")
		w.check(w.api.Outbox.Follow(ctx, w.actor("bas"), anna, nil, nil))
		var all []string
		w.check(w.api.DB.Tx(ctx, func(tx *db.Tx) error {
			for n := range 12 {
				name := fmt.Sprint("p", n)
				p, err := w.api.Dir.Learn(ctx, tx, &vocab.Actor{ID: fmt.Sprintf("https://h%d.example/users/%s", n, name), Type: "Person", PreferredUsername: name, Discoverable: new(true),
					Inbox: fmt.Sprintf("https://h%d.example/users/%s/inbox", n, name)})
				if err != nil {
					return err
				}
				all = append(all, "id[]="+digits(p.ID))
				for _, do := range []func() error{
					func() error { _, err := w.api.Dir.Admit(ctx, tx, anna, p); return err },
					func() error { _, err := w.api.Dir.Admit(ctx, tx, p, w.actor("bas")); return err },
					func() error { _, err := w.api.Dir.Ask(ctx, tx, p, w.actor("cas"), actors.Request{}); return err },
					func() error { return w.api.Dir.Endorse(ctx, tx, anna.ID, p.ID) },
					func() error { return w.api.Dir.Mute(ctx, tx, anna.ID, p.ID, true, time.Time{}) },
					func() error { return actors.SetNote(ctx, tx, anna.ID, p.ID, "x") },
					func() error { _, _, err := w.api.Dir.BlockDomain(ctx, tx, anna.ID, p.Host); return err },
					func() error {
						l, err := actors.ListByID(ctx, tx, anna.ID, actors.ListID(w.item("mine")))
						if err != nil {
							return err
						}
						return w.api.Dir.AddToList(ctx, tx, l, []actors.ID{p.ID})
					},
				} {
					if err := do(); err != nil {
						return err
					}
				}
			}
			return nil
		}))
		ids := "?" + strings.Join(all, "&")
		for _, one := range []struct{ path, who, row string }{
			{"/api/v1/mutes?a=b", "anna", `"mute_expires_at"`}, {"/api/v1/domain_blocks?a=b", "anna", ".example"}, {"/api/v1/endorsements?a=b", "anna", `"acct"`}, {"/api/v1/follow_requests?a=b", "cas", `"acct"`},
			{"/api/v1/lists/{mine}/accounts?a=b", "anna", `"acct"`}, {"/api/v2/suggestions?a=b", "bas", `"sources"`}, {"/api/v1/directory?a=b", "bas", `"acct"`},
			{"/api/v1/accounts/{anna}/following?a=b", "bas", `"acct"`},
		} {
			cost := func(limit string) (int64, string) {
				w.api.DB.Forget() // as if nobody had looked before
				before := queries.Load()
				answer := w.ask("GET", one.path+"&limit="+limit, one.who, "")
				return queries.Load() - before, answer.Body.String()
			}
			cost("1")
			few, _ := cost("2")
			many, text := cost("40")
			if rows := strings.Count(text, one.row); many != few || many > 6 || rows < 12 {
				t.Errorf("%s: %d queries for two rows, %d for %d", one.path, few, many, rows)
			}
		}
		start := queries.Load()
		text := w.ask("GET", "/api/v1/accounts/relationships"+ids, "anna", "").Body.String()
		if cost := queries.Load() - start; cost > 5 || strings.Count(text, `"endorsed":true`) != 12 || strings.Count(text, `"domain_blocking":true`) != 12 || strings.Count(text, `"note":"x"`) != 12 {
			t.Errorf("relationships: %d queries: %s", cost, text)
		}
		start = queries.Load()
		w.ask("GET", "/api/v1/accounts/familiar_followers"+ids, "anna", "")
		if cost := queries.Load() - start; cost > 4 {
			t.Errorf("familiar followers: %d queries", cost)
		}
	})
}
