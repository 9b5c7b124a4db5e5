// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/outbox"
)

type scheduledStatus struct {
	ID          string          `json:"id"`
	ScheduledAt string          `json:"scheduled_at"`
	Params      scheduledParams `json:"params"`
	Attachments []attachment    `json:"media_attachments"`
}

// scheduledParams is what was sent.
type scheduledParams struct {
	Text        string         `json:"text"`
	Poll        *scheduledPoll `json:"poll"`
	MediaIDs    []string       `json:"media_ids"`
	Sensitive   bool           `json:"sensitive"`
	SpoilerText *string        `json:"spoiler_text"`
	Visibility  string         `json:"visibility"`
	InReplyTo   *int64         `json:"in_reply_to_id"` // Mastodon sends a number
	Language    *string        `json:"language"`
	Application int64          `json:"application_id"`
	ScheduledAt *string        `json:"scheduled_at"` // always null
	Idempotency *string        `json:"idempotency"`
	Limited     bool           `json:"with_rate_limit"`
	Quoted      *string        `json:"quoted_status_id"`
	QuotePolicy *string        `json:"quote_approval_policy"`
}

type scheduledPoll struct {
	Options    []string `json:"options"`
	ExpiresIn  int64    `json:"expires_in"`
	Multiple   bool     `json:"multiple"`
	HideTotals bool     `json:"hide_totals"`
}

func (a *API) scheduledStatus(ctx context.Context, of *outbox.Scheduled) (*scheduledStatus, error) {
	all, err := a.scheduledStatuses(ctx, []*outbox.Scheduled{of})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

func (a *API) scheduledStatuses(ctx context.Context, of []*outbox.Scheduled) ([]*scheduledStatus, error) {
	ids := make([]int64, len(of))
	for n, s := range of {
		ids[n] = s.ID
	}
	files, err := media.OfDrafts(ctx, a.DB, ids)
	if err != nil {
		return nil, err
	}
	all := make([]*scheduledStatus, len(of))
	for n, s := range of {
		d := s.Draft
		p := scheduledParams{Text: d.Text, Sensitive: d.Sensitive, SpoilerText: textOrNull(d.Summary), Visibility: visibility(d.Audience), Language: textOrNull(d.Language),
			Application: d.App, Idempotency: textOrNull(d.Once),
			Quoted: digitsOrNull(d.Quote), QuotePolicy: textOrNull(d.QuotePolicy)}
		if d.ReplyTo != 0 {
			id := int64(d.ReplyTo)
			p.InReplyTo = &id
		}
		for _, id := range d.Files {
			p.MediaIDs = append(p.MediaIDs, digits(id))
		}
		if d.Poll != nil {
			p.Poll = &scheduledPoll{Options: []string{}, ExpiresIn: int64(d.PollLasts.Seconds()), Multiple: d.Poll.Multiple, HideTotals: d.Poll.Hidden}
			for _, o := range d.Poll.Options {
				p.Poll.Options = append(p.Poll.Options, o.Name)
			}
		}
		all[n] = &scheduledStatus{ID: digits(s.ID), ScheduledAt: stamp(s.Due), Params: p, Attachments: a.attachments(ordered(files[s.ID], d.Files), s.Owner)}
	}
	return all, nil
}

// ordered are files in the order of their ids.
func ordered(files []media.File, ids []media.ID) []media.File {
	all := make([]media.File, 0, len(files))
	for _, id := range ids {
		for _, f := range files {
			if f.ID == id {
				all = append(all, f)
			}
		}
	}
	return all
}

func (a *API) scheduled(ctx context.Context, c *call) (any, error) {
	p, err := c.page(statusesPage)
	if err != nil {
		return nil, err
	}
	list, err := a.Outbox.ScheduledOf(ctx, c.viewer.ID, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(s *outbox.Scheduled) int64 { return s.ID })
	return a.scheduledStatuses(ctx, list)
}

func (a *API) oneScheduled(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	s, err := a.Outbox.ScheduledByID(ctx, c.viewer.ID, id)
	if err != nil {
		return nil, err
	}
	return a.scheduledStatus(ctx, s)
}

func (a *API) reschedule(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	due, err := c.moment("scheduled_at")
	if err != nil {
		return nil, err
	}
	if due.IsZero() {
		if _, err := a.Outbox.ScheduledByID(ctx, c.viewer.ID, id); err != nil {
			return nil, err
		}
		return nil, fault.Say(fault.Invalid, "Validation failed: scheduled_at can't be blank")
	}
	s, err := a.Outbox.Reschedule(ctx, c.viewer.ID, id, due)
	if err != nil {
		return nil, err
	}
	return a.scheduledStatus(ctx, s)
}

func (a *API) unschedule(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return empty{}, a.Outbox.Unschedule(ctx, c.viewer.ID, id)
}
