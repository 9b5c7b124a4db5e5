// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

// How long it is remembered where people came from, and on which days.
const (
	addressLife = 90 * 24 * time.Hour
	dayLife     = 100 * 24 * time.Hour
)

// Present notes that a person is here, and from where: once a day for each address, so that it costs nothing.
func (a *Auth) Present(ctx context.Context, account actors.ID, remoteAddr string) error {
	address, day := Address(remoteAddr), Day(time.Now())
	word := fmt.Sprint(account, " ", address, " ", day.Unix())
	if a.present.count(word) > 0 {
		return nil
	}
	err := a.d.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO active_days (day, account) VALUES ($1, $2) ON CONFLICT (day, account) DO NOTHING", db.Millis(day), account); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO addresses (account, address, used) VALUES ($1, $2, $3)
			ON CONFLICT (account, address) DO UPDATE SET used = excluded.used`, account, address, db.Millis(time.Now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("note that %d is here: %w", account, err)
	}
	a.present.add(word)
	return nil
}

// Day is the beginning of a day, UTC.
func Day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// Address is the address of a request without its port.
func Address(remoteAddr string) string {
	if host, _, err := net.SplitHostPort(remoteAddr); err == nil {
		remoteAddr = host
	}
	ip, err := netip.ParseAddr(remoteAddr)
	if err != nil {
		return "unknown"
	}
	return ip.Unmap().WithZone("").String()
}

// Came is an address that a person came from.
type Came struct {
	Address string
	Used    time.Time
}

// Addresses are where people came from, the last first.
func Addresses(ctx context.Context, q db.Q, accounts []actors.ID) (map[actors.ID][]Came, error) {
	found := map[actors.ID][]Came{}
	marks, args := db.In(nil, accounts)
	_, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var who actors.ID
		var c Came
		var used int64
		err = r.Scan(&who, &c.Address, &used)
		c.Used = db.FromMillis(used)
		found[who] = append(found[who], c)
		return x, err
	}, "SELECT account, address, used FROM addresses WHERE account IN ("+marks+") ORDER BY used DESC, address", args...)
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	return found, nil
}

// forgetPresence removes what is remembered long enough.
func forgetPresence(ctx context.Context, tx *db.Tx, now time.Time) error {
	if _, err := tx.Exec(ctx, "DELETE FROM addresses WHERE used < $1", db.Millis(now.Add(-addressLife))); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "DELETE FROM active_days WHERE day < $1", db.Millis(now.Add(-dayLife)))
	return err
}
