// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/node"
)

// reportable is managed with dora@utrecht as a member too, and a post of bas@waterschap.
func reportable(t *testing.T) (w *World, post string) {
	w = managed(t)
	w.As("dora@utrecht").Follow(dossier)
	w.Settle()
	w.As("chris@provincie").Answers("dora@utrecht", dossier, true)
	w.Settle()
	post = w.As("bas@waterschap").Post(dossier, "Koop nu!")
	w.Settle()
	return w, post
}

// staffOf are those who decide in the group, on the nodes of reportable.
var staffOf = []string{"chris@provincie", "mia@provincie", "anna@gouda", "gijs@gouda"}

// Reports reports somebody and posts in an app.
func (p *Person) Reports(who, comment string, posts ...string) {
	p.w.t.Helper()
	form := fmt.Sprintf("account_id=%d&comment=%s", p.w.actor(p.where, who).ID, strings.ReplaceAll(comment, " ", "+"))
	for _, post := range posts {
		form += fmt.Sprintf("&status_ids[]=%d", p.item(post).ID)
	}
	p.Asks("POST", "/api/v1/reports", form)
	p.w.Settle()
}

type reportSeen struct {
	ID, Comment string
	Person      someone
	Statuses    []string
}

const reportsOf = "/api/pleio/v1/groups/{" + dossier + "}/reports"

// reports is what waits for the person in the group.
func (p *Person) reports() (all []reportSeen) {
	p.w.t.Helper()
	status, answer := p.Ask("GET", reportsOf, "")
	if status != http.StatusOK {
		p.w.t.Fatalf("%s asks for the reports: %d %s", p, status, answer)
	}
	p.must(json.Unmarshal([]byte(answer), &all), "reads the reports")
	return all
}

// resolves resolves the only report that waits.
func (p *Person) resolves(form string) {
	p.w.t.Helper()
	all := p.reports()
	if len(all) != 1 {
		p.w.t.Fatalf("%s has %d reports to resolve: %+v", p, len(all), all)
	}
	if status, answer := p.Ask("POST", reportsOf+"/"+all[0].ID+"/resolve", form); status != http.StatusNoContent {
		p.w.t.Fatalf("%s resolves: %d %s", p, status, answer)
	}
	p.w.Settle()
}

// waiting checks how many reports wait for each of those who decide.
func (w *World) waiting(want int) {
	w.t.Helper()
	for _, who := range staffOf {
		if got := w.As(who).reports(); len(got) != want {
			w.t.Errorf("%s has %d reports, not %d: %+v", who, len(got), want, got)
		}
	}
}

