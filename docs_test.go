// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package pleionode_test

import (
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheDocumentsAreThere(t *testing.T) {
	for _, p := range []string{
		"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "FEDERATION.md", "SECURITY.md", "deploy.md", "publiccode.yml",
		"docs/dependencies.md", "LICENSES/EUPL-1.2.txt",
	} {
		if info, err := os.Stat(p); err != nil || info.Size() == 0 {
			t.Errorf("%s is missing or empty", p)
		}
	}
}

// Each row of FEDERATION.md's tables ends with the tests that show the behaviour.
func TestFederationNamesRealTests(t *testing.T) {
	exists := map[string]bool{}
	for _, f := range goFiles(t) {
		if !f.test {
			continue
		}
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllStringSubmatch(read(t, f.path), -1) {
			exists[m[1]] = true
		}
	}
	rows := tableRows(read(t, "FEDERATION.md"))
	if len(rows) == 0 {
		t.Fatal("FEDERATION.md has no table")
	}
	missing := map[string][]string{}
	for _, row := range rows {
		tests := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(row[len(row)-1], -1)
		if len(tests) == 0 {
			t.Errorf("FEDERATION.md: %q names no test in its last column", row[0])
		}
		for _, m := range tests {
			if !exists[m[1]] {
				missing[m[1]] = append(missing[m[1]], row[0])
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		t.Errorf("FEDERATION.md: %s does not exist; it should show: %s", name, strings.Join(missing[name], "; "))
	}
}

// Each direct dependency, tools included, has its reason in docs/dependencies.md; and nothing is named there that is not used.
func TestEveryDependencyHasItsReason(t *testing.T) {
	reasons := map[string]string{}
	for _, row := range tableRows(read(t, "docs/dependencies.md")) {
		module := strings.Trim(row[0], "`")
		if len(row) < 2 || row[1] == "" {
			t.Errorf("docs/dependencies.md: %s has no reason", module)
		}
		reasons[module] = row[len(row)-1]
	}
	direct := map[string]bool{}
	block := ""
	for line := range strings.Lines(read(t, "go.mod")) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case fields[0] == ")":
			block = ""
		case len(fields) == 2 && fields[1] == "(":
			block = fields[0]
		case block == "require" && !strings.HasSuffix(strings.TrimSpace(line), "// indirect"):
			direct[fields[0]] = true
		case block == "tool":
			direct[fields[0]] = true
		case fields[0] == "require" || fields[0] == "tool":
			direct[fields[1]] = true
		}
	}
	for _, module := range slices.Sorted(maps.Keys(direct)) {
		if _, ok := reasons[module]; !ok {
			t.Errorf("docs/dependencies.md does not say why go.mod has %s", module)
		}
	}
	for _, module := range slices.Sorted(maps.Keys(reasons)) {
		if !direct[module] && strings.Contains(module, "/") && strings.Contains(path.Dir(module), ".") {
			t.Errorf("docs/dependencies.md names %s, which go.mod does not have as a direct dependency", module)
		}
	}
}

// A decision record is found by its number: 0001-title.md, without gaps, each with the same four headings.
func TestDecisionRecords(t *testing.T) {
	entries, err := os.ReadDir("docs/decisions")
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]bool{}
	for _, e := range entries {
		number, _, _ := strings.Cut(e.Name(), "-")
		if !regexp.MustCompile(`^\d{4}-[a-z0-9-]+\.md$`).MatchString(e.Name()) || numbers[number] {
			t.Errorf("docs/decisions/%s: the name must be a number of its own and a title: 0001-title.md", e.Name())
		}
		numbers[number] = true
		text := read(t, "docs/decisions/"+e.Name())
		for _, heading := range []string{"\n## Question\n", "\n## Decision\n", "\n## Why\n", "\n## What it costs\n"} {
			if !strings.Contains(text, heading) {
				t.Errorf("docs/decisions/%s lacks the heading %q", e.Name(), strings.TrimSpace(heading))
			}
		}
	}
}

// Links between the documents lead somewhere.
func TestLinksInDocumentsLeadSomewhere(t *testing.T) {
	links := regexp.MustCompile(`\]\(([^)#:\s]+)(?:#[^)]*)?\)`)
	for _, p := range files(t) {
		if path.Ext(p) != ".md" || strings.Contains("/"+p, "/testdata/") {
			continue
		}
		for _, m := range links.FindAllStringSubmatch(read(t, p), -1) {
			if _, err := os.Stat(path.Join(path.Dir(p), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", p, m[1])
			}
		}
	}
}

// tableRows are the rows below the head of every Markdown table in a text, cell by cell.
func tableRows(text string) [][]string {
	var rows [][]string
	body := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			body = false
			continue
		}
		if strings.Trim(line, "|-: ") == "" {
			body = true
			continue
		}
		if !body {
			continue
		}
		var cells []string
		for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		rows = append(rows, cells)
	}
	return rows
}
