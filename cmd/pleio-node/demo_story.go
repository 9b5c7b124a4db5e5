// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/outbox"
)

const (
	demoPassword = "water en dijken"
	groupName    = "klimaatadaptatie"
	groupTitle   = "Klimaatadaptatie"
	groupText    = "Samen werken aan een regio die tegen wateroverlast, droogte en hitte kan. Voor iedereen die bij de overheid aan klimaatadaptatie werkt."
	pollDays     = 7

	closedName  = "omgevingswet"
	closedTitle = "Omgevingswet, ambtelijk overleg"
	closedText  = "Voor wie bij gemeente, provincie of waterschap aan de invoering van de Omgevingswet werkt. Wat hier staat, lezen alleen de leden."
	closedFirst = "Welkom. Het concept van de omgevingsvisie staat klaar om mee te lezen; reacties graag hier, dan ziet iedereen ze."
	closedReply = "Ik lees mee voor het waterschap, en let vooral op de ruimte voor het water."
	whyJoin     = "Ik schrijf voor de gemeente Gouda mee aan de omgevingsvisie en wil graag aansluiten."
)

// resident is one of the people of the demo.
type resident struct{ name, title, work string }

// organisations are who takes part. The last one has the group; its first person owns it.
func organisations() []*organisation {
	return []*organisation{
		{key: "gouda", name: "Gemeente Gouda", people: []resident{
			{"anna", "Anna de Vries", "Adviseur openbare ruimte, gemeente Gouda"},
			{"mehmet", "Mehmet Yilmaz", "Rioolbeheerder, gemeente Gouda"},
		}},
		{key: "zuidholland", name: "Provincie Zuid-Holland", people: []resident{
			{"sanne", "Sanne Bakker", "Programma Klimaat, provincie Zuid-Holland"},
		}},
		{key: "schieland", name: "Waterschap Schieland", people: []resident{
			{"joris", "Joris van Dijk", "Omgevingsmanager, waterschap Schieland"},
			{"fatima", "Fatima El Amrani", "Hydroloog, waterschap Schieland"},
		}},
	}
}

// line is one thing that somebody says. In the text {anna} stands for Anna's handle.
type line struct {
	key, by  string
	to       string // the line that is answered
	personal bool   // to the writer's followers and everybody, not to the group
	text     string
	poll     []string
	votes    map[string]int
	likes    []string
}

// conversation is what they say, in this order.
func conversation() []line {
	return []line{
		{key: "welkom", by: "joris", likes: []string{"anna", "sanne", "fatima"},
			text: "Welkom in deze groep! Hier delen gemeenten, provincie en waterschap wat zij doen tegen wateroverlast, droogte en hitte. Vertel vooral waar je aan werkt. #klimaatadaptatie"},
		{key: "plein", by: "anna", to: "welkom", likes: []string{"joris"},
			text: "Ik werk in Gouda aan de binnenstad. Die ligt laag: na een stevige bui staan er straten blank. Wie heeft ervaring met waterberging onder een plein?"},
		{key: "meten", by: "fatima", to: "plein", likes: []string{"anna", "mehmet"},
			text: "{anna} Wat ons het meest hielp: meet eerst een jaar lang de grondwaterstand. Dan weet je of er onder het plein nog ruimte is. Ik denk graag met je mee."},
		{key: "peilbuizen", by: "mehmet", to: "meten",
			text: "We hebben al twaalf peilbuizen in de binnenstad. De metingen van dit jaar zet ik voor {fatima} op een rij."},
		{key: "schoolpleinen", by: "sanne", likes: []string{"anna", "joris", "mehmet"},
			text: "De provincie bereidt een nieuwe ronde voor om schoolpleinen te vergroenen: minder tegels, meer schaduw, en regenwater dat de grond in kan. Wie wil meelezen met het concept? #hitte"},
		{key: "samen", by: "anna", to: "schoolpleinen",
			text: "Ik lees graag mee. Kunnen twee scholen die naast elkaar liggen samen een plan indienen?"},
		{key: "ja", by: "sanne", to: "samen", likes: []string{"anna"},
			text: "Goede vraag, dat willen we juist aanmoedigen. Ik neem het op in het concept."},
		{key: "bijeenkomst", by: "joris", likes: []string{"sanne"},
			text:  "Waar zal onze volgende bijeenkomst over gaan?",
			poll:  []string{"Water in de binnenstad", "Hitte in de wijk", "Droogte en bodemdaling"},
			votes: map[string]int{"anna": 0, "mehmet": 0, "sanne": 1, "fatima": 2}},
		{key: "gouda", by: "mehmet", to: "bijeenkomst", likes: []string{"joris", "fatima"},
			text: "Jullie zijn welkom in Gouda, dan kijken we meteen op straat."},
		{key: "fiets", by: "anna", personal: true, likes: []string{"sanne"},
			text: "Vanmiddag op de fiets langs alle plekken waar het water bleef staan. Goed voor het plan, minder goed voor mijn schoenen."},
	}
}

