// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/moderation"
)

func TestWhatTheNodeSaysOfItself(t *testing.T) {
	governed(t, func(w *world) {
		ctx, m := w.Context(), w.api.Moderation
		rule := int64(w.item("rule"))
		if _, err := m.AddRule(ctx, moderation.CommandLine, rule, "en", "Be kind.", "Always"); err != nil {
			t.Fatal(err)
		}
		w.run([]scenario{
			{"rules", "", "GET", "/api/v1/instance/rules", "", 200, has(`"text":"Wees aardig."`, `"hint":"Altijd"`, `"translations":{"en":{"text":"Be kind.","hint":"Always"}}`), nil},
			{"instance", "", "GET", "/api/v2/instance", "", 200, has("Wees aardig.", "De plek waar Gemeente Gouda", `"approval_required":true`, `"reason_required":true`, `"username":"org"`, `"limited_federation":false`), nil},
			{"instance of old", "", "GET", "/api/v1/instance", "", 200, has("Wees aardig.", `"approval_required":true`, `"username":"org"`), nil},
			{"about", "", "GET", "/api/v1/instance/extended_description", "", 200, has("beheert deze server", "beheer@gouda.example"), nil},
			{"privacy in English", "", "GET", "/api/v1/instance/privacy_policy?lang=en", "", 200, has("<h2>What is kept</h2>", "beheer@gouda.example"), nil},
			{"no terms", "", "GET", "/api/v1/instance/terms_of_service", "", 404, has("error"), nil},
			{"peers", "", "GET", "/api/v1/instance/peers", "", 200, has("["), nil},
			{"languages", "", "GET", "/api/v1/instance/translation_languages", "", 200, has("{}"), nil},
		})
		day := func(days int) time.Time { return time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, days) }
		for days, words := range map[int]string{-60: "<p>Eerst<script>x</script></p>", -30: "Daarna", 30: "Straks"} {
			w.check(m.SetText(ctx, moderation.CommandLine, moderation.Text{Name: moderation.TextTerms, Language: "nl", Effective: day(days), Content: words}))
		}
		w.check(m.SetText(ctx, moderation.CommandLine, moderation.Text{Name: moderation.TextDescription, Language: "nl", Content: "De werkplek\nvan Gouda"}))
		for _, wrong := range []moderation.Text{{Name: "odd", Language: "nl", Content: "x"}, {Name: "about", Language: "fr", Content: "x"}, {Name: "about", Language: "nl"}} {
			if m.SetText(ctx, moderation.CommandLine, wrong) == nil {
				t.Errorf("%+v was kept", wrong)
			}
		}
		date := func(days int) string { return day(days).Format(time.DateOnly) }
		w.run([]scenario{
			{"terms", "", "GET", "/api/v1/instance/terms_of_service", "", 200, has("<p>Daarna</p>", `"effective":true`, `"succeeded_by":"`+date(30)+`"`, `"effective_date":"`+date(-30)+`"`), nil},
			{"in another language, what there is", "", "GET", "/api/v1/instance/terms_of_service?lang=en", "", 200, has("<p>Daarna</p>"), nil},
			{"of then", "", "GET", "/api/v1/instance/terms_of_service/" + date(-60), "", 200, has("<p>Eerst</p>", `"effective":false`, `"succeeded_by":"`+date(-30)+`"`), has("script")},
			{"of later", "", "GET", "/api/v1/instance/terms_of_service/" + date(30), "", 200, has("Straks", `"effective":false`, `"succeeded_by":null`), nil},
			{"of no day", "", "GET", "/api/v1/instance/terms_of_service/2020-01-01", "", 404, has("error"), nil},
			{"description", "", "GET", "/api/v2/instance", "", 200, has("De werkplek van Gouda"), nil},
		})
		answer := w.ask("GET", "/api/v1/instance/extended_description", "", "", "Accept-Language", "en-GB,en;q=0.9")
		if !strings.Contains(answer.Body.String(), "runs this server") {
			t.Errorf("in English: %s", answer.Body)
		}
		w.check(m.RemoveRule(ctx, moderation.CommandLine, rule))
		if m.RemoveRule(ctx, moderation.CommandLine, rule) == nil {
			t.Error("a rule ended twice")
		}
		if answer := w.ask("GET", "/api/v1/instance/rules", "", ""); answer.Body.String() != "[]" {
			t.Errorf("%s", answer.Body)
		}
	})
}
