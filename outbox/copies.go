// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/media"
)

// Servers without groups-1 show nobody what is addressed to the members of somebody else. Where a closed group admits people there, they
// read copies that the group itself writes to its followers (groups-1 §6); and what they post reaches the nodes of the other
// members as such a copy, since their servers prove nothing.

const copies = "/copies/"

// copyIRI is the id of the group's copy of an item.
func copyIRI(group *actors.Actor, id content.ID) string {
	return fmt.Sprintf("%s%s%d", group.IRI, copies, id)
}

// Original is the id of the item that a group of ours wrote a copy of; any other id is returned as it is.
func (o *Outbox) Original(ctx context.Context, q db.Q, iri string) (string, error) {
	group, number, found := strings.Cut(iri, copies)
	if !found || !o.Dir.Ours(iri) {
		return iri, nil
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return iri, nil
	}
	original, err := db.All(ctx, q, db.Scalar[string], "SELECT i.iri FROM items i JOIN actors g ON g.id = i.grp WHERE i.id = $1 AND g.iri = $2 AND i.boost_of = 0", id, group)
	if err != nil || len(original) == 0 {
		return iri, err
	}
	return original[0], nil
}

// copyOf is a group's copy of an item. Who reads it on a server that knows nothing of groups is told where an answer goes.
func copyOf(ctx context.Context, q db.Q, group *actors.Actor, i *content.Item, warn bool) (*vocab.Object, error) {
	fail := func(err error) (*vocab.Object, error) { return nil, fmt.Errorf("copy %s: %w", i.IRI, err) }
	author, err := actors.Get(ctx, q, i.Author)
	if err != nil {
		return fail(err)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "<p><strong>%s</strong>:</p>", html.EscapeString(author.Handle()))
	if i.Title != "" {
		fmt.Fprintf(&text, "<p><strong>%s</strong></p>", html.EscapeString(i.Title))
	}
	text.WriteString(i.Content)
	if i.Poll != nil {
		text.WriteString("<ul>")
		for _, option := range i.Poll.Options {
			fmt.Fprintf(&text, "<li>%s</li>", html.EscapeString(option.Name))
		}
		text.WriteString("</ul>")
	}
	files, err := media.Of(ctx, q, []int64{int64(i.ID)})
	if err != nil {
		return fail(err)
	}
	say := copyWords[i.Language == "nl"]
	for _, f := range files[int64(i.ID)] {
		fmt.Fprintf(&text, "<p>"+say.file+"</p>", html.EscapeString(f.Title()))
	}
	if warn && i.ReplyIRI == "" {
		fmt.Fprintf(&text, "<p><em>"+say.warning+"</em></p>", html.EscapeString(group.Handle()))
	}
	w := &vocab.Object{ID: copyIRI(group, i.ID), Type: content.Note, AttributedTo: group.IRI, Content: text.String(), Summary: i.Summary, Language: i.Language, URL: i.URL,
		To: []string{group.Followers}, Audience: []string{group.IRI}, Published: i.Published, Updated: i.Edited, Sensitive: i.Sensitive}
	if i.ReplyTo != 0 {
		w.InReplyTo = copyIRI(group, i.ReplyTo)
	}
	return w, nil
}

// copyWords are the sentences of a copy, in Dutch (true) and for everybody else. A format's argument is already HTML.
var copyWords = map[bool]struct{ file, warning string }{
	true:  {"[Bijlage: %s]", "Een antwoord vanaf uw server blijft niet vanzelf binnen de groep: stuur het alleen aan %s."},
	false: {"[Attached: %s]", "An answer from your server does not stay in the group by itself: send it to %s only."},
}

// inCopies tells the members on plain servers of a closed group what has become of a post, and returns what the nodes of the
// others are to be told: the same activity, or the group's own about its copy where the author's server proves nothing.
func (o *Outbox) inCopies(ctx context.Context, tx *db.Tx, group *actors.Actor, raw []byte, kind string, i *content.Item) ([]byte, error) {
	if i == nil || i.Audience != actors.Members || !group.PlainMembers || kind != "Create" && kind != "Update" && kind != "Delete" {
		return raw, nil
	}
	if kind == "Update" { // as it is now
		now, err := content.StoredByID(ctx, tx, i.ID)
		if err != nil {
			return nil, err
		}
		i = now
	}
	tell := func(warn bool) (*vocab.Activity, error) {
		a := &vocab.Activity{Type: kind, To: []string{group.Followers}, Audience: []string{group.IRI}, Object: vocab.Ref{ID: copyIRI(group, i.ID)}}
		if kind == "Delete" {
			return a, nil
		}
		w, err := copyOf(ctx, tx, group, i, warn)
		a.Object = vocab.Ref{ID: copyIRI(group, i.ID), Type: content.Note, Document: vocab.Document{Object: w}}
		return a, err
	}
	a, err := tell(true)
	if err != nil {
		return nil, err
	}
	if _, _, err := o.send(ctx, tx, group, sending{activity: a, hosts: plainServers, item: i.ID}); err != nil {
		return nil, err
	}
	author, err := actors.Get(ctx, tx, i.Author)
	if err != nil || author.Groups1 {
		return raw, err
	}
	if a, err = tell(false); err != nil {
		return nil, err
	}
	if a.Object.Object != nil && i.ReplyTo != 0 { // their nodes have what it answers as it was written, unless that is a copy too
		parent, err := content.StoredByID(ctx, tx, i.ReplyTo)
		if err != nil {
			return nil, err
		}
		by, err := actors.Get(ctx, tx, parent.Author)
		if err != nil {
			return nil, err
		}
		if by.Groups1 {
			a.Object.Object.InReplyTo = parent.IRI
		}
	}
	a.ID, a.Actor, a.Published = o.Dir.URL(fmt.Sprintf("/activities/%d", o.DB.NewID())), group.IRI, time.Now()
	return a.Encode()
}

// groupCopy serves a group's copy of an item, to the nodes and servers of members.
func (d *Documents) groupCopy(q question) (*answer, error) {
	iri := d.iri(q)
	at, number, _ := strings.Cut(iri, copies)
	group, _, err := d.memberHost(q, at)
	if err != nil {
		return nil, err
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil, unknownList
	}
	i, err := content.Get(q.Context(), d.DB, q.viewer, content.ID(id))
	if err != nil {
		return nil, err
	}
	if i.Group != group.ID || i.BoostOf != 0 || !group.PlainMembers || group.Shows() == actors.Public {
		return nil, unknownList
	}
	w, err := copyOf(q.Context(), d.DB, group, i, true)
	if err != nil {
		return nil, err
	}
	return encode(vocab.Document{Object: w}, false)
}
