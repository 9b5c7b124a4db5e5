// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"strconv"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
)

// cursor is the page that ?max=ID asks for: what is older than that.
func cursor(q *request, limit int) (actors.Page, error) {
	p := actors.Page{Limit: limit}
	text := q.URL.Query().Get("max")
	if text == "" {
		return p, nil
	}
	var err error
	if p.Max, err = strconv.ParseInt(text, 10, 64); err != nil || p.Max <= 0 {
		return p, fault.Say(fault.Malformed, "The page %q cannot be read: it is the number of a post.", text)
	}
	return p, nil
}

func olderPath(q *request, last content.ID) string {
	return q.URL.Path + "?max=" + strconv.FormatInt(int64(last), 10)
}
