// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/outbox"
)

// The vectors by which others check that they count as we do (FEDERATION.md, groups-1).
func TestGroupVectors(t *testing.T) {
	text, err := os.ReadFile("../docs/groups-1-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Log []struct {
			Entry           json.RawMessage
			EntryHash, Head string
		}
		Members []struct {
			Members map[string]actors.Role
			Digest  string
		}
	}
	if err := json.Unmarshal(text, &v); err != nil || len(v.Log) == 0 || len(v.Members) == 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	head := ""
	for n, e := range v.Log {
		hash, err := outbox.EntryHash(e.Entry)
		if err != nil || hash != e.EntryHash {
			t.Errorf("entry %d has the hash %s (%v), want %s", n+1, hash, err, e.EntryHash)
		}
		if head, err = outbox.NextHead(head, hash); err != nil || head != e.Head {
			t.Errorf("after entry %d the head is %s (%v), want %s", n+1, head, err, e.Head)
		}
	}
	for _, m := range v.Members {
		if got := actors.MemberDigest(m.Members); got != m.Digest {
			t.Errorf("the digest of %v is %s, want %s", m.Members, got, m.Digest)
		}
	}
}
