// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/outbox"
)

const g = ownPath + "/groups/{wonen}"

// groupScenarios run one after the other on one node.
var groupScenarios = []scenario{
	// finding
	{"groups", "", "GET", ownPath + "/groups", "", 200, has(`"handle":"@wonen@gouda.example"`, `"membership":null`, `"members":2`, `"organisations":1`, `"organisation":{"host":"gouda.example","name":"Gemeente Gouda"}`), nil},
	{"as a member", "anna", "GET", ownPath + "/groups", "", 200, has(`"membership":{"state":"active","role":"member"`), nil},
	{"found by a word", "", "GET", ownPath + "/groups?q=WON", "", 200, has(`"name":"wonen"`), nil},
	{"not found", "", "GET", ownPath + "/groups?q=w%25n", "", 200, has("[]"), nil},
	{"only mine", "cas", "GET", ownPath + "/groups?member=true", "", 200, has("[]"), nil},
	{"mine", "anna", "GET", ownPath + "/groups?member=true", "", 200, has(`"name":"wonen"`), nil},
	{"whose", "", "GET", ownPath + "/groups?member=true", "", 401, has(`"type":"about:blank"`, `"title":"Unauthorized"`, `"status":401`), nil},
	{"a wrong choice", "", "GET", ownPath + "/groups?member=perhaps", "", 400, has("member must be true or false"), nil},
	{"a wrong cursor", "", "GET", ownPath + "/groups?maxId=x", "", 400, has("maxId"), nil},
	{"one", "cas", "GET", g, "", 200, has(`"visibility":"public"`, `"joinPolicy":"open"`, `"posting":"members"`, `"state":"none"`), nil},
	{"no group", "", "GET", ownPath + "/groups/{anna}", "", 404, has(`"detail":"There is no such group."`), nil},
	{"nothing", "", "GET", ownPath + "/groups/{nobody}", "", 404, has(`"status":404`), nil},
	{"no number", "", "GET", ownPath + "/groups/wonen", "", 404, has(`"status":404`), nil},
	{"a slash at the end", "", "GET", ownPath + "/groups/", "", 404, has(`"status":404`), nil},
	{"a slash at the end of one", "", "GET", g + "/", "", 404, has(`"status":404`), nil},
	{"another method", "anna", "PUT", g, "", 405, has("use GET, HEAD, PATCH"), nil},
	{"an unknown path", "anna", "GET", ownPath + "/moons", "", 404, has(`"title":"Not Found"`), nil},

	// making and changing
	{"make", "anna", "POST", ownPath + "/groups", `{"name":"energie","title":"Energie","summary":"Over <energie>","joinPolicy":"request","posting":"moderators"}`, 201,
		has(`"name":"energie"`, `"members":1`, `"joinPolicy":"request"`, `"posting":"moderators"`, `"role":"owner"`, "&lt;energie&gt;"), nil},
	{"its name is taken", "bas", "POST", ownPath + "/groups", "name=energie&title=Energie", 400, has("taken"), nil},
	{"without a title", "bas", "POST", ownPath + "/groups", `{"name":"water"}`, 400, has("title is missing"), nil},
	{"with a blank one", "bas", "POST", ownPath + "/groups", `{"name":"water","title":" "}`, 400, has("needs a title"), nil},
	{"with a long one", "bas", "POST", ownPath + "/groups", `{"name":"water","title":"` + strings.Repeat("é", 101) + `"}`, 400, has("longer than 100"), nil},
	{"with a list", "bas", "POST", ownPath + "/groups", `{"name":"water","title":["a"]}`, 400, has("not a list"), nil},
	{"with a wrong word", "bas", "POST", ownPath + "/groups", `{"name":"water","title":"Water","joinPolicy":"maybe"}`, 400, has("one of open, request, invite, automatic"), nil},
	{"nobody makes", "", "POST", ownPath + "/groups", `{"name":"water","title":"Water"}`, 401, has("401"), nil},
	{"nor an app", "app", "POST", ownPath + "/groups", `{"name":"water","title":"Water"}`, 400, has("authenticated user"), nil},
	{"change", "bas", "PATCH", g, `{"title":"Wonen en werken","summary":"Nieuw"}`, 200, has(`"title":"Wonen en werken"`, `"summary":"<p>Nieuw</p>"`, `"joinPolicy":"open"`), nil},
	{"a member does not", "anna", "PATCH", g, `{"title":"Van mij"}`, 403, has("Only an owner"), nil},
	{"a stranger neither", "cas", "PATCH", g, `{"title":"Van mij"}`, 403, has("Only an owner"), nil},
	{"nothing to change", "bas", "PATCH", g, `{}`, 200, has(`"title":"Wonen en werken"`), nil},
	{"not away", "bas", "PATCH", g, `{"title":""}`, 400, has("needs a title"), nil},

	// members
	{"members", "cas", "GET", g + "/members", "", 200, has(`"handle":"@bas@gouda.example"`, `"role":"owner"`, `"role":"member"`, `"name":"Gemeente Gouda"`), nil},
	{"owners", "cas", "GET", g + "/members?role=owner", "", 200, has(`"handle":"@bas@gouda.example"`), has("anna")},
	{"no such role", "cas", "GET", g + "/members?role=king", "", 400, has("role must be one of"), nil},
	{"not for everybody", "", "GET", g + "/members", "", 401, has("401"), nil},
	{"join", "cas", "POST", g + "/membership", "", 201, has(`"state":"active"`, `"role":"member"`), nil},
	{"again", "cas", "POST", g + "/membership", "", 201, has(`"state":"active"`), nil},
	{"my groups", "anna", "GET", ownPath + "/people/{cas}/groups", "", 200, has(`"name":"wonen"`), has(`"name":"energie"`)},
	{"a group is no person", "anna", "GET", ownPath + "/people/{wonen}/groups", "", 404, has("no such person"), nil},
	{"members do not promote", "anna", "PATCH", g + "/members/{cas}", `{"role":"moderator"}`, 403, has("Only an owner"), nil},
	{"the only owner stays", "bas", "PATCH", g + "/members/{bas}", `{"role":"member"}`, 403, has("no other owner"), nil},
	{"and cannot leave", "bas", "DELETE", g + "/membership", "", 403, has("only owner"), nil},
	{"promote", "bas", "PATCH", g + "/members/{anna}", `{"role":"moderator"}`, 200, has(`"role":"moderator"`), nil},
	{"a stranger has no role", "bas", "PATCH", g + "/members/{dora}", `{"role":"moderator"}`, 404, has("not a member"), nil},
	{"guests come later", "bas", "PATCH", g + "/members/{anna}", `{"role":"guest"}`, 400, has("role must be one of"), nil},
	{"moderators do not remove owners", "anna", "DELETE", g + "/members/{bas}", "", 403, has("higher role"), nil},
	{"members remove nobody", "cas", "DELETE", g + "/members/{anna}", "", 403, has("owner or moderator"), nil},
	{"members ban nobody", "cas", "PUT", g + "/bans/{dora}", "", 403, has("owner or moderator"), nil},
	{"moderators do not ban owners", "anna", "PUT", g + "/bans/{bas}", "", 403, has("higher role"), nil},
	{"until when", "anna", "PUT", g + "/bans/{dora}", `{"until":"morgen"}`, 400, has("until must be"), nil},
	{"not in the past", "anna", "PUT", g + "/bans/{dora}", `{"until":"1999-01-01T00:00:00Z"}`, 400, has("future"), nil},
	{"ban", "anna", "PUT", g + "/bans/{dora}", `{"reason":"Kwam al eerder langs","until":"2999-01-01T00:00:00Z"}`, 204, nil, nil},
	{"bans", "bas", "GET", g + "/bans", "", 200, has(`"handle":"@dora@elders.example"`, `"until":"2999-01-01T00:00:00.000Z"`), nil},
	{"for good", "anna", "PUT", g + "/bans/{dora}", "", 204, nil, nil},
	{"without an end", "bas", "GET", g + "/bans", "", 200, has(`"until":null`), nil},
	{"not for members", "cas", "GET", g + "/bans", "", 403, has("owners and moderators"), nil},
	{"members lift no ban", "cas", "DELETE", g + "/bans/{dora}", "", 403, has("owner or moderator"), nil},
	{"lift", "bas", "DELETE", g + "/bans/{dora}", `{"reason":"Vergissing"}`, 204, nil, nil},
	{"no bans", "bas", "GET", g + "/bans", "", 200, has("[]"), nil},
	{"not banned", "bas", "DELETE", g + "/bans/{dora}", "", 404, has("not banned"), nil},
	{"remove", "anna", "DELETE", g + "/members/{cas}", `{"reason":"Reclame"}`, 204, nil, nil},
	{"who is gone", "anna", "DELETE", g + "/members/{cas}", "", 404, has("not a member"), nil},
	{"reads the log no more", "cas", "GET", g + "/log", "", 403, has("Only members"), nil},
	{"removed", "cas", "GET", g + "/membership", "", 200, has(`"state":"removed"`, `"role":null`), nil},

	// asking
	{"only with consent", "bas", "PATCH", g, `{"joinPolicy":"request"}`, 200, has(`"joinPolicy":"request"`), nil},
	{"ask", "cas", "POST", g + "/membership", `{"introduction":"Ik werk aan de woonvisie"}`, 201, has(`"state":"requested"`, `"role":null`), nil},
	{"requests", "anna", "GET", g + "/requests", "", 200, has(`"handle":"@cas@gouda.example"`, `"introduction":"Ik werk aan de woonvisie"`), nil},
	{"not for the asker", "cas", "GET", g + "/requests", "", 403, has("owners and moderators"), nil},
	{"nobody accepts itself", "cas", "POST", g + "/requests/{cas}", `{"decision":"accept"}`, 403, has("owners and moderators"), nil},
	{"decide what", "anna", "POST", g + "/requests/{cas}", `{"decision":"perhaps"}`, 400, has("accept, reject"), nil},
	{"reject", "anna", "POST", g + "/requests/{cas}", `{"decision":"reject","reason":"Nog niet"}`, 200, has(`"state":"removed"`), nil},
	{"decided", "anna", "POST", g + "/requests/{cas}", `{"decision":"accept"}`, 404, has("404"), nil},
	{"ask again", "cas", "POST", g + "/membership", "", 201, has(`"state":"requested"`), nil},
	{"withdraw", "cas", "DELETE", g + "/membership", "", 204, nil, nil},
	{"ask once more", "cas", "POST", g + "/membership", "", 201, has(`"state":"requested"`), nil},
	{"accept", "bas", "POST", g + "/requests/{cas}", `{"decision":"accept"}`, 200, has(`"state":"active"`, `"role":"member"`), nil},
	{"no requests", "bas", "GET", g + "/requests", "", 200, has("[]"), nil},

	// posts
	{"pin", "anna", "PUT", g + "/pins/{grouppost}", "", 204, nil, nil},
	{"pins", "", "GET", g + "/pins", "", 200, has(`"status":"{grouppost}"`), nil},
	{"in apps", "", "GET", "/api/v1/accounts/{wonen}/statuses?pinned=true", "", 200, has("SECRETgroup"), nil},
	{"not on the author's page", "", "GET", "/api/v1/accounts/{anna}/statuses?pinned=true", "", 200, has("[]"), nil},
	{"members do not pin", "cas", "PUT", g + "/pins/{grouppost}", "", 403, has("owner or moderator"), nil},
	{"nor what is elsewhere", "bas", "PUT", g + "/pins/{public}", "", 404, has("does not stand"), nil},
	{"nor what they do not see", "bas", "PUT", g + "/pins/{private}", "", 404, has("404"), has("SECRET")},
	{"unpin", "bas", "DELETE", g + "/pins/{grouppost}", "", 204, nil, nil},
	{"no pins", "", "GET", g + "/pins", "", 200, has("[]"), nil},
	{"lock", "bas", "PUT", g + "/locks/{grouppost}", `{"reason":"Genoeg gezegd"}`, 204, nil, nil},
	{"members do not answer", "cas", "POST", "/api/v1/statuses", "status=Nog+iets&in_reply_to_id={grouppost}", 403, has("closed"), nil},
	{"unlock", "anna", "DELETE", g + "/locks/{grouppost}", "", 204, nil, nil},
	{"they answer", "cas", "POST", "/api/v1/statuses", "status=Nog+iets&in_reply_to_id={grouppost}", 200, has("Nog iets"), nil},
	{"a moderator deletes", "bas", "DELETE", "/api/v1/statuses/{grouppost}", "", 200, nil, nil},

	// what was decided
	{"the log", "bas", "GET", g + "/log", "", 200, has(`"kind":"settings"`, `"kind":"role"`, `"role":"moderator"`, `"kind":"removal"`, `"reason":"Reclame"`, `"kind":"rejection"`, `"reason":"Nog niet"`,
		`"kind":"admission"`, `"kind":"pin"`, `"kind":"unpin"`, `"kind":"lock"`, `"reason":"Genoeg gezegd"`, `"kind":"unlock"`, `"kind":"deletion"`, `"status":"{grouppost}"`, `"kind":"ban"`, `"until":"2999-01-01T00:00:00.000Z"`, `"kind":"unban"`, `"reason":"Vergissing"`), nil},
	{"members read it too", "cas", "GET", g + "/log", "", 200, has(`"kind":"removal"`, `"reason":"Reclame"`), nil},
	{"the nodes", "bas", "GET", g + "/nodes?lang=nl", "", 200, has(`"summary":"afgeleverd bij 0 van 0 organisaties"`, `"nodes":[]`), nil},
	{"not for members", "cas", "GET", g + "/nodes", "", 403, has("owners and moderators"), nil},
	{"nor for everybody", "", "GET", g + "/log", "", 401, has("401"), nil},
	{"who has left", "bas", "GET", g + "/departures", "", 200, has("[]"), nil},
	{"that is not for members", "cas", "GET", g + "/departures", "", 403, has("owners and moderators"), nil},

	// organisations
	{"organisations", "", "GET", ownPath + "/organisations", "", 200, has(`"host":"elders.example","name":null,"local":false,"people":1,"groups":0`, `"host":"gouda.example","name":"Gemeente Gouda","local":true,"people":3,"groups":2`), nil},
	{"the next ones", "", "GET", ownPath + "/organisations?after=elders.example", "", 200, has("gouda.example"), has("elders.example")},
}

