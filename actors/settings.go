// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/locale"
)

// What a group says about itself (docs/decisions/0015-groups.md): who may know of it, how one becomes a member, and who
// begins conversations.
const (
	VisibilityPublic = "public" // everybody reads it: open
	VisibilityListed = "listed" // everybody may know of it, members read it: closed
	VisibilityHidden = "hidden" // it exists for its members and those invited only: secret

	JoinOpen      = "open"
	JoinRequest   = "request"   // owners and moderators answer each wish to join
	JoinInvite    = "invite"    // who was invited joins, and nobody else
	JoinAutomatic = "automatic" // people of named organisations join at once, others ask

	PostingMembers = "members"
	PostingMods    = "moderators"
)

// Preset is a named choice of settings, so that nobody has to understand four of them before making a group. What it means is
// said in words for people by the texts preset.NAME and preset.NAME.means of package locale.
type Preset struct {
	Name                      string
	Visibility, Join, Posting string
	PlainMembers              bool // people on servers without groups-1 may be members
}

// Presets are all there are; the first of a visibility is what a group of that visibility begins as.
var Presets = []Preset{
	{"open-community", VisibilityPublic, JoinOpen, PostingMembers, true},
	{"announcements", VisibilityPublic, JoinOpen, PostingMods, true},
	{"closed-team", VisibilityListed, JoinRequest, PostingMembers, false},
	{"dossier", VisibilityHidden, JoinInvite, PostingMembers, false},
}

// presetFor is the preset of that name; without a name the one to begin with.
func presetFor(name, visibility string) (Preset, error) {
	var names []string
	for _, p := range Presets {
		if p.Name == name || name == "" && (visibility == "" || p.Visibility == visibility) {
			return p, nil
		}
		names = append(names, p.Name)
	}
	if name == "" {
		return Presets[0], nil // the visibility is none: settle says so
	}
	return Preset{}, fault.Say(fault.Invalid, "The presets of groups are %s; %q is none of them.", strings.Join(names, ", "), name)
}

// Preset is the name of the preset whose settings the group has; "" when it has others.
func (a *Actor) Preset() string {
	for _, p := range Presets {
		if a.IsGroup() && (Preset{p.Name, a.Visibility, a.JoinPolicy, a.Posting, a.PlainMembers}) == p {
			return p.Name
		}
	}
	return ""
}

// NewGroup is what a group begins as. What is empty is as the preset has it: the one that is named, or the first of the visibility.
type NewGroup struct {
	Name, Title, Summary      string
	Preset                    string
	Visibility, Join, Posting string
	PlainMembers              *bool
	More                      GroupChange // after all others
}

// Settings are what the owners of a group chose and no query asks for: they are kept as JSON. Of a group elsewhere those are
// known that the nodes of its members act by: Introduction, GuestsStart, Archived and Deletes.
type Settings struct {
	Introduction bool              `json:"introduction,omitempty"` // who asks to join says a few words
	GuestsStart  bool              `json:"guestsStart,omitempty"`  // guests may start conversations
	Automatic    []string          `json:"automatic,omitempty"`    // hosts whose people join at once where joining is automatic
	Allowed      []string          `json:"allowed,omitempty"`      // hosts whose people may be members, besides those of the home; none: all
	Welcome      map[string]string `json:"welcome,omitempty"`      // plain text for new members, by language
	SinceJoining bool              `json:"sinceJoining,omitempty"` // the log shows a new node no posts from before its first member
	Archived     time.Time         `json:"archived,omitzero"`      // it is only read, since
	Deletes      time.Time         `json:"deletes,omitzero"`       // when it will be deleted
}

const (
	maxHosts   = 1000 // twice as many as there are organisations
	maxWelcome = 5000 // characters
)

// GroupChange is what changes of a group; what is nil stays as it is.
type GroupChange struct {
	Preset                                                *string // before all others
	Title, Summary                                        *string // plain text
	Visibility, Join, Posting                             *string
	PlainMembers, Introduction, GuestsStart, SinceJoining *bool
	Automatic, Allowed                                    *[]string
	Welcome                                               map[string]string // by language; "" takes the text away
}

// Apply makes the change, on the group in memory.
func (c GroupChange) Apply(a *Actor) error {
	if c.Preset != nil {
		p, err := presetFor(*c.Preset, a.Visibility)
		if err != nil {
			return err
		}
		a.Visibility, a.JoinPolicy, a.Posting, a.PlainMembers = p.Visibility, p.Join, p.Posting, p.PlainMembers
	}
	if c.Title != nil {
		if a.Title = CleanText(*c.Title, 100); a.Title == "" {
			return fault.Say(fault.Invalid, "The group needs a title.")
		}
	}
	if c.Summary != nil {
		a.Source, a.Summary = *c.Summary, PlainHTML(*c.Summary)
	}
	if c.Visibility != nil && *c.Visibility == VisibilityHidden && a.Visibility != VisibilityHidden {
		a.JoinPolicy, a.PlainMembers = JoinInvite, false // nothing else goes with it
	}
	give(&a.Visibility, c.Visibility)
	give(&a.JoinPolicy, c.Join)
	give(&a.Posting, c.Posting)
	give(&a.PlainMembers, c.PlainMembers)
	give(&a.Settings.Introduction, c.Introduction)
	give(&a.Settings.GuestsStart, c.GuestsStart)
	give(&a.Settings.SinceJoining, c.SinceJoining)
	for _, l := range []struct {
		of   *[]string
		into *[]string
	}{{c.Automatic, &a.Settings.Automatic}, {c.Allowed, &a.Settings.Allowed}} {
		if l.of == nil {
			continue
		}
		hosts, err := hostsOf(*l.of)
		if err != nil {
			return err
		}
		*l.into = hosts
	}
	return c.applyWelcome(a)
}

