// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dunglas/httpsfv"

	"github.com/pleio-node/pleio-node/fault"
)

const (
	fenna    = "https://gouda.example/users/fenna"
	fennaKey = fenna + "#main-key"
	fennaEd  = fenna + "#ed25519-key"
	inboxURL = "https://waterschap.example/groups/water/inbox"
)

var waterschap = &url.URL{Scheme: "https", Host: "waterschap.example"}

func fennaSigner() Signer {
	return Signer{KeyID: fennaKey, RSA: testRSA(), Ed25519: testEd25519(), Ed25519ID: fennaEd}
}

func fennaKeys() Find {
	return known(Key{fennaKey, fenna, &testRSA().PublicKey}, Key{fennaEd, fenna, testEd25519().Public()})
}

// request is one that is about to be sent.
func request(method, address string, body []byte) *http.Request {
	r, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	return r
}

// received is what the server gets when r is sent: parsed from the bytes on the line.
func received(r *http.Request) *http.Request {
	var line bytes.Buffer
	if err := r.Write(&line); err != nil {
		panic(err)
	}
	got, err := http.ReadRequest(bufio.NewReader(&line))
	if err != nil {
		panic(err)
	}
	return got
}

func signedPost(t testing.TB, scheme Scheme, body string) *http.Request {
	t.Helper()
	r := request("POST", inboxURL, []byte(body))
	if err := Sign(r, []byte(body), fennaSigner(), scheme); err != nil {
		t.Fatal(err)
	}
	return received(r)
}

var allSchemes = []Scheme{Cavage, RFC9421, RFC9421Ed25519}

func TestSignAndVerify(t *testing.T) {
	for _, scheme := range allSchemes {
		for _, address := range []string{
			inboxURL, "https://waterschap.example", "https://WATERSCHAP.example:443/x?page=2&min=%20a", "https://waterschap.example/users/a%C3%AFsha/inbox",
			"https://waterschap.example/a%2Fb?x=a+b", "https://waterschap.example/users/aïsha",
		} {
			for _, method := range []string{"GET", "POST", "HEAD"} {
				var body []byte
				if method == "POST" {
					body = []byte(create)
				}
				r := request(method, address, body)
				// The second signature replaces the first.
				if err := Sign(r, body, fennaSigner(), Cavage); err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Collection-Synchronization", `collectionId="x", url="y", digest="z"`)
				if err := Sign(r, body, fennaSigner(), scheme); err != nil {
					t.Fatal(err)
				}
				got := received(r)
				key, err := Verify(got, body, waterschap, fennaKeys())
				if err != nil || key.Owner != fenna {
					t.Errorf("%v %s %s: %+v, %v", scheme, method, address, key, err)
				}
				got.Header.Set("Collection-Synchronization", "another")
				if _, err := Verify(got, body, waterschap, fennaKeys()); !errors.Is(err, fault.Unauthorized) {
					t.Errorf("%v does not cover Collection-Synchronization", scheme)
				}
			}
		}
	}
}

func TestCavageHeaderAsEverybodySendsIt(t *testing.T) {
	r := signedPost(t, Cavage, create)
	if got := r.Header.Get("Signature"); !strings.HasPrefix(got, `keyId="`+fennaKey+`",algorithm="hs2019",headers="(request-target) host date digest",signature="`) {
		t.Error(got)
	}
	if len(r.Header.Values("Signature-Input")) != 0 {
		t.Error("both header sets are sent")
	}
}

// The signature base and the parameters of RFC 9421, as other implementations compute them.
func TestRFC9421Base(t *testing.T) {
	parameters := `("@method" "@target-uri" "content-digest");created=1795449600;keyid="https://gouda.example/users/fenna#main-key"`
	r := received(request("POST", inboxURL, nil))
	r.Header.Set("Content-Digest", "sha-256=:WbQjw0/Q2iqCGF/h6UaaEzdEpwmViJbfSTdEUL0T2+w=:")
	base, err := message{r, "https", "waterschap.example", requestTarget(r)}.base([]string{"@method", "@target-uri", "content-digest"}, parameters)
	want := `"@method": POST
"@target-uri": https://waterschap.example/groups/water/inbox
"content-digest": sha-256=:WbQjw0/Q2iqCGF/h6UaaEzdEpwmViJbfSTdEUL0T2+w=:
"@signature-params": ("@method" "@target-uri" "content-digest");created=1795449600;keyid="https://gouda.example/users/fenna#main-key"`
	if err != nil || string(base) != want {
		t.Errorf("%v\n%s", err, base)
	}
}

