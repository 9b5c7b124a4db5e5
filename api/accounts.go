// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/timeline"
)

// target is the actor that the path names. One of ours who is suspended is gone for everybody without an account.
func (c *call) target(ctx context.Context) (*actors.Actor, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	of, err := actors.Meet(ctx, c.api.DB, c.viewer, actors.ID(id))
	if err == nil && of.Local && !of.Suspended.IsZero() && !c.viewer.Local() {
		return nil, fault.Say(fault.Gone, "This account is suspended.")
	}
	return of, err
}

func (a *API) oneAccount(ctx context.Context, c *call) (any, error) {
	of, err := c.target(ctx)
	if err != nil {
		return nil, err
	}
	return a.whole(ctx, of)
}

// identityProofs are none: what proved identities in this way is no more. An account's links are checked, see Field.verified_at.
func (a *API) identityProofs(ctx context.Context, c *call) (any, error) {
	_, err := c.target(ctx)
	return []empty{}, err
}

const mostIDs = 40 // of a bulk call

func (a *API) manyAccounts(ctx context.Context, c *call) (any, error) {
	return a.accountPage(ctx, c, ids[actors.ID](c.params, "id", mostIDs), nil)
}

func (a *API) accountStatuses(ctx context.Context, c *call) (any, error) {
	of, err := c.target(ctx)
	if err != nil {
		return nil, err
	}
	p, err := c.page(statusesPage)
	if err != nil {
		return nil, err
	}
	items, err := a.Timelines.Author(ctx, c.viewer, of.ID, timeline.AuthorFilter{Media: c.Bool("only_media", false), NoReplies: c.Bool("exclude_replies", false),
		NoBoosts: c.Bool("exclude_reblogs", false), Pinned: c.Bool("pinned", false), Tag: strings.TrimPrefix(c.Text("tagged"), "#")}, p)
	return a.timelinePage(ctx, c, items, err)
}

// related is a page of a list of relations; its cursors number the relations and not the actors.
func (a *API) related(c *call, list []actors.Related, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(r actors.Related) int64 { return r.Relation.ID })
	all := make([]*account, 0, len(list))
	for _, r := range list {
		if r.Actor.Suspended.IsZero() {
			all = append(all, a.account(r.Actor))
		}
	}
	return all, nil
}

// Who follows whom is told to people with an account only: it is not public without the choice of all those named. Who hides it,
// or blocks the asker, tells nobody.
func (a *API) relations(ctx context.Context, c *call, of func(context.Context, db.Q, actors.ID, actors.State, actors.Page) ([]actors.Related, error)) (any, error) {
	who, err := c.target(ctx)
	if err != nil {
		return nil, err
	}
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, err
	}
	if !c.viewer.Local() || !who.Suspended.IsZero() || who.HideCollections && who.ID != c.viewer.ID {
		return []empty{}, nil
	}
	if shown, err := actors.MembersShown(ctx, a.DB, c.viewer, who); err != nil || !shown {
		return []empty{}, err
	}
	if blocked, err := actors.Blocked(ctx, a.DB, who.ID, c.viewer.ID); err != nil || blocked {
		return []empty{}, err
	}
	list, err := of(ctx, a.DB, who.ID, actors.Active, p)
	return a.related(c, list, err)
}

func (a *API) followers(ctx context.Context, c *call) (any, error) {
	return a.relations(ctx, c, actors.FollowersOf)
}

func (a *API) following(ctx context.Context, c *call) (any, error) {
	return a.relations(ctx, c, func(ctx context.Context, q db.Q, id actors.ID, _ actors.State, p actors.Page) ([]actors.Related, error) {
		return actors.FollowingSeen(ctx, q, c.viewer.ID, id, p)
	})
}

// followRequests are those who ask to follow one, and those who ask to join a group that one manages, here or elsewhere.
func (a *API) followRequests(ctx context.Context, c *call) (any, error) {
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, err
	}
	list, err := actors.Askers(ctx, a.DB, c.viewer.ID, p)
	return a.related(c, list, err)
}

func (a *API) blocks(ctx context.Context, c *call) (any, error) {
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, err
	}
	list, cursors, err := actors.BlockedBy(ctx, a.DB, c.viewer.ID, p)
	if err != nil {
		return nil, err
	}
	linkCursors(c, cursors)
	return a.accounts(list), nil
}

func (a *API) relationships(ctx context.Context, c *call) (any, error) {
	asked := ids[actors.ID](c.params, "id", mostIDs)
	known, err := a.manyKnown(ctx, c.viewer, asked)
	if err != nil {
		return nil, err
	}
	standings, err := actors.Standings(ctx, a.DB, c.viewer.ID, asked)
	if err != nil {
		return nil, err
	}
	all := []relationship{}
	for _, id := range asked {
		if who := known[id]; who != nil && (who.Suspended.IsZero() || c.Bool("with_suspended", false)) {
			all = append(all, relationshipOf(id, standings[id]))
		}
	}
	return all, nil
}

