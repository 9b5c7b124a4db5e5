// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/node"
)

// GroupAs makes a group of another kind than open.
func (w *World) GroupAs(group, owner string, g actors.NewGroup) {
	w.t.Helper()
	name, where := w.split(group)
	g.Name, g.Title = name, strings.ToUpper(name[:1])+name[1:]
	by := w.actor(where, owner)
	w.tx(where, func(ctx context.Context, n *node.Node, tx *db.Tx) error {
		_, err := n.Dir.AddGroup(ctx, tx, by, g)
		return err
	})
}

// withDossier is a world with a closed group at provincie that lets everybody in, dossier, of Chris; Anna of gouda and Bas of waterschap are in it.
func withDossier(t *testing.T) (w *World, chris, anna, bas *Person) {
	t.Helper()
	w = New(t, "provincie", "gouda", "waterschap")
	chris, anna, bas = w.Person("chris@provincie"), w.Person("anna@gouda"), w.Person("bas@waterschap")
	w.GroupAs(dossier, "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed, Join: actors.JoinOpen})
	anna.Follow(dossier)
	bas.Follow(dossier)
	w.Settle()
	return w, chris, anna, bas
}

// Answers decides about somebody's wish to join a group.
func (p *Person) Answers(asker, group string, accept bool) {
	p.w.t.Helper()
	p.must(p.node().Outbox.Answer(context.Background(), p.Actor(), p.w.actor(p.where, asker).ID, p.w.actor(p.where, group).ID, accept), "answers %s", asker)
}

// SameMembers checks that the nodes have the same list of the members of a group as its home, with the same digest.
func (w *World) SameMembers(home, group string, nodes ...string) {
	w.t.Helper()
	for _, on := range nodes {
		if diff := cmp.Diff(w.Roster(home, group), w.Roster(on, group)); diff != "" {
			w.t.Errorf("the members of %s differ (-%s +%s):\n%s", group, home, on, diff)
		}
		ours, theirs := w.actor(home, group), w.actor(on, group)
		if ours.Epoch != theirs.Epoch || ours.Seq != theirs.Seq || ours.Head != theirs.Head {
			w.t.Errorf("%s is at %s/%d %.8s, and %s at %s/%d %.8s", on, theirs.Epoch, theirs.Seq, theirs.Head, home, ours.Epoch, ours.Seq, ours.Head)
		}
	}
}

// Roster is the list of the members of a group as a node has it, with their roles.
func (w *World) Roster(on, group string) []string {
	w.t.Helper()
	all, err := db.All(context.Background(), w.Node(on).DB, db.Scalar[string], `SELECT s.iri || ' ' || r.role FROM relations r JOIN actors s ON s.id = r.subject
		WHERE r.object = $1 AND r.state = 'active' ORDER BY s.iri`, w.actor(on, group).ID)
	if err != nil {
		w.t.Fatalf("members of %s: %v", group, err)
	}
	return all
}

// Three organisations work in a closed group: who asks is let in by its owner, reads all that was said before, and nobody else reads anything.
func TestAClosedGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda", "waterschap", "utrecht")
		chris, anna, bas, dora := w.Person("chris@provincie"), w.Person("anna@gouda"), w.Person("bas@waterschap"), w.Person("dora@utrecht")
		w.GroupAs("omgevingswet@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed})
		for n := range 30 {
			chris.Post("omgevingswet@provincie", fmt.Sprintf("Eerder gezegd %d", n))
		}
		first := chris.Post("omgevingswet@provincie", "Welkom in de groep")
		w.Settle()

		anna.Follow("omgevingswet@provincie")
		w.Settle()
		w.SeesNot("anna@gouda", "Welkom in de groep")
		chris.Answers("anna@gouda", "omgevingswet@provincie", true)
		w.Settle()
		w.Sees("anna@gouda", "Welkom in de groep", "Eerder gezegd 0")
		w.SameMembers("provincie", "omgevingswet@provincie", "gouda")

		bas.Follow("omgevingswet@provincie")
		w.Settle()
		chris.Answers("bas@waterschap", "omgevingswet@provincie", true)
		w.Settle()
		answer := bas.Reply(first, "Dank je, Chris")
		anna.Post("omgevingswet@provincie", "Het concept is klaar")
		w.Settle()
		w.Sees("bas@waterschap", "Welkom in de groep", "Het concept is klaar")
		w.Sees("chris@provincie", "Het concept is klaar")
		if !w.Knows("gouda", answer) {
			t.Error("an answer did not reach another member")
		}
		w.SameMembers("provincie", "omgevingswet@provincie", "gouda", "waterschap")

		dora.Follow("omgevingswet@provincie") // and is not answered
		w.Settle()
		w.SeesNot("dora@utrecht", "Welkom in de groep", "Het concept is klaar")
		if n := w.Number("utrecht", "SELECT COUNT(*) FROM items"); n != 0 {
			t.Errorf("the node of a stranger has %d posts", n)
		}
		for _, path := range []string{first, answer, "http://provincie.example/groups/omgevingswet/log", "http://provincie.example/groups/omgevingswet/members"} {
			if _, err := w.Fetch("utrecht", path); err == nil {
				t.Errorf("the node of a stranger reads %s", path)
			}
			if _, err := w.Fetch("gouda", path); err != nil {
				t.Errorf("the node of a member does not read %s: %v", path, err)
			}
		}
	})
}

