// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

type ownGroup struct {
	ID            string          `json:"id" format:"id" about:"The number of the group, which is that of its account in the Mastodon API."`
	Name          string          `json:"name" about:"The part of the handle before the node."`
	Handle        string          `json:"handle" about:"@name@node: how the group is named anywhere."`
	Title         string          `json:"title"`
	Summary       string          `json:"summary" about:"HTML, sanitised."`
	URL           string          `json:"url" format:"uri" about:"The page of the group."`
	Organisation  ownOrganisation `json:"organisation" about:"Where the group has its home."`
	Visibility    string          `json:"visibility" enum:"public,listed,hidden" about:"Who may know of the group and read in it: everybody; everybody and its members; its members."`
	JoinPolicy    string          `json:"joinPolicy" enum:"open,request,invite,automatic" about:"How one becomes a member: at once; when an owner or moderator agrees; by invitation; at once for people of named organisations, while others ask."`
	Posting       string          `json:"posting" enum:"members,moderators" about:"Who starts conversations."`
	Members       *int64          `json:"members" about:"How many there are; null for who is outside of a group that is not public."`
	Organisations *int64          `json:"organisations" about:"On how many nodes they are; null for a group elsewhere, and for who is outside of one that is not public."`
	Preset        *string         `json:"preset" enum:"open-community,announcements,closed-team,dossier" about:"Which preset has these settings; null: none, or the group is elsewhere."`
	Introduction  bool            `json:"introductionRequired" about:"Whether who asks to join must say a few words."`
	GuestsStart   bool            `json:"guestsStart" about:"Whether guests may start conversations."`
	ArchivedAt    *string         `json:"archivedAt" format:"date-time" about:"Since when the group can only be read; null: it lives."`
	DeletesAt     *string         `json:"deletesAt" format:"date-time" about:"When the group will be deleted; until then it can only be read, and be restored. null: it will not."`
	Settings      *ownSettings    `json:"settings" about:"What only the owners and moderators see, at the home of the group; null for others."`
	CreatedAt     string          `json:"createdAt" format:"date-time"`
	Copy          *ownCopy        `json:"copy" about:"How far this node has kept up with a group elsewhere; null for a group of this node, and for who is no member."`
	Membership    *ownMembership  `json:"membership" about:"How who asks stands to the group; null without a person's token."`
}

type ownSettings struct {
	PlainMembers   bool     `json:"plainMembers" about:"Whether people may be members whose servers do not keep a copy of the list of members, such as Mastodon."`
	AutomaticHosts []string `json:"automaticHosts" about:"The nodes whose people join at once, where joinPolicy is automatic."`
	AllowedHosts   []string `json:"allowedHosts" about:"The nodes whose people may be members, besides the home of the group; empty: all."`
	WelcomeNL      string   `json:"welcomeNl" about:"What new members are sent, in Dutch; may be empty."`
	WelcomeEN      string   `json:"welcomeEn" about:"The same in English."`
	History        string   `json:"history" enum:"all,joining" about:"What a node with its first member is given of what was posted before: everything, or nothing from before that person joined."`
}

func settingsOf(g *actors.Actor) *ownSettings {
	of := g.Settings
	s := &ownSettings{PlainMembers: g.PlainMembers, AutomaticHosts: append([]string{}, of.Automatic...), AllowedHosts: append([]string{}, of.Allowed...),
		WelcomeNL: of.Welcome["nl"], WelcomeEN: of.Welcome["en"], History: "all"}
	if of.SinceJoining {
		s.History = "joining"
	}
	return s
}

// ownCopy is how far our copy of a group elsewhere is.
type ownCopy struct {
	Sequence int64 `json:"sequence" about:"The number of the last entry of the group's log that is here."`
	Behind   int64 `json:"behind" about:"How many entries the group's home has told of that are not here yet."`
}

type ownOrganisation struct {
	Host string  `json:"host" about:"The host name of the node."`
	Name *string `json:"name" about:"What the organisation calls itself; null when it has not told."`
}

func organisationOf(a *actors.Actor, names map[string]string) ownOrganisation {
	return ownOrganisation{a.Host, textOrNull(names[a.Host])}
}

