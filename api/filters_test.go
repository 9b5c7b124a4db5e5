// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// made asks for something new and remembers its id by a name.
func (w *world) made(name, path, who, body string) {
	w.Helper()
	var x identified
	w.get(&x, "POST", path, who, body)
	w.names[name] = x.ID
}

func TestFilters(t *testing.T) {
	each(t, func(w *world) {
		w.run([]scenario{
			{"none yet", "bas", "GET", "/api/v2/filters", "", 200, has("[]"), nil},
			{"create without anything", "bas", "POST", "/api/v2/filters", "", 422, has("Title can't be blank"), nil},
			{"create without a context", "bas", "POST", "/api/v2/filters", "title=x", 422, has("Context"), nil},
			{"create with an unknown context", "bas", "POST", "/api/v2/filters", `{"title":"x","context":["home","moon"]}`, 422, has("Context"), nil},
			{"create with an unknown action", "bas", "POST", "/api/v2/filters", "title=x&context[]=home&filter_action=burn", 422, has("filter_action"), nil},
			{"create that ends in a word", "bas", "POST", "/api/v2/filters", "title=x&context[]=home&expires_in=soon", 422, has("expires_in"), nil},
			{"create that ended", "bas", "POST", "/api/v2/filters", `{"title":"x","context":["home"],"expires_in":-5}`, 422, has("expires_in"), nil},
			{"create with an empty keyword", "bas", "POST", "/api/v2/filters", `{"title":"x","context":["home"],"keywords_attributes":[{"keyword":" "}]}`, 422, has("Keyword can't be blank"), nil},
			{"create with the keyword of another", "bas", "POST", "/api/v2/filters", `{"title":"x","context":["home"],"keywords_attributes":[{"id":"1","keyword":"a"}]}`, 404, has("Record not found"), nil},
			{"a title that is too long", "bas", "POST", "/api/v2/filters", "context[]=home&title=" + strings.Repeat("x", 257), 422, has("Title"), nil},
			{"a keyword that is too long", "bas", "POST", "/api/v2/filters", "title=x&context[]=home&keywords_attributes[][keyword]=" + strings.Repeat("x", 513), 422, has("Keyword"), nil},
			{"nothing of that was kept", "bas", "GET", "/api/v2/filters", "", 200, has("[]"), nil},
			{"create in JSON", "bas", "POST", "/api/v2/filters", `{"title":"Voetbal","context":["home","public"],"filter_action":"hide","expires_in":3600,"keywords_attributes":[{"keyword":"PSV","whole_word":true},{"keyword":"weg","_destroy":true}]}`, 200,
				has(`"title":"Voetbal"`, `"context":["home","public"]`, `"filter_action":"hide"`, `"keyword":"PSV","whole_word":true`, `"statuses":[]`), has("weg", `"expires_at":null`)},
			{"create in the query, as Ice Cubes", "bas", "POST", "/api/v2/filters?title=test&context[]=public&keywords_attributes[][keyword]=foo&keywords_attributes[][keyword]=bar&keywords_attributes[][whole_word]=false", "", 200,
				has(`"keyword":"foo","whole_word":true`, `"keyword":"bar","whole_word":false`, `"filter_action":"warn"`, `"expires_at":null`), nil},
			{"create with numbered keys", "bas", "POST", "/api/v2/filters", "title=n&context[0]=thread&filter_action=blur_media&keywords_attributes[0][keyword]=een&keywords_attributes[1][keyword]=twee&keywords_attributes[1][whole_word]=0", 200,
				has(`"filter_action":"blur"`, `"keyword":"een","whole_word":true`, `"keyword":"twee","whole_word":false`, `"context":["thread"]`), nil},
			{"not for others", "anna", "GET", "/api/v2/filters", "", 200, has("[]"), nil},
			{"a filter that is none", "bas", "GET", "/api/v2/filters/1", "", 404, has("error"), nil},
			{"an id that is none", "bas", "GET", "/api/v2/filters/x", "", 404, has("error"), nil},
		})
		answer := w.ask("POST", "/api/v2/filters", "bas", multi("title", "Delen", "context[]", "home", "context[]", "public", "keywords_attributes[][keyword]", "qq1", "keywords_attributes[][whole_word]", "on",
			"keywords_attributes[][keyword]", "qq2", "keywords_attributes[][whole_word]", "0"), "Content-Type", "multipart/form-data; boundary=x")
		for _, want := range has(`"context":["home","public"]`, `"keyword":"qq1","whole_word":true`, `"keyword":"qq2","whole_word":false`) {
			if !strings.Contains(answer.Body.String(), want) {
				t.Errorf("multipart: %s is not in %s", want, answer.Body)
			}
		}
		w.made("filter", "/api/v2/filters", "bas", "title=Mijn&context[]=account&expires_in=60")
		w.made("word", "/api/v2/filters/{filter}/keywords", "bas", "keyword=SECRETpublic&whole_word=true")
		w.made("other", "/api/v2/filters/{filter}/keywords", "bas", `{"keyword":"weg","whole_word":false}`)
		w.made("held", "/api/v2/filters/{filter}/statuses", "bas", "status_id={unlisted}")
		w.made("theirs", "/api/v2/filters", "anna", "title=Anna&context[]=home&keywords_attributes[][keyword]=geheim")
		w.run([]scenario{
			{"one", "bas", "GET", "/api/v2/filters/{filter}", "", 200, has(`"title":"Mijn"`, `"id":"{word}"`, `"status_id":"{unlisted}"`), nil},
			{"somebody else's", "cas", "GET", "/api/v2/filters/{filter}", "", 404, has("Record not found"), nil},
			{"somebody else's, changed", "cas", "PUT", "/api/v2/filters/{filter}", "title=x", 404, has("Record not found"), nil},
			{"somebody else's, deleted", "cas", "DELETE", "/api/v2/filters/{filter}", "", 404, has("Record not found"), nil},
			{"keywords", "bas", "GET", "/api/v2/filters/{filter}/keywords", "", 200, has("SECRETpublic", "weg"), nil},
			{"keywords of nothing", "bas", "GET", "/api/v2/filters/1/keywords", "", 404, has("error"), nil},
			{"somebody else's keywords", "cas", "GET", "/api/v2/filters/{filter}/keywords", "", 404, has("error"), nil},
			{"add to somebody else's", "cas", "POST", "/api/v2/filters/{filter}/keywords", "keyword=x", 404, has("error"), nil},
			{"add no keyword", "bas", "POST", "/api/v2/filters/{filter}/keywords", "", 422, has("Keyword can't be blank"), nil},
			{"one keyword", "bas", "GET", "/api/v2/filters/keywords/{word}", "", 200, has(`"keyword":"SECRETpublic"`, `"whole_word":true`), nil},
			{"somebody else's keyword", "cas", "GET", "/api/v2/filters/keywords/{word}", "", 404, has("error"), nil},
			{"a keyword that is none", "bas", "GET", "/api/v2/filters/keywords/1", "", 404, has("error"), nil},
			{"change it", "bas", "PUT", "/api/v2/filters/keywords/{other}", `{"keyword":"elders","whole_word":true}`, 200, has(`"keyword":"elders","whole_word":true`), nil},
			{"change only its text", "bas", "PUT", "/api/v2/filters/keywords/{other}", "keyword=verder", 200, has(`"keyword":"verder","whole_word":true`), nil},
			{"change it to nothing", "bas", "PUT", "/api/v2/filters/keywords/{other}", "keyword=", 422, has("blank"), nil},
			{"change without a keyword", "bas", "PUT", "/api/v2/filters/keywords/{other}", "whole_word=1", 422, has("blank"), nil},
			{"change somebody else's", "cas", "PUT", "/api/v2/filters/keywords/{other}", "keyword=x", 404, has("error"), nil},
			{"statuses", "bas", "GET", "/api/v2/filters/{filter}/statuses", "", 200, has(`"status_id":"{unlisted}"`), nil},
			{"the same status again", "bas", "POST", "/api/v2/filters/{filter}/statuses", "status_id={unlisted}", 200, has(`"id":"{held}"`), nil},
			{"a status that is hidden", "bas", "POST", "/api/v2/filters/{filter}/statuses", `{"status_id":"{private}"}`, 404, has("error"), nil},
			{"no status", "bas", "POST", "/api/v2/filters/{filter}/statuses", "", 404, has("error"), nil},
			{"a status in somebody else's", "cas", "POST", "/api/v2/filters/{filter}/statuses", "status_id={public}", 404, has("error"), nil},
			{"one status", "bas", "GET", "/api/v2/filters/statuses/{held}", "", 200, has(`"status_id":"{unlisted}"`), nil},
			{"somebody else's status", "cas", "GET", "/api/v2/filters/statuses/{held}", "", 404, has("error"), nil},

			{"a status that a keyword matches", "bas", "GET", "/api/v1/statuses/{public}", "", 200, has(`"filtered":[{"filter":{"id":"{filter}"`, `"keyword_matches":["SECRETpublic"],"status_matches":null`), has(`"keywords"`)},
			{"a status that is held", "bas", "GET", "/api/v1/statuses/{unlisted}", "", 200, has(`"keyword_matches":null,"status_matches":["{unlisted}"]`), nil},
			{"the same for another", "anna", "GET", "/api/v1/statuses/{unlisted}", "", 200, has(`"filtered":[]`), nil},
			{"for nobody in particular", "", "GET", "/api/v1/statuses/{public}", "", 200, nil, has("filtered")},
			{"in a timeline", "bas", "GET", "/api/v1/timelines/public", "", 200, has(`"keyword_matches":["SECRETpublic"]`), nil},
			{"in the notification", "bas", "GET", "/api/v1/notifications", "", 200, has(`"keyword_matches":["SECRETpublic"]`), nil},

			{"change a filter as the documentation says", "bas", "PUT", "/api/v2/filters/{filter}?keywords_attributes[][id]={word}&keywords_attributes[][_destroy]=true&keywords_attributes[][id]={other}&keywords_attributes[][keyword]=baz", "", 200,
				has(`"title":"Mijn"`, `"keywords":[{"id":"{other}","keyword":"baz","whole_word":true}]`), has(`"expires_at":null`)},
			{"no match any more", "bas", "GET", "/api/v1/statuses/{public}", "", 200, has(`"filtered":[]`), nil},
			{"for good", "bas", "PUT", "/api/v2/filters/{filter}", "expires_in=&title=Ons&context[]=home&context[]=notifications", 200, has(`"expires_at":null`, `"title":"Ons"`, `"context":["home","notifications"]`, "baz"), nil},
			{"for good, in JSON", "bas", "PUT", "/api/v2/filters/{filter}", `{"expires_in":null,"filter_action":"blur"}`, 200, has(`"expires_at":null`, `"filter_action":"blur"`), nil},
			{"without a context", "bas", "PUT", "/api/v2/filters/{filter}", `{"context":[]}`, 422, has("Context"), nil},
			{"with the keyword of another filter", "bas", "PUT", "/api/v2/filters/{filter}", `{"keywords_attributes":[{"id":"{theirs}","keyword":"x"}]}`, 404, has("error"), nil},
			{"add one and keep the other", "bas", "PUT", "/api/v2/filters/{filter}", `{"keywords_attributes":[{"keyword":"nieuw","whole_word":false}]}`, 200, has("baz", `"keyword":"nieuw","whole_word":false`), nil},

			{"let the status go", "bas", "DELETE", "/api/v2/filters/statuses/{held}", "", 200, has(`"status_id":"{unlisted}"`), nil},
			{"it is gone", "bas", "DELETE", "/api/v2/filters/statuses/{held}", "", 404, has("error"), nil},
			{"somebody else's keyword, deleted", "cas", "DELETE", "/api/v2/filters/keywords/{other}", "", 404, has("error"), nil},
			{"delete a keyword", "bas", "DELETE", "/api/v2/filters/keywords/{other}", "", 200, has("{}"), nil},
			{"it is gone too", "bas", "DELETE", "/api/v2/filters/keywords/{other}", "", 404, has("error"), nil},
			{"delete the filter", "bas", "DELETE", "/api/v2/filters/{filter}", "", 200, has("{}"), nil},
			{"and it is gone", "bas", "GET", "/api/v2/filters/{filter}", "", 404, has("error"), nil},
		})
	})
}

