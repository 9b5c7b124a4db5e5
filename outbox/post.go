// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/media"
)

// What a post may hold. Clients read these from the instance document.
const (
	MaxCharacters  = 10_000
	MaxWarning     = 500
	MaxOptions     = 10
	MaxOptionChars = 100
	MinPoll        = 5 * time.Minute
	MaxPoll        = 90 * 24 * time.Hour
	resolveTime    = 5 * time.Second
)

// Draft is what one of ours wants to post. One that waits is kept as JSON: its fields keep their names.
type Draft struct {
	Text, Summary, Language string
	Sensitive               bool
	Audience                actors.Audience
	ReplyTo                 content.ID
	Files                   []media.ID
	Describe                []media.Change // what is said anew about these files; of an edit
	Poll                    *content.Poll
	PollLasts               time.Duration // from when the post appears; 0: until Poll.Ends
	NoPoll                  bool          // of an edit: take the poll away
	Quote                   content.ID    // what it quotes; an edit leaves that as it was
	QuotePolicy             string        // who may quote it: public, followers or nobody; "" everybody, in an edit as before
	Group                   actors.ID     // where it is posted; 0: the group that the text mentions, or that of the parent
	App                     int64
	Once                    string // an idempotency key: the same word within an hour returns the first post
}

func (d *Draft) check(appears time.Time) error {
	d.Text, d.Summary = strings.TrimSpace(d.Text), strings.TrimSpace(d.Summary)
	warning := utf8.RuneCountInString(d.Summary)
	length := content.Length(d.Text) + warning
	switch {
	case d.Text == "" && len(d.Files) == 0 && d.Poll == nil:
		return fault.Say(fault.Invalid, "Validation failed: Text can't be blank")
	case length > MaxCharacters:
		return fault.Say(fault.Invalid, "Validation failed: the post is %d characters long, and %d is the limit: shorten it.", length, MaxCharacters)
	case warning > MaxWarning:
		return fault.Say(fault.Invalid, "Validation failed: the content warning is %d characters long, and %d is the limit: shorten it.", warning, MaxWarning)
	case len(d.Once) > 255:
		return fault.Say(fault.Invalid, "The Idempotency-Key is longer than 255 characters.")
	case d.Poll != nil && len(d.Files) > 0:
		return fault.Say(fault.Invalid, "A post has either a poll or files, not both.")
	case d.Quote != 0 && (d.Poll != nil || len(d.Files) > 0):
		return errQuoteAlone
	}
	if err := checkQuotePolicy(d.QuotePolicy); err != nil || d.Poll == nil {
		return err
	}
	return d.checkPoll(appears)
}

func (d *Draft) checkPoll(appears time.Time) error {
	seen := map[string]bool{}
	for n := range d.Poll.Options {
		name := actors.CleanText(d.Poll.Options[n].Name, 2*MaxOptionChars)
		switch length := utf8.RuneCountInString(name); {
		case name == "":
			return fault.Say(fault.Invalid, "Validation failed: each answer of a poll needs a text.")
		case length > MaxOptionChars:
			return fault.Say(fault.Invalid, "Validation failed: an answer of the poll is %d characters long, and %d is the limit: shorten it.", length, MaxOptionChars)
		case seen[name]:
			return fault.Say(fault.Invalid, "Validation failed: the answer %q stands twice in the poll.", name)
		}
		seen[name], d.Poll.Options[n].Name = true, name
	}
	if n := len(d.Poll.Options); n < 2 || n > MaxOptions {
		return fault.Say(fault.Invalid, "Validation failed: a poll has 2 to %d answers, not %d.", MaxOptions, n)
	}
	lasts := d.PollLasts
	if lasts == 0 {
		lasts = d.Poll.Ends.Sub(appears).Round(time.Minute)
	} else {
		d.Poll.Ends = appears.Add(lasts)
	}
	if lasts < MinPoll || lasts > MaxPoll {
		return fault.Say(fault.Invalid, "Validation failed: a poll lasts from 5 minutes (300 seconds) to 90 days (%d seconds).", int(MaxPoll.Seconds()))
	}
	return nil
}

// Post publishes a draft: the item, whom it tells, and all its deliveries are kept in one transaction before it returns.
func (o *Outbox) Post(ctx context.Context, author *actors.Actor, d Draft) (*content.Item, error) {
	i, waiting, err := o.Submit(ctx, author, d, time.Time{})
	if err == nil && waiting != nil {
		err = fault.Say(fault.Invalid, "This post waits already: it appears at %s.", waiting.Due.UTC().Format(time.RFC3339))
	}
	return i, err
}

// written is an item that is ready to be published.
type written struct {
	*content.Made
	quoted *actors.Actor // who is asked for permission to quote; nil: nobody
}

