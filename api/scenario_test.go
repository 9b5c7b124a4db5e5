// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"strings"
	"testing"
)

// scenario is one request and what must come of it. In path, body and contains {anna} is an id.
type scenario struct {
	name, who, method, path, body string
	status                        int
	contains, excludes            []string
}

func has(words ...string) []string { return words }

// scenarios run one after the other on one node: what the first change the next find.
var scenarios = []scenario{
	// who is asking
	{"own account", "anna", "GET", "/api/v1/accounts/verify_credentials", "", 200, has(`"username":"anna"`, `"source":{`, `"permissions":"0"`), nil},
	{"own account, nobody", "", "GET", "/api/v1/accounts/verify_credentials", "", 401, has("error"), nil},
	{"own account, an app", "app", "GET", "/api/v1/accounts/verify_credentials", "", 422, has("This method requires an authenticated user"), nil},
	{"posting with a narrow token", "narrow", "POST", "/api/v1/statuses", "status=x", 403, has("outside the authorized scopes", "write:statuses"), nil},
	{"app of a token", "app", "GET", "/api/v1/apps/verify_credentials", "", 200, has(`"name":"Tusky"`, `"redirect_uri":"tusky://login"`), nil},
	{"register an app", "", "POST", "/api/v1/apps", "client_name=toot&redirect_uris=urn:ietf:wg:oauth:2.0:oob&scopes=read+write+follow", 200, has(`"client_secret":"`, `"redirect_uri":"urn:ietf:wg:oauth:2.0:oob"`), nil},
	{"register an app in JSON", "", "POST", "/api/v1/apps", `{"client_name":"Elk","redirect_uris":["https://elk.zone/a","elk://b"],"scopes":"read"}`, 200, has(`"redirect_uris":["https://elk.zone/a","elk://b"]`), nil},
	{"register without a name", "", "POST", "/api/v1/apps", "redirect_uris=https://x.example/", 422, has("client_name"), nil},
	{"register a bad address", "", "POST", "/api/v1/apps", "client_name=x&redirect_uris=javascript:alert(1)", 422, has("javascript"), nil},
	{"token of nobody", "", "POST", "/oauth/token", "grant_type=client_credentials&client_id=x&client_secret=y", 401, has(`"error":"invalid_client"`, "error_description"), nil},
	{"token for a password", "", "POST", "/oauth/token", "grant_type=password&client_id={client}&client_secret={secret}", 400, has(`"error":"unsupported_grant_type"`), nil},
	{"token of an app", "", "POST", "/oauth/token", `{"grant_type":"client_credentials","client_id":"{client}","client_secret":"{secret}","scope":"read"}`, 200, has(`"token_type":"Bearer"`, `"scope":"read"`), nil},
	{"token for a wrong code", "", "POST", "/oauth/token", "grant_type=authorization_code&code=x&redirect_uri=tusky://login&client_id={client}&client_secret={secret}", 400, has(`"error":"invalid_grant"`), nil},
	{"revoke what is gone", "", "POST", "/oauth/revoke", "client_id={client}&client_secret={secret}&token=x", 200, has("{}"), nil},
	{"who is it", "anna", "GET", "/oauth/userinfo", "", 200, has(`"sub":"https://gouda.example/users/anna"`), nil},
	{"discovery", "", "GET", "/.well-known/oauth-authorization-server", "", 200, has(`"code_challenge_methods_supported":["S256"]`, `"issuer":"https://gouda.example/"`), nil},

	// the node
	{"instance", "", "GET", "/api/v2/instance", "", 200, has(`"version":"4.5.0 (compatible; pleio-node 0.1.0)"`, `"mastodon":7`, `"streaming":"wss://gouda.example"`), nil},
	{"instance of old", "", "GET", "/api/v1/instance", "", 200, has(`"uri":"gouda.example"`, `"user_count":3`), nil},
	{"nothing unknown", "", "GET", "/api/v1/annual_reports", "", 404, has(`"error":"This server does not know GET /api/v1/annual_reports."`), nil},
	{"a known path, another method", "", "DELETE", "/api/v1/instance", "", 404, has("error"), nil},
	{"emoji", "", "GET", "/api/v1/custom_emojis", "", 200, has("[]"), nil},
	{"filters", "anna", "GET", "/api/v2/filters", "", 200, has("[]"), nil},
	{"policy", "anna", "GET", "/api/v2/notifications/policy", "", 200, has(`"for_not_following":"accept"`), nil},

	// people and groups
	{"a person", "", "GET", "/api/v1/accounts/{anna}", "", 200, has(`"acct":"anna"`, `"group":false`, `"avatar":"https://gouda.example/api/pleio/v1/avatar.png"`), has("source")},
	{"somebody elsewhere", "", "GET", "/api/v1/accounts/{dora}", "", 200, has(`"acct":"dora@elders.example"`, `"url":"https://elders.example/@dora"`), nil},
	{"a group", "", "GET", "/api/v1/accounts/{wonen}", "", 200, has(`"group":true`, `"bot":false`, `"locked":false`, `"followers_count":2`), nil},
	{"nobody", "", "GET", "/api/v1/accounts/{nobody}", "", 404, has("error"), nil},
	{"an id that is none", "", "GET", "/api/v1/accounts/x", "", 404, has("error"), nil},
	{"several", "", "GET", "/api/v1/accounts?id[]={anna}&id[]={bas}&id[]=1", "", 200, has(`"acct":"anna"`, `"acct":"bas"`), nil},
	{"lookup", "", "GET", "/api/v1/accounts/lookup?acct=anna@gouda.example", "", 200, has(`"username":"anna"`), nil},
	{"lookup elsewhere", "", "GET", "/api/v1/accounts/lookup?acct=@dora@elders.example", "", 200, has(`"username":"dora"`), nil},
	{"lookup of nobody", "", "GET", "/api/v1/accounts/lookup?acct=x@nergens.example", "", 404, has("error"), nil},
	{"followers", "bas", "GET", "/api/v1/accounts/{anna}/followers", "", 200, has(`"acct":"dora@elders.example"`), nil},
	{"followers are not public", "", "GET", "/api/v1/accounts/{anna}/followers", "", 200, has("[]"), nil},
	{"following", "anna", "GET", "/api/v1/accounts/{anna}/following", "", 200, has(`"acct":"bas"`, `"acct":"wonen"`), nil},
	{"relationship by one id", "anna", "GET", "/api/v1/accounts/relationships?id={bas}", "", 200, has(`"following":true`), nil},
	{"relationships", "anna", "GET", "/api/v1/accounts/relationships?id[]={dora}&id[]={cas}&id[]=1", "", 200, has(`"followed_by":true`, `"id":"{cas}"`), nil},
	{"a request waits", "cas", "GET", "/api/v1/follow_requests", "", 200, has(`"acct":"bas"`), nil},
	{"the asker sees it", "bas", "GET", "/api/v1/accounts/relationships?id[]={cas}", "", 200, has(`"requested":true`, `"following":false`), nil},
	{"it is counted", "cas", "GET", "/api/v1/accounts/verify_credentials", "", 200, has(`"follow_requests_count":1`), nil},
	{"it is granted", "cas", "POST", "/api/v1/follow_requests/{bas}/authorize", "", 200, has(`"followed_by":true`), nil},
	{"following", "bas", "GET", "/api/v1/accounts/relationships?id[]={cas}", "", 200, has(`"following":true`, `"requested":false`), nil},
	{"follow without boosts", "anna", "POST", "/api/v1/accounts/{bas}/follow", `{"reblogs":false,"notify":true}`, 200, has(`"showing_reblogs":false`, `"notifying":true`), nil},
	{"follow again with boosts", "anna", "POST", "/api/v1/accounts/{bas}/follow", "reblogs=1", 200, has(`"showing_reblogs":true`), nil},
	{"follow oneself", "anna", "POST", "/api/v1/accounts/{anna}/follow", "", 403, has("error"), nil},
	{"join a group", "cas", "POST", "/api/v1/accounts/{wonen}/follow", "", 200, has(`"following":true`), nil},
	{"groups are lists", "cas", "GET", "/api/v1/lists", "", 200, has(`"id":"{wonen}"`, `"title":"Wonen"`, `"replies_policy":"list"`), nil},
	{"leave it", "cas", "POST", "/api/v1/accounts/{wonen}/unfollow", "", 200, has(`"following":false`), nil},
	{"no list any more", "cas", "GET", "/api/v1/lists/{wonen}", "", 404, has("error"), nil},
	{"one list", "anna", "GET", "/api/v1/lists/{wonen}", "", 200, has(`"title":"Wonen"`), nil},
	{"its members", "anna", "GET", "/api/v1/lists/{wonen}/accounts?limit=0", "", 200, has(`"acct":"anna"`, `"acct":"bas"`), nil},
	{"its timeline", "anna", "GET", "/api/v1/timelines/list/{wonen}", "", 200, has("SECRETgroup"), nil},
	{"members of a list cannot be taken out", "anna", "DELETE", "/api/v1/lists/{wonen}/accounts", "account_ids[]={bas}", 422, has("This list is the group @wonen@gouda.example"), nil},
	{"shared lists", "anna", "GET", "/api/v1/accounts/{bas}/lists", "", 200, has(`"title":"Wonen"`), nil},
	{"block", "bas", "POST", "/api/v1/accounts/{cas}/block", "", 200, has(`"blocking":true`, `"following":false`), nil},
	{"blocks", "bas", "GET", "/api/v1/blocks", "", 200, has(`"acct":"cas"`), nil},
	{"unblock", "bas", "POST", "/api/v1/accounts/{cas}/unblock", "", 200, has(`"blocking":false`), nil},
	{"no blocks", "bas", "GET", "/api/v1/blocks", "", 200, has("[]"), nil},
	{"profile", "anna", "PATCH", "/api/v1/accounts/update_credentials", "display_name=Anna+de+Vries&note=Werkt+aan+%23wonen&source[privacy]=unlisted&source[language]=nl&fields_attributes[0][name]=Web&fields_attributes[0][value]=https://anna.example&locked=true", 200,
		has(`"display_name":"Anna de Vries"`, `"privacy":"unlisted"`, `"note":"Werkt aan #wonen"`, `"locked":true`, `href=\"https://anna.example\"`, `"value":"https://anna.example"`), nil},
	{"profile, the rest stays", "anna", "PATCH", "/api/v1/accounts/update_credentials", `{"locked":false,"discoverable":true}`, 200, has(`"display_name":"Anna de Vries"`, `"locked":false`, `"name":"Web"`), nil},
	{"preferences", "anna", "GET", "/api/v1/preferences", "", 200, has(`"posting:default:visibility":"unlisted"`, `"posting:default:language":"nl"`), nil},
	{"a wrong preference", "anna", "PATCH", "/api/v1/accounts/update_credentials", "source[privacy]=secret", 422, has("error"), nil},
	{"search accounts", "anna", "GET", "/api/v1/accounts/search?q=dor", "", 200, has(`"acct":"dora@elders.example"`), nil},
	{"search among the followed", "anna", "GET", "/api/v1/accounts/search?q=dor&following=true", "", 200, has("[]"), nil},

	// statuses
	{"one status", "", "GET", "/api/v1/statuses/{public}", "", 200, has("SECRETpublic", `"visibility":"public"`, `"language":"nl"`, `"tags":[{"name":"bouwen","url":"https://gouda.example/tags/bouwen"}]`, `"acct":"bas"`, `"favourites_count":1`, `"reblogs_count":1`), has(`"favourited"`, `"text"`)},
	{"with marks", "bas", "GET", "/api/v1/statuses/{public}", "", 200, has(`"favourited":true`, `"reblogged":true`, `"bookmarked":false`), nil},
	{"a file elsewhere", "", "GET", "/api/v1/statuses/{remote}", "", 200, has(`"type":"image"`, `"remote_url":"https://elders.example/1.png"`, `"url":"https://gouda.example/media/proxy/`, `"size":"40x30"`), nil},
	{"several", "", "GET", "/api/v1/statuses?id[]={public}&id[]={private}&id[]={remote}", "", 200, has("SECRETpublic", "Van elders"), has("SECRETprivate")},
	{"a direct one", "bas", "GET", "/api/v1/statuses/{direct}", "", 200, has(`"visibility":"direct"`), nil},
	{"a hidden one does not exist", "cas", "GET", "/api/v1/statuses/{direct}", "", 404, has("error"), nil},
	{"post", "anna", "POST", "/api/v1/statuses", `{"status":"Hallo @dora@elders.example","sensitive":true,"spoiler_text":"let op"}`, 200, has(`"visibility":"unlisted"`, `"spoiler_text":"let op"`, `"sensitive":true`, `"acct":"dora@elders.example"`, `class=\"u-url mention\"`), nil},
	{"post nothing", "anna", "POST", "/api/v1/statuses", "status=", 422, has("blank"), nil},
	{"post for whom", "anna", "POST", "/api/v1/statuses", "status=x&visibility=friends", 422, has("visibility"), nil},
	{"answer to nothing", "anna", "POST", "/api/v1/statuses", "status=x&in_reply_to_id=1", 404, has("error"), nil},
	{"answer", "cas", "POST", "/api/v1/statuses", "status=Eens&in_reply_to_id={public}&visibility=public", 200, has(`"in_reply_to_id":"{public}"`, `"in_reply_to_account_id":"{anna}"`), nil},
	{"conversation", "", "GET", "/api/v1/statuses/{public}/context", "", 200, has(`"ancestors":[]`, "Antwoord", "Eens"), nil},
	{"conversation of the answer", "", "GET", "/api/v1/statuses/{reply}/context", "", 200, has("SECRETpublic", `"descendants":[]`), nil},
	{"favourite", "anna", "POST", "/api/v1/statuses/{remote}/favourite", "", 200, has(`"favourited":true`, `"favourites_count":1`), nil},
	{"favourites", "anna", "GET", "/api/v1/favourites", "", 200, has("Van elders"), nil},
	{"unfavourite", "anna", "POST", "/api/v1/statuses/{remote}/unfavourite", "", 200, has(`"favourited":false`, `"favourites_count":0`), nil},
	{"bookmark", "anna", "POST", "/api/v1/statuses/{reply}/bookmark", "", 200, has(`"bookmarked":true`), nil},
	{"bookmarks", "anna", "GET", "/api/v1/bookmarks", "", 200, has("Antwoord"), nil},
	{"unbookmark", "anna", "POST", "/api/v1/statuses/{reply}/unbookmark", "", 200, has(`"bookmarked":false`), nil},
	{"reblog", "cas", "POST", "/api/v1/statuses/{reply}/reblog", "", 200, has(`"reblog":{"id":"{reply}"`, `"reblogged":true`), nil},
	{"a private one is not boosted", "bas", "POST", "/api/v1/statuses/{direct}/reblog", "", 403, has("error"), nil},
	{"unreblog", "cas", "POST", "/api/v1/statuses/{reply}/unreblog", "", 200, has(`"id":"{reply}"`, `"reblogged":false`, `"reblog":null`), nil},
	{"pin", "anna", "POST", "/api/v1/statuses/{public}/pin", "", 200, has(`"pinned":true`), nil},
	{"pinned", "", "GET", "/api/v1/accounts/{anna}/statuses?pinned=true", "", 200, has("SECRETpublic"), has("SECRETgroup")},
	{"somebody else's cannot be pinned", "bas", "POST", "/api/v1/statuses/{public}/pin", "", 422, has("error"), nil},
	{"unpin", "anna", "POST", "/api/v1/statuses/{public}/unpin", "", 200, has(`"pinned":false`), nil},
	{"source", "anna", "GET", "/api/v1/statuses/{public}/source", "", 200, has(`"text":"Openbaar SECRETpublic #Bouwen @bas"`), nil},
	{"somebody else's source", "bas", "GET", "/api/v1/statuses/{public}/source", "", 404, has("error"), nil},
	{"edit", "anna", "PUT", "/api/v1/statuses/{unlisted}", `{"status":"Verbeterd SECRETunlisted"}`, 200, has("Verbeterd", `"edited_at":"2`), nil},
	{"history", "anna", "GET", "/api/v1/statuses/{unlisted}/history", "", 200, has("<p>SECRETunlisted</p>", "<p>Verbeterd SECRETunlisted</p>"), nil},
	{"edit somebody else's", "bas", "PUT", "/api/v1/statuses/{unlisted}", "status=x", 404, has("error"), nil},
	{"who liked it", "cas", "GET", "/api/v1/statuses/{public}/favourited_by", "", 200, has(`"acct":"bas"`), nil},
	{"who boosted it", "cas", "GET", "/api/v1/statuses/{public}/reblogged_by", "", 200, has(`"acct":"bas"`), nil},
	{"that is not public", "", "GET", "/api/v1/statuses/{public}/favourited_by", "", 200, has("[]"), nil},
	{"no translations", "anna", "POST", "/api/v1/statuses/{public}/translate", "", 403, has("error"), nil},
	{"poll", "anna", "GET", "/api/v1/polls/{poll}", "", 200, has(`"voted":false`, `"own_votes":[]`, `"title":"ja"`), nil},
	{"vote", "anna", "POST", "/api/v1/polls/{poll}/votes", `{"choices":[1]}`, 200, has(`"voted":true`, `"own_votes":[1]`, `"votes_count":1`), nil},
	{"vote twice", "anna", "POST", "/api/v1/polls/{poll}/votes", "choices[]=0", 422, has("already"), nil},
	{"vote in one's own", "bas", "POST", "/api/v1/polls/{poll}/votes", "choices[]=0", 422, has("error"), nil},
	{"vote in words", "cas", "POST", "/api/v1/polls/{poll}/votes", "choices[]=ja", 422, has("numbers"), nil},
	{"no poll", "", "GET", "/api/v1/polls/{public}", "", 404, has("error"), nil},
	{"a poll", "anna", "POST", "/api/v1/statuses", "status=Wat?&poll[options][]=a&poll[options][]=b&poll[expires_in]=3600&poll[multiple]=on", 200, has(`"multiple":true`, `"voted":true`), nil},
	{"a poll without end", "anna", "POST", "/api/v1/statuses", "status=Wat?&poll[options][]=a&poll[options][]=b", 422, has("expires_in"), nil},
	{"a member's post in a group", "cas", "GET", "/api/v1/accounts/{wonen}/statuses", "", 200, has(`"reblog":{"id":"{grouppost}"`, `"group":true`, "SECRETgroup"), nil},

	// timelines
	{"home", "anna", "GET", "/api/v1/timelines/home", "", 200, has("SECRETprivate", `"acct":"wonen"`, "Wat kiezen we?"), has("Van elders")},
	{"home of another", "cas", "GET", "/api/v1/timelines/home", "", 200, has("Eens"), has("SECRET")},
	{"public", "", "GET", "/api/v1/timelines/public", "", 200, has("SECRETpublic", "Van elders"), has("SECRETunlisted", "SECRETprivate", "Antwoord")},
	{"local", "", "GET", "/api/v1/timelines/public?local=true", "", 200, has("SECRETpublic"), has("Van elders")},
	{"with pictures", "", "GET", "/api/v1/timelines/public?only_media=1", "", 200, has("Van elders"), has("SECRETpublic")},
	{"hashtag", "", "GET", "/api/v1/timelines/tag/Bouwen", "", 200, has("SECRETpublic"), has("Van elders")},
	{"a tag", "", "GET", "/api/v1/tags/Bouwen", "", 200, has(`"name":"bouwen"`), nil},
	{"markers", "anna", "POST", "/api/v1/markers", "home[last_read_id]={public}", 200, has(`"last_read_id":"{public}"`, `"version":1`), nil},
	{"markers again", "anna", "POST", "/api/v1/markers", `{"home":{"last_read_id":"{reply}"},"notifications":{"last_read_id":"5"}}`, 200, has(`"version":2`, `"last_read_id":"5"`), nil},
	{"read markers", "anna", "GET", "/api/v1/markers?timeline[]=home", "", 200, has(`"last_read_id":"{reply}"`), has("notifications")},
	{"a wrong marker", "anna", "POST", "/api/v1/markers", "home[last_read_id]=x", 422, has("last_read_id"), nil},

	// notifications
	{"notifications", "anna", "GET", "/api/v1/notifications", "", 200, has(`"type":"favourite"`, `"type":"reblog"`, `"type":"mention"`, `"acct":"bas"`), nil},
	{"only some", "anna", "GET", "/api/v1/notifications?types[]=mention&types[]=nonsense", "", 200, has(`"type":"mention"`), has("favourite\"")},
	{"without some", "anna", "GET", "/api/v1/notifications?exclude_types[]=mention", "", 200, has(`"type":"reblog"`), has(`"type":"mention"`)},
	{"of one person", "anna", "GET", "/api/v1/notifications?account_id={dora}", "", 200, nil, has(`"acct":"bas"`)},
	{"grouped", "anna", "GET", "/api/v2/notifications", "", 200, has(`"group_key":"favourite-{public}-`, `"group_key":"ungrouped-`, `"status_id":"{public}"`), nil},
	{"partial accounts", "anna", "GET", "/api/v2/notifications?expand_accounts=partial_avatars", "", 200, has(`"partial_accounts":[`), nil},
	{"count", "bas", "GET", "/api/v1/notifications/unread_count", "", 200, has(`"count":`), has(`"count":0`)},
	{"count groups", "bas", "GET", "/api/v2/notifications/unread_count", "", 200, has(`"count":`), has(`"count":0`)},
	{"a group that is none", "anna", "GET", "/api/v2/notifications/x", "", 404, has("error"), nil},
	{"dismiss nothing", "anna", "POST", "/api/v1/notifications/dismiss", "", 422, has("error"), nil},
	{"clear", "bas", "POST", "/api/v1/notifications/clear", "", 200, has("{}"), nil},
	{"nothing left", "bas", "GET", "/api/v1/notifications", "", 200, has("[]"), nil},
	{"and nothing to count", "bas", "GET", "/api/v2/notifications/unread_count", "", 200, has(`"count":0`), nil},

	// search
	{"search", "anna", "GET", "/api/v2/search?q=bouw", "", 200, has(`"name":"bouwen"`, `"accounts":[]`), nil},
	{"search by handle", "anna", "GET", "/api/v2/search?q=@dora@elders.example&resolve=true", "", 200, has(`"acct":"dora@elders.example"`), nil},
	{"search by address", "anna", "GET", "/api/v2/search?q=https://elders.example/notes/1&resolve=true", "", 200, has("Van elders", `"accounts":[]`), nil},
	{"search by the address of a person", "anna", "GET", "/api/v2/search?q=https://gouda.example/users/bas&type=accounts", "", 200, has(`"acct":"bas"`), nil},
	{"search by the address of what is hidden", "cas", "GET", "/api/v2/search?q=https://gouda.example/posts/{private}&resolve=true", "", 200, has(`"statuses":[]`), nil},
	{"search by an address of nothing", "anna", "GET", "/api/v2/search?q=https://gouda.example/posts/1&resolve=true", "", 200, has(`"statuses":[]`), nil},
	{"strangers do not resolve", "", "GET", "/api/v2/search?q=x&resolve=true", "", 401, has("error"), nil},
	{"strangers search", "", "GET", "/api/v2/search?q=bouwen&type=hashtags", "", 200, has(`"name":"bouwen"`), nil},
	{"search for nothing", "anna", "GET", "/api/v2/search", "", 400, has("error"), nil},

	// the end of things
	{"delete", "anna", "DELETE", "/api/v1/statuses/{private}", "", 200, has(`"text":"SECRETprivate"`), nil},
	{"it is gone", "anna", "GET", "/api/v1/statuses/{private}", "", 404, has("error"), nil},
	{"delete somebody else's", "cas", "DELETE", "/api/v1/statuses/{public}", "", 404, has("error"), nil},
	{"a moderator deletes in the group", "bas", "DELETE", "/api/v1/statuses/{grouppost}", "", 200, has("SECRETgroup"), has(`"text"`)},
	{"and it is gone from the group", "anna", "GET", "/api/v1/timelines/list/{wonen}", "", 200, has("[]"), nil},
	{"remove a follower", "anna", "POST", "/api/v1/accounts/{dora}/remove_from_followers", "", 200, has(`"followed_by":false`), nil},
	{"streaming health", "", "GET", "/api/v1/streaming/health", "", 200, has("OK"), nil},
	{"streaming of the unknown", "anna", "GET", "/api/v1/streaming/moon", "", 400, has("Unknown channel requested"), nil},
	{"a socket without one", "anna", "GET", "/api/v1/streaming", "", 400, has("WebSocket"), nil},
	{"a slash at the end", "", "GET", "/api/v1/instance/", "", 200, has("version"), nil},
	{"broken JSON", "anna", "POST", "/api/v1/statuses", `{"status":`, 400, has("JSON"), nil},
	{"a wrong cursor", "anna", "GET", "/api/v1/timelines/home?max_id=x", "", 422, has("max_id"), nil},
}

func TestScenarios(t *testing.T) {
	each(t, func(w *world) { w.run(scenarios) })
}

// run asks one scenario after the other.
func (w *world) run(all []scenario) {
	w.Helper()
	for _, s := range all {
		answer := w.ask(s.method, s.path, s.who, s.body)
		text := answer.Body.String()
		bad := answer.Code != s.status
		for _, want := range s.contains {
			bad = bad || !strings.Contains(text, w.expand(want))
		}
		for _, never := range s.excludes {
			bad = bad || strings.Contains(text, w.expand(never))
		}
		if bad {
			w.Errorf("%s: %s %s by %q: %d instead of %d, with %q, without %q: %s", s.name, s.method, s.path, s.who, answer.Code, s.status, s.contains, s.excludes, text)
		}
	}
}