func TestFiltersOfOldClients(t *testing.T) {
	each(t, func(w *world) {
		w.made("one", "/api/v1/filters", "bas", "phrase=SECRETpublic&context[]=home&context[]=thread&irreversible=true&expires_in=600")
		w.made("two", "/api/v1/filters", "bas", `{"phrase":"Antwoord","context":["public"],"whole_word":true}`)
		w.made("many", "/api/v2/filters", "bas", "title=Meer&context[]=home&keywords_attributes[][keyword]=a1&keywords_attributes[][keyword]=a2")
		var words []filterWord
		w.get(&words, "GET", "/api/v2/filters/{many}/keywords", "bas", "")
		w.names["a1"], w.names["a2"] = words[0].ID, words[1].ID
		w.run([]scenario{
			{"all", "bas", "GET", "/api/v1/filters", "", 200, has(`"phrase":"SECRETpublic","context":["home","thread"]`, `"irreversible":true,"whole_word":false`, `"phrase":"Antwoord"`, `"irreversible":false,"whole_word":true`, `"phrase":"a2"`), nil},
			{"they are the same filters", "bas", "GET", "/api/v2/filters", "", 200, has(`"title":"SECRETpublic"`, `"filter_action":"hide"`), nil},
			{"not for others", "anna", "GET", "/api/v1/filters", "", 200, has("[]"), nil},
			{"one", "bas", "GET", "/api/v1/filters/{one}", "", 200, has(`"phrase":"SECRETpublic"`), has(`"expires_at":null`)},
			{"somebody else's", "anna", "GET", "/api/v1/filters/{one}", "", 404, has("error"), nil},
			{"it counts", "bas", "GET", "/api/v1/statuses/{public}", "", 200, has(`"filter_action":"hide"`, `"keyword_matches":["SECRETpublic"]`), nil},
			{"without a phrase", "bas", "POST", "/api/v1/filters", "context[]=home", 422, has("Phrase can't be blank"), nil},
			{"without a context", "bas", "POST", "/api/v1/filters", "phrase=x", 422, has("Context"), nil},
			{"change", "bas", "PUT", "/api/v1/filters/{one}", "phrase=iets&context[]=home&irreversible=false&whole_word=on&expires_in=", 200, has(`"phrase":"iets","context":["home"],"expires_at":null,"irreversible":false,"whole_word":true`), nil},
			{"change without a phrase", "bas", "PUT", "/api/v1/filters/{one}", "context[]=home", 422, has("Phrase"), nil},
			{"change somebody else's", "anna", "PUT", "/api/v1/filters/{one}", "phrase=x&context[]=home", 404, has("error"), nil},
			{"one phrase of several", "bas", "PUT", "/api/v1/filters/{a1}", "phrase=a3&context[]=home", 200, has(`"phrase":"a3"`), nil},
			{"where several count", "bas", "PUT", "/api/v1/filters/{a1}", "phrase=a3&context[]=public", 422, has("several keywords"), nil},
			{"delete", "bas", "DELETE", "/api/v1/filters/{one}", "", 200, has("{}"), nil},
			{"gone", "bas", "GET", "/api/v1/filters/{one}", "", 404, has("error"), nil},
			{"with its filter", "bas", "GET", "/api/v2/filters", "", 200, has("Antwoord"), has("SECRETpublic", "iets")},
			{"delete one of several", "bas", "DELETE", "/api/v1/filters/{a1}", "", 200, has("{}"), nil},
			{"the others stay", "bas", "GET", "/api/v2/filters/{many}", "", 200, has("a2"), has("a3")},
			{"delete somebody else's", "anna", "DELETE", "/api/v1/filters/{two}", "", 404, has("error"), nil},
		})
	})
}

