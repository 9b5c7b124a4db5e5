// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/outbox"
)

// BenchmarkTimelines is what one page of twenty costs, over HTTP but without a network.
func BenchmarkTimelines(b *testing.B) {
	w := newWorld(b, dbtest.Open(b))
	for n := range 200 {
		w.post("bas", fmt.Sprint("p", n), outbox.Draft{Text: fmt.Sprintf("Bericht %d over #wonen en #energie aan @anna: een tekst van gewone lengte.", n)})
	}
	for _, path := range []string{"/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/accounts/{bas}/statuses", "/api/v1/notifications", "/api/v1/statuses/{public}"} {
		b.Run(path, func(b *testing.B) {
			path := w.expand(path)
			for b.Loop() {
				r := httptest.NewRequest("GET", path, nil)
				r.Header.Set("Authorization", "Bearer "+w.tokens["anna"])
				answer := httptest.NewRecorder()
				w.router.ServeHTTP(answer, r)
				if answer.Code != http.StatusOK {
					b.Fatal(answer.Code, answer.Body)
				}
			}
		})
	}
}
