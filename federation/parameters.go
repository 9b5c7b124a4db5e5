// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"strings"
)

// parameter is one name="value" (or name=value) of a header.
type parameter struct{ name, value string }

// maxParameters is more than any header of ours has.
const maxParameters = 16

// parseParameters reads a list of name=value and name="value" with commas between them and blanks anywhere around
// them. A name that comes twice, an unclosed quote and anything else that could be read differently give false.
func parseParameters(header string) ([]parameter, bool) {
	var list []parameter
	for rest := strings.Trim(header, " \t"); rest != ""; {
		name, after, ok := strings.Cut(rest, "=")
		name = strings.Trim(name, " \t")
		if !ok || !token(name) || len(list) == maxParameters {
			return nil, false
		}
		for _, earlier := range list {
			if strings.EqualFold(earlier.name, name) {
				return nil, false
			}
		}
		after = strings.TrimLeft(after, " \t")
		var value string
		if quoted, ok := strings.CutPrefix(after, `"`); ok {
			if value, after, ok = strings.Cut(quoted, `"`); !ok || strings.Contains(value, `\`) {
				return nil, false
			}
		} else {
			end := strings.IndexByte(after, ',')
			if end < 0 {
				end = len(after)
			}
			if value, after = strings.TrimRight(after[:end], " \t"), after[end:]; !token(value) {
				return nil, false
			}
		}
		list = append(list, parameter{name, value})
		after = strings.TrimLeft(after, " \t")
		if after == "" {
			break
		}
		if rest, ok = strings.CutPrefix(after, ","); !ok {
			return nil, false
		}
		rest = strings.TrimLeft(rest, " \t")
		if rest == "" {
			return nil, false
		}
	}
	return list, len(list) > 0
}

// token is what may stand without quotes: also base64, as some write it.
func token(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-_.+/=:()", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
