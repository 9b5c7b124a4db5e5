// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// Document is the ActivityPub document of one of our actors (federation practice: every field that Mastodon, GoToSocial
// and Lemmy read, and FEP-521a, FEP-844e, FEP-2c59, FEP-1b12 beside).
func (d *Directory) Document(ctx context.Context, q db.Q, a *Actor) (*vocab.Actor, error) {
	keys, err := publicKeys(ctx, q, a)
	if err != nil {
		return nil, fmt.Errorf("keys of %s: %w", a.IRI, err)
	}
	discoverable, kind := a.Discoverable, a.Kind
	if a.Bot && kind == Person {
		kind = Service // that is how others show a robot
	}
	w := &vocab.Actor{ID: a.IRI, Type: kind, PreferredUsername: a.Name, Name: a.DisplayName(), Summary: a.Summary, URL: a.URL,
		Inbox: a.Inbox, Outbox: a.Outbox, SharedInbox: a.SharedInbox, Keys: keys, Locked: a.Locked, Discoverable: &discoverable, Indexable: a.Indexable,
		AlsoKnownAs: a.AlsoKnownAs, MovedTo: a.MovedTo, AttributionDomains: a.Attribution, Published: a.Published, Updated: a.Updated, Generator: d.URL("/actor"), Capabilities: capabilities}
	if a.Icon != "" {
		w.Icon = &vocab.Attachment{Type: "Image", URL: a.Icon, MediaType: imageType(a.Icon), Name: a.IconDescription}
	}
	if a.Image != "" {
		w.Image = &vocab.Attachment{Type: "Image", URL: a.Image, MediaType: imageType(a.Image), Name: a.ImageDescription}
	}
	if a.Kind == Application {
		return w, nil
	}
	w.Followers, w.Following, w.Featured, w.FeaturedTags = a.Followers, a.Following, a.Featured, a.IRI+"/tags"
	for _, f := range a.Fields {
		w.Fields = append(w.Fields, vocab.Field{Name: f.Name, Value: f.Value})
	}
	w.Tags = EmojiTags(a.Emojis)
	if d.Domain != d.Host() {
		w.WebFinger = a.Name + "@" + d.Domain
	}
	if a.IsGroup() {
		w.Moderators, w.PostingRestricted = a.Moderators, a.Posting == PostingMods
		w.AccessType, w.JoinPolicy, w.AcceptsJoins = accessTypes[a.Visibility], a.JoinPolicy, true
		w.Locked, w.Members, w.Log = a.JoinPolicy != JoinOpen, a.Members, a.Log
		w.Introduction, w.GuestsStart, w.Archived, w.Deletes = a.Settings.Introduction, a.Settings.GuestsStart, a.Settings.Archived, a.Settings.Deletes
	}
	return w, nil
}

// accessTypes are the visibilities of groups on the wire (Smithereen's words).
var accessTypes = map[string]string{VisibilityPublic: "open", VisibilityListed: "closed", VisibilityHidden: "private"}

var capabilities = []vocab.Capability{
	{Href: federation.CapRFC9421, Name: "RFC 9421 HTTP message signatures"},
	{Href: federation.CapRFC9421Ed25519, Name: "RFC 9421 signatures using Ed25519"},
	{Href: federation.CapGroups, Name: "Groups whose members live on many nodes (groups-1)"},
}

func imageType(url string) string {
	switch {
	case strings.HasSuffix(url, ".png"):
		return "image/png"
	case strings.HasSuffix(url, ".gif"):
		return "image/gif"
	case strings.HasSuffix(url, ".webp"):
		return "image/webp"
	}
	return "image/jpeg"
}

// Learn keeps what the document of an actor on another node says. The document must have been authenticated as the
// actor's own: fetched from its id, or signed by it. An older document than the one known changes nothing.
func (d *Directory) Learn(ctx context.Context, tx *db.Tx, w *vocab.Actor) (*Actor, error) {
	a, err := d.fromWire(w)
	if err != nil {
		return nil, err
	}
	known, err := stored(ctx, tx, a.IRI)
	switch {
	case err != nil:
		return nil, fmt.Errorf("learn %s: %w", a.IRI, err)
	case known == nil:
	case known.Local:
		return nil, fmt.Errorf("learn %s: it is ours", a.IRI)
	case !known.Deleted.IsZero():
		return nil, fault.Say(fault.Gone, "This account has been deleted.")
	default:
		if a.Updated.Before(known.Updated) {
			a.Updated = known.Updated
		}
		a.ID, a.Published = known.ID, known.Published
		if known.Domain != known.Host && a.Domain == a.Host && strings.EqualFold(known.Name, a.Name) {
			a.Domain = known.Domain // confirmed by WebFinger before
		}
	}
	decision, err := DecisionOn(ctx, tx, a.Host)
	if err != nil {
		return nil, err
	}
	if decision.RejectMedia {
		a.Icon, a.Image = "", ""
	}
	if err := d.save(ctx, tx, a, known); err != nil {
		return nil, fmt.Errorf("keep %s: %w", a.IRI, err)
	}
	if known == nil && decision.Policy == PeerLimited {
		if _, err := tx.Exec(ctx, "UPDATE actors SET silenced = $1 WHERE id = $2", db.Millis(decision.Decided), a.ID); err != nil {
			return nil, fmt.Errorf("limit %s: %w", a.IRI, err)
		}
	}
	if err := saveKeys(ctx, tx, a, w.Keys); err != nil {
		return nil, err
	}
	for _, c := range w.Capabilities {
		switch c.Href {
		case federation.CapRFC9421Ed25519:
			d.Client.Learn(federation.Origin(a.IRI), federation.RFC9421Ed25519)
		case federation.CapRFC9421:
			d.Client.Learn(federation.Origin(a.IRI), federation.RFC9421)
		}
	}
	return Get(ctx, tx, a.ID)
}

