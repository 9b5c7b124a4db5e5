// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/outbox"
)

// three are anna, whom nobody follows; bas, who quotes; and cas, who follows bas: each on a node of their own.
func three(t *testing.T) (w *World, anna, bas, cas *Person) {
	w = New(t, "gouda", "provincie", "waterschap")
	anna, bas, cas = w.Person("anna@gouda"), w.Person("bas@provincie"), w.Person("cas@waterschap")
	cas.Follow("bas@provincie")
	w.Settle()
	return w, anna, bas, cas
}

func (w *World) stands(state string, quoting string, on ...string) {
	w.t.Helper()
	for _, name := range on {
		if q := w.Quote(name, quoting); q.State != state || (q.Stamp != "") != (state == content.QuoteAccepted) {
			w.t.Errorf("on %s the quote is %q with the stamp %q, and not %s", name, q.State, q.Stamp, state)
		}
	}
}

// TestQuote: a post quotes another on a third node. Its author's node allows it, and everybody checks that.
func TestQuote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, bas, _ := three(t)
		post := anna.Post("", "Een wijs woord")
		quoting := bas.Quote(post, "Precies")
		if q := w.Quote("provincie", quoting); q.State != content.QuotePending || q.Stamp != "" {
			t.Errorf("before it was allowed it is %+v", q)
		}
		w.Settle()
		w.stands(content.QuoteAccepted, quoting, "gouda", "provincie", "waterschap")
		for _, on := range []string{"gouda", "provincie", "waterschap"} {
			if n := w.Quoted(on, post); n != 1 {
				t.Errorf("%s counts %d quotes", on, n)
			}
		}
		if got := anna.Notified(); !slices.Equal(got, []string{"quote by bas@provincie"}) {
			t.Errorf("anna was told %q", got)
		}
		if i := w.As("cas@waterschap").item(quoting); !strings.Contains(i.Content, `class="quote-inline"`) || !strings.Contains(i.Content, `href="`+post+`"`) {
			t.Errorf("without quotes it reads %s", i.Content)
		}
		cas := w.As("cas@waterschap")
		cas.Asks("POST", fmt.Sprintf("/api/v1/statuses/%d/bookmark", cas.item(quoting).ID), "")
		cas.Asks("GET", "/api/v2/search?q=precies+has:quote&type=statuses", "", "Precies")
		cas.Asks("GET", "/api/v2/search?q=precies+has:link&type=statuses", "", `"statuses":[]`) // the address of what is quoted is none
		// An edit changes neither the quote nor its permission, and who quotes hears of one of what is quoted.
		bas.Edit(quoting, "Heel precies")
		anna.Edit(post, "Een wijzer woord")
		w.Settle()
		w.stands(content.QuoteAccepted, quoting, "gouda", "provincie", "waterschap")
		if got := bas.Notified(); !slices.Equal(got, []string{"follow by cas@waterschap", "quoted_update by anna@gouda"}) {
			t.Errorf("bas was told %q", got)
		}
		if i := w.As("bas@provincie").item(post); !strings.Contains(i.Content, "wijzer") {
			t.Errorf("who quotes has the old text: %s", i.Content)
		}
		// What is gone is quoted no more.
		anna.Delete(post)
		w.Settle()
		w.stands(content.QuoteDeleted, quoting, "gouda", "provincie", "waterschap")
		// Nor does a quote count that is gone itself.
		second := anna.Post("", "Nog een woord")
		again := bas.Quote(second, "Ook waar")
		w.Settle()
		bas.Delete(again)
		w.Settle()
		if n := w.Quoted("gouda", second); n != 0 || len(anna.Notified()) != 1 {
			t.Errorf("a deleted quote is counted %d times, and anna was told %q", n, anna.Notified())
		}
	})
}