// A report of a post in a group by a member elsewhere reaches the staff on every node and nobody else; the first of them to resolve it
// does so for all, with what is done about it; and who reported is known to the own node only.
func TestReportsReachTheStaffOfAGroup(t *testing.T) {
	for _, by := range []string{"mia@provincie", "anna@gouda"} {
		t.Run(by, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, post := reportable(t)
				w.As("dora@utrecht").Reports("bas@waterschap", "Reclame", post)
				for _, who := range staffOf {
					p := w.As(who)
					got := p.reports()
					want := []reportSeen{{Comment: "Reclame", Person: someone{Handle: "@bas@waterschap.example"}, Statuses: []string{fmt.Sprint(p.item(post).ID)}}}
					if len(got) == 1 {
						want[0].ID, want[0].Person.Organisation = got[0].ID, got[0].Person.Organisation
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Fatalf("what %s sees (-want +got):\n%s", who, diff)
					}
					if told := p.Notified(); !slices.Contains(told, "admin.report by dossier@provincie") {
						t.Errorf("%s was told %q", who, told)
					}
					p.Asks("GET", "/api/v1/notifications?types[]=admin.report", "", `"comment":"Reclame"`, `"action_taken":false`, `"acct":"bas@waterschap.example"`, want[0].Statuses[0])
				}
				for _, who := range []string{"bas@waterschap", "dora@utrecht"} {
					p := w.As(who)
					if status, answer := p.Ask("GET", reportsOf, ""); status != http.StatusForbidden || strings.Contains(answer, "Reclame") {
						t.Errorf("%s reads the reports: %d %s", who, status, answer)
					}
					if told := p.Notified(); slices.Contains(told, "admin.report by dossier@provincie") {
						t.Errorf("%s was told %q", who, told)
					}
					if n := w.Number(p.where, "SELECT COUNT(*) FROM group_reports"); n != 0 {
						t.Errorf("the node of %s keeps %d reports", who, n)
					}
					if status, answer := p.Ask("POST", reportsOf+"/"+w.As("chris@provincie").reports()[0].ID+"/resolve", "note=x"); status != http.StatusForbidden {
						t.Errorf("%s resolves: %d %s", who, status, answer)
					}
				}
				before := w.decisions("provincie")
				w.As(by).resolves("note=Verwijderd&deletePosts=true&removePerson=true")
				w.waiting(0)
				w.stand("bas@waterschap", "removed", "provincie", "gouda", "utrecht")
				name := w.As(by).name
				want := append([]string{"resolution by " + name + "  Verwijderd", "removal by " + name + " of bas  Verwijderd", "deletion by " + name + " of bas"}, before...)
				for _, on := range []string{"provincie", "gouda", "utrecht"} {
					if diff := cmp.Diff(want[:3], w.decisions(on)[:3]); diff != "" {
						t.Errorf("the log at %s (-want +got):\n%s", on, diff)
					}
				}
				if got := w.decisions("provincie"); len(got) != len(want) {
					t.Errorf("decided: %q", got)
				}
				w.SeesNot("dora@utrecht", "Koop nu!")
				w.SeesNot("chris@provincie", "Koop nu!")
				w.As("gijs@gouda").Asks("GET", "/api/v1/notifications?types[]=admin.report", "", `"action_taken":true`)
				w.As("dora@utrecht").Asks("GET", "/api/pleio/v1/groups/{"+dossier+"}/log", "", `"kind":"resolution"`)

				// nothing that left dora's node about it names her, and what all members' nodes are told does not tell what it was about
				for _, on := range []string{"provincie", "gouda", "waterschap"} {
					if n := w.Number(on, "SELECT COUNT(*) FROM received WHERE CAST(body AS TEXT) LIKE '%Flag%' AND CAST(body AS TEXT) LIKE '%dora%'"); n != 0 {
						t.Errorf("%s was told %d times who reported", on, n)
					}
				}
				for _, on := range []string{"waterschap", "utrecht"} {
					if n := w.Number(on, "SELECT COUNT(*) FROM received WHERE CAST(body AS TEXT) LIKE '%Flag%' AND (CAST(body AS TEXT) LIKE '%Reclame%' OR CAST(body AS TEXT) LIKE '%bas%')"); n != 0 {
						t.Errorf("%s was told %d times what was reported", on, n)
					}
				}
				if n := w.Number("provincie", "SELECT COUNT(*) FROM log l JOIN activities a ON a.id = l.activity WHERE CAST(a.body AS TEXT) LIKE '%Reclame%'"); n != 0 {
					t.Error("what was reported is in the log")
				}
			})
		})
	}
}

// What several people report of the same is one report with what each says; what is reported again after it was resolved is another.
func TestReportsOfTheSameAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, post := reportable(t)
		dora, chris := w.As("dora@utrecht"), w.As("chris@provincie")
		dora.Reports("bas@waterschap", "Reclame", post)
		dora.Reports("bas@waterschap", "Reclame", post)
		w.As("gijs@gouda").Reports("bas@waterschap", "Niet over de dijk", post)
		w.waiting(1)
		for _, who := range staffOf {
			if got := w.As(who).reports()[0].Comment; got != "Reclame\n\nNiet over de dijk" {
				t.Errorf("%s reads %q", who, got)
			}
			n := 0
			for _, told := range w.As(who).Notified() {
				if strings.HasPrefix(told, "admin.report") {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%s was told %d times", who, n)
			}
		}
		chris.resolves("")
		w.waiting(0)
		dora.Reports("bas@waterschap", "Nog steeds", post)
		w.waiting(1)
		if got := chris.reports()[0].Comment; got != "Nog steeds" {
			t.Errorf("the new one says %q", got)
		}

		// two of them resolve it before either hears of the other: it is in the log once
		before := len(w.decisions("provincie"))
		w.Down("provincie")
		w.As("anna@gouda").resolves("note=Eerst")
		w.As("gijs@gouda").resolves("note=Later")
		w.Up("provincie")
		w.Pass(3 * time.Hour)
		w.waiting(0)
		if got := w.decisions("provincie"); len(got) != before+1 || !strings.HasPrefix(got[0], "resolution by ") {
			t.Errorf("decided: %q", got[:len(got)-before])
		}
	})
}

