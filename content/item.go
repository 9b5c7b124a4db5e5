// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package content is what people make: items of every kind, their versions, and what others say about them without words.
package content

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// ID is the local number of an item, sorted by the time of its making; 0 is none.
type ID int64

// Kinds of items that have a meaning of their own here; others are shown as text with a link.
const (
	Note     = "Note"
	Article  = "Article"
	Question = "Question"
	Page     = "Page"
	Event    = "Event"
	Announce = "Announce" // a boost; by a group: its members' post
)

// Item is one thing that somebody made: a note, an article, a question … or a boost of one.
type Item struct {
	ID                                    ID
	IRI, Kind                             string
	Local                                 bool
	Author                                actors.ID
	Group                                 actors.ID // the group it was posted in
	Audience                              actors.Audience
	ReplyTo                               ID // 0 when unknown here: see ReplyIRI
	ReplyAuthor                           actors.ID
	ReplyIRI                              string
	Thread                                ID // the first item of the conversation
	BoostOf                               ID
	Title                                 string // plain text
	Content                               string // sanitised HTML
	Source                                string // what was typed
	Summary                               string // plain text: a content warning
	Language                              string // BCP 47
	URL, Context                          string
	Sensitive                             bool
	Poll                                  *Poll
	Emojis                                []actors.Emoji
	RepliesCount, LikesCount, BoostsCount int64
	Pinned, Closed                        time.Time
	Published, Edited, Created            time.Time
	App                                   int64
	Hidden                                int // 1: in no public list, its author is limited; 2: nowhere, suspended
	Quote                                 Quote
	QuotePolicy                           string // who may quote it: "" as the audience says, public, followers, nobody; of others JSON
	QuotesCount                           int64
	Card                                  int64 // the preview of its first link; 0: none
}

// Quote is what an item quotes (FEP-044f).
type Quote struct {
	Of         ID     // 0 when unknown here: see IRI
	IRI, State string // state: QuotePending … QuoteUnauthorized
	Stamp      string // id of the QuoteAuthorization
}

// Bereft is the quote when what it quotes is gone.
func (q Quote) Bereft() Quote { return Quote{IRI: q.IRI, State: QuoteDeleted} }

// Poll is the question of a Question: what can be chosen and what was. The counts are those of its home.
type Poll struct {
	Multiple bool      `json:"multiple"`
	Ends     time.Time `json:"ends,omitzero"`
	Closed   time.Time `json:"closed,omitzero"`
	Voters   int       `json:"voters"`          // -1: not told
	Hidden   bool      `json:"hidden,omitzero"` // the votes for each answer are not told before the end
	Read     time.Time `json:"read,omitzero"`   // of others: when the counts were read at its home
	Options  []Option  `json:"options"`
}

// Option is one answer of a poll.
type Option struct {
	Name  string `json:"name"`
	Votes int    `json:"votes"`
}

// Over tells whether no votes are taken any more.
func (p *Poll) Over(now time.Time) bool {
	return !p.Closed.IsZero() || !p.Ends.IsZero() && !now.Before(p.Ends)
}

// Same tells whether two polls, or none and none, ask the same.
func (p *Poll) Same(o *Poll) bool {
	if p == nil || o == nil {
		return p == o
	}
	return p.Multiple == o.Multiple && slices.EqualFunc(p.Options, o.Options, func(a, b Option) bool { return a.Name == b.Name })
}

const columns = `i.id, i.iri, i.kind, i.local, i.author, i.grp, i.audience, i.reply_to, i.reply_author, i.reply_iri, i.thread, i.boost_of, i.title, i.content,
	i.source, i.summary, i.language, i.url, i.context, i.sensitive, i.poll, i.emojis, i.replies_count, i.likes_count, i.boosts_count, i.pinned, i.closed,
	i.published, i.edited, i.created, i.app, i.hidden, i.quote_of, i.quote_iri, i.quote_state, i.quote_stamp, i.quote_policy, i.quotes_count, i.card`

