// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

// tell publishes a direct post to some, in answer to another.
func (b *bench) tell(by *actors.Actor, text string, answers *content.Item, to ...*actors.Actor) *content.Item {
	b.t.Helper()
	return b.post(by, text, func(m *content.Made) {
		m.Item.Audience = actors.Direct
		if answers != nil {
			m.Item.ReplyTo, m.Item.ReplyIRI, m.Item.ReplyAuthor, m.Item.Thread = answers.ID, answers.IRI, answers.Author, answers.Thread
		}
		for _, one := range to {
			m.Recipients = append(m.Recipients, content.Recipient{Actor: one.ID, Mention: true})
		}
	})
}

func (b *bench) talks(who *actors.Actor) []timeline.Conversation {
	b.t.Helper()
	list, err := b.Conversations(context.Background(), actors.Viewer{ID: who.ID}, actors.Page{Limit: 40})
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

func TestConversations(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		anna, bas, cor := actorstest.Person(t, b.dir, "anna"), actorstest.Person(t, b.dir, "bas"), actorstest.Person(t, b.dir, "cor")
		far := actorstest.Remote(t, b.dir, "delft.example", "far")
		hints := b.hints()
		first := b.tell(anna, "hoi bas", nil, bas)
		if h := <-hints; h.Event != timeline.Talked || h.Conversation == 0 || h.Owner != anna.ID && h.Owner != bas.ID {
			t.Errorf("first hint: %+v", h)
		}
		second := b.tell(bas, "hoi anna", first, anna)
		b.tell(anna, "met z'n drieën", second, bas, cor)
		b.tell(far, "van ver", nil, anna)
		b.post(anna, "openbaar", func(m *content.Made) { m.Recipients = []content.Recipient{{Actor: bas.ID, Mention: true}} })

		of := b.talks(anna)
		if len(of) != 3 || of[2].Last != second.ID || !slices.Equal(of[2].People, []actors.ID{bas.ID}) || !slices.Equal(of[1].People, []actors.ID{bas.ID, cor.ID}) ||
			!slices.Equal(of[0].People, []actors.ID{far.ID}) || !of[0].Unread || of[1].Unread || !of[2].Unread {
			t.Fatalf("anna's: %+v", of)
		}
		if of := b.talks(bas); len(of) != 2 || of[1].Unread || !of[0].Unread || of[1].Last != second.ID {
			t.Errorf("bas's: %+v", of)
		}
		if of := b.talks(cor); len(of) != 1 || !of[0].Unread {
			t.Errorf("cor's: %+v", of)
		}
		if n, err := db.One(ctx, d, db.Scalar[int], "SELECT COUNT(*) FROM conversations WHERE owner = $1", far.ID); n != 0 || err != nil {
			t.Errorf("%d of somebody elsewhere, %v", n, err)
		}

		v := actors.Viewer{ID: anna.ID}
		read, err := b.ReadConversation(ctx, v, of[2].ID)
		if err != nil || read.Unread || read.Last != second.ID {
			t.Errorf("read: %+v %v", read, err)
		}
		// What is deleted is not the newest any more; of a conversation whose posts are all gone the place stays.
		actorstest.Tx(t, d, func(tx *db.Tx) error { return b.Unpublish(ctx, tx, second) })
		if now, err := b.Conversation(ctx, v, of[2].ID); err != nil || now.Last != first.ID {
			t.Errorf("after one deletion: %+v %v", now, err)
		}
		actorstest.Tx(t, d, func(tx *db.Tx) error { return b.Unpublish(ctx, tx, first) })
		if now, err := b.Conversation(ctx, v, of[2].ID); err != nil || now.Last != first.ID || now.Unread {
			t.Errorf("after both: %+v %v", now, err)
		}
		if now := b.talks(anna); len(now) != 3 {
			t.Errorf("after both: %+v", now)
		}
		// Somebody else's can be neither read nor deleted.
		other := actors.Viewer{ID: cor.ID}
		if _, err := b.ReadConversation(ctx, other, of[2].ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("read by another: %v", err)
		}
		if err := b.DeleteConversation(ctx, other, of[1].ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("deleted by another: %v", err)
		}
		// Deleted, it is gone from the list alone; the next post begins it anew.
		three, err := content.Get(ctx, d, v, of[1].Last)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.DeleteConversation(ctx, v, of[1].ID); err != nil {
			t.Fatal(err)
		}
		if err := b.DeleteConversation(ctx, v, of[1].ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		direct, err := b.Direct(ctx, v, actors.Page{Limit: 20})
		if err != nil || len(direct) != 2 {
			t.Errorf("all direct posts: %v %v", ids(direct), err)
		}
		again := b.tell(cor, "nog iets", three, anna, bas)
		if now := b.talks(anna); len(now) != 3 || now[0].Last != again.ID || now[0].ID == of[1].ID {
			t.Errorf("begun anew: %+v", now)
		}
		if now := b.talks(bas); now[0].Last != again.ID || len(now) != 2 {
			t.Errorf("the others go on: %+v", now)
		}
	})
}

