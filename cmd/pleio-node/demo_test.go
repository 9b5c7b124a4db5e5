// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shown is what the demo printed.
type shown struct {
	*process
	addresses []string // of the three nodes
	group     string
}

// startDemo starts the demo on ports of its own and reads what it prints.
func startDemo(t *testing.T, dir string, args ...string) shown {
	t.Helper()
	s := shown{process: begin(t, dir, false, append([]string{"demo"}, args...)...)}
	s.until("Ctrl-C stops it")
	text := strings.Join(s.text, "\n")
	for _, m := range regexp.MustCompile(`(?m)^  \S.* (http://127\.0\.0\.1:\d+)$`).FindAllStringSubmatch(text, -1) {
		s.addresses = append(s.addresses, m[1])
	}
	if m := regexp.MustCompile(`(?m)^ +(http://\S+/groups/klimaatadaptatie)$`).FindStringSubmatch(text); m != nil {
		s.group = m[1]
	}
	if len(s.addresses) != 3 || s.group == "" || !strings.Contains(text, "Everybody's password is: "+demoPassword) {
		t.Fatalf("the demo prints\n%s", text)
	}
	return s
}

// status is what these tests read of a post.
type status struct {
	URI        string `json:"uri"`
	Content    string `json:"content"`
	Favourites int    `json:"favourites_count"`
	Poll       *struct {
		Votes  int `json:"votes_count"`
		Voters int `json:"voters_count"`
	} `json:"poll"`
}

// thread is a post as a node has it, and the number of posts in its conversation. found is false when the node does not have it.
func thread(t *testing.T, node, token, text string) (s status, size int, found bool) {
	t.Helper()
	code, body := get(t, node+"/api/v1/timelines/home?limit=40", token)
	var all []struct {
		ID     string `json:"id"`
		Reblog *struct {
			ID string `json:"id"`
			status
		} `json:"reblog"`
		status
	}
	if err := json.Unmarshal([]byte(body), &all); code != http.StatusOK || err != nil {
		t.Fatalf("home at %s: %d %s %v", node, code, body, err)
	}
	for _, one := range all {
		id, post := one.ID, one.status
		if one.Reblog != nil {
			id, post = one.Reblog.ID, one.Reblog.status
		}
		if !strings.Contains(post.Content, text) {
			continue
		}
		code, body := get(t, node+"/api/v1/statuses/"+id+"/context", token)
		var context struct{ Descendants []json.RawMessage }
		if err := json.Unmarshal([]byte(body), &context); code != http.StatusOK || err != nil {
			t.Fatalf("conversation at %s: %d %s %v", node, code, body, err)
		}
		return post, 1 + len(context.Descendants), true
	}
	return s, 0, false
}

// soon waits until something is so.
func soon(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not happen that %s", what)
		}
	}
}

func TestDemoThatIsKept(t *testing.T) {
	dir := t.TempDir()
	s := startDemo(t, dir, "--data", "kept", "--port", fmt.Sprint(freePort(t)))
	tokens := map[string]string{}
	login := func() {
		for i, who := range []string{"anna", "sanne", "joris"} {
			folder := filepath.Join("kept", []string{"gouda", "zuidholland", "schieland"}[i])
			tokens[s.addresses[i]] = strings.TrimSpace(ok(t, dir, "user", "token", who, "--data", folder, "--scopes", "read write follow"))
		}
	}
	login()
	// The conversation is the same at all three: answers, likes and votes.
	for _, node := range s.addresses {
		soon(t, "all votes are known at "+node, func() bool {
			p, size, found := thread(t, node, tokens[node], "volgende bijeenkomst")
			return found && size == 2 && p.Poll != nil && p.Poll.Voters == 4 && p.Poll.Votes == 4 && p.Favourites == 1
		})
		soon(t, "the welcome and its answers are at "+node, func() bool {
			p, size, found := thread(t, node, tokens[node], "Welkom in deze groep")
			return found && size == 4 && p.Favourites == 3
		})
	}
	// The closed group: Joris reads it from his node, Anna's request waits, and she reads nothing.
	if code, body := get(t, s.addresses[1]+"/api/v1/follow_requests", tokens[s.addresses[1]]); code != http.StatusOK || !strings.Contains(body, `"username":"anna"`) {
		t.Errorf("Sanne sees %d %s, not Anna's request", code, body)
	}
	if _, size, found := thread(t, s.addresses[2], tokens[s.addresses[2]], "concept van de omgevingsvisie"); !found || size != 2 {
		t.Errorf("Joris finds %d posts of the closed group (%v)", size, found)
	}
	if _, _, found := thread(t, s.addresses[0], tokens[s.addresses[0]], "concept van de omgevingsvisie"); found {
		t.Error("Anna reads the closed group before she is in it")
	}
	// What somebody posts to the group with an app is at the others soon; also after a command has changed her keys.
	ok(t, dir, "user", "rotate-keys", "anna", "--data", filepath.Join("kept", "gouda"))
	group := "@klimaatadaptatie@" + strings.TrimPrefix(s.addresses[2], "http://")
	post(t, s.addresses[0], tokens[s.addresses[0]], group+" Hallo vanuit Gouda!")
	for _, node := range s.addresses[1:] {
		soon(t, "the post is at "+node, func() bool { _, _, found := thread(t, node, tokens[node], "Hallo vanuit Gouda"); return found })
	}
	s.holdAndRetry(t, dir, tokens, group)
	s.move(t, dir)
	s.end(syscall.SIGINT)

	// A second start goes on from there.
	again := startDemo(t, dir, "--data", "kept")
	if strings.Join(again.addresses, " ") != strings.Join(s.addresses, " ") {
		t.Errorf("the addresses were %v and are %v", s.addresses, again.addresses)
	}
	login()
	for _, node := range again.addresses {
		if _, _, found := thread(t, node, tokens[node], "Hallo vanuit Gouda"); !found {
			t.Errorf("%s has lost a post", node)
		}
		if _, size, _ := thread(t, node, tokens[node], "Welkom in deze groep"); size != 4 {
			t.Errorf("%s has the conversation with %d posts", node, size)
		}
	}
	refuses(t, dir, 1, "cannot be elsewhere", "demo", "--data", "kept")
	again.end(syscall.SIGINT)
}