// One's own posts, and those of people on the same node, are quoted at once; others check the latter by their stamp.
func TestQuoteAtHome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "waterschap")
		anna, bert := w.Person("anna@gouda"), w.Person("bert@gouda")
		w.Person("cas@waterschap").Follow("anna@gouda")
		w.As("cas@waterschap").Follow("bert@gouda")
		w.Settle()
		post := anna.Post("", "Een wijs woord")
		own, other := anna.Quote(post, "Dat zei ik"), bert.Quote(post, "Dat zei zij")
		if q := w.Quote("gouda", own); q.State != content.QuoteAccepted || q.Stamp != "" {
			t.Errorf("one's own is %+v", q)
		}
		w.Settle()
		w.stands(content.QuoteAccepted, other, "gouda", "waterschap")
		if q := w.Quote("waterschap", own); q.State != content.QuoteAccepted {
			t.Errorf("elsewhere one's own is %+v", q)
		}
		if got := anna.Notified(); !slices.Equal(got[len(got)-1:], []string{"quote by bert@gouda"}) {
			t.Errorf("anna was told %q", got)
		}
		if n := w.Quoted("waterschap", post); n != 2 {
			t.Errorf("elsewhere it is quoted %d times", n)
		}
		// Whoever follows only who quotes hears from that one that what is quoted is gone.
		w.As("cas@waterschap").Unfollow("anna@gouda")
		w.Settle()
		anna.Delete(post)
		w.Settle()
		w.stands(content.QuoteDeleted, other, "gouda")
		w.stands(content.QuoteRevoked, other, "waterschap")
	})
}

// TestQuotePolicy: the author decides who quotes, also when the other node does not know that yet.
func TestQuotePolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, bas, _ := three(t)
		ctx := context.Background()
		nobody, err := anna.draft(outbox.Draft{Text: "Niet overnemen", QuotePolicy: content.PolicyNobody})
		anna.must(err, "posts")
		followers, err := anna.draft(outbox.Draft{Text: "Voor wie volgt", QuotePolicy: content.PolicyFollowers})
		anna.must(err, "posts")
		for _, post := range []string{nobody, followers} {
			if _, err := bas.TryQuote(post, outbox.Draft{Text: "Toch"}); !errors.Is(err, fault.Invalid) {
				t.Errorf("a quote of %s: %v", post, err)
			}
		}
		if _, err := anna.TryQuote(nobody, outbox.Draft{Text: "Zelf wel"}); err != nil {
			t.Errorf("one's own: %v", err)
		}
		bas.Follow("anna@gouda")
		w.Settle()
		quoting := bas.Quote(followers, "Nu wel")
		w.Settle()
		w.stands(content.QuoteAccepted, quoting, "gouda", "provincie", "waterschap")

		// A change is told to who follows.
		changed := anna.Post("", "Toch niet")
		w.Settle()
		_, err = anna.node().Outbox.SetQuotePolicy(ctx, anna.Actor(), anna.item(changed).ID, content.PolicyNobody)
		anna.must(err, "lets nobody quote")
		w.Settle()
		if _, err := bas.TryQuote(changed, outbox.Draft{Text: "Toch"}); !errors.Is(err, fault.Invalid) {
			t.Errorf("a follower's node believes the old policy: %v", err)
		}

		// Changed while the other node believes the old: its request is refused, and nobody shows the quote.
		bas.Unfollow("anna@gouda")
		w.Settle()
		open := anna.Post("", "Eerst wel")
		bas.node().Inbox.Resolve(ctx, open)
		_, err = anna.node().Outbox.SetQuotePolicy(ctx, anna.Actor(), anna.item(open).ID, content.PolicyNobody)
		anna.must(err, "lets nobody quote")
		refused := bas.Quote(open, "Te laat")
		w.Settle()
		w.stands(content.QuoteRejected, refused, "provincie")
		w.stands(content.QuotePending, refused, "waterschap")
		if w.Knows("gouda", refused) || w.Quoted("provincie", open) != 0 {
			t.Error("a refused quote counts")
		}
	})
}

