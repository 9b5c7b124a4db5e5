// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// copied is a group elsewhere that somebody of this node is a member of.
func copied(b *testing.B) (*Inbox, *actors.Actor) {
	d := dbtest.Open(b)
	dir := actorstest.Directory(b, d)
	at := "https://provincie.example/groups/wonen"
	group := actorstest.Learn(b, dir, &vocab.Actor{ID: at, Type: actors.Group, PreferredUsername: "wonen", Inbox: at + "/inbox", Followers: at + "/followers",
		Members: at + "/members", Log: at + "/log", AccessType: "closed", Capabilities: []vocab.Capability{{Href: federation.CapGroups}}})
	x := &Inbox{DB: d, Dir: dir, Log: slog.New(slog.DiscardHandler)}
	anna := actorstest.Person(b, dir, "anna")
	actorstest.Tx(b, d, func(tx *db.Tx) error {
		if _, err := dir.Admit(b.Context(), tx, anna, group); err != nil {
			return err
		}
		return setPlace(b.Context(), tx, group, "e1", 0, "")
	})
	return x, group
}

// BenchmarkMembers is a list of 5,000 members that is put in the place of ours, most of whom nobody here knew.
func BenchmarkMembers(b *testing.B) {
	const people = 5_000
	x, group := copied(b)
	lists := 0
	for b.Loop() {
		b.StopTimer()
		lists++
		records := make([]*vocab.Object, people)
		for n := range records {
			records[n] = &vocab.Object{ID: fmt.Sprintf("%s/m-%d", group.Members, n), Type: "Relationship", Name: "Iemand",
				Membership: &vocab.Membership{Subject: fmt.Sprintf("https://n%d.example/users/p%d-%d", n%400, lists, n), Object: group.IRI, Role: "member", State: "active"}}
		}
		b.StartTimer()
		actorstest.Tx(b, x.DB, func(tx *db.Tx) error {
			if err := x.replace(b.Context(), tx, group, records, int64(lists)); err != nil {
				return err
			}
			_, err := x.Dir.Digest(b.Context(), tx, group.ID)
			return err
		})
	}
	b.ReportMetric(float64(people*b.N)/b.Elapsed().Seconds(), "members/s")
}

// BenchmarkCatchUp is a node that was away: it takes 2,000 entries of a log, 200 a page.
func BenchmarkCatchUp(b *testing.B) {
	const entries = 2_000
	x, group := copied(b)
	refs := make([]vocab.Ref, entries)
	for n := range refs {
		raw := fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%s/e1/%d","type":"Announce","actor":%q,"object":{"id":"https://elders.example/c/%d","type":"Create","actor":"https://elders.example/users/bas",
			"object":{"id":"https://elders.example/notes/%d","type":"Note","content":"%s"}},"groupState":{"epoch":"e1","seq":%d,"head":"","memberCount":1,"memberDigest":""}}`,
			group.Log, n+1, group.IRI, n, n, strings.Repeat("Tekst. ", 200), n+1)
		doc, err := vocab.Decode([]byte(raw))
		if err != nil {
			b.Fatal(err)
		}
		refs[n] = vocab.Ref{ID: doc.Activity.ID, Document: doc, Raw: []byte(raw)}
	}
	for b.Loop() {
		b.StopTimer()
		if _, err := x.DB.Exec(b.Context(), "DELETE FROM received"); err != nil {
			b.Fatal(err)
		}
		group.Seq, group.Head = 0, ""
		b.StartTimer()
		for at := 0; at < entries; at += 200 {
			actorstest.Tx(b, x.DB, func(tx *db.Tx) error {
				for _, e := range refs[at : at+200] {
					if _, err := x.takeEntry(b.Context(), tx, group, e); err != nil {
						return err
					}
				}
				return setPlace(b.Context(), tx, group, group.Epoch, group.Seq, group.Head)
			})
		}
	}
	b.ReportMetric(float64(entries*b.N)/b.Elapsed().Seconds(), "entries/s")
}
