// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/outbox"
)

func (a *API) post(ctx context.Context, c *call) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	p := c.access.Account.Preferences
	d := outbox.Draft{Text: c.Text("status"), Summary: c.Text("spoiler_text"), Language: c.Text("language"), Sensitive: c.Bool("sensitive", p.Sensitive),
		Files: ids[media.ID](c.params, "media_ids", media.MaxFiles+1), App: c.access.App.ID, Once: c.r.Header.Get("Idempotency-Key")}
	if d.Language == "" {
		d.Language = p.Language
	}
	word := c.Text("visibility")
	if word == "" {
		word = p.Privacy
	}
	if d.Audience, err = audience(word); err != nil {
		return nil, err
	}
	if err := c.unsupported(); err != nil {
		return nil, err
	}
	parent, err := c.Number("in_reply_to_id")
	if err != nil {
		return nil, err
	}
	if d.ReplyTo = content.ID(parent); parent != 0 {
		above, err := content.Get(ctx, a.DB, c.viewer, d.ReplyTo)
		if err != nil {
			return nil, err
		}
		if above.BoostOf != 0 { // an answer to a boost is one to what it shows
			d.ReplyTo = above.BoostOf
		}
	}
	if d.Poll, err = c.poll(); err != nil {
		return nil, err
	}
	if err := c.quoting(&d); err != nil {
		return nil, err
	}
	i, err := a.Outbox.Post(ctx, me, d)
	if err != nil {
		return nil, err
	}
	return a.status(ctx, c.viewer, i)
}

// unsupported refuses what would be lost: a post that was to appear later must not appear now.
func (c *call) unsupported() error {
	switch {
	case c.Text("scheduled_at") != "":
		return fault.Say(fault.Invalid, "This server cannot schedule posts yet: post it when the time has come.")
	case len(c.Text("language")) > 35:
		return fault.Say(fault.Invalid, "Validation failed: language must be a short code such as nl or en.")
	}
	return nil
}

// poll reads poll[options][], poll[expires_in] and poll[multiple]; without options there is no poll.
func (c *call) poll() (*content.Poll, error) {
	sent := c.Get("poll")
	names := sent.List("options")
	if len(names) == 0 {
		return nil, nil
	}
	seconds, err := sent.Number("expires_in")
	if err != nil || seconds <= 0 || seconds > 10*365*24*3600 {
		return nil, fault.Say(fault.Invalid, "Validation failed: poll[expires_in] must be a number of seconds.")
	}
	p := &content.Poll{Multiple: sent.Bool("multiple", false), Ends: time.Now().Add(time.Duration(seconds) * time.Second)}
	for _, name := range names {
		p.Options = append(p.Options, content.Option{Name: name})
	}
	return p, nil
}

// own is an item of who asks.
func (c *call) own(ctx context.Context) (*content.Item, error) {
	i, err := c.item(ctx)
	if err == nil && i.Author != c.viewer.ID {
		err = fault.Say(fault.NotFound, "This post does not exist, or it is not yours.")
	}
	return i, err
}

// edit replaces what was sent and leaves the rest.
func (a *API) edit(ctx context.Context, c *call) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	i, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.unsupported(); err != nil {
		return nil, err
	}
	d := outbox.Draft{Text: i.Source, Summary: i.Summary, Language: i.Language, Sensitive: c.Bool("sensitive", i.Sensitive), Audience: i.Audience,
		QuotePolicy: c.Text("quote_approval_policy")}
	for key, into := range map[string]*string{"status": &d.Text, "spoiler_text": &d.Summary, "language": &d.Language} {
		if c.Has(key) {
			*into = c.Text(key)
		}
	}
	if c.Has("spoiler_text") && d.Summary == "" && !c.Has("sensitive") && i.Summary != "" {
		d.Sensitive = false // it was so for the sake of the warning
	}
	if d.Files, err = a.editedFiles(ctx, c, i); err != nil {
		return nil, err
	}
	if d.Poll, err = c.poll(); err != nil {
		return nil, err
	}
	if d.Poll != nil && i.Poll != nil && samePoll(d.Poll, i.Poll) {
		d.Poll = nil // clients send the poll back; votes are lost only when its answers change
	}
	if i, err = a.Outbox.Edit(ctx, me, i.ID, d); err != nil {
		return nil, err
	}
	return a.status(ctx, c.viewer, i)
}

