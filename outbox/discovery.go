// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
)

const (
	relSelf      = "self"
	relProfile   = "http://webfinger.net/rel/profile-page"
	relSubscribe = "http://ostatus.org/schema/1.0/subscribe"
	relService   = "https://www.w3.org/ns/activitystreams#Service" // FEP-d556

	repository = "https://github.com/pleio-node/pleio-node"
)

// discoveryRoutes are open to everybody and to scripts of other sites (RFC 7033 §5).
func (d *Documents) discoveryRoutes(get func(string, http.Handler) *mux.Route) {
	for path, f := range map[string]answerer{
		"/.well-known/webfinger": d.webFinger,
		"/.well-known/host-meta": d.hostMeta,
		"/.well-known/nodeinfo":  d.nodeInfoIndex,
		"/nodeinfo/2.0":          d.nodeInfo20,
		"/nodeinfo/2.1":          d.nodeInfo21,
	} {
		h := d.unsigned(f)
		get(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			h.ServeHTTP(w, r)
		}))
	}
}

// webFinger tells where an account is (RFC 7033).
func (d *Documents) webFinger(q question) (*answer, error) {
	query := q.URL.Query()
	name, iri, err := d.resource(query.Get("resource"))
	if err != nil {
		return nil, err
	}
	var jrd federation.JRD
	if iri == d.Dir.URL("/") {
		jrd = federation.JRD{Subject: iri, Links: []federation.JRDLink{{Rel: relService, Type: federation.ActivityType, Href: d.Dir.App().IRI}}}
	} else {
		a, err := d.resourceActor(q.Context(), name, iri)
		if err != nil {
			return nil, err
		}
		jrd = d.jrd(a)
	}
	if rels := query["rel"]; len(rels) > 0 { // RFC 7033 §4.3
		jrd.Links = slices.DeleteFunc(jrd.Links, func(l federation.JRDLink) bool { return !slices.Contains(rels, l.Rel) })
	}
	return asJSON(jrd, federation.JRDType)
}

// resource reads what a WebFinger request asks about: the name of an account here, or an id. fault.Malformed: nobody could say
// what it is; fault.NotFound: it is of another domain.
func (d *Documents) resource(text string) (name, iri string, err error) {
	if text == "" {
		return "", "", fault.Say(fault.Malformed, "Say about whom: add ?resource=acct:name@%s.", d.Dir.Domain)
	}
	elsewhere := fault.Say(fault.NotFound, "This node has accounts of %s only.", d.Dir.Domain)
	lower := strings.ToLower(text)
	if strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://") {
		if !federation.SameOrigin(text, d.Dir.URL("/")) {
			return "", "", elsewhere
		}
		u, err := url.Parse(text)
		if err != nil || u.RawQuery != "" || u.Fragment != "" {
			return "", "", fault.Say(fault.Malformed, "The resource is not the address of an account.")
		}
		if page, ok := strings.CutPrefix(u.Path, "/@"); ok {
			return page, "", nil
		}
		return "", d.Dir.URL("/" + strings.TrimPrefix(u.Path, "/")), nil
	}
	if strings.HasPrefix(lower, "acct:") {
		text = text[len("acct:"):]
	}
	name, domain, err := federation.ParseHandle(text)
	if err != nil || domain == "" {
		return "", "", fault.Say(fault.Malformed, "The resource is not an account: write acct:name@%s.", d.Dir.Domain)
	}
	if domain != d.Dir.Domain && domain != d.Dir.Host() {
		return "", "", elsewhere
	}
	return name, "", nil
}

func (d *Documents) resourceActor(ctx context.Context, name, iri string) (*actors.Actor, error) {
	if name != "" {
		a, err := actors.LocalByName(ctx, d.DB, name)
		if err != nil {
			return nil, err
		}
		iri = a.IRI
	}
	a, err := d.local(ctx, iri)
	if err == nil { // nothing says who asks: of a hidden group its members' nodes know the id
		err = actors.CheckKnown(ctx, d.DB, actors.Anybody, a)
	}
	return a, err
}

func (d *Documents) jrd(a *actors.Actor) federation.JRD {
	jrd := federation.JRD{Subject: "acct:" + a.Name + "@" + d.Dir.Domain, Aliases: []string{a.IRI},
		Links: []federation.JRDLink{{Rel: relSelf, Type: federation.ActivityType, Href: a.IRI}}}
	if a.Kind == actors.Application {
		return jrd // nobody visits or follows it
	}
	if a.URL != a.IRI {
		jrd.Aliases = append(jrd.Aliases, a.URL)
	}
	jrd.Links = append(jrd.Links, federation.JRDLink{Rel: relProfile, Type: "text/html", Href: a.URL},
		federation.JRDLink{Rel: relSubscribe, Template: d.Dir.URL("/authorize_interaction?uri={uri}")})
	return jrd
}

func (d *Documents) hostMeta(question) (*answer, error) {
	return &answer{body: federation.HostMeta(d.Dir.Base.String()), kind: federation.XRDType + "; charset=utf-8", public: true}, nil
}

func (d *Documents) nodeInfoIndex(question) (*answer, error) {
	return asJSON(federation.NodeInfoIndex(d.Dir.Base.String(), d.Dir.App().IRI), "application/json")
}

func (d *Documents) nodeInfo20(q question) (*answer, error) {
	return d.nodeInfo(q, "2.0", federation.NodeInfo20)
}
func (d *Documents) nodeInfo21(q question) (*answer, error) {
	return d.nodeInfo(q, "2.1", federation.NodeInfo21)
}

// nodeInfo tells facts about this node, never what it can do (FEP-0151).
func (d *Documents) nodeInfo(q question, version, schema string) (*answer, error) {
	used, err := d.Timelines.Usage(q.Context())
	if err != nil {
		return nil, err
	}
	var counts federation.NodeInfoUsage
	posts := used.Statuses - used.Comments
	counts.Users.Total, counts.Users.ActiveHalfyear, counts.Users.ActiveMonth, counts.LocalPosts, counts.LocalComments = &used.Users, &used.ActiveHalfyear, &used.ActiveMonth, &posts, &used.Comments
	info := federation.NodeInfo{Version: version, Protocols: []string{"activitypub"}, Services: federation.NodeInfoServices{Inbound: []string{}, Outbound: []string{}},
		Usage: counts, Metadata: map[string]any{"nodeName": d.NodeName, "federation": map[string]bool{"enabled": true}}}
	info.Software.Name, info.Software.Version = "pleio-node", d.Version
	if schema == federation.NodeInfo21 {
		info.Software.Repository = repository
	}
	return asJSON(info, `application/json; profile="`+schema+`#"`)
}

func asJSON(v any, kind string) (*answer, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", kind, err)
	}
	if !strings.Contains(kind, ";") {
		kind += "; charset=utf-8"
	}
	return &answer{body: body, kind: kind, public: true}, nil
}
