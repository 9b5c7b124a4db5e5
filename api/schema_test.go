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

// schemas are the entities as https://docs.joinmastodon.org/entities/ has them, for version 4.5. A name with ? can be absent, a type with ?
// can be null; [] is a list. Keys that are not here are wrong too.
var schemas = map[string]string{
	"Account": `id:id username:word acct:word display_name:text locked:bool bot:bool discoverable:bool? indexable:bool group:bool created_at:time note:text url:url uri:url
		avatar:url avatar_static:url header:url header_static:url avatar_description:text header_description:text show_media:bool show_media_replies:bool show_featured:bool
		followers_count:int following_count:int statuses_count:int last_status_at:day? hide_collections:bool?
		noindex:bool emojis:[]CustomEmoji roles:[]Nothing fields:[]Field moved?:Account? suspended?:bool limited?:bool`,
	"CredentialAccount": `id:id username:word acct:word display_name:text locked:bool bot:bool discoverable:bool? indexable:bool group:bool created_at:time note:text url:url uri:url
		avatar:url avatar_static:url header:url header_static:url avatar_description:text header_description:text show_media:bool show_media_replies:bool show_featured:bool
		followers_count:int following_count:int statuses_count:int last_status_at:day? hide_collections:bool?
		noindex:bool emojis:[]CustomEmoji roles:[]Nothing fields:[]Field moved?:Account? limited?:bool source:Source role:Role`,
	"Source":      `attribution_domains:[]text note:text fields:[]Field privacy:visibility sensitive:bool language:text follow_requests_count:int hide_collections:bool? discoverable:bool? indexable:bool quote_policy:quotepolicy`,
	"Role":        `id:text name:text color:text permissions:digits highlighted:bool`,
	"Nothing":     ``,
	"Field":       `name:text value:text verified_at:time?`,
	"CustomEmoji": `shortcode:word url:url static_url:url visible_in_picker:bool category:text?`,
	"Status": `id:id created_at:time in_reply_to_id:id? in_reply_to_account_id:id? sensitive:bool spoiler_text:text visibility:visibility language:text? uri:url url:url? replies_count:int
		reblogs_count:int favourites_count:int quotes_count:int edited_at:time? content:text text?:text reblog:Status? account:Account media_attachments:[]MediaAttachment mentions:[]Mention
		tags:[]StatusTag emojis:[]CustomEmoji card:PreviewCard? application?:StatusApplication poll:Poll? quote:Quote? quote_approval:QuoteApproval favourited?:bool reblogged?:bool muted?:bool bookmarked?:bool pinned?:bool filtered?:[]FilterResult`,
	"PreviewCard": `url:url title:text description:text language:text? type:cardtype authors:[]CardAuthor author_name:text author_url:text provider_name:text provider_url:text html:text
		width:int height:int image:url? image_description:text embed_url:text blurhash:text? published_at:time?`,
	"TrendsLink": `url:url title:text description:text language:text? type:cardtype authors:[]CardAuthor author_name:text author_url:text provider_name:text provider_url:text html:text
		width:int height:int image:url? image_description:text embed_url:text blurhash:text? published_at:time? history:[]Use`,
	"CardAuthor":        `name:text url:text account:Account?`,
	"StatusApplication": `name:text website:url?`,
	"ScheduledStatus":   `id:id scheduled_at:time params:ScheduledParams media_attachments:[]MediaAttachment`,
	"ScheduledParams": `text:text poll:ScheduledPoll? media_ids:[]id? sensitive:bool? spoiler_text:text? visibility:visibility in_reply_to_id:int? language:text? application_id:int
		scheduled_at:Nothing? idempotency:text? with_rate_limit:bool quoted_status_id:id? quote_approval_policy:text?`,
	"ScheduledPoll":   `options:[]text expires_in:int multiple:bool hide_totals:bool`,
	"AsyncRefresh":    `async_refresh:Refreshing`,
	"Refreshing":      `id:word status:refreshstate result_count:int?`,
	"OEmbed":          `type:word version:word title:text author_name:text author_url:url provider_name:text provider_url:url cache_age:int html:text width:int height:int?`,
	"Quote":           `state:quotestate quoted_status:QuotedStatus?`,
	"ShallowQuote":    `state:quotestate quoted_status_id:id?`,
	"QuoteApproval":   `automatic:[]quoterule manual:[]quoterule current_user:quoteanswer`,
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
	"StatusEdit":      `content:text spoiler_text:text sensitive:bool created_at:time account:Account poll?:EditedPoll media_attachments:[]MediaAttachment emojis:[]CustomEmoji quote:Quote?`,
	"EditedPoll":      `options:[]EditedOption`,
	"EditedOption":    `title:text`,
	"Relationship": `id:id following:bool showing_reblogs:bool notifying:bool languages:[]text? followed_by:bool blocking:bool blocked_by:bool muting:bool muting_notifications:bool
		muting_expires_at:time? requested:bool requested_by:bool domain_blocking:bool endorsed:bool note:text`,
	"FamiliarFollowers": `id:id accounts:[]Account`,
	"MutedAccount": `id:id username:word acct:word display_name:text locked:bool bot:bool discoverable:bool? indexable:bool group:bool created_at:time note:text url:url uri:url
		avatar:url avatar_static:url header:url header_static:url avatar_description:text header_description:text show_media:bool show_media_replies:bool show_featured:bool
		followers_count:int following_count:int statuses_count:int last_status_at:day? hide_collections:bool?
		noindex:bool emojis:[]CustomEmoji roles:[]Nothing fields:[]Field moved?:Account? suspended?:bool limited?:bool mute_expires_at:time?`,
	"Suggestion": `source:suggestionsource sources:[]reason account:Account`,
	"Profile": `id:id display_name:text note:text fields:[]Field avatar:url? avatar_static:url? avatar_description:text header:url? header_static:url? header_description:text locked:bool
		bot:bool hide_collections:bool? discoverable:bool? indexable:bool show_media:bool show_media_replies:bool show_featured:bool attribution_domains:[]word`,
	"Notification":         `id:id type:notificationtype group_key:word created_at:time account:Account status?:Status report?:Report event?:Severance moderation_warning?:AccountWarning`,
	"GroupedNotifications": `accounts:[]Account partial_accounts?:[]PartialAccount statuses:[]Status notification_groups:[]NotificationGroup`,
	"PartialAccount":       `id:id acct:word url:url avatar:url avatar_static:url locked:bool bot:bool`,
	"NotificationGroup": `group_key:word notifications_count:int type:notificationtype most_recent_notification_id:int page_min_id:id page_max_id:id latest_page_notification_at:time
		sample_account_ids:[]id status_id?:id report?:Report event?:Severance moderation_warning?:AccountWarning`,
	"NotificationPolicy": `for_not_following:strictness for_not_followers:strictness for_new_accounts:strictness for_private_mentions:strictness
		for_limited_accounts:strictness summary:PolicySummary`,
	"PolicySummary":       `pending_requests_count:int pending_notifications_count:int`,
	"Count":               `count:int`,
	"Merged":              `merged:bool`,
	"NotificationRequest": `id:id created_at:time updated_at:time account:Account notifications_count:digits last_status?:Status`,
	"Filter":              `id:id title:text context:[]filtercontext expires_at:time? filter_action:filteraction keywords:[]FilterKeyword statuses:[]FilterStatus`,
	"BriefFilter":         `id:id title:text context:[]filtercontext expires_at:time? filter_action:filteraction`,
	"FilterKeyword":       `id:id keyword:text whole_word:bool`,
	"FilterStatus":        `id:id status_id:id`,
	"FilterResult":        `filter:BriefFilter keyword_matches:[]text? status_matches:[]id?`,
	"FilterV1":            `id:id phrase:text context:[]filtercontext expires_at:time? irreversible:bool whole_word:bool`,
	"Conversation":        `id:id unread:bool accounts:[]Account last_status:Status?`,
	"Markers":             `home?:Marker notifications?:Marker`,
	"Marker":              `last_read_id:id version:int updated_at:time`,
	"List":                `id:id title:text replies_policy:repliespolicy exclusive:bool`,
	"Tag":                 `id:id name:word url:url history:[]Use following?:bool featuring?:bool`, "Use": `day:digits accounts:digits uses:digits`,
	"FeaturedTag": `id:id name:word url:url statuses_count:digits last_status_at:day?`,
	"SearchV1":    `accounts:[]Account statuses:[]Status hashtags:[]word`,
	"Search":      `accounts:[]Account statuses:[]Status hashtags:[]Tag`,
	"Preferences": `posting:default:visibility=visibility posting:default:sensitive=bool posting:default:language=text? posting:default:quote_policy=quotepolicy reading:expand:media=word reading:expand:spoilers=bool reading:autoplay:gifs=bool`,
	"Token":       `access_token:word token_type:word scope:text created_at:int`,
	"Application": `id:id name:text website:url? scopes:[]word redirect_uris:[]text redirect_uri:text vapid_key:text`,
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
	"Rule":          `id:id text:text hint:text translations:Translations`,
	"Translations":  `en?:RuleText`, "RuleText": `text:text hint:text`,
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
	"Subscription": `id:int endpoint:url standard:bool server_key:text alerts:Alerts policy:word`,
	"Alerts": `mention=bool status=bool reblog=bool follow=bool follow_request=bool favourite=bool poll=bool update=bool quote=bool quoted_update=bool admin.sign_up=bool
		admin.report=bool`,
	"Text":    `updated_at:time content:text`,
	"Error":   `error:text error_description?:text details?:Details existing_domain_block?:AdminDomainBlock`,
	"Details": `username?:[]Problem email?:[]Problem password?:[]Problem agreement?:[]Problem reason?:[]Problem`, "Problem": `error:word description:text`,
	"Week": `week:digits statuses:digits logins:digits registrations:digits`, "DomainBlock": `domain:text digest:word severity:domainseverity comment:text`,
	"Terms": `effective_date:day effective:bool content:text succeeded_by:day?`,
	"Announcement": `id:id content:text starts_at:time? ends_at:time? all_day:bool published_at:time updated_at:time read?:bool mentions:[]Mention statuses:[]AnnouncementStatus
		tags:[]StatusTag emojis:[]CustomEmoji reactions:[]Reaction`,
	"ReactionEvent":      `name:word count:int announcement_id:id`,
	"AnnouncementStatus": `id:id url:url`, "Reaction": `name:word count:int me?:bool url?:url static_url?:url`,
	"Report": `id:id action_taken:bool action_taken_at:time? category:category comment:text forwarded:bool created_at:time status_ids:[]id collection_ids:[]id rule_ids:[]id
		target_account:Account`,
	"AccountWarning": `id:id action:warningaction text:text status_ids:[]id target_account:Account appeal:Nothing? created_at:time`,
	"Severance":      `id:id type:severancetype purged:bool target_name:word followers_count:int following_count:int created_at:time`,
	"AdminAccount": `id:id username:word domain:word? created_at:time email:text ip:word? ips:[]AdminIP locale:text invite_request:text? role:Role confirmed:bool approved:bool
		disabled:bool sensitized:bool silenced:bool suspended:bool account:Account created_by_application_id?:id`,
	"AdminIP": `ip:word used_at:time`,
	"AdminReport": `id:id action_taken:bool action_taken_at:time? category:category comment:text forwarded:bool created_at:time updated_at:time account:AdminAccount
		target_account:AdminAccount assigned_account:AdminAccount? action_taken_by_account:AdminAccount? statuses:[]Status rules:[]Rule`,
	"DomainAllow": `id:id domain:word created_at:time`,
	"AdminDomainBlock": `id:id domain:word digest:word created_at:time severity:severity reject_media:bool reject_reports:bool private_comment:text? public_comment:text?
		obfuscate:bool`,
	"EmailDomainBlock": `id:id domain:word created_at:time history:[]Tries`, "Tries": `day:digits accounts:digits uses:digits`,
	"EmailBlock": `id:id canonical_email_hash:word`, "IPBlock": `id:id ip:word severity:ipseverity comment:text created_at:time expires_at:time?`,
	"Measure": `key:word unit:word? total:digits previous_total?:digits data:[]Amount`, "Amount": `date:time value:digits`,
	"Dimension": `key:word data:[]Part`, "Part": `key:text human_key:text value:text unit?:word human_value?:text`,
	"Cohort": `period:time frequency:word data:[]Kept`, "Kept": `date:time rate:number value:digits`,
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
	"GET /api/v1/accounts/{id}/endorsements": "[]Account", "GET /api/v1/endorsements": "[]Account", "POST /api/v1/accounts/{id}/mute": "Relationship",
	"POST /api/v1/accounts/{id}/unmute": "Relationship", "POST /api/v1/accounts/{id}/note": "Relationship", "POST /api/v1/accounts/{id}/pin": "Relationship",
	"POST /api/v1/accounts/{id}/unpin": "Relationship", "POST /api/v1/accounts/{id}/endorse": "Relationship", "POST /api/v1/accounts/{id}/unendorse": "Relationship",
	"GET /api/v1/mutes": "[]MutedAccount", "GET /api/v1/domain_blocks": "[]word", "POST /api/v1/domain_blocks": "Nothing", "DELETE /api/v1/domain_blocks": "Nothing",
	"GET /api/v1/profile": "Profile", "PATCH /api/v1/profile": "Profile", "PUT /api/v1/profile": "Profile", "DELETE /api/v1/profile/avatar": "CredentialAccount", "DELETE /api/v1/profile/header": "CredentialAccount",
	"GET /api/v1/suggestions": "[]Account", "GET /api/v2/suggestions": "[]Suggestion", "DELETE /api/v1/suggestions/{id}": "Nothing", "GET /api/v1/directory": "[]Account",
	"POST /api/v1/lists": "List", "PUT /api/v1/lists/{id}": "List", "DELETE /api/v1/lists/{id}": "Nothing", "POST /api/v1/lists/{id}/accounts": "Nothing",
	"DELETE /api/v1/lists/{id}/accounts": "Nothing",
	"GET /api/v1/preferences":            "Preferences",
	"POST /api/v1/statuses":              "Status|ScheduledStatus", "GET /api/v1/statuses": "[]Status", "GET /api/v1/statuses/{id}": "Status", "PUT /api/v1/statuses/{id}": "Status",
	"DELETE /api/v1/statuses/{id}": "Status", "GET /api/v1/statuses/{id}/context": "Context", "GET /api/v1/statuses/{id}/source": "StatusSource",
	"GET /api/v1/statuses/{id}/favourited_by": "[]Account", "GET /api/v1/statuses/{id}/reblogged_by": "[]Account",
	"GET /api/v1/statuses/{id}/history": "[]StatusEdit", "POST /api/v1/statuses/{id}/translate": "Error", "POST /api/v1/statuses/{id}/favourite": "Status",
	"POST /api/v1/statuses/{id}/unfavourite": "Status", "POST /api/v1/statuses/{id}/reblog": "Status", "POST /api/v1/statuses/{id}/unreblog": "Status",
	"POST /api/v1/statuses/{id}/bookmark": "Status", "POST /api/v1/statuses/{id}/unbookmark": "Status", "POST /api/v1/statuses/{id}/pin": "Status",
	"GET /api/v1/statuses/{id}/card": "PreviewCard", "GET /api/v1/scheduled_statuses": "[]ScheduledStatus", "GET /api/v1/scheduled_statuses/{id}": "ScheduledStatus",
	"PUT /api/v1/scheduled_statuses/{id}": "ScheduledStatus", "DELETE /api/v1/scheduled_statuses/{id}": "Nothing", "GET /api/v1_alpha/async_refreshes/{id}": "AsyncRefresh",
	"GET /api/oembed": "OEmbed", "GET /api/v1/timelines/link": "[]Status",
	"POST /api/v1/statuses/{id}/unpin": "Status", "GET /api/v1/statuses/{id}/quotes": "[]Status", "POST /api/v1/statuses/{id}/quotes/{quoting}/revoke": "Status",
	"PUT /api/v1/statuses/{id}/interaction_policy": "Status", "GET /api/v1/polls/{id}": "Poll", "POST /api/v1/polls/{id}/votes": "Poll",
	"POST /api/v2/media": "MediaAttachment", "POST /api/v1/media": "MediaAttachment", "GET /api/v1/media/{id}": "MediaAttachment", "PUT /api/v1/media/{id}": "MediaAttachment",
	"DELETE /api/v1/media/{id}": "Nothing", "GET /api/v1/custom_emojis": "[]CustomEmoji",
	"GET /api/v1/bookmarks": "[]Status", "GET /api/v1/favourites": "[]Status", "GET /api/v1/timelines/home": "[]Status", "GET /api/v1/timelines/public": "[]Status",
	"GET /api/v1/timelines/tag/{name}": "[]Status", "GET /api/v1/timelines/list/{id}": "[]Status", "GET /api/v1/lists": "[]List", "GET /api/v1/lists/{id}": "List",
	"GET /api/v1/lists/{id}/accounts": "[]Account", "GET /api/v1/tags/{name}": "Tag", "GET /api/v1/markers": "Markers", "POST /api/v1/markers": "Markers",
	"GET /api/v1/notifications": "[]Notification", "GET /api/v1/notifications/unread_count": "Count", "POST /api/v1/notifications/clear": "Nothing",
	"POST /api/v1/notifications/dismiss": "Nothing", "GET /api/v1/notifications/requests/merged": "Merged", "GET /api/v1/notifications/{id}": "Notification",
	"POST /api/v1/notifications/{id}/dismiss": "Nothing", "GET /api/v2/notifications": "GroupedNotifications", "GET /api/v2/notifications/unread_count": "Count",
	"GET /api/v2/notifications/policy": "NotificationPolicy", "PATCH /api/v2/notifications/policy": "NotificationPolicy", "PUT /api/v2/notifications/policy": "NotificationPolicy", "GET /api/v2/notifications/{key}": "GroupedNotifications",
	"POST /api/v2/notifications/{key}/dismiss": "Nothing", "GET /api/v2/notifications/{key}/accounts": "[]Account", "GET /api/v2/search": "Search", "GET /api/v1/search": "SearchV1",
	"GET /api/v1/accounts/{id}/featured_tags": "[]FeaturedTag", "GET /api/v1/featured_tags": "[]FeaturedTag", "POST /api/v1/featured_tags": "FeaturedTag",
	"DELETE /api/v1/featured_tags/{id}": "Nothing", "GET /api/v1/featured_tags/suggestions": "[]Tag", "GET /api/v1/followed_tags": "[]Tag",
	"POST /api/v1/tags/{name}/follow": "Tag", "POST /api/v1/tags/{name}/unfollow": "Tag", "POST /api/v1/tags/{name}/feature": "Tag", "POST /api/v1/tags/{name}/unfeature": "Tag",
	"GET /api/v1/trends/tags": "[]Tag", "GET /api/v1/trends/links": "[]TrendsLink", "GET /api/v1/trends/statuses": "[]Status",
	"GET /api/v1/admin/trends/tags": "[]AdminTag", "GET /api/v1/admin/trends/links": "[]TrendsLink", "GET /api/v1/admin/trends/statuses": "[]Status",
	"GET /api/v1/notifications/requests": "[]NotificationRequest", "GET /api/v1/notifications/requests/{id}": "NotificationRequest",
	"POST /api/v1/notifications/requests/accept": "Nothing", "POST /api/v1/notifications/requests/dismiss": "Nothing",
	"POST /api/v1/notifications/requests/{id}/accept": "Nothing", "POST /api/v1/notifications/requests/{id}/dismiss": "Nothing",
	"POST /api/v1/statuses/{id}/mute": "Status", "POST /api/v1/statuses/{id}/unmute": "Status", "GET /api/v1/timelines/direct": "[]Status",
	"GET /api/v1/conversations": "[]Conversation", "DELETE /api/v1/conversations/{id}": "Nothing", "POST /api/v1/conversations/{id}/read": "Conversation",
	"GET /api/v2/filters": "[]Filter", "POST /api/v2/filters": "Filter", "GET /api/v2/filters/{id}": "Filter", "PUT /api/v2/filters/{id}": "Filter",
	"DELETE /api/v2/filters/{id}": "Nothing", "GET /api/v2/filters/{id}/keywords": "[]FilterKeyword", "POST /api/v2/filters/{id}/keywords": "FilterKeyword",
	"GET /api/v2/filters/keywords/{id}": "FilterKeyword", "PUT /api/v2/filters/keywords/{id}": "FilterKeyword", "DELETE /api/v2/filters/keywords/{id}": "Nothing",
	"GET /api/v2/filters/{id}/statuses": "[]FilterStatus", "POST /api/v2/filters/{id}/statuses": "FilterStatus", "GET /api/v2/filters/statuses/{id}": "FilterStatus",
	"DELETE /api/v2/filters/statuses/{id}": "FilterStatus", "GET /api/v1/filters": "[]FilterV1", "POST /api/v1/filters": "FilterV1", "GET /api/v1/filters/{id}": "FilterV1",
	"PUT /api/v1/filters/{id}": "FilterV1", "DELETE /api/v1/filters/{id}": "Nothing",
	"GET /api/v1/instance/activity": "[]Week", "GET /api/v1/instance/domain_blocks": "[]DomainBlock", "GET /api/v1/instance/terms_of_service": "Terms",
	"GET /api/v1/instance/terms_of_service/{date}": "Terms", "GET /health": "file", "GET /api/v1/announcements": "[]Announcement",
	"POST /api/v1/announcements/{id}/dismiss": "Nothing", "PUT /api/v1/announcements/{id}/reactions/{name}": "Nothing",
	"DELETE /api/v1/announcements/{id}/reactions/{name}": "Nothing", "POST /api/v1/accounts": "Token", "POST /api/v1/reports": "Report",
	"GET /api/v1/admin/accounts": "[]AdminAccount", "GET /api/v2/admin/accounts": "[]AdminAccount", "GET /api/v1/admin/accounts/{id}": "AdminAccount",
	"DELETE /api/v1/admin/accounts/{id}": "AdminAccount", "POST /api/v1/admin/accounts/{id}/action": "Nothing", "POST /api/v1/admin/accounts/{id}/approve": "AdminAccount",
	"POST /api/v1/admin/accounts/{id}/reject": "AdminAccount", "POST /api/v1/admin/accounts/{id}/enable": "AdminAccount",
	"POST /api/v1/admin/accounts/{id}/unsilence": "AdminAccount", "POST /api/v1/admin/accounts/{id}/unsuspend": "AdminAccount",
	"POST /api/v1/admin/accounts/{id}/unsensitive": "AdminAccount", "GET /api/v1/admin/reports": "[]AdminReport", "GET /api/v1/admin/reports/{id}": "AdminReport",
	"PUT /api/v1/admin/reports/{id}": "AdminReport", "POST /api/v1/admin/reports/{id}/assign_to_self": "AdminReport", "POST /api/v1/admin/reports/{id}/unassign": "AdminReport",
	"POST /api/v1/admin/reports/{id}/resolve": "AdminReport", "POST /api/v1/admin/reports/{id}/reopen": "AdminReport", "GET /api/v1/admin/domain_allows": "[]DomainAllow",
	"POST /api/v1/admin/domain_allows": "DomainAllow", "GET /api/v1/admin/domain_allows/{id}": "DomainAllow", "DELETE /api/v1/admin/domain_allows/{id}": "DomainAllow",
	"GET /api/v1/admin/domain_blocks": "[]AdminDomainBlock", "POST /api/v1/admin/domain_blocks": "AdminDomainBlock", "GET /api/v1/admin/domain_blocks/{id}": "AdminDomainBlock",
	"PUT /api/v1/admin/domain_blocks/{id}": "AdminDomainBlock", "DELETE /api/v1/admin/domain_blocks/{id}": "AdminDomainBlock",
	"GET /api/v1/admin/email_domain_blocks": "[]EmailDomainBlock", "POST /api/v1/admin/email_domain_blocks": "EmailDomainBlock",
	"GET /api/v1/admin/email_domain_blocks/{id}": "EmailDomainBlock", "DELETE /api/v1/admin/email_domain_blocks/{id}": "EmailDomainBlock",
	"GET /api/v1/admin/canonical_email_blocks": "[]EmailBlock", "POST /api/v1/admin/canonical_email_blocks": "EmailBlock",
	"POST /api/v1/admin/canonical_email_blocks/test": "[]EmailBlock", "GET /api/v1/admin/canonical_email_blocks/{id}": "EmailBlock",
	"DELETE /api/v1/admin/canonical_email_blocks/{id}": "EmailBlock", "GET /api/v1/admin/ip_blocks": "[]IPBlock", "POST /api/v1/admin/ip_blocks": "IPBlock",
	"GET /api/v1/admin/ip_blocks/{id}": "IPBlock", "PUT /api/v1/admin/ip_blocks/{id}": "IPBlock", "DELETE /api/v1/admin/ip_blocks/{id}": "IPBlock",
	"POST /api/v1/admin/measures": "[]Measure", "POST /api/v1/admin/dimensions": "[]Dimension", "POST /api/v1/admin/retention": "[]Cohort",
	"GET /api/v1/streaming/health": "file", "POST /api/v1/push/subscription": "Subscription", "GET /api/v1/push/subscription": "Subscription",
	"PUT /api/v1/push/subscription": "Subscription", "DELETE /api/v1/push/subscription": "Nothing",
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
	if isOwn(r.URL.Path) && path != avatarPath && path != headerPath {
		w.validateOwn(path, r, answer)
		return
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
	if one, other, either := strings.Cut(kind, "|"); either {
		if kind = one; len(conform(other, other, v)) == 0 {
			kind = other
		}
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
	schema, isEntity := schemas[kind]
	if kind == "QuotedStatus" { // a status inside of another quotes by number only
		schema, isEntity = strings.Replace(schemas["Status"], " quote:Quote? ", " quote:ShallowQuote? ", 1), true
	}
	if isEntity {
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
		"cardtype":         {"link", "photo", "video"},
		"refreshstate":     {"running", "finished"},
		"quotepolicy":      {"public", "followers", "nobody"},
		"repliespolicy":    {"followed", "list", "none"},
		"suggestionsource": {"staff", "past_interactions", "global"},
		"reason":           {"featured", "most_followed", "most_interactions", "similar_to_recently_followed", "friends_of_friends"},
		"mediatype":        {"unknown", "image", "gifv", "video", "audio"},
		"notificationtype": {"mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "quote", "quoted_update",
			"admin.sign_up", "admin.report", "severed_relationships", "moderation_warning"},
		"strictness":     {"accept", "filter", "drop"},
		"filtercontext":  {"home", "notifications", "public", "thread", "account"},
		"filteraction":   {"warn", "hide", "blur"},
		"category":       {"spam", "legal", "violation", "other"},
		"severity":       {"noop", "silence", "suspend"},
		"domainseverity": {"silence", "suspend"},
		"ipseverity":     {"sign_up_requires_approval", "sign_up_block", "no_access"},
		"warningaction":  {"none", "disable", "mark_statuses_as_sensitive", "delete_statuses", "sensitive", "silence", "suspend"},
		"severancetype":  {"domain_block", "user_domain_block", "account_suspension"},
		"quotestate":     {"pending", "accepted", "rejected", "revoked", "deleted", "unauthorized", "blocked_account", "blocked_domain", "muted_account"},
		"quoterule":      {"public", "followers", "following", "unsupported_policy"},
		"quoteanswer":    {"automatic", "manual", "denied", "unknown"},
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
