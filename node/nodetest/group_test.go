// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// world is a group of the province with members of a municipality and a water board.
func world(t *testing.T, more ...string) *World {
	w := New(t, append([]string{"gouda", "provincie", "waterschap"}, more...)...)
	w.Person("anna@gouda")
	w.Person("bas@waterschap")
	w.Person("chris@provincie")
	w.Group("wonen@provincie", "chris@provincie")
	w.As("anna@gouda").Follow("wonen@provincie")
	w.As("bas@waterschap").Follow("wonen@provincie")
	w.Settle()
	return w
}

func TestPeopleOfThreeOrganisationsWorkInOneGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		anna, bas, chris := w.As("anna@gouda"), w.As("bas@waterschap"), w.As("chris@provincie")
		post := anna.Post("wonen@provincie", "Wie heeft er een woonvisie?")
		w.Settle()
		for _, who := range []string{"anna@gouda", "bas@waterschap", "chris@provincie"} {
			w.Sees(who, "woonvisie")
		}
		answer := bas.Reply(post, "@anna@gouda.example wij, sinds vorig jaar.")
		w.Settle()
		if !w.Knows("gouda", answer) || !w.Knows("provincie", answer) {
			t.Error("the answer did not arrive everywhere")
		}
		if got := anna.Notified(); !slices.Contains(got, "mention by bas@waterschap") {
			t.Errorf("anna was told %q", got)
		}
		chris.Like(post)
		bas.Like(post)
		w.Settle()
		for _, on := range []string{"gouda", "provincie", "waterschap"} {
			if n := w.Likes(on, post); n != 2 {
				t.Errorf("%s counts %d likes", on, n)
			}
		}
		bas.Unlike(post)
		anna.Edit(post, "Wie heeft er een nieuwe woonvisie?")
		w.Settle()
		for _, who := range []string{"bas@waterschap", "chris@provincie"} {
			w.Sees(who, "nieuwe woonvisie")
		}
		if n := w.Likes("waterschap", post); n != 1 {
			t.Errorf("after taking one back, waterschap counts %d likes", n)
		}
		anna.Delete(post)
		w.Settle()
		for _, who := range []string{"anna@gouda", "bas@waterschap", "chris@provincie"} {
			w.SeesNot(who, "woonvisie")
		}
	})
}

func TestAMentionOfTheGroupIsAPostToIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		w.As("anna@gouda").Post("", "@wonen@provincie.example wie komt er naar het overleg?")
		w.Settle()
		w.Sees("bas@waterschap", "overleg")
	})
}

func TestWhoLeavesAGroupGetsNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		w.As("bas@waterschap").Unfollow("wonen@provincie")
		w.Settle()
		w.As("anna@gouda").Post("wonen@provincie", "Zonder Bas")
		w.Settle()
		w.SeesNot("bas@waterschap", "Zonder Bas")
		if got := w.Members("provincie", "wonen@provincie"); len(got) != 2 {
			t.Errorf("members: %q", got)
		}
		if _, err := w.As("bas@waterschap").TryPost("wonen@provincie", "Toch nog"); err == nil {
			t.Error("who has left still posts")
		}
	})
}

func TestAPeerDownFor20Hours(t *testing.T) { outage(t, 20*time.Hour, 15*time.Hour) }
func TestAPeerDownFor8Days(t *testing.T)   { outage(t, 8*24*time.Hour, 26*time.Hour) }

// outage: what is said while a peer is down is there after it has come back, whole and in order.
func outage(t *testing.T, down, within time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		w.Down("waterschap")
		var want []string
		for n := range 5 {
			text := fmt.Sprintf("Bericht nummer %d", n)
			w.As("anna@gouda").Post("wonen@provincie", text)
			want = append([]string{text}, want...)
			w.Pass(down / 5)
		}
		w.Up("waterschap")
		w.Pass(within)
		w.Sees("bas@waterschap", want...)
		if diff := cmp.Diff(w.GroupPosts("provincie", "wonen@provincie"), w.GroupPosts("waterschap", "wonen@provincie")); diff != "" {
			t.Errorf("the group differs (-provincie +waterschap):\n%s", diff)
		}
		if n := w.Waiting("provincie"); n != 0 {
			t.Errorf("%d deliveries still wait", n)
		}
	})
}

// A parked peer is served at once when it speaks itself.
func TestAPeerThatSpeaksAgainIsServedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		w.Down("waterschap")
		w.As("anna@gouda").Post("wonen@provincie", "Terwijl jullie weg waren")
		w.Pass(8 * 24 * time.Hour)
		w.Up("waterschap")
		w.As("bas@waterschap").Post("wonen@provincie", "Wij zijn er weer")
		w.Pass(time.Minute)
		w.Sees("bas@waterschap", "Terwijl jullie weg waren")
		w.Sees("anna@gouda", "Wij zijn er weer")
	})
}

func TestAPeerThatIsSlowOrRefusesOrLosesAnswers(t *testing.T) {
	for name, fault := range map[string]func(*World){
		"slow":    func(w *World) { w.Slow("waterschap", 4*time.Second) },
		"hanging": func(w *World) { w.Slow("waterschap", 30*time.Second) },
		"refuses": func(w *World) { w.Refuse("waterschap", 503) },
		"loses":   func(w *World) { w.Lose("waterschap", 3) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world(t)
				fault(w)
				post := w.As("anna@gouda").Post("wonen@provincie", "Een bericht")
				w.Settle()
				w.As("chris@provincie").Like(post)
				w.Pass(2 * time.Minute)
				w.Sees("chris@provincie", "Een bericht")
				w.Up("waterschap")
				w.Pass(2 * time.Hour)
				w.Sees("bas@waterschap", "Een bericht")
				if n := w.Likes("waterschap", post); n != 1 {
					t.Errorf("waterschap counts %d likes", n)
				}
			})
		})
	}
}

func TestANodeRestartedInTheMiddleOfEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		var want []string
		for n := range 12 {
			text := fmt.Sprintf("Bericht %c", 'A'+n)
			want = append(want, text)
			w.As([]string{"anna@gouda", "bas@waterschap", "chris@provincie"}[n%3]).Post("wonen@provincie", text)
			w.Restart([]string{"provincie", "gouda", "waterschap", "provincie"}[n%4])
		}
		w.Pass(2 * time.Hour)
		for _, who := range []string{"anna@gouda", "bas@waterschap", "chris@provincie"} {
			w.Sees(who, want...)
		}
	})
}

func Test400NodesInOneOpenGroup(t *testing.T) {
	nodes := 400
	if raced { // each of them hears of each
		nodes = 100
	}
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "provincie")
		w.Person("chris@provincie")
		w.Group("wonen@provincie", "chris@provincie")
		var people []string
		for n := range nodes - 1 {
			name := fmt.Sprintf("g%d", n)
			w.Add(name)
			w.Person("els@" + name).Follow("wonen@provincie")
			people = append(people, "els@"+name)
		}
		w.Settle()
		if got := w.Members("provincie", "wonen@provincie"); len(got) != nodes {
			t.Fatalf("%d members", len(got))
		}
		w.As(people[7]).Post("wonen@provincie", "Aan alle gemeenten")
		w.Settle()
		for _, who := range append(people, "chris@provincie") {
			w.Sees(who, "Aan alle gemeenten")
		}
	})
}
