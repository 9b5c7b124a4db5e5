// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

// closed makes the group one that decides who joins.
func (w *world) closed(group string) {
	w.Helper()
	w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
		g := w.actor(group)
		g.JoinPolicy = "request"
		return w.api.Dir.Save(w.Context(), tx, g)
	}))
}

func TestManagersAnswerRequestsToJoin(t *testing.T) {
	each(t, func(w *world) {
		w.closed("wonen")
		ctx := w.Context()
		w.person("eva")
		w.check(w.api.DB.Tx(ctx, func(tx *db.Tx) error { // eva is moderator beside bas, who is owner
			if _, err := w.api.Dir.Admit(ctx, tx, w.actor("eva"), w.actor("wonen")); err != nil {
				return err
			}
			return w.api.Dir.SetRole(ctx, tx, w.actor("eva"), w.actor("wonen"), actors.RoleModerator)
		}))
		w.run([]scenario{
			{"a group that decides is locked", "cas", "GET", "/api/v1/accounts/{wonen}", "", 200, has(`"group":true`, `"locked":true`), nil},
			{"ask to join", "cas", "POST", "/api/v1/accounts/{wonen}/follow", "", 200, has(`"requested":true`, `"following":false`), nil},
			{"the owner is asked", "bas", "GET", "/api/v1/follow_requests", "", 200, has(`"acct":"cas"`), nil},
			{"so is the moderator", "eva", "GET", "/api/v1/follow_requests", "", 200, has(`"acct":"cas"`), nil},
			{"a member is not", "anna", "GET", "/api/v1/follow_requests", "", 200, has("[]"), nil},
			{"nor may a member answer", "anna", "POST", "/api/v1/follow_requests/{cas}/authorize", "", 404, has("error"), nil},
			{"nor the asker", "cas", "POST", "/api/v1/follow_requests/{cas}/authorize", "", 404, has("error"), nil},
			{"told", "bas", "GET", "/api/v1/notifications?types[]=follow_request", "", 200, has(`"type":"follow_request"`, `"acct":"cas"`), nil},
			{"the moderator too", "eva", "GET", "/api/v1/notifications?types[]=follow_request", "", 200, has(`"acct":"cas"`), nil},
			{"counted", "bas", "GET", "/api/v1/accounts/verify_credentials", "", 200, has(`"follow_requests_count":1`), nil},
			{"clients show the buttons", "eva", "GET", "/api/v1/accounts/relationships?id[]={cas}", "", 200, has(`"requested_by":true`), nil},
			{"not those of members", "anna", "GET", "/api/v1/accounts/relationships?id[]={cas}", "", 200, has(`"requested_by":false`), nil},
			{"granted", "eva", "POST", "/api/v1/follow_requests/{cas}/authorize", "", 200, has(`"requested_by":false`, `"followed_by":false`), nil},
			{"a member now", "cas", "GET", "/api/v1/accounts/relationships?id[]={wonen}", "", 200, has(`"following":true`, `"requested":false`), nil},
			{"and the list is there", "cas", "GET", "/api/v1/timelines/list/{wonen}", "", 200, has("SECRETgroup"), nil},
			{"nothing to answer any more", "bas", "GET", "/api/v1/follow_requests", "", 200, has("[]"), nil},
			{"nor to be told of", "bas", "GET", "/api/v1/notifications?types[]=follow_request", "", 200, has("[]"), nil},
			{"answer again", "bas", "POST", "/api/v1/follow_requests/{cas}/reject", "", 404, has("error"), nil},
			{"leave", "cas", "POST", "/api/v1/accounts/{wonen}/unfollow", "", 200, has(`"following":false`), nil},
			{"ask again", "cas", "POST", "/api/v1/accounts/{wonen}/follow", "", 200, has(`"requested":true`), nil},
			{"withdraw", "cas", "POST", "/api/v1/accounts/{wonen}/unfollow", "", 200, has(`"requested":false`), nil},
			{"no more told of it", "bas", "GET", "/api/v1/notifications?types[]=follow_request", "", 200, has("[]"), nil},
			{"and again", "cas", "POST", "/api/v1/accounts/{wonen}/follow", "", 200, has(`"requested":true`), nil},
			{"refused", "bas", "POST", "/api/v1/follow_requests/{cas}/reject", "", 200, has(`"requested_by":false`), nil},
			{"no member", "cas", "GET", "/api/v1/accounts/relationships?id[]={wonen}", "", 200, has(`"following":false`, `"requested":false`), nil},
			{"nobody asks for nothing", "bas", "POST", "/api/v1/follow_requests/{nobody}/authorize", "", 404, has("error"), nil},
			{"a wrong group", "bas", "POST", "/api/v1/follow_requests/{cas}/authorize", "group_id=x", 422, has("group_id"), nil},
		})
	})
}

