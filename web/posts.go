// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"fmt"
	"html/template"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/media"
)

// post is an item with all that a page shows of it.
type post struct {
	*content.Item
	By       *profileLink
	Boosted  *profileLink // who shared it, nil: shown as itself
	In       *profileLink // the group
	ReplyTo  *profileLink // whom it answers
	Path     string       // of its page here
	Original string       // on the other server; "" ours
	Lang     string
	HTML     template.HTML
	Files    []attachment
	Votes    *votes
	Who      string // key of the audience in words
	Depth    int    // in a conversation
	Main     bool   // what the page is about
	Quiet    bool   // the author did not choose to be found by search engines
	Quoted   *quote // nil: nothing, or nothing that is shown
}

// profileLink is a person, group or organisation as it is named beside a post.
type profileLink struct {
	Name, Handle, Domain string
	Path                 string
	Picture              string // "" its initial
	Initial              string
	Tone                 int
	Local                bool
}

type attachment struct {
	media.File
	URL, Preview string // "" when it stays on its own server
	Host         string
	Name         string
}

type votes struct {
	Options  []share
	Voters   int
	Multiple bool
	Ends     time.Time
	Over     bool
}

type share struct {
	Name           string
	Votes, Percent int
}

// posts makes what is shown of items, with one query for each kind of thing beside them. Boosts become what they boost;
// what the viewer may not see and whose author is gone are left out.
func (w *Web) posts(ctx context.Context, v actors.Viewer, items []*content.Item) ([]*post, error) {
	var boosted []content.ID
	for _, i := range items {
		if i.BoostOf != 0 {
			boosted = append(boosted, i.BoostOf)
		}
	}
	originals, err := content.Many(ctx, w.DB, v, boosted)
	if err != nil {
		return nil, fmt.Errorf("load what was boosted: %w", err)
	}
	var shown []*content.Item
	boosters := map[content.ID]actors.ID{}
	for _, i := range items {
		if i.BoostOf != 0 {
			booster := i.Author
			if i = originals[i.BoostOf]; i == nil {
				continue
			}
			if booster != i.Group { // a group shares what is posted in it: that is no news
				boosters[i.ID] = booster
			}
		}
		shown = append(shown, i)
	}
	quoted, err := w.quoted(ctx, v, shown)
	if err != nil {
		return nil, err
	}
	var who []actors.ID
	var ids []int64
	for _, of := range quoted {
		who = append(who, of.Author)
	}
	for _, i := range shown {
		who = append(who, i.Author, i.Group, i.ReplyAuthor, boosters[i.ID])
		ids = append(ids, int64(i.ID))
	}
	slices.Sort(who)
	known, err := actors.Many(ctx, w.DB, slices.Compact(who))
	if err != nil {
		return nil, fmt.Errorf("load authors: %w", err)
	}
	files, err := media.Of(ctx, w.DB, ids)
	if err != nil {
		return nil, err
	}
	all := make([]*post, 0, len(shown))
	for _, i := range shown {
		author := known[i.Author]
		if author == nil || !author.Active() {
			continue
		}
		if !author.Sensitized.IsZero() {
			own := *i
			own.Sensitive, i = true, &own
		}
		p := &post{Item: i, By: w.link(author), Boosted: w.link(known[boosters[i.ID]]), In: w.link(known[i.Group]), ReplyTo: w.link(known[i.ReplyAuthor]),
			Path: "/posts/" + strconv.FormatInt(int64(i.ID), 10), Lang: langAttribute(i.Language), Who: audiences[i.Audience],
			HTML: template.HTML(actors.SanitizeHTML(i.Content)), Votes: newVotes(i.Poll), Quiet: author.Local && author.Kind == actors.Person && !author.Indexable}
		if !i.Local {
			p.Original = i.URL
			if p.Original == "" {
				p.Original = i.IRI
			}
		}
		for _, f := range files[int64(i.ID)] {
			p.Files = append(p.Files, w.attachment(f, v.ID))
		}
		if of := quoted[i.Quote.Of]; of != nil {
			w.quote(p, of, known[of.Author])
		}
		all = append(all, p)
	}
	return all, nil
}

var audiences = map[actors.Audience]string{
	actors.Public:    "post.audience.public",
	actors.Unlisted:  "post.audience.unlisted",
	actors.Followers: "post.audience.followers",
	actors.Direct:    "post.audience.direct",
	actors.Members:   "post.audience.members",
}

