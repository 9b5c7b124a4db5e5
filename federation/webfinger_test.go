// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/fault"
)

const jrdOfFenna = `{"subject":"acct:fenna@gouda.example","aliases":["http://gouda.example/@fenna"],"properties":{"x":null},
 "links":[{"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"http://gouda.example/@fenna"},
  {"rel":"self","type":"text/html","href":"http://gouda.example/no"},
  {"rel":"self","type":"application/activity+json","href":"http://gouda.example/users/fenna"},
  {"rel":"https://w3id.org/fep/3b86/Join","template":"http://gouda.example/intents/join?object={object}"}]}`

func TestWebFinger(t *testing.T) {
	n := newNetwork(t)
	answer := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("resource") != "acct:fenna@"+r.Host && r.Host != "social.gouda.example" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/jrd+json; charset=utf-8")
		io.WriteString(w, jrdOfFenna)
	}
	n.serve("gouda.example:80", answer)
	n.serve("social.gouda.example:80", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/webfinger" && r.URL.Path != "/finger" || !strings.HasPrefix(r.URL.Query().Get("resource"), "acct:fenna@") {
			http.NotFound(w, r)
			return
		}
		answer(w, r)
	})
	n.serve("redirects.example:80", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://social.gouda.example"+r.RequestURI, http.StatusMovedPermanently)
	})
	n.serve("hostmeta.example:80", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/host-meta" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", XRDType)
		io.WriteString(w, `<?xml version="1.0"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template="http://social.gouda.example/finger?resource={uri}"/></XRD>`)
	})
	n.serve("itself.example:80", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/host-meta" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", XRDType)
		w.Write(HostMeta("http://itself.example"))
	})
	n.serve("html.example:80", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, jrdOfFenna)
	})
	n.serve("broken.example:80", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", JRDType)
		io.WriteString(w, `{"subject":"acct:fenna@broken.example","subject":"acct:other@victim.example"}`)
	})
	n.serve("huge.example:80", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", JRDType)
		io.WriteString(w, jrdOfFenna+strings.Repeat(" ", maxSmall))
	})
	c := n.client()
	for _, domain := range []string{"gouda.example", "redirects.example", "hostmeta.example"} {
		jrd, err := c.WebFinger(t.Context(), "fenna", domain)
		if err != nil || jrd.Self() != "http://gouda.example/users/fenna" || jrd.Subject != "acct:fenna@gouda.example" || len(jrd.Links) != 4 {
			t.Errorf("%s: %+v, %v", domain, jrd, err)
		}
	}
	for domain, want := range map[string]error{
		"itself.example": fault.NotFound, "html.example": fault.Unavailable, "broken.example": fault.Unavailable, "huge.example": fault.Invalid,
		"nobody.example": fault.Unavailable, "Upper.example": fault.Malformed, "a/b": fault.Malformed, "x@gouda.example": fault.Malformed,
	} {
		if jrd, err := c.WebFinger(t.Context(), "fenna", domain); !errors.Is(err, want) {
			t.Errorf("%s: %+v, %v", domain, jrd, err)
		}
	}
	if _, err := c.WebFinger(t.Context(), "nobody", "gouda.example"); !errors.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

func TestParseJRD(t *testing.T) {
	for _, s := range []string{"", "[]", `{"subject":1}`, `{"links":{}}`, `{"links":[{"rel":"a","rel":"b"}]}`, `{"links":[` + strings.Repeat(`{"rel":"x"},`, maxLinks) + `{"rel":"x"}]}`} {
		if j, err := ParseJRD([]byte(s)); !errors.Is(err, fault.Malformed) {
			t.Errorf("%s: %+v, %v", s, j, err)
		}
	}
	j, err := ParseJRD([]byte(`{"links":[{"rel":"self","type":"application/activity+json","href":"javascript:x"}]}`))
	if err != nil || j.Self() != "" {
		t.Errorf("%+v, %v", j, err)
	}
}

func TestHostMetaIsXML(t *testing.T) {
	var xrd struct {
		XMLName xml.Name `xml:"http://docs.oasis-open.org/ns/xri/xrd-1.0 XRD"`
		Link    struct {
			Rel      string `xml:"rel,attr"`
			Template string `xml:"template,attr"`
		}
	}
	if err := xml.Unmarshal(HostMeta("https://gouda.example"), &xrd); err != nil {
		t.Fatal(err)
	}
	if xrd.Link.Rel != "lrdd" || xrd.Link.Template != "https://gouda.example/.well-known/webfinger?resource={uri}" {
		t.Errorf("%+v", xrd)
	}
}

