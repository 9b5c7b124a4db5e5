// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation"
)

// GroupFilter narrows a list of groups.
type GroupFilter struct {
	Member ID     // only the groups that this actor is a member of; 0: all that may be known
	Shared bool   // of these, only what the viewer is a member of too
	Text   string // the beginnings of words of the name or the title; "": all
}

// Groups lists the groups that a viewer may know of, the newest first: with a member in the filter those of the member whose
// members everybody may know; without one the public groups of this node; in both cases also those that the viewer is a member of.
func Groups(ctx context.Context, q db.Q, v Viewer, f GroupFilter, p Page) ([]*Actor, error) {
	terms := db.Terms(f.Text)
	if f.Text != "" && len(terms) == 0 {
		return nil, nil
	}
	args := []any{v.ID}
	mine := "a.id IN (SELECT r.object FROM relations r WHERE r.subject = $1 AND r.state = 'active')"
	condition := "(a.local AND a.visibility = 'public' AND a.discoverable OR " + mine + ")"
	if f.Member != 0 {
		args = append(args, f.Member)
		condition = "(a.visibility = 'public' OR " + mine + ") AND a.id IN (SELECT m.object FROM relations m WHERE m.subject = $2 AND m.state = 'active')"
	}
	if f.Shared {
		condition += " AND " + mine
	}
	for _, term := range terms[:min(len(terms), 8)] {
		args = append(args, term, db.Beyond(term))
		condition += fmt.Sprintf(" AND EXISTS (SELECT 1 FROM words w WHERE w.actor = a.id AND w.word >= $%d AND w.word < $%d)", len(args)-1, len(args))
	}
	all, err := db.All(ctx, q, scan, "SELECT "+columns+" FROM actors a WHERE a.kind = 'Group' AND a.deleted = 0 AND a.suspended = 0 AND "+condition+p.SQL("a.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	p.Arrange(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, nil
}

// OnHost tells whether somebody of a host is a member of a group, and whether that host keeps a copy of the list of members.
func OnHost(ctx context.Context, q db.Q, group ID, host string) (member, replica bool, err error) {
	_, err = db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		member = true
		return x, r.Scan(&replica)
	}, "SELECT groups_1 FROM reach WHERE object = $1 AND host = $2", group, host)
	return member, replica, err
}

// MembersHere counts the people of this node who are members of a group.
func MembersHere(ctx context.Context, q db.Q, group ID) (int, error) {
	return db.One(ctx, q, db.Scalar[int], "SELECT COUNT(*) FROM relations r JOIN actors s ON s.id = r.subject AND s.local WHERE r.object = $1 AND r.state = 'active'", group)
}

// MayBelong counts the people of this node who may be members of a group elsewhere without knowing it: they asked, or its home ended
// it, and what it said after that may be lost. Who left is none.
func MayBelong(ctx context.Context, q db.Q, group ID) (int, error) {
	return db.One(ctx, q, db.Scalar[int], `SELECT COUNT(*) FROM relations r JOIN actors s ON s.id = r.subject AND s.local
		WHERE r.object = $1 AND r.state IN ('active', 'requested', 'invited', 'removed', 'banned')`, group)
}

// Shows is the audience of what is posted in the group.
func (a *Actor) Shows() Audience {
	if a.Visibility == VisibilityPublic || a.Visibility == "" {
		return Public
	}
	return Members
}

// MembersOf lists the members of a group, those with one role only when it is given, the newest first. Of a group elsewhere
// those who are known here are listed: our own people.
func MembersOf(ctx context.Context, q db.Q, group ID, role Role, p Page) ([]Related, error) {
	condition, args := "r.object = $1 AND r.state = 'active'", []any{group}
	if role != "" {
		args = append(args, role)
		condition += " AND r.role = $2"
	}
	return listRelated(ctx, q, condition, args, p, func(r *Relation) ID { return r.Subject })
}

// Hold reads a group and keeps others from changing it until the end of the transaction.
func Hold(ctx context.Context, tx *db.Tx, id ID) (*Actor, error) {
	if _, err := tx.Exec(ctx, "UPDATE actors SET seq = seq WHERE id = $1", id); err != nil {
		return nil, fmt.Errorf("hold group %d: %w", id, err)
	}
	return Get(ctx, tx, id)
}

// OwnersOf counts the owners of a group, and holds the group until the end of the transaction, so that two of them cannot
// step down at the same moment.
func OwnersOf(ctx context.Context, tx *db.Tx, group ID) (int, error) {
	if _, err := Hold(ctx, tx, group); err != nil {
		return 0, err
	}
	return db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM relations WHERE object = $1 AND state = 'active' AND role = 'owner'", group)
}

