// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/outbox"
)

// This node keeps a copy of the list of members of each group elsewhere that somebody here is in. The group's home numbers all
// that it sends (groups-1 §10): what is missing is read from its log, and a list whose digest differs is read anew. What the
// entries say about posts takes effect as it comes, in any order; a membership as the entry with the highest number has it.

const (
	jobGroup      = "group"        // read what is missing of a group's log
	jobGroupCheck = "group check"  // compare with the home of a group that has been silent
	jobProfile    = "profile"      // read who a member of a group elsewhere is
	silent        = 12 * time.Hour // then it is compared
	maxListPages  = 200            // of members: 100,000 people
	maxProfiles   = 20             // of a smaller group they are read at once; else when somebody looks
)

// replicates tells whether an actor is a group elsewhere that numbers what it sends.
func replicates(a *actors.Actor) bool {
	return a.IsGroup() && !a.Local && a.Groups1 && a.Log != "" && a.Members != ""
}

// entryOf is the number of an activity in the log of the group that sent it; 0: it is no entry.
func entryOf(a *arrival) int64 {
	if a.GroupState == nil || !replicates(a.actor) || !strings.HasPrefix(a.ID, a.actor.Log+"/") {
		return 0
	}
	return a.GroupState.Seq
}

// keepUp takes note of the place of an entry in its group's log, and of the membership that it tells. What comes before its time
// waits until that before it has been read from the log, and is not due yet: nothing that a group says overtakes what it said before.
func (x *Inbox) keepUp(ctx context.Context, a *arrival, id int64) (due bool, err error) {
	seq := entryOf(a)
	if seq == 0 {
		return true, nil
	}
	due = true
	err = x.DB.Tx(ctx, func(tx *db.Tx) error {
		group, err := hold(ctx, tx, a.actor.ID)
		if err != nil {
			return err
		}
		here, err := actors.MembersHere(ctx, tx, group.ID)
		if err != nil || here == 0 || a.GroupState.Epoch < group.Epoch {
			return err // there is no copy; or it is from before the home began anew
		}
		if a.GroupState.Epoch == group.Epoch && seq <= group.Seq+1 {
			if err := x.take(ctx, tx, group, a.Activity, seq); err != nil || seq <= group.Seq {
				return err
			}
			if here, err := actors.MembersHere(ctx, tx, group.ID); err != nil || here == 0 {
				return err // it was the last one of ours who is out: the copy is gone
			}
			return x.advance(ctx, tx, group, a.raw, a.GroupState)
		}
		due = false
		if _, err := tx.Exec(ctx, "UPDATE received SET state = $1 WHERE id = $2 AND state = $3", behind, id, waiting); err != nil {
			return err
		}
		if err := told(ctx, tx, group, a.GroupState); err != nil {
			return err
		}
		return x.wantGroup(ctx, tx, group)
	})
	return due, err
}

// hold reads a group and keeps others from changing its copy until the end of the transaction.
func hold(ctx context.Context, tx *db.Tx, id actors.ID) (*actors.Actor, error) {
	return actors.Hold(ctx, tx, id)
}

func told(ctx context.Context, tx *db.Tx, group *actors.Actor, state *vocab.GroupState) error {
	_, err := tx.Exec(ctx, "UPDATE actors SET told = CASE WHEN told < $1 THEN $1 ELSE told END WHERE id = $2", state.Seq, group.ID)
	return err
}

// advance goes on to the next entry of the log, which must follow from those before it. Where it does not, or where the list
// of members is not what the home says, all is read anew.
func (x *Inbox) advance(ctx context.Context, tx *db.Tx, group *actors.Actor, entry []byte, state *vocab.GroupState) error {
	hash, err := outbox.EntryHash(entry)
	if err != nil {
		return err
	}
	head, err := outbox.NextHead(group.Head, hash)
	if err != nil {
		return err
	}
	if head != state.Head {
		x.Log.Warn("the log of a group does not follow from our copy of it: it is read anew", "group", group.IRI, "entry", state.Seq)
		return x.wantAnew(ctx, tx, group)
	}
	if err := setPlace(ctx, tx, group, state.Epoch, state.Seq, head); err != nil {
		return err
	}
	if err := told(ctx, tx, group, state); err != nil {
		return err
	}
	return x.compare(ctx, tx, group, state)
}

