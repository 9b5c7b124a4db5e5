// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

const (
	kindRSA     = "rsa"
	kindEd25519 = "ed25519"

	keyFresh    = 24 * time.Hour  // how long a fetched key is used without asking again
	keyOverlap  = 24 * time.Hour  // how long a rotated key stays accepted
	keyPatience = 5 * time.Minute // a younger key is not fetched again because a signature fails
)

// newKeys gives an actor an RSA-2048 key for HTTP and an Ed25519 key for proofs (FEP-521a). The suffix makes rotated ids new.
func (d *Directory) newKeys(ctx context.Context, tx *db.Tx, a *Actor, suffix string) error {
	rsaKey, err := d.rsaKey()
	if err != nil {
		return fmt.Errorf("make an RSA key for %s: %w", a.IRI, err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make an Ed25519 key for %s: %w", a.IRI, err)
	}
	for _, k := range []struct {
		id, kind, public string
		private          []byte
	}{
		{a.IRI + "#main-key" + suffix, kindRSA, federation.EncodePEM(&rsaKey.PublicKey), x509.MarshalPKCS1PrivateKey(rsaKey)},
		{a.IRI + "#ed25519-key" + suffix, kindEd25519, federation.EncodeMultibase(ed.Public()), ed.Seed()},
	} {
		sealed, err := Seal(d.Secret, k.private, k.id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO keys (id, actor, kind, public, private, created) VALUES ($1, $2, $3, $4, $5, $6)",
			k.id, a.ID, k.kind, k.public, sealed, db.Millis(time.Now())); err != nil {
			return fmt.Errorf("keep key %s: %w", k.id, err)
		}
	}
	return nil
}

// MakeKey makes an RSA key ahead of a transaction that will need one: it takes a tenth of a second and more, in which
// nobody else could write.
func (d *Directory) MakeKey() error {
	key, err := d.NewRSA()
	if err != nil {
		return fmt.Errorf("make an RSA key: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spare = append(d.spare, key)
	return nil
}

func (d *Directory) rsaKey() (*rsa.PrivateKey, error) {
	d.mu.Lock()
	if n := len(d.spare); n > 0 {
		key := d.spare[n-1]
		d.spare = d.spare[:n-1]
		d.mu.Unlock()
		return key, nil
	}
	d.mu.Unlock()
	return d.NewRSA()
}

// Rotate gives one of our actors new keys under new ids and returns the signer with the old ones, with which the
// Update that announces them must be signed: others trust the new key because the old one says so.
func (d *Directory) Rotate(ctx context.Context, tx *db.Tx, a *Actor) (old federation.Signer, err error) {
	before, err := d.loadSigners(ctx, tx, a.ID)
	if err != nil {
		return old, err
	}
	old = before.now
	now := time.Now()
	if _, err = tx.Exec(ctx, "UPDATE keys SET retired = $1 WHERE actor = $2 AND retired = 0", db.Millis(now), a.ID); err != nil {
		return old, fmt.Errorf("retire keys of %s: %w", a.IRI, err)
	}
	if err = d.newKeys(ctx, tx, a, fmt.Sprintf("-%x", d.DB.NewID())); err != nil {
		return old, err
	}
	tx.After(d.ForgetSigners)
	d.DB.Notify(tx, ChangedKeys, "")
	return old, d.Save(ctx, tx, a)
}

// TakeOver makes now the moment from which on the actor's new keys sign: what was made before, the Update that tells of
// them included, is delivered with the old ones.
func TakeOver(ctx context.Context, tx *db.Tx, id ID) error {
	_, err := tx.Exec(ctx, "UPDATE keys SET created = $1 WHERE actor = $2 AND retired = 0", db.Millis(time.Now())+1, id)
	return err
}

// ChangedKeys is the channel on which other processes hear that keys of ours were rotated.
const ChangedKeys = "keys"

// ForgetSigners lets private keys be read again. Rotating is rare: all of them are forgotten.
func (d *Directory) ForgetSigners() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.signers = nil
}

// signers are the parsed private keys of one actor.
type signers struct {
	now, before federation.Signer // before: rotated away less than keyOverlap ago, or empty
	since       time.Time         // when now took over
}

// Signer is what one of our actors signs with.
func (d *Directory) Signer(ctx context.Context, id ID) (federation.Signer, error) {
	return d.SignerIn(ctx, d.DB, id)
}

// SignerIn is Signer inside a transaction, which may have made the actor.
func (d *Directory) SignerIn(ctx context.Context, q db.Q, id ID) (federation.Signer, error) {
	s, err := d.signersOf(ctx, q, id)
	return s.now, err
}

// SignerAt is what an actor signs the delivery of an activity with that it made at a moment: what was made before the keys
// were rotated, and the Update that tells of it, with the old one, which receivers know.
func (d *Directory) SignerAt(ctx context.Context, id ID, made time.Time) (federation.Signer, error) {
	s, err := d.signersOf(ctx, d.DB, id)
	if err == nil && s.before.RSA != nil && made.Before(s.since) && time.Since(s.since) < keyOverlap {
		return s.before, nil
	}
	return s.now, err
}

func (d *Directory) signersOf(ctx context.Context, q db.Q, id ID) (signers, error) {
	d.mu.Lock()
	s, ok := d.signers[id]
	d.mu.Unlock()
	if ok {
		return s, nil
	}
	s, err := d.loadSigners(ctx, q, id)
	if err != nil {
		return s, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.signers == nil || len(d.signers) >= maxSigners {
		d.signers = map[ID]signers{}
	}
	d.signers[id] = s
	return s, nil
}

func (d *Directory) loadSigners(ctx context.Context, q db.Q, id ID) (s signers, err error) {
	type row struct {
		id, kind         string
		sealed           []byte
		created, retired int64
	}
	rows, err := db.All(ctx, q, func(r db.Scanner) (k row, err error) {
		return k, r.Scan(&k.id, &k.kind, &k.sealed, &k.created, &k.retired)
	},
		"SELECT id, kind, private, created, retired FROM keys WHERE actor = $1 AND (retired = 0 OR retired > $2) AND private IS NOT NULL ORDER BY created",
		id, db.Millis(time.Now().Add(-keyOverlap)))
	if err != nil {
		return s, fmt.Errorf("load keys of actor %d: %w", id, err)
	}
	for _, k := range rows {
		private, err := Unseal(d.Secret, k.sealed, k.id)
		if err != nil {
			return s, fmt.Errorf("open key %s: %w", k.id, err)
		}
		into := &s.now
		if k.retired != 0 {
			into = &s.before
		}
		switch k.kind {
		case kindRSA:
			if into.RSA, err = x509.ParsePKCS1PrivateKey(private); err != nil {
				return s, fmt.Errorf("read key %s: %w", k.id, err)
			}
			into.KeyID = k.id
			if k.retired == 0 {
				s.since = db.FromMillis(k.created)
			}
		case kindEd25519:
			into.Ed25519, into.Ed25519ID = ed25519.NewKeyFromSeed(private), k.id
		}
	}
	if s.now.RSA == nil || s.now.Ed25519 == nil {
		return s, fault.Say(fault.NotFound, "Actor %d has no keys to sign with.", id)
	}
	return s, nil
}

// publicKeys are the keys that an actor's document shows: those in use.
func publicKeys(ctx context.Context, q db.Q, a *Actor) ([]vocab.Key, error) {
	return db.All(ctx, q, func(r db.Scanner) (vocab.Key, error) {
		k := vocab.Key{Owner: a.IRI}
		var kind, public string
		err := r.Scan(&k.ID, &kind, &public)
		if kind == kindRSA {
			k.PEM = public
		} else {
			k.Multibase = public
		}
		return k, err
	}, "SELECT id, kind, public FROM keys WHERE actor = $1 AND retired = 0 ORDER BY kind DESC", a.ID)
}

// FindKey finds the key that a request or proof names (federation.Find): in our store while it is fresh, else from the
// server it belongs to. An actor that is learned on the way is kept.
func (d *Directory) FindKey(ctx context.Context, keyID string, refresh bool) (federation.Key, error) {
	type row struct {
		owner, public string
		local         bool
		fetched       time.Time
		retired       time.Time
		deleted       int64
	}
	k, err := db.One(ctx, d.DB, func(r db.Scanner) (k row, err error) {
		var fetched, retired int64
		err = r.Scan(&k.owner, &k.public, &k.local, &fetched, &retired, &k.deleted)
		k.fetched, k.retired = db.FromMillis(fetched), db.FromMillis(retired)
		return k, err
	}, "SELECT a.iri, k.public, a.local, k.fetched, k.retired, a.deleted FROM keys k JOIN actors a ON a.id = k.actor WHERE k.id = $1", keyID)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return federation.Key{}, fmt.Errorf("find key %s: %w", keyID, err)
	}
	if err == nil {
		age := time.Since(k.fetched)
		retired := !k.retired.IsZero() && time.Since(k.retired) > keyOverlap
		if !retired && (k.local || age < keyPatience || age < keyFresh && !refresh) {
			return key(keyID, k.owner, k.public)
		}
	}
	if d.Ours(keyID) {
		return federation.Key{}, fault.Say(fault.Unauthorized, "The key %s does not exist on this node.", keyID)
	}
	fetched, err := d.fetchKey(ctx, keyID)
	if err != nil && k.owner != "" && k.deleted == 0 && errors.Is(err, fault.Unavailable) {
		return key(keyID, k.owner, k.public) // its server does not answer: yesterday's key is better than none
	}
	return fetched, err
}

// HasKey tells whether a key is known as an actor's own; it asks nobody.
func (d *Directory) HasKey(ctx context.Context, iri, keyID string) bool {
	n, err := db.One(ctx, d.DB, db.Scalar[int], "SELECT COUNT(*) FROM keys k JOIN actors a ON a.id = k.actor WHERE k.id = $1 AND a.iri = $2", keyID, iri)
	return err == nil && n > 0
}

func (d *Directory) fetchKey(ctx context.Context, keyID string) (federation.Key, error) {
	address, _, _ := strings.Cut(keyID, "#")
	actor, err := d.Fetch(ctx, address)
	if err != nil {
		return federation.Key{}, fmt.Errorf("fetch key %s: %w", keyID, err)
	}
	public, err := db.One(ctx, d.DB, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) },
		"SELECT public FROM keys WHERE id = $1 AND actor = $2", keyID, actor.ID)
	if err != nil {
		return federation.Key{}, fault.Say(fault.Unauthorized, "The actor %s does not list the key %s.", actor.IRI, keyID)
	}
	return key(keyID, actor.IRI, public)
}