// OrganisationsOf tells how the nodes of these actors call themselves, by host; what is not known here is left out. The
// organisation has an actor of its own on every node of ours; of other software the instance actor tells the name.
func OrganisationsOf(ctx context.Context, q db.Q, of []*Actor) (map[string]string, error) {
	var iris []string
	seen := map[string]bool{}
	for _, a := range of {
		if origin := federation.Origin(a.IRI); !seen[origin] {
			seen[origin] = true
			iris = append(iris, origin+"/org", origin+"/actor")
		}
	}
	known, err := ByIRIs(ctx, q, iris)
	if err != nil {
		return nil, fmt.Errorf("names of organisations: %w", err)
	}
	return titles(known), nil
}

// titles are the names that the organisations among these actors give themselves, by host.
func titles(known []*Actor) map[string]string {
	names := map[string]string{}
	for _, kind := range []string{Application, Organization} { // the last has the last word
		for _, a := range known {
			if at := strings.TrimPrefix(a.IRI, federation.Origin(a.IRI)); a.Kind == kind && a.Title != "" && (at == "/org" || at == "/actor") {
				names[a.Host] = a.Title
			}
		}
	}
	return names
}

// Organisation is a node as those see it who work with its people.
type Organisation struct {
	Host, Title    string // Title "": it has not told
	People, Groups int64  // that are known here; of the groups those that everybody may know
	Seen           time.Time
}

// Organisations lists the nodes whose people or groups are known here, this one included and without the blocked ones, by
// host name, from the one after a name on.
func Organisations(ctx context.Context, q db.Q, after string, limit int) ([]Organisation, error) {
	// From one host to the next by the index: reading every actor to find a few hosts would take long.
	hosts, err := db.All(ctx, q, db.Scalar[string], `WITH RECURSIVE next (host) AS (
			SELECT MIN(a.host) FROM actors a WHERE a.host > $1 AND a.deleted = 0
			UNION ALL SELECT (SELECT MIN(a.host) FROM actors a WHERE a.host > next.host AND a.deleted = 0) FROM next WHERE next.host IS NOT NULL)
		SELECT next.host FROM next WHERE next.host IS NOT NULL AND next.host NOT IN (SELECT p.host FROM peers p WHERE p.policy = 'blocked') LIMIT $2`, after, limit)
	if err != nil || len(hosts) == 0 {
		return nil, err
	}
	all := make([]Organisation, len(hosts))
	at := map[string]*Organisation{}
	for i, host := range hosts {
		all[i].Host = host
		at[host] = &all[i]
	}
	marks, args := db.In(nil, hosts)
	count := func(of func(*Organisation) *int64, condition string) error {
		_, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
			var host string
			var n int64
			err = r.Scan(&host, &n)
			*of(at[host]) = n
			return x, err
		}, "SELECT a.host, COUNT(*) FROM actors a WHERE a.host IN ("+marks+") AND a.deleted = 0 AND "+condition+" GROUP BY a.host", args...)
		if err != nil {
			return fmt.Errorf("count people and groups of organisations: %w", err)
		}
		return nil
	}
	if err := count(func(o *Organisation) *int64 { return &o.People }, "a.kind = 'Person'"); err != nil {
		return nil, err
	}
	if err := count(func(o *Organisation) *int64 { return &o.Groups }, "a.kind = 'Group' AND a.visibility = 'public' AND a.suspended = 0"); err != nil {
		return nil, err
	}
	_, err = db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var host string
		var seen int64
		err = r.Scan(&host, &seen)
		at[host].Seen = db.FromMillis(seen)
		return x, err
	}, "SELECT host, seen FROM peers WHERE host IN ("+marks+")", args...)
	if err != nil {
		return nil, fmt.Errorf("peers: %w", err)
	}
	names, err := TitlesOf(ctx, q, hosts)
	for i := range all {
		all[i].Title = names[all[i].Host]
	}
	return all, err
}

// TitlesOf tells how the organisations of these hosts call themselves; what is not known here is left out.
func TitlesOf(ctx context.Context, q db.Q, hosts []string) (map[string]string, error) {
	if len(hosts) == 0 {
		return nil, nil
	}
	marks, args := db.In(nil, hosts)
	heads, err := db.All(ctx, q, scan, "SELECT "+columns+" FROM actors a WHERE a.host IN ("+marks+") AND a.kind IN ('Application', 'Organization') AND a.deleted = 0", args...)
	if err != nil {
		return nil, fmt.Errorf("names of organisations: %w", err)
	}
	return titles(heads), nil
}
