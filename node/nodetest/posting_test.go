// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

// crash kills a node: what goes on is what its disk held at that moment, leases included. Nothing of what it would have done after that
// reaches the other node.
func (w *World) crash(name, other string) {
	w.t.Helper()
	r := w.nodes[name]
	w.Refuse(other, http.StatusServiceUnavailable)
	defer w.Up(other)
	left := filepath.Join(w.dir, fmt.Sprintf("%s-%d", name, time.Now().UnixNano()))
	if err := os.MkdirAll(left, 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := r.DB.Backup(context.Background(), filepath.Join(left, "node.db")); err != nil {
		w.t.Fatal(err)
	}
	secret, err := os.ReadFile(filepath.Join(r.options.Data, "secret"))
	if err == nil {
		err = os.WriteFile(filepath.Join(left, "secret"), secret, 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.halt(name)
	r.options.Data = left
	w.start(name)
}

func (p *Person) schedule(d outbox.Draft, after time.Duration) *outbox.Scheduled {
	p.w.t.Helper()
	_, s, err := p.node().Outbox.Submit(context.Background(), p.Actor(), d, time.Now().Add(after))
	p.must(err, "schedules")
	return s
}

// pair is two nodes; bas follows anna.
func pair(t *testing.T) (w *World, anna, bas *Person) {
	w = New(t, "gouda", "provincie")
	anna, bas = w.Person("anna@gouda"), w.Person("bas@provincie")
	bas.Follow("anna@gouda")
	w.Settle()
	return w, anna, bas
}

// TestAScheduledPostAppears: at its time, on both nodes, with its notifications, also when its node was away at that time.
func TestAScheduledPostAppears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, bas := pair(t)
		anna.schedule(outbox.Draft{Text: "Goedemorgen @bas@provincie.example", Once: "k"}, time.Hour)
		moved := anna.schedule(outbox.Draft{Text: "Later"}, time.Hour)
		gone := anna.schedule(outbox.Draft{Text: "Nooit"}, time.Hour)
		n := w.Node("gouda")
		if _, err := n.Outbox.Reschedule(context.Background(), anna.Actor().ID, moved.ID, time.Now().Add(3*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if err := n.Outbox.Unschedule(context.Background(), anna.Actor().ID, gone.ID); err != nil {
			t.Fatal(err)
		}
		w.Pass(59 * time.Minute)
		w.SeesNot("bas@provincie", "Goedemorgen")
		w.SeesNot("anna@gouda", "Goedemorgen")
		w.halt("gouda")
		w.Pass(time.Hour)
		w.start("gouda")
		w.Pass(6 * time.Minute)
		w.Sees("bas@provincie", "Goedemorgen")
		w.Sees("anna@gouda", "Goedemorgen")
		w.SeesNot("anna@gouda", "Later")
		if got := bas.Notified(); !slices.Equal(got, []string{"mention by anna@gouda"}) {
			t.Errorf("bas was told %q", got)
		}
		w.Pass(2 * time.Hour)
		w.Sees("bas@provincie", "Later")
		w.SeesNot("bas@provincie", "Nooit")
		if waits := w.Number("gouda", "SELECT COUNT(*) FROM drafts"); waits != 0 {
			t.Errorf("%d drafts wait", waits)
		}
	})
}

// TestScheduledPostsAppearOnceWhateverIsKilled: the node dies again and again while it publishes.
func TestScheduledPostsAppearOnceWhateverIsKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, _ := pair(t)
		const many = 20
		for n := range many {
			anna.schedule(outbox.Draft{Text: fmt.Sprintf("nummer %d.", n)}, 10*time.Minute+time.Duration(n)*50*time.Millisecond)
		}
		time.Sleep(10 * time.Minute)
		for range 8 {
			time.Sleep(130 * time.Millisecond)
			w.crash("gouda", "provincie")
		}
		w.Pass(10 * time.Minute) // the leases of those that died end
		for n := range many {
			w.Sees("bas@provincie", fmt.Sprintf("nummer %d.", n))
			w.Sees("anna@gouda", fmt.Sprintf("nummer %d.", n))
		}
	})
}

