// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/outbox"
)

func TestWebFinger(t *testing.T) {
	l := newLibrary(t, dbtest.Open(t))
	l.group("wonen")
	l.stranger("otto", "other.example")
	const anna, group = "https://gouda.example/users/anna", "https://gouda.example/groups/wonen"
	for resource, want := range map[string]struct {
		status int
		self   string
	}{
		"acct:anna@gouda.example":                    {200, anna},
		"anna@gouda.example":                         {200, anna},
		"@anna@gouda.example":                        {200, anna},
		"ACCT:Anna@GOUDA.example":                    {200, anna},
		anna:                                         {200, anna},
		"https://gouda.example/@anna":                {200, anna},
		"https://GOUDA.example/@anna":                {200, anna},
		"acct:wonen@gouda.example":                   {200, group},
		group:                                        {200, group},
		"acct:org@gouda.example":                     {200, "https://gouda.example/org"},
		"acct:actor@gouda.example":                   {200, "https://gouda.example/actor"},
		"https://gouda.example/actor":                {200, "https://gouda.example/actor"},
		"":                                           {400, ""},
		"anna":                                       {400, ""},
		"acct:anna":                                  {400, ""},
		"acct:@gouda.example":                        {400, ""},
		"acct:a b@gouda.example":                     {400, ""},
		"acct:anna@":                                 {400, ""},
		"mailto:anna@gouda.example":                  {400, ""},
		"acct:nobody@gouda.example":                  {404, ""},
		"acct:otto@other.example":                    {404, ""},
		"acct:anna@other.example":                    {404, ""},
		"https://other.example/users/otto":           {404, ""},
		"http://gouda.example/users/anna":            {404, ""},
		"https://gouda.example/users/nobody":         {404, ""},
		"https://gouda.example/@nobody":              {404, ""},
		"https://gouda.example/@":                    {404, ""},
		"https://gouda.example.evil.example/@anna":   {404, ""},
		"https://gouda.example@evil.example/@anna":   {404, ""},
		"https://gouda.example/users/anna?x=y":       {400, ""},
		"https://gouda.example/users/anna#main-key":  {400, ""},
		"https://gouda.example/users/anna/followers": {404, ""},
	} {
		w := l.get(nil, "/.well-known/webfinger?resource="+url.QueryEscape(resource))
		if w.Code != want.status || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%q: %d, want %d: %s", resource, w.Code, want.status, w.Body)
			continue
		}
		if want.status != http.StatusOK {
			continue
		}
		jrd, err := federation.ParseJRD(w.Body.Bytes())
		if err != nil || jrd.Self() != want.self || w.Header().Get("Content-Type") != "application/jrd+json; charset=utf-8" {
			t.Errorf("%q: %s %s (%v)", resource, w.Header().Get("Content-Type"), w.Body, err)
		}
	}
	jrd := l.jrd("acct:anna@gouda.example", "")
	want := &federation.JRD{Subject: "acct:anna@gouda.example", Aliases: []string{anna, "https://gouda.example/@anna"}, Links: []federation.JRDLink{
		{Rel: "self", Type: "application/activity+json", Href: anna},
		{Rel: "http://webfinger.net/rel/profile-page", Type: "text/html", Href: "https://gouda.example/@anna"},
		{Rel: "http://ostatus.org/schema/1.0/subscribe", Template: "https://gouda.example/authorize_interaction?uri={uri}"}}}
	if diff := cmp.Diff(want, jrd); diff != "" {
		t.Error(diff)
	}
	jrd = l.jrd("acct:anna@gouda.example", "&rel=self&rel=nothing")
	if len(jrd.Links) != 1 || jrd.Links[0].Rel != "self" {
		t.Errorf("rel leaves %+v", jrd.Links)
	}
}

// FEP-d556.
func TestWebFingerServerActor(t *testing.T) {
	l := newLibrary(t, dbtest.Open(t))
	for _, server := range []string{"https://gouda.example/", "https://gouda.example"} {
		if jrd := l.jrd(server, ""); len(jrd.Links) != 1 || jrd.Links[0].Rel != "https://www.w3.org/ns/activitystreams#Service" || jrd.Links[0].Href != "https://gouda.example/actor" {
			t.Errorf("%s: %+v", server, jrd)
		}
	}
}

func (l *library) jrd(resource, more string) *federation.JRD {
	l.t.Helper()
	w := l.get(nil, "/.well-known/webfinger?resource="+url.QueryEscape(resource)+more)
	jrd, err := federation.ParseJRD(w.Body.Bytes())
	if w.Code != http.StatusOK || err != nil {
		l.t.Fatalf("WebFinger of %s: %d %s", resource, w.Code, w.Body)
	}
	return jrd
}

