// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/fault"
)

// Scheme is a way to sign requests.
type Scheme int

// The three schemes: Cavage is what the fediverse takes; RFC9421 is its successor, with the same RSA key or with Ed25519.
const (
	Cavage Scheme = iota
	RFC9421
	RFC9421Ed25519
)

func (s Scheme) String() string {
	switch s {
	case Cavage:
		return "draft-cavage"
	case RFC9421:
		return "RFC 9421"
	case RFC9421Ed25519:
		return "RFC 9421 with Ed25519"
	}
	return fmt.Sprintf("Scheme(%d)", int(s))
}

// Sign signs a request that is about to be sent, with the time of now. body is what will be sent, nil for a GET.
// Signatures of an earlier attempt are removed: both header sets at once make Mastodon look at RFC 9421 only.
func Sign(r *http.Request, body []byte, s Signer, scheme Scheme) error {
	return sign(r, body, s, scheme, true)
}

// SignWithoutQuery signs as draft-cavage with a (request-target) that lacks the query, as some verifiers expect.
func SignWithoutQuery(r *http.Request, body []byte, s Signer) error {
	return sign(r, body, s, Cavage, false)
}

func sign(r *http.Request, body []byte, s Signer, scheme Scheme, query bool) (err error) {
	for _, name := range []string{"Signature", "Signature-Input", "Digest", "Content-Digest", "Date"} {
		r.Header.Del(name)
	}
	if body == nil && needsDigest(r) {
		body = []byte{}
	}
	switch scheme {
	case Cavage:
		err = signCavage(r, body, s, query)
	case RFC9421, RFC9421Ed25519:
		err = signRFC9421(r, body, s, scheme == RFC9421Ed25519)
	default:
		err = errors.New("there is no such scheme")
	}
	if err != nil {
		return fmt.Errorf("sign %s %s with %v: %w", r.Method, r.URL, scheme, err)
	}
	return nil
}

const (
	// window is how far a request's time may be from ours, either way: an hour for wrong clocks and summer time, five
	// minutes for the way.
	window = time.Hour + 5*time.Minute
	// expirySkew is what a wrong clock may cost at the end of a signature's life. The window is shorter than the 12 hours
	// after which draft-cavage signatures end in Mastodon, so that cap needs no check of its own.
	expirySkew = 10 * time.Second
)

// Verify says whose key signed a request that came in. body is the whole body; base is our own public address: what was
// signed for another host is refused, and behind a proxy the signed address is rebuilt from it. One scheme counts: RFC 9421
// when there is a Signature-Input, draft-cavage otherwise. Everything that costs nothing is checked before a key is asked for.
// When the signature does not fit the key, the key is asked for once more with refresh. Errors wrap fault.Unauthorized,
// and the error of find where it failed.
func Verify(r *http.Request, body []byte, base *url.URL, find Find) (Key, error) {
	keyID, check, err := readSignature(r, body, base)
	if err != nil {
		return Key{}, refused(err)
	}
	key, err := findChecked(r.Context(), find, keyID, false)
	if err != nil {
		return Key{}, err
	}
	err = check(key)
	if err == nil {
		return key, nil
	}
	if key, err = findChecked(r.Context(), find, keyID, true); err != nil {
		return Key{}, err
	}
	if err = check(key); err != nil {
		return Key{}, fault.Say(fault.Unauthorized, "The HTTP signature does not fit the key %s: %v.", quote(keyID), err)
	}
	return key, nil
}

func refused(err error) error {
	return fault.Say(fault.Unauthorized, "The HTTP signature is refused: %v.", err)
}

// readSignature reads the one signature of a request, does all the checks that need no key, and returns the one that does.
func readSignature(r *http.Request, body []byte, base *url.URL) (keyID string, check func(Key) error, err error) {
	scheme, host, err := baseOf(base)
	if err != nil {
		return "", nil, err
	}
	if got, ok := canonicalHost(r.Host, defaultPort(scheme)); !ok || got != host {
		return "", nil, fmt.Errorf("the request is for the host %s, and this is %s", quote(r.Host), host)
	}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Authorization")), "signature ") {
		return "", nil, errors.New("it is in the Authorization header; send one Signature header")
	}
	switch {
	case len(r.Header.Values("Signature")) == 0:
		return "", nil, errors.New("there is none; send a Signature header")
	case len(r.Header.Values("Signature")) > 1:
		return "", nil, errors.New("there is more than one Signature header")
	}
	now := time.Now()
	if len(r.Header.Values("Signature-Input")) > 0 {
		keyID, check, err = readRFC9421(r, body, message{r, scheme, host, requestTarget(r)}, now)
	} else {
		keyID, check, err = readCavage(r, body, now)
	}
	if err != nil {
		return "", nil, err
	}
	if problem := iriProblem(keyID, true); problem != "" {
		return "", nil, fmt.Errorf("the id of its key %s", problem)
	}
	return keyID, check, nil
}

