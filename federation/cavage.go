// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-fed/httpsig"
)

// signCavage signs as draft-cavage-http-signatures-12 with the headers that everybody in the fediverse takes.
func signCavage(r *http.Request, body []byte, s Signer, query bool) error {
	if s.RSA == nil {
		return errors.New("there is no RSA key")
	}
	if r.Header.Get("Date") == "" {
		r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	covered := []string{httpsig.RequestTarget, "host", "date"}
	if body != nil {
		covered = append(covered, "digest")
		r.Header.Del("Digest")
	}
	if r.Header.Get(synchronizationHeader) != "" {
		covered = append(covered, strings.ToLower(synchronizationHeader))
	}
	// A httpsig.Signer carries a hash and is not safe for concurrent use: one for each signature.
	signer, _, err := httpsig.NewSigner([]httpsig.Algorithm{httpsig.RSA_SHA256}, httpsig.DigestSha256, covered, httpsig.Signature, 0)
	if err != nil {
		return err
	}
	r.Header.Del("Signature")
	// httpsig signs the decoded path and wants Host among the headers, where net/http does not put it.
	signing := &http.Request{Method: r.Method, URL: cavageURL(r.URL, query), Header: r.Header}
	r.Header.Set("Host", requestHost(r))
	defer r.Header.Del("Host")
	return signer.SignRequest(s.RSA, s.KeyID, signing, body)
}

// cavageURL has for httpsig the path exactly as it is on the request line.
func cavageURL(u *url.URL, query bool) *url.URL {
	forSigning := &url.URL{Path: u.EscapedPath()}
	if forSigning.Path == "" {
		forSigning.Path = "/"
	}
	if query {
		forSigning.RawQuery = u.RawQuery
	}
	return forSigning
}

func requestHost(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

type cavageSignature struct {
	keyID     string
	algorithm string
	signature string
	covered   []string
	created   int64 // 0: none
	expires   int64
}

// parseCavage reads the Signature header by itself, because httpsig splits it at every comma without trimming.
func parseCavage(header string) (cavageSignature, error) {
	var s cavageSignature
	parameters, ok := parseParameters(header)
	if !ok {
		return s, errors.New("the Signature header is not a list of name=\"value\" with each name once")
	}
	for _, p := range parameters {
		var err error
		switch p.name {
		case "keyId":
			s.keyID = p.value
		case "algorithm":
			s.algorithm = strings.ToLower(p.value)
		case "headers":
			s.covered = strings.Fields(strings.ToLower(p.value))
		case "signature":
			s.signature = p.value
		case "created":
			s.created, err = strconv.ParseInt(p.value, 10, 64)
		case "expires":
			s.expires, err = strconv.ParseInt(p.value, 10, 64)
		}
		if err != nil || (p.name == "created" && s.created <= 0) || (p.name == "expires" && s.expires <= 0) {
			return s, fmt.Errorf("its %s is not a number of seconds", p.name)
		}
	}
	for _, part := range []struct{ name, value string }{{"keyId", s.keyID}, {"signature", s.signature}} {
		if part.value == "" {
			return s, fmt.Errorf("the Signature header has no %s", part.name)
		}
	}
	// Anything but base64 here could smuggle parameters into what httpsig reads.
	if _, err := base64.StdEncoding.DecodeString(s.signature); err != nil {
		return s, errors.New("the signature is not base64")
	}
	return s, nil
}

// check enforces what httpsig does not: the covered set, the algorithm and the time.
func (s *cavageSignature) check(r *http.Request, now time.Time) error {
	for i, name := range s.covered {
		if !token(name) || slices.Contains(s.covered[:i], name) {
			return fmt.Errorf("its headers list %s twice or is malformed", quote(name))
		}
	}
	required := []string{httpsig.RequestTarget, "host"}
	if needsDigest(r) {
		required = append(required, "digest")
	}
	for _, name := range required {
		if !slices.Contains(s.covered, name) {
			return fmt.Errorf("it does not cover %s", name)
		}
	}
	created := slices.Contains(s.covered, "(created)")
	dated := slices.Contains(s.covered, "date")
	if !created && !dated {
		return errors.New("it covers neither date nor (created)")
	}
	// Draft-cavage-12 §2.1.3: these two do not exist with the older algorithm names.
	if (created || slices.Contains(s.covered, "(expires)")) && s.algorithm != "" && s.algorithm != "hs2019" && s.algorithm != "ed25519" {
		return fmt.Errorf("it covers (created) or (expires) with the algorithm %s", quote(s.algorithm))
	}
	switch s.algorithm {
	case "", "hs2019", "rsa-sha256", "ed25519":
	default:
		return fmt.Errorf("its algorithm %s is refused; RSA with SHA-256 and Ed25519 are accepted", quote(s.algorithm))
	}
	if dated {
		date, err := singleDate(r.Header)
		if err != nil {
			return err
		}
		if err := checkWindow(date, now); err != nil {
			return err
		}
	}
	if created {
		if s.created == 0 {
			return errors.New("it covers (created) and has no created")
		}
		if err := checkWindow(time.Unix(s.created, 0), now); err != nil {
			return err
		}
	}
	return checkExpires(s.expires, s.created, now)
}

func singleDate(h http.Header) (time.Time, error) {
	if len(h.Values("Date")) != 1 {
		return time.Time{}, errors.New("it covers date, and there is not exactly one Date header")
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}, fmt.Errorf("the Date header %s is not an HTTP date", quote(h.Get("Date")))
	}
	return date, nil
}

// verify checks the signature itself, with httpsig, over only those headers that it covers.
func (s *cavageSignature) verify(r *http.Request, key Key, host string, query bool) error {
	header := http.Header{"Host": {host}, "Signature": {s.header()}}
	for _, name := range s.covered {
		canonicalName := http.CanonicalHeaderKey(name)
		if values := r.Header.Values(name); len(values) > 0 && canonicalName != "Host" && canonicalName != "Signature" {
			header[canonicalName] = values
		}
	}
	verifier, err := httpsig.NewVerifier(&http.Request{Method: r.Method, URL: cavageURL(requestURL(r), query), Host: host, Header: header})
	if err != nil {
		return err
	}
	algorithm := httpsig.RSA_SHA256
	switch key.Public.(type) {
	case *rsa.PublicKey:
	case ed25519.PublicKey:
		algorithm = httpsig.ED25519
	default:
		return errors.New("the key is neither RSA nor Ed25519")
	}
	return verifier.Verify(key.Public, algorithm)
}

// header writes the signature in the one form that httpsig reads.
func (s *cavageSignature) header() string {
	var b strings.Builder
	fmt.Fprintf(&b, `keyId="%s",headers="%s",signature="%s"`, "checked", strings.Join(s.covered, " "), s.signature)
	if s.created != 0 {
		fmt.Fprintf(&b, ",created=%d", s.created)
	}
	if s.expires != 0 {
		fmt.Fprintf(&b, ",expires=%d", s.expires)
	}
	return b.String()
}