func TestGroupScenarios(t *testing.T) {
	each(t, func(w *world) { w.run(groupScenarios) })
}

// hide gives the world groups that not everybody may know: bas owns them, anna is a member.
func (w *world) hide() {
	w.Helper()
	ctx := w.Context()
	for _, name := range []string{"listed", "hidden"} {
		w.check(w.api.DB.Tx(ctx, func(tx *db.Tx) error {
			group, err := w.api.Dir.AddGroup(ctx, tx, w.actor("bas"), actors.NewGroup{Name: name, Title: "SECRETgroup " + name, Visibility: name})
			if err != nil {
				return err
			}
			w.names[name] = digits(group.ID)
			_, err = w.api.Dir.Admit(ctx, tx, w.actor("anna"), group)
			return err
		}))
	}
}

// Every route of our own API × every group × every requester: a hidden group does not exist for who is not a member.
func TestAHiddenGroupDoesNotExist(t *testing.T) {
	each(t, func(w *world) {
		w.hide()
		asked := 0
		for _, o := range w.api.operations() {
			path := strings.NewReplacer("{account}", "{anna}", "{status}", "{grouppost}").Replace(o.path)
			for _, who := range []string{"", "app", "cas"} {
				paths := []string{strings.ReplaceAll(path, "{id}", "{hidden}")}
				if strings.Contains(o.path, "/people/") || !strings.Contains(o.path, "{id}") {
					paths = []string{strings.ReplaceAll(path, "{id}", "{anna}"), strings.ReplaceAll(path, "{id}", "{bas}") + "?q=SECRET"}
				}
				for _, path := range paths {
					answer := w.ask(o.method, path, who, `{"role":"member","decision":"accept","name":"x","title":"x","people":"@anna","account":"{anna}"}`)
					asked++
					if strings.Contains(path, "{hidden}") && answer.Code != http.StatusNotFound && (who == "cas" || strings.HasSuffix(o.scope, "?")) {
						t.Errorf("%s %s by %q: %d %s", o.method, path, who, answer.Code, answer.Body)
					}
					told := strings.ReplaceAll(answer.Body.String(), `"visibility":"hidden"`, "") // what a preset is
					if strings.Contains(told, "hidden") && answer.Code < 400 {
						t.Errorf("%s %s tells %q of a hidden group: %s", o.method, path, who, answer.Body)
					}
				}
			}
		}
		if asked < 60 {
			t.Errorf("only %d requests", asked)
		}
		w.run([]scenario{
			{"it is not counted", "", "GET", ownPath + "/organisations", "", 200, has(`"host":"gouda.example","name":"Gemeente Gouda","local":true,"people":3,"groups":2`), nil}, // wonen, and the one that cas made above
			{"members know it", "anna", "GET", ownPath + "/groups", "", 200, has("SECRETgroup hidden", "SECRETgroup listed"), nil},
			{"and who shares it sees it", "anna", "GET", ownPath + "/people/{bas}/groups", "", 200, has("SECRETgroup hidden"), nil},
			{"a listed one is known", "cas", "GET", ownPath + "/groups/{listed}", "", 200, has(`"visibility":"listed"`), nil},
			{"but not who is in it", "cas", "GET", ownPath + "/groups/{listed}/members", "", 403, has("Only members"), nil},
			{"members see that", "anna", "GET", ownPath + "/groups/{listed}/members", "", 200, has("@bas@gouda.example"), nil},
			{"nor in the list of the node", "cas", "GET", ownPath + "/groups", "", 200, nil, has("SECRET")},
			{"who shows nobody the own follows", "bas", "PATCH", "/api/v1/accounts/update_credentials", "hide_collections=true", 200, nil, nil},
			{"shows no groups", "cas", "GET", ownPath + "/people/{bas}/groups", "", 200, has("[]"), nil},
			{"but those that are shared", "anna", "GET", ownPath + "/people/{bas}/groups", "", 200, has(`"name":"wonen"`), nil},
		})
	})
}

