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

// What people keep to themselves about others: nobody else is told, here or elsewhere.

// Mute hides somebody from the lists of one of ours; of the mute of a group, what is posted in it. It can be made anew with
// other choices. Those that have ended are removed on the way.
func (d *Directory) Mute(ctx context.Context, tx *db.Tx, by, who ID, notifications bool, until time.Time) error {
	if by == who {
		return fault.Say(fault.Invalid, "You cannot mute yourself.")
	}
	if _, err := tx.Exec(ctx, "DELETE FROM mutes WHERE subject = $1 AND until > 0 AND until <= $2", by, db.Millis(time.Now())); err != nil {
		return fmt.Errorf("remove ended mutes: %w", err)
	}
	_, err := tx.Exec(ctx, `INSERT INTO mutes (id, subject, object, notifications, until) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (subject, object) DO UPDATE SET notifications = excluded.notifications, until = excluded.until`,
		d.DB.NewID(), by, who, notifications, db.Millis(until))
	if err != nil {
		return fmt.Errorf("mute actor %d: %w", who, err)
	}
	return nil
}

// Unmute ends a mute.
func Unmute(ctx context.Context, tx *db.Tx, by, who ID) error {
	_, err := tx.Exec(ctx, "DELETE FROM mutes WHERE subject = $1 AND object = $2", by, who)
	return err
}

// Muted is somebody in a list of mutes; the cursor numbers the mute.
type Muted struct {
	Actor  *Actor
	Cursor int64
	Until  time.Time // zero: for good
}

// MutedBy lists whom an actor mutes, the last one first.
func MutedBy(ctx context.Context, q db.Q, by ID, p Page) ([]Muted, error) {
	type row struct {
		mute  int64
		who   ID
		until int64
	}
	args := []any{by, db.Millis(time.Now())}
	rows, err := db.All(ctx, q, func(r db.Scanner) (x row, err error) { return x, r.Scan(&x.mute, &x.who, &x.until) },
		"SELECT m.id, m.object, m.until FROM mutes m WHERE m.subject = $1 AND (m.until = 0 OR m.until > $2)"+p.SQL("m.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list mutes of actor %d: %w", by, err)
	}
	p.Arrange(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	ids := make([]ID, len(rows))
	for i, r := range rows {
		ids[i] = r.who
	}
	known, err := Many(ctx, q, ids)
	all := make([]Muted, 0, len(rows))
	for _, r := range rows {
		if a := known[r.who]; a != nil {
			all = append(all, Muted{a, r.mute, db.FromMillis(r.until)})
		}
	}
	return all, err
}

// MaxBlockedDomains is how many domains somebody may block.
const MaxBlockedDomains = 5000

// BlockDomain keeps everything of a domain away from one of ours, and returns how the domain is written and the relations with
// people there: the caller ends them.
func (d *Directory) BlockDomain(ctx context.Context, tx *db.Tx, by ID, domain string) (string, []*Relation, error) {
	domain, err := d.otherDomain(domain)
	if err != nil {
		return "", nil, err
	}
	n, err := db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM blocked_domains WHERE subject = $1", by)
	if err != nil {
		return "", nil, err
	}
	if n >= MaxBlockedDomains {
		return "", nil, fault.Say(fault.Invalid, "Validation failed: you block %d domains already: take one back first.", n)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO blocked_domains (id, subject, domain) VALUES ($1, $2, $3) ON CONFLICT (subject, domain) DO NOTHING",
		d.DB.NewID(), by, domain); err != nil {
		return "", nil, fmt.Errorf("block domain %s: %w", domain, err)
	}
	relations, err := db.All(ctx, tx, scanRelation, "SELECT "+relationColumns+` FROM relations r JOIN actors a ON a.id = CASE WHEN r.subject = $1 THEN r.object ELSE r.subject END
		WHERE (r.subject = $1 OR r.object = $1) AND r.state IN ('active', 'requested', 'invited') AND $2 IN (a.domain, a.host)`, by, domain)
	if err != nil {
		return "", nil, fmt.Errorf("find relations with %s: %w", domain, err)
	}
	return domain, relations, nil
}

// UnblockDomain takes that back; what it ended stays ended.
func (d *Directory) UnblockDomain(ctx context.Context, tx *db.Tx, by ID, domain string) error {
	domain, err := d.otherDomain(domain)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "DELETE FROM blocked_domains WHERE subject = $1 AND domain = $2", by, domain)
	return err
}

// Domain is a domain as this node writes it, "" when it is none.
func Domain(s string) string {
	s = strings.TrimSpace(s)
	if strings.ContainsAny(s, "/?#@\\") {
		return ""
	}
	return federation.Host("https://" + s + "/")
}

func (d *Directory) otherDomain(domain string) (string, error) {
	canonical := Domain(domain)
	switch {
	case canonical == "":
		return "", fault.Say(fault.Invalid, "Validation failed: %q is not a domain: write it as in social.example.", CleanText(domain, 100))
	case canonical == d.Host() || canonical == d.Domain:
		return "", fault.Say(fault.Invalid, "Validation failed: %s is your own server.", canonical)
	}
	return canonical, nil
}

// BlockedDomain is a domain that somebody does not want to see; the cursor numbers the block.
type BlockedDomain struct {
	Cursor int64
	Domain string
}

