// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// has checks what a page says, and with ! what it does not.
func (a answer) has(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		want, not := strings.CutPrefix(part, "!")
		if strings.Contains(a.text, want) == not {
			t.Errorf("%s: contains %q is %v\n%s", a.Request.URL, want, not, a.text[strings.Index(a.text, "<main"):])
		}
	}
}

func (a answer) is(t *testing.T, status int) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("%s %s: %s, want %d\n%s", a.Request.Method, a.Request.URL, a.Status, status, a.text)
	}
}

func (a answer) leads(t *testing.T, status int, to string) {
	t.Helper()
	if a.StatusCode != status || a.Header.Get("Location") != to {
		t.Fatalf("%s %s: %s to %q, want %d to %q", a.Request.Method, a.Request.URL, a.Status, a.Header.Get("Location"), status, to)
	}
}

func TestFrontPageTellsWhatThisIs(t *testing.T) {
	h := newHouse(t, false)
	front := h.browser().get("/")
	front.is(t, http.StatusOK)
	front.has(t, "<h1>Gemeente Gouda</h1>", "Wonen in Midden-Holland", "3 leden · 2 organisaties", "Klimaatadaptatie", "De raad vergadert vanavond",
		"@org@"+h.Base.Host, `href="/login?return=%2F"`, "!Alleen voor volgers", "!Alleen voor Bas", "!In Alphen")
}

func TestPagesOnEachDatabase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouseOn(t, d, false)
		b := h.loggedIn("anna@gouda.example")
		h.token(b, h.app("Tusky"))
		for _, who := range []*browser{h.browser(), b} {
			for path, text := range map[string]string{"/": "3 leden · 2 organisaties", "/@anna": "Vastgezet", "/@anna?max=" + fmt.Sprint(h.posts["peiling"].ID): "Goedemorgen", "/groups/wonen": "2 organisaties",
				"/org": "De raad", h.path("vraag/1"): "Dan plan ik", h.path("foto"): "Rij huizen", "/tags/flexwonen": "Welke gemeente"} {
				page := who.get(path)
				page.is(t, http.StatusOK)
				page.has(t, text)
			}
		}
		list := b.get("/settings/sessions")
		list.has(t, "<strong>Tusky</strong>", "nog niet")
		b.post("/settings/sessions/end", list.form()).is(t, http.StatusSeeOther)
	})
}

func TestFrontPageKeepsQuietAboutGroupsThatDo(t *testing.T) {
	h := newHouse(t, false)
	h.group.Discoverable = false
	h.tx(func(ctx context.Context, tx *db.Tx) error { return h.Dir.Save(ctx, tx, h.group) })
	h.suspend(h.named("klimaat"))
	h.browser().get("/").has(t, `!class="card"`, "Er zijn hier nog geen open groepen.")
}

func TestGroupPageShowsMembersOrganisationsAndPosts(t *testing.T) {
	h := newHouse(t, false)
	page := h.browser().get("/groups/wonen")
	page.is(t, http.StatusOK)
	page.has(t, ">Wonen in Midden-Holland</h1>", "3 leden", "2 organisaties", "@wonen@"+h.Base.Host, "Welke gemeente heeft ervaring", "63%", "!In Alphen staan er",
		`<link rel="alternate" type="application/activity+json" href="`+h.group.IRI+`">`, "!noindex")
	h.browser().get("/groups/klimaat").has(t, "Alleen beheerders plaatsen berichten.", "nog niets openbaars geplaatst")
}

