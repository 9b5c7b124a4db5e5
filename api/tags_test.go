// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/outbox"
)

var tagScenarios = []scenario{
	{"a tag with its history", "anna", "GET", "/api/v1/tags/Bouwen", "", 200, has(`"name":"bouwen"`, `"url":"https://gouda.example/tags/bouwen"`, `"accounts":"1","uses":"1"`, `"following":false`, `"featuring":false`), nil},
	{"without anybody no marks", "", "GET", "/api/v1/tags/bouwen", "", 200, has(`"uses":"1"`), has("following", "featuring")},
	{"a tag that nobody used", "", "GET", "/api/v1/tags/leegte", "", 200, has(`"name":"leegte"`, `"uses":"0"`), has(`"uses":"1"`)},
	{"no tag at all", "", "GET", "/api/v1/tags/a%20b", "", 404, has("error"), nil},
	{"follow", "cas", "POST", "/api/v1/tags/%23Bouwen/follow", "", 200, has(`"name":"bouwen"`, `"following":true`), nil},
	{"follow again", "cas", "POST", "/api/v1/tags/bouwen/follow", "", 200, has(`"following":true`), nil},
	{"follow nonsense", "cas", "POST", "/api/v1/tags/a!b/follow", "", 422, has("hashtag"), nil},
	{"follow digits", "cas", "POST", "/api/v1/tags/2026/follow", "", 422, has("hashtag"), nil},
	{"follow another", "cas", "POST", "/api/v1/tags/energie/follow", "", 200, has(`"following":true`), nil},
	{"followed, the last first", "cas", "GET", "/api/v1/followed_tags?limit=1", "", 200, has(`"name":"energie"`, `"following":true`), has("bouwen")},
	{"others follow nothing", "bas", "GET", "/api/v1/followed_tags", "", 200, has("[]"), nil},
	{"in home", "cas", "GET", "/api/v1/timelines/home", "", 200, has("SECRETpublic"), has("SECRETunlisted")},
	{"unfollow", "cas", "POST", "/api/v1/tags/bouwen/unfollow", "", 200, has(`"following":false`), nil},
	{"no more in home", "cas", "GET", "/api/v1/timelines/home", "", 200, nil, has("SECRETpublic")},
	{"unfollow what is not followed", "cas", "POST", "/api/v1/tags/bouwen/unfollow", "", 200, has(`"following":false`), nil},

	{"nothing featured", "anna", "GET", "/api/v1/featured_tags", "", 200, has("[]"), nil},
	{"suggestions", "anna", "GET", "/api/v1/featured_tags/suggestions", "", 200, has(`"name":"bouwen"`), nil},
	{"feature", "anna", "POST", "/api/v1/featured_tags", "name=%23Bouwen", 200, has(`"name":"bouwen"`, `"statuses_count":"1"`, `"last_status_at":"2`), nil},
	{"feature by name", "anna", "POST", "/api/v1/tags/water/feature", "", 200, has(`"name":"water"`, `"featuring":true`), nil},
	{"nothing to suggest", "anna", "GET", "/api/v1/featured_tags/suggestions", "", 200, has("[]"), nil},
	{"feature nothing", "anna", "POST", "/api/v1/featured_tags", "name=", 422, has("hashtag"), nil},
	{"featured", "", "GET", "/api/v1/accounts/{anna}/featured_tags", "", 200, has(`"name":"bouwen"`, `"name":"water"`, `"last_status_at":null`), nil},
	{"of nobody", "", "GET", "/api/v1/accounts/{nobody}/featured_tags", "", 404, has("error"), nil},
	{"unfeature by name", "anna", "POST", "/api/v1/tags/water/unfeature", "", 200, has(`"featuring":false`), nil},
	{"feature by number", "bas", "POST", "/api/v1/tags/{number of bouwen}/feature", "", 200, has(`"name":"bouwen"`, `"featuring":true`), nil},
	{"feature by a number of nothing", "bas", "POST", "/api/v1/tags/12/feature", "", 404, has("error"), nil},
	{"remove what is not there", "anna", "DELETE", "/api/v1/featured_tags/1", "", 404, has("error"), nil},
	{"remove somebody else's", "cas", "DELETE", "/api/v1/featured_tags/{featured}", "", 404, has("error"), nil},
	{"remove", "anna", "DELETE", "/api/v1/featured_tags/{featured}", "", 200, has("{}"), nil},
	{"nothing featured any more", "anna", "GET", "/api/v1/featured_tags", "", 200, has("[]"), nil},

	{"post two tags", "bas", "POST", "/api/v1/statuses", "status=Twee+%23bouwen+%23energie", 200, nil, nil},
	{"post another", "cas", "POST", "/api/v1/statuses", "status=Alleen+%23energie", 200, nil, nil},
	{"a private one", "cas", "POST", "/api/v1/statuses", "status=Verborgen+%23energie+%23geheim&visibility=private", 200, nil, nil},
	{"is in no timeline of tags", "cas", "GET", "/api/v1/timelines/tag/geheim", "", 200, has("[]"), nil},
	{"and its tag is not found", "anna", "GET", "/api/v2/search?q=gehei&type=hashtags", "", 200, has(`"hashtags":[]`), nil},
	{"nor by its number, which anybody can compute", "anna", "POST", "/api/v1/tags/{number of geheim}/feature", "", 404, has("error"), nil},
	{"one tag", "", "GET", "/api/v1/timelines/tag/bouwen", "", 200, has("SECRETpublic", "Twee"), has("Alleen")},
	{"any", "", "GET", "/api/v1/timelines/tag/bouwen?any[]=Energie", "", 200, has("SECRETpublic", "Twee", "Alleen"), has("Verborgen")},
	{"all", "", "GET", "/api/v1/timelines/tag/bouwen?all[]=%23energie", "", 200, has("Twee"), has("SECRETpublic", "Alleen")},
	{"none", "", "GET", "/api/v1/timelines/tag/bouwen?none[]=energie", "", 200, has("SECRETpublic"), has("Twee")},
	{"any but none", "", "GET", "/api/v1/timelines/tag/bouwen?any[]=energie&none[]=bouwen", "", 200, has("Alleen"), has("Twee")},
	{"local", "", "GET", "/api/v1/timelines/tag/energie?local=true", "", 200, has("Alleen"), nil},
	{"remote", "", "GET", "/api/v1/timelines/tag/energie?remote=true", "", 200, has("[]"), nil},
	{"with pictures", "", "GET", "/api/v1/timelines/tag/energie?only_media=true", "", 200, has("[]"), nil},
	{"hashtags in their order", "", "GET", "/api/v2/search?q=%23&type=hashtags", "", 200, has(`"hashtags":[]`), nil},
	{"hashtags by their beginning", "", "GET", "/api/v2/search?q=ene&type=hashtags", "", 200, has(`"name":"energie"`, `"accounts":"2","uses":"2"`), has("bouwen")},
}

