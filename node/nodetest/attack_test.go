// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/federation"
)

// TestForgeries: what is not signed as its actor signs is refused, and leaves nothing behind.
func TestForgeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		mallory := w.Foreign("mallory", Mastodon)
		mallory.Person("mallory")
		// Her document says that eve's key is hers too, and that her key is eve's.
		mallory.Person("liar", map[string]any{"publicKey": map[string]any{"id": mallory.Base() + "/users/liar#main-key", "owner": f.Who("eve"),
			"publicKeyPem": federation.EncodePEM(&mallory.Signer("mallory").RSA.PublicKey)}})
		mallory.ServeAs("/media/eve.json", http.StatusOK, "application/activity+json",
			strings.ReplaceAll(string(f.doc(f.Who("eve")).body), federation.EncodePEM(&f.Signer("eve").RSA.PublicKey), federation.EncodePEM(&mallory.Signer("mallory").RSA.PublicKey)))
		f.ServeAs("/media/upload.json", http.StatusOK, "application/json", fmt.Sprintf(`{"id":"%[1]s/media/upload.json","type":"Person","preferredUsername":"upload","inbox":"%[1]s/inbox",
			"publicKey":{"id":"%[1]s/media/upload.json#k","owner":"%[1]s/media/upload.json","publicKeyPem":%[2]q}}`, f.Base(), federation.EncodePEM(&mallory.Signer("mallory").RSA.PublicKey)))
		eve, wrong := f.Signer("eve"), f.Signer("eve")
		wrong.RSA = mallory.Signer("mallory").RSA
		lie, otherOrigin, media, upload := wrong, wrong, wrong, wrong
		lie.KeyID = mallory.Base() + "/users/liar#main-key"
		otherOrigin.KeyID = mallory.Who("mallory") + "#main-key"
		media.KeyID = mallory.Base() + "/media/eve.json#main-key"
		upload.KeyID = f.Base() + "/media/upload.json#k"
		_, note := f.Note("eve", "forged", "Vervalst", Public(f.Who("eve")+"/followers"), "")
		f.ServeAs(f.Base()+"/posts/forged", http.StatusNotFound, "text/plain", "")
		for _, c := range []struct {
			name    string
			forgery Forgery
			want    int
		}{
			{"unsigned", Forgery{Unsigned: true}, 401},
			{"another's key under her id", Forgery{Signer: wrong}, 401},
			{"the same by RFC 9421", Forgery{Signer: wrong, Scheme: federation.RFC9421}, 401},
			{"a key whose owner is said to be eve", Forgery{Signer: lie}, 401},
			{"a document with eve's id at another place", Forgery{Signer: media}, 401},
			{"an uploaded file as an actor", Forgery{Signer: upload}, 401},
			{"signed for another host", Forgery{Signer: eve, For: "provincie.example"}, 401},
			{"signed for another host by RFC 9421", Forgery{Signer: eve, Scheme: federation.RFC9421, For: "provincie.example"}, 401},
			{"of yesterday", Forgery{Signer: eve, Signed: func(r *http.Request) {
				r.Header.Set("Date", time.Now().Add(-24*time.Hour).UTC().Format(http.TimeFormat))
			}}, 401},
			{"to another path", Forgery{Signer: eve, Signed: func(r *http.Request) { r.URL.Path = "/users/anna/inbox" }}, 401},
			{"without its digest", Forgery{Signer: eve, Signed: func(r *http.Request) { r.Header.Del("Digest") }}, 401},
			{"covering the date only", Forgery{Signer: eve, Signed: func(r *http.Request) {
				r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), `headers="`, `headers="date" x="`, 1))
			}}, 401},
			{"signed by somebody else", Forgery{Signer: mallory.Signer("mallory")}, 202}, // as if passed on: its origin decides
		} {
			body := f.Write("eve", `{"type":"Create","object":%s}`, note)
			if got := f.Forge("gouda", body, c.forgery); got != c.want {
				t.Errorf("%s: answered %d, not %d", c.name, got, c.want)
			}
		}
		swapped := []byte(strings.Replace(string(f.Write("eve", `{"type":"Create","object":%s}`, note)), "Vervalst", "Verv4lst", 1))
		for _, scheme := range []federation.Scheme{federation.Cavage, federation.RFC9421} {
			if got := f.Forge("gouda", f.Write("eve", `{"type":"Create","object":%s}`, note), Forgery{Signer: eve, Scheme: scheme, Body: swapped}); got != 401 {
				t.Errorf("a swapped body (%v) was answered %d", scheme, got)
			}
		}
		if w.Knows("gouda", f.Base()+"/posts/forged") {
			t.Error("a forgery got in")
		}
	})
}

