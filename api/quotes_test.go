// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/outbox"
)

// quoting adds to the world: bas quotes anna's public post, and anna that quote; anna quotes her private post for her followers and bas, who is none of
// them, and asks to quote dora, whose policy is not known; cas wrote for his followers only, of whom bas is one, and for nobody to quote.
func (w *world) quoting() {
	w.Helper()
	ctx, a := w.Context(), w.api
	w.check(a.Outbox.Answer(ctx, w.actor("cas"), w.actor("bas").ID, 0, true))
	w.post("bas", "quote", outbox.Draft{Text: "Dat zegt zij", Quote: w.item("public")})
	w.post("anna", "quote2", outbox.Draft{Text: "Dat zegt hij", Quote: w.item("quote")})
	w.post("anna", "own", outbox.Draft{Text: "Onder ons, @bas", Audience: actors.Followers, Quote: w.item("private")})
	w.post("cas", "forfew", outbox.Draft{Text: "Voor wie mij volgt", QuotePolicy: content.PolicyFollowers})
	w.post("cas", "fornone", outbox.Draft{Text: "Voor niemand", QuotePolicy: content.PolicyNobody})
	w.check(a.DB.Tx(ctx, func(tx *db.Tx) error {
		i, err := content.StoredByID(ctx, tx, w.item("remote"))
		w.check(err)
		return content.SetQuotePolicy(ctx, tx, i, `{"automatic":["followers","unsupported_policy"],"manual":["public"]}`)
	}))
	w.post("anna", "asked", outbox.Draft{Text: "Mag dat?", Quote: w.item("remote")})
}

