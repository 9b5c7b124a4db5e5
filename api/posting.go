// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"slices"
	"strconv"
	"time"

	"golang.org/x/text/language"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/outbox"
)

// post publishes, or with scheduled_at keeps a ScheduledStatus.
func (a *API) post(ctx context.Context, c *call) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	d, err := c.draft()
	if err != nil {
		return nil, err
	}
	due, err := c.moment("scheduled_at")
	if err != nil {
		return nil, err
	}
	i, waits, err := a.Outbox.Submit(ctx, me, d, due)
	switch {
	case err != nil:
		return nil, err
	case waits != nil:
		return a.scheduledStatus(ctx, waits)
	}
	return a.status(ctx, c.viewer, i)
}

// draft reads what somebody wants to post; what is not said is as the preferences say.
func (c *call) draft() (d outbox.Draft, err error) {
	p := c.access.Account.Preferences
	d = outbox.Draft{Text: c.Text("status"), Summary: c.Text("spoiler_text"), Sensitive: c.Bool("sensitive", p.Sensitive), App: c.access.App.ID, Once: c.r.Header.Get("Idempotency-Key")}
	if d.Language, err = c.language(p.Language); err != nil {
		return d, err
	}
	word := c.Text("visibility")
	if word == "" {
		word = p.Privacy
	}
	if d.Audience, err = audience(word); err != nil {
		return d, err
	}
	if d.Files, err = c.fileIDs(); err != nil {
		return d, err
	}
	parent, err := c.Number("in_reply_to_id")
	if err != nil {
		return d, err
	}
	d.ReplyTo = content.ID(parent)
	if d.Poll, d.PollLasts, err = c.poll(nil); err != nil {
		return d, err
	}
	return d, c.quoting(&d)
}

// language reads the language of a post: a tag of BCP 47 (RFC 5646) whose parts exist, in its usual form.
func (c *call) language(otherwise string) (string, error) {
	text := c.Text("language")
	if text == "" {
		return otherwise, nil
	}
	tag, err := language.Parse(text)
	if err != nil || len(text) > 35 || tag == language.Und {
		return "", fault.Say(fault.Invalid, "Validation failed: language must be a code of BCP 47 such as nl, en or nl-BE.")
	}
	return tag.String(), nil
}

// fileIDs reads media_ids. What cannot be an id is refused: left out, the post would appear without a file that was meant.
func (c *call) fileIDs() ([]media.ID, error) {
	var all []media.ID
	for _, text := range c.List("media_ids") {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id <= 0 {
			return nil, fault.Say(fault.Invalid, "Validation failed: media_ids must be the ids of uploaded files.")
		}
		all = append(all, media.ID(id))
	}
	return all, nil
}

// moment reads a time of ISO 8601; without an offset it is UTC.
func (c *call) moment(key string) (time.Time, error) {
	text := c.Text(key)
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04:05Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fault.Say(fault.Invalid, "Validation failed: %s must be a time such as 2026-12-31T09:00:00.000Z.", key)
}

// poll reads poll[options][], poll[expires_in], poll[multiple] and poll[hide_totals]; without options there is no poll. Of an edit, what
// is not sent stays as it was.
func (c *call) poll(before *content.Poll) (*content.Poll, time.Duration, error) {
	sent := c.Get("poll")
	names := sent.List("options")
	if len(names) == 0 {
		return nil, 0, nil
	}
	p := &content.Poll{}
	if before != nil {
		p.Multiple, p.Hidden, p.Ends = before.Multiple, before.Hidden, before.Ends
	}
	p.Multiple, p.Hidden = sent.Bool("multiple", p.Multiple), sent.Bool("hide_totals", p.Hidden)
	for _, name := range names {
		p.Options = append(p.Options, content.Option{Name: name})
	}
	if before != nil && sent.Text("expires_in") == "" {
		return p, 0, nil
	}
	seconds, err := sent.Number("expires_in")
	if err != nil || seconds <= 0 || seconds > 10*365*24*3600 {
		return nil, 0, fault.Say(fault.Invalid, "Validation failed: poll[expires_in] must be a number of seconds, from %d to %d.", int(outbox.MinPoll.Seconds()), int(outbox.MaxPoll.Seconds()))
	}
	return p, time.Duration(seconds) * time.Second, nil
}

