// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
)

// rivals are eve and otto on one server, and mallory on another, whom anna follows.
func rivals(t *testing.T) (w *World, f, m *Foreign) {
	w, f = town(t, Mastodon)
	f.Person("otto")
	m = w.Foreign("mallory", Mastodon)
	m.Person("mallory")
	w.As("anna@gouda").Follow("mallory@mallory")
	w.Settle()
	m.Send("mallory", "gouda", `{"type":"Accept","object":%s}`, m.Got("Follow")[0].Raw)
	return w, f, m
}

func stamp(id, author, interacting, target string) string {
	return fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"QuoteAuthorization","attributedTo":%q,"interactingObject":%q,"interactionTarget":%q}`, id, author, interacting, target)
}

// TestForgedStamps: a permission counts that its author's own server shows, for this post and that one, and no other.
func TestForgedStamps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f, m := rivals(t)
		anna := w.As("anna@gouda")
		target, _ := f.Note("otto", "1", "Van Otto", Public(), "")
		another, _ := f.Note("otto", "2", "Ook van Otto", Public(), "")
		ours := anna.Post("", "Van Anna")
		// Eve may quote anna: it is her permission, and not mallory's.
		_, note := f.Note("eve", "q", "Precies", Public(), fmt.Sprintf(`"quote":%q`, ours))
		f.Send("eve", "gouda", `{"type":"QuoteRequest","object":%q,"instrument":%s}`, ours, note)
		eves := w.Quote("gouda", f.Base()+"/posts/q").Stamp
		if eves == "" {
			t.Fatal("eve was given no permission")
		}
		number := 0
		quote := func(target, at, doc string) content.Quote {
			t.Helper()
			number++
			iri, note := m.Note("mallory", fmt.Sprint(number), "Kijk eens", Public(m.Who("mallory")+"/followers"), fmt.Sprintf(`"quote":%q,"quoteAuthorization":%q`, target, at))
			doc = strings.ReplaceAll(doc, "{post}", iri)
			switch {
			case strings.HasPrefix(at, f.Base()):
				f.Serve(at, doc)
			case strings.HasPrefix(at, m.Base()):
				m.Serve(at, doc)
			}
			m.Send("mallory", "gouda", `{"type":"Create","object":%s}`, note)
			w.Settle()
			return w.Quote("gouda", iri)
		}
		at, otto := f.Base()+"/stamps/", f.Who("otto")
		for name, c := range map[string]struct{ target, at, doc string }{
			"of her own server":        {target, m.Base() + "/stamps/1", stamp(m.Base()+"/stamps/1", otto, "{post}", target)},
			"for another's post":       {target, at + "2", stamp(at+"2", otto, f.Base()+"/posts/q", target)},
			"by another there":         {target, at + "3", stamp(at+"3", f.Who("eve"), "{post}", target)},
			"for something else":       {target, at + "4", stamp(at+"4", otto, "{post}", another)},
			"with another id":          {target, at + "5", stamp(at+"6", otto, "{post}", target)},
			"that is a note":           {target, at + "7", strings.Replace(stamp(at+"7", otto, "{post}", target), "QuoteAuthorization", "Note", 1)},
			"that is no document":      {target, at + "8", `<html></html>`},
			"of this node, for eve":    {ours, eves, ""},
			"of this node, made up":    {ours, "http://gouda.example/stamps/1", ""},
			"of hers, for a post here": {ours, m.Base() + "/stamps/2", stamp(m.Base()+"/stamps/2", anna.Actor().IRI, "{post}", ours)},
		} {
			if got := quote(c.target, c.at, c.doc); got.State == content.QuoteAccepted {
				t.Errorf("a permission %s was taken: %+v", name, got)
			}
		}
		if answer, err := f.client.Get(eves); err != nil || answer.Body.Close() != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("after that eve's own permission is not shown: %v", err)
		}
		f.ServeAs(at+"9", http.StatusOK, "application/json", stamp(at+"9", otto, m.Base()+"/posts/x", target)) // an upload
		_, note = m.Note("mallory", "x", "Kijk", Public(m.Who("mallory")+"/followers"), fmt.Sprintf(`"quote":%q,"quoteAuthorization":%q`, target, at+"9"))
		m.Send("mallory", "gouda", `{"type":"Create","object":%s}`, note)
		w.Settle()
		if got := w.Quote("gouda", m.Base()+"/posts/x"); got.State == content.QuoteAccepted {
			t.Error("an uploaded file was taken for a permission")
		}
		good := quote(target, at+"10", stamp(at+"10", otto, "{post}", target))
		if good.State != content.QuoteAccepted || w.Quoted("gouda", target) != 1 || w.Quoted("gouda", ours) != 1 {
			t.Errorf("the true one is %+v, and the counts are %d and %d", good, w.Quoted("gouda", target), w.Quoted("gouda", ours))
		}
		// Only otto takes it back; after that it is of no use to show it again.
		iri := m.Base() + "/posts/" + fmt.Sprint(number)
		m.Send("mallory", "gouda", `{"type":"Delete","object":%q}`, at+"10")
		f.Send("eve", "gouda", `{"type":"Delete","object":%q}`, at+"10")
		f.Send("eve", "gouda", `{"type":"Delete","object":%s}`, stamp(at+"10", f.Who("eve"), iri, target))
		w.stands(content.QuoteAccepted, iri, "gouda")
		f.Send("otto", "gouda", `{"type":"Delete","object":%q}`, at+"10")
		w.stands(content.QuoteRevoked, iri, "gouda")
		for n, more := range []string{`"quoteAuthorization":"` + at + `10"`, `"quoteAuthorization":"` + at + `10#again"`} {
			_, note = m.Note("mallory", fmt.Sprint(number), "Kijk eens", Public(m.Who("mallory")+"/followers"), fmt.Sprintf(`"quote":%q,%s`, target, more))
			m.Send("mallory", "gouda", `{"type":"Update","object":%s}`, note)
			w.Settle()
			if got := w.Quote("gouda", iri); got.State == content.QuoteAccepted {
				t.Errorf("shown again (%d), it counts: %+v", n, got)
			}
		}
	})
}

// TestForgedQuoteAnswers: who was not asked has no say, and nobody answers twice.
func TestForgedQuoteAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f, m := rivals(t)
		anna := w.As("anna@gouda")
		open := `"interactionPolicy":{"canQuote":{"automaticApproval":["https://www.w3.org/ns/activitystreams#Public"]}}`
		target, _ := f.Note("otto", "1", "Van Otto", Public(), open)
		quoting := anna.Quote(target, "Kijk eens")
		w.Settle()
		request, own := f.Got("QuoteRequest")[0], f.Base()+"/stamps/1"
		refused := func(by *Foreign, who, format string, args ...any) {
			t.Helper()
			body := by.Write(who, format, args...)
			by.Post(who, "gouda", body)
			var id string
			for _, part := range strings.Split(string(body), `"`) {
				if strings.Contains(part, "/activities/"+who) {
					id = part
				}
			}
			if state, reason := w.Fate("gouda", id); state != "refused" {
				t.Errorf("%s is %q: %s", body, state, reason)
			}
		}
		embedded := fmt.Sprintf(`{"id":%q,"type":"QuoteRequest","actor":%q,"object":%q,"instrument":%q}`, request.ID, anna.Actor().IRI, target, quoting)
		refused(m, "mallory", `{"type":"Accept","object":%q,"result":"%s/stamps/1"}`, request.ID, m.Base())
		refused(m, "mallory", `{"type":"Accept","object":%s,"result":%q}`, embedded, own)
		refused(m, "mallory", `{"type":"Reject","object":%s}`, embedded)
		refused(f, "eve", `{"type":"Accept","object":%s,"result":%q}`, embedded, own)
		refused(f, "otto", `{"type":"Accept","object":%s,"result":"%s/stamps/1"}`, embedded, m.Base())
		refused(f, "otto", `{"type":"Accept","object":%s,"result":"http://gouda.example/stamps/1"}`, embedded)
		refused(f, "otto", `{"type":"Accept","object":%s}`, embedded)
		refused(f, "otto", `{"type":"Accept","object":%s,"result":%q}`, strings.Replace(embedded, request.ID, "http://gouda.example/activities/1", 1), own)
		w.stands(content.QuotePending, quoting, "gouda")
		f.Send("otto", "gouda", `{"type":"Accept","object":%s,"result":%q}`, embedded, own)
		w.stands(content.QuoteAccepted, quoting, "gouda")
		refused(f, "otto", `{"type":"Accept","object":%s,"result":%q}`, embedded, own+"2")
		f.Send("otto", "gouda", `{"type":"Reject","object":%s}`, embedded)
		w.stands(content.QuoteRevoked, quoting, "gouda")
		refused(f, "otto", `{"type":"Accept","object":%s,"result":%q}`, embedded, own+"3")
		w.stands(content.QuoteRevoked, quoting, "gouda")
	})
}

