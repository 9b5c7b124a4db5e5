// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package crash

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/test/harness"
)

const settling = 90 * time.Second

// inGroup are the authors whose posts are in the group.
func inGroup() []string { return slices.Concat(members, clients, elsewhere) }

func (w *world) expected(authors []string) (n int) {
	for _, a := range authors {
		n += w.kept[a]
	}
	return n
}

// readers are the people who look, one of each node.
func (w *world) readers() map[*harness.Node]string {
	return map[*harness.Node]string{w.a: "anna", w.b: "bas", w.c: "cato"}
}

// settle waits until the group has its posts on all nodes, and nothing waits to be delivered. What a node could not deliver to one that was down waits for a
// minute and more: an administrator, who knows that it is up again, has it tried now.
func (w *world) settle() {
	w.t.Helper()
	want := w.expected(inGroup())
	var retried time.Time
	for began := time.Now(); ; time.Sleep(time.Second) {
		if time.Since(retried) > 10*time.Second {
			retried = time.Now()
			w.a.Run("queue", "retry", w.b.Host)
			w.a.Run("queue", "retry", w.c.Host)
			w.b.Run("queue", "retry", w.a.Host)
		}
		complete, seen := w.delivered(), map[string]map[string]int{}
		for n, who := range w.readers() {
			posts := w.groupPosts(n, w.tokens[who])
			complete = complete && len(posts) >= want
			seen[n.URL] = byAuthor(posts)
		}
		if complete {
			return
		}
		if time.Since(began) > settling {
			w.t.Fatalf("after %v the nodes show of the group's posts %v, not %v", settling, seen, w.kept)
		}
	}
}

// delivered tells whether no node has anything left to deliver.
func (w *world) delivered() bool {
	w.t.Helper()
	for _, n := range []*harness.Node{w.a, w.b, w.c} {
		var hosts []struct{ Waiting int }
		if err := json.Unmarshal([]byte(n.Run("queue", "list", "--json")), &hosts); err != nil {
			w.t.Fatal(err)
		}
		for _, h := range hosts {
			if h.Waiting > 0 {
				return false
			}
		}
	}
	return true
}

// byAuthor counts posts.
func byAuthor(posts []harness.Status) map[string]int {
	count := map[string]int{}
	for _, p := range posts {
		author, _, _ := read(p.Content)
		count[author]++
	}
	return count
}

// groupPosts are the posts in the group as a person on a node sees them: the group's own boosts of them.
func (w *world) groupPosts(n *harness.Node, token string) (posts []harness.Status) {
	w.t.Helper()
	for _, s := range n.All(token, "/api/v1/accounts/"+n.Find(token, w.groupID).ID+"/statuses", 40) {
		if s.Reblog != nil {
			s = *s.Reblog
		}
		posts = append(posts, s)
	}
	return posts
}

// checkPages looks at what people see.
func (w *world) checkPages() {
	w.t.Helper()
	for n, who := range w.readers() {
		w.once(n.URL+": group", w.groupPosts(n, w.tokens[who]), inGroup())
		var home []harness.Status
		for _, s := range n.All(w.tokens[who], "/api/v1/timelines/home", 40) {
			if s.Reblog != nil {
				s = *s.Reblog
			}
			home = append(home, s)
		}
		authors := inGroup()
		if n == w.a {
			authors = append(authors, strangers...)
		}
		w.once(n.URL+": home of "+who, home, authors)
		for _, author := range inGroup() {
			if account := n.Find(w.tokens[who], w.id(author)); account.StatusesCount != w.kept[author] {
				w.t.Errorf("%s counts %d posts of %s, not %d", n.URL, account.StatusesCount, author, w.kept[author])
			}
		}
	}
	var mentions int
	for last := ""; ; {
		var page []struct {
			ID     string
			Type   string
			Status *harness.Status
		}
		w.a.Must(w.tokens["anna"], "GET", "/api/v1/notifications?types[]=mention&limit=80&max_id="+last, nil, &page)
		if len(page) == 0 {
			break
		}
		mentions += len(page)
		last = page[len(page)-1].ID
	}
	if want := w.expected(strangers); mentions != want {
		w.t.Errorf("anna was told of %d mentions, not %d", mentions, want)
	}
}

