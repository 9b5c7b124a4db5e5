// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

type filter struct {
	ID        string          `json:"id"`
	Title     string          `json:"title"`
	Context   []string        `json:"context"`
	ExpiresAt *string         `json:"expires_at"`
	Action    string          `json:"filter_action"`
	Keywords  *[]filterWord   `json:"keywords,omitempty"` // absent in a filterResult
	Statuses  *[]filterStatus `json:"statuses,omitempty"`
}

type filterWord struct {
	ID      string `json:"id"`
	Keyword string `json:"keyword"`
	Whole   bool   `json:"whole_word"`
}

type filterStatus struct {
	ID       string `json:"id"`
	StatusID string `json:"status_id"`
}

// filterResult is what of a status a filter matches. Filters of every context are told: the client knows in which it shows the status.
type filterResult struct {
	Filter   filter    `json:"filter"`
	Keywords *[]string `json:"keyword_matches"`
	Statuses *[]string `json:"status_matches"`
}

func filterWordOf(w timeline.FilterWord) filterWord {
	return filterWord{digits(w.ID), w.Word, w.Whole}
}

func filterStatusOf(i timeline.FilterItem) filterStatus {
	return filterStatus{digits(i.ID), digits(i.Item)}
}

func briefFilter(f *timeline.Filter) filter {
	return filter{ID: digits(f.ID), Title: f.Title, Context: f.Contexts, ExpiresAt: stampOrNull(f.Expires), Action: f.Action}
}

func filterOf(f *timeline.Filter) filter {
	x, words, statuses := briefFilter(f), make([]filterWord, len(f.Words)), make([]filterStatus, len(f.Items))
	for n, w := range f.Words {
		words[n] = filterWordOf(w)
	}
	for n, i := range f.Items {
		statuses[n] = filterStatusOf(i)
	}
	x.Keywords, x.Statuses = &words, &statuses
	return x
}

// filtered is what the viewer's filters say of an item; boost is the number of the boost that shows it.
func (s *shown) filtered(i *content.Item, boost content.ID) []filterResult {
	all := []filterResult{}
	for _, m := range s.filters.Match(i, s.tags[i.ID], s.files[int64(i.ID)], boost) {
		r := filterResult{Filter: briefFilter(m.Filter)}
		if len(m.Words) > 0 {
			r.Keywords = &m.Words
		}
		if len(m.Items) > 0 {
			ids := make([]string, len(m.Items))
			for n, id := range m.Items {
				ids[n] = digits(id)
			}
			r.Statuses = &ids
		}
		all = append(all, r)
	}
	return all
}

func (a *API) filters(ctx context.Context, c *call) (any, error) {
	list, err := a.Timelines.Filters(ctx, c.viewer)
	all := make([]filter, len(list))
	for n, f := range list {
		all[n] = filterOf(f)
	}
	return all, err
}

// myFilter is the filter that the path names.
func (c *call) myFilter(ctx context.Context) (*timeline.Filter, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return c.api.Timelines.Filter(ctx, c.viewer, id)
}

func (a *API) oneFilter(ctx context.Context, c *call) (any, error) {
	f, err := c.myFilter(ctx)
	if err != nil {
		return nil, err
	}
	return filterOf(f), nil
}

func (a *API) createFilter(ctx context.Context, c *call) (any, error) {
	return a.changeFilter(ctx, c, 0)
}

func (a *API) updateFilter(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return a.changeFilter(ctx, c, id)
}

func (a *API) changeFilter(ctx context.Context, c *call, id int64) (any, error) {
	change := timeline.FilterChange{Title: c.given("title"), Action: c.given("filter_action")}
	if change.Action != nil && *change.Action == "blur_media" { // as one page of Mastodon's documentation calls it
		*change.Action = timeline.Blur
	}
	var err error
	if change.Contexts, change.Expires, err = c.filterTimes(); err != nil {
		return nil, err
	}
	for _, p := range c.Items("keywords_attributes") {
		w, err := p.wordChange("keyword")
		if err != nil {
			return nil, err
		}
		if w.Remove && w.ID == 0 {
			continue // added and removed at once
		}
		change.Words = append(change.Words, w)
	}
	f, err := a.Timelines.ChangeFilter(ctx, c.viewer, id, change)
	if err != nil {
		return nil, err
	}
	return filterOf(f), nil
}