// What is not for everybody is quoted by its author only, and for no more people than it is for.
func TestQuoteOfWhatIsNotForEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda")
		anna, bert := w.Person("anna@gouda"), w.Person("bert@gouda")
		bert.Follow("anna@gouda")
		private, direct := anna.Tell(actors.Followers, "Onder ons"), anna.Tell(actors.Direct, "@bert alleen wij")
		public := anna.Post("", "Voor allen")
		for n, c := range []struct {
			by   *Person
			of   string
			d    outbox.Draft
			want bool
		}{
			{bert, private, outbox.Draft{Text: "x", Audience: actors.Followers}, false},
			{bert, direct, outbox.Draft{Text: "x", Audience: actors.Direct}, false},
			{anna, direct, outbox.Draft{Text: "x", Audience: actors.Direct}, false},
			{anna, private, outbox.Draft{Text: "x"}, false},
			{anna, private, outbox.Draft{Text: "x", Audience: actors.Followers}, true},
			{bert, public, outbox.Draft{Text: "@carla x", Audience: actors.Direct}, false},
			{bert, public, outbox.Draft{Text: "@anna x", Audience: actors.Direct}, true},
			{bert, public, outbox.Draft{Text: "x", Audience: actors.Followers}, true},
			{bert, public, outbox.Draft{Text: "x", Poll: &content.Poll{}}, false},
			{bert, public, outbox.Draft{Text: "x", Files: []media.ID{1}}, false},
			{bert, public, outbox.Draft{Text: "x", QuotePolicy: "friends"}, false},
			{bert, public, outbox.Draft{}, false},
		} {
			if _, err := c.by.TryQuote(c.of, c.d); (err == nil) != c.want || err != nil && !errors.Is(err, fault.Invalid) {
				t.Errorf("%d: %v", n, err)
			}
		}
	})
}

// TestQuoteRevoked: what was allowed is taken back, and everybody hears of it: directly, or from whose post it is.
func TestQuoteRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, bas, _ := three(t)
		w.Person("bert@gouda")
		post := anna.Post("", "Een wijs woord")
		quoting, near := bas.Quote(post, "Precies"), w.As("bert@gouda").Quote(post, "Zo is het")
		w.Settle()
		w.stands(content.QuoteAccepted, quoting, "gouda", "provincie", "waterschap")
		stamp := w.Quote("gouda", quoting).Stamp
		anna.Revoke(post, quoting)
		anna.Revoke(post, near)
		w.Settle()
		w.stands(content.QuoteRevoked, quoting, "gouda", "provincie", "waterschap")
		w.stands(content.QuoteRevoked, near, "gouda")
		if n := w.Quoted("waterschap", post); n != 0 || len(anna.Notified()) != 0 {
			t.Errorf("it is quoted %d times still, and anna was told %q", n, anna.Notified())
		}
		if n := w.Number("waterschap", "SELECT COUNT(*) FROM received WHERE state = 'done' AND actor = $1 AND signer = $1", anna.Actor().IRI); n != 1 {
			t.Errorf("the revocation was passed on with its proof %d times", n)
		}
		r, err := http.NewRequest(http.MethodGet, stamp, nil)
		anna.must(err, "asks")
		r.Header.Set("Accept", "application/activity+json")
		f := w.Foreign("ander", Mastodon)
		answer, err := f.client.Do(r)
		anna.must(err, "asks for %s", stamp)
		answer.Body.Close()
		if answer.StatusCode != http.StatusGone {
			t.Errorf("the stamp is answered with %d", answer.StatusCode)
		}
	})
}

// TestARevocationIsNotSentBack: who follows the one that quotes is told of the revocation, and not by way of its own node.
func TestARevocationIsNotSentBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, bas, _ := three(t)
		anna.Follow("bas@provincie")
		post := anna.Post("", "Een wijs woord")
		quoting := bas.Quote(post, "Precies")
		w.Settle()
		anna.must(w.Node("provincie").DB.Tx(t.Context(), func(tx *db.Tx) error {
			return outbox.Hold(t.Context(), tx, federation.Host(anna.Actor().IRI))
		}), "sees what waits for its node")
		anna.Revoke(post, quoting)
		w.Settle()
		w.stands(content.QuoteRevoked, quoting, "provincie", "waterschap")
		const waiting = "SELECT COUNT(*) FROM deliveries d JOIN activities a ON a.id = d.activity WHERE d.host = $1 AND a.kind = $2"
		for kind, want := range map[string]int{"Delete": 0, "Update": 1} {
			if n := w.Number("provincie", waiting, federation.Host(anna.Actor().IRI), kind); n != want {
				t.Errorf("%d times %s waits for the node of who revoked it, want %d", n, kind, want)
			}
		}
	})
}

