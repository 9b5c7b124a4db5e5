// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
)

// work lets every job run that waits, now.
func (w *world) work() {
	w.Helper()
	queue := w.api.Outbox.Jobs
	w.exec("UPDATE jobs SET run_at = 1 WHERE NOT failed")
	ctx, stop := context.WithCancel(w.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		queue.Run(ctx)
	}()
	defer func() { stop(); <-ended }()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		left, err := db.All(w.Context(), w.api.DB, db.Scalar[string], "SELECT kind || ' ' || error FROM jobs WHERE run_at < $1 AND NOT failed", db.Millis(time.Now().Add(time.Second)))
		w.check(err)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.Fatalf("jobs that do not end: %q", left)
		}
	}
}

func (w *world) exec(sql string, args ...any) {
	w.Helper()
	w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(w.Context(), sql, args...)
		return err
	}))
}

// What happens later happens on both databases: scheduled posts, the end of a poll, what is tidied up.
func TestWhatHappensLater(t *testing.T) {
	each(t, func(w *world) {
		w.api.Outbox.Prepare()
		w.api.Inbox.Prepare()
		w.api.Timelines.Prepare()
		w.file("anna", "f1")
		w.file("anna", "f2")
		w.does("good", "POST", "/api/v1/statuses", "anna", "status=Komt+@cas&media_ids[]={f1}&language=nl&scheduled_at=2028-01-01T00:00:00Z", "Idempotency-Key", "een")
		w.does("bad", "POST", "/api/v1/statuses", "anna", "status=Kan+niet+@wonen&media_ids[]={f2}&language=nl&scheduled_at=2028-01-01T00:00:00Z", "Idempotency-Key", "twee")
		w.does("", "POST", "/api/v1/polls/{poll}/votes", "anna", "choices[]=0")
		w.check(w.api.Outbox.Unfollow(t.Context(), w.actor("anna"), w.actor("wonen")))
		w.work() // not yet
		w.run([]scenario{{"both wait", "anna", "GET", "/api/v1/scheduled_statuses", "", 200, has(`"id":"{good}"`, `"id":"{bad}"`), nil}})
		poll, err := content.StoredByID(t.Context(), w.api.DB, w.item("poll"))
		w.check(err)
		poll.Poll.Ends = time.Now().Add(-time.Minute)
		w.check(w.api.DB.Tx(t.Context(), func(tx *db.Tx) error { return content.SetPoll(t.Context(), tx, poll.ID, poll.Poll) }))
		w.exec("UPDATE drafts SET due = 1")
		w.work()
		w.does("shown", "POST", "/api/v1/statuses", "anna", "status=anders", "Idempotency-Key", "een")
		w.does("fresh", "POST", "/api/v1/statuses", "anna", "status=de+sleutel+van+wat+nooit+kwam", "Idempotency-Key", "twee")
		w.run([]scenario{
			{"a key of what never came is free", "anna", "GET", "/api/v1/statuses/{fresh}", "", 200, has("nooit kwam"), nil},
			{"nothing waits", "anna", "GET", "/api/v1/scheduled_statuses", "", 200, has("[]"), nil},
			{"it has appeared", "cas", "GET", "/api/v1/statuses/{shown}", "", 200, has("Komt", `"language":"nl"`, `"id":"{f1}"`, `"acct":"cas"`), nil},
			{"who is named knows", "cas", "GET", "/api/v1/notifications", "", 200, has(`"type":"mention"`, "Komt"), has("Kan niet")},
			{"its author knows of the other", "anna", "GET", "/api/v1/notifications?types[]=mention&limit=1", "", 200, has(`"visibility":"direct"`, "is niet geplaatst", "Kan niet @wonen", "Bijlagen"), nil},
			{"whose file is free", "anna", "POST", "/api/v1/statuses", "status=x&media_ids[]={f2}", 200, has(`"id":"{f2}"`), nil},
			{"the poll is over", "anna", "GET", "/api/v1/polls/{poll}", "", 200, has(`"expired":true`, `"own_votes":[0]`), nil},
			{"who voted knows", "anna", "GET", "/api/v1/notifications?types[]=poll", "", 200, has(`"type":"poll"`, `"acct":"bas"`), nil},
			{"who asked knows", "bas", "GET", "/api/v1/notifications?types[]=poll", "", 200, has(`"type":"poll"`, `"acct":"bas"`), nil},
			{"no vote any more", "cas", "POST", "/api/v1/polls/{poll}/votes", "choices[]=0", 422, has("over"), nil},
		})
		w.work()
		w.exec("UPDATE idempotency SET created = 1")
		w.exec("INSERT INTO cards (id, link, created) VALUES (1, 'https://weg.example/', 1)")
		w.check(w.api.Outbox.Sweep(t.Context()))
		w.check(w.api.Timelines.Library.Sweep(t.Context()))
		if n, err := db.One(t.Context(), w.api.DB, db.Scalar[int], "SELECT (SELECT COUNT(*) FROM idempotency) + (SELECT COUNT(*) FROM cards)"); err != nil || n != 0 {
			t.Errorf("%d remain, %v", n, err)
		}
	})
}
