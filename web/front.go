// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"
	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/timeline"
)

const (
	frontGroups = 24
	frontPosts  = 10
)

type frontBody struct {
	Groups []groupCard
	Posts  []*post
	Org    *profileLink
}

type groupCard struct {
	*profileLink
	Summary                string
	Members, Organisations int64
}

func (w *Web) front(rw http.ResponseWriter, q *request) error {
	ctx := q.Context()
	groups, err := actors.PublicGroups(ctx, w.DB, frontGroups)
	if err != nil {
		return err
	}
	cards, err := w.groupCards(q, groups)
	if err != nil {
		return err
	}
	items, err := w.Timelines.Public(ctx, q.viewer, timeline.PublicFilter{Local: true}, actors.Page{Limit: frontPosts})
	if err != nil {
		return err
	}
	posts, err := w.posts(ctx, q.viewer, items)
	if err != nil {
		return err
	}
	org, err := actors.LocalByName(ctx, w.DB, "org")
	if err != nil {
		return err
	}
	return w.show(rw, q, "front", page{Title: w.NodeName, Description: q.loc.T("front.what", "name", w.NodeName), Kind: "website",
		Image: w.Base.String() + staticPath("header.png"), Body: frontBody{cards, posts, w.link(org)}})
}

func (w *Web) groupCards(q *request, groups []*actors.Actor) ([]groupCard, error) {
	ids := make([]actors.ID, len(groups))
	for n, g := range groups {
		ids[n] = g.ID
	}
	hosts, err := actors.HostCounts(q.Context(), w.DB, ids)
	if err != nil {
		return nil, err
	}
	cards := make([]groupCard, len(groups))
	for n, g := range groups {
		cards[n] = groupCard{w.link(g), actors.CleanText(content.Plain(g.Summary), 160), g.FollowersCount, hosts[g.ID]}
	}
	return cards, nil
}

// listing is a page of posts and where the next one is.
type listing struct {
	Posts []*post
	Older string // "" there are none
	Later bool   // this is not the first page
}

const pagePosts = 20

// paged reads one post more than is shown, to know whether there are older ones.
func (w *Web) paged(q *request, read func(actors.Page) ([]*content.Item, error)) (listing, error) {
	p, err := cursor(q, pagePosts+1)
	if err != nil {
		return listing{}, err
	}
	items, err := read(p)
	if err != nil {
		return listing{}, err
	}
	l := listing{Later: p.Max != 0}
	if len(items) > pagePosts {
		items = items[:pagePosts]
		l.Older = olderPath(q, items[pagePosts-1].ID)
	}
	l.Posts, err = w.posts(q.Context(), q.viewer, items)
	return l, err
}

type tagBody struct {
	Name string
	listing
}

func (w *Web) tag(rw http.ResponseWriter, q *request) error {
	name := strings.ToLower(strings.TrimPrefix(mux.Vars(q.Request)["name"], "#"))
	l, err := w.paged(q, func(p actors.Page) ([]*content.Item, error) {
		return w.Timelines.Tag(q.Context(), q.viewer, name, timeline.TagFilter{}, p)
	})
	if err != nil {
		return err
	}
	title := q.loc.T("tag.title", "name", name)
	return w.show(rw, q, "tag", page{Title: title, Description: title, Kind: "website", NoIndex: true, Body: tagBody{name, l}})
}
