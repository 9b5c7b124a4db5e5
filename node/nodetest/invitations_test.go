// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

// Invite invites somebody to a group and returns what has come of it.
func (p *Person) Invite(who, group string, in ...actors.Invitation) string {
	p.w.t.Helper()
	outcome, err := p.TryInvite(who, group, in...)
	p.must(err, "invites %s", who)
	return outcome
}

// TryInvite is Invite that may fail.
func (p *Person) TryInvite(who, group string, in ...actors.Invitation) (string, error) {
	p.w.t.Helper()
	in = append(in, actors.Invitation{})
	return p.node().Outbox.Invite(context.Background(), p.Actor(), p.w.actor(p.where, who), p.groupNamed(group), in[0])
}

// groupNamed is a group as the person's node knows it, which may be one that nobody finds by its name.
func (p *Person) groupNamed(group string) *actors.Actor {
	p.w.t.Helper()
	name, where := p.w.split(group)
	a, err := actors.ByHandle(context.Background(), p.node().DB, name, domain(where))
	p.must(err, "knows %s", group)
	return a
}

// Uninvite takes an invitation back.
func (p *Person) Uninvite(who, group string) {
	p.w.t.Helper()
	p.must(p.node().Outbox.Uninvite(context.Background(), p.Actor(), p.w.actor(p.where, who), p.groupNamed(group)), "takes the invitation of %s back", who)
}

// Accepts answers an invitation, as a Mastodon client does: the group stands among those who ask.
func (p *Person) Accepts(group string, accept bool) {
	p.w.t.Helper()
	p.must(p.node().Outbox.Answer(context.Background(), p.Actor(), p.groupNamed(group).ID, 0, accept), "answers the invitation to %s", group)
}

// Stands is how a person stands to a group, as a node knows it.
func (w *World) Stands(on, who, group string) actors.State {
	w.t.Helper()
	return w.relation(on, who, group).State
}