// An organisation whose handles are on its main domain, while the node lives on another host (FEP-2c59).
func TestWebFingerSplitDomain(t *testing.T) {
	l := newLibrary(t, dbtest.Open(t))
	l.dir.Domain = "gouda.nl"
	for _, resource := range []string{"acct:anna@gouda.nl", "acct:anna@gouda.example", "https://gouda.example/@anna"} {
		if jrd := l.jrd(resource, ""); jrd.Subject != "acct:anna@gouda.nl" || jrd.Self() != l.anna.IRI {
			t.Errorf("%s: %+v", resource, jrd)
		}
	}
	if a := l.reads(nil, l.anna.IRI).Actor; a.WebFinger != "anna@gouda.nl" {
		t.Errorf("the actor says webfinger %q", a.WebFinger)
	}
}

func TestHostMeta(t *testing.T) {
	l := newLibrary(t, dbtest.Open(t))
	w := l.get(nil, "/.well-known/host-meta")
	var xrd struct {
		Link struct {
			Template string `xml:"template,attr"`
		}
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &xrd); err != nil || xrd.Link.Template != "https://gouda.example/.well-known/webfinger?resource={uri}" ||
		w.Header().Get("Content-Type") != "application/xrd+xml; charset=utf-8" {
		t.Errorf("host-meta: %v %s %s", err, w.Header().Get("Content-Type"), w.Body)
	}
}

func TestNodeInfo(t *testing.T) {
	l := newLibrary(t, dbtest.Open(t))
	i := l.post(outbox.Draft{Text: "een"})
	l.post(outbox.Draft{Text: "antwoord", ReplyTo: i.ID})
	l.post(outbox.Draft{Text: "onder ons", Audience: actors.Direct})
	index, err := federation.ParseJRD(l.get(nil, "/.well-known/nodeinfo").Body.Bytes())
	if err != nil || len(index.Links) != 3 || index.Links[2].Rel != "https://www.w3.org/ns/activitystreams#Application" || index.Links[2].Href != "https://gouda.example/actor" {
		t.Fatalf("the index of NodeInfo: %+v %v", index, err)
	}
	for n, version := range []string{"2.0", "2.1"} {
		w := l.get(nil, index.Links[n].Href)
		if want := `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/` + version + `#"`; w.Header().Get("Content-Type") != want || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", version, w.Header())
		}
		var info federation.NodeInfo
		if err := json.Unmarshal(w.Body.Bytes(), &info); err != nil {
			t.Fatal(err)
		}
		u := info.Usage
		if info.Version != version || info.Software.Name != "pleio-node" || info.Software.Version != "1.2.3" || *u.Users.Total != 1 || *u.Users.ActiveMonth != 1 || *u.LocalPosts != 1 || *u.LocalComments != 1 {
			t.Errorf("%s: %s", version, w.Body)
		}
		if (version == "2.1") != strings.Contains(w.Body.String(), `"repository"`) || !strings.Contains(w.Body.String(), `"nodeName":"Gemeente Gouda"`) {
			t.Errorf("%s: %s", version, w.Body)
		}
	}
}

// Whatever a stranger asks about: an answer of the four, and a subject of this node.
func FuzzWebFingerResource(f *testing.F) {
	l := newLibrary(f, dbtest.Open(f))
	for _, seed := range []string{"acct:anna@gouda.example", "https://gouda.example/@anna", "https://gouda.example/", "acct:", "@", "https://[::1", "http://%zz/", "acct:anna@\x00", "https://gouda.example/%2e%2e/actor"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, resource string) {
		w := l.ask(httptest.NewRequest(http.MethodGet, "https://gouda.example/.well-known/webfinger?resource="+url.QueryEscape(resource), nil))
		switch w.Code {
		case http.StatusBadRequest, http.StatusNotFound:
		case http.StatusOK:
			jrd, err := federation.ParseJRD(w.Body.Bytes())
			if err != nil || jrd.Subject != "https://gouda.example/" && (!strings.HasSuffix(jrd.Subject, "@gouda.example") || !strings.HasPrefix(jrd.Self(), "https://gouda.example/")) {
				t.Errorf("%q: %s (%v)", resource, w.Body, err)
			}
		default:
			t.Errorf("%q: %d %s", resource, w.Code, w.Body)
		}
	})
}
