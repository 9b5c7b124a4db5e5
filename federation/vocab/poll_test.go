// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"strings"
	"testing"
)

// A poll that hides its counts has no totalItems, or null as Mastodon writes it; 0 is a count.
func TestCountsThatAreNotTold(t *testing.T) {
	for replies, want := range map[string]int{`{"type":"Collection","totalItems":3}`: 3, `{"type":"Collection","totalItems":0}`: 0, `{"type":"Collection"}`: Untold,
		`{"type":"Collection","totalItems":null}`: Untold, `null`: 0} {
		d, err := Decode([]byte(`{"@context":"https://www.w3.org/ns/activitystreams","id":"https://a.example/1","type":"Question","attributedTo":"https://a.example/a",
			"oneOf":[{"type":"Note","name":"ja","replies":` + replies + `}]}`))
		if err != nil || len(d.Object.Poll.Options) != 1 || d.Object.Poll.Options[0].Votes != want {
			t.Fatalf("%s: %+v, %v", replies, d.Object, err)
		}
		text, err := d.Object.Encode()
		if err != nil || strings.Contains(string(text), "totalItems") == (want == Untold) || !strings.Contains(string(text), `"replies"`) {
			t.Errorf("%s is written as %s, %v", replies, text, err)
		}
	}
}
