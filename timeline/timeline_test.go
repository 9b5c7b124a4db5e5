// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/timeline"
)

type bench struct {
	*timeline.Timelines
	dir *actors.Directory
	t   *testing.T
	n   int
}

func setUp(t *testing.T, d *db.DB) *bench {
	dir := actorstest.Directory(t, d)
	library := &content.Library{DB: d, Dir: dir, Media: media.New(d, t.TempDir(), dir.Base, bytes.Repeat([]byte{1}, 32), dir.Client.File)}
	return &bench{&timeline.Timelines{DB: d, Library: library, Jobs: jobs.New(d, nil)}, dir, t, 0}
}

// post publishes an item by an actor; change makes it special.
func (b *bench) post(by *actors.Actor, text string, change func(*content.Made)) *content.Item {
	b.t.Helper()
	b.n++
	iri := fmt.Sprintf("https://%s/posts/%d", by.Host, b.n)
	m := &content.Made{Doc: []byte("{}"), Item: &content.Item{IRI: iri, URL: iri, Kind: content.Note, Local: by.Local, Author: by.ID, Content: "<p>" + text + "</p>", Published: time.Now()}}
	if change != nil {
		change(m)
	}
	actorstest.Tx(b.t, b.DB, func(tx *db.Tx) error { _, err := b.Publish(context.Background(), tx, m); return err })
	return m.Item
}

// hints watches. PostgreSQL begins with Lost: from then on it is heard.
func (b *bench) hints() <-chan timeline.Hint {
	hints, lost := make(chan timeline.Hint, 100), make(chan bool, 10)
	b.Watch(b.t.Context(), func(h timeline.Hint) {
		if h.Event == timeline.Lost {
			lost <- true
			return
		}
		hints <- h
	})
	if b.DB.Postgres() {
		<-lost
	}
	return hints
}

func (b *bench) follow(who, whom *actors.Actor) {
	b.t.Helper()
	actorstest.Tx(b.t, b.DB, func(tx *db.Tx) error { _, err := b.dir.Admit(context.Background(), tx, who, whom); return err })
}

func ids(items []*content.Item) (all []content.ID) {
	for _, i := range items {
		all = append(all, i.ID)
	}
	return all
}

// Every audience, seen by everybody it may matter to: through single items, the author's page, home and replies alike.
func TestWhoSeesWhat(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		author := actorstest.Person(t, b.dir, "anna")
		follower, named, stranger, blocked := actorstest.Person(t, b.dir, "bas"), actorstest.Person(t, b.dir, "cor"), actorstest.Person(t, b.dir, "dirk"), actorstest.Person(t, b.dir, "els")
		far := actorstest.Remote(t, b.dir, "delft.example", "far")
		farNamed := actorstest.Remote(t, b.dir, "leiden.example", "near")
		b.follow(follower, author)
		b.follow(blocked, author)
		b.follow(far, author)
		actorstest.Tx(t, d, func(tx *db.Tx) error { return b.dir.Block(ctx, tx, author, blocked, "x") })
		viewers := map[string]actors.Viewer{
			"anybody": actors.Anybody, "author": {ID: author.ID}, "follower": {ID: follower.ID}, "named": {ID: named.ID}, "stranger": {ID: stranger.ID}, "blocked": {ID: blocked.ID},
			"node of a follower": {Host: "delft.example"}, "node of a named": {Host: "leiden.example"}, "another node": {Host: "utrecht.example"},
		}
		for audience, may := range map[actors.Audience][]string{
			actors.Public:    {"anybody", "author", "follower", "named", "stranger", "node of a follower", "node of a named", "another node"},
			actors.Unlisted:  {"anybody", "author", "follower", "named", "stranger", "node of a follower", "node of a named", "another node"},
			actors.Followers: {"author", "follower", "named", "node of a follower", "node of a named"},
			actors.Direct:    {"author", "named", "node of a named"},
		} {
			item := b.post(author, "tekst", func(m *content.Made) {
				m.Item.Audience = audience
				m.Recipients = []content.Recipient{{Actor: named.ID, Mention: true}, {Actor: farNamed.ID, Mention: true}}
				m.Tags = []string{"water"}
			})
			for name, v := range viewers {
				want := slices.Contains(may, name)
				_, err := content.Get(ctx, d, v, item.ID)
				if got := err == nil; got != want {
					t.Errorf("audience %d, %s: sees it %v, want %v", audience, name, got, want)
				}
				page, err := b.Author(ctx, v, author.ID, timeline.AuthorFilter{}, actors.Page{Limit: 40})
				if err != nil {
					t.Fatal(err)
				}
				if got := slices.Contains(ids(page), item.ID); got != want {
					t.Errorf("audience %d, %s: on the author's page %v, want %v", audience, name, got, want)
				}
				public, err := b.Tag(ctx, v, "water", timeline.TagFilter{}, actors.Page{Limit: 40})
				if err != nil {
					t.Fatal(err)
				}
				if got := slices.Contains(ids(public), item.ID); got != (want && audience == actors.Public) {
					t.Errorf("audience %d, %s: under its hashtag %v", audience, name, got)
				}
			}
		}
	})
}

