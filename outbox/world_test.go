// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/outbox"
)

// world is a node that delivers, and the hosts it delivers to: functions that answer.
type world struct {
	t       testing.TB
	db      *db.DB
	deliver outbox.Deliverer
	log     bytes.Buffer

	mu      sync.Mutex
	answers map[string]func(r request) (status int, err error)
	got     map[string][]string // by host: what it answered 2xx to, in order
	tries   map[string][]time.Time
	gone    []string
	signers int
}

// request is what a host sees.
type request struct {
	ctx       context.Context
	inbox     string
	word      string // what the activity says
	try       int    // to this host, from 1
	retry     *time.Duration
	signature string
}

func newWorld(t testing.TB, d *db.DB) *world {
	w := &world{t: t, db: d, answers: map[string]func(request) (int, error){}, got: map[string][]string{}, tries: map[string][]time.Time{}}
	w.deliver = outbox.Deliverer{DB: d, Post: w.post, Log: slog.New(slog.NewTextHandler(&locked{w: &w.log}, nil)),
		Signer: func(context.Context, actors.ID, time.Time) (federation.Signer, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.signers++
			return federation.Signer{KeyID: fmt.Sprint("key ", w.signers)}, nil
		},
		Gone: func(_ context.Context, host, inbox string, activity int64, status int) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.gone = append(w.gone, fmt.Sprintf("%s %s %d", host, inbox, status))
		}}
	w.exec("INSERT INTO actors (id, iri, kind, local, name, domain, host, published, updated) VALUES (1, 'https://here.example/anna', 'Person', TRUE, 'anna', 'here.example', 'here.example', 1, 1) ON CONFLICT DO NOTHING")
	return w
}

func (w *world) exec(text string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(context.Background(), text, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tx(f func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.db.Tx(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

// says makes one activity for some hosts.
func (w *world) says(word string, hosts ...string) {
	w.t.Helper()
	w.meanwhile(word, func() {}, hosts...)
}

// meanwhile is says that does something before it commits.
func (w *world) meanwhile(word string, do func(), hosts ...string) {
	w.t.Helper()
	w.tx(func(tx *db.Tx) error {
		id := w.db.NewID()
		if _, err := tx.Exec(context.Background(), "INSERT INTO activities (id, iri, actor, kind, public, body) VALUES ($1, $2, 1, 'Create', TRUE, $3)",
			id, fmt.Sprint("https://here.example/activities/", id), []byte(word)); err != nil {
			return err
		}
		var to []outbox.Target
		for _, h := range hosts {
			to = append(to, outbox.Target{Host: h, Inbox: "https://" + h + "/inbox"})
		}
		err := outbox.Enqueue(context.Background(), tx, id, to)
		do()
		return err
	})
}

// starts runs the deliverer until the returned function, or the end of the test.
func (w *world) starts() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.deliver.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
}

func (w *world) post(ctx context.Context, inbox string, body []byte, s federation.Signer, _ *federation.Synchronization) (*federation.Posted, error) {
	host := strings.Split(inbox, "/")[2]
	w.mu.Lock()
	w.tries[host] = append(w.tries[host], time.Now())
	r := request{ctx: ctx, inbox: inbox, word: string(body), try: len(w.tries[host]), retry: new(time.Duration), signature: s.KeyID}
	answer := w.answers[host]
	w.mu.Unlock()
	status := 202
	if answer != nil {
		var err error
		if status, err = answer(r); err != nil {
			return nil, err
		}
	}
	if status < 300 {
		w.mu.Lock()
		w.got[host] = append(w.got[host], r.word)
		w.mu.Unlock()
	}
	return &federation.Posted{Status: status, Body: "said\x00 \xffno", RetryAfter: *r.retry}, nil
}

func (w *world) answer(host string, f func(r request) (int, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers[host] = f
}

func (w *world) received(host string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.got[host])
}

func (w *world) requests(host string) []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.tries[host])
}

func (w *world) waiting() (n int64) {
	w.t.Helper()
	if err := w.db.Row(context.Background(), "SELECT COUNT(*) FROM deliveries").Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) status(host string) outbox.HostStatus {
	w.t.Helper()
	all, err := outbox.Hosts(context.Background(), w.db)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range all {
		if s.Host == host {
			return s
		}
	}
	w.t.Fatalf("no host %s in %v", host, all)
	return outbox.HostStatus{}
}

func (w *world) sees(host string, words ...string) {
	w.t.Helper()
	if got := w.received(host); !slices.Equal(got, words) {
		w.t.Errorf("%s got %q, want %q", host, got, words)
	}
}

var errDown = errors.New("connection refused")

func down(request) (int, error) { return 0, errDown }

func always(status int) func(request) (int, error) {
	return func(request) (int, error) { return status, nil }
}

// hangs never answers; like the client it gives up after ten seconds.
func hangs(r request) (int, error) {
	select {
	case <-time.After(10 * time.Second):
		return 0, context.DeadlineExceeded
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
}

// pass lets time go by until everything is still.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// locked makes a writer safe for a logger that several goroutines use.
type locked struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
