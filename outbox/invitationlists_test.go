// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHandlesInAList(t *testing.T) {
	for name, x := range map[string]struct {
		text string
		want []string
	}{
		"nothing":              {" \r\n\n", nil},
		"one":                  {"@anna@gouda.example", []string{"@anna@gouda.example"}},
		"of this node":         {"anna\nbas\n", []string{"anna", "bas"}},
		"many on a line":       {"@anna@gouda.example, @bas@delft.example;@cas @dora", []string{"@anna@gouda.example", "@bas@delft.example", "@cas", "@dora"}},
		"twice":                {"@anna@gouda.example\n@Anna@Gouda.example", []string{"@anna@gouda.example"}},
		"a table":              {"\ufeffnaam;mail;account\r\nDe Vries, Anna;anna@mail.example;@anna@gouda.example\r\n", []string{"@anna@gouda.example"}},
		"the handle before":    {"@anna@gouda.example,anna@mail.example", []string{"@anna@gouda.example"}},
		"quoted":               {`"Vries","bas@delft.example","x"`, []string{"bas@delft.example"}},
		"with tabs":            {"Bas\tbas@delft.example", []string{"bas@delft.example"}},
		"no handle in a table": {"naam;account\nBas;\nCas;geen", []string{"Bas;", "Cas;geen"}},
		"no handle":            {"zomaar iets", []string{"zomaar iets"}},
	} {
		if diff := cmp.Diff(x.want, Handles(x.text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
