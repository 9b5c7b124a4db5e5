// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/fault"
)

// limits are the default and the maximum of rows on a page.
type limits struct{ usual, most int }

var (
	statusesPage      = limits{20, 40}
	accountsPage      = limits{40, 80}
	notificationsPage = limits{40, 80}
)

// limit is how many rows the client wants: more than the maximum is the maximum.
func (c *call) limit(l limits) (int, error) {
	n, err := c.Number("limit")
	if err != nil || n <= 0 {
		return l.usual, err
	}
	return int(min(n, int64(l.most))), nil
}

// page reads max_id, since_id, min_id and limit. An id that nothing has is still a bound.
func (c *call) page(l limits) (p actors.Page, err error) {
	if p.Limit, err = c.limit(l); err != nil {
		return p, err
	}
	for _, bound := range []struct {
		name string
		into *int64
	}{{c.cursors()[0], &p.Max}, {c.cursors()[1], &p.Since}, {c.cursors()[2], &p.Min}} {
		if *bound.into, err = c.Number(bound.name); err != nil || *bound.into < 0 {
			return p, fault.Say(fault.Invalid, "Validation failed: %s must be an id.", bound.name)
		}
	}
	return p, nil
}

// cursors are the names of the bounds of a page: upper, lower, and lower with the nearest first. Our own API writes them as
// the NL API Design Rules want.
func (c *call) cursors() [3]string {
	if isOwn(c.r.URL.Path) {
		return [3]string{"maxId", "sinceId", "minId"}
	}
	return [3]string{"max_id", "since_id", "min_id"}
}

// offset is for the few lists that are not paged by id.
func (c *call) offset() (int, error) {
	n, err := c.Number("offset")
	if err != nil || n < 0 || n > 10_000 {
		return 0, fault.Say(fault.Invalid, "Validation failed: offset must be a number from 0 to 10000.")
	}
	return int(n), nil
}

// slice reads limit and offset of a list that is not paged by id.
func (c *call) slice(l limits) (limit, offset int, err error) {
	if limit, err = c.limit(l); err != nil {
		return 0, 0, err
	}
	offset, err = c.offset()
	return limit, offset, err
}

// link tells where the pages beside this one are (RFC 8288), by the numbers of its newest and oldest row. An empty page has
// none: newest is 0. The address is the public one, whatever stands in front of the node, with every other parameter kept.
func (c *call) link(newest, oldest int64) {
	if newest == 0 {
		return
	}
	query := c.r.URL.Query()
	names := c.cursors()
	for _, name := range append(names[:], "access_token") {
		query.Del(name)
	}
	var b strings.Builder
	for i, to := range []struct {
		rel, name string
		id        int64
	}{{"next", names[0], oldest}, {"prev", names[2], newest}} {
		if i > 0 {
			b.WriteString(", ")
		}
		query.Set(to.name, strconv.FormatInt(to.id, 10))
		b.WriteString("<" + c.api.Dir.URL(escapedPath(c.r)) + "?" + query.Encode() + `>; rel="` + to.rel + `"`)
		query.Del(to.name)
	}
	c.header.Set("Link", b.String())
}

func escapedPath(r *http.Request) string { return (&url.URL{Path: r.URL.Path}).EscapedPath() }

// linkRows is link for a page of rows that id numbers.
func linkRows[T any](c *call, rows []T, id func(T) int64) {
	if len(rows) > 0 {
		c.link(id(rows[0]), id(rows[len(rows)-1]))
	}
}

// linkCursors is linkRows for rows that are known by their cursors.
func linkCursors(c *call, cursors []int64) { linkRows(c, cursors, func(n int64) int64 { return n }) }