func (w *World) relation(on, who, group string) *actors.Relation {
	w.t.Helper()
	r, err := actors.RelationOf(context.Background(), w.Node(on).DB, w.actor(on, who).ID, (&Person{w, "", on}).groupNamed(group).ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// invited checks whether a person is told of an invitation to a group, once.
func (p *Person) invited(group string, want bool) {
	p.w.t.Helper()
	told := slices.Contains(p.Notified(), "follow_request by "+group)
	asks, err := actors.Askers(context.Background(), p.node().DB, p.Actor().ID, actors.Page{Limit: 10})
	p.must(err, "reads who asks")
	if told != want || (len(asks) == 1) != want {
		p.w.t.Errorf("%s is told of the invitation to %s: %t, and sees %d; it should be %t", p, group, told, len(asks), want)
	}
}

// again lets a node give everything its effect once more that it has received.
func (w *World) again(on string) {
	w.t.Helper()
	w.tx(on, func(ctx context.Context, n *node.Node, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE received SET state = 'waiting'")
		return err
	})
	w.Restart(on)
	w.Settle()
}

// A secret group on one node, with invited people on others: they know of it, read nothing, and are members when they accept.
func TestAnInvitationToASecretGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda", "utrecht")
		chris, anna, dora := w.Person("chris@provincie"), w.Person("anna@gouda"), w.Person("dora@utrecht")
		w.GroupAs("geheim@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityHidden})
		post := chris.Post("geheim@provincie", "Onder ons")
		w.Settle()
		if outcome := chris.Invite("anna@gouda", "geheim@provincie", actors.Invitation{Message: "Doe mee"}); outcome != outbox.Invited {
			t.Errorf("invited: %s", outcome)
		}
		w.Settle()
		anna.invited("geheim@provincie", true)
		r := w.relation("gouda", "anna@gouda", "geheim@provincie")
		if r.State != actors.Invited || r.Request.Message != "Doe mee" || r.InvitedBy != w.actor("gouda", "chris@provincie").ID {
			t.Errorf("anna's invitation: %+v", r)
		}
		const at = "http://provincie.example/groups/geheim"
		if _, err := w.Fetch("gouda", at); err != nil {
			t.Errorf("the node of who is invited does not read the group: %v", err)
		}
		for _, path := range []string{post, at + "/log", at + "/members"} {
			if _, err := w.Fetch("gouda", path); err == nil {
				t.Errorf("the node of who is invited reads %s", path)
			}
		}
		if _, err := w.Fetch("utrecht", at); err == nil {
			t.Error("the node of a stranger reads the group")
		}
		w.Pass(10 * time.Minute) // so long is remembered that there was nothing

		if outcome := chris.Invite("anna@gouda", "geheim@provincie"); outcome != outbox.AlreadyInvited {
			t.Errorf("invited again: %s", outcome)
		}
		w.again("gouda")
		anna.invited("geheim@provincie", true)
		anna.Accepts("geheim@provincie", true)
		w.Settle()
		anna.invited("geheim@provincie", false)
		w.Sees("anna@gouda", "Onder ons")
		w.SameMembers("provincie", "geheim@provincie", "gouda")
		w.again("gouda")
		w.again("provincie")
		w.SameMembers("provincie", "geheim@provincie", "gouda")
		anna.invited("geheim@provincie", false)
		if outcome := chris.Invite("anna@gouda", "geheim@provincie"); outcome != outbox.AlreadyMember {
			t.Errorf("a member was invited: %s", outcome)
		}

		// who declines, and whose invitation is taken back, is out
		chris.Invite("dora@utrecht", "geheim@provincie")
		w.Settle()
		dora.invited("geheim@provincie", true)
		dora.Accepts("geheim@provincie", false)
		w.Settle()
		dora.invited("geheim@provincie", false)
		if s := w.Stands("provincie", "dora@utrecht", "geheim@provincie"); s != actors.Left {
			t.Errorf("who declined stands as %s", s)
		}
		if _, err := w.Fetch("utrecht", at); err == nil {
			t.Error("the node of who declined reads the group")
		}
		w.Pass(10 * time.Minute)
		chris.Invite("dora@utrecht", "geheim@provincie")
		w.Settle()
		dora.invited("geheim@provincie", true)
		chris.Uninvite("dora@utrecht", "geheim@provincie")
		w.Settle()
		dora.invited("geheim@provincie", false)
		w.again("utrecht")
		dora.invited("geheim@provincie", false)
		for _, on := range []string{"provincie", "utrecht"} { // an administrator of either node ends it
			chris.Invite("dora@utrecht", "geheim@provincie")
			w.Settle()
			dora.invited("geheim@provincie", true)
			who, group := w.actor(on, "dora@utrecht"), (&Person{w, "", on}).groupNamed("geheim@provincie")
			w.tx(on, func(ctx context.Context, n *node.Node, tx *db.Tx) error {
				_, err := n.Outbox.Sever(ctx, tx, who, group, true)
				return err
			})
			w.Settle()
			dora.invited("geheim@provincie", false)
			if s := w.Stands("provincie", "dora@utrecht", "geheim@provincie"); s != actors.Left {
				t.Errorf("ended on %s: dora stands as %s", on, s)
			}
		}
		err := dora.node().Outbox.Join(context.Background(), dora.Actor(), dora.groupNamed("geheim@provincie"), "")
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("dora joins without an invitation: %v", err)
		}
		w.SameMembers("provincie", "geheim@provincie", "gouda")
	})
}

// An invitation stands for 30 days, on both sides; afterwards nobody knows of the group any more.
func TestAnInvitationExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda")
		chris, anna, bas := w.Person("chris@provincie"), w.Person("anna@gouda"), w.Person("bas@gouda")
		w.GroupAs("geheim@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityHidden})
		chris.Invite("anna@gouda", "geheim@provincie")
		w.actor("provincie", "bas@gouda")
		w.Settle()
		var invite []byte
		w.tx("provincie", func(ctx context.Context, _ *node.Node, tx *db.Tx) (err error) {
			invite, err = db.One(ctx, tx, db.Scalar[[]byte], "SELECT body FROM activities WHERE kind = 'Invite'")
			return err
		})
		w.Pass(29 * 24 * time.Hour)
		anna.invited("geheim@provincie", true)
		w.Pass(25 * time.Hour)
		anna.invited("geheim@provincie", false)
		for on, want := range map[string]actors.State{"provincie": actors.Left, "gouda": actors.Left} {
			if s := w.Stands(on, "anna@gouda", "geheim@provincie"); s != want {
				t.Errorf("on %s anna stands as %s", on, s)
			}
		}
		if _, err := w.Fetch("gouda", "http://provincie.example/groups/geheim"); err == nil {
			t.Error("the group can be read after the invitation has expired")
		}
		// What was sent comes again when it is not remembered any more: it is over.
		w.tx("gouda", func(ctx context.Context, _ *node.Node, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM received")
			return err
		})
		l := w.Foreign("elders", Mastodon)
		l.Person("mia")
		if status := l.Post("mia", "gouda", invite); status != http.StatusAccepted {
			t.Errorf("a repeated invitation was answered %d", status)
		}
		w.Settle()
		anna.invited("geheim@provincie", false)

		// One that came while the node was away for long is over when it arrives.
		w.Down("gouda")
		chris.Invite("bas@gouda", "geheim@provincie")
		w.Pass(31 * 24 * time.Hour)
		w.Up("gouda")
		w.Pass(24 * time.Hour)
		bas.invited("geheim@provincie", false)
	})
}

