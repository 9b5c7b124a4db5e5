// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

const sessionCookie = "session"

// What stands between {{ and }} in a question, and what it says of a group. What an answer tells about things of the group must
// be what it tells about things that do not exist; of its account that is so where the group must not be known.
var (
	accountWords = []string{"group", "handle", "name", "iri"}
	thingWords   = []string{"post", "posturl", "tag", "file", "activity", "epoch", "media"}
)

// excused are the answers that are not compared, each with the reason.
var excused = map[string]string{
	"POST /api/v1/markers":            "how far somebody has read is that person's own: any number is kept, and changes are counted",
	"GET /api/v1/instance/activity":   "how many people of the node were there this week is noted a moment after they ask, whatever they ask for",
	"GET /api/pleio/v1/organisations": "how many people of a node are known here is told, and not by what they are known",
}

// question is what one route is asked, with {{words}} for the group's things.
type question struct {
	route, method, target, form string
	page                        bool // as a browser asks
}

// words are the things of a group by which a question names them.
type words map[string]string

// with puts words into a text, encoded for an address where they stand in a query.
func (w words) with(text string) string {
	path, query, found := strings.Cut(text, "?")
	for word, is := range w {
		path, query = strings.ReplaceAll(path, "{{"+word+"}}", is), strings.ReplaceAll(query, "{{"+word+"}}", url.QueryEscape(is))
	}
	if found {
		return path + "?" + query
	}
	return path
}

// without takes the words out of an answer again, so that what merely repeats the question is the same for all.
func (w words) without(text string) string {
	order := slices.SortedFunc(maps.Keys(w), func(a, b string) int { return len(w[b]) - len(w[a]) })
	for _, word := range order {
		if len(w[word]) > 3 {
			for _, is := range []string{w[word], url.QueryEscape(w[word]), url.PathEscape(w[word])} {
				text = strings.ReplaceAll(text, is, "{{"+word+"}}")
			}
		}
	}
	return text
}

func (q question) names(words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(q.target+q.form, "{{"+word+"}}") })
}

var variable = regexp.MustCompile(`\{([a-z]+)(?::[^{}]*(?:\{[^{}]*\})?[^{}]*)?\}`)

// queries are what routes without a variable are asked about a group.
var queries = map[string][]string{
	"/api/v2/search": {"?q={{tag}}", "?q=SECRET{{name}}", "?q=SECRET*", "?q={{name}}", "?q=@{{name}}", "?q={{handle}}", "?q={{handle}}&resolve=true", "?q={{iri}}", "?q={{iri}}&resolve=true",
		"?q={{posturl}}", "?q={{posturl}}&resolve=true", "?q=in:{{handle}}", "?q=%23{{tag}}&type=hashtags"},
	"/api/v1/search":                           {"?q=SECRET{{name}}", "?q={{name}}&resolve=true", "?q={{posturl}}&resolve=true"},
	"/api/v1/accounts/search":                  {"?q={{name}}", "?q={{handle}}&resolve=true", "?q=over"},
	"/api/v1/accounts/lookup":                  {"?acct={{name}}", "?acct={{handle}}"},
	"/api/v1/accounts":                         {"?id[]={{group}}"},
	"/api/v1/accounts/relationships":           {"?id[]={{group}}"},
	"/api/v1/accounts/familiar_followers":      {"?id[]={{group}}"},
	"/api/v1/statuses":                         {"?id[]={{post}}"},
	"/api/oembed":                              {"?url={{posturl}}"},
	"/api/v1/timelines/tag/{name}":             {""},
	"/api/v1/timelines/link":                   {"?url=https://secret{{name}}.example/eerst"},
	"/.well-known/webfinger":                   {"?resource=acct:{{name}}@provincie.example", "?resource={{iri}}"},
	"/api/v1/accounts/{id}/statuses":           {"", "?pinned=true", "?only_media=true"},
	"/api/pleio/v1/groups":                     {"", "?q={{name}}"},
	"/groups/{name}/log":                       {"", "?after=0"},
	"/groups/{name}/members":                   {"", "?after=0"},
	"/users/{name}/outbox":                     {"", "?page=true"},
	"/groups/{name}/outbox":                    {"", "?page=true"},
	"/posts/{id}/replies":                      {"", "?page=true"},
	"/threads/{id}":                            {"", "?page=true"},
	"/groups/{name}/threads/{id}":              {"", "?page=true"},
	"/api/v1/trends/tags":                      {""},
	"/users/{name}/followers_synchronization":  {"?domain=oud.example"},
	"/groups/{name}/followers_synchronization": {"?domain=oud.example"},
}

