// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// dict is an object of the OpenAPI document.
type dict map[string]any

func reference(kind, name string) dict { return dict{"$ref": "#/components/" + kind + "/" + name} }

const (
	repository = "https://github.com/pleio-node/pleio-node"
	nobody     = "nobody@invalid.example" // the document must name an address
)

// openapi answers with the description of our own API (/core/publish-openapi).
func (a *API) openapi(context.Context, *call) (any, error) { return a.describeAPI(), nil }

func (a *API) describeAPI() dict {
	schemas, paths, scopes, tags := dict{}, dict{}, dict{}, []dict{}
	for _, o := range a.operations() {
		path := strings.TrimPrefix(o.path, ownPath)
		item, known := paths[path].(dict)
		if !known {
			item = dict{}
			paths[path] = item
		}
		item[strings.ToLower(o.method)] = o.describe(schemas)
		for _, scope := range o.scopes() {
			scopes[scope] = scopeAbout(scope)
		}
		if tag := o.tag(); !slices.ContainsFunc(tags, func(t dict) bool { return t["name"] == tag }) {
			tags = append(tags, dict{"name": tag, "description": tagsAbout[tag]})
		}
	}
	paths["/openapi.json"] = dict{"get": dict{"operationId": "getOpenapi", "tags": []string{"documentation"}, "summary": "This document.",
		"description": "This document, in OpenAPI 3.1. It is also at /openapi.json.", "security": []dict{{}},
		"responses": dict{"200": dict{"description": "The document.", "headers": dict{"API-Version": reference("headers", "API-Version")},
			"content": dict{"application/json": dict{"schema": dict{"type": "object"}}}}, "429": reference("responses", "429")}}}
	tags = append(tags, dict{"name": "documentation", "description": "What this API offers."})
	slices.SortFunc(tags, func(a, b dict) int { return strings.Compare(a["name"].(string), b["name"].(string)) })
	problems := dict{}
	for _, status := range []int{400, 401, 403, 404, 429} {
		problems[strconv.Itoa(status)] = dict{"description": http.StatusText(status), "headers": dict{"API-Version": reference("headers", "API-Version")},
			"content": dict{"application/problem+json": dict{"schema": schemaOf(reflect.TypeFor[problem](), schemas)}}}
	}
	contact := a.Email
	if contact == "" {
		contact = nobody
	}
	return dict{"openapi": "3.1.0",
		"info": dict{"title": a.Name + ": groups and organisations", "version": ownVersion,
			"description": "What the Mastodon client API has no words for: groups with roles and requests to join, their members from many organisations, and what moderators did. " +
				"Everything else is in the Mastodon client API of the same node, with the same tokens; the numbers of accounts and statuses are the same in both. " +
				"Requests are JSON or forms. Times are in UTC. Lists are paged by the Link header (RFC 8288).",
			"contact": dict{"name": a.Name, "email": contact, "url": a.Dir.URL("/")},
			"license": dict{"name": "EUPL-1.2", "url": repository + "/blob/main/LICENSES/EUPL-1.2.txt"}},
		"externalDocs": dict{"url": repository + "/blob/main/docs/json-api.md", "description": "Examples"},
		"servers":      []dict{{"url": a.Dir.URL(ownPath), "description": a.Name}},
		"tags":         tags, "paths": paths,
		"components": dict{"schemas": schemas, "responses": problems,
			"headers": dict{"API-Version": dict{"description": "The whole version of this API.", "schema": dict{"type": "string", "examples": []string{ownVersion}}},
				"Link":     dict{"description": "Where the next and the previous page are (RFC 8288).", "schema": dict{"type": "string"}},
				"Location": dict{"description": "Where what was made is.", "schema": dict{"type": "string", "format": "uri"}}},
			"securitySchemes": dict{"oauth": dict{"type": "oauth2", "description": "The tokens of the Mastodon client API.",
				"flows": dict{"authorizationCode": dict{"authorizationUrl": a.Dir.URL("/oauth/authorize"), "tokenUrl": a.Dir.URL("/oauth/token"), "scopes": scopes}}}}}}
}

var tagsAbout = map[string]string{
	"group-presets": "What groups can begin as.",
	"groups":        "Groups of this node, and those elsewhere that its people are members of.",
	"invitations":   "Groups that who asks is invited to.",
	"organisations": "The nodes that work together with this one.",
	"people":        "People, seen as members of groups.",
}

func scopeAbout(scope string) string {
	verb, what, _ := strings.Cut(scope, ":")
	return map[string]string{"read": "See ", "write": "Change "}[verb] + map[string]string{"accounts": "groups", "follows": "memberships", "reports": "reports in groups", "statuses": "posts in groups"}[what]
}

func (o operation) tag() string {
	return strings.Split(strings.TrimPrefix(o.path, ownPath+"/"), "/")[0]
}

func (o operation) scopes() []string {
	if o.scope == "public" {
		return nil
	}
	return strings.Fields(strings.TrimSuffix(o.scope, "?"))
}

var placeholder = regexp.MustCompile(`\{([a-z]+)\}`)

var placeholders = map[string]string{"id": "The number of the group, or of the person.", "account": "The number of the person.", "status": "The number of the post.", "list": "The number of the list.", "report": "The number of the report."}

