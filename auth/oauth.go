// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

const codeLife = 10 * time.Minute

// OAuthError is a refusal in the words of RFC 6749 §5.2: api answers {"error": Code, "error_description": Description}.
// It is also one of the faults, by its status.
type OAuthError struct {
	Code        string
	Description string
	Status      int
}

func oauth(code string, status int, description string) *OAuthError {
	return &OAuthError{Code: code, Description: description, Status: status}
}

func (e *OAuthError) Error() string { return e.Code + ": " + e.Description }

// Unwrap makes fault.Status and fault.Sentence tell the same.
func (e *OAuthError) Unwrap() error {
	sentinel := fault.Malformed
	switch e.Status {
	case 401:
		sentinel = fault.Unauthorized
	case 403:
		sentinel = fault.Forbidden
	}
	return fault.Say(sentinel, "%s", e.Description)
}

// AuthorizeRequest is what a client asks of a person, from the query of /oauth/authorize.
type AuthorizeRequest struct {
	ResponseType, ClientID, RedirectURI, Scope, State string
	CodeChallenge, CodeChallengeMethod                string
	ResponseMode                                      string // how the answer travels: "" or one of ResponseModes
}

// How an answer travels to a client (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, Form Post Response Mode).
const (
	modeQuery    = "query"
	modeFragment = "fragment"
	modeForm     = "form_post"
)

// ResponseModes are the ways there are, for discovery.
func ResponseModes() []string { return []string{modeQuery, modeFragment, modeForm} }

// Consent is what to show before somebody agrees.
type Consent struct {
	App    App
	Scopes Scopes
}

// Authorize checks what a client asks. When the client or its redirect URI is not right the error is a plain fault: show it
// on a page, and never redirect. An *OAuthError may go to the client, as a Refusal.
func (a *Auth) Authorize(ctx context.Context, req AuthorizeRequest) (Consent, error) {
	p, err := a.app(ctx, req.ClientID)
	if errors.Is(err, fault.NotFound) {
		return Consent{}, fault.Say(fault.Invalid, "This application is not known here. Go back to it, and log in there again.")
	}
	if err != nil {
		return Consent{}, fmt.Errorf("load client: %w", err)
	}
	if !slices.Contains(p.RedirectURIs, req.RedirectURI) { // exact: RFC 9700 §2.1
		return Consent{}, fault.Say(fault.Invalid, "The redirect URI is not one that %s registered, so you were not sent on.", p.Name)
	}
	if req.ResponseType != "code" {
		return Consent{}, oauth("unsupported_response_type", 400, "Only response_type=code is supported.")
	}
	scopes, err := ParseScopes(req.Scope)
	if err != nil {
		return Consent{}, oauth("invalid_scope", 400, fault.Sentence(err))
	}
	if !p.Scopes.covers(scopes) {
		return Consent{}, oauth("invalid_scope", 400, "The application asks for more than the scopes that it registered.")
	}
	switch req.ResponseMode {
	case "", modeQuery, modeFragment:
	case modeForm:
		if req.RedirectURI != OutOfBand && !isWeb(req.RedirectURI) {
			return Consent{}, oauth("invalid_request", 400, "The response_mode form_post needs a redirect URI that begins with https://.")
		}
	default:
		return Consent{}, oauth("invalid_request", 400, "The response_mode must be query, fragment or form_post.")
	}
	switch {
	case req.CodeChallenge == "" && req.CodeChallengeMethod == "":
	case req.CodeChallengeMethod != "S256":
		return Consent{}, oauth("invalid_request", 400, "The code_challenge_method must be S256.")
	case !isChallenge(req.CodeChallenge):
		return Consent{}, oauth("invalid_request", 400, "The code_challenge must be 43 characters of base64url.")
	}
	return Consent{App: p, Scopes: scopes}, nil
}

// isChallenge: base64url of a SHA-256 without padding (RFC 7636 §4.2).
func isChallenge(text string) bool {
	b, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && len(b) == sha256.Size
}

// Grant makes a code, after the person agreed. It is good for ten minutes, once.
func (a *Auth) Grant(ctx context.Context, account actors.ID, req AuthorizeRequest) (code string, err error) {
	consent, err := a.Authorize(ctx, req)
	if err != nil {
		return "", err
	}
	code, hash := newSecret()
	if _, err := a.d.Exec(ctx, "INSERT INTO grants (hash, app, account, scopes, redirect_uri, challenge, expires) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		hash, consent.App.ID, account, consent.Scopes.String(), req.RedirectURI, req.CodeChallenge, db.Millis(time.Now().Add(codeLife))); err != nil {
		return "", fmt.Errorf("keep code for %d: %w", account, err)
	}
	return code, nil
}

func isWeb(uri string) bool {
	return strings.HasPrefix(uri, "https://") || strings.HasPrefix(uri, "http://")
}

// Answer is how the browser brings an answer to the client: by an address or, with form_post, by a form. For OutOfBand it is
// empty: the page shows the code.
type Answer struct {
	URL    string
	Fields url.Values // nil: there is no form
}

// Code is the answer with a code.
func (r AuthorizeRequest) Code(code string) Answer { return r.answer("code", code) }

// Refusal is the answer with an error. The code "access_denied" is the person's own.
func (r AuthorizeRequest) Refusal(code, description string) Answer {
	return r.answer("error", code, "error_description", description)
}

