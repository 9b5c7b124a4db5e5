// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
)

// State of a relation. Only Active gives rights.
type State string

// The states (groups-1 §5).
const (
	None      State = ""
	Requested State = "requested"
	Invited   State = "invited"
	Active    State = "active"
	Left      State = "left"
	Removed   State = "removed"
	Banned    State = "banned"
)

// Role of an active relation.
type Role string

// The roles, weakest first. Follower is the only one outside groups.
const (
	RoleFollower  Role = "follower"
	RoleGuest     Role = "guest"
	RoleMember    Role = "member"
	RoleModerator Role = "moderator"
	RoleOwner     Role = "owner"
)

// Staff tells whether the role decides about others.
func (r Role) Staff() bool { return r == RoleModerator || r == RoleOwner }

// InGroup tells whether it is a role of a group.
func (r Role) InGroup() bool {
	return r == RoleGuest || r == RoleMember || r == RoleModerator || r == RoleOwner
}

// Relation is a following, or a membership of a group.
type Relation struct {
	ID              int64
	Subject, Object ID
	State           State
	Role            Role
	Since, Updated  time.Time
	Until           time.Time
	Record          string // last part of the id of the record of a membership (groups-1)
	Seq             int64  // number of its last change in the group's log
	InvitedBy       ID
	Invitation      string    // id of the last activity that invited
	Expires         time.Time // until when that could be accepted
	Request         Request
	Boosts, Notify  bool
	Languages       []string // of the object's posts that the subject wants to see; none: all
}

// Request is the Follow or Join that asked for the relation; the answer quotes it.
type Request struct {
	ID      string // its ActivityPub id
	As      string // Follow or Join
	Message string // introduction, plain text
}

const bareColumns = "id, subject, object, state, role, since, updated, until, record, seq, invited_by, invitation, expires, request, request_as, message, boosts, notify, languages"

const relationColumns = "r.id, r.subject, r.object, r.state, r.role, r.since, r.updated, r.until, r.record, r.seq, r.invited_by, r.invitation, r.expires, r.request, r.request_as, r.message, r.boosts, r.notify, r.languages"

func scanRelation(row db.Scanner) (*Relation, error) {
	var r Relation
	var since, updated, until, expires int64
	var languages string
	err := row.Scan(&r.ID, &r.Subject, &r.Object, &r.State, &r.Role, &since, &updated, &until, &r.Record, &r.Seq, &r.InvitedBy, &r.Invitation, &expires, &r.Request.ID, &r.Request.As, &r.Request.Message, &r.Boosts, &r.Notify, &languages)
	r.Languages = strings.Fields(languages)
	r.Since, r.Updated, r.Until, r.Expires = db.FromMillis(since), db.FromMillis(updated), db.FromMillis(until), db.FromMillis(expires)
	return &r, err
}

// RelationOf returns how subject stands to object; State is None when they never met.
func RelationOf(ctx context.Context, q db.Q, subject, object ID) (*Relation, error) {
	r, err := db.One(ctx, q, scanRelation, "SELECT "+relationColumns+" FROM relations r WHERE r.subject = $1 AND r.object = $2", subject, object)
	if errors.Is(err, fault.NotFound) {
		return &Relation{Subject: subject, Object: object}, nil
	}
	return r, err
}

// RoleOf returns the role of an active relation, "" when there is none.
func RoleOf(ctx context.Context, q db.Q, subject, object ID) (Role, error) {
	r, err := RelationOf(ctx, q, subject, object)
	if err != nil || r.State != Active {
		return "", err
	}
	return r.Role, nil
}