// What of a status the filters look at: all that people read of it, of a boost that of its original, never one's own.
func TestFiltersOfBoostsAndOnesOwn(t *testing.T) {
	each(t, func(w *world) {
		w.post("bas", "long", outbox.Draft{Text: "Op het strand", Summary: "Vakantie"})
		i, err := w.api.Outbox.Boost(w.Context(), w.actor("cas"), w.item("long"), actors.Public)
		w.check(err)
		w.names["boost"] = digits(i.ID)
		w.made("sun", "/api/v2/filters", "anna", "title=Zon&context[]=home&keywords_attributes[][keyword]=vakantie&keywords_attributes[][keyword]=nee")
		w.made("beach", "/api/v2/filters", "bas", "title=Zon&context[]=home&keywords_attributes[][keyword]=strand")
		w.made("held", "/api/v2/filters/{sun}/statuses", "anna", "status_id={boost}")
		w.made("poll filter", "/api/v2/filters", "anna", "title=Keuze&context[]=home&keywords_attributes[][keyword]=ja")
		w.made("tag filter", "/api/v2/filters", "bas", `{"title":"Keuze","context":["home"],"keywords_attributes":[{"keyword":"#bouwen"}]}`)
		w.run([]scenario{
			{"a content warning", "anna", "GET", "/api/v1/statuses/{long}", "", 200, has(`"keyword_matches":["vakantie"],"status_matches":null`), nil},
			{"a boost, and that it is held", "anna", "GET", "/api/v1/statuses/{boost}", "", 200, has(`"keyword_matches":["vakantie"],"status_matches":["{boost}"]`, `"keyword_matches":["vakantie"],"status_matches":null`), nil},
			{"one's own", "bas", "GET", "/api/v1/statuses/{long}", "", 200, has(`"filtered":[]`), nil},
			{"one's own, boosted by another", "bas", "GET", "/api/v1/statuses/{boost}", "", 200, has(`"filtered":[]`), has("keyword_matches")},
			{"the answers of a poll", "anna", "GET", "/api/v1/statuses/{poll}", "", 200, has(`"keyword_matches":["ja"]`), nil},
			{"a hashtag", "bas", "GET", "/api/v1/statuses/{public}", "", 200, has(`"keyword_matches":["#bouwen"]`), nil},
			{"all of them at once", "anna", "GET", "/api/v1/statuses?id[]={long}&id[]={poll}&id[]={public}", "", 200, has(`"vakantie"`, `"ja"`, `"filtered":[]`), nil},
			{"a conversation", "anna", "GET", "/api/v1/statuses/{long}/context", "", 200, has(`"ancestors":[]`), nil},
		})
		server := httptest.NewServer(w.router)
		defer server.Close()
		c := w.dial(server, "?stream=user&access_token="+w.tokens["anna"], nil)
		c.ready()
		w.post("anna", "before", outbox.Draft{Text: "Ervoor"})
		for f, _ := c.hear(); f.Event != timeline.Update || !strings.Contains(f.Payload, w.names["before"]); f, _ = c.hear() {
		} // other filters were made before, and on PostgreSQL that may be heard only now
		w.ask("DELETE", "/api/v2/filters/{sun}", "anna", "")
		c.expect("user", timeline.Filters)
		if answer := w.ask("PUT", "/api/v2/filters/1", "anna", "title=x"); answer.Code != http.StatusNotFound {
			t.Errorf("a change that failed: %d", answer.Code)
		}
		w.post("anna", "after", outbox.Draft{Text: "Daarna"})
		c.expect("user", timeline.Update, "Daarna") // and before it nothing of the failure
	})
}

