// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// apiVersion is what clients switch features by: 4.5, with quotes.
const apiVersion = 7

// version is read by its beginning: clients take the first three numbers for Mastodon's.
func (a *API) version() string { return "4.5.0 (compatible; pleio-node " + a.Version + ")" }

type configuration struct {
	URLs struct {
		Streaming string  `json:"streaming"`
		Status    *string `json:"status"`
		About     string  `json:"about"`
		Privacy   *string `json:"privacy_policy"`
		Terms     *string `json:"terms_of_service"`
	} `json:"urls"`
	Vapid struct {
		PublicKey string `json:"public_key"`
	} `json:"vapid"`
	Accounts struct {
		FeaturedTags int `json:"max_featured_tags"`
		Pinned       int `json:"max_pinned_statuses"`
		Fields       int `json:"max_profile_fields"`
		FieldName    int `json:"profile_field_name_limit"`
		FieldValue   int `json:"profile_field_value_limit"`
		DisplayName  int `json:"max_display_name_length"`
		Note         int `json:"max_note_length"`
	} `json:"accounts"`
	Statuses struct {
		Characters int `json:"max_characters"`
		Files      int `json:"max_media_attachments"`
		URL        int `json:"characters_reserved_per_url"`
	} `json:"statuses"`
	Media struct {
		Description int      `json:"description_limit"`
		Types       []string `json:"supported_mime_types"`
		ImageSize   int      `json:"image_size_limit"`
		ImageMatrix int      `json:"image_matrix_limit"`
		VideoSize   int      `json:"video_size_limit"`
		VideoRate   int      `json:"video_frame_rate_limit"`
		VideoMatrix int      `json:"video_matrix_limit"`
	} `json:"media_attachments"`
	Polls struct {
		Options    int `json:"max_options"`
		Characters int `json:"max_characters_per_option"`
		Min        int `json:"min_expiration"`
		Max        int `json:"max_expiration"`
	} `json:"polls"`
	Translation struct {
		Enabled bool `json:"enabled"`
	} `json:"translation"`
	Access struct {
		Live     feeds `json:"live_feeds"`
		Hashtag  feeds `json:"hashtag_feeds"`
		Trending feeds `json:"trending_link_feeds"`
	} `json:"timelines_access"`
	Limited bool `json:"limited_federation"`
}

type feeds struct {
	Local  string `json:"local"`
	Remote string `json:"remote"`
}

func (a *API) configuration() (c configuration) {
	c.URLs.Streaming, c.URLs.About = a.streaming(), a.Dir.URL("/")
	c.Accounts.Pinned, c.Accounts.Fields, c.Accounts.FieldName, c.Accounts.FieldValue = outbox.MaxPins, maxFields, maxFieldName, maxFieldValue
	c.Accounts.DisplayName, c.Accounts.Note, c.Accounts.FeaturedTags = maxDisplayName, maxNote, timeline.MostFeatured
	c.Statuses.Characters, c.Statuses.Files, c.Statuses.URL = outbox.MaxCharacters, media.MaxFiles, content.LinkCharacters
	c.Media.Description, c.Media.Types, c.Media.ImageSize, c.Media.ImageMatrix = media.MaxDescription, a.Media.MIMETypes(), media.MaxBytes, media.MaxPixels
	c.Media.VideoSize, c.Media.VideoRate, c.Media.VideoMatrix = media.MaxVideoBytes, 120, media.MaxPixels
	c.Polls.Options, c.Polls.Characters = outbox.MaxOptions, outbox.MaxOptionChars
	c.Polls.Min, c.Polls.Max = int(outbox.MinPoll.Seconds()), int(outbox.MaxPoll.Seconds())
	c.Access.Live, c.Access.Hashtag, c.Access.Trending = feeds{"public", "public"}, feeds{"public", "public"}, feeds{"public", "public"}
	c.Limited = a.Dir.Limited
	return c
}

func (a *API) streaming() string { return "ws" + strings.TrimPrefix(a.Dir.URL(""), "http") }

