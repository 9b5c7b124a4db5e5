// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// community is anna as a member of a group on a server without proofs.
func community(t *testing.T) (*World, *Foreign) {
	w := New(t, "gouda")
	w.Person("anna@gouda")
	l := w.Foreign("lemmy", Lemmy)
	l.Group("main")
	l.Person("lena")
	w.As("anna@gouda").Follow("main@lemmy")
	w.Settle()
	l.Send("main", "gouda", `{"type":"Accept","object":%s}`, l.Got("Follow")[0].Raw)
	return w, l
}

// page is a post in the group as Lemmy writes it.
func page(f *Foreign, by, name, title, group string) (iri, object string) {
	iri = f.Base() + "/post/" + name
	object = fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Page","attributedTo":%q,"name":%q,"content":"<p>%s</p>","to":[%q,"https://www.w3.org/ns/activitystreams#Public"],"audience":%q}`,
		iri, f.Who(by), title, title, group, group)
	f.Serve(iri, object)
	return iri, object
}

// TestAnnounce: what a community of other software announces shows up, read at its origin when nothing proves it.
func TestAnnounce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, l := community(t)
		m := w.Foreign("mastodon", Mastodon)
		m.Person("mia")
		group := l.Who("main")
		_, own := page(l, "lena", "1", "Van de eigen server", group)
		announce := func(inner []byte) {
			t.Helper()
			l.Twice("main", "gouda", l.Write("main", `{"type":"Announce","to":[%q],"object":%s}`, group+"/followers", inner))
		}
		announce(l.Write("lena", `{"type":"Create","audience":%q,"object":%s}`, group, own))
		iri, note := m.Note("mia", "1", "Van elders", Public(group), "")
		announce(m.Write("mia", `{"type":"Create","object":%s}`, strings.Replace(note, "Van elders", "Vervalst", 1)))
		w.Sees("anna@gouda", "Van de eigen server", "Van elders")
		w.SeesNot("anna@gouda", "Vervalst")
		answer := w.As("anna@gouda").Reply(iri, "Antwoord")
		w.Settle()
		if got := l.Got("Create"); len(got) != 1 || got[0].ObjectID() != answer {
			t.Errorf("the community got %+v", got)
		}
		announce(m.Write("mia", `{"type":"Like","object":%q}`, answer))
		if n := w.Likes("gouda", answer); n != 1 {
			t.Errorf("%d likes", n)
		}
		announce(m.Write("mia", `{"type":"Undo","object":{"id":"%s/activities/mia-2","type":"Like","actor":%q,"object":%q}}`, m.Base(), m.Who("mia"), answer))
		if n := w.Likes("gouda", answer); n != 0 {
			t.Errorf("%d likes after one was taken back", n)
		}
		m.Note("mia", "1", "Verbeterd", Public(group), fmt.Sprintf(`"updated":%q`, "2999-01-01T00:00:00Z"))
		announce(m.Write("mia", `{"type":"Update","object":%s}`, strings.Replace(note, "Van elders", "Vervalst", 1)))
		w.Sees("anna@gouda", "Verbeterd")
		m.ServeAs(iri, http.StatusGone, "text/plain", "")
		announce(m.Write("mia", `{"type":"Delete","object":%q}`, iri))
		w.SeesNot("anna@gouda", "Verbeterd")
	})
}

// A group has a say over what its members gave it, and over nothing else.
func TestAGroupCannotCaptureAPost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, l := community(t)
		p := w.Foreign("proving", Proving)
		p.Person("pia")
		own := w.As("anna@gouda").Post("", "Van Anna zelf")
		theirs, note := p.Note("pia", "1", "Van Pia", Public(), "")
		proven := p.Write("pia", `{"type":"Create","object":%s}`, note)
		for _, object := range []string{fmt.Sprintf("%q", own), string(proven)} {
			l.Send("main", "gouda", `{"type":"Announce","object":%s}`, object)
		}
		w.Sees("anna@gouda", "Van Pia")
		inner := func(by, kind, object string) string {
			return fmt.Sprintf(`{"id":"%s/x/%s-%d","type":%q,"actor":%q,"object":%s}`, l.Base(), kind, len(object), kind, by, object)
		}
		for _, object := range []string{
			inner(l.Who("main"), "Delete", fmt.Sprintf("%q", own)),
			inner(l.Who("lena"), "Delete", fmt.Sprintf("%q", theirs)),
			inner(l.Who("lena"), "Lock", fmt.Sprintf("%q", own)),
			inner(l.Who("lena"), "Update", fmt.Sprintf(`{"id":%q,"type":"Note","attributedTo":%q,"content":"Anders"}`, own, l.Who("lena"))),
			inner(l.Who("lena"), "Announce", fmt.Sprintf("%q", own)),
			strings.Replace(inner(l.Who("lena"), "Update", string(p.doc(p.Who("pia")).body)), l.Who("lena"), p.Who("pia"), 1),
		} {
			l.Send("main", "gouda", `{"type":"Announce","object":%s}`, object)
		}
		for _, iri := range []string{own, theirs} {
			if n := w.Number("gouda", "SELECT COUNT(*) FROM items WHERE iri = $1 AND grp = 0 AND closed = 0", iri); n != 1 {
				t.Errorf("%s has been captured or deleted", iri)
			}
		}
		w.Sees("anna@gouda", "Van Pia")
	})
}

