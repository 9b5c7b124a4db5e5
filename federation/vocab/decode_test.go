// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/fault"
)

func TestDecodeRefuses(t *testing.T) {
	for in, sentence := range map[string]string{
		``:                    "The document is not valid JSON.",
		`{"type":"Note"`:      "The document is not valid JSON.",
		`{"type":"Note"} {}`:  "The document is not valid JSON.",
		`<html>`:              "The document is not valid JSON.",
		`"https://h.example"`: "The document is not a JSON object, but a text.",
		`[{"type":"Note"}]`:   "The document is not a JSON object, but a list.",
		`null`:                "The document is not a JSON object, but nothing.",
		`17`:                  "The document is not a JSON object, but a number.",
		`true`:                "The document is not a JSON object, but true or false.",
		`{}`:                  "The document has no type.",
		`{"type":{"a":1}}`:    "The document has no type.",
		`{"type":"Wolk","actor":7,"object":[],"inbox":[],"name":{},"content":"","url":"wolk","items":null}`: `A document of type "Wolk" is not known here, and it has no actor with an object, no inbox, no items, no name, no content and no url.`,
		`{"type":"Wolk"}`: `A document of type "Wolk" is not known here, and it has no actor with an object, no inbox, no items, no name, no content and no url.`,
		`{"type":"Link","href":"https://h.example","name":"x"}`: `A document of type "Link" is not known here, and it has no actor with an object, no inbox, no items, no name, no content and no url.`,
	} {
		d, err := Decode([]byte(in))
		if !errors.Is(err, fault.Malformed) || fault.Sentence(err) != sentence {
			t.Errorf("%s: %+v, %v", in, d, err)
		}
	}
}

func TestKinds(t *testing.T) {
	for in, want := range map[string]kind{
		`{"type":"Lock","actor":"https://h.example/a","object":"https://h.example/b"}`: anActivity,
		`{"type":"Lock"}`:         anActivity,
		`{"type":"QuoteRequest"}`: anActivity,
		`{"type":"Waarschuw","actor":"https://h.example/a","object":"https://h.example/b"}`: anActivity,
		`{"type":"DanceRequest","actor":"https://h.example/a"}`:                             anActivity,
		`{"type":"as:Create"}`: anActivity,
		`{"type":"https://www.w3.org/ns/activitystreams#Create"}`: anActivity,
		`{"type":"Proposal","name":"Een dag per week"}`:           anObject,
		`{"type":"Review","contentMap":{"nl":"mooi"}}`:            anObject,
		`{"type":"Iets","url":"https://h.example/1"}`:             anObject,
		`{"type":"DanceAuthorization"}`:                           anObject,
		`{"type":["https://schema.org/Review","Article"]}`:        anObject,
		`{"type":"Robot","inbox":"https://h.example/inbox"}`:      anActor,
		`{"type":"Person"}`:                                       anActor,
		`{"type":"Lijst","items":[]}`:                             aCollection,
		`{"type":"OrderedCollection"}`:                            aCollection,
	} {
		d, err := Decode([]byte(in))
		got := map[bool]kind{d.Activity != nil: anActivity}[true] + map[bool]kind{d.Object != nil: anObject}[true] +
			map[bool]kind{d.Actor != nil: anActor}[true] + map[bool]kind{d.Collection != nil: aCollection}[true]
		if err != nil || got != want {
			t.Errorf("%s: %v, want %v (%v)", in, got, want, err)
		}
	}
}

func TestWrongKind(t *testing.T) {
	const note, create, person, page = `{"type":"Note"}`, `{"type":"Create"}`, `{"type":"Person"}`, `{"type":"CollectionPage"}`
	for _, c := range []struct {
		decode   func([]byte) error
		in, want string
	}{
		{func(b []byte) error { _, err := DecodeActor(b); return err }, note, `This should be an actor, but it is an object of type "Note".`},
		{func(b []byte) error { _, err := DecodeObject(b); return err }, create, `This should be an object, but it is an activity of type "Create".`},
		{func(b []byte) error { _, err := DecodeActivity(b); return err }, person, `This should be an activity, but it is an actor of type "Person".`},
		{func(b []byte) error { _, err := DecodeCollection(b); return err }, person, `This should be a collection, but it is an actor of type "Person".`},
		{func(b []byte) error { _, err := DecodeObject(b); return err }, page, `This should be an object, but it is a collection of type "CollectionPage".`},
		{func(b []byte) error { _, err := DecodeKeys(b); return err }, note, `The document has no public key.`},
		{func(b []byte) error { _, err := DecodeKeys(b); return err }, `{`, `The document is not valid JSON.`},
	} {
		if err := c.decode([]byte(c.in)); !errors.Is(err, fault.Malformed) || fault.Sentence(err) != c.want {
			t.Errorf("%s: %v", c.in, err)
		}
	}
}

