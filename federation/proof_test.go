// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"github.com/pleio-node/pleio-node/fault"
)

// The vector of FEP-8b32.
const proofVector = `{
 "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"],
 "id": "https://server.example/activities/1", "type": "Create", "actor": "https://server.example/users/alice",
 "object": {"id": "https://server.example/objects/1", "type": "Note", "attributedTo": "https://server.example/users/alice",
  "content": "Hello world", "location": {"type": "Place", "longitude": -71.184902, "latitude": 25.273962}}%s
}`

const proofOfVector = `,"proof":{
  "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"],
  "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022",
  "verificationMethod": "https://server.example/users/alice#ed25519-key", "proofPurpose": "assertionMethod",
  "proofValue": "z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL",
  "created": "2023-02-24T23:36:38Z"}`

const (
	alice    = "https://server.example/users/alice"
	aliceKey = "https://server.example/users/alice#ed25519-key"
)

func vectorKey(t *testing.T) (ed25519.PrivateKey, Find) {
	t.Helper()
	secret, err := base58.Decode("3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq")
	if err != nil || len(secret) != 34 {
		t.Fatal(len(secret), err)
	}
	private := ed25519.NewKeyFromSeed(secret[2:])
	public, err := ParseMultibase("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")
	if err != nil || !private.Public().(ed25519.PublicKey).Equal(public) {
		t.Fatal("the vector's keys do not belong together", err)
	}
	return private, known(Key{aliceKey, alice, public})
}

// known finds nothing but these keys.
func known(keys ...Key) Find {
	return func(_ context.Context, keyID string, _ bool) (Key, error) {
		for _, key := range keys {
			if key.ID == keyID {
				return key, nil
			}
		}
		return Key{}, fault.Say(fault.NotFound, "There is no key %s.", keyID)
	}
}

func TestProofVector(t *testing.T) {
	private, find := vectorKey(t)
	signed := strings.Replace(proofVector, "%s", proofOfVector, 1)
	if key, err := VerifyProof(t.Context(), []byte(signed), find); err != nil || key.Owner != alice {
		t.Errorf("%+v, %v", key, err)
	}
	created := time.Date(2023, 2, 24, 23, 36, 38, 0, time.UTC)
	plain := strings.Replace(proofVector, "%s", "", 1)
	got, err := AddProof([]byte(plain), private, aliceKey, created)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(got), strings.TrimSuffix(plain, "}")) {
		t.Error("adding a proof changed the bytes of the document")
	}
	var doc struct{ Proof struct{ ProofValue string } }
	if err := json.Unmarshal(got, &doc); err != nil || doc.Proof.ProofValue != "z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL" {
		t.Errorf("%v %s", err, got)
	}
	if _, err := VerifyProof(t.Context(), got, find); err != nil {
		t.Error(err)
	}
	if _, err := AddProof(got, private, aliceKey, created); !errors.Is(err, fault.Invalid) {
		t.Error("a second proof:", err)
	}
}