const maxDescription = 1500 // characters of an alternative text

func (d *Directory) fromWire(w *vocab.Actor) (*Actor, error) {
	if err := federation.CheckID(w.ID); err != nil {
		return nil, err
	}
	name, _, err := federation.ParseHandle(w.PreferredUsername)
	if err != nil || w.Inbox == "" {
		return nil, fault.Say(fault.Invalid, "The actor %s has no usable name or no inbox.", w.ID)
	}
	for _, address := range []string{w.Inbox, w.SharedInbox} {
		if address != "" && !federation.SameOrigin(address, w.ID) {
			return nil, fault.Say(fault.Invalid, "The inbox %s of %s is on another server.", address, w.ID)
		}
	}
	now := time.Now()
	a := &Actor{ID: ID(d.DB.NewID()), IRI: w.ID, Kind: w.Type, Name: name, Domain: federation.Host(w.ID), Host: federation.Host(w.ID),
		Title: CleanText(w.Name, 200), Summary: SanitizeHTML(w.Summary), URL: webAddress(w.URL), Inbox: w.Inbox, SharedInbox: w.SharedInbox, Outbox: w.Outbox,
		Followers: sameOrigin(w.Followers, w.ID), Following: sameOrigin(w.Following, w.ID), Featured: sameOrigin(w.Featured, w.ID), Moderators: sameOrigin(w.Moderators, w.ID),
		AlsoKnownAs: w.AlsoKnownAs[:min(len(w.AlsoKnownAs), 20)], MovedTo: webAddress(w.MovedTo), Locked: w.Locked, Indexable: w.Indexable,
		Discoverable: w.Discoverable != nil && *w.Discoverable, Bot: w.Type == Application || w.Type == Service, Published: w.Published, Updated: w.Updated, Fetched: now,
		ShowMedia: true, ShowMediaReplies: true, ShowFeatured: true}
	if a.URL == "" {
		a.URL = a.IRI
	}
	if w.Icon != nil {
		a.Icon, a.IconDescription = webAddress(w.Icon.URL), CleanText(w.Icon.Name, maxDescription)
	}
	if w.Image != nil {
		a.Image, a.ImageDescription = webAddress(w.Image.URL), CleanText(w.Image.Name, maxDescription)
	}
	for _, domain := range w.AttributionDomains[:min(len(w.AttributionDomains), 100)] {
		if host := Domain(domain); host != "" {
			a.Attribution = append(a.Attribution, host)
		}
	}
	for _, f := range w.Fields[:min(len(w.Fields), 16)] {
		a.Fields = append(a.Fields, Field{Name: CleanText(f.Name, 255), Value: SanitizeHTML(f.Value)})
	}
	a.Emojis = Emojis(w.Tags)
	for _, c := range w.Capabilities {
		a.Groups1 = a.Groups1 || c.Href == federation.CapGroups
	}
	if a.IsGroup() {
		a.Visibility, a.JoinPolicy, a.Posting = VisibilityPublic, JoinOpen, PostingMembers
		for visibility, access := range accessTypes {
			if w.AccessType == access {
				a.Visibility = visibility
			}
		}
		switch w.JoinPolicy {
		case JoinOpen, JoinRequest, JoinInvite, JoinAutomatic:
			a.JoinPolicy = w.JoinPolicy
		default:
			if w.Locked {
				a.JoinPolicy = JoinRequest
			}
		}
		a.Members, a.Log = sameOrigin(w.Members, w.ID), sameOrigin(w.Log, w.ID)
		a.Settings = Settings{Introduction: w.Introduction, GuestsStart: w.GuestsStart, Archived: w.Archived, Deletes: w.Deletes}
		if w.PostingRestricted {
			a.Posting = PostingMods
		}
	}
	if a.Published.IsZero() || a.Published.After(now) {
		a.Published = now
	}
	if a.Updated.IsZero() || a.Updated.After(now) {
		a.Updated = now
	}
	return a, nil
}

// Emojis picks the custom emojis out of the tags of a document.
func Emojis(tags []vocab.Tag) []Emoji {
	var all []Emoji
	for _, t := range tags {
		name := strings.Trim(t.Name, ":")
		if t.Type == "Emoji" && len(all) < 50 && emojiName(name) && webAddress(t.Icon) != "" {
			all = append(all, Emoji{Name: name, URL: t.Icon})
		}
	}
	return all
}

// EmojiTags are the tags that tell others of custom emojis.
func EmojiTags(emojis []Emoji) []vocab.Tag {
	var tags []vocab.Tag
	for _, e := range emojis {
		tags = append(tags, vocab.Tag{Type: "Emoji", Name: ":" + e.Name + ":", Icon: e.URL})
	}
	return tags
}

func emojiName(s string) bool {
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_') {
			return false
		}
	}
	return len(s) >= 2 && len(s) <= 64
}

// webAddress returns the address when it is http or https, else "".
func webAddress(s string) string {
	if federation.Origin(s) == "" || len(s) > 2048 {
		return ""
	}
	return s
}

func sameOrigin(address, id string) string {
	if federation.SameOrigin(address, id) {
		return address
	}
	return ""
}
