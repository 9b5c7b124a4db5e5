// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"strconv"
	"time"
)

// The entities of the Mastodon client API, version 4.5, as strict clients decode them: no key is missing, lists are never null,
// numbers of rows are texts of digits.

type account struct {
	ID             string    `json:"id"`
	Username       string    `json:"username"`
	Acct           string    `json:"acct"`
	DisplayName    string    `json:"display_name"`
	Locked         bool      `json:"locked"`
	Bot            bool      `json:"bot"`
	Discoverable   bool      `json:"discoverable"`
	Indexable      bool      `json:"indexable"`
	Group          bool      `json:"group"`
	CreatedAt      string    `json:"created_at"`
	Note           string    `json:"note"`
	URL            string    `json:"url"`
	URI            string    `json:"uri"`
	Avatar         string    `json:"avatar"`
	AvatarStatic   string    `json:"avatar_static"`
	Header         string    `json:"header"`
	HeaderStatic   string    `json:"header_static"`
	AvatarText     string    `json:"avatar_description"`
	HeaderText     string    `json:"header_description"`
	FollowersCount int64     `json:"followers_count"`
	FollowingCount int64     `json:"following_count"`
	StatusesCount  int64     `json:"statuses_count"`
	LastStatusAt   *string   `json:"last_status_at"` // a bare date
	Hidden         bool      `json:"hide_collections"`
	Noindex        bool      `json:"noindex"`
	Emojis         []emoji   `json:"emojis"`
	ShowMedia      bool      `json:"show_media"`
	ShowReplies    bool      `json:"show_media_replies"`
	ShowFeatured   bool      `json:"show_featured"`
	Roles          []empty   `json:"roles"`
	Fields         []field   `json:"fields"`
	Moved          *account  `json:"moved,omitempty"`
	Suspended      bool      `json:"suspended,omitempty"`
	Limited        bool      `json:"limited,omitempty"`
	Source         *source   `json:"source,omitempty"` // CredentialAccount
	Role           *roleOfMe `json:"role,omitempty"`   // CredentialAccount
}

// empty is the element of lists that hold nothing here.
type empty struct{}

type source struct {
	Attribution    []string `json:"attribution_domains"`
	Note           string   `json:"note"`
	Fields         []field  `json:"fields"`
	Privacy        string   `json:"privacy"`
	Sensitive      bool     `json:"sensitive"`
	Language       string   `json:"language"`
	FollowRequests int      `json:"follow_requests_count"`
	Hidden         bool     `json:"hide_collections"`
	Discoverable   bool     `json:"discoverable"`
	Indexable      bool     `json:"indexable"`
	QuotePolicy    string   `json:"quote_policy"`
}

type roleOfMe struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Color       string `json:"color"`
	Permissions string `json:"permissions"`
	Highlighted bool   `json:"highlighted"`
}

type field struct {
	Name       string  `json:"name"`
	Value      string  `json:"value"`
	VerifiedAt *string `json:"verified_at"`
}

type emoji struct {
	Shortcode string  `json:"shortcode"`
	URL       string  `json:"url"`
	StaticURL string  `json:"static_url"`
	Visible   bool    `json:"visible_in_picker"`
	Category  *string `json:"category"`
}

type status struct {
	ID               string       `json:"id"`
	CreatedAt        string       `json:"created_at"`
	InReplyToID      *string      `json:"in_reply_to_id"`
	InReplyToAccount *string      `json:"in_reply_to_account_id"`
	Sensitive        bool         `json:"sensitive"`
	SpoilerText      string       `json:"spoiler_text"`
	Visibility       string       `json:"visibility"`
	Language         *string      `json:"language"`
	URI              string       `json:"uri"`
	URL              string       `json:"url"`
	RepliesCount     int64        `json:"replies_count"`
	ReblogsCount     int64        `json:"reblogs_count"`
	FavouritesCount  int64        `json:"favourites_count"`
	QuotesCount      int64        `json:"quotes_count"`
	EditedAt         *string      `json:"edited_at"`
	Content          string       `json:"content"`
	Text             *string      `json:"text,omitempty"` // what was typed; only of a deleted status
	Reblog           *status      `json:"reblog"`
	Account          *account     `json:"account"`
	Application      *madeWith    `json:"application,omitempty"` // of our own: for everybody when public, or else for the author
	MediaAttachments []attachment `json:"media_attachments"`
	Mentions         []mention    `json:"mentions"`
	Tags             []statusTag  `json:"tags"`
	Emojis           []emoji      `json:"emojis"`
	Card             *card        `json:"card"`
	Poll             *poll        `json:"poll"`
	quotation                     // what it quotes, and who may quote it
	*marks                        // of who asks
}

// marks are absent when nobody in particular asks.
type marks struct {
	Favourited bool           `json:"favourited"`
	Reblogged  bool           `json:"reblogged"`
	Muted      bool           `json:"muted"`
	Bookmarked bool           `json:"bookmarked"`
	Pinned     bool           `json:"pinned"`
	Filtered   []filterResult `json:"filtered"`
}