// forms are what routes that change something are sent; others get a status and a comment.
var forms = map[string]string{
	"POST /api/v1/statuses":                     "status=Hallo&in_reply_to_id={{post}}",
	"POST /api/v1/reports":                      "account_id={{group}}&status_ids[]={{post}}",
	"POST /api/v1/lists/{id}/accounts":          "account_ids[]={{group}}",
	"POST /api/v2/filters/{id}/statuses":        "status_id={{post}}",
	"POST /api/v1/polls/{id}/votes":             "choices[]=0",
	"POST /api/v1/markers":                      "home[last_read_id]={{post}}",
	"POST /api/v1/featured_tags":                "name={{tag}}",
	"POST /api/v1/statuses/{id}/favourite":      "a=b",
	"PATCH /api/pleio/v1/groups/{id}":           "title=Nieuw",
	"POST /api/pleio/v1/groups/{id}/membership": "introduction=Ik",
	"POST /api/pleio/v1/groups/{id}/reports":    "account={{member}}&statuses[]={{post}}&comment=x",
}

// questions are all that the routes of a node can be asked about groups: every route, with each kind of thing that its variables can stand for.
func questions(routes []string) (all []question) {
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		if method == http.MethodHead || method == http.MethodOptions || strings.HasPrefix(path, "/api/v1/streaming") {
			continue // a GET without a body; no answer of its own; see the streams
		}
		if path != "/" && strings.HasSuffix(path, "/") && slices.Contains(routes, method+" "+strings.TrimSuffix(path, "/")) {
			continue // the same as without the slash
		}
		targets := []string{path}
		for strings.ContainsAny(targets[0], "{") && variable.MatchString(strings.ReplaceAll(strings.ReplaceAll(targets[0], "{{", "\x00"), "}}", "\x01")) {
			var next []string
			for _, target := range targets {
				safe := strings.ReplaceAll(strings.ReplaceAll(target, "{{", "\x00"), "}}", "\x01")
				at := variable.FindStringSubmatchIndex(safe)
				for _, word := range stands(path, safe[at[2]:at[3]]) {
					next = append(next, strings.ReplaceAll(strings.ReplaceAll(safe[:at[0]]+word+safe[at[1]:], "\x00", "{{"), "\x01", "}}"))
				}
			}
			targets = next
		}
		if path == "/media/" {
			targets = []string{"{{media}}"}
		}
		for _, target := range targets {
			for _, query := range slices.Concat(queries[path], map[bool][]string{true: {""}}[queries[path] == nil]) {
				form := forms[route]
				if form == "" && method != http.MethodGet && method != http.MethodDelete {
					form = "status=x&comment=x&text=x"
				}
				q := question{route: route, method: method, target: target + query, form: form}
				all = append(all, q)
				if method == http.MethodGet && !strings.HasPrefix(path, "/api/") && !strings.HasPrefix(path, "/media/") {
					q.page = true
					all = append(all, q)
				}
			}
		}
	}
	return all
}