// between does something between who asks and the actor in the path, and answers with how they then stand.
func (a *API) between(ctx context.Context, c *call, do func(me, target *actors.Actor) error) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	target, err := c.target(ctx)
	if err != nil {
		return nil, err
	}
	if err := do(me, target); err != nil {
		return nil, err
	}
	standings, err := actors.Standings(ctx, a.DB, me.ID, []actors.ID{target.ID})
	if err != nil {
		return nil, err
	}
	return relationshipOf(target.ID, standings[target.ID]), nil
}

func (a *API) follow(ctx context.Context, c *call) (any, error) {
	languages := c.List("languages")
	for _, code := range languages {
		if !languageCode.MatchString(code) {
			return nil, fault.Say(fault.Invalid, "Validation failed: languages must be codes such as nl or en.")
		}
	}
	if len(languages) > mostLanguages {
		return nil, fault.Say(fault.Invalid, "Validation failed: at most %d languages can be chosen.", mostLanguages)
	}
	return a.between(ctx, c, func(me, target *actors.Actor) error {
		err := a.Outbox.Follow(ctx, me, target, c.Choice("reblogs"), c.Choice("notify"))
		if err == nil && c.Has("languages") {
			err = a.Outbox.ChooseLanguages(ctx, me, target, languages)
		}
		return err
	})
}

const mostLanguages = 20

var languageCode = regexp.MustCompile(`^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8}){0,3}$`)

func (a *API) unfollow(ctx context.Context, c *call) (any, error) {
	return a.between(ctx, c, func(me, target *actors.Actor) error { return a.Outbox.Unfollow(ctx, me, target) })
}

func (a *API) removeFollower(ctx context.Context, c *call) (any, error) {
	return a.between(ctx, c, func(me, target *actors.Actor) error { return a.Outbox.RemoveFollower(ctx, me, target) })
}

func (a *API) block(ctx context.Context, c *call) (any, error) {
	return a.between(ctx, c, func(me, target *actors.Actor) error {
		if me.ID == target.ID {
			return fault.Say(fault.Invalid, "You cannot block yourself.")
		}
		return a.Outbox.Block(ctx, me, target)
	})
}

func (a *API) unblock(ctx context.Context, c *call) (any, error) {
	return a.between(ctx, c, func(me, target *actors.Actor) error { return a.Outbox.Unblock(ctx, me, target) })
}

func (a *API) authorizeRequest(ctx context.Context, c *call) (any, error) {
	return a.answer(ctx, c, true)
}

func (a *API) rejectRequest(ctx context.Context, c *call) (any, error) {
	return a.answer(ctx, c, false)
}

// answer answers the oldest question of the account; with group_id that about the group, and with one's own id the personal one.
func (a *API) answer(ctx context.Context, c *call, accept bool) (any, error) {
	about, err := c.Number("group_id")
	if err != nil {
		return nil, err
	}
	return a.between(ctx, c, func(me, asker *actors.Actor) error {
		return a.Outbox.Answer(ctx, me, asker.ID, actors.ID(about), accept)
	})
}

// lookup never asks another server.
func (a *API) lookup(ctx context.Context, c *call) (any, error) {
	name, domain, err := federation.ParseHandle(c.Text("acct"))
	if err != nil {
		return nil, fault.Say(fault.NotFound, "Record not found")
	}
	var of *actors.Actor
	if a.ours(domain) {
		of, err = actors.LocalByName(ctx, a.DB, name)
	} else {
		of, err = actors.ByHandle(ctx, a.DB, name, domain)
	}
	if err == nil {
		err = actors.CheckKnown(ctx, a.DB, c.viewer, of)
	}
	if err != nil {
		return nil, err
	}
	if of.Local && !of.Suspended.IsZero() && !c.viewer.Local() {
		return nil, fault.Say(fault.Gone, "This account is suspended.")
	}
	return a.whole(ctx, of)
}

// manyKnown are the actors with these numbers, by number, of those that the viewer may know of.
func (a *API) manyKnown(ctx context.Context, v actors.Viewer, ids []actors.ID) (map[actors.ID]*actors.Actor, error) {
	all, err := actors.Many(ctx, a.DB, ids)
	if err != nil {
		return nil, err
	}
	known, err := actors.Known(ctx, a.DB, v, slices.Collect(maps.Values(all)))
	clear(all)
	for _, one := range known {
		all[one.ID] = one
	}
	return all, err
}

func (a *API) ours(domain string) bool {
	return domain == "" || domain == a.Dir.Domain || domain == a.Dir.Host()
}
