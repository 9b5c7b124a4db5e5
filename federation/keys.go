// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"github.com/mr-tron/base58"

	"github.com/pleio-node/pleio-node/fault"
)

// Key is a public key and the actor it belongs to.
type Key struct {
	ID, Owner string
	Public    crypto.PublicKey // *rsa.PublicKey or ed25519.PublicKey
}

// Find returns the key with an id, after checking that its owner claims it (publicKey or assertionMethod).
// With refresh it fetches the key again although it knows one: the owner may have changed it.
type Find func(ctx context.Context, keyID string, refresh bool) (Key, error)

// Signer is an actor's private keys: RSA for HTTP signatures; Ed25519 for integrity proofs, and for HTTP when the peer
// advertises CapRFC9421Ed25519.
type Signer struct {
	KeyID     string
	RSA       *rsa.PrivateKey
	Ed25519   ed25519.PrivateKey
	Ed25519ID string
}

const (
	minRSA = 2048
	maxRSA = 8192
)

// EncodePEM writes a public key as SPKI, the form that everybody reads. A key that is neither RSA nor Ed25519 gives "".
func EncodePEM(pub crypto.PublicKey) string {
	if checkKey(pub) != nil {
		return ""
	}
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// ParsePEM reads an RSA or Ed25519 public key in SPKI or PKCS#1. RSA keys below 2048 bits are weak, above 8192 they are
// a way to keep us busy; both are refused.
func ParsePEM(s string) (crypto.PublicKey, error) {
	block, _ := pem.Decode([]byte(strings.TrimSpace(s)))
	if block == nil {
		return nil, fault.Say(fault.Malformed, "The public key is not in PEM.")
	}
	switch block.Type {
	case "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fault.Say(fault.Malformed, "The public key cannot be read: %v.", err)
		}
		return key, checkKey(key)
	case "RSA PUBLIC KEY":
		return parsePKCS1(block.Bytes)
	}
	return nil, fault.Say(fault.Malformed, "The PEM block is a %s, not a public key.", quote(block.Type))
}

func parsePKCS1(der []byte) (crypto.PublicKey, error) {
	key, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		return nil, fault.Say(fault.Malformed, "The RSA key cannot be read: %v.", err)
	}
	return key, checkKey(key)
}

func checkKey(pub crypto.PublicKey) error {
	switch key := pub.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSA || bits > maxRSA {
			return fault.Say(fault.Malformed, "The RSA key has %d bits; from %d to %d are accepted.", bits, minRSA, maxRSA)
		}
		if key.E < 3 || key.E%2 == 0 {
			return fault.Say(fault.Malformed, "The RSA key has the exponent %d, which is refused.", key.E)
		}
		return nil
	case ed25519.PublicKey:
		if len(key) == ed25519.PublicKeySize {
			return nil
		}
	}
	return fault.Say(fault.Malformed, "The public key is neither RSA nor Ed25519.")
}

// The multicodec prefixes of a Multikey (FEP-521a).
const (
	codecEd25519 = "\xed\x01"
	codecRSA     = "\x85\x24"
	// maxMultibase holds an RSA key of maxRSA bits; base58 takes quadratic time.
	maxMultibase = 1500
)

// EncodeMultibase writes a public key as publicKeyMultibase (FEP-521a). A key that is neither RSA nor Ed25519 gives "".
func EncodeMultibase(pub crypto.PublicKey) string {
	switch key := pub.(type) {
	case ed25519.PublicKey:
		return multibase(codecEd25519, key)
	case *rsa.PublicKey:
		return multibase(codecRSA, x509.MarshalPKCS1PublicKey(key))
	}
	return ""
}

func multibase(codec string, b []byte) string {
	return "z" + base58.Encode(append([]byte(codec), b...))
}

// fromMultibase decodes base58btc; other bases do not occur in the fediverse.
func fromMultibase(s string) ([]byte, error) {
	if len(s) > maxMultibase || !strings.HasPrefix(s, "z") {
		return nil, fault.Say(fault.Malformed, "The value is not multibase in base58btc of at most %d characters.", maxMultibase)
	}
	b, err := base58.Decode(s[1:])
	if err != nil {
		return nil, fault.Say(fault.Malformed, "The value is not base58btc: %v.", err)
	}
	return b, nil
}

// ParseMultibase reads the publicKeyMultibase of an Ed25519 or RSA Multikey (FEP-521a).
func ParseMultibase(s string) (crypto.PublicKey, error) {
	b, err := fromMultibase(s)
	if err != nil {
		return nil, err
	}
	if der, ok := strings.CutPrefix(string(b), codecRSA); ok {
		return parsePKCS1([]byte(der))
	}
	if raw, ok := strings.CutPrefix(string(b), codecEd25519); ok {
		key := ed25519.PublicKey(raw)
		return key, checkKey(key)
	}
	return nil, fault.Say(fault.Malformed, "The Multikey is neither Ed25519 nor RSA.")
}
