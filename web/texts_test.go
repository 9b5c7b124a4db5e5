// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/locale"
)

var textKey = regexp.MustCompile(`"([a-z]+(?:\.[a-z0-9]+)+)"`)

// Every text that the pages, and letters to people, use exists, and every text that exists is used.
func TestPagesAndTextsFit(t *testing.T) {
	used := map[string]bool{}
	for _, pattern := range []string{"*.go", "templates/*.html", "../locale/locale.go", "../outbox/appear.go", "../outbox/settings.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v, %v", pattern, paths, err)
		}
		for _, p := range paths {
			if strings.HasSuffix(p, "_test.go") {
				continue
			}
			text, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range textKey.FindAllStringSubmatch(string(text), -1) {
				used[m[1]] = true
			}
			for _, m := range regexp.MustCompile(`[({ ](t|n) "([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
				key := m[2]
				if m[1] == "n" {
					key += ".one"
				}
				if strings.HasSuffix(p, ".html") && locale.Get("nl").T(key) == key {
					t.Errorf("%s: the text %q does not exist", p, key)
				}
			}
		}
	}
	// Put together of words: by dates here, by kinds of notifications and names of presets in api, by what happens in a group in outbox,
	// by who reads and joins a group on its page.
	together := func(key string) bool {
		return slices.ContainsFunc([]string{"month.", "push.", "preset.", "group.told.", "group.reads.", "group.joins.", "invitation.", "guest.", "group.delivered", "group.behind"}, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
	}
	for _, key := range locale.Keys() {
		base := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
		if !used[key] && !used[base] && !together(key) {
			t.Errorf("no page uses the text %q", key)
		}
	}
	for key := range used {
		if _, is := assets()[key]; !is && !strings.Contains(key, ".html") && !strings.Contains(key, ".go") && !exists(key) {
			t.Errorf("%q looks like a text and does not exist", key)
		}
	}
}

func exists(key string) bool {
	l := locale.Get("nl")
	return l.T(key) != key || l.T(key+".one") != key+".one"
}
