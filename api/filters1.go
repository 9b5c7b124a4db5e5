// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"slices"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

// filter1 is a filter as it was before Mastodon 4.0: one for each keyword of those that there are now, with its number.
type filter1 struct {
	ID           string   `json:"id"`
	Phrase       string   `json:"phrase"`
	Context      []string `json:"context"`
	ExpiresAt    *string  `json:"expires_at"`
	Irreversible bool     `json:"irreversible"`
	Whole        bool     `json:"whole_word"`
}

func filter1Of(f *timeline.Filter, w timeline.FilterWord) filter1 {
	return filter1{digits(w.ID), w.Word, f.Contexts, stampOrNull(f.Expires), f.Action == timeline.Hide, w.Whole}
}

func (a *API) filters1(ctx context.Context, c *call) (any, error) {
	list, err := a.Timelines.Filters(ctx, c.viewer)
	all := []filter1{}
	for _, f := range list {
		for _, w := range f.Words {
			all = append(all, filter1Of(f, w))
		}
	}
	return all, err
}

// myFilter1 is the keyword that the path names, with its filter.
func (c *call) myFilter1(ctx context.Context) (*timeline.Filter, timeline.FilterWord, error) {
	w, err := c.myWord(ctx)
	if err != nil {
		return nil, w, err
	}
	f, err := c.api.Timelines.Filter(ctx, c.viewer, w.Filter)
	return f, w, err
}

func (a *API) oneFilter1(ctx context.Context, c *call) (any, error) {
	f, w, err := c.myFilter1(ctx)
	if err != nil {
		return nil, err
	}
	return filter1Of(f, w), nil
}

func (a *API) createFilter1(ctx context.Context, c *call) (any, error) {
	change, word, err := c.filter1Change()
	if err != nil {
		return nil, err
	}
	whole := c.Bool("whole_word", false) // unlike that of version 2
	word.Whole = &whole
	change.Title, change.Words = word.Word, []timeline.WordChange{word}
	f, err := a.Timelines.ChangeFilter(ctx, c.viewer, 0, change)
	if err != nil {
		return nil, err
	}
	return filter1Of(f, f.Words[0]), nil
}

func (a *API) updateFilter1(ctx context.Context, c *call) (any, error) {
	f, w, err := c.myFilter1(ctx)
	if err != nil {
		return nil, err
	}
	change, word, err := c.filter1Change()
	if err != nil {
		return nil, err
	}
	if len(f.Words) > 1 && (change.Expires != nil || change.Action != nil || change.Contexts != nil && !sameTexts(*change.Contexts, f.Contexts)) {
		return nil, fault.Say(fault.Invalid, "Validation failed: this filter has several keywords, so that only its phrase can be changed here: use a newer app.")
	}
	if len(f.Words) == 1 {
		change.Title = word.Word
	}
	word.ID = w.ID
	change.Words = []timeline.WordChange{word}
	if f, err = a.Timelines.ChangeFilter(ctx, c.viewer, f.ID, change); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(f.Words, func(one timeline.FilterWord) bool { return one.ID == w.ID })
	return filter1Of(f, f.Words[at]), nil
}

func sameTexts(a, b []string) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}

func (c *call) filter1Change() (change timeline.FilterChange, word timeline.WordChange, err error) {
	if change.Contexts, change.Expires, err = c.filterTimes(); err != nil {
		return change, word, err
	}
	if hide := c.Choice("irreversible"); hide != nil {
		action := timeline.Warn
		if *hide {
			action = timeline.Hide
		}
		change.Action = &action
	}
	word.Word, word.Whole = c.given("phrase"), c.Choice("whole_word")
	if word.Word == nil || *word.Word == "" {
		return change, word, fault.Say(fault.Invalid, "Validation failed: Phrase can't be blank")
	}
	return change, word, nil
}

func (a *API) deleteFilter1(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return empty{}, a.Timelines.DeleteWord(ctx, c.viewer, id, true)
}
