// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

const (
	pageSize   = 40
	threadPage = 60 // as Mastodon has it
)

// listing is a collection of items that is read page by page, behind the gate.
type listing struct {
	condition     string // on items of the alias i
	args          []any
	size          int
	chronological bool        // oldest first (FEP-7888, replies); else newest first (ActivityPub §5)
	owner         string      // attributedTo
	lead          *vocab.Ref  // stands before all others
	refs          itemsAsRefs // nil: their ids
}

type itemsAsRefs func(ctx context.Context, items []*content.Item) ([]vocab.Ref, error)

// page answers for a collection of any size: without ?page its head, with it a page. The cursor is the number of an item
// (max: those before it; min: those after it), so that what comes or goes meanwhile neither hides nor repeats another.
func (d *Documents) page(q question, l listing) (*answer, error) {
	ctx, iri, query := q.Context(), d.iri(q), q.URL.Query()
	public := q.viewer == actors.Anybody
	sees, args := actors.Sees(q.viewer, "i", l.args)
	l.condition, l.args = l.condition+" AND "+sees, args
	if !query.Has("page") {
		total, err := db.One(ctx, d.DB, db.Scalar[int], "SELECT COUNT(*) FROM items i WHERE "+l.condition, l.args...)
		if err != nil {
			return nil, fmt.Errorf("count %s: %w", iri, err)
		}
		if l.lead != nil {
			total++
		}
		last := at(iri, "min", 1)
		if l.chronological {
			last = at(iri, "max", math.MaxInt64)
		}
		return encode(vocab.Document{Collection: &vocab.Collection{ID: iri, Type: "OrderedCollection", Total: total, AttributedTo: l.owner,
			First: iri + "?page=true", Last: last}}, public)
	}
	p, err := cursor(query)
	if err != nil {
		return nil, err
	}
	c, err := d.slice(ctx, iri, l, p)
	if err != nil {
		return nil, fmt.Errorf("page of %s: %w", iri, err)
	}
	c.ID = d.Dir.Base.String() + q.URL.RequestURI()
	return encode(vocab.Document{Collection: c}, public)
}

// slice reads one page. It asks for one row more than the page has, to know whether there are others beyond.
func (d *Documents) slice(ctx context.Context, iri string, l listing, p actors.Page) (*vocab.Collection, error) {
	atStart := p.Max == 0 && p.Min == 0 || l.chronological && p.Min == 1
	if l.chronological && atStart {
		p.Min = 1
	}
	size := l.size
	if l.lead != nil {
		size-- // room for it on whichever page is the first
	}
	p.Limit = size + 1
	items, err := content.Listed(ctx, d.DB, l.condition+p.SQL("i.id", &l.args), l.args)
	if err != nil {
		return nil, err
	}
	more := len(items) > size
	items = items[:min(len(items), size)]
	next, previous := more, !atStart
	if ascending := p.Min != 0; ascending != l.chronological { // it was read backwards
		slices.Reverse(items)
		next, previous = true, more
	}
	c := &vocab.Collection{Type: "OrderedCollectionPage", Total: -1, PartOf: iri, AttributedTo: l.owner}
	forth, back := "max", "min"
	if l.chronological {
		forth, back = back, forth
	}
	if len(items) > 0 && next {
		c.Next = at(iri, forth, int64(items[len(items)-1].ID))
	}
	if len(items) > 0 && previous {
		c.Prev = at(iri, back, int64(items[0].ID))
	}
	if l.refs == nil {
		l.refs = asIDs
	}
	if c.Items, err = l.refs(ctx, items); err != nil {
		return nil, err
	}
	if l.lead != nil && !previous {
		c.Items = slices.Insert(c.Items, 0, *l.lead)
	}
	return c, nil
}

func asIDs(_ context.Context, items []*content.Item) ([]vocab.Ref, error) {
	refs := make([]vocab.Ref, len(items))
	for n, i := range items {
		refs[n].ID = i.IRI
	}
	return refs, nil
}

func at(iri, cursor string, id int64) string {
	return fmt.Sprintf("%s?page=true&%s=%d", iri, cursor, id)
}

func cursor(query url.Values) (p actors.Page, err error) {
	for name, into := range map[string]*int64{"max": &p.Max, "min": &p.Min} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		if *into, err = strconv.ParseInt(text, 10, 64); err != nil || *into <= 0 {
			return p, fault.Say(fault.Malformed, "The cursor %s of the page is not a number: follow the links of the collection.", name)
		}
	}
	if p.Max != 0 && p.Min != 0 {
		return p, fault.Say(fault.Malformed, "A page has one cursor, max or min: follow the links of the collection.")
	}
	return p, nil
}

