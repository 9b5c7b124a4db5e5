// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/outbox"
)

type ownInvited struct {
	ownPerson
	Role      string     `json:"role" enum:"member,guest" about:"What the person is when the invitation is accepted."`
	InvitedBy *ownPerson `json:"invitedBy" about:"Who invites; null: somebody who is not here any more."`
	Message   string     `json:"message" about:"What is said with the invitation; may be empty."`
	Since     string     `json:"since" format:"date-time" about:"When the person was invited."`
	ExpiresAt string     `json:"expiresAt" format:"date-time" about:"Until when the invitation can be accepted."`
	GuestEnds *string    `json:"guestEnds" format:"date-time" about:"When the stay of a guest ends; null for members."`
}

type ownInvitation struct {
	Group     ownGroup   `json:"group"`
	Role      string     `json:"role" enum:"member,guest" about:"What one is when one accepts."`
	InvitedBy *ownPerson `json:"invitedBy" about:"Who invites; null: not known here."`
	Message   string     `json:"message" about:"What is said with the invitation; may be empty."`
	Since     string     `json:"since" format:"date-time" about:"When the invitation came."`
	ExpiresAt string     `json:"expiresAt" format:"date-time" about:"Until when it can be accepted."`
	GuestEnds *string    `json:"guestEnds" format:"date-time" about:"When the stay of a guest ends; null for members."`
}

type ownInvitationLine struct {
	Line    int64   `json:"line" about:"The place in the list, from 1."`
	Text    string  `json:"text" about:"The handle, or the line in which there is none."`
	Outcome *string `json:"outcome" enum:"invited,asked,already,member,refused,unknown" about:"What has become of it; null: it has not had its turn. asked: the home of a group elsewhere was asked, and decides."`
	Detail  *string `json:"detail" about:"Why it was refused, or why nobody was found."`
}

type ownInvitationList struct {
	ID     string              `json:"id" format:"id" about:"The number of the list, with which its progress can be read."`
	Total  int64               `json:"total" about:"How many lines there are."`
	Done   int64               `json:"done" about:"How many have had their turn."`
	Errors int64               `json:"errors" about:"How many of these were refused or not found."`
	Lines  []ownInvitationLine `json:"lines"`
}

// invitersOf are those who invite in a list of relations, with the names of the organisations of all.
func (a *API) invitersOf(ctx context.Context, list []actors.Related) (by map[actors.ID]*actors.Actor, names map[string]string, err error) {
	var ids []actors.ID
	var of []*actors.Actor
	for _, r := range list {
		ids, of = append(ids, r.InvitedBy), append(of, r.Actor)
	}
	if by, err = actors.Many(ctx, a.DB, ids); err != nil {
		return nil, nil, err
	}
	for _, one := range by {
		of = append(of, one)
	}
	names, err = actors.OrganisationsOf(ctx, a.DB, of)
	return by, names, err
}

func personOrNull(a *actors.Actor, names map[string]string) *ownPerson {
	if a == nil {
		return nil
	}
	p := personOf(a, names)
	return &p
}

type invitedQuery struct{ ownPage }

// listInvited is for owners and moderators; other members see whom they invited themselves.
func (a *API) listInvited(ctx context.Context, c *call, _ invitedQuery) ([]ownInvited, error) {
	group, role, err := c.known(ctx)
	if err != nil {
		return nil, err
	}
	by := c.viewer.ID
	switch {
	case role == "" || role == actors.RoleGuest:
		return nil, fault.Say(fault.Forbidden, "Only members of %s see whom they invited.", group.Handle())
	case !group.Local:
		return nil, fault.Say(fault.Forbidden, "Who is invited to %s is kept on %s, its own node.", group.Handle(), group.Host)
	case role.Staff():
		by = 0
	}
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, err
	}
	list, err := actors.InvitedTo(ctx, a.DB, group.ID, by, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(r actors.Related) int64 { return r.Relation.ID })
	inviters, names, err := a.invitersOf(ctx, list)
	all := make([]ownInvited, 0, len(list))
	for _, r := range list {
		all = append(all, ownInvited{personOf(r.Actor, names), string(r.Role), personOrNull(inviters[r.InvitedBy], names), r.Request.Message, stamp(r.Since), stamp(r.Expires), stampOrNull(r.Until)})
	}
	return all, err
}

