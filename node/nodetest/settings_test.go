// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

// Sets changes the settings of a group of the person's own node.
func (p *Person) Sets(group string, change actors.GroupChange) outbox.Changed {
	p.w.t.Helper()
	changed, err := p.node().Outbox.Settings(context.Background(), p.Actor(), p.w.actor(p.where, group), change, "")
	p.must(err, "changes %s", group)
	return changed
}

// Joins asks to be a member of a group, with an introduction.
func (p *Person) Joins(group, introduction string) error {
	return p.node().Outbox.Join(context.Background(), p.Actor(), p.w.actor(p.where, group), introduction)
}

// State is how the person stands to a group, as the person's own node knows it.
func (p *Person) State(group string) actors.State {
	p.w.t.Helper()
	r, err := actors.RelationOf(context.Background(), p.node().DB, p.Actor().ID, p.w.actor(p.where, group).ID)
	p.must(err, "looks for %s", group)
	return r.State
}

func word[T any](v T) *T { return &v }

// What the owners decide about a group is known on the nodes of the members, in the order of its log, and they act by it.
func TestSettingsReachTheNodesOfMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda", "waterschap")
		chris, anna, bas := w.Person("chris@provincie"), w.Person("anna@gouda"), w.Person("bas@waterschap")
		w.GroupAs("dossier@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed, Join: actors.JoinOpen})
		anna.Follow("dossier@provincie")
		w.Settle()
		w.Down("gouda")
		chris.Sets("dossier@provincie", actors.GroupChange{Posting: word(actors.PostingMods), Join: word(actors.JoinRequest), Introduction: word(true), Title: word("Een ander dossier")})
		w.Settle()
		w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error { // what waits for gouda is lost: it reads the log
			_, err := tx.Exec(ctx, "DELETE FROM deliveries WHERE host = 'gouda.example'")
			return err
		})
		w.Up("gouda")
		chris.Post("dossier@provincie", "Daar ben ik")
		w.Pass(28 * time.Hour)
		w.SameMembers("provincie", "dossier@provincie", "gouda")
		got := w.actor("gouda", "dossier@provincie")
		if got.Title != "Een ander dossier" || got.Posting != actors.PostingMods || got.JoinPolicy != actors.JoinRequest || !got.Settings.Introduction {
			t.Errorf("gouda knows %q %s %s %v", got.Title, got.Posting, got.JoinPolicy, got.Settings)
		}
		if _, err := anna.TryPost("dossier@provincie", "Mag dat"); err == nil || !strings.Contains(fault.Sentence(err), "only moderators start") {
			t.Errorf("anna posts: %v", err)
		}

		// Without a word nobody asks: the own node says so, and the home refuses who does all the same.
		if err := bas.Joins("dossier@provincie", ""); err == nil || !strings.Contains(fault.Sentence(err), "asks for an introduction") {
			t.Errorf("bas asks without a word: %v", err)
		}
		w.Settle()
		if err := bas.Joins("dossier@provincie", "Ik ga over het water"); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		if bas.State("dossier@provincie") != actors.Requested || !slices.Contains(chris.Notified(), "follow_request by bas@waterschap") {
			t.Errorf("bas is %s; chris was told %v", bas.State("dossier@provincie"), chris.Notified())
		}
	})
}

