// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"context"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/media"
)

// What is read of one object of somebody else; the rest is left.
const (
	maxMentions    = 100
	maxTags        = 50
	maxAttachments = 16
	maxOptions     = 32
)

// Object is one of our items as others read it (ActivityPub; addressing as federation practice and groups-1 §6 have it).
func (l *Library) Object(ctx context.Context, q db.Q, i *Item) (*vocab.Object, error) {
	fail := func(err error) (*vocab.Object, error) { return nil, fmt.Errorf("write %s: %w", i.IRI, err) }
	author, err := actors.Get(ctx, q, i.Author)
	if err != nil {
		return fail(err)
	}
	o := &vocab.Object{ID: i.IRI, Type: i.Kind, AttributedTo: author.IRI, Name: i.Title, Content: i.Content, Summary: i.Summary, Language: i.Language,
		URL: i.URL, InReplyTo: i.ReplyIRI, Context: i.Context, Replies: i.IRI + "/replies", Published: i.Published, Updated: i.Edited, Sensitive: i.Sensitive}
	if i.Local {
		o.InteractionPolicy = ruleToWire(i, author)
	}
	if o.Quote = i.Quote.IRI; i.Quote.State == QuoteAccepted {
		o.QuoteAuthorization = i.Quote.Stamp
	}
	if i.Source != "" {
		o.Source, o.SourceType = i.Source, "text/plain"
	}
	var group *actors.Actor
	if i.Group != 0 {
		if group, err = actors.Get(ctx, q, i.Group); err != nil {
			return fail(err)
		}
		o.Audience = []string{group.IRI}
	}
	recipients, err := Recipients(ctx, q, []ID{i.ID})
	if err != nil {
		return fail(err)
	}
	ids := []actors.ID{}
	for _, r := range recipients[i.ID] {
		ids = append(ids, r.Actor)
	}
	named, err := actors.Many(ctx, q, ids)
	if err != nil {
		return fail(err)
	}
	var mentioned []string
	for _, r := range recipients[i.ID] {
		a := named[r.Actor]
		if a == nil {
			continue
		}
		if group == nil || a.ID != group.ID {
			mentioned = append(mentioned, a.IRI)
		}
		if r.Mention {
			o.Tags = append(o.Tags, vocab.Tag{Type: "Mention", Href: a.IRI, Name: a.Handle()})
		}
	}
	o.To, o.CC = address(i.Audience, author, group, mentioned)
	tags, err := Tags(ctx, q, []ID{i.ID})
	if err != nil {
		return fail(err)
	}
	for _, t := range tags[i.ID] {
		o.Tags = append(o.Tags, vocab.Tag{Type: "Hashtag", Name: "#" + t, Href: l.Dir.URL("/tags/" + t)})
	}
	o.Tags = append(o.Tags, actors.EmojiTags(i.Emojis)...)
	files, err := media.Of(ctx, q, []int64{int64(i.ID)})
	if err != nil {
		return fail(err)
	}
	for _, f := range files[int64(i.ID)] {
		o.Attachments = append(o.Attachments, vocab.Attachment{Type: "Document", MediaType: f.MIME, URL: l.Media.Address(f), Name: f.Title(), Width: f.Width,
			Height: f.Height, Size: f.Size, Duration: f.Duration, Blurhash: f.Blurhash, Digest: f.Digest, Focus: [2]float64{f.FocusX, f.FocusY}, HasFocus: f.FocusX != 0 || f.FocusY != 0})
	}
	if i.Poll != nil {
		o.Poll = &vocab.Poll{Multiple: i.Poll.Multiple, EndTime: i.Poll.Ends, Closed: i.Poll.Closed, Voters: i.Poll.Voters}
		untold := i.Poll.Hidden && !i.Poll.Over(time.Now())
		for _, option := range i.Poll.Options {
			votes := option.Votes
			if untold {
				votes = vocab.Untold
			}
			o.Poll.Options = append(o.Poll.Options, vocab.PollOption{Name: option.Name, Votes: votes})
		}
	}
	return o, nil
}

