// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	curl   = regexp.MustCompile(`(?m)^curl (.*)"\$NODE([^"]*)"$`)
	method = regexp.MustCompile(`-X ([A-Z]+) `)
	data   = regexp.MustCompile(`-d '([^']*)'`)
)

// The examples of docs/json-api.md work as they stand.
func TestTheExamplesOfTheJSONAPIWork(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "json-api.md"))
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(w *world) {
		examples := curl.FindAllStringSubmatch(string(text), -1)
		if n := strings.Count(string(text), "\ncurl "); n != len(examples) || n < 14 {
			t.Errorf("%d of %d examples can be read", len(examples), n)
		}
		for _, e := range examples {
			body, verb, who := "", "GET", ""
			if d := data.FindStringSubmatch(e[1]); d != nil {
				body, verb = d[1], "POST"
			}
			if m := method.FindStringSubmatch(e[1]); m != nil {
				verb = m[1]
			}
			if strings.Contains(e[1], "Bearer $TOKEN") {
				who = "bas"
			}
			path := strings.NewReplacer("$GROUP", "{wonen}", "$PERSON", "{anna}", "$POST", "{grouppost}").Replace(e[2])
			if answer := w.ask(verb, path, who, body); answer.Code >= 300 || strings.Contains(path, "?q=wonen") && !strings.Contains(answer.Body.String(), "@wonen@") {
				t.Errorf("%s: %d %s", e[0], answer.Code, answer.Body)
			}
		}
	})
}
