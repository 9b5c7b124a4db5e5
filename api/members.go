// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/locale"
	"github.com/pleio-node/pleio-node/outbox"
)

type ownPerson struct {
	ID           string          `json:"id" format:"id" about:"The number of the person's account in the Mastodon API."`
	Name         string          `json:"name" about:"The name for people."`
	Handle       string          `json:"handle" about:"@name@node: how the person is named anywhere."`
	URL          string          `json:"url" format:"uri" about:"The page of the person."`
	Organisation ownOrganisation `json:"organisation" about:"Whose node the person is on."`
}

type ownMember struct {
	ownPerson
	Role  string `json:"role" enum:"owner,moderator,member,guest"`
	Since string `json:"since" format:"date-time" about:"When the person became a member."`
}

type ownRequest struct {
	ownPerson
	Introduction string `json:"introduction" about:"What the person says with the wish to join; may be empty."`
	Since        string `json:"since" format:"date-time" about:"When the person asked."`
}

type ownMembership struct {
	State string  `json:"state" enum:"none,requested,invited,active,left,removed,banned" about:"Only active members have rights."`
	Role  *string `json:"role" enum:"owner,moderator,member,guest" about:"null when not active."`
	Since *string `json:"since" format:"date-time" about:"When this state began; null for none."`
}

func membershipOf(r *actors.Relation) ownMembership {
	m := ownMembership{State: string(r.State), Since: stampOrNull(r.Since)}
	switch r.State {
	case actors.None:
		m.State, m.Since = "none", nil
	case actors.Active:
		m.Role = textOrNull(string(r.Role))
	}
	return m
}

func personOf(a *actors.Actor, names map[string]string) ownPerson {
	return ownPerson{digits(a.ID), a.DisplayName(), a.Handle(), a.URL, organisationOf(a, names)}
}

// staff is known for those who decide in the group.
func (c *call) staff(ctx context.Context) (*actors.Actor, error) {
	group, role, err := c.known(ctx)
	if err == nil {
		err = onlyStaff(group, role)
	}
	return group, err
}

func onlyStaff(group *actors.Actor, role actors.Role) error {
	if role.Staff() {
		return nil
	}
	return fault.Say(fault.Forbidden, "Only owners and moderators of %s see that.", group.Handle())
}

// mine are the group that the path names, as far as who asks may know of it, and who asks, with the role there.
func (c *call) mine(ctx context.Context) (group, me *actors.Actor, role actors.Role, err error) {
	if group, role, err = c.known(ctx); err == nil {
		me, err = c.me(ctx)
	}
	return group, me, role, err
}

// involved is mine with the other person that the path names.
func (c *call) involved(ctx context.Context) (group, me, other *actors.Actor, role actors.Role, err error) {
	if group, me, role, err = c.mine(ctx); err != nil {
		return nil, nil, nil, "", err
	}
	id, err := c.id("account")
	if err != nil {
		return nil, nil, nil, "", err
	}
	other, err = actors.Meet(ctx, c.api.DB, c.viewer, actors.ID(id))
	return group, me, other, role, err
}

type membersQuery struct {
	ownPage
	Role *string `json:"role" enum:"owner,moderator,member,guest" about:"Only members with this role."`
}

// listMembers is for people of this node, as every list of who follows whom, and for members only where not everybody may read.
func (a *API) listMembers(ctx context.Context, c *call, in membersQuery) ([]ownMember, error) {
	group, role, err := c.known(ctx)
	if err != nil {
		return nil, err
	}
	if group.Visibility != actors.VisibilityPublic && role == "" {
		return nil, fault.Say(fault.Forbidden, "Only members see who is a member of %s.", group.Handle())
	}
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, err
	}
	list, err := actors.MembersOf(ctx, a.DB, group.ID, actors.Role(given(in.Role)), p)
	all := make([]ownMember, 0, len(list))
	err = a.peopleOf(ctx, c, list, err, func(who ownPerson, r *actors.Relation) {
		all = append(all, ownMember{who, string(r.Role), stamp(r.Since)})
	})
	return all, err
}

// peopleOf calls with every person of a page of relations.
func (a *API) peopleOf(ctx context.Context, c *call, list []actors.Related, err error, each func(ownPerson, *actors.Relation)) error {
	if err != nil {
		return err
	}
	linkRows(c, list, func(r actors.Related) int64 { return r.Relation.ID })
	var of []*actors.Actor
	for _, r := range list {
		of = append(of, r.Actor)
	}
	names, err := actors.OrganisationsOf(ctx, a.DB, of)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.Actor.Suspended.IsZero() {
			each(personOf(r.Actor, names), r.Relation)
		}
	}
	return nil
}

