// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// States of a quote (FEP-044f). Only an accepted one is shown.
const (
	QuotePending      = "pending"      // its author has not answered, or the stamp has not been checked
	QuoteAccepted     = "accepted"     // by a stamp of its author, or it is the author's own
	QuoteRejected     = "rejected"     // by its author
	QuoteRevoked      = "revoked"      // accepted before
	QuoteDeleted      = "deleted"      // what was quoted is gone
	QuoteUnauthorized = "unauthorized" // never asked for, as servers without approvals do, or with a stamp that does not fit
)

// Who may quote: the policies that our people choose from, and those that others have besides.
const (
	PolicyPublic      = "public"
	PolicyFollowers   = "followers"
	PolicyFollowing   = "following" // whom the author follows
	PolicyNobody      = "nobody"    // but the author
	PolicyUnsupported = "unsupported_policy"
)

// QuoteRule says who may quote an item without and who with its author's approval, in words of policies.
type QuoteRule struct {
	Automatic []string `json:"automatic"`
	Manual    []string `json:"manual"`
}

// QuoteRule is who may quote the item, besides its author. What is not for everybody is quoted by nobody else.
func (i *Item) QuoteRule() (r QuoteRule) {
	switch {
	case i.Audience > actors.Unlisted || i.BoostOf != 0:
	case !i.Local:
		if i.QuotePolicy == "" || json.Unmarshal([]byte(i.QuotePolicy), &r) != nil {
			return QuoteRule{}
		}
	case i.QuotePolicy == "":
		r.Automatic = []string{PolicyPublic}
	case i.QuotePolicy != PolicyNobody:
		r.Automatic = []string{i.QuotePolicy}
	}
	return r
}

// Answers to the question whether somebody may quote an item, as clients name them.
const (
	QuoteAutomatic = "automatic"
	QuoteManual    = "manual"
	QuoteDenied    = "denied"
	QuoteUnknown   = "unknown" // the policy says something that is not understood here
)

// Personal tells whether the answer depends on how who asks stands to the author.
func (r QuoteRule) Personal() bool {
	personal := func(policy string) bool { return policy == PolicyFollowers || policy == PolicyFollowing }
	return slices.ContainsFunc(r.Automatic, personal) || slices.ContainsFunc(r.Manual, personal)
}

// MayQuote tells whether somebody may quote the item; follows and followed are how they stand to its author.
func (i *Item) MayQuote(who actors.ID, follows, followed bool) string {
	return i.QuoteRule().MayQuote(i, who, follows, followed)
}

// MayQuote tells whether somebody may quote the item, whose rule it is; follows and followed are how they stand to its author.
func (r QuoteRule) MayQuote(i *Item, who actors.ID, follows, followed bool) string {
	among := func(policies []string) bool {
		return slices.Contains(policies, PolicyPublic) || follows && slices.Contains(policies, PolicyFollowers) || followed && slices.Contains(policies, PolicyFollowing)
	}
	switch {
	case who == 0 || i.Audience == actors.Direct:
		return QuoteDenied
	case who == i.Author || among(r.Automatic):
		return QuoteAutomatic
	case among(r.Manual):
		return QuoteManual
	case slices.Contains(r.Automatic, PolicyUnsupported) || slices.Contains(r.Manual, PolicyUnsupported):
		return QuoteUnknown
	}
	return QuoteDenied
}

// ruleFromWire reads interactionPolicy.canQuote. Without one nobody may quote, as Mastodon has it.
func ruleFromWire(p *vocab.InteractionPolicy, author *actors.Actor) string {
	if p == nil || p.CanQuote == nil {
		return ""
	}
	words := func(iris []string) []string {
		all := []string{}
		for _, iri := range iris {
			word := PolicyUnsupported
			switch iri {
			case author.IRI, "":
				continue
			case vocab.Public:
				word = PolicyPublic
			case author.Followers:
				word = PolicyFollowers
			case author.Following:
				word = PolicyFollowing
			}
			if !slices.Contains(all, word) {
				all = append(all, word)
			}
		}
		return all
	}
	text, err := json.Marshal(QuoteRule{words(p.CanQuote.Automatic), words(p.CanQuote.Manual)})
	if err != nil {
		panic(err) // lists of words always marshal
	}
	return string(text)
}

// ruleToWire is interactionPolicy.canQuote of one of our items.
func ruleToWire(i *Item, author *actors.Actor) *vocab.InteractionPolicy {
	r := &vocab.Rule{Automatic: []string{author.IRI}}
	switch rule := i.QuoteRule(); {
	case slices.Contains(rule.Automatic, PolicyPublic):
		r.Automatic = []string{vocab.Public}
	case slices.Contains(rule.Automatic, PolicyFollowers):
		r.Automatic = []string{author.Followers}
	}
	return &vocab.InteractionPolicy{CanQuote: r}
}

// quoteFromWire reads what an object of somebody else quotes, and how that stands before any stamp has been checked: what one of ours wrote is
// quoted as we have decided ourselves, which a new item cannot claim.
func quoteFromWire(ctx context.Context, q db.Q, o *vocab.Object, author *actors.Actor) (Quote, error) {
	if o.Quote == o.ID || federation.CheckID(o.Quote) != nil {
		return Quote{}, nil
	}
	quote := Quote{IRI: o.Quote, State: QuotePending}
	if federation.CheckID(o.QuoteAuthorization) == nil {
		quote.Stamp = o.QuoteAuthorization
	}
	if o.QuoteLegacy && quote.Stamp == "" {
		quote.State = QuoteUnauthorized
	}
	of, err := Stored(ctx, q, o.Quote)
	switch {
	case errors.Is(err, fault.NotFound):
		gone, err := Buried(ctx, q, o.Quote)
		if gone {
			quote.State = QuoteDeleted
		}
		return quote, err
	case err != nil:
		return quote, fmt.Errorf("what %s quotes: %w", o.ID, err)
	case of.BoostOf != 0:
		return Quote{}, nil
	case of.Author == author.ID:
		quote.State = QuoteAccepted
	}
	if of.Local {
		quote.Stamp = ""
	}
	quote.Of = of.ID
	return quote, nil
}

