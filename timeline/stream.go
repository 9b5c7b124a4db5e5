// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"sync"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
)

// Events of the live stream.
const (
	Update   = "update"        // an item is new
	Changed  = "status.update" // an item was edited
	Deleted  = "delete"
	Notified = "notification"

	Filters              = "filters_changed"      // the recipient's
	Merged               = "notifications_merged" // requests that the recipient accepted are among the notifications now
	Talked               = "conversation"         // something is new in a conversation of the recipient
	Announced            = "announcement"
	AnnouncementReaction = "announcement.reaction"
	AnnouncementDeleted  = "announcement.delete"
)

// Hint says that something may be worth a look: the watcher looks for itself, through the gate.
type Hint struct {
	Event        string
	Item         content.ID
	Author       actors.ID
	Notification int64
	Conversation int64
	Recipients   []actors.ID // who is addressed or notified; of an announcement: nobody, which is everybody
	About        int64       // the announcement
	Name         string      // of the reaction
}

// hub hands hints to who is watching. A watcher that does not keep up loses hints, never the rest of the node time.
type hub struct {
	mu       sync.Mutex
	watchers map[*watcher]bool
}

type watcher struct{ hints chan Hint }

const hintBuffer = 64

// Watch returns hints until the context ends.
func (t *Timelines) Watch(ctx context.Context) <-chan Hint {
	w := &watcher{hints: make(chan Hint, hintBuffer)}
	t.hub.mu.Lock()
	if t.hub.watchers == nil {
		t.hub.watchers = map[*watcher]bool{}
	}
	t.hub.watchers[w] = true
	t.hub.mu.Unlock()
	context.AfterFunc(ctx, func() {
		t.hub.mu.Lock()
		defer t.hub.mu.Unlock()
		delete(t.hub.watchers, w)
		close(w.hints)
	})
	return w.hints
}

func (t *Timelines) wake(tx *db.Tx, h Hint) {
	tx.After(func() {
		t.hub.mu.Lock()
		defer t.hub.mu.Unlock()
		for w := range t.hub.watchers {
			select {
			case w.hints <- h:
			default:
			}
		}
	})
}

// InHome tells whether an item belongs in the viewer's home timeline: the same question as Home, for one item.
func (t *Timelines) InHome(ctx context.Context, v actors.Viewer, id content.ID) (bool, error) {
	items, err := t.Home(ctx, v, actors.Page{Max: int64(id) + 1, Since: int64(id) - 1, Limit: 1})
	return len(items) == 1, err
}
