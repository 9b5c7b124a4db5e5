// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/fault"
)

// value is one JSON value as bytes, known to be valid and without blanks around it. Documents stay bytes until a property
// is asked for: so an embedded activity can be passed on byte for byte, a contentMap keeps its order and numbers stay as written.
type value []byte

type field struct {
	name  string
	value value
}

// object is the fields of a JSON object in the order in which they were written.
type object []field

// parse checks the bytes of a whole document, once; what is cut out of them later is valid too.
func parse(raw []byte) (value, error) {
	if !json.Valid(raw) {
		return nil, fault.Say(fault.Malformed, "The document is not valid JSON.")
	}
	v := value(bytes.TrimSpace(raw))
	if v[0] != '{' {
		return nil, fault.Say(fault.Malformed, "The document is not a JSON object, but %s.", v.noun())
	}
	return v, nil
}

func (v value) noun() string {
	switch v.first() {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case 't', 'f':
		return "true or false"
	case 'n', 0:
		return "nothing"
	}
	return "a number"
}

func (v value) first() byte {
	if len(v) == 0 {
		return 0
	}
	return v[0]
}

// get returns the value of a property, nil when it is absent or null. Of a name that occurs twice the last counts, as in encoding/json.
func (o object) get(name string) value {
	for i := len(o) - 1; i >= 0; i-- {
		if o[i].name == name {
			if o[i].value.first() == 'n' {
				return nil
			}
			return o[i].value
		}
	}
	return nil
}

// fields splits an object; anything else has none.
func (v value) fields() object {
	if v.first() != '{' {
		return nil
	}
	o := make(object, 0, 16)
	for i := blank(v, 1); v[i] != '}'; {
		end := skip(v, i)
		name := unquote(v[i:end])
		i = blank(v, blank(v, end)+1) // the colon
		end = skip(v, i)
		o = append(o, field{name, v[i:end:end]})
		i = next(v, end)
	}
	return o
}

// list returns the elements of an array. A single value is a list of one, null a list of none: JSON-LD makes no difference.
func (v value) list() []value {
	switch v.first() {
	case 0, 'n':
		return nil
	case '[':
	default:
		return []value{v}
	}
	var list []value
	for i := blank(v, 1); v[i] != ']'; {
		end := skip(v, i)
		list = append(list, v[i:end:end])
		i = next(v, end)
	}
	return list
}

// blank returns the position of the first byte from i on that is not a blank.
func blank(v value, i int) int {
	for v[i] == ' ' || v[i] == '\n' || v[i] == '\t' || v[i] == '\r' {
		i++
	}
	return i
}

// next returns the position of the next element, or of the closing bracket.
func next(v value, i int) int {
	if i = blank(v, i); v[i] == ',' {
		i = blank(v, i+1)
	}
	return i
}

// skip returns the position behind the value that begins at i.
func skip(v value, i int) int {
	depth := 0
	for ; i < len(v); i++ {
		switch v[i] {
		case '"':
			for i++; v[i] != '"'; i++ {
				if v[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		default: // a part of a number or of a word, or between two elements
			if depth == 0 {
				for i < len(v) && !ends(v[i]) {
					i++
				}
				return i
			}
		}
		if depth == 0 {
			return i + 1
		}
	}
	return i
}

// ends tells whether c stands behind a number or a word.
func ends(c byte) bool {
	switch c {
	case ',', ']', '}', ' ', '\n', '\t', '\r':
		return true
	}
	return false
}

// unquote returns a string value as it is, "" for anything else.
func unquote(v value) string {
	if v.first() != '"' {
		return ""
	}
	inner := v[1 : len(v)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	if json.Unmarshal(v, &s) != nil {
		return ""
	}
	return s
}

// text returns a string value without NUL: no text has it and PostgreSQL refuses it.
func text(v value) string { return strings.ReplaceAll(unquote(v), "\x00", "") }

// raw returns a property as its bytes, nil when it is absent.
func (o object) raw(name string) json.RawMessage { return json.RawMessage(o.get(name)) }
