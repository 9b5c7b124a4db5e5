// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/locale"
	"github.com/pleio-node/pleio-node/timeline"
)

const (
	pushLife    = 48 * time.Hour // after that a notification is no news
	maxPushText = 140            // characters of a title and of a body
)

// pushKey is the node's key pair for push services (VAPID), made when it is first asked for.
type pushKey struct {
	mu  sync.Mutex
	key *ecdsa.PrivateKey
}

func (p *pushKey) private(ctx context.Context, dir *actors.Directory) (*ecdsa.PrivateKey, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.key != nil {
		return p.key, nil
	}
	secret, err := dir.Lasting(ctx, "vapid", func() ([]byte, error) {
		key, err := federation.NewPushKey()
		if err != nil {
			return nil, err
		}
		return key.Bytes()
	})
	if err != nil {
		return nil, err
	}
	p.key, err = ecdsa.ParseRawPrivateKey(elliptic.P256(), secret)
	return p.key, err
}

// public is the public key as clients get it: base64url with its padding, as Mastodon has it.
func (p *pushKey) public(ctx context.Context, dir *actors.Directory) (string, error) {
	key, err := p.private(ctx, dir)
	if err != nil {
		return "", err
	}
	point, err := federation.PushPublic(key)
	return base64.URLEncoding.EncodeToString(point), err
}

// Prepare registers the work that the API does later. Call it before the jobs run.
func (a *API) Prepare() { a.Timelines.Jobs.HandleSlow(timeline.JobPush, a.pushOne) }

// pushed is what a client shows without asking the server anything.
type pushed struct {
	AccessToken     string `json:"access_token"`
	PreferredLocale string `json:"preferred_locale"`
	NotificationID  int64  `json:"notification_id"` // a number, as Mastodon sends it
	Type            string `json:"notification_type"`
	Icon            string `json:"icon"`
	Title           string `json:"title"`
	Body            string `json:"body"`
}

// breaks are where one word ends and the next begins.
var breaks = strings.NewReplacer("<br>", " ", "<br/>", " ", "</p>", " ", "</li>", " ")

// pushOne is the job JobPush. What the owner may no longer see, or is no news, is not sent.
func (a *API) pushOne(ctx context.Context, payload []byte) error {
	var p timeline.Pushed
	if err := json.Unmarshal(payload, &p); err != nil {
		return jobs.Never(err)
	}
	if time.Since(db.TimeOf(p.Notification)) > pushLife {
		return nil
	}
	s, err := a.Timelines.Subscription(ctx, p.Token)
	if errors.Is(err, fault.NotFound) {
		return nil
	} else if err != nil {
		return err
	}
	living, err := a.Auth.Living(ctx, []int64{p.Token})
	if err != nil || !living[p.Token] {
		return err
	}
	n, err := a.notificationOf(ctx, actors.Viewer{ID: s.Owner}, p.Notification)
	if err != nil {
		return ignoreMissing(err)
	}
	text, err := a.pushText(ctx, s, p.Notification, n)
	if err != nil {
		return err
	}
	key, err := a.push.private(ctx, a.Dir)
	if err != nil {
		return err
	}
	contact := a.Dir.URL("/")
	if a.Email != "" {
		contact = "mailto:" + a.Email
	}
	urgency := "normal"
	if n.Type == timeline.Mention || n.Type == timeline.FollowRequest {
		urgency = "high"
	}
	answer, err := a.Dir.Client.Push(ctx, federation.Push{Endpoint: s.Endpoint, Key: s.Key, Secret: s.Secret, Standard: s.Standard, Payload: text,
		TTL: pushLife, Urgency: urgency, From: key, Contact: contact})
	if err != nil {
		return err
	}
	switch {
	case answer.Status/100 == 2:
		return nil
	case answer.Status == http.StatusNotFound, answer.Status == http.StatusGone: // RFC 8030 §7.3
		return a.Timelines.Unsubscribe(ctx, p.Token, s.Endpoint)
	case answer.RetryAfter > 0:
		return jobs.Retry(time.Now().Add(answer.RetryAfter))
	case answer.Status/100 == 4 && answer.Status != http.StatusRequestTimeout && answer.Status != http.StatusTooManyRequests:
		return jobs.Never(fmt.Errorf("push to %s: it answers %d: %s", federation.Host(s.Endpoint), answer.Status, answer.Body))
	}
	return fmt.Errorf("push to %s: it answers %d", federation.Host(s.Endpoint), answer.Status)
}

func (a *API) pushText(ctx context.Context, s timeline.Subscription, id int64, n *notification) ([]byte, error) {
	bearer, err := a.Dir.Unseal(s.Bearer, sealedBearer(s.Token))
	if err != nil {
		return nil, err
	}
	account, err := a.Auth.Account(ctx, a.DB, s.Owner)
	if err != nil {
		return nil, err
	}
	words := locale.Match(account.Locale)
	body := n.Account.Note
	if n.Status != nil {
		if body = n.Status.Content; n.Status.SpoilerText != "" { // which is there so that nobody reads on by accident
			body = html.EscapeString(n.Status.SpoilerText)
		}
	}
	title := "push." + n.Type
	if n.Type == timeline.AdminReport && n.Account.Group {
		title = "push.group.report"
	}
	x := pushed{AccessToken: string(bearer), PreferredLocale: words.Code, NotificationID: id, Type: n.Type, Icon: n.Account.Avatar,
		Title: actors.CleanText(words.T(title, "name", n.Account.DisplayName), maxPushText),
		Body:  actors.CleanText(html.UnescapeString(markup.ReplaceAllString(breaks.Replace(body), "")), maxPushText)}
	text, err := encode(x)
	if err == nil && len(text) > federation.MaxPush { // an address of unusual length
		x.Icon = ""
		text, err = encode(x)
	}
	return text, err
}
