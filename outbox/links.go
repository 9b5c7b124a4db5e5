// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/jobs"
)

// A link in a profile is verified when the page that it leads to links back with rel="me" (XFN; as Mastodon shows it): both say
// that they are about the same person. That is looked at once after each change of the profile, until it is so.

const (
	jobLinks = "links"
	maxPage  = 2 << 20 // bytes that are read of a page
	pageTime = 20 * time.Second
)

// lookAtLinks is the work of the job jobLinks, whose payload is the number of an actor.
func (o *Outbox) lookAtLinks(ctx context.Context, payload []byte) error {
	var id actors.ID
	if err := json.Unmarshal(payload, &id); err != nil {
		return jobs.Never(err)
	}
	return o.checkLinks(ctx, id)
}

var fieldLink = regexp.MustCompile(`^<a href="(https?://[^"]+)"[^>]*>[^<]*</a>$`)

// linkOf is the address that a line of a profile is a link to, "" when it is none.
func linkOf(f actors.Field) string {
	if m := fieldLink.FindStringSubmatch(f.Value); m != nil {
		return html.UnescapeString(m[1])
	}
	return ""
}

func (o *Outbox) planLinks(ctx context.Context, tx *db.Tx, a *actors.Actor) error {
	for _, f := range a.Fields {
		if f.Verified == 0 && linkOf(f) != "" {
			return o.Jobs.Add(ctx, tx, jobLinks, fmt.Sprint(a.ID), a.ID, time.Time{})
		}
	}
	return nil
}

// checkLinks reads the pages that an actor of ours links to. One that cannot be reached now is tried again later.
func (o *Outbox) checkLinks(ctx context.Context, id actors.ID) error {
	a, err := actors.Get(ctx, o.DB, id)
	if err != nil {
		return jobs.Never(err)
	}
	var linked []string // values of the fields
	var failed []error
	for _, f := range a.Fields {
		address := linkOf(f)
		if address == "" || f.Verified != 0 {
			continue
		}
		back, err := o.linksBack(ctx, address, a)
		if err != nil && fault.Status(err) >= 500 {
			failed = append(failed, err)
		}
		if back {
			linked = append(linked, f.Value)
		}
	}
	if len(linked) > 0 {
		if err := o.DB.Tx(ctx, func(tx *db.Tx) error { return actors.Verify(ctx, tx, id, linked, time.Now()) }); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

// linksBack tells whether a page links to one of the addresses of an actor with rel="me".
func (o *Outbox) linksBack(ctx context.Context, address string, a *actors.Actor) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTime)
	defer cancel()
	body, kind, err := o.Dir.Client.File(ctx, address, maxPage)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", address, err)
	}
	defer body.Close()
	if !strings.Contains(kind, "html") {
		return false, nil
	}
	return meant(body, a.IRI, a.URL), nil
}

// meant tells whether HTML has a link with rel="me" to one of the addresses.
func meant(page io.Reader, addresses ...string) bool {
	for i, address := range addresses {
		addresses[i] = strings.TrimSuffix(address, "/")
	}
	for t := html.NewTokenizer(page); ; {
		switch t.Next() {
		case html.ErrorToken:
			return false
		case html.StartTagToken, html.SelfClosingTagToken:
			token := t.Token()
			if token.Data != "a" && token.Data != "link" {
				continue
			}
			var rel, href string
			for _, attribute := range token.Attr {
				switch attribute.Key {
				case "rel":
					rel = attribute.Val
				case "href":
					href = attribute.Val
				}
			}
			if slices.Contains(strings.Fields(strings.ToLower(rel)), "me") && slices.Contains(addresses, strings.TrimSuffix(strings.TrimSpace(href), "/")) {
				return true
			}
		}
	}
}
