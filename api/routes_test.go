// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/outbox"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestRoutesAreThoseOfTheGoldenFile(t *testing.T) {
	var b strings.Builder
	seen := map[string]bool{}
	for _, r := range new(API).routes() {
		line := fmt.Sprintf("%-6s %-52s %s\n", r.method, r.path, r.scope)
		if seen[r.method+r.path] {
			t.Errorf("%s %s is there twice", r.method, r.path)
		}
		seen[r.method+r.path] = true
		b.WriteString(line)
	}
	golden := filepath.Join("testdata", "routes.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("the routes changed; when that is meant, run the test with -update:\n%s", diff)
	}
}

func TestScopesOfRoutesExist(t *testing.T) {
	for _, r := range new(API).routes() {
		for _, scope := range strings.Fields(strings.TrimSuffix(r.scope, "?")) {
			if scope == "public" || scope == "app" || scope == "user" {
				continue
			}
			if _, err := auth.ParseScopes(scope); err != nil {
				t.Errorf("%s %s: %v", r.method, r.path, err)
			}
		}
	}
}

// audiences says who of the requesters sees the posts of the world.
var audiences = map[string]map[string]bool{
	"public":    {"": true, "anna": true, "bas": true, "cas": true, "app": true},
	"unlisted":  {"": true, "anna": true, "bas": true, "cas": true, "app": true},
	"private":   {"anna": true},
	"direct":    {"anna": true, "bas": true},
	"grouppost": {"": true, "anna": true, "bas": true, "cas": true, "app": true},
	"suspended": {}, // its author is
}

// suspended gives a world somebody who is suspended, with a post for everybody that bas follows, likes, has boosted and answered.
func (w *world) suspended() {
	w.Helper()
	ctx := w.Context()
	w.person("sus")
	sus, bas := w.actor("sus"), w.actor("bas")
	w.check(w.api.Outbox.Follow(ctx, bas, sus, nil, nil))
	w.post("sus", "suspended", outbox.Draft{Text: "SECRETsuspended #Bouwen @anna", ReplyTo: w.item("public")})
	w.post("bas", "answer", outbox.Draft{Text: "Antwoord", ReplyTo: w.item("suspended")})
	_, err := w.api.Outbox.Like(ctx, bas, w.item("suspended"))
	w.check(err)
	_, err = w.api.Outbox.Boost(ctx, bas, w.item("suspended"), actors.Public)
	w.check(err)
	w.check(w.api.Moderation.Act(ctx, moderation.CommandLine, sus, moderation.Decision{Action: moderation.Suspend}))
}

var requesters = []string{"", "app", "cas", "bas", "anna"}

// Every route about one status × every audience × every requester: what one may not see does not exist.
func TestNoRouteTellsOfAStatusThatIsNotForTheAsker(t *testing.T) {
	each(t, func(w *world) {
		w.suspended()
		for _, r := range w.api.routes() {
			if !strings.Contains(r.path, "/statuses/{id}") && !strings.Contains(r.path, "/polls/{id}") {
				continue
			}
			for post, seers := range audiences {
				for _, who := range requesters {
					if seers[who] || (who == "" || who == "app") && !strings.HasSuffix(r.scope, "?") {
						continue
					}
					path := strings.ReplaceAll(r.path, "{id}", "{"+post+"}")
					answer := w.ask(r.method, path, who, "status=x")
					if strings.Contains(r.path, "/polls/{id}/votes") && answer.Code == http.StatusUnprocessableEntity {
						continue // a wrong body says nothing
					}
					if answer.Code != http.StatusNotFound || strings.Contains(answer.Body.String(), "SECRET") {
						t.Errorf("%s %s of a %s post, asked by %q: %d %s", r.method, r.path, post, who, answer.Code, answer.Body)
					}
				}
			}
		}
	})
}

// Every route that only reads × every requester: nothing leaks in lists, searches, notifications and boosts.
func TestNoRouteLeaks(t *testing.T) {
	each(t, func(w *world) {
		w.suspended()
		queries := map[string]string{"/api/v2/search": "?q=SECRET*", "/api/v1/search": "?q=SECRET*", "/api/v1/accounts/search": "?q=anna", "/api/v1/accounts/lookup": "?acct=anna",
			"/api/v1/statuses": "?id[]={private}&id[]={direct}&id[]={public}"}
		reads := 0
		for _, r := range w.api.routes() {
			if r.method != http.MethodGet || strings.HasPrefix(r.path, "/api/v1/streaming") {
				continue
			}
			var paths []string
			for _, id := range []string{"{anna}", "{wonen}", "{public}", "{reply}", "{sus}", "{suspended}", "{answer}"} {
				paths = append(paths, strings.NewReplacer("{id}", id, "{name}", "bouwen", "{key}", "ungrouped-"+id).Replace(r.path)+queries[r.path])
				if !strings.Contains(r.path, "{id}") {
					break
				}
			}
			for _, path := range paths {
				for _, who := range requesters {
					answer := w.ask(r.method, path, who, "")
					reads++
					for post, seers := range audiences {
						if secret := "SECRET" + strings.TrimSuffix(post, "post"); !seers[who] && strings.Contains(answer.Body.String(), secret) {
							t.Errorf("GET %s tells %q of a %s post", path, who, post)
						}
					}
				}
			}
		}
		if reads < 300 {
			t.Errorf("only %d requests", reads)
		}
	})
}

func TestTokensReachAsFarAsTheirScopes(t *testing.T) {
	each(t, func(w *world) {
		path := strings.NewReplacer("{id}", "{public}", "{name}", "x", "{key}", "ungrouped-1", "{channel:.+}", "moon")
		for _, r := range w.api.routes() {
			anybody := r.scope == "public" || strings.HasSuffix(r.scope, "?")
			if answer := w.ask(r.method, path.Replace(r.path), "", ""); (answer.Code == http.StatusUnauthorized) == anybody && !strings.HasPrefix(r.path, "/oauth") {
				t.Errorf("%s %s without a token: %d", r.method, r.path, answer.Code)
			}
			answer := w.ask(r.method, path.Replace(r.path), "narrow", "")
			narrow := auth.Scopes{"read:accounts"}
			allowed := true
			for _, scope := range strings.Fields(strings.TrimSuffix(r.scope, "?")) {
				allowed = allowed && (scope == "public" || scope == "app" || scope == "user" || narrow.Allows(scope))
			}
			if outside := strings.Contains(answer.Body.String(), "outside the authorized scopes"); outside == allowed || outside && answer.Code != http.StatusForbidden {
				t.Errorf("%s %s (%s) with read:accounts: %d %s", r.method, r.path, r.scope, answer.Code, answer.Body)
			}
		}
	})
}
