// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/fault"
)

func TestPublicAddresses(t *testing.T) {
	for _, s := range []string{"8.8.8.8", "1.1.1.1", "185.199.108.153", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "192.0.1.1", "223.255.255.255",
		"2606:4700::1111", "2a00:1450:4001::1", "2001:200::1", "2003::1", "::ffff:8.8.8.8"} {
		if !public(netip.MustParseAddr(s)) {
			t.Errorf("%s is refused", s)
		}
	}
	for kind, list := range map[string]string{
		"unspecified":           "0.0.0.0 0.1.2.3 ::",
		"loopback":              "127.0.0.1 127.255.255.254 ::1 ::ffff:127.0.0.1",
		"private":               "10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 ::ffff:192.168.1.1",
		"carrier NAT":           "100.64.0.1 100.127.255.255",
		"link-local":            "169.254.169.254 169.254.0.1 fe80::1 fe80::1%eth0 febf::1 ::ffff:169.254.169.254",
		"ULA":                   "fc00::1 fd00:ec2::254 fdff::1",
		"site-local":            "fec0::1",
		"multicast, broadcast":  "224.0.0.1 239.255.255.255 255.255.255.255 ff02::1 ff0e::1",
		"reserved":              "240.0.0.1 254.1.1.1 4000::1 5f00::1 e000::1",
		"documentation":         "192.0.2.1 198.51.100.1 203.0.113.1 2001:db8::1 3fff::1",
		"benchmarking":          "198.18.0.1 198.19.255.255 2001:2::1",
		"protocol assignments":  "192.0.0.1 192.0.0.192 2001:1::1 2001:10::1 2001:20::1",
		"NAT64":                 "64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1",
		"Teredo":                "2001::1 2001:0:7f00:1::",
		"6to4":                  "2002:7f00:1::1 2002:a9fe:a9fe::1 192.88.99.1",
		"IPv4 in other clothes": "::127.0.0.1 ::ffff:0:127.0.0.1",
		"discard":               "100::1",
		"public with a zone":    "2606:4700::1111%eth0",
	} {
		for s := range strings.FieldsSeq(list) {
			if public(netip.MustParseAddr(s)) {
				t.Errorf("%s: %s is allowed", kind, s)
			}
		}
	}
}

func TestGuard(t *testing.T) {
	allowed := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("::1/128")}
	for _, test := range []struct {
		g    guard
		at   string
		good bool
	}{
		{guard{}, "8.8.8.8:443", true}, {guard{}, "8.8.8.8:80", false}, {guard{}, "8.8.8.8:22", false}, {guard{}, "[2606:4700::1111]:443", true},
		{guard{}, "127.0.0.1:443", false}, {guard{}, "[::ffff:127.0.0.1]:443", false}, {guard{anyPort: true}, "127.0.0.1:443", false},
		{guard{anyPort: true}, "8.8.8.8:8080", true}, {guard{anyPort: true}, "10.1.2.3:8080", false},
		{guard{allowed: allowed}, "10.1.2.3:8080", true}, {guard{allowed: allowed}, "10.2.2.3:443", false}, {guard{allowed: allowed}, "[::1]:25", true},
		{guard{allowed: allowed}, "[::ffff:10.1.2.3]:8080", true}, {guard{allowed: allowed}, "8.8.8.8:8080", false},
	} {
		err := test.g.controlContext(t.Context(), "tcp4", test.at, nil)
		if (err == nil) != test.good || (err != nil && !errors.Is(err, fault.Forbidden)) {
			t.Errorf("%+v %s: %v", test.g, test.at, err)
		}
	}
	for _, network := range []string{"unix", "udp4", "tcp"} {
		if err := (guard{anyPort: true}).controlContext(t.Context(), network, "8.8.8.8:443", nil); err == nil {
			t.Errorf("%s is allowed", network)
		}
	}
}

// Over real sockets, as an administrator would run it: what is decided counts for each connection, redirects included.
func TestGuardOverRealSockets(t *testing.T) {
	internal := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the internal server is reached") }))
	defer internal.Close()
	inside := strings.Replace(internal.URL, "127.0.0.1", "localhost", 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/redirect" {
			http.Redirect(w, r, "https://127.0.0.2:443/", http.StatusFound)
			return
		}
		respond(w, note("https://"+r.Host+"/1"))
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	only := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

	outside := NewClient(ClientOptions{AllowHTTP: true, RootCAs: roots})
	defer outside.Close()
	for _, address := range []string{inside + "/1", internal.URL + "/1", server.URL + "/1"} {
		_, err := outside.Document(t.Context(), address, nil)
		if !errors.Is(err, fault.Unavailable) || !strings.Contains(fault.Sentence(err), "not public") {
			t.Errorf("%s: %v", address, err)
		}
		if _, err := outside.Post(t.Context(), address, []byte("{}"), fennaSigner(), nil); !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", address, err)
		}
		if _, err := outside.WebFinger(t.Context(), "a", Host(address)); !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", address, err)
		}
	}
	member := NewClient(ClientOptions{AllowPrivate: only, RootCAs: roots})
	defer member.Close()
	if got, err := member.Document(t.Context(), server.URL+"/1", nil); err != nil || got.URL != server.URL+"/1" {
		t.Errorf("an allowed address over TLS: %+v, %v", got, err)
	}
	if _, _, err := member.File(t.Context(), server.URL+"/redirect", 100); !errors.Is(err, fault.Invalid) || !strings.Contains(fault.Sentence(err), "127.0.0.2") {
		t.Error("a redirect to an internal address:", err)
	}
	unknown := NewClient(ClientOptions{AllowPrivate: only, RootCAs: x509.NewCertPool()})
	defer unknown.Close()
	if _, err := unknown.Document(t.Context(), server.URL+"/1", nil); !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "certificate") {
		t.Error("an unknown certificate:", err)
	}
	body, _, err := member.File(t.Context(), server.URL+"/1", 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if got, err := io.ReadAll(body); err != nil || string(got) != note(server.URL+"/1") {
		t.Error(string(got), err)
	}
}
