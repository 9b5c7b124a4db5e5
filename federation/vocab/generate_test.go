// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"encoding/json"
	"time"

	"pgregory.net/rapid"
)

// What the round trip may say: everything that is in the normal form which Decode gives.
var (
	anID   = rapid.StringMatching(`https://[a-z]{1,6}\.example/[a-zA-Z0-9ï%?=#@:/ -]{0,12}`)
	maybe  = rapid.OneOf(rapid.Just(""), anID)
	aText  = rapid.Map(rapid.String(), func(s string) string { return text(value(writeText(nil, s))) })
	aWord  = rapid.StringMatching(`[a-zA-Z]{1,8}`)
	aCount = rapid.Int64Range(0, 1<<52)
	aTime  = rapid.Map(rapid.Int64Range(-1<<45, 1<<47), func(ms int64) time.Time {
		if ms%3 == 0 {
			return time.Time{}
		}
		return time.UnixMilli(ms).UTC()
	})
	idList = rapid.Map(rapid.SliceOfN(rapid.OneOf(anID, rapid.Just(Public)), 0, 3), none0[string])
)

// none0 makes nil of an empty list.
func none0[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

func several[T any](of *rapid.Generator[T]) *rapid.Generator[[]T] {
	return rapid.Map(rapid.SliceOfN(of, 0, 3), none0[T])
}

// perhaps gives nil every other time.
func perhaps[T any](of *rapid.Generator[T]) *rapid.Generator[*T] {
	return rapid.Custom(func(t *rapid.T) *T {
		if rapid.Bool().Draw(t, "absent") {
			return nil
		}
		v := of.Draw(t, "present")
		return &v
	})
}

var groupStates = rapid.Custom(func(t *rapid.T) GroupState {
	return GroupState{Epoch: aWord.Draw(t, "epoch"), Seq: aCount.Draw(t, "seq"), Head: aWord.Draw(t, "head"), MemberCount: int(aCount.Draw(t, "members")), MemberDigest: aWord.Draw(t, "digest")}
})

var tags = rapid.Custom(func(t *rapid.T) Tag {
	return Tag{Type: aWord.Draw(t, "type"), Name: aText.Draw(t, "name"), Href: maybe.Draw(t, "href"), ID: maybe.Draw(t, "id"), Icon: maybe.Draw(t, "icon"), Updated: aTime.Draw(t, "updated")}
})

var attachments = rapid.Custom(func(t *rapid.T) Attachment {
	a := Attachment{
		Type: rapid.SampledFrom([]string{"Image", "Video", "Audio"}).Draw(t, "type"), MediaType: aText.Draw(t, "media type"), URL: anID.Draw(t, "url"), Name: aText.Draw(t, "name"),
		Width: int(aCount.Draw(t, "width")), Height: int(aCount.Draw(t, "height")), Size: aCount.Draw(t, "size"), Duration: rapid.Float64Range(0, 1e6).Draw(t, "duration"),
		Blurhash: aText.Draw(t, "blurhash"), Digest: aWord.Draw(t, "digest"), HasFocus: rapid.Bool().Draw(t, "has focus"),
	}
	if a.HasFocus {
		a.Focus = [2]float64{rapid.Float64Range(-1, 1).Draw(t, "x"), rapid.Float64Range(-1, 1).Draw(t, "y")}
	}
	return a
})

var rules = rapid.Custom(func(t *rapid.T) Rule { return Rule{idList.Draw(t, "automatic"), idList.Draw(t, "manual")} })

var policies = rapid.Custom(func(t *rapid.T) InteractionPolicy {
	return InteractionPolicy{perhaps(rules).Draw(t, "like"), perhaps(rules).Draw(t, "reply"), perhaps(rules).Draw(t, "announce"), perhaps(rules).Draw(t, "quote")}
})

var polls = rapid.Custom(func(t *rapid.T) Poll {
	options := rapid.Custom(func(t *rapid.T) PollOption {
		return PollOption{"o" + aText.Draw(t, "name"), int(aCount.Draw(t, "votes"))}
	})
	return Poll{several(options).Draw(t, "options"), rapid.Bool().Draw(t, "multiple"), aTime.Draw(t, "end"), aTime.Draw(t, "closed"), rapid.IntRange(-1, 1e9).Draw(t, "voters")}
})

var proofs = rapid.SampledFrom([]json.RawMessage{nil, json.RawMessage(`{"type":"DataIntegrityProof","created":"2026-11-23T16:00:00Z"}`), json.RawMessage(`{ "b": 1.0, "a":"<" }`)})

var objects = rapid.Custom(func(t *rapid.T) *Object {
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	id := func(name string) string { return maybe.Draw(t, name) }
	words := func(name string) string { return aText.Draw(t, name) }
	when := func(name string) time.Time { return aTime.Draw(t, name) }
	o := &Object{
		ID: id("id"), Type: rapid.SampledFrom([]string{"Note", "Article", "Page", "Event", "Question", "Document", "Video", "Tombstone", "Relationship", "QuoteAuthorization", "ChatMessage"}).Draw(t, "type"),
		AttributedTo: id("attributedTo"), Name: words("name"), Content: words("content"), Summary: words("summary"), Source: words("source"), SourceType: words("source type"),
		URL: id("url"), InReplyTo: id("inReplyTo"), Context: id("context"), ContextHistory: id("contextHistory"), Replies: id("replies"), Likes: id("likes"), Shares: id("shares"),
		To: idList.Draw(t, "to"), CC: idList.Draw(t, "cc"), Audience: idList.Draw(t, "audience"), Published: when("published"), Updated: when("updated"), Deleted: when("deleted"),
		FormerType: rapid.SampledFrom([]string{"", "Note"}).Draw(t, "former"), Sensitive: flag("sensitive"), Tags: several(tags).Draw(t, "tags"), Attachments: several(attachments).Draw(t, "attachments"),
		Image: perhaps(attachments).Draw(t, "image"), Quote: id("quote"), QuoteAuthorization: id("stamp"), InteractionPolicy: perhaps(policies).Draw(t, "policy"), SearchableBy: idList.Draw(t, "searchable"),
		StartTime: when("start"), EndTime: when("end"), Location: words("place"), CommentsOff: flag("comments off"), Stickied: flag("stickied"), Distinguished: flag("distinguished"),
		Preview: words("preview"), ApprovedBy: id("approved"), InteractingObject: id("interacting"), InteractionTarget: id("target"),
		Seq: aCount.Draw(t, "seq"), EntryHash: words("entry"), Proof: proofs.Draw(t, "proof"),
	}
	if o.Content+o.Name+o.Summary != "" {
		o.Language = rapid.SampledFrom([]string{"", "nl", "en-GB", "zh-Hant-TW", "size", "members"}).Draw(t, "language")
	}
	switch o.Type {
	case "Question":
		poll := polls.Draw(t, "poll")
		o.Poll, o.EndTime = &poll, time.Time{}
	case "Relationship":
		o.Membership = &Membership{id("subject"), id("object"), id("relationship"), aWord.Draw(t, "role"), aWord.Draw(t, "state"), id("invited by")}
	}
	return o
})

var keys = rapid.Custom(func(t *rapid.T) []Key {
	rsa := rapid.Custom(func(t *rapid.T) Key {
		return Key{ID: maybe.Draw(t, "id"), Owner: maybe.Draw(t, "owner"), PEM: "-" + aText.Draw(t, "pem")}
	})
	multi := rapid.Custom(func(t *rapid.T) Key {
		return Key{ID: maybe.Draw(t, "id"), Owner: maybe.Draw(t, "owner"), Multibase: "z" + aWord.Draw(t, "base")}
	})
	other := rapid.Custom(func(t *rapid.T) Key { return Key{ID: anID.Draw(t, "id")} })
	return append(several(rsa).Draw(t, "rsa"), several(rapid.OneOf(multi, other)).Draw(t, "multikeys")...)
})

var actors = rapid.Custom(func(t *rapid.T) *Actor {
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	id := func(name string) string { return maybe.Draw(t, name) }
	words := func(name string) string { return aText.Draw(t, name) }
	fields := rapid.Custom(func(t *rapid.T) Field { return Field{aText.Draw(t, "name"), aText.Draw(t, "value")} })
	capabilities := rapid.Custom(func(t *rapid.T) Capability { return Capability{anID.Draw(t, "href"), aText.Draw(t, "name")} })
	a := &Actor{
		ID: id("id"), Type: rapid.SampledFrom([]string{"Person", "Group", "Organization", "Application", "Service"}).Draw(t, "type"), PreferredUsername: words("username"), Name: words("name"), Summary: words("summary"),
		URL: id("url"), Inbox: id("inbox"), Outbox: id("outbox"), Followers: id("followers"), Following: id("following"), Liked: id("liked"), Featured: id("featured"), FeaturedTags: id("featured tags"),
		Members: id("members"), Log: id("log"), SharedInbox: id("shared"), Locked: flag("locked"), Discoverable: perhaps(rapid.Bool()).Draw(t, "discoverable"), Indexable: flag("indexable"), Memorial: flag("memorial"),
		Suspended: flag("suspended"), PostingRestricted: flag("restricted"), AccessType: rapid.SampledFrom([]string{"", "open", "closed", "private"}).Draw(t, "access"), JoinPolicy: rapid.SampledFrom([]string{"", "request"}).Draw(t, "join"),
		AcceptsJoins: flag("accepts joins"), Introduction: flag("introduction"), GuestsStart: flag("guests start"), Archived: aTime.Draw(t, "archived"), Deletes: aTime.Draw(t, "deletes"), Fields: several(fields).Draw(t, "fields"), Icon: perhaps(attachments).Draw(t, "icon"), Image: perhaps(attachments).Draw(t, "image"), AlsoKnownAs: idList.Draw(t, "also"), AttributionDomains: several(rapid.SampledFrom([]string{"gouda.nl", "pers.example"})).Draw(t, "attribution"),
		MovedTo: id("moved"), WebFinger: rapid.SampledFrom([]string{"", "an@gouda.nl"}).Draw(t, "webfinger"), Published: aTime.Draw(t, "published"), Updated: aTime.Draw(t, "updated"), Tags: several(tags).Draw(t, "tags"),
		Keys: keys.Draw(t, "keys"), Generator: id("generator"), Capabilities: several(capabilities).Draw(t, "capabilities"), GroupState: perhaps(groupStates).Draw(t, "state"),
	}
	if a.Type == "Group" {
		a.Moderators = id("moderators")
	}
	return a
})

func collections(depth int) *rapid.Generator[*Collection] {
	return rapid.Custom(func(t *rapid.T) *Collection {
		c := &Collection{
			ID: maybe.Draw(t, "id"), Type: rapid.SampledFrom([]string{"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"}).Draw(t, "type"), Total: rapid.IntRange(-1, 1e9).Draw(t, "total"),
			First: maybe.Draw(t, "first"), Last: maybe.Draw(t, "last"), PartOf: maybe.Draw(t, "part of"), Next: maybe.Draw(t, "next"), Prev: maybe.Draw(t, "prev"), AttributedTo: maybe.Draw(t, "by"),
			GroupState: perhaps(groupStates).Draw(t, "state"),
		}
		if depth > 0 {
			c.Items = several(refsTo(depth-1)).Draw(t, "items")
			if rapid.Bool().Draw(t, "embedded first") {
				c.FirstPage = collections(depth-1).Draw(t, "first page")
				c.First = c.FirstPage.ID
			}
		}
		return c
	})
}

// refsTo gives an id, or an embedded document.
func refsTo(depth int) *rapid.Generator[Ref] {
	return rapid.Custom(func(t *rapid.T) Ref {
		if depth == 0 || rapid.Bool().Draw(t, "id only") {
			return Ref{ID: anID.Draw(t, "id")}
		}
		d := documents(depth).Draw(t, "embedded")
		switch {
		case d.Activity != nil:
			return Ref{d.Activity.ID, d.Activity.Type, d, nil}
		case d.Object != nil:
			return Ref{d.Object.ID, d.Object.Type, d, nil}
		case d.Actor != nil:
			return Ref{d.Actor.ID, d.Actor.Type, d, nil}
		}
		return Ref{d.Collection.ID, d.Collection.Type, d, nil}
	})
}

func activities(depth int) *rapid.Generator[*Activity] {
	return rapid.Custom(func(t *rapid.T) *Activity {
		one := func(name string) Ref {
			if rapid.Bool().Draw(t, "no "+name) {
				return Ref{}
			}
			return refsTo(depth-1).Draw(t, name)
		}
		a := &Activity{
			ID: maybe.Draw(t, "id"), Type: rapid.SampledFrom([]string{"Create", "Announce", "Flag", "Lock", "EmojiReact", "QuoteRequest", "Invite", "Join"}).Draw(t, "type"), Actor: maybe.Draw(t, "actor"),
			To: idList.Draw(t, "to"), CC: idList.Draw(t, "cc"), Audience: idList.Draw(t, "audience"), Object: one("object"), Target: one("target"), Origin: one("origin"), Instrument: one("instrument"), Result: one("result"),
			AttributedTo: maybe.Draw(t, "by"), Content: aText.Draw(t, "content"), Summary: aText.Draw(t, "summary"), Context: maybe.Draw(t, "context"), Tags: several(tags).Draw(t, "tags"),
			Published: aTime.Draw(t, "published"), Updated: aTime.Draw(t, "updated"), EndTime: aTime.Draw(t, "end"), GroupState: perhaps(groupStates).Draw(t, "state"), Proof: proofs.Draw(t, "proof"),
		}
		if a.Object.ID != "" {
			a.MoreObjects = several(rapid.Map(anID, func(id string) Ref { return Ref{ID: id} })).Draw(t, "more")
		}
		return a
	})
}

func documents(depth int) *rapid.Generator[Document] {
	return rapid.OneOf(
		rapid.Map(activities(depth), func(a *Activity) Document { return Document{Activity: a} }),
		rapid.Map(objects, func(o *Object) Document { return Document{Object: o} }),
		rapid.Map(actors, func(a *Actor) Document { return Document{Actor: a} }),
		rapid.Map(collections(depth), func(c *Collection) Document { return Document{Collection: c} }),
	)
}
