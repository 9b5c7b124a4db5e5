// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/pleio-node/pleio-node/fault"
)

// Push is a message for one client of a person, over the push service of its browser or telephone (RFC 8030).
type Push struct {
	Endpoint string
	Key      []byte // the client's P-256 public key, uncompressed
	Secret   []byte // the client's authentication secret
	Standard bool   // RFC 8291; else draft-ietf-webpush-encryption-04, which older relays read
	Payload  []byte // at most MaxPush bytes
	TTL      time.Duration
	Urgency  string // very-low, low, normal, high
	From     *ecdsa.PrivateKey
	Contact  string // mailto: or https: of who runs this node
}

// MaxPush is the longest payload: push services take 4,096 bytes with all that encryption adds (RFC 8291 §4).
const MaxPush = 3800

const (
	pushRecord = 4096
	vapidLife  = 12 * time.Hour // at most a day: RFC 8292 §2
	p256Point  = 65             // bytes, uncompressed
)

// Push encrypts and sends a message. Any answer is a Posted; an error (fault.Unavailable) means that there was none.
func (c *Client) Push(ctx context.Context, p Push) (*Posted, error) {
	if err := c.allowed(p.Endpoint); err != nil {
		return nil, err
	}
	body, err := p.body()
	if err != nil {
		return nil, err
	}
	token, key, err := vapid(p.From, Origin(p.Endpoint), p.Contact, time.Now())
	if err != nil {
		return nil, err
	}
	ctx, end, err := c.begin(ctx, totalTime)
	if err != nil {
		return nil, err
	}
	defer end()
	r, err := c.request(ctx, http.MethodPost, p.Endpoint, body.bytes)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("TTL", strconv.Itoa(int(p.TTL.Seconds())))
	r.Header.Set("Urgency", p.Urgency)
	if p.Standard {
		r.Header.Set("Content-Encoding", "aes128gcm")
		r.Header.Set("Authorization", "vapid t="+token+", k="+key) // RFC 8292 §3
	} else {
		r.Header.Set("Content-Encoding", "aesgcm")
		r.Header.Set("Encryption", "salt="+unpadded(body.salt))
		r.Header.Set("Crypto-Key", "dh="+unpadded(body.public)+";p256ecdsa="+key) // draft-ietf-webpush-vapid-01 §4
		r.Header.Set("Authorization", "WebPush "+token)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, unreachable(ctx, p.Endpoint, err)
	}
	answer := readAnswer(response.Body)
	return &Posted{response.StatusCode, answer, retryAfter(response.Header, time.Now()), 1}, nil
}

// CheckPushKeys tells whether a client's keys can be encrypted for.
func CheckPushKeys(key, secret []byte) error {
	if _, err := ecdh.P256().NewPublicKey(key); err != nil {
		return fault.Say(fault.Invalid, "Validation failed: the key p256dh is not a point on P-256.")
	}
	if len(secret) != 16 {
		return fault.Say(fault.Invalid, "Validation failed: the key auth has %d bytes instead of 16.", len(secret))
	}
	return nil
}

// CheckPushEndpoint refuses addresses that nothing is sent to. Which hosts may be reached is decided when connecting.
func (c *Client) CheckPushEndpoint(address string) error {
	if err := c.allowed(address); err != nil {
		return fault.Say(fault.Invalid, "Validation failed: the endpoint cannot be used: %s", fault.Sentence(err))
	}
	return nil
}

// pushBody is an encrypted message; salt and public go into headers when the encoding is the old one.
type pushBody struct{ bytes, salt, public []byte }

func (p Push) body() (pushBody, error) {
	ours, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return pushBody{}, err
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	return p.encrypt(ours, salt)
}

// encrypt makes one record. Both encodings agree on a secret by ECDH and derive a key and a nonce of it; they differ in
// what is mixed in, and in where the padding and the parameters stand.
func (p Push) encrypt(ours *ecdh.PrivateKey, salt []byte) (b pushBody, err error) {
	if len(p.Payload) > MaxPush {
		return b, fmt.Errorf("a push message of %d bytes is too long", len(p.Payload))
	}
	theirs, err := ecdh.P256().NewPublicKey(p.Key)
	if err != nil {
		return b, fmt.Errorf("the key of a push subscription: %w", err)
	}
	shared, err := ours.ECDH(theirs)
	if err != nil {
		return b, fmt.Errorf("agree on a key for a push message: %w", err)
	}
	b.salt, b.public = salt, ours.PublicKey().Bytes()
	seal := func(input []byte, keyInfo, nonceInfo string, plain []byte) ([]byte, error) {
		key, err := hkdf.Key(sha256.New, input, salt, keyInfo, 16)
		if err != nil {
			return nil, err
		}
		nonce, err := hkdf.Key(sha256.New, input, salt, nonceInfo, 12)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		box, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		return box.Seal(nil, nonce, plain, nil), nil
	}
	if !p.Standard { // draft-ietf-webpush-encryption-04 §3, §4; draft-ietf-httpbis-encryption-encoding-03 §2
		input, err := hkdf.Key(sha256.New, shared, p.Secret, "Content-Encoding: auth\x00", 32)
		if err != nil {
			return b, err
		}
		context := "P-256\x00\x00" + string(rune(p256Point)) + string(p.Key) + "\x00" + string(rune(p256Point)) + string(b.public)
		b.bytes, err = seal(input, "Content-Encoding: aesgcm\x00"+context, "Content-Encoding: nonce\x00"+context, append([]byte{0, 0}, p.Payload...))
		return b, err
	}
	// RFC 8291 §3.4, RFC 8188 §2
	input, err := hkdf.Key(sha256.New, shared, p.Secret, "WebPush: info\x00"+string(p.Key)+string(b.public), 32)
	if err != nil {
		return b, err
	}
	sealed, err := seal(input, "Content-Encoding: aes128gcm\x00", "Content-Encoding: nonce\x00", append(append([]byte{}, p.Payload...), 2))
	if err != nil {
		return b, err
	}
	b.bytes = binary.BigEndian.AppendUint32(append([]byte{}, salt...), pushRecord)
	b.bytes = append(append(append(b.bytes, p256Point), b.public...), sealed...)
	return b, nil
}

// vapid identifies this node to a push service: a JSON Web Token with ES256 (RFC 8292 §2, RFC 7515), and the public key.
func vapid(from *ecdsa.PrivateKey, origin, contact string, now time.Time) (token, key string, err error) {
	claims, err := json.Marshal(map[string]any{"aud": origin, "exp": now.Add(vapidLife).Unix(), "sub": contact})
	if err != nil {
		return "", "", err
	}
	signed := unpadded([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + unpadded(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := signES256(from, sum[:])
	if err != nil {
		return "", "", fmt.Errorf("sign for %s: %w", origin, err)
	}
	public, err := PushPublic(from)
	if err != nil {
		return "", "", err
	}
	return signed + "." + unpadded(signature), unpadded(public), nil
}

// signES256 is the fixed-length signature of RFC 7518 §3.4.
func signES256(key *ecdsa.PrivateKey, sum []byte) ([]byte, error) {
	r, s, err := ecdsa.Sign(rand.Reader, key, sum)
	if err != nil {
		return nil, err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signature, nil
}

// NewPushKey makes the key pair that a node shows to push services.
func NewPushKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// PushPublic is the public key as clients subscribe with it: a point, uncompressed.
func PushPublic(key *ecdsa.PrivateKey) ([]byte, error) {
	public, err := key.PublicKey.ECDH()
	if err != nil {
		return nil, fmt.Errorf("the node's push key: %w", err)
	}
	return public.Bytes(), nil
}

func unpadded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
