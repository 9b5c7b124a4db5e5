// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package inbox is what other nodes tell us: verified, remembered, allowed, and applied, once.
package inbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

const maxBody = 1 << 20 // bytes of one activity

// Inbox takes activities in and gives them their effect.
type Inbox struct {
	DB         *db.DB
	Dir        *actors.Directory
	Library    *content.Library
	Timelines  *timeline.Timelines
	Outbox     *outbox.Outbox
	Moderation *moderation.Moderation
	Jobs       *jobs.Queue
	Log        *slog.Logger

	workers workers
}

// States of a received activity.
const (
	waiting = "waiting"
	behind  = "behind" // until what comes before it has been read from the group's log: see keepUp
	done    = "done"
	refused = "refused"
)

// ServeHTTP takes a POST to a personal or the shared inbox. A 202 means that the activity is kept, on disk, and takes
// effect once; the order of the checks goes from cheap to dear (security: nothing is fetched for a request that could be
// refused without).
func (x *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := x.receive(r)
	status := http.StatusAccepted
	if err != nil {
		status = fault.Status(err)
		if status == http.StatusUnauthorized {
			w.Header().Set("Accept-Signature", federation.AcceptSignature())
		}
		x.Log.Info("inbox refuses", "status", status, "from", r.RemoteAddr, "error", err)
	}
	var toLarge *http.MaxBytesError
	if errors.As(err, &toLarge) {
		status = http.StatusRequestEntityTooLarge
	}
	if errors.Is(err, errMediaType) {
		status = http.StatusUnsupportedMediaType
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	if err != nil {
		fmt.Fprintln(w, fault.Sentence(err))
	}
}

var errMediaType = errors.New("media type")

func (x *Inbox) receive(r *http.Request) error {
	ctx := r.Context()
	if !activityType(r.Header.Get("Content-Type")) {
		return fmt.Errorf("%w: %w", errMediaType, fault.Say(fault.Malformed, "Send the activity as application/activity+json."))
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return fmt.Errorf("read body: %w", errors.Join(err, fault.Say(fault.Malformed, "The body could not be read, or it is larger than 1 MiB.")))
	}
	envelope, err := federation.Peek(body)
	if err != nil {
		return err
	}
	if err := x.Dir.Welcome(ctx, x.DB, federation.Host(envelope.Actor)); err != nil {
		return err
	}
	switch {
	case x.Dir.Ours(envelope.ID) || x.Dir.Ours(envelope.Actor):
		return fault.Say(fault.Malformed, "%s is of this node itself.", envelope.ID)
	case !federation.SameOrigin(envelope.ID, envelope.Actor):
		return fault.Say(fault.Malformed, "The activity %s and its actor %s are on different servers.", envelope.ID, envelope.Actor)
	}
	if seen, err := x.seen(ctx, envelope.ID); err != nil || seen {
		return err
	}
	ofItself := envelope.ObjectID == envelope.Actor && (envelope.Type == "Delete" || envelope.Type == "Update")
	if ofItself {
		if _, err := actors.ByIRI(ctx, x.DB, envelope.Actor); errors.Is(err, fault.NotFound) || errors.Is(err, fault.Gone) {
			return nil // a stranger that changes or goes: of no concern, and there are floods of them
		}
	}
	signer, err := x.verify(ctx, r, body, envelope, ofItself)
	if err != nil {
		return err
	}
	if err := x.keep(ctx, envelope, signer, body); err != nil {
		return err
	}
	x.Dir.Client.Heard(federation.Origin(signer)) // it is back: what failed there may work now
	x.compareFollowers(ctx, r.Header.Get("Collection-Synchronization"), envelope.Actor, signer)
	return nil
}

func activityType(header string) bool {
	kind, params, err := mime.ParseMediaType(header)
	return err == nil && (kind == "application/activity+json" ||
		kind == "application/ld+json" && (params["profile"] == "" || strings.Contains(params["profile"], "https://www.w3.org/ns/activitystreams")))
}

// verify finds out who vouches for the activity: its actor, by the request's signature or the document's own proof, or
// somebody who passed it on, who vouches for nothing: then the worker reads it at its origin.
func (x *Inbox) verify(ctx context.Context, r *http.Request, body []byte, e federation.Envelope, ofItself bool) (string, error) {
	var asked string
	key, err := federation.Verify(r, body, x.Dir.Base, func(ctx context.Context, keyID string, refresh bool) (federation.Key, error) {
		asked = keyID
		return x.Dir.FindKey(ctx, keyID, refresh)
	})
	if errors.Is(err, fault.Gone) && e.Type == "Delete" && ofItself {
		if owner, _, _ := strings.Cut(asked, "#"); owner == e.Actor || x.Dir.HasKey(ctx, e.Actor, asked) {
			return e.Actor, nil // its server says that the actor is gone, which is all that this activity says
		}
	}
	if errors.Is(err, fault.Unavailable) || r.Context().Err() != nil { // not a bad signature: one that cannot be checked at the moment
		return "", fmt.Errorf("verify %s: %w (%v)", e.ID, fault.Say(fault.Unavailable, "The key of this signature could not be fetched: try again later."), err)
	}
	if err != nil {
		if errors.Is(err, fault.Unauthorized) {
			return "", err
		}
		return "", fmt.Errorf("verify %s: %w: %w", e.ID, fault.Say(fault.Unauthorized, "The signature could not be verified: %s", fault.Sentence(err)), err)
	}
	if err := x.Dir.Welcome(ctx, x.DB, federation.Host(key.Owner)); err != nil {
		return "", err
	}
	switch {
	case key.Owner == e.Actor:
		return e.Actor, nil
	case federation.SameOrigin(key.Owner, e.Actor) && e.Type == "Delete" && ofItself && x.isApplication(ctx, key.Owner):
		return e.Actor, nil // its server's own actor speaks for one that is gone
	case e.HasProof:
		if proven, err := federation.VerifyProof(ctx, body, x.Dir.FindKey); err == nil && proven.Owner == e.Actor {
			return e.Actor, nil
		}
	}
	return key.Owner, nil
}

func (x *Inbox) isApplication(ctx context.Context, iri string) bool {
	a, err := actors.ByIRI(ctx, x.DB, iri)
	return err == nil && a.Kind == actors.Application
}

// seen tells whether an activity came before. What somebody merely passed on, and its origin did not show, does not count:
// or whoever guesses an id could keep the activity from ever being taken.
func (x *Inbox) seen(ctx context.Context, iri string) (bool, error) {
	n, err := db.One(ctx, x.DB, db.Scalar[int], "SELECT COUNT(*) FROM received WHERE iri = $1 AND (signer = actor OR state = 'done')", iri)
	return n > 0, err
}

// keep stores the bytes before the answer is given (design rule 2), and has them worked on.
func (x *Inbox) keep(ctx context.Context, e federation.Envelope, signer string, body []byte) error {
	err := x.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := x.keepIn(ctx, tx, e, signer, body); err != nil {
			return err
		}
		host := federation.Host(signer)
		if err := x.Dir.Seen(ctx, tx, host); err != nil {
			return err
		}
		return outbox.Awake(ctx, tx, host)
	})
	if err != nil {
		return fmt.Errorf("keep %s: %w", e.ID, err)
	}
	return nil
}

// keepIn stores an activity that has not come before, and has it worked on.
func (x *Inbox) keepIn(ctx context.Context, tx *db.Tx, e federation.Envelope, signer string, body []byte) error {
	if signer == e.Actor {
		if _, err := tx.Exec(ctx, "DELETE FROM received WHERE iri = $1 AND signer <> actor AND state <> 'done'", e.ID); err != nil {
			return err
		}
	}
	id := x.DB.NewID()
	res, err := tx.Exec(ctx, "INSERT INTO received (id, iri, actor, signer, body, state) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (iri) DO NOTHING",
		id, e.ID, e.Actor, signer, body, waiting)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err // the same activity came before, or twice at the same time
	}
	tx.After(func() { x.workers.push(x, id, e.Actor) })
	return nil
}
