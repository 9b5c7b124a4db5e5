// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package moderation is what administrators decide: about people, other nodes and reports, who may come in, and what the
// node says of itself.
package moderation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// Who may make an account without an invitation.
const (
	Closed   = "closed"
	Approval = "approval" // an administrator decides about each
	Open     = "open"
)

// Moderation carries out what administrators decide. The fields are set before use.
type Moderation struct {
	DB            *db.DB
	Dir           *actors.Directory
	Timelines     *timeline.Timelines
	Outbox        *outbox.Outbox
	Auth          *auth.Auth
	Jobs          *jobs.Queue
	Media         *media.Store
	Registrations string // Closed, Approval or Open; "" is Closed
	Name          string // of the organisation
	Email         string // where people write to about the node; may be empty

	mu      sync.Mutex
	refused []refusedRange // addresses without access
	until   time.Time      // refused is looked up again then
}

// By is who decides: for the audit log.
type By struct {
	Account actors.ID // 0: the command line
	Name    string
	Address string // of the network
}

// CommandLine is who has the machine.
var CommandLine = By{Name: "command line"}

// An Entry of the audit log says who did what to whom or what, when and why.
type Entry struct {
	ID      int64     `json:"-"`
	When    time.Time `json:"when"`
	Who     string    `json:"who"`
	Address string    `json:"address,omitempty"`
	Action  string    `json:"action"`
	Object  string    `json:"object"`
	Reason  string    `json:"reason,omitempty"`
	Hash    string    `json:"hash"`
}

// Note adds to the audit log what was done elsewhere than in this package.
func (m *Moderation) Note(ctx context.Context, by By, action, object, reason string) error {
	return m.DB.Tx(ctx, func(tx *db.Tx) error { return m.note(ctx, tx, by, action, object, reason) })
}

// note adds to the audit log, in the transaction of what it tells of.
func (m *Moderation) note(ctx context.Context, tx *db.Tx, by By, action, object, reason string) error {
	before, err := db.All(ctx, tx, db.Scalar[string], "SELECT hash FROM audit ORDER BY id DESC LIMIT 1")
	if err != nil {
		return fmt.Errorf("read the audit log: %w", err)
	}
	e := Entry{ID: m.DB.NewID(), Who: by.Name, Address: by.Address, Action: action, Object: object, Reason: reason}
	e.Hash = e.over(append(before, "")[0])
	if _, err := tx.Exec(ctx, "INSERT INTO audit (id, who, source, action, object, reason, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		e.ID, e.Who, e.Address, e.Action, e.Object, e.Reason, e.Hash); err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	return nil
}

// over is the hash of an entry and of all before it: who changes one must change all that came after.
func (e Entry) over(before string) string {
	text, err := json.Marshal([]any{before, e.ID, e.Who, e.Address, e.Action, e.Object, e.Reason})
	if err != nil {
		panic(err) // strings and a number always marshal
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func scanEntry(r db.Scanner) (e Entry, err error) {
	err = r.Scan(&e.ID, &e.Who, &e.Address, &e.Action, &e.Object, &e.Reason, &e.Hash)
	e.When = db.TimeOf(e.ID)
	return e, err
}

const entryColumns = "SELECT id, who, source, action, object, reason, hash FROM audit"

// Audit is the audit log, the last entry first.
func Audit(ctx context.Context, q db.Q, limit int) ([]Entry, error) {
	list, err := db.All(ctx, q, scanEntry, entryColumns+" ORDER BY id DESC LIMIT $1", limit)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return list, nil
}

// VerifyAudit reads the whole audit log and tells how many entries are as they were written. When there are fewer than
// there should be, broken is the first that was changed, or that follows one that was taken out.
func VerifyAudit(ctx context.Context, q db.Q) (good int, broken *Entry, err error) {
	before, last := "", int64(0)
	for {
		list, err := db.All(ctx, q, scanEntry, entryColumns+" WHERE id > $1 ORDER BY id LIMIT 1000", last)
		if err != nil || len(list) == 0 {
			return good, nil, err
		}
		for _, e := range list {
			if e.over(before) != e.Hash {
				return good, &e, nil
			}
			before, last = e.Hash, e.ID
			good++
		}
	}
}
