// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/fault"
)

// String is everything that was sent, in one line: a text in quotes, [a list], {an object}.
func (p *params) String() string {
	switch {
	case p.null:
		return "null"
	case p.list != nil:
		return fmt.Sprint(p.list)
	case p.object != nil:
		var all []string
		for _, key := range slices.Sorted(maps.Keys(p.object)) {
			all = append(all, key+":"+p.object[key].String())
		}
		return "{" + strings.Join(all, " ") + "}"
	}
	return fmt.Sprintf("%q", p.text)
}

func decode(t testing.TB, mime, query, body string) (*params, error) {
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/x", strings.NewReader(body))
	r.URL.RawQuery = query
	r.Header.Set("Content-Type", mime)
	p, done, err := readParams(httptest.NewRecorder(), r, 1000)
	done()
	return p, err
}

const form, jsonType = "application/x-www-form-urlencoded", "application/json"

// multi is a multipart body with boundary x.
func multi(pairs ...string) string {
	text := ""
	for i := 0; i < len(pairs); i += 2 {
		text += fmt.Sprintf("--x\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", pairs[i], pairs[i+1])
	}
	return text + "--x--\r\n"
}

func TestEveryEncodingSaysTheSame(t *testing.T) {
	for _, c := range []struct{ mime, query, body, want string }{
		{form, "", "", `""`},
		{form, "a=1", "", `{a:"1"}`},
		{form, "a=1&b=2", "a=3", `{a:"3" b:"2"}`},
		{form, "", "a=", `{a:""}`},
		{form, "", "a[]=1&a[]=2", `{a:["1" "2"]}`},
		{form, "", "a[0]=1&a[1]=2", `{a:{0:"1" 1:"2"}}`},
		{form, "", "a=1&a=2", `{a:["1" "2"]}`},
		{form, "", "a[b]=1&a[c][d]=2", `{a:{b:"1" c:{d:"2"}}}`},
		{form, "", "a[][b]=1&a[][c]=x&a[][b]=2&a[][c]=y", `{a:[{b:"1" c:"x"} {b:"2" c:"y"}]}`},
		{form, "", "a[][b]=1&a[][d]=t&a[][b]=2&a[][c]=y", `{a:[{b:"1" d:"t"} {b:"2" c:"y"}]}`}, // as in Mastodon's documentation of filters
		{form, "a[][b]=1&a[][c][]=x&a[][c][]=y&a[][b]=2", "", `{a:[{b:"1" c:["x" "y"]} {b:"2"}]}`},
		{form, "b=%zz&a=1", "", `{a:"1"}`},
		{"multipart/form-data; boundary=x", "", multi("a[][b]", "1", "a[][c]", "x", "a[][b]", "2", "a[][c]", "y"), `{a:[{b:"1" c:"x"} {b:"2" c:"y"}]}`},
		{jsonType, "", `{"a":"1","b":2,"c":true,"d":null,"e":[1,"2"],"f":{"g":1.5}}`, `{a:"1" b:"2" c:"true" d:null e:["1" "2"] f:{g:"1.5"}}`},
		{jsonType, "a=1", `{"a":[]}`, `{a:[]}`},
		{jsonType + "; charset=utf-8", "", ` {"a":1} `, `{a:"1"}`},
		{"", "", `{"a":1}`, `{a:"1"}`},
		{"", "", `a=1`, `{a:"1"}`},
		{jsonType, "", `{"id":12345678901234567890}`, `{id:"12345678901234567890"}`},
	} {
		p, err := decode(t, c.mime, c.query, c.body)
		if err != nil {
			t.Errorf("%s ? %s: %v", c.body, c.query, err)
		} else if got := p.String(); got != c.want {
			t.Errorf("%s ? %s: %s instead of %s", c.body, c.query, got, c.want)
		}
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ mime, query, body string }{
		"no JSON":         {jsonType, "", "{"},
		"a list":          {jsonType, "", "[1]"},
		"something after": {jsonType, "", `{"a":1} x`},
		"too deep":        {jsonType, "", strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20)},
		"names too deep":  {form, "", "a" + strings.Repeat("[b]", 20) + "=1"},
		"half a name":     {form, "", "a[b=1"},
		"a strange name":  {form, "", "a[b]c=1"},
		"too many":        {form, "", strings.Repeat("a[]=1&", maxValues+1)},
		"another type":    {"text/xml", "", "<a/>"},
		"no multipart":    {"multipart/form-data; boundary=x", "", "y"},
		"percent":         {form, "", "a=%zz"},
	} {
		if p, err := decode(t, c.mime, c.query, c.body); !errors.Is(err, fault.Malformed) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	if _, err := decode(t, form, "", "a="+strings.Repeat("x", maxText)); !errors.Is(err, fault.Invalid) {
		t.Errorf("too large: %v", err)
	}
}

