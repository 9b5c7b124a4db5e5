// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"net/url"
	"time"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// core is a document whose own ActivityStreams properties are built with go-fed's types, which know what may stand where.
// props holds everything else and wins in the end: extensions, embedded documents, and what go-fed would change, which is
// a type it does not know, an address that net/url writes differently ("aïsha"), the fraction of a second, a language map,
// and the @context. The arrays that go-fed collapses to their only element are restored from lists.
type core struct {
	props
	thing thing
	lists []string
}

// thing is what all types of go-fed have that we write.
type thing interface {
	Serialize() (map[string]any, error)
	SetJSONLDId(vocab.JSONLDIdProperty)
	SetActivityStreamsTo(vocab.ActivityStreamsToProperty)
	SetActivityStreamsCc(vocab.ActivityStreamsCcProperty)
	SetActivityStreamsAudience(vocab.ActivityStreamsAudienceProperty)
	SetActivityStreamsAttributedTo(vocab.ActivityStreamsAttributedToProperty)
	SetActivityStreamsContext(vocab.ActivityStreamsContextProperty)
	SetActivityStreamsUrl(vocab.ActivityStreamsUrlProperty)
	SetActivityStreamsName(vocab.ActivityStreamsNameProperty)
	SetActivityStreamsSummary(vocab.ActivityStreamsSummaryProperty)
	SetActivityStreamsContent(vocab.ActivityStreamsContentProperty)
	SetActivityStreamsPublished(vocab.ActivityStreamsPublishedProperty)
	SetActivityStreamsUpdated(vocab.ActivityStreamsUpdatedProperty)
}

// start begins a document in the go-fed type that has the properties of its kind; the type that is written is t.
func start(in thing, id, t string) *core {
	c := &core{props: props{}, thing: in}
	refer(c, "id", id, streams.NewJSONLDIdProperty, in.SetJSONLDId)
	c.text("type", t)
	return c
}

// exact returns an address that go-fed gives back as it was. Ids are compared byte by byte everywhere.
func exact(id string) (*url.URL, bool) {
	u, err := url.Parse(id)
	return u, err == nil && u.String() == id
}

// refer sets a property that has one value.
func refer[P interface{ SetIRI(*url.URL) }](c *core, name, id string, property func() P, set func(P)) {
	if id == "" {
		return
	}
	u, ok := exact(id)
	if !ok {
		c.props[name] = id
		return
	}
	p := property()
	p.SetIRI(u)
	set(p)
}

// point sets a property that may have several values to one.
func point[P interface{ AppendIRI(*url.URL) }](c *core, name, id string, property func() P, set func(P)) {
	if id == "" {
		return
	}
	u, ok := exact(id)
	if !ok {
		c.props[name] = id
		return
	}
	p := property()
	p.AppendIRI(u)
	set(p)
}

// points sets a property that stays an array.
func points[P interface{ AppendIRI(*url.URL) }](c *core, name string, ids []string, property func() P, set func(P)) {
	if len(ids) == 0 {
		return
	}
	p := property()
	for _, id := range ids {
		u, ok := exact(id)
		if !ok {
			c.strings(name, ids)
			return
		}
		p.AppendIRI(u)
	}
	set(p)
	c.lists = append(c.lists, name)
}

// say sets a text and, when the language is known, the map with that one entry (GoToSocial finds it by equality, Mastodon as the first).
func say[P interface{ AppendXMLSchemaString(string) }](c *core, name, s, language string, property func() P, set func(P)) {
	if s == "" {
		return
	}
	p := property()
	p.AppendXMLSchemaString(s)
	set(p)
	if language != "" {
		c.props[name+"Map"] = props{language: s}
	}
}

// date sets a time.
func date[P interface{ Set(time.Time) }](c *core, name string, t time.Time, property func() P, set func(P)) {
	if t.IsZero() {
		return
	}
	if t.Nanosecond() != 0 {
		c.time(name, t)
		return
	}
	p := property()
	p.Set(t.UTC())
	set(p)
}

// audience writes to and cc as arrays; audience as a text when it is one group, because Lemmy reads nothing else.
func (c *core) audience(to, cc, audience []string) {
	points(c, "to", to, streams.NewActivityStreamsToProperty, c.thing.SetActivityStreamsTo)
	points(c, "cc", cc, streams.NewActivityStreamsCcProperty, c.thing.SetActivityStreamsCc)
	if len(audience) == 1 {
		point(c, "audience", audience[0], streams.NewActivityStreamsAudienceProperty, c.thing.SetActivityStreamsAudience)
	} else {
		points(c, "audience", audience, streams.NewActivityStreamsAudienceProperty, c.thing.SetActivityStreamsAudience)
	}
}

// about writes where a document belongs.
func (c *core) about(attributedTo, context, url string) {
	point(c, "attributedTo", attributedTo, streams.NewActivityStreamsAttributedToProperty, c.thing.SetActivityStreamsAttributedTo)
	point(c, "context", context, streams.NewActivityStreamsContextProperty, c.thing.SetActivityStreamsContext)
	point(c, "url", url, streams.NewActivityStreamsUrlProperty, c.thing.SetActivityStreamsUrl)
}

// words writes the texts of a document.
func (c *core) words(name, summary, content, language string) {
	say(c, "name", name, language, streams.NewActivityStreamsNameProperty, c.thing.SetActivityStreamsName)
	say(c, "summary", summary, language, streams.NewActivityStreamsSummaryProperty, c.thing.SetActivityStreamsSummary)
	say(c, "content", content, language, streams.NewActivityStreamsContentProperty, c.thing.SetActivityStreamsContent)
}

func (c *core) made(published, updated time.Time) {
	date(c, "published", published, streams.NewActivityStreamsPublishedProperty, c.thing.SetActivityStreamsPublished)
	date(c, "updated", updated, streams.NewActivityStreamsUpdatedProperty, c.thing.SetActivityStreamsUpdated)
}

// done puts the document together.
func (c *core) done() (props, error) {
	m, err := c.thing.Serialize()
	if err != nil {
		return nil, err
	}
	for _, name := range c.lists {
		if _, several := m[name].([]any); !several {
			m[name] = []any{m[name]}
		}
	}
	for name, v := range c.props {
		m[name] = v
	}
	if _, has := c.props["type"]; !has {
		delete(m, "type")
	}
	return props(m), nil
}
