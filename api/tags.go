// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"hash/fnv"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

type tag struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	URL     string `json:"url"`
	History []use  `json:"history"`
	*tagMarks
}

// tagMarks are there when somebody asks.
type tagMarks struct {
	Following bool `json:"following"`
	Featuring bool `json:"featuring"`
}

// use is a day of a hashtag or link; Mastodon sends the numbers as texts.
type use struct {
	Day      string `json:"day"` // seconds since 1970
	Accounts string `json:"accounts"`
	Uses     string `json:"uses"`
}

func uses(of []timeline.Use) []use {
	all := make([]use, len(of))
	for n, u := range of {
		all[n] = use{Day: digits(u.Day.Unix()), Accounts: strconv.Itoa(u.People), Uses: strconv.Itoa(u.Uses)}
	}
	return all
}

type featuredTag struct {
	ID            string  `json:"id"`
	Name          string  `json:"name"`
	URL           string  `json:"url"`
	StatusesCount string  `json:"statuses_count"`
	LastStatusAt  *string `json:"last_status_at"`
}

var (
	followedTagsPage = limits{100, 200}
	suggestedTags    = 10
)

func (a *API) tagged(ctx context.Context, c *call) (any, error) {
	p, err := c.page(statusesPage)
	if err != nil {
		return nil, err
	}
	f := timeline.TagFilter{PublicFilter: c.filter(), Any: c.List("any"), All: c.List("all"), None: c.List("none")}
	items, err := a.Timelines.Tag(ctx, c.viewer, mux.Vars(c.r)["name"], f, p)
	return a.timelinePage(ctx, c, items, err)
}

// tag is the hashtag that the path names.
func (c *call) tag() (string, error) {
	name, ok := content.TagName(mux.Vars(c.r)["name"])
	if !ok {
		return "", fault.Say(fault.NotFound, "Record not found")
	}
	return name, nil
}

func (a *API) tagURL(name string) string { return a.Dir.URL("/tags/" + url.PathEscape(name)) }

// tagID is the number of a hashtag. They have none here, and clients want one: it is made of the name.
func tagID(name string) string {
	h := fnv.New64a()
	h.Write([]byte(name))
	return digits(int64(h.Sum64()>>1) | 1)
}

// tags shows hashtags, in a fixed number of queries.
func (a *API) tags(ctx context.Context, v actors.Viewer, names []string) ([]tag, error) {
	history, err := a.Timelines.Uses(ctx, names)
	if err != nil {
		return nil, err
	}
	marks, err := a.Timelines.TagMarks(ctx, v.ID, names)
	if err != nil {
		return nil, err
	}
	all := make([]tag, len(names))
	for n, name := range names {
		all[n] = tag{ID: tagID(name), Name: name, URL: a.tagURL(name), History: uses(history[name])}
		if v.Local() {
			all[n].tagMarks = &tagMarks{marks[name].Following, marks[name].Featuring}
		}
	}
	return all, nil
}

func (a *API) showTag(ctx context.Context, v actors.Viewer, name string) (any, error) {
	all, err := a.tags(ctx, v, []string{name})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

func (a *API) oneTag(ctx context.Context, c *call) (any, error) {
	name, err := c.tag()
	if err != nil {
		return nil, err
	}
	return a.showTag(ctx, c.viewer, name)
}

func (a *API) followTag(ctx context.Context, c *call) (any, error) {
	name, err := a.Timelines.FollowTag(ctx, c.viewer.ID, mux.Vars(c.r)["name"])
	if err != nil {
		return nil, err
	}
	return a.showTag(ctx, c.viewer, name)
}

func (a *API) unfollowTag(ctx context.Context, c *call) (any, error) {
	name, err := c.tag()
	if err == nil {
		err = a.Timelines.UnfollowTag(ctx, c.viewer.ID, name)
	}
	if err != nil {
		return nil, err
	}
	return a.showTag(ctx, c.viewer, name)
}

// tagByID is the hashtag that the path names, or numbers: a name never is only digits.
func (a *API) tagByID(ctx context.Context, c *call) (string, error) {
	text := mux.Vars(c.r)["name"]
	if strings.Trim(text, "0123456789") != "" {
		return c.tag()
	}
	return a.tagNumbered(ctx, text)
}

// tagNumbered is the hashtag with a number, as clients know it, or with that name.
func (a *API) tagNumbered(ctx context.Context, text string) (string, error) {
	all, err := a.Timelines.AllTags(ctx)
	if err != nil {
		return "", err
	}
	for _, name := range all {
		if tagID(name) == text || name == strings.ToLower(text) {
			return name, nil
		}
	}
	return "", fault.Say(fault.NotFound, "Record not found")
}

func (a *API) featureTag(ctx context.Context, c *call) (any, error) {
	name, err := a.tagByID(ctx, c)
	if err == nil {
		name, err = a.Timelines.FeatureTag(ctx, c.viewer.ID, name)
	}
	if err != nil {
		return nil, err
	}
	return a.showTag(ctx, c.viewer, name)
}

func (a *API) unfeatureTag(ctx context.Context, c *call) (any, error) {
	name, err := a.tagByID(ctx, c)
	if err == nil {
		err = a.Timelines.UnfeatureTag(ctx, c.viewer.ID, name)
	}
	if err != nil {
		return nil, err
	}
	return a.showTag(ctx, c.viewer, name)
}

func (a *API) followedTags(ctx context.Context, c *call) (any, error) {
	p, err := c.page(followedTagsPage)
	if err != nil {
		return nil, err
	}
	names, cursors, err := a.Timelines.FollowedTags(ctx, c.viewer.ID, p)
	if err != nil {
		return nil, err
	}
	linkCursors(c, cursors)
	return a.tags(ctx, c.viewer, names)
}

func (a *API) featured(ctx context.Context, who actors.ID) ([]featuredTag, error) {
	tags, err := a.Timelines.FeaturedTags(ctx, who)
	all := make([]featuredTag, len(tags))
	for n, f := range tags {
		all[n] = featuredTag{ID: digits(f.ID), Name: f.Name, URL: a.tagURL(f.Name), StatusesCount: strconv.Itoa(f.Count)}
		if !f.Last.IsZero() {
			date := f.Last.UTC().Format(time.DateOnly)
			all[n].LastStatusAt = &date
		}
	}
	return all, err
}

func (a *API) featuredTags(ctx context.Context, c *call) (any, error) {
	return a.featured(ctx, c.viewer.ID)
}

func (a *API) accountFeaturedTags(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	who, err := actors.Meet(ctx, a.DB, c.viewer, actors.ID(id))
	if err != nil {
		return nil, err
	}
	if !who.Suspended.IsZero() {
		return []featuredTag{}, nil
	}
	return a.featured(ctx, who.ID)
}

func (a *API) addFeaturedTag(ctx context.Context, c *call) (any, error) {
	name, err := a.Timelines.FeatureTag(ctx, c.viewer.ID, c.Text("name"))
	if err != nil {
		return nil, err
	}
	all, err := a.featured(ctx, c.viewer.ID)
	for _, f := range all {
		if f.Name == name {
			return f, err
		}
	}
	return nil, err
}

func (a *API) removeFeaturedTag(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return empty{}, a.Timelines.RemoveFeatured(ctx, c.viewer.ID, id)
}

func (a *API) suggestedFeaturedTags(ctx context.Context, c *call) (any, error) {
	names, err := a.Timelines.OftenUsedTags(ctx, c.viewer.ID, suggestedTags)
	if err != nil {
		return nil, err
	}
	return a.tags(ctx, c.viewer, names)
}
