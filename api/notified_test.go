// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

func (w *world) like(who, what string) {
	w.Helper()
	_, err := w.api.Outbox.Like(w.Context(), w.actor(who), w.item(what))
	w.check(err)
}

func TestPolicyAndRequests(t *testing.T) {
	each(t, func(w *world) {
		w.run([]scenario{
			{"without a choice", "anna", "GET", "/api/v2/notifications/policy", "", 200, has(`"for_not_following":"accept","for_not_followers":"accept","for_new_accounts":"accept","for_private_mentions":"accept","for_limited_accounts":"filter"`, `"pending_requests_count":0,"pending_notifications_count":0`), nil},
			{"a wrong word", "anna", "PATCH", "/api/v2/notifications/policy", "for_not_following=perhaps", 422, has("for_not_following must be accept, filter or drop"), nil},
			{"in a form", "anna", "PATCH", "/api/v2/notifications/policy", "for_not_following=filter&for_new_accounts=", 200, has(`"for_not_following":"filter"`, `"for_new_accounts":"accept"`), nil},
			{"in JSON, and the rest stays", "anna", "PATCH", "/api/v2/notifications/policy", `{"for_private_mentions":"drop","for_limited_accounts":"accept"}`, 200, has(`"for_not_following":"filter"`, `"for_private_mentions":"drop"`, `"for_limited_accounts":"accept"`), nil},
			{"in the query", "anna", "PATCH", "/api/v2/notifications/policy?for_private_mentions=accept", "", 200, has(`"for_private_mentions":"accept"`), nil},
			{"with PUT, as npm's masto does", "anna", "PUT", "/api/v2/notifications/policy", `{"for_limited_accounts":"filter"}`, 200, has(`"for_limited_accounts":"filter"`, `"for_not_following":"filter"`), nil},
			{"of another", "bas", "GET", "/api/v2/notifications/policy", "", 200, has(`"for_not_following":"accept"`), nil},
			{"no requests", "anna", "GET", "/api/v1/notifications/requests", "", 200, has("[]"), nil},
		})
		w.like("cas", "public")
		w.post("cas", "strange", outbox.Draft{Text: "Hallo @anna"})
		w.person("els")
		w.like("els", "public")
		w.person("fred")
		w.post("fred", "also", outbox.Draft{Text: "Dag @anna"})
		w.like("bas", "unlisted") // whom anna follows
		var all []identified
		w.get(&all, "GET", "/api/v1/notifications/requests", "anna", "")
		if len(all) != 3 {
			t.Fatalf("requests: %+v", all)
		}
		w.names["of fred"], w.names["of els"], w.names["of cas"] = all[0].ID, all[1].ID, all[2].ID
		w.run([]scenario{
			{"they are counted", "anna", "GET", "/api/v2/notifications/policy", "", 200, has(`"pending_requests_count":3,"pending_notifications_count":4`), nil},
			{"they are listed", "anna", "GET", "/api/v1/notifications/requests?limit=2", "", 200, has(`"acct":"fred"`, `"acct":"els"`), has(`"acct":"cas"`)},
			{"one", "anna", "GET", "/api/v1/notifications/requests/{of cas}", "", 200, has(`"notifications_count":"2"`, `"acct":"cas"`, `"last_status":{"id":"{strange}"`), nil},
			{"one without a status", "anna", "GET", "/api/v1/notifications/requests/{of els}", "", 200, has(`"notifications_count":"1"`), has(`"last_status":`)},
			{"somebody else's", "bas", "GET", "/api/v1/notifications/requests/{of cas}", "", 404, has("error"), nil},
			{"one that is none", "anna", "GET", "/api/v1/notifications/requests/x", "", 404, has("error"), nil},
			{"not in the list", "anna", "GET", "/api/v1/notifications", "", 200, has(`"status":{"id":"{unlisted}"`), has(`"acct":"cas"`, `"acct":"els"`)},
			{"unless asked for", "anna", "GET", "/api/v1/notifications?include_filtered=true", "", 200, has(`"acct":"cas"`, `"acct":"els"`), nil},
			{"of one account", "anna", "GET", "/api/v1/notifications?include_filtered=1&account_id={els}", "", 200, has(`"acct":"els"`), has(`"acct":"cas"`)},
			{"nor in groups", "anna", "GET", "/api/v2/notifications", "", 200, nil, has(`"acct":"cas"`, `"acct":"els"`)},
			{"unless asked for", "anna", "GET", "/api/v2/notifications?include_filtered=on", "", 200, has(`"acct":"cas"`, `"acct":"els"`, `"notifications_count":3`), nil},
			{"answered by somebody else", "bas", "POST", "/api/v1/notifications/requests/{of cas}/accept", "", 404, has("error"), nil},
			{"accept", "anna", "POST", "/api/v1/notifications/requests/{of cas}/accept", "", 200, has("{}"), nil},
			{"merged", "anna", "GET", "/api/v1/notifications/requests/merged", "", 200, has(`{"merged":true}`), nil},
			{"now in the list", "anna", "GET", "/api/v1/notifications", "", 200, has(`"acct":"cas"`), has(`"acct":"els"`)},
			{"once", "anna", "POST", "/api/v1/notifications/requests/{of cas}/accept", "", 404, has("error"), nil},
			{"dismiss", "anna", "POST", "/api/v1/notifications/requests/{of els}/dismiss", "", 200, has("{}"), nil},
			{"it is gone", "anna", "GET", "/api/v1/notifications?include_filtered=true", "", 200, has(`"acct":"fred"`), has(`"acct":"els"`)},
			{"dismiss what is gone", "anna", "POST", "/api/v1/notifications/requests/{of els}/dismiss", "", 404, has("error"), nil},
			{"several, but none", "anna", "POST", "/api/v1/notifications/requests/accept", "", 422, has("id must be"), nil},
			{"several, but nonsense", "anna", "POST", "/api/v1/notifications/requests/dismiss", "id[]=x", 422, has("id must be"), nil},
			{"several, of which one is gone", "anna", "POST", "/api/v1/notifications/requests/dismiss", `{"id":["{of fred}","{of els}"]}`, 200, has("{}"), nil},
			{"nothing is left", "anna", "GET", "/api/v1/notifications/requests", "", 200, has("[]"), nil},
		})
		w.post("fred", "again", outbox.Draft{Text: "Nog eens @anna"})
		w.post("els", "later", outbox.Draft{Text: "Ik ook @anna"})
		w.get(&all, "GET", "/api/v1/notifications/requests", "anna", "")
		w.names["one"], w.names["two"] = all[0].ID, all[1].ID
		w.run([]scenario{
			{"accept several, in a query", "anna", "POST", "/api/v1/notifications/requests/accept?id[]={one}&id[]={two}", "", 200, has("{}"), nil},
			{"both are there", "anna", "GET", "/api/v1/notifications", "", 200, has("Nog eens", "Ik ook"), nil},
		})
	})
}

