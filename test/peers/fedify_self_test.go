// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package peers_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

type args = map[string]any

// Two Fedify peers against each other: shows that fedify.mjs does what its head says, so that a failure of another test
// here is about our node.
func TestTwoFedifyPeers(t *testing.T) {
	a, b := startFedify(t), startFedify(t, "--first-knock=cavage")

	if name := a.do("lookup", args{"url": b.Actor}).Name; name != "Bob of Fedify" {
		t.Errorf("looked up %q", name)
	}
	if jrd := a.do("webfinger", args{"resource": b.Actor}).JRD; !strings.Contains(string(jrd), b.Actor) {
		t.Errorf("WebFinger does not name %s: %s", b.Actor, jrd)
	}

	a.do("follow", args{"url": b.Actor})
	if got := b.wait("Follow", ""); got.Scheme != "rfc9421" || got.Actor != a.Actor {
		t.Errorf("the Follow came as %+v", got)
	}
	if got := a.wait("Accept", ""); got.Scheme != "cavage" || got.Proof != "verified" {
		t.Errorf("the Accept came as %+v", got)
	}
	if got := a.do("state", nil).Following; !slices.Equal(got, []string{b.Actor}) {
		t.Errorf("a follows %v", got)
	}
	if got := b.do("state", nil).Followers; !slices.Equal(got, []string{a.Actor}) {
		t.Errorf("b is followed by %v", got)
	}

	post := b.do("post", args{"text": "dijk", "to": "followers"}).ID
	if got := a.wait("Create", "dijk"); got.Proof != "verified" || !regexp.MustCompile(`digest="[0-9a-f]{64}"`).MatchString(got.Sync) {
		t.Errorf("the post came with proof %s and synchronisation %q", got.Proof, got.Sync)
	}

	a.do("post", args{"text": "antwoord", "reply": post})
	if got := object(t, b.wait("Create", "antwoord")); got["inReplyTo"] != post {
		t.Errorf("the reply is to %v", got["inReplyTo"])
	}
	like := a.do("like", args{"url": post}).ID
	b.wait("Like", post)
	a.do("undo", args{"id": like})
	b.wait("Undo", like)
	b.do("update", args{"id": post, "text": "hoge dijk"})
	a.wait("Update", "hoge dijk")
	b.do("delete", args{"id": post})
	a.wait("Delete", post)

	a.do("refuse", args{"scheme": "cavage"})
	b.do("post", args{"text": "tweede klop", "to": "mention", "mention": a.Actor})
	if got := a.wait("Create", "tweede klop"); got.Scheme != "rfc9421" {
		t.Errorf("the second knock was %s", got.Scheme)
	}
	refused := 0
	for _, r := range a.do("state", nil).Requests {
		if r.Scheme == "cavage" && r.Status == 401 {
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("%d requests were refused, want 1", refused)
	}
	a.do("refuse", args{"scheme": ""})

	a.do("post", args{"text": "aan de groep", "group": b.Actor})
	if got := object(t, b.wait("Create", "aan de groep")); got["audience"] != b.Actor {
		t.Errorf("the post for a group has the audience %v", got["audience"])
	}

	a.do("unfollow", args{"url": b.Actor})
	b.wait("Undo", "Follow")
	if got := b.do("state", nil).Followers; len(got) != 0 {
		t.Errorf("b is still followed by %v", got)
	}
	a.do("join", args{"url": b.Actor})
	b.wait("Join", a.Actor)
	a.do("leave", args{"url": b.Actor})
	b.wait("Leave", a.Actor)

	if got := a.try("dance", nil); !strings.Contains(got.Error, "there is no command dance") {
		t.Errorf("an unknown command gave %+v", got)
	}
	if got := a.try("wait", args{"type": "Move", "seconds": 0.1}); !strings.Contains(got.Error, "no Move") {
		t.Errorf("a wait in vain gave %+v", got)
	}
}

// object is the object that an activity carries.
func object(t *testing.T, a activity) map[string]any {
	t.Helper()
	var doc struct{ Object map[string]any }
	if err := json.Unmarshal(a.JSON, &doc); err != nil {
		t.Fatalf("%s %s: %v", a.Type, a.ID, err)
	}
	return doc.Object
}
