// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package clients_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/test/harness"
)

// Every method and command that the clients have, on two nodes; what a client has and a node does not is named in its
// script, with the reason. README.md tells what each script finds in its environment.
func TestWholeClients(t *testing.T) {
	folder := os.Getenv("PLEIO_TEST_CLIENTS")
	if folder == "" {
		t.Skip("PLEIO_TEST_CLIENTS is not set: scripts/setup installs the clients, and make check runs these tests")
	}
	python := "/usr/bin/python3" // Debian's, which has Debian's packages
	for name, command := range map[string][]string{
		"toot":        {python, "toot_whole.py"},
		"Mastodon.py": {python, "mastodonpy_whole.py"},
		"masto":       {filepath.Join(folder, "..", "peers", "node"), "masto_whole.mjs"},
		"browser":     {filepath.Join(folder, "..", "peers", "node"), "browser.mjs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
			cmd.Dir, cmd.Env = folder, newWorld(t, folder)
			var errs strings.Builder
			cmd.Stderr = &errs
			out, err := cmd.Output()
			t.Logf("%s tells:\n%s", name, out)
			if err != nil {
				t.Fatalf("%s ended with %v:\n%s", name, err, errs.String())
			}
		})
	}
}

// newWorld starts two nodes with people, and is the environment of a client's script.
func newWorld(t *testing.T, folder string) []string {
	t.Helper()
	here := harness.Start(t, harness.Options{Name: "Gouda", Env: []string{"PLEIO_NODE_REGISTRATIONS=approval"}})
	there := harness.Start(t, harness.Options{Name: "Waterschap"})
	anna, berend, bas := here.AddUser("anna"), here.AddUser("berend"), there.AddUser("bas")
	here.Run("announcement", "add", "Zaterdag is er onderhoud.")
	here.Run("rule", "add", "Wees aardig.")
	here.Run("emoji", "add", "plein", filepath.Join(folder, "picture.png"))
	return append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "BASE="+here.URL, "TOKEN="+anna, "LOCAL_TOKEN="+berend,
		"EMAIL=anna@node.example", "PASSWORD="+harness.Password,
		"ADMIN_TOKEN="+here.Run("user", "token", harness.Admin, "--scopes", "read write follow push admin:read admin:write"),
		"OTHER_BASE="+there.URL, "OTHER_TOKEN="+bas, "PERSON=bas@"+there.Host, "GROUP="+there.AddGroup("wonen", "bas"))
}

// Somebody goes on at the other node: who followed the old account, here or there, follows the new one, and apps are told where it is.
func TestMoveAsClientsSeeIt(t *testing.T) {
	if os.Getenv("PLEIO_TEST_CLIENTS") == "" {
		t.Skip("PLEIO_TEST_CLIENTS is not set: make check runs these tests")
	}
	here, there := harness.Start(t, harness.Options{Name: "Gouda"}), harness.Start(t, harness.Options{Name: "Waterschap"})
	here.AddUser("anna")
	there.AddUser("ans")
	follower := map[*harness.Node]string{here: here.AddUser("berend"), there: there.AddUser("bas")}
	for n, token := range follower {
		n.Follow(token, "anna@"+here.Host)
	}
	there.Run("user", "alias", "ans", "--add", "@anna@"+here.Host)
	here.Run("user", "move", "anna", "--to", "@ans@"+there.Host)
	for n, token := range follower {
		to := n.Find(token, "ans@"+there.Host)
		for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
			var all []struct{ Following bool }
			n.Must(token, "GET", "/api/v1/accounts/relationships?id[]="+to.ID, nil, &all)
			var old struct{ Moved *harness.Account }
			n.Must(token, "GET", "/api/v1/accounts/"+n.Find(token, "anna@"+here.Host).ID, nil, &old)
			if all[0].Following && old.Moved != nil && old.Moved.ID == to.ID {
				break
			}
			if time.Since(began) > 10*time.Second {
				t.Fatalf("on %s the follower follows the new account: %v; the old one says that it has moved to %+v", n.Host, all[0].Following, old.Moved)
			}
		}
	}
}