// stands are the things that a variable of a path can stand for.
func stands(path, name string) []string {
	things := func(words ...string) []string {
		for i := range words {
			words[i] = "{{" + words[i] + "}}"
		}
		return words
	}
	switch {
	case name == "name" && strings.Contains(path, "tag"):
		return things("tag")
	case name == "name" && strings.Contains(path, "/groups/"), name == "name" && strings.HasPrefix(path, "/@"):
		return things("name")
	case name == "name" && strings.HasPrefix(path, "/users/"):
		return []string{"lid", "{{name}}"}
	case name == "name", name == "channel", name == "date", name == "step":
		return []string{"start"}
	case name == "key":
		return []string{"ungrouped-{{post}}", "favourite-{{post}}"}
	case name == "epoch":
		return things("epoch")
	case name == "seq":
		return []string{"1", "3"}
	case name == "status", name == "quoting":
		return things("post")
	case name == "account":
		return []string{"{{member}}"}
	case strings.HasPrefix(path, "/activities/"):
		return things("activity")
	case strings.Contains(path, "/accounts/"), strings.Contains(path, "/people/"), strings.Contains(path, "/suggestions/"), strings.Contains(path, "/follow_requests/"):
		return things("group", "member")
	case strings.Contains(path, "/groups/"), strings.Contains(path, "/lists/"), strings.Contains(path, "/notifications/requests"):
		return things("group")
	case strings.Contains(path, "/media/"):
		return things("file")
	}
	return things("post")
}

// things are the words of a group as a node knows them: as many sets as it has posts, and one of what does not exist.
func (l *leaks) things(door, group string) (all []words, none words) {
	l.t.Helper()
	n, ctx := l.Node(door), context.Background()
	g := l.group(door, group)
	member := fmt.Sprint(l.actor(door, "lid@gouda").ID)
	number := func() string { return fmt.Sprint(n.DB.NewID()) }
	base := words{"group": fmt.Sprint(g.ID), "handle": "@" + group + "@provincie.example", "name": group, "iri": g.IRI, "member": member, "epoch": g.Epoch}
	none = words{"group": number(), "handle": "@nergens@provincie.example", "name": "nergens", "iri": home + "/groups/nergens", "member": member, "epoch": fmt.Sprintf("%015x", n.DB.NewID()),
		"post": number(), "posturl": "http://" + domain(door) + "/posts/" + number(), "tag": "nergenstag", "file": number(), "activity": number(),
		"media": "/media/ab/" + strings.Repeat("ab", 16) + "-" + number() + ".png"}
	type row struct{ id, file, activity, path string }
	for _, iri := range l.posts[group][:7] { // the same ones every time
		r, err := db.One(ctx, n.DB, func(s db.Scanner) (r row, err error) { return r, s.Scan(&r.id, &r.file, &r.activity, &r.path) },
			`SELECT CAST(i.id AS TEXT), COALESCE((SELECT CAST(MAX(f.id) AS TEXT) FROM files f WHERE f.item = i.id), ''),
			COALESCE((SELECT MAX(a.iri) FROM activities a WHERE a.item = i.id AND a.iri LIKE '%/activities/%'), ''), COALESCE((SELECT MAX(f.path) FROM files f WHERE f.item = i.id AND f.path <> ''), '') FROM items i WHERE i.iri = $1`, iri)
		if err != nil {
			l.t.Fatalf("%s has not %s: %v", door, iri, err)
		}
		w := maps.Clone(base)
		w["post"], w["posturl"], w["tag"] = r.id, iri, strings.ToLower(mark(group))+"eerst"
		w["file"], w["activity"], w["media"] = none["file"], none["activity"], none["media"]
		if r.file != "" {
			w["file"] = r.file
		}
		if r.activity != "" {
			w["activity"] = r.activity[strings.LastIndexByte(r.activity, '/')+1:]
		}
		if r.path != "" {
			w["media"] = "/media/" + r.path
		}
		all = append(all, w)
	}
	return all, none
}

// said is an answer as it is compared: all but what differs each time.
func said(w *httptest.ResponseRecorder, of words) string {
	var b strings.Builder
	fmt.Fprintln(&b, w.Code)
	for _, name := range slices.Sorted(maps.Keys(w.Header())) {
		if !slices.Contains([]string{"Date", "X-Request-Id", "Etag", "Content-Length", "Set-Cookie"}, name) && !strings.HasPrefix(name, "X-Ratelimit") {
			fmt.Fprintln(&b, name, w.Header()[name])
		}
	}
	b.WriteString(changing.ReplaceAllString(w.Body.String(), "…"))
	return of.without(b.String())
}