// Whoever follows an open group from elsewhere hears what it says of itself now; when it keeps no such members any more, they are
// out, and are told in every way that their servers know.
func TestPlainFollowersHearOfSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie")
		chris := w.Person("chris@provincie")
		w.Group("wonen@provincie", "chris@provincie")
		f := w.Foreign("elsewhere", Mastodon)
		f.Person("eve")
		f.Send("eve", "provincie", `{"type":"Follow","object":%q}`, w.actor("provincie", "wonen@provincie").IRI)
		w.Settle()
		chris.Sets("wonen@provincie", actors.GroupChange{Title: word("Wonen en werken")})
		w.Settle()
		if got := f.Got("Update"); len(got) != 1 || !strings.Contains(string(got[0].Object), "Wonen en werken") || !got[0].Proven {
			t.Errorf("the follower hears %v", got)
		}
		if c := chris.Sets("wonen@provincie", actors.GroupChange{Preset: word("closed-team")}); c.Removed != 1 {
			t.Errorf("%d are removed", c.Removed)
		}
		chris.Post("wonen@provincie", "Onder ons")
		w.Settle()
		if len(f.Got("Reject")) != 1 || len(f.Got("Block")) != 1 || len(f.Got("Undo")) != 1 || len(f.Got("Update")) != 1 || len(f.Got("Announce")) != 0 {
			t.Errorf("the follower gets %d Reject, %d Block, %d Undo, %d Update, %d Announce", len(f.Got("Reject")), len(f.Got("Block")), len(f.Got("Undo")), len(f.Got("Update")), len(f.Got("Announce")))
		}
	})
}

// The home refuses a wish to join without a word, and says why; and people of organisations that are not named.
func TestWishesAreRefusedWithTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda", "waterschap")
		chris, anna, bas := w.Person("chris@provincie"), w.Person("anna@gouda"), w.Person("bas@waterschap")
		w.GroupAs("team@provincie", "chris@provincie", actors.NewGroup{Preset: "closed-team"})
		chris.Sets("team@provincie", actors.GroupChange{Introduction: word(true), PlainMembers: word(true)})
		f := w.Foreign("elsewhere", Mastodon)
		f.Person("eve")
		f.Send("eve", "provincie", `{"type":"Follow","object":%q}`, w.actor("provincie", "team@provincie").IRI)
		w.Settle()
		if got := f.Got("Reject"); len(got) != 1 || !strings.Contains(string(got[0].Raw), "asks for an introduction") {
			t.Errorf("eve is told %v", got)
		}

		// The people of gouda are in at once, those of the waterschap ask, and are not let in when they are not named.
		chris.Sets("team@provincie", actors.GroupChange{Join: word(actors.JoinAutomatic), Automatic: &[]string{"gouda.example"}})
		w.Settle()
		if err := anna.Joins("team@provincie", "Ik ook"); err != nil {
			t.Fatal(err)
		}
		if err := bas.Joins("team@provincie", "En ik"); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		if a, b := anna.State("team@provincie"), bas.State("team@provincie"); a != actors.Active || b != actors.Requested {
			t.Errorf("anna is %s, bas %s", a, b)
		}
		chris.Answers("bas@waterschap", "team@provincie", true)
		w.Settle()
		w.SameMembers("provincie", "team@provincie", "gouda", "waterschap")
		if c := chris.Sets("team@provincie", actors.GroupChange{Allowed: &[]string{"gouda.example"}}); c.Removed != 1 {
			t.Errorf("%d are removed", c.Removed)
		}
		chris.Post("team@provincie", "Zonder het waterschap")
		w.Settle()
		if bas.State("team@provincie") != actors.Removed {
			t.Errorf("bas is %s", bas.State("team@provincie"))
		}
		w.SameMembers("provincie", "team@provincie", "gouda")
		w.Sees("anna@gouda", "Zonder het waterschap")
		w.SeesNot("bas@waterschap", "Zonder het waterschap")
		if err := bas.Joins("team@provincie", "Nog eens"); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		if bas.State("team@provincie") != actors.Removed {
			t.Errorf("bas is %s", bas.State("team@provincie"))
		}
	})
}

// New members are welcomed by the group, on whatever node they are, in their own language where that is known.
func TestNewMembersAreWelcomed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda")
		chris, anna := w.Person("chris@provincie"), w.Person("anna@gouda")
		w.Group("wonen@provincie", "chris@provincie")
		chris.Sets("wonen@provincie", actors.GroupChange{Welcome: map[string]string{"nl": "Welkom bij het wonen", "en": "Welcome to living"}})
		anna.Follow("wonen@provincie")
		w.Settle()
		w.Sees("anna@gouda", "Welkom bij het wonen")
		if !slices.Contains(anna.Notified(), "mention by wonen@provincie") {
			t.Errorf("anna was told %v", anna.Notified())
		}
		w.SeesNot("chris@provincie", "Welkom bij het wonen")

		dirk := w.Person("dirk@provincie")
		w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			if err := n.Auth.AddAccount(ctx, tx, dirk.Actor().ID, "dirk@provincie.example", auth.Hashed{}, false); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "UPDATE accounts SET locale = 'en-GB' WHERE actor = $1", dirk.Actor().ID)
			return err
		})
		dirk.Follow("wonen@provincie")
		w.Settle()
		w.Sees("dirk@provincie", "Welcome to living")
		w.SeesNot("dirk@provincie", "Welkom bij het wonen")
	})
}

