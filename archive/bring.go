// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/outbox"
)

// Plan is how an archive is brought into a node.
type Plan struct {
	As       string        // the name of the group; "": the one that it had
	Owner    *actors.Actor // of this node, who owns the group then; nil: those who owned it, when they are members again
	TakeOver bool          // posts that are here as a copy of the group elsewhere stand in this one from then on
}

// Brought is what has come of it.
type Brought struct {
	Group    *actors.Actor
	Restored bool // it is the group of before: the archive is of this node, and the group has the name that it had

	Posts     int // that came with the archive
	Taken     int // that were here, and stand in the group now
	Gone      int // that were deleted here, and stay so
	Foreign   int // that are said to be by people of this node, and are not known here
	Files     int
	Members   int // again
	Invited   int
	Requests  int  // that ask again
	Barred    int  // whose ban goes on
	Different bool // restored: not everybody could be a member again
}

// Import brings the group of an archive into this node, whole, or leaves everything as it was. An archive of another node, or of another
// name, makes a group of its own, with the posts of then: who was a member is invited, for nobody becomes one without a word. An
// archive of this node restores the group that it had: its members, its log and its ids, in a new epoch.
func (a *Archives) Import(ctx context.Context, from *Archive, p Plan) (*Brought, error) {
	b := &bringing{Archives: a, from: from, plan: p, own: from.Manifest.Node.URL == a.Dir.Base.String(), name: strings.ToLower(from.Manifest.Name), shelved: map[int64]*media.File{}}
	if p.As != "" {
		b.name = strings.ToLower(p.As)
	}
	b.restored = b.own && a.Dir.URL("/groups/"+b.name) == from.Manifest.Group
	if err := b.may(ctx); err != nil {
		return nil, err
	}
	if err := a.Dir.MakeKey(); err != nil {
		return nil, err
	}
	if err := b.shelve(ctx); err != nil {
		b.unshelve()
		return nil, err
	}
	undone := true
	err := a.DB.Tx(ctx, func(tx *db.Tx) error {
		err := b.bring(ctx, tx)
		undone = err != nil
		return err
	})
	if undone { // else a commit may have happened although it seems to have failed: if it did not, the bytes are swept away
		b.unshelve()
	}
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", from.name, err)
	}
	return &b.did, nil
}

// bringing is one archive on its way in.
type bringing struct {
	*Archives
	from          *Archive
	plan          Plan
	name          string
	own, restored bool
	shelved       map[int64]*media.File // by the numbers of the archive
	icon, image   *media.File

	// Of one try of the transaction:
	did     Brought
	group   *actors.Actor
	former  *actors.Actor // the group as it was: posts are addressed to that
	copyOf  actors.ID     // here, of the group elsewhere; 0: none
	ended   time.Time     // when the former group was deleted, as this node knows: what went with it may come back
	people  map[string]*actors.Actor
	posts   map[string]standing
	mustBe  []string        // people of this node who are needed and are not there
	last    content.ID      // of the post before
	refused map[string]bool // hosts of which no files are shown here
}

// standing is a post that stands in the group now.
type standing struct {
	id     content.ID
	author *actors.Actor // nil: it was here before
}

// may refuses, before any work is done, what cannot be.
func (b *bringing) may(ctx context.Context) error {
	m := &b.from.Manifest
	groups, err := actors.LocalGroups(ctx, b.DB)
	if err != nil {
		return err
	}
	for _, g := range groups {
		switch {
		case g.IRI == m.Group && b.restored:
			return fault.Say(fault.Invalid, "%s is here: an archive brings back a group that is not there any more. Nothing was changed.", g.Handle())
		case slices.Contains(g.AlsoKnownAs, m.Group):
			return fault.Say(fault.Invalid, "The archive was brought in before: the group is %s. Nothing was changed.", g.Handle())
		case g.Name == b.name:
			return fault.Say(fault.Invalid, "There is a group called %q on this node already: give the one of the archive another name with --as. Nothing was changed.", b.name)
		}
	}
	if owner := b.plan.Owner; owner != nil && (!owner.Local || owner.Kind != actors.Person) {
		return fault.Say(fault.Invalid, "A group needs an owner who is a person of this node.")
	}
	if b.plan.Owner == nil && !b.restored {
		return fault.Say(fault.Invalid, "Say with --owner who of this node owns the group: those who were members of %s are invited, and are none until they accept.", m.Handle)
	}
	return nil
}

