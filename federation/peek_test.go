// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/fault"
)

const create = `{
 "@context": ["https://www.w3.org/ns/activitystreams", {"ostatus": "http://ostatus.org#", "atomUri": "ostatus:atomUri",
  "conversation": {"@id": "ostatus:conversation", "@type": "@id"}, "sensitive": "as:sensitive", "toot": "http://joinmastodon.org/ns#"}],
 "id": "https://gouda.example/users/fenna/statuses/114/activity", "type": "Create",
 "actor": "https://gouda.example/users/fenna", "published": "2026-11-24T09:30:00Z",
 "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": ["https://gouda.example/users/fenna/followers", "https://waterschap.example/groups/water"],
 "audience": "https://waterschap.example/groups/water",
 "object": {"id": "https://gouda.example/users/fenna/statuses/114", "type": "Note", "summary": null,
  "inReplyTo": null, "published": "2026-11-24T09:30:00Z", "url": "https://gouda.example/@fenna/114",
  "attributedTo": "https://gouda.example/users/fenna",
  "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": ["https://gouda.example/users/fenna/followers", "https://waterschap.example/groups/water"],
  "sensitive": false, "atomUri": "https://gouda.example/users/fenna/statuses/114",
  "conversation": "tag:gouda.example,2026-11-24:objectId=31:objectType=Conversation",
  "content": "<p>De <a href=\"https://waterschap.example/tags/dijk\" class=\"mention hashtag\" rel=\"tag\">#<span>dijk</span></a> bij Gouda wordt deze winter verhoogd. Wie wil er meedenken over de omleiding voor fietsers? We zoeken nog mensen van de provincie.</p>",
  "contentMap": {"nl": "<p>De <a href=\"https://waterschap.example/tags/dijk\" class=\"mention hashtag\" rel=\"tag\">#<span>dijk</span></a> bij Gouda wordt deze winter verhoogd. Wie wil er meedenken over de omleiding voor fietsers? We zoeken nog mensen van de provincie.</p>"},
  "attachment": [], "tag": [{"type": "Hashtag", "href": "https://waterschap.example/tags/dijk", "name": "#dijk"},
   {"type": "Mention", "href": "https://waterschap.example/groups/water", "name": "@water@waterschap.example"}],
  "replies": {"id": "https://gouda.example/users/fenna/statuses/114/replies", "type": "Collection"}},
 "proof": {"type": "DataIntegrityProof"}
}`