func TestConversationsWithoutTheBlocked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		anna, bas, cor := actorstest.Person(t, b.dir, "anna"), actorstest.Person(t, b.dir, "bas"), actorstest.Person(t, b.dir, "cor")
		actorstest.Tx(t, d, func(tx *db.Tx) error { return b.dir.Block(context.Background(), tx, anna, bas, "x") })
		b.tell(bas, "luister", nil, anna, cor)
		if of := b.talks(anna); len(of) != 0 {
			t.Errorf("anna's: %+v", of)
		}
		if of := b.talks(cor); len(of) != 1 || !slices.Equal(of[0].People, []actors.ID{anna.ID, bas.ID}) {
			t.Errorf("cor's: %+v", of)
		}
	})
}

// Whom an edit names only then finds the post in a conversation; those who had it keep theirs.
func TestAnEditAddsPeopleToAConversation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		anna, bas, cor := actorstest.Person(t, b.dir, "anna"), actorstest.Person(t, b.dir, "bas"), actorstest.Person(t, b.dir, "cor")
		before := b.tell(anna, "hoi", nil, bas)
		before, err := content.StoredByID(ctx, d, before.ID)
		if err != nil {
			t.Fatal(err)
		}
		after := *before
		after.Content, after.Edited = "<p>hoi allebei</p>", time.Now()
		actorstest.Tx(t, d, func(tx *db.Tx) error {
			return b.Republish(ctx, tx, before, &content.Made{Item: &after, Doc: []byte("{}"), Recipients: []content.Recipient{{Actor: cor.ID, Mention: true}}})
		})
		if of := b.talks(cor); len(of) != 1 || of[0].Last != before.ID || !slices.Equal(of[0].People, []actors.ID{anna.ID, bas.ID}) {
			t.Errorf("cor's: %+v", of)
		}
		for _, who := range []*actors.Actor{anna, bas} {
			if of := b.talks(who); len(of) != 1 || len(of[0].People) != 1 {
				t.Errorf("%s's: %+v", who.Name, of)
			}
		}
	})
}

// Answers that come before what they answer: the conversations become one, and a muted one stays muted.
func TestConversationsThatTurnOutToBeOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		me, far := actorstest.Person(t, b.dir, "ik"), actorstest.Remote(t, b.dir, "delft.example", "far")
		v := actors.Viewer{ID: me.ID}
		late := "https://delft.example/posts/late"
		orphan := func(n int) *content.Item {
			return b.post(far, fmt.Sprint("antwoord ", n), func(m *content.Made) {
				m.Item.Audience, m.Item.ReplyIRI = actors.Direct, late
				m.Recipients = []content.Recipient{{Actor: me.ID, Mention: true}}
			})
		}
		one, two := orphan(1), orphan(2)
		if of := b.talks(me); len(of) != 2 {
			t.Fatalf("at first: %+v", of)
		}
		if err := b.MuteThread(ctx, v, two.Thread, true); err != nil {
			t.Fatal(err)
		}
		root := b.post(far, "begin", func(m *content.Made) {
			m.Item.IRI, m.Item.Audience = late, actors.Direct
			m.Recipients = []content.Recipient{{Actor: me.ID, Mention: true}}
		})
		of := b.talks(me)
		if len(of) != 1 || of[0].Last != max(one.ID, two.ID, root.ID) || !of[0].Unread {
			t.Fatalf("in the end: %+v", of)
		}
		if n, err := db.One(ctx, d, db.Scalar[int], "SELECT COUNT(*) FROM directs WHERE conversation = $1", of[0].ID); n != 3 || err != nil {
			t.Errorf("%d posts in it, %v", n, err)
		}
		if muted, err := b.MutedThreads(ctx, v, []content.ID{root.Thread, two.ID}); err != nil || !muted[root.Thread] || len(muted) != 1 {
			t.Errorf("muted: %v %v", muted, err)
		}
	})
}

func TestMutedThreadsTellNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		me, other := actorstest.Person(t, b.dir, "ik"), actorstest.Person(t, b.dir, "ander")
		v := actors.Viewer{ID: me.ID}
		root := b.post(me, "begin", nil)
		told := func() int {
			b.post(other, "antwoord", func(m *content.Made) {
				m.Item.ReplyTo, m.Item.ReplyIRI, m.Item.ReplyAuthor, m.Item.Thread = root.ID, root.IRI, me.ID, root.Thread
				m.Recipients = []content.Recipient{{Actor: me.ID, Mention: true}}
			})
			n, err := b.NotificationCount(ctx, v, timeline.NotificationFilter{Apart: true}, 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, step := range []struct {
			mute bool
			want int
		}{{true, 0}, {true, 0}, {false, 1}, {false, 2}} {
			if err := b.MuteThread(ctx, v, root.Thread, step.mute); err != nil {
				t.Fatal(err)
			}
			if got := told(); got != step.want {
				t.Errorf("muted %v: told %d times instead of %d", step.mute, got, step.want)
			}
		}
		b.post(other, "elders", func(m *content.Made) { m.Recipients = []content.Recipient{{Actor: me.ID, Mention: true}} })
		if n, _ := b.NotificationCount(ctx, v, timeline.NotificationFilter{}, 0, 100); n != 3 {
			t.Errorf("another conversation is muted too: %d", n)
		}
	})
}

// Those who have a filter, or have muted the thread, see a post in a way of their own.
func TestWhoIsParticular(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		anna, bas, cor, dirk := actorstest.Person(t, b.dir, "anna"), actorstest.Person(t, b.dir, "bas"), actorstest.Person(t, b.dir, "cor"), actorstest.Person(t, b.dir, "dirk")
		item, other := b.post(anna, "een", nil), b.post(anna, "twee", nil)
		filter := func(who *actors.Actor, until time.Time) {
			title, contexts := "x", []string{"home"}
			if _, err := b.ChangeFilter(ctx, actors.Viewer{ID: who.ID}, 0, timeline.FilterChange{Title: &title, Contexts: &contexts, Expires: &until}); err != nil {
				t.Fatal(err)
			}
		}
		filter(anna, time.Time{})
		filter(bas, time.Now().Add(-time.Hour))
		if err := b.MuteThread(ctx, actors.Viewer{ID: cor.ID}, item.Thread, true); err != nil {
			t.Fatal(err)
		}
		for thread, want := range map[content.ID]int{item.Thread: 2, other.Thread: 1} {
			got, err := b.Particular(ctx, thread, []actors.ID{anna.ID, bas.ID, cor.ID, dirk.ID})
			if err != nil || len(got) != want || !got[anna.ID] || got[cor.ID] != (want == 2) {
				t.Errorf("of thread %d: %v %v", thread, got, err)
			}
		}
		if got, err := b.Particular(ctx, item.Thread, []actors.ID{dirk.ID}); err != nil || len(got) != 0 {
			t.Errorf("of nobody: %v %v", got, err)
		}
	})
}

// What an actor kept and what was kept for it goes with the actor.
func TestForgottenWithTheActor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setUp(t, d)
		ctx := context.Background()
		me, other := actorstest.Person(t, b.dir, "ik"), actorstest.Person(t, b.dir, "ander")
		v := actors.Viewer{ID: me.ID}
		if _, err := b.ChangePolicy(ctx, v, func(p *timeline.Policy) { p.NotFollowing = timeline.Apart }); err != nil {
			t.Fatal(err)
		}
		title, contexts, word := "Weg", []string{"home"}, "woord"
		if _, err := b.ChangeFilter(ctx, v, 0, timeline.FilterChange{Title: &title, Contexts: &contexts, Words: []timeline.WordChange{{Word: &word}}}); err != nil {
			t.Fatal(err)
		}
		item := b.tell(other, "hoi", nil, me)
		if err := b.MuteThread(ctx, v, item.Thread, true); err != nil {
			t.Fatal(err)
		}
		actorstest.Tx(t, d, func(tx *db.Tx) error { return b.ForgetActor(ctx, tx, me) })
		for _, table := range []string{"notifications", "requests", "policies", "filters", "filter_words", "muted_threads"} {
			if n, err := db.One(ctx, d, db.Scalar[int], "SELECT COUNT(*) FROM "+table); err != nil || n != 0 {
				t.Errorf("%s: %d, %v", table, n, err)
			}
		}
		if n, err := db.One(ctx, d, db.Scalar[int], "SELECT COUNT(*) FROM conversations"); err != nil || n != 1 {
			t.Errorf("the other one's conversation: %d, %v", n, err)
		}
	})
}
