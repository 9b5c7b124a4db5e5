// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	h     = "https://h.example"
	gouda = "https://gouda.example"
	group = h + "/groups/water"
)

var noon = time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)

// ours are the documents that this project sends, with every property that it has a use for.
func ours() map[string]Document {
	yes, no := true, false
	state := &GroupState{Epoch: "01KAPH0E6S0000000000000000", Seq: 118, Head: "092825bb90637587b19012f9473a5746c6b618ed4666f2087586c4b20f589fa6", MemberCount: 3,
		MemberDigest: "sha256:fa994b6173d535f7190580c5471e567f3bb890cf9bb33bfdf2a34d9f44c07c89"}
	keysOf := func(id string) []Key {
		return []Key{{ID: id + "#main-key", Owner: id, PEM: "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"}, {ID: id + "#ed25519-key", Owner: id, Multibase: "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}}
	}
	capabilities := []Capability{{Namespace + "cap-groups-1", "groups-1"}, {"https://datatracker.ietf.org/doc/html/rfc9421", "RFC 9421"}}
	actor := func(t, id, username, name string) *Actor {
		return &Actor{
			ID: id, Type: t, PreferredUsername: username, Name: name, Summary: "<p>Werkt aan water &amp; dijken</p>", URL: h + "/@" + username,
			Inbox: id + "/inbox", Outbox: id + "/outbox", Followers: id + "/followers", Following: id + "/following", Liked: id + "/liked",
			Featured: id + "/featured", FeaturedTags: id + "/tags", SharedInbox: h + "/inbox", Discoverable: &yes, Indexable: true,
			Fields: []Field{{"Werk", `<a href="https://h.example" rel="me">h.example</a>`}},
			Icon:   &Attachment{Type: "Image", MediaType: "image/webp", URL: h + "/media/1.webp", Name: "portret"}, Image: &Attachment{Type: "Image", MediaType: "image/webp", URL: h + "/media/2.webp"},
			WebFinger: username + "@h.example", Published: noon, Updated: noon.Add(1500 * time.Millisecond), Tags: []Tag{{Type: "Hashtag", Name: "#water", Href: h + "/tags/water"}},
			Keys: keysOf(id), Generator: h + "/actor", Capabilities: capabilities,
		}
	}
	person := actor("Person", h+"/users/an", "an", "An van Dijk")
	person.Locked, person.AlsoKnownAs, person.MovedTo = true, []string{"https://old.example/users/an"}, "https://new.example/users/an"
	water := actor("Group", group, "water", "Waterveiligheid")
	water.Following, water.Liked, water.FeaturedTags, water.Indexable = "", "", "", false
	water.Locked, water.Members, water.Log, water.Moderators = true, group+"/members", group+"/log", group+"/moderators"
	water.AccessType, water.JoinPolicy, water.AcceptsJoins, water.PostingRestricted, water.GroupState = "closed", "request", true, true, state
	water.Introduction, water.GuestsStart, water.Archived, water.Deletes = true, true, noon, noon.Add(14*24*time.Hour)
	organization := actor("Organization", h+"/org", "h", "Waterschap H")
	instance := &Actor{ID: h + "/actor", Type: "Application", PreferredUsername: "h.example", Inbox: h + "/actor/inbox", Outbox: h + "/actor/outbox", SharedInbox: h + "/inbox",
		Discoverable: &no, Keys: keysOf(h + "/actor")[:1], Capabilities: capabilities}

	record := &Object{ID: group + "/members/m-7f3a", Type: "Relationship", StartTime: noon, Updated: noon, Seq: 118,
		Membership: &Membership{gouda + "/users/joris", group, Namespace + "memberOf", "member", "active", h + "/users/an"}}
	embed := func(d Document) Ref {
		switch {
		case d.Activity != nil:
			return Ref{ID: d.Activity.ID, Type: d.Activity.Type, Document: d}
		case d.Actor != nil:
			return Ref{ID: d.Actor.ID, Type: d.Actor.Type, Document: d}
		}
		return Ref{ID: d.Object.ID, Type: d.Object.Type, Document: d}
	}
	recordRef := embed(Document{Object: record})
	join := &Activity{ID: gouda + "/users/joris/join/1", Type: "Join", Actor: gouda + "/users/joris", To: []string{group}, Object: Ref{ID: group}, Content: "<p>Ik werk aan…</p>", Instrument: Ref{ID: group + "/invites/1"}}
	joinRef := embed(Document{Activity: &Activity{ID: join.ID, Type: join.Type, Actor: join.Actor, Object: Ref{ID: group}}})
	log := func(t string, object Ref) *Activity {
		return &Activity{ID: group + "/log/118", Type: t, Actor: group, To: []string{group + "/followers"}, Object: object, GroupState: state}
	}
	add := log("Add", recordRef)
	add.Target, add.Instrument = Ref{ID: group + "/members"}, Ref{ID: h + "/users/an/accept/1"}
	remove := log("Remove", recordRef)
	remove.Origin = Ref{ID: group + "/members"}
	preview := &Actor{ID: group, Type: "Group", Name: "Waterveiligheid", Icon: water.Icon, AccessType: "private", Inbox: group + "/inbox"}

	note := &Object{
		ID: gouda + "/notes/1", Type: "Note", AttributedTo: gouda + "/users/joris", Content: `<p>Dag <a href="https://h.example/@an?a=1&amp;b=2">@an</a> 👋</p>`, Summary: "Over water", Language: "nl",
		Source: "Dag @an 👋", SourceType: "text/markdown", URL: gouda + "/@joris/1", InReplyTo: h + "/notes/0", Context: group + "/threads/1", ContextHistory: group + "/threads/1/history",
		Replies: gouda + "/notes/1/replies", Likes: gouda + "/notes/1/likes", Shares: gouda + "/notes/1/shares", To: []string{Public}, CC: []string{group, group + "/followers"}, Audience: []string{group},
		Published: noon, Updated: noon.Add(time.Minute), Sensitive: true,
		Tags: []Tag{{Type: "Mention", Name: "@an@h.example", Href: h + "/users/an"}, {Type: "Hashtag", Name: "#water", Href: gouda + "/tags/water"}, {Type: "Emoji", Name: ":golf:", ID: gouda + "/emoji/golf", Icon: gouda + "/media/golf.png", Updated: noon}},
		Attachments: []Attachment{{Type: "Image", MediaType: "image/webp", URL: gouda + "/media/1.webp", Name: "De IJssel", Width: 1200, Height: 800, Size: 123456, Blurhash: "UBL_:rOpGG-oBUNG", Digest: "zQmWvQxTqbG2Z9HPJgG57jjwR154cKhbtJenbyYTWkjgF3e", Focus: [2]float64{-0.5, 0.25}, HasFocus: true},
			{Type: "Video", MediaType: "video/mp4", URL: gouda + "/media/2.mp4", Duration: 12.5}},
		Quote: h + "/notes/9", QuoteAuthorization: h + "/stamps/1", ApprovedBy: h + "/approvals/1", SearchableBy: []string{group + "/followers"}, Stickied: true, Distinguished: true, CommentsOff: true,
		InteractionPolicy: &InteractionPolicy{CanLike: &Rule{Automatic: []string{Public}}, CanReply: &Rule{Automatic: []string{group + "/followers"}}, CanAnnounce: &Rule{Automatic: []string{group}}, CanQuote: &Rule{Automatic: []string{gouda + "/users/joris"}, Manual: []string{Public}}},
	}
	create := func(o *Object) *Activity {
		return &Activity{ID: o.ID + "/create", Type: "Create", Actor: o.AttributedTo, To: o.To, CC: o.CC, Audience: o.Audience, Published: noon, Object: embed(Document{Object: o}),
			Proof: json.RawMessage(`{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"` + o.AttributedTo + `#ed25519-key","proofPurpose":"assertionMethod","created":"2026-11-23T16:00:00Z","proofValue":"z1"}`)}
	}
	article := &Object{ID: gouda + "/articles/1", Type: "Article", AttributedTo: gouda + "/users/joris", Name: "Hoog water", Summary: "<p>Kort</p>", Content: "<h2>Lang</h2>", Language: "nl", URL: gouda + "/a/1", To: []string{Public}, Published: noon,
		Image: &Attachment{Type: "Image", MediaType: "image/webp", URL: gouda + "/media/3.webp"}, Preview: "<p>Kort</p>"}
	question := &Object{ID: gouda + "/polls/1", Type: "Question", AttributedTo: gouda + "/users/joris", Content: "<p>Fiets of trein?</p>", Language: "nl", To: []string{Public}, Published: noon,
		Poll: &Poll{Options: []PollOption{{"Fiets", 3}}, EndTime: noon.Add(time.Hour), Closed: noon.Add(time.Hour), Voters: 3}}
	event := &Object{ID: h + "/events/1", Type: "Event", AttributedTo: h + "/users/an", Name: "Dijkinspectie", Content: "<p>Laarzen mee</p>", Language: "nl", To: []string{group, group + "/followers"}, Audience: []string{group},
		StartTime: noon, EndTime: noon.Add(2 * time.Hour), Location: "Gemaal"}
	tombstone := Document{Object: &Object{ID: note.ID, Type: "Tombstone", FormerType: "Note", Deleted: noon}}

	activity := func(a *Activity) Document { return Document{Activity: a} }
	quoting := &Object{ID: gouda + "/notes/2", Type: "Note", AttributedTo: gouda + "/users/joris", Content: `<p class="quote-inline">RE: <a href="https://h.example/notes/9">h.example/notes/9</a></p><p>Precies</p>`,
		To: []string{Public}, Published: noon, Quote: h + "/notes/9", InteractionPolicy: &InteractionPolicy{CanQuote: &Rule{Automatic: []string{gouda + "/users/joris/followers"}}}}
	asked := embed(activity(&Activity{ID: gouda + "/quotes/1", Type: "QuoteRequest", Actor: gouda + "/users/joris", Object: Ref{ID: h + "/notes/9"}, Instrument: Ref{ID: quoting.ID}}))
	stamp := Document{Object: &Object{ID: h + "/stamps/1", Type: "QuoteAuthorization", AttributedTo: h + "/users/an", InteractingObject: quoting.ID, InteractionTarget: h + "/notes/9"}}
	docs := map[string]Document{
		"person": {Actor: person}, "group": {Actor: water}, "organization": {Actor: organization}, "application": {Actor: instance},
		"join": activity(join), "create-note": activity(create(note)), "create-article": activity(create(article)), "create-question": activity(create(question)), "create-event": activity(create(event)),
		"accept-join":     activity(&Activity{ID: group + "/accept/1", Type: "Accept", Actor: group, To: []string{join.Actor}, Object: joinRef, Result: recordRef, GroupState: state}),
		"offer-join":      activity(&Activity{ID: group + "/offer/1", Type: "Offer", Actor: group, To: []string{h + "/users/an"}, Object: joinRef}),
		"follow":          activity(&Activity{ID: gouda + "/users/joris/follow/1", Type: "Follow", Actor: gouda + "/users/joris", To: []string{group}, Object: Ref{ID: group}}),
		"add-member":      activity(add),
		"update-member":   activity(log("Update", recordRef)),
		"remove-member":   activity(remove),
		"announce-id":     activity(log("Announce", Ref{ID: note.ID})),
		"announce-create": activity(log("Announce", embed(activity(create(event))))),
		"invite":          activity(&Activity{ID: group + "/invites/1", Type: "Invite", Actor: group, AttributedTo: h + "/users/an", To: []string{gouda + "/users/joris"}, Object: embed(Document{Actor: preview}), Target: Ref{ID: gouda + "/users/joris"}, Content: "<p>Doe mee</p>", EndTime: noon.AddDate(0, 0, 30)}),
		"update-actor":    activity(&Activity{ID: person.ID + "/update/1", Type: "Update", Actor: person.ID, To: []string{Public}, Object: embed(Document{Actor: person}), Updated: noon}),
		"delete-note":     activity(&Activity{ID: note.ID + "/delete", Type: "Delete", Actor: note.AttributedTo, To: note.To, CC: note.CC, Object: embed(tombstone)}),
		"undo-like":       activity(&Activity{ID: gouda + "/undo/1", Type: "Undo", Actor: gouda + "/users/joris", Object: embed(activity(&Activity{ID: gouda + "/likes/1", Type: "Like", Actor: gouda + "/users/joris", Object: Ref{ID: note.ID}, Content: ":golf:", Tags: note.Tags[2:]}))}),
		"vote":            activity(&Activity{ID: gouda + "/votes/1/create", Type: "Create", Actor: gouda + "/users/joris", To: []string{h + "/users/an"}, Object: embed(Document{Object: &Object{ID: gouda + "/votes/1", Type: "Note", AttributedTo: gouda + "/users/joris", Name: "Fiets", InReplyTo: h + "/polls/1", To: []string{h + "/users/an"}}})}),
		"lock":            activity(&Activity{ID: h + "/locks/1", Type: "Lock", Actor: h + "/users/an", To: []string{group}, Audience: []string{group}, Object: Ref{ID: note.ID}, Summary: "afgerond"}),
		"block":           activity(&Activity{ID: h + "/blocks/1", Type: "Block", Actor: h + "/users/an", To: []string{group}, Object: Ref{ID: gouda + "/users/trol"}, Target: Ref{ID: group}, EndTime: noon}),
		"flag":            activity(&Activity{ID: h + "/flags/1", Type: "Flag", Actor: h + "/actor", Object: Ref{ID: gouda + "/users/joris"}, MoreObjects: []Ref{{ID: note.ID}}, Content: "reclame"}),
		"quote-request":   activity(&Activity{ID: gouda + "/quotes/1", Type: "QuoteRequest", Actor: gouda + "/users/joris", To: []string{h + "/users/an"}, Object: Ref{ID: h + "/notes/9"}, Instrument: embed(Document{Object: quoting})}),
		"accept-quote":    activity(&Activity{ID: h + "/accepts/1", Type: "Accept", Actor: h + "/users/an", To: []string{gouda + "/users/joris"}, Object: asked, Result: Ref{ID: stamp.Object.ID}}),
		"reject-quote":    activity(&Activity{ID: h + "/rejects/1", Type: "Reject", Actor: h + "/users/an", To: []string{gouda + "/users/joris"}, Object: asked}),
		"delete-stamp":    activity(&Activity{ID: h + "/deletes/1", Type: "Delete", Actor: h + "/users/an", To: []string{Public}, CC: []string{h + "/users/an/followers", gouda + "/users/joris"}, Object: embed(stamp)}),
		"stamp":           stamp,
		"tombstone":       tombstone,
		"moved-ids":       activity(&Activity{ID: gouda + "/users/aïsha/moves/1", Type: "Move", Actor: gouda + "/users/aïsha", To: []string{gouda + "/users/aïsha/followers"}, Object: Ref{ID: gouda + "/users/aïsha"}, Target: Ref{ID: h + "/users/a%C3%AFsha"}}),
		"followers":       {Collection: &Collection{ID: group + "/followers", Type: "OrderedCollection", Total: 3, AttributedTo: group}},
		"members":         {Collection: &Collection{ID: group + "/members", Type: "OrderedCollection", Total: 1, First: group + "/members?max=118", GroupState: state}},
		"members-page":    {Collection: &Collection{ID: group + "/members?max=118", Type: "OrderedCollectionPage", Total: -1, PartOf: group + "/members", Next: group + "/members?max=17", Items: []Ref{recordRef}, GroupState: state}},
		"log-page": {Collection: &Collection{ID: group + "/log?after=117", Type: "OrderedCollectionPage", Total: -1, PartOf: group + "/log", Prev: group + "/log?after=17", GroupState: state,
			Items: []Ref{embed(activity(add)), embed(Document{Object: &Object{ID: group + "/log/119", Type: "Tombstone", Seq: 119, EntryHash: "ebcc9d83"}})}}},
		"replies": {Collection: &Collection{ID: note.ID + "/replies", Type: "Collection", Total: 1, First: note.ID + "/replies?page=1",
			FirstPage: &Collection{ID: note.ID + "/replies?page=1", Type: "CollectionPage", Total: -1, PartOf: note.ID + "/replies", Items: []Ref{{ID: h + "/notes/2"}}}}},
		"empty":      {Collection: &Collection{ID: group + "/featured", Type: "OrderedCollection"}},
		"empty-page": {Collection: &Collection{ID: group + "/featured?max=1", Type: "OrderedCollectionPage", Total: -1, PartOf: group + "/featured"}},
	}
	return docs
}

// encodeOne encodes with the method of the document that is set.
func encodeOne(d Document) ([]byte, error) {
	switch {
	case d.Activity != nil:
		return d.Activity.Encode()
	case d.Object != nil:
		return d.Object.Encode()
	case d.Actor != nil:
		return d.Actor.Encode()
	}
	return d.Collection.Encode()
}

// TestOurs compares what we send with testdata/ours: what we say, dashes, and the document.
func TestOurs(t *testing.T) {
	for name, d := range ours() {
		t.Run(name, func(t *testing.T) {
			encoded, err := Encode(d)
			if err != nil {
				t.Fatal(err)
			}
			if same, err := encodeOne(d); err != nil || !bytes.Equal(encoded, same) {
				t.Errorf("by its own method: %s, %v", same, err)
			}
			var said strings.Builder
			dump(&said, "", reflect.ValueOf(d))
			var indented bytes.Buffer
			if err := json.Indent(&indented, encoded, "", " "); err != nil {
				t.Fatal(err)
			}
			got := strings.TrimSuffix(said.String(), "\n") + dashes + indented.String() + "\n"
			file := "testdata/ours/" + name + ".txt"
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			again, err := Decode(encoded)
			if err != nil {
				t.Fatal(err)
			}
			strip(reflect.ValueOf(&again).Elem())
			if diff := cmp.Diff(d, again); diff != "" {
				t.Errorf("-said +read:\n%s", diff)
			}
		})
	}
}