type memberChange struct {
	Role   string  `json:"role" enum:"owner,moderator,member" about:"The new role. A group keeps at least one owner."`
	Reason *string `json:"reason" max:"500" about:"For the log of the group."`
}

func (a *API) changeMember(ctx context.Context, c *call, in memberChange) (ownMember, error) {
	group, me, other, _, err := c.involved(ctx)
	if err != nil {
		return ownMember{}, err
	}
	if err := a.Outbox.Manage(ctx, me, other, group, outbox.Decision{Kind: outbox.DecidedRole, Role: actors.Role(in.Role), Reason: given(in.Reason)}); err != nil {
		return ownMember{}, err
	}
	r, err := actors.RelationOf(ctx, a.DB, other.ID, group.ID)
	if err != nil {
		return ownMember{}, err
	}
	names, err := actors.OrganisationsOf(ctx, a.DB, []*actors.Actor{other})
	return ownMember{personOf(other, names), string(r.Role), stamp(r.Since)}, err
}

type ownDeparture struct {
	Organisation ownOrganisation `json:"organisation" about:"The node."`
	Since        string          `json:"since" format:"date-time" about:"When its last member was gone."`
	PurgedAt     *string         `json:"purgedAt" format:"date-time" about:"When it had deleted what others wrote in the group, as it says; null: it has not said so."`
	ConfirmedAt  *string         `json:"confirmedAt" format:"date-time" about:"When it said so; null: not yet. Nodes have 24 hours."`
}

func (a *API) listDepartures(ctx context.Context, c *call, _ nought) ([]ownDeparture, error) {
	group, err := c.staff(ctx)
	if err != nil {
		return nil, err
	}
	list, err := actors.Departures(ctx, a.DB, group.ID)
	if err != nil {
		return nil, err
	}
	hosts := make([]string, len(list))
	for n, d := range list {
		hosts[n] = d.Host
	}
	names, err := actors.TitlesOf(ctx, a.DB, hosts)
	all := make([]ownDeparture, 0, len(list))
	for _, d := range list {
		all = append(all, ownDeparture{ownOrganisation{d.Host, textOrNull(names[d.Host])}, stamp(d.Since), stampOrNull(d.Purged), stampOrNull(d.Confirmed)})
	}
	return all, err
}

type removal struct {
	Reason *string `json:"reason" max:"500" about:"For the log of the group."`
}

func (a *API) removeMember(ctx context.Context, c *call, in removal) (nought, error) {
	group, me, other, _, err := c.involved(ctx)
	if err != nil {
		return nought{}, err
	}
	return nought{}, a.Outbox.Expel(ctx, me, other, group, given(in.Reason))
}

type ownBan struct {
	ownPerson
	Since string  `json:"since" format:"date-time" about:"When the person was banned."`
	Until *string `json:"until" format:"date-time" about:"When the ban ends; null: it has no end."`
}

type bansQuery struct{ ownPage }

func (a *API) listBans(ctx context.Context, c *call, _ bansQuery) ([]ownBan, error) {
	all := []ownBan{}
	err := a.standing(ctx, c, actors.Banned, func(who ownPerson, r *actors.Relation) {
		all = append(all, ownBan{who, stamp(r.Since), stampOrNull(r.Until)})
	})
	return all, err
}

type ban struct {
	Reason *string `json:"reason" max:"500" about:"For the log of the group."`
	Until  *string `json:"until" format:"date-time" about:"When the ban ends by itself, as RFC 3339 has it; without it: never."`
}

func (a *API) banPerson(ctx context.Context, c *call, in ban) (nought, error) {
	group, me, other, _, err := c.involved(ctx)
	if err != nil {
		return nought{}, err
	}
	d := outbox.Decision{Kind: outbox.DecidedBan, Reason: given(in.Reason)}
	if in.Until != nil {
		if d.Until, err = time.Parse(time.RFC3339, *in.Until); err != nil {
			return nought{}, fault.Say(fault.Malformed, "until must be a moment such as 2030-01-31T12:00:00Z.")
		}
	}
	return nought{}, a.Outbox.Manage(ctx, me, other, group, d)
}

func (a *API) unbanPerson(ctx context.Context, c *call, in removal) (nought, error) {
	group, me, other, _, err := c.involved(ctx)
	if err != nil {
		return nought{}, err
	}
	return nought{}, a.Outbox.Manage(ctx, me, other, group, outbox.Decision{Kind: outbox.DecidedUnban, Reason: given(in.Reason)})
}

