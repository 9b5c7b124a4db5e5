// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// device is the client of one subscription: it reads what the push service brings it, by the words of the documents.
type device struct {
	key    *ecdh.PrivateKey
	secret []byte
}

func newDevice(t testing.TB) device {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := device{key, make([]byte, 16)}
	rand.Read(d.secret)
	return d
}

func (d device) form(endpoint, more string) string {
	b := base64.RawURLEncoding
	return "subscription[endpoint]=" + endpoint + "&subscription[keys][p256dh]=" + b.EncodeToString(d.key.PublicKey().Bytes()) + "&subscription[keys][auth]=" + b.EncodeToString(d.secret) + more
}

func (d device) open(sender, salt, sealed []byte, authInfo, keyInfo, nonceInfo string) ([]byte, error) {
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	shared, err := d.key.ECDH(public)
	if err != nil {
		return nil, err
	}
	input, err := hkdf.Key(sha256.New, shared, d.secret, authInfo, 32)
	if err != nil {
		return nil, err
	}
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
	return box.Open(nil, nonce, sealed, nil)
}

func (d device) read(h http.Header, body []byte) ([]byte, error) {
	own := string(d.key.PublicKey().Bytes())
	switch h.Get("Content-Encoding") {
	case "aes128gcm": // RFC 8188 §2.1: salt, record size, length of the key id, key id
		salt, size, idLength := body[:16], binary.BigEndian.Uint32(body[16:20]), int(body[20])
		sender, sealed := body[21:21+idLength], body[21+idLength:]
		if len(sealed) > int(size) {
			return nil, fmt.Errorf("a record of %d bytes is longer than %d", len(sealed), size)
		}
		plain, err := d.open(sender, salt, sealed, "WebPush: info\x00"+own+string(sender), "Content-Encoding: aes128gcm\x00", "Content-Encoding: nonce\x00")
		if err != nil {
			return nil, err
		}
		text, last := strings.CutSuffix(strings.TrimRight(string(plain), "\x00"), "\x02")
		if !last {
			return nil, fmt.Errorf("no delimiter of the last record")
		}
		return []byte(text), nil
	case "aesgcm":
		parameter := func(header, name string) []byte {
			for _, part := range strings.FieldsFunc(h.Get(header), func(r rune) bool { return r == ';' || r == ',' }) {
				if value, ok := strings.CutPrefix(strings.TrimSpace(part), name+"="); ok {
					b, _ := base64.RawURLEncoding.DecodeString(strings.Trim(value, `"`))
					return b
				}
			}
			return nil
		}
		sender := parameter("Crypto-Key", "dh")
		context := "P-256\x00" + string([]byte{0, 65}) + own + string([]byte{0, 65}) + string(sender)
		plain, err := d.open(sender, parameter("Encryption", "salt"), body, "Content-Encoding: auth\x00", "Content-Encoding: aesgcm\x00"+context, "Content-Encoding: nonce\x00"+context)
		if err != nil {
			return nil, err
		}
		return plain[2+binary.BigEndian.Uint16(plain):], nil
	}
	return nil, fmt.Errorf("an unknown encoding %q", h.Get("Content-Encoding"))
}

// pushService is one on loopback; it answers with the status of the path.
type pushService struct {
	*httptest.Server
	got chan *http.Request // with its body
}

// pushing makes a world whose node reaches a push service, and does its jobs.
func pushing(w *world) *pushService {
	w.Helper()
	s := &pushService{got: make(chan *http.Request, 100)}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		status := http.StatusCreated
		fmt.Sscanf(r.URL.Path, "/%d", &status)
		rw.WriteHeader(status)
		s.got <- r
	}))
	w.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	w.api.Dir.Client = federation.NewClient(federation.ClientOptions{RootCAs: roots, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	w.api.Prepare()
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan bool)
	go func() {
		defer close(done)
		if err := w.api.Timelines.Jobs.Run(ctx); err != nil {
			w.Error(err)
		}
	}()
	w.Cleanup(func() {
		cancel()
		<-done
	})
	return s
}

func (s *pushService) next(w *world) (*http.Request, []byte) {
	w.Helper()
	select {
	case r := <-s.got:
		body, err := io.ReadAll(r.Body)
		w.check(err)
		return r, body
	case <-time.After(20 * time.Second):
		w.Fatal("nothing is pushed")
		return nil, nil
	}
}