// A member elsewhere invites: the home of the group checks, and invites in its own name.
func TestMembersElsewhereInvite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda", "utrecht")
		chris, anna, dora, evert := w.Person("chris@provincie"), w.Person("anna@gouda"), w.Person("dora@utrecht"), w.Person("evert@utrecht")
		w.GroupAs("besloten@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed})
		w.GroupAs("geheim@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityHidden})
		for _, group := range []string{"besloten@provincie", "geheim@provincie"} {
			chris.Invite("anna@gouda", group)
			w.Settle()
			anna.Accepts(group, true)
			w.Settle()
		}
		if outcome := anna.Invite("dora@utrecht", "besloten@provincie", actors.Invitation{Message: "Kom erbij"}); outcome != outbox.InviteAsked {
			t.Errorf("asked: %s", outcome)
		}
		w.Settle()
		w.again("provincie")
		dora.invited("besloten@provincie", true)
		if r := w.relation("utrecht", "dora@utrecht", "besloten@provincie"); r.InvitedBy != w.actor("utrecht", "anna@gouda").ID || r.Request.Message != "Kom erbij" {
			t.Errorf("dora's invitation: %+v", r)
		}
		dora.Follow("besloten@provincie") // which accepts
		w.Settle()
		w.SameMembers("provincie", "besloten@provincie", "gouda", "utrecht")
		if by, err := db.One(context.Background(), w.Node("provincie").DB, db.Scalar[string], `SELECT b.iri FROM relations r JOIN actors b ON b.id = r.invited_by
			JOIN actors s ON s.id = r.subject WHERE s.name = 'dora' AND r.state = 'active'`); err != nil || by != anna.Actor().IRI {
			t.Errorf("dora was invited by %s (%v)", by, err)
		}

		// taken back by who invited
		anna.Invite("evert@utrecht", "besloten@provincie")
		w.Settle()
		evert.invited("besloten@provincie", true)
		dora.Uninvite("evert@utrecht", "besloten@provincie") // who did not: without effect
		w.Settle()
		evert.invited("besloten@provincie", true)
		anna.Uninvite("evert@utrecht", "besloten@provincie")
		w.Settle()
		evert.invited("besloten@provincie", false)

		// in a secret group owners and moderators only
		if _, err := anna.TryInvite("evert@utrecht", "geheim@provincie"); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a member invites to a secret group: %v", err)
		}
		w.tx("gouda", func(ctx context.Context, _ *node.Node, tx *db.Tx) error { // a node that lies to itself
			_, err := tx.Exec(ctx, "UPDATE relations SET role = 'moderator' WHERE subject = (SELECT id FROM actors WHERE name = 'anna')")
			return err
		})
		list, err := anna.node().Outbox.InviteList(context.Background(), anna.Actor(), anna.groupNamed("geheim@provincie"), "@evert@utrecht.example", actors.Invitation{}, time.Second)
		anna.must(err, "invites")
		w.Settle()
		if n := w.Number("utrecht", "SELECT COUNT(*) FROM actors WHERE name = 'geheim'"); n != 0 {
			t.Error("evert's node knows of the secret group")
		}
		list, err = outbox.ListOfInvitations(context.Background(), anna.node().DB, anna.Actor().ID, anna.groupNamed("geheim@provincie").ID, list.ID)
		anna.must(err, "reads what came of it")
		if l := list.Lines[0]; l.Outcome != outbox.InviteRefused || !strings.Contains(l.Detail, "owners and moderators") || list.Errors != 1 {
			t.Errorf("anna is told %+v", list)
		}
	})
}

