// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
)

// profileOfMe is one's own profile as it is edited (4.6): texts as they were typed, pictures only where there are any.
type profileOfMe struct {
	ID           string   `json:"id"`
	DisplayName  string   `json:"display_name"`
	Note         string   `json:"note"`
	Fields       []field  `json:"fields"`
	Avatar       *string  `json:"avatar"`
	AvatarStatic *string  `json:"avatar_static"`
	AvatarText   string   `json:"avatar_description"`
	Header       *string  `json:"header"`
	HeaderStatic *string  `json:"header_static"`
	HeaderText   string   `json:"header_description"`
	Locked       bool     `json:"locked"`
	Bot          bool     `json:"bot"`
	Hidden       bool     `json:"hide_collections"`
	Discoverable bool     `json:"discoverable"`
	Indexable    bool     `json:"indexable"`
	ShowMedia    bool     `json:"show_media"`
	ShowReplies  bool     `json:"show_media_replies"`
	ShowFeatured bool     `json:"show_featured"`
	Attribution  []string `json:"attribution_domains"`
}

func (a *API) profileOf(me *actors.Actor) profileOfMe {
	x := profileOfMe{ID: digits(me.ID), DisplayName: me.Title, Note: me.Source, Fields: fields(me.Fields, true), AvatarText: me.IconDescription, HeaderText: me.ImageDescription,
		Locked: me.Locked, Bot: me.Bot, Hidden: me.HideCollections, Discoverable: me.Discoverable, Indexable: me.Indexable,
		ShowMedia: me.ShowMedia, ShowReplies: me.ShowMediaReplies, ShowFeatured: me.ShowFeatured, Attribution: append([]string{}, me.Attribution...)}
	if me.Icon != "" {
		x.Avatar = textOrNull(a.Media.ProxyURL(me.Icon))
	}
	if me.Image != "" {
		x.Header = textOrNull(a.Media.ProxyURL(me.Image))
	}
	x.AvatarStatic, x.HeaderStatic = x.Avatar, x.Header
	return x
}

func (a *API) profile(ctx context.Context, c *call) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	return a.profileOf(me), nil
}

func (a *API) updateProfile(ctx context.Context, c *call) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.changeProfile(ctx, c, me); err != nil {
		return nil, err
	}
	if err := a.Outbox.UpdateProfile(ctx, me); err != nil {
		return nil, err
	}
	return a.profileOf(me), nil
}

func (a *API) removeAvatar(ctx context.Context, c *call) (any, error) {
	return a.without(ctx, c, func(me *actors.Actor) { me.Icon, me.IconDescription = "", "" })
}

func (a *API) removeHeader(ctx context.Context, c *call) (any, error) {
	return a.without(ctx, c, func(me *actors.Actor) { me.Image, me.ImageDescription = "", "" })
}

// without changes the profile of who asks. What is gone already is no change that others must hear of.
func (a *API) without(ctx context.Context, c *call, change func(me *actors.Actor)) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	before := me.Icon + " " + me.Image
	if change(me); me.Icon+" "+me.Image != before {
		if err := a.Outbox.UpdateProfile(ctx, me); err != nil {
			return nil, err
		}
	}
	return a.credentials(ctx, me, c.access.Account.Preferences, c.access.Account.Admin)
}
