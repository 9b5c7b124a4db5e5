// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/mux"
)

// schemas are the entities as https://docs.joinmastodon.org/entities/ has them, for version 4.4. A name with ? can be absent, a type with ?
// can be null; [] is a list. Keys that are not here are wrong too.
var schemas = map[string]string{
	"Account": `id:id username:word acct:word display_name:text locked:bool bot:bool discoverable:bool? indexable:bool group:bool created_at:time note:text url:url uri:url
		avatar:url avatar_static:url header:url header_static:url followers_count:int following_count:int statuses_count:int last_status_at:day? hide_collections:bool?
		noindex:bool emojis:[]CustomEmoji roles:[]Nothing fields:[]Field moved?:Account? suspended?:bool`,
	"CredentialAccount": `id:id username:word acct:word display_name:text locked:bool bot:bool discoverable:bool? indexable:bool group:bool created_at:time note:text url:url uri:url
		avatar:url avatar_static:url header:url header_static:url followers_count:int following_count:int statuses_count:int last_status_at:day? hide_collections:bool?
		noindex:bool emojis:[]CustomEmoji roles:[]Nothing fields:[]Field source:Source role:Role`,
	"Source":      `attribution_domains:[]text note:text fields:[]Field privacy:visibility sensitive:bool language:text follow_requests_count:int hide_collections:bool? discoverable:bool? indexable:bool`,
	"Role":        `id:text name:text color:text permissions:digits highlighted:bool`,
	"Nothing":     ``,
	"Field":       `name:text value:text verified_at:time?`,
	"CustomEmoji": `shortcode:word url:url static_url:url visible_in_picker:bool category:text?`,
	"Status": `id:id created_at:time in_reply_to_id:id? in_reply_to_account_id:id? sensitive:bool spoiler_text:text visibility:visibility language:text? uri:url url:url? replies_count:int
		reblogs_count:int favourites_count:int quotes_count:int edited_at:time? content:text text?:text reblog:Status? account:Account media_attachments:[]MediaAttachment mentions:[]Mention
		tags:[]StatusTag emojis:[]CustomEmoji card:Nothing? poll:Poll? quote:Nothing? favourited?:bool reblogged?:bool muted?:bool bookmarked?:bool pinned?:bool filtered?:[]Nothing`,
	"Mention":         `id:id username:word url:url acct:word`,
	"StatusTag":       `name:word url:url`,
	"MediaAttachment": `id:id type:mediatype url:url? preview_url:url? remote_url:url? text_url:url? meta:Meta description:text? blurhash:text?`,
	"Meta":            `focus?:Focus original?:Size small?:Size`,
	"Focus":           `x:number y:number`,
	"Size":            `width?:int height?:int size?:word aspect?:number duration?:number`,
	"Poll":            `id:id expires_at:time? expired:bool multiple:bool votes_count:int voters_count:int? options:[]Option emojis:[]CustomEmoji voted?:bool own_votes?:[]int`,
	"Option":          `title:text votes_count:int?`,
	"Context":         `ancestors:[]Status descendants:[]Status`,
	"StatusSource":    `id:id text:text spoiler_text:text`,
	"StatusEdit":      `content:text spoiler_text:text sensitive:bool created_at:time account:Account poll?:EditedPoll media_attachments:[]MediaAttachment emojis:[]CustomEmoji`,
	"EditedPoll":      `options:[]EditedOption`,
	"EditedOption":    `title:text`,
	"Relationship": `id:id following:bool showing_reblogs:bool notifying:bool languages:[]text? followed_by:bool blocking:bool blocked_by:bool muting:bool muting_notifications:bool
		muting_expires_at:time? requested:bool requested_by:bool domain_blocking:bool endorsed:bool note:text`,
	"FamiliarFollowers":    `id:id accounts:[]Account`,
	"Notification":         `id:id type:notificationtype group_key:word created_at:time account:Account status?:Status`,
	"GroupedNotifications": `accounts:[]Account partial_accounts?:[]PartialAccount statuses:[]Status notification_groups:[]NotificationGroup`,
	"PartialAccount":       `id:id acct:word url:url avatar:url avatar_static:url locked:bool bot:bool`,
	"NotificationGroup": `group_key:word notifications_count:int type:notificationtype most_recent_notification_id:int page_min_id?:id page_max_id?:id latest_page_notification_at:time
		sample_account_ids:[]id status_id?:id`,
	"NotificationPolicy": `for_not_following:word for_not_followers:word for_new_accounts:word for_private_mentions:word for_limited_accounts:word summary:PolicySummary`,
	"PolicySummary":      `pending_requests_count:int pending_notifications_count:int`,
	"Count":              `count:int`,
	"Merged":             `merged:bool`,
	"Markers":            `home?:Marker notifications?:Marker`,
	"Marker":             `last_read_id:id version:int updated_at:time`,
	"List":               `id:id title:text replies_policy:word exclusive:bool`,
	"Tag":                `id:id name:word url:url history:[]Nothing following:bool featuring:bool`,
	"Search":             `accounts:[]Account statuses:[]Status hashtags:[]Tag`,
	"Preferences":        `posting:default:visibility=visibility posting:default:sensitive=bool posting:default:language=text? reading:expand:media=word reading:expand:spoilers=bool reading:autoplay:gifs=bool`,
	"Token":              `access_token:word token_type:word scope:text created_at:int`,
	"Application":        `id:id name:text website:url? scopes:[]word redirect_uris:[]text redirect_uri:text vapid_key:text`,
	"CredentialApplication": `id:id name:text website:url? scopes:[]word redirect_uris:[]text redirect_uri:text vapid_key:text client_id:word client_secret:word
		client_secret_expires_at:int`,
	"Userinfo": `iss:url sub:url name:text preferred_username:word profile:url picture:url`,
	"Discovery": `issuer:url authorization_endpoint:url token_endpoint:url revocation_endpoint:url userinfo_endpoint:url app_registration_endpoint:url scopes_supported:[]word
		response_types_supported:[]word response_modes_supported:[]word grant_types_supported:[]word code_challenge_methods_supported:[]word token_endpoint_auth_methods_supported:[]word
		service_documentation:url`,
	"Instance": `domain:word title:text version:text source_url:url description:text usage:Usage thumbnail:Thumbnail icon:[]Icon languages:[]word configuration:Configuration
		registrations:Registrations api_versions:Versions contact:Contact rules:[]Rule`,
	"Usage": `users:Active`, "Active": `active_month:int`, "Thumbnail": `url:url`, "Icon": `src:url size:word`, "Versions": `mastodon:int`, "Contact": `email:text account:Account?`,
	"Registrations": `enabled:bool approval_required:bool reason_required:bool? message:text? min_age:int? url:url?`,
	"Rule":          `id:id text:text hint:text translations:Nothing`,
	"InstanceV1": `uri:word title:text short_description:text description:text email:text version:text urls:StreamingURL stats:Stats thumbnail:url? languages:[]word registrations:bool
		approval_required:bool invites_enabled:bool configuration:Configuration contact_account:Account? rules:[]Rule`,
	"StreamingURL": `streaming_api:url`, "Stats": `user_count:int status_count:int domain_count:int`,
	"Configuration": `urls:URLs vapid:Vapid accounts:AccountLimits statuses:StatusLimits media_attachments:MediaLimits polls:PollLimits translation:Enabled
		timelines_access:Access limited_federation:bool`,
	"URLs": `streaming:url status:url? about:url privacy_policy:url? terms_of_service:url?`, "Vapid": `public_key:text`, "Enabled": `enabled:bool`,
	"AccountLimits": `max_featured_tags:int max_pinned_statuses:int max_profile_fields:int profile_field_name_limit:int profile_field_value_limit:int max_display_name_length:int max_note_length:int`,
	"StatusLimits":  `max_characters:int max_media_attachments:int characters_reserved_per_url:int`,
	"MediaLimits": `description_limit:int supported_mime_types:[]word image_size_limit:int image_matrix_limit:int video_size_limit:int video_frame_rate_limit:int
		video_matrix_limit:int`,
	"PollLimits": `max_options:int max_characters_per_option:int min_expiration:int max_expiration:int`,
	"Access":     `live_feeds:Feeds hashtag_feeds:Feeds trending_link_feeds:Feeds`, "Feeds": `local:word remote:word`,
	"Text":  `updated_at:time content:text`,
	"Error": `error:text error_description?:text`,
}

