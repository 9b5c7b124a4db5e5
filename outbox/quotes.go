// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// Quotes follow FEP-044f and Mastodon: a post that quotes is published at once; what another wrote is shown in it when its author has allowed that,
// which our own people do at once by the policy of the post, and others by an answer to a QuoteRequest.

// quote makes a composed post quote an item, when that may be: as the item's policy has it, and never before more people than the item is for.
// It returns the author of what is quoted.
func (o *Outbox) quote(ctx context.Context, author *actors.Actor, id content.ID, m *content.Made) (*actors.Actor, error) {
	of, err := content.Get(ctx, o.DB, viewer(author), id)
	if err == nil && of.BoostOf != 0 { // who quotes a boost quotes what was boosted
		of, err = content.Get(ctx, o.DB, viewer(author), of.BoostOf)
	}
	if err != nil {
		return nil, err
	}
	whose, err := actors.Get(ctx, o.DB, of.Author)
	if err != nil {
		return nil, err
	}
	approval, err := o.mayQuote(ctx, o.DB, of, author)
	if err != nil {
		return nil, err
	}
	i := m.Item
	named := func(r content.Recipient) bool { return r.Actor == whose.ID }
	switch {
	case approval == content.QuoteDenied:
		return nil, fault.Say(fault.Invalid, "%s does not let you quote this post.", whose.Handle())
	case of.Audience > actors.Unlisted && (i.Audience <= actors.Unlisted || (of.Audience == actors.Members || i.Audience == actors.Members) && of.Group != i.Group):
		return nil, fault.Say(fault.Invalid, "This post is not for everybody: quote it in one that is not either.")
	case i.Audience == actors.Direct && whose.ID != author.ID && !slices.ContainsFunc(m.Recipients, named):
		return nil, fault.Say(fault.Invalid, "In a private message only those are quoted whom it mentions: mention %s.", whose.Handle())
	}
	i.Quote = content.Quote{Of: of.ID, IRI: of.IRI, State: content.QuotePending}
	switch {
	case whose.ID == author.ID:
		i.Quote.State = content.QuoteAccepted
	case whose.Local:
		i.Quote.State, i.Quote.Stamp = content.QuoteAccepted, o.stampOf(i)
	}
	i.Content = content.QuoteLink(i.Content, of) + i.Content
	return whose, nil
}

// quoteAgain is for an edit, in which what is quoted stays.
func (o *Outbox) quoteAgain(ctx context.Context, before *content.Item, m *content.Made) error {
	if before.Quote.IRI == "" {
		return nil
	}
	if m.Item.Poll != nil || len(m.Files) > 0 {
		return errQuoteAlone
	}
	of, err := content.StoredByID(ctx, o.DB, before.Quote.Of)
	if errors.Is(err, fault.NotFound) {
		of, err = &content.Item{IRI: before.Quote.IRI}, nil
	}
	if err == nil {
		m.Item.Content = content.QuoteLink(m.Item.Content, of) + m.Item.Content
	}
	return err
}

var errQuoteAlone = fault.Say(fault.Invalid, "A post that quotes has neither a poll nor files.")

// mayQuote asks the policy of an item.
func (o *Outbox) mayQuote(ctx context.Context, q db.Q, of *content.Item, who *actors.Actor) (string, error) {
	out, err := actors.RelationOf(ctx, q, who.ID, of.Author)
	if err != nil {
		return "", err
	}
	in, err := actors.RelationOf(ctx, q, of.Author, who.ID)
	if err != nil {
		return "", err
	}
	return of.MayQuote(who.ID, out.State == actors.Active, in.State == actors.Active), nil
}

// stampOf is the id of the QuoteAuthorization for an item: there is one for each that quotes one of ours.
func (o *Outbox) stampOf(quoting *content.Item) string {
	return o.Dir.URL(fmt.Sprintf("/stamps/%d", quoting.ID))
}

// askQuote asks the author elsewhere to let a post of ours quote.
func (o *Outbox) askQuote(ctx context.Context, tx *db.Tx, author *actors.Actor, i *content.Item, object *vocab.Object, whose *actors.Actor) error {
	if i.Quote.State != content.QuotePending {
		return nil
	}
	_, _, err := o.send(ctx, tx, author, sending{personal: true, item: i.ID, activity: &vocab.Activity{Type: "QuoteRequest", To: []string{whose.IRI}, Object: vocab.Ref{ID: i.Quote.IRI},
		Instrument: vocab.Ref{ID: object.ID, Type: object.Type, Document: vocab.Document{Object: object}}}})
	return err
}