// Every route of our own API about a post × every audience × every requester: what one may not see, or what stands elsewhere,
// does not exist; and only who decides in the group decides about what stands in it.
func TestOwnRoutesTellOfNoPostThatIsNotForTheAsker(t *testing.T) {
	each(t, func(w *world) {
		w.suspended()
		asked := 0
		for _, o := range w.api.operations() {
			if !strings.Contains(o.path, "{status}") {
				continue
			}
			for post, seers := range audiences {
				for _, who := range []string{"cas", "anna", "bas"} {
					answer := w.ask(o.method, strings.NewReplacer("{id}", "{wonen}", "{status}", "{"+post+"}").Replace(o.path), who, "")
					asked++
					want := http.StatusNotFound
					if post == "grouppost" && seers[who] {
						want = map[string]int{"cas": http.StatusForbidden, "anna": http.StatusForbidden, "bas": http.StatusNoContent}[who]
					}
					if answer.Code != want || strings.Contains(answer.Body.String(), "SECRET") {
						t.Errorf("%s %s of a %s post, asked by %s: %d instead of %d: %s", o.method, o.path, post, who, answer.Code, want, answer.Body)
					}
				}
			}
		}
		if asked < 60 {
			t.Errorf("only %d requests", asked)
		}
	})
}

func TestOwnListsAreOfPages(t *testing.T) {
	each(t, func(w *world) {
		for _, name := range []string{"een", "twee", "drie"} {
			w.ask("POST", ownPath+"/groups", "anna", `{"name":"`+name+`","title":"Wonen `+name+`"}`)
		}
		var names []string
		path, pages := ownPath+"/groups?limit=3&q=won", 0
		for path != "" {
			answer := w.ask("GET", path, "", "")
			var page []struct{ Name string }
			w.check(json.Unmarshal(answer.Body.Bytes(), &page))
			for _, one := range page {
				names = append(names, one.Name)
			}
			next := links(answer.Header())["next"]
			if next != "" && !strings.Contains(next, "maxId=") || strings.Contains(next, "max_id") {
				t.Fatalf("the next page is %s", next)
			}
			path = next
			pages++
		}
		if got := strings.Join(names, " "); got != "drie twee een wonen" || pages != 3 {
			t.Errorf("%d pages: %s", pages, got)
		}
		first := w.ask("GET", ownPath+"/organisations?limit=1", "", "")
		if next := links(first.Header())["next"]; !strings.Contains(next, "after=elders.example") || !strings.Contains(w.ask("GET", next, "", "").Body.String(), "gouda.example") {
			t.Errorf("the organisations after %s are at %q", first.Body, next)
		}
	})
}