// answers are the entities that routes answer with; what is not here answers with an empty list.
var answers = map[string]string{
	"POST /oauth/token": "Token", "POST /oauth/revoke": "Nothing", "GET /oauth/userinfo": "Userinfo", "POST /oauth/userinfo": "Userinfo",
	"GET /.well-known/oauth-authorization-server": "Discovery", "POST /api/v1/apps": "CredentialApplication", "GET /api/v1/apps/verify_credentials": "Application",
	"GET /api/v2/instance": "Instance", "GET /api/v1/instance": "InstanceV1", "GET /api/v1/instance/rules": "[]Rule", "GET /api/v1/instance/peers": "[]word",
	"GET /api/v1/instance/extended_description": "Text", "GET /api/v1/instance/privacy_policy": "Text", "GET /api/v1/instance/translation_languages": "Nothing",
	"GET " + avatarPath: "file", "GET " + headerPath: "file",
	"GET /api/v1/accounts/verify_credentials": "CredentialAccount", "PATCH /api/v1/accounts/update_credentials": "CredentialAccount",
	"GET /api/v1/accounts/relationships": "[]Relationship", "GET /api/v1/accounts/familiar_followers": "[]FamiliarFollowers", "GET /api/v1/accounts/search": "[]Account",
	"GET /api/v1/accounts/lookup": "Account", "GET /api/v1/accounts": "[]Account", "GET /api/v1/accounts/{id}": "Account", "GET /api/v1/accounts/{id}/statuses": "[]Status",
	"GET /api/v1/accounts/{id}/followers": "[]Account", "GET /api/v1/accounts/{id}/following": "[]Account", "GET /api/v1/accounts/{id}/lists": "[]List",
	"POST /api/v1/accounts/{id}/follow": "Relationship", "POST /api/v1/accounts/{id}/unfollow": "Relationship", "POST /api/v1/accounts/{id}/remove_from_followers": "Relationship",
	"POST /api/v1/accounts/{id}/block": "Relationship", "POST /api/v1/accounts/{id}/unblock": "Relationship", "GET /api/v1/follow_requests": "[]Account",
	"POST /api/v1/follow_requests/{id}/authorize": "Relationship", "POST /api/v1/follow_requests/{id}/reject": "Relationship", "GET /api/v1/blocks": "[]Account",
	"GET /api/v1/preferences": "Preferences", "POST /api/pleio/v1/groups": "Account",
	"POST /api/v1/statuses": "Status", "GET /api/v1/statuses": "[]Status", "GET /api/v1/statuses/{id}": "Status", "PUT /api/v1/statuses/{id}": "Status",
	"DELETE /api/v1/statuses/{id}": "Status", "GET /api/v1/statuses/{id}/context": "Context", "GET /api/v1/statuses/{id}/source": "StatusSource",
	"GET /api/v1/statuses/{id}/favourited_by": "[]Account", "GET /api/v1/statuses/{id}/reblogged_by": "[]Account",
	"GET /api/v1/statuses/{id}/history": "[]StatusEdit", "POST /api/v1/statuses/{id}/translate": "Error", "POST /api/v1/statuses/{id}/favourite": "Status",
	"POST /api/v1/statuses/{id}/unfavourite": "Status", "POST /api/v1/statuses/{id}/reblog": "Status", "POST /api/v1/statuses/{id}/unreblog": "Status",
	"POST /api/v1/statuses/{id}/bookmark": "Status", "POST /api/v1/statuses/{id}/unbookmark": "Status", "POST /api/v1/statuses/{id}/pin": "Status",
	"POST /api/v1/statuses/{id}/unpin": "Status", "GET /api/v1/polls/{id}": "Poll", "POST /api/v1/polls/{id}/votes": "Poll",
	"POST /api/v2/media": "MediaAttachment", "POST /api/v1/media": "MediaAttachment", "GET /api/v1/media/{id}": "MediaAttachment", "PUT /api/v1/media/{id}": "MediaAttachment",
	"DELETE /api/v1/media/{id}": "Nothing", "GET /api/v1/custom_emojis": "[]CustomEmoji",
	"GET /api/v1/bookmarks": "[]Status", "GET /api/v1/favourites": "[]Status", "GET /api/v1/timelines/home": "[]Status", "GET /api/v1/timelines/public": "[]Status",
	"GET /api/v1/timelines/tag/{name}": "[]Status", "GET /api/v1/timelines/list/{id}": "[]Status", "GET /api/v1/lists": "[]List", "GET /api/v1/lists/{id}": "List",
	"GET /api/v1/lists/{id}/accounts": "[]Account", "GET /api/v1/tags/{name}": "Tag", "GET /api/v1/markers": "Markers", "POST /api/v1/markers": "Markers",
	"GET /api/v1/notifications": "[]Notification", "GET /api/v1/notifications/unread_count": "Count", "POST /api/v1/notifications/clear": "Nothing",
	"POST /api/v1/notifications/dismiss": "Nothing", "GET /api/v1/notifications/requests/merged": "Merged", "GET /api/v1/notifications/{id}": "Notification",
	"POST /api/v1/notifications/{id}/dismiss": "Nothing", "GET /api/v2/notifications": "GroupedNotifications", "GET /api/v2/notifications/unread_count": "Count",
	"GET /api/v2/notifications/policy": "NotificationPolicy", "PATCH /api/v2/notifications/policy": "NotificationPolicy", "GET /api/v2/notifications/{key}": "GroupedNotifications",
	"POST /api/v2/notifications/{key}/dismiss": "Nothing", "GET /api/v2/notifications/{key}/accounts": "[]Account", "GET /api/v2/search": "Search",
	"GET /api/v1/streaming/health": "file",
}