// TestStampsAreForThoseWhoMaySee: a permission tells of a post that may be for few.
func TestStampsAreForThoseWhoMaySee(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, bas, cas := three(t)
		w.Person("bert@gouda")
		post := anna.Post("", "Een wijs woord")
		cas.node().Inbox.Resolve(t.Context(), post)
		public := bas.Quote(post, "Precies")
		private, err := bas.TryQuote(post, outbox.Draft{Text: "Onder ons", Audience: actors.Followers})
		bas.must(err, "quotes for followers")
		local, err := w.As("bert@gouda").TryQuote(post, outbox.Draft{Text: "Hier onder ons", Audience: actors.Followers})
		bas.must(err, "quotes for followers")
		w.Settle()
		w.stands(content.QuoteAccepted, private, "gouda", "provincie", "waterschap") // cas follows bas
		for quoting, want := range map[string][2]bool{public: {true, true}, private: {false, true}, local: {false, false}} {
			stamp := w.Quote("gouda", quoting).Stamp
			app, err := cas.node().Dir.Signer(t.Context(), cas.node().Dir.App().ID)
			cas.must(err, "finds a key")
			for n, signer := range []*federation.Signer{nil, &app} {
				doc, err := cas.node().Dir.Client.Document(t.Context(), stamp, signer)
				if (err == nil) != want[n] || err != nil && !errors.Is(err, fault.NotFound) {
					t.Errorf("the permission for %s, asked by %v: %v", quoting, signer != nil, err)
				}
				if err == nil && !strings.Contains(string(doc.Body), quoting) {
					t.Errorf("it says %s", doc.Body)
				}
			}
		}
		if told := anna.Notified(); !slices.Equal(told, []string{"quote by bas@provincie"}) {
			t.Errorf("anna, who follows nobody, was told %q", told)
		}
	})
}

// TestQuoteInGroup: a post in a group is quoted as its audience is, and a quote that is posted in the group is shown to all members.
func TestQuoteInGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, anna, bas, cas := three(t)
		w.Group("wonen@gouda", "anna@gouda")
		bas.Follow("wonen@gouda")
		cas.Follow("wonen@gouda")
		w.Settle()
		cas.Unfollow("bas@provincie")
		w.Settle()
		post := anna.Post("wonen@gouda", "Een plan")
		w.Settle()
		d := outbox.Draft{Text: "Een goed plan", Group: w.actor("provincie", "wonen@gouda").ID}
		inside, err := bas.TryQuote(post, d)
		bas.must(err, "quotes in the group")
		outside := bas.Quote(post, "Lees dit plan")
		w.Settle()
		w.stands(content.QuoteAccepted, inside, "gouda", "provincie", "waterschap")
		w.stands(content.QuoteAccepted, outside, "gouda", "provincie")
		if got := anna.Notified(); !slices.Equal(got, []string{"quote by bas@provincie", "quote by bas@provincie"}) {
			t.Errorf("anna was told %q", got)
		}
		w.Sees("cas@waterschap", "Een goed plan")
		anna.Revoke(post, inside)
		w.Settle()
		w.stands(content.QuoteRevoked, inside, "gouda", "provincie", "waterschap")
	})
}

