// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"strings"

	"github.com/go-fed/activity/streams"
)

func readCollection(v value, o object, t string, level int) *Collection {
	c := &Collection{
		ID: text(o.get("id")), Type: t, Total: -1,
		First: o.id("first"), Last: o.id("last"), PartOf: o.id("partOf"), Next: o.id("next"), Prev: o.id("prev"),
		AttributedTo: o.id("attributedTo"), GroupState: readGroupState(o.get("groupState")), Raw: []byte(v),
	}
	if f, ok := o.get("totalItems").number(); ok && f >= 0 && f < 1<<53 {
		c.Total = int(f)
	}
	items := o.get("orderedItems")
	if items == nil { // Lemmy and Ibis say items in an OrderedCollection
		items = o.get("items")
	}
	c.Items = refs(items, level)
	if first := o.get("first"); first.first() == '{' && level < depth {
		c.FirstPage = document(first, first.fields(), level+1).Collection
	}
	return c
}

// props writes the collection. Whose items are secret gives a Total and no items: then the property is absent, not empty.
func (c *Collection) props() (props, error) {
	t := streams.NewActivityStreamsOrderedCollectionPage()
	p := start(t, c.ID, c.Type)
	p.about(c.AttributedTo, "", "")
	if c.Total >= 0 {
		total := streams.NewActivityStreamsTotalItemsProperty()
		total.Set(c.Total)
		t.SetActivityStreamsTotalItems(total)
	}
	if c.FirstPage != nil {
		page, err := c.FirstPage.props()
		if err != nil {
			return nil, err
		}
		p.props["first"] = page
	} else {
		refer(p, "first", c.First, streams.NewActivityStreamsFirstProperty, t.SetActivityStreamsFirst)
	}
	refer(p, "last", c.Last, streams.NewActivityStreamsLastProperty, t.SetActivityStreamsLast)
	refer(p, "partOf", c.PartOf, streams.NewActivityStreamsPartOfProperty, t.SetActivityStreamsPartOf)
	refer(p, "next", c.Next, streams.NewActivityStreamsNextProperty, t.SetActivityStreamsNext)
	refer(p, "prev", c.Prev, streams.NewActivityStreamsPrevProperty, t.SetActivityStreamsPrev)
	p.groupState(c.GroupState)
	name := "items"
	if strings.HasPrefix(c.Type, "Ordered") {
		name = "orderedItems"
	}
	if len(c.Items) > 0 || strings.HasSuffix(c.Type, "Page") || c.Total == 0 && c.First == "" && c.FirstPage == nil {
		if err := p.refs(name, c.Items); err != nil {
			return nil, err
		}
	}
	return p.done()
}