// address is to and cc of an item. A post in an open group goes to everybody through the group, and not to the author's own followers.
func address(audience actors.Audience, author, group *actors.Actor, mentioned []string) (to, cc []string) {
	switch {
	case audience == actors.Members && group != nil:
		return []string{group.IRI, group.Followers}, nil
	case audience == actors.Public && group != nil:
		return []string{vocab.Public}, append([]string{group.IRI, group.Followers}, mentioned...)
	case audience == actors.Public:
		return []string{vocab.Public}, append([]string{author.Followers}, mentioned...)
	case audience == actors.Unlisted:
		return []string{author.Followers}, append([]string{vocab.Public}, mentioned...)
	case audience == actors.Followers:
		return []string{author.Followers}, mentioned
	}
	return mentioned, nil
}

// Audience reads who may see something from its addressing, as Mastodon and GoToSocial do.
func Audience(author, group *actors.Actor, to, cc []string) actors.Audience {
	both := slices.Concat(to, cc)
	switch {
	case slices.Contains(to, vocab.Public):
		return actors.Public
	case slices.Contains(cc, vocab.Public):
		return actors.Unlisted
	case group != nil && (slices.Contains(both, group.Followers) || slices.Contains(both, group.IRI)):
		return actors.Members
	case author.Followers != "" && slices.Contains(both, author.Followers):
		return actors.Followers
	}
	return actors.Direct
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$`)

// IsLanguage tells whether a text has the form of the code of a language (BCP 47).
func IsLanguage(s string) bool { return len(s) <= 35 && languageTag.MatchString(s) }

// FromWire makes an item of an object that is known to be its author's own. It is not saved yet. Group is the group it was posted in, or nil.
func (l *Library) FromWire(ctx context.Context, q db.Q, o *vocab.Object, author, group *actors.Actor) (*Made, error) {
	now := time.Now()
	i := &Item{IRI: o.ID, Kind: o.Type, Local: author.Local, Author: author.ID, Title: actors.CleanText(o.Name, 500), Content: actors.SanitizeHTML(o.Content),
		URL: o.URL, Context: o.Context, Sensitive: o.Sensitive, ReplyIRI: o.InReplyTo, Published: o.Published, Edited: o.Updated, Created: now,
		Emojis: actors.Emojis(o.Tags)}
	if len(i.Kind) > 40 || i.Kind == "" || i.Kind == Announce {
		return nil, fault.Say(fault.Invalid, "%s is not something that can be shown.", o.ID)
	}
	if i.Published.IsZero() || i.Published.After(now) {
		i.Published = now
	}
	if i.Edited.After(now) || !i.Edited.After(i.Published) {
		i.Edited = time.Time{}
	}
	if federation.Origin(i.URL) == "" {
		i.URL = i.IRI
	}
	if federation.CheckID(i.Context) != nil {
		i.Context = ""
	}
	if IsLanguage(o.Language) {
		i.Language = o.Language
	}
	switch i.Kind {
	case Note, Question:
		i.Summary, i.Title = actors.CleanText(plain(o.Summary), 500), ""
	default:
		if i.Content == "" {
			i.Content = actors.SanitizeHTML(o.Summary)
		}
	}
	if group != nil {
		i.Group = group.ID
	}
	i.Audience = Audience(author, group, o.To, o.CC)
	i.QuotePolicy = ruleFromWire(o.InteractionPolicy, author)
	m := &Made{Item: i, Doc: o.Raw}
	if err := l.place(ctx, q, i); err != nil {
		return nil, err
	}
	var err error
	if i.Quote, err = quoteFromWire(ctx, q, o, author); err != nil {
		return nil, err
	}
	if o.Poll != nil && len(o.Poll.Options) > 0 {
		i.Poll = pollFromWire(o.Poll)
	}
	for _, t := range o.Tags {
		name := strings.ToLower(strings.TrimPrefix(t.Name, "#"))
		if t.Type == "Hashtag" && len(m.Tags) < maxTags && tagName.MatchString(name) && !slices.Contains(m.Tags, name) {
			m.Tags = append(m.Tags, name)
		}
	}
	if m.Recipients, err = recipientsFromWire(ctx, q, o); err != nil {
		return nil, err
	}
	for _, a := range o.Attachments {
		if len(m.Remote) == maxAttachments {
			break
		}
		if federation.Origin(a.URL) == "" {
			continue
		}
		m.Remote = append(m.Remote, media.File{Owner: int64(author.ID), Kind: fileKind(a), MIME: actors.CleanText(a.MediaType, 100), Remote: a.URL, Size: max(a.Size, 0), Width: max(a.Width, 0),
			Height: max(a.Height, 0), Duration: max(a.Duration, 0), Blurhash: blurhash(a.Blurhash), Description: actors.CleanText(a.Name, 1500),
			FocusX: focus(a.Focus[0]), FocusY: focus(a.Focus[1]), Digest: actors.CleanText(a.Digest, 200), Created: now})
	}
	if len(m.Remote) > 0 && !author.Local {
		decision, err := actors.DecisionOn(ctx, q, author.Host)
		if err != nil {
			return nil, err
		}
		if decision.RejectMedia {
			m.Remote = nil
		}
	}
	return m, nil
}

// place finds an item's place in its conversation, as far as that is known.
func (l *Library) place(ctx context.Context, q db.Q, i *Item) error {
	i.ID = ID(l.DB.IDAt(i.Published))
	i.Thread = i.ID
	if federation.CheckID(i.ReplyIRI) != nil {
		i.ReplyIRI = ""
	}
	if i.ReplyIRI == "" {
		return nil
	}
	parent, err := Stored(ctx, q, i.ReplyIRI)
	if err != nil {
		return nil // not here yet: adopted when it comes
	}
	i.ReplyTo, i.ReplyAuthor, i.Thread = parent.ID, parent.Author, parent.Thread
	return nil
}

func recipientsFromWire(ctx context.Context, q db.Q, o *vocab.Object) ([]Recipient, error) {
	mention := map[string]bool{}
	iris := []string{}
	for _, t := range o.Tags {
		if t.Type == "Mention" && len(iris) < maxMentions && !mention[t.Href] {
			mention[t.Href] = true
			iris = append(iris, t.Href)
		}
	}
	for _, iri := range slices.Concat(o.To, o.CC) {
		if len(iris) < 2*maxMentions && !mention[iri] && iri != vocab.Public && !slices.Contains(iris, iri) {
			iris = append(iris, iri)
		}
	}
	known, err := actors.ByIRIs(ctx, q, iris)
	if err != nil {
		return nil, fmt.Errorf("whom %s addresses: %w", o.ID, err)
	}
	addressed := slices.Concat(o.To, o.CC)
	var all []Recipient
	for _, a := range known {
		// A mention without an address tells nobody (ActivityPub practice), but it is shown as one.
		all = append(all, Recipient{Actor: a.ID, Mention: mention[a.IRI] && (slices.Contains(addressed, a.IRI) || !a.Local)})
	}
	return all, nil
}

func pollFromWire(w *vocab.Poll) *Poll {
	p := &Poll{Multiple: w.Multiple, Ends: w.EndTime, Closed: w.Closed, Voters: w.Voters, Read: time.Now()}
	for _, o := range w.Options[:min(len(w.Options), maxOptions)] {
		p.Hidden = p.Hidden || o.Votes == vocab.Untold
		p.Options = append(p.Options, Option{Name: actors.CleanText(o.Name, 200), Votes: max(o.Votes, 0)})
	}
	return p
}

func fileKind(a vocab.Attachment) string {
	kind, _, _ := strings.Cut(a.MediaType, "/")
	if kind == "" || kind == "application" {
		kind = strings.ToLower(a.Type)
	}
	switch kind {
	case "image", "video", "audio":
		return kind
	}
	return "unknown"
}

func blurhash(s string) string {
	if len(s) < 6 || len(s) > 100 || strings.ContainsAny(s, "\"\\<>&' ") {
		return ""
	}
	return s
}

func focus(f float64) float64 { return min(max(f, -1), 1) }

var markup = regexp.MustCompile(`<[^>]*>`)

// plain is the text of a piece of HTML.
func plain(s string) string { return html.UnescapeString(markup.ReplaceAllString(s, " ")) }
