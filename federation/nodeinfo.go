// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"context"

	"github.com/pleio-node/pleio-node/fault"
)

// The two NodeInfo schemas in use, and the type of the documents (FEP-0151).
const (
	NodeInfo20   = "http://nodeinfo.diaspora.software/ns/schema/2.0"
	NodeInfo21   = "http://nodeinfo.diaspora.software/ns/schema/2.1"
	NodeInfoType = `application/json; profile="` + NodeInfo21 + `#"`

	relApplication = "https://www.w3.org/ns/activitystreams#Application"
)

// NodeInfo is a NodeInfo document of version 2.0 or 2.1: facts about a server, never its capabilities (FEP-0151).
type NodeInfo struct {
	Version  string `json:"version"`
	Software struct {
		Name       string `json:"name"`
		Version    string `json:"version"`
		Repository string `json:"repository,omitempty"` // 2.1
		Homepage   string `json:"homepage,omitempty"`   // 2.1
	} `json:"software"`
	Protocols         []string         `json:"protocols"`
	Services          NodeInfoServices `json:"services"`
	OpenRegistrations bool             `json:"openRegistrations"`
	Usage             NodeInfoUsage    `json:"usage"`
	Metadata          any              `json:"metadata"` // an object; some send an empty list
}

// NodeInfoServices are bridges to other networks. Both lists are required; ours are empty, not null.
type NodeInfoServices struct {
	Inbound  []string `json:"inbound"`
	Outbound []string `json:"outbound"`
}

// NodeInfoUsage are counts. What is not told is nil, never a false number.
type NodeInfoUsage struct {
	Users struct {
		Total          *int64 `json:"total,omitempty"`
		ActiveHalfyear *int64 `json:"activeHalfyear,omitempty"`
		ActiveMonth    *int64 `json:"activeMonth,omitempty"`
	} `json:"users"`
	LocalPosts    *int64 `json:"localPosts,omitempty"`
	LocalComments *int64 `json:"localComments,omitempty"`
}

// NodeInfoIndex is what /.well-known/nodeinfo answers: the two documents, and the instance actor (FEP-2677).
func NodeInfoIndex(base, instanceActor string) JRD {
	return JRD{Links: []JRDLink{
		{Rel: NodeInfo20, Href: base + "/nodeinfo/2.0"},
		{Rel: NodeInfo21, Href: base + "/nodeinfo/2.1"},
		{Rel: relApplication, Href: instanceActor},
	}}
}

// NodeInfo asks a host what software it runs: its version 2.1, or else 2.0.
func (c *Client) NodeInfo(ctx context.Context, host string) (*NodeInfo, error) {
	ctx, end, err := c.begin(ctx, totalTime)
	if err != nil {
		return nil, err
	}
	defer end()
	var body []byte
	err = c.eachScheme(host, func(base string) error {
		index, err := c.small(ctx, base+"/.well-known/nodeinfo", "application/json", "application/json", JRDType)
		if err != nil {
			return err
		}
		links, err := ParseJRD(index)
		if err != nil {
			return fault.Say(fault.Unavailable, "The NodeInfo of %s cannot be read: %s", host, fault.Sentence(err))
		}
		for _, rel := range []string{NodeInfo21, NodeInfo20} {
			for _, link := range links.Links {
				if link.Rel == rel {
					body, err = c.small(ctx, link.Href, "application/json", "application/json")
					return err
				}
			}
		}
		return fault.Say(fault.NotFound, "%s has no NodeInfo 2.0 or 2.1.", host)
	})
	if err != nil {
		return nil, err
	}
	var info NodeInfo
	if err := strictly(body, &info); err != nil {
		return nil, fault.Say(fault.Unavailable, "The NodeInfo of %s cannot be read: %s", host, fault.Sentence(err))
	}
	return &info, nil
}
