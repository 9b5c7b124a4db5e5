// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Emoji is a picture of this node that stands for its name between colons in a text (FEP-9098).
type Emoji struct {
	Name, Category string
	Visible        bool // in the pickers of clients
	Path, Static   string
	MIME           string
	Created        time.Time
}

const (
	emojiSide   = 128       // pixels of the longest side
	maxEmoji    = 256 << 10 // bytes; others refuse more
	maxCategory = 50        // characters
)

var emojiPattern = regexp.MustCompile(`^[A-Za-z0-9_]{2,64}$`)

// AddEmoji receives the picture of an emoji, and keeps it under an owner's name, small: as PNG, or as GIF when it moves.
func (s *Store) AddEmoji(ctx context.Context, owner int64, e Emoji, r io.Reader) error {
	switch {
	case !emojiPattern.MatchString(e.Name):
		return fault.Say(fault.Invalid, "%q cannot be the name of an emoji: it has 2 to 64 letters, digits and underscores.", e.Name)
	case utf8.RuneCountInString(e.Category) > maxCategory || !utf8.ValidString(e.Category):
		return fault.Say(fault.Invalid, "The category is too long: it has at most %d characters.", maxCategory)
	}
	p, release, err := s.receive(ctx, e.Name, r)
	if err != nil {
		return err
	}
	defer release()
	small := shrink(p.Image, emojiSide, emojiSide*emojiSide)
	still, kind, err := encode(small, "image/png")
	if err != nil {
		return err
	}
	bytes := still
	if p.animated != nil {
		if b := p.Bounds(); max(b.Dx(), b.Dy()) > 2*emojiSide {
			return fault.Say(fault.Invalid, "The picture of an emoji that moves is at most %d pixels wide and high, and this one is %d × %d.", 2*emojiSide, b.Dx(), b.Dy())
		}
		bytes, kind = p.animated, p.mime
	}
	if len(bytes) > maxEmoji {
		return fault.Say(fault.Invalid, "The picture of an emoji is at most %d kB, and this one is %d kB: other servers would not show it.", maxEmoji>>10, len(bytes)>>10)
	}
	f := &File{ID: ID(s.d.NewID()), Owner: owner, Item: Symbol, Description: ":" + e.Name + ":"}
	if err := f.shows(small, bytes, kind); err != nil {
		return err
	}
	if err := s.keep(f.Path, bytes); err != nil {
		return err
	}
	f.Preview = f.Path
	if p.animated != nil {
		f.Preview = newName(f.ID, ".png")
		if err := s.keep(f.Preview, still); err != nil {
			return err
		}
	}
	err = s.d.Tx(ctx, func(tx *db.Tx) error {
		taken, err := db.One(ctx, tx, db.Scalar[int64], "SELECT COUNT(*) FROM emojis WHERE name = $1", e.Name)
		if err != nil {
			return err
		}
		if taken > 0 {
			return fault.Say(fault.Invalid, "There is an emoji :%s: already: remove it first.", e.Name)
		}
		if err := insertFile(ctx, tx, f, 0); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO emojis (name, file, category, visible, created) VALUES ($1, $2, $3, $4, $5)", e.Name, f.ID, e.Category, e.Visible, db.Millis(f.Created))
		return err
	})
	if err != nil {
		return fmt.Errorf("add emoji %s: %w", e.Name, err)
	}
	return nil
}

// RemoveEmoji takes an emoji away. Its picture stays, for what was written with it.
func RemoveEmoji(ctx context.Context, tx *db.Tx, name string) error {
	res, err := tx.Exec(ctx, "DELETE FROM emojis WHERE name = $1", name)
	if err != nil {
		return fmt.Errorf("remove emoji %s: %w", name, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return fault.Say(fault.NotFound, "There is no emoji :%s: on this node.", name)
	}
	return nil
}

// Emojis returns the emojis of this node by name: those with these names, or all of them when there are none.
func Emojis(ctx context.Context, q db.Q, names ...string) ([]Emoji, error) {
	where, args := "", []any(nil)
	if len(names) > 0 {
		var marks string
		marks, args = db.In(nil, names)
		where = " WHERE e.name IN (" + marks + ")"
	}
	all, err := db.All(ctx, q, func(r db.Scanner) (e Emoji, err error) {
		var created int64
		err = r.Scan(&e.Name, &e.Category, &e.Visible, &e.Path, &e.Static, &e.MIME, &created)
		e.Created = db.FromMillis(created)
		return e, err
	}, "SELECT e.name, e.category, e.visible, f.path, f.preview, f.mime, e.created FROM emojis e JOIN files f ON f.id = e.file"+where+" ORDER BY e.name", args...)
	if err != nil {
		return nil, fmt.Errorf("load emojis: %w", err)
	}
	return all, nil
}

// EmojiURLs are where readers get the picture of an emoji, and one that does not move.
func (s *Store) EmojiURLs(e Emoji) (address, static string) {
	return s.local(e.Path), s.local(e.Static)
}
