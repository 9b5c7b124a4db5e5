// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"fmt"
	"testing"

	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/outbox"
)

// BenchmarkPost is what a post costs on the disk of a node, with all that is kept beside it, the index of words included.
func BenchmarkPost(b *testing.B) {
	w := newWorld(b, dbtest.Open(b))
	anna, n := w.actor("anna"), 0
	for b.Loop() {
		n++
		_, err := w.api.Outbox.Post(b.Context(), anna, outbox.Draft{Text: fmt.Sprintf("Bericht %d over #wonen en #energie aan @bas: een tekst van gewone lengte, zoals mensen die schrijven, met een woord%d dat nergens anders staat.", n, n)})
		if err != nil {
			b.Fatal(err)
		}
	}
}
