// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/outbox"
)

var long = strings.Repeat("a", 10_001)

// postings are what a post may hold, and what is said about one that may not.
var postings = []scenario{
	{"a language", "anna", "POST", "/api/v1/statuses", "status=x&language=nl-be", 200, has(`"language":"nl-BE"`), nil},
	{"no language", "anna", "POST", "/api/v1/statuses", "status=x&language=dutch", 422, has("BCP 47"), nil},
	{"a language that does not exist", "anna", "POST", "/api/v1/statuses", "status=x&language=xx", 422, has("BCP 47"), nil},
	{"too long", "anna", "POST", "/api/v1/statuses", "status=" + long, 422, has("10001 characters", "10000 is the limit"), nil},
	{"a link counts for 23", "anna", "POST", "/api/v1/statuses", "status=" + long[:9976] + "+https://gouda.example/" + long[:900], 200, has("gouda.example"), nil},
	{"a mention counts without its server", "anna", "POST", "/api/v1/statuses", "status=" + long[:9994] + "+@dora@elders.example", 200, has(`"acct":"dora@elders.example"`), nil},
	{"a long warning", "anna", "POST", "/api/v1/statuses", "status=x&spoiler_text=" + long[:501], 422, has("501 characters", "500 is the limit"), nil},
	{"sensitive", "anna", "POST", "/api/v1/statuses", "status=x&sensitive=1", 200, has(`"sensitive":true`), nil},
	{"a warning makes it so", "anna", "POST", "/api/v1/statuses", "status=x&spoiler_text=bloed", 200, has(`"sensitive":true`, `"spoiler_text":"bloed"`), nil},
	{"direct, for whom is named", "anna", "POST", "/api/v1/statuses", "status=@cas+dag&visibility=direct", 200, has(`"visibility":"direct"`, `"acct":"cas"`), nil},
	{"it is made with", "anna", "POST", "/api/v1/statuses", "status=x", 200, has(`"application":{"name":`), nil},
	{"a file that is none", "anna", "POST", "/api/v1/statuses", "status=x&media_ids[]=x", 422, has("media_ids"), nil},
	{"a file that is not there", "anna", "POST", "/api/v1/statuses", "status=x&media_ids[]=12345", 422, has("12345 does not exist"), nil},
	{"too many files", "anna", "POST", "/api/v1/statuses", "status=x&media_ids[]=1&media_ids[]=2&media_ids[]=3&media_ids[]=4&media_ids[]=5", 422, has("at most 4 files"), nil},
	{"a poll and a file", "anna", "POST", "/api/v1/statuses", "status=x&media_ids[]=1&poll[options][]=a&poll[options][]=b&poll[expires_in]=300", 422, has("not both"), nil},
	{"one answer", "anna", "POST", "/api/v1/statuses", "status=x&poll[options][]=a&poll[expires_in]=300", 422, has("2 to 10 answers"), nil},
	{"eleven answers", "anna", "POST", "/api/v1/statuses", "status=x&poll[expires_in]=300" + answersOf(11), 422, has("2 to 10 answers, not 11"), nil},
	{"an answer twice", "anna", "POST", "/api/v1/statuses", "status=x&poll[options][]=a&poll[options][]=+a&poll[expires_in]=300", 422, has("twice"), nil},
	{"a long answer", "anna", "POST", "/api/v1/statuses", "status=x&poll[options][]=a&poll[options][]=" + long[:101] + "&poll[expires_in]=300", 422, has("101 characters", "100 is the limit"), nil},
	{"a short poll", "anna", "POST", "/api/v1/statuses", "status=x&poll[options][]=a&poll[options][]=b&poll[expires_in]=299", 422, has("300 seconds"), nil},
	{"the shortest poll", "anna", "POST", "/api/v1/statuses", "status=x&poll[options][]=a&poll[options][]=b&poll[expires_in]=300", 200, has(`"expired":false`), nil},
	{"a long poll", "anna", "POST", "/api/v1/statuses", "status=x&poll[options][]=a&poll[options][]=b&poll[expires_in]=7776001", 422, has("7776000"), nil},
	{"a poll without words", "anna", "POST", "/api/v1/statuses", "poll[options][]=a&poll[options][]=b&poll[expires_in]=7776000", 200, has(`"title":"b"`), nil},
	{"a time that is none", "anna", "POST", "/api/v1/statuses", "status=x&scheduled_at=morgen", 422, has("scheduled_at"), nil},
	{"too soon", "anna", "POST", "/api/v1/statuses", "status=x&scheduled_at=2020-01-01T00:00:00Z", 422, has("5 minutes"), nil},
	{"too late", "anna", "POST", "/api/v1/statuses", "status=x&scheduled_at=2999-01-01T00:00:00Z", 422, has("5 years"), nil},
	{"what is scheduled is checked", "anna", "POST", "/api/v1/statuses", "status=&scheduled_at=2028-01-01T00:00:00Z", 422, has("blank"), nil},
	{"an answer to what does not exist later", "anna", "POST", "/api/v1/statuses", "status=x&in_reply_to_id=1&scheduled_at=2028-01-01T00:00:00Z", 404, has("error"), nil},
	{"a scheduled file that is not there", "anna", "POST", "/api/v1/statuses", "status=x&media_ids[]=12345&scheduled_at=2028-01-01T00:00:00Z", 422, has("12345"), nil},
	{"nothing is scheduled", "anna", "GET", "/api/v1/scheduled_statuses", "", 200, has("[]"), nil},
	{"no such scheduled post", "anna", "GET", "/api/v1/scheduled_statuses/1", "", 404, has("error"), nil},
	{"nor to move", "anna", "PUT", "/api/v1/scheduled_statuses/1", "scheduled_at=2028-01-01T00:00:00Z", 404, has("error"), nil},
	{"nor to delete", "anna", "DELETE", "/api/v1/scheduled_statuses/1", "", 404, has("error"), nil},
	{"a boost for followers", "cas", "POST", "/api/v1/statuses/{reply}/reblog", "visibility=private", 200, has(`"visibility":"private"`, `"reblog":{"id":"{reply}"`), nil},
	{"a boost for whom", "cas", "POST", "/api/v1/statuses/{public}/reblog", "visibility=x", 422, has("visibility"), nil},
	{"one's own for followers", "anna", "POST", "/api/v1/statuses/{private}/reblog", "", 200, has(`"visibility":"private"`), nil},
	{"no edit of what", "anna", "PUT", "/api/v1/statuses/1", "status=x", 404, has("error"), nil},
	{"an edit in no language", "anna", "PUT", "/api/v1/statuses/{public}", "status=x&language=dutch", 422, has("BCP 47"), nil},
	{"an edit of no file", "anna", "PUT", "/api/v1/statuses/{public}", "status=x&media_attributes[][id]=5&media_attributes[][description]=y", 422, has("media_attributes"), nil},
	{"an edit to nothing", "anna", "PUT", "/api/v1/statuses/{public}", "status=", 422, has("blank"), nil},
	{"an edit that changes nothing", "anna", "PUT", "/api/v1/statuses/{public}", `{"status":"Openbaar SECRETpublic #Bouwen @bas"}`, 200, has(`"edited_at":null`), nil},
	{"no choice", "anna", "POST", "/api/v1/polls/{poll}/votes", "", 422, has("Choose"), nil},
	{"a choice that is none", "anna", "POST", "/api/v1/polls/{poll}/votes", "choices[]=2", 422, has("no answer number 2"), nil},
	{"two choices", "anna", "POST", "/api/v1/polls/{poll}/votes", "choices[]=0&choices[]=1", 422, has("Choose one"), nil},
	{"no card", "", "GET", "/api/v1/statuses/{public}/card", "", 404, has("no preview"), nil},
	{"no page", "", "GET", "/api/v1/timelines/link?url=https://elders.example/", "", 404, has("error"), nil},
	{"no address", "", "GET", "/api/v1/timelines/link", "", 404, has("error"), nil},
	{"no refresh", "anna", "GET", "/api/v1_alpha/async_refreshes/1", "", 404, has("error"), nil},
	{"embedded", "", "GET", "/api/oembed?url=https://gouda.example/posts/{public}&maxwidth=300", "", 200, has(`"type":"rich"`, `"width":300`, `"height":null`, "SECRETpublic", `<blockquote cite=\"https://gouda.example/posts/{public}\">`), has("<script")},
	{"hidden, embedded", "anna", "GET", "/api/oembed?url=https://gouda.example/posts/{private}", "", 404, has("no public post"), nil},
	{"of another, embedded", "", "GET", "/api/oembed?url=https://elders.example/notes/1", "", 404, has("no public post"), nil},
	{"embedded in XML", "", "GET", "/api/oembed?url=https://gouda.example/posts/{public}&format=xml", "", 422, has("json"), nil},
	{"in a wide frame", "", "GET", "/api/oembed?url=https://gouda.example/posts/{public}&maxwidth=x", "", 422, has("maxwidth"), nil},
}

