// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"fmt"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

// Person makes a person, "anna@gouda", and returns her as an actor of the test.
func (w *World) Person(who string) *Person {
	w.t.Helper()
	name, where := w.split(who)
	w.tx(where, func(ctx context.Context, n *node.Node, tx *db.Tx) error {
		_, err := n.Dir.AddPerson(ctx, tx, name, strings.ToUpper(name[:1])+name[1:])
		return err
	})
	return w.As(who)
}

// Group makes an open group, "wonen@provincie", owned by a person of the same node.
func (w *World) Group(group, owner string) {
	w.t.Helper()
	name, where := w.split(group)
	by := w.actor(where, owner)
	w.tx(where, func(ctx context.Context, n *node.Node, tx *db.Tx) error {
		_, err := n.Dir.AddGroup(ctx, tx, by, actors.NewGroup{Name: name, Title: strings.ToUpper(name[:1]) + name[1:]})
		return err
	})
}

// Person acts in a test. What fails ends the test; Try… return the error.
type Person struct {
	w           *World
	name, where string
}

// As lets a person act who was made before.
func (w *World) As(who string) *Person {
	w.t.Helper()
	name, where := w.split(who)
	return &Person{w, name, where}
}

func (p *Person) String() string { return p.name + "@" + p.where }

func (p *Person) node() *node.Node { return p.w.Node(p.where) }

// Actor is the person as its own node knows it.
func (p *Person) Actor() *actors.Actor {
	p.w.t.Helper()
	return p.w.actor(p.where, p.String())
}

func (p *Person) must(err error, what string, args ...any) {
	p.w.t.Helper()
	if err != nil {
		p.w.t.Fatalf("%s %s: %v", p, fmt.Sprintf(what, args...), err)
	}
}

// Follow follows a person or joins a group.
func (p *Person) Follow(who string) {
	p.w.t.Helper()
	p.must(p.TryFollow(who), "follows %s", who)
}

// TryFollow is Follow that may fail.
func (p *Person) TryFollow(who string) error {
	p.w.t.Helper()
	return p.node().Outbox.Follow(context.Background(), p.Actor(), p.w.actor(p.where, who), nil, nil)
}

// Unfollow ends it.
func (p *Person) Unfollow(who string) {
	p.w.t.Helper()
	p.must(p.TryUnfollow(who), "leaves %s", who)
}

// TryUnfollow is Unfollow that may fail: the only owner cannot leave.
func (p *Person) TryUnfollow(who string) error {
	p.w.t.Helper()
	return p.node().Outbox.Unfollow(context.Background(), p.Actor(), p.w.actor(p.where, who))
}

// Post writes to a group, "wonen@provincie", or with "" to everybody, and returns the id of the post.
func (p *Person) Post(where, text string) string {
	p.w.t.Helper()
	iri, err := p.TryPost(where, text)
	p.must(err, "posts to %s", where)
	return iri
}

// TryPost is Post that may fail.
func (p *Person) TryPost(where, text string) (string, error) {
	p.w.t.Helper()
	d := outbox.Draft{Text: text}
	if where != "" {
		d.Group = p.w.actor(p.where, where).ID
	}
	return p.draft(d)
}

// Tell writes to followers or to those whom the text names.
func (p *Person) Tell(audience actors.Audience, text string) string {
	p.w.t.Helper()
	iri, err := p.draft(outbox.Draft{Text: text, Audience: audience})
	p.must(err, "tells")
	return iri
}

// Reply answers a post.
func (p *Person) Reply(to, text string) string {
	p.w.t.Helper()
	iri, err := p.draft(outbox.Draft{Text: text, ReplyTo: p.item(to).ID})
	p.must(err, "replies to %s", to)
	return iri
}

// Quote writes a post that quotes another, which the person's node reads first when it does not know it.
func (p *Person) Quote(of, text string) string {
	p.w.t.Helper()
	iri, err := p.TryQuote(of, outbox.Draft{Text: text})
	p.must(err, "quotes %s", of)
	return iri
}

// TryQuote is Quote that may fail, with what more the draft says.
func (p *Person) TryQuote(of string, d outbox.Draft) (string, error) {
	p.w.t.Helper()
	_, quoted, err := p.node().Inbox.Resolve(context.Background(), of)
	p.must(err, "reads %s", of)
	d.Quote = quoted.ID
	return p.draft(d)
}

// Revoke takes back that a post may quote one of the person's own.
func (p *Person) Revoke(of, quoting string) {
	p.w.t.Helper()
	_, err := p.node().Outbox.RevokeQuote(context.Background(), p.Actor(), p.item(of).ID, p.item(quoting).ID)
	p.must(err, "lets %s quote %s no more", quoting, of)
}

func (p *Person) draft(d outbox.Draft) (string, error) {
	i, err := p.node().Outbox.Post(context.Background(), p.Actor(), d)
	if err != nil {
		return "", err
	}
	return i.IRI, nil
}

// item is a post as the person's node knows it.
func (p *Person) item(iri string) *content.Item {
	p.w.t.Helper()
	i, err := content.ByIRI(context.Background(), p.node().DB, p.Viewer(), iri)
	p.must(err, "looks for %s", iri)
	return i
}

// Viewer is how the person sees.
func (p *Person) Viewer() actors.Viewer { return actors.Viewer{ID: p.Actor().ID} }

// Edit, Delete, Like, Unlike and Boost do that with a post.
func (p *Person) Edit(iri, text string) {
	p.w.t.Helper()
	_, err := p.node().Outbox.Edit(context.Background(), p.Actor(), p.item(iri).ID, outbox.Draft{Text: text})
	p.must(err, "edits %s", iri)
}

// Delete takes a post away.
func (p *Person) Delete(iri string) {
	p.w.t.Helper()
	p.must(p.node().Outbox.Delete(context.Background(), p.Actor(), p.item(iri).ID), "deletes %s", iri)
}

// Like likes a post.
func (p *Person) Like(iri string) {
	p.w.t.Helper()
	_, err := p.node().Outbox.Like(context.Background(), p.Actor(), p.item(iri).ID)
	p.must(err, "likes %s", iri)
}

// Unlike takes it back.
func (p *Person) Unlike(iri string) {
	p.w.t.Helper()
	_, err := p.node().Outbox.Unlike(context.Background(), p.Actor(), p.item(iri).ID)
	p.must(err, "likes %s no more", iri)
}

// Boost boosts a post.
func (p *Person) Boost(iri string) {
	p.w.t.Helper()
	_, err := p.node().Outbox.Boost(context.Background(), p.Actor(), p.item(iri).ID, actors.Public)
	p.must(err, "boosts %s", iri)
}