func TestGroupPageSaysWhoReadsAndHowToJoin(t *testing.T) {
	h := newHouse(t, false)
	h.browser().get("/groups/wonen").has(t, "Open groep: iedereen kan lezen. Iedereen kan lid worden.", "Daarna ben je lid")
	group := h.named("klimaat")
	for _, c := range []struct {
		visibility, join string
		automatic        []string
		says             []string
	}{
		{actors.VisibilityPublic, actors.JoinRequest, nil, []string{"Open groep: iedereen kan lezen. Lid worden gaat op aanvraag.", "dat is je aanvraag", "nog niets openbaars", "!lezen alleen de leden."}},
		{actors.VisibilityListed, actors.JoinRequest, nil, []string{"Besloten groep: alleen leden lezen wat hier staat. Lid worden gaat op aanvraag.", "dat is je aanvraag", "lezen alleen de leden.", "!nog niets openbaars"}},
		{actors.VisibilityListed, actors.JoinAutomatic, []string{"amstelveen.example"}, []string{"Besloten groep", "Mensen van bepaalde organisaties worden meteen lid", "dat is je aanvraag"}},
		{actors.VisibilityListed, actors.JoinInvite, nil, []string{"Besloten groep", "Lid worden gaat op uitnodiging.", "wie door de groep is uitgenodigd"}},
	} {
		group.Visibility, group.JoinPolicy, group.Settings.Automatic = c.visibility, c.join, c.automatic
		h.tx(func(ctx context.Context, tx *db.Tx) error { return h.Dir.Save(ctx, tx, group) })
		page := h.browser().get("/groups/klimaat")
		page.has(t, append(c.says, "!Iedereen kan lid worden", "!Daarna ben je lid")...)
		page.has(t, "!group.") // a text that does not exist is shown as its key
	}
}

func TestProfileShowsPinnedFieldsAndBoosts(t *testing.T) {
	h := newHouse(t, false)
	anna := h.browser().get("/@anna")
	anna.is(t, http.StatusOK)
	anna.has(t, ">Anna de Vries</h1>", "Account bij Gemeente Gouda", "Vastgezet", "Woonvisie 2030", "<em>woonvisie</em>", `<div class="text" lang="en">`, "!noindex",
		`<meta property="og:type" content="profile">`, `<a href="https://gouda.example/wonen" rel="me nofollow noopener noreferrer">gouda.example/wonen</a>`)
	bas := h.browser().get("/@bas")
	bas.has(t, "Gedeeld door Bas Jansen", "Our colleagues in Ghent", `<meta name="robots" content="noindex">`) // he did not choose to be found: design rule 10
	if bas.Header.Get("X-Robots-Tag") != "noindex" || anna.Header.Get("X-Robots-Tag") != "" {
		t.Errorf("X-Robots-Tag: %q for who is not indexable, %q for who is", bas.Header.Get("X-Robots-Tag"), anna.Header.Get("X-Robots-Tag"))
	}
	h.browser().get("/org").has(t, ">Gemeente Gouda</h1>", "Organisatie", "De raad vergadert vanavond")
}

func TestOtherSpellingsLeadToTheOneAddress(t *testing.T) {
	h := newHouse(t, false)
	for from, to := range map[string]string{"/@Anna": "/@anna", "/users/anna": "/@anna", "/@wonen": "/groups/wonen", "/groups/anna": "/@anna", "/@org": "/org",
		"/@anna@" + h.Base.Host: "/@anna", "/actor": "/", h.path("gedeeld"): h.path("engels")} {
		h.browser().get(from).leads(t, http.StatusFound, to)
	}
}

