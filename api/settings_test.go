// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"slices"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/locale"
	"github.com/pleio-node/pleio-node/outbox"
)

func TestGroupPresets(t *testing.T) {
	each(t, func(w *world) {
		w.run([]scenario{
			{"in Dutch", "", "GET", ownPath + "/group-presets", "", 200, has(`"name":"open-community","title":"Open gemeenschap"`, `"name":"announcements"`, `"posting":"moderators"`, `"name":"closed-team"`,
				`"name":"dossier","title":"Dossier","meaning":"Alleen leden en genodigden weten dat de groep bestaat.`, `"visibility":"hidden","joinPolicy":"invite"`), nil},
		})
		if answer := w.ask("GET", ownPath+"/group-presets", "", "", "Accept-Language", "en"); !strings.Contains(answer.Body.String(), "Only members and those invited know") {
			t.Errorf("in English: %s", answer.Body)
		}
		for _, key := range locale.Keys() { // each text is said of a preset that there is
			name, told := strings.CutPrefix(key, "preset.")
			if told && !slices.ContainsFunc(actors.Presets, func(p actors.Preset) bool { return name == p.Name || name == p.Name+".means" }) {
				t.Errorf("the text %s is of no preset", key)
			}
		}
		// Each preset makes the group that it says, and is what that group is found to be.
		for _, p := range actors.Presets {
			w.run([]scenario{{"preset " + p.Name, "anna", "POST", ownPath + "/groups", `{"name":"x-` + p.Name + `","title":"X","preset":"` + p.Name + `"}`, 201,
				has(`"preset":"`+p.Name+`"`, `"visibility":"`+p.Visibility+`"`, `"joinPolicy":"`+p.Join+`"`, `"posting":"`+p.Posting+`"`), nil}})
		}
		w.run([]scenario{
			{"none of them", "anna", "POST", ownPath + "/groups", `{"name":"y","title":"Y","preset":"club"}`, 400, has("preset must be one of open-community, announcements"), nil},
			{"with something else", "anna", "POST", ownPath + "/groups", `{"name":"y","title":"Y","preset":"announcements","plainMembers":false,"welcomeNl":"Dag"}`, 201, has(`"preset":null`, `"posting":"moderators"`, `"plainMembers":false`, `"welcomeNl":"Dag"`), nil},
		})
	})
}

