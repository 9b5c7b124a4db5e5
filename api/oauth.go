// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"net/url"
	"strings"

	"github.com/pleio-node/pleio-node/auth"
)

type application struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Website      *string  `json:"website"`
	Scopes       []string `json:"scopes"`
	RedirectURIs []string `json:"redirect_uris"`
	RedirectURI  string   `json:"redirect_uri"`
	VapidKey     string   `json:"vapid_key"`
}

type credentialApplication struct {
	application
	ClientID      string `json:"client_id"`
	ClientSecret  string `json:"client_secret"`
	SecretExpires int    `json:"client_secret_expires_at"` // 0: never
}

func (a *API) applicationOf(ctx context.Context, p auth.App) (application, error) {
	key, err := a.push.public(ctx, a.Dir)
	return application{VapidKey: key, ID: digits(p.ID), Name: p.Name, Website: textOrNull(p.Website), Scopes: append([]string{}, p.Scopes...),
		RedirectURIs: append([]string{}, p.RedirectURIs...), RedirectURI: strings.Join(p.RedirectURIs, "\n")}, err
}

func (a *API) registerApp(ctx context.Context, c *call) (any, error) {
	p, secret, err := a.Auth.RegisterApp(ctx, c.Text("client_name"), c.List("redirect_uris"), c.Text("scopes"), c.Text("website"))
	if err != nil {
		return nil, err
	}
	shown, err := a.applicationOf(ctx, p)
	return credentialApplication{application: shown, ClientID: p.ClientID, ClientSecret: secret}, err
}

func (a *API) verifyApp(ctx context.Context, c *call) (any, error) {
	return a.applicationOf(ctx, c.access.App)
}

type token struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	Scope       string `json:"scope"`
	CreatedAt   int64  `json:"created_at"` // seconds
}

// client is the client's name and secret: in the body, or by Basic authentication (RFC 6749 §2.3.1).
func (c *call) client() (id, secret string) {
	id, secret = c.Text("client_id"), c.Text("client_secret")
	if user, password, ok := c.r.BasicAuth(); ok && id == "" {
		if u, err := url.QueryUnescape(user); err == nil {
			user = u
		}
		if p, err := url.QueryUnescape(password); err == nil {
			password = p
		}
		id, secret = user, password
	}
	return id, secret
}

func (a *API) token(ctx context.Context, c *call) (any, error) {
	id, secret := c.client()
	t, err := a.Auth.Exchange(ctx, auth.TokenRequest{GrantType: c.Text("grant_type"), ClientID: id, ClientSecret: secret, Code: c.Text("code"),
		RedirectURI: c.Text("redirect_uri"), CodeVerifier: c.Text("code_verifier"), Scope: c.Text("scope")})
	if err != nil {
		return nil, err
	}
	return token{t.AccessToken, "Bearer", t.Scopes.String(), t.Created.Unix()}, nil
}

func (a *API) revoke(ctx context.Context, c *call) (any, error) {
	id, secret := c.client()
	return empty{}, a.Auth.Revoke(ctx, id, secret, c.Text("token"))
}

type userinfo struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Name     string `json:"name"`
	Username string `json:"preferred_username"`
	Profile  string `json:"profile"`
	Picture  string `json:"picture"`
}

func (a *API) userinfo(ctx context.Context, c *call) (any, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	x := a.account(me)
	return userinfo{a.Dir.URL("/"), me.IRI, x.DisplayName, me.Name, me.URL, x.Avatar}, nil
}

// discovery is the metadata of RFC 8414, with the one extension that clients of Mastodon look for.
type discovery struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Revocation    string   `json:"revocation_endpoint"`
	Userinfo      string   `json:"userinfo_endpoint"`
	Registration  string   `json:"app_registration_endpoint"`
	Scopes        []string `json:"scopes_supported"`
	ResponseTypes []string `json:"response_types_supported"`
	ResponseModes []string `json:"response_modes_supported"`
	GrantTypes    []string `json:"grant_types_supported"`
	Challenges    []string `json:"code_challenge_methods_supported"`
	Methods       []string `json:"token_endpoint_auth_methods_supported"`
	Documentation string   `json:"service_documentation"`
}

func (a *API) discovery(context.Context, *call) (any, error) {
	return discovery{Issuer: a.Dir.URL("/"), Authorization: a.Dir.URL("/oauth/authorize"), Token: a.Dir.URL("/oauth/token"), Revocation: a.Dir.URL("/oauth/revoke"),
		Userinfo: a.Dir.URL("/oauth/userinfo"), Registration: a.Dir.URL("/api/v1/apps"), Scopes: auth.Supported(), ResponseTypes: []string{"code"},
		ResponseModes: auth.ResponseModes(), GrantTypes: []string{"authorization_code", "client_credentials"}, Challenges: []string{"S256"},
		Methods: []string{"client_secret_basic", "client_secret_post"}, Documentation: "https://docs.joinmastodon.org/"}, nil
}
