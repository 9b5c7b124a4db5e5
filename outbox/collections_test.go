// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/outbox"
)

// answers keeps replies of somebody elsewhere to an item, which say when they were written.
func (l *library) answers(to *content.Item, by *actors.Actor, written ...time.Time) (iris []string) {
	l.t.Helper()
	l.tx(func(tx *db.Tx) error {
		for _, at := range written {
			iri := fmt.Sprintf("https://%s/notes/%d", by.Host, l.db.NewID())
			iris = append(iris, iri)
			if _, err := l.docs.Timelines.Library.Save(l.t.Context(), tx, &content.Made{Doc: []byte("{}"), Item: &content.Item{IRI: iri, URL: iri, Kind: content.Note, Author: by.ID,
				ReplyTo: to.ID, ReplyAuthor: to.Author, ReplyIRI: to.IRI, Thread: to.Thread, Published: at}}); err != nil {
				return err
			}
		}
		return nil
	})
	return iris
}

// Whatever comes or goes while somebody reads page by page: what was there from the beginning to the end is read once, in order.
func TestPagingLosesNothing(t *testing.T) {
	l := newLibrary(t, dbtest.Open(t))
	otto := l.stranger("otto", "other.example")
	rapid.Check(t, func(r *rapid.T) {
		root := l.post(outbox.Draft{Text: "begin"})
		begin := time.Now()
		replies := func(n int) []string {
			written := make([]time.Time, n)
			for n := range written {
				written[n] = begin.Add(time.Duration(rapid.IntRange(-3_600_000, 0).Draw(r, "written")) * time.Millisecond)
			}
			return l.answers(root, otto, written...)
		}
		collection := rapid.SampledFrom([]string{root.IRI + "/replies", fmt.Sprintf("/threads/%d", root.ID)}).Draw(r, "collection")
		backwards := rapid.Bool().Draw(r, "backwards")
		there := replies(rapid.SampledFrom([]int{0, 1, 39, 40, 41, 58, 59, 60, 61, 130}).Draw(r, "replies"))
		if strings.HasPrefix(collection, "/threads/") {
			there = append(there, root.IRI)
		}
		head := l.reads(nil, collection).Collection
		if head.Total != len(there) {
			r.Fatalf("totalItems %d, want %d", head.Total, len(there))
		}
		next := head.First
		if backwards {
			next = head.Last
		}
		var read []string
		for pages := 0; next != ""; pages++ {
			if pages > 10 {
				r.Fatalf("there is no end to the pages")
			}
			page := l.reads(nil, next).Collection
			if len(page.Items) > 60 {
				r.Fatalf("%d items on a page", len(page.Items))
			}
			ids := []string{}
			for _, i := range page.Items {
				ids = append(ids, i.ID)
			}
			if backwards {
				read, next = append(ids, read...), page.Prev
			} else {
				read, next = append(read, ids...), page.Next
			}
			replies(rapid.IntRange(0, 3).Draw(r, "meanwhile"))
		}
		if strings.HasPrefix(collection, "/threads/") && (len(read) == 0 || read[0] != root.IRI) {
			r.Fatalf("the first post is not the first: %q", read)
		}
		seen := map[string]int{}
		for _, id := range read {
			seen[id]++
		}
		for _, id := range there {
			if seen[id] != 1 {
				r.Fatalf("%s was read %d times, reading %s backwards=%v", id, seen[id], collection, backwards)
			}
		}
	})
}

func TestCollections(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLibrary(t, d)
		var want []string
		for n := range 45 {
			i := l.post(outbox.Draft{Text: fmt.Sprint("bericht ", n)})
			want = append(want, l.said("Create", i.ID))
			if n != 20 {
				continue
			}
			if _, err := l.out.Edit(t.Context(), l.anna, i.ID, outbox.Draft{Text: "verbeterd"}); err != nil {
				t.Fatal(err)
			}
			want[n] = l.said("Update", i.ID)
		}
		slices.Reverse(want)
		if got := l.items(nil, l.anna.Outbox); !slices.Equal(got, want) {
			t.Errorf("the outbox has\n%q, want\n%q", got, want)
		}
		head := l.reads(nil, l.anna.Outbox).Collection
		last := l.reads(nil, head.Last).Collection
		if head.Total != 45 || len(last.Items) != 40 || last.Items[39].ID != want[44] || last.Next == "" || last.Prev == "" {
			t.Errorf("%d in all; the last page has %d items, ends with %s", head.Total, len(last.Items), last.Items[len(last.Items)-1].ID)
		}
		before := l.reads(nil, last.Prev).Collection
		if len(before.Items) != 5 || before.Items[0].ID != want[0] || before.Prev != "" {
			t.Errorf("the page before the last has %d items and %q before it", len(before.Items), before.Prev)
		}
		for _, bad := range []string{"max=x", "max=-1", "min=0", "max=5&min=3", "max=99999999999999999999"} {
			if w := l.get(nil, l.anna.Outbox+"?page=true&"+bad); w.Code != http.StatusBadRequest {
				t.Errorf("%s: %d", bad, w.Code)
			}
		}
	})
}

