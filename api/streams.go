// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

// The streams there are (https://docs.joinmastodon.org/methods/streaming/#streams).
const (
	userStream         = "user"
	notificationStream = "user:notification"
	hashtagStream      = "hashtag"
	localHashtagStream = "hashtag:local"
	listStream         = "list"
	directStream       = "direct"
)

// subscription is a stream that somebody looks at.
type subscription struct {
	name   string // as the client gave it, without only_media
	key    string // of hashtag: its name in lower case
	list   timeline.ListID
	stream []string // as every frame names it: a client drops what names another
	place  timeline.Place
	filter timeline.PublicFilter
}

// takes tells whether an item that appears in the place of the stream is wanted there.
func (s *subscription) takes(f facts, list timeline.ListID) bool {
	return s.name != notificationStream && s.list == list && (s.key == "" || slices.Contains(f.tags, s.key)) &&
		(!s.filter.Local || f.local) && (!s.filter.Remote || !f.local) && (!s.filter.Media || f.media)
}

// facts are what narrows a stream.
type facts struct {
	local, media bool
	tags         []string
}

// is tells whether two subscriptions are the same one.
func (s *subscription) is(o *subscription) bool { return slices.Equal(s.stream, o.stream) }

var errChannel = fault.Say(fault.Malformed, "Unknown channel requested")

// subscriptionTo reads what a client subscribes to. get returns its parameters: tag, list, only_media.
func subscriptionTo(name string, get func(string) string) (*subscription, error) {
	s := &subscription{name: name, stream: []string{name}}
	base, media := strings.CutSuffix(name, ":media")
	if !media && strings.HasPrefix(name, "public") {
		if media = truth(get("only_media")); media { // frames name the stream that it comes to
			s.name, s.stream = name+":media", []string{name + ":media"}
		}
	}
	s.filter.Media = media
	switch base {
	case "public":
		s.place = timeline.InPublic
		return s, nil
	case "public:local":
		s.place, s.filter.Local = timeline.InPublic, true
		return s, nil
	case "public:remote":
		s.place, s.filter.Remote = timeline.InPublic, true
		return s, nil
	}
	switch name {
	case userStream, notificationStream:
		s.place = timeline.InHome
	case directStream:
		s.place = timeline.InDirect
	case hashtagStream, localHashtagStream:
		tag := strings.TrimPrefix(get("tag"), "#")
		if tag == "" {
			return nil, fault.Say(fault.Malformed, "Missing tag name parameter")
		}
		s.place, s.key, s.filter.Local, s.stream = timeline.InTag, strings.ToLower(tag), name == localHashtagStream, []string{name, get("tag")}
	case listStream:
		id, err := strconv.ParseInt(get("list"), 10, 64)
		if err != nil || id <= 0 {
			return nil, fault.Say(fault.Malformed, "Missing list name parameter")
		}
		s.place, s.list, s.stream = timeline.InList, timeline.ListID(id), []string{name, get("list")}
	default:
		return nil, errChannel
	}
	return s, nil
}

func truth(text string) bool { return text == "true" || text == "1" || text == "on" }

// allowed tells whether a token reaches a stream.
func (s *subscription) allowed(scopes auth.Scopes) bool {
	switch s.name {
	case userStream:
		return scopes.Allows("read:statuses") && scopes.Allows("read:notifications")
	case notificationStream:
		return scopes.Allows("read:notifications")
	}
	return scopes.Allows("read:statuses")
}
