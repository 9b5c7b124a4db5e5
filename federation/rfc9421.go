// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

const (
	algorithmRSA     = "rsa-v1_5-sha256"
	algorithmEd25519 = "ed25519"
)

// AcceptSignature is the value of the Accept-Signature header on 401 answers (RFC 9421 §5.1).
func AcceptSignature() string {
	return `sig1=("@method" "@target-uri" "content-digest");created;keyid`
}

// signRFC9421 signs as RFC 9421, with the label sig1.
func signRFC9421(r *http.Request, body []byte, s Signer, ed bool) error {
	keyID, algorithm := s.KeyID, algorithmRSA
	if ed {
		keyID, algorithm = s.Ed25519ID, algorithmEd25519
	}
	covered := []string{"@method", "@target-uri"}
	if body != nil {
		sum := sha256.Sum256(body)
		digest := httpsfv.NewDictionary()
		digest.Add("sha-256", httpsfv.NewItem(sum[:]))
		value, err := httpsfv.Marshal(digest)
		if err != nil {
			return err
		}
		r.Header.Set("Content-Digest", value)
		covered = append(covered, "content-digest")
	}
	if r.Header.Get(synchronizationHeader) != "" {
		covered = append(covered, strings.ToLower(synchronizationHeader))
	}
	list := httpsfv.InnerList{Params: httpsfv.NewParams()}
	for _, name := range covered {
		list.Items = append(list.Items, httpsfv.NewItem(name))
	}
	list.Params.Add("created", time.Now().Unix())
	list.Params.Add("keyid", keyID)
	list.Params.Add("alg", algorithm)
	parameters, err := marshalMember(list)
	if err != nil {
		return err
	}
	target := *r.URL
	target.Scheme, target.Host = splitOrigin(r.URL.Scheme + "://" + requestHost(r))
	if target.Host == "" {
		return errors.New("the request has no absolute address")
	}
	message := message{r, target.Scheme, target.Host, requestTarget(r)}
	base, err := message.base(covered, parameters)
	if err != nil {
		return err
	}
	signature, err := signBase(s, base, ed)
	if err != nil {
		return err
	}
	value, err := marshalMember(httpsfv.NewItem(signature))
	if err != nil {
		return err
	}
	r.Header.Set("Signature-Input", "sig1="+parameters)
	r.Header.Set("Signature", "sig1="+value)
	return nil
}

func marshalMember(member httpsfv.StructuredFieldValue) (string, error) {
	if list, ok := member.(httpsfv.InnerList); ok {
		return httpsfv.Marshal(httpsfv.List{list})
	}
	return httpsfv.Marshal(member)
}

func signBase(s Signer, base []byte, ed bool) ([]byte, error) {
	if ed {
		if len(s.Ed25519) != ed25519.PrivateKeySize {
			return nil, errors.New("there is no Ed25519 key")
		}
		return ed25519.Sign(s.Ed25519, base), nil
	}
	if s.RSA == nil {
		return nil, errors.New("there is no RSA key")
	}
	sum := sha256.Sum256(base)
	return rsa.SignPKCS1v15(rand.Reader, s.RSA, crypto.SHA256, sum[:])
}

// message is a request as its signer saw it: scheme and host are the public ones, target is the path with the query.
type message struct {
	r            *http.Request
	scheme, host string
	target       string
}

