// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/moderation"
)

// What administrators decide about other nodes, and what may not be used to come in.

type domainAllow struct {
	ID        string `json:"id"`
	Domain    string `json:"domain"`
	CreatedAt string `json:"created_at"`
}

type adminDomainBlock struct {
	ID            string `json:"id"`
	Domain        string `json:"domain"`
	Digest        string `json:"digest"`
	CreatedAt     string `json:"created_at"`
	Severity      string `json:"severity"`
	RejectMedia   bool   `json:"reject_media"`
	RejectReports bool   `json:"reject_reports"`
	Private       string `json:"private_comment"`
	Public        string `json:"public_comment"`
	Obfuscate     bool   `json:"obfuscate"`
}

func shownAllow(p actors.Peer) any {
	return domainAllow{digits(p.ID), p.Host, stamp(p.Decided)}
}

func shownBlock(p actors.Peer) any {
	return adminDomainBlock{ID: digits(p.ID), Domain: p.Host, Digest: digest(p.Host), CreatedAt: stamp(p.Decided), Severity: severities[p.Policy], RejectMedia: p.RejectMedia,
		RejectReports: p.RejectReports, Private: p.Note, Public: p.Comment, Obfuscate: p.Obfuscate}
}

func shownDomain(p actors.Peer) any {
	if p.Policy == actors.PeerAllowed {
		return shownAllow(p)
	}
	return shownBlock(p)
}

func (a *API) adminDomains(allowed bool) handler {
	return func(ctx context.Context, c *call) (any, error) {
		p, err := c.page(adminPage)
		if err != nil {
			return nil, err
		}
		list, err := actors.Decisions(ctx, a.DB, allowed, p)
		all := make([]any, len(list))
		for i, one := range list {
			all[i] = shownDomain(one)
		}
		linkRows(c, list, func(p actors.Peer) int64 { return p.ID })
		return all, err
	}
}

func (a *API) domainNamed(ctx context.Context, c *call, allowed bool) (actors.Peer, error) {
	id, err := c.id("id")
	if err != nil {
		return actors.Peer{}, err
	}
	p, err := actors.Decision(ctx, a.DB, id)
	if err == nil && (p.Policy == actors.PeerAllowed) != allowed {
		err = fault.Say(fault.NotFound, "Record not found")
	}
	return p, err
}

func (a *API) adminDomain(allowed bool) handler {
	return func(ctx context.Context, c *call) (any, error) {
		p, err := a.domainNamed(ctx, c, allowed)
		return shownDomain(p), err
	}
}

func (a *API) adminAllow(ctx context.Context, c *call) (any, error) {
	p, err := a.Moderation.DecideHost(ctx, c.by(), actors.Peer{Host: c.Text("domain"), Policy: actors.PeerAllowed})
	return shownAllow(p), err
}

// severity reads what a client wants to be decided about a node.
func (c *call) severity(p *actors.Peer) error {
	switch s := c.Text("severity"); s {
	case "noop":
		p.Policy = actors.PeerNoted
	case "silence":
		p.Policy = actors.PeerLimited
	case "suspend":
		p.Policy = actors.PeerBlocked
	case "":
		if p.Policy == "" {
			p.Policy = actors.PeerLimited
		}
	default:
		return fault.Say(fault.Invalid, "Validation failed: Severity must be noop, silence or suspend")
	}
	p.RejectMedia, p.RejectReports, p.Obfuscate = c.Bool("reject_media", p.RejectMedia), c.Bool("reject_reports", p.RejectReports), c.Bool("obfuscate", p.Obfuscate)
	if c.Has("private_comment") {
		p.Note = actors.CleanText(c.Text("private_comment"), 1000)
	}
	if c.Has("public_comment") {
		p.Comment = actors.CleanText(c.Text("public_comment"), 1000)
	}
	return nil
}

// existing is the answer to a second decision about the same node: the first one, so that a client can change it.
type existing struct {
	Error string `json:"error"`
	Block any    `json:"existing_domain_block"`
}

