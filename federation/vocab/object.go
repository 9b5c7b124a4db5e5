// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"html"
	"strings"
	"time"

	"github.com/go-fed/activity/streams"
)

func readObject(v value, o object, t string) *Object {
	x := &Object{
		ID: text(o.get("id")), Type: t, AttributedTo: o.author("attributedTo"),
		URL: pageOf(o.get("url")), InReplyTo: o.id("inReplyTo"),
		Context: o.id("context"), ContextHistory: o.id("contextHistory"),
		Replies: o.id("replies"), Likes: o.id("likes"), Shares: o.id("shares"),
		To: o.ids("to"), CC: o.ids("cc"), Audience: o.ids("audience"),
		Published: o.moment("published"), Updated: o.moment("updated"),
		Deleted: o.moment("deleted"), FormerType: typeOf(object{{"type", o.get("formerType")}}),
		Sensitive: o.flag("sensitive"), Tags: readTags(o.get("tag")), Attachments: readAttachments(o.get("attachment")),
		Image: readImage(o.get("image")), QuoteAuthorization: o.id("quoteAuthorization"),
		InteractionPolicy: readPolicy(o.get("interactionPolicy")), SearchableBy: o.ids("searchableBy"),
		StartTime: o.moment("startTime"), EndTime: o.moment("endTime"), Location: place(o.get("location")),
		Stickied: o.flag("stickied"), Distinguished: o.flag("distinguished"),
		Preview: o.get("preview").fields().text("content"), ApprovedBy: o.id("approvedBy"),
		InteractingObject: o.id("interactingObject"), InteractionTarget: o.id("interactionTarget"),
		Seq: o.count("seq"), EntryHash: text(o.get("entryHash")), Proof: o.raw("proof"), Raw: []byte(v),
	}
	x.readText(o)
	x.readQuote(o)
	// How a thread is closed: Lemmy and PeerTube, PeerTube since 6.2, Mobilizon.
	policy, _ := o.get("commentsPolicy").number()
	x.CommentsOff = o.get("commentsEnabled").first() == 'f' || policy == 2 || text(o.get("repliesModerationOption")) == "closed"
	switch t {
	case "Question":
		x.Poll = readPoll(o)
		x.EndTime = time.Time{}
	case "Video", "Audio":
		x.readMedia(o)
	case "Relationship", "Member":
		x.Membership = readMembership(o)
	}
	if x.AttributedTo == "" && x.Membership == nil { // a Question as an activity
		x.AttributedTo = o.id("actor")
	}
	// Mobilizon attributes an Event to the group and names the person as its actor; everybody else names the group as audience.
	if actor := o.id("actor"); t == "Event" && actor != "" && actor != x.AttributedTo && len(x.Audience) == 0 {
		x.AttributedTo, x.Audience = actor, []string{x.AttributedTo}
	}
	return x
}

// readText reads what there is to read, its language and its source.
func (x *Object) readText(o object) {
	var inContent, inName, inSummary string
	x.Content, inContent = o.texts("content")
	x.Name, inName = o.texts("name")
	x.Summary, inSummary = o.texts("summary")
	for _, language := range []string{inContent, inName, inSummary, tag(text(o.get("language").fields().get("identifier"))), tag(text(o.get("inLanguage")))} {
		if x.Language == "" {
			x.Language = language
		}
	}
	if source := o.get("source"); source.first() == '"' { // Pleroma, before it had a media type
		x.Source = text(source)
	} else {
		f := source.fields()
		x.Source, x.SourceType = f.text("content"), text(f.get("mediaType"))
	}
	// PeerTube's description is Markdown: what the author typed, and only readable as plain text.
	if mediaType := text(o.get("mediaType")); mediaType == "text/markdown" || mediaType == "text/plain" {
		if x.Source == "" {
			x.Source, x.SourceType = x.Content, mediaType
		}
		x.Content = plain(x.Content)
	}
}