// An expired filter is still in the list, and matches nothing.
func TestExpiredFiltersMatchNothing(t *testing.T) {
	each(t, func(w *world) {
		w.made("filter", "/api/v2/filters", "bas", "title=x&context[]=home&expires_in=3600&keywords_attributes[][keyword]=SECRETpublic")
		if _, err := w.api.DB.Exec(w.Context(), "UPDATE filters SET expires = expires - 7200000"); err != nil {
			t.Fatal(err)
		}
		w.run([]scenario{
			{"it is there", "bas", "GET", "/api/v2/filters/{filter}", "", 200, has("SECRETpublic", `"expires_at":"2`), nil},
			{"it does nothing", "bas", "GET", "/api/v1/statuses/{public}", "", 200, has(`"filtered":[]`), nil},
		})
		var f filter
		answer := w.ask("PUT", "/api/v2/filters/{filter}", "bas", "expires_in=60")
		w.check(json.Unmarshal(answer.Body.Bytes(), &f))
		w.run([]scenario{{"it counts again", "bas", "GET", "/api/v1/statuses/{public}", "", 200, has(`"keyword_matches":["SECRETpublic"]`), nil}})
	})
}

// What one person filters is looked for in every post: it has a limit over all filters.
func TestKeywordsHaveALimitInAll(t *testing.T) {
	each(t, func(w *world) {
		words := strings.TrimSuffix(strings.Repeat(`{"keyword":"zzz"},`, 1000), ",")
		for n, status := range []int{200, 200, 422} {
			answer := w.ask("POST", "/api/v2/filters", "bas", `{"title":"x","context":["home"],"keywords_attributes":[`+words+`]}`)
			if answer.Code != status {
				t.Errorf("filter %d of a thousand words: %d %.200s", n, answer.Code, answer.Body)
			}
		}
	})
}
