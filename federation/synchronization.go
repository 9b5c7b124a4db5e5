// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/pleio-node/pleio-node/fault"
)

const synchronizationHeader = "Collection-Synchronization"

// FollowersDigest is the digest of a set of actor ids (FEP-8fcf): the XOR of their SHA-256. The zero value is the empty set.
type FollowersDigest [32]byte

// Toggle adds an actor that is not in the set, or takes one out that is.
func (d *FollowersDigest) Toggle(actorID string) {
	sum := sha256.Sum256([]byte(actorID))
	for i := range d {
		d[i] ^= sum[i]
	}
}

// String is the digest in lower-case hexadecimal, as it stands in the header.
func (d FollowersDigest) String() string { return hex.EncodeToString(d[:]) }

// Synchronization is a Collection-Synchronization header (FEP-8fcf): the sender's followers collection, where the receiver
// can read its part of it, and that part's digest. It is a hint; nothing is decided on it alone.
type Synchronization struct{ CollectionID, URL, Digest string }

func (s Synchronization) String() string {
	return `collectionId="` + s.CollectionID + `", url="` + s.URL + `", digest="` + s.Digest + `"`
}

// ParseSynchronization reads a Collection-Synchronization header. The URL is of the collection's origin, or it is an error;
// that the collection is the sender's is for the caller to check.
func ParseSynchronization(h string) (Synchronization, error) {
	var s Synchronization
	parameters, ok := parseParameters(h)
	if !ok {
		return s, fault.Say(fault.Malformed, "The Collection-Synchronization header is not a list of name=\"value\".")
	}
	for _, p := range parameters {
		switch p.name {
		case "collectionId":
			s.CollectionID = p.value
		case "url":
			s.URL = p.value
		case "digest":
			s.Digest = strings.ToLower(p.value)
		}
	}
	for _, id := range []string{s.CollectionID, s.URL} {
		if err := CheckID(id); err != nil {
			return Synchronization{}, err
		}
	}
	if !SameOrigin(s.CollectionID, s.URL) {
		return Synchronization{}, fault.Say(fault.Malformed, "The Collection-Synchronization header names an address of another origin than the collection.")
	}
	if sum, err := hex.DecodeString(s.Digest); err != nil || len(sum) != sha256.Size {
		return Synchronization{}, fault.Say(fault.Malformed, "The digest in the Collection-Synchronization header is not a SHA-256 in hexadecimal.")
	}
	return s, nil
}
