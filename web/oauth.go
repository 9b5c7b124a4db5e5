// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/fault"
)

type consentBody struct {
	auth.Consent
	Request auth.AuthorizeRequest
	Who     *profileLink
	May     []mayGroup
	MayNot  []string
	Admin   bool         // it asks to govern a node, which the person may not do anyway
	Website string       // host of the app's own website
	Target  string       // where the browser goes afterwards, in words; "": the code is shown
	Known   bool         // the code goes to the website that the app names, so that somebody answers for its name
	Deny    template.URL // the app's own address, checked when it was registered
	Other   string       // the way to use another account
}

// sendBody is an answer that the browser brings to the app by a form.
type sendBody struct {
	App    string
	To     template.URL
	Fields url.Values
}

type codeBody struct{ App, Code string }

func authorizeRequest(v url.Values) auth.AuthorizeRequest {
	return auth.AuthorizeRequest{ResponseType: v.Get("response_type"), ClientID: v.Get("client_id"), RedirectURI: v.Get("redirect_uri"),
		Scope: v.Get("scope"), State: v.Get("state"), CodeChallenge: v.Get("code_challenge"), CodeChallengeMethod: v.Get("code_challenge_method"),
		ResponseMode: v.Get("response_mode")}
}

// authorize asks a person whether an app may use the account (RFC 6749 §4.1.1).
func (w *Web) authorize(rw http.ResponseWriter, q *request) error {
	values := q.URL.Query()
	ask := authorizeRequest(values)
	consent, err := w.Auth.Authorize(q.Context(), ask)
	if err != nil {
		return w.refuse(rw, q, ask, err)
	}
	if q.account == nil || values.Get("force_login") == "true" || values.Get("force_login") == "1" {
		values.Del("force_login")
		http.Redirect(rw, q.Request, "/login?again=1&return="+url.QueryEscape("/oauth/authorize?"+values.Encode()), http.StatusFound)
		return nil
	}
	who, err := actors.Get(q.Context(), w.DB, q.account.ID)
	if err != nil {
		return err
	}
	denied := ask.Refusal("access_denied", "The request was refused.")
	if values.Get("deny") != "" && denied.Fields != nil {
		return w.sendOn(rw, q, ask, consent.App.Name, denied)
	}
	body := consentBody{Consent: consent, Request: ask, Who: w.link(who), May: mayGroups(q.loc, consent.Scopes), MayNot: mayNotWords(q.loc, consent.Scopes),
		Admin: asksAdmin(consent.Scopes) && !q.account.Admin, Target: targetWords(ask), Deny: template.URL(denied.URL)}
	if u, err := url.Parse(consent.App.Website); err == nil {
		body.Website = u.Host
		body.Known = u.Scheme == "https" && strings.HasPrefix(ask.RedirectURI, "https://") && strings.EqualFold(u.Host, body.Target)
	}
	switch {
	case denied.Fields != nil:
		values.Set("deny", "1")
		body.Deny = template.URL("/oauth/authorize?" + values.Encode())
		values.Del("deny")
	case denied.URL == "":
		body.Deny = "/"
	}
	values.Set("force_login", "true")
	body.Other = "/oauth/authorize?" + values.Encode()
	return w.show(rw, q, "consent", page{Title: q.loc.T("consent.title", "app", consent.App.Name), Kind: "website", NoIndex: true, Bare: true,
		FormTo: consentFormTo(ask), Body: body})
}

// consentFormTo is the scheme that the consent form may lead to. Browsers hold form-action against every redirect that
// follows a form (CSP 3 §6.4.1), and the answer to this form is a redirect to the app, which may lead on to another host of
// its own. The address is one that the app registered; to go there at once, and by a plain 302, is what apps wait for.
func consentFormTo(ask auth.AuthorizeRequest) string {
	if ask.RedirectURI == auth.OutOfBand {
		return ""
	}
	u, err := url.Parse(ask.RedirectURI)
	if err != nil {
		return ""
	}
	return u.Scheme + ":"
}

func targetWords(ask auth.AuthorizeRequest) string {
	if ask.RedirectURI == auth.OutOfBand {
		return ""
	}
	u, err := url.Parse(ask.RedirectURI)
	if err != nil {
		return ""
	}
	if u.Scheme == "https" || u.Scheme == "http" {
		return u.Host
	}
	return u.Scheme + "://"
}

// approve gives the app its code.
func (w *Web) approve(rw http.ResponseWriter, q *request) error {
	ask := authorizeRequest(q.PostForm)
	if q.account == nil {
		values := url.Values{}
		for name, value := range q.PostForm {
			if name != csrfField {
				values[name] = value
			}
		}
		http.Redirect(rw, q.Request, "/login?return="+url.QueryEscape("/oauth/authorize?"+values.Encode()), http.StatusSeeOther)
		return nil
	}
	if err := w.checkForm(q); err != nil {
		return err
	}
	consent, err := w.Auth.Authorize(q.Context(), ask)
	if err != nil {
		return w.refuse(rw, q, ask, err)
	}
	code, err := w.Auth.Grant(q.Context(), q.account.ID, ask)
	if err != nil {
		return err
	}
	if to := ask.Code(code); to.URL != "" {
		return w.sendOn(rw, q, ask, consent.App.Name, to)
	}
	return w.show(rw, q, "code", page{Title: q.loc.T("consent.code"), Kind: "website", NoIndex: true, Bare: true, Body: codeBody{consent.App.Name, code}})
}

// refuse tells the app what is wrong with its question or, when it is not certain whose question it is, the person.
func (w *Web) refuse(rw http.ResponseWriter, q *request, ask auth.AuthorizeRequest, err error) error {
	p := page{Title: q.loc.T("consent.bad"), Status: http.StatusBadRequest, NoIndex: true, Body: q.loc.T("consent.bad.text")}
	var answer *auth.OAuthError
	switch {
	case errors.As(err, &answer):
		if to := ask.Refusal(answer.Code, answer.Description); to.URL != "" {
			return w.sendOn(rw, q, ask, "", to)
		}
		p.Title, p.Body = q.loc.T("consent.asked"), q.loc.T("consent.asked.text", "answer", answer.Description)
	case fault.Status(err) >= 500:
		return err
	}
	return w.show(rw, q, "error", p)
}

// sendOn brings an answer to an app: by a redirect, or by a form. The address is the registered one with something added to
// its query, and stays as it is: http.Redirect would clean it.
func (w *Web) sendOn(rw http.ResponseWriter, q *request, ask auth.AuthorizeRequest, app string, to auth.Answer) error {
	if to.Fields != nil {
		if app == "" {
			app = targetWords(ask)
		}
		return w.show(rw, q, "send", page{Title: q.loc.T("send.title", "app", app), Kind: "website", NoIndex: true, Bare: true, FormTo: consentFormTo(ask),
			Body: sendBody{app, template.URL(to.URL), to.Fields}})
	}
	rw.Header().Set("Location", to.URL)
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(http.StatusFound)
	return nil
}