func TestGroupsByTheirKeys(t *testing.T) {
	each(t, func(w *world) {
		for n := range 11 {
			name := fmt.Sprint("fan", n)
			w.person(name)
			w.like(name, "unlisted")
		}
		w.post("cas", "mention", outbox.Draft{Text: "Hallo @anna"})
		w.post("cas", "mention2", outbox.Draft{Text: "Dag @anna"})
		var r groups
		w.get(&r, "GET", "/api/v2/notifications?types[]=favourite", "anna", "")
		if len(r.Groups) < 2 || r.Groups[0].Count != 11 {
			t.Fatalf("groups: %+v", r.Groups) // or nine hours ended right now
		}
		w.names["key"], w.names["last"], w.names["first"] = r.Groups[0].GroupKey, r.Groups[0].PageMax, r.Groups[0].PageMin
		w.get(&r, "GET", "/api/v2/notifications?types[]=mention", "anna", "")
		w.names["single"], w.names["single2"] = r.Groups[0].GroupKey, r.Groups[1].GroupKey
		w.run([]scenario{
			{"all", "anna", "GET", "/api/v2/notifications", "", 200, has(`"group_key":"{key}"`, `"notifications_count":11`, `"page_min_id":"{first}"`, `"page_max_id":"{last}"`, `"group_key":"{single}"`), nil},
			{"only kinds that the client groups", "anna", "GET", "/api/v2/notifications?grouped_types[]=reblog&types[]=favourite", "", 200, has(`"group_key":"ungrouped-{last}"`), has(`"notifications_count":11`, `"group_key":"{key}"`)},
			{"one", "anna", "GET", "/api/v2/notifications/{key}", "", 200, has(`"notifications_count":11`, `"type":"favourite"`, `"status_id":"{unlisted}"`), nil},
			{"somebody else's", "bas", "GET", "/api/v2/notifications/{key}", "", 404, has("error"), nil},
			{"its accounts", "anna", "GET", "/api/v2/notifications/{key}/accounts", "", 200, has(`"acct":"fan0"`, `"acct":"fan10"`), nil},
			{"its accounts, in pages", "anna", "GET", "/api/v2/notifications/{key}/accounts?limit=2", "", 200, has(`"acct":"fan10"`, `"acct":"fan9"`), has(`"acct":"fan8"`)},
			{"one that stands alone", "anna", "GET", "/api/v2/notifications/{single}", "", 200, has(`"notifications_count":1`, `"status_id":"{mention2}"`), nil},
			{"its account", "anna", "GET", "/api/v2/notifications/{single}/accounts", "", 200, has(`"acct":"cas"`), nil},
			{"the v1 entity names the group", "anna", "GET", "/api/v1/notifications/{last}", "", 200, has(`"group_key":"{key}"`), nil},
			{"counted as one", "anna", "GET", "/api/v2/notifications/unread_count?types[]=favourite", "", 200, has(`{"count":2}`), nil},
			{"counted apart", "anna", "GET", "/api/v1/notifications/unread_count?types[]=favourite&limit=5", "", 200, has(`{"count":5}`), nil},
			{"ungrouped they are more", "anna", "GET", "/api/v2/notifications/unread_count?types[]=favourite&grouped_types[]=reblog", "", 200, has(`{"count":12}`), nil},
			{"read", "anna", "POST", "/api/v1/markers", "notifications[last_read_id]={last}", 200, has(`"version":1`), nil},
			{"what is new since", "anna", "GET", "/api/v2/notifications/unread_count", "", 200, has(`{"count":2}`), nil},
			{"dismiss one that stands alone", "anna", "POST", "/api/v2/notifications/{single2}/dismiss", "", 200, has("{}"), nil},
			{"it is gone", "anna", "POST", "/api/v2/notifications/{single2}/dismiss", "", 404, has("error"), nil},
			{"dismiss somebody else's", "bas", "POST", "/api/v2/notifications/{key}/dismiss", "", 404, has("error"), nil},
			{"dismiss", "anna", "POST", "/api/v2/notifications/{key}/dismiss", "", 200, has("{}"), nil},
			{"no accounts", "anna", "GET", "/api/v2/notifications/{key}/accounts", "", 200, has("[]"), nil},
			{"the other one stays", "anna", "GET", "/api/v2/notifications", "", 200, has(`"group_key":"{single}"`), has(`"group_key":"{key}"`, `"group_key":"{single2}"`)},
		})
		for _, key := range []string{"x", "ungrouped-", "ungrouped-x", "favourite-1", "favourite-x-1", "favourite-1--5", "mention-0-5", "favourite-1-9999999999999", "favourite-1-1-1"} {
			for method, path := range map[string]string{"GET": "", "POST": "/dismiss"} {
				if answer := w.ask(method, "/api/v2/notifications/"+key+path, "anna", ""); answer.Code != 404 {
					t.Errorf("%s %s: %d", method, key, answer.Code)
				}
			}
		}
	})
}

