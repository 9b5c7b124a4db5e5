// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"strings"

	"github.com/go-fed/activity/streams"
)

func readActor(v value, o object, t string) *Actor {
	a := &Actor{
		ID: text(o.get("id")), Type: t, PreferredUsername: o.text("preferredUsername"),
		Name: o.text("name"), Summary: o.text("summary"), URL: pageOf(o.get("url")),
		Inbox: o.id("inbox"), Outbox: o.id("outbox"), Followers: o.id("followers"), Following: o.id("following"), Liked: o.id("liked"),
		Featured: o.id("featured"), FeaturedTags: o.id("featuredTags"), Members: o.id("members"), Log: o.id("log"),
		SharedInbox: o.get("endpoints").fields().id("sharedInbox"),
		Locked:      o.flag("manuallyApprovesFollowers"), Indexable: o.flag("indexable"), Memorial: o.flag("memorial"), Suspended: o.flag("suspended"),
		PostingRestricted: o.flag("postingRestrictedToMods"), AccessType: text(o.get("accessType")), JoinPolicy: joinPolicy(o),
		AcceptsJoins: o.get("capabilities").fields().flag("acceptsJoins"), Introduction: o.flag("introductionRequired"), GuestsStart: o.flag("guestsStart"),
		Archived: o.moment("archived"), Deletes: o.moment("deletes"),
		Icon: readImage(o.get("icon")), Image: readImage(o.get("image")),
		AlsoKnownAs: o.ids("alsoKnownAs"), AttributionDomains: o.ids("attributionDomains"), MovedTo: o.id("movedTo"), WebFinger: handle(text(o.get("webfinger"))),
		Published: o.moment("published"), Updated: o.moment("updated"), Tags: readTags(o.get("tag")),
		Keys:         append(readKeys(o.get("publicKey")), readKeys(o.get("assertionMethod"))...),
		Capabilities: readCapabilities(o.get("implements")), GroupState: readGroupState(o.get("groupState")), Raw: []byte(v),
	}
	if t == "Group" {
		a.Moderators = moderators(o.get("attributedTo"))
	}
	if d := o.get("discoverable"); d.first() == 't' || d.first() == 'f' {
		discoverable := d.first() == 't'
		a.Discoverable = &discoverable
	}
	for _, one := range o.get("attachment").list() {
		f := one.fields()
		switch typeOf(f) {
		case "PropertyValue", "schema:PropertyValue":
			a.Fields = append(a.Fields, Field{f.text("name"), f.text("value")})
		case "Note": // FEP-fb2a
			a.Fields = append(a.Fields, Field{f.text("name"), f.text("content")})
		}
	}
	if generator := o.get("generator"); generator != nil {
		a.Generator = generator.id()
		a.Capabilities = append(a.Capabilities, readCapabilities(generator.fields().get("implements"))...)
	}
	return a
}

// handle leaves user@domain of what names an account (FEP-2c59; acct: is met too).
func handle(s string) string { return strings.TrimPrefix(strings.TrimPrefix(s, "acct:"), "@") }

// moderators returns the collection that a group names as its owner (FEP-1b12); a person named there is not one (PeerTube, Smithereen).
func moderators(v value) string {
	for _, one := range v.list() {
		if t := typeOf(one.fields()); t == "" || kinds[t] == aCollection {
			return one.id()
		}
	}
	return ""
}

// joinPolicy reads ours, else Mobilizon's openness, in our words.
func joinPolicy(o object) string {
	if policy := text(o.get("joinPolicy")); policy != "" {
		return policy
	}
	return map[string]string{"open": "open", "moderated": "request", "invite_only": "invite"}[text(o.get("openness"))]
}

func readCapabilities(v value) []Capability {
	var list []Capability
	for _, one := range v.list() {
		c := Capability{Href: one.id()}
		if o := one.fields(); o != nil {
			c = Capability{text(o.get("href")), o.text("name")}
			if c.Href == "" {
				c.Href = text(o.get("id"))
			}
		}
		if c.Href != "" {
			list = append(list, c)
		}
	}
	return list
}

// readKeys reads publicKey, assertionMethod, or a key alone. A key that is only referred to has an ID and nothing else.
func readKeys(v value) []Key {
	var keys []Key
	for _, one := range v.list() {
		if one.first() == '"' {
			keys = append(keys, Key{ID: text(one)})
			continue
		}
		o := one.fields()
		k := Key{ID: text(o.get("id")), Owner: o.id("owner"), PEM: text(o.get("publicKeyPem")), Multibase: text(o.get("publicKeyMultibase"))}
		if k.Owner == "" {
			k.Owner = o.id("controller")
		}
		if k.PEM != "" || k.Multibase != "" {
			keys = append(keys, k)
		}
	}
	return keys
}

