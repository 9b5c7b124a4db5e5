// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package crash

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/pleio-node/pleio-node/test/harness"
)

const (
	pace     = 15 * time.Millisecond // between two posts of one author
	patience = 30 * time.Second      // with a node that is killed again and again
	again    = 7                     // each so many activities one is sent once more, though it was answered
)

// text is what each post says: who wrote it, and its number.
func text(author string, number int) string { return fmt.Sprintf("proef %s %d.", author, number) }

var said = regexp.MustCompile(`proef (\w+) (\d+)\.`)

// read finds who wrote a post and its number in anything that contains its text.
func read(content string) (author string, number int, ok bool) {
	m := said.FindStringSubmatch(content)
	if m == nil {
		return "", 0, false
	}
	number, err := strconv.Atoi(m[2])
	return m[1], number, err == nil
}

// join makes a person of the other server a member of the group.
func (w *world) join(name string) {
	w.t.Helper()
	who := w.server.Actor(name)
	status, answer, err := who.Send(w.t.Context(), w.a.URL+"/inbox", who.Activity("Follow", "join", w.groupID, w.groupID))
	if err != nil || status != http.StatusAccepted {
		w.t.Fatalf("%s joins: %d %s %v", name, status, answer, err)
	}
}

// ingest sends signed posts to node a, one after the other, each until it is answered 202.
func (w *world) ingest(name, mention string) {
	who := w.server.Actor(name)
	for number := 1; !w.stop.Load(); number++ {
		body := who.Create(fmt.Sprint(number), text(name, number), time.Now(), mention)
		sends := 1
		if number%again == 0 {
			sends = 2
		}
		for range sends {
			if !w.until(name, number, http.StatusAccepted, func(ctx context.Context) (int, []byte, error) {
				status, answer, err := who.Send(ctx, w.a.URL+"/inbox", body)
				return status, []byte(answer), err
			}) {
				return
			}
		}
		w.keep(name, number)
		time.Sleep(pace)
	}
}

// write posts to the group as a client, one post after the other, each until it is answered 200, under one Idempotency-Key.
func (w *world) write(n *harness.Node, name string) {
	for number := 1; !w.stop.Load(); number++ {
		header := http.Header{"Idempotency-Key": {text(name, number)}}
		body := map[string]string{"status": "@" + w.group + " " + text(name, number)}
		if !w.until(name, number, http.StatusOK, func(context.Context) (int, []byte, error) {
			return n.Try(w.tokens[name], "POST", "/api/v1/statuses", header, body)
		}) {
			return
		}
		w.keep(name, number)
		time.Sleep(pace)
	}
}

// until repeats a request that got no answer, or a 5xx of a node that is going down.
func (w *world) until(name string, number, want int, try func(context.Context) (int, []byte, error)) bool {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for {
		status, answer, err := try(ctx)
		switch {
		case err == nil && status == want:
			return true
		case err == nil && status < 500:
			w.t.Errorf("%s is answered %d: %s", text(name, number), status, answer)
			return false
		case ctx.Err() != nil:
			w.t.Errorf("%s is not answered within %v: %d %s %v", text(name, number), patience, status, answer, err)
			return false
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (w *world) keep(author string, number int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept[author] = number
}