// Ask is a Follow or Join of somebody: it becomes active at once where the object is open, and a request where it is not.
// A repeated question changes nothing and returns what stands. The object is one of ours: others decide for theirs (Requesting).
func (d *Directory) Ask(ctx context.Context, tx *db.Tx, subject, object *Actor, request Request) (*Relation, error) {
	if err := d.mayAsk(ctx, tx, subject, object); err != nil {
		return nil, err
	}
	r, err := RelationOf(ctx, tx, subject.ID, object.ID)
	switch {
	case err != nil:
		return nil, err
	case r.State == Banned && (r.Until.IsZero() || time.Now().Before(r.Until)):
		return nil, fault.Say(fault.Forbidden, "%s may not join %s.", subject.Handle(), object.Handle())
	case r.State == Active, r.State == Requested:
		if request.ID != "" && request.ID != r.Request.ID { // it asks again because it lost our answer: answer the new question
			r.Request = request
			_, err = tx.Exec(ctx, "UPDATE relations SET request = $1, request_as = $2 WHERE id = $3", request.ID, request.As, r.ID)
		}
		return r, err
	case r.Invites() && object.admits(subject) == nil:
		return d.admit(ctx, tx, subject, object, r.Role, request, Why{})
	case object.IsGroup() && object.Visibility == VisibilityHidden:
		return nil, fault.Say(fault.NotFound, "This account is not known here.") // no answer either: it would tell that there is something
	case object.IsGroup() && object.JoinPolicy == JoinInvite:
		return nil, fault.Say(fault.Forbidden, "People join %s by invitation: ask one of its members.", object.Handle())
	case object.admitsAtOnce(subject):
		return d.admit(ctx, tx, subject, object, "", request, Why{})
	}
	if err := object.admits(subject); err != nil {
		return nil, err
	}
	if err := object.hears(request); err != nil {
		return nil, err
	}
	return d.set(ctx, tx, subject, object, Requested, "", request, Why{})
}

// Requesting notes that one of ours has asked somebody elsewhere.
func (d *Directory) Requesting(ctx context.Context, tx *db.Tx, subject, object *Actor, request Request) (*Relation, error) {
	if err := d.mayAsk(ctx, tx, subject, object); err != nil {
		return nil, err
	}
	r, err := RelationOf(ctx, tx, subject.ID, object.ID)
	if err != nil || r.State == Active || r.State == Requested {
		return r, err
	}
	if object.IsGroup() { // its home would refuse, and cannot say it as clearly
		if err := object.Ended(); err != nil {
			return nil, err
		}
		if err := object.hears(request); err != nil && object.JoinPolicy == JoinRequest && r.State != Invited {
			return nil, err
		}
	}
	return d.set(ctx, tx, subject, object, Requested, "", request, Why{})
}

func (d *Directory) mayAsk(ctx context.Context, q db.Q, subject, object *Actor) error {
	switch {
	case subject.ID == object.ID:
		return fault.Say(fault.Forbidden, "You cannot follow yourself.")
	case !object.Active():
		return fault.Say(fault.NotFound, "%s is not there.", object.Handle())
	case object.MovedTo != "":
		return fault.Say(fault.Forbidden, "%s has moved to %s: follow the new account.", object.Handle(), object.MovedTo)
	}
	unwanted, err := blocksDomainOf(ctx, q, subject.ID, object)
	if err != nil {
		return err
	}
	if unwanted {
		return fault.Say(fault.Forbidden, "You block %s: take that back before you follow somebody there.", object.Domain)
	}
	blocked, err := Blocked(ctx, q, object.ID, subject.ID)
	if err == nil && !blocked {
		blocked, err = blocksDomainOf(ctx, q, object.ID, subject)
	}
	if err == nil && blocked {
		err = fault.Say(fault.Forbidden, "%s cannot be followed.", object.Handle())
	}
	return err
}

// Admit makes the relation active. Once it is, it stays as it is.
func (d *Directory) Admit(ctx context.Context, tx *db.Tx, subject, object *Actor, why ...Why) (*Relation, error) {
	return d.admit(ctx, tx, subject, object, "", Request{}, because(why))
}

func (d *Directory) admit(ctx context.Context, tx *db.Tx, subject, object *Actor, role Role, request Request, why Why) (*Relation, error) {
	r, err := RelationOf(ctx, tx, subject.ID, object.ID)
	if err != nil || r.State == Active && (role == "" || role == r.Role) {
		return r, err
	}
	if r.State != Active {
		if err := object.admits(subject); err != nil {
			return nil, err
		}
	}
	if request.ID == "" {
		request = r.Request
	}
	return d.set(ctx, tx, subject, object, Active, role, request, why)
}

