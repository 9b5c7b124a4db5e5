// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/media"
)

// Version is what an item said before an edit.
type Version struct {
	Title, Content, Summary string
	Sensitive               bool
	Poll                    *Poll
	Files                   []media.File
	Emojis                  []actors.Emoji
	Written                 time.Time
}

// keepVersion keeps what an item says before it is edited, with its files as they are.
func (l *Library) keepVersion(ctx context.Context, tx *db.Tx, before *Item, files []media.File) error {
	text, err := json.Marshal(append([]media.File{}, files...))
	if err != nil {
		return err
	}
	written := before.Edited
	if written.IsZero() {
		written = before.Published
	}
	_, err = tx.Exec(ctx, `INSERT INTO versions (id, item, title, content, source, summary, sensitive, poll, files, emojis, written) VALUES
		($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, l.DB.NewID(), before.ID, before.Title, before.Content, before.Source, before.Summary, before.Sensitive,
		pollText(before.Poll), string(text), emojiText(before.Emojis), db.Millis(written))
	return err
}

// changed tells whether an edit by somebody else says something new.
func changed(before *Item, files []media.File, m *Made) bool {
	i := m.Item
	return before.Content != i.Content || before.Summary != i.Summary || before.Title != i.Title || before.Sensitive != i.Sensitive || !before.Poll.Same(i.Poll) ||
		!slices.EqualFunc(files, m.Remote, func(a, b media.File) bool { return a.Remote == b.Remote && a.Description == b.Description })
}

// Versions returns what an item said before, the first version first. Whoever may see the item may see them.
func Versions(ctx context.Context, q db.Q, i *Item) ([]Version, error) {
	list, err := db.All(ctx, q, func(r db.Scanner) (v Version, err error) {
		var poll, files, emojis string
		var written int64
		if err := r.Scan(&v.Title, &v.Content, &v.Summary, &v.Sensitive, &poll, &files, &emojis, &written); err != nil {
			return v, err
		}
		v.Written = db.FromMillis(written)
		if poll != "" {
			if err := json.Unmarshal([]byte(poll), &v.Poll); err != nil {
				return v, fmt.Errorf("read its poll: %w", err)
			}
		}
		if err := json.Unmarshal([]byte(emojis), &v.Emojis); err != nil {
			return v, fmt.Errorf("read its emojis: %w", err)
		}
		err = json.Unmarshal([]byte(files), &v.Files)
		for n := range v.Files {
			v.Files[n].Private = i.Audience > actors.Unlisted
		}
		return v, err
	}, "SELECT title, content, summary, sensitive, poll, files, emojis, written FROM versions WHERE item = $1 ORDER BY id", i.ID)
	if err != nil {
		return nil, fmt.Errorf("versions of item %d: %w", i.ID, err)
	}
	return list, nil
}