func TestPostInItsConversation(t *testing.T) {
	h := newHouse(t, false)
	page := h.browser().get(h.path("vraag/1"))
	page.is(t, http.StatusOK)
	page.has(t, "Hiervoor", "Welke gemeente heeft ervaring", "Openbaar: iedereen kan dit lezen", "Origineel op samen.provincie.example", `class="depth-1"`, `class="depth-3"`, "!depth-4",
		"Antwoord aan Anna de Vries", "Dan plan ik het deze maand", "!Let op de termijn", `<link rel="canonical" href="`+h.posts["vraag/1"].IRI+`">`)
	question := h.browser().get(h.path("vraag"))
	question.has(t, "In de groep Wonen in Midden-Holland", "Let op de termijn", `<div class="text" lang="nl">`, `<link rel="alternate" type="application/json+oembed" href="`, "/api/oembed?url=http", `<link rel="canonical" href="`+h.posts["vraag"].IRI+`">`,
		`<meta property="og:description" content="Welke gemeente heeft ervaring met flexwonen op eigen grond? Wij zoeken een voorbeeld van #flexwonen met meer dan 50 woningen.">`)
	var order []int
	for _, text := range []string{"Welke gemeente heeft", "In Alphen", "Heel graag", "Ik sluit ook aan", "Dan plan ik", "Let op de termijn"} {
		order = append(order, strings.Index(question.text[strings.Index(question.text, "<main"):], text))
	}
	for n := 1; n < len(order); n++ {
		if order[n] <= order[n-1] {
			t.Fatalf("the conversation is not in the order of reading: %v", order)
		}
	}
}

func TestPostWithPictureWarningAndEdit(t *testing.T) {
	h := newHouse(t, false)
	photo := h.browser().get(h.path("foto"))
	photo.has(t, `alt="Rij huizen aan een gracht bij zonsondergang"`, `<meta property="og:image" content="`+h.Base.String()+"/media/")
	src, _, _ := strings.Cut(photo.text[strings.Index(photo.text, `<img src="/media/`)+len(`<img src="`):], `"`)
	if got := h.browser().get(src); got.StatusCode != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Type"), "image/") {
		t.Errorf("the picture %s: %s, %s", src, got.Status, got.Header.Get("Content-Type"))
	}
	h.browser().get(h.path("waarschuwing")).has(t, "<summary>Let op: Dijkverzakking</summary>", `<meta property="og:description" content="Dijkverzakking">`)
	before := h.posts["engels"]
	after := *before
	after.Content, after.Edited = "<p>Our colleagues in Ghent and Bruges.</p>", time.Date(2026, 3, 2, 9, 5, 0, 0, time.UTC)
	h.tx(func(ctx context.Context, tx *db.Tx) error {
		return h.Timelines.Republish(ctx, tx, before, &content.Made{Item: &after, Doc: []byte("{}")})
	})
	edited := h.browser().get(h.path("engels"), "Accept-Language", "en")
	edited.has(t, "Ghent and Bruges", "edited on 2 March 2026 at 10:05", `<html lang="en">`)
}

func TestTagPage(t *testing.T) {
	h := newHouse(t, false)
	h.browser().get("/tags/Flexwonen").has(t, "Berichten met #flexwonen", "Welke gemeente heeft ervaring", "!Goedemorgen", "noindex")
	h.browser().get("/tags/niets").has(t, "geen openbare berichten met #niets")
}

func TestOlderPostsByCursor(t *testing.T) {
	h := newHouse(t, false)
	for n := range 45 {
		h.say(fmt.Sprintf("reeks %d", n), h.bas, content.Item{Content: fmt.Sprintf("<p>Bericht nummer %d.</p>", n)}, content.Made{})
	}
	path, seen, times := "/@bas", 0, 0
	for path != "" {
		page := h.browser().get(path)
		page.is(t, http.StatusOK)
		seen += strings.Count(page.text, "Bericht nummer ")
		if times++; (times > 1) != strings.Contains(page.text, "Nieuwste berichten") {
			t.Errorf("page %d: a way to the newest posts is %v", times, times == 1)
		}
		_, rest, more := strings.Cut(page.text, `rel="next" href="`)
		path, _, _ = strings.Cut(rest, `"`)
		if !more {
			path = ""
		}
	}
	if seen != 45 || times != 3 {
		t.Errorf("%d of 45 posts on %d pages, want all on 3", seen, times)
	}
	if got := h.browser().get("/@anna?max=" + fmt.Sprint(h.posts["engels"].ID)).Header.Get("X-Robots-Tag"); got != "noindex" {
		t.Errorf("search engines are sent to the older pages of somebody who may be found: %q", got)
	}
	h.browser().get("/@bas?max=veel").is(t, http.StatusBadRequest)
}