// SetQuote changes how the quote of an item stands, and the count of what is quoted.
func (l *Library) SetQuote(ctx context.Context, tx *db.Tx, i *Item, to Quote) error {
	fail := func(err error) error { return fmt.Errorf("quote of %s: %w", i.IRI, err) }
	before, err := StoredByID(ctx, tx, i.ID) // i may have been read before the transaction
	if err != nil {
		return fail(err)
	}
	if _, err := tx.Exec(ctx, "UPDATE items SET quote_of = $1, quote_iri = $2, quote_state = $3, quote_stamp = $4 WHERE id = $5",
		to.Of, to.IRI, to.State, to.Stamp, i.ID); err != nil {
		return fail(err)
	}
	if err := countQuote(ctx, tx, before.Quote, -1); err != nil {
		return fail(err)
	}
	i.Quote = to
	return countQuote(ctx, tx, to, 1)
}

func countQuote(ctx context.Context, tx *db.Tx, q Quote, step int) error {
	if q.Of == 0 || q.State != QuoteAccepted {
		return nil
	}
	_, err := tx.Exec(ctx, "UPDATE items SET quotes_count = quotes_count + $1 WHERE id = $2", step, q.Of)
	return err
}

// SetQuotePolicy changes who may quote an item.
func SetQuotePolicy(ctx context.Context, tx *db.Tx, i *Item, policy string) error {
	i.QuotePolicy = policy
	_, err := tx.Exec(ctx, "UPDATE items SET quote_policy = $1 WHERE id = $2", policy, i.ID)
	return err
}

// adoptQuotes ties an item that has come to those that quoted it before; an author's own are accepted with that.
func adoptQuotes(ctx context.Context, tx *db.Tx, of *Item) error {
	states, err := db.All(ctx, tx, db.Scalar[string], `UPDATE items SET quote_of = $1, quote_state = CASE WHEN author = $2 THEN 'accepted' ELSE quote_state END
		WHERE quote_iri = $3 AND quote_of = 0 AND quote_iri <> '' AND quote_state <> 'deleted' RETURNING quote_state`, of.ID, of.Author, of.IRI)
	if err != nil {
		return err
	}
	for _, state := range states {
		if err := countQuote(ctx, tx, Quote{Of: of.ID, State: state}, 1); err != nil {
			return err
		}
	}
	return nil
}

// bereaveQuotes lets those that quote an item know that it goes.
func bereaveQuotes(ctx context.Context, tx *db.Tx, of ID) error {
	_, err := tx.Exec(ctx, `UPDATE items SET quote_of = 0, quote_stamp = '', quote_state = CASE WHEN quote_state IN ('pending', 'accepted', 'revoked') THEN 'deleted' ELSE quote_state END
		WHERE quote_of = $1 AND quote_of > 0`, of)
	return err
}

// Quoting lists the items that quote another and have been allowed to, for the node itself: never for showing.
func Quoting(ctx context.Context, q db.Q, of ID) ([]*Item, error) {
	return Listed(ctx, q, "i.quote_of = $1 AND i.quote_of > 0 AND i.quote_state = 'accepted' ORDER BY i.id LIMIT 1000", []any{of})
}

// Stamped lists the items that show a stamp, for the node itself. More than one does only when somebody shows another's.
func Stamped(ctx context.Context, q db.Q, stamp string) ([]*Item, error) {
	return Listed(ctx, q, "i.quote_stamp = $1 AND i.quote_stamp <> '' ORDER BY i.id LIMIT 100", []any{stamp})
}

// Stamp is the QuoteAuthorization of one of our items, by which everybody can check that it may be quoted there. It is for whoever may see both items. Who
// may see what somebody elsewhere wrote for a few is not known here: of that every node that asks in its own name is told, because followers' nodes must.
func Stamp(ctx context.Context, q db.Q, viewer actors.Viewer, stamp string) (*vocab.Object, error) {
	unknown := fault.Say(fault.NotFound, "This permission does not exist, or you may not see it.")
	stamped, err := Stamped(ctx, q, stamp)
	if err != nil {
		return nil, err
	}
	if len(stamped) != 1 || stamped[0].Quote.State != QuoteAccepted || stamped[0].Hidden >= 2 {
		return nil, unknown
	}
	quoting := stamped[0]
	if quoting.Local || viewer.Host == "" {
		if quoting, err = Get(ctx, q, viewer, quoting.ID); err != nil {
			return nil, err
		}
	}
	of, err := Get(ctx, q, viewer, quoting.Quote.Of)
	if err != nil {
		return nil, err
	}
	if !of.Local {
		return nil, unknown
	}
	author, err := actors.Get(ctx, q, of.Author)
	if err != nil {
		return nil, err
	}
	return StampObject(author, of, quoting), nil
}

// StampObject writes the QuoteAuthorization by which an author lets an item be quoted.
func StampObject(author *actors.Actor, of, quoting *Item) *vocab.Object {
	return &vocab.Object{ID: quoting.Quote.Stamp, Type: "QuoteAuthorization", AttributedTo: author.IRI, InteractingObject: quoting.IRI, InteractionTarget: of.IRI}
}
