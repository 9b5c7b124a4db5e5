// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package peers_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/test/harness"
)

// Two people of two organisations, of which one runs Fedify: they find and follow each other, and each sees what the other
// says, likes, changes and takes away.
func TestFedify(t *testing.T) {
	f := startFedify(t)
	anna := newPerson(t, harness.Start(t, harness.Options{Name: "Gouda"}), "anna")

	// Each finds the other: by WebFinger, and by the actor that it names.
	if jrd := string(f.do("webfinger", args{"resource": anna.iri}).JRD); !strings.Contains(jrd, `"acct:anna@`+anna.node.Host+`"`) || !strings.Contains(jrd, anna.iri) {
		t.Errorf("WebFinger says of anna: %s", jrd)
	}
	if got := f.do("lookup", args{"url": anna.iri}); got.Type != "Person" || !strings.Contains(string(got.JSON), `"preferredUsername":"anna"`) {
		t.Errorf("Fedify finds anna as a %s: %s", got.Type, got.JSON)
	}
	bob := anna.node.Find(anna.token, f.Handle)
	if bob.URI != f.Actor || bob.Acct != f.Handle {
		t.Errorf("anna finds %+v, want %s at %s", bob, f.Handle, f.Actor)
	}

	// Each follows the other.
	anna.node.Follow(anna.token, f.Handle)
	if got := f.do("state", nil).Followers; !slices.Equal(got, []string{anna.iri}) {
		t.Errorf("bob is followed by %v", got)
	}
	f.do("follow", args{"url": anna.iri})
	if got := f.wait("Accept", ""); got.Actor != anna.iri || got.Proof != "verified" {
		t.Errorf("the Accept came as %+v", got)
	}
	if got := f.do("state", nil).Following; !slices.Equal(got, []string{anna.iri}) {
		t.Errorf("bob follows %v", got)
	}
	anna.notified("follow", f.Actor, "")
	if !anna.relation(bob.ID).FollowedBy {
		t.Error("anna's node does not say that bob follows her")
	}

	t.Run("our posts", func(t *testing.T) { ours(t, anna, f) })
	t.Run("their posts", func(t *testing.T) { theirs(t, anna, f) })

	f.do("unfollow", args{"url": anna.iri})
	anna.until("the end of bob's following", func() bool { return !anna.relation(bob.ID).FollowedBy })
	anna.must("POST", "/api/v1/accounts/"+bob.ID+"/unfollow", nil, nil)
	f.wait("Undo", "Follow")
	if got := f.do("state", nil).Followers; len(got) != 0 {
		t.Errorf("bob is still followed by %v", got)
	}
}

