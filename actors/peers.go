// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
)

// Policies of a peer. An unlisted host is open: what its people may do is decided by each group and person.
const (
	PeerOpen    = ""
	PeerAllowed = "allowed"
	PeerBlocked = "blocked"
)

// Peer is another node as the administrator sees it.
type Peer struct {
	Host    string    `json:"host"`
	Policy  string    `json:"policy"`
	Note    string    `json:"note"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"`   // last valid signed request from it
	People  int       `json:"people"` // known actors
}

// Peers lists the hosts that the administrator named and those whose people we know.
func Peers(ctx context.Context, q db.Q) ([]Peer, error) {
	return db.All(ctx, q, func(r db.Scanner) (p Peer, err error) {
		var created, seen int64
		err = r.Scan(&p.Host, &p.Policy, &p.Note, &created, &seen, &p.People)
		p.Created, p.Seen = db.FromMillis(created), db.FromMillis(seen)
		return p, err
	}, `SELECT p.host, p.policy, p.note, p.created, p.seen, (SELECT COUNT(*) FROM actors a WHERE a.host = p.host AND a.deleted = 0) FROM peers p ORDER BY p.host`)
}

// PolicyOf tells what the administrator decided about a host.
func PolicyOf(ctx context.Context, q db.Q, host string) (string, error) {
	policy, err := db.One(ctx, q, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }, "SELECT policy FROM peers WHERE host = $1", host)
	if errors.Is(err, fault.NotFound) {
		return PeerOpen, nil
	}
	return policy, err
}

// SetPolicy keeps a decision about a host. Blocking a host ends what its people had with ours (groups-1 §11).
func (d *Directory) SetPolicy(ctx context.Context, tx *db.Tx, host, policy, note string) error {
	canonical := federation.Host("https://" + host + "/")
	switch {
	case canonical == "":
		return fault.Say(fault.Invalid, "%q is not a host name: write it as in samen.gouda.nl, without https:// and without a path.", host)
	case canonical == d.Host():
		return fault.Say(fault.Invalid, "%s is this node itself.", host)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO peers (host, policy, note, created) VALUES ($1, $2, $3, $4)
		ON CONFLICT (host) DO UPDATE SET policy = excluded.policy, note = excluded.note`, canonical, policy, note, db.Millis(time.Now())); err != nil {
		return fmt.Errorf("keep policy of %s: %w", host, err)
	}
	if policy != PeerBlocked {
		return nil
	}
	relations, err := db.All(ctx, tx, scanRelation, "SELECT "+relationColumns+` FROM relations r JOIN actors s ON s.id = r.subject JOIN actors o ON o.id = r.object
		WHERE (s.host = $1 OR o.host = $1) AND r.state IN ('active', 'requested', 'invited')`, canonical)
	if err != nil {
		return fmt.Errorf("find relations with %s: %w", host, err)
	}
	for _, r := range relations {
		known, err := Many(ctx, tx, []ID{r.Subject, r.Object})
		if err != nil {
			return err
		}
		if subject, object := known[r.Subject], known[r.Object]; subject != nil && object != nil {
			if _, err := d.End(ctx, tx, subject, object, Removed); err != nil {
				return err
			}
		}
	}
	return nil
}

// Seen notes a valid signed request of a host, at most once an hour so that it costs nothing.
func (d *Directory) Seen(ctx context.Context, tx *db.Tx, host string) error {
	now := time.Now()
	_, err := tx.Exec(ctx, `INSERT INTO peers (host, policy, created, seen) VALUES ($1, '', $2, $2)
		ON CONFLICT (host) DO UPDATE SET seen = excluded.seen WHERE peers.seen < $3`, host, db.Millis(now), db.Millis(now.Add(-time.Hour)))
	return err
}
