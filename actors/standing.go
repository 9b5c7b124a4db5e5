// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/db"
)

// Standing is everything between two actors, as clients ask for it.
type Standing struct {
	Outgoing, Incoming  *Relation // State None when there is nothing
	Blocking, BlockedBy bool
	Asks                bool // to follow one, or to join a group that one decides about; or is a group that invites one
	Muting              bool
	MutingNotifications bool
	MutedUntil          time.Time // zero: for good
	DomainBlocking      bool
	Endorsed            bool
	Note                string
}

// Standings returns how one of ours stands to each of the others, in three queries.
func Standings(ctx context.Context, q db.Q, me ID, others []ID) (map[ID]*Standing, error) {
	all := make(map[ID]*Standing, len(others))
	for _, id := range others {
		all[id] = &Standing{Outgoing: &Relation{}, Incoming: &Relation{}}
	}
	if len(others) == 0 {
		return all, nil
	}
	list, args := db.In([]any{me}, others)
	relations, err := db.All(ctx, q, scanRelation, "SELECT "+relationColumns+" FROM relations r WHERE (r.subject = $1 AND r.object IN ("+list+`))
		OR (r.object = $1 AND r.subject IN (`+list+"))", args...)
	if err != nil {
		return nil, fmt.Errorf("load relations: %w", err)
	}
	for _, r := range relations {
		if r.Subject == me && all[r.Object] != nil {
			all[r.Object].Outgoing = r
		} else if all[r.Subject] != nil {
			all[r.Subject].Incoming = r
		}
	}
	type pair struct{ by, who ID }
	blocks, err := db.All(ctx, q, func(r db.Scanner) (p pair, err error) { return p, r.Scan(&p.by, &p.who) },
		"SELECT subject, object FROM blocks WHERE (subject = $1 AND object IN ("+list+")) OR (object = $1 AND subject IN ("+list+"))", args...)
	if err != nil {
		return nil, fmt.Errorf("load blocks: %w", err)
	}
	for _, b := range blocks {
		if b.by == me && all[b.who] != nil {
			all[b.who].Blocking = true
		} else if all[b.by] != nil {
			all[b.by].BlockedBy = true
		}
	}
	return all, keptAbout(ctx, q, me, others, all)
}

// keptAbout adds to standings what one of ours keeps about the others, in one query.
func keptAbout(ctx context.Context, q db.Q, me ID, others []ID, all map[ID]*Standing) error {
	list, args := db.In([]any{me, db.Millis(time.Now())}, others)
	type row struct {
		what, text string
		who        ID
		flag       int
		until      int64
	}
	rows, err := db.All(ctx, q, func(r db.Scanner) (x row, err error) { return x, r.Scan(&x.what, &x.who, &x.flag, &x.until, &x.text) },
		`SELECT 'mute' AS what, object, CASE WHEN notifications THEN 1 ELSE 0 END AS flag, until, '' AS text FROM mutes
			WHERE subject = $1 AND object IN (`+list+`) AND (until = 0 OR until > $2)
		UNION ALL SELECT 'endorsed', object, 0, 0, '' FROM endorsements WHERE subject = $1 AND object IN (`+list+`)
		UNION ALL SELECT 'note', object, 0, 0, text FROM notes WHERE subject = $1 AND object IN (`+list+`)
		UNION ALL SELECT 'domain', a.id, 0, 0, '' FROM blocked_domains d CROSS JOIN actors a WHERE d.subject = $1 AND a.id IN (`+list+`) AND d.domain IN (a.domain, a.host)
		UNION ALL SELECT 'asks', r.subject, 0, 0, '' FROM relations r WHERE r.subject IN (`+list+`) AND r.state = 'requested' AND `+Decides("$1")+`
		UNION ALL SELECT 'asks', r.object, 0, 0, '' FROM relations r WHERE r.object IN (`+list+`) AND `+invitesOf, args...)
	if err != nil {
		return fmt.Errorf("load what actor %d keeps about others: %w", me, err)
	}
	for _, r := range rows {
		s := all[r.who]
		switch r.what {
		case "mute":
			s.Muting, s.MutingNotifications, s.MutedUntil = true, r.flag == 1, db.FromMillis(r.until)
		case "endorsed":
			s.Endorsed = true
		case "note":
			s.Note = r.text
		case "domain":
			s.DomainBlocking = true
		case "asks":
			s.Asks = true
		}
	}
	return nil
}
