// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

type notification struct {
	ID        string   `json:"id"`
	Type      string   `json:"type"`
	GroupKey  string   `json:"group_key"`
	CreatedAt string   `json:"created_at"`
	Account   *account `json:"account"`
	Status    *status  `json:"status,omitempty"`

	Report  *report         `json:"report,omitempty"`
	Event   *severance      `json:"event,omitempty"`
	Warning *accountWarning `json:"moderation_warning,omitempty"`
}

// notificationFilter reads types, exclude_types, account_id, include_filtered and grouped_types. Types that are not known are ignored, but
// asking for nothing else finds nothing.
func (c *call) notificationFilter() (timeline.NotificationFilter, error) {
	of, err := c.Number("account_id")
	return timeline.NotificationFilter{Kinds: c.List("types"), Not: c.List("exclude_types"), Actor: actors.ID(of), Apart: c.Bool("include_filtered", false),
		Grouped: c.List("grouped_types")}, err
}

func (c *call) notificationPage() (f timeline.NotificationFilter, p actors.Page, err error) {
	if f, err = c.notificationFilter(); err != nil {
		return f, p, err
	}
	p, err = c.page(notificationsPage)
	return f, p, err
}

// told is what a list of notifications shows, loaded at once.
type told struct {
	accounts map[actors.ID]*account
	statuses map[content.ID]*status
	decided  decided
}

func (a *API) told(ctx context.Context, v actors.Viewer, list []timeline.Notification) (told, error) {
	t := told{accounts: map[actors.ID]*account{}}
	var people []actors.ID
	var about []content.ID
	for _, n := range list {
		people = append(people, n.Actor)
		if n.Item != 0 {
			about = append(about, n.Item)
		}
	}
	known, err := actors.Many(ctx, a.DB, people)
	if err != nil {
		return t, err
	}
	if t.decided, err = a.decisions(ctx, v, list); err != nil {
		return t, err
	}
	for id, one := range known {
		t.accounts[id] = a.account(one)
	}
	t.statuses, err = a.statusesByID(ctx, v, about)
	return t, err
}

// shows tells whether a notification can be shown: its actor exists, and so does what it is about. Of a report in a group who decides
// there no more is told nothing.
func (t told) shows(n timeline.Notification) bool {
	who := t.accounts[n.Actor]
	return who != nil && (n.Item == 0 || t.statuses[n.Item] != nil) && (n.Kind != timeline.AdminReport || !who.Group || t.decided.reports[n.About] != nil)
}

func (t told) notification(n timeline.Notification) notification {
	x := notification{ID: digits(n.ID), Type: n.Kind, GroupKey: n.GroupKey(), CreatedAt: stamp(n.Time()), Account: t.accounts[n.Actor], Status: t.statuses[n.Item]}
	x.Report, x.Event, x.Warning = t.decided.reports[n.About], t.decided.severances[n.About], t.decided.warnings[n.About]
	return x
}

func (a *API) notifications(ctx context.Context, c *call) (any, error) {
	f, p, err := c.notificationPage()
	if err != nil {
		return nil, err
	}
	list, err := a.Timelines.Notifications(ctx, c.viewer, f, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(n timeline.Notification) int64 { return n.ID })
	t, err := a.told(ctx, c.viewer, list)
	all := []notification{}
	for _, n := range list {
		if t.shows(n) {
			all = append(all, t.notification(n))
		}
	}
	return all, err
}

func (a *API) oneNotification(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return a.notificationOf(ctx, c.viewer, id)
}

func (a *API) notificationOf(ctx context.Context, v actors.Viewer, id int64) (*notification, error) {
	n, err := a.Timelines.Notification(ctx, v, id)
	if err != nil {
		return nil, err
	}
	t, err := a.told(ctx, v, []timeline.Notification{n})
	if err == nil && !t.shows(n) {
		err = fault.Say(fault.NotFound, "Record not found")
	}
	x := t.notification(n)
	return &x, err
}

func (a *API) clearNotifications(ctx context.Context, c *call) (any, error) {
	return empty{}, a.Timelines.DismissAll(ctx, c.viewer)
}

func (a *API) dismiss(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return empty{}, a.Timelines.Dismiss(ctx, c.viewer, id)
}

// dismissNamed is dismiss with the number in the body, as old clients send it.
func (a *API) dismissNamed(ctx context.Context, c *call) (any, error) {
	id, err := c.Number("id")
	if err != nil || id <= 0 {
		return nil, fault.Say(fault.Invalid, "Validation failed: id must be the id of a notification.")
	}
	return empty{}, a.Timelines.Dismiss(ctx, c.viewer, id)
}

type count struct {
	Count int `json:"count"`
}

var unreadLimit = limits{100, 1000}

func (a *API) unread(ctx context.Context, c *call) (any, error) {
	f, since, limit, err := a.unreadSince(ctx, c)
	if err != nil {
		return nil, err
	}
	n, err := a.Timelines.NotificationCount(ctx, c.viewer, f, since, limit)
	return count{n}, err
}

// unreadSince is what to count: what is newer than the marker.
func (a *API) unreadSince(ctx context.Context, c *call) (f timeline.NotificationFilter, since int64, limit int, err error) {
	if f, err = c.notificationFilter(); err != nil {
		return f, 0, 0, err
	}
	if limit, err = c.limit(unreadLimit); err != nil {
		return f, 0, 0, err
	}
	marks, err := a.Timelines.Marks(ctx, c.viewer)
	for _, m := range marks {
		if m.Timeline == "notifications" {
			since = m.LastRead
		}
	}
	return f, since, limit, err
}
