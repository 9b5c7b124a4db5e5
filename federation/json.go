// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"bytes"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/fault"
)

const (
	maxDepth = 32
	maxNodes = 50_000 // a page of 200 entries of the log of a group has 15,000
)

// scanner reads one JSON document strictly, in one pass and without building it: what two parsers could understand
// in two ways is refused (duplicate keys, keys that differ in case only, invalid UTF-8, U+0000, lone surrogates).
// Problems stop it by panicking with a *problem, which read recovers; nothing else does.
type scanner struct {
	data  []byte
	at    int
	depth int
	nodes int
	// names holds the folded hashes of the keys of all objects that are open, innermost last.
	names []uint64
	// context counts the @context values we are inside of: their keys are definitions, not properties.
	context int
}

type problem struct{ err error }

func (s *scanner) fail(format string, args ...any) {
	panic(&problem{fault.Say(fault.Malformed, format, args...)})
}

// read runs f over the one object that data must be.
func (s *scanner) read(data []byte, member func(key []byte)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			p, ok := r.(*problem)
			if !ok {
				panic(r)
			}
			err = p.err
		}
	}()
	*s = scanner{data: data, names: s.names[:0]}
	if !utf8.Valid(data) {
		s.fail("The document is not valid UTF-8.")
	}
	s.blank()
	if s.at == len(s.data) || s.data[s.at] != '{' {
		s.fail("The document is not a JSON object.")
	}
	s.node()
	s.object(member)
	s.blank()
	if s.at < len(s.data) {
		s.fail("Something follows the JSON object at byte %d.", s.at)
	}
	return nil
}

func (s *scanner) blank() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) peek() byte {
	if s.at >= len(s.data) {
		s.fail("The document ends too early.")
	}
	return s.data[s.at]
}

func (s *scanner) expect(c byte) {
	s.blank()
	if got := s.peek(); got != c {
		s.fail("The document is not JSON: %q instead of %q at byte %d.", got, c, s.at)
	}
	s.at++
}

func (s *scanner) node() {
	if s.nodes++; s.nodes > maxNodes {
		s.fail("The document has more than %d values.", maxNodes)
	}
}

func (s *scanner) enter() {
	if s.depth++; s.depth > maxDepth {
		s.fail("The document is nested more than %d levels deep.", maxDepth)
	}
}

// object reads an object whose brace is next. member is called with each key and must read its value; nil skips values.
func (s *scanner) object(member func(key []byte)) {
	s.enter()
	s.at++
	mine := len(s.names)
	for first := true; ; first = false {
		s.blank()
		if s.peek() == '}' && first {
			s.at++
			break
		}
		key := s.key()
		s.expect(':')
		s.blank()
		inner := string(key) == "@context"
		if inner {
			s.context++
		}
		if member != nil {
			member(key)
		} else {
			s.skip()
		}
		if inner {
			s.context--
		}
		s.blank()
		if c := s.peek(); c == '}' {
			s.at++
			break
		} else if c != ',' {
			s.fail("The document is not JSON: %q instead of a comma at byte %d.", c, s.at)
		}
		s.at++
	}
	s.unique(mine)
	s.depth--
}

// key reads a key, remembers it for unique and refuses JSON-LD keywords, by which a document could hide another one
// in a named graph or a reverse property. @context, @value and @language are harmless.
func (s *scanner) key() []byte {
	if s.peek() != '"' {
		s.fail("The document is not JSON: %q instead of a key at byte %d.", s.peek(), s.at)
	}
	raw, escaped := s.str()
	if escaped {
		raw = unescape(raw)
	}
	if s.context > 0 {
		s.names = append(s.names, hashExact(raw))
		return raw
	}
	if len(raw) > 0 && raw[0] == '@' {
		switch string(raw) {
		case "@context", "@value", "@language":
		default:
			s.fail("The document uses the JSON-LD keyword %s, which is refused.", quote(string(raw)))
		}
	}
	s.names = append(s.names, hashFolded(raw))
	return raw
}

func (s *scanner) unique(from int) {
	mine := s.names[from:]
	if len(mine) > 1 {
		slices.Sort(mine)
		for i := 1; i < len(mine); i++ {
			if mine[i] == mine[i-1] {
				s.fail("An object that ends at byte %d has the same key twice (or two that differ only in case).", s.at)
			}
		}
	}
	s.names = s.names[:from]
}

// skip reads any value.
func (s *scanner) skip() {
	s.node()
	switch c := s.peek(); {
	case c == '"':
		s.str()
	case c == '{':
		s.object(nil)
	case c == '[':
		s.array(nil)
	case c == '-' || '0' <= c && c <= '9':
		s.number()
	case c == 't':
		s.literal("true")
	case c == 'f':
		s.literal("false")
	case c == 'n':
		s.literal("null")
	default:
		s.fail("The document is not JSON: %q at byte %d.", c, s.at)
	}
}

