// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"strings"
	"testing"
)

// Only a line of the profile of one of ours may say that a link is about the same person: a stranger's post that is shown there may not.
func TestWhoseLinksSayMe(t *testing.T) {
	mine := `<a href="https://anna.example" rel="me nofollow noopener noreferrer">anna.example</a>`
	if got := SanitizeField(mine); got != mine {
		t.Errorf("a field became %s", got)
	}
	for _, given := range []string{mine, `<a href="https://evil.example" rel="me">x</a>`, `<a rel="ME noopener" href="https://evil.example">x</a>`} {
		if got := SanitizeHTML(given); strings.Contains(strings.ToLower(got), "me no") || strings.Contains(got, `rel="me`) {
			t.Errorf("%s became %s", given, got)
		}
	}
	if got := SanitizeField(`<a href="javascript:x" rel="me nofollow noopener noreferrer" onclick="x">x</a><script>x</script>`); strings.Contains(got, "javascript") || strings.Contains(got, "onclick") || strings.Contains(got, "script") {
		t.Errorf("a hostile field became %s", got)
	}
	for given, want := range map[string]string{"Social.Example": "social.example", "a/b": "", "a@b.example": "", "": "", "a b": "", " gouda.nl ": "gouda.nl"} {
		if got := Domain(given); got != want {
			t.Errorf("the domain %q became %q", given, got)
		}
	}
}