// plain makes HTML of a plain text.
func plain(s string) string {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	if s == "" {
		return ""
	}
	s = html.EscapeString(s)
	s = strings.ReplaceAll(s, "\n\n", "</p><p>")
	return "<p>" + strings.ReplaceAll(s, "\n", "<br>") + "</p>"
}

// readQuote reads the names that quotes have had (FEP-044f §Compatibility), and the Link of FEP-e232.
func (x *Object) readQuote(o object) {
	if x.Quote = o.id("quote"); x.Quote != "" {
		return
	}
	defer func() { x.QuoteLegacy = x.Quote != "" }()
	for _, name := range []string{"quoteUri", "quoteURI", "quoteUrl", "_misskey_quote"} {
		if x.Quote = o.id(name); x.Quote != "" {
			return
		}
	}
	for _, v := range o.get("tag").list() {
		if f := v.fields(); typeOf(f) == "Link" {
			for _, rel := range f.get("rel").list() {
				if text(rel) == "https://misskey-hub.net/ns#_misskey_quote" {
					x.Quote = f.id("href")
				}
			}
		}
	}
}

func readMembership(o object) *Membership {
	m := &Membership{
		Subject: o.id("subject"), Object: o.id("object"), Relationship: o.id("relationship"),
		Role: text(o.get("role")), State: text(o.get("state")), InvitedBy: o.id("invitedBy"),
	}
	if m.Subject == "" {
		m.Subject = o.id("actor")
	}
	return m
}

// place returns the name of the first place that has one.
func place(v value) string {
	for _, one := range v.list() {
		if one.first() == '"' {
			return text(one)
		}
		if name := one.fields().text("name"); name != "" {
			return name
		}
	}
	return ""
}

func readPoll(o object) *Poll {
	p := &Poll{EndTime: o.moment("endTime"), Closed: o.moment("closed"), Voters: -1}
	options := o.get("oneOf")
	if options == nil {
		options, p.Multiple = o.get("anyOf"), o.get("anyOf") != nil
	}
	for _, v := range options.list() {
		f := v.fields()
		name := f.text("name")
		if name == "" {
			continue
		}
		option := PollOption{Name: name}
		if replies := f.get("replies").fields(); replies != nil {
			if option.Votes = int(replies.count("totalItems")); replies.get("totalItems") == nil {
				option.Votes = Untold
			}
		}
		p.Options = append(p.Options, option)
	}
	if f, ok := o.get("votersCount").number(); ok && f >= 0 && f < 1<<53 {
		p.Voters = int(f)
	}
	if o.flag("closed") { // closed, but not when: no later than it was said
		for _, t := range []time.Time{p.EndTime, o.moment("updated"), o.moment("published"), time.UnixMilli(0).UTC()} {
			if p.Closed.IsZero() {
				p.Closed = t
			}
		}
	}
	return p
}

func readPolicy(v value) *InteractionPolicy {
	o := v.fields()
	if o == nil {
		return nil
	}
	return &InteractionPolicy{readRule(o.get("canLike")), readRule(o.get("canReply")), readRule(o.get("canAnnounce")), readRule(o.get("canQuote"))}
}

// readRule reads the names of GoToSocial 0.21 and Mastodon, else those that GoToSocial had before.
func readRule(v value) *Rule {
	o := v.fields()
	if o == nil {
		return nil
	}
	r := &Rule{o.ids("automaticApproval"), o.ids("manualApproval")}
	if o.get("automaticApproval") == nil && o.get("manualApproval") == nil {
		r.Automatic, r.Manual = o.ids("always"), o.ids("approvalRequired")
	}
	return r
}