func samePoll(a, b *content.Poll) bool {
	return a.Multiple == b.Multiple && slices.EqualFunc(a.Options, b.Options, func(x, y content.Option) bool { return x.Name == y.Name })
}

// editedFiles are the files of an edited item, with what media_attributes says of them.
func (a *API) editedFiles(ctx context.Context, c *call, i *content.Item) ([]media.ID, error) {
	files := ids[media.ID](c.params, "media_ids", media.MaxFiles+1)
	if !c.Has("media_ids") {
		now, err := media.Of(ctx, a.DB, []int64{int64(i.ID)})
		if err != nil {
			return nil, err
		}
		for _, f := range now[int64(i.ID)] {
			files = append(files, f.ID)
		}
	}
	changes := c.Items("media_attributes")
	if len(changes) == 0 {
		return files, nil
	}
	err := a.DB.Tx(ctx, func(tx *db.Tx) error {
		for _, change := range changes[:min(len(changes), media.MaxFiles)] {
			id, err := change.Number("id")
			if err != nil || !slices.Contains(files, media.ID(id)) {
				return fault.Say(fault.Invalid, "Validation failed: media_attributes must name files of this post.")
			}
			if _, err := a.describeFile(ctx, tx, c.viewer.ID, media.ID(id), change); err != nil {
				return err
			}
		}
		return nil
	})
	return files, err
}

// delete answers with the status that was, and with what was typed, to write it again. A boost is taken back.
func (a *API) delete(ctx context.Context, c *call) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	i, err := c.item(ctx)
	if err != nil {
		return nil, err
	}
	s, err := a.load(ctx, c.viewer, []*content.Item{i})
	if err != nil {
		return nil, err
	}
	was := a.show(s, i)
	if was == nil {
		return nil, fault.Say(fault.NotFound, "Record not found")
	}
	if of := s.quotes.items[i.Quote.Of]; of != nil { // to write it again, however it stood
		was.Quote = quote{i.Quote.State, a.showQuoted(s, of)}
	}
	if i.BoostOf != 0 && i.Author == me.ID {
		_, err = a.Outbox.Unboost(ctx, me, i.BoostOf)
	} else {
		err = a.Outbox.Delete(ctx, me, i.ID)
	}
	if i.Author == me.ID {
		was.Text = &i.Source
	}
	return was, err
}

func (a *API) onePoll(ctx context.Context, c *call) (any, error) {
	i, err := c.item(ctx)
	if err != nil {
		return nil, err
	}
	return a.pollOf(ctx, c, i)
}

func (a *API) pollOf(ctx context.Context, c *call, i *content.Item) (any, error) {
	s, err := a.status(ctx, c.viewer, i)
	if err != nil {
		return nil, err
	}
	if s.Poll == nil {
		return nil, fault.Say(fault.NotFound, "Record not found")
	}
	return s.Poll, nil
}

func (a *API) vote(ctx context.Context, c *call) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	i, err := c.item(ctx)
	if err != nil {
		return nil, err
	}
	var choices []int
	for _, one := range c.Items("choices") {
		n, err := one.number()
		if err != nil {
			return nil, fault.Say(fault.Invalid, "Validation failed: choices must be the numbers of answers, counted from 0.")
		}
		choices = append(choices, int(n))
	}
	if i, err = a.Outbox.Vote(ctx, me, i.ID, choices); err != nil {
		return nil, err
	}
	return a.pollOf(ctx, c, i)
}