// TestForgedQuoteRequests: permission is given for one's own post that quotes this one; and of what one may not see there is not even a refusal.
func TestForgedQuoteRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f, m := rivals(t)
		anna := w.As("anna@gouda")
		post, other, private := anna.Post("", "Van Anna"), anna.Post("", "Ook van Anna"), anna.Tell(actors.Followers, "Onder ons")
		_, hers := f.Note("eve", "1", "Precies", Public(), fmt.Sprintf(`"quote":%q`, post))
		_, own := m.Note("mallory", "1", "Precies", Public(), fmt.Sprintf(`"quote":%q`, post))
		_, hidden := m.Note("mallory", "2", "Precies", Public(), fmt.Sprintf(`"quote":%q`, private))
		gone, deleted := m.Note("mallory", "3", "Precies", Public(), fmt.Sprintf(`"quote":%q`, post))
		m.Send("mallory", "gouda", `{"type":"Delete","object":%q}`, gone)
		for name, text := range map[string]string{
			"for another's post":       fmt.Sprintf(`{"type":"QuoteRequest","object":%q,"instrument":%s}`, post, hers),
			"for another's post by id": fmt.Sprintf(`{"type":"QuoteRequest","object":%q,"instrument":"%s/posts/1"}`, post, f.Base()),
			"in another's name":        fmt.Sprintf(`{"type":"QuoteRequest","object":%q,"instrument":%s}`, post, strings.Replace(own, m.Who("mallory"), f.Who("eve"), 1)),
			"with an id of another":    fmt.Sprintf(`{"type":"QuoteRequest","object":%q,"instrument":%s}`, post, strings.Replace(own, m.Base()+"/posts", f.Base()+"/posts", 1)),
			"of something else":        fmt.Sprintf(`{"type":"QuoteRequest","object":%q,"instrument":%s}`, other, own),
			"of what is hidden":        fmt.Sprintf(`{"type":"QuoteRequest","object":%q,"instrument":%s}`, private, hidden),
			"of what is not":           `{"type":"QuoteRequest","object":"http://gouda.example/posts/1","instrument":` + strings.Replace(own, post, "http://gouda.example/posts/1", 1) + `}`,
			"of what is not ours":      fmt.Sprintf(`{"type":"QuoteRequest","object":"%s/posts/1","instrument":%s}`, f.Base(), own),
			"for what was deleted":     fmt.Sprintf(`{"type":"QuoteRequest","object":%q,"instrument":%s}`, post, deleted),
			"for nothing":              fmt.Sprintf(`{"type":"QuoteRequest","object":%q}`, post),
		} {
			m.Post("mallory", "gouda", m.Write("mallory", "%s", text))
			w.Settle()
			if n := len(m.Got("Accept")) + len(m.Got("Reject")); n != 0 {
				t.Fatalf("a request %s was answered", name)
			}
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM received WHERE state = 'refused' AND actor = $1", m.Who("mallory")); n != 10 {
			t.Errorf("%d requests were refused", n)
		}
		if w.Quoted("gouda", post) != 0 || len(anna.Notified()) != 0 {
			t.Error("a forged request had an effect")
		}
		// Not even for somebody of the same server, whose post is here already.
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, hers)
		f.Send("otto", "gouda", `{"type":"QuoteRequest","object":%q,"instrument":"%s/posts/1"}`, post, f.Base())
		w.stands(content.QuotePending, f.Base()+"/posts/1", "gouda")
		m.Send("mallory", "gouda", `{"type":"QuoteRequest","object":%q,"instrument":%s}`, post, own)
		w.Settle()
		if len(m.Got("Accept")) != 1 {
			t.Error("the true request was not answered")
		}
	})
}

