// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/gowebpki/jcs"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// Relay passes an activity that a group of ours has accepted on to the hosts of its members, unchanged (FEP-1b12): the
// Announce of the activity is the next entry of the group's log. A post that opens a conversation is announced once more by
// its id, which is what Mastodon and GoToSocial show, and stands in the timelines here as a boost by the group.
func (o *Outbox) Relay(ctx context.Context, tx *db.Tx, group *actors.Actor, raw []byte, kind string, item *content.Item) error {
	fail := func(err error) error { return fmt.Errorf("relay %s in %s: %w", kind, group.IRI, err) }
	told, err := o.inCopies(ctx, tx, group, raw, kind, item)
	if err != nil {
		return fail(err)
	}
	entry := &vocab.Activity{Type: "Announce", To: []string{group.Followers}, Object: vocab.Ref{Raw: told}}
	s := sending{activity: entry, hosts: replicas}
	open := group.Visibility == actors.VisibilityPublic
	if item != nil { // what everybody could read before the group was closed stays so
		s.item, open = item.ID, item.Audience <= actors.Unlisted
	}
	if open {
		s.public, s.hosts, entry.CC = true, allHosts, []string{vocab.Public}
	}
	if err := o.enter(ctx, tx, group, s); err != nil {
		return fail(err)
	}
	if err := o.keepRelayed(ctx, tx, group, raw, kind, item); err != nil {
		return fail(err)
	}
	if kind != "Create" || item.ReplyIRI != "" {
		return nil
	}
	return o.boost(ctx, tx, group, item, group.Shows())
}

// enter makes an activity of a group of ours the next entry of its log, and sends it to the hosts of the members.
func (o *Outbox) enter(ctx context.Context, tx *db.Tx, group *actors.Actor, s sending) error {
	if !group.Local {
		return fmt.Errorf("only its home speaks for a group")
	}
	digest, err := o.Dir.Digest(ctx, tx, group.ID) // it holds the group's row until the end of the transaction
	if err != nil {
		return err
	}
	state := &vocab.GroupState{MemberDigest: digest}
	var head string
	_, err = db.One(ctx, tx, func(r db.Scanner) (x struct{}, err error) {
		return x, r.Scan(&state.Epoch, &state.Seq, &head, &state.MemberCount)
	}, "UPDATE actors SET seq = seq + 1 WHERE id = $1 RETURNING epoch, seq, head, followers_count", group.ID)
	if err != nil {
		return fmt.Errorf("the next number of the log: %w", err)
	}
	s.activity.ID, s.activity.GroupState = EntryIRI(group, state.Epoch, state.Seq), state
	var hash string
	s.chain = func(entry []byte) error {
		if hash, err = EntryHash(entry); err == nil {
			state.Head, err = NextHead(head, hash)
		}
		return err
	}
	id, _, err := o.sendAs(ctx, tx, group, s)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO log (grp, seq, activity, hash) VALUES ($1, $2, $3, $4)", group.ID, state.Seq, id, hash); err != nil {
		return fmt.Errorf("log entry %d: %w", state.Seq, err)
	}
	if _, err = tx.Exec(ctx, "UPDATE actors SET head = $1 WHERE id = $2", state.Head, group.ID); err != nil {
		return fmt.Errorf("head after entry %d: %w", state.Seq, err)
	}
	return nil
}

// EntryIRI is the id of an entry of a group's log.
func EntryIRI(group *actors.Actor, epoch string, seq int64) string {
	return fmt.Sprintf("%s/%s/%d", group.Log, epoch, seq)
}

// State is where a group of ours stands.
func (o *Outbox) State(ctx context.Context, tx *db.Tx, group *actors.Actor) (*vocab.GroupState, error) {
	if _, err := o.Dir.Digest(ctx, tx, group.ID); err != nil {
		return nil, err
	}
	now, err := actors.Get(ctx, tx, group.ID)
	if err != nil {
		return nil, err
	}
	return stateOf(now), nil
}

