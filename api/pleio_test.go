// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// strict makes of the OpenAPI document one that allows no member which it does not name.
func strict(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, one := range v {
			v[key] = strict(one)
		}
		if v["type"] == "object" && v["properties"] != nil {
			v["additionalProperties"] = false
		}
	case []any:
		for i, one := range v {
			v[i] = strict(one)
		}
	}
	return v
}

// contract is the OpenAPI document of a node, as what its answers are held against.
type contract struct {
	doc      map[string]any
	mu       sync.Mutex // tests ask at the same time
	compiler *jsonschema.Compiler
}

func (w *world) contract() *contract {
	w.Helper()
	text, err := encode(w.api.describeAPI())
	w.check(err)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	w.check(err)
	doc := strict(v).(map[string]any)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	w.check(c.AddResource("openapi.json", doc))
	return &contract{doc: doc, compiler: c}
}

// at is what stands at a place in a document, nil when nothing does.
func at(v any, path ...string) any {
	for _, key := range path {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[key]
	}
	return v
}

// pointer is a place in the document: RFC 6901, as part of an address.
func pointer(path ...string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	for i := range path {
		path[i] = escape.Replace(path[i])
	}
	return "openapi.json#/" + strings.Join(path, "/")
}

// validateOwn holds an answer of our own API against its OpenAPI document: is the status documented, are the headers there, is
// the body what it should be?
func (w *world) validateOwn(route string, r *http.Request, answer *httptest.ResponseRecorder) {
	w.Helper()
	if w.own == nil {
		w.own = w.contract()
	}
	if got := answer.Header().Get("API-Version"); got != ownVersion {
		w.Errorf("%s %s: API-Version %q", r.Method, r.URL, got)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Content-Security-Policy": "frame-ancestors 'none'",
		"Cache-Control": "private, no-store", "Strict-Transport-Security": "max-age=63072000"} {
		if got := answer.Header().Get(name); got != want {
			w.Errorf("%s %s: %s is %q", r.Method, r.URL, name, got)
		}
	}
	path, method, status := strings.TrimPrefix(route, ownPath), strings.ToLower(r.Method), http.StatusText(answer.Code)
	kind, schema := "application/json; charset=utf-8", ""
	if method == "head" {
		method = "get"
	}
	code := digits(int64(answer.Code))
	switch {
	case answer.Code == http.StatusMethodNotAllowed || at(w.own.doc, "paths", path) == nil:
		kind, schema = "application/problem+json", pointer("components", "schemas", "Problem")
	case at(w.own.doc, "paths", path, method, "responses", code) == nil:
		w.Errorf("%s %s: %d %s is not documented: %s", r.Method, r.URL, answer.Code, status, answer.Body)
		return
	case answer.Code == http.StatusNoContent:
		if answer.Body.Len() > 0 {
			w.Errorf("%s %s: 204 with %s", r.Method, r.URL, answer.Body)
		}
		return
	case answer.Code >= 400:
		kind, schema = "application/problem+json", pointer("components", "schemas", "Problem")
	default:
		schema = pointer("paths", path, method, "responses", code, "content", "application/json", "schema")
	}
	if answer.Code == http.StatusCreated && !strings.HasPrefix(answer.Header().Get("Location"), "https://gouda.example"+ownPath) {
		w.Errorf("%s %s: Location %q", r.Method, r.URL, answer.Header().Get("Location"))
	}
	if got := answer.Header().Get("Content-Type"); got != kind {
		w.Errorf("%s %s: Content-Type %q", r.Method, r.URL, got)
	}
	if r.Method == http.MethodHead {
		return
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer.Body.Bytes()))
	if err != nil {
		w.Errorf("%s %s: no JSON: %v in %s", r.Method, r.URL, err, answer.Body)
		return
	}
	w.own.mu.Lock()
	s, err := w.own.compiler.Compile(schema)
	w.own.mu.Unlock()
	if err != nil {
		w.Fatalf("%s: %v", schema, err)
	}
	if err := s.Validate(v); err != nil {
		w.Errorf("%s %s: %v in %s", r.Method, r.URL, err, answer.Body)
	}
}

// The document tells of the routes of the table, of all of them and of no others; and names no operation twice.
func TestTheOpenAPIDocumentIsTheTable(t *testing.T) {
	each(t, func(w *world) {
		doc := w.contract().doc
		told, names := map[string]bool{}, map[string]bool{}
		for path, item := range doc["paths"].(map[string]any) {
			for method, o := range item.(map[string]any) {
				told[strings.ToUpper(method)+" "+ownPath+path] = true
				id := o.(map[string]any)["operationId"].(string)
				if names[id] {
					t.Errorf("two operations are called %s", id)
				}
				names[id] = true
			}
		}
		for _, r := range w.api.routes() {
			key := r.method + " " + r.path
			if !strings.HasPrefix(r.path, ownPath+"/") || r.path == avatarPath || r.path == headerPath {
				continue
			}
			if !told[key] {
				t.Errorf("the document does not tell of %s", key)
			}
			delete(told, key)
		}
		for key := range told {
			t.Errorf("the document tells of %s, which there is not", key)
		}
		here, there := w.ask("GET", "/openapi.json", "", ""), w.ask("GET", ownPath+"/openapi.json", "", "")
		if here.Code != 200 || here.Body.String() != there.Body.String() || here.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("the document at its two places: %d, %d", here.Code, there.Code)
		}
	})
}
