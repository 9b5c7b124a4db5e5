// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/db/dbtest"
)

// lint holds an OpenAPI document against the NL API Design Rules, with Spectral, and returns the names of the rules that it breaks.
func lint(t *testing.T, folder string, doc any) (rules, all []string) {
	t.Helper()
	text, err := encode(doc)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "openapi.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "found.json")
	said, err := exec.Command(filepath.Join(folder, "node_modules", ".bin", "spectral"), "lint", "--ruleset", filepath.Join(folder, "ruleset.yaml"),
		"--fail-severity", "hint", "--format", "json", "--output", out, "--quiet", file).CombinedOutput()
	found, unread := os.ReadFile(out)
	if unread != nil {
		t.Fatalf("spectral: %v: %s", err, said)
	}
	var list []struct {
		Code, Message string
		Path          []string
	}
	if err := json.Unmarshal(found, &list); err != nil {
		t.Fatalf("spectral: %v in %s", err, found)
	}
	for _, x := range list {
		rules = append(rules, x.Code)
		all = append(all, x.Code+": "+x.Message+" at "+strings.Join(x.Path, "."))
	}
	return rules, all
}

// The document of our own API breaks no rule; and the linter finds what is planted, so that its silence means something.
func TestTheOpenAPIDocumentFollowsTheDesignRules(t *testing.T) {
	folder := os.Getenv("PLEIO_TEST_OPENAPI")
	if folder == "" {
		t.Skip("PLEIO_TEST_OPENAPI is not set; make check sets it")
	}
	w := newWorld(t, dbtest.Open(t))
	if _, all := lint(t, folder, w.api.describeAPI()); len(all) > 0 {
		t.Errorf("the document:\n%s", strings.Join(all, "\n"))
	}
	doc := w.api.describeAPI()
	paths := doc["paths"].(dict)
	paths["/groups/"] = paths["/groups"]
	delete(paths, "/groups")
	paths["/myGroups"] = dict{"get": dict{"operationId": "x", "tags": []string{"groups"}, "summary": "x", "description": "x", "security": []dict{{}},
		"parameters": []dict{{"name": "max_id", "in": "query", "description": "x", "schema": dict{"type": "string"}}},
		"responses": dict{"200": dict{"description": "x"}, "400": dict{"description": "x", "content": dict{"application/json": dict{"schema": dict{"type": "object",
			"properties": dict{"error": dict{"type": "string"}}}}}}}}, "trace": dict{}}
	info := doc["info"].(dict)
	info["version"] = "1.0"
	delete(info["contact"].(dict), "email")
	doc["servers"] = []dict{{"url": "http://gouda.example/api/pleio"}}
	schemas := doc["components"].(dict)["schemas"].(dict)
	schemas["bad_name"] = dict{"type": "object", "properties": dict{"bad_name": dict{"type": "string"}, "changedAt": dict{"type": "string"}}}
	rules, _ := lint(t, folder, doc)
	for _, want := range []string{"nlgov:paths-no-trailing-slash", "nlgov:paths-kebab-case", "nlgov:query-keys-camel-case", "nlgov:missing-version-header", "nlgov:use-problem-schema",
		"nlgov:problem-schema-members", "nlgov:semver", "nlgov:info-contact-fields-exist", "nlgov:include-major-version-in-uri", "nlgov:servers-use-https", "nlgov:http-methods",
		"nlgov:schema-camel-case", "nlgov:property-casing", "pleio:date-time", "pleio:error-responses", "oas3-unused-component"} {
		if !slices.Contains(rules, want) {
			t.Errorf("the linter does not find what breaks %s", want)
		}
	}
}
