// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
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
	return a.credentials(ctx, me, c.access.Account.Preferences, c.access.Account.Admin)
}

// credentials is one's own account, with what an editor needs.
func (a *API) credentials(ctx context.Context, me *actors.Actor, p auth.Preferences, admin bool) (*account, error) {
	asking, err := actors.AskerCount(ctx, a.DB, me.ID)
	if err != nil {
		return nil, err
	}
	x, err := a.whole(ctx, me)
	if err != nil {
		return nil, err
	}
	x.Source = &source{Attribution: append([]string{}, me.Attribution...), Note: me.Source, Fields: fields(me.Fields, true), Privacy: p.Privacy, Sensitive: p.Sensitive, Language: p.Language,
		FollowRequests: asking, Hidden: me.HideCollections, Discoverable: me.Discoverable, Indexable: me.Indexable, QuotePolicy: p.QuotePolicy}
	x.Role = roleFor(admin)
	return x, nil
}

// roleFor is what somebody may do in the administration, as clients know it: everything or nothing. The permissions are bits,
// written as a number: those of Mastodon, from administrator (1) to viewing feeds (1<<20).
func roleFor(admin bool) *roleOfMe {
	if admin {
		return &roleOfMe{ID: "3", Name: "Admin", Permissions: strconv.Itoa(1<<21 - 1), Highlighted: true}
	}
	return &roleOfMe{ID: "-99", Permissions: "0"}
}

func (a *API) preferences(_ context.Context, c *call) (any, error) {
	p := c.access.Account.Preferences
	return preferences{Visibility: p.Privacy, Sensitive: p.Sensitive, Language: textOrNull(p.Language), QuotePolicy: p.QuotePolicy, Media: "default"}, nil
}

// confirm would send the mail again that asks whether an address is somebody's. The administrator who made the account vouches
// for it: every address is confirmed.
func confirm(context.Context, *call) (any, error) {
	return nil, fault.Say(fault.Forbidden, "This method is only available while the e-mail is awaiting confirmation")
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
	return a.credentials(ctx, me, preferences, c.access.Account.Admin)
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
	for key, into := range map[string]*bool{"locked": &me.Locked, "bot": &me.Bot, "discoverable": &me.Discoverable, "indexable": &me.Indexable,
		"hide_collections": &me.HideCollections, "show_media": &me.ShowMedia, "show_media_replies": &me.ShowMediaReplies, "show_featured": &me.ShowFeatured} {
		*into = c.Bool(key, *into)
	}
	if c.Has("fields_attributes") {
		if err := a.changeFields(c, me); err != nil {
			return err
		}
	}
	if c.Has("attribution_domains") {
		if err := changeAttribution(c, me); err != nil {
			return err
		}
	}
	for key, into := range map[string]*string{"avatar": &me.Icon, "header": &me.Image} {
		if err := a.changePicture(ctx, c, me, key, into); err != nil {
			return err
		}
	}
	for key, picture := range map[string]struct{ address, text *string }{"avatar_description": {&me.Icon, &me.IconDescription}, "header_description": {&me.Image, &me.ImageDescription}} {
		if c.Has(key) {
			*picture.text = actors.CleanText(c.Text(key), media.MaxDescription)
		}
		if *picture.address == "" {
			*picture.text = ""
		}
	}
	return nil
}

// changeFields takes the lines of a profile. A link that was seen to link back stays so as long as it is the same.
func (a *API) changeFields(c *call, me *actors.Actor) error {
	lines := c.Items("fields_attributes")
	if len(lines) > maxFields {
		return fault.Say(fault.Invalid, "Validation failed: a profile has at most %d fields.", maxFields)
	}
	verified := map[string]int64{}
	for _, f := range me.Fields {
		verified[f.Value] = f.Verified
	}
	me.Fields = nil
	for _, line := range lines {
		name, value := actors.CleanText(line.Text("name"), maxFieldName), actors.CleanText(line.Text("value"), maxFieldValue)
		if name != "" && value != "" {
			html := a.inline(value)
			me.Fields = append(me.Fields, actors.Field{Name: name, Value: html, Verified: verified[html]})
		}
	}
	return nil
}

const maxAttribution = 100 // domains

func changeAttribution(c *call, me *actors.Actor) error {
	domains := c.List("attribution_domains")
	if len(domains) > maxAttribution {
		return fault.Say(fault.Invalid, "Validation failed: at most %d attribution domains.", maxAttribution)
	}
	me.Attribution = nil
	for _, d := range domains {
		host := actors.Domain(d)
		if host == "" {
			return fault.Say(fault.Invalid, "Validation failed: %q is not a domain.", actors.CleanText(d, 100))
		}
		if !slices.Contains(me.Attribution, host) {
			me.Attribution = append(me.Attribution, host)
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
	if v := sent.Text("quote_policy"); v != "" {
		p.QuotePolicy = v
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
	line := strings.TrimSuffix(strings.TrimPrefix(a.richText(text), "<p>"), "</p>")
	return strings.Replace(line, ` rel="nofollow`, ` rel="me nofollow`, 1) // whoever is linked to can see whose profile this is
}
