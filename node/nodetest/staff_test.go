// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

// managed is a closed group of chris@provincie, with anna@gouda and gijs@gouda as moderators, bas@waterschap as a member and mia@provincie as a moderator.
func managed(t *testing.T) *World {
	w := New(t, "provincie", "gouda", "waterschap", "utrecht")
	for _, who := range []string{"chris@provincie", "mia@provincie", "anna@gouda", "gijs@gouda", "bas@waterschap", "dora@utrecht"} {
		w.Person(who)
	}
	w.GroupAs(dossier, "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed})
	for _, who := range []string{"mia@provincie", "anna@gouda", "gijs@gouda", "bas@waterschap"} {
		w.As(who).Follow(dossier)
		w.Settle()
		w.As("chris@provincie").Answers(who, dossier, true)
	}
	w.Settle()
	for _, who := range []string{"mia@provincie", "anna@gouda", "gijs@gouda"} {
		w.As("chris@provincie").Makes(who, actors.RoleModerator)
	}
	w.Settle()
	return w
}

// Decides decides about somebody's membership of the group, in which the person has a role, from the own node.
func (p *Person) Decides(about string, d outbox.Decision) {
	p.w.t.Helper()
	p.must(p.TryDecides(about, d), "decides %s of %s", d.Kind, about)
}

// TryDecides is Decides that may fail.
func (p *Person) TryDecides(about string, d outbox.Decision) error {
	p.w.t.Helper()
	return p.node().Outbox.Manage(context.Background(), p.Actor(), p.w.actor(p.where, about), p.w.actor(p.where, dossier), d)
}

// Makes gives somebody a role.
func (p *Person) Makes(who string, role actors.Role) {
	p.w.t.Helper()
	p.Decides(who, outbox.Decision{Kind: outbox.DecidedRole, Role: role})
}

// stand checks how somebody stands to the group, on every one of the nodes.
func (w *World) stand(who, want string, nodes ...string) {
	w.t.Helper()
	for _, on := range nodes {
		r := w.relation(on, who, dossier)
		got := string(r.State)
		if r.State == actors.Active {
			got += " " + string(r.Role)
		}
		if got != want {
			w.t.Errorf("on %s, %s is %q, not %q", on, who, got, want)
		}
	}
}

// decisions are what was decided in the group as a node has it, the last first.
func (w *World) decisions(on string) (all []string) {
	w.t.Helper()
	ctx, n := context.Background(), w.Node(on)
	list, err := outbox.Decisions(ctx, n.DB, w.actor(on, dossier).ID, actors.Page{Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range list {
		by, err := actors.Get(ctx, n.DB, d.By)
		if err != nil {
			w.t.Fatal(err)
		}
		text := d.Kind + " by " + by.Name
		if d.Subject != 0 {
			about, err := actors.Get(ctx, n.DB, d.Subject)
			if err != nil {
				w.t.Fatal(err)
			}
			text += " of " + about.Name
		}
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s", text, d.Role, d.Reason)))
	}
	return all
}

// asked tells whether somebody is among those who ask something that the person decides about, and was told of it.
func (p *Person) asked(by string) bool {
	p.w.t.Helper()
	list, err := actors.Askers(context.Background(), p.node().DB, p.Actor().ID, actors.Page{Limit: 40})
	p.must(err, "looks who asks")
	name, _ := p.w.split(by)
	listed := slices.ContainsFunc(list, func(r actors.Related) bool { return r.Actor.Name == name })
	if told := slices.Contains(p.Notified(), "follow_request by "+by); told != listed {
		p.w.t.Errorf("%s was told that %s asks: %t, and finds it in the list: %t", p, by, told, listed)
	}
	return listed
}

// A wish to join reaches the staff on every node; what one of them decides in an app is so for all, and the question is gone everywhere.
func TestModeratorsElsewhereAnswerWhoAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := managed(t)
		dora := w.As("dora@utrecht")
		asks := func(want bool) {
			t.Helper()
			w.Settle()
			for _, who := range []string{"chris@provincie", "mia@provincie", "anna@gouda", "gijs@gouda"} {
				if w.As(who).asked("dora@utrecht") != want {
					t.Errorf("%s has a question of dora: %t", who, !want)
				}
			}
			if w.As("bas@waterschap").asked("dora@utrecht") {
				t.Error("a member is asked to decide")
			}
			if n := w.Number("waterschap", "SELECT COUNT(*) FROM relations WHERE state = 'requested'"); n != 0 {
				t.Error("the node of a member knows who asks")
			}
		}
		// rejected from elsewhere
		dora.must(dora.node().Outbox.Join(context.Background(), dora.Actor(), w.actor("utrecht", dossier), "Ik werk aan de dijk"), "asks")
		asks(true)
		w.stand("dora@utrecht", "requested", "utrecht", "provincie", "gouda") // the tentative answer changes nothing
		if n := w.Number("gouda", "SELECT COUNT(*) FROM relations WHERE message = 'Ik werk aan de dijk'"); n != 1 {
			t.Error("what dora says is not known where it is decided")
		}
		if n := w.Number("utrecht", "SELECT COUNT(*) FROM received WHERE CAST(body AS TEXT) LIKE '%TentativeAccept%' AND state = 'done'"); n != 1 {
			t.Errorf("dora's node heard %d times that the wish has come", n)
		}
		w.As("anna@gouda").Asks("POST", "/api/v1/follow_requests/{dora@utrecht}/reject", "")
		asks(false)
		w.stand("dora@utrecht", "removed", "utrecht", "provincie")

		// taken back
		dora.Follow(dossier)
		asks(true)
		dora.Unfollow(dossier)
		asks(false)

		// accepted from elsewhere, twice
		dora.Follow(dossier)
		asks(true)
		w.Down("provincie") // both decide before either hears of the other
		w.As("anna@gouda").Asks("POST", "/api/v1/follow_requests/{dora@utrecht}/authorize", "")
		w.As("gijs@gouda").Asks("POST", "/api/v1/follow_requests/{dora@utrecht}/authorize", "")
		if !w.As("anna@gouda").asked("dora@utrecht") {
			t.Error("the question is gone before the group has decided")
		}
		w.Up("provincie")
		w.Pass(3 * time.Hour)
		asks(false)
		w.stand("dora@utrecht", "active member", "provincie", "gouda", "waterschap", "utrecht")
		w.SameMembers("provincie", dossier, "gouda", "waterschap", "utrecht")
		if got := w.decisions("provincie")[:2]; !slices.Equal(got, []string{"admission by anna of dora member", "rejection by anna of dora"}) && got[0] != "admission by gijs of dora member" {
			t.Errorf("decided: %q", got)
		}

		// who becomes a moderator hears of what waits already, and hears no more when she is one no more
		evert := w.Person("evert@provincie")
		evert.Follow(dossier)
		w.Settle()
		w.As("chris@provincie").Makes("bas@waterschap", actors.RoleModerator)
		w.Settle()
		if !w.As("bas@waterschap").asked("evert@provincie") {
			t.Error("a new moderator does not know who waits")
		}
		w.As("chris@provincie").Makes("bas@waterschap", actors.RoleMember)
		w.Settle()
		if n := w.Number("waterschap", "SELECT COUNT(*) FROM relations WHERE state = 'requested'"); n != 0 {
			t.Error("the node of who is moderator no more knows who asks")
		}
	})
}