// answer adds to the query or the fragment of the redirect URI and leaves the rest of it as it was registered.
func (r AuthorizeRequest) answer(pairs ...string) Answer {
	if r.RedirectURI == OutOfBand {
		return Answer{}
	}
	fields := url.Values{}
	var query []string
	for i, pairs := 0, append(pairs, "state", r.State); i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fields.Set(pairs[i], pairs[i+1])
			query = append(query, pairs[i]+"="+url.QueryEscape(pairs[i+1]))
		}
	}
	glue := "?"
	switch {
	case r.ResponseMode == modeForm && isWeb(r.RedirectURI):
		return Answer{r.RedirectURI, fields}
	case r.ResponseMode == modeFragment:
		glue = "#"
	case strings.Contains(r.RedirectURI, "?"):
		glue = "&"
	}
	return Answer{URL: r.RedirectURI + glue + strings.Join(query, "&")}
}

// TokenRequest is the body of /oauth/token, with the client's name and secret from there or from Basic authentication.
type TokenRequest struct {
	GrantType, ClientID, ClientSecret      string
	Code, RedirectURI, CodeVerifier, Scope string
}

// Token is what a client gets. It does not expire.
type Token struct {
	AccessToken string
	Scopes      Scopes
	Created     time.Time
}

var errBadCode = oauth("invalid_grant", 400, "The code is not valid (any more): it was used, has expired, or belongs to another request. Log in again.")

// Exchange gives a token for a code (authorization_code) or for the client itself (client_credentials).
// Refusals are *OAuthError.
func (a *Auth) Exchange(ctx context.Context, req TokenRequest) (Token, error) {
	switch req.GrantType {
	case "authorization_code", "client_credentials":
	case "":
		return Token{}, oauth("invalid_request", 400, "The grant_type is missing.")
	default:
		return Token{}, oauth("unsupported_grant_type", 400, "Use grant_type authorization_code or client_credentials.")
	}
	p, err := a.client(ctx, req.ClientID, req.ClientSecret)
	if err != nil {
		return Token{}, err
	}
	if req.GrantType == "authorization_code" {
		return a.redeem(ctx, p, req)
	}
	scopes, err := ParseScopes(req.Scope)
	if err != nil {
		return Token{}, oauth("invalid_scope", 400, fault.Sentence(err))
	}
	if !p.Scopes.covers(scopes) {
		return Token{}, oauth("invalid_scope", 400, "The application asks for more than the scopes that it registered.")
	}
	var t Token
	err = a.d.Tx(ctx, func(tx *db.Tx) (err error) {
		t, err = insertToken(ctx, tx, p.ID, 0, scopes, "")
		return err
	})
	if err != nil {
		return Token{}, fmt.Errorf("give token to app %d: %w", p.ID, err)
	}
	return t, nil
}

type grant struct {
	app           int64
	account       actors.ID
	scopes        Scopes
	uri           string
	challenge     string
	expires, used int64
}

func scanGrant(row db.Scanner) (grant, error) {
	var g grant
	var scopes string
	err := row.Scan(&g.app, &g.account, &scopes, &g.uri, &g.challenge, &g.expires, &g.used)
	g.scopes = strings.Fields(scopes)
	return g, err
}

func (a *Auth) redeem(ctx context.Context, p App, req TokenRequest) (Token, error) {
	hash := hashOf(req.Code)
	var t Token
	var refused error // kept apart: what a refusal changes must be committed
	err := a.d.Tx(ctx, func(tx *db.Tx) error {
		t, refused = Token{}, nil
		g, err := db.One(ctx, tx, scanGrant, `SELECT g.app, g.account, g.scopes, g.redirect_uri, g.challenge, g.expires, g.used FROM grants g
			JOIN accounts c ON c.actor = g.account JOIN actors a ON a.id = g.account WHERE g.hash = $1 AND `+activeAccount, hash)
		now := db.Millis(time.Now())
		switch {
		case errors.Is(err, fault.NotFound):
			refused = errBadCode
			return nil
		case err != nil:
			return err
		case g.app != p.ID || g.uri != req.RedirectURI || g.expires < now || !verifies(g.challenge, req.CodeVerifier):
			refused = errBadCode
			return nil
		case g.used != 0: // stolen, from this client or by it: RFC 6749 §4.1.2
			refused = errBadCode
			a.revoked(tx)
			_, err := tx.Exec(ctx, "DELETE FROM tokens WHERE grant_hash = $1", hash)
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE grants SET used = $1 WHERE hash = $2", now, hash); err != nil {
			return err
		}
		t, err = insertToken(ctx, tx, p.ID, g.account, g.scopes, hash)
		return err
	})
	if err != nil {
		return Token{}, fmt.Errorf("redeem code for app %d: %w", p.ID, err)
	}
	return t, refused
}

// verifies: RFC 7636 §4.6, S256 only. A verifier without a challenge is a downgrade (RFC 9700 §2.1.1).
func verifies(challenge, verifier string) bool {
	if challenge == "" {
		return verifier == ""
	}
	if len(verifier) < 43 || len(verifier) > 128 {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// Revoke ends a token (RFC 7009). One that is gone already is no error.
func (a *Auth) Revoke(ctx context.Context, clientID, secret, token string) error {
	p, err := a.client(ctx, clientID, secret)
	if err != nil {
		return err
	}
	var refused error
	err = a.d.Tx(ctx, func(tx *db.Tx) error {
		refused = nil
		owner, err := db.One(ctx, tx, db.Scalar[int64], "SELECT app FROM tokens WHERE hash = $1", hashOf(token))
		switch {
		case errors.Is(err, fault.NotFound):
			return nil
		case err != nil:
			return err
		case owner != p.ID:
			refused = oauth("unauthorized_client", 403, "The token belongs to another application.")
			return nil
		}
		a.revoked(tx)
		_, err = tx.Exec(ctx, "DELETE FROM tokens WHERE hash = $1", hashOf(token))
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke token of app %d: %w", p.ID, err)
	}
	return refused
}
