// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/db/dbtest"
)

func TestPeopleOfAGroup(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		dir := t.TempDir()
		quick(t, dir, "--database", source)
		for _, name := range []string{"anna", "bas", "cas", "dora"} {
			ok(t, dir, "user", "add", name, "--data", "d", "--email", name+"@gouda.example")
		}
		ok(t, dir, "group", "add", "dossier", "--data", "d", "--title", "Dossier", "--access", "secret", "--owner", "anna")
		refuses(t, dir, 1, `There is no group called "anna"`, "group", "members", "anna", "--data", "d")
		refuses(t, dir, 1, `There is no group called "water"`, "group", "invite", "water", "bas", "--data", "d")
		refuses(t, dir, 2, "Whom?", "group", "invite", "dossier", "--data", "d")
		refuses(t, dir, 1, "cannot be read", "group", "invite", "dossier", "--file", "leden.csv", "--data", "d")
		if members := list(t, dir, "group", "members", "dossier", "--data", "d"); len(members) != 1 || members[0]["role"] != "owner" || !strings.HasPrefix(members[0]["handle"].(string), "@anna@") || members[0]["until"] != nil {
			t.Errorf("members: %v", members)
		}

		if err := os.WriteFile(filepath.Join(dir, "leden.csv"), []byte("naam;account\nBas;@bas\nNiemand;@niemand\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		out := run(t, dir, "group", "invite", "dossier", "anna", "--file", "leden.csv", "--message", "Doe mee", "--data", "d")
		if out.status != 1 || !strings.Contains(out.out, "@bas was invited.\n@niemand was not invited: ") || !strings.Contains(out.out, "anna is a member.") || !strings.Contains(out.err, "1 of 3 could not be invited.") {
			t.Errorf("group invite: %+v", out)
		}
		if out := ok(t, dir, "group", "invite", "dossier", "bas", "--data", "d"); out != "bas was invited before, and has not answered.\n" {
			t.Errorf("once more: %q", out)
		}
		if out := ok(t, dir, "group", "invite", "dossier", "cas", "--guest-until", "2999-03-31", "--data", "d"); out != "cas was invited.\n" {
			t.Errorf("a guest: %q", out)
		}
		if out := run(t, dir, "group", "invite", "dossier", "dora", "--by", "bas", "--data", "d"); out.status != 1 || !strings.Contains(out.out, "There is no such group.") {
			t.Errorf("by who is no member: %+v", out)
		}
		if out := run(t, dir, "group", "invite", "dossier", "dora", "--guest-until", "2001-01-01", "--data", "d"); out.status != 1 || !strings.Contains(out.out, "date in the future") {
			t.Errorf("a guest of the past: %+v", out)
		}
		invited := list(t, dir, "group", "invitations", "dossier", "--data", "d")
		if len(invited) != 2 || invited[0]["role"] != "guest" || !strings.HasPrefix(invited[0]["until"].(string), "2999-03-31") && !strings.HasPrefix(invited[0]["until"].(string), "2999-04-01") ||
			!strings.HasPrefix(invited[1]["handle"].(string), "@bas@") || !strings.HasPrefix(invited[1]["invitedBy"].(string), "@anna@") {
			t.Errorf("invitations: %v", invited)
		}
		if table := ok(t, dir, "group", "invitations", "dossier", "--data", "d"); !strings.HasPrefix(table, "HANDLE") || strings.Count(table, "\n") != 3 {
			t.Errorf("group invitations prints\n%s", table)
		}
	})
}
