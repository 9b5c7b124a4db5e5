// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/db/dbtest"
)

// quick makes a node in dir/d and returns its address.
func quick(t *testing.T, dir string, more ...string) string {
	t.Helper()
	url := fmt.Sprintf("http://127.0.0.1:%d", freePort(t))
	ok(t, dir, append([]string{"quickstart", "--data", "d", "--url", url, "--name", "Gemeente Gouda", "--admin", "beheer", "--email", "beheer@gouda.example",
		"--password", "vier losse woorden"}, more...)...)
	return url
}

func get(t *testing.T, address, token string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestANodeFromQuickstartToTheEnd(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) { fromQuickstartToTheEnd(t, source) })
}

func fromQuickstartToTheEnd(t *testing.T, source string) {
	dir := t.TempDir()
	url := quick(t, dir, "--database", source)
	p := begin(t, dir, true, "serve", "--data", "d", "--log-format", "json")
	ready := p.until(`"msg":"ready"`)
	for _, want := range []string{url, `"start":`} {
		if !strings.Contains(ready, want) {
			t.Errorf("the ready line lacks %s: %s", want, ready)
		}
	}
	if !slices.ContainsFunc(p.text, func(line string) bool { return strings.Contains(line, `"WARN"`) && strings.Contains(line, "trying") }) {
		t.Errorf("a node for development is not warned about:\n%s", strings.Join(p.text, "\n"))
	}

	// Everything works while the node runs.
	if out := ok(t, dir, "user", "add", "anna", "--data", "d", "--email", "anna@gouda.example", "--title", "Anna de Vries"); !regexp.MustCompile(`(?m)^The password is \S{20,}$`).MatchString(out) {
		t.Errorf("user add shows no password: %s", out)
	}
	token := strings.TrimSpace(ok(t, dir, "user", "token", "anna", "--data", "d", "--scopes", "read write follow push"))
	if len(token) < 40 || strings.ContainsAny(token, " \n") {
		t.Errorf("user token prints %q", token)
	}
	if status, body := get(t, url+"/api/v1/accounts/verify_credentials", token); status != http.StatusOK || !strings.Contains(body, `"Anna de Vries"`) {
		t.Errorf("the token gives %d %s", status, body)
	}
	ok(t, dir, "group", "add", "wijk-noord", "--data", "d", "--title", "Wijk Noord", "--access", "open", "--owner", "anna", "--description", "Voor de wijk")
	if status, body := get(t, url+"/.well-known/webfinger?resource=acct:wijk-noord@"+strings.TrimPrefix(url, "http://"), ""); status != http.StatusOK || !strings.Contains(body, url+"/groups/wijk-noord") {
		t.Errorf("the new group is not found: %d %s", status, body)
	}
	refuses(t, dir, 1, "is taken by another program", "serve", "--data", "d")
	everything(t, dir, url)
	p.end(syscall.SIGTERM)

	governed(t, dir)

	// And when it does not.
	everything(t, dir, url)
	ok(t, dir, "user", "disable", "anna", "--data", "d")
	if people := list(t, dir, "user", "list", "--data", "d"); people[0]["disabled"] == nil {
		t.Errorf("anna is not disabled: %v", people[0])
	}
	refuses(t, dir, 1, "disabled", "user", "token", "anna", "--data", "d")
	ok(t, dir, "user", "delete", "anna", "--data", "d", "--yes")
	if people := list(t, dir, "user", "list", "--data", "d"); len(people) != 1 {
		t.Errorf("anna is still there: %v", people)
	}
	refuses(t, dir, 1, "taken", "user", "add", "anna", "--data", "d", "--email", "other@gouda.example")
}