func stateOf(group *actors.Actor) *vocab.GroupState {
	return &vocab.GroupState{Epoch: group.Epoch, Seq: group.Seq, Head: group.Head, MemberCount: int(group.FollowersCount), MemberDigest: group.Digest}
}

// EntryHash is the hash of a log entry as hexadecimal text (groups-1 §10.2): SHA-256 of its JCS without groupState, which tells
// the head that comes of it, and without the proof, which is over that too.
func EntryHash(entry []byte) (string, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(entry, &fields); err != nil {
		return "", fmt.Errorf("hash of a log entry: %w", err)
	}
	delete(fields, "groupState")
	delete(fields, "proof")
	bare, err := json.Marshal(fields)
	if err != nil {
		return "", fmt.Errorf("hash of a log entry: %w", err)
	}
	canonical, err := jcs.Transform(bare)
	if err != nil {
		return "", fmt.Errorf("hash of a log entry: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// NextHead chains an entry's hash to the head before it; the head of an empty log is "" or 32 zero bytes.
func NextHead(head, entryHash string) (string, error) {
	before := make([]byte, sha256.Size)
	if head != "" {
		if n, err := hex.Decode(before, []byte(head)); err != nil || n != sha256.Size {
			return "", fmt.Errorf("the head %q is not a hash", head)
		}
	}
	hash, err := hex.DecodeString(entryHash)
	if err != nil {
		return "", fmt.Errorf("the entry hash %q is not a hash", entryHash)
	}
	sum := sha256.Sum256(append(before, hash...))
	return hex.EncodeToString(sum[:]), nil
}

// groupOf is the group that an item stands in; nil when in none.
func (o *Outbox) groupOf(ctx context.Context, q db.Q, item *content.Item) (*actors.Actor, error) {
	if item == nil || item.Group == 0 {
		return nil, nil
	}
	group, err := actors.Get(ctx, q, item.Group)
	if err != nil {
		return nil, fmt.Errorf("group of %s: %w", item.IRI, err)
	}
	return group, nil
}

// claimedGroup is the group that somebody else's post says it is for, while the group has not announced it yet: what a member
// says about the post goes there all the same, and the group decides.
func (o *Outbox) claimedGroup(ctx context.Context, q db.Q, who *actors.Actor, item *content.Item) (*actors.Actor, error) {
	if item.Local || item.Group != 0 || item.Audience > actors.Unlisted || item.Kind == content.Announce {
		return nil, nil
	}
	doc, err := content.Doc(ctx, q, item.ID)
	if err != nil {
		return nil, err
	}
	object, err := vocab.DecodeObject(doc)
	if err != nil {
		return nil, nil // written in a way that says nothing of groups
	}
	named, err := actors.ByIRIs(ctx, q, object.Audience)
	if err != nil {
		return nil, err
	}
	for _, group := range named {
		if !group.IsGroup() {
			continue
		}
		if role, err := actors.RoleOf(ctx, q, who.ID, group.ID); err != nil || role != "" {
			return group, err
		}
	}
	return nil, nil
}

// tell sends an activity about an item, and through the item's group when it has one.
func (o *Outbox) tell(ctx context.Context, tx *db.Tx, who *actors.Actor, item *content.Item, s sending) (*vocab.Activity, error) {
	group, err := o.groupOf(ctx, tx, item)
	if err == nil && group == nil {
		group, err = o.claimedGroup(ctx, tx, who, item)
	}
	if err != nil {
		return nil, err
	}
	s.item, s.public = item.ID, item.Audience <= actors.Unlisted
	if group != nil {
		s.activity.Audience = []string{group.IRI}
		if !group.Local {
			s.extra = append(s.extra, group)
		}
		s.carried = group.ID == who.ID
	}
	sent, body, err := o.send(ctx, tx, who, s)
	if err != nil || group == nil {
		return sent, err
	}
	if !group.Local { // its home passes it on; what is decided by one of ours is known here
		return sent, o.keepRelayed(ctx, tx, group, body, s.activity.Type, item)
	}
	return sent, o.Relay(ctx, tx, group, body, s.activity.Type, item)
}
