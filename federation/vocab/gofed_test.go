// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// known are the terms that the ActivityStreams context and, of the security context, the parts that we use define.
var known = strings.Fields(`@context id type actor attributedTo attachment audience bcc bto cc content contentMap context current deleted duration endTime endpoints
	first followers following formerType generator height href hreflang icon image inbox inReplyTo instrument items last latitude liked likes location longitude mediaType
	name nameMap next object oneOf anyOf closed orderedItems origin outbox owner partOf preferredUsername prev preview published publicKey publicKeyPem rel relationship replies
	result sharedInbox shares source startTime subject summary summaryMap tag target to totalItems updated url width proof
	Accept Add Announce Application Article Audio Block Collection CollectionPage Create Delete Dislike Document Event Flag Follow Group Image Invite Join Leave Like Link
	Mention Move Note Object Offer OrderedCollection OrderedCollectionPage Organization Page Person Place Question Reject Relationship Remove Service Tombstone Undo Update Video View`)

// TestTerms: every property and type that we send is defined in the @context that goes with it, and that has nothing else.
func TestTerms(t *testing.T) {
	for name, d := range ours() {
		encoded, err := Encode(d)
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(encoded, &doc); err != nil {
			t.Fatal(err)
		}
		inline := map[string]any{}
		for i, one := range doc["@context"].([]any) {
			if m, ok := one.(map[string]any); ok {
				inline = m
			} else if want := []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", "https://w3id.org/security/data-integrity/v1"}[i]; one != want {
				t.Errorf("%s: context %d is %v, want %v", name, i, one, want)
			}
		}
		defined := map[string]bool{}
		for _, term := range known {
			defined[term] = true
		}
		unused := map[string]bool{}
		for term := range inline {
			defined[term], unused[term] = true, true
		}
		var walk func(v any)
		use := func(term string) {
			if !defined[term] {
				t.Errorf("%s: %q is not defined in its @context", name, term)
			}
			delete(unused, term)
			definition := inline[term]
			if m, ok := definition.(map[string]any); ok {
				definition = []any{m["@id"], m["@type"]}
			} else {
				definition = []any{definition}
			}
			for _, iri := range definition.([]any) {
				if s, _ := iri.(string); s != "" {
					prefix, rest, _ := strings.Cut(s, ":")
					if !strings.HasPrefix(rest, "//") && prefix != "as" && prefix != "@id" && inline[prefix] == nil {
						t.Errorf("%s: the prefix of %s is not defined", name, s)
					}
					delete(unused, prefix)
				}
			}
		}
		walk = func(v any) {
			switch v := v.(type) {
			case []any:
				for _, one := range v {
					walk(one)
				}
			case map[string]any:
				for key, one := range v {
					use(key)
					if s, ok := one.(string); ok && (key == "type" || key == "formerType") {
						use(s)
					}
					if key != "@context" && key != "proof" && !strings.HasSuffix(key, "Map") {
						walk(one)
					}
				}
			}
		}
		walk(doc)
		for term := range unused {
			t.Errorf("%s: %s is defined but not used", name, term)
		}
	}
}

// TestGoFed holds what we read against go-fed's own reading, for all documents of which it knows the type.
func TestGoFed(t *testing.T) {
	checked := 0
	check := func(name string, raw []byte) {
		var doc map[string]any
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatal(err)
		}
		doc["@context"] = "https://www.w3.org/ns/activitystreams" // go-fed refuses types when it does not know the contexts
		theirs, err := streams.ToType(context.Background(), doc)
		if err != nil {
			if t2, _ := doc["type"].(string); goFedHas(t2) {
				t.Errorf("%s: %v", name, err)
			}
			return
		}
		d, err := Decode(raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checked++
		switch x := theirs.(type) {
		case interface {
			GetActivityStreamsActor() vocab.ActivityStreamsActorProperty
		}:
			// A Question is an activity to go-fed; an actor may be missing.
			if p := x.GetActivityStreamsActor(); d.Activity != nil && p != nil && !same(p.At(0).GetIRI(), d.Activity.Actor) {
				t.Errorf("%s: actor %q, go-fed says %v", name, d.Activity.Actor, p.At(0).GetIRI())
			}
		case interface {
			GetActivityStreamsInbox() vocab.ActivityStreamsInboxProperty
		}:
			if p := x.GetActivityStreamsInbox(); p != nil && !same(p.GetIRI(), d.Actor.Inbox) {
				t.Errorf("%s: inbox %q, go-fed says %v", name, d.Actor.Inbox, p.GetIRI())
			}
		}
		if got := kindIn(theirs); got != kinds[theirs.GetTypeName()] {
			t.Errorf("%s: %s is %v, to go-fed %v", name, theirs.GetTypeName(), kinds[theirs.GetTypeName()], got)
		}
	}
	for name, raw := range inputs(t) {
		check(name, raw)
	}
	for name, d := range ours() {
		encoded, err := Encode(d)
		if err != nil {
			t.Fatal(err)
		}
		check(name, encoded)
	}
	for name := range kinds {
		check("type "+name, []byte(`{"type":"`+name+`"}`))
	}
	if checked < 100 {
		t.Errorf("only %d documents were held against go-fed", checked)
	}
}

// same compares addresses as net/url does, which writes "ï" as "%C3%AF".
func same(theirs *url.URL, ours string) bool {
	u, err := url.Parse(ours)
	return err == nil && theirs != nil && u.String() == theirs.String()
}

// goFedHas tells whether a type is of the ActivityStreams vocabulary itself.
func goFedHas(t string) bool {
	switch t {
	case "EmojiReact", "Lock", "ChatMessage", "Member":
		return false
	}
	return kinds[t] != none && !strings.HasSuffix(t, "Request") && !strings.HasSuffix(t, "Authorization")
}

// kindIn is what a type is in go-fed's hierarchy; Question is the one that we place elsewhere.
func kindIn(x vocab.Type) kind {
	switch {
	case x.GetTypeName() == "Question":
		return anObject
	case streams.IsOrExtendsActivityStreamsActivity(x), streams.IsOrExtendsActivityStreamsIntransitiveActivity(x):
		return anActivity
	case streams.IsOrExtendsActivityStreamsCollection(x), streams.IsOrExtendsActivityStreamsOrderedCollection(x):
		return aCollection
	}
	if _, ok := x.(interface {
		GetActivityStreamsInbox() vocab.ActivityStreamsInboxProperty
	}); ok {
		return anActor
	}
	return anObject
}