// Nobody decides about themselves; who becomes a moderator hears of what waits, and who is one no more reads nothing more.
func TestWhoDecidesAboutReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := reportable(t)
		post := w.As("anna@gouda").Post(dossier, "Onaardig")
		w.Settle()
		w.As("dora@utrecht").Reports("anna@gouda", "Zij doet onaardig", post)
		for who, want := range map[string]int{"chris@provincie": 1, "mia@provincie": 1, "gijs@gouda": 1, "anna@gouda": 0} {
			p := w.As(who)
			if got := len(p.reports()); got != want {
				t.Errorf("%s has %d reports", who, got)
			}
			if told := slices.Contains(p.Notified(), "admin.report by dossier@provincie"); told != (want == 1) {
				t.Errorf("%s was told: %t", who, told)
			}
		}
		id := w.As("gijs@gouda").reports()[0].ID
		if status, answer := w.As("anna@gouda").Ask("POST", reportsOf+"/"+id+"/resolve", ""); status != http.StatusNotFound {
			t.Errorf("anna resolves what is said about her: %d %s", status, answer)
		}

		w.As("chris@provincie").Makes("bas@waterschap", actors.RoleModerator)
		w.Settle()
		bas := w.As("bas@waterschap")
		if got := bas.reports(); len(got) != 1 || !slices.Contains(bas.Notified(), "admin.report by dossier@provincie") {
			t.Errorf("a new moderator has %+v, and was told %q", got, bas.Notified())
		}
		kept := func(want int, nodes ...string) {
			t.Helper()
			for _, on := range nodes {
				if n := w.Number(on, "SELECT COUNT(*) FROM group_reports"); n != want {
					t.Errorf("%s keeps %d reports, not %d", on, n, want)
				}
			}
		}
		w.As("dora@utrecht").Reports("bas@waterschap", "Over de nieuwe moderator", first)
		kept(1, "waterschap") // not what is said about its only moderator
		kept(2, "provincie", "gouda")
		w.As("chris@provincie").Makes("bas@waterschap", actors.RoleMember)
		w.Settle()
		kept(0, "waterschap")
		if _, answer := bas.Ask("GET", "/api/v1/notifications?types[]=admin.report", ""); strings.Contains(answer, "onaardig") || answer != "[]\n" && answer != "[]" {
			t.Errorf("a former moderator reads %s", answer)
		}
		w.As("chris@provincie").Makes("gijs@gouda", actors.RoleMember) // anna's node still has a moderator: it keeps the report, and shows it to neither
		w.Settle()
		gijs := w.As("gijs@gouda")
		if status, answer := gijs.Ask("GET", reportsOf, ""); status != http.StatusForbidden {
			t.Errorf("a former moderator reads the reports: %d %s", status, answer)
		}
		if _, answer := gijs.Ask("GET", "/api/v1/notifications", ""); strings.Contains(answer, "onaardig") || strings.Contains(answer, "admin.report") {
			t.Errorf("a former moderator reads %s", answer)
		}

		// the only member of a node, who is a moderator, leaves; and then the group is deleted
		w.As("chris@provincie").Makes("bas@waterschap", actors.RoleModerator)
		w.Settle()
		kept(1, "waterschap")
		bas.Unfollow(dossier)
		w.Settle()
		kept(0, "waterschap")
		chris, group := w.As("chris@provincie"), w.actor("provincie", dossier)
		chris.must(chris.node().Outbox.PlanDeletion(context.Background(), chris.Actor(), group, ""), "deletes the group")
		w.Pass(14*24*time.Hour + time.Hour)
		kept(0, "provincie", "gouda")
	})
}

