// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package archive is a group as one file: written whole while the node runs, checked to the last byte, and brought into a node.
//
// The format is described in docs/group-archive.md, so that others can read it. An archive is a ZIP: ActivityStreams documents on lines of
// JSON, the files by their SHA-256, SHA256SUMS over all parts, and a seal over every byte.
package archive

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/outbox"
)

// Archives writes the groups of a node, and brings groups into it.
type Archives struct {
	DB             *db.DB
	Dir            *actors.Directory
	Library        *content.Library
	Media          *media.Store
	Outbox         *outbox.Outbox
	Name, Software string // of the node, for who reads the archive

	Progress func(format string, args ...any) // hears how far it is, now and then; nil: nobody does
}

const (
	format  = "pleio-node group archive"
	version = 1

	manifestPart = "manifest.json"
	groupPart    = "group.json"
	settingsPart = "settings.json"
	sumsPart     = "SHA256SUMS"
	filesFolder  = "files/"
)

// The kinds of lines: each stands in parts of its own, kind/000001.jsonl and on.
const (
	kindActor    = "actors"
	kindMember   = "members"
	kindEntry    = "log"
	kindPost     = "posts"
	kindVersion  = "versions"
	kindReaction = "reactions"
	kindDecision = "decisions"
)

// partName is every name that a part can have. Names are compared and never used as names on the disk.
var partName = regexp.MustCompile(`^(?:manifest\.json|group\.json|settings\.json|SHA256SUMS|(?:actors|members|log|posts|versions|reactions|decisions)/[0-9]{6}\.jsonl|files/[0-9a-f]{64})$`)

// What is read of an archive at most. An archive that is written here keeps far below.
const (
	maxParts    = 2_000_000
	maxLine     = 16 << 20  // of JSON
	maxPart     = 64 << 20  // unpacked, but for files
	maxSums     = 256 << 20 // SHA256SUMS
	maxFile     = media.MaxVideoBytes
	maxUnpacked = 100 // times as much as it is packed: JSON never packs that well
	spare       = 64 << 20
	fullPart    = 1 << 20 // then the next part begins
)

// Manifest says what an archive is of, and how much is in it.
type Manifest struct {
	Format   string    `json:"format"`
	Version  int       `json:"version"`
	Exported time.Time `json:"exported"`
	Node     Home      `json:"node"`
	Group    string    `json:"group"` // its id
	Handle   string    `json:"handle"`
	Name     string    `json:"name"`
	Title    string    `json:"title"`
	State    State     `json:"groupState"`
	Counts   Counts    `json:"counts"`
}

// Home is the node that made an archive.
type Home struct {
	URL      string `json:"url"`
	Name     string `json:"name"`
	Software string `json:"software"`
}

// State is where the group stood (groups-1 §10).
type State struct {
	Epoch        string `json:"epoch"`
	Seq          int64  `json:"seq"`
	Head         string `json:"head"`
	MemberCount  int    `json:"memberCount"`
	MemberDigest string `json:"memberDigest"`
}

// Counts are what is in an archive. The relations are those of all states; members are those among them who are active.
type Counts struct {
	Actors    int64 `json:"actors"`
	Relations int64 `json:"relations"`
	Members   int64 `json:"members"`
	Entries   int64 `json:"log"`
	Posts     int64 `json:"posts"`
	Versions  int64 `json:"versions"`
	Reactions int64 `json:"reactions"`
	Decisions int64 `json:"decisions"`
	Files     int64 `json:"files"`    // different ones
	Missing   int64 `json:"missing"`  // files of posts whose bytes could not be had
	Withheld  int64 `json:"withheld"` // posts of suspended people, which are not in it
}

func (c Counts) String() string {
	some := func(n int64, one, many string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %s", n, many)
	}
	return strings.Join([]string{some(c.Members, "member", "members"), some(c.Posts, "post", "posts"), some(c.Files, "file", "files"), some(c.Entries, "entry of the log", "entries of the log")}, ", ")
}

// settings is what the owners chose, as far as the document of the group does not say it.
type settings struct {
	Title        string          `json:"title"`
	Summary      string          `json:"summary"` // as it was typed
	Visibility   string          `json:"visibility"`
	Join         string          `json:"join"`
	Posting      string          `json:"posting"`
	PlainMembers bool            `json:"plainMembers"`
	More         actors.Settings `json:"more"`
	Published    time.Time       `json:"published"`
	Icon         *file           `json:"icon,omitempty"`
	Image        *file           `json:"image,omitempty"`
}