// compile makes the item of a draft, as its author may post it now.
func (o *Outbox) compile(ctx context.Context, author *actors.Actor, d Draft) (*written, error) {
	var parent *content.Item
	if d.ReplyTo != 0 {
		var err error
		parent, err = content.Get(ctx, o.DB, viewer(author), d.ReplyTo)
		if err == nil && parent.BoostOf != 0 { // who answers a boost answers what was boosted
			parent, err = content.Get(ctx, o.DB, viewer(author), parent.BoostOf)
		}
		if err != nil {
			return nil, err
		}
	}
	mentioned := o.resolve(ctx, author, d.Text)
	group, err := o.destination(ctx, author, &d, parent, mentioned)
	if err != nil {
		return nil, err
	}
	m, err := o.compose(ctx, author, d, parent, group, mentioned)
	if err != nil {
		return nil, err
	}
	w := &written{Made: m}
	if d.Quote != 0 {
		w.quoted, err = o.quote(ctx, author, d.Quote, m)
	}
	return w, err
}

// publish keeps an item of ours and tells whom it is for, in the caller's transaction.
func (o *Outbox) publish(ctx context.Context, tx *db.Tx, author *actors.Actor, m *written) error {
	if _, err := o.Timelines.Publish(ctx, tx, m.Made); err != nil {
		return err
	}
	object, err := o.storeDoc(ctx, tx, m.Item)
	if err != nil {
		return err
	}
	if err := o.awaitPoll(ctx, tx, m.Item); err != nil {
		return err
	}
	_, err = o.tell(ctx, tx, author, m.Item, sending{activity: &vocab.Activity{Type: "Create", To: object.To, CC: object.CC,
		Object: vocab.Ref{ID: object.ID, Type: object.Type, Document: vocab.Document{Object: object}}}})
	if err != nil || m.quoted == nil {
		return err
	}
	return o.askQuote(ctx, tx, author, m.Item, object, m.quoted)
}

// resolve finds whom a text mentions, asking other servers for those not known yet; who cannot be found stays plain text.
func (o *Outbox) resolve(ctx context.Context, author *actors.Actor, text string) map[string]*actors.Actor {
	found := map[string]*actors.Actor{}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	for _, handle := range content.Handles(text) {
		name, domain, err := federation.ParseHandle(handle)
		if err != nil || found[handle] != nil {
			continue
		}
		a, err := o.Dir.ResolveHandle(ctx, name, domain)
		if err != nil || a.Kind == actors.Application || actors.CheckKnown(ctx, o.DB, viewer(author), a) != nil {
			continue
		}
		found[handle] = a
	}
	return found
}

// destination is the group that a draft goes to, nil when to none: the one chosen, that of the parent, or the one mentioned.
// Only a member's public post goes to an open group: nothing is shown to more people than its writer chose.
func (o *Outbox) destination(ctx context.Context, author *actors.Actor, d *Draft, parent *content.Item, mentioned map[string]*actors.Actor) (*actors.Actor, error) {
	var candidates []*actors.Actor
	if parent != nil && parent.Group == 0 {
		claimed, err := o.claimedGroup(ctx, o.DB, author, parent)
		if err != nil {
			return nil, err
		}
		if claimed != nil {
			d.Group = claimed.ID
		}
	}
	switch {
	case parent != nil && parent.Group != 0:
		d.Group = parent.Group
		fallthrough
	case d.Group != 0:
		group, err := actors.Get(ctx, o.DB, d.Group)
		if err != nil {
			return nil, err
		}
		candidates = append(candidates, group)
	case parent == nil:
		for _, handle := range content.Handles(d.Text) {
			if a := mentioned[handle]; a != nil && a.IsGroup() {
				candidates = append(candidates, a)
			}
		}
	}
	for _, group := range candidates {
		role, err := actors.RoleOf(ctx, o.DB, author.ID, group.ID)
		switch {
		case err != nil:
			return nil, err
		case d.Audience == actors.Direct, d.Audience > actors.Unlisted && group.Shows() == actors.Public:
			continue
		case role == "" && d.Group == group.ID && parent == nil:
			return nil, fault.Say(fault.Forbidden, "Only members post in %s: join it first.", group.Handle())
		case role == "":
			continue
		case parent != nil && !parent.Closed.IsZero() && !role.Staff():
			return nil, fault.Say(fault.Forbidden, "This conversation has been closed by a moderator.")
		}
		return group, group.Takes(role, parent != nil)
	}
	return nil, nil
}

