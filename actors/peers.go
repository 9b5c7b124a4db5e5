// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
)

// Policies of a peer, and of the hosts below it. An unlisted host is open: what its people may do is decided by each group
// and person.
const (
	PeerOpen    = ""
	PeerAllowed = "allowed"
	PeerNoted   = "noted"   // open, but perhaps without its files or its reports
	PeerLimited = "limited" // its people are silenced
	PeerBlocked = "blocked" // its people are suspended, and there is no contact
)

// Peer is another node as the administrator sees it.
type Peer struct {
	ID            int64     `json:"-"` // of the decision; 0: there is none
	Host          string    `json:"host"`
	Policy        string    `json:"policy"`
	RejectMedia   bool      `json:"reject_media"`
	RejectReports bool      `json:"reject_reports"`
	Note          string    `json:"note"`      // why, for colleagues
	Comment       string    `json:"comment"`   // why, for everybody
	Obfuscate     bool      `json:"obfuscate"` // its name is shown with stars
	Created       time.Time `json:"created"`
	Decided       time.Time `json:"decided,omitzero"`
	Seen          time.Time `json:"seen"`   // last valid signed request from it
	People        int       `json:"people"` // known actors
}

const peerColumns = "p.id, p.host, p.policy, p.reject_media, p.reject_reports, p.note, p.comment, p.obfuscate, p.created, p.decided, p.seen"

func (p *Peer) fields(created, decided, seen *int64) []any {
	return []any{&p.ID, &p.Host, &p.Policy, &p.RejectMedia, &p.RejectReports, &p.Note, &p.Comment, &p.Obfuscate, created, decided, seen}
}

func scanPeer(r db.Scanner) (p Peer, err error) {
	var created, decided, seen int64
	err = r.Scan(p.fields(&created, &decided, &seen)...)
	p.Created, p.Decided, p.Seen = db.FromMillis(created), db.FromMillis(decided), db.FromMillis(seen)
	return p, err
}

// Peers lists the hosts that the administrator named and those whose people we know.
func Peers(ctx context.Context, q db.Q) ([]Peer, error) {
	return db.All(ctx, q, func(r db.Scanner) (p Peer, err error) {
		var created, decided, seen int64
		err = r.Scan(append(p.fields(&created, &decided, &seen), &p.People)...)
		p.Created, p.Decided, p.Seen = db.FromMillis(created), db.FromMillis(decided), db.FromMillis(seen)
		return p, err
	}, "SELECT "+peerColumns+", (SELECT COUNT(*) FROM actors a WHERE a.host = p.host AND a.deleted = 0) FROM peers p ORDER BY p.host")
}