func scan(row db.Scanner) (*Item, error) {
	var i Item
	var poll, emojis string
	var pinned, closed, published, edited, created int64
	err := row.Scan(&i.ID, &i.IRI, &i.Kind, &i.Local, &i.Author, &i.Group, &i.Audience, &i.ReplyTo, &i.ReplyAuthor, &i.ReplyIRI, &i.Thread, &i.BoostOf,
		&i.Title, &i.Content, &i.Source, &i.Summary, &i.Language, &i.URL, &i.Context, &i.Sensitive, &poll, &emojis, &i.RepliesCount, &i.LikesCount,
		&i.BoostsCount, &pinned, &closed, &published, &edited, &created, &i.App,
		&i.Hidden, &i.Quote.Of, &i.Quote.IRI, &i.Quote.State, &i.Quote.Stamp, &i.QuotePolicy, &i.QuotesCount, &i.Card)
	if err != nil {
		return nil, err
	}
	if poll != "" {
		if err := json.Unmarshal([]byte(poll), &i.Poll); err != nil {
			return nil, fmt.Errorf("read poll of item %d: %w", i.ID, err)
		}
	}
	if emojis != "[]" {
		if err := json.Unmarshal([]byte(emojis), &i.Emojis); err != nil {
			return nil, fmt.Errorf("read emojis of item %d: %w", i.ID, err)
		}
	}
	i.Pinned, i.Closed, i.Published = db.FromMillis(pinned), db.FromMillis(closed), db.FromMillis(published)
	i.Edited, i.Created = db.FromMillis(edited), db.FromMillis(created)
	return &i, nil
}

// Get returns an item that the viewer may see; what it may not see does not exist.
func Get(ctx context.Context, q db.Q, viewer actors.Viewer, id ID) (*Item, error) {
	return one(ctx, q, viewer, "i.id = $1", id)
}

// ByIRI is Get by the ActivityPub id.
func ByIRI(ctx context.Context, q db.Q, viewer actors.Viewer, iri string) (*Item, error) {
	return one(ctx, q, viewer, "i.iri = $1", iri)
}

func one(ctx context.Context, q db.Q, viewer actors.Viewer, condition string, arg any) (*Item, error) {
	sees, args := actors.Sees(viewer, "i", []any{arg})
	items, err := Listed(ctx, q, condition+" AND "+sees, args)
	if err == nil && len(items) == 0 {
		err = fault.NotFound
	}
	if err != nil {
		return nil, known(err)
	}
	return items[0], nil
}

func known(err error) error {
	if errors.Is(err, fault.NotFound) {
		return fault.Say(fault.NotFound, "This post does not exist, or you may not see it.")
	}
	return err
}

// Stored is ByIRI for the node itself, which keeps what nobody may see as well: for deciding, never for showing.
func Stored(ctx context.Context, q db.Q, iri string) (*Item, error) {
	i, err := db.One(ctx, q, scan, "SELECT "+columns+" FROM items i WHERE i.iri = $1", iri)
	return i, known(err)
}

// StoredByID is Stored by number.
func StoredByID(ctx context.Context, q db.Q, id ID) (*Item, error) {
	i, err := db.One(ctx, q, scan, "SELECT "+columns+" FROM items i WHERE i.id = $1", id)
	return i, known(err)
}

