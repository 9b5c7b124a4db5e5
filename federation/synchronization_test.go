// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"errors"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/fault"
)

// FEP-8fcf: the digest of its own example, and one with a name beyond ASCII.
func TestFollowersDigestVectors(t *testing.T) {
	for want, ids := range map[string][]string{
		strings.Repeat("0", 64): nil,
		"c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f": {"https://testing.example.org/users/1", "https://testing.example.org/users/2"},
		"d8627b30c71935a43b6e5b86917b4cab87e642c3f1709e1342884f68ffb07202": {"https://gouda.example/users/fenna", "https://gouda.example/users/joris", "https://gouda.example/users/aïsha"},
	} {
		var d FollowersDigest
		for _, id := range ids {
			d.Toggle(id)
		}
		if d.String() != want {
			t.Errorf("%v: %v", ids, d)
		}
		d.Toggle("https://b.example/x")
		d.Toggle("https://b.example/x")
		if d.String() != want {
			t.Errorf("coming and going changes the digest of %v", ids)
		}
	}
}

func TestSynchronizationHeader(t *testing.T) {
	want := Synchronization{"https://a.example/u/followers", "https://a.example/u/followers?host=b.example", strings.Repeat("0a", 32)}
	for _, h := range []string{
		want.String(),
		`collectionId="https://a.example/u/followers",url="https://a.example/u/followers?host=b.example",digest="` + strings.Repeat("0A", 32) + `"`,
		`digest="` + want.Digest + `" , url="` + want.URL + `" ,collectionId="` + want.CollectionID + `"`,
	} {
		if got, err := ParseSynchronization(h); err != nil || got != want {
			t.Errorf("%s: %+v, %v", h, got, err)
		}
	}
	for _, h := range []string{
		"", `collectionId="https://a.example/u/followers"`, want.String() + `, url="https://a.example/other"`, want.String() + ",",
		strings.Replace(want.String(), "https://a.example/u/followers?", "https://b.example/?", 1),
		strings.Replace(want.String(), "0a", "0g", 1), strings.Replace(want.String(), "0a", "", 1), strings.Replace(want.String(), `", d`, `, d`, 1),
	} {
		if got, err := ParseSynchronization(h); !errors.Is(err, fault.Malformed) {
			t.Errorf("%s: %+v, %v", h, got, err)
		}
	}
}