func TestDecodeKeys(t *testing.T) {
	for in, want := range map[string]Key{
		`{"id":"https://h.example/a#k","type":"Key","owner":"https://h.example/a","publicKeyPem":"PEM"}`:                                                    {ID: "https://h.example/a#k", Owner: "https://h.example/a", PEM: "PEM"},
		`{"id":"https://h.example/a#k","type":"Multikey","controller":"https://h.example/a","publicKeyMultibase":"z6"}`:                                     {ID: "https://h.example/a#k", Owner: "https://h.example/a", Multibase: "z6"},
		`{"id":"https://h.example/a","type":"Person","publicKey":{"id":"https://h.example/a#k","owner":{"id":"https://h.example/a"},"publicKeyPem":"PEM"}}`: {ID: "https://h.example/a#k", Owner: "https://h.example/a", PEM: "PEM"},
	} {
		keys, err := DecodeKeys([]byte(in))
		if err != nil || len(keys) != 1 || keys[0] != want {
			t.Errorf("%s: %+v, %v", in, keys, err)
		}
	}
}

// TestObjects is the small variety of dialects that no golden file shows.
func TestObjects(t *testing.T) {
	day := time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC)
	for in, check := range map[string]func(o *Object) bool{
		`{"type":"Note","contentMap":{"nl":"dag","en":"day"}}`:                         func(o *Object) bool { return o.Content == "dag" && o.Language == "nl" },
		`{"type":"Note","content":"day","contentMap":{"nl":"dag","en":"day"}}`:         func(o *Object) bool { return o.Content == "day" && o.Language == "en" },
		`{"type":"Note","content":"x","contentMap":{"nl":"dag","en":"day"}}`:           func(o *Object) bool { return o.Content == "x" && o.Language == "nl" },
		`{"type":"Note","content":{"pt_BR":"dia"}}`:                                    func(o *Object) bool { return o.Content == "dia" && o.Language == "pt-BR" },
		`{"type":"Note","content":null,"contentMap":null,"name":null}`:                 func(o *Object) bool { return o.Content == "" && o.Language == "" && o.Name == "" },
		`{"type":"Note","content":["dag","day"]}`:                                      func(o *Object) bool { return o.Content == "dag" },
		`{"type":"Note","content":"a","contentMap":{"<script>":"a"}}`:                  func(o *Object) bool { return o.Language == "" },
		`{"type":"Note","content":"a","language":{"identifier":"und"}}`:                func(o *Object) bool { return o.Language == "" },
		`{"type":"Note","content":"a\u0000b"}`:                                         func(o *Object) bool { return o.Content == "ab" },
		"{\"type\":\"Note\",\"content\":\"a\xffb\"}":                                   func(o *Object) bool { return o.Content == "a\uFFFDb" },
		`{"type":"Note","content":"\ud83d\ude00 \ud83d"}`:                              func(o *Object) bool { return o.Content == "😀 \uFFFD" },
		`{"type":"Article","nameMap":{"nl":"Titel"}}`:                                  func(o *Object) bool { return o.Name == "Titel" && o.Language == "nl" },
		`{"type":"Article","name":{"nl":"Titel"}}`:                                     func(o *Object) bool { return o.Name == "Titel" && o.Language == "nl" },
		`{"type":"Note","published":"2026-11-20T08:30:00"}`:                            func(o *Object) bool { return o.Published.Equal(day) },
		`{"type":"Note","published":"2026-11-20T08:30Z"}`:                              func(o *Object) bool { return o.Published.Equal(day) },
		`{"type":"Note","published":"2026-11-20T09:30:00.000000+01:00"}`:               func(o *Object) bool { return o.Published.Equal(day) && o.Published.Location() == time.UTC },
		`{"type":"Note","published":"2026-11-20 08:30:00"}`:                            func(o *Object) bool { return o.Published.Equal(day) },
		`{"type":"Note","published":"2026-11-20"}`:                                     func(o *Object) bool { return o.Published.Equal(day.Truncate(24 * time.Hour)) },
		`{"type":"Note","published":"gisteren","updated":17}`:                          func(o *Object) bool { return o.Published.IsZero() && o.Updated.IsZero() },
		`{"type":"Note","published":"0000-01-01T00:00:00+23:59"}`:                      func(o *Object) bool { return o.Published.IsZero() },
		`{"type":"Note","url":["gemini://h.example/1","https://h.example/1"]}`:         func(o *Object) bool { return o.URL == "https://h.example/1" },
		`{"type":"Note","url":{"type":"Link","href":"https://h.example/1"}}`:           func(o *Object) bool { return o.URL == "https://h.example/1" },
		`{"type":"Note","url":"javascript:alert(1)"}`:                                  func(o *Object) bool { return o.URL == "" },
		`{"type":"Note","attributedTo":["https://h.example/a","https://h.example/b"]}`: func(o *Object) bool { return o.AttributedTo == "https://h.example/a" },
		`{"type":"Note","attributedTo":{"type":"Person","id":"https://h.example/a"}}`:  func(o *Object) bool { return o.AttributedTo == "https://h.example/a" },
		`{"type":"Note","to":[null,7,{"id":"https://h.example/a"},"Public"],"bto":"https://h.example/b","bcc":["https://h.example/c"]}`: func(o *Object) bool {
			return len(o.To) == 2 && o.To[0] == "https://h.example/a" && o.To[1] == Public
		},
		`{"type":"Note","inReplyTo":[{"type":"Note","id":"https://h.example/1"}]}`: func(o *Object) bool { return o.InReplyTo == "https://h.example/1" },
		`{"type":"Note","attachment":"https://h.example/1.png"}`: func(o *Object) bool {
			return o.Attachments[0].URL == "https://h.example/1.png" && o.Attachments[0].Type == "Document"
		},
		`{"type":"Article","image":"https://h.example/1.png"}`:                               func(o *Object) bool { return o.Image.Type == "Image" && o.Image.URL == "https://h.example/1.png" },
		`{"type":"Article","image":[{"type":"Link","href":"https://h.example/1.png"},null]}`: func(o *Object) bool { return o.Image.Type == "Image" && o.Image.URL == "https://h.example/1.png" },
		`{"type":"Video","mediaType":"text/plain","content":" \r\n"}`:                        func(o *Object) bool { return o.Content == "" },
		`{"type":"Note","attachment":{"type":"Video","url":[{"type":"Link","href":"magnet:?x"},{"type":"Link","href":"https://h.example/1.mp4","mediaType":"video/mp4"},"https://h.example/2"],"duration":"PT-1S"}}`: func(o *Object) bool {
			return o.Attachments[0].URL == "https://h.example/1.mp4" && o.Attachments[0].MediaType == "video/mp4" && o.Attachments[0].Duration == 0
		},
		`{"type":"Note","attachment":[{"type":"Document"},{"type":"Image","url":"data:image/png;base64,AA"}]}`: func(o *Object) bool { return o.Attachments == nil },
		`{"type":"Note","attachment":{"type":"Audio","url":"https://h.example/1.ogg","duration":"PT1H2M3S","width":-5,"size":"12"}}`: func(o *Object) bool {
			return o.Attachments[0].Duration == 3723 && o.Attachments[0].Width == 0 && o.Attachments[0].Size == 12
		},
		`{"type":"Note","attachment":{"url":"https://h.example/1","duration":"P1Y","focalPoint":[1]}}`: func(o *Object) bool { return o.Attachments[0].Duration == 0 && !o.Attachments[0].HasFocus },
		`{"type":"Note","attachment":{"url":"https://h.example/1","duration":12.5,"focalPoint":[-7,0.5]}}`: func(o *Object) bool {
			return o.Attachments[0].Duration == 12.5 && o.Attachments[0].Focus == [2]float64{-1, 0.5}
		},
		`{"type":"Question","oneOf":{"type":"Note","name":"ja"},"closed":true,"endTime":"2026-11-20T08:30:00Z"}`: func(o *Object) bool {
			return len(o.Poll.Options) == 1 && !o.Poll.Multiple && o.Poll.Closed.Equal(day) && o.Poll.Voters == -1 && o.EndTime.IsZero()
		},
		`{"type":"Question","anyOf":[{"name":"ja","replies":{"totalItems":3}},{"name":""}],"closed":false}`: func(o *Object) bool {
			return o.Poll.Multiple && len(o.Poll.Options) == 1 && o.Poll.Options[0].Votes == 3 && o.Poll.Closed.IsZero()
		},
		`{"type":"Question","closed":true,"actor":"https://h.example/a"}`:    func(o *Object) bool { return !o.Poll.Closed.IsZero() && o.AttributedTo == "https://h.example/a" },
		`{"type":"Note","quoteURI":"https://h.example/1"}`:                   func(o *Object) bool { return o.Quote == "https://h.example/1" },
		`{"type":"Note","quote":{"type":"Note","id":"https://h.example/1"}}`: func(o *Object) bool { return o.Quote == "https://h.example/1" },
		`{"type":"Note","tag":{"type":"Link","rel":["https://misskey-hub.net/ns#_misskey_quote"],"href":"https://h.example/1"}}`: func(o *Object) bool {
			return o.Quote == "https://h.example/1"
		},
		`{"type":"Event","location":[{"type":"VirtualLocation","url":"https://h.example"},{"type":"Place","name":"Stadhuis"}]}`: func(o *Object) bool { return o.Location == "Stadhuis" },
		`{"type":"Event","location":"Stadhuis"}`:                                       func(o *Object) bool { return o.Location == "Stadhuis" },
		`{"type":"Note","sensitive":"ja","stickied":1}`:                                func(o *Object) bool { return !o.Sensitive && !o.Stickied },
		`{"type":"Tombstone","formerType":"as:Note","deleted":"2026-11-20T08:30:00Z"}`: func(o *Object) bool { return o.FormerType == "Note" && o.Deleted.Equal(day) },
		`{"type":"Note","type":"Article"}`:                                             func(o *Object) bool { return o.Type == "Article" },
		`{"type":"Audio","url":[{"type":"Link","href":"https://h.example/1.mp3","mediaType":"audio/mpeg"},{"type":"Link","href":"https://h.example/1","mediaType":"text/html"}]}`: func(o *Object) bool {
			return o.URL == "https://h.example/1" && o.Attachments[0].Type == "Audio"
		},
	} {
		o, err := DecodeObject([]byte(in))
		if err != nil || !check(o) {
			t.Errorf("%s: %+v, %v", in, o, err)
		}
	}
}

// TestDepth: documents embedded too deeply are ids, and reading them takes no time.
func TestDepth(t *testing.T) {
	in := strings.Repeat(`{"type":"Undo","actor":"https://h.example/a","object":`, 9000) + `"https://h.example/1"` + strings.Repeat("}", 9000)
	start := time.Now()
	a, err := DecodeActivity([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	levels := 0
	for ; a.Object.Activity != nil; a = a.Object.Activity {
		levels++
	}
	if levels != depth || a.Object.Type != "Undo" || a.Object.Raw == nil {
		t.Errorf("%d levels, the last is %+v", levels, a.Object.Type)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
}

func FuzzDecode(f *testing.F) {
	for _, in := range inputs(f) {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := Decode(in)
		if err != nil {
			if !errors.Is(err, fault.Malformed) {
				t.Fatal(err)
			}
			return
		}
		out, err := Encode(d)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := Decode(out); err != nil && d.Collection == nil { // of a collection of unknown type that is empty nothing is left
			t.Fatalf("what was written cannot be read: %v: %s", err, out)
		}
		DecodeKeys(in)
	})
}