func TestProofRoundTrips(t *testing.T) {
	private, find := vectorKey(t)
	for name, doc := range map[string]string{
		"no context":              `{"type":"Like","id":"https://server.example/1","actor":"` + alice + `"}`,
		"no id":                   `{"type":"Note","attributedTo":"` + alice + `"}`,
		"an actor":                `{"type":"Group","id":"` + alice + `","attributedTo":"` + alice + `/moderators"}`,
		"numbers and odd strings": `{"type":"Note","attributedTo":"` + alice + `","n":[1e30,0.000001,-0,9007199254740993],"s":"\u20ac$\u000f\nA'<&>\u0042\"\\"}`,
		"an LD signature beside":  `{"type":"Note","attributedTo":"` + alice + `","signature":{"type":"RsaSignature2017"}}`,
	} {
		signed, err := AddProof([]byte(doc), private, aliceKey, time.Now())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := VerifyProof(t.Context(), signed, find); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A relay may strip the LD signature, and the order and spelling of the JSON do not matter.
	signed, err := AddProof([]byte(`{"type":"Note","signature":{"x":1},"attributedTo":"`+alice+`","n":1.0}`), private, aliceKey, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	respelled := strings.Replace(strings.Replace(string(signed), `,"signature":{"x":1}`, "", 1), `"n":1.0`, `"n" : 1e0`, 1)
	if _, err := VerifyProof(t.Context(), []byte(respelled), find); err != nil {
		t.Error(err)
	}
	// One of several proofs suffices, and the document's context may have grown behind the proof's.
	grown := strings.Replace(proofVector, "%s", strings.Replace(proofOfVector, `"proof":{`, `"proof":[{"type":"DataIntegrityProof","cryptosuite":"other"},{`, 1)+"]", 1)
	grown = strings.Replace(grown, `data-integrity/v2"],`, `data-integrity/v2", "https://more.example"],`, 1)
	if _, err := VerifyProof(t.Context(), []byte(grown), find); err != nil {
		t.Error(err)
	}
}

func TestProofRefused(t *testing.T) {
	private, find := vectorKey(t)
	signed := strings.Replace(proofVector, "%s", proofOfVector, 1)
	change := func(old, replacement string) string {
		t.Helper()
		changed := strings.Replace(signed, old, replacement, 1)
		if changed == signed {
			t.Fatalf("%q does not occur", old)
		}
		return changed
	}
	sign := func(doc, method string, created time.Time) string {
		t.Helper()
		out, err := AddProof([]byte(doc), private, method, created)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	like := `{"type":"Like","id":"https://server.example/1","actor":"` + alice + `"}`
	if _, err := VerifyProof(t.Context(), []byte(sign(like, aliceKey, time.Now().Add(50*time.Minute))), find); err != nil {
		t.Error("a clock 50 minutes ahead is refused:", err)
	}
	for name, doc := range map[string]string{
		"changed content":            change("Hello world", "Hello World"),
		"changed number":             change("25.273962", "25.273963"),
		"added member":               change(`"type": "Create",`, `"type": "Create", "summary": "x",`),
		"changed time of the proof":  change("23:36:38", "23:36:39"),
		"another purpose":            change("assertionMethod", "authentication"),
		"another suite":              change("eddsa-jcs-2022", "ecdsa-jcs-2019"),
		"another context":            change(`"@context": ["https://www.w3.org/ns/activitystreams",`, `"@context": ["https://evil.example/",`),
		"no proof":                   strings.Replace(proofVector, "%s", "", 1),
		"a proof that is null":       strings.Replace(proofVector, "%s", `,"proof":null`, 1),
		"a proof that is a string":   strings.Replace(proofVector, "%s", `,"proof":"x"`, 1),
		"a short signature":          change("z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL", "z42ff"),
		"the key of somebody else":   sign(strings.ReplaceAll(like, alice, "https://server.example/users/bob"), aliceKey, time.Now()),
		"of another origin":          sign(strings.ReplaceAll(like, alice, "https://evil.example/users/bob"), aliceKey, time.Now()),
		"an id of another origin":    sign(strings.ReplaceAll(like, "https://server.example/1", "https://evil.example/1"), aliceKey, time.Now()),
		"nobody's document":          sign(`{"type":"Note","id":"https://server.example/1"}`, aliceKey, time.Now()),
		"a key that does not exist":  sign(like, alice+"#other", time.Now()),
		"made in the future":         sign(like, aliceKey, time.Now().Add(2*time.Hour)),
		"a moderator list as author": sign(`{"type":"Note","id":"https://server.example/1","attributedTo":"https://server.example/users/alice/moderators"}`, aliceKey, time.Now()),
	} {
		if key, err := VerifyProof(t.Context(), []byte(doc), find); !errors.Is(err, fault.Unauthorized) {
			t.Errorf("%s: %+v, %v", name, key, err)
		}
	}
	// Two parsers would read these in two ways.
	for name, doc := range map[string]string{
		"duplicate key": change(`"type": "Create",`, `"type": "Create", "type": "Delete",`),
		"case variant":  change(`"proof":`, `"Proof":`),
		"a graph":       change(`"type": "Create",`, `"type": "Create", "@graph": [],`),
	} {
		if _, err := VerifyProof(t.Context(), []byte(doc), find); !errors.Is(err, fault.Malformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A proof made by another program may have more or fewer options than ours; all of them are signed.
func TestProofOptions(t *testing.T) {
	private, find := vectorKey(t)
	doc := `{"@context":"https://www.w3.org/ns/activitystreams","type":"Note","attributedTo":"` + alice + `"}`
	head := `{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","verificationMethod":"` + aliceKey + `","proofPurpose":"assertionMethod"`
	now := time.Now().UTC()
	for name, test := range map[string]struct {
		options string
		good    bool
	}{
		"no time, no context":       {``, true},
		"a context":                 {`,"@context":["https://www.w3.org/ns/activitystreams"]`, true},
		"a domain and a nonce":      {`,"domain":"x","nonce":"y"`, true},
		"not expired":               {`,"expires":"` + now.Add(time.Minute).Format(time.RFC3339) + `"`, true},
		"expired":                   {`,"expires":"` + now.Add(-time.Minute).Format(time.RFC3339) + `"`, false},
		"expires is no time":        {`,"expires":"soon"`, false},
		"created is no time":        {`,"created":"yesterday"`, false},
		"a context of its own":      {`,"@context":"https://w3id.org/security/v2"`, false},
		"a longer context":          {`,"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v2"]`, false},
		"a context that is no JSON": {`,"@context":[1e999]`, false},
		"created is a number":       {`,"created":1`, false},
	} {
		members, err := topMembers([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		var message []byte
		options := head + test.options + "}"
		var withContext dataIntegrityProof
		if json.Unmarshal([]byte(options), &withContext) == nil {
			message, err = proofMessage(members, []byte(options), withContext.Context)
		}
		if test.good && err != nil {
			t.Fatal(name, err)
		}
		signed := strings.TrimSuffix(doc, "}") + `,"proof":` + strings.TrimSuffix(options, "}") + `,"proofValue":"` + multibase("", ed25519.Sign(private, message)) + `"}}`
		if _, err := VerifyProof(t.Context(), []byte(signed), find); (err == nil) != test.good || (err != nil && !errors.Is(err, fault.Unauthorized)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := AddProof([]byte(doc), nil, aliceKey, now); err == nil {
		t.Error("a proof is made without a key")
	}
	if _, err := AddProof([]byte("{"), private, aliceKey, now); !errors.Is(err, fault.Malformed) {
		t.Error(err)
	}
}

// The owner has changed the key since it was cached.
func TestProofWithARotatedKey(t *testing.T) {
	private, _ := vectorKey(t)
	asked := 0
	find := func(_ context.Context, keyID string, refresh bool) (Key, error) {
		asked++
		if refresh {
			return Key{keyID, alice, private.Public()}, nil
		}
		return Key{keyID, alice, testEd25519().Public()}, nil
	}
	if _, err := VerifyProof(t.Context(), []byte(strings.Replace(proofVector, "%s", proofOfVector, 1)), find); err != nil || asked != 2 {
		t.Error(asked, err)
	}
}