// TestAScheduledPostIsWholeOrNotThere: what breaks in the middle leaves nothing, and is tried again; a job that runs twice changes nothing.
func TestAScheduledPostIsWholeOrNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, _ := pair(t)
		s := anna.schedule(outbox.Draft{Text: "Heel of niet"}, 10*time.Minute)
		exec := func(sql string) {
			w.tx("gouda", func(ctx context.Context, _ *node.Node, tx *db.Tx) error {
				_, err := tx.Exec(ctx, sql)
				return err
			})
		}
		exec("CREATE TRIGGER full BEFORE INSERT ON activities BEGIN SELECT RAISE(ABORT, 'disk full'); END")
		w.Pass(11 * time.Minute)
		if w.Number("gouda", "SELECT COUNT(*) FROM items") != 0 || w.Number("gouda", "SELECT COUNT(*) FROM drafts") != 1 {
			t.Error("half of it is there")
		}
		exec("DROP TRIGGER full")
		w.Pass(10 * time.Minute)
		w.Sees("bas@provincie", "Heel of niet")
		w.tx("gouda", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			return n.Jobs.Add(ctx, tx, "draft", "", s.ID, time.Now())
		})
		w.Settle()
		if n := w.Number("gouda", "SELECT COUNT(*) FROM items"); n != 1 {
			t.Errorf("%d posts", n)
		}
	})
}

// TestAScheduledPostThatCannotAppear: who has left the group, or whose parent is gone, is told, and nothing appears elsewhere instead.
func TestAScheduledPostThatCannotAppear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		anna := w.As("anna@gouda")
		parent := w.As("chris@provincie").Post("wonen@provincie", "Het begin")
		own := anna.Post("", "Van mijzelf")
		w.Settle()
		group := w.actor("gouda", "wonen@provincie").ID
		anna.schedule(outbox.Draft{Text: "Plan A", Group: group, Language: "nl"}, time.Hour)
		anna.schedule(outbox.Draft{Text: "Plan B @wonen@provincie.example", Language: "nl"}, time.Hour)
		anna.schedule(outbox.Draft{Text: "Plan C @chris@provincie.example", ReplyTo: anna.item(parent).ID, Language: "en"}, time.Hour)
		anna.schedule(outbox.Draft{Text: "Plan D", ReplyTo: anna.item(own).ID}, time.Hour)
		anna.Unfollow("wonen@provincie")
		anna.Delete(own)
		w.Pass(2 * time.Hour)
		for _, on := range []string{"gouda", "provincie", "waterschap"} {
			if n := w.Number(on, "SELECT COUNT(*) FROM items WHERE source LIKE 'Plan%' OR content LIKE '<p>Plan%'"); n != 0 {
				t.Errorf("%d of the plans appeared on %s", n, on)
			}
		}
		told := anna.Notified()
		if len(told) != 4 || told[0] != "mention by organisation@gouda" && !strings.HasPrefix(told[0], "mention by ") {
			t.Errorf("anna was told %q", told)
		}
		for text, n := range map[string]int{"is niet geplaatst": 3, "has not been published": 1, "Plan A": 1, "Plan B @wonen@provincie.example": 1, "Plan C": 1, "Plan D": 1} {
			if got := w.Number("gouda", "SELECT COUNT(*) FROM items WHERE audience = 3 AND content LIKE '%' || $1 || '%'", text); got != n {
				t.Errorf("%q is said %d times, not %d", text, got, n)
			}
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM drafts") + w.Number("provincie", "SELECT COUNT(*) FROM items WHERE audience = 3"); n != 0 {
			t.Errorf("%d wait still, or went abroad", n)
		}
		var chris []string
		for _, line := range w.As("chris@provincie").Notified() {
			if strings.HasPrefix(line, "mention") {
				chris = append(chris, line)
			}
		}
		if len(chris) != 0 {
			t.Errorf("who is named in it was told %q", chris)
		}
	})
}