// A page of many costs as many queries as one of few.
func TestOwnListsCostTheSameWhateverTheirLength(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		var queries atomic.Int64
		w := newWorld(t, dbtest.OpenSource(t, source, db.Options{Trace: func(string) { queries.Add(1) }}))
		for i := range 12 {
			name := "p" + digits(int64(i+1))
			w.person(name)
			made := w.ask("POST", ownPath+"/groups", name, `{"name":"g`+name+`","title":"Groep"}`)
			w.ask("POST", strings.TrimPrefix(made.Header().Get("Location"), "https://gouda.example")+"/invitations", name, `{"people":"@bas"}`)
			w.person("q" + name)
			w.ask("POST", g+"/invitations", "bas", `{"people":"@q`+name+`"}`)
			w.check(w.api.Outbox.Follow(t.Context(), w.actor(name), w.actor("wonen"), nil, nil))
			w.ask("PATCH", g+"/members/{"+name+"}", "bas", `{"role":"moderator"}`)
		}
		for _, path := range []string{ownPath + "/groups", g + "/members", g + "/log", g + "/invitations", ownPath + "/invitations", ownPath + "/people/{anna}/groups", ownPath + "/organisations"} {
			if n := strings.Count(w.ask("GET", path, "bas", "").Body.String(), `"id"`); n < 12 && !strings.HasSuffix(path, "organisations") && !strings.HasSuffix(path, "{anna}/groups") {
				t.Errorf("%s: only %d rows", path, n)
			}
			cost := func(limit string) int64 {
				w.api.DB.Forget() // what is remembered would not be counted
				before := queries.Load()
				w.ask("GET", path+"?limit="+limit, "bas", "")
				return queries.Load() - before
			}
			if few, many := cost("1"), cost("12"); few != many || many > 9 {
				t.Errorf("%s: %d queries for one row, %d for twelve", path, few, many)
			}
		}
	})
}