// Every decision of the state machine is taken from the home and from another node, with who and why in the log of every node.
func TestStaffDecidesFromItsOwnNode(t *testing.T) {
	for name, who := range map[string]struct{ moderator, owner string }{"at home": {"mia@provincie", "chris@provincie"}, "elsewhere": {"anna@gouda", "gijs@gouda"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := managed(t)
				moderator, owner, bas := w.As(who.moderator), w.As(who.owner), w.As("bas@waterschap")
				nodes := []string{"provincie", "gouda", "waterschap"}
				if name == "elsewhere" {
					w.As("chris@provincie").Makes(who.owner, actors.RoleOwner)
					w.Settle()
				}
				before := len(w.decisions("provincie"))
				anne := w.Person("anne@waterschap") // so that the node of bas keeps its copy when he is out
				anne.Follow(dossier)
				w.Settle()
				moderator.Answers("anne@waterschap", dossier, true)
				w.Settle()
				w.stand("anne@waterschap", "active member", nodes...)

				owner.Makes("bas@waterschap", actors.RoleModerator)
				w.Settle()
				w.stand("bas@waterschap", "active moderator", nodes...)
				owner.Makes("bas@waterschap", actors.RoleMember)
				w.Settle()
				w.stand("bas@waterschap", "active member", nodes...)

				moderator.Decides("bas@waterschap", outbox.Decision{Kind: outbox.DecidedRemoval, Reason: "Andere baan"})
				w.Settle()
				w.stand("bas@waterschap", "removed", nodes...)
				bas.Follow(dossier)
				w.Settle()
				moderator.Answers("bas@waterschap", dossier, true)
				w.Settle()

				moderator.Decides("bas@waterschap", outbox.Decision{Kind: outbox.DecidedBan, Reason: "Reclame", Until: time.Now().Add(72 * time.Hour)})
				w.Settle()
				w.stand("bas@waterschap", "banned", nodes...)
				bas.Follow(dossier)
				w.Settle()
				w.stand("bas@waterschap", "banned", "provincie")
				moderator.Decides("bas@waterschap", outbox.Decision{Kind: outbox.DecidedUnban, Reason: "Spijt"})
				w.Settle()
				w.stand("bas@waterschap", "left", nodes...)

				// for good, then until a date: it ends by itself, once
				moderator.Decides("bas@waterschap", outbox.Decision{Kind: outbox.DecidedBan})
				moderator.Decides("bas@waterschap", outbox.Decision{Kind: outbox.DecidedBan, Until: time.Now().Add(48 * time.Hour)})
				w.Pass(47 * time.Hour)
				w.stand("bas@waterschap", "banned", nodes...)
				w.Pass(2 * time.Hour)
				w.stand("bas@waterschap", "left", nodes...)
				w.Pass(48 * time.Hour)
				bas.Follow(dossier)
				w.Settle()
				w.stand("bas@waterschap", "requested", "provincie")

				post := anne.Post(dossier, "Een gesprek")
				w.Settle()
				ctx, group := context.Background(), w.actor(moderator.where, dossier)
				moderator.must(moderator.node().Outbox.LockPost(ctx, moderator.Actor(), group, moderator.item(post).ID, true, "Genoeg"), "locks")
				w.Settle()
				moderator.Delete(post)
				w.Settle()
				w.SeesNot("anne@waterschap", "Een gesprek")

				m, o := moderator.name, owner.name
				want := []string{"deletion by " + m + " of anne", "lock by " + m + "  Genoeg", "unban by dossier of bas", "ban by " + m + " of bas", "ban by " + m + " of bas", "unban by " + m + " of bas  Spijt", "ban by " + m + " of bas  Reclame",
					"admission by " + m + " of bas member", "removal by " + m + " of bas  Andere baan", "role by " + o + " of bas member", "role by " + o + " of bas moderator", "admission by " + m + " of anne member"}
				home := w.decisions("provincie")
				if diff := cmp.Diff(want, home[:len(home)-before]); diff != "" {
					t.Errorf("decided (-want +got):\n%s", diff)
				}
				for _, on := range nodes[1:] {
					if diff := cmp.Diff(home[:len(want)], w.decisions(on)[:len(want)]); diff != "" {
						t.Errorf("%s has another log (-home +there):\n%s", on, diff)
					}
				}
				w.SameMembers("provincie", dossier, "gouda", "waterschap")
			})
		})
	}
}