func (a *API) getMembership(ctx context.Context, c *call, _ nought) (ownMembership, error) {
	group, _, err := c.known(ctx)
	if err != nil {
		return ownMembership{}, err
	}
	r, err := actors.RelationOf(ctx, a.DB, c.viewer.ID, group.ID)
	return membershipOf(r), err
}

type wish struct {
	Introduction *string `json:"introduction" max:"500" about:"A few words for those who decide."`
}

func (a *API) joinGroup(ctx context.Context, c *call, in wish) (ownMembership, error) {
	group, me, _, err := c.mine(ctx)
	if err != nil {
		return ownMembership{}, err
	}
	if err := a.Outbox.Join(ctx, me, group, given(in.Introduction)); err != nil {
		return ownMembership{}, err
	}
	c.header.Set("Location", a.Dir.URL(ownPath+"/groups/"+digits(group.ID)+"/membership"))
	r, err := actors.RelationOf(ctx, a.DB, me.ID, group.ID)
	return membershipOf(r), err
}

func (a *API) leaveGroup(ctx context.Context, c *call, _ nought) (nought, error) {
	group, me, _, err := c.mine(ctx)
	if err != nil {
		return nought{}, err
	}
	return nought{}, a.Outbox.Unfollow(ctx, me, group)
}

type requestsQuery struct{ ownPage }

func (a *API) listRequests(ctx context.Context, c *call, _ requestsQuery) ([]ownRequest, error) {
	all := []ownRequest{}
	err := a.standing(ctx, c, actors.Requested, func(who ownPerson, r *actors.Relation) {
		all = append(all, ownRequest{who, r.Request.Message, stamp(r.Since)})
	})
	return all, err
}

// standing calls with a page of those who stand in a state to the group that the path names, for those who decide there.
func (a *API) standing(ctx context.Context, c *call, state actors.State, each func(ownPerson, *actors.Relation)) error {
	group, err := c.staff(ctx)
	if err != nil {
		return err
	}
	p, err := c.page(accountsPage)
	if err != nil {
		return err
	}
	list, err := actors.FollowersOf(ctx, a.DB, group.ID, state, p)
	return a.peopleOf(ctx, c, list, err, each)
}

type decision struct {
	Decision string  `json:"decision" enum:"accept,reject"`
	Reason   *string `json:"reason" max:"500" about:"For the log of the group."`
}

func (a *API) decideRequest(ctx context.Context, c *call, in decision) (ownMembership, error) {
	group, me, other, role, err := c.involved(ctx)
	if err != nil {
		return ownMembership{}, err
	}
	if err := onlyStaff(group, role); err != nil {
		return ownMembership{}, err
	}
	if err := a.Outbox.Decide(ctx, me, other.ID, group.ID, in.Decision == "accept", given(in.Reason)); err != nil {
		return ownMembership{}, err
	}
	r, err := actors.RelationOf(ctx, a.DB, other.ID, group.ID)
	return membershipOf(r), err
}

type ownEntry struct {
	ID     string     `json:"id" format:"id"`
	At     string     `json:"at" format:"date-time"`
	Kind   string     `json:"kind" enum:"settings,role,removal,ban,unban,admission,rejection,deletion,lock,unlock,pin,unpin,resolution,archive,unarchive,group-deletion,restoration" about:"What was decided; resolution: a report was resolved, which is not told."`
	By     ownPerson  `json:"by" about:"Who decided; the group itself: a ban that had an end, or a new owner in the place of the last one who is gone."`
	Person *ownPerson `json:"person" about:"About whom; null: about nobody, or about somebody who is not here any more."`
	Status *string    `json:"status" format:"id" about:"The number of the post that it was about, which may be gone."`
	Role   *string    `json:"role" enum:"owner,moderator,member,guest" about:"The role that the person got."`
	Until  *string    `json:"until" format:"date-time" about:"When a ban ends; null: it has no end, or this is no ban."`
	Reason *string    `json:"reason" about:"null when none was given."`
}

type logQuery struct{ ownPage }

// readLog is what the owners and moderators of a group decided, for all of its members: power that is used is seen.
func (a *API) readLog(ctx context.Context, c *call, _ logQuery) ([]ownEntry, error) {
	group, role, err := c.known(ctx)
	if err == nil && role == "" {
		err = fault.Say(fault.Forbidden, "Only members of %s read what was decided there.", group.Handle())
	}
	if err != nil {
		return nil, err
	}
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, err
	}
	list, err := outbox.Decisions(ctx, a.DB, group.ID, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(d outbox.Decision) int64 { return d.ID })
	var ids []actors.ID
	for _, d := range list {
		ids = append(ids, d.By, d.Subject)
	}
	known, err := actors.Many(ctx, a.DB, ids)
	if err != nil {
		return nil, err
	}
	var of []*actors.Actor
	for _, one := range known {
		of = append(of, one)
	}
	names, err := actors.OrganisationsOf(ctx, a.DB, of)
	all := make([]ownEntry, 0, len(list))
	for _, d := range list {
		by := known[d.By]
		if by == nil {
			continue // deleted
		}
		all = append(all, ownEntry{ID: digits(d.ID), At: stamp(db.TimeOf(d.ID)), Kind: d.Kind, By: personOf(by, names), Person: personOrNull(known[d.Subject], names), Status: digitsOrNull(d.Item),
			Role: textOrNull(string(d.Role)), Until: stampOrNull(d.Until), Reason: textOrNull(d.Reason)})
	}
	return all, err
}