// whole answers with a collection that is never long, or whose items are not told (items nil).
func (d *Documents) whole(q question, total int, items []vocab.Ref, public bool) (*answer, error) {
	c := &vocab.Collection{ID: d.iri(q), Type: "OrderedCollection", Total: total, Items: items}
	return encode(vocab.Document{Collection: c}, public)
}

// owner is the actor whose collection was asked for.
func (d *Documents) owner(q question) (*actors.Actor, error) {
	iri := d.iri(q)
	return d.known(q, iri[:strings.LastIndexByte(iri, '/')])
}

// outbox lists what an actor wrote and boosted, each item as the last activity that brought it. Messages to named people are
// in no list.
func (d *Documents) outbox(q question) (*answer, error) {
	a, err := d.owner(q)
	if err != nil {
		return nil, err
	}
	return d.page(q, listing{condition: fmt.Sprintf("i.author = $1 AND i.audience <> %d", actors.Direct), args: []any{a.ID}, size: pageSize,
		refs: func(ctx context.Context, items []*content.Item) ([]vocab.Ref, error) {
			ids := make([]content.ID, len(items))
			for n, i := range items {
				ids[n] = i.ID
			}
			marks, args := db.In([]any{a.ID}, ids)
			return d.stored(ctx, ids, `SELECT s.item, s.body FROM activities s WHERE s.id IN
				(SELECT MAX(id) FROM activities WHERE actor = $1 AND item IN (`+marks+") AND item > 0 AND kind IN ('Create', 'Update', 'Announce') GROUP BY item)", args)
		}})
}

// featured are the pinned items, the last one pinned first: an actor's own, or what is pinned in a group.
func (d *Documents) featured(q question) (*answer, error) {
	a, err := d.owner(q)
	if err != nil {
		return nil, err
	}
	ctx := q.Context()
	sees, args := actors.Sees(q.viewer, "i", []any{a.ID})
	pinned, order := "i.author = $1 AND i.pinned > 0", "i.pinned"
	if a.IsGroup() {
		pinned, order = "i.grp = $1 AND i.featured > 0", "i.featured"
	}
	items, err := content.Listed(ctx, d.DB, pinned+" AND "+sees+" ORDER BY "+order+" DESC, i.id DESC", args)
	if err != nil {
		return nil, fmt.Errorf("pinned items of %s: %w", a.IRI, err)
	}
	ids := make([]content.ID, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	marks, args := db.In(nil, ids)
	refs, err := d.stored(ctx, ids, "SELECT item, body FROM docs WHERE item IN ("+marks+")", args)
	if err != nil {
		return nil, err
	}
	return d.whole(q, len(refs), refs, q.viewer == actors.Anybody)
}

// stored reads the bytes that belong to the items, in the order of the items; what has none is left out.
func (d *Documents) stored(ctx context.Context, ids []content.ID, text string, args []any) ([]vocab.Ref, error) {
	found := map[content.ID][]byte{}
	_, err := db.All(ctx, d.DB, func(r db.Scanner) (x struct{}, err error) {
		var id content.ID
		var body []byte
		err = r.Scan(&id, &body)
		found[id] = body
		return x, err
	}, text, args...)
	if err != nil {
		return nil, fmt.Errorf("load stored bytes: %w", err)
	}
	refs := []vocab.Ref{}
	for _, id := range ids {
		if body := found[id]; body != nil {
			refs = append(refs, vocab.Ref{Raw: body})
		}
	}
	return refs, nil
}

// followers and following tell how many there are and not who: nothing about people is public without their own choice.
func (d *Documents) followers(q question) (*answer, error) {
	a, err := d.owner(q)
	if err != nil {
		return nil, err
	}
	total, err := d.counted(q, a, int(a.FollowersCount))
	if err != nil {
		return nil, err
	}
	return d.whole(q, total, nil, a.Shows() == actors.Public)
}

// counted is a number of members, for those who may know it; untold for others.
func (d *Documents) counted(q question, group *actors.Actor, count int) (int, error) {
	const untold = -1
	shown, err := actors.MembersShown(q.Context(), d.DB, q.viewer, group)
	if err != nil || shown {
		return count, err
	}
	return untold, nil
}

func (d *Documents) following(q question) (*answer, error) {
	a, err := d.owner(q)
	if err != nil {
		return nil, err
	}
	return d.whole(q, int(a.FollowingCount), nil, true)
}

// moderators are the ids of the owners and moderators of a group (FEP-1b12).
func (d *Documents) moderators(q question) (*answer, error) {
	group, err := d.owner(q)
	if err != nil {
		return nil, err
	}
	total, err := d.counted(q, group, 0)
	if err != nil {
		return nil, err
	}
	if total < 0 { // they are members, and who these are is for members
		return d.whole(q, total, nil, false)
	}
	staff, err := actors.Moderators(q.Context(), d.DB, group.ID)
	if err != nil {
		return nil, fmt.Errorf("moderators of %s: %w", group.IRI, err)
	}
	refs := make([]vocab.Ref, len(staff))
	for n, a := range staff {
		refs[n].ID = a.IRI
	}
	return d.whole(q, len(refs), refs, group.Shows() == actors.Public)
}

// followersOnNode are the followers that an actor has on the node that asks, for that node only (FEP-8fcf).
func (d *Documents) followersOnNode(q question) (*answer, error) {
	host := q.viewer.Host
	switch asked := q.URL.Query().Get("domain"); {
	case host == "":
		return nil, fault.Say(fault.Unauthorized, "This list is for the node whose people it names: sign with the key of an actor.")
	case asked != "" && asked != host:
		return nil, fault.Say(fault.Forbidden, "The followers on %s are told to that node only.", asked)
	}
	a, err := d.owner(q)
	if err != nil {
		return nil, err
	}
	ids, err := db.All(q.Context(), d.DB, db.Scalar[string], `SELECT s.iri FROM relations r JOIN actors s ON s.id = r.subject
		WHERE r.object = $1 AND r.state = 'active' AND s.host = $2 AND NOT s.local ORDER BY r.id`, a.ID, host)
	if err != nil {
		return nil, fmt.Errorf("followers of %s on %s: %w", a.IRI, host, err)
	}
	refs := make([]vocab.Ref, len(ids))
	for n, id := range ids {
		refs[n].ID = id
	}
	return d.whole(q, len(refs), refs, false)
}

// Synchronization says which followers an actor has on a host (FEP-8fcf); nil when there are none.
func (o *Outbox) Synchronization(ctx context.Context, actor actors.ID, host string) (*federation.Synchronization, error) {
	s, err := db.One(ctx, o.DB, func(r db.Scanner) (*federation.Synchronization, error) {
		var iri, followers string
		var sum []byte
		err := r.Scan(&iri, &followers, &sum)
		var digest federation.FollowersDigest
		copy(digest[:], sum)
		return &federation.Synchronization{CollectionID: followers, URL: iri + "/followers_synchronization", Digest: digest.String()}, err
	}, "SELECT a.iri, a.followers, r.digest FROM reach r JOIN actors a ON a.id = r.object WHERE r.object = $1 AND r.host = $2", actor, host)
	if errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("followers of actor %d on %s: %w", actor, host, err)
	}
	return s, nil
}