// compare checks our list of members against the digest of the home's, which must be as old as ours.
func (x *Inbox) compare(ctx context.Context, tx *db.Tx, group *actors.Actor, state *vocab.GroupState) error {
	ours, err := x.Dir.Digest(ctx, tx, group.ID)
	if err != nil || state.MemberDigest == "" {
		return err
	}
	if ours == state.MemberDigest {
		if _, err := tx.Exec(ctx, "UPDATE actors SET heard = $1, followers_count = $2 WHERE id = $3", db.Millis(time.Now()), state.MemberCount, group.ID); err != nil || state.MemberCount > maxProfiles {
			return err
		}
		return x.wantProfiles(ctx, tx, group)
	}
	x.Log.Warn("our list of the members of a group differs from its home's: it is read anew", "group", group.IRI, "entry", state.Seq)
	return x.wantAnew(ctx, tx, group)
}

func setPlace(ctx context.Context, tx *db.Tx, group *actors.Actor, epoch string, seq int64, head string) error {
	if _, err := tx.Exec(ctx, "UPDATE actors SET epoch = $1, seq = $2, head = $3 WHERE id = $4", epoch, seq, head, group.ID); err != nil {
		return fmt.Errorf("place in the log of %s: %w", group.IRI, err)
	}
	group.Epoch, group.Seq, group.Head = epoch, seq, head
	return nil
}

// reading is the payload of jobGroup.
type reading struct {
	Group actors.ID `json:"group"`
	Anew  bool      `json:"anew,omitempty"` // the list of members too
}

func (x *Inbox) wantGroup(ctx context.Context, tx *db.Tx, group *actors.Actor) error {
	return x.Jobs.Add(ctx, tx, jobGroup, fmt.Sprint(group.ID), reading{Group: group.ID}, time.Time{})
}

// wantAnew has the list of members read anew. Another key than wantGroup: neither takes the other's place.
func (x *Inbox) wantAnew(ctx context.Context, tx *db.Tx, group *actors.Actor) error {
	return x.Jobs.Add(ctx, tx, jobGroup, fmt.Sprint("anew ", group.ID), reading{group.ID, true}, time.Time{})
}

// take applies what an entry tells about members, and keeps who decided it and why. When the last one of ours is out by that,
// nothing is kept.
func (x *Inbox) take(ctx context.Context, tx *db.Tx, group *actors.Actor, a *vocab.Activity, seq int64) error {
	if err := x.change(ctx, tx, group, a, seq); err != nil {
		return err
	}
	if here, err := actors.MembersHere(ctx, tx, group.ID); err != nil || here == 0 {
		return err
	}
	return x.Outbox.KeepEntry(ctx, tx, group, a)
}

// change applies the membership that an entry tells, unless something later is known about it.
func (x *Inbox) change(ctx context.Context, tx *db.Tx, group *actors.Actor, a *vocab.Activity, seq int64) error {
	if a.Object.Object == nil || a.Object.Object.Membership == nil || a.Type != "Add" && a.Type != "Update" && a.Type != "Remove" {
		return nil
	}
	return x.record(ctx, tx, group, a.Object.Object, seq)
}

// record applies what a group says about one of its members.
func (x *Inbox) record(ctx context.Context, tx *db.Tx, group *actors.Actor, w *vocab.Object, seq int64) error {
	m := w.Membership
	state, role := actors.State(m.State), actors.Role(m.Role)
	known := map[actors.State]bool{actors.Active: true, actors.Left: true, actors.Removed: true, actors.Banned: true}
	if m.Object != group.IRI || !known[state] || !role.InGroup() || federation.CheckID(m.Subject) != nil {
		return fault.Say(fault.Invalid, "%s is not a membership of %s.", w.ID, group.IRI)
	}
	who, err := x.Dir.Named(ctx, tx, m.Subject, w.Name)
	if who == nil || err != nil {
		return err
	}
	r, err := actors.RelationOf(ctx, tx, who.ID, group.ID)
	if err != nil || r.Seq >= seq {
		return err
	}
	asks := r.State == actors.Requested
	if who.Local && state == actors.Active && r.State != actors.Active && r.State != actors.Requested && r.State != actors.Invited {
		return x.Outbox.TellLeft(ctx, tx, who, group, r.Request) // it believes that one of ours is a member who is not (the repair of FEP-8fcf)
	}
	err = x.Dir.Replicate(ctx, tx, who, group, state, role, seq, w.EndTime, w.ID[strings.LastIndexByte(w.ID, '/')+1:])
	if err != nil || !asks {
		return err
	}
	return x.Outbox.Withdrawn(ctx, tx, who, group) // those here who could decide about it need not any more
}

