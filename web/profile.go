// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"html/template"
	"net/http"
	"strings"

	"github.com/gorilla/mux"
	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

type profileBody struct {
	*actors.Actor
	Link          *profileLink
	Header        string
	About         template.HTML
	Lines         []line
	Kind          string // key of the kind in words
	Organisations int64
	Mods          bool   // groups: only moderators post
	Inside        bool   // groups: who asks may know who is in it
	Ended         string // groups: why they are only read; "" while they live
	Pinned        []*post
	listing
}

// line is a field of a profile.
type line struct {
	Name  string
	Value template.HTML
}

// profile is the page of a person or a group, at its one address; other spellings lead there.
func (w *Web) profile(rw http.ResponseWriter, q *request) error {
	return w.profileOf(rw, q, mux.Vars(q.Request)["name"])
}

func (w *Web) organisation(rw http.ResponseWriter, q *request) error {
	return w.profileOf(rw, q, "org")
}

func (w *Web) profileOf(rw http.ResponseWriter, q *request, name string) error {
	name, domain, _ := strings.Cut(name, "@")
	if domain != "" && domain != w.Dir.Domain && domain != w.Dir.Host() {
		return fault.Say(fault.NotFound, "This account is on another server.")
	}
	a, err := actors.LocalByName(q.Context(), w.DB, name)
	if err != nil {
		return err
	}
	if err := actors.CheckKnown(q.Context(), w.DB, q.viewer, a); err != nil {
		return err
	}
	if !a.Active() || a.Kind == actors.Application {
		return fault.Say(fault.NotFound, "This account is not known here.")
	}
	if path := w.pathOf(a); path != q.URL.Path {
		http.Redirect(rw, q.Request, path, http.StatusFound)
		return nil
	}
	body, err := w.profileBody(q, a)
	if err != nil {
		return err
	}
	p := page{Title: a.DisplayName() + " (" + a.Handle() + ")", Kind: "profile", Alternate: a.IRI, Canonical: a.URL, Image: w.Media.ProxyURL(a.Icon),
		Description: actors.CleanText(content.Plain(a.Summary), 200), NoIndex: body.Later || a.Kind == actors.Person && !a.Indexable, Body: body}
	if p.Description == "" {
		p.Description = q.loc.T("profile.description", "name", a.DisplayName(), "handle", a.Handle(), "node", w.NodeName)
	}
	if p.Image == "" {
		p.Image = w.Base.String() + staticPath("avatar.png")
	}
	return w.show(rw, q, "profile", p)
}

var kinds = map[string]string{
	actors.Person: "profile.person", actors.Group: "profile.group", actors.Organization: "profile.organisation", actors.Service: "profile.bot",
}

func (w *Web) profileBody(q *request, a *actors.Actor) (*profileBody, error) {
	ctx := q.Context()
	b := &profileBody{Actor: a, Link: w.link(a), Header: w.local(w.Media.ProxyURL(a.Image)), About: template.HTML(actors.SanitizeHTML(a.Summary)),
		Kind: kinds[a.Kind], Mods: a.Posting == actors.PostingMods}
	switch {
	case !a.Settings.Deletes.IsZero():
		b.Ended = q.loc.T("group.deletes", "when", q.loc.Day(a.Settings.Deletes))
	case !a.Settings.Archived.IsZero():
		b.Ended = q.loc.T("group.archived", "when", q.loc.Day(a.Settings.Archived))
	}
	for _, f := range a.Fields {
		value := actors.SanitizeHTML(f.Value)
		if a.Local {
			value = actors.SanitizeField(f.Value)
		}
		b.Lines = append(b.Lines, line{f.Name, template.HTML(value)})
	}
	var err error
	b.listing, err = w.paged(q, func(p actors.Page) ([]*content.Item, error) {
		if a.IsGroup() {
			return w.Timelines.Group(ctx, q.viewer, a.ID, true, p)
		}
		return w.Timelines.Author(ctx, q.viewer, a.ID, timeline.AuthorFilter{NoReplies: true}, p)
	})
	if err != nil {
		return nil, err
	}
	if b.Inside, err = actors.MembersShown(ctx, w.DB, q.viewer, a); err != nil {
		return nil, err
	}
	if a.IsGroup() && b.Inside {
		hosts, err := actors.HostCounts(ctx, w.DB, []actors.ID{a.ID})
		if err != nil {
			return nil, err
		}
		b.Organisations = hosts[a.ID]
	}
	outside(a.ID, b.Posts)
	if b.Later {
		return b, nil
	}
	pinned, err := w.Timelines.Author(ctx, q.viewer, a.ID, timeline.AuthorFilter{Pinned: true}, actors.Page{Limit: 5})
	if err != nil {
		return nil, err
	}
	b.Pinned, err = w.posts(ctx, q.viewer, pinned)
	outside(a.ID, b.Pinned)
	return b, err
}
