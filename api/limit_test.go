// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
)

// asker asks a node that has only limits.
type asker struct {
	buckets
	requests int
}

// ask returns the status and what the headers tell.
func (a *asker) ask(access auth.Access, method, path, address string) (code int, limit, left string, reset time.Time) {
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr = address
	h := http.Header{}
	code = http.StatusOK
	if a.limit(h, bucketsOf(access, r, a.requests)) != nil {
		code = http.StatusTooManyRequests
	}
	reset, _ = time.Parse(time.RFC3339Nano, h.Get("X-RateLimit-Reset"))
	return code, h.Get("X-RateLimit-Limit"), h.Get("X-RateLimit-Remaining"), reset
}

func person(id actors.ID, token int64) auth.Access {
	return auth.Access{TokenID: token, Account: &auth.Account{ID: id}}
}

func TestWhoAsksTooOftenWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &asker{requests: 3}
		nobody := func(address string) (int, string, string, time.Time) {
			return a.ask(auth.Access{}, "GET", "/api/v1/timelines/public", address)
		}
		for n := range 3 {
			if code, limit, left, _ := nobody("192.0.2.1:1000"); code != http.StatusOK || left != fmt.Sprint(2-n) || limit != "3" {
				t.Errorf("request %d: %d, %s of %s", n, code, left, limit)
			}
		}
		code, _, left, reset := nobody("192.0.2.1:1001")
		if code != http.StatusTooManyRequests || left != "0" || reset.Before(time.Now()) {
			t.Errorf("the fourth: %d, %s left, until %v", code, left, reset)
		}
		if code, _, _, _ := nobody("192.0.2.2:1000"); code != http.StatusOK {
			t.Error("another address waits too")
		}
		for _, one := range []string{"[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1"} {
			nobody(one)
		}
		if code, _, _, _ := nobody("[2001:db8::4]:1"); code != http.StatusTooManyRequests {
			t.Error("one customer has many addresses")
		}
		time.Sleep(time.Until(reset))
		if code, _, _, _ := nobody("192.0.2.1:1002"); code != http.StatusOK {
			t.Error("after the time that was told it still waits")
		}
		for n := range 3 * mostBuckets {
			nobody(fmt.Sprintf("10.%d.%d.%d:1", n>>16, n>>8&255, n&255))
			if n%1000 == 0 {
				a.ask(person(1, 1), "GET", "/api/v1/timelines/home", "192.0.2.1:1")
			}
		}
		if n := len(a.now) + len(a.old); n > 2*mostBuckets {
			t.Errorf("%d buckets are remembered", n)
		}
		if a.now["user 1"] == nil && a.old["user 1"] == nil {
			t.Error("strangers made it forget who is here")
		}
	})
}

// A person has five times what each token has; where both come from does not matter.
func TestLimitsOfPeopleAndTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &asker{requests: 4}
		for token := range int64(5) {
			for n := range 4 {
				code, limit, left, _ := a.ask(person(7, token), "GET", "/api/v1/timelines/home", fmt.Sprintf("192.0.2.%d:1", n))
				if code != http.StatusOK || limit != "4" || left != fmt.Sprint(3-n) {
					t.Fatalf("token %d, request %d: %d, %s of %s", token, n, code, left, limit)
				}
			}
		}
		if code, limit, _, _ := a.ask(person(7, 5), "GET", "/api/v1/timelines/home", "192.0.2.1:1"); code != http.StatusTooManyRequests || limit != "20" {
			t.Errorf("a sixth token of the same person: %d of %s", code, limit)
		}
		if code, _, _, _ := a.ask(person(8, 99), "GET", "/api/v1/timelines/home", "192.0.2.1:1"); code != http.StatusOK {
			t.Errorf("somebody else at that address: %d", code)
		}
		// An app's own token is worth no more than the address.
		for n := range 5 {
			code, _, _, _ := a.ask(auth.Access{TokenID: int64(1000 + n)}, "GET", "/api/v1/instance", "198.51.100.1:1")
			if want := map[bool]int{true: http.StatusOK, false: http.StatusTooManyRequests}[n < 4]; code != want {
				t.Errorf("request %d of apps: %d", n, code)
			}
		}
	})
}

// What costs more has buckets of its own, and the headers are of those.
func TestLimitsOfWhatCostsMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &asker{requests: 300}
		for _, c := range []struct{ method, path, limit, left string }{
			{"POST", "/api/v2/media", "30", "29"},
			{"POST", "/api/v1/media/", "30", "28"}, // from the same bucket
			{"DELETE", "/api/v1/statuses/1", "30", "29"},
			{"POST", "/api/v1/statuses/1/unreblog", "30", "28"},
			{"GET", "/api/v1/timelines/home?max_id=1", "300", "299"},
			{"GET", "/api/v1/notifications?min_id=1", "300", "298"},
			{"GET", "/api/v1/timelines/home?limit=40", "300", "293"}, // the token's, that each of these took from
			{"PUT", "/api/v1/media/1", "300", "292"},
			{"DELETE", "/api/v1/lists/1", "300", "291"},
		} {
			code, limit, left, _ := a.ask(person(1, 1), c.method, c.path, "192.0.2.1:1")
			if code != http.StatusOK || limit != c.limit || left != c.left {
				t.Errorf("%s %s: %d, %s of %s", c.method, c.path, code, left, limit)
			}
		}
		for n := 0; ; n++ {
			code, limit, _, reset := a.ask(person(1, 1), "POST", "/api/v2/media", "192.0.2.1:1")
			if code == http.StatusTooManyRequests {
				if n != 28 || limit != "30" || time.Until(reset) != time.Minute {
					t.Errorf("after %d more of %s it waits %v", n, limit, time.Until(reset))
				}
				break
			}
		}
		if code, _, _, _ := a.ask(person(1, 1), "GET", "/api/v1/timelines/home", "192.0.2.1:1"); code != http.StatusOK {
			t.Error("who may not upload may not read either")
		}
	})
}

func TestNoLimit(t *testing.T) {
	each(t, func(w *world) {
		answer := w.ask("GET", "/api/v1/instance", "", "")
		if h := answer.Header(); h.Get("X-RateLimit-Limit") != "300" || h.Get("X-RateLimit-Remaining") != "300" {
			t.Errorf("headers %v", h)
		}
	})
}

// The token decides whose bucket it is, and one that is not good is a stranger's.
func TestLimitsOfRealTokens(t *testing.T) {
	each(t, func(w *world) {
		w.api.Requests = 2
		for n, want := range []int{200, 200, 429} {
			if answer := w.ask("GET", "/api/v1/preferences", "anna", ""); answer.Code != want {
				t.Errorf("Anna's request %d: %d", n, answer.Code)
			}
		}
		if answer := w.ask("GET", "/api/v1/preferences", "bas", ""); answer.Code != 200 {
			t.Errorf("Bas: %d", answer.Code)
		}
		for n, want := range []int{401, 401, 429} {
			if answer := w.ask("GET", "/api/v1/preferences", "", "", "Authorization", "Bearer "+strings.Repeat("x", n+1)); answer.Code != want {
				t.Errorf("guess %d: %d", n, answer.Code)
			}
		}
	})
}