func (a *Actor) props() (props, error) {
	t := streams.NewActivityStreamsPerson()
	p := start(t, a.ID, a.Type)
	p.about(a.Moderators, "", a.URL)
	p.words(a.Name, a.Summary, "", "")
	p.made(a.Published, a.Updated)
	if a.PreferredUsername != "" {
		name := streams.NewActivityStreamsPreferredUsernameProperty()
		name.SetXMLSchemaString(a.PreferredUsername)
		t.SetActivityStreamsPreferredUsername(name)
	}
	refer(p, "inbox", a.Inbox, streams.NewActivityStreamsInboxProperty, t.SetActivityStreamsInbox)
	refer(p, "outbox", a.Outbox, streams.NewActivityStreamsOutboxProperty, t.SetActivityStreamsOutbox)
	refer(p, "followers", a.Followers, streams.NewActivityStreamsFollowersProperty, t.SetActivityStreamsFollowers)
	refer(p, "following", a.Following, streams.NewActivityStreamsFollowingProperty, t.SetActivityStreamsFollowing)
	refer(p, "liked", a.Liked, streams.NewActivityStreamsLikedProperty, t.SetActivityStreamsLiked)
	for _, f := range []struct{ name, value string }{
		{"featured", a.Featured}, {"featuredTags", a.FeaturedTags}, {"members", a.Members}, {"log", a.Log}, {"movedTo", a.MovedTo},
		{"webfinger", a.WebFinger}, {"accessType", a.AccessType}, {"joinPolicy", a.JoinPolicy},
	} {
		p.text(f.name, f.value)
	}
	if a.SharedInbox != "" {
		p.props["endpoints"] = props{"sharedInbox": a.SharedInbox}
	}
	p.flag("manuallyApprovesFollowers", a.Locked)
	if a.Discoverable != nil {
		p.props["discoverable"] = *a.Discoverable
	}
	p.flag("indexable", a.Indexable)
	p.flag("memorial", a.Memorial)
	p.flag("suspended", a.Suspended)
	p.flag("postingRestrictedToMods", a.PostingRestricted)
	p.flag("introductionRequired", a.Introduction)
	p.flag("guestsStart", a.GuestsStart)
	p.time("archived", a.Archived)
	p.time("deletes", a.Deletes)
	if a.AcceptsJoins {
		p.props["capabilities"] = props{"acceptsJoins": true}
	}
	fields := make([]any, len(a.Fields))
	for i, f := range a.Fields { // an array, also of one: Mastodon ignores a lone object
		fields[i] = props{"type": "PropertyValue", "name": f.Name, "value": f.Value}
	}
	p.list("attachment", fields)
	p.image("icon", a.Icon)
	p.image("image", a.Image)
	p.strings("alsoKnownAs", a.AlsoKnownAs)
	p.strings("attributionDomains", a.AttributionDomains)
	p.list("tag", writeTags(a.Tags))
	p.keys(a.Keys)
	p.generator(a.Generator, a.Capabilities)
	p.groupState(a.GroupState)
	return p.done()
}

// keys writes one RSA key as publicKey (Mastodon reads no list of one) and the others as Multikeys (FEP-521a).
func (p props) keys(keys []Key) {
	var public, assertion []any
	for _, k := range keys {
		switch {
		case k.PEM != "":
			q := props{"publicKeyPem": k.PEM}
			q.id("id", k.ID)
			q.id("owner", k.Owner)
			public = append(public, q)
		case k.Multibase != "":
			q := props{"type": "Multikey", "publicKeyMultibase": k.Multibase}
			q.id("id", k.ID)
			q.id("controller", k.Owner)
			assertion = append(assertion, q)
		case k.ID != "":
			assertion = append(assertion, k.ID)
		}
	}
	if len(public) == 1 {
		p["publicKey"] = public[0]
	} else {
		p.list("publicKey", public)
	}
	p.list("assertionMethod", assertion)
}

// generator says what the server can do (FEP-844e): on the application's own actor directly, on all others in generator.
func (p props) generator(id string, capabilities []Capability) {
	list := make([]any, len(capabilities))
	for i, c := range capabilities {
		q := props{"href": c.Href}
		q.text("name", c.Name)
		list[i] = q
	}
	if id == "" {
		p.list("implements", list)
		return
	}
	g := props{"type": "Application", "id": id}
	g.list("implements", list)
	p["generator"] = g
}