// The settings, and a no to who asks, are in the log of every node too; a new member reads what was decided before.
func TestEveryMemberReadsTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := managed(t)
		chris, dora := w.As("chris@provincie"), w.As("dora@utrecht")
		chris.Sets(dossier, actors.GroupChange{Title: word("Dijken")})
		dora.Follow(dossier)
		w.Settle()
		w.As("anna@gouda").Answers("dora@utrecht", dossier, false)
		w.Settle()
		home := w.decisions("provincie")
		if home[0] != "rejection by anna of dora" || home[1] != "settings by chris" {
			t.Errorf("decided: %q", home)
		}
		w.Pass(24 * time.Hour)
		dora.Follow(dossier)
		w.Settle()
		w.As("anna@gouda").Answers("dora@utrecht", dossier, true)
		w.Settle()
		group := w.actor("provincie", dossier)
		chris.must(chris.node().Outbox.Archive(context.Background(), chris.Actor(), group, true, "Klaar"), "archives")
		w.Pass(time.Minute)
		chris.must(chris.node().Outbox.PlanDeletion(context.Background(), chris.Actor(), group, ""), "deletes")
		w.Pass(time.Minute)
		chris.must(chris.node().Outbox.Archive(context.Background(), chris.Actor(), group, false, ""), "opens")
		w.Pass(time.Minute)
		chris.must(chris.node().Outbox.Restore(context.Background(), chris.Actor(), group, "Toch niet"), "restores")
		w.Settle()
		home = w.decisions("provincie")
		if want := []string{"restoration by chris  Toch niet", "unarchive by chris", "group-deletion by chris", "archive by chris  Klaar"}; !slices.Equal(home[:4], want) {
			t.Errorf("decided: %q", home)
		}
		for _, on := range []string{"gouda", "waterschap", "utrecht"} {
			if diff := cmp.Diff(home[:7], w.decisions(on)[:7]); diff != "" {
				t.Errorf("%s has another log (-home +there):\n%s", on, diff)
			}
		}
		if got := w.decisions("utrecht"); len(got) != len(home) {
			t.Errorf("a new member reads %d of %d decisions: %q", len(got), len(home), got)
		}
		status, answer := dora.Ask("GET", "/api/pleio/v1/groups/{"+dossier+"}/log", "")
		if status != 200 || !strings.Contains(answer, `"kind":"settings"`) || !strings.Contains(answer, `"handle":"@anna@gouda.example"`) {
			t.Errorf("the log for a member: %d %s", status, answer)
		}
	})
}

