// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

var profileScenarios = []scenario{
	{"own profile", "anna", "GET", "/api/v1/profile", "", 200, has(`"display_name":"Anna"`, `"avatar":null`, `"show_media":true`, `"attribution_domains":[]`), nil},
	{"with the least token", "narrow", "GET", "/api/v1/profile", "", 200, has(`"display_name":"Anna"`), nil},
	{"nobody's", "", "GET", "/api/v1/profile", "", 401, has("error"), nil},
	{"change it", "anna", "PATCH", "/api/v1/profile", `{"display_name":"Anna B","note":"Hallo #wonen","show_media":false,"show_featured":false,"bot":true,"hide_collections":true,"indexable":true,"discoverable":true,
		"attribution_domains":["Pers.example","pers.example","blog.example"],"fields_attributes":[{"name":"Web","value":"https://anna.example"}]}`, 200,
		has(`"display_name":"Anna B"`, `"note":"Hallo #wonen"`, `"show_media":false`, `"show_media_replies":true`, `"show_featured":false`, `"bot":true`, `"hide_collections":true`,
			`"attribution_domains":["pers.example","blog.example"]`, `"value":"https://anna.example"`, `"verified_at":null`), nil},
	{"as others see it", "bas", "GET", "/api/v1/accounts/{anna}", "", 200, has(`"display_name":"Anna B"`, `"show_media":false`, `"hide_collections":true`, `"bot":true`, `"indexable":true`, `"noindex":false`, `rel=\"me nofollow noopener noreferrer\"`), nil},
	{"as the editor sees it", "anna", "GET", "/api/v1/accounts/verify_credentials", "", 200, has(`"attribution_domains":["pers.example","blog.example"]`, `"hide_collections":true`, `"value":"https://anna.example"`), nil},
	{"no one's attribution", "anna", "PATCH", "/api/v1/accounts/update_credentials", "attribution_domains[]=", 200, has(`"attribution_domains":[]`), nil},
	{"a domain that is none", "anna", "PATCH", "/api/v1/accounts/update_credentials", "attribution_domains[]=a/b", 422, has("not a domain"), nil},
	{"a note too long", "anna", "PATCH", "/api/v1/profile", "note=" + strings.Repeat("x", maxNote+1), 422, has("too long"), nil},
	{"too many fields", "anna", "PATCH", "/api/v1/profile", "fields_attributes[0][name]=a&fields_attributes[1][name]=a&fields_attributes[2][name]=a&fields_attributes[3][name]=a&fields_attributes[4][name]=a&fields_attributes[5][name]=a&fields_attributes[6][name]=a", 422, has("at most 6"), nil},
	{"a narrow token does not change it", "narrow", "PATCH", "/api/v1/profile", "note=x", 403, has("write:accounts"), nil},

	{"hidden followers", "bas", "GET", "/api/v1/accounts/{anna}/followers", "", 200, has("[]"), nil},
	{"hidden following", "bas", "GET", "/api/v1/accounts/{anna}/following", "", 200, has("[]"), nil},
	{"not to oneself", "anna", "GET", "/api/v1/accounts/{anna}/followers", "", 200, has(`"acct":"dora@elders.example"`), nil},
	{"shown", "anna", "PATCH", "/api/v1/accounts/update_credentials", "hide_collections=false&bot=false", 200, has(`"hide_collections":false`), nil},
	{"shown to bas", "bas", "GET", "/api/v1/accounts/{anna}/followers", "", 200, has(`"acct":"dora@elders.example"`), nil},
	{"block", "anna", "POST", "/api/v1/accounts/{cas}/block", "", 200, has(`"blocking":true`), nil},
	{"the blocked sees nobody", "cas", "GET", "/api/v1/accounts/{anna}/followers", "", 200, has("[]"), nil},
	{"and knows why", "cas", "GET", "/api/v1/accounts/relationships?id[]={anna}", "", 200, has(`"blocked_by":true`), nil},
	{"unblock", "anna", "POST", "/api/v1/accounts/{cas}/unblock", "", 200, has(`"blocking":false`), nil},

	{"preferences", "anna", "GET", "/api/v1/preferences", "", 200, has(`"posting:default:quote_policy":"public"`, `"posting:default:visibility":"public"`, `"posting:default:language":null`), nil},
	{"change them", "anna", "PATCH", "/api/v1/accounts/update_credentials", `{"source":{"quote_policy":"followers","sensitive":true}}`, 200, has(`"quote_policy":"followers"`, `"sensitive":true`), nil},
	{"changed", "anna", "GET", "/api/v1/preferences", "", 200, has(`"posting:default:quote_policy":"followers"`, `"posting:default:sensitive":true`), nil},
	{"who may quote", "anna", "PATCH", "/api/v1/accounts/update_credentials", "source[quote_policy]=friends", 422, has("public, followers or nobody"), nil},
	{"no proofs", "anna", "GET", "/api/v1/accounts/{bas}/identity_proofs", "", 200, has("[]"), nil},
	{"no proofs of nobody", "anna", "GET", "/api/v1/accounts/{nobody}/identity_proofs", "", 404, has("error"), nil},
	{"every address is confirmed", "anna", "POST", "/api/v1/emails/confirmations", "email=x@gouda.example", 403, has("awaiting confirmation"), nil},
	{"of the others", "app", "POST", "/api/v1/emails/confirmations", "", 422, has("authenticated user"), nil},
	{"bulk", "anna", "GET", "/api/v1/accounts?id[]={cas}&id[]={anna}&id[]={nobody}&id[]=x", "", 200, has(`"acct":"anna"`, `"acct":"cas"`), nil},
	{"bulk of nothing", "", "GET", "/api/v1/accounts", "", 200, has("[]"), nil},
	{"lookup in capitals", "", "GET", "/api/v1/accounts/lookup?acct=ANNA", "", 200, has(`"acct":"anna"`), nil},
	{"lookup of nothing", "", "GET", "/api/v1/accounts/lookup", "", 404, has("error"), nil},
	{"search for nothing", "anna", "GET", "/api/v1/accounts/search", "", 200, has("[]"), nil},
	{"search without a token", "", "GET", "/api/v1/accounts/search?q=a", "", 401, has("error"), nil},
	{"search by handle", "anna", "GET", "/api/v1/accounts/search?q=@dora@elders.example", "", 200, has(`"acct":"dora@elders.example"`), nil},
	{"search with a wrong offset", "anna", "GET", "/api/v1/accounts/search?q=a&offset=-1", "", 422, has("offset"), nil},
}

