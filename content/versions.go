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
	Source                  string // what was typed
	Sensitive               bool
	Poll                    *Poll
	Files                   []media.File
	Emojis                  []actors.Emoji
	Written                 time.Time
}

// keepVersion keeps what an item says before it is edited, with its files as they are.
func (l *Library) keepVersion(ctx context.Context, tx *db.Tx, before *Item, files []media.File) error {
	written := before.Edited
	if written.IsZero() {
		written = before.Published
	}
	return l.addVersion(ctx, tx, before.ID, Version{Title: before.Title, Content: before.Content, Source: before.Source, Summary: before.Summary, Sensitive: before.Sensitive,
		Poll: before.Poll, Files: files, Emojis: before.Emojis, Written: written})
}

// changed tells whether an edit by somebody else says something new.
func changed(before *Item, files []media.File, m *Made) bool {
	i := m.Item
	return before.Content != i.Content || before.Summary != i.Summary || before.Title != i.Title || before.Sensitive != i.Sensitive || !before.Poll.Same(i.Poll) ||
		!slices.EqualFunc(files, m.Remote, func(a, b media.File) bool { return a.Remote == b.Remote && a.Description == b.Description })
}

// Versions returns what an item said before, the first version first. Whoever may see the item may see them.
func Versions(ctx context.Context, q db.Q, i *Item) ([]Version, error) {
	list, err := db.All(ctx, q, func(r db.Scanner) (Version, error) {
		v, err := scanVersion(r)
		v.show(i.Audience)
		return v, err
	}, "SELECT "+versionColumns+" FROM versions WHERE item = $1 ORDER BY id", i.ID)
	if err != nil {
		return nil, fmt.Errorf("versions of item %d: %w", i.ID, err)
	}
	return list, nil
}

// show marks for whom the files of a version are: for those that its item is for.
func (v Version) show(audience actors.Audience) {
	for n := range v.Files {
		v.Files[n].Private = audience > actors.Unlisted
	}
}

const versionColumns = "title, content, source, summary, sensitive, poll, files, emojis, written"

func scanVersion(r db.Scanner) (v Version, err error) {
	var poll, files, emojis string
	var written int64
	if err := r.Scan(&v.Title, &v.Content, &v.Source, &v.Summary, &v.Sensitive, &poll, &files, &emojis, &written); err != nil {
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
	return v, json.Unmarshal([]byte(files), &v.Files)
}

// addVersion keeps a version of an item.
func (l *Library) addVersion(ctx context.Context, tx *db.Tx, item ID, v Version) error {
	files, err := json.Marshal(append([]media.File{}, v.Files...))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO versions (id, item, title, content, source, summary, sensitive, poll, files, emojis, written) VALUES
		($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, l.DB.NewID(), item, v.Title, v.Content, v.Source, v.Summary, v.Sensitive,
		pollText(v.Poll), string(files), emojiText(v.Emojis), db.Millis(v.Written))
	return err
}
