// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import "strings"

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
	p := props{}
	p.ids(c.ID, c.Type)
	if c.Total >= 0 {
		p["totalItems"] = int64(c.Total)
	}
	p.id("first", c.First)
	if c.FirstPage != nil {
		page, err := c.FirstPage.props()
		if err != nil {
			return nil, err
		}
		p["first"] = page
	}
	p.id("last", c.Last)
	p.id("partOf", c.PartOf)
	p.id("next", c.Next)
	p.id("prev", c.Prev)
	p.id("attributedTo", c.AttributedTo)
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
	return p, nil
}
