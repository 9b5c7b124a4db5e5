// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"runtime"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/moderation"
)

// Figures about the node, counted when they are asked for.

type measure struct {
	Key      string   `json:"key"`
	Unit     *string  `json:"unit"`
	Total    string   `json:"total"`
	Previous string   `json:"previous_total"`
	Data     []amount `json:"data"`
}

type amount struct {
	Date  string `json:"date"`
	Value string `json:"value"`
}

type dimension struct {
	Key  string `json:"key"`
	Data []part `json:"data"`
}

type part struct {
	Key   string  `json:"key"`
	Human string  `json:"human_key"`
	Value string  `json:"value"`
	Unit  *string `json:"unit,omitempty"`
	Words *string `json:"human_value,omitempty"`
}

type cohort struct {
	Period    string `json:"period"`
	Frequency string `json:"frequency"`
	Data      []kept `json:"data"`
}

type kept struct {
	Date  string  `json:"date"`
	Rate  float64 `json:"rate"`
	Value string  `json:"value"`
}

const mostFigures = 30 // in one call

// period reads start_at and end_at: dates, or times. Without them it is the last month.
func (c *call) period() (moderation.Period, error) {
	now := time.Now()
	ends := [2]time.Time{now.AddDate(0, 0, -29), now}
	for i, key := range []string{"start_at", "end_at"} {
		text := c.Text(key)
		if text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			if at, err = time.Parse(time.DateOnly, text); err != nil {
				return moderation.Period{}, fault.Say(fault.Invalid, "Validation failed: %s must be a date as 2026-11-24", key)
			}
		}
		ends[i] = at
	}
	return moderation.NewPeriod(ends[0], ends[1])
}

func (c *call) keys() ([]string, error) {
	keys := c.List("keys")
	if len(keys) == 0 || len(keys) > mostFigures {
		return nil, fault.Say(fault.Invalid, "Validation failed: keys must have 1 to %d names", mostFigures)
	}
	return keys, nil
}

// subject is what a figure is about: a hashtag, a domain, or nothing in particular.
func (a *API) subject(ctx context.Context, c *call, key string) (string, error) {
	switch about := c.Get(key); {
	case strings.HasPrefix(key, "tag_"):
		if about.Text("id") == "" {
			return "", fault.Say(fault.Invalid, "Validation failed: %s[id] can't be blank", key)
		}
		return a.tagNumbered(ctx, about.Text("id"))
	case strings.HasPrefix(key, "instance_"):
		if about.Text("domain") == "" {
			return "", fault.Say(fault.Invalid, "Validation failed: %s[domain] can't be blank", key)
		}
		return strings.ToLower(about.Text("domain")), nil
	}
	return "", nil
}

func (a *API) adminMeasures(ctx context.Context, c *call) (any, error) {
	p, err := c.period()
	if err != nil {
		return nil, err
	}
	keys, err := c.keys()
	if err != nil {
		return nil, err
	}
	all := make([]measure, len(keys))
	for i, key := range keys {
		subject, err := a.subject(ctx, c, key)
		if err != nil {
			return nil, err
		}
		m, err := moderation.MeasureOf(ctx, a.DB, key, subject, p)
		if err != nil {
			return nil, err
		}
		all[i] = measure{Key: key, Total: digits(m.Total), Previous: digits(m.Previous), Data: make([]amount, len(m.Counts))}
		for n, count := range m.Counts {
			all[i].Data[n] = amount{stamp(p.From.AddDate(0, 0, n)), digits(count)}
		}
	}
	return all, nil
}

func (a *API) adminDimensions(ctx context.Context, c *call) (any, error) {
	p, err := c.period()
	if err != nil {
		return nil, err
	}
	keys, err := c.keys()
	if err != nil {
		return nil, err
	}
	limit, err := c.limit(limits{10, 100})
	if err != nil {
		return nil, err
	}
	all := make([]dimension, len(keys))
	for i, key := range keys {
		parts, err := a.parts(ctx, c, key, p, limit)
		if err != nil {
			return nil, err
		}
		all[i] = dimension{key, make([]part, len(parts))}
		for n, x := range parts {
			one := part{Key: x.Key, Human: x.Name, Value: digits(x.Value), Unit: textOrNull(x.Unit)}
			if x.Text != "" {
				one.Value = x.Text
			}
			all[i].Data[n] = one
		}
	}
	return all, nil
}

func (a *API) parts(ctx context.Context, c *call, key string, p moderation.Period, limit int) ([]moderation.Part, error) {
	switch key {
	case "software_versions":
		return moderation.SoftwareVersions(ctx, a.DB, a.Version, strings.TrimPrefix(runtime.Version(), "go"))
	case "space_usage":
		return moderation.SpaceUsage(ctx, a.DB)
	}
	subject, err := a.subject(ctx, c, key)
	if err != nil {
		return nil, err
	}
	return moderation.DimensionOf(ctx, a.DB, key, subject, p, limit)
}

func (a *API) adminRetention(ctx context.Context, c *call) (any, error) {
	p, err := c.period()
	if err != nil {
		return nil, err
	}
	frequency := c.Text("frequency")
	if frequency != "day" && frequency != "month" {
		return nil, fault.Say(fault.Invalid, "Validation failed: frequency must be day or month")
	}
	cohorts, err := moderation.Retention(ctx, a.DB, p, frequency == "month")
	all := make([]cohort, len(cohorts))
	for i, x := range cohorts {
		all[i] = cohort{stamp(x.Start), frequency, make([]kept, len(x.Counts))}
		for n, k := range x.Counts {
			all[i].Data[n] = kept{stamp(k.Start), k.Rate, digits(k.Count)}
		}
	}
	return all, err
}