// given is a text that was sent, and nil for what was not.
func (p *params) given(key string) *string {
	if !p.Has(key) || p.Get(key).null {
		return nil
	}
	s := p.Text(key)
	return &s
}

// filterTimes reads where a filter counts and until when: expires_in that is sent empty or null means for good.
func (c *call) filterTimes() (contexts *[]string, expires *time.Time, err error) {
	if c.Has("context") {
		list := c.List("context")
		contexts = &list
	}
	if !c.Has("expires_in") {
		return contexts, nil, nil
	}
	const longest = 100 * 365 * 24 * 3600
	seconds, err := c.Number("expires_in")
	if err != nil || strings.TrimSpace(c.Text("expires_in")) != "" && (seconds <= 0 || seconds > longest) {
		return nil, nil, fault.Say(fault.Invalid, "Validation failed: expires_in must be a number of seconds, or empty for a filter that stays.")
	}
	expires = &time.Time{}
	if seconds > 0 {
		*expires = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	return contexts, expires, nil
}

// wordChange reads one keyword; name is that of its text.
func (p *params) wordChange(name string) (timeline.WordChange, error) {
	id, err := p.Number("id")
	if err != nil || id < 0 {
		return timeline.WordChange{}, fault.Say(fault.NotFound, "Record not found")
	}
	return timeline.WordChange{ID: id, Word: p.given(name), Whole: p.Choice("whole_word"), Remove: p.Bool("_destroy", false)}, nil
}

func (a *API) deleteFilter(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return empty{}, a.Timelines.DeleteFilter(ctx, c.viewer, id)
}

func (a *API) filterWords(ctx context.Context, c *call) (any, error) {
	f, err := c.myFilter(ctx)
	if err != nil {
		return nil, err
	}
	return *filterOf(f).Keywords, nil
}

func (a *API) addFilterWord(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	w, err := a.Timelines.ChangeWord(ctx, c.viewer, id, timeline.WordChange{Word: c.given("keyword"), Whole: c.Choice("whole_word")})
	return filterWordOf(w), err
}

// myWord is the keyword that the path names.
func (c *call) myWord(ctx context.Context) (timeline.FilterWord, error) {
	id, err := c.id("id")
	if err != nil {
		return timeline.FilterWord{}, err
	}
	return c.api.Timelines.FilterWord(ctx, c.viewer, id)
}

func (a *API) oneFilterWord(ctx context.Context, c *call) (any, error) {
	w, err := c.myWord(ctx)
	return filterWordOf(w), err
}

func (a *API) changeFilterWord(ctx context.Context, c *call) (any, error) {
	w, err := c.myWord(ctx)
	if err != nil {
		return nil, err
	}
	text := c.Text("keyword")
	w, err = a.Timelines.ChangeWord(ctx, c.viewer, w.Filter, timeline.WordChange{ID: w.ID, Word: &text, Whole: c.Choice("whole_word")})
	return filterWordOf(w), err
}

func (a *API) deleteFilterWord(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return empty{}, a.Timelines.DeleteWord(ctx, c.viewer, id, false)
}

func (a *API) filterStatuses(ctx context.Context, c *call) (any, error) {
	f, err := c.myFilter(ctx)
	if err != nil {
		return nil, err
	}
	return *filterOf(f).Statuses, nil
}

func (a *API) addFilterStatus(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	of, err := c.Number("status_id")
	if err != nil || of <= 0 {
		return nil, fault.Say(fault.NotFound, "Record not found")
	}
	x, err := a.Timelines.FilterThis(ctx, c.viewer, id, content.ID(of))
	return filterStatusOf(x), err
}

func (a *API) oneFilterStatus(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	x, err := a.Timelines.FilterItem(ctx, c.viewer, id)
	return filterStatusOf(x), err
}

func (a *API) deleteFilterStatus(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	x, err := a.Timelines.UnfilterThis(ctx, c.viewer, id)
	return filterStatusOf(x), err
}
