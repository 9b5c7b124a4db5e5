// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"slices"
	"strings"

	"github.com/pleio-node/pleio-node/fault"
)

// depth is how many documents may be embedded in one another before the innermost counts as a mere id.
const depth = 8

type kind int

const (
	none kind = iota
	anActivity
	anObject
	anActor
	aCollection
)

func (k kind) String() string {
	return [...]string{"something else", "an activity", "an object", "an actor", "a collection"}[k]
}

// kinds are the types we know by name. Question is an activity to ActivityStreams, but everybody sends it as content.
// Reading does not go through go-fed: for a Note of Mastodon in its Create that takes six times as long as Decode (BenchmarkGoFed),
// it refuses unknown types and documents without @context, and drops language maps and the bytes of embedded documents.
// TestGoFed holds this table and what we read against go-fed's hierarchy and reading.
var kinds = func() map[string]kind {
	m := map[string]kind{}
	for k, types := range map[kind]string{
		anActivity: `Accept Activity Add Announce Arrive Block Create Delete Dislike Flag Follow Ignore IntransitiveActivity Invite Join Leave
			Like Listen Move Offer Read Reject Remove TentativeAccept TentativeReject Travel Undo Update View
			EmojiReact Lock QuoteRequest LikeRequest ReplyRequest AnnounceRequest`,
		anObject: `Article Audio Document Event Image Note Object Page Place Profile Question Relationship Tombstone Video
			ChatMessage Member QuoteAuthorization LikeAuthorization ReplyAuthorization AnnounceAuthorization`,
		anActor:     `Application Group Organization Person Service`,
		aCollection: `Collection CollectionPage OrderedCollection OrderedCollectionPage`,
	} {
		for _, t := range strings.Fields(types) {
			m[t] = k
		}
	}
	return m
}()

// typeOf returns the type by its short name; of several the first that is known, else the first.
func typeOf(o object) string {
	first := ""
	for _, v := range o.get("type").list() {
		t := text(v)
		t = strings.TrimPrefix(t, "https://www.w3.org/ns/activitystreams#")
		t = strings.TrimPrefix(t, "as:")
		if kinds[t] != none {
			return t
		}
		if first == "" {
			first = t
		}
	}
	return first
}

// kindOf says what a document is: by its type when that is known, else by what it has (FEP-2277).
func kindOf(o object, t string) kind {
	switch {
	case kinds[t] != none:
		return kinds[t]
	case t == "" || t == "Link" || t == "Mention":
		return none
	case o.id("inbox") != "":
		return anActor
	case o.id("actor") != "" && (refers(o.get("object")) || strings.HasSuffix(t, "Request")):
		return anActivity
	case o.get("items") != nil, o.get("orderedItems") != nil:
		return aCollection
	case o.text("name") != "", o.text("content") != "", pageOf(o.get("url")) != "", strings.HasSuffix(t, "Authorization"):
		return anObject
	}
	return none
}

// refers tells whether a value is or has an id or an embedded document.
func refers(v value) bool {
	return slices.ContainsFunc(v.list(), func(one value) bool { return one.first() == '{' || one.id() != "" })
}

// Decode reads a document of any of the four kinds. It is strict about what is not JSON or cannot be placed, lenient about dialects.
// The result keeps parts of raw, which must not be changed afterwards.
func Decode(raw []byte) (Document, error) {
	v, err := parse(raw)
	if err != nil {
		return Document{}, err
	}
	o := v.fields()
	d := document(v, o, 0)
	if d == (Document{}) {
		t := typeOf(o)
		if t == "" {
			return d, fault.Say(fault.Malformed, "The document has no type.")
		}
		return d, fault.Say(fault.Malformed, "A document of type %q is not known here, and it has no actor with an object, no inbox, no items, no name, no content and no url.", t)
	}
	return d, nil
}

func document(v value, o object, level int) (d Document) {
	t := typeOf(o)
	switch kindOf(o, t) {
	case anActivity:
		d.Activity = readActivity(v, o, t, level)
	case anObject:
		d.Object = readObject(v, o, t)
	case anActor:
		d.Actor = readActor(v, o, t)
	case aCollection:
		d.Collection = readCollection(v, o, t, level)
	}
	return d
}

// ref reads a property that may be an id or an embedded document.
func ref(v value, level int) Ref {
	if v.first() != '{' {
		return Ref{ID: v.id()}
	}
	o := v.fields()
	r := Ref{ID: v.id(), Type: typeOf(o), Raw: []byte(v)}
	if level < depth {
		r.Document = document(v, o, level+1)
	}
	return r
}

// refs reads all of them; those that refer to nothing are left out.
func refs(v value, level int) []Ref {
	var list []Ref
	for _, one := range v.list() {
		if r := ref(one, level); r.ID != "" || r.Raw != nil {
			list = append(list, r)
		}
	}
	return list
}

func wrong(want kind, d Document) error {
	got, t := none, ""
	switch {
	case d.Activity != nil:
		got, t = anActivity, d.Activity.Type
	case d.Object != nil:
		got, t = anObject, d.Object.Type
	case d.Actor != nil:
		got, t = anActor, d.Actor.Type
	case d.Collection != nil:
		got, t = aCollection, d.Collection.Type
	}
	return fault.Say(fault.Malformed, "This should be %v, but it is %v of type %q.", want, got, t)
}

// DecodeActivity reads a document that must be an activity.
func DecodeActivity(raw []byte) (*Activity, error) {
	d, err := Decode(raw)
	if err == nil && d.Activity == nil {
		err = wrong(anActivity, d)
	}
	return d.Activity, err
}

// DecodeObject reads a document that must be an object.
func DecodeObject(raw []byte) (*Object, error) {
	d, err := Decode(raw)
	if err == nil && d.Object == nil {
		err = wrong(anObject, d)
	}
	return d.Object, err
}

// DecodeActor reads a document that must be an actor. A stub with no more than a key is one too (GoToSocial's /main-key).
func DecodeActor(raw []byte) (*Actor, error) {
	d, err := Decode(raw)
	if err == nil && d.Actor == nil {
		err = wrong(anActor, d)
	}
	return d.Actor, err
}

// DecodeCollection reads a document that must be a collection or a page of one.
func DecodeCollection(raw []byte) (*Collection, error) {
	d, err := Decode(raw)
	if err == nil && d.Collection == nil {
		err = wrong(aCollection, d)
	}
	return d.Collection, err
}

// DecodeKeys reads the keys in a document to which a keyId points: of an actor all that it lists, of a bare key that one.
func DecodeKeys(raw []byte) ([]Key, error) {
	v, err := parse(raw)
	if err != nil {
		return nil, err
	}
	o := v.fields()
	keys := append(readKeys(o.get("publicKey")), readKeys(o.get("assertionMethod"))...)
	if len(keys) == 0 {
		keys = readKeys(v)
	}
	if len(keys) == 0 {
		return nil, fault.Say(fault.Malformed, "The document has no public key.")
	}
	return keys, nil
}