func TestConversationsAndMutes(t *testing.T) {
	each(t, func(w *world) {
		w.post("bas", "answer", outbox.Draft{Text: "Dank @anna", Audience: actors.Direct, ReplyTo: w.item("direct")})
		w.post("cas", "other", outbox.Draft{Text: "Psst @anna @bas", Audience: actors.Direct})
		var all []identified
		w.get(&all, "GET", "/api/v1/conversations", "anna", "")
		if len(all) != 2 {
			t.Fatalf("conversations: %+v", all)
		}
		w.names["three"], w.names["two"] = all[0].ID, all[1].ID
		w.run([]scenario{
			{"all", "anna", "GET", "/api/v1/conversations", "", 200, has(`"unread":true,"accounts":[{"id":"{bas}"`, `"last_status":{"id":"{answer}"`, `"last_status":{"id":"{other}"`), nil},
			{"in pages", "anna", "GET", "/api/v1/conversations?limit=1", "", 200, has(`"id":"{three}"`), has(`"id":"{two}"`)},
			{"of nobody", "", "GET", "/api/v1/conversations", "", 401, has("error"), nil},
			{"read", "anna", "POST", "/api/v1/conversations/{two}/read", "", 200, has(`"id":"{two}","unread":false`, `"last_status":{"id":"{answer}"`), nil},
			{"somebody else's", "bas", "POST", "/api/v1/conversations/{two}/read", "", 404, has("error"), nil},
			{"one that is none", "anna", "POST", "/api/v1/conversations/x/read", "", 404, has("error"), nil},
			{"the timeline", "anna", "GET", "/api/v1/timelines/direct", "", 200, has("SECRETdirect", "Dank", "Psst"), has("SECRETprivate", "SECRETpublic")},
			{"the timeline of another", "cas", "GET", "/api/v1/timelines/direct", "", 200, has("Psst"), has("SECRET", "Dank")},
			{"the answer goes", "bas", "DELETE", "/api/v1/statuses/{answer}", "", 200, has("Dank"), nil},
			{"the one before it is the last", "anna", "GET", "/api/v1/conversations", "", 200, has(`"last_status":{"id":"{direct}"`), has("Dank")},
			{"that goes too", "anna", "DELETE", "/api/v1/statuses/{direct}", "", 200, has("SECRETdirect"), nil},
			{"nothing is left in it", "anna", "GET", "/api/v1/conversations", "", 200, has(`"last_status":null`), nil},
			{"delete somebody else's", "bas", "DELETE", "/api/v1/conversations/{three}", "", 404, has("error"), nil},
			{"delete", "anna", "DELETE", "/api/v1/conversations/{three}", "", 200, has("{}"), nil},
			{"delete twice", "anna", "DELETE", "/api/v1/conversations/{three}", "", 404, has("error"), nil},
			{"it is gone", "anna", "GET", "/api/v1/conversations", "", 200, nil, has("Psst")},
			{"its posts are not", "anna", "GET", "/api/v1/statuses/{other}", "", 200, has("Psst"), nil},

			{"mute a conversation", "anna", "POST", "/api/v1/statuses/{reply}/mute", "", 200, has(`"id":"{reply}"`, `"muted":true`), nil},
			{"all of it is muted", "anna", "GET", "/api/v1/statuses/{public}", "", 200, has(`"muted":true`), nil},
			{"not for others", "bas", "GET", "/api/v1/statuses/{public}", "", 200, has(`"muted":false`), nil},
			{"mute what is hidden", "cas", "POST", "/api/v1/statuses/{private}/mute", "", 404, has("error"), nil},
			{"read the notifications", "anna", "POST", "/api/v1/notifications/clear", "", 200, has("{}"), nil},
		})
		w.post("cas", "quiet", outbox.Draft{Text: "Stil @anna", ReplyTo: w.item("reply")})
		w.like("cas", "public")
		w.run([]scenario{
			{"nothing is told", "anna", "GET", "/api/v1/notifications?include_filtered=true", "", 200, has("[]"), nil},
			{"unmute", "anna", "POST", "/api/v1/statuses/{public}/unmute", "", 200, has(`"muted":false`), nil},
		})
		w.post("cas", "loud", outbox.Draft{Text: "Luid @anna", ReplyTo: w.item("reply")})
		w.post("cas", "more", outbox.Draft{Text: "Met drie @anna @bas", Audience: actors.Direct})
		w.run([]scenario{
			{"it is told again", "anna", "GET", "/api/v1/notifications", "", 200, has("Luid"), has("Stil")},
			{"somebody in a conversation", "anna", "GET", "/api/v1/conversations", "", 200, has("Met drie", `"last_status":null`), nil},
			{"is blocked", "anna", "POST", "/api/v1/accounts/{cas}/block", "", 200, has(`"blocking":true`), nil},
			{"and that conversation is left", "anna", "GET", "/api/v1/conversations", "", 200, has(`"last_status":null`), has("Met drie")},
			{"the others go on", "bas", "GET", "/api/v1/conversations", "", 200, has("Met drie"), nil},
		})
	})
}

