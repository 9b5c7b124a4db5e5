// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import "fmt"

// Audience is who may see an item.
type Audience int

// The audiences. Members is the group that the item was posted in.
const (
	Public    Audience = iota // everybody, in every list
	Unlisted                  // everybody who has the address
	Followers                 // followers of the author, and who is mentioned
	Direct                    // who is addressed
	Members                   // members of the group
)

// Viewer is who is asking: one of our people, an actor of another node, or (the zero value) anybody.
type Viewer struct {
	ID   ID     // who, when known here
	Host string // the node that asks, for requests signed elsewhere; "" for our own people and for anybody
}

// Anybody is a viewer of whom nothing is known.
var Anybody = Viewer{}

// Local tells whether one of our own people asks.
func (v Viewer) Local() bool { return v.ID != 0 && v.Host == "" }

// Sees is the one gate: the SQL condition under which the viewer may see the item of the given alias.
// It continues the given arguments. What it refuses does not exist for this viewer.
//
// A node that asks (design rule 4) sees what at least one of its people may see: it delivers for them.
func Sees(v Viewer, alias string, args []any) (string, []any) {
	public := fmt.Sprintf("%s.audience <= %d", alias, Unlisted)
	shown := alias + ".hidden < 2 AND "
	n := len(args) + 1
	switch {
	case v.Local():
		return SeesAs(fmt.Sprintf("$%d", n), alias), append(args, v.ID)
	case v.Host != "":
		return shown + fmt.Sprintf(`(%[3]s
			OR (%[1]s.audience = %[4]d AND EXISTS (SELECT 1 FROM reach g WHERE g.object = %[1]s.author AND g.host = $%[2]d))
			OR (%[1]s.audience = %[6]d AND EXISTS (SELECT 1 FROM reach g WHERE g.object = %[1]s.grp AND g.host = $%[2]d))
			OR (%[1]s.audience IN (%[4]d, %[5]d) AND EXISTS (SELECT 1 FROM recipients g JOIN actors ga ON ga.id = g.actor WHERE g.item = %[1]s.id AND ga.host = $%[2]d)))`,
			alias, n, public, Followers, Direct, Members), append(args, v.Host)
	}
	return shown + public, args
}

// SeesAs is Sees for one of our own people whose number is an SQL expression, so that one query can ask it for many of them.
func SeesAs(viewer, alias string) string {
	return fmt.Sprintf(`%[1]s.hidden < 2 AND ((%[1]s.audience <= %[3]d OR %[1]s.author = %[2]s
		OR (%[1]s.audience = %[4]d AND EXISTS (SELECT 1 FROM relations g WHERE g.subject = %[2]s AND g.object = %[1]s.author AND g.state = 'active'))
		OR (%[1]s.audience = %[6]d AND EXISTS (SELECT 1 FROM relations g WHERE g.subject = %[2]s AND g.object = %[1]s.grp AND g.state = 'active'))
		OR (%[1]s.audience IN (%[4]d, %[5]d) AND EXISTS (SELECT 1 FROM recipients g WHERE g.item = %[1]s.id AND g.actor = %[2]s)))
		AND (NOT EXISTS (SELECT 1 FROM blocks g WHERE g.object = %[2]s) OR NOT EXISTS (SELECT 1 FROM blocks g WHERE g.subject = %[1]s.author AND g.object = %[2]s)))`,
		alias, viewer, Unlisted, Followers, Direct, Members)
}
