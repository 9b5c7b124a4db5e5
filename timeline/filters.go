// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// What a filter may hold, so that looking through a page stays cheap.
const (
	maxFilterTitle = 256  // characters
	maxFilterWord  = 512  // characters
	mostFilters    = 200  // of one person
	mostWords      = 1000 // in one filter
	mostFiltered   = 1000 // posts in one filter
	mostWordsInAll = 2000 // of one person: each is looked for in every post that is shown, also by the one who feeds all streams
)

// What a client does with what a filter matches (https://docs.joinmastodon.org/entities/Filter/).
const (
	Warn = "warn"
	Hide = "hide"
	Blur = "blur"
)

// Filter is what one of ours does not want to see, or not at once. Where it counts and what happens then is for the client.
type Filter struct {
	ID       int64
	Title    string
	Contexts []string // home, notifications, public, thread, account
	Action   string
	Expires  time.Time // zero: never
	Words    []FilterWord
	Items    []FilterItem
}

// FilterWord is a text that a filter matches.
type FilterWord struct {
	ID, Filter int64
	Word       string
	Whole      bool // not inside of a longer word
}

// FilterItem is one post that a filter matches.
type FilterItem struct {
	ID, Filter int64
	Item       content.ID
}

// FilterChange is what becomes of a filter: what is nil stays as it is.
type FilterChange struct {
	Title, Action *string
	Contexts      *[]string
	Expires       *time.Time // the zero time: never
	Words         []WordChange
}

// WordChange adds a word (ID 0), changes it or takes it out.
type WordChange struct {
	ID     int64
	Word   *string
	Whole  *bool
	Remove bool
}

func gone(err error) error {
	if errors.Is(err, fault.NotFound) {
		return fault.Say(fault.NotFound, "Record not found")
	}
	return err
}

// Filters are those of the viewer, with all that is in them, in the order in which they were made.
func (t *Timelines) Filters(ctx context.Context, v actors.Viewer) ([]*Filter, error) {
	return filters(ctx, t.DB, "f.owner = $1", v.ID)
}

// Filter is one filter of the viewer.
func (t *Timelines) Filter(ctx context.Context, v actors.Viewer, id int64) (*Filter, error) {
	return filter(ctx, t.DB, v, id)
}

