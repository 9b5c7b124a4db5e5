// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/node"
)

// Ask is what the person's app asks of the own node: a form, and {bas@waterschap} in the path is the number of that account there.
func (p *Person) Ask(method, path, form string) (status int, answer string) {
	p.w.t.Helper()
	for before, rest, found := strings.Cut(path, "{"); found; before, rest, found = strings.Cut(path, "{") {
		who, after, _ := strings.Cut(rest, "}")
		path = before + fmt.Sprint(p.w.actor(p.where, who).ID) + after
	}
	token, err := p.token()
	p.must(err, "logs in")
	r := httptest.NewRequest(method, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+token)
	got := httptest.NewRecorder()
	p.node().ServeHTTP(got, r)
	return got.Code, got.Body.String()
}

// Asks is Ask that must be answered with 200, and with these words.
func (p *Person) Asks(method, path, form string, words ...string) {
	p.w.t.Helper()
	status, answer := p.Ask(method, path, form)
	for _, word := range words {
		if !strings.Contains(answer, word) {
			p.w.t.Errorf("%s asks %s %s: no %s in %s", p, method, path, word, answer)
		}
	}
	if status != http.StatusOK {
		p.w.t.Errorf("%s asks %s %s: %d %s", p, method, path, status, answer)
	}
}

func (p *Person) token() (token string, err error) {
	ctx, who := context.Background(), p.Actor()
	if _, err := p.node().Auth.Account(ctx, p.node().DB, who.ID); err != nil {
		p.w.tx(p.where, func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			return n.Auth.AddAccount(ctx, tx, who.ID, p.name+"@"+domain(p.where), auth.Hashed{}, false)
		})
	}
	return p.node().Auth.IssueToken(ctx, who.ID, "read write follow")
}