// wantProfiles has those of the members read who are known by id only.
func (x *Inbox) wantProfiles(ctx context.Context, tx *db.Tx, group *actors.Actor) error {
	unread, err := db.All(ctx, tx, db.Scalar[string], `SELECT s.iri FROM relations r JOIN actors s ON s.id = r.subject AND s.fetched = 0 AND NOT s.local
		WHERE r.object = $1 AND r.state = 'active'`, group.ID)
	if err != nil {
		return err
	}
	for _, iri := range unread {
		if err := x.Jobs.Add(ctx, tx, jobProfile, iri, iri, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// readProfile reads who a member is, who is known by id only.
func (x *Inbox) readProfile(ctx context.Context, payload []byte) error {
	var iri string
	if err := json.Unmarshal(payload, &iri); err != nil {
		return jobs.Never(err)
	}
	_, err := x.Dir.Fetch(ctx, iri)
	if err != nil && fault.Status(err) < 500 {
		return jobs.Never(err)
	}
	return err
}

// readGroup reads what is missing of a group's log, and before that its list of members where that has to be read anew.
func (x *Inbox) readGroup(ctx context.Context, payload []byte) error {
	var r reading
	if err := json.Unmarshal(payload, &r); err != nil {
		return jobs.Never(err)
	}
	group, err := actors.Get(ctx, x.DB, r.Group)
	if err != nil {
		return jobs.Never(err)
	}
	here, err := actors.MembersHere(ctx, x.DB, group.ID)
	if err != nil || here == 0 || !replicates(group) {
		return err
	}
	if r.Anew {
		if err := x.readMembers(ctx, group); err != nil {
			return fmt.Errorf("read the members of %s: %w", group.IRI, err)
		}
	}
	for {
		more, err := x.readLog(ctx, group.ID)
		if err != nil {
			return fmt.Errorf("read the log of %s: %w", group.IRI, err)
		}
		if !more {
			return nil
		}
	}
}

// page reads one page of a list of a group.
func (x *Inbox) page(ctx context.Context, group *actors.Actor, address string) (*vocab.Collection, error) {
	app, err := x.Dir.Signer(ctx, x.Dir.App().ID)
	if err != nil {
		return nil, err
	}
	x.Dir.Client.Heard(federation.Origin(address)) // the pauses of the job are enough
	fetched, err := x.Dir.Client.Document(ctx, address, &app)
	if err != nil {
		return nil, err
	}
	doc, err := vocab.Decode(fetched.Body)
	if err != nil {
		return nil, err
	}
	if doc.Collection == nil || doc.Collection.GroupState == nil || !federation.SameOrigin(doc.Collection.ID, group.IRI) {
		return nil, fault.Say(fault.Invalid, "%s is not a list of a group.", address)
	}
	if next := doc.Collection.Next; next != "" && !strings.HasPrefix(next, doc.Collection.PartOf+"?") {
		return nil, fault.Say(fault.Invalid, "The list %s leads elsewhere.", address)
	}
	return doc.Collection, nil
}

// readLog reads one page of the log beyond what is here, and tells whether there is more.
func (x *Inbox) readLog(ctx context.Context, id actors.ID) (more bool, err error) {
	group, err := actors.Get(ctx, x.DB, id)
	if err != nil {
		return false, err
	}
	c, err := x.page(ctx, group, fmt.Sprintf("%s?after=%d", group.Log, group.Seq))
	if err != nil {
		return false, err
	}
	state := c.GroupState
	switch {
	case group.Epoch == "":
		err = x.DB.Tx(ctx, func(tx *db.Tx) error { return setPlace(ctx, tx, group, state.Epoch, 0, "") })
		if err != nil {
			return false, err
		}
	case state.Epoch < group.Epoch:
		return false, nil // an old answer
	case state.Epoch > group.Epoch, state.Seq < group.Seq: // the home began anew, from a copy of its database or on another machine
		return false, x.DB.Tx(ctx, func(tx *db.Tx) error { return x.wantAnew(ctx, tx, group) })
	}
	more = c.Next != "" && len(c.Items) > 0
	err = x.DB.Tx(ctx, func(tx *db.Tx) error {
		now, err := hold(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, entry := range c.Items {
			if err := x.takeEntry(ctx, tx, now, entry); err != nil {
				return err
			}
		}
		if here, err := actors.MembersHere(ctx, tx, id); err != nil || here == 0 {
			more = false
			return err // the last one of ours was removed meanwhile: the copy is gone
		}
		if err := setPlace(ctx, tx, now, now.Epoch, now.Seq, now.Head); err != nil {
			return err
		}
		if err := told(ctx, tx, now, state); err != nil || now.Seq != state.Seq {
			return err
		}
		if now.Head != state.Head {
			return x.wantAnew(ctx, tx, now)
		}
		return x.compare(ctx, tx, now, state)
	})
	return more, err
}

// takeEntry takes the next entry that was read from a log: what it says about members at once, the rest as if it had come by
// itself. The place in the log goes on in group, and is kept by the caller.
func (x *Inbox) takeEntry(ctx context.Context, tx *db.Tx, group *actors.Actor, entry vocab.Ref) error {
	gone := entry.Object != nil && entry.Object.Type == "Tombstone"
	seq, hash := int64(0), ""
	switch {
	case gone:
		seq, hash = entry.Object.Seq, entry.Object.EntryHash
	case entry.Activity == nil || entry.Activity.GroupState == nil:
		return fault.Say(fault.Invalid, "%s is no entry of a log.", entry.ID)
	default:
		seq = entry.Activity.GroupState.Seq
	}
	if seq != group.Seq+1 {
		return nil // it came by itself meanwhile
	}
	var e federation.Envelope
	var err error
	if !gone {
		if e, err = federation.Peek(entry.Raw); err != nil {
			return err
		}
		if e.Actor != group.IRI {
			return fault.Say(fault.Invalid, "The entry %s of the log is not by the group.", e.ID)
		}
		if hash, err = outbox.EntryHash(entry.Raw); err != nil {
			return err
		}
	}
	head, err := outbox.NextHead(group.Head, hash)
	if err != nil {
		return fault.Say(fault.Invalid, "Entry %d of the log has no hash: %v", seq, err)
	}
	group.Seq, group.Head = seq, head
	if gone {
		return nil
	}
	if err := x.take(ctx, tx, group, entry.Activity, seq); err != nil {
		return err
	}
	// One that came by itself too early goes behind what is read before it.
	if _, err := tx.Exec(ctx, "DELETE FROM received WHERE iri = $1 AND state IN ($2, $3)", e.ID, waiting, behind); err != nil {
		return err
	}
	return x.keepIn(ctx, tx, e, e.Actor, entry.Raw)
}

// readMembers reads the whole list of members and puts it in the place of ours; the log is then read from its beginning.
func (x *Inbox) readMembers(ctx context.Context, group *actors.Actor) error {
	var records []*vocab.Object
	var state *vocab.GroupState
	address := group.Members
	for range maxListPages {
		c, err := x.page(ctx, group, address)
		if err != nil {
			return err
		}
		if state != nil && *c.GroupState != *state {
			return jobs.Retry(time.Now().Add(time.Second)) // it changed while it was read
		}
		state = c.GroupState
		for _, ref := range c.Items {
			if o := ref.Object; o != nil && o.Membership != nil {
				records = append(records, o)
			}
		}
		if c.Next == "" {
			break
		}
		address = c.Next
	}
	return x.DB.Tx(ctx, func(tx *db.Tx) error {
		now, err := hold(ctx, tx, group.ID)
		if err != nil {
			return err
		}
		listed := map[actors.ID]bool{}
		for _, w := range records {
			who, err := x.Dir.Named(ctx, tx, w.Membership.Subject, w.Name)
			if err != nil {
				return err
			}
			if who == nil {
				continue
			}
			listed[who.ID] = true
			// As old as the list: what the log says before that has had its effect.
			if _, err := tx.Exec(ctx, "UPDATE relations SET seq = 0 WHERE subject = $1 AND object = $2", who.ID, now.ID); err != nil {
				return err
			}
			if err := x.record(ctx, tx, now, w, state.Seq); err != nil {
				return err
			}
		}
		if err := x.Dir.Unlisted(ctx, tx, now, state.Seq, listed); err != nil {
			return err
		}
		anew := state.Epoch != now.Epoch
		if !anew { // what is in the log is here
			return x.compareList(ctx, tx, now, state)
		}
		return setPlace(ctx, tx, now, state.Epoch, 0, "")
	})
}

// compareList is compare for a list that has just been read: one that differs from its own digest is not asked for again at once.
func (x *Inbox) compareList(ctx context.Context, tx *db.Tx, group *actors.Actor, state *vocab.GroupState) error {
	ours, err := x.Dir.Digest(ctx, tx, group.ID)
	if err != nil {
		return err
	}
	if ours != state.MemberDigest {
		x.Log.Error("the home of a group tells another digest than that of its own list of members", "group", group.IRI)
		return nil
	}
	if group.Seq < state.Seq || group.Seq == state.Seq && group.Head == state.Head {
		return nil
	}
	return setPlace(ctx, tx, group, state.Epoch, 0, "") // our place cannot be: from the beginning
}

// joined is for one of ours who has become a member of a group elsewhere: its log is read, and it is compared with its home now
// and then.
func (x *Inbox) joined(ctx context.Context, tx *db.Tx, group *actors.Actor) error {
	if !replicates(group) {
		return nil
	}
	if err := x.wantGroup(ctx, tx, group); err != nil {
		return err
	}
	return x.Jobs.Add(ctx, tx, jobGroupCheck, fmt.Sprint(group.ID), group.ID, time.Now().Add(silent+rand.N(silent/6)))
}

// checkGroup compares our copy of a silent group with its home. It runs as long as somebody here is a member.
func (x *Inbox) checkGroup(ctx context.Context, payload []byte) error {
	var id actors.ID
	if err := json.Unmarshal(payload, &id); err != nil {
		return jobs.Never(err)
	}
	group, err := actors.Get(ctx, x.DB, id)
	if err != nil {
		return jobs.Never(err)
	}
	if here, err := actors.MembersHere(ctx, x.DB, id); err != nil || here == 0 {
		return err
	}
	heard, err := db.One(ctx, x.DB, db.Scalar[int64], "SELECT heard FROM actors WHERE id = $1", id)
	if err != nil {
		return err
	}
	again := db.FromMillis(heard).Add(silent + rand.N(silent/6))
	if time.Now().Before(again) {
		return jobs.Retry(again)
	}
	_, err = x.Dir.Fetch(ctx, group.IRI)
	if errors.Is(err, fault.Gone) || errors.Is(err, fault.NotFound) { // it was deleted, or is not for this node any more
		return x.DB.Tx(ctx, func(tx *db.Tx) error {
			return x.Jobs.Add(ctx, tx, jobVanished, group.Inbox, vanished{Inbox: group.Inbox}, time.Time{})
		})
	}
	if err != nil {
		return err
	}
	payload, err = json.Marshal(reading{Group: id})
	if err != nil {
		return err
	}
	if err := x.readGroup(ctx, payload); err != nil {
		return err
	}
	return jobs.Retry(time.Now().Add(silent + rand.N(silent/6)))
}

// isRecord tells whether an activity tells a membership.
func isRecord(a *vocab.Activity) bool {
	return a.Object.Object != nil && a.Object.Object.Membership != nil
}

// allowMembership: an owner of a group of ours changes the role of a member; or a group elsewhere tells who its members are.
func (x *Inbox) allowMembership(ctx context.Context, q db.Q, a *arrival) error {
	m := a.Object.Object.Membership
	if !x.Dir.Ours(m.Object) {
		return allowRecord(a)
	}
	group, err := actors.ByIRI(ctx, q, m.Object)
	if err != nil || !group.IsGroup() || a.via != nil {
		return errors.Join(err, fault.Say(fault.Invalid, "%s is not a membership of a group of this node.", a.Object.ID))
	}
	a.group = group
	return x.allowDecision(ctx, q, a, m.Subject, outbox.Decision{Kind: outbox.DecidedRole, Role: actors.Role(m.Role)})
}

// allowRecord: a group tells who its members are. That has had its effect by then: see keepUp.
func allowRecord(a *arrival) error {
	if entryOf(a) == 0 || a.Object.Object.Membership.Object != a.actor.IRI {
		return fault.Say(fault.Forbidden, "%s does not keep the list of these members.", a.Actor)
	}
	return nil
}
