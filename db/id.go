// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"sync"
	"time"
)

// An id is a number that sorts by time: milliseconds since 1970, then 6 bits of process number, then 10 bits of counter,
// of which the highest tells ids for a given time from ids for now, so that the two never meet.
const (
	processBits = 6
	counterBits = 10
	perMilli    = 1 << (counterBits - 1)
	mostMillis  = 1 << 13 // remembered by at
)

type ids struct {
	process int64 // set when opening

	mu    sync.Mutex
	milli int64 // of the last id for now
	count int64
	given map[int64]*given // ids for a given time
}

// given is what a millisecond has handed out: left of perMilli ids, from a random first one, so that a process that was
// started again seldom repeats what it gave before.
type given struct{ next, left int64 }

var withID = regexp.MustCompile(`CREATE TABLE (\w+) \(\s*id\s+BIGINT PRIMARY KEY`)

// resume lets ids go on after the last one given, also when the clock has been set back in the meantime.
func (d *DB) resume(ctx context.Context, migrations string) error {
	for _, table := range withID.FindAllStringSubmatch(migrations, -1) {
		last, err := One(ctx, d, Scalar[int64], "SELECT COALESCE(MAX(id), 0) FROM "+table[1])
		if err != nil {
			return fmt.Errorf("last id of %s: %w", table[1], err)
		}
		d.ids.milli = max(d.ids.milli, last>>(processBits+counterBits)+1)
	}
	return nil
}

// NewID returns an id for something that is made now. Within a process each is greater than the one before.
func (d *DB) NewID() int64 { return d.ids.now(time.Now()) }

// IDAt returns an id that sorts as if made at t, for what others made earlier. Within a process it does not repeat;
// processes and restarts may, for the same millisecond, with a chance of 1 in 512: see IsUnique.
func (d *DB) IDAt(t time.Time) int64 { return d.ids.at(t) }

func (i *ids) now(t time.Time) int64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	if milli := clamp(t); milli > i.milli {
		i.milli, i.count = milli, 0
	} else if i.count++; i.count == perMilli {
		i.milli, i.count = i.milli+1, 0
	}
	return i.make(i.milli, i.count)
}

func (i *ids) at(t time.Time) int64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.given == nil || len(i.given) >= mostMillis {
		i.given = map[int64]*given{}
	}
	for milli := clamp(t); ; milli++ {
		g := i.given[milli]
		if g == nil {
			g = &given{next: rand.Int64N(perMilli), left: perMilli}
			i.given[milli] = g
		}
		if g.left > 0 {
			g.left--
			g.next = (g.next + 1) % perMilli
			return i.make(milli, perMilli+g.next)
		}
	}
}

func (i *ids) make(milli, count int64) int64 {
	return milli<<(processBits+counterBits) | i.process<<counterBits | count
}

// clamp keeps ids positive and sortable for any time that strangers claim.
func clamp(t time.Time) int64 { return min(max(t.UnixMilli(), 1), 1<<46) }

// Millis is a time as it is stored: milliseconds since 1970, 0 for the zero time.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// FromMillis is the time that was stored, in UTC; the zero time for 0.
func FromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// TimeOf is the moment that an id was made for, to the millisecond.
func TimeOf(id int64) time.Time { return time.UnixMilli(id >> (processBits + counterBits)).UTC() }

// FirstID is smaller than the ids of everything that was made from then on: the inverse of TimeOf.
func FirstID(t time.Time) int64 { return t.UnixMilli() << (processBits + counterBits) }