// What two people settle between them does not become true again because a group repeats it.
func TestAGroupRepeatsNoPrivateMatters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, l := community(t)
		p := w.Foreign("proving", Proving)
		p.Person("pia")
		anna := w.As("anna@gouda")
		follow := p.Write("pia", `{"type":"Follow","object":%q}`, anna.Actor().IRI)
		p.Post("pia", "gouda", follow)
		undo := p.Write("pia", `{"type":"Undo","object":%s}`, follow)
		block := p.Write("pia", `{"type":"Block","object":%q}`, anna.Actor().IRI)
		for _, object := range [][]byte{undo, block} {
			l.Send("main", "gouda", `{"type":"Announce","object":%s}`, object)
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM relations WHERE state = 'active'"); n != 2 {
			t.Errorf("%d relations are left of 2", n)
		}
	})
}

// A private post that a group gives away goes no further.
func TestAGroupCannotWidenAPrivatePost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, l := community(t)
		p := w.Foreign("proving", Proving)
		p.Person("pia")
		iri, note := p.Note("pia", "1", "Geheim", `"to":["`+p.Who("pia")+`/followers"]`, "")
		l.Send("main", "gouda", `{"type":"Announce","object":%s}`, p.Write("pia", `{"type":"Create","object":%s}`, note))
		if w.Knows("gouda", iri) {
			t.Error("a private post came in through a group")
		}
	})
}

// TestGroupAnnouncesActivities: a member on other software posts by a mention; it arrives everywhere, by id and as an activity.
func TestGroupAnnouncesActivities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		m := w.Foreign("mastodon", Mastodon)
		m.Person("mia")
		group := w.actor("provincie", "wonen@provincie").IRI
		m.Twice("mia", "provincie", m.Write("mia", `{"type":"Follow","object":%q}`, group))
		if got := m.Got("Accept"); len(got) == 0 || got[0].Inbox != "/users/mia/inbox" {
			t.Fatalf("mia got %+v", got)
		}
		iri, note := m.Note("mia", "1", "@wonen wie weet raad?", Public(group), fmt.Sprintf(`"tag":[{"type":"Mention","href":%q,"name":"@wonen@provincie.example"}]`, group))
		create := m.Write("mia", `{"type":"Create","object":%s}`, note)
		m.Twice("mia", "provincie", create)
		for _, who := range []string{"anna@gouda", "bas@waterschap", "chris@provincie"} {
			w.Sees(who, "wie weet raad")
		}
		var byID, whole int
		for _, d := range m.Got("Announce") {
			var id string
			switch {
			case json.Unmarshal(d.Object, &id) == nil && id == iri:
				byID++
			case string(d.Object) == string(create):
				whole++
			}
		}
		if byID != 1 || whole != 1 {
			t.Errorf("mia's server got %d Announces of the id and %d of the activity unchanged", byID, whole)
		}
		answer := w.As("bas@waterschap").Reply(iri, "@mia@mastodon.example ik")
		w.Settle()
		w.Sees("anna@gouda", "wie weet raad")
		if !w.Knows("gouda", answer) {
			t.Error("the answer did not reach the other members")
		}
		m.Send("mia", "provincie", `{"type":"Delete","object":{"id":%q,"type":"Tombstone"}}`, iri)
		for _, who := range []string{"anna@gouda", "bas@waterschap", "chris@provincie"} {
			w.SeesNot(who, "wie weet raad")
		}
		m.Twice("mia", "provincie", m.Write("mia", `{"type":"Undo","object":{"id":"%s/unknown","type":"Follow","actor":%q,"object":%q}}`, m.Base(), m.Who("mia"), group))
		if got := w.Members("provincie", "wonen@provincie"); len(got) != 3 {
			t.Errorf("members: %q", got)
		}
	})
}
