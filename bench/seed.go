// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
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
)

const (
	authors     = 500 // at 50 servers
	perServer   = 10
	readers     = 8
	followed    = 100 // authors that each reader follows
	fullOnes    = 100 // accounts whose timelines are read
	atOnce      = 500 // statuses in one transaction
	days        = 200 // over which they are spread
	oneIsReply  = 7   // in so many
	oneIsBoost  = 11
	recentPosts = 2000 // that replies and boosts are about
)

// seed fills the node's database, past the network, while the node is down: authors at other servers, their posts, and people
// here who read them.
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
	n, err := node.Open(ctx, node.Options{Data: w.node.Data, Config: config})
	if err != nil {
		return err
	}
	defer n.Close()
	f := &filler{Node: n, random: rand.New(rand.NewPCG(1, 2))}
	if err := n.DB.Tx(ctx, func(tx *db.Tx) error { return f.people(ctx, tx, w) }); err != nil {
		return err
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
	for _, a := range f.authors[:fullOnes] {
		w.full = append(w.full, fmt.Sprint(a.ID))
	}
	return n.Close()
}

// filler writes what other servers would have sent. Its choices are the same in every run.
type filler struct {
	*node.Node
	random  *rand.Rand
	authors []*actors.Actor
	posts   []*content.Item // the last ones, that no reply or boost is about yet
}

func (f *filler) people(ctx context.Context, tx *db.Tx, w *world) error {
	for i := range authors {
		s := harness.NewServer(fmt.Sprintf("https://server%d.example", i/perServer), w.keys)
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
	for i := range readers {
		me, err := actors.LocalByName(ctx, tx, fmt.Sprintf("lezer%d", i))
		if err != nil {
			return err
		}
		for _, k := range f.random.Perm(authors)[:followed] {
			if _, err := f.Dir.Requesting(ctx, tx, me, f.authors[k], actors.Request{}); err != nil {
				return err
			}
			if _, err := f.Dir.Admit(ctx, tx, me, f.authors[k]); err != nil {
				return err
			}
		}
	}
	return nil
}

// status makes one post, reply or boost.
func (f *filler) status(ctx context.Context, tx *db.Tx, number, of int) error {
	author := f.authors[f.random.IntN(authors)]
	age := time.Duration(of-number) * (days * 24 * time.Hour / time.Duration(of))
	i := &content.Item{IRI: fmt.Sprintf("%s/notes/%d", author.IRI, number), Kind: content.Note, Author: author.ID, Audience: actors.Public,
		Content: f.text(number), Language: "nl", Published: time.Now().Add(-age)}
	i.URL = i.IRI
	m := &content.Made{Item: i, Doc: []byte("{}")}
	var about *content.Item
	if len(f.posts) > 0 {
		about = f.posts[f.random.IntN(len(f.posts))]
	}
	switch {
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
	if i.BoostOf == 0 {
		if len(f.posts) == recentPosts {
			f.posts = f.posts[1:]
		}
		f.posts = append(f.posts, i)
	}
	return nil
}

func (f *filler) text(number int) string {
	const sentence = "Vanavond praten wij in het wijkcentrum over de plannen voor het plein en de speelplaats. "
	return fmt.Sprintf("<p>Bericht %d. %s</p>", number, strings.Repeat(sentence, 1+f.random.IntN(4)))
}