// A person is reported without a post by the JSON API, for members only; the report of a post in no group reaches no group.
func TestAPersonInAGroupIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := reportable(t)
		w.Person("eef@utrecht")
		post := w.As("bas@waterschap").Post("", "Voor iedereen")
		form := func(p *Person, who string) string {
			return fmt.Sprintf("account=%d&comment=Dreigt", w.actor(p.where, who).ID)
		}
		dora, eef, gijs := w.As("dora@utrecht"), w.As("eef@utrecht"), w.As("gijs@gouda")
		if status, answer := eef.Ask("POST", reportsOf, form(eef, "bas@waterschap")); status != http.StatusForbidden {
			t.Errorf("who is no member reports: %d %s", status, answer)
		}
		if status, answer := dora.Ask("POST", reportsOf, form(dora, "eef@utrecht")); status != http.StatusBadRequest {
			t.Errorf("who is no member is reported: %d %s", status, answer)
		}
		_, _, err := w.Node("utrecht").Inbox.Resolve(context.Background(), post)
		dora.must(err, "reads %s", post)
		dora.Reports("bas@waterschap", "Reclame", post)
		w.waiting(0)
		if status, answer := dora.Ask("POST", reportsOf, form(dora, "bas@waterschap")); status != http.StatusNoContent {
			t.Errorf("dora reports: %d %s", status, answer)
		}
		w.Settle()
		w.waiting(1)
		if got := gijs.reports()[0]; got.Person.Handle != "@bas@waterschap.example" || got.Comment != "Dreigt" || len(got.Statuses) != 0 {
			t.Errorf("reported: %+v", got)
		}
		gijs.resolves("removePerson=true")
		w.stand("bas@waterschap", "removed", "provincie", "gouda", "utrecht")
	})
}

// What does not come from who may say it is not kept, changes nothing, and is answered with nothing that tells of a report or of a
// secret group.
func TestForgedReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f, group := guards(t)
		post := w.As("bas@waterschap").Post(dossier, "Koop nu!")
		other := w.As("chris@provincie").Post("", "Elders")
		w.GroupAs("kelder@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityHidden})
		hidden := w.As("chris@provincie").Post("kelder@provincie", "Geheim")
		w.Settle()
		bas, chris, dora := w.As("bas@waterschap").Actor().IRI, w.As("chris@provincie").Actor().IRI, w.As("dora@utrecht").Actor().IRI
		cellar := w.actor("provincie", "kelder@provincie").IRI
		stand := func() string {
			rows, err := db.All(context.Background(), w.Node("provincie").DB, db.Scalar[string], "SELECT iri || comment || CAST(resolved AS TEXT) FROM group_reports ORDER BY id")
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(rows, len(w.decisions("provincie")), w.Number("provincie", "SELECT seq FROM actors WHERE name = 'dossier' AND local"), w.Number("provincie", "SELECT COUNT(*) FROM reports"))
		}
		nothing := func(by, what string, rejects int) {
			t.Helper()
			before, got := stand(), len(f.Got("Reject"))
			f.Twice(by, "provincie", f.Write(by, "%s", what))
			w.Settle()
			if now := stand(); now != before {
				t.Errorf("%s changed\n%s to\n%s by %s", by, before, now, what)
			}
			if n := len(f.Got("Reject")) - got; n != rejects {
				t.Errorf("%s was answered %d times to %s", by, n, what)
			}
		}
		flag := func(to string, about ...string) string {
			list, err := json.Marshal(about)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf(`{"type":"Flag","to":[%q],"content":"Nep","object":%s}`, to, list)
		}
		nothing("mie", flag(group.IRI, dora, other), 0) // what is named stands elsewhere
		nothing("mie", flag(group.IRI, dora), 0)        // no member
		nothing("mie", flag(cellar, chris, hidden), 0)  // of which nobody there is a member
		eef, before := w.Person("eef@provincie").Actor().IRI, w.Number("provincie", "SELECT COUNT(*) FROM reports")
		f.Send("nel", "provincie", "%s", flag(group.IRI, group.IRI))                                                        // about the group itself: for the administrators
		f.Send("nel", "provincie", "%s", strings.Replace(flag(group.IRI, eef), `"to":[`, fmt.Sprintf(`"to":[%q,`, eef), 1)) // who is no member
		w.Settle()
		if n := w.Number("provincie", "SELECT COUNT(*) FROM reports WHERE target > 0"); n != before+2 || w.Number("provincie", "SELECT COUNT(*) FROM group_reports") != 0 {
			t.Errorf("the administrators have %d reports", n-before)
		}
		nothing("nel", flag(cellar, chris), 0) // and who is in it is not told either

		f.Send("mie", "provincie", "%s", flag(group.IRI, bas, post))
		w.Settle()
		list := w.As("chris@provincie").reports()
		if len(list) != 1 || list[0].Comment != "Nep" {
			t.Fatalf("a report from other software: %+v", list)
		}
		var iri string
		w.tx("provincie", func(ctx context.Context, _ *node.Node, tx *db.Tx) (err error) {
			iri, err = db.One(ctx, tx, db.Scalar[string], "SELECT iri FROM group_reports")
			return err
		})
		accept := func(report, of string) string {
			return fmt.Sprintf(`{"type":"Accept","to":[%q],"object":{"id":%q,"type":"Flag","actor":%q,"object":%q}}`, of, report, of, of)
		}
		nothing("mie", accept(iri, group.IRI), 1)                               // a member
		nothing("nel", accept(iri, group.IRI), 1)                               // a stranger
		nothing("nel", accept("http://provincie.example/reports/1", cellar), 0) // who must not know that there is a group
		nothing("mo", accept("http://provincie.example/reports/1", group.IRI), 1)
		nothing("mo", accept(iri, cellar), 0)
		f.Post("mie", "provincie", f.Write("mie", "%s", strings.Replace(accept(iri, group.IRI), "{", fmt.Sprintf(`{"actor":%q,`, f.Who("mo")), 1)))
		w.Settle()
		if got := w.As("chris@provincie").reports(); len(got) != 1 {
			t.Error("somebody else's name resolved a report")
		}

		// what is no home offers no reports, nor closes any
		staff := w.As("anna@gouda").Actor().IRI
		offer := fmt.Sprintf(`{"type":"Offer","to":[%q],"object":{"id":"http://elders.example/r/1","type":"Flag","actor":%%q,"object":%q,"content":"Nep"}}`, staff, bas)
		for _, as := range []string{f.Who("mo"), group.IRI} {
			f.Send("mo", "gouda", offer, as)
		}
		f.Send("mo", "gouda", "%s", accept(iri, group.IRI))
		w.Settle()
		if got := w.As("anna@gouda").reports(); len(got) != 1 || got[0].Comment != "Nep" {
			t.Errorf("anna has %+v", got)
		}

		f.Twice("mo", "provincie", f.Write("mo", "%s", accept(iri, group.IRI)))
		w.Settle()
		if got := w.decisions("provincie"); got[0] != "resolution by mo" || len(w.As("anna@gouda").reports()) != 0 {
			t.Errorf("a moderator of another server resolves: %q", got[0])
		}
	})
}

