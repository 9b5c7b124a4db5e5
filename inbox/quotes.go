// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/jobs"
)

// ---- others quote ours: QuoteRequest (FEP-044f) -------------------------------------------------------

// allowQuoteRequest: anybody may ask to quote what its node may see; the post that quotes must be its own. The policy decides about the answer.
func allowQuoteRequest(ctx context.Context, x *Inbox, q db.Q, a *arrival) error {
	of, err := content.ByIRI(ctx, q, actors.Viewer{Host: a.actor.Host}, a.Object.ID)
	if err != nil {
		return err
	}
	if !of.Local || of.Kind == content.Announce {
		return fault.Say(fault.Invalid, "%s is not of this node.", a.Object.ID)
	}
	a.item = of
	o, id := a.Instrument.Object, a.Instrument.ID
	if o != nil {
		if err := ownObject(o, a.Actor); err != nil {
			return err
		}
		if o.Quote != of.IRI {
			return fault.Say(fault.Invalid, "%s does not quote %s.", o.ID, of.IRI)
		}
		id = o.ID
	} else if federation.CheckID(id) != nil || !federation.SameOrigin(id, a.Actor) {
		return fault.Say(fault.Invalid, "The request names no post of %s.", a.Actor)
	}
	if gone, err := content.Buried(ctx, q, id); err != nil || gone {
		return errors.Join(err, fault.Say(fault.Gone, "%s has been deleted.", id))
	}
	quoting, err := content.Stored(ctx, q, id)
	switch {
	case err == nil && (quoting.Author != a.actor.ID || quoting.Quote.IRI != of.IRI):
		return fault.Say(fault.Forbidden, "%s is not a post by %s that quotes %s.", id, a.Actor, of.IRI)
	case err == nil:
		a.quoting = quoting
	case !errors.Is(err, fault.NotFound):
		return err
	case o == nil:
		return &needs{iri: id}
	}
	a.granted, err = x.Outbox.Quotable(ctx, q, of, a.actor, a.quoting)
	return err
}

// applyQuoteRequest answers. The post that may quote is kept: who is quoted is told of it.
func applyQuoteRequest(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	if a.granted && a.quoting == nil {
		m, err := x.Library.FromWire(ctx, tx, a.Instrument.Object, a.actor, nil)
		if err != nil {
			return err
		}
		if _, err := x.Timelines.Publish(ctx, tx, m); err != nil {
			return err
		}
		if a.quoting, err = content.Stored(ctx, tx, m.Item.IRI); err != nil {
			return err
		}
	}
	id := a.Instrument.ID
	if a.quoting != nil {
		id = a.quoting.IRI
	}
	return x.Outbox.AnswerQuote(ctx, tx, a.ID, a.actor, a.item, id, a.quoting, a.granted)
}

// ---- ours quote others: Accept and Reject of our requests ----------------------------------------------

