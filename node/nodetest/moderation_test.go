// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/node"
)

// house is the world's group with mia, of other software, as a member, and mo as its moderator.
func house(t *testing.T) (w *World, m *Foreign, group *actors.Actor, post string) {
	w = world(t)
	m = w.Foreign("mastodon", Mastodon)
	m.Person("mia")
	m.Person("mo")
	group = w.actor("provincie", "wonen@provincie")
	for _, name := range []string{"mia", "mo"} {
		m.Send(name, "provincie", `{"type":"Join","object":%q}`, group.IRI)
	}
	w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
		mo, err := actors.ByIRI(ctx, tx, m.Who("mo"))
		if err != nil {
			return err
		}
		return n.Dir.SetRole(ctx, tx, mo, group, actors.RoleModerator)
	})
	post = w.As("anna@gouda").Post("wonen@provincie", "Een gesprek")
	w.Settle()
	return w, m, group, post
}

// TestJoinAndLeave: Join and Leave are a Follow and its Undo by other names.
func TestJoinAndLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m, group, _ := house(t)
		if got := m.Got("Accept"); len(got) != 2 {
			t.Errorf("%d Accepts", len(got))
		}
		m.Twice("mia", "provincie", m.Write("mia", `{"type":"Leave","object":%q}`, group.IRI))
		if n := len(w.Members("provincie", "wonen@provincie")); n != 4 {
			t.Errorf("%d members", n)
		}
	})
}

// TestBlockAndFlag: staff bans and lifts a ban, nobody else does; reports are kept, once.
func TestBlockAndFlag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m, group, post := house(t)
		members := func(want int) {
			t.Helper()
			if n := len(w.Members("provincie", "wonen@provincie")); n != want {
				t.Errorf("%d members, not %d", n, want)
			}
		}
		members(5)
		m.Twice("mia", "provincie", m.Write("mia", `{"type":"Block","object":%q,"target":%q}`, m.Who("mo"), group.IRI))
		m.Twice("mia", "provincie", m.Write("mia", `{"type":"Block","object":%q,"target":%q}`, w.As("anna@gouda").Actor().IRI, group.IRI))
		members(5)
		m.Twice("mo", "provincie", m.Write("mo", `{"type":"Block","object":%q,"target":%q}`, m.Who("mia"), group.IRI))
		members(4)
		m.Send("mia", "provincie", `{"type":"Leave","object":%q}`, group.IRI) // leaving does not lift it
		m.Send("mia", "provincie", `{"type":"Join","object":%q}`, group.IRI)
		m.Send("mia", "provincie", `{"type":"Like","object":%q}`, post)
		members(4)
		// mia's two Blocks were refused, her membership was ended, and so was her wish to join again
		if n := w.Likes("provincie", post); n != 0 || len(m.Got("Reject")) != 4 {
			t.Errorf("%d likes by the banned, %d Rejects", n, len(m.Got("Reject")))
		}
		m.Twice("mo", "provincie", m.Write("mo", `{"type":"Undo","object":{"id":"%s/b","type":"Block","actor":%q,"object":%q,"target":%q}}`, m.Base(), m.Who("mo"), m.Who("mia"), group.IRI))
		m.Send("mia", "provincie", `{"type":"Join","object":%q}`, group.IRI)
		members(5)
		m.Twice("mia", "provincie", m.Write("mia", `{"type":"Flag","content":"Dit is reclame","object":[%q,%q]}`, w.As("chris@provincie").Actor().IRI, post))
		if n := w.Number("provincie", "SELECT COUNT(*) FROM reports WHERE comment = 'Dit is reclame'"); n != 1 {
			t.Errorf("%d reports", n)
		}
	})
}

// TestLock: a moderator closes a conversation and opens it again; a member does not.
func TestLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m, group, post := house(t)
		closed := func(want bool) {
			t.Helper()
			for _, on := range []string{"provincie", "gouda", "waterschap"} {
				if n := w.Number(on, "SELECT COUNT(*) FROM items WHERE iri = $1 AND closed > 0", post); n == 1 != want {
					t.Errorf("on %s it is closed: %v", on, n == 1)
				}
			}
		}
		m.Send("mia", "provincie", `{"type":"Lock","object":%q}`, post)
		closed(false)
		lock := m.Write("mo", `{"type":"Lock","object":%q}`, post)
		m.Serve(fmt.Sprintf("%s/activities/mo-%d", m.Base(), m.numbers), string(lock))
		m.Twice("mo", "provincie", lock)
		closed(true)
		iri, note := m.Note("mia", "1", "Toch nog iets", Public(group.IRI), fmt.Sprintf(`"audience":%q,"inReplyTo":%q`, group.IRI, post))
		m.Send("mia", "provincie", `{"type":"Create","object":%s}`, note)
		if w.Knows("waterschap", iri) {
			t.Error("an answer got into a closed conversation")
		}
		m.Twice("mo", "provincie", m.Write("mo", `{"type":"Undo","object":%s}`, lock))
		closed(false)
	})
}

