// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gowebpki/jcs"

	"github.com/pleio-node/pleio-node/fault"
)

// maxProofs is how many of a document's proofs are tried.
const maxProofs = 3

const cryptosuite = "eddsa-jcs-2022"

// dataIntegrityProof is the proof of FEP-8b32, in the order in which it is written.
type dataIntegrityProof struct {
	Context            json.RawMessage `json:"@context,omitempty"`
	Type               string          `json:"type"`
	Cryptosuite        string          `json:"cryptosuite"`
	VerificationMethod string          `json:"verificationMethod"`
	ProofPurpose       string          `json:"proofPurpose"`
	Created            string          `json:"created"`
	Expires            string          `json:"expires,omitempty"`
	ProofValue         string          `json:"proofValue,omitempty"`
}

// AddProof adds an integrity proof (FEP-8b32, eddsa-jcs-2022) to a document. All bytes of doc stay as they are; the proof
// becomes the last member. A document that has a proof is refused.
func AddProof(doc []byte, key ed25519.PrivateKey, verificationMethod string, created time.Time) ([]byte, error) {
	members, err := topMembers(doc)
	if err != nil {
		return nil, fmt.Errorf("add a proof: %w", err)
	}
	if members.value("proof") != nil {
		return nil, fault.Say(fault.Invalid, "The document has a proof already.")
	}
	if len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("add a proof: there is no Ed25519 key")
	}
	proof := dataIntegrityProof{
		Context: members.value("@context"), Type: "DataIntegrityProof", Cryptosuite: cryptosuite, VerificationMethod: verificationMethod,
		ProofPurpose: "assertionMethod", Created: created.UTC().Format(time.RFC3339),
	}
	unsigned, err := marshal(proof)
	if err != nil {
		return nil, fmt.Errorf("add a proof: %w", err)
	}
	message, err := proofMessage(members, unsigned, nil)
	if err != nil {
		return nil, fmt.Errorf("add a proof: %w", err)
	}
	proof.ProofValue = multibase("", ed25519.Sign(key, message))
	signed, err := marshal(proof)
	if err != nil {
		return nil, fmt.Errorf("add a proof: %w", err)
	}
	end := bytes.LastIndexByte(doc, '}')
	out := append(make([]byte, 0, len(doc)+len(signed)+10), doc[:end]...)
	if len(members) > 0 {
		out = append(out, ',')
	}
	out = append(append(out, `"proof":`...), signed...)
	return append(out, doc[end:]...), nil
}

// marshal is json.Marshal without escaping <, > and &.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// VerifyProof says whose key made the integrity proof of a document (FEP-8b32), after checking that this is the actor who
// owns it: the actor of an activity, the attributedTo of an object, an actor itself. find must look for
// verificationMethod in the owner's assertionMethod. Numbers are taken as they are written. Errors wrap fault.Unauthorized,
// or are fault.Malformed when the document cannot be read.
func VerifyProof(ctx context.Context, doc []byte, find Find) (Key, error) {
	d, err := scanDocument(doc)
	if err != nil {
		return Key{}, err
	}
	members, err := topMembers(doc)
	if err != nil {
		return Key{}, err
	}
	owner := d.owner()
	if owner == "" || (d.ID != "" && !SameOrigin(d.ID, owner)) {
		return Key{}, fault.Say(fault.Unauthorized, "The document %s does not say whose it is, or is not of its owner's origin.", quote(d.ID))
	}
	proofs, err := proofsOf(members.value("proof"))
	if err != nil {
		return Key{}, refusedProof(err)
	}
	for _, raw := range proofs {
		var key Key
		if key, err = verifyOne(ctx, members, raw, owner, find); err == nil {
			return key, nil
		}
	}
	return Key{}, err
}

func refusedProof(err error) error {
	return fault.Say(fault.Unauthorized, "The integrity proof is refused: %v.", err)
}

// owner is the actor that a document belongs to (FEP-fe34).
func (d document) owner() string {
	if d.hasActor {
		return d.Actor
	}
	switch d.Type {
	// The attributedTo of a group is its moderators (FEP-1b12).
	case "Person", "Group", "Organization", "Application", "Service":
		return d.ID
	}
	return d.attributedTo
}

// proofsOf returns the proofs of our suite, at most maxProofs.
func proofsOf(value json.RawMessage) ([]json.RawMessage, error) {
	var all, ours []json.RawMessage
	if len(value) > 0 && value[0] == '[' {
		if err := json.Unmarshal(value, &all); err != nil {
			return nil, errors.New("it cannot be read")
		}
	} else if len(value) > 0 {
		all = append(all, value)
	}
	for _, raw := range all {
		var p dataIntegrityProof
		if json.Unmarshal(raw, &p) == nil && p.Type == "DataIntegrityProof" && p.Cryptosuite == cryptosuite && len(ours) < maxProofs {
			ours = append(ours, raw)
		}
	}
	if len(ours) == 0 {
		return nil, errors.New("there is none of the suite eddsa-jcs-2022")
	}
	return ours, nil
}

