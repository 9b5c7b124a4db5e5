// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package federation is the wire: it signs, verifies, fetches and posts, and reads and writes the small documents by which servers find each other.
package federation

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/pleio-node/pleio-node/fault"
)

// Media types of ActivityPub §3.2, and what is sent to get a document (FEP-fe34 names the two as the only ones to accept).
const (
	ActivityType = "application/activity+json"
	LDType       = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
	AcceptTypes  = ActivityType + ", " + LDType
)

// PublicIRI is the collection of everybody (ActivityPub §5.6).
const PublicIRI = "https://www.w3.org/ns/activitystreams#Public"

// PN is the namespace of this project's own terms. It never changes.
const PN = "https://w3id.org/pleio-node/ns"

// Capabilities that an actor's generator lists under "implements" (FEP-844e).
const (
	CapRFC9421        = "https://datatracker.ietf.org/doc/html/rfc9421"
	CapRFC9421Ed25519 = "https://datatracker.ietf.org/doc/html/rfc9421#name-eddsa-using-curve-edwards25"
	CapGroups         = PN + "#cap-groups-1"
)

const maxIRI = 2048

// CheckID refuses every id that could be read in two ways (FEP-fe34): it must be an absolute http(s) IRI of at
// most 2048 bytes whose host is lower-case ASCII (punycode), without userinfo, default port, fragment, dot segments
// or control characters. Whether http is allowed is for the client to say.
func CheckID(iri string) error { return checkIRI(iri, false) }

// checkIRI with fragment allowed is for ids of keys and of activities: Mastodon names its Accepts, Likes and Deletes
// "…/users/x#accepts/follows/1".
func checkIRI(iri string, fragment bool) error {
	if problem := iriProblem(iri, fragment); problem != "" {
		return fault.Say(fault.Malformed, "The id %s %s.", quote(iri), problem)
	}
	return nil
}

// quote shows a stranger's string in a sentence: escaped and of bearable length.
func quote(s string) string {
	if len(s) > 200 {
		s = s[:200] + "…"
	}
	return strconv.QuoteToGraphic(s)
}

func iriProblem(iri string, fragment bool) string {
	if len(iri) > maxIRI {
		return "is longer than 2048 bytes"
	}
	var rest, defaultPort string
	switch {
	case strings.HasPrefix(iri, "https://"):
		rest, defaultPort = iri[len("https://"):], "443"
	case strings.HasPrefix(iri, "http://"):
		rest, defaultPort = iri[len("http://"):], "80"
	default:
		return "is not an absolute https IRI"
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if problem := authorityProblem(rest[:end], defaultPort); problem != "" {
		return problem
	}
	return pathProblem(rest[end:], fragment)
}

func authorityProblem(authority, defaultPort string) string {
	host, port, ok := splitPort(authority)
	switch {
	case strings.IndexByte(authority, '@') >= 0:
		return "names a user before its host"
	case !ok:
		return "has a port that is not a number from 1 to 65535"
	case port == defaultPort:
		return "spells out the default port"
	case !canonical(host):
		return "has a host that is not plain lower-case ASCII (an international name goes in punycode)"
	}
	return ""
}

func pathProblem(path string, fragment bool) string {
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c <= ' ' || c == 0x7f || c == '"' || c == '<' || c == '>' || c == '\\':
			return "has a control character, a blank, a quote or a backslash"
		case c == '#' && !fragment:
			return "has a fragment"
		case c == '%' && (i+2 >= len(path) || !isHex(path[i+1]) || !isHex(path[i+2])):
			return "has a % that does not introduce two hexadecimal digits"
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(path[i:])
			if r == utf8.RuneError && n == 1 {
				return "is not valid UTF-8"
			}
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.IsSpace(r) {
				return "has an invisible character"
			}
			i += n - 1
		case c == '.' && i > 0 && path[i-1] == '/':
			if !strings.ContainsAny(path[:i], "?#") && dotSegment(path[i:]) {
				return "has a . or .. in its path"
			}
		}
	}
	return ""
}