// TestOriginRules: an activity of one's own about what is somebody else's has no effect (FEP-fe34).
func TestOriginRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		m := w.Foreign("mallory", Mastodon)
		m.Person("mallory")
		w.As("anna@gouda").Follow("mallory@mallory")
		w.Settle()
		m.Send("mallory", "gouda", `{"type":"Accept","object":%s}`, m.Got("Follow")[0].Raw)
		post, note := f.Note("eve", "1", "Van Eve", Public(f.Who("eve")+"/followers"), "")
		f.Send("eve", "gouda", `{"type":"Create","object":%s}`, note)
		own := w.As("anna@gouda").Post("", "Van Anna")
		eve, anna := f.Who("eve"), w.As("anna@gouda").Actor()
		changed := strings.Replace(note, "Van Eve", "Van Mallory", 1)
		_, hers := m.Note("mallory", "1", "Toch van mij", Public(m.Who("mallory")+"/followers"), "")
		for _, text := range []string{
			fmt.Sprintf(`{"type":"Create","object":%s}`, strings.Replace(changed, "/posts/1", "/posts/2", 1)),
			fmt.Sprintf(`{"type":"Create","object":%s}`, strings.Replace(hers, m.Base()+"/posts/1", f.Base()+"/posts/3", 1)),
			fmt.Sprintf(`{"type":"Create","object":%s}`, strings.Replace(hers, m.Who("mallory"), eve, 1)),
			fmt.Sprintf(`{"type":"Update","object":%s}`, changed),
			fmt.Sprintf(`{"type":"Update","object":%s}`, strings.Replace(changed, eve, m.Who("mallory"), 1)),
			fmt.Sprintf(`{"type":"Update","object":%s}`, strings.Replace(string(f.doc(eve).body), `"name":"Eve"`, `"name":"Mallory"`, 1)),
			fmt.Sprintf(`{"type":"Announce","object":{"id":%q,"type":"Update","actor":%q,"object":%s}}`, f.Base()+"/u/1", eve, strings.Replace(string(f.doc(eve).body), `"name":"Eve"`, `"name":"Mallory"`, 1)),
			fmt.Sprintf(`{"type":"Delete","object":%q}`, post),
			fmt.Sprintf(`{"type":"Delete","object":%q}`, own),
			fmt.Sprintf(`{"type":"Delete","object":%q}`, eve),
			fmt.Sprintf(`{"type":"Delete","object":%q}`, anna.IRI),
			fmt.Sprintf(`{"type":"Undo","object":{"id":"%s/x","type":"Follow","actor":%q,"object":%q}}`, f.Base(), eve, anna.IRI),
			fmt.Sprintf(`{"type":"Accept","object":{"id":"%s/x","type":"Follow","actor":%q,"object":%q}}`, w.Node("gouda").Base, anna.IRI, eve),
			fmt.Sprintf(`{"type":"Reject","object":{"id":"%s/x","type":"Follow","actor":%q,"object":%q}}`, w.Node("gouda").Base, anna.IRI, eve),
			fmt.Sprintf(`{"type":"Move","object":%q,"target":%q}`, eve, m.Who("mallory")),
			fmt.Sprintf(`{"type":"Add","object":%q,"target":%q}`, post, eve+"/featured"),
			fmt.Sprintf(`{"type":"Add","object":%q}`, post),
			fmt.Sprintf(`{"type":"Lock","object":%q}`, post),
			fmt.Sprintf(`{"type":"Block","object":%q}`, eve),
		} {
			body := m.Write("mallory", "%s", text)
			if status := m.Post("mallory", "gouda", body); status != http.StatusAccepted {
				t.Errorf("%s was answered %d", body, status)
			}
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM received WHERE state <> 'refused' AND actor = $1", m.Who("mallory")); n != 1 { // the Accept
			t.Errorf("%d of mallory's activities were not refused", n-1)
		}
		w.Sees("anna@gouda", "Van Eve", "Van Anna")
		w.SeesNot("anna@gouda", "Mallory", "Toch van mij")
		if n := w.Number("gouda", "SELECT COUNT(*) FROM actors WHERE iri = $1 AND title = 'Eve' AND deleted = 0 AND moved_to = ''", eve); n != 1 {
			t.Error("eve has been changed")
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM relations WHERE state = 'active'"); n != 2 {
			t.Errorf("%d relations are left", n)
		}
	})
}

