// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"context"
	"fmt"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

// Replace gives an edited item of one of ours these files: those that it had and lacks now are loose again, and swept.
func Replace(ctx context.Context, tx *db.Tx, item int64, owner actors.ID, ids []ID) error {
	if _, err := tx.Exec(ctx, "UPDATE files SET item = 0, position = 0 WHERE item = $1 AND owner = $2", item, owner); err != nil {
		return fmt.Errorf("replace files of item %d: %w", item, err)
	}
	if len(ids) == 0 {
		return nil
	}
	return Attach(ctx, tx, item, owner, ids)
}

// ReplaceRemote gives an edited item of somebody else the attachments that it has now.
func ReplaceRemote(ctx context.Context, tx *db.Tx, item int64, owner actors.ID, files []File) error {
	if _, err := tx.Exec(ctx, "DELETE FROM files WHERE item = $1 AND path = ''", item); err != nil {
		return fmt.Errorf("replace attachments of item %d: %w", item, err)
	}
	if len(files) == 0 {
		return nil
	}
	return AddRemote(ctx, tx, item, owner, files)
}