// own is an item of who asks.
func (c *call) own(ctx context.Context) (*content.Item, error) {
	i, err := c.item(ctx)
	if err == nil && i.Author != c.viewer.ID {
		err = fault.Say(fault.NotFound, "This post does not exist, or it is not yours.")
	}
	return i, err
}

// edit replaces what was sent and leaves the rest. A poll that is sent empty is taken away, and so is one in the place of which files come.
func (a *API) edit(ctx context.Context, c *call) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	i, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	d := outbox.Draft{Text: i.Source, Summary: i.Summary, Sensitive: c.Bool("sensitive", i.Sensitive), QuotePolicy: c.Text("quote_approval_policy")}
	for key, into := range map[string]*string{"status": &d.Text, "spoiler_text": &d.Summary} {
		if c.Has(key) {
			*into = c.Text(key)
		}
	}
	if d.Language, err = c.language(i.Language); err != nil {
		return nil, err
	}
	if c.Has("spoiler_text") && d.Summary == "" && !c.Has("sensitive") && i.Summary != "" {
		d.Sensitive = false // it was so for the sake of the warning
	}
	if d.Files, err = a.editedFiles(ctx, c, i); err != nil {
		return nil, err
	}
	if d.Describe, err = c.described(); err != nil {
		return nil, err
	}
	if d.Poll, d.PollLasts, err = c.poll(i.Poll); err != nil {
		return nil, err
	}
	d.NoPoll = d.Poll == nil && (c.Has("poll") || len(d.Files) > 0)
	if i, err = a.Outbox.Edit(ctx, me, i.ID, d); err != nil {
		return nil, err
	}
	return a.status(ctx, c.viewer, i)
}

// editedFiles are the files of an edited item: those that are sent, or those that it has.
func (a *API) editedFiles(ctx context.Context, c *call, i *content.Item) ([]media.ID, error) {
	if c.Has("media_ids") {
		return c.fileIDs()
	}
	now, err := media.Of(ctx, a.DB, []int64{int64(i.ID)})
	var files []media.ID
	for _, f := range now[int64(i.ID)] {
		files = append(files, f.ID)
	}
	return files, err
}

// described reads media_attributes[]: what is said anew about files.
func (c *call) described() ([]media.Change, error) {
	var all []media.Change
	for _, sent := range c.Items("media_attributes") {
		id, err := sent.Number("id")
		if err != nil || id <= 0 || len(all) == media.MaxFiles {
			return nil, fault.Say(fault.Invalid, "Validation failed: media_attributes must name files of this post by their id.")
		}
		change := media.Change{ID: media.ID(id)}
		if change.Focus, err = sent.focus(); err != nil {
			return nil, err
		}
		if sent.Has("description") {
			text := sent.Text("description")
			change.Description = &text
		}
		all = append(all, change)
	}
	return all, nil
}

// delete answers with the status that was, and with what was typed, to write it again: its files can be used once more for a day, unless
// delete_media says otherwise. A boost is taken back.
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
	switch {
	case i.BoostOf != 0 && i.Author == me.ID:
		_, err = a.Outbox.Unboost(ctx, me, i.BoostOf)
	case c.Bool("delete_media", false):
		err = a.Outbox.Delete(ctx, me, i.ID)
	default:
		err = a.Outbox.Redraft(ctx, me, i.ID)
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
	if i.Poll != nil && c.viewer.Local() {
		if err := a.Inbox.FreshenPoll(ctx, i); err != nil {
			return nil, err
		}
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
		if !slices.Contains(choices, int(n)) {
			choices = append(choices, int(n))
		}
	}
	if i, err = a.Outbox.Vote(ctx, me, i.ID, choices); err != nil {
		return nil, err
	}
	return a.pollOf(ctx, c, i)
}

// boostAudience is for whom somebody boosts: as is said, or as the preferences say.
func (c *call) boostAudience() (actors.Audience, error) {
	word := c.Text("visibility")
	if word == "" {
		word = c.access.Account.Privacy
	}
	return audience(word)
}