// BlockedDomains lists the domains that an actor blocks, the last one first.
func BlockedDomains(ctx context.Context, q db.Q, by ID, p Page) ([]BlockedDomain, error) {
	args := []any{by}
	all, err := db.All(ctx, q, func(r db.Scanner) (x BlockedDomain, err error) { return x, r.Scan(&x.Cursor, &x.Domain) },
		"SELECT b.id, b.domain FROM blocked_domains b WHERE b.subject = $1"+p.SQL("b.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list blocked domains of actor %d: %w", by, err)
	}
	p.Arrange(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, nil
}

// MaxNote is how long a note about somebody may be, in characters.
const MaxNote = 2000

// SetNote keeps what one of ours wants to remember about somebody; an empty text forgets it.
func SetNote(ctx context.Context, tx *db.Tx, by, about ID, text string) error {
	if n := len([]rune(text)); n > MaxNote {
		return fault.Say(fault.Invalid, "Validation failed: Comment is too long (maximum is %d characters)", MaxNote)
	}
	if text == "" {
		_, err := tx.Exec(ctx, "DELETE FROM notes WHERE subject = $1 AND object = $2", by, about)
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO notes (subject, object, text) VALUES ($1, $2, $3) ON CONFLICT (subject, object) DO UPDATE SET text = excluded.text", by, about, text)
	return err
}

// MaxEndorsements is how many people somebody may recommend.
const MaxEndorsements = 100

// Endorse recommends somebody whom one of ours follows, on the profile.
func (d *Directory) Endorse(ctx context.Context, tx *db.Tx, by, who ID) error {
	r, err := RelationOf(ctx, tx, by, who)
	if err != nil {
		return err
	}
	if r.State != Active {
		return fault.Say(fault.Invalid, "Validation failed: You must be already following the person you want to endorse")
	}
	n, err := db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM endorsements WHERE subject = $1", by)
	if err != nil {
		return err
	}
	if n >= MaxEndorsements {
		return fault.Say(fault.Invalid, "Validation failed: you have endorsed %d people already: take one back first.", n)
	}
	_, err = tx.Exec(ctx, "INSERT INTO endorsements (id, subject, object) VALUES ($1, $2, $3) ON CONFLICT (subject, object) DO NOTHING", d.DB.NewID(), by, who)
	return err
}

// Unendorse takes a recommendation back.
func Unendorse(ctx context.Context, tx *db.Tx, by, who ID) error {
	_, err := tx.Exec(ctx, "DELETE FROM endorsements WHERE subject = $1 AND object = $2", by, who)
	return err
}

// Endorsed lists whom an actor recommends, the last one first; the cursors number the recommendations. Who is not one of ours
// sees only those of them who chose to be findable. A group that is recommended shows who is in it.
func Endorsed(ctx context.Context, q db.Q, v Viewer, by ID, p Page) (list []*Actor, cursors []int64, err error) {
	sql := "SELECT e.id, e.object FROM endorsements e JOIN actors a ON a.id = e.object WHERE e.subject = $1 AND a.suspended = 0"
	if v.Local() {
		return paged(ctx, q, sql+" AND "+showsMembers("a", "$2"), "e.id", p, by, v.ID)
	}
	return paged(ctx, q, sql+" AND a.discoverable AND (a.kind <> 'Group' OR a.visibility = 'public')", "e.id", p, by)
}

// Dismiss keeps somebody out of the suggestions from now on.
func Dismiss(ctx context.Context, tx *db.Tx, by, who ID) error {
	_, err := tx.Exec(ctx, "INSERT INTO dismissals (subject, object) VALUES ($1, $2) ON CONFLICT (subject, object) DO NOTHING", by, who)
	return err
}

// forgetKept removes what a deleted actor kept about others, and what others kept about it.
func forgetKept(ctx context.Context, tx *db.Tx, id ID) error {
	for _, sql := range []string{"DELETE FROM mutes WHERE subject = $1 OR object = $1", "DELETE FROM notes WHERE subject = $1 OR object = $1",
		"DELETE FROM endorsements WHERE subject = $1 OR object = $1", "DELETE FROM dismissals WHERE subject = $1 OR object = $1",
		"DELETE FROM blocked_domains WHERE subject = $1", "DELETE FROM list_members WHERE member = $1 OR list IN (SELECT l.id FROM lists l WHERE l.owner = $1)",
		"DELETE FROM lists WHERE owner = $1", "DELETE FROM followed_tags WHERE actor = $1", "DELETE FROM featured_tags WHERE actor = $1", "DELETE FROM words WHERE actor = $1"} {
		if _, err := tx.Exec(ctx, sql, id); err != nil {
			return fmt.Errorf("forget what was kept by and about actor %d: %w", id, err)
		}
	}
	return nil
}

// blocksDomainOf tells whether an actor blocks the domain of another.
func blocksDomainOf(ctx context.Context, q db.Q, by ID, who *Actor) (bool, error) {
	_, err := db.One(ctx, q, db.Scalar[int], "SELECT 1 FROM blocked_domains WHERE subject = $1 AND domain IN ($2, $3) LIMIT 1", by, who.Domain, who.Host)
	if errors.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}
