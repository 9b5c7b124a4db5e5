// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/db"
)

// invitationScenarios: bas owns wonen and two groups that not everybody may know; anna is a member of all three.
var invitationScenarios = []scenario{
	{"nobody is invited", "bas", "GET", g + "/invitations", "", 200, has("[]"), nil},
	{"a stranger does not invite", "cas", "POST", g + "/invitations", `{"people":"@bas@gouda.example"}`, 403, has("Only members"), nil},
	{"whom", "anna", "POST", g + "/invitations", `{"people":" \n "}`, 400, has("Give handles"), nil},
	{"a wrong time", "bas", "POST", g + "/invitations", `{"people":"@cas","role":"guest","guestEnds":"tomorrow"}`, 400, has("guestEnds"), nil},
	{"a guest without an end", "bas", "POST", g + "/invitations", `{"people":"@cas","role":"guest"}`, 400, has("until when"), nil},
	{"a guest by a member", "anna", "POST", g + "/invitations", `{"people":"@cas","role":"guest","guestEnds":"2999-01-01T00:00:00Z"}`, 403, has("invite guests"), nil},
	{"as owner", "bas", "POST", g + "/invitations", `{"people":"@cas","role":"owner"}`, 400, has("one of member, guest"), nil},
	{"a list", "anna", "POST", g + "/invitations", `{"people":"naam,account\r\nCas,@cas@gouda.example\r\n@bas @dora@elders.example\r\nonzin hier\r\n@nobody@gouda.example\r\n@wonen","message":"Doe mee"}`, 201,
		has(`"total":6`, `"done":6`, `"errors":3`, `{"line":1,"text":"@cas@gouda.example","outcome":"invited","detail":null}`, `"text":"@bas","outcome":"member"`,
			`"text":"@dora@elders.example","outcome":"invited"`, `"text":"onzin hier","outcome":"unknown","detail":"`, `"text":"@nobody@gouda.example","outcome":"unknown"`, `"text":"@wonen","outcome":"refused","detail":"@wonen@gouda.example is not a person`), nil},
	{"once more", "bas", "POST", g + "/invitations", `{"people":"@cas"}`, 201, has(`"outcome":"already"`), nil},
	{"owners see who is invited", "bas", "GET", g + "/invitations", "", 200, has(`"handle":"@cas@gouda.example"`, `"handle":"@dora@elders.example"`, `"invitedBy":{"id":"{anna}"`, `"message":"Doe mee"`), nil},
	{"so does who invited", "anna", "GET", g + "/invitations?limit=1", "", 200, has(`"handle":"@dora@elders.example"`), has("@cas@")},
	{"strangers do not", "cas", "GET", g + "/invitations", "", 403, has("Only members"), nil},

	// who is invited
	{"told", "cas", "GET", ownPath + "/invitations", "", 200, has(`"name":"wonen"`, `"state":"invited"`, `"invitedBy":{"id":"{anna}"`, `"message":"Doe mee"`, `"guestEnds":null`), nil},
	{"others are not", "anna", "GET", ownPath + "/invitations", "", 200, has("[]"), nil},
	{"in apps", "cas", "GET", "/api/v1/notifications?types[]=follow_request", "", 200, has(`"type":"follow_request"`, `"id":"{wonen}"`), nil},
	{"as a question", "cas", "GET", "/api/v1/follow_requests", "", 200, has(`"id":"{wonen}"`), nil},
	{"counted", "cas", "GET", "/api/v1/accounts/verify_credentials", "", 200, has(`"follow_requests_count":2`), nil}, // bas wants to follow
	{"with two buttons", "cas", "GET", "/api/v1/accounts/relationships?id[]={wonen}", "", 200, has(`"requested_by":true`, `"following":false`), nil},
	{"declined", "cas", "POST", "/api/v1/follow_requests/{wonen}/reject", "", 200, has(`"requested_by":false`, `"following":false`), nil},
	{"not twice", "cas", "POST", "/api/v1/follow_requests/{wonen}/reject", "", 404, has("error"), nil},
	{"nor in the other way", "cas", "POST", ownPath + "/invitations/{wonen}", `{"decision":"accept"}`, 404, has("does not exist"), nil},
	{"nothing is told any more", "cas", "GET", "/api/v1/notifications?types[]=follow_request&account_id={wonen}", "", 200, has("[]"), nil},
	{"again", "bas", "POST", g + "/invitations", `{"people":"@cas"}`, 201, has(`"outcome":"invited"`), nil},
	{"taken back by another", "anna", "DELETE", g + "/invitations/{cas}", "", 404, has("not yours"), nil},
	{"by a stranger", "cas", "DELETE", g + "/invitations/{dora}", "", 403, has("Only members"), nil},
	{"by who invited", "bas", "DELETE", g + "/invitations/{cas}", "", 204, nil, nil},
	{"it is gone", "cas", "GET", ownPath + "/invitations", "", 200, has("[]"), nil},
	{"not there", "bas", "DELETE", g + "/invitations/{cas}", "", 404, has("does not exist"), nil},
	{"as a guest", "bas", "POST", g + "/invitations", `{"people":"@cas","role":"guest","guestEnds":"2999-01-01T00:00:00Z"}`, 201, has(`"outcome":"invited"`), nil},
	{"until when", "cas", "GET", ownPath + "/invitations", "", 200, has(`"role":"guest"`, `"guestEnds":"2999-01-01T00:00:00.000Z"`), nil},
	{"accepted in an app", "cas", "POST", "/api/v1/follow_requests/{wonen}/authorize", "", 200, has(`"requested_by":false`, `"following":true`), nil},
	{"a guest", "cas", "GET", g + "/membership", "", 200, has(`"state":"active"`, `"role":"guest"`), nil},
	{"gets no other role", "bas", "PATCH", g + "/members/{cas}", `{"role":"moderator"}`, 403, has("guests get no other role"), nil},
	{"invites nobody", "cas", "POST", g + "/invitations", `{"people":"@anna"}`, 403, has("Only members"), nil},
	{"sees no invitations", "cas", "GET", g + "/invitations", "", 403, has("Only members"), nil},
	{"begins nothing", "cas", "POST", "/api/v1/statuses", "status=Nieuw+@wonen", 403, has("guests do not start"), nil},
	{"answers", "cas", "POST", "/api/v1/statuses", "status=Eens&in_reply_to_id={grouppost}", 200, has("Eens"), nil},

	// a hidden group
	{"a hidden group is not there", "cas", "GET", ownPath + "/groups/{hidden}", "", 404, has("There is no such group"), nil},
	{"members do not invite to it", "anna", "POST", ownPath + "/groups/{hidden}/invitations", `{"people":"@cas"}`, 403, has("owners and moderators"), nil},
	{"owners do", "bas", "POST", ownPath + "/groups/{hidden}/invitations", `{"people":"@cas\n@dora@elders.example"}`, 201, has(`"errors":1`, "its server does not keep"), nil},
	{"it is known then", "cas", "GET", ownPath + "/groups/{hidden}", "", 200, has(`"state":"invited"`), nil},
	{"but not who is in it", "cas", "GET", ownPath + "/groups/{hidden}/members", "", 403, has("Only members"), nil},
	{"accepted", "cas", "POST", ownPath + "/invitations/{hidden}", `{"decision":"accept"}`, 200, has(`"state":"active"`, `"role":"member"`), nil},
	{"who asks is not invited", "dora", "GET", ownPath + "/invitations", "", 401, nil, nil},
}

