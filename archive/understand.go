// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package archive

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/outbox"
)

// reading is what has been understood of an archive so far.
type reading struct {
	*Archive
	ctx    context.Context
	counts Counts
	people map[string]bool
	posts  map[string]bool
	rows   map[int64]string // numbers of files, with the post that has them
}

// understand checks that what the parts say fits together.
func (a *Archive) understand(ctx context.Context) error {
	m := &a.Manifest
	if err := a.document(ctx, manifestPart, m); err != nil {
		return err
	}
	switch {
	case m.Format != format:
		return a.wrong("is no archive of a group.")
	case m.Version != version:
		return a.wrong("is in version %d of the format, and this program reads version %d: use a newer pleio-node.", m.Version, version)
	case federation.CheckID(m.Group) != nil:
		return a.wrong("does not say which group it is of.")
	}
	r := &reading{Archive: a, ctx: ctx, people: map[string]bool{}, posts: map[string]bool{}, rows: map[int64]string{}}
	for _, step := range []func() error{r.group, r.actors, r.members, r.log, r.content, r.reactions, r.count} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// group checks the document and the settings of the group.
func (r *reading) group() error {
	if _, err := r.described(r.ctx); err != nil {
		return err
	}
	s, err := r.settings(r.ctx)
	if err != nil {
		return err
	}
	for _, f := range []*file{s.Icon, s.Image} {
		if f == nil {
			continue
		}
		if err := r.file(*f, r.Manifest.Group); err != nil {
			return err
		}
	}
	return nil
}

// described is the document of the group.
func (a *Archive) described(ctx context.Context) (*vocab.Actor, error) {
	var text json.RawMessage
	if err := a.document(ctx, groupPart, &text); err != nil {
		return nil, err
	}
	doc, err := vocab.Decode(text)
	if err != nil || doc.Actor == nil || doc.Actor.Type != actors.Group || doc.Actor.ID != a.Manifest.Group {
		return nil, a.wrong("has a part %s that is not the document of %s.", groupPart, a.Manifest.Group)
	}
	return doc.Actor, nil
}

func (a *Archive) settings(ctx context.Context) (s settings, err error) {
	return s, a.document(ctx, settingsPart, &s)
}

func (r *reading) actors() error {
	return each(r.ctx, r.Archive, kindActor, func(line json.RawMessage) error {
		w, err := r.actor(line)
		if err != nil {
			return err
		}
		if r.people[w.ID] {
			return r.wrong("names %s twice in %s.", clipped(w.ID), kindActor)
		}
		r.people[w.ID] = true
		r.counts.Actors++
		return nil
	})
}

func (a *Archive) actor(line json.RawMessage) (*vocab.Actor, error) {
	doc, err := vocab.Decode(line)
	if err != nil || doc.Actor == nil || federation.CheckID(doc.Actor.ID) != nil {
		return nil, a.wrong("has a line in %s that is nobody.", kindActor)
	}
	return doc.Actor, nil
}

// known checks that somebody who is named is in the archive.
func (r *reading) known(who, where string) error {
	if !r.people[who] {
		return r.wrong("names %q in %s, and does not say who that is.", clipped(who), where)
	}
	return nil
}

func (r *reading) members() error {
	active, seen := map[string]actors.Role{}, map[string]bool{}
	err := each(r.ctx, r.Archive, kindMember, func(line member) error {
		record, err := r.record(line)
		if err != nil {
			return err
		}
		m := record.Membership
		if err := r.known(m.Subject, kindMember); err != nil {
			return err
		}
		if seen[m.Subject] {
			return r.wrong("has %s twice in its list of members.", m.Subject)
		}
		seen[m.Subject] = true
		if actors.State(m.State) == actors.Active {
			active[m.Subject] = actors.Role(m.Role)
			r.counts.Members++
		}
		r.counts.Relations++
		return nil
	})
	if err != nil {
		return err
	}
	if digest := actors.MemberDigest(active); digest != r.Manifest.State.MemberDigest {
		return r.wrong("has another list of members than the group had: the digest of its list is %s, and that of the group was %s.", digest, clipped(r.Manifest.State.MemberDigest))
	}
	return nil
}

// record reads the record of a membership, in any state.
func (a *Archive) record(line member) (*vocab.Object, error) {
	o, err := vocab.DecodeObject(line.Record)
	if err != nil || o.Membership == nil || o.Membership.Object != a.Manifest.Group {
		return nil, a.wrong("has a line in %s that is no membership of %s.", kindMember, a.Manifest.Group)
	}
	switch actors.State(o.Membership.State) {
	case actors.Active, actors.Invited, actors.Requested, actors.Left, actors.Removed, actors.Banned:
		if actors.Role(o.Membership.Role).InGroup() {
			return o, nil
		}
	}
	return nil, a.wrong("has a membership of %s that no group has: %q as %q.", clipped(o.Membership.Subject), clipped(o.Membership.State), clipped(o.Membership.Role))
}

// log checks the chain of the log, from its beginning to its head (groups-1 §10.2).
func (r *reading) log() error {
	seq, head := int64(0), ""
	ids := map[string]bool{}
	err := each(r.ctx, r.Archive, kindEntry, func(line entry) error {
		seq++
		if line.Seq != seq {
			return r.wrong("lacks entry %d of the log: after entry %d comes entry %d.", seq, seq-1, line.Seq)
		}
		e, err := r.entry(line)
		if err != nil {
			return err
		}
		if ids[e.IRI] {
			return r.wrong("has the entry %s of the log twice.", e.IRI)
		}
		ids[e.IRI] = true
		if head, err = outbox.NextHead(head, e.Hash); err != nil {
			return r.wrong("has a log that is broken at entry %d: its hash cannot be read.", seq)
		}
		r.counts.Entries++
		return nil
	})
	if err != nil {
		return err
	}
	if state := r.Manifest.State; seq != state.Seq || head != state.Head {
		return r.wrong("has another log than the group had: it ends at entry %d with the head %q, and that of the group at entry %d with %q.", seq, head, state.Seq, clipped(state.Head))
	}
	return nil
}

// entry reads an entry of the log, and checks that its bytes have its hash.
func (a *Archive) entry(line entry) (outbox.Entry, error) {
	body := line.Bytes
	if body == nil {
		body = line.Entry
	}
	e := outbox.Entry{Seq: line.Seq, Hash: line.Hash, Public: line.Public, Body: body}
	doc, err := vocab.Decode(body)
	switch {
	case err != nil:
		return e, a.wrong("has a log that is broken at entry %d: it cannot be read.", line.Seq)
	case doc.Object != nil && doc.Object.Type == "Tombstone":
		if doc.Object.Seq != line.Seq || doc.Object.EntryHash != line.Hash || !a.inLog(doc.Object.ID) {
			return e, a.wrong("has a log that is broken at entry %d: what is left of it is not of that place.", line.Seq)
		}
		e = outbox.ErasedEntry(doc.Object, body)
		e.Public = line.Public
		return e, nil
	case doc.Activity == nil || doc.Activity.Actor != a.Manifest.Group || !a.inLog(doc.Activity.ID):
		return e, a.wrong("has a log that is broken at entry %d: it is not by the group.", line.Seq)
	}
	hash, err := outbox.EntryHash(body)
	if err != nil || hash != line.Hash {
		return e, a.wrong("has a log that is broken at entry %d: its hash is not that of what it says.", line.Seq)
	}
	e.IRI, e.Kind = doc.Activity.ID, doc.Activity.Type
	return e, nil
}

// inLog tells whether an id can be that of an entry of the group's log.
func (a *Archive) inLog(id string) bool {
	return federation.CheckID(id) == nil && strings.HasPrefix(id, a.Manifest.Group+"/log/")
}

// content checks the posts, what they were before, and their files.
func (r *reading) content() error {
	last := int64(0)
	err := each(r.ctx, r.Archive, kindPost, func(line post) error {
		if _, err := r.object(line); err != nil {
			return err
		}
		if err := r.known(line.Author, kindPost); err != nil {
			return err
		}
		if r.posts[line.ID] || line.Number <= last {
			return r.wrong("has the post %s twice, or not in its place.", line.ID)
		}
		last, r.posts[line.ID] = line.Number, true
		r.counts.Posts++
		return r.files(line.Files, line.ID)
	})
	if err != nil {
		return err
	}
	return each(r.ctx, r.Archive, kindVersion, func(line former) error {
		r.counts.Versions++
		if err := r.post(line.Post, kindVersion); err != nil {
			return err
		}
		return r.files(line.Files, line.Post)
	})
}

// object reads what a post says, and checks that it is its author's own: of the same server, and by nobody else (FEP-fe34).
func (a *Archive) object(line post) (*vocab.Object, error) {
	body := line.Bytes
	if body == nil {
		body = line.Object
	}
	o, err := vocab.DecodeObject(body)
	if err != nil || federation.CheckID(line.ID) != nil || o.ID != line.ID || o.AttributedTo != line.Author || !federation.SameOrigin(line.ID, line.Author) {
		return nil, a.wrong("has a post that is not its author's: %s by %s.", clipped(line.ID), clipped(line.Author))
	}
	return o, nil
}

func (r *reading) post(id, where string) error {
	if !r.posts[id] {
		return r.wrong("speaks of the post %q in %s, and does not have it.", clipped(id), where)
	}
	return nil
}

func (r *reading) files(list []file, of string) error {
	for _, f := range list {
		if err := r.file(f, of); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) file(f file, of string) error {
	if had, twice := r.rows[f.ID]; twice && had != of || f.ID <= 0 {
		return r.wrong("has the file %d in two posts.", f.ID)
	}
	r.rows[f.ID] = of
	if f.SHA256 == "" && f.Missing != "" {
		r.counts.Missing++
		return nil
	}
	for _, sum := range []string{f.SHA256, f.Preview} {
		if sum == "" && f.SHA256 != "" {
			continue
		}
		if part := r.parts[filesFolder+sum]; part == nil || sum == f.SHA256 && part.UncompressedSize64 != uint64(f.Size) {
			return r.wrong("lacks the file %s of %s, or it is of another size.", clipped(sum), of)
		}
	}
	return nil
}

// reactions checks what others say about the posts, and what was decided.
func (r *reading) reactions() error {
	err := each(r.ctx, r.Archive, kindReaction, func(line reaction) error {
		r.counts.Reactions++
		if err := r.post(line.Post, kindReaction); err != nil {
			return err
		}
		return r.known(line.By, kindReaction)
	})
	if err != nil {
		return err
	}
	return each(r.ctx, r.Archive, kindDecision, func(line decision) error {
		r.counts.Decisions++
		if line.About != "" {
			if err := r.known(line.About, kindDecision); err != nil {
				return err
			}
		}
		return r.known(line.By, kindDecision)
	})
}

// count compares how much there is with how much there was.
func (r *reading) count() error {
	for name := range r.parts {
		if strings.HasPrefix(name, filesFolder) {
			r.counts.Files++
		}
	}
	r.counts.Withheld = r.Manifest.Counts.Withheld
	if r.counts != r.Manifest.Counts {
		return r.wrong("does not hold what its manifest says: it has %s and more, and should have %s and more.", r.counts, r.Manifest.Counts)
	}
	return nil
}
