// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/timeline"
)

// alertKinds are the notifications that can be pushed: a subscription shows each.
var alertKinds = []string{"mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "quote", "quoted_update", "admin.sign_up", "admin.report"}

type subscriptionEntity struct {
	ID        int64           `json:"id"` // Mastodon sends a number, and clients decode one
	Endpoint  string          `json:"endpoint"`
	Standard  bool            `json:"standard"`
	ServerKey string          `json:"server_key"`
	Alerts    map[string]bool `json:"alerts"`
	Policy    string          `json:"policy"`
}

func (a *API) showSubscription(ctx context.Context, s timeline.Subscription, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	key, err := a.push.public(ctx, a.Dir)
	x := subscriptionEntity{ID: s.ID, Endpoint: s.Endpoint, Standard: s.Standard, ServerKey: key, Alerts: map[string]bool{}, Policy: s.Policy}
	for _, kind := range alertKinds {
		x.Alerts[kind] = slices.Contains(s.Alerts, kind)
	}
	return x, err
}

// choose takes over data[alerts] and the policy, which Mastodon's documentation has in two places.
func choose(c *call, s *timeline.Subscription) error {
	data := c.Get("data")
	for _, kind := range alertKinds {
		if on := data.Get("alerts").Choice(kind); on != nil {
			s.Alerts = slices.DeleteFunc(s.Alerts, func(k string) bool { return k == kind })
			if *on {
				s.Alerts = append(s.Alerts, kind)
			}
		}
	}
	for _, policy := range []string{c.Text("policy"), data.Text("policy")} {
		switch policy {
		case "":
		case "all", "followed", "follower", "none":
			s.Policy = policy
		default:
			return fault.Say(fault.Invalid, "Validation failed: the policy must be all, followed, follower or none.")
		}
	}
	return nil
}

func (a *API) subscribe(ctx context.Context, c *call) (any, error) {
	of := c.Get("subscription")
	s := timeline.Subscription{Token: c.access.TokenID, Owner: c.viewer.ID, Endpoint: of.Text("endpoint"), Standard: of.Bool("standard", false), Policy: "all"}
	if err := a.Dir.Client.CheckPushEndpoint(s.Endpoint); err != nil {
		return nil, err
	}
	keys := of.Get("keys")
	for name, into := range map[string]*[]byte{"p256dh": &s.Key, "auth": &s.Secret} {
		var err error
		if *into, err = decodeKey(keys.Text(name)); err != nil {
			return nil, fault.Say(fault.Invalid, "Validation failed: the key %s is not base64.", name)
		}
	}
	if err := federation.CheckPushKeys(s.Key, s.Secret); err != nil {
		return nil, err
	}
	if err := choose(c, &s); err != nil {
		return nil, err
	}
	var err error
	if s.Bearer, err = a.Dir.Seal([]byte(c.bearer), sealedBearer(s.Token)); err != nil {
		return nil, err
	}
	s, err = a.Timelines.Subscribe(ctx, s)
	return a.showSubscription(ctx, s, err)
}

// decodeKey reads base64 of either alphabet, padded or not.
func decodeKey(text string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(text))
}

func sealedBearer(token int64) string { return "push " + digits(token) }

func (a *API) subscription(ctx context.Context, c *call) (any, error) {
	s, err := a.Timelines.Subscription(ctx, c.access.TokenID)
	return a.showSubscription(ctx, s, err)
}

func (a *API) changeSubscription(ctx context.Context, c *call) (any, error) {
	s, err := a.Timelines.Subscription(ctx, c.access.TokenID)
	if err == nil {
		err = choose(c, &s)
	}
	if err == nil {
		s, err = a.Timelines.Subscribe(ctx, s)
	}
	return a.showSubscription(ctx, s, err)
}

func (a *API) unsubscribe(ctx context.Context, c *call) (any, error) {
	return empty{}, a.Timelines.Unsubscribe(ctx, c.access.TokenID, "")
}
