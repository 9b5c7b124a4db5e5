// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Subscription is where a client of one of ours wants notifications to be pushed to; one for a token.
type Subscription struct {
	ID       int64 // small: clients read 32 bits
	Token    int64
	Owner    actors.ID
	Bearer   []byte // the token itself, sealed: a push names the account by it
	Endpoint string
	Key      []byte // of the client: see federation.Push
	Secret   []byte
	Standard bool
	Alerts   []string // kinds of notifications
	Policy   string   // all, followed, follower, none: of whom
}

// JobPush is the kind of job that pushes one notification to one subscription: see Pushed.
const JobPush = "push"

// Pushed is the payload of JobPush.
type Pushed struct {
	Notification int64
	Token        int64
}

const subscriptionColumns = "id, token, owner, bearer, endpoint, p256dh, auth, standard, alerts, policy"

func scanSubscription(r db.Scanner) (s Subscription, err error) {
	var alerts string
	err = r.Scan(&s.ID, &s.Token, &s.Owner, &s.Bearer, &s.Endpoint, &s.Key, &s.Secret, &s.Standard, &alerts, &s.Policy)
	s.Alerts = strings.Fields(alerts)
	return s, err
}

// alertText has a blank around each kind, for a search by LIKE.
func alertText(kinds []string) string { return " " + strings.Join(kinds, " ") + " " }

// Subscribe keeps a subscription in the place of an earlier one of the same token.
func (t *Timelines) Subscribe(ctx context.Context, s Subscription) (Subscription, error) {
	err := t.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		if s.ID, err = db.One(ctx, tx, db.Scalar[int64], "SELECT COALESCE(MAX(id), 0) + 1 FROM pushes"); err != nil {
			return err
		}
		s, err = db.One(ctx, tx, scanSubscription, `INSERT INTO pushes (`+subscriptionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (token) DO UPDATE SET bearer = excluded.bearer, endpoint = excluded.endpoint, p256dh = excluded.p256dh, auth = excluded.auth,
				standard = excluded.standard, alerts = excluded.alerts, policy = excluded.policy
			RETURNING `+subscriptionColumns, s.ID, s.Token, s.Owner, s.Bearer, s.Endpoint, s.Key, s.Secret, s.Standard, alertText(s.Alerts), s.Policy)
		return err
	})
	if err != nil {
		return s, fmt.Errorf("keep a push subscription of %d: %w", s.Owner, err)
	}
	return s, nil
}

// Subscription returns the subscription of a token, or fault.NotFound.
func (t *Timelines) Subscription(ctx context.Context, token int64) (Subscription, error) {
	s, err := db.One(ctx, t.DB, scanSubscription, "SELECT "+subscriptionColumns+" FROM pushes WHERE token = $1", token)
	if errors.Is(err, fault.NotFound) {
		err = fault.Say(fault.NotFound, "This application has no push subscription.")
	}
	return s, err
}

// Unsubscribe forgets the subscription of a token; with an endpoint only when it is still that one.
func (t *Timelines) Unsubscribe(ctx context.Context, token int64, endpoint string) error {
	if _, err := t.DB.Exec(ctx, "DELETE FROM pushes WHERE token = $1 AND ($2 = '' OR endpoint = $2)", token, endpoint); err != nil {
		return fmt.Errorf("forget a push subscription: %w", err)
	}
	return nil
}

// push plans that a new notification is pushed, to each of the owner's clients that wants this kind of this person.
func (t *Timelines) push(ctx context.Context, tx *db.Tx, id int64, owner actors.ID, kind string, who actors.ID) error {
	tokens, err := db.All(ctx, tx, db.Scalar[int64], `SELECT p.token FROM pushes p WHERE p.owner = $1 AND p.alerts LIKE $2 AND (p.policy = 'all'
		OR p.policy = 'followed' AND EXISTS (SELECT 1 FROM relations r WHERE r.subject = $1 AND r.object = $3 AND r.state = 'active')
		OR p.policy = 'follower' AND EXISTS (SELECT 1 FROM relations r WHERE r.subject = $3 AND r.object = $1 AND r.state = 'active'))`,
		owner, "% "+kind+" %", who)
	if err != nil {
		return fmt.Errorf("where to push notifications of %d: %w", owner, err)
	}
	for _, token := range tokens {
		if err := t.Jobs.Add(ctx, tx, JobPush, "", Pushed{id, token}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}