// End ends an active or asked relation: Left by the subject, Removed by the object. It reports whether anything changed.
// The last owner of a group cannot leave it.
func (d *Directory) End(ctx context.Context, tx *db.Tx, subject, object *Actor, state State, why ...Why) (bool, error) {
	r, err := RelationOf(ctx, tx, subject.ID, object.ID)
	if err != nil || r.State != Active && r.State != Requested && r.State != Invited {
		return false, err
	}
	if state == Left && object.IsGroup() && (object.Local || object.Groups1) && r.State == Active && r.Role == RoleOwner {
		owners, err := OwnersOf(ctx, tx, object.ID)
		if err != nil {
			return false, err
		}
		if owners <= 1 {
			return false, fault.Say(fault.Forbidden, "You are the only owner of %s: make somebody else owner first.", object.Handle())
		}
	}
	_, err = d.set(ctx, tx, subject, object, state, r.Role, r.Request, because(why))
	return err == nil, err
}

// Ban keeps an actor out of a group, a member or not, until the time that why tells.
func (d *Directory) Ban(ctx context.Context, tx *db.Tx, subject, object *Actor, why ...Why) error {
	r, err := RelationOf(ctx, tx, subject.ID, object.ID)
	if err == nil {
		_, err = d.set(ctx, tx, subject, object, Banned, r.Role, r.Request, because(why))
	}
	return err
}

// Unban lets a banned actor ask again.
func (d *Directory) Unban(ctx context.Context, tx *db.Tx, subject, object *Actor, why ...Why) error {
	r, err := RelationOf(ctx, tx, subject.ID, object.ID)
	if err != nil || r.State != Banned {
		return err
	}
	_, err = d.set(ctx, tx, subject, object, Left, r.Role, r.Request, because(why))
	return err
}

// Vacate ends the memberships of an actor in the groups of this node, the last owner's too: it goes on elsewhere as another.
func (d *Directory) Vacate(ctx context.Context, tx *db.Tx, subject *Actor) error {
	relations, err := db.All(ctx, tx, scanRelation, "SELECT "+relationColumns+` FROM relations r JOIN actors g ON g.id = r.object AND g.local AND g.kind = 'Group'
		WHERE r.subject = $1 AND r.state IN ('active', 'requested', 'invited')`, subject.ID)
	if err != nil {
		return fmt.Errorf("groups of %s: %w", subject.IRI, err)
	}
	for _, r := range relations {
		group, err := Get(ctx, tx, r.Object)
		if err != nil {
			return err
		}
		if _, err := d.set(ctx, tx, subject, group, Left, r.Role, r.Request, Why{}); err != nil {
			return err
		}
	}
	return nil
}

// Appoint makes one of ours, or a member, a member of a group of ours with a role, whatever it was before, and also when the group
// admits nobody any more.
func (d *Directory) Appoint(ctx context.Context, tx *db.Tx, subject, group *Actor, role Role, why Why) error {
	r, err := RelationOf(ctx, tx, subject.ID, group.ID)
	if err == nil {
		_, err = d.set(ctx, tx, subject, group, Active, role, r.Request, why)
	}
	return err
}

// SetRole changes what an active member may do.
func (d *Directory) SetRole(ctx context.Context, tx *db.Tx, subject, object *Actor, role Role, why ...Why) error {
	r, err := RelationOf(ctx, tx, subject.ID, object.ID)
	switch {
	case err != nil:
	case r.State != Active:
		err = fault.Say(fault.NotFound, "%s is not a member of %s.", subject.Handle(), object.Handle())
	case object.Local:
		err = CanBe(subject, object, r, role)
	}
	if err == nil {
		_, err = d.set(ctx, tx, subject, object, Active, role, r.Request, because(why))
	}
	if err != nil {
		return fmt.Errorf("make %s %s of %s: %w", subject.IRI, role, object.IRI, err)
	}
	return nil
}