func verifyOne(ctx context.Context, doc members, raw json.RawMessage, owner string, find Find) (Key, error) {
	fields, err := topMembers(raw)
	if err != nil {
		return Key{}, refusedProof(err)
	}
	var proof dataIntegrityProof
	if err := json.Unmarshal(raw, &proof); err != nil {
		return Key{}, refusedProof(errors.New("it cannot be read"))
	}
	signature, err := proof.check(owner, time.Now())
	if err != nil {
		return Key{}, refusedProof(err)
	}
	context, err := proofContext(doc.value("@context"), proof.Context)
	if err != nil {
		return Key{}, refusedProof(err)
	}
	message, err := proofMessage(doc, fields.without("proofValue"), context)
	if err != nil {
		return Key{}, refusedProof(err)
	}
	for _, refresh := range []bool{false, true} {
		key, err := findChecked(ctx, find, proof.VerificationMethod, refresh)
		if err != nil {
			return Key{}, err
		}
		if key.Owner != owner {
			return Key{}, refusedProof(fmt.Errorf("it is made by a key of %s, and the document belongs to %s", quote(key.Owner), quote(owner)))
		}
		if public, ok := key.Public.(ed25519.PublicKey); ok && ed25519.Verify(public, message, signature) {
			return key, nil
		}
	}
	return Key{}, refusedProof(fmt.Errorf("it is not made by the Ed25519 key %s over this document", quote(proof.VerificationMethod)))
}

// check looks at everything in a proof that needs no key, and returns the signature.
func (p *dataIntegrityProof) check(owner string, now time.Time) ([]byte, error) {
	if problem := iriProblem(p.VerificationMethod, true); problem != "" {
		return nil, fmt.Errorf("its verificationMethod %s", problem)
	}
	if !SameOrigin(p.VerificationMethod, owner) {
		return nil, errors.New("its verificationMethod is of another origin than the document's owner")
	}
	if p.ProofPurpose != "assertionMethod" {
		return nil, fmt.Errorf("its proofPurpose is %s, not assertionMethod", quote(p.ProofPurpose))
	}
	if p.Created != "" {
		created, err := time.Parse(time.RFC3339, p.Created)
		if err != nil || created.After(now.Add(time.Hour)) {
			return nil, errors.New("its created is not a time, or lies in the future")
		}
	}
	if p.Expires != "" {
		expires, err := time.Parse(time.RFC3339, p.Expires)
		if err != nil || now.After(expires.Add(expirySkew)) {
			return nil, errors.New("it has expired")
		}
	}
	signature, err := fromMultibase(p.ProofValue)
	if err != nil || len(signature) != ed25519.SignatureSize {
		return nil, errors.New("its proofValue is not an Ed25519 signature in base58btc")
	}
	return signature, nil
}

// proofContext checks that a proof's @context is the document's or a prefix of it, and returns what the document's is
// replaced with before hashing (VC-DI-EDDSA §3.3.2): nil for "as it is".
func proofContext(doc, proof json.RawMessage) (json.RawMessage, error) {
	if len(proof) == 0 {
		return nil, nil
	}
	docList, err := contextList(doc)
	if err != nil {
		return nil, err
	}
	proofList, err := contextList(proof)
	if err != nil {
		return nil, err
	}
	if len(proofList) > len(docList) || !slices.Equal(docList[:len(proofList)], proofList) {
		return nil, errors.New("its @context is not that of the document")
	}
	return proof, nil
}

// contextList is a @context as its entries in canonical form.
func contextList(raw json.RawMessage) ([]string, error) {
	var entries []json.RawMessage // not one with raw in it: Unmarshal would write into the document
	switch {
	case len(raw) == 0:
		return nil, nil
	case raw[0] != '[':
		entries = append(entries, raw)
	default:
		if err := json.Unmarshal(raw, &entries); err != nil {
			return nil, err
		}
	}
	list := make([]string, len(entries))
	for i, entry := range entries {
		canonical, err := jcs.Transform(entry)
		if err != nil {
			return nil, err
		}
		list[i] = string(canonical)
	}
	return list, nil
}

// proofMessage is what is signed: the hash of the proof's options, and that of the document without its proof and its
// signature; context, when set, takes the place of the document's.
func proofMessage(doc members, options []byte, context json.RawMessage) ([]byte, error) {
	canonicalOptions, err := jcs.Transform(options)
	if err != nil {
		return nil, err
	}
	if context != nil {
		doc = slices.Clone(doc)
		for i := range doc {
			if doc[i].key == "@context" {
				doc[i].value = context
			}
		}
	}
	canonicalDocument, err := jcs.Transform(doc.without("proof", "signature"))
	if err != nil {
		return nil, err
	}
	h1, h2 := sha256.Sum256(canonicalOptions), sha256.Sum256(canonicalDocument)
	return append(h1[:], h2[:]...), nil
}

// members are the top-level members of a document, each value as the bytes that were written.
type members []struct {
	key   string
	value json.RawMessage
}

func topMembers(doc []byte) (members, error) {
	var s scanner
	var list members
	err := s.read(doc, func(key []byte) {
		name, start := string(key), s.at
		s.skip()
		list = append(list, struct {
			key   string
			value json.RawMessage
		}{name, doc[start:s.at]})
	})
	return list, err
}

func (m members) value(key string) json.RawMessage {
	for _, member := range m {
		if member.key == key {
			return member.value
		}
	}
	return nil
}

// without is the document again, without some members.
func (m members) without(keys ...string) []byte {
	out := []byte{'{'}
	for _, member := range m {
		if slices.Contains(keys, member.key) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		name, _ := marshal(member.key) // a string always marshals
		out = append(append(append(out, name...), ':'), member.value...)
	}
	return append(out, '}')
}