func TestPeekCreate(t *testing.T) {
	got, err := Peek([]byte(create))
	if err != nil {
		t.Fatal(err)
	}
	want := Envelope{
		ID: "https://gouda.example/users/fenna/statuses/114/activity", Type: "Create", Actor: "https://gouda.example/users/fenna",
		ObjectID: "https://gouda.example/users/fenna/statuses/114", ObjectType: "Note", ObjectActor: "https://gouda.example/users/fenna",
		To:       []string{PublicIRI},
		CC:       []string{"https://gouda.example/users/fenna/followers", "https://waterschap.example/groups/water"},
		Audience: []string{"https://waterschap.example/groups/water"},
		HasProof: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPeekShapes(t *testing.T) {
	head := `"id":"https://a.example/1","type":"Flag","actor":"https://a.example/u"`
	for name, test := range map[string]struct {
		json string
		want Envelope
	}{
		"Mastodon's ids with fragments": {
			`{"id":"https://a.example/u#accepts/follows/1","type":"Accept","actor":"https://a.example/u","object":{"id":"https://b.example/f#likes/2","type":"Follow","actor":"https://b.example/v"}}`,
			Envelope{ID: "https://a.example/u#accepts/follows/1", Type: "Accept", Actor: "https://a.example/u", ObjectID: "https://b.example/f#likes/2", ObjectType: "Follow", ObjectActor: "https://b.example/v"}},
		"embedded actor and target": {
			`{"id":"https://a.example/1","type":["Add"],"actor":{"type":"Person","id":"https://a.example/u"},"object":"https://a.example/n","target":{"id":"https://a.example/u/featured"}}`,
			Envelope{ID: "https://a.example/1", Type: "Add", Actor: "https://a.example/u", ObjectID: "https://a.example/n", Target: "https://a.example/u/featured"}},
		"a list of objects": {
			`{` + head + `,"object":["https://b.example/v",{"id":"https://b.example/2","type":"Note"}]}`,
			Envelope{ID: "https://a.example/1", Type: "Flag", Actor: "https://a.example/u", ObjectID: "https://b.example/v"}},
		"escaped keys and values": {
			`{"\u0069d":"https:\/\/a.example\/1","type":"L\u0069ke","actor":"https://a.example/u","content":"\ud83d\udc4d\n"}`,
			Envelope{ID: "https://a.example/1", Type: "Like", Actor: "https://a.example/u"}},
		"spellings of Public, and rubbish": {
			`{` + head + `,"to":"as:Public","cc":["Public",null,{"id":"https://b.example/v"},"acct:x@b.example","https://B.example/"]}`,
			Envelope{ID: "https://a.example/1", Type: "Flag", Actor: "https://a.example/u", To: []string{PublicIRI}, CC: []string{PublicIRI, "https://b.example/v"}}},
		"several authors, as PeerTube": {
			`{` + head + `,"object":{"type":"Video","id":"https://a.example/v","attributedTo":[{"type":"Person","id":"https://a.example/u"},{"type":"Group","id":"https://a.example/c"}]}}`,
			Envelope{ID: "https://a.example/1", Type: "Flag", Actor: "https://a.example/u", ObjectID: "https://a.example/v", ObjectType: "Video", ObjectActor: "https://a.example/u"}},
		"every escape": {
			`{` + head + `,"target":"https:\/\/a.example\/\u0061","summary":null,"x":"\"\\\b\f\n\r\t","\b\f\n\r\t":1,"object":{"id":null,"type":"Note"}}`,
			Envelope{ID: "https://a.example/1", Type: "Flag", Actor: "https://a.example/u", ObjectType: "Note", Target: "https://a.example/a"}},
		"no proof": {`{` + head + `,"proof":null}`, Envelope{ID: "https://a.example/1", Type: "Flag", Actor: "https://a.example/u"}},
		"case variants in a context are definitions": {
			`{` + head + `,"@context":{"Emoji":"toot:Emoji","emoji":{"@id":"x","@container":"@set"}}}`,
			Envelope{ID: "https://a.example/1", Type: "Flag", Actor: "https://a.example/u"}},
		"numbers of every kind": {`{` + head + `,"n":[0,-0,1.5,-10e+3,2E-2,1e9,true,false,null,{},[]]}`, Envelope{ID: "https://a.example/1", Type: "Flag", Actor: "https://a.example/u"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Peek([]byte(test.json))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPeekRefuses(t *testing.T) {
	with := func(more string) string {
		return `{"id":"https://a.example/1","type":"Like","actor":"https://a.example/u"` + more + `}`
	}
	if _, err := Peek([]byte(with(""))); err != nil {
		t.Fatal("the unchanged document is refused:", err)
	}
	for name, body := range map[string]string{
		"empty":                          "",
		"no object":                      `"x"`,
		"trailing data":                  with("") + "{}",
		"unfinished":                     `{"id":"https://a.example/1"`,
		"unfinished string":              `{"id":"https://a.exam`,
		"no id":                          `{"type":"Like","actor":"https://a.example/u"}`,
		"no type":                        `{"id":"https://a.example/1","actor":"https://a.example/u"}`,
		"no actor":                       `{"id":"https://a.example/1","type":"Like"}`,
		"null actor":                     `{"id":"https://a.example/1","type":"Like","actor":null}`,
		"actor list":                     `{"id":"https://a.example/1","type":"Like","actor":["https://a.example/u"]}`,
		"actor with a fragment":          `{"id":"https://a.example/1","type":"Like","actor":"https://a.example/u#x"}`,
		"actor by acct":                  `{"id":"https://a.example/1","type":"Like","actor":"acct:u@a.example"}`,
		"id a number":                    `{"id":1,"type":"Like","actor":"https://a.example/u"}`,
		"type a number":                  `{"id":"https://a.example/1","type":1,"actor":"https://a.example/u"}`,
		"duplicate key":                  with(`,"actor":"https://b.example/v"`),
		"duplicate key, escaped":         with(`,"\u0061ctor":"https://b.example/v"`),
		"duplicate key deep inside":      with(`,"object":{"tag":[{"x":1,"y":2,"x":3}]}`),
		"duplicate key in a context":     with(`,"@context":{"a":1,"a":2}`),
		"key that differs in case":       with(`,"Actor":"https://b.example/v"`),
		"key with a long s":              with(`,"x":{"user":1,"u\u017fer":2}`),
		"variant of a missing key":       with(`,"Object":"https://b.example/v"`),
		"variant in the object":          with(`,"object":{"attributedto":"https://b.example/v"}`),
		"invalid UTF-8":                  with(",\"x\":\"\xff\""),
		"U+0000":                         with(`,"x":"a\u0000b"`),
		"half a surrogate pair":          with(`,"x":"\ud83d"`),
		"low surrogate first":            with(`,"x":"\udc4d\ud83d"`),
		"control character in a string":  with(",\"x\":\"a\nb\""),
		"unknown escape":                 with(`,"x":"\x41"`),
		"short escape":                   with(`,"x":"\u12`),
		"leading zero":                   with(`,"x":01`),
		"lone minus":                     with(`,"x":-`),
		"no fraction":                    with(`,"x":1.}`),
		"no exponent":                    with(`,"x":1e`),
		"unknown word":                   with(`,"x":nul`),
		"trailing comma":                 with(`,`),
		"trailing comma in a list":       with(`,"x":[1,]`),
		"missing colon":                  with(`,"x" 1`),
		"list closed as object":          with(`,"x":[1}`),
		"@graph":                         with(`,"@graph":[]`),
		"@reverse deep inside":           with(`,"object":{"x":{"@reverse":{}}}`),
		"@included":                      with(`,"@included":[]`),
		"@id as alias of id":             with(`,"object":{"@id":"https://b.example/1"}`),
		"@type escaped":                  with(`,"\u0040type":"Delete"`),
		"33 levels":                      with(`,"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32)),
		"50,001 values":                  with(`,"x":[` + strings.Repeat("1,", 50_000) + `1]`),
		"huge to":                        with(`,"to":[` + strings.Repeat(`"https://b.example/v",`, 1000) + `"https://b.example/v"]`),
		"object with an odd id":          with(`,"object":"https://B.example/v"`),
		"object owner with a credential": with(`,"object":{"actor":"https://x@b.example/v"}`),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Peek([]byte(body))
			if !errors.Is(err, fault.Malformed) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestPeekAllowsTheLimits(t *testing.T) {
	for _, more := range []string{
		strings.Repeat("[", 31) + strings.Repeat("]", 31),
		`[` + strings.Repeat("1,", 9_900) + `1]`,
	} {
		if _, err := Peek([]byte(`{"id":"https://a.example/1","type":"Like","actor":"https://a.example/u","x":` + more + `}`)); err != nil {
			t.Error(err)
		}
	}
}

// A stranger may send ten thousand keys; finding the double one must not take quadratic time.
func BenchmarkPeekManyKeys(b *testing.B) {
	var doc strings.Builder
	doc.WriteString(`{"id":"https://a.example/1","type":"Like","actor":"https://a.example/u"`)
	for i := range 9_000 {
		fmt.Fprintf(&doc, `,"k%d":1`, i)
	}
	doc.WriteString("}")
	for b.Loop() {
		if _, err := Peek([]byte(doc.String())); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPeek(b *testing.B) {
	body := []byte(create)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Peek(body); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzPeek(f *testing.F) {
	f.Add([]byte(create))
	f.Add([]byte(`{"id":"https://a.example/u#accepts/follows/1","type":"Accept","actor":{"id":"https://a.example/u"},"object":[{"x":-1.5e3}]}`))
	f.Add([]byte(`{"@context":{"a":"@id"},"x":"\ud83d\udc4d\u0000"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := Peek(body)
		if err != nil {
			if !errors.Is(err, fault.Malformed) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		if !validJSON(body) {
			t.Fatal("accepted what is not JSON")
		}
		if CheckID(e.Actor) != nil || Origin(e.ID) == "" || Origin(e.Actor) == "" {
			t.Fatalf("accepted %+v", e)
		}
	})
}