// governed changes a group in every way and ends as it began.
func governed(t *testing.T, dir string) {
	t.Helper()
	if out := ok(t, dir, "group", "set", "wijk-noord", "--data", "d", "preset=closed-team", "introduction=yes", "allowed-hosts=a.example,b.example", "welcome-nl=Hallo", "history=joining"); !strings.Contains(out, "were changed") {
		t.Errorf("group set prints %s", out)
	}
	one := list(t, dir, "group", "list", "--data", "d")[0]
	if hosts, _ := one["allowed_hosts"].([]any); one["preset"] != "closed-team" || one["visibility"] != "listed" || one["access"] != "request" || one["introduction"] != true || len(hosts) != 2 || one["history_since_joining"] != true {
		t.Errorf("group list: %v", one)
	}
	ok(t, dir, "group", "archive", "wijk-noord", "--data", "d", "--reason", "Klaar")
	if table := ok(t, dir, "group", "list", "--data", "d"); !regexp.MustCompile(`(?m)^wijk-noord .*closed-team .*archived$`).MatchString(table) {
		t.Errorf("group list prints\n%s", table)
	}
	ok(t, dir, "group", "unarchive", "wijk-noord", "--data", "d")
	if out := ok(t, dir, "group", "delete", "wijk-noord", "--data", "d"); !strings.Contains(out, "will be deleted at") {
		t.Errorf("group delete prints %s", out)
	}
	if one := list(t, dir, "group", "list", "--data", "d")[0]; one["deletes"] == nil || one["archived"] != nil {
		t.Errorf("group list: %v", one)
	}
	ok(t, dir, "group", "restore", "wijk-noord", "--data", "d")
	refuses(t, dir, 1, "in confidence", "group", "set", "wijk-noord", "--data", "d", "visibility=public")
}