func answersOf(n int) (form string) {
	for i := range n {
		form += fmt.Sprintf("&poll[options][]=%d", i)
	}
	return form
}

func TestWhatAPostMayHold(t *testing.T) {
	each(t, func(w *world) { w.run(postings) })
}

// file uploads a picture of somebody and names it.
func (w *world) file(who, name string) {
	w.Helper()
	answer := w.upload("POST", "/api/v2/media", who, map[string]string{"description": "beeld " + name}, "file")
	var f identified
	w.check(json.Unmarshal(answer.Body.Bytes(), &f))
	if w.names[name] = f.ID; f.ID == "" {
		w.Fatalf("no file: %s", answer.Body)
	}
}

// does asks, and keeps the id of what comes back under a name.
func (w *world) does(name, method, path, who, body string, headers ...string) string {
	w.Helper()
	answer := w.ask(method, path, who, body, headers...)
	if answer.Code != http.StatusOK {
		w.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
	var one identified
	json.Unmarshal(answer.Body.Bytes(), &one)
	if name != "" {
		w.names[name] = one.ID
	}
	return answer.Body.String()
}

func TestScheduledPosts(t *testing.T) {
	each(t, func(w *world) {
		w.file("anna", "f1")
		due := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
		at := due.Format("2006-01-02T15:04:05.000Z")
		w.does("later", "POST", "/api/v1/statuses", "anna", `{"status":"Later @bas","spoiler_text":"let op","visibility":"private","in_reply_to_id":"{reply}","language":"nl","media_ids":["{f1}"],"scheduled_at":"`+at+`"}`, "Idempotency-Key", "k1")
		w.does("poll2", "POST", "/api/v1/statuses", "anna", `{"status":"Straks","poll":{"options":["a","b"],"expires_in":600,"hide_totals":true},"scheduled_at":"`+at+`"}`)
		w.run([]scenario{
			{"what waits", "anna", "GET", "/api/v1/scheduled_statuses/{later}", "", 200, has(`"scheduled_at":"`+at+`"`, `"text":"Later @bas"`, `"spoiler_text":"let op"`, `"visibility":"private"`, `"in_reply_to_id":{reply}`,
				`"media_ids":["{f1}"]`, `"language":"nl"`, `"idempotency":"k1"`, `"scheduled_at":null`, `"media_attachments":[{"id":"{f1}"`, `"poll":null`), nil},
			{"a poll that waits", "anna", "GET", "/api/v1/scheduled_statuses/{poll2}", "", 200, has(`"options":["a","b"]`, `"expires_in":600`, `"hide_totals":true`, `"media_ids":null`), nil},
			{"all that waits", "anna", "GET", "/api/v1/scheduled_statuses", "", 200, has(`"id":"{later}"`, `"id":"{poll2}"`), nil},
			{"by pages", "anna", "GET", "/api/v1/scheduled_statuses?limit=1", "", 200, has(`"id":"{poll2}"`), has(`"id":"{later}"`)},
			{"nobody else's", "bas", "GET", "/api/v1/scheduled_statuses/{later}", "", 404, has("error"), nil},
			{"nor to move", "bas", "PUT", "/api/v1/scheduled_statuses/{later}", "scheduled_at=2028-01-01T00:00:00Z", 404, has("error"), nil},
			{"nor to delete", "bas", "DELETE", "/api/v1/scheduled_statuses/{later}", "", 404, has("error"), nil},
			{"it is no post", "anna", "GET", "/api/v1/statuses/{later}", "", 404, has("error"), nil},
			{"its file is taken", "anna", "POST", "/api/v1/statuses", "status=x&media_ids[]={f1}", 422, has("waits for a scheduled post"), nil},
			{"also for another that waits", "anna", "POST", "/api/v1/statuses", "status=x&media_ids[]={f1}&scheduled_at=2028-01-01T00:00:00Z", 422, has("{f1}"), nil},
			{"moved", "anna", "PUT", "/api/v1/scheduled_statuses/{later}", "scheduled_at=2028-01-01T00:00:00Z", 200, has(`"scheduled_at":"2028-01-01T00:00:00.000Z"`), nil},
			{"moved to soon", "anna", "PUT", "/api/v1/scheduled_statuses/{later}", "scheduled_at=2020-01-01T00:00:00Z", 422, has("5 minutes"), nil},
			{"moved to no time", "anna", "PUT", "/api/v1/scheduled_statuses/{later}", "", 422, has("blank"), nil},
		})
		if again := w.does("again", "POST", "/api/v1/statuses", "anna", "status=iets+anders", "Idempotency-Key", "k1"); w.names["again"] != w.names["later"] || !strings.Contains(again, "Later @bas") {
			t.Errorf("the same key gave %s", again)
		}
		w.check(w.api.DB.Tx(t.Context(), func(tx *db.Tx) error { // two days later
			_, err := tx.Exec(t.Context(), "UPDATE files SET created = 1 WHERE id = $1", w.item("f1"))
			return err
		}))
		w.check(w.api.Media.Sweep(t.Context()))
		w.run([]scenario{
			{"its file is kept", "anna", "GET", "/api/v1/media/{f1}", "", 200, has(`"id":"{f1}"`), nil},
			{"deleted", "anna", "DELETE", "/api/v1/scheduled_statuses/{later}", "", 200, has("{}"), nil},
			{"it is gone", "anna", "GET", "/api/v1/scheduled_statuses/{later}", "", 404, has("error"), nil},
		})
		w.check(w.api.Media.Sweep(t.Context()))
		w.run([]scenario{{"its file is free", "anna", "POST", "/api/v1/statuses", "status=x&media_ids[]={f1}", 200, has(`"id":"{f1}"`), nil}})
	})
}

func TestScheduledPostsAreLimited(t *testing.T) {
	each(t, func(w *world) {
		day := time.Date(2028, 1, 1, 12, 0, 0, 0, time.UTC)
		for n := range 300 {
			due := day.AddDate(0, 0, n/25).Add(time.Duration(n%25) * time.Minute)
			_, _, err := w.api.Outbox.Submit(t.Context(), w.actor("anna"), outbox.Draft{Text: fmt.Sprint(n)}, due)
			w.check(err)
			if n == 24 {
				w.run([]scenario{{"26 on one day", "anna", "POST", "/api/v1/statuses", "status=x&scheduled_at=2028-01-01T23:59:59Z", 422, has("25 scheduled posts on one day"), nil}})
			}
		}
		w.run([]scenario{
			{"301 in all", "anna", "POST", "/api/v1/statuses", "status=x&scheduled_at=2029-01-01T00:00:00Z", 422, has("300 scheduled posts"), nil},
			{"others may", "bas", "POST", "/api/v1/statuses", "status=x&scheduled_at=2029-01-01T00:00:00Z", 200, has(`"text":"x"`), nil},
		})
	})
}

// The same key at the same time is one post, scheduled or not.
func TestTheSameKeyAtTheSameTime(t *testing.T) {
	each(t, func(w *world) {
		for _, body := range []string{"status=tegelijk", "status=tegelijk&scheduled_at=2028-01-01T00:00:00Z"} {
			var wait sync.WaitGroup
			ids := make([]string, 8)
			for n := range ids {
				wait.Go(func() {
					answer := w.ask("POST", "/api/v1/statuses", "anna", body, "Idempotency-Key", body)
					var one identified
					if err := json.Unmarshal(answer.Body.Bytes(), &one); err != nil || answer.Code != http.StatusOK {
						t.Errorf("%d %s", answer.Code, answer.Body)
					}
					ids[n] = one.ID
				})
			}
			wait.Wait()
			for _, id := range ids {
				if id != ids[0] || id == "" {
					t.Errorf("%s: %q", body, ids)
					break
				}
			}
		}
		if n, err := db.One(t.Context(), w.api.DB, db.Scalar[int], "SELECT (SELECT COUNT(*) FROM items WHERE source = 'tegelijk') * 10 + (SELECT COUNT(*) FROM drafts)"); err != nil || n != 11 {
			t.Errorf("%d, %v", n, err)
		}
		if answer := w.ask("POST", "/api/v1/statuses", "bas", "status=van+bas", "Idempotency-Key", "status=tegelijk"); !strings.Contains(answer.Body.String(), "van bas") {
			t.Errorf("somebody else's key counts: %s", answer.Body)
		}
	})
}

func TestEditsKeepWhatWas(t *testing.T) {
	each(t, func(w *world) {
		w.file("anna", "f1")
		w.file("anna", "f2")
		w.does("p", "POST", "/api/v1/statuses", "anna", "status=Een&media_ids[]={f1}&media_ids[]={f2}&language=nl")
		w.run([]scenario{
			{"files change places and words", "anna", "PUT", "/api/v1/statuses/{p}", `{"status":"Een","media_ids":["{f2}","{f1}"],"media_attributes":[{"id":"{f1}","description":"nieuw","focus":"0.5,-0.5"}]}`, 200,
				has(`"description":"nieuw"`, `"focus":{"x":0.5,"y":-0.5}`, `"edited_at":"2`), has(`"description":"beeld f1"`)},
			{"one goes, with a warning", "anna", "PUT", "/api/v1/statuses/{p}", `{"status":"Twee @cas","media_ids":["{f2}"],"spoiler_text":"let op","language":"en"}`, 200, has(`"sensitive":true`, `"language":"en"`, `"acct":"cas"`), has("{f1}")},
			{"who is named now hears of it", "cas", "GET", "/api/v1/notifications", "", 200, has(`"type":"mention"`, "Twee"), nil},
			{"the warning goes", "anna", "PUT", "/api/v1/statuses/{p}", "spoiler_text=&status=Drie", 200, has(`"sensitive":false`, `"mentions":[]`), nil},
			{"what stood there", "", "GET", "/api/v1/statuses/{p}/history", "", 200, has("Een", "Twee", "Drie", "nieuw", "beeld f1", `"spoiler_text":"let op"`), nil},
			{"the source", "anna", "GET", "/api/v1/statuses/{p}/source", "", 200, has(`"text":"Drie"`, `"spoiler_text":""`), nil},
			{"a file of the history stays there", "anna", "POST", "/api/v1/statuses", "status=x&media_ids[]={f1}", 422, has("used already"), nil},
			{"it comes back", "anna", "PUT", "/api/v1/statuses/{p}", "media_ids[]={f2}&media_ids[]={f1}", 200, has(`"id":"{f1}"`, "Drie"), nil},
		})
		var edits []struct {
			Content     string
			Attachments []struct{ ID, Description string } `json:"media_attachments"`
		}
		w.get(&edits, "GET", "/api/v1/statuses/{p}/history", "anna", "")
		var got []string
		for _, e := range edits {
			line := strings.NewReplacer("<p>", "", "</p>", "").Replace(e.Content)
			for _, f := range e.Attachments {
				line += " " + f.Description
			}
			got = append(got, line[:min(len(line), 6)]+line[max(0, len(line)-20):])
		}
		if len(edits) != 5 || edits[0].Attachments[0].Description != "beeld f1" || edits[1].Attachments[1].Description != "nieuw" || len(edits[2].Attachments) != 1 || len(edits[4].Attachments) != 2 {
			t.Errorf("the history is %q", got)
		}
		w.check(w.api.Media.Sweep(t.Context()))
		w.run([]scenario{
			{"it goes", "anna", "DELETE", "/api/v1/statuses/{p}?delete_media=true", "", 200, has(`"text":"Drie"`), nil},
			{"with its files", "anna", "GET", "/api/v1/media/{f1}", "", 404, has("error"), nil},
		})
	})
}

func TestAnEditOfAPoll(t *testing.T) {
	each(t, func(w *world) {
		body := func(options string) string {
			return `{"poll":{"options":[` + options + `],"expires_in":3600,"hide_totals":false}}`
		}
		w.file("bas", "f")
		w.run([]scenario{
			{"vote", "anna", "POST", "/api/v1/polls/{poll}/votes", "choices[]=1", 200, has(`"voters_count":1`), nil},
			{"the same answers keep the votes", "bas", "PUT", "/api/v1/statuses/{poll}", body(`"ja","nee"`), 200, has(`"voters_count":1`), nil},
			{"only the words change", "bas", "PUT", "/api/v1/statuses/{poll}", "status=Nu+dan", 200, has(`"voters_count":1`, "Nu dan"), nil},
			{"others do not", "bas", "PUT", "/api/v1/statuses/{poll}", body(`"ja","nee","misschien"`), 200, has(`"voters_count":0`, `"votes_count":0`, "misschien"), nil},
			{"so one may vote again", "anna", "POST", "/api/v1/polls/{poll}/votes", "choices[]=2", 200, has(`"own_votes":[2]`, `"voters_count":1`), nil},
			{"hidden counts", "bas", "PUT", "/api/v1/statuses/{poll}", `{"poll":{"options":["ja","nee","misschien"],"hide_totals":true}}`, 200, has(`"votes_count":1}`), has("null}")},
			{"are for the author only", "anna", "GET", "/api/v1/polls/{poll}", "", 200, has(`{"title":"misschien","votes_count":null}`), has(`"votes_count":1}`)},
			{"nor for strangers", "", "GET", "/api/v1/polls/{poll}", "", 200, has(`{"title":"misschien","votes_count":null}`), nil},
			{"history", "", "GET", "/api/v1/statuses/{poll}/history", "", 200, has(`"options":[{"title":"ja"},{"title":"nee"}]`, `{"title":"misschien"}`), nil},
			{"files take its place", "bas", "PUT", "/api/v1/statuses/{poll}", "media_ids[]={f}", 200, has(`"poll":null`, `"id":"{f}"`), nil},
			{"a poll takes theirs", "bas", "PUT", "/api/v1/statuses/{poll}", `{"media_ids":[],"poll":{"options":["a","b"],"expires_in":600}}`, 200, has(`"title":"a"`, `"media_attachments":[]`), nil},
			{"and goes", "bas", "PUT", "/api/v1/statuses/{poll}", `{"poll":null}`, 200, has(`"poll":null`), nil},
		})
	})
}

func TestDeleteAndRedraft(t *testing.T) {
	each(t, func(w *world) {
		w.file("anna", "f")
		w.does("p", "POST", "/api/v1/statuses", "anna", "status=Fout&media_ids[]={f}")
		w.does("q", "POST", "/api/v1/statuses", "anna", "status=Wat?&poll[options][]=a&poll[options][]=b&poll[expires_in]=3600&in_reply_to_id={public}")
		w.run([]scenario{
			{"delete", "anna", "DELETE", "/api/v1/statuses/{p}", "", 200, has(`"text":"Fout"`, `"media_attachments":[{"id":"{f}"`), nil},
			{"its file can be used", "anna", "POST", "/api/v1/statuses", "status=Goed&media_ids[]={f}", 200, has(`"id":"{f}"`, `"description":"beeld f"`), nil},
			{"an answer is counted", "", "GET", "/api/v1/statuses/{public}", "", 200, has(`"replies_count":2`), nil},
			{"delete a poll", "anna", "DELETE", "/api/v1/statuses/{q}", "", 200, has(`"text":"Wat?"`, `"title":"a"`), nil},
			{"it is not counted any more", "", "GET", "/api/v1/statuses/{public}", "", 200, has(`"replies_count":1`), nil},
			{"twice", "anna", "DELETE", "/api/v1/statuses/{q}", "", 404, has("error"), nil},
		})
	})
}

// What is done to a boost is done to what it shows, and everything is counted once.
func TestBoostsStandForWhatTheyShow(t *testing.T) {
	each(t, func(w *world) {
		w.does("boost", "POST", "/api/v1/statuses/{public}/reblog", "cas", "")
		w.does("twice", "POST", "/api/v1/statuses/{public}/reblog", "cas", "visibility=unlisted")
		if w.names["boost"] != w.names["twice"] {
			t.Error("a second boost is another one")
		}
		w.person("dick")
		w.run([]scenario{
			{"counted once", "", "GET", "/api/v1/statuses/{public}", "", 200, has(`"reblogs_count":2`), nil},
			{"favourite", "cas", "POST", "/api/v1/statuses/{boost}/favourite", "", 200, has(`"id":"{public}"`, `"favourites_count":2`, `"favourited":true`), nil},
			{"bookmark", "cas", "POST", "/api/v1/statuses/{boost}/bookmark", "", 200, has(`"id":"{public}"`, `"bookmarked":true`), nil},
			{"who liked it", "cas", "GET", "/api/v1/statuses/{boost}/favourited_by", "", 200, has(`"acct":"bas"`, `"acct":"cas"`), nil},
			{"who boosted it", "cas", "GET", "/api/v1/statuses/{boost}/reblogged_by?limit=1", "", 200, has(`"acct":"cas"`), has(`"acct":"bas"`)},
			{"its conversation", "cas", "GET", "/api/v1/statuses/{boost}/context", "", 200, has("Antwoord"), nil},
			{"an answer", "cas", "POST", "/api/v1/statuses", "status=hoi&in_reply_to_id={boost}", 200, has(`"in_reply_to_id":"{public}"`), nil},
			{"boost a boost", "dick", "POST", "/api/v1/statuses/{boost}/reblog", "", 200, has(`"reblog":{"id":"{public}"`, `"reblogs_count":3`), nil},
			{"unfavourite", "cas", "POST", "/api/v1/statuses/{boost}/unfavourite", "", 200, has(`"favourites_count":1`), nil},
			{"unreblog by the boost", "cas", "POST", "/api/v1/statuses/{boost}/unreblog", "", 200, has(`"id":"{public}"`, `"reblogged":false`, `"reblogs_count":2`), nil},
			{"unreblog what is not boosted", "cas", "POST", "/api/v1/statuses/{public}/unreblog", "", 200, has(`"reblogs_count":2`), nil},
			{"the boost is gone", "cas", "GET", "/api/v1/statuses/{boost}", "", 404, has("error"), nil},
		})
	})
}

func TestPinsAreFiveAndInOrder(t *testing.T) {
	each(t, func(w *world) {
		for n := range 6 {
			w.post("anna", fmt.Sprint("p", n), outbox.Draft{Text: fmt.Sprint("speld ", n)})
		}
		for _, n := range []int{3, 0, 4, 1, 2} {
			w.does("", "POST", fmt.Sprintf("/api/v1/statuses/{p%d}/pin", n), "anna", "")
			time.Sleep(2 * time.Millisecond)
		}
		w.run([]scenario{
			{"a sixth", "anna", "POST", "/api/v1/statuses/{p5}/pin", "", 422, has("5 posts are pinned"), nil},
			{"again", "anna", "POST", "/api/v1/statuses/{p3}/pin", "", 200, has(`"pinned":true`), nil},
			{"a direct message", "anna", "POST", "/api/v1/statuses/{direct}/pin", "", 422, has("direct"), nil},
		})
		all, _ := w.idsAt("/api/v1/accounts/{anna}/statuses?pinned=true", "")
		if want := w.expand("{p2} {p1} {p4} {p0} {p3}"); strings.Join(all, " ") != want {
			t.Errorf("%s instead of %s", all, want)
		}
	})
}

func TestPinsOfAGroupAreInOrder(t *testing.T) {
	each(t, func(w *world) {
		group := w.actor("wonen").ID
		for n := range 3 {
			w.post("anna", fmt.Sprint("g", n), outbox.Draft{Text: fmt.Sprint("groepsspeld ", n), Group: group})
		}
		for _, n := range []int{1, 0, 2} {
			if answer := w.ask("PUT", fmt.Sprintf("/api/pleio/v1/groups/{wonen}/pins/{g%d}", n), "bas", ""); answer.Code != http.StatusNoContent {
				t.Fatalf("pin: %d %s", answer.Code, answer.Body)
			}
			time.Sleep(2 * time.Millisecond)
		}
		all, _ := w.idsAt("/api/v1/accounts/{wonen}/statuses?pinned=true", "")
		if want := w.expand("{g2} {g0} {g1}"); strings.Join(all, " ") != want {
			t.Errorf("%s instead of %s", all, want)
		}
	})
}

// Without an account one gets the end of what is above and the beginning of what is below, not too deep.
func TestAStrangerSeesPartOfAConversation(t *testing.T) {
	each(t, func(w *world) {
		above := w.item("public")
		for n := range 45 {
			w.post("anna", fmt.Sprint("up", n), outbox.Draft{Text: "omhoog", ReplyTo: above})
			above = w.item(fmt.Sprint("up", n))
		}
		below := above
		for n := range 25 {
			w.post("anna", fmt.Sprint("down", n), outbox.Draft{Text: "omlaag", ReplyTo: below})
			below = w.item(fmt.Sprint("down", n))
		}
		for range 50 {
			w.post("anna", "beside", outbox.Draft{Text: "ernaast", ReplyTo: above})
		}
		var c struct{ Ancestors, Descendants []identified }
		w.get(&c, "GET", "/api/v1/statuses/{up44}/context", "", "")
		if len(c.Ancestors) != 40 || len(c.Descendants) != 60 || c.Ancestors[39].ID != w.names["up43"] || c.Descendants[19].ID != w.names["down19"] || c.Descendants[20].ID == w.names["down20"] {
			t.Errorf("%d above, %d below", len(c.Ancestors), len(c.Descendants))
		}
		w.get(&c, "GET", "/api/v1/statuses/{up44}/context", "bas", "")
		if len(c.Ancestors) != 45 || len(c.Descendants) != 75 {
			t.Errorf("with an account %d above, %d below", len(c.Ancestors), len(c.Descendants))
		}
	})
}

// A page of posts with cards, apps and polls costs as much as one of two.
func TestScheduledAndLinkedPagesCostTheSame(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		var queries atomic.Int64
		w := newWorld(t, dbtest.OpenSource(t, source, db.Options{Trace: func(string) { queries.Add(1) }}))
		for n := range 12 {
			w.does("", "POST", "/api/v1/statuses", "anna", fmt.Sprintf("status=%d+https://elders.example/stuk&poll[options][]=a&poll[options][]=b&poll[expires_in]=3600", n))
			w.file("anna", "f")
			w.does("", "POST", "/api/v1/statuses", "anna", fmt.Sprintf("status=%d&media_ids[]={f}&scheduled_at=2028-01-01T00:00:00Z", n))
		}
		w.check(w.api.DB.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE cards SET kind = 'link', title = 'Stuk', url = link, author = $1, author_name = 'Dora', author_url = 'https://elders.example/@dora', fetched = 1, published = 86400000, image = 'https://elders.example/i.png'",
				w.actor("dora").ID)
			return err
		}))
		for _, path := range []string{"/api/v1/scheduled_statuses", "/api/v1/timelines/link?url=https://elders.example/stuk", "/api/v1/accounts/{anna}/statuses"} {
			join := "?"
			if strings.Contains(path, "?") {
				join = "&"
			}
			cost := func(limit string) (int64, string) {
				w.api.DB.Forget()
				before := queries.Load()
				body := w.ask("GET", path+join+"limit="+limit, "anna", "").Body.String()
				return queries.Load() - before, body
			}
			cost("2")
			few, _ := cost("2")
			many, body := cost("40")
			if many > few || many > 15 || strings.Count(body, `"id":"`) < 12 {
				t.Errorf("%s: %d queries for two rows, %d for twelve", path, few, many)
			}
			if !strings.Contains(path, "scheduled") && !strings.Contains(body, `"card":{"url":"https://elders.example/stuk","title":"Stuk"`) {
				t.Errorf("%s shows no card: %s", path, body)
			}
		}
		w.does("linked", "POST", "/api/v1/statuses", "anna", "status=https://elders.example/stuk%23einde&visibility=private")
		w.run([]scenario{
			{"a card", "anna", "GET", "/api/v1/statuses/{linked}/card", "", 200, has(`"title":"Stuk"`, `"authors":[{"name":"Dora","url":"https://elders.example/@dora","account":{"id":"{dora}"`, `"published_at":"1970-01-02`, `"html":""`,
				`"image":"https://gouda.example/media/proxy/`), nil},
			{"about a page", "", "GET", "/api/v1/timelines/link?url=https://elders.example/stuk%23begin&limit=40", "", 200, has(`"card":{`), has(`"id":"{linked}"`)},
			{"about a page, wrongly", "", "GET", "/api/v1/timelines/link?url=https://elders.example/stuk&limit=x", "", 422, has("limit"), nil},
		})
	})
}

