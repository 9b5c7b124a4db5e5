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

var unknownList = fault.Say(fault.NotFound, "This does not exist, or it is not for you.")

// replicated returns the group that was asked for, when it is one of ours and the asking node keeps a copy of its list of members.
func (d *Documents) replicated(q question, iri string) (*actors.Actor, error) {
	group, replica, err := d.memberHost(q, iri)
	if err == nil && !replica {
		err = unknownList
	}
	return group, err
}

// memberHost returns the group that was asked for, when it is one of ours and the asking server has a member there.
func (d *Documents) memberHost(q question, iri string) (group *actors.Actor, replica bool, err error) {
	if group, err = d.known(q, iri); err != nil {
		return nil, false, err
	}
	if !group.IsGroup() || q.viewer.Host == "" {
		return nil, false, unknownList
	}
	member, replica, err := actors.OnHost(q.Context(), d.DB, group.ID, q.viewer.Host)
	if err == nil && !member {
		err = unknownList
	}
	return group, replica, err
}

// replicaPage begins a page of a list of a group, which is for the nodes that keep a copy of it: what comes after a number (?after=N).
func (d *Documents) replicaPage(q question) (group *actors.Actor, after int64, page *vocab.Collection, err error) {
	iri := d.iri(q)
	if group, err = d.replicated(q, iri[:strings.LastIndexByte(iri, '/')]); err != nil {
		return nil, 0, nil, err
	}
	after, err = number(q.URL.Query(), "after")
	return group, after, &vocab.Collection{ID: d.Dir.Base.String() + q.URL.RequestURI(), Type: "OrderedCollectionPage", Total: -1, PartOf: iri, GroupState: stateOf(group)}, err
}

// log is the part of a group's log after a number: ?after=N. Each entry is as it was sent; of one whose post is gone its place
// and its hash are left (groups-1 §10.1).
func (d *Documents) log(q question) (*answer, error) {
	group, after, page, err := d.replicaPage(q)
	if err != nil {
		return nil, err
	}
	ctx := q.Context()
	since, err := d.shownSince(q, group)
	if err != nil {
		return nil, err
	}
	entries, err := Entries(ctx, d.DB, group, after, logPage)
	if err != nil {
		return nil, err
	}
	size, last := 0, after
	for _, e := range entries {
		if size += len(e.Body); size > logBytes && len(page.Items) > 0 {
			break
		}
		ref := vocab.Ref{Raw: e.Body}
		erased, err := e.Erased()
		if err != nil {
			return nil, err
		}
		if erased || e.Item > 0 && e.id < since {
			ref = vocab.Ref{ID: e.IRI, Type: "Tombstone", Document: vocab.Document{Object: e.Tombstone()}}
		}
		page.Items, last = append(page.Items, ref), e.Seq
	}
	if last < group.Seq {
		page.Next = fmt.Sprintf("%s?after=%d", page.PartOf, last)
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

// shownSince is the number of the first activity about posts that the log shows the asking node: where a group keeps its history from
// those who join later, what came after the first member of that node did. A node that was in the group before has what it had,
// and a conversation that goes on brings what it answers.
func (d *Documents) shownSince(q question, group *actors.Actor) (int64, error) {
	if !group.Settings.SinceJoining {
		return 0, nil
	}
	joined, err := db.One(q.Context(), d.DB, db.Scalar[int64], `SELECT COALESCE(MIN(r.since), 0) FROM relations r JOIN actors s ON s.id = r.subject AND s.host = $2
		WHERE r.object = $1 AND r.state = 'active'`, group.ID, q.viewer.Host)
	if err != nil {
		return 0, fmt.Errorf("since when %s is in %s: %w", q.viewer.Host, group.IRI, err)
	}
	return db.FirstID(db.FromMillis(joined)), nil
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
	group, after, page, err := d.replicaPage(q)
	if err != nil {
		return nil, err
	}
	ctx := q.Context()
	members, err := actors.MembersOf(ctx, d.DB, group.ID, "", actors.Page{Min: max(after, 1), Limit: membersPage})
	if err != nil {
		return nil, err
	}
	var inviters []actors.ID
	for _, m := range members {
		if m.InvitedBy != 0 {
			inviters = append(inviters, m.InvitedBy)
		}
	}
	by, err := actors.Many(ctx, d.DB, inviters)
	if err != nil {
		return nil, err
	}
	for n := len(members) - 1; n >= 0; n-- {
		page.Items = append(page.Items, embedRecord(record(group, members[n].Actor, members[n].Relation, by[members[n].InvitedBy])))
	}
	if len(members) == membersPage {
		page.Next = fmt.Sprintf("%s?after=%d", page.PartOf, members[0].ID)
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
