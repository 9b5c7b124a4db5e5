// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/outbox"
)

// BenchmarkPost is what a post costs on the disk of a node, with all that is kept beside it, the index of words included.
func BenchmarkPost(b *testing.B) {
	w := newWorld(b, dbtest.Open(b))
	anna, n := w.actor("anna"), 0
	before := processTime(b)
	for b.Loop() {
		n++
		_, err := w.api.Outbox.Post(b.Context(), anna, outbox.Draft{Text: fmt.Sprintf("Bericht %d over #wonen en #energie aan @bas: een tekst van gewone lengte, zoals mensen die schrijven, met een woord%d dat nergens anders staat.", n, n)})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processTime(b)-before)/float64(b.N), "cpu-ns/op")
}

// BenchmarkSearch is what finding costs among 100,000 posts of 5,000 remote people, over HTTP but without a network.
func BenchmarkSearch(b *testing.B) {
	w := newWorld(b, dbtest.Open(b))
	w.crowd(5000, 100_000)
	for name, path := range map[string]string{
		"no-hit":          "/api/v2/search?q=nietsdergelijks&type=statuses",
		"hit":             "/api/v2/search?q=woord77&type=statuses",
		"two-words":       "/api/v2/search?q=bericht+woord77&type=statuses",
		"in-all":          "/api/v2/search?q=bericht&type=statuses",
		"own-in-all":      "/api/v2/search?q=bericht+from:me&type=statuses",
		"all-three":       "/api/v2/search?q=gebruiker77",
		"accounts":        "/api/v1/accounts/search?q=gebruiker4321",
		"accounts-some":   "/api/v2/search?type=accounts&q=gebruiker12",
		"accounts-many":   "/api/v1/accounts/search?q=gebruiker4",
		"hashtags":        "/api/v2/search?q=onderwerp&type=hashtags",
		"tag":             "/api/v1/tags/onderwerp7",
		"tag-timeline":    "/api/v1/timelines/tag/onderwerp7",
		"tag-timeline-or": "/api/v1/timelines/tag/onderwerp7?any[]=onderwerp8",
		"trends":          "/api/v1/trends/tags",
		"trends-statuses": "/api/v1/trends/statuses",
	} {
		b.Run(name, func(b *testing.B) {
			before := processTime(b)
			for b.Loop() {
				r := httptest.NewRequest("GET", path, nil)
				r.Header.Set("Authorization", "Bearer "+w.tokens["anna"])
				answer := httptest.NewRecorder()
				w.router.ServeHTTP(answer, r)
				if answer.Code != http.StatusOK {
					b.Fatal(answer.Code, answer.Body)
				}
			}
			b.ReportMetric(float64(processTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// processTime is what the process has used of its processors: on a machine with others a better figure than the clock's.
func processTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// crowd makes people elsewhere, a third of whom agreed to be found, and what they posted in the last thirty days.
func (w *world) crowd(people, posts int) {
	w.Helper()
	ctx, a := w.Context(), w.api
	who := make([]*actors.Actor, people)
	for from := 0; from < people; from += 500 {
		w.check(a.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			for n := from; n < min(from+500, people); n++ {
				id := fmt.Sprintf("https://elders.example/users/gebruiker%d", n)
				if who[n], err = a.Dir.Learn(ctx, tx, &vocab.Actor{ID: id, Type: "Person", PreferredUsername: fmt.Sprintf("gebruiker%d", n), Name: fmt.Sprintf("Voornaam%d van Achternaam%d", n%50, n%700), Inbox: id + "/inbox", Indexable: n%3 == 0}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	start := time.Now().Add(-30 * 24 * time.Hour)
	for from := 0; from < posts; from += 500 {
		w.check(a.DB.Tx(ctx, func(tx *db.Tx) error {
			for n := from; n < min(from+500, posts); n++ {
				by := who[n%people]
				iri := fmt.Sprintf("%s/%d", by.IRI, n)
				i := &content.Item{IRI: iri, URL: iri, Kind: content.Note, Author: by.ID, Published: start.Add(time.Duration(n) * 30 * 24 * time.Hour / time.Duration(posts)),
					Content: fmt.Sprintf("<p>Bericht %d over allerlei zaken: een tekst van gewone lengte, zoals mensen die schrijven, met woord%d en nog wat.</p>", n, n%1000)}
				if _, err := a.Timelines.Publish(ctx, tx, &content.Made{Item: i, Doc: []byte("{}"), Tags: []string{fmt.Sprintf("onderwerp%d", n%300)}}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}