// An archived group is only read, on the nodes of its members too; what comes all the same is refused by its home.
func TestAnArchivedGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda", "waterschap")
		chris, anna, bas := w.Person("chris@provincie"), w.Person("anna@gouda"), w.Person("bas@waterschap")
		w.GroupAs("dossier@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed, Join: actors.JoinOpen})
		anna.Follow("dossier@provincie")
		w.Settle()
		first := chris.Post("dossier@provincie", "Zo was het")
		w.Settle()
		w.Down("provincie")
		late := anna.Post("dossier@provincie", "Te laat") // the home is archived before it hears this
		archive := func(on bool) {
			t.Helper()
			if err := chris.node().Outbox.Archive(context.Background(), chris.Actor(), w.actor("provincie", "dossier@provincie"), on, ""); err != nil {
				t.Fatal(err)
			}
		}
		archive(true)
		w.Up("provincie")
		w.Pass(time.Hour)
		if w.Knows("provincie", late) {
			t.Error("an archived group took a post")
		}
		if _, err := anna.TryPost("dossier@provincie", "Nog iets"); err == nil || !strings.Contains(fault.Sentence(err), "is archived") {
			t.Errorf("anna posts: %v", err)
		}
		if err := bas.Joins("dossier@provincie", ""); err == nil || !strings.Contains(fault.Sentence(err), "is archived") {
			t.Errorf("bas joins: %v", err)
		}
		w.Sees("anna@gouda", "Zo was het", "Dossier is gearchiveerd")
		w.Sees("chris@provincie", "Dossier is gearchiveerd")
		archive(false)
		w.Settle()
		answer := anna.Reply(first, "Weer verder")
		w.Settle()
		if !w.Knows("provincie", answer) {
			t.Error("a group that lives again takes no answer")
		}
		w.SameMembers("provincie", "dossier@provincie", "gouda")
	})
}