// describe is the operation object (OpenAPI 3.1 §4.8.10).
func (o operation) describe(schemas dict) dict {
	summary, _, _ := strings.Cut(o.about, ". ")
	d := dict{"operationId": o.id, "tags": []string{o.tag()}, "summary": strings.TrimSuffix(summary, "."), "description": o.about}
	parameters := []dict{}
	for _, m := range placeholder.FindAllStringSubmatch(o.path, -1) {
		parameters = append(parameters, dict{"name": m[1], "in": "path", "required": true, "description": placeholders[m[1]], "schema": dict{"type": "string", "pattern": "^[1-9][0-9]*$"}})
	}
	body, required := dict{}, []string{}
	each := func(f reflect.StructField) {
		name, optional := f.Tag.Get("json"), f.Type.Kind() == reflect.Pointer
		t := f.Type
		if optional {
			t = t.Elem()
		}
		schema := fieldSchema(f, t, schemas)
		if o.method == http.MethodGet {
			delete(schema, "description")
			parameters = append(parameters, dict{"name": name, "in": "query", "required": !optional, "description": f.Tag.Get("about"), "schema": schema})
			return
		}
		body[name] = schema
		if !optional {
			required = append(required, name)
		}
	}
	fieldsOf(o.in, each)
	if len(parameters) > 0 {
		d["parameters"] = parameters
	}
	if len(body) > 0 {
		schema := dict{"type": "object", "properties": body}
		if len(required) > 0 {
			schema["required"] = required
		}
		d["requestBody"] = dict{"required": len(required) > 0, "content": dict{"application/json": dict{"schema": schema}}}
	}
	headers := dict{"API-Version": reference("headers", "API-Version")}
	if _, paged := o.in.FieldByName("Limit"); paged {
		headers["Link"] = reference("headers", "Link")
	}
	if o.status == http.StatusCreated {
		headers["Location"] = reference("headers", "Location")
	}
	success := dict{"description": http.StatusText(o.status), "headers": headers}
	if o.status != http.StatusNoContent {
		success["content"] = dict{"application/json": dict{"schema": schemaOf(o.out, schemas)}}
	}
	responses := dict{strconv.Itoa(o.status): success}
	for _, status := range []string{"400", "401", "403", "404", "429"} {
		if status == "404" && !strings.Contains(o.path, "{") || status < "404" && status > "400" && o.scope == "public" {
			continue
		}
		responses[status] = reference("responses", status)
	}
	d["responses"] = responses
	d["security"] = []dict{{}}
	if scopes := o.scopes(); len(scopes) > 0 {
		d["security"] = []dict{{"oauth": scopes}}
		if strings.HasSuffix(o.scope, "?") {
			d["security"] = []dict{{}, {"oauth": scopes}}
		}
	}
	return d
}

// fieldsOf calls with every field of a struct, and of those that are embedded in it.
func fieldsOf(t reflect.Type, each func(reflect.StructField)) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			fieldsOf(f.Type, each)
		} else {
			each(f)
		}
	}
}

// schemaOf is the JSON schema (2020-12) of what is answered. Structs stand among the named schemas; every member is there, and
// a pointer is null when there is nothing to tell.
func schemaOf(t reflect.Type, schemas dict) dict {
	switch t.Kind() {
	case reflect.Pointer:
		schema := schemaOf(t.Elem(), schemas)
		if kind, simple := schema["type"].(string); simple {
			schema["type"] = []string{kind, "null"}
			return schema
		}
		return dict{"anyOf": []dict{schema, {"type": "null"}}}
	case reflect.Slice:
		return dict{"type": "array", "items": schemaOf(t.Elem(), schemas)}
	case reflect.String:
		return dict{"type": "string"}
	case reflect.Int64:
		return dict{"type": "integer", "minimum": 0}
	case reflect.Bool:
		return dict{"type": "boolean"}
	case reflect.Struct:
		name := strings.TrimPrefix(t.Name(), "own")
		name = strings.ToUpper(name[:1]) + name[1:]
		if schemas[name] == nil {
			properties, required := dict{}, []string{}
			schemas[name] = dict{} // for those that hold themselves
			fieldsOf(t, func(f reflect.StructField) {
				properties[f.Tag.Get("json")] = fieldSchema(f, f.Type, schemas)
				required = append(required, f.Tag.Get("json"))
			})
			schemas[name] = dict{"type": "object", "properties": properties, "required": required}
		}
		return reference("schemas", name)
	}
	panic("no schema for " + t.String())
}

// fieldSchema is schemaOf with what the tags of a field say.
func fieldSchema(f reflect.StructField, t reflect.Type, schemas dict) dict {
	schema := schemaOf(t, schemas)
	if about := f.Tag.Get("about"); about != "" {
		schema["description"] = about
	}
	if words := f.Tag.Get("enum"); words != "" {
		values := []any{}
		for _, w := range strings.Split(words, ",") {
			values = append(values, w)
		}
		if _, nullable := schema["type"].([]string); nullable {
			values = append(values, nil)
		}
		schema["enum"] = values
	}
	if format := f.Tag.Get("format"); format == "id" {
		schema["pattern"] = "^[1-9][0-9]*$"
	} else if format != "" {
		schema["format"] = format
	}
	if most, err := strconv.Atoi(f.Tag.Get("max")); err == nil {
		schema["maxLength"] = most
	}
	return schema
}
