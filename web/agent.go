// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"strings"

	"github.com/pleio-node/pleio-node/locale"
)

// named finds the first pair whose first word is in the text, and returns the second.
func named(text string, pairs [][2]string) string {
	for _, p := range pairs {
		if strings.Contains(text, p[0]) {
			return p[1]
		}
	}
	return ""
}

// Browsers call themselves by the names of those before them as well: the youngest name counts.
var (
	browserNames = [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"Chrome/", "Chrome"}, {"CriOS/", "Chrome"}, {"Safari/", "Safari"}}
	systemNames = [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

// agentWords names a browser so that its owner recognises it; an unknown one by its own first words.
func agentWords(loc *locale.Locale, agent string) string {
	browser, system := named(agent, browserNames), named(agent, systemNames)
	switch {
	case browser != "" && system != "":
		return loc.T("sessions.agent", "browser", browser, "system", system)
	case browser != "":
		return browser
	case agent == "":
		return loc.T("sessions.unknown")
	}
	if runes := []rune(agent); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return agent
}
