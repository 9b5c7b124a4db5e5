// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"math/rand/v2"
	"time"
)

// How long a host that cannot be reached is left alone.
const (
	shortest = time.Minute
	longest  = 12 * time.Hour
	daily    = 24 * time.Hour      // between the probes of a parked host
	parking  = 7 * 24 * time.Hour  // of failing, and then a host is parked
	keeping  = 60 * 24 * time.Hour // and then what waits for a parked host is given up, the oldest first
)

// How often an answer about one delivery alone is taken for an answer.
const (
	chokes   = 3             // answers 500 that make an activity suspect
	refusals = 3             // retries after a 401 or 403, in 24 hours
	refusal  = 8 * time.Hour // between them
)

// step is the pause after so many failures in a row, from 1, without jitter.
func step(failures int64) time.Duration {
	switch {
	case failures <= 1:
		return shortest
	case failures == 2:
		return 5 * time.Minute
	case failures == 3:
		return 15 * time.Minute
	case failures == 4:
		return time.Hour
	case failures == 5:
		return 2 * time.Hour
	case failures == 6:
		return 4 * time.Hour
	case failures == 7:
		return 8 * time.Hour
	}
	return longest
}

// jitter spreads what failed together: ±20 %.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

// pause is how long to leave a host alone after so many failures in a row. What the host itself asked for with
// Retry-After (RFC 9110 §10.2.3) goes first, within reason: nobody can silence us for longer than an outage would.
func pause(failures int64, parked bool, asked time.Duration) time.Duration {
	switch {
	case parked:
		return jitter(daily)
	case asked > 0:
		return min(max(asked, shortest), longest)
	}
	return jitter(step(failures))
}