// TestMastodonQuotes: the documents of Mastodon, both ways.
func TestMastodonQuotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		anna := w.As("anna@gouda")
		f.Person("otto")
		post := anna.Post("", "Een wijs woord")
		// Eve quotes anna.
		iri, note := f.Note("eve", "q1", "Precies", Public(f.Who("eve")+"/followers"), fmt.Sprintf(`"quote":%q,"quoteUri":%q,"_misskey_quote":%q`, post, post, post))
		request := f.Write("eve", `{"type":"QuoteRequest","object":%q,"instrument":%s}`, post, note)
		f.Twice("eve", "gouda", request)
		w.Settle()
		got := f.Got("Accept")
		if len(got) != 1 || got[0].Inbox != path(f.Who("eve"))+"/inbox" || !strings.Contains(string(got[0].Raw), `"instrument":"`+iri+`"`) {
			t.Fatalf("eve was answered %+v", got)
		}
		w.stands(content.QuoteAccepted, iri, "gouda")
		stamp := w.Quote("gouda", iri).Stamp
		if !strings.Contains(string(got[0].Raw), `"result":"`+stamp+`"`) {
			t.Errorf("the answer %s does not name %s", got[0].Raw, stamp)
		}
		if got := anna.Notified(); !slices.Equal(got, []string{"quote by eve@elsewhere"}) {
			t.Errorf("anna was told %q", got)
		}
		// Then it comes itself, with what she was given; asked again, she is given the same.
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, strings.Replace(note, `"quote":`, fmt.Sprintf(`"quoteAuthorization":%q,"quote":`, stamp), 1))
		f.Send("eve", "gouda", `{"type":"QuoteRequest","object":%q,"instrument":%q}`, post, iri)
		w.Settle()
		if n := len(f.Got("Accept")); n != 2 || w.Quoted("gouda", post) != 1 {
			t.Errorf("%d answers, %d quotes", n, w.Quoted("gouda", post))
		}
		// After it was taken back nobody is given it again.
		anna.Revoke(post, iri)
		f.Send("eve", "gouda", `{"type":"QuoteRequest","object":%q,"instrument":%s}`, post, note)
		f.Send("eve", "gouda", `{"type":"Update","object":%s}`, strings.Replace(note, `"quote":`, fmt.Sprintf(`"updated":"2099-01-01T00:00:00Z","quoteAuthorization":%q,"quote":`, stamp), 1))
		w.Settle()
		if n := len(f.Got("Reject")); n != 1 {
			t.Errorf("%d refusals", n)
		}
		if d := f.Got("Delete"); len(d) != 1 || d[0].ObjectID() != stamp {
			t.Errorf("eve was told %+v", d)
		}
		w.stands(content.QuoteRevoked, iri, "gouda")

		// Anna quotes eve: a request with the post in it, and an Update once it is allowed.
		theirs, hers := f.Note("eve", "1", "Van Eve", Public(f.Who("eve")+"/followers"), `"interactionPolicy":{"canQuote":{"automaticApproval":["https://www.w3.org/ns/activitystreams#Public"]}}`)
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, hers)
		f.Send("otto", "gouda", `{"type":"Follow","object":%q}`, anna.Actor().IRI)
		quoting := anna.Quote(theirs, "Kijk eens")
		w.Settle()
		asked := f.Got("QuoteRequest")
		if len(asked) != 1 || asked[0].Inbox != path(f.Who("eve"))+"/inbox" || asked[0].ObjectID() != theirs || !strings.Contains(string(asked[0].Raw), `"instrument":{`) {
			t.Fatalf("eve was asked %+v", asked)
		}
		given := f.Base() + "/users/eve/quote_authorizations/1"
		f.Send("eve", "gouda", `{"type":"Accept","to":%q,"object":%q,"result":%q}`, anna.Actor().IRI, asked[0].ID, given)
		w.Settle()
		w.stands(content.QuoteAccepted, quoting, "gouda")
		updates := f.Got("Update")
		if len(updates) != 1 || !strings.Contains(string(updates[0].Raw), `"quoteAuthorization":"`+given+`"`) {
			t.Errorf("otto got %+v", updates)
		}
		f.Send("eve", "gouda", `{"type":"Delete","object":{"id":%q,"type":"QuoteAuthorization","attributedTo":%q,"interactingObject":%q,"interactionTarget":%q}}`, given, f.Who("eve"), quoting, theirs)
		w.Settle()
		w.stands(content.QuoteRevoked, quoting, "gouda")
		if updates := f.Got("Update"); len(updates) != 2 || strings.Contains(string(updates[1].Raw), "quoteAuthorization\":\"") {
			t.Errorf("otto got %+v", updates)
		}
		// A block says more than a policy.
		anna.must(anna.node().Outbox.Block(t.Context(), anna.Actor(), w.actor("gouda", "otto@elsewhere")), "blocks otto")
		blocked, note := f.Note("otto", "b", "Haha", Public(), fmt.Sprintf(`"quote":%q`, post))
		f.Send("otto", "gouda", `{"type":"QuoteRequest","object":%q,"instrument":%s}`, post, note)
		w.Settle()
		if n := len(f.Got("Reject")); n != 2 || w.Knows("gouda", blocked) {
			t.Errorf("%d refusals after otto asked", n)
		}
		// She may refuse at once, too.
		second := anna.Quote(theirs, "Nog eens")
		w.Settle()
		f.Send("eve", "gouda", `{"type":"Reject","to":%q,"object":%s}`, anna.Actor().IRI, f.Got("QuoteRequest")[1].Raw)
		w.stands(content.QuoteRejected, second, "gouda")
	})
}