// TestAddRemove: pinned posts of a person, moderators of a group by its owner only.
func TestAddRemove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		f.Redescribe("eve", f.Who("eve"), map[string]any{"featured": f.Who("eve") + "/featured"})
		f.Send("eve", "gouda", `{"type":"Update","object":%s}`, f.doc(f.Who("eve")).body)
		iri, note := f.Note("eve", "1", "Vastgezet", Public(f.Who("eve")+"/followers"), "")
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, note)
		pinned := func(want int) {
			t.Helper()
			if n := w.Number("gouda", "SELECT COUNT(*) FROM items WHERE iri = $1 AND pinned > 0", iri); n != want {
				t.Errorf("%d pinned", n)
			}
		}
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Add","object":%q,"target":%q}`, iri, f.Who("eve")+"/featured"))
		pinned(1)
		f.Twice("eve", "gouda", f.Write("eve", `{"type":"Remove","object":%q,"target":%q}`, iri, f.Who("eve")+"/featured"))
		pinned(0)
	})
	synctest.Test(t, func(t *testing.T) {
		w, m, group, _ := house(t)
		add := func(by string) int {
			m.Send(by, "provincie", `{"type":"Add","object":%q,"target":%q}`, m.Who("mia"), group.Moderators)
			return w.Number("provincie", "SELECT COUNT(*) FROM relations WHERE role = 'moderator'")
		}
		if n := add("mia"); n != 1 {
			t.Error("a member made herself moderator")
		}
		if n := add("mo"); n != 1 {
			t.Error("a moderator made a moderator")
		}
		w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			mo, err := actors.ByIRI(ctx, tx, m.Who("mo"))
			if err != nil {
				return err
			}
			return n.Dir.SetRole(ctx, tx, mo, group, actors.RoleOwner)
		})
		if n := add("mo"); n != 1 {
			t.Error("an owner could not make a moderator")
		}
		m.Twice("mo", "provincie", m.Write("mo", `{"type":"Remove","object":%q,"target":%q}`, m.Who("mia"), group.Moderators))
		if n := w.Number("provincie", "SELECT COUNT(*) FROM relations WHERE role = 'moderator'"); n != 0 {
			t.Error("an owner could not take it back")
		}
	})
}

// TestInboxRefusesBlockedHosts: whom the administrator blocked is refused, and gets and is asked nothing.
func TestInboxRefusesBlockedHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		anna := w.As("anna@gouda")
		f.Send("eve", "gouda", `{"type":"Follow","object":%q}`, anna.Actor().IRI)
		w.decide("gouda", "elsewhere", actors.PeerBlocked)
		_, note := f.Note("eve", "1", "Van een geblokkeerde", Public(f.Who("eve")+"/followers"), "")
		before := f.Asked(f.Who("eve"))
		if status := f.Send("eve", "gouda", `{"type":"Create","object":%s}`, note); status != http.StatusForbidden {
			t.Errorf("answered %d", status)
		}
		anna.Post("", "Niet voor hen")
		w.Pass(26 * time.Hour)
		if n := len(f.Got("Create")); n != 0 || f.Asked(f.Who("eve")) != before {
			t.Errorf("a blocked host got %d posts", n)
		}
	})
}

// TestKeyRotation: new keys count when the old one signed the Update that tells of them, or when the document shows them.
func TestKeyRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		say := func(name string, want int) {
			t.Helper()
			_, note := f.Note("eve", fmt.Sprint(len(name)), "Bericht "+name, Public(f.Who("eve")+"/followers"), "")
			if status := f.Send("eve", "gouda", `{"type":"Create","object":%s}`, note); status != want {
				t.Errorf("%s was answered %d, not %d", name, status, want)
			}
		}
		old := f.Signer("eve")
		f.Keys("eve", 2)
		f.Redescribe("eve", f.Who("eve"), nil)
		update := f.Write("eve", `{"type":"Update","object":%s}`, f.doc(f.Who("eve")).body)
		if status := f.Forge("gouda", update, Forgery{Signer: old}); status != http.StatusAccepted {
			t.Errorf("the Update was answered %d", status)
		}
		say("met een aangekondigde sleutel", http.StatusAccepted)
		f.Keys("eve", 3)
		f.Redescribe("eve", f.Who("eve"), nil)
		say("te vroeg", http.StatusUnauthorized) // a key fetched a moment ago is not fetched again for each wrong signature
		w.Pass(6 * time.Minute)
		say("met een nieuwe sleutel", http.StatusAccepted)
		w.Sees("anna@gouda", "met een aangekondigde sleutel", "met een nieuwe sleutel")
		w.SeesNot("anna@gouda", "te vroeg")
	})
}
