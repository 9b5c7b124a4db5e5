// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/moderation"
)

// signUp is POST /api/v1/accounts, with the token of an app. The answer is a token of the new person, which is good once
// the account is.
func (a *API) signUp(ctx context.Context, c *call) (any, error) {
	if c.access.Account != nil {
		return nil, fault.Say(fault.Forbidden, "An account is made with the token of an app, and this is a person's.")
	}
	if !c.access.Scopes.Allows("write:accounts") {
		return nil, fault.Say(fault.Forbidden, "This action is outside the authorized scopes: it needs write:accounts.")
	}
	t, err := a.Moderation.Register(ctx, moderation.SignUp{Name: c.Text("username"), Email: c.Text("email"), Password: c.Text("password"),
		Agreement: c.Bool("agreement", false), Locale: localeOf(c.Text("locale")), Reason: c.Text("reason"), App: c.access.App, Address: c.r.RemoteAddr})
	if err != nil {
		return nil, err
	}
	return token{t.AccessToken, "Bearer", t.Scopes.String(), t.Created.Unix()}, nil
}

// locale is a short code of a language, or nothing.
func localeOf(s string) string {
	if len(s) > 35 {
		return ""
	}
	return s
}
