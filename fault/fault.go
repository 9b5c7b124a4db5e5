// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package fault is the eight ways to fail: the only errors that HTTP knows.
package fault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// The eight sentinels. Wrap one with Say, and test for it with errors.Is.
var (
	Malformed    = errors.New("the request cannot be read")          // 400
	Unauthorized = errors.New("authentication is needed")            // 401
	Forbidden    = errors.New("this is not allowed")                 // 403
	NotFound     = errors.New("record not found")                    // 404: also "not yours to see"
	Gone         = errors.New("this has been deleted")               // 410
	Invalid      = errors.New("the request is not valid")            // 422
	TooMany      = errors.New("too many requests")                   // 429
	Unavailable  = errors.New("this is not available at the moment") // 503
)

var statuses = []struct {
	sentinel error
	status   int
}{
	{Malformed, http.StatusBadRequest},
	{Unauthorized, http.StatusUnauthorized},
	{Forbidden, http.StatusForbidden},
	{NotFound, http.StatusNotFound},
	{Gone, http.StatusGone},
	{Invalid, http.StatusUnprocessableEntity},
	{TooMany, http.StatusTooManyRequests},
	{Unavailable, http.StatusServiceUnavailable},
	{context.DeadlineExceeded, http.StatusServiceUnavailable},
	{context.Canceled, http.StatusServiceUnavailable},
}

type said struct {
	sentinel error
	sentence string
}

func (s *said) Error() string { return s.sentence }
func (s *said) Unwrap() error { return s.sentinel }

// Say returns an error of the given kind with a sentence that may be shown to whoever asked:
// what is wrong and what to do. A %w among the arguments is not supported: wrap the result instead.
func Say(sentinel error, format string, args ...any) error {
	return &said{sentinel, fmt.Sprintf(format, args...)}
}

// Status is the HTTP status of an error: the only mapping there is. Errors of no kind are 500.
func Status(err error) int {
	for _, s := range statuses {
		if errors.Is(err, s.sentinel) {
			return s.status
		}
	}
	return http.StatusInternalServerError
}

// Sentence is the part of an error that its asker may read. The chain itself is for the log.
func Sentence(err error) string {
	var s *said
	if errors.As(err, &s) {
		return s.sentence
	}
	for _, s := range statuses {
		if errors.Is(err, s.sentinel) {
			return s.sentinel.Error()
		}
	}
	return "something went wrong on this server"
}