// compose makes the item of a draft.
func (o *Outbox) compose(ctx context.Context, author *actors.Actor, d Draft, parent *content.Item, group *actors.Actor, mentioned map[string]*actors.Actor) (*content.Made, error) {
	text := content.Compose(d.Text, func(handle string) *actors.Actor {
		a := mentioned[handle]
		if a != nil && a.IsGroup() && a.Visibility == actors.VisibilityHidden && (group == nil || group.ID != a.ID) {
			return nil // a mention outside of it would tell others of it
		}
		return a
	}, func(tag string) string { return o.Dir.URL("/tags/" + tag) })
	now := time.Now()
	id := content.ID(o.DB.NewID())
	iri := o.postIRI(int64(id))
	i := &content.Item{ID: id, IRI: iri, URL: iri, Kind: content.Note, Local: true, Author: author.ID, Audience: d.Audience, Thread: id, Content: text.HTML, Source: d.Text,
		Summary: actors.CleanText(d.Summary, MaxWarning), Sensitive: d.Sensitive || d.Summary != "", Language: d.Language, Poll: d.Poll, Published: now, Created: now, App: d.App}
	if d.Poll != nil {
		i.Kind = content.Question
	}
	texts := []string{i.Source, i.Summary}
	if d.Poll != nil {
		for _, option := range d.Poll.Options {
			texts = append(texts, option.Name)
		}
	}
	var err error
	if i.Emojis, err = o.Library.Emojis(ctx, o.DB, texts...); err != nil {
		return nil, err
	}
	m := &content.Made{Item: i, Tags: text.Tags, Files: d.Files}
	for _, a := range text.Mentions {
		m.Recipients = append(m.Recipients, content.Recipient{Actor: a.ID, Mention: true})
	}
	switch {
	case parent != nil:
		if parent.Audience > i.Audience { // an answer never reaches more people than what it answers
			i.Audience = parent.Audience
		}
		i.ReplyTo, i.ReplyAuthor, i.ReplyIRI, i.Thread, i.Context = parent.ID, parent.Author, parent.IRI, parent.Thread, parent.Context
		if !slices.ContainsFunc(m.Recipients, func(r content.Recipient) bool { return r.Actor == parent.Author }) && parent.Author != author.ID && i.Audience <= actors.Unlisted {
			m.Recipients = append(m.Recipients, content.Recipient{Actor: parent.Author})
		}
	case group == nil:
		i.Context = o.Dir.URL(fmt.Sprintf("/threads/%d", id))
	case group.Local:
		i.Context = fmt.Sprintf("%s/threads/%d", group.IRI, id)
	}
	if group != nil {
		i.Group, i.Audience = group.ID, group.Shows()
	}
	i.QuotePolicy = quotePolicy(d.QuotePolicy, i.Audience)
	return m, nil
}

// postIRI is the id of a post of ours.
func (o *Outbox) postIRI(number int64) string { return o.Dir.URL(fmt.Sprintf("/posts/%d", number)) }

// storeDoc writes the object once and keeps the bytes: they are what others get when they ask for it.
func (o *Outbox) storeDoc(ctx context.Context, tx *db.Tx, i *content.Item) (*vocab.Object, error) {
	object, err := o.Library.Object(ctx, tx, i)
	if err != nil {
		return nil, err
	}
	doc, err := object.Encode()
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", i.IRI, err)
	}
	return object, content.SetDoc(ctx, tx, i.ID, doc)
}

// tellUpdate sends the new state of an item to whom it was sent before.
func (o *Outbox) tellUpdate(ctx context.Context, tx *db.Tx, author *actors.Actor, i *content.Item) error {
	object, err := o.storeDoc(ctx, tx, i)
	if err != nil {
		return err
	}
	touched, err := o.touched(ctx, tx, i)
	if err != nil {
		return err
	}
	_, err = o.tell(ctx, tx, author, i, sending{extra: touched, activity: &vocab.Activity{Type: "Update", To: object.To, CC: object.CC, Updated: time.Now(),
		Object: vocab.Ref{ID: object.ID, Type: object.Type, Document: vocab.Document{Object: object}}}})
	return err
}

// Withdraw takes back a group's boost of an item that goes away, for those who saw only that.
func (o *Outbox) Withdraw(ctx context.Context, tx *db.Tx, i *content.Item) error {
	group, err := o.groupOf(ctx, tx, i)
	if err != nil || group == nil || !group.Local {
		return err
	}
	boost, err := content.Boost(ctx, tx, i.ID, group.ID)
	if err != nil {
		return nil // a reply: never boosted
	}
	return o.undoBoost(ctx, tx, group, boost, i)
}

// touched are the people elsewhere who answered, boosted, quoted or liked an item, and whom it quotes: they have it, whoever it was addressed to.
func (o *Outbox) touched(ctx context.Context, q db.Q, i *content.Item) ([]*actors.Actor, error) {
	ids, err := db.All(ctx, q, db.Scalar[actors.ID], `SELECT author FROM items WHERE reply_to = $1 AND reply_to > 0 UNION SELECT author FROM items WHERE boost_of = $1 AND boost_of > 0
		UNION SELECT author FROM items WHERE quote_of = $1 AND quote_of > 0
		UNION SELECT q.author FROM items i JOIN items q ON q.id = i.quote_of WHERE i.id = $1 AND i.quote_of > 0 UNION SELECT actor FROM votes WHERE item = $1 LIMIT 1000`, i.ID)
	if err != nil {
		return nil, fmt.Errorf("who has %s: %w", i.IRI, err)
	}
	known, err := actors.Many(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	var all []*actors.Actor
	for _, id := range ids {
		if a := known[id]; a != nil && !a.Local {
			all = append(all, a)
		}
	}
	return all, nil
}

// own returns an item that one of ours wrote.
func (o *Outbox) own(ctx context.Context, q db.Q, who *actors.Actor, id content.ID) (*content.Item, error) {
	i, err := content.Get(ctx, q, viewer(who), id)
	if err == nil && (i.Author != who.ID || i.Kind == content.Announce) {
		err = fault.Say(fault.NotFound, "This post does not exist, or it is not yours.")
	}
	return i, err
}