// CanBe tells whether a member of a group can get a role.
func CanBe(member, group *Actor, r *Relation, role Role) error {
	if r.Role == RoleGuest && role != RoleGuest {
		return fault.Say(fault.Forbidden, "%s is a guest of %s, and guests get no other role: invite this person as a member when the stay has ended.", member.Handle(), group.Handle())
	}
	return nil
}

// Choose keeps the subject's own choices about what it sees of the object.
func Choose(ctx context.Context, tx *db.Tx, r *Relation, boosts, notify bool) error {
	_, err := tx.Exec(ctx, "UPDATE relations SET boosts = $1, notify = $2 WHERE id = $3", boosts, notify, r.ID)
	r.Boosts, r.Notify = boosts, notify
	return err
}

// ChooseLanguages keeps in which languages the subject wants to see the object's posts; none: all.
func ChooseLanguages(ctx context.Context, tx *db.Tx, r *Relation, languages []string) error {
	text := ""
	if len(languages) > 0 { // a blank on both sides of each, so that home finds one by LIKE
		text = " " + strings.Join(languages, " ") + " "
	}
	_, err := tx.Exec(ctx, "UPDATE relations SET languages = $1 WHERE id = $2", text, r.ID)
	r.Languages = languages
	return err
}

// set moves a relation to a state and keeps counts and reach in step: the only place that writes them.
func (d *Directory) set(ctx context.Context, tx *db.Tx, subject, object *Actor, state State, role Role, request Request, why Why) (*Relation, error) {
	if role == "" {
		role = RoleFollower
		if object.IsGroup() {
			role = RoleMember
		}
	}
	// The row is taken first, so that two transactions on PostgreSQL count one change once.
	var before State
	var had Role
	now := db.Millis(time.Now())
	id := d.DB.NewID()
	if err := tx.Row(ctx, `INSERT INTO relations (id, subject, object, state, role, since, updated, record) VALUES ($1, $2, $3, '', $4, $5, $5, $6)
		ON CONFLICT (subject, object) DO UPDATE SET updated = excluded.updated RETURNING state, role`, id, subject.ID, object.ID, role, now, fmt.Sprintf("m-%d", id)).Scan(&before, &had); err != nil {
		return nil, fmt.Errorf("relate %s to %s: %w", subject.IRI, object.IRI, err)
	}
	// Until is of guests, and of bans; and who comes anew was not invited by who did that the last time.
	r, err := db.One(ctx, tx, scanRelation, `UPDATE relations SET state = $1, role = $2, request = $3, request_as = $4, message = $5, updated = $6,
		since = CASE WHEN state = $1 THEN since ELSE $6 END, id = CASE WHEN state = $1 THEN id ELSE $7 END,
		until = CASE WHEN $1 = 'banned' THEN $10 WHEN state = 'banned' OR $1 IN ('requested', 'active') AND $2 <> 'guest' THEN 0 ELSE until END,
		invited_by = CASE WHEN state IN ('invited', 'requested', 'active') THEN invited_by ELSE 0 END
		WHERE subject = $8 AND object = $9 RETURNING `+bareColumns,
		state, role, request.ID, request.As, CleanText(request.Message, 500), now, id, subject.ID, object.ID, db.Millis(why.Until))
	if err != nil {
		return nil, fmt.Errorf("set %s of %s to %s: %w", state, subject.IRI, object.IRI, err)
	}
	if subject.Local && (state == Left || state == Removed || state == Banned) {
		if err := forgetChosen(ctx, tx, subject, object); err != nil {
			return nil, err
		}
	}
	step := 0
	switch {
	case before != Active && state == Active:
		step = 1
	case before == Active && state != Active:
		step = -1
	}
	if step != 0 {
		for _, c := range []struct {
			sql string
			id  ID
		}{
			{"UPDATE actors SET followers_count = followers_count + $1 WHERE id = $2", object.ID},
			{"UPDATE actors SET following_count = following_count + $1 WHERE id = $2", subject.ID},
		} {
			if c.id == subject.ID && object.IsGroup() {
				continue // how many groups somebody is in tells of those that must not be known
			}
			if _, err := tx.Exec(ctx, c.sql, step, c.id); err != nil {
				return nil, fmt.Errorf("count relations of %s: %w", object.IRI, err)
			}
		}
		if !subject.Local && (object.Local || object.IsGroup()) {
			if err := reach(ctx, tx, subject, object, step); err != nil {
				return nil, err
			}
		}
	}
	if !object.IsGroup() || before == state && had == role && state != Banned {
		return r, nil
	}
	m := Membership{Group: object, Member: subject, Relation: r, Before: before, Why: why}
	if before == Active {
		m.Was = had
	}
	return r, d.membershipChanged(ctx, tx, m)
}