func TestHome(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		me, friend, other := actorstest.Person(t, b.dir, "ik"), actorstest.Person(t, b.dir, "vriend"), actorstest.Person(t, b.dir, "ander")
		group := actorstest.Group(t, b.dir, "wonen", friend)
		b.follow(me, friend)
		b.follow(me, group)
		mine := b.post(me, "van mij", nil)
		theirs := b.post(friend, "van een vriend", nil)
		strange := b.post(other, "van een ander", nil)
		answer := b.post(friend, "aan een ander", func(m *content.Made) {
			m.Item.ReplyTo, m.Item.ReplyIRI, m.Item.ReplyAuthor, m.Item.Thread = strange.ID, strange.IRI, other.ID, strange.ID
		})
		inGroup := b.post(friend, "in de groep", func(m *content.Made) { m.Item.Group = group.ID })
		boost := b.post(group, "", func(m *content.Made) {
			m.Item.Kind, m.Item.BoostOf, m.Item.Group = content.Announce, inGroup.ID, group.ID
		})
		own := b.post(me, "mijn antwoord in de groep", func(m *content.Made) {
			m.Item.Group, m.Item.ReplyTo, m.Item.ReplyIRI, m.Item.ReplyAuthor, m.Item.Thread = group.ID, inGroup.ID, inGroup.IRI, friend.ID, inGroup.ID
		})
		home, err := b.Home(ctx, actors.Viewer{ID: me.ID}, actors.Page{Limit: 20})
		if err != nil {
			t.Fatal(err)
		}
		if want := []content.ID{own.ID, boost.ID, theirs.ID, mine.ID}; !slices.Equal(ids(home), want) {
			t.Errorf("home is %v, want %v (not %d by a stranger, not the answer %d, the group's post once)", ids(home), want, strange.ID, answer.ID)
		}
		older, err := b.Home(ctx, actors.Viewer{ID: me.ID}, actors.Page{Max: int64(theirs.ID), Limit: 20})
		if err != nil || !slices.Equal(ids(older), []content.ID{mine.ID}) {
			t.Errorf("older than %d: %v %v", theirs.ID, ids(older), err)
		}
		newer, err := b.Home(ctx, actors.Viewer{ID: me.ID}, actors.Page{Min: int64(mine.ID), Limit: 1})
		if err != nil || !slices.Equal(ids(newer), []content.ID{theirs.ID}) {
			t.Errorf("right after %d: %v %v", mine.ID, ids(newer), err)
		}
	})
}

func TestAnswersThatComeBeforeTheirParent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		anna := actorstest.Person(t, b.dir, "anna")
		late := "https://gouda.example/posts/late"
		answer := b.post(anna, "antwoord", func(m *content.Made) { m.Item.ReplyIRI = late })
		second := b.post(anna, "antwoord op antwoord", func(m *content.Made) {
			m.Item.ReplyIRI, m.Item.ReplyTo, m.Item.ReplyAuthor, m.Item.Thread = answer.IRI, answer.ID, anna.ID, answer.ID
		})
		root := b.post(anna, "vraag", func(m *content.Made) { m.Item.IRI = late })
		root, err := content.StoredByID(ctx, d, root.ID)
		if err != nil {
			t.Fatal(err)
		}
		above, below, err := b.Thread(ctx, actors.Anybody, root)
		if err != nil || len(above) != 0 || !slices.Equal(ids(below), []content.ID{answer.ID, second.ID}) || root.RepliesCount != 1 {
			t.Errorf("thread: above %v, below %v, %d replies, %v", ids(above), ids(below), root.RepliesCount, err)
		}
		last, _ := content.StoredByID(ctx, d, second.ID)
		if above, _, err := b.Thread(ctx, actors.Anybody, last); err != nil || !slices.Equal(ids(above), []content.ID{root.ID, answer.ID}) {
			t.Errorf("above the last: %v %v", ids(above), err)
		}
	})
}

func TestWhatIsDeletedLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		anna, bas := actorstest.Person(t, b.dir, "anna"), actorstest.Person(t, b.dir, "bas")
		item := b.post(anna, "weg ermee", func(m *content.Made) { m.Recipients = []content.Recipient{{Actor: bas.ID, Mention: true}} })
		b.post(bas, "", func(m *content.Made) { m.Item.Kind, m.Item.BoostOf = content.Announce, item.ID })
		actorstest.Tx(t, d, func(tx *db.Tx) error { return b.Unpublish(ctx, tx, item) })
		for table, want := range map[string]int{"items": 0, "recipients": 0, "notifications": 0, "tombstones": 1} {
			if n, err := db.One(ctx, d, db.Scalar[int], "SELECT COUNT(*) FROM "+table); err != nil || n != want {
				t.Errorf("%s: %d, %v", table, n, err)
			}
		}
		for _, a := range []*actors.Actor{anna, bas} {
			if now, _ := actors.Get(ctx, d, a.ID); now.ItemsCount != 0 {
				t.Errorf("%s counts %d items", a.Name, now.ItemsCount)
			}
		}
		if gone, err := content.Buried(ctx, d, item.IRI); err != nil || !gone {
			t.Errorf("buried: %v %v", gone, err)
		}
	})
}

func TestNotifications(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		anna, bas := actorstest.Person(t, b.dir, "anna"), actorstest.Person(t, b.dir, "bas")
		hints := b.hints()
		item := b.post(bas, "hoi", func(m *content.Made) { m.Recipients = []content.Recipient{{Actor: anna.ID, Mention: true}} })
		actorstest.Tx(t, d, func(tx *db.Tx) error { return b.Notify(ctx, tx, bas.ID, timeline.Favourite, anna.ID, item.ID) })
		actorstest.Tx(t, d, func(tx *db.Tx) error { return b.Notify(ctx, tx, bas.ID, timeline.Favourite, anna.ID, item.ID) })
		v := actors.Viewer{ID: anna.ID}
		list, err := b.Notifications(ctx, v, timeline.NotificationFilter{}, actors.Page{Limit: 40})
		if err != nil || len(list) != 1 || list[0].Kind != timeline.Mention || list[0].Item != item.ID {
			t.Errorf("anna: %+v %v", list, err)
		}
		var told []int64 // an edit that follows another takes its place
		for range 2 {
			actorstest.Tx(t, d, func(tx *db.Tx) error { return b.Notify(ctx, tx, anna.ID, timeline.Edited, bas.ID, item.ID) })
			edits, err := b.Notifications(ctx, v, timeline.NotificationFilter{Kinds: []string{timeline.Edited}}, actors.Page{Limit: 40})
			if err != nil || len(edits) != 1 || slices.Contains(told, edits[0].ID) {
				t.Errorf("edits: %+v %v", edits, err)
			}
			told = append(told, edits[0].ID)
		}
		if n, err := b.NotificationCount(ctx, actors.Viewer{ID: bas.ID}, timeline.NotificationFilter{Not: []string{timeline.Mention}}, 0, 100); err != nil || n != 1 {
			t.Errorf("bas has %d, %v", n, err)
		}
		if h := <-hints; h.Event != timeline.Notified || h.Owner != anna.ID {
			t.Errorf("first hint: %+v", h)
		}
		if err := b.DismissAll(ctx, v); err != nil {
			t.Fatal(err)
		}
		if list, _ := b.Notifications(ctx, v, timeline.NotificationFilter{}, actors.Page{Limit: 40}); len(list) != 0 {
			t.Errorf("after dismissing: %+v", list)
		}
		if m, err := b.SetMarks(ctx, v, map[string]int64{"home": 12}); err != nil || m[0].Version != 1 {
			t.Errorf("mark: %+v %v", m, err)
		}
		if m, err := b.SetMarks(ctx, v, map[string]int64{"home": 15}); err != nil || m[0].Version != 2 || m[0].LastRead != 15 {
			t.Errorf("mark again: %+v %v", m, err)
		}
	})
}
