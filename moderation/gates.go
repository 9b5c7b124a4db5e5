// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package moderation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
)

// What may not be used to make an account, or to come here at all: domains of e-mail addresses, single addresses, and
// networks.

// EmailDomain is a domain whose addresses cannot be used, with how often that was tried.
type EmailDomain struct {
	ID      int64
	Domain  string
	Created time.Time
	Tries   []Tries // of the last seven days, the last first
}

// Tries is how often something was tried on a day, and by how many networks.
type Tries struct {
	Day            time.Time
	Uses, Networks int
}

const triesDays = 7

// EmailDomains lists blocked domains, the last first; with id only that one.
func EmailDomains(ctx context.Context, q db.Q, id int64, p actors.Page) ([]EmailDomain, error) {
	where, args := "b.id > 0", []any(nil)
	if id != 0 {
		where, args = "b.id = $1", []any{id}
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (e EmailDomain, err error) {
		var created int64
		err = r.Scan(&e.ID, &e.Domain, &created)
		e.Created = db.FromMillis(created)
		return e, err
	}, "SELECT b.id, b.domain, b.created FROM email_domain_blocks b WHERE "+where+p.SQL("b.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list blocked domains of e-mail: %w", err)
	}
	p.Arrange(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	var ids []int64
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	today := auth.Day(time.Now())
	tries := map[int64]map[int64]Tries{}
	marks, args := db.In([]any{db.Millis(today.AddDate(0, 0, 1-triesDays))}, ids)
	if _, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var block, day int64
		var t Tries
		err = r.Scan(&block, &day, &t.Uses, &t.Networks)
		if tries[block] == nil {
			tries[block] = map[int64]Tries{}
		}
		tries[block][day] = t
		return x, err
	}, "SELECT block, day, CAST(SUM(uses) AS BIGINT), COUNT(*) FROM email_domain_tries WHERE day >= $1 AND block IN ("+marks+") GROUP BY block, day", args...); err != nil {
		return nil, fmt.Errorf("count tries: %w", err)
	}
	for n := range list {
		for back := range triesDays {
			day := today.AddDate(0, 0, -back)
			t := tries[list[n].ID][db.Millis(day)]
			t.Day = day
			list[n].Tries = append(list[n].Tries, t)
		}
	}
	return list, nil
}

// BlockEmailDomain refuses addresses of a domain and of those below it.
func (m *Moderation) BlockEmailDomain(ctx context.Context, by By, domain string) (int64, error) {
	name := federation.Host("https://" + strings.TrimSpace(domain) + "/")
	if name == "" || !strings.Contains(name, ".") {
		return 0, fault.Say(fault.Invalid, "Validation failed: Domain is not a valid domain name")
	}
	id := m.DB.NewID()
	return id, m.DB.Tx(ctx, func(tx *db.Tx) error {
		err := added(tx.Exec(ctx, "INSERT INTO email_domain_blocks (id, domain, created) VALUES ($1, $2, $3) ON CONFLICT (domain) DO NOTHING", id, name, db.Millis(time.Now())))("Domain")
		if err != nil {
			return err
		}
		return m.note(ctx, tx, by, "email_domain.block", name, "")
	})
}

// added turns an INSERT that changed nothing into a refusal that names the field.
func added(res interface{ RowsAffected() (int64, error) }, err error) func(field string) error {
	return func(field string) error {
		if err != nil {
			return fmt.Errorf("add a block: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fault.Say(fault.Invalid, "Validation failed: %s has already been taken", field))
		}
		return nil
	}
}

// remove deletes a row of a table of blocks.
func (m *Moderation) remove(ctx context.Context, by By, table, action string, id int64) error {
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		res, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE id = $1", id)
		if err != nil {
			return fmt.Errorf("remove block %d: %w", id, err)
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return fault.Say(fault.NotFound, "Record not found")
		}
		tx.After(m.forgetRefused)
		return m.note(ctx, tx, by, action, fmt.Sprint(id), "")
	})
}

// UnblockEmailDomain, UnblockEmail and UnblockIP take a block back.
func (m *Moderation) UnblockEmailDomain(ctx context.Context, by By, id int64) error {
	return m.remove(ctx, by, "email_domain_blocks", "email_domain.unblock", id)
}

// UnblockEmail takes the block of an address back.
func (m *Moderation) UnblockEmail(ctx context.Context, by By, id int64) error {
	return m.remove(ctx, by, "email_blocks", "email.unblock", id)
}

// UnblockIP takes the block of a network back.
func (m *Moderation) UnblockIP(ctx context.Context, by By, id int64) error {
	return m.remove(ctx, by, "ip_blocks", "ip.unblock", id)
}

// EmailBlock is an e-mail address that cannot be used, of which only a hash is kept.
type EmailBlock struct {
	ID   int64
	Hash string
}

// EmailHash is the hash of an address without the variations that reach the same person, as Mastodon makes it: in small
// letters, without dots before the @ and without what follows a +.
func EmailHash(email string) string {
	local, domain, _ := strings.Cut(strings.ToLower(strings.TrimSpace(email)), "@")
	local, _, _ = strings.Cut(local, "+")
	sum := sha256.Sum256([]byte(strings.ReplaceAll(local, ".", "") + "@" + domain))
	return hex.EncodeToString(sum[:])
}