// forgetChosen takes away what only who follows somebody can have: the place in lists, and the recommendation.
func forgetChosen(ctx context.Context, tx *db.Tx, subject, object *Actor) error {
	for _, sql := range []string{"DELETE FROM list_members WHERE list IN (SELECT id FROM lists WHERE owner = $1) AND member = $2",
		"DELETE FROM endorsements WHERE subject = $1 AND object = $2"} {
		if _, err := tx.Exec(ctx, sql, subject.ID, object.ID); err != nil {
			return fmt.Errorf("forget what goes with following %s: %w", object.IRI, err)
		}
	}
	return nil
}

// reach keeps how many people of a host an actor of ours reaches, where, and the digest of their ids (FEP-8fcf).
func reach(ctx context.Context, tx *db.Tx, subject, object *Actor, step int) error {
	type row struct {
		people  int
		inbox   string
		digest  federation.FollowersDigest
		groups1 bool
	}
	fail := func(err error) error { return fmt.Errorf("reach of %s on %s: %w", object.IRI, subject.Host, err) }
	at, err := db.One(ctx, tx, func(r db.Scanner) (at row, err error) {
		var digest []byte
		err = r.Scan(&at.people, &at.inbox, &digest, &at.groups1)
		copy(at.digest[:], digest)
		return at, err
	}, "SELECT people, inbox, digest, groups_1 FROM reach WHERE object = $1 AND host = $2", object.ID, subject.Host)
	if errors.Is(err, fault.NotFound) {
		at.inbox = subject.SharedInbox
	} else if err != nil {
		return fail(err)
	}
	at.people += step
	at.groups1 = at.groups1 || subject.Groups1
	at.digest.Toggle(subject.IRI)
	if subject.SharedInbox == "" {
		at.inbox = ""
	}
	if at.people <= 0 {
		if _, err := tx.Exec(ctx, "DELETE FROM reach WHERE object = $1 AND host = $2", object.ID, subject.Host); err != nil {
			return fail(err)
		}
		return nil
	}
	if _, err := tx.Exec(ctx, `INSERT INTO reach (object, host, people, inbox, digest, groups_1) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (object, host) DO UPDATE SET people = excluded.people, inbox = excluded.inbox, digest = excluded.digest, groups_1 = excluded.groups_1`,
		object.ID, subject.Host, at.people, at.inbox, at.digest[:], at.groups1); err != nil {
		return fail(err)
	}
	return nil
}

// Page is a slice of a list, newest first, by the numbers of its rows: Max exclusive upper bound, Since and Min exclusive
// lower bounds (Min: the rows right after it), Limit rows.
type Page struct {
	Max, Since, Min int64
	Limit           int
}

// Related is an actor in a list of relations, with the relation.
type Related struct {
	Actor *Actor
	*Relation
}

// FollowersOf lists who stands in a state to an actor; FollowingOf whom an actor follows.
func FollowersOf(ctx context.Context, q db.Q, id ID, state State, p Page) ([]Related, error) {
	return related(ctx, q, "r.object", "r.subject", id, state, p)
}

// FollowingOf lists whom an actor follows, and the groups it is a member of.
func FollowingOf(ctx context.Context, q db.Q, id ID, state State, p Page) ([]Related, error) {
	return related(ctx, q, "r.subject", "r.object", id, state, p)
}

