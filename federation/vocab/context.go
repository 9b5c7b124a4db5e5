// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import "strings"

// Namespace is where the terms of this project live; they are always defined inline, so that nobody has to fetch it.
const Namespace = "https://w3id.org/pleio-node/ns#"

// prefixes of the inline terms. Mastodon maps schema to http://schema.org#, and reads PropertyValue only that way.
var prefixes = map[string]string{
	"toot": "http://joinmastodon.org/ns#", "schema": "http://schema.org#", "sm": "http://smithereen.software/ns#", "litepub": "http://litepub.social/ns#",
	"lemmy": "https://join-lemmy.org/ns#", "pt": "https://joinpeertube.org/ns#", "gts": "https://gotosocial.org/ns#", "fedibird": "http://fedibird.com/ns#",
	"misskey": "https://misskey-hub.net/ns#", "sec": "https://w3id.org/security#", "pn": Namespace,
}

// terms that neither the ActivityStreams nor the security context has: properties and types.
var terms = func() map[string]any {
	m := map[string]any{
		"focalPoint":         props{"@id": "toot:focalPoint", "@container": "@list"},
		"publicKeyMultibase": props{"@id": "sec:publicKeyMultibase", "@type": "sec:multibase"},
		"digestMultibase":    props{"@id": "sec:digestMultibase", "@type": "sec:multibase"},
	}
	// a text or a number
	for _, term := range []string{
		"as:manuallyApprovesFollowers", "as:sensitive", "as:Hashtag", "as:quoteUrl",
		"toot:Emoji", "toot:votersCount", "toot:blurhash", "toot:discoverable", "toot:indexable", "toot:memorial", "toot:suspended",
		"schema:PropertyValue", "schema:value", "sm:accessType", "litepub:capabilities", "litepub:acceptsJoins", "litepub:EmojiReact", "litepub:ChatMessage",
		"lemmy:postingRestrictedToMods", "lemmy:stickied", "lemmy:distinguished", "lemmy:Lock", "pt:commentsEnabled", "pt:size",
		"fedibird:quoteUri", "misskey:_misskey_quote", "sec:Multikey",
		"gts:LikeRequest", "gts:ReplyRequest", "gts:AnnounceRequest", "gts:LikeAuthorization", "gts:ReplyAuthorization", "gts:AnnounceAuthorization",
		"pn:groupState", "pn:epoch", "pn:seq", "pn:head", "pn:memberCount", "pn:memberDigest", "pn:entryHash", "pn:joinPolicy", "pn:role", "pn:state",
		"pn:introductionRequired", "pn:guestsStart", "pn:archived", "pn:deletes",
	} {
		_, name, _ := strings.Cut(term, ":")
		m[name] = term
	}
	for name, iri := range map[string]string{
		"QuoteRequest":       "https://w3id.org/fep/044f#QuoteRequest",
		"QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
		"webfinger":          "https://purl.archive.org/socialweb/webfinger#webfinger",
	} {
		m[name] = props{"@id": iri}
	}
	// an id, or a list of them
	for _, term := range []string{
		"as:movedTo", "as:alsoKnownAs", "toot:attributionDomains", "toot:featured", "toot:featuredTags", "sm:members", "pn:log", "pn:invitedBy", "fedibird:searchableBy",
		"gts:interactionPolicy", "gts:canLike", "gts:canReply", "gts:canAnnounce", "gts:canQuote", "gts:automaticApproval", "gts:manualApproval",
		"gts:approvedBy", "gts:interactingObject", "gts:interactionTarget", "sec:assertionMethod", "sec:controller",
	} {
		_, name, _ := strings.Cut(term, ":")
		m[name] = props{"@id": term, "@type": "@id"}
	}
	for name, iri := range map[string]string{
		"implements":         "https://w3id.org/fep/844e#implements",
		"quote":              "https://w3id.org/fep/044f#quote",
		"quoteAuthorization": "https://w3id.org/fep/044f#quoteAuthorization",
		"contextHistory":     "https://w3id.org/fep/171b/contextHistory",
	} {
		m[name] = props{"@id": iri, "@type": "@id"}
	}
	return m
}()

// contextOf returns the @context of a document: the two that everybody knows, that of proofs when there is one, and the terms that are used.
// What was received and is passed on as bytes brings its own.
func contextOf(p props, provable bool) []any {
	used := props{}
	if _, has := p["proof"]; has {
		provable = true
	}
	collect(used, p)
	context := []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"}
	if provable {
		context = append(context, "https://w3id.org/security/data-integrity/v1")
	}
	if len(used) > 0 {
		context = append(context, used)
	}
	return context
}

func collect(used props, v any) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			collect(used, one)
		}
	case props:
		for name, one := range v {
			use(used, name)
			if t, ok := one.(string); ok && (name == "type" || name == "formerType") {
				use(used, t)
			}
			if !strings.HasSuffix(name, "Map") { // its keys are languages
				collect(used, one)
			}
		}
	}
}

func use(used props, name string) {
	term, ok := terms[name]
	if !ok {
		return
	}
	used[name] = term
	need := func(s any) {
		iri, _ := s.(string)
		if prefix, _, found := strings.Cut(iri, ":"); found && prefixes[prefix] != "" {
			used[prefix] = prefixes[prefix]
		}
	}
	if p, ok := term.(props); ok {
		need(p["@id"])
		need(p["@type"])
	} else {
		need(term)
	}
}