// shelve keeps the files of posts that are not here yet, as files without rows: the transaction is short.
func (b *bringing) shelve(ctx context.Context) error {
	s, err := b.from.settings(ctx)
	if err != nil {
		return err
	}
	for _, p := range []struct {
		file *file
		into **media.File
	}{{s.Icon, &b.icon}, {s.Image, &b.image}} {
		if p.file == nil || p.file.SHA256 == "" {
			continue
		}
		f, err := b.shelveOne(ctx, *p.file, false)
		if err != nil {
			return err
		}
		f.Description = p.file.Description
		*p.into = f
	}
	wanted := map[string]bool{} // posts whose files are kept: those that are not here, and copies of those elsewhere
	look := func(post string, files []file) error {
		if _, known := wanted[post]; known || len(files) == 0 {
			return nil
		}
		here, err := content.Stored(ctx, b.DB, post)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		wanted[post] = err != nil || !here.Local
		return nil
	}
	said := time.Now()
	list := func(post string, files []file) error {
		if err := look(post, files); err != nil || !wanted[post] {
			return err
		}
		for _, f := range files {
			if f.SHA256 == "" || b.shelved[f.ID] != nil {
				continue
			}
			one, err := b.shelveOne(ctx, f, b.own)
			if err != nil {
				return err
			}
			b.shelved[f.ID] = one
			if time.Since(said) > 2*time.Second {
				said = time.Now()
				b.progress("%d files of %d …", len(b.shelved), b.from.Manifest.Counts.Files)
			}
		}
		return nil
	}
	if err := each(ctx, b.from, kindPost, func(line post) error { return list(line.ID, line.Files) }); err != nil {
		return err
	}
	return each(ctx, b.from, kindVersion, func(line former) error { return list(line.Post, line.Files) })
}

// shelveOne keeps the bytes of a file; again: under the number and the name that it had here.
func (b *bringing) shelveOne(ctx context.Context, f file, again bool) (*media.File, error) {
	m := mediaFile(f)
	m.ID, m.Path = media.ID(b.DB.NewID()), ""
	if again && media.Named(f.Path) == media.ID(f.ID) {
		taken, err := media.Taken(ctx, b.DB, media.ID(f.ID))
		if err != nil {
			return nil, err
		}
		if !taken {
			m.ID, m.Path = media.ID(f.ID), f.Path
		}
	}
	r, err := b.from.open(f.SHA256)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if err := b.Media.Shelve(m, reader{ctx, r}); err != nil {
		return nil, err
	}
	if f.Preview == "" {
		return m, nil
	}
	small, err := b.from.open(f.Preview)
	if err == nil {
		defer small.Close()
		err = b.Media.ShelvePreview(m, reader{ctx, small})
	}
	if err != nil {
		b.Media.Unshelve(m)
		return nil, err
	}
	return m, nil
}

func mediaFile(f file) *media.File {
	kind := "" // by its type
	if slices.Contains([]string{"image", "gifv", "video", "audio", "unknown"}, f.Kind) {
		kind = f.Kind
	}
	return &media.File{Kind: kind, MIME: f.MediaType, Size: f.Size, Width: f.Width, Height: f.Height, Duration: f.Duration, Blurhash: f.Blurhash, Description: f.Description,
		FocusX: f.Focus[0], FocusY: f.Focus[1], Name: f.Name}
}

func (b *bringing) unshelve() {
	for _, f := range b.shelved {
		b.Media.Unshelve(f)
	}
	for _, f := range []*media.File{b.icon, b.image} {
		if f != nil {
			b.Media.Unshelve(f)
		}
	}
}

// bring does all of it in one transaction.
func (b *bringing) bring(ctx context.Context, tx *db.Tx) error {
	b.did, b.people, b.posts, b.mustBe, b.copyOf = Brought{Restored: b.restored}, map[string]*actors.Actor{}, map[string]standing{}, nil, 0
	b.refused, b.last = map[string]bool{}, 0
	for _, step := range []func(context.Context, *db.Tx) error{b.makeGroup, b.meet, b.reinstate, b.bringPosts, b.bringVersions, b.bringReactions, b.decide, b.begin} {
		if err := step(ctx, tx); err != nil {
			return err
		}
	}
	b.did.Group = b.group
	return nil
}