func TestMarkers(t *testing.T) {
	each(t, func(w *world) {
		w.run([]scenario{
			{"nothing asked", "anna", "GET", "/api/v1/markers", "", 200, has("{}"), nil},
			{"nothing there", "anna", "GET", "/api/v1/markers?timeline[]=home&timeline[]=notifications", "", 200, has("{}"), nil},
			{"both, in JSON", "anna", "POST", "/api/v1/markers", `{"home":{"last_read_id":"7"},"notifications":{"last_read_id":9}}`, 200, has(`"home":{"last_read_id":"7","version":1`, `"notifications":{"last_read_id":"9","version":1`), nil},
			{"backwards", "anna", "POST", "/api/v1/markers", "home[last_read_id]=3", 200, has(`"home":{"last_read_id":"3","version":2`), has("notifications")},
			{"in the query", "anna", "POST", "/api/v1/markers?notifications[last_read_id]=11", "", 200, has(`"notifications":{"last_read_id":"11","version":2`), nil},
			{"one is wrong, none is kept", "anna", "POST", "/api/v1/markers", `{"home":{"last_read_id":"50"},"notifications":{"last_read_id":"x"}}`, 422, has("last_read_id"), nil},
			{"one without a number", "anna", "POST", "/api/v1/markers", `{"home":{}}`, 422, has("last_read_id"), nil},
			{"another timeline", "anna", "POST", "/api/v1/markers", "public[last_read_id]=3", 200, has("{}"), nil},
			{"as they were", "anna", "GET", "/api/v1/markers?timeline[]=home&timeline[]=notifications&timeline[]=moon", "", 200, has(`"last_read_id":"3","version":2`, `"last_read_id":"11","version":2`), nil},
			{"of another", "bas", "GET", "/api/v1/markers?timeline[]=home", "", 200, has("{}"), nil},
		})
	})
}