func (a *API) adminBlock(ctx context.Context, c *call) (any, error) {
	p := actors.Peer{Host: c.Text("domain")}
	if err := c.severity(&p); err != nil {
		return nil, err
	}
	host, err := a.Dir.CheckHost(p.Host)
	if err != nil {
		return nil, err
	}
	known, err := actors.DecisionOn(ctx, a.DB, host)
	if err != nil {
		return nil, err
	}
	if known.Host == host && known.Policy != actors.PeerAllowed {
		return with{422, existing{"Validation failed: Domain has already been taken", shownBlock(known)}}, nil
	}
	p, err = a.Moderation.DecideHost(ctx, c.by(), p)
	return shownBlock(p), err
}

func (a *API) adminChangeBlock(ctx context.Context, c *call) (any, error) {
	p, err := a.domainNamed(ctx, c, false)
	if err == nil {
		err = c.severity(&p)
	}
	if err == nil {
		p, err = a.Moderation.DecideHost(ctx, c.by(), p)
	}
	return shownBlock(p), err
}

func (a *API) adminForget(allowed bool) handler {
	return func(ctx context.Context, c *call) (any, error) {
		p, err := a.domainNamed(ctx, c, allowed)
		if err == nil {
			err = a.Moderation.ForgetHost(ctx, c.by(), p.Host)
		}
		return shownDomain(p), err
	}
}

type emailDomainBlock struct {
	ID        string  `json:"id"`
	Domain    string  `json:"domain"`
	CreatedAt string  `json:"created_at"`
	History   []tries `json:"history"`
}

type tries struct {
	Day      string `json:"day"` // seconds
	Accounts string `json:"accounts"`
	Uses     string `json:"uses"`
}

func shownEmailDomain(e moderation.EmailDomain) any {
	x := emailDomainBlock{digits(e.ID), e.Domain, stamp(e.Created), []tries{}}
	for _, t := range e.Tries {
		x.History = append(x.History, tries{digits(t.Day.Unix()), digits(int64(t.Networks)), digits(int64(t.Uses))})
	}
	return x
}

type emailBlock struct {
	ID   string `json:"id"`
	Hash string `json:"canonical_email_hash"`
}

func shownEmail(e moderation.EmailBlock) any { return emailBlock{digits(e.ID), e.Hash} }

type ipBlock struct {
	ID        string  `json:"id"`
	IP        string  `json:"ip"`
	Severity  string  `json:"severity"`
	Comment   string  `json:"comment"`
	CreatedAt string  `json:"created_at"`
	ExpiresAt *string `json:"expires_at"`
}

func shownIP(b moderation.IPBlock) any {
	return ipBlock{digits(b.ID), b.Prefix, b.Severity, b.Comment, stamp(b.Created), stampOrNull(b.Expires)}
}

// blocklist is how a table of blocks is listed and shown: with an id only that one.
type blocklist[T any] struct {
	list func(ctx context.Context, id int64, p actors.Page) ([]T, error)
	id   func(T) int64
	show func(T) any
	drop func(ctx context.Context, by moderation.By, id int64) error
}

func (b blocklist[T]) all(ctx context.Context, c *call) (any, error) {
	p, err := c.page(adminPage)
	if err != nil {
		return nil, err
	}
	list, err := b.list(ctx, 0, p)
	all := make([]any, len(list))
	for i, one := range list {
		all[i] = b.show(one)
	}
	linkRows(c, list, b.id)
	return all, err
}

func (b blocklist[T]) named(ctx context.Context, id int64) (found T, err error) {
	list, err := b.list(ctx, id, actors.Page{Limit: 1})
	if err == nil && len(list) == 0 {
		err = fault.Say(fault.NotFound, "Record not found")
	}
	if err != nil {
		return found, err
	}
	return list[0], nil
}

func (b blocklist[T]) one(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return b.shown(ctx, id)
}

func (b blocklist[T]) shown(ctx context.Context, id int64) (any, error) {
	x, err := b.named(ctx, id)
	return b.show(x), err
}

func (b blocklist[T]) remove(ctx context.Context, c *call) (any, error) {
	shown, err := b.one(ctx, c)
	if err != nil {
		return nil, err
	}
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return shown, b.drop(ctx, c.by(), id)
}