// array reads an array whose bracket is next. element must read one value; nil skips them.
func (s *scanner) array(element func()) {
	s.enter()
	s.at++
	for first := true; ; first = false {
		s.blank()
		if s.peek() == ']' && first {
			s.at++
			break
		}
		if element != nil {
			element()
		} else {
			s.skip()
		}
		s.blank()
		if c := s.peek(); c == ']' {
			s.at++
			break
		} else if c != ',' {
			s.fail("The document is not JSON: %q instead of a comma at byte %d.", c, s.at)
		}
		s.at++
	}
	s.depth--
}

func (s *scanner) literal(word string) {
	if !bytes.HasPrefix(s.data[s.at:], []byte(word)) {
		s.fail("The document is not JSON: an unknown word at byte %d.", s.at)
	}
	s.at += len(word)
}

// number reads a number of RFC 8259 §6.
func (s *scanner) number() {
	if s.data[s.at] == '-' {
		s.at++
	}
	if s.at < len(s.data) && s.data[s.at] == '0' {
		s.at++
	} else {
		s.digits()
	}
	if s.at < len(s.data) && s.data[s.at] == '.' {
		s.at++
		s.digits()
	}
	if s.at < len(s.data) && s.data[s.at]|0x20 == 'e' {
		s.at++
		if s.at < len(s.data) && (s.data[s.at] == '+' || s.data[s.at] == '-') {
			s.at++
		}
		s.digits()
	}
}

func (s *scanner) digits() {
	start := s.at
	for s.at < len(s.data) && '0' <= s.data[s.at] && s.data[s.at] <= '9' {
		s.at++
	}
	if s.at == start {
		s.fail("The document is not JSON: a malformed number at byte %d.", start)
	}
}

// str reads a string whose quote is next and returns what is between the quotes, and whether it has escapes.
func (s *scanner) str() (raw []byte, escaped bool) {
	data := s.data
	i := s.at + 1
	for start := i; i < len(data); {
		switch c := data[i]; {
		case c == '"':
			s.at = i + 1
			return data[start:i], escaped
		case c == '\\':
			escaped = true
			i += s.escape(i)
		case c < ' ':
			s.fail("The document is not JSON: a control character in a string at byte %d.", i)
		default:
			i++
		}
	}
	s.fail("The document ends inside a string.")
	return nil, false
}

// escape checks the escape at i and returns its length; surrogates count in pairs.
func (s *scanner) escape(i int) int {
	if i+1 >= len(s.data) {
		s.fail("The document ends inside a string.")
	}
	switch s.data[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		r := hexRune(s.data[i:])
		switch {
		case r < 0:
			s.fail("The document is not JSON: a malformed \\u escape at byte %d.", i)
		case r == 0:
			s.fail("The document contains the character U+0000, which is refused.")
		case !utf16.IsSurrogate(r):
			return 6
		case utf16.DecodeRune(r, hexRune(s.data[i+6:])) != unicode.ReplacementChar:
			return 12
		}
		s.fail("The document contains half a surrogate pair at byte %d.", i)
	}
	s.fail("The document is not JSON: an unknown escape at byte %d.", i)
	return 0
}

// hexRune is the code unit of a \uXXXX at the start of b, or -1.
func hexRune(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 32)
	if err != nil {
		return -1
	}
	return rune(n)
}

// unescape undoes the escapes of a string that str has accepted.
func unescape(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			i++
			continue
		}
		switch c := raw[i+1]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hexRune(raw[i:])
			i += 4
			if utf16.IsSurrogate(r) {
				r = utf16.DecodeRune(r, hexRune(raw[i+2:]))
				i += 6
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, c)
		}
		i += 2
	}
	return out
}

// text is the value of a string that is next.
func (s *scanner) text() string {
	raw, escaped := s.str()
	if escaped {
		raw = unescape(raw)
	}
	return string(raw)
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func hashExact(key []byte) uint64 {
	h := uint64(fnvOffset)
	for _, c := range key {
		h = (h ^ uint64(c)) * fnvPrime
	}
	return h
}

// hashFolded is equal for keys that encoding/json would match to the same field: folded as Unicode folds, so that
// the long s of "uſer" is an s.
func hashFolded(key []byte) uint64 {
	h := uint64(fnvOffset)
	for i := 0; i < len(key); {
		c := key[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(key[i:])
			i += n
			for next := unicode.SimpleFold(r); ; next = unicode.SimpleFold(r) {
				smallest := next <= r // the orbit has come round
				r = next
				if smallest {
					break
				}
			}
			h = (h ^ uint64(r)) * fnvPrime
			continue
		}
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		h = (h ^ uint64(c)) * fnvPrime
		i++
	}
	return h
}
