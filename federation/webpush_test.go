// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"
)

func unbase(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The examples of the two documents, byte for byte.
func TestPushEncryption(t *testing.T) {
	for _, one := range []struct {
		name                             string
		standard                         bool
		text, key, secret, private, salt string
		body                             string
	}{
		{"RFC 8291 appendix A", true, "When I grow up, I want to be a watermelon",
			"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZMqHH6r4Tts7J_aSIgg",
			"yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", "DGv6ra1nlYgDCS1FRnbzlw",
			"DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"},
		{"draft-ietf-webpush-encryption-04 section 5", false, "I am the walrus",
			"BCEkBjzL8Z3C-oi2Q7oE5t2Np-p7osjGLg93qUP0wvqRT21EEWyf0cQDQcakQMqz4hQKYOQ3il2nNZct4HgAUQU", "R29vIGdvbyBnJyBqb29iIQ",
			"nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY", "lngarbyKfMoi9Z75xYXmkg",
			"6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA"},
	} {
		ours, err := ecdh.P256().NewPrivateKey(unbase(t, one.private))
		if err != nil {
			t.Fatal(err)
		}
		p := Push{Key: unbase(t, one.key), Secret: unbase(t, one.secret), Standard: one.standard, Payload: []byte(one.text)}
		got, err := p.encrypt(ours, unbase(t, one.salt))
		if err != nil || unpadded(got.bytes) != one.body {
			t.Errorf("%s: %v\n%s\ninstead of\n%s", one.name, err, unpadded(got.bytes), one.body)
		}
		p.Payload = make([]byte, MaxPush+1)
		if _, err := p.encrypt(ours, unbase(t, one.salt)); err == nil {
			t.Errorf("%s: too much is encrypted", one.name)
		}
	}
}

func TestVAPID(t *testing.T) {
	key, err := NewPushKey()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	token, public, err := vapid(key, Origin("https://push.example:8443/x/y?z=1"), "mailto:beheer@gouda.example", now)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token, ".")
	var header struct{ Typ, Alg string }
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(unbase(t, parts[0]), &header); err != nil || header.Alg != "ES256" || header.Typ != "JWT" {
		t.Errorf("%+v %v", header, err)
	}
	if err := json.Unmarshal(unbase(t, parts[1]), &claims); err != nil || claims.Aud != "https://push.example:8443" || claims.Sub != "mailto:beheer@gouda.example" ||
		claims.Exp <= now.Unix() || claims.Exp > now.Add(24*time.Hour).Unix() {
		t.Errorf("%+v %v", claims, err)
	}
	point, err := ecdsa.ParseUncompressedPublicKey(key.Curve, unbase(t, public))
	if err != nil {
		t.Fatal(err)
	}
	signature := unbase(t, parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if len(signature) != 64 || !ecdsa.Verify(point, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature is wrong")
	}
}

func TestPushKeysAreChecked(t *testing.T) {
	good := unbase(t, "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
	off := append([]byte{}, good...)
	off[20] ^= 1
	for name, keys := range map[string][2][]byte{"not on the curve": {off, make([]byte, 16)}, "cut": {good[:64], make([]byte, 16)}, "no secret": {good, nil}, "a long secret": {good, make([]byte, 17)}} {
		if CheckPushKeys(keys[0], keys[1]) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := CheckPushKeys(good, make([]byte, 16)); err != nil {
		t.Error(err)
	}
}
