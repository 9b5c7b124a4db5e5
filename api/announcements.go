// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/timeline"
)

type announcement struct {
	ID          string               `json:"id"`
	Content     string               `json:"content"`
	StartsAt    *string              `json:"starts_at"`
	EndsAt      *string              `json:"ends_at"`
	AllDay      bool                 `json:"all_day"`
	PublishedAt string               `json:"published_at"`
	UpdatedAt   string               `json:"updated_at"`
	Read        *bool                `json:"read,omitempty"`
	Mentions    []mention            `json:"mentions"`
	Statuses    []announcementStatus `json:"statuses"`
	Tags        []statusTag          `json:"tags"`
	Emojis      []emoji              `json:"emojis"`
	Reactions   []reaction           `json:"reactions"`
}

type announcementStatus struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

type reaction struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	Me    *bool  `json:"me,omitempty"`

	*emojiPicture // of an emoji of this node
}

type emojiPicture struct {
	URL       string `json:"url"`
	StaticURL string `json:"static_url"`
}

// announcements are shown to people with an account.
func (a *API) announcements(ctx context.Context, c *call) (any, error) {
	list, err := moderation.Announcements(ctx, a.DB, c.viewer.ID, 0)
	if err != nil {
		return nil, err
	}
	return a.showAnnouncements(ctx, list, true)
}

var ourPost = regexp.MustCompile(`/posts/([0-9]{1,18})`)

// linked are the posts of this node that a text links to.
func linked(text string) (ids []content.ID) {
	for _, m := range ourPost.FindAllStringSubmatch(text, 10) {
		if n, err := strconv.ParseInt(m[1], 10, 64); err == nil {
			ids = append(ids, content.ID(n))
		}
	}
	return ids
}

// showAnnouncements makes them of their texts: with links, mentions, hashtags, and the posts of this node that everybody
// may see and that they link to. Personal adds what depends on who asks.
func (a *API) showAnnouncements(ctx context.Context, list []moderation.Announcement, personal bool) ([]announcement, error) {
	var iris []string
	var posts []content.ID
	for _, x := range list {
		for _, h := range content.Handles(x.Content) {
			if name, domain, _ := strings.Cut(strings.ToLower(h), "@"); domain == "" || domain == a.Dir.Domain || domain == a.Dir.Host() {
				iris = append(iris, a.Dir.URL("/users/"+name), a.Dir.URL("/groups/"+name))
			}
		}
		posts = append(posts, linked(x.Content)...)
	}
	named, err := actors.ByIRIs(ctx, a.DB, iris)
	if err != nil {
		return nil, err
	}
	people := map[string]*actors.Actor{}
	for _, who := range named {
		people[who.Name] = who
	}
	shown, err := content.Many(ctx, a.DB, actors.Anybody, posts)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, x := range list {
		texts = append(texts, x.Content)
		for _, r := range x.Reactions {
			texts = append(texts, ":"+r.Name+":")
		}
	}
	own, err := a.Timelines.Library.Emojis(ctx, a.DB, texts...)
	if err != nil {
		return nil, err
	}
	pictures := a.emojis(own)
	all := make([]announcement, 0, len(list))
	for _, x := range list {
		made := content.Compose(x.Content, func(handle string) *actors.Actor {
			name, _, _ := strings.Cut(strings.ToLower(handle), "@")
			return people[name]
		}, a.tagURL)
		one := announcement{ID: digits(x.ID), Content: made.HTML, StartsAt: stampOrNull(x.Starts), EndsAt: stampOrNull(x.Ends), AllDay: x.AllDay, PublishedAt: stamp(x.Published),
			UpdatedAt: stamp(x.Updated), Mentions: []mention{}, Statuses: []announcementStatus{}, Tags: []statusTag{}, Emojis: []emoji{}, Reactions: []reaction{}}
		for _, who := range made.Mentions {
			one.Mentions = append(one.Mentions, mentionOf(who))
		}
		for _, name := range made.Tags {
			one.Tags = append(one.Tags, statusTag{name, a.tagURL(name)})
		}
		for _, id := range linked(x.Content) {
			if i := shown[id]; i != nil {
				one.Statuses = append(one.Statuses, announcementStatus{digits(i.ID), i.URL})
			}
		}
		for _, r := range x.Reactions {
			r := reaction{Name: r.Name, Count: r.Count, Me: &r.Me, emojiPicture: pictureOf(pictures, r.Name)}
			if !personal {
				r.Me = nil
			}
			one.Reactions = append(one.Reactions, r)
		}
		one.Emojis = a.emojis(content.EmojisIn(own, x.Content))
		if personal {
			one.Read = &x.Read
		}
		all = append(all, one)
	}
	return all, nil
}

// pictureOf is the picture of an emoji of this node, nil for one of Unicode.
func pictureOf(own []emoji, name string) *emojiPicture {
	for _, e := range own {
		if e.Shortcode == name {
			return &emojiPicture{e.URL, e.StaticURL}
		}
	}
	return nil
}

func (a *API) dismissAnnouncement(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return empty{}, a.Moderation.DismissAnnouncement(ctx, c.viewer.ID, id)
}

func (a *API) react(on bool) handler {
	return func(ctx context.Context, c *call) (any, error) {
		id, err := c.id("id")
		if err != nil {
			return nil, err
		}
		name := mux.Vars(c.r)["name"]
		if on && !isEmoji(name) {
			if known, err := media.Emojis(ctx, a.DB, name); err != nil {
				return nil, err
			} else if len(known) == 0 {
				return nil, fault.Say(fault.Invalid, "Validation failed: Name is not a recognized emoji")
			}
		}
		return empty{}, a.Moderation.React(ctx, c.viewer.ID, id, name, on)
	}
}

// isEmoji tells whether a text is one emoji of Unicode: symbols, with what joins and colours them, or a keycap or a flag.
func isEmoji(s string) bool {
	if s == "" || len(s) > 64 || !utf8.ValidString(s) {
		return false
	}
	pictures := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.So, unicode.Sk) && r > 0xA8, r == 0x203C || r == 0x2049 || r == 0x20E3, r >= 0x2190 && r <= 0x2BFF:
			pictures++
		case r == 0x200D || r == 0xFE0F || r >= 0xE0020 && r <= 0xE007F || strings.ContainsRune("0123456789#*", r):
		default:
			return false
		}
	}
	return pictures > 0 && utf8.RuneCountInString(s) <= 16
}

// announced is what a hint about an announcement means to everybody who streams: the value of the event. Of one that was
// removed that is its bare id, which is no JSON.
func (a *API) announced(ctx context.Context, h timeline.Hint) (any, error) {
	if h.Event == timeline.AnnouncementReaction {
		n, err := moderation.ReactionCount(ctx, a.DB, h.About, h.Name)
		return reactionEvent{h.Name, n, digits(h.About)}, err
	}
	list, err := moderation.Announcements(ctx, a.DB, 0, h.About)
	if err == nil && len(list) == 0 {
		err = fault.Say(fault.NotFound, "Record not found")
	}
	if err != nil {
		return nil, err
	}
	shown, err := a.showAnnouncements(ctx, list, false)
	if err != nil {
		return nil, err
	}
	return shown[0], nil
}

type reactionEvent struct {
	Name         string `json:"name"`
	Count        int    `json:"count"`
	Announcement string `json:"announcement_id"`
}
