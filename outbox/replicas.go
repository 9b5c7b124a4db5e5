// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// What the nodes of a group's members keep a copy of (groups-1 §10): its log and its list of members. Both are for these nodes only.

const (
	logPage     = 200
	logBytes    = 700 << 10 // of entries in one page: a document has at most 1 MiB
	membersPage = 500
)

// replicated returns the group that was asked for, when it is one of ours and the asking node has a member there.
func (d *Documents) replicated(q question, iri string) (*actors.Actor, error) {
	group, err := d.local(q.Context(), iri)
	if err != nil {
		return nil, err
	}
	unknown := fault.Say(fault.NotFound, "This list does not exist, or it is not for you.")
	if !group.IsGroup() || q.viewer.Host == "" {
		return nil, unknown
	}
	member, err := actors.OnHost(q.Context(), d.DB, group.ID, q.viewer.Host)
	if err != nil {
		return nil, err
	}
	if !member {
		return nil, unknown
	}
	return group, nil
}

// log is the part of a group's log after a number: ?after=N. Each entry is as it was sent; of one whose post is gone its place
// and its hash are left (groups-1 §10.1).
func (d *Documents) log(q question) (*answer, error) {
	iri := d.iri(q)
	group, err := d.replicated(q, strings.TrimSuffix(iri, "/log"))
	if err != nil {
		return nil, err
	}
	after, err := number(q.URL.Query(), "after")
	if err != nil {
		return nil, err
	}
	type entry struct {
		kept
		seq  int64
		hash string
		gone bool
	}
	ctx := q.Context()
	entries, err := db.All(ctx, d.DB, func(r db.Scanner) (e entry, err error) {
		e.public = true
		return e, r.Scan(&e.seq, &e.hash, &e.id, &e.iri, &e.kind, &e.body, &e.gone)
	}, `SELECT l.seq, l.hash, a.id, a.iri, a.kind, a.body, a.item > 0 AND i.id IS NULL FROM log l JOIN activities a ON a.id = l.activity
		LEFT JOIN items i ON i.id = a.item WHERE l.grp = $1 AND l.seq > $2 ORDER BY l.seq LIMIT $3`, group.ID, after, logPage)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", group.IRI, err)
	}
	page := &vocab.Collection{ID: d.Dir.Base.String() + q.URL.RequestURI(), Type: "OrderedCollectionPage", Total: -1, PartOf: iri, GroupState: stateOf(group)}
	size, last := 0, after
	for _, e := range entries {
		if size += len(e.body); size > logBytes && len(page.Items) > 0 {
			break
		}
		ref := vocab.Ref{Raw: e.body}
		if e.gone {
			said, err := saysItself(e.body)
			if err != nil {
				return nil, err
			}
			if said {
				ref = vocab.Ref{ID: e.iri, Type: "Tombstone", Document: vocab.Document{Object: &vocab.Object{ID: e.iri, Type: "Tombstone", FormerType: e.kind, Seq: e.seq, EntryHash: e.hash}}}
			}
		}
		page.Items, last = append(page.Items, ref), e.seq
	}
	if last < group.Seq {
		page.Next = fmt.Sprintf("%s?after=%d", iri, last)
	}
	if after > group.Seq {
		d.Log.Warn("a node has read further in the log of a group than the log goes: when an older copy of the database was put back, run \"pleio-node group renew\"",
			"group", group.Name, "host", q.viewer.Host, "read", after, "log", group.Seq)
	}
	if err := hasRead(ctx, d.DB, group.ID, q.viewer.Host, min(last, group.Seq)); err != nil {
		d.Log.Error("how far a node has read a log is not kept", "group", group.IRI, "host", q.viewer.Host, "error", err)
	}
	return encode(vocab.Document{Collection: page}, false)
}

// logEntry is one entry of a log, for the nodes of members; what is about a post that everybody may see is for everybody.
func (d *Documents) logEntry(q question) (*answer, error) {
	iri := d.iri(q)
	if _, err := d.replicated(q, iri[:strings.LastIndex(iri, "/log/")]); err != nil {
		return d.activity(q)
	}
	body, err := db.One(q.Context(), d.DB, db.Scalar[[]byte], `SELECT a.body FROM log l JOIN activities a ON a.id = l.activity
		LEFT JOIN items i ON i.id = a.item WHERE a.iri = $1 AND (a.item = 0 OR i.id IS NOT NULL)`, iri)
	if err != nil {
		return d.activity(q)
	}
	return &answer{body: body}, nil
}

// members is the list of the active members of a group, ordered by when they joined (?after=: beyond this record).
func (d *Documents) members(q question) (*answer, error) {
	iri := d.iri(q)
	group, err := d.replicated(q, strings.TrimSuffix(iri, "/members"))
	if err != nil {
		return nil, err
	}
	after, err := number(q.URL.Query(), "after")
	if err != nil {
		return nil, err
	}
	ctx := q.Context()
	members, err := actors.MembersOf(ctx, d.DB, group.ID, "", actors.Page{Min: max(after, 1), Limit: membersPage})
	if err != nil {
		return nil, err
	}
	page := &vocab.Collection{ID: d.Dir.Base.String() + q.URL.RequestURI(), Type: "OrderedCollectionPage", Total: -1, PartOf: iri, GroupState: stateOf(group)}
	for n := len(members) - 1; n >= 0; n-- {
		record, err := Record(ctx, d.DB, group, members[n].Actor, members[n].Relation)
		if err != nil {
			return nil, err
		}
		page.Items = append(page.Items, vocab.Ref{ID: record.ID, Type: record.Type, Document: vocab.Document{Object: record}})
	}
	if len(members) == membersPage {
		page.Next = fmt.Sprintf("%s?after=%d", iri, members[0].ID)
	}
	return encode(vocab.Document{Collection: page}, false)
}

// number reads a cursor.
func number(query url.Values, name string) (int64, error) {
	text := query.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.Say(fault.Malformed, "The cursor %s of the list is not a number: follow its links.", name)
	}
	return n, nil
}

// saysItself tells whether an activity says what a post says, so that it must not be read once that is gone; a deletion and a
// closing only name it.
func saysItself(body []byte) (bool, error) {
	doc, err := vocab.Decode(body)
	if err != nil {
		return false, fmt.Errorf("read an activity: %w", err)
	}
	said := doc.Activity
	if said != nil && said.Object.Activity != nil {
		said = said.Object.Activity
	}
	return said == nil || said.Type == "Create" || said.Type == "Update" || said.Type == "Announce", nil
}