// parent is the item whose collection was asked for.
func (d *Documents) parent(q question) (*content.Item, error) {
	iri := d.iri(q)
	return d.item(q, iri[:strings.LastIndexByte(iri, '/')])
}

// replies are the ids of the direct answers to an item.
func (d *Documents) replies(q question) (*answer, error) {
	i, err := d.parent(q)
	if err != nil {
		return nil, err
	}
	return d.page(q, listing{condition: "i.reply_to = $1 AND i.reply_to > 0", args: []any{i.ID}, size: pageSize, chronological: true})
}

func (d *Documents) likes(q question) (*answer, error) {
	i, err := d.parent(q)
	if err != nil {
		return nil, err
	}
	return d.whole(q, int(i.LikesCount), nil, i.Audience <= actors.Unlisted)
}

func (d *Documents) shares(q question) (*answer, error) {
	i, err := d.parent(q)
	if err != nil {
		return nil, err
	}
	return d.whole(q, int(i.BoostsCount), nil, i.Audience <= actors.Unlisted)
}

// thread is the context of a conversation: the ids of its posts, the one that began it first (FEP-7888). It exists where the
// first post says so, and belongs to its group, or else to its author.
func (d *Documents) thread(q question) (*answer, error) {
	iri := d.iri(q)
	unknown := fault.Say(fault.NotFound, "This conversation does not exist, or you may not see it.")
	id, err := strconv.ParseInt(iri[strings.LastIndexByte(iri, '/')+1:], 10, 64)
	if err != nil {
		return nil, unknown
	}
	root, err := content.Get(q.Context(), d.DB, q.viewer, content.ID(id))
	if err != nil {
		return nil, err
	}
	if root.Context != iri || !root.Local {
		return nil, unknown
	}
	owner := root.Author
	if root.Group != 0 {
		owner = root.Group
	}
	a, err := actors.Get(q.Context(), d.DB, owner)
	if err != nil {
		return nil, err
	}
	return d.page(q, listing{condition: "i.thread = $1 AND i.id <> $1 AND i.boost_of = 0", args: []any{root.Thread}, size: threadPage, chronological: true,
		owner: a.IRI, lead: &vocab.Ref{ID: root.IRI}})
}
