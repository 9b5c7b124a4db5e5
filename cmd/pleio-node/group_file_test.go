// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/db/dbtest"
)

// send sends a form to a node, with a file when there is one, and reads the answer into a value.
func send(t *testing.T, address, token string, form url.Values, name string, file []byte, into any) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for key, values := range form {
		for _, value := range values {
			if err := w.WriteField(key, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if file != nil {
		part, err := w.CreateFormFile("file", name)
		if err == nil {
			_, err = part.Write(file)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	r, err := http.NewRequest(http.MethodPost, address, &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Authorization", "Bearer "+token)
	client := &http.Client{Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %d %s %v", address, answer.StatusCode, text, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("POST %s: %v in %s", address, err, text)
	}
}

type apiStatus struct {
	URI       string    `json:"uri"`
	Content   string    `json:"content"`
	CreatedAt time.Time `json:"created_at"`
	Account   struct {
		URL string `json:"url"`
	} `json:"account"`
	Reblog *apiStatus `json:"reblog"`
	Media  []struct {
		URL         string `json:"url"`
		Description string `json:"description"`
	} `json:"media_attachments"`
	Replies int `json:"replies_count"`
}

// spoken is what a client sees of a group: each post with who wrote it when and the bytes of its files.
func spoken(t *testing.T, node, token string) (all []string) {
	t.Helper()
	var group struct {
		ID string `json:"id"`
	}
	status, text := get(t, node+"/api/v1/accounts/lookup?acct=wonen", token)
	if err := json.Unmarshal([]byte(text), &group); err != nil || status != http.StatusOK {
		t.Fatalf("the group is not found: %d %s", status, text)
	}
	var list []apiStatus
	status, text = get(t, node+"/api/v1/accounts/"+group.ID+"/statuses?limit=40", token)
	if err := json.Unmarshal([]byte(text), &list); err != nil || status != http.StatusOK {
		t.Fatalf("the group shows nothing: %d %s", status, text)
	}
	for _, s := range list {
		if s.Reblog != nil {
			s = *s.Reblog
		}
		// Of what comes from elsewhere the links say that they are not ours, and the pages of people are where they are.
		line := strings.Join([]string{s.URI, strings.ReplaceAll(s.Content, ` rel="nofollow noreferrer"`, ""), s.CreatedAt.Format(time.RFC3339Nano), strings.Replace(s.Account.URL, "/users/", "/@", 1)}, " ")
		for _, m := range s.Media {
			status, body := get(t, m.URL, "")
			if status != http.StatusOK {
				t.Errorf("%s: %d", m.URL, status)
			}
			line += " " + m.Description + ": " + body
		}
		all = append(all, line)
	}
	return all
}

// A group leaves one node while that runs, and comes into others: with its posts, files and roles.
func TestAGroupAsAFile(t *testing.T) {
	for n, where := range []string{"home", "elsewhere", "again"} {
		t.Run(where, func(t *testing.T) {
			dbtest.Sources(t, func(t *testing.T, source string) {
				if sources := [3]string{}; n == 0 || strings.HasPrefix(source, "postgres") { // with SQLite it is the same each time
					sources[n] = source
					groupAsAFile(t, sources)
				}
			})
		})
	}
}

// groupAsAFile has the databases of the node that a group leaves, of another one, and of the first one made anew; "" is the usual.
func groupAsAFile(t *testing.T, sources [3]string) {
	dir := t.TempDir()
	home := quick(t, dir, "--database", sources[0])
	for _, name := range []string{"anna", "bas"} {
		ok(t, dir, "user", "add", name, "--data", "d", "--email", name+"@gouda.example")
	}
	ok(t, dir, "group", "add", "wonen", "--data", "d", "--title", "Wonen", "--access", "open", "--owner", "anna", "--description", "Over wonen")
	p := begin(t, dir, true, "serve", "--data", "d", "--log-format", "json")
	p.until(`"msg":"ready"`)
	token := func(name string) string {
		return strings.TrimSpace(ok(t, dir, "user", "token", name, "--data", "d", "--scopes", "read write follow"))
	}
	anna, bas := token("anna"), token("bas")
	var group, file struct {
		ID string `json:"id"`
	}
	_, text := get(t, home+"/api/v1/accounts/lookup?acct=wonen", bas)
	if err := json.Unmarshal([]byte(text), &group); err != nil {
		t.Fatal(err)
	}
	send(t, home+"/api/v1/accounts/"+group.ID+"/follow", bas, nil, "", nil, &struct{}{})
	send(t, home+"/api/v2/media", anna, url.Values{"description": {"De nota"}}, "nota.txt", []byte("Dit is de nota."), &file)
	send(t, home+"/api/v1/statuses", anna, url.Values{"status": {"@wonen Welkom, met de nota"}, "media_ids[]": {file.ID}}, "", nil, &file)
	send(t, home+"/api/v1/statuses", bas, url.Values{"status": {"Dank je"}, "in_reply_to_id": {file.ID}}, "", nil, &struct{}{})
	send(t, home+"/api/v1/statuses", bas, url.Values{"status": {"@wonen Ook iets"}}, "", nil, &struct{}{})
	before := spoken(t, home, anna)
	if len(before) != 2 || !strings.Contains(strings.Join(before, "\n"), "De nota: Dit is de nota.") {
		t.Fatalf("the group shows %q", before)
	}

	// It runs.
	refuses(t, dir, 1, `There is no group called "water"`, "group", "export", "water", "--to", "water.zip", "--data", "d")
	refuses(t, dir, 2, "missing flags: --to", "group", "export", "wonen", "--data", "d")
	if out := ok(t, dir, "group", "export", "wonen", "--to", "wonen.zip", "--data", "d"); !strings.Contains(out, "was written to wonen.zip: 2 members, 3 posts, 1 file, ") {
		t.Errorf("group export prints %q", out)
	}
	refuses(t, dir, 1, "wonen.zip exists already", "group", "export", "wonen", "--to", "wonen.zip", "--data", "d")
	members := list(t, dir, "group", "members", "wonen", "--data", "d")
	if out := ok(t, dir, "group", "verify", "wonen.zip"); !strings.HasPrefix(out, "wonen.zip is whole: @wonen@") || !strings.Contains(out, "2 members, 3 posts") {
		t.Errorf("group verify prints %q", out)
	}
	if info, err := os.Stat(filepath.Join(dir, "wonen.zip")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the archive is %v, %v: others can read it", info.Mode(), err)
	}
	if entries := list(t, dir, "audit", "list", "--data", "d"); !slices.ContainsFunc(entries, func(e map[string]any) bool { return e["action"] == "group.export" }) {
		t.Errorf("the audit log is %v", entries)
	}
	p.end(syscall.SIGTERM)
	whole, err := os.ReadFile(filepath.Join(dir, "wonen.zip"))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"half.zip": whole[:len(whole)/2], "changed.zip": bytes.Replace(whole, []byte("Dit is de nota."), []byte("Dat is de nota."), 1)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refuses(t, dir, 1, "half.zip is not whole", "group", "verify", "half.zip")
	refuses(t, dir, 1, "changed.zip has been changed or damaged: the part files/", "group", "verify", "changed.zip")

	// Another node.
	elsewhere := t.TempDir()
	far := quick(t, elsewhere, "--database", sources[1])
	ok(t, elsewhere, "user", "add", "henk", "--data", "d", "--email", "henk@delft.example")
	archived := filepath.Join(dir, "wonen.zip")
	refuses(t, elsewhere, 1, "half.zip is not whole", "group", "import", filepath.Join(dir, "half.zip"), "--owner", "henk", "--data", "d")
	refuses(t, elsewhere, 1, "--owner", "group", "import", archived, "--data", "d")
	refuses(t, elsewhere, 1, `nobody called "anna"`, "group", "import", archived, "--owner", "anna", "--data", "d")
	if groups := list(t, elsewhere, "group", "list", "--data", "d"); len(groups) != 0 {
		t.Errorf("what was refused has left %v", groups)
	}
	if out := ok(t, elsewhere, "group", "import", archived, "--owner", "henk", "--data", "d"); !strings.Contains(out, "was made, with 3 posts; 2 people are invited. It is at "+far+"/groups/wonen") {
		t.Errorf("group import prints %q", out)
	}
	refuses(t, elsewhere, 1, "brought in before", "group", "import", archived, "--owner", "henk", "--as", "wonen2", "--data", "d")
	invited := map[string]any{}
	for _, i := range list(t, elsewhere, "group", "invitations", "wonen", "--data", "d") {
		invited[i["handle"].(string)] = i["role"]
	}
	host := strings.TrimPrefix(home, "http://")
	if diff := cmp.Diff(map[string]any{"@anna@" + host: "owner", "@bas@" + host: "member"}, invited); diff != "" {
		t.Errorf("who is invited:\n%s", diff)
	}
	p = begin(t, elsewhere, true, "serve", "--data", "d", "--log-format", "json")
	p.until(`"msg":"ready"`)
	henk := strings.TrimSpace(ok(t, elsewhere, "user", "token", "henk", "--data", "d", "--scopes", "read"))
	after := spoken(t, far, henk)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("what is said there differs (-home +elsewhere):\n%s", diff)
	}
	p.end(syscall.SIGTERM)

	// The same node, made anew.
	again := t.TempDir()
	ok(t, again, "quickstart", "--data", "d", "--url", home, "--name", "Gemeente Gouda", "--admin", "beheer", "--email", "beheer@gouda.example", "--password", "vier losse woorden", "--database", sources[2])
	refuses(t, again, 1, "who are not there: anna, bas.", "group", "import", archived, "--data", "d")
	for _, name := range []string{"anna", "bas"} {
		ok(t, again, "user", "add", name, "--data", "d", "--email", name+"@gouda.example")
	}
	if out := ok(t, again, "group", "import", archived, "--data", "d"); !strings.Contains(out, "is back, with 2 members and 3 posts.") {
		t.Errorf("group import prints %q", out)
	}
	if diff := cmp.Diff(members, list(t, again, "group", "members", "wonen", "--data", "d")); diff != "" {
		t.Errorf("the members differ:\n%s", diff)
	}
	refuses(t, again, 1, "is here", "group", "import", archived, "--data", "d")
	p = begin(t, again, true, "serve", "--data", "d", "--log-format", "json")
	p.until(`"msg":"ready"`)
	anna = strings.TrimSpace(ok(t, again, "user", "token", "anna", "--data", "d", "--scopes", "read"))
	back := spoken(t, home, anna)
	if diff := cmp.Diff(before, back); diff != "" {
		t.Errorf("what is said after it came back differs (-before +after):\n%s", diff)
	}
	p.end(syscall.SIGTERM)
}