// What is told here is of every kind that clients know, and each can be shown alone, in the list and in groups.
func TestNotificationsOfEveryKind(t *testing.T) {
	each(t, func(w *world) {
		ctx, lines := w.Context(), w.api.Timelines
		w.check(w.api.DB.Tx(ctx, func(tx *db.Tx) error {
			bas := w.actor("bas").ID
			for _, kind := range []string{timeline.Status, timeline.Poll, timeline.Edited, timeline.Quote, timeline.QuotedUpdate} {
				if err := lines.Notify(ctx, tx, w.actor("anna").ID, kind, bas, w.item("reply")); err != nil {
					return err
				}
			}
			for _, kind := range []string{timeline.Follow, timeline.FollowRequest} {
				if err := lines.Notify(ctx, tx, w.actor("anna").ID, kind, bas, 0); err != nil {
					return err
				}
			}
			return lines.NotifyAbout(ctx, tx, w.actor("anna").ID, timeline.AdminSignUp, w.actor("cas").ID, 0)
		}))
		var all []struct{ ID, Type string }
		w.get(&all, "GET", "/api/v1/notifications?limit=80", "anna", "")
		kinds := map[string]int{}
		for _, n := range all {
			kinds[n.Type]++
			w.ask("GET", "/api/v1/notifications/"+n.ID, "anna", "")
		}
		var r groups
		w.get(&r, "GET", "/api/v2/notifications?limit=80", "anna", "")
		for _, kind := range []string{"mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "quote", "quoted_update", "admin.sign_up"} {
			if kinds[kind] != 1 {
				t.Errorf("%d of %s", kinds[kind], kind)
			}
		}
		if len(r.Groups) != len(all) {
			t.Errorf("%d groups of %d", len(r.Groups), len(all))
		}
	})
}

