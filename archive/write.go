// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package archive

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/outbox"
)

const (
	page      = 200 // rows read at once
	mostTries = 2   // files of a host that gave none, before it is not asked any more
)

// Export writes the archive of a group of this node to a new file: as it is at this moment, while others go on writing. The file has its
// name when it is whole, and not before.
func (a *Archives) Export(ctx context.Context, group *actors.Actor, to string) (m *Manifest, err error) {
	if _, err := os.Lstat(to); err == nil {
		return nil, fault.Say(fault.Invalid, "The file %s exists already: choose another name.", to)
	}
	out, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+".part-*")
	if err != nil {
		return nil, fault.Say(fault.Invalid, "%s cannot be written: %s", to, err)
	}
	defer func() {
		if err != nil {
			out.Close()
			os.Remove(out.Name())
		}
	}()
	err = a.DB.Snapshot(ctx, func(q db.Q) error {
		m, err = a.write(ctx, q, group.ID, out)
		return err
	})
	if err == nil {
		err = out.Sync()
	}
	if err == nil {
		err = out.Close()
	}
	if err == nil { // another program may have taken the name meanwhile: its file stays
		if err = os.Link(out.Name(), to); err == nil {
			err = os.Remove(out.Name())
		} else if !errors.Is(err, os.ErrExist) { // a file system without links
			err = os.Rename(out.Name(), to)
		}
	}
	if err == nil {
		err = syncFolder(filepath.Dir(to))
	}
	if err != nil {
		return nil, fmt.Errorf("export %s: %w", group.IRI, err)
	}
	return m, nil
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// export is one archive while it is written.
type export struct {
	*Archives
	ctx      context.Context
	q        db.Q
	group    *actors.Actor
	w        *writer
	named    map[actors.ID]string // ids of those who are named so far
	withheld map[content.ID]bool
	counts   Counts
	failures map[string]int // hosts whose files could not be had, and none could
	said     time.Time      // when the progress was told
}

func (a *Archives) write(ctx context.Context, q db.Q, id actors.ID, to io.Writer) (*Manifest, error) {
	group, err := actors.Get(ctx, q, id)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	w, err := newWriter(to, now)
	if err != nil {
		return nil, err
	}
	x := &export{Archives: a, ctx: ctx, q: q, group: group, w: w, named: map[actors.ID]string{}, failures: map[string]int{}, said: time.Now()}
	if x.withheld, err = content.Withheld(ctx, q, group.ID); err != nil {
		return nil, err
	}
	x.counts.Withheld = int64(len(x.withheld))
	m := &Manifest{Format: format, Version: version, Exported: now, Node: Home{URL: a.Dir.Base.String(), Name: a.Name, Software: a.Software},
		Group: group.IRI, Handle: group.Handle(), Name: group.Name, Title: group.DisplayName(),
		State: State{Epoch: group.Epoch, Seq: group.Seq, Head: group.Head, MemberCount: int(group.FollowersCount)}}
	if err := x.describe(); err != nil {
		return nil, err
	}
	for _, step := range []func() error{func() (err error) { m.State.MemberDigest, err = x.members(); return err }, x.posts, x.log, x.decisions} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	for _, kind := range []string{kindActor, kindMember, kindEntry, kindPost, kindVersion, kindReaction, kindDecision} {
		if err := w.of(kind).flush(); err != nil {
			return nil, err
		}
	}
	c := &x.counts
	c.Actors, c.Relations, c.Entries, c.Posts = w.of(kindActor).count, w.of(kindMember).count, w.of(kindEntry).count, w.of(kindPost).count
	c.Versions, c.Reactions, c.Decisions, c.Files = w.of(kindVersion).count, w.of(kindReaction).count, w.of(kindDecision).count, int64(len(w.files))
	m.Counts = *c
	if err := w.document(manifestPart, m); err != nil {
		return nil, err
	}
	return m, w.close()
}

// tell tells how far it is, now and then.
func (x *export) tell() {
	if time.Since(x.said) > 2*time.Second {
		x.said = time.Now()
		x.progress("%d posts, %d files, %d entries of the log …", x.w.of(kindPost).count, len(x.w.files), x.w.of(kindEntry).count)
	}
}