type instance2 struct {
	Domain      string `json:"domain"`
	Title       string `json:"title"`
	Version     string `json:"version"`
	SourceURL   string `json:"source_url"`
	Description string `json:"description"`
	Usage       struct {
		Users struct {
			Active int64 `json:"active_month"`
		} `json:"users"`
	} `json:"usage"`
	Thumbnail struct {
		URL string `json:"url"`
	} `json:"thumbnail"`
	Icon          []icon        `json:"icon"`
	Languages     []string      `json:"languages"`
	Configuration configuration `json:"configuration"`
	Registrations struct {
		Enabled  bool    `json:"enabled"`
		Approval bool    `json:"approval_required"`
		Reason   *bool   `json:"reason_required"`
		Message  *string `json:"message"`
		MinAge   *int    `json:"min_age"`
		URL      *string `json:"url"`
	} `json:"registrations"`
	APIVersions struct {
		Mastodon int `json:"mastodon"`
	} `json:"api_versions"`
	Contact struct {
		Email   string   `json:"email"`
		Account *account `json:"account"`
	} `json:"contact"`
	Rules []rule `json:"rules"`
}

type icon struct {
	Src  string `json:"src"`
	Size string `json:"size"`
}

const (
	sourceURL = "https://github.com/pleio-node/pleio-node"
	iconSize  = "400x400"
)

// about is what both instance documents tell.
type about struct {
	usage        timeline.Usage
	description  string
	rules        []rule
	contact      *account // the organisation: people are not named without their own choice
	open, asking bool     // who may make an account
}

func (a *API) about(ctx context.Context, c *call) (x about, err error) {
	if x.usage, err = a.Timelines.Usage(ctx); err != nil {
		return x, err
	}
	if x.description, err = a.description(ctx, c); err != nil {
		return x, err
	}
	if x.rules, err = a.rules(ctx); err != nil {
		return x, err
	}
	org, err := actors.ByIRI(ctx, a.DB, a.Dir.URL("/org"))
	if err != nil {
		return x, err
	}
	x.contact = a.account(org)
	x.asking = a.Moderation.Registrations == moderation.Approval
	x.open = x.asking || a.Moderation.Registrations == moderation.Open
	return x, nil
}

func (a *API) instance2(ctx context.Context, c *call) (any, error) {
	x, err := a.about(ctx, c)
	if err != nil {
		return nil, err
	}
	u := x.usage
	i := instance2{Domain: a.Dir.Domain, Title: a.Name, Version: a.version(), SourceURL: sourceURL, Description: x.description, Languages: moderation.Languages(),
		Configuration: a.configuration(), Rules: x.rules, Icon: []icon{{a.Dir.URL(avatarPath), iconSize}}}
	i.Registrations.Enabled, i.Registrations.Approval, i.Registrations.Reason, i.Contact.Account = x.open, x.asking, &x.asking, x.contact
	i.Usage.Users.Active, i.Thumbnail.URL, i.APIVersions.Mastodon, i.Contact.Email = u.ActiveMonth, a.Dir.URL(headerPath), apiVersion, a.Email
	i.Configuration.Vapid.PublicKey, err = a.push.public(ctx, a.Dir)
	return i, err
}

type instance1 struct {
	URI              string `json:"uri"` // the host only: clients store it as the domain
	Title            string `json:"title"`
	ShortDescription string `json:"short_description"`
	Description      string `json:"description"`
	Email            string `json:"email"`
	Version          string `json:"version"`
	URLs             struct {
		Streaming string `json:"streaming_api"`
	} `json:"urls"`
	Stats struct {
		Users    int64 `json:"user_count"`
		Statuses int64 `json:"status_count"`
		Domains  int64 `json:"domain_count"`
	} `json:"stats"`
	Thumbnail     string        `json:"thumbnail"`
	Languages     []string      `json:"languages"`
	Registrations bool          `json:"registrations"`
	Approval      bool          `json:"approval_required"`
	Invites       bool          `json:"invites_enabled"`
	Configuration configuration `json:"configuration"`
	Contact       *account      `json:"contact_account"`
	Rules         []rule        `json:"rules"`
}

func (a *API) instance1(ctx context.Context, c *call) (any, error) {
	x, err := a.about(ctx, c)
	if err != nil {
		return nil, err
	}
	u := x.usage
	i := instance1{URI: a.Dir.Host(), Title: a.Name, ShortDescription: x.description, Description: x.description, Email: a.Email, Version: a.version(),
		Thumbnail: a.Dir.URL(headerPath), Languages: moderation.Languages(), Configuration: a.configuration(), Rules: x.rules,
		Registrations: x.open, Approval: x.asking, Contact: x.contact}
	i.URLs.Streaming = a.streaming()
	i.Stats.Users, i.Stats.Statuses, i.Stats.Domains = u.Users, u.Statuses, u.Domains
	i.Configuration.Vapid.PublicKey, err = a.push.public(ctx, a.Dir)
	return i, err
}
