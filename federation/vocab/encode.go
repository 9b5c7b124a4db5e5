// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"encoding/json"
	"net/url"
	"time"

	"github.com/pleio-node/pleio-node/fault"
)

// props is a document being written. Values are props, []any, string, bool, int64, float64 and json.RawMessage.
type props map[string]any

// Encode writes a document. The same document always gives the same bytes.
func Encode(d Document) ([]byte, error) {
	p, err := d.props()
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, fault.Say(fault.Invalid, "There is no document to encode.")
	}
	provable := d.Activity != nil && d.Activity.Provable || d.Object != nil && d.Object.Provable
	p["@context"] = contextOf(p, provable)
	return write(nil, p), nil
}

// Encode writes the activity as a document.
func (a *Activity) Encode() ([]byte, error) { return Encode(Document{Activity: a}) }

// Encode writes the object as a document.
func (x *Object) Encode() ([]byte, error) { return Encode(Document{Object: x}) }

// Encode writes the actor as a document.
func (a *Actor) Encode() ([]byte, error) { return Encode(Document{Actor: a}) }

// Encode writes the collection as a document.
func (c *Collection) Encode() ([]byte, error) { return Encode(Document{Collection: c}) }

// props returns nil when no document is set.
func (d Document) props() (props, error) {
	switch {
	case d.Activity != nil:
		return d.Activity.props()
	case d.Object != nil:
		return d.Object.props()
	case d.Actor != nil:
		return d.Actor.props()
	case d.Collection != nil:
		return d.Collection.props()
	}
	return nil, nil
}

// value returns what a property that refers has: the bytes as they were received, a document, an id, or nil.
func (r Ref) value() (any, error) {
	if r.Raw != nil {
		if !json.Valid(r.Raw) {
			return nil, fault.Say(fault.Invalid, "What should be embedded for %q is not valid JSON.", r.ID)
		}
		return r.Raw, nil
	}
	p, err := r.Document.props()
	switch {
	case err != nil:
		return nil, err
	case p != nil:
		return p, nil
	case r.Type != "":
		p = props{}
		p.ids(r.ID, r.Type)
		return p, nil
	case r.ID != "":
		return r.ID, nil
	}
	return nil, nil
}

// embed sets a property to an id or to an embedded document.
func embed[P interface{ AppendIRI(*url.URL) }](c *core, name string, r Ref, property func() P, set func(P)) error {
	v, err := r.value()
	switch v := v.(type) {
	case nil:
	case string:
		point(c, name, v, property, set)
	default:
		c.props[name] = v
	}
	return err
}

// refs writes an array, also of one or none.
func (p props) refs(name string, refs []Ref) error {
	list := make([]any, 0, len(refs))
	for _, r := range refs {
		v, err := r.value()
		if err != nil {
			return err
		}
		if v != nil {
			list = append(list, v)
		}
	}
	p[name] = list
	return nil
}

func (p props) ids(id, t string) {
	p.id("id", id)
	p.text("type", t)
}

func (p props) id(name, id string) { p.text(name, id) }

func (p props) text(name, s string) {
	if s != "" {
		p[name] = s
	}
}

func (p props) flag(name string, set bool) {
	if set {
		p[name] = true
	}
}

func (p props) count(name string, n int64) {
	if n > 0 {
		p[name] = n
	}
}

func (p props) time(name string, t time.Time) {
	switch {
	case t.IsZero():
	case t.Nanosecond() == 0:
		p[name] = t.UTC().Format(time.RFC3339)
	default:
		p[name] = t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	}
}

func (p props) list(name string, list []any) {
	if len(list) > 0 {
		p[name] = list
	}
}

func (p props) strings(name string, list []string) { p.list(name, anys(list)) }

func anys(list []string) []any {
	all := make([]any, len(list))
	for i, s := range list {
		all[i] = s
	}
	return all
}

func (p props) proof(proof json.RawMessage) error {
	if proof == nil {
		return nil
	}
	if !json.Valid(proof) {
		return fault.Say(fault.Invalid, "The proof is not valid JSON.")
	}
	p["proof"] = proof
	return nil
}

func (p props) groupState(s *GroupState) {
	if s != nil {
		p["groupState"] = props{"epoch": s.Epoch, "seq": s.Seq, "head": s.Head, "memberCount": int64(s.MemberCount), "memberDigest": s.MemberDigest}
	}
}