// People of other software are invited by a message of the group, where they can be members; to follow it is to accept.
func TestInvitationsOfPlainPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie")
		chris := w.Person("chris@provincie")
		m := w.Foreign("mastodon", Mastodon)
		m.Person("mia")
		m.Person("max")
		yes := true
		w.GroupAs("besloten@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed, PlainMembers: &yes})
		w.GroupAs("streng@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed})
		for _, who := range []string{"mia@mastodon", "max@mastodon"} {
			if outcome := chris.Invite(who, "besloten@provincie"); outcome != outbox.Invited {
				t.Errorf("invited: %s", outcome)
			}
			if _, err := chris.TryInvite(who, "streng@provincie"); !errors.Is(err, fault.Forbidden) {
				t.Errorf("invited where nobody of such a server can be a member: %v", err)
			}
		}
		w.Settle()
		group := w.actor("provincie", "besloten@provincie").IRI
		got := m.Got("Create")
		if len(got) != 2 || got[0].Actor != group || got[0].Inbox != "/users/mia/inbox" || !slices.Equal(got[0].To, []string{m.Who("mia")}) || len(got[0].CC) > 0 ||
			!strings.Contains(string(got[0].Object), `"type":"Mention"`) || !strings.Contains(string(got[0].Object), group) {
			t.Fatalf("mia got %+v", got)
		}
		m.Twice("mia", "provincie", m.Write("mia", `{"type":"Follow","object":%q}`, group))
		if got := m.Got("Accept"); len(got) == 0 || got[0].Inbox != "/users/mia/inbox" {
			t.Errorf("mia got %+v", got)
		}
		w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error { // the group has become stricter meanwhile
			_, err := tx.Exec(ctx, "UPDATE actors SET plain_members = FALSE WHERE name = 'besloten'")
			return err
		})
		m.Twice("max", "provincie", m.Write("max", `{"type":"Follow","object":%q}`, group))
		chris.Uninvite("max@mastodon", "besloten@provincie")
		w.Settle()
		if got := m.Got("Delete"); len(got) != 1 || got[0].Inbox != "/users/max/inbox" {
			t.Errorf("max got %+v", got)
		}
		m.Twice("max", "provincie", m.Write("max", `{"type":"Follow","object":%q}`, group))
		if got := w.Members("provincie", "besloten@provincie"); len(got) != 2 {
			t.Errorf("members: %q", got)
		}
	})
}