func ours(t *testing.T, anna person, f *fedify) {
	post := anna.post(args{"status": "De brug is open"})
	got := f.wait("Create", "De brug is open")
	if got.Proof != "verified" || got.Actor != anna.iri || object(t, got)["id"] != post.URI {
		t.Errorf("the post came as %+v: %s", got, got.JSON)
	}
	if got := f.do("lookup", args{"url": post.URI}); got.Type != "Note" {
		t.Errorf("Fedify reads the post as a %s: %s", got.Type, got.JSON)
	}

	// What is for followers is theirs only, and needs a signature to be read.
	private := anna.post(args{"status": "Alleen voor volgers", "visibility": "private"})
	f.wait("Create", "Alleen voor volgers")
	f.do("lookup", args{"url": private.URI})
	r, err := http.NewRequest("GET", private.URI, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/activity+json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger who asks for a followers' post gets %d, want 404", answer.StatusCode)
	}

	anna.post(args{"status": "@" + f.Handle + " weet jij het?", "visibility": "direct"})
	if got := object(t, f.wait("Create", "weet jij het?")); !contains(got["to"], f.Actor) || contains(got["to"], public) || got["tag"] == nil {
		t.Errorf("the mention came as %v", got)
	}

	// Bob answers and likes.
	f.do("post", args{"text": "Eindelijk", "reply": post.URI})
	anna.until("bob's answer", func() bool {
		var thread struct{ Descendants []status }
		anna.must("GET", "/api/v1/statuses/"+post.ID+"/context", nil, &thread)
		return len(thread.Descendants) == 1 && strings.Contains(thread.Descendants[0].Content, "Eindelijk") && thread.Descendants[0].InReplyToID == post.ID
	})
	like := f.do("like", args{"url": post.URI}).ID
	anna.notified("favourite", f.Actor, "De brug is open")
	anna.until("bob's like", func() bool { return anna.status(post.ID).Favourites == 1 })
	f.do("undo", args{"id": like})
	anna.until("the end of bob's like", func() bool { return anna.status(post.ID).Favourites == 0 })

	anna.must("PUT", "/api/v1/statuses/"+post.ID, args{"status": "De brug is dicht"}, nil)
	if got := object(t, f.wait("Update", "De brug is dicht")); got["id"] != post.URI || got["updated"] == nil {
		t.Errorf("the change came as %v", got)
	}
	anna.must("DELETE", "/api/v1/statuses/"+post.ID, nil, nil)
	f.wait("Delete", post.URI)
	if got := f.try("lookup", args{"url": post.URI}); !strings.Contains(got.Error, "410") {
		t.Errorf("the deleted post can be read: %+v", got)
	}
}

func theirs(t *testing.T, anna person, f *fedify) {
	id := f.do("post", args{"text": "Hoog water"}).ID
	post := anna.reads(home, "Hoog water")
	if post.URI != id || post.Account.URI != f.Actor || post.Visibility != "public" {
		t.Errorf("bob's post is shown as %+v", post)
	}
	var found struct{ Statuses []status }
	anna.must("GET", "/api/v2/search?type=statuses&resolve=true&q="+url.QueryEscape(id), nil, &found)
	if len(found.Statuses) != 1 || found.Statuses[0].ID != post.ID {
		t.Errorf("a search for %s finds %+v, want the post that is there", id, found.Statuses)
	}
	f.do("post", args{"text": "Voor mijn volgers", "to": "followers"})
	if got := anna.reads(home, "Voor mijn volgers"); got.Visibility != "private" {
		t.Errorf("a post for followers is shown as %s", got.Visibility)
	}
	f.do("post", args{"text": "Psst", "to": "mention", "mention": anna.iri})
	anna.notified("mention", f.Actor, "Psst")

	anna.post(args{"status": "@" + f.Handle + " hoe hoog?", "in_reply_to_id": post.ID})
	if got := object(t, f.wait("Create", "hoe hoog?")); got["inReplyTo"] != id {
		t.Errorf("the answer is to %v, want %s", got["inReplyTo"], id)
	}
	anna.must("POST", "/api/v1/statuses/"+post.ID+"/favourite", nil, nil)
	like := f.wait("Like", id)
	anna.must("POST", "/api/v1/statuses/"+post.ID+"/unfavourite", nil, nil)
	f.wait("Undo", like.ID)
	anna.must("POST", "/api/v1/statuses/"+post.ID+"/reblog", nil, nil)
	if got := f.wait("Announce", id); got.Actor != anna.iri || got.Proof != "verified" {
		t.Errorf("the boost came as %+v", got)
	}

	f.do("update", args{"id": id, "text": "Zeer hoog water"})
	anna.until("bob's change", func() bool {
		s := anna.status(post.ID)
		return strings.Contains(s.Content, "Zeer hoog water") && s.EditedAt != ""
	})
	f.do("delete", args{"id": id})
	anna.gone(post.ID)
}

const public = "https://www.w3.org/ns/activitystreams#Public"

// contains tells whether a value of JSON-LD, one or a list, has a text in it.
func contains(value any, text string) bool {
	list, several := value.([]any)
	if !several {
		return value == text
	}
	return slices.Contains(list, any(text))
}