// everything looks at a node with the people beheer and anna, and changes what can be changed twice.
func everything(t *testing.T, dir, url string) {
	t.Helper()
	people := list(t, dir, "user", "list", "--data", "d")
	if len(people) != 2 || people[0]["name"] != "anna" || people[0]["email"] != "anna@gouda.example" || people[1]["admin"] != true {
		t.Errorf("user list: %v", people)
	}
	if table := ok(t, dir, "user", "list", "--data", "d"); !regexp.MustCompile(`(?m)^beheer .*administrator$`).MatchString(table) {
		t.Errorf("user list prints\n%s", table)
	}
	groups := list(t, dir, "group", "list", "--data", "d")
	if len(groups) != 1 || groups[0]["url"] != url+"/groups/wijk-noord" || groups[0]["members"] != 1.0 || groups[0]["access"] == "" {
		t.Errorf("group list: %v", groups)
	}
	ok(t, dir, "peer", "add", "samen.waterschap.example", "--data", "d", "--note", "Joris")
	ok(t, dir, "peer", "block", "spam.example", "--data", "d")
	peers := list(t, dir, "peer", "list", "--data", "d")
	if len(peers) != 2 || peers[0]["policy"] != "allowed" || peers[0]["note"] != "Joris" || peers[1]["policy"] != "blocked" {
		t.Errorf("peer list: %v", peers)
	}
	if waiting := list(t, dir, "queue", "list", "--data", "d"); len(waiting) != 0 {
		t.Errorf("queue list: %v", waiting)
	}
	ok(t, dir, "user", "rotate-keys", "anna", "--data", "d")
	if out := runWith(t, dir, []string{"PLEIO_PASSWORD=heel andere woorden"}, "user", "password", "anna", "--data", "d"); out.status != 0 || strings.Contains(out.out, "andere") {
		t.Errorf("user password: %+v", out)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	dir := t.TempDir()
	quick(t, dir)
	for _, x := range []struct {
		status   int
		sentence string
		args     string
	}{
		{2, "unexpected argument nonsense", "nonsense"},
		{2, "missing flags: --email=E", "user add anna"},
		{2, `expected "<name>"`, "user disable"},
		{2, "unknown flag --colour", "user list --colour"},
		{2, `--access must be one of "","open","closed","secret"`, "group add x --title X --owner beheer --access half"},
		{2, "Give --preset or --access", "group add x --title X --owner beheer --access open --preset dossier"},
		{2, `"colour=red" is no setting`, "group set x colour=red"},
		{2, "It must be yes or no", "group set x plain-members=maybe"},
		{1, `There is no group called "x"`, "group archive x"},
		{1, `There is no group called "beheer"`, "group delete beheer"},
		{2, "Give --yes", "user delete beheer"},
		{2, "Give --yes", "queue drop a.example"},
		{2, "--url is needed.", "quickstart --data new"},
		{1, `There is nobody called "anna"`, "group add x --title X --owner anna"},
		{1, `There is nobody called "org"`, "user disable org"},
		{1, "cannot be used", "user add An+na --email a@gouda.example"},
		{1, "is reserved", "user add admin --email a@gouda.example"},
		{1, "is taken", "user add beheer --email a@gouda.example"},
		{1, "belongs to another account", "user add anna --email beheer@gouda.example"},
		{1, "e-mail address cannot be read", "user add anna --email gouda"},
		{1, "too short", "user add anna --email a@gouda.example --password kort"},
		{1, `The scope "all" does not exist`, "user token beheer --scopes all"},
		{1, "is not a host name", "peer block https://spam.example/"},
		{1, "Nothing was ever sent to", "queue retry a.example"},
		{1, "needs a host", "user move beheer --to @ander"},
		{1, "There is no node in nowhere", "user list --data nowhere"},
	} {
		args := strings.Fields(x.args)
		if !slices.Contains(args, "--data") && args[0] != "nonsense" {
			args = append(args, "--data", "d")
		}
		refuses(t, dir, x.status, x.sentence, args...)
	}
	if people := list(t, dir, "user", "list", "--data", "d"); len(people) != 1 {
		t.Errorf("what was refused left people behind: %v", people)
	}
	if r := run(t, dir, "user", "token", "beheer", "--scopes", "all", "--data", "d", "--verbose"); r.status != 1 || strings.Count(r.err, "\n") != 2 {
		t.Errorf("--verbose says %q", r.err)
	}
	if r := run(t, dir); r.status != 2 || !strings.Contains(r.out, "Usage: pleio-node <command>") {
		t.Errorf("without arguments: %+v", r)
	}
}

func TestQuickstartMakesAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	quickstart := func(data string, more ...string) []string {
		return append([]string{"quickstart", "--data", data, "--name", "Gouda", "--admin", "beheer", "--email", "beheer@gouda.example"}, more...)
	}
	refuses(t, dir, 1, "plain http is for trying on this computer only", quickstart("a", "--url", "http://samen.gouda.nl")...)
	refuses(t, dir, 1, "must be like https://samen.gouda.nl", quickstart("a", "--url", "samen.gouda.nl")...)
	refuses(t, dir, 1, "letter by letter", quickstart("a", "--url", "https://Samen.Gouda.nl")...)
	refuses(t, dir, 1, "is reserved", quickstart("a", "--url", "https://samen.gouda.nl", "--admin", "root")...)
	refuses(t, dir, 1, "too short", quickstart("a", "--url", "https://samen.gouda.nl", "--password", "kort")...)
	if _, err := os.Stat(filepath.Join(dir, "a")); !os.IsNotExist(err) {
		t.Errorf("a refused quickstart left its folder: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	refuses(t, dir, 1, "e-mail address cannot be read", quickstart("b", "--url", "https://samen.gouda.nl", "--email", "gouda")...)
	if left, err := os.ReadDir(filepath.Join(dir, "b")); err != nil || len(left) != 0 {
		t.Errorf("a refused quickstart left %v, %v", left, err)
	}
	out := ok(t, dir, quickstart("b", "--url", "https://samen.gouda.nl", "--domain", "gouda.nl")...)
	if !strings.Contains(out, "It is shown only now.") {
		t.Errorf("no password is shown: %s", out)
	}
	if people := list(t, dir, "user", "list", "--data", "b"); len(people) != 1 || people[0]["handle"] != "@beheer@gouda.nl" || people[0]["admin"] != true {
		t.Errorf("the first administrator: %v", people)
	}
	refuses(t, dir, 1, "There is a node in b already", quickstart("b", "--url", "https://samen.gouda.nl")...)
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refuses(t, dir, 1, "is not empty", quickstart(".", "--url", "https://samen.gouda.nl")...)
	refuses(t, dir, 1, "cannot be read", quickstart("file", "--url", "https://samen.gouda.nl")...)
	for _, name := range []string{"config.toml", "secret", "node.db"} {
		if info, err := os.Stat(filepath.Join(dir, "b", name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; others may not read it", name, info.Mode(), err)
		}
	}
}

// With a database elsewhere a node without administrator is not forgotten: its keys are in that database.
func TestQuickstartKeepsWhatADatabaseElsewhereNeeds(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		dir := t.TempDir()
		refuses(t, dir, 1, "The node is made, but not its administrator", "quickstart", "--data", "d", "--url", "https://samen.gouda.nl", "--name", "Gouda",
			"--admin", "root", "--email", "beheer@gouda.example", "--database", source)
		ok(t, dir, "user", "add", "beheer", "--email", "beheer@gouda.example", "--admin", "--data", "d")
	})
}

func TestMistakesInTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	quick(t, dir)
	file := filepath.Join(dir, "d", "config.toml")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ add, sentence string }{
		{"[node]\nurl = \"http://samen.gouda.nl\"\nname = \"Gouda\"\n", "plain http is for trying on this computer only"},
		{"[node]\nurl = \"https://samen.gouda.nl\"\n", "The node needs a name"},
		{"colour = \"blue\"\n", "a setting that does not exist: colour"},
		{"[limits]\nrequest = 3\n", "a setting that does not exist: limits.request"},
		{"[node\n", "cannot be read"},
		{"[node]\nurl = \"https://samen.gouda.nl\"\nname = \"Gouda\"\n[network]\nallow_private = [\"10.0.0.1\"]\n", "is not an address range"},
	} {
		if err := os.WriteFile(file, []byte(x.add), 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, dir, 1, x.sentence, "serve", "--data", "d")
		refuses(t, dir, 1, x.sentence, "user", "list", "--data", "d")
	}
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := runWith(t, dir, []string{"PLEIO_LIMITS_REQUESTS=many", "PLEIO_DATA=d"}, "user", "list"); r.status != 1 || !strings.Contains(r.err, "PLEIO_LIMITS_REQUESTS is a whole number") {
		t.Errorf("a wrong setting in the environment: %+v", r)
	}
	if r := runWith(t, dir, []string{"PLEIO_NODE_LISTEN=nowhere"}, "serve", "--data", "d"); r.status != 1 || !strings.Contains(r.err, "Cannot listen on") {
		t.Errorf("a wrong place to listen: %+v", r)
	}
}

// The example that quickstart prints is what it writes, and can be used.
func TestTheExampleConfigurationIsWhole(t *testing.T) {
	dir := t.TempDir()
	quick(t, dir)
	example := ok(t, dir, "quickstart", "--example")
	written, err := os.ReadFile(filepath.Join(dir, "d", "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	setting := regexp.MustCompile(`(?m)^(url|name|email|listen) = .*$`)
	if got, want := setting.ReplaceAllString(string(written), "$1"), setting.ReplaceAllString(example, "$1"); strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("the configuration is\n%s\nand the example\n%s", got, want)
	}
}

func TestVersion(t *testing.T) {
	if out := ok(t, t.TempDir(), "version"); !regexp.MustCompile(`^pleio-node \d+\.\d+\.\d+ \(go\d.*\)`).MatchString(out) {
		t.Errorf("version prints %q", out)
	}
	if out := ok(t, t.TempDir(), "version", "--json"); !strings.Contains(out, `"version":`) {
		t.Errorf("version --json prints %q", out)
	}
}