// id is the ActivityPub id of an author.
func (w *world) id(author string) string {
	switch {
	case slices.Contains(clients, author):
		return w.a.URL + "/users/" + author
	case slices.Contains(elsewhere, author):
		return w.b.URL + "/users/" + author
	}
	return w.server.Actor(author).ID
}

// once checks that of each author exactly the posts 1 to what was kept are there, each once.
func (w *world) once(where string, posts []harness.Status, authors []string) {
	w.t.Helper()
	times := map[string]map[int]int{}
	for _, p := range posts {
		author, number, ok := read(p.Content)
		if !ok || !slices.Contains(authors, author) {
			w.t.Errorf("%s: there is a post that was not made for it: %s", where, p.Content)
			continue
		}
		if times[author] == nil {
			times[author] = map[int]int{}
		}
		times[author][number]++
	}
	for _, author := range authors {
		for number := 1; number <= w.kept[author]; number++ {
			if n := times[author][number]; n != 1 {
				w.t.Errorf("%s: %q is there %d times", where, text(author, number), n)
			}
			delete(times[author], number)
		}
		for number := range times[author] {
			w.t.Errorf("%s: %q is there, which was never answered", where, text(author, number))
		}
	}
}

// checkDatabases looks into the nodes, which have stopped.
func (w *world) checkDatabases() {
	w.t.Helper()
	ctx := context.Background()
	nodes := map[string]*harness.Node{"a": w.a, "b": w.b, "c": w.c}
	for name, n := range nodes {
		d, err := db.Open(ctx, filepath.Join(n.Data, "node.db"), db.Options{})
		if err != nil {
			w.t.Fatalf("%s: %v", name, err)
		}
		defer d.Close()
		for _, line := range rows[string](w, d, "SELECT integrity_check FROM pragma_integrity_check") {
			if line != "ok" {
				w.t.Errorf("%s: the database is damaged: %s", name, line)
			}
		}
		if broken := rows[string](w, d, `SELECT DISTINCT "table" FROM pragma_foreign_key_check`); len(broken) > 0 {
			w.t.Errorf("%s: rows point to what is not there: %v", name, broken)
		}
		for _, row := range rows[string](w, d, "SELECT state || ': ' || error || ' ' || CAST(body AS TEXT) FROM received WHERE state <> 'done' LIMIT 5") {
			w.t.Errorf("%s: received, but %s", name, row)
		}
		for _, host := range rows[string](w, d, "SELECT host || ' ' || COUNT(*) FROM deliveries GROUP BY host") {
			w.t.Errorf("%s: still waits for %s", name, host)
		}
		w.inOrder(name+": received", rows[string](w, d, "SELECT CAST(body AS TEXT) FROM received ORDER BY id"))
		if name == "a" {
			w.inOrder("a: log of the group", rows[string](w, d, "SELECT CAST(a.body AS TEXT) FROM log l JOIN activities a ON a.id = l.activity ORDER BY l.seq"))
			for _, gap := range rows[int](w, d, "SELECT l.seq FROM log l WHERE l.seq > 1 AND NOT EXISTS (SELECT 1 FROM log b WHERE b.grp = l.grp AND b.seq = l.seq - 1)") {
				w.t.Errorf("a: the log of the group has no number %d", gap-1)
			}
		}
	}
}

func rows[T any](w *world, d *db.DB, text string) []T {
	w.t.Helper()
	all, err := db.All(context.Background(), d, db.Scalar[T], text)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// inOrder checks that each author's posts stand in the order in which they were made. A post may stand there again (the
// group passes on what was said and shows it), but no later one before an earlier one.
func (w *world) inOrder(where string, bodies []string) {
	w.t.Helper()
	newest := map[string]int{}
	for _, body := range bodies {
		author, number, ok := read(body)
		if !ok {
			continue
		}
		if number > newest[author]+1 || number < newest[author] {
			w.t.Errorf("%s: %q comes after %q", where, text(author, number), text(author, newest[author]))
		}
		newest[author] = max(newest[author], number)
	}
	if len(newest) == 0 {
		w.t.Errorf("%s: no posts", where)
	}
}