func filter(ctx context.Context, q db.Q, v actors.Viewer, id int64) (*Filter, error) {
	all, err := filters(ctx, q, "f.owner = $1 AND f.id = $2", v.ID, id)
	if err == nil && len(all) == 0 {
		err = gone(fault.NotFound)
	}
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// filters loads the filters of a condition, in three queries.
func filters(ctx context.Context, q db.Q, condition string, args ...any) ([]*Filter, error) {
	all, err := db.All(ctx, q, scanFilter, "SELECT f.id, f.title, f.contexts, f.action, f.expires FROM filters f WHERE "+condition+" ORDER BY f.id", args...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	byID := map[int64]*Filter{}
	for _, f := range all {
		byID[f.ID] = f
	}
	words, err := db.All(ctx, q, scanWord, "SELECT w.id, w.filter, w.word, w.whole FROM filter_words w JOIN filters f ON f.id = w.filter WHERE "+condition+" ORDER BY w.id", args...)
	if err != nil {
		return nil, err
	}
	for _, w := range words {
		byID[w.Filter].Words = append(byID[w.Filter].Words, w)
	}
	items, err := db.All(ctx, q, scanFilterItem, "SELECT i.id, i.filter, i.item FROM filter_items i JOIN filters f ON f.id = i.filter WHERE "+condition+" ORDER BY i.id", args...)
	for _, i := range items {
		byID[i.Filter].Items = append(byID[i.Filter].Items, i)
	}
	return all, err
}

func scanFilter(r db.Scanner) (*Filter, error) {
	var f Filter
	var contexts string
	var expires int64
	err := r.Scan(&f.ID, &f.Title, &contexts, &f.Action, &expires)
	f.Contexts, f.Expires = strings.Fields(contexts), db.FromMillis(expires)
	return &f, err
}

func scanWord(r db.Scanner) (w FilterWord, err error) {
	return w, r.Scan(&w.ID, &w.Filter, &w.Word, &w.Whole)
}

func scanFilterItem(r db.Scanner) (i FilterItem, err error) {
	return i, r.Scan(&i.ID, &i.Filter, &i.Item)
}

// ChangeFilter changes a filter of the viewer, or makes one when id is 0.
func (t *Timelines) ChangeFilter(ctx context.Context, v actors.Viewer, id int64, c FilterChange) (f *Filter, err error) {
	err = t.changeFilters(ctx, v, func(tx *db.Tx) error {
		f = &Filter{Action: Warn}
		if id != 0 {
			if f, err = filter(ctx, tx, v, id); err != nil {
				return err
			}
		}
		if err := f.apply(c); err != nil {
			return err
		}
		if id == 0 {
			n, err := db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM filters WHERE owner = $1", v.ID)
			if err != nil {
				return err
			}
			if n >= mostFilters {
				return fault.Say(fault.Invalid, "Validation failed: you have %d filters, which is the limit: remove one first.", n)
			}
			f.ID = t.DB.NewID()
		}
		if _, err := tx.Exec(ctx, `INSERT INTO filters (id, owner, title, contexts, action, expires) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (id) DO UPDATE SET title = excluded.title, contexts = excluded.contexts, action = excluded.action, expires = excluded.expires`,
			f.ID, v.ID, f.Title, strings.Join(f.Contexts, " "), f.Action, db.Millis(f.Expires)); err != nil {
			return err
		}
		for _, w := range c.Words {
			if _, err := t.changeWord(ctx, tx, f, w); err != nil {
				return err
			}
		}
		f, err = filter(ctx, tx, v, f.ID)
		return err
	})
	return f, err
}

// apply checks and takes over what a change says of the filter itself.
func (f *Filter) apply(c FilterChange) error {
	if c.Title != nil {
		f.Title = strings.TrimSpace(*c.Title)
	}
	if c.Contexts != nil {
		f.Contexts = slices.Compact(slices.Sorted(slices.Values(*c.Contexts)))
	}
	if c.Action != nil {
		f.Action = *c.Action
	}
	if c.Expires != nil {
		f.Expires = *c.Expires
	}
	unknown := slices.ContainsFunc(f.Contexts, func(s string) bool {
		return !slices.Contains([]string{"home", "notifications", "public", "thread", "account"}, s)
	})
	switch {
	case f.Title == "":
		return fault.Say(fault.Invalid, "Validation failed: Title can't be blank")
	case utf8.RuneCountInString(f.Title) > maxFilterTitle:
		return fault.Say(fault.Invalid, "Validation failed: Title is longer than %d characters", maxFilterTitle)
	case len(f.Contexts) == 0 || unknown:
		return fault.Say(fault.Invalid, "Validation failed: Context None or invalid context supplied")
	case f.Action != Warn && f.Action != Hide && f.Action != Blur:
		return fault.Say(fault.Invalid, "Validation failed: filter_action must be warn, hide or blur.")
	}
	return nil
}

// changeWord changes one word of a filter, which knows its words.
func (t *Timelines) changeWord(ctx context.Context, tx *db.Tx, f *Filter, c WordChange) (w FilterWord, err error) {
	w = FilterWord{ID: t.DB.NewID(), Filter: f.ID, Whole: true}
	if c.ID != 0 {
		at := slices.IndexFunc(f.Words, func(w FilterWord) bool { return w.ID == c.ID })
		if at < 0 {
			return w, gone(fault.NotFound)
		}
		w = f.Words[at]
	}
	if c.Remove {
		_, err = tx.Exec(ctx, "DELETE FROM filter_words WHERE id = $1", c.ID)
		return w, err
	}
	if c.Word != nil {
		w.Word = strings.TrimSpace(*c.Word)
	}
	if c.Whole != nil {
		w.Whole = *c.Whole
	}
	switch {
	case w.Word == "":
		return w, fault.Say(fault.Invalid, "Validation failed: Keyword can't be blank")
	case utf8.RuneCountInString(w.Word) > maxFilterWord:
		return w, fault.Say(fault.Invalid, "Validation failed: Keyword is longer than %d characters", maxFilterWord)
	case len(f.Words) >= mostWords && c.ID == 0:
		return w, fault.Say(fault.Invalid, "Validation failed: a filter has at most %d keywords.", mostWords)
	}
	if c.ID == 0 {
		f.Words = append(f.Words, w)
	}
	_, err = tx.Exec(ctx, `INSERT INTO filter_words (id, filter, word, whole) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET word = excluded.word, whole = excluded.whole`, w.ID, w.Filter, w.Word, w.Whole)
	return w, err
}

// ChangeWord changes one word of a filter of the viewer.
func (t *Timelines) ChangeWord(ctx context.Context, v actors.Viewer, id int64, c WordChange) (w FilterWord, err error) {
	err = t.changeFilters(ctx, v, func(tx *db.Tx) error {
		f, err := filter(ctx, tx, v, id)
		if err == nil {
			w, err = t.changeWord(ctx, tx, f, c)
		}
		return err
	})
	return w, err
}

// FilterWord is one word of a filter of the viewer.
func (t *Timelines) FilterWord(ctx context.Context, v actors.Viewer, id int64) (FilterWord, error) {
	w, err := db.One(ctx, t.DB, scanWord, "SELECT w.id, w.filter, w.word, w.whole FROM filter_words w JOIN filters f ON f.id = w.filter WHERE w.id = $1 AND f.owner = $2", id, v.ID)
	return w, gone(err)
}

// FilterItem is one post in a filter of the viewer.
func (t *Timelines) FilterItem(ctx context.Context, v actors.Viewer, id int64) (FilterItem, error) {
	i, err := db.One(ctx, t.DB, scanFilterItem, "SELECT i.id, i.filter, i.item FROM filter_items i JOIN filters f ON f.id = i.filter WHERE i.id = $1 AND f.owner = $2", id, v.ID)
	return i, gone(err)
}

// FilterThis puts one post, which the viewer may see, in a filter; twice is once.
func (t *Timelines) FilterThis(ctx context.Context, v actors.Viewer, id int64, item content.ID) (x FilterItem, err error) {
	if _, err := content.Get(ctx, t.DB, v, item); err != nil {
		return x, err
	}
	err = t.changeFilters(ctx, v, func(tx *db.Tx) error {
		f, err := filter(ctx, tx, v, id)
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(f.Items, func(i FilterItem) bool { return i.Item == item }); at >= 0 {
			x = f.Items[at]
			return nil
		}
		if len(f.Items) >= mostFiltered {
			return fault.Say(fault.Invalid, "Validation failed: a filter has at most %d posts.", mostFiltered)
		}
		x = FilterItem{t.DB.NewID(), id, item}
		_, err = tx.Exec(ctx, "INSERT INTO filter_items (id, filter, item) VALUES ($1, $2, $3)", x.ID, id, item)
		return err
	})
	return x, err
}

// UnfilterThis takes a post out of a filter of the viewer.
func (t *Timelines) UnfilterThis(ctx context.Context, v actors.Viewer, id int64) (x FilterItem, err error) {
	err = t.changeFilters(ctx, v, func(tx *db.Tx) error {
		x, err = db.One(ctx, tx, scanFilterItem, "DELETE FROM filter_items WHERE id = $1 AND filter IN (SELECT f.id FROM filters f WHERE f.owner = $2) RETURNING id, filter, item", id, v.ID)
		return gone(err)
	})
	return x, err
}

// DeleteFilter takes a filter of the viewer away, with all that is in it.
func (t *Timelines) DeleteFilter(ctx context.Context, v actors.Viewer, id int64) error {
	return t.changeFilters(ctx, v, func(tx *db.Tx) error {
		res, err := tx.Exec(ctx, "DELETE FROM filters WHERE id = $1 AND owner = $2", id, v.ID)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, gone(fault.NotFound))
		}
		return nil
	})
}

