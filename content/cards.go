// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Card is what a page says about itself, for the posts that link to it.
type Card struct {
	ID                        int64
	Link                      string // as the posts have it
	URL                       string // where the page was found
	Kind                      string // link, photo or video
	Title, Description        string // plain text
	Language                  string // BCP 47
	AuthorName, AuthorURL     string
	Author                    actors.ID // who lets the page's domain name it as its author; 0: nobody known here
	ProviderName, ProviderURL string
	Image, ImageDescription   string
	Width, Height             int
	Published                 time.Time
}

const (
	maxLink   = 2000                // bytes of an address
	cardLife  = 14 * 24 * time.Hour // a page is not read again for so long
	emptyLife = 24 * time.Hour      // nor one that has nothing to show
)

// FirstLink is the first address in a text that is neither a mention nor a hashtag nor of the node itself, nor stands for a quote
// (FEP-044f), without its fragment; "" when there is none.
func FirstLink(content string, ours func(iri string) bool) string {
	z := html.NewTokenizer(strings.NewReader(content))
	quote := "" // the element that is left until its end
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == quote {
				quote = ""
			}
		case html.StartTagToken:
			t := z.Token()
			attributes := map[string]string{}
			for _, a := range t.Attr {
				attributes[a.Key] = " " + a.Val + " "
			}
			if quote == "" && strings.Contains(attributes["class"], " quote-inline ") {
				quote = t.Data
			}
			if t.Data != "a" || quote != "" {
				continue
			}
			class, rel := attributes["class"], attributes["rel"]
			if strings.Contains(class, " mention ") || strings.Contains(class, " u-url ") || strings.Contains(class, " hashtag ") || strings.Contains(rel, " tag ") {
				continue
			}
			if link := pageAddress(nil, strings.TrimSpace(attributes["href"])); link != "" && !ours(link) {
				return link
			}
		}
	}
}

// pageAddress reads an address of the web, relative to a base or absolute; "" when it is none.
func pageAddress(base *url.URL, text string) string {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || text == "" {
		return ""
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	if u.Fragment, u.RawFragment = "", ""; (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || len(u.String()) > maxLink {
		return ""
	}
	u.Host = strings.ToLower(u.Host)
	return u.String()
}

// SetCard gives an item the card of its first link, made when nobody linked to that before, and tells whether the page is to be read.
func (l *Library) SetCard(ctx context.Context, tx *db.Tx, i *Item) (stale bool, err error) {
	fail := func(err error) (bool, error) { return false, fmt.Errorf("card of %s: %w", i.IRI, err) }
	var card int64
	if link := FirstLink(i.Content, l.Dir.Ours); link != "" && i.Kind != Announce {
		var fetched int64
		var kind string
		_, err := db.One(ctx, tx, func(r db.Scanner) (x struct{}, err error) { return x, r.Scan(&card, &fetched, &kind) },
			"INSERT INTO cards (id, link, created) VALUES ($1, $2, $3) ON CONFLICT (link) DO UPDATE SET link = excluded.link RETURNING id, fetched, kind",
			l.DB.NewID(), link, db.Millis(time.Now()))
		if err != nil {
			return fail(err)
		}
		life := cardLife
		if kind == "" {
			life = emptyLife
		}
		stale = time.Since(db.FromMillis(fetched)) > life
	}
	if card == i.Card {
		return stale, nil
	}
	if i.Card = card; card == 0 {
		stale = false
	}
	if _, err := tx.Exec(ctx, "UPDATE items SET card = $1 WHERE id = $2", card, i.ID); err != nil {
		return fail(err)
	}
	return stale, nil
}

const cardColumns = `c.id, c.link, c.url, c.kind, c.title, c.description, c.language, c.author_name, c.author_url, c.author, c.provider_name, c.provider_url,
	c.image, c.image_description, c.width, c.height, c.published`

func scanCard(r db.Scanner) (*Card, error) {
	var c Card
	var published int64
	err := r.Scan(&c.ID, &c.Link, &c.URL, &c.Kind, &c.Title, &c.Description, &c.Language, &c.AuthorName, &c.AuthorURL, &c.Author, &c.ProviderName, &c.ProviderURL,
		&c.Image, &c.ImageDescription, &c.Width, &c.Height, &published)
	c.Published = db.FromMillis(published)
	return &c, err
}

// Cards returns those of the cards that have something to show, in one query. They are shared: do not write to them.
func Cards(ctx context.Context, q db.Q, ids []int64) (map[int64]*Card, error) {
	found, err := db.Remember(ctx, q, "cards", ids, func(ctx context.Context, q db.Q, ids []int64) (map[int64]*Card, error) {
		list, args := db.In(nil, ids)
		all, err := db.All(ctx, q, scanCard, "SELECT "+cardColumns+" FROM cards c WHERE c.id IN ("+list+")", args...)
		rows := make(map[int64]*Card, len(all))
		for _, c := range all {
			rows[c.ID] = c
		}
		return rows, err
	})
	if err != nil {
		return nil, fmt.Errorf("load cards: %w", err)
	}
	for id, c := range found {
		if c.Kind == "" {
			delete(found, id)
		}
	}
	return found, nil
}

// CardOf returns the card of a page, by the address that posts have.
func CardOf(ctx context.Context, q db.Q, address string) (*Card, error) {
	link := pageAddress(nil, address)
	c, err := db.One(ctx, q, scanCard, "SELECT "+cardColumns+" FROM cards c WHERE c.kind <> '' AND c.link = $1", link)
	if errors.Is(err, fault.NotFound) {
		return nil, fault.Say(fault.NotFound, "No post here links to that page.")
	}
	return c, err
}

// FetchCard reads the page of a card. One that cannot be read, or says nothing, has nothing to show.
func (l *Library) FetchCard(ctx context.Context, id int64) error {
	c, err := db.One(ctx, l.DB, scanCard, "SELECT "+cardColumns+" FROM cards c WHERE c.id = $1", id)
	if errors.Is(err, fault.NotFound) {
		return nil // nothing links to it any more
	}
	if err != nil {
		return err
	}
	read, err := l.readCard(ctx, c.Link)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		read = &Card{}
	}
	err = l.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE cards SET url = $1, kind = $2, title = $3, description = $4, language = $5, author_name = $6, author_url = $7, author = $8,
			provider_name = $9, provider_url = $10, image = $11, image_description = $12, width = $13, height = $14, published = $15, fetched = $16 WHERE id = $17`,
			read.URL, read.Kind, read.Title, read.Description, read.Language, read.AuthorName, read.AuthorURL, read.Author, read.ProviderName, read.ProviderURL,
			read.Image, read.ImageDescription, read.Width, read.Height, db.Millis(read.Published), db.Millis(time.Now()), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep card of %s: %w", c.Link, err)
	}
	return nil
}

// Sweep removes cards that nothing links to any more.
func (l *Library) Sweep(ctx context.Context) error {
	return l.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM cards WHERE created < $1 AND NOT EXISTS (SELECT 1 FROM items i WHERE i.card = cards.id AND i.card > 0)",
			db.Millis(time.Now().Add(-cardLife)))
		return err
	})
}