// A page of forty costs as many queries as one of two, with filters, requests, conversations and groups to load.
func TestQueriesOfNotificationsAndConversations(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		var queries atomic.Int64
		w := newWorld(t, dbtest.OpenSource(t, source, db.Options{Trace: func(string) { queries.Add(1) }}))
		w.ask("PATCH", "/api/v2/notifications/policy", "anna", "for_not_following=filter")
		w.made("filter", "/api/v2/filters", "anna", "title=x&context[]=home&keywords_attributes[][keyword]=nummer&keywords_attributes[][keyword]=b")
		for n := range 12 {
			name := fmt.Sprint("p", n)
			w.person(name)
			w.post(name, "d", outbox.Draft{Text: fmt.Sprintf("nummer %d @anna @bas", n), Audience: actors.Direct})
			w.like(name, "public")
			w.post("anna", name+"mine", outbox.Draft{Text: fmt.Sprint("van mij ", n)})
			w.like("bas", name+"mine")
			w.made("f", "/api/v2/filters", "anna", fmt.Sprintf("title=f%d&context[]=home&keywords_attributes[][keyword]=k%d", n, n))
			w.ask("POST", "/api/v2/filters/{filter}/keywords", "anna", "keyword="+name)
			w.ask("POST", "/api/v2/filters/{filter}/statuses", "anna", "status_id={d}")
		}
		for path, rows := range map[string]string{
			"/api/v1/conversations?a=b": `"last_status":{`, "/api/v1/notifications/requests?a=b": `"last_status":{`, "/api/v1/timelines/direct?a=b": `"filtered":[{`,
			"/api/v1/notifications?include_filtered=true": `"group_key"`, "/api/v2/notifications?include_filtered=true": `"group_key"`,
			"/api/v2/filters?a=b": `"title"`, "/api/v1/filters?a=b": `"phrase"`,
		} {
			cost := func(limit string) (int64, string) {
				w.api.DB.Forget() // what is remembered would not be counted
				before := queries.Load()
				answer := w.ask("GET", path+"&limit="+limit, "anna", "")
				return queries.Load() - before, answer.Body.String()
			}
			cost("2") // the token is remembered from now on
			few, _ := cost("2")
			many, text := cost("40")
			if strings.Count(text, rows) < 12 {
				t.Errorf("GET %s has too few rows to count: %s", path, text)
			}
			if many > few || many > 16 {
				t.Errorf("GET %s: %d queries for two rows, %d for forty", path, few, many)
			}
		}
		// Who has no filter pays one query for that, whatever the page.
		count := func(who string) int64 {
			w.ask("GET", "/api/v1/statuses/{public}", who, "")
			w.api.DB.Forget()
			before := queries.Load()
			w.ask("GET", "/api/v1/statuses/{public}", who, "")
			return queries.Load() - before
		}
		if with, without := count("anna"), count("cas"); with != without+1 {
			t.Errorf("%d queries with filters, %d without", with, without)
		}
	})
}

// A poll whose author and voters are told of its end shows as such.
func TestNotificationOfAPollsEnd(t *testing.T) {
	each(t, func(w *world) {
		w.ask("POST", "/api/v1/polls/{poll}/votes", "anna", "choices[]=0")
		w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
			return w.api.Timelines.Notify(w.Context(), tx, w.actor("bas").ID, timeline.Poll, w.actor("bas").ID, w.item("poll"))
		}))
		var all []struct {
			Type    string
			Account identified
			Status  json.RawMessage
		}
		w.get(&all, "GET", "/api/v1/notifications?types[]=poll", "bas", "")
		if len(all) != 1 || all[0].Account.ID != w.names["bas"] || !strings.Contains(string(all[0].Status), `"voted":true`) {
			t.Errorf("told: %+v", all)
		}
	})
}

func TestDismissOneOfTheOldKind(t *testing.T) {
	each(t, func(w *world) {
		var told []struct{ ID string }
		w.get(&told, "GET", "/api/v1/notifications?limit=2", "anna", "")
		if len(told) != 2 {
			t.Fatalf("%+v", told)
		}
		w.names["one"], w.names["other"] = told[0].ID, told[1].ID
		w.run([]scenario{
			{"somebody else's", "cas", "POST", "/api/v1/notifications/{one}/dismiss", "", 200, has("{}"), nil}, // says nothing of whose it is
			{"it is there", "anna", "GET", "/api/v1/notifications/{one}", "", 200, has(`"id":"{one}"`), nil},
			{"by its path", "anna", "POST", "/api/v1/notifications/{one}/dismiss", "", 200, has("{}"), nil},
			{"by its name", "anna", "POST", "/api/v1/notifications/dismiss", "id={other}", 200, has("{}"), nil},
			{"they are gone", "anna", "GET", "/api/v1/notifications", "", 200, nil, has(`"id":"{one}"`, `"id":"{other}"`)},
		})
	})
}