// Quotable decides a request to quote one of our items: by its policy; never by whom its author has blocked or its group has banned, nor once that has
// been taken back.
func (o *Outbox) Quotable(ctx context.Context, q db.Q, of *content.Item, who *actors.Actor, quoting *content.Item) (bool, error) {
	if quoting != nil && quoting.Quote.State == content.QuoteRevoked {
		return false, nil
	}
	blocked, err := actors.Blocked(ctx, q, of.Author, who.ID)
	if err != nil || blocked {
		return false, err
	}
	if of.Group != 0 {
		if r, err := actors.RelationOf(ctx, q, who.ID, of.Group); err != nil || r.State == actors.Banned {
			return false, err
		}
	}
	approval, err := o.mayQuote(ctx, q, of, who)
	return approval == content.QuoteAutomatic, err
}

// AnswerQuote answers a request to quote one of our items. Quoting is nil when it is refused and not known here.
func (o *Outbox) AnswerQuote(ctx context.Context, tx *db.Tx, request string, who *actors.Actor, of *content.Item, quotingIRI string, quoting *content.Item, accept bool) error {
	author, err := actors.Get(ctx, tx, of.Author)
	if err != nil {
		return err
	}
	answer := &vocab.Activity{Type: "Reject", To: []string{who.IRI}, Object: vocab.Ref{ID: request, Type: "QuoteRequest", Document: vocab.Document{Activity: &vocab.Activity{ID: request,
		Type: "QuoteRequest", Actor: who.IRI, Object: vocab.Ref{ID: of.IRI}, Instrument: vocab.Ref{ID: quotingIRI}}}}}
	to := content.Quote{Of: of.ID, IRI: of.IRI, State: content.QuoteRejected}
	if accept {
		to.State, to.Stamp = content.QuoteAccepted, o.stampOf(quoting)
		answer.Type, answer.Result = "Accept", vocab.Ref{ID: to.Stamp}
	}
	if quoting != nil && quoting.Quote != to && quoting.Quote.State != content.QuoteRevoked {
		if err := o.Timelines.SetQuote(ctx, tx, quoting, to); err != nil {
			return err
		}
	}
	_, _, err = o.send(ctx, tx, author, sending{personal: true, activity: answer})
	return err
}

// TellAgain sends a post of ours that has become another without an edit: its quote is allowed, or no more; its poll has new counts.
func (o *Outbox) TellAgain(ctx context.Context, tx *db.Tx, i *content.Item) error {
	author, err := actors.Get(ctx, tx, i.Author)
	if err != nil {
		return err
	}
	return o.tellUpdate(ctx, tx, author, i)
}

// tellBereft sends the posts of ours that quoted something which is gone.
func (o *Outbox) tellBereft(ctx context.Context, tx *db.Tx, quoting []*content.Item) error {
	for _, i := range quoting {
		if !i.Local {
			continue
		}
		i.Quote = i.Quote.Bereft()
		if err := o.TellAgain(ctx, tx, i); err != nil {
			return err
		}
	}
	return nil
}

// Forward passes the Delete of a stamp, or of what is quoted, on to those who have the posts of ours that show it (FEP-044f), unchanged: with its proof it
// counts there. To those who cannot check it the Update of the post says the same.
func (o *Outbox) Forward(ctx context.Context, tx *db.Tx, quoting []*content.Item, iri string, raw []byte) error {
	var targets []Target
	var by actors.ID
	for _, i := range quoting {
		author, err := actors.Get(ctx, tx, i.Author)
		if err != nil {
			return err
		}
		object, err := o.Library.Object(ctx, tx, i)
		if err != nil {
			return err
		}
		more, err := o.targets(ctx, tx, author, sending{public: i.Audience <= actors.Unlisted, activity: &vocab.Activity{Type: "Delete", To: object.To, CC: object.CC}})
		if err != nil {
			return err
		}
		for _, t := range more {
			if !slices.Contains(targets, t) && t.Host != federation.Host(iri) { // where it comes from, it is known
				targets = append(targets, t)
			}
		}
		by = author.ID
	}
	if len(targets) == 0 {
		return nil
	}
	id := o.DB.NewID()
	if _, err := tx.Exec(ctx, "INSERT INTO activities (id, iri, actor, kind, item, public, body) VALUES ($1, $2, $3, 'Delete', 0, $4, $5)", id, iri, by, false, raw); err != nil {
		return fmt.Errorf("forward %s: %w", iri, err)
	}
	return Enqueue(ctx, tx, id, targets)
}

