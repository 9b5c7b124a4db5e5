// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"slices"
	"strings"

	"github.com/pleio-node/pleio-node/fault"
)

// Scopes is what a client may do for somebody, in Mastodon's words.
type Scopes []string

var (
	readable  = strings.Fields("accounts blocks bookmarks collections favourites filters follows lists mutes notifications search statuses")
	writable  = strings.Fields("accounts blocks bookmarks collections conversations favourites filters follows lists media mutes notifications reports statuses")
	governed  = strings.Fields("accounts reports domain_allows domain_blocks ip_blocks email_domain_blocks canonical_email_blocks")
	allScopes = func() []string {
		all := []string{"profile", "read", "write", "follow", "push", "admin:read", "admin:write"}
		for prefix, names := range map[string][]string{"read": readable, "write": writable, "admin:read": governed, "admin:write": governed} {
			for _, name := range names {
				all = append(all, prefix+":"+name)
			}
		}
		slices.Sort(all)
		return all
	}()
	follow = strings.Fields("read:blocks read:follows read:mutes write:blocks write:follows write:mutes")
)

// Supported returns every scope there is, sorted: for discovery (RFC 8414 §2).
func Supported() []string { return slices.Clone(allScopes) }

// ParseScopes reads scopes separated by blanks. Nothing at all is "read", as in Mastodon; unknown ones are fault.Invalid.
func ParseScopes(text string) (Scopes, error) {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '+' || r == '\n' || r == '\t' || r == '\r' })
	if len(words) == 0 {
		return Scopes{"read"}, nil
	}
	var scopes Scopes
	for _, word := range words {
		if _, known := slices.BinarySearch(allScopes, word); !known {
			return nil, fault.Say(fault.Invalid, "The scope %q does not exist: use some of read, write, follow, push, profile, or their parts such as read:statuses.", cut(word, 40))
		}
		if !slices.Contains(scopes, word) {
			scopes = append(scopes, word)
		}
	}
	return scopes, nil
}

func (s Scopes) String() string { return strings.Join(s, " ") }

// Allows tells whether a scope is covered: "read" covers "read:statuses", "follow" the reading and writing of blocks,
// follows and mutes, and whoever may read accounts may read the profile.
func (s Scopes) Allows(want string) bool {
	for _, has := range s {
		switch {
		case has == want,
			len(want) > len(has) && want[len(has)] == ':' && want[:len(has)] == has,
			has == "follow" && slices.Contains(follow, want),
			want == "profile" && (has == "read" || has == "read:accounts"):
			return true
		}
	}
	return false
}

// covers tells whether everything wanted is allowed.
func (s Scopes) covers(want Scopes) bool {
	return !slices.ContainsFunc(want, func(w string) bool { return !s.Allows(w) })
}

func cut(text string, runes int) string {
	if r := []rune(text); len(r) > runes {
		return string(r[:runes]) + "…"
	}
	return text
}