// Many returns those of the items that the viewer may see, by number, in one query.
func Many(ctx context.Context, q db.Q, viewer actors.Viewer, ids []ID) (map[ID]*Item, error) {
	found := make(map[ID]*Item, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	list, args := db.In(nil, ids)
	sees, args := actors.Sees(viewer, "i", args)
	all, err := Listed(ctx, q, "i.id IN ("+list+") AND "+sees, args)
	for _, i := range all {
		found[i.ID] = i
	}
	return found, err
}

// Reported returns items that somebody reported, whoever they are for: administrators decide about what a reader has shown
// them. Nobody else may be shown what it returns.
func Reported(ctx context.Context, q db.Q, ids []ID) ([]*Item, error) {
	list, args := db.In(nil, ids)
	return db.All(ctx, q, scan, "SELECT "+columns+" FROM items i WHERE i.id IN ("+list+")", args...)
}

// Listed runs a query whose condition chooses items of the alias i; it joins nothing and continues args.
// The condition must contain the gate: timeline builds it.
func Listed(ctx context.Context, q db.Q, condition string, args []any) ([]*Item, error) {
	if !db.Remembers(q) {
		return db.All(ctx, q, scan, "SELECT "+columns+" FROM items i WHERE "+condition, args...)
	}
	ids, err := db.All(ctx, q, db.Scalar[ID], "SELECT i.id FROM items i WHERE "+condition, args...)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return Rows(ctx, q, ids)
}

// Rows returns items in the order of their numbers in ids. The gate must have let them through.
func Rows(ctx context.Context, q db.Q, ids []ID) ([]*Item, error) {
	rows, err := db.Remember(ctx, q, "items", ids, func(ctx context.Context, q db.Q, ids []ID) (map[ID]*Item, error) {
		list, args := db.In(nil, ids)
		all, err := db.All(ctx, q, scan, "SELECT "+columns+" FROM items i WHERE i.id IN ("+list+")", args...)
		rows := make(map[ID]*Item, len(all))
		for _, i := range all {
			rows[i.ID] = i
		}
		return rows, err
	})
	items := make([]*Item, 0, len(ids))
	for _, id := range ids {
		if i := rows[id]; i != nil { // else it was deleted between the two
			items = append(items, i.copy())
		}
	}
	return items, err
}

// copy is the caller's own, to be changed at will.
func (i *Item) copy() *Item {
	own := *i
	if i.Poll != nil {
		poll := *i.Poll
		poll.Options = slices.Clone(poll.Options)
		own.Poll = &poll
	}
	return &own
}

// Doc returns the object as it was signed.
func Doc(ctx context.Context, q db.Q, id ID) ([]byte, error) {
	doc, err := db.One(ctx, q, func(r db.Scanner) (b []byte, err error) { return b, r.Scan(&b) }, "SELECT body FROM docs WHERE item = $1", id)
	return doc, known(err)
}

// SetDoc keeps the object of an item as it was signed.
func SetDoc(ctx context.Context, tx *db.Tx, id ID, doc []byte) error {
	_, err := tx.Exec(ctx, "INSERT INTO docs (item, body) VALUES ($1, $2) ON CONFLICT (item) DO UPDATE SET body = excluded.body", id, doc)
	return err
}

// Recipient is an actor that an item addresses or mentions.
type Recipient struct {
	Actor   actors.ID
	Mention bool
}

// Recipients returns whom the items address and mention, in one query.
func Recipients(ctx context.Context, q db.Q, ids []ID) (map[ID][]Recipient, error) {
	return beside(ctx, q, "recipients", ids, "SELECT item, actor, mention FROM recipients WHERE item IN (%s) ORDER BY item, actor",
		func(r db.Scanner) (item ID, to Recipient, err error) {
			return item, to, r.Scan(&item, &to.Actor, &to.Mention)
		})
}

// Tags returns the hashtags of the items, without #, in one query.
func Tags(ctx context.Context, q db.Q, ids []ID) (map[ID][]string, error) {
	return beside(ctx, q, "tags", ids, "SELECT item, name FROM tags WHERE item IN (%s) ORDER BY item, name",
		func(r db.Scanner) (item ID, name string, err error) { return item, name, r.Scan(&item, &name) })
}

// beside returns the rows of a table that stand beside items, by item. The query has %s in the place of the items.
func beside[T any](ctx context.Context, q db.Q, table string, ids []ID, query string, scan func(db.Scanner) (ID, T, error)) (map[ID][]T, error) {
	return db.Remember(ctx, q, table, ids, func(ctx context.Context, q db.Q, ids []ID) (map[ID][]T, error) {
		found := make(map[ID][]T, len(ids))
		for _, id := range ids {
			found[id] = nil // to remember that there is none
		}
		list, args := db.In(nil, ids)
		_, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
			item, one, err := scan(r)
			found[item] = append(found[item], one)
			return x, err
		}, fmt.Sprintf(query, list), args...)
		return found, err
	})
}
