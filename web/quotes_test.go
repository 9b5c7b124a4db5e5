// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"net/http"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
)

func TestQuoteBelowAPost(t *testing.T) {
	h := newHouse(t, false)
	quoting := func(name, of, state string, audience actors.Audience) {
		i := h.posts[of]
		h.say(name, h.bas, content.Item{Content: content.QuoteLink("", i) + "<p>Lees dit eens.</p>", Audience: audience, Quote: content.Quote{Of: i.ID, IRI: i.IRI, State: state}}, content.Made{})
	}
	quoting("open", "engels", content.QuoteAccepted, actors.Public)
	quoting("gewaarschuwd", "waarschuwing", content.QuoteAccepted, actors.Public)
	quoting("geheim", "volgers", content.QuoteAccepted, actors.Public) // as no rule would let it be made
	quoting("wachtend", "engels", content.QuotePending, actors.Public)
	quoting("ingetrokken", "engels", content.QuoteRevoked, actors.Public)
	quoting("weg", "oud", content.QuoteDeleted, actors.Public)
	nobody, anna := h.browser(), h.browser()
	anna.login("anna@gouda.example").leads(t, http.StatusSeeOther, "/")
	for name, parts := range map[string][]string{
		"open": {`<figure class="quote">`, ">Anna de Vries</a>", `<blockquote class="text" cite="` + h.posts["engels"].IRI + `" lang="en"><p>Our colleagues`, `href="` + h.path("engels") + `"`, "!RE: ",
			`<meta property="og:description" content="Lees dit eens.">`},
		"gewaarschuwd": {`<figure class="quote">`, "Let op: Dijkverzakking</summary><blockquote"},
		"geheim":       {"!Alleen voor volgers", "!<figure", "is hier niet te zien", "RE: "},
		"wachtend":     {"!Our colleagues", "nog niet toegestaan", "RE: "},
		"ingetrokken":  {"!Our colleagues", "is hier niet te zien"},
		"weg":          {"!Goedemorgen", "is verwijderd"},
	} {
		page := nobody.get(h.path(name))
		page.is(t, http.StatusOK)
		page.has(t, parts...)
	}
	anna.get(h.path("geheim")).has(t, `<figure class="quote">`, "Alleen voor volgers", "!RE: ")
	h.browser().get("/@bas").has(t, `<figure class="quote">`, "!Alleen voor volgers")
}