// EmailBlocks lists blocked addresses, the last first: with id only that one, with hash only that of the address.
func EmailBlocks(ctx context.Context, q db.Q, id int64, hash string, p actors.Page) ([]EmailBlock, error) {
	where, args := "b.id > 0", []any(nil)
	switch {
	case id != 0:
		where, args = "b.id = $1", []any{id}
	case hash != "":
		where, args = "b.hash = $1", []any{hash}
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (e EmailBlock, err error) { return e, r.Scan(&e.ID, &e.Hash) },
		"SELECT b.id, b.hash FROM email_blocks b WHERE "+where+p.SQL("b.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list blocked e-mail addresses: %w", err)
	}
	p.Arrange(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list, nil
}

// BlockEmail refuses an address, given as its hash.
func (m *Moderation) BlockEmail(ctx context.Context, by By, hash string) (int64, error) {
	if b, err := hex.DecodeString(hash); err != nil || len(b) != sha256.Size {
		return 0, fault.Say(fault.Invalid, "Validation failed: Canonical email hash is not a SHA-256")
	}
	id := m.DB.NewID()
	return id, m.DB.Tx(ctx, func(tx *db.Tx) error {
		err := added(tx.Exec(ctx, "INSERT INTO email_blocks (id, hash) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING", id, strings.ToLower(hash)))("Canonical email hash")
		if err != nil {
			return err
		}
		return m.note(ctx, tx, by, "email.block", hash, "")
	})
}

// What a network may not do.
const (
	SignUpApproval = "sign_up_requires_approval"
	SignUpBlock    = "sign_up_block"
	NoAccess       = "no_access"
)

// IPBlock is a network and what it may not do.
type IPBlock struct {
	ID               int64
	Prefix           string
	Severity         string
	Comment          string
	Created, Expires time.Time // Expires zero: never
}

func scanIP(r db.Scanner) (b IPBlock, err error) {
	var created, expires int64
	err = r.Scan(&b.ID, &b.Prefix, &b.Severity, &b.Comment, &created, &expires)
	b.Created, b.Expires = db.FromMillis(created), db.FromMillis(expires)
	return b, err
}

// IPBlocks lists blocked networks, the last first; with id only that one.
func IPBlocks(ctx context.Context, q db.Q, id int64, p actors.Page) ([]IPBlock, error) {
	where, args := "b.id > 0", []any(nil)
	if id != 0 {
		where, args = "b.id = $1", []any{id}
	}
	list, err := db.All(ctx, q, scanIP, "SELECT b.id, b.prefix, b.severity, b.comment, b.created, b.expires FROM ip_blocks b WHERE "+where+p.SQL("b.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list blocked networks: %w", err)
	}
	p.Arrange(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list, nil
}

// BlockIP keeps what a network may not do; with an id it changes that block.
func (m *Moderation) BlockIP(ctx context.Context, by By, b IPBlock) (int64, error) {
	prefix, err := parsePrefix(b.Prefix)
	if err != nil {
		return 0, err
	}
	if !slices.Contains([]string{SignUpApproval, SignUpBlock, NoAccess}, b.Severity) {
		return 0, fault.Say(fault.Invalid, "Validation failed: Severity must be sign_up_requires_approval, sign_up_block or no_access")
	}
	if b.Severity == NoAccess && contains(prefix, by.Address) {
		return 0, fault.Say(fault.Invalid, "Validation failed: Ip is the one that you use now")
	}
	b.Prefix = prefix.Masked().String()
	err = m.DB.Tx(ctx, func(tx *db.Tx) error {
		tx.After(m.forgetRefused)
		if b.ID != 0 {
			if _, err := tx.Exec(ctx, "UPDATE ip_blocks SET prefix = $1, severity = $2, comment = $3, expires = $4 WHERE id = $5", b.Prefix, b.Severity, b.Comment, db.Millis(b.Expires), b.ID); err != nil {
				if db.IsUnique(err) {
					return fault.Say(fault.Invalid, "Validation failed: Ip has already been taken")
				}
				return fmt.Errorf("change block %d: %w", b.ID, err)
			}
			return m.note(ctx, tx, by, "ip.change", b.Prefix, b.Comment)
		}
		b.ID = m.DB.NewID()
		err := added(tx.Exec(ctx, "INSERT INTO ip_blocks (id, prefix, severity, comment, created, expires) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (prefix) DO NOTHING",
			b.ID, b.Prefix, b.Severity, b.Comment, db.Millis(time.Now()), db.Millis(b.Expires)))("Ip")
		if err != nil {
			return err
		}
		return m.note(ctx, tx, by, "ip.block", b.Prefix, b.Comment)
	})
	return b.ID, err
}

// parsePrefix reads a range of addresses, or one.
func parsePrefix(text string) (netip.Prefix, error) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix, nil
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, fault.Say(fault.Invalid, "Validation failed: Ip is not a valid IP address")
	}
	return netip.PrefixFrom(address, address.BitLen()), nil
}

func contains(prefix netip.Prefix, address string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && prefix.Contains(a)
}

type refusedRange struct {
	prefix  netip.Prefix
	expires time.Time
}

const refusedLife = 30 * time.Second // how long another process may not notice a block

func (m *Moderation) forgetRefused() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.until = time.Time{}
}

// MayCome tells whether an address may use the node at all. When the database cannot tell, it may.
func (m *Moderation) MayCome(ctx context.Context, remoteAddr string) bool {
	address, err := netip.ParseAddr(auth.Address(remoteAddr))
	if err != nil {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if !now.Before(m.until) {
		list, err := db.All(ctx, m.DB, scanIP, "SELECT id, prefix, severity, comment, created, expires FROM ip_blocks WHERE severity = 'no_access'")
		if err != nil {
			return true
		}
		m.refused, m.until = nil, now.Add(refusedLife)
		for _, b := range list {
			if p, err := netip.ParsePrefix(b.Prefix); err == nil {
				m.refused = append(m.refused, refusedRange{p, b.Expires})
			}
		}
	}
	return !slices.ContainsFunc(m.refused, func(r refusedRange) bool {
		return r.prefix.Contains(address) && (r.expires.IsZero() || now.Before(r.expires))
	})
}