// The key and the signature of RFC 9421 Appendix B.2.6 (Ed25519), checked through our base.
func TestRFC9421AppendixB26(t *testing.T) {
	public, err := ParsePEM("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----")
	if err != nil {
		t.Fatal(err)
	}
	signature, err := base64.StdEncoding.DecodeString("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==")
	if err != nil {
		t.Fatal(err)
	}
	r := received(request("POST", "https://example.com/foo?param=Value&Pet=dog", []byte(`{"hello": "world"}`)))
	r.Header.Set("Date", "Tue, 20 Apr 2021 02:07:55 GMT")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Length", "18")
	s := rfc9421Signature{
		covered:    []string{"date", "@method", "@path", "@authority", "content-type", "content-length"},
		parameters: `("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`,
		signature:  signature,
	}
	m := message{r, "https", "example.com", requestTarget(r)}
	if err := s.verify(m, Key{Public: public}); err != nil {
		t.Error(err)
	}
	r.Header.Set("Date", "Tue, 20 Apr 2021 02:07:56 GMT")
	if err := s.verify(m, Key{Public: public}); err == nil {
		t.Error("another date verifies as well")
	}
}

// cavageBy signs as somebody else's program would: any header list, any spelling of the header.
func cavageBy(t testing.TB, r *http.Request, list, format string, target string) {
	t.Helper()
	var lines []string
	for _, name := range strings.Fields(list) {
		switch name {
		case "(request-target)":
			lines = append(lines, name+": "+strings.ToLower(r.Method)+" "+target)
		case "(created)":
			lines = append(lines, fmt.Sprintf("%s: %d", name, time.Now().Unix()))
		case "(expires)":
			lines = append(lines, fmt.Sprintf("%s: %d", name, time.Now().Add(time.Minute).Unix()))
		case "host":
			lines = append(lines, "host: "+r.Host)
		default:
			lines = append(lines, name+": "+r.Header.Get(name))
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	signature, err := rsa.SignPKCS1v15(rand.Reader, testRSA(), crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	replacer := strings.NewReplacer("KEY", fennaKey, "LIST", list, "SIGNATURE", base64.StdEncoding.EncodeToString(signature),
		"CREATED", fmt.Sprint(time.Now().Unix()), "EXPIRES", fmt.Sprint(time.Now().Add(time.Minute).Unix()))
	r.Header.Set("Signature", replacer.Replace(format))
}

// plainPost has the headers that a signer needs, and no signature.
func plainPost(body string) *http.Request {
	r := received(request("POST", inboxURL, []byte(body)))
	sum := sha256.Sum256([]byte(body))
	r.Header.Set("Digest", "SHA-256="+base64.StdEncoding.EncodeToString(sum[:]))
	r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	r.Header.Set("Content-Type", ActivityType)
	return r
}

const usual = `keyId="KEY",algorithm="rsa-sha256",headers="LIST",signature="SIGNATURE"`

func TestDialectsOfCavage(t *testing.T) {
	path := "/groups/water/inbox"
	for name, test := range map[string]struct{ list, format string }{
		"Mastodon": {"(request-target) host date digest content-type", usual},
		"Fedify":   {"(request-target) content-type date digest host", usual},
		"Mobilizon": {"(request-target) content-length date digest host",
			`keyId="KEY",algorithm="rsa-sha256",headers="LIST",signature="SIGNATURE"`},
		"GoToSocial, in its order":         {"(request-target) host date digest", `keyId="KEY",algorithm="hs2019",headers="LIST",signature="SIGNATURE"`},
		"blanks after commas":              {"(request-target) host date digest", `keyId="KEY", algorithm="rsa-sha256", headers="LIST", signature="SIGNATURE"`},
		"blanks everywhere, another order": {"(request-target) host date digest", `signature = "SIGNATURE" ,	headers="LIST" , keyId="KEY"`},
		"created and expires":              {"(request-target) host digest (created) (expires)", `keyId="KEY",algorithm="hs2019",created=CREATED,expires=EXPIRES,headers="LIST",signature="SIGNATURE"`},
	} {
		r := plainPost(create)
		cavageBy(t, r, test.list, test.format, path)
		if _, err := Verify(r, []byte(create), waterschap, fennaKeys()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The query is in the request line and not in the signature.
	r := received(request("GET", "https://waterschap.example/outbox?page=2", nil))
	r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	cavageBy(t, r, "(request-target) host date", usual, "/outbox")
	if _, err := Verify(r, nil, waterschap, fennaKeys()); err != nil {
		t.Error("without the query:", err)
	}
	sent := request("GET", "https://waterschap.example/outbox?page=2", nil)
	if err := SignWithoutQuery(sent, nil, fennaSigner()); err != nil {
		t.Fatal(err)
	}
	if r = received(sent); r.URL.RawQuery != "page=2" {
		t.Error("the query is lost")
	}
	if _, err := Verify(r, nil, waterschap, fennaKeys()); err != nil {
		t.Error("SignWithoutQuery:", err)
	}
}

// Behind a proxy and a handler that strips a prefix the request line still counts.
func TestVerifyUsesTheRequestLine(t *testing.T) {
	for _, scheme := range allSchemes {
		r := signedPost(t, scheme, create)
		r.URL.Path = "/inbox"
		r.TLS = nil
		if _, err := Verify(r, []byte(create), waterschap, fennaKeys()); err != nil {
			t.Errorf("%v: %v", scheme, err)
		}
	}
}

func TestAttacks(t *testing.T) {
	evil := known(Key{"https://evil.example/key", fenna, &testRSA().PublicKey})
	for _, scheme := range allSchemes {
		for name, attack := range map[string]func(r *http.Request) (body string, base *url.URL, find Find){
			"wrong host replay": func(r *http.Request) (string, *url.URL, Find) {
				return create, &url.URL{Scheme: "https", Host: "provincie.example"}, nil
			},
			"wrong host replay with the Host header changed": func(r *http.Request) (string, *url.URL, Find) {
				r.Host = "provincie.example"
				return create, &url.URL{Scheme: "https", Host: "provincie.example"}, nil
			},
			"another port": func(r *http.Request) (string, *url.URL, Find) {
				r.Host = "waterschap.example:8443"
				return create, waterschap, nil
			},
			"body swapped, old digest kept": func(r *http.Request) (string, *url.URL, Find) {
				return strings.Replace(create, "Gouda", "Delft", 1), waterschap, nil
			},
			"body and digest swapped": func(r *http.Request) (string, *url.URL, Find) {
				sum := sha256.Sum256([]byte("{}"))
				r.Header.Set("Digest", "SHA-256="+base64.StdEncoding.EncodeToString(sum[:]))
				r.Header.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
				return "{}", waterschap, nil
			},
			"digest removed": func(r *http.Request) (string, *url.URL, Find) {
				r.Header.Del("Digest")
				r.Header.Del("Content-Digest")
				return create, waterschap, nil
			},
			"another path": func(r *http.Request) (string, *url.URL, Find) {
				r.RequestURI = "/users/x/inbox"
				return create, waterschap, nil
			},
			"a query added": func(r *http.Request) (string, *url.URL, Find) {
				r.RequestURI += "?admin=1"
				if scheme == Cavage { // there it is tolerated, because many sign without it
					r.RequestURI = "/x?admin=1"
				}
				return create, waterschap, nil
			},
			"another method": func(r *http.Request) (string, *url.URL, Find) {
				r.Method = "PUT"
				return create, waterschap, nil
			},
			"no signature": func(r *http.Request) (string, *url.URL, Find) {
				r.Header.Del("Signature")
				return create, waterschap, nil
			},
			"two signatures": func(r *http.Request) (string, *url.URL, Find) {
				r.Header.Add("Signature", r.Header.Get("Signature"))
				return create, waterschap, nil
			},
			"a changed signature": func(r *http.Request) (string, *url.URL, Find) {
				s := r.Header.Get("Signature")
				r.Header.Set("Signature", s[:len(s)-12]+"AAAA"+s[len(s)-8:])
				return create, waterschap, nil
			},
			"another key of that id": func(r *http.Request) (string, *url.URL, Find) {
				return create, waterschap, known(Key{fennaKey, fenna, &otherRSA().PublicKey}, Key{fennaEd, fenna, ed25519.PublicKey(make([]byte, 32))})
			},
			"an unknown key": func(r *http.Request) (string, *url.URL, Find) {
				return create, waterschap, known()
			},
			"a key of another type": func(r *http.Request) (string, *url.URL, Find) {
				return create, waterschap, known(Key{fennaKey, fenna, testEd25519().Public()}, Key{fennaEd, fenna, &testRSA().PublicKey})
			},
			"a key found under another id": func(r *http.Request) (string, *url.URL, Find) {
				return create, waterschap, func(context.Context, string, bool) (Key, error) {
					return Key{fenna + "#other", fenna, &testRSA().PublicKey}, nil
				}
			},
			"keyId of another origin whose owner names the victim": func(r *http.Request) (string, *url.URL, Find) {
				for _, name := range []string{"Signature", "Signature-Input"} {
					for _, id := range []string{fennaKey, fennaEd} {
						r.Header.Set(name, strings.Replace(r.Header.Get(name), id, "https://evil.example/key", 1))
					}
					if r.Header.Get(name) == "" {
						r.Header.Del(name)
					}
				}
				return create, waterschap, evil
			},
			"Signature in Authorization as well": func(r *http.Request) (string, *url.URL, Find) {
				r.Header.Set("Authorization", "Signature "+r.Header.Get("Signature"))
				return create, waterschap, nil
			},
		} {
			t.Run(scheme.String()+"/"+name, func(t *testing.T) {
				r := signedPost(t, scheme, create)
				if _, err := Verify(r, []byte(create), waterschap, fennaKeys()); err != nil {
					t.Fatal("the request is refused before the attack:", err)
				}
				body, base, find := attack(r)
				if find == nil {
					find = fennaKeys()
				}
				key, err := Verify(r, []byte(body), base, find)
				if !errors.Is(err, fault.Unauthorized) || !strings.HasSuffix(fault.Sentence(err), ".") {
					t.Errorf("%+v, %v", key, err)
				}
			})
		}
	}
}

func TestCavageAttacks(t *testing.T) {
	full := "(request-target) host date digest"
	for name, test := range map[string]struct{ list, format string }{
		"headers=date only":            {"date", usual},
		"no header list":               {full, `keyId="KEY",signature="SIGNATURE"`},
		"no digest covered":            {"(request-target) host date", usual},
		"no host covered":              {"(request-target) date digest", usual},
		"no request-target covered":    {"host date digest", usual},
		"no date covered":              {"(request-target) host digest", usual},
		"hmac":                         {full, `keyId="KEY",algorithm="hmac-sha256",headers="LIST",signature="SIGNATURE"`},
		"an unknown algorithm":         {full, `keyId="KEY",algorithm="rsa-sha1",headers="LIST",signature="SIGNATURE"`},
		"a parameter twice":            {full, `keyId="https://evil.example/k",` + usual},
		"a parameter twice, by case":   {full, `KEYID="https://evil.example/k",` + usual},
		"an unclosed quote":            {full, `keyId="KEY",headers="LIST",signature="SIGNATURE`},
		"a list inside the signature":  {full, `keyId="KEY",headers="LIST",signature="SIGNATURE,headers=date"`},
		"a header twice in the list":   {full + " date", usual},
		"a header that is not there":   {full + " x-none", strings.Replace(usual, "LIST", full+" x-other", 1)},
		"rubbish":                      {full, `keyId`},
		"an empty keyId":               {full, strings.Replace(usual, "KEY", "", 1)},
		"a keyId that is no address":   {full, strings.Replace(usual, "KEY", "fenna", 1)},
		"a keyId with a user":          {full, strings.Replace(usual, "KEY", "https://x@gouda.example/users/fenna#main-key", 1)},
		"created with rsa-sha256":      {"(request-target) host digest (created)", `keyId="KEY",algorithm="rsa-sha256",created=CREATED,headers="LIST",signature="SIGNATURE"`},
		"created covered, not given":   {"(request-target) host digest (created)", `keyId="KEY",algorithm="hs2019",headers="LIST",signature="SIGNATURE"`},
		"created not a number":         {full, `keyId="KEY",created=x,headers="LIST",signature="SIGNATURE"`},
		"created long ago":             {full + " (created)", `keyId="KEY",created=1,headers="LIST",signature="SIGNATURE"`},
		"expired":                      {full, `keyId="KEY",expires=1,headers="LIST",signature="SIGNATURE"`},
		"expires before it is created": {full, `keyId="KEY",created=CREATED,expires=2,headers="LIST",signature="SIGNATURE"`},
	} {
		r := plainPost(create)
		cavageBy(t, r, test.list, test.format, "/groups/water/inbox")
		if key, err := Verify(r, []byte(create), waterschap, fennaKeys()); !errors.Is(err, fault.Unauthorized) {
			t.Errorf("%s: %+v, %v", name, key, err)
		}
	}
	for name, change := range map[string]func(h http.Header){
		"two Date headers":  func(h http.Header) { h.Add("Date", h.Get("Date")) },
		"two SHA-256":       func(h http.Header) { h.Set("Digest", h.Get("Digest")+",sha-256=AAAA") },
		"two Digest lines":  func(h http.Header) { h.Add("Digest", "SHA-256=AAAA") },
		"only SHA-512":      func(h http.Header) { h.Set("Digest", "SHA-512=AAAA") },
		"a Date in German":  func(h http.Header) { h.Set("Date", "Dienstag, 24. November 2026") },
		"an empty Date":     func(h http.Header) { h.Set("Date", "") },
		"Signature-Input !": func(h http.Header) { h.Set("Signature-Input", "") },
	} {
		r := plainPost(create)
		change(r.Header)
		cavageBy(t, r, full, usual, "/groups/water/inbox")
		if _, err := Verify(r, []byte(create), waterschap, fennaKeys()); !errors.Is(err, fault.Unauthorized) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// rfc9421By signs any parameters honestly, so that only our own rules can refuse them.
func rfc9421By(t testing.TB, r *http.Request, covered []string, parameters string) {
	t.Helper()
	base, err := message{r, "https", "waterschap.example", requestTarget(r)}.base(covered, parameters)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signBase(fennaSigner(), base, false)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Signature-Input", "sig1="+parameters)
	r.Header.Set("Signature", "sig1=:"+base64.StdEncoding.EncodeToString(signature)+":")
}

func TestRFC9421Rules(t *testing.T) {
	post := func() *http.Request {
		r := plainPost(create)
		sum := sha256.Sum256([]byte(create))
		r.Header.Set("Content-Digest", "sha-512=:AAAA:, sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
		return r
	}
	all := []string{"@method", "@target-uri", "content-digest"}
	now := time.Now().Unix()
	tail := fmt.Sprintf(`;created=%d;keyid="%s"`, now, fennaKey)
	list := `("@method" "@target-uri" "content-digest")`
	fedify := []string{"@method", "@target-uri", "@authority", "host", "date", "content-digest"}
	for name, test := range map[string]struct {
		covered    []string
		parameters string
	}{
		"Fedify":                     {fedify, fmt.Sprintf(`("@method" "@target-uri" "@authority" "host" "date" "content-digest");alg="rsa-v1_5-sha256";keyid="%s";created=%d`, fennaKey, now)},
		"no alg":                     {all, list + tail},
		"blanks in the list":         {all, `( "@method"  "@target-uri" "content-digest" )` + tail},
		"nonce, tag and expires":     {all, list + tail + fmt.Sprintf(`;nonce="x";tag="y";expires=%d`, now+300)},
		"all the derived components": {append(all, "@scheme", "@path", "@query", "@request-target"), `("@method" "@target-uri" "content-digest" "@scheme" "@path" "@query" "@request-target")` + tail},
	} {
		r := post()
		rfc9421By(t, r, test.covered, test.parameters)
		if _, err := Verify(r, []byte(create), waterschap, fennaKeys()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, test := range map[string]struct {
		covered    []string
		parameters string
	}{
		"no method":            {all[1:], `("@target-uri" "content-digest")` + tail},
		"no target":            {[]string{"@method", "content-digest"}, `("@method" "content-digest")` + tail},
		"no digest":            {all[:2], `("@method" "@target-uri")` + tail},
		"nothing":              {nil, `()` + tail},
		"no created":           {all, list + fmt.Sprintf(`;keyid="%s"`, fennaKey)},
		"no keyid":             {all, list + fmt.Sprintf(`;created=%d`, now)},
		"keyid a token":        {all, list + fmt.Sprintf(`;created=%d;keyid=fenna`, now)},
		"created a string":     {all, list + fmt.Sprintf(`;created="%d";keyid="%s"`, now, fennaKey)},
		"created long ago":     {all, list + fmt.Sprintf(`;created=%d;keyid="%s"`, now-4000, fennaKey)},
		"created far ahead":    {all, list + fmt.Sprintf(`;created=%d;keyid="%s"`, now+4000, fennaKey)},
		"expired":              {all, list + tail + fmt.Sprintf(`;expires=%d`, now-20)},
		"hmac":                 {all, list + tail + `;alg="hmac-sha256"`},
		"alg of another key":   {all, list + tail + `;alg="ed25519"`},
		"a component twice":    {append(all, "@method"), `("@method" "@target-uri" "content-digest" "@method")` + tail},
		"a parameter on one":   {all, `("@method";req "@target-uri" "content-digest")` + tail},
		"an upper-case header": {all, `("@method" "@target-uri" "Content-Digest")` + tail},
		"no list":              {all, `sig`},
		"a second label":       {all, list + tail + `, sig2=()`},
		"the label twice":      {all, list + tail + `, sig1=` + list + tail},
	} {
		r := post()
		rfc9421By(t, r, test.covered, test.parameters)
		if key, err := Verify(r, []byte(create), waterschap, fennaKeys()); !errors.Is(err, fault.Unauthorized) {
			t.Errorf("%s: %+v, %v", name, key, err)
		}
	}
	r := post()
	rfc9421By(t, r, all, list+tail)
	cavageBy(t, r, "(request-target) host date digest", usual, "/groups/water/inbox")
	if _, err := Verify(r, []byte(create), waterschap, fennaKeys()); !errors.Is(err, fault.Unauthorized) {
		t.Error("with a Signature-Input the draft-cavage signature counts:", err)
	}
}

func TestTimeWindow(t *testing.T) {
	for _, scheme := range allSchemes {
		synctest.Test(t, func(t *testing.T) {
			r := signedPost(t, scheme, create)
			time.Sleep(64 * time.Minute)
			if _, err := Verify(r, []byte(create), waterschap, fennaKeys()); err != nil {
				t.Errorf("%v: 64 minutes late: %v", scheme, err)
			}
			time.Sleep(2 * time.Minute)
			if _, err := Verify(r, []byte(create), waterschap, fennaKeys()); !errors.Is(err, fault.Unauthorized) {
				t.Errorf("%v: 66 minutes late: %v", scheme, err)
			}
		})
	}
	for minutes, good := range map[int]bool{64: true, 66: false} {
		r := plainPost(create)
		r.Header.Set("Date", time.Now().Add(time.Duration(minutes)*time.Minute).UTC().Format(http.TimeFormat))
		cavageBy(t, r, "(request-target) host date digest", usual, "/groups/water/inbox")
		if _, err := Verify(r, []byte(create), waterschap, fennaKeys()); (err == nil) != good {
			t.Errorf("a clock %d minutes ahead: %v", minutes, err)
		}
	}
}

func TestVerifyAsksOnceMoreForAChangedKey(t *testing.T) {
	for _, scheme := range []Scheme{Cavage, RFC9421} {
		var asked []bool
		find := func(fresh *rsa.PrivateKey) Find {
			return func(_ context.Context, keyID string, refresh bool) (Key, error) {
				if asked = append(asked, refresh); refresh {
					return Key{keyID, fenna, &fresh.PublicKey}, nil
				}
				return Key{keyID, fenna, &otherRSA().PublicKey}, nil
			}
		}
		if _, err := Verify(signedPost(t, scheme, create), []byte(create), waterschap, find(testRSA())); err != nil || fmt.Sprint(asked) != "[false true]" {
			t.Error(asked, err)
		}
		asked = nil
		if _, err := Verify(signedPost(t, scheme, create), []byte(create), waterschap, find(otherRSA())); !errors.Is(err, fault.Unauthorized) || fmt.Sprint(asked) != "[false true]" {
			t.Error(asked, err)
		}
	}
}

// A Delete of an actor who is gone needs to know why the key cannot be had.
func TestVerifyKeepsTheReasonOfFind(t *testing.T) {
	_, err := Verify(signedPost(t, Cavage, create), []byte(create), waterschap, func(context.Context, string, bool) (Key, error) {
		return Key{}, fault.Say(fault.Gone, "It has been deleted.")
	})
	if !errors.Is(err, fault.Unauthorized) || !errors.Is(err, fault.Gone) || fault.Status(err) != 401 {
		t.Error(err)
	}
}

// What is wrong with a request without looking at a key must not cause a fetch.
func TestNoKeyIsFetchedForARequestThatIsWrongAnyway(t *testing.T) {
	r := signedPost(t, Cavage, create)
	_, err := Verify(r, []byte("{}"), waterschap, func(context.Context, string, bool) (Key, error) {
		t.Error("a key is fetched")
		return Key{}, io.EOF
	})
	if !errors.Is(err, fault.Unauthorized) {
		t.Error(err)
	}
}

// What we ask for in a 401 is what we accept.
func TestAcceptSignature(t *testing.T) {
	asked, err := httpsfv.UnmarshalDictionary([]string{AcceptSignature()})
	if err != nil {
		t.Fatal(err)
	}
	member, _ := asked.Get("sig1")
	list := member.(httpsfv.InnerList)
	r := signedPost(t, RFC9421, create)
	sent, err := parseRFC9421(r.Header)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range list.Items {
		if !slices.Contains(sent.covered, item.Value.(string)) {
			t.Errorf("%v is asked for and not sent", item.Value)
		}
	}
	if got := list.Params.Names(); !slices.Equal(got, []string{"created", "keyid"}) {
		t.Error(got)
	}
}

func TestVerifyWithoutABase(t *testing.T) {
	for _, base := range []*url.URL{nil, {}, {Scheme: "https"}} {
		if _, err := Verify(signedPost(t, Cavage, create), []byte(create), base, fennaKeys()); !errors.Is(err, fault.Unauthorized) {
			t.Errorf("%v: %v", base, err)
		}
	}
}

func TestSignWithoutAKey(t *testing.T) {
	for _, scheme := range append(allSchemes, Scheme(9)) {
		if err := Sign(request("GET", inboxURL, nil), nil, Signer{KeyID: fennaKey}, scheme); err == nil {
			t.Errorf("%v signs without a key", scheme)
		}
	}
}

func FuzzVerify(f *testing.F) {
	r := signedPost(f, Cavage, create)
	f.Add(r.Header.Get("Signature"), "", r.Header.Get("Date"), r.Header.Get("Digest"))
	r = signedPost(f, RFC9421, create)
	f.Add(r.Header.Get("Signature"), r.Header.Get("Signature-Input"), "", r.Header.Get("Content-Digest"))
	f.Add(`keyId="a", headers="(request-target) host date digest (created)",created=1,signature="AAAA"`, "", "x", "SHA-256=x")
	find := func(_ context.Context, keyID string, _ bool) (Key, error) {
		return Key{keyID, keyID, &otherRSA().PublicKey}, nil // who signed with another key
	}
	f.Fuzz(func(t *testing.T, signature, input, date, digest string) {
		r := received(request("POST", inboxURL, nil))
		r.Header = http.Header{"Signature": {signature}, "Date": {date}, "Digest": {digest}, "Content-Digest": {digest}}
		if input != "" {
			r.Header.Set("Signature-Input", input)
		}
		if _, err := Verify(r, []byte(create), waterschap, find); !errors.Is(err, fault.Unauthorized) {
			t.Fatalf("a request that nobody signed: %v", err)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	for _, scheme := range allSchemes {
		b.Run(scheme.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := Sign(request("POST", inboxURL, nil), []byte(create), fennaSigner(), scheme); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, scheme := range allSchemes {
		b.Run(scheme.String(), func(b *testing.B) {
			r, find := signedPost(b, scheme, create), fennaKeys()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Verify(r, []byte(create), waterschap, find); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