func TestTags(t *testing.T) {
	each(t, func(w *world) {
		w.names["number of bouwen"], w.names["number of geheim"] = tagID("bouwen"), tagID("geheim")
		for n, s := range tagScenarios {
			w.run(tagScenarios[n : n+1])
			if s.name == "feature" {
				var all []featuredTag
				w.get(&all, "GET", "/api/v1/featured_tags", "anna", "")
				w.names["featured"] = all[0].ID
			}
		}
	})
}

func TestFollowedTagsArePaged(t *testing.T) {
	each(t, func(w *world) {
		var want []string
		for n := range 7 {
			want = append([]string{fmt.Sprintf("tag%d", n)}, want...)
			w.get(new(any), "POST", fmt.Sprintf("/api/v1/tags/tag%d/follow", n), "cas", "")
		}
		var got []string
		for path := "/api/v1/followed_tags?limit=3"; path != ""; {
			answer := w.ask("GET", path, "cas", "")
			var page []struct{ Name string }
			w.get(&page, "GET", path, "cas", "")
			for _, t := range page {
				got = append(got, t.Name)
			}
			next, _, more := strings.Cut(answer.Header().Get("Link"), `>; rel="next"`)
			if path = ""; more && len(page) > 0 {
				path = strings.TrimPrefix(next, "<https://gouda.example")
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// discover makes people findable: what the world's people post does not trend before.
func (w *world) discover(names ...string) {
	w.Helper()
	for _, name := range names {
		w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
			a := w.actor(name)
			a.Discoverable = true
			return w.api.Dir.Save(w.Context(), tx, a)
		}))
	}
}

func TestTrends(t *testing.T) {
	each(t, func(w *world) {
		w.discover("bas", "cas")
		for _, who := range []string{"bas", "cas"} {
			w.post(who, who+"1", outbox.Draft{Text: "Over #trend en #" + who})
			w.post(who, who+"2", outbox.Draft{Text: "Nog eens #" + who})
		}
		w.post("anna", "anna1", outbox.Draft{Text: "Over #stil"})
		w.post("bas", "bas3", outbox.Draft{Text: "Over #stil"})
		w.post("bas", "bas4", outbox.Draft{Text: "Besloten #trend2", Audience: actors.Followers})
		w.post("cas", "cas4", outbox.Draft{Text: "Besloten #trend2", Audience: actors.Followers})
		for post, likers := range map[string][]string{"bas1": {"anna", "cas"}, "bas2": {"anna"}, "cas1": {"anna", "cas"}, "anna1": {"bas", "cas"}} {
			for _, who := range likers {
				_, err := w.api.Outbox.Like(w.Context(), w.actor(who), w.item(post))
				w.check(err)
			}
		}
		for _, sql := range []string{ // a page that both link to
			"INSERT INTO cards (id, link, url, kind, title, author_name, author, created) VALUES (5, 'https://pagina.example/', 'https://pagina.example/', 'link', 'Een pagina', 'Anna', {anna}, 1)",
			"UPDATE items SET card = 5 WHERE id IN ({bas2}, {cas1}, {cas2})",
		} {
			_, err := w.api.DB.Exec(w.Context(), w.expand(sql))
			w.check(err)
		}
		w.run([]scenario{
			{"links", "", "GET", "/api/v1/trends/links", "", 200, has(`"url":"https://pagina.example/"`, `"title":"Een pagina"`, `"accounts":"2","uses":"3"`, `"acct":"anna"`), nil},
			{"no more links", "", "GET", "/api/v1/trends/links?offset=1", "", 200, has("[]"), nil},
			{"with a preview", "bas", "GET", "/api/v2/search?q=has:embed&type=statuses", "", 200, has(`"id":"{bas2}"`), has(`"id":"{bas1}"`, `"id":"{cas1}"`)},
			{"tags", "", "GET", "/api/v1/trends/tags", "", 200, has(`"name":"trend"`, `"accounts":"2","uses":"2"`), has(`"name":"bas"`, `"name":"stil"`, `"name":"trend2"`)},
			{"beyond", "anna", "GET", "/api/v1/trends/tags?offset=1", "", 200, has("[]"), nil},
			{"statuses", "", "GET", "/api/v1/trends/statuses", "", 200, has(`"id":"{bas1}"`), has(`"id":"{bas2}"`, `"id":"{cas1}"`, `"id":"{anna1}"`)},
			{"beyond", "", "GET", "/api/v1/trends/statuses?offset=1", "", 200, has("[]"), nil},
			{"a bad offset", "", "GET", "/api/v1/trends/statuses?offset=x", "", 422, has("offset"), nil},
			{"it is taken away", "bas", "DELETE", "/api/v1/statuses/{bas1}", "", 200, nil, nil},
			{"and trends no more", "", "GET", "/api/v1/trends/statuses", "", 200, has("[]"), nil},
		})
	})
}
