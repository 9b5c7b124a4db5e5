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
// that it sends (groups-1 §10): its entries have their effect in that order, what is missing is read from its log, and a list whose
// digest differs is read anew. A membership is as the entry with the highest number has it.

const (
	jobGroup      = "group"        // read what is missing of a group's log
	jobGroupCheck = "group check"  // compare with the home of a group that has been silent
	jobProfile    = "profile"      // read who a member of a group elsewhere is
	silent        = 12 * time.Hour // then it is compared
	checkAgain    = time.Hour      // when that could not be
	anewPause     = 10 * time.Minute
	manyChanges   = 8      // to the list of members: its digest is counted once, after them
	maxListPages  = 200    // of members, however small the pages are
	maxMembers    = 50_000 // of a group of which a copy is kept
	maxLogPages   = 100    // read in one go: other work wants its turn
	maxStrays     = 20     // of ours, whom a list wrongly names, told of at once
	maxProfiles   = 20     // of a smaller group they are read at once; else when somebody looks
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
		group, err := actors.Hold(ctx, tx, a.actor.ID)
		if err != nil {
			return err
		}
		here, err := actors.MembersHere(ctx, tx, group.ID)
		if err != nil {
			return err
		}
		if here == 0 { // nobody here is a member: there is no copy
			return x.perhapsMember(ctx, tx, group, a.Activity, seq)
		}
		if a.GroupState.Epoch < group.Epoch {
			return nil // from before the home began anew
		}
		before, err := overtakes(ctx, tx, group, id)
		if err != nil {
			return err
		}
		if a.GroupState.Epoch == group.Epoch && (seq <= group.Seq || seq == group.Seq+1 && !before) {
			kept, err := x.take(ctx, tx, group, a.Activity, seq)
			if err != nil || !kept || seq <= group.Seq {
				return err
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

// overtakes tells whether what a group sent stands before what was read from its log since, and would have its effect before that.
func overtakes(ctx context.Context, tx *db.Tx, group *actors.Actor, id int64) (bool, error) {
	read, err := db.One(ctx, tx, db.Scalar[int64], "SELECT log_read FROM actors WHERE id = $1", group.ID)
	return id < read, err
}

// perhapsMember is for an entry of a group that nobody here is a member of: the home believes that somebody is.
func (x *Inbox) perhapsMember(ctx context.Context, tx *db.Tx, group *actors.Actor, a *vocab.Activity, seq int64) error {
	if isRecord(a) && x.Dir.Ours(a.Object.Object.Membership.Subject) {
		if err := x.change(ctx, tx, group, a, seq); err != nil {
			return err
		}
		if here, err := actors.MembersHere(ctx, tx, group.ID); err != nil || here > 0 {
			return errors.Join(err, x.joined(ctx, tx, group))
		}
		return nil
	}
	if n, err := actors.MayBelong(ctx, tx, group.ID); err != nil || n == 0 {
		return err
	}
	return x.wantAnew(ctx, tx, group)
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
		return x.differs(ctx, tx, group, "log", false)
	}
	if err := setPlace(ctx, tx, group, state.Epoch, state.Seq, head); err != nil {
		return err
	}
	if err := told(ctx, tx, group, state); err != nil {
		return err
	}
	return x.compare(ctx, tx, group, state, false)
}

// compare checks our list of members against the digest of the home's, which must be as old as ours; group is as it was before what
// was taken from its log.
func (x *Inbox) compare(ctx context.Context, tx *db.Tx, group *actors.Actor, state *vocab.GroupState, anew bool) error {
	ours, err := x.Dir.Digest(ctx, tx, group.ID)
	if err != nil || state.MemberDigest == "" {
		return err
	}
	if ours != state.MemberDigest {
		return x.differs(ctx, tx, group, "members", anew)
	}
	if _, err := tx.Exec(ctx, "UPDATE actors SET heard = $1, followers_count = $2 WHERE id = $3", db.Millis(time.Now()), state.MemberCount, group.ID); err != nil {
		return err
	}
	if state.MemberCount > maxProfiles || ours == group.Digest { // as it was before: nobody is new
		return nil
	}
	return x.wantProfiles(ctx, tx, group)
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

// wantAnew has the list of members read anew, a home that is never of one mind not all the time. Another key than wantGroup: neither
// takes the other's place.
func (x *Inbox) wantAnew(ctx context.Context, tx *db.Tx, group *actors.Actor) error {
	last, err := db.One(ctx, tx, db.Scalar[int64], "SELECT anew FROM actors WHERE id = $1", group.ID)
	if err != nil {
		return err
	}
	at := time.Now()
	if next := db.FromMillis(last).Add(anewPause); next.After(at) {
		at = next
	}
	return x.Jobs.Add(ctx, tx, jobGroup, fmt.Sprint("anew ", group.ID), reading{group.ID, true}, at)
}

// differs is for a copy that is not as its home says: it is read anew, unless it has just been.
func (x *Inbox) differs(ctx context.Context, tx *db.Tx, group *actors.Actor, what string, anew bool) error {
	if anew {
		x.Log.Error("the home of a group contradicts itself: our copy was read anew, and is still not what it says", "group", group.IRI, "what", what)
		return nil
	}
	x.Log.Warn("our copy of a group is not what its home says: it is read anew", "group", group.IRI, "what", what)
	return x.wantAnew(ctx, tx, group)
}

// take applies what an entry tells about members, and keeps who decided it and why. When the last one of ours is out by that, the
// copy is gone, and it reports false.
func (x *Inbox) take(ctx context.Context, tx *db.Tx, group *actors.Actor, a *vocab.Activity, seq int64) (kept bool, err error) {
	if err := x.change(ctx, tx, group, a, seq); err != nil {
		return false, err
	}
	if isRecord(a) && x.Dir.Ours(a.Object.Object.Membership.Subject) {
		if here, err := actors.MembersHere(ctx, tx, group.ID); err != nil || here == 0 {
			return false, err
		}
	}
	return true, x.Outbox.KeepEntry(ctx, tx, group, a)
}

// change applies the membership that an entry tells, unless something later is known about it.
func (x *Inbox) change(ctx context.Context, tx *db.Tx, group *actors.Actor, a *vocab.Activity, seq int64) error {
	if !isRecord(a) || a.Type != "Add" && a.Type != "Update" && a.Type != "Remove" || seq <= group.Listed {
		return nil
	}
	w := a.Object.Object
	if err := isMembership(w, group); err != nil {
		return err
	}
	who, err := x.Dir.Named(ctx, tx, w.Membership.Subject, w.Name)
	if who == nil || err != nil {
		return err
	}
	stray, err := x.record(ctx, tx, group, who, w, seq)
	if err != nil || !stray {
		return err
	}
	return x.Outbox.TellLeft(ctx, tx, who, group, actors.Request{})
}

// isMembership checks that a record is of the list of a group.
func isMembership(w *vocab.Object, group *actors.Actor) error {
	m := w.Membership
	switch actors.State(m.State) {
	case actors.Active, actors.Left, actors.Removed, actors.Banned:
		if m.Object == group.IRI && actors.Role(m.Role).InGroup() && federation.CheckID(m.Subject) == nil {
			return nil
		}
	}
	return fault.Say(fault.Invalid, "%s is not a membership of %s.", w.ID, group.IRI)
}

// record applies what a group says about one of its members, in a record that isMembership has checked. Of one of ours who never
// asked, or who has left, it cannot say that it is a member: that is a stray, whom the home must be told of (the repair of FEP-8fcf).
func (x *Inbox) record(ctx context.Context, tx *db.Tx, group, who *actors.Actor, w *vocab.Object, seq int64) (stray bool, err error) {
	state, role := actors.State(w.Membership.State), actors.Role(w.Membership.Role)
	r, err := actors.RelationOf(ctx, tx, who.ID, group.ID)
	if err != nil || r.Seq >= seq {
		return false, err
	}
	asks := r.State == actors.Requested
	if who.Local && state == actors.Active && (r.State == actors.None || r.State == actors.Left) {
		return true, nil
	}
	err = x.Dir.Replicate(ctx, tx, who, group, r, state, role, seq, w.EndTime, w.ID[strings.LastIndexByte(w.ID, '/')+1:])
	if err != nil || !asks {
		return false, err
	}
	return false, x.Outbox.Withdrawn(ctx, tx, who, group) // those here who could decide about it need not any more
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

// person is the actor of an id that a group elsewhere tells of, one by one; who is known by id only is read soon. Nil: see Named.
func (x *Inbox) person(ctx context.Context, tx *db.Tx, iri string) (*actors.Actor, error) {
	who, err := x.Dir.Named(ctx, tx, iri, "")
	if who == nil || err != nil || who.Local || !who.Fetched.IsZero() {
		return who, err
	}
	return who, x.Jobs.Add(ctx, tx, jobProfile, iri, iri, time.Time{})
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

// readGroup is the work of the job jobGroup.
func (x *Inbox) readGroup(ctx context.Context, payload []byte) error {
	var r reading
	if err := json.Unmarshal(payload, &r); err != nil {
		return jobs.Never(err)
	}
	return x.catchUp(ctx, r)
}

// catchUp reads what is missing of a group's log, and before that its list of members where that has to be read anew.
func (x *Inbox) catchUp(ctx context.Context, r reading) error {
	group, err := actors.Get(ctx, x.DB, r.Group)
	if err != nil {
		return jobs.Never(err)
	}
	may, err := actors.MayBelong(ctx, x.DB, group.ID)
	if err != nil || may == 0 || !replicates(group) {
		return err
	}
	if r.Anew || group.Epoch == "" {
		if err := x.readMembers(ctx, group); err != nil {
			return x.denied(ctx, group, fmt.Errorf("read the members of %s: %w", group.IRI, err))
		}
	}
	for range maxLogPages {
		more, err := x.readLog(ctx, group.ID, r.Anew)
		if err != nil {
			return x.denied(ctx, group, fmt.Errorf("read the log of %s: %w", group.IRI, err))
		}
		if !more {
			return nil
		}
	}
	return x.DB.Tx(ctx, func(tx *db.Tx) error { return x.wantGroup(ctx, tx, group) })
}

// unlisted tells whether an answer says that there is nothing for this node.
func unlisted(err error) bool {
	return errors.Is(err, fault.NotFound) || errors.Is(err, fault.Forbidden) || errors.Is(err, fault.Gone)
}

// denied is for a list that could not be read. Where the home shows neither of its lists, but the group itself as far as strangers
// may know of it, none of ours is a member any more: what said so was lost.
func (x *Inbox) denied(ctx context.Context, group *actors.Actor, reason error) error {
	switch {
	case errors.Is(reason, fault.Invalid):
		return jobs.Never(reason) // it would be the same again; the next entry, or half a day, has it read anew
	case !unlisted(reason):
		return reason
	}
	for _, list := range []string{group.Members, group.Log} {
		if _, err := x.page(ctx, group, list, list); !unlisted(err) {
			return errors.Join(err, reason)
		}
	}
	if _, err := x.Dir.Fetch(ctx, group.IRI); err != nil && !(unlisted(err) && group.Visibility == actors.VisibilityHidden) {
		return errors.Join(err, reason)
	}
	x.Log.Warn("nobody here is a member of a group any more: its home does not show its list to us", "group", group.IRI)
	return x.DB.Tx(ctx, func(tx *db.Tx) error {
		now, err := actors.Hold(ctx, tx, group.ID)
		if err != nil {
			return err
		}
		here, err := db.All(ctx, tx, db.Scalar[actors.ID], "SELECT r.subject FROM relations r JOIN actors s ON s.id = r.subject AND s.local WHERE r.object = $1 AND r.state = 'active'", now.ID)
		if err != nil {
			return err
		}
		for _, id := range here {
			who, err := actors.Get(ctx, tx, id)
			if err == nil {
				_, err = x.Dir.End(ctx, tx, who, now, actors.Removed)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// page reads one page of a list of a group. The next one must be of the same list.
func (x *Inbox) page(ctx context.Context, group *actors.Actor, list, address string) (*vocab.Collection, error) {
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
	if next := doc.Collection.Next; next != "" && !strings.HasPrefix(next, list+"?") {
		return nil, fault.Say(fault.Invalid, "The list %s leads elsewhere.", address)
	}
	return doc.Collection, nil
}

// readLog reads one page of the log beyond what is here, and tells whether there is more.
func (x *Inbox) readLog(ctx context.Context, id actors.ID, anew bool) (more bool, err error) {
	group, err := actors.Get(ctx, x.DB, id)
	if err != nil {
		return false, err
	}
	c, err := x.page(ctx, group, group.Log, fmt.Sprintf("%s?after=%d", group.Log, group.Seq))
	if err != nil {
		return false, err
	}
	state := c.GroupState
	switch {
	case group.Epoch == "":
		return false, nil // whoever was a member has left meanwhile
	case state.Epoch < group.Epoch:
		x.Log.Warn("the home of a group is at an earlier epoch than it was: was an older copy of its database put back?", "group", group.IRI, "epoch", state.Epoch, "before", group.Epoch)
		return false, nil
	case state.Epoch > group.Epoch, state.Seq < group.Seq: // the home began anew, from a copy of its database or on another machine
		return false, x.DB.Tx(ctx, func(tx *db.Tx) error { return x.differs(ctx, tx, group, "epoch", anew) })
	}
	err = x.DB.Tx(ctx, func(tx *db.Tx) error {
		now, err := actors.Hold(ctx, tx, id)
		if err != nil || now.Epoch != state.Epoch {
			return err
		}
		began := now.Seq
		if len(c.Items) > manyChanges {
			if err := x.Dir.Recount(ctx, tx, id); err != nil {
				return err
			}
		}
		for _, entry := range c.Items {
			kept, err := x.takeEntry(ctx, tx, now, entry)
			if err != nil {
				return err
			}
			if !kept { // the last one of ours was out by that; that the home shows us the log says that somebody is a member again
				return x.wantAnew(ctx, tx, now)
			}
		}
		if here, err := actors.MembersHere(ctx, tx, id); err != nil || here == 0 {
			return err // the last one of ours left meanwhile: the copy is gone
		}
		more = c.Next != "" && now.Seq > group.Seq // a list that leads on without an entry would never end
		switch {
		case now.Seq > max(began, state.Seq):
			return fault.Say(fault.Invalid, "The log of %s goes beyond where it is said to end.", group.IRI)
		case now.Seq > state.Seq: // what came by itself while the page was on its way is further on than that
			return nil
		case now.Seq > began:
			if err := setPlace(ctx, tx, now, now.Epoch, now.Seq, now.Head); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "UPDATE actors SET log_read = $1 WHERE id = $2", x.DB.NewID(), id); err != nil {
				return err
			}
		}
		if err := told(ctx, tx, now, state); err != nil || now.Seq != state.Seq {
			return err
		}
		if now.Head != state.Head {
			return x.differs(ctx, tx, now, "log", anew)
		}
		return x.compare(ctx, tx, now, state, anew)
	})
	return more, err
}

// takeEntry takes the next entry that was read from a log: what it says about members at once, the rest as if it had come by
// itself. The place in the log goes on in group, and is kept by the caller, unless the copy is gone by that entry (false).
func (x *Inbox) takeEntry(ctx context.Context, tx *db.Tx, group *actors.Actor, entry vocab.Ref) (kept bool, err error) {
	gone := entry.Object != nil && entry.Object.Type == "Tombstone"
	seq, hash := int64(0), ""
	switch {
	case gone:
		seq, hash = entry.Object.Seq, entry.Object.EntryHash
	case entry.Activity == nil || entry.Activity.GroupState == nil:
		return false, fault.Say(fault.Invalid, "%s is no entry of a log.", entry.ID)
	default:
		seq = entry.Activity.GroupState.Seq
	}
	if seq != group.Seq+1 {
		return true, nil // it came by itself meanwhile
	}
	var e federation.Envelope
	if !gone {
		if e, err = federation.Peek(entry.Raw); err != nil {
			return false, err
		}
		if e.Actor != group.IRI {
			return false, fault.Say(fault.Invalid, "The entry %s of the log is not by the group.", e.ID)
		}
		if hash, err = outbox.EntryHash(entry.Raw); err != nil {
			return false, err
		}
	}
	head, err := outbox.NextHead(group.Head, hash)
	if err != nil {
		return false, fault.Say(fault.Invalid, "Entry %d of the log has no hash: %v", seq, err)
	}
	group.Seq, group.Head = seq, head
	if gone {
		return true, nil
	}
	if kept, err = x.take(ctx, tx, group, entry.Activity, seq); err != nil || !kept {
		return kept, err
	}
	// One that came by itself too early goes behind what is read before it; and what was refused then, because nobody here was a
	// member or what it is about was not known, may be understood now.
	if _, err := tx.Exec(ctx, "DELETE FROM received WHERE iri = $1 AND state IN ($2, $3, $4)", e.ID, waiting, behind, refused); err != nil {
		return false, err
	}
	return true, x.keepIn(ctx, tx, e, e.Actor, entry.Raw)
}

// readMembers reads the whole list of members and puts it in the place of ours; the log is then read from its beginning. Nothing
// is changed by a list that is not what the home itself says of it.
func (x *Inbox) readMembers(ctx context.Context, group *actors.Actor) error {
	began := time.Now()
	err := x.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE actors SET anew = $1 WHERE id = $2", db.Millis(began), group.ID)
		return err
	})
	if err != nil {
		return err
	}
	records, state, err := x.fetchMembers(ctx, group)
	if err != nil {
		return err
	}
	return x.DB.Tx(ctx, func(tx *db.Tx) error {
		now, err := actors.Hold(ctx, tx, group.ID)
		if err != nil {
			return err
		}
		changed, err := db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM relations WHERE object = $1 AND updated >= $2", now.ID, db.Millis(began))
		if err != nil {
			return err
		}
		if changed > 0 { // somebody joined or left meanwhile, of whom the list may not know
			return jobs.Retry(time.Now().Add(time.Second))
		}
		if err := x.replace(ctx, tx, now, records, state.Seq); err != nil {
			return err
		}
		here, err := actors.MembersHere(ctx, tx, now.ID)
		if err != nil {
			return err
		}
		if here == 0 {
			return x.Dir.Forget(ctx, tx, now)
		}
		seq, head := now.Seq, now.Head
		if state.Epoch != now.Epoch || seq > state.Seq || seq == state.Seq && head != state.Head { // our place cannot be: from the beginning
			seq, head = 0, ""
		}
		if err := setPlace(ctx, tx, now, state.Epoch, seq, head); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE actors SET listed = $1, told = $1 WHERE id = $2", state.Seq, now.ID); err != nil {
			return err
		}
		return x.wantCheck(ctx, tx, now)
	})
}

// replace puts a list of members in the place of ours, as of the number seq of the log.
func (x *Inbox) replace(ctx context.Context, tx *db.Tx, group *actors.Actor, records []*vocab.Object, seq int64) error {
	// All as old as the list: what the log says before that has had its effect.
	if _, err := tx.Exec(ctx, "UPDATE relations SET seq = 0 WHERE object = $1", group.ID); err != nil {
		return err
	}
	if err := x.Dir.Recount(ctx, tx, group.ID); err != nil {
		return err
	}
	listed := map[actors.ID]bool{}
	strays := 0
	for _, w := range records {
		who, err := x.Dir.Named(ctx, tx, w.Membership.Subject, w.Name)
		if err != nil {
			return err
		}
		if who == nil {
			continue
		}
		listed[who.ID] = true
		stray, err := x.record(ctx, tx, group, who, w, seq)
		if err != nil {
			return err
		}
		if !stray {
			continue
		}
		if strays++; strays > maxStrays {
			continue
		}
		if err := x.Outbox.TellLeft(ctx, tx, who, group, actors.Request{}); err != nil {
			return err
		}
	}
	return x.Dir.Unlisted(ctx, tx, group, seq, listed)
}

// fetchMembers reads the whole list of the members of a group, with where its log stands.
func (x *Inbox) fetchMembers(ctx context.Context, group *actors.Actor) ([]*vocab.Object, *vocab.GroupState, error) {
	var records []*vocab.Object
	var state *vocab.GroupState
	members := map[string]actors.Role{}
	address := group.Members
	for range maxListPages {
		c, err := x.page(ctx, group, group.Members, address)
		if err != nil {
			return nil, nil, err
		}
		if state != nil && *c.GroupState != *state {
			return nil, nil, jobs.Retry(time.Now().Add(time.Second)) // it changed while it was read
		}
		state = c.GroupState
		for _, ref := range c.Items {
			if ref.Object == nil || ref.Object.Membership == nil {
				return nil, nil, fault.Say(fault.Invalid, "%s is not a membership of %s.", ref.ID, group.IRI)
			}
			if err := isMembership(ref.Object, group); err != nil {
				return nil, nil, err
			}
			members[ref.Object.Membership.Subject] = actors.Role(ref.Object.Membership.Role)
			records = append(records, ref.Object)
		}
		switch {
		case max(state.MemberCount, len(records)) > maxMembers:
			return nil, nil, fault.Say(fault.Invalid, "%s has more than %d members: no copy is kept of such a list.", group.IRI, maxMembers)
		case c.Next != "":
			address = c.Next
		case actors.MemberDigest(members) != state.MemberDigest:
			return nil, nil, fault.Say(fault.Invalid, "%s tells another digest than that of its own list of members.", group.IRI)
		default:
			return records, state, nil
		}
	}
	return nil, nil, fault.Say(fault.Invalid, "The list of the members of %s has no end.", group.IRI)
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
	return x.wantCheck(ctx, tx, group)
}

// wantCheck has a copy compared with its home after half a day without a word from there.
func (x *Inbox) wantCheck(ctx context.Context, tx *db.Tx, group *actors.Actor) error {
	return x.Jobs.Add(ctx, tx, jobGroupCheck, fmt.Sprint(group.ID), group.ID, time.Now().Add(silence()))
}

// silence is how long a group is silent before it is compared: the nodes of its members do not all ask at once.
func silence() time.Duration { return silent + rand.N(silent/6) }

// checkGroup looks whether our copy of a group is whole, and compares that of a silent group with its home. It runs as long as
// somebody here is a member.
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
	anew := false
	err = x.DB.Tx(ctx, func(tx *db.Tx) error {
		before, err := x.Dir.Digest(ctx, tx, id)
		if err == nil {
			err = x.Dir.Recount(ctx, tx, id)
		}
		if err != nil {
			return err
		}
		now, err := x.Dir.Digest(ctx, tx, id)
		anew = now != before
		return err
	})
	if err != nil {
		return err
	}
	if anew {
		x.Log.Error("our list of the members of a group is not what it was: it is read anew", "group", group.IRI)
	}
	heard, err := db.One(ctx, x.DB, db.Scalar[int64], "SELECT heard FROM actors WHERE id = $1", id)
	if err != nil {
		return err
	}
	if again := db.FromMillis(heard).Add(silence()); !anew && time.Now().Before(again) {
		return jobs.Retry(again)
	}
	pause := silence()
	if err := x.catchUp(ctx, reading{id, anew}); err != nil { // its home may be away for weeks: this is never given up
		x.Log.Warn("our copy of a group could not be compared with its home", "group", group.IRI, "error", err)
		pause = checkAgain
	}
	_, err = x.Dir.Fetch(ctx, group.IRI)
	if errors.Is(err, fault.Gone) || errors.Is(err, fault.NotFound) { // it was deleted, or is not for this node any more
		return x.DB.Tx(ctx, func(tx *db.Tx) error {
			return x.Jobs.Add(ctx, tx, jobVanished, group.Inbox, vanished{Inbox: group.Inbox}, time.Time{})
		})
	}
	if err != nil {
		x.Log.Info("what a group says of itself could not be read", "group", group.IRI, "error", err)
	}
	return jobs.Retry(time.Now().Add(pause))
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