// settle makes the people of an organisation who are not there yet, and its group.
func (o *organisation) settle(ctx context.Context) error {
	hashed, err := o.node.Auth.HashPassword(ctx, demoPassword)
	if err != nil {
		return err
	}
	for _, r := range o.people {
		if _, err := actors.LocalByName(ctx, o.node.DB, r.name); !errors.Is(err, fault.NotFound) {
			if err != nil {
				return err
			}
			continue
		}
		err := o.node.DB.Tx(ctx, func(tx *db.Tx) error {
			a, err := o.node.Dir.AddPerson(ctx, tx, r.name, r.title)
			if err != nil {
				return err
			}
			a.Source, a.Summary, a.Discoverable = r.work, actors.PlainHTML(r.work), true
			if err := o.node.Dir.Save(ctx, tx, a); err != nil {
				return err
			}
			return o.node.Auth.AddAccount(ctx, tx, a.ID, o.email(r.name), hashed, r.name == o.people[0].name)
		})
		if err != nil {
			return fmt.Errorf("add %s: %w", r.name, err)
		}
	}
	return nil
}

func (o *organisation) email(name string) string { return name + "@" + o.key + ".example" }

// story is the demo while it is being told.
type story struct {
	all   []*organisation
	homes map[string]*organisation // of the people, by name
	said  map[string]string        // the ids of the lines
}

// tell lets the people join the group and talk, through their own nodes, each waiting for what the others said to arrive.
// What was done at an earlier start is not done again.
func tell(ctx context.Context, all []*organisation) error {
	s := &story{all: all, homes: map[string]*organisation{}, said: map[string]string{}}
	for _, o := range all {
		for _, r := range o.people {
			s.homes[r.name] = o
		}
	}
	group, err := s.group(ctx)
	if err != nil {
		return err
	}
	home := all[len(all)-1].node
	before, err := home.Timelines.Group(ctx, actors.Anybody, group.ID, false, actors.Page{Limit: 1})
	if err != nil || len(before) > 0 {
		return err
	}
	for name := range s.homes {
		if err := s.follow(ctx, name, groupName, home.Dir.Domain); err != nil {
			return err
		}
	}
	for follower, followed := range map[string]string{"sanne": "anna", "anna": "fatima"} {
		if err := s.follow(ctx, follower, followed, s.homes[followed].node.Dir.Domain); err != nil {
			return err
		}
	}
	for _, l := range conversation() {
		if err := s.say(ctx, l); err != nil {
			return fmt.Errorf("%s says %q: %w", l.by, l.key, err)
		}
	}
	if err := s.behindClosedDoors(ctx); err != nil {
		return fmt.Errorf("the closed group: %w", err)
	}
	return nil
}