func readRFC9421(r *http.Request, body []byte, m message, now time.Time) (string, func(Key) error, error) {
	s, err := parseRFC9421(r.Header)
	if err != nil {
		return "", nil, err
	}
	if err := s.check(r, now); err != nil {
		return "", nil, err
	}
	if needsDigest(r) || len(body) > 0 {
		if err := contentDigest(r.Header, body); err != nil {
			return "", nil, err
		}
	}
	return s.keyID, func(key Key) error { return s.verify(m, key) }, nil
}

func readCavage(r *http.Request, body []byte, now time.Time) (string, func(Key) error, error) {
	s, err := parseCavage(r.Header.Get("Signature"))
	if err != nil {
		return "", nil, err
	}
	if err := s.check(r, now); err != nil {
		return "", nil, err
	}
	if needsDigest(r) || len(body) > 0 {
		if err := digest(r.Header, body); err != nil {
			return "", nil, err
		}
	}
	return s.keyID, func(key Key) error {
		err := s.verify(r, key, r.Host, true)
		if err != nil && requestURL(r).RawQuery != "" {
			// Older Mastodon, GoToSocial's second try and Fedify 1 sign the path alone.
			err = s.verify(r, key, r.Host, false)
		}
		return err
	}, nil
}

// findChecked asks for a key and checks what must hold for any: it is the one that was asked for and belongs to an actor of
// its own origin.
func findChecked(ctx context.Context, find Find, keyID string, refresh bool) (Key, error) {
	key, err := find(ctx, keyID, refresh)
	if err != nil {
		return Key{}, fmt.Errorf("%w (%w)", fault.Say(fault.Unauthorized, "The key %s cannot be had: %s.", quote(keyID), strings.TrimSuffix(fault.Sentence(err), ".")), err)
	}
	if key.ID != keyID {
		return Key{}, fault.Say(fault.Unauthorized, "The key %s is found under the id %s.", quote(keyID), quote(key.ID))
	}
	if !SameOrigin(key.Owner, keyID) {
		return Key{}, fault.Say(fault.Unauthorized, "The key %s says that it belongs to %s, of another origin.", quote(keyID), quote(key.Owner))
	}
	return key, nil
}

// needsDigest says whether a request is of a kind whose body must be signed.
func needsDigest(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != ""
}

func defaultPort(scheme string) string {
	if scheme == "http" {
		return "80"
	}
	return "443"
}

// requestURL is the path and query as they stand on the request line, whatever handlers did to r.URL.
func requestURL(r *http.Request) *url.URL {
	if strings.HasPrefix(r.RequestURI, "/") {
		if u, err := url.ParseRequestURI(r.RequestURI); err == nil {
			return u
		}
	}
	return r.URL
}

// requestTarget is the path with the query.
func requestTarget(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

func checkWindow(at, now time.Time) error {
	if d := now.Sub(at); d > window || d < -window {
		return fmt.Errorf("it was made at %s, and it is %s: more than an hour apart", at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// checkExpires takes 0 as "not given".
func checkExpires(expires, created int64, now time.Time) error {
	switch {
	case expires == 0:
		return nil
	case created != 0 && expires < created:
		return errors.New("it expires before it was made")
	case now.After(time.Unix(expires, 0).Add(expirySkew)):
		return fmt.Errorf("it expired at %s", time.Unix(expires, 0).UTC().Format(time.RFC3339))
	}
	return nil
}

// digest checks the Digest header (RFC 3230) against the body: exactly one SHA-256.
func digest(h http.Header, body []byte) error {
	var given string
	for _, part := range strings.Split(strings.Join(h.Values("Digest"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if !strings.EqualFold(name, "SHA-256") {
			continue
		}
		if given != "" {
			return errors.New("the Digest header has two SHA-256 values")
		}
		given = value
	}
	if given == "" {
		return errors.New("there is no Digest header with SHA-256")
	}
	sum := sha256.Sum256(body)
	if given != base64.StdEncoding.EncodeToString(sum[:]) {
		return errors.New("the Digest is not that of the body")
	}
	return nil
}