// TestAScheduledQuoteAsksForItself: permission is asked when the post appears; when the quoted post is gone by then, its author is told.
func TestAScheduledQuoteAsksForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, bas := pair(t)
		anna.Follow("bas@provincie")
		w.Settle()
		good, gone := bas.Post("", "Het origineel"), bas.Post("", "Het andere")
		w.Settle()
		anna.schedule(outbox.Draft{Text: "Kijk", Quote: anna.item(good).ID}, time.Hour)
		anna.schedule(outbox.Draft{Text: "Kijk niet", Quote: anna.item(gone).ID}, time.Hour)
		bas.Delete(gone)
		w.Pass(2 * time.Hour)
		if n := w.Number("gouda", "SELECT COUNT(*) FROM items WHERE quote_iri = $1 AND quote_state = 'accepted'", good); n != 1 {
			t.Errorf("%d quotes were allowed", n)
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM items WHERE quote_iri = $1", gone) + w.Number("provincie", "SELECT COUNT(*) FROM items WHERE content LIKE '%Kijk niet%'"); n != 0 {
			t.Errorf("%d quotes of what is gone", n)
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM items WHERE audience = 3 AND content LIKE '%Kijk niet%'"); n != 1 {
			t.Errorf("anna was told %d times", n)
		}
	})
}

// TestAScheduledPostOfADisabledAccount: it does not appear, and nobody is told.
func TestAScheduledPostOfADisabledAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, _ := pair(t)
		id := anna.Actor().ID
		w.tx("gouda", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			return n.Auth.AddAccount(ctx, tx, id, "anna@gouda.example", auth.Hashed{}, false)
		})
		anna.schedule(outbox.Draft{Text: "Eerst"}, time.Hour)
		anna.schedule(outbox.Draft{Text: "Daarna"}, 3*time.Hour)
		w.Pass(2 * time.Hour)
		w.tx("gouda", func(ctx context.Context, n *node.Node, tx *db.Tx) error { return n.Auth.Disable(ctx, tx, id) })
		w.Pass(2 * time.Hour)
		w.Sees("bas@provincie", "Eerst")
		if n := w.Number("gouda", "SELECT COUNT(*) FROM items") + w.Number("gouda", "SELECT COUNT(*) FROM drafts"); n != 1 {
			t.Errorf("%d posts and drafts", n)
		}
	})
}

// TestEditsArriveWithTheirHistory: the first version first, with the answers of the poll and the files as they were.
func TestEditsArriveWithTheirHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, bas := pair(t)
		iri := anna.Post("", "Een")
		w.Settle()
		bas.Boost(iri)
		anna.Edit(iri, "Twee @bas@provincie.example")
		anna.Edit(iri, "Drie")
		anna.Edit(iri, "Drie") // nothing changes
		w.Settle()
		for _, on := range []*Person{anna, bas} {
			versions, err := content.Versions(context.Background(), on.node().DB, on.item(iri))
			if err != nil || len(versions) != 2 || plain(versions[0].Content) != "Een" || !strings.HasPrefix(plain(versions[1].Content), "Twee") || !versions[0].Written.Before(versions[1].Written) {
				t.Errorf("%s has %+v, %v", on, versions, err)
			}
		}
		if got := bas.Notified(); !slices.Contains(got, "update by anna@gouda") || !slices.Contains(got, "mention by anna@gouda") {
			t.Errorf("bas was told %q", got)
		}
	})
}

func options(i *content.Item) (counts []int) {
	for _, o := range i.Poll.Options {
		counts = append(counts, o.Votes)
	}
	return counts
}