// TestQuotesWithoutPermission: servers that ask nobody, as before FEP-044f, name what they quote; it is not shown.
func TestQuotesWithoutPermission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		f.Person("otto")
		theirs, _ := f.Note("otto", "1", "Van Otto", Public(), "")
		own, _ := f.Note("eve", "0", "Van Eve", Public(), "")
		post := w.As("anna@gouda").Post("", "Van Anna")
		for name, c := range map[string]struct{ more, want string }{
			"old":           {fmt.Sprintf(`"_misskey_quote":%q,"quoteUrl":%q`, theirs, theirs), content.QuoteUnauthorized},
			"older":         {fmt.Sprintf(`"tag":[{"type":"Link","rel":"https://misskey-hub.net/ns#_misskey_quote","href":%q}]`, theirs), content.QuoteUnauthorized},
			"of us":         {fmt.Sprintf(`"quoteUri":%q`, post), content.QuoteUnauthorized},
			"unanswered":    {fmt.Sprintf(`"quote":%q`, theirs), content.QuotePending},
			"her own":       {fmt.Sprintf(`"quote":%q`, own), content.QuoteAccepted},
			"a lost one":    {fmt.Sprintf(`"quote":"%s/posts/none"`, f.Base()), content.QuoteUnauthorized},
			"of itself":     {fmt.Sprintf(`"quote":"%s/posts/of%%20itself"`, f.Base()), ""},
			"no permission": {fmt.Sprintf(`"quote":%q,"quoteAuthorization":"%s/none"`, theirs, f.Base()), content.QuoteUnauthorized},
		} {
			iri, note := f.Note("eve", strings.ReplaceAll(name, " ", "%20"), "Let op", Public(f.Who("eve")+"/followers"), c.more)
			f.Send("eve", "gouda", `{"type":"Create","object":%s}`, note)
			w.Settle()
			if got := w.Quote("gouda", iri); got.State != c.want {
				t.Errorf("%s is %+v, and not %q", name, got, c.want)
			}
		}
		if len(w.As("anna@gouda").Notified()) != 0 {
			t.Error("a quote that nobody allowed is told")
		}
	})
}

// Who is banned from a group does not quote what its members post there, as long as that lasts.
func TestWhoIsBannedDoesNotQuote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m, group, _ := house(t)
		post := w.As("chris@provincie").Post("wonen@provincie", "Een plan")
		ban := m.Write("mo", `{"type":"Block","object":%q,"target":%q}`, m.Who("mia"), group.IRI)
		m.Twice("mo", "provincie", ban)
		_, note := m.Note("mia", "q", "Dat plan", Public(), fmt.Sprintf(`"quote":%q`, post))
		before := len(m.Got("Reject"))
		m.Send("mia", "provincie", `{"type":"QuoteRequest","object":%q,"instrument":%s}`, post, note)
		w.Settle()
		if n := len(m.Got("Reject")) - before; n != 1 || w.Quoted("provincie", post) != 0 {
			t.Errorf("%d refusals, %d quotes", n, w.Quoted("provincie", post))
		}
		m.Send("mo", "provincie", `{"type":"Undo","object":%s}`, ban)
		m.Send("mia", "provincie", `{"type":"QuoteRequest","object":%q,"instrument":%s}`, post, note)
		w.Settle()
		if n := w.Quoted("provincie", post); n != 1 {
			t.Errorf("after the ban %d quotes", n)
		}
	})
}
