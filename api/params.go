// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pleio-node/pleio-node/fault"
)

// What a request may hold besides files.
const (
	maxText   = 1 << 20 // bytes of a body that is not multipart, and of the texts of one that is
	maxValues = 2000
	maxDepth  = 6
)

// params are what a client sent, in whatever encoding: JSON, form, multipart or query. One value is a text, a list or an
// object; an absent key, an empty text and a JSON null are three different things.
type params struct {
	text   string
	null   bool
	list   []*params
	object map[string]*params
	files  map[string]*multipart.FileHeader // top level only
}

// readParams reads the query and then the body, whose keys replace those of the query. Call close afterwards.
func readParams(w http.ResponseWriter, r *http.Request, maxFile int64) (p *params, done func(), err error) {
	done = func() {}
	query, _ := pairs(r.URL.RawQuery) // what cannot be read of an address was not sent
	p, err = fromPairs(query)
	if err != nil || r.Body == nil || r.Body == http.NoBody {
		return p, done, err
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body := &params{}
	switch kind {
	case "multipart/form-data":
		r.Body = http.MaxBytesReader(w, r.Body, maxFile+maxText)
		if err := r.ParseMultipartForm(maxText); err != nil {
			return nil, done, unreadable(err)
		}
		done = func() { r.MultipartForm.RemoveAll() }
		body, err = fromPairs(interleaved(r.MultipartForm.Value))
		p.files = map[string]*multipart.FileHeader{}
		for name, files := range r.MultipartForm.File {
			if len(files) > 0 {
				p.files[name] = files[0]
			}
		}
	case "application/x-www-form-urlencoded", "application/json", "":
		var text []byte
		if text, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxText)); err != nil {
			return nil, done, unreadable(err)
		}
		body, err = fromText(kind, text)
	default:
		return nil, done, fault.Say(fault.Malformed, "The body is %s, and this server reads JSON and forms: send it as application/json.", strconv.Quote(kind[:min(len(kind), 60)]))
	}
	if err != nil {
		return nil, done, err
	}
	for key, value := range body.object {
		p.put(key, value)
	}
	return p, done, nil
}

func unreadable(err error) error {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return fault.Say(fault.Invalid, "The request is larger than the %d bytes that this server accepts.", tooLarge.Limit)
	}
	return fault.Say(fault.Malformed, "The body of the request cannot be read.")
}

// fromText reads a body that is no multipart. Without a type it is JSON when it looks like it.
func fromText(kind string, text []byte) (*params, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return &params{}, nil
	}
	if kind == "application/x-www-form-urlencoded" || kind == "" && text[0] != '{' {
		list, ok := pairs(string(text))
		if !ok {
			return nil, fault.Say(fault.Malformed, "The form cannot be read.")
		}
		return fromPairs(list)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var any map[string]any
	if err := d.Decode(&any); err != nil {
		return nil, fault.Say(fault.Malformed, "The JSON of the request cannot be read: it must be one object.")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fault.Say(fault.Malformed, "There is something after the JSON of the request.")
	}
	return fromJSON(any, maxDepth)
}

func fromJSON(v any, depth int) (*params, error) {
	if depth == 0 {
		return nil, fault.Say(fault.Malformed, "The JSON of the request is nested too deeply.")
	}
	p := &params{}
	switch v := v.(type) {
	case nil:
		p.null = true
	case string:
		p.text = v
	case json.Number:
		p.text = v.String()
	case bool:
		p.text = strconv.FormatBool(v)
	case []any:
		p.list = make([]*params, 0, len(v))
		for _, each := range v {
			one, err := fromJSON(each, depth-1)
			if err != nil {
				return nil, err
			}
			p.list = append(p.list, one)
		}
	case map[string]any:
		p.object = map[string]*params{}
		for key, each := range v {
			one, err := fromJSON(each, depth-1)
			if err != nil {
				return nil, err
			}
			p.object[key] = one
		}
	}
	return p, nil
}

type pair struct{ key, text string }

// pairs splits a form or a query in the order in which it was written, which counts for a[][b]; ok when all of it could be read.
func pairs(text string) (all []pair, ok bool) {
	ok = true
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		key, badKey := url.QueryUnescape(key)
		value, badValue := url.QueryUnescape(value)
		if badKey != nil || badValue != nil || strings.Contains(part, ";") {
			ok = false
			continue
		}
		all = append(all, pair{key, value})
	}
	return all, ok
}

// interleaved puts the values of a multipart form, whose order is not known, first by first: the nth of each key belong together.
func interleaved(values map[string][]string) (all []pair) {
	keys := slices.Sorted(maps.Keys(values))
	for n, more := 0, true; more; n++ {
		more = false
		for _, key := range keys {
			if n < len(values[key]) {
				all, more = append(all, pair{key, values[key][n]}), true
			}
		}
	}
	return all
}

