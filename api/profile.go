// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"fmt"
	"html"
	"strings"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// What a profile may hold. Clients read these from the instance document.
const (
	maxDisplayName = 100
	maxNote        = 2000
	maxFields      = 6
	maxFieldName   = 255
	maxFieldValue  = 500
)

func (a *API) verifyCredentials(ctx context.Context, c *call) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	return a.credentials(ctx, me, c.access.Account.Preferences)
}

// credentials is one's own account, with what an editor needs.
func (a *API) credentials(ctx context.Context, me *actors.Actor, p auth.Preferences) (*account, error) {
	asking, err := actors.FollowersOf(ctx, a.DB, me.ID, actors.Requested, actors.Page{Limit: accountsPage.most})
	if err != nil {
		return nil, err
	}
	x := a.account(me)
	x.Source = &source{Attribution: []empty{}, Note: me.Source, Fields: fields(me.Fields, true), Privacy: p.Privacy, Sensitive: p.Sensitive, Language: p.Language,
		FollowRequests: len(asking), Discoverable: me.Discoverable, Indexable: me.Indexable}
	x.Role = &roleOfMe{ID: "-99", Permissions: "0"} // nothing of Mastodon's administration is here
	return x, nil
}

func (a *API) preferences(_ context.Context, c *call) (any, error) {
	p := c.access.Account.Preferences
	return preferences{Visibility: p.Privacy, Sensitive: p.Sensitive, Language: textOrNull(p.Language), QuotePolicy: p.QuotePolicy, Media: "default"}, nil
}

// updateCredentials changes what was sent and leaves the rest.
func (a *API) updateCredentials(ctx context.Context, c *call) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.changeProfile(ctx, c, me); err != nil {
		return nil, err
	}
	preferences, err := a.changePreferences(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := a.Outbox.UpdateProfile(ctx, me); err != nil {
		return nil, err
	}
	return a.credentials(ctx, me, preferences)
}

func (a *API) changeProfile(ctx context.Context, c *call, me *actors.Actor) error {
	if c.Has("display_name") {
		me.Title = actors.CleanText(c.Text("display_name"), maxDisplayName)
	}
	if c.Has("note") {
		note := strings.TrimSpace(c.Text("note"))
		if utf8.RuneCountInString(note) > maxNote {
			return fault.Say(fault.Invalid, "Validation failed: Bio is too long (maximum is %d characters)", maxNote)
		}
		me.Source, me.Summary = note, a.richText(note)
	}
	for key, into := range map[string]*bool{"locked": &me.Locked, "bot": &me.Bot, "discoverable": &me.Discoverable, "indexable": &me.Indexable} {
		*into = c.Bool(key, *into)
	}
	if c.Has("fields_attributes") {
		lines := c.Items("fields_attributes")
		if len(lines) > maxFields {
			return fault.Say(fault.Invalid, "Validation failed: a profile has at most %d fields.", maxFields)
		}
		me.Fields = nil
		for _, line := range lines {
			name, value := actors.CleanText(line.Text("name"), maxFieldName), actors.CleanText(line.Text("value"), maxFieldValue)
			if name != "" && value != "" {
				me.Fields = append(me.Fields, actors.Field{Name: name, Value: a.inline(value)})
			}
		}
	}
	for key, into := range map[string]*string{"avatar": &me.Icon, "header": &me.Image} {
		if err := a.changePicture(ctx, c, me, key, into); err != nil {
			return err
		}
	}
	return nil
}

// changePicture takes a new picture; an empty text takes the old one away.
func (a *API) changePicture(ctx context.Context, c *call, me *actors.Actor, key string, into *string) error {
	upload := c.files[key]
	if upload == nil {
		if c.Has(key) && c.Text(key) == "" {
			*into = ""
		}
		return nil
	}
	f, err := upload.Open()
	if err != nil {
		return fmt.Errorf("open the uploaded %s: %w", key, err)
	}
	defer f.Close()
	kind := "icon"
	if key == "header" {
		kind = "image"
	}
	*into, err = a.Media.Avatar(ctx, int64(me.ID), f, kind)
	return err
}

func (a *API) changePreferences(ctx context.Context, c *call) (auth.Preferences, error) {
	p, sent := c.access.Account.Preferences, c.Get("source")
	if len(sent.object) == 0 {
		return p, nil
	}
	if v := sent.Text("privacy"); v != "" {
		p.Privacy = v
	}
	p.Sensitive = sent.Bool("sensitive", p.Sensitive)
	if sent.Has("language") {
		p.Language = sent.Text("language")
	}
	return p, a.DB.Tx(ctx, func(tx *db.Tx) error { return a.Auth.SetPreferences(ctx, tx, c.viewer.ID, p) })
}

// richText is plain text as a profile shows it: with links, without mentions, which nobody is told of.
func (a *API) richText(text string) string {
	return content.Compose(text, func(string) *actors.Actor { return nil }, a.tagURL).HTML
}

// inline is richText in one line, as a field of a profile.
func (a *API) inline(text string) string {
	if !strings.HasPrefix(text, "https://") && !strings.HasPrefix(text, "http://") {
		return html.EscapeString(text)
	}
	return strings.TrimSuffix(strings.TrimPrefix(a.richText(text), "<p>"), "</p>")
}
