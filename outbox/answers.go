// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
)

// verdict is what an answer means for the delivery and for the host.
type verdict int

const (
	accepted verdict = iota // it has it
	refused                 // 401, 403 to both kinds of signature: perhaps a key that it cannot fetch now; some more tries
	vanished                // 404, 410: nobody has this inbox; the delivery ends and the actor must be looked at
	unwanted                // it will never take this activity
	choked                  // 500: the host is broken, or it is this activity that breaks it
	away                    // the host cannot take anything now: later, everything
)

// judge reads the answer to a POST. An answer that no rule names is a refusal of the activity when it blames us (4xx)
// and of the moment when it does not, so that a host in trouble loses nothing.
func judge(p *federation.Posted, err error) verdict {
	if err != nil {
		if errors.Is(err, fault.Invalid) || errors.Is(err, fault.Malformed) {
			return unwanted // the address is none: no waiting will help
		}
		return away
	}
	switch s := p.Status; {
	case s >= 200 && s < 300:
		return accepted
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		return refused
	case s == http.StatusNotFound, s == http.StatusGone:
		return vanished
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly, s == http.StatusTooManyRequests:
		return away
	case s == http.StatusNotImplemented, s >= 400 && s < 500:
		return unwanted
	case s == http.StatusInternalServerError:
		return choked
	}
	return away // redirects too: a POST is not repeated elsewhere, and a moved host finds its way back
}

// told is an answer as an administrator reads it.
func told(inbox string, p *federation.Posted, err error) string {
	if err != nil {
		return brief(err.Error())
	}
	text := fmt.Sprintf("%s answered %d %s", inbox, p.Status, http.StatusText(p.Status))
	if body := strings.Join(strings.Fields(p.Body), " "); body != "" {
		text += ": " + body
	}
	return brief(text)
}

// brief keeps the strangers' part of an error short, and text that both databases take.
func brief(text string) string {
	const most = 300
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\x00", "")
	if len(text) <= most {
		return text
	}
	cut := most
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