// member is how somebody stands to the group.
type member struct {
	Record     json.RawMessage `json:"record"`               // a Relationship (groups-1 §3.2), in any state
	Invitation string          `json:"invitation,omitempty"` // id of the Invite
	Expires    time.Time       `json:"expires,omitzero"`     // of that
	Request    string          `json:"request,omitempty"`    // id of the Follow or Join
	RequestAs  string          `json:"requestType,omitempty"`
	Message    string          `json:"message,omitempty"`
}

// entry is one entry of the log. Its activity, or the Tombstone in its place, is spliced in as it was sent.
type entry struct {
	Seq    int64           `json:"seq"`
	Hash   string          `json:"hash"`
	Post   string          `json:"post,omitempty"` // that it is about
	Public bool            `json:"public,omitempty"`
	Entry  json.RawMessage `json:"entry,omitempty"`
	Bytes  []byte          `json:"bytes,omitempty"` // instead, when they are of more than one line
}

// post is one post: the object as its author signed it, and what the group's node keeps beside it.
type post struct {
	ID          string          `json:"id"`
	Author      string          `json:"author"`
	Number      int64           `json:"number,string"` // at home: posts are sorted by it
	Published   time.Time       `json:"published"`
	Announced   time.Time       `json:"announced,omitzero"` // to all members, as what opens a conversation
	Pinned      time.Time       `json:"pinned,omitzero"`    // in the group
	Closed      time.Time       `json:"closed,omitzero"`    // for answers
	Source      string          `json:"source,omitempty"`   // what was typed, of people of that node
	QuotePolicy string          `json:"quotePolicy,omitempty"`
	QuoteState  string          `json:"quoteState,omitempty"`
	QuoteStamp  string          `json:"quoteStamp,omitempty"`
	Poll        *content.Poll   `json:"poll,omitempty"` // with its counts
	Files       []file          `json:"files,omitempty"`
	Object      json.RawMessage `json:"object,omitempty"`
	Bytes       []byte          `json:"bytes,omitempty"` // instead, when they are of more than one line
}

// former is what a post said before an edit.
type former struct {
	Post      string         `json:"post"`
	Written   time.Time      `json:"written"`
	Title     string         `json:"title,omitempty"`
	Content   string         `json:"content"`
	Source    string         `json:"source,omitempty"`
	Summary   string         `json:"summary,omitempty"`
	Sensitive bool           `json:"sensitive,omitempty"`
	Poll      *content.Poll  `json:"poll,omitempty"`
	Emojis    []actors.Emoji `json:"emojis,omitempty"`
	Files     []file         `json:"files,omitempty"`
}

// file is a file of a post or a picture of the group. Its bytes are the part files/SHA256.
type file struct {
	ID          int64      `json:"id,string"` // the same one has the same number
	Name        string     `json:"name,omitempty"`
	MediaType   string     `json:"mediaType,omitempty"`
	Kind        string     `json:"kind,omitempty"`
	Size        int64      `json:"size,omitempty"`
	Width       int        `json:"width,omitempty"`
	Height      int        `json:"height,omitempty"`
	Duration    float64    `json:"duration,omitempty"`
	Blurhash    string     `json:"blurhash,omitempty"`
	Description string     `json:"description,omitempty"`
	Focus       [2]float64 `json:"focus,omitzero"`
	URL         string     `json:"url,omitempty"`     // where it is, or was
	Path        string     `json:"path,omitempty"`    // its name in the store of its home
	SHA256      string     `json:"sha256,omitempty"`  // "": see Missing
	Preview     string     `json:"preview,omitempty"` // SHA-256 of a smaller version
	Missing     string     `json:"missing,omitempty"` // why its bytes are not in the archive
}

// reaction is what somebody says about a post without words.
type reaction struct {
	Post  string `json:"post"`
	By    string `json:"by"`
	Kind  string `json:"kind"` // like, dislike, emoji
	Value string `json:"value,omitempty"`
	ID    string `json:"id,omitempty"`
}

// decision is what an owner or moderator decided.
type decision struct {
	When   time.Time `json:"when"`
	By     string    `json:"by"`
	Kind   string    `json:"kind"`
	About  string    `json:"about,omitempty"`
	Post   string    `json:"post,omitempty"`
	Role   string    `json:"role,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Until  time.Time `json:"until,omitzero"`
}

func (a *Archives) progress(format string, args ...any) {
	if a.Progress != nil {
		a.Progress(format, args...)
	}
}
