// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/pleio-node/pleio-node/fault"
)

// password is a new password: given, asked for on a terminal, or made.
type password struct {
	Password string `help:"The password. Others on this machine can see flags: the environment is safer. Without either it is asked for on a terminal, or made and shown once." placeholder:"P" env:"PLEIO_PASSWORD"`
}

// get returns the password, and whether it was made here, so that it must be shown.
func (w password) get(ctx context.Context, p *program) (text string, made bool, err error) {
	if w.Password != "" {
		return w.Password, false, nil
	}
	if p.interactive() {
		first, err := p.answer(ctx, "Password (empty: one is made): ", p.hidden)
		if err != nil {
			return "", false, err
		}
		if first != "" {
			second, err := p.answer(ctx, "Again: ", p.hidden)
			if err == nil && first != second {
				err = fault.Say(fault.Invalid, "The two passwords are not the same. Nothing was changed.")
			}
			return first, false, err
		}
	}
	random := strings.ToLower(rand.Text()) // 130 bits
	return random[:6] + "-" + random[6:12] + "-" + random[12:18] + "-" + random[18:24], true, nil
}

// told shows a password that was made here.
func (p *program) told(text string, made bool) {
	if made {
		p.say("The password is %s\nIt is shown only now.", text)
	}
}