// guards is a group with staff on a server that says whatever a test wants: olga is an owner there, mo a moderator, mie a member and
// nel a stranger.
func guards(t *testing.T) (w *World, f *Foreign, group *actors.Actor) {
	w = managed(t)
	f = w.Foreign("elders", Proving)
	for _, name := range []string{"olga", "mo", "mie", "nel"} {
		f.Person(name, map[string]any{"generator": map[string]any{"type": "Application", "implements": []any{map[string]any{"href": federation.CapGroups}}}})
	}
	group = w.actor("provincie", dossier)
	for _, name := range []string{"olga", "mo", "mie"} {
		f.Send(name, "provincie", `{"type":"Join","object":%q}`, group.IRI)
		w.Settle()
		w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			who, err := actors.ByIRI(ctx, tx, f.Who(name))
			if err != nil {
				return err
			}
			if _, err := n.Dir.Admit(ctx, tx, who, group); err != nil {
				return err
			}
			return n.Dir.SetRole(ctx, tx, who, group, map[string]actors.Role{"olga": actors.RoleOwner, "mo": actors.RoleModerator, "mie": actors.RoleMember}[name])
		})
	}
	f.Send("nel", "provincie", `{"type":"Like","object":%q}`, group.IRI) // so that she is known
	w.As("dora@utrecht").Follow(dossier)
	w.Settle()
	return w, f, group
}