// Another client's name is shown with what is for everybody, and to its author with the rest.
func TestWhatAPostWasMadeWith(t *testing.T) {
	each(t, func(w *world) {
		w.does("open", "POST", "/api/v1/statuses", "anna", "status=@bas+open")
		w.does("closed", "POST", "/api/v1/statuses", "anna", "status=@bas+dicht&visibility=direct")
		w.run([]scenario{
			{"to anybody", "", "GET", "/api/v1/statuses/{open}", "", 200, has(`"application":{"name":`, `"website":`), nil},
			{"to its reader", "bas", "GET", "/api/v1/statuses/{closed}", "", 200, nil, has(`"application"`)},
			{"to its author", "anna", "GET", "/api/v1/statuses/{closed}", "", 200, has(`"application"`), nil},
			{"not of others", "", "GET", "/api/v1/statuses/{remote}", "", 200, nil, has(`"application"`)},
		})
	})
}

// The answers to a post of another server are read in the background, once in a while, and clients hear of it.
func TestAsyncRefreshes(t *testing.T) {
	each(t, func(w *world) {
		w.publish("old", content.Item{Kind: content.Note, Author: w.actor("dora").ID, Content: "<p>Oud</p>"})
		w.check(w.api.DB.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE items SET published = published - 3600000 WHERE id = $1", w.item("old"))
			return err
		}))
		if h := w.ask("GET", "/api/v1/statuses/{old}/context", "", "").Header().Get("Mastodon-Async-Refresh"); h != "" {
			t.Errorf("a stranger begins it: %s", h)
		}
		if h := w.ask("GET", "/api/v1/statuses/{public}/context", "anna", "").Header().Get("Mastodon-Async-Refresh"); h != "" {
			t.Errorf("there is nothing to read: %s", h)
		}
		var id string
		first := w.ask("GET", "/api/v1/statuses/{old}/context", "anna", "").Header().Get("Mastodon-Async-Refresh")
		if _, err := fmt.Sscanf(first, `id=%q, retry=5, result_count=0`, &id); err != nil {
			t.Fatalf("the header is %q", first)
		}
		if again := w.ask("GET", "/api/v1/statuses/{old}/context", "bas", "").Header().Get("Mastodon-Async-Refresh"); again != first {
			t.Errorf("it began twice: %s", again)
		}
		w.run([]scenario{
			{"it runs", "anna", "GET", "/api/v1_alpha/async_refreshes/" + id, "", 200, has(`{"async_refresh":{"id":"` + id + `","status":"running","result_count":0}}`), nil},
			{"for whoever has a token", "", "GET", "/api/v1_alpha/async_refreshes/" + id, "", 401, has("error"), nil},
		})
		w.check(w.api.DB.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE refreshes SET finished = started + 1, found = 3")
			return err
		}))
		w.run([]scenario{{"it is done", "anna", "GET", "/api/v1_alpha/async_refreshes/" + id, "", 200, has(`"status":"finished","result_count":3`), nil}})
		if h := w.ask("GET", "/api/v1/statuses/{old}/context", "anna", "").Header().Get("Mastodon-Async-Refresh"); h != "" {
			t.Errorf("it begins again at once: %s", h)
		}
	})
}

// A boost without a word is for whom the preferences say.
func TestABoostAsPreferred(t *testing.T) {
	each(t, func(w *world) {
		w.does("", "PATCH", "/api/v1/accounts/update_credentials", "cas", "source[privacy]=private&source[language]=nl&source[sensitive]=true")
		w.run([]scenario{
			{"a boost", "cas", "POST", "/api/v1/statuses/{public}/reblog", "", 200, has(`"visibility":"private"`), nil},
			{"a post", "cas", "POST", "/api/v1/statuses", "status=x", 200, has(`"visibility":"private"`, `"language":"nl"`, `"sensitive":true`), nil},
			{"a post that says so", "cas", "POST", "/api/v1/statuses", "status=x&sensitive=false&visibility=public&language=en", 200, has(`"visibility":"public"`, `"language":"en"`, `"sensitive":false`), nil},
		})
		if i, err := content.Boost(t.Context(), w.api.DB, w.item("public"), w.actor("cas").ID); err != nil || i.Audience != actors.Followers {
			t.Errorf("%+v, %v", i, err)
		}
	})
}