func TestPush(t *testing.T) {
	each(t, func(w *world) {
		service := pushing(w)
		d := newDevice(t)
		w.check(w.api.DB.Tx(w.Context(), func(tx *db.Tx) error {
			return w.api.Auth.SetPreferences(w.Context(), tx, w.actor("anna").ID, auth.Preferences{Privacy: "public", Locale: "en", QuotePolicy: "public"})
		}))
		for _, encoding := range []string{"aesgcm", "aes128gcm"} {
			more := "&data[alerts][mention]=true&data[alerts][follow]=true&data[policy]=all"
			if encoding == "aes128gcm" {
				more += "&subscription[standard]=true"
			}
			if answer := w.ask("POST", "/api/v1/push/subscription", "anna", d.form(service.URL+"/201/x", more)); answer.Code != 200 {
				t.Fatalf("%d %s", answer.Code, answer.Body)
			}
			w.post("bas", "live", outbox.Draft{Text: "Hallo @anna & iedereen", Audience: actors.Direct})
			r, body := service.next(w)
			if got := r.Header.Get("Content-Encoding"); got != encoding || r.Header.Get("TTL") != "172800" || r.Header.Get("Urgency") != "high" {
				t.Errorf("headers: %v", r.Header)
			}
			if scheme := r.Header.Get("Authorization"); !strings.HasPrefix(scheme, map[string]string{"aesgcm": "WebPush ey", "aes128gcm": "vapid t=ey"}[encoding]) {
				t.Errorf("Authorization: %s", scheme)
			}
			text, err := d.read(r.Header, body)
			w.check(err)
			var p struct {
				Token  string `json:"access_token"`
				ID     int64  `json:"notification_id"`
				Type   string `json:"notification_type"`
				Locale string `json:"preferred_locale"`
				Title  string
				Body   string
				Icon   string
			}
			w.check(json.Unmarshal(text, &p))
			if p.Token != w.tokens["anna"] || p.ID == 0 || p.Type != "mention" || p.Locale != "en" || p.Title != "Bas mentioned you" || p.Body != "Hallo @anna & iedereen" || !strings.HasPrefix(p.Icon, "https://gouda.example/") {
				t.Errorf("%s", text)
			}
			if answer := w.ask("GET", fmt.Sprint("/api/v1/notifications/", p.ID), "anna", ""); answer.Code != 200 {
				t.Errorf("the notification that it names: %d", answer.Code)
			}
		}
		// The service says that the subscription is over.
		if answer := w.ask("POST", "/api/v1/push/subscription", "anna", d.form(service.URL+"/410/gone", "&data[alerts][mention]=1")); answer.Code != 200 {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
		w.post("bas", "live", outbox.Draft{Text: "Nog eens @anna"})
		service.next(w)
		for began := time.Now(); w.ask("GET", "/api/v1/push/subscription", "anna", "").Code != http.StatusNotFound; time.Sleep(20 * time.Millisecond) {
			if time.Since(began) > 10*time.Second {
				t.Fatal("a subscription that is gone stays")
			}
		}
	})
}

// What is pushed is chosen when it happens, and looked at through the gate when it is sent.
func TestWhatIsPushed(t *testing.T) {
	each(t, func(w *world) {
		jobs := func() int {
			n, err := db.One(w.Context(), w.api.DB, db.Scalar[int], "SELECT COUNT(*) FROM jobs WHERE kind = $1", timeline.JobPush)
			w.check(err)
			_, err = w.api.DB.Exec(w.Context(), "DELETE FROM jobs WHERE kind = $1", timeline.JobPush)
			w.check(err)
			return n
		}
		d := newDevice(t)
		for n, one := range []struct {
			data string
			want int
		}{
			{"data[alerts][mention]=true", 1}, {"data[alerts][favourite]=true", 0}, {"data[alerts][mention]=false", 0}, {"data[alerts][mention]=true&data[policy]=none", 0},
			{"data[alerts][mention]=true&data[policy]=followed", 1}, {"data[alerts][mention]=true&data[policy]=follower", 0}, {"data[alerts][mention]=true&policy=all", 1},
		} {
			if answer := w.ask("POST", "/api/v1/push/subscription", "anna", d.form("https://push.example/x", "&"+one.data)); answer.Code != 200 {
				t.Fatalf("%d %s", answer.Code, answer.Body)
			}
			w.post("bas", "live", outbox.Draft{Text: fmt.Sprint("Hallo @anna ", n)}) // whom anna follows, and who does not follow anna
			if got := jobs(); got != one.want {
				t.Errorf("%s: %d are pushed", one.data, got)
			}
		}
		// A token that is revoked takes its subscription along, and a post that is gone is not pushed.
		w.check(w.api.Outbox.Delete(w.Context(), w.actor("bas"), w.item("live")))
		if err := w.api.pushOne(w.Context(), []byte(`{"Notification":117673244136571904,"Token":1}`)); err != nil {
			t.Errorf("for a token that is gone: %v", err)
		}
		w.check(w.api.Auth.EndAuthorization(w.Context(), w.actor("anna").ID, w.appOf("anna")))
		if n, err := db.One(w.Context(), w.api.DB, db.Scalar[int], "SELECT COUNT(*) FROM pushes"); err != nil || n != 0 {
			t.Errorf("%d subscriptions are left, %v", n, err)
		}
	})
}

// appOf is the application of somebody's token.
func (w *world) appOf(who string) int64 {
	w.Helper()
	access, err := w.api.Auth.Token(w.Context(), w.tokens[who])
	w.check(err)
	return access.App.ID
}

func TestSubscriptionsToPush(t *testing.T) {
	each(t, func(w *world) {
		d := newDevice(t)
		good := d.form("https://push.example/x?y=z", "")
		for _, s := range []scenario{
			{"none", "anna", "GET", "/api/v1/push/subscription", "", 404, has("error"), nil},
			{"none to change", "anna", "PUT", "/api/v1/push/subscription", "policy=all", 404, has("error"), nil},
			{"without the scope", "narrow", "POST", "/api/v1/push/subscription", good, 403, has("push"), nil},
			{"subscribe", "anna", "POST", "/api/v1/push/subscription", good, 200, has(`"id":1,`, `"endpoint":"https://push.example/x?y=z"`, `"standard":false`, `"mention":false`, `"admin.report":false`, `"policy":"all"`), nil},
			{"another", "bas", "POST", "/api/v1/push/subscription", d.form("https://push.example/b", "&data[alerts][admin.sign_up]=true&subscription[standard]=true"), 200, has(`"id":2,`, `"standard":true`, `"admin.sign_up":true`), nil},
			{"read", "anna", "GET", "/api/v1/push/subscription", "", 200, has(`"id":1,`), nil},
			{"change", "anna", "PUT", "/api/v1/push/subscription", `{"data":{"alerts":{"mention":true,"quoted_update":true}},"policy":"followed"}`, 200, has(`"id":1,`, `"mention":true`, `"quoted_update":true`, `"policy":"followed"`, "push.example/x"), nil},
			{"change one", "anna", "PUT", "/api/v1/push/subscription", "data[alerts][mention]=false", 200, has(`"mention":false`, `"quoted_update":true`, `"policy":"followed"`), nil},
			{"a wrong policy", "anna", "PUT", "/api/v1/push/subscription", "policy=friends", 422, has("policy"), nil},
			{"replace", "anna", "POST", "/api/v1/push/subscription", good + "&data[alerts][poll]=1", 200, has(`"id":1,`, `"poll":true`, `"quoted_update":false`, `"policy":"all"`), nil},
			{"no https", "anna", "POST", "/api/v1/push/subscription", d.form("http://push.example/x", ""), 422, has("endpoint"), nil},
			{"no address", "anna", "POST", "/api/v1/push/subscription", d.form("push", ""), 422, has("endpoint"), nil},
			{"no keys", "anna", "POST", "/api/v1/push/subscription", "subscription[endpoint]=https://push.example/x", 422, has("p256dh"), nil},
			{"a wrong key", "anna", "POST", "/api/v1/push/subscription", "subscription[endpoint]=https://push.example/x&subscription[keys][p256dh]=AAAA&subscription[keys][auth]=AAAA", 422, has("p256dh"), nil},
			{"end", "anna", "DELETE", "/api/v1/push/subscription", "", 200, has("{}"), nil},
			{"end again", "anna", "DELETE", "/api/v1/push/subscription", "", 200, has("{}"), nil},
			{"the other stays", "bas", "GET", "/api/v1/push/subscription", "", 200, has(`"id":2,`), nil},
		} {
			answer := w.ask(s.method, s.path, s.who, s.body)
			bad := answer.Code != s.status
			for _, want := range s.contains {
				bad = bad || !strings.Contains(answer.Body.String(), want)
			}
			if bad {
				t.Errorf("%s: %d %s", s.name, answer.Code, answer.Body)
			}
		}
		key, err := w.api.push.public(w.Context(), w.api.Dir)
		w.check(err)
		var again pushKey // another process, or the next start
		if other, err := again.public(w.Context(), w.api.Dir); err != nil || other != key {
			t.Errorf("the key is %s and then %s, %v", key, other, err)
		}
		for _, path := range []string{"/api/v2/instance", "/api/v1/instance", "/api/v1/apps/verify_credentials"} {
			if text := w.ask("GET", path, "anna", "").Body.String(); !strings.Contains(text, key) {
				t.Errorf("%s does not tell the key", path)
			}
		}
	})
}

// Nothing is sent to an address inside, whatever a client subscribes with.
func TestPushIsGuarded(t *testing.T) {
	each(t, func(w *world) {
		service := pushing(w)
		w.api.Dir.Client = federation.NewClient(federation.ClientOptions{})
		d := newDevice(t)
		_, err := w.api.Timelines.Subscribe(w.Context(), timeline.Subscription{Token: 0, Owner: w.actor("anna").ID, Endpoint: service.URL, Key: d.key.PublicKey().Bytes(), Secret: d.secret})
		if err == nil {
			t.Error("a subscription without a token")
		}
		key, err := w.api.push.private(w.Context(), w.api.Dir)
		w.check(err)
		if _, err := w.api.Dir.Client.Push(w.Context(), federation.Push{Endpoint: service.URL, Key: d.key.PublicKey().Bytes(), Secret: d.secret, From: key}); err == nil || len(service.got) > 0 {
			t.Errorf("loopback was reached: %v", err)
		}
	})
}