// validate is what every answer of every test must pass.
func (w *world) validate(r *http.Request, answer *httptest.ResponseRecorder) {
	w.Helper()
	var match mux.RouteMatch
	if !w.router.Match(r, &match) || r.Method == http.MethodOptions {
		return
	}
	path, err := match.Route.GetPathTemplate()
	w.check(err)
	if answer.Header().Get("Access-Control-Allow-Origin") != "*" {
		w.Errorf("%s %s: no browser may read the answer", r.Method, r.URL)
	}
	kind, known := answers[r.Method+" "+strings.TrimSuffix(path, "/")]
	if !known {
		kind = "[]Nothing"
	}
	switch {
	case answer.Code >= 400:
		kind = "Error"
	case kind == "file":
		return
	}
	if mime := answer.Header().Get("Content-Type"); mime != "application/json; charset=utf-8" {
		w.Errorf("%s %s: Content-Type %q", r.Method, r.URL, mime)
	}
	d := json.NewDecoder(bytes.NewReader(answer.Body.Bytes()))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		w.Errorf("%s %s: no JSON: %v in %s", r.Method, r.URL, err, answer.Body)
		return
	}
	for _, problem := range conform(kind, kind, v) {
		w.Errorf("%s %s: %s", r.Method, r.URL, problem)
	}
}

