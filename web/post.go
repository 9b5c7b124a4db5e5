// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gorilla/mux"
	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
)

type postBody struct {
	Before  []*post
	Post    *post
	Answers []*post
}

const deepest = 3 // how far answers are moved in, however deep they are

// post shows a post in its conversation: what it answers, and what answers it.
func (w *Web) post(rw http.ResponseWriter, q *request) error {
	ctx := q.Context()
	id, err := strconv.ParseInt(mux.Vars(q.Request)["id"], 10, 64)
	if err != nil {
		return fault.Say(fault.NotFound, "This post does not exist.")
	}
	i, err := content.Get(ctx, w.DB, q.viewer, content.ID(id))
	if errors.Is(err, fault.NotFound) {
		return w.orDeleted(ctx, q, err)
	}
	if err != nil {
		return err
	}
	if i.BoostOf != 0 {
		http.Redirect(rw, q.Request, "/posts/"+strconv.FormatInt(int64(i.BoostOf), 10), http.StatusFound)
		return nil
	}
	before, after, err := w.Timelines.Thread(ctx, q.viewer, i)
	if err != nil {
		return err
	}
	all, err := w.posts(ctx, q.viewer, append(append(append([]*content.Item{}, before...), i), after...))
	if err != nil {
		return err
	}
	body := arrange(all, i.ID, len(before))
	if body.Post == nil { // the author is not there any more
		return fault.Say(fault.NotFound, "This post does not exist.")
	}
	p := body.Post
	title := q.loc.T("post.title", "name", p.By.Name)
	if p.Title != "" {
		title = p.Title
	}
	head := page{Title: title, Description: p.excerpt(), Kind: "article", Lang: p.Lang, Alternate: p.IRI, Canonical: w.Base.String() + p.Path, Body: body,
		NoIndex: p.Quiet || !p.Local || p.Audience != actors.Public}
	switch {
	case !p.Local:
		head.Canonical = p.Original
	case p.Audience <= actors.Unlisted:
		head.OEmbed = w.Dir.URL("/api/oembed?url=" + url.QueryEscape(p.IRI))
	}
	if len(p.Files) > 0 && p.Files[0].Kind == "image" && !p.Sensitive && !p.Warned() {
		head.Image = w.Media.PreviewURL(p.Files[0].File, int64(q.viewer.ID))
	}
	return w.show(rw, q, "post", head)
}

// orDeleted tells what was deleted from what never was, for posts of this node.
func (w *Web) orDeleted(ctx context.Context, q *request, notFound error) error {
	_, _, err := content.Tombstone(ctx, w.DB, w.Dir.URL("/posts/"+mux.Vars(q.Request)["id"]))
	switch {
	case errors.Is(err, fault.NotFound):
		return notFound
	case err != nil:
		return err
	}
	return fault.Say(fault.Gone, "This post has been deleted.")
}

// arrange parts a conversation, which comes in the order of reading, at the post that the page is about.
func arrange(all []*post, id content.ID, before int) postBody {
	var body postBody
	depths := map[content.ID]int{}
	for _, p := range all {
		switch {
		case p.ID == id:
			p.Main = true
			body.Post = p
		case body.Post == nil && len(body.Before) < before:
			if len(body.Before) > 0 {
				p.In = nil
			}
			body.Before = append(body.Before, p)
		default:
			p.Depth = min(depths[p.Item.ReplyTo]+1, deepest)
			depths[p.ID] = p.Depth
			p.In = nil // a conversation has one group: it is named once before the post, and on it
			body.Answers = append(body.Answers, p)
		}
	}
	return body
}