func TestInvitationScenarios(t *testing.T) {
	each(t, func(w *world) {
		w.hide()
		w.tokens["dora"] = "nothing"
		w.run(invitationScenarios)
		answer := w.ask("POST", ownPath+"/groups/{listed}/invitations", "anna", `{"people":"@cas"}`)
		at := answer.Header().Get("Location")
		var list struct {
			ID          string
			Total, Done int
		}
		w.check(json.Unmarshal(answer.Body.Bytes(), &list))
		if list.ID == "" || list.Total != 1 || list.Done != 1 || at != "https://gouda.example"+ownPath+"/groups/"+w.names["listed"]+"/invitation-lists/"+list.ID {
			t.Errorf("%s: %+v", at, list)
		}
		w.names["list"] = list.ID
		w.run([]scenario{
			{"what has become of it", "anna", "GET", ownPath + "/groups/{listed}/invitation-lists/{list}", "", 200, has(`"outcome":"invited"`), nil},
			{"not for others", "bas", "GET", ownPath + "/groups/{listed}/invitation-lists/{list}", "", 404, has("not yours"), nil},
			{"nor of another group", "anna", "GET", ownPath + "/groups/{wonen}/invitation-lists/{list}", "", 404, has("not yours"), nil},
			{"leaving declines", "cas", "DELETE", ownPath + "/groups/{listed}/membership", "", 204, nil, nil},
			{"nothing stands", "cas", "GET", ownPath + "/invitations", "", 200, has("[]"), nil},
		})
	})
}

// One member cannot fill the notifications of a whole node.
func TestAMemberInvitesSoMany(t *testing.T) {
	each(t, func(w *world) {
		w.check(w.api.DB.Tx(t.Context(), func(tx *db.Tx) error {
			for n := range 101 {
				if _, err := w.api.Dir.AddPerson(t.Context(), tx, fmt.Sprintf("p%d", n), "P"); err != nil {
					return err
				}
			}
			return nil
		}))
		people := ""
		for n := range 101 {
			people += fmt.Sprintf(`@p%d\n`, n)
		}
		start := time.Now()
		w.run([]scenario{
			{"too many", "anna", "POST", g + "/invitations", `{"people":"` + people + `"}`, 201, has(`"text":"@p99","outcome":"invited"`, `"text":"@p100","outcome":"refused","detail":"100 people`), nil},
			{"owners have no limit", "bas", "POST", g + "/invitations", `{"people":"@p100"}`, 201, has(`"outcome":"invited"`), nil},
		})
		t.Logf("101 invitations in %s", time.Since(start))
	})
}
