// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package timeline

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/media"
)

// Matcher finds what the filters of one viewer match: made once for a page, of the filters that have not expired. The nil
// Matcher is that of who has none.
type Matcher struct {
	viewer  actors.ID
	filters []matching
	worded  bool // one of them has a word
	items   map[content.ID][]int64
}

type matching struct {
	*Filter
	words []needle
}

// needle is a word as it is looked for: folded, and with the sides on which the word must end.
type needle struct {
	text, shown         string
	startsWord, endWord bool
}

// Match is one filter and what of it was found.
type Match struct {
	Filter *Filter
	Words  []string
	Items  []content.ID
}

// Matcher loads the viewer's filters for these items: one query for who has none, and two for others.
func (t *Timelines) Matcher(ctx context.Context, v actors.Viewer, items []content.ID) (*Matcher, error) {
	if v.ID == 0 || len(items) == 0 {
		return nil, nil
	}
	m := &Matcher{viewer: v.ID, items: map[content.ID][]int64{}}
	var ids []int64
	_, err := db.All(ctx, t.DB, func(r db.Scanner) (x struct{}, err error) {
		var f Filter
		var contexts, word string
		var expires int64
		var whole bool
		if err := r.Scan(&f.ID, &f.Title, &contexts, &f.Action, &expires, &word, &whole); err != nil {
			return x, err
		}
		if len(ids) == 0 || ids[len(ids)-1] != f.ID {
			f.Contexts, f.Expires = strings.Fields(contexts), db.FromMillis(expires)
			m.filters, ids = append(m.filters, matching{Filter: &f}), append(ids, f.ID)
		}
		if n := needleOf(word, whole); n.text != "" {
			last := &m.filters[len(m.filters)-1]
			last.words, m.worded = append(last.words, n), true
		}
		return x, nil
	}, `SELECT f.id, f.title, f.contexts, f.action, f.expires, COALESCE(w.word, ''), COALESCE(w.whole, FALSE) FROM filters f LEFT JOIN filter_words w ON w.filter = f.id
		WHERE f.owner = $1 AND (f.expires = 0 OR f.expires > $2) ORDER BY f.id, w.id`, v.ID, db.Millis(time.Now()))
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	list, args := db.In(nil, ids)
	among, args := db.In(args, items)
	_, err = db.All(ctx, t.DB, func(r db.Scanner) (x struct{}, err error) {
		var of int64
		var item content.ID
		err = r.Scan(&of, &item)
		m.items[item] = append(m.items[item], of)
		return x, err
	}, "SELECT i.filter, i.item FROM filter_items i WHERE i.filter IN ("+list+") AND i.item IN ("+among+")", args...)
	return m, err
}

// Match tells what the filters match of an item, with its hashtags and files. For a boost, the item is what it boosts, and
// boost its own number. What one wrote oneself is never filtered.
func (m *Matcher) Match(i *content.Item, tags []string, files []media.File, boost content.ID) []Match {
	if m == nil || i.Author == m.viewer {
		return nil
	}
	text := ""
	if m.worded {
		text = fold(searchable(i, tags, files))
	}
	var all []Match
	for _, f := range m.filters {
		found := Match{Filter: f.Filter}
		for _, n := range f.words {
			if n.in(text) {
				found.Words = append(found.Words, n.shown)
			}
		}
		for _, id := range []content.ID{i.ID, boost} {
			if slices.Contains(m.items[id], f.ID) {
				found.Items = append(found.Items, id)
			}
		}
		if len(found.Words)+len(found.Items) > 0 {
			all = append(all, found)
		}
	}
	return all
}

// Particular tells which of our people see a post of a thread in a way of their own, because they have filters or have muted the
// thread: what is written once for many is not for them. One query.
func (t *Timelines) Particular(ctx context.Context, thread content.ID, people []actors.ID) (map[actors.ID]bool, error) {
	list, args := db.In([]any{thread, db.Millis(time.Now())}, people)
	found, err := db.All(ctx, t.DB, db.Scalar[actors.ID], `SELECT f.owner FROM filters f WHERE f.owner IN (`+list+`) AND (f.expires = 0 OR f.expires > $2)
		UNION SELECT m.owner FROM muted_threads m WHERE m.thread = $1 AND m.owner IN (`+list+")", args...)
	all := map[actors.ID]bool{}
	for _, id := range found {
		all[id] = true
	}
	return all, err
}

// Names tells whether one of the filters holds this very item.
func (m *Matcher) Names(id content.ID) bool { return m != nil && len(m.items[id]) > 0 }

// searchable is all that people read of an item.
func searchable(i *content.Item, tags []string, files []media.File) string {
	parts := []string{i.Title, i.Summary, content.Plain(i.Content)}
	if i.Poll != nil {
		for _, o := range i.Poll.Options {
			parts = append(parts, o.Name)
		}
	}
	for _, f := range files {
		parts = append(parts, f.Description)
	}
	for _, tag := range tags {
		parts = append(parts, "#"+tag)
	}
	return strings.Join(parts, "\n")
}

// fold makes texts alike that people read alike: composed or not (Unicode NFKC), in capitals or not.
func fold(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

func needleOf(word string, whole bool) needle {
	n := needle{text: fold(word), shown: word}
	if whole { // on a side where the word is punctuation there is nothing to end: #zon, c++
		first, _ := utf8.DecodeRuneInString(n.text)
		last, _ := utf8.DecodeLastRuneInString(n.text)
		n.startsWord, n.endWord = inWord(first), inWord(last)
	}
	return n
}

// inWord tells whether a character is part of a word (Unicode UTS #18 §1.4).
func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) || unicode.Is(unicode.Pc, r)
}

func (n needle) in(text string) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], n.text)
		if at < 0 {
			return false
		}
		start := from + at
		end := start + len(n.text)
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !(n.startsWord && start > 0 && inWord(before)) && !(n.endWord && end < len(text) && inWord(after)) {
			return true
		}
		_, size := utf8.DecodeRuneInString(text[start:])
		from = start + size
	}
}