// RevokeQuote takes back that a post quotes one of the person's own, and returns that post.
func (o *Outbox) RevokeQuote(ctx context.Context, who *actors.Actor, id, quotingID content.ID) (*content.Item, error) {
	of, err := content.Get(ctx, o.DB, viewer(who), id)
	if err != nil {
		return nil, err
	}
	if of.Author != who.ID {
		return nil, fault.Say(fault.Forbidden, "Only its author decides who quotes a post.")
	}
	quoting, err := content.Get(ctx, o.DB, viewer(who), quotingID)
	if err == nil && (quoting.Quote.Of != of.ID || quoting.Quote.State != content.QuoteAccepted) {
		err = fault.Say(fault.NotFound, "This post does not quote yours.")
	}
	if err != nil {
		return nil, err
	}
	if quoting.Author == who.ID {
		return nil, fault.Say(fault.Invalid, "This quote is in your own post: delete that post, or leave it.")
	}
	err = o.DB.Tx(ctx, func(tx *db.Tx) error { return o.revoke(ctx, tx, who, of, quoting) })
	if err != nil {
		return nil, fmt.Errorf("revoke quote of %s in %s: %w", of.IRI, quoting.IRI, err)
	}
	return content.Get(ctx, o.DB, viewer(who), quotingID)
}

func (o *Outbox) revoke(ctx context.Context, tx *db.Tx, who *actors.Actor, of, quoting *content.Item) error {
	author, err := actors.Get(ctx, tx, quoting.Author)
	if err != nil {
		return err
	}
	stamp := content.StampObject(who, of, quoting)
	if err := content.Bury(ctx, tx, stamp.ID, stamp.Type); err != nil {
		return err
	}
	if err := o.Timelines.SetQuote(ctx, tx, quoting, content.Quote{Of: of.ID, IRI: of.IRI, State: content.QuoteRevoked}); err != nil {
		return err
	}
	a := &vocab.Activity{Type: "Delete", To: []string{vocab.Public}, CC: []string{who.Followers, author.IRI}, Object: vocab.Ref{ID: stamp.ID, Type: stamp.Type, Document: vocab.Document{Object: stamp}}}
	if quoting.Audience > actors.Unlisted { // that it is there is nobody's business
		a.To, a.CC = []string{author.IRI}, nil
	}
	if _, _, err := o.send(ctx, tx, who, sending{activity: a, public: quoting.Audience <= actors.Unlisted}); err != nil || !author.Local {
		return err
	}
	return o.tellUpdate(ctx, tx, author, quoting)
}

// checkQuotePolicy reads a policy that a person chose, "" for the usual one.
func checkQuotePolicy(policy string) error {
	switch policy {
	case "", content.PolicyPublic, content.PolicyFollowers, content.PolicyNobody:
		return nil
	}
	return fault.Say(fault.Invalid, "Validation failed: quote_approval_policy must be public, followers or nobody.")
}

// quotePolicy is what is kept of a chosen policy: what is not for everybody is quoted by nobody else.
func quotePolicy(policy string, audience actors.Audience) string {
	if audience > actors.Unlisted {
		return content.PolicyNobody
	}
	return policy
}

// SetQuotePolicy changes who may quote a post of one's own from now on, and says so to whom it was sent.
func (o *Outbox) SetQuotePolicy(ctx context.Context, who *actors.Actor, id content.ID, policy string) (*content.Item, error) {
	i, err := o.own(ctx, o.DB, who, id)
	if err != nil {
		return nil, err
	}
	if policy == "" {
		return nil, fault.Say(fault.Invalid, "Validation failed: quote_approval_policy must be public, followers or nobody.")
	}
	if err := checkQuotePolicy(policy); err != nil {
		return nil, err
	}
	policy = quotePolicy(policy, i.Audience)
	if i.QuotePolicy == policy {
		return i, nil
	}
	err = o.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := content.SetQuotePolicy(ctx, tx, i, policy); err != nil {
			return err
		}
		return o.tellUpdate(ctx, tx, who, i)
	})
	if err != nil {
		return nil, fmt.Errorf("quote policy of %s: %w", i.IRI, err)
	}
	return i, nil
}