// ownGroups shows groups to who asks, with a fixed number of queries.
func (a *API) ownGroups(ctx context.Context, v actors.Viewer, list []*actors.Actor) ([]ownGroup, error) {
	var ids, local []actors.ID
	for _, g := range list {
		if ids = append(ids, g.ID); g.Local {
			local = append(local, g.ID)
		}
	}
	names, err := actors.OrganisationsOf(ctx, a.DB, list)
	if err != nil {
		return nil, err
	}
	hosts := map[actors.ID]int64{}
	if len(local) > 0 {
		if hosts, err = actors.HostCounts(ctx, a.DB, local); err != nil {
			return nil, err
		}
	}
	standings := map[actors.ID]*actors.Standing{}
	if v.Local() {
		if standings, err = actors.Standings(ctx, a.DB, v.ID, ids); err != nil {
			return nil, err
		}
	}
	all := make([]ownGroup, 0, len(list))
	for _, g := range list {
		x := ownGroup{ID: digits(g.ID), Name: g.Name, Handle: g.Handle(), Title: g.DisplayName(), Summary: g.Summary, URL: g.URL, Organisation: organisationOf(g, names),
			Visibility: g.Visibility, JoinPolicy: g.JoinPolicy, Posting: g.Posting, Introduction: g.Settings.Introduction, GuestsStart: g.Settings.GuestsStart,
			ArchivedAt: stampOrNull(g.Settings.Archived), DeletesAt: stampOrNull(g.Settings.Deletes), CreatedAt: stamp(g.Published)}
		if g.Local {
			x.Preset = textOrNull(g.Preset())
		}
		inside := g.Shows() == actors.Public
		if s := standings[g.ID]; s != nil {
			m := membershipOf(s.Outgoing)
			x.Membership = &m
			member := s.Outgoing.State == actors.Active
			inside = inside || member
			if member && g.Epoch != "" && !g.Local { // how far the log is tells how much is said
				x.Copy = &ownCopy{g.Seq, max(0, g.Told-g.Seq)}
			}
			if g.Local && s.Outgoing.State == actors.Active && s.Outgoing.Role.Staff() {
				x.Settings = settingsOf(g)
			}
		}
		if n, counted := hosts[g.ID]; counted && inside {
			x.Organisations = &n
		}
		if inside {
			x.Members = &g.FollowersCount
		}
		all = append(all, x)
	}
	return all, nil
}

func (a *API) oneOwnGroup(ctx context.Context, c *call, id actors.ID) (ownGroup, error) {
	group, err := actors.Get(ctx, a.DB, id)
	if err != nil {
		return ownGroup{}, err
	}
	return a.showOwnGroup(ctx, c, group)
}

func (a *API) showOwnGroup(ctx context.Context, c *call, group *actors.Actor) (ownGroup, error) {
	all, err := a.ownGroups(ctx, c.viewer, []*actors.Actor{group})
	if err != nil {
		return ownGroup{}, err
	}
	return all[0], nil
}

// known is the group that the path names, when who asks may know of it, with the role that who asks has there.
func (c *call) known(ctx context.Context) (*actors.Actor, actors.Role, error) {
	group, err := c.target(ctx)
	switch {
	case errors.Is(err, fault.NotFound), errors.Is(err, fault.Gone), err == nil && (!group.IsGroup() || !group.Suspended.IsZero()):
		return nil, "", fault.Say(fault.NotFound, "There is no such group.")
	case err != nil || !c.viewer.Local():
		return group, "", err
	}
	role, err := actors.RoleOf(ctx, c.api.DB, c.viewer.ID, group.ID)
	return group, role, err
}

// ownPage are the parameters of every list that is paged by number: see call.page.
type ownPage struct {
	MaxID   *int64 `json:"maxId" about:"Only what is older than this number; see the Link header of an answer."`
	SinceID *int64 `json:"sinceId" about:"Only what is newer than this number."`
	MinID   *int64 `json:"minId" about:"Only what is newer than this number, beginning right after it."`
	Limit   *int64 `json:"limit" about:"How many at most: 40, or up to 80."`
}

type groupsQuery struct {
	ownPage
	Q      *string `json:"q" max:"100" about:"The beginnings of words of the name or the title."`
	Member *bool   `json:"member" about:"true: only the groups that who asks is a member of."`
}

func (a *API) listGroups(ctx context.Context, c *call, in groupsQuery) ([]ownGroup, error) {
	f := actors.GroupFilter{}
	if in.Q != nil {
		f.Text = *in.Q
	}
	if in.Member != nil && *in.Member {
		if !c.viewer.Local() {
			return nil, fault.Say(fault.Unauthorized, "Whose groups? This needs a person's token.")
		}
		f.Member = c.viewer.ID
	}
	return a.groupPage(ctx, c, f)
}