// Host is where a post of another node is from.
func (p *post) Host() string { return federation.Host(p.Original) }

// Warned tells whether the text itself is behind a warning.
func (p *post) Warned() bool { return p.Summary != "" }

// Foot tells whether there is anything to say below the text.
func (p *post) Foot() bool {
	return p.Main || !p.Edited.IsZero() || p.RepliesCount+p.BoostsCount+p.LikesCount > 0 || p.Original != ""
}

// outside forgets the group of posts that are shown inside of it.
func outside(group actors.ID, posts []*post) {
	for _, p := range posts {
		if p.Group == group {
			p.In = nil
		}
	}
}

const tones = 6 // colours of the tiles that stand for a missing picture; in the stylesheet

// link is how an actor is named beside a post, nil for nobody.
func (w *Web) link(a *actors.Actor) *profileLink {
	if a == nil {
		return nil
	}
	l := &profileLink{Name: a.DisplayName(), Handle: a.Handle(), Domain: a.Domain, Path: w.pathOf(a), Picture: w.local(w.Media.ProxyURL(a.Icon)),
		Initial: initial(a.DisplayName()), Local: a.Local}
	for _, r := range a.IRI {
		l.Tone = (l.Tone*31 + int(r)) % tones
	}
	return l
}

func initial(name string) string {
	for _, r := range strings.ToUpper(name) {
		return string(r)
	}
	return ""
}

// pathOf is where the page of an actor is: here when it is ours.
func (w *Web) pathOf(a *actors.Actor) string {
	if a.Local {
		return w.local(a.URL)
	}
	return a.URL
}

func (w *Web) attachment(f media.File, viewer actors.ID) attachment {
	a := attachment{File: f, URL: w.local(w.Media.URL(f, int64(viewer))), Preview: w.local(w.Media.PreviewURL(f, int64(viewer))), Host: federation.Host(f.Remote)}
	a.Name = f.Name
	if f.Remote != "" {
		if u, err := url.Parse(f.Remote); err == nil {
			a.Name = u.Path[strings.LastIndexByte(u.Path, '/')+1:]
		}
	}
	return a
}

// Embedded tells whether the file itself is shown, and not a link to it: nothing is loaded from other servers.
func (a attachment) Embedded() bool { return strings.HasPrefix(a.URL, "/") && a.Kind != "unknown" }

// Document tells whether the file is one of ours to download.
func (a attachment) Document() bool { return a.Remote == "" && a.Kind == "unknown" }

// Ending is the kind of a document as people know it: PDF, DOCX.
func (a attachment) Ending() string {
	return strings.ToUpper(strings.TrimPrefix(path.Ext(a.Name), "."))
}

// Bytes is how large a file is, "" when that is not known.
func (a attachment) Bytes() string {
	switch {
	case a.Size <= 0:
		return ""
	case a.Size < 1000:
		return fmt.Sprintf("%d B", a.Size)
	case a.Size < 1_000_000:
		return fmt.Sprintf("%d kB", (a.Size+500)/1000)
	}
	return fmt.Sprintf("%d MB", (a.Size+500_000)/1_000_000)
}

// newVotes is nil where there is no poll.
func newVotes(p *content.Poll) *votes {
	if p == nil {
		return nil
	}
	v := &votes{Voters: p.Voters, Multiple: p.Multiple, Ends: p.Ends, Over: p.Over(time.Now())}
	total := 0
	for _, o := range p.Options {
		total += max(o.Votes, 0)
	}
	if p.Multiple && p.Voters > 0 {
		total = p.Voters
	}
	for _, o := range p.Options {
		s := share{Name: o.Name, Votes: max(o.Votes, 0)}
		if total > 0 {
			s.Percent = min((s.Votes*100+total/2)/total, 100)
		}
		v.Options = append(v.Options, s)
	}
	return v
}

// langAttribute is a language tag as HTML may carry it, "" when it is not one.
func langAttribute(code string) string {
	if code == "" {
		return ""
	}
	tag, err := language.Parse(code)
	if err != nil {
		return ""
	}
	return tag.String()
}

// excerpt is the beginning of a post as plain text: of what is behind a warning only the warning.
func (p *post) excerpt() string {
	if p.Warned() {
		return actors.CleanText(p.Summary, 200)
	}
	return actors.CleanText(content.Plain(string(p.HTML)), 200)
}