type madeWith struct {
	Name    string  `json:"name"`
	Website *string `json:"website"`
}

type mention struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	URL      string `json:"url"`
	Acct     string `json:"acct"`
}

type statusTag struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type attachment struct {
	ID          string  `json:"id"`
	Type        string  `json:"type"`
	URL         *string `json:"url"`
	PreviewURL  *string `json:"preview_url"`
	RemoteURL   *string `json:"remote_url"`
	TextURL     *string `json:"text_url"`
	Meta        meta    `json:"meta"`
	Description *string `json:"description"`
	Blurhash    *string `json:"blurhash"`
}

type meta struct {
	Focus    *point `json:"focus,omitempty"`
	Original *size  `json:"original,omitempty"`
	Small    *size  `json:"small,omitempty"`
}

type point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

type size struct {
	Width    int     `json:"width,omitempty"`
	Height   int     `json:"height,omitempty"`
	Size     string  `json:"size,omitempty"`
	Aspect   float64 `json:"aspect,omitempty"`
	Duration float64 `json:"duration,omitempty"`
}

type poll struct {
	ID          string       `json:"id"`
	ExpiresAt   *string      `json:"expires_at"`
	Expired     bool         `json:"expired"`
	Multiple    bool         `json:"multiple"`
	VotesCount  int          `json:"votes_count"`
	VotersCount *int         `json:"voters_count"`
	Options     []pollOption `json:"options"`
	Emojis      []emoji      `json:"emojis"`
	*pollMarks
}

// pollMarks are absent when nobody in particular asks.
type pollMarks struct {
	Voted    bool  `json:"voted"`
	OwnVotes []int `json:"own_votes"`
}

type pollOption struct {
	Title      string `json:"title"`
	VotesCount *int   `json:"votes_count"`
}

type statusContext struct {
	Ancestors   []*status `json:"ancestors"`
	Descendants []*status `json:"descendants"`
}

type statusSource struct {
	ID          string `json:"id"`
	Text        string `json:"text"`
	SpoilerText string `json:"spoiler_text"`
}

type statusEdit struct {
	Content          string       `json:"content"`
	SpoilerText      string       `json:"spoiler_text"`
	Sensitive        bool         `json:"sensitive"`
	CreatedAt        string       `json:"created_at"`
	Account          *account     `json:"account"`
	Poll             *editedPoll  `json:"poll,omitempty"`
	MediaAttachments []attachment `json:"media_attachments"`
	Emojis           []emoji      `json:"emojis"`
	Quote            any          `json:"quote"`
}

type editedPoll struct {
	Options []pollTitle `json:"options"`
}

type pollTitle struct {
	Title string `json:"title"`
}

type relationship struct {
	ID                  string    `json:"id"`
	Following           bool      `json:"following"`
	ShowingReblogs      bool      `json:"showing_reblogs"`
	Notifying           bool      `json:"notifying"`
	Languages           *[]string `json:"languages"`
	FollowedBy          bool      `json:"followed_by"`
	Blocking            bool      `json:"blocking"`
	BlockedBy           bool      `json:"blocked_by"`
	Muting              bool      `json:"muting"`
	MutingNotifications bool      `json:"muting_notifications"`
	MutingExpiresAt     *string   `json:"muting_expires_at"`
	Requested           bool      `json:"requested"`
	RequestedBy         bool      `json:"requested_by"`
	DomainBlocking      bool      `json:"domain_blocking"`
	Endorsed            bool      `json:"endorsed"`
	Note                string    `json:"note"`
}

type marker struct {
	LastReadID string `json:"last_read_id"`
	Version    int64  `json:"version"`
	UpdatedAt  string `json:"updated_at"`
}

type list struct {
	ID            string `json:"id"`
	Title         string `json:"title"`
	RepliesPolicy string `json:"replies_policy"`
	Exclusive     bool   `json:"exclusive"`
}

type preferences struct {
	Visibility  string  `json:"posting:default:visibility"`
	Sensitive   bool    `json:"posting:default:sensitive"`
	Language    *string `json:"posting:default:language"`
	QuotePolicy string  `json:"posting:default:quote_policy"`
	Media       string  `json:"reading:expand:media"`
	Spoilers    bool    `json:"reading:expand:spoilers"`
	Gifs        bool    `json:"reading:autoplay:gifs"`
}

// stamp is a time as clients read it: always with three decimals and Z.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// stampOrNull is stamp, or null for the zero time.
func stampOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := stamp(t)
	return &s
}

// textOrNull is a text, or null when it is empty.
func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// digits is a number of a row as clients get it.
func digits[T ~int64](id T) string { return strconv.FormatInt(int64(id), 10) }

// digitsOrNull is digits, or null for 0.
func digitsOrNull[T ~int64](id T) *string {
	if id == 0 {
		return nil
	}
	s := digits(id)
	return &s
}
