// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/outbox"
)

// hostileHome is the home of a group that speaks groups-1 and lies. Anna of gouda is a member of the group; bas of gouda never was.
type hostileHome struct {
	*Foreign
	w       *World
	group   string
	seq     int64
	head    string
	members map[string]actors.Role
}

func newHostileHome(t *testing.T) *hostileHome {
	w := New(t, "gouda")
	anna := w.Person("anna@gouda").Actor().IRI
	w.Person("bas@gouda")
	f := w.Foreign("boef", Proving)
	at := f.Base() + "/users/dossier"
	h := &hostileHome{Foreign: f, w: w, group: at, members: map[string]actors.Role{}}
	f.Group("dossier", map[string]any{"members": at + "/members", "log": at + "/log", "accessType": "closed", "implements": []any{map[string]any{"href": federation.CapGroups}}})
	h.members[f.Person("mia")], h.members[anna] = actors.RoleOwner, actors.RoleMember
	f.Person("piet")
	w.As("anna@gouda").Follow("dossier@boef")
	w.Settle()
	founded := h.entry("dossier", `"type":"Add","object":`+h.record(f.Who("mia"), "owner", "active"))
	h.list(h.state(), "")
	h.logPage(0, "", string(founded))
	f.Send("dossier", "gouda", `{"type":"Accept","object":%s,"result":%s,"groupState":%s}`, f.Got("Join")[0].Raw, h.record(anna, "member", "active"), h.state())
	w.Settle()
	h.is(h.members)
	return h
}

func (h *hostileHome) state() string {
	return fmt.Sprintf(`{"epoch":"0000000000000e1","seq":%d,"head":%q,"memberCount":%d,"memberDigest":%q}`, h.seq, h.head, len(h.members), actors.MemberDigest(h.members))
}

func (h *hostileHome) record(who, role, state string) string {
	return fmt.Sprintf(`{"id":"%s/members/m-%d","type":"Relationship","subject":%q,"relationship":%q,"object":%q,"role":%q,"state":%q}`, h.group, len(who), who, federation.PN+"#memberOf", h.group, role, state)
}

