// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"encoding/json"
	"testing"
	"time"
)

// Scenarios of what can be found, in the world as it is: nobody agreed to be found until bas does.
var searches = []scenario{
	{"one's own", "anna", "GET", "/api/v2/search?q=secretprivate&type=statuses", "", 200, has("SECRETprivate", `"accounts":[]`, `"hashtags":[]`), has("SECRETpublic")},
	{"nobody else's", "cas", "GET", "/api/v2/search?q=secret*&type=statuses", "", 200, has(`"statuses":[]`), has("SECRET")},
	{"what one liked or is named in", "bas", "GET", "/api/v2/search?q=SECRET*", "", 200, has("SECRETpublic", "SECRETdirect", "SECRETgroup"), has("SECRETprivate", "SECRETunlisted")},
	{"strangers find no posts", "", "GET", "/api/v2/search?q=SECRET*", "", 200, has(`"statuses":[]`), nil},
	{"whole words", "anna", "GET", "/api/v2/search?q=SECRET&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"in a group", "anna", "GET", "/api/v2/search?q=in:@wonen&type=statuses", "", 200, has("SECRETgroup"), has("SECRETpublic")},
	{"not in a group", "anna", "GET", "/api/v2/search?q=secret*+-in:@wonen&type=statuses", "", 200, has("SECRETpublic"), has("SECRETgroup")},
	{"in a group that is not", "anna", "GET", "/api/v2/search?q=in:@nergens&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"in the library", "anna", "GET", "/api/v2/search?q=kiezen+in:library&type=statuses", "", 200, has(`"statuses":[]`), nil},

	{"bas agrees", "bas", "PATCH", "/api/v1/accounts/update_credentials", "indexable=true&discoverable=true", 200, has(`"indexable":true`), nil},
	{"what he posts is found", "bas", "POST", "/api/v1/statuses", "status=Mijn+fietsroute+in+%C3%A9%C3%A9n+dag:+https://route.example/1+%23fietsen&language=nl", 200, has("fietsroute"), nil},
	{"by others", "cas", "GET", "/api/v2/search?q=FIETSROUTE+een&type=statuses", "", 200, has("fietsroute", `"acct":"bas"`), nil},
	{"by a phrase", "cas", "GET", "/api/v2/search?q=%22fietsroute+in+een%22&type=statuses", "", 200, has("fietsroute"), nil},
	{"but not by another", "cas", "GET", "/api/v2/search?q=%22een+fietsroute%22&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"by its hashtag", "cas", "GET", "/api/v2/search?q=%23fietsen", "", 200, has("fietsroute", `"name":"fietsen"`, `"accounts":[]`), nil},
	{"without a word", "cas", "GET", "/api/v2/search?q=fietsroute+-dag&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"from somebody", "cas", "GET", "/api/v2/search?q=from:@bas+fietsroute&type=statuses", "", 200, has("fietsroute"), nil},
	{"with the domain", "cas", "GET", "/api/v2/search?q=from:bas@gouda.example+fietsroute&type=statuses", "", 200, has("fietsroute"), nil},
	{"from others", "cas", "GET", "/api/v2/search?q=-from:bas+fietsroute&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"from oneself", "cas", "GET", "/api/v2/search?q=from:me+fietsroute&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"from nobody", "cas", "GET", "/api/v2/search?q=from:niemand+fietsroute&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"of an account", "cas", "GET", "/api/v2/search?q=fietsroute&type=statuses&account_id={bas}", "", 200, has("fietsroute"), nil},
	{"of another account", "cas", "GET", "/api/v2/search?q=fietsroute&type=statuses&account_id={anna}", "", 200, has(`"statuses":[]`), nil},
	{"of an account that is none", "cas", "GET", "/api/v2/search?q=fietsroute&type=statuses&account_id=x", "", 200, has(`"statuses":[]`), nil},
	{"of the followed", "anna", "GET", "/api/v2/search?q=fietsroute&type=statuses&following=true", "", 200, has("fietsroute"), nil},
	{"of the followed only", "cas", "GET", "/api/v2/search?q=fietsroute&type=statuses&following=true", "", 200, has(`"statuses":[]`), nil},
	{"with a link", "cas", "GET", "/api/v2/search?q=has:link&type=statuses", "", 200, has("fietsroute"), nil},
	{"without a link", "cas", "GET", "/api/v2/search?q=fietsroute+-has:link&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"without a preview or quote", "cas", "GET", "/api/v2/search?q=fietsroute+-has:embed+-has:quote&type=statuses", "", 200, has("fietsroute"), nil},
	{"with a preview", "cas", "GET", "/api/v2/search?q=fietsroute+has:embed&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"with a quote", "cas", "GET", "/api/v2/search?q=fietsroute+has:quote&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"in a language", "cas", "GET", "/api/v2/search?q=fietsroute+language:NL&type=statuses", "", 200, has("fietsroute"), nil},
	{"in another", "cas", "GET", "/api/v2/search?q=fietsroute+language:en&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"in public", "cas", "GET", "/api/v2/search?q=fietsroute+in:public&type=statuses", "", 200, has("fietsroute"), nil},
	{"not in the library", "cas", "GET", "/api/v2/search?q=fietsroute+in:library&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"nowhere", "cas", "GET", "/api/v2/search?q=fietsroute+in:library+in:public&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"before today", "cas", "GET", "/api/v2/search?q=fietsroute+before:{today}&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"not before today", "cas", "GET", "/api/v2/search?q=fietsroute+-before:{today}&type=statuses", "", 200, has("fietsroute"), nil},
	{"after today", "cas", "GET", "/api/v2/search?q=fietsroute+after:{today}&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"not after today", "cas", "GET", "/api/v2/search?q=fietsroute+-after:{today}&type=statuses", "", 200, has("fietsroute"), nil},
	{"today", "cas", "GET", "/api/v2/search?q=fietsroute+during:{today}&type=statuses", "", 200, has("fietsroute"), nil},
	{"not today", "cas", "GET", "/api/v2/search?q=fietsroute+-during:{today}&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"long ago", "cas", "GET", "/api/v2/search?q=fietsroute+after:2020-01-01&type=statuses", "", 200, has("fietsroute"), nil},
	{"a bad operator is a word", "cas", "GET", "/api/v2/search?q=has:fietsroute&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"an operator that is a word", "bas", "POST", "/api/v1/statuses", "status=Wat+has+fietsroute+betekent", 200, nil, nil},
	{"and is found so", "cas", "GET", "/api/v2/search?q=has:fietsroute&type=statuses", "", 200, has("betekent"), nil},
	{"a poll", "anna", "GET", "/api/v2/search?q=kiezen+has:poll&type=statuses", "", 200, has(`"statuses":[]`), nil}, // written before bas agreed, and not indexed anew yet
	{"one's own poll", "bas", "GET", "/api/v2/search?q=has:poll&type=statuses", "", 200, has("Wat kiezen we?"), nil},
	{"by what can be chosen", "bas", "GET", "/api/v2/search?q=nee&type=statuses", "", 200, has("Wat kiezen we?"), nil},
	{"replies", "bas", "GET", "/api/v2/search?q=is:reply&type=statuses", "", 200, has("Antwoord"), has("kiezen")},
	{"no replies", "bas", "GET", "/api/v2/search?q=-is:reply+-fietsroute&type=statuses", "", 200, has("kiezen"), has("Antwoord")},
	{"sensitive", "bas", "GET", "/api/v2/search?q=is:sensitive&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"a post with a picture, found when kept", "cas", "POST", "/api/v1/statuses/{remote}/bookmark", "", 200, nil, nil},
	{"as media", "cas", "GET", "/api/v2/search?q=elders+has:media&type=statuses", "", 200, has("Van elders"), nil},
	{"as an image", "cas", "GET", "/api/v2/search?q=elders+has:image&type=statuses", "", 200, has("Van elders"), nil},
	{"not as a video", "cas", "GET", "/api/v2/search?q=elders+has:video&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"nor as sound", "cas", "GET", "/api/v2/search?q=elders+has:audio&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"kept no more", "cas", "POST", "/api/v1/statuses/{remote}/unbookmark", "", 200, nil, nil},
	{"found no more", "cas", "GET", "/api/v2/search?q=elders&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"a page", "bas", "GET", "/api/v2/search?q=fietsroute&type=statuses&limit=1", "", 200, has("betekent"), has("route.example")},
	{"the next", "bas", "GET", "/api/v2/search?q=fietsroute&type=statuses&limit=1&offset=1", "", 200, has("route.example"), has("betekent")},
	{"without a type there is no next", "bas", "GET", "/api/v2/search?q=fietsroute&limit=1&offset=1", "", 200, has("betekent"), nil},
	{"before an id", "bas", "GET", "/api/v2/search?q=-fietsroute&type=statuses&max_id={reply}", "", 200, has("SECRETgroup"), has("kiezen")},
	{"after an id", "bas", "GET", "/api/v2/search?q=-fietsroute&type=statuses&min_id={reply}&limit=1", "", 200, has("kiezen"), has("Antwoord")},
	{"strangers do not page", "", "GET", "/api/v2/search?q=x&type=statuses&offset=1", "", 401, has("error"), nil},
	{"an unknown type", "anna", "GET", "/api/v2/search?q=fietsroute&type=moons", "", 200, has(`"statuses":[]`, `"accounts":[]`, `"hashtags":[]`), nil},
	{"exclude_unreviewed changes nothing", "cas", "GET", "/api/v2/search?q=fietsen&type=hashtags&exclude_unreviewed=true", "", 200, has(`"name":"fietsen"`), nil},
	{"only punctuation", "anna", "GET", "/api/v2/search?q=%22*%22", "", 200, has(`"statuses":[]`), nil},
	{"an edit is followed", "anna", "PUT", "/api/v1/statuses/{private}", "status=Voortaan+zonneboiler", 200, nil, nil},
	{"by its new words", "anna", "GET", "/api/v2/search?q=zonneboiler&type=statuses", "", 200, has("zonneboiler"), nil},
	{"not by its old", "anna", "GET", "/api/v2/search?q=secretprivate&type=statuses", "", 200, has(`"statuses":[]`), nil},
	{"a deletion is followed", "anna", "DELETE", "/api/v1/statuses/{private}", "", 200, nil, nil},
	{"nothing left", "anna", "GET", "/api/v2/search?q=zonneboiler&type=statuses", "", 200, has(`"statuses":[]`), nil},

	{"search of old", "anna", "GET", "/api/v1/search?q=fiets&type=hashtags", "", 200, has(`"hashtags":["fietsen"]`), nil},
	{"search of old is for people", "", "GET", "/api/v1/search?q=fiets", "", 401, has("error"), nil},

	{"a person by the beginning of a name", "cas", "GET", "/api/v1/accounts/search?q=ba", "", 200, has(`"acct":"bas"`), nil},
	{"a group by its title", "cas", "GET", "/api/v1/accounts/search?q=WON", "", 200, has(`"acct":"wonen"`), nil},
	{"the organisation", "cas", "GET", "/api/v1/accounts/search?q=gemeente+gou", "", 200, has(`"acct":"org"`), has(`"acct":"actor"`)},
	{"who did not agree is not found", "cas", "GET", "/api/v1/accounts/search?q=ann", "", 200, has("[]"), nil},
	{"but by the whole name", "cas", "GET", "/api/v1/accounts/search?q=anna", "", 200, has(`"acct":"anna"`), nil},
	{"or the whole handle", "cas", "GET", "/api/v1/accounts/search?q=@anna@gouda.example", "", 200, has(`"acct":"anna"`), nil},
	{"only the followed", "anna", "GET", "/api/v1/accounts/search?q=ba&following=1", "", 200, has(`"acct":"bas"`), nil},
	{"of others none", "cas", "GET", "/api/v1/accounts/search?q=ba&following=1", "", 200, has("[]"), nil},
	{"a handle elsewhere", "cas", "GET", "/api/v1/accounts/search?q=dora@elders", "", 200, has(`"acct":"dora@elders.example"`), nil},
	{"a page of people", "cas", "GET", "/api/v1/accounts/search?q=ba&offset=1", "", 200, has("[]"), nil},
}

// The description of a picture is found, also when it was written or changed later.
func TestDescriptionsAreFound(t *testing.T) {
	each(t, func(w *world) {
		answer := w.upload("POST", "/api/v2/media", "anna", map[string]string{"description": "Een zonnebloem"}, "file")
		var f struct{ ID string }
		w.check(json.Unmarshal(answer.Body.Bytes(), &f))
		w.names["file"] = f.ID
		var s struct{ ID string }
		w.get(&s, "POST", "/api/v1/statuses", "anna", "status=Kijk&media_ids[]={file}")
		w.names["shown"] = s.ID
		w.run([]scenario{
			{"by what it was", "anna", "GET", "/api/v2/search?q=zonnebloem+has:image&type=statuses", "", 200, has(`"id":"{shown}"`), nil},
			{"another description", "anna", "PUT", "/api/v1/statuses/{shown}", `{"status":"Kijk","media_ids":["{file}"],"media_attributes":[{"id":"{file}","description":"Een klaproos"}]}`, 200, has("klaproos"), nil},
			{"by what it is", "anna", "GET", "/api/v2/search?q=klaproos&type=statuses", "", 200, has(`"id":"{shown}"`), nil},
			{"no more by what it was", "anna", "GET", "/api/v2/search?q=zonnebloem&type=statuses", "", 200, has(`"statuses":[]`), nil},
		})
	})
}

func TestSearches(t *testing.T) {
	each(t, func(w *world) {
		w.names["today"] = time.Now().UTC().Format(time.DateOnly)
		w.run(searches)
	})
}