// conform says what is wrong with a value of a kind.
func conform(where, kind string, v any) (problems []string) {
	kind, nullable := strings.CutSuffix(kind, "?")
	if v == nil {
		if !nullable {
			return []string{where + " is null"}
		}
		return nil
	}
	if of, isList := strings.CutPrefix(kind, "[]"); isList {
		all, ok := v.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %T, no list", where, v)}
		}
		for i, one := range all {
			problems = append(problems, conform(fmt.Sprintf("%s[%d]", where, i), of, one)...)
		}
		return problems
	}
	if schema, isEntity := schemas[kind]; isEntity {
		object, ok := v.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %T, no object", where, v)}
		}
		return entity(where, schema, object)
	}
	if !simple(kind, v) {
		return []string{fmt.Sprintf("%s is no %s: %v", where, kind, v)}
	}
	return nil
}

func entity(where, schema string, object map[string]any) (problems []string) {
	seen := map[string]bool{}
	for _, line := range strings.Fields(schema) {
		name, kind, equals := strings.Cut(line, "=")
		if !equals {
			name, kind, _ = strings.Cut(line, ":")
		}
		name, optional := strings.CutSuffix(name, "?")
		seen[name] = true
		v, present := object[name]
		switch {
		case !present && !optional:
			problems = append(problems, where+"."+name+" is missing")
		case present:
			problems = append(problems, conform(where+"."+name, kind, v)...)
		}
	}
	for name := range object {
		if !seen[name] {
			problems = append(problems, where+"."+name+" is not documented")
		}
	}
	return problems
}