// What staff elsewhere may not decide changes nothing, and is answered with the reason.
func TestStaffRequestsAreGuarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f, group := guards(t)
		dora, bas, mia, chris := w.As("dora@utrecht").Actor().IRI, w.As("bas@waterschap").Actor().IRI, w.As("mia@provincie").Actor().IRI, w.As("chris@provincie").Actor().IRI
		join := fmt.Sprintf(`{"type":"Join","id":"http://utrecht.example/activities/1","actor":%q,"object":%q}`, dora, group.IRI)
		offer := fmt.Sprintf(`{"type":"Offer","id":"http://provincie.example/activities/1","actor":%q,"object":%s}`, group.IRI, join)
		accept, reject := `{"type":"Accept","object":`+join+`}`, `{"type":"Reject","object":`+offer+`}`
		remove := func(who string) string {
			return fmt.Sprintf(`{"type":"Remove","object":%q,"target":%q}`, who, group.Members)
		}
		block := func(who, more string) string {
			return fmt.Sprintf(`{"type":"Block","object":%q,"target":%q%s}`, who, group.IRI, more)
		}
		role := func(who, role string) string {
			return fmt.Sprintf(`{"type":"Update","object":{"id":"%s/x","type":"Relationship","subject":%q,"relationship":"%s#memberOf","object":%q,"role":%q,"state":"active"}}`, group.Members, who, federation.PN, group.IRI, role)
		}
		unblock := fmt.Sprintf(`{"type":"Undo","object":{"id":"http://elders.example/b","type":"Block","actor":"%%s","object":%q,"target":%q}}`, bas, group.IRI)
		state := func() string {
			t.Helper()
			rows, err := db.All(context.Background(), w.Node("provincie").DB, db.Scalar[string],
				"SELECT s.name || ' ' || r.state || ' ' || r.role || ' ' || CAST(r.until AS TEXT) FROM relations r JOIN actors s ON s.id = r.subject WHERE r.object = $1 ORDER BY s.iri", group.ID)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(rows, w.Number("provincie", "SELECT seq FROM actors WHERE name = 'dossier' AND local"), len(w.decisions("provincie")))
		}
		refused := func(by, what string) {
			t.Helper()
			before, rejects := state(), len(f.Got("Reject"))
			f.Twice(by, "provincie", f.Write(by, "%s", what))
			w.Settle()
			if now := state(); now != before {
				t.Errorf("%s changed\n%s to\n%s by %s", by, before, now, what)
			}
			got := f.Got("Reject")
			if len(got) != rejects+1 || !strings.Contains(string(got[rejects].Raw), `"content":`) || got[rejects].Actor != group.IRI {
				t.Errorf("%s was answered %d times to %s", by, len(got)-rejects, what)
			}
		}
		for _, by := range []string{"nel", "mie"} { // a stranger and a member
			for _, what := range []string{accept, reject, remove(bas), block(bas, ""), role(bas, "moderator"), role(f.Who(by), "owner")} {
				refused(by, what)
			}
		}
		for _, what := range []string{remove(mia), block(mia, ""), remove(chris), block(chris, ""), role(bas, "moderator"), role(f.Who("mo"), "owner"), remove(f.Who("mo"))} { // equals and higher, and what owners do
			refused("mo", what)
		}
		for _, what := range []string{remove(chris), block(chris, ""), role(chris, "member"), role(bas, "king"), remove(f.Who("nel")), block(bas, `,"endTime":"1999-01-01T00:00:00Z"`)} {
			refused("olga", what)
		}
		// somebody else's approval: not signed by whom it names, or wrapped by somebody else
		before := state()
		f.Post("mie", "provincie", f.Write("mie", "%s", strings.Replace(accept, "{", fmt.Sprintf(`{"actor":%q,`, f.Who("mo")), 1)))
		f.Send("mie", "provincie", `{"type":"Accept","object":%s}`, strings.Replace(join, dora, f.Who("mie"), 1))
		f.Send("mie", "provincie", `{"type":"Accept","object":{"type":"Accept","actor":%q,"object":%s}}`, f.Who("mo"), join)
		w.Settle()
		if now := state(); now != before {
			t.Errorf("a forged approval changed\n%s to\n%s", before, now)
		}

		// and what may be decided is, once each, however often it is said
		once := func(by, who, want string, entries int, what ...string) {
			t.Helper()
			seq := w.Number("provincie", "SELECT seq FROM actors WHERE name = 'dossier' AND local")
			for _, text := range what {
				f.Twice(by, "provincie", f.Write(by, "%s", text))
				f.Send(by, "provincie", "%s", text) // said again
			}
			w.Settle()
			w.stand(who, want, "provincie")
			if n := w.Number("provincie", "SELECT seq FROM actors WHERE name = 'dossier' AND local") - seq; n != entries {
				t.Errorf("%d entries in the log for %s", n, what)
			}
		}
		once("mo", "dora@utrecht", "active member", 1, accept)
		once("mo", "bas@waterschap", "removed", 1, remove(bas))
		w.As("bas@waterschap").Follow(dossier)
		w.Settle()
		id := f.Got("Offer")
		if len(id) == 0 {
			t.Fatal("mo was not told who asks")
		}
		once("mo", "bas@waterschap", "removed", 1, fmt.Sprintf(`{"type":"Reject","object":%q}`, id[len(id)-1].ID))
		once("mo", "bas@waterschap", "banned", 2, block(bas, `,"endTime":"2999-01-01T00:00:00Z"`))
		once("mo", "bas@waterschap", "left", 2, fmt.Sprintf(unblock, f.Who("mo")))
		once("olga", "mia@provincie", "active member", 2, role(mia, "member"))
		once("olga", "dora@utrecht", "active owner", 2, role(dora, "owner"))

		// who was removed decides no more
		w.As("chris@provincie").Decides("mo@elders", outbox.Decision{Kind: outbox.DecidedRemoval})
		w.Settle()
		refused("mo", remove(mia))
		refused("mo", remove(bas)) // not even what is so already

		// the last owner neither steps down nor leaves
		w.As("chris@provincie").Makes("chris@provincie", actors.RoleMember)
		w.As("dora@utrecht").Makes("dora@utrecht", actors.RoleMember)
		w.Settle()
		refused("olga", role(f.Who("olga"), "member"))
		refused("olga", fmt.Sprintf(`{"type":"Leave","object":%q}`, group.IRI))
	})
}