// TestAPostShownAsAStampIsStillDeleted: who shows the address of another's post as a permission does not keep that from being deleted.
func TestAPostShownAsAStampIsStillDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f, m := rivals(t)
		for n, target := range []string{"another", "the same"} {
			victim, note := f.Note("eve", fmt.Sprint("v", n), "Van Eve", Public(f.Who("eve")+"/followers"), "")
			f.Send("eve", "gouda", `{"type":"Create","object":%s}`, note)
			w.Settle()
			quoted, _ := f.Note("otto", fmt.Sprint("o", n), "Van Otto", Public(), "")
			if target == "the same" {
				quoted = victim
			}
			_, note = m.Note("mallory", fmt.Sprint("m", n), "Kijk", Public(m.Who("mallory")+"/followers"), fmt.Sprintf(`"quote":%q,"quoteAuthorization":%q`, quoted, victim))
			m.Send("mallory", "gouda", `{"type":"Create","object":%s}`, note)
			w.Settle()
			if !w.Knows("gouda", victim) {
				t.Fatal("eve's post did not come")
			}
			f.Send("eve", "gouda", `{"type":"Delete","object":%q}`, victim)
			w.Settle()
			if w.Knows("gouda", victim) {
				t.Errorf("a post is not deleted that is shown as a permission to quote %s", target)
			}
		}
	})
}