func TestFeaturedThroughTheGate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLibrary(t, d)
		mia := l.stranger("mia", "member.example")
		l.admit(mia, l.anna)
		var want []string
		for _, audience := range []actors.Audience{actors.Public, actors.Followers, actors.Unlisted} {
			i := l.post(outbox.Draft{Text: "vast", Audience: audience})
			if _, err := l.out.Pin(t.Context(), l.anna, i.ID, true); err != nil {
				t.Fatal(err)
			}
			l.tx(func(tx *db.Tx) error {
				return content.Pin(t.Context(), tx, i.ID, time.UnixMilli(int64(1000+len(want))))
			})
			want = append([]string{i.IRI}, want...)
		}
		if got := l.items(mia, l.anna.Featured); !slices.Equal(got, want) {
			t.Errorf("a follower's node sees %q, want %q", got, want)
		}
		if got := l.items(nil, l.anna.Featured); !slices.Equal(got, []string{want[0], want[2]}) {
			t.Errorf("everybody sees %q, want the first and the last of %q", got, want)
		}
	})
}

// Who follows whom is nobody's business; each node learns who of its own people do (FEP-8fcf).
func TestFollowersSynchronisation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLibrary(t, d)
		g := l.group("wonen")
		mia, mo, otto := l.stranger("mia", "member.example"), l.stranger("mo", "member.example"), l.stranger("otto", "other.example")
		for _, who := range []*actors.Actor{mia, mo, otto} {
			l.admit(who, l.anna)
			l.admit(who, g)
		}
		nobody := l.stranger("nina", "nobody.example")
		for path, total := range map[string]int{l.anna.Followers: 3, g.Followers: 4, l.anna.Following: 0 /* groups are not counted */, g.Following: 0, "/org/followers": 0} {
			for _, as := range []*actors.Actor{nil, mia} {
				w := l.get(as, path)
				c := l.reads(as, path).Collection
				if c.Total != total || len(c.Items) != 0 || strings.Contains(w.Body.String(), "/users/m") {
					t.Errorf("%s: %s, want %d in all and no names", path, w.Body, total)
				}
			}
		}
		for _, object := range []*actors.Actor{l.anna, g} {
			s, err := l.out.Synchronization(t.Context(), object.ID, "member.example")
			if err != nil || s == nil || s.CollectionID != object.Followers {
				t.Fatalf("the header for %s is %v (%v)", object.IRI, s, err)
			}
			if _, err := federation.ParseSynchronization(s.String()); err != nil {
				t.Error(err)
			}
			listed := l.items(mo, s.URL)
			var digest federation.FollowersDigest
			for _, id := range listed {
				digest.Toggle(id)
			}
			if !slices.Equal(listed, []string{mia.IRI, mo.IRI}) || digest.String() != s.Digest {
				t.Errorf("%s lists %q with the digest %s, told %s", s.URL, listed, digest, s.Digest)
			}
			for _, c := range []struct {
				as    *actors.Actor
				query string
				want  int
			}{{nil, "", 401}, {nil, "?domain=member.example", 401}, {otto, "?domain=member.example", 403}, {mia, "?domain=member.example", 200}} {
				if w := l.get(c.as, s.URL+c.query); w.Code != c.want || c.want != 200 && strings.Contains(w.Body.String(), mia.IRI) {
					t.Errorf("%s%s as %v: %d %s", s.URL, c.query, c.as, w.Code, w.Body)
				}
			}
			if got := l.items(nobody, s.URL); len(got) != 0 {
				t.Errorf("a node without followers is told %q", got)
			}
			if s, err := l.out.Synchronization(t.Context(), object.ID, "nobody.example"); s != nil || err != nil {
				t.Errorf("a node without followers gets the header %v (%v)", s, err)
			}
		}
	})
}

