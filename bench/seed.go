// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"crypto/rsa"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/test/harness"
	"github.com/pleio-node/pleio-node/timeline"
)

const (
	authors     = 5000 // at 250 servers; the first ones write most
	perServer   = 20
	people      = 1000 // of this node
	groups      = 200  // of this node, each with members
	members     = 20
	readers     = 32
	told        = 500 // notifications of each reader
	answers     = 200 // in the long conversation
	followed    = 150 // authors that each reader follows
	fullOnes    = 100 // accounts whose timelines are read
	oneInGroup  = 13  // in so many statuses
	atOnce      = 500 // statuses in one transaction
	days        = 200 // over which they are spread
	oneIsReply  = 7   // in so many
	oneIsBoost  = 11
	recentPosts = 2000 // that replies and boosts are about
)

// seed fills the node's database, past the network, while the node is down: authors at other servers, people and groups here,
// what they wrote, and readers who follow some of them and were told of much.
func (w *world) seed(statuses int) {
	for i := range readers {
		w.readers = append(w.readers, w.node.AddUser(fmt.Sprintf("lezer%d", i)))
	}
	w.node.Stop()
	if err := w.fill(statuses); err != nil {
		w.Fatalf("fill the database: %v", err)
	}
	w.node.Restart()
}

func (w *world) fill(statuses int) error {
	ctx := context.Background()
	config, err := node.LoadConfig(w.node.Data, os.Environ())
	if err != nil {
		return err
	}
	n, err := node.Open(ctx, node.Options{Data: w.node.Data, Config: config, NewRSA: func() (*rsa.PrivateKey, error) { return w.keys[0], nil }})
	if err != nil {
		return err
	}
	defer n.Close()
	f := &filler{Node: n, random: rand.New(rand.NewPCG(1, 2))}
	for _, fill := range []func(context.Context, *db.Tx) error{f.elsewhere(w.keys), f.here, f.follow} {
		if err := n.DB.Tx(ctx, func(tx *db.Tx) error { return fill(ctx, tx) }); err != nil {
			return err
		}
	}
	for made := 0; made < statuses; {
		err := n.DB.Tx(ctx, func(tx *db.Tx) error {
			for range min(atOnce, statuses-made) {
				if err := f.status(ctx, tx, made, statuses); err != nil {
					return err
				}
				made++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := n.DB.Tx(ctx, func(tx *db.Tx) error { return f.conversation(ctx, tx, statuses) }); err != nil {
		return err
	}
	if err := n.DB.Tx(ctx, func(tx *db.Tx) error { return f.tell(ctx, tx) }); err != nil {
		return err
	}
	for _, a := range f.authors[:fullOnes] {
		w.full = append(w.full, fmt.Sprint(a.ID))
	}
	for _, g := range f.groups {
		w.groups = append(w.groups, fmt.Sprint(g.ID))
	}
	w.thread = fmt.Sprint(f.thread)
	return n.Close()
}

// filler writes what would have come over the network. Its choices are the same in every run.
type filler struct {
	*node.Node
	random  *rand.Rand
	authors []*actors.Actor
	readers []*actors.Actor
	people  []*actors.Actor
	groups  []*actors.Actor
	inside  map[actors.ID][]*actors.Actor // members of a group
	posts   []*content.Item               // the last ones, that replies and boosts are about
	thread  content.ID
}

func (f *filler) elsewhere(keys []*rsa.PrivateKey) func(context.Context, *db.Tx) error {
	return func(ctx context.Context, tx *db.Tx) error {
		for i := range authors {
			s := harness.NewServer(fmt.Sprintf("https://server%d.example", i/perServer), keys)
			decoded, err := vocab.Decode(s.Actor(fmt.Sprintf("schrijver%d", i)).Document())
			if err != nil {
				return err
			}
			a, err := f.Dir.Learn(ctx, tx, decoded.Actor)
			if err != nil {
				return err
			}
			f.authors = append(f.authors, a)
		}
		return nil
	}
}

func (f *filler) here(ctx context.Context, tx *db.Tx) error {
	for i := range readers {
		me, err := actors.LocalByName(ctx, tx, fmt.Sprintf("lezer%d", i))
		if err != nil {
			return err
		}
		f.readers = append(f.readers, me)
	}
	for i := range people {
		a, err := f.Dir.AddPerson(ctx, tx, fmt.Sprintf("collega%d", i), fmt.Sprintf("Collega %d de Vries", i))
		if err != nil {
			return err
		}
		f.people = append(f.people, a)
	}
	f.inside = map[actors.ID][]*actors.Actor{}
	for i := range groups {
		g, err := f.Dir.AddGroup(ctx, tx, f.people[i], actors.NewGroup{Name: fmt.Sprintf("groep%d", i), Title: fmt.Sprintf("Groep %d", i)})
		if err != nil {
			return err
		}
		f.groups = append(f.groups, g)
		for k := range members {
			member := f.people[(i+k*7)%people]
			if k == 0 {
				continue // the owner
			}
			if err := f.join(ctx, tx, member, g); err != nil {
				return err
			}
			f.inside[g.ID] = append(f.inside[g.ID], member)
		}
		if err := f.join(ctx, tx, f.readers[i%readers], g); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) join(ctx context.Context, tx *db.Tx, who, whom *actors.Actor) error {
	if _, err := f.Dir.Requesting(ctx, tx, who, whom, actors.Request{}); err != nil {
		return err
	}
	_, err := f.Dir.Admit(ctx, tx, who, whom)
	return err
}

// follow has the readers follow authors, most of them such as write much, as people do.
func (f *filler) follow(ctx context.Context, tx *db.Tx) error {
	for _, me := range f.readers {
		chosen := map[int]bool{}
		for len(chosen) < followed {
			chosen[f.author()] = true
		}
		for i := range authors { // in a fixed order
			if !chosen[i] {
				continue
			}
			if err := f.join(ctx, tx, me, f.authors[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// author is the number of one, the first ones much more often.
func (f *filler) author() int {
	r := f.random.Float64()
	return int(r * r * r * authors)
}

// status makes one post, reply or boost, by an author elsewhere or by a member in a group.
func (f *filler) status(ctx context.Context, tx *db.Tx, number, of int) error {
	author := f.authors[f.author()]
	var group *actors.Actor
	if number%oneInGroup == 0 {
		group = f.groups[f.random.IntN(groups)]
		author = f.inside[group.ID][f.random.IntN(len(f.inside[group.ID]))]
	}
	age := time.Duration(of-number) * (days * 24 * time.Hour / time.Duration(of))
	i := &content.Item{IRI: fmt.Sprintf("%s/notes/%d", author.IRI, number), Kind: content.Note, Author: author.ID, Local: author.Local, Audience: actors.Public,
		Content: f.text(number), Language: "nl", Published: time.Now().Add(-age)}
	i.URL = i.IRI
	m := &content.Made{Item: i, Doc: []byte("{}")}
	var about *content.Item
	if len(f.posts) > 0 {
		about = f.posts[f.random.IntN(len(f.posts))]
	}
	switch {
	case group != nil:
		i.Group = group.ID
		m.Recipients = []content.Recipient{{Actor: group.ID, Mention: true}}
	case about != nil && number%oneIsReply == 0:
		i.ReplyTo, i.ReplyAuthor, i.ReplyIRI, i.Thread = about.ID, about.Author, about.IRI, about.Thread
		m.Recipients = []content.Recipient{{Actor: about.Author, Mention: true}}
	case about != nil && number%oneIsBoost == 0:
		i.Kind, i.Content, i.BoostOf = content.Announce, "", about.ID
	}
	if i.BoostOf == 0 {
		if m.Doc = fmt.Appendf(nil, `{"id":%q,"type":"Note","attributedTo":%q,"content":%q}`, i.IRI, author.IRI, i.Content); number%3 == 0 {
			m.Tags = []string{fmt.Sprintf("wijk%d", number%40)}
		}
	}
	if _, err := f.Library.Save(ctx, tx, m); err != nil {
		return err
	}
	if group != nil {
		boost := &content.Item{IRI: i.IRI + "/boost", Kind: content.Announce, Local: true, Author: group.ID, Group: group.ID, BoostOf: i.ID, Published: i.Published}
		_, err := f.Library.Save(ctx, tx, &content.Made{Item: boost})
		return err
	}
	if i.BoostOf == 0 {
		if len(f.posts) == recentPosts {
			f.posts = f.posts[1:]
		}
		f.posts = append(f.posts, i)
	}
	return nil
}

// conversation is a post with many replies, each to one of those before it.
func (f *filler) conversation(ctx context.Context, tx *db.Tx, from int) error {
	var all []*content.Item
	for n := range answers + 1 {
		author := f.authors[f.author()]
		i := &content.Item{IRI: fmt.Sprintf("%s/notes/%d", author.IRI, from+n), Kind: content.Note, Author: author.ID, Audience: actors.Public, Content: f.text(n), Language: "nl",
			Published: time.Now().Add(-time.Duration(answers+1-n) * time.Minute)}
		i.URL = i.IRI
		if n > 0 {
			about := all[f.random.IntN(len(all))]
			i.ReplyTo, i.ReplyAuthor, i.ReplyIRI, i.Thread = about.ID, about.Author, about.IRI, about.Thread
		}
		if _, err := f.Library.Save(ctx, tx, &content.Made{Item: i, Doc: []byte("{}")}); err != nil {
			return err
		}
		all = append(all, i)
	}
	f.thread = all[0].ID
	return nil
}

// tell notifies the readers of follows and of mentions.
func (f *filler) tell(ctx context.Context, tx *db.Tx) error {
	for _, me := range f.readers {
		for n := range told {
			post := f.posts[(n*7+int(me.ID%97))%len(f.posts)]
			kind, item := timeline.Mention, post.ID
			if n%5 == 0 {
				kind, item = timeline.Follow, 0
			}
			if err := f.Timelines.Notify(ctx, tx, me.ID, kind, post.Author, item); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *filler) text(number int) string {
	const sentence = "Vanavond praten wij in het wijkcentrum over de plannen voor het plein en de speelplaats. "
	return fmt.Sprintf("<p>Bericht %d. %s</p>", number, strings.Repeat(sentence, 1+f.random.IntN(4)))
}
