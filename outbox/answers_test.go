// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/outbox"
)

// The table of answers: what happens to the delivery, to the host and to the next delivery.
func TestAnswers(t *testing.T) {
	const kept, ended = true, false
	for _, c := range []struct {
		status int
		waits  bool // the delivery
		passes bool // the next one arrives within a second
	}{
		{200, ended, true}, {201, ended, true}, {202, ended, true}, {204, ended, true},
		{301, kept, false}, {302, kept, false}, {308, kept, false},
		{400, ended, true}, {405, ended, true}, {406, ended, true}, {409, ended, true}, {413, ended, true},
		{415, ended, true}, {418, ended, true}, {422, ended, true}, {451, ended, true}, {501, ended, true},
		{401, kept, true}, {403, kept, true},
		{404, ended, true}, {410, ended, true},
		{408, kept, false}, {425, kept, false}, {429, kept, false},
		{500, kept, false}, {502, kept, false}, {503, kept, false}, {504, kept, false}, {520, kept, false},
	} {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.answer("a.example", func(r request) (int, error) {
					if r.word == "odd" {
						return c.status, nil
					}
					return 202, nil
				})
				w.says("odd", "a.example")
				pass(time.Second)
				if s := w.status("a.example"); c.status >= 300 && !strings.Contains(s.Error, fmt.Sprint("https://a.example/inbox answered ", c.status)) {
					t.Errorf("the error is %q", s.Error)
				}
				w.says("next", "a.example")
				pass(time.Second)
				want := int64(0)
				if c.waits {
					want++
				}
				if !c.passes {
					want++
				}
				if n := w.waiting(); n != want {
					t.Errorf("%d wait, want %d", n, want)
				}
				if got := slices.Contains(w.received("a.example"), "next"); got != c.passes {
					t.Errorf("the next one arrived: %v", got)
				}
				if s := w.status("a.example"); (s.State == "failing") == c.passes {
					t.Errorf("status %+v", s)
				}
				if vanished := c.status == 404 || c.status == 410; vanished != slices.Equal(w.gone, []string{fmt.Sprintf("a.example https://a.example/inbox %d", c.status)}) {
					t.Errorf("gone: %q", w.gone)
				}
			})
		})
	}
}

func TestAnAddressThatIsNoneEndsTheDelivery(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answer("a.example", func(r request) (int, error) {
			if r.word == "odd" {
				return 0, fault.Say(fault.Invalid, "This is not an address.")
			}
			return 202, nil
		})
		w.says("odd", "a.example")
		w.says("next", "a.example")
		pass(time.Second)
		w.sees("a.example", "next")
	})
}

func TestARefusalIsTriedFourTimesInADay(t *testing.T) {
	for _, status := range []int{401, 403} {
		bubble(t, func(t *testing.T, w *world) {
			odd := 0
			w.answer("a.example", func(r request) (int, error) {
				if r.word == "odd" {
					odd++
					return status, nil
				}
				return 202, nil
			})
			w.says("odd", "a.example")
			pass(time.Hour)
			w.says("next", "a.example") // is not kept waiting, and does not count as a try
			pass(time.Second)
			w.sees("a.example", "next")
			pass(22 * time.Hour)
			if odd != 3 || w.waiting() != 1 {
				t.Errorf("after 23 hours: %d tries, %d wait", odd, w.waiting())
			}
			pass(48 * time.Hour)
			if odd != 4 || w.waiting() != 0 {
				t.Errorf("after three days: %d tries, %d wait", odd, w.waiting())
			}
			if !strings.Contains(w.log.String(), "a delivery ends") {
				t.Error("the log does not tell")
			}
		})
	}
}

func TestAHostThatRefusesEverythingIsNotFlooded(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answer("a.example", always(403))
		w.says("0", "a.example")
		w.tx(func(tx *db.Tx) error { return outbox.Hold(t.Context(), tx, "a.example") })
		for i := range 199 {
			w.says(fmt.Sprint(i+1), "a.example")
		}
		w.tx(func(tx *db.Tx) error { return outbox.Retry(t.Context(), tx, "a.example") })
		pass(time.Hour)
		if n := len(w.requests("a.example")); n > 60 {
			t.Errorf("%d requests in the first hour", n)
		}
		w.answer("a.example", nil) // it changed its mind
		pass(48 * time.Hour)
		if got := len(w.received("a.example")); got != 200 {
			t.Errorf("%d of 200 arrived", got)
		}
	})
}

func TestAPoisonedActivityDoesNotBlockTheNext(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answer("a.example", func(r request) (int, error) {
			if strings.HasPrefix(r.word, "poison") {
				return 500, nil
			}
			return 202, nil
		})
		w.says("before", "a.example")
		var want []string
		for i := range 10 {
			w.says(fmt.Sprint("poison ", i), "a.example")
			word := fmt.Sprint("after ", i)
			want = append(want, word)
			w.says(word, "a.example")
		}
		pass(time.Second)
		w.sees("a.example", "before") // the host may be broken: nothing overtakes yet
		pass(24 * time.Hour)
		w.sees("a.example", append([]string{"before"}, want...)...)
		if w.waiting() != 0 || w.status("a.example").State != "ok" {
			t.Errorf("%d wait, %+v", w.waiting(), w.status("a.example"))
		}
		if n := len(w.requests("a.example")); n > 11+10*5 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestAPoisonedActivityAloneDoesNotDelayTheNext(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answer("a.example", func(r request) (int, error) {
			if r.word == "poison" {
				return 500, nil
			}
			return 202, nil
		})
		w.says("poison", "a.example")
		pass(20 * time.Hour)
		if w.waiting() != 1 {
			t.Fatal("it was given up although nothing shows that the host is well")
		}
		w.says("next", "a.example")
		pass(time.Second)
		w.sees("a.example", "next")
		pass(13 * time.Hour)
		if w.waiting() != 0 {
			t.Errorf("the poison is still there: %+v", w.status("a.example"))
		}
	})
}

// A host that is broken answers 500 to everything: that is an outage, and nothing is lost.
func TestTwentyHoursOf500LoseNothing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answer("a.example", always(500))
		want := map[string]bool{}
		for i := range 40 {
			word := fmt.Sprint("post ", i)
			want[word] = true
			w.says(word, "a.example")
			pass(30 * time.Minute)
		}
		if n := len(w.requests("a.example")); n > 100 {
			t.Errorf("%d requests in 20 hours", n)
		}
		w.answer("a.example", nil)
		pass(30 * time.Hour)
		for _, word := range w.received("a.example") {
			if !want[word] {
				t.Errorf("%q came twice", word)
			}
			delete(want, word)
		}
		if len(want) > 0 {
			t.Errorf("lost: %v", want)
		}
	})
}