func TestGroupSettings(t *testing.T) {
	each(t, func(w *world) {
		w.run([]scenario{
			{"owners see the settings", "bas", "GET", g, "", 200, has(`"settings":{"plainMembers":true,"automaticHosts":[],"allowedHosts":[],"welcomeNl":"","welcomeEn":"","history":"all"}`, `"preset":"open-community"`), nil},
			{"members do not", "anna", "GET", g, "", 200, has(`"settings":null`), nil},
			{"nor change them", "anna", "PATCH", g, `{"introductionRequired":true}`, 403, has("Only an owner"), nil},
			{"an introduction", "bas", "PATCH", g, `{"introductionRequired":true,"joinPolicy":"request","guestsStart":true,"history":"joining","welcomeNl":"Welkom! Lees <de> afspraken.","reason":"Te druk"}`, 200,
				has(`"introductionRequired":true`, `"guestsStart":true`, `"history":"joining"`, `"notices":[]`), nil},
			{"nothing said", "cas", "POST", g + "/membership", "", 403, has("asks for an introduction"), nil},
			{"in an app", "cas", "POST", "/api/v1/accounts/{wonen}/follow", "", 403, has("asks for an introduction"), nil},
			{"blanks", "cas", "POST", g + "/membership", `{"introduction":"  "}`, 403, has("asks for an introduction"), nil},
			{"said", "cas", "POST", g + "/membership", `{"introduction":"Ik bouw mee"}`, 201, has(`"state":"requested"`), nil},
			{"let in", "bas", "POST", g + "/requests/{cas}", `{"decision":"accept"}`, 200, has(`"state":"active"`), nil},
			{"welcomed", "cas", "GET", "/api/v1/conversations", "", 200, has("Welkom! Lees &lt;de&gt; afspraken.", `"username":"wonen"`, `"visibility":"direct"`), nil},
			{"who decided, and why", "bas", "GET", g + "/log", "", 200, has(`"kind":"settings"`, `"reason":"Te druk"`), nil},

			{"a wrong host", "bas", "PATCH", g, `{"allowedHosts":["https://a.example/x"]}`, 400, has("is not the name of a node"), nil},
			{"a list of lists", "bas", "PATCH", g, `{"allowedHosts":[["a"]]}`, 400, has("list of single values"), nil},
			{"nobody named", "bas", "PATCH", g, `{"joinPolicy":"automatic"}`, 400, has("Name the organisations"), nil},
			{"at once for some", "bas", "PATCH", g, `{"joinPolicy":"automatic","automaticHosts":["B.example","a.example","a.example"]}`, 200, has(`"automaticHosts":["a.example","b.example"]`), nil},
			{"a form", "bas", "PATCH", g, "automaticHosts[]=c.example&automaticHosts[]=d.example", 200, has(`"automaticHosts":["c.example","d.example"]`), nil},
			{"hidden, and open", "bas", "PATCH", g, `{"visibility":"hidden","joinPolicy":"open"}`, 400, has("by invitation"), nil},

			{"closed", "bas", "PATCH", g, `{"preset":"closed-team"}`, 200, has(`"visibility":"listed"`, `"notices":["1 bericht dat iedereen kon lezen blijft openbaar`), nil},
			{"what was public", "", "GET", "/api/v1/statuses/{grouppost}", "", 200, has("SECRETgroup"), nil},
		})
		w.post("anna", "confided", outbox.Draft{Text: "SECRETconfided", Group: w.actor("wonen").ID})
		w.run([]scenario{
			{"not opened", "bas", "PATCH", g, `{"visibility":"public"}`, 400, has("must not become public"), nil},
			{"nor by a preset", "bas", "PATCH", g, `{"preset":"open-community"}`, 400, has("must not become public"), nil},
			{"what was confided", "", "GET", "/api/v1/statuses/{confided}", "", 404, nil, has("SECRET")},
			{"hidden takes along what goes with it", "bas", "PATCH", g, `{"visibility":"hidden"}`, 200, has(`"preset":"dossier"`), nil},
			{"it is not there any more", "", "GET", g, "", 404, nil, nil},
			{"listed again", "bas", "PATCH", g, `{"visibility":"listed","joinPolicy":"request"}`, 200, has(`"visibility":"listed"`), nil},
		})
	})
}

// People of servers that keep no secrets, and of organisations that are not named, are removed when they cannot be members any
// more, and told; and cannot come back.
func TestWhoCannotBeAMemberIsRemoved(t *testing.T) {
	each(t, func(w *world) {
		join := func(name string) error {
			return w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
				_, err := w.api.Dir.Ask(w.Context(), tx, w.actor(name), w.actor("wonen"), actors.Request{ID: "https://elders.example/follow/" + name, As: "Follow"})
				return err
			})
		}
		w.check(join("dora"))
		w.run([]scenario{{"no servers without groups-1", "bas", "PATCH", g, `{"plainMembers":false}`, 200, has(`"members":2`, `"notices":["1 persoon kan geen lid meer zijn`), nil}})
		if err := join("dora"); err == nil || !strings.Contains(err.Error(), "does not keep") {
			t.Errorf("dora comes back: %v", err)
		}
		w.run([]scenario{
			{"everybody", "bas", "PATCH", g, `{"plainMembers":true}`, 200, has(`"notices":[]`), nil}})
		w.check(join("dora"))
		w.run([]scenario{
			{"named ones", "bas", "PATCH", g, `{"allowedHosts":["utrecht.example"]}`, 200, has(`"members":2`, `"notices":["1 persoon`), nil},
			{"why", "bas", "GET", g + "/log", "", 200, has(`"kind":"removal"`, `alleen voor mensen van bepaalde organisaties`), nil},
		})
		if err := join("dora"); err == nil || !strings.Contains(err.Error(), "named organisations only") {
			t.Errorf("dora comes back: %v", err)
		}
		sent, err := db.All(w.Context(), w.api.DB, db.Scalar[string], "SELECT kind FROM activities WHERE actor = $1 AND kind IN ('Reject', 'Block', 'Undo') ORDER BY id", w.actor("wonen").ID)
		w.check(err)
		if !slices.Equal(sent, []string{"Reject", "Block", "Undo", "Reject", "Block", "Undo"}) {
			t.Errorf("dora's node was told %v", sent)
		}
	})
}

