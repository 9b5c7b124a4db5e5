// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"slices"
	"strings"

	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/locale"
)

// mayGroup is what an app may do, of one kind.
type mayGroup struct {
	Title string
	Words []string
}

// scopeKinds are the groups of scopes, in the order in which they are told, with the texts of what a whole one allows and of
// what its parts do.
var scopeKinds = []struct{ title, scope, whole, some string }{
	{"scope.group.read", "read", "scope.read", "scope.read.some"},
	{"scope.group.write", "write", "scope.write", "scope.write.some"},
	{"scope.group.write", "follow", "scope.follow", ""},
	{"scope.group.device", "push", "scope.push", ""},
	{"scope.group.who", "profile", "scope.profile", ""},
	{"scope.group.admin", "admin:read", "scope.admin.read", "scope.admin.read.some"},
	{"scope.group.admin", "admin:write", "scope.admin.write", "scope.admin.write.some"},
}

var scopeParts = map[string]string{
	"accounts": "scope.part.accounts", "blocks": "scope.part.blocks", "bookmarks": "scope.part.bookmarks", "collections": "scope.part.collections",
	"conversations": "scope.part.conversations", "favourites": "scope.part.favourites", "filters": "scope.part.filters", "follows": "scope.part.follows",
	"lists": "scope.part.lists", "media": "scope.part.media", "mutes": "scope.part.mutes", "notifications": "scope.part.notifications",
	"reports": "scope.part.reports", "search": "scope.part.search", "statuses": "scope.part.statuses",
}

var adminParts = map[string]string{
	"accounts": "scope.govern.accounts", "reports": "scope.govern.reports", "domain_allows": "scope.govern.allows", "domain_blocks": "scope.govern.blocks",
	"ip_blocks": "scope.govern.addresses", "email_domain_blocks": "scope.govern.mail", "canonical_email_blocks": "scope.govern.mail",
}

// mayGroups says in plain words what scopes allow. What a wider one covers is not told twice.
func mayGroups(loc *locale.Locale, scopes auth.Scopes) []mayGroup {
	var groups []mayGroup
	for _, kind := range scopeKinds {
		words := kindWords(loc, scopes, kind.scope, kind.whole, kind.some)
		if len(words) == 0 {
			continue
		}
		title := loc.T(kind.title)
		if n := len(groups); n > 0 && groups[n-1].Title == title {
			groups[n-1].Words = append(groups[n-1].Words, words...)
			continue
		}
		groups = append(groups, mayGroup{title, words})
	}
	return groups
}

func kindWords(loc *locale.Locale, scopes auth.Scopes, kind, whole, some string) []string {
	if slices.Contains(scopes, kind) {
		return []string{loc.T(whole)}
	}
	texts := scopeParts
	if strings.HasPrefix(kind, "admin:") {
		texts = adminParts
	}
	var parts []string
	for _, s := range scopes {
		if part, is := strings.CutPrefix(s, kind+":"); is && texts[part] != "" && !slices.Contains(parts, loc.T(texts[part])) {
			parts = append(parts, loc.T(texts[part]))
		}
	}
	if parts == nil {
		return nil
	}
	return []string{loc.T(some, "parts", strings.Join(parts, ", "))}
}

// mayWords is the same on one line.
func mayWords(loc *locale.Locale, scopes auth.Scopes) []string {
	var all []string
	for _, g := range mayGroups(loc, scopes) {
		all = append(all, g.Words...)
	}
	return all
}

// mayNotWords says what scopes do not allow, as far as people would ask.
func mayNotWords(loc *locale.Locale, scopes auth.Scopes) []string {
	any := func(prefixes ...string) bool {
		return slices.ContainsFunc(scopes, func(s string) bool {
			return slices.ContainsFunc(prefixes, func(p string) bool { return s == p || strings.HasPrefix(s, p+":") })
		})
	}
	var words []string
	for _, c := range []struct {
		may  bool
		text string
	}{
		{scopes.Allows("read:statuses"), "scope.not.read"},
		{scopes.Allows("write:statuses"), "scope.not.post"},
		{any("write", "follow"), "scope.not.change"},
		{asksAdmin(scopes), "scope.not.admin"},
		{false, "scope.not.secrets"},
	} {
		if !c.may {
			words = append(words, loc.T(c.text))
		}
	}
	return words
}

func asksAdmin(scopes auth.Scopes) bool {
	return slices.ContainsFunc(scopes, func(s string) bool { return strings.HasPrefix(s, "admin:") })
}
