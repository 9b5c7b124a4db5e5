// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package archive

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/media"
)

// bringPosts brings in the posts in their order, by their authors, with their times.
func (b *bringing) bringPosts(ctx context.Context, tx *db.Tx) error {
	said, seen := time.Now(), 0
	err := each(ctx, b.from, kindPost, func(line post) error {
		if seen++; time.Since(said) > 2*time.Second {
			said = time.Now()
			b.progress("%d posts of %d …", seen, b.from.Manifest.Counts.Posts)
		}
		if err := b.bringPost(ctx, tx, line); err != nil {
			return fmt.Errorf("post %s: %w", line.ID, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.complete()
}

func (b *bringing) bringPost(ctx context.Context, tx *db.Tx, line post) error {
	here, err := content.Stored(ctx, tx, line.ID)
	switch {
	case err == nil:
		return b.takePost(ctx, tx, here, line)
	case !errors.Is(err, fault.NotFound):
		return err
	}
	gone, err := content.BuriedAt(ctx, tx, line.ID)
	if err != nil {
		return err
	}
	withGroup := !b.ended.IsZero() && !gone.Before(b.ended)
	if !gone.IsZero() && !withGroup {
		b.did.Gone++
		return nil
	}
	author := b.people[line.Author]
	switch {
	case author == nil && b.own:
		if author, err = b.needed(ctx, tx, line.Author); err != nil || author == nil {
			b.did.Gone++ // its author was deleted here, or complete will refuse
			return err
		}
	case author == nil && b.Dir.Ours(line.Author), author != nil && author.Local && !b.own: // what our people wrote is not for others to say
		b.did.Foreign++
		return nil
	case author == nil: // deleted, and that is known here
		b.did.Gone++
		return nil
	}
	object, err := b.from.object(line)
	if err != nil {
		return err
	}
	m, err := b.Library.FromWire(ctx, tx, object, author, b.former)
	if err != nil {
		return err
	}
	b.fill(m, line, author)
	if withGroup {
		if err := content.Unbury(ctx, tx, line.ID); err != nil {
			return err
		}
	}
	added, err := b.Library.Restore(ctx, tx, m)
	if err == nil && !added {
		err = errors.New("it came twice")
	}
	if err == nil {
		err = content.Stand(ctx, tx, m.Item.ID, line.Pinned, line.Closed)
	}
	if err != nil {
		return err
	}
	b.posts[line.ID] = standing{m.Item.ID, author}
	b.did.Posts++
	if err := b.attach(ctx, tx, m.Item, author, line.Files); err != nil {
		return err
	}
	return b.announce(ctx, tx, m.Item, line)
}

// fill adds to an item what its document does not say.
func (b *bringing) fill(m *content.Made, line post, author *actors.Actor) {
	i := m.Item
	if i.ReplyTo == 0 {
		i.Thread = 0 // it begins one, under its number
	}
	m.Files, m.Remote = nil, nil                // see attach
	i.Local = author.Local && b.Dir.Ours(i.IRI) // else it is by the group, when that was elsewhere
	if difference := i.Published.Sub(line.Published).Abs(); difference < time.Second {
		i.Published = line.Published // which is more exact
	}
	at := db.TimeOf(line.Number)
	if at.Before(time.Unix(0, 0)) || at.After(time.Now()) {
		at = i.Published
	}
	if i.ID = content.ID(b.DB.IDAt(at)); i.ID <= b.last { // in the order of then
		i.ID = content.ID(b.DB.IDAt(db.TimeOf(int64(b.last)).Add(time.Millisecond)))
	}
	b.last = i.ID
	if line.Poll.Same(i.Poll) && i.Poll != nil && len(line.Poll.Options) == len(i.Poll.Options) {
		for n := range i.Poll.Options {
			i.Poll.Options[n].Votes = max(line.Poll.Options[n].Votes, 0)
		}
		i.Poll.Voters, i.Poll.Hidden, i.Poll.Closed = max(line.Poll.Voters, -1), line.Poll.Hidden, line.Poll.Closed
	}
	if !b.own {
		return
	}
	i.ID = content.ID(line.Number) // its page and its conversation have addresses with it
	if i.Quote.IRI != "" && slices.Contains([]string{content.QuotePending, content.QuoteAccepted, content.QuoteRejected, content.QuoteRevoked, content.QuoteDeleted, content.QuoteUnauthorized}, line.QuoteState) {
		i.Quote.State, i.Quote.Stamp = line.QuoteState, line.QuoteStamp
	}
	if !author.Local {
		return
	}
	i.Source, i.QuotePolicy = line.Source, ""
	if slices.Contains([]string{content.PolicyPublic, content.PolicyFollowers, content.PolicyNobody}, line.QuotePolicy) {
		i.QuotePolicy = line.QuotePolicy
	}
	if i.Poll != nil && !i.Poll.Over(b.from.Manifest.Exported) { // who has voted is in no archive, and nobody votes twice
		i.Poll.Closed = b.from.Manifest.Exported
	}
}

// takePost lets a post that is here already stand in the group. It must be one that nobody has seen stand elsewhere, but in the copy of the
// very group; and what is here says itself whether it was written there.
func (b *bringing) takePost(ctx context.Context, tx *db.Tx, here *content.Item, line post) error {
	switch {
	case here.Group != 0 && here.Group != b.copyOf:
		other, err := actors.Get(ctx, tx, here.Group)
		if err != nil {
			return err
		}
		return fault.Say(fault.Invalid, "The post %s stands in %s on this node: a post stands in one group. Nothing was changed.", line.ID, other.Handle())
	case here.Group != 0 && !b.plan.TakeOver:
		return fault.Say(fault.Invalid, "This node has posts of %s already, because people here are or were members of it. With --take-over these posts stand in the new group from then on, and not in %[1]s any more. Nothing was changed.", b.from.Manifest.Handle)
	case here.Group == 0:
		doc, err := content.Doc(ctx, tx, here.ID)
		if err != nil {
			return err
		}
		o, err := vocab.DecodeObject(doc)
		if err != nil || !slices.Contains(slices.Concat(o.To, o.CC, o.Audience), b.from.Manifest.Group) {
			b.did.Foreign++
			return nil
		}
	}
	if err := content.Take(ctx, tx, here, b.group.ID); err != nil {
		return err
	}
	if err := content.Stand(ctx, tx, here.ID, line.Pinned, line.Closed); err != nil {
		return err
	}
	b.posts[line.ID] = standing{id: here.ID}
	b.did.Taken++
	if err := b.keepFiles(ctx, tx, here, line.Files); err != nil {
		return err
	}
	return b.announce(ctx, tx, here, line)
}

// keepFiles keeps the bytes of the files that a post has here, where those of the archive are the same ones: they need not be had from the
// node of its author any more.
func (b *bringing) keepFiles(ctx context.Context, tx *db.Tx, here *content.Item, files []file) error {
	if here.Local || len(files) == 0 {
		return nil
	}
	rows, err := media.Of(ctx, tx, []int64{int64(here.ID)})
	if err != nil {
		return err
	}
	author, err := actors.Get(ctx, tx, here.Author)
	if err != nil {
		return err
	}
	for position, row := range rows[int64(here.ID)] {
		n := slices.IndexFunc(files, func(f file) bool { return f.URL == row.Remote && b.shelved[f.ID] != nil })
		if n < 0 || row.Path != "" {
			continue
		}
		if err := media.Replace(ctx, tx, row, b.row(files[n], author), position); err != nil {
			return err
		}
		b.did.Files++
	}
	return nil
}

// announce lets a post stand in the timelines where the group announced it.
func (b *bringing) announce(ctx context.Context, tx *db.Tx, i *content.Item, line post) error {
	if line.Announced.IsZero() {
		return nil
	}
	when := line.Announced
	if when.Before(i.Published) || when.After(time.Now()) {
		when = i.Published
	}
	return b.Outbox.Reannounce(ctx, tx, b.group, i, when)
}

// attach makes the rows of the files of a post: ours when its author is, else those of its author with our copies.
func (b *bringing) attach(ctx context.Context, tx *db.Tx, i *content.Item, author *actors.Actor, files []file) error {
	if shown, err := b.shown(ctx, tx, author); err != nil || !shown {
		return err
	}
	for position, f := range files {
		if err := b.put(ctx, tx, int64(i.ID), author, f, position); err != nil {
			return err
		}
	}
	if len(files) == 0 {
		return nil
	}
	return content.Index(ctx, tx, []content.ID{i.ID}) // by the descriptions of its files too
}

// shown tells whether files of somebody are shown here at all.
func (b *bringing) shown(ctx context.Context, q db.Q, author *actors.Actor) (bool, error) {
	if author.Local {
		return true, nil
	}
	refused, known := b.refused[author.Host]
	if !known {
		decision, err := actors.DecisionOn(ctx, q, author.Host)
		if err != nil {
			return false, err
		}
		refused = decision.RejectMedia
		b.refused[author.Host] = refused
	}
	return !refused, nil
}

// put makes the row of a file, once: one that a post has now and had before stands with what it has now.
func (b *bringing) put(ctx context.Context, tx *db.Tx, item int64, author *actors.Actor, f file, position int) error {
	row := b.row(f, author)
	if row == nil {
		return nil
	}
	if taken, err := media.Taken(ctx, tx, row.ID); err != nil || taken {
		return err
	}
	row.Item, row.Owner = item, int64(author.ID)
	if row.Path != "" {
		b.did.Files++
	}
	return media.Put(ctx, tx, row, position)
}

// row is a file as it is kept here; nil when there is nothing of it.
func (b *bringing) row(f file, author *actors.Actor) *media.File {
	row := mediaFile(f)
	row.ID = media.ID(b.DB.NewID())
	if kept := b.shelved[f.ID]; kept != nil {
		copied := *kept
		row = &copied
	}
	if !author.Local {
		if u, err := url.Parse(f.URL); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(f.URL) <= 2048 {
			row.Remote = f.URL
		}
	}
	if row.Path == "" && row.Remote == "" {
		return nil
	}
	return row
}

// bringVersions keeps what the posts that came with the archive said before they were edited.
func (b *bringing) bringVersions(ctx context.Context, tx *db.Tx) error {
	return each(ctx, b.from, kindVersion, func(line former) error {
		p := b.posts[line.Post]
		if p.author == nil {
			return nil
		}
		v := content.Version{Title: line.Title, Content: line.Content, Source: line.Source, Summary: line.Summary, Sensitive: line.Sensitive, Poll: line.Poll, Emojis: line.Emojis, Written: line.Written}
		if !p.author.Local {
			v.Source = ""
		}
		shown, err := b.shown(ctx, tx, p.author)
		if err != nil {
			return err
		}
		for _, f := range line.Files {
			if !shown {
				break
			}
			row := b.row(f, p.author)
			if row == nil {
				continue
			}
			row.Owner, row.Item = int64(p.author.ID), int64(p.id)
			v.Files = append(v.Files, *row)
			if row.Path == "" {
				continue
			}
			if err := b.put(ctx, tx, -int64(p.id), p.author, f, 0); err != nil {
				return err
			}
		}
		return b.Library.RestoreVersion(ctx, tx, p.id, v)
	})
}

// bringReactions keeps what others said about the posts without words. What our people said is known here, and is not for others to say.
func (b *bringing) bringReactions(ctx context.Context, tx *db.Tx) error {
	return each(ctx, b.from, kindReaction, func(line reaction) error {
		p, by := b.posts[line.Post], b.people[line.By]
		if p.id == 0 || by == nil || by.Local && !b.own || len(line.Value) > 200 || !slices.Contains([]string{content.Like, content.Dislike, content.Emoji}, line.Kind) {
			return nil
		}
		_, err := b.Library.Vote(ctx, tx, &content.Item{ID: p.id, IRI: line.Post}, by.ID, line.Kind, line.Value, line.ID)
		return err
	})
}