// quoteRequest is the post of ours for which a QuoteRequest was sent, nil when the answer is to something else.
func quoteRequest(ctx context.Context, q db.Q, a *arrival) (*content.Item, error) {
	id, err := db.One(ctx, q, db.Scalar[content.ID], "SELECT item FROM activities WHERE iri = $1 AND kind = 'QuoteRequest'", a.Object.ID)
	if errors.Is(err, fault.NotFound) {
		if inner := a.Object.Activity; inner != nil && inner.Type == "QuoteRequest" {
			err = fault.Say(fault.NotFound, "%s answers a request to quote that nobody here made.", a.Actor)
		} else {
			err = nil
		}
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	i, err := content.StoredByID(ctx, q, id)
	if errors.Is(err, fault.NotFound) {
		err = fault.Say(fault.Gone, "The post that was to quote has been deleted.")
	}
	return i, err
}

// allowQuoteAnswer: only the author of what is quoted answers, once, with a stamp of its own server.
func allowQuoteAnswer(ctx context.Context, q db.Q, a *arrival, quoting *content.Item) error {
	of, err := content.StoredByID(ctx, q, quoting.Quote.Of)
	if err != nil {
		return err
	}
	if !quoting.Local || of.Author != a.actor.ID {
		return fault.Say(fault.Forbidden, "%s does not decide who quotes %s.", a.Actor, of.IRI)
	}
	state := quoting.Quote.State
	switch {
	case a.Type == "Accept" && (federation.CheckID(a.Result.ID) != nil || !federation.SameOrigin(a.Result.ID, a.Actor)):
		return fault.Say(fault.Invalid, "The result of the Accept is not a permission by the server of %s.", a.Actor)
	case a.Type == "Accept" && state != content.QuotePending, a.Type == "Reject" && state != content.QuotePending && state != content.QuoteAccepted:
		return fault.Say(fault.Invalid, "This request to quote has been answered: it is %s.", state)
	}
	a.quoting = quoting
	return nil
}

func applyQuoteAnswer(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	to := a.quoting.Quote
	switch {
	case a.Type == "Accept":
		to.State, to.Stamp = content.QuoteAccepted, a.Result.ID
	case to.State == content.QuoteAccepted:
		to.State, to.Stamp = content.QuoteRevoked, ""
	default:
		to.State = content.QuoteRejected
		return x.Timelines.SetQuote(ctx, tx, a.quoting, to) // those who have the post have it without a permission already
	}
	if err := x.Timelines.SetQuote(ctx, tx, a.quoting, to); err != nil {
		return err
	}
	return x.Outbox.TellAgain(ctx, tx, a.quoting)
}

// ---- stamps -------------------------------------------------------------------------------------------

// allowRevocation finds the items that show a stamp which its maker deletes. It reports false when the id is no stamp that is known here.
func allowRevocation(ctx context.Context, q db.Q, a *arrival) (bool, error) {
	stamped, err := content.Stamped(ctx, q, a.Object.ID)
	if err != nil || len(stamped) == 0 {
		return false, err
	}
	if !federation.SameOrigin(a.Object.ID, a.Actor) {
		return true, fault.Say(fault.Forbidden, "%s is a permission by somebody else.", a.Object.ID)
	}
	for _, i := range stamped {
		of, err := content.StoredByID(ctx, q, i.Quote.Of)
		if err == nil && of.Author == a.actor.ID {
			a.stamped = append(a.stamped, i)
		} else if err != nil && !errors.Is(err, fault.NotFound) {
			return true, err
		}
	}
	if len(a.stamped) == 0 {
		return true, fault.Say(fault.Forbidden, "%s is a permission by somebody else.", a.Object.ID)
	}
	return true, nil
}

// applyRevocation shows the quotes no more. The stamp is noted as gone, so that showing it again is of no use.
func applyRevocation(ctx context.Context, x *Inbox, tx *db.Tx, a *arrival) error {
	if err := content.Bury(ctx, tx, a.Object.ID, "QuoteAuthorization"); err != nil {
		return err
	}
	for _, i := range a.stamped {
		to := i.Quote
		to.State, to.Stamp = content.QuoteRevoked, ""
		if err := x.Timelines.SetQuote(ctx, tx, i, to); err != nil {
			return err
		}
	}
	return x.passOn(ctx, tx, a, a.stamped)
}

// passOn tells those who have posts of ours that what these quoted is not to be shown any more.
func (x *Inbox) passOn(ctx context.Context, tx *db.Tx, a *arrival, quoting []*content.Item) error {
	ours := slices.DeleteFunc(quoting, func(i *content.Item) bool { return !i.Local })
	if err := x.Outbox.Forward(ctx, tx, ours, a.ID, a.raw); err != nil {
		return err
	}
	for _, i := range ours {
		if err := x.Outbox.TellAgain(ctx, tx, i); err != nil {
			return err
		}
	}
	return nil
}

// requote gives an item that was there before the quote of its new version, and says whether that is another. What one of ours wrote is quoted as we
// have decided, whatever the version says; a permission that was checked counts until another is shown, or none.
func (x *Inbox) requote(ctx context.Context, tx *db.Tx, item *content.Item, now content.Quote, policy string) (bool, error) {
	changed := item.QuotePolicy != policy
	if changed {
		if err := content.SetQuotePolicy(ctx, tx, item, policy); err != nil {
			return false, err
		}
	}
	before := item.Quote
	if now.IRI == before.IRI {
		of, err := content.StoredByID(ctx, tx, before.Of)
		switch {
		case now.IRI == "", now.Stamp == before.Stamp, before.State == content.QuoteDeleted, err == nil && of.Local:
			return changed, nil
		case err != nil && !errors.Is(err, fault.NotFound):
			return changed, err
		case now.Stamp == "" && before.State == content.QuoteAccepted:
			now.State = content.QuoteRevoked
		}
	}
	if err := x.Timelines.SetQuote(ctx, tx, item, now); err != nil {
		return true, err
	}
	return true, x.wantQuote(ctx, tx, item)
}

// wantQuote has a quote checked that may come to be accepted: one with a stamp, or one of something by the same server, which may be by the same author.
func (x *Inbox) wantQuote(ctx context.Context, tx *db.Tx, i *content.Item) error {
	q := i.Quote
	if i.Local || q.State != content.QuotePending || q.Stamp == "" && (q.Of != 0 || !federation.SameOrigin(q.IRI, i.IRI)) {
		return nil
	}
	return x.Jobs.Add(ctx, tx, jobQuote, fmt.Sprint(i.ID), i.ID, time.Now())
}

const jobQuote = "quote"

// checkQuote reads what a quote still lacks: the item that is quoted, and the stamp of its author. What is quoted there is left: a chain of quotes has no end.
func (x *Inbox) checkQuote(ctx context.Context, payload []byte) error {
	var id content.ID
	if err := json.Unmarshal(payload, &id); err != nil {
		return jobs.Never(err)
	}
	item, err := content.StoredByID(ctx, x.DB, id)
	if errors.Is(err, fault.NotFound) || err == nil && item.Quote.State != content.QuotePending {
		return nil
	}
	if err != nil {
		return err
	}
	if item.Quote.Of == 0 {
		_, of, err := x.resolve(ctx, item.Quote.IRI, nothingElse)
		if err != nil && fault.Status(err) >= 500 {
			return err
		}
		switch {
		case errors.Is(err, fault.Gone):
			return x.settle(ctx, item, content.QuoteDeleted)
		case of == nil:
			return x.settle(ctx, item, content.QuoteUnauthorized)
		}
		if item, err = content.StoredByID(ctx, x.DB, id); err != nil || item.Quote.State != content.QuotePending {
			return err
		}
		item.Quote.Of = of.ID
	}
	of, err := content.StoredByID(ctx, x.DB, item.Quote.Of)
	if err != nil || item.Quote.Stamp == "" || of.Local {
		return err
	}
	fits, err := x.fits(ctx, item, of)
	switch {
	case err != nil:
		return err
	case fits:
		return x.settle(ctx, item, content.QuoteAccepted)
	}
	return x.settle(ctx, item, content.QuoteUnauthorized)
}

// fits reads a stamp at its maker's server, and compares all that it says (FEP-044f). An error is a reason to try again later.
func (x *Inbox) fits(ctx context.Context, item, of *content.Item) (bool, error) {
	author, err := actors.Get(ctx, x.DB, of.Author)
	if err != nil {
		return false, err
	}
	stamp := item.Quote.Stamp
	if !federation.SameOrigin(stamp, author.IRI) {
		return false, nil
	}
	if gone, err := content.Buried(ctx, x.DB, stamp); err != nil || gone {
		return false, err
	}
	doc, err := x.read(ctx, stamp)
	if err != nil {
		if fault.Status(err) >= 500 || errors.Is(err, fault.Unauthorized) {
			return false, err
		}
		return false, nil
	}
	return fitting(doc.Object, stamp, author.IRI, item.IRI, of.IRI), nil
}

func fitting(o *vocab.Object, stamp, author, interacting, target string) bool {
	return o != nil && o.Type == "QuoteAuthorization" && o.ID == stamp && o.AttributedTo == author && o.InteractingObject == interacting && o.InteractionTarget == target
}

// settle notes how a quote was found to stand, unless it has changed meanwhile.
func (x *Inbox) settle(ctx context.Context, item *content.Item, state string) error {
	return x.DB.Tx(ctx, func(tx *db.Tx) error {
		now, err := content.StoredByID(ctx, tx, item.ID)
		if err != nil || now.Quote.IRI != item.Quote.IRI || now.Quote.Stamp != item.Quote.Stamp || now.Quote.State != item.Quote.State {
			return err
		}
		to := item.Quote
		to.State = state
		return x.Timelines.SetQuote(ctx, tx, now, to)
	})
}