// TestPollsAcrossNodes: votes arrive, counts stay hidden abroad until the end, and everybody concerned hears of the end.
func TestPollsAcrossNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, bas := pair(t)
		w.Person("chris@provincie")
		chris := w.As("chris@provincie")
		iri, err := anna.draft(outbox.Draft{Text: "Welke dag?", Poll: &content.Poll{Hidden: true, Options: []content.Option{{Name: "ma"}, {Name: "di"}}}, PollLasts: time.Hour})
		anna.must(err, "asks")
		w.Settle()
		vote := func(p *Person, choice int) error {
			_, err := p.node().Outbox.Vote(context.Background(), p.Actor(), p.item(iri).ID, []int{choice})
			w.Settle()
			return err
		}
		bas.must(vote(bas, 1), "votes")
		chris.must(vote(chris, 1), "votes")
		if err := vote(bas, 0); !errors.Is(err, fault.Invalid) {
			t.Errorf("a second vote: %v", err)
		}
		if got := options(anna.item(iri)); !slices.Equal(got, []int{0, 2}) || anna.item(iri).Poll.Voters != 2 {
			t.Errorf("anna counts %v", got)
		}
		if p := bas.item(iri).Poll; !p.Hidden || p.Voters != 2 || !slices.Equal(options(bas.item(iri)), []int{0, 0}) {
			t.Errorf("abroad before the end: %+v", p)
		}
		w.Pass(time.Hour)
		if p := bas.item(iri).Poll; p.Hidden || !slices.Equal(options(bas.item(iri)), []int{0, 2}) || p.Closed.IsZero() {
			t.Errorf("abroad after the end: %+v", p)
		}
		for _, p := range []*Person{anna, bas, chris} {
			if got := p.Notified(); !slices.Contains(got, "poll by anna@gouda") {
				t.Errorf("%s was told %q", p, got)
			}
		}
		if err := vote(chris, 0); !errors.Is(err, fault.Invalid) {
			t.Errorf("a vote after the end: %v", err)
		}
		// Other answers take the votes away, also abroad.
		if _, err := w.Node("gouda").Outbox.Edit(context.Background(), anna.Actor(), anna.item(iri).ID, outbox.Draft{Text: "Welke dag?",
			Poll: &content.Poll{Options: []content.Option{{Name: "wo"}, {Name: "do"}}}, PollLasts: time.Hour}); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		if p := bas.item(iri).Poll; p.Voters != 0 || p.Options[0].Name != "wo" {
			t.Errorf("abroad with other answers: %+v", p)
		}
		bas.must(vote(bas, 0), "votes again")
		if got := options(anna.item(iri)); !slices.Equal(got, []int{1, 0}) {
			t.Errorf("anna counts %v", got)
		}
	})
}

// TestCountsOfAPollElsewhereAreReadAgain: when somebody looks at it, not more often than once a minute.
func TestCountsOfAPollElsewhereAreReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		iri := f.Base() + "/posts/poll"
		question := func(votes int) string {
			return fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Question","attributedTo":%q,"content":"<p>Wat?</p>","published":"2026-01-01T00:00:00Z",%s,
				"endTime":%q,"oneOf":[{"type":"Note","name":"a","replies":{"type":"Collection","totalItems":%d}},{"type":"Note","name":"b","replies":{"type":"Collection","totalItems":0}}]}`,
				iri, f.Who("eve"), Public(f.Who("eve")+"/followers"), time.Now().Add(time.Hour).UTC().Format(time.RFC3339), votes)
		}
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, question(1))
		anna := w.As("anna@gouda")
		anna.Boost(iri)
		f.Serve(iri, question(5))
		look := func() {
			t.Helper()
			if err := w.Node("gouda").Inbox.FreshenPoll(context.Background(), anna.item(iri)); err != nil {
				t.Fatal(err)
			}
			w.Settle()
		}
		look()
		if n := f.Asked(iri); n != 0 {
			t.Errorf("it was read %d times within a minute", n)
		}
		w.Pass(2 * time.Minute)
		look()
		look()
		if got := options(anna.item(iri)); !slices.Equal(got, []int{5, 0}) || f.Asked(iri) != 1 {
			t.Errorf("%v after %d readings", got, f.Asked(iri))
		}
		if got := anna.Notified(); len(got) != 0 {
			t.Errorf("anna was told %q of counts", got)
		}
		w.Pass(2 * time.Hour)
		look()
		w.Pass(2 * time.Minute)
		look()
		if n := f.Asked(iri); n != 2 {
			t.Errorf("after its end it was read %d times more", n-1)
		}
	})
}

// TestAPollThatWasClosedEarlyIsToldOf: whoever voted hears of it when its counts are read again, and not only at the end it had.
func TestAPollThatWasClosedEarlyIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		iri, ends := f.Base()+"/posts/poll", time.Now().Add(24*time.Hour).UTC().Format(time.RFC3339)
		question := func(closed string) string {
			return fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Question","attributedTo":%q,"content":"<p>Wat?</p>","published":"2026-01-01T00:00:00Z",%s,
				"endTime":%q%s,"oneOf":[{"type":"Note","name":"a","replies":{"type":"Collection","totalItems":1}},{"type":"Note","name":"b","replies":{"type":"Collection","totalItems":0}}]}`,
				iri, f.Who("eve"), Public(f.Who("eve")+"/followers"), ends, closed)
		}
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, question(""))
		anna := w.As("anna@gouda")
		anna.vote(iri, 1)
		w.Settle()
		w.Pass(2 * time.Minute)
		f.Serve(iri, question(fmt.Sprintf(`,"closed":%q`, time.Now().UTC().Format(time.RFC3339))))
		if err := w.Node("gouda").Inbox.FreshenPoll(context.Background(), anna.item(iri)); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		if got := anna.Notified(); !slices.Equal(got, []string{"poll by eve@elsewhere"}) {
			t.Errorf("anna was told %q", got)
		}
	})
}