// describe writes what the group says of itself, and its settings. Private keys are in no archive.
func (x *export) describe() error {
	g := x.group
	document, err := x.Dir.Document(x.ctx, x.q, g)
	if err != nil {
		return err
	}
	text, err := vocab.Encode(vocab.Document{Actor: document})
	if err != nil {
		return fmt.Errorf("write the document of %s: %w", g.IRI, err)
	}
	if err := x.w.document(groupPart, json.RawMessage(text)); err != nil {
		return err
	}
	s := settings{Title: g.DisplayName(), Summary: g.Source, Visibility: g.Visibility, Join: g.JoinPolicy, Posting: g.Posting, PlainMembers: g.PlainMembers, More: g.Settings, Published: g.Published}
	for _, p := range []struct {
		address, description string
		into                 **file
	}{{g.Icon, g.IconDescription, &s.Icon}, {g.Image, g.ImageDescription, &s.Image}} {
		f, err := x.Media.PictureOf(x.ctx, x.q, int64(g.ID), p.address)
		if err != nil || f == nil {
			if err != nil {
				return err
			}
			continue
		}
		f.Description = p.description
		kept, err := x.file(*f)
		if err != nil {
			return err
		}
		*p.into = &kept
	}
	return x.w.document(settingsPart, s)
}

// name makes sure that actors are in the archive, and returns the ids of those that are known here.
func (x *export) name(ids ...actors.ID) error {
	var unnamed []actors.ID
	for _, id := range ids {
		if _, known := x.named[id]; !known && id != 0 {
			unnamed = append(unnamed, id)
		}
	}
	if len(unnamed) == 0 {
		return nil
	}
	found, err := actors.Many(x.ctx, x.q, unnamed)
	if err != nil {
		return err
	}
	for _, id := range unnamed {
		who := found[id]
		if _, twice := x.named[id]; twice {
			continue
		}
		if who == nil { // deleted since
			x.named[id] = ""
			continue
		}
		x.named[id] = who.IRI
		text, err := vocab.Encode(vocab.Document{Actor: named(who)})
		if err != nil {
			return fmt.Errorf("write the document of %s: %w", who.IRI, err)
		}
		if err := x.w.of(kindActor).add(json.RawMessage(text), "", nil); err != nil {
			return err
		}
	}
	return nil
}

// named is who somebody is, and how that person is reached; the rest of a profile is not the group's.
func named(who *actors.Actor) *vocab.Actor {
	w := &vocab.Actor{ID: who.IRI, Type: who.Kind, PreferredUsername: who.Name, Name: who.DisplayName(), URL: who.URL, Inbox: who.Inbox, SharedInbox: who.SharedInbox,
		WebFinger: who.Name + "@" + who.Domain}
	if who.Groups1 {
		w.Capabilities = []vocab.Capability{{Href: federation.CapGroups}}
	}
	return w
}

// members writes how everybody stands to the group, and returns the digest of those who are members.
func (x *export) members() (string, error) {
	active := map[string]actors.Role{}
	for after := int64(0); ; {
		all, last, err := actors.RelationsTo(x.ctx, x.q, x.group.ID, after, page)
		if err != nil {
			return "", err
		}
		if last == 0 {
			x.counts.Members = int64(len(active))
			return actors.MemberDigest(active), nil
		}
		after = last
		ids := make([]actors.ID, 0, 2*len(all))
		for _, r := range all {
			ids = append(ids, r.Subject, r.InvitedBy)
		}
		if err := x.name(ids...); err != nil {
			return "", err
		}
		for _, r := range all {
			record, err := outbox.Record(x.ctx, x.q, x.group, r.Actor, r.Relation)
			if err != nil {
				return "", err
			}
			text, err := vocab.Encode(vocab.Document{Object: record})
			if err != nil {
				return "", fmt.Errorf("write the record of %s: %w", r.Actor.IRI, err)
			}
			line := member{Record: text, Request: r.Request.ID, RequestAs: r.Request.As, Message: r.Request.Message}
			if r.State == actors.Invited {
				line.Invitation, line.Expires = r.Invitation, r.Expires
			}
			if err := x.w.of(kindMember).add(line, "", nil); err != nil {
				return "", err
			}
			if r.State == actors.Active {
				active[r.Actor.IRI] = r.Role
			}
		}
	}
}