// The gate: every item × everybody who may ask. What somebody may not see does not exist.
func TestWhoSeesWhat(t *testing.T) {
	h := newHouse(t, false)
	h.say("stil", h.anna, content.Item{Content: "<p>Voor wie het adres heeft.</p>", Audience: actors.Unlisted}, content.Made{})
	h.say("leden", h.anna, content.Item{Content: "<p>Voor leden van klimaat.</p>", Audience: actors.Members, Group: h.named("klimaat").ID}, content.Made{})
	h.person("carla", "Carla Smit", "carla@gouda.example")
	h.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := h.Dir.Ask(ctx, tx, h.named("carla"), h.anna, actors.Request{})
		return err
	})
	nobody, anna, bas, carla := h.browser(), h.browser(), h.browser(), h.browser()
	anna.login("anna@gouda.example").leads(t, http.StatusSeeOther, "/")
	bas.login("bas@gouda.example").leads(t, http.StatusSeeOther, "/")
	carla.login("carla@gouda.example").leads(t, http.StatusSeeOther, "/")
	for item, text := range map[string]string{"engels": "Our colleagues", "stil": "Voor wie het adres heeft", "volgers": "Alleen voor volgers", "besloten": "Alleen voor Bas", "leden": "Voor leden van"} {
		sees := map[*browser]bool{nobody: item == "engels" || item == "stil", anna: true, bas: item == "engels" || item == "stil" || item == "besloten" || item == "leden",
			carla: item == "engels" || item == "stil" || item == "volgers"}
		for who, name := range map[*browser]string{nobody: "nobody", anna: "anna", bas: "bas", carla: "carla"} {
			page := who.get(h.path(item))
			if want := sees[who]; (page.StatusCode == http.StatusOK) != want || strings.Contains(page.text, text) != want || !want && page.StatusCode != http.StatusNotFound {
				t.Errorf("%s sees %s: %s, want %v", name, item, page.Status, want)
			}
		}
		if front := nobody.get("/"); strings.Contains(front.text, text) != (item == "engels") {
			t.Errorf("the front page shows %s to everybody", item)
		}
	}
	if page := carla.get("/@anna"); !strings.Contains(page.text, "Alleen voor volgers") || page.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a follower's own page of Anna: %s", page.Header.Get("Cache-Control"))
	}
}

func (h *house) named(name string) *actors.Actor {
	a, err := actors.LocalByName(h.t.Context(), h.DB, name)
	h.check(err)
	return a
}

func (h *house) suspend(who *actors.Actor) {
	h.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE actors SET suspended = $1 WHERE id = $2", db.Millis(time.Now()), who.ID)
		return err
	})
}

func TestWhatIsGoneIsGone(t *testing.T) {
	h := newHouse(t, false)
	h.browser().get("/@niemand").is(t, http.StatusNotFound)
	h.browser().get("/posts/12").is(t, http.StatusNotFound)
	h.browser().get("/posts/99999999999999999999999").is(t, http.StatusNotFound)
	h.browser().get("/@femke@samen.provincie.example").is(t, http.StatusNotFound)
	h.tx(func(ctx context.Context, tx *db.Tx) error { return h.Timelines.Unpublish(ctx, tx, h.posts["oud"]) })
	h.browser().get(h.path("oud")).has(t, "<h1>Dit is verwijderd</h1>", "Verwijder je bladwijzer")
	h.browser().get(h.path("oud")).is(t, http.StatusGone)
	h.tx(func(ctx context.Context, tx *db.Tx) error { return h.Dir.Delete(ctx, tx, h.bas) })
	h.browser().get("/@bas").is(t, http.StatusGone)
	h.browser().get(h.path("foto")).is(t, http.StatusNotFound)
	h.browser().get(h.path("vraag")).has(t, "!Let op de termijn", "In Alphen")
	h.suspend(h.anna)
	h.browser().get("/@anna").is(t, http.StatusNotFound)
	h.browser().get(h.path("engels")).is(t, http.StatusNotFound)
}

