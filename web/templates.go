// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"embed"
	"html/template"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/locale"
)

//go:embed templates
var templateFiles embed.FS

// The pages, each in templates/NAME.html, around which layout.html goes.
var pageNames = []string{"front", "profile", "post", "tag", "login", "secondstep", "consent", "code", "send", "settings", "password", "secondfactor", "recovery", "sessions", "error"}

// pages are the compiled templates: language → page → template. A template is compiled once a language, so that a text
// needs no more than its key.
var pages = sync.OnceValue(func() map[string]map[string]*template.Template {
	all := map[string]map[string]*template.Template{}
	for _, code := range locale.Codes {
		loc := locale.Get(code)
		base := template.Must(template.New("base").Funcs(template.FuncMap{
			"t": loc.T, "n": loc.N, "number": loc.Number, "date": loc.Date, "day": loc.Day,
			"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
			"code":   func() string { return loc.Code },
			"static": staticPath,
			"dict":   dict,
		}).ParseFS(templateFiles, "templates/layout.html", "templates/parts.html"))
		all[code] = map[string]*template.Template{}
		for _, name := range pageNames {
			all[code][name] = template.Must(template.Must(base.Clone()).ParseFS(templateFiles, "templates/"+name+".html"))
		}
	}
	return all
})

// dict hands several values to a part of a page: {{template "x" dict "Key" value}}.
func dict(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}
