// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/fault"
)

// Our own API is for what Mastodon's has no words for: groups, their members and moderators, organisations. It follows the
// NL API Design Rules (https://logius-standaarden.github.io/API-Design-Rules/) where they differ from Mastodon's ways, and
// shares everything else: tokens and scopes, limits, the reading of requests, the paging. Its OpenAPI document is made of the
// table of operations and of the types that the handlers take and give.

const (
	ownPath    = "/api/pleio/v1"
	ownVersion = "1.1.0" // semantic: a new optional member is a new minor version, what breaks clients a new path
)

// operation is one route of our own API with what the OpenAPI document says of it.
type operation struct {
	route
	status  int    // of success
	id      string // operationId
	about   string // its first sentence is the summary
	in, out reflect.Type
}

// nought is what an operation takes or gives that takes or gives nothing.
type nought struct{}

// own makes an operation of a handler with its own types. The path is within ownPath.
func own[In, Out any](method, path string, status int, scope, id, about string, h func(context.Context, *call, In) (Out, error)) operation {
	return operation{status: status, id: id, about: about, in: reflect.TypeFor[In](), out: reflect.TypeFor[Out](),
		route: route{method, ownPath + path, scope, func(ctx context.Context, c *call) (any, error) {
			var in In
			if err := bind(c.params, reflect.ValueOf(&in).Elem()); err != nil {
				return nil, err
			}
			out, err := h(ctx, c, in)
			if err != nil {
				return nil, err
			}
			if status == http.StatusNoContent {
				return with{status: status}, nil
			}
			return with{status, out}, nil
		}}}
}

func isOwn(path string) bool { return path == "/openapi.json" || strings.HasPrefix(path, ownPath+"/") }

// bind fills a struct with what was sent. Its fields say what they want, for the OpenAPI document too:
//
//	Title *string `json:"title" about:"…" enum:"a,b" max:"100"`
//
// Fields that are no pointers are required.
func bind(p *params, into reflect.Value) error {
	for i := range into.NumField() {
		field, value := into.Type().Field(i), into.Field(i)
		if field.Anonymous {
			if err := bind(p, value); err != nil {
				return err
			}
			continue
		}
		key, optional := field.Tag.Get("json"), value.Kind() == reflect.Pointer
		sent := p.Get(key)
		if sent.null {
			if !optional {
				return fault.Say(fault.Malformed, "%s is missing.", key)
			}
			continue
		}
		if optional {
			value.Set(reflect.New(value.Type().Elem()))
			value = value.Elem()
		}
		if value.Kind() == reflect.Slice && sent.object == nil {
			if err := setList(value, field.Tag, key, sent); err != nil {
				return err
			}
			continue
		}
		if sent.object != nil || sent.list != nil {
			return fault.Say(fault.Malformed, "%s must be one value, not a list or an object.", key)
		}
		if err := set(value, field.Tag, key, sent.text); err != nil {
			return err
		}
	}
	return nil
}

// setList fills a list; a text alone is a list of one, and an empty one a list of none.
func setList(value reflect.Value, tag reflect.StructTag, key string, sent *params) error {
	list := sent.list
	if list == nil && sent.text != "" {
		list = []*params{sent}
	}
	value.Set(reflect.MakeSlice(value.Type(), len(list), len(list)))
	for i, one := range list {
		if one.list != nil || one.object != nil {
			return fault.Say(fault.Malformed, "%s must be a list of single values.", key)
		}
		if err := set(value.Index(i), tag, key, one.text); err != nil {
			return err
		}
	}
	return nil
}

func set(value reflect.Value, tag reflect.StructTag, key, text string) error {
	switch value.Kind() {
	case reflect.String:
		if words := tag.Get("enum"); words != "" && !slices.Contains(strings.Split(words, ","), text) {
			return fault.Say(fault.Malformed, "%s must be one of %s.", key, strings.ReplaceAll(words, ",", ", "))
		}
		if most, err := strconv.Atoi(tag.Get("max")); err == nil && utf8.RuneCountInString(text) > most {
			return fault.Say(fault.Malformed, "%s is longer than %d characters.", key, most)
		}
		value.SetString(text)
	case reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return fault.Say(fault.Malformed, "%s must be a whole number, not below 0.", key)
		}
		value.SetInt(n)
	case reflect.Bool:
		yes, err := strconv.ParseBool(text)
		if err != nil {
			return fault.Say(fault.Malformed, "%s must be true or false.", key)
		}
		value.SetBool(yes)
	default:
		panic(fmt.Sprintf("bind %s: a %s cannot be sent", key, value.Kind()))
	}
	return nil
}

// problem is every refusal of our own API (RFC 9457).
type problem struct {
	Type   string `json:"type" about:"What kind of problem it is; about:blank: what the status says." format:"uri-reference"`
	Title  string `json:"title" about:"The status in words."`
	Status int64  `json:"status" about:"The HTTP status."`
	Detail string `json:"detail" about:"What is wrong with this request, for people."`
}

// problemOf says an error in the words of RFC 9457. Whatever is wrong with a request is 400, and what was deleted is not there.
func problemOf(err error) problem {
	status := fault.Status(err)
	switch {
	case errors.Is(err, fault.Invalid):
		status = http.StatusBadRequest
	case errors.Is(err, fault.Gone):
		status = http.StatusNotFound
	}
	return problem{"about:blank", http.StatusText(status), int64(status), fault.Sentence(err)}
}

// beginOwn sets what every answer of our own API carries (/core/version-header, /core/transport/security-headers).
func (a *API) beginOwn(h http.Header) {
	h.Set("API-Version", ownVersion)
	h.Set("Content-Security-Policy", "frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	if a.Dir.Base.Scheme == "https" {
		h.Set("Strict-Transport-Security", "max-age=63072000")
	}
}

// notAllowed answers methods that a path does not have (RFC 9110 §15.5.6).
func (a *API) notAllowed(methods []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			preflight(w, r)
			return
		}
		if _, err := a.begin(w, r); err != nil {
			a.fail(w, r, err)
			return
		}
		w.Header().Set("Allow", strings.Join(methods, ", "))
		status := http.StatusMethodNotAllowed
		a.write(w, r, with{status, problem{"about:blank", http.StatusText(status), int64(status),
			fmt.Sprintf("%s is not possible here: use %s.", r.Method, strings.Join(methods, ", "))}})
	})
}