// A node that was away for days has the list of members and every post again after one contact.
func TestAMemberNodeThatWasAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, chris, _, bas := withDossier(t)
		w.SameMembers("provincie", "dossier@provincie", "gouda", "waterschap")

		w.Down("gouda")
		var made []string
		for n := range 20 {
			made = append(made, bas.Post("dossier@provincie", fmt.Sprintf("Terwijl gouda weg was %d", n)))
		}
		evert := w.Person("evert@waterschap")
		evert.Follow("dossier@provincie")
		w.Pass(2 * time.Hour)
		w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error { // what waits for gouda is lost
			_, err := tx.Exec(ctx, "DELETE FROM deliveries WHERE host = 'gouda.example'")
			return err
		})
		bas.Delete(made[3])
		w.Pass(time.Minute)
		w.Up("gouda")
		chris.Post("dossier@provincie", "Gouda is er weer")
		w.Pass(28 * time.Hour)
		w.Sees("anna@gouda", "Gouda is er weer", "Terwijl gouda weg was 0", "Terwijl gouda weg was 19")
		w.SeesNot("anna@gouda", "Terwijl gouda weg was 3")
		w.SameMembers("provincie", "dossier@provincie", "gouda", "waterschap")
	})
}

// A list of members that was damaged is found out and read anew.
func TestADamagedListOfMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, chris, _, _ := withDossier(t)
		for name, damage := range map[string]string{
			"a member is missing":   "UPDATE relations SET state = 'left' WHERE subject = (SELECT id FROM actors WHERE name = 'bas')",
			"somebody is no member": "UPDATE relations SET role = 'owner' WHERE subject = (SELECT id FROM actors WHERE name = 'bas')",
			"the head is wrong":     "UPDATE actors SET head = '" + strings.Repeat("ab", 32) + "' WHERE name = 'dossier'",
			"another place":         "UPDATE actors SET seq = seq - 1 WHERE name = 'dossier'",
			"from another time":     "UPDATE actors SET seq = seq + 10 WHERE name = 'dossier'",
		} {
			w.tx("gouda", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
				if _, err := tx.Exec(ctx, damage); err != nil {
					return err
				}
				_, err := tx.Exec(ctx, "UPDATE actors SET member_digest = '' WHERE name = 'dossier'")
				return err
			})
			chris.Post("dossier@provincie", "Na "+name)
			w.Pass(16 * time.Hour) // what no entry shows is found when the group is silent
			w.SameMembers("provincie", "dossier@provincie", "gouda")
			w.Sees("anna@gouda", "Na "+name)
			if t.Failed() {
				t.Fatal(name)
			}
		}
	})
}

// Nothing happens in a group for long: its home is asked now and then, and what is wrong here is found.
func TestASilentGroupIsCompared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda")
		w.Person("chris@provincie")
		anna := w.Person("anna@gouda")
		w.GroupAs("dossier@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed, Join: actors.JoinOpen})
		anna.Follow("dossier@provincie")
		w.Settle()
		w.tx("gouda", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE relations SET state = 'left' WHERE subject = (SELECT id FROM actors WHERE name = 'chris')")
			if err == nil {
				_, err = tx.Exec(ctx, "UPDATE actors SET member_digest = '' WHERE name = 'dossier'")
			}
			return err
		})
		w.Pass(16 * time.Hour)
		w.SameMembers("provincie", "dossier@provincie", "gouda")
	})
}

// A secret group exists for its members only: asking for it, and to join it, is as if there was nothing.
func TestASecretGroupIsDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda")
		chris, anna := w.Person("chris@provincie"), w.Person("anna@gouda")
		w.GroupAs("geheim@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityHidden})
		post := chris.Post("geheim@provincie", "Onder ons")
		w.Settle()
		for _, path := range []string{"http://provincie.example/groups/geheim", post, "http://provincie.example/groups/geheim/followers"} {
			_, err := w.Fetch("gouda", path)
			_, none := w.Fetch("gouda", strings.Replace(path, "geheim", "isernietecht", 1))
			if err == nil || none == nil {
				t.Errorf("%s: %v; of what does not exist: %v", path, err, none)
			}
		}
		if _, err := anna.node().Dir.ResolveHandle(context.Background(), "geheim", "provincie.example"); err == nil {
			t.Error("a secret group is found by its name")
		}
	})
}