var (
	idPattern    = regexp.MustCompile(`^[1-9][0-9]*$`)
	timePattern  = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	dayPattern   = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	intPattern   = regexp.MustCompile(`^[0-9]+$`)
	enumerations = map[string][]string{
		"visibility":       {"public", "unlisted", "private", "direct"},
		"mediatype":        {"unknown", "image", "gifv", "video", "audio"},
		"notificationtype": {"mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update"},
	}
)

func simple(kind string, v any) bool {
	text, isText := v.(string)
	number, isNumber := v.(json.Number)
	switch kind {
	case "bool":
		_, ok := v.(bool)
		return ok
	case "int":
		return isNumber && intPattern.MatchString(number.String())
	case "number":
		return isNumber
	case "text":
		return isText
	case "word":
		return isText && text != "" && !strings.ContainsAny(text, " \n")
	case "id":
		return isText && idPattern.MatchString(text)
	case "digits":
		return isText && intPattern.MatchString(text)
	case "time":
		return isText && timePattern.MatchString(text)
	case "day":
		return isText && dayPattern.MatchString(text)
	case "url":
		u, err := url.Parse(text)
		return isText && err == nil && u.Host != "" && slices.Contains([]string{"http", "https", "ws", "wss"}, u.Scheme)
	}
	values, known := enumerations[kind]
	return known && isText && slices.Contains(values, text)
}

func TestTheValidatorNotices(t *testing.T) {
	for text, want := range map[string]string{
		`{"home":{"last_read_id":"1","version":1,"updated_at":"2026-01-01T00:00:00.000Z"}}`:    "",
		`{"home":{"last_read_id":1,"version":1,"updated_at":"2026-01-01T00:00:00.000Z"}}`:      "Markers.home.last_read_id is no id: 1",
		`{"home":{"last_read_id":"1","version":1,"updated_at":"2026-01-01T00:00:00Z"}}`:        "Markers.home.updated_at is no time: 2026-01-01T00:00:00Z",
		`{"home":{"last_read_id":"1","updated_at":"2026-01-01T00:00:00.000Z"}}`:                "Markers.home.version is missing",
		`{"home":{"last_read_id":"1","version":null,"updated_at":"2026-01-01T00:00:00.000Z"}}`: "Markers.home.version is null",
		`{"home":{"last_read_id":"1","version":"1","updated_at":"2026-01-01T00:00:00.000Z"}}`:  "Markers.home.version is no int: 1",
		`{"house":{"last_read_id":"1","version":1,"updated_at":"2026-01-01T00:00:00.000Z"}}`:   "Markers.house is not documented",
		`{"home":[]}`: "Markers.home is []interface {}, no object",
	} {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(conform("Markers", "Markers", v), "\n"); got != want {
			t.Errorf("%s: %q instead of %q", text, got, want)
		}
	}
}