func (h *hostileHome) page(address, state, next string, items []string) {
	if next != "" {
		next = fmt.Sprintf(`,"next":%q`, next)
	}
	list, _, _ := strings.Cut(address, "?")
	h.Serve(address, fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"OrderedCollectionPage","partOf":%q,"groupState":%s,"orderedItems":[%s]%s}`,
		address, list, state, strings.Join(items, ","), next))
}

// list serves the list of the members as it is.
func (h *hostileHome) list(state, next string) {
	var items []string
	for who, role := range h.members {
		items = append(items, h.record(who, string(role), "active"))
	}
	h.page(h.group+"/members", state, next, items)
}

func (h *hostileHome) logPage(after int64, next string, entries ...string) {
	h.page(fmt.Sprintf("%s/log?after=%d", h.group, after), h.state(), next, entries)
}

// entry is the next entry of the log, by an actor, with the state that says so but for what is replaced in it.
func (h *hostileHome) entry(by, what string, replace ...string) []byte {
	h.w.t.Helper()
	h.seq++
	bare := fmt.Sprintf(`"id":"%s/log/0000000000000e1/%d","to":[%q],%s`, h.group, h.seq, h.group+"/followers", what)
	hash, err := outbox.EntryHash(h.Write(by, "{%s}", bare))
	if err == nil {
		h.head, err = outbox.NextHead(h.head, hash)
	}
	if err != nil {
		h.w.t.Fatal(err)
	}
	return h.Write(by, `{%s,"groupState":%s}`, bare, strings.NewReplacer(replace...).Replace(h.state()))
}

// is checks whom gouda takes to be a member.
func (h *hostileHome) is(members map[string]actors.Role) {
	h.w.t.Helper()
	got := map[string]actors.Role{}
	for _, line := range h.w.Roster("gouda", "dossier@boef") {
		iri, role, _ := strings.Cut(line, " ")
		got[iri] = actors.Role(role)
	}
	if diff := cmp.Diff(members, got); diff != "" {
		h.w.t.Errorf("members (-wanted +got):\n%s", diff)
	}
}

// atMost checks how often an address was read.
func (h *hostileHome) atMost(most int, address string) {
	h.w.t.Helper()
	if n := h.Asked(address); n > most {
		h.w.t.Errorf("%s was read %d times", address, n)
	}
}

// Whatever the home of a group tells, the work that it makes is bounded, the copy stays what the home could prove, and nothing is lost.
func TestAHostileHome(t *testing.T) {
	piet := "http://boef.example/users/piet"
	bas := "http://gouda.example/users/bas"
	for name, attack := range map[string]func(*hostileHome){
		"it does what it should": func(h *hostileHome) {
			h.members[piet] = actors.RoleGuest
			h.Post("dossier", "gouda", h.entry("dossier", `"type":"Add","object":`+h.record(piet, "guest", "active")))
		},
		"an entry by another of its people": func(h *hostileHome) {
			h.Post("piet", "gouda", h.entry("piet", `"type":"Add","object":`+h.record(piet, "owner", "active")))
			if n := h.w.Number("gouda", "SELECT COUNT(*) FROM received WHERE actor = $1 AND state = 'refused'", piet); n != 1 {
				h.w.t.Errorf("%d refusals", n)
			}
		},
		"an entry by another in the log": func(h *hostileHome) {
			forged := h.entry("piet", `"type":"Add","object":`+h.record(piet, "owner", "active"))
			h.logPage(1, "", string(forged))
			h.Post("dossier", "gouda", h.entry("dossier", `"type":"Add","object":`+h.record(h.Who("mia"), "owner", "active")))
		},
		"a wrong digest": func(h *hostileHome) {
			wrong := []string{actors.MemberDigest(h.members), actors.MemberDigest(nil)}
			forged := h.entry("dossier", `"type":"Update","object":`+h.record(h.Who("mia"), "owner", "active"), wrong...)
			h.list(strings.NewReplacer(wrong...).Replace(h.state()), "")
			h.Post("dossier", "gouda", forged)
		},
		"a forged head": func(h *hostileHome) {
			before := h.head
			h.head = strings.Repeat("ab", 32)
			forged := h.entry("dossier", `"type":"Update","object":`+h.record(h.Who("mia"), "owner", "active"))
			h.list(h.state(), "")
			h.Post("dossier", "gouda", forged)
			h.head = before
		},
		"the list leads elsewhere": func(h *hostileHome) {
			victim := h.w.Foreign("slachtoffer", Mastodon)
			h.list(h.state(), victim.Base()+"/duur?after=1")
			h.misled()
			if victim.Asked("/duur?after=1") > 0 {
				h.w.t.Error("another server is asked")
			}
		},
		"the list has no end": func(h *hostileHome) {
			again := h.group + "/members?after=1"
			h.list(h.state(), again)
			h.page(again, h.state(), again, nil)
			h.misled()
			h.atMost(5*200, again)
		},
		"the list is very long": func(h *hostileHome) {
			long := strings.Replace(h.state(), fmt.Sprintf(`"memberCount":%d`, len(h.members)), `"memberCount":200000`, 1)
			next := h.group + "/members?after=1"
			h.list(long, next)
			h.page(next, long, "", nil)
			h.misled()
			h.atMost(0, next)
		},
		"the log has no end": func(h *hostileHome) {
			h.seq = 1000
			for _, after := range []int64{0, 1} {
				h.logPage(after, fmt.Sprintf("%s/log?after=%d", h.group, after))
			}
			h.list(h.state(), "")
			h.misled()
			h.atMost(10, "/users/dossier/log?after=0")
			h.atMost(10, "/users/dossier/log?after=1")
		},
		"one of ours who never joined": func(h *hostileHome) {
			h.members[bas] = actors.RoleMember
			h.list(h.state(), "")
			h.Post("dossier", "gouda", h.entry("dossier", `"type":"Add","object":`+h.record(bas, "member", "active")))
			delete(h.members, bas)
			h.w.Settle()
			if n := len(h.Got("Undo")); n < 1 || n > 4 {
				h.w.t.Errorf("it is told %d times that bas is no member", n)
			}
		},
		"what is there is said to be gone": func(h *hostileHome) {
			note := fmt.Sprintf(`{"id":"%s/notes/1","type":"Note","attributedTo":%q,"content":"Blijft staan","to":[%q,%q],"audience":%q}`, h.Base(), h.Who("mia"), h.group, h.group+"/followers", h.group)
			h.Post("dossier", "gouda", h.entry("dossier", `"type":"Announce","object":`+string(h.Write("mia", `{"type":"Create","audience":%q,"object":%s}`, h.group, note))))
			h.seq++
			hash := strings.Repeat("cd", 32)
			h.head, _ = outbox.NextHead(h.head, hash)
			h.logPage(h.seq-1, "", fmt.Sprintf(`{"id":"%s/log/0000000000000e1/%d","type":"Tombstone","seq":%d,"entryHash":%q}`, h.group, h.seq, h.seq, hash))
			h.Post("dossier", "gouda", h.entry("dossier", `"type":"Update","object":`+h.record(h.Who("mia"), "owner", "active")))
			h.w.Settle()
			h.w.Sees("anna@gouda", "Blijft staan")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHostileHome(t)
				attack(h)
				h.w.Pass(time.Hour)
				h.is(h.members)
				h.atMost(20, "/users/dossier/members")
				if n := h.w.Number("gouda", "SELECT COUNT(*) FROM actors"); n > 20 {
					t.Errorf("gouda knows %d actors", n)
				}
				if n := h.w.Number("gouda", "SELECT COUNT(*) FROM received WHERE state = 'waiting'"); n > 1 {
					t.Errorf("%d activities wait", n)
				}
			})
		})
	}
}

// What was sent before a page of the log was read, and stands in the lane before what that page brings, does not overtake it.
func TestNothingOvertakesWhatIsReadFromTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHostileHome(t)
		far := h.w.Foreign("ver", Mastodon)
		far.Person("vera")
		note, _ := far.Note("vera", "1", "Van ver", Public(), "")
		post := func(by string) string {
			id := fmt.Sprintf("%s/notes/%d", h.Base(), h.seq+1)
			note := fmt.Sprintf(`{"id":%q,"type":"Note","attributedTo":%q,"content":"Bericht %d","to":[%q,%q],"audience":%q}`, id, h.Who(by), h.seq+1, h.group, h.group+"/followers", h.group)
			return string(h.entry("dossier", `"type":"Announce","object":`+string(h.Write(by, `{"type":"Create","audience":%q,"object":%s}`, h.group, note))))
		}
		second, third, fourth := post("mia"), post("mia"), post("mia")
		h.logPage(1, "", second, third, fourth)
		fifth := post("mia")
		h.logPage(4, "", fifth)

		h.place.set(func(p *host) { p.slow = 8 * time.Second })
		far.place.set(func(p *host) { p.slow = 15 * time.Second })
		h.Post("dossier", "gouda", []byte(third)) // too early: the log is read, which takes a while
		h.w.Pass(time.Second)
		h.Post("dossier", "gouda", h.Write("dossier", `{"type":"Announce","object":%q,%s}`, note, Public())) // holds up what the group says next
		h.w.Pass(time.Second)
		h.Post("dossier", "gouda", []byte(fifth))
		h.w.Pass(time.Hour)

		order, err := db.All(t.Context(), h.w.Node("gouda").DB, db.Scalar[string], "SELECT content FROM items WHERE content LIKE '%Bericht%' ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"Bericht 2", "Bericht 3", "Bericht 4", "Bericht 5"}, order); diff != "" {
			t.Errorf("order (-wanted +got):\n%s", diff)
		}
	})
}

// A page of the log may be older than our place in it when it comes: entries came by themselves meanwhile.
func TestAPageOfTheLogThatIsOlderThanItsEntries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHostileHome(t)
		h.logPage(1, "")
		bas := h.w.As("bas@gouda")
		bas.Follow("dossier@boef")
		h.w.Settle()
		joins := h.Got("Join")
		h.place.set(func(p *host) { p.slow = 8 * time.Second })
		h.members[bas.Actor().IRI] = actors.RoleMember
		added := h.entry("dossier", `"type":"Add","object":`+h.record(bas.Actor().IRI, "member", "active"))
		h.Send("dossier", "gouda", `{"type":"Accept","object":%s,"result":%s,"groupState":%s}`, joins[len(joins)-1].Raw, h.record(bas.Actor().IRI, "member", "active"), h.state())
		h.w.Pass(time.Second) // the log is read: a page without that entry is on its way
		h.Post("dossier", "gouda", added)
		h.w.Pass(time.Minute)
		h.is(h.members)
		if n := h.w.Number("gouda", "SELECT COUNT(*) FROM jobs WHERE failed"); n != 0 {
			t.Errorf("%d jobs failed", n)
		}
		if n := h.w.Number("gouda", "SELECT COUNT(*) FROM actors WHERE iri = $1 AND seq = 2", h.group); n != 1 {
			t.Error("our place is not where the log ends")
		}
	})
}

// misled sends an entry with a head that does not follow, after which gouda reads one of the lists.
func (h *hostileHome) misled() {
	h.w.t.Helper()
	reads := func() int { return h.Asked("/users/dossier/members") + h.Asked("/users/dossier/log?after=1") }
	before, seq, head := reads(), h.seq, h.head
	h.Post("dossier", "gouda", h.entry("dossier", `"type":"Update","object":`+h.record(h.Who("mia"), "owner", "active"), `"head":"`, `"head":"ab`))
	h.w.Pass(15 * time.Minute)
	if reads() == before {
		h.w.t.Error("nothing was read")
	}
	h.seq, h.head = seq, head
}

// The node of a member decides nothing about a group of ours, and nothing about one that it does not host.
func TestAHostileMemberNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "provincie")
		w.Person("anna@gouda")
		w.Person("chris@provincie")
		f := w.Foreign("boef", Proving)
		f.Person("piet", map[string]any{"implements": []any{map[string]any{"href": federation.CapGroups}}})
		for group, owner := range map[string]string{"dossier@gouda": "anna@gouda", "overleg@provincie": "chris@provincie"} {
			w.GroupAs(group, owner, actors.NewGroup{Visibility: actors.VisibilityListed, Join: actors.JoinOpen})
		}
		w.As("anna@gouda").Follow("overleg@provincie")
		for _, on := range []string{"gouda", "provincie"} {
			group := map[string]string{"gouda": "dossier", "provincie": "overleg"}[on]
			f.Send("piet", on, `{"type":"Join","object":"http://%s/groups/%s"}`, domain(on), group)
		}
		w.Settle()
		before := map[string][]string{"dossier@gouda": w.Roster("gouda", "dossier@gouda"), "overleg@provincie": w.Roster("gouda", "overleg@provincie")}
		for group := range before {
			name, where := w.split(group)
			iri := "http://" + domain(where) + "/groups/" + name
			for _, kind := range []string{"Add", "Update", "Remove"} {
				record := fmt.Sprintf(`{"id":"%s/members/m-1","type":"Relationship","subject":%q,"relationship":%q,"object":%q,"role":"owner","state":"active"}`,
					iri, f.Who("piet"), federation.PN+"#memberOf", iri)
				state := `{"epoch":"ffffffffffffff","seq":900,"head":"` + strings.Repeat("ab", 32) + `","memberCount":1,"memberDigest":"sha256:00"}`
				f.Send("piet", "gouda", `{"type":%q,"object":%s,"target":%q,"groupState":%s}`, kind, record, iri+"/members", state)
				body := f.Write("piet", `{"id":"%s/log/ffffffffffffff/900","actor":%q,"type":%q,"object":%s,"groupState":%s}`, iri, iri, kind, record, state)
				f.Post("piet", "gouda", body)
			}
		}
		w.Pass(time.Hour)
		for group, members := range before {
			if diff := cmp.Diff(members, w.Roster("gouda", group)); diff != "" {
				t.Errorf("%s (-before +after):\n%s", group, diff)
			}
		}
		if len(before["dossier@gouda"]) != 2 || len(before["overleg@provincie"]) != 3 {
			t.Errorf("piet did not join: %v", before)
		}
		w.SameMembers("provincie", "overleg@provincie", "gouda")
		if n := w.Number("gouda", "SELECT COUNT(*) FROM received WHERE state = 'done' AND actor = $1 AND body LIKE '%Relationship%'", f.Who("piet")); n != 0 {
			t.Errorf("%d forged records had an effect", n)
		}
	})
}