// makeGroup makes the group with its settings and pictures.
func (b *bringing) makeGroup(ctx context.Context, tx *db.Tx) error {
	m := &b.from.Manifest
	s, err := b.from.settings(ctx)
	if err != nil {
		return err
	}
	w, err := b.from.described(ctx)
	if err != nil {
		return err
	}
	g := &actors.Actor{Name: b.name, Discoverable: true, Published: s.Published}
	more := s.More
	err = actors.GroupChange{Title: &s.Title, Summary: &s.Summary, Visibility: &s.Visibility, Join: &s.Join, Posting: &s.Posting, PlainMembers: &s.PlainMembers,
		Introduction: &more.Introduction, GuestsStart: &more.GuestsStart, SinceJoining: &more.SinceJoining, Automatic: &more.Automatic, Allowed: &more.Allowed, Welcome: more.Welcome}.Apply(g)
	if err != nil {
		return err
	}
	g.Settings.Archived = more.Archived // that it was to be deleted is not so any more
	g.AlsoKnownAs = append(g.AlsoKnownAs, w.AlsoKnownAs[:min(len(w.AlsoKnownAs), 20)]...)
	if !b.restored {
		g.AlsoKnownAs = append(g.AlsoKnownAs, m.Group)
	}
	if err := b.Dir.Rebuild(ctx, tx, g); err != nil {
		return err
	}
	for _, p := range []struct {
		file                 *media.File
		address, description *string
	}{{b.icon, &g.Icon, &g.IconDescription}, {b.image, &g.Image, &g.ImageDescription}} {
		if p.file == nil || p.file.Kind != "image" {
			continue
		}
		row := *p.file
		row.Owner, row.Item = int64(g.ID), media.Profile
		if err := media.Put(ctx, tx, &row, 0); err != nil {
			return err
		}
		*p.address, *p.description = b.Media.URL(row, 0), actors.CleanText(row.Description, media.MaxDescription)
	}
	if err := b.Dir.Save(ctx, tx, g); err != nil {
		return err
	}
	former := *g
	former.IRI, former.Followers = m.Group, w.Followers
	b.group, b.former = g, &former
	replica, err := actors.ByIRI(ctx, tx, m.Group)
	if err == nil && !replica.Local {
		b.copyOf = replica.ID
	}
	if err != nil && !errors.Is(err, fault.NotFound) && !errors.Is(err, fault.Gone) {
		return err
	}
	b.ended, err = actors.DeletedAt(ctx, tx, m.Group)
	return err
}

// meet finds everybody who is named. Who is not there stays nil: somebody of this node who does not exist, and who was deleted.
func (b *bringing) meet(ctx context.Context, tx *db.Tx) error {
	return each(ctx, b.from, kindActor, func(line json.RawMessage) error {
		w, err := b.from.actor(line)
		if err != nil {
			return err
		}
		if w.ID == b.from.Manifest.Group { // what the group said, the group said
			b.people[w.ID] = b.group
			return nil
		}
		b.people[w.ID], err = b.Dir.Recall(ctx, tx, w, b.own)
		return err
	})
}

// needed is somebody of this node without whom the group cannot be restored; nil when that person was deleted.
func (b *bringing) needed(ctx context.Context, q db.Q, iri string) (*actors.Actor, error) {
	who := b.people[iri]
	if who != nil || !b.Dir.Ours(iri) {
		return who, nil
	}
	_, err := actors.ByIRI(ctx, q, iri)
	switch {
	case errors.Is(err, fault.NotFound):
		if name := iri[strings.LastIndexByte(iri, '/')+1:]; !slices.Contains(b.mustBe, name) {
			b.mustBe = append(b.mustBe, name)
		}
		return nil, nil
	case errors.Is(err, fault.Gone):
		return nil, nil
	}
	return nil, err
}

// complete refuses to restore a group without the people that it needs.
func (b *bringing) complete() error {
	if len(b.mustBe) == 0 {
		return nil
	}
	slices.Sort(b.mustBe)
	names := strings.Join(b.mustBe[:min(len(b.mustBe), 10)], ", ")
	if more := len(b.mustBe) - 10; more > 0 {
		names += fmt.Sprintf(" and %d others", more)
	}
	return fault.Say(fault.Invalid, "The group has members or posts of people of this node who are not there: %s. Make them with \"pleio-node user add\" first. Nothing was changed.", names)
}

// reinstate puts everybody back where an archive of this node has them.
func (b *bringing) reinstate(ctx context.Context, tx *db.Tx) error {
	if !b.restored {
		return nil
	}
	return each(ctx, b.from, kindMember, func(line member) error {
		o, err := b.from.record(line)
		if err != nil {
			return err
		}
		m := o.Membership
		state := actors.State(m.State)
		who := b.people[m.Subject]
		if who == nil && state == actors.Active {
			if who, err = b.needed(ctx, tx, m.Subject); err != nil {
				return err
			}
		}
		if who == nil || who.ID == b.group.ID {
			return nil
		}
		r := &actors.Relation{State: state, Role: actors.Role(m.Role), Since: o.StartTime, Updated: o.Updated, Until: o.EndTime, Record: lastPart(o.ID), Seq: o.Seq,
			Invitation: line.Invitation, Expires: line.Expires, Request: actors.Request{ID: line.Request, As: line.RequestAs, Message: line.Message}}
		by := b.people[m.InvitedBy]
		if by != nil {
			r.InvitedBy = by.ID
		}
		if err := b.Outbox.Reinstate(ctx, tx, by, who, b.group, r); err != nil {
			return err
		}
		if state == actors.Active {
			b.did.Members++
		}
		return nil
	})
}

