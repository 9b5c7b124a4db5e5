// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package peers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/test/harness"
)

// A group of ours with members on a second node of ours and on Fedify: everybody sees what everybody posts there.
func TestFedifyInGroup(t *testing.T) {
	f := startFedify(t)
	anna := newPerson(t, harness.Start(t, harness.Options{Name: "Gouda"}), "anna")
	bas := newPerson(t, harness.Start(t, harness.Options{Name: "Waterschap"}), "bas")
	wonen := anna.node.AddGroup("wonen", "anna")
	group := anna.node.Find(anna.token, wonen)
	bas.node.Follow(bas.token, wonen)

	if got := f.do("lookup", args{"url": group.URI}); got.Type != "Group" {
		t.Errorf("Fedify finds the group as a %s: %s", got.Type, got.JSON)
	}
	f.do("follow", args{"url": group.URI})
	if got := f.wait("Accept", ""); got.Actor != group.URI || got.Proof != "verified" {
		t.Errorf("the Accept came as %+v", got)
	}
	members := func() (uris []string) {
		var all []harness.Account
		anna.must("GET", "/api/v1/accounts/"+group.ID+"/followers", nil, &all)
		for _, a := range all {
			uris = append(uris, a.URI)
		}
		return uris
	}
	if got := members(); !slices.Contains(got, f.Actor) || !slices.Contains(got, bas.iri) {
		t.Errorf("the members are %v", got)
	}

	// From a client here to Fedify: the activity for those who know groups, the id for those who show a boost.
	post := anna.post(args{"status": "@wonen Nieuwe woningen"})
	activity, boost := announced(t, f, group.URI, post.URI)
	if activity.Inner != "verified" || activity.Proof != "verified" || boost.Proof != "verified" {
		t.Errorf("the proofs: of the activity %s, of its Announce %s, of the boost %s", activity.Inner, activity.Proof, boost.Proof)
	}
	if inner := object(t, activity); inner["type"] != "Create" || inner["actor"] != anna.iri {
		t.Errorf("the group announced %v", inner)
	}
	bas.reads(home, "Nieuwe woningen")

	// From Fedify to the group, and so to all. Nobody can read the post at its origin: what makes the second node believe
	// it is the proof inside the Announce, and nothing else.
	f.do("hide", args{"yes": true})
	id := f.do("post", args{"text": "Aan het water", "group": group.URI}).ID
	announced(t, f, group.URI, id)
	here := anna.reads(fmt.Sprintf("/api/v1/accounts/%s/statuses", group.ID), "Aan het water")
	there := bas.reads(home, "Aan het water")
	for _, s := range []status{here, there} {
		if s.URI != id || s.Account.URI != f.Actor {
			t.Errorf("bob's post in the group is shown as %+v", s)
		}
	}
	bas.reads(fmt.Sprintf("/api/v1/accounts/%s/statuses", bas.node.Find(bas.token, wonen).ID), "Aan het water")

	// The conversation goes on through the group.
	bas.post(args{"status": "Mooi uitzicht", "in_reply_to_id": there.ID})
	f.wait("Announce", "Mooi uitzicht")
	f.do("update", args{"id": id, "text": "Aan het hoge water"})
	for _, p := range []struct {
		person
		id string
	}{{anna, here.ID}, {bas, there.ID}} {
		p.until("bob's change in the group", func() bool { return strings.Contains(p.status(p.id).Content, "Aan het hoge water") })
	}
	f.do("delete", args{"id": id})
	anna.gone(here.ID)
	bas.gone(there.ID)

	// Leave and Join are what Follow and its Undo are.
	f.do("leave", args{"url": group.URI})
	anna.until("bob's leaving", func() bool { return !slices.Contains(members(), f.Actor) })
	f.do("join", args{"url": group.URI})
	anna.until("bob's joining", func() bool { return slices.Contains(members(), f.Actor) })
}

// announced waits for both Announces of a post by a group: of its Create, and of its id.
func announced(t *testing.T, f *fedify, group, id string) (activity, boost activity) {
	t.Helper()
	activity, boost = f.wait("Announce", `"id":"`+id+`"`), f.wait("Announce", `"object":"`+id+`"`)
	for _, a := range []struct{ Actor, ID string }{{activity.Actor, activity.ID}, {boost.Actor, boost.ID}} {
		if a.Actor != group {
			t.Errorf("%s is of %s, want %s", a.ID, a.Actor, group)
		}
	}
	return activity, boost
}
