// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/node"
)

func TestAccessOfAPerson(t *testing.T) {
	dir := t.TempDir()
	quick(t, dir)
	data := filepath.Join(dir, "d")
	config, err := node.LoadConfig(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(t.Context(), node.Options{Data: data, Config: config})
	if err != nil {
		t.Fatal(err)
	}
	who, err := actors.LocalByName(t.Context(), n.DB, "beheer")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Auth.StartSession(t.Context(), who.ID, "Lynx/2.8.9"); err != nil {
		t.Fatal(err)
	}
	if err := n.Auth.StartSecondFactor(t.Context(), who.ID); err != nil {
		t.Fatal(err)
	}
	status := func() string { return ok(t, dir, "user", "second-factor", "beheer", "--data", "d") }
	if out := status(); !strings.Contains(out, "has no second factor") {
		t.Errorf("while it is set up: %s", out)
	}
	if _, err := n.DB.Exec(t.Context(), "UPDATE second_factors SET since = 1"); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if out := status(); !strings.Contains(out, "has a second factor since") {
		t.Errorf("then: %s", out)
	}
	if out := ok(t, dir, "user", "second-factor", "beheer", "--off", "--data", "d"); !strings.Contains(out, "password alone") {
		t.Errorf("--off: %s", out)
	}
	if out := status(); !strings.Contains(out, "has no second factor") {
		t.Errorf("in the end: %s", out)
	}
	if rows := list(t, dir, "user", "sessions", "beheer", "--data", "d"); len(rows) != 1 || rows[0]["agent"] != "Lynx/2.8.9" {
		t.Errorf("sessions: %v", rows)
	}
	if table := ok(t, dir, "user", "sessions", "beheer", "--data", "d"); !strings.Contains(table, "Lynx/2.8.9") || !strings.Contains(table, "LAST USED") {
		t.Errorf("sessions:\n%s", table)
	}
	ok(t, dir, "user", "sessions", "beheer", "--end", "--data", "d")
	if rows := list(t, dir, "user", "sessions", "beheer", "--data", "d"); len(rows) != 0 {
		t.Errorf("sessions after the end: %v", rows)
	}
	refuses(t, dir, 1, "There is nobody called", "user", "sessions", "niemand", "--data", "d")
	refuses(t, dir, 1, "There is nobody called", "user", "second-factor", "niemand", "--off", "--data", "d")
}