func (a *API) emailDomains() blocklist[moderation.EmailDomain] {
	return blocklist[moderation.EmailDomain]{
		list: func(ctx context.Context, id int64, p actors.Page) ([]moderation.EmailDomain, error) {
			return moderation.EmailDomains(ctx, a.DB, id, p)
		},
		id: func(e moderation.EmailDomain) int64 { return e.ID }, show: shownEmailDomain,
		drop: func(ctx context.Context, by moderation.By, id int64) error {
			return a.Moderation.UnblockEmailDomain(ctx, by, id)
		}}
}

func (a *API) emailBlocks() blocklist[moderation.EmailBlock] {
	return blocklist[moderation.EmailBlock]{
		list: func(ctx context.Context, id int64, p actors.Page) ([]moderation.EmailBlock, error) {
			return moderation.EmailBlocks(ctx, a.DB, id, "", p)
		},
		id: func(e moderation.EmailBlock) int64 { return e.ID }, show: shownEmail,
		drop: func(ctx context.Context, by moderation.By, id int64) error {
			return a.Moderation.UnblockEmail(ctx, by, id)
		}}
}

func (a *API) ipBlocks() blocklist[moderation.IPBlock] {
	return blocklist[moderation.IPBlock]{
		list: func(ctx context.Context, id int64, p actors.Page) ([]moderation.IPBlock, error) {
			return moderation.IPBlocks(ctx, a.DB, id, p)
		},
		id: func(b moderation.IPBlock) int64 { return b.ID }, show: shownIP,
		drop: func(ctx context.Context, by moderation.By, id int64) error {
			return a.Moderation.UnblockIP(ctx, by, id)
		}}
}

func (a *API) adminBlockEmailDomain(ctx context.Context, c *call) (any, error) {
	id, err := a.Moderation.BlockEmailDomain(ctx, c.by(), c.Text("domain"))
	if err != nil {
		return nil, err
	}
	return a.emailDomains().shown(ctx, id)
}

func (a *API) adminBlockEmail(ctx context.Context, c *call) (any, error) {
	hash := c.Text("canonical_email_hash")
	if email := c.Text("email"); email != "" {
		hash = moderation.EmailHash(email)
	}
	id, err := a.Moderation.BlockEmail(ctx, c.by(), hash)
	if err != nil {
		return nil, err
	}
	return a.emailBlocks().shown(ctx, id)
}

func (a *API) adminTestEmail(ctx context.Context, c *call) (any, error) {
	email := c.Text("email")
	if !strings.Contains(email, "@") {
		return nil, fault.Say(fault.Invalid, "Validation failed: Email is invalid")
	}
	list, err := moderation.EmailBlocks(ctx, a.DB, 0, moderation.EmailHash(email), actors.Page{Limit: 1})
	all := []any{}
	for _, one := range list {
		all = append(all, shownEmail(one))
	}
	return all, err
}

// network reads what a client wants to be decided about a network.
func (c *call) network(b *moderation.IPBlock) error {
	if c.Has("ip") {
		b.Prefix = c.Text("ip")
	}
	if c.Has("severity") {
		b.Severity = c.Text("severity")
	}
	if c.Has("comment") {
		b.Comment = actors.CleanText(c.Text("comment"), 1000)
	}
	if !c.Has("expires_in") {
		return nil
	}
	seconds, err := c.Number("expires_in")
	if err != nil || seconds < 0 || seconds > 1e9 {
		return fault.Say(fault.Invalid, "Validation failed: expires_in must be a number of seconds")
	}
	b.Expires = time.Time{}
	if seconds > 0 {
		b.Expires = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	return nil
}

func (a *API) adminBlockIP(ctx context.Context, c *call) (any, error) {
	return a.changeIP(ctx, c, moderation.IPBlock{})
}

func (a *API) adminChangeIP(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	b, err := a.ipBlocks().named(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.changeIP(ctx, c, b)
}

func (a *API) changeIP(ctx context.Context, c *call, b moderation.IPBlock) (any, error) {
	if err := c.network(&b); err != nil {
		return nil, err
	}
	id, err := a.Moderation.BlockIP(ctx, c.by(), b)
	if err != nil {
		return nil, err
	}
	return a.ipBlocks().shown(ctx, id)
}
