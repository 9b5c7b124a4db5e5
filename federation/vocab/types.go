// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package vocab translates between ActivityStreams documents and plain Go structs, with go-fed/activity, and restores what go-fed loses.
package vocab

import (
	"encoding/json"
	"time"
)

// Public is the collection of everybody (ActivityPub §5.6).
const Public = "https://www.w3.org/ns/activitystreams#Public"

// Document is one decoded document: exactly one of the four is set.
type Document struct {
	Activity   *Activity
	Object     *Object
	Actor      *Actor
	Collection *Collection
}

// Ref is a property that holds either an id alone or an embedded document.
type Ref struct {
	ID   string // "" when the embedded document has none
	Type string // "" when only the id was given
	Document
	Raw json.RawMessage // the value's bytes as received; on encoding, when set, spliced in as they are
}

// Activity is something that an actor did (ActivityStreams vocabulary §3.1).
type Activity struct {
	ID, Type, Actor  string
	To, CC, Audience []string // "as:Public" and "Public" are read as Public; bto and bcc are dropped
	Object           Ref      // the first object
	MoreObjects      []Ref    // the others: Flag, and polls of GoToSocial
	Target, Origin   Ref
	Instrument       Ref
	Result           Ref
	AttributedTo     string // Invite: who invites
	Content, Summary string // as sent, not sanitised: a message with a Join, a reason, an emoji, a report
	Context          string
	Tags             []Tag
	Published        time.Time
	Updated, EndTime time.Time
	GroupState       *GroupState
	Proof            json.RawMessage // integrity proof (FEP-8b32), as it is
	Provable         bool            // encoding: the @context gets the terms of a proof, which is added to the bytes afterwards
	Raw              json.RawMessage // as received; ignored when encoding
}

// Object is content: a Note, Article, Page, Question, Event, Document, Tombstone …
type Object struct {
	ID, Type           string
	AttributedTo       string // the first actor that is named
	Name               string // plain text: a title, or the chosen option of a vote
	Content, Summary   string // HTML as sent, not sanitised
	Language           string // BCP 47, from contentMap (or Lemmy's language); "" unknown
	Source             string // what the author typed
	SourceType         string // its media type
	URL                string // the page for people
	InReplyTo          string
	Context            string // the conversation's collection (FEP-7888)
	ContextHistory     string // FEP-f228
	Replies            string // id of the collection
	Likes, Shares      string
	To, CC, Audience   []string
	Published, Updated time.Time
	Deleted            time.Time // Tombstone
	FormerType         string    // Tombstone
	Sensitive          bool
	Tags               []Tag
	Attachments        []Attachment
	Image              *Attachment // the lead picture of an Article
	Poll               *Poll       // Question only
	Quote              string      // FEP-044f, also from quoteUri, quoteUrl, _misskey_quote
	QuoteLegacy        bool        // the quote is named only as before FEP-044f, by a server that asks nobody
	QuoteAuthorization string
	InteractionPolicy  *InteractionPolicy
	SearchableBy       []string // FEP-268d
	StartTime, EndTime time.Time
	Location           string // name of the place
	CommentsOff        bool   // Lemmy's commentsEnabled:false, Mobilizon's repliesModerationOption closed
	Stickied           bool
	Distinguished      bool
	Preview            string          // HTML of the short form of an Article (FEP-b2b8)
	ApprovedBy         string          // id of the approval of a reply, like or boost (GoToSocial)
	Membership         *Membership     // Relationship (groups-1) or Member (Mobilizon)
	InteractingObject  string          // QuoteAuthorization and its like: what was allowed …
	InteractionTarget  string          // … to do something with this
	Seq                int64           // place in the log of a group (groups-1): a Relationship, or the Tombstone of an erased entry
	EntryHash          string          // Tombstone of an erased entry: its hash in the chain
	Proof              json.RawMessage // integrity proof (FEP-8b32), as it is
	Provable           bool            // encoding: the @context gets the terms of a proof, which is added to the bytes afterwards
	Raw                json.RawMessage // as received; ignored when encoding
}

// Membership is what a record of the members of a group says (groups-1). Since when and until when is StartTime and EndTime
// of its Object. Of Mobilizon's Member the role is kept as sent: member, moderator, administrator, invited, not_approved, rejected.
type Membership struct {
	Subject, Object string // the member and the group
	Relationship    string
	Role, State     string
	InvitedBy       string
}

