// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pleio-node/pleio-node/fault"
)

// TestRoundTrip: what we write and read again is the same, whatever we say.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := documents(2).Draw(t, "document")
		encoded, err := Encode(d)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := Encode(d); !bytes.Equal(encoded, again) {
			t.Fatalf("encoding twice differs:\n%s\n%s", encoded, again)
		}
		got, err := Decode(encoded)
		if err != nil {
			t.Fatalf("%v: %s", err, encoded)
		}
		strip(reflect.ValueOf(&got).Elem())
		if diff := cmp.Diff(d, got); diff != "" {
			t.Fatalf("-said +read:\n%s\n%s", diff, encoded)
		}
	})
}

// TestJSON: our splitting of JSON finds what encoding/json finds.
func TestJSON(t *testing.T) {
	var generate func(depth int) *rapid.Generator[any]
	generate = func(depth int) *rapid.Generator[any] {
		leaf := rapid.OneOf(rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Float64Range(-1e300, 1e300).AsAny(), rapid.String().AsAny())
		if depth == 0 {
			return leaf
		}
		return rapid.OneOf(leaf, rapid.SliceOfN(generate(depth-1), 0, 4).AsAny(), rapid.MapOfN(rapid.String(), generate(depth-1), 0, 4).AsAny())
	}
	rapid.Check(t, func(t *rapid.T) {
		in := map[string]any{"a": generate(3).Draw(t, "json")}
		raw, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "indent") {
			var b bytes.Buffer
			if err := json.Indent(&b, raw, " ", "\t\r"); err != nil {
				t.Fatal(err)
			}
			raw = b.Bytes()
		}
		v, err := parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		var want any
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, tree(v)); diff != "" {
			t.Fatalf("-encoding/json +ours:\n%s\n%s", diff, raw)
		}
	})
}

// tree builds of v what encoding/json would.
func tree(v value) any {
	switch v.first() {
	case '{':
		m := map[string]any{}
		for _, f := range v.fields() {
			m[f.name] = tree(f.value)
		}
		return m
	case '[':
		list := []any{}
		for _, one := range v.list() {
			list = append(list, tree(one))
		}
		return list
	}
	var x any
	if err := json.Unmarshal(v, &x); err != nil {
		return err.Error()
	}
	return x
}

// TestRawIsSplicedIn: what a group announces is what it received, byte for byte (FEP-8b32, FEP-1b12).
func TestRawIsSplicedIn(t *testing.T) {
	const received = `{ "type":"Create", "@context" : ["https://www.w3.org/ns/activitystreams",{"x":"y:<&>"}],
	"z":1.0e2,"id":"https://m.example/1",  "actor":"https://m.example/users/an","object":{"type":"Note","content":"<p>a & b </p>"} }`
	in, err := DecodeActivity([]byte("\n" + received + "  "))
	if err != nil {
		t.Fatal(err)
	}
	out, err := (&Activity{ID: "https://h.example/log/1", Type: "Announce", Actor: "https://h.example/groups/water", Object: Ref{ID: in.ID, Raw: in.Raw}}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1"],"actor":"https://h.example/groups/water","id":"https://h.example/log/1","object":` + received + `,"type":"Announce"}`
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Error(diff)
	}
	again, err := DecodeActivity(out)
	if err != nil {
		t.Fatal(err)
	}
	if string(again.Object.Raw) != received {
		t.Errorf("the receiver gets %s", again.Object.Raw)
	}
	if a := again.Object.Activity; a == nil || a.Object.Object == nil || a.Object.Object.Content != "<p>a & b </p>" {
		t.Errorf("the receiver reads %+v", a)
	}
}

// TestEncodeRefuses what would give bytes that are no document.
func TestEncodeRefuses(t *testing.T) {
	for name, d := range map[string]Document{
		"nothing": {},
		"raw":     {Activity: &Activity{Type: "Announce", Object: Ref{ID: "https://h.example/1", Raw: []byte(`{"a":1`)}}},
		"raws":    {Activity: &Activity{Type: "Flag", Object: Ref{ID: "https://h.example/1"}, MoreObjects: []Ref{{Raw: []byte("x")}}}},
		"item":    {Collection: &Collection{Type: "OrderedCollectionPage", Items: []Ref{{Raw: []byte("]")}}}},
		"first":   {Collection: &Collection{Type: "Collection", FirstPage: &Collection{Type: "CollectionPage", Items: []Ref{{Raw: []byte("]")}}}}},
		"proof":   {Object: &Object{Type: "Note", Proof: []byte("nee")}},
		"inner":   {Activity: &Activity{Type: "Create", Object: Ref{Document: Document{Object: &Object{Type: "Note", Proof: []byte("nee")}}}}},
	} {
		if out, err := Encode(d); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %s, %v", name, out, err)
		}
	}
}

// TestProvable: the terms of a proof are in the @context before the proof is made, because a proof covers the @context.
func TestProvable(t *testing.T) {
	a := &Activity{ID: "https://h.example/1", Type: "Create", Actor: "https://h.example/users/an", Provable: true}
	before, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	a.Provable, a.Proof = false, []byte(`{"type":"DataIntegrityProof"}`)
	after, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Replace(string(after), `"proof":{"type":"DataIntegrityProof"},`, "", 1); got != string(before) {
		t.Errorf("before %s\nafter  %s", before, got)
	}
	if !strings.Contains(string(before), "https://w3id.org/security/data-integrity/v1") {
		t.Error(string(before))
	}
}

// TestStub: what is embedded but of no kind that we know stays an id with a type.
func TestStub(t *testing.T) {
	a := &Activity{Type: "Accept", Actor: "https://h.example/users/an", Object: Ref{ID: "https://h.example/offers/1", Type: "Agreement"}}
	out, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeActivity(out)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Object.Raw) != `{"id":"https://h.example/offers/1","type":"Agreement"}` {
		t.Errorf("%s", got.Object.Raw)
	}
	got.Raw, got.Object.Raw = nil, nil
	if diff := cmp.Diff(a, got); diff != "" {
		t.Error(diff)
	}
}
