// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// Wants says whether a GET asks for JSON rather than for the page (RFC 9110 §12.5.1): the greater quality wins, the more
// specific name at equal quality, and JSON when both are named equally. A request that names neither (*/*, or no Accept)
// is a program's: it gets JSON, except at the addresses made for people, which begin with /@.
func Wants(r *http.Request) (json bool) {
	var machine, human, anything preference
	for _, part := range splitAccept(strings.Join(r.Header.Values("Accept"), ",")) {
		mediaType, parameters, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if given, ok := parameters["q"]; ok {
			if q, err = strconv.ParseFloat(given, 64); err != nil || !(q >= 0 && q <= 1) {
				continue
			}
		}
		switch mediaType {
		case ActivityType, "application/ld+json", "application/json":
			machine.raise(q)
		case "text/html", "application/xhtml+xml":
			human.raise(q)
		case "*/*":
			anything.raise(q)
		}
	}
	switch {
	case machine.named && human.named:
		return machine.q > 0 && machine.q >= human.q
	case machine.named:
		return machine.q > 0 && machine.q >= anything.q
	case human.named:
		return human.q < anything.q || human.q == 0
	}
	return !strings.HasPrefix(r.URL.Path, "/@")
}

type preference struct {
	named bool
	q     float64
}

func (p *preference) raise(q float64) {
	p.named, p.q = true, max(p.q, q)
}

// splitAccept splits at the commas outside quotes: a profile is quoted.
func splitAccept(header string) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(header); i++ {
		switch {
		case header[i] == '"':
			quoted = !quoted
		case header[i] == ',' && !quoted:
			parts = append(parts, header[start:i])
			start = i + 1
		}
	}
	return append(parts, header[start:])
}
