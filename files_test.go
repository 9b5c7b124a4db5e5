// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package pleionode_test

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// Every file says whose it is and under which licence: in its head, or, where a file can have no comment, in REUSE.toml
// (https://reuse.software/spec-3.3/).
func TestEveryFileHasItsLicence(t *testing.T) {
	var reuse struct {
		Version     int `toml:"version"`
		Annotations []struct {
			Path      []string `toml:"path"`
			Copyright string   `toml:"SPDX-FileCopyrightText"`
			Licence   string   `toml:"SPDX-License-Identifier"`
		} `toml:"annotations"`
	}
	if _, err := toml.Decode(read(t, "REUSE.toml"), &reuse); err != nil {
		t.Fatalf("REUSE.toml: %v", err)
	}
	used := map[string]bool{}
	annotated := func(p string) bool {
		for _, a := range reuse.Annotations {
			for _, pattern := range a.Path {
				if a.Copyright != "" && a.Licence == "EUPL-1.2" && globs(pattern, p) {
					used[pattern] = true
					return true
				}
			}
		}
		return false
	}
	for _, p := range files(t) {
		if strings.HasPrefix(p, "LICENSES/") || annotated(p) {
			continue
		}
		head := read(t, p)
		head = head[:min(len(head), 600)]
		for _, want := range []string{"SPDX-FileCopyrightText: 2026 The pleio-node authors", "SPDX-License-Identifier: EUPL-1.2"} {
			if !strings.Contains(head, want) {
				t.Errorf("%s: its head lacks %q, and REUSE.toml does not name it", p, want)
			}
		}
	}
	if !strings.HasPrefix(read(t, "LICENSES/EUPL-1.2.txt"), "EUROPEAN UNION PUBLIC LICENCE v. 1.2\n") {
		t.Error("LICENSES/EUPL-1.2.txt is not the text of the licence")
	}
}

// globs matches as REUSE does: * is any text without a slash, ** any text.
func globs(pattern, p string) bool {
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.ReplaceAll(quoted, `\*\*`, `.*`)
	quoted = strings.ReplaceAll(quoted, `\*`, `[^/]*`)
	return regexp.MustCompile("^" + quoted + "$").MatchString(p)
}

// longest is how long a source file may be. A longer one must say why in its first lines: "Long because …".
const longest = 800

func TestNoFileIsTooLong(t *testing.T) {
	kinds := []string{".go", ".js", ".mjs", ".css", ".py", ".sh", ".html", ".sql"}
	for _, p := range files(t) {
		if !slices.Contains(kinds, path.Ext(p)) {
			continue
		}
		text := read(t, p)
		if n := strings.Count(text, "\n"); n > longest && !strings.Contains(text[:min(len(text), 1500)], "Long because ") {
			t.Errorf("%s has %d lines; split it where it tells a second story, or say at its head \"Long because …\"", p, n)
		}
	}
}

// What is not finished is an issue, not a mark in the text.
func TestNothingIsLeftForLater(t *testing.T) {
	marks := regexp.MustCompile(`\b(` + strings.Join([]string{"TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"}, "|") + `)\b`)
	for _, p := range files(t) {
		if strings.Contains("/"+p, "/testdata/") || path.Base(p) == "package-lock.json" || path.Base(p) == "go.sum" {
			continue
		}
		text := []byte(read(t, p))
		if bytes.IndexByte(text, 0) >= 0 {
			continue // a picture, not a text
		}
		for i, line := range strings.Split(string(text), "\n") {
			if mark := marks.FindString(line); mark != "" {
				t.Errorf("%s:%d: %s", p, i+1, mark)
			}
		}
	}
}