// Who asks several things of one stands in the list once, and each answer is to one question: the oldest, or the one that is named.
func TestSeveralQuestionsAreAnsweredOneByOne(t *testing.T) {
	each(t, func(w *world) {
		w.closed("wonen")
		w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
			bas := w.actor("bas")
			bas.Locked = true
			return w.api.Dir.Save(w.Context(), tx, bas)
		}))
		ask := []scenario{
			{"to join", "cas", "POST", "/api/v1/accounts/{wonen}/follow", "", 200, has(`"requested":true`), nil},
			{"to follow", "cas", "POST", "/api/v1/accounts/{bas}/follow", "", 200, has(`"requested":true`), nil},
		}
		w.run(ask)
		if all, _ := w.idsAt("/api/v1/follow_requests", "bas"); len(all) != 1 {
			t.Errorf("cas stands %d times in the list", len(all))
		}
		w.run([]scenario{
			{"the oldest", "bas", "POST", "/api/v1/follow_requests/{cas}/authorize", "", 200, has(`"requested_by":true`, `"followed_by":false`), nil},
			{"that was to join", "cas", "GET", "/api/v1/accounts/relationships?id[]={wonen}", "", 200, has(`"following":true`), nil},
			{"the other waits", "cas", "GET", "/api/v1/accounts/relationships?id[]={bas}", "", 200, has(`"requested":true`), nil},
			{"and is still told", "bas", "GET", "/api/v1/notifications?types[]=follow_request", "", 200, has(`"acct":"cas"`), nil},
			{"still listed", "bas", "GET", "/api/v1/follow_requests", "", 200, has(`"acct":"cas"`), nil},
			{"the next", "bas", "POST", "/api/v1/follow_requests/{cas}/authorize", "", 200, has(`"requested_by":false`, `"followed_by":true`), nil},
			{"told of nothing", "bas", "GET", "/api/v1/notifications?types[]=follow_request", "", 200, has("[]"), nil},
			{"leave", "cas", "POST", "/api/v1/accounts/{wonen}/unfollow", "", 200, nil, nil},
			{"unfollow", "cas", "POST", "/api/v1/accounts/{bas}/unfollow", "", 200, nil, nil},
		})
		w.run(ask)
		w.run([]scenario{
			{"one that is named", "bas", "POST", "/api/v1/follow_requests/{cas}/authorize", "group_id={bas}", 200, has(`"followed_by":true`, `"requested_by":true`), nil},
			{"the other waits", "cas", "GET", "/api/v1/accounts/relationships?id[]={wonen}", "", 200, has(`"requested":true`), nil},
			{"it was answered", "bas", "POST", "/api/v1/follow_requests/{cas}/authorize", "group_id={bas}", 404, has("error"), nil},
			{"the group", "bas", "POST", "/api/v1/follow_requests/{cas}/reject", "group_id={wonen}", 200, has(`"requested_by":false`, `"followed_by":true`), nil},
			{"no member", "cas", "GET", "/api/v1/accounts/relationships?id[]={wonen}", "", 200, has(`"following":false`, `"requested":false`), nil},
		})
	})
}