func dotSegment(s string) bool {
	end := strings.IndexAny(s, "/?#")
	if end < 0 {
		end = len(s)
	}
	return s[:end] == "." || s[:end] == ".."
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// splitPort splits host[:port]; the host of an IPv6 literal keeps its brackets.
func splitPort(authority string) (host, port string, ok bool) {
	i := strings.LastIndexByte(authority, ':')
	if i < 0 || strings.IndexByte(authority[i:], ']') >= 0 {
		return authority, "", true
	}
	host, port = authority[:i], authority[i+1:]
	n, err := strconv.ParseUint(port, 10, 16)
	return host, port, err == nil && n > 0 && port[0] != '0'
}

// canonical says whether a host is written in the one way that is compared: lower-case ASCII without a trailing dot.
func canonical(host string) bool {
	if strings.HasPrefix(host, "[") {
		ip, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
		return err == nil && ip.Zone() == "" && ip.Is6() && "["+ip.String()+"]" == host
	}
	if host == "" || len(host) > 253 {
		return false
	}
	label := 0
	for i := 0; i < len(host); i++ {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_', c == '-' && label > 0:
			label++
		case c == '.' && label > 0:
			label = 0
		default:
			return false
		}
		if label > 63 {
			return false
		}
	}
	if label == 0 {
		return false
	}
	if strings.Contains(host, "xn--") {
		ascii, err := hostProfile.ToASCII(host)
		return err == nil && ascii == host
	}
	return true
}

// hostProfile is IDNA2008 as browsers look names up; only hosts that are not plain ASCII pass through it.
var hostProfile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.Transitional(false))

// canonicalHost turns host[:port] of any spelling into the canonical one; false when it is none.
func canonicalHost(s, defaultPort string) (string, bool) {
	host, port, ok := splitPort(s)
	if !ok {
		return "", false
	}
	if !canonical(host) {
		if host = strings.TrimSuffix(host, "."); host == "" {
			return "", false
		}
		if ascii := strings.ToLower(host); isASCII(host) && !strings.Contains(ascii, "xn--") {
			host = ascii
		} else if mapped, err := hostProfile.ToASCII(host); err == nil {
			host = mapped
		}
		if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && ip.Is6() && strings.HasPrefix(host, "[") {
			host = "[" + ip.String() + "]"
		}
		if !canonical(host) {
			return "", false
		}
	}
	if port != "" && port != defaultPort {
		host += ":" + port
	}
	return host, true
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func splitOrigin(iri string) (scheme, host string) {
	i := strings.Index(iri, "://")
	if i < 0 {
		return "", ""
	}
	port := "443"
	switch scheme = strings.ToLower(iri[:i]); scheme {
	case "https":
	case "http":
		port = "80"
	default:
		return "", ""
	}
	authority := iri[i+3:]
	if end := strings.IndexAny(authority, "/?#"); end >= 0 {
		authority = authority[:end]
	}
	host, ok := canonicalHost(authority, port)
	if !ok {
		return "", ""
	}
	return scheme, host
}

// Origin is the canonical "scheme://host[:port]" of an IRI, "" when it is not an http(s) one. Trust is decided on it (FEP-fe34).
func Origin(iri string) string {
	scheme, host := splitOrigin(iri)
	if host == "" {
		return ""
	}
	return scheme + "://" + host
}

// Host is the canonical host[:port] of an http(s) IRI, or "".
func Host(iri string) string {
	_, host := splitOrigin(iri)
	return host
}

// SameOrigin says whether two IRIs have the same origin; what has none equals nothing.
func SameOrigin(a, b string) bool {
	schemeA, hostA := splitOrigin(a)
	schemeB, hostB := splitOrigin(b)
	return hostA != "" && hostA == hostB && schemeA == schemeB
}

// withoutFragment is the address of the document in which an id with a fragment is described.
func withoutFragment(iri string) string {
	document, _, _ := strings.Cut(iri, "#")
	return document
}

// ParseHandle reads "@name@host", "name@host", "acct:name@host", "@name" and "name". The domain comes back canonical
// (lower case, punycode, port kept), "" when none was given. The name keeps its case.
func ParseHandle(s string) (name, domain string, err error) {
	handle := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(s), "acct:"), "@")
	name, host, given := strings.Cut(handle, "@")
	if !validName(name) {
		return "", "", fault.Say(fault.Invalid, "%s is not a handle: write @name@host, the name with letters, digits, _, . and - only.", quote(s))
	}
	if !given {
		return name, "", nil
	}
	domain, ok := canonicalHost(host, "443")
	if !ok {
		return "", "", fault.Say(fault.Invalid, "%s is not a handle: %s is not the name of a host.", quote(s), quote(host))
	}
	return name, domain, nil
}

func validName(name string) bool {
	if name == "" || len(name) > 64 {
		return false
	}
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '.', c == '-':
		default:
			return false
		}
	}
	return true
}

var errNoBase = errors.New("the base address of this node has no host")

// baseOf is the scheme and canonical host of our own public address.
func baseOf(base *url.URL) (scheme, host string, err error) {
	if base != nil {
		if scheme, host = splitOrigin(base.Scheme + "://" + base.Host); host != "" {
			return scheme, host, nil
		}
	}
	return "", "", errNoBase
}