func TestProfiles(t *testing.T) {
	each(t, func(w *world) {
		w.run(profileScenarios)
		for _, key := range []string{"avatar", "header"} {
			answer := w.upload("PATCH", "/api/v1/profile", "anna", map[string]string{key + "_description": "Een toren"}, key)
			if text := answer.Body.String(); answer.Code != 200 || !strings.Contains(text, `"`+key+`":"https://gouda.example/media/`) || !strings.Contains(text, `"`+key+`_description":"Een toren"`) {
				t.Errorf("%s: %d %s", key, answer.Code, text)
			}
			w.run([]scenario{
				{"as others see it", "bas", "GET", "/api/v1/accounts/{anna}", "", 200, has(`"` + key + `_description":"Een toren"`), nil},
				{"gone", "anna", "DELETE", "/api/v1/profile/" + key, "", 200, has(`"`+key+`":"https://gouda.example/api/pleio/v1/`, `"`+key+`_description":""`, `"source":{`), nil},
				{"gone again", "anna", "DELETE", "/api/v1/profile/" + key, "", 200, nil, nil},
			})
		}
	})
}

// An administrator's clients show the administration; of the suspended, limited and moved clients show that.
func TestAccountsThatAreNotAsOthers(t *testing.T) {
	each(t, func(w *world) {
		set := func(sql string, args ...any) {
			t.Helper()
			w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(w.Context(), sql, args...)
				return err
			}))
		}
		now := db.Millis(time.Now())
		set("UPDATE accounts SET admin = TRUE WHERE actor = $1", w.actor("bas").ID)
		set("UPDATE actors SET silenced = $1 WHERE id = $2", now, w.actor("dora").ID)
		set("UPDATE actors SET moved_to = $1 WHERE id = $2", w.actor("dora").IRI, w.actor("bas").ID)
		w.run([]scenario{
			{"an administrator", "bas", "GET", "/api/v1/accounts/verify_credentials", "", 200, has(`"name":"Admin"`, `"permissions":"2097151"`, `"moved":{"id":"{dora}"`), nil},
			{"limited", "anna", "GET", "/api/v1/accounts/{dora}", "", 200, has(`"limited":true`), nil},
			{"moved", "anna", "GET", "/api/v1/accounts/{bas}", "", 200, has(`"moved":{"id":"{dora}"`), nil},
			{"moved, by name", "anna", "GET", "/api/v1/accounts/lookup?acct=bas", "", 200, has(`"moved":{"id":"{dora}"`), nil},
			{"who has moved is not followed", "cas", "POST", "/api/v1/accounts/{bas}/follow", "", 403, has("moved"), nil},
		})
		set("UPDATE actors SET suspended = $1, summary = 'geheim' WHERE id = $2", now, w.actor("bas").ID)
		w.run([]scenario{
			{"suspended", "anna", "GET", "/api/v1/accounts/{bas}", "", 200, has(`"suspended":true`, `"display_name":""`, `"note":""`, avatarPath), has("geheim")},
			{"suspended, for everybody", "", "GET", "/api/v1/accounts/{bas}", "", 410, has("suspended"), nil},
			{"suspended, by name", "", "GET", "/api/v1/accounts/lookup?acct=bas", "", 410, has("suspended"), nil},
			{"suspended, the posts", "", "GET", "/api/v1/accounts/{bas}/statuses", "", 410, has("error"), nil},
			{"not among those followed", "anna", "GET", "/api/v1/accounts/{anna}/following", "", 200, nil, has(`"acct":"bas"`)},
			{"no relationship", "anna", "GET", "/api/v1/accounts/relationships?id[]={bas}", "", 200, has("[]"), nil},
			{"but when asked for", "anna", "GET", "/api/v1/accounts/relationships?id[]={bas}&with_suspended=true", "", 200, has(`"following":true`), nil},
		})
	})
}