var quoteScenarios = []scenario{
	// what is shown
	{"a quote", "", "GET", "/api/v1/statuses/{quote}", "", 200, has(`"quote":{"state":"accepted","quoted_status":{"id":"{public}"`, `class=\"quote-inline\">RE: <a href=\"https://gouda.example/posts/{public}\"`), nil},
	{"what is quoted", "", "GET", "/api/v1/statuses/{public}", "", 200, has(`"quotes_count":1`, `"quote":null`, `"quote_approval":{"automatic":["public"],"manual":[],"current_user":"denied"}`), nil},
	{"a quote of a quote", "cas", "GET", "/api/v1/statuses/{quote2}", "", 200, has(`"quoted_status":{"id":"{quote}"`, `"quote":{"state":"accepted","quoted_status_id":"{public}"}`), has("SECRETpublic")},
	{"a quote that waits", "anna", "GET", "/api/v1/statuses/{asked}", "", 200, has(`"quote":{"state":"pending","quoted_status":null}`), has("Van elders")},
	{"what may not be seen", "bas", "GET", "/api/v1/statuses/{own}", "", 200, has(`"quote":{"state":"unauthorized","quoted_status":null}`), has("SECRETprivate")},
	{"what may be", "anna", "GET", "/api/v1/statuses/{own}", "", 200, has(`"quote":{"state":"accepted","quoted_status":{"id":"{private}"`, "SECRETprivate"), nil},
	{"who may quote: a stranger", "anna", "GET", "/api/v1/statuses/{forfew}", "", 200, has(`"quote_approval":{"automatic":["followers"],"manual":[],"current_user":"denied"}`), nil},
	{"who may quote: a follower", "bas", "GET", "/api/v1/statuses/{forfew}", "", 200, has(`"current_user":"automatic"`), nil},
	{"who may quote: nobody", "bas", "GET", "/api/v1/statuses/{fornone}", "", 200, has(`"quote_approval":{"automatic":[],"manual":[],"current_user":"denied"}`), nil},
	{"who may quote: oneself", "cas", "GET", "/api/v1/statuses/{fornone}", "", 200, has(`"current_user":"automatic"`), nil},
	{"who may quote: what is private", "bas", "GET", "/api/v1/statuses/{direct}", "", 200, has(`"current_user":"denied"`), nil},
	{"who may quote: not understood", "anna", "GET", "/api/v1/statuses/{remote}", "", 200, has(`"quote_approval":{"automatic":["followers","unsupported_policy"],"manual":["public"],"current_user":"manual"}`), nil},
	{"who is told", "anna", "GET", "/api/v1/notifications?types[]=quote", "", 200, has(`"type":"quote"`, `"id":"{quote}"`), nil},
	{"who is told, in groups", "anna", "GET", "/api/v2/notifications?types[]=quote", "", 200, has(`"type":"quote"`, `"status_id":"{quote}"`), nil},
	{"it is counted in a boost", "", "GET", "/api/v1/accounts/{bas}/statuses?exclude_replies=true", "", 200, has(`"quotes_count":1`), nil},

	// lists
	{"who quotes", "cas", "GET", "/api/v1/statuses/{public}/quotes", "", 200, has(`"id":"{quote}"`), has(`"id":"{quote2}"`)},
	{"who quotes, nobody asks", "", "GET", "/api/v1/statuses/{public}/quotes", "", 401, has("error"), nil},
	{"who quotes what is private", "anna", "GET", "/api/v1/statuses/{private}/quotes", "", 200, has(`"id":"{own}"`), nil},
	{"who quotes what is hidden", "cas", "GET", "/api/v1/statuses/{private}/quotes", "", 404, has("error"), nil},
	{"who quotes, the next page", "anna", "GET", "/api/v1/statuses/{public}/quotes?max_id={quote}", "", 200, has("[]"), nil},

	// quoting
	{"quote", "cas", "POST", "/api/v1/statuses", "status=Ook+dat&quoted_status_id={public}&quote_approval_policy=nobody", 200, has(`"quote":{"state":"accepted","quoted_status":{"id":"{public}"`, `"quote_approval":{"automatic":[],`), nil},
	{"quote in JSON", "cas", "POST", "/api/v1/statuses", `{"status":"En nog eens","quoted_status_id":"{public}"}`, 200, has(`"quote":{"state":"accepted"`, `"automatic":["public"]`), nil},
	{"quote a boost", "cas", "POST", "/api/v1/statuses", `{"status":"Via via","quoted_status_id":"{boost}"}`, 200, has(`"quoted_status":{"id":"{public}"`), nil},
	{"quote and link", "cas", "POST", "/api/v1/statuses", `{"status":"Zie https://gouda.example/posts/{public}","quoted_status_id":"{public}"}`, 200, has(`"state":"accepted"`), has("quote-inline")},
	{"quote what may not be", "anna", "POST", "/api/v1/statuses", "status=x&quoted_status_id={fornone}", 422, has("does not let you quote"), nil},
	{"quote what is for followers", "anna", "POST", "/api/v1/statuses", "status=x&quoted_status_id={forfew}", 422, has("does not let you quote"), nil},
	{"quote what is hidden", "cas", "POST", "/api/v1/statuses", "status=x&quoted_status_id={private}", 404, has("error"), has("SECRET")},
	{"quote what is not", "cas", "POST", "/api/v1/statuses", "status=x&quoted_status_id=1", 404, has("error"), nil},
	{"quote nonsense", "cas", "POST", "/api/v1/statuses", "status=x&quoted_status_id=nonsense", 422, has("error"), nil},
	{"quote with a poll", "cas", "POST", "/api/v1/statuses", "status=x&quoted_status_id={public}&poll[options][]=a&poll[options][]=b&poll[expires_in]=600", 422, has("neither a poll nor files"), nil},
	{"quote with a file", "cas", "POST", "/api/v1/statuses", "status=x&quoted_status_id={public}&media_ids[]=12", 422, has("neither a poll nor files"), nil},
	{"a policy that is none", "cas", "POST", "/api/v1/statuses", "status=x&quote_approval_policy=friends", 422, has("quote_approval_policy"), nil},
	{"a policy for what is private", "cas", "POST", "/api/v1/statuses", "status=x&visibility=private&quote_approval_policy=public", 200, has(`"automatic":[]`), nil},
	{"private quoted in public", "anna", "POST", "/api/v1/statuses", "status=x&quoted_status_id={private}&visibility=public", 422, has("not for everybody"), nil},
	{"quoted in a message, unnamed", "bas", "POST", "/api/v1/statuses", "status=x&quoted_status_id={public}&visibility=direct", 422, has("mention @anna@gouda.example"), nil},

	// changing
	{"the policy of a post", "cas", "PUT", "/api/v1/statuses/{fornone}/interaction_policy", "quote_approval_policy=public", 200, has(`"automatic":["public"]`, `"edited_at":null`), nil},
	{"now it may be quoted", "anna", "POST", "/api/v1/statuses", "status=x&quoted_status_id={fornone}", 200, has(`"state":"accepted"`), nil},
	{"the policy of nothing", "cas", "PUT", "/api/v1/statuses/{fornone}/interaction_policy", "", 422, has("quote_approval_policy"), nil},
	{"the policy of another's", "anna", "PUT", "/api/v1/statuses/{fornone}/interaction_policy", "quote_approval_policy=nobody", 404, has("error"), nil},
	{"in an edit", "cas", "PUT", "/api/v1/statuses/{fornone}", "status=Anders&quote_approval_policy=nobody", 200, has(`"automatic":[]`, "Anders"), nil},
	{"an edit leaves it", "cas", "PUT", "/api/v1/statuses/{fornone}", "status=Nog+anders", 200, has(`"automatic":[]`), nil},
	{"an edit leaves what is quoted", "bas", "PUT", "/api/v1/statuses/{quote}", "status=Zij+zegt+dat", 200, has("Zij zegt dat", "quote-inline", `"quote":{"state":"accepted","quoted_status":{"id":"{public}"`), nil},
	{"before and after", "anna", "GET", "/api/v1/statuses/{quote}/history", "", 200, has("Dat zegt zij", "Zij zegt dat", `"quote":{"state":"accepted"`), nil},
	{"what is quoted changes", "anna", "PUT", "/api/v1/statuses/{public}", "status=Toch+anders", 200, has("Toch anders"), nil},
	{"and who quotes is told", "bas", "GET", "/api/v1/notifications?types[]=quoted_update", "", 200, has(`"type":"quoted_update"`, `"id":"{quote}"`, `"acct":"anna"`), nil},

	// taking back
	{"revoke another's", "cas", "POST", "/api/v1/statuses/{public}/quotes/{quote}/revoke", "", 403, has("error"), nil},
	{"revoke what is no quote", "anna", "POST", "/api/v1/statuses/{public}/quotes/{reply}/revoke", "", 404, has("error"), nil},
	{"revoke what is not", "anna", "POST", "/api/v1/statuses/{public}/quotes/1/revoke", "", 404, has("error"), nil},
	{"revoke", "anna", "POST", "/api/v1/statuses/{public}/quotes/{quote}/revoke", "", 200, has(`"id":"{quote}"`, `"quote":{"state":"revoked","quoted_status":null}`), nil},
	{"revoke again", "anna", "POST", "/api/v1/statuses/{public}/quotes/{quote}/revoke", "", 404, has("error"), nil},
	{"it is not listed", "cas", "GET", "/api/v1/statuses/{public}/quotes", "", 200, nil, has(`"id":"{quote}"`)},
	{"nor told", "anna", "GET", "/api/v1/notifications?types[]=quote", "", 200, nil, has(`"status":{"id":"{quote}"`)},
	{"a block hides it", "cas", "POST", "/api/v1/accounts/{bas}/block", "", 200, has(`"blocking":true`), nil},
	{"but tells that", "cas", "GET", "/api/v1/statuses/{quote2}", "", 200, has(`"quote":{"state":"blocked_account","quoted_status":{"id":"{quote}"`), nil},
	{"what is quoted goes", "bas", "DELETE", "/api/v1/statuses/{quote}", "", 200, has(`"quote":{"state":"revoked","quoted_status":{"id":"{public}"`), nil},
	{"and is quoted no more", "anna", "GET", "/api/v1/statuses/{quote2}", "", 200, has(`"quote":{"state":"deleted","quoted_status":null}`), nil},
	{"what one starts with", "anna", "GET", "/api/v1/preferences", "", 200, has(`"posting:default:quote_policy":"public"`), nil},
}