// Who is removed reads nothing more from that moment; with the last member of a node its copy goes; who comes back finds everything.
func TestTheLastMemberOfANodeIsRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, chris, anna, _ := withDossier(t)
		before := chris.Post("dossier@provincie", "Voor iedereen")
		w.Settle()
		w.Sees("anna@gouda", "Voor iedereen")
		chris.must(chris.node().Outbox.Expel(context.Background(), chris.Actor(), w.actor("provincie", "anna@gouda"), w.actor("provincie", "dossier@provincie"), "verhuisd"), "removes anna")
		after := chris.Post("dossier@provincie", "Zonder Anna")
		w.Settle()
		w.SeesNot("anna@gouda", "Voor iedereen", "Zonder Anna")
		if w.Knows("gouda", after) {
			t.Error("the node of who was removed gets posts")
		}
		if got := w.Roster("gouda", "dossier@provincie"); len(got) != 0 {
			t.Errorf("it still has the members %v", got)
		}
		for _, iri := range []string{before, after} {
			if _, err := w.Fetch("gouda", iri); err == nil {
				t.Errorf("it still reads %s", iri)
			}
		}
		w.SameMembers("provincie", "dossier@provincie", "waterschap")
		anna.Follow("dossier@provincie")
		w.Settle()
		w.Sees("anna@gouda", "Voor iedereen", "Zonder Anna")
		w.SameMembers("provincie", "dossier@provincie", "gouda", "waterschap")
	})
}

// Where a closed group admits people of servers without groups-1, they read copies by the group, and what they say is read by all.
func TestPlainMembersOfAClosedGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda")
		w.Person("chris@provincie")
		anna := w.Person("anna@gouda")
		yes := true
		w.GroupAs("team@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed, Join: actors.JoinOpen, PlainMembers: &yes})
		f := w.Foreign("mastodon", Mastodon)
		eve := f.Person("eve")
		group := "http://provincie.example/groups/team"
		f.Send("eve", "provincie", `{"type":"Follow","object":%q}`, group)
		anna.Follow("team@provincie")
		w.Settle()
		if len(f.Got("Accept")) != 1 {
			t.Fatal("somebody of a plain server is not let in")
		}
		post := anna.Post("team@provincie", "Het concept <b>staat</b> klaar")
		w.Settle()
		made := f.Got("Create")
		if len(made) != 1 || made[0].Actor != group {
			t.Fatalf("the plain server got %+v", made)
		}
		body := string(made[0].Raw)
		for _, words := range []string{"@anna@gouda.example", "staat", "send it to @team@provincie.example only", group + "/followers"} {
			if !strings.Contains(body, words) {
				t.Errorf("the copy lacks %q: %s", words, body)
			}
		}
		if strings.Contains(body, "activitystreams#Public") || strings.Contains(body, "groupState") {
			t.Errorf("the copy says too much: %s", body)
		}
		copied := made[0].ObjectID()
		if n := len(f.Got("Announce")) + len(f.Got("Add")); n != 0 {
			t.Errorf("the plain server got %d entries of the log", n)
		}
		anna.Edit(post, "Het concept is verbeterd")
		w.Settle()
		if got := f.Got("Update"); len(got) != 1 || got[0].ObjectID() != copied || !strings.Contains(string(got[0].Raw), "verbeterd") {
			t.Errorf("of the edit it got %+v", got)
		}

		// What Eve answers, to the group only, is read by the members; what she likes counts.
		f.Send("eve", "provincie", `{"type":"Create","to":%q,"object":{"id":"http://mastodon.example/notes/1","type":"Note","attributedTo":%q,"content":"<p>Ik lees mee</p>","to":%q,"inReplyTo":%q}}`, group, eve, group, copied)
		f.Send("eve", "provincie", `{"type":"Like","to":%q,"object":%q}`, group, copied)
		w.Settle()
		answers := w.Number("gouda", "SELECT COUNT(*) FROM items i JOIN items p ON p.id = i.reply_to WHERE p.iri = '"+post+"' AND i.content LIKE '%@eve@mastodon.example%Ik lees mee%' AND i.audience = 4")
		if answers != 1 {
			t.Errorf("the members elsewhere have %d answers of Eve's: %s", answers, fmt.Sprint(w.Number("provincie", "SELECT COUNT(*) FROM items WHERE iri = 'http://mastodon.example/notes/1'")))
		}
		if n := w.Likes("provincie", post); n != 1 {
			t.Errorf("the post has %d likes at home", n)
		}
		anna.Delete(post)
		w.Settle()
		if got := f.Got("Delete"); len(got) != 1 || got[0].ObjectID() != copied {
			t.Errorf("of the deletion it got %+v", got)
		}
	})
}

// Without that setting nobody of such a server is let in.
func TestNoPlainMembersOfAClosedGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie")
		w.Person("chris@provincie")
		w.GroupAs("team@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed, Join: actors.JoinOpen})
		f := w.Foreign("mastodon", Mastodon)
		f.Person("eve")
		f.Send("eve", "provincie", `{"type":"Follow","object":"http://provincie.example/groups/team"}`)
		w.Settle()
		if len(f.Got("Reject")) != 1 || len(w.Roster("provincie", "team@provincie")) != 1 {
			t.Error("somebody of a plain server was let into a closed group")
		}
	})
}