// A server that says its actor is gone says that of its own actors only.
func TestAGoneKeyDeletesNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		m := w.Foreign("mallory", Mastodon)
		m.Person("gone")
		m.ServeAs(m.Who("gone"), http.StatusGone, "text/plain", "")
		body := f.Write("eve", `{"type":"Delete","object":%q}`, f.Who("eve"))
		if status := f.Forge("gouda", body, Forgery{Signer: m.Signer("gone")}); status != http.StatusUnauthorized {
			t.Errorf("answered %d", status)
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM actors WHERE iri = $1 AND deleted = 0", f.Who("eve")); n != 1 {
			t.Fatal("eve has been deleted by a stranger")
		}
		f.ServeAs(f.Who("eve"), http.StatusGone, "text/plain", "")
		w.Pass(25 * time.Hour) // the key is read anew
		if status := f.Post("eve", "gouda", f.Write("eve", `{"type":"Delete","object":%q}`, f.Who("eve"))); status != http.StatusAccepted {
			t.Errorf("her own Delete was answered %d", status)
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM actors WHERE iri = $1 AND deleted = 0", f.Who("eve")); n != 0 {
			t.Error("eve is still there")
		}
	})
}

// TestForwardedActivities: who passes on what another said vouches for nothing; neither can it keep the real thing away.
func TestForwardedActivities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		m := w.Foreign("mallory", Mastodon)
		m.Person("mallory")
		_, note := f.Note("eve", "1", "Echt", Public(f.Who("eve")+"/followers"), "")
		id := f.Base() + "/activities/known"
		real := f.Write("eve", `{"id":%q,"type":"Create","object":%s}`, id, note)
		forged := []byte(strings.Replace(string(real), "Echt", "Vals", 1))
		m.Post("mallory", "gouda", forged)
		if state, reason := w.Fate("gouda", id); state != "refused" {
			t.Errorf("the forged copy is %s: %s", state, reason)
		}
		w.SeesNot("anna@gouda", "Vals")
		f.Twice("eve", "gouda", real)
		w.Sees("anna@gouda", "Echt")
		// What the origin shows counts, not what was passed on.
		_, note = f.Note("eve", "2", "Aan de bron", Public(f.Who("eve")+"/followers"), "")
		id = f.Base() + "/activities/shown"
		real = f.Write("eve", `{"id":%q,"type":"Create","object":%s}`, id, note)
		f.Serve(id, string(real))
		m.Post("mallory", "gouda", []byte(strings.Replace(string(real), "Aan de bron", "Vervalst", 1)))
		w.Sees("anna@gouda", "Aan de bron")
		w.SeesNot("anna@gouda", "Vervalst")
	})
}

// What concerns nobody here is not kept, however it comes.
func TestUnsolicitedFloodsAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := town(t, Mastodon)
		s := w.Foreign("spam", Mastodon)
		s.Person("spam")
		before := w.Number("gouda", "SELECT COUNT(*) FROM items")
		for n := range 5 {
			iri, note := s.Note("spam", fmt.Sprint(n), "Koop nu", Public(), "")
			s.Send("spam", "gouda", `{"type":"Create","object":%s}`, note)
			s.Send("spam", "gouda", `{"type":"Create","object":%q}`, iri)
			s.Send("spam", "gouda", `{"type":"Update","object":%s}`, note)
			s.Send("spam", "gouda", `{"type":"Announce","object":%q}`, iri)
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM items"); n != before {
			t.Errorf("%d of a stranger's posts were kept", n-before)
		}
		if n := s.Asked("/posts/1"); n != 0 {
			t.Errorf("a stranger's post was fetched %d times", n)
		}
	})
}

// An actor that says that another's page is its own is not found under it.
func TestAPageBelongsToItsServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		m := w.Foreign("mallory", Mastodon)
		f.Person("vera", map[string]any{"url": f.Base() + "/@vera"})
		f.Serve("/@vera", string(f.doc(f.Who("vera")).body))
		m.Person("mallory", map[string]any{"url": f.Base() + "/@vera"})
		w.As("anna@gouda").Follow("mallory@mallory")
		a, _, err := w.Node("gouda").Inbox.Resolve(t.Context(), f.Base()+"/@vera")
		if err != nil || a == nil || a.IRI != f.Who("vera") {
			t.Errorf("vera's page leads to %+v, %v", a, err)
		}
	})
}