// changing is what is new in every answer, the words against forged forms and the nonces, and the number of a hashtag, which is made of its name.
var changing = regexp.MustCompile(`name="csrf" value="[^"]*"|nonce="[^"]*"|"id":"[0-9]+","name":"(?:nergenstag|secret[a-z]+)"`)

// numbers are the ids of what stands in a group on a node, which no answer to others may hold.
func (l *leaks) numbers(door, group string) []string {
	l.t.Helper()
	all, err := db.All(context.Background(), l.Node(door).DB, db.Scalar[string], `SELECT CAST(i.id AS TEXT) FROM items i JOIN actors a ON a.id = i.grp WHERE a.iri = $1
		UNION SELECT CAST(f.id AS TEXT) FROM files f JOIN items i ON i.id = f.item JOIN actors a ON a.id = i.grp WHERE a.iri = $1`, home+"/groups/"+group)
	if err != nil {
		l.t.Fatal(err)
	}
	return all
}

// leaksOf is what an answer tells of a group to somebody who must not know it, "" when nothing. Asked is what the question itself named.
func leaksOf(answer, group string, hidden bool, numbers []string, asked string) string {
	lower := strings.ToLower(answer)
	if strings.Contains(lower, strings.ToLower(mark(group))) {
		return "a mark"
	}
	for _, id := range numbers {
		if strings.Contains(answer, id) && !strings.Contains(asked, id) {
			return "the number " + id
		}
	}
	if hidden && (strings.Contains(lower, "over "+group) || strings.Contains(lower, "/groups/"+group) && !strings.Contains(asked, group)) {
		return "the group"
	}
	return ""
}

// Design rule 1, the leak matrix (security T5, groups-1 §9): every route of two nodes, the home of the groups and the node of a member, × every
// kind of group × everybody who can ask. What is in a group, and a secret group itself, does not exist for those outside: the
// answer is that about what was never there, and no answer changes with what is said inside.
func TestNothingOfClosedGroupsLeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLeaks(t)
		l.found()
		for group := range leakGroups {
			l.say(group, "eerst")
		}
		l.part()
		doors := []string{"provincie", "gouda"}
		var askers []asker
		for _, door := range doors {
			askers = append(askers, l.nobody(door), l.server(door), l.node("waterschap", door), l.node("oud", door), l.node("nieuw", door))
			for _, name := range outsiders {
				askers = append(askers, l.person(name, door))
			}
			for _, name := range insiders {
				askers = append(askers, l.person(name, door))
			}
		}
		askers = append(askers, l.node("gouda", "provincie"), l.node("provincie", "gouda"))
		m := &matrix{leaks: l, before: map[string]string{}, reports: map[string]int{}}
		m.read(askers, false)

		// More is said and done inside, while the outsiders have their streams open: nothing of it is seen outside.
		streams := m.listen(askers)
		for group, visibility := range leakGroups {
			if visibility == actors.VisibilityPublic {
				continue
			}
			l.say(group, "later")
			l.join("later@"+map[bool]string{true: "gouda", false: "provincie"}[group == "tuin"], group)
		}
		l.Settle()
		streams()
		m.read(askers, true)
		m.change(askers)
		t.Logf("%d answers: %d compared with those about what does not exist, %d with those before more was said, %d held what is inside for those who may see it",
			m.cells, m.compared, m.again, m.seen)
		if m.cells < 10_000 || m.compared < 3000 || m.again < 3000 || m.seen < 500 {
			t.Error("that is too few for a matrix")
		}
	})
}

type matrix struct {
	*leaks
	before                       map[string]string // answers of the first round
	reports                      map[string]int
	cells, compared, again, seen int
}

const mostReports = 3 // of one route: the rest is the same

func (m *matrix) report(q question, text string, args ...any) {
	m.t.Helper()
	if m.reports[q.route]++; m.reports[q.route] <= mostReports {
		m.t.Errorf("%s: "+text, append([]any{q.method + " " + q.target}, args...)...)
	}
}

// asks tells whether somebody can ask a question: servers ask for documents and files, and people with an app or a browser.
func asks(a asker, q question) bool {
	app := strings.HasPrefix(q.target, "/api/")
	switch {
	case a.key != nil:
		return !app && !q.page && q.method == http.MethodGet
	case a.token != "":
		return app || q.page
	}
	return true
}