func (c GroupChange) applyWelcome(a *Actor) error {
	if len(c.Welcome) == 0 {
		return nil
	}
	welcome := map[string]string{} // another one: the map of before is that of a copy, too
	for _, code := range locale.Codes {
		text, given := c.Welcome[code]
		if !given {
			text = a.Settings.Welcome[code]
		}
		if text = strings.TrimSpace(text); text != "" {
			welcome[code] = text
		}
		if n := utf8.RuneCountInString(text); n > maxWelcome {
			return fault.Say(fault.Invalid, "The welcome is %d characters long, and %d is the limit: shorten it.", n, maxWelcome)
		}
	}
	if a.Settings.Welcome = welcome; len(welcome) == 0 {
		a.Settings.Welcome = nil
	}
	return nil
}

func give[T any](into *T, value *T) {
	if value != nil {
		*into = *value
	}
}

// hostsOf are names of nodes as this node writes them, each once.
func hostsOf(names []string) ([]string, error) {
	var hosts []string
	for _, name := range names {
		if strings.TrimSpace(name) == "" {
			continue
		}
		host := Domain(name)
		if host == "" {
			return nil, fault.Say(fault.Invalid, "%q is not the name of a node: write it as in samen.gouda.example.", CleanText(name, 100))
		}
		hosts = append(hosts, host)
	}
	slices.Sort(hosts)
	if hosts = slices.Compact(hosts); len(hosts) > maxHosts {
		return nil, fault.Say(fault.Invalid, "A group names at most %d organisations.", maxHosts)
	}
	return hosts, nil
}

// settle checks the settings of a group of ours, and sets what follows from them.
func (a *Actor) settle() error {
	for _, c := range []struct {
		what, value string
		known       []string
	}{
		{"visibility", a.Visibility, []string{VisibilityPublic, VisibilityListed, VisibilityHidden}},
		{"way to join", a.JoinPolicy, []string{JoinOpen, JoinRequest, JoinInvite, JoinAutomatic}},
		{"posting", a.Posting, []string{PostingMembers, PostingMods}},
	} {
		if !slices.Contains(c.known, c.value) {
			return fault.Say(fault.Invalid, "The %s of a group is %s, not %q.", c.what, strings.Join(c.known, ", "), c.value)
		}
	}
	switch {
	case a.Visibility == VisibilityHidden && a.JoinPolicy != JoinInvite:
		return fault.Say(fault.Invalid, "Nobody can ask to join a group that must not be known: people join a hidden group by invitation.")
	case a.Visibility == VisibilityHidden && a.PlainMembers:
		return fault.Say(fault.Invalid, "People of servers that do not keep its secrets cannot be members of a hidden group.")
	case a.JoinPolicy == JoinAutomatic && len(a.Settings.Automatic) == 0:
		return fault.Say(fault.Invalid, "Name the organisations whose people join at once; people of others ask.")
	}
	a.Discoverable, a.Locked = a.Discoverable && a.Visibility != VisibilityHidden, a.JoinPolicy != JoinOpen
	return nil
}

// Ended tells why nothing new comes into a group: it is archived, or will be deleted. Nil: it lives.
func (a *Actor) Ended() error {
	switch {
	case !a.Settings.Deletes.IsZero():
		return fault.Say(fault.Forbidden, "%s will be deleted on %s: until then it can only be read.", a.Handle(), a.Settings.Deletes.UTC().Format("2 January 2006"))
	case !a.Settings.Archived.IsZero():
		return fault.Say(fault.Forbidden, "%s is archived: it can only be read.", a.Handle())
	}
	return nil
}

// Takes tells whether a group takes a post of somebody with a role there: an answer, or what starts a conversation. Its home and
// the nodes of its members decide by the same words, so that nobody writes in vain.
func (a *Actor) Takes(role Role, answer bool) error {
	if err := a.Ended(); err != nil || answer || role.Staff() {
		return err
	}
	switch {
	case a.Posting == PostingMods:
		return fault.Say(fault.Forbidden, "In %s only moderators start conversations; you can reply to them.", a.Handle())
	case role == RoleGuest && !a.Settings.GuestsStart:
		return fault.Say(fault.Forbidden, "In %s guests do not start conversations; you can reply to them.", a.Handle())
	}
	return nil
}

// admits tells whether somebody can be a member of a group of ours at all, whoever lets them in.
func (a *Actor) admits(who *Actor) error {
	if !a.IsGroup() || !a.Local {
		return nil
	}
	if err := a.Ended(); err != nil {
		return err
	}
	switch {
	case who.Local:
		return nil
	case !a.PlainMembers && !who.Groups1:
		return fault.Say(fault.Forbidden, "%s cannot be a member of %s: its server does not keep what is said in closed groups.", who.Handle(), a.Handle())
	case len(a.Settings.Allowed) > 0 && !slices.Contains(a.Settings.Allowed, who.Host):
		return fault.Say(fault.Forbidden, "%s is for people of named organisations only, and %s is not one of them.", a.Handle(), who.Host)
	}
	return nil
}

// admitsAtOnce tells whether who asks is in without anybody's consent.
func (a *Actor) admitsAtOnce(who *Actor) bool {
	if !a.IsGroup() {
		return !a.Locked
	}
	return a.JoinPolicy == JoinOpen || a.JoinPolicy == JoinAutomatic && slices.Contains(a.Settings.Automatic, who.Host)
}

// hears refuses a wish to join without a word, where a group wants some.
func (a *Actor) hears(request Request) error {
	if a.IsGroup() && a.Settings.Introduction && CleanText(request.Message, 500) == "" {
		return fault.Say(fault.Forbidden, "%s asks for an introduction: say in a few words who you are and why you want to join.", a.Handle())
	}
	return nil
}
