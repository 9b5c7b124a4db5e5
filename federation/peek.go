// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"bytes"
	"strings"

	"github.com/pleio-node/pleio-node/fault"
)

// Envelope is what must be known of an activity before anything is fetched or decoded.
type Envelope struct {
	ID, Type, Actor string
	// Of the object, or of the first one when there are several. ObjectActor is its actor or attributedTo.
	ObjectID, ObjectType, ObjectActor string
	Target                            string
	// The three spellings of Public are all PublicIRI here. Values that are no http(s) ids are left out: nothing can be sent there.
	To, CC, Audience []string
	HasProof         bool
}

// maxAddressees is far above what people do, and far below what it takes to keep a server busy.
const maxAddressees = 1000

// Peek reads the envelope of an activity in one pass over its bytes, and refuses what no honest server sends: duplicate
// keys (also such that differ in case only), more than 32 levels or 10,000 values, invalid UTF-8, U+0000, JSON-LD keywords,
// anything after the object, a missing id, type or actor, several actors, and ids that are not canonical. The ids of
// activities may have a fragment, as Mastodon's have. Its errors are fault.Malformed.
func Peek(body []byte) (Envelope, error) {
	d, err := scanDocument(body)
	if err != nil {
		return Envelope{}, err
	}
	for _, required := range []struct{ name, value string }{{"id", d.ID}, {"type", d.Type}, {"actor", d.Actor}} {
		if required.value == "" {
			return Envelope{}, fault.Say(fault.Malformed, "The activity has no %s.", required.name)
		}
	}
	return d.Envelope, nil
}

// document is an Envelope of anything, also of what is no activity.
type document struct {
	Envelope
	attributedTo string
	hasActor     bool // a document with an actor is an activity and belongs to that actor
}

type documentScanner struct {
	scanner
	document
	objectOwner string
}

func scanDocument(body []byte) (document, error) {
	s := documentScanner{scanner: scanner{names: make([]uint64, 0, 48)}}
	if err := s.read(body, s.member); err != nil {
		return document{}, err
	}
	if s.ObjectActor == "" {
		s.ObjectActor = s.objectOwner
	}
	for _, id := range []struct {
		value    string
		fragment bool
	}{{s.ID, true}, {s.Actor, false}, {s.ObjectID, true}, {s.ObjectActor, false}, {s.attributedTo, false}} {
		if id.value != "" {
			if err := checkIRI(id.value, id.fragment); err != nil {
				return document{}, err
			}
		}
	}
	if len(s.To)+len(s.CC)+len(s.Audience) > maxAddressees {
		return document{}, fault.Say(fault.Malformed, "The activity is addressed to more than %d actors and collections; address a collection.", maxAddressees)
	}
	return s.document, nil
}

func (s *documentScanner) member(key []byte) {
	switch string(key) {
	case "id":
		s.ID = s.id()
	case "type":
		s.Type = s.kind()
	case "actor":
		s.hasActor = true
		if s.peek() == '[' {
			s.fail("The activity has a list of actors; exactly one is allowed.")
		}
		s.Actor = s.ref(nil)
	case "attributedTo":
		s.attributedTo = s.first(nil)
	case "object":
		s.ObjectID = s.first(s.objectMember)
	case "target":
		s.Target = s.first(nil)
	case "to":
		s.To = s.addressees()
	case "cc":
		s.CC = s.addressees()
	case "audience":
		s.Audience = s.addressees()
	case "proof":
		s.HasProof = s.peek() != 'n'
		s.skip()
	default:
		s.variant(key)
		s.skip()
	}
}

func (s *documentScanner) objectMember(key []byte) {
	switch string(key) {
	case "type":
		s.ObjectType = s.kind()
	case "actor":
		s.ObjectActor = s.first(nil)
	case "attributedTo":
		s.objectOwner = s.first(nil)
	default:
		s.variant(key)
		s.skip()
	}
}

var envelopeKeys = []string{"id", "type", "actor", "attributedTo", "object", "target", "to", "cc", "bto", "bcc", "audience", "proof", "signature"}

// variant refuses keys that a laxer parser takes for one of the envelope's: "Actor", "objeCt".
func (s *documentScanner) variant(key []byte) {
	for _, known := range envelopeKeys {
		if bytes.EqualFold(key, []byte(known)) && string(key) != known {
			s.fail("The document has a key %s where %q is meant.", quote(string(key)), known)
		}
	}
}

func (s *documentScanner) id() string {
	switch s.peek() {
	case '"':
		s.node()
		return s.text()
	case 'n':
		s.skip()
		return ""
	}
	s.fail("An id in the document is not a string.")
	return ""
}

// kind reads a type: a string, or a list of which the first counts.
func (s *documentScanner) kind() (kind string) {
	one := func() {
		if s.peek() != '"' {
			s.fail("A type in the document is not a string.")
		}
		s.node()
		if t := s.text(); kind == "" {
			kind = t
		}
	}
	switch s.peek() {
	case '[':
		s.node()
		s.array(one)
	default:
		one()
	}
	return kind
}

// ref reads an id, or an embedded document of which it returns the id; other gets its other members.
func (s *documentScanner) ref(other func(key []byte)) (id string) {
	switch s.peek() {
	case '"':
		s.node()
		return s.text()
	case '{':
		s.node()
		s.object(func(key []byte) {
			switch {
			case string(key) == "id":
				id = s.id()
			case other != nil:
				other(key)
			default:
				s.variant(key)
				s.skip()
			}
		})
	case 'n':
		s.skip()
	default:
		s.fail("The document has something else where an id or an object is expected, at byte %d.", s.at)
	}
	return id
}

// first reads a ref or a list of refs, of which the first counts.
func (s *documentScanner) first(other func(key []byte)) (id string) {
	if s.peek() != '[' {
		return s.ref(other)
	}
	s.node()
	n := 0
	s.array(func() {
		if n++; n == 1 {
			id = s.ref(other)
		} else {
			s.skip()
		}
	})
	return id
}

func (s *documentScanner) addressees() (ids []string) {
	add := func() {
		switch id := s.ref(nil); {
		case id == PublicIRI, id == "as:Public", id == "Public":
			ids = append(ids, PublicIRI)
		case strings.HasPrefix(id, "http") && iriProblem(id, false) == "":
			ids = append(ids, id)
		}
	}
	if s.peek() == '[' {
		s.node()
		s.array(add)
	} else {
		add()
	}
	return ids
}
