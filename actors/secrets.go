// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Seal makes something unreadable in a stolen database, bound to what it is: Unseal wants the same name.
func (d *Directory) Seal(plain []byte, name string) ([]byte, error) {
	return Seal(d.Secret, plain, name)
}

// Unseal opens what Seal closed.
func (d *Directory) Unseal(sealed []byte, name string) ([]byte, error) {
	return Unseal(d.Secret, sealed, name)
}

// Lasting is a secret of this node, made once and kept sealed in the settings: the same in all its processes.
func (d *Directory) Lasting(ctx context.Context, name string, generate func() ([]byte, error)) ([]byte, error) {
	const read = "SELECT value FROM settings WHERE name = $1"
	text, err := db.One(ctx, d.DB, db.Scalar[string], read, name)
	if errors.Is(err, fault.NotFound) {
		var fresh, sealed []byte
		if fresh, err = generate(); err == nil {
			sealed, err = d.Seal(fresh, name)
		}
		if err != nil {
			return nil, fmt.Errorf("make the secret %s: %w", name, err)
		}
		err = d.DB.Tx(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, base64.StdEncoding.EncodeToString(sealed)); err != nil {
				return err
			}
			text, err = db.One(ctx, tx, db.Scalar[string], read, name) // another process may have been first
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read the secret %s: %w", name, err)
	}
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("read the secret %s: %w", name, err)
	}
	return d.Unseal(sealed, name)
}
