// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Bounds on what one person keeps.
const (
	MostFeatured = 10 // as in Mastodon; clients read it from the instance document
	mostFollowed = 1000
)

// TagMarks is what somebody does with a hashtag.
type TagMarks struct{ Following, Featuring bool }

// TagMarks tells what one of ours does with hashtags.
func (t *Timelines) TagMarks(ctx context.Context, who actors.ID, names []string) (map[string]TagMarks, error) {
	marks := map[string]TagMarks{}
	if who == 0 || len(names) == 0 {
		return marks, nil
	}
	list, args := db.In([]any{who}, names)
	_, err := db.All(ctx, t.DB, func(r db.Scanner) (x struct{}, err error) {
		var name string
		var featuring bool
		err = r.Scan(&name, &featuring)
		m := marks[name]
		m.Featuring, m.Following = m.Featuring || featuring, m.Following || !featuring
		marks[name] = m
		return x, err
	}, "SELECT name, FALSE FROM followed_tags WHERE actor = $1 AND name IN ("+list+") UNION ALL SELECT name, TRUE FROM featured_tags WHERE actor = $1 AND name IN ("+list+")", args...)
	if err != nil {
		return nil, fmt.Errorf("marks of hashtags: %w", err)
	}
	return marks, nil
}

// tagName is a hashtag as it is kept: without #, in small letters.
func tagName(text string) (string, error) {
	name, ok := content.TagName(text)
	if !ok {
		return "", fault.Say(fault.Invalid, "Validation failed: %q is not a hashtag: it has letters, digits and underscores, and not only digits.", text)
	}
	return name, nil
}

// FollowTag puts a hashtag into somebody's home.
func (t *Timelines) FollowTag(ctx context.Context, who actors.ID, text string) (string, error) {
	return t.keepTag(ctx, "followed_tags", who, text, mostFollowed)
}

// FeatureTag puts a hashtag on somebody's profile.
func (t *Timelines) FeatureTag(ctx context.Context, who actors.ID, text string) (string, error) {
	return t.keepTag(ctx, "featured_tags", who, text, MostFeatured)
}

func (t *Timelines) keepTag(ctx context.Context, table string, who actors.ID, text string, most int) (string, error) {
	name, err := tagName(text)
	if err != nil {
		return "", err
	}
	return name, t.DB.Tx(ctx, func(tx *db.Tx) error {
		kept, err := db.All(ctx, tx, db.Scalar[string], "SELECT name FROM "+table+" WHERE actor = $1", who)
		if err != nil {
			return fmt.Errorf("hashtags of %d: %w", who, err)
		}
		for _, k := range kept {
			if k == name {
				return nil
			}
		}
		if len(kept) >= most {
			return fault.Say(fault.Invalid, "Validation failed: you have %d hashtags there, and that is the limit: take one away first.", most)
		}
		_, err = tx.Exec(ctx, "INSERT INTO "+table+" (id, actor, name) VALUES ($1, $2, $3)", t.DB.NewID(), who, name)
		return err
	})
}

// UnfollowTag takes a hashtag out of somebody's home, and UnfeatureTag off the profile. What is not there is gone already.
func (t *Timelines) UnfollowTag(ctx context.Context, who actors.ID, name string) error {
	_, err := t.DB.Exec(ctx, "DELETE FROM followed_tags WHERE actor = $1 AND name = $2", who, name)
	return err
}

// UnfeatureTag: see UnfollowTag.
func (t *Timelines) UnfeatureTag(ctx context.Context, who actors.ID, name string) error {
	_, err := t.DB.Exec(ctx, "DELETE FROM featured_tags WHERE actor = $1 AND name = $2", who, name)
	return err
}

// FollowedTags are the hashtags in somebody's home, the one followed last first; the cursors number them.
func (t *Timelines) FollowedTags(ctx context.Context, who actors.ID, p actors.Page) (names []string, cursors []int64, err error) {
	args := []any{who}
	_, err = db.All(ctx, t.DB, func(r db.Scanner) (x struct{}, err error) {
		var id int64
		var name string
		err = r.Scan(&id, &name)
		names, cursors = append(names, name), append(cursors, id)
		return x, err
	}, "SELECT id, name FROM followed_tags WHERE actor = $1"+p.SQL("id", &args), args...)
	if err != nil {
		return nil, nil, fmt.Errorf("followed hashtags: %w", err)
	}
	p.Arrange(len(names), func(a, b int) {
		names[a], names[b], cursors[a], cursors[b] = names[b], names[a], cursors[b], cursors[a]
	})
	return names, cursors, nil
}

// FeaturedTag is a hashtag on a profile, and how its owner used it in what everybody may read.
type FeaturedTag struct {
	ID    int64
	Name  string
	Count int
	Last  time.Time // zero: never
}

// FeaturedTags are the hashtags on an actor's profile, in the order in which they were put there.
func (t *Timelines) FeaturedTags(ctx context.Context, who actors.ID) ([]FeaturedTag, error) {
	all, err := db.All(ctx, t.DB, func(r db.Scanner) (f FeaturedTag, err error) {
		var last int64
		err = r.Scan(&f.ID, &f.Name, &f.Count, &last)
		f.Last = db.FromMillis(last)
		return f, err
	}, `SELECT f.id, f.name, COUNT(i.id), COALESCE(MAX(i.published), 0) FROM featured_tags f LEFT JOIN tags g ON g.name = f.name
		LEFT JOIN items i ON i.id = g.item AND i.author = f.actor AND i.audience <= 1 AND i.hidden < 2 WHERE f.actor = $1 GROUP BY f.id, f.name ORDER BY f.id`, who)
	if err != nil {
		return nil, fmt.Errorf("featured hashtags: %w", err)
	}
	return all, nil
}

// RemoveFeatured takes the numbered hashtag off somebody's profile.
func (t *Timelines) RemoveFeatured(ctx context.Context, who actors.ID, id int64) error {
	res, err := t.DB.Exec(ctx, "DELETE FROM featured_tags WHERE actor = $1 AND id = $2", who, id)
	if err != nil {
		return fmt.Errorf("take a hashtag off a profile: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return fault.Say(fault.NotFound, "Record not found")
	}
	return nil
}

// OftenUsedTags are the hashtags that somebody used most in what everybody may read, without those on the profile already.
func (t *Timelines) OftenUsedTags(ctx context.Context, who actors.ID, most int) ([]string, error) {
	names, err := db.All(ctx, t.DB, db.Scalar[string], `SELECT g.name FROM items i JOIN tags g ON g.item = i.id WHERE i.author = $1 AND i.audience <= 1
		AND NOT EXISTS (SELECT 1 FROM featured_tags f WHERE f.actor = $1 AND f.name = g.name) GROUP BY g.name ORDER BY COUNT(*) DESC, g.name LIMIT $2`, who, most)
	if err != nil {
		return nil, fmt.Errorf("often used hashtags: %w", err)
	}
	return names, nil
}