// DeleteWord takes a word out of its filter; with emptied, a filter in which nothing is left goes too.
func (t *Timelines) DeleteWord(ctx context.Context, v actors.Viewer, id int64, emptied bool) error {
	return t.changeFilters(ctx, v, func(tx *db.Tx) error {
		of, err := db.One(ctx, tx, db.Scalar[int64], "DELETE FROM filter_words WHERE id = $1 AND filter IN (SELECT f.id FROM filters f WHERE f.owner = $2) RETURNING filter", id, v.ID)
		if err != nil || !emptied {
			return gone(err)
		}
		_, err = tx.Exec(ctx, `DELETE FROM filters WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM filter_words w WHERE w.filter = $1)
			AND NOT EXISTS (SELECT 1 FROM filter_items i WHERE i.filter = $1)`, of)
		return err
	})
}

// changeFilters runs a change and tells the viewer's other clients.
func (t *Timelines) changeFilters(ctx context.Context, v actors.Viewer, change func(*db.Tx) error) error {
	err := t.DB.Tx(ctx, func(tx *db.Tx) error {
		t.wake(tx, Hint{Event: Filters, Owner: v.ID})
		if err := change(tx); err != nil {
			return err
		}
		n, err := db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM filter_words w JOIN filters f ON f.id = w.filter WHERE f.owner = $1", v.ID)
		if err == nil && n > mostWordsInAll {
			err = fault.Say(fault.Invalid, "Validation failed: all your filters together have at most %d keywords.", mostWordsInAll)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("change filters of actor %d: %w", v.ID, err)
	}
	return nil
}