func TestNodeInfo(t *testing.T) {
	n := newNetwork(t)
	document := `{"version":"2.1","software":{"name":"pleio-node","version":"0.1","repository":"https://x.example"},"protocols":["activitypub"],` +
		`"services":{"inbound":[],"outbound":[]},"openRegistrations":false,"usage":{"users":{"total":7},"localPosts":0},"metadata":{"nodeName":"Gouda"}}`
	n.serve("gouda.example:80", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		switch r.URL.Path {
		case "/.well-known/nodeinfo":
			json.NewEncoder(w).Encode(NodeInfoIndex(gouda, gouda+"/actor"))
		case "/nodeinfo/2.1":
			w.Header().Set("Content-Type", NodeInfoType)
			io.WriteString(w, document)
		default:
			t.Errorf("%s is asked for", r.URL.Path)
		}
	})
	for host, index := range map[string]string{
		"data.example":  `{"links":[{"rel":"` + NodeInfo20 + `","href":"data:application/json,{}"}]}`,
		"old.example":   `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/1.0","href":"http://old.example/1"}]}`,
		"empty.example": `{"links":[]}`,
		"php.example":   `{"links":[{"rel":"` + NodeInfo20 + `","href":"http://php.example/2.0"}]}`,
	} {
		n.serve(host+":80", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Path == "/2.0" {
				io.WriteString(w, `{"version":"2.0","software":{"name":"friendica","version":"1"},"metadata":[]}`)
				return
			}
			io.WriteString(w, index)
		})
	}
	c := n.client()
	info, err := c.NodeInfo(t.Context(), "gouda.example")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(info); err != nil || string(again) != document {
		t.Errorf("%v\n%s", err, again)
	}
	if info, err := c.NodeInfo(t.Context(), "php.example"); err != nil || info.Software.Name != "friendica" {
		t.Errorf("%+v, %v", info, err)
	}
	for host, want := range map[string]error{"data.example": fault.Malformed, "old.example": fault.NotFound, "empty.example": fault.NotFound, "nobody.example": fault.Unavailable} {
		if _, err := c.NodeInfo(t.Context(), host); !errors.Is(err, want) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestWants(t *testing.T) {
	browser := "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
	for _, test := range []struct {
		path, accept string
		json         bool
	}{
		{"/users/fenna", AcceptTypes, true},
		{"/users/fenna", ActivityType, true},
		{"/@fenna", ActivityType + ", application/ld+json", true}, // Mastodon, Fedify
		{"/users/fenna", LDType, true},
		{"/users/fenna", "application/ld+json", true},
		{"/users/fenna", browser, false},
		{"/@fenna", browser, false},
		{"/users/fenna", "text/html", false},
		{"/users/fenna", "*/*", true},
		{"/@fenna", "*/*", false},
		{"/users/fenna", "", true},
		{"/@fenna", "", false},
		{"/users/fenna", "text/html, application/activity+json", true},
		{"/users/fenna", "text/html, application/activity+json;q=0.9", false},
		{"/users/fenna", "text/html;q=0.5, application/activity+json;q=0.9", true},
		{"/users/fenna", "application/activity+json;q=0", false},
		{"/users/fenna", "application/activity+json;q=0.5, */*", false},
		{"/users/fenna", "text/html;q=0.2, */*;q=0.7", true},
		{"/users/fenna", "text/html;q=0", true},
		{"/users/fenna", `application/ld+json; profile="https://a.example, text/html"`, true},
		{"/users/fenna", "application/activity+json;q=7, text/html", false},
		{"/users/fenna", "rubbish;;;, text/html", false},
	} {
		r := httptest.NewRequest("GET", test.path, nil)
		if test.accept != "" {
			r.Header.Set("Accept", test.accept)
		}
		if got := Wants(r); got != test.json {
			t.Errorf("%s %q: %v", test.path, test.accept, got)
		}
	}
}

func FuzzWebFingerJRD(f *testing.F) {
	f.Add([]byte(jrdOfFenna))
	f.Add([]byte(`{"subject":"acct:a@b","links":[{"rel":"self","type":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":"https://b.example/a"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		j, err := ParseJRD(body)
		if err != nil {
			if !errors.Is(err, fault.Malformed) {
				t.Fatal(err)
			}
			return
		}
		if self := j.Self(); self != "" && CheckID(self) != nil {
			t.Fatalf("gives the id %q", self)
		}
		written, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseJRD(written)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		j.Aliases, again.Aliases = append([]string{}, j.Aliases...), append([]string{}, again.Aliases...)
		if diff := cmp.Diff(j, again); diff != "" && len(j.Links) > 0 {
			t.Fatal(diff)
		}
	})
}
