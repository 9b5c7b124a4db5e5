// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package federation is the wire.
package federation

import "time"

type Signer struct{ KeyID string }

type Synchronization struct{ CollectionID, URL, Digest string }

type Posted struct {
	Status     int
	Body       string
	RetryAfter time.Duration
	Knocks     int
}