func lastPart(iri string) string { return iri[strings.LastIndexByte(iri, '/')+1:] }

// decide keeps what was decided in the group.
func (b *bringing) decide(ctx context.Context, tx *db.Tx) error {
	return each(ctx, b.from, kindDecision, func(line decision) error {
		by := b.people[line.By]
		if by == nil || len(line.Kind) > 30 || len(line.Role) > 30 {
			return nil
		}
		d := outbox.Decision{By: by.ID, Kind: line.Kind, Item: b.posts[line.Post].id, Role: actors.Role(line.Role), Reason: line.Reason, Until: line.Until}
		if about := b.people[line.About]; about != nil {
			d.Subject = about.ID
		}
		return b.Outbox.Redecide(ctx, tx, b.group, d, line.When)
	})
}

// begin begins the log, or lets that of before go on, and brings in the people.
func (b *bringing) begin(ctx context.Context, tx *db.Tx) error {
	m := &b.from.Manifest
	state := vocab.GroupState{Epoch: m.State.Epoch, Seq: m.State.Seq, Head: m.State.Head, MemberCount: m.State.MemberCount, MemberDigest: m.State.MemberDigest}
	if b.restored {
		if err := b.relog(ctx, tx, state); err != nil {
			return err
		}
		digest, err := b.Dir.Digest(ctx, tx, b.group.ID)
		if err != nil {
			return err
		}
		b.did.Different = digest != state.MemberDigest
	}
	if err := b.Outbox.Begin(ctx, tx, b.group, outbox.Former{IRI: m.Group, State: state}); err != nil {
		return err
	}
	if b.plan.Owner != nil {
		if err := b.Dir.Appoint(ctx, tx, b.plan.Owner, b.group, actors.RoleOwner, actors.Why{}); err != nil {
			return err
		}
	}
	if b.restored {
		return nil
	}
	return b.invite(ctx, tx)
}

// relog puts the log back as it was.
func (b *bringing) relog(ctx context.Context, tx *db.Tx, state vocab.GroupState) error {
	err := each(ctx, b.from, kindEntry, func(line entry) error {
		e, err := b.from.entry(line)
		if err != nil {
			return err
		}
		e.Item = b.posts[line.Post].id
		if line.Post != "" && e.Item == 0 { // its post was deleted since: what the entry says must not come back
			public := e.Public
			e = outbox.ErasedEntry(&vocab.Object{ID: e.IRI, FormerType: e.Kind, Seq: e.Seq, EntryHash: e.Hash}, e.Body)
			e.Public = public
			if e.Body, err = vocab.Encode(vocab.Document{Object: e.Tombstone()}); err != nil {
				return err
			}
		}
		return b.Outbox.Reenter(ctx, tx, b.group, e)
	})
	if err != nil {
		return err
	}
	return b.Outbox.Resume(ctx, tx, b.group, state)
}

// invite invites those who were members, or were invited, and keeps those out who were banned. Who asked asks again.
func (b *bringing) invite(ctx context.Context, tx *db.Tx) error {
	now := time.Now()
	return each(ctx, b.from, kindMember, func(line member) error {
		o, err := b.from.record(line)
		if err != nil {
			return err
		}
		who := b.people[o.Membership.Subject]
		if who == nil || who.Kind != actors.Person || !who.Active() || who.ID == b.plan.Owner.ID {
			return nil
		}
		over := !o.EndTime.IsZero() && !now.Before(o.EndTime)
		switch state := actors.State(o.Membership.State); {
		case state == actors.Banned && !over:
			b.did.Barred++
			return b.Dir.Ban(ctx, tx, who, b.group, actors.Why{Until: o.EndTime})
		case state == actors.Requested:
			b.did.Requests++
		case (state == actors.Active || state == actors.Invited && now.Before(line.Expires)) && !over && b.group.Ended() == nil:
			b.did.Invited++
			in := actors.Invitation{Role: actors.Role(o.Membership.Role), Until: o.EndTime}
			return b.Outbox.Reinvite(ctx, tx, b.plan.Owner, who, b.group, in)
		}
		return nil
	})
}