// Forged invitations, those of strangers, and answers of others have no effect.
func TestForgedInvitations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda")
		chris, anna := w.Person("chris@provincie"), w.Person("anna@gouda")
		w.GroupAs("besloten@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed})
		w.GroupAs("geheim@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityHidden})
		f := w.Foreign("elders", Proving)
		f.Person("pia")
		f.Group("club")
		groups := map[string]any{"generator": map[string]any{"type": "Application", "implements": []any{map[string]any{"href": "https://w3id.org/pleio-node/ns#cap-groups-1"}}}}
		f.Person("paul", groups)
		target := anna.Actor().IRI
		group := w.actor("provincie", "besloten@provincie").IRI
		until := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
		invite := func(by, object, to, more string) {
			t.Helper()
			f.Send(by, to, `{"type":"Invite","object":%q,"target":%q,"to":[%q]%s}`, object, target, target, more)
		}
		end := fmt.Sprintf(`,"endTime":%q`, until)
		invite("pia", group, "gouda", end)                                          // a person for a group
		invite("pia", f.Who("club"), "gouda", end)                                  // also of the own server
		invite("club", group, "gouda", end)                                         // a group for another
		invite("club", f.Who("club"), "gouda", "")                                  // without an end
		invite("club", f.Who("club"), "gouda", `,"endTime":"2000-01-01T00:00:00Z"`) // over
		invite("club", f.Who("club"), "gouda", end+fmt.Sprintf(`,"result":{"type":"Relationship","relationship":"x","role":"owner","subject":%q,"object":%q}`, target, f.Who("club")))
		invite("club", f.Who("club"), "gouda", end+fmt.Sprintf(`,"result":{"type":"Relationship","relationship":"x","role":"member","subject":%q,"object":%q}`, target, group))
		invite("pia", group, "provincie", "")                                       // a stranger
		invite("pia", w.actor("provincie", "chris@provincie").IRI, "provincie", "") // not even a group
		invite("paul", "http://provincie.example/groups/geheim", "provincie", "")   // a stranger to what must not be known
		w.Settle()
		if n := w.Number("gouda", "SELECT COUNT(*) FROM relations") + w.Number("provincie", "SELECT COUNT(*) FROM relations WHERE state <> 'active'"); n != 0 {
			t.Errorf("%d forged invitations stand", n)
		}
		if got := f.Got(""); len(got) != 0 {
			t.Errorf("the stranger is told something: %+v", got)
		}
		anna.invited("club@elders", false)

		// a real one, which somebody else answers or takes back
		chris.Invite("anna@gouda", "besloten@provincie")
		w.Settle()
		id := w.relation("provincie", "anna@gouda", "besloten@provincie").Invitation
		f.Send("paul", "provincie", `{"type":"Accept","object":{"id":%q,"type":"Invite","actor":%q,"object":%q,"target":%q}}`, id, group, group, f.Who("paul"))
		f.Send("paul", "provincie", `{"type":"Accept","object":%q}`, id)
		f.Send("paul", "provincie", `{"type":"Reject","object":%q}`, id)
		f.Send("paul", "provincie", `{"type":"Undo","object":{"id":%q,"type":"Invite","object":%q,"target":%q}}`, id, group, target)
		f.Send("club", "gouda", `{"type":"Undo","object":{"id":%q,"type":"Invite","object":%q,"target":%q}}`, id, group, target)
		w.Settle()
		if s := w.Stands("provincie", "anna@gouda", "besloten@provincie"); s != actors.Invited {
			t.Errorf("anna stands as %s", s)
		}
		anna.invited("besloten@provincie", true)

		// other software accepts with Accept{Invite}, and takes it back with Leave
		chris.Invite("paul@elders", "besloten@provincie")
		w.Settle()
		got := f.Got("Invite")
		var sent struct {
			Object       struct{ ID, Type, Name, Inbox, AccessType string }
			Target       string
			AttributedTo string
			EndTime      time.Time
			Result       struct{ Subject, Object, Role, State, InvitedBy string }
		}
		if len(got) != 1 || json.Unmarshal(got[0].Raw, &sent) != nil || got[0].Inbox != "/users/paul/inbox" || !got[0].Proven {
			t.Fatalf("paul got %+v", got)
		}
		if sent.Object.ID != group || sent.Object.Type != "Group" || sent.Object.Name == "" || sent.Object.Inbox == "" || sent.Object.AccessType != "closed" || sent.Target != f.Who("paul") ||
			sent.AttributedTo != chris.Actor().IRI || time.Until(sent.EndTime) < 29*24*time.Hour || sent.Result.Role != "member" || sent.Result.State != "invited" || sent.Result.InvitedBy != chris.Actor().IRI {
			t.Errorf("the invitation: %s", got[0].Raw)
		}
		accept := f.Write("paul", `{"type":"Accept","object":%s}`, got[0].Raw)
		f.Twice("paul", "provincie", accept)
		f.Send("paul", "provincie", `{"type":"Reject","object":%q}`, got[0].ID) // too late
		w.Settle()
		if s := w.Stands("provincie", "paul@elders", "besloten@provincie"); s != actors.Active {
			t.Errorf("paul stands as %s", s)
		}
		if got := f.Got("Accept"); len(got) != 1 || got[0].ObjectID() == "" {
			t.Errorf("paul is told %+v", got)
		}
	})
}

