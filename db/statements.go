// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"sync"
)

// mostStatements bounds a statement cache; a prepared statement takes a few kilobytes in every connection that used it.
const mostStatements = 256

// statements keeps prepared statements by their text, since parsing costs SQLite about as much as a small query itself.
type statements struct {
	prepare func(ctx context.Context, text string) (*sql.Stmt, error)
	// exclusive: one user at a time. A connection's statement must not be run again while its rows are open.
	exclusive bool

	mu    sync.Mutex
	known map[string]*statement
}

type statement struct {
	*sql.Stmt
	users   int
	dropped bool
}

// take returns the statement of a text, to be given back; nil means: run the text without one.
// An error in the text is left to that run, which has the better place to report it.
func (c *statements) take(ctx context.Context, text string) *statement {
	c.mu.Lock()
	if s := c.known[text]; s != nil {
		defer c.mu.Unlock()
		if c.exclusive && s.users > 0 {
			return nil
		}
		s.users++
		return s
	}
	c.mu.Unlock()

	prepared, err := c.prepare(ctx, text)
	if err != nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &statement{Stmt: prepared, users: 1}
	if c.known[text] != nil { // somebody else was faster
		s.dropped = true
		return s
	}
	if len(c.known) >= mostStatements {
		c.dropOne()
	}
	if c.known == nil {
		c.known = map[string]*statement{}
	}
	c.known[text] = s
	return s
}

// dropOne forgets any one statement: what is used often is soon prepared again.
func (c *statements) dropOne() {
	for text, s := range c.known {
		delete(c.known, text)
		s.dropped = true
		if s.users == 0 {
			s.Close()
		}
		return
	}
}

func (c *statements) give(s *statement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.users--
	if s.dropped && s.users == 0 {
		s.Close()
	}
}

func (c *statements) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.known) > 0 {
		c.dropOne()
	}
}