// Who chose to be found is, and nobody else.
func TestDirectoryAndSuggestions(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		for _, name := range []string{"eva", "fred", "gea"} {
			w.person(name)
		}
		found := func(name string) {
			w.run([]scenario{{"to be found", name, "PATCH", "/api/v1/accounts/update_credentials", "discoverable=true", 200, has(`"discoverable":true`), nil}})
		}
		found("eva")
		found("fred")
		w.check(w.api.DB.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE actors SET discoverable = TRUE WHERE id = $1", w.actor("dora").ID)
			return err
		}))
		for _, f := range [][2]string{{"bas", "eva"}, {"bas", "gea"}, {"cas", "fred"}} {
			w.check(w.api.Outbox.Follow(ctx, w.actor(f[0]), w.actor(f[1]), nil, nil))
		}
		w.run([]scenario{
			{"directory", "", "GET", "/api/v1/directory", "", 200, has(`"acct":"eva"`, `"acct":"fred"`, `"acct":"wonen"`, `"acct":"dora@elders.example"`), has(`"acct":"gea"`, `"acct":"anna"`)},
			{"of this node", "", "GET", "/api/v1/directory?local=true", "", 200, has(`"acct":"eva"`), has("dora")},
			{"the newest", "", "GET", "/api/v1/directory?order=new&local=true&limit=1", "", 200, has(`"acct":"fred"`), has(`"acct":"eva"`)},
			{"the next", "", "GET", "/api/v1/directory?order=new&local=true&limit=1&offset=1", "", 200, has(`"acct":"eva"`), has(`"acct":"fred"`)},
			{"who wrote last", "", "GET", "/api/v1/directory?order=active&limit=1", "", 200, has(`"acct":"dora@elders.example"`), nil},
			{"in another order", "", "GET", "/api/v1/directory?order=best", "", 422, has("order"), nil},
			{"suggestions", "anna", "GET", "/api/v2/suggestions", "", 200,
				has(`{"source":"past_interactions","sources":["friends_of_friends"],"account":{"id":"{eva}"`, `{"source":"global","sources":["most_followed"],"account":{"id":"{fred}"`), has(`"acct":"gea"`, `"acct":"bas"`, `"acct":"anna"`, `"acct":"wonen"`)},
			{"suggestions of old", "anna", "GET", "/api/v1/suggestions", "", 200, has(`"acct":"eva"`), nil},
			{"at most one", "anna", "GET", "/api/v2/suggestions?limit=1", "", 200, has(`"acct":"eva"`), has(`"acct":"fred"`)},
			{"groups too", "cas", "GET", "/api/v2/suggestions", "", 200, has(`"acct":"wonen"`), nil},
			{"dismiss", "anna", "DELETE", "/api/v1/suggestions/{eva}", "", 200, has("{}"), nil},
			{"dismissed", "anna", "GET", "/api/v2/suggestions", "", 200, has(`"acct":"fred"`), has(`"acct":"eva"`)},
			{"dismiss nobody", "anna", "DELETE", "/api/v1/suggestions/{nobody}", "", 404, has("error"), nil},
			{"muted", "anna", "POST", "/api/v1/accounts/{fred}/mute", "", 200, nil, nil},
			{"are no suggestion", "anna", "GET", "/api/v2/suggestions", "", 200, nil, has(`"acct":"fred"`)},
			{"nor in the directory", "anna", "GET", "/api/v1/directory", "", 200, nil, has(`"acct":"fred"`)},
			{"for nobody", "", "GET", "/api/v2/suggestions", "", 401, has("error"), nil},

			{"familiar followers", "anna", "GET", "/api/v1/accounts/familiar_followers?id[]={eva}&id[]={fred}", "", 200, has(`{"id":"{eva}","accounts":[{"id":"{bas}"`, `{"id":"{fred}","accounts":[]}`), nil},
			{"of one", "anna", "GET", "/api/v1/accounts/familiar_followers?id={gea}", "", 200, has(`"acct":"bas"`), nil},
			{"who hides it", "bas", "PATCH", "/api/v1/accounts/update_credentials", "hide_collections=true", 200, nil, nil},
			{"is not named", "anna", "GET", "/api/v1/accounts/familiar_followers?id={gea}", "", 200, nil, has(`"acct":"bas"`)},
			{"nor a reason", "anna", "GET", "/api/v2/suggestions", "", 200, nil, has("friends_of_friends")},
		})
		if all, err := actors.Suggestions(ctx, w.api.DB, actors.Viewer{ID: w.actor("eva").ID}, 1); err != nil || len(all) != 1 {
			t.Errorf("%d suggestions for eva, %v", len(all), err)
		}
	})
}