func post(t *testing.T, node, token, text string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, node+"/api/v1/statuses", strings.NewReader(url.Values{"status": {text}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("posting %q: %s", text, response.Status)
	}
}

// holdAndRetry keeps what goes from the municipality to the water board, and lets it go: the running node hears of both.
func (s shown) holdAndRetry(t *testing.T, dir string, tokens map[string]string, group string) {
	t.Helper()
	gouda, board := s.addresses[0], s.addresses[2]
	host, data := strings.TrimPrefix(board, "http://"), filepath.Join("kept", "gouda")
	ok(t, dir, "queue", "hold", host, "--data", data)
	post(t, gouda, tokens[gouda], group+" Dit moet even wachten.")
	waits := func() map[string]any {
		for _, row := range list(t, dir, "queue", "list", "--data", data) {
			if row["host"] == host {
				return row
			}
		}
		t.Fatalf("queue list lacks %s", host)
		return nil
	}
	if row := waits(); row["state"] != "held" || row["waiting"].(float64) < 1 {
		t.Errorf("what is held: %v", row)
	}
	if _, _, found := thread(t, board, tokens[board], "Dit moet even wachten"); found {
		t.Error("what is held was sent")
	}
	ok(t, dir, "queue", "retry", host, "--data", data)
	soon(t, "what was held arrives", func() bool { _, _, found := thread(t, board, tokens[board], "Dit moet even wachten"); return found })
	soon(t, "nothing waits", func() bool { row := waits(); return row["state"] == "ok" && row["waiting"] == 0.0 })

	ok(t, dir, "queue", "hold", host, "--data", data)
	post(t, gouda, tokens[gouda], group+" Dit komt nooit aan.")
	if out := ok(t, dir, "queue", "drop", host, "--yes", "--data", data); strings.HasPrefix(out, "0 ") {
		t.Errorf("queue drop says %q", out)
	}
	ok(t, dir, "queue", "retry", host, "--data", data)
	post(t, gouda, tokens[gouda], group+" Dit wel.")
	soon(t, "the next post arrives", func() bool { _, _, found := thread(t, board, tokens[board], "Dit wel"); return found })
	if _, _, found := thread(t, board, tokens[board], "Dit komt nooit aan"); found {
		t.Error("what was dropped was sent")
	}
}

// move lets Mehmet go from the municipality to the province: the account there names the old one first.
func (s shown) move(t *testing.T, dir string) {
	t.Helper()
	before := "@mehmet@" + strings.TrimPrefix(s.addresses[0], "http://")
	after := "@mehmet@" + strings.TrimPrefix(s.addresses[1], "http://")
	from, to := filepath.Join("kept", "gouda"), filepath.Join("kept", "zuidholland")
	ok(t, dir, "user", "add", "mehmet", "--email", "mehmet@zuidholland.example", "--data", to)
	refuses(t, dir, 1, "add it there first", "user", "move", "mehmet", "--to", after, "--data", from)
	ok(t, dir, "user", "alias", "mehmet", "--add", before, "--data", to)
	ok(t, dir, "user", "alias", "mehmet", "--remove", before, "--data", to)
	refuses(t, dir, 1, "add it there first", "user", "move", "mehmet", "--to", after, "--data", from)
	ok(t, dir, "user", "alias", "mehmet", "--add", before, "--data", to)
	ok(t, dir, "user", "move", "mehmet", "--to", after, "--data", from)
	for _, row := range list(t, dir, "user", "list", "--data", from) {
		if row["name"] == "mehmet" && row["moved_to"] != s.addresses[1]+"/users/mehmet" {
			t.Errorf("after moving: %v", row)
		}
	}
}

func TestDemoInATemporaryFolderTakesFreePortsAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().(*net.TCPAddr).Port
	t.Setenv("TMPDIR", dir)
	s := startDemo(t, dir, "--port", fmt.Sprint(taken))
	if !strings.Contains(s.text[0], fmt.Sprintf("Port %d is taken: Gemeente Gouda takes ", taken)) {
		t.Errorf("nothing is said about the taken port:\n%s", strings.Join(s.text, "\n"))
	}
	for _, node := range s.addresses {
		if code, body := get(t, node+"/nodeinfo/2.1", ""); code != http.StatusOK || !strings.Contains(body, `"pleio-node"`) {
			t.Errorf("%s: %d %s", node, code, body)
		}
	}
	s.end(syscall.SIGINT)
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("the demo leaves %v, %v", left, err)
	}
}

// Whoever stops the demo before it is ready does not see an error, and may start it again.
func TestDemoStoppedInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	port := fmt.Sprint(freePort(t))
	p := begin(t, dir, false, "demo", "--data", "kept", "--port", port)
	soon(t, "the last node is being made", func() bool {
		_, err := os.Stat(filepath.Join(dir, "kept", "schieland", "config.toml"))
		return err == nil
	})
	p.end(syscall.SIGINT)
	s := startDemo(t, dir, "--data", "kept")
	if !strings.HasSuffix(s.addresses[0], ":"+port) {
		t.Errorf("the second start is at %v, the first was at %s", s.addresses, port)
	}
	s.end(syscall.SIGINT)
}
