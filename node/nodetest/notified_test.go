// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// times counts the notifications of a kind.
func (p *Person) times(kind string) int {
	p.w.t.Helper()
	list, err := p.node().Timelines.Notifications(context.Background(), p.Viewer(), timeline.NotificationFilter{Kinds: []string{kind}}, actors.Page{Limit: 80})
	p.must(err, "reads notifications")
	return len(list)
}

func (p *Person) vote(iri string, choice int) {
	p.w.t.Helper()
	_, err := p.node().Outbox.Vote(context.Background(), p.Actor(), p.item(iri).ID, []int{choice})
	p.must(err, "votes")
}

// TestEndOfAPollIsTold: its author and all who voted hear of the end of a poll once, each from the own node, also when that was
// away at that time; who did not vote hears nothing.
func TestEndOfAPollIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "delft")
		anna, bas, cor, dirk := w.Person("anna@gouda"), w.Person("bas@delft"), w.Person("cor@delft"), w.Person("dirk@gouda")
		bas.Follow("anna@gouda")
		cor.Follow("anna@gouda")
		w.Settle()
		iri, err := anna.draft(outbox.Draft{Text: "Wanneer?", Poll: &content.Poll{Ends: time.Now().Add(2 * time.Hour), Options: []content.Option{{Name: "Ma"}, {Name: "Di"}}}})
		anna.must(err, "asks")
		w.Settle()
		bas.vote(iri, 1)
		dirk.vote(iri, 0)
		w.Pass(time.Hour)
		for _, p := range []*Person{anna, bas, cor, dirk} {
			if n := p.times(timeline.Poll); n != 0 {
				t.Errorf("%s is told of the end %d times before it", p, n)
			}
		}
		w.Down("delft")
		w.Pass(2 * time.Hour)
		w.Up("delft")
		w.Restart("delft")
		w.Restart("gouda")
		w.Pass(time.Hour)
		for p, want := range map[*Person]int{anna: 1, bas: 1, cor: 0, dirk: 1} {
			if n := p.times(timeline.Poll); n != want {
				t.Errorf("%s is told of the end %d times instead of %d", p, n, want)
			}
		}
	})
}

// TestDirectConversation: what two people write each other on two nodes is one conversation on each, read where it was written
// and unread where it comes in; a third who is named begins another; what is deleted is gone on both.
func TestDirectConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "delft")
		anna, bas, cor := w.Person("anna@gouda"), w.Person("bas@delft"), w.Person("cor@delft")
		talks := func(p *Person) []timeline.Conversation {
			t.Helper()
			list, err := p.node().Timelines.Conversations(context.Background(), p.Viewer(), actors.Page{Limit: 20})
			p.must(err, "reads conversations")
			return list
		}
		first := anna.Tell(actors.Direct, "Vertrouwelijk @bas@delft.example")
		w.Settle()
		_, err := bas.draft(outbox.Draft{Text: "Ik luister @anna@gouda.example", Audience: actors.Direct, ReplyTo: bas.item(first).ID})
		bas.must(err, "answers")
		w.Settle()
		for _, p := range []*Person{anna, bas} {
			of := talks(p)
			if len(of) != 1 || len(of[0].People) != 1 || of[0].Unread != (p == anna) {
				t.Errorf("%s has %+v", p, of)
				continue
			}
			last, err := content.Get(context.Background(), p.node().DB, p.Viewer(), of[0].Last)
			p.must(err, "reads the last post")
			if plain(last.Content) != "Ik luister @anna" {
				t.Errorf("%s has %q at the end", p, last.Content)
			}
		}
		if of := talks(cor); len(of) != 0 {
			t.Errorf("cor has %+v", of)
		}
		second, err := anna.draft(outbox.Draft{Text: "Cor erbij @bas@delft.example @cor@delft.example", Audience: actors.Direct, ReplyTo: anna.item(first).ID})
		anna.must(err, "answers")
		w.Settle()
		for p, want := range map[*Person]int{anna: 2, bas: 2, cor: 1} {
			of := talks(p)
			if len(of) != want || len(of[0].People) != 2 || of[0].Unread != (p != anna) {
				t.Errorf("%s has %+v", p, of)
			}
			direct, err := p.node().Timelines.Direct(context.Background(), p.Viewer(), actors.Page{Limit: 20})
			p.must(err, "reads direct posts")
			if texts := len(direct); texts != map[bool]int{true: 1, false: 3}[p == cor] {
				t.Errorf("%s has %d direct posts", p, texts)
			}
		}
		last := talks(cor)[0].Last
		anna.Delete(second)
		w.Settle()
		known, err := content.Many(context.Background(), cor.node().DB, cor.Viewer(), []content.ID{last})
		cor.must(err, "looks for what was deleted")
		if of := talks(cor); len(of) != 1 || len(known) != 0 || of[0].Unread {
			t.Errorf("after the deletion cor has %+v, %v", of, known)
		}
		if of := talks(bas); len(of) != 2 || slices.ContainsFunc(of, func(c timeline.Conversation) bool { return c.Unread && len(c.People) == 2 }) {
			t.Errorf("after the deletion bas has %+v", of)
		}
	})
}

// TestPollClosedEarly: the author's node may close a poll before its time, and may have postponed its end before that.
func TestPollClosedEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		anna := w.As("anna@gouda")
		at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
		question := func(end string) string {
			return `"endTime":"` + end + `","oneOf":[{"type":"Note","name":"Ma","replies":{"type":"Collection","totalItems":0}},{"type":"Note","name":"Di","replies":{"type":"Collection","totalItems":0}}]`
		}
		soon, late := at(time.Hour), at(5*time.Hour)
		_, note := f.Note("eve", "poll", "Wanneer?", Public(f.Who("eve")+"/followers"), question(soon))
		asked := strings.Replace(note, `"type":"Note"`, `"type":"Question"`, 1)
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, asked)
		iri := f.Base() + "/posts/poll"
		anna.vote(iri, 0)
		later := strings.Replace(asked, soon, late, 1)
		f.Send("eve", "gouda", `{"type":"Update","object":%s}`, strings.Replace(later, `"type":"Question"`, `"type":"Question","updated":"`+at(time.Second)+`"`, 1))
		w.Pass(2 * time.Hour)
		if n := anna.times(timeline.Poll); n != 0 {
			t.Errorf("told %d times before the postponed end", n)
		}
		f.Send("eve", "gouda", `{"type":"Update","object":%s}`, strings.Replace(later, `"type":"Question"`, `"type":"Question","closed":"`+at(0)+`"`, 1))
		w.Pass(time.Minute)
		if n := anna.times(timeline.Poll); n != 1 {
			t.Errorf("told %d times of the closing", n)
		}
		w.Pass(5 * time.Hour)
		if n := anna.times(timeline.Poll); n != 1 {
			t.Errorf("told %d times in the end", n)
		}
	})
}