func TestHeadAndPreflightOfOwnAPI(t *testing.T) {
	each(t, func(w *world) {
		if answer := w.ask("HEAD", ownPath+"/groups", "", ""); answer.Code != http.StatusOK {
			t.Errorf("HEAD: %d", answer.Code)
		}
		answer := w.ask("OPTIONS", ownPath+"/groups/{wonen}", "", "", "Origin", "https://elders.example", "Access-Control-Request-Method", "PATCH")
		if answer.Code != http.StatusNoContent || !strings.Contains(answer.Header().Get("Access-Control-Allow-Methods"), "PATCH") {
			t.Errorf("preflight: %d %v", answer.Code, answer.Header())
		}
		if answer := w.ask("DELETE", ownPath+"/groups", "anna", ""); answer.Header().Get("Allow") != "GET, HEAD, POST" {
			t.Errorf("Allow: %q", answer.Header().Get("Allow"))
		}
	})
}

// The last owner cannot step down, nor two at once.
func TestAGroupKeepsAnOwner(t *testing.T) {
	each(t, func(w *world) {
		w.run([]scenario{
			{"a second one", "bas", "PATCH", g + "/members/{anna}", `{"role":"owner"}`, 200, has(`"role":"owner"`), nil},
			{"owners do not remove each other", "anna", "DELETE", g + "/members/{bas}", "", 403, has("higher role"), nil},
		})
		both := make(chan *httptest.ResponseRecorder)
		for _, who := range []string{"anna", "bas"} {
			go func() { both <- w.ask("PATCH", g+"/members/{"+who+"}", who, `{"role":"member"}`) }()
		}
		one, other := <-both, <-both
		if one.Code+other.Code != 200+403 {
			t.Errorf("both step down: %d and %d", one.Code, other.Code)
		}
	})
}

// What was decided about somebody goes with that person.
func TestDecisionsAboutSomebodyAreForgotten(t *testing.T) {
	each(t, func(w *world) {
		w.run([]scenario{
			{"remove", "bas", "DELETE", g + "/members/{anna}", `{"reason":"SECRETreason"}`, 204, nil, nil},
			{"log", "bas", "GET", g + "/log", "", 200, has("SECRETreason"), nil},
		})
		w.check(w.api.Outbox.DeleteActor(t.Context(), w.actor("anna")))
		w.run([]scenario{{"no more", "bas", "GET", g + "/log", "", 200, has("[]"), nil}})
	})
}

// Who deletes the own post decides about nobody.
func TestDeletionByTheAuthorIsNoDecision(t *testing.T) {
	each(t, func(w *world) {
		w.post("anna", "own", outbox.Draft{Text: "Van mij @wonen"})
		w.run([]scenario{
			{"delete", "anna", "DELETE", "/api/v1/statuses/{own}", "", 200, nil, nil},
			{"log", "bas", "GET", g + "/log", "", 200, has("[]"), nil},
		})
	})
}