type ownPin struct {
	Status string `json:"status" format:"id" about:"The number of the post, in the Mastodon API too."`
	Since  string `json:"since" format:"date-time"`
}

func (a *API) listPins(ctx context.Context, c *call, _ nought) ([]ownPin, error) {
	group, _, err := c.known(ctx)
	if err != nil {
		return nil, err
	}
	ids, since, err := outbox.Pins(ctx, a.DB, c.viewer, group.ID)
	all := make([]ownPin, 0, len(ids))
	for i := range ids {
		all = append(all, ownPin{digits(ids[i]), stamp(since[i])})
	}
	return all, err
}

func (a *API) pinPost(ctx context.Context, c *call, _ nought) (nought, error) {
	return a.onPost(ctx, c, func(me, group *actors.Actor, id content.ID) error { return a.Outbox.PinPost(ctx, me, group, id, true) })
}

func (a *API) unpinPost(ctx context.Context, c *call, _ nought) (nought, error) {
	return a.onPost(ctx, c, func(me, group *actors.Actor, id content.ID) error { return a.Outbox.PinPost(ctx, me, group, id, false) })
}

func (a *API) lockPost(ctx context.Context, c *call, in removal) (nought, error) {
	return a.onPost(ctx, c, func(me, group *actors.Actor, id content.ID) error {
		return a.Outbox.LockPost(ctx, me, group, id, true, given(in.Reason))
	})
}

func (a *API) unlockPost(ctx context.Context, c *call, _ nought) (nought, error) {
	return a.onPost(ctx, c, func(me, group *actors.Actor, id content.ID) error {
		return a.Outbox.LockPost(ctx, me, group, id, false, "")
	})
}

func (a *API) onPost(ctx context.Context, c *call, do func(me, group *actors.Actor, id content.ID) error) (nought, error) {
	group, me, _, err := c.mine(ctx)
	if err != nil {
		return nought{}, err
	}
	id, err := c.id("status")
	if err != nil {
		return nought{}, err
	}
	return nought{}, do(me, group, content.ID(id))
}

type ownNodes struct {
	Sequence int64         `json:"sequence" about:"The number of the last entry of the group's log."`
	Summary  string        `json:"summary" about:"Who has everything and who is behind, in one sentence, in the language that who asks reads."`
	Nodes    []ownPosition `json:"nodes" about:"The nodes other than this one that have members, the one furthest behind first."`
}

type ownPosition struct {
	Host      string  `json:"host" about:"The host name of the node."`
	Name      *string `json:"name" about:"What the organisation calls itself; null when it has not told."`
	People    int64   `json:"people" about:"How many of its people are members."`
	Sequence  int64   `json:"sequence" about:"The number of the last entry that it has."`
	Behind    int64   `json:"behind" about:"How many entries it does not have yet."`
	Since     *string `json:"since" format:"date-time" about:"When the first of these was made; null when it has everything."`
	ContactAt *string `json:"contactAt" format:"date-time" about:"When it last took or asked something; null: never."`
}

// listNodes is how far the nodes of the members are, for the staff.
func (a *API) listNodes(ctx context.Context, c *call, _ nought) (ownNodes, error) {
	group, err := c.staff(ctx)
	if err == nil && !group.Local {
		err = fault.Say(fault.Forbidden, "%s is managed on %s, its own node.", group.Handle(), group.Host)
	}
	if err != nil {
		return ownNodes{}, err
	}
	list, err := outbox.Positions(ctx, a.DB, group)
	if err != nil {
		return ownNodes{}, err
	}
	all := ownNodes{Sequence: group.Seq, Summary: outbox.Delivered(locale.Get(c.spoken()), list), Nodes: make([]ownPosition, 0, len(list))}
	for _, p := range list {
		all.Nodes = append(all.Nodes, ownPosition{p.Host, textOrNull(p.Title), p.People, p.Seq, p.Behind, stampOrNull(p.Since), stampOrNull(p.Contact)})
	}
	return all, nil
}
