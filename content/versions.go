// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/media"
)

// Version is what an item said before an edit.
type Version struct {
	Title, Content, Summary string
	Sensitive               bool
	Poll                    *Poll
	Files                   []media.ID
	Written                 time.Time
}

// Versions returns what an item said before, the first version first. Whoever may see the item may see them.
func Versions(ctx context.Context, q db.Q, id ID) ([]Version, error) {
	list, err := db.All(ctx, q, func(r db.Scanner) (v Version, err error) {
		var poll, files string
		var written int64
		if err := r.Scan(&v.Title, &v.Content, &v.Summary, &v.Sensitive, &poll, &files, &written); err != nil {
			return v, err
		}
		v.Written = db.FromMillis(written)
		if poll != "" {
			if err := json.Unmarshal([]byte(poll), &v.Poll); err != nil {
				return v, fmt.Errorf("read its poll: %w", err)
			}
		}
		return v, json.Unmarshal([]byte(files), &v.Files)
	}, "SELECT title, content, summary, sensitive, poll, files, written FROM versions WHERE item = $1 ORDER BY id", id)
	if err != nil {
		return nil, fmt.Errorf("versions of item %d: %w", id, err)
	}
	return list, nil
}
