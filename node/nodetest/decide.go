// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/moderation"
)

// decide is what the administrator of a node decides about another.
func (w *World) decide(on, about, policy string) {
	w.t.Helper()
	if _, err := w.Node(on).Moderation.DecideHost(context.Background(), moderation.CommandLine, actors.Peer{Host: domain(about), Policy: policy}); err != nil {
		w.t.Fatalf("%s decides about %s: %v", on, about, err)
	}
}

// act is what the administrator of a node decides about somebody.
func (w *World) act(on, who, action string) {
	w.t.Helper()
	if err := w.Node(on).Moderation.Act(context.Background(), moderation.CommandLine, w.actor(on, who), moderation.Decision{Action: action}); err != nil {
		w.t.Fatalf("%s decides about %s: %v", on, who, err)
	}
}

// undo takes that back.
func (w *World) undo(on, who, action string) {
	w.t.Helper()
	if err := w.Node(on).Moderation.Undo(context.Background(), moderation.CommandLine, w.actor(on, who), action); err != nil {
		w.t.Fatalf("%s takes back what it decided about %s: %v", on, who, err)
	}
}
