// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"
)

// served collects which routes answered well in the tests of this package: "GET /api/v1/lists".
var served sync.Map

// collect is the middleware that fills served.
func collect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(answer, r)
		if answer.status < 300 { // 0: it wrote without saying, or took the connection over
			if template, err := mux.CurrentRoute(r).GetPathTemplate(); err == nil {
				served.Store(r.Method+" "+shape(strings.TrimSuffix(template, "/")), true)
			}
		}
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

var variable = regexp.MustCompile(`:\w+|\{[^}]*\}`)

// shape is a path whatever its variables are called.
func shape(path string) string { return variable.ReplaceAllString(path, ":") }

// elsewhere are documented endpoints that other packages serve, and the test that shows it.
var elsewhere = map[string]string{
	"GET /oauth/authorize": "web: TestOAuth",
	"GET /health":          "node: TestHealth",
}

// constants answer with what never changes.
var constants = map[string]string{
	"GET /api/v1/instance/translation_languages": "no translation service",
	"POST /api/v1/statuses/:id/translate":        "no translation service: 403, as configuration.translation says",
	"GET /api/v1/accounts/:id/identity_proofs":   "Mastodon itself has none any more",
	"POST /api/v1/emails/confirmations":          "addresses are vouched for by who made the account: 403",
}

// leftOut are not served, and answer 404.
var leftOut = map[string]string{
	"/api/v1/collections":                "Collections are of 4.6, and api_versions says 7",
	"/api/v1/:account_id/collections":    "Collections are of 4.6, and api_versions says 7",
	"/api/v1/:account_id/in_collections": "Collections are of 4.6, and api_versions says 7",
	"/api/v1/annual_reports":             "nobody at work needs a yearly review of posts",
}

// TestMain writes docs/client-api.md, or compares it, when every test ran.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if all := flag.Lookup("test.run").Value.String() == ""; code == 0 && (all || *update) {
		if err := documented(); err != nil {
			fmt.Println(err)
			code = 1
		}
	}
	os.Exit(code)
}

func documented() error {
	list, err := os.ReadFile(filepath.Join("testdata", "mastodon.txt"))
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, r := range new(API).routes() {
		known[r.method+" "+shape(r.path)] = true
	}
	var b strings.Builder
	var works, constant, left int
	var failures []string
	for line := range strings.Lines(string(list)) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "## "); ok {
			fmt.Fprintf(&b, "\n## %s\n\n| Endpoint | Since | Here |\n| --- | --- | --- |\n", title)
			continue
		}
		words := strings.Fields(line)
		if len(words) != 3 || line[0] == '#' {
			continue
		}
		method, path, since := words[0], words[1], words[2]
		name := method + " " + path
		state := "works"
		_, answered := served.Load(method + " " + shape(path))
		switch {
		case constants[name] != "":
			state = "constant: " + constants[name]
			constant++
		case elsewhere[name] != "":
			state = "works (" + elsewhere[name] + ")"
			works++
		case known[method+" "+shape(path)] && answered, known["GET /api/v1/streaming/:"] && strings.HasPrefix(path, "/api/v1/streaming/") && answered:
			works++
		case known[method+" "+shape(path)]:
			failures = append(failures, name+" is a route, and no test sees it answer well")
		default:
			state = ""
			for beginning, why := range leftOut {
				if strings.HasPrefix(path, beginning) {
					state = "left out: " + why
					left++
				}
			}
			if state == "" {
				failures = append(failures, name+" is documented, neither served nor left out for a reason")
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, since, state)
	}
	if len(failures) > 0 {
		return fmt.Errorf("docs/client-api.md:\n\t%s", strings.Join(failures, "\n\t"))
	}
	text := fmt.Sprintf(head, works, constant, left, 100*float64(works)/float64(works+constant), works+constant) + b.String()
	file := filepath.Join("..", "docs", "client-api.md")
	if *update {
		return os.WriteFile(file, []byte(text), 0o644)
	}
	written, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(string(written), text); diff != "" {
		return fmt.Errorf("docs/client-api.md is not what the routes and the tests say; run go test ./api -update:\n%s", diff)
	}
	return nil
}

const head = `<!--
SPDX-FileCopyrightText: 2026 The pleio-node authors
SPDX-License-Identifier: EUPL-1.2
-->

# The Mastodon client API here

Generated from the table of routes and from the tests: an endpoint works when a test of this run saw it answer well, in the shape that
the validator of the tests demands. %d endpoints work, %d answer always the same for a reason, and %d are left out: the collections and annual reports
that came with Mastodon 4.6. So %.1f %% of the %d endpoints of Mastodon 4.5 work.
`