// fromPairs reads keys such as a, a[], a[0], a[b] and a[][b].
func fromPairs(all []pair) (*params, error) {
	if len(all) > maxValues {
		return nil, fault.Say(fault.Malformed, "The request has more than %d values.", maxValues)
	}
	times := map[string]int{}
	for _, one := range all {
		times[one.key]++
	}
	p := &params{}
	for _, one := range all {
		path, err := keyPath(one.key)
		if err != nil {
			return nil, err
		}
		if times[one.key] > 1 && !slices.Contains(path[1:], "") {
			path = append(path, "") // a=1&a=2
		}
		p.set(path, one.text)
	}
	return p, nil
}

// keyPath splits a[b][] into a, b and an empty part.
func keyPath(key string) ([]string, error) {
	name, rest, nested := strings.Cut(key, "[")
	path := []string{name}
	for nested {
		part, after, closed := strings.Cut(rest, "]")
		if !closed || after != "" && after[0] != '[' || len(path) == maxDepth {
			return nil, fault.Say(fault.Malformed, "The name %s of a parameter cannot be read.", strconv.Quote(key[:min(len(key), 60)]))
		}
		path = append(path, part)
		if nested = after != ""; nested {
			rest = after[1:]
		}
	}
	return path, nil
}

// set puts a value where its path says. Of a[][b] it belongs to the last object of the list, or to a new one when that has a b
// already: the rule of Rails, by which clients write.
func (p *params) set(path []string, text string) {
	for i, part := range path {
		switch {
		case part == "" && i > 0:
			last := len(p.list) - 1
			if i == len(path)-1 || last < 0 || p.list[last].holds(path[i+1:]) {
				p.list, last = append(p.list, &params{}), last+1
			}
			p = p.list[last]
		case p.object[part] == nil:
			p.put(part, &params{})
			fallthrough
		default:
			p = p.object[part]
		}
	}
	p.text = text
}

// holds tells whether there is something at the end of a path already; a list has always room.
func (p *params) holds(path []string) bool {
	for _, part := range path {
		if part == "" || p.object[part] == nil {
			return false
		}
		p = p.object[part]
	}
	return true
}

func (p *params) put(key string, value *params) {
	if p.object == nil {
		p.object = map[string]*params{}
	}
	p.object[key] = value
}

// Has tells whether a key was sent: with a value, empty, or null.
func (p *params) Has(key string) bool { return p.object[key] != nil }

// Get is the value of a key; absent, it is empty.
func (p *params) Get(key string) *params {
	if v := p.object[key]; v != nil {
		return v
	}
	return &params{null: true}
}

// Text is a value as text; of a list, the last.
func (p *params) Text(key string) string { return p.Get(key).last() }

func (p *params) last() string {
	if len(p.list) > 0 {
		return p.list[len(p.list)-1].text
	}
	return p.text
}

// Bool is a value as clients write them: true, 1, on, yes, t. Unset, null and empty are what otherwise says.
func (p *params) Bool(key string, otherwise bool) bool {
	switch strings.ToLower(p.Text(key)) {
	case "":
		return otherwise
	case "true", "1", "on", "yes", "t":
		return true
	}
	return false
}

// Choice is Bool for what can stay as it is: nil when it was not sent.
func (p *params) Choice(key string) *bool {
	if p.Text(key) == "" {
		return nil
	}
	v := p.Bool(key, false)
	return &v
}

// Number is a value as a whole number, 0 when it was not sent.
func (p *params) Number(key string) (int64, error) {
	if p.Text(key) == "" {
		return 0, nil
	}
	n, err := p.Get(key).number()
	if err != nil {
		return 0, fault.Say(fault.Invalid, "Validation failed: %s must be a whole number.", key)
	}
	return n, nil
}

func (p *params) number() (int64, error) {
	return strconv.ParseInt(strings.TrimSpace(p.last()), 10, 64)
}

// Items are the elements of a list, or of an object whose keys number them (a[0], a[1]); anything else is one element.
func (p *params) Items(key string) []*params {
	v := p.Get(key)
	switch {
	case v.list != nil:
		return v.list
	case v.object != nil:
		keys := slices.SortedFunc(maps.Keys(v.object), func(a, b string) int {
			if len(a) != len(b) {
				return len(a) - len(b)
			}
			return strings.Compare(a, b)
		})
		items := make([]*params, len(keys))
		for i, k := range keys {
			items[i] = v.object[k]
		}
		return items
	case v.null || v.text == "":
		return nil
	}
	return []*params{v}
}

// List is Items as texts, without the empty ones: that is how a form says that a list is empty.
func (p *params) List(key string) []string {
	var all []string
	for _, v := range p.Items(key) {
		if v.text != "" {
			all = append(all, v.text)
		}
	}
	return all
}
