// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
)

func (w *world) publish(name string, i content.Item) {
	w.Helper()
	i.IRI, i.Published = "https://gouda.example/posts/"+name, time.Now()
	i.URL = i.IRI
	w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
		_, err := w.api.Timelines.Publish(w.Context(), tx, &content.Made{Item: &i, Doc: []byte("{}")})
		return err
	}))
	w.names[name] = digits(i.ID)
}

// A post for the members of a group is private to clients, and answers to it address the group. Whoever leaves sees it no more.
func TestAPostForMembersOnly(t *testing.T) {
	each(t, func(w *world) {
		group := w.actor("wonen")
		w.publish("inside", content.Item{Kind: content.Note, Local: true, Author: w.actor("bas").ID, Group: group.ID, Audience: actors.Members, Content: "<p>Onder ons</p>"})
		text := w.ask("GET", "/api/v1/statuses/{inside}", "anna", "").Body.String()
		if !strings.Contains(text, `"visibility":"private"`) || !strings.Contains(text, w.expand(`"mentions":[{"id":"{wonen}"`)) {
			t.Error(text)
		}
		if !strings.Contains(w.ask("GET", "/api/v1/timelines/list/{wonen}", "anna", "").Body.String(), "Onder ons") {
			t.Error("it is not in the group's timeline")
		}
		w.check(w.api.Outbox.Unfollow(w.Context(), w.actor("anna"), group))
		for _, who := range []string{"", "cas", "anna"} {
			if answer := w.ask("GET", "/api/v1/statuses/{inside}", who, ""); answer.Code != http.StatusNotFound {
				t.Errorf("%q: %d", who, answer.Code)
			}
		}
	})
}

func TestWhatIsMoreThanTextIsShownWithItsAddress(t *testing.T) {
	each(t, func(w *world) {
		w.publish("article", content.Item{Kind: content.Article, Local: true, Author: w.actor("bas").ID, Title: "Plan & <kosten>", Content: "<p>Lang</p>"})
		text := w.ask("GET", "/api/v1/statuses/{article}", "", "").Body.String()
		if !strings.Contains(text, `<p><strong>Plan &amp; &lt;kosten&gt;</strong></p><p>Lang</p><p><a href=\"https://gouda.example/posts/article\"`) {
			t.Error(text)
		}
	})
}

// The post of a boost that the viewer may not see does not exist, and neither does the boost.
func TestABoostOfWhatIsHidden(t *testing.T) {
	each(t, func(w *world) {
		w.publish("wrapper", content.Item{Kind: content.Announce, Local: true, Author: w.actor("bas").ID, BoostOf: w.item("private")})
		if answer := w.ask("GET", "/api/v1/statuses/{wrapper}", "cas", ""); answer.Code != http.StatusNotFound {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
		if list := w.ask("GET", "/api/v1/accounts/{bas}/statuses", "cas", "").Body.String(); strings.Contains(list, "SECRETprivate") || strings.Contains(list, w.names["wrapper"]) {
			t.Error(list)
		}
		if answer := w.ask("GET", "/api/v1/statuses/{wrapper}", "anna", ""); !strings.Contains(answer.Body.String(), "SECRETprivate") {
			t.Errorf("its author: %d %s", answer.Code, answer.Body)
		}
	})
}

func TestAnEmptyFieldIsLeftOut(t *testing.T) {
	each(t, func(w *world) {
		text := w.ask("PATCH", "/api/v1/accounts/update_credentials", "anna", "fields_attributes[0][name]=a&fields_attributes[0][value]=<b>1</b>&fields_attributes[1][name]=&fields_attributes[1][value]=x").Body.String()
		if !strings.Contains(text, `"fields":[{"name":"a","value":"&lt;b&gt;1&lt;/b&gt;","verified_at":null}]`) || !strings.Contains(text, `"value":"<b>1</b>"`) {
			t.Error(text)
		}
		if text := w.ask("PATCH", "/api/v1/accounts/update_credentials", "anna", `{"fields_attributes":[]}`).Body.String(); !strings.Contains(text, `"fields":[]`) {
			t.Error(text)
		}
	})
}