// What a group's staff is told is besides what administrators are: those of the reporter's node always, those of the person's node when the reporter wants
// it, and those of the group's home not for being that. A node whose reports are refused is not heard in groups either.
func TestReportsInGroupsAndAdministrators(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := reportable(t)
		for _, who := range []string{"eva@utrecht", "ria@provincie"} {
			w.Person(who)
			w.administrator(who)
		}
		dora, mia := w.As("dora@utrecht"), w.As("mia@provincie")
		first, second := mia.Post(dossier, "Onaardig"), mia.Post(dossier, "Nog onaardiger")
		w.Settle()
		told := func(who string) int {
			name, where := w.split(who)
			return w.Number(where, "SELECT COUNT(*) FROM notifications n JOIN actors a ON a.id = n.owner JOIN actors r ON r.id = n.actor WHERE n.kind = 'admin.report' AND a.name = '"+name+"' AND r.kind <> 'Group'")
		}
		check := func(eva, ria, staff int) {
			t.Helper()
			if got := []int{told("eva@utrecht"), told("ria@provincie"), len(w.As("anna@gouda").reports())}; !slices.Equal(got, []int{eva, ria, staff}) {
				t.Errorf("told %v", got)
			}
		}
		report := func(post, more string) {
			t.Helper()
			dora.Asks("POST", "/api/v1/reports", fmt.Sprintf("account_id=%d&comment=Nee&status_ids[]=%d%s", w.actor("utrecht", "mia@provincie").ID, dora.item(post).ID, more))
			w.Settle()
		}
		report(first, "")
		check(1, 0, 1)
		report(second, "&forward=true")
		check(2, 1, 2)
		if got := mia.reports(); len(got) != 0 {
			t.Errorf("mia sees what is said about her: %+v", got)
		}

		w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE group_reports SET resolved = 1")
			return err
		})
		if _, err := w.Node("provincie").Moderation.DecideHost(context.Background(), moderation.CommandLine, actors.Peer{Host: domain("utrecht"), Policy: actors.PeerNoted, RejectReports: true}); err != nil {
			t.Fatal(err)
		}
		report(first, "&forward=true")
		check(3, 1, 2) // anna's node has not heard that these are resolved
		if got := w.As("chris@provincie").reports(); len(got) != 0 {
			t.Errorf("a refused report: %+v", got)
		}
	})
}