func TestErrorPagesSayWhatToDo(t *testing.T) {
	h := newHouse(t, false)
	for err, want := range map[error][2]string{
		fault.NotFound:               {"404", "Controleer het adres"},
		fault.Gone:                   {"410", "Verwijder je bladwijzer"},
		fault.Forbidden:              {"403", "ververs de pagina"},
		fault.TooMany:                {"429", "Wacht een paar minuten"},
		fault.Invalid:                {"422", "controleer het"},
		fault.Unavailable:            {"503", "Wacht een minuut"},
		errors.New("password is x7"): {"500", "Probeer het over een paar minuten opnieuw"},
	} {
		rec := httptest.NewRecorder()
		h.Fail(rec, httptest.NewRequest(http.MethodGet, "/iets", nil), err)
		if got := fmt.Sprint(rec.Code); got != want[0] || !strings.Contains(rec.Body.String(), want[1]) || strings.Contains(rec.Body.String(), "x7") {
			t.Errorf("%v: %s\n%s", err, got, rec.Body)
		}
	}
	h.browser().get("/bestaat/niet").is(t, http.StatusNotFound)
	if got := h.browser().post("/@anna", nil); got.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(got.text, "Zo kan deze pagina niet") {
		t.Errorf("a wrong method: %s", got.Status)
	}
}

// Strangers' names, texts and fields are text, and nothing of theirs acts or loads (security: rule 10).
func TestNothingOfStrangersActs(t *testing.T) {
	h := newHouse(t, false)
	evil := `<script>alert(1)</script><img src=x onerror=alert(1)>`
	var mallory *actors.Actor
	h.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		mallory, err = h.Dir.Learn(ctx, tx, &vocab.Actor{ID: "https://evil.example/m", Type: actors.Person, PreferredUsername: "m", Name: `"><script>alert(2)</script>`,
			Inbox: "https://evil.example/in", URL: "https://evil.example/@m", Icon: &vocab.Attachment{URL: `https://evil.example/a.png?"><script>`}})
		return err
	})
	h.anna.Title, h.anna.Summary, h.anna.Fields = evil, evil, []actors.Field{{Name: evil, Value: `<a href="javascript:alert(1)">x</a>` + evil}}
	h.tx(func(ctx context.Context, tx *db.Tx) error { return h.Dir.Save(ctx, tx, h.anna) })
	h.say("kwaad", mallory, content.Item{Content: evil + `<p style="x" onclick="y">Hoi <a href="javascript:alert(1)">hier</a></p>`, Title: evil, Language: `nl" onload="x`,
		Kind: content.Question, Poll: &content.Poll{Options: []content.Option{{Name: evil, Votes: -5}}}}, content.Made{})
	h.say("kwaad/1", h.bas, content.Item{Content: "<p>Wat is dit?</p>", Summary: evil}, content.Made{})
	for _, path := range []string{h.path("kwaad"), h.path("kwaad/1"), "/@anna", "/", "/login?return=" + "javascript:alert(1)", `/tags/"><script>`} {
		page := h.browser().get(path)
		doc, err := html.Parse(strings.NewReader(page.text))
		h.check(err)
		for n := range doc.Descendants() {
			for _, attr := range n.Attr {
				value := strings.ToLower(strings.TrimSpace(attr.Val))
				if strings.HasPrefix(attr.Key, "on") || attr.Key == "style" || strings.HasPrefix(value, "javascript:") ||
					(attr.Key == "src" || attr.Key == "action" || attr.Key == "poster") && !strings.HasPrefix(value, "/") {
					t.Errorf("%s: <%s %s=%q>", path, n.Data, attr.Key, attr.Val)
				}
			}
			if n.Data == "script" && n.FirstChild != nil || n.Data == "style" || n.Data == "iframe" {
				t.Errorf("%s: an inline <%s>", path, n.Data)
			}
		}
	}
}
