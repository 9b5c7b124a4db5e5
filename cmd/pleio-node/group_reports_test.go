// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

// The administrator sees what was reported in a group, and resolves it as an owner does.
func TestReportsFromTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	quick(t, dir)
	do := func(args ...string) string { t.Helper(); return ok(t, dir, append(args, "--data", "d")...) }
	for _, name := range []string{"anna", "bas"} {
		do("user", "add", name, "--email", name+"@gouda.example")
	}
	do("group", "add", "dossier", "--title", "Dossier", "--access", "secret", "--owner", "anna")
	if waiting := list(t, dir, "group", "reports", "dossier", "--data", "d"); len(waiting) != 0 {
		t.Errorf("at first: %v", waiting)
	}

	data := filepath.Join(dir, "d")
	config, err := node.LoadConfig(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(t.Context(), node.Options{Data: data, Config: config})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]*actors.Actor{}
	for _, name := range []string{"anna", "bas", "dossier"} {
		if named[name], err = actors.LocalByName(t.Context(), n.DB, name); err != nil {
			t.Fatal(err)
		}
	}
	anna, bas, group := named["anna"], named["bas"], named["dossier"]
	err = n.DB.Tx(t.Context(), func(tx *db.Tx) error { _, err := n.Dir.Admit(t.Context(), tx, bas, group); return err })
	if err != nil {
		t.Fatal(err)
	}
	post, err := n.Outbox.Post(t.Context(), bas, outbox.Draft{Text: "Koop nu!", Group: group.ID})
	if err != nil {
		t.Fatal(err)
	}
	err = n.DB.Tx(t.Context(), func(tx *db.Tx) error {
		if err := n.Outbox.ReportInGroup(t.Context(), tx, anna, group, []string{bas.IRI, post.IRI}, "Reclame"); err != nil {
			return err
		}
		return n.Outbox.ReportInGroup(t.Context(), tx, bas, group, []string{anna.IRI}, "Luistert niet") // the only owner: nobody but the administrator sees it
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}

	waiting := list(t, dir, "group", "reports", "dossier", "--data", "d")
	if len(waiting) != 2 || !strings.HasPrefix(waiting[0]["person"].(string), "@anna@") || !strings.HasPrefix(waiting[1]["person"].(string), "@bas@") ||
		waiting[1]["comment"] != "Reclame" || waiting[1]["posts"].([]any)[0] != post.IRI {
		t.Fatalf("what waits: %v", waiting)
	}
	if table := do("group", "reports", "dossier"); !strings.HasPrefix(table, "REPORT") || strings.Count(table, "\n") != 3 {
		t.Errorf("group reports prints\n%s", table)
	}
	refuses(t, dir, 1, "no such report", "group", "resolve", "dossier", "1", "--data", "d")
	owner, other := waiting[0]["report"].(string), waiting[1]["report"].(string)
	if out := do("group", "resolve", "dossier", other, "--delete", "--remove", "--reason", "Reclame"); !strings.Contains(out, "was resolved.") {
		t.Errorf("group resolve prints %s", out)
	}
	refuses(t, dir, 1, "already", "group", "resolve", "dossier", other, "--data", "d")
	if members := list(t, dir, "group", "members", "dossier", "--data", "d"); len(members) != 1 {
		t.Errorf("members: %v", members)
	}
	do("group", "resolve", "dossier", owner)
	if waiting := list(t, dir, "group", "reports", "dossier", "--data", "d"); len(waiting) != 0 {
		t.Errorf("in the end: %v", waiting)
	}
	if n, err = node.Open(t.Context(), node.Options{Data: data, Config: config}); err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	decided, err := outbox.Decisions(t.Context(), n.DB, group.ID, actors.Page{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, d := range decided {
		kinds = append(kinds, d.Kind)
	}
	if got := strings.Join(kinds, " "); got != "resolution resolution removal deletion" {
		t.Errorf("decided: %s", got)
	}
}
