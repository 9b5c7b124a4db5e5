// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/pleio-node/pleio-node/fault"
)

// Media types of WebFinger (RFC 7033 §10.2) and host-meta (RFC 6415).
const (
	JRDType = "application/jrd+json"
	XRDType = "application/xrd+xml"
)

// JRD is a WebFinger answer (RFC 7033 §4.4).
type JRD struct {
	Subject string    `json:"subject,omitempty"`
	Aliases []string  `json:"aliases,omitempty"`
	Links   []JRDLink `json:"links"`
}

// JRDLink is one link of a JRD. Template is an RFC 6570 one.
type JRDLink struct {
	Rel      string `json:"rel"`
	Type     string `json:"type,omitempty"`
	Href     string `json:"href,omitempty"`
	Template string `json:"template,omitempty"`
}

// Self is the id of the ActivityPub actor that a JRD is about, or "".
func (j *JRD) Self() string {
	for _, link := range j.Links {
		if link.Rel == "self" && activityStreams(link.Type) && CheckID(link.Href) == nil {
			return link.Href
		}
	}
	return ""
}

// maxLinks is more than any JRD or host-meta that we know has.
const maxLinks = 100

// ParseJRD reads a WebFinger answer, as strictly as Peek.
func ParseJRD(body []byte) (*JRD, error) {
	var j JRD
	if err := strictly(body, &j); err != nil {
		return nil, err
	}
	if len(j.Links) > maxLinks || len(j.Aliases) > maxLinks {
		return nil, fault.Say(fault.Malformed, "The answer has more than %d links or aliases.", maxLinks)
	}
	return &j, nil
}

// strictly decodes a small document that has no two readings.
func strictly(body []byte, into any) error {
	if _, err := topMembers(body); err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fault.Say(fault.Malformed, "The document has a value of the wrong kind: %v.", err)
	}
	return nil
}

// HostMeta is the XRD of /.well-known/host-meta: where WebFinger is answered. base is our public address without a slash.
func HostMeta(base string) []byte {
	var escaped strings.Builder
	xml.EscapeText(&escaped, []byte(base)) // a strings.Builder takes everything
	return []byte(xml.Header + `<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" type="application/jrd+json" template="` +
		escaped.String() + `/.well-known/webfinger?resource={uri}"/></XRD>` + "\n")
}

// WebFinger asks a domain for the account name@domain (RFC 7033). Redirects to another host are followed, since an
// organisation's main domain often answers so; where it has no WebFinger, its host-meta may name the place.
// The answer is a claim: who believes it checks that the actor's own host says the same.
func (c *Client) WebFinger(ctx context.Context, name, domain string) (*JRD, error) {
	resource := url.QueryEscape("acct:" + name + "@" + domain)
	ctx, end, err := c.begin(ctx, totalTime)
	if err != nil {
		return nil, err
	}
	defer end()
	var body []byte
	err = c.eachScheme(domain, func(base string) error {
		body, err = c.small(ctx, base+"/.well-known/webfinger?resource="+resource, JRDType+", application/json", JRDType, "application/json")
		if !errors.Is(err, fault.NotFound) {
			return err
		}
		template, metaErr := c.hostMeta(ctx, base)
		if metaErr != nil {
			return err
		}
		address := strings.ReplaceAll(template, "{uri}", resource)
		if template == address || address == base+"/.well-known/webfinger?resource="+resource {
			return err
		}
		body, err = c.small(ctx, address, JRDType+", application/json", JRDType, "application/json")
		return err
	})
	if err != nil {
		return nil, err
	}
	jrd, err := ParseJRD(body)
	if err != nil {
		return nil, fault.Say(fault.Unavailable, "%s answers WebFinger with what cannot be read: %s", domain, fault.Sentence(err))
	}
	return jrd, nil
}

// eachScheme tries https, or in development first http and then, if nothing answers there, https.
func (c *Client) eachScheme(host string, try func(base string) error) error {
	switch {
	case Host("https://"+host) != host:
		return fault.Say(fault.Malformed, "%s is not the name of a host.", quote(host))
	case !c.allowHTTP:
		return try("https://" + host)
	}
	err := try("http://" + host)
	if errors.Is(err, fault.Unavailable) {
		if second := try("https://" + host); !errors.Is(second, fault.Unavailable) {
			return second
		}
	}
	return err
}

func (c *Client) hostMeta(ctx context.Context, base string) (template string, err error) {
	body, err := c.small(ctx, base+"/.well-known/host-meta", XRDType, XRDType, "application/xml", "text/xml")
	if err != nil {
		return "", err
	}
	var xrd struct {
		Links []struct {
			Rel      string `xml:"rel,attr"`
			Template string `xml:"template,attr"`
		} `xml:"Link"`
	}
	if err := xml.Unmarshal(body, &xrd); err != nil {
		return "", err
	}
	for _, link := range xrd.Links {
		if link.Rel == "lrdd" && strings.Contains(link.Template, "{uri}") {
			return link.Template, nil
		}
	}
	return "", fault.Say(fault.NotFound, "The host-meta names no WebFinger.")
}

// small fetches one of the small documents, unsigned. types are the media types that are accepted.
func (c *Client) small(ctx context.Context, address, accept string, types ...string) ([]byte, error) {
	if err := c.allowed(address); err != nil {
		return nil, err
	}
	walk := walk{client: c, accept: accept}
	response, at, err := walk.get(ctx, address)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, statusError(response.StatusCode, at)
	}
	got, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	for _, accepted := range types {
		if err == nil && got == accepted {
			return readLimited(ctx, response.Body, maxSmall, at)
		}
	}
	return nil, fault.Say(fault.Unavailable, "%s answers with %s.", quote(at), quote(response.Header.Get("Content-Type")))
}