// behindClosedDoors makes a closed group at the province: Joris of the water board is let in, and Anna of Gouda still waits for an answer.
func (s *story) behindClosedDoors(ctx context.Context) error {
	n := s.homes["sanne"].node
	sanne, err := actors.LocalByName(ctx, n.DB, "sanne")
	if err != nil {
		return err
	}
	var g *actors.Actor
	err = n.DB.Tx(ctx, func(tx *db.Tx) error {
		g, err = n.Dir.AddGroup(ctx, tx, sanne, actors.NewGroup{Name: closedName, Title: closedTitle, Summary: closedText, Visibility: actors.VisibilityListed})
		return err
	})
	if err != nil {
		return err
	}
	first, err := n.Outbox.Post(ctx, sanne, outbox.Draft{Text: closedFirst, Language: "nl", Group: g.ID})
	if err != nil {
		return err
	}
	joris, err := s.asks(ctx, "joris", g, "")
	if err != nil {
		return err
	}
	if err := n.Outbox.Answer(ctx, sanne, joris, g.ID, true); err != nil {
		return err
	}
	there := s.homes["joris"].node
	who, err := actors.LocalByName(ctx, there.DB, "joris")
	if err != nil {
		return err
	}
	var parent *content.Item
	err = eventually(ctx, "Joris reads what was said in the closed group", func() (bool, error) {
		parent, err = content.ByIRI(ctx, there.DB, actors.Viewer{ID: who.ID}, first.IRI)
		if errors.Is(err, fault.NotFound) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return err
	}
	if _, err := there.Outbox.Post(ctx, who, outbox.Draft{Text: closedReply, Language: "nl", ReplyTo: parent.ID}); err != nil {
		return err
	}
	_, err = s.asks(ctx, "anna", g, whyJoin)
	return err
}

// asks lets somebody ask to join a group elsewhere, and returns who that is at the group's home, once the question is there.
func (s *story) asks(ctx context.Context, who string, g *actors.Actor, introduction string) (actors.ID, error) {
	home, n := s.homes["sanne"].node, s.homes[who].node
	a, err := actors.LocalByName(ctx, n.DB, who)
	if err != nil {
		return 0, err
	}
	group, err := n.Dir.ResolveHandle(ctx, closedName, home.Dir.Domain)
	if err != nil {
		return 0, err
	}
	if err := n.Outbox.Join(ctx, a, group, introduction); err != nil {
		return 0, err
	}
	var id actors.ID
	return id, eventually(ctx, fmt.Sprintf("%s asks to join %s", who, g.Handle()), func() (bool, error) {
		asker, err := actors.ByIRI(ctx, home.DB, a.IRI)
		if errors.Is(err, fault.NotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		id = asker.ID
		r, err := actors.RelationOf(ctx, home.DB, id, g.ID)
		return r != nil && r.State == actors.Requested, err
	})
}

// group returns the group, made if need be.
func (s *story) group(ctx context.Context) (*actors.Actor, error) {
	o := s.all[len(s.all)-1]
	g, err := actors.LocalByName(ctx, o.node.DB, groupName)
	if !errors.Is(err, fault.NotFound) {
		return g, err
	}
	owner, err := actors.LocalByName(ctx, o.node.DB, o.people[0].name)
	if err != nil {
		return nil, err
	}
	err = o.node.DB.Tx(ctx, func(tx *db.Tx) error {
		g, err = o.node.Dir.AddGroup(ctx, tx, owner, actors.NewGroup{Name: groupName, Title: groupTitle, Summary: groupText})
		return err
	})
	return g, err
}

// follow lets somebody follow a person or join a group, and waits until both nodes say so.
func (s *story) follow(ctx context.Context, who, name, domain string) error {
	n := s.homes[who].node
	a, err := actors.LocalByName(ctx, n.DB, who)
	if err != nil {
		return err
	}
	target, err := n.Dir.ResolveHandle(ctx, name, domain)
	if err != nil {
		return err
	}
	if err := n.Outbox.Follow(ctx, a, target, nil, nil); err != nil {
		return err
	}
	return eventually(ctx, fmt.Sprintf("%s follows %s", who, target.Handle()), func() (bool, error) {
		role, err := actors.RoleOf(ctx, n.DB, a.ID, target.ID)
		return role != "", err
	})
}

// say does one line: the post, and what others think of it.
func (s *story) say(ctx context.Context, l line) error {
	n := s.homes[l.by].node
	author, err := actors.LocalByName(ctx, n.DB, l.by)
	if err != nil {
		return err
	}
	d := outbox.Draft{Text: s.text(l.text), Language: "nl"}
	switch {
	case l.to != "":
		parent, err := content.ByIRI(ctx, n.DB, actors.Viewer{ID: author.ID}, s.said[l.to])
		if err != nil {
			return err
		}
		d.ReplyTo = parent.ID
	case !l.personal:
		group, err := n.Dir.ResolveHandle(ctx, groupName, s.all[len(s.all)-1].node.Dir.Domain)
		if err != nil {
			return err
		}
		d.Group = group.ID
	}
	if len(l.poll) > 0 {
		d.Poll = &content.Poll{Ends: time.Now().Add(pollDays * 24 * time.Hour)}
		for _, name := range l.poll {
			d.Poll.Options = append(d.Poll.Options, content.Option{Name: name})
		}
	}
	item, err := n.Outbox.Post(ctx, author, d)
	if err != nil {
		return err
	}
	s.said[l.key] = item.IRI
	for _, o := range s.all {
		if l.personal && o != s.homes[l.by] && o != s.homes[l.likes[0]] {
			continue // nobody there follows the writer
		}
		if err := eventually(ctx, fmt.Sprintf("the post reaches %s", o.name), func() (bool, error) {
			i, err := content.ByIRI(ctx, o.node.DB, actors.Anybody, item.IRI)
			if errors.Is(err, fault.NotFound) {
				return false, nil
			}
			return err == nil && (l.personal || i.Group != 0), err // the writer may be faster than the group
		}); err != nil {
			return err
		}
	}
	return s.react(ctx, l)
}

func (s *story) react(ctx context.Context, l line) error {
	for _, name := range l.likes {
		if err := s.on(ctx, name, l.key, func(o *outbox.Outbox, who *actors.Actor, id content.ID) error {
			_, err := o.Like(ctx, who, id)
			return err
		}); err != nil {
			return err
		}
	}
	for name, choice := range l.votes {
		if err := s.on(ctx, name, l.key, func(o *outbox.Outbox, who *actors.Actor, id content.ID) error {
			_, err := o.Vote(ctx, who, id, []int{choice})
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// on lets somebody do something with a line, as their own node has it.
func (s *story) on(ctx context.Context, name, key string, do func(*outbox.Outbox, *actors.Actor, content.ID) error) error {
	n := s.homes[name].node
	who, err := actors.LocalByName(ctx, n.DB, name)
	if err != nil {
		return err
	}
	item, err := content.ByIRI(ctx, n.DB, actors.Viewer{ID: who.ID}, s.said[key])
	if err != nil {
		return err
	}
	return do(n.Outbox, who, item.ID)
}

// text puts handles in place of {name}.
func (s *story) text(text string) string {
	for name, o := range s.homes {
		text = strings.ReplaceAll(text, "{"+name+"}", "@"+name+"@"+o.node.Dir.Domain)
	}
	return text
}

// eventually waits until something is so.
func eventually(ctx context.Context, what string, so func() (bool, error)) error {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		if yes, err := so(); yes || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fault.Say(fault.Unavailable, "It took too long until %s. The log says more.", what)
			}
			return ctx.Err()
		}
	}
}
