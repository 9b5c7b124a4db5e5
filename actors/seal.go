// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
)

// Seal keeps a secret unreadable in a stolen database or backup: AES-256-GCM with a key of 32 bytes, bound to the id of
// what it is the secret of.
func Seal(key, secret []byte, id string) ([]byte, error) {
	box, err := newBox(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize())
	rand.Read(nonce)
	return box.Seal(nonce, nonce, secret, []byte(id)), nil
}

// Unseal reads what Seal wrote.
func Unseal(key, sealed []byte, id string) ([]byte, error) {
	box, err := newBox(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < box.NonceSize() {
		return nil, errors.New("too short")
	}
	secret, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], []byte(id))
	if err != nil {
		return nil, fmt.Errorf("the file \"secret\" of the data folder does not belong to this database: %w", err)
	}
	return secret, nil
}

func newBox(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("the node's secret: %w", err)
	}
	return cipher.NewGCM(block)
}
