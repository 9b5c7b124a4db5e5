// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
)

// List is what the members of a list wrote and, where the owner wants to see boosts of them, boosted. Of their answers to
// others those are there that the list's policy names; to themselves and to the owner always.
func (t *Timelines) List(ctx context.Context, l actors.List, p actors.Page) ([]*content.Item, error) {
	v, args := actors.Viewer{ID: l.Owner}, []any{l.ID, l.Owner}
	condition := listed[l.Replies]
	if t.DB.Postgres() {
		return t.wanted(ctx, v, "i.author IN (SELECT m.author FROM ("+listMembers+") m) AND "+condition, args, p)
	}
	// SQLite: found in the newest items of each member.
	wants, args := actors.Wants(v, "i", args)
	sees, args := actors.Sees(v, "i", args)
	each := "SELECT i.id FROM items i WHERE i.author = f.author AND " + condition + " AND " + sees + " AND " + wants + p.SQL("i.id", &args)
	return t.list(ctx, v, "i.id IN (SELECT x.id FROM ("+listMembers+") f CROSS JOIN items x WHERE x.id IN ("+each+"))", args, p)
}

// listMembers are those on the list $1 whom its owner $2 follows, and the owner.
const listMembers = `SELECT n.member AS author FROM list_members n WHERE n.list = $1
	AND (n.member = $2 OR EXISTS (SELECT 1 FROM relations f WHERE f.subject = $2 AND f.object = n.member AND f.state = 'active'))`

const (
	listBoosts = `(i.boost_of = 0 OR i.author = $2 OR EXISTS (SELECT 1 FROM relations b WHERE b.subject = $2 AND b.object = i.author AND b.boosts))
		AND (i.reply_author = 0 OR i.reply_author = i.author OR i.reply_author = $2`
	toFollowed = " OR EXISTS (SELECT 1 FROM relations b WHERE b.subject = $2 AND b.object = i.reply_author AND b.state = 'active')"
	toMembers  = " OR EXISTS (SELECT 1 FROM list_members b WHERE b.list = $1 AND b.member = i.reply_author)"
)

// listed is the condition on the items of the members, by the policy for replies.
var listed = map[string]string{
	actors.RepliesFollowed: listBoosts + toFollowed + ")",
	actors.RepliesList:     listBoosts + toMembers + ")",
	actors.RepliesNone:     listBoosts + ")",
}

// InList tells whether an item belongs in a list: the same question as List, for one item.
func (t *Timelines) InList(ctx context.Context, l actors.List, id content.ID) (bool, error) {
	items, err := t.List(ctx, l, actors.Page{Max: int64(id) + 1, Since: int64(id) - 1, Limit: 1})
	return len(items) == 1, err
}