func (a *API) groupPage(ctx context.Context, c *call, f actors.GroupFilter) ([]ownGroup, error) {
	p, err := c.page(accountsPage)
	if err != nil {
		return nil, err
	}
	list, err := actors.Groups(ctx, a.DB, c.viewer, f, p)
	if err != nil {
		return nil, err
	}
	linkRows(c, list, func(g *actors.Actor) int64 { return int64(g.ID) })
	return a.ownGroups(ctx, c.viewer, list)
}

type personGroupsQuery struct{ ownPage }

// personGroups are the groups that somebody is a member of. Of who shows nobody whom they follow, those are told that who asks
// is a member of too.
func (a *API) personGroups(ctx context.Context, c *call, _ personGroupsQuery) ([]ownGroup, error) {
	who, err := c.target(ctx)
	if err != nil {
		return nil, err
	}
	if who.Kind != actors.Person || !who.Suspended.IsZero() {
		return nil, fault.Say(fault.NotFound, "There is no such person.")
	}
	return a.groupPage(ctx, c, actors.GroupFilter{Member: who.ID, Shared: who.HideCollections && who.ID != c.viewer.ID})
}

// groupSettings is what can be chosen of a group. What is not sent stays as it is, in a new group as the preset has it.
type groupSettings struct {
	Preset         *string   `json:"preset" enum:"open-community,announcements,closed-team,dossier" about:"Takes the settings of a preset; what else is sent comes after. A new group without it is an open community."`
	Summary        *string   `json:"summary" max:"5000" about:"What the group is for, as plain text."`
	Visibility     *string   `json:"visibility" enum:"public,listed,hidden" about:"What everybody could read stays public when a group is closed; a group in which something was said in confidence cannot be made public."`
	JoinPolicy     *string   `json:"joinPolicy" enum:"open,request,invite,automatic"`
	Posting        *string   `json:"posting" enum:"members,moderators"`
	PlainMembers   *bool     `json:"plainMembers" about:"false: people on servers such as Mastodon cannot be members; those who are, are removed."`
	Introduction   *bool     `json:"introductionRequired"`
	GuestsStart    *bool     `json:"guestsStart"`
	AutomaticHosts *[]string `json:"automaticHosts" max:"300"`
	AllowedHosts   *[]string `json:"allowedHosts" max:"300" about:"Members of other nodes are removed; an empty list allows all."`
	WelcomeNL      *string   `json:"welcomeNl" max:"5000"`
	WelcomeEN      *string   `json:"welcomeEn" max:"5000"`
	History        *string   `json:"history" enum:"all,joining"`
}

func (in *groupSettings) change() actors.GroupChange {
	c := actors.GroupChange{Preset: in.Preset, Summary: in.Summary, Visibility: in.Visibility, Join: in.JoinPolicy, Posting: in.Posting, PlainMembers: in.PlainMembers,
		Introduction: in.Introduction, GuestsStart: in.GuestsStart, Automatic: in.AutomaticHosts, Allowed: in.AllowedHosts, Welcome: map[string]string{}}
	for code, text := range map[string]*string{"nl": in.WelcomeNL, "en": in.WelcomeEN} {
		if text != nil {
			c.Welcome[code] = *text
		}
	}
	if in.History != nil {
		since := *in.History == "joining"
		c.SinceJoining = &since
	}
	return c
}

type groupMade struct {
	Name  string `json:"name" max:"30" about:"The part of the handle before the node: small letters, digits, dots, hyphens and underscores."`
	Title string `json:"title" max:"100" about:"The name for people."`
	groupSettings
}

func (a *API) createGroup(ctx context.Context, c *call, in groupMade) (ownGroup, error) {
	me, err := c.me(ctx)
	if err != nil {
		return ownGroup{}, err
	}
	if strings.TrimSpace(in.Title) == "" {
		return ownGroup{}, fault.Say(fault.Invalid, "The group needs a title.")
	}
	if err := a.Dir.MakeKey(); err != nil {
		return ownGroup{}, err
	}
	var group *actors.Actor
	err = a.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		group, err = a.Dir.AddGroup(ctx, tx, me, actors.NewGroup{Name: in.Name, Title: in.Title, More: in.change()})
		return err
	})
	if err != nil {
		return ownGroup{}, err
	}
	c.header.Set("Location", a.Dir.URL(ownPath+"/groups/"+digits(group.ID)))
	return a.oneOwnGroup(ctx, c, group.ID) // with its first member
}

func given[T any](sent *T) (value T) {
	if sent != nil {
		value = *sent
	}
	return value
}