// base is the signature base of RFC 9421 §2.5. parameters is the label's value, byte for byte as it is in Signature-Input.
func (m message) base(covered []string, parameters string) ([]byte, error) {
	var b bytes.Buffer
	for _, name := range covered {
		value, err := m.component(name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q: %s\n", name, value)
	}
	fmt.Fprintf(&b, "%q: %s", "@signature-params", parameters)
	return b.Bytes(), nil
}

// component is the value of one component (RFC 9421 §2.1, §2.2).
func (m message) component(name string) (string, error) {
	path, query, _ := strings.Cut(m.target, "?")
	switch name {
	case "@method":
		return m.r.Method, nil
	case "@target-uri":
		return m.scheme + "://" + m.host + m.target, nil
	case "@authority", "host":
		return m.host, nil
	case "@scheme":
		return m.scheme, nil
	case "@request-target":
		return m.target, nil
	case "@path":
		return path, nil
	case "@query":
		return "?" + query, nil
	}
	values := m.r.Header.Values(name)
	if strings.HasPrefix(name, "@") || len(values) == 0 {
		return "", fmt.Errorf("it covers %s, which the request does not have", quote(name))
	}
	trimmed := make([]string, len(values))
	for i, value := range values {
		trimmed[i] = strings.Trim(value, " \t")
	}
	return strings.Join(trimmed, ", "), nil
}

type rfc9421Signature struct {
	keyID      string
	algorithm  string // "": by the type of the key
	covered    []string
	parameters string
	signature  []byte
	created    int64
	expires    int64
}

func parseRFC9421(h http.Header) (rfc9421Signature, error) {
	var s rfc9421Signature
	inputs, err := httpsfv.UnmarshalDictionary(h.Values("Signature-Input"))
	if err != nil {
		return s, errors.New("the Signature-Input header is not a structured dictionary")
	}
	signatures, err := httpsfv.UnmarshalDictionary(h.Values("Signature"))
	if err != nil {
		return s, errors.New("there is a Signature-Input header, and the Signature header is not a structured dictionary (RFC 9421)")
	}
	if len(inputs.Names()) != 1 || len(signatures.Names()) != 1 || inputs.Names()[0] != signatures.Names()[0] || len(h.Values("Signature-Input")) != 1 {
		return s, errors.New("exactly one signature with one label is accepted")
	}
	label := inputs.Names()[0]
	// The base repeats the label's value byte for byte, so it is read from those very bytes.
	name, value, _ := strings.Cut(strings.Trim(h.Get("Signature-Input"), " \t"), "=")
	values, err := httpsfv.UnmarshalList([]string{value})
	if err != nil || name != label || len(values) != 1 {
		return s, errors.New("the Signature-Input header is ambiguous")
	}
	list, ok := values[0].(httpsfv.InnerList)
	if !ok {
		return s, errors.New("the Signature-Input header has no list of components")
	}
	s.parameters = value
	member, _ := signatures.Get(label)
	item, ok := member.(httpsfv.Item)
	if ok {
		s.signature, ok = item.Value.([]byte)
	}
	if !ok {
		return s, errors.New("the Signature header has no byte sequence")
	}
	for _, component := range list.Items {
		name, ok := component.Value.(string)
		if !ok || name != strings.ToLower(name) || (component.Params != nil && len(component.Params.Names()) > 0) {
			return s, errors.New("it covers a component in a form that is not supported")
		}
		if slices.Contains(s.covered, name) {
			return s, fmt.Errorf("it covers %s twice", quote(name))
		}
		s.covered = append(s.covered, name)
	}
	return s, s.read(list.Params)
}

func (s *rfc9421Signature) read(p *httpsfv.Params) error {
	for _, name := range p.Names() {
		value, _ := p.Get(name)
		ok := true
		switch name {
		case "keyid":
			s.keyID, ok = value.(string)
		case "alg":
			s.algorithm, ok = value.(string)
			ok = ok && s.algorithm != ""
		case "created":
			s.created, ok = value.(int64)
		case "expires":
			s.expires, ok = value.(int64)
			ok = ok && s.expires > 0
		}
		if !ok {
			return fmt.Errorf("its parameter %s is malformed", name)
		}
	}
	if s.keyID == "" || s.created <= 0 {
		return errors.New("it lacks keyid or created")
	}
	return nil
}

// check enforces what must be covered, the algorithm and the time.
func (s *rfc9421Signature) check(r *http.Request, now time.Time) error {
	required := []string{"@method", "@target-uri"}
	if needsDigest(r) {
		required = append(required, "content-digest")
	}
	for _, name := range required {
		if !slices.Contains(s.covered, name) {
			return fmt.Errorf("it does not cover %s", name)
		}
	}
	switch s.algorithm {
	case "", algorithmRSA, algorithmEd25519:
	default:
		return fmt.Errorf("its algorithm %s is refused; %s and %s are accepted", quote(s.algorithm), algorithmRSA, algorithmEd25519)
	}
	if err := checkWindow(time.Unix(s.created, 0), now); err != nil {
		return err
	}
	return checkExpires(s.expires, s.created, now)
}

func (s *rfc9421Signature) verify(m message, key Key) error {
	base, err := m.base(s.covered, s.parameters)
	if err != nil {
		return err
	}
	switch public := key.Public.(type) {
	case *rsa.PublicKey:
		if s.algorithm == algorithmEd25519 {
			return errors.New("it names ed25519, and the key is RSA")
		}
		sum := sha256.Sum256(base)
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], s.signature)
	case ed25519.PublicKey:
		if s.algorithm == algorithmRSA {
			return errors.New("it names RSA, and the key is Ed25519")
		}
		if ed25519.Verify(public, base, s.signature) {
			return nil
		}
		return errors.New("it is not a signature of this request")
	}
	return errors.New("the key is neither RSA nor Ed25519")
}

// contentDigest checks RFC 9530's header against the body.
func contentDigest(h http.Header, body []byte) error {
	digests, err := httpsfv.UnmarshalDictionary(h.Values("Content-Digest"))
	if err != nil {
		return errors.New("the Content-Digest header is not a structured dictionary")
	}
	member, _ := digests.Get("sha-256")
	item, _ := member.(httpsfv.Item)
	given, ok := item.Value.([]byte)
	if !ok {
		return errors.New("the Content-Digest header has no sha-256")
	}
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], given) {
		return errors.New("the Content-Digest is not that of the body")
	}
	return nil
}
