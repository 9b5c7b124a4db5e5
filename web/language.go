// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"net/http"

	"github.com/pleio-node/pleio-node/locale"
)

const yearSeconds = 365 * 24 * 60 * 60

// language is what the address wishes (and the browser then remembers), or what was wished before, or what the browser prefers.
func (w *Web) language(rw http.ResponseWriter, r *http.Request) *locale.Locale {
	if wish := locale.Wish(r.URL.Query().Get(languageWord)); wish != nil {
		w.setCookie(rw, languageWord, wish.Code, yearSeconds)
		return wish
	}
	if wish := locale.Get(w.cookie(r, languageWord)); wish != nil {
		return wish
	}
	return locale.Match(r.Header.Get("Accept-Language"))
}

// languageLink leads to the same page in another language.
type languageLink struct {
	Code, Name, Href string
	Current          bool
}

var languageNames = map[string]string{"nl": "Nederlands", "en": "English"}

func languageLinks(q *request) []languageLink {
	var all []languageLink
	for _, code := range locale.Codes {
		link := languageLink{Code: code, Name: languageNames[code], Current: code == q.loc.Code, Href: "/?lang=" + code}
		if q.Method == http.MethodGet {
			query := q.URL.Query()
			query.Set(languageWord, code)
			link.Href = q.URL.Path + "?" + query.Encode()
		}
		all = append(all, link)
	}
	return all
}