func (m *matrix) answer(a asker, q question, w words) *httptest.ResponseRecorder {
	m.cells++
	accept := "application/activity+json"
	if q.page {
		accept = "text/html"
	}
	return m.ask(a, q.method, w.with(q.target), w.with("?" + q.form)[1:], "Accept", accept, "Cookie", "")
}

// read asks all that only reads.
func (m *matrix) read(askers []asker, later bool) {
	for _, door := range []string{"provincie", "gouda"} {
		var reading []question
		for _, q := range questions(m.Node(door).Routes()) {
			if q.method == http.MethodGet {
				reading = append(reading, q)
			}
		}
		m.all(askers, door, reading, later)
	}
}

// change asks for all that changes something: those outside can do nothing with what is inside, not even notice it.
func (m *matrix) change(askers []asker) {
	askers = slices.DeleteFunc(slices.Clone(askers), func(a asker) bool { return a.member })
	for _, door := range []string{"provincie", "gouda"} {
		var changing []question
		for _, q := range questions(m.Node(door).Routes()) {
			if q.method != http.MethodGet && !strings.HasSuffix(q.target, "inbox") && !strings.HasPrefix(q.target, "/oauth") {
				changing = append(changing, q)
			}
		}
		m.all(askers, door, changing, true)
	}
}

func (m *matrix) all(askers []asker, door string, list []question, later bool) {
	for group, visibility := range leakGroups {
		sets, none := m.things(door, group)
		numbers := m.numbers(door, group)
		for _, a := range askers {
			if a.door != door {
				continue
			}
			outside := !a.member && visibility != actors.VisibilityPublic
			hidden := outside && visibility == actors.VisibilityHidden && !a.guest
			empty := map[string]string{}
			for _, q := range list {
				if !asks(a, q) {
					continue
				}
				about := sets[:1] // the first post
				switch {
				case !q.names(thingWords) || strings.Contains(q.target, "{{tag}}"):
				case q.method != http.MethodGet:
					about = sets[len(sets)-1:] // the poll
				case strings.Contains(q.target+q.form, "{{file}}"), strings.Contains(q.target, "{{media}}"):
					about = sets[4:6]
				case !q.page:
					about = []words{sets[0], sets[2], sets[4]}
				}
				for n, w := range about {
					got := m.answer(a, q, w)
					text := said(got, w)
					if !outside {
						if leaksOf(got.Body.String(), group, false, nil, "") != "" {
							m.seen++
						}
						continue
					}
					if what := leaksOf(w.without(got.Body.String()), group, hidden, numbers, w.with(q.target)+w.with(q.form)); what != "" {
						m.report(q, "%s at %s is told %s of %s: %.900s", a.name, door, what, group, got.Body)
						continue
					}
					if q.method == http.MethodGet && excused[q.route] == "" {
						key := fmt.Sprint(door, a.name, group, q, n)
						if before, known := m.before[key]; known && later {
							if m.again++; before != text {
								m.report(q, "the answer for %s at %s changes with what is said in %s:\n%s", a.name, door, group, differ(before, text))
							}
						}
						m.before[key] = text
					}
					if excused[q.route] != "" || !(q.names(thingWords) && !q.names(accountWords) || hidden && q.names(append(accountWords, thingWords...))) {
						continue
					}
					key := q.target + " " + q.form + fmt.Sprint(q.page)
					if _, known := empty[key]; !known {
						empty[key] = said(m.answer(a, q, none), none)
					}
					if m.compared++; empty[key] != text {
						m.report(q, "the answer for %s at %s about %s differs from that about nothing:\n%s", a.name, door, group, differ(empty[key], text))
					}
				}
			}
		}
	}
}

// differ shows where two answers part.
func differ(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	from := max(0, n-60)
	cut := func(s string) string { return strconv.Quote(s[min(from, len(s)):min(len(s), n+300)]) }
	return "- " + cut(a) + "\n+ " + cut(b)
}