type peopleInvited struct {
	People    string  `json:"people" max:"500000" about:"Handles such as @anna@gouda.example, one or many on a line; or the rows of a table (CSV) with the handle in one of the cells. At most 5000."`
	Message   *string `json:"message" max:"500" about:"What is said with the invitation."`
	Role      *string `json:"role" enum:"member,guest" about:"Without it: member. Owners and moderators invite guests."`
	GuestEnds *string `json:"guestEnds" format:"date-time" about:"When the stay of guests ends; they need it."`
}

const inviteWait = 8 * time.Second // that somebody waits for the answer; what is not done then is done later

func (a *API) invite(ctx context.Context, c *call, in peopleInvited) (ownInvitationList, error) {
	group, me, _, err := c.mine(ctx)
	if err != nil {
		return ownInvitationList{}, err
	}
	wanted := actors.Invitation{Role: actors.Role(given(in.Role)), Message: given(in.Message)}
	if in.GuestEnds != nil {
		if wanted.Until, err = time.Parse(time.RFC3339, *in.GuestEnds); err != nil {
			return ownInvitationList{}, fault.Say(fault.Malformed, "guestEnds must be a time such as 2027-03-31T17:00:00Z.")
		}
	}
	list, err := a.Outbox.InviteList(ctx, me, group, in.People, wanted, inviteWait)
	if err != nil {
		return ownInvitationList{}, err
	}
	c.header.Set("Location", a.Dir.URL(ownPath+"/groups/"+digits(group.ID)+"/invitation-lists/"+digits(list.ID)))
	return showInvitationList(list), nil
}

func (a *API) getInvitationList(ctx context.Context, c *call, _ nought) (ownInvitationList, error) {
	group, me, _, err := c.mine(ctx)
	if err != nil {
		return ownInvitationList{}, err
	}
	id, err := c.id("list")
	if err != nil {
		return ownInvitationList{}, err
	}
	list, err := outbox.ListOfInvitations(ctx, a.DB, me.ID, group.ID, id)
	if err != nil {
		return ownInvitationList{}, err
	}
	return showInvitationList(list), nil
}

func showInvitationList(l *outbox.InvitationList) ownInvitationList {
	x := ownInvitationList{ID: digits(l.ID), Total: l.Total, Done: l.Done, Errors: l.Errors, Lines: make([]ownInvitationLine, 0, len(l.Lines))}
	for _, line := range l.Lines {
		x.Lines = append(x.Lines, ownInvitationLine{line.Line, line.Text, textOrNull(line.Outcome), textOrNull(line.Detail)})
	}
	return x
}

func (a *API) uninvite(ctx context.Context, c *call, _ nought) (nought, error) {
	group, me, other, _, err := c.involved(ctx)
	if err != nil {
		return nought{}, err
	}
	return nought{}, a.Outbox.Uninvite(ctx, me, other, group)
}

type invitationsQuery struct{ ownPage }

// listInvitations are the groups that who asks is invited to.
func (a *API) listInvitations(ctx context.Context, c *call, _ invitationsQuery) ([]ownInvitation, error) {
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, err
	}
	list, err := actors.Invitations(ctx, a.DB, c.viewer.ID, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(r actors.Related) int64 { return r.Relation.ID })
	inviters, names, err := a.invitersOf(ctx, list)
	if err != nil {
		return nil, err
	}
	groups := make([]*actors.Actor, len(list))
	for n, r := range list {
		groups[n] = r.Actor
	}
	shown, err := a.ownGroups(ctx, c.viewer, groups)
	all := make([]ownInvitation, 0, len(list))
	for n, group := range shown {
		r := list[n]
		all = append(all, ownInvitation{group, string(r.Role), personOrNull(inviters[r.InvitedBy], names), r.Request.Message, stamp(r.Since), stamp(r.Expires), stampOrNull(r.Until)})
	}
	return all, err
}

type invitationAnswer struct {
	Decision string `json:"decision" enum:"accept,decline"`
}

func (a *API) answerInvitation(ctx context.Context, c *call, in invitationAnswer) (ownMembership, error) {
	group, me, _, err := c.mine(ctx)
	if err != nil {
		return ownMembership{}, err
	}
	if err := a.Outbox.AnswerInvitation(ctx, me, group, in.Decision == "accept"); err != nil {
		return ownMembership{}, err
	}
	r, err := actors.RelationOf(ctx, a.DB, me.ID, group.ID)
	return membershipOf(r), err
}
