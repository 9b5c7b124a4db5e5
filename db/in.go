// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"strconv"
	"strings"
)

// In makes the inside of an IN (…): placeholders that continue after the arguments there are, and the arguments with
// the values added.
//
//	marks, args := db.In([]any{viewer}, ids)
//	db.All(ctx, q, scan, "SELECT … WHERE viewer = $1 AND id IN ("+marks+")", args...)
//
// The last value is repeated until their number is a power of two, so that the database sees few different texts and
// keeps them prepared. For no values it returns NULL, which is in no list.
func In[T any](args []any, values []T) (marks string, all []any) {
	if len(values) == 0 {
		return "NULL", args
	}
	size := 1
	for size < len(values) {
		size *= 2
	}
	all = make([]any, len(args), len(args)+size)
	copy(all, args)
	var b strings.Builder
	for i := range size {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(len(args) + i + 1))
		all = append(all, values[min(i, len(values)-1)])
	}
	return b.String(), all
}
