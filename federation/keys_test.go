// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/pleio-node/pleio-node/fault"
)

// The vectors of FEP-521a.
const (
	vectorEd25519   = "2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6"
	vectorMultibase = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
	vectorRSA       = "3082010a0282010100b1b5fcd8d4d5e88ca5c4287b31f578865caf6a78826a3b8ff7b1b23aa4af4e6a0474139f945bd9d3a911ffd0fa72db78e4593a86c91f9da836186ebd3402d51f6a3844247ab5088b46929c311b43604fed84499f06f0f39bf55590e2187f1bbe229ba8f49fd2e570cd0e3733c76bfede80e1e7e0881e4538ea1bc5782be9512f8bf132526e05f4923564fe6e1e21bf7087adebb660fa533fca06d0a8e66991e1312d70b64a61da8ca77c028cdf939601e2cffe2855759b1d479f0847bcac59d7d62427a431d4e3dfd2697428b9dd6309a7b1167db99fe01af1ff1b739566fb949e47089d1dae84aef1214ef7f5773e86a0d3e9da246f9bec09d60c705891183d0203010001"
	vectorRSABase   = "z4MXj1wBzi9jUstyPMS4jQqB6KdJaiatPkAtVtGc6bQEQEEsKTic4G7Rou3iBf9vPmT5dbkm9qsZsuVNjq8HCuW1w24nhBFGkRE4cd2Uf2tfrB3N7h4mnyPp1BF3ZttHTYv3DLUPi1zMdkULiow3M1GfXkoC6DoxDUm1jmN6GBj22SjVsr6dxezRVQc7aj9TxE7JLbMH1wh5X3kA58H3DFW8rnYMakFGbca5CB2Jf6CnGQZmL7o5uJAdTwXfy2iiiyPxXEGerMhHwhjTA1mKYobyk2CpeEcmvynADfNZ5MBvcCS7m3XkFCMNUYBS9NQ3fze6vMSUPsNa6GVYmKx2x6JrdEjCk3qRMMmyjnjCMfR4pXbRMZa3i"
)

// testRSA is one key for all tests: making one takes long.
var testRSA = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

var otherRSA = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func testEd25519() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte("pleio-node tests: a seed, 32 by."))
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMultibaseVectors(t *testing.T) {
	ed := ed25519.PublicKey(unhex(t, vectorEd25519))
	if got := EncodeMultibase(ed); got != vectorMultibase {
		t.Errorf("Ed25519: %s", got)
	}
	if got, err := ParseMultibase(vectorMultibase); err != nil || !ed.Equal(got) {
		t.Errorf("Ed25519: %v, %v", got, err)
	}
	key, err := x509.ParsePKCS1PublicKey(unhex(t, vectorRSA))
	if err != nil {
		t.Fatal(err)
	}
	if got := EncodeMultibase(key); got != vectorRSABase {
		t.Errorf("RSA: %s", got)
	}
	if got, err := ParseMultibase(vectorRSABase); err != nil || !key.Equal(got) {
		t.Errorf("RSA: %v, %v", got, err)
	}
	for _, s := range []string{"", "z", "z0", vectorMultibase[1:], "m" + vectorMultibase[1:], vectorMultibase[:40], "z" + strings.Repeat("1", 2000), multibase("\x12\x00", ed)} {
		if key, err := ParseMultibase(s); !errors.Is(err, fault.Malformed) {
			t.Errorf("%q is accepted: %v, %v", s, key, err)
		}
	}
	if EncodeMultibase("x") != "" {
		t.Error("a string is encoded as a key")
	}
}

func TestPEM(t *testing.T) {
	rsaPublic, edPublic := &testRSA().PublicKey, testEd25519().Public().(ed25519.PublicKey)
	if got, err := ParsePEM(EncodePEM(rsaPublic)); err != nil || !rsaPublic.Equal(got) {
		t.Errorf("RSA: %v", err)
	}
	if got, err := ParsePEM("\n" + EncodePEM(edPublic) + "\n"); err != nil || !edPublic.Equal(got) {
		t.Errorf("Ed25519: %v", err)
	}
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(rsaPublic)}))
	if got, err := ParsePEM(pkcs1); err != nil || !rsaPublic.Equal(got) {
		t.Errorf("PKCS#1: %v", err)
	}
	small := &rsa.PublicKey{N: testRSA().Primes[0], E: 65537} // 1024 bits
	even := &rsa.PublicKey{N: testRSA().N, E: 2}
	for name, s := range map[string]string{
		"empty":       "",
		"private key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(testRSA())})),
		"rubbish":     string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")})),
		"1024 bits":   string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(small)})),
		"exponent 2":  string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(even)})),
	} {
		if _, err := ParsePEM(s); !errors.Is(err, fault.Malformed) {
			t.Errorf("%s is accepted (%v)", name, err)
		}
	}
	if EncodePEM(small) != "" {
		t.Error("a weak key is written")
	}
}