func TestModeratorsAndLogOfAGroup(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLibrary(t, d)
		g := l.group("wonen")
		mia, otto := l.stranger("mia", "member.example"), l.stranger("otto", "other.example")
		for _, who := range []*actors.Actor{mia, otto} {
			l.admit(who, g)
		}
		l.tx(func(tx *db.Tx) error { return l.dir.SetRole(t.Context(), tx, mia, g, actors.RoleModerator) })
		if got := l.items(nil, g.Moderators); !slices.Equal(got, []string{l.anna.IRI, mia.IRI}) {
			t.Errorf("the moderators are %q", got)
		}
		i := l.post(outbox.Draft{Text: "wie weet iets", Group: g.ID})
		boosts := l.items(nil, g.Outbox)
		if len(boosts) != 1 || l.reads(nil, boosts[0]).Activity.Object.ID != i.IRI {
			t.Errorf("the group's outbox has %q", boosts)
		}
		if entry := l.reads(nil, outbox.EntryIRI(g, g.Epoch, 1)).Activity; entry.Object.Activity == nil || entry.Object.Activity.Object.ID != i.IRI {
			t.Errorf("the entry of the log is %+v", entry)
		}
	})
}

// FEP-7888: a conversation belongs to the group that it is in, or else to who began it.
func TestContextCollection(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLibrary(t, d)
		g := l.group("wonen")
		for _, c := range []struct {
			group     actors.ID
			owner     string
			at, notAt string
		}{{g.ID, g.IRI, g.IRI, "https://gouda.example"}, {0, l.anna.IRI, "https://gouda.example", g.IRI}} {
			root := l.post(outbox.Draft{Text: "wie weet iets", Group: c.group})
			reply := l.post(outbox.Draft{Text: "ik", ReplyTo: root.ID})
			nested := l.post(outbox.Draft{Text: "en ik", ReplyTo: reply.ID})
			thread := fmt.Sprintf("%s/threads/%d", c.at, root.ID)
			for _, i := range []*content.Item{root, reply, nested} {
				if got := l.reads(nil, i.IRI).Object.Context; got != thread {
					t.Errorf("%s has the context %q, want %s", i.Source, got, thread)
				}
			}
			if head := l.reads(nil, thread).Collection; head.AttributedTo != c.owner || head.Total != 3 {
				t.Errorf("the conversation belongs to %q and has %d posts", head.AttributedTo, head.Total)
			}
			if got := l.items(nil, thread); !slices.Equal(got, []string{root.IRI, reply.IRI, nested.IRI}) {
				t.Errorf("the conversation is %q", got)
			}
			for _, path := range []string{fmt.Sprintf("%s/threads/%d", c.notAt, root.ID), fmt.Sprintf("%s/threads/%d", c.at, reply.ID)} {
				if w := l.get(nil, path); w.Code != http.StatusNotFound {
					t.Errorf("%s is a conversation too: %d", path, w.Code)
				}
			}
		}
	})
}

// A vote in a poll elsewhere is between the voter and the poll's author.
func TestAVoteIsNotServed(t *testing.T) {
	l := newLibrary(t, dbtest.Open(t))
	otto := l.stranger("otto", "other.example")
	poll := &content.Item{IRI: "https://other.example/polls/1", URL: "https://other.example/polls/1", Kind: content.Question, Author: otto.ID, Published: time.Now(),
		Poll: &content.Poll{Ends: time.Now().Add(time.Hour), Options: []content.Option{{Name: "ja"}, {Name: "nee"}}}}
	l.tx(func(tx *db.Tx) error {
		_, err := l.docs.Timelines.Library.Save(t.Context(), tx, &content.Made{Doc: []byte("{}"), Item: poll})
		return err
	})
	if _, err := l.out.Vote(t.Context(), l.anna, poll.ID, []int{1}); err != nil {
		t.Fatal(err)
	}
	votes, err := db.All(t.Context(), l.db, db.Scalar[string], "SELECT iri FROM activities WHERE kind = 'Create' AND actor = $1", l.anna.ID)
	if err != nil || len(votes) != 1 {
		t.Fatalf("votes %q: %v", votes, err)
	}
	if w := l.get(nil, votes[0]); w.Code != http.StatusNotFound {
		t.Errorf("everybody reads the vote: %d %s", w.Code, w.Body)
	}
}