// A guest answers and begins nothing, invites nobody, gets no other role, and is out when the time is over.
func TestGuests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda", "utrecht")
		chris, anna, dora := w.Person("chris@provincie"), w.Person("anna@gouda"), w.Person("dora@utrecht")
		w.GroupAs("besloten@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed})
		chris.Invite("dora@utrecht", "besloten@provincie")
		w.Settle()
		dora.Accepts("besloten@provincie", true)
		w.Settle()
		first := chris.Post("besloten@provincie", "Wat vindt de gast?")
		until := time.Now().Add(40 * 24 * time.Hour).Truncate(time.Second)
		guest := actors.Invitation{Role: actors.RoleGuest, Until: until}
		if _, err := dora.TryInvite("anna@gouda", "besloten@provincie", guest); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a member invites a guest: %v", err)
		}
		if _, err := chris.TryInvite("anna@gouda", "besloten@provincie", actors.Invitation{Role: actors.RoleGuest}); !errors.Is(err, fault.Invalid) {
			t.Errorf("a guest without an end: %v", err)
		}
		chris.Invite("anna@gouda", "besloten@provincie", guest)
		w.Settle()
		anna.Accepts("besloten@provincie", true)
		w.Settle()
		w.SameMembers("provincie", "besloten@provincie", "gouda", "utrecht")
		for _, on := range []string{"provincie", "gouda", "utrecht"} {
			if r := w.relation(on, "anna@gouda", "besloten@provincie"); r.Role != actors.RoleGuest || !r.Until.Equal(until) {
				t.Errorf("on %s anna is %s until %s", on, r.Role, r.Until)
			}
		}
		w.Sees("anna@gouda", "Wat vindt de gast?")
		answer := anna.Reply(first, "De gast vindt het goed")
		w.Settle()
		if !w.Knows("utrecht", answer) {
			t.Error("the answer of a guest did not reach a member")
		}
		if _, err := anna.TryPost("besloten@provincie", "Ik begin iets"); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a guest begins a conversation: %v", err)
		}
		if _, err := anna.TryInvite("dora@utrecht", "besloten@provincie"); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a guest invites: %v", err)
		}
		w.tx("gouda", func(ctx context.Context, _ *node.Node, tx *db.Tx) error { // a node that lies to itself: the home decides
			_, err := tx.Exec(ctx, "UPDATE relations SET role = 'member' WHERE subject = (SELECT id FROM actors WHERE name = 'anna')")
			return err
		})
		begun := anna.Post("besloten@provincie", "Toch begonnen")
		w.Settle()
		if w.Knows("provincie", begun) || w.Knows("utrecht", begun) {
			t.Error("a guest has begun a conversation")
		}
		err := chris.node().Outbox.SetRole(context.Background(), chris.Actor(), w.actor("provincie", "anna@gouda"), w.actor("provincie", "besloten@provincie"), actors.RoleModerator)
		if !errors.Is(err, fault.Forbidden) {
			t.Errorf("a guest becomes moderator: %v", err)
		}
		w.Pass(39 * 24 * time.Hour)
		if s := w.Stands("provincie", "anna@gouda", "besloten@provincie"); s != actors.Active {
			t.Errorf("before the end anna stands as %s", s)
		}
		w.Pass(2 * 24 * time.Hour)
		for _, on := range []string{"provincie", "gouda"} {
			if s := w.Stands(on, "anna@gouda", "besloten@provincie"); s != actors.Removed {
				t.Errorf("on %s anna stands as %s after the end", on, s)
			}
		}
		w.SameMembers("provincie", "besloten@provincie", "utrecht")
		w.SeesNot("anna@gouda", "Wat vindt de gast?")
		reason, err := db.One(context.Background(), w.Node("provincie").DB, db.Scalar[string], "SELECT body FROM activities WHERE kind = 'Remove' ORDER BY id DESC LIMIT 1")
		if err != nil || !strings.Contains(reason, "gast is voorbij") {
			t.Errorf("the entry says %s (%v)", reason, err)
		}
	})
}

// A long list is worked on by a job, which goes on after a restart; each line says what has become of it.
func TestALongListOfInvitations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie", "gouda")
		chris := w.Person("chris@provincie")
		w.GroupAs("besloten@provincie", "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed})
		text := "naam;e-mail;account\n"
		for n := range 60 {
			who := fmt.Sprintf("p%d@gouda", n)
			w.Person(who)
			text += fmt.Sprintf("Persoon %d;p%d@mail.example;@p%d@gouda.example\n", n, n, n)
		}
		text += "@niemand@gouda.example\n@chris@provincie.example @p1@gouda.example\nzomaar iets\n"
		group := chris.groupNamed("besloten@provincie")
		list, err := chris.node().Outbox.InviteList(context.Background(), chris.Actor(), group, text, actors.Invitation{}, 0)
		chris.must(err, "invites")
		if list.Total != 63 || list.Done == list.Total {
			t.Errorf("%d of %d are done at once", list.Done, list.Total)
		}
		w.Restart("provincie")
		w.Pass(5 * time.Minute)
		list, err = outbox.ListOfInvitations(context.Background(), chris.node().DB, chris.Actor().ID, group.ID, list.ID)
		chris.must(err, "reads what came of it")
		if list.Done != 63 || list.Errors != 2 {
			t.Errorf("%d done, %d errors", list.Done, list.Errors)
		}
		for _, l := range list.Lines {
			want := map[string]string{"@niemand@gouda.example": outbox.InviteeUnknown, "@chris@provincie.example": outbox.AlreadyMember, "zomaar iets": outbox.InviteeUnknown}[l.Text]
			if want == "" {
				want = outbox.Invited
			}
			if l.Outcome != want || (l.Detail != "") != (want == outbox.InviteeUnknown) {
				t.Errorf("%+v, want %s", l, want)
			}
		}
		w.As("p59@gouda").invited("besloten@provincie", true)
		if n := w.Number("provincie", "SELECT COUNT(*) FROM relations WHERE state = 'invited'"); n != 60 {
			t.Errorf("%d are invited", n)
		}
	})
}
