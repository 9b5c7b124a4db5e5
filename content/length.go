// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"strings"
	"unicode/utf8"
)

// LinkCharacters is what a link counts for, however long it is. Clients read it from the instance document.
const LinkCharacters = 23

// Length is how many characters a text counts for, as clients count them: a link as 23, a mention without its server.
func Length(text string) int {
	length := utf8.RuneCountInString(text)
	for _, m := range word.FindAllStringSubmatch(text, -1) {
		found := m[2]
		switch found[0] {
		case '#':
		case '@':
			name, _, _ := strings.Cut(found[1:], "@")
			length += 1 + utf8.RuneCountInString(name) - utf8.RuneCountInString(found)
		default:
			length += LinkCharacters - utf8.RuneCountInString(trimLink(found))
		}
	}
	return length
}

// trimLink leaves out the punctuation of the sentence behind a link.
func trimLink(found string) string {
	link := strings.TrimRight(found, ".,;:!?'\"”’")
	if strings.HasSuffix(link, ")") && !strings.Contains(link, "(") {
		link = strings.TrimSuffix(link, ")")
	}
	return link
}