// TestADeletedPostIsWrittenAgain: it goes abroad, its files come back in the new one.
func TestADeletedPostIsWrittenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, _ := pair(t)
		iri := anna.Post("", "Met een fuot")
		w.Settle()
		if err := w.Node("gouda").Outbox.Redraft(context.Background(), anna.Actor(), anna.item(iri).ID); err != nil {
			t.Fatal(err)
		}
		anna.Post("", "Zonder een fout")
		w.Settle()
		w.SeesNot("bas@provincie", "fuot")
		w.Sees("bas@provincie", "Zonder een fout")
	})
}

const article = `<!doctype html><html lang="nl"><head><title>Een titel</title><meta property="og:title" content="Bouwen &amp; wonen"><meta name="description" content="Waar het over gaat">
<meta property="og:image" content="/plaat.png"><meta property="og:image:width" content="640"><meta property="og:image:height" content="320"><meta property="og:site_name" content="De Krant">
<meta name="author" content="Eve"><meta name="fediverse:creator" content="@eve@elsewhere.example"><meta property="article:published_time" content="1999-01-02T03:04:05Z">
<link rel="alternate" type="application/json+oembed" href="/oembed?u=1"><script>alert(1)</script></head><body>…</body></html>`

// TestAPageIsReadOnceForAllWhoLinkToIt: what it says about itself is shown with the posts; its author when the author wants that.
func TestAPageIsReadOnceForAllWhoLinkToIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, bas := pair(t)
		f := w.Foreign("elsewhere", Mastodon)
		f.Person("eve")
		f.ServeAs("/stuk?a=1", 200, "text/html; charset=utf-8", article)
		f.ServeAs("/oembed?u=1", 200, "application/json", `{"type":"video","title":"x","provider_url":"http://elsewhere.example/","author_url":"javascript:alert(1)","html":"<iframe src=x></iframe>","width":"1"}`)
		f.ServeAs("/leeg", 200, "text/html", "<p>niets")
		eve := w.actor("gouda", "eve@elsewhere")
		w.tx("gouda", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE actors SET attribution = '["example"]' WHERE id = $1`, eve.ID)
			return err
		})
		card := func(p *Person, iri string) *content.Card {
			t.Helper()
			i := p.item(iri)
			cards, err := content.Cards(context.Background(), p.node().DB, []int64{i.Card})
			p.must(err, "reads cards")
			return cards[i.Card]
		}
		link := "http://elsewhere.example/stuk?a=1"
		first := anna.Post("", "#lees @bas@provincie.example "+link+"#midden")
		synctest.Wait()
		for range 5 {
			anna.Tell(actors.Followers, "nog eens: "+link)
		}
		w.Settle()
		if n := f.Asked("/stuk?a=1"); n != 1 && n != 2 { // the other node may have begun
			t.Errorf("the page was read %d times", n)
		}
		w.Pass(2 * time.Minute)
		if n := f.Asked("/stuk?a=1"); n != 2 {
			t.Errorf("two nodes read the page %d times", n)
		}
		c := card(anna, first)
		want := content.Card{ID: c.ID, Link: link, URL: link, Kind: "video", Title: "Bouwen & wonen", Description: "Waar het over gaat", Language: "nl", AuthorName: "Eve", Author: eve.ID,
			ProviderName: "De Krant", ProviderURL: "http://elsewhere.example/", Image: "http://elsewhere.example/plaat.png", Width: 640, Height: 320, Published: c.Published}
		if *c != want || c.Published.Unix() != 915246245 {
			t.Errorf("the card is\n%+v, not\n%+v", *c, want)
		}
		if c := card(bas, first); c == nil || c.Title != "Bouwen & wonen" || c.Author != 0 { // nobody there knows that eve allows it
			t.Errorf("abroad the card is %+v", c)
		}
		if i := anna.item(anna.Post("", "Hier is niets: http://elsewhere.example/leeg")); i.Card == 0 {
			t.Error("no page was wanted")
		}
		w.Settle()
		for _, text := range []string{"ons http://gouda.example/groups", "@bas@provincie.example #lees", "http://127.0.0.1:x/", "ftp://elsewhere.example/"} {
			if i := anna.item(anna.Post("", text)); i.Card != 0 {
				t.Errorf("%q has a card", text)
			}
		}
		anna.Edit(first, "Zonder adres")
		if i := anna.item(first); i.Card != 0 {
			t.Error("after an edit the card of a link that is gone stays")
		}
		// What is not for everybody stays between its writer and its readers.
		if n := w.Number("provincie", "SELECT COUNT(*) FROM items WHERE audience = 2 AND card > 0"); n != 0 {
			t.Errorf("%d posts for followers have a card abroad", n)
		}
		// A page is read again after a while, and cards that nothing links to go.
		w.Pass(20 * 24 * time.Hour)
		anna.Post("", "weer "+link)
		w.Pass(2 * time.Minute)
		if n := f.Asked("/stuk?a=1"); n != 4 {
			t.Errorf("after weeks two nodes have read it %d times", n)
		}
	})
}

// TestAnswersElsewhereAreRead: when somebody looks at a conversation, in the background, once in a quarter of an hour.
func TestAnswersElsewhereAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		to := Public(f.Who("eve") + "/followers")
		root, note := f.Note("eve", "root", "Het begin", to, fmt.Sprintf(`"replies":"%s/posts/root/replies"`, f.Base()))
		one, _ := f.Note("eve", "one", "Ten eerste", to, fmt.Sprintf(`"inReplyTo":%q`, root))
		two, _ := f.Note("eve", "two", "Ten tweede", to, fmt.Sprintf(`"inReplyTo":%q`, one))
		f.Serve("/posts/root/replies", fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s/posts/root/replies","type":"Collection","first":{"id":"%[1]s/posts/root/replies?page=1","type":"CollectionPage","items":[%[2]q,%[3]q]}}`, f.Base(), one, two))
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, note)
		anna, in := w.As("anna@gouda"), w.Node("gouda").Inbox
		if r, err := in.Answers(context.Background(), anna.item(root)); err != nil || r != nil {
			t.Errorf("the answers to a new post come by themselves: %+v, %v", r, err)
		}
		w.Pass(10 * time.Minute)
		r, err := in.Answers(context.Background(), anna.item(root))
		if err != nil || r == nil || !r.Running {
			t.Fatalf("%+v, %v", r, err)
		}
		w.Settle()
		done, err := in.RefreshByID(context.Background(), anna.Viewer(), r.ID)
		if err != nil || done.Running || done.Found != 2 {
			t.Errorf("afterwards: %+v, %v", done, err)
		}
		for _, iri := range []string{one, two} {
			if n := w.Number("gouda", "SELECT COUNT(*) FROM items WHERE iri = $1 AND thread = (SELECT id FROM items WHERE iri = $2)", iri, root); n != 1 {
				t.Errorf("%s is not in the conversation", iri)
			}
		}
		again, err := in.Answers(context.Background(), anna.item(root))
		if err != nil || again.Running || again.ID != r.ID {
			t.Errorf("again at once: %+v, %v", again, err)
		}
		w.Pass(20 * time.Minute)
		if later, err := in.Answers(context.Background(), anna.item(root)); err != nil || !later.Running || later.ID == r.ID {
			t.Errorf("later: %+v, %v", later, err)
		}
	})
}