// Tag is a Mention, a Hashtag or an Emoji.
type Tag struct {
	Type, Name, Href string
	ID               string    // Emoji
	Icon             string    // Emoji: address of the picture
	Updated          time.Time // Emoji
}

// Attachment is a file of an object (FEP-1311). Sizes in pixels, bytes and seconds; 0 is unknown.
type Attachment struct {
	Type, MediaType, URL string
	Name                 string // alternative text
	Width, Height        int
	Size                 int64
	Duration             float64
	Blurhash             string
	Digest               string // digestMultibase
	Focus                [2]float64
	HasFocus             bool
}

// Poll is what a Question asks (FEP-9967).
type Poll struct {
	Options  []PollOption
	Multiple bool
	EndTime  time.Time // zero: no end
	Closed   time.Time // zero: still open, unless EndTime has passed
	Voters   int       // -1: not told
}

// PollOption is one answer and its votes.
type PollOption struct {
	Name  string
	Votes int // Untold: not before the end
}

// Untold stands for the votes of a poll that hides them until its end: a Collection without totalItems, as Mastodon has it.
const Untold = -1

// InteractionPolicy says who may do what without or with approval (GoToSocial). Values are Public, collections and actors.
type InteractionPolicy struct {
	CanLike, CanReply, CanAnnounce, CanQuote *Rule
}

// Rule is one part of an InteractionPolicy.
type Rule struct{ Automatic, Manual []string }

// GroupState is where a group stands (groups-1): the position in its log and the digest of its members.
type GroupState struct {
	Epoch        string
	Seq          int64
	Head         string
	MemberCount  int
	MemberDigest string
}

// Actor is a Person, Group, Organization, Application or Service.
type Actor struct {
	ID, Type             string
	PreferredUsername    string
	Name                 string // plain text
	Summary              string // HTML as sent
	URL                  string
	Inbox, Outbox        string
	Followers, Following string
	Liked                string
	Featured             string
	FeaturedTags         string
	Members, Log         string // groups-1
	SharedInbox          string
	Moderators           string // attributedTo of a Group (FEP-1b12)
	Locked               bool   // manuallyApprovesFollowers
	Discoverable         *bool  // nil: not told
	Indexable            bool
	Memorial, Suspended  bool
	PostingRestricted    bool      // postingRestrictedToMods
	AccessType           string    // open, closed, private (Smithereen)
	JoinPolicy           string    // pn:joinPolicy
	AcceptsJoins         bool      // capabilities.acceptsJoins (litepub)
	Introduction         bool      // pn:introductionRequired: a wish to join has content
	GuestsStart          bool      // pn:guestsStart: guests may start conversations
	Archived, Deletes    time.Time // pn:archived: a group is only read, since; pn:deletes: will be deleted then
	Fields               []Field
	Icon, Image          *Attachment
	AlsoKnownAs          []string
	AttributionDomains   []string // domains whose pages may name the actor as their author (Mastodon)
	MovedTo              string
	WebFinger            string // FEP-2c59: user@domain
	Published, Updated   time.Time
	Tags                 []Tag
	Keys                 []Key        // publicKey and assertionMethod together
	Generator            string       // id of the application's actor
	Capabilities         []Capability // FEP-844e
	GroupState           *GroupState
	Raw                  json.RawMessage // as received; ignored when encoding
}

// Field is a line of a profile: HTML value (Mastodon's PropertyValue; FEP-fb2a's Note is read too).
type Field struct{ Name, Value string }

// Capability is what an actor's server can do.
type Capability struct{ Href, Name string }

// Key is a public key: RSA as PEM (publicKey) or any as Multikey (assertionMethod, FEP-521a).
type Key struct {
	ID, Owner string
	PEM       string // "" for a Multikey
	Multibase string // "" for PEM
}

// Collection is a Collection, an OrderedCollection or a page of one.
type Collection struct {
	ID, Type     string
	Total        int // totalItems; -1: not told
	First, Last  string
	FirstPage    *Collection // when first is embedded
	PartOf       string
	Next, Prev   string
	AttributedTo string
	Items        []Ref // items or orderedItems, whichever was there
	GroupState   *GroupState
	Raw          json.RawMessage // as received; ignored when encoding
}