// From the own node too: what somebody may not decide is refused before it is sent.
func TestStaffIsRefusedAtItsOwnNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := managed(t)
		for _, c := range []struct {
			by, about string
			d         outbox.Decision
		}{
			{"bas@waterschap", "anna@gouda", outbox.Decision{Kind: outbox.DecidedRemoval}},
			{"dora@utrecht", "bas@waterschap", outbox.Decision{Kind: outbox.DecidedBan}},
			{"anna@gouda", "gijs@gouda", outbox.Decision{Kind: outbox.DecidedRemoval}},
			{"anna@gouda", "chris@provincie", outbox.Decision{Kind: outbox.DecidedBan}},
			{"anna@gouda", "bas@waterschap", outbox.Decision{Kind: outbox.DecidedRole, Role: actors.RoleModerator}},
			{"anna@gouda", "bas@waterschap", outbox.Decision{Kind: outbox.DecidedUnban}},
			{"chris@provincie", "chris@provincie", outbox.Decision{Kind: outbox.DecidedRole, Role: actors.RoleMember}},
		} {
			if err := w.As(c.by).TryDecides(c.about, c.d); err == nil {
				t.Errorf("%s decides %s of %s", c.by, c.d.Kind, c.about)
			}
		}
	})
}

// A group is handed over by making another owner and stepping down, also to another node; its last owner neither leaves nor steps down.
func TestOwnershipIsHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := managed(t)
		chris, anna := w.As("chris@provincie"), w.As("anna@gouda")
		chris.Makes("anna@gouda", actors.RoleOwner)
		w.Settle()
		chris.Makes("chris@provincie", actors.RoleMember)
		w.Settle()
		w.stand("anna@gouda", "active owner", "provincie", "gouda", "waterschap")
		w.stand("chris@provincie", "active member", "provincie", "gouda", "waterschap")
		anna.Makes("anna@gouda", actors.RoleMember) // sent, and refused by the home
		if err := anna.node().Outbox.Unfollow(context.Background(), anna.Actor(), w.actor("gouda", dossier)); err == nil {
			t.Error("the last owner leaves")
		}
		w.Settle()
		w.stand("anna@gouda", "active owner", "provincie", "gouda", "waterschap")
		anna.Makes("chris@provincie", actors.RoleOwner)
		w.Settle()
		anna.Unfollow(dossier)
		w.Settle()
		w.stand("anna@gouda", "left", "provincie", "gouda", "waterschap")
		w.stand("chris@provincie", "active owner", "provincie", "gouda")
	})
}