// posts writes the posts, and what is kept beside them.
func (x *export) posts() error {
	for after := content.ID(0); ; {
		all, err := content.StandingIn(x.ctx, x.q, x.group.ID, after, page)
		if err != nil || len(all) == 0 {
			return err
		}
		after = all[len(all)-1].ID
		ids, authors := make([]int64, len(all)), []actors.ID{}
		for n, s := range all {
			ids[n] = int64(s.ID)
			authors = append(append(authors, s.Author), s.Mentions...)
			for _, r := range s.Reactions {
				authors = append(authors, r.By)
			}
		}
		if err := x.name(authors...); err != nil {
			return err
		}
		files, err := media.Of(x.ctx, x.q, ids)
		if err != nil {
			return err
		}
		for _, s := range all {
			if x.named[s.Author] == "" {
				continue // its author has just been deleted, and it goes with that
			}
			if err := x.post(s, files[int64(s.ID)]); err != nil {
				return fmt.Errorf("write %s: %w", s.IRI, err)
			}
			x.tell()
		}
	}
}

func (x *export) post(s *content.Standing, files []media.File) (err error) {
	line := post{ID: s.IRI, Author: x.named[s.Author], Number: int64(s.ID), Published: s.Published, Announced: s.Announced, Pinned: s.Featured, Closed: s.Closed, Poll: s.Poll,
		QuoteState: s.Quote.State, QuoteStamp: s.Quote.Stamp}
	if s.Local {
		line.Source, line.QuotePolicy = s.Source, s.QuotePolicy
	}
	if line.Files, err = x.files(files); err != nil {
		return err
	}
	if len(s.Doc) == 0 {
		object, err := x.Library.Object(x.ctx, x.q, s.Item)
		if err != nil {
			return err
		}
		if s.Doc, err = object.Encode(); err != nil {
			return err
		}
	}
	if err := x.w.of(kindPost).add(line, "object", s.Doc); err != nil {
		return err
	}
	for _, v := range s.Versions {
		f := former{Post: s.IRI, Written: v.Written, Title: v.Title, Content: v.Content, Source: v.Source, Summary: v.Summary, Sensitive: v.Sensitive, Poll: v.Poll, Emojis: v.Emojis}
		if f.Files, err = x.files(v.Files); err != nil {
			return err
		}
		if err := x.w.of(kindVersion).add(f, "", nil); err != nil {
			return err
		}
	}
	for _, r := range s.Reactions {
		if by := x.named[r.By]; by != "" {
			if err := x.w.of(kindReaction).add(reaction{Post: s.IRI, By: by, Kind: r.Kind, Value: r.Value, ID: r.IRI}, "", nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *export) files(all []media.File) ([]file, error) {
	var list []file
	for _, f := range all {
		if f.State != media.Ready {
			continue
		}
		one, err := x.file(f)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// file writes the bytes of a file, once, and returns the line that names it. What cannot be had is named as missing.
func (x *export) file(f media.File) (file, error) {
	line := file{ID: int64(f.ID), Name: f.Name, MediaType: f.MIME, Kind: f.Kind, Size: f.Size, Width: f.Width, Height: f.Height, Duration: f.Duration, Blurhash: f.Blurhash,
		Description: f.Description, Focus: [2]float64{f.FocusX, f.FocusY}, URL: x.Media.Address(f), Path: f.Path}
	host := federation.Host(f.Remote)
	if f.Path == "" && x.failures[host] >= mostTries {
		line.Missing = host + " gave no files"
	} else {
		sum, size, err := x.bytes(f)
		switch {
		case x.ctx.Err() != nil:
			return line, x.ctx.Err()
		case errors.Is(err, errWriting):
			return line, err
		case err != nil:
			line.Missing = fault.Sentence(err)
			x.failures[host]++
		default:
			line.SHA256, line.Size = sum, size
			x.failures[host] = -1 << 30 // it gives some
		}
	}
	if line.Missing != "" {
		x.counts.Missing++
		return line, nil
	}
	small, err := x.Media.PreviewBytes(f)
	if err != nil || small == nil {
		return line, err
	}
	defer small.Close()
	line.Preview, _, err = x.keep(small)
	return line, err
}

// bytes writes the bytes of a file. When they are not those that the post promises it fails.
func (x *export) bytes(f media.File) (sum string, size int64, err error) {
	b, err := x.Media.Bytes(x.ctx, f)
	if err != nil {
		return "", 0, err
	}
	defer b.Close()
	if want := media.SHA256(f.Digest); want != "" {
		got, err := sumOf(b)
		if err != nil {
			return "", 0, err
		}
		if got != want {
			return "", 0, fault.Say(fault.NotFound, "The bytes of the file are not those that its author sent.")
		}
	}
	return x.keep(b)
}

// errWriting is that the archive cannot be written, and not that something cannot be read.
var errWriting = errors.New("the archive cannot be written")

func (x *export) keep(b *os.File) (sum string, size int64, err error) {
	if sum, err = sumOf(b); err != nil {
		return "", 0, err
	}
	info, err := b.Stat()
	switch {
	case err != nil:
		return "", 0, err
	case x.w.files[sum]:
		return sum, info.Size(), nil
	case info.Size() > maxFile:
		return "", 0, fault.Say(fault.Invalid, "The file is too large.")
	}
	written, size, err := x.w.part(filesFolder+sum, zip.Store, b)
	if err == nil && written != sum {
		err = errors.New("a file changed while it was read")
	}
	if err != nil {
		return "", 0, fmt.Errorf("%w: %w", errWriting, err)
	}
	x.w.files[sum] = true
	x.tell()
	return sum, size, nil
}

// sumOf is the SHA-256 of a file, which is then at its beginning again.
func sumOf(b *os.File) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, b); err != nil {
		return "", err
	}
	_, err := b.Seek(0, io.SeekStart)
	return hex.EncodeToString(h.Sum(nil)), err
}

// log writes the log. Of what must not be read any more the place and the hash are left, as the node itself tells it.
func (x *export) log() error {
	for after := int64(0); ; {
		all, err := outbox.Entries(x.ctx, x.q, x.group, after, page)
		if err != nil || len(all) == 0 {
			return err
		}
		var ids []content.ID
		for _, e := range all {
			if e.Item > 0 {
				ids = append(ids, e.Item)
			}
		}
		posts, err := content.IDs(x.ctx, x.q, ids)
		if err != nil {
			return err
		}
		for _, e := range all {
			after = e.Seq
			if err := x.entry(e, posts[e.Item]); err != nil {
				return fmt.Errorf("write entry %d of the log: %w", e.Seq, err)
			}
			x.tell()
		}
	}
}

func (x *export) entry(e outbox.Entry, post string) error {
	erased, err := e.Erased()
	if err == nil && x.withheld[e.Item] {
		erased, post = true, ""
	}
	if err != nil {
		return err
	}
	line, body := entry{Seq: e.Seq, Hash: e.Hash, Post: post, Public: e.Public}, e.Body
	if erased {
		if body, err = vocab.Encode(vocab.Document{Object: e.Tombstone()}); err != nil {
			return err
		}
	}
	return x.w.of(kindEntry).add(line, "entry", body)
}

// decisions writes what was decided in the group, the first one first.
func (x *export) decisions() error {
	for after := int64(1); ; {
		all, err := outbox.Decisions(x.ctx, x.q, x.group.ID, actors.Page{Min: after, Limit: page})
		if err != nil || len(all) == 0 {
			return err
		}
		after = all[0].ID
		var people []actors.ID
		var items []content.ID
		for _, d := range all {
			people, items = append(people, d.By, d.Subject), append(items, d.Item)
		}
		if err := x.name(people...); err != nil {
			return err
		}
		posts, err := content.IDs(x.ctx, x.q, items)
		if err != nil {
			return err
		}
		for n := len(all) - 1; n >= 0; n-- {
			d := all[n]
			line := decision{When: db.TimeOf(d.ID), By: x.named[d.By], Kind: d.Kind, About: x.named[d.Subject], Post: posts[d.Item], Role: string(d.Role), Reason: d.Reason, Until: d.Until}
			if x.withheld[d.Item] {
				line.Post = ""
			}
			if line.By == "" {
				continue // who decided is gone, and so is what that person said
			}
			if err := x.w.of(kindDecision).add(line, "", nil); err != nil {
				return err
			}
		}
	}
}
