// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/go-fed/activity/streams"
)

// typical is a Create of a Note as Mastodon sends it: 3 kB.
func typical(b *testing.B) []byte {
	return inputs(b)["testdata/mastodon-create-note.txt"]
}

func BenchmarkDecode(b *testing.B) {
	raw := typical(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	d, err := Decode(typical(b))
	if err != nil {
		b.Fatal(err)
	}
	d.Activity.Object.Raw = nil
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(d); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGoFed is what reading the same through go-fed costs.
func BenchmarkGoFed(b *testing.B) {
	raw := typical(b)
	b.ReportAllocs()
	for b.Loop() {
		var m map[string]any
		if err := json.Unmarshal(raw, &m); err != nil {
			b.Fatal(err)
		}
		if _, err := streams.ToType(context.Background(), m); err != nil {
			b.Fatal(err)
		}
	}
}
