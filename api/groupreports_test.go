// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/db"
)

// waits notes the number of the report that came last.
func (w *world) waits(name string) {
	w.Helper()
	id, err := db.One(w.Context(), w.api.DB, db.Scalar[int64], "SELECT MAX(id) FROM group_reports")
	w.check(err)
	w.names[name] = digits(id)
}

// What is reported in a group is listed and resolved by those who decide there, and by nobody else.
func TestReportsInAGroup(t *testing.T) {
	each(t, func(w *world) {
		w.hide()
		const g, told = ownPath + "/groups/{wonen}", "/api/v1/notifications?types[]=admin.report"
		w.run([]scenario{
			{"join", "cas", "POST", g + "/membership", "", 201, nil, nil},
			{"nothing waits", "bas", "GET", g + "/reports", "", 200, has("[]"), nil},
			{"without a person", "cas", "POST", g + "/reports", `{"comment":"x"}`, 400, has("account is missing"), nil},
			{"of no number", "cas", "POST", g + "/reports", `{"account":"anna"}`, 400, has("account must be"), nil},
			{"a post of no number", "cas", "POST", g + "/reports", `{"account":"{anna}","statuses":["x"]}`, 400, has("statuses must be"), nil},
			{"nobody", "cas", "POST", g + "/reports", `{"account":"{nobody}"}`, 404, has("404"), nil},
			{"no member", "cas", "POST", g + "/reports", `{"account":"{dora}"}`, 400, has("about nothing of this group"), nil},
			{"too long", "cas", "POST", g + "/reports", `{"account":"{anna}","comment":"` + strings.Repeat("x", 1001) + `"}`, 400, has("longer than 1000"), nil},
			{"not without a token", "", "POST", g + "/reports", `{"account":"{anna}"}`, 401, has("401"), nil},
			{"not with a narrow one", "narrow", "POST", g + "/reports", `{"account":"{anna}"}`, 403, has("403"), nil},
			{"report", "cas", "POST", g + "/reports", `{"account":"{anna}","statuses":["{grouppost}","{public}"],"comment":"Onaardig"}`, 204, nil, nil},
		})
		w.waits("report")
		w.run([]scenario{
			{"it waits", "bas", "GET", g + "/reports", "", 200, has(`"id":"{report}"`, `"handle":"@anna@gouda.example"`, `"statuses":["{grouppost}"]`, `"comment":"Onaardig"`), has("cas", "{public}")},
			{"the owner is told", "bas", "GET", told, "", 200, has(`"type":"admin.report"`, `"report":{"id":"{report}","action_taken":false`, `"status_ids":["{grouppost}"]`, `"account":{"id":"{wonen}"`), has(`"id":"{cas}"`)},
			{"in groups too", "bas", "GET", "/api/v2/notifications?types[]=admin.report", "", 200, has(`"report":{"id":"{report}"`), nil},
			{"nobody else is", "anna", "GET", told, "", 200, has("[]"), nil},
			{"not for members", "anna", "GET", g + "/reports", "", 403, has("owners and moderators"), has("Onaardig")},
			{"not for who reported", "cas", "GET", g + "/reports", "", 403, has("owners and moderators"), has("Onaardig")},
			{"not for everybody", "", "GET", g + "/reports", "", 401, has("401"), nil},
			{"members resolve nothing", "cas", "POST", g + "/reports/{report}/resolve", "", 403, has("owners and moderators"), nil},
			{"nor does the person", "anna", "POST", g + "/reports/{report}/resolve", "", 403, has("owners and moderators"), nil},
			{"what is not there", "bas", "POST", g + "/reports/1/resolve", "", 404, has("no such report"), nil},
			{"nor in another group", "bas", "POST", ownPath + "/groups/{hidden}/reports/{report}/resolve", "", 404, has("no such report"), nil},
			{"a note that is too long", "bas", "POST", g + "/reports/{report}/resolve", `{"note":"` + strings.Repeat("x", 501) + `"}`, 400, has("longer than 500"), nil},
			{"promote", "bas", "PATCH", g + "/members/{anna}", `{"role":"moderator"}`, 200, nil, nil},
			{"nobody sees what is said about themselves", "anna", "GET", g + "/reports", "", 200, has("[]"), nil},
			{"nor resolves it", "anna", "POST", g + "/reports/{report}/resolve", "", 404, has("no such report"), nil},
			{"an owner is reported", "cas", "POST", g + "/reports", `{"account":"{bas}","comment":"Ook onaardig"}`, 204, nil, nil},
		})
		w.waits("other")
		w.run([]scenario{
			{"to the moderator", "anna", "GET", g + "/reports", "", 200, has(`"id":"{other}"`, `"statuses":[]`), has("{report}")},
			{"who removes no owner", "anna", "POST", g + "/reports/{other}/resolve", `{"removePerson":true}`, 403, has("higher role"), nil},
			{"and then it is open as before", "anna", "GET", g + "/reports", "", 200, has(`"id":"{other}"`), nil},
			{"a page", "bas", "GET", g + "/reports?maxId={report}", "", 200, has("[]"), nil},
			{"resolve", "bas", "POST", g + "/reports/{report}/resolve", `{"note":"Besproken","deletePosts":true}`, 204, nil, nil},
			{"once", "bas", "POST", g + "/reports/{report}/resolve", "", 404, has("already"), nil},
			{"nothing waits", "bas", "GET", g + "/reports", "", 200, has("[]"), nil},
			{"what was reported is gone", "cas", "GET", "/api/v1/statuses/{grouppost}", "", 404, nil, nil},
			{"clients see that it is", "bas", "GET", told, "", 200, has(`"action_taken":true`, `"status_ids":[]`), nil},
			{"it is in the log", "cas", "GET", g + "/log", "", 200, has(`"kind":"resolution"`, `"person":null`, `"reason":"Besproken"`, `"kind":"deletion"`), has("Onaardig", "{report}")},
		})
	})
}

// Who decides in a group hears on the telephone where something was reported: neither what, nor by whom.
func TestAReportInAGroupIsPushed(t *testing.T) {
	each(t, func(w *world) {
		service, d := pushing(w), newDevice(t)
		w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
			return w.api.Auth.SetPreferences(w.Context(), tx, w.actor("bas").ID, auth.Preferences{Privacy: "public", Locale: "en", QuotePolicy: "public"})
		}))
		w.run([]scenario{
			{"subscribe", "bas", "POST", "/api/v1/push/subscription", d.form(service.URL+"/201/x", "&subscription[standard]=true&data[alerts][admin.report]=true&data[policy]=all"), 200, nil, nil},
			{"join", "cas", "POST", ownPath + "/groups/{wonen}/membership", "", 201, nil, nil},
			{"report", "cas", "POST", "/api/v1/reports", `{"account_id":"{anna}","status_ids":["{grouppost}"],"comment":"Onaardig"}`, 200, nil, nil},
		})
		r, body := service.next(w)
		text, err := d.read(r.Header, body)
		w.check(err)
		if s := string(text); !strings.Contains(s, `"title":"Something was reported in Wonen"`) || strings.Contains(s, "Onaardig") || strings.Contains(strings.ToLower(s), "cas") {
			t.Errorf("pushed: %s", s)
		}
	})
}