func (x *Object) props() (props, error) {
	t := streams.NewActivityStreamsObject()
	p := start(t, x.ID, x.Type)
	p.about(x.AttributedTo, x.Context, x.URL)
	p.words(x.Name, x.Summary, x.Content, x.Language)
	p.audience(x.To, x.CC, x.Audience)
	p.made(x.Published, x.Updated)
	point(p, "inReplyTo", x.InReplyTo, streams.NewActivityStreamsInReplyToProperty, t.SetActivityStreamsInReplyTo)
	refer(p, "replies", x.Replies, streams.NewActivityStreamsRepliesProperty, t.SetActivityStreamsReplies)
	refer(p, "likes", x.Likes, streams.NewActivityStreamsLikesProperty, t.SetActivityStreamsLikes)
	refer(p, "shares", x.Shares, streams.NewActivityStreamsSharesProperty, t.SetActivityStreamsShares)
	date(p, "startTime", x.StartTime, streams.NewActivityStreamsStartTimeProperty, t.SetActivityStreamsStartTime)
	date(p, "endTime", x.EndTime, streams.NewActivityStreamsEndTimeProperty, t.SetActivityStreamsEndTime)
	if x.Source != "" || x.SourceType != "" {
		source := props{"content": x.Source}
		source.text("mediaType", x.SourceType)
		p.props["source"] = source
	}
	p.id("contextHistory", x.ContextHistory)
	p.time("deleted", x.Deleted)
	p.text("formerType", x.FormerType)
	p.flag("sensitive", x.Sensitive)
	p.list("tag", writeTags(x.Tags))
	p.list("attachment", writeAttachments(x.Attachments))
	p.image("image", x.Image)
	p.poll(x.Poll)
	if x.Quote != "" {
		for _, name := range []string{"quoteUri", "quoteUrl", "_misskey_quote"} {
			p.props[name] = x.Quote
		}
		if !x.QuoteLegacy {
			p.props["quote"] = x.Quote
		}
	}
	p.id("quoteAuthorization", x.QuoteAuthorization)
	p.policy(x.InteractionPolicy)
	p.strings("searchableBy", x.SearchableBy)
	if x.Location != "" {
		p.props["location"] = props{"type": "Place", "name": x.Location}
	}
	if x.CommentsOff {
		p.props["commentsEnabled"] = false
	}
	p.flag("stickied", x.Stickied)
	p.flag("distinguished", x.Distinguished)
	if x.Preview != "" {
		p.props["preview"] = props{"type": "Note", "content": x.Preview}
	}
	p.id("approvedBy", x.ApprovedBy)
	p.id("interactingObject", x.InteractingObject)
	p.id("interactionTarget", x.InteractionTarget)
	if m := x.Membership; m != nil {
		p.id("subject", m.Subject)
		p.id("object", m.Object)
		p.id("relationship", m.Relationship)
		p.text("role", m.Role)
		p.text("state", m.State)
		p.id("invitedBy", m.InvitedBy)
	}
	if x.Seq > 0 {
		p.props["seq"] = x.Seq
	}
	p.text("entryHash", x.EntryHash)
	if err := p.proof(x.Proof); err != nil {
		return nil, err
	}
	return p.done()
}

// poll writes the options as an array, also a single one, as its readers expect (FEP-9967).
func (p props) poll(poll *Poll) {
	if poll == nil {
		return
	}
	options := make([]any, len(poll.Options))
	for i, o := range poll.Options {
		replies := props{"type": "Collection"}
		if o.Votes != Untold {
			replies["totalItems"] = int64(o.Votes)
		}
		options[i] = props{"type": "Note", "name": o.Name, "replies": replies}
	}
	if poll.Multiple {
		p["anyOf"] = options
	} else {
		p["oneOf"] = options
	}
	p.time("endTime", poll.EndTime)
	p.time("closed", poll.Closed)
	if poll.Voters >= 0 {
		p["votersCount"] = int64(poll.Voters)
	}
}

func (p props) policy(policy *InteractionPolicy) {
	if policy == nil {
		return
	}
	q := props{}
	for _, part := range []struct {
		name string
		rule *Rule
	}{{"canLike", policy.CanLike}, {"canReply", policy.CanReply}, {"canAnnounce", policy.CanAnnounce}, {"canQuote", policy.CanQuote}} {
		if part.rule != nil {
			q[part.name] = props{"automaticApproval": anys(part.rule.Automatic), "manualApproval": anys(part.rule.Manual)}
		}
	}
	p["interactionPolicy"] = q
}