// listen opens every stream for everybody outside, and returns what ends them and looks at what came.
func (m *matrix) listen(askers []asker) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	type heard struct {
		a      asker
		target string
		w      *httptest.ResponseRecorder
	}
	var mu sync.Mutex
	var all []heard
	for _, a := range askers {
		if a.token == "" {
			continue
		}
		targets := []string{"/api/v1/streaming/user", "/api/v1/streaming/user/notification", "/api/v1/streaming/public", "/api/v1/streaming/public/local", "/api/v1/streaming/public/remote", "/api/v1/streaming/direct"}
		for group := range leakGroups {
			if _, err := actors.ByIRI(context.Background(), m.Node(a.door).DB, home+"/groups/"+group); err != nil {
				continue
			}
			targets = append(targets, "/api/v1/streaming/hashtag?tag="+strings.ToLower(mark(group))+"later", "/api/v1/streaming/hashtag/local?tag="+strings.ToLower(mark(group))+"later",
				fmt.Sprint("/api/v1/streaming/list?list=", m.group(a.door, group).ID))
		}
		for _, target := range targets {
			wait.Go(func() {
				w := m.askUntil(ctx, a, http.MethodGet, target, "")
				mu.Lock()
				defer mu.Unlock()
				all = append(all, heard{a, target, w})
			})
		}
	}
	m.Settle()
	return func() {
		cancel()
		wait.Wait()
		for _, h := range all {
			m.cells++
			for group, visibility := range leakGroups {
				if visibility == actors.VisibilityPublic {
					continue
				}
				told := strings.Contains(strings.ToLower(h.w.Body.String()), strings.ToLower(mark(group)))
				switch {
				case told && h.a.member:
					m.seen++
				case told:
					m.t.Errorf("the stream %s tells %s at %s of %s: %.600s", h.target, h.a.name, h.a.door, group, h.w.Body)
				}
			}
		}
	}
}

// What was deleted in a closed group, and what its home tells the members' nodes of its settings and its moderators, has addresses too: for others
// there is nothing, and was nothing.
func TestWhatAClosedGroupToldIsNotThereForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLeaks(t)
		l.GroupAs("tuin@provincie", "baas@provincie", actors.NewGroup{Visibility: actors.VisibilityListed})
		l.join("lid@gouda", "tuin")
		baas := l.As("baas@provincie")
		post := baas.Post("tuin@provincie", "SECRETtuin")
		baas.Delete(post)
		group, lid := l.group("provincie", "tuin"), l.actor("provincie", "lid@gouda")
		baas.must(baas.node().Outbox.SetRole(context.Background(), baas.Actor(), lid, group, actors.RoleModerator), "names a moderator")
		title := "SECRETtuin"
		_, err := baas.node().Outbox.Settings(context.Background(), baas.Actor(), group, actors.GroupChange{Title: &title}, "")
		baas.must(err, "changes the title")
		l.Settle()
		told, err := db.All(context.Background(), l.Node("provincie").DB, db.Scalar[string], "SELECT iri FROM activities WHERE CAST(body AS TEXT) LIKE '%/groups/tuin%'")
		if err != nil || len(told) < 6 {
			t.Fatalf("%d activities: %v", len(told), err)
		}
		for _, a := range []asker{l.nobody("provincie"), l.node("waterschap", "provincie"), l.node("oud", "provincie")} {
			for _, accept := range []string{"application/activity+json", "text/html"} {
				ask := func(at string) *httptest.ResponseRecorder {
					return l.ask(a, http.MethodGet, strings.TrimPrefix(at, home), "", "Accept", accept)
				}
				gone, never := ask(post), ask(home+"/posts/123")
				if gone.Code != never.Code || gone.Code != http.StatusNotFound {
					t.Errorf("%s: a deleted post is %d, one that never was %d", a.name, gone.Code, never.Code)
				}
				for _, at := range told {
					if got := ask(at); got.Code != http.StatusNotFound || strings.Contains(got.Body.String(), "tuin") && !strings.Contains(at, "tuin") {
						t.Errorf("%s reads %s: %d %s", a.name, at, got.Code, got.Body)
					}
				}
			}
		}
	})
}
