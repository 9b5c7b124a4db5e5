// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"crypto/hmac"
	"crypto/sha1" // what every authenticator app computes; as HMAC it is not broken (RFC 6238 §1.2)
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"time"
)

// Codes change every half minute, and the one before and after count as well: clocks differ, and typing takes time (RFC 6238 §5.2).
const (
	codeStep  = 30 // seconds
	codeDrift = 1  // steps
)

func stepAt(t time.Time) int64 { return t.Unix() / codeStep }

// code is the six digits of a step (RFC 4226 §5.3).
func code(secret []byte, step int64) string {
	h := hmac.New(sha1.New, secret)
	binary.Write(h, binary.BigEndian, step)
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// stepOf is the step around now that a code belongs to, 0 for none.
func stepOf(secret []byte, digits string, now time.Time) int64 {
	var found int64
	for step := stepAt(now) - codeDrift; step <= stepAt(now)+codeDrift; step++ {
		if subtle.ConstantTimeCompare([]byte(code(secret, step)), []byte(digits)) == 1 {
			found = step
		}
	}
	return found
}
