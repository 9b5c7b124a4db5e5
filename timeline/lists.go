// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
)

// List is what the members of a list wrote and, where the owner wants to see boosts of them, boosted. Of their answers to
// others those are there that the list's policy names; to themselves and to the owner always.
func (t *Timelines) List(ctx context.Context, l actors.List, p actors.Page) ([]*content.Item, error) {
	v, args, condition := actors.Viewer{ID: l.Owner}, []any{l.Owner, l.ID}, inOwnList("$1", "$2")
	const members = "SELECT m.member FROM list_members m WHERE m.list = $2"
	if t.DB.Postgres() {
		return t.wanted(ctx, v, "i.author IN ("+members+") AND "+condition, args, p)
	}
	return t.by(ctx, v, members, condition, args, p)
}

// inOwnList is the rule of a list, whose owner and number are SQL expressions.
func inOwnList(owner, list string) string {
	return strings.NewReplacer("$owner", owner, "$list", list).Replace(`EXISTS (SELECT 1 FROM lists l JOIN list_members n ON n.list = l.id
		WHERE l.id = $list AND l.owner = $owner AND n.member = i.author
		AND (i.author = $owner OR EXISTS (SELECT 1 FROM relations b WHERE b.subject = $owner AND b.object = i.author AND b.state = 'active' AND (b.boosts OR i.boost_of = 0)))
		AND (i.reply_author = 0 OR i.reply_author = i.author OR i.reply_author = $owner
			OR l.replies = 'followed' AND EXISTS (SELECT 1 FROM relations b WHERE b.subject = $owner AND b.object = i.reply_author AND b.state = 'active')
			OR l.replies = 'list' AND EXISTS (SELECT 1 FROM list_members b WHERE b.list = l.id AND b.member = i.reply_author)))`)
}