func TestArchiveAndDeletion(t *testing.T) {
	each(t, func(w *world) {
		w.run([]scenario{
			{"members do not archive", "anna", "PUT", g + "/archive", "", 403, has("Only an owner"), nil},
			{"archive", "bas", "PUT", g + "/archive", `{"reason":"Klaar"}`, 200, has(`"archivedAt":"20`, `"deletesAt":null`), nil},
			{"again", "bas", "PUT", g + "/archive", "", 200, has(`"archivedAt":"20`), nil},
			{"nothing is posted", "anna", "POST", "/api/v1/statuses", "status=Nog+iets+@wonen", 403, has("is archived: it can only be read"), nil},
			{"nor by owners", "bas", "POST", "/api/v1/statuses", "status=Nog+iets+@wonen", 403, has("is archived"), nil},
			{"nor answered", "anna", "POST", "/api/v1/statuses", "status=Nog+iets&in_reply_to_id={grouppost}", 403, has("is archived"), nil},
			{"nor changed", "anna", "PUT", "/api/v1/statuses/{grouppost}", "status=Anders", 403, has("is archived"), nil},
			{"nobody joins", "cas", "POST", g + "/membership", "", 403, has("is archived"), nil},
			{"all is read", "", "GET", "/api/v1/statuses/{grouppost}", "", 200, has("SECRETgroup"), nil},
			{"members were told", "anna", "GET", "/api/v1/timelines/home", "", 200, has("Wonen is gearchiveerd", "Wonen has been archived"), nil},
			{"one leaves", "anna", "DELETE", g + "/membership", "", 204, nil, nil},
			{"back", "bas", "DELETE", g + "/archive", "", 200, has(`"archivedAt":null`), nil},
			{"join", "anna", "POST", g + "/membership", "", 201, has(`"state":"active"`), nil},
			{"post", "anna", "POST", "/api/v1/statuses", "status=Nog+iets+@wonen", 200, nil, nil},

			{"members do not delete", "anna", "PUT", g + "/deletion", "", 403, has("Only an owner"), nil},
			{"delete", "bas", "PUT", g + "/deletion", `{"reason":"Dubbel"}`, 200, has(`"deletesAt":"20`), nil},
			{"read only", "anna", "POST", "/api/v1/statuses", "status=Nog+meer+@wonen", 403, has("will be deleted on"), nil},
			{"members are told", "anna", "GET", "/api/v1/timelines/home", "", 200, has("met alle berichten en bestanden"), nil},
			{"restore", "bas", "DELETE", g + "/deletion", "", 200, has(`"deletesAt":null`), nil},
			{"post again", "anna", "POST", "/api/v1/statuses", "status=Nog+meer+@wonen", 200, nil, nil},
			{"the log", "bas", "GET", g + "/log", "", 200, has(`"kind":"archive"`, `"reason":"Klaar"`, `"kind":"unarchive"`, `"kind":"group-deletion"`, `"reason":"Dubbel"`, `"kind":"restoration"`), nil},
		})
	})
}