// FollowingSeen is FollowingOf as one of ours may see it: of the groups that are not public those only that they share.
func FollowingSeen(ctx context.Context, q db.Q, viewer, id ID, p Page) ([]Related, error) {
	return related(ctx, q, "r.object IN (SELECT a.id FROM actors a WHERE a.id = r.object AND "+showsMembers("a", "$3")+") AND r.subject", "r.object", id, Active, p, viewer)
}

func related(ctx context.Context, q db.Q, where, who string, id ID, state State, p Page, more ...any) ([]Related, error) {
	return listRelated(ctx, q, where+" = $1 AND r.state = $2", append([]any{id, state}, more...), p, func(r *Relation) ID {
		if who == "r.object" {
			return r.Object
		}
		return r.Subject
	})
}

// withActors adds to relations the actors at one of their ends; where that does not exist any more, the relation is left out.
func withActors(ctx context.Context, q db.Q, relations []*Relation, end func(*Relation) ID) ([]Related, error) {
	ids := make([]ID, len(relations))
	for i, r := range relations {
		ids[i] = end(r)
	}
	known, err := Many(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	all := make([]Related, 0, len(relations))
	for i, r := range relations {
		if a := known[ids[i]]; a != nil {
			all = append(all, Related{a, r})
		}
	}
	return all, nil
}

// SQL continues a WHERE with the page's bounds, its order and its limit. Rows of a Min page come oldest first: see Arrange.
func (p Page) SQL(column string, args *[]any) string {
	text, order := "", "DESC"
	bound := func(op string, v int64) {
		if v != 0 {
			*args = append(*args, v)
			text += fmt.Sprintf(" AND %s %s $%d", column, op, len(*args))
		}
	}
	bound("<", p.Max)
	bound(">", max(p.Since, p.Min))
	if p.Min != 0 {
		order = "ASC"
	}
	return fmt.Sprintf("%s ORDER BY %s %s LIMIT %d", text, column, order, max(p.Limit, 1))
}

// Arrange puts n rows of a page newest first.
func (p Page) Arrange(n int, swap func(i, j int)) {
	if p.Min == 0 {
		return
	}
	for i := 0; i < n/2; i++ {
		swap(i, n-1-i)
	}
}

// Blocked tells whether by blocks who.
func Blocked(ctx context.Context, q db.Q, by, who ID) (bool, error) {
	n, err := db.One(ctx, q, func(r db.Scanner) (n int, err error) { return n, r.Scan(&n) },
		"SELECT COUNT(*) FROM blocks WHERE subject = $1 AND object = $2", by, who)
	return n > 0, err
}

// Block ends every relation between two actors and keeps the blocker's content from the blocked.
func (d *Directory) Block(ctx context.Context, tx *db.Tx, by, who *Actor, iri string) error {
	if _, err := tx.Exec(ctx, "INSERT INTO blocks (id, subject, object, iri) VALUES ($1, $2, $3, $4) ON CONFLICT (subject, object) DO NOTHING",
		d.DB.NewID(), by.ID, who.ID, iri); err != nil {
		return fmt.Errorf("block %s: %w", who.IRI, err)
	}
	if _, err := d.End(ctx, tx, by, who, Left); err != nil {
		return err
	}
	_, err := d.End(ctx, tx, who, by, Removed)
	return err
}

// Unblock takes a block back; what it ended stays ended.
func (d *Directory) Unblock(ctx context.Context, tx *db.Tx, by, who *Actor) error {
	_, err := tx.Exec(ctx, "DELETE FROM blocks WHERE subject = $1 AND object = $2", by.ID, who.ID)
	return err
}

// Moderators are the owners and moderators of a group (FEP-1b12), in the order in which they came.
func Moderators(ctx context.Context, q db.Q, group ID) ([]*Actor, error) {
	return db.All(ctx, q, scan, "SELECT "+columns+` FROM relations r JOIN actors a ON a.id = r.subject
		WHERE r.object = $1 AND r.state = 'active' AND r.role IN ('owner', 'moderator') ORDER BY r.id`, group)
}