// The home of a group tells of reports in that group only, and to its members only.
func TestAHostileHomeTellsOfReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHostileHome(t)
		anna, bas := h.w.As("anna@gouda").Actor().IRI, h.w.As("bas@gouda").Actor().IRI
		h.members[anna] = actors.RoleModerator
		h.Post("dossier", "gouda", h.entry("dossier", `"type":"Update","object":`+h.record(anna, "moderator", "active")))
		h.w.Settle()
		h.is(h.members)
		kept := func(want int, to, of, at, about string) {
			t.Helper()
			h.Send("dossier", "gouda", `{"type":"Offer","to":[%q],"object":{"id":"%s/reports/%d","type":"Flag","actor":%q,"object":%q,"content":"Nep"}}`, to, at, want, of, about)
			h.w.Settle()
			if n := h.w.Number("gouda", "SELECT COUNT(*) FROM group_reports"); n != want {
				t.Errorf("%d reports are kept of %s at %s about %s to %s", n, of, at, about, to)
			}
		}
		kept(0, anna, "http://elders.example/groups/water", "http://elders.example", h.Who("piet")) // another's group
		kept(0, anna, h.group, "http://elders.example", h.Who("piet"))                              // which is another's report
		kept(0, anna, h.group, h.Base(), "geen adres")
		kept(0, bas, h.group, h.Base(), h.Who("piet")) // who is no member
		kept(1, anna, h.group, h.Base(), h.Who("piet"))
		if told := h.w.As("anna@gouda").Notified(); !slices.Contains(told, "admin.report by dossier@boef") {
			t.Errorf("anna was told %q", told)
		}
		if told := h.w.As("bas@gouda").Notified(); slices.Contains(told, "admin.report by dossier@boef") {
			t.Errorf("bas was told %q", told)
		}
	})
}

// What is reported in a group of other software is told to its server only when the reporter wants it.
func TestReportsInGroupsOfOtherSoftware(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, l := community(t)
		_, post := page(l, "lena", "1", "Koop nu", l.Who("main"))
		l.Twice("main", "gouda", l.Write("main", `{"type":"Announce","to":[%q],"object":%s}`, l.Who("main")+"/followers", l.Write("lena", `{"type":"Create","audience":%q,"object":%s}`, l.Who("main"), post)))
		w.Settle()
		anna := w.As("anna@gouda")
		iri := l.Base() + "/post/1"
		anna.Reports("lena@lemmy", "Reclame", iri)
		if got := l.Got("Flag"); len(got) != 0 {
			t.Errorf("the other server was told %d times", len(got))
		}
		anna.Asks("POST", "/api/v1/reports", fmt.Sprintf("account_id=%d&status_ids[]=%d&forward=true", w.actor("gouda", "lena@lemmy").ID, anna.item(iri).ID))
		w.Settle()
		var to []string
		for _, d := range l.Got("Flag") {
			if strings.Contains(string(d.Raw), "anna") {
				t.Errorf("who reported is told: %s", d.Raw)
			}
			for _, name := range []string{"main", "lena"} {
				if strings.Contains(string(d.Raw), fmt.Sprintf(`"to":[%q]`, l.Who(name))) || strings.Contains(string(d.Raw), fmt.Sprintf(`"to":%q`, l.Who(name))) {
					to = append(to, name)
				}
			}
		}
		slices.Sort(to)
		if !slices.Equal(to, []string{"lena", "main"}) {
			t.Errorf("told %q", to)
		}
	})
}