func key(id, owner, public string) (federation.Key, error) {
	parse := federation.ParseMultibase
	if strings.HasPrefix(public, "-----") {
		parse = federation.ParsePEM
	}
	p, err := parse(public)
	if err != nil {
		return federation.Key{}, fmt.Errorf("read key %s: %w", id, err)
	}
	return federation.Key{ID: id, Owner: owner, Public: p}, nil
}

// saveKeys keeps the public keys that a remote actor lists, and forgets those that it lists no more.
func saveKeys(ctx context.Context, tx *db.Tx, a *Actor, keys []vocab.Key) error {
	if _, err := tx.Exec(ctx, "DELETE FROM keys WHERE actor = $1", a.ID); err != nil {
		return fmt.Errorf("replace keys of %s: %w", a.IRI, err)
	}
	now := db.Millis(time.Now())
	for i, k := range keys {
		if i >= 8 || k.Owner != a.IRI || !federation.SameOrigin(k.ID, a.IRI) {
			continue
		}
		public, kind := k.Multibase, kindEd25519
		if k.PEM != "" {
			public, kind = k.PEM, kindRSA
		}
		parsed, err := key(k.ID, k.Owner, public)
		if err != nil {
			continue // a kind of key that we do not know does not spoil the others
		}
		if _, ok := parsed.Public.(*rsa.PublicKey); ok {
			kind = kindRSA
		}
		if _, err := tx.Exec(ctx, `INSERT INTO keys (id, actor, kind, public, created, fetched) VALUES ($1, $2, $3, $4, $5, $5)
			ON CONFLICT (id) DO NOTHING`, k.ID, a.ID, kind, public, now); err != nil {
			return fmt.Errorf("keep key %s: %w", k.ID, err)
		}
	}
	return nil
}