func TestMultipart(t *testing.T) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, pair := range [][2]string{{"source[privacy]", "private"}, {"media_ids[0]", "7"}, {"locked", "on"}} {
		if err := m.WriteField(pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := m.CreateFormFile("avatar", "a.png")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(part, "bytes")
	m.Close()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPatch, "/x", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	p, done, err := readParams(httptest.NewRecorder(), r, 1000)
	defer done()
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Get("source").Text("privacy") + " " + strings.Join(p.List("media_ids"), ",") + fmt.Sprint(p.Bool("locked", false), p.files["avatar"].Size); got != "private 7true 5" {
		t.Error(got)
	}
}

func TestValues(t *testing.T) {
	p, err := decode(t, form, "", "yes=on&no=0&empty=&one=5&many[]=a&many[]=&many[]=b&by[10]=k&by[2]=j&word=x")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"true", "1", "on", "TRUE", "t", "yes"} {
		if b, _ := decode(t, form, "", "v="+word); !b.Bool("v", false) {
			t.Errorf("%s is not true", word)
		}
	}
	if p.Bool("no", true) || !p.Bool("empty", true) || !p.Bool("absent", true) || p.Bool("word", true) {
		t.Error("what is false, and what is unset")
	}
	if !p.Has("empty") || p.Has("absent") || p.Choice("absent") != nil || p.Choice("no") == nil || *p.Choice("no") {
		t.Error("unset and empty are not the same")
	}
	if diff := cmp.Diff([][]string{{"a", "b"}, {"j", "k"}, {"5"}, nil, nil}, [][]string{p.List("many"), p.List("by"), p.List("one"), p.List("empty"), p.List("absent")}); diff != "" {
		t.Error(diff)
	}
	if n, err := p.Number("one"); n != 5 || err != nil {
		t.Error(n, err)
	}
	if _, err := p.Number("word"); !errors.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

func FuzzParams(f *testing.F) {
	f.Add(form, "a[b][]=1", "a[]=1&a[0]=2&a=3&[]=4&[=5")
	f.Add(jsonType, "", `{"a":{"b":[1,{"c":null}]}}`)
	f.Add("multipart/form-data; boundary=x", "", "--x\r\nContent-Disposition: form-data; name=\"a[0]\"\r\n\r\n1\r\n--x--")
	f.Fuzz(func(t *testing.T, mime, query, body string) {
		p, err := decode(t, mime, query, body)
		if err != nil {
			if status := fault.Status(err); status != 400 && status != 422 {
				t.Fatalf("%d: %v", status, err)
			}
			return
		}
		for key := range p.object {
			p.Text(key)
			p.Bool(key, true)
			p.List(key)
			for _, each := range p.Items(key) {
				each.Text(key)
			}
			if _, err := p.Number(key); err != nil && fault.Status(err) != 422 {
				t.Fatal(err)
			}
		}
		_ = p.String()
		// A simple form means what it says.
		if values, err := url.ParseQuery(body); err == nil && mime == form && len(values) == 1 && query == "" {
			for key, all := range values {
				if !strings.ContainsAny(key, "[]") && len(all) == 1 && p.Text(key) != all[0] {
					t.Fatalf("%q is %q instead of %q", key, p.Text(key), all[0])
				}
			}
		}
	})
}
