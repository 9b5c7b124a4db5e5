// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// OutOfBand is the redirect address of clients that cannot be redirected to: the code is shown, to be copied.
const OutOfBand = "urn:ietf:wg:oauth:2.0:oob"

// App is a client that was registered, by anybody.
type App struct {
	ID           int64
	ClientID     string
	Name         string
	Website      string // "" or an http(s) address
	RedirectURIs []string
	Scopes       Scopes
	Created      time.Time
}

const appColumns = "p.id, p.client_id, p.name, p.website, p.redirect_uris, p.scopes, p.created"

// row is where to scan appColumns into; done finishes what SQL cannot express.
func (p *App) row() (into []any, done func()) {
	var uris, scopes string
	var created int64
	return []any{&p.ID, &p.ClientID, &p.Name, &p.Website, &uris, &scopes, &created}, func() {
		p.RedirectURIs, p.Scopes, p.Created = strings.Fields(uris), strings.Fields(scopes), db.FromMillis(created)
	}
}

// RegisterApp registers a client (POST /api/v1/apps). The secret is told only here.
func (a *Auth) RegisterApp(ctx context.Context, name string, redirectURIs []string, scopes, website string) (App, string, error) {
	name = plain(name, 100)
	if name == "" {
		return App{}, "", fault.Say(fault.Invalid, "Validation failed: the application needs a name (client_name).")
	}
	uris, err := checkRedirectURIs(redirectURIs)
	if err != nil {
		return App{}, "", err
	}
	may, err := ParseScopes(scopes)
	if err != nil {
		return App{}, "", err
	}
	if website != "" {
		u, err := url.Parse(website)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || len(website) > 2000 {
			return App{}, "", fault.Say(fault.Invalid, "Validation failed: the website must be an address that begins with https://.")
		}
	}
	secret, hash := newSecret()
	clientID, _ := newSecret()
	p := App{ID: a.d.NewID(), ClientID: clientID, Name: name, Website: website, RedirectURIs: uris, Scopes: may, Created: time.Now()}
	if err := a.d.Tx(ctx, func(tx *db.Tx) error { return insertApp(ctx, tx, p, hash) }); err != nil {
		return App{}, "", fmt.Errorf("register app %q: %w", name, err)
	}
	return p, secret, nil
}

func insertApp(ctx context.Context, tx *db.Tx, p App, hash string) error {
	_, err := tx.Exec(ctx, `INSERT INTO apps (id, client_id, secret_hash, name, website, redirect_uris, scopes, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (client_id) DO NOTHING`,
		p.ID, p.ClientID, hash, p.Name, p.Website, strings.Join(p.RedirectURIs, "\n"), p.Scopes.String(), db.Millis(p.Created))
	return err
}

// checkRedirectURIs accepts web addresses, schemes of apps, and OutOfBand; each entry may hold several, one a line.
func checkRedirectURIs(list []string) ([]string, error) {
	var uris []string
	for _, entry := range list {
		for _, uri := range strings.Fields(entry) {
			if err := checkRedirectURI(uri); err != nil {
				return nil, err
			}
			if !slices.Contains(uris, uri) {
				uris = append(uris, uri)
			}
		}
	}
	if len(uris) == 0 {
		return nil, fault.Say(fault.Invalid, "Validation failed: redirect_uris is needed; use %s for a client without one.", OutOfBand)
	}
	if len(uris) > 10 {
		return nil, fault.Say(fault.Invalid, "Validation failed: an application may have at most 10 redirect URIs.")
	}
	return uris, nil
}

func checkRedirectURI(uri string) error {
	if uri == OutOfBand {
		return nil
	}
	u, err := url.Parse(uri)
	switch {
	case err != nil || len(uri) > 2000 || !u.IsAbs():
		return fault.Say(fault.Invalid, "Validation failed: the redirect URI %q is not an absolute address.", cut(uri, 100))
	case strings.Contains(uri, "#"): // RFC 6749 §3.1.2
		return fault.Say(fault.Invalid, "Validation failed: the redirect URI %q must not have a fragment (#).", cut(uri, 100))
	case (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() == "":
		return fault.Say(fault.Invalid, "Validation failed: the redirect URI %q names no host.", cut(uri, 100))
	case slices.Contains([]string{"javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source", "urn"}, u.Scheme):
		return fault.Say(fault.Invalid, "Validation failed: a redirect URI cannot begin with %s:.", u.Scheme)
	}
	return nil
}

var errBadClient = oauth("invalid_client", 401, "The client is not known here, or its secret is not right. Register it again.")

// client authenticates a client by its secret (RFC 6749 §2.3.1).
func (a *Auth) client(ctx context.Context, clientID, secret string) (App, error) {
	var hash string
	p, err := db.One(ctx, a.d, func(row db.Scanner) (App, error) {
		var p App
		into, done := p.row()
		err := row.Scan(append(into, &hash)...)
		done()
		return p, err
	}, "SELECT "+appColumns+", p.secret_hash FROM apps p WHERE p.client_id = $1", clientID)
	if errors.Is(err, fault.NotFound) {
		return App{}, errBadClient
	}
	if err != nil {
		return App{}, fmt.Errorf("load client: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(hash), []byte(hashOf(secret))) != 1 {
		return App{}, errBadClient
	}
	return p, nil
}

// app returns a client without authenticating it, or fault.NotFound.
func (a *Auth) app(ctx context.Context, clientID string) (App, error) {
	return db.One(ctx, a.d, func(row db.Scanner) (App, error) {
		var p App
		into, done := p.row()
		err := row.Scan(into...)
		done()
		return p, err
	}, "SELECT "+appColumns+" FROM apps p WHERE p.client_id = $1", clientID)
}

// appCache remembers clients, which never change, for the posts that were made with them.
type appCache struct {
	mu  sync.Mutex
	all map[int64]App
}

// Apps returns the clients with these ids, in one query at most.
func (a *Auth) Apps(ctx context.Context, ids []int64) (map[int64]App, error) {
	found, missing := a.apps.known(ids)
	if len(missing) == 0 {
		return found, nil
	}
	list, args := db.In(nil, missing)
	all, err := db.All(ctx, a.d, func(row db.Scanner) (App, error) {
		var p App
		into, done := p.row()
		err := row.Scan(into...)
		done()
		return p, err
	}, "SELECT "+appColumns+" FROM apps p WHERE p.id IN ("+list+")", args...)
	if err != nil {
		return nil, fmt.Errorf("load clients: %w", err)
	}
	for _, p := range all {
		found[p.ID] = p
	}
	a.apps.remember(all)
	return found, nil
}

func (c *appCache) known(ids []int64) (found map[int64]App, missing []int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found = make(map[int64]App, len(ids))
	for _, id := range ids {
		if p, known := c.all[id]; known {
			found[id] = p
		} else {
			missing = append(missing, id)
		}
	}
	return found, missing
}

func (c *appCache) remember(apps []App) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil || len(c.all) > cacheSize {
		c.all = map[int64]App{}
	}
	for _, p := range apps {
		c.all[p.ID] = p
	}
}