// Decisions lists what was decided about hosts, the last first: those that are allowed, or all the others.
func Decisions(ctx context.Context, q db.Q, allowed bool, p Page) ([]Peer, error) {
	condition, args := "p.id > 0 AND p.policy <> $1", []any{PeerAllowed}
	if allowed {
		condition = "p.id > 0 AND p.policy = $1"
	}
	list, err := db.All(ctx, q, scanPeer, "SELECT "+peerColumns+" FROM peers p WHERE "+condition+p.SQL("p.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list decisions about hosts: %w", err)
	}
	p.Arrange(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list, nil
}

// Decision is one of them by its number.
func Decision(ctx context.Context, q db.Q, id int64) (Peer, error) {
	return db.One(ctx, q, scanPeer, "SELECT "+peerColumns+" FROM peers p WHERE p.id = $1 AND p.id > 0", id)
}

// DecisionOn is what the administrator decided about a host or else about the domain that it is part of; zero: nothing.
func DecisionOn(ctx context.Context, q db.Q, host string) (Peer, error) {
	names, args := db.In(nil, domains(host))
	list, err := db.All(ctx, q, scanPeer, "SELECT "+peerColumns+" FROM peers p WHERE p.id > 0 AND p.host IN ("+names+") ORDER BY LENGTH(p.host) DESC LIMIT 1", args...)
	if err != nil {
		return Peer{}, fmt.Errorf("look what was decided about %s: %w", host, err)
	}
	if len(list) == 0 {
		return Peer{}, nil
	}
	return list[0], nil
}

// domains are a host and the domains that it is part of.
func domains(host string) []string {
	all := []string{host}
	if _, err := netip.ParseAddrPort(host); err == nil {
		return all
	}
	for name := host; strings.Count(name, ".") > 1; {
		_, name, _ = strings.Cut(name, ".")
		all = append(all, name)
	}
	return all
}

// Refused are those of the hosts that there is no contact with: they are blocked, or this node has contact with none but
// those that are allowed (limited federation).
func (d *Directory) Refused(ctx context.Context, q db.Q, hosts []string) (map[string]bool, error) {
	if blocked, err := db.One(ctx, q, db.Scalar[int], "SELECT COUNT(*) FROM peers WHERE id > 0 AND policy = $1", PeerBlocked); err != nil || blocked == 0 && !d.Limited {
		return nil, err // as nearly always: those that are allowed need not be looked through
	}
	type decided struct{ host, policy string }
	all, err := db.All(ctx, q, func(r db.Scanner) (p decided, err error) { return p, r.Scan(&p.host, &p.policy) }, "SELECT host, policy FROM peers WHERE id > 0")
	if err != nil {
		return nil, fmt.Errorf("hosts that there is no contact with: %w", err)
	}
	policies := make(map[string]string, len(all))
	for _, p := range all {
		policies[p.host] = p.policy
	}
	refused := map[string]bool{}
	for _, host := range hosts {
		policy := PeerOpen
		for _, name := range domains(host) {
			if p, known := policies[name]; known {
				policy = p
				break
			}
		}
		refused[host] = d.refuses(host, policy)
	}
	return refused, nil
}

func (d *Directory) refuses(host, policy string) bool {
	return policy == PeerBlocked || d.Limited && policy != PeerAllowed && host != d.Host()
}

// Welcome is nil unless there is no contact with a host.
func (d *Directory) Welcome(ctx context.Context, q db.Q, host string) error {
	p, err := DecisionOn(ctx, q, host)
	if err == nil && d.refuses(host, p.Policy) {
		err = fault.Say(fault.Forbidden, "This node has no contact with %s.", host)
	}
	return err
}

// CheckHost is a host as it is written in ids. It is not this node.
func (d *Directory) CheckHost(host string) (string, error) {
	canonical := federation.Host("https://" + strings.TrimSpace(host) + "/")
	switch {
	case canonical == "":
		return "", fault.Say(fault.Invalid, "%q is not a host name: write it as in samen.gouda.nl, without https:// and without a path.", host)
	case canonical == d.Host():
		return "", fault.Say(fault.Invalid, "%s is this node itself.", host)
	}
	return canonical, nil
}

// Decide keeps a decision about a host, whose name is canonical, and takes back what an earlier one did. It limits or
// suspends the host's people; what that means for what they made and for those who know them is the caller's.
func (d *Directory) Decide(ctx context.Context, tx *db.Tx, p Peer) (Peer, error) {
	fail := func(err error) (Peer, error) { return p, fmt.Errorf("keep decision about %s: %w", p.Host, err) }
	if err := Undecide(ctx, tx, p.Host); err != nil {
		return fail(err)
	}
	p.Decided = time.Now()
	id, err := db.One(ctx, tx, db.Scalar[int64], `INSERT INTO peers (host, policy, note, created, id, decided, reject_media, reject_reports, comment, obfuscate)
		VALUES ($1, $2, $3, $4, $5, $4, $6, $7, $8, $9) ON CONFLICT (host) DO UPDATE SET policy = excluded.policy, note = excluded.note, decided = excluded.decided,
		id = CASE WHEN peers.id > 0 THEN peers.id ELSE excluded.id END, reject_media = excluded.reject_media, reject_reports = excluded.reject_reports,
		comment = excluded.comment, obfuscate = excluded.obfuscate RETURNING id`,
		p.Host, p.Policy, p.Note, db.Millis(p.Decided), d.DB.NewID(), p.RejectMedia, p.RejectReports, p.Comment, p.Obfuscate)
	if err != nil {
		return fail(err)
	}
	p.ID = id
	err = carryOut(ctx, tx, p, p.Host)
	if err == nil && p.RejectMedia {
		of, args := OfHost("a", p.Host, nil)
		_, err = tx.Exec(ctx, "UPDATE actors AS a SET icon = '', image = '', fetched = 0 WHERE "+of, args...)
	}
	if err != nil {
		return fail(err)
	}
	return p, nil
}

// carryOut limits or suspends the people of a host by a decision about it or about the domain that it is part of.
func carryOut(ctx context.Context, tx *db.Tx, p Peer, host string) (err error) {
	of, args := OfHost("a", host, []any{db.Millis(p.Decided)})
	of += " AND NOT EXISTS (SELECT 1 FROM peers n WHERE n.host = a.host AND n.id > 0 AND n.host <> $2)" // what was decided about a part holds
	switch p.Policy {
	case PeerLimited:
		_, err = tx.Exec(ctx, "UPDATE actors AS a SET silenced = $1 WHERE a.silenced = 0 AND "+of, args...)
	case PeerBlocked:
		_, err = tx.Exec(ctx, "UPDATE actors AS a SET suspended = $1 WHERE a.suspended = 0 AND "+of, args...)
	}
	return err
}

// Undecide takes a decision about a host back, with all that it did to its people; what was decided about one of them stays.
func Undecide(ctx context.Context, tx *db.Tx, host string) error {
	decided, err := db.All(ctx, tx, db.Scalar[int64], "SELECT decided FROM peers WHERE host = $1 AND id > 0", host)
	if err != nil || len(decided) == 0 {
		return err
	}
	of, args := OfHost("a", host, []any{decided[0]})
	for _, state := range []string{"silenced", "suspended"} {
		if _, err := tx.Exec(ctx, "UPDATE actors AS a SET "+state+" = 0 WHERE a."+state+" = $1 AND "+of, args...); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, "UPDATE peers SET policy = '', decided = 0, reject_media = FALSE, reject_reports = FALSE, comment = '', obfuscate = FALSE WHERE host = $1", host)
	return err
}

// ForgetDecision removes the decision itself; the host stays known. What was decided about the domain that it is part of
// counts for it again.
func ForgetDecision(ctx context.Context, tx *db.Tx, host string) error {
	if err := Undecide(ctx, tx, host); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE peers SET id = 0, note = '' WHERE host = $1", host); err != nil {
		return err
	}
	above, err := DecisionOn(ctx, tx, host)
	if err != nil {
		return err
	}
	return carryOut(ctx, tx, above, host)
}

// OfHost is the SQL condition for actors of a host and of the hosts below it. It continues the given arguments.
func OfHost(alias, host string, args []any) (string, []any) {
	n := len(args) + 1
	return fmt.Sprintf("NOT %[1]s.local AND (%[1]s.host = $%[2]d OR %[1]s.host LIKE $%[3]d)", alias, n, n+1), append(args, host, "%."+host)
}

// Seen notes a valid signed request of a host, at most once an hour so that it costs nothing.
func (d *Directory) Seen(ctx context.Context, tx *db.Tx, host string) error {
	now := time.Now()
	_, err := tx.Exec(ctx, `INSERT INTO peers (host, policy, created, seen) VALUES ($1, '', $2, $2)
		ON CONFLICT (host) DO UPDATE SET seen = excluded.seen WHERE peers.seen < $3`, host, db.Millis(now), db.Millis(now.Add(-time.Hour)))
	return err
}
