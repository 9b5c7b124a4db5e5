// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/timeline"
)

func (w *world) checkJSON(text []byte, into any) {
	w.Helper()
	w.check(json.Unmarshal(text, into))
}

func TestAnnouncements(t *testing.T) {
	governed(t, func(w *world) {
		ctx, m := w.Context(), w.api.Moderation
		add := func(name string, a moderation.Announcement) {
			t.Helper()
			id, err := m.AddAnnouncement(ctx, moderation.CommandLine, a)
			w.check(err)
			w.names[name] = digits(id)
		}
		add("news", moderation.Announcement{Content: "Onderhoud, zegt @eva #Beheer https://gouda.example/posts/" + w.names["public"] + " en https://gouda.example/posts/" + w.names["private"]})
		add("later", moderation.Announcement{Content: "Straks", Published: time.Now().Add(time.Hour)})
		add("over", moderation.Announcement{Content: "Voorbij", Starts: time.Now().Add(-2 * time.Hour), Ends: time.Now().Add(-time.Hour)})
		if _, err := m.AddAnnouncement(ctx, moderation.CommandLine, moderation.Announcement{Content: "x", Ends: time.Now()}); err == nil {
			t.Error("something ends that never began")
		}
		w.run([]scenario{
			{"nobody", "", "GET", "/api/v1/announcements", "", 401, has("error"), nil},
			{"list", "anna", "GET", "/api/v1/announcements", "", 200, has("Onderhoud", `"read":false`, `"acct":"eva"`, `"name":"beheer"`, `"statuses":[{"id":"{public}"`), has("Straks", "Voorbij", "{private}\",\"url")},
			{"dismiss", "anna", "POST", "/api/v1/announcements/{news}/dismiss", "", 200, has("{}"), nil},
			{"read", "anna", "GET", "/api/v1/announcements", "", 200, has(`"read":true`), nil},
			{"by her only", "bas", "GET", "/api/v1/announcements", "", 200, has(`"read":false`), nil},
			{"what is not there", "anna", "POST", "/api/v1/announcements/{later}/dismiss", "", 404, has("error"), nil},
			{"react", "anna", "PUT", "/api/v1/announcements/{news}/reactions/%F0%9F%91%8D", "", 200, has("{}"), nil},
			{"again", "anna", "PUT", "/api/v1/announcements/{news}/reactions/%F0%9F%91%8D", "", 200, has("{}"), nil},
			{"others see it", "bas", "GET", "/api/v1/announcements", "", 200, has(`"reactions":[{"name":"👍","count":1,"me":false}]`), nil},
			{"with a word", "anna", "PUT", "/api/v1/announcements/{news}/reactions/duim", "", 422, has("emoji"), nil},
			{"with a figure", "anna", "PUT", "/api/v1/announcements/{news}/reactions/1", "", 422, has("emoji"), nil},
			{"to nothing", "anna", "PUT", "/api/v1/announcements/1/reactions/%F0%9F%91%8D", "", 404, has("error"), nil},
			{"back", "anna", "DELETE", "/api/v1/announcements/{news}/reactions/%F0%9F%91%8D", "", 200, has("{}"), nil},
			{"none", "anna", "GET", "/api/v1/announcements", "", 200, has(`"reactions":[]`), nil},
		})
		w.check(w.api.Media.AddEmoji(ctx, int64(w.api.Dir.App().ID), media.Emoji{Name: "gouda", Visible: true}, strings.NewReader(onePNG(w))))
		w.run([]scenario{
			{"with an emoji of the node", "anna", "PUT", "/api/v1/announcements/{news}/reactions/gouda", "", 200, has("{}"), nil},
			{"its picture", "anna", "GET", "/api/v1/announcements", "", 200, has(`"name":"gouda","count":1,"me":true,"url":"https://gouda.example/media/`), nil},
			{"it goes", "anna", "DELETE", "/api/v1/announcements/{news}/reactions/gouda", "", 200, has("{}"), nil},
		})
		for _, emoji := range []string{"%E2%9D%A4", "%F0%9F%98%80", "%F0%9F%8E%89", "%F0%9F%9A%80", "%F0%9F%91%80", "%F0%9F%8D%80", "%F0%9F%90%9F", "%F0%9F%8C%8D"} {
			if answer := w.ask("PUT", "/api/v1/announcements/{news}/reactions/"+emoji, "anna", ""); answer.Code != 200 {
				t.Errorf("%s: %d %s", emoji, answer.Code, answer.Body)
			}
		}
		if answer := w.ask("PUT", "/api/v1/announcements/{news}/reactions/%F0%9F%91%8D", "anna", ""); answer.Code != 422 {
			t.Errorf("a ninth reaction: %d", answer.Code)
		}
		w.check(m.RemoveAnnouncement(ctx, moderation.CommandLine, int64(w.item("news"))))
		if answer := w.ask("GET", "/api/v1/announcements", "anna", ""); answer.Body.String() != "[]" {
			t.Errorf("%s", answer.Body)
		}
	})
}

// Who streams hears of announcements, of reactions to them, and when they go.
func TestAnnouncementsAreStreamed(t *testing.T) {
	governed(t, func(w *world) {
		ctx, cancel := context.WithCancel(w.Context())
		defer cancel()
		go func() { _ = w.api.Moderation.Jobs.Run(ctx) }()
		server := httptest.NewServer(w.router)
		defer server.Close()
		c := w.dial(server, "?stream=user&access_token="+w.tokens["anna"], nil)
		c.ready()
		id, err := w.api.Moderation.AddAnnouncement(ctx, moderation.CommandLine, moderation.Announcement{Content: "Hoor"})
		w.check(err)
		c.expect("user", timeline.Announced, `"content":"<p>Hoor</p>"`)
		w.check(w.api.Moderation.React(ctx, w.actor("anna").ID, id, "👍", true))
		c.expect("user", timeline.AnnouncementReaction, `{"name":"👍","count":1,"announcement_id":"`+digits(id)+`"}`)
		w.check(w.api.Moderation.RemoveAnnouncement(ctx, moderation.CommandLine, id))
		c.expect("user", timeline.AnnouncementDeleted, digits(id))
	})
}

func TestWhatIsOneEmoji(t *testing.T) {
	for text, want := range map[string]bool{"👍": true, "👍🏽": true, "❤️": true, "🏳️‍🌈": true, "🇳🇱": true, "1️⃣": true, "☀": true, "©": true, "1": false, "": false, "a": false, "👍a": false,
		"<b>": false, ":duim:": false, "\xff": false} {
		if isEmoji(text) != want {
			t.Errorf("%q is an emoji: %v", text, !want)
		}
	}
}

func TestObfuscated(t *testing.T) {
	for host, want := range map[string]string{"elders.example": "eld***.****ple", "a.nl": "a.*l", "spam.example:4000": "spam.********4000"} {
		if got := obfuscated(host); got != want {
			t.Errorf("%s is shown as %s", host, got)
		}
	}
}