func (a *API) getGroup(ctx context.Context, c *call, _ nought) (ownGroup, error) {
	group, _, err := c.known(ctx)
	if err != nil {
		return ownGroup{}, err
	}
	return a.showOwnGroup(ctx, c, group)
}

type groupChange struct {
	Title *string `json:"title" max:"100"`
	groupSettings
	Reason *string `json:"reason" max:"500" about:"For the log of the group."`
}

type ownGroupChanged struct {
	ownGroup
	Notices []string `json:"notices" about:"What came of the change besides, in the language of Accept-Language: what stays public, how many cannot be members any more."`
}

func (a *API) changeGroup(ctx context.Context, c *call, in groupChange) (ownGroupChanged, error) {
	group, me, _, err := c.mine(ctx)
	if err != nil {
		return ownGroupChanged{}, err
	}
	change := in.change()
	change.Title = in.Title
	changed, err := a.Outbox.Settings(ctx, me, group, change, given(in.Reason))
	if err != nil {
		return ownGroupChanged{}, err
	}
	shown, err := a.oneOwnGroup(ctx, c, group.ID)
	return ownGroupChanged{shown, changed.Notices(c.reads())}, err
}

type ownPreset struct {
	Name         string `json:"name" enum:"open-community,announcements,closed-team,dossier"`
	Title        string `json:"title" about:"The name for people, in the language of Accept-Language."`
	Meaning      string `json:"meaning" about:"What it means for people, in one or two sentences."`
	Visibility   string `json:"visibility" enum:"public,listed,hidden"`
	JoinPolicy   string `json:"joinPolicy" enum:"open,request,invite,automatic"`
	Posting      string `json:"posting" enum:"members,moderators"`
	PlainMembers bool   `json:"plainMembers"`
}

func (a *API) listPresets(_ context.Context, c *call, _ nought) ([]ownPreset, error) {
	l := c.reads()
	var all []ownPreset
	for _, p := range actors.Presets {
		all = append(all, ownPreset{p.Name, l.T("preset." + p.Name), l.T("preset." + p.Name + ".means"), p.Visibility, p.Join, p.Posting, p.PlainMembers})
	}
	return all, nil
}

// decided is for what an owner decides about a whole group.
func (a *API) decided(do func(ctx context.Context, me, group *actors.Actor, reason string) error) func(context.Context, *call, removal) (ownGroup, error) {
	return func(ctx context.Context, c *call, in removal) (ownGroup, error) {
		group, me, _, err := c.mine(ctx)
		if err != nil {
			return ownGroup{}, err
		}
		if err := do(ctx, me, group, given(in.Reason)); err != nil {
			return ownGroup{}, err
		}
		return a.oneOwnGroup(ctx, c, group.ID)
	}
}

// archiving makes a group read only, or lets it live again.
func (a *API) archiving(on bool) func(context.Context, *call, removal) (ownGroup, error) {
	return a.decided(func(ctx context.Context, me, group *actors.Actor, reason string) error {
		return a.Outbox.Archive(ctx, me, group, on, reason)
	})
}

type organisationsQuery struct {
	After *string `json:"after" max:"300" about:"Only hosts after this one; see the Link header of an answer."`
	Limit *int64  `json:"limit" about:"How many at most: 40, or up to 80."`
}

type ownNode struct {
	Host   string  `json:"host" about:"The host name of the node."`
	Name   *string `json:"name" about:"What the organisation calls itself; null when it has not told."`
	Local  bool    `json:"local" about:"Whether it is this node."`
	People int64   `json:"people" about:"How many of its people are known here."`
	Groups int64   `json:"groups" about:"How many of its public groups are known here."`
	SeenAt *string `json:"seenAt" format:"date-time" about:"When the node last sent or asked something, to the hour; null: never."`
}

func (a *API) listOrganisations(ctx context.Context, c *call, in organisationsQuery) ([]ownNode, error) {
	most, err := c.limit(accountsPage)
	if err != nil {
		return nil, err
	}
	list, err := actors.Organisations(ctx, a.DB, given(in.After), most)
	if err != nil {
		return nil, err
	}
	all := make([]ownNode, 0, len(list))
	for _, o := range list {
		all = append(all, ownNode{o.Host, textOrNull(o.Title), o.Host == a.Dir.Host(), o.People, o.Groups, stampOrNull(o.Seen.Truncate(time.Hour))})
	}
	if len(all) == most {
		query := c.r.URL.Query()
		query.Set("after", all[most-1].Host)
		c.header.Set("Link", "<"+a.Dir.URL(escapedPath(c.r))+"?"+query.Encode()+`>; rel="next"`)
	}
	return all, nil
}