func TestQuoteScenarios(t *testing.T) {
	each(t, func(w *world) {
		w.quoting()
		boost, err := content.Boost(w.Context(), w.api.DB, w.item("public"), w.actor("bas").ID)
		w.check(err)
		w.names["boost"] = digits(boost.ID)
		w.run(quoteScenarios)
	})
}

// A person's own choice is what new posts start with.
func TestQuotePolicyThatOneStartsWith(t *testing.T) {
	each(t, func(w *world) {
		w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
			c, err := w.api.Auth.Account(w.Context(), tx, w.actor("anna").ID)
			w.check(err)
			c.QuotePolicy = content.PolicyFollowers
			return w.api.Auth.SetPreferences(w.Context(), tx, c.ID, c.Preferences)
		}))
		var s struct {
			Approval quoteApproval `json:"quote_approval"`
		}
		w.get(&s, "POST", "/api/v1/statuses", "anna", "status=x")
		if len(s.Approval.Automatic) != 1 || s.Approval.Automatic[0] != content.PolicyFollowers {
			t.Errorf("a new post has %+v", s.Approval)
		}
	})
}

// Whatever quotes it, and wherever that is shown, a post is seen only by those for whom it is; also when its author limits it later, or is suspended.
func TestNoQuoteLeaks(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		w.quoting()
		quotes := []string{"own"}
		for _, secret := range []string{"private", "direct", "grouppost"} { // written into public posts, as no route would
			name := "leak" + secret
			w.post("anna", name, outbox.Draft{Text: "Zie dit"})
			w.check(w.api.DB.Tx(ctx, func(tx *db.Tx) error {
				of, err := content.StoredByID(ctx, tx, w.item(secret))
				w.check(err)
				i, err := content.StoredByID(ctx, tx, w.item(name))
				w.check(err)
				return w.api.Timelines.SetQuote(ctx, tx, i, content.Quote{Of: of.ID, IRI: of.IRI, State: content.QuoteAccepted})
			}))
			w.post("bas", name+"2", outbox.Draft{Text: "Zie daar", Quote: w.item(name)})
			quotes = append(quotes, name, name+"2")
		}
		reads, seen := 0, 0
		for _, name := range quotes {
			for _, path := range []string{"/api/v1/statuses/{id}", "/api/v1/statuses/{id}/context", "/api/v1/statuses/{id}/history", "/api/v1/statuses?id[]={id}", "/api/v1/statuses/{id}/quotes",
				"/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/accounts/{anna}/statuses", "/api/v1/accounts/{bas}/statuses", "/api/v1/notifications", "/api/v2/notifications", "/api/v2/search?q=dit"} {
				for _, who := range requesters {
					answer := w.ask(http.MethodGet, strings.ReplaceAll(path, "{id}", "{"+name+"}"), who, "")
					reads++
					for post, seers := range audiences {
						if secret := "SECRET" + strings.TrimSuffix(post, "post"); strings.Contains(answer.Body.String(), secret) {
							if seen++; !seers[who] {
								t.Errorf("GET %s of %s tells %q of a %s post", path, name, who, post)
							}
						}
					}
				}
			}
		}
		if reads < 300 || seen == 0 {
			t.Errorf("%d requests, %d of which show something", reads, seen)
		}
		// A nested quote is no way around it either: bas may see "direct", cas may not.
		for who, want := range map[string]string{"bas": `"quoted_status_id":"{direct}"`, "cas": `{"state":"unauthorized","quoted_status_id":null}`} {
			if text := w.ask(http.MethodGet, "/api/v1/statuses/{leakdirect2}", who, "").Body.String(); !strings.Contains(text, w.expand(want)) {
				t.Errorf("%s reads %s", who, text)
			}
		}
		w.check(w.api.DB.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE items SET hidden = 2 WHERE id = $1", w.item("public"))
			return err
		}))
		if text := w.ask(http.MethodGet, "/api/v1/statuses/{quote}", "bas", "").Body.String(); !strings.Contains(text, `"quote":{"state":"unauthorized","quoted_status":null}`) {
			t.Errorf("of a suspended author it reads %s", text)
		}
	})
}

// A page of quotes costs as many queries as two of them.
func TestQuotesAreLoadedTogether(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		var queries atomic.Int64
		w := newWorld(t, dbtest.OpenSource(t, source, db.Options{Trace: func(string) { queries.Add(1) }}))
		w.quoting()
		for n := range 12 {
			name := fmt.Sprint("q", n)
			w.post("bas", name, outbox.Draft{Text: "Weer", Quote: w.item("public")})
			w.post("anna", name+"q", outbox.Draft{Text: "En weer", Quote: w.item(name)})
		}
		cost := func(limit string) int64 {
			w.api.DB.Forget() // what is remembered would not be counted
			before := queries.Load()
			if n := strings.Count(w.ask("GET", "/api/v1/accounts/{anna}/statuses?limit="+limit, "cas", "").Body.String(), `"quoted_status":{`); n == 0 {
				t.Error("nothing is quoted")
			}
			return queries.Load() - before
		}
		cost("2") // the token is remembered from now on
		if few, many := cost("2"), cost("10"); many != few || many > 18 {
			t.Errorf("%d queries for two quotes, %d for ten", few, many)
		}
	})
}
