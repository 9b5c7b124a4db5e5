// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"fmt"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
)

// List is what the members of a list wrote and, where the owner wants to see boosts of them, boosted. Of their answers to
// others those are there that the list's policy names; to themselves and to the owner always.
func (t *Timelines) List(ctx context.Context, l actors.List, p actors.Page) ([]*content.Item, error) {
	v, args, condition := actors.Viewer{ID: l.Owner}, []any{l.Owner, l.ID}, inOwnList("$1", "$2")
	const byMember = "i.author IN (SELECT m.member FROM list_members m WHERE m.list = $2) AND "
	if t.DB.Postgres() {
		return t.wanted(ctx, v, byMember+condition, args, p)
	}
	// SQLite: found in the newest items of each member; of a long list in the newest of all, where its members are soon met.
	// The + keeps it from the index of authors.
	members, err := db.One(ctx, t.DB, db.Scalar[int], "SELECT COUNT(*) FROM list_members WHERE list = $1", l.ID)
	if err != nil {
		return nil, fmt.Errorf("members of list %d: %w", l.ID, err)
	}
	if members > longList {
		return t.wanted(ctx, v, "+"+byMember+condition, args, p)
	}
	wants, args := actors.Wants(v, "i", args)
	sees, args := actors.Sees(v, "i", args)
	each := "SELECT i.id FROM items i WHERE i.author = f.member AND " + condition + " AND " + sees + " AND " + wants + p.SQL("i.id", &args)
	return t.list(ctx, v, "i.id IN (SELECT x.id FROM list_members f CROSS JOIN items x WHERE f.list = $2 AND x.id IN ("+each+"))", args, p)
}

const longList = 50 // members

// inOwnList is the rule of a list, whose owner and number are SQL expressions.
func inOwnList(owner, list string) string {
	return strings.NewReplacer("$owner", owner, "$list", list).Replace(`EXISTS (SELECT 1 FROM lists l JOIN list_members n ON n.list = l.id
		WHERE l.id = $list AND l.owner = $owner AND n.member = i.author
		AND (i.author = $owner OR EXISTS (SELECT 1 FROM relations b WHERE b.subject = $owner AND b.object = i.author AND b.state = 'active' AND (b.boosts OR i.boost_of = 0)))
		AND (i.reply_author = 0 OR i.reply_author = i.author OR i.reply_author = $owner
			OR l.replies = 'followed' AND EXISTS (SELECT 1 FROM relations b WHERE b.subject = $owner AND b.object = i.reply_author AND b.state = 'active')
			OR l.replies = 'list' AND EXISTS (SELECT 1 FROM list_members b WHERE b.list = l.id AND b.member = i.reply_author)))`)
}
