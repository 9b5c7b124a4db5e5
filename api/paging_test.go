// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

var linkPattern = regexp.MustCompile(`<https://gouda\.example(/[^>]*)>; rel="(next|prev)"`)

// links are the paths of the pages beside a page.
func links(h http.Header) map[string]string {
	all := map[string]string{}
	for _, m := range linkPattern.FindAllStringSubmatch(h.Get("Link"), -1) {
		all[m[2]] = m[1]
	}
	return all
}

type identified struct {
	ID string `json:"id"`
}

func (w *world) idsAt(path, who string) ([]string, map[string]string) {
	w.Helper()
	answer := w.ask("GET", path, who, "")
	var list []identified
	w.check(json.Unmarshal(answer.Body.Bytes(), &list))
	all := []string{}
	for _, one := range list {
		all = append(all, one.ID)
	}
	return all, links(answer.Header())
}

// Whatever the size of the page: who follows the links sees everything once, newest first, and comes back the same way.
func TestPagesFollowOneAnother(t *testing.T) {
	each(t, func(w *world) {
		for n := range 11 {
			w.post("bas", fmt.Sprint("p", n), outbox.Draft{Text: fmt.Sprint("nummer ", n)})
			if n%2 == 0 {
				_, err := w.api.Outbox.Like(w.Context(), w.actor("anna"), w.item(fmt.Sprint("p", n)))
				w.check(err)
			}
		}
		for _, path := range []string{"/api/v1/timelines/home?x=y%20z", "/api/v1/timelines/public?local=true", "/api/v1/accounts/{bas}/statuses?exclude_replies=1",
			"/api/v1/favourites?a=b", "/api/v1/notifications?a=b", "/api/v1/accounts/{anna}/following?a=b"} {
			all, _ := w.idsAt(path+"&limit=40", "anna")
			if len(all) < 2 {
				t.Fatalf("%s: only %d", path, len(all))
			}
			for _, limit := range []int{1, 2, 3, 7} {
				var forth, back []string
				next := fmt.Sprintf("%s&limit=%d", path, limit)
				var last map[string]string
				for range 50 {
					page, beside := w.idsAt(next, "anna")
					if len(page) == 0 {
						if len(beside) > 0 {
							t.Errorf("%s: an empty page has links", path)
						}
						break
					}
					forth, last = append(forth, page...), beside
					if next = beside["next"]; !strings.Contains(next, fmt.Sprint("limit=", limit)) || strings.Contains(path, "x=y") && !strings.Contains(next, "x=y+z") {
						t.Fatalf("%s: the link loses parameters: %s", path, next)
					}
				}
				if !slices.Equal(forth, all) {
					t.Errorf("%s by %d: %v instead of %v", path, limit, forth, all)
				}
				for range 50 {
					page, beside := w.idsAt(last["prev"], "anna")
					if len(page) == 0 {
						break
					}
					back, last = append(page, back...), beside
				}
				if size := (len(all)-1)%limit + 1; !slices.Equal(back, all[:len(all)-size]) {
					t.Errorf("%s back by %d: %v instead of all but %d of %v", path, limit, back, size, all)
				}
			}
		}
	})
}

func TestLimitsAreBounds(t *testing.T) {
	each(t, func(w *world) {
		for n := range 45 {
			w.post("bas", fmt.Sprint("p", n), outbox.Draft{Text: fmt.Sprint("nummer ", n)})
		}
		for limit, want := range map[string]int{"": 20, "&limit=1": 1, "&limit=40": 40, "&limit=4000": 40, "&limit=0": 20, "&limit=-3": 20} {
			if all, _ := w.idsAt("/api/v1/accounts/{bas}/statuses?a=b"+limit, ""); len(all) != want {
				t.Errorf("%s: %d instead of %d", limit, len(all), want)
			}
		}
	})
}

// No query for each row: a page of forty costs as many as a page of one.
func TestQueriesDoNotGrowWithThePage(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		var queries atomic.Int64
		w := newWorld(t, dbtest.OpenSource(t, source, db.Options{Trace: func(string) { queries.Add(1) }}))
		for n := range 12 {
			name := fmt.Sprint("p", n)
			w.post("bas", name, outbox.Draft{Text: fmt.Sprintf("nummer %d #t%d @anna", n, n), ReplyTo: w.item("public")})
			_, err := w.api.Outbox.Like(w.Context(), w.actor("anna"), w.item(name))
			w.check(err)
			_, err = w.api.Outbox.Boost(w.Context(), w.actor("anna"), w.item(name), actors.Public)
			w.check(err)
			w.post("anna", name, outbox.Draft{Text: fmt.Sprintf("groep %d @wonen", n)})
		}
		counted := 0
		for _, r := range w.api.routes() {
			if r.method != http.MethodGet || strings.Contains(r.path, "streaming") {
				continue
			}
			id := "{anna}"
			if strings.Contains(r.path, "/lists/") || strings.Contains(r.path, "/list/") {
				id = "{wonen}"
			}
			path := strings.NewReplacer("{id}", id, "{name}", "t1", "{key}", "x").Replace(r.path) + "?q=t&acct=anna&limit="
			w.ask("GET", path+"2", "anna", "") // the token and the figures of the instance are remembered from now on
			cost := func(limit string) int64 {
				w.api.DB.Forget() // what is remembered would not be counted
				before := queries.Load()
				w.ask("GET", path+limit, "anna", "")
				return queries.Load() - before
			}
			few, many := cost("2"), cost("40")
			if many > few+2 || many > 16 { // two more when, for the first time, something is boosted or has a poll
				t.Errorf("GET %s: %d queries for two rows, %d for forty", r.path, few, many)
			}
			counted++
		}
		for _, one := range []string{"/api/v1/timelines/home", "/api/v1/notifications", "/api/v2/notifications", "/api/v1/timelines/list/{wonen}"} {
			if all := w.ask("GET", one+"?limit=40", "anna", "").Body.String(); strings.Count(all, `"account":{`)+strings.Count(all, `"group_key"`) < 12 {
				t.Errorf("%s has too few rows to count", one)
			}
		}
		if counted < 50 {
			t.Errorf("only %d routes were counted", counted)
		}
		w.api.DB.Forget()
		start := queries.Load()
		w.ask("GET", "/api/v1/statuses/{public}/context", "anna", "")
		if cost := queries.Load() - start; cost > 14 {
			t.Errorf("a conversation of 14 costs %d queries", cost)
		}
	})
}