// A group is deleted two weeks after its owner said so, everywhere, with all that was posted in it. A secret one leaves no trace
// of having been.
func TestADeletedGroup(t *testing.T) {
	for _, kind := range []string{actors.VisibilityPublic, actors.VisibilityListed, actors.VisibilityHidden} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := New(t, "provincie", "gouda")
				chris, anna := w.Person("chris@provincie"), w.Person("anna@gouda")
				w.GroupAs("dossier@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed, Join: actors.JoinOpen})
				anna.Follow("dossier@provincie")
				w.Settle()
				chris.Sets("dossier@provincie", actors.GroupChange{Visibility: &kind})
				w.Settle()
				posts := []string{chris.Post("dossier@provincie", "Van hier"), anna.Post("dossier@provincie", "Van daar")}
				w.Settle()
				group := w.actor("provincie", "dossier@provincie")
				plan := func() {
					t.Helper()
					if err := chris.node().Outbox.PlanDeletion(context.Background(), chris.Actor(), group, ""); err != nil {
						t.Fatal(err)
					}
				}
				plan()
				w.Pass(13 * 24 * time.Hour)
				if err := chris.node().Outbox.Restore(context.Background(), chris.Actor(), group, ""); err != nil {
					t.Fatal(err)
				}
				w.Pass(2 * 24 * time.Hour)
				w.Sees("anna@gouda", "Van hier", "Van daar", "wordt niet verwijderd")
				posts = append(posts, anna.Post("dossier@provincie", "Gelukkig"))
				w.Settle()
				plan()
				w.Settle()
				w.Sees("anna@gouda", "Gelukkig", "wordt op 30 januari 2000 verwijderd")
				if _, err := anna.TryPost("dossier@provincie", "Nog iets"); err == nil || !strings.Contains(fault.Sentence(err), "will be deleted on") {
					t.Errorf("anna posts: %v", err)
				}
				w.Pass(14*24*time.Hour + time.Hour)

				for _, on := range []string{"provincie", "gouda"} {
					for _, post := range posts {
						if w.Knows(on, post) {
							t.Errorf("%s still has %s", on, post)
						}
					}
					if n := w.Number(on, "SELECT COUNT(*) FROM items WHERE grp > 0"); n != 0 {
						t.Errorf("%s has %d items of the group", on, n)
					}
					if n := w.Number(on, "SELECT COUNT(*) FROM actors WHERE kind = 'Group' AND deleted = 0"); n != 0 {
						t.Errorf("%s has the group", on)
					}
					if n := w.Number(on, "SELECT COUNT(*) FROM relations"); n != 0 {
						t.Errorf("%s still knows %d members", on, n)
					}
				}
				if n := w.Number("provincie", "SELECT COUNT(*) FROM log"); n != 0 {
					t.Errorf("the log has %d entries", n)
				}
				_, gone := w.Fetch("gouda", group.IRI)
				_, never := w.Fetch("gouda", strings.Replace(group.IRI, "dossier", "nooit", 1))
				same := fault.Status(gone) == fault.Status(never)
				if gone == nil || same != (kind == actors.VisibilityHidden) {
					t.Errorf("of the group is told %v; of what never was %v", gone, never)
				}
			})
		})
	}
}

// A node that never heard of the end of a group finds out, also of a secret one, of which its home says nothing any more.
func TestTheEndOfAGroupIsFoundOut(t *testing.T) {
	for _, kind := range []string{actors.VisibilityListed, actors.VisibilityHidden} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := New(t, "provincie", "gouda")
				chris, anna := w.Person("chris@provincie"), w.Person("anna@gouda")
				w.GroupAs("dossier@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed, Join: actors.JoinOpen})
				anna.Follow("dossier@provincie")
				w.Settle()
				chris.Sets("dossier@provincie", actors.GroupChange{Visibility: &kind})
				post := chris.Post("dossier@provincie", "Onder ons")
				w.Settle()
				w.Down("gouda")
				if err := chris.node().Outbox.DeleteActor(context.Background(), w.actor("provincie", "dossier@provincie")); err != nil {
					t.Fatal(err)
				}
				w.Settle()
				w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
					_, err := tx.Exec(ctx, "DELETE FROM deliveries")
					return err
				})
				w.Up("gouda")
				if !w.Knows("gouda", post) {
					t.Fatal("gouda knows already")
				}
				w.Pass(20 * 24 * time.Hour)
				if n := w.Number("gouda", "SELECT COUNT(*) FROM relations WHERE state = 'active'"); n != 0 || w.Knows("gouda", post) {
					t.Error("gouda still has the group")
				}
			})
		})
	}
}

// Where a group keeps its history to itself, a node that is new there reads what is posted from its first member on.
func TestHistorySinceJoining(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda", "waterschap")
		chris, anna, bas := w.Person("chris@provincie"), w.Person("anna@gouda"), w.Person("bas@waterschap")
		w.GroupAs("dossier@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed, Join: actors.JoinOpen, More: actors.GroupChange{SinceJoining: word(true)}})
		anna.Follow("dossier@provincie")
		w.Settle()
		before := chris.Post("dossier@provincie", "Van voor bas")
		w.Settle()
		bas.Follow("dossier@provincie")
		w.Settle()
		chris.Post("dossier@provincie", "Van na bas")
		w.Settle()
		w.Sees("anna@gouda", "Van voor bas", "Van na bas")
		w.Sees("bas@waterschap", "Van na bas")
		if w.Knows("waterschap", before) {
			t.Error("the waterschap was given what was posted before")
		}
		w.SameMembers("provincie", "dossier@provincie", "gouda", "waterschap")
	})
}
