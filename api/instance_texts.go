// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/locale"
	"github.com/pleio-node/pleio-node/moderation"
)

// What the node says of itself, and of its place among others.

type rule struct {
	ID           string                         `json:"id"`
	Text         string                         `json:"text"`
	Hint         string                         `json:"hint"`
	Translations map[string]moderation.RuleText `json:"translations"`
}

func shownRules(rules []moderation.Rule) []rule {
	all := make([]rule, len(rules))
	for i, r := range rules {
		all[i] = rule{ID: digits(r.ID), Text: r.Text, Hint: r.Hint, Translations: r.Translations}
	}
	return all
}

func (a *API) rules(ctx context.Context) ([]rule, error) {
	rules, err := moderation.Rules(ctx, a.DB)
	return shownRules(rules), err
}

func (a *API) instanceRules(ctx context.Context, _ *call) (any, error) { return a.rules(ctx) }

// spoken is the language of the node's own texts that the asker reads best.
func (c *call) spoken() string {
	if lang := locale.Get(c.Text("lang")); lang != nil {
		return lang.Code
	}
	return c.reads().Code
}

// reads is the language that the asker reads best.
func (c *call) reads() *locale.Locale { return locale.Match(c.r.Header.Get("Accept-Language")) }

type text struct {
	UpdatedAt string `json:"updated_at"`
	Content   string `json:"content"`
}

func (a *API) ownText(name string) handler {
	return func(ctx context.Context, c *call) (any, error) {
		t, err := a.Moderation.Text(ctx, a.DB, name, c.spoken())
		if t.Effective.IsZero() {
			t.Effective = a.since()
		}
		return text{stamp(t.Effective), t.HTML()}, err
	}
}

// since is when the node began, as its own actor knows.
func (a *API) since() time.Time { return a.Dir.App().Published }

type terms struct {
	Effective string  `json:"effective_date"`
	Now       bool    `json:"effective"`
	Content   string  `json:"content"`
	Successor *string `json:"succeeded_by"`
}

// termsOfService are the terms that hold now or, with a date in the path, those that hold from then on.
func (a *API) termsOfService(ctx context.Context, c *call) (any, error) {
	versions, err := a.Moderation.Versions(ctx, a.DB, moderation.TextTerms, c.spoken())
	if err != nil {
		return nil, err
	}
	now, date, successor := time.Now(), mux.Vars(c.r)["date"], (*string)(nil)
	current := false
	for _, t := range versions { // the last first
		effective := t.Effective.UTC().Format(time.DateOnly)
		holds := !t.Effective.After(now) && !current
		current = current || holds
		if date == effective || date == "" && holds {
			return terms{effective, holds, t.HTML(), successor}, nil
		}
		successor = &effective
	}
	return nil, fault.Say(fault.NotFound, "Record not found")
}

func (a *API) instancePeers(ctx context.Context, _ *call) (any, error) {
	peers, err := actors.Peers(ctx, a.DB)
	hosts := make([]string, 0, len(peers))
	for _, p := range peers {
		if p.Policy != actors.PeerBlocked {
			hosts = append(hosts, p.Host)
		}
	}
	return hosts, err
}

type week struct {
	Week          string `json:"week"` // seconds
	Statuses      string `json:"statuses"`
	Logins        string `json:"logins"`
	Registrations string `json:"registrations"`
}

func (a *API) instanceActivity(ctx context.Context, _ *call) (any, error) {
	weeks, err := moderation.Activity(ctx, a.DB)
	all := make([]week, len(weeks))
	for i, w := range weeks {
		all[i] = week{strconv.FormatInt(w.Start.Unix(), 10), digits(w.Statuses), digits(w.Logins), digits(w.Registrations)}
	}
	return all, err
}

type domainBlock struct {
	Domain   string `json:"domain"`
	Digest   string `json:"digest"`
	Severity string `json:"severity"`
	Comment  string `json:"comment"`
}

const mostDecisions = 10_000 // that are shown to everybody

// instanceBlocks are the nodes whose people this one limits or has no contact with: everybody may know, of some without the
// whole name.
func (a *API) instanceBlocks(ctx context.Context, _ *call) (any, error) {
	list, err := actors.Decisions(ctx, a.DB, false, actors.Page{Limit: mostDecisions})
	all := []domainBlock{}
	for _, p := range list {
		if severity := severities[p.Policy]; severity == "silence" || severity == "suspend" {
			shown := p.Host
			if p.Obfuscate {
				shown = obfuscated(p.Host)
			}
			all = append(all, domainBlock{shown, digest(p.Host), severity, p.Comment})
		}
	}
	return all, err
}

// severities are the words of clients for what was decided about a node.
var severities = map[string]string{actors.PeerOpen: "noop", actors.PeerNoted: "noop", actors.PeerLimited: "silence", actors.PeerBlocked: "suspend"}

// digest lets who knows a name see that it is meant.
func digest(host string) string {
	sum := sha256.Sum256([]byte(host))
	return hex.EncodeToString(sum[:])
}

// obfuscated keeps the beginning and the end of a name, and its dots.
func obfuscated(host string) string {
	runes := []rune(host)
	keep := len(runes) / 4
	for i := range runes {
		if i >= keep && i < len(runes)-keep && runes[i] != '.' {
			runes[i] = '*'
		}
	}
	return string(runes)
}

func health(context.Context, *call) (any, error) {
	return file{"text/plain; charset=utf-8", []byte("OK")}, nil
}

func stampOf(id int64) string { return stamp(db.TimeOf(id)) }

// description is the node in a sentence.
func (a *API) description(ctx context.Context, c *call) (string, error) {
	t, err := a.Moderation.Text(ctx, a.DB, moderation.TextDescription, c.spoken())
	return strings.TrimSpace(t.Content), err
}
