// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/timeline"
)

// Home is the text of the person's home timeline, newest first.
func (p *Person) Home() []string {
	p.w.t.Helper()
	n := p.node()
	items, err := n.Timelines.Home(context.Background(), p.Viewer(), actors.Page{Limit: 200})
	p.must(err, "reads home")
	var all []string
	for _, i := range items {
		if i.BoostOf != 0 {
			of, err := content.Get(context.Background(), n.DB, p.Viewer(), i.BoostOf)
			p.must(err, "reads a boost")
			i = of
		}
		all = append(all, plain(i.Content))
	}
	return all
}

func plain(html string) string {
	var b strings.Builder
	inside := false
	for _, r := range html {
		switch {
		case r == '<':
			inside = true
		case r == '>':
			inside = false
		case !inside:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func has(all []string, text string) int {
	count := 0
	for _, s := range all {
		if strings.Contains(s, text) {
			count++
		}
	}
	return count
}

// Sees checks that each of the texts stands in the person's home timeline, once.
func (w *World) Sees(who string, texts ...string) {
	w.t.Helper()
	home := w.As(who).Home()
	for _, text := range texts {
		if n := has(home, text); n != 1 {
			w.t.Errorf("%s sees %q %d times in %q", who, text, n, home)
		}
	}
}

// SeesNot checks that a text does not stand there.
func (w *World) SeesNot(who string, texts ...string) {
	w.t.Helper()
	home := w.As(who).Home()
	for _, text := range texts {
		if has(home, text) != 0 {
			w.t.Errorf("%s sees %q, which is not for this person", who, text)
		}
	}
}

// Notified lists what the person was told, oldest first: "mention by bas@provincie".
func (p *Person) Notified() []string {
	p.w.t.Helper()
	n := p.node()
	list, err := n.Timelines.Notifications(context.Background(), p.Viewer(), timeline.NotificationFilter{}, actors.Page{Limit: 200})
	p.must(err, "reads notifications")
	var all []string
	for i := len(list) - 1; i >= 0; i-- {
		by, err := actors.Get(context.Background(), n.DB, list[i].Actor)
		p.must(err, "reads who")
		all = append(all, fmt.Sprintf("%s by %s@%s", list[i].Kind, by.Name, strings.TrimSuffix(by.Domain, ".example")))
	}
	return all
}

// Members lists the active members of a group as a node knows them, sorted.
func (w *World) Members(on, group string) []string {
	w.t.Helper()
	n := w.Node(on)
	all, err := db.All(context.Background(), n.DB, db.Scalar[string], `SELECT s.iri FROM relations r JOIN actors s ON s.id = r.subject
		WHERE r.object = $1 AND r.state = 'active' ORDER BY s.iri`, w.actor(on, group).ID)
	if err != nil {
		w.t.Fatalf("members of %s: %v", group, err)
	}
	return all
}

// Posts in a group as a node knows them: "id text", sorted, so that nodes can be compared.
func (w *World) GroupPosts(on, group string) []string {
	w.t.Helper()
	n := w.Node(on)
	items, err := n.Timelines.Group(context.Background(), actors.Anybody, w.actor(on, group).ID, false, actors.Page{Limit: 10000})
	if err != nil {
		w.t.Fatalf("posts of %s: %v", group, err)
	}
	var all []string
	for _, i := range items {
		all = append(all, i.IRI+" "+plain(i.Content))
	}
	sort.Strings(all)
	return all
}

// Likes is how many likes a post has on a node.
func (w *World) Likes(on, iri string) int64 {
	w.t.Helper()
	i, err := content.Stored(context.Background(), w.Node(on).DB, iri)
	if err != nil {
		w.t.Fatalf("likes of %s on %s: %v", iri, on, err)
	}
	return i.LikesCount
}

// Knows tells whether a node has a post.
func (w *World) Knows(on, iri string) bool {
	_, err := content.Stored(context.Background(), w.Node(on).DB, iri)
	return err == nil
}

// Waiting is how many deliveries a node has not made yet.
func (w *World) Waiting(on string) int {
	n, err := db.One(context.Background(), w.Node(on).DB, db.Scalar[int], "SELECT COUNT(*) FROM deliveries")
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// Quote is how the quote in a post stands on a node.
func (w *World) Quote(on, iri string) content.Quote {
	w.t.Helper()
	i, err := content.Stored(context.Background(), w.Node(on).DB, iri)
	if err != nil {
		w.t.Fatalf("quote in %s on %s: %v", iri, on, err)
	}
	return i.Quote
}

// Quoted is how often a post is quoted, as a node counts.
func (w *World) Quoted(on, iri string) int64 {
	w.t.Helper()
	i, err := content.Stored(context.Background(), w.Node(on).DB, iri)
	if err != nil {
		w.t.Fatalf("quotes of %s on %s: %v", iri, on, err)
	}
	return i.QuotesCount
}

// Fetch reads a document as a node does: signed by its own actor.
func (w *World) Fetch(on, iri string) ([]byte, error) {
	n := w.Node(on)
	app, err := n.Dir.Signer(context.Background(), n.Dir.App().ID)
	if err != nil {
		return nil, err
	}
	fetched, err := n.Dir.Client.Document(context.Background(), iri, &app)
	if err != nil {
		return nil, err
	}
	return fetched.Body, nil
}
