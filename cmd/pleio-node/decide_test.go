// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// What administrators decide and say from the command line is there for apps at once, and in the audit log.
func TestDecisionsFromTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	url := quick(t, dir)
	p := begin(t, dir, true, "serve", "--data", "d", "--log-format", "json")
	p.until(`"msg":"ready"`)
	do := func(args ...string) string { t.Helper(); return ok(t, dir, append(args, "--data", "d")...) }
	number := func(out string) string { return regexp.MustCompile(`\d{10,}`).FindString(out) }
	token := strings.TrimSpace(do("user", "token", "beheer", "--scopes", "read"))
	shows := func(path string, words ...string) {
		t.Helper()
		_, body := get(t, url+path, token)
		for _, word := range words {
			if word, never := strings.CutPrefix(word, "!"); strings.Contains(body, word) == never {
				t.Errorf("%s: %q, never %v: %s", path, word, never, body)
			}
		}
	}

	if err := os.WriteFile(filepath.Join(dir, "terms.html"), []byte("<p>Voorwaarden</p>"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuses(t, dir, 1, "There is no text terms", "text", "show", "terms", "--data", "d")
	do("text", "set", "terms", "--file", "terms.html", "--from", "2026-01-01")
	shows("/api/v1/instance/terms_of_service", "Voorwaarden", "2026-01-01")
	if out := do("text", "show", "about", "--language", "en"); !strings.Contains(out, "Gemeente Gouda runs this server") {
		t.Errorf("%s", out)
	}
	rule := number(do("rule", "add", "Wees aardig."))
	do("rule", "add", "Be kind.", "--id", rule, "--language", "en")
	shows("/api/v1/instance/rules", "Wees aardig.", "Be kind.")
	if rules := list(t, dir, "rule", "list", "--data", "d"); len(rules) != 1 || rules[0]["text"] != "Wees aardig." {
		t.Errorf("%v", rules)
	}
	do("rule", "remove", rule)
	shows("/api/v1/instance/rules", "!Wees")
	news := number(do("announcement", "add", "Zaterdag is er onderhoud.", "--start", "2035-01-09 20:00", "--end", "2035-01-09 22:00"))
	shows("/api/v1/announcements", "Zaterdag", "2035-01-09T20:00:00.000Z")
	if all := list(t, dir, "announcement", "list", "--data", "d"); len(all) != 1 {
		t.Errorf("%v", all)
	}
	do("announcement", "remove", news)
	shows("/api/v1/announcements", "!Zaterdag")

	do("user", "add", "anna", "--email", "anna@gouda.example")
	do("user", "suspend", "anna", "--note", "Uit dienst")
	shows("/api/v1/accounts/lookup?acct=anna", `"suspended":true`)
	do("user", "restore", "anna")
	shows("/api/v1/accounts/lookup?acct=anna", `!"suspended":true`)
	do("user", "disable", "anna")
	do("user", "enable", "anna")
	if out := do("user", "token", "anna", "--scopes", "read"); len(strings.TrimSpace(out)) < 40 {
		t.Errorf("an enabled account gets no token: %s", out)
	}
	refuses(t, dir, 1, "does not wait", "user", "approve", "anna", "--data", "d")
	refuses(t, dir, 1, "does not wait", "user", "reject", "anna", "--data", "d")
	refuses(t, dir, 1, "not known here", "user", "suspend", "jan@spam.example", "--data", "d")
	do("peer", "limit", "luid.example", "--note", "Veel reclame")
	shows("/api/v1/instance/domain_blocks", `"domain":"luid.example"`, `"severity":"silence"`)
	do("peer", "forget", "luid.example")
	shows("/api/v1/instance/domain_blocks", "!luid")

	var told []string
	for _, e := range list(t, dir, "audit", "list", "--data", "d") {
		told = append([]string{e["who"].(string) + " " + e["action"].(string)}, told...)
	}
	want := "text.set rule.add rule.change rule.remove announcement.add announcement.remove account.suspend account.unsuspend account.disable account.undisable domain.limited domain.forget"
	if got := strings.ReplaceAll(strings.Join(told, " "), "command line ", ""); got != want {
		t.Errorf("the audit log tells %s", got)
	}
	if out := do("audit", "verify"); !strings.Contains(out, "12 entries") {
		t.Errorf("%s", out)
	}
	p.end(syscall.SIGTERM)
}