type groups struct {
	Groups []notificationGroup `json:"notification_groups"`
}

func TestGroupsOfNotifications(t *testing.T) {
	each(t, func(w *world) {
		for n := range 12 {
			name := fmt.Sprint("fan", n)
			w.person(name)
			for _, what := range []string{"public", "unlisted"} {
				_, err := w.api.Outbox.Like(w.Context(), w.actor(name), w.item(what))
				w.check(err)
			}
		}
		var r groups
		w.get(&r, "GET", "/api/v2/notifications?types[]=favourite", "anna", "")
		if len(r.Groups) > 4 || len(r.Groups) < 2 { // a new group may begin in the middle of the test
			t.Fatalf("%d groups", len(r.Groups))
		}
		sum := 0
		for _, g := range r.Groups {
			sum += g.Count
			if len(g.Accounts) > timeline.MostSampled || len(g.Accounts) == 0 {
				t.Errorf("%s names %d accounts", g.GroupKey, len(g.Accounts))
			}
		}
		if sum != 25 { // and one of bas
			t.Errorf("%d notifications are in groups", sum)
		}
		key := r.Groups[0].GroupKey
		var one groups
		w.get(&one, "GET", "/api/v2/notifications/"+key, "anna", "")
		if len(one.Groups) != 1 || one.Groups[0].GroupKey != key || one.Groups[0].Count != r.Groups[0].Count {
			t.Errorf("the group by its key: %+v", one.Groups)
		}
		if all, _ := w.idsAt("/api/v2/notifications/"+key+"/accounts", "anna"); len(all) != r.Groups[0].Count {
			t.Errorf("%d accounts of %d", len(all), r.Groups[0].Count)
		}
		if answer := w.ask("GET", "/api/v2/notifications/"+key, "bas", ""); answer.Code != http.StatusNotFound {
			t.Errorf("a group of somebody else: %d", answer.Code)
		}
		if answer := w.ask("POST", "/api/v2/notifications/"+key+"/dismiss", "anna", ""); answer.Code != http.StatusOK {
			t.Errorf("dismiss a group: %d %s", answer.Code, answer.Body)
		}
		if answer := w.ask("GET", "/api/v2/notifications/"+key, "anna", ""); answer.Code != http.StatusNotFound {
			t.Errorf("a dismissed group: %d", answer.Code)
		}
		// Pages of groups: nothing twice, nothing lost.
		path, total := "/api/v2/notifications?limit=1", map[string]bool{}
		for range 100 {
			answer := w.ask("GET", path, "anna", "")
			r = groups{}
			w.check(json.Unmarshal(answer.Body.Bytes(), &r))
			if len(r.Groups) == 0 {
				break
			}
			for _, g := range r.Groups {
				if total[g.PageMax] {
					t.Errorf("%s comes twice", g.GroupKey)
				}
				total[g.PageMax] = true
			}
			path = links(answer.Header())["next"]
		}
		if len(total) < 3 {
			t.Errorf("only %d groups over all pages", len(total))
		}
	})
}

func TestTheSamePostOnce(t *testing.T) {
	each(t, func(w *world) {
		var first, second, other identified
		ask := func(into *identified, key string) {
			answer := w.ask("POST", "/api/v1/statuses", "anna", "status=een+keer", "Idempotency-Key", key)
			w.check(json.Unmarshal(answer.Body.Bytes(), into))
		}
		ask(&first, "a")
		ask(&second, "a")
		ask(&other, "b")
		if first.ID == "" || first.ID != second.ID || first.ID == other.ID {
			t.Errorf("%s, %s, %s", first.ID, second.ID, other.ID)
		}
	})
}

func TestStampsHaveThreeDecimals(t *testing.T) {
	if got := stamp(time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("CET", 3600))); got != "2026-01-02T02:04:05.000Z" {
		t.Error(got)
	}
}