// When the account of the last owner is gone, the moderator who is a member for longest has the group, and else an administrator of the node.
func TestTheLastOwnerIsSucceeded(t *testing.T) {
	for name, leave := range map[string]func(w *World, owner *Person){
		"deleted": func(w *World, owner *Person) {
			owner.must(owner.node().Outbox.DeleteActor(context.Background(), owner.Actor()), "goes")
		},
		"moved": func(w *World, owner *Person) {
			there := w.Person("nieuw@utrecht")
			a := there.Actor()
			a.AlsoKnownAs = []string{owner.Actor().IRI}
			w.tx("utrecht", func(ctx context.Context, n *node.Node, tx *db.Tx) error { return n.Dir.Save(ctx, tx, a) })
			target, err := owner.node().Dir.Fetch(context.Background(), a.IRI)
			owner.must(err, "finds the new account")
			owner.must(owner.node().Outbox.Move(context.Background(), owner.Actor(), target), "moves")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := managed(t)
				w.Person("eva@provincie")
				w.administrator("eva@provincie")
				w.As("chris@provincie").Makes("gijs@gouda", actors.RoleOwner) // the last owner may be elsewhere
				w.Settle()
				w.As("chris@provincie").Makes("chris@provincie", actors.RoleMember)
				w.Settle()
				leave(w, w.As("gijs@gouda"))
				w.Settle()
				w.stand("mia@provincie", "active owner", "provincie", "gouda", "waterschap") // a member before anna
				if got := w.decisions("waterschap"); got[0] != "role by dossier of mia owner" {
					t.Errorf("decided: %q", got)
				}
				w.As("mia@provincie").Makes("anna@gouda", actors.RoleMember)
				w.Settle()
				w.As("mia@provincie").must(w.Node("provincie").Outbox.DeleteActor(context.Background(), w.As("mia@provincie").Actor()), "goes")
				w.Settle()
				w.stand("eva@provincie", "active owner", "provincie", "gouda", "waterschap")
				w.SameMembers("provincie", dossier, "gouda", "waterschap")
			})
		})
	}
}

// Who is invited and banned is invited no more; who is banned and invited by a moderator is banned no more, on every node. Who was
// banned from a secret group and asks again hears nothing.
func TestBansMeetInvitations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := managed(t)
		anna, chris, dora := w.As("anna@gouda"), w.As("chris@provincie"), w.As("dora@utrecht")
		chris.Invite("dora@utrecht", dossier)
		w.Settle()
		dora.invited(dossier, true)
		anna.Decides("dora@utrecht", outbox.Decision{Kind: outbox.DecidedBan})
		w.Settle()
		dora.invited(dossier, false)
		w.stand("dora@utrecht", "banned", "provincie")
		chris.Invite("dora@utrecht", dossier)
		w.Settle()
		w.stand("dora@utrecht", "invited", "provincie")
		for _, on := range []string{"provincie", "gouda", "waterschap"} {
			if got := w.decisions(on); got[0] != "unban by chris of dora" || got[1] != "ban by anna of dora" {
				t.Errorf("%s reads %q", on, got)
			}
		}
		dora.invited(dossier, true)
		w.SameMembers("provincie", dossier, "gouda", "waterschap")
		anna.Decides("dora@utrecht", outbox.Decision{Kind: outbox.DecidedBan})
		w.Settle()
		chris.Sets(dossier, actors.GroupChange{Preset: word("dossier")})
		w.Settle()
		f := w.Foreign("elders", Proving)
		f.Person("nel", map[string]any{"generator": map[string]any{"type": "Application", "implements": []any{map[string]any{"href": federation.CapGroups}}}})
		f.Send("nel", "provincie", `{"type":"Join","object":%q}`, w.actor("provincie", dossier).IRI)
		w.Settle()
		w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			nel, err := actors.ByIRI(ctx, tx, f.Who("nel"))
			if err != nil {
				return err
			}
			return n.Dir.Ban(ctx, tx, nel, w.actor("provincie", dossier))
		})
		w.Settle()
		f.Send("nel", "provincie", `{"type":"Join","object":%q}`, w.actor("provincie", dossier).IRI)
		w.Settle()
		answers, err := db.One(context.Background(), w.Node("provincie").DB, db.Scalar[int], "SELECT COUNT(*) FROM activities WHERE kind IN ('Reject', 'TentativeAccept') AND CAST(body AS TEXT) LIKE '%elders%'")
		if err != nil || answers != 0 {
			t.Errorf("who was banned from a secret group is answered: %d (%v)", answers, err)
		}
	})
}
